/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How tracefs files are kept: what each reads on kernels from 3.10 on, and what is written back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "unit.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static void check_kind(const char *path, int kind)
{
	if (fti_rule_kind(path) != kind)
		printf("# '%s' is %d, not %d\n", path, fti_rule_kind(path), kind);
	CU_ASSERT_EQUAL(fti_rule_kind(path), kind);
}

/* In memory of just its length, so that a sanitizer sees a value that grows. */
static void check(const char *path, const char *reads, int err, const char *is)
{
	char *value = strdup(reads);
	int got = fti_rule_normalize(path, value);

	if (got != err || (!err && strcmp(value, is)))
		printf("# '%s': '%s' is %d '%s', not %d '%s'\n", path, reads, got, value, err, is);
	CU_ASSERT_EQUAL(got, err);
	if (!got && !err)
		CU_ASSERT_STRING_EQUAL(value, is);
	free(value);
}

/* -- which paths have a rule ------------------------------------------------------------------- */

static void test_rules_know_the_files_that_tools_change(void)
{
	static const char *const values[] = {
		"current_tracer", "tracing_on", "tracing_thresh", "tracing_cpumask",
		"max_graph_depth", "buffer_percent", "buffer_size_kb",
		"per_cpu/cpu0/buffer_size_kb", "per_cpu/cpu117/buffer_size_kb",
		"buffer_subbuf_size_kb", "saved_cmdlines_size", "trace_clock",
		"function_profile_enabled", "options/funcgraph-irqs", "events/enable",
		"events/sched/enable", "events/sched/sched_switch/enable", "events/sched/filter",
		"events/sched/sched_switch/filter",
	};
	static const char *const lists[] = {
		"set_ftrace_filter", "set_ftrace_notrace", "set_graph_function",
		"set_graph_notrace", "set_ftrace_pid", "set_ftrace_notrace_pid", "set_event_pid",
		"set_event_notrace_pid",
	};

	for (size_t i = 0; i < LEN(values); i++)
		check_kind(values[i], FTI_VALUE);
	for (size_t i = 0; i < LEN(lists); i++)
		check_kind(lists[i], FTI_LIST);
	check_kind("events/sched/sched_switch/trigger", FTI_TRIGGER);
	check_kind("instances/ftrace-tools-x-1/events/block/a/trigger", FTI_TRIGGER);
	check_kind("instances/somebody/events/block/a/trigger", -ENOTSUP);
	check_kind("synthetic_events", FTI_SYNTHETIC);
	check_kind("kprobe_events", FTI_PROBE);
	check_kind("uprobe_events", FTI_PROBE);
	check_kind("instances/ftrace-tools-opensnoop-12", FTI_INSTANCE);
	check_kind("instances/ftrace-tools-opensnoop-12/options/sleep-time", FTI_VALUE);
}

static void test_rules_have_none_for_a_hostile_path(void)
{
	static const char *const paths[] = {
		"", ".", "..", "/", "../x", "../../etc/passwd", "/etc/passwd",
		"/sys/kernel/tracing/tracing_on", "./tracing_on", "events/../..",
		"events/../../enable", "events/./enable", "events/../enable", "options/..",
		"options/../tracing_on", "options/.x", "options//x", "options/a/b", "options/",
		"events//enable", "events/sched//enable", "instances/ftrace-tools-/..",
		"instances/ftrace-tools-../../x", "instances/ftrace-tools-x/tracing_on",
		"instances/ftrace-tools-x/options/..", "instances/ftrace-tools-x/options/a/b",
		"instances/ftrace-tools-x/../y/options/z", "instances/y/options/z",
		"instances/../instances/ftrace-tools-x", "per_cpu/cpu0/../cpu1/buffer_size_kb",
		"per_cpu/cpu0/x/buffer_size_kb", "tracing_on/", "tracing_on/..", " tracing_on",
		"tracing_on ", "tracing_on\n", "TRACING_ON", "events/a/b/c/enable",
	};

	for (size_t i = 0; i < LEN(paths); i++)
		check_kind(paths[i], -ENOTSUP);
}

