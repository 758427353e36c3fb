/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions, streams, following and reset on the running kernel's tracefs, mounted in a mount
 * namespace of the test's own.  Tracepoints and instances are all they need; what they change they
 * put back, and where something else uses the top level they leave it alone.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "ftrace/follow.h"
#include "ftrace/kernel.h"
#include "ftrace/reset.h"
#include "ftrace/session.h"
#include "ftrace/stream.h"
#include "ftrace/task.h"
#include "internal.h"
#include "private.h"
#include "task-internal.h"
#include "unit.h"

#define LEN(a)	  (sizeof(a) / sizeof((a)[0]))
#define TURNS	  6000		/* of 10 ms: a bound, not an expectation */
#define TURN_NS	  10000000
#define MS_NS	  1000000ULL
#define SYS_ENTER "events/raw_syscalls/sys_enter/"

/* The argument of our calls of getppid(), which has none: shells and other tests call it, too. */
static unsigned long our_mark;

/* There is one top level, and who floods a buffer of his own is seen in all: other runs of these
 * tests on this machine come first, or wait. */
static void take_turn(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "\0ftrace-tools unit-session" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	for (int i = 0; i < TURNS && bind(fd, (struct sockaddr *)&name, sizeof(name)); i++)
		fti_sleep_ns(TURN_NS);
}

/* NULL, or why there is nothing to test with. */
static const char *ready(void)
{
	static bool done;
	const char *reason = private_tracefs();
	sigset_t set;

	if (reason || done)
		return reason;
	if (access(TRACEFS "/" SYS_ENTER "enable", F_OK) || access(TRACEFS "/instances", F_OK))
		return "no raw_syscalls events or no instances on this kernel";
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	our_mark = (unsigned long)getpid();
	take_turn();
	done = true;
	return NULL;
}

/* Somebody traces at top level, or holds its lock. */
static bool top_level_is_in_use(void)
{
	int fd = open(TRACEFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool used = fd < 0 || flock(fd, LOCK_EX | LOCK_NB);
	char *text = NULL;

	used |= fti_file_read(fd, "set_event", &text, NULL) || *text;
	free(text);
	text = NULL;
	used |= fti_file_read(fd, "current_tracer", &text, NULL) || strcmp(text, "nop\n");
	free(text);
	close(fd);
	return used;
}

#define NEED_TRACEFS() NEED(ready())

#define NEED_TOP_LEVEL()						\
	do {								\
		NEED_TRACEFS();						\
		if (top_level_is_in_use()) {				\
			unit_skip("the top-level buffer is in use");	\
			return;						\
		}							\
	} while (0)

/* -- helpers ----------------------------------------------------------------------------------- */

static char *read_file(const char *path)
{
	char *text = NULL;

	if (fti_file_read(AT_FDCWD, path, &text, NULL))
		return strdup("?");
	fti_trim(text);
	return text;
}

static bool file_is(const char *path, const char *text)
{
	char *now = read_file(path);
	bool is = !strcmp(now, text);

	free(now);
	return is;
}

static void write_file(const char *path, const char *value)
{
	CU_ASSERT_EQUAL(fti_file_write(AT_FDCWD, path, value, FTI_TRUNCATE), 0);
}

static int open_session_at(struct ft_session **s, bool top)
{
	return ft_session_open(s, &(struct ft_session_config){ .tool = "unit-session",
							      .tracefs = TRACEFS, .top = top });
}

static struct ft_session *open_session(void)
{
	struct ft_session *s = NULL;
	int err = open_session_at(&s, false);

	if (err)
		ft_session_close(s, FT_OK);
	CU_ASSERT_EQUAL_FATAL(err, 0);
	return s;
}

/* What is said on stderr goes to a file meanwhile. */
struct hearing {
	int fd, old;
};

static void begin_hearing(struct hearing *h)
{
	h->fd = memfd_create("stderr", MFD_CLOEXEC);
	h->old = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (h->fd < 0 || h->old < 0 || dup2(h->fd, STDERR_FILENO) < 0)
		abort();
}

static void end_hearing(struct hearing *h, char *said, size_t size)
{
	ssize_t n;

	dup2(h->old, STDERR_FILENO);
	n = pread(h->fd, said, size - 1, 0);
	said[n < 0 ? 0 : n] = 0;
	close(h->fd);
	close(h->old);
}

static int close_and_hear(struct ft_session *s, int status, char *said, size_t size)
{
	struct hearing h;

	begin_hearing(&h);
	status = ft_session_close(s, status);
	end_hearing(&h, said, size);
	return status;
}

/* Our instances in the kernel: of this process, or of another. */
static int count_instances(pid_t pid)
{
	char end[16];
	struct dirent *e;
	DIR *d = opendir(TRACEFS "/instances");
	int n = 0;

	snprintf(end, sizeof(end), "-%d", pid);
	while (d && (e = readdir(d))) {
		const size_t len = strlen(e->d_name), tail = strlen(end);

		n += !strncmp(e->d_name, "ftrace-tools-unit-session", 25) && len > tail &&
		     !strcmp(e->d_name + len - tail, end);
	}
	if (d)
		closedir(d);
	return n;
}

static bool is_gone(pid_t pid)
{
	char path[64], *stat;
	bool gone;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (fti_file_read(AT_FDCWD, path, &stat, NULL))
		return true;
	gone = strstr(stat, ") Z") || strstr(stat, ") X");
	free(stat);
	return gone;
}

static bool wait_gone(pid_t pid)
{
	for (int i = 0; i < TURNS && !is_gone(pid); i++)
		fti_sleep_ns(TURN_NS);
	return is_gone(pid);
}

static int count_journals(void)
{
	DIR *d = opendir(FTI_JOURNAL_DIR);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

/* -- loads: children that end with us ---------------------------------------------------------- */

static pid_t start_child(void (*fn)(void))
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fn();
		_exit(0);
	}
	CU_ASSERT(pid > 0);
	return pid;
}

static void stop_child(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void call(void)
{
	syscall(SYS_getppid, our_mark);
}

static void flood(void)
{
	for (;;)
		call();
}

static void trickle(void)
{
	for (;;) {
		call();
		fti_sleep_ns(MS_NS);
	}
}

/* The process itself is quiet; its child calls getppid(). */
static void trickle_in_child(void)
{
	for (;;) {
		pid_t pid = fork();

		if (!pid) {
			call();
			call();
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		fti_sleep_ns(MS_NS);
	}
}

/* So many calls, made and ended when we want them, whatever else this machine does. */
static int bursts[2];

static void call_in_bursts(void)
{
	int calls;

	while (read(bursts[1], &calls, sizeof(calls)) == sizeof(calls)) {
		for (int i = 0; i < calls; i++)
			call();
		if (write(bursts[1], &calls, sizeof(calls)) != sizeof(calls))
			break;
	}
}

static pid_t start_bursts(void)
{
	pid_t pid;

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, bursts), 0);
	pid = start_child(call_in_bursts);
	close(bursts[1]);
	return pid;
}

static void burst(int calls)
{
	int made = 0;

	CU_ASSERT_EQUAL(write(bursts[0], &calls, sizeof(calls)), sizeof(calls));
	CU_ASSERT_EQUAL(read(bursts[0], &made, sizeof(made)), sizeof(made));
	CU_ASSERT_EQUAL(made, calls);
}

static void stop_bursts(pid_t pid)
{
	stop_child(pid);
	close(bursts[0]);
}

/* -- a stream of system calls ------------------------------------------------------------------ */

