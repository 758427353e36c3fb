/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * funcgraph: the functions that kernel functions call, with durations, as a graph.
 *
 * Sets the function_graph tracer on the named functions and prints its records in the kernel's own
 * layout.  Costs tens of microseconds a traced call with many children: choose quiet functions, or
 * limit with -m, -p and -L.  After perf-tools' funcgraph by Brendan Gregg.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/follow.h"
#include "ftrace/graph.h"
#include "ftrace/kernel.h"
#include "ftrace/tool.h"

static struct {
	bool all, on_cpu, no_duration, header, proc, abstime, tail, no_irqs, retval;
	uint64_t depth, max_calls;
	struct ft_follow_opt tasks;
	struct ft_opt_list exclude;

	const struct ft_symbols *symbols;
	struct ft_comms	  *comms;
	struct ft_graph	  *graph;
	struct ft_graph_roots *roots;
	struct ft_follow  *follow;
	int		  *inside;	/* threads within an outermost call, for --max-calls */
	size_t		   inside_count;
	uint64_t	   calls;	/* outermost ones seen from entry to return */
} o;

static const struct ft_opt options[] = {
	FT_FLAG('a', "all", &o.all, "all info, same as -HPt"),
	FT_FLAG('C', "on-cpu", &o.on_cpu, "durations without the time asleep"),
	FT_FLAG('D', "no-duration", &o.no_duration, "do not show durations"),
	FT_FLAG('H', "header", &o.header, "show column headings"),
	FT_ARG('m', "max-depth", FT_OPT_UINT, &o.depth, "DEPTH", "functions down to this depth only",
	  .min = 0, .max = 200),
	FT_FOLLOW_OPTIONS(o.tasks),
	FT_FLAG('P', "proc", &o.proc, "show process names and thread IDs"),
	FT_FLAG('t', "time", &o.abstime, "show time stamps"),
	FT_FLAG('T', "tail", &o.tail, "show the function's name at its end, too"),
	FT_ARG(0, "exclude", FT_OPT_LIST, &o.exclude, "PATTERN", "functions not to trace; may be repeated",),
	FT_FLAG(0, "no-irqs", &o.no_irqs, "leave out what runs in interrupts"),
	FT_FLAG(0, "retval", &o.retval, "show return values (kernel 6.5 and later)"),
	FT_ARG(0, "max-calls", FT_OPT_UINT, &o.max_calls, "N", "end after N outermost calls",
	  .min = 1),
	{ 0 }
};

enum { TIME, CPU, COMM, TID, KIND, DEPTH, FUNC, MODULE, DURATION, RETVAL };

static const struct ft_column columns[] = {
	[TIME]	   = FT_COLUMN("TIME", "time_s", 0, FT_COL_TIME),
	[CPU]	   = FT_COLUMN("CPU", "cpu", 0, FT_COL_INT),
	[COMM]	   = FT_COLUMN("COMM", "comm", 0, FT_COL_STR),
	[TID]	   = FT_COLUMN("TID", "tid", 0, FT_COL_INT),
	[KIND]	   = FT_COLUMN("KIND", "kind", 0, FT_COL_STR),
	[DEPTH]	   = FT_COLUMN("DEPTH", "depth", 0, FT_COL_INT),
	[FUNC]	   = FT_COLUMN("FUNCTION", "function", 0, FT_COL_STR),
	[MODULE]   = FT_COLUMN("MODULE", "module", 0, FT_COL_STR),
	[DURATION] = FT_COLUMN("DURATION", "duration_us", 0, FT_COL_US),
	[RETVAL]   = FT_COLUMN("RETVAL", "retval", 0, FT_COL_INT),
	{ 0 }
};

static const char *const examples[] = {
	"funcgraph do_nanosleep", "calls of do_nanosleep(), and what it calls",
	"funcgraph -m 3 -Htp 198 vfs_read", "for process 198, three levels deep, with times",
	"funcgraph -d 1 --json vfs_fsync", "for one second, a JSON object a line",
	"funcgraph 'ext4_sync*' -- sync", "what one command does",
	NULL
};

