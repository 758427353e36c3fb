/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions that are meant, and an entry and a return probe for each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "ftrace/kernel.h"

#define MODULE ":mod:"

/* Return probes of the kernel need an instance for each call that runs at once.  Its own choice,
 * twice the number of CPUs, is for functions that do not sleep; beyond 4096 it refuses. */
#define ACTIVE_ALL 8192
#define ACTIVE_MAX 4096
#define ACTIVE_MIN 64

static bool is_excluded(const struct fti_calls_probes *p, const char *name)
{
	for (size_t i = 0; i < p->config.exclude_count; i++)
		if (ft_glob_match(p->config.exclude[i], name))
			return true;
	return false;
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Named twice, or by two names at one place. */
static bool is_known(const struct fti_calls_probes *p, const struct ft_called *called,
		     uint64_t offset)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct fti_calls_function *f = &p->function[i];

		if (!same(f->called.file, called->file))
			continue;
		if (called->file ? f->offset == offset :
		    same(f->called.name, called->name) && same(f->called.module, called->module))
			return true;
	}
	return false;
}

static void free_function(struct fti_calls_function *f)
{
	free((char *)f->called.name);
	free((char *)f->called.module);
	free((char *)f->called.file);
	free(f->place);
}

void fti_calls_probes_free(struct fti_calls_probes *p)
{
	for (size_t i = 0; i < p->count; i++)
		free_function(&p->function[i]);
	free(p->function);
	ft_probes_close(p->probes);
}

