/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The function tracer's records and stacks, against the kernel's own text of them: whole files,
 * headings included.
 */
#include <errno.h>

#include "capture.h"
#include "ftrace/function.h"
#include "ftrace/stack.h"

struct compared {
	struct capture	     c;
	struct ft_functions *functions;
	struct ft_stacks    *stacks;
	int		     function_count, stack_count, others;
};

static int take_event(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	struct compared *t = arg;
	char text[FT_FUNCTIONS_MAX] = "";
	const char *stack;
	size_t len;

	(void)st;
	capture_expect_line(&t->c, e);
	if (ft_functions_is(t->functions, e)) {
		capture_expect(&t->c, text, (size_t)(ft_functions_put(t->functions, e, text) - text));
		capture_expect(&t->c, "\n", 1);
		t->function_count++;
	} else if (ft_stacks_is(t->stacks, e)) {
		capture_expect(&t->c, "<stack trace>\n", 14);
		stack = ft_stacks_text(t->stacks, e, &len);
		capture_expect(&t->c, stack, len);
		t->stack_count++;
	} else {
		/* a tracepoint */
		capture_skip(&t->c);
		t->others++;
	}
	return 0;
}

static bool compare(struct compared *t, const char *series, const char *name)
{
	const char *headings;
	size_t len;

	memset(t, 0, sizeof(*t));
	if (!capture_open(&t->c, series, name))
		return false;
	CU_ASSERT_EQUAL_FATAL(ft_functions_new(&t->functions, t->c.evs, t->c.syms), 0);
	CU_ASSERT_EQUAL_FATAL(ft_stacks_new(&t->stacks, t->c.evs, t->c.syms), 0);
	headings = ft_line_headings(t->c.line, &len);
	capture_expect(&t->c, headings, len);
	capture_walk(&t->c, take_event, t);
	CU_ASSERT_STRING_EQUAL(t->c.at, "");
	ft_functions_free(t->functions);
	ft_stacks_free(t->stacks);
	capture_close(&t->c);
	return true;
}

static void test_function_text_is_the_kernels(void)
{
	struct compared t;

	for (size_t i = 0; i < CAPTURE_SERIES; i++) {
		CU_ASSERT(compare(&t, capture_series[i], "function"));
		CU_ASSERT(t.function_count >= 30);
		CU_ASSERT_EQUAL(t.stack_count + t.others, 0);
	}
}

static void test_function_stacks_are_the_kernels(void)
{
	struct compared t;
	int with = 0;

	for (size_t i = 0; i < CAPTURE_SERIES; i++) {
		if (compare(&t, capture_series[i], "function_stack")) {
			CU_ASSERT_EQUAL(t.function_count, 8);
			CU_ASSERT_EQUAL(t.stack_count, 8);
			with++;
		}
		CU_ASSERT(compare(&t, capture_series[i], "stacks"));
		CU_ASSERT_EQUAL(t.stack_count, t.others);
		CU_ASSERT(t.stack_count >= 10);
	}
	CU_ASSERT_EQUAL(with, 3);
}

/* -- made by hand ------------------------------------------------------------------------------ */

struct made {
	struct capture	     c;
	struct ft_functions *functions;
};

static void open_made(struct made *m, const char *series)
{
	memset(m, 0, sizeof(*m));
	CU_ASSERT_FATAL(capture_open(&m->c, series, "function"));
	CU_ASSERT_EQUAL_FATAL(ft_functions_new(&m->functions, m->c.evs, m->c.syms), 0);
}

static void close_made(struct made *m)
{
	ft_functions_free(m->functions);
	capture_close(&m->c);
}

/* common fields, ip, parent_ip */
static struct ft_event record(const struct made *m, uint64_t *data, uint64_t ip, uint64_t parent,
			      uint32_t size)
{
	data[0] = 0;
	data[1] = ip;
	data[2] = parent;
	return (struct ft_event){ .data = (unsigned char *)data, .size = size, .tid = 1,
				  .type = (uint16_t)ft_event_id(m->c.evs, "ftrace", "function") };
}

