/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unit: one CUnit suite a file, run as TAP.
 *
 * A test file includes this, writes `static void test_x(void)` functions with CU_ASSERT..., and
 * ends with UNIT_SUITE("module", { "name", test_x }, ...).  main() is in unit.c and returns 1 when
 * a test failed.  Tests run from the top of the source tree; UNIT_DATA is tests/data.
 */
#ifndef UNIT_H
#define UNIT_H

#include <CUnit/CUnit.h>
#include <stddef.h>

#define UNIT_DATA "tests/data"

struct unit_test {
	const char *name;
	void (*fn)(void);
};

extern const char *const unit_suite;
extern const struct unit_test unit_tests[];

/* Leave the running test as skipped; the reason is printed and counted. */
void unit_skip(const char *reason);

/* The whole of a file, malloc()ed, NUL after its end; fails the test and returns NULL else. */
char *unit_read(const char *path, size_t *len);

#define UNIT_TEST(fn) { #fn, fn }
#define UNIT_SUITE(name, ...)						\
	const char *const unit_suite = name;				\
	const struct unit_test unit_tests[] = { __VA_ARGS__, { NULL, NULL } }

#endif
