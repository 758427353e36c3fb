/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of system calls put together, by events as 6.19 has them and by probes; names read from
 * this process's own memory; losses, and records that no kernel makes.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "syscalls-internal.h"
#include "unit.h"

#define COMMON "format:\n"									\
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"			\
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"			\
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"		\
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

enum { NEWTASK = 100, RENAME, ENTER, EXIT, OPENAT, BEGIN, END, PATH, LIST };

static const struct { const char *dir, *text; } formats[] = {
	{ "task/task_newtask", "name: task_newtask\nID: 100\n" COMMON
	  "\tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;\n"
	  "\tfield:char comm[16];\toffset:12;\tsize:16;\tsigned:1;\n"
	  "\tfield:unsigned long clone_flags;\toffset:32;\tsize:8;\tsigned:0;\n"
	  "\nprint fmt: \"\"\n" },
	{ "task/task_rename", "name: task_rename\nID: 101\n" COMMON
	  "\tfield:char newcomm[16];\toffset:8;\tsize:16;\tsigned:1;\n\nprint fmt: \"\"\n" },
	{ "raw_syscalls/sys_enter", "name: sys_enter\nID: 102\n" COMMON
	  "\tfield:long id;\toffset:8;\tsize:8;\tsigned:1;\n"
	  "\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;\n\nprint fmt: \"\"\n" },
	{ "raw_syscalls/sys_exit", "name: sys_exit\nID: 103\n" COMMON
	  "\tfield:long id;\toffset:8;\tsize:8;\tsigned:1;\n"
	  "\tfield:long ret;\toffset:16;\tsize:8;\tsigned:1;\n\nprint fmt: \"\"\n" },
	{ "syscalls/sys_enter_openat", "name: sys_enter_openat\nID: 104\n" COMMON
	  "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
	  "\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;\n"
	  "\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;\n"
	  "\tfield:int flags;\toffset:32;\tsize:8;\tsigned:0;\n"
	  "\tfield:umode_t mode;\toffset:40;\tsize:8;\tsigned:0;\n"
	  "\tfield:__data_loc char[] __filename_val;\toffset:48;\tsize:4;\tsigned:0;\n"
	  "\nprint fmt: \"\"\n" },
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static const struct ft_syscalls_spec specs[] = {
	{ .name = "openat", .args = { "dfd", "filename", "flags", "mode" }, .text = 2 },
	{ .name = "openat2", .args = { "dfd", "filename", "how" }, .text = 2, .words = 3 },
	{ 0 }
};

enum { NR_OPENAT = 257, NR_OPENAT2 = 437 };

static char root[] = "/tmp/ftrace-syscalls-XXXXXX";

static void put(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(fwrite(text, 1, len, f), len);
	fclose(f);
}

static void make_tree(char *dir, bool make)
{
	static const char *const systems[] = { "task", "raw_syscalls", "syscalls" };
	char path[PATH_MAX], *page;
	size_t len;

	if (make) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
		page = unit_read(UNIT_DATA "/6.1/tracing/events/header_page", &len);
		snprintf(path, sizeof(path), "%s/events", dir);
		mkdir(path, 0700);
		for (size_t i = 0; i < 3; i++) {
			snprintf(path, sizeof(path), "%s/events/%s", dir, systems[i]);
			mkdir(path, 0700);
		}
		snprintf(path, sizeof(path), "%s/events/header_page", dir);
		put(path, page, len);
		free(page);
	}
	for (size_t i = 0; i < FORMATS; i++) {
		snprintf(path, sizeof(path), "%s/events/%s/format", dir, formats[i].dir);
		if (!make)
			unlink(path);
		*strrchr(path, '/') = 0;
		if (!make)
			rmdir(path);
		if (!make || mkdir(path, 0700))
			continue;
		strcat(path, "/format");
		put(path, formats[i].text, strlen(formats[i].text));
	}
	for (size_t i = 0; i < 3 && !make; i++) {
		snprintf(path, sizeof(path), "%s/events/%s", dir, systems[i]);
		rmdir(path);
	}
	if (make)
		return;
	snprintf(path, sizeof(path), "%s/events/header_page", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/events", dir);
	rmdir(path);
	rmdir(dir);
}

/* -- one that records by events ---------------------------------------------------------------- */

static struct ft_syscalls *new_calls(struct ft_run *r)
{
	static const char *const systems[] = { "task", "raw_syscalls", "syscalls", NULL };
	struct ft_syscalls *sc = calloc(1, sizeof(*sc));
	char dir[sizeof(root)];

	CU_ASSERT_PTR_NOT_NULL_FATAL(sc);
	memcpy(dir, root, sizeof(root));
	make_tree(dir, true);
	memset(r, 0, sizeof(*r));
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&r->events, dir, systems), 0);
	make_tree(dir, false);
	sc->run = r;
	sc->config = (struct ft_syscalls_config){ .calls = specs, .data_size = 8 };
	sc->by_events = true;
	sc->path_probe = sc->path_id = -1;
	sc->places[sc->place_count++] = (struct fti_place){ .spec = &specs[0], .entry = -1,
							   .exit = -1, .number = NR_OPENAT };
	sc->numbers[0] = (struct fti_number){ &specs[0], ft_abi_native(), NR_OPENAT, true };
	sc->numbers[1] = (struct fti_number){ &specs[1], ft_abi_native(), NR_OPENAT2, false };
	sc->number_count = 2;
	CU_ASSERT_EQUAL_FATAL(fti_syscalls_find(sc, NULL), 0);
	return sc;
}

