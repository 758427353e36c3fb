/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * synthetic: an event of the session's own, which hist triggers of other events make in the kernel.
 *
 * The one rule: it and the triggers set here are recorded for undo one by one and undone newest
 * first: a buffer cannot be removed as long as a trigger in it uses the value of another.  Linux
 * 4.17 and later, where hist triggers are built.
 */
#ifndef FTRACE_SYNTHETIC_H
#define FTRACE_SYNTHETIC_H

#include "ftrace/session.h"

#ifdef __cplusplus
extern "C" {
#endif

/* May this kernel have such events?  0, or -EOPNOTSUPP with the sentence. */
int ft_synthetic_check(struct ft_session *s);

/* Make one with these fields ("u64 lat; u32 dev"): its name, which no other session has, is told.
 * It belongs to the system "synthetic".  0, or negative with the sentence. */
#define FT_SYNTHETIC_NAME 64
int ft_synthetic_add(struct ft_session *s, const char *fields, char name[FT_SYNTHETIC_NAME]);

/* Set a trigger of an event in the session's buffer.  0, or negative with the sentence. */
int ft_synthetic_trigger(struct ft_session *s, const char *system, const char *event,
			 const char *trigger);

#ifdef __cplusplus
}
#endif
#endif
