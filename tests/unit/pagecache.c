/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What events of the page cache add up to, and files by their numbers. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ftrace/disk.h"
#include "ftrace/pagecache.h"
#include "pagecache-model.h"
#include "unit.h"

#define TID 100
#define CPU 0

static const struct fti_file a = { .ino = 12, .dev = 254 << 20 };
static const struct fti_file b = { .ino = 13, .dev = 254 << 20 };

static struct fti_pages *new_pages(bool exact)
{
	struct fti_pages *p = NULL;

	CU_ASSERT_EQUAL_FATAL(fti_pages_new(&p, exact, true), 0);
	return p;
}

static void add(struct fti_pages *p, uint64_t first, uint64_t last)
{
	for (uint64_t i = first; i <= last; i++)
		fti_pages_add(p, TID, CPU, &a, i, 0);
}

static void read_a(struct fti_pages *p, uint64_t first, uint64_t last)
{
	fti_pages_read(p, TID, CPU, &a, first, last, false);
}

static void check(struct fti_pages *p, uint64_t hits, uint64_t misses)
{
	const struct fti_pages_sums *s = fti_pages_settle(p);

	CU_ASSERT_EQUAL(s->hits, hits);
	CU_ASSERT_EQUAL(s->misses, misses);
}

static void test_pagecache_first_read_misses_and_the_next_hits(void)
{
	struct fti_pages *p = new_pages(true);

	read_a(p, 0, 3);
	add(p, 0, 3);
	check(p, 0, 4);
	read_a(p, 0, 3);
	check(p, 4, 4);
	CU_ASSERT_EQUAL(ft_count_get(fti_pages_file_misses(p), a.dev, a.ino), 4);
	CU_ASSERT_EQUAL(ft_count_get(fti_pages_file_hits(p), a.dev, a.ino), 4);
	fti_pages_free(p);
}

static void test_pagecache_what_is_read_ahead_is_missed_when_it_is_read(void)
{
	struct fti_pages *p = new_pages(true);

	read_a(p, 0, 0);
	add(p, 0, 31);
	check(p, 0, 1);
	CU_ASSERT_EQUAL(fti_pages_settle(p)->added, 32);
	read_a(p, 1, 2);
	check(p, 0, 3);
	read_a(p, 2, 3);
	check(p, 1, 4);
	fti_pages_free(p);
}

/* As the kernel takes it in parts, with additions of the second under way. */
static void test_pagecache_parts_of_a_read_are_one(void)
{
	struct fti_pages *p = new_pages(true);

	add(p, 0, 15);
	read_a(p, 0, 31);
	read_a(p, 16, 31);
	add(p, 16, 31);
	check(p, 0, 32);
	/* the same again, and all of it is a read of its own */
	read_a(p, 0, 31);
	read_a(p, 16, 31);
	read_a(p, 0, 31);
	check(p, 64, 32);
	fti_pages_free(p);
}

static void test_pagecache_a_read_goes_on_after_a_summary(void)
{
	struct fti_pages *p = new_pages(true);

	read_a(p, 0, 31);
	check(p, 32, 0);
	read_a(p, 16, 31);
	check(p, 32, 0);
	fti_pages_free(p);
}

static void test_pagecache_small_reads_of_a_page_are_one(void)
{
	struct fti_pages *p = new_pages(true);

	for (int i = 0; i < 4; i++)
		fti_pages_read(p, TID, CPU, &a, 7, 7, i > 0);
	check(p, 1, 0);
	fti_pages_read(p, TID, CPU, &a, 7, 8, true);
	check(p, 2, 0);
	/* another thread's, and another file's, are others */
	fti_pages_read(p, TID + 1, CPU, &a, 8, 8, true);
	fti_pages_read(p, TID, CPU, &b, 8, 8, true);
	check(p, 4, 0);
	fti_pages_free(p);
}

