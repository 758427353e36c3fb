/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who made which task, and what /proc tells of those that were there before. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec-internal.h"

/* include/uapi/linux/sched.h */
#define CLONE_PARENT_FLAG 0x00008000
#define CLONE_THREAD_FLAG 0x00010000

/* PIDs are given one after the other: so many in a row have a slot each. */
#define SLOTS 16384

struct fti_exec_tasks {
	bool		     proc;
	struct fti_exec_task slot[SLOTS];
};

/* -- /proc ------------------------------------------------------------------------------------- */

static ssize_t read_proc(int pid, const char *file, char *buf, size_t size)
{
	char path[40];
	ssize_t n, len = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while (len < (ssize_t)size && (n = read(fd, buf + len, size - (size_t)len)) > 0)
		len += n;
	close(fd);
	return len;
}

static int64_t status_number(int pid, const char *key)
{
	char text[4096];
	ssize_t n = read_proc(pid, "status", text, sizeof(text) - 1);
	const char *p;

	if (n <= 0)
		return -1;
	text[n] = 0;
	p = strstr(text, key);
	return p ? strtoll(p + strlen(key), NULL, 10) : -1;
}

/* A name cannot hold a newline there: it is escaped. */
int fti_exec_proc_ppid(int pid)
{
	return (int)status_number(pid, "\nPPid:");
}

int64_t fti_exec_proc_uid(int pid)
{
	return status_number(pid, "\nUid:");
}

/* Right after it was started a process has the name of its file, in what fits. */
static bool runs(int pid, const char *file)
{
	const char *name = strrchr(file, '/');
	char comm[FT_COMM_SIZE + 1];
	ssize_t n = read_proc(pid, "comm", comm, sizeof(comm) - 1);

	name = name ? name + 1 : file;
	if (n <= 1)
		return false;
	comm[n - 1] = 0;
	return !strncmp(comm, name, FT_COMM_SIZE - 1);
}

size_t fti_exec_proc_args(int pid, const char *file, char *buf)
{
	ssize_t n = read_proc(pid, "cmdline", buf, FTI_EXEC_PROC_BYTES);

	return n > 0 && runs(pid, file) ? (size_t)n : 0;
}

/* -- the table --------------------------------------------------------------------------------- */

int fti_exec_tasks_new(struct fti_exec_tasks **out, bool proc)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->proc = proc;
	return 0;
}

void fti_exec_tasks_free(struct fti_exec_tasks *t)
{
	free(t);
}

void fti_exec_tasks_clear(struct fti_exec_tasks *t)
{
	memset(t->slot, 0, sizeof(t->slot));
}

static struct fti_exec_task *slot_of(struct fti_exec_tasks *t, int tid)
{
	return &t->slot[(unsigned int)tid % SLOTS];
}

static void ask(const struct fti_exec_tasks *t, struct fti_exec_task *s)
{
	int pid = t->proc ? ft_task_pid(s->tid) : -1;

	/* A thread that has gone is taken for a process, as most are. */
	s->pid = pid > 0 ? pid : s->tid;
	s->ppid = pid > 0 ? fti_exec_proc_ppid(pid) : 0;
	if (s->ppid <= 0) {
		s->ppid = 0;
		return;
	}
	if (read_proc(s->ppid, "comm", s->parent, sizeof(s->parent) - 1) > 0)
		s->parent[strcspn(s->parent, "\n")] = 0;
}

struct fti_exec_task *fti_exec_tasks_get(struct fti_exec_tasks *t, int tid)
{
	struct fti_exec_task *s = slot_of(t, tid);

	if (s->tid != tid) {
		*s = (struct fti_exec_task){ .tid = tid };
		ask(t, s);
	}
	return s;
}

void fti_exec_tasks_fork(struct fti_exec_tasks *t, int tid, int child, uint64_t flags,
			 const char *comm)
{
	struct fti_exec_task by = *fti_exec_tasks_get(t, tid), *s = slot_of(t, child);

	*s = (struct fti_exec_task){ .tid = child };
	if (flags & CLONE_THREAD_FLAG) {
		s->pid = by.pid;
		s->ppid = by.ppid;
		memcpy(s->parent, by.parent, sizeof(s->parent));
		return;
	}
	s->pid = child;
	if (flags & CLONE_PARENT_FLAG) {
		s->ppid = by.ppid;
		memcpy(s->parent, by.parent, sizeof(s->parent));
		return;
	}
	s->ppid = by.pid;
	memcpy(s->parent, comm, sizeof(s->parent) - 1);
}
