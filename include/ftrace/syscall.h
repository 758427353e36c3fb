/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syscall: system calls by number and name, and whose numbers a task uses.
 *
 * The one rule: a number means nothing without its ABI.  A 64-bit kernel runs programs of two, and
 * the records of raw_syscalls do not tell which: only the program does, and the arguments.
 */
#ifndef FTRACE_SYSCALL_H
#define FTRACE_SYSCALL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ft_abi {
	FT_ABI_UNKNOWN,		/* nothing here has names */
	FT_ABI_X86_64,		/* and x32, whose numbers have a bit of their own */
	FT_ABI_X32,
	FT_ABI_I386,
	FT_ABI_ARM64,
	FT_ABI_ARM,
};

#define FT_SYSCALL_X32_BIT 0x40000000

/* That of the kernel, and of the 32-bit programs that it can run beside (FT_ABI_UNKNOWN: it has
 * none). */
enum ft_abi ft_abi_native(void);
enum ft_abi ft_abi_compat(enum ft_abi native);

/* "x86-64", "i386"; "" for FT_ABI_UNKNOWN.  Static. */
const char *ft_abi_name(enum ft_abi abi);

/* The name of a number as the kernel's tables have it ("newfstatat"), NULL for none that is known.
 * Static. */
const char *ft_syscall_name(enum ft_abi abi, int64_t number);

/* The number of a name, or -ENOENT. */
int ft_syscall_number(enum ft_abi abi, const char *name);

/* "ENOENT" for 2, those of the kernel alone too (512 ERESTARTSYS), NULL for none; static.  And
 * back: -ENOENT for no name of one. */
#define FT_ERRNO_MAX 4095
const char *ft_errno_name(int err);
int ft_errno_number(const char *name);

/* -- whose numbers a task uses ----------------------------------------------------------------- */

/*
 * Found out once for a task, from what the kernel gave the program that it runs (/proc/TID/auxv),
 * and kept until it is told that the task runs another.  Of one that has ended before it was asked
 * for, a call's arguments tell: 32-bit ones have no high half, and those of 64-bit programs, mostly
 * what was left in registers, hardly ever are all without.  That is believed only once a 32-bit
 * task was seen.  A 64-bit program's own 32-bit calls (int $0x80) are not recognised.
 */
struct ft_abis;

int ft_abis_new(struct ft_abis **out);	/* -ENOMEM */
void ft_abis_free(struct ft_abis *a);

/* The ABI of a task.  args: of a sys_enter record of its the field `args`, as ft_field_bytes() has
 * it; NULL: there is none.  But for the first time it costs one look at an array. */
enum ft_abi ft_abis_get(struct ft_abis *a, int tid, const void *args, size_t bytes);

/* A task has made another (task:task_newtask); it has another name, and so may run another program
 * (task:task_rename). */
void ft_abis_fork(struct ft_abis *a, int parent, int child);
void ft_abis_exec(struct ft_abis *a, int tid, const char *comm);

#ifdef __cplusplus
}
#endif
#endif
