/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * funccount: how often functions are called: of the kernel, of programs and libraries, tracepoints.
 *
 * Counts where that is cheapest: in the kernel's function profiler, by hits of probes, or from the
 * records of a ring buffer (ftrace/counter.h).  Costs about a microsecond a call.
 * After perf-tools' funccount by Brendan Gregg.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ftrace/counter.h"

#define INTERVAL_MIN_NS 10000000

static struct {
	bool timestamp, by_pid, no_header;
	uint64_t interval_ns, top;
	struct ft_follow_opt tasks;
	const char *method;
	struct ft_opt_list exclude;

	struct ft_target *targets;
	size_t target_count;
	struct ft_counter *counter;
	uint64_t began_ns, lost, missed;	/* as told so far */
} o;

static const struct ft_opt options[] = {
	FT_ARG('i', "interval", FT_OPT_SECONDS, &o.interval_ns, "TIME",
	       "a summary each time that passes",),
	FT_ARG('t', "top", FT_OPT_UINT, &o.top, "N", "only the N most frequent", .min = 1),
	FT_FLAG('T', "timestamp", &o.timestamp, "show the time with each summary"),
	FT_FOLLOW_OPTIONS(o.tasks),
	FT_FLAG(0, "by-pid", &o.by_pid, "a count for each process"),
	FT_ARG(0, "exclude", FT_OPT_LIST, &o.exclude, "PATTERN",
	       "functions not to count; may be repeated",),
	FT_ARG(0, "method", FT_OPT_STRING, &o.method, "METHOD",
	       "count by profiler, hits or trace alone",),
	{ 0 }
};

enum { TIME, PID, COMM, FUNC, FUNCTION, MODULE, FILE_, COUNT };

/* In text PID and COMM are there with --by-pid alone. */
static struct ft_column columns[] = {
	[TIME]	   = FT_HIDDEN("TIME", "time_s", FT_COL_TIME),
	[PID]	   = FT_COLUMN("PID", "pid", 7, FT_COL_INT),
	[COMM]	   = FT_COLUMN("COMM", "comm", 16, FT_COL_STR),
	[FUNC]	   = FT_COLUMN("FUNC", NULL, 30, FT_COL_STR),
	[FUNCTION] = FT_HIDDEN("FUNCTION", "function", FT_COL_STR),
	[MODULE]   = FT_HIDDEN("MODULE", "module", FT_COL_STR),
	[FILE_]	   = FT_HIDDEN("FILE", "file", FT_COL_STR),
	[COUNT]	   = FT_COLUMN("COUNT", "count", 8, FT_COL_UINT),
	{ 0 }
};

static const char *const examples[] = {
	"funccount 'vfs_*'", "calls of kernel functions that begin with vfs_",
	"funccount -i 1 -t 5 'tcp_*'", "the five most frequent, each second",
	"funccount --by-pid -d 5 't:syscalls:sys_enter_*'", "system calls of each process",
	"funccount -p 198 libc:malloc libc:free", "calls of library functions",
	"funccount 'ext4_*' -- sync", "what one command calls",
	NULL
};

static enum ft_counter_method method(const struct ft_run *r)
{
	static const char *const names[] = { "profiler", "hits", "trace", NULL };

	for (size_t i = 0; o.method && names[i]; i++) {
		if (!strcmp(o.method, names[i]))
			return (enum ft_counter_method)(i + 1);
	}
	if (o.method)
		ft_opt_error(&r->tool->spec, "--method '%s': not profiler, hits or trace",
			     o.method);
	return FT_COUNTER_AUTO;
}

static int check(struct ft_run *r)
{
	char why[FT_TARGET_WHY];

	ft_follow_check(&r->tool->spec, &r->opt, &o.tasks);
	if (o.interval_ns && o.interval_ns < INTERVAL_MIN_NS)
		ft_opt_error(&r->tool->spec, "a summary every 10ms is the most (option '-i')");
	method(r);
	columns[PID].hidden = columns[COMM].hidden = !o.by_pid;
	o.targets = calloc(r->opt.operand_count, sizeof(*o.targets));
	for (int i = 0; o.targets && i < r->opt.operand_count; i++) {
		int err = ft_target_parse(&o.targets[i], r->opt.operands[i], why);

		if (err == -EINVAL)
			ft_opt_error(&r->tool->spec, "cannot count '%s': %s", r->opt.operands[i],
				     why);
		if (err)
			return FT_FAILED;
		o.target_count++;
	}
	return o.targets ? 0 : FT_FAILED;
}

/* -- setup ------------------------------------------------------------------------------------- */

static int plan(struct ft_run *r)
{
	const struct ft_counter_config config = {
		.targets = o.targets, .target_count = o.target_count,
		.exclude = o.exclude.item, .exclude_count = o.exclude.count,
		.method = method(r), .tasks = &o.tasks, .by_pid = o.by_pid,
	};

	return ft_counter_plan(&o.counter, r, &config);
}

static int setup(struct ft_run *r)
{
	return ft_counter_setup(o.counter, r);
}

