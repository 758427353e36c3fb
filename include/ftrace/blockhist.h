/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * blockhist: latencies of block I/O, counted by the kernel itself: hist triggers pair the issue and
 * completion of requests to a synthetic event, of which another makes a histogram.
 *
 * The one rule: nothing is recorded, and nothing forgotten: the kernel keeps a place for each
 * (device, sector) it has met, and what comes when they are all taken is not counted but told.
 */
#ifndef FTRACE_BLOCKHIST_H
#define FTRACE_BLOCKHIST_H

#include <stdbool.h>
#include <stdint.h>

#include "ftrace/block.h"
#include "ftrace/session.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_blockhist;

#define FT_BLOCKHIST_PLACES 65536

struct ft_blockhist_config {
	const char *filter;	/* of the events, as ft_block_filter() has it; NULL: none */
	bool by_dev, by_type;	/* counted apart */
};

/* Can this kernel?  0, or -EOPNOTSUPP with the sentence. */
int ft_blockhist_check(struct ft_session *s);

/*
 * From the tool's setup(); it counts from then on, in a buffer that must stay on until it has been
 * read for the last time: the stream is one that does not record (struct ft_stream_config).  The
 * session must outlive *out, and undoes it.
 */
int ft_blockhist_open(struct ft_blockhist **out, struct ft_session *s,
		      const struct ft_blockhist_config *config);
void ft_blockhist_close(struct ft_blockhist *h);

/* A latency that was counted: so many times since the last reading. */
struct ft_blockhist_row {
	uint32_t dev;			/* 0 unless by_dev */
	char	 rwbs[FT_BLOCK_RWBS];	/* "" unless by_type */
	uint64_t us;			/* whole microseconds */
	uint64_t count;			/* not 0 */
};

/* fn is called for each; 0, what it returned if not 0, or -errno with the sentence. */
int ft_blockhist_read(struct ft_blockhist *h,
		      int (*fn)(void *arg, const struct ft_blockhist_row *row), void *arg);

/* I/Os that found no place, in all; may take the kernel seconds: after the last reading. */
int ft_blockhist_dropped(struct ft_blockhist *h, uint64_t *dropped);

#ifdef __cplusplus
}
#endif
#endif
