/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The merge, on pages made by hand: histories of up to 300 CPUs, drawn from a seed, are read in
 * rounds as a stream reads them, and come out as one stable sort of all records.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merge.h"
#include "unit.h"

#define MAX_CPUS  300
#define PAGE_SIZE 256
#define PER_PAGE  20	/* records of 12 bytes behind the header's 16 */
#define PASSES	  8
#define NEVER	  UINT64_MAX

static const struct fti_page_format format = { PAGE_SIZE, 8, 8, 16 };

/* -- pages ------------------------------------------------------------------------------------- */

struct payload {
	uint32_t cpu, seq;
};

struct gap {
	bool there, known;
	uint64_t count;
};

static uint32_t head(uint32_t type, uint32_t delta)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return type << 27 | delta;
#else
	return delta << 5 | type;
#endif
}

/* Fill a page with records of a CPU from seq on, at the times of ts[]; returns its bytes. */
static size_t build(unsigned char *page, uint32_t cpu, uint32_t seq, const uint64_t *ts,
		    size_t count, struct gap gap)
{
	uint64_t commit = count * 12, last = count ? ts[0] : 0;
	unsigned char *at = page + 16;

	memset(page, 0, PAGE_SIZE);
	memcpy(page, &last, 8);
	for (size_t i = 0; i < count; i++, at += 12) {
		const struct payload p = { cpu, seq + (uint32_t)i };
		const uint32_t word = head(sizeof(p) / 4, (uint32_t)(ts[i] - last));

		memcpy(at, &word, 4);
		memcpy(at + 4, &p, sizeof(p));
		last = ts[i];
	}
	if (gap.there && gap.known)
		memcpy(at, &gap.count, 8);
	commit |= (gap.there ? 1ULL << 31 : 0) | (gap.there && gap.known ? 1ULL << 30 : 0);
	memcpy(page + 8, &commit, 8);
	return PAGE_SIZE;
}

static void push_page(struct fti_merge *m, int i, uint32_t seq, const uint64_t *ts, size_t count,
		      struct gap gap)
{
	unsigned char *room = fti_merge_room(m, true);

	CU_ASSERT_PTR_NOT_NULL_FATAL(room);
	fti_merge_push(m, i, build(room, (uint32_t)i, seq, ts, count, gap));
}

static const struct gap no_gap;

/* -- what comes out ---------------------------------------------------------------------------- */

struct out {
	int	 cpu[64];	/* number of the CPU; -1 - number: a loss there */
	uint32_t seq[64];	/* of a loss: how many, ~0 unknown */
	uint64_t ts[64];
	int	 count, stop_at;
};

static int record(void *arg, int cpu, const struct fti_record *r)
{
	struct out *o = arg;
	struct payload p;

	memcpy(&p, r->data, sizeof(p));
	CU_ASSERT_EQUAL(r->size, sizeof(p));
	o->cpu[o->count] = cpu;
	o->seq[o->count] = p.seq;
	o->ts[o->count++] = r->ts;
	return o->stop_at && o->count >= o->stop_at ? -5 : 0;
}

static void loss(void *arg, int cpu, uint64_t count, bool known, uint64_t ts)
{
	struct out *o = arg;

	o->cpu[o->count] = -1 - cpu;
	o->seq[o->count] = known ? (uint32_t)count : ~0U;
	o->ts[o->count++] = ts;
}

static const struct fti_merge_ops ops = { record, loss };

static void check_out(const struct out *o, int i, int cpu, uint32_t seq, uint64_t ts)
{
	CU_ASSERT(i < o->count);
	CU_ASSERT_EQUAL(o->cpu[i], cpu);
	CU_ASSERT_EQUAL(o->seq[i], seq);
	CU_ASSERT_EQUAL(o->ts[i], ts);
}

static struct fti_merge *new_merge(int count)
{
	static const int cpus[] = { 0, 1, 2, 3 };
	struct fti_merge *m = NULL;

