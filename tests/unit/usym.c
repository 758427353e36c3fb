/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User addresses: of this process, of children, and in the kernel's user_stack records. */
#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "elf-image.h"
#include "ftrace/session.h"
#include "ftrace/stack.h"
#include "ftrace/stream.h"
#include "ftrace/task.h"
#include "ftrace/usym.h"
#include "internal.h"
#include "private.h"
#include "unit.h"

#define LEN(a)	  (sizeof(a) / sizeof((a)[0]))
#define TURNS	  1000		/* of 10 ms: a bound, not an expectation */
#define TURN_NS	  10000000
#define DEAD_PID  4194304	/* PID_MAX_LIMIT: never given out */
#define FUNC	  ELF64_ST_INFO(STB_GLOBAL, STT_FUNC)

long usym_outer(long n);
long usym_middle(long n);
long usym_inner(long n);

/* Called through pointers, and each with a frame of its own, as code with frame pointers has them. */
static long (*volatile outer)(long n), (*volatile middle)(long n), (*volatile inner)(long n);
static void *volatile frame;

long usym_inner(long n)
{
	frame = __builtin_frame_address(0);
	return syscall(SYS_getppid) + n;
}

long usym_middle(long n)
{
	frame = __builtin_frame_address(0);
	return inner(n + 1) + n;
}

long usym_outer(long n)
{
	frame = __builtin_frame_address(0);
	return middle(n + 1) + n;
}

#define NEED_OWN_PIDS()								\
	do {									\
		if (!ft_task_initial_namespace()) {				\
			unit_skip("not in the initial PID namespace");		\
			return;							\
		}								\
	} while (0)

static struct ft_usyms *open_usyms(void)
{
	struct ft_usyms *u = NULL;

	CU_ASSERT_EQUAL_FATAL(ft_usyms_open(&u), 0);
	return u;
}

static bool is(struct ft_usyms *u, int pid, const void *at, const char *want)
{
	char buf[512];
	size_t len = ft_usyms_format(u, pid, (uintptr_t)at, buf, sizeof(buf));

	CU_ASSERT_EQUAL(len, strlen(buf));
	return !strcmp(buf, want);
}

static void expect(struct ft_usyms *u, int pid, const void *at, const char *want)
{
	char buf[512];

	ft_usyms_format(u, pid, (uintptr_t)at, buf, sizeof(buf));
	if (!is(u, pid, at, want))
		printf("# %p of %d is '%s', not '%s'\n", at, pid, buf, want);
	CU_ASSERT_TRUE(is(u, pid, at, want));
}

/* What is new is looked for after a moment. */
static void expect_soon(struct ft_usyms *u, int pid, const void *at, const char *want)
{
	for (int i = 0; i < TURNS && !is(u, pid, at, want); i++)
		fti_sleep_ns(TURN_NS);
	expect(u, pid, at, want);
}

static const char *number(const void *at)
{
	static char text[32];

	snprintf(text, sizeof(text), "0x%" PRIxPTR, (uintptr_t)at);
	return text;
}

static const char *here(const char *name)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s [%s]", name, program_invocation_short_name);
	return text;
}

/* -- this process --------------------------------------------------------------------------- */

static void test_usym_names_functions_of_programs_and_libraries(void)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	const char *code = (const char *)usym_outer;
	const void *vdso = (const void *)getauxval(AT_SYSINFO_EHDR);
	struct ft_usyms *u;
	struct ft_usym s;

	NEED_OWN_PIDS();
	u = open_usyms();
	expect(u, getpid(), code, here("usym_outer"));
	expect(u, getpid(), code + 1, here("usym_outer"));
	expect(u, getpid(), (const void *)unit_skip, here("unit_skip"));
	if (libc)
		expect(u, getpid(), dlsym(libc, "getppid"), "getppid [libc.so.6]");
	if (vdso)
		expect(u, getpid(), vdso, "[vdso]");
	expect(u, getpid(), NULL, "0x0");
	expect(u, getpid(), (void *)1, "0x1");
	expect(u, getpid(), (void *)UINTPTR_MAX, number((void *)UINTPTR_MAX));
	/* data is not code */
	expect(u, getpid(), (const void *)&frame, number((const void *)&frame));
	CU_ASSERT_TRUE_FATAL(ft_usyms_lookup(u, getpid(), (uintptr_t)code, &s));
	CU_ASSERT_STRING_EQUAL(s.name, "usym_outer");
	CU_ASSERT_STRING_EQUAL(s.file, program_invocation_short_name);
	CU_ASSERT_EQUAL(s.path[0], '/');
	CU_ASSERT_TRUE(s.start <= (uintptr_t)code);
	ft_usyms_close(u);
	ft_usyms_close(NULL);
	if (libc)
		dlclose(libc);
}

