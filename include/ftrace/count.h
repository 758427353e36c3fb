/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * count: sums by key, for whoever counts events by function, process or the like.
 *
 * The one rule: adding never fails and takes no more memory than new() was told: what finds no room
 * is summed up apart, and ft_count_other() tells how much that was.
 */
#ifndef FTRACE_COUNT_H
#define FTRACE_COUNT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ft_count;

struct ft_count_entry {
	uint64_t key[2];	/* what they mean is the caller's business */
	uint64_t sum;		/* never 0 */
};

/* At most max keys (up to 100 bytes each); -ENOMEM, -EINVAL for none. */
int ft_count_new(struct ft_count **out, size_t max);
void ft_count_free(struct ft_count *c);

/* Add n to the sum of a key; a sum stays at UINT64_MAX. */
void ft_count_add(struct ft_count *c, uint64_t a, uint64_t b, uint64_t n);

/* The sum of a key, 0 if nothing was added. */
uint64_t ft_count_get(const struct ft_count *c, uint64_t a, uint64_t b);

size_t ft_count_keys(const struct ft_count *c);
uint64_t ft_count_other(const struct ft_count *c);

/*
 * The most frequent keys, at most top of them (SIZE_MAX: all), the largest sum first, equal ones in
 * order of their keys; *out is malloc()ed.  Their number, or -ENOMEM.
 */
ssize_t ft_count_top(const struct ft_count *c, size_t top, struct ft_count_entry **out);

/* Forget all, keep the memory: for the next interval. */
void ft_count_clear(struct ft_count *c);

#ifdef __cplusplus
}
#endif
#endif
