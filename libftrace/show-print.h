/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * show-print: a print format, compiled.
 */
#ifndef FTI_SHOW_PRINT_H
#define FTI_SHOW_PRINT_H

#include "names.h"
#include "show-expr.h"

struct fti_print;

/* NULL: something in it is not understood; libtraceevent prints it. */
struct fti_print *fti_print_new(const struct ft_events *evs, const struct tep_event *event);
void fti_print_free(struct fti_print *pr);

/* Write at p what fits before end; returns the end of it.  Bytes of the event are as they are;
 * names are those of the kernel's functions. */
char *fti_print_put(const struct fti_print *pr, const struct ft_event *e, struct fti_names *names,
		    char *p, const char *end);

#endif
