/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tracefs/tracefs.h>

#include "ftrace/synthetic.h"
#include "probe.h"
#include "session-internal.h"

#define FILE_NAME "synthetic_events"

int ft_synthetic_check(struct ft_session *s)
{
	if (!ft_session_has_global(s, FILE_NAME))
		return ft_fail(s, -EOPNOTSUPP, "this kernel has no synthetic events "
			       "(CONFIG_HIST_TRIGGERS, Linux 4.17)");
	return 0;
}

static int refused(struct ft_session *s, bool global, const char *what, const char *value, int err)
{
	char why[256];

	fti_session_reason(s, global, value, why, sizeof(why));
	return ft_fail(s, err, "cannot set '%s' to '%.200s': %s%s%s%s", what, value, strerror(-err),
		       why[0] ? " (" : "", why, why[0] ? ")" : "");
}

int ft_synthetic_add(struct ft_session *s, const char *fields, char name[FT_SYNTHETIC_NAME])
{
	char *line;
	int err;

	fti_probe_name(s, "events/synthetic", name);
	if (asprintf(&line, "%s %s", name, fields) < 0)
		return ft_fail(s, -ENOMEM, "cannot make an event: %s", strerror(ENOMEM));
	err = fti_undo_synthetic(s->undo, FILE_NAME, name);
	if (err)
		ft_fail(s, err, "cannot record an event: %s", strerror(-err));
	else
		err = fti_file_write(s->top_fd, FILE_NAME, line, FTI_APPEND);
	if (err)
		refused(s, true, FILE_NAME, line, err);
	free(line);
	return err;
}

/* Recorded in an instance, too, by its path from the tracing directory. */
static int record(struct ft_session *s, const char *path)
{
	char whole[384];
	int err;

	snprintf(whole, sizeof(whole), "instances/%.90s/%s",
		 s->instance ? tracefs_instance_get_name(s->instance) : "", path);
	err = fti_undo_file(s->undo, s->instance ? whole : path);
	return err ? ft_fail(s, err, "cannot record '%s': %s", path, strerror(-err)) : 0;
}

int ft_synthetic_trigger(struct ft_session *s, const char *system, const char *event,
			 const char *trigger)
{
	char path[256];
	int err;

	snprintf(path, sizeof(path), "events/%s/%s/trigger", system, event);
	err = record(s, path);
	if (err)
		return err;
	err = fti_file_write(s->dir_fd, path, trigger, FTI_APPEND);
	if (err)
		return refused(s, false, path, trigger, err);
	if (!s->instance)
		fti_undo_changed(s->undo, path);
	return 0;
}
