/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * probe: a session's probes inside, and what the kernel's lists of probes say, parsed.
 */
#ifndef FTI_PROBE_H
#define FTI_PROBE_H

#include "ftrace/probe.h"

#define FTI_PROBE_NAME_MAX 63	/* the kernel's MAX_EVENT_NAME_LEN less a NUL */

struct fti_known;

struct fti_probe {
	char *event, *place;	/* place: for sentences, too */
	bool  user;
	bool  optional;		/* by ft_probes_try() */
	bool  enabled;
};

struct ft_probes {
	struct ft_session *s;
	char   group[FTI_PROBE_NAME_MAX + 1];
	struct fti_probe *probes;
	size_t count;
	struct fti_known *known;	/* NULL: not yet read, or unreadable */
	bool   asked;			/* tried to read it */
	bool   has_max_active;
};

/* A name that is nobody else's, for what is at DIR/NAME below the tracing directory. */
void fti_probe_name(const struct ft_session *s, const char *dir, char name[FTI_PROBE_NAME_MAX + 1]);

/* uprobe_events or kprobe_events. */
const char *fti_probe_list(bool user);

/* A line of kprobe_profile or uprobe_profile, and whose it is. */
struct fti_probe_row {
	const char *group, *event;
	uint64_t    hits, missed;	/* missed: 0 for user probes */
};

/*
 * A profile names events without their groups, so that two may look alike; the list of probes
 * (kprobe_events) has them in the same order.  Both texts are cut in place, and the rows point into
 * them; *rows is malloc()ed.  0, -ENOMEM, or -EAGAIN: the two do not fit, as when somebody's probe
 * was removed between the readings.  Lines that only one has at its end are left out: probes are
 * added there.
 */
int fti_probe_rows(char *events, char *profile, bool user, struct fti_probe_row **rows,
		   size_t *count);

#endif
