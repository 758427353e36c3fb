/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How calls read; probes, and calls from events, are tested in the VM. */
#include <stdint.h>
#include <string.h>

#include "ftrace/call.h"
#include "unit.h"

static void test_call_name_tells_where_the_function_is(void)
{
	static const struct {
		struct ft_called f;
		const char *text;
	} cases[] = {
		{ { .name = "vfs_read" }, "vfs_read" },
		{ { .name = "ext4_sync_file", .module = "ext4" }, "ext4_sync_file [ext4]" },
		{ { .name = "malloc", .file = "/lib/libc.so.6" }, "malloc [libc.so.6]" },
		{ { .name = "main", .file = "prog" }, "main [prog]" },
	};
	char text[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ft_call_name(&(struct ft_call){ .function = &cases[i].f }, text, sizeof(text));
		CU_ASSERT_STRING_EQUAL(text, cases[i].text);
	}
	ft_call_name(&(struct ft_call){ .function = &cases[1].f }, text, 9);
	CU_ASSERT_STRING_EQUAL(text, "ext4_syn");
}

static void test_call_args_are_a_list(void)
{
	struct ft_call call = {
		.args = { 0, 1, UINT64_MAX, 0xabc, UINT64_MAX, UINT64_MAX },
	};
	char text[128];

	ft_call_args(&call, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "");
	call.arg_count = 1;
	ft_call_args(&call, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "0x0");
	call.arg_count = FT_CALL_ARGS_MAX;
	ft_call_args(&call, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "0x0,0x1,0xffffffffffffffff,0xabc,0xffffffffffffffff,"
				     "0xffffffffffffffff");
	for (size_t size = 1; size < 30; size++) {
		memset(text, 'x', sizeof(text));
		ft_call_args(&call, text, size);
		CU_ASSERT_EQUAL(strlen(text), size - 1);
		CU_ASSERT_EQUAL(text[size], 'x');
	}
}

static void test_call_retval_is_decimal_for_error_numbers(void)
{
	static const struct {
		int64_t value;
		const char *text;
	} cases[] = {
		{ 0, "0x0" },
		{ 5, "0x5" },
		{ -1, "-1" },
		{ -4095, "-4095" },
		{ -4096, "0xfffffffffffff000" },
		{ INT64_MIN, "0x8000000000000000" },
		/* an int in a register of 64 bits */
		{ 0xfffffffe, "-2" },
		{ 0xfffff000, "0xfffff000" },
		{ 0x1fffffffe, "0x1fffffffe" },
	};
	char text[32];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ft_call_retval(&(struct ft_call){ .retval = cases[i].value }, text, sizeof(text));
		CU_ASSERT_STRING_EQUAL(text, cases[i].text);
	}
}

UNIT_SUITE("call",
	UNIT_TEST(test_call_name_tells_where_the_function_is),
	UNIT_TEST(test_call_args_are_a_list),
	UNIT_TEST(test_call_retval_is_decimal_for_error_numbers));
