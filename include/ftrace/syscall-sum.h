/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syscall-sum: system calls summed up by who makes them and which they are: how many, how many
 * failed, how long they took.
 *
 * The one rule: a tool calls ft_syscall_sum_plan(), _setup(), _ready(), _event() and _loss() from
 * its callbacks of these names, and _rows() and _clear() whenever it wants what came since the last
 * time.
 */
#ifndef FTRACE_SYSCALL_SUM_H
#define FTRACE_SYSCALL_SUM_H

#include "ftrace/follow.h"
#include "ftrace/histogram.h"
#include "ftrace/pair.h"
#include "ftrace/syscall.h"
#include "ftrace/task.h"
#include "ftrace/tool.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_syscall_sum;

enum ft_syscall_who {
	FT_SYSCALL_ALL,		/* not told apart */
	FT_SYSCALL_NAME,	/* by the thread's name at the time */
	FT_SYSCALL_PROCESS,
	FT_SYSCALL_THREAD,
};

enum ft_syscall_method {
	FT_SYSCALL_AUTO,
	FT_SYSCALL_TRACE,	/* records, counted here */
	FT_SYSCALL_HIST,	/* a hist trigger: counts alone, in the kernel */
};

struct ft_syscall_sum_opt {
	struct ft_follow_opt tasks;	/* whose; none: all, or the command's */
	enum ft_syscall_who  who;
	bool calls;			/* by system call */
	bool latency;			/* calls that returned, and how long they took */
	bool failures;			/* only calls that failed, by their error */
	int  error;			/* only this one; 0: all */
	enum ft_syscall_method method;
};

/* opt must outlive *out.  0, or with the sentence set -EOPNOTSUPP: not here, or not by this
 * method. */
int ft_syscall_sum_plan(struct ft_syscall_sum **out, struct ft_run *r,
			const struct ft_syscall_sum_opt *opt);
void ft_syscall_sum_free(struct ft_syscall_sum *s);

int ft_syscall_sum_setup(struct ft_syscall_sum *s);
int ft_syscall_sum_ready(struct ft_syscall_sum *s);
void ft_syscall_sum_event(struct ft_syscall_sum *s, const struct ft_event *e);
void ft_syscall_sum_loss(struct ft_syscall_sum *s, int cpu);

struct ft_syscall_row {
	bool	     other;		/* all that there was no room for */
	int	     id;		/* process or thread; 0: unasked, or unknown by now */
	char	     comm[FT_COMM_SIZE];
	enum ft_abi  abi;		/* with calls, as is number */
	int64_t	     number;
	int	     error;		/* with failures */
	uint64_t     count;		/* never 0 */
	uint64_t     failed;		/* with latency: so many of them; and the rest: */
	uint64_t     total_ns;
	const struct ft_histogram *latency;	/* ns */
};

/*
 * What came since _clear(), the least first: by their count, with latency by their time; equal ones
 * by name.  Rows live until it.  Their number, or -errno.
 */
ssize_t ft_syscall_sum_rows(struct ft_syscall_sum *s, const struct ft_syscall_row **rows);
void ft_syscall_sum_clear(struct ft_syscall_sum *s);

/* Of latency: what was paired, and what was not. */
void ft_syscall_sum_pairs(const struct ft_syscall_sum *s, struct ft_pair_stats *out);

/* Calls that the kernel itself had no room to count (FT_SYSCALL_HIST). */
uint64_t ft_syscall_sum_dropped(const struct ft_syscall_sum *s);

/* The way taken, for people: "records in a ring buffer".  Static. */
const char *ft_syscall_sum_way(const struct ft_syscall_sum *s);

#ifdef __cplusplus
}
#endif
#endif
