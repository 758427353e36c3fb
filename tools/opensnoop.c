/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * opensnoop: the files that are opened: by whom, by what name, with what result.
 *
 * Probes the kernel's function behind open(), openat(), openat2() and creat(), of 32-bit programs,
 * too, and takes names from the kernel's own copy; system call events where there are no kprobes
 * (ftrace/syscalls.h).  Costs two or three microseconds an open.  After perf-tools' opensnoop by
 * Brendan Gregg.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ftrace/follow.h"
#include "ftrace/path.h"
#include "ftrace/syscalls.h"

static struct {
	bool time, failed, flags, full;
	const char *name, *method;
	struct ft_follow_opt tasks;

	struct ft_regex	   *comm, *file;
	struct ft_syscalls *opens;
} o;

static const struct ft_opt options[] = {
	FT_FLAG('t', "timestamp", &o.time, "show when each open ended, in seconds"),
	FT_FLAG('x', "failed", &o.failed, "only opens that failed"),
	FT_ARG('n', "name", FT_OPT_STRING, &o.name, "REGEX", "only threads whose name matches",),
	FT_FOLLOW_OPTIONS(o.tasks),
	FT_FLAG(0, "flags", &o.flags, "show flags, and the mode of new files"),
	FT_FLAG(0, "full", &o.full, "show relative names with their directory"),
	FT_ARG(0, "method", FT_OPT_STRING, &o.method, "METHOD",
	       "record by probes or events alone",),
	{ 0 }
};

enum { TIME, COMM, PID, TID, FD, ERROR, DURATION, FLAGS, MODE, FILE_, FILE_SURE, PATH, PATH_SURE };

static struct ft_column columns[] = {
	[TIME]	    = FT_COLUMN("TIMEs", "time_s", -16, FT_COL_TIME),
	[COMM]	    = FT_COLUMN("COMM", "comm", -16, FT_COL_STR),
	[PID]	    = FT_COLUMN("PID", "pid", -6, FT_COL_INT),
	[TID]	    = FT_HIDDEN("TID", "tid", FT_COL_INT),
	[FD]	    = FT_COLUMN("FD", "fd", 7, FT_COL_INT),
	[ERROR]	    = FT_HIDDEN("ERROR", "error", FT_COL_STR),
	[DURATION]  = FT_HIDDEN("DURATION", "duration_us", FT_COL_US),
	[FLAGS]	    = FT_COLUMN("FLAGS", "flags", -28, FT_COL_STR),
	[MODE]	    = FT_COLUMN("MODE", "mode", 5, FT_COL_STR),
	[FILE_]	    = FT_COLUMN("FILE", "file", 0, FT_COL_STR),
	[FILE_SURE] = FT_HIDDEN("FILE_SURE", "file_sure", FT_COL_BOOL),
	[PATH]	    = FT_COLUMN("PATH", "path", 0, FT_COL_STR),
	[PATH_SURE] = FT_HIDDEN("PATH_SURE", "path_sure", FT_COL_BOOL),
	{ 0 }
};

static const char *const examples[] = {
	"opensnoop", "all opens, as they happen",
	"opensnoop -x -p 181", "those of process 181 that fail",
	"opensnoop -t 'log$'", "files whose names end in \"log\", with times",
	"opensnoop --full --flags -- make", "what a command opens, how and where",
	NULL
};

/* Behind these two, and each for itself where they cannot be probed.  The second has gone to the
 * first in 5.6, with openat2(). */
static const struct ft_syscalls_spec specs[] = {
	{ .name = "do_sys_openat2", .args = { "dfd", "filename", "how" }, .text = 2, .words = 3 },
	{ .name = "do_sys_open", .args = { "dfd", "filename", "flags", "mode" }, .text = 2 },
	{ 0 },
	{ .name = "openat", .args = { "dfd", "filename", "flags", "mode" }, .text = 2 },
	{ .name = "open", .args = { "filename", "flags", "mode" }, .text = 1 },
	{ .name = "openat2", .args = { "dfd", "filename", "how" }, .text = 2, .words = 3 },
	{ .name = "creat", .args = { "pathname", "mode" }, .text = 1 },
	{ 0 }
};

