/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Outermost calls nobody asked for: dropped, and what was asked for within them lifted. */
#include <stdint.h>
#include <string.h>

#include "ftrace/graph.h"
#include "unit.h"

#define SERIES UNIT_DATA "/6.12"

static const char *const systems[] = { "ftrace", NULL };

static struct {
	struct ft_events *evs;
	struct ft_symbols *syms;
	struct ft_graph_roots *roots;
	int entry, ret;
	struct ft_field entry_func, entry_depth, ret_func, ret_depth;
	uint64_t vfs_read, vfs_write, nanosleep;
} t;

/* asked: what set_graph_function would read */
static void set_up(const char *asked)
{
	memset(&t, 0, sizeof(t));
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&t.evs, SERIES "/tracing", systems), 0);
	CU_ASSERT_EQUAL_FATAL(ft_symbols_open(&t.syms, SERIES "/kallsyms", NULL), 0);
	CU_ASSERT_EQUAL_FATAL(ft_graph_roots_new(&t.roots, t.evs, t.syms, asked), 0);
	t.entry = ft_event_id(t.evs, "ftrace", "funcgraph_entry");
	t.ret = ft_event_id(t.evs, "ftrace", "funcgraph_exit");
	ft_field_find(t.evs, "ftrace", "funcgraph_entry", "func", &t.entry_func);
	ft_field_find(t.evs, "ftrace", "funcgraph_entry", "depth", &t.entry_depth);
	ft_field_find(t.evs, "ftrace", "funcgraph_exit", "func", &t.ret_func);
	ft_field_find(t.evs, "ftrace", "funcgraph_exit", "depth", &t.ret_depth);
	t.vfs_read = ft_symbol_addr(t.syms, "vfs_read", NULL);
	t.vfs_write = ft_symbol_addr(t.syms, "vfs_write", NULL);
	t.nanosleep = ft_symbol_addr(t.syms, "do_nanosleep", NULL);
	CU_ASSERT_FATAL(t.vfs_read && t.vfs_write && t.nanosleep);
}

static void tear_down(void)
{
	ft_graph_roots_free(t.roots);
	ft_symbols_close(t.syms);
	ft_events_close(t.evs);
}

/* The depth a record has after the roots have seen it; -1: dropped. */
static int depth_of(bool is_return, int cpu, int tid, uint64_t func, int32_t depth)
{
	const struct ft_field *f = is_return ? &t.ret_func : &t.entry_func;
	const struct ft_field *d = is_return ? &t.ret_depth : &t.entry_depth;
	unsigned char data[40] = { 0 };
	struct ft_event e = { .ts = 1, .data = data, .size = is_return ? 40 : 20, .cpu = cpu,
			      .tid = tid, .type = is_return ? t.ret : t.entry };

	memcpy(data + f->offset, &func, sizeof(func));
	memcpy(data + d->offset, &depth, sizeof(depth));
	return ft_graph_roots_event(t.roots, &e) ? (int)ft_field_s64(d, &e) : -1;
}

static int enter(int tid, uint64_t func, int depth)
{
	return depth_of(false, 0, tid, func, depth);
}

static int leave(int tid, uint64_t func, int depth)
{
	return depth_of(true, 0, tid, func, depth);
}

static void test_graph_roots_asked_for_pass(void)
{
	set_up("vfs_read\nvfs_write [module]\n");
	CU_ASSERT_EQUAL(enter(7, t.vfs_read, 0), 0);
	CU_ASSERT_EQUAL(enter(7, t.nanosleep, 1), 1);
	CU_ASSERT_EQUAL(leave(7, t.nanosleep, 1), 1);
	CU_ASSERT_EQUAL(leave(7, t.vfs_read, 0), 0);
	CU_ASSERT_EQUAL(enter(7, t.vfs_write, 0), 0);
	tear_down();
}

static void test_graph_roots_not_asked_for_are_dropped(void)
{
	set_up("vfs_read");
	CU_ASSERT_EQUAL(enter(7, t.vfs_write, 0), -1);
	CU_ASSERT_EQUAL(enter(7, t.nanosleep, 1), -1);
	CU_ASSERT_EQUAL(leave(7, t.nanosleep, 1), -1);
	CU_ASSERT_EQUAL(leave(7, t.vfs_write, 0), -1);
	/* and the next one is looked at anew */
	CU_ASSERT_EQUAL(enter(7, t.vfs_read, 0), 0);
	CU_ASSERT_EQUAL(leave(7, t.vfs_read, 0), 0);
	tear_down();
}

