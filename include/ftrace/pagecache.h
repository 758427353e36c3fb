/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pagecache: hits and misses of the page cache, by the best way that the kernel has.
 *
 *	reads		reads tell their pages and the file's size (6.6+ with BTF): exact
 *	folios		the kernel's marks of folios that were used, counted (5.16+)
 *	pages		its marks of pages that were used, counted (up to 5.15)
 *	tracepoints	reads tell what they ask for (6.12+): needs no kprobes
 *
 * The one rule: a tool calls ft_pagecache_plan(), _setup(), _ready(), _event() and _loss() from its
 * callbacks of these names, and ft_pagecache_counts() whenever it wants what came since the last
 * time.
 */
#ifndef FTRACE_PAGECACHE_H
#define FTRACE_PAGECACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ftrace/follow.h"
#include "ftrace/tool.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_pagecache;

enum ft_pagecache_method {
	FT_PAGECACHE_AUTO,	/* the first of these that can */
	FT_PAGECACHE_READS,
	FT_PAGECACHE_FOLIOS,
	FT_PAGECACHE_PAGES,
	FT_PAGECACHE_TRACEPOINTS,
};

struct ft_pagecache_config {
	enum ft_pagecache_method method;
	const struct ft_follow_opt *tasks;	/* whose; none: all, or the command's */
	bool by_file;				/* for ft_pagecache_files() */
};

/* "reads" to its number, or -EINVAL. */
int ft_pagecache_method(const char *name);

/*
 * Choose the way.  What config points to must outlive *out.  0, or -EOPNOTSUPP with the sentence
 * set when there is none here, or not this one.
 */
int ft_pagecache_plan(struct ft_pagecache **out, struct ft_run *r,
		      const struct ft_pagecache_config *config);
void ft_pagecache_free(struct ft_pagecache *c);

int ft_pagecache_setup(struct ft_pagecache *c, struct ft_run *r);
int ft_pagecache_ready(struct ft_pagecache *c, struct ft_run *r);
void ft_pagecache_event(struct ft_pagecache *c, const struct ft_event *e);
void ft_pagecache_loss(struct ft_pagecache *c, int cpu);

/* What the kernel told, by the names of its functions and tracepoints. */
struct ft_pagecache_raw {
	const char *name;
	uint64_t    count;
};

#define FT_PAGECACHE_RAW 6

struct ft_pagecache_counts {
	uint64_t hits, misses;	/* pages (or folios, ft_pagecache_name()); valid if why is NULL */
	uint64_t dirties;	/* pages (from 5.16 on folios) that became dirty */
	const char *why;	/* why hits and misses cannot be told; static */
	uint64_t missed;	/* hits of a kprobe that were not counted */
	struct ft_pagecache_raw raw[FT_PAGECACHE_RAW];	/* ends with a NULL name, if not full */
};

/* Since the last time.  0, or -errno with the sentence set. */
int ft_pagecache_counts(struct ft_pagecache *c, struct ft_run *r, struct ft_pagecache_counts *out);

/* Were folios of several pages added, so that folios and pages are not the same number? */
bool ft_pagecache_large(const struct ft_pagecache *c);

struct ft_pagecache_file {
	uint64_t ino;
	uint32_t dev;		/* ft_disk_major(), ft_disk_minor() */
	uint64_t hits, misses;	/* hits only where they are known */
};

/*
 * The files with the most misses since the last time, at most top; *out is malloc()ed.  Their
 * number, or -ENOMEM.
 */
ssize_t ft_pagecache_files(struct ft_pagecache *c, size_t top, struct ft_pagecache_file **out);
/* Are their hits known? */
bool ft_pagecache_file_hits(const struct ft_pagecache *c);

/* The way taken: "reads".  Static. */
const char *ft_pagecache_name(const struct ft_pagecache *c);

/*
 * A path of the file that has this number on this device, if its file system can be asked by that
 * (ext4 and others, but neither XFS nor btrfs) and is mounted here.  0, or -ENOENT.
 */
int ft_pagecache_path(uint32_t dev, uint64_t ino, char *path, size_t size);

#ifdef __cplusplus
}
#endif
#endif
