/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpoint: trace tracepoints: a line for each event, with all that the kernel tells of it.
 *
 * Enables the named events in a private instance and shows their records as the kernel would, as
 * JSON, or summed up by a field.  Costs a microsecond or two an event, with stacks several.  After
 * perf-tools' tpoint by Brendan Gregg.
 */
#include <stdio.h>

#include "ftrace/filter.h"
#include "ftrace/watch.h"

static struct {
	struct ft_watch_opt watch;
	bool list, view;
	int  points;		/* of the operands; one more may be the filter */
	struct ft_column columns[FT_WATCH_COLUMNS + 1];
} o;

static const struct ft_opt options[] = {
	FT_FLAG('l', "list", &o.list, "list tracepoints, with -v their fields; do not trace"),
	FT_FLAG('v', "view", &o.view, "show the tracepoints' format files; do not trace"),
	FT_WATCH_OPTIONS(o.watch),
	{ 0 }
};

static const char *const examples[] = {
	"tpoint -l 'block:*'", "list tracepoints",
	"tpoint -v sched:sched_switch", "fields that filters can use",
	"tpoint block:block_rq_issue 'bytes > 65536'", "large requests",
	"tpoint -s -d 1 --json block:block_rq_issue", "with the kernel's stack, as JSON",
	"tpoint --count id -d 5 raw_syscalls:sys_enter", "system calls by their number",
	"tpoint --hist bytes -i 1 block:block_rq_issue", "sizes of requests, each second",
	"tpoint 'signal:*' -- sh -c 'kill $$'", "what one command does",
	NULL
};

static void check_operands(struct ft_run *r)
{
	const int count = r->opt.operand_count;
	int n = 0;

	while (n < count && ft_filter_is_event(r->opt.operands[n]))
		n++;
	o.points = n;
	if (n == count)
		return;
	if (n < count - 1 || !n)
		ft_opt_error(&r->tool->spec, "'%s': a tracepoint is written system:event",
			     r->opt.operands[n]);
	if (o.watch.filter)
		ft_opt_error(&r->tool->spec, "'%s': there is a filter already", r->opt.operands[n]);
	o.watch.filter = r->opt.operands[n];
}

static int list(struct ft_run *r)
{
	return ft_watch_list(r, o.list, o.view);
}

static int check(struct ft_run *r)
{
	o.watch.snapshots = true;
	ft_watch_check(r, &o.watch, o.columns);
	if (o.list || (o.view && r->opt.operand_count)) {
		r->run = list;
		for (int i = 0; i < FT_WATCH_COLUMNS; i++)
			if (i != FT_WATCH_EVENT && (i != FT_WATCH_FIELDS || !o.view))
				o.columns[i].key = NULL;
		return 0;
	}
	if (!r->opt.operand_count)
		ft_opt_error(&r->tool->spec, "missing operand: %s", r->tool->spec.operands);
	check_operands(r);
	return 0;
}

/* -- tracing ----------------------------------------------------------------------------------- */

static int plan(struct ft_run *r)
{
	int err = ft_watch_new(r, &o.watch);

	for (int i = 0; i < o.points && !err; i++)
		err = ft_watch_add_tracepoints(r, r->opt.operands[i]);
	/* Triggers act on the top-level buffer alone, up to 5.17, wherever they are set; snapshot
	 * does not. */
	r->top = o.watch.trigger && !r->snapshot;
	return err ? err : ft_watch_plan(r);
}

static int ready(struct ft_run *r)
{
	snprintf(r->what, sizeof(r->what), "%.180s%s", r->opt.operands[0],
		 o.points > 1 ? " and others" : "");
	return ft_watch_ready(r);
}

const struct ft_tool tool_tpoint = {
	.spec = {
		.tool = "tpoint",
		.summary = "trace tracepoints",
		.operands = "tracepoint... [filter]",
		.command = true,
		.trace = true,
		.duration_letter = 'd',
		.options = options,
		.examples = examples,
	},
	.columns     = o.columns,
	.interval_ns = &o.watch.interval_ns,
	.check	     = check,
	.plan	     = plan,
	.setup	     = ft_watch_setup,
	.ready	     = ready,
	.on_event    = ft_watch_event,
	.on_loss     = ft_watch_loss,
	.on_interval = ft_watch_interval,
	.finish	     = ft_watch_finish,
	.release     = ft_watch_free,
};
