/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * funcslower: calls of functions that take longer than a limit.
 *
 * Kernel functions: the function_graph tracer with tracing_thresh, so that the kernel itself leaves
 * out what is fast; about 3 us a call.  Functions of programs and libraries, and whatever wants
 * arguments or stacks: an entry and a return probe each, put together and compared here; every call
 * is recorded then.  After perf-tools' funcslower by Brendan Gregg.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/call.h"
#include "ftrace/follow.h"
#include "ftrace/graph.h"
#include "ftrace/kernel.h"
#include "ftrace/probe.h"
#include "ftrace/stack.h"
#include "ftrace/tool.h"
#include "ftrace/usym.h"

static struct {
	bool all, on_cpu, header, proc, abstime, millis, micros, stack, retval;
	uint64_t args;
	struct ft_follow_opt tasks;
	struct ft_opt_list exclude;

	uint64_t	  min_ns;
	char		  limit[72];	/* it, as given, with its unit */
	struct ft_target *target;
	int		  functions;	/* operands without the last */
	bool		  kernel, user;	/* whose */
	bool		  pair;		/* the way: entry and return probes */

	const struct ft_symbols *symbols;
	struct ft_comms	  *comms;
	struct ft_follow  *follow;
	struct ft_graph	  *graph;
	struct ft_calls	  *calls;
	struct ft_stacks  *stacks;
	struct ft_usyms	  *usyms;
	struct ft_ustacks *ustacks;
} o;

enum { ONE_UNIT = 2 };	/* FT_FOLLOW_OPTIONS() has 1 */

static const struct ft_opt options[] = {
	FT_FLAG('a', "all", &o.all, "all info, same as -HPt"),
	FT_FLAG('C', "on-cpu", &o.on_cpu, "durations without the time asleep"),
	FT_FLAG('H', "header", &o.header, "show column headings"),
	FT_FOLLOW_OPTIONS(o.tasks),
	FT_FLAG('P', "proc", &o.proc, "show process names and thread IDs"),
	FT_FLAG('t', "time", &o.abstime, "show time stamps"),
	{ .letter = 'u', .name = "us", .type = FT_OPT_FLAG, .value = &o.micros,
	  .help = "latency is in microseconds (the default)", .excludes = ONE_UNIT },
	{ .letter = 'm', .name = "ms", .type = FT_OPT_FLAG, .value = &o.millis,
	  .help = "latency is in milliseconds", .excludes = ONE_UNIT },
	FT_FLAG(0, "stack", &o.stack, "show from where the function was called"),
	FT_ARG(0, "args", FT_OPT_UINT, &o.args, "N", "show the first N arguments", .min = 1,
	  .max = FT_CALL_ARGS_MAX),
	FT_FLAG(0, "retval", &o.retval, "show return values"),
	FT_ARG(0, "exclude", FT_OPT_LIST, &o.exclude, "PATTERN",
	  "functions not to trace; may be repeated",),
	{ 0 }
};

enum { TIME, CPU, TASK, COMM, TID, DURATION, CALL, FUNC, MODULE, PATH, ARGS, RET, RETVAL, STACK };

/* check() hides those that are not asked for. */
static struct ft_column columns[] = {
	[TIME]	   = FT_COLUMN("TIME", "time_s", 14, FT_COL_TIME),
	[CPU]	   = FT_COLUMN("CPU", "cpu", 3, FT_COL_INT),
	[TASK]	   = FT_COLUMN("TASK-TID", NULL, -22, FT_COL_STR),
	[COMM]	   = FT_HIDDEN("COMM", "comm", FT_COL_STR),
	[TID]	   = FT_HIDDEN("TID", "tid", FT_COL_INT),
	[DURATION] = FT_COLUMN("DURATION_US", "duration_us", 12, FT_COL_US),
	[CALL]	   = FT_COLUMN("FUNCTION", NULL, -32, FT_COL_STR),
	[FUNC]	   = FT_HIDDEN("FUNCTION", "function", FT_COL_STR),
	[MODULE]   = FT_HIDDEN("MODULE", "module", FT_COL_STR),
	[PATH]	   = FT_HIDDEN("FILE", "file", FT_COL_STR),
	[ARGS]	   = FT_COLUMN("ARGS", "args", -20, FT_COL_STR),
	[RET]	   = FT_COLUMN("RETVAL", NULL, -8, FT_COL_STR),
	[RETVAL]   = FT_HIDDEN("RETVAL", "retval", FT_COL_INT),
	[STACK]	   = FT_HIDDEN("STACK", "stack", FT_COL_STR),
	{ 0 }
};

