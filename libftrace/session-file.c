/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tracefs/tracefs.h>

#include "ftrace/task.h"
#include "session-internal.h"

/* -- what is there ------------------------------------------------------------------------------ */

int fti_session_symbols(struct ft_session *s, const struct ft_symbols **out)
{
	if (!s->symbols && !s->no_symbols)
		s->no_symbols = ft_symbols_open(&s->symbols, NULL, s->tracefs);
	*out = s->symbols;
	return s->no_symbols;
}

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

void fti_session_reason(const struct ft_session *s, bool global, const char *value, char *out,
			size_t size)
{
	char *log = tracefs_error_last(global ? NULL : s->instance), *error, *command;

	out[0] = 0;
	if (!log)
		return;
	/* "[    5.1] event filter parse error: error: Field not found" */
	error = strstr(log, ": error: ");
	command = strstr(log, "Command: ");
	if (error && command && strstr(command, value))
		snprintf(out, size, "%.*s", (int)strcspn(error + 9, "\n"), error + 9);
	free(log);
}

static int refused(struct ft_session *s, int err, bool global, const char *file, const char *value)
{
	char why[256];

	fti_session_reason(s, global, value, why, sizeof(why));
	/* What the kernel finds wrong in a value that came from the user is the user's to mend. */
	return ft_fail(s, err, "cannot set '%s' to '%.200s': %s%s%s%s", file, value, strerror(-err),
		       why[0] ? " (" : "", why, why[0] ? ")" : "");
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

int ft_session_latch_option(struct ft_session *s, const char *option, bool on)
{
	char path[96], *was;
	int err;

	snprintf(path, sizeof(path), "options/%s", option);
	was = s->instance ? ft_session_read_global(s, path) : NULL;
	err = was ? fti_undo_file(s->undo, path) : 0;
	if (err)
		err = ft_fail(s, err, "cannot record the option '%s': %s", option, strerror(-err));
	/* Somebody has set it: in instances of 5.10 it takes effect only when it changes. */
	if (!err && was && on && !strcmp(was, "1"))
		err = ft_session_set_option(s, option, false);
	if (!err)
		err = ft_session_set_option(s, option, on);
	if (!err && was)
		err = ft_session_set_global(s, path, was);
	free(was);
	return err;
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