/* Strings that are not there are not copied, which is no failure. */
static bool copy(const char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

static int add_function(struct fti_calls_probes *p, const struct ft_called *called, uint64_t offset)
{
	struct fti_calls_function *more, *f;

	if (is_excluded(p, called->name) || is_known(p, called, offset))
		return 0;
	if (p->count == FT_CALLS_MAX)
		return ft_fail(p->session, -EINVAL, "'%s' and the others are more than %d "
			       "functions: each needs two probes", p->target->text, FT_CALLS_MAX);
	more = realloc(p->function, (p->count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	p->function = more;
	f = &more[p->count++];
	*f = (struct fti_calls_function){
		.offset = offset,
		.named = !strpbrk(p->target->pattern, "*?["),
		.entry = -1, .returns = -1,
	};
	if (!copy(&f->called.name, called->name) || !copy(&f->called.module, called->module) ||
	    !copy(&f->called.file, called->file))
		return -ENOMEM;
	if (called->file)
		f->place = strdup(called->file);
	else if (asprintf(&f->place, "%s%s%s", called->module ? called->module : "",
			  called->module ? ":" : "", called->name) < 0)
		f->place = NULL;
	return f->place ? 0 : -ENOMEM;
}

/* -- the kernel's ------------------------------------------------------------------------------ */

struct matching {
	struct fti_calls_probes *probes;
	const char *pattern, *module;
	bool	    any;	/* one has matched */
	int	    err;
};

static int add_match(void *arg, const char *name, const char *module)
{
	struct matching *m = arg;

	if (!ft_glob_match(m->pattern, name) ||
	    (m->module && (!module || !ft_glob_match(m->module, module))))
		return 0;
	m->any = true;
	m->err = add_function(m->probes, &(struct ft_called){ .name = name, .module = module }, 0);
	return m->err;
}

/* One reading of the list, which takes long; why nothing of it matches is asked only then. */
static int add_listed(struct fti_calls_probes *p, const char *text)
{
	struct matching m = { .probes = p };
	char *pattern = strdup(text), *module;
	int err = 0;

	if (!pattern)
		return -ENOMEM;
	module = strstr(pattern, MODULE);
	if (module) {
		*module = 0;
		m.module = module + strlen(MODULE);
	}
	m.pattern = pattern;
	if (ft_glob_valid(text))
		err = ft_kernel_functions(ft_session_tracefs(p->session), add_match, &m);
	free(pattern);
	if (m.err)
		return m.err;
	return err || !m.any ? ft_kernel_check_functions(p->session, &text, 1) : 0;
}

static int add_kernel(struct fti_calls_probes *p, const struct ft_target *t)
{
	/* Without function tracing there is no list, but there may be kprobes. */
	if (!ft_session_has_global(p->session, "available_filter_functions") &&
	    !strpbrk(t->text, "*?["))
		return add_function(p, &(struct ft_called){ .name = t->text }, 0);
	return add_listed(p, t->text);
}

/* -- programs' and libraries' ------------------------------------------------------------------ */

static int add_symbol(void *arg, const char *path, const struct ft_elf_symbol *symbol)
{
	struct fti_calls_probes *p = arg;

	p->err = add_function(p, &(struct ft_called){ .name = symbol->name, .file = path },
			      symbol->offset);
	return p->err != 0;
}

int fti_calls_probes_add(struct fti_calls_probes *p, const struct ft_target *target)
{
	int err;

	p->target = target;
	p->err = 0;
	switch (target->kind) {
	case FT_TARGET_KERNEL:
		err = add_kernel(p, target);
		break;
	case FT_TARGET_USER:
		err = ft_target_functions(p->session, target, p->config.pid, add_symbol, p);
		err = p->err ? p->err : err;
		break;
	default:
		err = ft_fail(p->session, -EINVAL, "'%s' is a tracepoint: it takes no time",
			      target->text);
	}
	return err;
}

/* -- probes ------------------------------------------------------------------------------------ */

/* "a1=%di a2=%si" */
static int entry_args(const struct fti_calls_probes *p, enum ft_probe_kind kind, char *buf,
		      size_t size)
{
	size_t len = 0;

	buf[0] = 0;
	for (unsigned int i = 1; i <= p->config.args; i++) {
		const char *fetch = ft_probe_arg(p->session, kind, i);

		if (!fetch)
			return ft_fail(p->session, -EOPNOTSUPP, "argument %u is in no register "
				       "that is known on this machine", i);
		len += snprintf(buf + len, size - len, "%sa%u=%s", i > 1 ? " " : "", i, fetch);
		if (len >= size)
			return -ENAMETOOLONG;
	}
	return 0;
}

static unsigned int max_active(const struct fti_calls_probes *p)
{
	size_t n = ACTIVE_ALL / p->count;

	return n > ACTIVE_MAX ? ACTIVE_MAX : n < ACTIVE_MIN ? ACTIVE_MIN : (unsigned int)n;
}

static int make_probe(struct fti_calls_probes *p, const struct fti_calls_function *f,
		      enum ft_probe_kind kind, const char *args, unsigned int active)
{
	struct ft_probe_spec spec = {
		.kind = kind, .place = f->place, .offset = f->offset, .args = args,
		.max_active = active,
	};

	return f->named ? ft_probes_add(p->probes, &spec) : ft_probes_try(p->probes, &spec);
}

/* The return first, which can be refused where an entry is not.  0 or negative. */
static int make_probes(struct fti_calls_probes *p, struct fti_calls_function *f)
{
	bool user = f->called.file;
	enum ft_probe_kind entry = user ? FT_PROBE_USER : FT_PROBE_KERNEL;
	char args[128];
	int err = entry_args(p, entry, args, sizeof(args));

	if (err)
		return err;
	f->returns = make_probe(p, f, user ? FT_PROBE_USER_RETURN : FT_PROBE_KERNEL_RETURN,
				p->config.retval ? "rv=$retval" : NULL, user ? 0 : max_active(p));
	if (f->returns < 0)
		return f->returns;
	f->entry = make_probe(p, f, entry, args[0] ? args : NULL, 0);
	return f->entry < 0 ? f->entry : 0;
}

static int make_all(struct fti_calls_probes *p)
{
	int err = 0;

	for (size_t i = 0; i < p->count && !err; i++) {
		struct fti_calls_function *f = &p->function[i];
		int e = make_probes(p, f);

		if (e)
			ft_session_say(p->session, "cannot probe '%s': %s", f->called.name,
				       strerror(-e));
		if (f->named || e == -ENOMEM || e == -EOPNOTSUPP || e == -E2BIG)
			err = e;
	}
	return err;
}

/* Of many that match a pattern some may be refused: they go from the list. */
static void drop_refused(struct fti_calls_probes *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++) {
		struct fti_calls_function *f = &p->function[i];

		if (f->entry >= 0 && f->returns >= 0 && ft_probes_enabled(p->probes, f->entry) &&
		    ft_probes_enabled(p->probes, f->returns))
			p->function[kept++] = *f;
		else
			free_function(f);
	}
	if (kept < p->count)
		ft_session_say(p->session, "%zu functions are probed, %zu cannot be", kept,
			       p->count - kept);
	p->count = kept;
}

int fti_calls_probes_enable(struct fti_calls_probes *p)
{
	int err;

	if (!p->count)
		return ft_fail(p->session, -EINVAL, "nothing is left to trace: all is excluded");
	err = make_all(p);
	if (!err)
		err = ft_probes_enable(p->probes);
	if (err)
		return err;
	drop_refused(p);
	return p->count ? 0 : ft_fail(p->session, -EOPNOTSUPP, "the kernel refuses all of these "
				      "functions (--verbose tells why)");
}

int fti_calls_probes_missed(const struct fti_calls_probes *p, uint64_t *missed)
{
	size_t count = ft_probes_count(p->probes);
	struct ft_probe_hits *hits = calloc(count + 1, sizeof(*hits));
	int err = hits ? ft_probes_hits(p->probes, hits) : -ENOMEM;

	*missed = 0;
	for (size_t i = 0; i < count && !err; i++)
		*missed += hits[i].missed;
	free(hits);
	return err;
}
