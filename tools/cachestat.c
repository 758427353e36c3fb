/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cachestat: hits and misses of the page cache, and pages dirtied, each second; or the files that
 * miss.
 *
 * Records what is added to the cache and dirtied; what is used is told by reads, or counted as hits
 * of a probe where they do not tell (ftrace/pagecache.h).  Costs a microsecond or two a page added,
 * and a read, or a page used.  After perf-tools' cachestat by Brendan Gregg.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ftrace/disk.h"
#include "ftrace/pagecache.h"

#define INTERVAL_MIN_NS 10000000
#define SECOND_NS	1000000000

static struct {
	bool debug, timestamp, by_file, header;
	uint64_t interval_ns, top;
	struct ft_follow_opt tasks;
	const char *method;

	struct ft_pagecache *cache;
	const char *why;	/* the last that was told */
	uint64_t missed;
} o = { .top = 10 };

static const struct ft_opt options[] = {
	FT_FLAG('D', "debug", &o.debug, "show what was counted, by name"),
	FT_FLAG('t', "timestamp", &o.timestamp, "show the time of each line"),
	FT_FOLLOW_OPTIONS(o.tasks),
	FT_FLAG(0, "by-file", &o.by_file, "the files with the most misses"),
	FT_ARG(0, "top", FT_OPT_UINT, &o.top, "N", "with --by-file: so many (10)", .min = 1,
	       .max = 65536),
	FT_ARG(0, "method", FT_OPT_STRING, &o.method, "METHOD",
	       "count by reads, folios, pages or tracepoints alone",),
	{ 0 }
};

enum {
	TIME, CLOCK, HITS, MISSES, DIRTIES, RATIO, PERCENT, BUFFERS, CACHE, BUFFERS_KB, CACHE_KB,
	NOTE, RAW, DEV, INODE, PATH, COLUMNS
};

/* What is shown depends on the options: check(). */
static struct ft_column columns[COLUMNS + 1] = {
	[TIME]	     = FT_HIDDEN("TIME", "time_s", FT_COL_TIME),
	[CLOCK]	     = FT_COLUMN("TIME", NULL, -8, FT_COL_STR),
	[HITS]	     = FT_COLUMN("HITS", "hits", 8, FT_COL_UINT),
	[MISSES]     = FT_COLUMN("MISSES", "misses", 8, FT_COL_UINT),
	[DIRTIES]    = FT_COLUMN("DIRTIES", "dirties", 8, FT_COL_UINT),
	[RATIO]	     = FT_COLUMN("RATIO", NULL, 8, FT_COL_UINT),
	[PERCENT]    = FT_HIDDEN("RATIO", "ratio_percent", FT_COL_MS),
	[BUFFERS]    = FT_COLUMN("BUFFERS_MB", NULL, 12, FT_COL_UINT),
	[CACHE]	     = FT_COLUMN("CACHE_MB", NULL, 10, FT_COL_UINT),
	[BUFFERS_KB] = FT_HIDDEN("BUFFERS_KB", "buffers_kb", FT_COL_UINT),
	[CACHE_KB]   = FT_HIDDEN("CACHE_KB", "cache_kb", FT_COL_UINT),
	[NOTE]	     = FT_HIDDEN("NOTE", "note", FT_COL_STR),
	[RAW]	     = FT_COLUMN(" DEBUG", "raw", 0, FT_COL_STR),
	[DEV]	     = FT_COLUMN("DEV", "dev", -7, FT_COL_STR),
	[INODE]	     = FT_COLUMN("INODE", "inode", 10, FT_COL_UINT),
	[PATH]	     = FT_COLUMN("FILE", "path", 0, FT_COL_STR),
	{ 0 }
};

static const char *const examples[] = {
	"cachestat", "hits and misses, each second",
	"cachestat -t 5", "every five seconds, with the time",
	"cachestat -D --duration 10", "ten times, with what was counted",
	"cachestat -p 181", "of one process",
	"cachestat --by-file --duration 10", "the files that were read from disk",
	"cachestat -- tar cf /dev/null /etc", "of one command",
	NULL
};

static void hide(int column)
{
	columns[column].hidden = true;
	columns[column].key = NULL;
}

static void choose_columns(const struct ft_run *r)
{
	static const int of_file[] = { DEV, INODE, PATH };
	static const int of_all[] = { DIRTIES, BUFFERS, CACHE, BUFFERS_KB, CACHE_KB, NOTE, RAW };

	columns[TIME].hidden = !o.timestamp || !r->opt.wall || o.by_file;
	columns[CLOCK].hidden = !o.timestamp || r->opt.wall || o.by_file;
	for (size_t i = 0; i < sizeof(of_file) / sizeof(of_file[0]) && !o.by_file; i++)
		hide(of_file[i]);
	for (size_t i = 0; i < sizeof(of_all) / sizeof(of_all[0]) && o.by_file; i++)
		hide(of_all[i]);
	if (!o.debug)
		hide(RAW);
	o.header = !o.by_file;
}

