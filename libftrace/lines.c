/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"

int fti_each_line(int fd, int (*fn)(void *arg, const char *line, const char *end), void *arg)
{
	size_t have = 0;
	bool skip = false;
	char *buf, *p, *nl;
	int err = 0;
	ssize_t n;

	buf = malloc(FTI_LINE_MAX + 1);
	if (!buf)
		return -ENOMEM;
	while (!err) {
		n = read(fd, buf + have, FTI_LINE_MAX + 1 - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		if (n <= 0)
			break;
		have += n;
		for (p = buf; !err && (nl = memchr(p, '\n', buf + have - p)); p = nl + 1) {
			if (!skip)
				err = fn(arg, p, nl);
			skip = false;
		}
		have -= p - buf;
		memmove(buf, p, have);
		if (have == FTI_LINE_MAX + 1) {
			skip = true;
			have = 0;
		}
	}
	if (!err && have && !skip)
		err = fn(arg, buf, buf + have);
	free(buf);
	return err;
}
