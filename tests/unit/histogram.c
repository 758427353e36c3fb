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

UNIT_SUITE("histogram",
	   UNIT_TEST(test_histogram_of_nothing),
	   UNIT_TEST(test_histogram_rows_are_powers_of_two),
	   UNIT_TEST(test_histogram_rows_at_the_ends),
	   UNIT_TEST(test_histogram_statistics_are_those_of_the_numbers),
	   UNIT_TEST(test_histogram_of_small_numbers_is_exact),
	   UNIT_TEST(test_histogram_bars));