static int ready(struct ft_run *r)
{
	char top[40] = "";

	if (o.top)
		snprintf(top, sizeof(top), " (top %" PRIu64 ")", o.top);
	snprintf(r->what, sizeof(r->what), "%.180s%s%s", r->opt.operands[0],
		 r->opt.operand_count > 1 ? " and others" : "", top);
	r->totals = true;
	return ft_counter_ready(o.counter, r);
}

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	(void)r;
	ft_counter_event(o.counter, e);
	return 0;
}

/* -- summaries --------------------------------------------------------------------------------- */

/* As date(1) does. */
static int print_date(struct ft_run *r)
{
	time_t now = time(NULL);
	char text[64];
	struct tm tm;

	localtime_r(&now, &tm);
	return ft_out_line(r->out, text,
			   strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Z %Y", &tm));
}

static int print_head(struct ft_run *r)
{
	char text[96];
	int n, err = ft_out_line(r->out, "", 0);

	if (!err && o.timestamp)
		err = print_date(r);
	n = snprintf(text, sizeof(text), "%s%-30s %8s", o.by_pid ? "    PID COMM             " : "",
		     "FUNC", "COUNT");
	return err ? err : ft_out_line(r->out, text, n);
}

static int print_row(struct ft_run *r, const struct ft_counter_row *row, uint64_t now)
{
	const char *file = row->file ? strrchr(row->file, '/') : NULL;
	char func[FT_OUT_STR_MAX];

	ft_out_uint(r->out, TIME, now);
	if (o.by_pid && row->pid >= 0)
		ft_out_int(r->out, PID, row->pid);
	else if (o.by_pid)
		ft_out_str(r->out, PID, "-");
	if (o.by_pid)
		ft_out_str(r->out, COMM, row->comm);
	snprintf(func, sizeof(func), "%s%s%s", file ? file + 1 : "", file ? ":" : "", row->name);
	ft_out_str(r->out, FUNC, func);
	ft_out_str(r->out, FUNCTION, row->name);
	if (row->module)
		ft_out_str(r->out, MODULE, row->module);
	if (row->file)
		ft_out_str(r->out, FILE_, row->file);
	ft_out_uint(r->out, COUNT, row->count);
	return ft_out_end(r->out);
}

/* What this summary lacks. */
static int print_lost(struct ft_run *r)
{
	uint64_t lost = ft_stream_stats(r->stream)->lost, missed = ft_counter_missed(o.counter);
	char text[96];
	int n = 0;

	if (lost > o.lost)
		n = snprintf(text, sizeof(text), "[lost %" PRIu64 " events]", lost - o.lost);
	else if (missed > o.missed)
		n = snprintf(text, sizeof(text), "[missed %" PRIu64 " calls]", missed - o.missed);
	o.lost = lost;
	o.missed = missed;
	return n ? ft_out_line(r->out, text, n) : 0;
}

static int summary(struct ft_run *r)
{
	const struct ft_counter_row *rows;
	ssize_t count = ft_counter_rows(o.counter, r, &rows);
	uint64_t now = ft_stream_now_ns(r->stream);
	ssize_t first = count > 0 && o.top && (uint64_t)count > o.top ? count - (ssize_t)o.top : 0;
	int err = count < 0 ? (int)count : print_head(r);

	for (ssize_t i = first; i < count && !err; i++) {
		err = print_row(r, &rows[i], now);
		r->rows++;
	}
	if (!err)
		err = print_lost(r);
	/* With nothing to read, nobody else is going to. */
	return err ? err : ft_out_flush(r->out);
}

static int finish(struct ft_run *r)
{
	static const char *const keys[] = { "calls", NULL };
	bool tasks = o.tasks.pid || o.tasks.tid || r->command_pid;
	uint64_t missed;
	int err = summary(r);

	missed = ft_counter_missed(o.counter);
	if (!err && missed) {
		ft_tool_note(r, "missed %" PRIu64 " calls: they came within another probe", missed);
		err = ft_out_record(r->out, "missed", keys, &missed);
	}
	if (!err && !r->rows)
		ft_tool_note(r, "nothing counted by %s: '%s'%s was not called%s",
			     ft_counter_way(o.counter), r->opt.operands[0],
			     r->opt.operand_count > 1 ? " (and the others)" : "",
			     tasks ? " by the tasks asked for" : "");
	return err;
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_counter_free(o.counter);
	for (size_t i = 0; i < o.target_count; i++)
		ft_target_free(&o.targets[i]);
	free(o.targets);
}

const struct ft_tool tool_funccount = {
	.spec = {
		.tool = "funccount",
		.summary = "count calls of functions, and tracepoints",
		.operands = "funcstring...",
		.min_operands = 1,
		.command = true,
		.trace = true,
		.duration_letter = 'd',
		.options = options,
		.examples = examples,
	},
	.columns     = columns,
	.header	     = &o.no_header,
	.interval_ns = &o.interval_ns,
	.check	     = check,
	.plan	     = plan,
	.setup	     = setup,
	.ready	     = ready,
	.on_event    = on_event,
	.on_interval = summary,
	.finish	     = finish,
	.release     = release,
};