static const char *const examples[] = {
	"funcslower vfs_read 10000", "calls of vfs_read() that take 10 ms and more",
	"funcslower -aC vfs_read 1ms", "1 ms and more of CPU time, with all info",
	"funcslower -p 198 --args 3 --stack vfs_write 500us", "of process 198, how and from where",
	"funcslower 'libc:*printf' 100 -- ls -l /", "functions of a library, of one command",
	"funcslower --json -d 10 '*_fsync' 50ms", "for ten seconds, a JSON object a line",
	NULL
};

static const char *const systems[] = { "ftrace", FT_FOLLOW_SYSTEM, NULL };

/* -- the command line -------------------------------------------------------------------------- */

static void parse_latency(const struct ft_opt_spec *spec, const char *text)
{
	const char *unit = o.millis ? "ms" : "us";
	char number[64];
	bool plain = text[strspn(text, "0123456789.")] == 0;
	int err = -EINVAL;

	if (snprintf(number, sizeof(number), "%s%s", text, plain ? unit : "") < (int)sizeof(number))
		err = ft_parse_seconds(number, &o.min_ns);
	if (err == -EINVAL)
		ft_opt_error(spec, "latency '%s': not a time (like 10000, 1.5ms, 2s)", text);
	/* The kernel's own unit; and 0 would be no limit. */
	if (err || o.min_ns < 1000)
		ft_opt_error(spec, "latency '%s': out of range (1us to 290 years)", text);
	snprintf(o.limit, sizeof(o.limit), "%s%s%s", text, plain ? " " : "", plain ? unit : "");
}

static void parse_targets(const struct ft_run *r)
{
	const struct ft_opt_spec *spec = &r->tool->spec;
	char why[FT_TARGET_WHY];

	o.functions = r->opt.operand_count - 1;
	parse_latency(spec, r->opt.operands[o.functions]);
	o.target = calloc(o.functions, sizeof(*o.target));
	for (int i = 0; i < o.functions; i++) {
		struct ft_target *t = &o.target[i];
		int err = o.target ? ft_target_parse(t, r->opt.operands[i], why) : -ENOMEM;

		if (err)
			ft_opt_error(spec, "cannot trace '%s': %s", r->opt.operands[i],
				     err == -EINVAL ? why : strerror(-err));
		if (t->kind == FT_TARGET_TRACEPOINT)
			ft_opt_error(spec, "cannot trace '%s': a tracepoint has no duration",
				     r->opt.operands[i]);
		o.user |= t->kind == FT_TARGET_USER;
		o.kernel |= t->kind == FT_TARGET_KERNEL;
	}
}

static int check(struct ft_run *r)
{
	const struct ft_opt_spec *spec = &r->tool->spec;

	parse_targets(r);
	o.pair = o.user || o.args || o.stack;
	if (o.pair && o.on_cpu)
		ft_opt_error(spec, "option '-C' is for kernel functions without --args and "
			     "--stack");
	/* The option for user stacks is the buffer's: up to 5.13 the kernel would count the page
	 * faults they make in a kernel probe as missed hits. */
	if (o.stack && o.kernel && o.user)
		ft_opt_error(spec, "option '--stack' is for kernel functions or those of programs, "
			     "not both");
	ft_follow_check(spec, &r->opt, &o.tasks);
	if (o.all)
		o.header = o.proc = o.abstime = true;
	columns[TIME].hidden = !o.abstime;
	columns[TASK].hidden = !o.proc;
	columns[ARGS].hidden = !o.args;
	columns[RET].hidden = !o.retval;
	return 0;
}

/* -- the way ----------------------------------------------------------------------------------- */

static int check_probes(struct ft_session *s)
{
	int err = o.kernel ? ft_probes_check(s, FT_PROBE_KERNEL_RETURN) : 0;

	return !err && o.user ? ft_probes_check(s, FT_PROBE_USER_RETURN) : err;
}

