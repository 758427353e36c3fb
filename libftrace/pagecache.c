/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pagecache.h"

/* -- plan and setup ---------------------------------------------------------------------------- */

int ft_pagecache_plan(struct ft_pagecache **out, struct ft_run *r,
		      const struct ft_pagecache_config *config)
{
	struct ft_pagecache *c = calloc(1, sizeof(*c));
	const struct ft_follow_opt *tasks = config->tasks;

	*out = c;
	if (!c)
		return ft_fail(r->session, -ENOMEM, "cannot count: %s", strerror(ENOMEM));
	c->config = *config;
	c->tasks = r->command_pid || (tasks && (tasks->pid || tasks->tid));
	c->way = fti_pagecache_choose(c, r);
	return c->way ? 0 : -EOPNOTSUPP;
}

void ft_pagecache_free(struct ft_pagecache *c)
{
	if (!c)
		return;
	ft_probes_close(c->probes);
	ft_follow_close(c->follow);
	fti_pages_free(c->pages);
	free(c);
}

static int set_systems(struct ft_pagecache *c, struct ft_run *r)
{
	size_t n = 0;

	c->systems[n++] = "filemap";
	c->systems[n++] = "writeback";
	c->systems[n++] = FT_FOLLOW_SYSTEM;
	if (c->way->function)
		c->systems[n++] = ft_probes_group(c->probes);
	c->systems[n] = NULL;
	r->systems = c->systems;
	return 0;
}

int ft_pagecache_setup(struct ft_pagecache *c, struct ft_run *r)
{
	const struct fti_pagecache_way *next;
	int err = ft_probes_open(&c->probes, r->session);

	if (err)
		return err;
	while ((err = fti_pagecache_record(c, r)) == FTI_PAGECACHE_NEXT) {
		next = fti_pagecache_next(c, r);
		if (!next)
			return ft_fail(r->session, -EOPNOTSUPP, "cannot count hits of the page "
				       "cache: no probe on '%s'", c->way->function);
		c->way = next;
	}
	if (err)
		return err;
	ft_session_say(r->session, "counting by '%s': %s", c->way->name, c->way->way);
	err = fti_pages_new(&c->pages, c->way->exact, c->config.by_file);
	return err ? err : set_systems(c, r);
}

/* -- formats ----------------------------------------------------------------------------------- */

static void find_event(const struct ft_events *evs, struct fti_pagecache_event *ev,
		       const char *system, const char *event)
{
	ev->id = ft_event_id(evs, system, event);
	ft_field_find(evs, system, event, "s_dev", &ev->dev);
	if (ft_field_find(evs, system, event, "i_ino", &ev->ino))
		ft_field_find(evs, system, event, "ino", &ev->ino);
	ft_field_find(evs, system, event, "index", &ev->index);
	ft_field_find(evs, system, event, "last_index", &ev->last);
}

static void find_read(struct ft_pagecache *c, const struct ft_events *evs)
{
	const char *system = "filemap", *event = "mm_filemap_get_pages";

	if (c->way->function) {
		system = ft_probes_group(c->probes);
		event = c->way->name;
		ft_field_find(evs, system, event, "pos", &c->pos);
		ft_field_find(evs, system, event, "count", &c->count);
		ft_field_find(evs, system, event, "size", &c->size);
	}
	find_event(evs, &c->read, system, event);
}

static int read_missed(struct ft_pagecache *c, struct ft_run *r, struct ft_probe_hits *now)
{
	int err;

	*now = (struct ft_probe_hits){ 0 };
	if (!c->way->function)
		return 0;
	err = ft_probes_hits(c->probes, now);
	return err ? ft_fail(r->session, err, "cannot read the hits of the probes: %s",
			     strerror(-err)) : 0;
}

