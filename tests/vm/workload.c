// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * workload [-p] [-w] COMMAND ARG...: do an exactly known thing, for tests to trace.
 *
 * -p prints the process ID first. -w then waits, for a byte on stdin (or its end) or for SIGUSR1,
 * so that a test can attach before anything happens. See the table at the end for the commands.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 256

long workload_called(long i, long two, long three);
long workload_slept(long us);

static void die(const char *what)
{
	fprintf(stderr, "workload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long number(const char *text)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || *end || end == text || n < 0) {
		fprintf(stderr, "workload: '%s' is not a number\n", text);
		exit(2);
	}
	return n;
}

static void sleep_us(long us)
{
	struct timespec ts = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	/* the system call itself: libc's nanosleep is clock_nanosleep */
	if (syscall(SYS_nanosleep, &ts, NULL) && errno != EINTR)
		die("nanosleep");
}

static void on_signal(int sig)
{
	(void)sig;
}

/* From here on SIGUSR1 is kept until somebody waits for it: none comes too early. */
static void hold_signal(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t set;

	sigaction(SIGUSR1, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* For a program to be run: signals as a terminal would give them, not as a shell's "&" does. */
static void default_signals(void)
{
	sigset_t none;

	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGUSR1, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A byte or the end of stdin, or SIGUSR1, releases. */
static void wait_for_release(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	sigset_t none;
	char byte;

	sigemptyset(&none);
	if (ppoll(&in, 1, NULL, &none) < 0) {
		if (errno == EINTR)
			return;
		die("stdin");
	}
	if (read(STDIN_FILENO, &byte, 1) < 0)
		die("stdin");
}

/* nanosleep N USEC */
static int do_nanosleep(char **arg)
{
	long n = number(arg[0]), us = number(arg[1]);

	while (n-- > 0)
		sleep_us(us);
	return 0;
}

static void *thread_main(void *arg)
{
	do_nanosleep(arg);
	return NULL;
}

/* threads T N USEC */
static int do_threads(char **arg)
{
	pthread_t tid[MAX_THREADS];
	long n = number(arg[0]);

	if (n > MAX_THREADS)
		n = MAX_THREADS;
	for (long i = 0; i < n; i++) {
		errno = pthread_create(&tid[i], NULL, thread_main, arg + 1);
		if (errno)
			die("pthread_create");
	}
	for (long i = 0; i < n; i++)
		pthread_join(tid[i], NULL);
	return 0;
}

static void reap(void)
{
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

/* fork N USEC: N children, one after the other, one nanosleep each */
static int do_fork(char **arg)
{
	long n = number(arg[0]), us = number(arg[1]);

	while (n-- > 0) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			sleep_us(us);
			_exit(0);
		}
		reap();
	}
	return 0;
}

/* family N USEC: a new thread and a child process, each with N nanosleeps */
static int do_family(char **arg)
{
	pthread_t tid;
	pid_t pid;

	errno = pthread_create(&tid, NULL, thread_main, arg);
	if (errno)
		die("pthread_create");
	pthread_join(tid, NULL);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		do_nanosleep(arg);
		_exit(0);
	}
	reap();
	return 0;
}

/* newthread-later N USEC: like family, but only after a line (or the end) of stdin */
static int do_newthread_later(char **arg)
{
	wait_for_release();
	return do_family(arg);
}

static void *team_thread(void *arg)
{
	wait_for_release();
	do_nanosleep(arg);
	return NULL;
}

/*
 * team USEC: nanosleeps, after a line (or the end) of stdin: 1 in the first thread, 2 in a thread that
 * is there before that line, 4 in one made after it, 8 in a child process; one after the other.
 */
static int do_team(char **arg)
{
	char *two[] = { "2", arg[0] }, *four[] = { "4", arg[0] }, *eight[] = { "8", arg[0] };
	pthread_t old, new;
	pid_t pid;

	errno = pthread_create(&old, NULL, team_thread, two);
	if (errno)
		die("pthread_create");
	pthread_join(old, NULL);
	sleep_us(number(arg[0]));
	errno = pthread_create(&new, NULL, thread_main, four);
	if (errno)
		die("pthread_create");
	pthread_join(new, NULL);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		do_nanosleep(eight);
		_exit(0);
	}
	reap();
	return 0;
}

/* What user probes are put on: called through pointers that the compiler knows nothing of, so that no
 * call is inlined, cloned or merged with another. */
long workload_called(long i, long two, long three)
{
	return two == 2 && three == 3 ? i * 2 : -1;
}

long workload_slept(long us)
{
	sleep_us(us);
	return us;
}

static long (*volatile called)(long, long, long) = workload_called;
static long (*volatile slept)(long) = workload_slept;

/* call N: workload_called(0, 2, 3), (1, 2, 3), ... */
static int do_call(char **arg)
{
	long n = number(arg[0]);

	for (long i = 0; i < n; i++) {
		if (called(i, 2, 3) != i * 2)
			return 1;
	}
	return 0;
}

/* slowcall N USEC */
static int do_slowcall(char **arg)
{
	long n = number(arg[0]), us = number(arg[1]);

	while (n-- > 0) {
		if (slept(us) != us)
			return 1;
	}
	return 0;
}

/* malloc N: so many calls of malloc() and of free() after -w, and none of them at the end */
static int do_malloc(char **arg)
{
	void *volatile block;
	long n = number(arg[0]);

	while (n-- > 0) {
		block = malloc(64);
		if (!block)
			die("malloc");
		free(block);
	}
	_exit(0);
}

