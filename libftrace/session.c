/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <tracefs/tracefs.h>

#include "ftrace/kernel.h"
#include "session-internal.h"

/* -- messages ---------------------------------------------------------------------------------- */

/* One line, one write: lines of two processes do not mix.  What others named (a task, an event) must
 * not reach the terminal as more than text. */
static void say_lines(const struct ft_session *s, const char *text, const char *lines)
{
	char line[1200 + FTI_LINES_SIZE + 1];
	int n = snprintf(line, sizeof(line), "%s: %s\n", s->tool, text);

	if (n >= 1200)
		n = 1199;
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	n += snprintf(line + n - 1, FTI_LINES_SIZE + 1, "%s\n", lines) - 1;
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}

static void say(const struct ft_session *s, const char *text)
{
	say_lines(s, text, "");
}

int ft_fail(struct ft_session *s, int err, const char *fmt, ...)
{
	va_list ap;

	if (!s || s->error)
		return err;
	s->error = err;
	va_start(ap, fmt);
	vsnprintf(s->sentence, sizeof(s->sentence), fmt, ap);
	va_end(ap);
	return err;
}

int fti_fail_lines(struct ft_session *s, int err, const char *sentence, const char *lines)
{
	if (!s->error)
		snprintf(s->lines, sizeof(s->lines), "%s", lines);
	return ft_fail(s, err, "%s", sentence);
}

void ft_session_say(const struct ft_session *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!s->verbose)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(s, text);
}

static int status_of(int err)
{
	switch (err) {
	case -EINVAL:
	case -ESRCH:
		return FT_USAGE;
	case -EOPNOTSUPP:
		return FT_UNSUPPORTED;
	case -EOVERFLOW:
		return FT_OVERLOAD;
	default:
		return FT_FAILED;
	}
}

/* -- opening ----------------------------------------------------------------------------------- */


static void repaired(void *arg, const struct fti_dead *d)
{
	const struct ft_session *s = arg;
	char text[256];
	int n;

	n = snprintf(text, sizeof(text), "put back what '%s' (PID %d) left when it was killed: %d %s",
		     d->tool, d->pid, d->restored, d->restored == 1 ? "value" : "values");
	if (d->left && n < (int)sizeof(text))
		n += snprintf(text + n, sizeof(text) - n, ", %d changed by others since and left alone",
			      d->left);
	if (d->failed && n < (int)sizeof(text))
		snprintf(text + n, sizeof(text) - n, ", %d failed (see 'reset-ftrace')", d->failed);
	say(s, text);
}

static void repair_quietly(void *arg, int err, const char *path, const char *value)
{
	(void)arg, (void)err, (void)path, (void)value;
}

/* A name that is free: a process may have several sessions, and one of the same number have died. */
static void name_instance(const struct ft_session *s, char *name, size_t size)
{
	char path[128];
	int n = 1;

	snprintf(name, size, FTI_INSTANCE_PREFIX "%s-%d", s->tool, getpid());
	for (;;) {
		snprintf(path, sizeof(path), "instances/%s", name);
		if (!fti_file_exists(s->top_fd, path))
			return;
		snprintf(name, size, FTI_INSTANCE_PREFIX "%s.%d-%d", s->tool, ++n, getpid());
	}
}

/* Uprobe events can be enabled in an instance since about when the function tracer can run in one
 * (between 3.14 and 3.16); a kernel without that tracer is told by a file of 4.4. */
static bool instance_takes_uprobes(const struct ft_session *s)
{
	return fti_file_exists(s->top_fd, "set_event_pid") ||
	       ft_kernel_has_tracer(s->dir, "function");
}