struct trace {
	struct ft_session *session;
	struct ft_events *evs;
	struct ft_field mark;
	struct ft_follow *follow;
	int sys_enter;
	int from;			/* only this thread is expected; 0: any */
	int enough;			/* events to end after; 0: never */
	int turns;			/* intervals to give up after */
	int burst;			/* calls made before the first event is read, and then */
	int calls;			/* anybody's */
	int events, foreign, own, disorder, losses, strangers, idles, intervals;
	uint64_t lost, last_ts;
	int (*on_turn)(struct trace *t);
};

static int on_event(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	struct trace *t = arg;
	struct ft_event next;

	if (!ft_follow_event(t->follow, e)) {
		t->strangers += e->type == t->sys_enter;
		return 0;
	}
	if (e->type != t->sys_enter)
		return 0;
	t->calls++;
	if (ft_field_u64(&t->mark, e) != our_mark)
		return 0;
	t->events++;
	t->disorder += e->ts < t->last_ts;
	t->last_ts = e->ts;
	t->own += e->tid == getpid();
	t->foreign += t->from && e->tid != t->from;
	if (ft_stream_peek(st, e->cpu, &next))
		t->disorder += next.ts < e->ts || next.cpu != e->cpu;
	/* Ours, that must not come back. */
	call();
	if (t->burst && t->events == 1)
		burst(t->burst);
	return t->enough && t->events >= t->enough;
}

static int on_loss(void *arg, int cpu, uint64_t count, uint64_t ts)
{
	struct trace *t = arg;

	(void)cpu, (void)ts;
	t->losses++;
	t->lost += count;
	return 0;
}

/* A stream that ought to have ended is ended with an error. */
static int on_interval(void *arg)
{
	struct trace *t = arg;

	if (++t->intervals > t->turns)
		return -ETIME;
	return t->on_turn ? t->on_turn(t) : 0;
}

static int on_idle(void *arg)
{
	((struct trace *)arg)->idles++;
	return 0;
}

static const struct ft_stream_ops ops = { on_event, on_loss, on_interval, on_idle };

static const struct ft_stream_config forever = { .output_fd = -1 };

/* Enable getppid()'s entry in the session's buffer and read the formats. */
static void begin_trace(struct trace *t, struct ft_session *s)
{
	static const char *const systems[] = { "raw_syscalls", "task", NULL };
	char filter[32];

	t->session = s;
	t->turns = TURNS;
	snprintf(filter, sizeof(filter), "id == %d", SYS_getppid);
	CU_ASSERT_EQUAL_FATAL(ft_session_enable_event(s, "raw_syscalls", "sys_enter", filter), 0);
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&t->evs, TRACEFS, systems), 0);
	t->sys_enter = ft_event_id(t->evs, "raw_syscalls", "sys_enter");
	CU_ASSERT_EQUAL(ft_field_find(t->evs, "raw_syscalls", "sys_enter", "args", &t->mark), 0);
	CU_ASSERT_EQUAL(ft_follow_ready(t->follow, t->evs), 0);
}

static int run_stream(struct trace *t, struct ft_stream_config config,
		      struct ft_stream_stats *stats)
{
	struct ft_stream *st = NULL;
	int err;

	if (!config.interval_ns)
		config.interval_ns = TURN_NS;
	err = ft_stream_open(&st, t->session, t->evs, &config);
	if (!err) {
		if (t->burst)
			burst(t->burst);
		err = ft_stream_run(st, &ops, t);
		*stats = *ft_stream_stats(st);
	}
	ft_stream_close(st);
	return err;
}

static int end_trace(struct trace *t)
{
	ft_events_close(t->evs);
	ft_follow_close(t->follow);
	return ft_session_close(t->session, FT_OK);
}

/* -- instances --------------------------------------------------------------------------------- */

static void test_session_of_events_has_an_instance_of_its_own(void)
{
	struct ft_session *a, *b;

	NEED_TRACEFS();
	a = open_session();
	b = open_session();
	CU_ASSERT_TRUE(ft_session_in_instance(a) && ft_session_in_instance(b));
	CU_ASSERT_STRING_EQUAL(ft_session_tracefs(a), TRACEFS);
	CU_ASSERT(strcmp(ft_session_dir(a), ft_session_dir(b)) != 0);
	CU_ASSERT_EQUAL(access(ft_session_dir(a), F_OK), 0);
	CU_ASSERT_EQUAL(access(ft_session_dir(b), F_OK), 0);
	CU_ASSERT_EQUAL(count_instances(getpid()), 2);
	CU_ASSERT_EQUAL(ft_session_close(a, FT_OK), FT_OK);
	CU_ASSERT_EQUAL(count_instances(getpid()), 1);
	CU_ASSERT_EQUAL(access(ft_session_dir(b), F_OK), 0);
	CU_ASSERT_EQUAL(ft_session_close(b, FT_OK), FT_OK);
	CU_ASSERT_EQUAL(count_instances(getpid()), 0);
	CU_ASSERT_EQUAL(count_journals(), 0);
}

static void test_session_sets_only_its_own_buffer(void)
{
	struct ft_session *s;
	char *text;

	NEED_TRACEFS();
	s = open_session();
	CU_ASSERT_EQUAL(ft_session_enable_event(s, "raw_syscalls", "sys_enter",
						"id == 1 && common_pid > 5"), 0);
	text = ft_session_read(s, SYS_ENTER "enable");
	CU_ASSERT_STRING_EQUAL(text, "1");
	free(text);
	text = ft_session_read(s, SYS_ENTER "filter");
	CU_ASSERT_STRING_EQUAL(text, "id == 1 && common_pid > 5");
	free(text);
	text = ft_session_read_global(s, SYS_ENTER "filter");
	CU_ASSERT_STRING_EQUAL(text, "none");
	free(text);
	CU_ASSERT_EQUAL(ft_session_set_option(s, "no-such-option", true), -ENOENT);
	CU_ASSERT_EQUAL(ft_session_set_option(s, "markers", false), 0);
	CU_ASSERT_TRUE(ft_session_has(s, "tracing_on"));
	CU_ASSERT_FALSE(ft_session_has(s, "no-such-file"));
	CU_ASSERT(!ft_session_read(s, "no-such-file") && errno == ENOENT);
	CU_ASSERT_EQUAL(ft_session_close(s, FT_OK), FT_OK);
	CU_ASSERT_TRUE(file_is(TRACEFS "/options/markers", "1"));
}

/* Left by a dead process of the same number: it is not taken for ours. */
static void test_session_leaves_an_instance_of_its_name_alone(void)
{
	char path[128];
	struct ft_session *s;

	NEED_TRACEFS();
	snprintf(path, sizeof(path), TRACEFS "/instances/ftrace-tools-unit-session-%d", getpid());
	CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
	s = open_session();
	CU_ASSERT(strcmp(ft_session_dir(s), path) != 0);
	CU_ASSERT_EQUAL(ft_session_close(s, FT_OK), FT_OK);
	CU_ASSERT_EQUAL(rmdir(path), 0);
}

/* Instances inherit it, and the kernel tells no reader what it drops then. */
static void test_session_overwrites_the_oldest_whatever_was_set(void)
{
	struct ft_session *s;
	char *text;

	NEED_TOP_LEVEL();
	CU_ASSERT_TRUE(file_is(TRACEFS "/options/overwrite", "1"));
	write_file(TRACEFS "/options/overwrite", "0");
	if (!open_session_at(&s, false)) {
		text = ft_session_read(s, "options/overwrite");
		CU_ASSERT(text && !strcmp(text, "1"));
		free(text);
	}
	CU_ASSERT_EQUAL(ft_session_close(s, FT_OK), FT_OK);
	CU_ASSERT_TRUE(file_is(TRACEFS "/options/overwrite", "0"));
	write_file(TRACEFS "/options/overwrite", "1");
}

