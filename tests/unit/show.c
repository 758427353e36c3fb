/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any event's text against the kernel's own text of it, whole files; and its JSON.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture.h"
#include "ftrace/show.h"
#include "json.h"
#include "show-internal.h"

#define SYSTEMS_MAX 32

struct compared {
	struct capture	  c;
	struct ft_events *evs;		/* all systems of the capture */
	struct ft_show	 *show;
	char		  names[SYSTEMS_MAX][256];
	const char	 *systems[SYSTEMS_MAX + 1];
	const char	 *except;	/* lines that begin so differ, and how many did */
	int		  excepted, events, json;
};

static void list_systems(struct compared *t)
{
	char path[512];
	struct dirent *d;
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/events", t->c.tracing);
	dir = opendir(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	while ((d = readdir(dir)) && n < SYSTEMS_MAX) {
		if (*d->d_name == '.' || !strncmp(d->d_name, "header_", 7))
			continue;
		snprintf(t->names[n], sizeof(t->names[n]), "%s", d->d_name);
		t->systems[n] = t->names[n];
		n++;
	}
	closedir(dir);
}

static void check_json(struct compared *t, const struct ft_event *e)
{
	size_t len;
	const char *text = ft_show_json(t->show, e, &len);

	CU_ASSERT(json_is_object(text, len));
	t->json++;
}

static int take_event(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	struct compared *t = arg;
	const char *text;
	size_t len;

	(void)st;
	capture_expect_line(&t->c, e);
	text = ft_show_text(t->show, e, &len);
	if (t->except && !strncmp(t->c.at, t->except, strlen(t->except)) &&
	    (len != strcspn(t->c.at, "\n") || strncmp(t->c.at, text, len))) {
		capture_skip(&t->c);
		t->excepted++;
	} else {
		capture_expect(&t->c, text, len);
		capture_expect(&t->c, "\n", 1);
	}
	t->events++;
	check_json(t, e);
	return 0;
}

static void open_show(struct compared *t)
{
	list_systems(t);
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&t->evs, t->c.tracing, t->systems), 0);
	CU_ASSERT_EQUAL_FATAL(ft_show_new(&t->show, t->evs, t->c.syms), 0);
}

static void close_compared(struct compared *t)
{
	ft_show_free(t->show);
	ft_events_close(t->evs);
	capture_close(&t->c);
}

static bool compare(struct compared *t, const char *series, const char *name, const char *except)
{
	const char *headings;
	size_t len;

	memset(t, 0, sizeof(*t));
	if (!capture_open(&t->c, series, name))
		return false;
	t->except = except;
	open_show(t);
	headings = ft_line_headings(t->c.line, &len);
	capture_expect(&t->c, headings, len);
	capture_walk(&t->c, take_event, t);
	CU_ASSERT_STRING_EQUAL(t->c.at, "");
	close_compared(t);
	return true;
}

/* What differs, with its reason. */
static const struct {
	const char *series, *capture, *except;
} differ[] = {
	/* The format calculates the address of a page's struct page and back, by sizes that
	 * libtraceevent does not know. */
	{ "el7", "events", "mm_filemap_" },
	/* The format in the captures is another probe's, which had the same number later. */
	{ "6.12", "kprobes", "myopen: " },
};

static const char *exception(const char *series, const char *capture)
{
	for (size_t i = 0; i < sizeof(differ) / sizeof(differ[0]); i++)
		if (!strcmp(series, differ[i].series) && !strcmp(capture, differ[i].capture))
			return differ[i].except;
	return NULL;
}

static void test_show_text_is_the_kernels(void)
{
	static const char *const captures[] = {
		"events", "block", "stacks", "kprobes", "markers", "discarded", "time_extend",
		"clock_mono", "clock_counter", "clock_uptime",
	};
	struct compared t;
	int found = 0, events = 0;

	for (size_t i = 0; i < CAPTURE_SERIES; i++) {
		for (size_t k = 0; k < sizeof(captures) / sizeof(captures[0]); k++) {
			const char *except = exception(capture_series[i], captures[k]);

			if (!compare(&t, capture_series[i], captures[k], except))
				continue;
			found++;
			events += t.events;
			CU_ASSERT_EQUAL(t.json, t.events);
			CU_ASSERT(!t.excepted == !except);
		}
	}
	CU_ASSERT(found >= 30);
	CU_ASSERT(events >= 3000);
}

