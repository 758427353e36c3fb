/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines as a tool would get them; the exiting calls in a child. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ftrace/opt.h"

#include "opt-parse.h"
#include "unit.h"

#define SECOND 1000000000ull

/* The options of the tool that is parsed here; set anew by each parse(). */
static struct {
	bool all, header;
	uint64_t depth, timeout_ns, size_kb;
	int pid, tid;
	const char *name;
	struct ft_opt_list skip;
} o;

enum { BY_TASK = 1 };

static const struct ft_opt options[] = {
	{ 'a', NULL, FT_OPT_FLAG, &o.all, NULL, "all info", 0, 0, 0 },
	{ 'H', "header", FT_OPT_FLAG, &o.header, NULL, "include column headings", 0, 0, 0 },
	{ 'm', "max-depth", FT_OPT_UINT, &o.depth, "DEPTH", "how deep to look", 1, 100, 0 },
	{ 'p', "pid", FT_OPT_PID, &o.pid, "PID", "trace this process", 0, 0, BY_TASK },
	{ 'L', NULL, FT_OPT_PID, &o.tid, "TID", "trace this thread", 0, 0, BY_TASK },
	{ 'n', "name", FT_OPT_STRING, &o.name, "NAME", "trace tasks of this name", 0, 0, 0 },
	{ 0, "timeout", FT_OPT_SECONDS, &o.timeout_ns, "TIME", "a time", 0, 0, 0 },
	{ 0, "size", FT_OPT_SIZE_KB, &o.size_kb, "KB", "a size", 0, 0, 0 },
	{ 'x', "exclude", FT_OPT_LIST, &o.skip, "EXPR", "leave this out", 0, 0, 0 },
	{ .type = FT_OPT_END },
};

static const char *const examples[] = {
	"funcgraph vfs_read", "what vfs_read calls",
	"funcgraph -m 3 vfs_read", "three levels only", NULL,
};

static const struct ft_opt_spec graph = {
	.tool = "funcgraph", .summary = "trace what a function calls", .operands = "FUNCTION...",
	.min_operands = 1, .command = true, .trace = true, .duration_letter = 'd',
	.options = options, .examples = examples,
};

static const struct ft_opt_spec doctor = { .tool = "doctor", .summary = "show what is here" };

#define ARGS_MAX 160

static char *args[ARGS_MAX];
static struct ft_opt_common c;
static char err[1024];

/* The words, NULL after the last, follow the tool's name. */
static int parse_words(const struct ft_opt_spec *spec, char *const *words)
{
	int argc = 0;

	memset(&o, 0, sizeof(o));
	args[argc++] = (char *)spec->tool;
	while (*words && argc < ARGS_MAX - 1)
		args[argc++] = *words++;
	args[argc] = NULL;
	return fti_opt_parse(&c, spec, argc, args, err, sizeof(err));
}

static void refuse_words(const struct ft_opt_spec *spec, const char *want, char *const *words)
{
	CU_ASSERT_EQUAL(parse_words(spec, words), -EINVAL);
	CU_ASSERT_STRING_EQUAL(err, want);
	if (strcmp(err, want))
		printf("# got:  %s\n# want: %s\n", err, want);
}

#define parse(spec, ...)	parse_words(spec, (char *[]){ __VA_ARGS__ })
#define refuse(spec, want, ...) refuse_words(spec, want, (char *[]){ __VA_ARGS__ })

/* -- parsing ----------------------------------------------------------------------------------- */

static void test_options_of_every_type_are_set(void)
{
	CU_ASSERT_EQUAL(parse(&graph, "-a", "-m", "3", "-p42", "-n", "dd", "--timeout=1.5",
			      "--size", "4m", "-x", "one", "--exclude", "two", "vfs_read", NULL),
			FTI_OPT_RUN);
	CU_ASSERT_TRUE(o.all);
	CU_ASSERT_FALSE(o.header);
	CU_ASSERT_EQUAL(o.depth, 3);
	CU_ASSERT_EQUAL(o.pid, 42);
	CU_ASSERT_STRING_EQUAL(o.name, "dd");
	CU_ASSERT_EQUAL(o.timeout_ns, SECOND * 3 / 2);
	CU_ASSERT_EQUAL(o.size_kb, 4096);
	CU_ASSERT_EQUAL_FATAL(o.skip.count, 2);
	CU_ASSERT_STRING_EQUAL(o.skip.item[0], "one");
	CU_ASSERT_STRING_EQUAL(o.skip.item[1], "two");
	CU_ASSERT_STRING_EQUAL(err, "");
}

