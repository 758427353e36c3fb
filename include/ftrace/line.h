/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * line: the left part of the lines of the kernel's trace file, "TASK-PID [CPU] flags TIMESTAMP: ".
 *
 * The one rule: the layout is what the kernel's own headings above such lines show (columns of the
 * task, which flags there are), so that a line equals, byte for byte, the kernel's of the same
 * record.  Only control characters in a task's name are shown as ft_out_escape() does.
 */
#ifndef FTRACE_LINE_H
#define FTRACE_LINE_H

#include "ftrace/event.h"
#include "ftrace/session.h"
#include "ftrace/task.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_line_config {
	/* What the trace file begins with, up to its first line without '#'; copied.  NULL, or not
	 * such headings (the options irq-info, latency-format, record-tgid change them): those of
	 * Linux 6.1. */
	const char *headings;
	bool	    counts;	/* the trace clock counts: its value is shown, not seconds */
	/* No more can be told of the need to reschedule than that there is one: before 3.13 */
	bool	    old_resched;
	/* --wall: trace clock to ns since 1970, or NULL; 0: cannot, the seconds are shown */
	uint64_t  (*wall)(void *arg, uint64_t ts);
	void	   *wall_arg;
};

struct ft_line;

/* evs and comms must outlive it.  -EBADMSG: the formats have no common fields. */
int ft_line_new(struct ft_line **out, const struct ft_events *evs, struct ft_comms *comms,
		const struct ft_line_config *config);

/* The same, all but wall and its argument found out from a session whose tracer is set and whose
 * buffer is empty: this reads the begin of its trace file. */
int ft_line_open(struct ft_line **out, const struct ft_session *s, const struct ft_events *evs,
		 struct ft_comms *comms, const struct ft_line_config *config);
void ft_line_free(struct ft_line *l);

/* Write at p, which has room for FT_LINE_MAX bytes; returns the end.  No NUL is added. */
#define FT_LINE_MAX 256
char *ft_line_put(struct ft_line *l, const struct ft_event *e, char *p);

/* The flags alone, "d.h1.": as many bytes as the kernel shows, at most FT_LINE_FLAGS_MAX. */
#define FT_LINE_FLAGS_MAX 8
size_t ft_line_flags(const struct ft_line *l, const struct ft_event *e,
		     char flags[FT_LINE_FLAGS_MAX]);

/* The headings, each line with its newline.  Owned by l. */
const char *ft_line_headings(const struct ft_line *l, size_t *len);

#ifdef __cplusplus
}
#endif
#endif
