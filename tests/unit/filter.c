/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters, checked against the fields of real events, and the kernels' own words on them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/filter.h"
#include "unit.h"

struct fields {
	struct ft_events *evs;
	struct ft_show	 *show;
};

static const struct ft_show_event *event(struct fields *f, const char *system, const char *name)
{
	int id = ft_event_id(f->evs, system, name);

	CU_ASSERT_FATAL(id >= 0);
	return ft_show_event(f->show, (uint16_t)id);
}

static void open_fields(struct fields *f)
{
	static const char *const systems[] = { "ftrace", "sched", "syscalls", NULL };

	CU_ASSERT_EQUAL_FATAL(ft_events_open(&f->evs, UNIT_DATA "/6.1/tracing", systems), 0);
	CU_ASSERT_EQUAL_FATAL(ft_show_new(&f->show, f->evs, NULL), 0);
}

static void close_fields(struct fields *f)
{
	ft_show_free(f->show);
	ft_events_close(f->evs);
}

static void test_filter_takes_what_kernels_take(void)
{
	static const char *const good[] = {
		"prev_pid == 1", "prev_pid==1", " prev_pid > 0x10 ", "prev_prio <= -1",
			"prev_pid != 077",
		"prev_comm == \"bash\"", "prev_comm ~ \"ba*\"", "prev_comm != 'x'",
			"prev_comm == \"\"",
		"prev_comm ~ \"a && (b\"", "prev_pid == 1 && next_pid == 2 || next_pid == 3",
		"(prev_pid == 1 || prev_pid == 2) && !(next_pid == 0)", "!prev_pid == 1",
			"! (prev_pid == 1)",
		"prev_state & 1", "comm == \"sh\"", "COMM ~ \"s*\"", "cpu == 1",
			"CPU & CPUS{0-3,5}",
		"common_pid == 1", "common_preempt_lazy_count == 0", "prev_comm.ustring ~ \"a*\"",
		"((((prev_pid == 1))))", "prev_pid == 1\t&& next_pid == 2",
			"prev_state == TASK_RUNNING",
	};
	struct ft_filter_error error;
	struct fields f;

	open_fields(&f);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int err = ft_filter_check(good[i], event(&f, "sched", "sched_switch"), &error);

		CU_ASSERT_EQUAL(err, 0);
		if (err)
			printf("# '%s': %s at %zu\n", good[i], error.reason, error.at);
	}
	CU_ASSERT_EQUAL(ft_filter_check("filename.ustring ~ \"/etc*\"",
					event(&f, "syscalls", "sys_enter_openat"), &error), 0);
	close_fields(&f);
}

static void test_filter_tells_mistakes_and_their_place(void)
{
	static const struct {
		const char *filter, *reason;
		size_t at;
	} bad[] = {
		{ "prev_pidd == 1", "no such field 'prev_pidd' (did you mean 'prev_pid'?)", 0 },
		{ "prev_pid == 1 && xyz == 1", "no such field 'xyz'", 17 },
		{ "prev_pid = 1", "no operator '=' (did you mean '=='?)", 9 },
		{ "prev_pid", "an operator (== != < <= > >= & ~) is expected here", 8 },
		{ "prev_pid && next_pid", "an operator (== != < <= > >= & ~) is expected here", 9 },
		{ "prev_pid ==", "a value is expected here", 11 },
		{ "prev_pid == )", "a value is expected here", 12 },
		{ "prev_pid == 12ab", "not a number", 12 },
		{ "prev_pid == -", "not a number", 12 },
		{ "prev_pid == 1.5", "not a number", 12 },
		{ "prev_pid == 99999999999999999999", "a number beyond 64 bits", 12 },
		{ "prev_pid == \"1\"", "the field is a number, not a string", 12 },
		{ "prev_pid ~ 1",
		  "only strings have patterns: numbers are compared by ==, !=, <, ...", 9 },
		{ "prev_comm > \"a\"", "a string is compared by ==, != or ~", 10 },
		{ "prev_comm == bash", "a string needs quotes: \"...\"", 13 },
		{ "prev_comm == \"bash", "a quote is not closed", 13 },
		{ "(prev_pid == 1", "a parenthesis is not closed", 0 },
		{ "prev_pid == 1)", "a parenthesis too many", 13 },
		{ "prev_pid == 1 next_pid == 2", "&& or || is expected here", 14 },
		{ "prev_pid == 1 & next_pid == 2", "&& or || is expected here", 14 },
		{ "prev_pid == 1 &&", "it ends too early", 16 },
		{ "", "it ends too early", 0 },
		{ "== 1", "a field's name is expected here", 0 },
		{ "prev_pid == 1\necho", "a control character", 13 },
		{ "prev_comm == \"a\x1b\"", "a control character", 15 },
	};
	struct ft_filter_error error;
	struct fields f;

	open_fields(&f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CU_ASSERT(ft_filter_check(bad[i].filter, event(&f, "sched", "sched_switch"),
					  &error) < 0);
		CU_ASSERT_STRING_EQUAL(error.reason, bad[i].reason);
		CU_ASSERT_EQUAL(error.at, bad[i].at);
		CU_ASSERT_EQUAL(error.field, !strncmp(bad[i].reason, "no such field", 13));
		if (strcmp(error.reason, bad[i].reason) || error.at != bad[i].at)
			printf("# '%s': %s at %zu\n", bad[i].filter, error.reason, error.at);
	}
	close_fields(&f);
}

