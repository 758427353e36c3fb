/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/kernel.h"
#include "ftrace/opt.h"
#include "ftrace/out.h"
#include "target.h"

#define WILDCARDS "*?[\\"

int fti_target_fail(char *sentence, const struct ft_target *t, int err, const char *fmt, ...)
{
	char shown[160];
	va_list ap;
	int n;

	ft_out_escape(shown, sizeof(shown), t->text, strlen(t->text));
	n = snprintf(sentence, FTI_SENTENCE_SIZE, "cannot trace '%s': ", shown);
	va_start(ap, fmt);
	vsnprintf(sentence + n, FTI_SENTENCE_SIZE - n, fmt, ap);
	va_end(ap);
	return err;
}

/* -- what people write ---------------------------------------------------------------------- */

#define HOW_TRACEPOINT "a tracepoint is written t:system:event"
#define HOW_USER       "a function of a program is written file:function"

/* File (or system) and pattern from the two sides of a colon. */
static int split(struct ft_target *t, const char *text, const char *colon)
{
	if (colon == text || !colon[1])
		return -EINVAL;
	t->file = strndup(text, colon - text);
	t->pattern = strdup(colon + 1);
	return t->file && t->pattern ? 0 : -ENOMEM;
}

static int parse_tracepoint(struct ft_target *t, const char *text)
{
	const char *colon = strchr(text, ':');

	if (!colon || strchr(colon + 1, ':') || strpbrk(text, "/ \t\n"))
		return -EINVAL;
	return split(t, text, colon);
}

static int parse_kernel(struct ft_target *t, const char *text)
{
	if (strchr(text, '/'))
		return -EINVAL;
	t->pattern = strdup(text);
	return t->pattern ? 0 : -ENOMEM;
}

int ft_target_parse(struct ft_target *t, const char *text, char *why)
{
	const char *colon = strchr(text, ':'), *how = HOW_USER;
	int err;

	*t = (struct ft_target){ .text = text };
	if (!*text) {
		how = "a function has a name";
		err = -EINVAL;
	} else if (!strncmp(text, "t:", 2)) {
		t->kind = FT_TARGET_TRACEPOINT;
		how = HOW_TRACEPOINT;
		err = parse_tracepoint(t, text + 2);
	} else if (!colon || !strncmp(colon, ":mod:", 5)) {
		t->kind = FT_TARGET_KERNEL;
		err = parse_kernel(t, text);
	} else {
		t->kind = FT_TARGET_USER;
		/* A path may have colons, a symbol has none. */
		err = split(t, text, strrchr(text, ':'));
	}
	if (err) {
		snprintf(why, FT_TARGET_WHY, "%s", err == -EINVAL ? how : strerror(-err));
		ft_target_free(t);
	}
	return err;
}

void ft_target_free(struct ft_target *t)
{
	free(t->file);
	free(t->pattern);
	t->file = t->pattern = NULL;
}

/* -- functions of a file -------------------------------------------------------------------- */

struct walk {
	const struct ft_target *t;
	const char	       *path;
	bool			exact, indirect;
	size_t			count;	/* matches that can be traced */
	uint64_t		last;	/* offset of the last one given to fn */
	const char	       *near;
	size_t			distance;
	int (*fn)(void *arg, const char *path, const struct ft_elf_symbol *symbol);
	void		       *arg;
};

static bool matches(const struct walk *w, const char *name)
{
	return w->exact ? !strcmp(w->t->pattern, name) : ft_glob_match(w->t->pattern, name);
}

/* First look, so that nothing is given to fn when something is to be refused. */
static int look(void *arg, const struct ft_elf_symbol *symbol)
{
	struct walk *w = arg;

	if (matches(w, symbol->name)) {
		/* memcpy is chosen at run time, and memcpy@GLIBC_2.2.5 is not what programs call. */
		w->indirect |= symbol->indirect;
		w->count += !symbol->indirect;
	} else if (w->exact) {
		ft_nearest_step(w->t->pattern, symbol->name, &w->near, &w->distance);
	}
	return 0;
}

