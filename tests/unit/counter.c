/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counting calls: the profiler's tables, the function tracer's records against the kernel's text of
 * them, and the rows that come out.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "counter-trace.h"
#include "ftrace/kernel.h"
#include "unit.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* -- rows -------------------------------------------------------------------------------------- */

static struct ft_counter *new_counter(const struct fti_rung *rung)
{
	struct ft_counter *c = calloc(1, sizeof(*c));

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	c->rung = rung;
	return c;
}

static void add(struct ft_counter *c, const char *name, const char *module)
{
	CU_ASSERT_EQUAL(fti_source_add(c, &(struct fti_source){ .name = (char *)name,
							  .module = (char *)module }), 0);
}

static int no_more(struct ft_counter *c, struct ft_run *r)
{
	(void)r;
	return fti_counter_source_rows(c);
}

static const struct fti_rung sources_alone = { .name = "test", .rows = no_more };

/* The rows as "name[module]=count" words. */
static void rows_are(struct ft_counter *c, const char *wanted)
{
	const struct ft_counter_row *rows = NULL;
	ssize_t n = ft_counter_rows(c, NULL, &rows);
	char text[512] = "";
	size_t len = 0;

	CU_ASSERT_FATAL(n >= 0);
	for (ssize_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%s%s=%llu",
					i ? " " : "", rows[i].name, rows[i].module ? ":" : "",
					rows[i].module ? rows[i].module : "",
					(unsigned long long)rows[i].count);
	CU_ASSERT_STRING_EQUAL(text, wanted);
}

static void test_counter_rows_are_what_came_since_the_last(void)
{
	struct ft_counter *c = new_counter(&sources_alone);

	add(c, "b", NULL);
	add(c, "c", NULL);
	add(c, "a", NULL);
	rows_are(c, "");
	c->sources[0].count = 5;
	c->sources[1].count = 2;
	rows_are(c, "c=2 b=5");
	rows_are(c, "");
	for (int i = 0; i < 3; i++)
		c->sources[i].count += 7;
	rows_are(c, "a=7 b=7 c=7");
	ft_counter_free(c);
	ft_counter_free(NULL);
}

static void test_counter_rows_of_one_name_are_one(void)
{
	struct ft_counter *c = new_counter(&sources_alone);

	add(c, "f", "mod");
	add(c, "f", NULL);
	add(c, "g", NULL);
	add(c, "f", "mod");
	for (int i = 0; i < 4; i++)
		c->sources[i].count = 1u << i;
	rows_are(c, "f=2 g=4 f:mod=9");
	ft_counter_free(c);
}

static void test_counter_sources_of_one_name_are_one(void)
{
	static const char *const modules[][3] = {
		{ NULL, NULL, NULL }, { "m", "m", "m" }, { "m", NULL, "m" }, { "m", "n", "m" },
	};

	for (size_t i = 0; i < LEN(modules); i++) {
		struct ft_counter *c = new_counter(&sources_alone);

		add(c, "twin", modules[i][0]);
		add(c, "alone", "a");
		add(c, "twin", modules[i][1]);
		add(c, "zebra", NULL);
		add(c, "twin", modules[i][2]);
		fti_sources_by_name(c);
		CU_ASSERT_EQUAL_FATAL(c->source_count, 3);
		CU_ASSERT_EQUAL(c->kernel_count, 3);
		CU_ASSERT_STRING_EQUAL(c->sources[0].name, "alone");
		CU_ASSERT_FALSE(c->sources[0].twins);
		CU_ASSERT_TRUE(c->sources[1].twins);
		if (i == 1)
			CU_ASSERT_STRING_EQUAL(c->sources[1].module, "m");
		if (i != 1)
			CU_ASSERT_PTR_NULL(c->sources[1].module);
		/* There is room for more. */
		for (int k = 0; k < 20; k++)
			add(c, "more", NULL);
		CU_ASSERT_EQUAL(c->source_count, 23);
		ft_counter_free(c);
	}
}

/* -- the profiler's tables --------------------------------------------------------------------- */

struct parsed {
	char   text[512];
	size_t len;
	int    stop_at, rows;
};

