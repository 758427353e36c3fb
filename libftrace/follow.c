/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/follow.h"
#include "ftrace/task.h"
#include "idset.h"
#include "internal.h"

/* include/uapi/linux/sched.h */
#define CLONE_THREAD_FLAG 0x00010000

struct ft_follow {
	struct ft_session   *session;
	enum ft_follow_scope scope;
	int		     pid;		/* the process */
	const char	    *pid_file;		/* NULL: only we filter, as before 4.4 */
	bool		     kernel_follows;	/* function-fork or event-fork is set */
	int		     fork_id;		/* of task:task_newtask */
	struct ft_field	     tid, flags;
	struct fti_idset     members;		/* belong */
	struct fti_idset     strangers;		/* followed by the kernel, but do not belong */
};

static int add_tid(struct ft_follow *f, int tid)
{
	char text[16];
	int err;

	snprintf(text, sizeof(text), "%d", tid);
	err = fti_idset_add(&f->members, tid);
	return err || !f->pid_file ? err : fti_session_try_append(f->session, f->pid_file, false, text);
}

/*
 * A thread that has ended since it was listed is refused by some kernels: nothing is missed then.
 * But with none in the kernel's filter it would let everything through.
 */
static int add_listed(struct ft_follow *f, const int *tids, int count)
{
	int err = -ESRCH, added = 0;

	for (int i = 0; i < count; i++) {
		err = add_tid(f, tids[i]);
		if (err == -ENOMEM)
			return err;
		added += !err;
	}
	return added ? 0 : ft_fail(f->session, err, "cannot add to '%s': %s", f->pid_file,
				   strerror(-err));
}

static int add_threads(struct ft_follow *f, int pid)
{
	int *tids, n = ft_task_threads(pid, &tids), err;

	if (n <= 0)
		return ft_fail(f->session, -ESRCH, "no process with PID %d", pid);
	err = add_listed(f, tids, n);
	free(tids);
	return err;
}

int ft_follow_open(struct ft_follow **out, struct ft_session *s, enum ft_follow_scope scope,
		   enum ft_follow_what what, int id)
{
	const char *option = what == FT_FOLLOW_EVENTS ? "event-fork" : "function-fork";
	struct ft_follow *f = calloc(1, sizeof(*f));
	int err = 0;

	if (!f)
		return -ENOMEM;
	f->session = s;
	f->scope = scope;
	f->pid_file = what == FT_FOLLOW_EVENTS ? "set_event_pid" :
		      what == FT_FOLLOW_FUNCTIONS ? "set_ftrace_pid" : NULL;
	f->fork_id = -1;
	f->pid = ft_task_pid(id);
	if (!ft_task_initial_namespace())
		err = ft_fail(s, -EOPNOTSUPP, "cannot limit the trace to a PID from inside a PID namespace: "
			      "the kernel knows it by another number (run this on the host)");
	else if (what == FT_FOLLOW_FUNCTIONS && !ft_session_has(s, f->pid_file))
		err = ft_fail(s, -EOPNOTSUPP, "this kernel has no '%s'", f->pid_file);
	else if (f->pid < 0)
		err = ft_fail(s, -ESRCH, "no process or thread with ID %d", id);
	else if (f->pid_file && !ft_session_has(s, f->pid_file))
		f->pid_file = NULL;
	else if (f->pid_file)
		err = ft_session_clear(s, f->pid_file);
	if (!err)
		err = scope == FT_FOLLOW_THREAD || scope == FT_FOLLOW_THREAD_TREE ?
		      add_listed(f, &id, 1) : add_threads(f, id);
	if (!err && scope != FT_FOLLOW_THREAD) {
		f->kernel_follows = what != FT_FOLLOW_RECORDS &&
				    !ft_session_set_option(s, option, true);
		/* The kernel follows children with threads; the event tells which is which. */
		if (!f->kernel_follows || scope == FT_FOLLOW_PROCESS)
			err = ft_session_enable_event(s, "task", "task_newtask", NULL);
	} else if (!err && what != FT_FOLLOW_RECORDS) {
		err = ft_session_set_option(s, option, false);
		if (err == -ENOENT)
			err = 0;
	}
	if (err) {
		ft_follow_close(f);
		return err;
	}
	*out = f;
	return 0;
}

