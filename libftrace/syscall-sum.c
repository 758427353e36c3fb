/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls summed up from records of raw_syscalls. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "syscall-sum.h"

#define TIDS	      4194305	/* the kernel's PID_MAX_LIMIT, and one */
#define KEYS_MAX      32768
#define LATENCIES_MAX 2048	/* some 16 kB each */
#define NAMES_MAX     65536
#define OPEN_MAX      65536	/* calls that have not returned */
#define FILTER_SIZE   64

static const char *const systems[] = { FTI_SYSCALLS_SYSTEM, FTI_PROCESSES_SYSTEM, NULL };

/* -- what is recorded -------------------------------------------------------------------------- */

int ft_syscall_sum_plan(struct ft_syscall_sum **out, struct ft_run *r,
			const struct ft_syscall_sum_opt *opt)
{
	struct ft_syscall_sum *s = calloc(1, sizeof(*s));

	*out = s;
	if (!s)
		return -ENOMEM;
	s->r = r;
	s->opt = opt;
	s->enter_id = s->exit_id = -1;
	s->hist = opt->method == FT_SYSCALL_HIST;
	s->max = opt->latency ? LATENCIES_MAX : KEYS_MAX;
	r->systems = systems;
	if (!ft_session_has_global(r->session, "events/raw_syscalls/sys_enter/format"))
		return ft_fail(r->session, -EOPNOTSUPP, "this kernel has no event "
			       "'raw_syscalls:sys_enter' (CONFIG_HAVE_SYSCALL_TRACEPOINTS)");
	return s->hist ? fti_syscall_hist_plan(s) : 0;
}

/* Calls that succeeded are dropped by the kernel, unless they are to be paired. */
static int record(struct ft_syscall_sum *s)
{
	const struct ft_syscall_sum_opt *opt = s->opt;
	struct ft_session *session = s->r->session;
	char filter[FILTER_SIZE];
	int err = 0;

	if (s->hist)
		return fti_syscall_hist_setup(s);
	if (opt->error)
		snprintf(filter, sizeof(filter), "ret == -%d", opt->error);
	else
		snprintf(filter, sizeof(filter), "ret < 0 && ret >= -%d", FT_ERRNO_MAX);
	if (opt->latency || !opt->failures)
		err = ft_session_enable_event(session, FTI_SYSCALLS_SYSTEM, "sys_enter", NULL);
	if (!err && (opt->latency || opt->failures))
		err = ft_session_enable_event(session, FTI_SYSCALLS_SYSTEM, "sys_exit",
					      opt->latency ? NULL : filter);
	return err;
}

int ft_syscall_sum_setup(struct ft_syscall_sum *s)
{
	struct ft_run *r = s->r;
	int err = ft_follow_set(&s->follow, r->session, FT_FOLLOW_EVENTS, &s->opt->tasks,
				r->command_pid);

	if (!err)
		err = fti_processes_record(r->session);
	return err ? err : record(s);
}

/* -- how it is read ---------------------------------------------------------------------------- */

static int find_fields(struct ft_syscall_sum *s, const struct ft_events *evs)
{
	static const char *const sys = FTI_SYSCALLS_SYSTEM;

	if (ft_field_find(evs, sys, "sys_enter", "id", &s->enter_nr) ||
	    ft_field_find(evs, sys, "sys_enter", "args", &s->enter_args) ||
	    ft_field_find(evs, sys, "sys_exit", "id", &s->exit_nr) ||
	    ft_field_find(evs, sys, "sys_exit", "ret", &s->exit_ret))
		return -EBADMSG;
	s->enter_id = ft_event_id(evs, sys, "sys_enter");
	s->exit_id = ft_event_id(evs, sys, "sys_exit");
	return 0;
}

static int make_tables(struct ft_syscall_sum *s)
{
	static const char *const endless[] = { "exit", "exit_group", "rt_sigreturn" };
	const struct ft_syscall_sum_opt *opt = s->opt;
	int err = ft_count_new(&s->keys, s->max);

	if (!err && opt->who == FT_SYSCALL_NAME) {
		err = fti_strings_new(&s->names, NAMES_MAX);
		s->name_of = calloc(TIDS, sizeof(*s->name_of));
		if (!err && !s->name_of)
			err = -ENOMEM;
	}
	if (!err && opt->calls)
		err = ft_abis_new(&s->abis);
	if (!err && opt->latency)
		err = ft_pairs_new(&s->pairs, OPEN_MAX, sizeof(enum ft_abi));
	if (!err && opt->latency)
		err = ft_histogram_new(&s->other.latency);
	for (size_t i = 0; i < sizeof(endless) / sizeof(endless[0]); i++)
		s->endless[i] = ft_syscall_number(ft_abi_native(), endless[i]);
	return err;
}

