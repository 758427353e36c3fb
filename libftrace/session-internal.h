/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session-internal: a session's own parts: its life (session.c), the top level that others may be
 * using (session-top.c), its files (session-file.c).
 */
#ifndef FTI_SESSION_INTERNAL_H
#define FTI_SESSION_INTERNAL_H

#include "ftrace/session.h"
#include "ftrace/symbol.h"
#include "internal.h"

struct ft_session {
	char  tool[32];
	bool  verbose;
	char *tracefs;			/* tracing directory */
	char *dir;			/* of this session's buffer */
	int   top_fd, dir_fd;		/* the same directories; equal at top level */
	bool  options_global;		/* an instance without options/ (3.10): flags are shared */
	struct tracefs_instance *instance;
	struct fti_undo	 *undo;
	struct fti_guard *guard;
	struct ft_symbols *symbols;	/* fti_session_symbols(); NULL: not asked for, or no_symbols */
	int   no_symbols;		/* 0, or why there are none */
	int   error;			/* first failure */
	char  sentence[1024];
	char  lines[FTI_LINES_SIZE];	/* fti_fail_lines() */
};

/* The top-level lock for the session: 0, -EWOULDBLOCK, or -errno with the sentence set. */
int fti_session_lock(struct ft_session *s, bool wait);

/* -EBUSY with the sentence that tells who holds the lock. */
int fti_session_busy(struct ft_session *s);

/* Something else traces at top level, or has left its trace there: name it, and never reset it.
 * -EBUSY with the sentence set. */
int fti_session_refuse_foreign(struct ft_session *s, const char *tracer);

/* The kernel's symbols, read once and kept until the end; 0, or what ft_symbols_open() says. */
int fti_session_symbols(struct ft_session *s, const struct ft_symbols **out);

/* Why the kernel refused the value: the last error_log entry, if it is about that; else "". */
void fti_session_reason(const struct ft_session *s, bool global, const char *value, char *out,
			size_t size);

#endif
