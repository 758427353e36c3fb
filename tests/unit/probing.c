/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes as people define them, from the command line to the rows: a tool of the shape of uprobe is
 * run on functions of this program, with the running kernel's tracefs mounted in a mount namespace
 * of the test's own.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "errno-name.h"
#include "ftrace/probing.h"
#include "private.h"
#include "probing-internal.h"
#include "unit.h"

#define LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define ROWS	"/run/rows"
#define SAID	"/run/said"

/* -- return values ----------------------------------------------------------------------------- */

static void check_retval(int64_t value, const char *plain, const char *named)
{
	char text[FTI_RETVAL_MAX];

	fti_probing_retval(value, false, text);
	CU_ASSERT_STRING_EQUAL(text, plain);
	fti_probing_retval(value, true, text);
	CU_ASSERT_STRING_EQUAL(text, named);
}

static void test_return_values_are_errors_by_their_range(void)
{
	check_retval(0, "0x0", "0x0");
	check_retval(3, "0x3", "0x3");
	check_retval(-2, "-2", "-ENOENT");
	/* an int, and a register whose upper half is not its business */
	check_retval(0xfffffffe, "-2", "-ENOENT");
	check_retval(-512, "-512", "-ERESTARTSYS");
	check_retval(-4095, "-4095", "-4095");
	check_retval(-4096, "0xfffffffffffff000", "0xfffffffffffff000");
	check_retval(INT64_MIN, "0x8000000000000000", "0x8000000000000000");
}

static void test_errors_have_the_names_of_the_kernel(void)
{
	CU_ASSERT_STRING_EQUAL(fti_errno_name(1), "EPERM");
	CU_ASSERT_STRING_EQUAL(fti_errno_name(110), "ETIMEDOUT");
	CU_ASSERT_STRING_EQUAL(fti_errno_name(512), "ERESTARTSYS");
	CU_ASSERT_STRING_EQUAL(fti_errno_name(524), "ENOTSUPP");
	CU_ASSERT_STRING_EQUAL(fti_errno_name(531), "ENOGRACE");
	CU_ASSERT_PTR_NULL(fti_errno_name(0));
	CU_ASSERT_PTR_NULL(fti_errno_name(-2));
	CU_ASSERT_PTR_NULL(fti_errno_name(520));
	CU_ASSERT_PTR_NULL(fti_errno_name(532));
	CU_ASSERT_PTR_NULL(fti_errno_name(4000));
}

/* -- what is probed ---------------------------------------------------------------------------- */

long probing_called(long i, const char *text);
long probing_nested(long depth);

/* In ways that no compiler can see through. */
long probing_called(long i, const char *text)
{
	return text ? i * 2 : -1;
}

static long (*volatile called)(long, const char *) = probing_called;
static long (*volatile nested)(long) = probing_nested;

long probing_nested(long depth)
{
	return depth ? nested(depth - 1) + 1 : 0;
}

static void call_them(void)
{
	for (long i = 0; i < 5; i++)
		if (called(i, i == 3 ? "three \"3\"" : "other") != 2 * i)
			CU_FAIL("probing_called() went wrong");
	if (nested(2) != 2)
		CU_FAIL("probing_nested() went wrong");
}

/* -- the tool ---------------------------------------------------------------------------------- */

static struct {
	struct ft_probing_opt opt;
	struct ft_column      columns[FT_PROBING_COLUMNS + 1];
} o;

static const struct ft_opt options[] = { FT_PROBING_OPTIONS(o.opt), { 0 } };

static int check(struct ft_run *r)
{
	o.opt.user = true;
	ft_probing_check(r, &o.opt, o.columns);
	return 0;
}

static const struct ft_tool tool = {
	.spec = {.tool = "unit-probing",
		 .summary = "probe this program",
		 .operands = "definition...",
		 .trace = true,
		 .options = options},
	.columns = o.columns,
	.check = check,
	.plan = ft_probing_plan,
	.setup = ft_probing_setup,
	.ready = ft_probing_ready,
	.on_event = ft_watch_event,
	.on_loss = ft_probing_loss,
	.finish = ft_probing_finish,
	.release = ft_probing_free,
};

/* -- running it -------------------------------------------------------------------------------- */

