/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * counter-trace: counting records, between what is recorded and what is made of it.
 */
#ifndef FTI_COUNTER_TRACE_H
#define FTI_COUNTER_TRACE_H

#include "counter.h"
#include "processes.h"

struct fti_counter_trace {
	struct ft_count	  *sums;	/* by function's address or event's id, and process */
	const struct ft_symbols *symbols;
	struct ft_follow  *functions, *events;
	const char	 **systems;
	uint32_t	  *source;	/* by id: number of the source + 1; 0: not to be counted */
	int		   function_id;
	struct ft_field	   ip;
	struct fti_processes *processes;	/* by_pid */
};

/* "system:event" in two; returns the event, within text. */
const char *fti_event_split(const char *text, char *system, size_t size);

/* What the records are that it counts. */
int fti_counter_trace_find(struct ft_counter *c, const struct ft_events *evs, const char *tracefs);
int fti_counter_trace_ready(struct ft_counter *c, struct ft_run *r);
int fti_counter_trace_rows(struct ft_counter *c, struct ft_run *r);

#endif
