/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and numbers of block devices, in a small tree laid out like sysfs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ftrace/disk.h"
#include "unit.h"

static char sys[] = "/tmp/unit-disk-XXXXXX";

static void run(const char *command)
{
	CU_ASSERT_EQUAL_FATAL(system(command), 0);
}

/* sda with a partition, a disk with a slash in its name, dm-0 called home, one disk of a kernel
 * with other queues, and what no disk is. */
static void make_tree(void)
{
	static const char script[] =
		"cd %s && mkdir -p class/block dev/block"
		" devices/pci/block/sda/sda1 devices/pci/block/sda/mq devices/pci/block/sda/queue"
		" devices/old/block/sdb/queue devices/cciss/block/cciss!c0d0/mq"
		" devices/virtual/block/dm-0/dm devices/virtual/block/hidden"
		" devices/virtual/block/bad &&"
		" echo 8:0 >devices/pci/block/sda/dev &&"
		" echo none >devices/pci/block/sda/queue/scheduler &&"
		" echo 8:1 >devices/pci/block/sda/sda1/dev &&"
		" echo 1 >devices/pci/block/sda/sda1/partition &&"
		" echo 8:16 >devices/old/block/sdb/dev &&"
		" echo 'noop [cfq]' >devices/old/block/sdb/queue/scheduler &&"
		" echo 104:0 >'devices/cciss/block/cciss!c0d0/dev' &&"
		" echo 253:1048575 >devices/virtual/block/dm-0/dev &&"
		" echo home >devices/virtual/block/dm-0/dm/name &&"
		" echo 8:99999999999999999999 >devices/virtual/block/bad/dev &&"
		" for d in devices/*/block/* devices/pci/block/sda/sda1; do"
		"  ln -s ../../$d class/block/;"
		"  [ ! -e $d/dev ] || ln -s ../../$d dev/block/$(cat $d/dev); done";
	char command[2048];

	if (!strstr(sys, "XXXXXX"))
		return;
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(sys));
	snprintf(command, sizeof(command), script, sys);
	run(command);
}

static void finds(const char *text, const char *name, uint32_t dev, bool partition, bool bio_only)
{
	char why[FT_DISK_WHY] = "";
	struct ft_disk d;

	CU_ASSERT_EQUAL_FATAL(ft_disk_find(&d, sys, text, why), 0);
	CU_ASSERT_STRING_EQUAL(d.name, name);
	CU_ASSERT_EQUAL(d.dev, dev);
	CU_ASSERT_EQUAL(d.partition, partition);
	CU_ASSERT_EQUAL(d.bio_only, bio_only);
}

static void refuses(const char *text, int err, const char *reason)
{
	char why[FT_DISK_WHY] = "";
	struct ft_disk d;

	CU_ASSERT_EQUAL(ft_disk_find(&d, sys, text, why), err);
	CU_ASSERT_STRING_EQUAL(why, reason);
}

static void test_disk_number_has_twenty_bits_of_minor(void)
{
	char text[FT_DISK_NUMBER];

	CU_ASSERT_EQUAL(ft_disk_dev(254, 3), 254u << 20 | 3);
	CU_ASSERT_EQUAL(ft_disk_major(0xffffffff), 4095);
	CU_ASSERT_EQUAL(ft_disk_minor(0xffffffff), 1048575);
	CU_ASSERT_STRING_EQUAL(ft_disk_number(0xffffffff, text), "4095,1048575");
}

static void test_disk_by_name_or_number(void)
{
	make_tree();
	finds("sda", "sda", ft_disk_dev(8, 0), false, false);
	finds("8,0", "sda", ft_disk_dev(8, 0), false, false);
	finds("8:0", "sda", ft_disk_dev(8, 0), false, false);
	finds("sdb", "sdb", ft_disk_dev(8, 16), false, false);
	finds("cciss/c0d0", "cciss!c0d0", ft_disk_dev(104, 0), false, false);
}

static void test_disk_of_a_partition_is_the_whole(void)
{
	make_tree();
	finds("sda1", "sda", ft_disk_dev(8, 0), true, false);
	finds("8,1", "sda", ft_disk_dev(8, 0), true, false);
}

static void test_disk_of_device_mapper(void)
{
	make_tree();
	finds("dm-0", "dm-0", ft_disk_dev(253, 1048575), false, true);
	finds("home", "dm-0", ft_disk_dev(253, 1048575), false, true);
	finds("253,1048575", "dm-0", ft_disk_dev(253, 1048575), false, true);
}

static void test_disk_that_has_gone_keeps_its_number(void)
{
	make_tree();
	finds("9,7", "9,7", ft_disk_dev(9, 7), false, false);
}

