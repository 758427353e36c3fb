/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * show-expr: what print formats calculate, compiled: libtraceevent interprets them each time.
 *
 * The one rule: what is not understood is not compiled, and libtraceevent prints it; results are
 * those it would print.
 */
#ifndef FTI_SHOW_EXPR_H
#define FTI_SHOW_EXPR_H

#include <event-parse.h>

#include "ftrace/event.h"

struct fti_expr;

/* A number, or for %s a string.  NULL: not understood, or no memory. */
struct fti_expr *fti_expr_new(const struct ft_events *evs, const struct tep_event *event,
			      const struct tep_print_arg *arg, bool string);
void fti_expr_free(struct fti_expr *x);

int64_t fti_expr_number(const struct fti_expr *x, const struct ft_event *e);

/* Write at p what fits before end; returns the end of it. */
char *fti_expr_string(const struct fti_expr *x, const struct ft_event *e, char *p, const char *end);

#endif
