/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counting the records of the function tracer, of tracepoints and of probes. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter-trace.h"

#define KEYS_MAX   262144
#define IDS	   65536	/* of events: common_type has two bytes */
#define TIDS	   4194305	/* the kernel's PID_MAX_LIMIT, and one */
#define NO_PROCESS UINT32_MAX

/* include/uapi/linux/sched.h */
#define CLONE_THREAD_FLAG 0x00010000

/* -- what the records are ---------------------------------------------------------------------- */

static int find_sources(struct ft_counter *c, const struct ft_events *evs)
{
	char system[128];
	const char *event;
	int id;

	c->trace->source = calloc(IDS, sizeof(*c->trace->source));
	if (!c->trace->source)
		return -ENOMEM;
	for (size_t i = 0; i < c->source_count; i++) {
		struct fti_source *s = &c->sources[i];

		if (s->kind == FT_TARGET_KERNEL)
			continue;
		if (s->kind == FT_TARGET_USER) {
			snprintf(system, sizeof(system), "%s", ft_probes_group(c->probes));
			event = ft_probes_event(c->probes, s->probe);
		} else {
			event = fti_event_split(s->name, system, sizeof(system));
		}
		id = ft_event_id(evs, system, event);
		if (id < 0 || id >= IDS)
			return -EBADMSG;
		c->trace->source[id] = i + 1;
	}
	return 0;
}

static int find_function(struct fti_counter_trace *t, const struct ft_events *evs)
{
	t->function_id = ft_event_id(evs, "ftrace", "function");
	return t->function_id < 0 ? t->function_id :
	       ft_field_find(evs, "ftrace", "function", "ip", &t->ip);
}

/* Those that are there; others are told by events, and the few that begin meanwhile looked up. */
static int note_processes(struct fti_counter_trace *t)
{
	struct dirent *d;
	DIR *dir = opendir("/proc");
	int *tids, pid, n;

	if (!dir)
		return -errno;
	while ((d = readdir(dir))) {
		pid = atoi(d->d_name);
		n = pid > 0 ? ft_task_threads(pid, &tids) : 0;
		for (int i = 0; i < n; i++) {
			if (tids[i] < TIDS)
				t->process[tids[i]] = pid;
		}
		if (n <= 0)
			continue;
		free(tids);
		ft_comms_get(t->comms, pid);
	}
	closedir(dir);
	return 0;
}

/* Names of processes that live shortly come from here, too. */
static int find_tasks(struct fti_counter_trace *t, const struct ft_events *evs)
{
	t->newtask_id = ft_event_id(evs, "task", "task_newtask");
	t->rename_id = ft_event_id(evs, "task", "task_rename");
	t->process = calloc(TIDS, sizeof(*t->process));
	if (!t->process)
		return -ENOMEM;
	if (ft_field_find(evs, "task", "task_newtask", "pid", &t->child) ||
	    ft_field_find(evs, "task", "task_newtask", "clone_flags", &t->flags) ||
	    ft_field_find(evs, "task", "task_newtask", "comm", &t->child_comm) ||
	    ft_field_find(evs, "task", "task_rename", "pid", &t->renamed) ||
	    ft_field_find(evs, "task", "task_rename", "newcomm", &t->new_comm))
		return -EBADMSG;
	/* Inside a PID namespace /proc has other numbers. */
	t->lookup = ft_task_initial_namespace();
	return t->lookup ? note_processes(t) : 0;
}

int fti_counter_trace_find(struct ft_counter *c, const struct ft_events *evs, const char *tracefs)
{
	struct fti_counter_trace *t = c->trace;
	int err = ft_count_new(&t->sums, KEYS_MAX);

	if (!err)
		err = ft_comms_open(&t->comms, tracefs);
	if (!err)
		err = find_sources(c, evs);
	if (!err && c->has[FT_TARGET_KERNEL])
		err = find_function(t, evs);
	if (!err && c->config.by_pid)
		err = find_tasks(t, evs);
	return err;
}

int fti_counter_trace_ready(struct ft_counter *c, struct ft_run *r)
{
	struct fti_counter_trace *t = c->trace;
	int err = fti_counter_trace_find(c, r->events, ft_session_tracefs(r->session));

	if (err)
		return ft_fail(r->session, err, "cannot decode this kernel's records: %s",
			       strerror(-err));
	err = ft_follow_ready(t->functions, r->events);
	if (!err)
		err = ft_follow_ready(t->events, r->events);
	/* Whose child a task is must be known before what it does. */
	r->unordered = !c->task && !c->config.by_pid;
	return err;
}

