/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * opt-parse: the command line without exiting and without output; ft_opt_parse() is its wrapper.
 *
 * The one rule: the merged table of a tool's own and the common options is made here and nowhere
 * else, so that parsing and help cannot differ.
 */
#ifndef FTI_OPT_PARSE_H
#define FTI_OPT_PARSE_H

#include <stdio.h>

#include "ftrace/opt.h"

#define FTI_OPT_MAX 64

struct fti_opt_table {
	struct ft_opt opts[FTI_OPT_MAX];	/* the tool's own first */
	size_t	      own, count;
	bool	      help, version;		/* values of -h and -V */
	bool	      full;			/* the tool has more options than fit */
	char	      max_rate_help[100];
};

/* The options of spec, the common ones with their values in c. */
void fti_opt_table(struct fti_opt_table *t, const struct ft_opt_spec *spec,
		   struct ft_opt_common *c);

/* The option of a letter or a long name; NULL: there is none. */
const struct ft_opt *fti_opt_letter(const struct fti_opt_table *t, char letter);
const struct ft_opt *fti_opt_name(const struct fti_opt_table *t, const char *name, size_t len);

enum fti_opt_what { FTI_OPT_RUN, FTI_OPT_HELP, FTI_OPT_VERSION };

/* What the command line asks for; or -EINVAL, and in err one escaped sentence without "tool: ". */
int fti_opt_parse(struct ft_opt_common *c, const struct ft_opt_spec *spec, int argc, char **argv,
		  char *err, size_t size);

/* Without the last newline. */
void fti_opt_print_help(FILE *f, const struct ft_opt_spec *spec);

#endif
