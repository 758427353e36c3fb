/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counting by a ring buffer: what is recorded. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter-trace.h"
#include "ftrace/kernel.h"

static bool fits(const struct ft_counter *c, const struct ft_run *r, char *why)
{
	if (c->names_only)
		snprintf(why, FTI_WHY_SIZE, "the kernel does not let functions be chosen");
	else if (c->has[FT_TARGET_KERNEL] &&
		 !ft_kernel_has_tracer(ft_session_tracefs(r->session), "function"))
		snprintf(why, FTI_WHY_SIZE, "this kernel has no 'function' tracer "
			 "(CONFIG_FUNCTION_TRACER)");
	else
		return true;
	return false;
}

static void plan(struct ft_run *r, const struct ft_counter *c)
{
	r->uprobes = c->has[FT_TARGET_USER];
	if (c->has[FT_TARGET_KERNEL])
		r->tracer = "function";
}

/* -- what is recorded -------------------------------------------------------------------------- */

/* The filter first: with none the tracer would take every function. */
int fti_counter_filter(struct ft_counter *c, struct ft_session *s)
{
	int err = ft_session_set_functions(s, "set_ftrace_filter", false, c->kernel,
					   c->kernel_patterns);

	return err ? err : ft_session_set_functions(s, "set_ftrace_notrace", false, c->kernel_not,
						    c->kernel_nots);
}

static int set_tasks(struct ft_counter *c, struct ft_run *r)
{
	const struct ft_follow_opt *tasks = c->config.tasks;
	struct fti_counter_trace *t = c->trace;
	int err = 0;

	if (c->has[FT_TARGET_KERNEL])
		err = ft_follow_set(&t->functions, r->session, FT_FOLLOW_FUNCTIONS, tasks,
				    r->command_pid);
	if (!err && (c->has[FT_TARGET_USER] || c->has[FT_TARGET_TRACEPOINT]))
		err = ft_follow_set(&t->events, r->session, FT_FOLLOW_EVENTS, tasks,
				    r->command_pid);
	if (!err && c->config.by_pid)
		err = fti_processes_record(r->session);
	return err;
}

/* One by one: there may be kprobes in the group, which another rung made. */
static int set_user(struct ft_counter *c, struct ft_run *r)
{
	int err = 0;

	for (size_t i = 0; i < c->source_count && !err; i++) {
		struct fti_source *s = &c->sources[i];

		if (s->kind != FT_TARGET_USER)
			continue;
		err = fti_counter_user_probe(c, r, s);
		if (!err)
			err = ft_session_enable_event(r->session, ft_probes_group(c->probes),
						      ft_probes_event(c->probes, s->probe), NULL);
	}
	return err;
}

const char *fti_event_split(const char *text, char *system, size_t size)
{
	size_t len = strcspn(text, ":");

	snprintf(system, size, "%.*s", (int)len, text);
	return text[len] ? text + len + 1 : "";
}

static int set_tracepoints(struct ft_counter *c, struct ft_session *s)
{
	const char *event;
	char system[128];
	int err = 0;

	for (size_t i = 0; i < c->source_count && !err; i++) {
		if (c->sources[i].kind != FT_TARGET_TRACEPOINT)
			continue;
		event = fti_event_split(c->sources[i].name, system, sizeof(system));
		err = ft_session_enable_event(s, system, event, NULL);
	}
	return err;
}

/* The formats to be read. */
static int set_systems(struct ft_counter *c, struct ft_run *r)
{
	struct fti_counter_trace *t = c->trace;
	size_t n = 0;

	t->systems = calloc(c->source_count + 4, sizeof(*t->systems));
	if (!t->systems)
		return -ENOMEM;
	t->systems[n++] = strdup("ftrace");
	t->systems[n++] = strdup(FT_FOLLOW_SYSTEM);
	if (c->probes)
		t->systems[n++] = strdup(ft_probes_group(c->probes));
	for (size_t i = 0; i < c->source_count; i++) {
		if (c->sources[i].kind == FT_TARGET_TRACEPOINT)
			t->systems[n++] = strdup(c->sources[i].name);
	}
	for (size_t i = 0; i < n; i++) {
		if (!t->systems[i])
			return -ENOMEM;
	}
	r->systems = t->systems;
	return 0;
}

/* Its own options are there only while it is current; 5.14+ can leave out repeated calls. */
static int set_tracer(struct ft_run *r)
{
	static const char *const off[] = { "func_stack_trace", "func-no-repeats" };
	int err = ft_session_set(r->session, "current_tracer", "function");

	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]) && !err; i++)
		err = ft_tool_option(r, off[i], false, false);
	return err;
}

static int setup(struct ft_counter *c, struct ft_run *r)
{
	struct ft_session *s = r->session;
	int err = 0;

	c->trace = calloc(1, sizeof(*c->trace));
	if (!c->trace)
		return -ENOMEM;
	c->trace->function_id = -1;
	if (c->has[FT_TARGET_KERNEL])
		err = fti_counter_filter(c, s);
	if (!err)
		err = set_tasks(c, r);
	if (!err)
		err = set_user(c, r);
	if (!err)
		err = set_systems(c, r);
	/* Before tracing slows this down. */
	if (!err && c->has[FT_TARGET_KERNEL])
		err = ft_tool_symbols(r, &c->trace->symbols);
	if (!err)
		err = set_tracepoints(c, s);
	if (!err && c->has[FT_TARGET_KERNEL])
		err = set_tracer(r);
	return err;
}

const struct fti_rung fti_rung_trace = {
	.name = "trace",
	.way = "records in a ring buffer",
	.fits = fits,
	.plan = plan,
	.setup = setup,
	.ready = fti_counter_trace_ready,
	.rows = fti_counter_trace_rows,
};
