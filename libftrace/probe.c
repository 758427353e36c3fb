/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tracefs/tracefs.h>

#include "ftrace/kernel.h"
#include "ftrace/probe.h"
#include "known.h"
#include "probe.h"
#include "session-internal.h"
#include "task-internal.h"

/* A list and its profile change at any time. */
#define READ_TRIES   50
#define READ_WAIT_NS 2000000

/* -- opening ----------------------------------------------------------------------------------- */

/* By the instance, whose name no other session has (at top level there is one session at a time), and
 * the start of this process: of a dead one of the same number nothing is taken for ours. */
void fti_probe_name(const struct ft_session *s, const char *dir, char name[FTI_PROBE_NAME_MAX + 1])
{
	uint64_t start = 0;
	char own[48], path[96];
	int n = 1;

	if (s->instance)
		snprintf(own, sizeof(own), "%s",
			 tracefs_instance_get_name(s->instance) + strlen(FTI_INSTANCE_PREFIX));
	else
		snprintf(own, sizeof(own), "%s-%d", s->tool, getpid());
	for (char *p = own; *p; p++)
		if (!isalnum((unsigned char)*p))
			*p = '_';
	fti_task_start(getpid(), &start);
	snprintf(name, FTI_PROBE_NAME_MAX + 1, FTI_PROBE_PREFIX "%.30s_%" PRIu64, own, start);
	for (;;) {
		snprintf(path, sizeof(path), "%s/%s", dir, name);
		if (!fti_file_exists(s->top_fd, path))
			return;
		snprintf(name, FTI_PROBE_NAME_MAX + 1, FTI_PROBE_PREFIX "%d_%.30s_%" PRIu64, ++n,
			 own, start);
	}
}

int ft_probes_open(struct ft_probes **out, struct ft_session *s)
{
	struct ft_probes *ps = calloc(1, sizeof(*ps));

	*out = ps;
	if (!ps)
		return ft_fail(s, -ENOMEM, "cannot make probes: %s", strerror(ENOMEM));
	ps->s = s;
	ps->has_max_active = ft_kernel_readme_has(s->tracefs, "r[maxactive]");
	fti_probe_name(s, "events", ps->group);
	return 0;
}

void ft_probes_close(struct ft_probes *ps)
{
	if (!ps)
		return;
	for (size_t i = 0; i < ps->count; i++) {
		free(ps->probes[i].event);
		free(ps->probes[i].place);
	}
	free(ps->probes);
	fti_known_close(ps->known);
	free(ps);
}

const char *ft_probes_group(const struct ft_probes *ps)
{
	return ps->group;
}

size_t ft_probes_count(const struct ft_probes *ps)
{
	return ps->count;
}

const char *ft_probes_event(const struct ft_probes *ps, size_t probe)
{
	return probe < ps->count ? ps->probes[probe].event : NULL;
}

bool ft_probes_enabled(const struct ft_probes *ps, size_t probe)
{
	return probe < ps->count && ps->probes[probe].enabled;
}

/* -- enabling ---------------------------------------------------------------------------------- */

static bool reads_1(const struct ft_session *s, const char *path)
{
	char *now = ft_session_read(s, path);
	const bool is = now && now[0] == '1';

	free(now);
	return is;
}

static int enable_one(struct ft_probes *ps, struct fti_probe *p)
{
	char path[160];
	int err;

	snprintf(path, sizeof(path), "events/%s/%s/enable", ps->group, p->event);
	err = reads_1(ps->s, path) ? 0 : fti_file_write(ps->s->dir_fd, path, "1", FTI_TRUNCATE);
	p->enabled = !err;
	return err;
}

static int cannot_enable(struct ft_probes *ps, const struct fti_probe *p, int err)
{
	return ft_fail(ps->s, err, "cannot probe '%.200s': %s", p->place, err == -EINVAL ?
		       "no instruction that can be probed is there" : strerror(-err));
}

/* Not recorded: the probes are, and disabled before they are removed; this file goes with them. */
int ft_probes_enable(struct ft_probes *ps)
{
	char path[96];
	size_t on = 0;
	bool all;
	int err = 0, first = 0;

	if (!ps->count)
		return 0;
	snprintf(path, sizeof(path), "events/%s/enable", ps->group);
	/* The kernel goes on past those that it cannot enable, and does not tell which they are; 3.10
	 * not even that there were any. */
	fti_file_write(ps->s->dir_fd, path, "1", FTI_TRUNCATE);
	all = reads_1(ps->s, path);
	for (size_t i = 0; i < ps->count; i++) {
		struct fti_probe *p = &ps->probes[i];

		if (all)
			p->enabled = true;
		else
			err = enable_one(ps, p);
		if (err && !p->optional)
			return cannot_enable(ps, p, err);
		if (err && !first)
			first = err;
		on += p->enabled;
	}
	return on ? 0 : cannot_enable(ps, &ps->probes[0], first);
}

/* -- hits -------------------------------------------------------------------------------------- */

/* Rows of our group have the order in which they were made.  -EAGAIN when one is missing. */
static int take_rows(const struct ft_probes *ps, bool user, const struct fti_probe_row *rows,
		     size_t count, struct ft_probe_hits *hits)
{
	size_t r = 0;

	for (size_t i = 0; i < ps->count; i++) {
		if (ps->probes[i].user != user)
			continue;
		while (r < count && (strcmp(rows[r].group, ps->group) ||
				     strcmp(rows[r].event, ps->probes[i].event)))
			r++;
		if (r == count)
			return -EAGAIN;
		hits[i] = (struct ft_probe_hits){ rows[r].hits, rows[r].missed };
	}
	return 0;
}

static int read_hits(const struct ft_probes *ps, bool user, struct ft_probe_hits *hits)
{
	const int dir = ps->s->top_fd;
	char *events = NULL, *profile = NULL;
	struct fti_probe_row *rows = NULL;
	size_t count;
	int err;

	err = fti_file_read(dir, fti_probe_list(user), &events, NULL);
	if (!err)
		err = fti_file_read(dir, user ? "uprobe_profile" : "kprobe_profile", &profile,
				    NULL);
	if (!err)
		err = fti_probe_rows(events, profile, user, &rows, &count);
	if (!err)
		err = take_rows(ps, user, rows, count, hits);
	free(rows);
	free(profile);
	free(events);
	return err;
}

int ft_probes_hits(const struct ft_probes *ps, struct ft_probe_hits *hits)
{
	bool has[2] = { false, false };
	int err = 0;

	for (size_t i = 0; i < ps->count; i++)
		has[ps->probes[i].user] = true;
	for (int user = 0; !err && user < 2; user++) {
		if (!has[user])
			continue;
		err = read_hits(ps, user, hits);
		for (int i = 0; err == -EAGAIN && i < READ_TRIES; i++) {
			fti_sleep_ns(READ_WAIT_NS);
			err = read_hits(ps, user, hits);
		}
	}
	return err ? ft_fail(ps->s, err, "cannot read the hits of probes: %s", err == -EAGAIN ?
			     "they were removed by somebody" : strerror(-err)) : 0;
}
