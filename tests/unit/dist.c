/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Distributions by key, their pictures, and what the kernel's own histograms are read as. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blockhist.h"
#include "ftrace/dist.h"
#include "unit.h"

static const struct ft_scale ms = { .unit = 1000 };

static struct ft_dist_key key_of(uint32_t id, const char *a)
{
	struct ft_dist_key key = { .id = id };

	snprintf(key.a, sizeof(key.a), "%s", a);
	return key;
}

static struct ft_dist *new_dist(const struct ft_scale *scale)
{
	struct ft_dist *d;

	CU_ASSERT_EQUAL_FATAL(ft_dist_new(&d, scale), 0);
	return d;
}

static void test_dist_counts_each_key_apart(void)
{
	const struct ft_dist_key a = key_of(1, "R"), b = key_of(1, "W"), c = key_of(2, "R");
	const struct ft_dist_group *const *groups;
	uint64_t values[FT_DIST_PERCENTILES];
	struct ft_dist *d = new_dist(&ms);

	CU_ASSERT_EQUAL(ft_dist_groups(d, &groups), 0);
	for (int i = 0; i < 100; i++)
		ft_dist_add(d, &a, 500, 1);
	ft_dist_add(d, &b, 3000, 200);
	ft_dist_add(d, &c, 999, 7);
	ft_dist_add(d, &c, 1000, 1);
	CU_ASSERT_EQUAL_FATAL(ft_dist_groups(d, &groups), 3);
	CU_ASSERT_EQUAL(groups[0]->count, 200);
	CU_ASSERT_STRING_EQUAL(groups[0]->key.a, "W");
	CU_ASSERT_EQUAL(groups[0]->rows, 3);
	CU_ASSERT_EQUAL(groups[0]->counts[2], 200);
	CU_ASSERT_EQUAL(groups[1]->count, 100);
	CU_ASSERT_EQUAL(groups[2]->key.id, 2);
	CU_ASSERT_EQUAL(groups[2]->counts[0], 7);
	CU_ASSERT_EQUAL(groups[2]->counts[1], 1);
	ft_dist_percentiles(groups[2], values);
	CU_ASSERT(values[0] >= 999 && values[0] <= 1000);
	CU_ASSERT_EQUAL(values[4], 1000);
	ft_dist_clear(d);
	CU_ASSERT_EQUAL(ft_dist_groups(d, &groups), 0);
	ft_dist_add(d, &c, 0, 1);
	CU_ASSERT_EQUAL_FATAL(ft_dist_groups(d, &groups), 1);
	CU_ASSERT_EQUAL(groups[0]->count, 1);
	CU_ASSERT_EQUAL(groups[0]->rows, 1);
	CU_ASSERT_EQUAL(groups[0]->counts[0], 1);
	ft_dist_free(d);
	ft_dist_free(NULL);
}

static void test_dist_puts_what_finds_no_room_together(void)
{
	const struct ft_dist_group *const *groups;
	struct ft_dist *d = new_dist(&ms);
	uint64_t sum = 0;
	size_t n;

	for (int turn = 0; turn < 3; turn++) {
		for (uint32_t i = 0; i < 1000; i++) {
			const struct ft_dist_key key = key_of(i, "x");

			ft_dist_add(d, &key, i, 2);
		}
		n = ft_dist_groups(d, &groups);
		CU_ASSERT_EQUAL_FATAL(n, FT_DIST_GROUPS + 1);
		CU_ASSERT(groups[n - 1]->other);
		CU_ASSERT_EQUAL(groups[n - 1]->count, 2 * (1000 - FT_DIST_GROUPS));
		CU_ASSERT_FALSE(groups[0]->other);
		sum = 0;
		for (size_t i = 0; i < n; i++)
			sum += groups[i]->count;
		CU_ASSERT_EQUAL(sum, 2000);
		ft_dist_clear(d);
	}
	ft_dist_free(d);
}

