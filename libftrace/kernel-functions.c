/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/kernel.h"
#include "ftrace/opt.h"
#include "ftrace/out.h"
#include "ftrace/session.h"
#include "kernel.h"
#include "lines.h"

#define NAME_SIZE 512	/* KSYM_NAME_LEN since 6.1 */
#define LIST	  "available_filter_functions"

/* -- the lists ------------------------------------------------------------------------------ */

struct list {
	int (*fn)(void *arg, const char *name, const char *module);
	void *arg;
	bool  kallsyms;
};

/* The next word of a line into buf; false when there is none or it is too long. */
static bool word(const char **p, const char *end, char *buf, size_t size)
{
	const char *start;
	size_t len;

	while (*p < end && (**p == ' ' || **p == '\t'))
		(*p)++;
	start = *p;
	while (*p < end && (unsigned char)**p > ' ' && **p != 0x7f)
		(*p)++;
	len = *p - start;
	if (!len || len >= size)
		return false;
	memcpy(buf, start, len);
	buf[len] = 0;
	return true;
}

/* "NAME", "NAME [MODULE]", and in kallsyms "ADDR TYPE NAME\t[MODULE]". */
static int list_line(void *arg, const char *p, const char *end)
{
	char name[NAME_SIZE], module[NAME_SIZE];
	struct list *l = arg;
	size_t len;

	if (l->kallsyms && (!word(&p, end, name, sizeof(name)) || !word(&p, end, name, 2) ||
			    !strchr("tTwW", *name)))
		return 0;
	if (!word(&p, end, name, sizeof(name)))
		return 0;
	/* Records whose function has been dropped by the linker (5.19+). */
	if (!strncmp(name, "__ftrace_invalid_address___", 27))
		return 0;
	if (!word(&p, end, module, sizeof(module)))
		return l->fn(l->arg, name, NULL);
	len = strlen(module);
	if (len < 3 || module[0] != '[' || module[len - 1] != ']')
		return l->fn(l->arg, name, NULL);
	module[len - 1] = 0;
	return l->fn(l->arg, name, module + 1);
}

static int each_name(const char *path, struct list *l)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = fti_each_line(fd, list_line, l);
	close(fd);
	return err;
}

int ft_kernel_functions(const char *dir,
			int (*fn)(void *arg, const char *name, const char *module), void *arg)
{
	struct list l = { .fn = fn, .arg = arg };
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, LIST);
	return each_name(path, &l);
}

/* -- matching ------------------------------------------------------------------------------- */

/* One pattern, a valid one, on its way through the list. */
struct search {
	char			  name[NAME_SIZE];	/* the pattern without its module */
	const char		 *module;		/* its module pattern, or NULL */
	bool			  exact;		/* a name without wildcards */
	size_t			  distance;		/* of the nearest so far */
	struct ft_function_match *m;
};

struct searches {
	struct search *s;
	size_t	       count, missing;
	bool	       stops;	/* when each has one: that there are more does not matter */
};

static void search_init(struct search *s, const char *pattern, struct ft_function_match *m)
{
	size_t len = strcspn(pattern, ":");

	memset(m, 0, sizeof(*m));
	memcpy(s->name, pattern, len);
	s->name[len] = 0;
	s->module = pattern[len] ? pattern + len + strlen(":mod:") : NULL;
	s->exact = !strpbrk(pattern, "*?[\\");
	s->distance = SIZE_MAX;
	s->m = m;
}

static bool search_match(const struct search *s, const char *name, const char *module)
{
	if (s->exact ? strcmp(s->name, name) != 0 : !ft_glob_match(s->name, name))
		return false;
	return !s->module || (module && ft_glob_match(s->module, module));
}

/* What became of a function: "foo.isra.0" (the compiler), "__x64_sys_foo" (4.17+). */
static bool is_variant(const char *wanted, const char *name)
{
	size_t len = strlen(wanted), nlen = strlen(name);

	if (!strncmp(name, wanted, len) && name[len] == '.')
		return true;
	return !strncmp(wanted, "sys_", 4) && nlen > len + 3 && !strncmp(name, "__", 2) &&
	       name[nlen - len - 1] == '_' && !strcmp(name + nlen - len, wanted);
}

static void note_near(struct search *s, const char *name)
{
	size_t limit = strlen(s->name) / 3, d;
	struct ft_function_match *m = s->m;

	if (!s->exact || strlen(name) >= sizeof(m->nearest[0]))
		return;
	d = is_variant(s->name, name) ? 0 :
	    ft_edit_distance(s->name, name, limit < s->distance ? limit : s->distance);
	if (d > s->distance || d == SIZE_MAX)
		return;
	if (d < s->distance)
		memset(m->nearest, 0, sizeof(m->nearest));
	s->distance = d;
	for (size_t i = 0; i < 3; i++) {
		if (!strcmp(m->nearest[i], name))
			return;
		if (!*m->nearest[i]) {
			strcpy(m->nearest[i], name);
			return;
		}
	}
}

