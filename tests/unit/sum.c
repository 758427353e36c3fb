/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events summed up by their fields, and strings as keys. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/watch.h"
#include "intern.h"
#include "sum.h"
#include "unit.h"

struct wakeup {
	uint16_t type;
	uint16_t flags;
	int	 common_pid;
	char	 comm[16];
	int	 pid, prio, target_cpu;
};

struct bench {
	struct ft_events *evs;
	struct ft_show	 *show;
	struct ft_comms	 *comms;
	struct fti_sum	 *sum;
	struct fti_sum_spec spec;
	uint16_t	  type;
	char		  path[32];
	uint64_t	  rows;
};

static const struct ft_show_event *wakeup_event(struct bench *b)
{
	return ft_show_event(b->show, b->type);
}

static void open_bench(struct bench *b, enum fti_sum_what what, const char *fields)
{
	static const char *const systems[] = { "ftrace", "sched", NULL };
	char why[128];

	memset(b, 0, sizeof(*b));
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&b->evs, UNIT_DATA "/6.1/tracing", systems), 0);
	CU_ASSERT_EQUAL_FATAL(ft_show_new(&b->show, b->evs, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(ft_comms_open(&b->comms, NULL), 0);
	b->type = (uint16_t)ft_event_id(b->evs, "sched", "sched_wakeup");
	CU_ASSERT_EQUAL_FATAL(fti_sum_parse(&b->spec, what, fields, why), 0);
	CU_ASSERT_EQUAL_FATAL(fti_sum_new(&b->sum, &b->spec, b->comms), 0);
	CU_ASSERT_EQUAL_FATAL(fti_sum_type(b->sum, b->type, wakeup_event(b)), 0);
	strcpy(b->path, "/tmp/sum.XXXXXX");
	close(mkstemp(b->path));
}

static void close_bench(struct bench *b)
{
	fti_sum_free(b->sum);
	ft_comms_close(b->comms);
	ft_show_free(b->show);
	ft_events_close(b->evs);
	unlink(b->path);
}

static void add(struct bench *b, const char *comm, int pid, int prio)
{
	struct wakeup w = { .type = b->type, .pid = pid, .prio = prio };
	struct ft_event e = { .data = (unsigned char *)&w, .size = sizeof(w), .type = b->type,
			      .tid = 7, .cpu = 3 };

	memcpy(w.comm, comm, strnlen(comm, sizeof(w.comm)));
	CU_ASSERT_EQUAL(fti_sum_add(b->sum, &e), 0);
}

/* What is printed as JSON, without the time. */
static const char *printed(struct bench *b)
{
	struct ft_column columns[FT_WATCH_COLUMNS + 1] = { { 0 } };
	static char text[8192];
	struct ft_out *out;
	char *all, *to = text;

	for (int i = 0; i < FT_WATCH_COLUMNS; i++)
		columns[i] = (struct ft_column)FT_COLUMN("-", NULL, 0, FT_COL_INT);
	columns[FT_WATCH_KEY] = (struct ft_column)FT_COLUMN("K", "k", 0, FT_COL_ANY);
	columns[FT_WATCH_KEY2] = (struct ft_column)FT_COLUMN("L", "l", 0, FT_COL_ANY);
	columns[FT_WATCH_COUNT] = (struct ft_column)FT_COLUMN("N", "n", 0, FT_COL_UINT);
	columns[FT_WATCH_LOW] = (struct ft_column)FT_COLUMN("A", "low", 0, FT_COL_INT);
	columns[FT_WATCH_MEAN] = (struct ft_column)FT_COLUMN("M", "mean", 0, FT_COL_US);
	CU_ASSERT_EQUAL_FATAL(ft_out_open(&out, &(struct ft_out_config){ .columns = columns,
					  .format = FT_OUT_JSON, .path = b->path }), 0);
	CU_ASSERT_EQUAL(fti_sum_print(b->sum, out, 1, &b->rows), 0);
	CU_ASSERT_EQUAL(ft_out_close(out), 0);
	all = unit_read(b->path, NULL);
	for (const char *p = all; *p && to < text + sizeof(text) - 1; p++)
		*to++ = *p == '\n' ? ' ' : *p;
	*to = 0;
	free(all);
	return text;
}

static void test_sum_parses_fields(void)
{
	struct fti_sum_spec spec;
	char why[128], text[100];

	CU_ASSERT_EQUAL(fti_sum_parse(&spec, FTI_SUM_COUNT, "a,b", why), 0);
	CU_ASSERT_EQUAL(spec.keys, 2);
	CU_ASSERT_STRING_EQUAL(spec.name[0], "a");
	CU_ASSERT_STRING_EQUAL(spec.name[1], "b");
	CU_ASSERT_EQUAL(fti_sum_parse(&spec, FTI_SUM_HIST, "a", why), 0);
	CU_ASSERT_EQUAL(fti_sum_parse(&spec, FTI_SUM_COUNT, "a,b,c", why), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why, "at most 2 fields");
	CU_ASSERT_EQUAL(fti_sum_parse(&spec, FTI_SUM_STATS, "a,b", why), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why, "at most 1 field");
	CU_ASSERT_EQUAL(fti_sum_parse(&spec, FTI_SUM_COUNT, "", why), -EINVAL);
	CU_ASSERT_EQUAL(fti_sum_parse(&spec, FTI_SUM_COUNT, "a,", why), -EINVAL);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	CU_ASSERT_EQUAL(fti_sum_parse(&spec, FTI_SUM_COUNT, text, why), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why, "not a field's name");
}

static void test_sum_checks_fields(void)
{
	static const struct {
		enum fti_sum_what what;
		const char *fields, *reason;
	} cases[] = {
		{ FTI_SUM_COUNT, "comm,pid", NULL }, { FTI_SUM_COUNT, "COMM,event", NULL },
		{ FTI_SUM_COUNT, "cpu,common_pid", NULL }, { FTI_SUM_HIST, "prio", NULL },
		{ FTI_SUM_COUNT, "pidd", "no such field 'pidd' (did you mean 'pid'?)" },
		{ FTI_SUM_HIST, "comm", "'comm' is not a number" },
		{ FTI_SUM_STATS, "cpu", "'cpu' is not a number" },
	};
	struct ft_filter_error error;
	struct fti_sum_spec spec;
	struct bench b;
	char why[128];

	open_bench(&b, FTI_SUM_COUNT, "pid");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(fti_sum_parse(&spec, cases[i].what, cases[i].fields, why), 0);
		CU_ASSERT_EQUAL(fti_sum_check(&spec, wakeup_event(&b), &error),
				cases[i].reason ? -EINVAL : 0);
		CU_ASSERT_STRING_EQUAL(error.reason, cases[i].reason ? cases[i].reason : "");
	}
	close_bench(&b);
}

