/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec-internal.h"

#define OPEN_MAX_EXECS 256	/* at the same time, between the probes and the event */
#define FILE_ROOM      4096

/* Arguments that were read, before the event that the program was started. */
struct open_exec {
	int	     tid;		/* 0: free */
	int	     argc;
	int64_t	     uid;
	unsigned int chunks;		/* bit n: recorded by probe n */
	char	     bytes[FT_EXEC_BYTES];
};

struct chunk {
	int	        id;		/* of the event */
	struct ft_field argc, word;	/* the first of its words */
};

struct ft_execs {
	struct ft_session     *session;
	enum ft_exec_method    method;
	bool		       proc;	/* /proc has the same PIDs as the kernel */
	struct ft_probes      *probes;
	struct fti_exec_tasks *tasks;
	const char	      *systems[4];

	int		fork_id, exec_id;
	struct ft_field uid, fork_tid, fork_flags, fork_comm, exec_file, exec_tid, exec_old;
	struct chunk	chunk[FTI_EXEC_PROBES];
	size_t		chunks;

	struct ft_exec	     last;
	struct ft_exec_stats stats;
	char		     file[FILE_ROOM];
	char		     buf[FTI_EXEC_PROC_BYTES];
	struct open_exec     open[OPEN_MAX_EXECS];
};

static struct open_exec *open_of(struct ft_execs *x, int tid)
{
	return &x->open[(unsigned int)tid % OPEN_MAX_EXECS];
}

/* -- beginning --------------------------------------------------------------------------------- */

static int record(struct ft_execs *x)
{
	int err = fti_exec_probes(x->probes, x->session, &x->method);

	if (!err && ft_probes_count(x->probes))
		err = ft_probes_enable(x->probes);
	if (!err)
		err = ft_session_enable_event(x->session, "task", "task_newtask", NULL);
	if (!err)
		err = ft_session_enable_event(x->session, "sched", "sched_process_exec", NULL);
	return err;
}

int ft_execs_open(struct ft_execs **out, struct ft_session *s, enum ft_exec_method method)
{
	struct ft_execs *x = calloc(1, sizeof(*x));
	int err;

	*out = x;
	if (!x)
		return -ENOMEM;
	x->session = s;
	x->method = method;
	x->proc = ft_task_initial_namespace();
	err = fti_exec_tasks_new(&x->tasks, x->proc);
	if (err)
		return ft_fail(s, err, "cannot keep track of processes: %s", strerror(-err));
	err = ft_probes_open(&x->probes, s);
	if (err)
		return err;
	x->systems[0] = "sched:sched_process_exec";
	x->systems[1] = "task";
	err = record(x);
	if (!err && ft_probes_count(x->probes))
		x->systems[2] = ft_probes_group(x->probes);
	ft_session_say(s, "arguments: method '%s'", ft_execs_method(x));
	return err;
}

void ft_execs_close(struct ft_execs *x)
{
	if (!x)
		return;
	ft_probes_close(x->probes);
	fti_exec_tasks_free(x->tasks);
	free(x);
}

const char *ft_execs_method(const struct ft_execs *x)
{
	static const char *const names[] = { "", "stack", "thread", "proc" };

	return names[x->method];
}

const char *const *ft_execs_systems(const struct ft_execs *x)
{
	return x->systems;
}

/* The words are beside each other in the record, in this order: the format says so for the first and
 * the last. */
static int find_chunk(struct ft_execs *x, const struct ft_events *evs, size_t number)
{
	const char *group = ft_probes_group(x->probes), *event = ft_probes_event(x->probes, number);
	struct chunk *c = &x->chunk[number];
	struct ft_field last = { .size = 0 };
	char name[8];
	int err;

	snprintf(name, sizeof(name), "w%d", FTI_EXEC_WORDS - 1);
	c->id = ft_event_id(evs, group, event);
	err = ft_field_find(evs, group, event, "argc", &c->argc);
	if (!err)
		err = ft_field_find(evs, group, event, "w0", &c->word);
	if (!err)
		err = ft_field_find(evs, group, event, name, &last);
	return err || last.offset != c->word.offset + FTI_EXEC_CHUNK - 8 ? -EBADMSG : 0;
}

int ft_execs_ready(struct ft_execs *x, const struct ft_events *evs)
{
	int err = 0;

	x->exec_id = ft_event_id(evs, "sched", "sched_process_exec");
	x->fork_id = ft_event_id(evs, "task", "task_newtask");
	ft_field_find(evs, "sched", "sched_process_exec", "filename", &x->exec_file);
	ft_field_find(evs, "sched", "sched_process_exec", "pid", &x->exec_tid);
	ft_field_find(evs, "sched", "sched_process_exec", "old_pid", &x->exec_old);
	ft_field_find(evs, "task", "task_newtask", "pid", &x->fork_tid);
	ft_field_find(evs, "task", "task_newtask", "clone_flags", &x->fork_flags);
	ft_field_find(evs, "task", "task_newtask", "comm", &x->fork_comm);
	if (x->exec_id < 0 || x->fork_id < 0)
		return ft_fail(x->session, -EOPNOTSUPP, "this kernel has no event '%s'",
			       x->exec_id < 0 ? "sched:sched_process_exec" : "task:task_newtask");
	x->chunks = ft_probes_count(x->probes);
	for (size_t i = 0; i < x->chunks && !err; i++)
		err = find_chunk(x, evs, i);
	if (x->chunks)
		ft_field_find(evs, ft_probes_group(x->probes), ft_probes_event(x->probes, 0), "uid",
			      &x->uid);
	return err ? ft_fail(x->session, err, "cannot decode this kernel's probes") : 0;
}

