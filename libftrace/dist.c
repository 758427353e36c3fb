/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dist.h"

#define SLOTS (2 * FT_DIST_GROUPS)	/* a power of two */
#define OTHER FT_DIST_GROUPS

static struct ft_dist_group *new_group(void)
{
	struct ft_dist_group *g = calloc(1, sizeof(*g));

	if (g && ft_histogram_new(&g->numbers)) {
		free(g);
		g = NULL;
	}
	return g;
}

int ft_dist_new(struct ft_dist **out, const struct ft_scale *scale)
{
	struct ft_dist *d;

	*out = NULL;
	if (!scale->unit)
		return -EINVAL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->scale = *scale;
	d->group[OTHER] = new_group();
	if (!d->group[OTHER]) {
		free(d);
		return -ENOMEM;
	}
	d->group[OTHER]->other = true;
	*out = d;
	return 0;
}

void ft_dist_free(struct ft_dist *d)
{
	if (!d)
		return;
	for (size_t i = 0; i <= OTHER; i++) {
		if (d->group[i])
			ft_histogram_free(d->group[i]->numbers);
		free(d->group[i]);
	}
	free(d);
}

static uint32_t hash(const struct ft_dist_key *key)
{
	const unsigned char *p = (const unsigned char *)key;
	uint64_t h = 0, word;

	_Static_assert(sizeof(*key) == 36, "read as four words and a half");
	for (size_t i = 0; i < 32; i += 8) {
		memcpy(&word, p + 4 + i, 8);
		h = (h ^ word) * 0x9e3779b97f4a7c15;
		h ^= h >> 32;
	}
	h = (h ^ key->id) * 0x9e3779b97f4a7c15;
	return (uint32_t)(h >> 32);
}

static struct ft_dist_group *find(struct ft_dist *d, const struct ft_dist_key *key)
{
	struct ft_dist_group *g;
	uint32_t s;

	for (s = hash(key) % SLOTS; d->slot[s]; s = (s + 1) % SLOTS) {
		g = d->group[d->slot[s] - 1];
		if (!memcmp(&g->key, key, sizeof(*key)))
			return g;
	}
	if (d->used == FT_DIST_GROUPS)
		return d->group[OTHER];
	if (!d->group[d->used])
		d->group[d->used] = new_group();
	g = d->group[d->used];
	if (!g)
		return d->group[OTHER];
	g->key = *key;
	d->slot[s] = (uint16_t)++d->used;
	return g;
}

void ft_dist_add(struct ft_dist *d, const struct ft_dist_key *key, uint64_t v, uint64_t times)
{
	struct ft_dist_group *g = find(d, key);
	const unsigned int row = ft_scale_index(&d->scale, v);

	g->count += times;
	g->counts[row] += times;
	if (row >= g->rows)
		g->rows = row + 1;
	ft_histogram_add_many(g->numbers, v > INT64_MAX ? INT64_MAX : (int64_t)v, times);
}

static int by_count(const void *a, const void *b)
{
	const struct ft_dist_group *x = *(const struct ft_dist_group *const *)a;
	const struct ft_dist_group *y = *(const struct ft_dist_group *const *)b;

	if (x->other != y->other)
		return x->other - y->other;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return memcmp(&x->key, &y->key, sizeof(x->key));
}

size_t ft_dist_groups(struct ft_dist *d, const struct ft_dist_group *const **groups)
{
	size_t n = 0;

	for (size_t i = 0; i <= OTHER; i++)
		if (d->group[i] && d->group[i]->count)
			d->sorted[n++] = d->group[i];
	qsort(d->sorted, n, sizeof(d->sorted[0]), by_count);
	*groups = d->sorted;
	return n;
}

static void clear_group(struct ft_dist_group *g)
{
	ft_histogram_clear(g->numbers);
	memset(g->counts, 0, g->rows * sizeof(g->counts[0]));
	g->count = 0;
	g->rows = 0;
}

void ft_dist_clear(struct ft_dist *d)
{
	for (size_t i = 0; i < d->used; i++)
		clear_group(d->group[i]);
	clear_group(d->group[OTHER]);
	memset(d->slot, 0, sizeof(d->slot));
	d->used = 0;
}