static int check(struct ft_run *r)
{
	const struct ft_opt_spec *spec = &r->tool->spec;
	const char *interval = r->opt.operand_count ? r->opt.operands[0] : NULL;

	ft_follow_check(spec, &r->opt, &o.tasks);
	if (!interval)
		o.interval_ns = o.by_file ? 0 : SECOND_NS;
	else if (ft_parse_seconds(interval, &o.interval_ns))
		ft_opt_error(spec, "interval '%s': not a time (like 1.5, 500ms, 2m, 1h)", interval);
	else if (o.interval_ns < INTERVAL_MIN_NS)
		ft_opt_error(spec, "interval '%s': 10ms is the shortest", interval);
	if (o.method && ft_pagecache_method(o.method) < 0)
		ft_opt_error(spec, "--method '%s': not reads, folios, pages or tracepoints",
			     o.method);
	if (o.debug && o.by_file)
		ft_opt_error(spec, "options '-D' and '--by-file' exclude each other");
	choose_columns(r);
	return 0;
}

/* -- setup ------------------------------------------------------------------------------------- */

static int plan(struct ft_run *r)
{
	return ft_pagecache_plan(&o.cache, r, &(struct ft_pagecache_config){
		.method = o.method ? (enum ft_pagecache_method)ft_pagecache_method(o.method) :
			  FT_PAGECACHE_AUTO,
		.tasks = &o.tasks, .by_file = o.by_file });
}

static int setup(struct ft_run *r)
{
	return ft_pagecache_setup(o.cache, r);
}

static int ready(struct ft_run *r)
{
	snprintf(r->what, sizeof(r->what), "the page cache by '%s'", ft_pagecache_name(o.cache));
	r->totals = true;
	return ft_pagecache_ready(o.cache, r);
}

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	(void)r;
	ft_pagecache_event(o.cache, e);
	return 0;
}

static int on_loss(struct ft_run *r, int cpu)
{
	(void)r;
	ft_pagecache_loss(o.cache, cpu);
	return 0;
}

/* -- rows -------------------------------------------------------------------------------------- */

/* kB of a line of /proc/meminfo. */
static void read_meminfo(uint64_t *buffers, uint64_t *cached)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128];

	*buffers = *cached = 0;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Buffers: %" SCNu64 " kB", buffers) == 1)
			continue;
		if (sscanf(line, "Cached: %" SCNu64 " kB", cached) == 1)
			break;
	}
	if (f)
		fclose(f);
}

static void set_time(struct ft_run *r)
{
	time_t now = time(NULL);
	char text[16];
	struct tm tm;

	ft_out_uint(r->out, TIME, ft_stream_now_ns(r->stream));
	if (columns[CLOCK].hidden)
		return;
	localtime_r(&now, &tm);
	strftime(text, sizeof(text), "%H:%M:%S", &tm);
	ft_out_str(r->out, CLOCK, text);
}

/* A thousandth of a percent is what a column of microseconds shows of a nanosecond. */
static void set_hits(struct ft_run *r, uint64_t hits, uint64_t misses)
{
	const double ratio = hits + misses ? 100.0 * hits / ((double)hits + misses) : 0;
	char text[16];

	ft_out_uint(r->out, HITS, hits);
	ft_out_uint(r->out, MISSES, misses);
	snprintf(text, sizeof(text), "%.1f%%", ratio);
	ft_out_str(r->out, RATIO, hits + misses ? text : "-");
	if (hits + misses)
		ft_out_uint(r->out, PERCENT, (uint64_t)(ratio * 1e6));
}

static void set_nothing(struct ft_run *r, const char *why)
{
	ft_out_str(r->out, HITS, "-");
	ft_out_str(r->out, MISSES, "-");
	ft_out_str(r->out, RATIO, "-");
	ft_out_str(r->out, NOTE, why);
	if (why != o.why)
		ft_tool_note(r, "no hits and misses where '-' is shown: %s", why);
	o.why = why;
}

