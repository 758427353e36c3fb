/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formats and fields: against the text of every captured format file, and against records. */
#include <dirent.h>
#include <errno.h>
#include <event-parse.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event-internal.h"
#include "ftrace/event.h"
#include "ftrace/stream.h"
#include "unit.h"

#define EL7    UNIT_DATA "/el7"
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* -- the captured format files -------------------------------------------------------------- */

/* Every directory below path, as a list that ends with NULL. */
static char **list_dirs(const char *path)
{
	struct dirent **names;
	const int count = scandir(path, &names, NULL, alphasort);
	char **list = calloc((size_t)(count > 0 ? count : 0) + 1, sizeof(*list)), **at = list;

	if (!list)
		abort();
	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.' && names[i]->d_type == DT_DIR)
			*at++ = strdup(names[i]->d_name);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return list;
}

static void free_list(char **list)
{
	for (char **at = list; *at; at++)
		free(*at);
	free(list);
}

/* "\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;" */
static void check_field(const struct ft_events *evs, const char *system, const char *event,
			const char *line)
{
	char declaration[256], *name, *bracket;
	unsigned int offset, size, is_signed;
	struct ft_field f;

	CU_ASSERT_EQUAL_FATAL(sscanf(line, " field:%255[^;]; offset:%u; size:%u; signed:%u;",
				     declaration, &offset, &size, &is_signed), 4);
	bracket = strchr(declaration, '[');
	if (bracket && strncmp(declaration, "__data_loc", 10) &&
	    strncmp(declaration, "__rel_loc", 9))
		*bracket = 0;
	name = strrchr(declaration, ' ') + 1;
	CU_ASSERT_EQUAL(ft_field_find(evs, system, event, name, &f), 0);
	CU_ASSERT(ft_field_ok(&f));
	CU_ASSERT_EQUAL(f.offset, offset);
	CU_ASSERT_EQUAL(f.is_signed, is_signed);
	CU_ASSERT_EQUAL(f.dynamic, !strncmp(line, "\tfield:__data_loc", 17) ? 1 :
				   !strncmp(line, "\tfield:__rel_loc", 16) ? 2 : 0);
	if (f.dynamic) {
		CU_ASSERT_EQUAL(size, 4);
		CU_ASSERT_EQUAL(f.count, 0);
	} else {
		CU_ASSERT_EQUAL((unsigned int)f.size * f.count, size);
	}
	if (!bracket && size)
		CU_ASSERT_EQUAL(f.size, size);
	if (!strncmp(declaration, "char ", 5) && bracket)
		CU_ASSERT_EQUAL(f.size, 1);
}

/* Returns the number of fields. */
static int check_format(const struct ft_events *evs, const char *dir, const char *system,
			const char *event)
{
	char path[1024], *text, *line, *save = NULL;
	int id = -1, fields = 0;

	snprintf(path, sizeof(path), "%s/events/%s/%s/format", dir, system, event);
	text = unit_read(path, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "ID: %d", &id) == 1)
			CU_ASSERT_EQUAL(ft_event_id(evs, system, event), id);
		if (line[0] != '\t')
			continue;
		check_field(evs, system, event, line);
		fields++;
	}
	CU_ASSERT(id > 0);
	free(text);
	return fields;
}

static void check_dir(const char *dir)
{
	char path[512];
	struct ft_events *evs;
	char **systems;
	int fields = 0;

	snprintf(path, sizeof(path), "%s/events", dir);
	systems = list_dirs(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(systems[0]);
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&evs, dir, (const char *const *)systems), 0);
	for (char **system = systems; *system; system++) {
		char **events;

		snprintf(path, sizeof(path), "%s/events/%s", dir, *system);
		events = list_dirs(path);
		for (char **event = events; *event; event++)
			fields += check_format(evs, dir, *system, *event);
		free_list(events);
	}
	printf("# %s: %d fields\n", dir, fields);
	CU_ASSERT(fields > 100);
	ft_events_close(evs);
	free_list(systems);
}

static void test_field_is_as_every_format_file_says(void)
{
	glob_t g;

	CU_ASSERT_EQUAL_FATAL(glob(UNIT_DATA "/*/tracing", 0, NULL, &g), 0);
	CU_ASSERT(g.gl_pathc >= 4);
	for (size_t i = 0; i < g.gl_pathc; i++)
		check_dir(g.gl_pathv[i]);
	globfree(&g);
}