/* -- records made by hand ---------------------------------------------------------------------- */

static void open_made(struct compared *t, const char *series)
{
	memset(t, 0, sizeof(*t));
	CU_ASSERT_FATAL(capture_open(&t->c, series, "events"));
	open_show(t);
}

static struct ft_event made(const struct compared *t, const char *system, const char *event,
			    const void *data, size_t size)
{
	static unsigned char record[512];
	int id = ft_event_id(t->evs, system, event);

	CU_ASSERT_FATAL(id >= 0 && size <= sizeof(record));
	memcpy(record, data, size);
	memcpy(record, &(uint16_t){ (uint16_t)id }, 2);
	return (struct ft_event){ .data = record, .size = (uint32_t)size, .tid = 1,
				  .type = (uint16_t)id };
}

static const char *json_of(struct compared *t, const struct ft_event *e)
{
	static char text[FT_SHOW_JSON_MAX + 1];
	size_t len;
	const char *json = ft_show_json(t->show, e, &len);

	CU_ASSERT_FATAL(len <= FT_SHOW_JSON_MAX);
	CU_ASSERT(json_is_object(json, len));
	memcpy(text, json, len);
	text[len] = 0;
	return text;
}

static const char *text_of(struct compared *t, const struct ft_event *e)
{
	static char text[65536];
	size_t len;
	const char *line = ft_show_text(t->show, e, &len);

	CU_ASSERT_FATAL(len < sizeof(text));
	CU_ASSERT_PTR_NULL(memchr(line, '\n', len));
	memcpy(text, line, len);
	text[len] = 0;
	return text;
}

struct wakeup {
	uint64_t common;
	char comm[16];
	int pid, prio, target_cpu;
};

static void test_show_json_has_every_field(void)
{
	const struct wakeup w = { .comm = "a\"b\n\xff", .pid = -7, .prio = 120, .target_cpu = 3 };
	struct compared t;
	struct ft_event e;

	open_made(&t, "6.1");
	e = made(&t, "sched", "sched_wakeup", &w, sizeof(w));
	CU_ASSERT_STRING_EQUAL(json_of(&t, &e), "{\"comm\":\"a\\\"b\\n\xef\xbf\xbd\",\"pid\":-7,"
			       "\"prio\":120,\"target_cpu\":3}");
	/* cut short: what is not there is 0 or empty */
	e.size = 28;
	CU_ASSERT_STRING_EQUAL(json_of(&t, &e), "{\"comm\":\"a\\\"b\\n\xef\xbf\xbd\",\"pid\":-7,"
			       "\"prio\":0,\"target_cpu\":0}");
	e.size = 8;
	CU_ASSERT_STRING_EQUAL(json_of(&t, &e),
			       "{\"comm\":\"\",\"pid\":0,\"prio\":0,\"target_cpu\":0}");
	close_compared(&t);
}

static void test_show_json_of_system_calls(void)
{
	const uint64_t data[] = { 0, 257, 0xffffff9c, 0x7ffd984358a0, 0x80000, 0 };
	struct compared t;
	struct ft_event e;

	open_made(&t, "6.1");
	e = made(&t, "syscalls", "sys_enter_openat", data, sizeof(data));
	CU_ASSERT_STRING_EQUAL(json_of(&t, &e), "{\"__syscall_nr\":257,\"dfd\":4294967196,"
			       "\"filename\":\"0x7ffd984358a0\",\"flags\":524288,\"mode\":0}");
	CU_ASSERT_STRING_EQUAL(text_of(&t, &e),
			       "sys_openat(dfd: ffffff9c, filename: 7ffd984358a0, flags: 80000, mode: 0)");
	close_compared(&t);
}

