/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define FILE_MAX ((size_t)64 << 20)

/* One write(2): the kernel takes a line at a time. */
static int write_line(int fd, const char *text, size_t len)
{
	char *line = malloc(len + 1);
	int err = 0;
	ssize_t n;

	if (!line)
		return -ENOMEM;
	memcpy(line, text, len);
	line[len] = '\n';
	do {
		n = write(fd, line, len + 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		err = -errno;
	else if ((size_t)n < len)
		err = -EIO;
	free(line);
	return err;
}

int fti_file_write(int dirfd, const char *path, const char *value, enum fti_write_mode mode)
{
	size_t len = strlen(value);
	int err = 0, fd;

	/* O_APPEND matters: set_ftrace_pid and others are reset by a plain O_WRONLY|O_TRUNC only. */
	fd = openat(dirfd, path,
		    O_WRONLY | O_CLOEXEC | O_NOFOLLOW | (mode == FTI_APPEND ? O_APPEND : O_TRUNC));
	if (fd < 0)
		return -errno;
	if (len || mode == FTI_APPEND)
		err = write_line(fd, value, len);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int fti_file_write_list(int dirfd, const char *path, const char *lines, enum fti_write_mode mode)
{
	int err = 0, e, fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW |
				    (mode == FTI_APPEND ? O_APPEND : O_TRUNC));
	size_t len;

	if (fd < 0)
		return -errno;
	for (; *lines; lines += len + (lines[len] == '\n')) {
		len = strcspn(lines, "\n");
		e = len ? write_line(fd, lines, len) : 0;
		if (!err)
			err = e;
	}
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int fti_file_read(int dirfd, const char *path, char **out, size_t *len)
{
	size_t size = 0, room = 4096;
	char *buf, *more;
	int err = 0, fd;
	ssize_t n;

	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	buf = malloc(room);
	while (buf) {
		n = read(fd, buf + size, room - size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		if (n <= 0)
			break;
		size += n;
		if (size < room - 1)
			continue;
		if (room >= FILE_MAX) {
			err = -EFBIG;
			break;
		}
		more = realloc(buf, room *= 2);
		if (!more)
			err = -ENOMEM;
		else
			buf = more;
		if (err)
			break;
	}
	close(fd);
	if (!buf)
		return -ENOMEM;
	if (err) {
		free(buf);
		return err;
	}
	buf[size] = 0;
	*out = buf;
	if (len)
		*len = size;
	return 0;
}

bool fti_file_exists(int dirfd, const char *path)
{
	return faccessat(dirfd, path, F_OK, 0) == 0;
}

void fti_trim(char *s)
{
	size_t len = strlen(s);

	while (len && s[len - 1] == '\n')
		s[--len] = 0;
}

uint64_t fti_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void fti_sleep_ns(uint64_t ns)
{
	struct timespec ts = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
		;
}
