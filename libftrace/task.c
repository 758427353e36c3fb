/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ftrace/task.h"
#include "internal.h"
#include "task-internal.h"

#define PID_LIMIT      4194304		/* the kernel's PID_MAX_LIMIT */
#define INIT_PID_INODE 0xEFFFFFFCu	/* PROC_PID_INIT_INO, fixed since 3.8 */

#define STAT_START 22			/* the field of /proc/PID/stat, counted from 1 */

/* The cache: sets of a few entries each, the least recently used of a full set goes. */
#define SETS 2048
#define WAYS 8

/* A name not found is asked for again after a while (the tid may live again), and saved_cmdlines is
 * read no more often than this, however many dead threads the trace shows. */
#define RETRY_NS  1000000000ull
#define REREAD_NS 200000000ull

struct comm {
	int	 tid;		/* 0: free */
	uint32_t used;		/* the cache's tick when last asked for */
	uint64_t asked_ns;	/* of an unknown one */
	bool	 known;
	char	 name[FT_COMM_SIZE];
};

struct ft_comms {
	int	    procfd;	/* -1: /proc cannot tell */
	int	    tracefd;	/* -1: no saved_cmdlines */
	uint32_t    tick;
	uint32_t    changes;	/* of names that were known */
	uint64_t    read_ns;	/* when saved_cmdlines was read; 0: never */
	struct comm comm[SETS][WAYS];
};

/* -- /proc ---------------------------------------------------------------------------------- */

int ft_task_threads(int pid, int **tids)
{
	int count = 0, room = 0, err = 0, tid;
	struct dirent *d;
	char path[32];
	DIR *dir;

	*tids = NULL;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
	while ((d = readdir(dir))) {
		tid = atoi(d->d_name);
		if (tid <= 0)
			continue;
		if (count == room) {
			int *more = realloc(*tids, (room += room + 16) * sizeof(**tids));

			if (!more) {
				err = -ENOMEM;
				break;
			}
			*tids = more;
		}
		(*tids)[count++] = tid;
	}
	closedir(dir);
	if (!err && count)
		return count;
	free(*tids);
	*tids = NULL;
	return err ? err : -ESRCH;
}

int ft_task_pid(int tid)
{
	char path[32], *status, *line;
	int pid = -ESRCH, err;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	err = fti_file_read(AT_FDCWD, path, &status, NULL);
	if (err)
		return err == -ENOENT ? -ESRCH : err;
	line = strstr(status, "\nTgid:");
	if (line)
		pid = atoi(line + 6);
	free(status);
	return pid > 0 ? pid : -ESRCH;
}

bool ft_task_initial_namespace(void)
{
	char self[16];
	struct stat st;
	ssize_t n;

	/* A /proc of another namespace than ours shows another number for us, or none. */
	n = readlink("/proc/self", self, sizeof(self) - 1);
	if (n <= 0)
		return false;
	self[n] = 0;
	return atoi(self) == getpid() && stat("/proc/self/ns/pid", &st) == 0 &&
	       st.st_ino == INIT_PID_INODE;
}

/* A comm may hold blanks and parentheses; it is the only field that does. */
int fti_task_start(int pid, uint64_t *ticks)
{
	char path[32], *text, *p;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	err = fti_file_read(AT_FDCWD, path, &text, NULL);
	if (err)
		return err;
	p = strrchr(text, ')');
	for (int field = 2; p && field < STAT_START; field++)
		p = strchr(p + 1, ' ');
	err = p ? 0 : -EBADMSG;
	if (p)
		*ticks = strtoull(p + 1, NULL, 10);
	free(text);
	return err;
}

/* Start times are told by the reader's own clock, which a time namespace (5.6) shifts. */
static bool has_our_clock(int pid)
{
	struct stat ours, theirs;
	char path[32];

	if (stat("/proc/self/ns/time", &ours))
		return errno == ENOENT;
	snprintf(path, sizeof(path), "/proc/%d/ns/time", pid);
	return !stat(path, &theirs) && theirs.st_ino == ours.st_ino;
}

bool fti_task_is_gone(int pid, uint64_t start)
{
	uint64_t now;

	/* In a PID namespace the living seem to be gone. */
	if (!ft_task_initial_namespace())
		return false;
	if (kill(pid, 0) && errno == ESRCH)
		return true;
	return start && !fti_task_start(pid, &now) && now != start && has_our_clock(pid);
}

/* -- the cache ------------------------------------------------------------------------------ */