static void test_usym_format_always_terminates(void)
{
	struct ft_usyms *u = open_usyms();
	char buf[8];

	memset(buf, 'x', sizeof(buf));
	CU_ASSERT_EQUAL(ft_usyms_format(u, getpid(), (uintptr_t)usym_outer, buf, 0), 0);
	CU_ASSERT_EQUAL(buf[0], 'x');
	CU_ASSERT_EQUAL(ft_usyms_format(u, getpid(), (uintptr_t)usym_outer, buf, 1), 0);
	CU_ASSERT_STRING_EQUAL(buf, "");
	CU_ASSERT_EQUAL(ft_usyms_format(u, getpid(), (uintptr_t)usym_outer, buf, 5), 4);
	CU_ASSERT_EQUAL(strlen(buf), 4);
	CU_ASSERT_EQUAL(ft_usyms_format(NULL, getpid(), 0x10, buf, sizeof(buf)), 4);
	CU_ASSERT_STRING_EQUAL(buf, "0x10");
	ft_usyms_close(u);
}

/* A library of one function "f" at its text; its file has this name. */
static char *map_library(const char *path)
{
	static const struct image_symbol syms[] = {
		{ "f@@V1", IMAGE_ADDR, 8, FUNC, IMAGE_DOT_TEXT, 0 },
	};
	struct image im;
	char *map;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	image_begin(&im, true);
	image_table(&im, IMAGE_SYMTAB, SHT_SYMTAB, syms, LEN(syms));
	image_end(&im);
	CU_ASSERT_EQUAL(write(fd, im.bytes, im.len), (ssize_t)im.len);
	map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	CU_ASSERT_PTR_NOT_EQUAL_FATAL(map, MAP_FAILED);
	close(fd);
	return map;
}

static void test_usym_finds_what_is_mapped_later(void)
{
	char dir[] = "/tmp/usym-XXXXXX", path[64];
	struct ft_usyms *u;
	char *map;

	NEED_OWN_PIDS();
	u = open_usyms();
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a b.so", dir);
	expect(u, getpid(), (const void *)usym_outer, here("usym_outer"));
	map = map_library(path);
	expect_soon(u, getpid(), map + IMAGE_TEXT + 7, "f [a b.so]");
	/* covered by the file, but by no symbol */
	expect(u, getpid(), map + IMAGE_TEXT + 8, "[a b.so+0x208]");
	expect(u, getpid(), map, "[a b.so+0x0]");
	munmap(map, 4096);
	ft_usyms_close(u);
	unlink(path);
	rmdir(dir);
}