static int on_function(void *arg, const char *name, const char *module)
{
	struct searches *all = arg;

	for (size_t i = 0; i < all->count; i++) {
		struct search *s = &all->s[i];

		if (search_match(s, name, module)) {
			if (!s->m->count++) {
				snprintf(s->m->first, sizeof(s->m->first), "%s", name);
				all->missing--;
			}
		}
	}
	return all->stops && !all->missing;
}

static int on_near(void *arg, const char *name, const char *module)
{
	struct searches *all = arg;

	(void)module;
	for (size_t i = 0; i < all->count; i++)
		if (!all->s[i].m->count)
			note_near(&all->s[i], name);
	return 0;
}

static int on_symbol(void *arg, const char *name, const char *module)
{
	struct searches *all = arg;

	for (size_t i = 0; i < all->count; i++) {
		struct search *s = &all->s[i];

		if (!s->m->count && !s->m->in_kallsyms && search_match(s, name, module)) {
			s->m->in_kallsyms = true;
			all->missing--;
		}
	}
	return !all->missing;
}

/* All patterns in one reading (and one more where some are not there): making the list costs the kernel a symbol lookup for each line. */
static int match_all(const char *dir, const char *const *patterns, size_t count, bool stops,
		     struct ft_function_match *m)
{
	struct searches all = { .count = count, .missing = count, .stops = stops };
	int err;

	all.s = calloc(count ? count : 1, sizeof(*all.s));
	if (!all.s)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		search_init(&all.s[i], patterns[i], &m[i]);
	err = ft_kernel_functions(dir, on_function, &all);
	/* Only for what is not there: to compare names takes longer than to list them. */
	if (!err && all.missing)
		ft_kernel_functions(dir, on_near, &all);
	if (!err && all.missing)
		each_name("/proc/kallsyms", &(struct list){ on_symbol, &all, true });
	free(all.s);
	return err > 0 ? 0 : err;
}

int ft_kernel_match_functions(const char *dir, const char *pattern, struct ft_function_match *m)
{
	if (!ft_glob_valid(pattern))
		return -EINVAL;
	return match_all(dir, &pattern, 1, !strpbrk(pattern, "*?[\\"), m);
}

/* -- what a tool asks ----------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4)))
static int complain(char *sentence, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(sentence, FTI_SENTENCE_SIZE, fmt, ap);
	va_end(ap);
	return err;
}

static int no_list(char *sentence, int err)
{
	switch (err) {
	case -ENOENT:
		return complain(sentence, -EOPNOTSUPP, "cannot choose functions: this kernel has "
				"no '" LIST "' (CONFIG_DYNAMIC_FTRACE)");
	case -EPERM:
	case -EACCES:
		return complain(sentence, -EOPNOTSUPP, "cannot trace functions: the kernel refuses "
				"'" LIST "' (lockdown or a security policy)");
	default:
		return complain(sentence, err, "cannot read '" LIST "': %s", strerror(-err));
	}
}

static int no_match(char *sentence, const char *pattern, const struct ft_function_match *m)
{
	char near[3 * (sizeof(m->nearest[0]) + 8)] = "";
	size_t len = 0;

	if (m->in_kallsyms)
		return complain(sentence, -EINVAL, "cannot trace '%.80s': it exists but the kernel "
				"does not allow tracing it (notrace, inlined or in a section "
				"ftrace leaves out)", pattern);
	if (strpbrk(pattern, "*?[\\:"))
		return complain(sentence, -EINVAL, "cannot trace '%.80s': no function matches",
				pattern);
	for (size_t i = 0; i < 3 && *m->nearest[i]; i++)
		len += snprintf(near + len, sizeof(near) - len, "%s'%s'", i ? " or " : "",
				m->nearest[i]);
	return complain(sentence, -EINVAL, "cannot trace '%.80s': no such function%s%s%s", pattern,
			len ? " (did you mean " : "", near, len ? "?)" : "");
}

int fti_check_functions(const char *dir, const char *const *patterns, size_t count,
			char sentence[FTI_SENTENCE_SIZE])
{
	struct ft_function_match *m;
	char shown[128];
	int err;

	for (size_t i = 0; i < count; i++) {
		if (ft_glob_valid(patterns[i]))
			continue;
		ft_out_escape(shown, sizeof(shown), patterns[i], strlen(patterns[i]));
		return complain(sentence, -EINVAL,
				"cannot trace '%s': not a function name or pattern", shown);
	}
	m = calloc(count ? count : 1, sizeof(*m));
	if (!m)
		return complain(sentence, -ENOMEM, "cannot look for functions: %s",
				strerror(ENOMEM));
	err = match_all(dir, patterns, count, true, m);
	if (err)
		err = no_list(sentence, err);
	for (size_t i = 0; !err && i < count; i++) {
		if (!m[i].count)
			err = no_match(sentence, patterns[i], &m[i]);
	}
	free(m);
	return err;
}

int ft_kernel_check_functions(struct ft_session *s, const char *const *patterns, size_t count)
{
	char sentence[FTI_SENTENCE_SIZE];
	int err = fti_check_functions(ft_session_tracefs(s), patterns, count, sentence);

	return err ? ft_fail(s, err, "%s", sentence) : 0;
}
