/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ftrace/task.h"
#include "task-internal.h"
#include "unit.h"

#define DEAD_TID 4194304	/* PID_MAX_LIMIT: never given out */

static struct ft_comms *open_comms(const char *dir)
{
	struct ft_comms *c = NULL;

	CU_ASSERT_EQUAL_FATAL(ft_comms_open(&c, dir), 0);
	return c;
}

static void put(const char *dir, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/saved_cmdlines", dir);
	f = fopen(path, "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void clean(const char *dir)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/saved_cmdlines", dir);
	unlink(path);
	rmdir(dir);
}

static void test_task_comm_of_idle_and_unknown(void)
{
	struct ft_comms *c = open_comms(NULL);

	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, 0), "<idle>");
	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, DEAD_TID), "<...>");
	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, -1), "<...>");
	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, 2147483647), "<...>");
	ft_comms_close(c);
	ft_comms_close(NULL);
}

static void test_task_comm_of_the_living(void)
{
	struct ft_comms *c = open_comms(NULL);
	char old[FT_COMM_SIZE];

	prctl(PR_GET_NAME, old);
	prctl(PR_SET_NAME, "a :[b]\t\x01 c");
	if (ft_task_initial_namespace()) {
		CU_ASSERT_STRING_EQUAL(ft_comms_get(c, getpid()), "a :[b]\t\x01 c");
	} else {
		unit_skip("not in the initial PID namespace");
	}
	prctl(PR_SET_NAME, old);
	ft_comms_close(c);
}

static void test_task_comm_set_overrides(void)
{
	static const char full[16] = "0123456789abcdef";
	struct ft_comms *c = open_comms(NULL);

	ft_comms_set(c, getpid(), "from-event");
	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, getpid()), "from-event");
	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, DEAD_TID), "<...>");
	ft_comms_set(c, DEAD_TID, full);
	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, DEAD_TID), "0123456789abcde");
	ft_comms_set(c, DEAD_TID, "");
	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, DEAD_TID), "");
	ft_comms_set(c, 0, "swapper");
	ft_comms_set(c, -7, "minus");
	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, 0), "<idle>");
	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, -7), "<...>");
	ft_comms_close(c);
}

static void test_task_comm_of_the_dead_is_what_the_kernel_saved(void)
{
	char dir[] = "/tmp/unit-task-XXXXXX";
	struct ft_comms *c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	put(dir, "4194304 had a name\n4194303 <...>\njunk\n-5 minus\n99999999999999999999 big\n"
		 "4194302\n4194301 x");
	c = open_comms(dir);
	ft_comms_set(c, 4194301, "newer");
	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, 4194304), "had a name");
	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, 4194303), "<...>");
	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, 4194302), "<...>");
	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, 4194301), "newer");
	ft_comms_close(c);
	clean(dir);
}

/* How often the watched file was opened. */
static int count_opens(int fd)
{
	char buf[65536] __attribute__((aligned(8)));
	int opens = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (char *p = buf; p < buf + n;) {
			const struct inotify_event *ev = (const void *)p;

			opens += (ev->mask & IN_OPEN) != 0;
			p += sizeof(*ev) + ev->len;
		}
	}
	return opens;
}

static void test_task_flood_of_the_dead_does_not_reread(void)
{
	char dir[] = "/tmp/unit-task-XXXXXX", path[128];
	struct ft_comms *c;
	int fd, opens;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	put(dir, "4194303 one\n");
	snprintf(path, sizeof(path), "%s/saved_cmdlines", dir);
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	CU_ASSERT_FATAL(fd >= 0 && inotify_add_watch(fd, path, IN_OPEN | IN_CLOSE) >= 0);
	c = open_comms(dir);
	for (int i = 0; i < 3000; i++) {
		ft_comms_get(c, DEAD_TID);
		ft_comms_get(c, DEAD_TID - 2 - i);
	}
	opens = count_opens(fd);
	CU_ASSERT_TRUE(opens >= 1);
	CU_ASSERT_TRUE(opens < 1000);
	CU_ASSERT_STRING_EQUAL(ft_comms_get(c, 4194303), "one");
	ft_comms_close(c);
	close(fd);
	clean(dir);
}

static void test_task_cache_is_bounded_and_keeps_the_recent(void)
{
	struct ft_comms *c = open_comms(NULL);
	char name[FT_COMM_SIZE];
	int right = 0;

	for (int tid = 1; tid <= 1000000; tid++) {
		snprintf(name, sizeof(name), "t%d", tid);
		ft_comms_set(c, tid, name);
	}
	for (int tid = 1000000; tid > 1000000 - 1000; tid--) {
		snprintf(name, sizeof(name), "t%d", tid);
		right += strcmp(ft_comms_get(c, tid), name) == 0;
	}
	CU_ASSERT_EQUAL(right, 1000);
	ft_comms_close(c);
}

