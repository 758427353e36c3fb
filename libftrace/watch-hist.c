/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Counting in the kernel, by hist triggers.  Only what they count as the records would: numbers, of
 * few tracepoints, and tasks that the kernel alone can tell from others.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/kernel.h"
#include "hist.h"
#include "watch-internal.h"

#define EVENTS_MAX 8
#define ENTRIES	   8192	/* about 1 MB of kernel memory a tracepoint */

static bool numbers(const struct ft_watch *w, const struct fti_sum_spec *spec)
{
	for (size_t i = 0; i < w->count; i++) {
		for (size_t k = 0; k < spec->keys; k++) {
			const struct ft_show_field *f = ft_show_field(w->events[i].ev,
								      spec->name[k]);

			if (!f || f->kind != FT_SHOW_INT)
				return false;
		}
	}
	return true;
}

bool fti_watch_hist_can(const struct ft_watch *w)
{
	const struct ft_follow_opt *tasks = &w->opt->tasks;
	struct ft_session *s = w->r->session;
	struct fti_sum_spec spec;
	char why[128];

	if (!w->opt->count || w->count > EVENTS_MAX || w->opt->trigger ||
	    fti_sum_parse(&spec, FTI_SUM_COUNT, w->opt->count, why) || !numbers(w, &spec))
		return false;
	/* Of a process without its children, only records tell. */
	if (tasks->pid && !tasks->children)
		return false;
	return ft_kernel_readme_has(ft_session_tracefs(s), "hist:keys=") &&
	       ft_session_has_global(s, "set_event_notrace_pid");
}

static void path_of(const struct fti_watched *e, const char *file, char path[256])
{
	snprintf(path, 256, "events/%s/%s/%s", e->system, e->event, file);
}

int fti_watch_hist_setup(struct ft_watch *w)
{
	char path[256], *line;
	int err = 0, n;

	for (size_t i = 0; i < w->count && !err; i++) {
		path_of(&w->events[i], "trigger", path);
		n = asprintf(&line, "hist:keys=%s:size=%d%s%s", w->opt->count, ENTRIES,
			     w->opt->filter ? " if " : "", w->opt->filter ? w->opt->filter : "");
		if (n < 0)
			return -ENOMEM;
		err = ft_session_append(w->r->session, path, line);
		free(line);
	}
	return err;
}

static int add_new(void *arg, const uint64_t key[2], uint64_t count)
{
	struct ft_watch *w = arg;

	fti_sum_add_keys(w->sum, key, count);
	return 0;
}

int fti_watch_hist_read(struct ft_watch *w)
{
	struct fti_sum_spec spec;
	struct ft_count *now;
	uint64_t dropped = 0;
	char why[128];
	int err;

	err = fti_sum_parse(&spec, FTI_SUM_COUNT, w->opt->count, why);
	if (!err)
		err = ft_count_new(&now, EVENTS_MAX * ENTRIES);
	if (err)
		return err;
	for (size_t i = 0; i < w->count && !err; i++)
		err = fti_hist_read(w->r->session, w->events[i].system, w->events[i].event,
				    spec.keys, now, &dropped);
	if (err) {
		ft_count_free(now);
		return err;
	}
	err = fti_hist_since(&w->before, now, add_new, w);
	if (err)
		return err;
	if (dropped > w->dropped)
		ft_tool_note(w->r, "%" PRIu64 " events are not counted: they had more than %d "
			     "different values",
			     dropped - w->dropped, ENTRIES);
	w->dropped = dropped;
	return 0;
}
