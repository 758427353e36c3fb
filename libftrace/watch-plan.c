/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/target.h"
#include "internal.h"
#include "watch-internal.h"

/* -- what is asked for ------------------------------------------------------------------------- */

struct adding {
	struct ft_watch *w;
	bool named;	/* by a whole name */
};

static int add(void *arg, const char *system, const char *event)
{
	const struct adding *a = arg;

	return ft_watch_add(a->w, system, event, a->named);
}

int ft_watch_add_tracepoints(struct ft_run *r, const char *text)
{
	struct ft_target t = { .kind = FT_TARGET_TRACEPOINT, .text = text };
	struct adding a = { .w = r->watch, .named = !strpbrk(text, "*?[\\") };
	const char *colon = strchr(text, ':');
	int err;

	t.file = strndup(text, (size_t)(colon - text));
	t.pattern = strdup(colon + 1);
	err = t.file && t.pattern ? ft_target_tracepoints(r->session, &t, add, &a) : -ENOMEM;
	ft_target_free(&t);
	return err;
}

/* -- is it there, and what it has -------------------------------------------------------------- */

static bool has_system(const struct ft_watch *w, const char *system)
{
	for (size_t i = 0; w->systems[i]; i++)
		if (!strcmp(w->systems[i], system))
			return true;
	return false;
}

static int list_systems(struct ft_watch *w)
{
	size_t n = 0;

	free(w->systems);
	w->systems = calloc(w->count + 3, sizeof(*w->systems));
	if (!w->systems)
		return -ENOMEM;
	w->systems[n++] = "ftrace";
	w->systems[n++] = FT_FOLLOW_SYSTEM;
	for (size_t i = 0; i < w->count; i++)
		if (!has_system(w, w->events[i].system))
			w->systems[n++] = w->events[i].name;
	return 0;
}

int fti_watch_refuse(struct ft_watch *w, const struct fti_watched *e, const char *filter,
		     const struct ft_filter_error *error)
{
	char caret[FT_FILTER_CARET_MAX] = "", reason[256], sentence[900];

	if (filter)
		ft_filter_caret(filter, error->at, caret);
	ft_out_escape(reason, sizeof(reason), error->reason, strlen(error->reason));
	snprintf(sentence, sizeof(sentence), "cannot %s '%s': %s", filter ? "filter" : "sum up",
		 fti_watched_name(w, e), reason);
	return fti_fail_lines(w->r->session, -EINVAL, sentence, caret);
}

/* Is the event there, and has it what the options need?  1: it is to be left out. */
static int check_event(struct ft_watch *w, struct ft_show *show, const struct ft_events *evs,
		       struct fti_watched *e, const struct fti_sum_spec *spec)
{
	const char *trigger = w->opt->trigger ? fti_watch_trigger_filter(w->opt->trigger) : NULL;
	struct ft_filter_error error;
	int id = ft_event_id(evs, e->system, e->event);

	e->ev = id < 0 ? NULL : ft_show_event(show, (uint16_t)id);
	if (!e->ev)
		return ft_fail(w->r->session, -EOPNOTSUPP, "the format of '%s' cannot be read",
			       fti_watched_name(w, e));
	if (e->unfiltered)
		return 0;
	if (trigger && (!w->r->snapshot || e == w->events) &&
	    ft_filter_check(trigger, e->ev, &error))
		return fti_watch_refuse(w, e, trigger, &error);
	if (w->opt->filter && ft_filter_check(w->opt->filter, e->ev, &error))
		return error.field && !e->named ? 1 : fti_watch_refuse(w, e, w->opt->filter,
								       &error);
	if (w->sums && fti_sum_check(spec, e->ev, &error))
		return error.field && !e->named ? 1 : fti_watch_refuse(w, e, NULL, &error);
	return 0;
}

static int check_events(struct ft_watch *w, struct ft_show *show, const struct ft_events *evs,
			const struct fti_sum_spec *spec)
{
	size_t kept = 0, count = w->count;
	struct fti_watched last;
	int err = 0;

	for (size_t i = 0; i < count && err >= 0; i++) {
		err = check_event(w, show, evs, &w->events[i], spec);
		if (err)
			continue;
		/* Those that are left out move to the end. */
		last = w->events[kept];
		w->events[kept++] = w->events[i];
		w->events[i] = last;
	}
	if (err < 0)
		return err;
	if (!kept)
		return ft_fail(w->r->session, -EINVAL,
			       "none of the %zu tracepoints has the fields asked for",
			       count);
	if (kept < count)
		ft_tool_note(w->r, "%zu of %zu tracepoints are left out, which have no such fields",
			     count - kept,
			     count);
	for (size_t i = kept; i < count; i++)
		fti_watched_free(&w->events[i]);
	w->count = kept;
	return 0;
}

static bool wants_symbols(const struct ft_watch *w)
{
	bool wants = fti_watch_stack_trigger(w->opt);

	if (w->opt->of_programs)
		return wants;
	for (size_t i = 0; i < w->count && !wants; i++)
		wants = ft_show_wants_symbols(w->events[i].ev);
	return wants || w->opt->stack || w->opt->folded;
}

int ft_watch_plan(struct ft_run *r)
{
	struct ft_watch *w = r->watch;
	struct fti_sum_spec spec = { .keys = 0 };
	struct ft_events *evs = NULL;
	struct ft_show *show = NULL;
	char why[128];
	int err;

	err = r->snapshot ? fti_watch_snapshot_check(w) : 0;
	if (err)
		return err;
	err = list_systems(w);
	if (!err && w->sums)
		err = fti_watch_sum(&spec, w->opt, why);
	if (!err)
		err = ft_events_open(&evs, ft_session_tracefs(r->session), w->systems);
	if (!err)
		err = ft_show_new(&show, evs, NULL);
	if (err)
		ft_fail(r->session, err, "cannot read the event formats: %s", strerror(-err));
	if (!err)
		err = check_events(w, show, evs, &spec);
	if (!err) {
		w->symbols_wanted = wants_symbols(w);
		w->in_kernel = fti_watch_hist_can(w);
		err = list_systems(w);
	}
	for (size_t i = 0; i < w->count; i++)
		w->events[i].ev = NULL;
	ft_show_free(show);
	ft_events_close(evs);
	return err;
}
