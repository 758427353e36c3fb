/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hist: what hist triggers have counted.
 */
#ifndef FTI_HIST_H
#define FTI_HIST_H

#include "ftrace/count.h"
#include "ftrace/session.h"

/*
 * What the triggers of an event have counted, as the kernel prints it, malloc()ed; *dropped goes up by
 * the hits for which they had no room.  0, or -errno with the sentence set.
 */
int fti_hist_text(struct ft_session *s, const char *system, const char *event, char **text,
		  uint64_t *dropped);

/*
 * Add the hit counts of an event's triggers of one or two keys, all numbers, to now; since they
 * were set: the kernel counts on.  *dropped goes up by the hits that found no room in the kernel.
 * 0, or with the sentence set -errno.
 */
int fti_hist_read(struct ft_session *s, const char *system, const char *event, size_t keys,
		  struct ft_count *now, uint64_t *dropped);

/*
 * fn is called for each key with what it has in now beyond *before (NULL: nothing), the largest sum
 * first; 0, what it returned if not 0, or -ENOMEM.  Then now takes the place of *before, or is freed
 * if there was an error.
 */
int fti_hist_since(struct ft_count **before, struct ft_count *now,
		   int (*fn)(void *arg, const uint64_t key[2], uint64_t count), void *arg);

#endif
