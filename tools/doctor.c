/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor: what tracing can do here, and the way each tool would take.
 *
 * Looks for the tracing directory, tracers, files and rights, and says why something is not there.
 * It reads what can be read without a trace of its own and changes nothing.  Costs the time to read
 * the list of functions once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/kernel.h"
#include "ftrace/tool.h"

static struct {
	struct ft_fact *facts;
	size_t		count, room;
	const char     *reason;		/* why there is no tracing directory */
	bool		no_memory;
} o;

static const struct ft_opt options[] = {
	{ 0 }
};

enum { KIND, NAME, KEY, STATE, DETAIL };

static const struct ft_column columns[] = {
	[KIND]	 = { "KIND", "kind", 0, FT_COL_STR, true },
	[NAME]	 = { "WHAT", "name", -30, FT_COL_STR, false },
	[KEY]	 = { "KEY", "key", 0, FT_COL_STR, true },
	[STATE]	 = { "STATE", "state", -8, FT_COL_STR, false },
	[DETAIL] = { "DETAIL", "detail", 0, FT_COL_STR, false },
	{ 0 }
};

static const char *const examples[] = {
	"doctor", "what is here, and what is missing",
	"doctor --json", "the same, a JSON object a line",
	NULL
};

/* -- the tools ------------------------------------------------------------------------------ */

static const struct ft_fact *find(const char *key)
{
	static const struct ft_fact none = { .state = "no" };

	for (size_t i = 0; i < o.count; i++) {
		if (!strcmp(o.facts[i].key, key))
			return &o.facts[i];
	}
	return &none;
}

static bool is(const char *key, const char *state)
{
	return !strcmp(find(key)->state, state);
}

static const char *graph_way(void)
{
	if (is("function_graph_instance", "yes"))
		return "private instance, under a lock for the filter files all share";
	if (is("function_graph_instance", "unknown"))
		return "private instance if the kernel allows it, else top-level buffer; "
		       "under a lock";
	return "top-level buffer under a lock";
}

static bool always(void)
{
	return true;
}

static bool graph_at_top(void)
{
	return !is("function_graph_instance", "yes");
}

static bool function_at_top(void)
{
	return !is("function_instance", "yes");
}

static const char *function_way(void)
{
	return function_at_top() ? "top-level buffer under a lock" : "private instance";
}

/* User probes can be in an instance where the function tracer can. */
static bool user_at_top(void)
{
	return function_at_top() && !is("set_event_pid", "yes");
}

static const char *user_way(void)
{
	return user_at_top() ? "user functions only: top-level buffer under a lock" :
			       "user functions only: private instance";
}

static const char *probe_way(void)
{
	return "private instance";
}

static const char *user_probe_way(void)
{
	return user_at_top() ? "top-level buffer under a lock" : "private instance";
}

static const char *profiler_way(void)
{
	return "function profiler, top level under a lock";
}

static const char *hits_way(void)
{
	return "kprobe hits in a private instance; many functions, or by process: function tracer";
}

static const char *counting_way(void)
{
	return "function tracer, events: private instance";
}

static const char *cache_way(void)
{
	return "private instance; a probe of what reads use of the page cache";
}

static const char *cache_reads_way(void)
{
	return "private instance; tracepoints of reads (6.12 and later)";
}

static const char *tracepoint_way(void)
{
	return is("hist_triggers", "yes") ? "private instance; --count in the kernel" : "private instance";
}

static const char *calls_way(void)
{
	return "kprobes in a private instance";
}

static const char *syscalls_way(void)
{
	return "system call events in a private instance";
}

static const char *records_way(void)
{
	return is("hist_triggers", "yes") ? "private instance; with --method hist in the kernel" :
					    "private instance";
}

static const char *reset_way(void)
{
	return "top level under a lock; with --force whoever uses it";
}

static const char *exec_way(void)
{
	return "private instance, arguments by kprobes";
}

