/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"
#include "stream-internal.h"

#define ROUND_MIN_NS  (1 * FTI_MS_NS)
#define TICK_NS	      (100 * FTI_MS_NS)	/* between two looks when nothing happens */
#define HOUR_NS	      (3600 * FTI_S_NS)
#define PASS_MAX      64		/* pages of one CPU in one round */
#define WATERMARK_PAGES 8	/* half of any buffer worth the name is more */
#define LOSING_MAX    10		/* seconds of loss, one after the other */

/* -- one record out ---------------------------------------------------------------------------- */

static void fill_event(const struct ft_stream *st, int cpu, const struct fti_record *r,
		       struct ft_event *e)
{
	e->ts = r->ts;
	e->data = r->data;
	e->size = r->size;
	e->cpu = cpu;
	memcpy(&e->type, r->data, sizeof(e->type));
	e->tid = 0;
	if (r->size >= st->tid_offset + sizeof(e->tid))
		memcpy(&e->tid, r->data + st->tid_offset, sizeof(e->tid));
}

static int on_record(void *arg, int cpu, const struct fti_record *r)
{
	struct ft_stream *st = arg;
	struct ft_event e;

	fill_event(st, cpu, r, &e);
	st->second_events++;
	if (e.tid && (e.tid == st->own[0] || e.tid == st->own[1]))
		return 0;
	if (st->loss_err)
		return st->loss_err;
	st->stats.events++;
	return st->ops->on_event(st->arg, st, &e);
}

static void on_loss(void *arg, int cpu, uint64_t count, bool known, uint64_t ts)
{
	struct ft_stream *st = arg;

	/* All that is before the oldest record of a CPU is a loss to its reader. */
	if (st->config.snapshot) {
		st->stats.overwritten = true;
		return;
	}
	if (known) {
		st->stats.lost += count;
		st->second_events += count;
	} else {
		st->stats.lost_unknown++;
	}
	st->second_lost++;
	if (st->ops->on_loss && !st->loss_err)
		st->loss_err = st->ops->on_loss(st->arg, cpu, known ? count : 0, ts);
}

static const struct fti_merge_ops merge_ops = { on_record, on_loss };

bool ft_stream_peek(struct ft_stream *st, int cpu, struct ft_event *out)
{
	struct fti_record r;

	if (!fti_merge_peek(st->merge, cpu, &r))
		return false;
	fill_event(st, cpu, &r, out);
	return true;
}

/* -- reading ----------------------------------------------------------------------------------- */

/* Read a page of the i-th CPU: 1, 0 when there is none or no room for it, or -errno. */
static int read_page(struct ft_stream *st, int i)
{
	bool must = !fti_merge_has_page(st->merge, i);
	void *room = fti_merge_room(st->merge, must);
	ssize_t n;

	if (!room)
		return must ? -ENOMEM : 0;
	do {
		n = read(fti_stream_fd(st, i), room, st->format.size);
	} while (n < 0 && errno == EINTR);
	/* A CPU that was never online since boot has no buffer yet. */
	if (n < 0 && errno != EAGAIN && errno != ENODEV)
		return -errno;
	if (n > 0)
		fti_merge_push(st->merge, i, n);
	else
		fti_merge_empty(st->merge, i);
	return n > 0;
}

/*
 * Ask every CPU for its pages, a page each in turn, until all are empty or there is no room.
 * Returns the pages read from the fullest CPU (PASS_MAX: it has more), or -errno.
 */
static int read_round(struct ft_stream *st)
{
	int deepest = 0, more = 1, n;

	if (st->config.no_recording || (st->config.snapshot && !st->draining))
		return 0;
	fti_merge_begin(st->merge);
	for (int pass = 0; more && pass < PASS_MAX; pass++) {
		more = 0;
		for (int i = 0; i < st->count; i++) {
			if (fti_merge_is_empty(st->merge, i))
				continue;
			n = read_page(st, i);
			if (n < 0)
				return n;
			more += n;
		}
		deepest += more > 0;
	}
	fti_merge_end(st->merge);
	for (int i = 0; i < st->count; i++)
		if (!fti_merge_is_empty(st->merge, i))
			return PASS_MAX;
	return deepest;
}

