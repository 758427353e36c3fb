/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * probing-internal: the parts of ft_probing: what is probed (probing.c), calls (probing-ret.c), return
 * values (probing-text.c).
 */
#ifndef FTI_PROBING_INTERNAL_H
#define FTI_PROBING_INTERNAL_H

#include "ftrace/definition.h"
#include "ftrace/pair.h"
#include "ftrace/probe.h"
#include "ftrace/probing.h"
#include "ftrace/task.h"

/* A probe, as it is to be made. */
struct fti_probing_one {
	const struct ft_definition *d;
	struct ft_probe_spec spec;	/* strings owned */
	struct ft_field	     retval;	/* field that holds it; not found: none does */
	char		     name[32];	/* of that field */
	bool		     from_end;	/* strings only before it in the text */
};

struct ft_probing {
	struct ft_run		 *r;
	struct ft_probing_opt	 *opt;
	struct ft_definition	 *definition;
	size_t			  definitions;
	struct fti_probing_one	 *one;
	size_t			  count;
	struct ft_probes	 *probes;
	struct ft_pairs		 *pairs;
	struct ft_comms		 *comms;	/* --ret */
	size_t			  record_max;	/* bytes of an entry's record that are kept */
	uint16_t		 *by_id;	/* event id to 1 + 2 * number, + 1 for its return, or 0 */
	char			 *text;		/* of an event, changed; text_room bytes */
	size_t			  text_room;
};

/* Make the probes that were planned; they are not enabled. */
int fti_probing_make(struct ft_probing *p);

/* probing-view.c: -v, as struct ft_run.run */
int fti_probing_view(struct ft_run *r);

/* probing-ret.c: calls of --ret */
int fti_probing_pair_open(struct ft_probing *p);
int fti_probing_pair_event(void *arg, const struct ft_event *e);
int fti_probing_pair_report(struct ft_probing *p, uint64_t missed);

/* probing-text.c: return values as error numbers */
void fti_probing_retval_find(struct ft_probing *p, struct fti_probing_one *one, const char *event);
const char *fti_probing_text(void *arg, const struct ft_event *e, size_t *len);
void fti_probing_row(void *arg, const struct ft_event *e);

/* "-ENOENT", else as ft_call_retval(). */
#define FTI_RETVAL_MAX 40
void fti_probing_retval(int64_t value, bool errnos, char text[FTI_RETVAL_MAX]);
/* The error number that a return value is, of an int, too; 0: none. */
int fti_probing_errno(int64_t value);

#endif
