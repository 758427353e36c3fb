/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "event-internal.h"
#include "internal.h"
#include "stream-internal.h"

#define POOL_BYTES ((size_t)4 << 20)

static int only_cpus(const struct dirent *d)
{
	return !strncmp(d->d_name, "cpu", 3) && d->d_name[3] >= '0' && d->d_name[3] <= '9';
}

/* CPU numbers may be sparse: those the buffer has are the directories of per_cpu. */
static int open_cpus(struct ft_stream *st)
{
	const char *file = st->config.snapshot ? "snapshot_raw" : "trace_pipe_raw";
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
		snprintf(path, sizeof(path), "per_cpu/%.32s/%s", list[i]->d_name, file);
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
	return (wall.tv_sec - a.tv_sec) * (int64_t)FTI_S_NS + wall.tv_nsec - a.tv_nsec -
	       ((b.tv_sec - a.tv_sec) * (int64_t)FTI_S_NS + b.tv_nsec - a.tv_nsec) / 2;
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
		diff = (wall.tv_sec - (int64_t)s) * (int64_t)FTI_S_NS + wall.tv_nsec - (int64_t)us * 1000;
	free(text);
	return diff;
}

uint64_t fti_stream_count_lost(const struct ft_stream *st)
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

	if (!st->config.with_self)
		fti_session_own_tids(s, st->own);
	read_subbuf_size(st);
	err = open_cpus(st);
	if (err || !st->count)
		return ft_fail(s, err ? err : -ENOENT, "cannot open the per-CPU buffers in '%s': %s",
			       ft_session_dir(s), strerror(err ? -err : ENOENT));
	err = open_signals(st);
	if (err)
		return err;
	calibrate(st);
	if (st->config.no_recording)
		return 0;
	percent = st->config.snapshot ? NULL : ft_session_read(s, "buffer_percent");
	st->watermark = percent && (!strcmp(percent, "50") || !ft_session_set(s, "buffer_percent", "50"));
	free(percent);
	if (!st->config.with_self)
		ft_session_say(s, "keeping itself out: %s", ft_session_exclude_self(s));
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
	st->round_ns = FTI_ROUND_MAX_NS;
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
	if (!err && !config->no_recording) {
		st->lost_before = fti_stream_count_lost(st);
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
		close(fti_stream_fd(st, i));
	if (st->fds && st->fds[st->count].fd > 0)
		close(st->fds[st->count].fd);
	fti_merge_free(st->merge);
	free(st->fds);
	free(st->cpus);
	free(st);
}
