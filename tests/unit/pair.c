/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries and returns put together, against a plain model of threads with stacks. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/pair.h"
#include "unit.h"

enum { F, G, H };	/* functions */

static struct ft_pairs *new_pairs(size_t max, size_t data_size)
{
	struct ft_pairs *p = NULL;

	CU_ASSERT_EQUAL_FATAL(ft_pairs_new(&p, max, data_size), 0);
	return p;
}

static struct ft_pair_stats stats(const struct ft_pairs *p)
{
	struct ft_pair_stats s;

	ft_pairs_stats(p, &s);
	return s;
}

/* A return that must end the call which began then. */
static void ends(struct ft_pairs *p, unsigned int function, int tid, int cpu, uint64_t ts,
		 uint64_t began)
{
	const struct ft_pair *pair = ft_pairs_return(p, function, tid, cpu, ts);

	CU_ASSERT_PTR_NOT_NULL_FATAL(pair);
	CU_ASSERT_EQUAL(pair->function, function);
	CU_ASSERT_EQUAL(pair->tid, tid);
	CU_ASSERT_EQUAL(pair->began, began);
	CU_ASSERT_EQUAL(pair->ended, ts);
}

static void test_pair_refuses_sizes_that_cannot_be(void)
{
	struct ft_pairs *p = (void *)1;

	CU_ASSERT_EQUAL(ft_pairs_new(&p, 0, 0), -EINVAL);
	CU_ASSERT_PTR_NULL(p);
	CU_ASSERT_EQUAL(ft_pairs_new(&p, SIZE_MAX, 0), -EINVAL);
	CU_ASSERT_EQUAL(ft_pairs_new(&p, 1, SIZE_MAX), -EINVAL);
	ft_pairs_free(NULL);
}

static void test_pair_of_one_call(void)
{
	struct ft_pairs *p = new_pairs(8, 0);

	ft_pairs_entry(p, F, 10, 0, 100);
	CU_ASSERT_EQUAL(stats(p).open, 1);
	ends(p, F, 10, 1, 150, 100);
	CU_ASSERT_EQUAL(stats(p).open, 0);
	CU_ASSERT_EQUAL(stats(p).paired, 1);
	ft_pairs_free(p);
}

static void test_pair_keeps_the_callers_data(void)
{
	struct ft_pairs *p = new_pairs(4, 3 * sizeof(uint64_t));
	uint64_t *data;

	for (int round = 0; round < 3; round++) {
		for (int tid = 1; tid <= 4; tid++) {
			data = ft_pairs_entry(p, F, tid, 0, tid)->data;
			CU_ASSERT(data[0] == 0 && data[1] == 0 && data[2] == 0);
			data[0] = data[2] = tid;
		}
		for (int tid = 1; tid <= 4; tid++) {
			data = ft_pairs_return(p, F, tid, 0, 10)->data;
			CU_ASSERT(data[0] == (uint64_t)tid && !data[1] && data[2] == data[0]);
		}
	}
	ft_pairs_free(p);
}

static void test_pair_of_nested_and_recursive_calls(void)
{
	struct ft_pairs *p = new_pairs(8, 0);

	ft_pairs_entry(p, F, 1, 0, 1);
	ft_pairs_entry(p, G, 1, 0, 2);
	ft_pairs_entry(p, F, 1, 0, 3);
	ft_pairs_entry(p, F, 1, 0, 4);
	ends(p, F, 1, 0, 5, 4);
	ends(p, F, 1, 0, 6, 3);
	ends(p, G, 1, 0, 7, 2);
	ends(p, F, 1, 0, 8, 1);
	CU_ASSERT_EQUAL(stats(p).paired, 4);
	CU_ASSERT_EQUAL(stats(p).unended, 0);
	ft_pairs_free(p);
}

static void test_pair_keeps_threads_apart(void)
{
	struct ft_pairs *p = new_pairs(8, 0);

	ft_pairs_entry(p, F, 1, 0, 1);
	ft_pairs_entry(p, F, 2, 0, 2);
	ft_pairs_entry(p, F, 0, 1, 3);	/* idle tasks are thread 0 */
	ends(p, F, 1, 0, 4, 1);
	ends(p, F, 0, 1, 5, 3);
	ends(p, F, 2, 1, 6, 2);
	ft_pairs_free(p);
}

static void test_pair_counts_a_return_without_entry(void)
{
	struct ft_pairs *p = new_pairs(8, 0);

	CU_ASSERT_PTR_NULL(ft_pairs_return(p, F, 1, 0, 1));
	ft_pairs_entry(p, F, 1, 0, 2);
	CU_ASSERT_PTR_NULL(ft_pairs_return(p, G, 1, 0, 3));
	CU_ASSERT_PTR_NULL(ft_pairs_return(p, F, 2, 0, 3));
	ends(p, F, 1, 0, 4, 2);
	CU_ASSERT_EQUAL(stats(p).unbegun, 3);
	CU_ASSERT_EQUAL(stats(p).paired, 1);
	ft_pairs_free(p);
}

