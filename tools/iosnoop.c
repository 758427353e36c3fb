/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * iosnoop: one line for each disk I/O: who asked, where, how much, how long it took.
 *
 * Pairs the block layer's events, request by request, in a private instance; bios with --bio.
 * Costs the host less than a microsecond an I/O, and itself one or two.  After perf-tools' iosnoop
 * by Brendan Gregg.
 */
#include <stdio.h>
#include <string.h>

#include "ftrace/block.h"

#define DEVICES_MAX 256

enum { READ, WRITE, DISCARD, FLUSH, OTHER, TYPES };

struct total {
	uint64_t ios, bytes, errors, sequential, latency_ns, max_ns;
};

struct device {
	bool	     used;
	uint32_t     dev;
	struct total total[TYPES];
};

static struct {
	struct ft_block_opt  block;
	struct ft_follow_opt tasks;
	const char *name, *slower;
	bool queue, start, end, names, bio, split, pattern, totals;
	uint64_t interval_ns;

	uint64_t	 slower_ns;
	struct ft_block *b;
	struct ft_disks *disks;
	uint32_t	 dev;		/* number is its text; most I/O is of the same one */
	char		 number[FT_DISK_NUMBER];
	struct device	 devices[DEVICES_MAX + 1];	/* the last one: what found no room */
} o;

enum { TASKS = 1, QUEUES = 2 };

static const struct ft_opt options[] = {
	FT_BLOCK_OPTIONS(o.block),
	FT_FOLLOW_OPTIONS(o.tasks),
	FT_ARG('n', "name", FT_OPT_STRING, &o.name, "NAME",
	       "only of processes with this in their names, or a pattern", .excludes = TASKS),
	{ .letter = 'Q', .name = "queue", .type = FT_OPT_FLAG, .value = &o.queue,
	  .help = "from when it was queued, not issued: time and process", .excludes = QUEUES },
	{ .letter = 's', .name = "start", .type = FT_OPT_FLAG, .value = &o.start,
	  .help = "show start times" },
	{ .letter = 't', .name = "end", .type = FT_OPT_FLAG, .value = &o.end,
	  .help = "show completion times" },
	FT_FLAG(0, "names", &o.names, "show devices by name"),
	FT_ARG(0, "slower", FT_OPT_STRING, &o.slower, "MS",
	       "only I/O that took so many milliseconds or more",),
	FT_FLAG(0, "split", &o.split, "-Q, with the time in the queue and in the device apart"),
	FT_FLAG(0, "pattern", &o.pattern, "show what is random and what sequential"),
	{ .name = "bio", .type = FT_OPT_FLAG, .value = &o.bio,
	  .help = "I/O of devices without requests: device-mapper, md, zram",
	  .excludes = QUEUES },
	{ .name = "totals", .type = FT_OPT_FLAG, .value = &o.totals,
	  .help = "only sums by device and type" },
	FT_ARG(0, "interval", FT_OPT_SECONDS, &o.interval_ns, "TIME",
	       "--totals, each time that passes, too",),
	{ 0 }
};

enum {
	STARTS, ENDS, COMM, PID, TYPE, DEV, BLOCK, BYTES, LATENCY, QUEUED, DEVICE, PATTERN, ERROR,
	DISK, REQUEUES, IOS, FAILED, SEQUENTIAL, MEAN, MAX, COLUMNS
};

