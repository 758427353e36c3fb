/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * execsnoop: programs as they are started: by whom, and with which arguments.
 *
 * Takes sched:sched_process_exec, and the arguments from the new program's stack by kprobes, so that
 * the shortest life is long enough; with -x failed calls of execve() and execveat(), too.  Costs a
 * tenth to a fifth of what starting a program costs.  After perf-tools' execsnoop by Brendan Gregg.
 */
#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "ftrace/exec.h"
#include "ftrace/follow.h"
#include "ftrace/syscalls.h"
#include "ftrace/task.h"
#include "ftrace/tool.h"

#define TEXT_MAX 8192		/* more than a column shows */

enum { TIME, PARENT, UID, PID, PPID, RET, ERROR, ARGS, ARGV, CUT, FILENAME, COLUMNS };

static struct {
	bool	    time, reexec, failed, parent, user, quote;
	uint64_t    argc;
	const char *method_name;
	struct ft_follow_opt tasks;
	struct ft_column columns[COLUMNS + 1];

	enum ft_exec_method method;
	bool		    match;
	regex_t		    name;
	struct ft_execs	   *execs;
	struct ft_follow   *follow;
	struct ft_syscalls *calls;	/* -x */
	const char	   *systems[16];
	uint64_t	    hidden;	/* started again, without -r */
	uint64_t	    unknown;	/* failed calls of whose arguments nothing is known */
} o;

static const struct ft_opt options[] = {
	FT_ARG('a', "argc", FT_OPT_UINT, &o.argc, "N", "show at most N arguments", .min = 1),
	FT_FLAG('q', "quote", &o.quote, "quote arguments for a shell"),
	FT_FLAG('r', "reexec", &o.reexec, "what a process starts after its first program, too"),
	FT_FLAG('t', "time", &o.time, "show the time"),
	FT_FLAG('x', "failed", &o.failed, "failed calls, too, with their results"),
	FT_FLAG(0, "parent", &o.parent, "show the parent's name"),
	FT_FLAG(0, "uid", &o.user, "show the user"),
	FT_ARG(0, "method", FT_OPT_STRING, &o.method_name, "stack|thread|proc",
	       "where to read arguments"),
	FT_FOLLOW_OPTIONS(o.tasks),
	{ 0 }
};

static const struct ft_column columns[] = {
	[TIME]	   = FT_COLUMN("TIMEs", "time_s", 0, FT_COL_TIME),
	[PARENT]   = FT_COLUMN("PARENT", "parent", -15, FT_COL_STR),
	[UID]	   = FT_COLUMN("UID", "uid", 6, FT_COL_INT),
	[PID]	   = FT_COLUMN("PID", "pid", 6, FT_COL_INT),
	[PPID]	   = FT_COLUMN("PPID", "ppid", 6, FT_COL_INT),
	[RET]	   = FT_COLUMN("RET", "ret", 3, FT_COL_INT),
	[ERROR]	   = FT_COLUMN("ERROR", "error", -7, FT_COL_STR),
	[ARGS]	   = FT_COLUMN("ARGS", "args", 0, FT_COL_STR),
	[ARGV]	   = FT_HIDDEN("ARGV", "argv", FT_COL_STR),
	[CUT]	   = FT_HIDDEN("CUT", "cut", FT_COL_BOOL),
	[FILENAME] = FT_HIDDEN("FILE", "file", FT_COL_STR),
};

static const char *const examples[] = {
	"execsnoop", "programs that are started",
	"execsnoop -t --parent --uid", "when, by whom, as which user",
	"execsnoop -q 'gcc|cc1'", "compilers, to be run again by a shell",
	"execsnoop -x", "what is looked for and not found, too",
	"execsnoop -r -- make", "all that a command starts",
	NULL
};

static const struct ft_syscalls_spec calls[] = {
	{ .name = "execve", .args = { "filename", "argv" }, .text = 1, .list = 2 },
	{ .name = "execveat", .args = { "fd", "filename", "argv" }, .text = 2, .list = 3 },
	{ .name = NULL }
};

/* -- what is asked for ------------------------------------------------------------------------- */

static void check_method(struct ft_run *r)
{
	static const char *const names[] = { "", "stack", "thread", "proc", NULL };
	int i = 0;

	if (!o.method_name)
		return;
	while (names[i] && strcmp(names[i], o.method_name) != 0)
		i++;
	if (!names[i])
		ft_opt_error(&r->tool->spec, "option '--method': '%s' is none of stack, thread, proc",
			     o.method_name);
	o.method = (enum ft_exec_method)i;
}

