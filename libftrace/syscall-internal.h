/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syscall-internal: the tables of names, from the kernel's lists of numbers (uapi asm/unistd*.h).
 *
 * The one rule: from 424 on all architectures have the same numbers, and from 403 on all 32-bit
 * ones; tables of their own end there.
 */
#ifndef FTI_SYSCALL_INTERNAL_H
#define FTI_SYSCALL_INTERNAL_H

#include <stddef.h>

#include "ftrace/syscall.h"

struct fti_syscall_names {
	int first;		/* number of name[0] */
	int count;
	const char *const *name;	/* NULL: no such call */
};

#define FTI_SYSCALL_NAMES(first_, array_)						\
	{ .first = (first_), .count = sizeof(array_) / sizeof((array_)[0]), .name = (array_) }

extern const struct fti_syscall_names fti_syscalls_x86_64, fti_syscalls_x32, fti_syscalls_i386;
extern const struct fti_syscall_names fti_syscalls_arm64, fti_syscalls_arm;
extern const struct fti_syscall_names fti_syscalls_arm_private;

/* The ABI of the 32-bit programs that this kernel, whose own is native, was built to run. */
enum ft_abi fti_abi_compat(enum ft_abi native);

#endif
