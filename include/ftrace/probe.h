/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * probe: the kprobes, kretprobes, uprobes and uretprobes of one session.
 *
 * The one rule: all probes of a session are in one event group of its own ("ftt_TOOL_PID_START", with
 * the process ID and when that process began, in clock ticks since boot), so that nobody else's are
 * touched, and each is recorded for undo before it is made; ft_session_close() removes them.  They are
 * events like any other: their formats are at events/GROUP/NAME, and ft_events_open() takes the group
 * as a system once they are made.
 *
 * Making, enabling and removing a probe costs the kernel milliseconds each: bound their number.
 */
#ifndef FTRACE_PROBE_H
#define FTRACE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ftrace/session.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ft_probe_kind {
	FT_PROBE_KERNEL,	/* kprobe */
	FT_PROBE_KERNEL_RETURN,	/* kretprobe */
	FT_PROBE_USER,		/* uprobe */
	FT_PROBE_USER_RETURN,	/* uretprobe */
};

struct ft_probe_spec {
	enum ft_probe_kind kind;
	/* Name of the event, [A-Za-z_][A-Za-z0-9_]*, at most 63 bytes, none twice; NULL: one is made
	 * of the process ID and the probe's number. */
	const char *event;
	/* Kernel: a function, also "module:function", "function+0x10" or "0x..."; user: the absolute
	 * path of a regular file.  The kernel's syntax has no way to write blanks and '#'. */
	const char *place;
	uint64_t    offset;	/* user: where in the file the instruction is */
	/* User: where in the file the counter is that the kernel counts up while the probe is enabled
	 * (ftrace/usdt.h); 0: none.  Kernels before 4.20 do not know it. */
	uint64_t    semaphore;
	const char *args;	/* "a1=%di a2=%si:u32", as kprobe_events has it; NULL: none */
	/* Kernel return: calls that may be running at once; 0: the kernel's choice.  Where the kernel
	 * does not know it (before 4.12) its choice stays. */
	unsigned int max_active;
	/* Kernel: no other function has this name, as its sources tell (kernels before 6.6 take the
	 * first of several): /proc/kallsyms is not read unless the kernel refuses.  For what is
	 * probably there: before 6.2 the kernel searches long for what is not. */
	bool sole;
};

struct ft_probe_hits {
	uint64_t hits;		/* times the probe fired, since it was made */
	/* times it could not: kprobes that hit within a kprobe; of kretprobes, from 5.15 on, calls
	 * that found no free instance (max_active) too.  0 for user probes, of which no kernel tells. */
	uint64_t missed;
};

struct ft_probes;

/* May this kernel have such probes, and do they fire?  0, or -EOPNOTSUPP with the sentence, which
 * names the config option or the setting.  For ft_session_plan, too. */
int ft_probes_check(struct ft_session *s, enum ft_probe_kind kind);

/* Nothing is made yet.  The session must outlive *out, but for ft_probes_close(). */
int ft_probes_open(struct ft_probes **out, struct ft_session *s);
void ft_probes_close(struct ft_probes *ps);

/* The group, as a system for ft_events_open(); owned by ps. */
const char *ft_probes_group(const struct ft_probes *ps);

/*
 * Make a probe.  Its number (0, 1, ...), or with the sentence set: -EINVAL for what was asked (no
 * such function, a bad offset), -EOPNOTSUPP for what the kernel cannot, or -errno.  Beyond
 * FT_PROBES_MAX: -E2BIG.  The first on a kernel function that is not `sole` reads /proc/kallsyms.
 */
#define FT_PROBES_MAX 1000
int ft_probes_add(struct ft_probes *ps, const struct ft_probe_spec *spec);

/*
 * As ft_probes_add(), but that there can be no such probe leaves no sentence: for one function of
 * many that match a pattern.  -ENOENT: the kernel has no such function; -EADDRNOTAVAIL: several of
 * that name; -EINVAL or another: the kernel refuses (notrace, kprobes' blacklist).
 * What is no probe at all (a name twice, a file that is none) has its sentence here, too.
 */
int ft_probes_try(struct ft_probes *ps, const struct ft_probe_spec *spec);

size_t ft_probes_count(const struct ft_probes *ps);
const char *ft_probes_event(const struct ft_probes *ps, size_t probe);	/* its name */

/*
 * Enable all in the session's buffer.  Hits are counted even where nothing is recorded (tracing_on
 * 0), from 3.10 on.  The instruction under a user probe is looked at only now: one that cannot be
 * enabled fails if it came by ft_probes_add(), and is left disabled if by ft_probes_try(), unless
 * that leaves none.
 */
int ft_probes_enable(struct ft_probes *ps);
bool ft_probes_enabled(const struct ft_probes *ps, size_t probe);

/* Hits of all probes into hits[ft_probes_count()], from kprobe_profile and uprobe_profile.  0, or
 * -errno with the sentence set. */
int ft_probes_hits(const struct ft_probes *ps, struct ft_probe_hits *hits);

/*
 * How the n-th argument (1...) of a C function is fetched at its entry on this machine: "%di", or
 * "$arg1" where the kernel knows it; NULL: not in a register here, not known for this CPU, or a
 * return probe.  Static.
 */
const char *ft_probe_arg(const struct ft_session *s, enum ft_probe_kind kind, unsigned int n);
#define FT_PROBE_ARGS_MAX 6

#ifdef __cplusplus
}
#endif
#endif
