/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reset-ftrace: put back what killed tools left, and with --force bring tracing to rest.
 *
 * Replays the journals of tools that died together with their guards, removes instances and probes
 * of this toolkit that nobody owns any more.  With --force also the top level: after perf-tools'
 * reset-ftrace by Brendan Gregg, but listing what it changes, and only what is not at rest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/reset.h"
#include "ftrace/tool.h"

static struct {
	bool force, quiet;
} o;

static const struct ft_opt options[] = {
	FT_FLAG('f', "force", &o.force, "also bring the top level to rest"),
	FT_FLAG('q', "quiet", &o.quiet, "say only what failed"),
	{ 0 }
};

enum { ACTION, WHAT, TO, RESULT };

static const struct ft_column columns[] = {
	[ACTION] = FT_COLUMN("ACTION", "action", -8, FT_COL_STR),
	[WHAT]	 = FT_COLUMN("WHAT", "what", -40, FT_COL_STR),
	[TO]	 = FT_COLUMN("VALUE", "value", -24, FT_COL_STR),
	[RESULT] = FT_COLUMN("RESULT", "result", 0, FT_COL_STR),
	{ 0 }
};

static const char *const examples[] = {
	"reset-ftrace", "put back what killed tools of this toolkit left",
	"reset-ftrace --force", "also end every other tracing at top level",
	NULL
};

static void on_action(void *arg, const char *action, const char *what, const char *to, int err)
{
	struct ft_run *r = arg;

	r->rows++;
	if (o.quiet && !err)
		return;
	ft_out_str(r->out, ACTION, action);
	ft_out_str(r->out, WHAT, what);
	ft_out_str(r->out, TO, to);
	if (strcmp(action, "found") != 0)
		ft_out_str(r->out, RESULT, err < 0 ? strerror(-err) : err ? "left alone: changed by others" :
		   "ok");
	ft_out_end(r->out);
	ft_out_flush(r->out);
}

static int run(struct ft_run *r)
{
	struct ft_reset_config config = { .tracefs = r->opt.tracefs, .force = o.force };
	char reason[1024];
	int status = ft_reset(&config, on_action, r, reason);

	if (reason[0])
		ft_tool_note(r, "%s", reason);
	else if (!r->rows && !o.quiet)
		ft_tool_note(r, "nothing to put back");
	return status;
}

const struct ft_tool tool_reset_ftrace = {
	.spec = {
		.tool = "reset-ftrace",
		.summary = "put back what killed tools left, and bring tracing to rest",
		.options = options,
		.examples = examples,
	},
	.columns = columns,
	.run	 = run,
};