/* What is printed for a group, through a file. */
static char *printed(const struct ft_dist *d, const struct ft_dist_group *g,
		     const struct ft_dist_view *view, enum ft_out_format format)
{
	static const struct ft_column columns[] = { FT_HIDDEN("B", "b", FT_COL_STR), { 0 } };
	char path[] = "/tmp/unit-dist-XXXXXX", *text;
	struct ft_out *out;
	int fd = mkstemp(path);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL_FATAL(ft_out_open(&out, &(struct ft_out_config){
		.columns = columns, .format = format, .path = path }), 0);
	if (format == FT_OUT_TEXT) {
		CU_ASSERT_EQUAL(ft_dist_print(d, g, view, out), 0);
		if (g->count)
			CU_ASSERT_EQUAL(ft_dist_print_percentiles(g, view, out), 0);
	} else {
		ft_dist_set(d, g, view->per_unit, out, 0);
		CU_ASSERT_EQUAL(ft_out_end(out), 0);
	}
	CU_ASSERT_EQUAL(ft_out_close(out), 0);
	text = unit_read(path, NULL);
	close(fd);
	unlink(path);
	return text;
}

static void test_dist_picture_is_that_of_perf_tools(void)
{
	static const char want[] =
		"  >=(ms) .. <(ms)   : I/O      |Distribution                          |\n"
		"       0 -> 1       : 4381     |######################################|\n"
		"       1 -> 2       : 9        |#                                     |\n"
		"       2 -> 4       : 0        |                                      |\n"
		"       4 -> 8       : 1        |#                                     |\n";
	static const char nothing[] =
		"  >=(ms) .. <(ms)   : I/O      |Distribution                          |\n"
		"       0 -> 1       : 0        |                                      |\n";
	static const struct ft_dist_group none;
	const struct ft_dist_view view = { .what = "I/O", .unit = "ms", .per_unit = 1000 };
	const struct ft_dist_group *const *groups;
	const struct ft_dist_key key = { 0 };
	struct ft_dist *d = new_dist(&ms);
	char *text;

	ft_dist_add(d, &key, 100, 4381);
	ft_dist_add(d, &key, 1000, 9);
	ft_dist_add(d, &key, 4000, 1);
	CU_ASSERT_EQUAL_FATAL(ft_dist_groups(d, &groups), 1);
	text = printed(d, groups[0], &view, FT_OUT_TEXT);
	/* A percentile is at most one part in 128 too large. */
	CU_ASSERT_EQUAL(strncmp(text, want, strlen(want)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "  p50 0.100  p95 0.100  p99 0.100  p99.9 1."));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "  max 4.000 ms\n"));
	free(text);
	text = printed(d, groups[0], &view, FT_OUT_JSON);
	CU_ASSERT_STRING_EQUAL(text, "{\"b\":[[0,1,4381],[1,2,9],[4,8,1]]}\n");
	free(text);
	text = printed(d, groups[0], &view, FT_OUT_CSV);
	CU_ASSERT_STRING_EQUAL(text, "B\n0-1:4381 1-2:9 4-8:1\n");
	free(text);
	text = printed(d, &none, &view, FT_OUT_TEXT);
	CU_ASSERT_STRING_EQUAL(text, nothing);
	free(text);
	ft_dist_free(d);
}

static void test_dist_picture_of_steps_leaves_out_long_gaps(void)
{
	static const char want[] =
		"  >=(us) .. <(us)   : I/O      |Distribution                          |\n"
		"      50 -> 60      : 1        |###################                   |\n"
		"      60 -> 70      : 0        |                                      |\n"
		"      70 -> 80      : 2        |######################################|\n"
		"     ...\n"
		"    3990 ->         : 1        |###################                   |\n";
	const struct ft_dist_view view = { .what = "I/O", .unit = "us", .per_unit = 1 };
	const struct ft_scale steps = { .unit = 10, .linear = true };
	const struct ft_dist_group *const *groups;
	const struct ft_dist_key key = { 0 };
	struct ft_dist *d = new_dist(&steps);
	char *text;

	ft_dist_add(d, &key, 50, 1);
	ft_dist_add(d, &key, 79, 2);
	ft_dist_add(d, &key, UINT64_MAX, 1);
	CU_ASSERT_EQUAL_FATAL(ft_dist_groups(d, &groups), 1);
	text = printed(d, groups[0], &view, FT_OUT_TEXT);
	CU_ASSERT_EQUAL(strncmp(text, want, strlen(want)), 0);
	free(text);
	text = printed(d, groups[0], &view, FT_OUT_JSON);
	CU_ASSERT_STRING_EQUAL(text, "{\"b\":[[50,60,1],[70,80,2],[3990,null,1]]}\n");
	free(text);
	ft_dist_free(d);
}

