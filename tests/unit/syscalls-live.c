/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls of this process recorded by the running kernel's events, with its tracefs mounted in a
 * mount namespace of the test's own: threads that open known files, a loss on purpose.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ftrace/follow.h"
#include "ftrace/syscalls.h"
#include "private.h"
#include "unit.h"

#define ROWS	"/run/rows"
#define THREADS 4
#define TIMES	200

static const char there[] = "/proc/self/status", missing[] = "/proc/self/no-such-file";

static const struct ft_syscalls_spec specs[] = {
	{ .name = "openat", .args = { "dfd", "filename", "flags", "mode" }, .text = 2 },
	{ .name = "tgkill", .args = { "tgid", "pid", "sig" } },
	{ 0 }
};

/* -- a tool ------------------------------------------------------------------------------------ */

static struct {
	struct ft_follow_opt tasks;
	struct ft_syscalls  *calls;
} o;

enum { NAME, RET, TEXT };

static const struct ft_column columns[] = {
	[NAME] = FT_COLUMN("NAME", "name", 0, FT_COL_STR),
	[RET]  = FT_COLUMN("RET", "ret", 0, FT_COL_INT),
	[TEXT] = FT_COLUMN("TEXT", "text", 0, FT_COL_STR),
	{ 0 }
};

static const struct ft_opt options[] = { FT_FOLLOW_OPTIONS(o.tasks), { 0 } };

static int plan(struct ft_run *r)
{
	return ft_syscalls_plan(&o.calls, r, &(struct ft_syscalls_config){
		.method = FT_SYSCALLS_EVENTS, .calls = specs, .tasks = &o.tasks });
}

static int setup(struct ft_run *r)
{
	(void)r;
	return ft_syscalls_setup(o.calls);
}

static int ready(struct ft_run *r)
{
	(void)r;
	return ft_syscalls_ready(o.calls);
}

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	const struct ft_syscalls_call *c;

	if (ft_syscalls_event(o.calls, e) <= 0)
		return 0;
	c = ft_syscalls_last(o.calls);
	ft_out_str(r->out, NAME, c->spec->name);
	ft_out_int(r->out, RET, c->ret < 0 ? c->ret : 0);
	if (c->text)
		ft_out_str(r->out, TEXT, c->text);
	return ft_out_end(r->out);
}

static int on_loss(struct ft_run *r, int cpu)
{
	(void)r;
	ft_syscalls_lost(o.calls, cpu);
	return 0;
}

static int finish(struct ft_run *r)
{
	(void)r;
	return ft_syscalls_report(o.calls, "calls");
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_syscalls_free(o.calls);
}

static const struct ft_tool tool = {
	.spec = { .tool = "unit-syscalls", .summary = "calls of this program", .trace = true,
		  .options = options },
	.columns = columns,
	.plan = plan,
	.setup = setup,
	.ready = ready,
	.on_event = on_event,
	.on_loss = on_loss,
	.finish = finish,
	.release = release,
};

/* -- running it -------------------------------------------------------------------------------- */

static const char *can(void)
{
	const char *reason = private_tracefs();

	if (reason)
		return reason;
	if (access(TRACEFS "/events/raw_syscalls", F_OK) ||
	    access(TRACEFS "/set_event_pid", F_OK))
		return "no system call events on this kernel";
	return NULL;
}

static void *opening(void *arg)
{
	int fd;

	for (int i = 0; i < TIMES; i++) {
		fd = (int)syscall(SYS_openat, AT_FDCWD, there, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			close(fd);
		syscall(SYS_openat, AT_FDCWD, missing, O_RDONLY | O_CLOEXEC);
	}
	return arg;
}

static void call_them(void)
{
	pthread_t thread[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, opening, NULL))
			abort();
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	syscall(SYS_tgkill, getpid(), getpid(), 0);
}

static bool reads(const char *path, const char *text)
{
	char now[65536] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, now, sizeof(now) - 1);

	if (fd >= 0)
		close(fd);
	now[n < 0 ? 0 : n] = 0;
	return strstr(now, text);
}

/* 1: it records; 0: not yet; -1: it has ended, with *status. */
static int is_recording(pid_t pid, int *status)
{
	char on[160], clock[160];

	if (waitpid(pid, status, WNOHANG) == pid)
		return -1;
	snprintf(on, sizeof(on), TRACEFS "/instances/ftrace-tools-unit-syscalls-%d/tracing_on", pid);
	snprintf(clock, sizeof(clock), TRACEFS "/instances/ftrace-tools-unit-syscalls-%d/trace_clock",
		 pid);
	return reads(clock, "[mono]") && reads(on, "1");
}

static int trace(const char *buffer_kb)
{
	char self[16], *argv[] = { "unit-syscalls", "--tracefs", TRACEFS, "-o", ROWS, "--json", "-p",
				   self, "--buffer-size", (char *)buffer_kb, NULL };
	int status, state = 0;
	pid_t pid;

	snprintf(self, sizeof(self), "%d", getpid());
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		abort();
	if (!pid) {
		if (!freopen("/dev/null", "we", stderr))
			_exit(99);
		_exit(ft_tool_main(&tool, 10, argv));
	}
	for (int i = 0; i < 4000 && !state; i++) {
		state = is_recording(pid, &status);
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	if (state < 0)
		return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
	call_them();
	kill(pid, SIGINT);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static unsigned int rows(const char *part)
{
	char *text = unit_read(ROWS, NULL);
	unsigned int n = 0;

	for (char *p = text; p && (p = strstr(p, part)); p++)
		n++;
	free(text);
	return n;
}

#define NEED_EVENTS() NEED(can())

static void test_syscalls_of_this_process_are_told(void)
{
	NEED_EVENTS();
	CU_ASSERT_EQUAL_FATAL(trace("4096"), 0);
	CU_ASSERT_EQUAL(rows("\"name\":\"openat\",\"ret\":0,\"text\":\"/proc/self/status\""),
			THREADS * TIMES);
	CU_ASSERT_EQUAL(rows("\"name\":\"openat\",\"ret\":-2,\"text\":\"/proc/self/no-such-file\""),
			THREADS * TIMES);
	CU_ASSERT_EQUAL(rows("\"ret\":0,\"text\":\"/proc/self/no-such-file\""), 0);
	CU_ASSERT_EQUAL(rows("\"name\":\"tgkill\",\"ret\":0}"), 1);
}

/* Whatever is lost, no name has another's result. */
static void test_syscalls_are_not_mixed_up_by_losses(void)
{
	NEED_EVENTS();
	CU_ASSERT_EQUAL_FATAL(trace("1"), 0);
	CU_ASSERT(rows("\"name\":\"openat\"") <= 2 * THREADS * TIMES);
	CU_ASSERT_EQUAL(rows("\"ret\":-2,\"text\":\"/proc/self/status\""), 0);
	CU_ASSERT_EQUAL(rows("\"ret\":0,\"text\":\"/proc/self/no-such-file\""), 0);
	CU_ASSERT_EQUAL(rows("{\"calls\":"), 1);
}

UNIT_SUITE("syscalls-live", UNIT_TEST(test_syscalls_of_this_process_are_told),
	   UNIT_TEST(test_syscalls_are_not_mixed_up_by_losses));
