// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * workload [-p] [-w] COMMAND ARG...: do an exactly known thing, for tests to trace.
 *
 * -p prints the process ID first. -w then waits, for a byte on stdin (or its end) or for SIGUSR1,
 * so that a test can attach before anything happens. See the table at the end for the commands.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
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

/* Probes that are built in, as sys/sdt.h makes them: an instruction that does nothing, and a note of
 * where it is. */
#ifdef __aarch64__
#define OPERAND "%x"
#else
#define OPERAND "%"
#endif
#define USDT(name, semaphore, args)					\
	"990:	nop\n"							\
	"	.pushsection .note.stapsdt, \"\", %%note\n"		\
	"	.balign 4\n"						\
	"	.4byte 992f - 991f, 994f - 993f, 3\n"			\
	"991:	.asciz \"stapsdt\"\n"					\
	"992:	.balign 4\n"						\
	"993:	.8byte 990b, workload_stapsdt_base, " semaphore "\n"	\
	"	.asciz \"workload\"\n"					\
	"	.asciz \"" name "\"\n"					\
	"	.asciz \"" args "\"\n"					\
	"994:	.balign 4\n"						\
	"	.popsection\n"

__asm__(".pushsection .stapsdt.base, \"a\", %progbits\n"
	"	.hidden workload_stapsdt_base\n"
	"	.globl workload_stapsdt_base\n"
	"workload_stapsdt_base: .space 1\n"
	"	.popsection\n");

volatile unsigned short workload_semaphore __attribute__((section(".probes"), visibility("hidden"),
							  used));

static __attribute__((noinline)) void fire(long i, const char *text)
{
	__asm__ volatile(USDT("fired", "0", "-8@" OPERAND "[i] 8@" OPERAND "[text]")
			 : : [i] "r"(i), [text] "r"(text));
}

static __attribute__((noinline)) void fire_guarded(long i)
{
	if (workload_semaphore)
		__asm__ volatile(USDT("guarded", "workload_semaphore", "-4@" OPERAND "[twice]")
				 : : [twice] "r"(2 * i));
}

/* usdt N: the probes workload:fired(i, "text i") and workload:guarded(2 i), each N times; what is in
 * the latter's semaphore, then, and again after a line (or the end) of stdin */
static int do_usdt(char **arg)
{
	long n = number(arg[0]);
	char text[32];

	for (long i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "text %ld", i);
		fire(i, text);
		fire_guarded(i);
	}
	printf("semaphore %d\n", workload_semaphore);
	wait_for_release();
	printf("semaphore %d\n", workload_semaphore);
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

/* readfile FILE BYTES N [READS]: N times, after a byte of stdin, all of it (or what so many reads take) by
 * so many bytes; "read", after it */
static int do_readfile(char **arg)
{
	long size = number(arg[1]), n = number(arg[2]), most = arg[3] ? number(arg[3]) : -1;
	char *buf = malloc(size + 1);
	ssize_t got;

	while (n-- > 0) {
		int fd = open(arg[0], O_RDONLY | O_CLOEXEC);

		if (!buf || fd < 0)
			die(arg[0]);
		wait_for_release();
		got = 1;
		for (long i = 0; i != most && got > 0; i++)
			got = read(fd, buf, size);
		if (got < 0)
			die(arg[0]);
		printf("read\n");
		close(fd);
	}
	free(buf);
	return 0;
}

#define SECTOR	  512
#define DEPTH_MAX 256

/* So many transfers handed over in one system call, which may merge them, and waited for. */
static void transfer(int fd, int op, long sector, long bytes, long step, long depth, char *buf)
{
	static aio_context_t context;
	struct iocb iocb[DEPTH_MAX], *list[DEPTH_MAX];
	struct io_event done[DEPTH_MAX];

	if (!context && syscall(SYS_io_setup, DEPTH_MAX, &context))
		die("io_setup");
	memset(iocb, 0, sizeof(iocb));
	for (long i = 0; i < depth; i++) {
		iocb[i].aio_fildes = fd;
		iocb[i].aio_lio_opcode = op;
		iocb[i].aio_buf = (unsigned long)buf;
		iocb[i].aio_nbytes = bytes;
		iocb[i].aio_offset = (sector + i * step) * SECTOR;
		list[i] = &iocb[i];
	}
	if (syscall(SYS_io_submit, context, depth, list) != depth ||
	    syscall(SYS_io_getevents, context, depth, depth, done, NULL) != depth)
		die("io_submit");
	for (long i = 0; i < depth; i++) {
		if (done[i].res != bytes)
			printf("%ld %ld\n", sector + i * step, (long)done[i].res);
	}
}

/*
 * io FILE OP SECTOR SECTORS STEP N [DEPTH]: N times so many sectors of a device, from a sector on and
 * each STEP (+8, -8) further, DEPTH at once, past the page cache; what failed is printed. OP: read,
 * write, discard, flush
 */
