/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/pair.h"

#define NONE	  UINT32_MAX
#define CALLS_MAX (1u << 24)
#define CPUS_MAX  8192	/* NR_CPUS of the largest configurations */

struct call {
	struct ft_pair pair;
	uint64_t       losses;		/* that had been when it began */
	uint32_t       next;		/* in its bucket (a thread's innermost goes first), or free */
	uint32_t       older, newer;	/* over all threads */
};

struct ft_pairs {
	struct call *calls;
	char	    *data;
	size_t	     data_size;
	uint32_t     max, used;		/* used: slots that ever were; others cost no memory */
	uint32_t     free;
	uint32_t     oldest, newest;
	uint32_t    *buckets;
	uint32_t     bucket_mask;
	uint64_t     losses;		/* in all */
	uint64_t     lost[CPUS_MAX];	/* the number of the last loss of a CPU; 0: none */
	struct ft_pair_stats stats;
};

static uint32_t *bucket(const struct ft_pairs *p, int tid)
{
	return &p->buckets[((uint32_t)tid * 2654435761u >> 7) & p->bucket_mask];
}

static uint64_t lost_on(const struct ft_pairs *p, int cpu)
{
	return cpu >= 0 && cpu < CPUS_MAX ? p->lost[cpu] : 0;
}

/* Something was lost on this CPU while the call was open: its own return, and another entry, may
 * have been. */
static bool is_doubtful(const struct ft_pairs *p, const struct call *c, int cpu)
{
	return lost_on(p, c->pair.cpu) > c->losses || lost_on(p, cpu) > c->losses;
}

/* Take the call at *at out of its bucket and of the list by age; its content stays. */
static struct call *take(struct ft_pairs *p, uint32_t *at)
{
	uint32_t i = *at;
	struct call *c = &p->calls[i];

	*at = c->next;
	*(c->older == NONE ? &p->oldest : &p->calls[c->older].newer) = c->newer;
	*(c->newer == NONE ? &p->newest : &p->calls[c->newer].older) = c->older;
	c->next = p->free;
	p->free = i;
	p->stats.open--;
	return c;
}

static void evict_oldest(struct ft_pairs *p)
{
	uint32_t *at = bucket(p, p->calls[p->oldest].pair.tid);

	while (*at != p->oldest)
		at = &p->calls[*at].next;
	take(p, at);
	p->stats.evicted++;
}

static uint32_t new_slot(struct ft_pairs *p)
{
	uint32_t i;

	if (p->free == NONE && p->used < p->max)
		return p->used++;
	if (p->free == NONE)
		evict_oldest(p);
	i = p->free;
	p->free = p->calls[i].next;
	return i;
}

struct ft_pair *ft_pairs_entry(struct ft_pairs *p, unsigned int function, int tid, int cpu,
			       uint64_t ts)
{
	uint32_t i = new_slot(p), *head = bucket(p, tid);
	struct call *c = &p->calls[i];

	c->pair = (struct ft_pair){
		.began = ts, .tid = tid, .cpu = cpu, .function = function,
		.data = p->data_size ? p->data + i * p->data_size : NULL,
	};
	if (p->data_size)
		memset(c->pair.data, 0, p->data_size);
	c->losses = p->losses;
	c->next = *head;
	*head = i;
	c->older = p->newest;
	c->newer = NONE;
	*(p->newest == NONE ? &p->oldest : &p->calls[p->newest].newer) = i;
	p->newest = i;
	p->stats.open++;
	return &c->pair;
}

/* Calls within the one that returns did not return: longjmp(), or the kernel missed it. */
static void drop_inner(struct ft_pairs *p, int tid, int cpu, uint32_t until)
{
	uint32_t *at = bucket(p, tid);

	while (*at != until) {
		struct call *c = &p->calls[*at];

		if (c->pair.tid != tid) {
			at = &c->next;
			continue;
		}
		*(is_doubtful(p, c, cpu) ? &p->stats.doubtful : &p->stats.unended) += 1;
		take(p, at);
	}
}

