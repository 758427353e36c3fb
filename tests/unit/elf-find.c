/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files by name: what matches, ld.so.cache, PATH, and what a process has mapped. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "elf-internal.h"
#include "unit.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static void test_elf_find_library_names(void)
{
	static const struct {
		const char *name, *file;
		bool match;
	} t[] = {
		{ "libc", "libc.so.6", true },		{ "c", "libc.so.6", true },
		{ "libc.so", "libc.so.6", true },	{ "libc.so.6", "libc.so.6", true },
		{ "c.so.6", "libc.so.6", true },	{ "libc", "libc.so", true },
		{ "libc", "libc-2.17.so", true },	{ "c", "libc-2.17.so", true },
		{ "libc", "libc-client.so.2007e", false }, { "libc", "libcap.so.2", false },
		{ "libc.so.6", "libc.so.60", false },	{ "libc.s", "libc.so.6", false },
		{ "lib", "libc.so.6", false },		{ "", "libc.so.6", false },
		{ "ssl", "libssl.so.1.1", true },	{ "libssl.so.1", "libssl.so.1.1", true },
		{ "libssl.so.1.1", "libssl.so.1", false }, { "ssl", "openssl", false },
		{ "python3.11", "libpython3.11.so.1.0", true },
		{ "stdc++", "libstdc++.so.6", true },
		{ "ld-linux-x86-64", "ld-linux-x86-64.so.2", true },
		{ "m", "libm-2.31.so", true },		{ "m", "libm-2.31.somewhere", false },
		{ "bash", "bash", true },		{ "bas", "bash", false },
		{ "c", "c", true },			{ "libc", "libc.a", false },
		{ "libc", "libc", true },
	};

	for (size_t i = 0; i < LEN(t); i++) {
		if (fti_library_match(t[i].name, t[i].file) != t[i].match)
			printf("# '%s' and '%s'\n", t[i].name, t[i].file);
		CU_ASSERT_EQUAL(fti_library_match(t[i].name, t[i].file), t[i].match);
	}
}

/* -- ld.so.cache ---------------------------------------------------------------------------- */

struct cache_entry {
	uint32_t flags, name, path, os;
	uint64_t hwcap;
};

#define CACHE_HEADER  48
#define CACHE_STRINGS "libc.so.6\0/lib64/libc.so.6\0libz.so.1\0/opt/v3/libz.so.1"

/* As glibc lays it down, behind `skip` bytes of the older format. */
static size_t make_cache(char *out, size_t skip, size_t old_count)
{
	const struct cache_entry entries[] = {
		{ 0x303, CACHE_HEADER + 48, CACHE_HEADER + 48 + 10, 0, 0 },
		{ 0x303, CACHE_HEADER + 48 + 27, CACHE_HEADER + 48 + 37, 0, 1ull << 62 },
	};
	uint32_t numbers[7] = { LEN(entries), sizeof(CACHE_STRINGS) };
	uint32_t old = old_count;

	memset(out, 0, skip);
	if (skip) {
		memcpy(out, "ld.so-1.7.0", 12);
		memcpy(out + 12, &old, 4);
	}
	out += skip;
	memcpy(out, "glibc-ld.so.cache1.1", 20);
	memcpy(out + 20, numbers, sizeof(numbers));
	memcpy(out + CACHE_HEADER, entries, sizeof(entries));
	memcpy(out + CACHE_HEADER + sizeof(entries), CACHE_STRINGS, sizeof(CACHE_STRINGS));
	return skip + CACHE_HEADER + sizeof(entries) + sizeof(CACHE_STRINGS);
}

static int add_cached(void *arg, const char *name, const char *path, bool hwcap)
{
	char *text = arg;

	sprintf(text + strlen(text), "%s %s%s\n", name, path, hwcap ? " hwcap" : "");
	return 0;
}

static void expect_cache(const char *data, size_t len, const char *want)
{
	char text[512] = "", *copy = malloc(len + !len);

	/* of just this length, so that a step beyond is seen */
	memcpy(copy, data, len);
	CU_ASSERT_EQUAL(fti_ldcache_each(copy, len, add_cached, text), 0);
	free(copy);
	if (want)
		CU_ASSERT_STRING_EQUAL(text, want);
}

