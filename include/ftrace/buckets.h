/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * buckets: how a number is distributed over ranges that the user chooses.
 *
 * The one rule: every number has its range: the first has no lower end, the last no upper one.
 */
#ifndef FTRACE_BUCKETS_H
#define FTRACE_BUCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ft_buckets;

/* Where ranges begin, whole numbers that increase, at most FT_BUCKETS_MAX: "10 50,100".  0, or
 * -EINVAL or -ENOMEM with why[FT_BUCKETS_WHY]. */
#define FT_BUCKETS_MAX 1000
#define FT_BUCKETS_WHY 128
int ft_buckets_parse(struct ft_buckets **out, const char *text, char *why);

/* 0, 1, and powers of `power` (2 or more) up to max.  0 or -ENOMEM. */
int ft_buckets_powers(struct ft_buckets **out, uint64_t power, uint64_t max);
void ft_buckets_free(struct ft_buckets *b);

void ft_buckets_add(struct ft_buckets *b, int64_t v);

struct ft_bucket {
	int64_t	 low, high;
	bool	 first, last;	/* no low, no high */
	uint64_t count;
};

/* The range that is `index`, counted from below; false: there are no more. */
bool ft_buckets_get(const struct ft_buckets *b, size_t index, struct ft_bucket *out);

uint64_t ft_buckets_total(const struct ft_buckets *b);
uint64_t ft_buckets_most(const struct ft_buckets *b);	/* of one range */

/* Forget what was added. */
void ft_buckets_clear(struct ft_buckets *b);

#ifdef __cplusplus
}
#endif
#endif