static const char *text_of(struct made *m, uint64_t ip, uint64_t parent, uint32_t size)
{
	static char text[FT_FUNCTIONS_MAX];
	uint64_t data[3];
	struct ft_event e = record(m, data, ip, parent, size);

	*ft_functions_put(m->functions, &e, text) = 0;
	return text;
}

static void test_function_without_names_and_callers(void)
{
	struct made m;

	open_made(&m, "6.1");
	CU_ASSERT_STRING_EQUAL(text_of(&m, 0x10, 0x20, 24), "0x00000010 <-0x00000020");
	CU_ASSERT_STRING_EQUAL(text_of(&m, 0x10, 0, 24), "0x00000010");
	CU_ASSERT_STRING_EQUAL(text_of(&m, 0, 0x20, 24), "0 <-0x00000020");
	/* shorter than its format */
	CU_ASSERT_STRING_EQUAL(text_of(&m, 0x10, 0x20, 16), "0x00000010");
	CU_ASSERT_STRING_EQUAL(text_of(&m, 0x10, 0x20, 8), "0");
	close_made(&m);
}

static void test_function_names_have_modules(void)
{
	struct ft_function_name name;
	struct made m;

	open_made(&m, "6.1");
	ft_functions_name(m.functions, 0x1234, &name);
	CU_ASSERT_EQUAL(name.len, 6);
	CU_ASSERT_EQUAL(memcmp(name.name, "0x1234", 6), 0);
	CU_ASSERT_EQUAL(name.module_len, 0);
	ft_functions_name(m.functions, ft_symbol_addr(m.c.syms, "virtio_queue_rqs", "virtio_blk"),
			  &name);
	CU_ASSERT_EQUAL(name.len, 16);
	CU_ASSERT_EQUAL(memcmp(name.name, "virtio_queue_rqs", 16), 0);
	CU_ASSERT_EQUAL(name.module_len, 10);
	CU_ASSERT_PTR_NOT_NULL_FATAL(name.module);
	CU_ASSERT_EQUAL(memcmp(name.module, "virtio_blk", 10), 0);
	close_made(&m);
}

static void test_function_is_told_from_others(void)
{
	uint64_t data[3];
	struct made m;
	struct ft_event e;

	open_made(&m, "el7");
	e = record(&m, data, 7, 9, 24);
	CU_ASSERT(ft_functions_is(m.functions, &e));
	CU_ASSERT_EQUAL(ft_functions_ip(m.functions, &e), 7);
	CU_ASSERT_EQUAL(ft_functions_parent(m.functions, &e), 9);
	e.type++;
	CU_ASSERT(!ft_functions_is(m.functions, &e));
	close_made(&m);
}

/* Formats without the event, as on a kernel without the tracer. */
static void test_function_needs_its_event(void)
{
	static const char *const systems[] = { "sched", NULL };
	struct ft_functions *f;
	struct ft_stacks *s;
	struct ft_events *evs;

	CU_ASSERT_EQUAL_FATAL(ft_events_open(&evs, UNIT_DATA "/6.1/tracing", systems), 0);
	CU_ASSERT_EQUAL(ft_functions_new(&f, evs, NULL), -ENOENT);
	CU_ASSERT_PTR_NULL(f);
	CU_ASSERT_EQUAL(ft_stacks_new(&s, evs, NULL), -ENOENT);
	CU_ASSERT_PTR_NULL(s);
	ft_events_close(evs);
}

UNIT_SUITE("function", UNIT_TEST(test_function_text_is_the_kernels),
	   UNIT_TEST(test_function_stacks_are_the_kernels),
	   UNIT_TEST(test_function_without_names_and_callers),
	   UNIT_TEST(test_function_names_have_modules), UNIT_TEST(test_function_is_told_from_others),
	   UNIT_TEST(test_function_needs_its_event));