	CU_ASSERT_EQUAL_FATAL(fti_merge_new(&m, &format, cpus, count, 0), 0);
	return m;
}

/* A round in which every CPU was found empty after what has been pushed. */
static void end_round(struct fti_merge *m, int count)
{
	for (int i = 0; i < count; i++)
		fti_merge_empty(m, i);
	fti_merge_end(m);
}

/* -- histories --------------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

struct cpu {
	uint64_t *ts;		/* when its records happen, ascending */
	uint32_t  count, read, delivered;
	uint32_t  due;		/* those that were read before the last round */
	bool	  peeked;	/* the next record was told before its turn */
	uint64_t  peeked_ts;
};

struct history {
	struct fti_merge *m;
	struct cpu cpus[MAX_CPUS];
	int	   numbers[MAX_CPUS], count;
	uint64_t   rnd, last_ts;
	int	   last_cpu;
	size_t	   delivered, total, max_pages, wrong;
	void	  *rooms[4096];	/* every page ever given */
	size_t	   room_count;
};

/* CPU numbers are sparse; some CPUs are quiet, some busy, and many records share their time. */
static void draw_history(struct history *h, uint64_t seed, int count, uint32_t records)
{
	memset(h, 0, sizeof(*h));
	h->rnd = seed * 0x9e3779b97f4a7c15ULL + 1;
	h->count = count;
	h->last_cpu = -1;
	for (int i = 0; i < count; i++) {
		struct cpu *c = &h->cpus[i];
		const uint32_t busy = (uint32_t)(next_random(&h->rnd) % 8);
		uint64_t ts = next_random(&h->rnd) % 1000;

		h->numbers[i] = i * 3 + (i > 4);
		c->count = busy ? (uint32_t)(next_random(&h->rnd) % (records * busy)) : 0;
		c->ts = calloc(c->count + 1, sizeof(*c->ts));
		if (!c->ts)
			abort();
		for (uint32_t k = 0; k < c->count; k++) {
			ts += next_random(&h->rnd) % (1 + 4000 / busy);
			c->ts[k] = ts;
		}
		c->ts[c->count] = NEVER;
		h->total += c->count;
	}
}

/* Rounds take time: each CPU is asked a little later than the one before. */
static void take_page(struct history *h, int i, void *room, uint64_t now)
{
	struct cpu *c = &h->cpus[i];
	uint32_t n = 0, most = 1 + (uint32_t)(next_random(&h->rnd) % PER_PAGE);

	while (n < most && c->ts[c->read + n] < now)
		n++;
	if (!n) {
		fti_merge_empty(h->m, i);
		return;
	}
	fti_merge_push(h->m, i, build(room, (uint32_t)i, c->read, c->ts + c->read, n, no_gap));
	c->read += n;
}

static void note_room(struct history *h, void *room)
{
	size_t k = 0;

	while (k < h->room_count && h->rooms[k] != room)
		k++;
	if (k == h->room_count && k < 4096)
		h->rooms[h->room_count++] = room;
}

/* As the stream does it; *now goes on. */
static void read_round(struct history *h, uint64_t *now)
{
	fti_merge_begin(h->m);
	for (int pass = 0; pass < PASSES; pass++) {
		for (int i = 0; i < h->count; i++) {
			void *room;

			*now += next_random(&h->rnd) % 8;
			if (fti_merge_is_empty(h->m, i))
				continue;
			room = fti_merge_room(h->m, !fti_merge_has_page(h->m, i));
			if (!room)
				continue;
			note_room(h, room);
			take_page(h, i, room, *now);
		}
	}
	fti_merge_end(h->m);
}

static int find_cpu(const struct history *h, int number)
{
	int i = 0;

	while (i < h->count && h->numbers[i] != number)
		i++;
	return i;
}

