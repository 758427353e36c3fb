/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * follow: a trace of one thread, one process with all its threads, or a process and its children.
 *
 * The one rule: the kernel filters by thread; which new threads belong is told here, from fork
 * events in the same stream.  Feed every event to ft_follow_event() and drop what it says.
 */
#ifndef FTRACE_FOLLOW_H
#define FTRACE_FOLLOW_H

#include <stdbool.h>

#include "ftrace/event.h"
#include "ftrace/opt.h"
#include "ftrace/session.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ft_follow_scope {
	FT_FOLLOW_THREAD,	/* -L: this thread */
	FT_FOLLOW_PROCESS,	/* -p: its threads, also those to come, not its child processes */
	FT_FOLLOW_TREE,		/* -p --children: and its child processes, and theirs */
	FT_FOLLOW_THREAD_TREE,	/* -L --children: this thread, the threads and processes it makes, and
				 * theirs */
};

enum ft_follow_what {
	FT_FOLLOW_FUNCTIONS,	/* set_ftrace_pid, function-fork */
	FT_FOLLOW_EVENTS,	/* set_event_pid, event-fork (4.4+, 4.7+) */
	/* The kernel filters nothing: for events of interrupts, which come in the name of whatever
	 * task they interrupt.  The caller asks about the events of tasks only. */
	FT_FOLLOW_RECORDS,
};

struct ft_follow;

/* The event system whose formats ft_follow_ready() needs. */
#define FT_FOLLOW_SYSTEM "task"

/*
 * Limit the session to a thread or process; its current threads are written to the kernel's filter
 * now.  -ESRCH with a sentence when there is no such process.
 */
int ft_follow_open(struct ft_follow **out, struct ft_session *s, enum ft_follow_scope scope,
		   enum ft_follow_what what, int id);
void ft_follow_close(struct ft_follow *f);

/* The options of a tool that tell whose events are wanted. */
struct ft_follow_opt {
	int  pid, tid;		/* 0: not given */
	bool children;
};

/* Their rows in its table; opt_ is a struct ft_follow_opt.  They take bit 0 of `excludes`. */
#define FT_FOLLOW_OPTIONS(opt_)								\
	FT_ARG('p', "pid", FT_OPT_PID, &(opt_).pid, "PID",				\
	       "only this process, all its threads", .excludes = 1),			\
	FT_ARG('L', "tid", FT_OPT_PID, &(opt_).tid, "TID", "only this thread", .excludes = 1), \
	FT_FLAG(0, "children", &(opt_).children, "with -p or -L: child processes, too")

/* Do they go together, and with a COMMAND?  Exits as ft_opt_error() when not. */
void ft_follow_check(const struct ft_opt_spec *spec, const struct ft_opt_common *common,
		     const struct ft_follow_opt *opt);

/*
 * Limit the session to what they say, or to the COMMAND (its process ID, 0: none) with all its
 * children.  Nothing is asked for: the kernel's filters are emptied, *out is NULL, which the other
 * calls take.
 */
int ft_follow_set(struct ft_follow **out, struct ft_session *s, enum ft_follow_what what,
		  const struct ft_follow_opt *opt, int command_pid);

/* Resolve the fork event's fields. */
int ft_follow_ready(struct ft_follow *f, const struct ft_events *evs);

/* Look at an event before the tool does.  false: it is a fork event, or of a task that does not
 * belong.  f may be NULL: everything belongs. */
bool ft_follow_event(struct ft_follow *f, const struct ft_event *e);

#ifdef __cplusplus
}
#endif
#endif
