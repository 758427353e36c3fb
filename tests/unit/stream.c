/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams over captured sub-buffers, against a plain walk of the same pages. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event-internal.h"
#include "ftrace/stream.h"
#include "unit.h"

#define MAX_CPUS 8

/* -- a capture --------------------------------------------------------------------------------- */

struct lane {
	unsigned char *pages;
	size_t len;
	struct fti_page page;	/* walk of what has been delivered */
	size_t at;		/* of the next page */
	uint64_t last_ts;
	bool peeked;
	struct ft_event next;	/* what peek told */
};

struct capture {
	struct ft_events *evs;
	struct fti_page_format format;
	struct lane lanes[MAX_CPUS];
	int cpus;
	/* by the plain walk */
	size_t records, losses;
	uint64_t lost, unknown, backwards;
	/* by the stream */
	size_t seen, seen_losses, wrong, peeks, idles;
	uint64_t last_ts, loss_ts;
	int loss_cpu;		/* -1: none since the last event */
};

static char *join(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		abort();
	return path;
}

static bool exists(const char *dir, const char *name)
{
	char *path = join(dir, name);
	bool is = !access(path, R_OK);

	free(path);
	return is;
}

static void copy(const char *from_dir, const char *to_dir, const char *name)
{
	char *from = join(from_dir, name), *to = join(to_dir, name), *text;
	size_t len = 0;
	FILE *f;

	text = unit_read(from, &len);
	f = fopen(to, "we");
	if (!text || !f || fwrite(text, 1, len, f) != len)
		abort();
	fclose(f);
	free(text);
	free(from);
	free(to);
}

/* The formats of the kernel with the page layout of the capture, which may be another. */
static struct ft_events *open_events(const char *series, const char *dir)
{
	static const char *const systems[] = { "ftrace", NULL };
	char temp[] = "/tmp/unit-stream-XXXXXX", real[PATH_MAX], *events, *link, *formats;
	struct ft_events *evs = NULL;

	formats = join(series, "tracing/events/ftrace");
	if (!mkdtemp(temp) || !realpath(formats, real))
		abort();
	events = join(temp, "events");
	link = join(events, "ftrace");
	if (mkdir(events, 0700) || symlink(real, link))
		abort();
	free(formats);
	formats = join(series, "tracing/events");
	copy(exists(dir, "header_page") ? dir : formats, events, "header_page");
	CU_ASSERT_EQUAL(ft_events_open(&evs, temp, systems), 0);
	free(formats);
	formats = join(events, "header_page");
	unlink(formats);
	unlink(link);
	rmdir(events);
	rmdir(temp);
	free(formats);
	free(events);
	free(link);
	return evs;
}

/* The walk's next record of a CPU; false at its end.  Every loss on the way is counted. */
static bool walk(struct capture *c, struct lane *l, struct fti_record *r, bool count)
{
	while (fti_page_next(&l->page, r) <= 0) {
		if (l->at >= l->len)
			return false;
		if (fti_page_begin(&l->page, &c->format, l->pages + l->at, c->format.size))
			c->wrong++;
		l->at += c->format.size;
		if (!count || !l->page.has_lost)
			continue;
		c->losses++;
		c->lost += l->page.lost;
		c->unknown += !l->page.lost_known;
	}
	return true;
}

static void rewind_lane(struct lane *l)
{
	memset(&l->page, 0, sizeof(l->page));
	l->at = 0;
	l->last_ts = 0;
}

static void count_records(struct capture *c)
{
	struct fti_record r;

	for (int i = 0; i < c->cpus; i++) {
		struct lane *l = &c->lanes[i];

		while (walk(c, l, &r, true)) {
			c->records++;
			c->backwards += r.ts < l->last_ts;
			l->last_ts = r.ts > l->last_ts ? r.ts : l->last_ts;
		}
		rewind_lane(l);
	}
}

static bool load(struct capture *c, const char *series, const char *dir)
{
	memset(c, 0, sizeof(*c));
	c->loss_cpu = -1;
	for (int cpu = 0; cpu < MAX_CPUS; cpu++) {
		char name[32], *path;

		snprintf(name, sizeof(name), "cpu%d.pages", cpu);
		path = join(dir, name);
		if (exists(dir, name)) {
			c->lanes[cpu].pages = (unsigned char *)unit_read(path, &c->lanes[cpu].len);
			c->cpus = cpu + 1;
		}
		free(path);
	}
	if (!c->cpus)
		return false;
	c->evs = open_events(series, dir);
	if (!c->evs)
		return false;
	CU_ASSERT_EQUAL(fti_events_page_format(c->evs, &c->format), 0);
	count_records(c);
	return true;
}