/* -- counting ---------------------------------------------------------------------------------- */

static uint32_t process_of(struct fti_counter_trace *t, int tid)
{
	int pid;

	if (tid <= 0 || tid >= TIDS)
		return 0;
	if (!t->process[tid]) {
		pid = t->lookup ? ft_task_pid(tid) : -ESRCH;
		t->process[tid] = pid > 0 ? (uint32_t)pid : NO_PROCESS;
		/* It may be gone when its row is printed. */
		if (pid > 0)
			ft_comms_get(t->comms, pid);
	}
	return t->process[tid];
}

static void note_comm(struct fti_counter_trace *t, const struct ft_event *e, int tid,
		      const struct ft_field *field)
{
	char comm[FT_COMM_SIZE] = "";

	ft_field_str(field, e, comm, sizeof(comm));
	ft_comms_set(t->comms, tid, comm);
}

static void note_task(struct fti_counter_trace *t, const struct ft_event *e)
{
	int tid;

	if (e->type == t->rename_id) {
		note_comm(t, e, (int)ft_field_s64(&t->renamed, e), &t->new_comm);
	} else if (e->type == t->newtask_id) {
		tid = (int)ft_field_s64(&t->child, e);
		if (tid <= 0 || tid >= TIDS)
			return;
		t->process[tid] = ft_field_u64(&t->flags, e) & CLONE_THREAD_FLAG ?
				  process_of(t, e->tid) : (uint32_t)tid;
		note_comm(t, e, tid, &t->child_comm);
	}
}

/* A fork that is counted is an event of its task, too. */
static bool belongs(struct ft_follow *f, const struct ft_event *e)
{
	struct ft_event other = *e;

	other.type = 0;
	return ft_follow_event(f, e) || ft_follow_event(f, &other);
}

void fti_counter_trace_event(struct fti_counter_trace *t, const struct ft_event *e)
{
	bool function = e->type == t->function_id;

	/* Forks are for both to see. */
	if (!function)
		ft_follow_event(t->functions, e);
	if (t->process)
		note_task(t, e);
	if (!belongs(function ? t->functions : t->events, e) || (!function && !t->source[e->type]))
		return;
	ft_count_add(t->sums, function ? ft_field_u64(&t->ip, e) : e->type,
		     t->process ? process_of(t, e->tid) : 0, 1);
}

static void name_row(const struct ft_counter *c, struct ft_counter_row *row, uint64_t key)
{
	struct ft_symbol symbol = { .name = "[unknown]" };
	const struct fti_source *s;

	if (key >= IDS) {
		ft_symbol_lookup(c->trace->symbols, key, &symbol);
		row->name = symbol.name;
		row->module = symbol.module;
		return;
	}
	s = &c->sources[c->trace->source[key] - 1];
	row->name = s->name;
	row->file = s->file;
}

int fti_counter_trace_rows(struct ft_counter *c, struct ft_run *r)
{
	struct fti_counter_trace *t = c->trace;
	struct ft_counter_row row = { .name = "[other]", .count = ft_count_other(t->sums) };
	struct ft_count_entry *list;
	ssize_t n = ft_count_top(t->sums, SIZE_MAX, &list);
	int err;

	(void)r;
	if (n < 0)
		return n;
	err = fti_counter_row(c, &row);
	for (ssize_t i = 0; i < n && !err; i++) {
		row = (struct ft_counter_row){ .count = list[i].sum, .pid = (int)list[i].key[1] };
		name_row(c, &row, list[i].key[0]);
		if (t->process)
			snprintf(row.comm, sizeof(row.comm), "%s", ft_comms_get(t->comms, row.pid));
		err = fti_counter_row(c, &row);
	}
	free(list);
	ft_count_clear(t->sums);
	return err;
}

void fti_counter_trace_free(struct fti_counter_trace *t)
{
	if (!t)
		return;
	for (size_t i = 0; t->systems && t->systems[i]; i++)
		free((char *)t->systems[i]);
	free(t->systems);
	free(t->source);
	free(t->process);
	ft_follow_close(t->functions);
	ft_follow_close(t->events);
	ft_symbols_close(t->symbols);
	ft_comms_close(t->comms);
	ft_count_free(t->sums);
	free(t);
}
