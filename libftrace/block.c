/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block-internal.h"
#include "errno-name.h"
#include "ftrace/kernel.h"

#define IOS_MAX	   65536
#define DISKS_MAX  64	/* in one filter */
#define FILTER_MAX 4000	/* the kernel takes a page less a byte */

enum { REQUESTS = 1, ISSUES = 2, BIOS = 4, QUEUE = 8 };

/* What is recorded for what; the most frequent first, as they are looked up in this order. */
static const struct kind {
	const char *event;
	unsigned int modes;
	bool optional;		/* not in every kernel, or only its fields' use is */
	fti_block_handler *handler;
} kinds[] = {
	{ "block_rq_issue",	  REQUESTS | ISSUES, false, fti_block_issue },
	{ "block_rq_complete",	  REQUESTS,	     false, fti_block_complete },
	{ "block_rq_insert",	  QUEUE,	     false, fti_block_insert },
	{ "block_bio_queue",	  BIOS,		     false, fti_block_bio_queue },
	{ "block_bio_complete",	  BIOS,		     false, fti_block_bio_complete },
	{ "block_bio_frontmerge", QUEUE,	     true,  fti_block_frontmerge },
	{ "block_rq_merge",	  REQUESTS,	     true,  fti_block_merge },
	{ "block_rq_requeue",	  REQUESTS | ISSUES, true,  fti_block_requeue },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct fti_block_point {
	const struct kind *kind;
	int id;			/* -1: this kernel has it not */
	struct ft_field dev, sector, sectors, bytes, rwbs, comm, error;
};

static const char *const systems[] = { "block", FT_FOLLOW_SYSTEM, NULL };

/* -- what is recorded -------------------------------------------------------------------------- */

int fti_block_new(struct ft_block **out, const struct ft_block_config *config)
{
	static const unsigned int modes[] = {
		[FT_BLOCK_REQUESTS] = REQUESTS, [FT_BLOCK_ISSUES] = ISSUES, [FT_BLOCK_BIOS] = BIOS,
	};
	unsigned int mode = modes[config->what];
	struct ft_block *b = calloc(1, sizeof(*b));
	int err;

	*out = NULL;
	if (!b)
		return -ENOMEM;
	b->config = *config;
	if (config->what != FT_BLOCK_REQUESTS)
		b->config.queue = false;
	mode |= b->config.queue ? QUEUE : 0;
	b->points = calloc(KINDS, sizeof(*b->points));
	err = b->points ? fti_block_table_new(&b->table, IOS_MAX) : -ENOMEM;
	if (err) {
		ft_block_free(b);
		return err;
	}
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].modes & mode)
			b->points[b->count++] = (struct fti_block_point){ &kinds[i], .id = -1 };
	*out = b;
	return 0;
}

void ft_block_free(struct ft_block *b)
{
	if (!b)
		return;
	fti_block_table_free(b->table);
	ft_follow_close(b->follow);
	free(b->points);
	free(b->filter);
	free(b);
}

/* -- the kernel's filter ----------------------------------------------------------------------- */

struct disks {
	bool	 bio_only;	/* those wanted here */
	size_t	 count;
	uint32_t dev[DISKS_MAX];
};

static int add_disk(void *arg, const struct ft_disk *disk)
{
	struct disks *d = arg;

	if (disk->bio_only != d->bio_only)
		return 0;
	if (d->count == DISKS_MAX)
		return -E2BIG;
	d->dev[d->count++] = disk->dev;
	return 0;
}

/*
 * Bios of a device with requests begin, but never end (blk_update_request() ends them untold): they
 * are kept out.  Where there are too many such devices, only those are let in that are no such.
 */
static int filter_bios(FILE *f, const char *sysfs, char *why)
{
	struct disks d = { .bio_only = false };
	int err = ft_disk_each(sysfs, add_disk, &d);

	if (err == -E2BIG) {
		d = (struct disks){ .bio_only = true };
		err = ft_disk_each(sysfs, add_disk, &d);
	}
	if (err == -E2BIG)
		snprintf(why, FT_DISK_WHY, "there are too many devices for one filter: choose one");
	else if (err)
		snprintf(why, FT_DISK_WHY, "cannot read the list of devices: %s", strerror(-err));
	for (size_t i = 0; i < d.count && !err; i++)
		fprintf(f, "%sdev %s %" PRIu32, !i ? "" : d.bio_only ? " || " : " && ",
			d.bio_only ? "==" : "!=", d.dev[i]);
	return err == -E2BIG ? -EINVAL : err;
}