/* What is peeked must be what comes. */
static void peek(struct history *h, int i)
{
	struct cpu *c = &h->cpus[i];
	struct fti_record r;
	struct payload p;

	if (!fti_merge_peek(h->m, h->numbers[i], &r)) {
		h->wrong += c->peeked || c->read > c->delivered;
		return;
	}
	memcpy(&p, r.data, sizeof(p));
	h->wrong += p.cpu != (uint32_t)i || p.seq != c->delivered || r.ts != c->ts[p.seq];
	c->peeked = true;
	c->peeked_ts = r.ts;
}

static int check_record(void *arg, int number, const struct fti_record *r)
{
	struct history *h = arg;
	const int i = find_cpu(h, number);
	struct cpu *c = &h->cpus[i];
	struct payload p;

	memcpy(&p, r->data, sizeof(p));
	h->wrong += p.cpu != (uint32_t)i || p.seq != c->delivered || r->ts != c->ts[p.seq];
	h->wrong += c->peeked && c->peeked_ts != r->ts;
	/* In order of time and, at one time, of the CPU's number. */
	h->wrong += r->ts < h->last_ts || (r->ts == h->last_ts && number < h->last_cpu);
	h->last_ts = r->ts;
	h->last_cpu = number;
	h->delivered++;
	c->delivered++;
	c->peeked = false;
	peek(h, i);
	if (!(h->rnd % 16))
		peek(h, (int)(next_random(&h->rnd) % (unsigned int)h->count));
	return 0;
}

static void check_loss(void *arg, int cpu, uint64_t count, bool known, uint64_t ts)
{
	struct history *h = arg;

	(void)cpu, (void)count, (void)known, (void)ts;
	h->wrong++;
}

static const struct fti_merge_ops check_ops = { check_record, check_loss };

/* Nothing is kept longer than to the end of the next round, unless there was no room to read on. */
static void check_punctual(struct history *h)
{
	bool behind = false;

	for (int i = 0; i < h->count; i++)
		behind |= !fti_merge_is_empty(h->m, i);
	for (int i = 0; i < h->count; i++) {
		h->wrong += !behind && h->cpus[i].delivered < h->cpus[i].due;
		h->cpus[i].due = h->cpus[i].read;
	}
}

static void run_history(struct history *h, size_t max_pages)
{
	const size_t bound = max_pages > 2 * (size_t)h->count ? max_pages : 2 * (size_t)h->count;
	uint64_t now = 0;

	CU_ASSERT_EQUAL_FATAL(fti_merge_new(&h->m, &format, h->numbers, h->count, max_pages), 0);
	for (int round = 0; h->delivered < h->total && round < 100000; round++) {
		now += next_random(&h->rnd) % 20000;
		read_round(h, &now);
		h->wrong += fti_merge_deliver(h->m, false, &check_ops, h) != 0;
		check_punctual(h);
	}
	CU_ASSERT_EQUAL(h->delivered, h->total);
	CU_ASSERT_EQUAL(h->wrong, 0);
	CU_ASSERT(h->room_count <= bound + (size_t)h->count);
	CU_ASSERT_FALSE(fti_merge_pending(h->m));
	CU_ASSERT_EQUAL(fti_merge_stats(h->m)->backwards, 0);
	CU_ASSERT_EQUAL(fti_merge_stats(h->m)->bad_pages, 0);
	fti_merge_free(h->m);
	for (int i = 0; i < h->count; i++)
		free(h->cpus[i].ts);
}

static void test_merge_orders_any_number_of_cpus(void)
{
	static const int counts[] = { 1, 2, 3, 4, 7, 16, 64, 255, 300 };
	static struct history h;
	uint64_t seed = 1;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		for (int k = 0; k < (counts[i] < 64 ? 20 : 3); k++) {
			draw_history(&h, seed++, counts[i], counts[i] < 64 ? 300 : 60);
			run_history(&h, 2000);
		}
}

/* The pool is full most of the time: order and the bound hold all the same. */
static void test_merge_orders_within_the_smallest_pool(void)
{
	static const int counts[] = { 1, 2, 3, 8, 40 };
	static struct history h;
	uint64_t seed = 1000;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		for (int k = 0; k < 10; k++) {
			draw_history(&h, seed++, counts[i], 400);
			run_history(&h, 0);
		}
}

