/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * symbol: the tables of symbols, shared by their reader and their lookups.
 *
 * The kernel lists its own symbols first, by address, then modules and generated code.  So what is
 * up to _etext is one table, which serves most of a trace; the second half of the list is formatted
 * by the kernel and read by us only when something beyond is asked for.
 */
#ifndef FTI_SYMBOL_H
#define FTI_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lines.h"

#define FTI_MODULES_MAX 4096
/* In place of a module: the address ends what is before it, and covers nothing itself. */
#define FTI_SYMBOL_END	0xffff

/* Addresses from base on, as 32-bit offsets; the kernel and its modules are seldom more than 4 GB
 * apart, but arm64 and powerpc can have them anywhere. */
struct fti_segment {
	uint64_t base;
	uint32_t first;		/* entry */
};

/* All zero: empty. */
struct fti_symtab {
	uint32_t	   *offset;	/* from the segment's base, ascending within it */
	uint32_t	   *name;	/* in pool; 0: only an end */
	uint16_t	   *module;	/* in modules; 0: the kernel */
	size_t		    count, named;
	struct fti_segment *segment;
	size_t		    segments;
	char		   *pool;
	size_t		    pool_len, pool_room;
	uint32_t	   *modules;	/* in pool */
	size_t		    nmodules;
};

/* What is behind _etext. */
struct fti_symbols_later {
	int		  fd;		/* -1: it has been read */
	struct fti_lines  lines;
	struct fti_symtab table;
};

struct ft_symbols {
	struct fti_symtab	  first;	/* all, or with later [low, high) */
	struct fti_symbols_later *later;
	uint64_t		  low, high;
	bool			  starts_only;
};

/*
 * Read from fd: kallsyms, or with addrs available_filter_functions_addrs.  fd is closed by this or
 * later by ft_symbols_close().  0, -EACCES when all addresses are hidden, -ENODATA without symbols,
 * -E2BIG, -ENOMEM, or -errno of reading.
 */
int fti_symbols_read(struct ft_symbols **out, int fd, bool addrs);

/* s->later's table, read if need be; empty where that failed. */
const struct fti_symtab *fti_symbols_later(const struct ft_symbols *s);

/* -- making a table ------------------------------------------------------------------------- */

/* While reading: one for each symbol.  Names only grow, so they also tell the order of the file. */
struct fti_symtab_raw {
	uint64_t addr;
	uint32_t name;
	uint16_t module;
};

struct fti_symtab_draft {
	struct fti_symtab      table;	/* names and modules, and nothing else yet */
	struct fti_symtab_raw *raw;
	size_t		       count, room;
	uint16_t	       last_module;
	bool		       disorder;	/* addresses do not ascend */
};

int fti_symtab_begin(struct fti_symtab_draft *d);

/* The index of a module, new or known; 0 for none (len 0).  0, -E2BIG or -ENOMEM. */
int fti_symtab_module(struct fti_symtab_draft *d, const char *name, size_t len, uint16_t *index);

/* len 0: without a name. */
int fti_symtab_add(struct fti_symtab_draft *d, uint64_t addr, const char *name, size_t len,
		   uint16_t module);

/* The draft becomes *out, sorted; without entries, or with an error, both are empty. */
int fti_symtab_finish(struct fti_symtab_draft *d, struct fti_symtab *out);
void fti_symtab_drop(struct fti_symtab_draft *d);

void fti_symtab_free(struct fti_symtab *t);

#endif