static void test_pagecache_what_is_added_for_a_write_is_no_miss(void)
{
	for (int exact = 0; exact < 2; exact++) {
		struct fti_pages *p = new_pages(exact);

		for (uint64_t i = 0; i < 10; i++) {
			add(p, i, i);
			fti_pages_dirty(p, TID, a.ino, i);
		}
		/* dirtied anew, or by somebody else */
		fti_pages_dirty(p, TID, a.ino, 3);
		add(p, 20, 20);
		fti_pages_dirty(p, TID + 1, a.ino, 20);
		if (exact)
			read_a(p, 0, 20);
		check(p, exact ? 20 : 0, 1);
		CU_ASSERT_EQUAL(fti_pages_settle(p)->dirties, 12);
		CU_ASSERT_EQUAL(fti_pages_settle(p)->added, 11);
		CU_ASSERT_EQUAL(fti_pages_settle(p)->written, 10);
		fti_pages_free(p);
	}
}

static void test_pagecache_folios_have_their_pages(void)
{
	struct fti_pages *p = new_pages(true);

	fti_pages_add(p, TID, CPU, &a, 32, 4);
	read_a(p, 30, 49);
	check(p, 4, 16);
	CU_ASSERT_TRUE(fti_pages_settle(p)->large);
	fti_pages_free(p);
	p = new_pages(false);
	fti_pages_add(p, TID, CPU, &a, 32, 4);
	check(p, 0, 1);
	CU_ASSERT_EQUAL(fti_pages_settle(p)->added, 16);
	fti_pages_add(p, TID, CPU, &a, 0, 200);
	check(p, 0, 2);
	CU_ASSERT_EQUAL(fti_pages_settle(p)->added, 17);
	fti_pages_free(p);
}

static void test_pagecache_a_fault_is_one_access(void)
{
	struct fti_pages *p = new_pages(true);

	fti_pages_map(p, TID, CPU, &a, 0, 15);
	check(p, 1, 0);
	/* not mapped: the fault itself, tried again after it has waited */
	fti_pages_map(p, TID, CPU, &a, 16, 31);
	fti_pages_fault(p, TID, CPU, &a, 20);
	add(p, 16, 31);
	fti_pages_fault(p, TID, CPU, &a, 20);
	check(p, 1, 1);
	/* of another page */
	fti_pages_map(p, TID, CPU, &a, 16, 31);
	fti_pages_fault(p, TID, CPU, &a, 40);
	check(p, 3, 1);
	fti_pages_free(p);
}

static void test_pagecache_what_was_open_at_a_loss_is_forgotten(void)
{
	struct fti_pages *p = new_pages(true);

	read_a(p, 0, 9);
	fti_pages_read(p, TID + 1, CPU + 1, &b, 0, 4, false);
	fti_pages_lost(p, CPU);
	check(p, 5, 0);
	add(p, 0, 0);
	fti_pages_lost(p, CPU);
	fti_pages_dirty(p, TID, a.ino, 0);
	CU_ASSERT_EQUAL(fti_pages_settle(p)->written, 0);
	fti_pages_free(p);
}

static void test_pagecache_takes_any_numbers(void)
{
	struct fti_pages *p = new_pages(true);
	uint64_t seed = 88172645463325252ULL;

	read_a(p, 5, 2);
	check(p, 0, 0);
	read_a(p, 0, UINT64_MAX);
	read_a(p, UINT64_MAX, UINT64_MAX);
	check(p, 1 << 19, 0);
	for (int i = 0; i < 200000; i++) {
		struct fti_file file;
		int tid, cpu;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		file = (struct fti_file){ .ino = seed & 3, .dev = seed >> 40 & 1 };
		tid = (int)(seed >> 8) * (i & 1) % 9000;
		cpu = seed >> 60;
		switch (seed % 7) {
		case 0:
			fti_pages_add(p, tid, cpu, &file, seed >> 13, seed >> 50 & 7);
			break;
		case 1:
			fti_pages_dirty(p, tid, file.ino, seed >> 13);
			break;
		case 2:
			fti_pages_read(p, tid, cpu, &file, seed >> 20 & 255, seed >> 30 & 255,
				       seed & 16);
			break;
		case 3:
			fti_pages_fault(p, tid, cpu, &file, seed >> 13 & 255);
			break;
		case 4:
			fti_pages_map(p, tid, cpu, &file, seed >> 13 & 255, seed >> 21 & 255);
			break;
		case 5:
			fti_pages_lost(p, i & 4095 ? -1 : cpu);
			break;
		default:
			fti_pages_add(p, tid, cpu, &file, seed >> 13 & 255, 0);
		}
	}
	CU_ASSERT_TRUE(fti_pages_settle(p)->misses <= fti_pages_settle(p)->added);
	fti_pages_free(p);
}

