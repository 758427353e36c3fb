/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * merge: sub-buffers of many CPUs to one sequence of records by time stamp, in bounded memory.
 *
 * The one rule: pages are pushed in rounds.  A record read in round k is delivered only after round
 * k+1 has asked every CPU again: whatever happened before it on another CPU has been read by then.
 * No clock is needed for that, and no look at the pages beyond their records.
 */
#ifndef FTI_MERGE_H
#define FTI_MERGE_H

#include "ftrace/event.h"
#include "page.h"

struct fti_merge;

struct fti_merge_ops {
	/* Non-zero ends the delivery and is returned. */
	int (*record)(void *arg, int cpu, const struct fti_record *r);
	/* Before the record that follows the gap; what a bad page held is a gap of unknown size. */
	void (*loss)(void *arg, int cpu, uint64_t count, bool known, uint64_t ts);
};

struct fti_merge_stats {
	uint64_t backwards;	/* time stamps below their CPU's last: delivered with that one's */
	uint64_t bad_pages;
};

/* cpus[i] is the number of the i-th CPU; max_pages bounds the pages held (at least two a CPU). */
int fti_merge_new(struct fti_merge **out, const struct fti_page_format *format, const int *cpus,
		  int count, size_t max_pages);
void fti_merge_free(struct fti_merge *m);

/*
 * Room for one page to read into, or NULL: deliver first.  `must` goes past the bound, by a page a
 * CPU: one that may have records, and of which none is held (fti_merge_has_page()), has to be read
 * in each round, or there would be no order to tell.  The room is kept until it is pushed.
 */
void *fti_merge_room(struct fti_merge *m, bool must);
bool fti_merge_has_page(const struct fti_merge *m, int i);

/* Hand over len bytes that were read for the i-th CPU into room from fti_merge_room(). */
void fti_merge_push(struct fti_merge *m, int i, size_t len);

/* The i-th CPU had nothing more; until then a round leaves it with more to read. */
void fti_merge_empty(struct fti_merge *m, int i);
bool fti_merge_is_empty(const struct fti_merge *m, int i);

/* Begin a round, and end it when all CPUs have been asked: what was pushed between is the round. */
void fti_merge_begin(struct fti_merge *m);
void fti_merge_end(struct fti_merge *m);

/* Deliver what is certain to be in order; all: everything, the last round included. */
int fti_merge_deliver(struct fti_merge *m, bool all, const struct fti_merge_ops *ops, void *arg);

/* Deliver all that is held, one CPU after the other: for those who do not ask for order.  Not to be
 * mixed with fti_merge_deliver(). */
int fti_merge_deliver_unordered(struct fti_merge *m, const struct fti_merge_ops *ops, void *arg);

/* Records wait for another round. */
bool fti_merge_pending(const struct fti_merge *m);

/* From record(): the next record of a CPU (by number) after the one being delivered, if it is here
 * and nothing is missing before it. */
bool fti_merge_peek(const struct fti_merge *m, int cpu, struct fti_record *r);

const struct fti_merge_stats *fti_merge_stats(const struct fti_merge *m);

#endif
