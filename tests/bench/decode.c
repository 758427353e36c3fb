/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode [FILE.pages [HEADER_PAGE]]: what decoding a ring-buffer record costs.
 *
 * A million records of a capture, by libftrace's page walk and by libtraceevent's kbuffer, in turn
 * in one process: CPU nanoseconds a record, and the ratio.  First the capture is walked over and
 * over, as pages that have just been read are: in the cache.  Then it is repeated in memory to a
 * million records, which come from RAM.  Both sides do the same with each record: sum its
 * common_type, common_pid, size and time stamp; the sums must be equal.
 *
 * tracefs_iterate_raw_events() needs a live ring buffer: it is compared in the VM benchmarks.
 */
#include <kbuffer.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "page.h"

#define EVENTS 1000000
#define ROUNDS 15

struct capture {
	struct fti_page_format format;
	unsigned char *data;
	size_t pages;
	struct kbuffer *kbuf;
};

struct sums {
	uint64_t events, types, pids, bytes, times;
};

static void touch(struct sums *s, const unsigned char *data, uint32_t size, uint64_t ts)
{
	uint16_t type;
	int32_t pid = 0;

	memcpy(&type, data, sizeof(type));
	if (size >= 8)
		memcpy(&pid, data + 4, sizeof(pid));
	s->events++;
	s->types += type;
	s->pids += (uint64_t)pid;
	s->bytes += size;
	s->times += ts;
}

static void walk_own(const struct capture *c, struct sums *sums)
{
	struct sums s = *sums;

	for (size_t i = 0; i < c->pages; i++) {
		struct fti_record r;
		struct fti_page p;

		if (fti_page_begin(&p, &c->format, c->data + i * c->format.size, c->format.size))
			continue;
		while (fti_page_next(&p, &r) > 0)
			touch(&s, r.data, r.size, r.ts);
	}
	*sums = s;
}

static void walk_kbuffer(const struct capture *c, struct sums *sums)
{
	struct sums s = *sums;

	for (size_t i = 0; i < c->pages; i++) {
		unsigned long long ts;
		void *data;

		kbuffer_load_subbuffer(c->kbuf, c->data + i * c->format.size);
		while ((data = kbuffer_read_event(c->kbuf, &ts))) {
			touch(&s, data, (uint32_t)kbuffer_event_size(c->kbuf), ts);
			kbuffer_next_event(c->kbuf, NULL);
		}
	}
	*sums = s;
}

/* Nanoseconds a record of one run over at least EVENTS of them. */
static double run(const struct capture *c, void (*walk)(const struct capture *, struct sums *),
		  struct sums *s)
{
	struct timespec a, b;

	memset(s, 0, sizeof(*s));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	do {
		const uint64_t before = s->events;

		walk(c, s);
		if (s->events == before)
			return 0;
	} while (s->events < EVENTS);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	return ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) /
	       (double)s->events;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *where, const char *what, double *ns)
{
	qsort(ns, ROUNDS, sizeof(*ns), compare);
	printf("%-9s %-22s min %6.2f  median %6.2f ns an event\n", where, what, ns[0],
	       ns[ROUNDS / 2]);
}

/* Both walks in turn; 1 when they do not read the same. */
static int measure(const struct capture *c, const char *where)
{
	double own[ROUNDS], kbuf[ROUNDS];
	struct sums a, b;

	run(c, walk_own, &a);
	for (int i = 0; i < ROUNDS; i++) {
		own[i] = run(c, walk_own, &a);
		kbuf[i] = run(c, walk_kbuffer, &b);
		if (!a.events || memcmp(&a, &b, sizeof(a)))
			return 1;
	}
	print(where, "libftrace page walk", own);
	print(where, "libtraceevent kbuffer", kbuf);
	printf("%-9s %-22s min %6.2f  median %6.2f times\n", where, "ratio", kbuf[0] / own[0],
	       kbuf[ROUNDS / 2] / own[ROUNDS / 2]);
	return 0;
}

static unsigned char *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	unsigned char *buf = NULL;
	long size;

	if (f && !fseek(f, 0, SEEK_END) && (size = ftell(f)) > 0 && !fseek(f, 0, SEEK_SET)) {
		buf = malloc((size_t)size);
		*len = buf ? fread(buf, 1, (size_t)size, f) : 0;
	}
	if (!buf)
		fprintf(stderr, "decode: cannot read '%s'\n", path);
	if (f)
		fclose(f);
	return buf;
}

/* The capture's own header_page, or its series'. */
static unsigned char *slurp_header(const char *pages, size_t *len)
{
	char near[2048], path[4096];
	const char *dir;

	snprintf(near, sizeof(near), "%s", pages);
	dir = dirname(near);
	snprintf(path, sizeof(path), "%s/header_page", dir);
	if (access(path, F_OK))
		snprintf(path, sizeof(path), "%s/../tracing/events/header_page", dir);
	return slurp(path, len);
}

static int load(struct capture *c, const char *pages, const char *header)
{
	size_t len;
	char *text;
	int err;

	text = (char *)(header ? slurp(header, &len) : slurp_header(pages, &len));
	if (!text)
		return -ENOENT;
	err = fti_page_format_parse(&c->format, text, len);
	free(text);
	if (err)
		return err;
	c->data = slurp(pages, &len);
	c->pages = c->data ? len / c->format.size : 0;
	c->kbuf = kbuffer_alloc(c->format.commit_size == 8 ? KBUFFER_LSIZE_8 : KBUFFER_LSIZE_4,
				KBUFFER_ENDIAN_SAME_AS_HOST);
	return c->pages && c->kbuf ? 0 : -ENOMEM;
}

/* The capture over and over in memory, to EVENTS records. */
static int repeat(struct capture *c)
{
	const size_t len = c->pages * c->format.size;
	struct sums once = { 0 };
	unsigned char *data;
	size_t copies;

	walk_own(c, &once);
	copies = once.events ? EVENTS / once.events + 1 : 1;
	data = realloc(c->data, copies * len);
	if (!data)
		return -ENOMEM;
	for (size_t i = 1; i < copies; i++)
		memcpy(data + i * len, data, len);
	c->data = data;
	c->pages *= copies;
	return 0;
}

int main(int argc, char **argv)
{
	const char *pages = argc > 1 ? argv[1] : "tests/data/el7/events/cpu0.pages";
	struct capture c = { .data = NULL };
	int status = 1;

	if (load(&c, pages, argc > 2 ? argv[2] : NULL)) {
		fprintf(stderr, "decode: no usable pages in '%s'\n", pages);
		goto out;
	}
	printf("%s: %d rounds of at least %d events\n", pages, ROUNDS, EVENTS);
	if (measure(&c, "cached") || repeat(&c) || measure(&c, "from RAM")) {
		fprintf(stderr, "decode: no records in '%s', or not read alike\n", pages);
		goto out;
	}
	status = 0;
out:
	kbuffer_free(c.kbuf);
	free(c.data);
	return status;
}
