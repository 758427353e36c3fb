/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * stream: the events of all CPUs of a session's ring buffer, in time order, while they happen.
 *
 * The caller has blocked INT, TERM, HUP, QUIT and CHLD (ft_tool_main() does); the stream takes them
 * from a signalfd, so that no signal can interrupt what must be put back.
 * The one rule: the callbacks get every event once, ordered by time stamp over all CPUs, not later
 * than 200 ms after it happened as long as the reader keeps up; what the ring buffer lost is
 * reported through on_loss() at its place.  Memory is bounded whatever the CPU count and rate.
 */
#ifndef FTRACE_STREAM_H
#define FTRACE_STREAM_H

#include "ftrace/event.h"
#include "ftrace/session.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_stream;

struct ft_stream_ops {
	/* One event.  A negative return ends the stream with that error, 1 ends it normally. */
	int (*on_event)(void *arg, struct ft_stream *st, const struct ft_event *e);
	/* count events were lost on cpu before ts; count 0: an unknown number.  May be NULL. */
	int (*on_loss)(void *arg, int cpu, uint64_t count, uint64_t ts);
	/* Every config.interval_ns, but not at the end of the duration.  May be NULL. */
	int (*on_interval)(void *arg);
	/* All that was read so far has been delivered: a good moment to flush.  May be NULL. */
	int (*on_idle)(void *arg);
};

struct ft_stream_config {
	uint64_t duration_ns;	/* 0: until a signal or the end of the command */
	uint64_t interval_ns;	/* 0: no on_interval() */
	uint64_t max_rate;	/* events a second kept up for two seconds that are too hot; 0: any */
	int	 child;		/* the stream ends when this child process has; 0: none */
	int	 output_fd;	/* the stream ends when the reader of this pipe has gone; -1: none */
	/* For those who count: events are delivered as they are read, CPU by CPU, each CPU's in order;
	 * ft_stream_peek() knows nothing then. */
	bool	 unordered;
	/* This process is not kept out: for events of interrupts, which come in the name of whatever
	 * task they interrupt. */
	bool	 with_self;
	/* Nothing is recorded or read (tracing_on stays 0): the stream waits for its end, and calls
	 * on_interval().  For what the kernel counts by itself. */
	bool	 no_recording;
	/* Nothing is read while it is recorded, so that the newest overwrite the oldest; at the end,
	 * also one that on_interval() asks for, the snapshot that a trigger has taken meanwhile is
	 * delivered instead of the buffer.  max_rate does not apply. */
	bool	 snapshot;
};

/* Totals of a stream; valid until it is closed. */
struct ft_stream_stats {
	uint64_t events;	/* delivered */
	uint64_t lost;		/* all that were lost, as far as the kernel counts them */
	uint64_t lost_unknown;	/* gaps whose size the kernel did not tell */
	uint64_t backwards;	/* time stamps that ran backwards on their CPU */
	uint64_t bad_pages;	/* sub-buffers that did not decode */
	bool	 overload;	/* ended by max_rate, or losing without end */
	bool	 signalled;	/* ended by INT, TERM, HUP, QUIT */
	bool	 cut;		/* a second signal ended the delivery of what was left */
	bool	 child_ended;	/* ended by the child; child_status as from waitpid() */
	int	 child_status;
	bool	 overwritten;	/* config.snapshot: there were older events, not counted as lost */
};

/* Open the per-CPU buffers of the session and start to record.  evs gives the page format and must
 * outlive the stream, as must the session. */
int ft_stream_open(struct ft_stream **out, struct ft_session *s, struct ft_events *evs,
		   const struct ft_stream_config *config);

/* Deliver events until the duration is over, a signal came, the command ended, a callback said so,
 * or the trace was too hot; then stop recording and deliver what is left.  0 or negative errno. */
int ft_stream_run(struct ft_stream *st, const struct ft_stream_ops *ops, void *arg);

/* The next record of a CPU after the one being delivered, if it has been read already; the event
 * stays in the stream.  Only valid from on_event(). */
bool ft_stream_peek(struct ft_stream *st, int cpu, struct ft_event *out);

const struct ft_stream_stats *ft_stream_stats(const struct ft_stream *st);

/* Trace clock to wall clock, nanoseconds since 1970; 0 when the clock does not count time. */
uint64_t ft_stream_wall_ns(const struct ft_stream *st, uint64_t ts);

/* Now, as the trace clock has it. */
uint64_t ft_stream_now_ns(const struct ft_stream *st);

void ft_stream_close(struct ft_stream *st);

/* A stream over captured sub-buffers, for tests and post-mortem use: data[cpu] of len[cpu] bytes
 * is ncpus raw trace_pipe_raw captures.  Same order, same callbacks, no kernel. */
int ft_stream_open_memory(struct ft_stream **out, struct ft_events *evs,
			  const void *const *data, const size_t *len, int ncpus);

#ifdef __cplusplus
}
#endif
#endif
