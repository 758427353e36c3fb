/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * filter: event filters as the kernel takes them, 'prev_pid > 100 && prev_comm ~ "ba*"', checked
 * before one is written.
 *
 * The one rule: only what every kernel refuses is refused here, with the place of the mistake; what
 * some kernels know (bitwise &, !(...), .ustring, CPUS{}) is left to the one that runs.
 */
#ifndef FTRACE_FILTER_H
#define FTRACE_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "ftrace/show.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_filter_error {
	char   reason[256];	/* "no such field 'pidd' (did you mean 'pid'?)" */
	size_t at;		/* offset of the mistake in the filter */
	bool   field;		/* it is that the event has no such field */
};

/* 0, or -EINVAL with *error filled in. */
int ft_filter_check(const char *filter, const struct ft_show_event *ev,
		    struct ft_filter_error *error);

/* Is it a tracepoint, or a pattern of such ("block:*"), and so no filter? */
bool ft_filter_is_event(const char *text);

/*
 * The filter with a caret below the mistake, as lines to go behind a message: "\n  pidd == 1\n  ^".
 * Of a long one the part around it; escaped, and then without a caret if that moves it.  Always
 * terminates.
 */
#define FT_FILTER_CARET_MAX 400
void ft_filter_caret(const char *filter, size_t at, char out[FT_FILTER_CARET_MAX]);

/*
 * What the kernel has found wrong: from its error_log (5.2 and later; all of the file), or from
 * what
 * the filter file reads after a refusal, as older ones tell it.  false: it does not tell.
 */
bool ft_filter_kernel_error(const char *text, const char *filter, struct ft_filter_error *error);

#ifdef __cplusplus
}
#endif
#endif