static int give(void *arg, const struct ft_elf_symbol *symbol)
{
	struct walk *w = arg;

	if (symbol->indirect || !matches(w, symbol->name) ||
	    (w->count && w->last == symbol->offset))
		return 0;
	w->count++;
	w->last = symbol->offset;
	return w->fn(w->arg, w->path, symbol);
}

static int each_function(struct walk *w, const struct ft_elf *elf, char *sentence)
{
	ft_elf_functions(elf, look, w);
	if (w->indirect && (w->exact || !w->count))
		return fti_target_fail(sentence, w->t, -EINVAL, "in '%.200s' it is an indirect "
				       "function: which one is called is chosen for each CPU",
				       w->path);
	if (!ft_elf_count(elf))
		return fti_target_fail(sentence, w->t, -EINVAL, "'%.200s' tells no functions (it is "
				       "stripped)", w->path);
	if (!w->count)
		return fti_target_fail(sentence, w->t, -EINVAL, "no %s in '%.200s'%s%.80s%s",
				       w->exact ? "such function" : "function matches", w->path,
				       w->near ? " (did you mean '" : "", w->near ? w->near : "",
				       w->near ? "'?)" : "");
	w->count = 0;
	return ft_elf_functions(elf, give, w);
}

static int find_failed(char *sentence, const struct ft_target *t, int pid, int err)
{
	if (err == -ESRCH)
		return fti_target_fail(sentence, t, -EINVAL, "no such process: %d", pid);
	if (err == -ENOENT)
		return fti_target_fail(sentence, t, -EINVAL, "no such program or library%s",
				       pid ? " in the process or elsewhere" : "");
	return fti_target_fail(sentence, t, err, "cannot look for the file: %s", strerror(-err));
}

static int open_failed(char *sentence, const struct ft_target *t, const char *path, int err)
{
	if (err == -ENOEXEC)
		return fti_target_fail(sentence, t, -EINVAL, "'%.200s' is not a program or library "
				       "(ELF) for this machine", path);
	if (err == -E2BIG)
		return fti_target_fail(sentence, t, err, "'%.200s' has too many functions", path);
	return fti_target_fail(sentence, t, err, "cannot read '%.200s': %s", path, strerror(-err));
}

int fti_target_functions(const struct ft_target *t, int pid,
			 int (*fn)(void *arg, const char *path, const struct ft_elf_symbol *symbol),
			 void *arg, char sentence[FTI_SENTENCE_SIZE])
{
	struct walk w = { .t = t, .exact = !strpbrk(t->pattern, WILDCARDS), .distance = SIZE_MAX,
			  .fn = fn, .arg = arg };
	struct ft_elf *elf = NULL;
	char *path;
	int ret;

	*sentence = 0;
	ret = ft_elf_find(t->file, pid, &path);
	if (ret)
		return find_failed(sentence, t, pid, ret);
	ret = ft_elf_open(&elf, path);
	w.path = path;
	if (ret)
		ret = open_failed(sentence, t, path, ret);
	else
		ret = each_function(&w, elf, sentence);
	ft_elf_close(elf);
	free(path);
	return ret;
}

/* -- for tools ------------------------------------------------------------------------------ */

int ft_target_functions(struct ft_session *s, const struct ft_target *t, int pid,
			int (*fn)(void *arg, const char *path, const struct ft_elf_symbol *symbol),
			void *arg)
{
	char sentence[FTI_SENTENCE_SIZE];
	int ret = fti_target_functions(t, pid, fn, arg, sentence);

	return *sentence ? ft_fail(s, ret, "%s", sentence) : ret;
}

int ft_target_tracepoints(struct ft_session *s, const struct ft_target *t,
			  int (*fn)(void *arg, const char *system, const char *event), void *arg)
{
	char sentence[FTI_SENTENCE_SIZE];
	int ret = fti_target_tracepoints(ft_session_tracefs(s), t, fn, arg, sentence);

	return *sentence ? ft_fail(s, ret, "%s", sentence) : ret;
}