/* Two CPUs, one of them nearly quiet: the pages of the quiet one must not pile up. */
static void test_merge_bounds_its_pool_with_uneven_cpus(void)
{
	static struct history h;

	memset(&h, 0, sizeof(h));
	h.rnd = 12345;
	h.count = 2;
	h.last_cpu = -1;
	for (int i = 0; i < 2; i++) {
		struct cpu *c = &h.cpus[i];

		h.numbers[i] = i;
		c->count = 20000;
		c->ts = calloc(c->count + 1, sizeof(*c->ts));
		if (!c->ts)
			abort();
		/* All is there at once, as after a stall; CPU 0 ran a hundred times as long. */
		for (uint32_t k = 0; k < c->count; k++)
			c->ts[k] = (uint64_t)k * (i ? 1 : 100);
		c->ts[c->count] = NEVER;
		h.total += c->count;
	}
	h.rnd |= 1;
	run_history(&h, 16);
}

/* -- rounds ------------------------------------------------------------------------------------ */

static void test_merge_waits_a_round_before_it_delivers(void)
{
	const uint64_t a[] = { 100, 300 }, b[] = { 200 };
	struct fti_merge *m = new_merge(2);
	struct out o = { .count = 0 };

	fti_merge_begin(m);
	push_page(m, 0, 0, a, 2, no_gap);
	end_round(m, 2);
	CU_ASSERT_EQUAL(fti_merge_deliver(m, false, &ops, &o), 0);
	CU_ASSERT_EQUAL(o.count, 0);
	CU_ASSERT_TRUE(fti_merge_pending(m));
	fti_merge_begin(m);
	CU_ASSERT_FALSE(fti_merge_is_empty(m, 1));
	push_page(m, 1, 0, b, 1, no_gap);
	end_round(m, 2);
	CU_ASSERT_EQUAL(fti_merge_deliver(m, false, &ops, &o), 0);
	CU_ASSERT_EQUAL(o.count, 3);
	check_out(&o, 0, 0, 0, 100);
	check_out(&o, 1, 1, 0, 200);
	check_out(&o, 2, 0, 1, 300);
	CU_ASSERT_FALSE(fti_merge_pending(m));
	fti_merge_free(m);
}

static void test_merge_of_one_cpu_does_not_wait(void)
{
	const uint64_t a[] = { 100, 300 };
	struct fti_merge *m = new_merge(1);
	struct out o = { .count = 0 };

	fti_merge_begin(m);
	push_page(m, 0, 0, a, 2, no_gap);
	end_round(m, 1);
	CU_ASSERT_EQUAL(fti_merge_deliver(m, false, &ops, &o), 0);
	CU_ASSERT_EQUAL(o.count, 2);
	fti_merge_free(m);
}

/* CPU 1 has more, not yet read, that may be older than what CPU 0 has. */
static void test_merge_stops_where_a_cpu_has_more_to_read(void)
{
	const uint64_t a[] = { 500, 600 }, b[] = { 100, 200 }, more[] = { 300 };
	struct fti_merge *m = new_merge(2);
	struct out o = { .count = 0 };

	fti_merge_begin(m);
	push_page(m, 0, 0, a, 2, no_gap);
	push_page(m, 1, 0, b, 2, no_gap);
	fti_merge_empty(m, 0);
	fti_merge_end(m);
	fti_merge_begin(m);
	fti_merge_empty(m, 0);
	fti_merge_end(m);
	CU_ASSERT_EQUAL(fti_merge_deliver(m, false, &ops, &o), 0);
	CU_ASSERT_EQUAL(o.count, 2);
	CU_ASSERT_FALSE(fti_merge_has_page(m, 1));
	CU_ASSERT_TRUE(fti_merge_has_page(m, 0));
	fti_merge_begin(m);
	push_page(m, 1, 2, more, 1, no_gap);
	end_round(m, 2);
	CU_ASSERT_EQUAL(fti_merge_deliver(m, false, &ops, &o), 0);
	CU_ASSERT_EQUAL(o.count, 5);
	check_out(&o, 2, 1, 2, 300);
	check_out(&o, 3, 0, 0, 500);
	fti_merge_free(m);
}