int ft_pagecache_ready(struct ft_pagecache *c, struct ft_run *r)
{
	const struct ft_events *evs = r->events;
	struct ft_probe_hits hits = { 0 };
	int err;

	for (long size = sysconf(_SC_PAGESIZE); size > 1; size >>= 1)
		c->page_shift++;
	find_event(evs, &c->add, "filemap", "mm_filemap_add_to_page_cache");
	ft_field_find(evs, "filemap", "mm_filemap_add_to_page_cache", "order", &c->order);
	find_event(evs, &c->dirty, "writeback", c->dirty_event);
	find_event(evs, &c->fault, "filemap", "mm_filemap_fault");
	find_event(evs, &c->map, "filemap", "mm_filemap_map_pages");
	find_read(c, evs);
	if (c->add.id < 0 || !ft_field_ok(&c->add.ino) || !ft_field_ok(&c->add.index))
		return ft_fail(r->session, -EOPNOTSUPP, "cannot count hits of the page cache: the "
			       "format of filemap:mm_filemap_add_to_page_cache is not known");
	err = ft_follow_ready(c->follow, evs);
	if (!err)
		err = read_missed(c, r, &hits);
	if (!err && !c->way->args && !c->tasks)
		c->last_marks = hits.hits;
	c->last_missed = hits.missed;
	return err;
}

/* -- events ------------------------------------------------------------------------------------ */

static struct fti_file file_of(const struct fti_pagecache_event *ev, const struct ft_event *e)
{
	return (struct fti_file){
		.dev = (uint32_t)ft_field_u64(&ev->dev, e),
		.ino = ft_field_u64(&ev->ino, e),
	};
}

/* The probe tells bytes and where the file ends, the tracepoint pages. */
static void on_read(struct ft_pagecache *c, const struct ft_event *e)
{
	struct fti_file file = file_of(&c->read, e);
	uint64_t pos, end, size;

	if (!c->way->exact)
		return;
	if (!c->way->args) {
		fti_pages_read(c->pages, e->tid, e->cpu, &file, ft_field_u64(&c->read.index, e),
			       ft_field_u64(&c->read.last, e), true);
		return;
	}
	pos = ft_field_u64(&c->pos, e);
	end = pos + ft_field_u64(&c->count, e);
	size = ft_field_u64(&c->size, e);
	if (end > size)
		end = size;
	if (pos < end)
		fti_pages_read(c->pages, e->tid, e->cpu, &file, pos >> c->page_shift,
			       (end - 1) >> c->page_shift, pos & ((1ULL << c->page_shift) - 1));
}

void ft_pagecache_event(struct ft_pagecache *c, const struct ft_event *e)
{
	struct fti_file file;

	if (!ft_follow_event(c->follow, e))
		return;
	if (e->type == c->read.id) {
		c->marks++;
		on_read(c, e);
	} else if (e->type == c->add.id) {
		file = file_of(&c->add, e);
		fti_pages_add(c->pages, e->tid, e->cpu, &file, ft_field_u64(&c->add.index, e),
			      (unsigned int)ft_field_u64(&c->order, e));
	} else if (e->type == c->dirty.id) {
		fti_pages_dirty(c->pages, e->tid, ft_field_u64(&c->dirty.ino, e),
				ft_field_u64(&c->dirty.index, e));
	} else if (e->type == c->map.id) {
		c->maps++;
		file = file_of(&c->map, e);
		fti_pages_map(c->pages, e->tid, e->cpu, &file, ft_field_u64(&c->map.index, e),
			      ft_field_u64(&c->map.last, e));
	} else if (e->type == c->fault.id) {
		c->faults++;
		file = file_of(&c->fault, e);
		fti_pages_fault(c->pages, e->tid, e->cpu, &file, ft_field_u64(&c->fault.index, e));
	}
}

void ft_pagecache_loss(struct ft_pagecache *c, int cpu)
{
	c->lost = true;
	fti_pages_lost(c->pages, cpu);
}

/* -- counts ------------------------------------------------------------------------------------ */