/* longjmp() over G and H, or their returns missed */
static void test_pair_drops_calls_that_an_outer_return_ends(void)
{
	struct ft_pairs *p = new_pairs(8, 0);

	ft_pairs_entry(p, F, 1, 0, 1);
	ft_pairs_entry(p, G, 1, 0, 2);
	ft_pairs_entry(p, G, 2, 0, 3);
	ft_pairs_entry(p, H, 1, 0, 4);
	ends(p, F, 1, 0, 5, 1);
	CU_ASSERT_EQUAL(stats(p).unended, 2);
	CU_ASSERT_PTR_NULL(ft_pairs_return(p, G, 1, 0, 6));
	ends(p, G, 2, 0, 7, 3);
	ft_pairs_free(p);
}

static void test_pair_forgets_what_was_open_on_a_cpu_that_lost(void)
{
	struct ft_pairs *p = new_pairs(8, 0);

	ft_pairs_entry(p, F, 1, 0, 1);
	ft_pairs_entry(p, F, 2, 1, 1);
	ft_pairs_lost(p, 1);
	ft_pairs_entry(p, F, 3, 1, 2);
	CU_ASSERT_EQUAL(stats(p).open, 2);
	CU_ASSERT_EQUAL(stats(p).doubtful, 1);
	ends(p, F, 1, 0, 3, 1);
	CU_ASSERT_PTR_NULL(ft_pairs_return(p, F, 2, 1, 4));
	ends(p, F, 3, 1, 5, 2);
	CU_ASSERT_EQUAL(stats(p).doubtful, 1);
	CU_ASSERT_EQUAL(stats(p).paired, 2);
	CU_ASSERT_EQUAL(stats(p).open, 0);
	ft_pairs_free(p);
}

/* Its own return and another entry may be among what was lost there. */
static void test_pair_doubts_a_call_that_came_to_a_cpu_that_lost(void)
{
	struct ft_pairs *p = new_pairs(8, 0);

	ft_pairs_entry(p, F, 1, 0, 1);
	ft_pairs_lost(p, 5);
	CU_ASSERT_PTR_NULL(ft_pairs_return(p, F, 1, 5, 9));
	CU_ASSERT_EQUAL(stats(p).doubtful, 1);
	CU_ASSERT_EQUAL(stats(p).unbegun, 0);
	ft_pairs_free(p);
}

static void test_pair_takes_any_cpu_number(void)
{
	static const int cpus[] = { -1, INT32_MIN, 8191, 8192, INT32_MAX };
	struct ft_pairs *p = new_pairs(8, 0);

	for (size_t i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++) {
		ft_pairs_lost(p, cpus[i]);
		ft_pairs_entry(p, F, 1, cpus[i], 1);
		ends(p, F, 1, cpus[i], 2, 1);
	}
	ft_pairs_free(p);
}

static void test_pair_clamps_a_clock_that_runs_backwards(void)
{
	struct ft_pairs *p = new_pairs(8, 0);
	const struct ft_pair *pair;

	ft_pairs_entry(p, F, 1, 0, 100);
	pair = ft_pairs_return(p, F, 1, 1, 90);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pair);
	CU_ASSERT_EQUAL(pair->ended, pair->began);
	CU_ASSERT_EQUAL(stats(p).backwards, 1);
	ft_pairs_free(p);
}

static int add_began(void *arg, const struct ft_pair *pair)
{
	uint64_t *sum = arg;

	*sum = *sum * 10 + pair->began;
	return pair->began == 4;
}

static void test_pair_makes_room_by_the_oldest(void)
{
	struct ft_pairs *p = new_pairs(3, 0);
	uint64_t sum = 0;

	for (int i = 1; i <= 5; i++)
		ft_pairs_entry(p, F, i, 0, i);
	CU_ASSERT_EQUAL(stats(p).evicted, 2);
	CU_ASSERT_EQUAL(stats(p).open, 3);
	CU_ASSERT_EQUAL(ft_pairs_open(p, add_began, &sum), 1);
	CU_ASSERT_EQUAL(sum, 34);
	CU_ASSERT_PTR_NULL(ft_pairs_return(p, F, 2, 0, 6));
	ends(p, F, 4, 0, 7, 4);
	sum = 0;
	CU_ASSERT_EQUAL(ft_pairs_open(p, add_began, &sum), 0);
	CU_ASSERT_EQUAL(sum, 35);
	ft_pairs_free(p);
}

/* -- a model ----------------------------------------------------------------------------------- */

#define TIDS  40
#define DEPTH 12

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

struct thread {
	struct {
		unsigned int function;
		uint64_t     began;
	} call[DEPTH];
	int depth;
};