static void test_merge_delivers_all_at_the_end(void)
{
	const uint64_t a[] = { 100, 300 }, b[] = { 200 };
	struct fti_merge *m = new_merge(3);
	struct out o = { .count = 0 };

	push_page(m, 2, 0, a, 2, no_gap);
	push_page(m, 1, 0, b, 1, no_gap);
	fti_merge_end(m);
	CU_ASSERT_EQUAL(fti_merge_deliver(m, true, &ops, &o), 0);
	CU_ASSERT_EQUAL(o.count, 3);
	check_out(&o, 0, 2, 0, 100);
	check_out(&o, 1, 1, 0, 200);
	check_out(&o, 2, 2, 1, 300);
	fti_merge_free(m);
}

static void test_merge_goes_on_after_a_callback_stopped_it(void)
{
	const uint64_t a[] = { 100, 300 }, b[] = { 200, 400 };
	struct fti_merge *m = new_merge(2);
	struct out o = { .count = 0, .stop_at = 2 };

	push_page(m, 0, 0, a, 2, no_gap);
	push_page(m, 1, 0, b, 2, no_gap);
	fti_merge_end(m);
	CU_ASSERT_EQUAL(fti_merge_deliver(m, true, &ops, &o), -5);
	CU_ASSERT_EQUAL(o.count, 2);
	o.stop_at = 0;
	CU_ASSERT_EQUAL(fti_merge_deliver(m, true, &ops, &o), 0);
	CU_ASSERT_EQUAL(o.count, 4);
	check_out(&o, 2, 0, 1, 300);
	check_out(&o, 3, 1, 1, 400);
	fti_merge_free(m);
}

static void test_merge_room_is_bounded_and_kept_until_pushed(void)
{
	struct fti_merge *m = new_merge(2);
	const uint64_t a[] = { 1 };
	struct out o = { .count = 0 };
	void *room = fti_merge_room(m, false);

	CU_ASSERT_PTR_NOT_NULL(room);
	CU_ASSERT_PTR_EQUAL(fti_merge_room(m, false), room);
	CU_ASSERT_PTR_EQUAL(fti_merge_room(m, true), room);
	/* Two pages a CPU is the least. */
	for (int i = 0; i < 4; i++) {
		CU_ASSERT_PTR_NOT_NULL(fti_merge_room(m, false));
		push_page(m, i / 2, 0, a, 1, no_gap);
	}
	CU_ASSERT_PTR_NULL(fti_merge_room(m, false));
	CU_ASSERT_PTR_NOT_NULL(fti_merge_room(m, true));
	fti_merge_end(m);
	CU_ASSERT_EQUAL(fti_merge_deliver(m, true, &ops, &o), 0);
	CU_ASSERT_PTR_NOT_NULL(fti_merge_room(m, false));
	fti_merge_free(m);
}

/* -- loss, damage, clocks ---------------------------------------------------------------------- */

static void test_merge_tells_a_loss_at_its_place(void)
{
	const uint64_t a[] = { 100, 200 }, later[] = { 500 }, b[] = { 150, 450, 600 };
	struct fti_merge *m = new_merge(2);
	struct out o = { .count = 0 };

	push_page(m, 0, 0, a, 2, no_gap);
	push_page(m, 0, 9, later, 1, (struct gap){ true, true, 7 });
	push_page(m, 1, 0, b, 3, no_gap);
	fti_merge_end(m);
	CU_ASSERT_EQUAL(fti_merge_deliver(m, true, &ops, &o), 0);
	CU_ASSERT_EQUAL(o.count, 7);
	check_out(&o, 2, 0, 1, 200);
	check_out(&o, 3, 1, 1, 450);
	check_out(&o, 4, -1 - 0, 7, 500);
	check_out(&o, 5, 0, 9, 500);
	check_out(&o, 6, 1, 2, 600);
	fti_merge_free(m);
}