static void free_calls(struct ft_syscalls *sc)
{
	struct ft_events *evs = sc->run->events;

	ft_syscalls_free(sc);
	ft_events_close(evs);
}

struct record {
	unsigned char data[512];
	size_t size;
};

static void store(struct record *rec, size_t at, const void *p, size_t len)
{
	memcpy(rec->data + at, p, len);
	if (at + len > rec->size)
		rec->size = at + len;
}

static void store_u64(struct record *rec, size_t at, uint64_t v)
{
	store(rec, at, &v, sizeof(v));
}

static uint64_t now;

static int feed(struct ft_syscalls *sc, int type, int tid, int cpu, const struct record *rec)
{
	unsigned char exact[sizeof(rec->data)], *copy = rec->size ? malloc(rec->size) : exact;
	struct ft_event e = { .ts = ++now, .data = copy, .size = (uint32_t)rec->size, .cpu = cpu,
			      .tid = tid, .type = (uint16_t)type };
	int n;

	memcpy(copy, rec->data, rec->size);
	n = ft_syscalls_event(sc, &e);
	if (copy != exact)
		free(copy);
	return n;
}

/* name NULL: the kernel could not read it. */
static struct record openat_record(const char *name, const char *pointer)
{
	struct record rec = { .size = 52 };
	uint32_t loc = 52 | (name ? (uint32_t)strlen(name) + 1 : 0) << 16;

	store_u64(&rec, 16, (uint32_t)AT_FDCWD);
	store_u64(&rec, 24, (uintptr_t)pointer);
	store_u64(&rec, 32, O_RDWR);
	store(&rec, 48, &loc, sizeof(loc));
	if (name)
		store(&rec, 52, name, strlen(name) + 1);
	return rec;
}

static int enter(struct ft_syscalls *sc, int tid, int cpu, const char *name, const char *pointer)
{
	struct record rec = openat_record(name, pointer);

	return feed(sc, OPENAT, tid, cpu, &rec);
}

static int leave(struct ft_syscalls *sc, int tid, int cpu, int nr, int64_t ret)
{
	struct record rec = { .size = 0 };

	store_u64(&rec, 8, (uint64_t)nr);
	store_u64(&rec, 16, (uint64_t)ret);
	return feed(sc, EXIT, tid, cpu, &rec);
}

static struct ft_pair_stats stats(const struct ft_syscalls *sc)
{
	struct ft_pair_stats s;

	ft_pairs_stats(sc->pairs, &s);
	return s;
}

#define TEXT_IS(sc, wanted)								\
	do {										\
		CU_ASSERT_PTR_NOT_NULL_FATAL(ft_syscalls_last(sc)->text);		\
		CU_ASSERT_STRING_EQUAL(ft_syscalls_last(sc)->text, wanted);		\
	} while (0)

