/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kprobe: trace kernel functions, or places in them, with arguments and return values.
 *
 * Makes kprobe events of its own from definitions in the syntax of kprobe_events, and shows their
 * records as the kernel would, as JSON, summed up by a field, or entry and return as one row. Costs
 * one to three microseconds a hit.  After perf-tools' kprobe by Brendan Gregg.
 */
#include "ftrace/probing.h"

static struct {
	struct ft_probing_opt opt;
	struct ft_column      columns[FT_PROBING_COLUMNS + 1];
} o;

static const struct ft_opt options[] = {
	FT_PROBING_OPTIONS(o.opt),
	FT_FLAG(0, "errno", &o.opt.errnos, "show return values that are errors by name, ret=-ENOENT"),
	{ 0 }
};

static const char *const examples[] = {
	"kprobe p:do_sys_openat2", "calls of do_sys_openat2()",
	"kprobe 'r:do_sys_openat2 $retval'", "its return values",
	"kprobe 'p:open do_sys_openat2 name=$arg2:ustring' 'name ~ \"/etc/*\"'",
	"names of files opened",
	"kprobe --ret --errno 'do_sys_openat2 name=$arg2:ustring'",
	"and what came of it, how fast",
	"kprobe -s -d 1 p:tcp_retransmit_skb", "from where, for one second",
	"kprobe --hist ret 'r:vfs_read ret=$retval:s64'", "how much is read at once",
	"kprobe -v 'p:vfs_read count=$arg3'", "fields that filters can use",
	NULL
};

static int check(struct ft_run *r)
{
	ft_probing_check(r, &o.opt, o.columns);
	return 0;
}

const struct ft_tool tool_kprobe = {
	.spec = {
		.tool = "kprobe",
		.summary = "trace kernel functions, with arguments and return values",
		.operands = "kprobe_definition... [filter]",
		.min_operands = 1,
		.command = true,
		.trace = true,
		.duration_letter = 'd',
		.options = options,
		.examples = examples,
	},
	.columns     = o.columns,
	.interval_ns = &o.opt.watch.interval_ns,
	.check	     = check,
	.plan	     = ft_probing_plan,
	.setup	     = ft_probing_setup,
	.ready	     = ft_probing_ready,
	.on_event    = ft_watch_event,
	.on_loss     = ft_probing_loss,
	.on_interval = ft_watch_interval,
	.finish	     = ft_probing_finish,
	.release     = ft_probing_free,
};