/* More than are remembered: the newest are, and no room is asked for. */
static void test_pagecache_remembers_the_newest_of_too_many(void)
{
	struct fti_pages *p = new_pages(true);
	uint64_t misses;

	add(p, 0, 2 * FTI_PAGES_AHEAD - 1);
	fti_pages_settle(p);
	read_a(p, 2 * FTI_PAGES_AHEAD - 1000, 2 * FTI_PAGES_AHEAD - 1);
	misses = fti_pages_settle(p)->misses;
	CU_ASSERT_TRUE(misses > 990);
	read_a(p, 0, 999);
	CU_ASSERT_TRUE(fti_pages_settle(p)->misses - misses < 500);
	fti_pages_free(p);
}

static void test_pagecache_methods_have_names(void)
{
	CU_ASSERT_EQUAL(ft_pagecache_method("reads"), FT_PAGECACHE_READS);
	CU_ASSERT_EQUAL(ft_pagecache_method("tracepoints"), FT_PAGECACHE_TRACEPOINTS);
	CU_ASSERT_EQUAL(ft_pagecache_method("read"), -EINVAL);
	CU_ASSERT_EQUAL(ft_pagecache_method(""), -EINVAL);
}

static void test_pagecache_path_is_of_that_file_or_none(void)
{
	char name[] = "/tmp/unit-pagecache-XXXXXX", path[256] = "";
	int fd = mkstemp(name), err;
	struct stat st;

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL_FATAL(fstat(fd, &st), 0);
	err = ft_pagecache_path(ft_disk_dev(major(st.st_dev), minor(st.st_dev)), st.st_ino, path,
				sizeof(path));
	CU_ASSERT_TRUE(err == -ENOENT || !strcmp(path, name) || strstr(path, name + 4));
	CU_ASSERT_EQUAL(ft_pagecache_path(ft_disk_dev(4000, 9), st.st_ino, path, sizeof(path)),
			-ENOENT);
	CU_ASSERT_EQUAL(ft_pagecache_path(ft_disk_dev(major(st.st_dev), minor(st.st_dev)),
					  UINT64_MAX, path, sizeof(path)), -ENOENT);
	close(fd);
	unlink(name);
}

UNIT_SUITE("pagecache",
	   UNIT_TEST(test_pagecache_first_read_misses_and_the_next_hits),
	   UNIT_TEST(test_pagecache_what_is_read_ahead_is_missed_when_it_is_read),
	   UNIT_TEST(test_pagecache_parts_of_a_read_are_one),
	   UNIT_TEST(test_pagecache_a_read_goes_on_after_a_summary),
	   UNIT_TEST(test_pagecache_small_reads_of_a_page_are_one),
	   UNIT_TEST(test_pagecache_what_is_added_for_a_write_is_no_miss),
	   UNIT_TEST(test_pagecache_folios_have_their_pages),
	   UNIT_TEST(test_pagecache_a_fault_is_one_access),
	   UNIT_TEST(test_pagecache_what_was_open_at_a_loss_is_forgotten),
	   UNIT_TEST(test_pagecache_takes_any_numbers),
	   UNIT_TEST(test_pagecache_remembers_the_newest_of_too_many),
	   UNIT_TEST(test_pagecache_methods_have_names),
	   UNIT_TEST(test_pagecache_path_is_of_that_file_or_none));