/* -- messages ---------------------------------------------------------------------------------- */

static void test_session_says_why_the_kernel_refused(void)
{
	struct ft_session *s;
	char said[512];

	NEED_TRACEFS();
	s = open_session();
	CU_ASSERT_EQUAL(ft_session_enable_event(s, "raw_syscalls", "sys_enter", "nosuch == 1"),
			-EINVAL);
	/* The first failure wins. */
	CU_ASSERT_EQUAL(ft_session_enable_event(s, "raw_syscalls", "no_such_event", NULL),
			-EOPNOTSUPP);
	CU_ASSERT_EQUAL(close_and_hear(s, FT_OK, said, sizeof(said)), FT_USAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "unit-session: cannot set '" SYS_ENTER
				      "filter' to 'nosuch == 1': "));
	/* error_log is there from 5.2 on */
	if (!access(TRACEFS "/error_log", F_OK))
		CU_ASSERT_PTR_NOT_NULL(strstr(said, "(Field not found)"));
	CU_ASSERT_EQUAL(strcspn(said, "\n"), strlen(said) - 1);
}

static void test_session_failures_are_exit_statuses(void)
{
	static const struct {
		int err, status, is;
	} cases[] = {
		{ 0, FT_OVERLOAD, FT_OVERLOAD },    { -EOPNOTSUPP, FT_FAILED, FT_UNSUPPORTED },
		{ -EOVERFLOW, FT_OK, FT_OVERLOAD }, { -EIO, FT_OVERLOAD, FT_OVERLOAD },
		{ -EIO, FT_OK, FT_FAILED },
	};
	char said[256];

	NEED_TRACEFS();
	for (size_t i = 0; i < LEN(cases); i++) {
		struct ft_session *s = open_session();

		if (cases[i].err)
			CU_ASSERT_EQUAL(ft_fail(s, cases[i].err, "case %zu", i), cases[i].err);
		CU_ASSERT_EQUAL(close_and_hear(s, cases[i].status, said, sizeof(said)),
				cases[i].is);
		CU_ASSERT_EQUAL(said[0] != 0, cases[i].err != 0);
	}
	CU_ASSERT_EQUAL(ft_session_close(NULL, FT_OK), FT_FAILED);
	CU_ASSERT_EQUAL(ft_fail(NULL, -EIO, "nothing"), -EIO);
}

static void test_session_says_one_line_of_plain_text(void)
{
	struct ft_session *s;
	char said[2048], text[1500];

	NEED_TRACEFS();
	s = open_session();
	ft_fail(s, -EIO, "a\n\033[31mb\rc\td\x7f j\xc3\xb6rg");
	close_and_hear(s, FT_OK, said, sizeof(said));
	CU_ASSERT_STRING_EQUAL(said, "unit-session: a??[31mb?c?d? j\xc3\xb6rg\n");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	s = open_session();
	ft_fail(s, -EIO, "%s", text);
	close_and_hear(s, FT_OK, said, sizeof(said));
	CU_ASSERT(strlen(said) > 1000 && strlen(said) < 1300);
	CU_ASSERT_EQUAL(strcspn(said, "\n"), strlen(said) - 1);
}

static void test_session_needs_a_tracing_directory(void)
{
	static const char *const dirs[] = { "/run", "/nonexistent", TRACEFS "/events" };
	struct ft_session *s;
	char said[512];

	NEED_TRACEFS();
	for (size_t i = 0; i < LEN(dirs); i++) {
		const struct ft_session_config config = { .tool = "x", .tracefs = dirs[i] };

		CU_ASSERT_EQUAL(ft_session_open(&s, &config), -EOPNOTSUPP);
		CU_ASSERT_EQUAL(close_and_hear(s, FT_OK, said, sizeof(said)), FT_UNSUPPORTED);
		CU_ASSERT_PTR_NOT_NULL(strstr(said, dirs[i]));
	}
	CU_ASSERT_EQUAL(count_journals(), 0);
}

/* -- plans ------------------------------------------------------------------------------------- */

/* arg: what to answer. */
static int plan(void *arg, struct ft_session *s, struct ft_session_config *config)
{
	const int *answer = arg;

	CU_ASSERT_STRING_EQUAL(ft_session_tracefs(s), TRACEFS);
	CU_ASSERT(ft_session_has_global(s, SYS_ENTER "enable"));
	CU_ASSERT_EQUAL(count_instances(getpid()), 0);
	CU_ASSERT_EQUAL(count_journals(), 0);
	config->top = *answer == 1;
	return *answer < 0 ? ft_fail(s, *answer, "no such plan") : 0;
}

static int open_planned(struct ft_session **s, int *answer)
{
	return ft_session_open(s, &(struct ft_session_config){
		.tool = "unit-session", .tracefs = TRACEFS, .plan = plan, .plan_arg = answer });
}

static void test_session_plan_fails_before_anything_is_changed(void)
{
	struct ft_session *s = NULL;
	int answer = -EINVAL;
	char said[512];

	NEED_TRACEFS();
	CU_ASSERT_EQUAL(open_planned(&s, &answer), -EINVAL);
	CU_ASSERT_EQUAL(close_and_hear(s, FT_OK, said, sizeof(said)), FT_USAGE);
	CU_ASSERT_STRING_EQUAL(said, "unit-session: no such plan\n");
}

static void test_session_plan_chooses_the_buffer(void)
{
	struct ft_session *s = NULL;
	int answer = 0;

	NEED_TOP_LEVEL();
	CU_ASSERT_EQUAL_FATAL(open_planned(&s, &answer), 0);
	CU_ASSERT(ft_session_in_instance(s));
	CU_ASSERT_EQUAL(ft_session_close(s, FT_OK), FT_OK);
	answer = 1;
	CU_ASSERT_EQUAL_FATAL(open_planned(&s, &answer), 0);
	CU_ASSERT_FALSE(ft_session_in_instance(s));
	CU_ASSERT_EQUAL(ft_session_close(s, FT_OK), FT_OK);
}

/* -- streams ----------------------------------------------------------------------------------- */

static void test_stream_delivers_a_childs_calls_in_order_and_none_of_ours(void)
{
	struct trace t = { .burst = 100 };
	struct ft_stream_stats stats;
	pid_t child, other;

	NEED_TRACEFS();
	begin_trace(&t, open_session());
	child = start_bursts();
	other = start_child(trickle);
	/* It ends by itself. */
	CU_ASSERT_EQUAL(run_stream(&t, (struct ft_stream_config){ .duration_ns = 200 * MS_NS,
								 .output_fd = -1 }, &stats), 0);
	stop_child(other);
	stop_bursts(child);
	CU_ASSERT(t.events >= 100 && t.idles > 0);
	CU_ASSERT_EQUAL(t.disorder, 0);
	CU_ASSERT_EQUAL(t.own, 0);
	CU_ASSERT_EQUAL(stats.events, (uint64_t)t.calls);
	CU_ASSERT(!stats.lost && !stats.bad_pages && !stats.overload && !stats.signalled);
	CU_ASSERT_EQUAL(end_trace(&t), FT_OK);
	CU_ASSERT_EQUAL(count_instances(getpid()), 0);
}

static pid_t held;