static void test_show_text_cannot_break_a_line(void)
{
	const struct wakeup w = { .comm = "x\n\033[31m\\", .pid = 1, .prio = 2, .target_cpu = 0 };
	struct compared t;
	struct ft_event e;

	open_made(&t, "6.1");
	e = made(&t, "sched", "sched_wakeup", &w, sizeof(w));
	CU_ASSERT_STRING_EQUAL(text_of(&t, &e),
			       "sched_wakeup: comm=x\\n\\x1b[31m\\\\ pid=1 prio=2 target_cpu=000");
	e.type = 65000;
	CU_ASSERT_STRING_EQUAL(text_of(&t, &e), "Unknown type 65000");
	CU_ASSERT_STRING_EQUAL(json_of(&t, &e), "{}");
	CU_ASSERT_PTR_NULL(ft_show_event(t.show, 65000));
	close_compared(&t);
}

static void write_text(const char *dir, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

/* What a probe with a string and signed 16 bits has on 6.1. */
#define PROBE_FORMAT \
	"name: theirs\nID: 1392\nformat:\n" \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n" \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n" \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n" \
	"\tfield:__data_loc char[] name;\toffset:8;\tsize:4;\tsigned:1;\n" \
	"\tfield:s16 fd;\toffset:12;\tsize:2;\tsigned:1;\n\n" \
	"print fmt: \"name=\\\"%s\\\" fd=%d\", __get_str(name), REC->fd\n"

/* libtraceevent takes numbers of less than four bytes for unsigned. */
static void test_show_text_of_a_probe_with_small_numbers(void)
{
	static const char *const systems[] = { "probes", NULL };
	struct { uint32_t common[2], name; int16_t fd; char text[6]; } record = {
		.name = 6 << 16 | 14, .fd = -100, .text = "/file" };
	char dir[] = "/tmp/unit-show-XXXXXX", command[128], *page;
	struct compared t = { .events = 0 };
	struct ft_event e;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(command, sizeof(command), "mkdir -p %s/events/probes/theirs", dir);
	CU_ASSERT_EQUAL_FATAL(system(command), 0);
	page = unit_read("tests/data/6.1/tracing/events/header_page", NULL);
	write_text(dir, "events/header_page", page);
	free(page);
	write_text(dir, "events/probes/theirs/format", PROBE_FORMAT);
	write_text(dir, "events/probes/theirs/id", "1392\n");
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&t.evs, dir, systems), 0);
	CU_ASSERT_EQUAL_FATAL(ft_show_new(&t.show, t.evs, NULL), 0);
	e = made(&t, "probes", "theirs", &record, sizeof(record));
	CU_ASSERT_STRING_EQUAL(text_of(&t, &e), "theirs: name=\"/file\" fd=-100");
	CU_ASSERT_STRING_EQUAL(json_of(&t, &e), "{\"name\":\"/file\",\"fd\":-100}");
	ft_show_free(t.show);
	ft_events_close(t.evs);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void test_show_tells_fields(void)
{
	const struct ft_show_event *ev;
	const struct ft_show_field *f;
	struct compared t;

	open_made(&t, "6.1");
	ev = ft_show_event(t.show, (uint16_t)ft_event_id(t.evs, "sched", "sched_switch"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ev);
	CU_ASSERT_STRING_EQUAL(ev->system, "sched");
	CU_ASSERT_STRING_EQUAL(ev->name, "sched_switch");
	CU_ASSERT_EQUAL(ev->field_count, 7);
	f = ft_show_field(ev, "prev_comm");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(f->kind, FT_SHOW_STRING);
	CU_ASSERT_STRING_EQUAL(f->type, "char[16]");
	f = ft_show_field(ev, "prev_state");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(f->kind, FT_SHOW_INT);
	CU_ASSERT_STRING_EQUAL(f->type, "long");
	CU_ASSERT_PTR_NULL(ft_show_field(ev, "common_pid"));
	ev = ft_show_event(t.show, (uint16_t)ft_event_id(t.evs, "sched", "sched_process_exec"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ev);
	f = ft_show_field(ev, "filename");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(f->kind, FT_SHOW_STRING);
	CU_ASSERT_EQUAL(f->at.dynamic, 1);
	close_compared(&t);
}

/* Every event of the captures, with records of every length filled with what leads out of them. */
static void test_show_survives_records_that_are_none(void)
{
	unsigned char data[512];
	struct compared t;

	for (size_t i = 0; i < CAPTURE_SERIES; i++) {
		open_made(&t, capture_series[i]);
		for (unsigned int type = 0; type < 4096; type++) {
			struct ft_event e = { .data = data, .type = (uint16_t)type };
			size_t len;

			if (!ft_show_event(t.show, e.type))
				continue;
			for (e.size = 0; e.size < sizeof(data); e.size += 1 + e.size / 4) {
				memset(data, e.size & 1 ? 0xff : 0x25, sizeof(data));
				memcpy(data, &e.type, sizeof(e.type));
				ft_show_text(t.show, &e, &len);
				CU_ASSERT(len < 65536);
				json_of(&t, &e);
			}
			t.events++;
		}
		CU_ASSERT(t.events >= 20);
		close_compared(&t);
	}
}

/* -- print formats, compiled, against libtraceevent ---------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Small and large numbers; strings that end. */
static void fill_record(const struct ft_show_event *ev, unsigned char *data, size_t size,
			uint64_t *rnd)
{
	for (size_t i = 8; i < size; i++)
		data[i] = next_random(rnd) % 3 ? 0 : (unsigned char)next_random(rnd);
	for (const struct ft_show_field *f = ev->fields; f->name; f++) {
		uint32_t loc = (8 << 16) | 400;

		if (f->at.offset + f->at.size * (f->at.count + 1U) > 400)
			continue;
		if (f->at.dynamic)
			memcpy(data + f->at.offset, &loc, sizeof(loc));
		else if (f->kind == FT_SHOW_STRING)
			memcpy(data + f->at.offset, "name\0x", f->at.count < 6 ? f->at.count : 6);
	}
	memcpy(data + 400, "dynamic", 8);
}

static void compare_print(struct compared *t, const struct fti_shown *s, uint64_t *rnd)
{
	unsigned char data[512] = { 0 };
	char ours[4096], *end;
	struct ft_event e = { .data = data, .size = sizeof(data), .type = (uint16_t)s->tep->id };
	struct tep_record record = { .data = data, .size = sizeof(data) };
	struct trace_seq seq;

	memcpy(data, &e.type, sizeof(e.type));
	trace_seq_init(&seq);
	for (int i = 0; i < 50; i++) {
		fill_record(&s->ev, data, sizeof(data), rnd);
		trace_seq_reset(&seq);
		tep_print_event(t->show->tep, &seq, &record, "%s", TEP_PRINT_INFO);
		trace_seq_terminate(&seq);
		end = fti_print_put(s->print, &e, t->show->names, ours, ours + sizeof(ours) - 1);
		*end = 0;
		CU_ASSERT_STRING_EQUAL(ours, seq.buffer);
		if (strcmp(ours, seq.buffer)) {
			printf("# %s:%s %s\n#  ours: %s\n# their: %s\n", s->ev.system, s->ev.name,
			       s->tep->print_fmt.format, ours, seq.buffer);
			break;
		}
		t->events++;
	}
	trace_seq_destroy(&seq);
}

static void test_show_prints_as_libtraceevent_does(void)
{
	uint64_t rnd = 0x9e3779b97f4a7c15ULL;
	struct compared t;

	for (size_t i = 0; i < CAPTURE_SERIES; i++) {
		open_made(&t, capture_series[i]);
		for (unsigned int type = 0; type < 4096; type++) {
			struct fti_shown *s = fti_shown_new(t.show, (uint16_t)type);

			/* A char there has a sign, which libtraceevent does not extend as C does.  Of
			 * addresses it says "(nil)". */
			if (s && s->print && strcmp(s->ev.name, "branch") != 0 &&
			    !strstr(s->tep->print_fmt.format, "%p"))
				compare_print(&t, s, &rnd);
			fti_shown_free(s);
		}
		CU_ASSERT(t.events >= 10 * 50);
		close_compared(&t);
	}
}

UNIT_SUITE("show",
	   UNIT_TEST(test_show_prints_as_libtraceevent_does),
	   UNIT_TEST(test_show_text_is_the_kernels),
	   UNIT_TEST(test_show_json_has_every_field),
	   UNIT_TEST(test_show_json_of_system_calls),
	   UNIT_TEST(test_show_text_cannot_break_a_line),
	   UNIT_TEST(test_show_text_of_a_probe_with_small_numbers),
	   UNIT_TEST(test_show_tells_fields),
	   UNIT_TEST(test_show_survives_records_that_are_none));