static void test_rules_have_none_for_what_is_not_ours_to_change(void)
{
	static const char *const paths[] = {
		"trace", "trace_pipe", "snapshot", "free_buffer", "trace_marker", "README",
		"set_event", "trace_options", "instances", "instances/foo", "instances/trace-cmd",
		"instances/foo/tracing_on", "per_cpu/cpu0/trace_pipe_raw",
		"events/sched/sched_switch/hist", "dynamic_events",
		"stack_trace_filter", "kprobe_events2", "eprobe_events",
	};
	char value[] = "1\n";

	for (size_t i = 0; i < LEN(paths); i++)
		check_kind(paths[i], -ENOTSUP);
	CU_ASSERT_EQUAL(fti_rule_normalize("trace", value), -ENOTSUP);
	CU_ASSERT_EQUAL(fti_rule_normalize("../tracing_on", value), -ENOTSUP);
}

/* -- values ------------------------------------------------------------------------------------ */

static void test_rules_keep_plain_values_without_their_newline(void)
{
	check("current_tracer", "nop\n", 0, "nop");
	check("tracing_on", "1\n", 0, "1");
	check("tracing_thresh", "0\n", 0, "0");
	check("tracing_on", "1", 0, "1");
	check("buffer_percent", "50\n\n", 0, "50");
	check("options/stacktrace", "0\n", 0, "0");
	check("max_graph_depth", "", 0, "");
}

/* 3.10 reads as 5121 bytes, text and NULs: the string ends at the first. */
static void test_rules_end_a_cpumask_at_its_nuls(void)
{
	char mask[5122] = "ffffffff,ffffffff\n";

	CU_ASSERT_EQUAL(fti_rule_normalize("tracing_cpumask", mask), 0);
	CU_ASSERT_STRING_EQUAL(mask, "ffffffff,ffffffff");
	check("tracing_cpumask", "3\n", 0, "3");
}

static void test_rules_take_the_clock_in_brackets(void)
{
	check("trace_clock", "[local] global counter uptime perf x86-tsc\n", 0, "local");
	check("trace_clock", "local global [mono] mono_raw boot\n", 0, "mono");
	check("trace_clock", "local global x86-tsc [x86-tsc]", 0, "x86-tsc");
	check("trace_clock", "local global\n", -ENOTSUP, "");
	check("trace_clock", "local [global\n", -ENOTSUP, "");
	check("trace_clock", "] local [global\n", -ENOTSUP, "");
	check("trace_clock", "", -ENOTSUP, "");
}

static void test_rules_take_the_size_a_buffer_will_expand_to(void)
{
	check("buffer_size_kb", "7 (expanded: 1408)\n", 0, "1408");
	check("per_cpu/cpu1/buffer_size_kb", "7 (expanded: 1408)\n", 0, "1408");
	check("buffer_size_kb", "1410\n", 0, "1410");
	check("per_cpu/cpu0/buffer_size_kb", "0\n", 0, "0");
}

static void test_rules_refuse_sizes_that_differ_between_cpus(void)
{
	check("buffer_size_kb", "X\n", -ENOTSUP, "");
	check("buffer_size_kb", "", -ENOTSUP, "");
	check("buffer_size_kb", "(expanded: X)\n", -ENOTSUP, "");
}

static void test_rules_call_sizes_the_same_that_differ_by_rounding(void)
{
	CU_ASSERT_TRUE(fti_rule_same("buffer_size_kb", "1408", "1410"));
	CU_ASSERT_TRUE(fti_rule_same("per_cpu/cpu0/buffer_size_kb", "1408", "1410"));
	CU_ASSERT_TRUE(fti_rule_same("buffer_size_kb", "1408", "1408"));
	CU_ASSERT_FALSE(fti_rule_same("buffer_size_kb", "1410", "1408"));
	CU_ASSERT_FALSE(fti_rule_same("buffer_size_kb", "1408", "4096"));
	CU_ASSERT_FALSE(fti_rule_same("buffer_size_kb", "1408", ""));
	CU_ASSERT_FALSE(fti_rule_same("buffer_percent", "50", "52"));
	CU_ASSERT_FALSE(fti_rule_same("tracing_on", "0", "1"));
	CU_ASSERT_TRUE(fti_rule_same("tracing_on", "0", "0"));
}