/* Returns of the innermost call, or past some whose returns are missed. */
static void test_pair_is_as_a_model_of_stacks(void)
{
	struct ft_pairs *p = new_pairs(TIDS * DEPTH, sizeof(uint64_t));
	static struct thread threads[TIDS];
	uint64_t rnd = 88172645463325252ULL, unended = 0, open = 0, wrong = 0;

	memset(threads, 0, sizeof(threads));
	for (uint64_t ts = 1; ts < 200000; ts++) {
		uint64_t r = next_random(&rnd);
		int tid = (int)(r % TIDS), cpu = (int)(r >> 8 & 3);
		struct thread *t = &threads[tid];

		if (t->depth < DEPTH && (!t->depth || r >> 16 & 1)) {
			unsigned int f = t->depth * 4 + (r >> 20 & 3);
			uint64_t *data = ft_pairs_entry(p, f, tid, cpu, ts)->data;

			*data = ts;
			t->call[t->depth].function = f;
			t->call[t->depth++].began = ts;
			open++;
		} else {
			int missed = r >> 24 & 7 ? 0 : (int)((r >> 32) % (uint64_t)t->depth);
			const struct ft_pair *pair;

			t->depth -= missed + 1;
			pair = ft_pairs_return(p, t->call[t->depth].function, tid, cpu, ts);
			wrong += !pair || pair->began != t->call[t->depth].began ||
				 *(uint64_t *)pair->data != pair->began || pair->tid != tid;
			unended += missed;
			open -= missed + 1;
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(stats(p).unended, unended);
	CU_ASSERT(unended > 1000);
	CU_ASSERT_EQUAL(stats(p).open, open);
	CU_ASSERT_EQUAL(stats(p).unbegun + stats(p).doubtful + stats(p).evicted, 0);
	ft_pairs_free(p);
}

/* Every entry ends up in one count, whatever comes. */
static void test_pair_accounts_for_every_entry(void)
{
	struct ft_pairs *p = new_pairs(50, 0);
	uint64_t rnd = 1234567, entries = 0, returns = 0;
	struct ft_pair_stats s;

	for (uint64_t ts = 1; ts < 300000; ts++) {
		uint64_t r = next_random(&rnd);
		int tid = (int)(r % 64), cpu = (int)(r >> 8 & 7);

		if (r >> 20 & 1) {
			ft_pairs_entry(p, r >> 24 & 3, tid, cpu, ts);
			entries++;
		} else {
			ft_pairs_return(p, r >> 24 & 3, tid, cpu, ts);
			returns++;
		}
		if (!(r >> 32 & 0xff))
			ft_pairs_lost(p, cpu);
	}
	s = stats(p);
	/* a doubtful call takes its return with it, unless it was dropped by another's */
	CU_ASSERT_EQUAL(s.paired + s.open + s.unended + s.doubtful + s.evicted, entries);
	CU_ASSERT(s.paired + s.unbegun <= returns);
	CU_ASSERT(s.paired + s.unbegun + s.doubtful >= returns);
	CU_ASSERT(s.paired > 1000 && s.doubtful > 100 && s.evicted > 100 && s.unended > 100);
	ft_pairs_free(p);
}

static void test_pair_tells_the_innermost_and_forgets_a_thread(void)
{
	struct ft_pairs *p = new_pairs(8, 8);

	CU_ASSERT_PTR_NULL(ft_pairs_innermost(p, 1, 0));
	ft_pairs_entry(p, F, 1, 0, 10);
	ft_pairs_entry(p, G, 2, 0, 11);
	ft_pairs_entry(p, H, 1, 0, 12);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ft_pairs_innermost(p, 1, 3));
	CU_ASSERT_EQUAL(ft_pairs_innermost(p, 1, 3)->began, 12);
	ft_pairs_lost(p, 3);
	CU_ASSERT_PTR_NULL(ft_pairs_innermost(p, 1, 3));
	CU_ASSERT_PTR_NOT_NULL(ft_pairs_innermost(p, 1, 0));
	ft_pairs_forget(p, 1, 0);
	CU_ASSERT_EQUAL(stats(p).unended, 2);
	CU_ASSERT_EQUAL(stats(p).open, 1);
	ft_pairs_forget(p, 2, 3);
	CU_ASSERT_EQUAL(stats(p).doubtful, 1);
	CU_ASSERT_EQUAL(stats(p).open, 0);
	ft_pairs_free(p);
}

UNIT_SUITE("pair",
	UNIT_TEST(test_pair_refuses_sizes_that_cannot_be),
	UNIT_TEST(test_pair_of_one_call),
	UNIT_TEST(test_pair_keeps_the_callers_data),
	UNIT_TEST(test_pair_of_nested_and_recursive_calls),
	UNIT_TEST(test_pair_keeps_threads_apart),
	UNIT_TEST(test_pair_counts_a_return_without_entry),
	UNIT_TEST(test_pair_drops_calls_that_an_outer_return_ends),
	UNIT_TEST(test_pair_forgets_what_was_open_on_a_cpu_that_lost),
	UNIT_TEST(test_pair_doubts_a_call_that_came_to_a_cpu_that_lost),
	UNIT_TEST(test_pair_takes_any_cpu_number),
	UNIT_TEST(test_pair_clamps_a_clock_that_runs_backwards),
	UNIT_TEST(test_pair_makes_room_by_the_oldest),
	UNIT_TEST(test_pair_is_as_a_model_of_stacks),
	UNIT_TEST(test_pair_accounts_for_every_entry),
	UNIT_TEST(test_pair_tells_the_innermost_and_forgets_a_thread));
