/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The left part of trace lines, against the kernel's own text of the same captured records; and what
 * no capture has (flags, names, clocks, headings), on records made by hand.
 */
#include <errno.h>

#include "capture.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* -- captures ---------------------------------------------------------------------------------- */

static int take_event(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	struct capture *c = arg;

	(void)st;
	capture_expect_line(c, e);
	do
		capture_skip(c);
	while (!strncmp(c->at, " => ", 4));
	return 0;
}

static void test_line_is_the_kernels(void)
{
	static const char *const names[] = {
		"function", "function_stack", "events", "block", "stacks", "kprobes", "overrun",
		"clock_counter", "clock_uptime", "clock_mono", "time_extend", "discarded",
	};

	for (size_t i = 0; i < CAPTURE_SERIES; i++) {
		uint64_t events = 0;
		int captures = 0;

		for (size_t k = 0; k < LEN(names); k++) {
			struct capture c;
			const char *headings;
			size_t len;

			if (!capture_open(&c, capture_series[i], names[k]))
				continue;
			headings = ft_line_headings(c.line, &len);
			capture_expect(&c, headings, len);
			CU_ASSERT(len > 100);
			events += capture_walk(&c, take_event, &c);
			CU_ASSERT_STRING_EQUAL(c.at, "");
			capture_close(&c);
			captures++;
		}
		printf("# %s: %d captures, %d events\n", capture_series[i], captures, (int)events);
		CU_ASSERT(captures >= 4 && events > 500);
	}
}

/* -- made by hand ------------------------------------------------------------------------------ */

static struct {
	struct ft_events *evs;
	struct ft_comms	 *comms;
	struct ft_line	 *line;
} m;

/* The headings of a series' capture are those of its kernel. */
static void open_made(const char *series, struct ft_line_config *config)
{
	static const char *const systems[] = { "ftrace", NULL };
	char path[256], *text = NULL;

	snprintf(path, sizeof(path), UNIT_DATA "/%s/tracing", series);
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&m.evs, path, systems), 0);
	CU_ASSERT_EQUAL_FATAL(ft_comms_open(&m.comms, NULL), 0);
	if (!config->headings) {
		snprintf(path, sizeof(path), UNIT_DATA "/%s/function/trace.txt", series);
		config->headings = text = unit_read(path, NULL);
	}
	CU_ASSERT_EQUAL_FATAL(ft_line_new(&m.line, m.evs, m.comms, config), 0);
	free(text);
}

static void close_made(void)
{
	ft_line_free(m.line);
	ft_comms_close(m.comms);
	ft_events_close(m.evs);
}

static struct ft_event event(uint8_t flags, uint8_t count)
{
	static unsigned char data[8];

	data[2] = flags;
	data[3] = count;
	return (struct ft_event){ .data = data, .size = sizeof(data), .tid = 77 };
}

/* With bytes around it that must stay. */
static const char *put(const struct ft_event *e)
{
	static char text[FT_LINE_MAX + 2];
	char *end;

	memset(text, '#', sizeof(text));
	end = ft_line_put(m.line, e, text + 1);
	CU_ASSERT_EQUAL(text[0], '#');
	CU_ASSERT_EQUAL(text[FT_LINE_MAX + 1], '#');
	CU_ASSERT(end > text && end <= text + 1 + FT_LINE_MAX);
	*end = 0;
	return text + 1;
}

static void expect_flags(uint8_t flags, uint8_t count, const char *wanted)
{
	struct ft_event e = event(flags, count);
	char text[FT_LINE_FLAGS_MAX + 1];

	text[ft_line_flags(m.line, &e, text)] = 0;
	CU_ASSERT_STRING_EQUAL(text, wanted);
	CU_ASSERT(strstr(put(&e), wanted) != NULL);
}

static void test_line_flags_of_new_kernels(void)
{
	struct ft_line_config config = { .counts = false };

	open_made("6.1", &config);
	expect_flags(0, 0, ".....");
	expect_flags(1, 0x21, "d..12");
	expect_flags(128, 0x0f, "b..f.");
	expect_flags(129, 0xf0, "D...f");
	expect_flags(4, 0, ".n...");
	expect_flags(32, 0, ".p...");
	expect_flags(36, 0, ".N...");
	expect_flags(2, 0, ".l...");
	expect_flags(34, 0, ".L...");
	expect_flags(6, 0, ".b...");
	expect_flags(38, 0, ".B...");
	expect_flags(8, 0, "..h..");
	expect_flags(16, 0, "..s..");
	expect_flags(24, 0, "..H..");
	expect_flags(64, 0, "..z..");
	expect_flags(72, 0, "..Z..");
	close_made();
}

/* No column for migrate-disable: the depth is a number of all bits. */
static void test_line_flags_of_older_kernels(void)
{
	struct ft_line_config config = { .counts = false };

	open_made("5.10", &config);
	expect_flags(0, 0, "....");
	expect_flags(5, 9, "dn.9");
	expect_flags(36, 0x1a, ".N.1a");
	expect_flags(0, 0x10, "...10");
	close_made();
}

