/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls counted by the kernel, in a hist trigger.  It knows threads by their numbers alone:
 * who they are is told by the records of tasks, and by /proc.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ftrace/kernel.h"
#include "hist.h"
#include "syscall-sum.h"

#define ENTRIES 32768	/* about 4 MB of kernel memory */

int fti_syscall_hist_plan(const struct ft_syscall_sum *s)
{
	const struct ft_syscall_sum_opt *opt = s->opt;
	struct ft_session *session = s->r->session;

	if (opt->latency || opt->failures)
		return ft_fail(session, -EOPNOTSUPP, "the method 'hist' only counts: latencies and "
			       "failures need records");
	if (opt->tasks.pid && !opt->tasks.children)
		return ft_fail(session, -EOPNOTSUPP, "the method 'hist' cannot tell threads from "
			       "child processes: with -p it needs --children");
	if (!ft_kernel_readme_has(ft_session_tracefs(session), "hist:keys="))
		return ft_fail(session, -EOPNOTSUPP, "this kernel has no hist triggers "
			       "(CONFIG_HIST_TRIGGERS)");
	/* What keeps our own calls out: a filter does not apply to triggers. */
	if (!ft_session_has_global(session, "set_event_notrace_pid"))
		return ft_fail(session, -EOPNOTSUPP, "this kernel has no 'set_event_notrace_pid': "
			       "the method 'hist' would count our own calls");
	return 0;
}

int fti_syscall_hist_setup(struct ft_syscall_sum *s)
{
	char line[64];

	snprintf(line, sizeof(line), "hist:keys=common_pid%s:size=%d", s->opt->calls ? ",id" : "",
		 ENTRIES);
	return ft_session_append(s->r->session, "events/raw_syscalls/sys_enter/trigger", line);
}

static int add(void *arg, const uint64_t key[2], uint64_t n)
{
	struct ft_syscall_sum *s = arg;
	const int tid = (int)key[0];
	uint64_t call = 0;

	if (s->abis)
		call = fti_syscall_key(ft_abis_get(s->abis, tid, NULL, 0), (int64_t)key[1], 0);
	fti_syscall_entry(s, fti_syscall_who(s, tid), call)->count += n;
	return 0;
}

int fti_syscall_hist_read(struct ft_syscall_sum *s)
{
	struct ft_count *now;
	uint64_t dropped = 0;
	int err = ft_count_new(&now, 2 * ENTRIES);

	if (err)
		return err;
	err = fti_hist_read(s->r->session, "raw_syscalls", "sys_enter", s->opt->calls ? 2 : 1, now,
			    &dropped);
	if (err) {
		ft_count_free(now);
		return err;
	}
	s->dropped = dropped;
	return fti_hist_since(&s->before, now, add, s);
}