static void test_syscalls_have_arguments_name_and_result(void)
{
	struct ft_run r;
	struct ft_syscalls *sc = new_calls(&r);
	const struct ft_syscalls_call *c;

	CU_ASSERT_EQUAL(enter(sc, 4194001, 1, "/etc/passwd", NULL), 0);
	CU_ASSERT_EQUAL(enter(sc, 4194002, 0, "relative", NULL), 0);
	CU_ASSERT_EQUAL(leave(sc, 4194001, 3, NR_OPENAT, 5), 1);
	c = ft_syscalls_last(sc);
	CU_ASSERT_PTR_EQUAL(c->spec, &specs[0]);
	TEXT_IS(sc, "/etc/passwd");
	CU_ASSERT(c->text_sure);
	CU_ASSERT_EQUAL((int)c->args[0], AT_FDCWD);
	CU_ASSERT_EQUAL(c->args[2], O_RDWR);
	CU_ASSERT_EQUAL(c->ret, 5);
	CU_ASSERT_EQUAL(c->tid, 4194001);
	CU_ASSERT_EQUAL(c->pid, 4194001);
	CU_ASSERT_EQUAL(c->cpu, 3);
	CU_ASSERT(c->began < c->ended);
	CU_ASSERT_EQUAL(leave(sc, 4194002, 0, NR_OPENAT, -ENOENT), 1);
	TEXT_IS(sc, "relative");
	CU_ASSERT_STRING_EQUAL(ft_syscalls_error(ft_syscalls_last(sc)->ret), "ENOENT");
	CU_ASSERT_PTR_NULL(ft_syscalls_error(5));
	CU_ASSERT_PTR_NULL(ft_syscalls_error(-4096));
	free_calls(sc);
}

static void test_syscalls_read_names_from_memory(void)
{
	static const char name[] = "/a/name/in/the/memory/of/this/process";
	uint64_t how[3] = { O_WRONLY | O_CREAT, 0640, 0 };
	struct record rec = { .size = 0 };
	char *last;
	struct ft_run r;
	struct ft_syscalls *sc = new_calls(&r);
	const int tid = getpid();

	CU_ASSERT_EQUAL(enter(sc, tid, 0, NULL, name), 0);
	CU_ASSERT_EQUAL(leave(sc, tid, 0, NR_OPENAT, 3), 1);
	TEXT_IS(sc, name);
	CU_ASSERT(!ft_syscalls_last(sc)->text_sure);
	/* that the kernel had but a part of */
	CU_ASSERT_EQUAL(enter(sc, tid, 0, "/a/name/in/the/memo...", name), 0);
	CU_ASSERT_EQUAL(leave(sc, tid, 0, NR_OPENAT, 3), 1);
	TEXT_IS(sc, name);
	CU_ASSERT_EQUAL(enter(sc, 4194001, 0, "/a/name/in/the/memo...", name), 0);
	CU_ASSERT_EQUAL(leave(sc, 4194001, 0, NR_OPENAT, 3), 1);
	TEXT_IS(sc, "/a/name/in/the/memo...");
	CU_ASSERT(!ft_syscalls_last(sc)->text_sure);
	/* that nobody can read */
	CU_ASSERT_EQUAL(enter(sc, tid, 0, "(fault)", (char *)16), 0);
	CU_ASSERT_EQUAL(leave(sc, tid, 0, NR_OPENAT, -EFAULT), 1);
	CU_ASSERT_PTR_NULL(ft_syscalls_last(sc)->text);
	CU_ASSERT_EQUAL(sc->unread, 1);
	/* the last bytes before memory that is not there */
	last = aligned_alloc(4096, 8192);
	CU_ASSERT_PTR_NOT_NULL_FATAL(last);
	memset(last, 'x', 4095);
	last[4095] = 0;
	CU_ASSERT_EQUAL(enter(sc, tid, 0, NULL, last + 4090), 0);
	CU_ASSERT_EQUAL(leave(sc, tid, 0, NR_OPENAT, 3), 1);
	TEXT_IS(sc, "xxxxx");
	free(last);
	/* openat2()'s numbers, by raw_syscalls */
	store_u64(&rec, 8, NR_OPENAT2);
	store_u64(&rec, 16, (uint32_t)AT_FDCWD);
	store_u64(&rec, 24, (uintptr_t)name);
	store_u64(&rec, 32, (uintptr_t)how);
	store_u64(&rec, 56, 0);
	CU_ASSERT_EQUAL(feed(sc, ENTER, tid, 0, &rec), 0);
	CU_ASSERT_EQUAL(leave(sc, tid, 0, NR_OPENAT2, 3), 1);
	TEXT_IS(sc, name);
	CU_ASSERT_EQUAL(ft_syscalls_last(sc)->args[4], (O_WRONLY | O_CREAT));
	CU_ASSERT_EQUAL(ft_syscalls_last(sc)->args[5], 0640);
	free_calls(sc);
}