/* 0: s->instance is there and can do what will be done; -ENOTSUP: use the top level. */
static int open_instance(struct ft_session *s, const struct ft_session_config *config)
{
	const char *tracer = config->tracer;
	char name[96];
	int err;

	/* function_graph runs in instances from 6.11 on; where sub-buffers have no size of their own
	 * (6.8) there is no need to make one to find out. */
	if (tracer && !strcmp(tracer, "function_graph") &&
	    !fti_file_exists(s->top_fd, "buffer_subbuf_size_kb"))
		return -ENOTSUP;
	if (!fti_file_exists(s->top_fd, "instances"))
		return -ENOTSUP;
	name_instance(s, name, sizeof(name));
	err = fti_undo_instance(s->undo, name);
	if (err)
		return ft_fail(s, err, "cannot record the instance '%s': %s", name, strerror(-err));
	s->instance = tracefs_instance_create(name);
	if (!s->instance)
		return ft_fail(s, -errno, "cannot make the instance '%s/instances/%s': %s", s->tracefs,
			       name, strerror(errno));
	s->dir = tracefs_instance_get_dir(s->instance);
	if (!s->dir)
		return -ENOMEM;
	if ((!tracer || ft_kernel_has_tracer(s->dir, tracer)) &&
	    (!config->uprobes || instance_takes_uprobes(s)))
		return 0;
	tracefs_instance_destroy(s->instance);
	tracefs_instance_free(s->instance);
	s->instance = NULL;
	tracefs_put_tracing_file(s->dir);
	s->dir = NULL;
	return -ENOTSUP;
}

/* The tracer is there, and not switched off for the whole kernel. */
static int check_tracer(struct ft_session *s, const char *tracer)
{
	bool graph = !strcmp(tracer, "function_graph"), off;
	char *enabled;

	if (!ft_kernel_has_tracer(s->tracefs, tracer))
		return ft_fail(s, -EOPNOTSUPP, "this kernel has no '%s' tracer (CONFIG_FUNCTION%s_TRACER)",
			       tracer, graph ? "_GRAPH" : "");
	if (fti_file_read(AT_FDCWD, "/proc/sys/kernel/ftrace_enabled", &enabled, NULL))
		return 0;
	off = enabled[0] == '0';
	free(enabled);
	return off ? ft_fail(s, -EOPNOTSUPP, "function tracing is switched off: "
			     "'sysctl kernel.ftrace_enabled=1' would allow it") : 0;
}

static bool tracer_is_global(const struct ft_session_config *config)
{
	return config->top || (config->tracer && !strcmp(config->tracer, "function_graph"));
}

/* Find tracefs and repair what dead tools left: everything before the first change of our own. */
static int open_tracefs(struct ft_session *s, struct ft_session_config *config)
{
	char reason[FT_REASON_SIZE];
	bool need_lock;
	int err;

	err = ft_kernel_find_tracefs(config->tracefs, &s->tracefs, reason);
	if (err)
		return ft_fail(s, -EOPNOTSUPP, "%s", reason);
	s->top_fd = open(s->tracefs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->top_fd < 0)
		return ft_fail(s, -errno, "cannot open '%s': %s", s->tracefs, strerror(errno));
	/* Before any other call of libtracefs: it would mount what is not mounted. */
	if (tracefs_set_tracing_dir(s->tracefs))
		return ft_fail(s, -ENOMEM, "cannot use '%s'", s->tracefs);
	err = config->plan ? config->plan(config->plan_arg, s, config) : 0;
	if (!err && config->tracer)
		err = check_tracer(s, config->tracer);
	if (err)
		return err;
	need_lock = tracer_is_global(config);
	err = fti_session_lock(s, need_lock);
	if (err == -EWOULDBLOCK)
		return need_lock ? fti_session_busy(s) : 0;
	if (err)
		return err;
	fti_undo_repair(s->top_fd, false, repaired, repair_quietly, s);
	if (!need_lock)
		flock(s->top_fd, LOCK_UN);
	return 0;
}

static int open_buffer(struct ft_session *s, const struct ft_session_config *config)
{
	bool persistent, locked = tracer_is_global(config);
	int err;

	err = fti_undo_open(&s->undo, s->top_fd, s->tracefs, s->tool, &persistent);
	if (err)
		return ft_fail(s, err, "cannot start the journal: %s", strerror(-err));
	if (!persistent)
		ft_session_say(s, "no journal in '%s': kill -9 of this tool and its guard together "
			       "would leave tracing as it is then", FTI_JOURNAL_DIR);
	err = fti_guard_start(&s->guard, s->undo, s->top_fd);
	if (err)
		return ft_fail(s, err, "cannot start the guard process: %s", strerror(-err));
	err = config->top ? -ENOTSUP : open_instance(s, config);
	if (err && err != -ENOTSUP)
		return err;
	if (err && !locked) {
		err = fti_session_lock(s, true);
		if (err)
			return err == -EWOULDBLOCK ? fti_session_busy(s) : err;
		locked = true;
	}
	if (!s->instance) {
		s->dir = strdup(s->tracefs);
		s->dir_fd = s->top_fd;
	} else {
		s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		s->options_global = !fti_file_exists(s->dir_fd, "options");
	}
	if (!s->dir || s->dir_fd < 0)
		return ft_fail(s, -ENOMEM, "cannot open the ring buffer's directory");
	if (locked)
		err = fti_session_refuse_foreign(s, config->tracer ? config->tracer : "");
	else
		err = 0;
	ft_session_say(s, "using the %s '%s'", s->instance ? "private instance" : "top-level buffer in",
		       s->dir);
	return err;
}

