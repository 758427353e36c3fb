/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each event of the block layer does to the I/Os that are under way. */
#include <string.h>

#include "block-internal.h"
#include "ftrace/kernel.h"

#define SECTOR 512

static bool is_wanted(const struct ft_block *b, const struct fti_block_record *r)
{
	const char *comm = b->config.comm, *type = b->config.opt ? b->config.opt->type : NULL;

	if (b->follow && !ft_follow_event(b->follow, r->e))
		return false;
	if (type && !ft_glob_match(type, r->rwbs))
		return false;
	if (!comm)
		return true;
	return strpbrk(comm, "*?[") ? ft_glob_match(comm, r->comm) : strstr(r->comm, comm) != NULL;
}

/*
 * Where an event says that its request is.  One without sectors (a flush, a command that is no read
 * or write) is told by sector 0 when it is issued, by -1 when it completes (3.10 to 6.18).
 */
static uint64_t place(const struct fti_block_record *r)
{
	return !r->sector && !r->sectors ? FT_BLOCK_NO_SECTOR : r->sector;
}

static struct fti_io *find(struct ft_block *b, const struct fti_block_record *r,
			   unsigned int states, bool *dropped)
{
	const uint64_t key = place(r);

	return fti_block_table_find(b->table, r->dev, key, states, r->sectors,
				    key == FT_BLOCK_NO_SECTOR ? r->rwbs : NULL, dropped);
}

/* The I/O begins here: it belongs to the task of this event. */
static void fill(const struct ft_block *b, struct fti_io *io, const struct fti_block_record *r)
{
	io->io.start_ns = r->e->ts;
	io->io.sector = place(r);
	io->io.tid = r->e->tid;
	io->io.cpu = r->e->cpu;
	io->io.bytes = r->bytes;
	io->left = r->sectors;
	memcpy(io->io.rwbs, r->rwbs, sizeof(r->rwbs));
	memcpy(io->io.comm, r->comm, sizeof(r->comm));
	io->wanted = is_wanted(b, r);
}

static struct fti_io *begin(struct ft_block *b, const struct fti_block_record *r, uint64_t key,
			    uint8_t state)
{
	struct fti_io *io = fti_block_table_add(b->table, r->dev, key);

	fill(b, io, r);
	io->state = state;
	return io;
}

/* It goes to the device: after what was there before it?  Of devices that share a slot, the last
 * one is known. */
static void go(struct ft_block *b, struct fti_io *io, const struct fti_block_record *r)
{
	struct fti_block_place *p = &b->places[(r->dev * 2654435761u) >> 24];

	io->io.issue_ns = r->e->ts;
	if (!r->sectors)
		return;
	io->io.sequential = p->known && p->dev == r->dev && p->end == r->sector;
	*p = (struct fti_block_place){ true, r->dev, r->sector + r->sectors };
}

static int end(struct ft_block *b, struct fti_io *io, uint64_t ts)
{
	int err = 0;

	b->stats.backwards += ts < io->io.start_ns;
	io->io.end_ns = ts < io->io.start_ns ? io->io.start_ns : ts;
	b->stats.ios++;
	if (io->wanted)
		err = b->config.on_io(b->config.arg, &io->io);
	fti_block_table_remove(b->table, io);
	return err;
}

int fti_block_insert(struct ft_block *b, const struct fti_block_record *r)
{
	struct fti_io *io = find(b, r, FTI_IO_REQUEUED, NULL);

	if (io)
		return 0;
	io = find(b, r, FTI_IO_INSERTED, NULL);
	/* Without block_rq_merge (up to 5.9): one that was merged into another is never issued. */
	if (io && !b->has_merges) {
		fti_block_table_remove(b->table, io);
		b->stats.merged++;
	} else if (io) {
		b->stats.duplicate++;
	}
	io = begin(b, r, place(r), FTI_IO_INSERTED);
	io->io.insert_ns = r->e->ts;
	return 0;
}

static int issue_only(struct ft_block *b, const struct fti_block_record *r)
{
	struct fti_io *again = find(b, r, FTI_IO_REQUEUED, NULL), io = { .io.dev = r->dev };

	if (again) {
		fti_block_table_remove(b->table, again);
		return 0;
	}
	fill(b, &io, r);
	go(b, &io, r);
	b->stats.ios++;
	return io.wanted ? b->config.on_io(b->config.arg, &io.io) : 0;
}