static void test_syscalls_pair_nothing_over_a_loss(void)
{
	struct ft_run r;
	struct ft_syscalls *sc = new_calls(&r);

	CU_ASSERT_EQUAL(enter(sc, 4194001, 0, "lost", NULL), 0);
	CU_ASSERT_EQUAL(enter(sc, 4194002, 1, "elsewhere", NULL), 0);
	ft_syscalls_lost(sc, 0);
	CU_ASSERT_EQUAL(leave(sc, 4194001, 0, NR_OPENAT, 3), 0);
	CU_ASSERT_EQUAL(leave(sc, 4194002, 1, NR_OPENAT, 4), 1);
	TEXT_IS(sc, "elsewhere");
	/* its end came on the CPU that lost records */
	CU_ASSERT_EQUAL(enter(sc, 4194002, 1, "moved", NULL), 0);
	ft_syscalls_lost(sc, 2);
	CU_ASSERT_EQUAL(leave(sc, 4194002, 2, NR_OPENAT, 4), 0);
	CU_ASSERT_EQUAL(enter(sc, 4194001, 0, "after", NULL), 0);
	CU_ASSERT_EQUAL(leave(sc, 4194001, 0, NR_OPENAT, 3), 1);
	TEXT_IS(sc, "after");
	CU_ASSERT(stats(sc).doubtful + stats(sc).unended >= 1);
	CU_ASSERT_EQUAL(stats(sc).paired, 2);
	CU_ASSERT_EQUAL(stats(sc).open, 0);
	free_calls(sc);
}

static void test_syscalls_are_never_within_another(void)
{
	struct ft_run r;
	struct ft_syscalls *sc = new_calls(&r);
	struct record none = { .size = 8 };
	struct ft_event e = { .data = none.data, .size = 8, .tid = 4194001, .type = 999 };

	CU_ASSERT_EQUAL(enter(sc, 4194001, 0, "no end", NULL), 0);
	CU_ASSERT_EQUAL(enter(sc, 4194001, 0, "ends", NULL), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ft_syscalls_running(sc, &e));
	CU_ASSERT_STRING_EQUAL(ft_syscalls_running(sc, &e)->text, "ends");
	memset(ft_syscalls_running(sc, &e)->data, 7, 8);
	CU_ASSERT_EQUAL(leave(sc, 4194001, 0, NR_OPENAT, 3), 1);
	TEXT_IS(sc, "ends");
	CU_ASSERT_EQUAL(*(char *)ft_syscalls_last(sc)->data, 7);
	CU_ASSERT_PTR_NULL(ft_syscalls_running(sc, &e));
	CU_ASSERT_EQUAL(leave(sc, 4194001, 0, NR_OPENAT, 3), 0);
	CU_ASSERT_EQUAL(stats(sc).unended, 1);
	/* the end of another call tells that there was one */
	CU_ASSERT_EQUAL(enter(sc, 4194001, 0, "no end", NULL), 0);
	CU_ASSERT_EQUAL(leave(sc, 4194001, 0, NR_OPENAT2, 0), 0);
	CU_ASSERT_EQUAL(leave(sc, 4194001, 0, NR_OPENAT, 3), 0);
	CU_ASSERT_EQUAL(stats(sc).unended, 2);
	CU_ASSERT_EQUAL(ft_syscalls_event(sc, &e), -ENOENT);
	free_calls(sc);
}

