/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * block-internal: the events of the block layer, and what each means.
 */
#ifndef FTI_BLOCK_INTERNAL_H
#define FTI_BLOCK_INTERNAL_H

#include "block-table.h"

/* A record of a block event, loaded. */
struct fti_block_record {
	const struct ft_event *e;
	uint64_t sector;
	uint32_t dev, sectors;
	uint64_t bytes;
	int	 error;
	char	 rwbs[FT_BLOCK_RWBS];
	char	 comm[FT_COMM_SIZE];
};

struct fti_block_point;

/* Where the last I/O of a device ended. */
#define FTI_BLOCK_PLACES 256

struct fti_block_place {
	bool	 known;
	uint32_t dev;
	uint64_t end;
};

struct ft_block {
	struct ft_block_config	config;
	struct fti_block_table *table;
	struct ft_block_stats	stats;	/* but for those of the table */
	struct ft_follow       *follow;
	struct ft_disk		disk;	/* config.opt->device */
	char		       *filter;	/* NULL: none */
	bool			has_merges;	/* the kernel tells when requests merge */
	struct fti_block_point *points;	/* those that are used */
	size_t			count;
	struct fti_block_place	places[FTI_BLOCK_PLACES];
};

/* The events of a configuration, without what needs a session. */
int fti_block_new(struct ft_block **out, const struct ft_block_config *config);

/* Find the events and their fields; what is missing that is needed in *why ("event
 * 'block_rq_issue'"). */
int fti_block_fields(struct ft_block *b, const struct ft_events *evs, const char **why);

/* The kernel's filter of the events: of one device, or for bios of those that have only these. */
int fti_block_filter(struct ft_block *b, const char *sysfs, char *why);

/* What an event does; 0, or as on_event() is to return. */
typedef int fti_block_handler(struct ft_block *b, const struct fti_block_record *r);

fti_block_handler fti_block_insert, fti_block_issue, fti_block_complete, fti_block_requeue,
		  fti_block_merge, fti_block_frontmerge, fti_block_bio_queue,
		  fti_block_bio_complete;

#endif