static int take_row(void *arg, const char *name, size_t len, uint64_t hits)
{
	struct parsed *p = arg;

	p->len += (size_t)snprintf(p->text + p->len, sizeof(p->text) - p->len, "%.*s=%llu ",
				   (int)len, name, (unsigned long long)hits);
	return ++p->rows == p->stop_at ? -ECANCELED : 0;
}

static void parses_to(const char *text, const char *wanted)
{
	struct parsed p = { .len = 0 };

	CU_ASSERT_EQUAL(fti_profile_parse(text, take_row, &p), 0);
	CU_ASSERT_STRING_EQUAL(p.text, wanted);
}

static void test_counter_profile_lines(void)
{
	struct parsed p = { .stop_at = 2 };

	parses_to("", "");
	parses_to("  Function                               Hit    Time            Avg\n"
		  "  --------                               ---    ----            ---\n", "");
	parses_to("  Function    Hit\n  --------    ---\n  vfs_read      12\n", "vfs_read=12 ");
	parses_to("  a  1    2.5 us\n\n  b\n  c  x\n  d  3", "a=1 d=3 ");
	parses_to("a 18446744073709551615\nb 18446744073709551616\nc 1x\nd -1\n",
		  "a=18446744073709551615 ");
	CU_ASSERT_EQUAL(fti_profile_parse("a 1\nb 2\nc 3\n", take_row, &p), -ECANCELED);
	CU_ASSERT_STRING_EQUAL(p.text, "a=1 b=2 ");
}

/* A captured table, with the names that the kernel was told to count. */
struct table {
	struct ft_counter *c;
	uint64_t sum;
	int	 rows, cut;
};

static int sum_row(void *arg, const char *name, size_t len, uint64_t hits)
{
	struct table *t = arg;

	t->sum += hits;
	t->rows++;
	t->cut += len == FTI_PROFILE_NAME;
	return fti_profile_count(t->c, name, len, hits);
}

static uint64_t count_of(const struct ft_counter *c, const char *name)
{
	for (size_t i = 0; i < c->source_count; i++)
		if (!strcmp(c->sources[i].name, name))
			return c->sources[i].count;
	return 0;
}

static struct ft_counter *listed(const char *path)
{
	struct ft_counter *c = new_counter(&sources_alone);
	char *names = unit_read(path, NULL), *save = NULL;

	CU_ASSERT_PTR_NOT_NULL_FATAL(names);
	for (char *name = strtok_r(names, "\n", &save); name; name = strtok_r(NULL, "\n", &save))
		add(c, name, NULL);
	free(names);
	fti_sources_by_name(c);
	return c;
}