static const char *const systems[] = { "ftrace", FT_FOLLOW_SYSTEM, NULL };

static int check(struct ft_run *r)
{
	ft_follow_check(&r->tool->spec, &r->opt, &o.tasks);
	if (o.all)
		o.header = o.proc = o.abstime = true;
	return 0;
}

/* -- setup: what is recorded ------------------------------------------------------------------- */

static int set_functions(struct ft_session *s, const char *const *functions, size_t count)
{
	int err = ft_session_set_functions(s, "set_graph_function", true, functions, count);

	/* One level deep, no other function need be patched: the same records for far less. */
	if (!err)
		err = ft_session_set_functions(s, "set_ftrace_filter", false, functions,
					       o.depth == 1 ? count : 0);
	if (!err)
		err = ft_session_set_functions(s, "set_ftrace_notrace", false, o.exclude.item,
					       o.exclude.count);
	if (!err)
		err = ft_session_clear_global(s, "set_graph_notrace");
	return err;
}

static int check_retval(struct ft_session *s)
{
	return ft_graph_has_retval(s) ? 0 :
	       ft_fail(s, -EOPNOTSUPP, "this kernel does not record return values "
		       "(6.5 and later, CONFIG_FUNCTION_GRAPH_RETVAL)");
}

static int setup(struct ft_run *r)
{
	struct ft_session *s = r->session;
	char depth[16];
	int err;

	snprintf(depth, sizeof(depth), "%u", (unsigned int)o.depth);
	err = o.retval ? check_retval(s) : 0;
	if (!err)
		err = set_functions(s, (const char *const *)r->opt.operands, r->opt.operand_count);
	if (!err)
		err = ft_follow_set(&o.follow, s, FT_FOLLOW_FUNCTIONS, &o.tasks, r->command_pid);
	if (!err)
		err = ft_tool_symbols(r, &o.symbols);
	/* Before the tracer: it looks at it when it starts. */
	if (!err)
		err = ft_session_set_thresh(s, 0);
	if (!err)
		err = ft_session_set_global(s, "max_graph_depth", depth);
	if (!err)
		err = ft_session_set(s, "current_tracer", "function_graph");
	/* After the tracer: its options are there only while it is current. */
	if (!err)
		err = ft_tool_option(r, "sleep-time", !o.on_cpu, o.on_cpu);
	if (!err)
		err = ft_tool_option(r, "funcgraph-irqs", !o.no_irqs, o.no_irqs);
	return err;
}

/* -- events to rows ---------------------------------------------------------------------------- */

static int open_roots(struct ft_run *r)
{
	char *names = ft_session_read_global(r->session, "set_graph_function");
	int err = names ? ft_graph_roots_new(&o.roots, r->events, o.symbols, names) : -errno;

	free(names);
	return err;
}

static int ready(struct ft_run *r)
{
	const char *tracefs = ft_session_tracefs(r->session);
	struct ft_graph_config config = {
		.cpu = true, .overhead = true, .irqs = true,
		.proc = o.proc, .abstime = o.abstime, .duration = !o.no_duration, .tail = o.tail,
		.retval = o.retval, .max_depth = o.depth,
		.old_marks = !ft_session_has_global(r->session, "options/funcgraph-tail"),
		.wall = r->opt.wall ? ft_tool_wall : NULL, .wall_arg = r,
	};
	const char *text;
	size_t len;
	int err;

	err = ft_comms_open(&o.comms, tracefs);
	if (!err)
		err = ft_graph_new(&o.graph, r->events, o.symbols, o.comms, &config);
	if (!err)
		err = open_roots(r);
	if (err)
		return ft_fail(r->session, err, "cannot decode this kernel's function_graph records: %s",
			       strerror(-err));
	err = ft_follow_ready(o.follow, r->events);
	if (err)
		return err;
	snprintf(r->what, sizeof(r->what), "%s%s", r->opt.operands[0],
		 r->opt.operand_count > 1 ? " and others" : "");
	if (!o.header)
		return 0;
	text = ft_graph_header(o.graph, &len);
	return ft_out_line(r->out, text, len - 1);
}

