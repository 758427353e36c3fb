/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* -v: the probes are made, their formats shown, and they go; nothing is traced. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probing-internal.h"

static int print_format(struct ft_probing *p, size_t i)
{
	struct ft_run *r = p->r;
	char path[192], *text;

	snprintf(path, sizeof(path), "events/%s/%s/format", ft_probes_group(p->probes),
		 ft_probes_event(p->probes, i));
	text = ft_session_read_global(r->session, path);
	if (!text)
		return ft_fail(r->session, -errno, "cannot read '%s': %s", path, strerror(errno));
	ft_out_line(r->out, text, strlen(text));
	free(text);
	return 0;
}

static int plan_view(void *arg, struct ft_session *s, struct ft_session_config *config)
{
	struct ft_run *r = arg;
	int err;

	r->session = s;
	err = ft_probing_plan(r);
	config->uprobes = r->uprobes;
	return err;
}

int fti_probing_view(struct ft_run *r)
{
	struct ft_probing *p = r->probing;
	int err = ft_session_open(&r->session, &(struct ft_session_config){
		.tool = r->tool->spec.tool, .tracefs = r->opt.tracefs, .verbose = r->opt.verbose,
		.plan = plan_view, .plan_arg = r });

	if (!err)
		err = fti_probing_make(p);
	for (size_t i = 0; !err && i < ft_probes_count(p->probes); i++)
		err = print_format(p, i);
	if (!err) {
		err = ft_out_flush(r->out);
		if (err && err != -EPIPE)
			ft_fail(r->session, err, "cannot write: %s", strerror(-err));
		err = err == -EPIPE ? 0 : err;
	}
	return ft_session_close(r->session, err ? FT_FAILED : FT_OK);
}
