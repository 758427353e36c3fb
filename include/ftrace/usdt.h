/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usdt: the probes that programs and libraries have built in (sys/sdt.h of SystemTap, DTrace's
 * providers), what they tell of themselves, and how a user probe is put on one.
 *
 * The one rule: the file is read as if hostile; notes that do not fit are left out.  One name may
 * stand at many places of the code, each a probe with arguments of its own; all must be probed.
 */
#ifndef FTRACE_USDT_H
#define FTRACE_USDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ftrace/session.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_usdt;

struct ft_usdt_probe {
	const char *label;	/* "provider:name"; all four strings are owned by the file */
	const char *provider;	/* printable ASCII without blanks and ':', at most 127 bytes */
	const char *name;	/* likewise */
	const char *args;	/* as the note has them, "8@%rdi -4@$5": any bytes */
	uint64_t    addr;	/* of the instruction, as in the file's symbol tables */
	uint64_t    offset;	/* in the file: what uprobe_events wants */
	/* The program looks at a counter (a semaphore) and makes the probe's arguments only where
	 * somebody has counted it up. */
	bool	    guarded;
	uint64_t    semaphore;	/* that counter's offset in the file; 0: it is not in the file */
};

/* As ft_elf_open(); -E2BIG: more than 65536 probes, or 64 MB of notes.  A file without probes has
 * a count of 0. */
int ft_usdt_open(struct ft_usdt **out, const char *path);
void ft_usdt_close(struct ft_usdt *u);
size_t ft_usdt_count(const struct ft_usdt *u);

/* Each probe by provider, name and offset, until fn returns non-zero; returns that, or 0. */
int ft_usdt_probes(const struct ft_usdt *u,
		   int (*fn)(void *arg, const struct ft_usdt_probe *probe), void *arg);

/* -- finding -------------------------------------------------------------------------------- */

/*
 * The probes that a text means: "provider:name" or "FILE:provider:name", also "FILE:name" where
 * FILE has a '/'; provider and name may be patterns (ft_glob_match()).  FILE is as for
 * ft_elf_find().  Without it: the files that process pid has mapped, or with pid 0 the program or
 * library that has the provider's name.
 *
 * fn is called for each, with the file's path (as ft_elf_find() has it) and the file, both valid
 * until it returns.  Returns what fn returned if not 0, else 0, or with the sentence set ("cannot
 * trace 'python:lime': no such probe in '/usr/bin/python3.11' (did you mean 'python:line'?)")
 * -EINVAL or -errno.
 */
int ft_usdt_find(struct ft_session *s, const char *text, int pid,
		 int (*fn)(void *arg, const char *path, const struct ft_usdt *u,
			   const struct ft_usdt_probe *probe), void *arg);

/* -- arguments ------------------------------------------------------------------------------ */

/* What this kernel's user probes can do; zeroed: as 3.10, registers only. */
struct ft_usdt_kernel {
	bool memory;	/* "+8(%bp)": 3.14 */
	bool immediate;	/* "\5": 5.4 */
	bool semaphore;	/* PATH:OFFSET(SEMAPHORE) counts it up while the probe is enabled: 4.20 */
};
/* s: opened with `uprobes`; reads the README. */
void ft_usdt_kernel(const struct ft_session *s, struct ft_usdt_kernel *k);

struct ft_usdt_arg {
	const char *text;	/* in probe->args: "-4@-20(%rbp)", not terminated */
	size_t	    text_len;
	char	    fetch[48];	/* for uprobe_events, "-20(%bp)"; "": cannot be fetched */
	const char *type;	/* of the fetched value there: "s32"; static */
	const char *why;	/* it cannot be fetched: "it is thread-local"; else NULL; static */
};

/* Those of a probe of u, in order: their number, at most FT_USDT_ARGS_MAX (sys/sdt.h's). */
#define FT_USDT_ARGS_MAX 12
int ft_usdt_args(const struct ft_usdt *u, const struct ft_usdt_probe *probe,
		 const struct ft_usdt_kernel *k, struct ft_usdt_arg args[FT_USDT_ARGS_MAX]);

/* "arg1=%di:u64 arg3=-20(%bp):s32" for struct ft_probe_spec: those that can be fetched, under their
 * numbers.  Always terminates. */
#define FT_USDT_FETCH_SIZE 1024
void ft_usdt_fetch(const struct ft_usdt_arg *args, int count, char buf[FT_USDT_FETCH_SIZE]);

/* Can the probe fire on this kernel?  0, or -EOPNOTSUPP with the sentence: it is guarded, and
 * nothing here would count its semaphore up. */
int ft_usdt_check(struct ft_session *s, const struct ft_usdt_kernel *k,
		  const struct ft_usdt_probe *probe);

#ifdef __cplusplus
}
#endif
#endif
