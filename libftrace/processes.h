/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * processes: the process of each thread and its name, as they were when an event came.
 *
 * The one rule: task:task_newtask and task_rename are recorded with the events, in order, and each
 * event is shown to fti_processes_event() first.  What began earlier is looked up in /proc.
 */
#ifndef FTI_PROCESSES_H
#define FTI_PROCESSES_H

#include "ftrace/event.h"
#include "ftrace/session.h"
#include "ftrace/task.h"

#define FTI_PROCESSES_SYSTEM "task"
#define FTI_NO_PROCESS	     UINT32_MAX

struct fti_processes;

/* Have the events recorded. */
int fti_processes_record(struct ft_session *s);

/* -EBADMSG: the events are not what they should be.  tracefs may be NULL. */
int fti_processes_open(struct fti_processes **out, const struct ft_events *evs,
		       const char *tracefs);
void fti_processes_close(struct fti_processes *p);

/* true: a thread, *tid, has begun (with *parent) or has another name (*parent is 0). */
bool fti_processes_event(struct fti_processes *p, const struct ft_event *e, int *tid, int *parent);

/* The process of a thread; 0 for idle tasks, FTI_NO_PROCESS: it had ended before it was asked
 * for. */
uint32_t fti_processes_of(struct fti_processes *p, int tid);

/* Names of threads and processes; owned by p. */
struct ft_comms *fti_processes_comms(struct fti_processes *p);

#endif
