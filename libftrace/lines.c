/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"

#define SIZE ((size_t)FTI_LINE_MAX + 1)

int fti_lines_init(struct fti_lines *l, int fd)
{
	*l = (struct fti_lines){ .fd = fd, .buf = malloc(SIZE) };
	return l->buf ? 0 : -ENOMEM;
}

void fti_lines_free(struct fti_lines *l)
{
	free(l->buf);
	l->buf = NULL;
}

/* More bytes after those that are not used yet: their number, 0 at the end, or -errno. */
static ssize_t fill(struct fti_lines *l)
{
	ssize_t n;

	l->have -= l->at;
	memmove(l->buf, l->buf + l->at, l->have);
	l->at = 0;
	if (l->have == SIZE) {
		l->skip = true;
		l->have = 0;
	}
	do {
		n = read(l->fd, l->buf + l->have, SIZE - l->have);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	l->have += n;
	return n;
}

int fti_lines_each(struct fti_lines *l, fti_line_fn *fn, void *arg)
{
	const char *line, *nl;
	int err = 0;
	ssize_t n;

	do {
		while (!err && (nl = memchr(l->buf + l->at, '\n', l->have - l->at))) {
			line = l->buf + l->at;
			l->at = nl + 1 - l->buf;
			if (!l->skip)
				err = fn(arg, line, nl);
			l->skip = false;
		}
		if (err)
			return err;
		n = fill(l);
	} while (n > 0);
	if (n < 0)
		return n;
	if (l->have && !l->skip)
		err = fn(arg, l->buf, l->buf + l->have);
	l->have = 0;
	return err;
}

int fti_each_line(int fd, fti_line_fn *fn, void *arg)
{
	struct fti_lines l;
	int err;

	err = fti_lines_init(&l, fd);
	if (!err)
		err = fti_lines_each(&l, fn, arg);
	fti_lines_free(&l);
	return err;
}