int ft_syscall_sum_ready(struct ft_syscall_sum *s)
{
	struct ft_run *r = s->r;
	const char *slash;
	int err = find_fields(s, r->events);

	if (!err)
		err = fti_processes_open(&s->processes, r->events, ft_session_tracefs(r->session));
	if (!err)
		err = make_tables(s);
	if (err)
		return ft_fail(r->session, err, "cannot decode this kernel's records: %s",
			       strerror(-err));
	/* Until it runs the command it is called as we are. */
	slash = r->command_pid ? strrchr(r->opt.command[0], '/') : NULL;
	if (r->command_pid)
		ft_comms_set(fti_processes_comms(s->processes), r->command_pid,
			     slash ? slash + 1 : r->opt.command[0]);
	if (r->command_pid && s->abis)
		ft_abis_get(s->abis, r->command_pid, NULL, 0);
	/* Who a task is, and when a call began, must be known before what comes after. */
	r->unordered = s->opt->who == FT_SYSCALL_ALL && !s->opt->latency && !s->follow;
	r->totals = true;
	return ft_follow_ready(s->follow, r->events);
}

void ft_syscall_sum_free(struct ft_syscall_sum *s)
{
	if (!s)
		return;
	ft_follow_close(s->follow);
	fti_processes_close(s->processes);
	ft_abis_free(s->abis);
	fti_strings_free(s->names);
	free(s->name_of);
	ft_pairs_free(s->pairs);
	ft_count_free(s->keys);
	ft_count_free(s->before);
	for (size_t i = 0; i < s->room; i++)
		ft_histogram_free(s->entries[i].latency);
	ft_histogram_free(s->other.latency);
	free(s->entries);
	free(s->rows);
	free(s);
}

/* -- keys -------------------------------------------------------------------------------------- */

static uint32_t name_number(struct ft_syscall_sum *s, int tid)
{
	struct ft_comms *comms = fti_processes_comms(s->processes);
	const char *comm = ft_comms_get(comms, tid);
	uint32_t pid = comm[0] == '<' && tid > 0 ? fti_processes_of(s->processes, tid) : 0;
	ssize_t n;

	/* A thread that is gone: its process may not be. */
	if (pid && pid != FTI_NO_PROCESS)
		comm = ft_comms_get(comms, (int)pid);
	n = fti_strings_number(s->names, comm, strlen(comm));
	return n < 0 ? FTI_WHO_OTHER : (uint32_t)n + 1;
}

uint32_t fti_syscall_who(struct ft_syscall_sum *s, int tid)
{
	switch (s->opt->who) {
	case FT_SYSCALL_NAME:
		if (tid < 0 || tid >= TIDS)
			return FTI_WHO_OTHER;
		if (!s->name_of[tid])
			s->name_of[tid] = name_number(s, tid);
		return s->name_of[tid];
	case FT_SYSCALL_PROCESS:
		return fti_processes_of(s->processes, tid);
	case FT_SYSCALL_THREAD:
		return (uint32_t)tid;
	default:
		return 0;
	}
}

/* The name of a thread that makes calls must be asked for while it lives. */
static struct fti_syscall_entry *new_entry(struct ft_syscall_sum *s, uint32_t who, uint64_t call)
{
	struct fti_syscall_entry *e, *more;
	size_t room;

	if (s->count == s->max)
		return &s->other;
	if (s->count == s->room) {
		room = s->room ? 2 * s->room : 64;
		more = realloc(s->entries, room * sizeof(*more));
		if (!more)
			return &s->other;
		memset(more + s->room, 0, (room - s->room) * sizeof(*more));
		s->entries = more;
		s->room = room;
	}
	e = &s->entries[s->count];
	if (s->opt->latency && !e->latency && ft_histogram_new(&e->latency))
		return &s->other;
	ft_count_add(s->keys, who, call, s->count + 1);
	if (!ft_count_get(s->keys, who, call))
		return &s->other;
	s->count++;
	e->who = who;
	e->call = call;
	if (s->opt->who == FT_SYSCALL_THREAD)
		ft_comms_get(fti_processes_comms(s->processes), (int)who);
	return e;
}

struct fti_syscall_entry *fti_syscall_entry(struct ft_syscall_sum *s, uint32_t who, uint64_t call)
{
	const uint64_t n = ft_count_get(s->keys, who, call);

