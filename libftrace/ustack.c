/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/count.h"
#include "ftrace/stack.h"
#include "ftrace/task.h"
#include "ftrace/usym.h"
#include "intern.h"
#include "text.h"

#define FRAMES_MAX 64		/* the kernel's FTRACE_STACK_ENTRIES is 8 */
#define NAME_SIZE  2304		/* the longest function name read, and its file */
#define TEXT_SIZE  (FRAMES_MAX * 512)

/* Stacks as the kernel records them, each with the text that was made of it when it was new: the
 * process may have ended when they are printed. */
struct folds {
	struct fti_strings *stacks;	/* struct folded */
	size_t		    count, room;
	uint32_t	   *text;	/* of each, its number in texts */
	struct fti_strings *texts;	/* "comm\0main;malloc" */
	struct ft_count	   *sums;	/* by text */
	uint64_t	    other;
};

struct folded {
	char	 comm[FT_COMM_SIZE];
	int64_t	 pid;
	uint64_t frames[FRAMES_MAX];
};

struct ft_ustacks {
	int		 id;
	struct ft_field	 caller, tgid;
	struct ft_usyms *usyms;
	uint64_t	 frames[FRAMES_MAX];
	char		 text[TEXT_SIZE];
	struct folds	 folds;
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
	if (!st)
		return;
	fti_strings_free(st->folds.stacks);
	fti_strings_free(st->folds.texts);
	ft_count_free(st->folds.sums);
	free(st->folds.text);
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

/* -- folded ------------------------------------------------------------------------------------ */

static int open_folds(struct folds *f)
{
	int err;

	if (f->sums)
		return 0;
	err = fti_strings_new(&f->stacks, FT_STACKS_MAX);
	if (!err)
		err = fti_strings_new(&f->texts, FT_STACKS_MAX);
	return err ? err : ft_count_new(&f->sums, FT_STACKS_MAX);
}

/* Of the stack with the next number: its text's, or -ENOSPC, -ENOMEM. */
static ssize_t add_text(struct ft_ustacks *st, const char *comm, int pid, size_t count)
{
	struct folds *f = &st->folds;
	char text[FT_COMM_SIZE + TEXT_SIZE], *p = text;
	const char *list = ft_ustacks_list(st, pid, st->frames, count);
	uint32_t *more;
	ssize_t n;

	if (f->count == f->room) {
		more = realloc(f->text, (f->room ? 2 * f->room : 64) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		f->text = more;
		f->room = f->room ? 2 * f->room : 64;
	}
	p = mempcpy(p, comm, strlen(comm) + 1);
	p = mempcpy(p, list, strlen(list));
	n = fti_strings_number(f->texts, text, (size_t)(p - text));
	f->text[f->count++] = n < 0 ? UINT32_MAX : (uint32_t)n;
	return n;
}

int ft_ustacks_fold(struct ft_ustacks *st, const char *comm, const struct ft_event *e)
{
	struct folds *f = &st->folds;
	struct folded key = { .pid = 0 };
	const uint64_t *frames;
	size_t count = 0;
	ssize_t n = open_folds(f);
	int pid = 0;

	if (n < 0)
		return (int)n;
	if (e)
		count = ft_ustacks_frames(st, e, &pid, &frames);
	memcpy(key.comm, comm, strnlen(comm, sizeof(key.comm) - 1));
	key.pid = pid;
	memcpy(key.frames, st->frames, count * sizeof(*frames));
	n = fti_strings_number(f->stacks, (const char *)&key,
			       offsetof(struct folded, frames) + count * sizeof(*frames));
	if (n >= 0 && (size_t)n == f->count)
		n = add_text(st, key.comm, pid, count);
	else if (n >= 0)
		n = f->text[n] == UINT32_MAX ? -ENOSPC : (ssize_t)f->text[n];
	if (n >= 0)
		ft_count_add(f->sums, (uint64_t)n, 0, 1);
	else if (n == -ENOSPC)
		f->other++;
	return n < 0 && n != -ENOSPC ? (int)n : 0;
}

/* Escaped, and without what separates the frames. */
static char *put_name(char *p, const char *name, size_t len)
{
	size_t taken;
	char *end = p + fti_escape(p, 4 * len, name, len, FTI_ESCAPE_TEXT, &taken);

	for (; p < end; p++)
		if (*p == ';')
			*p = ':';
	return end;
}

/* "comm;main;malloc 12", outermost first. */
static int print_line(struct ft_out *out, const char *comm, const char *list, size_t len,
		      uint64_t count)
{
	char *line = malloc(4 * (strlen(comm) + len) + len + 64), *p;
	int err;

	if (!line)
		return -ENOMEM;
	p = put_name(line, comm, strlen(comm));
	while (len) {
		const char *last = memrchr(list, ';', len);
		const char *name = last ? last + 1 : list;

		if (p != line)
			*p++ = ';';
		p = put_name(p, name, (size_t)(list + len - name));
		len = last ? (size_t)(last - list) : 0;
	}
	*p++ = ' ';
	p = fti_put_uint(p, count);
	err = ft_out_line(out, line, (size_t)(p - line));
	free(line);
	return err;
}

static int print_fold(struct ft_out *out, const int column[3], const char *text, size_t len,
		      uint64_t count)
{
	const size_t comm = strlen(text);	/* the NUL is one of its bytes */
	const char *list = text + comm + 1;

	if (ft_out_is_text(out))
		return print_line(out, text, list, len - comm - 1, count);
	ft_out_str(out, column[0], text);
	ft_out_strn(out, column[1], list, len - comm - 1);
	ft_out_uint(out, column[2], count);
	return ft_out_end(out);
}

int ft_ustacks_print(struct ft_ustacks *st, struct ft_out *out, int comm_column, int stack_column,
		     int count_column)
{
	const int column[3] = { comm_column, stack_column, count_column };
	struct folds *f = &st->folds;
	struct ft_count_entry *top;
	ssize_t n;
	int err = open_folds(f);

	if (err)
		return err;
	n = ft_count_top(f->sums, SIZE_MAX, &top);
	if (n < 0)
		return (int)n;
	for (ssize_t i = 0; i < n && !err; i++) {
		size_t len;
		const char *text = fti_strings_get(f->texts, top[i].key[0], &len);

		err = print_fold(out, column, text, len, top[i].sum);
	}
	free(top);
	if (!err && f->other)
		err = print_fold(out, column, "[other]", sizeof("[other]"), f->other);
	fti_strings_clear(f->stacks);
	fti_strings_clear(f->texts);
	ft_count_clear(f->sums);
	f->count = f->other = 0;
	return err;
}
