/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stack: kernel stacks that follow records (func_stack_trace, stacktrace options) as frames, as the
 * kernel's text, and folded for flame graphs.
 *
 * The one rule: a kernel_stack record belongs to the record before it of the same thread on the
 * same CPU; after a loss on that CPU it belongs to nothing.
 */
#ifndef FTRACE_STACK_H
#define FTRACE_STACK_H

#include "ftrace/event.h"
#include "ftrace/out.h"
#include "ftrace/symbol.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_stacks;

/* evs (system "ftrace") and syms must outlive it; without syms (NULL) functions are hexadecimal
 * addresses.  -ENOENT: the kernel has no such event; -EBADMSG: its format makes no sense. */
int ft_stacks_new(struct ft_stacks **out, const struct ft_events *evs,
		  const struct ft_symbols *syms);
void ft_stacks_free(struct ft_stacks *st);

/* Is it a kernel_stack record? */
bool ft_stacks_is(const struct ft_stacks *st, const struct ft_event *e);

/*
 * Its return addresses, innermost first: *frames is owned by st, valid until the next call.  With
 * the address of the function whose call made the record they begin there; with 0 (a probe, a
 * tracepoint) what the tracer put at the begin is left out as far as it can be told.
 */
size_t ft_stacks_frames(struct ft_stacks *st, const struct ft_event *e, uint64_t function,
			const uint64_t **frames);

/* The kernel's own text of all its addresses, " => name\n" each, the tracer's too; owned by st, as
 * above. */
const char *ft_stacks_text(struct ft_stacks *st, const struct ft_event *e, size_t *len);

/* "vfs_read;ksys_read;do_syscall_64", innermost first and without modules, for JSON and CSV; owned
 * by st, as above. */
const char *ft_stacks_list(struct ft_stacks *st, const uint64_t *frames, size_t count);

/*
 * Folded: count a stack under a name (a comm; NULL: none).  0 or -ENOMEM.  Nothing is allocated for
 * a stack that was there before.  Bounded: of more than FT_STACKS_MAX different ones, or 64 MB of
 * them, the rest is counted as "[other]".
 */
#define FT_STACKS_MAX 65536
int ft_stacks_fold(struct ft_stacks *st, const char *comm, const uint64_t *frames, size_t count);

/*
 * Print what was folded, most frequent first, and forget it.  Text is what flame graph programs
 * read, "comm;do_syscall_64;ksys_read;vfs_read 12", outermost first; in JSON and CSV rows of the
 * columns given, the stack as ft_stacks_list().  0, or an error of out.
 */
int ft_stacks_print(struct ft_stacks *st, struct ft_out *out, int comm_column, int stack_column,
		    int count_column);

#ifdef __cplusplus
}
#endif
#endif
