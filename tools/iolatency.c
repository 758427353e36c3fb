/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iolatency: how long I/O of block devices takes, as a histogram or heat map.
 *
 * Records the issue and completion of requests in a private instance and puts them together
 * (ftrace/block.h), or has the kernel count them by hist triggers (ftrace/blockhist.h), which costs
 * the I/O more.  After perf-tools' iolatency by Brendan Gregg.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ftrace/block.h"
#include "ftrace/blockhist.h"
#include "ftrace/dist.h"
#include "ftrace/heatmap.h"

#define INTERVAL_MIN_NS	10000000
#define SVG_COLUMN_NS	10000000	/* at first: a picture of hours has some 300 columns, too */
#define SVG_COLUMNS	512

/* A number here is a tick: a microsecond, which is what the kernel's histograms have, or with -n a
 * nanosecond. */
static struct {
	bool queue, timestamp, ms, us, ns, percentiles, heatmap, bio;
	uint64_t step;
	const char *by, *method, *svg;
	struct ft_block_opt block;
	struct ft_follow_opt tasks;

	bool no_header, by_dev, by_type, by_comm, kernel;
	uint64_t interval_ns, count, summaries;
	uint64_t tick_ns;
	struct ft_scale scale, map_scale;
	struct ft_dist_view view, map;
	bool ended;

	struct ft_block_config config;
	struct ft_block *requests;
	struct ft_blockhist *hist;
	struct ft_disks *disks;
	struct ft_dist *dist;
	struct ft_heatmap_screen screen;
	struct ft_heatmap *whole;
	struct ft_out *svg_out;
} o;

enum { UNITS = 1, DRAWN = 2, DATA = 31 };

static const struct ft_opt options[] = {
	FT_FLAG('Q', "queue", &o.queue, "from being inserted into a queue, not from being issued"),
	FT_FLAG('T', "timestamp", &o.timestamp, "show the time with each summary"),
	FT_BLOCK_OPTIONS(o.block),
	{ .letter = 'm', .name = "milliseconds", .type = FT_OPT_FLAG, .value = &o.ms,
	  .help = "ranges in milliseconds (default; heat maps: microseconds)", .excludes = UNITS },
	{ .letter = 'u', .name = "microseconds", .type = FT_OPT_FLAG, .value = &o.us,
	  .help = "ranges in microseconds", .excludes = UNITS },
	{ .letter = 'n', .name = "nanoseconds", .type = FT_OPT_FLAG, .value = &o.ns,
	  .help = "ranges in nanoseconds", .excludes = UNITS },
	FT_ARG(0, "linear", FT_OPT_UINT, &o.step, "STEP", "ranges of STEP units, not powers of two",
	       .min = 1, .max = 1000000000),
	FT_ARG(0, "by", FT_OPT_STRING, &o.by, "KEY[,KEY]", "apart by dev, type, comm",),
	FT_FLAG(0, "percentiles", &o.percentiles, "show p50, p95, p99, p99.9 and the maximum, too"),
	{ .name = "heatmap", .type = FT_OPT_FLAG, .value = &o.heatmap,
	  .help = "a heat map: time to the right, latency upwards",
	  .excludes = DRAWN | (uint32_t)1 << DATA },
	FT_ARG(0, "svg", FT_OPT_STRING, &o.svg, "FILE", "write a heat map of it all to FILE",),
	FT_FLAG(0, "bio", &o.bio, "bios, not requests: devices like dm and md"),
	FT_FOLLOW_OPTIONS(o.tasks),
	FT_ARG(0, "method", FT_OPT_STRING, &o.method, "METHOD",
	       "count in user space (user, default), or in the kernel (kernel)",),
	{ 0 }
};

enum { TIME, DEV, TYPE, COMM, COUNT, MEAN, P50, P95, P99, P999, MAX, BUCKETS };