/* -- arguments --------------------------------------------------------------------------------- */

/* A second record of one probe is of another program. */
static void take_chunk(struct ft_execs *x, const struct ft_event *e, size_t number)
{
	const struct chunk *c = &x->chunk[number];
	struct open_exec *o = open_of(x, e->tid);

	if ((size_t)c->word.offset + FTI_EXEC_CHUNK > e->size)
		return;
	if (o->tid != e->tid || o->chunks & 1u << number) {
		o->tid = e->tid;
		o->chunks = 0;
		o->uid = -1;
	}
	if (!number && ft_field_ok(&x->uid))
		o->uid = (int64_t)ft_field_u64(&x->uid, e);
	o->argc = (int)ft_field_s64(&c->argc, e);
	o->chunks |= 1u << number;
	memcpy(o->bytes + number * FTI_EXEC_CHUNK, e->data + c->word.offset, FTI_EXEC_CHUNK);
}

/* Bytes of the first chunks that are there. */
static size_t recorded(const struct open_exec *o)
{
	size_t n = 0;

	while (n < FTI_EXEC_PROBES && o->chunks & 1u << n)
		n++;
	return n * FTI_EXEC_CHUNK;
}

/* The first `count` strings within len bytes; what is behind them is the environment. */
static void split(struct ft_exec *exec, const char *args, size_t len, int count)
{
	size_t at = 0;

	exec->args = args;
	exec->argc = 0;
	while (exec->argc < (size_t)count && at < len) {
		at += strnlen(args + at, len - at) + 1;
		exec->argc++;
	}
	exec->cut = at > len || exec->argc < (size_t)count;
	exec->len = at > len ? len : at;
}

/* What the probes read, or if that is not all what /proc tells, if that begins like it. */
static void find_args(struct ft_execs *x, const struct open_exec *o)
{
	struct ft_exec *exec = &x->last;
	size_t len;

	if (o) {
		split(exec, o->bytes, recorded(o), o->argc < 0 ? 0 : o->argc);
		if (!exec->cut)
			return;
	}
	len = x->proc ? fti_exec_proc_args(exec->pid, exec->file, x->buf) : 0;
	if (len && len >= exec->len && !memcmp(x->buf, exec->args ? exec->args : "", exec->len)) {
		split(exec, x->buf, len, o ? o->argc : INT32_MAX);
		if (!o)
			exec->cut = len == sizeof(x->buf);
		x->stats.looked_up++;
	}
	x->stats.unknown += !exec->len;
	x->stats.cut += exec->len && exec->cut;
}

static void take_exec(struct ft_execs *x, const struct ft_event *e)
{
	int pid = (int)ft_field_s64(&x->exec_tid, e), old = (int)ft_field_s64(&x->exec_old, e);
	struct open_exec *o = open_of(x, pid);
	struct fti_exec_task *task;

	ft_field_str(&x->exec_file, e, x->file, sizeof(x->file));
	task = fti_exec_tasks_get(x->tasks, old ? old : pid);
	x->last = (struct ft_exec){ .ts = e->ts, .pid = pid, .ppid = task->ppid, .uid = -1,
				  .file = x->file };
	/* A thread that starts a program takes the place of its process. */
	if (old && old != pid)
		task = fti_exec_tasks_get(x->tasks, pid);
	x->last.again = task->execed;
	x->last.parent = task->parent;
	task->pid = pid;
	task->execed = true;
	find_args(x, o->tid == pid ? o : NULL);
	/* The bytes stay until the next event. */
	if (o->tid == pid) {
		x->last.uid = o->uid;
		o->tid = 0;
	}
	x->stats.execs++;
}

/* -- events ------------------------------------------------------------------------------------ */

bool ft_execs_fork(struct ft_execs *x, const struct ft_event *e)
{
	char comm[FT_COMM_SIZE];
	int child;

	if (e->type != x->fork_id)
		return false;
	child = (int)ft_field_s64(&x->fork_tid, e);
	ft_field_str(&x->fork_comm, e, comm, sizeof(comm));
	if (child > 0)
		fti_exec_tasks_fork(x->tasks, e->tid, child, ft_field_u64(&x->fork_flags, e), comm);
	return true;
}

int ft_execs_event(struct ft_execs *x, const struct ft_event *e)
{
	if (e->type == x->exec_id) {
		take_exec(x, e);
		return 1;
	}
	for (size_t i = 0; i < x->chunks; i++)
		if (e->type == x->chunk[i].id)
			take_chunk(x, e, i);
	return 0;
}

const struct ft_exec *ft_execs_last(const struct ft_execs *x)
{
	return &x->last;
}

void ft_execs_lost(struct ft_execs *x)
{
	for (size_t i = 0; i < OPEN_MAX_EXECS; i++)
		x->open[i].tid = 0;
	fti_exec_tasks_clear(x->tasks);
}

int ft_execs_task(struct ft_execs *x, int tid, int *ppid, const char **parent)
{
	const struct fti_exec_task *task = fti_exec_tasks_get(x->tasks, tid);

	*ppid = task->ppid;
	*parent = task->parent;
	return task->pid;
}

int64_t ft_execs_uid(const struct ft_execs *x, int pid, int ppid)
{
	int64_t uid = x->proc ? fti_exec_proc_uid(pid) : -1;

	return uid < 0 && x->proc && ppid ? fti_exec_proc_uid(ppid) : uid;
}

void ft_execs_stats(const struct ft_execs *x, struct ft_exec_stats *out)
{
	*out = x->stats;
}
