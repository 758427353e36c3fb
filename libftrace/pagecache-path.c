/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file's path by its number, as an NFS server would look for it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ftrace/disk.h"
#include "ftrace/pagecache.h"

/* FILEID_INO32_GEN of the kernel's exportfs.h: number and generation. */
#define HANDLE_INO32_GEN 1

struct handle {
	struct file_handle head;
	uint32_t ino, generation;
};

/* As mountinfo writes it: blanks and backslashes in octal. */
static void unescape(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/* Where the device is mounted, a descriptor of it; a mount of a part of it will do. */
static int open_mount(uint32_t dev)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, where[PATH_MAX];
	unsigned int major, minor;
	size_t room = 0;
	int fd = -ENOENT;

	while (f && fd < 0 && getline(&line, &room, f) > 0) {
		if (sscanf(line, "%*d %*d %u:%u %*s %4095s", &major, &minor, where) != 3 ||
		    ft_disk_dev(major, minor) != dev)
			continue;
		unescape(where);
		fd = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
		fd = fd < 0 ? -errno : fd;
	}
	free(line);
	if (f)
		fclose(f);
	return fd;
}

/* ext4, among others, takes generation 0 for any.  Nothing is opened but the name. */
static int open_file(int mount, uint64_t ino)
{
	struct handle h = {
		.head = { .handle_bytes = sizeof(h) - sizeof(h.head),
			  .handle_type = HANDLE_INO32_GEN },
		.ino = (uint32_t)ino,
	};

	return ino > UINT32_MAX ? -1 : open_by_handle_at(mount, &h.head, O_PATH | O_CLOEXEC);
}

static bool is_file(int fd, uint32_t dev, uint64_t ino)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_ino == ino && S_ISREG(st.st_mode) &&
	       ft_disk_dev(major(st.st_dev), minor(st.st_dev)) == dev;
}

int ft_pagecache_path(uint32_t dev, uint64_t ino, char *path, size_t size)
{
	int mount = open_mount(dev), fd = mount < 0 ? -1 : open_file(mount, ino), err = -ENOENT;
	char link[48];
	ssize_t n;

	if (fd >= 0 && is_file(fd, dev, ino)) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, path, size - 1);
		/* "/" or "/ (deleted)": the kernel has the file, but no name of it at hand. */
		if (n > 1 && n < (ssize_t)size - 1 && path[0] == '/' && path[1] != ' ') {
			path[n] = '\0';
			err = 0;
		}
	}
	if (fd >= 0)
		close(fd);
	if (mount >= 0)
		close(mount);
	return err;
}
