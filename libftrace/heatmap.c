/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heatmap.h"

#define LOG_ROWS 65	/* powers of two: no number has more ranges */

int ft_heatmap_new(struct ft_heatmap **out, const struct ft_heatmap_config *config)
{
	struct ft_heatmap *h;

	*out = NULL;
	if (!config->scale.unit || !config->column_ns || config->columns < 2 ||
	    config->columns > FT_HEATMAP_COLUMNS)
		return -EINVAL;
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->config = *config;
	h->rows = config->scale.linear ? FT_SCALE_MAX : LOG_ROWS;
	h->column_ns = config->column_ns;
	h->counts = calloc((size_t)config->columns * h->rows, sizeof(*h->counts));
	if (!h->counts) {
		free(h);
		return -ENOMEM;
	}
	*out = h;
	return 0;
}

void ft_heatmap_free(struct ft_heatmap *h)
{
	if (!h)
		return;
	free(h->counts);
	free(h);
}

static uint64_t *column(const struct ft_heatmap *h, unsigned int c)
{
	return &h->counts[(size_t)((h->first + c) % h->config.columns) * h->rows];
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	uint64_t v;

	return __builtin_add_overflow(a, b, &v) ? UINT64_MAX : v;
}

/* Two and two; an odd last one stays for itself.  `first` is 0 here. */
static void halve(struct ft_heatmap *h)
{
	const unsigned int half = (h->used + 1) / 2;

	for (unsigned int c = 0; c < half; c++) {
		uint64_t *to = column(h, c);

		if (c)
			memcpy(to, column(h, 2 * c), h->rows * sizeof(*to));
		if (2 * c + 1 < h->used)
			for (unsigned int r = 0; r < h->rows; r++)
				to[r] = sum(to[r], column(h, 2 * c + 1)[r]);
	}
	memset(column(h, half), 0, (size_t)(h->used - half) * h->rows * sizeof(*h->counts));
	h->used = half;
	h->column_ns *= 2;
}

static void forget(struct ft_heatmap *h, uint64_t columns)
{
	const unsigned int n = columns < h->used ? (unsigned int)columns : h->used;

	for (unsigned int c = 0; c < n; c++)
		memset(column(h, c), 0, h->rows * sizeof(*h->counts));
	h->first = (h->first + n) % h->config.columns;
	h->used -= n;
	h->begin_ns += columns * h->column_ns;
}

/* The column of a time, made if it is new. */
static unsigned int column_at(struct ft_heatmap *h, uint64_t ts_ns)
{
	uint64_t c;

	if (!h->begun) {
		h->begun = true;
		h->begin_ns = ts_ns;
	}
	c = ts_ns > h->begin_ns ? (ts_ns - h->begin_ns) / h->column_ns : 0;
	while (h->config.whole && c >= h->config.columns && h->column_ns <= UINT64_MAX / 2) {
		halve(h);
		c = (ts_ns - h->begin_ns) / h->column_ns;
	}
	if (c >= h->config.columns) {
		forget(h, c - h->config.columns + 1);
		c = h->config.columns - 1;
	}
	if (c >= h->used)
		h->used = (unsigned int)c + 1;
	return (unsigned int)c;
}

void ft_heatmap_add(struct ft_heatmap *h, uint64_t ts_ns, uint64_t v, uint64_t count)
{
	uint64_t *cell = column(h, column_at(h, ts_ns));

	cell += ft_scale_index(&h->config.scale, v);
	*cell = sum(*cell, count);
}

void ft_heatmap_advance(struct ft_heatmap *h, uint64_t ts_ns)
{
	column_at(h, ts_ns);
}

unsigned int ft_heatmap_columns(const struct ft_heatmap *h)
{
	return h->used;
}

/* -- what is drawn ----------------------------------------------------------------------------- */