static void test_counter_profile_of_a_kernel(void)
{
	struct table t = { .c = listed(UNIT_DATA "/profiler/set_ftrace_filter") };
	size_t names = t.c->source_count;
	uint64_t sum = 0;

	for (int cpu = 0; cpu < 2; cpu++) {
		char path[64], *text;

		snprintf(path, sizeof(path), UNIT_DATA "/profiler/function%d", cpu);
		text = unit_read(path, NULL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(text);
		CU_ASSERT_EQUAL(fti_profile_parse(text, sum_row, &t), 0);
		free(text);
	}
	CU_ASSERT(t.rows > 400);
	CU_ASSERT(t.cut > 5);
	/* 300 and 700 by the workload, and one each by the shell that was started there */
	CU_ASSERT_EQUAL(count_of(t.c, "__do_sys_getppid"), 1002);
	CU_ASSERT_EQUAL(count_of(t.c, "ext4_map_query_blocks.constprop.0"), 12);
	CU_ASSERT_EQUAL(count_of(t.c, "ext4_map_query_blocks.constpro"), 0);
	for (size_t i = 0; i < t.c->source_count; i++)
		sum += t.c->sources[i].count;
	CU_ASSERT_EQUAL(sum, t.sum);
	CU_ASSERT_EQUAL(t.c->source_count, names);
	ft_counter_free(t.c);
}

static void test_counter_profile_keeps_names_it_does_not_know(void)
{
	struct ft_counter *c = new_counter(&sources_alone);

	add(c, "known", NULL);
	add(c, "a_name_that_is_longer_than_the_kernel_shows", NULL);
	fti_sources_by_name(c);
	CU_ASSERT_EQUAL(fti_profile_count(c, "know", 4, 1), 0);
	CU_ASSERT_EQUAL(fti_profile_count(c, "known_too", 9, 2), 0);
	CU_ASSERT_EQUAL(fti_profile_count(c, "know", 4, 1), 0);
	CU_ASSERT_EQUAL(fti_profile_count(c, "known", 5, 4), 0);
	CU_ASSERT_EQUAL(fti_profile_count(c, "a_name_that_is_longer_than_the_kernel", 30, 8), 0);
	CU_ASSERT_EQUAL(fti_profile_count(c, "a_name_that_is_longer", 21, 16), 0);
	rows_are(c, "know=2 known_too=2 known=4 a_name_that_is_longer_than_the_kernel_shows=8 "
		 "a_name_that_is_longer=16");
	ft_counter_free(c);
}

static void test_counter_profile_refuses_names_alike(void)
{
	struct ft_counter *c = new_counter(&sources_alone);

	add(c, "ext4_mb_seq_structs_summary_st", NULL);
	add(c, "a", NULL);
	fti_sources_by_name(c);
	CU_ASSERT_PTR_NULL(fti_profile_alike(c));
	add(c, "ext4_mb_seq_structs_summary_stop", NULL);
	fti_sources_by_name(c);
	CU_ASSERT_STRING_EQUAL(fti_profile_alike(c), "ext4_mb_seq_structs_summary_stop");
	ft_counter_free(c);
}

/* -- records ----------------------------------------------------------------------------------- */

static int take_event(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	struct ft_counter *c = arg;

	(void)st;
	ft_counter_event(c, e);
	return 0;
}

/* How often the kernel's text has ": NAME <-". */
static uint64_t in_text(const char *text, const char *name)
{
	char call[128];
	uint64_t n = 0;

	snprintf(call, sizeof(call), ": %s <-", name);
	for (const char *at = strstr(text, call); at; at = strstr(at + 1, call))
		n++;
	return n;
}

static void counts_capture(const char *series)
{
	struct ft_counter *c = new_counter(&fti_rung_trace);
	const struct ft_counter_row *rows;
	struct capture capture;
	uint64_t events, sum = 0;
	ssize_t n;

	CU_ASSERT_FATAL(capture_open(&capture, series, "function"));
	c->has[FT_TARGET_KERNEL] = true;
	c->trace = calloc(1, sizeof(*c->trace));
	CU_ASSERT_PTR_NOT_NULL_FATAL(c->trace);
	CU_ASSERT_EQUAL_FATAL(fti_counter_trace_find(c, capture.evs, NULL), 0);
	c->trace->symbols = capture.syms;
	events = capture_walk(&capture, take_event, c);
	n = ft_counter_rows(c, NULL, &rows);
	CU_ASSERT(n > 2);
	for (ssize_t i = 0; i < n; i++) {
		sum += rows[i].count;
		CU_ASSERT_EQUAL(rows[i].count, in_text(capture.text, rows[i].name));
		CU_ASSERT_PTR_NULL(rows[i].file);
		if (i)
			CU_ASSERT(rows[i - 1].count <= rows[i].count);
	}
	CU_ASSERT_EQUAL(sum, events);
	CU_ASSERT_EQUAL(ft_counter_rows(c, NULL, &rows), 0);
	c->trace->symbols = NULL;
	ft_counter_free(c);
	capture_close(&capture);
}

static void test_counter_counts_the_functions_of_captures(void)
{
	for (size_t i = 0; i < CAPTURE_SERIES; i++)
		counts_capture(capture_series[i]);
}

UNIT_SUITE("counter",
	UNIT_TEST(test_counter_rows_are_what_came_since_the_last),
	UNIT_TEST(test_counter_rows_of_one_name_are_one),
	UNIT_TEST(test_counter_sources_of_one_name_are_one),
	UNIT_TEST(test_counter_profile_lines),
	UNIT_TEST(test_counter_profile_of_a_kernel),
	UNIT_TEST(test_counter_profile_keeps_names_it_does_not_know),
	UNIT_TEST(test_counter_profile_refuses_names_alike),
	UNIT_TEST(test_counter_counts_the_functions_of_captures));
