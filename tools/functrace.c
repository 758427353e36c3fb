/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * functrace: one line for each call of kernel functions: who called, when, and from where.
 *
 * Sets the function tracer on the named functions, in a private instance where it may live in one,
 * and prints its records in the kernel's own layout.  Costs about a microsecond a call, --stack ten
 * or more.  After perf-tools' functrace by Brendan Gregg.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/follow.h"
#include "ftrace/function.h"
#include "ftrace/line.h"
#include "ftrace/stack.h"
#include "ftrace/tool.h"

#define CPUS_MAX 8192

/* A call as data.  With a stack it is held until that comes, which is the next record of its CPU. */
struct call {
	bool	 held;
	int	 tid, cpu;
	uint64_t ts, ip, parent;
	char	 flags[FT_LINE_FLAGS_MAX];
	size_t	 flags_len;
};

static struct {
	bool header, stack, folded;
	struct ft_follow_opt tasks;
	struct ft_opt_list exclude;

	bool		     text;
	const struct ft_symbols *symbols;
	struct ft_comms	    *comms;
	struct ft_line	    *line;
	struct ft_functions *functions;
	struct ft_stacks    *stacks;
	struct ft_follow    *follow;
	struct call	    *calls;	/* by CPU */
	int		     calls_room;
} o;

enum { LINES = 2 };

static const struct ft_opt options[] = {
	{ .letter = 'H', .name = "header", .type = FT_OPT_FLAG, .value = &o.header,
	  .help = "show column headings", .excludes = LINES },
	FT_FOLLOW_OPTIONS(o.tasks),
	FT_ARG(0, "exclude", FT_OPT_LIST, &o.exclude, "PATTERN",
	       "functions not to trace; may be repeated",),
	FT_FLAG(0, "stack", &o.stack, "show the kernel stack of each call"),
	{ .name = "folded", .type = FT_OPT_FLAG, .value = &o.folded,
	  .help = "count stacks, and print them at the end for flame graphs", .excludes = LINES },
	{ 0 }
};

enum { TIME, COMM, TID, CPU, FLAGS, FUNC, MODULE, CALLER, CALLER_MODULE, STACK, COUNT };

static const struct ft_column columns[] = {
	[TIME]		= FT_COLUMN("TIME", "time_s", 0, FT_COL_TIME),
	[COMM]		= FT_COLUMN("COMM", "comm", 0, FT_COL_STR),
	[TID]		= FT_COLUMN("TID", "tid", 0, FT_COL_INT),
	[CPU]		= FT_COLUMN("CPU", "cpu", 0, FT_COL_INT),
	[FLAGS]		= FT_COLUMN("FLAGS", "flags", 0, FT_COL_STR),
	[FUNC]		= FT_COLUMN("FUNCTION", "function", 0, FT_COL_STR),
	[MODULE]	= FT_COLUMN("MODULE", "module", 0, FT_COL_STR),
	[CALLER]	= FT_COLUMN("CALLER", "caller", 0, FT_COL_STR),
	[CALLER_MODULE] = FT_COLUMN("CALLER_MODULE", "caller_module", 0, FT_COL_STR),
	[STACK]		= FT_COLUMN("STACK", "stack", 0, FT_COL_STR),
	[COUNT]		= FT_COLUMN("COUNT", "count", 0, FT_COL_UINT),
	{ 0 }
};

static const char *const examples[] = {
	"functrace do_nanosleep", "calls of do_nanosleep()",
	"functrace -p 198 'vfs_*'", "calls of vfs_...() by process 198",
	"functrace --stack -d 1 vfs_fsync_range", "for one second, with the way there",
	"functrace --folded -d 10 submit_bio", "stacks and their counts, after ten seconds",
	"functrace 'ext4_*' -- sync", "what one command calls",
	NULL
};

static const char *const systems[] = { "ftrace", FT_FOLLOW_SYSTEM, NULL };

static int check(struct ft_run *r)
{
	ft_follow_check(&r->tool->spec, &r->opt, &o.tasks);
	if (o.folded && r->opt.wall)
		ft_opt_error(&r->tool->spec, "options '--folded' and '--wall' exclude each other");
	o.stack |= o.folded;
	o.text = !r->opt.json && !r->opt.csv;
	return 0;
}

