/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * killsnoop: signals that are sent: by whom, to whom, which, with what result.
 *
 * Probes the system calls that send signals, or records their events where there are no kprobes
 * (ftrace/syscalls.h), and signal:signal_generate, which tells whom a signal reached.  Costs
 * nothing while no signal is sent.  After perf-tools' killsnoop by Martin Probst.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/follow.h"
#include "ftrace/signal.h"
#include "ftrace/syscalls.h"
#include "ftrace/task.h"

static struct {
	bool time, names, all, deliver;
	const char *name, *method;
	int target;
	struct ft_follow_opt tasks;

	struct ft_regex	   *comm;
	struct ft_syscalls *calls;
	int		    generate, delivery;	/* events */
	struct ft_field	    sig, code, pid, target_comm, result;
	struct ft_field	    deliver_sig, deliver_code, handler;
} o;

static const struct ft_opt options[] = {
	FT_FLAG('s', "signals", &o.names, "show signals by their names"),
	FT_FLAG('t', "timestamp", &o.time, "show when each signal was sent, in seconds"),
	FT_ARG('n', "name", FT_OPT_STRING, &o.name, "REGEX", "only senders whose name matches",),
	FT_FOLLOW_OPTIONS(o.tasks),
	FT_ARG(0, "target", FT_OPT_PID, &o.target, "PID", "only signals to this process",),
	FT_FLAG(0, "all", &o.all, "signals of the kernel itself, too"),
	FT_FLAG(0, "deliver", &o.deliver, "show when signals are delivered, too"),
	FT_ARG(0, "method", FT_OPT_STRING, &o.method, "METHOD",
	       "record by probes or events alone",),
	{ 0 }
};

enum { TIME, COMM, PID, TID, TPID, TTID, SIGNAL, SIGNAL_NAME, RETURN, CALL, CODE, TCOMM };

static struct ft_column columns[] = {
	[TIME]	      = FT_COLUMN("TIMEs", "time_s", -16, FT_COL_TIME),
	[COMM]	      = FT_COLUMN("COMM", "comm", -16, FT_COL_STR),
	[PID]	      = FT_COLUMN("PID", "pid", -6, FT_COL_INT),
	[TID]	      = FT_HIDDEN("TID", "tid", FT_COL_INT),
	[TPID]	      = FT_COLUMN("TPID", "target", -8, FT_COL_INT),
	[TTID]	      = FT_HIDDEN("TTID", "target_tid", FT_COL_INT),
	[SIGNAL]      = FT_COLUMN("SIGNAL", "signal", -10, FT_COL_INT),
	[SIGNAL_NAME] = FT_HIDDEN("SIGNAL_NAME", "signal_name", FT_COL_STR),
	[RETURN]      = FT_COLUMN("RETURN", "result", -9, FT_COL_STR),
	[CALL]	      = FT_COLUMN("CALL", "call", -17, FT_COL_STR),
	[CODE]	      = FT_HIDDEN("CODE", "code", FT_COL_INT),
	[TCOMM]	      = FT_COLUMN("TCOMM", "target_comm", 0, FT_COL_STR),
	{ 0 }
};

static const char *const examples[] = {
	"killsnoop", "all that is sent by kill() and the like",
	"killsnoop -s -t --target 198", "who sends signals to process 198, and when",
	"killsnoop --all --deliver -s", "signals of the kernel, too, and what becomes of them",
	"killsnoop -n 'systemd|init'", "what these send",
	NULL
};

static const struct ft_syscalls_spec specs[] = {
	{ .name = "kill", .args = { "pid", "sig" } },
	{ .name = "tkill", .args = { "pid", "sig" } },
	{ .name = "tgkill", .args = { "tgid", "pid", "sig" } },
	{ .name = "rt_sigqueueinfo", .args = { "pid", "sig" } },
	{ .name = "rt_tgsigqueueinfo", .args = { "tgid", "pid", "sig" } },
	{ .name = "pidfd_send_signal", .args = { "pidfd", "sig" } },
	{ 0 }
};

/* Which arguments are whom, by process, thread or descriptor, and what; 0: they have none such. */
static const struct shape { int pid, tid, pidfd, sig; } shapes[] = {
	{ 1, 0, 0, 2 }, { 0, 1, 0, 2 }, { 1, 2, 0, 3 },
	{ 1, 0, 0, 2 }, { 1, 2, 0, 3 }, { 0, 0, 1, 2 },
};

