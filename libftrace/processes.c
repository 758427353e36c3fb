/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "processes.h"

#define TIDS 4194305	/* the kernel's PID_MAX_LIMIT, and one */

/* include/uapi/linux/sched.h */
#define CLONE_THREAD_FLAG 0x00010000

struct fti_processes {
	struct ft_comms *comms;
	bool		 lookup;	/* /proc can tell */
	int		 newtask_id, rename_id;
	struct ft_field	 child, flags, child_comm, renamed, new_comm;
	/* By thread, of which few pages are ever touched. 0: not asked for yet */
	uint32_t	 process[TIDS];
};

int fti_processes_record(struct ft_session *s)
{
	int err = ft_session_enable_event(s, FTI_PROCESSES_SYSTEM, "task_newtask", NULL);

	return err ? err : ft_session_enable_event(s, FTI_PROCESSES_SYSTEM, "task_rename", NULL);
}

/* Those that are there; others are told by events, and the few that begin meanwhile looked up. */
static int note_all(struct fti_processes *p)
{
	struct dirent *d;
	DIR *dir = opendir("/proc");
	int *tids, pid, n;

	if (!dir)
		return -errno;
	while ((d = readdir(dir))) {
		pid = atoi(d->d_name);
		n = pid > 0 ? ft_task_threads(pid, &tids) : 0;
		for (int i = 0; i < n; i++) {
			if (tids[i] < TIDS)
				p->process[tids[i]] = (uint32_t)pid;
		}
		if (n <= 0)
			continue;
		free(tids);
		ft_comms_get(p->comms, pid);
	}
	closedir(dir);
	return 0;
}

static int find_fields(struct fti_processes *p, const struct ft_events *evs)
{
	p->newtask_id = ft_event_id(evs, "task", "task_newtask");
	p->rename_id = ft_event_id(evs, "task", "task_rename");
	/* From 6.16 on it is not told, being that of the record. */
	ft_field_find(evs, "task", "task_rename", "pid", &p->renamed);
	if (ft_field_find(evs, "task", "task_newtask", "pid", &p->child) ||
	    ft_field_find(evs, "task", "task_newtask", "clone_flags", &p->flags) ||
	    ft_field_find(evs, "task", "task_newtask", "comm", &p->child_comm) ||
	    ft_field_find(evs, "task", "task_rename", "newcomm", &p->new_comm))
		return -EBADMSG;
	return 0;
}

int fti_processes_open(struct fti_processes **out, const struct ft_events *evs,
		       const char *tracefs)
{
	struct fti_processes *p = calloc(1, sizeof(*p));
	int err;

	*out = NULL;
	if (!p)
		return -ENOMEM;
	err = find_fields(p, evs);
	if (!err)
		err = ft_comms_open(&p->comms, tracefs);
	/* Inside a PID namespace /proc has other numbers. */
	p->lookup = ft_task_initial_namespace();
	if (!err && p->lookup)
		err = note_all(p);
	if (err) {
		fti_processes_close(p);
		return err;
	}
	*out = p;
	return 0;
}

void fti_processes_close(struct fti_processes *p)
{
	if (!p)
		return;
	ft_comms_close(p->comms);
	free(p);
}

struct ft_comms *fti_processes_comms(struct fti_processes *p)
{
	return p->comms;
}

uint32_t fti_processes_of(struct fti_processes *p, int tid)
{
	int pid;

	if (tid <= 0 || tid >= TIDS)
		return 0;
	if (!p->process[tid]) {
		pid = p->lookup ? ft_task_pid(tid) : -ESRCH;
		p->process[tid] = pid > 0 ? (uint32_t)pid : FTI_NO_PROCESS;
		/* It may be gone when its row is printed. */
		if (pid > 0)
			ft_comms_get(p->comms, pid);
	}
	return p->process[tid];
}

static void note_comm(struct fti_processes *p, const struct ft_event *e, int tid,
		      const struct ft_field *field)
{
	char comm[FT_COMM_SIZE] = "";

	ft_field_str(field, e, comm, sizeof(comm));
	ft_comms_set(p->comms, tid, comm);
}

bool fti_processes_event(struct fti_processes *p, const struct ft_event *e, int *tid, int *parent)
{
	*parent = 0;
	if (e->type == p->rename_id) {
		*tid = ft_field_ok(&p->renamed) ? (int)ft_field_s64(&p->renamed, e) : e->tid;
		note_comm(p, e, *tid, &p->new_comm);
		return true;
	}
	if (e->type != p->newtask_id)
		return false;
	*tid = (int)ft_field_s64(&p->child, e);
	*parent = e->tid;
	if (*tid <= 0 || *tid >= TIDS)
		return false;
	p->process[*tid] = ft_field_u64(&p->flags, e) & CLONE_THREAD_FLAG ?
			   fti_processes_of(p, e->tid) : (uint32_t)*tid;
	note_comm(p, e, *tid, &p->child_comm);
	return true;
}
