/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tphist, also perf-stat-hist: how a variable of a tracepoint is distributed, over ranges of powers
 * or over ranges given.
 *
 * Records the tracepoint in a private instance and adds its records up; costs a microsecond an
 * event, whatever the number of ranges.  After perf-tools' perf-stat-hist by Brendan Gregg, which
 * needs perf and counts each event once for every range.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ftrace/buckets.h"
#include "ftrace/filter.h"
#include "ftrace/watch.h"

#define BAR_WIDTH 38

static struct {
	struct ft_watch_opt watch;
	const char *list;
	uint64_t power, max;

	struct ft_buckets  *buckets;
	struct ft_field	    field;
	bool		    looped;	/* a summary was shown */
	struct ft_column    columns[FT_WATCH_COLUMNS + 1];
} o = { .power = 4, .max = 1 << 20 };

static const struct ft_opt options[] = {
	FT_ARG('b', "buckets", FT_OPT_STRING, &o.list, "BUCKETS",
	       "where ranges begin, as \"10 50 100\"", .excludes = 2),
	FT_ARG('P', "power", FT_OPT_UINT, &o.power, "POWER",
	       "ranges begin at powers of this number, 4 unless told", .min = 2, .max = INT64_MAX,
	       .excludes = 2),
	FT_ARG('m', "max", FT_OPT_UINT, &o.max, "MAX",
	       "the last of them is not above this, 1048576 unless told", .min = 1,
	       .max = INT64_MAX),
	FT_ARG('f', "filter", FT_OPT_STRING, &o.watch.filter, "FILTER",
	       "only events for which this holds",),
	FT_FOLLOW_OPTIONS(o.watch.tasks),
	FT_ARG('i', "interval", FT_OPT_SECONDS, &o.watch.interval_ns, "TIME",
	       "a histogram each time that passes",),
	{ 0 }
};

static const char *const examples[] = {
	"tphist syscalls:sys_enter_read count 5", "sizes of read() requests, for 5 seconds",
	"tphist syscalls:sys_exit_read ret 5", "and what they returned",
	"tphist -P 10 syscalls:sys_exit_read ret 5", "the same by powers of 10",
	"tphist -P 2 -m 1024 syscalls:sys_exit_read ret", "by powers of 2, up to 1024",
	"tphist -b '10 50 100 500' syscalls:sys_exit_read ret", "over ranges of one's own",
	"tphist -b 0 syscalls:sys_exit_read ret", "failed and not",
	"tphist -f 'rwbs ~ \"*W*\"' block:block_rq_complete nr_sector 5", "sizes of writes",
	NULL
};

static int check(struct ft_run *r)
{
	const struct ft_opt_spec *spec = &r->tool->spec;
	char why[FT_BUCKETS_WHY], **operand = r->opt.operands;
	int err;

	if (!ft_filter_is_event(operand[0]) || strpbrk(operand[0], "*?[\\"))
		ft_opt_error(spec, "'%s': a tracepoint is written system:event", operand[0]);
	o.watch.hist = operand[1];
	if (r->opt.operand_count > 2 && r->opt.duration_ns)
		ft_opt_error(spec, "'%s': there is a duration already", operand[2]);
	if (r->opt.operand_count > 2 && ft_parse_seconds(operand[2], &r->opt.duration_ns))
		ft_opt_error(spec, "'%s' is not a number of seconds", operand[2]);
	ft_watch_check(r, &o.watch, o.columns);
	err = o.list ? ft_buckets_parse(&o.buckets, o.list, why) :
		       ft_buckets_powers(&o.buckets, o.power, o.max);
	if (err)
		ft_opt_error(spec, "option '-b': %s", o.list ? why : strerror(-err));
	return 0;
}

static int on_record(void *arg, const struct ft_event *e)
{
	uint64_t v = o.field.is_signed ? (uint64_t)ft_field_s64(&o.field, e) :
					 ft_field_u64(&o.field, e);

	(void)arg;
	if (!o.field.is_signed && v > INT64_MAX)
		v = INT64_MAX;
	ft_buckets_add(o.buckets, (int64_t)v);
	return 0;
}

static int plan(struct ft_run *r)
{
	int err = ft_watch_new(r, &o.watch);

	if (!err)
		err = ft_watch_add_tracepoints(r, r->opt.operands[0]);
	if (err)
		return err;
	ft_watch_hook(r->watch, &(struct ft_watch_hooks){ .event = on_record });
	return ft_watch_plan(r);
}