/* getppid N: libc's function, which nothing else in the process calls */
static int do_getppid(char **arg)
{
	long n = number(arg[0]);

	while (n-- > 0)
		getppid();
	return 0;
}

static const struct {
	const char *name;
	long nr;
} syscalls[] = {
	{ "getppid", SYS_getppid }, { "getuid", SYS_getuid },	  { "getgid", SYS_getgid },
	{ "gettid", SYS_gettid },   { "sched_yield", SYS_sched_yield }, { "sync", SYS_sync },
};

/* syscall NAME N */
static int do_syscall(char **arg)
{
	long n = number(arg[1]);

	for (size_t i = 0; i < sizeof(syscalls) / sizeof(syscalls[0]); i++) {
		if (strcmp(syscalls[i].name, arg[0]) != 0)
			continue;
		while (n-- > 0)
			syscall(syscalls[i].nr);
		return 0;
	}
	fprintf(stderr, "workload: no system call '%s' here\n", arg[0]);
	return 2;
}

/* openfile NAME...: open and close each, print the file descriptor or the error */
static int do_openfile(char **arg)
{
	for (; *arg; arg++) {
		int fd = open(*arg, O_RDONLY | O_CLOEXEC);

		printf("%s %d\n", *arg, fd < 0 ? -errno : fd);
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

/* write FILE BYTES: one write of so many bytes, then fsync */
static int do_write(char **arg)
{
	long n = number(arg[1]);
	char *buf = calloc(1, n + 1);
	int fd = open(arg[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (!buf || fd < 0 || write(fd, buf, n) != n || (fsync(fd) && errno != EINVAL))
		die(arg[0]);
	close(fd);
	free(buf);
	return 0;
}

/* read FILE BYTES N: N reads of so many bytes, from the start each time */
static int do_read(char **arg)
{
	long size = number(arg[1]), n = number(arg[2]);
	char *buf = malloc(size + 1);
	int fd = open(arg[0], O_RDONLY | O_CLOEXEC);

	if (!buf || fd < 0)
		die(arg[0]);
	while (n-- > 0) {
		if (pread(fd, buf, size, 0) < 0)
			die(arg[0]);
	}
	close(fd);
	free(buf);
	return 0;
}

/* kill SIGNAL PID */
static int do_kill(char **arg)
{
	return kill(number(arg[1]), number(arg[0])) ? 1 : 0;
}

/* exec N PROGRAM [ARG...]: so many children which run the program */
static int do_exec(char **arg)
{
	long n = number(arg[0]);

	while (n-- > 0) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			default_signals();
			execv(arg[1], arg + 1);
			_exit(127);
		}
		reap();
	}
	return 0;
}

/* run PROGRAM [ARG...]: become that program, with no signal ignored or blocked */
static int do_run(char **arg)
{
	default_signals();
	execvp(arg[0], arg);
	die(arg[0]);
	return 127;
}

/* spin MSEC: use so much CPU time */
static int do_spin(char **arg)
{
	long ms = number(arg[0]);
	struct timespec ts;

	do {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	} while (ts.tv_sec * 1000 + ts.tv_nsec / 1000000 < ms);
	return 0;
}

/* exit STATUS */
static int do_exit(char **arg)
{
	return number(arg[0]);
}

static const struct command {
	const char *name;
	int min_args;
	int (*run)(char **arg);
	const char *args;
} commands[] = {
	{ "nanosleep",		2, do_nanosleep,	"N USEC" },
	{ "threads",		3, do_threads,		"T N USEC" },
	{ "fork",		2, do_fork,		"N USEC" },
	{ "family",		2, do_family,		"N USEC" },
	{ "newthread-later",	2, do_newthread_later,	"N USEC" },
	{ "team",		1, do_team,		"USEC" },
	{ "call",		1, do_call,		"N" },
	{ "slowcall",		2, do_slowcall,		"N USEC" },
	{ "malloc",		1, do_malloc,		"N" },
	{ "getppid",		1, do_getppid,		"N" },
	{ "syscall",		2, do_syscall,		"NAME N" },
	{ "openfile",		1, do_openfile,		"NAME..." },
	{ "write",		2, do_write,		"FILE BYTES" },
	{ "read",		3, do_read,		"FILE BYTES N" },
	{ "kill",		2, do_kill,		"SIGNAL PID" },
	{ "exec",		2, do_exec,		"N PROGRAM [ARG...]" },
	{ "run",		1, do_run,		"PROGRAM [ARG...]" },
	{ "spin",		1, do_spin,		"MSEC" },
	{ "exit",		1, do_exit,		"STATUS" },
};

static int usage(void)
{
	fprintf(stderr, "usage: workload [-p] [-w] COMMAND ARG...\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(stderr, "       %s %s\n", commands[i].name, commands[i].args);
	return 2;
}

int main(int argc, char **argv)
{
	int opt;
	int wait = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	hold_signal();
	while ((opt = getopt(argc, argv, "+pw")) != -1) {
		if (opt == 'p')
			printf("%d\n", getpid());
		else if (opt == 'w')
			wait = 1;
		else
			return usage();
	}
	for (size_t i = 0; optind < argc && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[optind], commands[i].name) != 0)
			continue;
		if (argc - optind - 1 < commands[i].min_args)
			break;
		if (wait)
			wait_for_release();
		return commands[i].run(argv + optind + 1);
	}
	return usage();
}