/* A trace has "kworker/0:1" where /proc/TID/comm has "kworker/0:1-events" (4.18+). */
static void test_task_comm_of_a_worker_is_the_traces(void)
{
	struct ft_comms *c = open_comms(NULL);
	char old[FT_COMM_SIZE];

	prctl(PR_GET_NAME, old);
	if (ft_task_initial_namespace()) {
		prctl(PR_SET_NAME, "kworker/u4:1-ev");
		CU_ASSERT_STRING_EQUAL(ft_comms_get(c, getpid()), "kworker/u4:1");
	} else {
		unit_skip("not in the initial PID namespace");
	}
	prctl(PR_SET_NAME, old);
	ft_comms_close(c);
}

struct thread {
	int tid;
	int ready[2], end[2];
};

static void *thread_main(void *arg)
{
	struct thread *t = arg;
	char b = 0;

	t->tid = syscall(SYS_gettid);
	if (write(t->ready[1], &b, 1) != 1 || read(t->end[0], &b, 1) != 1)
		return arg;
	return NULL;
}

static void test_task_threads_and_their_process(void)
{
	struct thread t;
	pthread_t thread;
	int *tids, n, found = 0;
	void *failed;
	char b;

	CU_ASSERT_EQUAL_FATAL(pipe(t.ready) | pipe(t.end), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, thread_main, &t), 0);
	CU_ASSERT_EQUAL_FATAL(read(t.ready[0], &b, 1), 1);
	n = ft_task_threads(getpid(), &tids);
	CU_ASSERT_TRUE_FATAL(n >= 2);
	for (int i = 0; i < n; i++)
		found += (tids[i] == getpid()) + (tids[i] == t.tid);
	CU_ASSERT_EQUAL(found, 2);
	CU_ASSERT_EQUAL(ft_task_pid(t.tid), getpid());
	CU_ASSERT_EQUAL(ft_task_pid(getpid()), getpid());
	CU_ASSERT_EQUAL(write(t.end[1], &b, 1), 1);
	pthread_join(thread, &failed);
	CU_ASSERT_PTR_NULL(failed);
	free(tids);
	close(t.ready[0]);
	close(t.ready[1]);
	close(t.end[0]);
	close(t.end[1]);
}

static void test_task_gone_is_esrch(void)
{
	int *tids = (void *)1;

	CU_ASSERT_EQUAL(ft_task_threads(DEAD_TID, &tids), -ESRCH);
	CU_ASSERT_PTR_NULL(tids);
	CU_ASSERT_EQUAL(ft_task_pid(DEAD_TID), -ESRCH);
}

/* A number that was given again is told by when its process began. */
static void test_task_is_gone_when_its_number_is_anothers(void)
{
	char old[FT_COMM_SIZE];
	uint64_t start = 0, parents = 0;
	pid_t child;

	if (!ft_task_initial_namespace()) {
		unit_skip("not in the initial PID namespace");
		return;
	}
	prctl(PR_GET_NAME, old);
	prctl(PR_SET_NAME, "a) R 1 (2) 3");
	CU_ASSERT_EQUAL(fti_task_start(getpid(), &start), 0);
	prctl(PR_SET_NAME, old);
	CU_ASSERT_EQUAL(fti_task_start(getppid(), &parents), 0);
	CU_ASSERT(parents && parents <= start);
	CU_ASSERT_FALSE(fti_task_is_gone(getpid(), start));
	CU_ASSERT_FALSE(fti_task_is_gone(getpid(), 0));
	CU_ASSERT_TRUE(fti_task_is_gone(getpid(), start - 1));
	CU_ASSERT_EQUAL(fti_task_start(DEAD_TID, &start), -ENOENT);
	child = fork();
	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	CU_ASSERT_TRUE(fti_task_is_gone(child, 0));
}

UNIT_SUITE("task",
	UNIT_TEST(test_task_comm_of_idle_and_unknown),
	UNIT_TEST(test_task_comm_of_the_living),
	UNIT_TEST(test_task_comm_set_overrides),
	UNIT_TEST(test_task_comm_of_the_dead_is_what_the_kernel_saved),
	UNIT_TEST(test_task_flood_of_the_dead_does_not_reread),
	UNIT_TEST(test_task_cache_is_bounded_and_keeps_the_recent),
	UNIT_TEST(test_task_comm_of_a_worker_is_the_traces),
	UNIT_TEST(test_task_threads_and_their_process),
	UNIT_TEST(test_task_gone_is_esrch),
	UNIT_TEST(test_task_is_gone_when_its_number_is_anothers));
