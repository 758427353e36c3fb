/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * probing: what tools do that trace probes which people define: the definitions and a filter from the
 * command line, the probes made and watched (ftrace/watch.h), entries paired with returns, what the
 * kernel missed.
 *
 * The one rule: a tool has FT_PROBING_OPTIONS in its table and calls ft_probing_check(); the calls
 * that take a run alone are callbacks for its descriptor, beside ft_watch_event() and _interval().
 */
#ifndef FTRACE_PROBING_H
#define FTRACE_PROBING_H

#include "ftrace/tool.h"
#include "ftrace/watch.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_probing_opt {
	struct ft_watch_opt watch;
	bool user;		/* functions of programs; set by the tool */
	bool force, view, ret, errnos;
};

/* They take bits 0 to 3 of `excludes`, as FT_WATCH_OPTIONS() does. */
#define FT_PROBING_OPTIONS(opt_)								\
	FT_FLAG('F', "force", &(opt_).force, "probe what may do harm, too"),			\
	FT_FLAG('v', "view", &(opt_).view, "show the format files of the probes; do not trace"),	\
	{ .name = "ret", .type = FT_OPT_FLAG, .value = &(opt_).ret, .excludes = 14,		\
	  .help = "one line for entry and return, with latency and return value" },		\
	FT_WATCH_OPTIONS((opt_).watch)

enum {
	FT_PROBING_LATENCY = FT_WATCH_COLUMNS, FT_PROBING_RET, FT_PROBING_ERRNO, FT_PROBING_COLUMNS
};

/*
 * Parse the operands: definitions, and at the end there may be a filter.  Exits as ft_opt_error() when
 * something is wrong; columns[FT_PROBING_COLUMNS + 1] are filled.  Makes r->probing, and with -v sets
 * r->run; opt must outlive it.
 */
void ft_probing_check(struct ft_run *r, struct ft_probing_opt *opt, struct ft_column *columns);
void ft_probing_free(struct ft_run *r);

int ft_probing_plan(struct ft_run *r);
int ft_probing_setup(struct ft_run *r);
int ft_probing_ready(struct ft_run *r);
int ft_probing_loss(struct ft_run *r, int cpu);
int ft_probing_finish(struct ft_run *r);

#ifdef __cplusplus
}
#endif
#endif
