/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counting the records of the function tracer, of tracepoints and of probes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter-trace.h"

#define KEYS_MAX 262144
#define IDS	 65536	/* of events: common_type has two bytes */

/* -- what the records are ---------------------------------------------------------------------- */

static int find_sources(struct ft_counter *c, const struct ft_events *evs)
{
	char system[128];
	const char *event;
	int id;

	c->trace->source = calloc(IDS, sizeof(*c->trace->source));
	if (!c->trace->source)
		return -ENOMEM;
	for (size_t i = 0; i < c->source_count; i++) {
		struct fti_source *s = &c->sources[i];

		if (s->kind == FT_TARGET_KERNEL)
			continue;
		if (s->kind == FT_TARGET_USER) {
			snprintf(system, sizeof(system), "%s", ft_probes_group(c->probes));
			event = ft_probes_event(c->probes, s->probe);
		} else {
			event = fti_event_split(s->name, system, sizeof(system));
		}
		id = ft_event_id(evs, system, event);
		if (id < 0 || id >= IDS)
			return -EBADMSG;
		c->trace->source[id] = i + 1;
	}
	return 0;
}

static int find_function(struct fti_counter_trace *t, const struct ft_events *evs)
{
	t->function_id = ft_event_id(evs, "ftrace", "function");
	return t->function_id < 0 ? t->function_id :
	       ft_field_find(evs, "ftrace", "function", "ip", &t->ip);
}

int fti_counter_trace_find(struct ft_counter *c, const struct ft_events *evs, const char *tracefs)
{
	struct fti_counter_trace *t = c->trace;
	int err = ft_count_new(&t->sums, KEYS_MAX);

	if (!err)
		err = find_sources(c, evs);
	if (!err && c->has[FT_TARGET_KERNEL])
		err = find_function(t, evs);
	if (!err && c->config.by_pid)
		err = fti_processes_open(&t->processes, evs, tracefs);
	return err;
}

int fti_counter_trace_ready(struct ft_counter *c, struct ft_run *r)
{
	struct fti_counter_trace *t = c->trace;
	int err = fti_counter_trace_find(c, r->events, ft_session_tracefs(r->session));

	if (err)
		return ft_fail(r->session, err, "cannot decode this kernel's records: %s",
			       strerror(-err));
	err = ft_follow_ready(t->functions, r->events);
	if (!err)
		err = ft_follow_ready(t->events, r->events);
	/* Whose child a task is must be known before what it does. */
	r->unordered = !c->task && !c->config.by_pid;
	return err;
}

/* -- counting ---------------------------------------------------------------------------------- */

/* A fork that is counted is an event of its task, too. */
static bool belongs(struct ft_follow *f, const struct ft_event *e)
{
	struct ft_event other = *e;

	other.type = 0;
	return ft_follow_event(f, e) || ft_follow_event(f, &other);
}

void fti_counter_trace_event(struct fti_counter_trace *t, const struct ft_event *e)
{
	bool function = e->type == t->function_id;
	int tid, parent;

	/* Forks are for both to see. */
	if (!function)
		ft_follow_event(t->functions, e);
	if (t->processes)
		fti_processes_event(t->processes, e, &tid, &parent);
	if (!belongs(function ? t->functions : t->events, e) || (!function && !t->source[e->type]))
		return;
	ft_count_add(t->sums, function ? ft_field_u64(&t->ip, e) : e->type,
		     t->processes ? fti_processes_of(t->processes, e->tid) : 0, 1);
}

static void name_row(const struct ft_counter *c, struct ft_counter_row *row, uint64_t key)
{
	struct ft_symbol symbol = { .name = "[unknown]" };
	const struct fti_source *s;

	if (key >= IDS) {
		ft_symbol_lookup(c->trace->symbols, key, &symbol);
		row->name = symbol.name;
		row->module = symbol.module;
		return;
	}
	s = &c->sources[c->trace->source[key] - 1];
	row->name = s->name;
	row->file = s->file;
}

int fti_counter_trace_rows(struct ft_counter *c, struct ft_run *r)
{
	struct fti_counter_trace *t = c->trace;
	struct ft_counter_row row = { .name = "[other]", .count = ft_count_other(t->sums) };
	struct ft_count_entry *list;
	ssize_t n = ft_count_top(t->sums, SIZE_MAX, &list);
	int err;

	(void)r;
	if (n < 0)
		return n;
	err = fti_counter_row(c, &row);
	for (ssize_t i = 0; i < n && !err; i++) {
		row = (struct ft_counter_row){ .count = list[i].sum, .pid = (int)list[i].key[1] };
		name_row(c, &row, list[i].key[0]);
		if (t->processes)
			snprintf(row.comm, sizeof(row.comm), "%s",
				 ft_comms_get(fti_processes_comms(t->processes), row.pid));
		err = fti_counter_row(c, &row);
	}
	free(list);
	ft_count_clear(t->sums);
	return err;
}

void fti_counter_trace_free(struct fti_counter_trace *t)
{
	if (!t)
		return;
	for (size_t i = 0; t->systems && t->systems[i]; i++)
		free((char *)t->systems[i]);
	free(t->systems);
	free(t->source);
	fti_processes_close(t->processes);
	ft_follow_close(t->functions);
	ft_follow_close(t->events);
	ft_count_free(t->sums);
	free(t);
}