static void test_events_open_loads_only_the_named_systems(void)
{
	static const char *const systems[] = { "ftrace", "no_such_system", "sched", NULL };
	struct ft_events *evs;

	CU_ASSERT_EQUAL_FATAL(ft_events_open(&evs, EL7 "/tracing", systems), 0);
	CU_ASSERT_EQUAL(ft_event_id(evs, "ftrace", "funcgraph_entry"), 11);
	CU_ASSERT(ft_event_id(evs, "sched", "sched_switch") > 0);
	CU_ASSERT_EQUAL(ft_event_id(evs, "block", "block_rq_issue"), -ENOENT);
	CU_ASSERT_EQUAL(ft_event_id(evs, "sched", "funcgraph_entry"), -ENOENT);
	CU_ASSERT_EQUAL(ft_event_id(evs, "ftrace", "no_such_event"), -ENOENT);
	ft_events_close(evs);
	ft_events_close(NULL);
}

static void test_events_open_loads_only_the_named_events(void)
{
	static const char *const names[] = { "sched:sched_switch", "no_such_system:event",
					     "sched:no_such_event", "sched:sched_switch", NULL };
	static const char *const with_system[] = { "sched:sched_switch", "sched", NULL };
	struct ft_events *evs;

	CU_ASSERT_EQUAL_FATAL(ft_events_open(&evs, EL7 "/tracing", names), 0);
	CU_ASSERT(ft_event_id(evs, "sched", "sched_switch") > 0);
	CU_ASSERT_EQUAL(ft_event_id(evs, "sched", "sched_wakeup"), -ENOENT);
	CU_ASSERT_EQUAL(tep_get_events_count(ft_events_tep(evs)), 1);
	ft_events_close(evs);
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&evs, EL7 "/tracing", with_system), 0);
	CU_ASSERT(ft_event_id(evs, "sched", "sched_switch") > 0);
	CU_ASSERT(ft_event_id(evs, "sched", "sched_wakeup") > 0);
	ft_events_close(evs);
}

static void test_events_open_tells_what_is_missing(void)
{
	static const char *const outside[][2] = { { "../sched" }, { "..:sched" }, { "sched:" },
						  { "sched:../../sched/sched_switch" },
						  { ":sched_switch" }, { "" } };
	struct ft_events *evs = (void *)1;

	CU_ASSERT_EQUAL(ft_events_open(&evs, UNIT_DATA, NULL), -ENOENT);
	CU_ASSERT_PTR_NULL(evs);
	CU_ASSERT_EQUAL(ft_events_open(&evs, UNIT_DATA "/no such directory", NULL), -ENOENT);
	CU_ASSERT_EQUAL(ft_events_open(&evs, EL7 "/kallsyms", NULL), -ENOTDIR);
	for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++)
		CU_ASSERT_EQUAL(ft_events_open(&evs, EL7 "/tracing", outside[i]), -EINVAL);
}

static void test_field_that_is_missing_loads_as_nothing(void)
{
	static const char *const systems[] = { "sched", NULL };
	struct ft_field f = { .size = 8 };
	struct ft_event e = { .data = (const unsigned char *)"x", .size = 1 };
	struct ft_events *evs;
	char buf[4] = "abc";
	size_t len = 9;

	CU_ASSERT_EQUAL_FATAL(ft_events_open(&evs, EL7 "/tracing", systems), 0);
	CU_ASSERT_EQUAL(ft_field_find(evs, "sched", "sched_switch", "no_such_field", &f), -ENOENT);
	CU_ASSERT_FALSE(ft_field_ok(&f));
	CU_ASSERT_EQUAL(ft_field_u64(&f, &e), 0);
	CU_ASSERT_EQUAL(ft_field_s64(&f, &e), 0);
	CU_ASSERT_PTR_NULL(ft_field_bytes(&f, &e, &len));
	CU_ASSERT_EQUAL(len, 0);
	CU_ASSERT_EQUAL(ft_field_str(&f, &e, buf, sizeof(buf)), 0);
	CU_ASSERT_EQUAL(buf[0], 0);
	f.size = 8;
	CU_ASSERT_EQUAL(ft_field_find(evs, "sched", "no_such_event", "pid", &f), -ENOENT);
	CU_ASSERT_FALSE(ft_field_ok(&f));
	ft_events_close(evs);
}

