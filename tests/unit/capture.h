/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capture: a capture of tests/data, walked record by record beside the kernel's own text of it.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/kernel.h"
#include "ftrace/line.h"
#include "ftrace/stream.h"
#include "ftrace/symbol.h"
#include "ftrace/task.h"
#include "unit.h"

#define CAPTURE_CPUS 2

static const char *const capture_series[] = { "el7", "5.10", "6.1", "6.12" };
#define CAPTURE_SERIES (sizeof(capture_series) / sizeof(capture_series[0]))

struct capture {
	char		   dir[256], tracing[256];
	struct ft_events  *evs;
	struct ft_symbols *syms;
	struct ft_comms	  *comms;
	struct ft_line	  *line;
	char		  *text;	/* trace.txt */
	const char	  *at;		/* not yet compared */
	bool		   failed;
	int		   known[1024], knowns;	/* threads whose names the kernel knew */
};

static inline char *capture_read(const struct capture *c, const char *name, size_t *len)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", c->dir, name);
	return access(path, R_OK) ? NULL : unit_read(path, len);
}

/* Names as the kernel had them when it wrote the text: "pid comm" lines; those of el7, which has no
 * such file, from the text itself. */
static inline void capture_take_comms(struct capture *c)
{
	char *saved = capture_read(c, "saved_cmdlines", NULL);
	char *copy = strdup(saved ? saved : c->text), *save = NULL;

	for (char *l = strtok_r(copy, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char *comm, *dash = strstr(l, " [0");
		long tid = saved ? strtol(l, &comm, 10) : 0;

		if (!saved && *l == ' ' && dash) {
			*dash = 0;
			dash = strrchr(l, '-');
			if (!dash)
				continue;
			*dash = 0;
			tid = strtol(dash + 1, NULL, 10);
			comm = l + strspn(l, " ") - 1;
		} else if (!saved || *comm != ' ') {
			continue;
		}
		if (tid == (c->knowns ? c->known[c->knowns - 1] : 0))
			continue;
		if (c->knowns == 1024)
			break;
		ft_comms_set(c->comms, (int)tid, comm + 1);
		c->known[c->knowns++] = (int)tid;
	}
	free(copy);
	free(saved);
}

static inline void capture_open_line(struct capture *c)
{
	char *setup = capture_read(c, "setup", NULL);
	const char *end = c->text;
	struct ft_line_config config = {
		.counts = setup && (strstr(setup, "counter > trace_clock") ||
				    strstr(setup, "uptime > trace_clock")),
		.old_resched = !ft_kernel_readme_has(c->tracing,
						     "a command to perform when event is hit"),
	};
	char *headings;

	while (*end == '#')
		end = strchr(end, '\n') + 1;
	headings = strndup(c->text, (size_t)(end - c->text));
	config.headings = headings;
	CU_ASSERT_EQUAL_FATAL(ft_line_new(&c->line, c->evs, c->comms, &config), 0);
	free(headings);
	free(setup);
}

/* false: there is no such capture. */
static inline bool capture_open(struct capture *c, const char *series, const char *name)
{
	static const char *const systems[] = { "ftrace", NULL };
	char path[512];

	*c = (struct capture){ .failed = false };
	snprintf(c->dir, sizeof(c->dir), "%s/%s/%s", UNIT_DATA, series, name);
	snprintf(c->tracing, sizeof(c->tracing), "%s/%s/tracing", UNIT_DATA, series);
	c->text = capture_read(c, "trace.txt", NULL);
	if (!c->text)
		return false;
	c->at = c->text;
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&c->evs, c->tracing, systems), 0);
	snprintf(path, sizeof(path), "%s/%s/kallsyms", UNIT_DATA, series);
	CU_ASSERT_EQUAL_FATAL(ft_symbols_open(&c->syms, path, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(ft_comms_open(&c->comms, NULL), 0);
	capture_take_comms(c);
	capture_open_line(c);
	return true;
}

static inline void capture_close(struct capture *c)
{
	ft_line_free(c->line);
	ft_comms_close(c->comms);
	ft_symbols_close(c->syms);
	ft_events_close(c->evs);
	free(c->text);
}

/* A thread of the captured machine must not get the name of one that runs here. */
static inline void capture_hide(struct capture *c, int tid)
{
	for (int i = 0; i < c->knowns; i++)
		if (c->known[i] == tid)
			return;
	if (tid)
		ft_comms_set(c->comms, tid, "<...>");
}

/* The records of all CPUs in order; their number. */
static inline uint64_t capture_walk(struct capture *c,
				    int (*fn)(void *arg, struct ft_stream *, const struct ft_event *),
				    void *arg)
{
	const struct ft_stream_ops ops = { .on_event = fn };
	const void *data[CAPTURE_CPUS] = { NULL };
	size_t len[CAPTURE_CPUS] = { 0 };
	struct ft_stream *st;
	uint64_t events;

	for (int cpu = 0; cpu < CAPTURE_CPUS; cpu++) {
		char name[32];

		snprintf(name, sizeof(name), "cpu%d.pages", cpu);
		data[cpu] = capture_read(c, name, &len[cpu]);
	}
	CU_ASSERT_EQUAL_FATAL(ft_stream_open_memory(&st, c->evs, data, len, CAPTURE_CPUS), 0);
	CU_ASSERT_EQUAL(ft_stream_run(st, &ops, arg), 0);
	events = ft_stream_stats(st)->events;
	ft_stream_close(st);
	for (int cpu = 0; cpu < CAPTURE_CPUS; cpu++)
		free((void *)data[cpu]);
	return events;
}

/* What the kernel shows next is this. */
static inline void capture_expect(struct capture *c, const char *text, size_t len)
{
	while (!strncmp(c->at, "##### CPU", 9) && strchr(c->at, '\n'))
		c->at = strchr(c->at, '\n') + 1;
	if (!c->failed && strncmp(c->at, text, len)) {
		c->failed = true;
		printf("# %s:\n# ours:   |%.*s|\n# kernel: |%.*s|\n", c->dir, (int)len, text,
		       (int)strcspn(c->at, "\n"), c->at);
		CU_FAIL("not the kernel's text");
	}
	if (!c->failed)
		c->at += len;
}

static inline void capture_expect_line(struct capture *c, const struct ft_event *e)
{
	char text[FT_LINE_MAX] = "";

	capture_hide(c, e->tid);
	capture_expect(c, text, (size_t)(ft_line_put(c->line, e, text) - text));
}

/* The rest of a line, whatever it is, and others before the next that begins with a blank. */
static inline void capture_skip(struct capture *c)
{
	c->at += strcspn(c->at, "\n");
	c->at += *c->at == '\n';
}

#endif
