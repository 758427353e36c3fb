/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel: what this kernel and this caller can do.
 *
 * The one rule: nothing here compares versions or changes anything; it looks whether the file,
 * the tracer, the function or the README word is there, and says why something is not.
 */
#ifndef FTRACE_KERNEL_H
#define FTRACE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ft_session;

/* Why a tracing directory cannot be used, as one sentence for people. */
#define FT_REASON_SIZE 512

/*
 * Find the tracing directory: `wanted` if not NULL, else tracefs, else debugfs' tracing directory,
 * from /proc/self/mounts, each checked by file-system type and for being empty.  Nothing is
 * mounted.  0 and *dir malloc()ed (absolute, no link in it), or -ENOENT (not mounted), -EACCES,
 * -EPERM (rights, lockdown), -ENOTDIR (something else), with the sentence in
 * reason[FT_REASON_SIZE].
 */
int ft_kernel_find_tracefs(const char *wanted, char **dir, char *reason);

/* "none", "integrity", "confidentiality", or NULL when the kernel has no lockdown or does not tell
 * (securityfs is not mounted).  Static. */
const char *ft_kernel_lockdown(void);

/* kernel.kptr_restrict, or -errno. */
int ft_kernel_kptr_restrict(void);

/* "y" (or another value), "m", "n" for CONFIG_<name> by /boot/config-$(uname -r) or the config
 * beside the modules; NULL: not known.  Static. */
const char *ft_kernel_config(const char *name);

/* A word of the blank-separated lists available_tracers, trace_clock (without brackets). */
bool ft_kernel_has_tracer(const char *dir, const char *tracer);
bool ft_kernel_has_clock(const char *dir, const char *clock);

/* A phrase of the README of the tracing directory. */
bool ft_kernel_readme_has(const char *dir, const char *phrase);

/* Does the kernel pass function names to fn: every one of available_filter_functions, with its
 * module or NULL, until fn returns non-zero.  Returns that, 0, or -errno (EPERM: refused, ENOENT:
 * no such list).  A name may come more than once. */
int ft_kernel_functions(const char *dir, int (*fn)(void *arg, const char *name, const char *module),
			void *arg);

/* How a function pattern (shell wildcards * ? [], optional ":mod:NAME" suffix) fares. */
struct ft_function_match {
	size_t count;		/* functions that match; of a name without wildcards, whether any */
	char   first[128];	/* the first of them */
	/* With count 0: the nearest names, "" where there are fewer: what the compiler or a
	 * system-call wrapper made of the function, else names equally near. */
	char   nearest[3][128];
	bool   in_kallsyms;	/* with count 0: exists, but cannot be traced (notrace, inlined) */
};
/* 0 or -errno, as ft_kernel_functions(); -EINVAL: not a pattern (ft_glob_valid()). */
int ft_kernel_match_functions(const char *dir, const char *pattern, struct ft_function_match *m);

/* true when name matches pattern as the kernel's own matcher would with full glob support: *, ?,
 * [a-z], [!a-z] and backslash (4.10+). */
bool ft_glob_match(const char *pattern, const char *name);

/* true for a pattern that every kernel understands as ft_glob_match() does: a name, with * at
 * nothing but its ends.  3.10 takes "vfs*read" as "vfs*". */
bool ft_glob_simple(const char *pattern);

/* true for what can be written to a filter file as one pattern of function names: no blanks, no '!'
 * in front, nothing that is a command there but ":mod:NAME". */
bool ft_glob_valid(const char *pattern);

/* Check the patterns against the session's kernel: 0, or with the sentence "cannot trace 'x': ..."
 * set -EINVAL for what was asked, -EOPNOTSUPP for what the kernel cannot, or -errno. */
int ft_kernel_check_functions(struct ft_session *s, const char *const *patterns, size_t count);

/* One thing that is here, or not; a row of `ftrace-tools doctor`. */
struct ft_fact {
	char name[48];		/* "tracer function_graph" */
	char key[48];		/* "function_graph" */
	char state[16];		/* "yes", "no", "refused", "unknown", or the value */
	char detail[256];	/* reason, or what it is for */
};
/* Calls fn for each fact; dir may be NULL (not found).  0, or -errno when dir cannot be opened.  It
 * reads only files whose reading changes nothing. */
int ft_kernel_facts(const char *dir, void (*fn)(void *arg, const struct ft_fact *fact), void *arg);

#ifdef __cplusplus
}
#endif
#endif
