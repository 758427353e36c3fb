/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * syscount: count system calls: by process, by call, and how long they take and how they fail.
 *
 * Records raw_syscalls in a private instance and counts the records; by request the kernel counts,
 * in a hist trigger.  Costs a third of a microsecond a call, with latencies half as much again.
 * After perf-tools' syscount by Brendan Gregg.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/syscall-sum.h"

#define INTERVAL_MIN_NS 10000000
#define MAX_RATE	10000000
#define BUFFER_KB	8192	/* of a CPU; all of them 256 MB, or the kernel's own size */
#define BUFFERS_KB	262144
#define BUFFER_LEAST_KB 1408
#define NAME_SIZE	64

static struct {
	struct ft_syscall_sum_opt sum;
	bool by_pid, by_tid, no_header, histogram;
	uint64_t interval_ns, top;
	const char *error, *method;

	struct ft_syscall_sum *s;
	uint64_t lost;		/* as told so far */
} o;

enum { BY_THREAD = 1, TASK = 2 };

static const struct ft_opt options[] = {
	FT_FLAG('c', "by-call", &o.sum.calls, "by system call; with -v by both"),
	{ .letter = 'v', .name = "by-pid", .type = FT_OPT_FLAG, .value = &o.by_pid,
	  .help = "for each process by itself, with its PID", .excludes = BY_THREAD },
	{ .name = "by-tid", .type = FT_OPT_FLAG, .value = &o.by_tid,
	  .help = "for each thread by itself", .excludes = BY_THREAD },
	FT_ARG('t', "top", FT_OPT_UINT, &o.top, "N", "only the N most frequent", .min = 1),
	FT_FLAG('L', "latency", &o.sum.latency, "how long calls took: total, mean, percentile"),
	FT_FLAG(0, "hist", &o.histogram, "the same, with their distribution"),
	FT_FLAG('x', "failures", &o.sum.failures, "only calls that failed, by their error"),
	FT_ARG('e', "errno", FT_OPT_STRING, &o.error, "ERRNO",
	       "only calls that failed with this error: ENOENT, 2",),
	FT_ARG('i', "interval", FT_OPT_SECONDS, &o.interval_ns, "TIME",
	       "a summary each time that passes",),
	FT_ARG('p', "pid", FT_OPT_PID, &o.sum.tasks.pid, "PID",
	       "only this process, all its threads", .excludes = TASK),
	FT_ARG(0, "tid", FT_OPT_PID, &o.sum.tasks.tid, "TID", "only this thread",
	       .excludes = TASK),
	FT_FLAG(0, "children", &o.sum.tasks.children, "with -p or --tid: child processes, too"),
	FT_ARG(0, "method", FT_OPT_STRING, &o.method, "METHOD",
	       "count by trace (records) or hist (in the kernel)",),
	{ 0 }
};

enum { TIME, PID, TID, COMM, CALL, SYSCALL, ABI, NUMBER, ERROR, COUNT, FAILED, TOTAL, MIN, MEAN,
       MAX, STDDEV, P99, HISTOGRAM };

static struct ft_column columns[] = {
	[TIME]	    = FT_HIDDEN("TIME", "time_s", FT_COL_TIME),
	[PID]	    = FT_COLUMN("PID", "pid", -6, FT_COL_INT),
	[TID]	    = FT_COLUMN("TID", "tid", -6, FT_COL_INT),
	[COMM]	    = FT_COLUMN("COMM", "comm", 16, FT_COL_STR),
	[CALL]	    = FT_COLUMN("SYSCALL", NULL, 17, FT_COL_STR),
	[SYSCALL]   = FT_HIDDEN("SYSCALL", "syscall", FT_COL_STR),
	[ABI]	    = FT_HIDDEN("ABI", "abi", FT_COL_STR),
	[NUMBER]    = FT_HIDDEN("NUMBER", "number", FT_COL_INT),
	[ERROR]	    = FT_COLUMN("ERROR", "error", 12, FT_COL_STR),
	[COUNT]	    = FT_COLUMN("COUNT", "count", 8, FT_COL_UINT),
	[FAILED]    = FT_COLUMN("FAILED", "failed", 8, FT_COL_UINT),
	[TOTAL]	    = FT_COLUMN("TOTAL(ms)", "total_ms", 12, FT_COL_MS),
	[MIN]	    = FT_COLUMN("MIN(us)", "min_us", 9, FT_COL_US),
	[MEAN]	    = FT_COLUMN("MEAN(us)", "mean_us", 11, FT_COL_US),
	[MAX]	    = FT_COLUMN("MAX(us)", "max_us", 12, FT_COL_US),
	[STDDEV]    = FT_COLUMN("STDDEV(us)", "stddev_us", 11, FT_COL_US),
	[P99]	    = FT_COLUMN("P99(us)", "p99_us", 11, FT_COL_US),
	[HISTOGRAM] = FT_HIDDEN("HISTOGRAM", "histogram", FT_COL_STR),
	{ 0 }
};

