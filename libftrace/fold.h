/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fold: stacks counted, each under a name.
 *
 * The one rule: a stack that was seen before costs a hash of its addresses and one comparison; what
 * is asked of the symbols waits for the end, when different return addresses into the same functions
 * become one.
 */
#ifndef FTI_FOLD_H
#define FTI_FOLD_H

#include <stdbool.h>

#include "ftrace/symbol.h"
#include "ftrace/task.h"

struct fti_folds;

struct fti_fold {
	uint64_t hash, count;
	bool	 other;			/* all that there was no room for */
	char	 comm[FT_COMM_SIZE];
	size_t	 length;
	uint64_t frames[];
};

/* syms must outlive it; NULL: only equal addresses are equal. */
int fti_folds_new(struct fti_folds **out, const struct ft_symbols *syms);
void fti_folds_free(struct fti_folds *f);

/* 0 or -ENOMEM. */
int fti_folds_add(struct fti_folds *f, const char *comm, const uint64_t *frames, size_t length);

/* Each once, the most frequent first, until fn returns non-zero, which is returned; forgets them. */
int fti_folds_each(struct fti_folds *f, int (*fn)(void *arg, const struct fti_fold *fold),
		   void *arg);

#endif
