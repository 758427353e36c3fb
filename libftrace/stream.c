/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "event-internal.h"
#include "ftrace/stream.h"
#include "internal.h"
#include "merge.h"

#define MS_NS 1000000ULL
#define S_NS  1000000000ULL

/* A record waits for two rounds at most: live within 200 ms. */
#define ROUND_MAX_NS  (50 * MS_NS)
#define ROUND_MIN_NS  (1 * MS_NS)
#define TICK_NS	      (100 * MS_NS)	/* between two looks when nothing happens */
#define POOL_BYTES    ((size_t)4 << 20)
#define PASS_MAX      64		/* pages of one CPU in one round */
#define WATERMARK_PAGES 8	/* half of any buffer worth the name is more */
#define LOSING_MAX    10		/* seconds of loss, one after the other */

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
};

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

static int raw_fd(const struct ft_stream *st, int i)
{
	return st->fds[i].fd < 0 ? ~st->fds[i].fd : st->fds[i].fd;
}

/* -- opening ----------------------------------------------------------------------------------- */

static int only_cpus(const struct dirent *d)
{
	return !strncmp(d->d_name, "cpu", 3) && d->d_name[3] >= '0' && d->d_name[3] <= '9';
}

/* CPU numbers may be sparse: those the buffer has are the directories of per_cpu. */
static int open_cpus(struct ft_stream *st)
{
	int dir = fti_session_dirfd(st->session), n, err = 0;
	struct dirent **list;
	char path[64];

	n = scandirat(dir, "per_cpu", &list, only_cpus, versionsort);
	if (n < 0)
		return -errno;
	st->cpus = calloc(n + 1, sizeof(*st->cpus));
	st->fds = calloc(n + 2, sizeof(*st->fds));
	for (int i = 0; i < n; free(list[i++])) {
		if (err || !st->cpus || !st->fds)
			continue;
		st->cpus[st->count] = atoi(list[i]->d_name + 3);
		snprintf(path, sizeof(path), "per_cpu/%.32s/trace_pipe_raw", list[i]->d_name);
		st->fds[st->count].fd = openat(dir, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		st->fds[st->count].events = POLLIN;
		if (st->fds[st->count].fd < 0)
			err = -errno;
		else
			st->count++;
	}
	free(list);
	return st->cpus && st->fds ? err : -ENOMEM;
}

/*
 * The signals that end a trace.  nohup is respected; INT and QUIT are not meant to be ignored where a
 * shell without job control starts its background jobs so.
 */
static int open_signals(struct ft_stream *st)
{
	struct sigaction hup;
	sigset_t set;

	/* Inherited ignored, it would reap the command unseen. */
	if (st->config.child)
		signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGTERM);
	if (!sigaction(SIGHUP, NULL, &hup) && hup.sa_handler != SIG_IGN)
		sigaddset(&set, SIGHUP);
	st->fds[st->count].fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	st->fds[st->count].events = POLLIN;
	/* A pipe whose reader has gone reports POLLERR unasked. */
	st->fds[st->count + 1].fd = st->config.output_fd;
	return st->fds[st->count].fd < 0 ? -errno : 0;
}

/* Sub-buffers can be larger than a page (6.8+), each instance's of its own. */
static void read_subbuf_size(struct ft_stream *st)
{
	char *kb = ft_session_read(st->session, "buffer_subbuf_size_kb");
	long v = kb ? strtol(kb, NULL, 10) : 0;

	if (v > 0 && (uint64_t)v * 1024 <= FTI_PAGE_MAX_SIZE)
		st->format.size = (uint32_t)v * 1024;
	free(kb);
}

static int64_t clock_diff_ns(clockid_t clock)
{
	struct timespec a, wall, b;

	clock_gettime(clock, &a);
	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(clock, &b);
	return (wall.tv_sec - a.tv_sec) * (int64_t)S_NS + wall.tv_nsec - a.tv_nsec -
	       ((b.tv_sec - a.tv_sec) * (int64_t)S_NS + b.tv_nsec - a.tv_nsec) / 2;
}

/* Without the mono clock (before 3.19), the buffer's own idea of now. */
static int64_t stats_diff_ns(struct ft_stream *st)
{
	unsigned long long s, us;
	struct timespec wall;
	char path[64], *text, *now;
	int64_t diff = 0;

	snprintf(path, sizeof(path), "per_cpu/cpu%d/stats", st->cpus[0]);
	text = ft_session_read(st->session, path);
	clock_gettime(CLOCK_REALTIME, &wall);
	now = text ? strstr(text, "now ts: ") : NULL;
	if (now && sscanf(now, "now ts: %llu.%llu", &s, &us) == 2)
		diff = (wall.tv_sec - (int64_t)s) * (int64_t)S_NS + wall.tv_nsec - (int64_t)us * 1000;
	free(text);
	return diff;
}