static const char *const examples[] = {
	"syscount", "system calls by process name",
	"syscount -c -d 5", "by system call, for five seconds",
	"syscount -cv -t 10 -i 1", "the ten most frequent of any process, each second",
	"syscount -cL -p 198", "how long those of one process take",
	"syscount -cx", "which fail, and how",
	"syscount -c ls", "what one command calls",
	NULL
};

/* -- the command line -------------------------------------------------------------------------- */

static enum ft_syscall_method method(const struct ft_run *r)
{
	if (!o.method)
		return FT_SYSCALL_AUTO;
	if (!strcmp(o.method, "trace"))
		return FT_SYSCALL_TRACE;
	if (strcmp(o.method, "hist"))
		ft_opt_error(&r->tool->spec, "--method '%s': not trace or hist", o.method);
	return FT_SYSCALL_HIST;
}

static int error_number(const struct ft_run *r)
{
	uint64_t number;
	int err;

	if (!o.error)
		return 0;
	if (!ft_parse_u64(o.error, 1, FT_ERRNO_MAX, &number))
		return (int)number;
	err = ft_errno_number(o.error);
	if (err < 0)
		ft_opt_error(&r->tool->spec, "-e '%s': not an error (ENOENT, or 1 to %d)", o.error,
			     FT_ERRNO_MAX);
	return err;
}

/* A second's worth of a CPU's calls is some tens of megabytes. */
static uint64_t buffer_size(void)
{
	const long cpus = sysconf(_SC_NPROCESSORS_CONF);
	const uint64_t kb = BUFFERS_KB / (uint64_t)(cpus > 0 ? cpus : 1);

	return kb > BUFFER_KB ? BUFFER_KB : kb < BUFFER_LEAST_KB ? BUFFER_LEAST_KB : kb;
}

/* In CSV all columns are there. */
static void show_columns(void)
{
	columns[PID].hidden = !o.by_pid;
	columns[TID].hidden = !o.by_tid;
	columns[COMM].hidden = o.sum.who == FT_SYSCALL_ALL;
	columns[CALL].hidden = !o.sum.calls;
	columns[ERROR].hidden = !o.sum.failures;
	columns[FAILED].hidden = !o.sum.latency || o.sum.failures;
	for (int i = TOTAL; i <= P99; i++)
		columns[i].hidden = !o.sum.latency;
}

static int check(struct ft_run *r)
{
	const struct ft_follow_opt *tasks = &o.sum.tasks;
	const struct ft_opt_spec *spec = &r->tool->spec;

	if (tasks->children && !tasks->pid && !tasks->tid)
		ft_opt_error(spec, "option '--children' needs -p or --tid");
	if (r->opt.command && (tasks->pid || tasks->tid))
		ft_opt_error(spec, "a command cannot be traced together with -p or --tid");
	if (o.interval_ns && o.interval_ns < INTERVAL_MIN_NS)
		ft_opt_error(spec, "a summary every 10ms is the most (option '-i')");
	o.sum.method = method(r);
	o.sum.error = error_number(r);
	o.sum.failures |= o.sum.error != 0;
	o.sum.latency |= o.histogram;
	o.sum.who = o.by_pid ? FT_SYSCALL_PROCESS : o.by_tid ? FT_SYSCALL_THREAD :
		    o.sum.calls ? FT_SYSCALL_ALL : FT_SYSCALL_NAME;
	show_columns();
	if (!r->opt.buffer_kb)
		r->opt.buffer_kb = buffer_size();
	return 0;
}

/* -- setup ------------------------------------------------------------------------------------- */

static int plan(struct ft_run *r)
{
	return ft_syscall_sum_plan(&o.s, r, &o.sum);
}

static int setup(struct ft_run *r)
{
	(void)r;
	return ft_syscall_sum_setup(o.s);
}

static int ready(struct ft_run *r)
{
	char top[40] = "";

	if (o.top)
		snprintf(top, sizeof(top), " (top %" PRIu64 ")", o.top);
	snprintf(r->what, sizeof(r->what), "%ssystem calls%s",
		 o.sum.failures ? "failing " : "", top);
	ft_session_say(r->session, "counted by %s", ft_syscall_sum_way(o.s));
	return ft_syscall_sum_ready(o.s);
}

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	(void)r;
	ft_syscall_sum_event(o.s, e);
	return 0;
}