/* -- setup: what is recorded ------------------------------------------------------------------- */

/* After the tracer: its options are there only while it is current. */
static int set_stack(struct ft_session *s)
{
	int err = ft_session_latch_option(s, "func_stack_trace", o.stack);

	if (err == -ENOENT && o.stack)
		return ft_fail(s, -EOPNOTSUPP, "this kernel has no trace option 'func_stack_trace'");
	return err == -ENOENT ? 0 : err;
}

static int setup(struct ft_run *r)
{
	struct ft_session *s = r->session;
	int err;

	err = ft_session_set_functions(s, "set_ftrace_filter", false,
				       (const char *const *)r->opt.operands, r->opt.operand_count);
	if (!err)
		err = ft_session_set_functions(s, "set_ftrace_notrace", false, o.exclude.item,
					       o.exclude.count);
	if (!err)
		err = ft_follow_set(&o.follow, s, FT_FOLLOW_FUNCTIONS, &o.tasks, r->command_pid);
	if (!err)
		err = ft_tool_symbols(r, &o.symbols);
	if (!err)
		err = ft_session_set(s, "current_tracer", "function");
	return err ? err : set_stack(s);
}

static int ready(struct ft_run *r)
{
	struct ft_line_config config = { .wall = r->opt.wall ? ft_tool_wall : NULL, .wall_arg = r };
	const char *text;
	size_t len;
	int err;

	err = ft_comms_open(&o.comms, ft_session_tracefs(r->session));
	if (!err)
		err = ft_line_open(&o.line, r->session, r->events, o.comms, &config);
	if (!err)
		err = ft_functions_new(&o.functions, r->events, o.symbols);
	if (!err && o.stack)
		err = ft_stacks_new(&o.stacks, r->events, o.symbols);
	if (err)
		return ft_fail(r->session, err, "cannot decode this kernel's function records: %s",
			       strerror(-err));
	err = ft_follow_ready(o.follow, r->events);
	if (err)
		return err;
	snprintf(r->what, sizeof(r->what), "%s%s", r->opt.operands[0],
		 r->opt.operand_count > 1 ? " and others" : "");
	r->totals = o.folded;
	if (!o.header)
		return 0;
	text = ft_line_headings(o.line, &len);
	return ft_out_line(r->out, text, len - 1);
}

/* -- events to rows ---------------------------------------------------------------------------- */

static int print_line(struct ft_run *r, const struct ft_event *e)
{
	char *p = ft_out_room(r->out, FT_LINE_MAX + FT_FUNCTIONS_MAX + 1);

	if (p) {
		p = ft_line_put(o.line, e, p);
		p = ft_functions_put(o.functions, e, p);
		*p++ = '\n';
	}
	return ft_out_commit(r->out, p);
}

static int print_stack(struct ft_run *r, const struct ft_event *e)
{
	static const char title[] = "<stack trace>\n";
	char *p = ft_out_room(r->out, FT_LINE_MAX + sizeof(title));
	const char *text;
	size_t len;

	if (!p)
		return ft_out_commit(r->out, NULL);
	p = mempcpy(ft_line_put(o.line, e, p), title, sizeof(title) - 1);
	text = ft_stacks_text(o.stacks, e, &len);
	ft_out_commit(r->out, p);
	return len ? ft_out_line(r->out, text, len - 1) : 0;
}

static void set_function(struct ft_run *r, uint64_t addr, int name_column, int module_column)
{
	struct ft_function_name name;

	ft_functions_name(o.functions, addr, &name);
	ft_out_strn(r->out, name_column, name.name, name.len);
	if (name.module_len)
		ft_out_strn(r->out, module_column, name.module, name.module_len);
}

static int print_data(struct ft_run *r, const struct call *c, const uint64_t *frames, size_t count)
{
	ft_out_uint(r->out, TIME, c->ts);
	ft_out_str(r->out, COMM, ft_comms_get(o.comms, c->tid));
	ft_out_int(r->out, TID, c->tid);
	ft_out_int(r->out, CPU, c->cpu);
	ft_out_strn(r->out, FLAGS, c->flags, c->flags_len);
	set_function(r, c->ip, FUNC, MODULE);
	if (c->parent)
		set_function(r, c->parent, CALLER, CALLER_MODULE);
	if (count)
		ft_out_str(r->out, STACK, ft_stacks_list(o.stacks, frames, count));
	return ft_out_end(r->out);
}