/*
 * Records overwritten, or dropped where the overwrite option is off, by the buffer's own count: a reader
 * is told no number in a sub-buffer that is full to its last byte, and nothing of dropped ones.
 */
static uint64_t count_lost(const struct ft_stream *st)
{
	static const char *const keys[] = { "\noverrun: ", "\ndropped events: " };
	char path[64], *text, *at;
	uint64_t sum = 0;

	for (int i = 0; i < st->count; i++) {
		snprintf(path, sizeof(path), "per_cpu/cpu%d/stats", st->cpus[i]);
		text = ft_session_read(st->session, path);
		for (size_t k = 0; text && k < 2; k++) {
			at = strstr(text, keys[k]);
			if (at)
				sum += strtoull(at + strlen(keys[k]), NULL, 10);
		}
		free(text);
	}
	return sum;
}

/* All has been read: what is not yet counted was lost without a number. */
static void count_all_lost(struct ft_stream *st)
{
	uint64_t lost = count_lost(st) - st->lost_before;

	if (lost > st->stats.lost && lost < INT64_MAX)
		st->stats.lost = lost;
}

static void calibrate(struct ft_stream *st)
{
	char *clock = ft_session_read(st->session, "trace_clock");

	if (clock && strstr(clock, "[mono]"))
		st->wall_offset_ns = clock_diff_ns(CLOCK_MONOTONIC);
	else if (clock && (strstr(clock, "[global]") || strstr(clock, "[local]")))
		st->wall_offset_ns = stats_diff_ns(st);
	free(clock);
}

static int open_live(struct ft_stream *st)
{
	struct ft_session *s = st->session;
	char *percent;
	int err;

	fti_session_own_tids(s, st->own);
	read_subbuf_size(st);
	err = open_cpus(st);
	if (err || !st->count)
		return ft_fail(s, err ? err : -ENOENT, "cannot open the per-CPU buffers in '%s': %s",
			       ft_session_dir(s), strerror(err ? -err : ENOENT));
	err = open_signals(st);
	if (err)
		return err;
	percent = ft_session_read(s, "buffer_percent");
	st->watermark = percent && (!strcmp(percent, "50") || !ft_session_set(s, "buffer_percent", "50"));
	free(percent);
	ft_session_say(s, "keeping itself out: %s", ft_session_exclude_self(s));
	calibrate(st);
	return 0;
}

/* Opening "trace" to truncate it does; an instance is gone soon. */
static int empty_top_level(const struct ft_stream *st)
{
	if (!st->session || ft_session_in_instance(st->session))
		return 0;
	return fti_file_write(fti_session_dirfd(st->session), "trace", "", FTI_TRUNCATE);
}

static struct ft_stream *new_stream(struct ft_events *evs, int *err)
{
	struct ft_stream *st = calloc(1, sizeof(*st));

	if (!st) {
		*err = -ENOMEM;
		return NULL;
	}
	*err = fti_events_page_format(evs, &st->format);
	st->tid_offset = fti_events_tid_offset(evs);
	if (!*err && st->tid_offset < 0)
		*err = st->tid_offset;
	st->round_ns = ROUND_MAX_NS;
	return st;
}

int ft_stream_open(struct ft_stream **out, struct ft_session *s, struct ft_events *evs,
		   const struct ft_stream_config *config)
{
	struct ft_stream *st;
	int err;

	st = new_stream(evs, &err);
	if (st) {
		st->session = s;
		st->config = *config;
	}
	if (!err)
		err = open_live(st);
	if (!err)
		err = fti_merge_new(&st->merge, &st->format, st->cpus, st->count,
				    POOL_BYTES / st->format.size);
	/* At top level there may be what others have recorded. */
	if (!err)
		err = empty_top_level(st);
	if (!err) {
		st->lost_before = count_lost(st);
		err = ft_session_start(s);
	}
	if (err) {
		ft_stream_close(st);
		return ft_fail(s, err, "cannot read the ring buffer: %s", strerror(-err));
	}
	*out = st;
	return 0;
}