static void raw(struct ft_pagecache_counts *out, const char *name, uint64_t count)
{
	int i = 0;

	while (i < FT_PAGECACHE_RAW && out->raw[i].name)
		i++;
	if (i < FT_PAGECACHE_RAW)
		out->raw[i] = (struct ft_pagecache_raw){ name, count };
}

static void fill_raw(const struct ft_pagecache *c, const struct fti_pages_sums *now,
		     uint64_t marks, struct ft_pagecache_counts *out)
{
	raw(out, c->way->function ? c->way->function : "mm_filemap_get_pages",
	    marks - c->last_marks);
	if (c->fault.id >= 0 && c->way->exact) {
		raw(out, "mm_filemap_fault", c->faults - c->last_faults);
		raw(out, "mm_filemap_map_pages", c->maps - c->last_maps);
	}
	raw(out, "mm_filemap_add_to_page_cache", now->added - c->last.added);
	raw(out, "for writes", now->written - c->last.written);
	raw(out, c->dirty_event, out->dirties);
}

/* A window of reading ahead at its usual size, 128 kB, may be begun and not used in an interval. */
#define AHEAD(used) (32 + (used) / 8)

static const char *why(const struct ft_pagecache *c, uint64_t used, uint64_t misses)
{
	if (c->lost)
		return "events were lost";
	if (!c->way->exact && misses > used + AHEAD(used))
		return "more pages were read in, or ahead, than were used";
	return NULL;
}

int ft_pagecache_counts(struct ft_pagecache *c, struct ft_run *r, struct ft_pagecache_counts *out)
{
	const struct fti_pages_sums *now = fti_pages_settle(c->pages);
	uint64_t marks = c->marks, used;
	struct ft_probe_hits hits;
	int err = read_missed(c, r, &hits);

	*out = (struct ft_pagecache_counts){ .misses = now->misses - c->last.misses,
		.dirties = now->dirties - c->last.dirties, .missed = hits.missed - c->last_missed };
	if (err)
		return err;
	if (c->way->function && !c->way->args && !c->tasks)
		marks = hits.hits;
	used = marks - c->last_marks;
	out->why = why(c, used, out->misses);
	if (!c->way->exact && out->misses > used)
		out->misses = used;
	out->hits = c->way->exact ? now->hits - c->last.hits : used - out->misses;
	fill_raw(c, now, marks, out);
	c->last = *now;
	c->last_marks = marks;
	c->last_faults = c->faults;
	c->last_maps = c->maps;
	c->last_missed = hits.missed;
	c->lost = false;
	return 0;
}

bool ft_pagecache_large(const struct ft_pagecache *c)
{
	return !c->way->exact && c->last.large;
}

bool ft_pagecache_file_hits(const struct ft_pagecache *c)
{
	return c->way->exact;
}

ssize_t ft_pagecache_files(struct ft_pagecache *c, size_t top, struct ft_pagecache_file **out)
{
	struct ft_count *misses = fti_pages_file_misses(c->pages);
	struct ft_count *hits = fti_pages_file_hits(c->pages);
	struct ft_count_entry *list;
	ssize_t n;

	fti_pages_settle(c->pages);
	n = ft_count_top(misses, top, &list);
	if (n < 0)
		return n;
	*out = calloc((size_t)n + 1, sizeof(**out));
	for (ssize_t i = 0; *out && i < n; i++)
		(*out)[i] = (struct ft_pagecache_file){
			.dev = (uint32_t)list[i].key[0], .ino = list[i].key[1],
			.misses = list[i].sum,
			.hits = hits ? ft_count_get(hits, list[i].key[0], list[i].key[1]) : 0,
		};
	free(list);
	ft_count_clear(misses);
	if (hits)
		ft_count_clear(hits);
	return *out ? n : -ENOMEM;
}

const char *ft_pagecache_name(const struct ft_pagecache *c)
{
	return c->way->name;
}
