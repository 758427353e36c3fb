/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * histogram: how a number is distributed: powers of two, and mean, deviation, percentiles.
 *
 * The one rule: memory is fixed and adding never fails; values are kept to one part in 128 (exactly
 * below 256), count, minimum, maximum and mean exactly.
 */
#ifndef FTRACE_HISTOGRAM_H
#define FTRACE_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ft_histogram;

int ft_histogram_new(struct ft_histogram **out);	/* -ENOMEM */
void ft_histogram_free(struct ft_histogram *h);
void ft_histogram_clear(struct ft_histogram *h);

/* Numbers are int64_t; unsigned ones above its range count as its largest. */
void ft_histogram_add(struct ft_histogram *h, int64_t v);
void ft_histogram_add_many(struct ft_histogram *h, int64_t v, uint64_t times);

/* All but count are 0 when there is none. */
struct ft_histogram_stats {
	uint64_t count;
	int64_t	 min, max;
	double	 mean, stddev;	/* of all, not of a sample */
};

void ft_histogram_stats(const struct ft_histogram *h, struct ft_histogram_stats *out);

/* The smallest value that so many of a thousand are not above: 500 is the median. */
int64_t ft_histogram_permille(const struct ft_histogram *h, unsigned int permille);

/* Powers of two, as bcc shows them: 0 -> 1, 2 -> 3, 4 -> 7, ...; -1 -> -1, -3 -> -2, ... below. */
struct ft_histogram_row {
	int64_t	 low, high;
	uint64_t count;
};

#define FT_HISTOGRAM_ROWS 128

/* From the lowest to the highest that has one, empty ones between; their number. */
size_t ft_histogram_rows(const struct ft_histogram *h,
			 struct ft_histogram_row rows[FT_HISTOGRAM_ROWS]);

/* "****      ", width characters for most; at least one character where count is not 0. */
#define FT_HISTOGRAM_BAR_MAX 128
void ft_histogram_bar(uint64_t count, uint64_t most, unsigned int width,
		      char bar[FT_HISTOGRAM_BAR_MAX]);

/* A line for each row, as bcc shows them, "    4 -> 7    : 12    |****    |", and the one above them:
 * not terminated; their length. */
#define FT_HISTOGRAM_LINE_MAX 256
size_t ft_histogram_head(const char *unit, char line[FT_HISTOGRAM_LINE_MAX]);
size_t ft_histogram_line(const struct ft_histogram_row *row, uint64_t most,
			 char line[FT_HISTOGRAM_LINE_MAX]);

/* The same as perf-tools draw it: "####      ", begun characters whole. */
void ft_histogram_hashes(uint64_t count, uint64_t most, unsigned int width,
			 char bar[FT_HISTOGRAM_BAR_MAX]);

/* -- ranges chosen beforehand, to which numbers are counted exactly --------------------------- */

/* Each range has the numbers from its low to below its high; their low is the high before. */
struct ft_scale {
	uint64_t unit;		/* not 0.  Powers of two of it: 0 -> 1 unit, 1 -> 2, 2 -> 4, ... */
	bool	 linear;	/* or multiples: 0 -> 1 unit, 1 -> 2, 2 -> 3, ... */
};

#define FT_SCALE_MAX 400

/* The number of the range that a number falls into, below FT_SCALE_MAX: the last has all above. */
unsigned int ft_scale_index(const struct ft_scale *scale, uint64_t v);

/* What falls into a range; *high is UINT64_MAX where nothing is above. */
void ft_scale_range(const struct ft_scale *scale, unsigned int index, uint64_t *low,
		    uint64_t *high);

#ifdef __cplusplus
}
#endif
#endif