static bool is_recording(pid_t pid)
{
	char path[128], on = '0';
	int fd;

	snprintf(path, sizeof(path), TRACEFS "/instances/ftrace-tools-unit-probing-%d/tracing_on",
		 pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, &on, 1) != 1)
		on = '0';
	close(fd);
	return on == '1' && !access(ROWS, F_OK);
}

static bool has_mono(pid_t pid)
{
	char path[128], clock[256] = "";
	int fd;

	snprintf(path, sizeof(path), TRACEFS "/instances/ftrace-tools-unit-probing-%d/trace_clock",
		 pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, clock, sizeof(clock) - 1) < 0)
		*clock = 0;
	if (fd >= 0)
		close(fd);
	return strstr(clock, "[mono]");
}

/* The tool with these arguments, while this process calls its functions; its exit status. */
static int trace(const char *const *args)
{
	char *argv[24] = { "unit-probing", "--tracefs", TRACEFS, "-o", ROWS, "-p" }, self[16];
	pid_t pid, parent = getpid();
	int status, argc = 6;

	snprintf(self, sizeof(self), "%d", parent);
	argv[argc++] = self;
	while (*args)
		argv[argc++] = (char *)*args++;
	unlink(ROWS);
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		abort();
	if (!pid) {
		if (!freopen(SAID, "we", stderr) || !freopen("/dev/null", "we", stdout))
			_exit(99);
		_exit(ft_tool_main(&tool, argc, argv));
	}
	for (int i = 0; i < 2000 && !(is_recording(pid) && has_mono(pid)); i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WEXITSTATUS(status);
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	call_them();
	kill(pid, SIGINT);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

#define TRACE(...) trace((const char *const []){ __VA_ARGS__, NULL })

static unsigned int count(const char *text, const char *part)
{
	unsigned int n = 0;

	for (; (text = strstr(text, part)); text++)
		n++;
	return n;
}

/* So many times in what was printed (or said). */
static void check_has(const char *path, const char *part, unsigned int times)
{
	char *text = unit_read(path, NULL);

	if (!text)
		return;
	if (count(text, part) != times) {
		printf("# '%s' %u times in:\n%s", part, count(text, part), text);
		CU_FAIL("printed otherwise");
	}
	free(text);
}

static char *probes_now(void)
{
	return unit_read(TRACEFS "/uprobe_events", NULL);
}

static const char *of(const char *format)
{
	static char text[2][768];
	static unsigned int turn;
	char path[512];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[n > 0 ? n : 0] = 0;
	turn ^= 1;
	snprintf(text[turn], sizeof(text[turn]), format, path);
	return text[turn];
}

static void test_arguments_and_return_values_are_those_of_the_calls(void)
{
	char *before, *after;

	NEED_UPROBES();
	before = probes_now();
	CU_ASSERT_EQUAL(TRACE(of("p:in %s:probing_called i=$arg1:s32 text=$arg2:string"),
			      of("r:out %s:probing_called ret=$retval:s32")), FT_OK);
	check_has(ROWS, "in: (0x", 5);
	check_has(ROWS, " i=4 text=\"other\"\n", 1);
	check_has(ROWS, " i=3 text=\"three \"3\"\"\n", 1);
	check_has(ROWS, "out: (0x", 5);
	check_has(ROWS, " ret=8\n", 1);
	CU_ASSERT_EQUAL(TRACE("--json", of("%s:probing_called i=$arg1:s32 text=$arg2:string")),
			FT_OK);
	check_has(ROWS, "\"event\":\"probing_called\"", 5);
	check_has(ROWS, "\"i\":3,\"text\":\"three \\\"3\\\"\"}", 1);
	after = probes_now();
	CU_ASSERT_STRING_EQUAL(before, after);
	free(before);
	free(after);
}

static void test_calls_are_pairs_of_entry_and_return(void)
{
	NEED_UPROBES();
	CU_ASSERT_EQUAL(TRACE("--json", "--ret", of("%s:probing_called i=$arg1:s32"),
			      of("%s:probing_nested depth=$arg1:s32")), FT_OK);
	for (int i = 0; i < 5; i++) {
		char fields[64], retval[32];

		snprintf(fields, sizeof(fields), ",\"i\":%d},\"latency_us\":", i);
		check_has(ROWS, fields, 1);
		snprintf(retval, sizeof(retval), ",\"retval\":%d}", 2 * i);
		check_has(ROWS, retval, i == 1 || i == 0 ? 2 : 1);
	}
	/* The innermost returns first. */
	check_has(ROWS, "\"depth\":0", 1);
	check_has(ROWS, "\"depth\":2", 1);
	check_has(ROWS, "\"paired\":8,\"unbegun\":0,\"open\":0", 1);
	CU_ASSERT_EQUAL(TRACE("--ret", of("%s:probing_called i=$arg1:s32")), FT_OK);
	check_has(ROWS, " i=4 ret=0x8 latency_us=", 1);
}

static void test_filters_leave_out_entries_with_their_returns(void)
{
	NEED_UPROBES();
	CU_ASSERT_EQUAL(TRACE("--json", "--ret", of("%s:probing_called i=$arg1:s32"), "i > 2"),
			FT_OK);
	check_has(ROWS, "\"event\":\"probing_called\"", 2);
	check_has(ROWS, "\"paired\":2,\"unbegun\":0", 1);
	CU_ASSERT_EQUAL(TRACE("-f", "text ~ \"three*\"", of("%s:probing_called text=$arg2:string")),
			FT_OK);
	check_has(ROWS, "probing_called: (", 1);
}

static void test_sums_are_of_arguments(void)
{
	NEED_UPROBES();
	CU_ASSERT_EQUAL(
		TRACE("--json", "--count", "text", of("%s:probing_called text=$arg2:string")),
		FT_OK);
	check_has(ROWS, "\"text\":\"other\",\"count\":4}", 1);
	CU_ASSERT_EQUAL(TRACE("--json", "--stats", "i", of("%s:probing_called i=$arg1:s32")),
			FT_OK);
	check_has(ROWS, "\"count\":5,\"min\":0,", 1);
	check_has(ROWS, "\"max\":4,", 1);
}

static void test_stacks_of_programs_are_folded(void)
{
	NEED_UPROBES();
	if (access(TRACEFS "/options/userstacktrace", F_OK)) {
		unit_skip("this kernel records no stacks of programs");
		return;
	}
	CU_ASSERT_EQUAL(TRACE("--json", "--folded", of("%s:probing_called")), FT_OK);
	check_has(ROWS, "\"stack\":\"probing_called", 1);
	check_has(ROWS, "\"count\":5}", 1);
	CU_ASSERT_EQUAL(TRACE("--folded", of("%s:probing_called")), FT_OK);
	check_has(ROWS, ";probing_called 5\n", 1);
}

static void test_definitions_that_cannot_be_change_nothing(void)
{
	static const struct { const char *definition, *said; } t[] = {
		{ "%s:probing_caled", "(did you mean 'probing_called'?)" },
		{ "%s:probing_called+1", "a probe in the middle of an instruction breaks" },
		{ "%s:0x3", "it tells of no function that begins there" },
		{ "u:%s:unit:nosuch", "cannot trace '" },
		{ "/nonesuch:f", "no such program or library" },
		{ "%s:probing_called %%nosuch", "the kernel refuses it (" },
	};
	char *before, *after;

	NEED_UPROBES();
	before = probes_now();
	for (size_t i = 0; i < LEN(t); i++) {
		CU_ASSERT_EQUAL(TRACE(of(t[i].definition)), FT_USAGE);
		check_has(SAID, t[i].said, 1);
		after = probes_now();
		CU_ASSERT_STRING_EQUAL(before, after);
		free(after);
	}
	CU_ASSERT_EQUAL(TRACE(of("%s:probing_called i=$arg1"), "j == 1"), FT_USAGE);
	check_has(SAID, "cannot filter 'probing_called': no such field 'j'", 1);
	free(before);
}

UNIT_SUITE("probing",
	   UNIT_TEST(test_return_values_are_errors_by_their_range),
	   UNIT_TEST(test_errors_have_the_names_of_the_kernel),
	   UNIT_TEST(test_arguments_and_return_values_are_those_of_the_calls),
	   UNIT_TEST(test_calls_are_pairs_of_entry_and_return),
	   UNIT_TEST(test_filters_leave_out_entries_with_their_returns),
	   UNIT_TEST(test_sums_are_of_arguments),
	   UNIT_TEST(test_stacks_of_programs_are_folded),
	   UNIT_TEST(test_definitions_that_cannot_be_change_nothing));
