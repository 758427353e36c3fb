/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pagecache-model.h"

#define WAYS	     8	/* of a set of pages: one cache line */
#define PAGE_SETS    (FTI_PAGES_AHEAD / WAYS)
#define THREAD_WAYS  4
#define THREAD_SETS  1024

/* read(2) takes no more at once than 2 GB: an event that says more is none. */
#define READ_PAGES   (1U << 19)
/* A folio is not larger than a huge page: 16 GB of 64 kB pages. */
#define ORDER_MAX    18

enum access { NONE, READ, FAULT, MAP };

struct thread {
	int  tid, cpu;
	bool added;		/* an addition of which it is not known whether it is for a write */
	struct fti_file add_file;
	uint64_t add_index;
	unsigned int add_order;

	enum access access;	/* not put down yet */
	struct fti_file file;
	uint64_t next, last;	/* FAULT: next is the page */
	uint64_t from;		/* READ: where its last part began */
};

struct fti_pages {
	bool exact;
	struct fti_pages_sums sums;
	struct ft_count *file_hits, *file_misses;
	uint64_t ahead;			/* pages in the sets */
	unsigned int oldest;
	uint64_t (*sets)[WAYS];		/* fingerprints of pages added and not read; 0: none */
	struct thread threads[THREAD_SETS][THREAD_WAYS];
};

int fti_pages_new(struct fti_pages **out, bool exact, bool by_file)
{
	struct fti_pages *p = calloc(1, sizeof(*p));
	int err = 0;

	*out = p;
	if (!p)
		return -ENOMEM;
	p->exact = exact;
	if (exact) {
		p->sets = calloc(PAGE_SETS, sizeof(*p->sets));
		err = p->sets ? 0 : -ENOMEM;
	}
	if (!err && by_file)
		err = ft_count_new(&p->file_misses, FTI_PAGES_FILES);
	if (!err && by_file && exact)
		err = ft_count_new(&p->file_hits, FTI_PAGES_FILES);
	return err;
}

void fti_pages_free(struct fti_pages *p)
{
	if (!p)
		return;
	ft_count_free(p->file_hits);
	ft_count_free(p->file_misses);
	free(p->sets);
	free(p);
}

struct ft_count *fti_pages_file_hits(struct fti_pages *p)
{
	return p->file_hits;
}

struct ft_count *fti_pages_file_misses(struct fti_pages *p)
{
	return p->file_misses;
}

/* -- pages added and not read ------------------------------------------------------------------ */

static uint64_t mix(uint64_t v)
{
	v ^= v >> 32;
	v *= 0xd6e8feb86659fd93ULL;
	v ^= v >> 32;
	v *= 0xd6e8feb86659fd93ULL;
	return v ^ v >> 32;
}

/* 64 bits tell pages apart well enough: of a quarter million the chance of two alike is 2^-29. */
static uint64_t fingerprint(const struct fti_file *file, uint64_t index)
{
	const uint64_t v = mix(mix(file->ino ^ (uint64_t)file->dev << 32) + index);

	return v ? v : 1;
}

static void remember(struct fti_pages *p, const struct fti_file *file, uint64_t index)
{
	const uint64_t v = fingerprint(file, index);
	uint64_t *set = p->sets[v % PAGE_SETS], *slot = NULL;

	for (int i = 0; i < WAYS; i++) {
		if (set[i] == v)
			return;
		if (!set[i] && !slot)
			slot = &set[i];
	}
	if (!slot)
		slot = &set[p->oldest++ % WAYS];
	p->ahead += !*slot;
	*slot = v;
}

static bool take(struct fti_pages *p, const struct fti_file *file, uint64_t index)
{
	const uint64_t v = fingerprint(file, index);
	uint64_t *set = p->sets[v % PAGE_SETS];

	for (int i = 0; i < WAYS; i++) {
		if (set[i] != v)
			continue;
		set[i] = 0;
		p->ahead--;
		return true;
	}
	return false;
}

/* -- what a thread does ------------------------------------------------------------------------ */

static void put_addition(struct fti_pages *p, struct thread *t)
{
	const uint64_t pages = 1ULL << t->add_order;

	t->added = false;
	if (p->exact) {
		for (uint64_t i = 0; i < pages; i++)
			remember(p, &t->add_file, t->add_index + i);
		return;
	}
	/* In the unit of what else is counted there: folios, which have one page almost always. */
	p->sums.misses++;
	if (p->file_misses)
		ft_count_add(p->file_misses, t->add_file.dev, t->add_file.ino, 1);
}

static void put_pages(struct fti_pages *p, const struct fti_file *file, uint64_t first,
		      uint64_t end)
{
	uint64_t misses = 0, hits;

	for (uint64_t i = first; i < end && p->ahead; i++)
		misses += take(p, file, i);
	hits = end - first - misses;
	p->sums.misses += misses;
	p->sums.hits += hits;
	if (!p->file_hits)
		return;
	if (misses)
		ft_count_add(p->file_misses, file->dev, file->ino, misses);
	if (hits)
		ft_count_add(p->file_hits, file->dev, file->ino, hits);
}

