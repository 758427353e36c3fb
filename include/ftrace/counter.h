/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * counter: how often functions and tracepoints are hit, by the cheapest way that counts them right.
 *
 *	profiler	the kernel's function profiler, where it is built
 *	hits		probes, of which the kernel counts the hits; nothing is recorded
 *	trace		function tracer, probes and tracepoints recorded, and the records counted
 *
 * The one rule: a tool calls ft_counter_plan(), _setup(), _ready() and _event() from its callbacks
 * of these names, and ft_counter_rows() whenever it wants the counts since the last time.
 */
#ifndef FTRACE_COUNTER_H
#define FTRACE_COUNTER_H

#include "ftrace/follow.h"
#include "ftrace/target.h"
#include "ftrace/task.h"
#include "ftrace/tool.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_counter;

enum ft_counter_method {
	FT_COUNTER_AUTO,	/* the first of these that can, and counts all that was asked for */
	FT_COUNTER_PROFILER,
	FT_COUNTER_HITS,
	FT_COUNTER_TRACE,
};

struct ft_counter_config {
	const struct ft_target *targets;
	size_t		   target_count;
	const char *const *exclude;	/* patterns of what is not to be counted */
	size_t		   exclude_count;
	enum ft_counter_method method;
	const struct ft_follow_opt *tasks;	/* whose; none: all, or the command's */
	bool		   by_pid;	/* a count for each process */
};

/* Strings and the row live until the next call of ft_counter_rows(). */
struct ft_counter_row {
	const char *name;	/* "vfs_read", "malloc", "sched:sched_switch" */
	const char *module;	/* of a kernel function in a module, else NULL */
	const char *file;	/* of a user function: its program or library, else NULL */
	uint64_t    count;	/* never 0 */
	int	    pid;	/* by_pid: the process; -1: not known any more */
	char	    comm[FT_COMM_SIZE];
};

/*
 * Choose the way.  What config points to must outlive *out.  0, or with the sentence set -EINVAL
 * for what was asked, -EOPNOTSUPP when it cannot be counted here or not by this method.
 */
int ft_counter_plan(struct ft_counter **out, struct ft_run *r,
		    const struct ft_counter_config *config);
void ft_counter_free(struct ft_counter *c);

/* Tells on stderr what of a pattern cannot be counted. */
int ft_counter_setup(struct ft_counter *c, struct ft_run *r);
int ft_counter_ready(struct ft_counter *c, struct ft_run *r);
void ft_counter_event(struct ft_counter *c, const struct ft_event *e);

/* What was counted since the last call, rarest first, equals by name.  Their number, or -errno. */
ssize_t ft_counter_rows(struct ft_counter *c, struct ft_run *r, const struct ft_counter_row **rows);

/* The hits that kprobes missed, since ready(). */
uint64_t ft_counter_missed(const struct ft_counter *c);

/* The way taken, for people: "the kernel's function profiler". Static. */
const char *ft_counter_way(const struct ft_counter *c);

#ifdef __cplusplus
}
#endif
#endif