static void unload(struct capture *c)
{
	for (int i = 0; i < c->cpus; i++)
		free(c->lanes[i].pages);
	ft_events_close(c->evs);
}

static int open_capture(struct ft_stream **st, const struct capture *c)
{
	const void *data[MAX_CPUS];
	size_t len[MAX_CPUS];

	for (int i = 0; i < c->cpus; i++) {
		data[i] = c->lanes[i].pages;
		len[i] = c->lanes[i].len;
	}
	return ft_stream_open_memory(st, c->evs, data, len, c->cpus);
}

/* -- callbacks that compare -------------------------------------------------------------------- */

static bool same(const struct ft_event *a, const struct ft_event *b)
{
	return a->ts == b->ts && a->size == b->size && a->cpu == b->cpu && a->tid == b->tid &&
	       a->type == b->type && !memcmp(a->data, b->data, a->size);
}

static void peek(struct capture *c, struct ft_stream *st, int cpu)
{
	struct lane *l = &c->lanes[cpu];
	struct ft_event next;

	if (!ft_stream_peek(st, cpu, &next)) {
		c->wrong += l->peeked;
		return;
	}
	c->wrong += l->peeked && !same(&next, &l->next);
	l->peeked = true;
	l->next = next;
	c->peeks++;
}

static int on_event(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	struct capture *c = arg;
	struct lane *l = &c->lanes[e->cpu];
	struct fti_record r;
	uint16_t type;
	int tid;

	if (!walk(c, l, &r, false)) {
		c->wrong++;
		return 0;
	}
	memcpy(&type, r.data, 2);
	memcpy(&tid, r.data + 4, 4);
	c->wrong += e->size != r.size || memcmp(e->data, r.data, r.size) || e->type != type ||
		    e->tid != tid;
	l->last_ts = r.ts > l->last_ts ? r.ts : l->last_ts;
	c->wrong += e->ts != l->last_ts;
	c->wrong += e->ts < c->last_ts;
	c->wrong += l->peeked && !same(&l->next, e);
	/* A loss is told just before the record behind it. */
	c->wrong += c->loss_cpu >= 0 && (c->loss_cpu != e->cpu || c->loss_ts > e->ts);
	c->loss_cpu = -1;
	c->last_ts = e->ts;
	c->seen++;
	l->peeked = false;
	peek(c, st, e->cpu);
	for (int i = 0; i < c->cpus; i++)
		if (i != e->cpu)
			peek(c, st, i);
	c->wrong += ft_stream_peek(st, 999, &l->next) || ft_stream_peek(st, -1, &l->next);
	return 0;
}

static int on_loss(void *arg, int cpu, uint64_t count, uint64_t ts)
{
	struct capture *c = arg;

	c->seen_losses++;
	c->loss_cpu = cpu;
	c->loss_ts = ts;
	/* What lies behind a gap is never peeked. */
	c->wrong += c->lanes[cpu].peeked;
	(void)count;
	return 0;
}

static int on_idle(void *arg)
{
	((struct capture *)arg)->idles++;
	return 0;
}

static const struct ft_stream_ops ops = {
	.on_event = on_event, .on_loss = on_loss, .on_idle = on_idle,
};

static void compare_capture(const char *series, const char *dir)
{
	const struct ft_stream_stats *stats;
	struct ft_stream *st = NULL;
	struct capture c;

	if (!load(&c, series, dir))
		return;
	CU_ASSERT_EQUAL_FATAL(open_capture(&st, &c), 0);
	CU_ASSERT_EQUAL(ft_stream_run(st, &ops, &c), 0);
	stats = ft_stream_stats(st);
	if (c.wrong || c.seen != c.records || !c.records)
		printf("# %s: %zu of %zu records, %zu wrong\n", dir, c.seen, c.records, c.wrong);
	CU_ASSERT(c.records > 0);
	CU_ASSERT_EQUAL(c.wrong, 0);
	CU_ASSERT_EQUAL(c.seen, c.records);
	CU_ASSERT_EQUAL(c.seen_losses, c.losses);
	CU_ASSERT(c.peeks > 0 && c.idles == 1);
	CU_ASSERT_EQUAL(stats->events, c.records);
	CU_ASSERT_EQUAL(stats->lost, c.lost);
	CU_ASSERT_EQUAL(stats->lost_unknown, c.unknown);
	CU_ASSERT_EQUAL(stats->backwards, c.backwards);
	CU_ASSERT_EQUAL(stats->bad_pages, 0);
	CU_ASSERT(!stats->overload && !stats->signalled && !stats->cut && !stats->child_ended);
	ft_stream_close(st);
	unload(&c);
}

