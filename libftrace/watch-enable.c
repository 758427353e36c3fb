/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filters and triggers of the events that are watched, then the events themselves. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "watch-internal.h"

static int filter_refused(struct ft_watch *w, const struct fti_watched *e, int err,
			  const char *path)
{
	struct ft_session *s = w->r->session;
	struct ft_filter_error error;
	const char *filter = w->opt->filter;
	char *text = ft_session_read(s, "error_log");
	bool known = text && ft_filter_kernel_error(text, filter, &error);

	free(text);
	if (!known) {
		text = ft_session_read(s, path);
		known = text && ft_filter_kernel_error(text, filter, &error);
		free(text);
	}
	if (known)
		return fti_watch_refuse(w, e, filter, &error);
	return ft_fail(s, err, "cannot filter '%s' by '%.200s': %s", fti_watched_name(w, e),
		       filter,
		       strerror(-err));
}

static int set_filter(struct ft_watch *w, const struct fti_watched *e)
{
	const char *filter = e->unfiltered ? NULL : w->opt->filter;
	char path[256];
	int err;

	snprintf(path, sizeof(path), "events/%s/%s/filter", e->system, e->event);
	if (!filter && ft_session_in_instance(w->r->session))
		return 0;
	err = fti_session_try_append(w->r->session, path, false, filter ? filter : "0");
	return err && filter ? filter_refused(w, e, err, path) : 0;
}

/*
 * With a filter it waits for the event's values, and they are in the snapshot; without one (seen
 * on 6.12) the event comes after it.  The filter keeps our own calls away: the kernel's list of
 * tasks does not apply to triggers of system calls (5.10).
 */
static int snapshot_line(const struct ft_watch *w, const char *own, char **line)
{
	const char *filter = w->opt->filter;
	int tids[2];

	fti_session_own_tids(w->r->session, tids);
	return asprintf(line, "snapshot:1 if common_pid != %d && common_pid != %d%s%s%s%s%s%s",
			tids[0] ? tids[0] : -1, tids[1] ? tids[1] : -1,
			own ? " && (" : "", own ? own : "", own ? ")" : "",
			filter ? " && (" : "", filter ? filter : "", filter ? ")" : "");
}

static int set_trigger(struct ft_watch *w, const struct fti_watched *e)
{
	const char *trigger = w->opt->trigger, *filter = w->opt->filter;
	const char *own = fti_watch_trigger_filter(trigger);
	char path[256], *line;
	int err;

	snprintf(path, sizeof(path), "events/%s/%s/trigger", e->system, e->event);
	if (!ft_session_has(w->r->session, path))
		return ft_fail(w->r->session, -EOPNOTSUPP,
			       "this kernel has no event triggers (3.14 and later)");
	/* One that is not shown does not trigger, either. */
	if (w->r->snapshot)
		err = snapshot_line(w, own, &line);
	else if (own && filter)
		err = asprintf(&line, "%.*s(%s) && (%s)", (int)(own - trigger), trigger, own, filter);
	else
		err = asprintf(&line, "%s%s%s", trigger, filter ? " if " : "", filter ? filter : "");
	if (err < 0)
		return -ENOMEM;
	err = ft_session_append(w->r->session, path, line);
	free(line);
	return err;
}

int fti_watch_enable(struct ft_watch *w)
{
	int err = 0;

	for (size_t i = 0; i < w->count && !err; i++)
		err = set_filter(w, &w->events[i]);
	for (size_t i = 0; i < w->count && !err && w->opt->trigger && !w->r->snapshot; i++)
		err = set_trigger(w, &w->events[i]);
	if (!err && w->in_kernel)
		return fti_watch_hist_setup(w);
	for (size_t i = 0; i < w->count && !err; i++)
		err = ft_session_enable_event(w->r->session, w->events[i].system,
					      w->events[i].event, NULL);
	return err;
}

int fti_watch_snapshot_check(const struct ft_watch *w)
{
	struct ft_session *s = w->r->session;

	if (!ft_session_has_global(s, "snapshot"))
		return ft_fail(s, -EOPNOTSUPP,
			       "this kernel has no snapshots (CONFIG_TRACER_SNAPSHOT)");
	/* A file as new as 5.2; in 5.1 snapshots came to instances, which free them when they go. */
	if (!ft_session_has_global(s, "error_log"))
		return ft_fail(s, -EOPNOTSUPP, "the trigger 'snapshot' of this kernel knows the "
			       "top-level buffer alone (before 5.2): 'traceoff' shows as much");
	return 0;
}

int fti_watch_snapshot_arm(struct ft_watch *w)
{
	/* What comes while recording is off triggers, too, and would leave nothing but that. */
	int err = ft_session_start(w->r->session);

	return err ? err : set_trigger(w, &w->events[0]);
}

bool fti_watch_snapshot_taken(const struct ft_watch *w)
{
	char path[256], *text;
	bool taken;

	snprintf(path, sizeof(path), "events/%s/%s/trigger", w->events[0].system,
		 w->events[0].event);
	text = ft_session_read(w->r->session, path);
	taken = text && strstr(text, "snapshot:count=0 ");
	free(text);
	return taken;
}