static void test_disk_that_is_none(void)
{
	make_tree();
	refuses("sdaa", -ENODEV, "no such block device (did you mean 'sda'?)");
	refuses("tape", -ENODEV, "no such block device");
	refuses("hidden", -ENODEV, "it has no device number");
	refuses("bad", -ENODEV, "it has no device number");
	refuses("..", -ENODEV, "no such block device");
	refuses("../../etc", -ENODEV, "no such block device");
	refuses("", -EINVAL, "not a device's name or MAJOR,MINOR");
	refuses("8", -EINVAL, "not a device's name or MAJOR,MINOR");
	refuses("8,", -EINVAL, "not a device's name or MAJOR,MINOR");
	refuses("8,-1", -EINVAL, "not a device's name or MAJOR,MINOR");
	refuses("4096,0", -EINVAL, "not a device's name or MAJOR,MINOR");
	refuses("0,1048576", -EINVAL, "not a device's name or MAJOR,MINOR");
	refuses("sd,a", -EINVAL, "not a device's name or MAJOR,MINOR");
	refuses("/dev/null", -EINVAL, "not a block device");
	refuses("/nonexistent", -ENODEV, "No such file or directory");
}

static void test_disk_name_longer_than_any(void)
{
	char text[5000];

	make_tree();
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	refuses(text, -ENODEV, "no such block device");
}

static int count_disk(void *arg, const struct ft_disk *disk)
{
	unsigned int *seen = arg;

	CU_ASSERT_FALSE(disk->partition);
	seen[0]++;
	seen[1] += disk->bio_only;
	return 0;
}

static int stop(void *arg, const struct ft_disk *disk)
{
	(void)disk;
	*(int *)arg += 1;
	return 7;
}

static void test_disk_each_whole_one(void)
{
	unsigned int seen[2] = { 0 };
	int calls = 0;

	make_tree();
	CU_ASSERT_EQUAL(ft_disk_each(sys, count_disk, seen), 0);
	CU_ASSERT_EQUAL(seen[0], 4);
	CU_ASSERT_EQUAL(seen[1], 1);
	CU_ASSERT_EQUAL(ft_disk_each(sys, stop, &calls), 7);
	CU_ASSERT_EQUAL(calls, 1);
	CU_ASSERT_EQUAL(ft_disk_each("/nonexistent", stop, &calls), -ENOENT);
}

static void test_disks_are_named(void)
{
	struct ft_disks *d;

	make_tree();
	CU_ASSERT_EQUAL_FATAL(ft_disks_new(&d, sys), 0);
	CU_ASSERT_STRING_EQUAL(ft_disks_name(d, ft_disk_dev(8, 0)), "sda");
	CU_ASSERT_STRING_EQUAL(ft_disks_name(d, ft_disk_dev(253, 1048575)), "dm-0");
	CU_ASSERT_STRING_EQUAL(ft_disks_name(d, ft_disk_dev(8, 0)), "sda");
	CU_ASSERT_STRING_EQUAL(ft_disks_name(d, ft_disk_dev(8, 1)), "sda1");
	CU_ASSERT_STRING_EQUAL(ft_disks_name(d, ft_disk_dev(9, 7)), "9,7");
	for (uint32_t i = 0; i < 5000; i++) {
		char number[FT_DISK_NUMBER];

		CU_ASSERT_STRING_EQUAL(ft_disks_name(d, ft_disk_dev(200, i)),
				       ft_disk_number(ft_disk_dev(200, i), number));
	}
	CU_ASSERT_STRING_EQUAL(ft_disks_name(d, ft_disk_dev(8, 0)), "sda");
	ft_disks_free(d);
	ft_disks_free(NULL);
}

/* A name is asked for once: the device may have gone when its last I/O is shown. */
static void test_disks_remember_a_name(void)
{
	char command[256];
	struct ft_disks *d;

	make_tree();
	CU_ASSERT_EQUAL_FATAL(ft_disks_new(&d, sys), 0);
	CU_ASSERT_STRING_EQUAL(ft_disks_name(d, ft_disk_dev(8, 16)), "sdb");
	snprintf(command, sizeof(command), "rm -r %s", sys);
	run(command);
	CU_ASSERT_STRING_EQUAL(ft_disks_name(d, ft_disk_dev(8, 16)), "sdb");
	CU_ASSERT_STRING_EQUAL(ft_disks_name(d, ft_disk_dev(8, 0)), "8,0");
	ft_disks_free(d);
	strcpy(sys + strlen(sys) - 6, "XXXXXX");
}

UNIT_SUITE("disk",
	   UNIT_TEST(test_disk_number_has_twenty_bits_of_minor),
	   UNIT_TEST(test_disk_by_name_or_number),
	   UNIT_TEST(test_disk_of_a_partition_is_the_whole),
	   UNIT_TEST(test_disk_of_device_mapper),
	   UNIT_TEST(test_disk_that_has_gone_keeps_its_number),
	   UNIT_TEST(test_disk_that_is_none),
	   UNIT_TEST(test_disk_name_longer_than_any),
	   UNIT_TEST(test_disk_each_whole_one),
	   UNIT_TEST(test_disks_are_named),
	   UNIT_TEST(test_disks_remember_a_name));
