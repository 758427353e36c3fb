/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/syscall.h"
#include "ftrace/task.h"
#include "syscall-internal.h"

#define TIDS   4194305	/* the kernel's PID_MAX_LIMIT, and one */
#define AT_MAX 1000	/* types of auxv entries are below 64 */

enum { UNASKED, NATIVE, COMPAT, GONE };

struct ft_abis {
	enum ft_abi native, compat;
	bool	    lookup;	/* /proc has the ring buffer's tids */
	bool	    seen;	/* a task of the other ABI */
	uint8_t	    task[TIDS];	/* touched only where tasks are */
};

enum ft_abi fti_abi_compat(enum ft_abi native)
{
	/* x86-64 kernels are built without it, too; this file comes with it. */
	if (native == FT_ABI_X86_64 && access("/proc/sys/abi/vsyscall32", F_OK))
		return FT_ABI_UNKNOWN;
	return ft_abi_compat(native);
}

int ft_abis_new(struct ft_abis **out)
{
	struct ft_abis *a = calloc(1, sizeof(*a));

	*out = a;
	if (!a)
		return -ENOMEM;
	a->native = ft_abi_native();
	a->compat = fti_abi_compat(a->native);
	a->lookup = ft_task_initial_namespace();
	return 0;
}

void ft_abis_free(struct ft_abis *a)
{
	free(a);
}

/* Pairs of type and value, as wide as the program's words: 64-bit types have an empty high half,
 * where 32-bit programs have a value. */
static uint8_t from_auxv(int tid)
{
	uint64_t entry[64];
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/auxv", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return GONE;
	n = read(fd, entry, sizeof(entry));
	close(fd);
	/* none, or not yet */
	if (n < (ssize_t)(2 * sizeof(entry[0])) || !entry[0])
		return GONE;
	for (size_t i = 0; i + 1 < n / sizeof(entry[0]) && entry[i]; i += 2)
		if (entry[i] > AT_MAX)
			return COMPAT;
	return NATIVE;
}

static bool is_wide(const void *args, size_t bytes)
{
	uint64_t arg, all = 0;

	for (size_t at = 0; at + sizeof(arg) <= bytes; at += sizeof(arg)) {
		memcpy(&arg, (const char *)args + at, sizeof(arg));
		all |= arg;
	}
	return all >> 32;
}

/* A 64-bit program that begins has small arguments, too: they are believed only where there are
 * 32-bit programs. */
static uint8_t of_gone(struct ft_abis *a, uint8_t *task, const void *args, size_t bytes)
{
	if (args && is_wide(args, bytes))
		*task = NATIVE;
	return args && bytes && *task == GONE && a->seen ? COMPAT : NATIVE;
}

enum ft_abi ft_abis_get(struct ft_abis *a, int tid, const void *args, size_t bytes)
{
	uint8_t *task, is;

	if (!a->compat || tid <= 0 || tid >= TIDS)
		return a->native;
	task = &a->task[tid];
	if (*task == UNASKED) {
		*task = a->lookup ? from_auxv(tid) : GONE;
		a->seen |= *task == COMPAT;
	}
	is = *task == GONE ? of_gone(a, task, args, bytes) : *task;
	/* It has run another program since. */
	if (is == COMPAT && args && is_wide(args, bytes))
		is = NATIVE;
	return is == COMPAT ? a->compat : a->native;
}

void ft_abis_fork(struct ft_abis *a, int parent, int child)
{
	if (child > 0 && child < TIDS)
		a->task[child] = parent > 0 && parent < TIDS ? a->task[parent] : UNASKED;
}

/* false: it is called otherwise by now, and so may be another program again. */
static bool is_called(int tid, const char *comm)
{
	char path[32], name[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, name, sizeof(name) - 1);
	close(fd);
	if (n <= 0)
		return false;
	name[name[n - 1] == '\n' ? n - 1 : n] = 0;
	return !strcmp(name, comm);
}

void ft_abis_exec(struct ft_abis *a, int tid, const char *comm)
{
	if (!a->compat || tid <= 0 || tid >= TIDS)
		return;
	a->task[tid] = a->lookup && is_called(tid, comm) ? from_auxv(tid) : GONE;
	a->seen |= a->task[tid] == COMPAT;
}