static void test_common_options_are_set(void)
{
	CU_ASSERT_EQUAL(parse(&graph, "-d", "500ms", "-v", "--json", "--wall", "-o", "out", "f",
			      "--buffer-size", "1408", "--max-rate", "0", "--tracefs", "/t", NULL),
			FTI_OPT_RUN);
	CU_ASSERT_EQUAL(c.duration_ns, SECOND / 2);
	CU_ASSERT_TRUE(c.verbose && c.json && c.wall && !c.csv);
	CU_ASSERT_STRING_EQUAL(c.output, "out");
	CU_ASSERT_EQUAL(c.buffer_kb, 1408);
	CU_ASSERT_EQUAL(c.max_rate, 0);
	CU_ASSERT_STRING_EQUAL(c.tracefs, "/t");
}

static void test_defaults_are_what_the_header_says(void)
{
	memset(&c, 0xff, sizeof(c));
	CU_ASSERT_EQUAL(parse(&graph, "f", NULL), FTI_OPT_RUN);
	CU_ASSERT_EQUAL(c.duration_ns, 0);
	CU_ASSERT_FALSE(c.verbose || c.json || c.csv || c.wall);
	CU_ASSERT_PTR_NULL(c.output);
	CU_ASSERT_PTR_NULL(c.tracefs);
	CU_ASSERT_PTR_NULL(c.command);
	CU_ASSERT_EQUAL(c.buffer_kb, 0);
	CU_ASSERT_EQUAL(c.max_rate, FT_MAX_RATE_DEFAULT);
}

static void test_an_option_given_again_overrides(void)
{
	CU_ASSERT_EQUAL(parse(&graph, "-m", "3", "-m5", "f", NULL), FTI_OPT_RUN);
	CU_ASSERT_EQUAL(o.depth, 5);
}

static void test_options_may_follow_operands(void)
{
	setenv("POSIXLY_CORRECT", "1", 1);
	CU_ASSERT_EQUAL(parse(&graph, "f", "-a", "g", "-m", "3", "-", NULL), FTI_OPT_RUN);
	unsetenv("POSIXLY_CORRECT");
	CU_ASSERT_TRUE(o.all);
	CU_ASSERT_EQUAL_FATAL(c.operand_count, 3);
	CU_ASSERT_STRING_EQUAL(c.operands[0], "f");
	CU_ASSERT_STRING_EQUAL(c.operands[1], "g");
	CU_ASSERT_STRING_EQUAL(c.operands[2], "-");
	CU_ASSERT_PTR_NULL(c.operands[3]);
}

static void test_double_dash_begins_the_command(void)
{
	CU_ASSERT_EQUAL(parse(&graph, "f", "-a", "--", "ls", "-l", "--", "x", NULL), FTI_OPT_RUN);
	CU_ASSERT_EQUAL(c.operand_count, 1);
	CU_ASSERT_STRING_EQUAL(c.operands[0], "f");
	CU_ASSERT_PTR_NULL(c.operands[1]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c.command);
	CU_ASSERT_STRING_EQUAL(c.command[0], "ls");
	CU_ASSERT_STRING_EQUAL(c.command[1], "-l");
	CU_ASSERT_STRING_EQUAL(c.command[2], "--");
	CU_ASSERT_PTR_NULL(c.command[4]);
	refuse(&graph, "'--' needs a COMMAND (see 'funcgraph -h')", "f", "--", NULL);
	refuse(&graph, "missing operand: FUNCTION... (see 'funcgraph -h')", "--", "ls", NULL);
}

static void test_double_dash_ends_options_where_there_is_no_command(void)
{
	struct ft_opt_spec spec = graph;

	spec.command = false;
	CU_ASSERT_EQUAL(parse(&spec, "f", "--", "-a", "--", NULL), FTI_OPT_RUN);
	CU_ASSERT_FALSE(o.all);
	CU_ASSERT_PTR_NULL(c.command);
	CU_ASSERT_EQUAL_FATAL(c.operand_count, 3);
	CU_ASSERT_STRING_EQUAL(c.operands[1], "-a");
	CU_ASSERT_STRING_EQUAL(c.operands[2], "--");
	CU_ASSERT_PTR_NULL(c.operands[3]);
	CU_ASSERT_EQUAL(parse(&spec, "f", "--", NULL), FTI_OPT_RUN);
	CU_ASSERT_EQUAL(c.operand_count, 1);
}

static void test_double_dash_can_be_an_argument(void)
{
	CU_ASSERT_EQUAL(parse(&graph, "f", "-o", "--", NULL), FTI_OPT_RUN);
	CU_ASSERT_STRING_EQUAL(c.output, "--");
	CU_ASSERT_PTR_NULL(c.command);
	CU_ASSERT_EQUAL(c.operand_count, 1);
}

