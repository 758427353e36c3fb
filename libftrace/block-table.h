/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * block-table: the I/Os that are under way, found by device and sector.
 *
 * The one rule: adding never fails: when it is full the oldest makes room.  An I/O that was under
 * way when events were lost is never found again; both are counted.  Memory is touched as it is
 * used.
 */
#ifndef FTI_BLOCK_TABLE_H
#define FTI_BLOCK_TABLE_H

#include "ftrace/block.h"

enum {
	FTI_IO_INSERTED = 1,	/* waits in a queue */
	FTI_IO_ISSUED	= 2,
	FTI_IO_REQUEUED = 4,	/* was issued and came back */
};

struct fti_io {
	struct ft_block_io io;
	uint64_t key;		/* the sector by which it will be found next */
	uint64_t losses;	/* that had been when it began */
	uint32_t left;		/* sectors that have not completed */
	uint32_t next;		/* in its bucket, or free */
	uint32_t older, newer;
	uint8_t	 state;
	bool	 wanted;
};

struct fti_block_table;

int fti_block_table_new(struct fti_block_table **out, uint32_t max);	/* -ENOMEM */
void fti_block_table_free(struct fti_block_table *t);

/* A new one, zeroed but for dev and key. */
struct fti_io *fti_block_table_add(struct fti_block_table *t, uint32_t dev, uint64_t key);
void fti_block_table_remove(struct fti_block_table *t, struct fti_io *io);
void fti_block_table_move(struct fti_block_table *t, struct fti_io *io, uint64_t key);

/*
 * The oldest in one of the states, of those with so many sectors left if there are such, with this
 * rwbs (NULL: any).  NULL: none; *dropped (may be NULL) is set if there was one that is doubtful.
 */
struct fti_io *fti_block_table_find(struct fti_block_table *t, uint32_t dev, uint64_t key,
				    unsigned int states, uint32_t left, const char *rwbs,
				    bool *dropped);

/* One of the device that has all of these sectors; NULL: none among the newest few thousand. */
struct fti_io *fti_block_table_around(struct fti_block_table *t, uint32_t dev, uint64_t sector,
				      uint64_t end);

/* Events were lost: all that is under way is doubtful. */
void fti_block_table_lost(struct fti_block_table *t);

/* open, dropped and evicted of stats. */
void fti_block_table_stats(const struct fti_block_table *t, struct ft_block_stats *stats);

/* Those of open that are wanted. */
uint64_t fti_block_table_wanted(const struct fti_block_table *t);

#endif
