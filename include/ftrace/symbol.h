/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * symbol: kernel addresses to names, and back.
 *
 * The one rule: a table is a snapshot of /proc/kallsyms' text symbols; names returned live as long
 * as the table.  It is taken in two stages, for the kernel needs long to print the list: opening
 * reads the kernel's own text up to _etext, and the first question about anything else (an address
 * outside of it, a name not in it, the number of symbols) reads the rest, modules included, as it
 * is then.  So only one thread at a time may ask, of const tables too, and the table holds the file
 * open until then; of a rest that cannot be read, nothing is covered.
 *
 * kptr_restrict can hide the addresses even from root: then available_filter_functions_addrs (6.5+)
 * of the tracing directory is used, which knows only where traceable functions begin, and where
 * that is missing ft_symbols_open() says -EACCES.
 */
#ifndef FTRACE_SYMBOL_H
#define FTRACE_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ft_symbols;

struct ft_symbol {
	uint64_t    addr;	/* start of the symbol */
	const char *name;
	const char *module;	/* NULL: the kernel itself */
};

/*
 * kallsyms: NULL for /proc/kallsyms; tracefs: the tracing directory for the fallback, or NULL.
 * -EACCES: the addresses are hidden; -ENODATA: a file without symbols; else why it cannot be read.
 */
int ft_symbols_open(struct ft_symbols **out, const char *kallsyms, const char *tracefs);
void ft_symbols_close(struct ft_symbols *syms);

/*
 * The symbol that covers addr: the last that starts at or below it, the first of several at one
 * address, as the kernel chooses.  false: none does, as below the first and beyond the end of the
 * text of the kernel or a module.  In a table of the fallback only a function's begin is covered.
 */
bool ft_symbol_lookup(const struct ft_symbols *syms, uint64_t addr, struct ft_symbol *out);

/*
 * Address of a name (of a module's, if module is given; else the kernel's own goes before those of
 * modules); 0: not there.  Linear.
 */
uint64_t ft_symbol_addr(const struct ft_symbols *syms, const char *name, const char *module);

/*
 * The kernel's %ps and %pS: "vfs_read", "ext4_sync_file [ext4]", with offset "vfs_read+0x10/0x120".
 * "0x..." where nothing covers addr, as the kernel prints it.  Always terminates (size 0: nothing
 * is written); returns the length of what is in buf.
 */
size_t ft_symbol_format(const struct ft_symbols *syms, uint64_t addr, bool offset,
			char *buf, size_t size);

/* Number of symbols, and the bytes the table takes by now. */
size_t ft_symbols_count(const struct ft_symbols *syms);
size_t ft_symbols_bytes(const struct ft_symbols *syms);

#ifdef __cplusplus
}
#endif
#endif