static void test_events_page_format_is_header_pages(void)
{
	struct fti_page_format f;
	struct ft_events *evs;

	CU_ASSERT_EQUAL_FATAL(ft_events_open(&evs, EL7 "/tracing", NULL), 0);
	CU_ASSERT_EQUAL(fti_events_page_format(evs, &f), 0);
	CU_ASSERT_EQUAL(f.size, 4096);
	CU_ASSERT_EQUAL(f.commit_offset, 8);
	CU_ASSERT_EQUAL(f.commit_size, 8);
	CU_ASSERT_EQUAL(f.data_offset, 16);
	CU_ASSERT_EQUAL(fti_events_tid_offset(evs), -ENOENT);
	ft_events_close(evs);
}

/* -- captured records ----------------------------------------------------------------------- */

/* Records as lines, to be found in the kernel's text of the same capture. */
struct lines {
	struct {
		int id;
		struct ft_field prev_comm, prev_pid, prev_prio;
	} sw;
	struct {
		int id;
		struct ft_field filename, pid, old_pid;
	} exec;
	char *text;
	int switches, execs;
};

static void find_line(const struct lines *l, const char *want)
{
	if (!strstr(l->text, want))
		printf("# not in the kernel's text: %s\n", want);
	CU_ASSERT_PTR_NOT_NULL(strstr(l->text, want));
}

static int take_event(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	struct lines *l = arg;
	char want[512], s[256];

	(void)st;
	if (e->type == l->sw.id) {
		ft_field_str(&l->sw.prev_comm, e, s, sizeof(s));
		CU_ASSERT_EQUAL(ft_field_s64(&l->sw.prev_pid, e), e->tid);
		snprintf(want, sizeof(want),
			 "sched_switch: prev_comm=%s prev_pid=%lld prev_prio=%llu ", s,
			 (long long)ft_field_s64(&l->sw.prev_pid, e),
			 (unsigned long long)ft_field_u64(&l->sw.prev_prio, e));
		find_line(l, want);
		l->switches++;
	} else if (e->type == l->exec.id) {
		ft_field_str(&l->exec.filename, e, s, sizeof(s));
		snprintf(want, sizeof(want),
			 "sched_process_exec: filename=%s pid=%lld old_pid=%lld\n", s,
			 (long long)ft_field_s64(&l->exec.pid, e),
			 (long long)ft_field_s64(&l->exec.old_pid, e));
		find_line(l, want);
		l->execs++;
	}
	return 0;
}

static int occurrences(const char *text, const char *what)
{
	int n = 0;

	while ((text = strstr(text, what))) {
		text += strlen(what);
		n++;
	}
	return n;
}

static void check_records(const char *series)
{
	static const char *const systems[] = { "sched", NULL };
	static const struct ft_stream_ops ops = { .on_event = take_event };
	static const char sw[] = "sched_switch", exec[] = "sched_process_exec";
	struct lines l = { .switches = 0 };
	const void *data[2] = { NULL };
	size_t len[2] = { 0 };
	struct ft_events *evs;
	struct ft_stream *st;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s/tracing", UNIT_DATA, series);
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&evs, path, systems), 0);
	snprintf(path, sizeof(path), "%s/%s/events/trace.txt", UNIT_DATA, series);
	l.text = unit_read(path, NULL);
	for (int cpu = 0; cpu < 2; cpu++) {
		snprintf(path, sizeof(path), "%s/%s/events/cpu%d.pages", UNIT_DATA, series, cpu);
		if (!access(path, R_OK))
			data[cpu] = unit_read(path, &len[cpu]);
	}
	l.sw.id = ft_event_id(evs, "sched", sw);
	ft_field_find(evs, "sched", sw, "prev_comm", &l.sw.prev_comm);
	ft_field_find(evs, "sched", sw, "prev_pid", &l.sw.prev_pid);
	ft_field_find(evs, "sched", sw, "prev_prio", &l.sw.prev_prio);
	l.exec.id = ft_event_id(evs, "sched", exec);
	ft_field_find(evs, "sched", exec, "filename", &l.exec.filename);
	ft_field_find(evs, "sched", exec, "pid", &l.exec.pid);
	ft_field_find(evs, "sched", exec, "old_pid", &l.exec.old_pid);
	CU_ASSERT_EQUAL(fti_events_tid_offset(evs), 4);

	CU_ASSERT_EQUAL_FATAL(ft_stream_open_memory(&st, evs, data, len, 2), 0);
	CU_ASSERT_EQUAL(ft_stream_run(st, &ops, &l), 0);
	CU_ASSERT(l.switches > 0);
	CU_ASSERT(l.execs > 0);
	CU_ASSERT_EQUAL(l.switches, occurrences(l.text, " sched_switch: "));
	CU_ASSERT_EQUAL(l.execs, occurrences(l.text, " sched_process_exec: "));
	ft_stream_close(st);
	ft_events_close(evs);
	free(l.text);
	for (int cpu = 0; cpu < 2; cpu++)
		free((void *)data[cpu]);
}

