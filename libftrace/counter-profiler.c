/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counting by the kernel's function profiler: trace_stat/functionN, a table for each CPU. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter.h"

#define ENABLED "function_profile_enabled"
#define STATS	"trace_stat"

/* -- the tables -------------------------------------------------------------------------------- */

int fti_profile_parse(const char *text,
		      int (*fn)(void *arg, const char *name, size_t len, uint64_t hits), void *arg)
{
	const char *name, *line, *next;
	char *end;
	size_t len;
	uint64_t hits;
	int err = 0;

	/* Headings have a word where the number is. */
	for (line = text; *line && !err; line = *next ? next + 1 : next) {
		next = strchrnul(line, '\n');
		name = line + strspn(line, " \t");
		len = strcspn(name, " \t\n");
		line = name + len + strspn(name + len, " \t");
		if (!len || *line < '0' || *line > '9')
			continue;
		errno = 0;
		hits = strtoull(line, &end, 10);
		if (!errno && (*end == ' ' || *end == '\t' || *end == '\n' || !*end))
			err = fn(arg, name, len, hits);
	}
	return err;
}

static int compare_cut(const char *name, size_t len, const char *full)
{
	int order = strncmp(name, full, len);

	return order ? order : len < FTI_PROFILE_NAME && full[len] ? -1 : 0;
}

/* Sources are in order of their names, of which the first characters tell one from another. */
static struct fti_source *find(struct ft_counter *c, const char *name, size_t len)
{
	size_t low = 0, high = c->kernel_count, mid;
	int order;

	while (low < high) {
		mid = (low + high) / 2;
		order = compare_cut(name, len, c->sources[mid].name);
		if (!order)
			return &c->sources[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/* A name that the list did not have: the kernel may choose another one of an address. */
static struct fti_source *add_unlisted(struct ft_counter *c, const char *name, size_t len)
{
	char text[FTI_PROFILE_NAME + 1];

	snprintf(text, sizeof(text), "%.*s", (int)len, name);
	for (size_t i = c->kernel_count; i < c->source_count; i++) {
		if (!strcmp(c->sources[i].name, text))
			return &c->sources[i];
	}
	return fti_source_add(c, &(struct fti_source){ .name = text }) ? NULL :
	       &c->sources[c->source_count - 1];
}

int fti_profile_count(struct ft_counter *c, const char *name, size_t len, uint64_t hits)
{
	struct fti_source *s = find(c, name, len);

	if (!s)
		s = add_unlisted(c, name, len);
	if (!s)
		return -ENOMEM;
	s->count += hits;
	return 0;
}

static int on_row(void *arg, const char *name, size_t len, uint64_t hits)
{
	return fti_profile_count(arg, name, len, hits);
}

static int only_functions(const struct dirent *d)
{
	return !strncmp(d->d_name, "function", 8) && d->d_name[8] >= '0' && d->d_name[8] <= '9';
}

static int read_tables(struct ft_counter *c, struct ft_session *s)
{
	char path[512], *text;
	struct dirent **list;
	int n, err = 0;

	for (size_t i = 0; i < c->source_count; i++)
		c->sources[i].count = 0;
	snprintf(path, sizeof(path), "%s/" STATS, ft_session_tracefs(s));
	n = scandir(path, &list, only_functions, NULL);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; free(list[i++])) {
		if (err)
			continue;
		snprintf(path, sizeof(path), STATS "/%.32s", list[i]->d_name);
		text = ft_session_read_global(s, path);
		err = text ? fti_profile_parse(text, on_row, c) : -errno;
		free(text);
	}
	free(list);
	return err;
}

/* -- the rung ---------------------------------------------------------------------------------- */

static bool file_is(const struct ft_session *s, const char *file, const char *value)
{
	char *now = ft_session_read_global(s, file);
	bool is = now && !strcmp(now, value);

	free(now);
	return is;
}

/* It needs the top level: where that is in use, another way is better than an error. */
static bool at_rest(const struct ft_session *s)
{
	return file_is(s, "current_tracer", "nop") && file_is(s, ENABLED, "0") &&
	       file_is(s, "tracing_on", "1") && file_is(s, "events/enable", "0");
}

const char *fti_profile_alike(const struct ft_counter *c)
{
	for (size_t i = 1; i < c->kernel_count; i++) {
		if (!strncmp(c->sources[i - 1].name, c->sources[i].name, FTI_PROFILE_NAME))
			return c->sources[i].name;
	}
	return NULL;
}

static bool fits(const struct ft_counter *c, const struct ft_run *r, char *why)
{
	const char *same;

	if (!ft_session_has_global(r->session, ENABLED))
		snprintf(why, FTI_WHY_SIZE, "this kernel has no function profiler "
			 "(CONFIG_FUNCTION_PROFILER)");
	else if (c->has[FT_TARGET_USER] || c->has[FT_TARGET_TRACEPOINT])
		snprintf(why, FTI_WHY_SIZE, "the function profiler knows only kernel functions");
	else if (c->task || c->config.by_pid)
		snprintf(why, FTI_WHY_SIZE, "the function profiler counts all processes together");
	else if (c->names_only)
		snprintf(why, FTI_WHY_SIZE, "the kernel does not let functions be chosen");
	else if ((same = fti_profile_alike(c)))
		snprintf(why, FTI_WHY_SIZE, "the function profiler cuts names, and several "
			 "begin like '%.64s'", same);
	else if (c->config.method == FT_COUNTER_AUTO && !at_rest(r->session))
		snprintf(why, FTI_WHY_SIZE, "the function profiler needs the top level of tracing, "
			 "which is in use");
	else
		return true;
	return false;
}

static void plan(struct ft_run *r, const struct ft_counter *c)
{
	(void)c;
	r->top = true;
	r->systems = fti_no_systems;
}

static int setup(struct ft_counter *c, struct ft_run *r)
{
	int err;

	if (!file_is(r->session, ENABLED, "0"))
		return ft_fail(r->session, -EBUSY, "the function profiler is in use "
			       "('" ENABLED "')");
	err = fti_counter_filter(c, r->session);
	return err ? err : ft_session_set_global(r->session, ENABLED, "1");
}

static int read_rows(struct ft_counter *c, struct ft_run *r)
{
	int err = read_tables(c, r->session);

	return err ? ft_fail(r->session, err, "cannot read '" STATS "': %s", strerror(-err)) : 0;
}

static int ready(struct ft_counter *c, struct ft_run *r)
{
	int err = read_rows(c, r);

	r->no_recording = true;
	for (size_t i = 0; i < c->source_count; i++)
		c->sources[i].last = c->sources[i].count;
	return err;
}

static int rows(struct ft_counter *c, struct ft_run *r)
{
	int err = read_rows(c, r);

	return err ? err : fti_counter_source_rows(c);
}

const struct fti_rung fti_rung_profiler = {
	.name = "profiler",
	.way = "the kernel's function profiler",
	.fits = fits,
	.plan = plan,
	.setup = setup,
	.ready = ready,
	.rows = rows,
};