/* A library that was updated while it is in use. */
static void test_usym_reads_the_file_that_is_mapped(void)
{
	char dir[] = "/tmp/usym-XXXXXX", path[64];
	struct ft_usyms *u;
	char *map;
	int fd;

	NEED_OWN_PIDS();
	u = open_usyms();
	if (access("/proc/self/map_files", R_OK)) {
		unit_skip("no /proc/PID/map_files here");
		return;
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/lib.so", dir);
	map = map_library(path);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	CU_ASSERT_EQUAL(write(fd, "no such thing", 13), 13);
	close(fd);
	expect(u, getpid(), map + IMAGE_TEXT, "f [lib.so]");
	munmap(map, 4096);
	ft_usyms_close(u);
	unlink(path);
	rmdir(dir);
}

/* -- other processes ------------------------------------------------------------------------ */

/* A child that does fn once it reads a byte from *to, or nothing at its end. */
static pid_t start(int *to, void (*fn)(void))
{
	int p[2];
	char byte;
	pid_t pid;

	CU_ASSERT_EQUAL_FATAL(pipe2(p, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(p[1]);
		while (read(p[0], &byte, 1) == 1)
			fn();
		_exit(0);
	}
	CU_ASSERT_FATAL(pid > 0);
	close(p[0]);
	*to = p[1];
	return pid;
}

static void end(pid_t pid, int to)
{
	close(to);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void become_sleep(void)
{
	execl("/bin/sleep", "sleep", "1000", (char *)NULL);
	_exit(1);
}

static void test_usym_keeps_what_it_knew_of_the_dead(void)
{
	struct ft_usyms *u;
	pid_t known, unknown;
	int to[2];

	NEED_OWN_PIDS();
	u = open_usyms();
	known = start(&to[0], become_sleep);
	unknown = start(&to[1], become_sleep);
	expect(u, known, (const void *)usym_outer, here("usym_outer"));
	end(known, to[0]);
	end(unknown, to[1]);
	expect(u, known, (const void *)usym_inner, here("usym_inner"));
	expect(u, unknown, (const void *)usym_inner, number((const void *)usym_inner));
	expect(u, DEAD_PID, (const void *)usym_inner, number((const void *)usym_inner));
	expect(u, 0, (const void *)usym_inner, number((const void *)usym_inner));
	expect(u, -1, (const void *)usym_inner, number((const void *)usym_inner));
	ft_usyms_close(u);
}

static void test_usym_notices_another_program(void)
{
	struct ft_usyms *u;
	pid_t pid;
	int to;

	NEED_OWN_PIDS();
	u = open_usyms();
	pid = start(&to, become_sleep);
	expect(u, pid, (const void *)usym_outer, here("usym_outer"));
	CU_ASSERT_EQUAL(write(to, "", 1), 1);
	expect_soon(u, pid, (const void *)usym_outer, number((const void *)usym_outer));
	end(pid, to);
	ft_usyms_close(u);
}

static void test_usym_survives_many_processes(void)
{
	struct ft_usyms *u;

	NEED_OWN_PIDS();
	u = open_usyms();
	for (int i = 1; i < 2000; i++)
		CU_ASSERT_TRUE(is(u, DEAD_PID + i, (void *)0x1000, "0x1000"));
	expect(u, getpid(), (const void *)usym_outer, here("usym_outer"));
	ft_usyms_close(u);
}

/* -- records -------------------------------------------------------------------------------- */

struct record {
	uint16_t type;
	uint8_t	 flags, preempt;
	int32_t	 tid;
	uint32_t tgid, pad;
	uint64_t caller[8];
};

static struct ft_ustacks *open_ustacks(struct ft_events **evs, const char *dir, struct ft_usyms *u)
{
	static const char *const systems[] = { "ftrace", "raw_syscalls", NULL };
	struct ft_ustacks *st = NULL;

	CU_ASSERT_EQUAL_FATAL(ft_events_open(evs, dir, systems), 0);
	CU_ASSERT_EQUAL_FATAL(ft_ustacks_new(&st, *evs, u), 0);
	return st;
}

static size_t count_frames(struct ft_ustacks *st, const struct record *r, size_t size)
{
	struct ft_event e = { .data = (const unsigned char *)r, .size = size, .type = r->type };
	const uint64_t *frames;
	int pid;
	size_t n = ft_ustacks_frames(st, &e, &pid, &frames);

	CU_ASSERT_EQUAL(pid, (int)r->tgid);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(frames[i], r->caller[i]);
	return n;
}

static void test_ustack_frames_end_as_each_kernel_ends_them(void)
{
	static const char *const dirs[] = { UNIT_DATA "/el7/tracing", UNIT_DATA "/5.10/tracing",
					    UNIT_DATA "/6.1/tracing", UNIT_DATA "/6.12/tracing" };

	for (size_t i = 0; i < LEN(dirs); i++) {
		struct record r = { .tgid = 77, .caller = { 1, 2, 3, 4, 5, 6, 7, 8 } };
		struct ft_events *evs;
		struct ft_ustacks *st = open_ustacks(&evs, dirs[i], NULL);
		struct ft_event e = { .type = ft_event_id(evs, "ftrace", "user_stack") };

		CU_ASSERT_TRUE(ft_ustacks_is(st, &e));
		e.type++;
		CU_ASSERT_FALSE(ft_ustacks_is(st, &e));
		CU_ASSERT_EQUAL(count_frames(st, &r, sizeof(r)), 8);
		CU_ASSERT_EQUAL(count_frames(st, &r, sizeof(r) - 1), 7);
		CU_ASSERT_EQUAL(count_frames(st, &r, offsetof(struct record, caller)), 0);
		r.caller[3] = UINT64_MAX;
		CU_ASSERT_EQUAL(count_frames(st, &r, sizeof(r)), 3);
		r.caller[2] = 0;
		CU_ASSERT_EQUAL(count_frames(st, &r, sizeof(r)), 2);
		ft_ustacks_free(st);
		ft_events_close(evs);
	}
	ft_ustacks_free(NULL);
}

static void test_ustack_without_an_event(void)
{
	static const char *const systems[] = { "raw_syscalls", NULL };
	struct ft_ustacks *st = (struct ft_ustacks *)1;
	struct ft_events *evs;

	CU_ASSERT_EQUAL_FATAL(ft_events_open(&evs, UNIT_DATA "/6.1/tracing", systems), 0);
	CU_ASSERT_EQUAL(ft_ustacks_new(&st, evs, NULL), -ENOENT);
	CU_ASSERT_PTR_NULL(st);
	ft_events_close(evs);
}

static void test_ustack_text_and_list(void)
{
	/* a return address right behind a function is a call that is its last instruction */
	struct record r = { .tgid = getpid() };
	struct ft_event e = { .data = (const unsigned char *)&r, .size = sizeof(r) };
	/* /proc shows a newline in a path as \012, which is escaped again */
	static const char want[] = " => f [a\\\\012;b.so]\n => f [a\\\\012;b.so]\n"
				   " => [a\\\\012;b.so+0x208]\n => 0x1000\n";
	char dir[] = "/tmp/usym-XXXXXX", path[64];
	struct ft_usyms *u;
	struct ft_ustacks *st, *plain;
	struct ft_events *evs;
	const uint64_t *frames;
	size_t len, count;
	char *map;
	int pid;

	NEED_OWN_PIDS();
	u = open_usyms();
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a\n;b.so", dir);
	map = map_library(path);
	st = open_ustacks(&evs, UNIT_DATA "/6.1/tracing", u);
	r.caller[0] = (uintptr_t)map + IMAGE_TEXT;
	r.caller[1] = (uintptr_t)map + IMAGE_TEXT + 8;
	r.caller[2] = (uintptr_t)map + IMAGE_TEXT + 9;
	r.caller[3] = 0x1001;
	CU_ASSERT_EQUAL(strncmp(ft_ustacks_text(st, &e, &len), want, strlen(want)), 0);
	CU_ASSERT_EQUAL(len, strlen(want));
	count = ft_ustacks_frames(st, &e, &pid, &frames);
	CU_ASSERT_STRING_EQUAL(ft_ustacks_list(st, pid, frames, count),
			       "f;f;[a\\012:b.so+0x208];0x1000");
	CU_ASSERT_STRING_EQUAL(ft_ustacks_list(st, pid, frames, 0), "");
	CU_ASSERT_EQUAL_FATAL(ft_ustacks_new(&plain, evs, NULL), 0);
	CU_ASSERT_STRING_EQUAL(ft_ustacks_list(plain, pid, frames + 3, 1), "0x1001");
	ft_ustacks_free(plain);
	ft_ustacks_free(st);
	ft_events_close(evs);
	ft_usyms_close(u);
	munmap(map, 4096);
	unlink(path);
	rmdir(dir);
}

/* What was folded, printed. */
static void folded_is(struct ft_ustacks *st, enum ft_out_format format, const char *wanted)
{
	static const struct ft_column columns[] = {
		FT_COLUMN("COMM", "comm", 0, FT_COL_STR), FT_COLUMN("STACK", "stack", 0, FT_COL_STR),
		FT_COLUMN("COUNT", "count", 0, FT_COL_UINT), { 0 }
	};
	char path[] = "/tmp/folded.XXXXXX", text[4096] = "";
	struct ft_out *out;
	FILE *f;

	close(mkstemp(path));
	CU_ASSERT_EQUAL_FATAL(ft_out_open(&out, &(struct ft_out_config){
		.columns = columns, .format = format, .path = path }), 0);
	CU_ASSERT_EQUAL(ft_ustacks_print(st, out, 0, 1, 2), 0);
	CU_ASSERT_EQUAL(ft_out_close(out), 0);
	f = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	unlink(path);
	CU_ASSERT_STRING_EQUAL(text, wanted);
}

static void test_ustack_folds_equal_stacks(void)
{
	struct record a = { .tgid = 1, .caller = { 0x10, 0x21, 0x31 } };
	struct record b = { .tgid = 2, .caller = { 0x10, 0x21, 0x31 } };
	struct record c = { .tgid = 1, .caller = { 0x10 } };
	struct ft_event ea = { .data = (const unsigned char *)&a, .size = sizeof(a) };
	struct ft_event eb = { .data = (const unsigned char *)&b, .size = sizeof(b) };
	struct ft_event ec = { .data = (const unsigned char *)&c, .size = sizeof(c) };
	struct ft_events *evs;
	struct ft_ustacks *st = open_ustacks(&evs, UNIT_DATA "/6.1/tracing", NULL);

	folded_is(st, FT_OUT_TEXT, "");
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(ft_ustacks_fold(st, "x;y\n", &ea), 0);
	/* Of another process, the same text. */
	CU_ASSERT_EQUAL(ft_ustacks_fold(st, "x;y\n", &eb), 0);
	CU_ASSERT_EQUAL(ft_ustacks_fold(st, "z", &ec), 0);
	CU_ASSERT_EQUAL(ft_ustacks_fold(st, "z", NULL), 0);
	CU_ASSERT_EQUAL(ft_ustacks_fold(st, "z", NULL), 0);
	folded_is(st, FT_OUT_TEXT, "x:y\\n;0x30;0x20;0x10 4\nz 2\nz;0x10 1\n");
	folded_is(st, FT_OUT_TEXT, "");
	CU_ASSERT_EQUAL(ft_ustacks_fold(st, "x;y\n", &eb), 0);
	folded_is(st, FT_OUT_JSON,
		  "{\"comm\":\"x;y\\n\",\"stack\":\"0x10;0x20;0x30\",\"count\":1}\n");
	ft_ustacks_free(st);
	ft_events_close(evs);
}

/* More than there is room for are counted all the same. */
static void test_ustack_folds_are_bounded(void)
{
	struct record r = { .tgid = 1 };
	struct ft_event e = { .data = (const unsigned char *)&r, .size = sizeof(r) };
	struct ft_events *evs;
	struct ft_ustacks *st = open_ustacks(&evs, UNIT_DATA "/6.1/tracing", NULL);
	char path[] = "/tmp/folded.XXXXXX", line[256], last[256] = "";
	static const struct ft_column none[] = { { 0 } };
	struct ft_out *out;
	size_t lines = 0;
	FILE *f;

	for (unsigned int i = 1; i <= FT_STACKS_MAX + 5; i++) {
		r.caller[0] = i;
		CU_ASSERT_EQUAL(ft_ustacks_fold(st, "c", &e), 0);
	}
	close(mkstemp(path));
	CU_ASSERT_EQUAL_FATAL(ft_out_open(&out, &(struct ft_out_config){
		.columns = none, .path = path }), 0);
	CU_ASSERT_EQUAL(ft_ustacks_print(st, out, 0, 1, 2), 0);
	CU_ASSERT_EQUAL(ft_out_close(out), 0);
	f = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	while (fgets(line, sizeof(line), f)) {
		lines++;
		strcpy(last, line);
	}
	fclose(f);
	unlink(path);
	CU_ASSERT_EQUAL(lines, FT_STACKS_MAX + 1);
	CU_ASSERT_STRING_EQUAL(last, "[other] 5\n");
	ft_ustacks_free(st);
	ft_events_close(evs);
}

/* -- the kernel's own text ------------------------------------------------------------------ */

/* NULL, or why there is nothing to test with. */
static const char *tracing(void)
{
	const char *reason = private_tracefs();

	if (reason)
		return reason;
	if (access(TRACEFS "/events/raw_syscalls/sys_enter", F_OK) ||
	    access(TRACEFS "/instances", F_OK) || access(TRACEFS "/options/userstacktrace", F_OK))
		return "no raw_syscalls events, instances or user stacks on this kernel";
	return NULL;
}

static void call_outer(void)
{
	outer(1);
	raise(SIGSTOP);
}

/* Record the stacks of a child's getppid(); it stays, so that the kernel can name its files. */
static pid_t record(struct ft_session *s, int *to)
{
	char filter[64];
	int status;
	pid_t pid;

	outer = usym_outer;
	middle = usym_middle;
	inner = usym_inner;
	pid = start(to, call_outer);
	snprintf(filter, sizeof(filter), "id == %ld && common_pid == %d", (long)SYS_getppid, pid);
	CU_ASSERT_EQUAL(ft_session_enable_event(s, "raw_syscalls", "sys_enter", filter), 0);
	CU_ASSERT_EQUAL(ft_session_set_option(s, "userstacktrace", true), 0);
	CU_ASSERT_EQUAL(ft_session_start(s), 0);
	CU_ASSERT_EQUAL(write(*to, "", 1), 1);
	CU_ASSERT_EQUAL(waitpid(pid, &status, WUNTRACED), pid);
	CU_ASSERT_TRUE(WIFSTOPPED(status));
	CU_ASSERT_EQUAL(ft_session_stop(s), 0);
	return pid;
}

/* What the kernel prints of the stacks: the lines behind "<user stack trace>". */
static void kernel_text(struct ft_session *s, bool files, char *out, size_t size)
{
	char *text, *line;
	size_t len = 0;

	CU_ASSERT_EQUAL(ft_session_set_option(s, "sym-userobj", files), 0);
	text = ft_session_read(s, "trace");
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	*out = 0;
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (!strncmp(line, " => ", 4) && len < size)
			len += snprintf(out + len, size - len, "%s\n", line);
	}
	free(text);
}

struct stacks {
	struct ft_ustacks *st;
	struct ft_usyms	  *usyms;
	char		   addresses[4096], files[4096], list[4096];
	int		   records;
};

static int on_event(void *arg, struct ft_stream *stream, const struct ft_event *e)
{
	struct stacks *all = arg;
	const uint64_t *frames;
	struct ft_usym s;
	size_t count;
	int pid;

	(void)stream;
	if (!ft_ustacks_is(all->st, e))
		return 0;
	all->records++;
	count = ft_ustacks_frames(all->st, e, &pid, &frames);
	for (size_t i = 0; i < count; i++) {
		size_t a = strlen(all->addresses), f = strlen(all->files);

		snprintf(all->addresses + a, sizeof(all->addresses) - a,
			 " =>  <%016" PRIx64 ">\n", frames[i]);
		if (ft_usyms_lookup(all->usyms, pid, frames[i], &s))
			snprintf(all->files + f, sizeof(all->files) - f, " => %s[+0x%" PRIx64 "]\n",
				 s.path, frames[i] - s.start);
		else
			snprintf(all->files + f, sizeof(all->files) - f,
				 " =>  <%016" PRIx64 ">\n", frames[i]);
	}
	snprintf(all->list, sizeof(all->list), "%s", ft_ustacks_list(all->st, pid, frames, count));
	return 0;
}

/* What was recorded, through the library. */
static void decode(struct ft_session *s, struct stacks *all)
{
	static unsigned char raw[64 * 65536];
	const struct ft_stream_ops ops = { .on_event = on_event };
	struct ft_stream *stream;
	const void *data[64];
	struct ft_events *evs;
	size_t len[64] = { 0 };
	char path[256];
	int cpus;

	all->st = open_ustacks(&evs, TRACEFS, all->usyms);
	for (cpus = 0; cpus < 64; cpus++) {
		unsigned char *at = raw + (size_t)cpus * 65536;
		ssize_t n;
		int fd;

		snprintf(path, sizeof(path), "%s/per_cpu/cpu%d/trace_pipe_raw",
			 ft_session_dir(s), cpus);
		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			break;
		n = read(fd, at, 65536);
		data[cpus] = at;
		len[cpus] = n > 0 ? n : 0;
		close(fd);
	}
	CU_ASSERT_EQUAL_FATAL(ft_stream_open_memory(&stream, evs, data, len, cpus), 0);
	CU_ASSERT_EQUAL(ft_stream_run(stream, &ops, all), 0);
	ft_stream_close(stream);
	ft_ustacks_free(all->st);
	ft_events_close(evs);
}

static void test_ustack_is_what_the_kernel_prints(void)
{
	static struct stacks all;
	char addresses[4096], files[4096];
	struct ft_session *s = NULL;
	pid_t pid;
	int to;

	NEED_OWN_PIDS();
	NEED(tracing());
	CU_ASSERT_EQUAL_FATAL(ft_session_open(&s, &(struct ft_session_config){
		.tool = "unit-usym", .tracefs = TRACEFS }), 0);
	pid = record(s, &to);
	kernel_text(s, false, addresses, sizeof(addresses));
	kernel_text(s, true, files, sizeof(files));
	all.usyms = open_usyms();
	decode(s, &all);
	end(pid, to);
	if (!all.records && !*addresses) {
		unit_skip("this kernel records no user stacks in an instance");
	} else {
		CU_ASSERT_EQUAL(all.records, 1);
		CU_ASSERT_STRING_EQUAL(all.addresses, addresses);
		CU_ASSERT_STRING_EQUAL(all.files, files);
		/* syscall() has no frame of its own, so its caller is not seen */
		if (strncmp(all.list, "syscall;usym_middle;usym_outer;", 31) != 0)
			printf("# %s\n", all.list);
		CU_ASSERT_EQUAL(strncmp(all.list, "syscall;usym_middle;usym_outer;", 31), 0);
	}
	ft_usyms_close(all.usyms);
	CU_ASSERT_EQUAL(ft_session_close(s, FT_OK), FT_OK);
}

UNIT_SUITE("usym",
	   UNIT_TEST(test_usym_names_functions_of_programs_and_libraries),
	   UNIT_TEST(test_usym_format_always_terminates),
	   UNIT_TEST(test_usym_finds_what_is_mapped_later),
	   UNIT_TEST(test_usym_reads_the_file_that_is_mapped),
	   UNIT_TEST(test_usym_keeps_what_it_knew_of_the_dead),
	   UNIT_TEST(test_usym_notices_another_program),
	   UNIT_TEST(test_usym_survives_many_processes),
	   UNIT_TEST(test_ustack_frames_end_as_each_kernel_ends_them),
	   UNIT_TEST(test_ustack_without_an_event),
	   UNIT_TEST(test_ustack_text_and_list),
	   UNIT_TEST(test_ustack_folds_equal_stacks),
	   UNIT_TEST(test_ustack_folds_are_bounded),
	   UNIT_TEST(test_ustack_is_what_the_kernel_prints));