static void test_field_loads_say_what_the_kernels_text_says(void)
{
	check_records("el7");
	check_records("5.10");
	check_records("6.1");
	check_records("6.12");
}

/* -- formats made by hand ------------------------------------------------------------------- */

#define HEAD(name, id)                                                                             \
	"name: " name "\nID: " id "\nformat:\n"                                                    \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"                     \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define FIELD(decl, offset, size)                                                                  \
	"\tfield:" decl ";\toffset:" offset ";\tsize:" size ";\tsigned:0;\n"
#define PRINT "\nprint fmt: \"\"\n"

struct tree {
	char dir[64];
};

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT(fputs(text, f) >= 0);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

static void add_event(const struct tree *t, const char *name, const char *format)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/events/sys/%s", t->dir, name);
	CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/events/sys/%s/format", t->dir, name);
	write_file(path, format);
}

static void make_tree(struct tree *t, const char *header_page)
{
	char path[256], *text = NULL;

	strcpy(t->dir, "/tmp/unit-event-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(t->dir));
	snprintf(path, sizeof(path), "%s/events", t->dir);
	CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/events/sys", t->dir);
	CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	if (!header_page)
		header_page = text = unit_read(EL7 "/tracing/events/header_page", NULL);
	snprintf(path, sizeof(path), "%s/events/header_page", t->dir);
	write_file(path, header_page);
	free(text);
}

static void remove_tree(const struct tree *t)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", t->dir);
	CU_ASSERT_EQUAL(system(command), 0);
}

static int open_tree(struct ft_events **evs, const struct tree *t)
{
	static const char *const systems[] = { "sys", NULL };

	return ft_events_open(evs, t->dir, systems);
}

static void test_field_dynamic_is_found_in_its_record(void)
{
	/* type, pid, __data_loc at 8, __rel_loc at 12, then "data" and "rel" */
	static const unsigned char good[] = { 1, 0, 0, 0, 7, 0, 0, 0, 16, 0, 5, 0, 5, 0, 4, 0,
					      'd', 'a', 't', 'a', 0, 'r', 'e', 'l', 0 };
	struct ft_field data, rel;
	struct ft_events *evs;
	struct tree t;
	char buf[8];
	size_t len;

	make_tree(&t, NULL);
	add_event(&t, "dyn", HEAD("dyn", "1") FIELD("__data_loc char[] data", "8", "4")
		  FIELD("__rel_loc char[] rel", "12", "4") PRINT);
	CU_ASSERT_EQUAL_FATAL(open_tree(&evs, &t), 0);
	CU_ASSERT_EQUAL(ft_field_find(evs, "sys", "dyn", "data", &data), 0);
	CU_ASSERT_EQUAL(ft_field_find(evs, "sys", "dyn", "rel", &rel), 0);
	CU_ASSERT_EQUAL(data.dynamic, 1);
	CU_ASSERT_EQUAL(rel.dynamic, 2);
	/* In memory of just its size, so that a sanitizer sees every byte read outside. */
	for (size_t size = 0; size <= sizeof(good); size++) {
		unsigned char *copy = malloc(size ? size : 1);
		struct ft_event e = { .data = copy, .size = (uint32_t)size };

		memcpy(copy, good, size);
		len = ft_field_str(&data, &e, buf, sizeof(buf));
		CU_ASSERT_STRING_EQUAL(buf, size >= 21 ? "data" : "");
		CU_ASSERT_EQUAL(len, strlen(buf));
		ft_field_str(&rel, &e, buf, sizeof(buf));
		CU_ASSERT_STRING_EQUAL(buf, size >= 25 ? "rel" : "");
		CU_ASSERT_EQUAL(ft_field_bytes(&rel, &e, &len) != NULL, size >= 25);
		free(copy);
	}
	ft_events_close(evs);
	remove_tree(&t);
}