static void call_when_continued(void)
{
	raise(SIGSTOP);
	for (int i = 0; i < 1000; i++)
		call();
}

static int release_held(struct trace *t)
{
	(void)t;
	return kill(held, SIGCONT) ? -errno : 0;
}

static void test_stream_unordered_delivers_every_event(void)
{
	struct trace t = { .on_turn = release_held };
	struct ft_stream_stats stats;

	NEED_TRACEFS();
	begin_trace(&t, open_session());
	held = start_child(call_when_continued);
	CU_ASSERT_EQUAL(run_stream(&t, (struct ft_stream_config){
		.child = held, .unordered = true, .output_fd = -1 }, &stats), 0);
	CU_ASSERT(stats.child_ended);
	CU_ASSERT_EQUAL(t.events, 1000);
	CU_ASSERT_EQUAL(stats.lost + stats.lost_unknown, 0);
	CU_ASSERT_EQUAL(end_trace(&t), FT_OK);
}

static void test_stream_without_recording_leaves_tracing_off(void)
{
	struct trace t = { .enough = 0 };
	struct ft_stream_stats stats;
	pid_t child;
	char *on;

	NEED_TRACEFS();
	begin_trace(&t, open_session());
	child = start_child(trickle);
	CU_ASSERT_EQUAL(run_stream(&t, (struct ft_stream_config){
		.duration_ns = 200 * MS_NS, .no_recording = true, .output_fd = -1 }, &stats), 0);
	stop_child(child);
	CU_ASSERT_EQUAL(t.events, 0);
	CU_ASSERT(t.intervals > 0);
	on = ft_session_read(t.session, "tracing_on");
	CU_ASSERT(on && !strcmp(on, "0"));
	free(on);
	on = ft_session_read(t.session, "trace");
	CU_ASSERT(on && strstr(on, "entries-in-buffer/entries-written: 0/0"));
	free(on);
	CU_ASSERT_EQUAL(end_trace(&t), FT_OK);
}

/* CPUs that were never online report an error to poll() at once and for ever. */
static void test_stream_sleeps_while_nothing_happens(void)
{
	struct trace t = { .enough = 0 };
	struct ft_stream_stats stats;

	NEED_TRACEFS();
	begin_trace(&t, open_session());
	CU_ASSERT_EQUAL(ft_session_set(t.session, SYS_ENTER "filter", "id == -1"), 0);
	CU_ASSERT_EQUAL(run_stream(&t, (struct ft_stream_config){ .duration_ns = 300 * MS_NS,
								 .interval_ns = 3600 * 1000 * MS_NS,
								 .output_fd = -1 }, &stats), 0);
	CU_ASSERT(t.idles > 0 && t.idles < 50);
	CU_ASSERT_EQUAL(end_trace(&t), FT_OK);
}

/* The kernel keeps us out where it can; what gets through all the same is dropped. */
static void test_stream_drops_its_own_events_where_they_get_through(void)
{
	struct trace t = { .enough = 300 };	/* several rounds */
	struct ft_stream *st = NULL;
	char pids[32];
	char *text;
	pid_t child;

	NEED_TRACEFS();
	if (!ft_task_initial_namespace()) {
		unit_skip("in a PID namespace");
		return;
	}
	begin_trace(&t, open_session());
	child = start_child(trickle);
	CU_ASSERT_EQUAL_FATAL(ft_stream_open(&st, t.session, t.evs, &(struct ft_stream_config){
		.interval_ns = TURN_NS, .output_fd = -1 }), 0);
	text = ft_session_read(t.session, "set_event_notrace_pid");
	snprintf(pids, sizeof(pids), "%d", getpid());
	if (text)
		CU_ASSERT_PTR_NOT_NULL(strstr(text, pids));
	if (text)
		CU_ASSERT_EQUAL(ft_session_set(t.session, "set_event_notrace_pid", ""), 0);
	free(text);
	call();
	CU_ASSERT_EQUAL(ft_stream_run(st, &ops, &t), 0);
	CU_ASSERT_EQUAL(t.own, 0);
	CU_ASSERT_EQUAL(t.events, 300);
	ft_stream_close(st);
	stop_child(child);
	CU_ASSERT_EQUAL(end_trace(&t), FT_OK);
}

static int end_when_seen(struct trace *t)
{
	return t->events ? kill(getpid(), SIGTERM) : 0;
}

/* Two bursts that no buffer of two pages can hold, and nobody reads meanwhile: what is not
 * delivered is counted.  A flood that goes on can be read in step with it, page by page, where
 * memory is slow enough. */
static void test_stream_tells_of_lost_events(void)
{
	struct trace t = { .burst = 20000, .on_turn = end_when_seen };
	struct ft_stream_stats stats;
	char filter[64];
	pid_t child;

	NEED_TRACEFS();
	if (!ft_task_initial_namespace()) {
		unit_skip("in a PID namespace");
		return;
	}
	begin_trace(&t, open_session());
	child = start_bursts();
	snprintf(filter, sizeof(filter), "id == %d && common_pid == %d", SYS_getppid, child);
	CU_ASSERT_EQUAL(ft_session_set(t.session, SYS_ENTER "filter", filter), 0);
	CU_ASSERT_EQUAL(ft_session_set(t.session, "buffer_size_kb", "8"), 0);
	CU_ASSERT_EQUAL(run_stream(&t, forever, &stats), 0);
	stop_bursts(child);
	CU_ASSERT(t.losses >= 2);
	CU_ASSERT(stats.lost >= t.lost);
	CU_ASSERT_EQUAL(t.events + stats.lost, 40000);
	CU_ASSERT_EQUAL(t.disorder, 0);
	CU_ASSERT_EQUAL(end_trace(&t), FT_OK);
}

static void test_stream_ends_when_the_trace_is_too_hot(void)
{
	struct trace t = { .enough = 0 };
	struct ft_stream_stats stats;
	pid_t child;
	char *on;

	NEED_TRACEFS();
	begin_trace(&t, open_session());
	child = start_child(flood);
	CU_ASSERT_EQUAL(run_stream(&t, (struct ft_stream_config){ .max_rate = 100,
								 .output_fd = -1 }, &stats), 0);
	stop_child(child);
	CU_ASSERT_TRUE(stats.overload);
	CU_ASSERT(t.calls > 200);
	on = ft_session_read(t.session, "tracing_on");
	CU_ASSERT_STRING_EQUAL(on, "0");
	free(on);
	CU_ASSERT_EQUAL(end_trace(&t), FT_OK);
}

static int reader_end = -1;

static int close_reader(struct trace *t)
{
	if (t->intervals == 3)
		close(reader_end);
	return 0;
}

static void test_stream_ends_when_the_reader_of_its_output_has_gone(void)
{
	struct trace t = { .on_turn = close_reader };
	struct ft_stream_stats stats;
	int ends[2];

	NEED_TRACEFS();
	begin_trace(&t, open_session());
	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	reader_end = ends[0];
	CU_ASSERT_EQUAL(run_stream(&t, (struct ft_stream_config){ .output_fd = ends[1] }, &stats),
			0);
	CU_ASSERT(t.intervals >= 3);
	CU_ASSERT(!stats.signalled && !stats.overload);
	close(ends[1]);
	CU_ASSERT_EQUAL(end_trace(&t), FT_OK);
}

static int raise_signal(struct trace *t)
{
	if (t->intervals == 3)
		kill(getpid(), SIGTERM);
	return 0;
}

