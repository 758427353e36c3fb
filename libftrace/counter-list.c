/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the targets of a counter mean on this kernel and in these files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter.h"
#include "ftrace/kernel.h"

#define MODULE	  ":mod:"
#define NAME_SIZE 512	/* KSYM_NAME_LEN since 6.1 */

/* Does it match a pattern of functions, ":mod:NAME" included? */
static bool matches(const char *pattern, const char *name, const char *module)
{
	const char *mod = strstr(pattern, MODULE);
	char own[NAME_SIZE];

	if (!mod)
		return ft_glob_match(pattern, name);
	snprintf(own, sizeof(own), "%.*s", (int)(mod - pattern), pattern);
	return module && ft_glob_match(mod + strlen(MODULE), module) && ft_glob_match(own, name);
}

static bool excluded(struct ft_counter *c, const struct fti_source *s, const char *name)
{
	bool is = false;

	for (size_t i = 0; i < c->config.exclude_count; i++) {
		if (matches(c->config.exclude[i], name, s->module)) {
			c->excludes[i] |= 1 << s->kind;
			is = true;
		}
	}
	return is;
}

/* -- kernel functions -------------------------------------------------------------------------- */

struct listing {
	struct ft_counter *c;
	size_t max;
};

static int on_function(void *arg, const char *name, const char *module)
{
	const struct fti_source source = { .kind = FT_TARGET_KERNEL, .name = (char *)name,
					   .module = (char *)module };
	struct listing *l = arg;
	struct ft_counter *c = l->c;
	size_t i = 0;

	while (i < c->kernel_patterns && !matches(c->kernel[i], name, module))
		i++;
	if (i == c->kernel_patterns || excluded(c, &source, name) || c->unlisted)
		return 0;
	if (c->source_count < l->max)
		return fti_source_add(c, &source);
	c->unlisted = true;
	/* A pattern that excludes nothing is an error: then all must be read. */
	return c->config.exclude_count ? 0 : 1;
}

/* Kprobes need no list of what can be traced, but a name each. */
static int list_names(struct ft_counter *c)
{
	int err = 0;

	for (size_t i = 0; i < c->kernel_patterns && !err; i++) {
		err = strpbrk(c->kernel[i], "*?[\\:") ? -EINVAL :
		      fti_source_add(c, &(struct fti_source){ .name = (char *)c->kernel[i] });
	}
	return err;
}

/* Does each target have a function? Of a list that was left early nobody knows. */
static bool all_matched(const struct ft_counter *c)
{
	size_t k;

	for (size_t i = 0; i < c->kernel_patterns && !c->unlisted; i++) {
		for (k = 0; k < c->source_count; k++) {
			if (matches(c->kernel[i], c->sources[k].name, c->sources[k].module))
				break;
		}
		if (k == c->source_count)
			return false;
	}
	return true;
}

/* How many are worth to be listed: where all are recorded, the kernel needs no names from here. */
static size_t list_max(const struct ft_counter *c, const struct ft_session *s)
{
	if (c->task || c->config.by_pid || c->has[FT_TARGET_TRACEPOINT] ||
	    c->config.method == FT_COUNTER_TRACE)
		return 0;
	return ft_session_has_global(s, "function_profile_enabled") ? SIZE_MAX : FTI_HITS_MAX;
}

static int list_kernel(struct ft_counter *c, struct ft_session *s)
{
	struct listing l = { .c = c, .max = list_max(c, s) };
	int err = ft_kernel_functions(ft_session_tracefs(s), on_function, &l);

	if (err == -ENOMEM)
		return err;
	if (err < 0 && l.max && ft_session_has_global(s, "kprobe_events") && !list_names(c)) {
		c->names_only = true;
		err = 0;
	}
	if (err < 0 || !all_matched(c))
		err = ft_kernel_check_functions(s, c->kernel, c->kernel_patterns);
	if (err > 0)
		err = 0;
	if (!err)
		fti_sources_by_name(c);
	return err;
}

/* -- user functions and events ----------------------------------------------------------------- */

static bool listed(const struct ft_counter *c, const struct fti_source *source)
{
	for (size_t i = c->kernel_count; i < c->source_count; i++) {
		const struct fti_source *s = &c->sources[i];

		if (s->kind != source->kind)
			continue;
		if (s->kind == FT_TARGET_TRACEPOINT ? !strcmp(s->name, source->name) :
		    s->offset == source->offset && !strcmp(s->file, source->file))
			return true;
	}
	return false;
}

static int add_other(struct ft_counter *c, const struct fti_source *source, const char *name)
{
	return excluded(c, source, name) || listed(c, source) ? 0 : fti_source_add(c, source);
}

static int on_user(void *arg, const char *path, const struct ft_elf_symbol *symbol)
{
	const struct fti_source source = { .kind = FT_TARGET_USER, .name = (char *)symbol->name,
					   .file = (char *)path, .offset = symbol->offset };

	return add_other(arg, &source, symbol->name);
}

static int on_tracepoint(void *arg, const char *system, const char *event)
{
	char name[NAME_SIZE];
	const struct fti_source source = { .kind = FT_TARGET_TRACEPOINT, .name = name };

	snprintf(name, sizeof(name), "%s:%s", system, event);
	return add_other(arg, &source, event);
}

static int list_others(struct ft_counter *c, struct ft_session *s)
{
	const struct ft_target *t = c->config.targets;
	int err = 0;

	for (size_t i = 0; i < c->config.target_count && !err; i++) {
		if (t[i].kind == FT_TARGET_USER)
			err = ft_target_functions(s, &t[i], c->task, on_user, c);
		else if (t[i].kind == FT_TARGET_TRACEPOINT)
			err = ft_target_tracepoints(s, &t[i], on_tracepoint, c);
	}
	return err;
}

/* -- both -------------------------------------------------------------------------------------- */

static int sort_targets(struct ft_counter *c)
{
	const struct ft_target *t = c->config.targets;

	c->kernel = calloc(c->config.target_count + 1, sizeof(*c->kernel));
	c->kernel_not = calloc(c->config.exclude_count + 1, sizeof(*c->kernel_not));
	c->excludes = calloc(c->config.exclude_count + 1, sizeof(*c->excludes));
	if (!c->kernel || !c->kernel_not || !c->excludes)
		return -ENOMEM;
	for (size_t i = 0; i < c->config.target_count; i++) {
		c->has[t[i].kind] = true;
		if (t[i].kind == FT_TARGET_KERNEL)
			c->kernel[c->kernel_patterns++] = t[i].pattern;
	}
	return 0;
}

static int check_excludes(struct ft_counter *c, struct ft_session *s)
{
	for (size_t i = 0; i < c->config.exclude_count; i++) {
		if (!c->excludes[i])
			return ft_fail(s, -EINVAL, "--exclude '%s' matches nothing that would be "
				       "counted",
				       c->config.exclude[i]);
		if (c->excludes[i] & 1 << FT_TARGET_KERNEL)
			c->kernel_not[c->kernel_nots++] = c->config.exclude[i];
	}
	if (!c->source_count && !c->unlisted)
		return ft_fail(s, -EINVAL, "nothing to count: all that match are excluded");
	return 0;
}

int fti_counter_list(struct ft_counter *c, struct ft_session *s)
{
	int err = sort_targets(c);

	if (!err && c->has[FT_TARGET_USER])
		err = ft_probes_check(s, FT_PROBE_USER);
	if (!err && c->has[FT_TARGET_KERNEL])
		err = list_kernel(c, s);
	if (!err)
		err = list_others(c, s);
	return err ? err : check_excludes(c, s);
}