static void test_rules_read_an_event_enabled_softly_as_disabled(void)
{
	check("events/sched/sched_switch/enable", "0\n", 0, "0");
	check("events/sched/sched_switch/enable", "1\n", 0, "1");
	check("events/sched/sched_switch/enable", "0*\n", 0, "0");
	check("events/sched/sched_switch/enable", "1*\n", 0, "1");
	check("events/sched/enable", "X\n", -ENOTSUP, "");
	check("events/enable", "X\n", -ENOTSUP, "");
	check("events/enable", "?\n", -ENOTSUP, "");
	check("events/enable", "10\n", -ENOTSUP, "");
	check("events/enable", "", -ENOTSUP, "");
}

static void test_rules_write_no_filter_as_0(void)
{
	check("events/sched/sched_switch/filter", "none\n", 0, "0");
	check("events/sched/filter",
	      "### global filter ###\n"
	      "# Use this to set filters for multiple events.\n"
	      "# Only events with the given fields will be affected.\n"
	      "# If no events are modified, an error message will be displayed here\n", 0, "0");
	check("events/sched/filter", "#", 0, "0");
}

static void test_rules_keep_a_filter(void)
{
	check("events/sched/sched_switch/filter", "prev_pid == 1 || comm ~ \"no*\"\n", 0,
	      "prev_pid == 1 || comm ~ \"no*\"");
	check("events/sched/sched_switch/filter", "nonesuch == 1\n", 0, "nonesuch == 1");
}

/* The kernel filters nothing then, and keeps the text only to show what is wrong. */
static void test_rules_take_a_refused_filter_for_none(void)
{
	check("events/sched/sched_switch/filter",
	      "prev_pid ==\n           ^\nparse_error: Invalid value (did you forget quotes)?\n",
	      0, "0");
	check("events/sched/sched_switch/filter", "a == 1\nb == 2\n", -ENOTSUP, "");
}

/* -- lists ------------------------------------------------------------------------------------- */

static void test_rules_read_all_functions_as_an_empty_list(void)
{
	check("set_ftrace_filter", "#### all functions enabled ####\n", 0, "");
	check("set_ftrace_notrace", "#### no functions disabled ####\n", 0, "");
	check("set_graph_function", "#### all functions enabled ####\n", 0, "");
	check("set_graph_notrace", "#### no functions disabled ####\n", 0, "");
	check("set_ftrace_filter", "", 0, "");
}

static void test_rules_cut_the_module_from_a_function(void)
{
	check("set_ftrace_filter", "vfs_read\next4_sync_file [ext4]\nxfs_a\t[xfs]\nvfs_write\n", 0,
	      "vfs_read\next4_sync_file\nxfs_a\nvfs_write");
	check("set_graph_function", "ext4_sync_file [ext4]\n", 0, "ext4_sync_file");
}

static void test_rules_leave_function_commands_out(void)
{
	check("set_ftrace_filter", "#### all functions enabled ####\nvfs_read:traceoff:count=2\n",
	      0, "");
	check("set_ftrace_filter", "vfs_open:traceon:unlimited\nvfs_read\nvfs_write:stacktrace\n"
	      "vfs_fsync:enable_event:sched:sched_switch:count=1\nvfs_llseek\n", 0,
	      "vfs_read\nvfs_llseek");
}

/* 4.13+: of modules to come.  Truncating removes them, as it does the functions. */
static void test_rules_keep_functions_of_modules_not_loaded(void)
{
	check("set_ftrace_filter", "vfs_read\n*:mod:ext4\nxfs_*:mod:xfs\n", 0,
	      "vfs_read\n*:mod:ext4\nxfs_*:mod:xfs");
	check("set_ftrace_filter", "vfs_read:traceoff:mod:\n", 0, "");
}

