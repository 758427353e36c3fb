/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * definition-args: one argument of a probe on its way from "[NAME=]FETCH[:TYPE]" to what a kernel
 * takes.
 *
 * The one rule: `out` is written by fti_args_put() alone, with what was understood; all return 0,
 * or a negative errno with the sentence in `why`.
 */
#ifndef FTI_DEFINITION_ARGS_H
#define FTI_DEFINITION_ARGS_H

#include "definition.h"

#define FTI_ARGS_WORD 63	/* the kernel's MAX_ARGSTR_LEN */

struct fti_args {
	const struct ft_definition *d;
	const char *readme;	/* NULL: any kernel */
	char	   *why;
	const char *word;	/* being read, for sentences */
	int	    word_len;
	unsigned int depth;
	char	    out[FTI_ARGS_WORD + 1];
	size_t	    len;
	bool	    bare;	/* the fetch is a value, not yet what it points to */
	bool	    retval;
	const char *type;	/* of a built-in probe's argument, where none is given; or NULL */
};

/* -EINVAL with "'WORD': ..."; -EOPNOTSUPP with "... (SINCE and later)". */
int fti_args_bad(struct fti_args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int fti_args_unknown(struct fti_args *a, const char *what, const char *since);

bool fti_args_know(const struct fti_args *a, const char *readme_word);

int fti_args_put(struct fti_args *a, const char *text, size_t len);
int fti_args_putf(struct fti_args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A number from *p on, which goes behind it. */
int fti_args_number(struct fti_args *a, const char **p, uint64_t *v);

bool fti_is_word(const char *p, size_t len, const char *word);

/* definition-fetch.c: "%di", "+8(...)" from *p on; definition-type.c: "u32[4]". */
int fti_args_fetch(struct fti_args *a, const char **p);
int fti_args_type(struct fti_args *a, const char **p);

#endif