static void test_elf_find_reads_ld_so_cache(void)
{
	static const char both[] = "libc.so.6 /lib64/libc.so.6\n"
				   "libz.so.1 /opt/v3/libz.so.1 hwcap\n";
	char data[512];
	size_t len;

	len = make_cache(data, 0, 0);
	expect_cache(data, len, both);
	/* two old entries of twelve bytes; three, then what must be aligned */
	len = make_cache(data, 16 + 24, 2);
	expect_cache(data, len, both);
	len = make_cache(data, 16 + 36 + 4, 3);
	expect_cache(data, len, both);
}

static void test_elf_find_survives_a_bad_cache(void)
{
	char data[512];
	size_t len;

	for (size_t skip = 0; skip <= 40; skip += 40) {
		len = make_cache(data, skip, 2);
		for (size_t cut = 0; cut < len; cut++)
			expect_cache(data, cut, NULL);
		for (size_t at = 0; at < len; at++) {
			const char was = data[at];

			data[at] = -1;
			expect_cache(data, len, NULL);
			data[at] = was;
		}
	}
	len = make_cache(data, 0, 0);
	expect_cache(data, len - 1, "libc.so.6 /lib64/libc.so.6\n");
	make_cache(data, 40, UINT32_MAX);
	expect_cache(data, len, "");
}

struct real {
	char   paths[4][256];
	size_t count, all;
};

static int note_libc(void *arg, const char *name, const char *path, bool hwcap)
{
	struct real *r = arg;

	(void)hwcap;
	r->all++;
	if (!strcmp(name, "libc.so.6") && r->count < LEN(r->paths))
		snprintf(r->paths[r->count++], sizeof(r->paths[0]), "%s", path);
	return 0;
}

static void test_elf_find_knows_this_machines_cache(void)
{
	struct real r = { .count = 0 };
	bool found = false;
	Dl_info info;
	size_t len;
	char *data;
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);

	if (!libc || access("/etc/ld.so.cache", R_OK) ||
	    !dladdr(dlsym(libc, "getppid"), &info)) {
		unit_skip("no ld.so.cache or no shared libc here");
		return;
	}
	data = unit_read("/etc/ld.so.cache", &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(data);
	CU_ASSERT_EQUAL(fti_ldcache_each(data, len, note_libc, &r), 0);
	for (size_t i = 0; i < r.count; i++) {
		char *path = realpath(r.paths[i], NULL), *loaded = realpath(info.dli_fname, NULL);

		found |= path && loaded && !strcmp(path, loaded);
		free(path);
		free(loaded);
	}
	CU_ASSERT_TRUE(found);
	CU_ASSERT_TRUE(r.all >= r.count);
	free(data);
	dlclose(libc);
}

/* -- on this machine ------------------------------------------------------------------------ */

static void expect_find(const char *name, int pid, int want_err, const char *want)
{
	char *path = (char *)1;
	int err = ft_elf_find(name, pid, &path);

	if (err != want_err || (want && path && strcmp(path, want) != 0))
		printf("# '%s' of %d: %d '%s', not '%s'\n", name, pid, err, path ? path : "",
		       want ? want : "");
	CU_ASSERT_EQUAL(err, want_err);
	CU_ASSERT_EQUAL(!path, err != 0);
	if (want && path)
		CU_ASSERT_STRING_EQUAL(path, want);
	free(path);
}

static void test_elf_find_libraries_as_the_linker_does(void)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	char *loaded = NULL;
	Dl_info info;

	if (libc && dladdr(dlsym(libc, "getppid"), &info))
		loaded = realpath(info.dli_fname, NULL);
	if (!loaded) {
		unit_skip("libc is not a shared library here");
		return;
	}
	expect_find("libc", 0, 0, loaded);
	expect_find("c", 0, 0, loaded);
	expect_find("libc.so.6", 0, 0, loaded);
	expect_find("libc", getpid(), 0, loaded);
	expect_find(info.dli_fname, 0, 0, loaded);
	expect_find(info.dli_fname, getpid(), 0, loaded);
	expect_find("libnosuchthing", 0, -ENOENT, NULL);
	expect_find("/nonexistent/libc.so.6", 0, -ENOENT, NULL);
	expect_find("", 0, -ENOENT, NULL);
	free(loaded);
	dlclose(libc);
}