/* What signal:signal_generate told within a call. */
struct sent {
	int  pid;		/* the first that it reached; 0: none */
	bool hit;		/* one of them was --target */
	char comm[FT_COMM_SIZE];
};

static int check(struct ft_run *r)
{
	ft_follow_check(&r->tool->spec, &r->opt, &o.tasks);
	ft_syscalls_method(r, o.method);
	o.comm = ft_tool_regex(r, o.name);
	columns[TIME].hidden = !o.time && !r->opt.wall;
	return 0;
}

/* -- setup ------------------------------------------------------------------------------------- */

static int plan(struct ft_run *r)
{
	return ft_syscalls_plan(&o.calls, r, &(struct ft_syscalls_config){
		.method = ft_syscalls_method(r, o.method), .calls = specs, .system = "signal",
		.tasks = &o.tasks, .data_size = sizeof(struct sent) });
}

/* Of user space have codes of 0 or less, but so has some of the kernel's (SIGPIPE). */
static int setup(struct ft_run *r)
{
	int err = ft_syscalls_setup(o.calls);

	if (!err)
		err = ft_session_enable_event(r->session, "signal", "signal_generate",
					      o.all ? NULL : "code <= 0");
	if (!err && o.deliver)
		err = ft_session_enable_event(r->session, "signal", "signal_deliver", NULL);
	return err;
}

static int find(struct ft_run *r, const char *event, const char *field, struct ft_field *out)
{
	int err = ft_field_find(r->events, "signal", event, field, out);

	return err ? ft_fail(r->session, -EOPNOTSUPP, "the event 'signal:%s' has no field '%s'",
			     event, field) : 0;
}

static int ready(struct ft_run *r)
{
	int err = find(r, "signal_generate", "sig", &o.sig);

	o.generate = ft_event_id(r->events, "signal", "signal_generate");
	o.delivery = ft_event_id(r->events, "signal", "signal_deliver");
	if (!err)
		err = find(r, "signal_generate", "code", &o.code);
	if (!err)
		err = find(r, "signal_generate", "pid", &o.pid);
	if (!err)
		err = find(r, "signal_generate", "comm", &o.target_comm);
	if (!err)
		err = find(r, "signal_generate", "result", &o.result);
	if (!err)
		err = find(r, "signal_deliver", "sig", &o.deliver_sig);
	if (!err)
		err = find(r, "signal_deliver", "code", &o.deliver_code);
	if (!err)
		err = find(r, "signal_deliver", "sa_handler", &o.handler);
	snprintf(r->what, sizeof(r->what), "kill()s");
	return err ? err : ft_syscalls_ready(o.calls);
}

/* -- rows -------------------------------------------------------------------------------------- */

/* The kernel tells the process of a pidfd while the sender has it open; 0: it is not known. */
static int pid_of_pidfd(int tid, int fd)
{
	char path[64], line[128];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", tid, fd);
	f = ft_task_initial_namespace() ? fopen(path, "re") : NULL;
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Pid: %d", &pid) == 1)
			break;
	if (f)
		fclose(f);
	return pid > 0 ? pid : 0;
}

static int arg(const struct ft_syscalls_call *c, int n)
{
	return n ? (int)c->args[n - 1] : 0;
}

static bool is_sender(int tid)
{
	return !o.comm || ft_regex_matches(o.comm, ft_syscalls_comm(o.calls, tid));
}

/* A row up to its signal. */
static void begin_row(struct ft_run *r, uint64_t ts, int tid, int pid, int sig)
{
	char name[FT_SIGNAL_NAME_SIZE];

	r->rows++;
	ft_out_uint(r->out, TIME, ts);
	ft_out_str(r->out, COMM, ft_syscalls_comm(o.calls, tid));
	ft_out_int(r->out, PID, pid);
	ft_out_int(r->out, TID, tid);
	ft_out_int(r->out, SIGNAL, sig);
	ft_signal_name(sig, name);
	if (o.names && sig && ft_out_is_text(r->out))
		ft_out_str(r->out, SIGNAL, name);
	ft_out_str(r->out, SIGNAL_NAME, name);
}