static int on_loss(struct ft_run *r, int cpu)
{
	(void)r;
	ft_syscall_sum_loss(o.s, cpu);
	return 0;
}

/* -- summaries --------------------------------------------------------------------------------- */

static const char *call_name(const struct ft_syscall_row *row, char name[NAME_SIZE])
{
	const char *known = ft_syscall_name(row->abi, row->number);

	if (known)
		return known;
	snprintf(name, NAME_SIZE, "[%" PRId64 "]", row->number);
	return name;
}

/* "openat", of a 32-bit program "i386:open"; "[500]" has no name. */
static void call_text(const struct ft_syscall_row *row, char text[NAME_SIZE])
{
	const bool native = row->abi == ft_abi_native();
	char name[NAME_SIZE];

	snprintf(text, NAME_SIZE, "%s%s%.40s", native ? "" : ft_abi_name(row->abi),
		 native ? "" : ":", call_name(row, name));
}

static void set_call(struct ft_run *r, const struct ft_syscall_row *row)
{
	char text[NAME_SIZE];

	call_text(row, text);
	ft_out_str(r->out, CALL, text);
	ft_out_str(r->out, SYSCALL, call_name(row, text));
	ft_out_str(r->out, ABI, ft_abi_name(row->abi));
	ft_out_int(r->out, NUMBER, row->number);
}

static void set_error(struct ft_run *r, int error)
{
	const char *name = ft_errno_name(error);
	char text[16];

	snprintf(text, sizeof(text), "%d", error);
	ft_out_str(r->out, ERROR, name ? name : text);
}

static void set_latency(struct ft_run *r, const struct ft_syscall_row *row)
{
	struct ft_histogram_stats st;

	ft_histogram_stats(row->latency, &st);
	ft_out_uint(r->out, FAILED, row->failed);
	ft_out_uint(r->out, TOTAL, row->total_ns);
	ft_out_int(r->out, MIN, st.min);
	ft_out_uint(r->out, MEAN, (uint64_t)(st.mean + 0.5));
	ft_out_int(r->out, MAX, st.max);
	ft_out_uint(r->out, STDDEV, (uint64_t)(st.stddev + 0.5));
	ft_out_int(r->out, P99, ft_histogram_permille(row->latency, 990));
}

/* [{"low_ns":512,"high_ns":1023,"count":7},...] */
static void set_histogram(struct ft_run *r, const struct ft_syscall_row *row)
{
	struct ft_histogram_row rows[FT_HISTOGRAM_ROWS];
	size_t count = ft_histogram_rows(row->latency, rows), n = 1;
	char json[FT_HISTOGRAM_ROWS * 96];

	json[0] = '[';
	for (size_t i = 0; i < count; i++)
		n += (size_t)sprintf(json + n, "%s{\"low_ns\":%" PRId64 ",\"high_ns\":%" PRId64
				     ",\"count\":%" PRIu64 "}", i ? "," : "", rows[i].low,
				     rows[i].high, rows[i].count);
	json[n++] = ']';
	ft_out_json(r->out, HISTOGRAM, json, n);
}

static int print_row(struct ft_run *r, const struct ft_syscall_row *row, uint64_t now)
{
	const int id = o.by_pid ? PID : TID;

	ft_out_uint(r->out, TIME, now);
	if (row->id)
		ft_out_int(r->out, id, row->id);
	else if (o.by_pid || o.by_tid)
		ft_out_str(r->out, id, "-");
	if (o.sum.who != FT_SYSCALL_ALL)
		ft_out_str(r->out, COMM, row->other ? "[other]" : row->comm);
	if (o.sum.calls && row->other)
		ft_out_str(r->out, CALL, "[other]");
	else if (o.sum.calls)
		set_call(r, row);
	if (o.sum.failures && !row->other)
		set_error(r, row->error);
	ft_out_uint(r->out, COUNT, row->count);
	if (o.sum.latency)
		set_latency(r, row);
	if (o.histogram)
		set_histogram(r, row);
	r->rows++;
	return ft_out_end(r->out);
}

/* Each summary has headings of its own. */
static int print_head(struct ft_run *r)
{
	char line[256];
	size_t n = 0;
	int err = o.interval_ns ? ft_out_line(r->out, "", 0) : 0;

	for (const struct ft_column *c = columns; c->name; c++) {
		const bool left = c->type == FT_COL_STR || c->width < 0;
		const int width = abs(c->width);

		if (!c->hidden)
			n += (size_t)snprintf(line + n, sizeof(line) - n, "%s%*s", n ? " " : "",
					      left ? -width : width, c->name);
	}
	return err ? err : ft_out_line(r->out, line, n);
}

