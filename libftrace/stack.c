/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "ftrace/stack.h"
#include "names.h"
#include "text.h"

/* FTRACE_KSTACK_ENTRIES of pages of 4 kB; a record of them all would not fit a sub-buffer. */
#define FRAMES_MAX 1024
#define TEXT_SIZE  65536
#define NAME_ROOM   640		/* as in names.c */

/* What newer kernels (6.12, not 6.1) record in place of an address in a trampoline. */
#define TRAMPOLINE 0x7fffffffU

/* The call in a function's entry returns to just behind it. */
#define ENTRY_BYTES 32

struct ft_stacks {
	int		  id;
	struct ft_field	  caller;
	struct fti_names *names;
	struct fti_folds *folds;
	uint64_t	  frames[FRAMES_MAX];
	char		  text[TEXT_SIZE];
};

int ft_stacks_new(struct ft_stacks **out, const struct ft_events *evs, const struct ft_symbols *syms)
{
	struct ft_stacks *st;
	int err;

	*out = NULL;
	st = calloc(1, sizeof(*st));
	if (!st)
		return -ENOMEM;
	st->id = ft_event_id(evs, "ftrace", "kernel_stack");
	err = st->id < 0 ? st->id : 0;
	if (!err)
		err = ft_field_find(evs, "ftrace", "kernel_stack", "caller", &st->caller);
	if (!err && (st->caller.dynamic || (st->caller.size != 4 && st->caller.size != 8)))
		err = -EBADMSG;
	if (!err)
		err = fti_names_new(&st->names, syms);
	if (!err)
		err = fti_folds_new(&st->folds, syms);
	if (err) {
		ft_stacks_free(st);
		return err;
	}
	*out = st;
	return 0;
}

void ft_stacks_free(struct ft_stacks *st)
{
	if (!st)
		return;
	fti_names_free(st->names);
	fti_folds_free(st->folds);
	free(st);
}

bool ft_stacks_is(const struct ft_stacks *st, const struct ft_event *e)
{
	return e->type == st->id;
}

/* -- frames ------------------------------------------------------------------------------------ */

/* The array goes to the end of the record, whatever length the format tells, or to a -1 (3.10). */
static size_t load(struct ft_stacks *st, const struct ft_event *e)
{
	const struct ft_field *f = &st->caller;
	uint32_t at = f->offset;
	size_t n = 0;

	for (; n < FRAMES_MAX && at + f->size <= e->size; at += f->size) {
		uint64_t v8;
		uint32_t v4;

		if (f->size == 8) {
			memcpy(&v8, e->data + at, sizeof(v8));
		} else {
			memcpy(&v4, e->data + at, sizeof(v4));
			v8 = v4 == UINT32_MAX ? UINT64_MAX : v4;
		}
		if (v8 == UINT64_MAX)
			break;
		st->frames[n++] = v8;
	}
	return n;
}

/* As the kernel prints an address in a stack. */
static const char *frame_name(struct ft_stacks *st, uint64_t addr, size_t *len)
{
	static const char trampoline[] = "[FTRACE TRAMPOLINE]";

	if (addr == TRAMPOLINE) {
		*len = sizeof(trampoline) - 1;
		return trampoline;
	}
	if (!addr) {
		*len = 1;
		return "0";
	}
	return fti_names_plain(st->names, addr, len);
}

/* What lies between a tracepoint and its record: the first up to 4.x, __traceiter_ from 5.10. */
static bool is_hook(struct ft_stacks *st, uint64_t addr)
{
	static const char *const hooks[] = {
		"ftrace_raw_event_", "trace_event_raw_event_", "trace_event_buffer_", "__traceiter_",
		"ftrace_syscall_",
		"[FTRACE ",
	};
	size_t len;
	const char *name = frame_name(st, addr, &len);

	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		if (len > strlen(hooks[i]) && !memcmp(name, hooks[i], strlen(hooks[i])))
			return true;
	/* A trampoline made for the occasion has no name. */
	return len > 2 && !memcmp(name, "0x", 2);
}

