/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "merge.h"

struct chunk {
	struct chunk *next;
	uint64_t      round;
	size_t	      len;
	unsigned char data[] __attribute__((aligned(8)));
};

struct gap {			/* what is missing before a record */
	bool	 there, known;
	uint64_t count, ts;
};

struct lane {			/* one CPU */
	int		  cpu;
	bool		  empty;	/* had nothing more when last asked */
	bool		  in_heap;
	struct gap	  gap;		/* before `record`, or the next that comes */
	struct chunk	 *head, **tail;
	struct fti_page	  page;		/* walk of head, behind `record` */
	struct fti_record record;	/* the next to deliver, when in_heap */
	uint64_t	  last_ts;
};

struct fti_merge {
	struct fti_page_format format;
	struct fti_merge_stats stats;
	struct chunk *room, *spare;
	size_t	      held, max_pages;	/* pages with records, in all lanes */
	uint64_t      round;		/* the one being pushed */
	int	      count, heaped;
	struct lane **heap;		/* by record.ts, then CPU */
	struct lane   lanes[];
};

int fti_merge_new(struct fti_merge **out, const struct fti_page_format *format, const int *cpus,
		  int count, size_t max_pages)
{
	struct fti_merge *m;

	if (count < 1 || format->size <= format->data_offset || format->size > FTI_PAGE_MAX_SIZE)
		return -EINVAL;
	m = calloc(1, sizeof(*m) + count * sizeof(m->lanes[0]));
	if (!m)
		return -ENOMEM;
	m->heap = calloc(count, sizeof(*m->heap));
	if (!m->heap) {
		free(m);
		return -ENOMEM;
	}
	m->format = *format;
	m->count = count;
	m->max_pages = max_pages < 2 * (size_t)count ? 2 * (size_t)count : max_pages;
	for (int i = 0; i < count; i++) {
		m->lanes[i].cpu = cpus[i];
		m->lanes[i].empty = true;
		m->lanes[i].tail = &m->lanes[i].head;
	}
	*out = m;
	return 0;
}

static void free_list(struct chunk *c)
{
	struct chunk *next;

	for (; c; c = next) {
		next = c->next;
		free(c);
	}
}

void fti_merge_free(struct fti_merge *m)
{
	if (!m)
		return;
	for (int i = 0; i < m->count; i++)
		free_list(m->lanes[i].head);
	free_list(m->spare);
	free(m->room);
	free(m->heap);
	free(m);
}

/* -- the heap ---------------------------------------------------------------------------------- */

static bool before(const struct lane *a, const struct lane *b)
{
	if (a->record.ts != b->record.ts)
		return a->record.ts < b->record.ts;
	return a->cpu < b->cpu;
}

static void sift_down(struct fti_merge *m, int i)
{
	struct lane *l = m->heap[i];

	for (;;) {
		int child = 2 * i + 1;

		if (child >= m->heaped)
			break;
		if (child + 1 < m->heaped && before(m->heap[child + 1], m->heap[child]))
			child++;
		if (!before(m->heap[child], l))
			break;
		m->heap[i] = m->heap[child];
		i = child;
	}
	m->heap[i] = l;
}

static void heap_add(struct fti_merge *m, struct lane *l)
{
	int i = m->heaped++;

	for (; i && before(l, m->heap[(i - 1) / 2]); i = (i - 1) / 2)
		m->heap[i] = m->heap[(i - 1) / 2];
	m->heap[i] = l;
	l->in_heap = true;
}

static void heap_drop_first(struct fti_merge *m)
{
	m->heap[0]->in_heap = false;
	m->heap[0] = m->heap[--m->heaped];
	if (m->heaped)
		sift_down(m, 0);
}

/* -- pages ------------------------------------------------------------------------------------- */