/* Below the table: which row it is, then its picture. */
static int print_histogram(struct ft_run *r, const struct ft_syscall_row *row)
{
	struct ft_histogram_row rows[FT_HISTOGRAM_ROWS];
	const size_t n = ft_histogram_rows(row->latency, rows);
	char line[FT_HISTOGRAM_LINE_MAX], text[NAME_SIZE] = "", comm[4 * FT_COMM_SIZE + 1] = "";
	uint64_t most = 0;
	int err, len;

	if (o.sum.calls && !row->other)
		call_text(row, text);
	ft_out_escape(comm, sizeof(comm), row->comm, strlen(row->comm));
	err = ft_out_line(r->out, "", 0);
	len = snprintf(line, sizeof(line), "%s%s%s", text, *text && *comm ? " " : "", comm);
	if (row->id)
		len += snprintf(line + len, sizeof(line) - len, " %d", row->id);
	if (!err && len)
		err = ft_out_line(r->out, line, (size_t)len);
	if (!err)
		err = ft_out_line(r->out, line, ft_histogram_head("ns", line));
	for (size_t i = 0; i < n; i++)
		most = rows[i].count > most ? rows[i].count : most;
	for (size_t i = 0; i < n && !err; i++)
		err = ft_out_line(r->out, line, ft_histogram_line(&rows[i], most, line));
	return err;
}

/* What this summary lacks. */
static int print_lost(struct ft_run *r)
{
	const uint64_t lost = ft_stream_stats(r->stream)->lost;
	char text[96];
	int n = 0;

	if (lost > o.lost)
		n = snprintf(text, sizeof(text), "[lost %" PRIu64 " events]", lost - o.lost);
	o.lost = lost;
	return n ? ft_out_line(r->out, text, (size_t)n) : 0;
}

static int summary(struct ft_run *r)
{
	const struct ft_syscall_row *rows;
	const ssize_t count = ft_syscall_sum_rows(o.s, &rows);
	const uint64_t now = ft_stream_now_ns(r->stream);
	ssize_t first = count > 0 && o.top && (uint64_t)count > o.top ? count - (ssize_t)o.top : 0;
	int err = count < 0 ? (int)count : print_head(r);

	for (ssize_t i = first; i < count && !err; i++)
		err = print_row(r, &rows[i], now);
	for (ssize_t i = first; i < count && !err && o.histogram && ft_out_is_text(r->out); i++)
		err = print_histogram(r, &rows[i]);
	ft_syscall_sum_clear(o.s);
	if (!err)
		err = print_lost(r);
	/* With nothing to read, nobody else is going to. */
	return err ? err : ft_out_flush(r->out);
}

/* -- the end ----------------------------------------------------------------------------------- */

static int report_calls(struct ft_run *r)
{
	static const char *const keys[] = { "paired", "open", "unbegun", "doubtful", "evicted",
					    NULL };
	struct ft_pair_stats st;

	ft_syscall_sum_pairs(o.s, &st);
	if (st.doubtful)
		ft_tool_note(r, "left out %" PRIu64 " calls: records were lost while they ran",
			     st.doubtful);
	if (st.evicted)
		ft_tool_note(r, "left out %" PRIu64 " calls: too many ran at once", st.evicted);
	return ft_out_record(r->out, "calls", keys,
			     (uint64_t[]){ st.paired, st.open, st.unbegun, st.doubtful,
					   st.evicted });
}

static int finish(struct ft_run *r)
{
	static const char *const keys[] = { "calls", NULL };
	const struct ft_follow_opt *tasks = &o.sum.tasks;
	uint64_t dropped;
	int err = summary(r);

	dropped = ft_syscall_sum_dropped(o.s);
	if (!err && dropped) {
		ft_tool_note(r, "%" PRIu64 " calls are not counted: the kernel's histogram was "
			     "full (--method trace has no such limit)", dropped);
		err = ft_out_record(r->out, "missed", keys, &dropped);
	}
	if (!err && o.sum.latency)
		err = report_calls(r);
	if (!err && !r->rows)
		ft_tool_note(r, "nothing counted: no %ssystem calls%s",
			     o.sum.failures ? "failing " : "",
			     tasks->pid || tasks->tid || r->command_pid ?
			     " were made by the tasks asked for" : " were made");
	return err;
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_syscall_sum_free(o.s);
}

const struct ft_tool tool_syscount = {
	.spec = {
		.tool = "syscount",
		.summary = "count system calls",
		.command = true,
		.bare_command = true,
		.trace = true,
		.duration_letter = 'd',
		.max_rate = MAX_RATE,
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
	.on_loss     = on_loss,
	.on_interval = summary,
	.finish	     = finish,
	.release     = release,
};