static void test_operands_are_counted(void)
{
	struct ft_opt_spec spec = { .tool = "iosnoop", .operands = "[DURATION]",
				    .max_operands = 1 };

	CU_ASSERT_EQUAL(parse(&spec, NULL), FTI_OPT_RUN);
	CU_ASSERT_EQUAL(parse(&spec, "5", NULL), FTI_OPT_RUN);
	refuse(&spec, "unexpected operand 'six' (see 'iosnoop -h')", "5", "six", "7", NULL);
	refuse(&spec, "unexpected operand '-7' (see 'iosnoop -h')", "5", "--", "-7", NULL);
	refuse(&doctor, "unexpected operand 'x' (see 'doctor -h')", "x", NULL);
	refuse(&graph, "missing operand: FUNCTION... (see 'funcgraph -h')", NULL);
	refuse(&graph, "missing operand: FUNCTION... (see 'funcgraph -h')", "-a", NULL);
}

static void test_help_and_version_end_the_parsing(void)
{
	CU_ASSERT_EQUAL(parse(&graph, "-h", "--bogus", NULL), FTI_OPT_HELP);
	CU_ASSERT_EQUAL(parse(&graph, "--help", NULL), FTI_OPT_HELP);
	CU_ASSERT_EQUAL(parse(&graph, "-aV", "-p", NULL), FTI_OPT_VERSION);
	CU_ASSERT_EQUAL(parse(&graph, "--version", NULL), FTI_OPT_VERSION);
	CU_ASSERT_EQUAL(parse(&doctor, "-h", NULL), FTI_OPT_HELP);
	refuse(&graph, "unknown option '--bogus' (see 'funcgraph -h')", "--bogus", "-h", NULL);
}

static void test_parsing_starts_anew_each_time(void)
{
	refuse(&graph, "unknown option '-q' (see 'funcgraph -h')", "f", "-aqH", "g", NULL);
	CU_ASSERT_EQUAL(parse(&graph, "f", "-H", NULL), FTI_OPT_RUN);
	CU_ASSERT_TRUE(o.header);
	CU_ASSERT_EQUAL(c.operand_count, 1);
}

static void test_an_empty_argv_is_a_missing_operand(void)
{
	char *none[] = { NULL };

	CU_ASSERT_EQUAL(fti_opt_parse(&c, &doctor, 0, none, err, sizeof(err)), FTI_OPT_RUN);
	CU_ASSERT_EQUAL(c.operand_count, 0);
	CU_ASSERT_EQUAL(fti_opt_parse(&c, &graph, 0, none, err, sizeof(err)), -EINVAL);
	CU_ASSERT_EQUAL(fti_opt_parse(&c, &graph, 0, none, err, 5), -EINVAL);
	CU_ASSERT_STRING_EQUAL(err, "miss");
}

/* -- what belongs to whom ---------------------------------------------------------------------- */

static void test_letters_go_to_the_tool_first(void)
{
	bool view = false, owner = false;
	struct ft_opt own[] = {
		FT_FLAG('v', NULL, &view, "view"),
		FT_FLAG('o', "csv", &owner, "owner"),
		{ .type = FT_OPT_END },
	};
	struct ft_opt_spec spec = { .tool = "kprobe", .options = own };

	CU_ASSERT_EQUAL(parse(&spec, "-vo", "--output=x", NULL), FTI_OPT_RUN);
	CU_ASSERT_TRUE(view && owner && !c.verbose && !c.csv);
	CU_ASSERT_STRING_EQUAL(c.output, "x");
	view = owner = false;
	CU_ASSERT_EQUAL(parse(&spec, "--verbose", "--csv", NULL), FTI_OPT_RUN);
	CU_ASSERT_TRUE(!view && owner && c.verbose && !c.csv);
}

static void test_tracing_options_are_for_tracing_tools(void)
{
	refuse(&doctor, "unknown option '--duration' (see 'doctor -h')", "--duration", "1", NULL);
	refuse(&doctor, "unknown option '--max-rate' (see 'doctor -h')", "--max-rate=1", NULL);
	refuse(&doctor, "unknown option '-d' (see 'doctor -h')", "-d1", NULL);
	CU_ASSERT_EQUAL(parse(&doctor, "--json", "--tracefs", "/t", "-v", NULL), FTI_OPT_RUN);
}

static void test_more_options_than_fit_are_refused(void)
{
	static struct ft_opt many[FTI_OPT_MAX + 1];
	struct ft_opt_spec spec = { .tool = "many", .options = many };

	for (int i = 0; i < FTI_OPT_MAX; i++)
		many[i] = (struct ft_opt){ .name = "x", .type = FT_OPT_FLAG, .value = &o.all };
	refuse(&spec, "has more than 64 options", NULL);
}

/* -- messages ---------------------------------------------------------------------------------- */