/* Which arguments of these are what, from 1; 0: they have none such. */
static const struct { int dirfd, flags, mode; } shapes[] = {
	{ 1, 5, 6 }, { 1, 3, 4 }, { 0, 0, 0 },
	{ 1, 3, 4 }, { 0, 2, 3 }, { 1, 5, 6 }, { 0, 0, 2 },
};

static int check(struct ft_run *r)
{
	ft_follow_check(&r->tool->spec, &r->opt, &o.tasks);
	ft_syscalls_method(r, o.method);
	o.comm = ft_tool_regex(r, o.name);
	o.file = ft_tool_regex(r, r->opt.operand_count ? r->opt.operands[0] : NULL);
	columns[TIME].hidden = !o.time && !r->opt.wall;
	columns[FLAGS].hidden = columns[MODE].hidden = !o.flags;
	columns[FILE_].hidden = o.full;
	columns[PATH].hidden = !o.full;
	/* In text it is there in the place of the other. */
	if (!r->opt.csv)
		columns[PATH].name = "FILE";
	return 0;
}

static int plan(struct ft_run *r)
{
	return ft_syscalls_plan(&o.opens, r, &(struct ft_syscalls_config){
		.method = ft_syscalls_method(r, o.method), .functions = specs, .calls = specs + 3,
		.paths = true, .tasks = &o.tasks });
}

static int setup(struct ft_run *r)
{
	(void)r;
	return ft_syscalls_setup(o.opens);
}

static int ready(struct ft_run *r)
{
	snprintf(r->what, sizeof(r->what), "open()s");
	return ft_syscalls_ready(o.opens);
}

/* -- an open ----------------------------------------------------------------------------------- */

/* The kernel sets O_LARGEFILE itself for 64-bit programs, where the C library has none. */
static const struct { unsigned int bits; const char *name; } flag_names[] = {
	{ O_CREAT, "O_CREAT" },	      { O_EXCL, "O_EXCL" },	    { O_NOCTTY, "O_NOCTTY" },
	{ O_TRUNC, "O_TRUNC" },	      { O_APPEND, "O_APPEND" },	    { O_NONBLOCK, "O_NONBLOCK" },
	{ O_SYNC, "O_SYNC" },	      { O_DSYNC, "O_DSYNC" },	    { O_ASYNC, "O_ASYNC" },
	{ O_DIRECT, "O_DIRECT" },     { O_TMPFILE, "O_TMPFILE" },   { O_DIRECTORY, "O_DIRECTORY" },
	{ O_NOFOLLOW, "O_NOFOLLOW" }, { O_NOATIME, "O_NOATIME" },   { O_CLOEXEC, "O_CLOEXEC" },
	{ O_PATH, "O_PATH" },
};

static void set_flags(struct ft_run *r, uint64_t flags, uint64_t mode)
{
	static const char *const modes[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "3" };
	char text[256];
	int n = snprintf(text, sizeof(text), "%s", modes[flags & O_ACCMODE]);
	const bool is_new = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;

	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++) {
		if ((flags & flag_names[i].bits) != flag_names[i].bits)
			continue;
		n += snprintf(text + n, sizeof(text) - n, "|%s", flag_names[i].name);
		flags &= ~(uint64_t)flag_names[i].bits;
	}
	ft_out_str(r->out, FLAGS, text);
	if (!is_new)
		return;
	snprintf(text, sizeof(text), "%04o", (unsigned int)(mode & 07777));
	ft_out_str(r->out, MODE, text);
}