/* Read sooner when much was there, later when little. */
static void adapt(struct ft_stream *st, int pages)
{
	if (pages > 16)
		st->round_ns = ROUND_MIN_NS;
	else if (pages > 4)
		st->round_ns = st->round_ns / 2 > ROUND_MIN_NS ? st->round_ns / 2 : ROUND_MIN_NS;
	else if (st->round_ns < FTI_ROUND_MAX_NS)
		st->round_ns = st->round_ns * 2 < FTI_ROUND_MAX_NS ? st->round_ns * 2 : FTI_ROUND_MAX_NS;
}

/* Too hot: more than max_rate in two seconds running, or loss in ten, one after the other. */
static bool overloaded(struct ft_stream *st, uint64_t now)
{
	uint64_t late;

	if (!st->config.max_rate)
		return false;
	if (!st->second_end_ns)
		st->second_end_ns = now + FTI_S_NS;
	if (now < st->second_end_ns)
		return false;
	late = now - st->second_end_ns;		/* a held-up reader counts what came meanwhile */
	if (st->second_events / (1 + late / FTI_S_NS) > st->config.max_rate)
		st->hot_seconds += 1 + (late >= FTI_S_NS);
	else
		st->hot_seconds = 0;
	st->losing_seconds = st->second_lost ? st->losing_seconds + 1 : 0;
	st->second_events = st->second_lost = 0;
	st->second_end_ns = now + FTI_S_NS;
	return st->hot_seconds >= 2 || st->losing_seconds >= LOSING_MAX;
}

/* Take the signals that came.  true: the trace is to end. */
static bool take_signals(struct ft_stream *st)
{
	struct signalfd_siginfo info;
	bool end = false;

	while (read(st->fds[st->count].fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo != SIGCHLD) {
			st->stats.signalled = end = true;
			st->signals++;
		}
	}
	if (st->config.child && !st->stats.child_ended) {
		pid_t pid = waitpid(st->config.child, &st->stats.child_status, WNOHANG);

		st->stats.child_ended = pid == st->config.child || (pid < 0 && errno == ECHILD);
	}
	return end || st->stats.child_ended;
}

/* A CPU that was never online since boot reports an error (3.10: an errno as event mask) at once,
 * and for ever. */
static void stop_polling_offline(struct ft_stream *st)
{
	for (int i = 0; i < st->count; i++)
		if (st->fds[i].fd >= 0 && st->fds[i].revents & POLLERR)
			st->fds[i].fd = ~st->fds[i].fd;
}

/*
 * Sleep until it is time to look again, a buffer is half full, a signal came, or `until`.  A poll()
 * for any record would be woken from within the traced function: an interrupt and a wakeup of ours
 * in every trace (over 100 us in the test VM).  So the buffers are looked at by the clock, and polled
 * only for half full.  true: a buffer reports to be.
 */
static bool wait_for_records(struct ft_stream *st, bool pending, uint64_t now, uint64_t until)
{
	int from = st->watermark ? 0 : st->count;
	uint64_t wait = pending ? st->round_ns : TICK_NS;
	struct timespec ts;

	/* What is counted may be what we call. */
	if (st->config.no_recording || st->config.snapshot)
		wait = HOUR_NS;
	if (until <= now)
		wait = 0;
	else if (until - now < wait)
		wait = until - now;
	ts = (struct timespec){ .tv_sec = wait / FTI_S_NS, .tv_nsec = wait % FTI_S_NS };
	if (ppoll(st->fds + from, st->count - from + 2, &ts, NULL) <= 0)
		return false;
	if (st->watermark)
		stop_polling_offline(st);
	for (int i = from; i < st->count; i++)
		if (st->fds[i].revents & POLLIN)
			return true;
	return false;
}

/* -- running ----------------------------------------------------------------------------------- */

/* All has been read: what is not yet counted was lost without a number. */
static void count_all_lost(struct ft_stream *st)
{
	uint64_t lost = fti_stream_count_lost(st) - st->lost_before;

	if (lost > st->stats.lost && lost < INT64_MAX)
		st->stats.lost = lost;
}

