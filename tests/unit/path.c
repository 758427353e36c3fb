/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of files made whole, by what /proc tells of this process; names of signals. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ftrace/path.h"
#include "ftrace/signal.h"
#include "ftrace/task.h"
#include "unit.h"

static char path[PATH_MAX];

static enum ft_path full(int dirfd, const char *name, int fd)
{
	return ft_path_full(getpid(), dirfd, name, fd, path, sizeof(path));
}

static void test_path_full_says_what_is_certain(void)
{
	char dir[] = "/tmp/ftrace-path-XXXXXX", file[64], was[PATH_MAX];
	int fd, dirfd;

	if (!ft_task_initial_namespace()) {
		unit_skip("inside a PID namespace");
		return;
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(was, sizeof(was)));
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	CU_ASSERT_EQUAL_FATAL(chdir(dir), 0);
	snprintf(file, sizeof(file), "%s/f", dir);
	fd = open("f", O_CREAT | O_RDONLY | O_CLOEXEC, 0600);
	dirfd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_FATAL(fd >= 0 && dirfd >= 0);

	CU_ASSERT_EQUAL(full(AT_FDCWD, "/etc//passwd", -2), FT_PATH_SURE);
	CU_ASSERT_STRING_EQUAL(path, "/etc//passwd");
	CU_ASSERT_EQUAL(full(AT_FDCWD, "f", fd), FT_PATH_SURE);
	CU_ASSERT_STRING_EQUAL(path, file);
	CU_ASSERT_EQUAL(full(AT_FDCWD, ".//./f", fd), FT_PATH_SURE);
	CU_ASSERT_STRING_EQUAL(path, file);
	CU_ASSERT_EQUAL(full(AT_FDCWD, "f", -2), FT_PATH_LIKELY);
	CU_ASSERT_STRING_EQUAL(path, file);
	CU_ASSERT_EQUAL(full(AT_FDCWD, "g", fd), FT_PATH_LIKELY);
	CU_ASSERT_EQUAL(full(dirfd, dir + strlen("/tmp/"), -2), FT_PATH_LIKELY);
	CU_ASSERT_STRING_EQUAL(path, dir);
	CU_ASSERT_EQUAL(full(dirfd, ".", dirfd), FT_PATH_SURE);
	CU_ASSERT_STRING_EQUAL(path, "/tmp");
	unlink("f");
	CU_ASSERT_EQUAL(full(AT_FDCWD, "f", fd), FT_PATH_LIKELY);
	rmdir(dir);
	close(fd);
	close(dirfd);
	CU_ASSERT_EQUAL(chdir(was), 0);
}

static void test_path_full_of_what_is_not_there(void)
{
	char small[8];

	CU_ASSERT_EQUAL(full(9999, "name", -2), FT_PATH_UNKNOWN);
	CU_ASSERT_STRING_EQUAL(path, "name");
	CU_ASSERT_EQUAL(full(AT_FDCWD, "", -2), FT_PATH_UNKNOWN);
	CU_ASSERT_STRING_EQUAL(path, "");
	CU_ASSERT_EQUAL(ft_path_full(4194303, AT_FDCWD, "name", 3, path, sizeof(path)),
			FT_PATH_UNKNOWN);
	CU_ASSERT_STRING_EQUAL(path, "name");
	CU_ASSERT_EQUAL(ft_path_full(4194303, AT_FDCWD, "/name", 3, path, sizeof(path)),
			FT_PATH_LIKELY);
	CU_ASSERT_STRING_EQUAL(path, "/name");
	CU_ASSERT_EQUAL(ft_path_full(getpid(), AT_FDCWD, "some-name", 3, small, sizeof(small)),
			FT_PATH_UNKNOWN);
	CU_ASSERT_STRING_EQUAL(small, "some-na");
}

static void test_signal_names(void)
{
	char name[FT_SIGNAL_NAME_SIZE];

	CU_ASSERT_STRING_EQUAL(ft_signal_name(SIGTERM, name), "SIGTERM");
	CU_ASSERT_STRING_EQUAL(ft_signal_name(31, name), "SIGSYS");
	CU_ASSERT_STRING_EQUAL(ft_signal_name(32, name), "32");
	CU_ASSERT_STRING_EQUAL(ft_signal_name(34, name), "SIGRTMIN");
	CU_ASSERT_STRING_EQUAL(ft_signal_name(64, name), "SIGRTMIN+30");
	CU_ASSERT_STRING_EQUAL(ft_signal_name(65, name), "65");
	CU_ASSERT_STRING_EQUAL(ft_signal_name(0, name), "0");
	CU_ASSERT_STRING_EQUAL(ft_signal_name(-1, name), "-1");
	CU_ASSERT_STRING_EQUAL(ft_signal_result(0), "delivered");
	CU_ASSERT_STRING_EQUAL(ft_signal_result(4), "no info");
	CU_ASSERT_STRING_EQUAL(ft_signal_result(5), "?");
	CU_ASSERT_STRING_EQUAL(ft_signal_result(-1), "?");
}

UNIT_SUITE("path", UNIT_TEST(test_path_full_says_what_is_certain),
	   UNIT_TEST(test_path_full_of_what_is_not_there), UNIT_TEST(test_signal_names));