/* Every capture of every kernel there is. */
static size_t each_capture(const char *begins, void (*fn)(const char *series, const char *dir))
{
	struct dirent **series, **names;
	int n = scandir(UNIT_DATA, &series, NULL, alphasort), m;
	size_t count = 0;

	for (int i = 0; i < n; free(series[i++])) {
		char *path = join(UNIT_DATA, series[i]->d_name);

		m = exists(path, "tracing/events/header_page") ?
			scandir(path, &names, NULL, alphasort) : -1;
		for (int k = 0; k < m; free(names[k++])) {
			char *dir = join(path, names[k]->d_name);

			if (names[k]->d_name[0] != '.' && names[k]->d_type == DT_DIR &&
			    strcmp(names[k]->d_name, "tracing") &&
			    !strncmp(names[k]->d_name, begins, strlen(begins))) {
				fn(path, dir);
				count++;
			}
			free(dir);
		}
		if (m >= 0)
			free(names);
		free(path);
	}
	if (n >= 0)
		free(series);
	return count;
}

static void test_stream_delivers_captures_as_a_plain_walk_does(void)
{
	CU_ASSERT(each_capture("", compare_capture) > 20);
}

static void compare_overrun(const char *series, const char *dir)
{
	struct ft_stream *st = NULL;
	struct capture c;

	if (!load(&c, series, dir))
		return;
	CU_ASSERT_EQUAL_FATAL(open_capture(&st, &c), 0);
	CU_ASSERT_EQUAL(ft_stream_run(st, &ops, &c), 0);
	CU_ASSERT(c.seen_losses > 0);
	CU_ASSERT(ft_stream_stats(st)->lost > 0 || ft_stream_stats(st)->lost_unknown > 0);
	CU_ASSERT_EQUAL(c.wrong, 0);
	ft_stream_close(st);
	unload(&c);
}

static void test_stream_tells_the_losses_of_overrun_buffers(void)
{
	CU_ASSERT(each_capture("overrun", compare_overrun) >= 4);
}

/* -- how it ends ------------------------------------------------------------------------------- */

static bool load_one(struct capture *c, const char *name)
{
	char *dir = join(UNIT_DATA "/6.1", name);
	bool ok = load(c, UNIT_DATA "/6.1", dir);

	CU_ASSERT_TRUE(ok);
	free(dir);
	return ok;
}

struct ending {
	int events, losses, end_event, end_loss, result;
};

static int end_at_event(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	struct ending *x = arg;

	(void)st, (void)e;
	return ++x->events == x->end_event ? x->result : 0;
}

static int end_at_loss(void *arg, int cpu, uint64_t count, uint64_t ts)
{
	struct ending *x = arg;

	(void)cpu, (void)count, (void)ts;
	return ++x->losses == x->end_loss ? x->result : 0;
}

static const struct ft_stream_ops end_ops = { .on_event = end_at_event, .on_loss = end_at_loss };

static int run_ending(const struct capture *c, struct ending *x)
{
	struct ft_stream *st = NULL;
	int err;

	CU_ASSERT_EQUAL_FATAL(open_capture(&st, c), 0);
	err = ft_stream_run(st, &end_ops, x);
	CU_ASSERT_EQUAL(ft_stream_stats(st)->events, (uint64_t)x->events);
	ft_stream_close(st);
	return err;
}

static void test_stream_ends_when_a_callback_says_so(void)
{
	struct ending x = { .end_event = 3, .result = 1 };
	struct capture c;

	if (!load_one(&c, "events"))
		return;
	CU_ASSERT_EQUAL(run_ending(&c, &x), 0);
	CU_ASSERT_EQUAL(x.events, 3);
	x = (struct ending){ .end_event = 5, .result = -ENOSPC };
	CU_ASSERT_EQUAL(run_ending(&c, &x), -ENOSPC);
	CU_ASSERT_EQUAL(x.events, 5);
	unload(&c);
}

static void test_stream_ends_when_a_loss_could_not_be_told(void)
{
	struct ending x = { .end_loss = 1, .result = -EPIPE };
	struct capture c;

	if (!load_one(&c, "overrun"))
		return;
	CU_ASSERT(c.losses > 0);
	CU_ASSERT_EQUAL(run_ending(&c, &x), -EPIPE);
	CU_ASSERT_EQUAL(x.losses, 1);
	CU_ASSERT((size_t)x.events < c.records);
	unload(&c);
}

