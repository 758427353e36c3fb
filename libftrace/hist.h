/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hist: what hist triggers have counted.
 */
#ifndef FTI_HIST_H
#define FTI_HIST_H

#include "ftrace/count.h"
#include "ftrace/session.h"

/*
 * Add the hit counts of an event's triggers of one or two keys, all numbers, to now; since they
 * were set: the kernel counts on.  *dropped goes up by the hits that found no room in the kernel.
 * 0, or with the sentence set -errno.
 */
int fti_hist_read(struct ft_session *s, const char *system, const char *event, size_t keys,
		  struct ft_count *now, uint64_t *dropped);

#endif