static void put_access(struct fti_pages *p, struct thread *t)
{
	if (t->added)
		put_addition(p, t);
	if (t->access == READ && t->next <= t->last) {
		put_pages(p, &t->file, t->next, t->last + 1);
		t->next = t->last + 1;
	} else if (t->access == FAULT) {
		put_pages(p, &t->file, t->next, t->next + 1);
	} else if (t->access == MAP) {
		p->sums.hits++;
		if (p->file_hits)
			ft_count_add(p->file_hits, t->file.dev, t->file.ino, 1);
	}
	/* What a read was is still needed, to know what goes on from there. */
	if (t->access != READ)
		t->access = NONE;
}

static struct thread *thread_of(struct fti_pages *p, int tid, int cpu)
{
	struct thread *set = p->threads[(unsigned int)tid % THREAD_SETS], *t = NULL;

	for (int i = 0; i < THREAD_WAYS; i++) {
		if (set[i].tid == tid && (tid || set[i].cpu == cpu)) {
			set[i].cpu = cpu;
			return &set[i];
		}
	}
	for (int i = 0; i < THREAD_WAYS && !t; i++) {
		if (!set[i].added && set[i].access == NONE)
			t = &set[i];
	}
	if (!t)
		t = &set[p->oldest++ % THREAD_WAYS];
	put_access(p, t);
	*t = (struct thread){ .tid = tid, .cpu = cpu };
	return t;
}

static bool same(const struct fti_file *a, const struct fti_file *b)
{
	return a->ino == b->ino && a->dev == b->dev;
}

static void begin(struct thread *t, enum access access, const struct fti_file *file,
		  uint64_t next, uint64_t last)
{
	t->access = access;
	t->file = *file;
	t->next = next;
	t->last = last;
}

/* -- events ------------------------------------------------------------------------------------ */

void fti_pages_add(struct fti_pages *p, int tid, int cpu, const struct fti_file *file,
		   uint64_t index, unsigned int order)
{
	struct thread *t = thread_of(p, tid, cpu);

	if (order > ORDER_MAX)
		order = 0;
	if (t->added)
		put_addition(p, t);
	t->added = true;
	t->add_file = *file;
	t->add_index = index;
	t->add_order = order;
	p->sums.added += 1ULL << order;
	p->sums.large |= order;
}

void fti_pages_dirty(struct fti_pages *p, int tid, uint64_t ino, uint64_t index)
{
	struct thread *set = p->threads[(unsigned int)tid % THREAD_SETS];

	p->sums.dirties++;
	for (int i = 0; i < THREAD_WAYS; i++) {
		struct thread *t = &set[i];

		if (t->tid != tid || !t->added || t->add_file.ino != ino || t->add_index != index)
			continue;
		t->added = false;
		p->sums.written += 1ULL << t->add_order;
		return;
	}
}

void fti_pages_read(struct fti_pages *p, int tid, int cpu, const struct fti_file *file,
		    uint64_t first, uint64_t last, bool inside)
{
	struct thread *t = thread_of(p, tid, cpu);
	const bool again = t->access == READ && same(&t->file, file);

	/* No file has so many pages. */
	if (last < first || first > UINT64_MAX >> 12)
		return;
	if (last - first >= READ_PAGES)
		last = first + READ_PAGES - 1;
	if (again && last == t->last && first > t->from) {
		if (t->added)
			put_addition(p, t);
		if (first > t->next) {
			put_pages(p, file, t->next, first);
			t->next = first;
		}
	} else {
		put_access(p, t);
		begin(t, READ, file, first + (again && inside && first == t->last), last);
	}
	t->from = first;
}

void fti_pages_fault(struct fti_pages *p, int tid, int cpu, const struct fti_file *file,
		     uint64_t index)
{
	struct thread *t = thread_of(p, tid, cpu);

	/* The kernel begins again, having waited for the page. */
	if (t->access == FAULT && same(&t->file, file) && t->next == index)
		return;
	/* What was tried first has not mapped it. */
	if (t->access == MAP && same(&t->file, file) && t->next <= index && index <= t->last)
		t->access = NONE;
	put_access(p, t);
	begin(t, FAULT, file, index, index);
}

void fti_pages_map(struct fti_pages *p, int tid, int cpu, const struct fti_file *file,
		   uint64_t first, uint64_t last)
{
	struct thread *t = thread_of(p, tid, cpu);

	put_access(p, t);
	begin(t, MAP, file, first, last);
}

void fti_pages_lost(struct fti_pages *p, int cpu)
{
	struct thread *t = p->threads[0];

	for (int i = 0; i < THREAD_SETS * THREAD_WAYS; i++, t++) {
		if (t->cpu == cpu) {
			t->added = false;
			t->access = NONE;
		}
	}
}

const struct fti_pages_sums *fti_pages_settle(struct fti_pages *p)
{
	struct thread *t = p->threads[0];

	for (int i = 0; i < THREAD_SETS * THREAD_WAYS; i++, t++)
		put_access(p, t);
	return &p->sums;
}