	return n ? &s->entries[n - 1] : new_entry(s, who, call);
}

static void clear_entry(struct fti_syscall_entry *e)
{
	e->count = e->failed = e->total_ns = 0;
	if (e->latency)
		ft_histogram_clear(e->latency);
}

void ft_syscall_sum_clear(struct ft_syscall_sum *s)
{
	for (size_t i = 0; i < s->count; i++)
		clear_entry(&s->entries[i]);
	clear_entry(&s->other);
	s->count = 0;
	ft_count_clear(s->keys);
}

/* -- records ----------------------------------------------------------------------------------- */

static enum ft_abi abi_of(struct ft_syscall_sum *s, const struct ft_event *e, bool enter)
{
	const void *args = NULL;
	size_t bytes = 0;

	if (!s->abis)
		return FT_ABI_UNKNOWN;
	if (enter)
		args = ft_field_bytes(&s->enter_args, e, &bytes);
	return ft_abis_get(s->abis, e->tid, args, bytes);
}

/* Its entry would stay open for ever. */
static bool is_endless(const struct ft_syscall_sum *s, int64_t number)
{
	return number == s->endless[0] || number == s->endless[1] || number == s->endless[2];
}

static void take_enter(struct ft_syscall_sum *s, const struct ft_event *e)
{
	const int64_t number = ft_field_s64(&s->enter_nr, e);
	const enum ft_abi abi = abi_of(s, e, true);
	struct ft_pair *p;

	if (!s->pairs) {
		fti_syscall_entry(s, fti_syscall_who(s, e->tid),
				  s->abis ? fti_syscall_key(abi, number, 0) : 0)->count++;
	} else if (!is_endless(s, number)) {
		p = ft_pairs_entry(s->pairs, (unsigned int)number, e->tid, e->cpu, e->ts);
		*(enum ft_abi *)p->data = abi;
	}
}

static void add_latency(struct fti_syscall_entry *entry, const struct ft_pair *p)
{
	const uint64_t ns = p->ended - p->began;

	ft_histogram_add(entry->latency, ns <= INT64_MAX ? (int64_t)ns : INT64_MAX);
	entry->total_ns += ns;
}

static void take_exit(struct ft_syscall_sum *s, const struct ft_event *e)
{
	const int64_t number = ft_field_s64(&s->exit_nr, e), ret = ft_field_s64(&s->exit_ret, e);
	const int error = ret < 0 && ret >= -FT_ERRNO_MAX ? (int)-ret : 0;
	const struct ft_syscall_sum_opt *opt = s->opt;
	struct fti_syscall_entry *entry;
	const struct ft_pair *p = NULL;
	enum ft_abi abi = FT_ABI_UNKNOWN;

	if (s->pairs) {
		p = ft_pairs_return(s->pairs, (unsigned int)number, e->tid, e->cpu, e->ts);
		if (!p)
			return;
	}
	if ((opt->failures && !error) || (opt->error && error != opt->error))
		return;
	if (s->abis)
		abi = p ? *(enum ft_abi *)p->data : abi_of(s, e, false);
	entry = fti_syscall_entry(s, fti_syscall_who(s, e->tid),
				  fti_syscall_key(abi, s->abis ? number : 0,
						  opt->failures ? error : 0));
	if (p)
		add_latency(entry, p);
	entry->count++;
	entry->failed += error != 0;
}

static void note_task(struct ft_syscall_sum *s, const struct ft_event *e)
{
	int tid, parent;

	if (!fti_processes_event(s->processes, e, &tid, &parent) || tid <= 0 || tid >= TIDS)
		return;
	if (s->name_of)
		s->name_of[tid] = 0;
	if (s->abis && parent)
		ft_abis_fork(s->abis, parent, tid);
	else if (s->abis)
		ft_abis_exec(s->abis, tid,
			     ft_comms_get(fti_processes_comms(s->processes), tid));
}

void ft_syscall_sum_event(struct ft_syscall_sum *s, const struct ft_event *e)
{
	if (e->type == s->enter_id || e->type == s->exit_id) {
		if (!ft_follow_event(s->follow, e))
			return;
		if (e->type == s->enter_id)
			take_enter(s, e);
		else
			take_exit(s, e);
		return;
	}
	note_task(s, e);
	ft_follow_event(s->follow, e);
}

void ft_syscall_sum_loss(struct ft_syscall_sum *s, int cpu)
{
	if (s->pairs)
		ft_pairs_lost(s->pairs, cpu);
}