/* One page, with a loss and no record behind it. */
static void test_stream_tells_a_loss_at_the_very_end(void)
{
	struct ending x = { .end_loss = 1, .result = -EPIPE };
	uint64_t commit = 1ULL << 31;
	struct capture c;

	if (!load_one(&c, "events"))
		return;
	for (int i = 0; i < c.cpus; i++)
		c.lanes[i].len = i ? 0 : c.format.size;
	memcpy(c.lanes[0].pages + c.format.commit_offset, &commit, 8);
	CU_ASSERT_EQUAL(run_ending(&c, &x), -EPIPE);
	CU_ASSERT_EQUAL(x.losses, 1);
	CU_ASSERT_EQUAL(x.events, 0);
	unload(&c);
}

static void test_stream_without_callbacks_for_it_survives_losses(void)
{
	const struct ft_stream_ops bare = { .on_event = end_at_event };
	struct ending x = { .end_event = 0 };
	struct ft_stream *st = NULL;
	struct capture c;

	if (!load_one(&c, "overrun"))
		return;
	CU_ASSERT_EQUAL_FATAL(open_capture(&st, &c), 0);
	CU_ASSERT_EQUAL(ft_stream_run(st, &bare, &x), 0);
	CU_ASSERT_EQUAL((size_t)x.events, c.records);
	CU_ASSERT_EQUAL(ft_stream_stats(st)->lost, c.lost);
	ft_stream_close(st);
	unload(&c);
}

/* -- what is no capture ------------------------------------------------------------------------ */

static void test_stream_counts_pages_it_cannot_decode(void)
{
	struct ending x = { .end_event = 0 };
	struct ft_stream *st = NULL;
	struct capture c;

	if (!load_one(&c, "events"))
		return;
	memset(c.lanes[0].pages, 0xff, c.format.size);
	c.lanes[1].len -= 100;
	CU_ASSERT_EQUAL_FATAL(open_capture(&st, &c), 0);
	CU_ASSERT_EQUAL(ft_stream_run(st, &end_ops, &x), 0);
	CU_ASSERT(ft_stream_stats(st)->bad_pages >= 1);
	CU_ASSERT_EQUAL(ft_stream_stats(st)->bad_pages, ft_stream_stats(st)->lost_unknown);
	CU_ASSERT_EQUAL((uint64_t)x.losses, ft_stream_stats(st)->lost_unknown);
	CU_ASSERT(x.events > 0 && (size_t)x.events < c.records);
	ft_stream_close(st);
	unload(&c);
}

static void test_stream_of_nothing_is_empty(void)
{
	struct ending x = { .end_event = 0 };
	struct ft_stream *st = NULL;
	struct capture c;

	if (!load_one(&c, "events"))
		return;
	for (int i = 0; i < c.cpus; i++)
		c.lanes[i].len = 0;
	CU_ASSERT_EQUAL(run_ending(&c, &x), 0);
	CU_ASSERT(x.events == 0 && x.losses == 0);
	CU_ASSERT_EQUAL(ft_stream_open_memory(&st, c.evs, NULL, NULL, 0), -EINVAL);
	CU_ASSERT_EQUAL(ft_stream_open_memory(&st, c.evs, NULL, NULL, -1), -EINVAL);
	ft_stream_close(NULL);
	unload(&c);
}

static void test_stream_of_memory_has_no_wall_clock(void)
{
	struct ft_stream *st = NULL;
	struct capture c;

	if (!load_one(&c, "events"))
		return;
	CU_ASSERT_EQUAL_FATAL(open_capture(&st, &c), 0);
	CU_ASSERT_EQUAL(ft_stream_wall_ns(st, 12345), 0);
	ft_stream_close(st);
	unload(&c);
}

UNIT_SUITE("stream",
	UNIT_TEST(test_stream_delivers_captures_as_a_plain_walk_does),
	UNIT_TEST(test_stream_tells_the_losses_of_overrun_buffers),
	UNIT_TEST(test_stream_ends_when_a_callback_says_so),
	UNIT_TEST(test_stream_ends_when_a_loss_could_not_be_told),
	UNIT_TEST(test_stream_tells_a_loss_at_the_very_end),
	UNIT_TEST(test_stream_without_callbacks_for_it_survives_losses),
	UNIT_TEST(test_stream_counts_pages_it_cannot_decode),
	UNIT_TEST(test_stream_of_nothing_is_empty),
	UNIT_TEST(test_stream_of_memory_has_no_wall_clock));
