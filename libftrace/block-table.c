/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "block-table.h"

#define NONE	 UINT32_MAX
#define SEARCHED 4096

struct fti_block_table {
	struct fti_io *ios;
	uint32_t  max, used;		/* used: slots that ever were */
	uint32_t  free, oldest, newest;
	uint32_t *buckets;
	uint32_t  bucket_mask;
	uint64_t  losses, open, dropped, evicted;
};

static uint32_t *bucket(const struct fti_block_table *t, uint32_t dev, uint64_t key)
{
	const uint64_t hash = (key + ((uint64_t)dev << 40)) * 0x9e3779b97f4a7c15ULL;

	return &t->buckets[(hash >> 32) & t->bucket_mask];
}

static uint32_t number(const struct fti_block_table *t, const struct fti_io *io)
{
	return (uint32_t)(io - t->ios);
}

/* A loss on any CPU may have hidden its end, and the beginning of another at the same place. */
static bool is_doubtful(const struct fti_block_table *t, const struct fti_io *io)
{
	return io->losses != t->losses;
}

static void unlink_bucket(struct fti_block_table *t, const struct fti_io *io)
{
	uint32_t *at = bucket(t, io->io.dev, io->key), i = number(t, io);

	while (*at != i)
		at = &t->ios[*at].next;
	*at = io->next;
}

static void link_bucket(struct fti_block_table *t, struct fti_io *io)
{
	uint32_t *head = bucket(t, io->io.dev, io->key);

	io->next = *head;
	*head = number(t, io);
}

void fti_block_table_remove(struct fti_block_table *t, struct fti_io *io)
{
	unlink_bucket(t, io);
	*(io->older == NONE ? &t->oldest : &t->ios[io->older].newer) = io->newer;
	*(io->newer == NONE ? &t->newest : &t->ios[io->newer].older) = io->older;
	io->next = t->free;
	t->free = number(t, io);
	t->open--;
}

static uint32_t new_slot(struct fti_block_table *t)
{
	struct fti_io *oldest;
	uint32_t i;

	if (t->free == NONE && t->used < t->max)
		return t->used++;
	if (t->free == NONE) {
		oldest = &t->ios[t->oldest];
		*(is_doubtful(t, oldest) ? &t->dropped : &t->evicted) += 1;
		fti_block_table_remove(t, oldest);
	}
	i = t->free;
	t->free = t->ios[i].next;
	return i;
}

struct fti_io *fti_block_table_add(struct fti_block_table *t, uint32_t dev, uint64_t key)
{
	const uint32_t i = new_slot(t);
	struct fti_io *io = &t->ios[i];

	memset(io, 0, sizeof(*io));
	io->io.dev = dev;
	io->key = key;
	io->losses = t->losses;
	link_bucket(t, io);
	io->older = t->newest;
	io->newer = NONE;
	*(t->newest == NONE ? &t->oldest : &t->ios[t->newest].newer) = i;
	t->newest = i;
	t->open++;
	return io;
}

void fti_block_table_move(struct fti_block_table *t, struct fti_io *io, uint64_t key)
{
	unlink_bucket(t, io);
	io->key = key;
	link_bucket(t, io);
}

struct fti_io *fti_block_table_find(struct fti_block_table *t, uint32_t dev, uint64_t key,
				    unsigned int states, uint32_t left, const char *rwbs,
				    bool *dropped)
{
	struct fti_io *found = NULL, *exact = NULL, *io;

	for (uint32_t i = *bucket(t, dev, key); i != NONE; ) {
		io = &t->ios[i];
		i = io->next;
		if (io->key != key || io->io.dev != dev || !(io->state & states) ||
		    (rwbs && strcmp(rwbs, io->io.rwbs)))
			continue;
		if (is_doubtful(t, io)) {
			fti_block_table_remove(t, io);
			t->dropped++;
			if (dropped)
				*dropped = true;
			continue;
		}
		/* The newest goes first in its bucket. */
		found = io;
		if (io->left == left)
			exact = io;
	}
	return exact ? exact : found;
}

struct fti_io *fti_block_table_around(struct fti_block_table *t, uint32_t dev, uint64_t sector,
				      uint64_t end)
{
	uint32_t searched = 0;

	for (uint32_t i = t->newest; i != NONE && searched++ < SEARCHED; i = t->ios[i].older) {
		struct fti_io *io = &t->ios[i];

		if (io->io.dev == dev && io->io.sector <= sector && !is_doubtful(t, io) &&
		    end - io->io.sector <= io->io.bytes / 512)
			return io;
	}
	return NULL;
}

void fti_block_table_lost(struct fti_block_table *t)
{
	t->losses++;
}

void fti_block_table_stats(const struct fti_block_table *t, struct ft_block_stats *stats)
{
	stats->open = t->open;
	stats->dropped = t->dropped;
	stats->evicted = t->evicted;
	/* Doubtful ones are older than the others. */
	for (uint32_t i = t->oldest; i != NONE && is_doubtful(t, &t->ios[i]); i = t->ios[i].newer) {
		stats->open--;
		stats->dropped++;
	}
}

uint64_t fti_block_table_wanted(const struct fti_block_table *t)
{
	uint64_t count = 0;

	for (uint32_t i = t->newest; i != NONE && !is_doubtful(t, &t->ios[i]); i = t->ios[i].older)
		count += t->ios[i].wanted;
	return count;
}

int fti_block_table_new(struct fti_block_table **out, uint32_t max)
{
	struct fti_block_table *t = calloc(1, sizeof(*t));
	uint32_t buckets = 1;

	*out = NULL;
	if (!t)
		return -ENOMEM;
	while (buckets < max)
		buckets *= 2;
	t->max = max;
	t->ios = calloc(max, sizeof(*t->ios));
	t->buckets = malloc(buckets * sizeof(*t->buckets));
	if (!t->ios || !t->buckets) {
		fti_block_table_free(t);
		return -ENOMEM;
	}
	memset(t->buckets, 0xff, buckets * sizeof(*t->buckets));
	t->bucket_mask = buckets - 1;
	t->free = t->oldest = t->newest = NONE;
	*out = t;
	return 0;
}

void fti_block_table_free(struct fti_block_table *t)
{
	if (!t)
		return;
	free(t->ios);
	free(t->buckets);
	free(t);
}
