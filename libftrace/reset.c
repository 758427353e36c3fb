/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/kernel.h"
#include "ftrace/opt.h"
#include "ftrace/reset.h"
#include "ftrace/session.h"
#include "internal.h"
#include "task-internal.h"

struct reset {
	int   fd;		/* tracing directory */
	char *dir;
	ft_reset_action *fn;
	void *arg;
	int   failures;
	struct fti_patience patience;
};

static void done(struct reset *r, const char *action, const char *what, const char *to, int err)
{
	r->failures += err < 0;
	r->fn(r->arg, action, what, to, err);
}

static void found(void *arg, const struct fti_dead *d)
{
	(void)arg, (void)d;
}

static void replayed(void *arg, int err, const char *path, const char *value)
{
	done(arg, "restore", path, value, err);
}

/* "ftrace-tools-TOOL-PID".  One that was given the number since is taken for the owner: names of
 * programs are no proof, and its journal tells better. */
static bool instance_is_left(const char *name)
{
	const char *digits = strrchr(name, '-');
	uint64_t pid;

	return !strncmp(name, FTI_INSTANCE_PREFIX, strlen(FTI_INSTANCE_PREFIX)) &&
	       !ft_parse_u64(digits + 1, 1, INT_MAX, &pid) && fti_task_is_gone((int)pid, 0);
}

/* "ftt_TOOL_PID_START"; cuts it. */
static bool group_is_left(char *group)
{
	char *start = strrchr(group, '_'), *digits;
	uint64_t pid, began;

	if (strncmp(group, FTI_PROBE_PREFIX, strlen(FTI_PROBE_PREFIX)))
		return false;
	*start++ = 0;
	digits = strrchr(group, '_');
	return digits && !ft_parse_u64(digits + 1, 1, INT_MAX, &pid) &&
	       !ft_parse_u64(start, 0, UINT64_MAX, &began) && fti_task_is_gone((int)pid, began);
}

static void remove_instances(struct reset *r)
{
	struct dirent *e;
	char path[300];
	DIR *d;

	snprintf(path, sizeof(path), "%s/instances", r->dir);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		if (!instance_is_left(e->d_name))
			continue;
		snprintf(path, sizeof(path), "instances/%.255s", e->d_name);
		done(r, "remove", path, "",
		     fti_undo_one(r->fd, &(struct fti_was){ .kind = FTI_INSTANCE, .path = path },
				  &r->patience));
	}
	if (d)
		closedir(d);
}

/* "p:ftt_funcslower_1234_98765/p1234_0 vfs_read": ours, of process 1234. */
static void remove_probe(struct reset *r, const char *file, const char *line)
{
	char value[256], group[256], event[256];

	if (sscanf(line, "%*[^:]:%255[^/ ]/%255[^ ]", group, event) != 2)
		return;
	snprintf(value, sizeof(value), "%.120s/%.120s", group, event);
	if (!group_is_left(group))
		return;
	done(r, "remove", value, "",
	     fti_undo_one(r->fd, &(struct fti_was){ .kind = FTI_PROBE, .path = (char *)file,
						    .value = value }, &r->patience));
}

/* "ftt_iolatency_1234_98765	u64 lat": likewise. */
static void remove_synthetic(struct reset *r, const char *file, const char *line)
{
	char value[256], name[256];

	if (sscanf(line, "%255[^\t ]", name) != 1)
		return;
	snprintf(value, sizeof(value), "%.120s", name);
	if (!group_is_left(name))
		return;
	done(r, "remove", value, "",
	     fti_undo_one(r->fd, &(struct fti_was){ .kind = FTI_SYNTHETIC, .path = (char *)file,
						    .value = value }, &r->patience));
}

/* Each line of a list of events. */
static void remove_each(struct reset *r, const char *file,
			void (*undo)(struct reset *r, const char *file, const char *line))
{
	char *text, *line, *next;

	if (fti_file_read(r->fd, file, &text, NULL))
		return;
	for (line = text; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = 0;
		undo(r, file, line);
	}
	free(text);
}

/* -- --force: the top level at rest ------------------------------------------------------------ */

/* What a kernel shows after boot, in an order in which it can be had. */
static const struct {
	const char *path, *rest;
} at_rest[] = {
	{ "current_tracer", "nop" },
	{ "events/enable", "0" },
	{ "set_ftrace_filter", "" },
	{ "set_ftrace_notrace", "" },
	{ "set_graph_function", "" },
	{ "set_graph_notrace", "" },
	{ "set_ftrace_pid", "" },
	{ "set_ftrace_notrace_pid", "" },
	{ "set_event_pid", "" },
	{ "set_event_notrace_pid", "" },
	{ "max_graph_depth", "0" },
	{ "tracing_thresh", "0" },
	{ "function_profile_enabled", "0" },
	{ "tracing_on", "1" },
};

/* What the file reads now, normalized, if that is not its rest: malloc()ed, or NULL. */
static char *not_at_rest(const struct reset *r, const char *path, const char *rest)
{
	char *now;
	int err;

	if (fti_file_read(r->fd, path, &now, NULL))
		return NULL;
	err = fti_rule_normalize(path, now);
	/* "X": some of the events are enabled. */
	if (err == -ENOTSUP || (!err && strcmp(now, rest) != 0))
		return now;
	free(now);
	return NULL;
}

/* First all that will be changed, then the changes. */
static void rest_all(struct reset *r)
{
	for (int apply = 0; apply < 2; apply++) {
		for (size_t i = 0; i < sizeof(at_rest) / sizeof(at_rest[0]); i++) {
			const char *path = at_rest[i].path, *rest = at_rest[i].rest;
			char *now = not_at_rest(r, path, rest);
			struct fti_was w = { .kind = (enum fti_kind)fti_rule_kind(path),
					     .path = (char *)path, .value = (char *)rest };

			if (now && apply)
				done(r, "rest", path, rest, fti_undo_one(r->fd, &w, &r->patience));
			else if (now)
				done(r, "found", path, now, 0);
			free(now);
		}
	}
}

int ft_reset(const struct ft_reset_config *config, ft_reset_action *fn, void *arg,
	     char reason[FT_RESET_REASON_SIZE])
{
	struct reset r = { .fd = -1, .fn = fn, .arg = arg };
	int status = FT_FAILED, err;

	reason[0] = 0;
	if (ft_kernel_find_tracefs(config->tracefs, &r.dir, reason))
		return FT_UNSUPPORTED;
	r.fd = open(r.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.fd < 0) {
		snprintf(reason, FT_RESET_REASON_SIZE, "cannot open '%s': %s", r.dir, strerror(errno));
		goto out;
	}
	if (fti_lock_top(r.fd, true)) {
		fti_lock_sentence(r.fd, reason, FT_RESET_REASON_SIZE);
		goto out;
	}
	err = fti_undo_repair(r.fd, config->force, found, replayed, &r);
	if (err < 0) {
		snprintf(reason, FT_RESET_REASON_SIZE, "cannot use '%s': %s (it must belong to root alone)",
			 FTI_JOURNAL_DIR, strerror(-err));
		goto out;
	}
	remove_instances(&r);
	remove_each(&r, "kprobe_events", remove_probe);
	remove_each(&r, "uprobe_events", remove_probe);
	remove_each(&r, "synthetic_events", remove_synthetic);
	if (config->force)
		rest_all(&r);
	status = r.failures ? FT_FAILED : FT_OK;
out:
	if (r.fd >= 0)
		close(r.fd);
	free(r.dir);
	return status;
}