/* All that will be known of a call is. */
static int end_call(struct ft_run *r, struct call *c, const uint64_t *frames, size_t count)
{
	const uint64_t pair[] = { c->ip, c->parent };

	c->held = false;
	if (!o.folded)
		return print_data(r, c, frames, count);
	if (!count) {
		frames = pair;
		count = c->parent ? 2 : 1;
	}
	return ft_stacks_fold(o.stacks, ft_comms_get(o.comms, c->tid), frames, count);
}

static struct call *call_of(int cpu)
{
	struct call *more;

	if (cpu < 0 || cpu >= CPUS_MAX)
		return NULL;
	if (cpu >= o.calls_room) {
		more = realloc(o.calls, (cpu + 1) * sizeof(*more));
		if (!more)
			return NULL;
		memset(more + o.calls_room, 0, (cpu + 1 - o.calls_room) * sizeof(*more));
		o.calls = more;
		o.calls_room = cpu + 1;
	}
	return &o.calls[cpu];
}

static int take_stack(struct ft_run *r, struct call *c, const struct ft_event *e)
{
	const uint64_t *frames;
	size_t count;

	if (!c->held || c->tid != e->tid)
		return 0;
	count = ft_stacks_frames(o.stacks, e, c->ip, &frames);
	return end_call(r, c, frames, count);
}

/* A stack that has been read already is taken at once, so that rows stay in the order of time. */
static int take_call(struct ft_run *r, const struct ft_event *e)
{
	struct call *c = call_of(e->cpu);
	struct ft_event next;
	int err;

	if (!c)
		return -ENOMEM;
	err = c->held ? end_call(r, c, NULL, 0) : 0;
	*c = (struct call){
		.held = true, .tid = e->tid, .cpu = e->cpu, .ts = e->ts,
		.ip = ft_functions_ip(o.functions, e), .parent = ft_functions_parent(o.functions, e),
	};
	c->flags_len = ft_line_flags(o.line, e, c->flags);
	if (err || (o.stack && !ft_stream_peek(r->stream, e->cpu, &next)))
		return err;
	if (o.stack && ft_stacks_is(o.stacks, &next))
		return take_stack(r, c, &next);
	return end_call(r, c, NULL, 0);
}

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	if (!ft_follow_event(o.follow, e))
		return 0;
	if (ft_functions_is(o.functions, e)) {
		r->rows++;
		return o.text && !o.folded ? print_line(r, e) : take_call(r, e);
	}
	if (!o.stack || !ft_stacks_is(o.stacks, e))
		return 0;
	if (o.text && !o.folded)
		return print_stack(r, e);
	return e->cpu < o.calls_room ? take_stack(r, &o.calls[e->cpu], e) : 0;
}

/* A stack behind a loss may be another call's. */
static int on_loss(struct ft_run *r, int cpu)
{
	return cpu < o.calls_room && o.calls[cpu].held ? end_call(r, &o.calls[cpu], NULL, 0) : 0;
}

static int finish(struct ft_run *r)
{
	int err = 0;

	for (int cpu = 0; cpu < o.calls_room && !err; cpu++)
		err = on_loss(r, cpu);
	if (!err && o.folded)
		err = ft_stacks_print(o.stacks, r->out, COMM, STACK, COUNT);
	ft_tool_nothing(r, o.follow);
	return err;
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_functions_free(o.functions);
	ft_stacks_free(o.stacks);
	ft_line_free(o.line);
	ft_follow_close(o.follow);
	ft_comms_close(o.comms);
	free(o.calls);
}

const struct ft_tool tool_functrace = {
	.spec = {
		.tool = "functrace",
		.summary = "trace calls of kernel functions",
		.operands = "funcstring...",
		.min_operands = 1,
		.command = true,
		.trace = true,
		.duration_letter = 'd',
		.options = options,
		.examples = examples,
	},
	.tracer	  = "function",
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