static const char *exec_proc_way(void)
{
	return "private instance, arguments from /proc while a process lives";
}

/* What a tool needs, as keys of facts that must be "yes", and its way when they are.  One of several ways
 * to take is the first that can be. */
static const struct way {
	const char *tool;
	const char *needs[6];		/* ends with NULL */
	bool	    (*at_top)(void);	/* it needs a top level that nobody uses; NULL: never */
	const char *(*way)(void);
} ways[] = {
	{ "bitesize", { "tracefs", "tracepoints" }, NULL, probe_way },
	{ "cachestat", { "tracefs", "kprobe_events", "ftrace_enabled" }, NULL, cache_way },
	{ "cachestat", { "tracefs", "tracepoints" }, NULL, cache_reads_way },
	{ "execsnoop", { "tracefs", "kprobe_events", "ftrace_enabled" }, NULL, exec_way },
	{ "execsnoop", { "tracefs", "tracepoints" }, NULL, exec_proc_way },
	{ "funccount", { "tracefs", "function_profiler", "ftrace_enabled", "function_list" },
	  always, profiler_way },
	{ "funccount", { "tracefs", "kprobe_events", "ftrace_enabled", "function_list" }, NULL, hits_way },
	{ "funccount", { "tracefs", "function", "ftrace_enabled", "function_list", "symbols" },
	  function_at_top, counting_way },
	{ "funccount", { "tracefs", "uprobe_events" }, user_at_top, user_way },
	{ "funcgraph", { "tracefs", "function_graph", "ftrace_enabled", "function_list", "symbols" },
	  graph_at_top, graph_way },
	{ "funcslower", { "tracefs", "function_graph", "ftrace_enabled", "function_list", "symbols" },
	  graph_at_top, graph_way },
	{ "funcslower", { "tracefs", "uprobe_events" }, user_at_top, user_way },
	{ "functrace", { "tracefs", "function", "ftrace_enabled", "function_list", "symbols" },
	  function_at_top, function_way },
	{ "iolatency", { "tracefs", "tracepoints" }, NULL, probe_way },
	{ "iosnoop", { "tracefs", "tracepoints" }, NULL, probe_way },
	{ "killsnoop", { "tracefs", "kprobe_events", "ftrace_enabled" }, NULL, calls_way },
	{ "killsnoop", { "tracefs", "syscall_events" }, NULL, syscalls_way },
	{ "kprobe", { "tracefs", "kprobe_events", "ftrace_enabled" }, NULL, probe_way },
	{ "opensnoop", { "tracefs", "kprobe_events", "ftrace_enabled" }, NULL, calls_way },
	{ "opensnoop", { "tracefs", "syscall_events" }, NULL, syscalls_way },
	{ "reset-ftrace", { "tracefs" }, NULL, reset_way },
	{ "syscount", { "tracefs", "tracepoints" }, NULL, records_way },
	{ "tcpretrans", { "tracefs", "tracepoints" }, NULL, probe_way },
	{ "tphist", { "tracefs", "tracepoints" }, NULL, probe_way },
	{ "tpoint", { "tracefs", "tracepoints" }, NULL, tracepoint_way },
	{ "uprobe", { "tracefs", "uprobe_events" }, user_at_top, user_probe_way },
};

/* -- rows ----------------------------------------------------------------------------------- */

static int row(struct ft_run *r, const char *kind, const char *name, const char *key,
	       const char *state, const char *detail)
{
	ft_out_str(r->out, KIND, kind);
	ft_out_str(r->out, NAME, name);
	ft_out_str(r->out, KEY, key);
	ft_out_str(r->out, STATE, state);
	if (*detail)
		ft_out_str(r->out, DETAIL, detail);
	return ft_out_end(r->out);
}

