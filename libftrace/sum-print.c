/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ftrace/watch.h"
#include "sum-internal.h"

static void set_key(struct fti_sum *s, struct ft_out *out, int column, enum fti_sum_kind kind,
		    uint64_t key)
{
	char hex[24];
	const char *text;
	size_t len;

	switch (kind) {
	case FTI_SUM_STRING:
		text = fti_strings_get(s->strings, key, &len);
		ft_out_strn(out, column, text, len);
		break;
	case FTI_SUM_HEX:
		snprintf(hex, sizeof(hex), "0x%" PRIx64, key);
		ft_out_str(out, column, hex);
		break;
	case FTI_SUM_SIGNED:
		ft_out_int(out, column, (int64_t)key);
		break;
	default:
		ft_out_uint(out, column, key);
	}
}

static int print_counts(struct fti_sum *s, struct ft_out *out, uint64_t now, uint64_t *rows)
{
	const uint64_t other = s->other + ft_count_other(s->count);
	struct ft_count_entry *top;
	ssize_t n = ft_count_top(s->count, s->spec.top ? s->spec.top : SIZE_MAX, &top);
	int err = n < 0 ? (int)n : 0;

	if (!err && other) {
		ft_out_uint(out, FT_WATCH_TIME, now);
		ft_out_str(out, FT_WATCH_KEY, "[other]");
		ft_out_uint(out, FT_WATCH_COUNT, other);
		err = ft_out_end(out);
	}
	for (ssize_t i = n; i-- > 0 && !err;) {
		ft_out_uint(out, FT_WATCH_TIME, now);
		for (size_t k = 0; k < s->spec.keys; k++)
			set_key(s, out, FT_WATCH_KEY + (int)k, s->kind[k], top[i].key[k]);
		ft_out_uint(out, FT_WATCH_COUNT, top[i].sum);
		err = ft_out_end(out);
		++*rows;
	}
	if (n >= 0)
		free(top);
	ft_count_clear(s->count);
	fti_strings_clear(s->strings);
	s->other = 0;
	return err;
}

static int print_histogram(struct fti_sum *s, struct ft_out *out, uint64_t now, uint64_t *rows)
{
	struct ft_histogram_row row[FT_HISTOGRAM_ROWS];
	size_t n = ft_histogram_rows(s->histogram, row);
	uint64_t most = 0;
	char line[FT_HISTOGRAM_LINE_MAX];
	int err = 0;

	for (size_t i = 0; i < n; i++)
		most = row[i].count > most ? row[i].count : most;
	if (n)
		err = ft_out_line(out, line, ft_histogram_head(s->spec.name[0], line));
	for (size_t i = 0; i < n && !err; i++) {
		++*rows;
		if (ft_out_is_text(out)) {
			err = ft_out_line(out, line, ft_histogram_line(&row[i], most, line));
			continue;
		}
		ft_out_uint(out, FT_WATCH_TIME, now);
		ft_out_int(out, FT_WATCH_LOW, row[i].low);
		ft_out_int(out, FT_WATCH_HIGH, row[i].high);
		ft_out_uint(out, FT_WATCH_COUNT, row[i].count);
		err = ft_out_end(out);
	}
	return err;
}

/* Columns of thousandths. */
static int64_t thousandths(double v)
{
	if (v > 9e15)
		return INT64_MAX;
	if (v < -9e15)
		return INT64_MIN;
	return (int64_t)(v * 1000 + (v < 0 ? -0.5 : 0.5));
}

static int print_stats(struct fti_sum *s, struct ft_out *out, uint64_t now, uint64_t *rows)
{
	static const struct {
		int column;
		unsigned int permille;
	} percentiles[] = {
		{ FT_WATCH_P50, 500 }, { FT_WATCH_P90, 900 },
		{ FT_WATCH_P99, 990 }, { FT_WATCH_P999, 999 },
	};
	struct ft_histogram_stats st;

	ft_histogram_stats(s->histogram, &st);
	if (!st.count)
		return 0;
	ft_out_uint(out, FT_WATCH_TIME, now);
	ft_out_uint(out, FT_WATCH_COUNT, st.count);
	ft_out_int(out, FT_WATCH_MIN, st.min);
	ft_out_int(out, FT_WATCH_MAX, st.max);
	ft_out_int(out, FT_WATCH_MEAN, thousandths(st.mean));
	ft_out_int(out, FT_WATCH_STDDEV, thousandths(st.stddev));
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++)
		ft_out_int(out, percentiles[i].column,
			   ft_histogram_permille(s->histogram, percentiles[i].permille));
	++*rows;
	return ft_out_end(out);
}

int fti_sum_print(struct fti_sum *s, struct ft_out *out, uint64_t now, uint64_t *rows)
{
	int err;

	if (s->spec.what == FTI_SUM_COUNT)
		return print_counts(s, out, now, rows);
	if (s->spec.what == FTI_SUM_HIST)
		err = print_histogram(s, out, now, rows);
	else
		err = print_stats(s, out, now, rows);
	ft_histogram_clear(s->histogram);
	return err;
}
