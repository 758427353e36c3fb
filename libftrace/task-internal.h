/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * task-internal: what text of names may be kept.
 *
 * The one rule: while this number stays, ft_comms_get() gives the same name for a thread whose name
 * it knew.
 */
#ifndef FTI_TASK_INTERNAL_H
#define FTI_TASK_INTERNAL_H

#include <stdint.h>

#include "ftrace/task.h"

/* Owned by comms. */
const uint32_t *fti_comms_changes(const struct ft_comms *comms);

#endif
