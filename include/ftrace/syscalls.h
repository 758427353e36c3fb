/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syscalls: chosen system calls of all tasks, with arguments, results, and who made them.
 *
 * The one rule: a call is handed out when it has returned, and only if its beginning and its end
 * belong together for certain; what was left out is counted.  Recorded are probes on the kernel
 * functions of the calls, which cost nothing while none is made and see those of 32-bit programs;
 * where there are no kprobes, records of all entries and exits that the kernel filters by number.
 *
 * The calls of this module belong into the tool's callbacks of the same names.
 */
#ifndef FTRACE_SYSCALLS_H
#define FTRACE_SYSCALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ftrace/tool.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_syscalls;

#define FT_SYSCALLS_ARGS_MAX 6
#define FT_SYSCALLS_MAX	     8		/* different ones */
#define FT_SYSCALLS_TEXT_MAX 4096

/* A system call, or a function of the kernel that does the work of several. */
struct ft_syscalls_spec {
	const char  *name;	/* "openat"; "do_sys_openat2" */
	/* Its arguments as the kernel's event has them ("dfd", "filename"); NULL after the last
	 * that is wanted. */
	const char  *args[FT_SYSCALLS_ARGS_MAX];
	unsigned int text;	/* which of them (1...) is a string; 0: none */
	/* Which of them points to two 64-bit numbers that are wanted; 0: none.  They become
	 * args[4] and args[5]. */
	unsigned int words;
	/* Which of them points to a list of strings, as argv, that is wanted; 0: none. */
	unsigned int list;
};

enum ft_syscalls_method { FT_SYSCALLS_AUTO, FT_SYSCALLS_PROBES, FT_SYSCALLS_EVENTS };

struct ft_syscalls_config {
	enum ft_syscalls_method method;
	const struct ft_syscalls_spec *calls;		/* static; ends with a NULL name */
	/* Functions: the first that the kernel has is probed in the place of all calls.  Static, as
	 * above; NULL: none. */
	const struct ft_syscalls_spec *functions;
	bool paths;		/* strings are names of files: tell the kernel's copy of them */
	const char *system;	/* one more event system that the tool records; NULL: none */
	const struct ft_follow_opt *tasks;		/* whose */
	size_t data_size;	/* bytes of the caller's with each call that runs */
};

struct ft_syscalls_call {
	const struct ft_syscalls_spec *spec;
	uint64_t began, ended;	/* trace clock */
	int	 tid, pid;	/* pid: of the process; the tid where it cannot be known */
	int	 cpu;		/* of its return */
	uint64_t args[FT_SYSCALLS_ARGS_MAX];	/* of a 32-bit program 32 bits each: cast them */
	int64_t	 ret;
	/* Of spec->text, terminated; NULL: not known.  sure: as the kernel read it; else it was
	 * read from the process's memory later. */
	const char *text;
	bool	 text_sure;
	/* Of spec->list, as it was when the call began: the first strings, each with its NUL; NULL: not
	 * known, as of programs of 32 bits and without probes.  cut: there are more, or may be. */
	const char *list;
	size_t	 list_len, list_count;
	bool	 list_cut;
	void	*data;		/* config.data_size bytes, zeroed at its beginning */
};

/* The argument of a tool's --method: "probes", "events", or NULL; exits as ft_opt_error(). */
enum ft_syscalls_method ft_syscalls_method(const struct ft_run *r, const char *text);

/* Choose the way; of the tool's plan().  config is copied; r must outlive *out. */
int ft_syscalls_plan(struct ft_syscalls **out, struct ft_run *r,
		     const struct ft_syscalls_config *config);
void ft_syscalls_free(struct ft_syscalls *sc);

/* Make probes, limit the tasks, enable; sets r->systems. */
int ft_syscalls_setup(struct ft_syscalls *sc);
int ft_syscalls_ready(struct ft_syscalls *sc);

/* Take an event: 1 when a call has returned, which ft_syscalls_last() tells until the next event;
 * 0: it is one of this module's; -ENOENT: it is not, but its task belongs to those asked for. */
int ft_syscalls_event(struct ft_syscalls *sc, const struct ft_event *e);
const struct ft_syscalls_call *ft_syscalls_last(const struct ft_syscalls *sc);
void ft_syscalls_lost(struct ft_syscalls *sc, int cpu);

/* The call that the task of an event is in, its result not yet known; NULL: none, or not for
 * certain.  Valid until the next event. */
const struct ft_syscalls_call *ft_syscalls_running(struct ft_syscalls *sc,
						   const struct ft_event *e);

/* The name of a thread, and its process, as of the last event.  The former is valid until the next
 * call. */
const char *ft_syscalls_comm(struct ft_syscalls *sc, int tid);
int ft_syscalls_pid(struct ft_syscalls *sc, int tid);

/* At the end: a line on stderr for what could not be told, and the JSON record "calls" with all.
 * noun: "opens". */
int ft_syscalls_report(const struct ft_syscalls *sc, const char *noun);

/* "ENOENT" of -2, NULL for what is no error. */
const char *ft_syscalls_error(int64_t ret);

#ifdef __cplusplus
}
#endif
#endif