static void test_unknown_options_are_named_with_the_nearest(void)
{
	refuse(&graph, "unknown option '--excude' (did you mean '--exclude'?)", "--excude", "x",
	       NULL);
	refuse(&graph, "unknown option '--jsno' (did you mean '--json'?)", "--jsno=1", NULL);
	refuse(&graph, "unknown option '--quux' (see 'funcgraph -h')", "--quux", NULL);
	refuse(&graph, "unknown option '-q' (see 'funcgraph -h')", "-q", NULL);
	refuse(&graph, "unknown option '-json' (did you mean '--json'?)", "-json", NULL);
	refuse(&graph, "unknown option '-j' (see 'funcgraph -h')", "-ajson", NULL);
}

static void test_unknown_options_cannot_break_the_line(void)
{
	char lots[1000];

	refuse(&graph, "unknown option '--\\x1b[31m\\n' (see 'funcgraph -h')", "--\x1b[31m\n",
	       NULL);
	refuse(&graph, "unknown option '-\\xff' (see 'funcgraph -h')", "-\xff", NULL);
	refuse(&graph, "-p '\\x1b[0m': not a number", "-p\x1b[0m", "f", NULL);
	memset(lots, 'x', sizeof(lots) - 1);
	lots[sizeof(lots) - 1] = 0;
	CU_ASSERT_EQUAL(parse(&doctor, lots, NULL), -EINVAL);
	CU_ASSERT_TRUE(strlen(err) < 250 && strstr(err, "xxx...' (see") != NULL);
	memcpy(lots, "--", 2);
	CU_ASSERT_EQUAL(parse(&graph, lots, NULL), -EINVAL);
	CU_ASSERT_TRUE(strlen(err) < 250);
}

static void test_long_options_can_be_shortened_while_unambiguous(void)
{
	CU_ASSERT_EQUAL(parse(&graph, "--exc", "x", "--dur=2m", "f", NULL), FTI_OPT_RUN);
	CU_ASSERT_EQUAL(o.skip.count, 1);
	CU_ASSERT_EQUAL(c.duration_ns, 120 * SECOND);
	refuse(&graph, "option '--max' is ambiguous ('--max-depth' or '--max-rate')", "--max=1",
	       NULL);
}

static void test_arguments_are_asked_for(void)
{
	refuse(&graph, "option '-p' needs a PID", "f", "-p", NULL);
	refuse(&graph, "option '--pid' needs a PID", "f", "--pid", NULL);
	refuse(&graph, "option '-x' needs an EXPR", "f", "-x", NULL);
	refuse(&graph, "option '--max-rate' needs an N", "f", "--max-rate", NULL);
	refuse(&graph, "option '--header' takes no argument", "--header=1", "f", NULL);
	refuse(&graph, "-n '': empty", "-n", "", "f", NULL);
	refuse(&graph, "--output '': empty", "--output=", "f", NULL);
	refuse(&graph, "-x '': empty", "-x", "", "f", NULL);
}

static void test_numbers_that_are_none_are_named(void)
{
	refuse(&graph, "-p 'abc': not a number", "-p", "abc", "f", NULL);
	refuse(&graph, "--pid '12x': not a number", "--pid=12x", "f", NULL);
	refuse(&graph, "-p '-1': not a number", "-p", "-1", "f", NULL);
	refuse(&graph, "-p '0': out of range (1 to 4194304)", "-p0", "f", NULL);
	refuse(&graph, "-L '4194305': out of range (1 to 4194304)", "-L", "4194305", "f", NULL);
	refuse(&graph, "-m '101': out of range (1 to 100)", "-m", "101", "f", NULL);
	refuse(&graph, "-d '5x': not a time (like 1.5, 500ms, 2m, 1h)", "-d", "5x", "f", NULL);
	refuse(&graph, "-d '0': out of range (1ns to 292 years)", "-d", "0", "f", NULL);
	refuse(&graph, "--size '4q': not a size (like 1408, 512k, 4m)", "--size", "4q", "f", NULL);
	refuse(&graph, "--size '0': out of range (1 kB to 16 EB)", "--size", "0", "f", NULL);
	CU_ASSERT_EQUAL(parse(&graph, "-p", "4194304", "f", NULL), FTI_OPT_RUN);
	CU_ASSERT_EQUAL(o.pid, 4194304);
}

static void test_exclusions_name_both_options(void)
{
	refuse(&graph, "options '-p' and '-L' exclude each other", "-p", "1", "-L", "2", "f", NULL);
	refuse(&graph, "options '-L' and '--pid' exclude each other", "-L1", "--pid", "2", "f",
	       NULL);
	refuse(&graph, "options '--json' and '--csv' exclude each other", "--json", "--csv", "f",
	       NULL);
	CU_ASSERT_EQUAL(parse(&graph, "-p", "1", "--pid", "2", "--json", "--json", "f", NULL),
			FTI_OPT_RUN);
}