static void test_merge_tells_a_loss_before_the_first_record(void)
{
	const uint64_t a[] = { 100 }, b[] = { 50 };
	struct fti_merge *m = new_merge(2);
	struct out o = { .count = 0 };

	fti_merge_begin(m);
	push_page(m, 0, 5, a, 1, (struct gap){ true, false, 0 });
	push_page(m, 1, 0, b, 1, no_gap);
	end_round(m, 2);
	/* Not before its round, either. */
	CU_ASSERT_EQUAL(fti_merge_deliver(m, false, &ops, &o), 0);
	CU_ASSERT_EQUAL(o.count, 0);
	fti_merge_begin(m);
	end_round(m, 2);
	CU_ASSERT_EQUAL(fti_merge_deliver(m, false, &ops, &o), 0);
	CU_ASSERT_EQUAL(o.count, 3);
	check_out(&o, 0, 1, 0, 50);
	check_out(&o, 1, -1 - 0, ~0U, 100);
	check_out(&o, 2, 0, 5, 100);
	fti_merge_free(m);
}

static void test_merge_tells_a_loss_without_a_record_at_the_end(void)
{
	const uint64_t a[] = { 100 };
	struct fti_merge *m = new_merge(2);
	struct out o = { .count = 0 };

	push_page(m, 0, 0, a, 1, no_gap);
	push_page(m, 0, 1, NULL, 0, (struct gap){ true, true, 3 });
	push_page(m, 1, 0, NULL, 0, (struct gap){ true, true, 4 });
	push_page(m, 1, 0, NULL, 0, (struct gap){ true, true, 5 });
	fti_merge_end(m);
	CU_ASSERT_EQUAL(fti_merge_deliver(m, false, &ops, &o), 0);
	fti_merge_end(m);
	CU_ASSERT_EQUAL(fti_merge_deliver(m, true, &ops, &o), 0);
	CU_ASSERT_EQUAL(o.count, 4);
	for (int i = 0, lost = 0; i < o.count; i++) {
		lost += o.cpu[i] < 0 ? (int)o.seq[i] : 0;
		CU_ASSERT(i < 3 || lost == 12);
	}
	CU_ASSERT_EQUAL(fti_merge_deliver(m, true, &ops, &o), 0);
	CU_ASSERT_EQUAL(o.count, 4);
	fti_merge_free(m);
}

/* What a page held that does not decode is lost, and nobody knows how much it was. */
static void test_merge_counts_pages_that_do_not_decode(void)
{
	const uint64_t a[] = { 100, 200, 300 }, b[] = { 250 }, c[] = { 400 };
	const uint32_t bad = head(0, 0);
	struct fti_merge *m = new_merge(2);
	struct out o = { .count = 0 };
	unsigned char *room;

	/* The header, then the second record, then too short a read. */
	room = fti_merge_room(m, true);
	memset(room, 0xff, PAGE_SIZE);
	fti_merge_push(m, 0, PAGE_SIZE);
	room = fti_merge_room(m, true);
	build(room, 0, 0, a, 3, no_gap);
	memcpy(room + 16 + 12, &bad, 4);
	memset(room + 16 + 16, 0xff, 4);
	fti_merge_push(m, 0, PAGE_SIZE);
	room = fti_merge_room(m, true);
	fti_merge_push(m, 0, 15);
	push_page(m, 0, 7, c, 1, no_gap);
	push_page(m, 1, 0, b, 1, no_gap);
	fti_merge_end(m);
	CU_ASSERT_EQUAL(fti_merge_deliver(m, true, &ops, &o), 0);
	CU_ASSERT_EQUAL(fti_merge_stats(m)->bad_pages, 3);
	CU_ASSERT_EQUAL(o.count, 6);
	check_out(&o, 0, -1 - 0, ~0U, 0);
	check_out(&o, 1, 0, 0, 100);
	CU_ASSERT(o.cpu[2] == -1 && o.seq[2] == ~0U);
	check_out(&o, 3, 1, 0, 250);
	CU_ASSERT(o.cpu[4] == -1 && o.seq[4] == ~0U);
	check_out(&o, 5, 0, 7, 400);
	fti_merge_free(m);
}