int fti_block_issue(struct ft_block *b, const struct fti_block_record *r)
{
	struct fti_io *io;

	if (b->config.what == FT_BLOCK_ISSUES)
		return issue_only(b, r);
	io = find(b, r, FTI_IO_REQUEUED | FTI_IO_INSERTED, NULL);
	if (!io) {
		b->stats.duplicate += find(b, r, FTI_IO_ISSUED, NULL) != NULL;
		b->stats.direct += b->config.queue;
		io = begin(b, r, place(r), FTI_IO_ISSUED);
	} else if (io->state == FTI_IO_INSERTED || r->sectors != io->left) {
		/* It may have grown by what was merged since; of a requeued one a part may be
		 * done. */
		io->io.bytes = r->bytes + (io->state == FTI_IO_INSERTED ? 0 :
					   io->io.bytes - (uint64_t)io->left * SECTOR);
		io->left = r->sectors;
		memcpy(io->io.rwbs, r->rwbs, sizeof(r->rwbs));
	}
	if (io->state != FTI_IO_REQUEUED)
		go(b, io, r);
	io->io.issue_ns = r->e->ts;
	io->state = FTI_IO_ISSUED;
	return 0;
}

int fti_block_complete(struct ft_block *b, const struct fti_block_record *r)
{
	bool dropped = false;
	struct fti_io *io = find(b, r, FTI_IO_ISSUED, &dropped);
	const bool sectorless = place(r) == FT_BLOCK_NO_SECTOR;

	/*
	 * A write with a flush before or after it completes once more, with no sectors, when the
	 * flush is done; an empty one, which is nothing but its flush, only so.
	 */
	if (!r->sectors && r->sector != UINT64_MAX && (!io || io->left))
		return 0;
	if (!io) {
		b->stats.unmatched += !dropped;
		return 0;
	}
	if (r->error)
		io->io.error = r->error;
	if (!sectorless && r->sectors < io->left) {
		b->stats.partial++;
		io->left -= r->sectors;
		fti_block_table_move(b->table, io, r->sector + r->sectors);
		return 0;
	}
	return end(b, io, r->e->ts);
}

int fti_block_requeue(struct ft_block *b, const struct fti_block_record *r)
{
	struct fti_io *io;

	if (b->config.what == FT_BLOCK_ISSUES) {
		b->stats.requeued++;
		begin(b, r, place(r), FTI_IO_REQUEUED);
		return 0;
	}
	io = find(b, r, FTI_IO_ISSUED, NULL);
	if (io) {
		b->stats.requeued++;
		io->io.requeues++;
		io->state = FTI_IO_REQUEUED;
	}
	return 0;
}

/* The request has become part of another. */
int fti_block_merge(struct ft_block *b, const struct fti_block_record *r)
{
	struct fti_io *io = find(b, r, FTI_IO_INSERTED | FTI_IO_REQUEUED, NULL);

	if (io) {
		b->stats.merged++;
		fti_block_table_remove(b->table, io);
	}
	return 0;
}

/* A bio was put in front of a request, which begins there from now on. */
int fti_block_frontmerge(struct ft_block *b, const struct fti_block_record *r)
{
	struct fti_io *io;

	io = fti_block_table_find(b->table, r->dev, r->sector + r->sectors,
				  FTI_IO_INSERTED | FTI_IO_REQUEUED, UINT32_MAX, NULL, NULL);
	if (io) {
		io->io.sector = r->sector;
		fti_block_table_move(b->table, io, r->sector);
	}
	return 0;
}

/* -- bios -------------------------------------------------------------------------------------- */

/*
 * A bio is found by its end: device-mapper cuts off in front what it has passed on (6.1), others
 * complete the pieces in any order, the last one with the end, or leave nothing but the end.
 */
static uint64_t bio_key(const struct fti_block_record *r)
{
	return r->sector + r->sectors ? r->sector + r->sectors : FT_BLOCK_NO_SECTOR;
}

int fti_block_bio_queue(struct ft_block *b, const struct fti_block_record *r)
{
	const uint64_t key = bio_key(r);
	struct fti_io *io;

	b->stats.duplicate += fti_block_table_find(b->table, r->dev, key, FTI_IO_ISSUED, r->sectors,
						   NULL, NULL) != NULL;
	io = begin(b, r, key, FTI_IO_ISSUED);
	go(b, io, r);
	return 0;
}

int fti_block_bio_complete(struct ft_block *b, const struct fti_block_record *r)
{
	bool dropped = false;
	struct fti_io *io;

	io = fti_block_table_find(b->table, r->dev, bio_key(r), FTI_IO_ISSUED, r->sectors, NULL,
				  &dropped);
	if (io) {
		if (r->error)
			io->io.error = r->error;
		return end(b, io, r->e->ts);
	}
	io = fti_block_table_around(b->table, r->dev, r->sector, r->sector + r->sectors);
	if (!io) {
		b->stats.unmatched += !dropped;
		return 0;
	}
	b->stats.partial++;
	if (r->error)
		io->io.error = r->error;
	return 0;
}
