/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * definition: probes as people define them, in the syntax of perf-tools and of kprobe_events, made
 * to what this kernel takes.
 *
 *	p:do_sys_open				a function of the kernel, where it begins
 *	r:myopen do_sys_open ret=$retval	where it returns, with a name of its own
 *	p:ext4:ext4_sync_file, p:vfs_read+0x10	of a module; within the function
 *	p:bash:readline, p:/bin/x:0x1234	of a program or library; an offset in the file
 *	u:libc:setjmp				one that the program has built in (ftrace/usdt.h)
 *
 * The one rule: what goes to the kernel is put together from what was understood here, so that
 * nothing in a definition can end its line or add to it.
 */
#ifndef FTRACE_DEFINITION_H
#define FTRACE_DEFINITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ftrace/probe.h"
#include "ftrace/session.h"
#include "ftrace/usdt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_definition {
	enum ft_probe_kind kind;
	bool	 usdt;
	bool	 user;
	char	*event;		/* the name given; NULL: none */
	char	*file;		/* user: program or library; kernel: module, or NULL; usdt: NULL */
	char	*function;	/* usdt: as ft_usdt_find() has it; NULL: there is but an address */
	uint64_t offset;	/* from where the function begins; or the address, user: in the file */
	unsigned int max_active;/* r10:...; 0: not given */
	char	*args;		/* as given; NULL: none */
	/* usdt, once found: what $arg1, $arg2, ... are; not owned */
	const struct ft_usdt_arg *usdt_args;
	int	 usdt_count;
};

/*
 * Of the kernel, or of programs.  0, or -EINVAL or -ENOMEM with why[FT_DEFINITION_WHY] ("there is a
 * return value only at a return (r:)") and nothing to free.
 */
#define FT_DEFINITION_WHY 256
int ft_definition_parse(struct ft_definition *d, const char *text, bool user, char *why);
void ft_definition_free(struct ft_definition *d);	/* what it points to, not *d */

/* Is it an event filter ('fd < 0 && comm == "cat"'), and so no definition? */
bool ft_definition_is_filter(const char *text);

/*
 * Its arguments as a kernel takes them that has this README (of the tracing directory; "" before
 * 4.9): $arg1 to a register where it is not known there, "ustring" to "string", and the like.
 * 0 with args[FT_DEFINITION_ARGS_MAX] ("": none), -EINVAL for what no kernel takes, -EOPNOTSUPP for
 * what this one does not, both with why[].
 */
#define FT_DEFINITION_ARGS_MAX 4096
int ft_definition_args(const struct ft_definition *d, const char *readme, char *args, char *why);

/* What the n-th (from 0) argument fetches, as given; false: there is none such.  Its name is the one
 * given, or as the kernel has it: "arg1", "arg2". */
struct ft_definition_arg {
	char name[32];
	bool retval;	/* the return value itself */
	bool string;	/* of characters */
};
bool ft_definition_arg(const struct ft_definition *d, size_t n, struct ft_definition_arg *out);

/*
 * What it is on this machine: fn is called for each probe to be made (a function of a library may have
 * several versions) until it returns non-zero; the event's name is the one given or made of the
 * function's, which may come again.  pid: where libraries are looked for first, 0: no process.  Returns
 * fn's, 0, or with the sentence set: -EINVAL for what was asked, -EOPNOTSUPP for what this kernel does
 * not know, or -errno.  Nothing is changed.
 *
 * What may do harm is refused unless forced: kernel functions that the kernel does not want traced,
 * places in programs where no function begins.
 */
int ft_definition_probes(const struct ft_definition *d, struct ft_session *s, int pid, bool force,
			 int (*fn)(void *arg, const struct ft_probe_spec *spec), void *arg);

#ifdef __cplusplus
}
#endif
#endif