static int plan(struct ft_run *r)
{
	struct ft_session *s = r->session;
	const char *why = o.user ? "functions of programs" : o.args ? "--args" : "--stack";

	if (!o.pair && o.retval && !ft_graph_has_retval(s)) {
		o.pair = true;
		why = "this kernel's function_graph records no return values";
	} else if (!o.pair && !ft_kernel_has_tracer(ft_session_tracefs(s), "function_graph")) {
		o.pair = true;
		why = "this kernel has no function_graph tracer";
	}
	if (o.pair && o.on_cpu)
		return ft_fail(s, -EOPNOTSUPP, "cannot leave out the time asleep: %s", why);
	r->tracer = o.pair ? NULL : "function_graph";
	r->uprobes = o.user;
	if (o.pair)
		ft_session_say(s, "taking entry and return probes, paired here (%s)", why);
	else
		ft_session_say(s, "taking function_graph with tracing_thresh: the kernel compares");
	return o.pair ? check_probes(s) : 0;
}

/* -- setup of the graph ------------------------------------------------------------------------ */

static int set_functions(struct ft_run *r)
{
	struct ft_session *s = r->session;
	int err = ft_session_clear_global(s, "set_graph_function");

	if (!err)
		err = ft_session_clear_global(s, "set_graph_notrace");
	if (!err)
		err = ft_session_set_functions(s, "set_ftrace_filter", false,
					       (const char *const *)r->opt.operands, o.functions);
	if (!err)
		err = ft_session_set_functions(s, "set_ftrace_notrace", false, o.exclude.item,
					       o.exclude.count);
	return err;
}

static int setup_graph(struct ft_run *r)
{
	struct ft_session *s = r->session;
	int err = set_functions(r);

	if (!err)
		err = ft_follow_set(&o.follow, s, FT_FOLLOW_FUNCTIONS, &o.tasks, r->command_pid);
	if (!err)
		err = ft_tool_symbols(r, &o.symbols);
	if (!err)
		err = ft_session_set_global(s, "max_graph_depth", "0");
	/* Before the tracer: it looks at it when it starts. */
	if (!err)
		err = ft_session_set_thresh(s, o.min_ns / 1000);
	if (!err)
		err = ft_session_set(s, "current_tracer", "function_graph");
	/* After the tracer: its options are there only while it is current. */
	if (!err)
		err = ft_tool_option(r, "sleep-time", !o.on_cpu, o.on_cpu);
	if (!err)
		err = ft_tool_option(r, "funcgraph-irqs", true, false);
	return err;
}

/* -- setup of probes --------------------------------------------------------------------------- */

static int setup_pair(struct ft_run *r)
{
	struct ft_session *s = r->session;
	struct ft_calls_config config = {
		.args = (unsigned int)o.args, .retval = o.retval, .stack = o.stack,
		.pid = o.tasks.pid ? o.tasks.pid : o.tasks.tid,
		.exclude = o.exclude.item, .exclude_count = o.exclude.count,
	};
	int err = ft_calls_open(&o.calls, s, &config);

	for (int i = 0; i < o.functions && !err; i++)
		err = ft_calls_add(o.calls, &o.target[i]);
	if (!err)
		err = ft_follow_set(&o.follow, s, FT_FOLLOW_EVENTS, &o.tasks, r->command_pid);
	if (!err && o.stack && o.kernel)
		err = ft_tool_symbols(r, &o.symbols);
	if (!err && o.stack)
		err = ft_tool_option(r, o.user ? "userstacktrace" : "stacktrace", true, true);
	if (!err)
		err = ft_calls_enable(o.calls);
	if (!err)
		r->systems = ft_calls_systems(o.calls);
	return err;
}

static int setup(struct ft_run *r)
{
	return o.pair ? setup_pair(r) : setup_graph(r);
}

/* -- ready to record --------------------------------------------------------------------------- */

static int ready_graph(struct ft_run *r)
{
	struct ft_graph_config config = {
		.cpu = true, .overhead = true, .irqs = true, .duration = true, .thresh = true,
		.proc = o.proc, .abstime = o.abstime, .retval = o.retval,
		.old_marks = !ft_session_has_global(r->session, "options/funcgraph-tail"),
		.wall = r->opt.wall ? ft_tool_wall : NULL, .wall_arg = r,
	};
	const char *text;
	size_t len;
	int err = ft_graph_new(&o.graph, r->events, o.symbols, o.comms, &config);

	if (err)
		return ft_fail(r->session, err, "cannot decode this kernel's function_graph "
			       "records: %s", strerror(-err));
	if (!o.header)
		return 0;
	text = ft_graph_header(o.graph, &len);
	return ft_out_line(r->out, text, len - 1);
}

