/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * definition: what the parts of ft_definition share: words, names, numbers.
 */
#ifndef FTI_DEFINITION_H
#define FTI_DEFINITION_H

#include "ftrace/definition.h"

/* The sentence to why[FT_DEFINITION_WHY]; returns err. */
int fti_definition_why(char *why, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* *p to the next word; its length. */
size_t fti_word(const char **p);

/* The length of the C identifier that p begins with, 0: none. */
size_t fti_identifier(const char *p);

/* Decimal or 0x..., the whole text. */
int fti_parse_offset(const char *text, uint64_t *out);

/* The name of the event: the one given, or one made of the function, or of `from` if not NULL. */
#define FTI_DEFINITION_NAME 46
void fti_definition_name(const struct ft_definition *d, const char *from,
			 char name[FTI_DEFINITION_NAME]);

/* ft_definition_probes() on its way. */
struct fti_making {
	const struct ft_definition *d;
	struct ft_session	   *s;
	bool			    force;
	const char		   *readme;
	struct ft_probe_spec	    spec;
	int (*fn)(void *arg, const struct ft_probe_spec *spec);
	void			   *arg;
};

/* definition-usdt.c */
int fti_make_usdt(struct fti_making *m, int pid);

static inline bool fti_is_return(const struct ft_definition *d)
{
	return d->kind == FT_PROBE_KERNEL_RETURN || d->kind == FT_PROBE_USER_RETURN;
}

#endif
