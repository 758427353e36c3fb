/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the suite of one test file through CUnit and prints TAP; exit 1 when a test failed. */
#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static const char *skipped;

void unit_skip(const char *reason)
{
	skipped = reason;
}

char *unit_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *buf = NULL;
	size_t size = 0, n;

	CU_ASSERT_PTR_NOT_NULL(f);
	if (!f) {
		fprintf(stderr, "# cannot open %s\n", path);
		return NULL;
	}
	do {
		char *more = realloc(buf, size + 65536 + 1);

		if (!more)
			abort();
		buf = more;
		n = fread(buf + size, 1, 65536, f);
		size += n;
	} while (n == 65536);
	buf[size] = 0;
	fclose(f);
	if (len)
		*len = size;
	return buf;
}

static void print_failures(void)
{
	for (CU_pFailureRecord r = CU_get_failure_list(); r; r = r->pNext)
		printf("# %s:%u: %s\n", r->strFileName, r->uiLineNumber, r->strCondition);
}

/* One CUnit run a test, so that its own failures stand beside its line. */
static int run_one(CU_pSuite suite, const struct unit_test *t, unsigned int number)
{
	CU_pTest test = CU_add_test(suite, t->name, t->fn);
	int failed;

	skipped = NULL;
	if (!test || CU_run_test(suite, test) != CUE_SUCCESS) {
		printf("not ok %u - %s: %s (%s)\n", number, unit_suite, t->name, CU_get_error_msg());
		return 1;
	}
	failed = CU_get_number_of_failures() != 0;
	print_failures();
	printf("%s %u - %s: %s%s%s\n", failed ? "not ok" : "ok", number, unit_suite, t->name,
	       skipped && !failed ? " # SKIP " : "", skipped && !failed ? skipped : "");
	fflush(stdout);
	return failed;
}

int main(int argc, char **argv)
{
	unsigned int number = 0;
	int failures = 0;
	CU_pSuite suite;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	suite = CU_add_suite(unit_suite, NULL, NULL);
	if (!suite)
		return 1;
	for (const struct unit_test *t = unit_tests; t->name; t++) {
		if (argc > 1 && !strstr(t->name, argv[1]))
			continue;
		failures += run_one(suite, t, ++number);
	}
	printf("1..%u\n", number);
	CU_cleanup_registry();
	return failures || !number;
}