static void test_syscalls_know_who_calls(void)
{
	struct record rec = { .size = 0 };
	struct ft_run r;
	struct ft_syscalls *sc = new_calls(&r);
	const int child = 4194010, thread = 4194011;

	store(&rec, 8, &child, 4);
	store(&rec, 12, "sh", 3);
	store_u64(&rec, 32, 0);
	CU_ASSERT_EQUAL(feed(sc, NEWTASK, getpid(), 0, &rec), 0);
	store(&rec, 8, &thread, 4);
	store_u64(&rec, 32, 0x10000);
	CU_ASSERT_EQUAL(feed(sc, NEWTASK, child, 0, &rec), 0);
	CU_ASSERT_STRING_EQUAL(ft_syscalls_comm(sc, thread), "sh");
	CU_ASSERT_EQUAL(ft_syscalls_pid(sc, thread), child);
	rec = (struct record){ .size = 24 };
	store(&rec, 8, "cat", 4);
	CU_ASSERT_EQUAL(feed(sc, RENAME, child, 0, &rec), 0);
	CU_ASSERT_STRING_EQUAL(ft_syscalls_comm(sc, child), "cat");
	CU_ASSERT_EQUAL(ft_syscalls_pid(sc, getpid()), getpid());
	free_calls(sc);
}

/* -- one that records by probes ---------------------------------------------------------------- */

/* The kernel's copy of a name goes before what was there when the call began, and of several the
 * first is the call's own. */
static void test_syscalls_take_the_kernels_copy(void)
{
	static const struct ft_field text = { .offset = 8, .size = 1, .dynamic = 1 };
	struct record rec = { .size = 0 };
	struct ft_run r;
	struct ft_syscalls *sc = new_calls(&r);
	struct fti_place *p = &sc->places[0];

	p->entry_id = BEGIN;
	p->exit_id = END;
	p->entry = p->exit = 0;
	p->text = text;
	p->ret = (struct ft_field){ .offset = 8, .size = 8, .count = 1, .is_signed = 1 };
	sc->path_id = PATH;
	sc->path = text;
	store(&rec, 8, &(uint32_t){ 12 | 7 << 16 }, 4);
	store(&rec, 12, "before", 7);
	CU_ASSERT_EQUAL(feed(sc, BEGIN, 4194001, 0, &rec), 0);
	store(&rec, 12, "kernel", 7);
	CU_ASSERT_EQUAL(feed(sc, PATH, 4194002, 0, &rec), 0);
	CU_ASSERT_EQUAL(feed(sc, PATH, 4194001, 0, &rec), 0);
	store(&rec, 12, "nested", 7);
	CU_ASSERT_EQUAL(feed(sc, PATH, 4194001, 0, &rec), 0);
	store_u64(&rec, 8, 9);
	CU_ASSERT_EQUAL(feed(sc, END, 4194001, 0, &rec), 1);
	TEXT_IS(sc, "kernel");
	CU_ASSERT(ft_syscalls_last(sc)->text_sure);
	CU_ASSERT_EQUAL(ft_syscalls_last(sc)->ret, 9);
	free_calls(sc);
}

/* -- lists of strings -------------------------------------------------------------------------- */

#define ARGV 0x7ffc0000u

/* Records BEGIN and END of execve(), LIST and LIST + 1 of its argv. */
static struct ft_syscalls *new_exec(struct ft_run *r)
{
	static const struct ft_syscalls_spec listed[] = {
		{ .name = "execve", .args = { "filename", "argv" }, .list = 2 }, { 0 }
	};
	static const struct ft_field word = { .offset = 8, .size = 8, .count = 1 };
	struct ft_syscalls *sc = new_calls(r);
	struct fti_place *p = &sc->places[0];

	ft_pairs_free(sc->pairs);
	sc->config.calls = listed;
	CU_ASSERT_EQUAL_FATAL(fti_calls_new(sc), 0);
	*p = (struct fti_place){ .spec = listed, .entry_id = BEGIN, .exit_id = END, .ret = word };
	p->arg[1] = word;
	for (unsigned int part = 0; part < FTI_LIST_PARTS; part++) {
		const unsigned int count = fti_list_first[part + 1] - fti_list_first[part];
		struct fti_list_probe *l = &p->lists[part];

		l->id = (int)(LIST + part);
		l->at = word;
		for (unsigned int i = 0; i <= count; i++) {
			l->item[i] = word;
			l->item[i].offset = (uint16_t)(16 + 8 * i);
			l->string[i % count] = (struct ft_field){ .size = 1, .dynamic = 1,
				.offset = (uint16_t)(24 + 8 * count + 4 * (i % count)) };
		}
	}
	return sc;
}

