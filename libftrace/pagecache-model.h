/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * model: what events of the page cache mean, put together thread by thread.
 *
 * A page that a write adds is dirtied by the same thread before that adds another: such additions
 * are none of reading.  Where reads tell their pages (exact), a page is missed when it is first read
 * after it was added, and hit after that; what was read ahead and not used is neither.  Elsewhere
 * every page added by reading is a miss.
 *
 * The one rule: nothing fails or allocates once it is made.  An access is put down when the next
 * event of its thread comes, or at fti_pages_settle(): the additions that it caused are known then.
 */
#ifndef FTI_PAGECACHE_MODEL_H
#define FTI_PAGECACHE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "ftrace/count.h"

/* Pages added and not read so far that are remembered; beyond these the oldest are forgotten. */
#define FTI_PAGES_AHEAD 262144
#define FTI_PAGES_FILES 65536

struct fti_file {
	uint64_t ino;
	uint32_t dev;
};

struct fti_pages_sums {
	uint64_t hits, misses;	/* not exact: hits stays 0 */
	uint64_t added;		/* pages */
	uint64_t written;	/* of these, for writes */
	uint64_t dirties;
	bool	 large;		/* a folio of several pages was added */
};

struct fti_pages;

int fti_pages_new(struct fti_pages **out, bool exact, bool by_file);	/* -ENOMEM */
void fti_pages_free(struct fti_pages *p);

/* 1 << order pages from index on were added. */
void fti_pages_add(struct fti_pages *p, int tid, int cpu, const struct fti_file *file,
		   uint64_t index, unsigned int order);
void fti_pages_dirty(struct fti_pages *p, int tid, uint64_t ino, uint64_t index);

/*
 * Pages first to last are being read.  The kernel takes a long read in parts, each told from where
 * it goes on to the same end: that is one read.  inside: it may begin within the page at which the
 * thread's last read ended, which was counted then.
 */
void fti_pages_read(struct fti_pages *p, int tid, int cpu, const struct fti_file *file,
		    uint64_t first, uint64_t last, bool inside);

/* A page of a mapped file was wanted; pages around one, if they were in the cache, got mapped. */
void fti_pages_fault(struct fti_pages *p, int tid, int cpu, const struct fti_file *file,
		     uint64_t index);
void fti_pages_map(struct fti_pages *p, int tid, int cpu, const struct fti_file *file,
		   uint64_t first, uint64_t last);

/* Events of cpu were lost: forget what its threads were doing. */
void fti_pages_lost(struct fti_pages *p, int cpu);

/* Put down all that is open; the sums since the beginning. */
const struct fti_pages_sums *fti_pages_settle(struct fti_pages *p);

/* By (dev, inode); NULL without by_file, or hits where that is not exact. */
struct ft_count *fti_pages_file_hits(struct fti_pages *p);
struct ft_count *fti_pages_file_misses(struct fti_pages *p);

#endif