static void copy_file(const char *from, const char *to, mode_t mode)
{
	size_t len;
	char *data = unit_read(from, &len);
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	CU_ASSERT_EQUAL(write(fd, data, len), (ssize_t)len);
	close(fd);
	free(data);
}

/* A directory with a program "ftprog", its name in `program`. */
static void make_program(char dir[32], char program[64])
{
	strcpy(dir, "/tmp/elf-find-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(program, 64, "%s/ftprog", dir);
	copy_file("/proc/self/exe", program, 0755);
}

static void drop_program(const char *dir, const char *program)
{
	unlink(program);
	rmdir(dir);
}

static void test_elf_find_programs_in_path(void)
{
	char dir[32], program[64], path[128], script[64], *old = strdup(getenv("PATH") ?: "");
	char cwd[PATH_MAX];

	make_program(dir, program);
	expect_find("ftprog", 0, -ENOENT, NULL);
	snprintf(path, sizeof(path), "/nonexistent:%s", dir);
	setenv("PATH", path, 1);
	expect_find("ftprog", 0, 0, program);
	/* never by where we stand */
	CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(cwd, sizeof(cwd)));
	CU_ASSERT_EQUAL(chdir(dir), 0);
	setenv("PATH", ".::", 1);
	expect_find("ftprog", 0, -ENOENT, NULL);
	expect_find("./ftprog", 0, 0, program);
	CU_ASSERT_EQUAL(chdir(cwd), 0);
	setenv("PATH", dir, 1);
	chmod(program, 0600);
	expect_find("ftprog", 0, -ENOENT, NULL);
	/* a script goes behind a library of that name, but is better than nothing */
	snprintf(script, sizeof(script), "%s/c", dir);
	copy_file("tests/check", script, 0755);
	if (dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD)) {
		char *found = NULL;

		CU_ASSERT_EQUAL(ft_elf_find("c", 0, &found), 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(found, "/libc"));
		free(found);
	}
	snprintf(path, sizeof(path), "%s/ftscript", dir);
	rename(script, path);
	expect_find("ftscript", 0, 0, path);
	unlink(path);
	setenv("PATH", old, 1);
	free(old);
	drop_program(dir, program);
}

/* -- processes ------------------------------------------------------------------------------ */

/* Does it sleep, so that all it needs is mapped? */
static bool runs(pid_t pid, const char *program)
{
	char link[32], exe[PATH_MAX], path[32], *stat;
	bool asleep;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	n = readlink(link, exe, sizeof(exe) - 1);
	exe[n < 0 ? 0 : n] = 0;
	if (strcmp(exe, program) != 0)
		return false;
	stat = unit_read(path, NULL);
	asleep = stat && strstr(stat, ") S ");
	free(stat);
	return asleep;
}

/* Only this process shall see what is in dir from now on. */
static bool hide(const char *dir)
{
	return !unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("tmpfs", dir, "tmpfs", 0, NULL);
}

/* A copy of sleep(1) that runs; with dir it is in a mount namespace with a dir of its own.  0 and
 * skipped: cannot. */
