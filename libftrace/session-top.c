/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <tracefs/tracefs.h>

#include "session-internal.h"

/* A guard that is still putting back holds the lock for a moment. */
#define LOCK_TRIES   20
#define LOCK_WAIT_NS 50000000

/* -- the lock ---------------------------------------------------------------------------------- */

/* The process that holds the flock of the tracing directory, from /proc/locks; 0: not known. */
static int lock_holder(int fd)
{
	char *text, *line, *rest = NULL;
	unsigned int maj, min;
	unsigned long ino;
	struct stat st;
	int pid = 0, p;

	if (fstat(fd, &st) || fti_file_read(AT_FDCWD, "/proc/locks", &text, NULL))
		return 0;
	for (line = strtok_r(text, "\n", &rest); line && !pid; line = strtok_r(NULL, "\n", &rest))
		if (sscanf(line, "%*s FLOCK %*s WRITE %d %x:%x:%lu", &p, &maj, &min, &ino) == 4 &&
		    ino == st.st_ino && makedev(maj, min) == st.st_dev)
			pid = p;
	free(text);
	return pid;
}

void fti_lock_sentence(int fd, char *out, size_t size)
{
	int pid = lock_holder(fd);
	char path[64], *comm = NULL;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (pid > 0 && !fti_file_read(AT_FDCWD, path, &comm, NULL))
		fti_trim(comm);
	if (comm)
		snprintf(out, size, "the top-level ring buffer is in use by '%s' (PID %d): wait for it or "
			 "end it", comm, pid);
	else
		snprintf(out, size, "the top-level ring buffer is in use by another tool: "
			 "'grep FLOCK /proc/locks' tells which");
	free(comm);
}

int fti_session_busy(struct ft_session *s)
{
	char sentence[256];

	fti_lock_sentence(s->top_fd, sentence, sizeof(sentence));
	return ft_fail(s, -EBUSY, "%s", sentence);
}

int fti_lock_top(int fd, bool wait)
{
	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK || !wait || i == LOCK_TRIES)
			return -errno;
		fti_sleep_ns(LOCK_WAIT_NS);
	}
	return 0;
}

int fti_session_lock(struct ft_session *s, bool wait)
{
	int err = fti_lock_top(s->top_fd, wait);

	return err && err != -EWOULDBLOCK ? ft_fail(s, err, "cannot lock '%s': %s", s->tracefs,
						    strerror(-err)) : err;
}

/* -- who else is there ------------------------------------------------------------------------- */

/* Entries in all CPUs' buffers of the top level. */
static unsigned long long top_entries(const struct ft_session *s)
{
	unsigned long long sum = 0, n;
	struct dirent **list;
	char path[64], *text;
	int count = scandirat(s->top_fd, "per_cpu", &list, NULL, NULL);

	for (int i = 0; i < count; free(list[i++])) {
		snprintf(path, sizeof(path), "per_cpu/%.32s/stats", list[i]->d_name);
		if (list[i]->d_name[0] == '.' || fti_file_read(s->top_fd, path, &text, NULL))
			continue;
		if (sscanf(text, "entries: %llu", &n) == 1)
			sum += n;
		free(text);
	}
	if (count >= 0)
		free(list);
	return sum;
}

/* A trace that was stopped to be looked at (traceoff, an oops): setting a tracer would empty it. */
static int refuse_stopped(struct ft_session *s)
{
	unsigned long long entries = 0;
	char *on;

	if (fti_file_read(s->top_fd, "tracing_on", &on, NULL))
		return 0;
	if (on[0] == '0')
		entries = top_entries(s);
	free(on);
	return entries ? ft_fail(s, -EBUSY, "the top-level buffer holds a stopped trace of %llu entries, "
				 "which would be lost: save '%s/trace', then empty it with 'echo > %s/trace'",
				 entries, s->tracefs, s->tracefs) : 0;
}

/* The same tracer in an instance of somebody else: its filter files are this one's, too. */
static int refuse_instances(struct ft_session *s, const char *tracer)
{
	const char *own = tracefs_instance_get_name(s->instance);
	struct dirent **list;
	char path[300], *now;
	int count = scandirat(s->top_fd, "instances", &list, NULL, NULL), err = 0;

	for (int i = 0; i < count; free(list[i++])) {
		snprintf(path, sizeof(path), "instances/%.200s/current_tracer", list[i]->d_name);
		if (err || list[i]->d_name[0] == '.' || !strcmp(list[i]->d_name, own) ||
		    fti_file_read(s->top_fd, path, &now, NULL))
			continue;
		fti_trim(now);
		if (!strcmp(now, tracer))
			err = ft_fail(s, -EBUSY, "the tracer '%s' is active already, and shares its "
				      "filters: see '%s/%s'", now, s->tracefs, path);
		free(now);
	}
	if (count >= 0)
		free(list);
	return err;
}

int fti_session_refuse_foreign(struct ft_session *s, const char *tracer)
{
	bool in_instance = s->instance != NULL;
	char *now = NULL;
	int err;

	err = fti_file_read(s->top_fd, "current_tracer", &now, NULL);
	if (err)
		return ft_fail(s, err, "cannot read '%s/current_tracer': %s", s->tracefs,
			       strerror(-err));
	fti_trim(now);
	/* From 6.11 on only the filter files of function_graph are shared. */
	if (in_instance ? !strcmp(now, tracer) : strcmp(now, "nop") != 0)
		err = ft_fail(s, -EBUSY, "the tracer '%s' is active already: see '%s/current_tracer' "
			      "(if nobody uses it: 'reset-ftrace --force')", now, s->tracefs);
	free(now);
	if (err || in_instance)
		return err ? err : refuse_instances(s, tracer);
	if (fti_file_read(s->top_fd, "set_event", &now, NULL))
		return refuse_stopped(s);
	if (!*now)
		err = refuse_stopped(s);
	else
		err = ft_fail(s, -EBUSY, "events are enabled at top level ('%.*s' first): somebody is "
			      "tracing, see '%s/set_event' (if nobody is: 'reset-ftrace --force')",
			      (int)strcspn(now, "\n"), now, s->tracefs);
	free(now);
	return err;
}
