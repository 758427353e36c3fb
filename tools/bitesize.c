/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bitesize: how large the I/O of block devices is, in ranges that may be chosen; all of it, and by
 * process, type or device.
 *
 * Records each request as it is issued, in a private instance (ftrace/block.h), and counts: about a
 * microsecond of an I/O.  After perf-tools' bitesize by Brendan Gregg.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ftrace/block.h"
#include "ftrace/buckets.h"
#include "ftrace/dist.h"

#define BUCKETS_MAX 64
#define BAR	    38
#define KB	    1024
#define INTERVAL_MIN_NS 10000000

static struct {
	bool bio, by_dev, by_type, by_comm, no_header;
	const char *buckets, *by;
	struct ft_block_opt block;
	struct ft_follow_opt tasks;
	uint64_t interval_ns;

	uint64_t kb[BUCKETS_MAX];	/* where a range ends, and the next begins */
	unsigned int count;		/* of those: ranges are one more */
	uint64_t empty;			/* I/Os without data */
	struct ft_block_config config;
	struct ft_block *requests;
	struct ft_disks *disks;
	struct ft_dist *all, *groups;	/* of the numbers of ranges */
} o = { .buckets = "1 8 64 128" };

static const struct ft_opt options[] = {
	FT_ARG('b', "buckets", FT_OPT_STRING, &o.buckets, "KB...",
	       "where ranges begin, in kB (\"1 8 64 128\")",),
	FT_BLOCK_OPTIONS(o.block),
	FT_ARG(0, "by", FT_OPT_STRING, &o.by, "KEY[,KEY]", "each dev, type, comm, too",),
	FT_FLAG(0, "bio", &o.bio, "bios, not requests: devices like dm and md"),
	FT_ARG(0, "interval", FT_OPT_SECONDS, &o.interval_ns, "TIME",
	       "a summary each time that passes",),
	FT_FOLLOW_OPTIONS(o.tasks),
	{ 0 }
};

enum { TIME, DEV, TYPE, COMM, COUNT, BUCKETS };

/* In text there are pictures. */
static const struct ft_column columns[] = {
	[TIME]	  = FT_HIDDEN("TIME", "time_s", FT_COL_TIME),
	[DEV]	  = FT_HIDDEN("DEV", "dev", FT_COL_STR),
	[TYPE]	  = FT_HIDDEN("TYPE", "type", FT_COL_STR),
	[COMM]	  = FT_HIDDEN("COMM", "comm", FT_COL_STR),
	[COUNT]	  = FT_HIDDEN("COUNT", "count", FT_COL_UINT),
	[BUCKETS] = FT_HIDDEN("BUCKETSkb", "buckets_kb", FT_COL_STR),
	{ 0 }
};

static const char *const examples[] = {
	"bitesize", "sizes of block I/O, until Ctrl-C",
	"bitesize 10", "for ten seconds",
	"bitesize -b '8 16 32'", "in ranges of one's own",
	"bitesize --by comm", "of each process, too",
	"bitesize -d sda -i '*W*' --by type 10", "writes to sda",
	"bitesize -- sync", "of one command",
	NULL
};

/* -- the command line -------------------------------------------------------------------------- */

static void check_buckets(const struct ft_run *r)
{
	char why[FT_BUCKETS_WHY] = "";
	struct ft_buckets *list;
	struct ft_bucket range;
	int err = ft_buckets_parse(&list, o.buckets, why);

	if (err)
		ft_opt_error(&r->tool->spec, "-b '%s': %s", o.buckets, *why ? why : strerror(-err));
	for (size_t i = 0; ft_buckets_get(list, i, &range) && !range.last; i++) {
		const int64_t kb = range.high + 1;

		if (kb < 1 || kb > INT64_MAX / KB)
			ft_opt_error(&r->tool->spec, "-b '%s': %" PRId64 " is not a size in kB",
				     o.buckets, kb);
		if (o.count == BUCKETS_MAX)
			ft_opt_error(&r->tool->spec, "-b: more than %d sizes", BUCKETS_MAX);
		o.kb[o.count++] = (uint64_t)kb;
	}
	ft_buckets_free(list);
}

static void check_by(const struct ft_run *r)
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