static void test_rules_read_no_pid_as_an_empty_list(void)
{
	check("set_ftrace_pid", "no pid\n", 0, "");
	check("set_event_pid", "\n", 0, "");
	check("set_event_pid", "", 0, "");
	check("set_ftrace_pid", "1\n23\n", 0, "1\n23");
	check("set_ftrace_notrace_pid", "no pid\n", 0, "");
	check("set_event_notrace_pid", "7\n", 0, "7");
}

/* 3.10 to 4.7 show PID 0 so, and take 0. */
static void test_rules_write_swapper_tasks_as_0(void)
{
	check("set_ftrace_pid", "swapper tasks\n", 0, "0");
	check("set_ftrace_pid", "12\nswapper tasks\n34\n", 0, "12\n0\n34");
}

static void test_rules_leave_the_comment_out_of_triggers(void)
{
	static const char help[] = "# Available triggers:\n# traceon traceoff snapshot\n";

	check("events/sched/sched_switch/trigger", help, 0, "");
	check("events/sched/sched_switch/trigger",
	      "stacktrace:unlimited\ntraceoff:count=1 if prev_pid == 1\n", 0,
	      "stacktrace:unlimited\ntraceoff:count=1 if prev_pid == 1");
}

static void test_rules_leave_the_state_out_of_a_histogram(void)
{
	check("events/sched/sched_switch/trigger",
	      "hist:keys=prev_pid:vals=hitcount:sort=hitcount:size=2048 [active]\n"
	      "hist:keys=prev_comm:vals=hitcount:sort=hitcount:size=2048 if prev_pid > 1 [paused]\n",
	      0,
	      "hist:keys=prev_pid:vals=hitcount:sort=hitcount:size=2048\n"
	      "hist:keys=prev_comm:vals=hitcount:sort=hitcount:size=2048 if prev_pid > 1");
}

static void test_rules_normalize_lists_of_any_shape(void)
{
	check("set_event_pid", "\n\n\n1\n\n2\n\n", 0, "1\n2");
	check("set_ftrace_filter", "a [m]\n\n b\nc", 0, "a\nc");
	check("set_ftrace_filter", "#\n#\n", 0, "");
	check("set_ftrace_pid", "no pid\n1\n", 0, "1");
}

UNIT_SUITE("rules",
	UNIT_TEST(test_rules_know_the_files_that_tools_change),
	UNIT_TEST(test_rules_have_none_for_a_hostile_path),
	UNIT_TEST(test_rules_have_none_for_what_is_not_ours_to_change),
	UNIT_TEST(test_rules_keep_plain_values_without_their_newline),
	UNIT_TEST(test_rules_end_a_cpumask_at_its_nuls),
	UNIT_TEST(test_rules_take_the_clock_in_brackets),
	UNIT_TEST(test_rules_take_the_size_a_buffer_will_expand_to),
	UNIT_TEST(test_rules_refuse_sizes_that_differ_between_cpus),
	UNIT_TEST(test_rules_call_sizes_the_same_that_differ_by_rounding),
	UNIT_TEST(test_rules_read_an_event_enabled_softly_as_disabled),
	UNIT_TEST(test_rules_write_no_filter_as_0),
	UNIT_TEST(test_rules_keep_a_filter),
	UNIT_TEST(test_rules_take_a_refused_filter_for_none),
	UNIT_TEST(test_rules_read_all_functions_as_an_empty_list),
	UNIT_TEST(test_rules_cut_the_module_from_a_function),
	UNIT_TEST(test_rules_leave_function_commands_out),
	UNIT_TEST(test_rules_keep_functions_of_modules_not_loaded),
	UNIT_TEST(test_rules_read_no_pid_as_an_empty_list),
	UNIT_TEST(test_rules_write_swapper_tasks_as_0),
	UNIT_TEST(test_rules_leave_the_comment_out_of_triggers),
	UNIT_TEST(test_rules_leave_the_state_out_of_a_histogram),
	UNIT_TEST(test_rules_normalize_lists_of_any_shape));
