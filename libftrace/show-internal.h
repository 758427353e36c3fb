/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * show-internal: what is known of an event, and how its text is made.
 */
#ifndef FTI_SHOW_INTERNAL_H
#define FTI_SHOW_INTERNAL_H

#include <event-parse.h>
#include <trace-seq.h>

#include "ftrace/show.h"
#include "ftrace/stack.h"
#include "names.h"
#include "show-print.h"

/* How the kernel prints it. */
enum fti_show_how {
	FTI_SHOW_FORMAT,	/* as its print format says */
	FTI_SHOW_ENTER,		/* a system call: "sys_openat(dfd: ffffff9c, ...)" */
	FTI_SHOW_EXIT,		/* "sys_openat -> 0x3" */
	FTI_SHOW_PROBE,		/* "myopen: (do_sys_open+0x0/0x220) ...", with the address named */
	FTI_SHOW_MARKER,	/* "tracing_mark_write: ..." */
	FTI_SHOW_STACK,
	FTI_SHOW_NOT,		/* libtraceevent cannot be trusted with it */
};

struct fti_shown {
	struct ft_show_event ev;		/* first: the public part */
	struct tep_event    *tep;
	enum fti_show_how    how;
	struct fti_print    *print;		/* NULL: libtraceevent prints it */
	struct ft_field	     ip, return_ip;	/* PROBE; return_ip only of a return; MARKER: ip */
	struct ft_field	     text;		/* MARKER */
};

struct ft_show {
	const struct ft_events	*evs;
	const struct ft_symbols *syms;
	struct tep_handle	*tep;
	struct fti_names	*names;
	struct ft_stacks	*stacks;	/* NULL: this kernel has none */
	struct fti_shown	**shown;	/* by type; &none (show.c): there is none */
	struct trace_seq	 seq;
	unsigned char		*copy;		/* of a record, zeros after it */
	uint32_t		 copied;
	char			*text;
	char			*printed;
	char			 symbol[256];	/* for libtraceevent's resolver */
};

/* Fill in what a type is; NULL: no such event.  -ENOMEM counts as that, too. */
struct fti_shown *fti_shown_new(const struct ft_show *sh, uint16_t type);
void fti_shown_free(struct fti_shown *s);

#endif