void *fti_merge_room(struct fti_merge *m, bool must)
{
	if (!must && m->held >= m->max_pages)
		return NULL;
	if (!m->room && m->spare) {
		m->room = m->spare;
		m->spare = m->room->next;
	}
	if (!m->room)
		m->room = malloc(sizeof(*m->room) + m->format.size);
	return m->room ? m->room->data : NULL;
}

static void drop_head(struct fti_merge *m, struct lane *l)
{
	struct chunk *c = l->head;

	l->head = c->next;
	if (!l->head)
		l->tail = &l->head;
	c->next = m->spare;
	m->spare = c;
	m->held--;
}

/* Clocks of broken hardware: keep this CPU's order, and count it. */
static inline void keep_order(struct fti_merge *m, struct lane *l)
{
	if (__builtin_expect(l->record.ts < l->last_ts, 0)) {
		m->stats.backwards++;
		l->record.ts = l->last_ts;
	}
	l->last_ts = l->record.ts;
}

static void tell_gap(struct lane *l, const struct fti_merge_ops *ops, void *arg)
{
	if (!l->gap.there)
		return;
	l->gap.there = false;
	ops->loss(arg, l->cpu, l->gap.count, l->gap.known, l->gap.ts);
}

/* Kept until the record behind it has its turn: there is its place among all CPUs' records. */
static void add_gap(struct lane *l, uint64_t count, bool known, uint64_t ts,
		    const struct fti_merge_ops *ops, void *arg)
{
	tell_gap(l, ops, arg);
	l->gap = (struct gap){ .there = true, .known = known, .count = count,
			       .ts = ts < l->last_ts ? l->last_ts : ts };
}

/* Nobody knows what a page held that does not decode. */
static void bad_page(struct fti_merge *m, struct lane *l, const struct fti_merge_ops *ops,
		     void *arg)
{
	m->stats.bad_pages++;
	add_gap(l, 0, false, l->last_ts, ops, arg);
}

/* Begin the pages of a lane until one has a record. */
static bool next_page(struct fti_merge *m, struct lane *l, const struct fti_merge_ops *ops,
		      void *arg)
{
	int n;

	while (l->head) {
		if (fti_page_begin(&l->page, &m->format, l->head->data, l->head->len)) {
			bad_page(m, l, ops, arg);
			drop_head(m, l);
			continue;
		}
		if (l->page.has_lost)
			add_gap(l, l->page.lost, l->page.lost_known, l->page.ts, ops, arg);
		n = fti_page_next(&l->page, &l->record);
		if (n > 0) {
			keep_order(m, l);
			return true;
		}
		if (n < 0)
			bad_page(m, l, ops, arg);
		drop_head(m, l);
	}
	return false;
}

/* Step a lane to its next record; false: its pages are used up.  Inlined into both deliveries: a call
 * costs a tenth of all the work on an event. */
static inline __attribute__((always_inline)) bool
advance(struct fti_merge *m, struct lane *l, const struct fti_merge_ops *ops, void *arg)
{
	int n = fti_page_next(&l->page, &l->record);

	if (__builtin_expect(n <= 0, 0)) {
		if (n < 0)
			bad_page(m, l, ops, arg);
		drop_head(m, l);
		return next_page(m, l, ops, arg);
	}
	keep_order(m, l);
	return true;
}

void fti_merge_push(struct fti_merge *m, int i, size_t len)
{
	struct lane *l = &m->lanes[i];
	struct chunk *c = m->room;

	m->room = NULL;
	m->held++;
	c->next = NULL;
	c->len = len;
	c->round = m->round;
	*l->tail = c;
	l->tail = &c->next;
}

void fti_merge_empty(struct fti_merge *m, int i)
{
	m->lanes[i].empty = true;
}

bool fti_merge_is_empty(const struct fti_merge *m, int i)
{
	return m->lanes[i].empty;
}

bool fti_merge_has_page(const struct fti_merge *m, int i)
{
	return m->lanes[i].head;
}