/* The kernel's own matcher is used where it does what ours does, and may be left out anywhere. */
static bool is_for_kernel(const struct ft_block *b, const char *type)
{
	/* A bio loses its flush flag on its way through device-mapper. */
	return type && b->config.what != FT_BLOCK_BIOS && ft_glob_simple(type);
}

int fti_block_filter(struct ft_block *b, const char *sysfs, char *why)
{
	const char *type = b->config.opt ? b->config.opt->type : NULL;
	size_t size = 0;
	int err = 0;
	FILE *f;

	if (type && strspn(type, "ABCDEFGHIJKLMNOPQRSTUVWXYZ*?[]!-") != strlen(type)) {
		snprintf(why, FT_DISK_WHY, "not a pattern of types: capital letters and *");
		return -EINVAL;
	}
	f = open_memstream(&b->filter, &size);
	if (!f)
		return -ENOMEM;
	if (*b->disk.name)
		fprintf(f, "dev == %" PRIu32, b->disk.dev);
	else if (b->config.what == FT_BLOCK_BIOS)
		err = filter_bios(f, sysfs, why);
	if (is_for_kernel(b, type))
		fprintf(f, "%srwbs ~ \"%s\"", *b->disk.name ? " && " : "", type);
	if (fclose(f))
		return -ENOMEM;
	if (err || !size) {
		free(b->filter);
		b->filter = NULL;
	}
	return err;
}

const struct ft_disk *ft_block_disk(const struct ft_block *b)
{
	return *b->disk.name ? &b->disk : NULL;
}

const char *ft_block_filter(const struct ft_block *b)
{
	return b->filter;
}

/* -- a tool's callbacks ------------------------------------------------------------------------ */

static int find_disk(struct ft_block *b, struct ft_run *r)
{
	const char *text = b->config.opt ? b->config.opt->device : NULL;
	char why[FT_DISK_WHY], shown[128];
	int err;

	if (!text)
		return 0;
	err = ft_disk_find(&b->disk, NULL, text, why);
	ft_out_escape(shown, sizeof(shown), text, strlen(text));
	if (err)
		return ft_fail(r->session, -EINVAL, "cannot trace '%s': %s", shown, why);
	if (b->config.what == FT_BLOCK_BIOS && !b->disk.bio_only)
		return ft_fail(r->session, -EINVAL, "cannot trace bios of '%s': it has requests "
			       "(leave out --bio)", shown);
	if (b->disk.partition)
		ft_tool_note(r, "'%s' is a partition: I/O of the whole '%s' is shown", shown,
			     b->disk.name);
	return 0;
}

int ft_block_plan(struct ft_block **out, struct ft_run *r, const struct ft_block_config *config)
{
	char why[FT_DISK_WHY] = "";
	int err;

	r->systems = systems;
	/* Completions come in interrupts, of this process, too. */
	r->with_self = true;
	err = fti_block_new(out, config);
	if (err)
		return ft_fail(r->session, err, "no memory");
	err = find_disk(*out, r);
	if (err)
		return err;
	err = fti_block_filter(*out, NULL, why);
	if (!err && (*out)->filter && strlen((*out)->filter) > FILTER_MAX)
		err = -EINVAL;
	return err ? ft_fail(r->session, err, "cannot choose the I/O: %s", *why ? why :
			     strerror(-err)) : 0;
}

static bool is_there(const struct ft_run *r, const struct fti_block_point *p)
{
	char path[96];

	snprintf(path, sizeof(path), "events/block/%s/enable", p->kind->event);
	return ft_session_has(r->session, path);
}

int ft_block_setup(struct ft_block *b, struct ft_run *r)
{
	static const struct ft_follow_opt nobody;
	int err;

	err = ft_follow_set(&b->follow, r->session, FT_FOLLOW_RECORDS,
			    b->config.tasks ? b->config.tasks : &nobody, r->command_pid);
	for (size_t i = 0; i < b->count && !err; i++) {
		if (b->points[i].kind->optional && !is_there(r, &b->points[i]))
			continue;
		err = ft_session_enable_event(r->session, "block", b->points[i].kind->event,
					      b->filter);
	}
	return err;
}

/* "errors" up to 4.11 is the driver's own number, and 0 for most that fail. */
static int find_fields(struct fti_block_point *p, const struct ft_events *evs)
{
	const char *event = p->kind->event;
	int err;

	err = ft_field_find(evs, "block", event, "dev", &p->dev);
	if (!err)
		err = ft_field_find(evs, "block", event, "sector", &p->sector);
	if (!err)
		err = ft_field_find(evs, "block", event, "nr_sector", &p->sectors);
	if (!err)
		err = ft_field_find(evs, "block", event, "rwbs", &p->rwbs);
	ft_field_find(evs, "block", event, "bytes", &p->bytes);
	ft_field_find(evs, "block", event, "comm", &p->comm);
	if (ft_field_find(evs, "block", event, "error", &p->error))
		ft_field_find(evs, "block", event, "errors", &p->error);
	return err;
}