int ft_comms_open(struct ft_comms **out, const char *tracefs)
{
	struct ft_comms *c;

	*out = NULL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->procfd = c->tracefd = -1;
	/* Elsewhere the ring buffer's tids are other threads than the same numbers in /proc. */
	if (ft_task_initial_namespace())
		c->procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (tracefs)
		c->tracefd = open(tracefs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*out = c;
	return 0;
}

void ft_comms_close(struct ft_comms *comms)
{
	if (!comms)
		return;
	if (comms->procfd >= 0)
		close(comms->procfd);
	if (comms->tracefd >= 0)
		close(comms->tracefd);
	free(comms);
}

static struct comm *comm_set(const struct ft_comms *c, int tid)
{
	return (struct comm *)c->comm[(uint32_t)tid * 2654435761u >> 21];
}

static struct comm *comm_find(const struct ft_comms *c, int tid)
{
	struct comm *set = comm_set(c, tid);

	for (int i = 0; i < WAYS; i++) {
		if (set[i].tid == tid)
			return &set[i];
	}
	return NULL;
}

static struct comm *comm_add(struct ft_comms *c, int tid)
{
	struct comm *set = comm_set(c, tid), *oldest = set;

	for (int i = 0; i < WAYS; i++) {
		if (!set[i].tid) {
			oldest = &set[i];
			break;
		}
		if (c->tick - set[i].used > c->tick - oldest->used)
			oldest = &set[i];
	}
	c->changes += oldest->known;
	*oldest = (struct comm){ .tid = tid, .used = c->tick };
	return oldest;
}

static void comm_name(struct ft_comms *c, struct comm *m, const char *name, size_t len)
{
	if (len > sizeof(m->name) - 1)
		len = sizeof(m->name) - 1;
	if (m->known && (strlen(m->name) != len || memcmp(m->name, name, len)))
		c->changes++;
	memset(m->name, 0, sizeof(m->name));
	memcpy(m->name, name, len);
	m->known = true;
}

/*
 * /proc shows "kworker/0:1-events" for the thread that is "kworker/0:1" in a trace (4.18+), and
 * names of other kernel threads in full (5.17+), which are cut to 15 bytes in a trace.
 */
static size_t worker_length(const char *name, size_t len)
{
	size_t i = 8;

	if (len < i || memcmp(name, "kworker/", i))
		return len;
	i += i < len && name[i] == 'u';
	while (i < len && name[i] >= '0' && name[i] <= '9')
		i++;
	if (i == len || name[i] != ':')
		return len;
	for (i++; i < len && name[i] != '-' && name[i] != '+'; i++)
		;
	return i;
}

static bool from_proc(struct ft_comms *c, struct comm *m)
{
	char path[32], name[128];
	ssize_t n;
	int fd;

	if (c->procfd < 0)
		return false;
	snprintf(path, sizeof(path), "%d/comm", m->tid);
	fd = openat(c->procfd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, name, sizeof(name));
	close(fd);
	if (n <= 0)
		return false;
	if (name[n - 1] == '\n')
		n--;
	comm_name(c, m, name, worker_length(name, n));
	return true;
}

/* Take what the kernel remembers of threads that are not known here; "TID NAME" a line. */
static void read_saved(struct ft_comms *c, uint64_t now)
{
	char *text, *p, *end, *nl;
	struct comm *m;
	long tid;

	c->read_ns = now;
	if (fti_file_read(c->tracefd, "saved_cmdlines", &text, NULL))
		return;
	for (p = text; *p; p = *nl ? nl + 1 : nl) {
		nl = strchrnul(p, '\n');
		if (*p < '0' || *p > '9')
			continue;
		tid = strtol(p, &end, 10);
		if (*end != ' ' || tid <= 0 || tid > PID_LIMIT || nl - end == 1)
			continue;
		/* What the kernel has forgotten it lists as this. */
		if (nl - end == 6 && !memcmp(end, " <...>", 6))
			continue;
		m = comm_find(c, tid);
		if (!m)
			m = comm_add(c, tid);
		if (!m->known)
			comm_name(c, m, end + 1, nl - end - 1);
	}
	free(text);
}

void ft_comms_set(struct ft_comms *comms, int tid, const char *comm)
{
	struct comm *m;

	if (tid <= 0 || tid > PID_LIMIT)
		return;
	m = comm_find(comms, tid);
	if (!m)
		m = comm_add(comms, tid);
	m->used = ++comms->tick;
	comm_name(comms, m, comm, strnlen(comm, FT_COMM_SIZE));
}

const uint32_t *fti_comms_changes(const struct ft_comms *comms)
{
	return &comms->changes;
}

const char *ft_comms_get(struct ft_comms *comms, int tid)
{
	static const char unknown[] = "<...>";
	struct comm *m;
	uint64_t now;

	if (!tid)
		return "<idle>";
	if (tid < 0 || tid > PID_LIMIT)
		return unknown;
	comms->tick++;
	m = comm_find(comms, tid);
	if (m) {
		m->used = comms->tick;
		if (m->known)
			return m->name;
	}
	now = fti_now_ns();
	if (m && now - m->asked_ns < RETRY_NS)
		return unknown;
	if (!m)
		m = comm_add(comms, tid);
	m->asked_ns = now;
	if (from_proc(comms, m))
		return m->name;
	if (comms->tracefd >= 0 && (!comms->read_ns || now - comms->read_ns >= REREAD_NS)) {
		read_saved(comms, now);
		/* Reading may have moved it. */
		m = comm_find(comms, tid);
	}
	return m && m->known ? m->name : unknown;
}