static void test_filter_bounds_what_it_takes(void)
{
	struct ft_filter_error error;
	char text[8192] = "";
	struct fields f;

	open_fields(&f);
	memset(text, '(', 5000);
	CU_ASSERT(ft_filter_check(text, event(&f, "sched", "sched_switch"), &error) < 0);
	text[1000] = 0;
	CU_ASSERT(ft_filter_check(text, event(&f, "sched", "sched_switch"), &error) < 0);
	CU_ASSERT_STRING_EQUAL(error.reason, "too many parentheses");
	memset(text, 'a', 200);
	CU_ASSERT(ft_filter_check(text, event(&f, "sched", "sched_switch"), &error) < 0);
	CU_ASSERT_STRING_EQUAL(error.reason, "no field has such a long name");
	close_fields(&f);
}

static void test_filter_is_no_tracepoint(void)
{
	static const char *const events[] = { "sched:sched_switch", "block:*", "*:*", "s[cd]*:x?",
					      "a:b.c" };
	static const char *const filters[] = {
		"a", "", ":a", "a:", "prev_pid == 1", "comm ~ \"a:b\"", "a:b == 1", "a&b:c",
			"(a:b)",
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		CU_ASSERT(ft_filter_is_event(events[i]));
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		CU_ASSERT(!ft_filter_is_event(filters[i]));
}

static const char *caret(const char *filter, size_t at)
{
	static char out[FT_FILTER_CARET_MAX];

	ft_filter_caret(filter, at, out);
	return out;
}

static void test_filter_caret_is_below_the_mistake(void)
{
	char text[1000];

	CU_ASSERT_STRING_EQUAL(caret("a == b", 5), "\n  a == b\n       ^");
	CU_ASSERT_STRING_EQUAL(caret("a", 1), "\n  a\n   ^");
	/* escapes would move it, and must not reach the terminal as they are */
	CU_ASSERT_STRING_EQUAL(caret("a\n== \033", 1), "\n  a\\n== \\x1b");
	memset(text, 'a', sizeof(text));
	text[500] = '!';
	text[sizeof(text) - 1] = 0;
	CU_ASSERT(strlen(caret(text, 500)) < 300);
	/* whatever part is shown: the caret is below the '!' */
	CU_ASSERT_EQUAL(strchr(caret(text, 500), '!') - caret(text, 500) - 1,
			strchr(caret(text, 500), '^') - strrchr(caret(text, 500), '\n') - 1);
	memset(text, '\033', sizeof(text) - 1);
	CU_ASSERT(strlen(caret(text, 500)) < FT_FILTER_CARET_MAX);
}

static void test_filter_reads_the_kernels_word(void)
{
	static const char log[] =
		"[    1.000000] event filter parse error: error: Wrong\n"
		"  Command: other == 1\n"
		"           ^\n"
		"[    5.123456] event filter parse error: error: Field not found\n"
		"  Command: a == 1 && foo == 1\n"
		"                     ^\n";
	static const char old[] =
		"a == 1 && foo == 1\n            ^\nparse_error: Field not found\n";
	struct ft_filter_error error;

	CU_ASSERT(ft_filter_kernel_error(log, "a == 1 && foo == 1", &error));
	CU_ASSERT_STRING_EQUAL(error.reason, "Field not found");
	CU_ASSERT_EQUAL(error.at, 10);
	CU_ASSERT(!ft_filter_kernel_error(log, "a == 2", &error));
	CU_ASSERT(ft_filter_kernel_error(log, "other == 1", &error));
	CU_ASSERT_STRING_EQUAL(error.reason, "Wrong");
	CU_ASSERT_EQUAL(error.at, 0);
	CU_ASSERT(ft_filter_kernel_error(old, "a == 1 && foo == 1", &error));
	CU_ASSERT_STRING_EQUAL(error.reason, "Field not found");
	CU_ASSERT_EQUAL(error.at, 12);
	CU_ASSERT(!ft_filter_kernel_error(old, "a == 1", &error));
	CU_ASSERT(!ft_filter_kernel_error("", "a", &error));
	CU_ASSERT(!ft_filter_kernel_error("none\n", "none", &error));
}

UNIT_SUITE("filter",
	   UNIT_TEST(test_filter_takes_what_kernels_take),
	   UNIT_TEST(test_filter_tells_mistakes_and_their_place),
	   UNIT_TEST(test_filter_bounds_what_it_takes),
	   UNIT_TEST(test_filter_is_no_tracepoint),
	   UNIT_TEST(test_filter_caret_is_below_the_mistake),
	   UNIT_TEST(test_filter_reads_the_kernels_word));
