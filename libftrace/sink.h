/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sink: a file descriptor behind a buffer.
 *
 * The one rule: the first error stays; after it everything written is dropped and each call returns
 * it.  A line is never split over two write(2) unless it is longer than the buffer, or the reader
 * is slow and `stop` is given.
 */
#ifndef FTI_SINK_H
#define FTI_SINK_H

#include <stdbool.h>
#include <stddef.h>

struct fti_sink {
	int    fd;
	int    err;
	bool   own;		/* fd was opened here */
	bool   waits;		/* fd is something whose reader may stop reading */
	size_t used, size;
	char  *buf;
	bool (*stop)(void *arg);	/* ft_out_config.stop */
	void  *stop_arg;
};

/* path NULL: stdout.  size: of the buffer.  0 or -errno; on failure there is nothing to close. */
int fti_sink_open(struct fti_sink *k, const char *path, size_t size);

/* Room for `need` bytes (not more than the buffer's size), flushing when necessary; NULL after an
 * error.  fti_sink_used() says where the caller's bytes end. */
char *fti_sink_room(struct fti_sink *k, size_t need);
void fti_sink_used(struct fti_sink *k, const char *end);

/* Any number of bytes and a newline. */
int fti_sink_line(struct fti_sink *k, const char *line, size_t len);

int fti_sink_flush(struct fti_sink *k);

/* Flush, close, free. */
int fti_sink_close(struct fti_sink *k);

#endif
