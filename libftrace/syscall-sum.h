/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syscall-sum: what its parts share: records (syscall-sum.c), the kernel's own counts
 * (syscall-sum-hist.c), rows (syscall-sum-row.c).
 */
#ifndef FTI_SYSCALL_SUM_H
#define FTI_SYSCALL_SUM_H

#include "ftrace/count.h"
#include "ftrace/syscall-sum.h"
#include "intern.h"
#include "processes.h"

#define FTI_SYSCALLS_SYSTEM "raw_syscalls"
#define FTI_WHO_OTHER	    UINT32_MAX

/* Sums of one key. */
struct fti_syscall_entry {
	uint32_t who;		/* number of a name, a process or thread; 0: nobody in particular */
	uint64_t call;		/* fti_syscall_key() */
	uint64_t count, failed, total_ns;
	struct ft_histogram *latency;
};

struct ft_syscall_sum {
	struct ft_run *r;
	const struct ft_syscall_sum_opt *opt;
	bool	 hist;
	int	 enter_id, exit_id;
	struct ft_field enter_nr, enter_args, exit_nr, exit_ret;

	struct ft_follow     *follow;
	struct fti_processes *processes;
	struct ft_abis	     *abis;		/* calls */
	struct fti_strings   *names;		/* FT_SYSCALL_NAME */
	uint32_t	     *name_of;		/* by thread: its name's number + 1; 0: unasked */
	struct ft_pairs	     *pairs;		/* latency */
	int		      endless[4];	/* native numbers of calls that do not return */

	struct ft_count		 *keys;		/* the number of an entry + 1, by its key */
	struct fti_syscall_entry *entries, other;
	size_t			  count, room, max;

	struct ft_count *before;		/* hist: what had been counted */
	uint64_t	 dropped;

	struct ft_syscall_row *rows;
	size_t		       row_room;
};

/* A system call as a key: what is 0 is not told apart. */
static inline uint64_t fti_syscall_key(enum ft_abi abi, int64_t number, int error)
{
	return (uint64_t)error << 48 | (uint64_t)abi << 32 | (uint32_t)number;
}

struct fti_syscall_entry *fti_syscall_entry(struct ft_syscall_sum *s, uint32_t who, uint64_t call);
uint32_t fti_syscall_who(struct ft_syscall_sum *s, int tid);

/* syscall-sum-hist.c: 0, or -EOPNOTSUPP and the sentence; have it counted; what has come since the
 * last time, into entries. */
int fti_syscall_hist_plan(const struct ft_syscall_sum *s);
int fti_syscall_hist_setup(struct ft_syscall_sum *s);
int fti_syscall_hist_read(struct ft_syscall_sum *s);

#endif
