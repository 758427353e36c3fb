/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter.h"
#include "ftrace/kernel.h"

const char *const fti_no_systems[] = { "ftrace", NULL };

/* -- choosing ---------------------------------------------------------------------------------- */

/* In this order; enum ft_counter_method - 1. */
static const struct fti_rung *const ladder[] = {
	&fti_rung_profiler, &fti_rung_hits, &fti_rung_trace,
};

#define RUNGS (sizeof(ladder) / sizeof(ladder[0]))

/* The first that fits. */
static int choose(struct ft_counter *c, struct ft_run *r)
{
	const char *wanted = c->config.method ? ladder[c->config.method - 1]->name : NULL;
	char why[FTI_WHY_SIZE] = "";

	for (size_t i = 0; i < RUNGS; i++) {
		if (wanted && ladder[i]->name != wanted)
			continue;
		if (ladder[i]->fits(c, r, why)) {
			c->rung = ladder[i];
			return 0;
		}
		ft_session_say(r->session, "not counting by '%s': %s", ladder[i]->name, why);
	}
	return wanted ? ft_fail(r->session, -EOPNOTSUPP, "cannot count by '%s': %s", wanted, why) :
			ft_fail(r->session, -EOPNOTSUPP, "cannot count this: %s", why);
}

int ft_counter_plan(struct ft_counter **out, struct ft_run *r,
		    const struct ft_counter_config *config)
{
	struct ft_counter *c = calloc(1, sizeof(*c));
	int err;

	*out = c;
	if (!c)
		return ft_fail(r->session, -ENOMEM, "cannot count: %s", strerror(ENOMEM));
	c->config = *config;
	c->task = r->command_pid ? r->command_pid : config->tasks->pid ? config->tasks->pid :
		  config->tasks->tid;
	err = fti_counter_list(c, r->session);
	if (!err)
		err = choose(c, r);
	if (!err)
		c->rung->plan(r, c);
	return err;
}

static void say_rung(const struct ft_counter *c, const struct ft_run *r)
{
	ft_session_say(r->session, "counting by '%s': %s", c->rung->name, c->rung->way);
}

int ft_counter_setup(struct ft_counter *c, struct ft_run *r)
{
	int err = c->rung->setup(c, r);

	/* What only shows when it is tried. */
	if (err == FTI_NEXT_RUNG) {
		c->rung = &fti_rung_trace;
		err = c->rung->setup(c, r);
	}
	if (!err)
		say_rung(c, r);
	return err;
}

int ft_counter_ready(struct ft_counter *c, struct ft_run *r)
{
	return c->rung->ready(c, r);
}

void ft_counter_event(struct ft_counter *c, const struct ft_event *e)
{
	fti_counter_trace_event(c->trace, e);
}

const char *ft_counter_way(const struct ft_counter *c)
{
	return c->rung->way;
}

uint64_t ft_counter_missed(const struct ft_counter *c)
{
	return c->missed;
}

/* -- rows -------------------------------------------------------------------------------------- */

int fti_counter_row(struct ft_counter *c, const struct ft_counter_row *row)
{
	struct ft_counter_row *more;

	if (!row->count)
		return 0;
	if (c->row_count == c->row_room) {
		more = realloc(c->rows, (c->row_room * 2 + 64) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		c->rows = more;
		c->row_room = c->row_room * 2 + 64;
	}
	c->rows[c->row_count++] = *row;
	return 0;
}

int fti_counter_source_rows(struct ft_counter *c)
{
	int err = 0;

	for (size_t i = 0; i < c->source_count && !err; i++) {
		struct fti_source *s = &c->sources[i];

		err = fti_counter_row(c, &(struct ft_counter_row){
			.name = s->name, .module = s->module, .file = s->file,
			.count = s->count - s->last });
		s->last = s->count;
	}
	return err;
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int by_what(const void *left, const void *right)
{
	const struct ft_counter_row *l = left, *r = right;
	int order = strcmp(l->name, r->name);

	if (!order)
		order = compare_text(l->module, r->module);
	if (!order)
		order = compare_text(l->file, r->file);
	return order ? order : (l->pid > r->pid) - (l->pid < r->pid);
}

static int by_count(const void *left, const void *right)
{
	const struct ft_counter_row *l = left, *r = right;

	if (l->count != r->count)
		return l->count < r->count ? -1 : 1;
	return by_what(left, right);
}

/* Static functions can share a name: nobody could tell the rows apart. */
static void merge_rows(struct ft_counter *c)
{
	size_t n = 0;

	qsort(c->rows, c->row_count, sizeof(*c->rows), by_what);
	for (size_t i = 0; i < c->row_count; i++) {
		if (n && !by_what(&c->rows[n - 1], &c->rows[i]))
			c->rows[n - 1].count += c->rows[i].count;
		else
			c->rows[n++] = c->rows[i];
	}
	c->row_count = n;
}

ssize_t ft_counter_rows(struct ft_counter *c, struct ft_run *r, const struct ft_counter_row **rows)
{
	int err;

	c->row_count = 0;
	err = c->rung->rows(c, r);
	if (err)
		return err;
	if (c->row_count) {
		merge_rows(c);
		qsort(c->rows, c->row_count, sizeof(*c->rows), by_count);
	}
	*rows = c->rows;
	return c->row_count;
}

/* -- sources ----------------------------------------------------------------------------------- */

static char *copy(const char *text, int *err)
{
	char *s = text ? strdup(text) : NULL;

	if (text && !s)
		*err = -ENOMEM;
	return s;
}

static void source_free(struct fti_source *s)
{
	free(s->name);
	free(s->module);
	free(s->file);
}

int fti_source_add(struct ft_counter *c, const struct fti_source *source)
{
	struct fti_source *s;
	int err = 0;

	/* Room doubles. */
	if (!(c->source_count & (c->source_count - 1))) {
		s = realloc(c->sources, (c->source_count * 2 + 1) * sizeof(*s));
		if (!s)
			return -ENOMEM;
		c->sources = s;
	}
	s = &c->sources[c->source_count];
	*s = *source;
	s->probe = -1;
	s->name = copy(source->name, &err);
	s->module = copy(source->module, &err);
	s->file = copy(source->file, &err);
	if (err) {
		source_free(s);
		return err;
	}
	c->source_count++;
	return 0;
}

static int by_name(const void *left, const void *right)
{
	const struct fti_source *l = left, *r = right;

	return strcmp(l->name, r->name);
}

void fti_sources_by_name(struct ft_counter *c)
{
	struct fti_source *s = c->sources;
	size_t n = 0;

	qsort(s, c->source_count, sizeof(*s), by_name);
	for (size_t i = 0; i < c->source_count; i++) {
		if (!n || strcmp(s[n - 1].name, s[i].name)) {
			s[n++] = s[i];
			continue;
		}
		s[n - 1].twins = true;
		if (compare_text(s[n - 1].module, s[i].module)) {
			free(s[n - 1].module);
			s[n - 1].module = NULL;
		}
		source_free(&s[i]);
	}
	c->source_count = c->kernel_count = n;
}

void ft_counter_free(struct ft_counter *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->source_count; i++)
		source_free(&c->sources[i]);
	free(c->sources);
	free(c->excludes);
	free(c->kernel);
	free(c->kernel_not);
	ft_probes_close(c->probes);
	fti_counter_trace_free(c->trace);
	free(c->hits);
	free(c->rows);
	free(c);
}