static int ready_pair(struct ft_run *r)
{
	struct ft_usym symbol;
	int err = ft_calls_ready(o.calls, r->events);

	if (err || !o.stack)
		return err;
	err = o.user ? ft_usyms_open(&o.usyms) : ft_stacks_new(&o.stacks, r->events, o.symbols);
	if (!err && o.user)
		err = ft_ustacks_new(&o.ustacks, r->events, o.usyms);
	/* The sooner a process is looked at, the surer it is there. */
	if (!err && o.user && o.tasks.pid)
		ft_usyms_lookup(o.usyms, o.tasks.pid, 0, &symbol);
	return err ? ft_fail(r->session, err, "cannot decode this kernel's stacks: %s",
			     strerror(-err)) : 0;
}

static int ready(struct ft_run *r)
{
	int err = ft_comms_open(&o.comms, ft_session_tracefs(r->session));

	if (!err)
		err = o.pair ? ready_pair(r) : ready_graph(r);
	if (!err)
		err = ft_follow_ready(o.follow, r->events);
	snprintf(r->what, sizeof(r->what), "%s%s slower than %s", r->opt.operands[0],
		 o.functions > 1 ? " and others" : "", o.limit);
	return err;
}

/* -- rows of the graph ------------------------------------------------------------------------- */

static void set_task(struct ft_run *r, uint64_t ts, int cpu, int tid, uint64_t duration_ns)
{
	ft_out_uint(r->out, TIME, ts);
	ft_out_int(r->out, CPU, cpu);
	ft_out_str(r->out, COMM, ft_comms_get(o.comms, tid));
	ft_out_int(r->out, TID, tid);
	ft_out_uint(r->out, DURATION, duration_ns);
}

static int print_data(struct ft_run *r, const struct ft_graph_row *row)
{
	struct ft_symbol symbol = { .name = "?" };

	set_task(r, row->ts, row->cpu, row->tid, row->duration_ns);
	ft_symbol_lookup(o.symbols, row->func, &symbol);
	ft_out_str(r->out, FUNC, symbol.name);
	if (symbol.module)
		ft_out_str(r->out, MODULE, symbol.module);
	if (o.retval && row->has_retval)
		ft_out_int(r->out, RETVAL, row->retval);
	return ft_out_end(r->out);
}

/* Where each line has its thread, the kernel's three lines and a blank one of a change of threads
 * say nothing new. */
static int print_text(struct ft_run *r)
{
	size_t len;
	const char *text = ft_graph_text(o.graph, &len);
	const char *change = o.proc ? memmem(text, len, "\n\n", 2) : NULL;

	if (change) {
		len -= change + 2 - text;
		text = change + 2;
	}
	return len ? ft_out_line(r->out, text, len - 1) : 0;
}

static int on_graph_event(struct ft_run *r, const struct ft_event *e)
{
	const struct ft_graph_row *row;
	int n = ft_graph_event(o.graph, e, NULL);

	if (n <= 0)
		return n;
	row = ft_graph_row(o.graph);
	/* The kernel compares whole microseconds. */
	if (row->has_duration && row->duration_ns < o.min_ns)
		return 0;
	r->rows++;
	return ft_out_is_text(r->out) ? print_text(r) : print_data(r, row);
}

/* -- rows of probes ---------------------------------------------------------------------------- */

static void set_function(struct ft_run *r, const struct ft_call *call)
{
	char text[256];

	ft_out_str(r->out, FUNC, call->function->name);
	if (call->function->module)
		ft_out_str(r->out, MODULE, call->function->module);
	if (call->function->file)
		ft_out_str(r->out, PATH, call->function->file);
	ft_call_name(call, text, sizeof(text));
	ft_out_str(r->out, CALL, text);
	ft_call_retval(call, text, sizeof(text));
	ft_out_str(r->out, RET, text);
	if (!o.args)
		return;
	ft_call_args(call, text, sizeof(text));
	ft_out_str(r->out, ARGS, text);
}