/* "yes", "busy" or "no", with the way or the reason in detail. */
static const char *try_way(const struct way *w, char *detail, size_t size)
{
	const struct ft_fact *top = find("top_level");

	for (const char *const *need = w->needs; *need; need++) {
		const struct ft_fact *f = find(*need);

		if (!strcmp(f->state, "yes"))
			continue;
		snprintf(detail, size, "%s: %s%s%s", f->name, f->state, *f->detail ? ", " : "",
			 f->detail);
		return "no";
	}
	if (w->at_top && w->at_top() && !strcmp(top->state, "in use")) {
		snprintf(detail, size, "not now: %s", top->detail);
		return "busy";
	}
	snprintf(detail, size, "%s", w->way());
	return "yes";
}

/* One row for the ways [i, end) of a tool: the first that can be taken, else why the first cannot. */
static int tool_row(struct ft_run *r, size_t i, size_t end)
{
	const char *tool = ways[i].tool, *state, *first = NULL;
	char detail[400], why[400] = "";

	do {
		state = try_way(&ways[i], detail, sizeof(detail));
		if (!first) {
			first = state;
			memcpy(why, detail, sizeof(why));
		}
	} while (strcmp(state, "yes") && ++i < end);
	return i < end ? row(r, "tool", tool, tool, state, detail) :
			 row(r, "tool", tool, tool, first, why);
}

static int tool_rows(struct ft_run *r)
{
	const size_t count = sizeof(ways) / sizeof(ways[0]);
	size_t end;
	int err = 0;

	for (size_t i = 0; i < count && !err; i = end) {
		for (end = i + 1; end < count && !strcmp(ways[end].tool, ways[i].tool);)
			end++;
		err = tool_row(r, i, end);
	}
	return err;
}

static void on_fact(void *arg, const struct ft_fact *fact)
{
	struct ft_fact *f;

	(void)arg;
	if (o.count == o.room) {
		f = realloc(o.facts, (o.room + 64) * sizeof(*f));
		if (!f) {
			o.no_memory = true;
			return;
		}
		o.facts = f;
		o.room += 64;
	}
	f = &o.facts[o.count++];
	*f = *fact;
	if (o.reason && !strcmp(f->key, "tracefs"))
		snprintf(f->detail, sizeof(f->detail), "%s", o.reason);
}

static int print(struct ft_run *r)
{
	int err = 0;

	for (size_t i = 0; i < o.count && !err; i++) {
		const struct ft_fact *f = &o.facts[i];

		err = row(r, "fact", f->name, f->key, f->state, f->detail);
	}
	if (!err)
		err = ft_out_line(r->out, "", 0);
	if (!err)
		err = tool_rows(r);
	return err ? err : ft_out_flush(r->out);
}

static int run(struct ft_run *r)
{
	char reason[FT_REASON_SIZE], *dir;
	int err, status = FT_OK;

	if (ft_kernel_find_tracefs(r->opt.tracefs, &dir, reason)) {
		o.reason = reason;
		status = FT_UNSUPPORTED;
	}
	err = ft_kernel_facts(dir, on_fact, NULL);
	free(dir);
	if (err || o.no_memory) {
		ft_tool_note(r, "cannot look at the kernel: %s",
			     strerror(err ? -err : ENOMEM));
		return FT_FAILED;
	}
	if (o.reason)
		ft_tool_note(r, "%s", o.reason);
	o.reason = NULL;
	err = print(r);
	if (err && err != -EPIPE) {
		ft_tool_note(r, "cannot write to %s: %s", r->opt.output ? r->opt.output : "stdout",
			     strerror(-err));
		return FT_FAILED;
	}
	return status;
}

static void release(struct ft_run *r)
{
	(void)r;
	free(o.facts);
}

const struct ft_tool tool_doctor = {
	.spec = {
		.tool	  = "doctor",
		.summary  = "tell what tracing can do here, and what each tool would do",
		.options  = options,
		.examples = examples,
	},
	.columns = columns,
	.run	 = run,
	.release = release,
};