void fti_merge_begin(struct fti_merge *m)
{
	for (int i = 0; i < m->count; i++)
		m->lanes[i].empty = false;
}

void fti_merge_end(struct fti_merge *m)
{
	m->round++;
}

/* -- delivery ---------------------------------------------------------------------------------- */

static void enter_heap(struct fti_merge *m, const struct fti_merge_ops *ops, void *arg)
{
	for (int i = 0; i < m->count; i++) {
		struct lane *l = &m->lanes[i];

		if (!l->in_heap && l->head && next_page(m, l, ops, arg))
			heap_add(m, l);
	}
}

/* Lanes whose next record was read before the last round. */
static int count_old(const struct fti_merge *m, uint64_t limit)
{
	int old = 0;

	for (int i = 0; i < m->heaped; i++)
		old += m->heap[i]->head->round < limit;
	return old;
}

int fti_merge_deliver(struct fti_merge *m, bool all, const struct fti_merge_ops *ops, void *arg)
{
	/* With one CPU there is nobody to wait for. */
	uint64_t limit = all || m->count == 1 || !m->round ? m->round : m->round - 1;
	int err = 0, old;

	enter_heap(m, ops, arg);
	for (old = count_old(m, limit); old && !err;) {
		struct lane *l = m->heap[0];
		bool was_old = l->head->round < limit;

		tell_gap(l, ops, arg);
		err = ops->record(arg, l->cpu, &l->record);
		if (advance(m, l, ops, arg)) {
			old -= was_old && l->head->round >= limit;
			sift_down(m, 0);
			continue;
		}
		old -= was_old;
		heap_drop_first(m);
		/* It has more, not yet read, that may come before the others' next. */
		if (!all && !l->empty)
			break;
	}
	for (int i = 0; all && !err && i < m->count; i++)
		tell_gap(&m->lanes[i], ops, arg);
	return err;
}

static int deliver_lane(struct fti_merge *m, struct lane *l, const struct fti_merge_ops *ops, void *arg)
{
	bool more = next_page(m, l, ops, arg);
	int err;

	while (more) {
		tell_gap(l, ops, arg);
		err = ops->record(arg, l->cpu, &l->record);
		if (err)
			return err;
		more = advance(m, l, ops, arg);
	}
	tell_gap(l, ops, arg);
	return 0;
}

int fti_merge_deliver_unordered(struct fti_merge *m, const struct fti_merge_ops *ops, void *arg)
{
	int err = 0;

	for (int i = 0; i < m->count && !err; i++)
		err = deliver_lane(m, &m->lanes[i], ops, arg);
	return err;
}

bool fti_merge_pending(const struct fti_merge *m)
{
	for (int i = 0; i < m->count; i++)
		if (m->lanes[i].head)
			return true;
	return false;
}

/* The record behind `record` of a lane, if nothing is missing between the two. */
static bool peek_behind(const struct fti_merge *m, const struct lane *l, struct fti_record *r)
{
	struct fti_page page = l->page;
	int n = fti_page_next(&page, r);

	for (const struct chunk *c = l->head->next; !n && c; c = c->next) {
		if (fti_page_begin(&page, &m->format, c->data, c->len) || page.has_lost)
			return false;
		n = fti_page_next(&page, r);
	}
	if (n > 0 && r->ts < l->last_ts)
		r->ts = l->last_ts;
	return n > 0;
}

bool fti_merge_peek(const struct fti_merge *m, int cpu, struct fti_record *r)
{
	int i = 0;

	if (m->heaped && m->heap[0]->cpu == cpu)
		return peek_behind(m, m->heap[0], r);
	while (i < m->count && m->lanes[i].cpu != cpu)
		i++;
	if (i == m->count || !m->lanes[i].in_heap || m->lanes[i].gap.there)
		return false;
	*r = m->lanes[i].record;
	return true;
}

const struct fti_merge_stats *fti_merge_stats(const struct fti_merge *m)
{
	return &m->stats;
}