static int do_io(char **arg)
{
	long sector = number(arg[2]), bytes = number(arg[3]) * SECTOR, n = number(arg[5]);
	long step = strtol(arg[4], NULL, 10), depth = arg[6] ? number(arg[6]) : 1, i;
	int fd = open(arg[0], O_RDWR | O_DIRECT | O_CLOEXEC);
	void *buf;

	if (fd < 0 || depth < 1 || depth > DEPTH_MAX || posix_memalign(&buf, 4096, bytes + 1))
		die(arg[0]);
	memset(buf, 'x', bytes);
	for (; n > 0; n -= i, sector += i * step) {
		unsigned long long range[2] = { sector * SECTOR, bytes };

		i = 1;
		if (!strcmp(arg[1], "flush")) {
			if (fsync(fd))
				printf("flush %d\n", -errno);
		} else if (!strcmp(arg[1], "discard")) {
			if (ioctl(fd, BLKDISCARD, range))
				printf("%ld %d\n", sector, -errno);
		} else {
			i = n < depth ? n : depth;
			transfer(fd, strcmp(arg[1], "read") ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD,
				 sector, bytes, step, i, buf);
		}
	}
	free(buf);
	close(fd);
	return 0;
}

static void control(int fd, unsigned long command, struct dm_ioctl *dm, const char *name)
{
	dm->version[0] = 4;
	dm->data_size = 1024;
	dm->data_start = sizeof(*dm);
	dm->flags = 0;
	dm->dev = 0;
	snprintf(dm->name, sizeof(dm->name), "%s", name);
	if (ioctl(fd, command, dm))
		die(name);
}

/* dm NAME [SECTORS TARGET ARGS]: make a device of one target, and print its node; or remove it */
static int do_dm(char **arg)
{
	union {
		struct dm_ioctl dm;
		char room[1024];
	} io = { .room = "" };
	struct dm_target_spec *target = (void *)(io.room + sizeof(io.dm));
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/mapper/control");
	control(fd, arg[1] ? DM_DEV_CREATE : DM_DEV_REMOVE, &io.dm, arg[0]);
	if (!arg[1])
		return 0;
	printf("/dev/dm-%llu\n", (unsigned long long)io.dm.dev & 0xff);
	memset(target, 0, sizeof(*target));
	target->length = number(arg[1]);
	snprintf(target->target_type, sizeof(target->target_type), "%s", arg[2]);
	snprintf((char *)(target + 1), 512, "%s", arg[3]);
	io.dm.target_count = 1;
	control(fd, DM_TABLE_LOAD, &io.dm, arg[0]);
	control(fd, DM_DEV_SUSPEND, &io.dm, arg[0]);
	close(fd);
	return 0;
}

/* kill SIGNAL PID */
static int do_kill(char **arg)
{
	return kill(number(arg[1]), number(arg[0])) ? 1 : 0;
}

static void show(const char *what, long result)
{
	printf("%s %ld\n", what, result < 0 ? (long)-errno : result);
}

/* opens FILE MISSING: each way to open a file, with known flags; prints what came of each. MISSING is
 * not there, and FILE.new is made. */
static int do_opens(char **arg)
{
	struct open_how how = { .flags = O_RDWR | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS };
	int dir = open("/", O_RDONLY | O_DIRECTORY), fds[6], n = 0;
	char created[256];

	snprintf(created, sizeof(created), "%s.new", arg[0]);
	show("dir", dir);
	show("open", fds[n++] = syscall(SYS_open, arg[0], O_RDONLY | O_NOFOLLOW));
	show("openat", fds[n++] = syscall(SYS_openat, AT_FDCWD, arg[0], O_WRONLY | O_APPEND));
	show("openat-dir", fds[n++] = syscall(SYS_openat, dir, arg[0] + 1, O_RDONLY));
	show("openat2", fds[n++] = syscall(SYS_openat2, AT_FDCWD, arg[0], &how, sizeof(how)));
	show("creat", fds[n++] = syscall(SYS_creat, created, 0640));
	show("missing", syscall(SYS_openat, AT_FDCWD, arg[1], O_RDONLY));
	show("exclusive", syscall(SYS_open, created, O_RDWR | O_CREAT | O_EXCL, 0600));
	show("directory", syscall(SYS_open, "/", O_WRONLY));
	show("flags", syscall(SYS_openat2, AT_FDCWD, arg[0], &(struct open_how){
		.flags = 1ULL << 40 }, sizeof(how)));
	show("empty", syscall(SYS_open, "", O_RDONLY));
	unlink(created);
	/* a reader may want to look at these */
	sleep_us(500000);
	while (n)
		close(fds[--n]);
	close(dir);
	return 0;
}