static struct ft_column columns[COLUMNS + 1] = {
	[STARTS]     = FT_COLUMN("STARTs", "start_s", -15, FT_COL_TIME),
	[ENDS]	     = FT_COLUMN("ENDs", "end_s", -15, FT_COL_TIME),
	[COMM]	     = FT_COLUMN("COMM", "comm", -12, FT_COL_STR),
	[PID]	     = FT_COLUMN("PID", "tid", -6, FT_COL_INT),
	[TYPE]	     = FT_COLUMN("TYPE", "type", -4, FT_COL_STR),
	[DEV]	     = FT_COLUMN("DEV", "dev", -8, FT_COL_STR),
	[BLOCK]	     = FT_COLUMN("BLOCK", "sector", -12, FT_COL_UINT),
	[BYTES]	     = FT_COLUMN("BYTES", "bytes", -6, FT_COL_UINT),
	[LATENCY]    = FT_COLUMN("LATms", "latency_ms", 8, FT_COL_MS),
	[QUEUED]     = FT_COLUMN("QUEUEms", "queue_ms", 8, FT_COL_MS),
	[DEVICE]     = FT_COLUMN("DEVms", "device_ms", 8, FT_COL_MS),
	[PATTERN]    = FT_COLUMN("PATTERN", "pattern", 0, FT_COL_STR),
	[ERROR]	     = FT_COLUMN("ERROR", "error", 0, FT_COL_STR),
	[DISK]	     = FT_HIDDEN("DISK", "disk", FT_COL_STR),
	[REQUEUES]   = FT_HIDDEN("REQUEUES", "requeues", FT_COL_UINT),
	[IOS]	     = FT_COLUMN("I/Os", "ios", 9, FT_COL_UINT),
	[FAILED]     = FT_COLUMN("ERRORS", "errors", 7, FT_COL_UINT),
	[SEQUENTIAL] = FT_COLUMN("SEQ", "sequential", 9, FT_COL_UINT),
	[MEAN]	     = FT_COLUMN("AVGms", "mean_ms", 9, FT_COL_MS),
	[MAX]	     = FT_COLUMN("MAXms", "max_ms", 9, FT_COL_MS),
	{ 0 }
};

static const char *const examples[] = {
	"iosnoop", "all disk I/O",
	"iosnoop -ts -d sda 10", "of one disk, with times, for 10 seconds",
	"iosnoop -Qp 91", "queued by process 91, from then on",
	"iosnoop -i '*R*' --slower 20", "reads of 20 ms and more",
	"iosnoop --split --names", "where the time is spent",
	"iosnoop --bio -d /dev/mapper/home", "of a logical volume",
	"iosnoop --totals --interval 1 60", "running sums, a minute long",
	"iosnoop -- sync", "what one command asks for itself",
	NULL
};

/* -- setup ------------------------------------------------------------------------------------- */

/* Show a column; or not, and with data nowhere at all. */
static void show(int column, bool text, bool data)
{
	columns[column].hidden = !text;
	if (!data)
		columns[column].key = NULL;
}

static void choose_columns(const struct ft_run *r)
{
	static const int of_rows[] = { STARTS, COMM, PID, BLOCK, LATENCY, ERROR, REQUEUES };
	static const int of_totals[] = { IOS, FAILED, MEAN, MAX };

	for (size_t i = 0; i < sizeof(of_rows) / sizeof(of_rows[0]); i++)
		show(of_rows[i], !o.totals, !o.totals);
	for (size_t i = 0; i < sizeof(of_totals) / sizeof(of_totals[0]); i++)
		show(of_totals[i], o.totals, o.totals);
	show(STARTS, o.start, !o.totals);
	show(ENDS, o.end || (o.totals && o.interval_ns), !o.totals || o.interval_ns);
	show(REQUEUES, false, !o.totals);
	show(QUEUED, o.split, o.split && !o.totals);
	show(DEVICE, o.split, o.split && !o.totals);
	show(PATTERN, o.pattern && !o.totals, o.pattern && !o.totals);
	show(SEQUENTIAL, o.pattern && o.totals, o.pattern && o.totals);
	if (o.totals) {
		columns[TYPE].width = -8;
		columns[BYTES].width = 14;
	}
	/* A failure is shown behind the columns of perf-tools, without one of its own. */
	if (!r->opt.json && !r->opt.csv)
		columns[ERROR].name = "";
}

