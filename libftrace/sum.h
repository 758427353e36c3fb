/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sum: events by their fields: counted, as a histogram, as statistics.
 *
 * The one rule: fields are resolved for each type of event before the first is added; adding
 * allocates nothing but room for strings not seen before, of which there is a bound.
 */
#ifndef FTI_SUM_H
#define FTI_SUM_H

#include "ftrace/count.h"
#include "ftrace/filter.h"
#include "ftrace/histogram.h"
#include "ftrace/out.h"
#include "ftrace/show.h"
#include "ftrace/task.h"

enum fti_sum_what { FTI_SUM_COUNT, FTI_SUM_HIST, FTI_SUM_STATS };

#define FTI_SUM_KEYS	2
#define FTI_SUM_NAME	64
#define FTI_SUM_MAX	65536	/* keys, and strings */

/* What a field is asked for by; beside the event's own fields. */
enum fti_sum_source { FTI_SUM_FIELD, FTI_SUM_COMM, FTI_SUM_TID, FTI_SUM_CPU, FTI_SUM_EVENT };

struct fti_sum_spec {
	enum fti_sum_what what;
	size_t		  keys;
	char		  name[FTI_SUM_KEYS][FTI_SUM_NAME];
	uint64_t	  top;		/* 0: all */
};

/* "FIELD[,FIELD]" of --count, "FIELD" of the others.  0, or -EINVAL with why[128]. */
int fti_sum_parse(struct fti_sum_spec *spec, enum fti_sum_what what, const char *text, char *why);

/* Has this event what is to be summed?  0, or -EINVAL with *error. */
int fti_sum_check(const struct fti_sum_spec *spec, const struct ft_show_event *ev,
		  struct ft_filter_error *error);

struct fti_sum;

int fti_sum_new(struct fti_sum **out, const struct fti_sum_spec *spec, struct ft_comms *comms);
void fti_sum_free(struct fti_sum *s);

/* Events of this type are to be added.  -EINVAL: a key is a number here and a string elsewhere. */
int fti_sum_type(struct fti_sum *s, uint16_t type, const struct ft_show_event *ev);

int fti_sum_add(struct fti_sum *s, const struct ft_event *e);

/* Counted by somebody else: n events of these keys, numbers. */
void fti_sum_add_keys(struct fti_sum *s, const uint64_t key[FTI_SUM_KEYS], uint64_t n);

/* What was added since the last time, to the columns of ft_watch; rows are added to *rows. */
int fti_sum_print(struct fti_sum *s, struct ft_out *out, uint64_t now, uint64_t *rows);

#endif