static int check(struct ft_run *r)
{
	const struct ft_opt_spec *spec = &r->tool->spec;
	const char *seconds = r->opt.operand_count ? r->opt.operands[0] : NULL;

	ft_follow_check(spec, &r->opt, &o.tasks);
	check_buckets(r);
	check_by(r);
	if (o.interval_ns && o.interval_ns < INTERVAL_MIN_NS)
		ft_opt_error(spec, "a summary every 10ms is the most (option '--interval')");
	if (seconds && r->opt.duration_ns)
		ft_opt_error(spec, "'%s': there is a --duration already", seconds);
	if (seconds && ft_parse_seconds(seconds, &r->opt.duration_ns))
		ft_opt_error(spec, "'%s': not a time (like 1.5, 500ms, 2m, 1h)", seconds);
	return 0;
}

/* -- counting ---------------------------------------------------------------------------------- */

static unsigned int bucket_of(uint64_t bytes)
{
	unsigned int i = 0;

	while (i < o.count && bytes >= o.kb[i] * KB)
		i++;
	return i;
}

static int on_io(void *arg, const struct ft_block_io *io)
{
	struct ft_dist_key key = { .id = o.by_dev ? io->dev : 0 };
	const unsigned int bucket = bucket_of(io->bytes);

	(void)arg;
	if (!io->bytes) {
		o.empty++;
		return 0;
	}
	ft_dist_add(o.all, &(struct ft_dist_key){ 0 }, bucket, 1);
	if (o.by_type)
		memcpy(key.a, io->rwbs, strnlen(io->rwbs, sizeof(io->rwbs)));
	if (o.by_comm)
		memcpy(key.b, io->comm, strnlen(io->comm, sizeof(io->comm)));
	if (o.by)
		ft_dist_add(o.groups, &key, bucket, 1);
	return 0;
}

static int plan(struct ft_run *r)
{
	o.config = (struct ft_block_config){
		.what = o.bio ? FT_BLOCK_BIOS : FT_BLOCK_ISSUES,
		.opt = &o.block, .tasks = &o.tasks, .on_io = on_io, .arg = r,
	};
	return ft_block_plan(&o.requests, r, &o.config);
}

static int setup(struct ft_run *r)
{
	static const struct ft_scale numbers = { .unit = 1, .linear = true };
	int err = ft_dist_new(&o.all, &numbers);

	if (!err)
		err = ft_dist_new(&o.groups, &numbers);
	if (!err)
		err = ft_disks_new(&o.disks, NULL);
	if (err)
		return ft_fail(r->session, err, "cannot count sizes: %s", strerror(-err));
	return ft_block_setup(o.requests, r);
}

static int ready(struct ft_run *r)
{
	const struct ft_disk *disk = ft_block_disk(o.requests);

	snprintf(r->what, sizeof(r->what), "block I/O size%s%s", disk ? " of " : "",
		 disk ? disk->name : "");
	r->totals = true;
	return ft_block_ready(o.requests, r);
}

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	(void)r;
	return ft_block_event(o.requests, e);
}

static int on_loss(struct ft_run *r, int cpu)
{
	(void)r;
	ft_block_loss(o.requests, cpu);
	return 0;
}

/* -- pictures ---------------------------------------------------------------------------------- */

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

/* "8.0 -> 63.9" as perf-tools write it: from 8 to less than 64 kB. */
static int print_bucket(struct ft_run *r, const uint64_t *counts, unsigned int i, uint64_t most)
{
	char line[256], bar[FT_HISTOGRAM_BAR_MAX], low[32] = "", high[32] = "";
	int n;

	if (i)
		snprintf(low, sizeof(low), "%" PRIu64 ".0", o.kb[i - 1]);
	if (i < o.count)
		snprintf(high, sizeof(high), "%" PRIu64 ".9", o.kb[i] - 1);
	ft_histogram_hashes(counts[i], most, BAR, bar);
	n = snprintf(line, sizeof(line), "   %10s -> %-10s: %-8" PRIu64 " |%s|", low, high,
		     counts[i], bar);
	return ft_out_line(r->out, line, (size_t)n);
}