static pid_t start(const char *program, const char *dir)
{
	int status;
	pid_t pid;

	copy_file("/bin/sleep", program, 0755);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (dir && !hide(dir))
			_exit(99);
		copy_file("/bin/sleep", program, 0755);
		execl(program, "sleep", "1000", (char *)NULL);
		_exit(98);
	}
	CU_ASSERT_FATAL(pid > 0);
	for (int i = 0; i < 1000; i++) {
		if (runs(pid, program))
			return pid;
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
		usleep(10000);
	}
	unit_skip("cannot run a program in such a namespace here");
	return 0;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static bool is_same(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

static void test_elf_find_what_a_process_has_mapped(void)
{
	char dir[32], program[64];
	pid_t pid;

	make_program(dir, program);
	pid = start(program, NULL);
	if (pid) {
		expect_find("ftprog", pid, 0, program);
		expect_find(program, pid, 0, program);
		expect_find("libnosuchthing", pid, -ENOENT, NULL);
		end(pid);
		expect_find("ftprog", pid, -ESRCH, NULL);
	}
	drop_program(dir, program);
}

static void test_elf_find_in_another_mount_namespace(void)
{
	char dir[32], program[64], want[128];
	pid_t pid;

	make_program(dir, program);
	pid = start(program, dir);
	if (pid) {
		snprintf(want, sizeof(want), "/proc/%d/root%s", pid, program);
		expect_find("ftprog", pid, 0, want);
		expect_find(program, pid, 0, want);
		/* what it has not mapped is found by path alone */
		expect_find("sh", pid, -ENOENT, NULL);
		expect_find("/proc/self/exe", pid, 0, NULL);
		/* where the link /proc/PID/root is not followed to what is here */
		expect_find(want, 0, 0, want);
		end(pid);
	}
	drop_program(dir, program);
}

/* A program or library that was updated while it runs: the file of that name is another one now. */
static void test_elf_find_the_file_that_was_replaced(void)
{
	char dir[32], program[64], exe[32], *path = NULL;
	pid_t pid;
	int err;

	make_program(dir, program);
	pid = start(program, NULL);
	if (pid) {
		unlink(program);
		copy_file("/proc/self/exe", program, 0755);
		snprintf(exe, sizeof(exe), "/proc/%d/exe", pid);
		err = ft_elf_find("ftprog", pid, &path);
		if (access("/proc/self/map_files", R_OK)) {
			unit_skip("no /proc/PID/map_files here");
		} else {
			CU_ASSERT_EQUAL(err, 0);
			CU_ASSERT_TRUE(path && is_same(path, exe));
			CU_ASSERT_FALSE(path && is_same(path, program));
		}
		free(path);
		end(pid);
	}
	drop_program(dir, program);
}

/* glibc was libc-2.17.so, known by its link libc.so.6. */
static void test_elf_find_by_the_link_beside_it(void)
{
	char dir[32], program[64], file[64], link[64];
	void *map;
	int fd;

	make_program(dir, program);
	snprintf(file, sizeof(file), "%s/libftt-2.17.so", dir);
	snprintf(link, sizeof(link), "%s/libftt.so.6", dir);
	CU_ASSERT_EQUAL(rename(program, file), 0);
	CU_ASSERT_EQUAL(symlink("libftt-2.17.so", link), 0);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	CU_ASSERT_PTR_NOT_EQUAL_FATAL(map, MAP_FAILED);
	close(fd);
	expect_find("libftt.so.6", getpid(), 0, file);
	expect_find("ftt", getpid(), 0, file);
	expect_find(link, getpid(), 0, file);
	expect_find("libftt.so.7", getpid(), -ENOENT, NULL);
	munmap(map, 4096);
	expect_find("libftt.so.6", getpid(), -ENOENT, NULL);
	unlink(link);
	drop_program(dir, file);
}

UNIT_SUITE("elf-find",
	   UNIT_TEST(test_elf_find_library_names),
	   UNIT_TEST(test_elf_find_reads_ld_so_cache),
	   UNIT_TEST(test_elf_find_survives_a_bad_cache),
	   UNIT_TEST(test_elf_find_knows_this_machines_cache),
	   UNIT_TEST(test_elf_find_libraries_as_the_linker_does),
	   UNIT_TEST(test_elf_find_programs_in_path),
	   UNIT_TEST(test_elf_find_what_a_process_has_mapped),
	   UNIT_TEST(test_elf_find_in_another_mount_namespace),
	   UNIT_TEST(test_elf_find_the_file_that_was_replaced),
	   UNIT_TEST(test_elf_find_by_the_link_beside_it));