int ft_stream_open_memory(struct ft_stream **out, struct ft_events *evs, const void *const *data,
			  const size_t *len, int ncpus)
{
	struct ft_stream *st;
	size_t pages = 0;
	int err;

	if (ncpus < 1)
		return -EINVAL;
	st = new_stream(evs, &err);
	if (err)
		goto fail;
	st->count = ncpus;
	st->cpus = calloc(ncpus, sizeof(*st->cpus));
	for (int i = 0; st->cpus && i < ncpus; i++) {
		st->cpus[i] = i;
		pages += len[i] / st->format.size + 1;
	}
	err = st->cpus ? fti_merge_new(&st->merge, &st->format, st->cpus, ncpus, pages) : -ENOMEM;
	if (err)
		goto fail;
	for (int i = 0; i < ncpus; i++) {
		for (size_t at = 0; at < len[i]; at += st->format.size) {
			size_t n = len[i] - at < st->format.size ? len[i] - at : st->format.size;
			void *room = fti_merge_room(st->merge, true);

			if (!room) {
				err = -ENOMEM;
				goto fail;
			}
			memcpy(room, (const char *)data[i] + at, n);
			fti_merge_push(st->merge, i, n);
		}
	}
	fti_merge_end(st->merge);
	*out = st;
	return 0;
fail:
	ft_stream_close(st);
	return err;
}

void ft_stream_close(struct ft_stream *st)
{
	if (!st)
		return;
	/* Left there, it would look like a trace that somebody has stopped. */
	if (st->merge && st->session && !ft_session_in_instance(st->session)) {
		ft_session_stop(st->session);
		empty_top_level(st);
	}
	for (int i = 0; st->fds && i < st->count; i++)
		close(raw_fd(st, i));
	if (st->fds && st->fds[st->count].fd > 0)
		close(st->fds[st->count].fd);
	fti_merge_free(st->merge);
	free(st->fds);
	free(st->cpus);
	free(st);
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
		n = read(raw_fd(st, i), room, st->format.size);
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
	else if (st->round_ns < ROUND_MAX_NS)
		st->round_ns = st->round_ns * 2 < ROUND_MAX_NS ? st->round_ns * 2 : ROUND_MAX_NS;
}

/* Too hot: more than max_rate in two seconds running, or loss in ten, one after the other. */
static bool overloaded(struct ft_stream *st, uint64_t now)
{
	uint64_t late;

	if (!st->config.max_rate)
		return false;
	if (!st->second_end_ns)
		st->second_end_ns = now + S_NS;
	if (now < st->second_end_ns)
		return false;
	late = now - st->second_end_ns;		/* a held-up reader counts what came meanwhile */
	if (st->second_events / (1 + late / S_NS) > st->config.max_rate)
		st->hot_seconds += 1 + (late >= S_NS);
	else
		st->hot_seconds = 0;
	st->losing_seconds = st->second_lost ? st->losing_seconds + 1 : 0;
	st->second_events = st->second_lost = 0;
	st->second_end_ns = now + S_NS;
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

	if (until <= now)
		wait = 0;
	else if (until - now < wait)
		wait = until - now;
	ts = (struct timespec){ .tv_sec = wait / S_NS, .tv_nsec = wait % S_NS };
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

/* Tracing is off: deliver all that is left.  A second signal cuts it short. */
static int drain(struct ft_stream *st)
{
	int pages, err = 0, seen;

	take_signals(st);
	seen = st->signals;
	do {
		pages = read_round(st);
		if (pages < 0)
			return pages;
		err = fti_merge_deliver(st->merge, false, &merge_ops, st);
		take_signals(st);
		st->stats.cut = st->signals > seen;
	} while (pages && !err && !st->stats.cut);
	if (!err && !st->stats.cut)
		err = fti_merge_deliver(st->merge, true, &merge_ops, st);
	return err;
}

static int live(struct ft_stream *st)
{
	uint64_t now = fti_now_ns(), end = UINT64_MAX, next = UINT64_MAX;
	bool pending = false, half_full;
	int pages, err;

	if (st->config.duration_ns) {
		end = now + st->config.duration_ns;
		fti_session_deadline(st->session, end + S_NS);
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
		err = fti_merge_deliver(st->merge, false, &merge_ops, st);
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
		if (now >= next && st->ops->on_interval) {
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
		e = ft_session_stop(st->session);
		if (e)
			err = e;
		/* A callback that wanted the end, or failed, wants no more. */
		if (!err)
			err = drain(st);
		if (!err && !st->stats.cut)
			count_all_lost(st);
	} else {
		err = fti_merge_deliver(st->merge, true, &merge_ops, st);
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
