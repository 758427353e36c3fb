/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Probes that programs have built in: where they are, and what they tell. */
#include <errno.h>
#include <string.h>

#include "definition.h"

struct finding {
	struct fti_making    *m;
	struct ft_usdt_kernel kernel;
};

static void say_missing(const struct fti_making *m, const struct ft_usdt_probe *probe,
			const struct ft_usdt_arg *args, int count)
{
	for (int i = 0; i < count; i++)
		if (!*args[i].fetch)
			ft_session_say(m->s, "argument %d of '%s' is not recorded: %s", i + 1,
				       probe->label, args[i].why);
}

/* What the definition says, or all that the probe tells. */
static int fetch_args(const struct fti_making *m, const struct ft_usdt_arg *found, int count,
		      char *args)
{
	struct ft_definition d = *m->d;
	char why[FT_DEFINITION_WHY];
	int err;

	d.usdt_args = found;
	d.usdt_count = count;
	err = ft_definition_args(&d, m->readme, args, why);
	return err ? ft_fail(m->s, err, "cannot record %s", why) : 0;
}

static int on_probe(void *arg, const char *path, const struct ft_usdt *u,
		    const struct ft_usdt_probe *probe)
{
	struct finding *f = arg;
	struct fti_making *m = f->m;
	struct ft_usdt_arg found[FT_USDT_ARGS_MAX];
	char args[FT_DEFINITION_ARGS_MAX], name[FTI_DEFINITION_NAME];
	int count, err = ft_usdt_check(m->s, &f->kernel, probe);

	if (err)
		return err;
	count = ft_usdt_args(u, probe, &f->kernel, found);
	if (m->d->args) {
		err = fetch_args(m, found, count, args);
		if (err)
			return err;
	} else {
		say_missing(m, probe, found, count);
		ft_usdt_fetch(found, count, args);
	}
	fti_definition_name(m->d, probe->name, name);
	m->spec.event = name;
	m->spec.place = path;
	m->spec.offset = probe->offset;
	m->spec.semaphore = probe->guarded ? probe->semaphore : 0;
	m->spec.args = *args ? args : NULL;
	return m->fn(m->arg, &m->spec);
}

int fti_make_usdt(struct fti_making *m, int pid)
{
	struct finding f = { .m = m };

	ft_usdt_kernel(m->s, &f.kernel);
	return ft_usdt_find(m->s, m->d->function, pid, on_probe, &f);
}
