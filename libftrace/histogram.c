/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/histogram.h"

/* A power of two is divided in 128 parts; below 256 each number is a part of its own. */
#define PART_BITS 7
#define PARTS	  (1U << PART_BITS)
#define SLOTS	  ((64 - PART_BITS) * PARTS + PARTS)

#define LINE_BAR 40	/* characters of the longest bar of a line */

struct ft_histogram {
	uint64_t count;
	int64_t	 min, max;
	__int128 sum;
	double	 mean, squares;	/* as they run: the sum of squares of differences from the mean */
	uint64_t slot[2][SLOTS];	/* below 0, by magnitude; and the others */
};

int ft_histogram_new(struct ft_histogram **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void ft_histogram_free(struct ft_histogram *h)
{
	free(h);
}

static uint64_t magnitude(int64_t v)
{
	return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

static unsigned int slot_of(uint64_t m)
{
	unsigned int power, shift;

	if (m < PARTS)
		return (unsigned int)m;
	power = 63 - (unsigned int)__builtin_clzll(m);
	shift = power - PART_BITS;
	return (shift + 1) * PARTS + ((unsigned int)(m >> shift) & (PARTS - 1));
}

/* The least magnitude of a slot. */
static uint64_t slot_low(unsigned int slot)
{
	if (slot < PARTS)
		return slot;
	return (uint64_t)(PARTS | (slot & (PARTS - 1))) << (slot / PARTS - 1);
}

static uint64_t slot_high(unsigned int slot)
{
	return slot < PARTS ? slot : slot_low(slot) + (((uint64_t)1 << (slot / PARTS - 1)) - 1);
}

/* Memory that no number has touched stays so: there may be many histograms. */
static unsigned int slot_end(const struct ft_histogram *h, bool below)
{
	if (!h->count || (below ? h->min >= 0 : h->max < 0))
		return 0;
	return slot_of(magnitude(below ? h->min : h->max)) + 1;
}

static unsigned int slot_begin(const struct ft_histogram *h)
{
	return h->min > 0 ? slot_of(magnitude(h->min)) : 0;
}

void ft_histogram_clear(struct ft_histogram *h)
{
	const unsigned int below = slot_end(h, true);
	const unsigned int begin = slot_begin(h), end = slot_end(h, false);

	memset(h->slot[0], 0, below * sizeof(h->slot[0][0]));
	if (end > begin)
		memset(&h->slot[1][begin], 0, (end - begin) * sizeof(h->slot[1][0]));
	h->count = 0;
	h->min = h->max = 0;
	h->sum = 0;
	h->mean = h->squares = 0;
}

void ft_histogram_add_many(struct ft_histogram *h, int64_t v, uint64_t times)
{
	const double before = (double)v - h->mean;

	if (!times)
		return;
	if (!h->count || v < h->min)
		h->min = v;
	if (!h->count || v > h->max)
		h->max = v;
	h->count += times;
	h->sum += (__int128)v * times;
	h->mean += before * ((double)times / (double)h->count);
	h->squares += before * ((double)v - h->mean) * (double)times;
	h->slot[v >= 0][slot_of(magnitude(v))] += times;
}

void ft_histogram_add(struct ft_histogram *h, int64_t v)
{
	ft_histogram_add_many(h, v, 1);
}

/* Newton's, so that nothing needs libm; the result is right to a part in 2^40. */
static double root(double v)
{
	double r = v > 1 ? v : 1;

	if (v <= 0)
		return 0;
	for (int i = 0; i < 200; i++) {
		double next = (r + v / r) / 2;

		if (next >= r)
			break;
		r = next;
	}
	return r;
}

void ft_histogram_stats(const struct ft_histogram *h, struct ft_histogram_stats *out)
{
	*out = (struct ft_histogram_stats){ .count = h->count };
	if (!h->count)
		return;
	out->min = h->min;
	out->max = h->max;
	out->mean = (double)h->sum / (double)h->count;
	out->stddev = root(h->squares / (double)h->count);
}

static int64_t bounded(const struct ft_histogram *h, bool below, unsigned int slot)
{
	/* Towards larger values: of a magnitude below 0 the least. */
	const uint64_t m = below ? slot_low(slot) : slot_high(slot);
	int64_t v;

	if (below)
		v = m > (uint64_t)INT64_MAX ? INT64_MIN : -(int64_t)m;
	else
		v = m > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)m;
	return v < h->min ? h->min : v > h->max ? h->max : v;
}

int64_t ft_histogram_permille(const struct ft_histogram *h, unsigned int permille)
{
	unsigned __int128 rank = ((unsigned __int128)h->count * permille + 999) / 1000;
	unsigned __int128 seen = 0;

	if (!rank)
		return h->min;
	for (unsigned int i = slot_end(h, true); i-- > 0;) {
		seen += h->slot[0][i];
		if (seen >= rank)
			return bounded(h, true, i);
	}
	for (unsigned int i = slot_begin(h); i < slot_end(h, false); i++) {
		seen += h->slot[1][i];
		if (seen >= rank)
			return bounded(h, false, i);
	}
	return h->max;
}

/* -- powers of two ----------------------------------------------------------------------------- */

static unsigned int power_of(unsigned int slot)
{
	const uint64_t m = slot_low(slot);

	return m ? 63 - (unsigned int)__builtin_clzll(m) : 0;
}

/* Row 64 is 0 -> 1, 65 is 2 -> 3; row 63 is -1, 62 is -3 -> -2; row 0 is the least number alone. */
static struct ft_histogram_row row_bounds(int row)
{
	const unsigned int power = (unsigned int)(row >= 64 ? row - 64 : 63 - row);
	const uint64_t low = (uint64_t)1 << power, high = low + (low - 1);

	if (row >= 64)
		return (struct ft_histogram_row){ .low = power ? (int64_t)low : 0,
						  .high = (int64_t)high };
	return (struct ft_histogram_row){ .low = power == 63 ? INT64_MIN : -(int64_t)high,
					  .high = power == 63 ? INT64_MIN : -(int64_t)low };
}

size_t ft_histogram_rows(const struct ft_histogram *h,
			 struct ft_histogram_row rows[FT_HISTOGRAM_ROWS])
{
	uint64_t counts[FT_HISTOGRAM_ROWS] = { 0 };
	int first = FT_HISTOGRAM_ROWS, last = -1;
	size_t n = 0;

	for (unsigned int i = 0; i < SLOTS; i++) {
		counts[63 - power_of(i)] += h->slot[0][i];
		counts[64 + (power_of(i) < 63 ? power_of(i) : 62)] += h->slot[1][i];
	}
	for (int i = 0; i < FT_HISTOGRAM_ROWS; i++) {
		if (!counts[i])
			continue;
		first = i < first ? i : first;
		last = i;
	}
	for (int i = first; i <= last; i++) {
		rows[n] = row_bounds(i);
		rows[n++].count = counts[i];
	}
	return n;
}

static void draw(unsigned int filled, unsigned int width, char with, char bar[FT_HISTOGRAM_BAR_MAX])
{
	memset(bar, with, filled);
	memset(bar + filled, ' ', width - filled);
	bar[width] = 0;
}

void ft_histogram_bar(uint64_t count, uint64_t most, unsigned int width,
		      char bar[FT_HISTOGRAM_BAR_MAX])
{
	unsigned int stars;

	if (width > FT_HISTOGRAM_BAR_MAX - 1)
		width = FT_HISTOGRAM_BAR_MAX - 1;
	stars = most ? (unsigned int)((unsigned __int128)count * width / most) : 0;
	if (stars > width)
		stars = width;
	if (count && !stars && width)
		stars = 1;
	draw(stars, width, '*', bar);
}

size_t ft_histogram_head(const char *unit, char line[FT_HISTOGRAM_LINE_MAX])
{
	return (size_t)snprintf(line, FT_HISTOGRAM_LINE_MAX, "%12s%-32.128s : %-10s  distribution",
				"", unit, "count");
}

size_t ft_histogram_line(const struct ft_histogram_row *row, uint64_t most,
			 char line[FT_HISTOGRAM_LINE_MAX])
{
	char bar[FT_HISTOGRAM_BAR_MAX];

	ft_histogram_bar(row->count, most, LINE_BAR, bar);
	return (size_t)snprintf(line, FT_HISTOGRAM_LINE_MAX, "%20" PRId64 " -> %-20" PRId64
				" : %-10" PRIu64 " |%s|", row->low, row->high, row->count, bar);
}

void ft_histogram_hashes(uint64_t count, uint64_t most, unsigned int width,
			 char bar[FT_HISTOGRAM_BAR_MAX])
{
	unsigned __int128 hashes;

	if (width > FT_HISTOGRAM_BAR_MAX - 1)
		width = FT_HISTOGRAM_BAR_MAX - 1;
	hashes = most ? ((unsigned __int128)count * width + most - 1) / most : 0;
	draw(hashes > width ? width : (unsigned int)hashes, width, '#', bar);
}

/* -- ranges chosen beforehand ------------------------------------------------------------------ */

unsigned int ft_scale_index(const struct ft_scale *scale, uint64_t v)
{
	const uint64_t units = v / scale->unit;

	if (scale->linear)
		return units < FT_SCALE_MAX ? (unsigned int)units : FT_SCALE_MAX - 1;
	return units ? 64 - (unsigned int)__builtin_clzll(units) : 0;
}

/* A bound as a number of units, capped. */
static uint64_t times(uint64_t unit, uint64_t n)
{
	uint64_t v;

	return __builtin_mul_overflow(unit, n, &v) ? UINT64_MAX : v;
}

void ft_scale_range(const struct ft_scale *scale, unsigned int index, uint64_t *low, uint64_t *high)
{
	if (scale->linear) {
		*low = times(scale->unit, index);
		*high = index < FT_SCALE_MAX - 1 ? times(scale->unit, index + 1) : UINT64_MAX;
		return;
	}
	*low = index ? index > 64 ? UINT64_MAX : times(scale->unit, (uint64_t)1 << (index - 1)) : 0;
	*high = index < 64 ? times(scale->unit, (uint64_t)1 << index) : UINT64_MAX;
}