static void test_line_flags_of_the_oldest_kernels(void)
{
	struct ft_line_config config = { .old_resched = true };

	open_made("el7", &config);
	expect_flags(0, 0, "....");
	expect_flags(4, 0, ".N..");
	expect_flags(1 | 4 | 8 | 16, 2, "dNH2");
	close_made();
}

/* Real-time kernels had columns of their own. */
static void test_line_shows_unknown_flags_as_such(void)
{
	struct ft_line_config config = {
		.headings = "# tracer: function\n#\n"
			    "#                                _-----=> irqs-off\n"
			    "#                               / _----=> need-resched\n"
			    "#                              |/  _----=> need-resched_lazy\n"
			    "#                              || / _---=> hardirq/softirq\n"
			    "#                              ||| / _--=> preempt-depth\n"
			    "#                              |||| /     delay\n"
			    "#           TASK-PID     CPU#  |||||   TIMESTAMP  FUNCTION\n"
			    "#              | |         |   |||||      |         |\n",
	};

	open_made("5.10", &config);
	expect_flags(1 | 36, 3, "dN?.3");
	close_made();
}

static void test_line_falls_back_to_known_headings(void)
{
	static const char *const others[] = {
		"", "# tracer: nop\n#\n", "something\n", "# cut off",
		"#           TASK-PID     CPU#     TIMESTAMP  FUNCTION\n",
		"#   _-----=> irqs-off\n#           TASK-PID    TGID   CPU#  |    TIMESTAMP  FUNCTION\n",
		"#   _-----=> irqs-off\n#           TASK-PID     CPU#  ||||   TIMESTAMP  FUNCTION\n",
		"#   _-----=> irqs-off\n#  TIMESTAMP CPU# | TASK-PID\n",
		"#   _-----=> irqs-off\n# TASK-PID                                        CPU# | TIMESTAMP\n",
	};

	for (size_t i = 0; i < LEN(others); i++) {
		struct ft_line_config config = { .headings = others[i] };
		struct ft_event e = event(1, 0);
		const char *text;
		size_t len;

		open_made("6.1", &config);
		ft_comms_set(m.comms, 77, "sh");
		CU_ASSERT_STRING_EQUAL(put(&e), "              sh-77      [000] d....     0.000000: ");
		text = ft_line_headings(m.line, &len);
		CU_ASSERT(len > 300 && text[len - 1] == '\n' && strstr(text, "TASK-PID"));
		close_made();
	}
}

/* -- names ------------------------------------------------------------------------------------- */

static void test_line_follows_names(void)
{
	struct ft_line_config config = { .counts = false };
	struct ft_event e = event(0, 0);

	open_made("6.1", &config);
	/* nobody's, here */
	e.tid = 4194302;
	CU_ASSERT_STRING_EQUAL(put(&e), "           <...>-4194302 [000] .....     0.000000: ");
	ft_comms_set(m.comms, e.tid, "sh");
	CU_ASSERT_STRING_EQUAL(put(&e), "              sh-4194302 [000] .....     0.000000: ");
	ft_comms_set(m.comms, e.tid, "dd");
	CU_ASSERT_STRING_EQUAL(put(&e), "              dd-4194302 [000] .....     0.000000: ");
	e.tid = 0;
	e.cpu = 7;
	CU_ASSERT_STRING_EQUAL(put(&e), "          <idle>-0       [007] .....     0.000000: ");
	e.cpu = 123;
	CU_ASSERT_STRING_EQUAL(put(&e), "          <idle>-0       [123] .....     0.000000: ");
	e.cpu = 4096;
	CU_ASSERT_STRING_EQUAL(put(&e), "          <idle>-0       [4096] .....     0.000000: ");
	close_made();
}

/* More of them than are kept, each again and again. */
static void test_line_never_confuses_tasks(void)
{
	struct ft_line_config config = { .counts = false };
	char comm[16], wanted[64];

	open_made("6.1", &config);
	for (int tid = 1; tid <= 2000; tid++) {
		snprintf(comm, sizeof(comm), "task%d", tid);
		ft_comms_set(m.comms, tid, comm);
	}
	for (int i = 0; i < 20000; i++) {
		struct ft_event e = event(i % 3, 0);

		e.tid = 1 + i * 7 % 2000;
		e.cpu = i % 5;
		snprintf(comm, sizeof(comm), "task%d", e.tid);
		snprintf(wanted, sizeof(wanted), "%16s-%-7d [%03d] %s ", comm, e.tid, e.cpu,
			 (const char *const[]){ ".....", "d....", ".l..." }[i % 3]);
		CU_ASSERT_FATAL(!strncmp(put(&e), wanted, strlen(wanted)));
	}
	close_made();
}

