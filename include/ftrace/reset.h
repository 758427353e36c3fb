/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reset: what tools that were killed left in the kernel, put back.
 *
 * The one rule: only this toolkit's own leavings are touched, and only those nobody owns any more;
 * `force` alone goes further, and then changes only what is not at rest.
 */
#ifndef FTRACE_RESET_H
#define FTRACE_RESET_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ft_reset_config {
	const char *tracefs;	/* tracing directory, or NULL: look for it */
	bool	    force;	/* bring the top level to rest; drop journals that cannot be replayed */
};

/* action: "restore", "remove" or "rest", and to the value written; or "found", what is going to be
 * brought to rest, and to what it is now.  err: 0, -errno, or 1: left alone. */
typedef void ft_reset_action(void *arg, const char *action, const char *what, const char *to,
			     int err);

#define FT_RESET_REASON_SIZE 1024

/* Calls fn for everything that was done or failed.  Returns the exit status; why nothing could be
 * done is in reason, else that is empty. */
int ft_reset(const struct ft_reset_config *config, ft_reset_action *fn, void *arg,
	     char reason[FT_RESET_REASON_SIZE]);

#ifdef __cplusplus
}
#endif
#endif