/* Strings of one page, NULL after the last; "?": of a page that is not there. */
static int feed_list(struct ft_syscalls *sc, unsigned int part, uint64_t at,
		     const char *const *strings)
{
	const size_t count = fti_list_first[part + 1] - fti_list_first[part];
	const size_t locs = 24 + 8 * count;
	struct record rec = { .size = locs + 4 * count };

	store_u64(&rec, 8, at);
	for (size_t i = 0; i <= count && strings[i]; i++) {
		const bool there = strcmp(strings[i], "?") != 0;
		const size_t len = there && *strings[i] ? strlen(strings[i]) + 1 : 0;
		const uint32_t loc = (uint32_t)(rec.size | len << 16);

		store_u64(&rec, 16 + 8 * i, there ? 0x5000 + 16 * i : 0x9000);
		if (i < count)
			store(&rec, locs + 4 * i, &loc, sizeof(loc));
		if (i < count && len)
			store(&rec, rec.size, strings[i], len);
	}
	return feed(sc, (int)(LIST + part), 4194001, 0, &rec);
}

static int feed_u64(struct ft_syscalls *sc, int type, uint64_t v)
{
	struct record rec = { .size = 0 };

	store_u64(&rec, 8, v);
	return feed(sc, type, 4194001, 0, &rec);
}

/* Of a call of exec that fails, the list recorded before or after its beginning: the strings, each
 * with a '|', "..." if there are more; "?" if it is not known. */
static const char *failed(struct ft_syscalls *sc, bool before, const char *const *first,
			  const char *const *second)
{
	static char text[1024];
	const struct ft_syscalls_call *c = ft_syscalls_last(sc);

	if (!before)
		CU_ASSERT_EQUAL(feed_u64(sc, BEGIN, ARGV), 0);
	if (second)
		CU_ASSERT_EQUAL(feed_list(sc, 1, ARGV, second), 0);
	if (first)
		CU_ASSERT_EQUAL(feed_list(sc, 0, ARGV, first), 0);
	if (before)
		CU_ASSERT_EQUAL(feed_u64(sc, BEGIN, ARGV), 0);
	CU_ASSERT_EQUAL(feed_u64(sc, END, (uint64_t)-ENOENT), 1);
	if (!c->list)
		return "?";
	memcpy(text, c->list, c->list_len);
	for (size_t i = 0; i < c->list_len; i++)
		text[i] = text[i] ? text[i] : '|';
	strcpy(text + c->list_len, c->list_cut ? "..." : "");
	return text;
}

#define STRINGS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define NONE	     ((const char *const[]){ NULL })

static void test_syscalls_read_lists(void)
{
	const char *const *many = STRINGS("4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14");
	const char *const *four = STRINGS("0", "1", "2", "3", "4");	/* and more */
	struct ft_run r;
	struct ft_syscalls *sc = new_exec(&r);

	for (int before = 0; before < 2; before++) {
		CU_ASSERT_STRING_EQUAL(failed(sc, before, STRINGS("a", "b c"), NONE), "a|b c|");
		CU_ASSERT_STRING_EQUAL(failed(sc, before, STRINGS("a", "", "b"), NULL), "a||b|");
		CU_ASSERT_STRING_EQUAL(failed(sc, before, STRINGS("a", "?", "b"), NONE), "a|...");
		CU_ASSERT_STRING_EQUAL(failed(sc, before, STRINGS("?"), NONE), "?");
		CU_ASSERT_STRING_EQUAL(failed(sc, before, NULL, many), "?");
		CU_ASSERT_STRING_EQUAL(failed(sc, before, STRINGS("0", "1", "2", "3"), NULL),
				       "0|1|2|3|");
		CU_ASSERT_STRING_EQUAL(failed(sc, before, four, NULL), "0|1|2|3|...");
		CU_ASSERT_STRING_EQUAL(failed(sc, before, four, STRINGS("4", "", "6")),
				       "0|1|2|3|4||6|");
		CU_ASSERT_STRING_EQUAL(failed(sc, before, four, many),
				       "0|1|2|3|4|5|6|7|8|9|10|11|12|13|14|");
	}
	free_calls(sc);
}