/* Into the row, and its text; valid until the next stack. */
static const char *set_stack(struct ft_run *r, const struct ft_event *stack, size_t *len)
{
	const uint64_t *frames;
	size_t count;
	int pid;

	if (o.stacks) {
		count = ft_stacks_frames(o.stacks, stack, 0, &frames);
		ft_out_str(r->out, STACK, ft_stacks_list(o.stacks, frames, count));
		return ft_stacks_text(o.stacks, stack, len);
	}
	count = ft_ustacks_frames(o.ustacks, stack, &pid, &frames);
	ft_out_str(r->out, STACK, ft_ustacks_list(o.ustacks, pid, frames, count));
	return ft_ustacks_text(o.ustacks, stack, len);
}

static int print_call(struct ft_run *r, const struct ft_call *call)
{
	const char *stack = NULL;
	size_t len = 0;
	char text[256];
	int err;

	set_task(r, call->ended, call->cpu, call->tid, call->ended - call->began);
	snprintf(text, sizeof(text), "%s-%d", ft_comms_get(o.comms, call->tid), call->tid);
	ft_out_str(r->out, TASK, text);
	set_function(r, call);
	if (o.retval)
		ft_out_int(r->out, RETVAL, call->retval);
	if (call->stack.size)
		stack = set_stack(r, &call->stack, &len);
	err = ft_out_end(r->out);
	return err || !len ? err : ft_out_line(r->out, stack, len - 1);
}

/* A process is looked up while it lives, which it may not when a call has returned. */
static void look_up(const struct ft_event *e)
{
	struct ft_usym symbol;
	const uint64_t *frames;
	int pid;

	if (o.ustacks && ft_ustacks_is(o.ustacks, e) &&
	    ft_ustacks_frames(o.ustacks, e, &pid, &frames))
		ft_usyms_lookup(o.usyms, pid, frames[0], &symbol);
}

static int on_pair_event(struct ft_run *r, const struct ft_event *e)
{
	const struct ft_call *call;
	int n;

	look_up(e);
	n = ft_calls_event(o.calls, e);
	if (n <= 0)
		return n;
	call = ft_calls_last(o.calls);
	if (call->ended - call->began < o.min_ns)
		return 0;
	r->rows++;
	return print_call(r, call);
}

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	if (!ft_follow_event(o.follow, e))
		return 0;
	return o.pair ? on_pair_event(r, e) : on_graph_event(r, e);
}

static int on_loss(struct ft_run *r, int cpu)
{
	(void)r;
	if (o.pair)
		ft_calls_lost(o.calls, cpu);
	else
		ft_graph_lost(o.graph, cpu);
	return 0;
}

/* -- the end ----------------------------------------------------------------------------------- */

static int finish(struct ft_run *r)
{
	struct ft_calls_totals totals = { .missed = 0 };
	int err = 0;

	if (o.pair) {
		err = ft_calls_totals(o.calls, o.min_ns, &totals);
		if (!err)
			err = ft_calls_report(&totals, r);
	}
	if (err || r->rows)
		return err;
	if (totals.pairs.paired)
		ft_tool_note(r, "nothing to show: none of %" PRIu64 " calls took %s",
			     totals.pairs.paired, o.limit);
	else if (totals.pairs.open)
		ft_tool_note(r, "nothing to show: no call has returned");
	else
		ft_tool_note(r, "nothing to show: '%s'%s was not called%s%s", r->opt.operands[0],
			     o.functions > 1 ? " (and the others)" : "",
			     o.follow ? " by the tasks asked for" : "",
			     o.pair ? "" : ", or never slow");
	return 0;
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_graph_free(o.graph);
	ft_calls_close(o.calls);
	ft_stacks_free(o.stacks);
	ft_ustacks_free(o.ustacks);
	ft_usyms_close(o.usyms);
	ft_follow_close(o.follow);
	ft_comms_close(o.comms);
	for (int i = 0; o.target && i < o.functions; i++)
		ft_target_free(&o.target[i]);
	free(o.target);
}

const struct ft_tool tool_funcslower = {
	.spec = {
		.tool = "funcslower",
		.summary = "trace calls of functions that are slower than a limit",
		.operands = "funcstring... latency",
		.min_operands = 2,
		.command = true,
		.trace = true,
		.duration_letter = 'd',
		.options = options,
		.examples = examples,
	},
	.tracer	  = "function_graph",
	.systems  = systems,
	.columns  = columns,
	.header	  = &o.header,
	.check	  = check,
	.plan	  = plan,
	.setup	  = setup,
	.ready	  = ready,
	.on_event = on_event,
	.on_loss  = on_loss,
	.finish	  = finish,
	.release  = release,
};