static void test_field_string_is_cut_and_terminated(void)
{
	static const unsigned char record[] = "\1\0\0\0\7\0\0\0unterminated\0\0\0\0tail";
	struct ft_event e = { .data = record, .size = 28 };
	struct ft_field f, rest;
	struct ft_events *evs;
	struct tree t;
	char buf[16];
	size_t len;

	make_tree(&t, NULL);
	add_event(&t, "str", HEAD("str", "1") FIELD("char s[4]", "8", "4")
		  FIELD("char rest", "12", "0") PRINT);
	CU_ASSERT_EQUAL_FATAL(open_tree(&evs, &t), 0);
	CU_ASSERT_EQUAL(ft_field_find(evs, "sys", "str", "s", &f), 0);
	CU_ASSERT_EQUAL(f.count, 4);
	CU_ASSERT_EQUAL(ft_field_str(&f, &e, buf, sizeof(buf)), 4);
	CU_ASSERT_STRING_EQUAL(buf, "unte");
	CU_ASSERT_EQUAL(ft_field_str(&f, &e, buf, 3), 2);
	CU_ASSERT_STRING_EQUAL(buf, "un");
	CU_ASSERT_EQUAL(ft_field_str(&f, &e, buf, 1), 0);
	CU_ASSERT_STRING_EQUAL(buf, "");
	buf[0] = 'x';
	CU_ASSERT_EQUAL(ft_field_str(&f, &e, buf, 0), 0);
	CU_ASSERT_EQUAL(buf[0], 'x');
	/* up to the end of the record */
	CU_ASSERT_EQUAL(ft_field_find(evs, "sys", "str", "rest", &rest), 0);
	CU_ASSERT_EQUAL(rest.count, 0);
	CU_ASSERT_PTR_EQUAL(ft_field_bytes(&rest, &e, &len), record + 12);
	CU_ASSERT_EQUAL(len, 16);
	CU_ASSERT_EQUAL(ft_field_str(&rest, &e, buf, sizeof(buf)), 8);
	CU_ASSERT_STRING_EQUAL(buf, "rminated");
	ft_events_close(evs);
	remove_tree(&t);
}

static void test_field_numbers_have_their_size_and_sign(void)
{
	static const unsigned char record[] = { 1, 0, 0, 0, 7, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff,
						0xff, 0xff, 0xff, 0xff };
	static const uint16_t sizes[] = { 1, 2, 4, 8 };
	struct ft_event e = { .data = record, .size = sizeof(record) };

	for (size_t i = 0; i < LEN(sizes); i++) {
		struct ft_field f = { .offset = 8, .size = sizes[i], .count = 1 };

		CU_ASSERT_EQUAL(ft_field_u64(&f, &e), (UINT64_MAX >> (64 - 8 * sizes[i])) - 1);
		CU_ASSERT_EQUAL(ft_field_s64(&f, &e), -2);
		f.offset = (uint16_t)(sizeof(record) - sizes[i] + 1);
		CU_ASSERT_EQUAL(ft_field_u64(&f, &e), 0);
		f.offset = UINT16_MAX;
		CU_ASSERT_EQUAL(ft_field_u64(&f, &e), 0);
	}
}

/* -- what no kernel writes ------------------------------------------------------------------ */

static void test_field_outside_of_any_record_is_refused(void)
{
	static const char *const names[] = { "far", "big", "over", "loc" };
	struct ft_events *evs;
	struct ft_field f;
	struct tree t;

	make_tree(&t, NULL);
	add_event(&t, "bad", HEAD("bad", "1") FIELD("int far", "65536", "4")
		  FIELD("int big", "8", "65536") FIELD("int over", "65533", "4")
		  FIELD("__data_loc char[] loc", "8", "8") FIELD("int good", "8", "4") PRINT);
	CU_ASSERT_EQUAL_FATAL(open_tree(&evs, &t), 0);
	for (size_t i = 0; i < LEN(names); i++) {
		f.size = 8;
		CU_ASSERT_EQUAL(ft_field_find(evs, "sys", "bad", names[i], &f), -EBADMSG);
		CU_ASSERT_FALSE(ft_field_ok(&f));
	}
	CU_ASSERT_EQUAL(ft_field_find(evs, "sys", "bad", "good", &f), 0);
	ft_events_close(evs);
	remove_tree(&t);
}