static void test_stream_ends_at_a_signal(void)
{
	struct trace t = { .on_turn = raise_signal };
	struct ft_stream_stats stats;

	NEED_TRACEFS();
	begin_trace(&t, open_session());
	CU_ASSERT_EQUAL(run_stream(&t, forever, &stats), 0);
	CU_ASSERT_TRUE(stats.signalled);
	CU_ASSERT_FALSE(stats.cut);
	CU_ASSERT_EQUAL(end_trace(&t), FT_OK);
}

static void end_with_7(void)
{
	fti_sleep_ns(20 * MS_NS);
	_exit(7);
}

static void test_stream_ends_with_its_child(void)
{
	struct trace t = { .enough = 0 };
	struct ft_stream_stats stats;

	NEED_TRACEFS();
	begin_trace(&t, open_session());
	CU_ASSERT_EQUAL(run_stream(&t, (struct ft_stream_config){ .child = start_child(end_with_7),
								 .output_fd = -1 }, &stats), 0);
	CU_ASSERT_TRUE(stats.child_ended);
	CU_ASSERT(WIFEXITED(stats.child_status) && WEXITSTATUS(stats.child_status) == 7);
	CU_ASSERT_EQUAL(end_trace(&t), FT_OK);
}

/* Some supervisors start what they run with SIGCHLD ignored: its children leave no zombie. */
static void test_stream_ends_with_a_child_that_left_no_status(void)
{
	struct trace t = { .enough = 0 };
	struct ft_stream_stats stats;
	pid_t child;

	NEED_TRACEFS();
	signal(SIGCHLD, SIG_IGN);
	begin_trace(&t, open_session());
	child = start_child(end_with_7);
	for (int i = 0; i < TURNS && !kill(child, 0); i++)
		fti_sleep_ns(TURN_NS);
	CU_ASSERT_EQUAL(run_stream(&t, (struct ft_stream_config){ .child = child, .output_fd = -1 },
				   &stats), 0);
	CU_ASSERT_TRUE(stats.child_ended);
	CU_ASSERT_EQUAL(end_trace(&t), FT_OK);
	signal(SIGCHLD, SIG_DFL);
}

/* -- following --------------------------------------------------------------------------------- */

static void follow(struct trace *t, enum ft_follow_scope scope, int id)
{
	struct ft_session *s = open_session();

	CU_ASSERT_EQUAL_FATAL(ft_follow_open(&t->follow, s, scope, FT_FOLLOW_EVENTS, id), 0);
	begin_trace(t, s);
}

#define NEED_FOLLOW()								\
	do {									\
		NEED_TRACEFS();							\
		if (access(TRACEFS "/options/event-fork", F_OK) ||		\
		    !ft_task_initial_namespace()) {				\
			unit_skip("no event-fork, or in a PID namespace");	\
			return;							\
		}								\
	} while (0)

static void test_follow_of_a_thread_shows_no_other(void)
{
	struct trace t = { .enough = 20 };
	struct ft_stream_stats stats;
	pid_t child, other;
	char pid[16], *text;

	NEED_FOLLOW();
	child = start_child(trickle);
	other = start_child(trickle);
	t.from = child;
	follow(&t, FT_FOLLOW_THREAD, child);
	snprintf(pid, sizeof(pid), "%d", child);
	text = ft_session_read(t.session, "set_event_pid");
	CU_ASSERT(text && !strcmp(text, pid));
	free(text);
	CU_ASSERT_EQUAL(run_stream(&t, forever, &stats), 0);
	stop_child(other);
	stop_child(child);
	CU_ASSERT_EQUAL(t.events, 20);
	CU_ASSERT_EQUAL(t.foreign, 0);
	CU_ASSERT_EQUAL(end_trace(&t), FT_OK);
}

static void test_follow_of_a_tree_shows_children(void)
{
	struct trace t = { .enough = 20 };
	struct ft_stream_stats stats;
	pid_t child;

	NEED_FOLLOW();
	child = start_child(trickle_in_child);
	follow(&t, FT_FOLLOW_TREE, child);
	CU_ASSERT_EQUAL(run_stream(&t, forever, &stats), 0);
	stop_child(child);
	CU_ASSERT_EQUAL(t.events, 20);
	CU_ASSERT_EQUAL(t.strangers, 0);
	CU_ASSERT_EQUAL(end_trace(&t), FT_OK);
}

static int enough_strangers(struct trace *t)
{
	return t->strangers >= 20;
}

static void test_follow_of_a_process_leaves_its_children_out(void)
{
	struct trace t = { .on_turn = enough_strangers };
	struct ft_stream_stats stats;
	pid_t child;

	NEED_FOLLOW();
	child = start_child(trickle_in_child);
	follow(&t, FT_FOLLOW_PROCESS, child);
	CU_ASSERT_EQUAL(run_stream(&t, forever, &stats), 0);
	stop_child(child);
	CU_ASSERT(t.strangers >= 20);
	CU_ASSERT_EQUAL(t.events, 0);
	CU_ASSERT_EQUAL(end_trace(&t), FT_OK);
}

static void test_follow_refuses_a_process_that_is_not(void)
{
	struct ft_follow *f = NULL;
	struct ft_session *s;
	char said[256];
	pid_t child;

	NEED_FOLLOW();
	child = start_child(end_with_7);
	waitpid(child, NULL, 0);
	s = open_session();
	CU_ASSERT_EQUAL(ft_follow_open(&f, s, FT_FOLLOW_THREAD, FT_FOLLOW_EVENTS, child), -ESRCH);
	CU_ASSERT_PTR_NULL(f);
	CU_ASSERT_EQUAL(close_and_hear(s, FT_OK, said, sizeof(said)), FT_USAGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "no process or thread with ID"));
}

/* -- killed ------------------------------------------------------------------------------------ */

struct user {
	pid_t pid, guard;
};

static int tell_fd;
static bool at_top, without_std_fds;

/* A tool in the middle of its trace: tells its guard, then sleeps. */
static void use_session(void)
{
	struct trace t = { .enough = 0 };
	struct ft_session *s = NULL;
	struct ft_stream *st = NULL;
	int own[2];

	if (without_std_fds)
		for (int fd = 0; fd <= 2; fd++)
			close(fd);
	if (open_session_at(&s, at_top))
		_exit(1);
	begin_trace(&t, s);
	if (ft_stream_open(&st, s, t.evs, &(struct ft_stream_config){ .output_fd = -1 }))
		_exit(1);
	fti_session_own_tids(s, own);
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			own[1] = 0;
	if (write(tell_fd, &own[1], sizeof(own[1])) != sizeof(own[1]))
		_exit(1);
	for (;;)
		pause();
}

static void start_user(struct user *u, bool top, bool bare)
{
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	tell_fd = ends[1];
	at_top = top;
	without_std_fds = bare;
	u->guard = 0;
	u->pid = start_child(use_session);
	close(ends[1]);
	CU_ASSERT_EQUAL(read(ends[0], &u->guard, sizeof(u->guard)), sizeof(u->guard));
	CU_ASSERT(u->guard > 0);
	close(ends[0]);
}

static void test_session_of_a_killed_tool_is_closed_by_its_guard(void)
{
	struct user u;

	NEED_TRACEFS();
	if (!ft_task_initial_namespace()) {
		unit_skip("in a PID namespace");
		return;
	}
	for (int bare = 0; bare < 2; bare++) {
		start_user(&u, false, bare);
		CU_ASSERT_EQUAL(count_instances(u.pid), 1);
		CU_ASSERT_EQUAL(count_journals(), 1);
		stop_child(u.pid);
		CU_ASSERT_TRUE(u.guard > 0 && wait_gone(u.guard));
		CU_ASSERT_EQUAL(count_instances(u.pid), 0);
		CU_ASSERT_EQUAL(count_journals(), 0);
	}
}

