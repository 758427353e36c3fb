/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * task: processes, threads and their names.
 *
 * The one rule: pid is a process (thread group), tid a thread; the ring buffer knows tids of the
 * initial PID namespace.  A comm is up to 15 bytes of anything: print it through ft_out.
 */
#ifndef FTRACE_TASK_H
#define FTRACE_TASK_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FT_COMM_SIZE 16	/* TASK_COMM_LEN, NUL included */

/* The threads of a process, malloc()ed to *tids.  Their number, or -ESRCH. */
int ft_task_threads(int pid, int **tids);

/* The process a thread belongs to, from /proc/TID/status; -ESRCH when it is gone. */
int ft_task_pid(int tid);

/* true: /proc shows the initial PID namespace, so PIDs here are those of the ring buffer. */
bool ft_task_initial_namespace(void);

/* Names of threads, kept: a cache filled from the caller's events, from /proc while the thread
 * lives, and from the tracing directory's saved_cmdlines after. */
struct ft_comms;
int ft_comms_open(struct ft_comms **out, const char *tracefs);
void ft_comms_close(struct ft_comms *comms);

/* Note a name that an event told.  comm need not be terminated within its 16 bytes. */
void ft_comms_set(struct ft_comms *comms, int tid, const char *comm);

/* The name, "<idle>" for 0, "<...>" when it cannot be known, as the kernel prints it.  Owned by
 * comms; valid until the next call. */
const char *ft_comms_get(struct ft_comms *comms, int tid);

#ifdef __cplusplus
}
#endif
#endif
