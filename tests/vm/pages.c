// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pages FILE [SIZE]: copy the pages of a trace_pipe_raw to stdout, as they are.
 *
 * Reads without waiting, one page (of SIZE bytes, 4096 unless told) a read, until there is none.
 * A page that comes short is padded with zeros, so that the output is an array of pages. Used to
 * make the captures in tests/data.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char page[1 << 20];
	size_t size = argc > 2 ? strtoul(argv[2], NULL, 10) : 4096;
	ssize_t n;
	int fd;

	if (argc < 2 || size == 0 || size > sizeof(page)) {
		fprintf(stderr, "usage: pages FILE [SIZE]\n");
		return 2;
	}
	fd = open(argv[1], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "pages: cannot open '%s': %s\n", argv[1], strerror(errno));
		return 1;
	}
	while ((n = read(fd, page, size)) > 0) {
		memset(page + n, 0, size - n);
		if (fwrite(page, size, 1, stdout) != 1)
			break;
	}
	if ((n < 0 && errno != EAGAIN) || n > 0 || fflush(stdout)) {
		fprintf(stderr, "pages: cannot copy '%s': %s\n", argv[1], strerror(errno));
		return 1;
	}
	return 0;
}