static void test_event_id_has_sixteen_bits(void)
{
	struct ft_events *evs;
	struct tree t;

	make_tree(&t, NULL);
	add_event(&t, "max", HEAD("max", "65535") PRINT);
	add_event(&t, "over", HEAD("over", "65536") PRINT);
	CU_ASSERT_EQUAL_FATAL(open_tree(&evs, &t), 0);
	CU_ASSERT_EQUAL(ft_event_id(evs, "sys", "max"), 65535);
	CU_ASSERT_EQUAL(ft_event_id(evs, "sys", "over"), -ENOENT);
	ft_events_close(evs);
	remove_tree(&t);
}

/* Each has crashed libtraceevent 1.7.1, or looks like what has. */
static const char *const nonsense[] = {
	"",
	"\n",
	"name: x",
	"name: x\nID: \nformat:\n",
	"name: x\nID: 7\nformat:\n\tfield",
	"name: x\nID: 7\nformat:\n\tfield:",
	"name: x\nID: 7\nformat:\n\tfield:;\toffset:0;\tsize:0;\tsigned:0;\n" PRINT,
	"name: x\nID: 7\nformat:\n\tfield:int;\toffset:0;\tsize:4;\tsigned:0;\n" PRINT,
	"name: x\nID: 7\nformat:\n\tfield:int a;\toffset:0;\tsize:4;\tsigned:",
	"name: x\nID: 7\nformat:\n\tfield:int a;\toffset:-1;\tsize:4;\tsigned:0;\n" PRINT,
	"name: x\nID: 7\nformat:\n\tfield:int a;\toffset:99999999999;\tsize:4;\tsigned:0;\n" PRINT,
	"name: x\nID: 7\nformat:\n\tfield:int a[;\toffset:0;\tsize:4;\tsigned:0;\n" PRINT,
	"name: x\nID: 7\nformat:\n\tfield:int (((a;\toffset:0;\tsize:4;\tsigned:0;\n" PRINT,
	"name: x\nID: 7\nformat:\n\tfield:__data_loc a;\toffset:0;\tsize:4;\tsigned:0;\n" PRINT,
	"name: x\nID: 7\nformat:\n\tfield:__data_loc char[ a;\toffset:0;\tsize:4;\tsigned:0;\n"
	PRINT,
	HEAD("x", "7") "print fmt: \"%s\", __print_symbolic(REC->a, { A, \"A\" }, { B, ",
	HEAD("x", "7") "print fmt: \"%s\", __print_flags(REC->a, \"|\", {",
	HEAD("x", "7") "print fmt: \"%s\", RE%pC->a\n",
	HEAD("x", "7") "print fmt: \"%d\", 1 % 0\n",
	HEAD("x", "7") "print fmt: \"\n",
	HEAD("x", "7") "print fmt: ",
};

static void test_events_of_nonsense_are_left_out_in_silence(void)
{
	char path[] = "/tmp/unit-event-err-XXXXXX", name[32];
	const int saved = dup(2), fd = mkstemp(path);
	struct ft_events *evs;
	struct stat st;
	struct tree t;

	make_tree(&t, NULL);
	for (size_t i = 0; i < LEN(nonsense); i++) {
		snprintf(name, sizeof(name), "bad%zu", i);
		add_event(&t, name, nonsense[i]);
	}
	add_event(&t, "good", HEAD("good", "9") FIELD("int a", "8", "4") PRINT);
	dup2(fd, 2);
	CU_ASSERT_EQUAL(open_tree(&evs, &t), 0);
	dup2(saved, 2);
	CU_ASSERT_EQUAL(ft_event_id(evs, "sys", "good"), 9);
	CU_ASSERT_EQUAL(fstat(fd, &st), 0);
	CU_ASSERT_EQUAL(st.st_size, 0);
	ft_events_close(evs);
	close(saved);
	close(fd);
	unlink(path);
	remove_tree(&t);
}

