/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Function patterns to the names a kernel's filter file takes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/kernel.h"
#include "ftrace/session.h"
#include "internal.h"

#define MODULE ":mod:"

struct adding {
	const char *pattern, *module;
	FILE *names;
	char *last;		/* static functions share names, which stand one after the other */
	size_t count;
};

static int add_match(void *arg, const char *name, const char *module)
{
	struct adding *a = arg;

	if (!ft_glob_match(a->pattern, name) || (a->last && !strcmp(a->last, name)))
		return 0;
	if (a->module && (!module || !ft_glob_match(a->module, module)))
		return 0;
	fprintf(a->names, "%s\n", name);
	free(a->last);
	a->last = strdup(name);
	a->count++;
	return a->last ? 0 : -ENOMEM;
}

/* Not there, or not among those that may be traced. */
static int refused(struct ft_session *s, const char *file, const char *pattern, int err)
{
	int why = ft_kernel_check_functions(s, &pattern, 1);

	if (why)
		return why;
	return ft_fail(s, err ? err : -EINVAL, "the kernel does not take '%s' in '%s'", pattern,
		       file);
}

/* Read the whole list, and write what matches, a name each. */
static int expand(struct ft_session *s, const char *file, bool global, const char *pattern)
{
	struct adding a = { .pattern = pattern };
	char *names = NULL, *copy = strdup(pattern), *module;
	size_t len;
	int err;

	a.names = open_memstream(&names, &len);
	if (!a.names || !copy) {
		err = -ENOMEM;
		goto out;
	}
	module = strstr(copy, MODULE);
	if (module) {
		*module = 0;
		a.module = module + strlen(MODULE);
	}
	a.pattern = copy;
	err = ft_kernel_functions(ft_session_tracefs(s), add_match, &a);
out:
	if (a.names && fclose(a.names) && !err)
		err = -ENOMEM;
	if (!err && a.count)
		err = fti_session_append_list(s, file, global, names);
	else
		err = refused(s, file, pattern, err);
	free(a.last);
	free(names);
	free(copy);
	return err;
}

int ft_session_add_functions(struct ft_session *s, const char *file, bool global,
			     const char *pattern)
{
	int err;

	/* Ask the kernel: it knows its functions at once, we would have to read some 50 000 names. */
	if (ft_glob_valid(pattern) && ft_glob_simple(pattern) && !strstr(pattern, MODULE)) {
		err = fti_session_try_append(s, file, global, pattern);
		if (!err)
			return 0;
		if (err != -EINVAL && err != -ENOENT)
			return ft_fail(s, err, "cannot add '%s' to '%s': %s", pattern, file, strerror(-err));
		err = ft_kernel_check_functions(s, &pattern, 1);
		if (err)
			return err;
	}
	return ft_glob_valid(pattern) ? expand(s, file, global, pattern) :
					refused(s, file, pattern, 0);
}

int ft_session_set_functions(struct ft_session *s, const char *file, bool global,
			     const char *const *patterns, size_t count)
{
	int err = global ? ft_session_clear_global(s, file) : ft_session_clear(s, file);

	for (size_t i = 0; i < count && !err; i++)
		err = ft_session_add_functions(s, file, global, patterns[i]);
	return err;
}
