/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel stacks: frames without the tracer's own, lists, folding, on captures and on records made by
 * hand.  Their text as a whole is compared in function.c.
 */
#include <errno.h>
#include <sys/stat.h>

#include "capture.h"
#include "ftrace/function.h"
#include "ftrace/stack.h"

enum { COMM, STACK, COUNT };

static const struct ft_column columns[] = {
	[COMM]	= FT_COLUMN("COMM", "comm", 0, FT_COL_STR),
	[STACK] = FT_COLUMN("STACK", "stack", 0, FT_COL_STR),
	[COUNT] = FT_COLUMN("COUNT", "count", 0, FT_COL_UINT),
	{ 0 }
};

static struct {
	struct capture	     c;
	struct ft_functions *functions;
	struct ft_stacks    *stacks;
	uint64_t	     ip;	/* of the last function record */
	int		     seen;
} m;

static void open_made(const char *series, const char *name)
{
	memset(&m, 0, sizeof(m));
	CU_ASSERT_FATAL(capture_open(&m.c, series, name));
	CU_ASSERT_EQUAL_FATAL(ft_functions_new(&m.functions, m.c.evs, m.c.syms), 0);
	CU_ASSERT_EQUAL_FATAL(ft_stacks_new(&m.stacks, m.c.evs, m.c.syms), 0);
}

static void close_made(void)
{
	ft_functions_free(m.functions);
	ft_stacks_free(m.stacks);
	capture_close(&m.c);
}

/* What is printed, by a file that is gone then. */
static char *printed(enum ft_out_format format)
{
	static const char path[] = "/tmp/unit-stack.XXXXXX";
	struct ft_out_config config = { .columns = columns, .format = format };
	char name[sizeof(path)], *text;
	struct ft_out *out;
	int fd;

	memcpy(name, path, sizeof(path));
	fd = mkstemp(name);
	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
	config.path = name;
	CU_ASSERT_EQUAL_FATAL(ft_out_open(&out, &config), 0);
	CU_ASSERT_EQUAL(ft_stacks_print(m.stacks, out, COMM, STACK, COUNT), 0);
	CU_ASSERT_EQUAL(ft_out_close(out), 0);
	text = unit_read(name, NULL);
	unlink(name);
	return text;
}

static void expect_printed(enum ft_out_format format, const char *wanted)
{
	char *text = printed(format);

	CU_ASSERT_STRING_EQUAL(text, wanted);
	free(text);
}

/* -- captures ---------------------------------------------------------------------------------- */

static int take_event(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	const uint64_t *frames;
	const char *list;
	size_t count;

	(void)arg;
	(void)st;
	if (ft_functions_is(m.functions, e))
		m.ip = ft_functions_ip(m.functions, e);
	if (!ft_stacks_is(m.stacks, e))
		return 0;
	count = ft_stacks_frames(m.stacks, e, m.ip, &frames);
	list = ft_stacks_list(m.stacks, frames, count);
	CU_ASSERT_STRING_EQUAL(list, "do_nanosleep;hrtimer_nanosleep;__x64_sys_nanosleep;do_syscall_64;"
				     "entry_SYSCALL_64_after_hwframe");
	CU_ASSERT_EQUAL(ft_stacks_fold(m.stacks, "workload", frames, count), 0);
	m.seen++;
	return 0;
}

static void test_stack_begins_at_the_function(void)
{
	for (size_t i = 1; i < CAPTURE_SERIES; i++) {
		open_made(capture_series[i], "function_stack");
		capture_walk(&m.c, take_event, NULL);
		CU_ASSERT_EQUAL(m.seen, 8);
		expect_printed(FT_OUT_TEXT, "workload;entry_SYSCALL_64_after_hwframe;do_syscall_64;"
					    "__x64_sys_nanosleep;hrtimer_nanosleep;do_nanosleep 8\n");
		close_made();
	}
}

static int take_tracepoint(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	const uint64_t *frames;
	const char *list;
	size_t count;

	(void)arg;
	(void)st;
	if (!ft_stacks_is(m.stacks, e))
		return 0;
	count = ft_stacks_frames(m.stacks, e, 0, &frames);
	list = ft_stacks_list(m.stacks, frames, count);
	CU_ASSERT(count > 3);
	CU_ASSERT(strncmp(list, "trace_event_", 12) && strncmp(list, "0x", 2));
	m.seen += !strncmp(list, "blk_mq_start_request;", 21) ||
		  !strncmp(list, "blk_mq_do_dispatch_", 19) ||
		  !strncmp(list, "ttwu_do_wakeup;", 15) || !strncmp(list, "try_to_wake_up;", 15) ||
		  !strncmp(list, "ttwu_do_activate", 16);
	return 0;
}

/* Of a tracepoint nothing tells where it lies: what belongs to the tracer is known by name. */
static void test_stack_of_a_tracepoint_begins_behind_the_tracer(void)
{
	for (size_t i = 0; i < CAPTURE_SERIES; i++) {
		open_made(capture_series[i], "stacks");
		capture_walk(&m.c, take_tracepoint, NULL);
		CU_ASSERT(m.seen >= 9);
		close_made();
	}
}

/* -- records made by hand ---------------------------------------------------------------------- */

static struct ft_event record(unsigned char *data, const uint64_t *addr, size_t count)
{
	memset(data, 0, 16);
	memcpy(data + 16, addr, count * sizeof(*addr));
	return (struct ft_event){ .data = data, .size = (uint32_t)(16 + count * sizeof(*addr)),
				  .type = (uint16_t)ft_event_id(m.c.evs, "ftrace", "kernel_stack") };
}