static int print_text(struct ft_run *r, const struct ft_dist_group *g)
{
	static const uint64_t none[BUCKETS_MAX + 1];
	const uint64_t *counts = g ? g->counts : none;
	uint64_t most = 0;
	char line[64];
	int n, err = ft_out_line(r->out, "", 0);

	if (!err && g && (g->key.id || *g->key.a || *g->key.b || g->other))
		err = print_key(r, g);
	n = snprintf(line, sizeof(line), "            %-15s: %-8s %s", "Kbytes", "I/O",
		     "Distribution");
	if (!err)
		err = ft_out_line(r->out, line, (size_t)n);
	for (unsigned int i = 0; i <= o.count; i++)
		most = counts[i] > most ? counts[i] : most;
	for (unsigned int i = 0; i <= o.count && !err; i++)
		err = print_bucket(r, counts, i, most);
	return err;
}

static void set_buckets(struct ft_run *r, const struct ft_dist_group *g)
{
	char json[8192], csv[8192], to[32];
	size_t j = 1, c = 0;

	json[0] = '[';
	for (unsigned int i = 0; i <= o.count; i++) {
		const uint64_t from = i ? o.kb[i - 1] : 0;

		snprintf(to, sizeof(to), "%" PRIu64, i < o.count ? o.kb[i] : 0);
		j += (size_t)snprintf(json + j, sizeof(json) - j, "%s[%" PRIu64 ",%s,%" PRIu64 "]",
				      i ? "," : "", from, i < o.count ? to : "null", g->counts[i]);
		c += (size_t)snprintf(csv + c, sizeof(csv) - c, "%s%" PRIu64 "-%s:%" PRIu64,
				      i ? " " : "", from, i < o.count ? to : "", g->counts[i]);
	}
	json[j++] = ']';
	if (r->opt.json)
		ft_out_json(r->out, BUCKETS, json, j);
	else
		ft_out_strn(r->out, BUCKETS, csv, c);
}

static int print_data(struct ft_run *r, const struct ft_dist_group *g, bool all)
{
	ft_out_uint(r->out, TIME, ft_stream_now_ns(r->stream));
	if (o.by_dev && !all)
		ft_out_str(r->out, DEV, g->other ? "[other]" : ft_disks_name(o.disks, g->key.id));
	if (o.by_type && !all)
		ft_out_str(r->out, TYPE, g->other ? "[other]" : g->key.a);
	if (o.by_comm && !all)
		ft_out_str(r->out, COMM, g->other ? "[other]" : g->key.b);
	ft_out_uint(r->out, COUNT, g->count);
	set_buckets(r, g);
	return ft_out_end(r->out);
}

static int print_dist(struct ft_run *r, struct ft_dist *d)
{
	const struct ft_dist_group *const *groups;
	const size_t n = ft_dist_groups(d, &groups);
	int err = 0;

	if (!n && d == o.all)
		return ft_out_is_text(r->out) ? print_text(r, NULL) : 0;
	for (size_t i = 0; i < n && !err; i++) {
		r->rows++;
		err = ft_out_is_text(r->out) ? print_text(r, groups[i]) :
					       print_data(r, groups[i], d == o.all);
	}
	return err;
}

static int summary(struct ft_run *r)
{
	int err = print_dist(r, o.all);

	if (!err)
		err = print_dist(r, o.groups);
	ft_dist_clear(o.all);
	ft_dist_clear(o.groups);
	return err ? err : ft_out_flush(r->out);
}

static int finish(struct ft_run *r)
{
	const bool tasks = o.tasks.pid || o.tasks.tid || r->command_pid;
	int err = summary(r);

	if (err)
		return err;
	if (o.empty)
		ft_tool_note(r, "not shown: %" PRIu64 " I/Os without data, flushes above all",
			     o.empty);
	ft_block_report(o.requests, r);
	if (!r->rows)
		ft_tool_note(r, "no I/O was issued%s", tasks ? " by the tasks asked for" : "");
	return 0;
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_block_free(o.requests);
	ft_disks_free(o.disks);
	ft_dist_free(o.all);
	ft_dist_free(o.groups);
}

const struct ft_tool tool_bitesize = {
	.spec = {
		.tool = "bitesize",
		.summary = "sizes of block I/O as a histogram",
		.operands = "[seconds]",
		.max_operands = 1,
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
	.on_interval = summary,
	.finish	     = finish,
	.release     = release,
};
