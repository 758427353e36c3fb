/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exec: programs that are started, with their arguments, however short their lives are.
 *
 * The one rule: that a program was started, the kernel's event sched:sched_process_exec tells; its
 * arguments are what the kernel has copied to the new stack, read there by kprobes before the first
 * instruction runs.  What was not recorded (more than FT_EXEC_BYTES, a loss, no kprobes) is looked up
 * in /proc while the process lives, and taken only if it agrees with what is known.
 */
#ifndef FTRACE_EXEC_H
#define FTRACE_EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ftrace/event.h"
#include "ftrace/session.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_execs;

/* Where arguments come from. */
enum ft_exec_method {
	FT_EXEC_AUTO,	/* the first of these that the kernel has */
	FT_EXEC_STACK,	/* setup_arg_pages(), its structure by BTF: programs of every ABI */
	FT_EXEC_THREAD,	/* start_thread(), x86-64: programs of 64 bits */
	FT_EXEC_PROC,	/* /proc alone */
};

#define FT_EXEC_BYTES 1920	/* of arguments that are recorded, their NULs included; half of it by
				 * FT_EXEC_THREAD */

struct ft_exec {
	uint64_t    ts;
	int	    pid;
	int	    ppid;		/* 0: not known */
	const char *parent;		/* name of that process when it forked; "" */
	int64_t     uid;		/* who started it; -1: not recorded, see ft_execs_uid() */
	const char *file;		/* as it was named in the system call */
	/* The arguments, each with its NUL; argc of them are here.  cut: there are more, or the last
	 * one is longer. */
	const char *args;
	size_t	    len;
	size_t	    argc;
	bool	    cut;
	bool	    again;		/* the same process had started a program before */
};

struct ft_exec_stats {
	uint64_t execs;
	uint64_t looked_up;	/* whose arguments are from /proc */
	uint64_t unknown;	/* of whose arguments nothing is known */
	uint64_t cut;		/* of whose arguments only the first are known */
};

/* Make the probes and enable what is recorded.  -EOPNOTSUPP with the sentence when the method (not
 * AUTO) cannot be had here. */
int ft_execs_open(struct ft_execs **out, struct ft_session *s, enum ft_exec_method method);
void ft_execs_close(struct ft_execs *x);

/* The method taken, as people name it: "stack", "thread", "proc".  Static. */
const char *ft_execs_method(const struct ft_execs *x);

/* Event systems for ft_events_open(), ends with NULL; owned by x. */
const char *const *ft_execs_systems(const struct ft_execs *x);

/* Resolve the events; -EOPNOTSUPP: there is no sched:sched_process_exec. */
int ft_execs_ready(struct ft_execs *x, const struct ft_events *evs);

/*
 * A new task: to be asked about every event, before a filter by task.  true: it was one.
 * Then the others: 1 when a program was started, which ft_execs_last() tells until the next event.
 */
bool ft_execs_fork(struct ft_execs *x, const struct ft_event *e);
int ft_execs_event(struct ft_execs *x, const struct ft_event *e);
const struct ft_exec *ft_execs_last(const struct ft_execs *x);

/* Records were lost: what is open, and what is known of tasks, is forgotten. */
void ft_execs_lost(struct ft_execs *x);

/* The process of a thread and who started it: *ppid (0: not known), *parent as above.  Returns the
 * PID. */
int ft_execs_task(struct ft_execs *x, int tid, int *ppid, const char **parent);

/* The user of a process: its real UID, from /proc; of one that has ended that of its parent; -1: not
 * known. */
int64_t ft_execs_uid(const struct ft_execs *x, int pid, int ppid);

void ft_execs_stats(const struct ft_execs *x, struct ft_exec_stats *out);

/*
 * Arguments (each with its NUL, but perhaps the last) on a line: with blanks between them, at most
 * max of them, "..." at the end where there are more or cut is set.  quote: so that a shell reads the
 * same, free of control characters; else the text is raw.  Always terminated; returns the length of
 * what is in buf.
 */
size_t ft_exec_text(char *buf, size_t size, const char *args, size_t len, size_t max, bool cut,
		    bool quote);

/* The same as a JSON array of strings, without "..."; 0: no room. */
size_t ft_exec_json(char *buf, size_t size, const char *args, size_t len, size_t max);

#ifdef __cplusplus
}
#endif
#endif
