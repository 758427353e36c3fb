/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * private: a mount namespace of the test's own, with an empty /run in it, so that journals are real
 * files where tools look for them and none of the host's is seen; and tracefs there.
 */
#ifndef PRIVATE_H
#define PRIVATE_H

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

/* NULL, or why there can be none. */
static inline const char *private_namespace(void)
{
	static bool done;

	if (done)
		return NULL;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return "cannot make a mount namespace (not root?)";
	if (mount("tmpfs", "/run", "tmpfs", 0, "mode=0755"))
		return "cannot mount a tmpfs on /run";
	done = true;
	return NULL;
}

/* tracefs, where nobody else looks for it. */
#define TRACEFS "/run/tracefs"

/* NULL, or why it is not there. */
static inline const char *private_tracefs(void)
{
	static bool mounted;
	const char *reason = private_namespace();

	if (reason || mounted)
		return reason;
	mkdir(TRACEFS, 0700);
	if (mount("tracefs", TRACEFS, "tracefs", 0, NULL))
		return "cannot mount tracefs";
	mounted = true;
	return NULL;
}

/* NULL, or why there are no user probes to test with. */
static inline const char *private_uprobes(void)
{
	const char *reason = private_tracefs();

	if (reason)
		return reason;
	if (access(TRACEFS "/uprobe_events", W_OK) || access(TRACEFS "/set_event_pid", F_OK))
		return "no uprobe events in instances on this kernel";
	return NULL;
}

/* Leave the test if there is a reason. */
#define NEED(why)						\
	do {							\
		const char *reason_ = (why);			\
		if (reason_) {					\
			unit_skip(reason_);			\
			return;					\
		}						\
	} while (0)

#define NEED_PRIVATE_NAMESPACE() NEED(private_namespace())
#define NEED_UPROBES()		 NEED(private_uprobes())

/* A directory of plain files below /run that stands for tracefs. */
struct tree {
	char path[64];
	int  fd;
};

static inline void tree_put(const struct tree *t, const char *name, const char *text)
{
	int fd = openat(t->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);
}

static inline void tree_make(struct tree *t)
{
	strcpy(t->path, "/run/tracing with blanks%25XXXXXX");
	if (!mkdtemp(t->path))
		abort();
	t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->fd < 0)
		abort();
}

/* Does the file hold just this? */
static inline bool tree_has(const struct tree *t, const char *name, const char *text)
{
	char now[4096];
	int fd = openat(t->fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, now, sizeof(now) - 1);

	if (fd >= 0)
		close(fd);
	now[n < 0 ? 0 : n] = 0;
	return n >= 0 && !strcmp(now, text);
}

#endif
