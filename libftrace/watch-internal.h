/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * watch-internal: the parts of ft_watch: rows (watch-row.c), sums (sum.c), sums in the kernel
 * (watch-hist.c).
 */
#ifndef FTI_WATCH_INTERNAL_H
#define FTI_WATCH_INTERNAL_H

#include "ftrace/line.h"
#include "ftrace/stack.h"
#include "ftrace/usym.h"
#include "ftrace/watch.h"
#include "sum.h"

struct fti_watched {
	char *system, *event;
	char *name;	/* "SYSTEM:EVENT", as ft_events_open() takes it */
	bool  named, unfiltered;
	const struct ft_show_event *ev;	/* while planning */
};

/* With stacks, an event as data is held until its stack comes, the next record of its CPU. */
struct fti_held {
	bool	 held;
	struct ft_event e;
	unsigned char *data;
	size_t	 room;
};

struct ft_watch {
	struct ft_run		  *r;
	const struct ft_watch_opt *opt;
	struct fti_watched	  *events;
	size_t			   count;
	const char		 **systems;	/* ends with NULL */
	bool			   text, sums, symbols_wanted;
	unsigned int		   off;		/* intervals since a trigger did so */
	bool			   in_kernel;	/* hist triggers count */
	unsigned char		  *watched;	/* a bit for each type */
	const struct ft_symbols	  *symbols;
	struct ft_comms		  *comms;
	struct ft_line		  *line;
	struct ft_show		  *show;
	struct ft_stacks	  *stacks;
	struct ft_usyms		  *usyms;	/* user_stacks */
	struct ft_ustacks	  *ustacks;
	struct ft_watch_hooks	   hooks;
	struct ft_follow	  *follow;
	struct fti_sum		  *sum;
	struct ft_count		  *before;	/* in_kernel: as last shown */
	uint64_t		   dropped;	/* in_kernel: as last told */
	struct fti_held		  *held;	/* by CPU */
	int			   held_room;
};

/* watch-opt.c: do the options ask for sums, and for which; -EINVAL with why. */
bool fti_watch_sums(const struct ft_watch_opt *opt);
int fti_watch_sum(struct fti_sum_spec *spec, const struct ft_watch_opt *opt, char why[128]);

/* "traceoff[:N] [if FILTER]" and the like.  */
bool fti_watch_trigger_ok(const struct ft_watch_opt *opt);
const char *fti_watch_trigger_filter(const char *text);	/* NULL: none */
bool fti_watch_stack_trigger(const struct ft_watch_opt *opt);
bool fti_watch_snapshot_trigger(const struct ft_watch_opt *opt);

void fti_watched_free(struct fti_watched *e);	/* what it points to */

/* "sched:sched_switch", of a probe "vfs_read". */
const char *fti_watched_name(const struct ft_watch *w, const struct fti_watched *e);

/* watch-plan.c: "cannot filter 'sched:sched_switch': ...", a caret below; filter NULL: "sum up" */
int fti_watch_refuse(struct ft_watch *w, const struct fti_watched *e, const char *filter,
		     const struct ft_filter_error *error);

/* watch-enable.c: also, can this kernel take snapshots; record, and have one taken; was it */
int fti_watch_enable(struct ft_watch *w);
int fti_watch_snapshot_check(const struct ft_watch *w);
int fti_watch_snapshot_arm(struct ft_watch *w);
bool fti_watch_snapshot_taken(const struct ft_watch *w);

/* watch-row.c */
int fti_watch_row(struct ft_watch *w, const struct ft_event *e);
int fti_watch_stack(struct ft_watch *w, const struct ft_event *e);
bool fti_watch_is_stack(const struct ft_watch *w, const struct ft_event *e);
int fti_watch_rows_lost(struct ft_watch *w, int cpu);
int fti_watch_rows_end(struct ft_watch *w);
void fti_watch_rows_free(struct ft_watch *w);

/* watch-hist.c: can the kernel count this; have it counted; what it has counted since last time. */
bool fti_watch_hist_can(const struct ft_watch *w);
int fti_watch_hist_setup(struct ft_watch *w);
int fti_watch_hist_read(struct ft_watch *w);

#endif