static void test_syscalls_take_no_list_of_another_call(void)
{
	struct ft_run r;
	struct ft_syscalls *sc = new_exec(&r);

	/* of another address */
	feed_list(sc, 0, ARGV + 64, STRINGS("other"));
	CU_ASSERT_STRING_EQUAL(failed(sc, false, NULL, NULL), "?");
	/* of a call whose beginning was not recorded */
	feed_list(sc, 0, ARGV, STRINGS("other"));
	CU_ASSERT_EQUAL(feed_u64(sc, END, 0), 0);
	CU_ASSERT_STRING_EQUAL(failed(sc, false, NULL, NULL), "?");
	/* of one before a loss */
	feed_list(sc, 0, ARGV, STRINGS("other"));
	ft_syscalls_lost(sc, 1);
	CU_ASSERT_STRING_EQUAL(failed(sc, false, NULL, NULL), "?");
	/* of one whose end was not recorded */
	feed_u64(sc, BEGIN, ARGV);
	feed_list(sc, 0, ARGV, STRINGS("other"));
	CU_ASSERT_STRING_EQUAL(failed(sc, false, NULL, NULL), "?");
	free_calls(sc);
}

/* -- records that no kernel makes -------------------------------------------------------------- */

static void test_syscalls_survive_lists_of_any_size(void)
{
	struct ft_run r;
	struct ft_syscalls *sc = new_exec(&r);
	unsigned int seed = 54321;
	struct record rec;
	uint32_t loc;

	for (int i = 0; i < 20000; i++) {
		rec.size = (size_t)rand_r(&seed) % 200;
		for (size_t at = 0; at < rec.size; at++)
			rec.data[at] = (unsigned char)(rand_r(&seed) >> 7);
		loc = 72 | (uint32_t)(rec.size - 72) << 16;
		store_u64(&rec, 8, ARGV);
		if (rec.size > 80 && rand_r(&seed) % 2)	/* a string up to the end of the record */
			store(&rec, 56, &loc, sizeof(loc));
		feed(sc, BEGIN + rand_r(&seed) % 5, 4194001 + rand_r(&seed) % 3, 0, &rec);
		CU_ASSERT(ft_syscalls_last(sc)->list_len <= sizeof(sc->list));
	}
	CU_ASSERT(stats(sc).paired > 0);
	free_calls(sc);
}

static void test_syscalls_survive_records_of_any_size(void)
{
	const struct record whole = openat_record("/etc/passwd", NULL);
	struct ft_run r;
	struct ft_syscalls *sc = new_calls(&r);
	unsigned int seed = 12345;
	struct record rec;

	for (int type = NEWTASK; type <= OPENAT; type++) {
		for (size_t size = 0; size <= whole.size; size++) {
			rec = whole;
			rec.size = size;
			feed(sc, type, 4194001, 0, &rec);
		}
	}
	for (int i = 0; i < 20000; i++) {
		rec.size = (size_t)rand_r(&seed) % 80;
		for (size_t at = 0; at < rec.size; at++)
			rec.data[at] = (unsigned char)(rand_r(&seed) >> 7);
		if (rec.size >= 16 && rand_r(&seed) % 2)
			store_u64(&rec, 8, NR_OPENAT);
		feed(sc, NEWTASK + rand_r(&seed) % 5, 4194001 + rand_r(&seed) % 3,
		     rand_r(&seed) % 2, &rec);
		if (!(rand_r(&seed) % 50))
			ft_syscalls_lost(sc, rand_r(&seed) % 2);
	}
	CU_ASSERT(stats(sc).paired > 0);
	CU_ASSERT(stats(sc).open <= 3);
	free_calls(sc);
}

UNIT_SUITE("syscalls",
	   UNIT_TEST(test_syscalls_have_arguments_name_and_result),
	   UNIT_TEST(test_syscalls_read_names_from_memory),
	   UNIT_TEST(test_syscalls_pair_nothing_over_a_loss),
	   UNIT_TEST(test_syscalls_are_never_within_another),
	   UNIT_TEST(test_syscalls_know_who_calls),
	   UNIT_TEST(test_syscalls_take_the_kernels_copy),
	   UNIT_TEST(test_syscalls_read_lists),
	   UNIT_TEST(test_syscalls_take_no_list_of_another_call),
	   UNIT_TEST(test_syscalls_survive_lists_of_any_size),
	   UNIT_TEST(test_syscalls_survive_records_of_any_size));
