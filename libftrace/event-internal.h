/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * event-internal: what the stream needs of the formats and tools do not.
 */
#ifndef FTI_EVENT_INTERNAL_H
#define FTI_EVENT_INTERNAL_H

#include "ftrace/event.h"
#include "page.h"

/* The layout of a sub-buffer by the events/header_page read at open.  0 or -EBADMSG. */
int fti_events_page_format(const struct ft_events *evs, struct fti_page_format *f);

/* Where common_pid, 4 bytes, is in every record; -ENOENT: no event is loaded. */
int fti_events_tid_offset(const struct ft_events *evs);

#endif