/* All ranges of the widest kind fit a JSON column. */
static void test_dist_data_has_room_for_all_ranges(void)
{
	const struct ft_dist_view view = { .what = "I/O", .unit = "ms", .per_unit = 1 };
	const struct ft_scale steps = { .unit = 1000000000, .linear = true };
	const struct ft_dist_group *const *groups;
	const struct ft_dist_key key = { 0 };
	struct ft_dist *d = new_dist(&steps);
	char *text;
	size_t n = 0;

	for (uint64_t i = 0; i < FT_SCALE_MAX; i++)
		ft_dist_add(d, &key, i * steps.unit, 1234567890);
	CU_ASSERT_EQUAL_FATAL(ft_dist_groups(d, &groups), 1);
	text = printed(d, groups[0], &view, FT_OUT_JSON);
	for (const char *p = text; *p; p++)
		n += *p == '[';
	CU_ASSERT_EQUAL(n, FT_SCALE_MAX + 1);
	free(text);
	ft_dist_free(d);
}

/* -- the kernel's hist file -------------------------------------------------------------------- */

static void test_blockhist_reads_the_lines_of_kernels(void)
{
	struct ft_blockhist_row row;

	CU_ASSERT(fti_blockhist_parse("{ dev:  265289728, rwbs: RS                             "
				      ", lat: ~ 204000-204999 } hitcount:        100", &row));
	CU_ASSERT_EQUAL(row.dev, 265289728);
	CU_ASSERT_STRING_EQUAL(row.rwbs, "RS");
	CU_ASSERT_EQUAL(row.us, 204);
	CU_ASSERT_EQUAL(row.count, 100);
	CU_ASSERT(fti_blockhist_parse("{ lat: ~ 0-999 } hitcount:          1", &row));
	CU_ASSERT_EQUAL(row.dev, 0);
	CU_ASSERT_STRING_EQUAL(row.rwbs, "");
	CU_ASSERT_EQUAL(row.us, 0);
	CU_ASSERT_EQUAL(row.count, 1);
}

static void test_blockhist_refuses_other_lines(void)
{
	static const char *const bad[] = {
		"", "# event histogram", "Totals:", "    Hits: 100", "{ lat: ~ 5-6 }",
		"{ lat: ~ 5-6 } hitcount:", "{ lat: ~ 5-6 } hitcount: 0", "{ dev: 5 } hitcount: 1",
		"x{ lat: ~ 5-6 } hitcount: 1", "{ lat: ~ x } hitcount: 1",
	};
	struct ft_blockhist_row row;
	char line[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_FALSE(fti_blockhist_parse(bad[i], &row));
	/* A type longer than any is cut. */
	snprintf(line, sizeof(line), "{ rwbs: %0100d, lat: ~ 1000-1999 } hitcount: 3", 7);
	CU_ASSERT(fti_blockhist_parse(line, &row));
	CU_ASSERT_EQUAL(strlen(row.rwbs), sizeof(row.rwbs) - 1);
}

UNIT_SUITE("dist",
	   UNIT_TEST(test_dist_counts_each_key_apart),
	   UNIT_TEST(test_dist_puts_what_finds_no_room_together),
	   UNIT_TEST(test_dist_picture_is_that_of_perf_tools),
	   UNIT_TEST(test_dist_picture_of_steps_leaves_out_long_gaps),
	   UNIT_TEST(test_dist_data_has_room_for_all_ranges),
	   UNIT_TEST(test_blockhist_reads_the_lines_of_kernels),
	   UNIT_TEST(test_blockhist_refuses_other_lines));