/* Tool and guard together: the next session puts back, and says so. */
static void test_session_repairs_what_dead_ones_left(void)
{
	struct ft_session *s = NULL;
	struct user u;
	char said[512], name[64];
	struct hearing h;

	NEED_TOP_LEVEL();
	if (!ft_task_initial_namespace()) {
		unit_skip("in a PID namespace");
		return;
	}
	start_user(&u, false, false);
	if (u.guard > 0)
		kill(u.guard, SIGKILL);
	CU_ASSERT_TRUE(wait_gone(u.guard));
	stop_child(u.pid);
	CU_ASSERT_EQUAL(count_instances(u.pid), 1);
	begin_hearing(&h);
	CU_ASSERT_EQUAL(open_session_at(&s, false), 0);
	end_hearing(&h, said, sizeof(said));
	snprintf(name, sizeof(name), "put back what 'unit-session' (PID %d) left", u.pid);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, name));
	CU_ASSERT_EQUAL(count_instances(u.pid), 0);
	CU_ASSERT_EQUAL(ft_session_close(s, FT_OK), FT_OK);
}

/* -- the top level ----------------------------------------------------------------------------- */

/* What a session may change there, as text that can be compared. */
static const char *const top_files[] = {
	"current_tracer", "tracing_on", "tracing_thresh", "tracing_cpumask", "trace_clock",
	"buffer_percent", "buffer_size_kb", "saved_cmdlines_size", "set_event_pid",
	"set_event_notrace_pid", "set_ftrace_filter", "set_ftrace_pid", "set_event",
	"trace_options",
	SYS_ENTER "enable", SYS_ENTER "filter", SYS_ENTER "trigger",
};

static void read_top(char *values[LEN(top_files)])
{
	char path[128];

	for (size_t i = 0; i < LEN(top_files); i++) {
		snprintf(path, sizeof(path), TRACEFS "/%s", top_files[i]);
		values[i] = read_file(path);
	}
}

/* Buffers expand for good when tracing is first used, and then are rounded. */
static void compare_top(char *before[LEN(top_files)])
{
	char *after[LEN(top_files)];

	read_top(after);
	for (size_t i = 0; i < LEN(top_files); i++) {
		bool same = !strcmp(before[i], after[i]);

		if (!same && !fti_rule_normalize(top_files[i], before[i]) &&
		    !fti_rule_normalize(top_files[i], after[i]))
			same = fti_rule_same(top_files[i], before[i], after[i]);
		if (!same)
			printf("# %s was '%s', is '%s'\n", top_files[i], before[i], after[i]);
		CU_ASSERT_TRUE(same);
		free(before[i]);
		free(after[i]);
	}
}

static void test_session_at_top_level_puts_back_every_value(void)
{
	char *before[LEN(top_files)];
	struct trace t = { .enough = 20 };
	struct ft_session *s = NULL;
	struct ft_stream_stats stats;
	pid_t child;

	NEED_TOP_LEVEL();
	write_file(TRACEFS "/set_event_pid", "1");
	read_top(before);
	child = start_child(trickle);
	if (!open_session_at(&s, true)) {
		CU_ASSERT_FALSE(ft_session_in_instance(s));
		CU_ASSERT_STRING_EQUAL(ft_session_dir(s), TRACEFS);
		CU_ASSERT_EQUAL(ft_session_clear(s, "set_event_pid"), 0);
		CU_ASSERT_EQUAL(ft_session_set(s, "buffer_size_kb", "512"), 0);
		CU_ASSERT_EQUAL(ft_session_set(s, "saved_cmdlines_size", "1024"), 0);
		CU_ASSERT_EQUAL(ft_session_set_option(s, "markers", false), 0);
		begin_trace(&t, s);
		CU_ASSERT_EQUAL(run_stream(&t, forever, &stats), 0);
		CU_ASSERT_EQUAL(t.events, 20);
		CU_ASSERT_EQUAL(t.own, 0);
		ft_events_close(t.evs);
	}
	stop_child(child);
	CU_ASSERT_EQUAL(ft_session_close(s, FT_OK), FT_OK);
	compare_top(before);
	write_file(TRACEFS "/set_event_pid", "");
	CU_ASSERT_EQUAL(count_journals(), 0);
}

static void test_session_at_top_level_is_put_back_by_its_guard(void)
{
	char *before[LEN(top_files)];
	struct user u;

	NEED_TOP_LEVEL();
	if (!ft_task_initial_namespace()) {
		unit_skip("in a PID namespace");
		return;
	}
	read_top(before);
	start_user(&u, true, false);
	CU_ASSERT_TRUE(file_is(TRACEFS "/" SYS_ENTER "enable", "1"));
	stop_child(u.pid);
	CU_ASSERT_TRUE(u.guard > 0 && wait_gone(u.guard));
	compare_top(before);
	CU_ASSERT_EQUAL(count_journals(), 0);
}

/* tracing_on was 0 before: that it is 1 now is the dead tool's doing, and no other's. */
static void test_session_repair_switches_tracing_off_again(void)
{
	struct ft_session *s = NULL;
	struct hearing h;
	struct user u;
	char said[512];

	NEED_TOP_LEVEL();
	if (!ft_task_initial_namespace()) {
		unit_skip("in a PID namespace");
		return;
	}
	CU_ASSERT_TRUE(file_is(TRACEFS "/tracing_on", "1"));
	write_file(TRACEFS "/trace", "");
	write_file(TRACEFS "/tracing_on", "0");
	start_user(&u, true, false);
	CU_ASSERT_TRUE(file_is(TRACEFS "/tracing_on", "1"));
	if (u.guard > 0)
		kill(u.guard, SIGKILL);
	CU_ASSERT_TRUE(wait_gone(u.guard));
	stop_child(u.pid);
	begin_hearing(&h);
	CU_ASSERT_EQUAL(open_session_at(&s, false), 0);
	end_hearing(&h, said, sizeof(said));
	CU_ASSERT_TRUE(file_is(TRACEFS "/tracing_on", "0"));
	CU_ASSERT_TRUE(file_is(TRACEFS "/" SYS_ENTER "enable", "0"));
	CU_ASSERT_TRUE(file_is(TRACEFS "/" SYS_ENTER "filter", "none"));
	CU_ASSERT_EQUAL(ft_session_close(s, FT_OK), FT_OK);
	write_file(TRACEFS "/tracing_on", "1");
}

static void test_session_at_top_level_is_one_at_a_time(void)
{
	struct ft_session *first = NULL, *second = NULL;
	char said[512], holder[64], *comm;

	NEED_TOP_LEVEL();
	CU_ASSERT_EQUAL(open_session_at(&first, true), 0);
	CU_ASSERT_EQUAL(open_session_at(&second, true), -EBUSY);
	CU_ASSERT_EQUAL(close_and_hear(second, FT_OK, said, sizeof(said)), FT_FAILED);
	comm = read_file("/proc/self/comm");
	snprintf(holder, sizeof(holder), "in use by '%s' (PID %d)", comm, getpid());
	free(comm);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, holder));
	/* One in an instance does not mind. */
	CU_ASSERT_EQUAL(open_session_at(&second, false), 0);
	CU_ASSERT_TRUE(ft_session_in_instance(second));
	CU_ASSERT_EQUAL(ft_session_close(second, FT_OK), FT_OK);
	CU_ASSERT_EQUAL(ft_session_close(first, FT_OK), FT_OK);
	CU_ASSERT_EQUAL(open_session_at(&second, true), 0);
	CU_ASSERT_EQUAL(ft_session_close(second, FT_OK), FT_OK);
}