void ft_follow_check(const struct ft_opt_spec *spec, const struct ft_opt_common *common,
		     const struct ft_follow_opt *opt)
{
	if (opt->children && !opt->pid && !opt->tid)
		ft_opt_error(spec, "option '--children' needs -p or -L");
	if (common->command && (opt->pid || opt->tid))
		ft_opt_error(spec, "a command cannot be traced together with -p or -L");
}

int ft_follow_set(struct ft_follow **out, struct ft_session *s, enum ft_follow_what what,
		  const struct ft_follow_opt *opt, int command_pid)
{
	static const char *const files[][2] = {
		[FT_FOLLOW_FUNCTIONS] = { "set_ftrace_pid", "set_ftrace_notrace_pid" },
		[FT_FOLLOW_EVENTS] = { "set_event_pid", "set_event_notrace_pid" },
	};
	enum ft_follow_scope scope = FT_FOLLOW_PROCESS;
	int id = command_pid ? command_pid : opt->pid ? opt->pid : opt->tid, err = 0;

	*out = NULL;
	for (int i = 0; i < 2 && !err && what != FT_FOLLOW_RECORDS; i++)
		err = ft_session_clear(s, files[what][i]);
	if (command_pid || (opt->children && opt->pid))
		scope = FT_FOLLOW_TREE;
	else if (opt->tid)
		scope = opt->children ? FT_FOLLOW_THREAD_TREE : FT_FOLLOW_THREAD;
	return err || !id ? err : ft_follow_open(out, s, scope, what, id);
}

void ft_follow_close(struct ft_follow *f)
{
	if (!f)
		return;
	fti_idset_free(&f->members);
	fti_idset_free(&f->strangers);
	free(f);
}

int ft_follow_ready(struct ft_follow *f, const struct ft_events *evs)
{
	int err;

	if (!f || f->scope == FT_FOLLOW_THREAD)
		return 0;
	f->fork_id = ft_event_id(evs, "task", "task_newtask");
	err = ft_field_find(evs, "task", "task_newtask", "pid", &f->tid);
	if (!err)
		err = ft_field_find(evs, "task", "task_newtask", "clone_flags", &f->flags);
	return f->fork_id < 0 || err ? ft_fail(f->session, -EOPNOTSUPP,
					       "this kernel has no event 'task:task_newtask'") : 0;
}

static void on_fork(struct ft_follow *f, const struct ft_event *e)
{
	int child = (int)ft_field_s64(&f->tid, e);
	bool thread = ft_field_u64(&f->flags, e) & CLONE_THREAD_FLAG;

	/* The number may have belonged to a task that has ended. */
	fti_idset_remove(&f->members, child);
	fti_idset_remove(&f->strangers, child);
	if (fti_idset_has(&f->members, e->tid) && (thread || f->scope != FT_FOLLOW_PROCESS)) {
		if (f->kernel_follows)
			fti_idset_add(&f->members, child);
		else
			add_tid(f, child);
	} else if (fti_idset_has(&f->members, e->tid) || fti_idset_has(&f->strangers, e->tid)) {
		fti_idset_add(&f->strangers, child);
	}
}

/* Of a process, only what is known to be its thread.  One forked before recording began, but
 * already followed by the kernel, is looked up. */
static bool is_thread(struct ft_follow *f, int tid)
{
	if (fti_idset_has(&f->members, tid))
		return true;
	if (fti_idset_has(&f->strangers, tid))
		return false;
	fti_idset_add(ft_task_pid(tid) == f->pid ? &f->members : &f->strangers, tid);
	return fti_idset_has(&f->members, tid);
}

bool ft_follow_event(struct ft_follow *f, const struct ft_event *e)
{
	if (!f)
		return true;
	/* The kernel's filter changes over a moment before the task does. */
	if (f->scope == FT_FOLLOW_THREAD)
		return fti_idset_has(&f->members, e->tid);
	if (e->type == f->fork_id) {
		on_fork(f, e);
		return false;
	}
	if (f->scope == FT_FOLLOW_PROCESS)
		return is_thread(f, e->tid);
	/* The graph tracer up to 4.4 does not filter by thread while tracing_thresh is set. */
	if (!f->kernel_follows)
		return fti_idset_has(&f->members, e->tid);
	return !f->strangers.count || !fti_idset_has(&f->strangers, e->tid);
}
