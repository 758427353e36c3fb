/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stream-internal: what opening a stream and running it share.
 */
#ifndef FTI_STREAM_INTERNAL_H
#define FTI_STREAM_INTERNAL_H

#include <poll.h>

#include "ftrace/stream.h"
#include "merge.h"

#define FTI_MS_NS 1000000ULL
#define FTI_S_NS  1000000000ULL

/* A record waits for two rounds at most: live within 200 ms. */
#define FTI_ROUND_MAX_NS (50 * FTI_MS_NS)

struct ft_stream {
	struct ft_session *session;	/* NULL: from memory */
	struct ft_stream_config config;
	struct ft_stream_stats stats;
	const struct ft_stream_ops *ops;
	void	 *arg;
	struct fti_merge *merge;
	struct fti_page_format format;
	int	  tid_offset;
	int	  own[2];		/* this thread and the guard: dropped where they get through */
	int	  loss_err;		/* what on_loss() returned, for the next record */
	int	  count;		/* CPUs */
	int	 *cpus;
	struct pollfd *fds;		/* one a CPU (~fd: not polled), then the signals, the output */
	bool	  watermark;		/* poll() wakes when a buffer is half full, and not before */
	uint64_t  round_ns;		/* pause between two rounds */
	uint64_t  wall_offset_ns;	/* wall clock - trace clock; 0: unknown */
	uint64_t  lost_before;		/* count_lost() at the start */
	uint64_t  second_end_ns, second_events, second_lost;
	int	  hot_seconds, losing_seconds;
	int	  signals;
	bool	  draining;		/* recording has been stopped */
};

/* Of the i-th CPU, polled or not. */
static inline int fti_stream_fd(const struct ft_stream *st, int i)
{
	return st->fds[i].fd < 0 ? ~st->fds[i].fd : st->fds[i].fd;
}

/*
 * Records overwritten, or dropped where the overwrite option is off, by the buffer's own count: a reader
 * is told no number in a sub-buffer that is full to its last byte, and nothing of dropped ones.
 */
uint64_t fti_stream_count_lost(const struct ft_stream *st);

#endif
