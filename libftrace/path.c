/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/path.h"
#include "ftrace/task.h"

/* What a link of /proc/TID names; false: the task or its file is gone, or it is no file. */
static bool read_link(int tid, const char *what, char *buf, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", tid, what);
	n = readlink(path, buf, size);
	if (n <= 0 || (size_t)n >= size || *buf != '/')
		return false;
	buf[n] = 0;
	return true;
}

/* "/a/./b//c" is "/a/b/c": what is left out names nothing. */
static void shorten(char *path)
{
	char *to = path;

	for (const char *p = path; *p; ) {
		if (p[0] == '/' && (p[1] == '/' || !p[1]) && (p[1] || to > path))
			p++;
		else if (p[0] == '/' && p[1] == '.' && (p[2] == '/' || !p[2]))
			p += 2;
		else
			*to++ = *p++;
	}
	if (to == path)
		*to++ = '/';
	*to = 0;
}

static bool join(const char *dir, const char *name, char *buf, size_t size)
{
	const char *between = dir[1] && *name != '/' ? "/" : "";

	if (!dir[1] && *name == '/')
		dir = "";
	return (size_t)snprintf(buf, size, "%s%s%s", dir, between, name) < size;
}

enum ft_path ft_path_full(int tid, int dirfd, const char *name, int fd, char *buf, size_t size)
{
	char dir[PATH_MAX], file[PATH_MAX], link[32] = "cwd";
	const bool absolute = *name == '/';

	snprintf(buf, size, "%s", name);
	if (!*name || !ft_task_initial_namespace())
		return absolute ? FT_PATH_LIKELY : FT_PATH_UNKNOWN;
	if (dirfd != AT_FDCWD)
		snprintf(link, sizeof(link), "fd/%d", dirfd);
	/* A task in another root (chroot) begins there. */
	if (absolute && !read_link(tid, "root", dir, sizeof(dir)))
		return FT_PATH_LIKELY;
	if (!absolute && !read_link(tid, link, dir, sizeof(dir)))
		return FT_PATH_UNKNOWN;
	if (absolute && !dir[1])
		return FT_PATH_SURE;
	if (!join(dir, name, buf, size)) {
		snprintf(buf, size, "%s", name);
		return FT_PATH_UNKNOWN;
	}
	shorten(buf);
	snprintf(link, sizeof(link), "fd/%d", fd);
	if (fd < 0 || !read_link(tid, link, file, sizeof(file)))
		return FT_PATH_LIKELY;
	return strcmp(file, buf) ? FT_PATH_LIKELY : FT_PATH_SURE;
}