static int check(struct ft_run *r)
{
	char why[128];
	int err;

	ft_follow_check(&r->tool->spec, &r->opt, &o.tasks);
	check_method(r);
	if (r->opt.operand_count) {
		err = regcomp(&o.name, r->opt.operands[0], REG_EXTENDED | REG_NOSUB);
		if (err) {
			regerror(err, &o.name, why, sizeof(why));
			ft_opt_error(&r->tool->spec, "'%s': %s", r->opt.operands[0], why);
		}
		o.match = true;
	}
	memcpy(o.columns, columns, sizeof(columns));
	o.columns[TIME].hidden = !o.time && !r->opt.wall;
	o.columns[PARENT].hidden = !o.parent;
	o.columns[UID].hidden = !o.user;
	o.columns[RET].hidden = o.columns[ERROR].hidden = !o.failed;
	o.columns[ARGS].type = o.quote ? FT_COL_READY : FT_COL_STR;
	o.user |= r->opt.json || r->opt.csv;
	if (!o.argc)
		o.argc = SIZE_MAX;
	return 0;
}

/* -- setup: what is recorded ------------------------------------------------------------------- */

static int plan(struct ft_run *r)
{
	const struct ft_syscalls_config config = {
		.calls = calls, .paths = true, .tasks = &o.tasks,
		.method = o.method == FT_EXEC_PROC ? FT_SYSCALLS_EVENTS : FT_SYSCALLS_AUTO,
	};

	return o.failed ? ft_syscalls_plan(&o.calls, r, &config) : 0;
}

static void add_systems(const char *const *list)
{
	size_t n = 0;

	for (; list && *list; list++) {
		for (n = 0; o.systems[n] && strcmp(o.systems[n], *list) != 0; n++)
			;
		if (n + 1 < sizeof(o.systems) / sizeof(o.systems[0]))
			o.systems[n] = *list;
	}
}

static int setup(struct ft_run *r)
{
	static const char *const follow_systems[] = { FT_FOLLOW_SYSTEM, NULL };
	int err;

	if (o.failed)
		err = ft_syscalls_setup(o.calls);
	else
		err = ft_follow_set(&o.follow, r->session, FT_FOLLOW_EVENTS, &o.tasks, r->command_pid);
	if (!err)
		err = ft_execs_open(&o.execs, r->session, o.method);
	if (err)
		return err;
	add_systems(follow_systems);
	add_systems(r->systems);
	add_systems(ft_execs_systems(o.execs));
	r->systems = o.systems;
	return 0;
}

static int ready(struct ft_run *r)
{
	int err = ft_execs_ready(o.execs, r->events), ppid;
	const char *parent;

	/* That it was forked was before the trace. */
	if (r->command_pid)
		ft_execs_task(o.execs, r->command_pid, &ppid, &parent);
	if (!err)
		err = o.failed ? ft_syscalls_ready(o.calls) : ft_follow_ready(o.follow, r->events);
	snprintf(r->what, sizeof(r->what), "programs that are started%s",
		 o.failed ? ", failures too" : "");
	return err;
}

/* -- events to rows ---------------------------------------------------------------------------- */

/* The name of the file, as that of the process will be, but whole. */
static bool is_asked_for(const char *file)
{
	const char *name = strrchr(file, '/');

	return !o.match || !regexec(&o.name, name ? name + 1 : file, 0, NULL, 0);
}

static void set_user(struct ft_run *r, const struct ft_exec *exec)
{
	int64_t uid = exec->uid >= 0 ? exec->uid : ft_execs_uid(o.execs, exec->pid, exec->ppid);

	if (uid >= 0)
		ft_out_int(r->out, UID, uid);
}

