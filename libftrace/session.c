/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <tracefs/tracefs.h>

#include "ftrace/kernel.h"
#include "ftrace/session.h"
#include "ftrace/task.h"
#include "internal.h"

/* A guard that is still putting back holds the lock for a moment. */
#define LOCK_TRIES   20
#define LOCK_WAIT_NS 50000000

struct ft_session {
	char  tool[32];
	bool  verbose;
	char *tracefs;			/* tracing directory */
	char *dir;			/* of this session's buffer */
	int   top_fd, dir_fd;		/* the same directories; equal at top level */
	bool  options_global;		/* an instance without options/ (3.10): flags are shared */
	struct tracefs_instance *instance;
	struct fti_undo	 *undo;
	struct fti_guard *guard;
	int   error;			/* first failure */
	char  sentence[1024];
};

/* -- messages ---------------------------------------------------------------------------------- */

/* One line, one write: lines of two processes do not mix.  What others named (a task, an event) must
 * not reach the terminal as more than text. */
static void say(const struct ft_session *s, const char *text)
{
	char line[1200];
	int n = snprintf(line, sizeof(line), "%s: %s\n", s->tool, text);

	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[n - 1] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return;
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

static int busy(struct ft_session *s)
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

static int lock_top(struct ft_session *s, bool wait)
{
	int err = fti_lock_top(s->top_fd, wait);

	return err && err != -EWOULDBLOCK ? ft_fail(s, err, "cannot lock '%s': %s", s->tracefs,
						    strerror(-err)) : err;
}

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

/* Something else traces at top level: name it, and never reset it. */
static int refuse_foreign(struct ft_session *s, const char *tracer)
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

/* 0: s->instance is there and can run the tracer; -ENOTSUP: use the top level. */
static int open_instance(struct ft_session *s, const char *tracer)
{
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
	if (!tracer || ft_kernel_has_tracer(s->dir, tracer))
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

/* Find tracefs and repair what dead tools left: everything before the first change of our own. */
static int open_tracefs(struct ft_session *s, const struct ft_session_config *config, bool need_lock)
{
	char reason[FT_REASON_SIZE];
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
	err = config->tracer ? check_tracer(s, config->tracer) : 0;
	if (err)
		return err;
	err = lock_top(s, need_lock);
	if (err == -EWOULDBLOCK)
		return need_lock ? busy(s) : 0;
	if (err)
		return err;
	fti_undo_repair(s->top_fd, false, repaired, repair_quietly, s);
	if (!need_lock)
		flock(s->top_fd, LOCK_UN);
	return 0;
}

static bool tracer_is_global(const struct ft_session_config *config)
{
	return config->top || (config->tracer && !strcmp(config->tracer, "function_graph"));
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
	err = config->top ? -ENOTSUP : open_instance(s, config->tracer);
	if (err && err != -ENOTSUP)
		return err;
	if (err && !locked) {
		err = lock_top(s, true);
		if (err)
			return err == -EWOULDBLOCK ? busy(s) : err;
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
		err = refuse_foreign(s, config->tracer ? config->tracer : "");
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

int ft_session_open(struct ft_session **out, const struct ft_session_config *config)
{
	struct ft_session *s = calloc(1, sizeof(*s));
	int err;

	*out = s;
	if (!s)
		return -ENOMEM;
	fill_standard_fds();
	s->top_fd = s->dir_fd = -1;
	s->verbose = config->verbose;
	snprintf(s->tool, sizeof(s->tool), "%s", config->tool);
	err = open_tracefs(s, config, tracer_is_global(config));
	if (err)
		return err;
	err = open_buffer(s, config);
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

static void report_undo(void *arg, int err, const char *path, const char *value)
{
	struct ft_session *s = arg;
	char text[512];

	if (!err)
		return;
	snprintf(text, sizeof(text), "cannot put back '%s' to '%.200s': %s", path, value,
		 strerror(-err));
	say(s, text);
}

int ft_session_close(struct ft_session *s, int status)
{
	int failed = 0;

	if (!s)
		return FT_FAILED;
	if (s->error && s->sentence[0])
		say(s, s->sentence);
	if (s->error && (status == FT_OK || status == FT_FAILED))
		status = status_of(s->error);
	if (s->dir_fd >= 0 && s->dir_fd != s->top_fd)
		close(s->dir_fd);
	if (s->undo && s->guard)
		failed = fti_undo_run(s->undo, report_undo, s);
	if (s->instance)
		tracefs_instance_free(s->instance);
	/* What could not be put back stays in the journal, for reset-ftrace. */
	if (s->undo && failed)
		fti_undo_keep(s->undo);
	fti_guard_end(s->guard);
	fti_undo_close(s->undo);
	if (s->top_fd >= 0)
		close(s->top_fd);
	free(s->tracefs);
	free(s->dir);
	free(s);
	return failed && status != FT_USAGE ? FT_FAILED : status;
}

/* -- what is there ------------------------------------------------------------------------------ */

const char *ft_session_tracefs(const struct ft_session *s)
{
	return s->tracefs;
}

const char *ft_session_dir(const struct ft_session *s)
{
	return s->dir;
}

bool ft_session_in_instance(const struct ft_session *s)
{
	return s->instance != NULL;
}

struct tracefs_instance *ft_session_instance(const struct ft_session *s)
{
	return s->instance;
}

int fti_session_dirfd(const struct ft_session *s)
{
	return s->dir_fd;
}

/* In a PID namespace our numbers are others' in the ring buffer. */
void fti_session_own_tids(const struct ft_session *s, int own[2])
{
	own[0] = own[1] = 0;
	if (!ft_task_initial_namespace())
		return;
	own[0] = getpid();
	own[1] = fti_guard_pid(s->guard);
}

static char *read_at(int dirfd, const char *file)
{
	char *text;
	int err = fti_file_read(dirfd, file, &text, NULL);

	if (err) {
		errno = -err;
		return NULL;
	}
	fti_trim(text);
	return text;
}

char *ft_session_read(const struct ft_session *s, const char *file)
{
	return read_at(s->dir_fd, file);
}

char *ft_session_read_global(const struct ft_session *s, const char *file)
{
	return read_at(s->top_fd, file);
}

bool ft_session_has(const struct ft_session *s, const char *file)
{
	return fti_file_exists(s->dir_fd, file);
}

bool ft_session_has_global(const struct ft_session *s, const char *file)
{
	return fti_file_exists(s->top_fd, file);
}

/* -- changing ---------------------------------------------------------------------------------- */

/* The last error_log entry, when it is about the value just refused: its first line says why. */
static void kernel_reason(struct ft_session *s, bool global, const char *value, char *out, size_t size)
{
	char *log = tracefs_error_last(global ? NULL : s->instance), *error, *command;

	out[0] = 0;
	if (!log)
		return;
	/* "[    5.1] event filter parse error: error: Field not found" */
	error = strstr(log, ": error: ");
	command = strstr(log, "Command: ");
	if (error && command && strstr(command, value))
		snprintf(out, size, " (%.*s)", (int)strcspn(error + 9, "\n"), error + 9);
	free(log);
}

static int refused(struct ft_session *s, int err, bool global, const char *file, const char *value)
{
	char why[256];

	kernel_reason(s, global, value, why, sizeof(why));
	/* What the kernel finds wrong in a value that came from the user is the user's to mend. */
	return ft_fail(s, err, "cannot set '%s' to '%.200s': %s%s", file, value, strerror(-err), why);
}

/* What is so already needs no change, and none to put back. */
static bool is_so(int dirfd, const char *file, const char *value)
{
	char *now;
	bool same;

	if (fti_rule_kind(file) != FTI_VALUE || fti_file_read(dirfd, file, &now, NULL))
		return false;
	same = !fti_rule_normalize(file, now) && !strcmp(now, value);
	free(now);
	return same;
}

static int change(struct ft_session *s, bool global, const char *file, const char *value,
		  enum fti_write_mode mode)
{
	bool record = global || !s->instance;
	int err = 0;

	if (record) {
		if (mode == FTI_TRUNCATE && is_so(s->top_fd, file, value))
			return 0;
		err = fti_undo_file(s->undo, file);
		if (err)
			return ft_fail(s, err, "cannot record '%s' before changing it: %s", file,
				       strerror(-err));
	}
	err = fti_file_write(global ? s->top_fd : s->dir_fd, file, value, mode);
	if (err)
		return refused(s, err, global, file, value);
	if (record)
		fti_undo_changed(s->undo, file);
	return 0;
}

int ft_session_set(struct ft_session *s, const char *file, const char *value)
{
	return change(s, false, file, value, FTI_TRUNCATE);
}

int ft_session_set_global(struct ft_session *s, const char *file, const char *value)
{
	return change(s, true, file, value, FTI_TRUNCATE);
}

int ft_session_append(struct ft_session *s, const char *file, const char *value)
{
	return change(s, false, file, value, FTI_APPEND);
}

int fti_session_try_append(struct ft_session *s, const char *file, bool global, const char *value)
{
	bool record = global || !s->instance;
	int err = record ? fti_undo_file(s->undo, file) : 0;

	if (!err)
		err = fti_file_write(global ? s->top_fd : s->dir_fd, file, value, FTI_APPEND);
	if (!err && record)
		fti_undo_changed(s->undo, file);
	return err;
}

int fti_session_append_list(struct ft_session *s, const char *file, bool global, const char *lines)
{
	bool record = global || !s->instance;
	int err = record ? fti_undo_file(s->undo, file) : 0;

	if (!err)
		err = fti_file_write_list(global ? s->top_fd : s->dir_fd, file, lines, FTI_APPEND);
	if (!err && record)
		fti_undo_changed(s->undo, file);
	return err ? ft_fail(s, err, "cannot add functions to '%s': %s", file, strerror(-err)) : 0;
}

int ft_session_append_global(struct ft_session *s, const char *file, const char *value)
{
	return change(s, true, file, value, FTI_APPEND);
}

static int clear(struct ft_session *s, bool global, const char *file)
{
	char *now;
	bool empty;
	int err = fti_file_read(global ? s->top_fd : s->dir_fd, file, &now, NULL);

	if (err)
		return err == -ENOENT ? 0 : ft_fail(s, err, "cannot read '%s': %s", file, strerror(-err));
	err = fti_rule_normalize(file, now);
	empty = !err && !*now;
	free(now);
	return empty ? 0 : change(s, global, file, "", FTI_TRUNCATE);
}

int ft_session_clear(struct ft_session *s, const char *file)
{
	return clear(s, false, file);
}

int ft_session_clear_global(struct ft_session *s, const char *file)
{
	return clear(s, true, file);
}

/* A tracer's own options (sleep-time, funcgraph-irqs) are one for all instances, seen in 6.12: what
 * they were is put back through the instance before that goes. */
static int record_option(struct ft_session *s, const char *option)
{
	char path[192];
	int err;

	if (!s->instance)
		return 0;
	snprintf(path, sizeof(path), "instances/%.90s/options/%.60s",
		 tracefs_instance_get_name(s->instance), option);
	err = fti_undo_file(s->undo, path);
	return err ? ft_fail(s, err, "cannot record '%s': %s", path, strerror(-err)) : 0;
}

int ft_session_set_option(struct ft_session *s, const char *option, bool on)
{
	char path[96], word[96];
	int err;

	snprintf(path, sizeof(path), "options/%s", option);
	if (!s->options_global) {
		if (!ft_session_has(s, path))
			return -ENOENT;
		err = record_option(s, option);
		return err ? err : ft_session_set(s, path, on ? "1" : "0");
	}
	if (!fti_file_exists(s->top_fd, path))
		return -ENOENT;
	err = fti_undo_file(s->undo, path);
	if (err)
		return ft_fail(s, err, "cannot record the option '%s': %s", option, strerror(-err));
	snprintf(word, sizeof(word), "%s%s", on ? "" : "no", option);
	err = fti_file_write(s->dir_fd, "trace_options", word, FTI_APPEND);
	return err ? refused(s, err, false, "trace_options", word) : 0;
}

int ft_session_enable_event(struct ft_session *s, const char *system, const char *event,
			    const char *filter)
{
	char path[256];
	int err;

	snprintf(path, sizeof(path), "events/%s/%s/enable", system, event);
	if (!ft_session_has(s, path))
		return ft_fail(s, -EOPNOTSUPP, "this kernel has no event '%s:%s'", system, event);
	if (filter) {
		snprintf(path, sizeof(path), "events/%s/%s/filter", system, event);
		err = ft_session_set(s, path, filter);
		if (err)
			return err;
		snprintf(path, sizeof(path), "events/%s/%s/enable", system, event);
	}
	return ft_session_set(s, path, "1");
}

const char *ft_session_exclude_self(struct ft_session *s)
{
	static const char *const files[] = { "set_event_notrace_pid", "set_ftrace_notrace_pid" };
	const char *means = "dropping own events when decoding";
	char pids[32];
	int own[2];

	fti_session_own_tids(s, own);
	if (!own[0])
		return "not at all (in a PID namespace)";
	snprintf(pids, sizeof(pids), "%d %d", own[0], own[1]);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (ft_session_has(s, files[i]) &&
		    !fti_session_try_append(s, files[i], false, pids))
			means = "set_event_notrace_pid, set_ftrace_notrace_pid";
	return means;
}

/* tracing_on is recorded at open. */
static int set_tracing(struct ft_session *s, const char *value)
{
	int err = fti_file_write(s->dir_fd, "tracing_on", value, FTI_TRUNCATE);

	if (err)
		return refused(s, err, false, "tracing_on", value);
	if (!s->instance)
		fti_undo_changed(s->undo, "tracing_on");
	return 0;
}

int ft_session_start(struct ft_session *s)
{
	return set_tracing(s, "1");
}

int ft_session_stop(struct ft_session *s)
{
	return set_tracing(s, "0");
}

void fti_session_deadline(struct ft_session *s, uint64_t at_ns)
{
	char path[128];

	if (!s->instance)
		snprintf(path, sizeof(path), "tracing_on");
	else
		snprintf(path, sizeof(path), "instances/%s/tracing_on",
			 tracefs_instance_get_name(s->instance));
	fti_guard_deadline(s->guard, path, at_ns);
}