static int print_data(struct ft_run *r, const struct ft_graph_row *row)
{
	static const char *const kinds[] = { "entry", "leaf", "return" };
	struct ft_symbol symbol = { .name = "?" };

	ft_out_uint(r->out, TIME, row->ts);
	ft_out_int(r->out, CPU, row->cpu);
	ft_out_str(r->out, COMM, ft_comms_get(o.comms, row->tid));
	ft_out_int(r->out, TID, row->tid);
	ft_out_str(r->out, KIND, kinds[row->kind]);
	ft_out_int(r->out, DEPTH, row->depth);
	ft_symbol_lookup(o.symbols, row->func, &symbol);
	ft_out_str(r->out, FUNC, symbol.name);
	if (symbol.module)
		ft_out_str(r->out, MODULE, symbol.module);
	if (row->has_duration)
		ft_out_uint(r->out, DURATION, row->duration_ns);
	if (o.retval && row->has_retval)
		ft_out_int(r->out, RETVAL, row->retval);
	return ft_out_end(r->out);
}

static int print_text(struct ft_run *r)
{
	size_t len;
	const char *text = ft_graph_text(o.graph, &len);

	return len ? ft_out_line(r->out, text, len - 1) : 0;
}

/* Returns of calls that were running before have no entry here, and do not count. */
static int count_call(const struct ft_graph_row *row)
{
	size_t i = 0;
	int *more;

	while (i < o.inside_count && o.inside[i] != row->tid)
		i++;
	if (row->kind == FT_GRAPH_ENTRY && i == o.inside_count) {
		more = realloc(o.inside, (i + 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		o.inside = more;
		o.inside[o.inside_count++] = row->tid;
	} else if (row->kind == FT_GRAPH_RETURN && i < o.inside_count) {
		o.inside[i] = o.inside[--o.inside_count];
		o.calls++;
	}
	o.calls += row->kind == FT_GRAPH_LEAF;
	return 0;
}

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	const struct ft_graph_row *row;
	struct ft_event event = *e, next;
	bool has_next;
	int n;

	if (!ft_follow_event(o.follow, e) || !ft_graph_roots_event(o.roots, &event))
		return 0;
	has_next = ft_stream_peek(r->stream, e->cpu, &next);
	n = ft_graph_event(o.graph, &event, has_next ? &next : NULL);
	if (n <= 0)
		return n;
	r->rows++;
	row = ft_graph_row(o.graph);
	n = ft_out_is_text(r->out) ? print_text(r) : print_data(r, row);
	if (n)
		return n;
	if (o.max_calls && row->depth == 0)
		n = count_call(row);
	return n ? n : o.max_calls && o.calls >= o.max_calls;
}

static int on_loss(struct ft_run *r, int cpu)
{
	(void)r;
	ft_graph_lost(o.graph, cpu);
	ft_graph_roots_lost(o.roots);
	return 0;
}

static int finish(struct ft_run *r)
{
	ft_tool_nothing(r, o.follow);
	return 0;
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_graph_free(o.graph);
	ft_graph_roots_free(o.roots);
	ft_follow_close(o.follow);
	ft_comms_close(o.comms);
	free(o.inside);
}

const struct ft_tool tool_funcgraph = {
	.spec = {
		.tool = "funcgraph",
		.summary = "trace the functions that kernel functions call, with durations",
		.operands = "funcstring...",
		.min_operands = 1,
		.command = true,
		.trace = true,
		.duration_letter = 'd',
		.options = options,
		.examples = examples,
	},
	.tracer	  = "function_graph",
	.systems  = systems,
	.columns  = columns,
	.check	  = check,
	.setup	  = setup,
	.ready	  = ready,
	.on_event = on_event,
	.on_loss  = on_loss,
	.finish	  = finish,
	.release  = release,
};
