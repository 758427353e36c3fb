/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * task-internal: what text of names may be kept, and which of the processes with one number is meant.
 */
#ifndef FTI_TASK_INTERNAL_H
#define FTI_TASK_INTERNAL_H

#include <stdint.h>

#include "ftrace/task.h"

/* While this number stays, ft_comms_get() gives the same name for a thread whose name it knew.  Owned
 * by comms. */
const uint32_t *fti_comms_changes(const struct ft_comms *comms);

/* When a process began, in clock ticks since boot: with its ID it is told from all others.  0 or
 * -errno. */
int fti_task_start(int pid, uint64_t *ticks);

/* true only if the process that had this number, and began then (0: not known), is no more. */
bool fti_task_is_gone(int pid, uint64_t start);

#endif