/* The name to be shown and looked at; "": not known. */
static const char *name_of(const struct ft_syscalls_call *c, bool *sure)
{
	static char path[PATH_MAX];
	const int at = shapes[c->spec - specs].dirfd;

	*sure = c->text && c->text_sure;
	if (!c->text || !o.full)
		return c->text ? c->text : "";
	*sure &= ft_path_full(c->tid, at ? (int)c->args[at - 1] : AT_FDCWD, c->text, (int)c->ret,
			      path, sizeof(path)) == FT_PATH_SURE;
	return path;
}

/* For people with a mark where it is not certain. */
static void set_name(struct ft_run *r, const struct ft_syscalls_call *c, const char *name,
		     bool sure)
{
	const int column = o.full ? PATH : FILE_;
	char marked[PATH_MAX + 8];

	if (ft_out_is_text(r->out)) {
		snprintf(marked, sizeof(marked), "%s%s", c->text ? name : "<...>",
			 c->text && !sure ? " (?)" : "");
		ft_out_str(r->out, column, marked);
		return;
	}
	if (!c->text)
		return;
	ft_out_str(r->out, FILE_, c->text);
	ft_out_uint(r->out, FILE_SURE, c->text_sure);
	if (!o.full)
		return;
	ft_out_str(r->out, PATH, name);
	ft_out_uint(r->out, PATH_SURE, sure);
}

static int print_open(struct ft_run *r, const struct ft_syscalls_call *c)
{
	const char *comm = ft_syscalls_comm(o.opens, c->tid), *error = ft_syscalls_error(c->ret);
	const int flags = shapes[c->spec - specs].flags, mode = shapes[c->spec - specs].mode;
	const char *name;
	bool sure;

	if ((o.failed && c->ret >= 0) || !ft_regex_matches(o.comm, comm))
		return 0;
	name = name_of(c, &sure);
	if (!ft_regex_matches(o.file, name))
		return 0;
	r->rows++;
	ft_out_uint(r->out, TIME, c->ended);
	ft_out_str(r->out, COMM, comm);
	ft_out_int(r->out, PID, c->pid);
	ft_out_int(r->out, TID, c->tid);
	ft_out_int(r->out, FD, c->ret);
	if (error) {
		ft_out_str(r->out, FD, error);
		ft_out_str(r->out, ERROR, error);
	}
	ft_out_uint(r->out, DURATION, c->ended - c->began);
	set_name(r, c, name, sure);
	if (o.flags)
		set_flags(r, flags ? c->args[flags - 1] : O_CREAT | O_WRONLY | O_TRUNC,
			  c->args[mode - 1]);
	return ft_out_end(r->out);
}

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	return ft_syscalls_event(o.opens, e) > 0 ? print_open(r, ft_syscalls_last(o.opens)) : 0;
}

static int on_loss(struct ft_run *r, int cpu)
{
	(void)r;
	ft_syscalls_lost(o.opens, cpu);
	return 0;
}

static int finish(struct ft_run *r)
{
	if (!r->rows)
		ft_tool_note(r, "nothing to show: no file was opened%s%s",
			     r->opt.command || o.tasks.pid || o.tasks.tid ?
			     " by the tasks asked for" : "",
			     o.failed || o.comm || o.file ? " that would be shown" : "");
	return ft_syscalls_report(o.opens, "opens");
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_syscalls_free(o.opens);
	ft_regex_free(o.comm);
	ft_regex_free(o.file);
}

const struct ft_tool tool_opensnoop = {
	.spec = {
		.tool = "opensnoop",
		.summary = "trace opens of files",
		.operands = "[filename]",
		.max_operands = 1,
		.command = true,
		.trace = true,
		.duration_letter = 'd',
		.options = options,
		.examples = examples,
	},
	.columns  = columns,
	.check	  = check,
	.plan	  = plan,
	.setup	  = setup,
	.ready	  = ready,
	.on_event = on_event,
	.on_loss  = on_loss,
	.finish	  = finish,
	.release  = release,
};