static void test_session_at_top_level_refuses_when_somebody_traces(void)
{
	struct ft_session *s = NULL;
	char said[512];
	int err;

	NEED_TOP_LEVEL();
	write_file(TRACEFS "/events/signal/signal_generate/enable", "1");
	err = open_session_at(&s, true);
	close_and_hear(s, FT_OK, said, sizeof(said));
	CU_ASSERT_TRUE(file_is(TRACEFS "/events/signal/signal_generate/enable", "1"));
	write_file(TRACEFS "/events/signal/signal_generate/enable", "0");
	CU_ASSERT_EQUAL(err, -EBUSY);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "signal:signal_generate"));
	CU_ASSERT_EQUAL(count_journals(), 0);
}

static int open_stopped(char *said, size_t size)
{
	struct ft_session *s = NULL;
	int err = open_session_at(&s, true);

	close_and_hear(s, FT_OK, said, size);
	return err;
}

/* Stopped by somebody who wants to look at it; but a stopped buffer alone is no trace. */
static void test_session_at_top_level_keeps_a_stopped_trace(void)
{
	char said[512];

	NEED_TOP_LEVEL();
	write_file(TRACEFS "/trace", "");
	write_file(TRACEFS "/trace_marker", "to be looked at");
	write_file(TRACEFS "/tracing_on", "0");
	CU_ASSERT_EQUAL(open_stopped(said, sizeof(said)), -EBUSY);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "holds a stopped trace of 1 entries"));
	write_file(TRACEFS "/trace", "");
	CU_ASSERT_EQUAL(open_stopped(said, sizeof(said)), 0);
	CU_ASSERT_TRUE(file_is(TRACEFS "/tracing_on", "0"));
	write_file(TRACEFS "/tracing_on", "1");
}

/* What a stream did not deliver must not look like a stopped trace of somebody. */
static void test_stream_at_top_level_leaves_the_buffer_empty(void)
{
	struct trace t = { .enough = 3 };
	struct ft_session *s = NULL;
	struct ft_stream_stats stats;
	char *clock = NULL, said[512];
	pid_t child;

	NEED_TOP_LEVEL();
	/* Putting back another clock would empty it too. */
	CU_ASSERT_EQUAL(fti_file_read(AT_FDCWD, TRACEFS "/trace_clock", &clock, NULL), 0);
	CU_ASSERT_EQUAL(fti_rule_normalize("trace_clock", clock), 0);
	write_file(TRACEFS "/trace_clock", "mono");
	child = start_child(flood);
	if (!open_session_at(&s, true)) {
		begin_trace(&t, s);
		CU_ASSERT_EQUAL(run_stream(&t, forever, &stats), 0);
		CU_ASSERT_EQUAL(t.events, 3);
		ft_events_close(t.evs);
	}
	stop_child(child);
	CU_ASSERT_EQUAL(ft_session_close(s, FT_OK), FT_OK);
	write_file(TRACEFS "/tracing_on", "0");
	CU_ASSERT_EQUAL(open_stopped(said, sizeof(said)), 0);
	write_file(TRACEFS "/tracing_on", "1");
	write_file(TRACEFS "/trace_clock", clock ? clock : "local");
	free(clock);
}

static void mark(void)
{
	fti_file_write(AT_FDCWD, TRACEFS "/trace_marker", "this is old", FTI_TRUNCATE);
}

/* With the clock as it is wanted nothing else empties the buffer. */
static void test_stream_at_top_level_begins_empty(void)
{
	const struct ft_stream_config short_while = { .duration_ns = MS_NS, .output_fd = -1 };
	struct trace t = { .turns = 0 };
	struct ft_session *s = NULL;
	struct ft_stream_stats stats;
	char *clock = NULL;

	NEED_TOP_LEVEL();
	CU_ASSERT_EQUAL(fti_file_read(AT_FDCWD, TRACEFS "/trace_clock", &clock, NULL), 0);
	CU_ASSERT_EQUAL(fti_rule_normalize("trace_clock", clock), 0);
	write_file(TRACEFS "/trace_clock", "mono");
	/* By somebody else: ours would be dropped. */
	waitpid(start_child(mark), NULL, 0);
	if (!open_session_at(&s, true)) {
		begin_trace(&t, s);
		CU_ASSERT_EQUAL(run_stream(&t, short_while, &stats), 0);
		CU_ASSERT_EQUAL(stats.events, (uint64_t)t.calls);
		ft_events_close(t.evs);
	}
	CU_ASSERT_EQUAL(ft_session_close(s, FT_OK), FT_OK);
	CU_ASSERT_TRUE(clock && *clock);
	if (clock)
		write_file(TRACEFS "/trace_clock", clock);
	free(clock);
}

/* -- probes, reset ----------------------------------------------------------------------------- */

static void ignore(void *arg, int err, const char *path, const char *value)
{
	(void)arg, (void)err, (void)path, (void)value;
}

#define PROGRAM "/run/program"

