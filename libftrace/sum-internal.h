/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sum-internal: what sum.c adds up and sum-print.c prints.
 */
#ifndef FTI_SUM_INTERNAL_H
#define FTI_SUM_INTERNAL_H

#include "intern.h"
#include "sum.h"

enum fti_sum_kind {
	FTI_SUM_UNSET, FTI_SUM_UNSIGNED, FTI_SUM_SIGNED, FTI_SUM_HEX, FTI_SUM_STRING
};

/* Where the keys of a type of event come from. */
struct fti_sum_from {
	enum fti_sum_source  from[FTI_SUM_KEYS];
	struct ft_show_field field[FTI_SUM_KEYS];
	const char	    *event;
};

struct fti_sum {
	struct fti_sum_spec spec;
	struct ft_comms	   *comms;
	enum fti_sum_kind   kind[FTI_SUM_KEYS];
	struct fti_sum_from *sources;
	size_t		    source_count;
	uint16_t	   *by_type;	/* 1...: source; 0: none */
	struct ft_count	   *count;
	struct fti_strings *strings;
	struct ft_histogram *histogram;
	uint64_t	    other;
};

#endif
