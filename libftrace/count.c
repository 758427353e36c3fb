/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/count.h"

#define FIRST_SLOTS 256

/* Open addressing, linear probing, a power of two of slots, at most half of them taken. */
struct ft_count {
	struct ft_count_entry *slot;	/* sum 0: free */
	size_t	 slots, keys, max;
	uint64_t other;
};

int ft_count_new(struct ft_count **out, size_t max)
{
	struct ft_count *c;

	*out = NULL;
	if (!max)
		return -EINVAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->max = max;
	c->slots = FIRST_SLOTS;
	c->slot = calloc(c->slots, sizeof(*c->slot));
	if (!c->slot) {
		free(c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

void ft_count_free(struct ft_count *c)
{
	if (!c)
		return;
	free(c->slot);
	free(c);
}

/* Addresses of functions differ in their low bits, and those are all alike at the bottom. */
static size_t home(const struct ft_count *c, uint64_t a, uint64_t b)
{
	uint64_t hash = (a ^ b * 0xc2b2ae3d27d4eb4fULL) * 0x9e3779b97f4a7c15ULL;

	return (hash >> 32) & (c->slots - 1);
}

static struct ft_count_entry *find(const struct ft_count *c, uint64_t a, uint64_t b)
{
	size_t i = home(c, a, b);

	while (c->slot[i].sum && (c->slot[i].key[0] != a || c->slot[i].key[1] != b))
		i = (i + 1) & (c->slots - 1);
	return &c->slot[i];
}

static int grow(struct ft_count *c)
{
	struct ft_count_entry *old = c->slot;
	size_t slots = c->slots;

	c->slot = calloc(slots * 2, sizeof(*c->slot));
	if (!c->slot) {
		c->slot = old;
		return -ENOMEM;
	}
	c->slots = slots * 2;
	for (size_t i = 0; i < slots; i++) {
		if (old[i].sum)
			*find(c, old[i].key[0], old[i].key[1]) = old[i];
	}
	free(old);
	return 0;
}

static void add(uint64_t *sum, uint64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = UINT64_MAX;
}

void ft_count_add(struct ft_count *c, uint64_t a, uint64_t b, uint64_t n)
{
	struct ft_count_entry *e = find(c, a, b);

	if (!n)
		return;
	if (e->sum) {
		add(&e->sum, n);
		return;
	}
	if (c->keys < c->max && c->keys * 2 >= c->slots && !grow(c))
		e = find(c, a, b);
	if (c->keys == c->max || c->keys * 2 >= c->slots) {
		add(&c->other, n);
		return;
	}
	*e = (struct ft_count_entry){ { a, b }, n };
	c->keys++;
}

uint64_t ft_count_get(const struct ft_count *c, uint64_t a, uint64_t b)
{
	return find(c, a, b)->sum;
}

size_t ft_count_keys(const struct ft_count *c)
{
	return c->keys;
}

uint64_t ft_count_other(const struct ft_count *c)
{
	return c->other;
}

static int by_sum(const void *left, const void *right)
{
	const struct ft_count_entry *l = left, *r = right;

	if (l->sum != r->sum)
		return l->sum < r->sum ? 1 : -1;
	for (int i = 0; i < 2; i++) {
		if (l->key[i] != r->key[i])
			return l->key[i] < r->key[i] ? -1 : 1;
	}
	return 0;
}

ssize_t ft_count_top(const struct ft_count *c, size_t top, struct ft_count_entry **out)
{
	struct ft_count_entry *list = malloc((c->keys + 1) * sizeof(*list)), *less;
	size_t n = 0;

	*out = NULL;
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < c->slots; i++) {
		if (c->slot[i].sum)
			list[n++] = c->slot[i];
	}
	qsort(list, n, sizeof(*list), by_sum);
	if (n > top) {
		n = top;
		less = realloc(list, (n + 1) * sizeof(*list));
		list = less ? less : list;
	}
	*out = list;
	return n;
}

void ft_count_clear(struct ft_count *c)
{
	memset(c->slot, 0, c->slots * sizeof(*c->slot));
	c->keys = 0;
	c->other = 0;
}
