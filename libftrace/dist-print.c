/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dist.h"

#define BAR 38	/* characters, as in perf-tools */

static const struct {
	unsigned int permille;
	const char *name;
} percentiles[FT_DIST_PERCENTILES] = {
	{ 500, "p50" }, { 950, "p95" }, { 990, "p99" }, { 999, "p99.9" }, { 1000, "max" },
};

void ft_dist_percentiles(const struct ft_dist_group *g, uint64_t values[FT_DIST_PERCENTILES])
{
	for (size_t i = 0; i < FT_DIST_PERCENTILES; i++)
		values[i] = (uint64_t)ft_histogram_permille(g->numbers, percentiles[i].permille);
}

/* -- text -------------------------------------------------------------------------------------- */

static int print_row(const struct ft_dist *d, const struct ft_dist_group *g, unsigned int i,
		     uint64_t most, uint64_t per_unit, struct ft_out *out)
{
	char line[256], bar[FT_HISTOGRAM_BAR_MAX], to[24] = "";
	uint64_t low, high;
	int n;

	ft_scale_range(&d->scale, i, &low, &high);
	if (high != UINT64_MAX)
		snprintf(to, sizeof(to), "%" PRIu64, high / per_unit);
	ft_histogram_hashes(g->counts[i], most, BAR, bar);
	n = snprintf(line, sizeof(line), "%8" PRIu64 " -> %-8s: %-8" PRIu64 " |%s|", low / per_unit,
		     to, g->counts[i], bar);
	return ft_out_line(out, line, (size_t)n);
}

/* From 0 on, as perf-tools do, but for what would be a long way up. */
static unsigned int first_row(const struct ft_dist *d, const struct ft_dist_group *g,
			      uint64_t per_unit)
{
	unsigned int i = 0;

	if (!d->scale.linear && per_unit > 1)
		return 0;
	while (i + 1 < g->rows && !g->counts[i])
		i++;
	return i;
}

/* Of many empty ranges between others, as steps have them, one line tells. */
static unsigned int empty_rows(const struct ft_dist *d, const struct ft_dist_group *g,
			       unsigned int i)
{
	unsigned int n = 0;

	while (d->scale.linear && i + n < g->rows && !g->counts[i + n])
		n++;
	return n > 2 ? n : 0;
}

int ft_dist_print(const struct ft_dist *d, const struct ft_dist_group *g,
		  const struct ft_dist_view *view, struct ft_out *out)
{
	char line[128], from[16], to[16];
	uint64_t most = 0;
	int err, n;

	snprintf(from, sizeof(from), ">=(%.8s)", view->unit);
	snprintf(to, sizeof(to), "<(%.8s)", view->unit);
	n = snprintf(line, sizeof(line), "%8s .. %-8s: %-8.32s |%-*s|", from, to, view->what, BAR,
		     "Distribution");
	err = ft_out_line(out, line, (size_t)n);
	for (unsigned int i = 0; i < g->rows; i++)
		most = g->counts[i] > most ? g->counts[i] : most;
	for (unsigned int i = first_row(d, g, view->per_unit); !err && (i < g->rows || !i); i++) {
		const unsigned int empty = empty_rows(d, g, i);

		if (empty) {
			err = ft_out_line(out, "     ...", 8);
			i += empty - 1;
		} else {
			err = print_row(d, g, i, most, view->per_unit, out);
		}
	}
	return err;
}

int ft_dist_print_percentiles(const struct ft_dist_group *g, const struct ft_dist_view *view,
			      struct ft_out *out)
{
	uint64_t values[FT_DIST_PERCENTILES];
	char line[256];
	size_t n = 0;

	ft_dist_percentiles(g, values);
	for (size_t i = 0; i < FT_DIST_PERCENTILES; i++) {
		n += (size_t)snprintf(line + n, sizeof(line) - n, "  %s %" PRIu64,
				      percentiles[i].name, values[i] / view->per_unit);
		if (view->per_unit == 1000)
			n += (size_t)snprintf(line + n, sizeof(line) - n, ".%03" PRIu64,
					      values[i] % 1000);
	}
	n += (size_t)snprintf(line + n, sizeof(line) - n, " %.8s", view->unit);
	return ft_out_line(out, line, n);
}

/* -- data -------------------------------------------------------------------------------------- */

static void put_number(char buf[32], uint64_t v, uint64_t per)
{
	if (per == 1000 && v % per)
		snprintf(buf, 32, "%" PRIu64 ".%03" PRIu64, v / per, v % per);
	else
		snprintf(buf, 32, "%" PRIu64, v / per);
}

void ft_dist_set(const struct ft_dist *d, const struct ft_dist_group *g, uint64_t per,
		 struct ft_out *out, int column)
{
	char json[FT_OUT_JSON_MAX], csv[FT_OUT_JSON_MAX], low[32], high[32];
	size_t j = 1, c = 0;

	for (unsigned int i = 0; i < g->rows && j + 100 < sizeof(json); i++) {
		uint64_t from, to;

		if (!g->counts[i])
			continue;
		ft_scale_range(&d->scale, i, &from, &to);
		put_number(low, from, per);
		put_number(high, to, per);
		j += (size_t)snprintf(json + j, sizeof(json) - j, "%s[%s,%s,%" PRIu64 "]",
				      j > 1 ? "," : "", low, to == UINT64_MAX ? "null" : high,
				      g->counts[i]);
		c += (size_t)snprintf(csv + c, sizeof(csv) - c, "%s%s-%s:%" PRIu64, c ? " " : "",
				      low, to == UINT64_MAX ? "" : high, g->counts[i]);
	}
	json[0] = '[';
	json[j++] = ']';
	ft_out_strn(out, column, csv, c);
	ft_out_json(out, column, json, j);
}
