/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench/live: the same live events read through ft_stream and through tracefs_iterate_raw_events().
 *
 * A child makes system calls until N raw_syscalls:sys_enter events wait in a private instance; then
 * they are read, by one way and by the other in turn, and the CPU time of reading is compared.  Root
 * and a kernel with system call events.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tracefs/tracefs.h>

#include "ftrace/session.h"
#include "ftrace/stream.h"

#define EVENTS 200000
#define ROUNDS 3

static const char *const systems[] = { "raw_syscalls", NULL };

static double cpu_ns(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e9 +
	       (r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e3;
}

static int on_event(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	uint64_t *seen = arg;

	(void)st;
	*seen += 1 + (e->tid < 0);
	return 0;
}

static int on_record(struct tep_event *event, struct tep_record *record, int cpu, void *arg)
{
	uint64_t *seen = arg;

	(void)event, (void)cpu;
	*seen += 1 + (record->size < 0);
	return 0;
}

static void fill(void)
{
	pid_t child = fork();

	if (!child) {
		for (int i = 0; i < EVENTS; i++)
			syscall(SYS_getppid);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static int prepare(struct ft_session **s)
{
	int err = ft_session_open(s, &(struct ft_session_config){ .tool = "bench" });

	if (!err)
		err = ft_session_set(*s, "buffer_size_kb", "65536");
	if (!err)
		err = ft_session_enable_event(*s, "raw_syscalls", "sys_enter", NULL);
	return err;
}

/* ns of CPU an event by ft_stream; negative: failed. */
static double by_stream(struct ft_session *s, uint64_t *seen)
{
	const struct ft_stream_config config = { .duration_ns = 1, .output_fd = -1 };
	const struct ft_stream_ops ops = { .on_event = on_event };
	struct ft_events *evs = NULL;
	struct ft_stream *st = NULL;
	double began = 0, ended = -1;

	*seen = 0;
	if (!ft_events_open(&evs, ft_session_tracefs(s), systems) &&
	    !ft_stream_open(&st, s, evs, &config)) {
		fill();
		began = cpu_ns();
		if (!ft_stream_run(st, &ops, seen))
			ended = cpu_ns();
	}
	ft_stream_close(st);
	ft_events_close(evs);
	return ended < 0 || !*seen ? -1 : (ended - began) / *seen;
}

static double by_tracefs(struct ft_session *s, uint64_t *seen)
{
	struct tep_handle *tep = tracefs_local_events_system(ft_session_tracefs(s), systems);
	double began, ended = -1;

	*seen = 0;
	if (!tep || ft_session_start(s))
		return -1;
	fill();
	ft_session_stop(s);
	began = cpu_ns();
	if (!tracefs_iterate_raw_events(tep, ft_session_instance(s), NULL, 0, on_record, seen))
		ended = cpu_ns();
	tep_free(tep);
	return ended < 0 || !*seen ? -1 : (ended - began) / *seen;
}

static int compare(double *best)
{
	for (int way = 0; way < 2; way++) {
		struct ft_session *s = NULL;
		uint64_t seen = 0;
		double ns = -1;

		if (!prepare(&s))
			ns = way ? by_tracefs(s, &seen) : by_stream(s, &seen);
		if (ft_session_close(s, FT_OK) != FT_OK || ns < 0)
			return 1;
		if (seen < EVENTS)
			fprintf(stderr, "only %" PRIu64 " events seen\n", seen);
		if (best[way] < 0 || ns < best[way])
			best[way] = ns;
	}
	return 0;
}

int main(void)
{
	double best[2] = { -1, -1 };

	for (int i = 0; i < ROUNDS; i++)
		if (compare(best))
			return 1;
	printf("live, CPU ns an event: ft_stream %.0f, tracefs_iterate_raw_events %.0f, ratio %.2f\n",
	       best[0], best[1], best[0] / best[1]);
	return 0;
}
