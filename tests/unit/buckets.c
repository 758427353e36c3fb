/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>

#include "ftrace/buckets.h"
#include "unit.h"

/* "..-1=0 0..9=2 10..=1" */
static void ranges_are(const struct ft_buckets *b, const char *wanted)
{
	char text[4096];
	struct ft_bucket bucket;
	int n = 0;

	for (size_t i = 0; ft_buckets_get(b, i, &bucket); i++) {
		if (i)
			text[n++] = ' ';
		if (!bucket.first)
			n += sprintf(text + n, "%" PRId64, bucket.low);
		n += sprintf(text + n, "..");
		if (!bucket.last)
			n += sprintf(text + n, "%" PRId64, bucket.high);
		if (bucket.count)
			n += sprintf(text + n, "=%" PRIu64, bucket.count);
	}
	CU_ASSERT_STRING_EQUAL(text, wanted);
}

static void test_buckets_of_powers_end_at_the_largest(void)
{
	struct ft_buckets *b;

	CU_ASSERT_EQUAL_FATAL(ft_buckets_powers(&b, 4, 64), 0);
	ranges_are(b, "..-1 0..0 1..3 4..15 16..63 64..");
	ft_buckets_free(b);
	CU_ASSERT_EQUAL_FATAL(ft_buckets_powers(&b, 10, 99), 0);
	ranges_are(b, "..-1 0..0 1..9 10..");
	ft_buckets_free(b);
	CU_ASSERT_EQUAL_FATAL(ft_buckets_powers(&b, INT64_MAX, 1), 0);
	ranges_are(b, "..-1 0..0 1..");
	ft_buckets_free(b);
	ft_buckets_free(NULL);
}

/* As many powers of 2 as there are, and none that overflows. */
static void test_buckets_of_powers_stay_in_range(void)
{
	struct ft_bucket bucket;
	struct ft_buckets *b;

	CU_ASSERT_EQUAL_FATAL(ft_buckets_powers(&b, 2, UINT64_MAX), 0);
	CU_ASSERT_TRUE(ft_buckets_get(b, 64, &bucket));
	CU_ASSERT(bucket.low == INT64_C(1) << 62 && bucket.last);
	CU_ASSERT_FALSE(ft_buckets_get(b, 65, &bucket));
	ft_buckets_free(b);
	CU_ASSERT_EQUAL_FATAL(ft_buckets_powers(&b, INT64_MAX, UINT64_MAX), 0);
	CU_ASSERT_TRUE(ft_buckets_get(b, 3, &bucket));
	CU_ASSERT(bucket.low == INT64_MAX && bucket.last);
	ft_buckets_free(b);
}

static void test_buckets_hold_every_number_once(void)
{
	char why[FT_BUCKETS_WHY];
	struct ft_buckets *b;

	CU_ASSERT_EQUAL_FATAL(ft_buckets_parse(&b, "-5,10 50 ,100", why), 0);
	for (int64_t v = -7; v <= 101; v++)
		ft_buckets_add(b, v);
	ft_buckets_add(b, INT64_MIN);
	ft_buckets_add(b, INT64_MAX);
	ranges_are(b, "..-6=3 -5..9=15 10..49=40 50..99=50 100..=3");
	CU_ASSERT_EQUAL(ft_buckets_total(b), 111);
	CU_ASSERT_EQUAL(ft_buckets_most(b), 50);
	ft_buckets_clear(b);
	CU_ASSERT(!ft_buckets_total(b) && !ft_buckets_most(b));
	ranges_are(b, "..-6 -5..9 10..49 50..99 100..");
	ft_buckets_free(b);
	CU_ASSERT_EQUAL_FATAL(ft_buckets_parse(&b, "10", why), 0);
	ranges_are(b, "..9 10..");
	ft_buckets_free(b);
}

static void test_buckets_refuse_what_is_no_list(void)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "there is no number in it" },
		{ " , ", "there is no number in it" },
		{ "10 x", "'x' is not a whole number" },
		{ "1.5", "'1.5' is not a whole number" },
		{ "-", "'-' is not a whole number" },
		{ "--1", "'--1' is not a whole number" },
		{ "9223372036854775808", "'9223372036854775808' is not a whole number" },
		{ "1 1", "the numbers must increase" },
		{ "1 -1", "the numbers must increase" },
	};
	char why[FT_BUCKETS_WHY], many[8 * FT_BUCKETS_MAX + 8];
	struct ft_buckets *b;
	int n = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CU_ASSERT_EQUAL(ft_buckets_parse(&b, bad[i].text, why), -EINVAL);
		CU_ASSERT_STRING_EQUAL(why, bad[i].why);
		CU_ASSERT_PTR_NULL(b);
	}
	for (int i = 0; i < FT_BUCKETS_MAX; i++)
		n += sprintf(many + n, "%d ", i);
	CU_ASSERT_EQUAL(ft_buckets_parse(&b, many, why), 0);
	ft_buckets_free(b);
	sprintf(many + n, "%d", FT_BUCKETS_MAX);
	CU_ASSERT_EQUAL(ft_buckets_parse(&b, many, why), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why, "more than 1000 numbers");
}

UNIT_SUITE("buckets",
	UNIT_TEST(test_buckets_of_powers_end_at_the_largest),
	UNIT_TEST(test_buckets_of_powers_stay_in_range),
	UNIT_TEST(test_buckets_hold_every_number_once),
	UNIT_TEST(test_buckets_refuse_what_is_no_list));