static int deliver(struct ft_stream *st, bool all)
{
	if (st->config.unordered)
		return fti_merge_deliver_unordered(st->merge, &merge_ops, st);
	return fti_merge_deliver(st->merge, all, &merge_ops, st);
}

/* Tracing is off: deliver all that is left.  A second signal cuts it short. */
static int drain(struct ft_stream *st)
{
	int pages, err = 0, seen;

	st->draining = true;
	take_signals(st);
	seen = st->signals;
	do {
		pages = read_round(st);
		if (pages < 0)
			return pages;
		err = deliver(st, false);
		take_signals(st);
		st->stats.cut = st->signals > seen;
	} while (pages && !err && !st->stats.cut);
	if (!err && !st->stats.cut)
		err = deliver(st, true);
	return err;
}

static int live(struct ft_stream *st)
{
	uint64_t now = fti_now_ns(), end = UINT64_MAX, next = UINT64_MAX;
	bool pending = false, half_full;
	int pages, err;

	if (st->config.duration_ns) {
		end = now + st->config.duration_ns;
		fti_session_deadline(st->session, end + FTI_S_NS);
	}
	if (st->config.interval_ns)
		next = now + st->config.interval_ns;
	for (;;) {
		half_full = wait_for_records(st, pending, now, end < next ? end : next);
		if (take_signals(st) || (st->fds[st->count + 1].revents & POLLERR))
			return 0;
		pages = read_round(st);
		if (pages < 0)
			return ft_fail(st->session, pages, "cannot read the ring buffer: %s",
				       strerror(-pages));
		adapt(st, pages);
		/* Some kernels between 5.0 and 6.1 wake for any record all the same. */
		if (half_full && pages < WATERMARK_PAGES)
			st->watermark = false;
		err = deliver(st, false);
		if (!err && st->ops->on_idle)
			err = st->ops->on_idle(st->arg);
		if (err)
			return err;
		pending = pages || fti_merge_pending(st->merge);
		now = fti_now_ns();
		if (overloaded(st, now)) {
			st->stats.overload = true;
			return 0;
		}
		if (now >= next && next < end && st->ops->on_interval) {
			err = st->ops->on_interval(st->arg);
			if (err)
				return err;
			while (next <= now)
				next += st->config.interval_ns;
		}
		if (now >= end)
			return 0;
	}
}

int ft_stream_run(struct ft_stream *st, const struct ft_stream_ops *ops, void *arg)
{
	const struct fti_merge_stats *ms = fti_merge_stats(st->merge);
	int err = 0, e;

	st->ops = ops;
	st->arg = arg;
	if (st->session) {
		err = live(st);
		fti_session_deadline(st->session, UINT64_MAX);
		e = st->config.no_recording ? 0 : ft_session_stop(st->session);
		if (e)
			err = e;
		/* A callback that wanted the end, or failed, wants no more; but of a snapshot it has
		 * seen nothing yet. */
		if (!err || (err > 0 && st->config.snapshot))
			err = drain(st);
		if (!err && !st->stats.cut && !st->config.no_recording && !st->config.snapshot)
			count_all_lost(st);
	} else {
		err = deliver(st, true);
	}
	/* A loss at the very end has no record behind it. */
	if (!err)
		err = st->loss_err;
	st->stats.backwards = ms->backwards;
	st->stats.bad_pages = ms->bad_pages;
	if (err >= 0 && ops->on_idle) {
		e = ops->on_idle(arg);
		if (e < 0)
			err = e;
	}
	return err > 0 ? 0 : err;
}

const struct ft_stream_stats *ft_stream_stats(const struct ft_stream *st)
{
	return &st->stats;
}

uint64_t ft_stream_wall_ns(const struct ft_stream *st, uint64_t ts)
{
	return st->wall_offset_ns ? ts + st->wall_offset_ns : 0;
}

uint64_t ft_stream_now_ns(const struct ft_stream *st)
{
	struct timespec wall;

	if (!st->wall_offset_ns)
		return fti_now_ns();
	clock_gettime(CLOCK_REALTIME, &wall);
	return wall.tv_sec * FTI_S_NS + wall.tv_nsec - st->wall_offset_ns;
}
