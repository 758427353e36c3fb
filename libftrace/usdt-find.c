/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/kernel.h"
#include "ftrace/opt.h"
#include "maps.h"
#include "target.h"
#include "usdt-internal.h"

#define WILDCARDS "*?[\\"
#define FILES_MAX 4096	/* of a process */
#define HOW	  "a probe of a program is written provider:name or file:provider:name"

struct search {
	struct ft_target target;	/* text: for sentences; file: NULL: not told */
	char	*provider, *name;
	bool	 exact, any_provider;
	int	 pid;
	char	 root[FTI_ROOT_SIZE];
	char   **file;		/* of the process */
	size_t	 file_count;
	const char *path;	/* of what is looked at */
	const struct ft_usdt *usdt;
	size_t	 probes, matches;
	char	 near[260];	/* "provider:name" */
	size_t	 distance;
	int (*fn)(void *arg, const char *path, const struct ft_usdt *u,
		  const struct ft_usdt_probe *probe);
	void	*arg;
};

/* -- what people write ------------------------------------------------------------------------ */

static int parse(struct search *s, const char *text)
{
	const char *last = strrchr(text, ':'), *provider;

	s->target.text = text;
	if (!last || last == text || !last[1])
		return -EINVAL;
	provider = memrchr(text, ':', last - text);
	s->name = strdup(last + 1);
	if (provider) {
		s->target.file = strndup(text, provider - text);
		s->provider = strndup(provider + 1, last - provider - 1);
	} else if (memchr(text, '/', last - text)) {
		s->target.file = strndup(text, last - text);
		s->provider = strdup("*");
		s->any_provider = true;
	} else {
		s->provider = strndup(text, last - text);
	}
	if (!s->name || !s->provider || ((provider || s->target.file) && !s->target.file))
		return -ENOMEM;
	s->exact = !strpbrk(s->name, WILDCARDS) &&
		   (s->any_provider || !strpbrk(s->provider, WILDCARDS));
	return *s->provider && (!s->target.file || *s->target.file) ? 0 : -EINVAL;
}

/* -- one file --------------------------------------------------------------------------------- */

static int on_probe(void *arg, const struct ft_usdt_probe *probe)
{
	struct search *s = arg;
	const size_t before = s->distance;
	const char *best = NULL;
	char wanted[300];

	s->probes++;
	if (ft_glob_match(s->provider, probe->provider) && ft_glob_match(s->name, probe->name)) {
		s->matches++;
		return s->fn(s->arg, s->path, s->usdt, probe);
	}
	if (!s->exact || s->matches)
		return 0;
	snprintf(wanted, sizeof(wanted), "%s%s%s", s->any_provider ? "" : s->provider,
		 s->any_provider ? "" : ":", s->name);
	ft_nearest_step(wanted, s->any_provider ? probe->name : probe->label, &best, &s->distance);
	if (s->distance < before)
		snprintf(s->near, sizeof(s->near), "%s", probe->label);
	return 0;
}

static int look_into(struct search *s, const char *path)
{
	struct ft_usdt *u;
	int ret = ft_usdt_open(&u, path);

	if (ret)
		return ret;
	s->path = path;
	s->usdt = u;
	ret = ft_usdt_probes(u, on_probe, s);
	ft_usdt_close(u);
	return ret;
}

/* -- the files of a process ------------------------------------------------------------------- */

