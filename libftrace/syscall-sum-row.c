/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums as rows. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "syscall-sum.h"

static void name_row(struct ft_syscall_sum *s, struct ft_syscall_row *row, uint32_t who)
{
	const char *text;
	size_t len;

	row->other |= who == FTI_WHO_OTHER && s->opt->who == FT_SYSCALL_NAME;
	if (row->other)
		return;
	if (s->opt->who == FT_SYSCALL_NAME) {
		text = fti_strings_get(s->names, who - 1, &len);
		snprintf(row->comm, sizeof(row->comm), "%.*s", (int)len, text);
	} else if (s->opt->who != FT_SYSCALL_ALL) {
		row->id = who == FTI_NO_PROCESS ? 0 : (int)who;
		text = who == FTI_NO_PROCESS ? "<...>" :
		       ft_comms_get(fti_processes_comms(s->processes), row->id);
		snprintf(row->comm, sizeof(row->comm), "%s", text);
	}
}

static void set_row(struct ft_syscall_sum *s, struct ft_syscall_row *row,
		    const struct fti_syscall_entry *e)
{
	*row = (struct ft_syscall_row){
		.other = e == &s->other, .count = e->count, .failed = e->failed,
		.total_ns = e->total_ns, .latency = e->latency,
	};
	name_row(s, row, e->who);
	row->error = (int)(e->call >> 48);
	row->abi = (enum ft_abi)(e->call >> 32 & 0xffff);
	row->number = (int32_t)e->call;
}

static int by_weight(const void *left, const void *right)
{
	const struct ft_syscall_row *l = left, *r = right;

	if (l->other != r->other)
		return l->other ? -1 : 1;
	if (l->total_ns != r->total_ns)
		return l->total_ns < r->total_ns ? -1 : 1;
	if (l->count != r->count)
		return l->count < r->count ? -1 : 1;
	if (strcmp(l->comm, r->comm))
		return strcmp(l->comm, r->comm);
	if (l->id != r->id)
		return l->id < r->id ? -1 : 1;
	if (l->abi != r->abi)
		return l->abi < r->abi ? -1 : 1;
	if (l->number != r->number)
		return l->number < r->number ? -1 : 1;
	return l->error - r->error;
}

static int make_room(struct ft_syscall_sum *s, size_t rows)
{
	struct ft_syscall_row *more;

	if (rows <= s->row_room)
		return 0;
	more = realloc(s->rows, rows * sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->rows = more;
	s->row_room = rows;
	return 0;
}

ssize_t ft_syscall_sum_rows(struct ft_syscall_sum *s, const struct ft_syscall_row **rows)
{
	size_t n = 0;
	int err = 0;

	*rows = NULL;
	if (s->hist)
		err = fti_syscall_hist_read(s);
	if (!err)
		err = make_room(s, s->count + 1);
	if (err)
		return err;
	for (size_t i = 0; i < s->count; i++)
		set_row(s, &s->rows[n++], &s->entries[i]);
	if (s->other.count)
		set_row(s, &s->rows[n++], &s->other);
	qsort(s->rows, n, sizeof(*s->rows), by_weight);
	*rows = s->rows;
	return (ssize_t)n;
}

void ft_syscall_sum_pairs(const struct ft_syscall_sum *s, struct ft_pair_stats *out)
{
	*out = (struct ft_pair_stats){ 0 };
	if (s->pairs)
		ft_pairs_stats(s->pairs, out);
}

uint64_t ft_syscall_sum_dropped(const struct ft_syscall_sum *s)
{
	return s->dropped;
}

const char *ft_syscall_sum_way(const struct ft_syscall_sum *s)
{
	return s->hist ? "a histogram in the kernel" : "records in a ring buffer";
}
