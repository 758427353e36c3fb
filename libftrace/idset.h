/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * idset: a set of positive ints (tids), open addressing, growing by doubling.  Zero-initialize.
 */
#ifndef FTI_IDSET_H
#define FTI_IDSET_H

#include <stdbool.h>
#include <stddef.h>

struct fti_idset {
	int   *slot;	/* 0: free */
	size_t size, count;
};

bool fti_idset_has(const struct fti_idset *s, int id);
int  fti_idset_add(struct fti_idset *s, int id);	/* 0 or -ENOMEM */
void fti_idset_remove(struct fti_idset *s, int id);
void fti_idset_free(struct fti_idset *s);

#endif
