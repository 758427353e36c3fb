/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counting by probes whose hits the kernel counts, with nothing recorded. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter.h"
#include "ftrace/kernel.h"

static bool fits(const struct ft_counter *c, const struct ft_run *r, char *why)
{
	if (c->has[FT_TARGET_TRACEPOINT])
		snprintf(why, FTI_WHY_SIZE, "tracepoints do not count their hits");
	else if (c->task || c->config.by_pid)
		snprintf(why, FTI_WHY_SIZE, "the hits of a probe do not tell which "
			 "process made them");
	else if (c->unlisted || c->kernel_count > FTI_HITS_MAX)
		snprintf(why, FTI_WHY_SIZE, "more than %d kernel functions match, too many probes",
			 FTI_HITS_MAX);
	else if (c->kernel_count && !ft_session_has_global(r->session, "kprobe_events"))
		snprintf(why, FTI_WHY_SIZE, "this kernel has no kprobe events "
			 "(CONFIG_KPROBE_EVENTS)");
	else
		return true;
	return false;
}

static void plan(struct ft_run *r, const struct ft_counter *c)
{
	r->uprobes = c->has[FT_TARGET_USER];
	r->systems = fti_no_systems;
}

/* -- making the probes ------------------------------------------------------------------------- */

struct refusals {
	size_t count;
	int    err;
	char   names[128];
};

static void refuse(struct refusals *r, const char *name, int err)
{
	size_t len = strlen(r->names);

	if (r->count++ < 3)
		snprintf(r->names + len, sizeof(r->names) - len, "%s'%.36s'",
			 len ? ", " : "", name);
	r->err = err;
}

static const char *reason(int err)
{
	return err == -EADDRNOTAVAIL ? "several functions have this name" : strerror(-err);
}

static int kernel_probe(struct ft_counter *c, struct fti_source *s)
{
	struct ft_probe_spec spec = { .kind = FT_PROBE_KERNEL, .place = s->name };
	char place[640];

	if (s->twins)
		return -EADDRNOTAVAIL;
	if (s->module) {
		snprintf(place, sizeof(place), "%s:%s", s->module, s->name);
		spec.place = place;
	}
	s->probe = ft_probes_try(c->probes, &spec);
	return s->probe < 0 ? s->probe : 0;
}

int fti_counter_user_probe(struct ft_counter *c, struct ft_run *r, struct fti_source *s)
{
	int err = c->probes ? 0 : ft_probes_open(&c->probes, r->session);

	if (!err)
		err = s->probe = ft_probes_add(c->probes, &(struct ft_probe_spec){
			.kind = FT_PROBE_USER, .place = s->file, .offset = s->offset });
	return err < 0 ? err : 0;
}

/* In the session's buffer, which may be the top-level one of a kernel that wants it there. */
static bool can_trace(const struct ft_counter *c, const struct ft_run *r)
{
	return c->config.method == FT_COUNTER_AUTO && !c->names_only &&
	       ft_kernel_has_tracer(ft_session_dir(r->session), "function");
}

/* A few that cannot be counted are named; all are an error. */
static int tell(const struct ft_counter *c, struct ft_run *r, const struct refusals *no)
{
	const char *more = no->count > 3 ? " and others" : "";

	if (no->count == c->source_count)
		return ft_fail(r->session, -EOPNOTSUPP, "cannot count %s%s by kprobes: %s",
			       no->names, more, reason(no->err));
	ft_tool_note(r, "not counted: %s%s (%zu of %zu functions): %s", no->names, more, no->count,
		     c->source_count, reason(no->err));
	return 0;
}

static int setup(struct ft_counter *c, struct ft_run *r)
{
	struct refusals no = { .count = 0 };
	int err = ft_probes_open(&c->probes, r->session);

	for (size_t i = 0; i < c->source_count && !err; i++) {
		struct fti_source *s = &c->sources[i];
		int refused = 0;

		if (s->kind == FT_TARGET_USER)
			err = fti_counter_user_probe(c, r, s);
		else
			refused = kernel_probe(c, s);
		if (!refused)
			continue;
		refuse(&no, s->name, refused);
		if (can_trace(c, r)) {
			ft_session_say(r->session, "not counting by 'hits': no kprobe on %s: %s",
				       no.names, reason(refused));
			return FTI_NEXT_RUNG;
		}
	}
	if (!err && no.count)
		err = tell(c, r, &no);
	if (!err)
		err = ft_probes_enable(c->probes);
	return err;
}

/* -- their hits -------------------------------------------------------------------------------- */

static int read_hits(struct ft_counter *c, struct ft_run *r)
{
	uint64_t missed = 0;
	int err = ft_probes_hits(c->probes, c->hits);

	if (err)
		return ft_fail(r->session, err, "cannot read the hits of the probes: %s",
			       strerror(-err));
	for (size_t i = 0; i < c->source_count; i++) {
		struct fti_source *s = &c->sources[i];

		if (s->probe < 0)
			continue;
		s->count = c->hits[s->probe].hits;
		missed += c->hits[s->probe].missed;
	}
	c->missed += missed - c->missed_last;
	c->missed_last = missed;
	return 0;
}

/* Probes count from the moment they are enabled; the trace begins here. */
static int ready(struct ft_counter *c, struct ft_run *r)
{
	int err;

	r->no_recording = true;
	c->hits = calloc(ft_probes_count(c->probes), sizeof(*c->hits));
	if (!c->hits)
		return -ENOMEM;
	err = read_hits(c, r);
	c->missed = 0;
	for (size_t i = 0; i < c->source_count; i++)
		c->sources[i].last = c->sources[i].count;
	return err;
}

static int rows(struct ft_counter *c, struct ft_run *r)
{
	int err = read_hits(c, r);

	return err ? err : fti_counter_source_rows(c);
}

const struct fti_rung fti_rung_hits = {
	.name = "hits",
	.way = "probes, of which the kernel counts the hits",
	.fits = fits,
	.plan = plan,
	.setup = setup,
	.ready = ready,
	.rows = rows,
};