static int check(struct ft_run *r)
{
	const struct ft_opt_spec *spec = &r->tool->spec;
	char ms[64];
	size_t len;

	ft_follow_check(spec, &r->opt, &o.tasks);
	if (r->opt.command && o.name)
		ft_opt_error(spec, "a command cannot be traced together with -n");
	if (o.split && o.bio)
		ft_opt_error(spec, "options '--split' and '--bio' exclude each other");
	o.totals |= o.interval_ns > 0;
	if ((o.split || o.start) && o.totals)
		ft_opt_error(spec, "options '%s' and '%s' exclude each other",
			     o.split ? "--split" : "-s", o.interval_ns ? "--interval" : "--totals");
	len = o.slower ? strlen(o.slower) : 0;
	if (len) {
		snprintf(ms, sizeof(ms), "%.60s%s", o.slower,
			 strchr("0123456789.", o.slower[len - 1]) ? "ms" : "");
		if (len > 60 || ft_parse_seconds(ms, &o.slower_ns))
			ft_opt_error(spec, "option '--slower': '%.60s' is not a number of "
				     "milliseconds", o.slower);
	}
	if (r->opt.operand_count && r->opt.duration_ns)
		ft_opt_error(spec, "the duration is given twice");
	if (r->opt.operand_count && ft_parse_seconds(r->opt.operands[0], &r->opt.duration_ns))
		ft_opt_error(spec, "'%.60s' is not a number of seconds", r->opt.operands[0]);
	o.queue |= o.split;
	choose_columns(r);
	return 0;
}

static int on_io(void *arg, const struct ft_block_io *io);

static int plan(struct ft_run *r)
{
	const struct ft_block_config config = {
		.what = o.bio ? FT_BLOCK_BIOS : FT_BLOCK_REQUESTS, .opt = &o.block,
		.queue = o.queue, .tasks = &o.tasks, .comm = o.name, .on_io = on_io, .arg = r,
	};
	int err = ft_disks_new(&o.disks, NULL);

	return err ? ft_fail(r->session, err, "no memory") : ft_block_plan(&o.b, r, &config);
}

static int setup(struct ft_run *r)
{
	return ft_block_setup(o.b, r);
}

static int ready(struct ft_run *r)
{
	const char *by = o.queue ? "queued" : "issued";
	int n = snprintf(r->what, sizeof(r->what), "block I/O");

	if (o.tasks.pid)
		snprintf(r->what + n, sizeof(r->what) - n, " %s by PID %d", by, o.tasks.pid);
	else if (o.tasks.tid)
		snprintf(r->what + n, sizeof(r->what) - n, " %s by thread %d", by, o.tasks.tid);
	else if (o.name)
		snprintf(r->what + n, sizeof(r->what) - n, " %s by process name \"%.64s\"", by,
			 o.name);
	r->totals = o.totals;
	return ft_block_ready(o.b, r);
}

/* -- I/Os to rows ------------------------------------------------------------------------------ */

static int type_of(const struct ft_block_io *io)
{
	const char *type = io->rwbs;

	/* "F" in front is the flush before a write, which belongs to it. */
	if (type[0] == 'F' && type[1] && type[1] != 'F')
		type++;
	switch (*type) {
	case 'R':
		return READ;
	case 'W':
		return WRITE;
	case 'D':
		return DISCARD;
	case 'F':
		return FLUSH;
	default:
		return OTHER;
	}
}

static void add_total(const struct ft_block_io *io)
{
	const uint64_t latency = io->end_ns - io->start_ns;
	struct device *d = o.devices;
	struct total *t;

	while (d < o.devices + DEVICES_MAX && d->used && d->dev != io->dev)
		d++;
	d->used = true;
	d->dev = io->dev;
	t = &d->total[type_of(io)];
	t->ios++;
	t->bytes += io->bytes;
	t->errors += io->error != 0;
	t->sequential += io->sequential;
	t->latency_ns += latency;
	t->max_ns = latency > t->max_ns ? latency : t->max_ns;
}

static void set_device(struct ft_run *r, uint32_t dev)
{
	const bool text = ft_out_is_text(r->out);

	if (dev != o.dev || !*o.number)
		ft_disk_number(dev, o.number);
	o.dev = dev;
	ft_out_str(r->out, DEV, o.names && text ? ft_disks_name(o.disks, dev) : o.number);
	if (!text)
		ft_out_str(r->out, DISK, ft_disks_name(o.disks, dev));
}

