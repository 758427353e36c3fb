/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * symbol: the table of symbols, shared by its reader and its lookups.
 */
#ifndef FTI_SYMBOL_H
#define FTI_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FTI_MODULES_MAX 4096
/* In place of a module: the address ends what is before it, and covers nothing itself. */
#define FTI_SYMBOL_END	0xffff

/* Addresses from base on, as 32-bit offsets; the kernel and its modules are seldom more than 4 GB
 * apart, but arm64 and powerpc can have them anywhere. */
struct fti_segment {
	uint64_t base;
	uint32_t first;		/* entry */
};

struct ft_symbols {
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
	bool		    starts_only;
};

/*
 * Read a table from fd: kallsyms, or with addrs available_filter_functions_addrs.  0, -EACCES when
 * all addresses are hidden, -ENODATA without symbols, -E2BIG, -ENOMEM, or -errno of reading.
 */
int fti_symbols_read(struct ft_symbols **out, int fd, bool addrs);

#endif
