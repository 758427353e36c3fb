/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * call: the calls of functions, the kernel's and programs', with their durations and arguments.
 *
 * The one rule: each function gets an entry and a return probe in the session's buffer, and every
 * event of that buffer goes to ft_calls_event(); a call comes out when it returns.  What did not
 * come out, and why, is in ft_calls_totals().
 */
#ifndef FTRACE_CALL_H
#define FTRACE_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ftrace/event.h"
#include "ftrace/pair.h"
#include "ftrace/session.h"
#include "ftrace/target.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_calls;
struct ft_run;

#define FT_CALL_ARGS_MAX 6

struct ft_calls_config {
	unsigned int args;	/* record the first so many arguments, at most FT_CALL_ARGS_MAX */
	bool retval;		/* and the return value */
	bool stack;		/* and from where the function was called */
	int  pid;		/* where libraries are looked for first; 0: no process */
	const char *const *exclude;	/* patterns of functions to leave out; may be NULL */
	size_t exclude_count;
};

/* A function that is traced. */
struct ft_called {
	const char *name;
	const char *module;	/* kernel: its module, or NULL */
	const char *file;	/* user: its program or library; NULL: the kernel */
};

struct ft_call {
	const struct ft_called *function;
	uint64_t began, ended;	/* trace clock */
	int	 tid;
	int	 cpu;		/* of its return */
	unsigned int arg_count;
	uint64_t args[FT_CALL_ARGS_MAX];
	int64_t	 retval;
	struct ft_event stack;	/* kernel_stack, or user_stack, of its entry; size 0: none */
};

/* Copies what it needs of config but the exclude patterns, which must outlive *out, as must s. */
int ft_calls_open(struct ft_calls **out, struct ft_session *s, const struct ft_calls_config *config);
void ft_calls_close(struct ft_calls *c);

/* Put probes on the functions of a target.  0, or negative with the sentence: -EINVAL when there is
 * none, or too many (FT_CALLS_MAX in all), -EOPNOTSUPP when the kernel cannot. */
#define FT_CALLS_MAX 500
int ft_calls_add(struct ft_calls *c, const struct ft_target *target);
size_t ft_calls_count(const struct ft_calls *c);	/* functions */

/* After all were added.  They are recorded when the session is. */
int ft_calls_enable(struct ft_calls *c);

/* Event systems for ft_events_open(): those of the probes, of stacks, of ft_follow; ends with NULL,
 * owned by c. */
const char *const *ft_calls_systems(const struct ft_calls *c);

/* Resolve the events. */
int ft_calls_ready(struct ft_calls *c, const struct ft_events *evs);

/* Take an event: 1 when a call returned, which ft_calls_last() tells until the next event; else 0. */
int ft_calls_event(struct ft_calls *c, const struct ft_event *e);
const struct ft_call *ft_calls_last(const struct ft_calls *c);
void ft_calls_lost(struct ft_calls *c, int cpu);

struct ft_calls_totals {
	struct ft_pair_stats pairs;
	uint64_t slow_open;	/* of the open ones, those as old as min_ns (by the last event,
				 * where the trace clock is not mono) */
	uint64_t missed;	/* by the kernel's count, calls of any process; kernel functions
				 * only, and of missed returns it tells from 5.15 on */
};
int ft_calls_totals(const struct ft_calls *c, uint64_t min_ns, struct ft_calls_totals *out);

/* Tell them: a line on stderr for what could not be shown, and the JSON record "calls" with all. */
int ft_calls_report(const struct ft_calls_totals *totals, struct ft_run *r);

/*
 * For people, always terminated: "malloc [libc.so.6]", "ext4_sync_file [ext4]"; "0x1,0x2"; and the
 * return value as the kernel shows it, decimal if it may be an error number (of an int, too), else
 * hexadecimal.
 */
void ft_call_name(const struct ft_call *call, char *buf, size_t size);
void ft_call_args(const struct ft_call *call, char *buf, size_t size);
void ft_call_retval(const struct ft_call *call, char *buf, size_t size);

#ifdef __cplusplus
}
#endif
#endif
