/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * heatmap inside: the part of one that is drawn, row by row, and the shades.
 */
#ifndef FTI_HEATMAP_H
#define FTI_HEATMAP_H

#include "ftrace/heatmap.h"

struct ft_heatmap {
	struct ft_heatmap_config config;
	unsigned int rows;	/* of the scale */
	unsigned int used;	/* columns */
	unsigned int first;	/* the oldest, in a ring */
	bool	 begun;
	uint64_t begin_ns;	/* of the oldest column */
	uint64_t column_ns;
	uint64_t *counts;	/* [column][row] */
};

/* Its last columns, so many at most, with the rows in use, `merge` ranges of the scale to a row. */
struct fti_heatmap_part {
	const struct ft_heatmap *h;
	unsigned int columns, skipped;	/* drawn; older ones */
	unsigned int rows, lowest;	/* drawn; the first range of the lowest row */
	unsigned int merge;
	uint64_t most;			/* in a cell */
};

void fti_heatmap_part(const struct ft_heatmap *h, unsigned int columns, unsigned int height,
		      struct fti_heatmap_part *part);

/* Of a cell; row 0 is the lowest, column 0 the oldest that is drawn. */
uint64_t fti_heatmap_count(const struct fti_heatmap_part *part, unsigned int column,
			   unsigned int row);
void fti_heatmap_range(const struct fti_heatmap_part *part, unsigned int row, uint64_t *low,
		       uint64_t *high);
uint64_t fti_heatmap_begin(const struct fti_heatmap_part *part, unsigned int column);

/* Shades from 1 to `shades`, in proportion to the logarithm: few of many are to be seen.  0: none.
 * And the least count that has a shade, 0 if no count has. */
unsigned int fti_heatmap_shade(uint64_t count, uint64_t most, unsigned int shades);
uint64_t fti_heatmap_least(unsigned int shade, uint64_t most, unsigned int shades);

/* The time at which a column begins. */
void fti_heatmap_clock(const struct fti_heatmap_part *part, const struct ft_heatmap_view *view,
		       unsigned int column, char buf[16]);

#endif