static int print_call(struct ft_run *r, const struct ft_syscalls_call *c)
{
	const struct shape *shape = &shapes[c->spec - specs];
	const struct sent *sent = c->data;
	const char *error = ft_syscalls_error(c->ret);
	const int tid = arg(c, shape->tid);
	int target = arg(c, shape->pid);

	if (shape->pidfd)
		target = sent->pid ? sent->pid : pid_of_pidfd(c->tid, arg(c, shape->pidfd));
	else if (!shape->pid)
		target = tid;
	if (!is_sender(c->tid) || (o.target && target != o.target && !sent->hit))
		return 0;
	begin_row(r, c->ended, c->tid, c->pid, arg(c, shape->sig));
	if (shape->pidfd && !target)
		ft_out_str(r->out, TPID, "?");
	else
		ft_out_int(r->out, TPID, target);
	if (tid)
		ft_out_int(r->out, TTID, tid);
	ft_out_str(r->out, RETURN, error ? error : "0");
	ft_out_str(r->out, CALL, c->spec->name);
	if (sent->pid)
		ft_out_str(r->out, TCOMM, sent->comm);
	return ft_out_end(r->out);
}

/* Within a call it is what the call does; what is left of it is the kernel's own. */
static int take_generated(struct ft_run *r, const struct ft_event *e)
{
	const struct ft_syscalls_call *c = ft_syscalls_running(o.calls, e);
	const int sig = (int)ft_field_s64(&o.sig, e), pid = (int)ft_field_s64(&o.pid, e);
	struct sent *sent;
	char comm[FT_COMM_SIZE];

	ft_field_str(&o.target_comm, e, comm, sizeof(comm));
	if (c && arg(c, shapes[c->spec - specs].sig) == sig) {
		sent = c->data;
		sent->hit |= o.target && ft_syscalls_pid(o.calls, pid) == o.target;
		if (!sent->pid) {
			sent->pid = pid;
			memcpy(sent->comm, comm, sizeof(comm));
		}
		return 0;
	}
	if (!o.all || !is_sender(e->tid) ||
	    (o.target && ft_syscalls_pid(o.calls, pid) != o.target))
		return 0;
	begin_row(r, e->ts, e->tid, ft_syscalls_pid(o.calls, e->tid), sig);
	ft_out_int(r->out, TPID, ft_syscalls_pid(o.calls, pid));
	ft_out_int(r->out, TTID, pid);
	ft_out_str(r->out, RETURN, ft_signal_result((int)ft_field_s64(&o.result, e)));
	ft_out_str(r->out, CALL, "signal_generate");
	ft_out_int(r->out, CODE, ft_field_s64(&o.code, e));
	ft_out_str(r->out, TCOMM, comm);
	return ft_out_end(r->out);
}

/* By the task that gets it; who sent it is not told. */
static int take_delivery(struct ft_run *r, const struct ft_event *e)
{
	const int pid = ft_syscalls_pid(o.calls, e->tid);
	const uint64_t handler = ft_field_u64(&o.handler, e);
	const char *comm = ft_syscalls_comm(o.calls, e->tid);

	if (o.target && pid != o.target)
		return 0;
	begin_row(r, e->ts, e->tid, pid, (int)ft_field_s64(&o.deliver_sig, e));
	ft_out_int(r->out, TPID, pid);
	ft_out_int(r->out, TTID, e->tid);
	ft_out_str(r->out, RETURN, handler > 1 ? "handler" : handler ? "ignored" : "default");
	ft_out_str(r->out, CALL, "signal_deliver");
	ft_out_int(r->out, CODE, ft_field_s64(&o.deliver_code, e));
	ft_out_str(r->out, TCOMM, comm);
	return ft_out_end(r->out);
}

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	const int n = ft_syscalls_event(o.calls, e);

	if (n > 0)
		return print_call(r, ft_syscalls_last(o.calls));
	if (n != -ENOENT)
		return 0;
	if (e->type == o.generate)
		return take_generated(r, e);
	return e->type == o.delivery ? take_delivery(r, e) : 0;
}

static int on_loss(struct ft_run *r, int cpu)
{
	(void)r;
	ft_syscalls_lost(o.calls, cpu);
	return 0;
}

static int finish(struct ft_run *r)
{
	if (!r->rows)
		ft_tool_note(r, "nothing to show: no signal was sent%s%s",
			     r->opt.command || o.tasks.pid || o.tasks.tid ?
			     " by the tasks asked for" : "",
			     o.comm || o.target ? " that would be shown" : "");
	return ft_syscalls_report(o.calls, "calls");
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_syscalls_free(o.calls);
	ft_regex_free(o.comm);
}

const struct ft_tool tool_killsnoop = {
	.spec = {
		.tool = "killsnoop",
		.summary = "trace signals that are sent",
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
