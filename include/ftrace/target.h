/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * target: what is to be traced, as people write it.
 *
 *	vfs_read, vfs_*, ext4_*:mod:ext4	functions of the kernel
 *	libc:malloc, /usr/bin/bash:read*	functions of a program or library
 *	t:sched:sched_*				tracepoints
 */
#ifndef FTRACE_TARGET_H
#define FTRACE_TARGET_H

#include <stddef.h>

#include "ftrace/elf.h"
#include "ftrace/session.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ft_target_kind { FT_TARGET_KERNEL, FT_TARGET_USER, FT_TARGET_TRACEPOINT };

struct ft_target {
	enum ft_target_kind kind;
	const char *text;	/* as given */
	char *file;		/* USER: program or library; TRACEPOINT: system (a pattern) */
	char *pattern;		/* of functions or events, for ft_glob_match() */
};

/*
 * text must outlive *t.  0, or -EINVAL or -ENOMEM with why[FT_TARGET_WHY] ("a tracepoint is written
 * t:system:event") and nothing to free.
 */
#define FT_TARGET_WHY 128
int ft_target_parse(struct ft_target *t, const char *text, char *why);
void ft_target_free(struct ft_target *t);	/* what it points to, not *t */

/*
 * A USER target's functions in the file that it means for a process (0: any; ft_elf_find()), each
 * offset once: fn is called until it returns non-zero.  Returns that, 0, or with the sentence set
 * ("cannot trace 'libc:mallocc': no such function in '/lib/...' (did you mean 'malloc'?)") -EINVAL or
 * -errno.  Old versions of a function are given too, since old programs call them.  Indirect ones
 * (STT_GNU_IFUNC) are left out of a pattern, and refused by name.
 */
int ft_target_functions(struct ft_session *s, const struct ft_target *t, int pid,
			int (*fn)(void *arg, const char *path, const struct ft_elf_symbol *symbol),
			void *arg);

/* A TRACEPOINT target's events (those of ftrace itself, synthetic ones and those of probes left out)
 * in alphabetical order, as above. */
int ft_target_tracepoints(struct ft_session *s, const struct ft_target *t,
			  int (*fn)(void *arg, const char *system, const char *event), void *arg);

#ifdef __cplusplus
}
#endif
#endif
