/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dist: how numbers are distributed, apart for each of a few keys (a device, a type, a name):
 * counts in ranges of a scale, and percentiles.
 *
 * The one rule: memory is bounded and adding never fails; keys that find no room are put together
 * in one group of their own.
 */
#ifndef FTRACE_DIST_H
#define FTRACE_DIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ftrace/histogram.h"
#include "ftrace/out.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_dist;

#define FT_DIST_GROUPS 256	/* some 70 kB each */
#define FT_DIST_NAME   16

/* What the parts mean is the caller's business.  The whole of it is compared: begin with { 0 }. */
struct ft_dist_key {
	uint32_t id;
	char	 a[FT_DIST_NAME], b[FT_DIST_NAME];
};

struct ft_dist_group {
	struct ft_dist_key key;
	bool	 other;			/* keys that found no room */
	uint64_t count;			/* of numbers, not 0 */
	struct ft_histogram *numbers;	/* for percentiles */
	unsigned int rows;		/* ranges in use are below */
	uint64_t counts[FT_SCALE_MAX];
};

/* -EINVAL, -ENOMEM. */
int ft_dist_new(struct ft_dist **out, const struct ft_scale *scale);
void ft_dist_free(struct ft_dist *d);

void ft_dist_add(struct ft_dist *d, const struct ft_dist_key *key, uint64_t v, uint64_t times);

/* Groups which have numbers, the one with the most first, the others at the end: their number;
 * *groups is valid until the next call. */
size_t ft_dist_groups(struct ft_dist *d, const struct ft_dist_group *const **groups);

/* Forget all numbers and keys, keep the memory. */
void ft_dist_clear(struct ft_dist *d);

/* -- showing one ------------------------------------------------------------------------------- */

struct ft_dist_view {
	const char *what;	/* "I/O" */
	const char *unit;	/* of what numbers are multiples: "ms"; at most 8 characters */
	uint64_t    per_unit;	/* numbers in one; its ranges are whole units */
};

/* The percentiles shown: those of so many permille, 500, 950, 990, 999 and 1000. */
#define FT_DIST_PERCENTILES 5
void ft_dist_percentiles(const struct ft_dist_group *g, uint64_t values[FT_DIST_PERCENTILES]);

/* Text only: its histogram as perf-tools draw it, with headings; a group without numbers is a row
 * of zero.  And its percentiles in a line.  0, or as ft_out_line(). */
int ft_dist_print(const struct ft_dist *d, const struct ft_dist_group *g,
		  const struct ft_dist_view *view, struct ft_out *out);
int ft_dist_print_percentiles(const struct ft_dist_group *g, const struct ft_dist_view *view,
			      struct ft_out *out);

/* Set a column of strings to its ranges that have numbers, from, to and count of each:
 * [[0,1000,12],[1000,2000,3]] in JSON, "0-1000:12 1000-2000:3" in CSV.  What is shown for one is
 * `per` numbers, with three decimals where that is 1000 and they are needed. */
void ft_dist_set(const struct ft_dist *d, const struct ft_dist_group *g, uint64_t per,
		 struct ft_out *out, int column);

#ifdef __cplusplus
}
#endif
#endif
