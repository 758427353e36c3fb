/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arguments as text: what a shell makes of it is what went in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/exec.h"
#include "unit.h"

static const char args[] = "prog\0\0two words\0a'b\0back\\slash\0$HOME `id` \"x\"\0caf\xc3\xa9";

static void test_exec_text_is_the_arguments(void)
{
	char buf[256];
	size_t n = ft_exec_text(buf, sizeof(buf), "a\0b c\0", 6, 9, false, false);

	CU_ASSERT_STRING_EQUAL(buf, "a b c");
	CU_ASSERT_EQUAL(n, 5);
}

static void test_exec_text_says_what_is_cut(void)
{
	char buf[256];

	ft_exec_text(buf, sizeof(buf), "a\0b\0c\0", 6, 2, false, false);
	CU_ASSERT_STRING_EQUAL(buf, "a b ...");
	ft_exec_text(buf, sizeof(buf), "a\0b\0c\0", 6, 9, true, false);
	CU_ASSERT_STRING_EQUAL(buf, "a b c ...");
	ft_exec_text(buf, sizeof(buf), "a\0b\0c\0", 6, 3, false, false);
	CU_ASSERT_STRING_EQUAL(buf, "a b c");
	ft_exec_text(buf, sizeof(buf), "", 0, 3, true, false);
	CU_ASSERT_STRING_EQUAL(buf, "...");
}

/* Whatever room there is: whole arguments, and within it. */
static void test_exec_text_fits_any_room(void)
{
	char buf[128];

	for (size_t size = 0; size < sizeof(buf); size++) {
		size_t n;

		memset(buf, 'x', sizeof(buf));
		n = ft_exec_text(buf, size, args, sizeof(args), SIZE_MAX, false, size & 1);
		CU_ASSERT(!size || n < size);
		CU_ASSERT(!size || (buf[n] == 0 && strlen(buf) == n));
		CU_ASSERT(size >= sizeof(buf) || buf[size] == 'x');
	}
}

/* bash prints what it got, each with its NUL. */
static void round_trip(const char *in, size_t len)
{
	char text[4096], command[8192], back[4096];
	size_t n, quoted = ft_exec_text(text, sizeof(text), in, len, SIZE_MAX, false, true);
	FILE *f;

	for (size_t i = 0; i < quoted; i++)
		CU_ASSERT(((unsigned char)text[i] >= ' ' && text[i] != 0x7f));
	snprintf(command, sizeof(command), "printf '%%s\\0' %s", text);
	setenv("EXEC_TEST", command, 1);
	f = popen("LC_ALL=C bash -c \"$EXEC_TEST\"", "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n = fread(back, 1, sizeof(back), f);
	CU_ASSERT_EQUAL(pclose(f), 0);
	CU_ASSERT_EQUAL(n, len);
	CU_ASSERT(n == len && !memcmp(in, back, len));
}

static void test_exec_quoted_is_read_by_a_shell(void)
{
	char all[2 * 255];

	if (access("/bin/bash", X_OK))
		unit_skip("no bash here");
	round_trip(args, sizeof(args));
	/* every byte, alone and before a digit */
	for (int c = 1; c < 256; c++) {
		all[2 * (c - 1)] = (char)c;
		all[2 * (c - 1) + 1] = '7';
	}
	all[sizeof(all) - 1] = 0;
	round_trip(all, sizeof(all));
	for (size_t i = 1; i < sizeof(all); i += 2)
		all[i] = 0;
	round_trip(all, sizeof(all));
}

static void test_exec_json_is_an_array(void)
{
	char buf[256];
	size_t n = ft_exec_json(buf, sizeof(buf), "a\"b\0\0c\n", 7, 9);

	CU_ASSERT_EQUAL(n, strlen("[\"a\\\"b\",\"\",\"c\\n\"]"));
	CU_ASSERT(!memcmp(buf, "[\"a\\\"b\",\"\",\"c\\n\"]", n));
	n = ft_exec_json(buf, sizeof(buf), "a\0b\0", 4, 1);
	CU_ASSERT(n == 5 && !memcmp(buf, "[\"a\"]", 5));
	for (size_t size = 0; size < 40; size++) {
		memset(buf, 'x', sizeof(buf));
		n = ft_exec_json(buf, size, args, sizeof(args), 9);
		CU_ASSERT(n <= size && buf[size] == 'x');
	}
}

UNIT_SUITE("exec",
	UNIT_TEST(test_exec_text_is_the_arguments),
	UNIT_TEST(test_exec_text_says_what_is_cut),
	UNIT_TEST(test_exec_text_fits_any_room),
	UNIT_TEST(test_exec_quoted_is_read_by_a_shell),
	UNIT_TEST(test_exec_json_is_an_array));