static int on_map(void *arg, const struct fti_map *map)
{
	struct search *s = arg;
	char path[PATH_MAX], **more;

	if (*map->path != '/' || !fti_map_file(s->pid, s->root, map, path))
		return 0;
	for (size_t i = 0; i < s->file_count; i++)
		if (!strcmp(s->file[i], path))
			return 0;
	if (s->file_count == FILES_MAX)
		return 0;
	more = realloc(s->file, (s->file_count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->file = more;
	s->file[s->file_count] = strdup(path);
	return s->file[s->file_count++] ? 0 : -ENOMEM;
}

/* -- sentences -------------------------------------------------------------------------------- */

static int none_found(const struct search *s, const char *where, char *sentence)
{
	if (!s->probes)
		return fti_target_fail(sentence, &s->target, -EINVAL, "%s has no probes built in "
				       "(USDT)", where);
	return fti_target_fail(sentence, &s->target, -EINVAL, "no %s in %s%s%s%s",
			       s->exact ? "such probe" : "probe matches", where,
			       *s->near ? " (did you mean '" : "", s->near, *s->near ? "'?)" : "");
}

static int not_opened(const struct search *s, const char *path, int err, char *sentence)
{
	if (err == -ENOEXEC)
		return fti_target_fail(sentence, &s->target, -EINVAL, "'%.200s' is not a program "
				       "or library (ELF) for this machine", path);
	return fti_target_fail(sentence, &s->target, err, "cannot read '%.200s': %s", path,
			       err == -E2BIG ? "too many probes" : strerror(-err));
}

static int not_found(const struct search *s, int err, char *sentence)
{
	if (err == -ESRCH)
		return fti_target_fail(sentence, &s->target, -EINVAL, "no such process: %d",
				       s->pid);
	if (err == -ENOENT && s->target.file)
		return fti_target_fail(sentence, &s->target, -EINVAL, "no such program or "
				       "library%s", s->pid ? " in the process or elsewhere" : "");
	if (err == -ENOENT)
		return fti_target_fail(sentence, &s->target, -EINVAL, "no program or library has "
				       "the name of this provider: write file:%s:%s, or give a "
				       "process", s->provider, s->name);
	return fti_target_fail(sentence, &s->target, err, "cannot look for the file: %s",
			       strerror(-err));
}

/* -- finding ---------------------------------------------------------------------------------- */

static int find_in_process(struct search *s, char *sentence)
{
	char where[48];
	int ret;

	fti_maps_root(s->pid, s->root);
	ret = fti_maps_each(s->pid, on_map, s);
	if (ret)
		return not_found(s, ret, sentence);
	for (size_t i = 0; i < s->file_count; i++) {
		const size_t before = s->matches;

		ret = look_into(s, s->file[i]);
		/* What fn said; data that is mapped executable and cannot be read has no probes. */
		if (ret && s->matches > before)
			return ret;
		if (ret == -ENOMEM)
			return not_found(s, ret, sentence);
	}
	snprintf(where, sizeof(where), "process %d", s->pid);
	return s->matches ? 0 : none_found(s, where, sentence);
}

static int find_in_file(struct search *s, char *sentence)
{
	const char *file = s->target.file ? s->target.file : s->provider;
	char where[PATH_MAX + 2], *path;
	int ret;

	/* A pattern names no file. */
	ret = !s->target.file && strpbrk(file, WILDCARDS) ? -ENOENT :
	      ft_elf_find(file, s->pid, &path);
	if (ret)
		return not_found(s, ret, sentence);
	ret = look_into(s, path);
	snprintf(where, sizeof(where), "'%.200s'", path);
	/* A script that has the provider's name: nobody asked for it. */
	if (ret == -ENOEXEC && !s->target.file)
		ret = not_found(s, -ENOENT, sentence);
	else if (ret && !s->matches)
		ret = not_opened(s, path, ret, sentence);
	else if (!s->matches)
		ret = none_found(s, where, sentence);
	free(path);
	return ret;
}

int fti_usdt_find(const char *text, int pid,
		  int (*fn)(void *arg, const char *path, const struct ft_usdt *u,
			    const struct ft_usdt_probe *probe),
		  void *arg, char sentence[FTI_SENTENCE_SIZE])
{
	struct search s = { .pid = pid, .distance = SIZE_MAX, .fn = fn, .arg = arg };
	int ret = parse(&s, text);

	*sentence = 0;
	if (ret)
		fti_target_fail(sentence, &s.target, ret, "%s",
				ret == -EINVAL ? HOW : strerror(-ret));
	else if (pid && !s.target.file)
		ret = find_in_process(&s, sentence);
	else
		ret = find_in_file(&s, sentence);
	for (size_t i = 0; i < s.file_count; i++)
		free(s.file[i]);
	free(s.file);
	free(s.provider);
	free(s.name);
	ft_target_free(&s.target);
	return ret;
}

int ft_usdt_find(struct ft_session *s, const char *text, int pid,
		 int (*fn)(void *arg, const char *path, const struct ft_usdt *u,
			   const struct ft_usdt_probe *probe), void *arg)
{
	char sentence[FTI_SENTENCE_SIZE];
	int ret = fti_usdt_find(text, pid, fn, arg, sentence);

	return *sentence ? ft_fail(s, ret, "%s", sentence) : ret;
}
