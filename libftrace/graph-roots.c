/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/graph.h"

#define RECORD_MAX 512	/* a graph record with arguments (6.19+) is far shorter */

struct format {
	int		id;
	struct ft_field func, depth;
};

/* A task within an outermost call that was not asked for. */
struct stray {
	int task;	/* its thread ID; CPUs' idle tasks, which all have 0, are below that */
	int base;	/* depth of the call asked for that it is in; -1: in none */
};

struct ft_graph_roots {
	const struct ft_symbols *syms;
	struct format	entry[2], exit;
	char	       *text;
	const char    **names;		/* sorted, in text */
	size_t		count;
	struct stray   *strays;		/* sorted by task */
	size_t		stray_count, stray_room;
	unsigned char	data[RECORD_MAX];
};

/* -- names ------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Lines "NAME" and "NAME [MODULE]". */
static int parse_names(struct ft_graph_roots *r, const char *names)
{
	size_t lines = 1;
	char *line, *save;

	for (const char *p = names; *p; p++)
		lines += *p == '\n';
	r->text = strdup(names);
	r->names = calloc(lines, sizeof(*r->names));
	if (!r->text || !r->names)
		return -ENOMEM;
	for (line = strtok_r(r->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		line[strcspn(line, " \t")] = 0;
		r->names[r->count++] = line;
	}
	qsort(r->names, r->count, sizeof(*r->names), by_name);
	return 0;
}

/* The kernel names them by the same table, so the names are the same; one that has none may be. */
static bool asked(const struct ft_graph_roots *r, uint64_t func)
{
	struct ft_symbol symbol;

	return !ft_symbol_lookup(r->syms, func, &symbol) ||
	       bsearch(&symbol.name, r->names, r->count, sizeof(*r->names), by_name);
}

/* -- strays ------------------------------------------------------------------------------------ */

static int task_of(const struct ft_event *e)
{
	return e->tid ? e->tid : -1 - e->cpu;
}

/* Where the task is, or would be. */
static size_t find(const struct ft_graph_roots *r, int task)
{
	size_t from = 0, to = r->stray_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (r->strays[middle].task < task)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static void forget(struct ft_graph_roots *r, size_t i)
{
	r->stray_count--;
	memmove(&r->strays[i], &r->strays[i + 1], (r->stray_count - i) * sizeof(*r->strays));
}

/* Without memory it is shown. */
static bool note(struct ft_graph_roots *r, size_t i, int task)
{
	size_t room = r->stray_room ? r->stray_room * 2 : 32;
	struct stray *more;

	if (r->stray_count == r->stray_room) {
		more = realloc(r->strays, room * sizeof(*more));
		if (!more)
			return false;
		r->strays = more;
		r->stray_room = room;
	}
	memmove(&r->strays[i + 1], &r->strays[i], (r->stray_count - i) * sizeof(*r->strays));
	r->strays[i] = (struct stray){ task, -1 };
	r->stray_count++;
	return true;
}

/* -- events ------------------------------------------------------------------------------------ */

static const struct format *format_of(const struct ft_graph_roots *r, const struct ft_event *e)
{
	for (size_t i = 0; i < 2; i++)
		if (e->type == r->entry[i].id)
			return &r->entry[i];
	return e->type == r->exit.id ? &r->exit : NULL;
}

/* As if the call asked for were an outermost one. */
static void lift(struct ft_graph_roots *r, const struct format *f, struct ft_event *e, int64_t depth)
{
	uint32_t depth4 = (uint32_t)depth;

	if (e->size > sizeof(r->data))
		return;
	memcpy(r->data, e->data, e->size);
	if (f->depth.size == sizeof(depth))
		memcpy(r->data + f->depth.offset, &depth, sizeof(depth));
	else if (f->depth.size == sizeof(depth4))
		memcpy(r->data + f->depth.offset, &depth4, sizeof(depth4));
	e->data = r->data;
}

static bool take_entry(struct ft_graph_roots *r, const struct format *f, struct ft_event *e)
{
	int64_t depth = ft_field_s64(&f->depth, e);
	size_t i = find(r, task_of(e));
	bool stray = i < r->stray_count && r->strays[i].task == task_of(e);

	/* Its return was lost. */
	if (stray && depth == 0) {
		forget(r, i);
		stray = false;
	}
	if (!stray)
		return depth != 0 || asked(r, ft_field_u64(&f->func, e)) || !note(r, i, task_of(e));
	if (r->strays[i].base < 0) {
		if (!asked(r, ft_field_u64(&f->func, e)))
			return false;
		r->strays[i].base = (int)depth;
	}
	lift(r, f, e, depth - r->strays[i].base);
	return true;
}

static bool take_return(struct ft_graph_roots *r, struct ft_event *e)
{
	const struct format *f = &r->exit;
	int64_t depth = ft_field_s64(&f->depth, e);
	size_t i = find(r, task_of(e));
	int base;

	if (i == r->stray_count || r->strays[i].task != task_of(e))
		return depth != 0 || asked(r, ft_field_u64(&f->func, e));
	base = r->strays[i].base;
	if (depth == 0)
		forget(r, i);
	else if (depth <= base)
		r->strays[i].base = -1;
	if (base < 0 || depth < base)
		return false;
	lift(r, f, e, depth - base);
	return true;
}

bool ft_graph_roots_event(struct ft_graph_roots *r, struct ft_event *e)
{
	const struct format *f = r ? format_of(r, e) : NULL;

	if (!f || (uint32_t)f->func.offset + f->func.size > e->size ||
	    (uint32_t)f->depth.offset + f->depth.size > e->size)
		return true;
	return f == &r->exit ? take_return(r, e) : take_entry(r, f, e);
}

void ft_graph_roots_lost(struct ft_graph_roots *r)
{
	if (r)
		r->stray_count = 0;
}

/* -- life -------------------------------------------------------------------------------------- */

static bool find_format(struct format *f, const struct ft_events *evs, const char *event)
{
	f->id = ft_event_id(evs, "ftrace", event);
	ft_field_find(evs, "ftrace", event, "func", &f->func);
	ft_field_find(evs, "ftrace", event, "depth", &f->depth);
	if (f->id >= 0 && ft_field_ok(&f->func) && ft_field_ok(&f->depth))
		return true;
	f->id = -1;
	return false;
}

int ft_graph_roots_new(struct ft_graph_roots **out, const struct ft_events *evs,
		       const struct ft_symbols *syms, const char *names)
{
	struct ft_graph_roots *r = calloc(1, sizeof(*r));
	int err;

	*out = NULL;
	if (!r)
		return -ENOMEM;
	r->syms = syms;
	find_format(&r->entry[1], evs, "fgraph_retaddr_entry");
	err = find_format(&r->entry[0], evs, "funcgraph_entry") &&
	      find_format(&r->exit, evs, "funcgraph_exit") ? parse_names(r, names) : -ENOENT;
	if (err) {
		ft_graph_roots_free(r);
		return err;
	}
	*out = r;
	return 0;
}

void ft_graph_roots_free(struct ft_graph_roots *r)
{
	if (!r)
		return;
	free(r->names);
	free(r->text);
	free(r->strays);
	free(r);
}
