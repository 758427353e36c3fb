/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exec-internal: the parts of ftrace/exec.h: probes that read a new program's stack, tasks and who
 * made them, /proc.
 */
#ifndef FTI_EXEC_INTERNAL_H
#define FTI_EXEC_INTERNAL_H

#include "ftrace/exec.h"
#include "ftrace/probe.h"
#include "ftrace/task.h"

/* Each probe records argc and so many words of eight bytes: one with very many arguments has come to
 * an oops. */
#define FTI_EXEC_WORDS	30
#define FTI_EXEC_PROBES (FT_EXEC_BYTES / 8 / FTI_EXEC_WORDS)
#define FTI_EXEC_CHUNK	(FTI_EXEC_WORDS * 8)

/* What /proc is asked for at most. */
#define FTI_EXEC_PROC_BYTES 16384

/* -- tasks: fixed memory, what has no place is asked of /proc ------------------------------------ */

struct fti_exec_task {
	int  tid;		/* 0: free */
	int  pid, ppid;		/* 0: not known */
	bool execed;
	char parent[FT_COMM_SIZE];
};

struct fti_exec_tasks;

/* proc: /proc has the same PIDs as the kernel. */
int fti_exec_tasks_new(struct fti_exec_tasks **out, bool proc);
void fti_exec_tasks_free(struct fti_exec_tasks *t);
void fti_exec_tasks_clear(struct fti_exec_tasks *t);
void fti_exec_tasks_fork(struct fti_exec_tasks *t, int tid, int child, uint64_t flags,
			 const char *comm);
/* Of a thread, asked of /proc if need be; valid until the next call. */
struct fti_exec_task *fti_exec_tasks_get(struct fti_exec_tasks *t, int tid);

/* -- /proc ------------------------------------------------------------------------------------- */

/* Parent's PID, real UID; -1: it is gone. */
int fti_exec_proc_ppid(int pid);
int64_t fti_exec_proc_uid(int pid);

/*
 * The arguments of a process that has run `file` since before they were read, as its name tells; at
 * most FTI_EXEC_PROC_BYTES.  Their length, 0: not known.
 */
size_t fti_exec_proc_args(int pid, const char *file, char *buf);

/* -- probes ------------------------------------------------------------------------------------ */

/* Make them for the method, or the first that can be; *method gets which. */
int fti_exec_probes(struct ft_probes *ps, struct ft_session *s, enum ft_exec_method *method);

#endif
