/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways to see the page cache, and what each records. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ftrace/kernel.h"
#include "pagecache.h"

#define GET_PAGES "events/filemap/mm_filemap_get_pages"

/* An event that no record passes: the kernel counts the hits of its probe all the same. */
#define NOTHING "common_type == 0"

const struct fti_pagecache_way fti_pagecache_ways[] = {
	{
		.method = FT_PAGECACHE_READS,
		.name = "reads",
		.way = "pages that reads take, by a probe that knows the file's size",
		.function = "filemap_get_pages",
		/* A field by its path: the kernel looks up where it is (BTF). */
		.args = "pos=iocb->ki_pos:u64 count=count:u64 "
			"size=iocb->ki_filp->f_mapping->host->i_size:u64 "
			"i_ino=iocb->ki_filp->f_mapping->host->i_ino:u64 "
			"s_dev=iocb->ki_filp->f_mapping->host->i_sb->s_dev:u32",
		.exact = true,
	}, {
		.method = FT_PAGECACHE_FOLIOS,
		.name = "folios",
		.way = "folios that the kernel marks as used, by a probe whose hits it counts",
		.function = "folio_mark_accessed",
	}, {
		.method = FT_PAGECACHE_PAGES,
		.name = "pages",
		.way = "pages that the kernel marks as used, by a probe whose hits it counts",
		.function = "mark_page_accessed",
	}, {
		.method = FT_PAGECACHE_TRACEPOINTS,
		.name = "tracepoints",
		.way = "pages that reads ask for, beyond the end of the file too, by tracepoints",
		.exact = true,
	},
	{ .name = NULL },
};

int ft_pagecache_method(const char *name)
{
	for (const struct fti_pagecache_way *w = fti_pagecache_ways; w->name; w++) {
		if (!strcmp(w->name, name))
			return w->method;
	}
	return -EINVAL;
}

/* -- choosing ---------------------------------------------------------------------------------- */

/* NULL, or why not. */
static const char *hindrance(const struct fti_pagecache_way *w, const struct ft_run *r)
{
	const struct ft_session *s = r->session;

	if (!w->function)
		return ft_session_has_global(s, GET_PAGES) ? NULL :
		       "this kernel has no tracepoint of reads (6.12 and later have)";
	if (!ft_session_has_global(s, "kprobe_events"))
		return "this kernel has no kprobe events (CONFIG_KPROBE_EVENTS)";
	if (w->args && !ft_kernel_readme_has(ft_session_tracefs(s), "<argname>[->field"))
		return "probes of this kernel do not know fields by name (6.6 and later do, "
		       "with CONFIG_PROBE_EVENTS_BTF_ARGS)";
	return NULL;
}

/* From 5.16 on the function of pages is there for old callers alone: few uses are its hits. */
static int check_pages(const struct fti_pagecache_way *w, struct ft_run *r)
{
	struct ft_function_match m;

	if (w->method != FT_PAGECACHE_PAGES ||
	    ft_kernel_match_functions(ft_session_tracefs(r->session), "folio_mark_accessed", &m) ||
	    !m.count)
		return 0;
	return ft_fail(r->session, -EOPNOTSUPP, "cannot count by 'pages': this kernel marks folios "
		       "instead (--method folios)");
}

const struct fti_pagecache_way *fti_pagecache_next(const struct ft_pagecache *c,
						   const struct ft_run *r)
{
	const struct fti_pagecache_way *w = c->way ? c->way + 1 : fti_pagecache_ways;

	for (; w->name && !c->config.method; w++) {
		const char *why = hindrance(w, r);

		if (!why)
			return w;
		ft_session_say(r->session, "not counting by '%s': %s", w->name, why);
	}
	return NULL;
}

const struct fti_pagecache_way *fti_pagecache_choose(struct ft_pagecache *c, struct ft_run *r)
{
	const struct fti_pagecache_way *w = fti_pagecache_ways;
	const char *why = NULL;

	if (!ft_session_has_global(r->session, "events/filemap/mm_filemap_add_to_page_cache"))
		why = "this kernel has no tracepoint filemap:mm_filemap_add_to_page_cache";
	if (!why && !c->config.method) {
		w = fti_pagecache_next(c, r);
		why = w ? NULL : "this kernel has neither kprobe events (CONFIG_KPROBE_EVENTS) nor "
				 "the tracepoints of 6.12";
	} else if (!why) {
		while (w->method != c->config.method)
			w++;
		why = hindrance(w, r);
	}
	if (why && c->config.method)
		ft_fail(r->session, -EOPNOTSUPP, "cannot count by '%s': %s", w->name, why);
	else if (why)
		ft_fail(r->session, -EOPNOTSUPP, "cannot count hits of the page cache: %s", why);
	if (why)
		return NULL;
	if (w->function && ft_probes_check(r->session, FT_PROBE_KERNEL))
		return NULL;
	return c->config.method && check_pages(w, r) ? NULL : w;
}

/* -- recording --------------------------------------------------------------------------------- */

static int make_probe(struct ft_pagecache *c, struct ft_run *r)
{
	const struct fti_pagecache_way *w = c->way;
	struct ft_probe_spec spec = {
		.kind = FT_PROBE_KERNEL, .event = w->name, .place = w->function, .args = w->args,
		.sole = true,
	};
	int probe;

	probe = ft_probes_try(c->probes, &spec);
	if (probe >= 0)
		return 0;
	if (c->config.method)
		return ft_fail(r->session, -EOPNOTSUPP, "cannot count by '%s': no probe on '%s': "
			       "%s", w->name, w->function, probe == -ENOENT ?
			       "this kernel has no such function" : strerror(-probe));
	ft_session_say(r->session, "not counting by '%s': no probe on '%s': %s", w->name,
		       w->function, strerror(-probe));
	return FTI_PAGECACHE_NEXT;
}

static int enable_reads(struct ft_pagecache *c, struct ft_run *r)
{
	struct ft_session *s = r->session;
	int err = 0;

	if (c->way->function)
		err = ft_session_enable_event(s, ft_probes_group(c->probes), c->way->name,
					      c->way->args || c->tasks ? NULL : NOTHING);
	else
		err = ft_session_enable_event(s, "filemap", "mm_filemap_get_pages", NULL);
	if (!err && c->way->exact && ft_session_has_global(s, "events/filemap/mm_filemap_fault")) {
		err = ft_session_enable_event(s, "filemap", "mm_filemap_fault", NULL);
		if (!err)
			err = ft_session_enable_event(s, "filemap", "mm_filemap_map_pages", NULL);
	}
	return err;
}

int fti_pagecache_record(struct ft_pagecache *c, struct ft_run *r)
{
	struct ft_session *s = r->session;
	int err = c->way->function ? make_probe(c, r) : 0;

	if (err)
		return err;
	c->dirty_event = ft_session_has_global(s, "events/writeback/writeback_dirty_folio") ?
			 "writeback_dirty_folio" : "writeback_dirty_page";
	err = ft_follow_set(&c->follow, s, FT_FOLLOW_EVENTS, c->config.tasks, r->command_pid);
	if (!err)
		err = ft_session_enable_event(s, "filemap", "mm_filemap_add_to_page_cache", NULL);
	if (!err)
		err = ft_session_enable_event(s, "writeback", c->dirty_event, NULL);
	return err ? err : enable_reads(c, r);
}
