/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * intern: numbers for strings, so that they can be keys.
 *
 * The one rule: a string has one number until all are forgotten; memory is bounded.
 */
#ifndef FTI_INTERN_H
#define FTI_INTERN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct fti_strings;

/* At most max of them, 16 MB in all. */
int fti_strings_new(struct fti_strings **out, size_t max);
void fti_strings_free(struct fti_strings *st);
void fti_strings_clear(struct fti_strings *st);

/* Its number, or -ENOSPC when there is no room for another, -ENOMEM. */
ssize_t fti_strings_number(struct fti_strings *st, const char *s, size_t len);
const char *fti_strings_get(const struct fti_strings *st, uint64_t number, size_t *len);

#endif
