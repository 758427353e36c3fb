/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/kernel.h"
#include "ftrace/opt.h"
#include "internal.h"
#include "target.h"

struct events {
	const struct ft_target *t;
	int			dirfd;		/* the tracing directory */
	char		       *probes[3];	/* who made events that are no tracepoints */
	size_t			count;
	char			near[2 * NAME_MAX + 2];	/* "system:event" */
	size_t			distance;
	int (*fn)(void *arg, const char *system, const char *event);
	void		       *arg;
};

/* A line of kprobe_events and the like is "p:GROUP/EVENT ...". */
static bool is_probe(const struct events *es, const char *system, const char *event)
{
	char text[2 * NAME_MAX + 4];
	size_t len = snprintf(text, sizeof(text), ":%s/%s", system, event);

	for (size_t i = 0; i < 3; i++) {
		for (const char *p = es->probes[i] ? strstr(es->probes[i], text) : NULL; p;
		     p = strstr(p, text)) {
			p += len;
			if (*p == ' ' || *p == '\n' || !*p)
				return true;
		}
	}
	return false;
}

/* Those of ftrace itself cannot be enabled, synthetic ones are what somebody computes. */
static bool is_tracepoint(const struct events *es, const char *system, const char *event)
{
	char path[2 * NAME_MAX + 32];

	snprintf(path, sizeof(path), "events/%s/%s/format", system, event);
	return fti_file_exists(es->dirfd, path) && !is_probe(es, system, event);
}

static bool is_system(const char *name)
{
	return *name != '.' && strcmp(name, "ftrace") != 0 && strcmp(name, "synthetic") != 0;
}

static int filter(const struct dirent *d)
{
	return *d->d_name != '.' && d->d_type != DT_REG;
}

static void note_near(struct events *es, const char *system, const char *event)
{
	char wanted[PATH_MAX], have[2 * NAME_MAX + 2];
	const char *best = NULL;

	snprintf(wanted, sizeof(wanted), "%s:%s", es->t->file, es->t->pattern);
	snprintf(have, sizeof(have), "%s:%s", system, event);
	ft_nearest_step(wanted, have, &best, &es->distance);
	if (best)
		strcpy(es->near, have);
}

static int each_event(struct events *es, const char *system, bool matches)
{
	char path[NAME_MAX + 16];
	struct dirent **list;
	int n, ret = 0;

	snprintf(path, sizeof(path), "events/%s", system);
	n = scandirat(es->dirfd, path, &list, filter, alphasort);
	for (int i = 0; i < n; i++) {
		const char *event = list[i]->d_name;

		if (!ret && matches && ft_glob_match(es->t->pattern, event) &&
		    is_tracepoint(es, system, event)) {
			es->count++;
			ret = es->fn(es->arg, system, event);
		} else if (!ret && !es->count) {
			note_near(es, system, event);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return ret;
}

static int each_system(struct events *es, char *sentence)
{
	const bool patterns = strpbrk(es->t->text, "*?[\\");
	struct dirent **list;
	int n, ret = 0;

	n = scandirat(es->dirfd, "events", &list, filter, alphasort);
	if (n < 0)
		return fti_target_fail(sentence, es->t, errno == ENOENT ? -EOPNOTSUPP : -errno,
				       "cannot read 'events': %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		const char *system = list[i]->d_name;
		bool matches = ft_glob_match(es->t->file, system);

		/* Others only for the nearest name, which a pattern has not. */
		if (!ret && is_system(system) && (matches || !patterns))
			ret = each_event(es, system, matches);
		free(list[i]);
	}
	free(list);
	if (ret || es->count)
		return ret;
	if (patterns)
		return fti_target_fail(sentence, es->t, -EINVAL, "no tracepoint matches");
	return fti_target_fail(sentence, es->t, -EINVAL, "no such tracepoint%s%s%s%s",
			       *es->near ? " (did you mean '" : "",
			       *es->near && !strncmp(es->t->text, "t:", 2) ? "t:" : "", es->near,
			       *es->near ? "'?)" : "");
}

int fti_target_tracepoints(const char *dir, const struct ft_target *t,
			   int (*fn)(void *arg, const char *system, const char *event), void *arg,
			   char sentence[FTI_SENTENCE_SIZE])
{
	static const char *const files[3] = { "kprobe_events", "uprobe_events", "dynamic_events" };
	struct events es = { .t = t, .distance = SIZE_MAX, .fn = fn, .arg = arg };
	int ret;

	*sentence = 0;
	es.dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (es.dirfd < 0)
		return fti_target_fail(sentence, t, -errno, "cannot open '%.200s': %s", dir,
				       strerror(errno));
	for (size_t i = 0; i < 3; i++) {
		if (fti_file_read(es.dirfd, files[i], &es.probes[i], NULL))
			es.probes[i] = NULL;
	}
	ret = each_system(&es, sentence);
	for (size_t i = 0; i < 3; i++)
		free(es.probes[i]);
	close(es.dirfd);
	return ret;
}
