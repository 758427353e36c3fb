/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usym: addresses of processes to functions of their programs and libraries, and the stacks that the
 * kernel records of them (trace option userstacktrace).
 *
 * The one rule: a process is looked at when first asked about, and again when an address is new or it
 * runs another program; what has ended before that stays numbers.  Names are those of the symbol
 * tables: foreign bytes, C++ names not demangled.
 */
#ifndef FTRACE_USYM_H
#define FTRACE_USYM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ftrace/event.h"
#include "ftrace/out.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_usyms;

struct ft_usym {
	const char *name;	/* of the function; NULL: no symbol covers it */
	const char *path;	/* of the mapped file as the process sees it, or "[vdso]" */
	const char *file;	/* its last part */
	uint64_t    offset;	/* in the file */
	uint64_t    start;	/* of the mapping */
};

/* 0 or -ENOMEM.  Memory is bounded: some 256 MB for hosts full of large programs, seldom above 10. */
int ft_usyms_open(struct ft_usyms **out);
void ft_usyms_close(struct ft_usyms *u);

/* What covers an address of a process (of the initial PID namespace, as in the ring buffer); valid until
 * the next call.  false: nothing that is known, as for code made at run time. */
bool ft_usyms_lookup(struct ft_usyms *u, int pid, uint64_t addr, struct ft_usym *out);

/*
 * "malloc [libc.so.6]", "[libc.so.6+0x98930]" (offset in the file) where no symbol covers it, "[vdso]",
 * or "0x...".  Always terminates (size 0: nothing is written); returns the length of what is in buf.
 * For a return address give the address before it: the call can be the function's last instruction.
 */
size_t ft_usyms_format(struct ft_usyms *u, int pid, uint64_t addr, char *buf, size_t size);

/* -- user_stack records: as kernel_stack ones (ftrace/stack.h) they belong to the record before --- */

struct ft_ustacks;

/* evs (system "ftrace") and u must outlive it; with u NULL all are addresses.  -ENOENT: the kernel has
 * no such event; -EBADMSG: its format makes no sense. */
int ft_ustacks_new(struct ft_ustacks **out, const struct ft_events *evs, struct ft_usyms *u);
void ft_ustacks_free(struct ft_ustacks *st);

/* Is it a user_stack record? */
bool ft_ustacks_is(const struct ft_ustacks *st, const struct ft_event *e);

/* Its process and addresses, innermost first (where the thread was, then return addresses; the kernel
 * records at most eight, by frame pointers): *frames is owned by st, valid until the next call. */
size_t ft_ustacks_frames(struct ft_ustacks *st, const struct ft_event *e, int *pid,
			 const uint64_t **frames);

/* Text like the kernel's, " => malloc [libc.so.6]\n" each, foreign bytes escaped; owned by st, as
 * above. */
const char *ft_ustacks_text(struct ft_ustacks *st, const struct ft_event *e, size_t *len);

/* "malloc;main;[prog+0x1234]", innermost first, ';' in names made ':', for JSON, CSV and flame graphs;
 * owned by st, as above. */
const char *ft_ustacks_list(struct ft_ustacks *st, int pid, const uint64_t *frames, size_t count);

/*
 * Folded: count the stack of a user_stack record (NULL: an event without one) under a name.  0 or
 * -ENOMEM.  A stack that was there before costs a hash; a new one's functions are named at once.
 * Bounded as ft_stacks_fold().
 */
int ft_ustacks_fold(struct ft_ustacks *st, const char *comm, const struct ft_event *e);

/* Print what was folded as ft_stacks_print() does, and forget it. */
int ft_ustacks_print(struct ft_ustacks *st, struct ft_out *out, int comm_column, int stack_column,
		     int count_column);

#ifdef __cplusplus
}
#endif
#endif