/* In text there are pictures. */
static const struct ft_column columns[] = {
	[TIME]	  = FT_HIDDEN("TIME", "time_s", FT_COL_TIME),
	[DEV]	  = FT_HIDDEN("DEV", "dev", FT_COL_STR),
	[TYPE]	  = FT_HIDDEN("TYPE", "type", FT_COL_STR),
	[COMM]	  = FT_HIDDEN("COMM", "comm", FT_COL_STR),
	[COUNT]	  = FT_HIDDEN("COUNT", "count", FT_COL_UINT),
	[MEAN]	  = FT_HIDDEN("MEANus", "mean_us", FT_COL_US),
	[P50]	  = FT_HIDDEN("P50us", "p50_us", FT_COL_US),
	[P95]	  = FT_HIDDEN("P95us", "p95_us", FT_COL_US),
	[P99]	  = FT_HIDDEN("P99us", "p99_us", FT_COL_US),
	[P999]	  = FT_HIDDEN("P99.9us", "p99_9_us", FT_COL_US),
	[MAX]	  = FT_HIDDEN("MAXus", "max_us", FT_COL_US),
	[BUCKETS] = FT_HIDDEN("BUCKETSus", "buckets_us", FT_COL_STR),
	{ 0 }
};

static const char *const examples[] = {
	"iolatency", "a histogram of latencies each second",
	"iolatency -Q 5 2", "time in queues included, twice five seconds",
	"iolatency -u --by dev,type -d sda", "microseconds, reads and writes of sda apart",
	"iolatency -i '*R*' --linear 10 --percentiles", "reads, in steps of 10 ms",
	"iolatency --heatmap", "how it changes, on the terminal",
	"iolatency --svg io.svg --duration 60", "a minute, for a browser",
	NULL
};

/* -- the command line -------------------------------------------------------------------------- */

static void check_operands(struct ft_run *r)
{
	char **operand = r->opt.operands;

	o.interval_ns = 1000000000;
	if (r->opt.operand_count > 0 && ft_parse_seconds(operand[0], &o.interval_ns))
		ft_opt_error(&r->tool->spec, "interval '%s': not a time", operand[0]);
	if (o.interval_ns < INTERVAL_MIN_NS)
		ft_opt_error(&r->tool->spec, "a summary every 10ms is the most");
	if (r->opt.operand_count > 1 && ft_parse_u64(operand[1], 1, UINT64_MAX, &o.count))
		ft_opt_error(&r->tool->spec, "count '%s': not a number from 1 on", operand[1]);
}

static void check_by(struct ft_run *r)
{
	const char *p = o.by;

	while (p) {
		const size_t n = strcspn(p, ",");

		if (n == 3 && !strncmp(p, "dev", n))
			o.by_dev = true;
		else if (n == 4 && !strncmp(p, "type", n))
			o.by_type = true;
		else if (n == 4 && !strncmp(p, "comm", n))
			o.by_comm = true;
		else
			ft_opt_error(&r->tool->spec, "--by '%s': not dev, type, comm", o.by);
		p = p[n] ? p + n + 1 : NULL;
	}
}

/* What only records tell. */
static void check_method(struct ft_run *r)
{
	const struct {
		bool given;
		const char *name;
	} not_kernel[] = {
		{ o.queue, "-Q" }, { o.ns, "-n" }, { o.by_comm, "--by comm" }, { o.bio, "--bio" },
		{ o.tasks.pid, "-p" }, { o.tasks.tid, "-L" }, { r->opt.command, "a COMMAND" },
	};

	if (o.method && strcmp(o.method, "user") && strcmp(o.method, "kernel"))
		ft_opt_error(&r->tool->spec, "--method '%s': not user or kernel", o.method);
	o.kernel = o.method && !strcmp(o.method, "kernel");
	for (size_t i = 0; o.kernel && i < sizeof(not_kernel) / sizeof(not_kernel[0]); i++)
		if (not_kernel[i].given)
			ft_opt_error(&r->tool->spec, "--method kernel cannot do %s",
				     not_kernel[i].name);
}

static void choose_scale(bool ms, struct ft_scale *scale, struct ft_dist_view *view)
{
	view->what = "I/O";
	view->unit = o.ns ? "ns" : ms ? "ms" : "us";
	view->per_unit = ms ? 1000 : 1;
	scale->linear = o.step;
	scale->unit = view->per_unit * (o.step ? o.step : 1);
}

static int check(struct ft_run *r)
{
	ft_follow_check(&r->tool->spec, &r->opt, &o.tasks);
	check_operands(r);
	check_by(r);
	check_method(r);
	o.tick_ns = o.ns ? 1 : 1000;
	choose_scale(!o.us && !o.ns, &o.scale, &o.view);
	choose_scale(o.ms, &o.map_scale, &o.map);
	if (o.heatmap && o.by)
		ft_opt_error(&r->tool->spec, "options '--heatmap' and '--by' exclude each other");
	return 0;
}

