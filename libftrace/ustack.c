/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/out.h"
#include "ftrace/usym.h"

#define FRAMES_MAX 64		/* the kernel's FTRACE_STACK_ENTRIES is 8 */
#define NAME_SIZE  2304		/* the longest function name read, and its file */
#define TEXT_SIZE  (FRAMES_MAX * 512)

struct ft_ustacks {
	int		 id;
	struct ft_field	 caller, tgid;
	struct ft_usyms *usyms;
	uint64_t	 frames[FRAMES_MAX];
	char		 text[TEXT_SIZE];
};

int ft_ustacks_new(struct ft_ustacks **out, const struct ft_events *evs, struct ft_usyms *u)
{
	struct ft_ustacks *st = calloc(1, sizeof(*st));
	int err;

	*out = NULL;
	if (!st)
		return -ENOMEM;
	st->usyms = u;
	st->id = ft_event_id(evs, "ftrace", "user_stack");
	err = st->id < 0 ? st->id :
	      ft_field_find(evs, "ftrace", "user_stack", "caller", &st->caller);
	if (!err)
		err = ft_field_find(evs, "ftrace", "user_stack", "tgid", &st->tgid);
	if (!err && (st->caller.dynamic || (st->caller.size != 4 && st->caller.size != 8)))
		err = -EBADMSG;
	if (err) {
		free(st);
		return err;
	}
	*out = st;
	return 0;
}

void ft_ustacks_free(struct ft_ustacks *st)
{
	free(st);
}

bool ft_ustacks_is(const struct ft_ustacks *st, const struct ft_event *e)
{
	return e->type == st->id;
}

size_t ft_ustacks_frames(struct ft_ustacks *st, const struct ft_event *e, int *pid,
			 const uint64_t **frames)
{
	struct ft_field f = st->caller;
	size_t n;

	*pid = (int)ft_field_u64(&st->tgid, e);
	*frames = st->frames;
	/* Unused entries are 0, of old kernels (3.10) -1 from the first of them on. */
	for (n = 0; n < f.count && n < FRAMES_MAX; n++) {
		uint64_t addr = ft_field_u64(&f, e);

		if (!addr || addr == (f.size == 8 ? UINT64_MAX : UINT32_MAX))
			break;
		st->frames[n] = addr;
		f.offset += f.size;
	}
	return n;
}

/* Of a caller the call, not where it returns to. */
static uint64_t place(const uint64_t *frames, size_t i)
{
	return frames[i] - (i != 0);
}

const char *ft_ustacks_text(struct ft_ustacks *st, const struct ft_event *e, size_t *len)
{
	char name[NAME_SIZE];
	const uint64_t *frames;
	size_t count, at = 0;
	int pid;

	count = ft_ustacks_frames(st, e, &pid, &frames);
	for (size_t i = 0; i < count && at + NAME_SIZE < TEXT_SIZE; i++) {
		size_t n = ft_usyms_format(st->usyms, pid, place(frames, i), name, sizeof(name));

		memcpy(st->text + at, " => ", 4);
		at += 4;
		n = ft_out_escape(st->text + at, NAME_SIZE - 8, name, n);
		at += n < NAME_SIZE - 8 ? n : strlen(st->text + at);
		st->text[at++] = '\n';
	}
	*len = at;
	return st->text;
}

const char *ft_ustacks_list(struct ft_ustacks *st, int pid, const uint64_t *frames, size_t count)
{
	struct ft_usym s;
	size_t at = 0, n;

	for (size_t i = 0; i < count && at + NAME_SIZE < TEXT_SIZE; i++) {
		char *p = st->text + at;

		if (i)
			*p++ = ';';
		if (st->usyms && ft_usyms_lookup(st->usyms, pid, place(frames, i), &s) && s.name)
			n = snprintf(p, NAME_SIZE - 1, "%s", s.name);
		else
			n = ft_usyms_format(st->usyms, pid, place(frames, i), p, NAME_SIZE - 1);
		for (char *q = p; (q = strchr(q, ';')); )
			*q = ':';
		at = p - st->text + (n < NAME_SIZE - 1 ? n : NAME_SIZE - 2);
	}
	st->text[at] = 0;
	return st->text;
}