static void test_merge_clamps_and_counts_time_that_runs_backwards(void)
{
	const uint64_t a[] = { 1000, 2000 }, back[] = { 500, 1900, 2100 }, b[] = { 1500, 2050 };
	struct fti_merge *m = new_merge(2);
	struct out o = { .count = 0 };

	push_page(m, 0, 0, a, 2, no_gap);
	push_page(m, 0, 2, back, 3, no_gap);
	push_page(m, 1, 0, b, 2, no_gap);
	fti_merge_end(m);
	CU_ASSERT_EQUAL(fti_merge_deliver(m, true, &ops, &o), 0);
	CU_ASSERT_EQUAL(fti_merge_stats(m)->backwards, 2);
	CU_ASSERT_EQUAL(o.count, 7);
	check_out(&o, 1, 1, 0, 1500);
	check_out(&o, 2, 0, 1, 2000);
	check_out(&o, 3, 0, 2, 2000);
	check_out(&o, 4, 0, 3, 2000);
	check_out(&o, 5, 1, 1, 2050);
	check_out(&o, 6, 0, 4, 2100);
	fti_merge_free(m);
}

/* -- peek -------------------------------------------------------------------------------------- */

struct peeking {
	struct fti_merge *m;
	struct fti_record next[2];
	bool has[2];
};

static int peek_both(void *arg, int cpu, const struct fti_record *r)
{
	struct peeking *p = arg;

	(void)cpu, (void)r;
	for (int i = 0; i < 2; i++)
		p->has[i] = fti_merge_peek(p->m, i, &p->next[i]);
	CU_ASSERT_FALSE(fti_merge_peek(p->m, 99, &p->next[0]));
	return 1;
}

static void no_loss(void *arg, int cpu, uint64_t count, bool known, uint64_t ts)
{
	(void)arg, (void)cpu, (void)count, (void)known, (void)ts;
}

static const struct fti_merge_ops peek_ops = { peek_both, no_loss };

static void check_next(struct peeking *p, int cpu, uint64_t ts)
{
	CU_ASSERT_EQUAL(p->has[cpu], ts != 0);
	if (ts)
		CU_ASSERT_EQUAL(p->next[cpu].ts, ts);
}

static void test_merge_peek_sees_the_next_of_each_cpu(void)
{
	const uint64_t a[] = { 100, 200 }, back[] = { 150 }, after_gap[] = { 300 }, b[] = { 110 };
	struct peeking p = { .m = new_merge(2) };

	push_page(p.m, 0, 0, a, 2, no_gap);
	push_page(p.m, 0, 2, NULL, 0, no_gap);
	push_page(p.m, 0, 2, back, 1, no_gap);
	push_page(p.m, 0, 9, after_gap, 1, (struct gap){ true, true, 6 });
	push_page(p.m, 1, 0, b, 1, no_gap);
	fti_merge_end(p.m);
	CU_ASSERT_EQUAL(fti_merge_deliver(p.m, true, &peek_ops, &p), 1);	/* CPU 0 at 100 */
	check_next(&p, 0, 200);
	check_next(&p, 1, 110);
	CU_ASSERT_EQUAL(fti_merge_deliver(p.m, true, &peek_ops, &p), 1);	/* CPU 1 at 110 */
	check_next(&p, 0, 200);
	check_next(&p, 1, 0);
	CU_ASSERT_EQUAL(fti_merge_deliver(p.m, true, &peek_ops, &p), 1);	/* CPU 0 at 200 */
	check_next(&p, 0, 200);		/* 150, clamped, behind an empty page */
	CU_ASSERT_EQUAL(fti_merge_deliver(p.m, true, &peek_ops, &p), 1);
	check_next(&p, 0, 0);		/* what follows a gap is not what followed */
	CU_ASSERT_EQUAL(fti_merge_deliver(p.m, true, &peek_ops, &p), 1);	/* CPU 0 at 300 */
	check_next(&p, 0, 0);
	CU_ASSERT_EQUAL(fti_merge_deliver(p.m, true, &peek_ops, &p), 0);
	fti_merge_free(p.m);
}