uint64_t fti_heatmap_count(const struct fti_heatmap_part *part, unsigned int col, unsigned int row)
{
	const uint64_t *c = column(part->h, part->skipped + col);
	const unsigned int from = part->lowest + row * part->merge;
	uint64_t count = 0;

	for (unsigned int r = from; r < from + part->merge && r < part->h->rows; r++)
		count = sum(count, c[r]);
	return count;
}

static void find_rows(struct fti_heatmap_part *part)
{
	unsigned int lowest = part->h->rows, highest = 0;

	for (unsigned int c = 0; c < part->columns; c++) {
		const uint64_t *counts = column(part->h, part->skipped + c);

		for (unsigned int r = 0; r < part->h->rows; r++) {
			if (!counts[r])
				continue;
			lowest = r < lowest ? r : lowest;
			highest = r > highest ? r : highest;
		}
	}
	part->lowest = lowest < part->h->rows ? lowest : 0;
	part->rows = highest >= part->lowest ? highest - part->lowest + 1 : 1;
}

void fti_heatmap_part(const struct ft_heatmap *h, unsigned int columns, unsigned int height,
		      struct fti_heatmap_part *part)
{
	*part = (struct fti_heatmap_part){ .h = h, .merge = 1 };
	part->columns = h->used < columns ? h->used : columns;
	part->skipped = h->used - part->columns;
	find_rows(part);
	if (height && part->rows > height) {
		part->merge = (part->rows + height - 1) / height;
		part->rows = (part->rows + part->merge - 1) / part->merge;
	}
	for (unsigned int c = 0; c < part->columns; c++) {
		for (unsigned int r = 0; r < part->rows; r++) {
			const uint64_t count = fti_heatmap_count(part, c, r);

			part->most = count > part->most ? count : part->most;
		}
	}
}

void fti_heatmap_range(const struct fti_heatmap_part *part, unsigned int row, uint64_t *low,
		       uint64_t *high)
{
	const unsigned int from = part->lowest + row * part->merge;
	unsigned int last = from + part->merge - 1;
	uint64_t unused;

	if (last >= part->h->rows)
		last = part->h->rows - 1;
	ft_scale_range(&part->h->config.scale, from, low, &unused);
	ft_scale_range(&part->h->config.scale, last, &unused, high);
}

uint64_t fti_heatmap_begin(const struct fti_heatmap_part *part, unsigned int col)
{
	return part->h->begin_ns + (part->skipped + col) * part->h->column_ns;
}

void fti_heatmap_clock(const struct fti_heatmap_part *part, const struct ft_heatmap_view *view,
		       unsigned int col, char buf[16])
{
	const uint64_t tenths = (part->skipped + col) * (part->h->column_ns / 1000000) / 100;

	if (view->clock)
		view->clock(view->clock_arg, fti_heatmap_begin(part, col), buf);
	else
		snprintf(buf, 16, "%" PRIu64 ".%us", tenths / 10 % 100000000,
			 (unsigned int)(tenths % 10));
}

/* -- shades ------------------------------------------------------------------------------------ */

/* The logarithm to base 2 in 1/256, between powers of two in proportion. */
static unsigned int logarithm(uint64_t v)
{
	const unsigned int power = 63 - (unsigned int)__builtin_clzll(v);
	const uint64_t rest = v - ((uint64_t)1 << power);

	return power * 256 + (unsigned int)(power > 8 ? rest >> (power - 8) : rest << (8 - power));
}

unsigned int fti_heatmap_shade(uint64_t count, uint64_t most, unsigned int shades)
{
	if (!count)
		return 0;
	if (count >= most)
		return shades;
	return 1 + logarithm(count) * (shades - 1) / logarithm(most);
}

uint64_t fti_heatmap_least(unsigned int shade, uint64_t most, unsigned int shades)
{
	uint64_t low = 1, high = most;

	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;

		if (fti_heatmap_shade(middle, most, shades) < shade)
			low = middle + 1;
		else
			high = middle;
	}
	return most && fti_heatmap_shade(low, most, shades) == shade ? low : 0;
}