static void test_lists_are_bounded(void)
{
	char *argv[2 * FT_OPT_LIST_MAX + 5];
	int argc = 0;

	memset(&o, 0, sizeof(o));
	argv[argc++] = "funcgraph";
	for (int i = 0; i < FT_OPT_LIST_MAX; i++) {
		argv[argc++] = "-x";
		argv[argc++] = "y";
	}
	argv[argc] = "f";
	argv[argc + 1] = NULL;
	CU_ASSERT_EQUAL(fti_opt_parse(&c, &graph, argc + 1, argv, err, sizeof(err)), FTI_OPT_RUN);
	CU_ASSERT_EQUAL(o.skip.count, FT_OPT_LIST_MAX);
	memset(&o, 0, sizeof(o));
	argc = 1;
	for (int i = 0; i < FT_OPT_LIST_MAX + 1; i++) {
		argv[argc++] = "-x";
		argv[argc++] = "y";
	}
	argv[argc] = NULL;
	CU_ASSERT_EQUAL(fti_opt_parse(&c, &graph, argc, argv, err, sizeof(err)), -EINVAL);
	CU_ASSERT_STRING_EQUAL(err, "-x given more than 64 times");
}

/* -- numbers ----------------------------------------------------------------------------------- */

static void test_numbers_are_parsed_whole(void)
{
	static const char *const bad[] = {
		"", " 1", "1 ", "+1", "-1", "0x10", "1e3", "1.0", "1,000", "a",
		"99999999999999999999x", "\xd9\xa1",
	};
	uint64_t v = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(ft_parse_u64(bad[i], 0, UINT64_MAX, &v), -EINVAL);
	CU_ASSERT_EQUAL(v, 7);
	CU_ASSERT_EQUAL(ft_parse_u64("010", 0, UINT64_MAX, &v), 0);
	CU_ASSERT_EQUAL(v, 10);
}

static void test_numbers_are_checked_for_range(void)
{
	uint64_t v = 7;

	CU_ASSERT_EQUAL(ft_parse_u64("18446744073709551616", 0, UINT64_MAX, &v), -ERANGE);
	CU_ASSERT_EQUAL(ft_parse_u64("99999999999999999999999", 0, UINT64_MAX, &v), -ERANGE);
	CU_ASSERT_EQUAL(ft_parse_u64("4", 5, 9, &v), -ERANGE);
	CU_ASSERT_EQUAL(ft_parse_u64("10", 5, 9, &v), -ERANGE);
	CU_ASSERT_EQUAL(v, 7);
	CU_ASSERT_EQUAL(ft_parse_u64("18446744073709551615", 0, UINT64_MAX, &v), 0);
	CU_ASSERT_EQUAL(v, UINT64_MAX);
	CU_ASSERT_EQUAL(ft_parse_u64("5", 5, 9, &v), 0);
	CU_ASSERT_EQUAL(ft_parse_u64("9", 5, 9, &v), 0);
}

struct quantity {
	const char *s;
	uint64_t v;	/* 0: not one; 1 with range: out of range */
	bool range;
};

static void expect_quantities(int (*parser)(const char *, uint64_t *), const struct quantity *q)
{
	for (; q->s; q++) {
		int want = q->range ? -ERANGE : q->v ? 0 : -EINVAL;
		uint64_t v = 7;

		CU_ASSERT_EQUAL(parser(q->s, &v), want);
		CU_ASSERT_EQUAL(v, want ? 7 : q->v);
		if (v != (want ? 7 : q->v))
			printf("# '%s': %llu\n", q->s, (unsigned long long)v);
	}
}

static void test_times_are_exact(void)
{
	static const struct quantity times[] = {
		{ "1", SECOND, false }, { "1.5", 1500000000, false },
		{ "0.1", 100000000, false }, { "0.3", 300000000, false },
		{ ".5", 500000000, false }, { "10s", 10 * SECOND, false },
		{ "500ms", SECOND / 2, false }, { "10us", 10000, false },
		{ "7ns", 7, false }, { "0.001us", 1, false },
		{ "2m", 120 * SECOND, false }, { "1h", 3600 * SECOND, false },
		{ "1.25h", 4500 * SECOND, false }, { "0.000000001", 1, false },
		{ "1.000000001", SECOND + 1, false },
		{ "1.1000000000000000000000", 1100000000, false },
		{ "0.1m", 6 * SECOND, false }, { "0.000000001m", 60, false },
		{ "9223372036.854775807", INT64_MAX, false }, { NULL, 0, false },
	};

	expect_quantities(ft_parse_seconds, times);
}

