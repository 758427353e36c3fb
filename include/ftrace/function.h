/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * function: the function tracer's records, "vfs_read <-ksys_read".
 *
 * The one rule: an address is looked up among the symbols once, then its text comes from a table;
 * nothing is allocated for a record.
 */
#ifndef FTRACE_FUNCTION_H
#define FTRACE_FUNCTION_H

#include "ftrace/event.h"
#include "ftrace/symbol.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_functions;

/* evs (system "ftrace") and syms must outlive it; without syms (NULL) functions are hexadecimal
 * addresses.  -ENOENT: the kernel has no such event. */
int ft_functions_new(struct ft_functions **out, const struct ft_events *evs,
		     const struct ft_symbols *syms);
void ft_functions_free(struct ft_functions *f);

/* Is it a record of the function tracer? */
bool ft_functions_is(const struct ft_functions *f, const struct ft_event *e);

/* The function called, and where it was called from (0: not recorded). */
uint64_t ft_functions_ip(const struct ft_functions *f, const struct ft_event *e);
uint64_t ft_functions_parent(const struct ft_functions *f, const struct ft_event *e);

/* The kernel's text of a record: write at p, which has room for FT_FUNCTIONS_MAX bytes; returns the
 * end.  Neither NUL nor newline is added. */
#define FT_FUNCTIONS_MAX 1536
char *ft_functions_put(struct ft_functions *f, const struct ft_event *e, char *p);

/* An address as data: name and module (length 0: the kernel itself) are not terminated, owned by f,
 * valid until the next call. */
struct ft_function_name {
	const char *name, *module;
	size_t	    len, module_len;
};

void ft_functions_name(struct ft_functions *f, uint64_t addr, struct ft_function_name *out);

#ifdef __cplusplus
}
#endif
#endif