static void test_line_shows_hostile_names_harmlessly(void)
{
	struct ft_line_config config = { .counts = false };
	struct ft_event e = event(255, 255);
	const char *text;

	open_made("6.1", &config);
	ft_comms_set(m.comms, 77, "a\nb\x1b[2J");
	text = put(&e);
	CU_ASSERT(!strncmp(text, "     a\\nb\\x1b[2J-77", 19));
	CU_ASSERT(!strpbrk(text, "\n\x1b"));
	ft_comms_set(m.comms, 77, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1");
	e.tid = 77;
	e.cpu = 65535;
	e.ts = UINT64_MAX / 2;
	text = put(&e);
	CU_ASSERT(!strncmp(text, "\\x01\\x01", 8) && strstr(text, "-77      [65535]"));
	close_made();
}

/* -- times ------------------------------------------------------------------------------------- */

static const char *time_of(uint64_t ts)
{
	struct ft_event e = event(0, 0);

	e.ts = ts;
	return strstr(put(&e), "..... ") + 6;
}

static void test_line_rounds_times_as_the_kernel(void)
{
	struct ft_line_config config = { .counts = false };

	open_made("6.1", &config);
	CU_ASSERT_STRING_EQUAL(time_of(0), "    0.000000: ");
	CU_ASSERT_STRING_EQUAL(time_of(499), "    0.000000: ");
	CU_ASSERT_STRING_EQUAL(time_of(500), "    0.000001: ");
	CU_ASSERT_STRING_EQUAL(time_of(999999499), "    0.999999: ");
	CU_ASSERT_STRING_EQUAL(time_of(999999500), "    1.000000: ");
	CU_ASSERT_STRING_EQUAL(time_of(123456789012345), "123456.789012: ");
	/* of an earlier second */
	CU_ASSERT_STRING_EQUAL(time_of(65999001000), "   65.999001: ");
	CU_ASSERT_STRING_EQUAL(time_of(9999999999999999999ULL), "10000000000.000000: ");
	close_made();
}

static void test_line_shows_counts_as_they_are(void)
{
	struct ft_line_config config = { .counts = true };

	open_made("6.1", &config);
	CU_ASSERT_STRING_EQUAL(time_of(3), "           3: ");
	CU_ASSERT_STRING_EQUAL(time_of(18446744073709551615ULL), "18446744073709551615: ");
	close_made();
}

static uint64_t wall(void *arg, uint64_t ts)
{
	(void)arg;
	return ts ? 1767225600000000000ULL + ts : 0;
}

static void test_line_shows_the_wall_clock(void)
{
	struct ft_line_config config = { .wall = wall };

	open_made("6.1", &config);
	CU_ASSERT_STRING_EQUAL(time_of(1000), "2026-01-01T00:00:00.000001Z: ");
	CU_ASSERT_STRING_EQUAL(time_of(86400000000000), "2026-01-02T00:00:00.000000Z: ");
	/* not to be told */
	CU_ASSERT_STRING_EQUAL(time_of(0), "    0.000000: ");
	close_made();
}

static void test_line_survives_a_short_record(void)
{
	struct ft_line_config config = { .counts = false };
	unsigned char *data = malloc(2);
	struct ft_event e = { .data = data, .size = 2, .tid = 0 };

	open_made("6.1", &config);
	CU_ASSERT_STRING_EQUAL(put(&e), "          <idle>-0       [000] .....     0.000000: ");
	close_made();
	free(data);
}

static void test_line_needs_the_common_fields(void)
{
	static const char *const systems[] = { "sched", NULL };
	struct ft_line_config config = { .counts = false };
	struct ft_events *evs;
	struct ft_comms *comms;
	struct ft_line *l;

	CU_ASSERT_EQUAL_FATAL(ft_events_open(&evs, UNIT_DATA "/6.1/tracing", systems), 0);
	CU_ASSERT_EQUAL_FATAL(ft_comms_open(&comms, NULL), 0);
	CU_ASSERT_EQUAL(ft_line_new(&l, evs, comms, &config), -EBADMSG);
	CU_ASSERT_PTR_NULL(l);
	ft_comms_close(comms);
	ft_events_close(evs);
}

UNIT_SUITE("line", UNIT_TEST(test_line_is_the_kernels), UNIT_TEST(test_line_flags_of_new_kernels),
	   UNIT_TEST(test_line_flags_of_older_kernels), UNIT_TEST(test_line_flags_of_the_oldest_kernels),
	   UNIT_TEST(test_line_shows_unknown_flags_as_such),
	   UNIT_TEST(test_line_falls_back_to_known_headings), UNIT_TEST(test_line_follows_names),
	   UNIT_TEST(test_line_never_confuses_tasks),
	   UNIT_TEST(test_line_shows_hostile_names_harmlessly),
	   UNIT_TEST(test_line_rounds_times_as_the_kernel),
	   UNIT_TEST(test_line_shows_counts_as_they_are), UNIT_TEST(test_line_shows_the_wall_clock),
	   UNIT_TEST(test_line_survives_a_short_record), UNIT_TEST(test_line_needs_the_common_fields));
