/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pagecache: what its ways share.
 */
#ifndef FTI_PAGECACHE_H
#define FTI_PAGECACHE_H

#include "ftrace/pagecache.h"
#include "ftrace/probe.h"
#include "pagecache-model.h"

#define FTI_PAGECACHE_NEXT 1	/* of setup(): this way cannot be taken, try the next */

struct fti_pagecache_event {
	int id;			/* -ENOENT: the kernel has none */
	struct ft_field dev, ino, index, last;
};

struct fti_pagecache_way {
	enum ft_pagecache_method method;
	const char *name, *way;
	const char *function;	/* that is probed; NULL: none */
	const char *args;	/* recorded; NULL: its hits are counted */
	bool exact;		/* reads tell their pages */
};

struct ft_pagecache {
	struct ft_pagecache_config config;
	const struct fti_pagecache_way *way;
	bool tasks;			/* limited to some: marks are recorded, to tell whose */
	const char *systems[6];

	struct ft_probes *probes;
	struct ft_follow *follow;
	struct fti_pages *pages;
	unsigned int page_shift;

	const char *dirty_event;
	struct fti_pagecache_event add, dirty, read, fault, map;
	struct ft_field order;		/* of add */
	struct ft_field pos, count, size;	/* of read, where that is a probe */

	uint64_t marks;			/* recorded ones; read: records of reads */
	uint64_t faults, maps;
	bool	 lost;
	struct fti_pages_sums last;	/* as told the last time */
	uint64_t last_marks, last_faults, last_maps, last_missed;
};

/* The ways in the order in which they are tried; ends with a NULL name. */
extern const struct fti_pagecache_way fti_pagecache_ways[];

/* The first that is to be tried; NULL with the sentence set.  More shows in setup(). */
const struct fti_pagecache_way *fti_pagecache_choose(struct ft_pagecache *c, struct ft_run *r);

/* May the next one be taken instead? */
const struct fti_pagecache_way *fti_pagecache_next(const struct ft_pagecache *c,
						   const struct ft_run *r);

/* Make its probe, and enable what it records.  FTI_PAGECACHE_NEXT: the kernel refuses the probe. */
int fti_pagecache_record(struct ft_pagecache *c, struct ft_run *r);

#endif