static void test_times_that_are_none_are_refused(void)
{
	static const struct quantity times[] = {
		{ "", 0, false }, { ".", 0, false }, { "5.", 0, false }, { "5.s", 0, false },
		{ "s", 0, false }, { ".s", 0, false }, { " 1", 0, false }, { "1 s", 0, false },
		{ "+1", 0, false }, { "-1", 0, false }, { "1d", 0, false }, { "1S", 0, false },
		{ "1.2.3", 0, false }, { "1e3", 0, false }, { "inf", 0, false },
		{ "1.5ns", 0, false }, { "0.0000000001", 0, false }, { "1ss", 0, false },
		{ "0x1", 0, false }, { "1,5", 0, false },
		{ "0", 0, true }, { "0.0", 0, true }, { "0h", 0, true },
		{ "9223372036.854775808", 0, true }, { "99999999999999999999", 0, true },
		{ "18446744073709551615h", 0, true }, { "18446744073.709551615", 0, true },
		{ "18446744073.9", 0, true }, { NULL, 0, false },
	};

	expect_quantities(ft_parse_seconds, times);
}

static void test_sizes_are_in_kilobytes(void)
{
	static const struct quantity sizes[] = {
		{ "1408", 1408, false }, { "512k", 512, false }, { "512K", 512, false },
		{ "4m", 4096, false }, { "4M", 4096, false }, { "1g", 1048576, false },
		{ "18014398509481983", 18014398509481983, false },
		{ "18014398509481984", 0, true }, { "0", 0, true }, { "0g", 0, true },
		{ "99999999999999999999", 0, true }, { "18446744073709551615g", 0, true },
		{ "", 0, false }, { "k", 0, false }, { "1.5m", 0, false }, { "4mb", 0, false },
		{ "4 m", 0, false }, { "-4", 0, false }, { "4t", 0, false }, { NULL, 0, false },
	};

	expect_quantities(ft_parse_size_kb, sizes);
}

/* -- nearest ----------------------------------------------------------------------------------- */