/* -- setup ------------------------------------------------------------------------------------- */

static int on_io(void *arg, const struct ft_block_io *io);

static int plan(struct ft_run *r)
{
	int err;

	o.config = (struct ft_block_config){
		.what = o.bio ? FT_BLOCK_BIOS : FT_BLOCK_REQUESTS,
		.opt = &o.block, .queue = o.queue, .tasks = &o.tasks, .on_io = on_io, .arg = r,
	};
	err = ft_block_plan(&o.requests, r, &o.config);
	return err || !o.kernel ? err : ft_blockhist_check(r->session);
}

static void clock_text(void *arg, uint64_t ts, char buf[16])
{
	const uint64_t wall = ft_tool_wall(arg, ts);
	const time_t seconds = (time_t)(wall / 1000000000);
	struct tm tm;
	size_t n;

	localtime_r(&seconds, &tm);
	n = strftime(buf, 16, "%H:%M:%S", &tm);
	snprintf(buf + n, 16 - n, ".%03u", (unsigned int)(wall / 1000000 % 1000));
}

/* Without the fraction, for columns of whole seconds. */
static void clock_short(void *arg, uint64_t ts, char buf[16])
{
	clock_text(arg, ts, buf);
	buf[strcspn(buf, ".")] = 0;
}

static int open_screen(struct ft_run *r)
{
	o.screen = (struct ft_heatmap_screen){
		.config = { .scale = o.map_scale, .column_ns = o.interval_ns,
			    .columns = FT_HEATMAP_COLUMNS },
		.view = { .what = o.map.what, .unit = o.map.unit, .per_unit = o.map.per_unit,
			  .clock = o.interval_ns % 1000000000 ? NULL : clock_short,
			  .clock_arg = r },
		.terminal = ft_heatmap_terminal(r->opt.output),
	};
	return ft_heatmap_screen_open(&o.screen);
}

/* The kernel's counts have no time but that of their summary. */
static int new_whole(void)
{
	return ft_heatmap_new(&o.whole, &(struct ft_heatmap_config){
		.scale = o.map_scale, .columns = SVG_COLUMNS, .whole = true,
		.column_ns = o.kernel ? o.interval_ns : SVG_COLUMN_NS });
}

static int open_svg(struct ft_run *r)
{
	static const struct ft_column none[] = { { 0 } };
	const struct ft_out_config config = { .columns = none, .path = o.svg };
	int err = ft_out_open(&o.svg_out, &config);

	return err ? ft_fail(r->session, err, "cannot open '%s': %s", o.svg, strerror(-err)) : 0;
}

static int setup(struct ft_run *r)
{
	int err = ft_dist_new(&o.dist, &o.scale);

	if (!err)
		err = ft_disks_new(&o.disks, NULL);
	if (!err && o.heatmap)
		err = open_screen(r);
	if (!err && o.svg)
		err = new_whole();
	if (err)
		return ft_fail(r->session, err, "cannot count latencies: %s", strerror(-err));
	if (o.svg)
		err = open_svg(r);
	if (err || !o.kernel)
		return err ? err : ft_block_setup(o.requests, r);
	return ft_blockhist_open(&o.hist, r->session, &(struct ft_blockhist_config){
		.filter = ft_block_filter(o.requests), .by_dev = o.by_dev, .by_type = o.by_type });
}

static int ready(struct ft_run *r)
{
	const struct ft_disk *disk = ft_block_disk(o.requests);

	snprintf(r->what, sizeof(r->what), "block I/O%s%s", disk ? " of " : "",
		 disk ? disk->name : "");
	r->totals = true;
	r->no_recording = o.kernel;
	return o.kernel ? 0 : ft_block_ready(o.requests, r);
}

/* -- counting ---------------------------------------------------------------------------------- */

static void count(uint64_t ts, const struct ft_dist_key *key, uint64_t ticks, uint64_t times)
{
	ft_dist_add(o.dist, key, ticks, times);
	if (o.screen.map)
		ft_heatmap_add(o.screen.map, ts, ticks, times);
	if (o.whole)
		ft_heatmap_add(o.whole, ts, ticks, times);
}

