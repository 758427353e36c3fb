/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/session.h"

static int refuse_tracer(struct ft_session *s, const char *path)
{
	char *now = ft_session_read_global(s, path);
	int err = 0;

	if (now && strcmp(now, "nop") && strcmp(now, "function"))
		err = ft_fail(s, -EBUSY, "the tracer '%s' is active, and there is one tracing_thresh "
			      "for all: see '%s/%s'", now, ft_session_tracefs(s), path);
	free(now);
	return err;
}

/* hwlat, osnoise, irqsoff, wakeup: all of them have it. */
static int refuse_tracers(struct ft_session *s)
{
	struct dirent **list;
	char path[512];
	int n, err;

	err = refuse_tracer(s, "current_tracer");
	snprintf(path, sizeof(path), "%s/instances", ft_session_tracefs(s));
	n = scandir(path, &list, NULL, NULL);
	for (int i = 0; i < n; free(list[i++])) {
		if (err || list[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "instances/%s/current_tracer", list[i]->d_name);
		err = refuse_tracer(s, path);
	}
	if (n >= 0)
		free(list);
	return err;
}

int ft_session_set_thresh(struct ft_session *s, uint64_t us)
{
	char *now = ft_session_read_global(s, "tracing_thresh"), value[32];
	bool same;
	int err;

	snprintf(value, sizeof(value), "%" PRIu64, us);
	same = now && !strcmp(now, value);
	free(now);
	if (same)
		return 0;
	err = refuse_tracers(s);
	return err ? err : ft_session_set_global(s, "tracing_thresh", value);
}