static void test_graph_roots_within_others_are_lifted(void)
{
	set_up("vfs_read");
	CU_ASSERT_EQUAL(enter(7, t.vfs_write, 0), -1);
	CU_ASSERT_EQUAL(enter(7, t.nanosleep, 1), -1);
	CU_ASSERT_EQUAL(enter(7, t.vfs_read, 2), 0);
	CU_ASSERT_EQUAL(enter(7, t.nanosleep, 3), 1);
	CU_ASSERT_EQUAL(leave(7, t.nanosleep, 3), 1);
	CU_ASSERT_EQUAL(leave(7, t.vfs_read, 2), 0);
	CU_ASSERT_EQUAL(leave(7, t.nanosleep, 1), -1);
	CU_ASSERT_EQUAL(leave(7, t.vfs_write, 0), -1);
	tear_down();
}

static void test_graph_roots_are_of_a_task(void)
{
	set_up("vfs_read");
	CU_ASSERT_EQUAL(enter(7, t.vfs_write, 0), -1);
	CU_ASSERT_EQUAL(enter(8, t.vfs_read, 0), 0);
	CU_ASSERT_EQUAL(enter(8, t.nanosleep, 1), 1);
	CU_ASSERT_EQUAL(enter(7, t.nanosleep, 1), -1);
	/* every CPU has its own idle task, all called 0 */
	CU_ASSERT_EQUAL(depth_of(false, 0, 0, t.vfs_write, 0), -1);
	CU_ASSERT_EQUAL(depth_of(false, 1, 0, t.nanosleep, 1), 1);
	CU_ASSERT_EQUAL(depth_of(false, 0, 0, t.nanosleep, 1), -1);
	tear_down();
}

static void test_graph_roots_whose_return_was_lost_end_with_the_next(void)
{
	set_up("vfs_read");
	CU_ASSERT_EQUAL(enter(7, t.vfs_write, 0), -1);
	CU_ASSERT_EQUAL(enter(7, t.vfs_read, 0), 0);
	CU_ASSERT_EQUAL(enter(7, t.nanosleep, 1), 1);
	CU_ASSERT_EQUAL(enter(9, t.vfs_write, 0), -1);
	ft_graph_roots_lost(t.roots);
	CU_ASSERT_EQUAL(enter(9, t.nanosleep, 1), 1);
	tear_down();
}

static void test_graph_roots_many_tasks_keep_apart(void)
{
	set_up("vfs_read");
	for (int tid = 1; tid < 1000; tid++)
		CU_ASSERT_EQUAL(enter(tid * 7919 % 1009, tid % 2 ? t.vfs_write : t.vfs_read, 0),
				tid % 2 ? -1 : 0);
	for (int tid = 1; tid < 1000; tid++)
		CU_ASSERT_EQUAL(enter(tid * 7919 % 1009, t.nanosleep, 1), tid % 2 ? -1 : 1);
	tear_down();
}

static void test_graph_roots_short_and_foreign_records_pass(void)
{
	unsigned char data[8] = { 0 };
	struct ft_event e = { .data = data, .size = sizeof(data) };

	set_up("vfs_read");
	e.type = t.entry;
	CU_ASSERT_TRUE(ft_graph_roots_event(t.roots, &e));
	e.type = 60000;
	CU_ASSERT_TRUE(ft_graph_roots_event(t.roots, &e));
	CU_ASSERT_TRUE(ft_graph_roots_event(NULL, &e));
	tear_down();
}

UNIT_SUITE("graph-roots",
	   UNIT_TEST(test_graph_roots_asked_for_pass),
	   UNIT_TEST(test_graph_roots_not_asked_for_are_dropped),
	   UNIT_TEST(test_graph_roots_within_others_are_lifted),
	   UNIT_TEST(test_graph_roots_are_of_a_task),
	   UNIT_TEST(test_graph_roots_whose_return_was_lost_end_with_the_next),
	   UNIT_TEST(test_graph_roots_many_tasks_keep_apart),
	   UNIT_TEST(test_graph_roots_short_and_foreign_records_pass));