static int on_io(void *arg, const struct ft_block_io *io)
{
	struct ft_dist_key key = { .id = o.by_dev ? io->dev : 0 };

	(void)arg;
	if (o.by_type)
		memcpy(key.a, io->rwbs, strnlen(io->rwbs, sizeof(io->rwbs)));
	if (o.by_comm)
		memcpy(key.b, io->comm, strnlen(io->comm, sizeof(io->comm)));
	count(io->end_ns, &key, (io->end_ns - io->start_ns) / o.tick_ns, 1);
	return 0;
}

static int on_row(void *arg, const struct ft_blockhist_row *row)
{
	struct ft_dist_key key = { .id = row->dev };
	const uint64_t *now = arg;

	memcpy(key.a, row->rwbs, sizeof(key.a));
	count(*now, &key, row->us, row->count);
	return 0;
}

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	(void)r;
	return o.kernel ? 0 : ft_block_event(o.requests, e);
}

static int on_loss(struct ft_run *r, int cpu)
{
	(void)r;
	if (!o.kernel)
		ft_block_loss(o.requests, cpu);
	return 0;
}

/* -- histograms -------------------------------------------------------------------------------- */

/* As perf-tools do; with --wall the date, too. */
static int print_time(struct ft_run *r)
{
	const time_t now = time(NULL);
	char text[64];
	struct tm tm;
	size_t n;

	if (r->opt.wall)
		n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	else
		n = strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&now, &tm));
	return ft_out_line(r->out, text, n);
}

static int print_key(struct ft_run *r, const struct ft_dist_group *g)
{
	char line[256] = "", comm[4 * FT_COMM_SIZE + 1];
	int n = 0;

	if (g->other)
		return ft_out_line(r->out, "[other]", 7);
	ft_out_escape(comm, sizeof(comm), g->key.b, strnlen(g->key.b, sizeof(g->key.b)));
	if (o.by_dev)
		n += snprintf(line, sizeof(line), "dev=%s ", ft_disks_name(o.disks, g->key.id));
	if (o.by_type)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "type=%s ", g->key.a);
	if (o.by_comm)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "comm=%s ", comm);
	return ft_out_line(r->out, line, (size_t)n - 1);
}

static int print_text(struct ft_run *r, const struct ft_dist_group *g, bool first)
{
	int err = ft_out_line(r->out, "", 0);

	if (!err && first && o.timestamp)
		err = print_time(r);
	if (!err && o.by && g->count)
		err = print_key(r, g);
	if (!err)
		err = ft_dist_print(o.dist, g, &o.view, r->out);
	if (!err && o.percentiles && g->count)
		err = ft_dist_print_percentiles(g, &o.view, r->out);
	return err;
}

static int print_data(struct ft_run *r, const struct ft_dist_group *g, uint64_t now)
{
	uint64_t values[FT_DIST_PERCENTILES];
	struct ft_histogram_stats st;

	if (!g->count)
		return 0;
	ft_histogram_stats(g->numbers, &st);
	ft_out_uint(r->out, TIME, now);
	if (o.by_dev)
		ft_out_str(r->out, DEV, g->other ? "[other]" : ft_disks_name(o.disks, g->key.id));
	if (o.by_type)
		ft_out_str(r->out, TYPE, g->other ? "[other]" : g->key.a);
	if (o.by_comm)
		ft_out_str(r->out, COMM, g->other ? "[other]" : g->key.b);
	ft_out_uint(r->out, COUNT, g->count);
	ft_out_uint(r->out, MEAN, (uint64_t)(st.mean * (double)o.tick_ns));
	ft_dist_percentiles(g, values);
	for (int i = 0; i < FT_DIST_PERCENTILES; i++)
		ft_out_uint(r->out, P50 + i, values[i] * o.tick_ns);
	ft_dist_set(o.dist, g, o.ns ? 1000 : 1, r->out, BUCKETS);
	return ft_out_end(r->out);
}

/* -- heat maps --------------------------------------------------------------------------------- */

