/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guard: forked before the first change, it sleeps on a pipe whose other end only the tool has.
 * A byte says that all is put back; the end of the pipe without it, that the tool is gone.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

struct fti_guard {
	pid_t pid;
	int   pipe;
};

/* A message: switch `path` (tracing_on) off at a time; at_ns 0: all is put back, end. */
struct message {
	uint64_t at_ns;
	char	 path[128];
};

static void ignore(void *arg, int err, const char *path, const char *value)
{
	(void)arg, (void)err, (void)path, (void)value;
}

/* Everything the tool had open would be held by the guard too: a pipe's writer, a terminal. */
static void close_others(const int *keep, int count)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		int fd = atoi(e->d_name), kept = fd <= 2 || fd == dirfd(d);

		for (int i = 0; i < count; i++)
			kept |= fd == keep[i];
		if (!kept)
			close(fd);
	}
	closedir(d);
}

/* Nothing but the end of the tool, or SIGKILL, ends the guard (all signals are blocked since before
 * the fork); the OOM killer takes others first. */
static void detach(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	prctl(PR_SET_NAME, "ftrace-guard");
	if (chdir("/"))
		return;
	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	fti_file_write(AT_FDCWD, "/proc/self/oom_score_adj", "-1000", FTI_APPEND);
}

/* Until the pipe ends.  true: the tool has put back everything itself. */
static bool watch(int pipe, struct fti_undo *u, int dirfd)
{
	struct message m = { .at_ns = 0 }, next;
	struct pollfd p = { .fd = pipe, .events = POLLIN };

	for (;;) {
		uint64_t now = fti_now_ns();
		int64_t wait_ms = -1;
		ssize_t n;

		if (m.at_ns)
			wait_ms = m.at_ns > now ? (int64_t)((m.at_ns - now) / 1000000) + 1 : 0;
		if (poll(&p, 1, wait_ms > 1000000000 ? 1000000000 : (int)wait_ms) == 0) {
			if (m.at_ns && fti_now_ns() >= m.at_ns) {
				fti_file_write(dirfd, m.path, "0", FTI_TRUNCATE);
				fti_undo_changed(u, m.path);
				m.at_ns = 0;
			}
			continue;
		}
		n = read(pipe, &next, sizeof(next));
		if (n < 0 && errno == EINTR)
			continue;
		if (n != (ssize_t)sizeof(next))
			return false;
		if (!next.at_ns)
			return true;
		m = next;
		m.path[sizeof(m.path) - 1] = 0;
	}
}

static void __attribute__((noreturn)) guard(int pipe, struct fti_undo *u, int dirfd)
{
	close_others((int[]){ pipe, dirfd, fti_undo_fd(u), fti_undo_dir(u) }, 4);
	detach();
	if (!watch(pipe, u, dirfd) && !fti_undo_run(u, ignore, NULL))
		fti_undo_close(u);
	_exit(0);
}

int fti_guard_start(struct fti_guard **out, struct fti_undo *u, int dirfd)
{
	struct fti_guard *g = calloc(1, sizeof(*g));
	sigset_t all, old;
	int ends[2], err;

	if (!g)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC)) {
		err = -errno;
		free(g);
		return err;
	}
	/* A Ctrl-C before it has detached is not for the guard. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	g->pid = fork();
	err = g->pid < 0 ? -errno : 0;
	if (!g->pid) {
		close(ends[1]);
		guard(ends[0], u, dirfd);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(ends[0]);
	if (err) {
		close(ends[1]);
		free(g);
		return err;
	}
	g->pipe = ends[1];
	*out = g;
	return 0;
}

pid_t fti_guard_pid(const struct fti_guard *g)
{
	return g ? g->pid : 0;
}

/* The guard may have been killed: SIGPIPE must not end the tool. */
static void tell(struct fti_guard *g, const struct message *m)
{
	struct sigaction ign = { .sa_handler = SIG_IGN }, old;

	sigaction(SIGPIPE, &ign, &old);
	while (write(g->pipe, m, sizeof(*m)) < 0 && errno == EINTR)
		;
	sigaction(SIGPIPE, &old, NULL);
}

void fti_guard_deadline(struct fti_guard *g, const char *path, uint64_t at_ns)
{
	struct message m = { .at_ns = at_ns };

	if (!g || !at_ns || strlen(path) >= sizeof(m.path))
		return;
	strcpy(m.path, path);
	tell(g, &m);
}

void fti_guard_end(struct fti_guard *g)
{
	struct message m = { .at_ns = 0 };

	if (!g)
		return;
	tell(g, &m);
	close(g->pipe);
	while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(g);
}
