/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"
#include "session-internal.h"
#include "watch-internal.h"

/* -- making ------------------------------------------------------------------------------------ */

int ft_watch_new(struct ft_run *r, const struct ft_watch_opt *opt)
{
	struct ft_watch *w = calloc(1, sizeof(*w));

	r->watch = w;
	if (!w)
		return -ENOMEM;
	w->r = r;
	w->opt = opt;
	w->text = !r->opt.json && !r->opt.csv;
	w->sums = fti_watch_sums(opt);
	r->snapshot = fti_watch_snapshot_trigger(opt);
	return 0;
}

void fti_watched_free(struct fti_watched *e)
{
	free(e->system);
	free(e->event);
	free(e->name);
}

const char *fti_watched_name(const struct ft_watch *w, const struct fti_watched *e)
{
	return w->opt->probes ? e->event : e->name;
}

void ft_watch_hook(struct ft_watch *w, const struct ft_watch_hooks *hooks)
{
	w->hooks = *hooks;
}

void ft_watch_free(struct ft_run *r)
{
	struct ft_watch *w = r->watch;

	if (!w)
		return;
	r->watch = NULL;
	for (size_t i = 0; i < w->count; i++)
		fti_watched_free(&w->events[i]);
	fti_watch_rows_free(w);
	fti_sum_free(w->sum);
	ft_count_free(w->before);
	ft_stacks_free(w->stacks);
	ft_ustacks_free(w->ustacks);
	ft_usyms_close(w->usyms);
	ft_show_free(w->show);
	ft_line_free(w->line);
	ft_follow_close(w->follow);
	ft_comms_close(w->comms);
	free(w->events);
	free(w->systems);
	free(w->watched);
	free(w);
}

struct ft_show *ft_watch_show(struct ft_watch *w)
{
	return w->show;
}