static void test_sum_counts_by_numbers_and_strings(void)
{
	struct bench b;

	open_bench(&b, FTI_SUM_COUNT, "comm,prio");
	for (int i = 0; i < 5; i++)
		add(&b, "bash", 1, -3);
	add(&b, "a\"b", 1, 120);
	add(&b, "sixteen letters!", 1, 120);
	add(&b, "a\"b", 1, 120);
	CU_ASSERT_STRING_EQUAL(printed(&b), "{\"k\":\"sixteen letters!\",\"l\":120,\"n\":1} "
			       "{\"k\":\"a\\\"b\",\"l\":120,\"n\":2} "
			       "{\"k\":\"bash\",\"l\":-3,\"n\":5} ");
	CU_ASSERT_EQUAL(b.rows, 3);
	/* what was printed is forgotten */
	CU_ASSERT_STRING_EQUAL(printed(&b), "");
	add(&b, "zsh", 1, 1);
	CU_ASSERT_STRING_EQUAL(printed(&b), "{\"k\":\"zsh\",\"l\":1,\"n\":1} ");
	close_bench(&b);
}

static void test_sum_counts_by_what_all_events_have(void)
{
	struct bench b;

	open_bench(&b, FTI_SUM_COUNT, "event,cpu");
	add(&b, "bash", 1, 1);
	CU_ASSERT_STRING_EQUAL(printed(&b), "{\"k\":\"sched_wakeup\",\"l\":3,\"n\":1} ");
	close_bench(&b);
	open_bench(&b, FTI_SUM_COUNT, "COMM,common_pid");
	ft_comms_set(b.comms, 7, "seven");
	add(&b, "bash", 1, 1);
	CU_ASSERT_STRING_EQUAL(printed(&b), "{\"k\":\"seven\",\"l\":7,\"n\":1} ");
	close_bench(&b);
}

static void test_sum_keeps_the_most_frequent(void)
{
	struct bench b;

	open_bench(&b, FTI_SUM_COUNT, "pid");
	b.spec.top = 2;
	fti_sum_free(b.sum);
	CU_ASSERT_EQUAL_FATAL(fti_sum_new(&b.sum, &b.spec, b.comms), 0);
	CU_ASSERT_EQUAL_FATAL(fti_sum_type(b.sum, b.type, wakeup_event(&b)), 0);
	for (int pid = 1; pid <= 9; pid++)
		for (int i = 0; i < pid; i++)
			add(&b, "x", pid, 0);
	CU_ASSERT_STRING_EQUAL(printed(&b), "{\"k\":8,\"n\":8} {\"k\":9,\"n\":9} ");
	close_bench(&b);
}