static void test_stack_ends_where_the_record_says(void)
{
	const uint64_t addr[] = { 0x10, 0, 0x7fffffff, UINT64_MAX, 0x20 };
	unsigned char data[16 + sizeof(addr)];
	struct ft_event e;
	const uint64_t *frames;
	const char *text;
	size_t len;

	open_made("6.12", "function");
	e = record(data, addr, 5);
	text = ft_stacks_text(m.stacks, &e, &len);
	CU_ASSERT_EQUAL(len, 45);
	CU_ASSERT(!strncmp(text, " => 0x00000010\n => 0\n => [FTRACE TRAMPOLINE]\n", len));
	CU_ASSERT_EQUAL(ft_stacks_frames(m.stacks, &e, 0x10, &frames), 3);
	/* cut within an address, before the first, before the array */
	for (uint32_t size = 31; size; size--) {
		e.size = size;
		ft_stacks_text(m.stacks, &e, &len);
		CU_ASSERT_EQUAL(len, size < 24 ? 0 : 15);
		CU_ASSERT_EQUAL(ft_stacks_frames(m.stacks, &e, 0x10, &frames), size < 24 ? 0 : 1);
	}
	close_made();
}

/* More addresses than any stack has, and longer text than there is room for. */
static void test_stack_of_nonsense_is_bounded(void)
{
	const size_t count = 3000;
	uint64_t *addr = malloc(count * sizeof(*addr));
	unsigned char *data = malloc(16 + count * sizeof(*addr));
	const uint64_t *frames;
	struct ft_event e;
	const char *text;
	size_t len, n;

	for (size_t i = 0; i < count; i++)
		addr[i] = 0xffff000000000000 + i;
	open_made("6.1", "function");
	e = record(data, addr, count);
	text = ft_stacks_text(m.stacks, &e, &len);
	CU_ASSERT(len > 1000 && len < 65536 && text[len - 1] == '\n');
	n = ft_stacks_frames(m.stacks, &e, addr[0], &frames);
	CU_ASSERT(n > 500 && n < count);
	CU_ASSERT(strlen(ft_stacks_list(m.stacks, frames, n)) < 65536);
	CU_ASSERT_EQUAL(ft_stacks_fold(m.stacks, "x", addr, count), 0);
	close_made();
	free(addr);
	free(data);
}

/* -- folding ----------------------------------------------------------------------------------- */

static uint64_t address(const char *name)
{
	uint64_t addr = ft_symbol_addr(m.c.syms, name, NULL);

	CU_ASSERT_FATAL(addr != 0);
	return addr;
}

static void fold(const char *comm, uint64_t a, uint64_t b, int times)
{
	const uint64_t frames[] = { a, b };

	while (times--)
		CU_ASSERT_EQUAL(ft_stacks_fold(m.stacks, comm, frames, b ? 2 : 1), 0);
}

static void test_stack_folding_counts_by_function(void)
{
	uint64_t inner, outer;

	open_made("6.1", "function");
	inner = address("do_nanosleep");
	outer = address("do_syscall_64");
	fold("b", inner, outer, 2);
	/* other places in the same functions */
	fold("b", inner + 5, outer + 1, 3);
	fold("a", inner, outer, 9);
	fold("a", inner, 0, 1);
	fold(NULL, inner, outer, 4);
	expect_printed(FT_OUT_TEXT, "a;do_syscall_64;do_nanosleep 9\nb;do_syscall_64;do_nanosleep 5\n"
				    "do_syscall_64;do_nanosleep 4\na;do_nanosleep 1\n");
	/* printed is forgotten */
	expect_printed(FT_OUT_TEXT, "");
	fold("a;b \n", inner, outer, 1);
	expect_printed(FT_OUT_TEXT, "a:b \\n;do_syscall_64;do_nanosleep 1\n");
	fold("a", inner, outer, 1);
	expect_printed(FT_OUT_JSON,
		       "{\"comm\":\"a\",\"stack\":\"do_nanosleep;do_syscall_64\",\"count\":1}\n");
	fold("a", inner, outer, 7);
	expect_printed(FT_OUT_CSV, "COMM,STACK,COUNT\na,do_nanosleep;do_syscall_64,7\n");
	close_made();
}

static void test_stack_folding_is_bounded(void)
{
	char *text;

	open_made("6.1", "function");
	for (uint64_t i = 0; i < FT_STACKS_MAX + 1000; i++)
		fold("x", 0x1000 + i, 0, 1);
	fold("x", 0x1000, 0, 5);
	text = printed(FT_OUT_TEXT);
	CU_ASSERT(!strncmp(text, "x;0x00001000 6\n", 15));
	CU_ASSERT(strstr(text, "\n[other] 1000\n") != NULL);
	free(text);
	close_made();
}

UNIT_SUITE("stack", UNIT_TEST(test_stack_begins_at_the_function),
	   UNIT_TEST(test_stack_of_a_tracepoint_begins_behind_the_tracer),
	   UNIT_TEST(test_stack_ends_where_the_record_says),
	   UNIT_TEST(test_stack_of_nonsense_is_bounded),
	   UNIT_TEST(test_stack_folding_counts_by_function),
	   UNIT_TEST(test_stack_folding_is_bounded));