int ft_watch_add(struct ft_watch *w, const char *system, const char *event, bool named)
{
	struct fti_watched *more, *e;

	for (size_t i = 0; i < w->count; i++) {
		e = &w->events[i];
		if (strcmp(e->system, system) || strcmp(e->event, event))
			continue;
		e->named |= named;
		return 0;
	}
	more = realloc(w->events, (w->count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	w->events = more;
	e = &more[w->count];
	*e = (struct fti_watched){ .named = named };
	e->system = strdup(system);
	e->event = strdup(event);
	if (asprintf(&e->name, "%s:%s", system, event) < 0)
		e->name = NULL;
	if (!e->system || !e->event || !e->name) {
		fti_watched_free(e);
		return -ENOMEM;
	}
	w->count++;
	return 0;
}

int ft_watch_add_unfiltered(struct ft_watch *w, const char *system, const char *event)
{
	int err = ft_watch_add(w, system, event, true);

	if (!err)
		w->events[w->count - 1].unfiltered = true;
	return err;
}

/* -- setup ------------------------------------------------------------------------------------- */

/* Where only names would be missing, numbers will do. */
static int open_symbols(struct ft_watch *w)
{
	if (!w->symbols_wanted)
		return 0;
	if ((w->opt->stack || w->opt->folded) && !w->opt->of_programs)
		return ft_tool_symbols(w->r, &w->symbols);
	if (fti_session_symbols(w->r->session, &w->symbols))
		ft_session_say(w->r->session,
			       "the kernel's symbols are hidden: addresses have no names");
	return 0;
}

int ft_watch_setup(struct ft_run *r)
{
	struct ft_watch *w = r->watch;
	const bool wanted = w->opt->stack || w->opt->folded, user = wanted && w->opt->of_programs;
	const bool stack = wanted && !user;
	int err;

	r->systems = w->systems;
	err = ft_follow_set(&w->follow, r->session, FT_FOLLOW_EVENTS, &w->opt->tasks,
			    r->command_pid);
	if (!err)
		err = open_symbols(w);
	if (!err)
		err = ft_tool_option(r, "stacktrace", stack, stack);
	if (!err)
		err = ft_tool_option(r, "userstacktrace", user, user);
	if (!err)
		err = fti_watch_enable(w);
	if (!err && w->sums)
		ft_session_say(r->session,
			       w->in_kernel ? "counting in the kernel, by hist triggers" :
			       "counting the records of the ring buffer");
	return err;
}

static int watch_types(struct ft_watch *w)
{
	w->watched = calloc(1, 65536 / 8);
	if (!w->watched)
		return -ENOMEM;
	for (size_t i = 0; i < w->count; i++) {
		const struct fti_watched *e = &w->events[i];
		int id = ft_event_id(w->r->events, e->system, e->event), err;
		const struct ft_show_event *ev = id < 0 ? NULL : ft_show_event(w->show,
									       (uint16_t)id);

		if (!ev)
			return -EBADMSG;
		w->watched[id / 8] |= (unsigned char)(1 << id % 8);
		err = w->sum ? fti_sum_type(w->sum, (uint16_t)id, ev) : 0;
		if (err == -EINVAL)
			return ft_fail(w->r->session, err,
				       "cannot sum up '%s': a field is a number here, and a "
				       "string in another", fti_watched_name(w, e));
		if (err)
			return err;
	}
	return 0;
}

static int open_user_stacks(struct ft_watch *w)
{
	int err = ft_usyms_open(&w->usyms);

	return err ? err : ft_ustacks_new(&w->ustacks, w->r->events, w->usyms);
}

static int open_parts(struct ft_watch *w)
{
	const struct ft_line_config config = { .wall = w->r->opt.wall ? ft_tool_wall : NULL,
					       .wall_arg = w->r };
	struct ft_run *r = w->r;
	struct fti_sum_spec spec;
	char why[128];
	int err;

	err = ft_comms_open(&w->comms, ft_session_tracefs(r->session));
	if (!err)
		err = ft_line_open(&w->line, r->session, r->events, w->comms, &config);
	if (!err)
		err = ft_show_new(&w->show, r->events, w->symbols);
	if (!err && w->opt->of_programs && (w->opt->stack || w->opt->folded))
		err = open_user_stacks(w);
	else if (!err && (w->opt->stack || w->opt->folded || fti_watch_stack_trigger(w->opt)))
		err = ft_stacks_new(&w->stacks, r->events, w->symbols);
	if (!err && w->sums)
		err = fti_watch_sum(&spec, w->opt, why);
	if (!err && w->sums)
		err = fti_sum_new(&w->sum, &spec, w->comms);
	return err ? err : watch_types(w);
}

int ft_watch_ready(struct ft_run *r)
{
	struct ft_watch *w = r->watch;
	const char *text;
	size_t len;
	int err = open_parts(w);

	if (err)
		return ft_fail(r->session, err, "cannot decode this kernel's events: %s",
			       strerror(-err));
	err = ft_follow_ready(w->follow, r->events);
	if (err)
		return err;
	r->totals = w->sums || w->opt->folded;
	/* A stack is told from others' by its place behind its event. */
	r->unordered = w->sums && !w->opt->folded;
	r->no_recording = w->in_kernel;
	err = r->snapshot ? fti_watch_snapshot_arm(w) : 0;
	if (err)
		return err;
	if (!w->opt->header || w->sums || w->opt->folded)
		return 0;
	text = ft_line_headings(w->line, &len);
	return ft_out_line(r->out, text, len - 1);
}

/* -- events ------------------------------------------------------------------------------------ */

char *ft_watch_put_line(struct ft_watch *w, const struct ft_event *e, char *p)
{
	return ft_line_put(w->line, e, p);
}

int ft_watch_event(struct ft_run *r, const struct ft_event *e)
{
	struct ft_watch *w = r->watch;

	if (!ft_follow_event(w->follow, e))
		return 0;
	if (w->watched[e->type / 8] & 1 << e->type % 8) {
		if (w->hooks.event)
			return w->hooks.event(w->hooks.arg, e);
		if (w->sum)
			return fti_sum_add(w->sum, e);
		r->rows++;
		return fti_watch_row(w, e);
	}
	return fti_watch_is_stack(w, e) ? fti_watch_stack(w, e) : 0;
}

int ft_watch_loss(struct ft_run *r, int cpu)
{
	return fti_watch_rows_lost(r->watch, cpu);
}

static int summary(struct ft_watch *w)
{
	int err = w->in_kernel ? fti_watch_hist_read(w) : 0;

	return err ? err : fti_sum_print(w->sum, w->r->out, ft_stream_now_ns(w->r->stream),
					 &w->r->rows);
}

/* A trigger has switched recording off: what it had recorded by then has been shown two looks
 * later. */
static int stopped(struct ft_watch *w)
{
	char *on = ft_session_read(w->r->session, "tracing_on");
	bool off = on && *on == '0';

	free(on);
	w->off = off ? w->off + 1 : 0;
	return w->off > 2;
}

/* The kernel counts before it does it. */
static int snapped(struct ft_watch *w)
{
	w->off += fti_watch_snapshot_taken(w);
	return w->off > 1;
}

int ft_watch_clock(struct ft_run *r)
{
	char text[32];
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	return ft_out_line(r->out, text, strftime(text, sizeof(text), "%H:%M:%S", &tm));
}

int ft_watch_interval(struct ft_run *r)
{
	struct ft_watch *w = r->watch;
	int err;

	if (!w->sum)
		return r->snapshot ? snapped(w) : stopped(w);
	err = ft_watch_clock(r);
	if (!err)
		err = summary(w);
	if (!err)
		err = ft_out_line(r->out, "", 0);
	/* With nothing to read, nobody else is going to. */
	return err ? err : ft_out_flush(r->out);
}

void ft_watch_nothing(const struct ft_run *r)
{
	const struct ft_watch *w = r->watch;

	if (r->snapshot && !fti_watch_snapshot_taken(w))
		ft_tool_note(r, "no snapshot was taken: '%s' did not happen%s%s",
			     fti_watched_name(w, &w->events[0]),
			     w->follow ? " in the tasks asked for" : "",
			     w->opt->filter || fti_watch_trigger_filter(w->opt->trigger) ?
			     ", or never as the filter wants it" : "");
	else if (r->snapshot && ft_stream_stats(r->stream)->overwritten)
		ft_tool_note(r, "older events were overwritten: the buffer holds no more "
			     "(--buffer-size)");
	if (r->rows || r->snapshot)
		return;
	ft_tool_note(r, "nothing recorded: '%s'%s did not happen%s%s",
		     fti_watched_name(w, &w->events[0]),
		     w->count > 1 ? " (and the others)" : "",
		     w->follow ? " in the tasks asked for" : "",
		     w->opt->filter ? ", or never as the filter wants it" : "");
}

int ft_watch_finish(struct ft_run *r)
{
	struct ft_watch *w = r->watch;
	int err;

	if (w->sum)
		err = w->opt->interval_ns ? ft_watch_interval(r) : summary(w);
	else
		err = fti_watch_rows_end(w);
	if (!err)
		ft_watch_nothing(r);
	return err;
}