static void set_raw(struct ft_run *r, const struct ft_pagecache_counts *counts)
{
	const struct ft_pagecache_raw *raw = counts->raw;
	char text[512], json[512];
	int n = 0, m = 0;

	for (int i = 0; i < FT_PAGECACHE_RAW && raw[i].name; i++) {
		n += snprintf(text + n, sizeof(text) - n, "%s%s %" PRIu64, i ? ", " : " (",
			      raw[i].name, raw[i].count);
		m += snprintf(json + m, sizeof(json) - m, "%s\"%s\":%" PRIu64, i ? "," : "{",
			      raw[i].name, raw[i].count);
	}
	n += snprintf(text + n, sizeof(text) - n, ")");
	m += snprintf(json + m, sizeof(json) - m, "}");
	if (r->opt.json)
		ft_out_json(r->out, RAW, json, m);
	else
		ft_out_str(r->out, RAW, text);
}

static int print_counts(struct ft_run *r)
{
	struct ft_pagecache_counts counts;
	uint64_t buffers, cached;
	int err = ft_pagecache_counts(o.cache, r, &counts);

	if (err)
		return err;
	o.missed += counts.missed;
	read_meminfo(&buffers, &cached);
	set_time(r);
	if (counts.why)
		set_nothing(r, counts.why);
	else
		set_hits(r, counts.hits, counts.misses);
	ft_out_uint(r->out, DIRTIES, counts.dirties);
	ft_out_uint(r->out, BUFFERS, (buffers + 512) / 1024);
	ft_out_uint(r->out, CACHE, (cached + 512) / 1024);
	ft_out_uint(r->out, BUFFERS_KB, buffers);
	ft_out_uint(r->out, CACHE_KB, cached);
	if (o.debug)
		set_raw(r, &counts);
	r->rows++;
	return ft_out_end(r->out);
}

/* -- files ------------------------------------------------------------------------------------- */

static int print_head(struct ft_run *r)
{
	time_t now = time(NULL);
	char text[96];
	struct tm tm;
	int n, err = ft_out_line(r->out, "", 0);

	if (!err && o.timestamp) {
		localtime_r(&now, &tm);
		err = ft_out_line(r->out, text, strftime(text, sizeof(text), "%H:%M:%S", &tm));
	}
	n = snprintf(text, sizeof(text), "%8s %8s %8s %-7s %10s %s", "HITS", "MISSES", "RATIO",
		     "DEV", "INODE", "FILE");
	return err ? err : ft_out_line(r->out, text, n);
}

static int print_file(struct ft_run *r, const struct ft_pagecache_file *file)
{
	char dev[FT_DISK_NUMBER], path[FT_OUT_STR_MAX];

	ft_out_uint(r->out, TIME, ft_stream_now_ns(r->stream));
	if (ft_pagecache_file_hits(o.cache)) {
		set_hits(r, file->hits, file->misses);
	} else {
		ft_out_uint(r->out, MISSES, file->misses);
		ft_out_str(r->out, HITS, "-");
		ft_out_str(r->out, RATIO, "-");
	}
	ft_out_str(r->out, DEV, ft_disk_number(file->dev, dev));
	ft_out_uint(r->out, INODE, file->ino);
	if (!ft_pagecache_path(file->dev, file->ino, path, sizeof(path)))
		ft_out_str(r->out, PATH, path);
	r->rows++;
	return ft_out_end(r->out);
}

static int print_files(struct ft_run *r)
{
	struct ft_pagecache_counts counts;
	struct ft_pagecache_file *files;
	int err = ft_pagecache_counts(o.cache, r, &counts);
	ssize_t n;

	if (err)
		return err;
	o.missed += counts.missed;
	n = ft_pagecache_files(o.cache, o.top, &files);
	if (n < 0)
		return (int)n;
	err = print_head(r);
	for (ssize_t i = 0; i < n && !err; i++)
		err = print_file(r, &files[i]);
	free(files);
	return err;
}

static int on_interval(struct ft_run *r)
{
	int err = o.by_file ? print_files(r) : print_counts(r);

	return err ? err : ft_out_flush(r->out);
}

static int finish(struct ft_run *r)
{
	int err = on_interval(r);

	if (!err && ft_pagecache_large(o.cache))
		ft_tool_note(r, "large folios were added: HITS, MISSES and DIRTIES are of folios, "
			     "not of pages");
	if (!err && o.missed)
		ft_tool_note(r, "missed %" PRIu64 " calls: they came within another probe",
			     o.missed);
	return err;
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_pagecache_free(o.cache);
}

const struct ft_tool tool_cachestat = {
	.spec = {
		.tool = "cachestat",
		.summary = "hits and misses of the page cache",
		.operands = "[interval]",
		.max_operands = 1,
		.command = true,
		.trace = true,
		.options = options,
		.examples = examples,
	},
	.columns     = columns,
	.header	     = &o.header,
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