static int print(struct ft_run *r, const struct ft_exec *exec, int64_t ret)
{
	static char text[FT_OUT_JSON_MAX];
	const bool cut = exec->cut || exec->argc > o.argc;
	size_t n;

	r->rows++;
	ft_out_uint(r->out, TIME, exec->ts);
	ft_out_str(r->out, PARENT, *exec->parent ? exec->parent : NULL);
	if (o.user)
		set_user(r, exec);
	ft_out_int(r->out, PID, exec->pid);
	ft_out_int(r->out, PPID, exec->ppid);
	ft_out_int(r->out, RET, ret);
	if (ret)
		ft_out_str(r->out, ERROR, ft_syscalls_error(ret));
	if (*exec->file)
		ft_out_str(r->out, FILENAME, exec->file);
	if (!exec->len) {
		if (ft_out_is_text(r->out)) {
			n = ft_exec_text(text, TEXT_MAX, exec->file, strlen(exec->file), 1, false,
					 o.quote);
			strcpy(text + n, n ? " [?]" : "[?]");
			ft_out_str(r->out, ARGS, text);
		}
		return ft_out_end(r->out);
	}
	n = ft_exec_text(text, TEXT_MAX, exec->args, exec->len, o.argc, cut, o.quote);
	ft_out_strn(r->out, ARGS, text, n);
	n = ft_exec_json(text, sizeof(text), exec->args, exec->len, o.argc);
	if (n)
		ft_out_json(r->out, ARGV, text, n);
	ft_out_uint(r->out, CUT, cut);
	return ft_out_end(r->out);
}

static int take_exec(struct ft_run *r)
{
	const struct ft_exec *exec = ft_execs_last(o.execs);

	if (!is_asked_for(exec->file))
		return 0;
	if (exec->again && !o.reexec) {
		o.hidden++;
		return 0;
	}
	return print(r, exec, 0);
}

/* One that succeeded has its event already. */
static int take_failed(struct ft_run *r, const struct ft_syscalls_call *call)
{
	struct ft_exec exec = { .ts = call->ended, .uid = -1, .file = call->text ? call->text : "" };

	if (call->ret >= 0 || !is_asked_for(exec.file))
		return 0;
	if (call->list) {
		exec.args = call->list;
		exec.len = call->list_len;
		exec.argc = call->list_count;
		exec.cut = call->list_cut;
	}
	o.unknown += !exec.len;
	exec.pid = ft_execs_task(o.execs, call->tid, &exec.ppid, &exec.parent);
	return print(r, &exec, call->ret);
}

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	const bool fork = ft_execs_fork(o.execs, e);
	int err;

	if (!o.failed && !ft_follow_event(o.follow, e))
		return 0;
	if (o.failed) {
		err = ft_syscalls_event(o.calls, e);
		if (err > 0)
			return take_failed(r, ft_syscalls_last(o.calls));
		if (err != -ENOENT)
			return err;
	}
	return !fork && ft_execs_event(o.execs, e) ? take_exec(r) : 0;
}

static int on_loss(struct ft_run *r, int cpu)
{
	(void)r;
	ft_execs_lost(o.execs);
	if (o.failed)
		ft_syscalls_lost(o.calls, cpu);
	return 0;
}

/* -- the end ----------------------------------------------------------------------------------- */

static int finish(struct ft_run *r)
{
	static const char *const keys[] = { "execs", "looked_up", "unknown", "cut", "again_hidden",
					    "failed_unknown", NULL };
	struct ft_exec_stats st;
	int err;

	ft_execs_stats(o.execs, &st);
	if (st.unknown)
		ft_tool_note(r, "arguments of %" PRIu64 " programs are not known ([?]): they had "
			     "ended before /proc could tell", st.unknown);
	if (o.unknown)
		ft_tool_note(r, "arguments of %" PRIu64 " failed calls are not known ([?]): they "
			     "could not be read when the call began", o.unknown);
	if (o.hidden)
		ft_tool_note(r, "%" PRIu64 " programs more were started by processes shown before "
			     "(-r)", o.hidden);
	if (!r->rows && !st.execs)
		ft_tool_note(r, "nothing recorded: no program was started%s",
			     o.follow ? " by the tasks asked for" : "");
	err = ft_out_record(r->out, "execs", keys, (uint64_t[]){ st.execs, st.looked_up, st.unknown,
								 st.cut, o.hidden,
								 o.unknown });
	return err || !o.failed ? err : ft_syscalls_report(o.calls, "calls");
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_execs_close(o.execs);
	ft_follow_close(o.follow);
	ft_syscalls_free(o.calls);
	if (o.match)
		regfree(&o.name);
}

const struct ft_tool tool_execsnoop = {
	.spec = {
		.tool = "execsnoop",
		.summary = "show programs that are started, with their arguments",
		.operands = "[name]",
		.max_operands = 1,
		.command = true,
		.trace = true,
		.duration_letter = 'd',
		.options = options,
		.examples = examples,
	},
	.columns  = o.columns,
	.check	  = check,
	.plan	  = plan,
	.setup	  = setup,
	.ready	  = ready,
	.on_event = on_event,
	.on_loss  = on_loss,
	.finish	  = finish,
	.release  = release,
};