/* All of a CPU, the last round included, then the next: with the gaps at their places. */
static void test_merge_unordered_delivers_cpu_by_cpu(void)
{
	const uint64_t a[] = { 100, 300 }, more[] = { 500 }, b[] = { 200 };
	struct fti_merge *m = new_merge(2);
	struct out o = { .count = 0 };

	fti_merge_begin(m);
	push_page(m, 0, 0, a, 2, no_gap);
	push_page(m, 1, 0, b, 1, no_gap);
	push_page(m, 0, 2, more, 1, (struct gap){ .there = true, .known = true, .count = 7 });
	end_round(m, 2);
	CU_ASSERT_EQUAL(fti_merge_deliver_unordered(m, &ops, &o), 0);
	CU_ASSERT_EQUAL(o.count, 5);
	check_out(&o, 0, 0, 0, 100);
	check_out(&o, 1, 0, 1, 300);
	check_out(&o, 2, -1 - 0, 7, 500);
	check_out(&o, 3, 0, 2, 500);
	check_out(&o, 4, 1, 0, 200);
	CU_ASSERT_FALSE(fti_merge_pending(m));
	fti_merge_free(m);
}

static void test_merge_refuses_what_cannot_be(void)
{
	struct fti_page_format bad = format;
	const int cpus[] = { 0 };
	struct fti_merge *m = NULL;

	CU_ASSERT_EQUAL(fti_merge_new(&m, &format, cpus, 0, 8), -EINVAL);
	CU_ASSERT_EQUAL(fti_merge_new(&m, &format, cpus, -1, 8), -EINVAL);
	bad.size = 16;
	CU_ASSERT_EQUAL(fti_merge_new(&m, &bad, cpus, 1, 8), -EINVAL);
	bad.size = FTI_PAGE_MAX_SIZE + 4;
	CU_ASSERT_EQUAL(fti_merge_new(&m, &bad, cpus, 1, 8), -EINVAL);
	CU_ASSERT_PTR_NULL(m);
	fti_merge_free(NULL);
}

UNIT_SUITE("merge",
	UNIT_TEST(test_merge_orders_any_number_of_cpus),
	UNIT_TEST(test_merge_orders_within_the_smallest_pool),
	UNIT_TEST(test_merge_bounds_its_pool_with_uneven_cpus),
	UNIT_TEST(test_merge_waits_a_round_before_it_delivers),
	UNIT_TEST(test_merge_of_one_cpu_does_not_wait),
	UNIT_TEST(test_merge_stops_where_a_cpu_has_more_to_read),
	UNIT_TEST(test_merge_delivers_all_at_the_end),
	UNIT_TEST(test_merge_goes_on_after_a_callback_stopped_it),
	UNIT_TEST(test_merge_room_is_bounded_and_kept_until_pushed),
	UNIT_TEST(test_merge_tells_a_loss_at_its_place),
	UNIT_TEST(test_merge_tells_a_loss_before_the_first_record),
	UNIT_TEST(test_merge_tells_a_loss_without_a_record_at_the_end),
	UNIT_TEST(test_merge_counts_pages_that_do_not_decode),
	UNIT_TEST(test_merge_clamps_and_counts_time_that_runs_backwards),
	UNIT_TEST(test_merge_peek_sees_the_next_of_each_cpu),
	UNIT_TEST(test_merge_unordered_delivers_cpu_by_cpu),
	UNIT_TEST(test_merge_refuses_what_cannot_be));