static int print_io(struct ft_run *r, const struct ft_block_io *io)
{
	const bool somewhere = io->sector != FT_BLOCK_NO_SECTOR;
	char error[FT_BLOCK_ERROR];

	ft_out_uint(r->out, STARTS, io->start_ns);
	ft_out_uint(r->out, ENDS, io->end_ns);
	ft_out_str(r->out, COMM, io->comm);
	ft_out_int(r->out, PID, io->tid);
	ft_out_str(r->out, TYPE, io->rwbs);
	set_device(r, io->dev);
	if (somewhere)
		ft_out_uint(r->out, BLOCK, io->sector);
	else
		ft_out_str(r->out, BLOCK, "-");
	ft_out_uint(r->out, BYTES, io->bytes);
	ft_out_uint(r->out, LATENCY, io->end_ns - io->start_ns);
	if (o.split) {
		ft_out_int(r->out, QUEUED, (int64_t)(io->issue_ns - io->start_ns));
		ft_out_int(r->out, DEVICE, (int64_t)(io->end_ns - io->issue_ns));
	}
	if (o.pattern && somewhere)
		ft_out_str(r->out, PATTERN, io->sequential ? "seq" : "random");
	if (io->error)
		ft_out_str(r->out, ERROR, ft_block_error(io, error));
	ft_out_uint(r->out, REQUEUES, io->requeues);
	return ft_out_end(r->out);
}

static int on_io(void *arg, const struct ft_block_io *io)
{
	struct ft_run *r = arg;

	if (io->end_ns - io->start_ns < o.slower_ns)
		return 0;
	r->rows++;
	if (!o.totals)
		return print_io(r, io);
	add_total(io);
	return 0;
}

static int print_total(struct ft_run *r, const struct device *d, int type, uint64_t now)
{
	static const char *const names[] = { "read", "write", "discard", "flush", "other" };
	const struct total *t = &d->total[type];

	if (o.interval_ns)
		ft_out_uint(r->out, ENDS, now);
	if (d == o.devices + DEVICES_MAX)
		ft_out_str(r->out, DEV, "others");
	else
		set_device(r, d->dev);
	ft_out_str(r->out, TYPE, names[type]);
	ft_out_uint(r->out, IOS, t->ios);
	ft_out_uint(r->out, BYTES, t->bytes);
	ft_out_uint(r->out, FAILED, t->errors);
	if (o.pattern)
		ft_out_uint(r->out, SEQUENTIAL, t->sequential);
	ft_out_uint(r->out, MEAN, t->latency_ns / t->ios);
	ft_out_uint(r->out, MAX, t->max_ns);
	return ft_out_end(r->out);
}

static int print_totals(struct ft_run *r)
{
	const uint64_t now = ft_stream_now_ns(r->stream);
	int err = 0;

	for (struct device *d = o.devices; d <= o.devices + DEVICES_MAX; d++)
		for (int type = 0; d->used && type < TYPES && !err; type++)
			if (d->total[type].ios)
				err = print_total(r, d, type, now);
	return err;
}

/* -- callbacks --------------------------------------------------------------------------------- */

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	(void)r;
	return ft_block_event(o.b, e);
}

static int on_loss(struct ft_run *r, int cpu)
{
	(void)r;
	ft_block_loss(o.b, cpu);
	return 0;
}

static int on_interval(struct ft_run *r)
{
	int err = print_totals(r);

	if (!err && r->rows)
		err = ft_out_line(r->out, "", 0);
	return err ? err : ft_out_flush(r->out);
}

static int finish(struct ft_run *r)
{
	int err = o.totals ? print_totals(r) : 0;

	if (!r->rows)
		ft_tool_note(r, "no I/O%s", o.b && ft_block_disk(o.b) ? " of this device" : "");
	ft_block_report(o.b, r);
	return err;
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_block_free(o.b);
	ft_disks_free(o.disks);
}

const struct ft_tool tool_iosnoop = {
	.spec = {
		.tool = "iosnoop",
		.summary = "trace disk I/O, with latency",
		.operands = "[duration]",
		.max_operands = 1,
		.command = true,
		.trace = true,
		.options = options,
		.examples = examples,
	},
	.columns     = columns,
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