/* As perf-stat-hist says it: "block:block_rq_issue (Filter: bytes > 0), power-of-4, max 1048576,". */
static int ready(struct ft_run *r)
{
	char *point = r->opt.operands[0], *colon = strchr(point, ':'), ranges[64];
	int err;

	*colon = 0;
	err = ft_field_find(r->events, point, colon + 1, o.watch.hist, &o.field);
	*colon = ':';
	if (err)
		return ft_fail(r->session, err, "cannot decode '%s': %s", point, strerror(-err));
	snprintf(ranges, sizeof(ranges), "power-of-%" PRIu64 ", max %" PRIu64, o.power, o.max);
	snprintf(r->what, sizeof(r->what), "%.80s%s%.80s%s, %s%s", point,
		 o.watch.filter ? " (Filter: " : "", o.watch.filter ? o.watch.filter : "",
		 o.watch.filter ? ")" : "", o.list ? "specified buckets" : ranges,
		 r->opt.duration_ns || r->command_pid ? "," : "");
	return ft_watch_ready(r);
}

/* -- the picture ------------------------------------------------------------------------------- */

static int print_line(struct ft_run *r, const struct ft_bucket *b, uint64_t most)
{
	char low[24] = "", high[24] = "", bar[BAR_WIDTH + 1] = "", line[160];
	/* Rounded up: what is there is seen. */
	const size_t marks = most ? (size_t)(((unsigned __int128)b->count * BAR_WIDTH + most - 1) /
					     most) : 0;
	int n;

	if (!b->first)
		snprintf(low, sizeof(low), "%" PRId64, b->low);
	if (!b->last)
		snprintf(high, sizeof(high), "%" PRId64, b->high);
	memset(bar, '#', marks);
	n = snprintf(line, sizeof(line), "   %10s -> %-10s: %-8" PRIu64 " |%-*s|", low, high, b->count,
		     BAR_WIDTH, bar);
	return ft_out_line(r->out, line, (size_t)n);
}

static int print_row(struct ft_run *r, const struct ft_bucket *b, uint64_t now)
{
	ft_out_uint(r->out, FT_WATCH_TIME, now);
	if (!b->first)
		ft_out_int(r->out, FT_WATCH_LOW, b->low);
	if (!b->last)
		ft_out_int(r->out, FT_WATCH_HIGH, b->high);
	ft_out_uint(r->out, FT_WATCH_COUNT, b->count);
	return ft_out_end(r->out);
}

static int print(struct ft_run *r)
{
	static const char head[] = "\n            Range          : Count    Distribution";
	const uint64_t most = ft_buckets_most(o.buckets), now = ft_stream_now_ns(r->stream);
	struct ft_bucket b;
	int err = o.watch.interval_ns ? ft_watch_clock(r) : 0;

	if (!err)
		err = ft_out_line(r->out, head, sizeof(head) - 1);
	for (size_t i = 0; !err && ft_buckets_get(o.buckets, i, &b); i++)
		err = ft_out_is_text(r->out) ? print_line(r, &b, most) : print_row(r, &b, now);
	r->rows += ft_buckets_total(o.buckets);
	ft_buckets_clear(o.buckets);
	return err ? err : ft_out_flush(r->out);
}

static int on_interval(struct ft_run *r)
{
	o.looped = true;
	return print(r);
}

/* At the end of the last interval nothing new may have come. */
static int finish(struct ft_run *r)
{
	int err = o.looped && !ft_buckets_total(o.buckets) ? 0 : print(r);

	if (!err)
		ft_watch_nothing(r);
	return err;
}

static void release(struct ft_run *r)
{
	ft_buckets_free(o.buckets);
	ft_watch_free(r);
}

const struct ft_tool tool_tphist = {
	.spec = {
		.tool = "tphist",
		.summary = "show how a tracepoint's variable is distributed (also perf-stat-hist)",
		.operands = "tracepoint variable [seconds]",
		.min_operands = 2,
		.max_operands = 3,
		.command = true,
		.trace = true,
		.options = options,
		.examples = examples,
	},
	.alias	     = "perf-stat-hist",
	.columns     = o.columns,
	.interval_ns = &o.watch.interval_ns,
	.check	     = check,
	.plan	     = plan,
	.setup	     = ft_watch_setup,
	.ready	     = ready,
	.on_event    = ft_watch_event,
	.on_interval = on_interval,
	.finish	     = finish,
	.release     = release,
};