static const struct ft_pair *end_call(struct ft_pairs *p, uint32_t *at, int cpu, uint64_t ts)
{
	struct call *c = take(p, at);

	if (is_doubtful(p, c, cpu)) {
		p->stats.doubtful++;
		return NULL;
	}
	p->stats.paired++;
	p->stats.backwards += ts < c->pair.began;
	c->pair.ended = ts < c->pair.began ? c->pair.began : ts;
	return &c->pair;
}

static bool is_call(const struct call *c, unsigned int function, int tid)
{
	return c->pair.tid == tid && c->pair.function == function;
}

const struct ft_pair *ft_pairs_return(struct ft_pairs *p, unsigned int function, int tid, int cpu,
				      uint64_t ts)
{
	uint32_t *at = bucket(p, tid), i;

	while (*at != NONE && !is_call(&p->calls[*at], function, tid))
		at = &p->calls[*at].next;
	i = *at;
	if (i == NONE) {
		p->stats.unbegun++;
		return NULL;
	}
	drop_inner(p, tid, cpu, i);
	for (at = bucket(p, tid); *at != i; )
		at = &p->calls[*at].next;
	return end_call(p, at, cpu, ts);
}

struct ft_pair *ft_pairs_innermost(const struct ft_pairs *p, int tid, int cpu)
{
	uint32_t i = *bucket(p, tid);

	while (i != NONE && p->calls[i].pair.tid != tid)
		i = p->calls[i].next;
	return i == NONE || is_doubtful(p, &p->calls[i], cpu) ? NULL : &p->calls[i].pair;
}

void ft_pairs_forget(struct ft_pairs *p, int tid, int cpu)
{
	drop_inner(p, tid, cpu, NONE);
}

void ft_pairs_lost(struct ft_pairs *p, int cpu)
{
	if (cpu >= 0 && cpu < CPUS_MAX)
		p->lost[cpu] = ++p->losses;
}

int ft_pairs_open(const struct ft_pairs *p, int (*fn)(void *arg, const struct ft_pair *pair),
		  void *arg)
{
	int n = 0;

	for (uint32_t i = p->oldest; i != NONE && !n; i = p->calls[i].newer)
		if (!is_doubtful(p, &p->calls[i], p->calls[i].pair.cpu))
			n = fn(arg, &p->calls[i].pair);
	return n;
}

void ft_pairs_stats(const struct ft_pairs *p, struct ft_pair_stats *out)
{
	*out = p->stats;
	for (uint32_t i = p->oldest; i != NONE; i = p->calls[i].newer) {
		if (is_doubtful(p, &p->calls[i], p->calls[i].pair.cpu)) {
			out->open--;
			out->doubtful++;
		}
	}
}

int ft_pairs_new(struct ft_pairs **out, size_t max, size_t data_size)
{
	struct ft_pairs *p;
	uint32_t buckets = 1;

	*out = NULL;
	if (!max || max > CALLS_MAX || data_size > 65536)
		return -EINVAL;
	while (buckets < max)
		buckets *= 2;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	/* what pair.data points to may hold anything */
	p->data_size = (data_size + 15) / 16 * 16;
	p->max = (uint32_t)max;
	p->calls = calloc(max, sizeof(*p->calls));
	p->data = data_size ? calloc(max, p->data_size) : NULL;
	p->buckets = malloc(buckets * sizeof(*p->buckets));
	if (!p->calls || !p->buckets || (data_size && !p->data)) {
		ft_pairs_free(p);
		return -ENOMEM;
	}
	memset(p->buckets, 0xff, buckets * sizeof(*p->buckets));
	p->bucket_mask = buckets - 1;
	p->free = p->oldest = p->newest = NONE;
	*out = p;
	return 0;
}

void ft_pairs_free(struct ft_pairs *p)
{
	if (!p)
		return;
	free(p->calls);
	free(p->data);
	free(p->buckets);
	free(p);
}
