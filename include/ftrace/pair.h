/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pair: entries and returns of functions, recorded apart, put together to calls.
 *
 * The one rule: a return ends the innermost open call of its function in its thread; what cannot be
 * told for certain, records having been lost, gives no call.  Everything that was left out is
 * counted.  Memory is bounded: when it is full the oldest open call makes room.
 */
#ifndef FTRACE_PAIR_H
#define FTRACE_PAIR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ft_pairs;

/* A call. */
struct ft_pair {
	uint64_t     began;		/* time stamps of its entry and return */
	uint64_t     ended;		/* 0: still open */
	int	     tid;
	int	     cpu;		/* of its entry */
	unsigned int function;		/* the caller's number */
	void	    *data;		/* data_size bytes of the caller's, zeroed at the entry */
};

struct ft_pair_stats {
	uint64_t paired;	/* calls with entry and return */
	uint64_t open;		/* entries without a return so far */
	uint64_t unended;	/* entries whose return never came: an outer call returned first */
	uint64_t unbegun;	/* returns without an entry: the call was older than the trace */
	uint64_t doubtful;	/* calls left out since records were lost while they were open */
	uint64_t evicted;	/* open calls forgotten, being the oldest of more than max */
	uint64_t backwards;	/* calls that ended before they began; ended is began then */
};

/* At most max calls are open at once, each with data_size bytes (0: none).  -EINVAL, -ENOMEM. */
int ft_pairs_new(struct ft_pairs **out, size_t max, size_t data_size);
void ft_pairs_free(struct ft_pairs *p);

/* An entry.  What it points to may be filled until the call ends or makes room, which began, tid and
 * ended tell; the memory is valid as long as p. */
struct ft_pair *ft_pairs_entry(struct ft_pairs *p, unsigned int function, int tid, int cpu,
			       uint64_t ts);

/* A return: the call that it ends, valid until the next ft_pairs_entry(); NULL: none, which is
 * counted. */
const struct ft_pair *ft_pairs_return(struct ft_pairs *p, unsigned int function, int tid, int cpu,
				      uint64_t ts);

/* The innermost open call of a thread that runs on cpu now, as ft_pairs_entry(); NULL: there is none, or
 * it is doubtful. */
struct ft_pair *ft_pairs_innermost(const struct ft_pairs *p, int tid, int cpu);

/* What a thread has open will not return: it is where it could not be within a call. */
void ft_pairs_forget(struct ft_pairs *p, int tid, int cpu);

/* Records of cpu were lost. */
void ft_pairs_lost(struct ft_pairs *p, int cpu);

/* Each open call that is not doubtful, the oldest first, until fn returns non-zero; returns that. */
int ft_pairs_open(const struct ft_pairs *p, int (*fn)(void *arg, const struct ft_pair *pair),
		  void *arg);

/* The counts so far; open ones that are doubtful count as such. */
void ft_pairs_stats(const struct ft_pairs *p, struct ft_pair_stats *out);

#ifdef __cplusplus
}
#endif
#endif