/* For uprobes that nothing reaches. */
static void make_program(void)
{
	int fd = open(PROGRAM, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	CU_ASSERT_EQUAL(ftruncate(fd, 4096), 0);
	close(fd);
}

/* A uprobe enabled in an instance cannot be removed before that. */
static void test_undo_removes_a_probe_enabled_in_its_instance(void)
{
	static const char probe[] = "p:ftt_unit/entry " PROGRAM ":0x40";
	char dir[128], path[256], *probes;
	struct fti_undo *u = NULL;
	bool persistent;
	int fd;

	NEED_TRACEFS();
	if (access(TRACEFS "/uprobe_events", W_OK)) {
		unit_skip("no uprobe events on this kernel");
		return;
	}
	make_program();
	fd = open(TRACEFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CU_ASSERT_EQUAL_FATAL(fti_undo_open(&u, fd, TRACEFS, "unit-session", &persistent), 0);
	snprintf(dir, sizeof(dir), "ftrace-tools-unit-session-%d", getpid());
	CU_ASSERT_EQUAL(fti_undo_instance(u, dir), 0);
	snprintf(dir, sizeof(dir), TRACEFS "/instances/ftrace-tools-unit-session-%d", getpid());
	CU_ASSERT_EQUAL(mkdir(dir, 0700), 0);
	CU_ASSERT_EQUAL(fti_undo_probe(u, "uprobe_events", "ftt_unit", "entry"), 0);
	CU_ASSERT_EQUAL(fti_file_write(fd, "uprobe_events", probe, FTI_APPEND), 0);
	snprintf(path, sizeof(path), "%s/events/ftt_unit/entry/enable", dir);
	write_file(path, "1");
	probes = read_file(TRACEFS "/uprobe_events");
	CU_ASSERT_PTR_NOT_NULL(strstr(probes, "ftt_unit/entry"));
	free(probes);
	CU_ASSERT_EQUAL(fti_undo_run(u, ignore, NULL), 0);
	CU_ASSERT_NOT_EQUAL(access(dir, F_OK), 0);
	probes = read_file(TRACEFS "/uprobe_events");
	CU_ASSERT_PTR_NULL(strstr(probes, "ftt_unit"));
	free(probes);
	fti_undo_close(u);
	close(fd);
}

static void on_reset(void *arg, const char *action, const char *what, const char *to, int err)
{
	(void)action, (void)to;
	if (!strcmp(what, arg) && !err)
		*(char *)arg = '!';
}

static const struct ft_reset_config reset = { .tracefs = TRACEFS };

/* The number of a process that has ended, and of one that lives but has another name. */
static void test_reset_removes_instances_of_the_dead_only(void)
{
	char dead[128], live[128], what[128], reason[FT_RESET_REASON_SIZE];
	pid_t child, sleeper;

	NEED_TOP_LEVEL();
	if (!ft_task_initial_namespace()) {
		unit_skip("in a PID namespace");
		return;
	}
	child = start_child(end_with_7);
	waitpid(child, NULL, 0);
	sleeper = start_child(trickle);
	snprintf(dead, sizeof(dead), TRACEFS "/instances/ftrace-tools-unit-session-%d", child);
	snprintf(live, sizeof(live), TRACEFS "/instances/ftrace-tools-another-%d", sleeper);
	snprintf(what, sizeof(what), "instances/ftrace-tools-unit-session-%d", child);
	CU_ASSERT_EQUAL(mkdir(dead, 0700), 0);
	CU_ASSERT_EQUAL(mkdir(live, 0700), 0);
	CU_ASSERT_EQUAL(ft_reset(&reset, on_reset, what, reason), FT_OK);
	CU_ASSERT_STRING_EQUAL(reason, "");
	CU_ASSERT_EQUAL(what[0], '!');
	CU_ASSERT_NOT_EQUAL(access(dead, F_OK), 0);
	CU_ASSERT_EQUAL(access(live, F_OK), 0);
	rmdir(live);
	rmdir(dead);
	stop_child(sleeper);
}

static void test_reset_removes_probes_of_the_dead_only(void)
{
	char line[128], what[128], reason[FT_RESET_REASON_SIZE], *probes, group[7][64];
	unsigned long long own = 0;
	pid_t child;

	NEED_TOP_LEVEL();
	if (!ft_task_initial_namespace() || access(TRACEFS "/uprobe_events", W_OK)) {
		unit_skip("in a PID namespace, or no uprobe events on this kernel");
		return;
	}
	child = start_child(end_with_7);
	waitpid(child, NULL, 0);
	CU_ASSERT_EQUAL(fti_task_start(getpid(), (uint64_t *)&own), 0);
	/* Of the dead, of a dead one whose number is ours; then what stays. */
	sprintf(group[0], "ftt_unit_session_%d_77", child);
	sprintf(group[1], "ftt_2_unit_session_%d_77", child);
	sprintf(group[2], "ftt_unit_session_%d_%llu", getpid(), own - 1);
	sprintf(group[3], "ftt_unit_session_%d_%llu", getpid(), own);
	sprintf(group[4], "unit_%d_77", child);
	sprintf(group[5], "ftt_%d_77x", child);
	sprintf(group[6], "ftt_%d", child);
	make_program();
	for (size_t i = 0; i < 7; i++) {
		snprintf(line, sizeof(line), "p:%.63s/x " PROGRAM ":0x40", group[i]);
		CU_ASSERT_EQUAL(fti_file_write(AT_FDCWD, TRACEFS "/uprobe_events", line,
					       FTI_APPEND), 0);
	}
	snprintf(what, sizeof(what), "%.63s/x", group[2]);
	CU_ASSERT_EQUAL(ft_reset(&reset, on_reset, what, reason), FT_OK);
	CU_ASSERT_EQUAL(what[0], '!');
	probes = read_file(TRACEFS "/uprobe_events");
	for (size_t i = 0; i < 7; i++) {
		snprintf(line, sizeof(line), "-:%.63s/x", group[i]);
		CU_ASSERT_EQUAL(!strstr(probes, line + 1), i < 3);
		if (i >= 3)
			CU_ASSERT_EQUAL(fti_file_write(AT_FDCWD, TRACEFS "/uprobe_events", line,
						       FTI_APPEND), 0);
	}
	free(probes);
}

static void test_reset_waits_for_the_top_level(void)
{
	char what[] = "", reason[FT_RESET_REASON_SIZE];
	struct ft_session *s = NULL;

	NEED_TOP_LEVEL();
	CU_ASSERT_EQUAL(open_session_at(&s, true), 0);
	CU_ASSERT_EQUAL(ft_reset(&reset, on_reset, what, reason), FT_FAILED);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "ring buffer is in use by"));
	CU_ASSERT_EQUAL(ft_session_close(s, FT_OK), FT_OK);
}

UNIT_SUITE("session",
	UNIT_TEST(test_session_of_events_has_an_instance_of_its_own),
	UNIT_TEST(test_session_sets_only_its_own_buffer),
	UNIT_TEST(test_session_leaves_an_instance_of_its_name_alone),
	UNIT_TEST(test_session_overwrites_the_oldest_whatever_was_set),
	UNIT_TEST(test_session_says_why_the_kernel_refused),
	UNIT_TEST(test_session_failures_are_exit_statuses),
	UNIT_TEST(test_session_says_one_line_of_plain_text),
	UNIT_TEST(test_session_needs_a_tracing_directory),
	UNIT_TEST(test_stream_delivers_a_childs_calls_in_order_and_none_of_ours),
	UNIT_TEST(test_session_plan_fails_before_anything_is_changed),
	UNIT_TEST(test_session_plan_chooses_the_buffer),
	UNIT_TEST(test_stream_unordered_delivers_every_event),
	UNIT_TEST(test_stream_without_recording_leaves_tracing_off),
	UNIT_TEST(test_stream_sleeps_while_nothing_happens),
	UNIT_TEST(test_stream_drops_its_own_events_where_they_get_through),
	UNIT_TEST(test_stream_tells_of_lost_events),
	UNIT_TEST(test_stream_ends_when_the_trace_is_too_hot),
	UNIT_TEST(test_stream_ends_when_the_reader_of_its_output_has_gone),
	UNIT_TEST(test_stream_ends_at_a_signal),
	UNIT_TEST(test_stream_ends_with_its_child),
	UNIT_TEST(test_stream_ends_with_a_child_that_left_no_status),
	UNIT_TEST(test_follow_of_a_thread_shows_no_other),
	UNIT_TEST(test_follow_of_a_tree_shows_children),
	UNIT_TEST(test_follow_of_a_process_leaves_its_children_out),
	UNIT_TEST(test_follow_refuses_a_process_that_is_not),
	UNIT_TEST(test_session_of_a_killed_tool_is_closed_by_its_guard),
	UNIT_TEST(test_session_repairs_what_dead_ones_left),
	UNIT_TEST(test_session_at_top_level_puts_back_every_value),
	UNIT_TEST(test_session_at_top_level_is_put_back_by_its_guard),
	UNIT_TEST(test_session_repair_switches_tracing_off_again),
	UNIT_TEST(test_session_at_top_level_is_one_at_a_time),
	UNIT_TEST(test_session_at_top_level_refuses_when_somebody_traces),
	UNIT_TEST(test_session_at_top_level_keeps_a_stopped_trace),
	UNIT_TEST(test_stream_at_top_level_begins_empty),
	UNIT_TEST(test_stream_at_top_level_leaves_the_buffer_empty),
	UNIT_TEST(test_undo_removes_a_probe_enabled_in_its_instance),
	UNIT_TEST(test_reset_removes_instances_of_the_dead_only),
	UNIT_TEST(test_reset_removes_probes_of_the_dead_only),
	UNIT_TEST(test_reset_waits_for_the_top_level));