/* The whole matrix without bands or trimming: the oracle. */
static size_t plain_distance(const char *a, const char *b)
{
	static size_t d[16][16];
	size_t la = strlen(a), lb = strlen(b);

	for (size_t i = 0; i <= la; i++) {
		for (size_t j = 0; j <= lb; j++) {
			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (d[i - 1][j] + 1 < d[i][j])
				d[i][j] = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < d[i][j])
				d[i][j] = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[la][lb];
}

static void test_distance_counts_edits(void)
{
	CU_ASSERT_EQUAL(ft_edit_distance("", "", 0), 0);
	CU_ASSERT_EQUAL(ft_edit_distance("vfs_read", "vfs_read", 0), 0);
	CU_ASSERT_EQUAL(ft_edit_distance("vfs_raed", "vfs_read", 5), 1);
	CU_ASSERT_EQUAL(ft_edit_distance("", "abc", 3), 3);
	CU_ASSERT_EQUAL(ft_edit_distance("kitten", "sitting", 5), 3);
	CU_ASSERT_EQUAL(ft_edit_distance("kitten", "sitting", SIZE_MAX), 3);
	CU_ASSERT_EQUAL(ft_edit_distance("kitten", "sitting", 2), SIZE_MAX);
	CU_ASSERT_EQUAL(ft_edit_distance("a", "b", 0), SIZE_MAX);
}

static void test_distance_agrees_with_the_plain_matrix(void)
{
	unsigned int x = 1;
	char w[2][12];

	for (int n = 0; n < 200000; n++) {
		size_t limit, got, want;

		for (int k = 0; k < 2; k++) {
			size_t len = (x = x * 1664525 + 1013904223) >> 24;

			len %= sizeof(w[k]);
			for (size_t i = 0; i < len; i++)
				w[k][i] = "abc"[((x = x * 1664525 + 1013904223) >> 20) % 3];
			w[k][len] = 0;
		}
		limit = (x >> 16) % 8;
		want = plain_distance(w[0], w[1]);
		got = ft_edit_distance(w[0], w[1], limit);
		if (got != (want <= limit ? want : SIZE_MAX)) {
			printf("# '%s' '%s' limit %zu: %zu, want %zu\n", w[0], w[1], limit, got,
			       want);
			CU_FAIL("distance");
			break;
		}
	}
}

static void test_distance_of_long_names_is_bounded(void)
{
	char a[1000], b[1000];

	memset(a, 'a', sizeof(a) - 1);
	memset(b, 'a', sizeof(b) - 1);
	a[999] = b[999] = 0;
	b[500] = 'b';
	CU_ASSERT_EQUAL(ft_edit_distance(a, b, 3), 1);
	memset(b, 'b', sizeof(b) - 1);
	CU_ASSERT_EQUAL(ft_edit_distance(a, b, SIZE_MAX), SIZE_MAX);
	a[127] = b[127] = 0;
	CU_ASSERT_EQUAL(ft_edit_distance(a, b, SIZE_MAX), 127);
	CU_ASSERT_EQUAL(ft_edit_distance(a, b, 127), 127);
	CU_ASSERT_EQUAL(ft_edit_distance(a, b, 126), SIZE_MAX);
}

static void test_nearest_is_near_or_nothing(void)
{
	static const char *const names[] = { "vfs_write", "vfs_read", "vfs_readv", "do_sys_open",
					     NULL };
	static const char *const none[] = { NULL };

	CU_ASSERT_STRING_EQUAL(ft_nearest("vfs_raed", names), "vfs_read");
	CU_ASSERT_STRING_EQUAL(ft_nearest("vfs_readv", names), "vfs_readv");
	CU_ASSERT_STRING_EQUAL(ft_nearest("do_sysopen", names), "do_sys_open");
	CU_ASSERT_PTR_NULL(ft_nearest("tcp_connect", names));
	CU_ASSERT_PTR_NULL(ft_nearest("x", names));
	CU_ASSERT_PTR_NULL(ft_nearest("", names));
	CU_ASSERT_PTR_NULL(ft_nearest("vfs_read", none));
}

static void test_nearest_keeps_the_first_of_equals(void)
{
	static const char *const names[] = { "abcdeX", "abcdeY", NULL };

	CU_ASSERT_PTR_EQUAL(ft_nearest("abcdef", names), names[0]);
}

/* -- output ------------------------------------------------------------------------------------ */

static char output[8192];

/* Run fn in a child; its stdout (or `out` if >= 0) and stderr are gathered.  Returns its status. */
static int in_child(void (*fn)(void), int out)
{
	size_t len = 0;
	int ends[2], status = -1;
	ssize_t n;
	pid_t pid;

	fflush(stdout);
	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		dup2(out >= 0 ? out : ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		fn();
		_exit(99);
	}
	close(ends[1]);
	while (len < sizeof(output) - 1 &&
	       (n = read(ends[0], output + len, sizeof(output) - 1 - len)) > 0)
		len += n;
	output[len] = 0;
	close(ends[0]);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void run(const struct ft_opt_spec *spec, char *word)
{
	char *argv[] = { (char *)spec->tool, word, NULL };

	ft_opt_parse(&c, spec, 2, argv);
}

static void run_help(void)
{
	run(&graph, "-h");
}

static void run_doctor_help(void)
{
	run(&doctor, "--help");
}

static void run_version(void)
{
	run(&graph, "-V");
}

static void run_wrong(void)
{
	run(&graph, "--excude");
}

static void run_right(void)
{
	run(&graph, "f");
	_exit(c.operand_count == 1 ? 42 : 43);
}

static void run_error(void)
{
	ft_opt_error(&graph, "cannot filter by '%s'", "x\ny");
}

static void run_error_with_hint(void)
{
	ft_opt_error(&graph, "cannot filter by '%s' (did you mean '%s'?)", "x", "z");
}

static void test_help_is_the_table(void)
{
	CU_ASSERT_EQUAL(in_child(run_help, -1), 0);
	CU_ASSERT_STRING_EQUAL(output,
		"USAGE: funcgraph [-ahHvV] [-m DEPTH] [-p PID] [-L TID] [-n NAME]\n"
		"                 [--timeout TIME] [--size KB] [-x EXPR]... [-d TIME] [-o FILE]\n"
		"                 [OPTION...] FUNCTION... [-- COMMAND...]\n"
		"\n"
		"trace what a function calls\n"
		"\n"
		"  -a                     all info\n"
		"  -H, --header           include column headings\n"
		"  -m, --max-depth DEPTH  how deep to look\n"
		"  -p, --pid PID          trace this process\n"
		"  -L TID                 trace this thread\n"
		"  -n, --name NAME        trace tasks of this name\n"
		"      --timeout TIME     a time\n"
		"      --size KB          a size\n"
		"  -x, --exclude EXPR     leave this out\n"
		"\n"
		"Common options:\n"
		"  -d, --duration TIME    stop after this time: 1.5 (seconds), 500ms, 2m, 1h\n"
		"      --wall             show times as date and time (ISO 8601, UTC)\n"
		"      --buffer-size KB   ring buffer of each CPU: 1408 (kB), 512k, 4m\n"
		"      --max-rate N       stop when more events a second come (default 1000000, 0: "
		"no limit)\n"
		"      --json             print JSON, one object a line\n"
		"      --csv              print comma-separated values\n"
		"  -o, --output FILE      write to FILE\n"
		"      --tracefs DIR      use the tracing directory DIR\n"
		"  -v, --verbose          say what is done\n"
		"  -h, --help             show this help\n"
		"  -V, --version          show the version\n"
		"\n"
		"Examples:\n"
		"  funcgraph vfs_read\n"
		"      what vfs_read calls\n"
		"  funcgraph -m 3 vfs_read\n"
		"      three levels only\n"
		"\n"
		"See the man page (funcgraph(8)).\n");
	CU_ASSERT_EQUAL(in_child(run_doctor_help, -1), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(output, "USAGE: doctor [-hvV] [-o FILE] [OPTION...]\n"));
	CU_ASSERT_PTR_NULL(strstr(output, "--duration"));
	CU_ASSERT_PTR_NULL(strstr(output, "Examples"));
}

static void test_version_names_the_toolkit(void)
{
	CU_ASSERT_EQUAL(in_child(run_version, -1), 0);
	CU_ASSERT_STRING_EQUAL(output, "funcgraph (ftrace-tools) " FT_VERSION "\n");
}

static void test_wrong_usage_is_one_line_and_status_2(void)
{
	CU_ASSERT_EQUAL(in_child(run_wrong, -1), 2);
	CU_ASSERT_STRING_EQUAL(output, "funcgraph: unknown option '--excude' "
				       "(did you mean '--exclude'?)\n");
	CU_ASSERT_EQUAL(in_child(run_error, -1), 2);
	CU_ASSERT_STRING_EQUAL(output,
			       "funcgraph: cannot filter by 'x\\ny' (see 'funcgraph -h')\n");
	CU_ASSERT_EQUAL(in_child(run_error_with_hint, -1), 2);
	CU_ASSERT_STRING_EQUAL(output, "funcgraph: cannot filter by 'x' (did you mean 'z'?)\n");
}

static void test_right_usage_returns_silently(void)
{
	CU_ASSERT_EQUAL(in_child(run_right, -1), 42);
	CU_ASSERT_STRING_EQUAL(output, "");
}

static void test_help_that_cannot_be_written_is_a_failure(void)
{
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC), ends[2];

	CU_ASSERT_EQUAL(in_child(run_help, full), 1);
	CU_ASSERT_STRING_EQUAL(output, "funcgraph: cannot write: No space left on device\n");
	CU_ASSERT_EQUAL(in_child(run_version, full), 1);
	close(full);
	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	CU_ASSERT_EQUAL(in_child(run_help, ends[1]), 0);
	CU_ASSERT_STRING_EQUAL(output, "");
	close(ends[1]);
	signal(SIGPIPE, old);
}

UNIT_SUITE("opt",
	   UNIT_TEST(test_options_of_every_type_are_set),
	   UNIT_TEST(test_common_options_are_set),
	   UNIT_TEST(test_defaults_are_what_the_header_says),
	   UNIT_TEST(test_an_option_given_again_overrides),
	   UNIT_TEST(test_options_may_follow_operands),
	   UNIT_TEST(test_double_dash_begins_the_command),
	   UNIT_TEST(test_double_dash_ends_options_where_there_is_no_command),
	   UNIT_TEST(test_double_dash_can_be_an_argument),
	   UNIT_TEST(test_operands_are_counted),
	   UNIT_TEST(test_help_and_version_end_the_parsing),
	   UNIT_TEST(test_parsing_starts_anew_each_time),
	   UNIT_TEST(test_an_empty_argv_is_a_missing_operand),
	   UNIT_TEST(test_letters_go_to_the_tool_first),
	   UNIT_TEST(test_tracing_options_are_for_tracing_tools),
	   UNIT_TEST(test_more_options_than_fit_are_refused),
	   UNIT_TEST(test_unknown_options_are_named_with_the_nearest),
	   UNIT_TEST(test_unknown_options_cannot_break_the_line),
	   UNIT_TEST(test_long_options_can_be_shortened_while_unambiguous),
	   UNIT_TEST(test_arguments_are_asked_for),
	   UNIT_TEST(test_numbers_that_are_none_are_named),
	   UNIT_TEST(test_exclusions_name_both_options),
	   UNIT_TEST(test_lists_are_bounded),
	   UNIT_TEST(test_numbers_are_parsed_whole),
	   UNIT_TEST(test_numbers_are_checked_for_range),
	   UNIT_TEST(test_times_are_exact),
	   UNIT_TEST(test_times_that_are_none_are_refused),
	   UNIT_TEST(test_sizes_are_in_kilobytes),
	   UNIT_TEST(test_distance_counts_edits),
	   UNIT_TEST(test_distance_agrees_with_the_plain_matrix),
	   UNIT_TEST(test_distance_of_long_names_is_bounded),
	   UNIT_TEST(test_nearest_is_near_or_nothing),
	   UNIT_TEST(test_nearest_keeps_the_first_of_equals),
	   UNIT_TEST(test_help_is_the_table),
	   UNIT_TEST(test_version_names_the_toolkit),
	   UNIT_TEST(test_wrong_usage_is_one_line_and_status_2),
	   UNIT_TEST(test_right_usage_returns_silently),
	   UNIT_TEST(test_help_that_cannot_be_written_is_a_failure));