static int write_svg(struct ft_run *r)
{
	const struct ft_disk *disk = ft_block_disk(o.requests);
	struct ft_heatmap_view view = {
		.what = "I/O", .unit = o.map.unit, .per_unit = o.map.per_unit, .height = 64,
		.clock = clock_text, .clock_arg = r,
	};
	char title[256], *text;
	size_t len;
	int err;

	snprintf(title, sizeof(title), "Latency of block I/O%s%s%s%.100s%s", disk ? " of " : "",
		 disk ? disk->name : "", o.block.type ? ", type " : "",
		 o.block.type ? o.block.type : "", o.queue ? ", with time in queues" : "");
	view.title = title;
	text = ft_heatmap_svg(o.whole, &view, &len);
	err = text ? ft_out_line(o.svg_out, text, len - 1) : -ENOMEM;
	free(text);
	if (!err)
		err = ft_out_close(o.svg_out);
	else
		ft_out_close(o.svg_out);
	o.svg_out = NULL;
	return !err ? 0 : ft_fail(r->session, err, "cannot write to '%s': %s", o.svg,
				  strerror(-err));
}

/* -- summaries --------------------------------------------------------------------------------- */

static int print_groups(struct ft_run *r, uint64_t now)
{
	static const struct ft_dist_group nothing;
	const struct ft_dist_group *const *groups;
	size_t n = ft_dist_groups(o.dist, &groups);
	int err = 0;

	if (!ft_out_is_text(r->out)) {
		for (size_t i = 0; i < n && !err; i++)
			err = print_data(r, groups[i], now);
		return err;
	}
	if (!n)
		return print_text(r, &nothing, true);
	for (size_t i = 0; i < n && !err; i++)
		err = print_text(r, groups[i], !i);
	return err;
}

/* end: the last one; rest: what came after the last whole interval. */
static int summary(struct ft_run *r, bool end, bool rest)
{
	const struct ft_dist_group *const *groups;
	uint64_t now = ft_stream_now_ns(r->stream);
	int err = o.kernel ? ft_blockhist_read(o.hist, on_row, &now) : 0;

	if (err)
		return err;
	r->rows += ft_dist_groups(o.dist, &groups);
	if (o.heatmap)
		err = ft_heatmap_screen_draw(&o.screen, r->out, now, end);
	else if (!rest || !o.summaries || ft_dist_groups(o.dist, &groups))
		err = print_groups(r, now);
	o.summaries++;
	ft_dist_clear(o.dist);
	return err ? err : ft_out_flush(r->out);
}

/* A reader that has gone is a normal end, but not before the file is written. */
static int on_interval(struct ft_run *r)
{
	int err = summary(r, o.count && o.summaries + 1 == o.count, false);

	o.ended = err || o.summaries == o.count;
	return err == -EPIPE || (!err && o.ended) ? 1 : err;
}

/* -- the end ----------------------------------------------------------------------------------- */

static int report_kernel(struct ft_run *r)
{
	static const char *const keys[] = { "dropped", NULL };
	uint64_t dropped;
	int err = ft_blockhist_dropped(o.hist, &dropped);

	if (err)
		return err;
	if (dropped)
		ft_tool_note(r, "%" PRIu64 " I/Os are not counted: the kernel has met more than %d "
			     "places of disks (--method user)", dropped, FT_BLOCKHIST_PLACES);
	return ft_out_record(r->out, "block", keys, &dropped);
}

static int finish(struct ft_run *r)
{
	int err = o.ended ? 0 : summary(r, true, true);

	if (err && err != -EPIPE)
		return err;
	if (o.svg) {
		const int e = write_svg(r);

		if (e)
			return e;
	}
	if (!r->rows)
		ft_tool_note(r, "no I/O completed");
	if (!o.kernel)
		ft_block_report(o.requests, r);
	else if (!err)
		err = report_kernel(r);
	return err;
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_out_close(o.svg_out);
	ft_heatmap_free(o.whole);
	ft_heatmap_screen_close(&o.screen);
	ft_dist_free(o.dist);
	ft_disks_free(o.disks);
	ft_blockhist_close(o.hist);
	ft_block_free(o.requests);
}

const struct ft_tool tool_iolatency = {
	.spec = {
		.tool = "iolatency",
		.summary = "show how long block I/O takes, as a histogram or heat map",
		.operands = "[interval [count]]",
		.max_operands = 2,
		.command = true,
		.trace = true,
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
	.on_interval = on_interval,
	.finish	     = finish,
	.release     = release,
};