size_t ft_stacks_frames(struct ft_stacks *st, const struct ft_event *e, uint64_t function,
			const uint64_t **frames)
{
	const size_t count = load(st, e);
	size_t first = 0;

	if (function)
		while (first < count && st->frames[first] - function >= ENTRY_BYTES)
			first++;
	if (!function || first == count)
		for (first = 0; first < count && is_hook(st, st->frames[first]);)
			first++;
	*frames = st->frames + first;
	return count - first;
}

/* -- text -------------------------------------------------------------------------------------- */

const char *ft_stacks_text(struct ft_stacks *st, const struct ft_event *e, size_t *len)
{
	const size_t count = load(st, e);
	char *p = st->text;

	for (size_t i = 0; i < count && p < st->text + TEXT_SIZE - NAME_ROOM - 8; i++) {
		size_t n;
		const char *name = frame_name(st, st->frames[i], &n);

		p = mempcpy(p, " => ", 4);
		p = mempcpy(p, name, n);
		*p++ = '\n';
	}
	*len = (size_t)(p - st->text);
	return st->text;
}

/* Frames from first by step, joined; the end, not terminated. */
static char *put_list(struct ft_stacks *st, char *p, const uint64_t *frames, size_t count,
		      bool outermost)
{
	for (size_t i = 0; i < count && p < st->text + TEXT_SIZE - NAME_ROOM - 64; i++) {
		size_t len;
		const char *name = frame_name(st, frames[outermost ? count - 1 - i : i], &len);

		if (i)
			*p++ = ';';
		p = mempcpy(p, name, len);
	}
	return p;
}

const char *ft_stacks_list(struct ft_stacks *st, const uint64_t *frames, size_t count)
{
	*put_list(st, st->text, frames, count, false) = 0;
	return st->text;
}

/* -- folded ------------------------------------------------------------------------------------ */

int ft_stacks_fold(struct ft_stacks *st, const char *comm, const uint64_t *frames, size_t count)
{
	if (count > FRAMES_MAX)
		count = FRAMES_MAX;
	return fti_folds_add(st->folds, comm ? comm : "", frames, count);
}

struct printer {
	struct ft_stacks *st;
	struct ft_out	 *out;
	int		  comm, stack, count;	/* columns */
};

static int print_row(const struct printer *p, const struct fti_fold *fold, const char *comm)
{
	ft_out_str(p->out, p->comm, comm);
	ft_out_str(p->out, p->stack, ft_stacks_list(p->st, fold->frames, fold->length));
	ft_out_uint(p->out, p->count, fold->count);
	return ft_out_end(p->out);
}

static int print_fold(void *arg, const struct fti_fold *fold)
{
	const struct printer *p = arg;
	const char *comm = fold->other ? "[other]" : fold->comm;
	char *at = p->st->text;
	size_t taken;

	if (!ft_out_is_text(p->out))
		return print_row(p, fold, comm);
	at += fti_escape(at, TEXT_SIZE / 2, comm, strlen(comm), FTI_ESCAPE_TEXT, &taken);
	/* What separates the frames cannot be in one. */
	for (char *c = p->st->text; c < at; c++)
		if (*c == ';')
			*c = ':';
	if (*comm && fold->length)
		*at++ = ';';
	at = put_list(p->st, at, fold->frames, fold->length, true);
	*at++ = ' ';
	at = fti_put_uint(at, fold->count);
	return ft_out_line(p->out, p->st->text, (size_t)(at - p->st->text));
}

int ft_stacks_print(struct ft_stacks *st, struct ft_out *out, int comm_column, int stack_column,
		    int count_column)
{
	struct printer p = { st, out, comm_column, stack_column, count_column };

	return fti_folds_each(st->folds, print_fold, &p);
}
