/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * block: I/O of block devices, from the requests' (or bios') events put together.
 *
 * The one rule: a tool calls ft_block_plan(), _setup(), _ready(), _event() and _loss() from its
 * callbacks of these names, and gets each I/O in config.on_io() once, when it has completed.  An
 * I/O of which events may have been lost is never given; what was left out is counted.  Memory is
 * bounded.
 */
#ifndef FTRACE_BLOCK_H
#define FTRACE_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "ftrace/disk.h"
#include "ftrace/follow.h"
#include "ftrace/task.h"
#include "ftrace/tool.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_block;

enum ft_block_what {
	FT_BLOCK_REQUESTS,	/* requests, when they have completed */
	FT_BLOCK_ISSUES,	/* requests, when they go to the device: no end, no error */
	FT_BLOCK_BIOS,		/* bios of devices which have no requests: dm, md, zram */
};

#define FT_BLOCK_NO_SECTOR UINT64_MAX	/* a flush, or a command that is no read or write */
#define FT_BLOCK_RWBS	   16

/* One I/O; valid during the callback.  Times are of the trace clock. */
struct ft_block_io {
	uint64_t start_ns;	/* inserted with config.queue (issued if it never waited), or
				 * issued; of a bio: queued */
	uint64_t insert_ns;	/* config.queue: put into a queue; 0: it never waited */
	uint64_t issue_ns;	/* given to the device; the last time, if it came back (requeued) */
	uint64_t end_ns;	/* completed; never before start_ns.  0 with FT_BLOCK_ISSUES */
	uint64_t sector;	/* of 512 bytes, from the start of the disk; FT_BLOCK_NO_SECTOR */
	uint64_t bytes;
	uint32_t dev;		/* ft_disk_major(), _minor(); the whole disk */
	uint32_t requeues;
	int	 tid;		/* the thread at start_ns: who asked, or one of the kernel */
	int	 cpu;		/* likewise */
	int	 error;		/* 0, a negative errno, or a positive number of the driver's own */
	bool	 sequential;	/* it begins where the one issued before it to this device ended */
	char	 rwbs[FT_BLOCK_RWBS];	/* type as the kernel writes it: "R", "WS", "FF", "D" */
	char	 comm[FT_COMM_SIZE];	/* of tid then; may be "" */
};

/* What several tools let their users choose. */
struct ft_block_opt {
	const char *device;	/* as ft_disk_find() takes it */
	const char *type;	/* pattern of rwbs */
};

/* Their rows in a tool's table; opt_ is a struct ft_block_opt. */
#define FT_BLOCK_OPTIONS(opt_)								\
	FT_ARG('d', "device", FT_OPT_STRING, &(opt_).device, "DEVICE",			\
	       "only this device: a name, or MAJOR,MINOR",),				\
	FT_ARG('i', "type", FT_OPT_STRING, &(opt_).type, "IOTYPE",			\
	       "only types that match this pattern: '*R*' for all reads",)

struct ft_block_config {
	enum ft_block_what what;
	const struct ft_block_opt *opt;
	bool queue;		/* I/Os start when they are inserted into a queue */
	/* Whose I/Os, by the thread at their start; NULL: all, or those of the command. */
	const struct ft_follow_opt *tasks;
	const char *comm;	/* part of the thread's name, or a pattern of it; NULL: any */
	/* 0, or as on_event() is to return. */
	int (*on_io)(void *arg, const struct ft_block_io *io);
	void *arg;
};

/* Every I/O that was seen to start is in one of the first four, or was merged. */
struct ft_block_stats {
	uint64_t ios;		/* given to on_io(), or left out as config says */
	uint64_t open;		/* not completed so far */
	uint64_t dropped;	/* open while events of any CPU were lost: not given */
	uint64_t evicted;	/* forgotten, being the oldest of too many */
	uint64_t unmatched;	/* completions of what began before the trace, or was lost */
	uint64_t duplicate;	/* two at one place at a time: which ended first is a guess */
	uint64_t backwards;	/* completed before they began: time ran backwards */
	uint64_t requeued, partial, merged;
	uint64_t direct;	/* config.queue: issued without being inserted */
};

/*
 * What is needed is checked and chosen; r->systems is set.  What config points to must outlive
 * *out.
 * 0, or with the sentence set -EINVAL for what was asked, -EOPNOTSUPP for what the kernel lacks.
 */
int ft_block_plan(struct ft_block **out, struct ft_run *r, const struct ft_block_config *config);
void ft_block_free(struct ft_block *b);

int ft_block_setup(struct ft_block *b, struct ft_run *r);
int ft_block_ready(struct ft_block *b, struct ft_run *r);
int ft_block_event(struct ft_block *b, const struct ft_event *e);
void ft_block_loss(struct ft_block *b, int cpu);

/* What failed: "EIO", "driver error 2"; "" when nothing did. */
#define FT_BLOCK_ERROR 32
const char *ft_block_error(const struct ft_block_io *io, char buf[FT_BLOCK_ERROR]);

/* After plan(): the device that was asked for, NULL: all; and the filter of the events ("dev == 1
 * && rwbs ~ \"*R*\""), NULL: none.  Owned by b. */
const struct ft_disk *ft_block_disk(const struct ft_block *b);
const char *ft_block_filter(const struct ft_block *b);

void ft_block_stats(const struct ft_block *b, struct ft_block_stats *out);

/* At the end: what was left out, and why, on stderr; nothing when nothing was. */
void ft_block_report(const struct ft_block *b, const struct ft_run *r);

#ifdef __cplusplus
}
#endif
#endif