int fti_block_fields(struct ft_block *b, const struct ft_events *evs, const char **why)
{
	for (size_t i = 0; i < b->count; i++) {
		struct fti_block_point *p = &b->points[i];

		p->id = ft_event_id(evs, "block", p->kind->event);
		if (p->id >= 0 && find_fields(p, evs))
			p->id = -1;
		b->has_merges |= p->id >= 0 && p->kind->handler == fti_block_merge;
		*why = p->kind->event;
		if (p->id < 0 && !p->kind->optional)
			return -EOPNOTSUPP;
	}
	return 0;
}

int ft_block_ready(struct ft_block *b, struct ft_run *r)
{
	const char *why;

	if (fti_block_fields(b, r->events, &why))
		return ft_fail(r->session, -EOPNOTSUPP,
			       "the format of 'block:%s' is not known", why);
	return ft_follow_ready(b->follow, r->events);
}

static int handle(struct ft_block *b, const struct fti_block_point *p, const struct ft_event *e)
{
	struct fti_block_record r = {
		.e = e, .dev = (uint32_t)ft_field_u64(&p->dev, e),
		.sector = ft_field_u64(&p->sector, e),
		.sectors = (uint32_t)ft_field_u64(&p->sectors, e),
		.error = (int)ft_field_s64(&p->error, e),
	};

	r.bytes = ft_field_ok(&p->bytes) ? ft_field_u64(&p->bytes, e) : (uint64_t)r.sectors * 512;
	ft_field_str(&p->rwbs, e, r.rwbs, sizeof(r.rwbs));
	if (ft_field_ok(&p->comm))
		ft_field_str(&p->comm, e, r.comm, sizeof(r.comm));
	return p->kind->handler(b, &r);
}

int ft_block_event(struct ft_block *b, const struct ft_event *e)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->points[i].id == e->type)
			return handle(b, &b->points[i], e);
	if (b->follow)
		ft_follow_event(b->follow, e);
	return 0;
}

void ft_block_loss(struct ft_block *b, int cpu)
{
	(void)cpu;
	fti_block_table_lost(b->table);
}

void ft_block_stats(const struct ft_block *b, struct ft_block_stats *out)
{
	*out = b->stats;
	fti_block_table_stats(b->table, out);
}

const char *ft_block_error(const struct ft_block_io *io, char buf[FT_BLOCK_ERROR])
{
	const char *name = NULL;

	if (!io->error)
		return "";
	if (io->error < 0 && io->error > -4096)
		name = fti_errno_name(-io->error);
	if (name)
		return name;
	snprintf(buf, FT_BLOCK_ERROR, io->error < 0 ? "error %d" : "driver error %d", io->error);
	return buf;
}

/* -- the end ----------------------------------------------------------------------------------- */

static void add_part(char *line, size_t size, uint64_t n, const char *what)
{
	const size_t at = strlen(line);

	if (n)
		snprintf(line + at, size - at, "%s%" PRIu64 " %s", at ? ", " : "", n, what);
}

void ft_block_report(const struct ft_block *b, const struct ft_run *r)
{
	static const char *const keys[] = {
		"ios", "open", "dropped", "evicted", "unmatched", "duplicate", "backwards",
		"requeued", "partial", "merged", "direct", NULL
	};
	struct ft_block_stats s;
	char line[512] = "";

	ft_block_stats(b, &s);
	/* Whose they are cannot be known. */
	if (!b->follow && !b->config.comm)
		add_part(line, sizeof(line), s.unmatched, "that began before the trace");
	add_part(line, sizeof(line), fti_block_table_wanted(b->table), "that had not completed");
	add_part(line, sizeof(line), s.dropped, "that were under way when events were lost");
	add_part(line, sizeof(line), s.evicted, "forgotten as the oldest of too many");
	if (*line)
		ft_tool_note(r, "I/Os not shown: %s", line);
	if (s.backwards)
		ft_tool_note(r, "%" PRIu64 " I/Os completed before they began: time ran backwards",
			     s.backwards);
	ft_out_record(r->out, "block", keys, (uint64_t[]){
		s.ios, s.open, s.dropped, s.evicted, s.unmatched, s.duplicate, s.backwards,
		s.requeued, s.partial, s.merged, s.direct });
}