static void test_sum_of_more_than_it_holds(void)
{
	const uint64_t extra = 10;
	char name[16];
	struct bench b;

	open_bench(&b, FTI_SUM_COUNT, "comm");
	b.spec.top = 1;
	fti_sum_free(b.sum);
	CU_ASSERT_EQUAL_FATAL(fti_sum_new(&b.sum, &b.spec, b.comms), 0);
	CU_ASSERT_EQUAL_FATAL(fti_sum_type(b.sum, b.type, wakeup_event(&b)), 0);
	for (uint64_t i = 0; i < FTI_SUM_MAX + extra; i++) {
		snprintf(name, sizeof(name), "%u", (unsigned int)i);
		add(&b, name, 1, 1);
	}
	CU_ASSERT_STRING_EQUAL(printed(&b), "{\"k\":\"[other]\",\"n\":10} {\"k\":\"0\",\"n\":1} ");
	close_bench(&b);
}

static void test_sum_of_histograms_and_statistics(void)
{
	struct bench b;

	open_bench(&b, FTI_SUM_HIST, "pid");
	add(&b, "x", 5, 0);
	add(&b, "x", 6, 0);
	add(&b, "x", -1, 0);
	CU_ASSERT_STRING_EQUAL(printed(&b),
			       "{\"low\":-1,\"n\":1} {\"low\":0,\"n\":0} {\"low\":2,\"n\":0} "
			       "{\"low\":4,\"n\":2} ");
	CU_ASSERT_STRING_EQUAL(printed(&b), "");
	close_bench(&b);
	open_bench(&b, FTI_SUM_STATS, "prio");
	CU_ASSERT_STRING_EQUAL(printed(&b), "");
	add(&b, "x", 0, -1);
	add(&b, "x", 0, -2);
	CU_ASSERT_STRING_EQUAL(printed(&b), "{\"n\":2,\"mean\":-1.500} ");
	close_bench(&b);
}

/* -- strings ----------------------------------------------------------------------------------- */

static void test_intern_gives_one_number_to_a_string(void)
{
	struct fti_strings *st;
	char name[32];
	size_t len;

	CU_ASSERT_EQUAL_FATAL(fti_strings_new(&st, 3000), 0);
	for (int turn = 0; turn < 2; turn++) {
		for (int i = 0; i < 3000; i++) {
			int n = snprintf(name, sizeof(name), "name %d", i);

			CU_ASSERT_EQUAL(fti_strings_number(st, name, (size_t)n), i);
		}
	}
	CU_ASSERT_EQUAL(fti_strings_number(st, "another", 7), -ENOSPC);
	CU_ASSERT(!memcmp(fti_strings_get(st, 2999, &len), "name 2999", 9));
	CU_ASSERT_EQUAL(len, 9);
	fti_strings_get(st, 3000, &len);
	CU_ASSERT_EQUAL(len, 0);
	fti_strings_clear(st);
	CU_ASSERT_EQUAL(fti_strings_number(st, "", 0), 0);
	CU_ASSERT_EQUAL(fti_strings_number(st, "a\0b", 3), 1);
	CU_ASSERT_EQUAL(fti_strings_number(st, "a\0c", 3), 2);
	CU_ASSERT_EQUAL(fti_strings_number(st, "", 0), 0);
	fti_strings_free(st);
	fti_strings_free(NULL);
}

static void test_intern_bounds_its_bytes(void)
{
	char *text = malloc(3 << 20);
	struct fti_strings *st;
	ssize_t n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_EQUAL_FATAL(fti_strings_new(&st, 100), 0);
	for (int i = 0; i < 10 && n >= 0; i++) {
		memset(text, 'a' + i, 3 << 20);
		n = fti_strings_number(st, text, 3 << 20);
	}
	CU_ASSERT_EQUAL(n, -ENOSPC);
	fti_strings_free(st);
	free(text);
}

UNIT_SUITE("sum",
	   UNIT_TEST(test_sum_parses_fields),
	   UNIT_TEST(test_sum_checks_fields),
	   UNIT_TEST(test_sum_counts_by_numbers_and_strings),
	   UNIT_TEST(test_sum_counts_by_what_all_events_have),
	   UNIT_TEST(test_sum_keeps_the_most_frequent),
	   UNIT_TEST(test_sum_of_more_than_it_holds),
	   UNIT_TEST(test_sum_of_histograms_and_statistics),
	   UNIT_TEST(test_intern_gives_one_number_to_a_string),
	   UNIT_TEST(test_intern_bounds_its_bytes));