/* Every real format, cut at every place. */
static void test_events_of_formats_cut_short_do_no_harm(void)
{
	static const char *const formats[] = {
		EL7 "/tracing/events/sched/sched_process_exec/format",
		EL7 "/tracing/events/ftrace/funcgraph_exit/format",
		UNIT_DATA "/6.12/tracing/events/sched/sched_switch/format",
	};
	struct ft_events *evs;
	struct tree t;
	char path[256];

	make_tree(&t, NULL);
	add_event(&t, "cut", "");
	snprintf(path, sizeof(path), "%s/events/sys/cut/format", t.dir);
	for (size_t i = 0; i < LEN(formats); i++) {
		size_t len;
		char *text = unit_read(formats[i], &len);

		while (text && len--) {
			text[len] = 0;
			write_file(path, text);
			CU_ASSERT_EQUAL_FATAL(open_tree(&evs, &t), 0);
			ft_events_close(evs);
		}
		free(text);
	}
	remove_tree(&t);
}

static void test_events_need_a_header_page(void)
{
	static const char *const bad[] = {
		"",
		"nothing of the kind\n",
		"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n",
	};
	struct ft_events *evs;
	char path[256];
	struct tree t;

	for (size_t i = 0; i < LEN(bad); i++) {
		make_tree(&t, bad[i]);
		CU_ASSERT_EQUAL(open_tree(&evs, &t), -EBADMSG);
		CU_ASSERT_PTR_NULL(evs);
		snprintf(path, sizeof(path), "%s/events/header_page", t.dir);
		unlink(path);
		CU_ASSERT_EQUAL(open_tree(&evs, &t), -ENOENT);
		remove_tree(&t);
	}
}

/* -- printing ------------------------------------------------------------------------------- */

static void test_events_tep_has_the_print_formats(void)
{
	static const char *const systems[] = { "sched", NULL };
	unsigned char record[64] = { 0 };
	struct tep_record r = { .data = record, .size = sizeof(record) };
	const int32_t pid = 9;
	struct ft_events *evs;
	struct tep_handle *tep;
	struct trace_seq seq;
	struct ft_field f;
	uint16_t id;

	CU_ASSERT_EQUAL_FATAL(ft_events_open(&evs, EL7 "/tracing", systems), 0);
	tep = ft_events_tep(evs);
	CU_ASSERT_PTR_NOT_NULL_FATAL(tep);
	CU_ASSERT_PTR_EQUAL(ft_events_tep(evs), tep);
	id = (uint16_t)ft_event_id(evs, "sched", "sched_switch");
	memcpy(record, &id, sizeof(id));
	CU_ASSERT_EQUAL(ft_field_find(evs, "sched", "sched_switch", "prev_pid", &f), 0);
	memcpy(record + f.offset, &pid, sizeof(pid));
	trace_seq_init(&seq);
	tep_print_event(tep, &seq, &r, "%s", TEP_PRINT_INFO);
	trace_seq_terminate(&seq);
	CU_ASSERT_PTR_NOT_NULL(strstr(seq.buffer, "prev_pid=9 "));
	trace_seq_destroy(&seq);
	ft_events_close(evs);
}

UNIT_SUITE("event",
	   UNIT_TEST(test_field_is_as_every_format_file_says),
	   UNIT_TEST(test_events_open_loads_only_the_named_systems),
	   UNIT_TEST(test_events_open_loads_only_the_named_events),
	   UNIT_TEST(test_events_open_tells_what_is_missing),
	   UNIT_TEST(test_field_that_is_missing_loads_as_nothing),
	   UNIT_TEST(test_events_page_format_is_header_pages),
	   UNIT_TEST(test_field_loads_say_what_the_kernels_text_says),
	   UNIT_TEST(test_field_dynamic_is_found_in_its_record),
	   UNIT_TEST(test_field_string_is_cut_and_terminated),
	   UNIT_TEST(test_field_numbers_have_their_size_and_sign),
	   UNIT_TEST(test_field_outside_of_any_record_is_refused),
	   UNIT_TEST(test_event_id_has_sixteen_bits),
	   UNIT_TEST(test_events_of_nonsense_are_left_out_in_silence),
	   UNIT_TEST(test_events_of_formats_cut_short_do_no_harm),
	   UNIT_TEST(test_events_need_a_header_page),
	   UNIT_TEST(test_events_tep_has_the_print_formats));
