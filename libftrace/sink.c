/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink.h"

/* A reader that does not read gets this long once the tool has been told to stop. */
#define STOP_POLL_MS 100
#define STOP_POLLS   10

/* The directory of path: sticky and writable by all, as /tmp is? */
static bool in_shared_directory(const char *path, uid_t *owner)
{
	const char *slash = strrchr(path, '/');
	struct stat st;
	char *dir;
	int failed;

	dir = slash ? strndup(path, slash - path + 1) : strdup(".");
	if (!dir)
		return true;
	failed = stat(dir, &st);
	free(dir);
	*owner = failed ? (uid_t)-1 : st.st_uid;
	return failed || (st.st_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH);
}

/*
 * What fs.protected_symlinks and fs.protected_regular do, which are off or unknown on 3.10: a tool
 * run by root must not write where another user led it.
 */
static int open_file(const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY;
	uid_t owner = -1;
	struct stat st;
	int fd, err;

	fd = open(path, flags | O_NOFOLLOW, 0600);
	if (fd < 0 && errno == ELOOP) {
		if (lstat(path, &st) < 0)
			return -errno;
		if (st.st_uid != 0 && st.st_uid != geteuid())
			return -ELOOP;
		fd = open(path, flags, 0600);
	}
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		goto failed;
	errno = EACCES;
	if (S_ISREG(st.st_mode) && st.st_uid != geteuid() && in_shared_directory(path, &owner) &&
	    st.st_uid != owner)
		goto failed;
	if (S_ISREG(st.st_mode) && ftruncate(fd, 0) < 0)
		goto failed;
	return fd;
failed:
	err = errno;
	close(fd);
	return -err;
}

int fti_sink_open(struct fti_sink *k, const char *path, size_t size)
{
	struct stat st;

	*k = (struct fti_sink){ .fd = STDOUT_FILENO, .own = path != NULL, .size = size };
	if (path)
		k->fd = open_file(path);
	if (k->fd < 0)
		return k->fd;
	if (fstat(k->fd, &st) < 0)
		return -errno;
	k->waits = !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode);
	k->buf = malloc(size);
	if (k->buf)
		return 0;
	if (k->own)
		close(k->fd);
	return -ENOMEM;
}

/* Until the descriptor takes more, or the tool shall stop and it does not for a while. */
static int wait_writable(struct fti_sink *k)
{
	struct pollfd p = { .fd = k->fd, .events = POLLOUT };
	int polls = 0, n;

	for (;;) {
		bool stopping = k->stop && k->stop(k->stop_arg);

		n = poll(&p, 1, k->stop ? STOP_POLL_MS : -1);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && stopping && ++polls == STOP_POLLS)
			return -EINTR;
	}
}

static int write_some(struct fti_sink *k, const char *p, size_t len, size_t *done)
{
	ssize_t n;
	int err;

	/* A pipe that polls writable takes PIPE_BUF bytes without blocking, so that a signal is
	 * seen even where signals do not interrupt write(2). */
	if (k->stop && k->waits) {
		err = wait_writable(k);
		if (err)
			return err;
		if (len > PIPE_BUF)
			len = PIPE_BUF;
	}
	n = write(k->fd, p, len);
	if (n > 0)
		*done += n;
	else if (n == 0)
		return -EIO;
	else if (errno == EAGAIN)
		return wait_writable(k);
	else if (errno != EINTR)
		return -errno;
	return 0;
}

static int write_all(struct fti_sink *k, const char *p, size_t len)
{
	size_t done = 0;

	while (!k->err && done < len)
		k->err = write_some(k, p + done, len - done, &done);
	return k->err;
}

int fti_sink_flush(struct fti_sink *k)
{
	write_all(k, k->buf, k->used);
	k->used = 0;
	return k->err;
}

char *fti_sink_room(struct fti_sink *k, size_t need)
{
	if (need > k->size - k->used)
		fti_sink_flush(k);
	return k->err || need > k->size ? NULL : k->buf + k->used;
}

void fti_sink_used(struct fti_sink *k, const char *end)
{
	k->used = end - k->buf;
}

int fti_sink_line(struct fti_sink *k, const char *line, size_t len)
{
	char *p;

	if (len >= k->size) {
		fti_sink_flush(k);
		write_all(k, line, len);
		len = 0;
	}
	p = fti_sink_room(k, len + 1);
	if (p) {
		if (len)
			memcpy(p, line, len);
		p[len] = '\n';
		k->used += len + 1;
	}
	return k->err;
}

int fti_sink_close(struct fti_sink *k)
{
	int fd;

	fti_sink_flush(k);
	/* NFS and quotas can report at close.  stdout stays open: other code may yet use it. */
	fd = k->own ? k->fd : dup(k->fd);
	if (fd >= 0 && close(fd) < 0 && !k->err)
		k->err = -errno;
	free(k->buf);
	k->buf = NULL;
	return k->err;
}
