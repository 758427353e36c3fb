/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uprobe: trace functions of programs and libraries, or places in them, and the probes they have
 * built in, with arguments and return values.
 *
 * Makes uprobe events of its own from definitions in the syntax of perf-tools and uprobe_events,
 * and shows their records as kprobe does.  Costs some microseconds a hit, of every process that
 * runs the code.  After perf-tools' uprobe by Brendan Gregg.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/elf.h"
#include "ftrace/kernel.h"
#include "ftrace/probing.h"
#include "ftrace/usdt.h"

static struct {
	struct ft_probing_opt opt;
	const char	     *list;
	bool		      usdt;
	struct ft_column      columns[FT_PROBING_COLUMNS + 1];
	const char	    **names;	/* listed */
	size_t		      count;
} o;

static const struct ft_opt options[] = {
	FT_ARG('l', "list", FT_OPT_STRING, &o.list, "TARGET",
	       "list the functions of a program or library; do not trace",),
	FT_FLAG(0, "usdt", &o.usdt, "with -l: the probes that it has built in"),
	FT_PROBING_OPTIONS(o.opt),
	{ 0 }
};

static const char *const examples[] = {
	"uprobe p:bash:readline", "calls of bash's readline()",
	"uprobe 'r:bash:readline +0($retval):string'", "what it returns",
	"uprobe -p 1182 'p:libc:open name=$arg1:string'", "names of files a process opens",
	"uprobe 'r:libc:fopen file=$retval' 'file == 0'", "calls of fopen() that fail",
	"uprobe --ret p:/opt/app/bin/server:handle", "how long each call takes",
	"uprobe u:libc:setjmp", "a probe that libc has built in, with what it tells",
	NULL
};

/* -- listing: nothing is traced ---------------------------------------------------------------- */

enum { NAME, OFFSET, SIZE, ARGS };

static bool is_listed(const struct ft_run *r, const char *name)
{
	const char *pattern = r->opt.operand_count ? r->opt.operands[0] : NULL;

	if (!pattern)
		return true;
	return strpbrk(pattern, "*?[") ? ft_glob_match(pattern, name)
				       : strstr(name, pattern) != NULL;
}

static int list_name(struct ft_run *r, const char *name)
{
	char shown[512];
	size_t len = ft_out_escape(shown, sizeof(shown), name, strlen(name));

	r->rows++;
	return ft_out_line(r->out, shown, len < sizeof(shown) ? len : sizeof(shown) - 1);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int on_function(void *arg, const struct ft_elf_symbol *symbol)
{
	struct ft_run *r = arg;

	if (!is_listed(r, symbol->name))
		return 0;
	if (ft_out_is_text(r->out)) {
		o.names[o.count++] = symbol->name;
		return 0;
	}
	r->rows++;
	ft_out_str(r->out, NAME, symbol->name);
	ft_out_uint(r->out, OFFSET, symbol->offset);
	ft_out_uint(r->out, SIZE, symbol->size);
	return ft_out_end(r->out);
}

static int list_functions(struct ft_run *r, const char *path)
{
	struct ft_elf *elf;
	int err = ft_elf_open(&elf, path);

	if (err)
		return err;
	o.names = calloc(ft_elf_count(elf) + 1, sizeof(*o.names));
	err = o.names ? ft_elf_functions(elf, on_function, r) : -ENOMEM;
	if (o.count)
		qsort(o.names, o.count, sizeof(*o.names), by_name);
	for (size_t i = 0; i < o.count && !err; i++)
		if (!i || strcmp(o.names[i], o.names[i - 1]) != 0)
			err = list_name(r, o.names[i]);
	free(o.names);
	ft_elf_close(elf);
	return err;
}

static int on_usdt(void *arg, const struct ft_usdt_probe *probe)
{
	struct ft_run *r = arg;

	if (!is_listed(r, probe->label))
		return 0;
	if (ft_out_is_text(r->out))
		return list_name(r, probe->label);
	r->rows++;
	ft_out_str(r->out, NAME, probe->label);
	ft_out_uint(r->out, OFFSET, probe->offset);
	ft_out_str(r->out, ARGS, probe->args);
	return ft_out_end(r->out);
}

static int list_usdt(struct ft_run *r, const char *path)
{
	struct ft_usdt *u;
	int err = ft_usdt_open(&u, path);

	if (err)
		return err;
	err = ft_usdt_probes(u, on_usdt, r);
	ft_usdt_close(u);
	return err;
}

static int list(struct ft_run *r)
{
	const int pid = o.opt.watch.tasks.pid;
	char *path;
	int err = ft_elf_find(o.list, pid, &path);

	if (err) {
		ft_tool_note(r, "cannot list '%s': %s", o.list,
			     err == -ENOENT ? "no such program or library" : strerror(-err));
		return FT_USAGE;
	}
	err = o.usdt ? list_usdt(r, path) : list_functions(r, path);
	if (!err)
		err = ft_out_flush(r->out);
	if (err && err != -EPIPE)
		ft_tool_note(r, "cannot list '%s': %s", path,
			     err == -ENOEXEC ? "not a program or library (ELF) "
					       "for this machine"
					     : strerror(-err));
	else if (!err && !r->rows)
		ft_tool_note(r, "'%s' tells of no %s%s", path,
			     o.usdt ? "built-in probes" : "functions",
			     r->opt.operand_count ? " that match"
			     : o.usdt		  ? ""
						  : " (it is stripped)");
	free(path);
	if (err && err != -EPIPE)
		return err == -ENOEXEC ? FT_USAGE : FT_FAILED;
	return !err && !r->rows ? FT_USAGE : FT_OK;
}

static void check_list(struct ft_run *r)
{
	if (r->opt.operand_count > 1 || r->opt.command)
		ft_opt_error(&r->tool->spec, "option '-l' takes one pattern");
	o.columns[NAME] = (struct ft_column)FT_COLUMN("NAME", "name", 0, FT_COL_STR);
	o.columns[OFFSET] = (struct ft_column)FT_COLUMN("OFFSET", "offset", 0, FT_COL_HEX);
	o.columns[SIZE] =
		(struct ft_column)FT_COLUMN("SIZE", o.usdt ? NULL : "size_bytes", 0, FT_COL_UINT);
	o.columns[ARGS] =
		(struct ft_column)FT_COLUMN("ARGS", o.usdt ? "args" : NULL, 0, FT_COL_STR);
	r->run = list;
}

/* -- tracing ----------------------------------------------------------------------------------- */

static int check(struct ft_run *r)
{
	const struct ft_opt_spec *spec = &r->tool->spec;

	if (o.usdt && !o.list)
		ft_opt_error(spec, "option '--usdt' needs -l; a built-in probe is traced by "
			     "u:provider:name");
	if (o.list) {
		check_list(r);
		return 0;
	}
	if (!r->opt.operand_count)
		ft_opt_error(spec, "missing operand: %s", spec->operands);
	o.opt.user = true;
	ft_probing_check(r, &o.opt, o.columns);
	return 0;
}

const struct ft_tool tool_uprobe = {
	.spec = {
		.tool = "uprobe",
		.summary = "trace functions of programs and libraries, with arguments and return "
			   "values",
		.operands = "uprobe_definition... [filter]",
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
