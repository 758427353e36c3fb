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
#include "ftrace/session.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ft_follow_scope {
	FT_FOLLOW_THREAD,	/* -L: this thread */
	FT_FOLLOW_PROCESS,	/* -p: its threads, also those to come, not its child processes */
	FT_FOLLOW_TREE,		/* --children: and its child processes, and theirs */
};

enum ft_follow_what {
	FT_FOLLOW_FUNCTIONS,	/* set_ftrace_pid, function-fork */
	FT_FOLLOW_EVENTS,	/* set_event_pid, event-fork (4.4+, 4.7+) */
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

/* Resolve the fork event's fields. */
int ft_follow_ready(struct ft_follow *f, const struct ft_events *evs);

/* Look at an event before the tool does.  false: it is a fork event, or of a task that does not
 * belong.  f may be NULL: everything belongs. */
bool ft_follow_event(struct ft_follow *f, const struct ft_event *e);

#ifdef __cplusplus
}
#endif
#endif
