/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums by key, against a plain array. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/count.h"
#include "unit.h"

#define KEYS 5000

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static struct ft_count *new_count(size_t max)
{
	struct ft_count *c = NULL;

	CU_ASSERT_EQUAL_FATAL(ft_count_new(&c, max), 0);
	return c;
}

static void test_count_is_empty_at_first(void)
{
	struct ft_count *c = (void *)1;
	struct ft_count_entry *list;

	CU_ASSERT_EQUAL(ft_count_new(&c, 0), -EINVAL);
	CU_ASSERT_PTR_NULL(c);
	ft_count_free(NULL);
	c = new_count(1);
	CU_ASSERT_EQUAL(ft_count_keys(c), 0);
	CU_ASSERT_EQUAL(ft_count_get(c, 0, 0), 0);
	CU_ASSERT_EQUAL(ft_count_other(c), 0);
	CU_ASSERT_EQUAL(ft_count_top(c, 10, &list), 0);
	free(list);
	ft_count_free(c);
}

/* Keys as addresses of functions are: 16 apart, two processes; 0 and the largest among them. */
static uint64_t key_a(int i)
{
	return i ? 0xffffffff81000000ULL + (uint64_t)(i / 2) * 16 : 0;
}

static uint64_t key_b(int i)
{
	return i == KEYS - 1 ? UINT64_MAX : (uint64_t)(i & 1);
}

static void test_count_has_the_sums_of_what_was_added(void)
{
	struct ft_count *c = new_count(KEYS);
	static uint64_t sum[KEYS];
	uint64_t rnd = 88172645463325252ULL;
	size_t keys = 0, wrong = 0;

	for (int turn = 0; turn < 200000; turn++) {
		const uint64_t r = next_random(&rnd);
		const int i = (int)((r >> 8) % KEYS);
		const uint64_t n = r & 7;

		ft_count_add(c, key_a(i), key_b(i), n);
		keys += n && !sum[i];
		sum[i] += n;
	}
	for (int i = 0; i < KEYS; i++)
		wrong += ft_count_get(c, key_a(i), key_b(i)) != sum[i];
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(ft_count_keys(c), keys);
	CU_ASSERT_EQUAL(keys, KEYS);
	CU_ASSERT_EQUAL(ft_count_other(c), 0);
	CU_ASSERT_EQUAL(ft_count_get(c, 1, 1), 0);
	ft_count_free(c);
}

static void test_count_lists_the_most_frequent_first(void)
{
	static const struct ft_count_entry want[] = {
		{ { 7, 0 }, 9 }, { { 3, 1 }, 5 }, { { 3, 2 }, 5 }, { { 4, 0 }, 5 }, { { 1, 0 }, 1 },
	};
	static const int order[] = { 3, 0, 4, 2, 1 };
	struct ft_count *c = new_count(100);
	struct ft_count_entry *list;

	for (size_t i = 0; i < 5; i++) {
		const struct ft_count_entry *e = &want[order[i]];

		ft_count_add(c, e->key[0], e->key[1], e->sum);
	}
	for (size_t top = 0; top < 8; top++) {
		const ssize_t n = ft_count_top(c, top, &list);

		CU_ASSERT_EQUAL(n, top < 5 ? (ssize_t)top : 5);
		CU_ASSERT_EQUAL(memcmp(list, want, (size_t)n * sizeof(*want)), 0);
		free(list);
	}
	CU_ASSERT_EQUAL(ft_count_top(c, SIZE_MAX, &list), 5);
	free(list);
	ft_count_free(c);
}

/* What finds no room is not lost. */
static void test_count_is_bounded(void)
{
	struct ft_count *c = new_count(1000);
	uint64_t sum = 0;

	for (uint64_t i = 0; i < 3000; i++)
		ft_count_add(c, i, i, 2);
	CU_ASSERT_EQUAL(ft_count_keys(c), 1000);
	CU_ASSERT_EQUAL(ft_count_other(c), 4000);
	/* Those that are in go on. */
	for (uint64_t i = 0; i < 3000; i++) {
		ft_count_add(c, i, i, 1);
		sum += ft_count_get(c, i, i);
	}
	CU_ASSERT_EQUAL(sum, 3000);
	CU_ASSERT_EQUAL(ft_count_other(c), 6000);
	ft_count_free(c);
}

static void test_count_bounds_of_one_and_powers(void)
{
	for (size_t max = 1; max <= 1024; max *= 2) {
		struct ft_count *c = new_count(max);

		for (uint64_t i = 0; i <= max; i++)
			ft_count_add(c, i, 0, 1);
		CU_ASSERT_EQUAL(ft_count_keys(c), max);
		CU_ASSERT_EQUAL(ft_count_other(c), 1);
		ft_count_free(c);
	}
}

static void test_count_forgets_all_when_cleared(void)
{
	struct ft_count *c = new_count(300);
	struct ft_count_entry *list;

	for (unsigned int turn = 0; turn < 3; turn++) {
		for (uint64_t i = 0; i < 301; i++)
			ft_count_add(c, i, 5, 1 + turn);
		CU_ASSERT_EQUAL(ft_count_get(c, 299, 5), 1 + turn);
		CU_ASSERT_EQUAL(ft_count_other(c), 1 + turn);
		ft_count_clear(c);
		CU_ASSERT_EQUAL(ft_count_keys(c), 0);
		CU_ASSERT_EQUAL(ft_count_other(c), 0);
		CU_ASSERT_EQUAL(ft_count_get(c, 299, 5), 0);
		CU_ASSERT_EQUAL(ft_count_top(c, SIZE_MAX, &list), 0);
		free(list);
	}
	ft_count_free(c);
}

static void test_count_of_nothing_is_nothing(void)
{
	struct ft_count *c = new_count(1);

	ft_count_add(c, 1, 2, 0);
	CU_ASSERT_EQUAL(ft_count_keys(c), 0);
	CU_ASSERT_EQUAL(ft_count_other(c), 0);
	ft_count_add(c, 1, 2, 5);
	ft_count_add(c, 3, 4, 0);
	ft_count_add(c, 1, 2, 0);
	CU_ASSERT_EQUAL(ft_count_get(c, 1, 2), 5);
	CU_ASSERT_EQUAL(ft_count_other(c), 0);
	ft_count_free(c);
}

static void test_count_stays_at_the_largest_number(void)
{
	struct ft_count *c = new_count(1);

	ft_count_add(c, 1, 2, UINT64_MAX - 1);
	ft_count_add(c, 1, 2, 5);
	CU_ASSERT_EQUAL(ft_count_get(c, 1, 2), UINT64_MAX);
	ft_count_add(c, 9, 9, UINT64_MAX);
	ft_count_add(c, 9, 9, 1);
	CU_ASSERT_EQUAL(ft_count_other(c), UINT64_MAX);
	ft_count_free(c);
}

UNIT_SUITE("count",
	UNIT_TEST(test_count_is_empty_at_first),
	UNIT_TEST(test_count_has_the_sums_of_what_was_added),
	UNIT_TEST(test_count_lists_the_most_frequent_first),
	UNIT_TEST(test_count_is_bounded),
	UNIT_TEST(test_count_bounds_of_one_and_powers),
	UNIT_TEST(test_count_forgets_all_when_cleared),
	UNIT_TEST(test_count_of_nothing_is_nothing),
	UNIT_TEST(test_count_stays_at_the_largest_number));
