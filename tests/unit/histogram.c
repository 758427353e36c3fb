/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Histograms against a sorted array of the same numbers. */
#include <stdlib.h>
#include <string.h>

#include "ftrace/histogram.h"
#include "unit.h"

#define NUMBERS 20001

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static struct ft_histogram *new_histogram(void)
{
	struct ft_histogram *h;

	CU_ASSERT_EQUAL_FATAL(ft_histogram_new(&h), 0);
	return h;
}

static int by_value(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void test_histogram_of_nothing(void)
{
	struct ft_histogram_row rows[FT_HISTOGRAM_ROWS];
	struct ft_histogram *h = new_histogram();
	struct ft_histogram_stats st;

	ft_histogram_stats(h, &st);
	CU_ASSERT_EQUAL(st.count, 0);
	CU_ASSERT_EQUAL(st.max, 0);
	CU_ASSERT_EQUAL(ft_histogram_rows(h, rows), 0);
	CU_ASSERT_EQUAL(ft_histogram_permille(h, 500), 0);
	ft_histogram_free(h);
	ft_histogram_free(NULL);
}

static void test_histogram_rows_are_powers_of_two(void)
{
	static const int64_t numbers[] = { 0, 1, 2, 3, 4, 1023, 1024 };
	static const struct ft_histogram_row want[] = {
		{ 0, 1, 2 }, { 2, 3, 2 }, { 4, 7, 1 }, { 8, 15, 0 }, { 16, 31, 0 }, { 32, 63, 0 },
		{ 64, 127, 0 }, { 128, 255, 0 }, { 256, 511, 0 }, { 512, 1023, 1 }, { 1024, 2047,
										      1 },
	};
	struct ft_histogram_row rows[FT_HISTOGRAM_ROWS];
	struct ft_histogram *h = new_histogram();
	size_t n;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		ft_histogram_add(h, numbers[i]);
	n = ft_histogram_rows(h, rows);
	CU_ASSERT_EQUAL_FATAL(n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(rows[i].low, want[i].low);
		CU_ASSERT_EQUAL(rows[i].high, want[i].high);
		CU_ASSERT_EQUAL(rows[i].count, want[i].count);
	}
	ft_histogram_clear(h);
	CU_ASSERT_EQUAL(ft_histogram_rows(h, rows), 0);
	ft_histogram_free(h);
}

static void test_histogram_rows_at_the_ends(void)
{
	struct ft_histogram_row rows[FT_HISTOGRAM_ROWS];
	struct ft_histogram *h = new_histogram();
	size_t n;

	ft_histogram_add(h, INT64_MIN);
	ft_histogram_add(h, INT64_MAX);
	ft_histogram_add(h, -1);
	n = ft_histogram_rows(h, rows);
	CU_ASSERT_EQUAL_FATAL(n, 127);
	CU_ASSERT_EQUAL(rows[0].low, INT64_MIN);
	CU_ASSERT_EQUAL(rows[0].count, 1);
	CU_ASSERT_EQUAL(rows[n - 1].high, INT64_MAX);
	CU_ASSERT_EQUAL(rows[n - 1].count, 1);
	for (size_t i = 1; i < n; i++)
		CU_ASSERT_EQUAL(rows[i].low, rows[i - 1].high + 1);
	ft_histogram_free(h);
}

/* Every number is in the one row whose bounds say so. */
static void check_rows(const struct ft_histogram *h, const int64_t *sorted, size_t count)
{
	struct ft_histogram_row rows[FT_HISTOGRAM_ROWS];
	size_t n = ft_histogram_rows(h, rows), at = 0;

	for (size_t i = 0; i < n; i++) {
		size_t from = at;

		while (at < count && sorted[at] <= rows[i].high)
			at++;
		CU_ASSERT_EQUAL(rows[i].count, at - from);
	}
	CU_ASSERT_EQUAL(at, count);
}

static void check_percentiles(const struct ft_histogram *h, const int64_t *sorted, size_t count)
{
	for (unsigned int permille = 1; permille <= 1000; permille++) {
		const int64_t want = sorted[(count * permille + 999) / 1000 - 1];
		const int64_t got = ft_histogram_permille(h, permille);
		const double error = (double)got - (double)want;

		CU_ASSERT(error >= 0);
		CU_ASSERT(error <= (want < 0 ? -(double)want : (double)want) / 127 + 1);
	}
}

static double square(double v)
{
	return v * v;
}

static void test_histogram_statistics_are_those_of_the_numbers(void)
{
	static int64_t numbers[NUMBERS];
	struct ft_histogram *h = new_histogram();
	struct ft_histogram_stats st;
	uint64_t state = 88172645463325252ULL;
	double sum = 0, squares = 0;

	for (size_t i = 0; i < NUMBERS; i++) {
		numbers[i] = (int64_t)(next_random(&state) >> (20 + next_random(&state) % 44));
		if (next_random(&state) % 3 == 0)
			numbers[i] = -numbers[i];
		ft_histogram_add(h, numbers[i]);
		sum += (double)numbers[i];
	}
	for (size_t i = 0; i < NUMBERS; i++)
		squares += square((double)numbers[i] - sum / NUMBERS);
	qsort(numbers, NUMBERS, sizeof(numbers[0]), by_value);
	ft_histogram_stats(h, &st);
	CU_ASSERT_EQUAL(st.count, NUMBERS);
	CU_ASSERT_EQUAL(st.min, numbers[0]);
	CU_ASSERT_EQUAL(st.max, numbers[NUMBERS - 1]);
	CU_ASSERT_DOUBLE_EQUAL(st.mean, sum / NUMBERS, 1e-3);
	CU_ASSERT_DOUBLE_EQUAL(st.stddev * st.stddev / (squares / NUMBERS), 1, 1e-6);
	check_rows(h, numbers, NUMBERS);
	check_percentiles(h, numbers, NUMBERS);
	ft_histogram_free(h);
}

static void test_histogram_of_small_numbers_is_exact(void)
{
	struct ft_histogram *h = new_histogram();

	for (int i = 1; i <= 200; i++)
		ft_histogram_add(h, i);
	CU_ASSERT_EQUAL(ft_histogram_permille(h, 500), 100);
	CU_ASSERT_EQUAL(ft_histogram_permille(h, 990), 198);
	CU_ASSERT_EQUAL(ft_histogram_permille(h, 1000), 200);
	CU_ASSERT_EQUAL(ft_histogram_permille(h, 0), 1);
	ft_histogram_free(h);
}

static void test_histogram_bars(void)
{
	char bar[FT_HISTOGRAM_BAR_MAX];

	ft_histogram_bar(5, 10, 10, bar);
	CU_ASSERT_STRING_EQUAL(bar, "*****     ");
	ft_histogram_bar(10, 10, 10, bar);
	CU_ASSERT_STRING_EQUAL(bar, "**********");
	ft_histogram_bar(1, UINT64_MAX, 4, bar);
	CU_ASSERT_STRING_EQUAL(bar, "*   ");
	ft_histogram_bar(0, 10, 4, bar);
	CU_ASSERT_STRING_EQUAL(bar, "    ");
	ft_histogram_bar(0, 0, 4, bar);
	CU_ASSERT_STRING_EQUAL(bar, "    ");
	ft_histogram_bar(UINT64_MAX, UINT64_MAX, 1000, bar);
	CU_ASSERT_EQUAL(strlen(bar), FT_HISTOGRAM_BAR_MAX - 1);
}

static void test_histogram_hashes_are_those_of_perf_tools(void)
{
	char bar[FT_HISTOGRAM_BAR_MAX];

	ft_histogram_hashes(9, 4381, 38, bar);
	CU_ASSERT_STRING_EQUAL(bar, "#                                     ");
	ft_histogram_hashes(438, 1913, 38, bar);
	CU_ASSERT_STRING_EQUAL(bar, "#########                             ");
	ft_histogram_hashes(10, 10, 4, bar);
	CU_ASSERT_STRING_EQUAL(bar, "####");
	ft_histogram_hashes(0, 10, 4, bar);
	CU_ASSERT_STRING_EQUAL(bar, "    ");
	ft_histogram_hashes(5, 0, 4, bar);
	CU_ASSERT_STRING_EQUAL(bar, "    ");
	ft_histogram_hashes(UINT64_MAX, 1, 1000, bar);
	CU_ASSERT_EQUAL(strlen(bar), FT_HISTOGRAM_BAR_MAX - 1);
}

static void test_histogram_adds_many_as_one_by_one(void)
{
	struct ft_histogram *one = new_histogram(), *many = new_histogram();
	struct ft_histogram_stats a, b;

	for (int i = 1; i < 40; i++) {
		for (int k = 0; k < i; k++)
			ft_histogram_add(one, i * i - 300);
		ft_histogram_add_many(many, i * i - 300, (uint64_t)i);
	}
	ft_histogram_add_many(many, 1000000, 0);
	ft_histogram_stats(one, &a);
	ft_histogram_stats(many, &b);
	CU_ASSERT_EQUAL(a.count, b.count);
	CU_ASSERT_EQUAL(a.min, b.min);
	CU_ASSERT_EQUAL(a.max, b.max);
	CU_ASSERT_EQUAL(a.mean, b.mean);
	CU_ASSERT_DOUBLE_EQUAL(a.stddev, b.stddev, 1e-6);
	for (unsigned int permille = 0; permille <= 1000; permille += 10)
		CU_ASSERT_EQUAL(ft_histogram_permille(one, permille),
				ft_histogram_permille(many, permille));
	ft_histogram_free(one);
	ft_histogram_free(many);
}

/* Clearing touches only what was used: nothing of it remains. */
static void test_histogram_is_empty_when_cleared(void)
{
	static const int64_t numbers[] = { INT64_MIN, -70000, -1, 0, 5, 255, 256, 99999, INT64_MAX };
	const size_t count = sizeof(numbers) / sizeof(numbers[0]);
	struct ft_histogram_row rows[FT_HISTOGRAM_ROWS];
	struct ft_histogram *h = new_histogram();

	for (size_t from = 0; from < count; from++) {
		for (size_t to = from; to < count; to++) {
			for (size_t i = from; i <= to; i++)
				ft_histogram_add(h, numbers[i]);
			ft_histogram_clear(h);
			CU_ASSERT_EQUAL(ft_histogram_rows(h, rows), 0);
			CU_ASSERT_EQUAL(ft_histogram_permille(h, 500), 0);
		}
	}
	ft_histogram_free(h);
}

static void check_scale(const struct ft_scale *scale)
{
	uint64_t low, high, before = 0;
	unsigned int i = 0;

	do {
		ft_scale_range(scale, i, &low, &high);
		CU_ASSERT_EQUAL(low, before);
		CU_ASSERT(high > low);
		CU_ASSERT_EQUAL(ft_scale_index(scale, low), i);
		CU_ASSERT_EQUAL(ft_scale_index(scale, high - 1), i);
		before = high;
		i++;
	} while (high != UINT64_MAX && i < FT_SCALE_MAX);
	CU_ASSERT_EQUAL(high, UINT64_MAX);
	CU_ASSERT(ft_scale_index(scale, UINT64_MAX) < FT_SCALE_MAX);
	CU_ASSERT(ft_scale_index(scale, UINT64_MAX) >= i - 1);
}

static void test_histogram_scales_cover_all_numbers_once(void)
{
	static const uint64_t units[] = { 1, 3, 1000, 1000000, 1ULL << 40, 1ULL << 63 };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		check_scale(&(struct ft_scale){ .unit = units[i] });
		check_scale(&(struct ft_scale){ .unit = units[i], .linear = true });
	}
}

UNIT_SUITE("histogram",
	   UNIT_TEST(test_histogram_of_nothing),
	   UNIT_TEST(test_histogram_rows_are_powers_of_two),
	   UNIT_TEST(test_histogram_rows_at_the_ends),
	   UNIT_TEST(test_histogram_statistics_are_those_of_the_numbers),
	   UNIT_TEST(test_histogram_of_small_numbers_is_exact),
	   UNIT_TEST(test_histogram_bars),
	   UNIT_TEST(test_histogram_hashes_are_those_of_perf_tools),
	   UNIT_TEST(test_histogram_adds_many_as_one_by_one),
	   UNIT_TEST(test_histogram_is_empty_when_cleared),
	   UNIT_TEST(test_histogram_scales_cover_all_numbers_once));
