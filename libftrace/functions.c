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
	struct ft_session *session;
	const char *file;
	bool global;
	const char *pattern, *module;
	char  *last;		/* static functions share names, which stand one after the other */
	size_t count;
};

static int add_match(void *arg, const char *name, const char *module)
{
	struct adding *a = arg;
	int err;

	if (!ft_glob_match(a->pattern, name) || (a->last && !strcmp(a->last, name)))
		return 0;
	if (a->module && (!module || !ft_glob_match(a->module, module)))
		return 0;
	err = a->global ? ft_session_append_global(a->session, a->file, name) :
			  ft_session_append(a->session, a->file, name);
	free(a->last);
	a->last = strdup(name);
	a->count++;
	return err ? err : a->last ? 0 : -ENOMEM;
}

/* Read the whole list and write what matches, name by name. */
static int expand(struct adding *a, char *pattern)
{
	char *module = strstr(pattern, MODULE);
	int err;

	if (module) {
		*module = 0;
		a->module = module + strlen(MODULE);
	}
	a->pattern = pattern;
	err = ft_kernel_functions(ft_session_tracefs(a->session), add_match, a);
	free(a->last);
	return err;
}

int ft_session_add_functions(struct ft_session *s, const char *file, bool global,
			     const char *pattern)
{
	struct adding a = { .session = s, .file = file, .global = global };
	char *copy;
	int err;

	/* Ask the kernel: it knows its functions at once, we would have to read some 50 000 names. */
	if (ft_glob_valid(pattern) && ft_glob_simple(pattern) && !strstr(pattern, MODULE)) {
		err = fti_session_try_append(s, file, global, pattern);
		if (!err)
			return 0;
		if (err != -EINVAL && err != -ENOENT)
			return ft_fail(s, err, "cannot add '%s' to '%s': %s", pattern, file, strerror(-err));
	}
	err = ft_kernel_check_functions(s, &pattern, 1);
	if (err)
		return err;
	copy = strdup(pattern);
	if (!copy)
		return -ENOMEM;
	err = expand(&a, copy);
	free(copy);
	if (!err && !a.count)
		err = ft_fail(s, -EINVAL, "the kernel does not take '%s' in '%s'", pattern, file);
	return err;
}