static void *opening_thread(void *arg)
{
	char **a = arg;

	for (long n = number(a[0]), us = number(a[3]); n > 0; n--) {
		int fd = open(a[1], O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			close(fd);
		if (open(a[2], O_RDONLY | O_CLOEXEC) >= 0)
			die(a[2]);
		if (us)
			sleep_us(us);
	}
	return NULL;
}

/* openloop T N FILE MISSING USEC: in each of T threads N times both, and a nanosleep */
static int do_openloop(char **arg)
{
	pthread_t tid[MAX_THREADS];
	long n = number(arg[0]);

	for (long i = 0; i < n && i < MAX_THREADS; i++) {
		errno = pthread_create(&tid[i], NULL, opening_thread, arg + 1);
		if (errno)
			die("pthread_create");
	}
	for (long i = 0; i < n && i < MAX_THREADS; i++)
		pthread_join(tid[i], NULL);
	return 0;
}

/* openabsent FILE BOOK N: open FILE by its name in a page of the file BOOK that no process has touched,
 * N times in pages of their own; then once more when no descriptor is left */
static int do_openabsent(char **arg)
{
	long n = number(arg[2]), page = sysconf(_SC_PAGESIZE);
	int book = open(arg[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct rlimit none = { 0, 0 };
	char *pages;

	for (long i = 0; i <= n; i++)
		if (pwrite(book, arg[0], strlen(arg[0]) + 1, i * page) < 0)
			die(arg[1]);
	if (ftruncate(book, (n + 1) * page))
		die(arg[1]);
	pages = mmap(NULL, (n + 1) * page, PROT_READ, MAP_PRIVATE, book, 0);
	if (pages == MAP_FAILED || madvise(pages, (n + 1) * page, MADV_RANDOM))
		die("mmap");
	for (long i = 0; i < n; i++)
		show("absent", syscall(SYS_close, (int)syscall(SYS_openat, AT_FDCWD, pages + i * page,
							       O_RDONLY)));
	setrlimit(RLIMIT_NOFILE, &none);
	show("none left", syscall(SYS_openat, AT_FDCWD, pages + n * page, O_RDONLY));
	sleep_us(500000);
	return 0;
}

/* kills PID: each way to send a signal, SIGUSR2, to it; then what fails, and the signal 0 */
static int do_kills(char **arg)
{
	int pid = (int)number(arg[0]), fd = (int)syscall(SYS_pidfd_open, pid, 0);
	siginfo_t info = { .si_signo = SIGUSR2, .si_code = SI_QUEUE };

	info.si_pid = getpid();
	show("kill", syscall(SYS_kill, pid, SIGUSR2));
	show("tkill", syscall(SYS_tkill, pid, SIGUSR2));
	show("tgkill", syscall(SYS_tgkill, pid, pid, SIGUSR2));
	show("rt_sigqueueinfo", syscall(SYS_rt_sigqueueinfo, pid, SIGUSR2, &info));
	show("rt_tgsigqueueinfo", syscall(SYS_rt_tgsigqueueinfo, pid, pid, SIGUSR2, &info));
	show("pidfd_send_signal", syscall(SYS_pidfd_send_signal, fd, SIGUSR2, NULL, 0));
	show("zero", syscall(SYS_kill, pid, 0));
	show("realtime", syscall(SYS_kill, pid, 35));
	show("nobody", syscall(SYS_kill, 4194303, SIGTERM));
	show("invalid", syscall(SYS_tgkill, pid, pid, 65));
	sleep_us(500000);
	return 0;
}

/* killloop N PID USEC: so many times the signal 0, and a nanosleep */
static int do_killloop(char **arg)
{
	long n = number(arg[0]), pid = number(arg[1]), us = number(arg[2]);

	for (; n > 0; n--) {
		if (kill((pid_t)pid, 0))
			die("kill");
		sleep_us(us);
	}
	return 0;
}

/*
 * run32 PROGRAM FILE: write a 32-bit program and become it. It opens FILE, sends itself the signal 0, and
 * exits half a second later; there is no need of a compiler for it.
 */
static int do_run32(char **arg)
{
	static const unsigned char code[] = {
		0xb8, 5, 0, 0, 0, 0xbb, 0x00, 0x10, 0x40, 0, 0x31, 0xc9, 0xcd, 0x80, /* open */
		0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0x89, 0xc3, 0x31, 0xc9,		/* getpid */
		0xb8, 37, 0, 0, 0, 0xcd, 0x80,					/* kill */
		0xb8, 162, 0, 0, 0, 0xbb, 0xf0, 0x1f, 0x40, 0, 0x31, 0xc9, 0xcd, 0x80, /* nanosleep */
		0xb8, 1, 0, 0, 0, 0x31, 0xdb, 0xcd, 0x80,			/* exit */
	};
	static unsigned char image[8192];
	Elf32_Ehdr head = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_386, .e_version = EV_CURRENT,
		.e_entry = 0x400100, .e_phoff = sizeof(head), .e_ehsize = sizeof(head),
		.e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 1,
	};
	Elf32_Phdr segment = {
		.p_type = PT_LOAD, .p_vaddr = 0x400000, .p_paddr = 0x400000, .p_align = 0x1000,
		.p_filesz = sizeof(image), .p_memsz = sizeof(image), .p_flags = PF_R | PF_X,
	};
	int fd = open(arg[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	memcpy(image, &head, sizeof(head));
	memcpy(image + sizeof(head), &segment, sizeof(segment));
	memcpy(image + 0x100, code, sizeof(code));
	snprintf((char *)image + 0x1000, 0xf00, "%s", arg[1]);
	memcpy(image + 0x1ff0, (int32_t[]){ 0, 500000000 }, 2 * sizeof(int32_t));
	if (fd < 0 || write(fd, image, sizeof(image)) != sizeof(image) || close(fd))
		die(arg[0]);
	execv(arg[0], arg);
	die(arg[0]);
	return 127;
}

/* exec N PROGRAM [ARG...]: so many children which run the program.  The list is on one page: across two
 * its end is not certain to who reads it from outside. */
static int do_exec(char **arg)
{
	static __attribute__((aligned(4096))) char *list[512];
	const size_t room = sizeof(list) / sizeof(list[0]);
	long n = number(arg[0]);
	size_t i = 0;

	for (char **from = arg + 1; *from && i < room; from++)
		list[i++] = *from;
	if (i == room) {
		errno = E2BIG;
		die("exec");
	}

	while (n-- > 0) {
		/* nothing is copied for so short a time */
		pid_t pid = vfork();

		if (pid < 0)
			die("vfork");
		if (pid == 0) {
			default_signals();
			execv(list[0], list);
			_exit(127);
		}
		reap();
	}
	return 0;
}

/* reexec USEC: sleep, and become the same program again, for ever */
static int do_reexec(char **arg)
{
	char path[256], *again[] = { "workload", "reexec", arg[0], NULL };
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0)
		die("/proc/self/exe");
	path[n] = 0;
	sleep_us(number(arg[0]));
	execv(path, again);
	die(path);
	return 127;
}

/* run PROGRAM [ARG...]: become that program, with no signal ignored or blocked */
static int do_run(char **arg)
{
	default_signals();
	execvp(arg[0], arg);
	die(arg[0]);
	return 127;
}

/* pty COLUMNS LINES PROGRAM [ARG...]: run it on a terminal of that size, and print what it writes */
static int do_pty(char **arg)
{
	struct winsize size = { .ws_col = number(arg[0]), .ws_row = number(arg[1]) };
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status;
	char buf[4096];
	ssize_t n;
	pid_t pid;

	if (fd < 0 || grantpt(fd) || unlockpt(fd) || ioctl(fd, TIOCSWINSZ, &size))
		die("posix_openpt");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		int end = open(ptsname(fd), O_RDWR | O_NOCTTY);

		if (end < 0 || dup2(end, STDOUT_FILENO) < 0)
			die("ptsname");
		default_signals();
		execvp(arg[2], arg + 2);
		_exit(127);
	}
	/* It fails when nobody has the other end open any more. */
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, n, stdout);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
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
	{ "usdt",		1, do_usdt,		"N" },
	{ "malloc",		1, do_malloc,		"N" },
	{ "getppid",		1, do_getppid,		"N" },
	{ "syscall",		2, do_syscall,		"NAME N" },
	{ "openfile",		1, do_openfile,		"NAME..." },
	{ "write",		2, do_write,		"FILE BYTES" },
	{ "read",		3, do_read,		"FILE BYTES N" },
	{ "readfile",		3, do_readfile,		"FILE BYTES N [READS]" },
	{ "io",			6, do_io,		"FILE OP SECTOR SECTORS STEP N [DEPTH]" },
	{ "dm",			1, do_dm,		"NAME [SECTORS TARGET ARGS]" },
	{ "kill",		2, do_kill,		"SIGNAL PID" },
	{ "opens",		2, do_opens,		"FILE MISSING" },
	{ "openloop",		5, do_openloop,		"T N FILE MISSING USEC" },
	{ "openabsent",		3, do_openabsent,	"FILE BOOK N" },
	{ "kills",		1, do_kills,		"PID" },
	{ "killloop",		3, do_killloop,		"N PID USEC" },
	{ "run32",		2, do_run32,		"PROGRAM FILE" },
	{ "exec",		2, do_exec,		"N PROGRAM [ARG...]" },
	{ "reexec",		1, do_reexec,		"USEC" },
	{ "run",		1, do_run,		"PROGRAM [ARG...]" },
	{ "pty",		3, do_pty,		"COLUMNS LINES PROGRAM [ARG...]" },
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