/* What is opened in the place of a closed 0, 1 or 2 would be written to as such, and closed by the
 * guard. */
static void fill_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* Without "overwrite", which instances inherit, the kernel drops the newest and tells no reader. */
static int keep_overwriting(struct ft_session *s)
{
	const char *file = "options/overwrite";
	char *now = s->options_global ? ft_session_read_global(s, file) : ft_session_read(s, file);
	int err = now && !strcmp(now, "0") ? ft_session_set_option(s, "overwrite", true) : 0;

	free(now);
	return err;
}

int ft_session_open(struct ft_session **out, const struct ft_session_config *wanted)
{
	struct ft_session *s = calloc(1, sizeof(*s));
	struct ft_session_config config = *wanted;
	int err;

	*out = s;
	if (!s)
		return -ENOMEM;
	fill_standard_fds();
	s->top_fd = s->dir_fd = -1;
	s->verbose = config.verbose;
	snprintf(s->tool, sizeof(s->tool), "%s", config.tool);
	err = open_tracefs(s, &config);
	if (err)
		return err;
	err = open_buffer(s, &config);
	if (err)
		return err;
	/* Recorded in any case: ft_session_start() will switch it on. */
	err = s->instance ? 0 : fti_undo_file(s->undo, "tracing_on");
	if (!err)
		err = ft_session_set(s, "tracing_on", "0");
	/* A clock that is the same on every CPU; before 3.19 there is no mono. */
	if (!err)
		err = ft_session_set(s, "trace_clock",
				     ft_kernel_has_clock(s->dir, "mono") ? "mono" : "global");
	return err ? err : keep_overwriting(s);
}

/* -- closing ----------------------------------------------------------------------------------- */

struct undoing {
	const struct ft_session *s;
	int probes;		/* that could not be removed */
};

/* Probes come by the hundred, and for one reason. */
static void report_undo(void *arg, int err, const char *path, const char *value)
{
	struct undoing *u = arg;
	char text[512];

	if (!err)
		return;
	if (fti_rule_kind(path) != FTI_PROBE)
		snprintf(text, sizeof(text), "cannot put back '%s' to '%.200s': %s", path, value,
			 strerror(-err));
	else if (!u->probes++)
		snprintf(text, sizeof(text), "cannot remove the probe '%.200s': %s%s", value,
			 strerror(-err), err == -EBUSY ? " (somebody has enabled it)" : "");
	else
		return;
	say(u->s, text);
}

int ft_session_close(struct ft_session *s, int status)
{
	struct undoing undoing = { .s = s };
	int failed = 0;

	if (!s)
		return FT_FAILED;
	if (s->error && s->sentence[0])
		say_lines(s, s->sentence, s->lines);
	if (s->error && (status == FT_OK || status == FT_FAILED))
		status = status_of(s->error);
	if (s->dir_fd >= 0 && s->dir_fd != s->top_fd)
		close(s->dir_fd);
	if (s->undo && s->guard)
		failed = fti_undo_run(s->undo, report_undo, &undoing);
	if (s->instance)
		tracefs_instance_free(s->instance);
	if (undoing.probes > 1)
		say(s, "and others, all to be removed later by 'reset-ftrace'");
	/* What could not be put back stays in the journal, for reset-ftrace. */
	if (s->undo && failed)
		fti_undo_keep(s->undo);
	fti_guard_end(s->guard);
	fti_undo_close(s->undo);
	if (s->top_fd >= 0)
		close(s->top_fd);
	ft_symbols_close(s->symbols);
	free(s->tracefs);
	free(s->dir);
	free(s);
	return failed && status != FT_USAGE ? FT_FAILED : status;
}
