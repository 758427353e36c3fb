/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of strings that calls are given, as argv: read when the call begins, by probes of their
 * own.  A record that does not fit a sub-buffer is dropped by the kernel, and the probes read on
 * behind the end of a list, where the environment may be: so the first few strings have a record
 * for themselves.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "syscalls-internal.h"

#define PAGE 4096		/* of no machine are they smaller */

const unsigned int fti_list_first[FTI_LIST_PARTS + 1] = { 0, 4, FTI_LIST_MAX };

static unsigned int part_size(unsigned int part)
{
	return fti_list_first[part + 1] - fti_list_first[part];
}

int fti_list_find(const struct ft_events *evs, const char *group, const char *event,
		  struct fti_list_probe *p, unsigned int part)
{
	char name[24];
	int err;

	p->id = ft_event_id(evs, group, event);
	err = p->id < 0 ? -ENOENT : ft_field_find(evs, group, event, "at0", &p->at);
	for (unsigned int i = 0; i <= part_size(part) && !err; i++) {
		snprintf(name, sizeof(name), "item%u", i);
		err = ft_field_find(evs, group, event, name, &p->item[i]);
	}
	for (unsigned int i = 0; i < part_size(part) && !err; i++) {
		snprintf(name, sizeof(name), "string%u", i);
		err = ft_field_find(evs, group, event, name, &p->string[i]);
	}
	return err;
}

/* Of a pointer that is not present in memory the kernel records anything, 0 too: one is believed if
 * that before it, on the same page, was the address of a string.  at: where it is. */
static bool is_certain(uint64_t at, unsigned int i)
{
	return i && at / PAGE == (at - 8) / PAGE;
}

/* An empty string has no bytes in the record, as one that is not present in memory (up to 6.1 at
 * least): it is there if another was read from its page. */
static bool is_empty(const struct fti_list_probe *p, unsigned int part, const struct ft_event *e,
		     unsigned int i)
{
	const uint64_t page = ft_field_u64(&p->item[i], e) / PAGE;
	size_t len;

	for (unsigned int k = 0; k < part_size(part) && page; k++) {
		const uint64_t other = ft_field_u64(&p->item[k], e);

		if (fti_syscalls_text(&p->string[k], e, &len) &&
		    (other / PAGE == page || (other + len) / PAGE == page))
			return true;
	}
	return false;
}

/* A second record of one part is of another call. */
void fti_list_take(struct fti_list *l, const struct fti_list_probe *p, unsigned int part,
		   const struct ft_event *e)
{
	struct fti_list_part *t = &l->parts[part];
	const uint64_t at = ft_field_u64(&p->at, e), first = at + 8 * fti_list_first[part];
	unsigned int i;
	size_t len;

	if (l->tid != e->tid || l->at != at || t->there)
		for (i = 0; i < FTI_LIST_PARTS; i++)
			l->parts[i].there = false;
	l->tid = e->tid;
	l->at = at;
	t->there = true;
	t->len = 0;
	for (i = 0; i < part_size(part); i++) {
		const char *text = fti_syscalls_text(&p->string[i], e, &len);

		if (!text && is_certain(first + 8 * i, i) && is_empty(p, part, e, i)) {
			text = "";
			len = 0;
		}
		if (!text || len >= sizeof(t->text) - t->len)
			break;
		memcpy(t->text + t->len, text, len);
		t->text[t->len + len] = 0;
		t->len += len + 1;
	}
	t->count = i;
	t->ended = is_certain(first + 8 * i, i) && !ft_field_u64(&p->item[i], e);
}

void fti_list_join(const struct fti_list *l, char *text, struct ft_syscalls_call *call)
{
	bool ended = false, whole = true;

	for (unsigned int i = 0; i < FTI_LIST_PARTS && !ended && whole; i++) {
		const struct fti_list_part *t = &l->parts[i];

		if (!t->there)
			break;
		memcpy(text + call->list_len, t->text, t->len);
		call->list_len += t->len;
		call->list_count += t->count;
		ended = t->ended;
		whole = t->count == part_size(i);
	}
	call->list = call->list_len ? text : NULL;
	call->list_cut = !ended;
}
