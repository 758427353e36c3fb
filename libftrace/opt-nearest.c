/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "ftrace/opt.h"

#define LENGTH_MAX 127

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The common beginning and end cost nothing and are most of what near words have. */
static void trim_common(const char **a, size_t *la, const char **b, size_t *lb)
{
	while (*la && *lb && **a == **b) {
		(*a)++, (*la)--;
		(*b)++, (*lb)--;
	}
	while (*la && *lb && (*a)[*la - 1] == (*b)[*lb - 1])
		(*la)--, (*lb)--;
}

/*
 * Optimal string alignment, only the diagonals within limit of the main one.  What is beyond them
 * is limit + 1.  Lengths and limit are at most LENGTH_MAX, the lengths differ by at most limit.
 */
static size_t banded_distance(const char *a, size_t la, const char *b, size_t lb, size_t limit)
{
	unsigned char rows[3][LENGTH_MAX + 1];
	unsigned char *before = rows[0], *above = rows[1], *row = rows[2], *oldest;

	for (size_t j = 0; j <= lb; j++)
		above[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t from = i > limit ? i - limit : 1, to = min_size(lb, i + limit), least;

		least = row[from - 1] = from == 1 ? min_size(i, limit + 1) : limit + 1;
		if (i + limit <= lb)
			above[i + limit] = limit + 1;
		for (size_t j = from; j <= to; j++) {
			size_t d = above[j - 1] + (a[i - 1] != b[j - 1]);

			d = min_size(d, min_size(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d = min_size(d, before[j - 2] + 1);
			row[j] = min_size(d, limit + 1);
			least = min_size(least, row[j]);
		}
		if (least > limit)
			return SIZE_MAX;
		oldest = before;
		before = above;
		above = row;
		row = oldest;
	}
	return above[lb] > limit ? SIZE_MAX : above[lb];
}

size_t ft_edit_distance(const char *a, const char *b, size_t limit)
{
	size_t la = strlen(a), lb = strlen(b), longer, shorter;

	trim_common(&a, &la, &b, &lb);
	longer = la > lb ? la : lb;
	shorter = min_size(la, lb);
	if (longer - shorter > limit || longer > LENGTH_MAX || (longer && !limit))
		return SIZE_MAX;
	if (!shorter)
		return longer;
	return banded_distance(a, la, b, lb, min_size(limit, LENGTH_MAX));
}

void ft_nearest_step(const char *word, const char *candidate, const char **best, size_t *distance)
{
	size_t limit = strlen(word) / 3, d;

	if (!*distance)
		return;
	d = ft_edit_distance(word, candidate, min_size(limit, *distance - 1));
	if (d == SIZE_MAX)
		return;
	*best = candidate;
	*distance = d;
}

const char *ft_nearest(const char *word, const char *const *candidates)
{
	const char *best = NULL;
	size_t distance = SIZE_MAX;

	for (; *candidates; candidates++)
		ft_nearest_step(word, *candidates, &best, &distance);
	return best;
}
