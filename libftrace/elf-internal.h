/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * elf: what reading ELF files, finding libraries and naming user addresses share.
 */
#ifndef FTI_ELF_H
#define FTI_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf-file.h"
#include "ftrace/elf.h"

struct fti_elf_symbol {
	uint64_t    addr, offset, size;
	uint64_t    end;	/* offset; told by what follows when size is 0 */
	const char *name;
	uint8_t	    rank;	/* low goes first of several at one offset */
	bool	    indirect, old;
};

struct ft_elf {
	struct fti_elf_symbol *symbol;
	size_t		       count, room;
	struct fti_elf_strings strings;
};

/* Read the symbols of an open file into an empty *elf, in the order of the file; what was read before a
 * failure stays in it.  As ft_elf_open(). */
int fti_elf_read_symbols(struct ft_elf *elf, int fd);

/* As ft_elf_open(), of an open file, which stays the caller's. */
int fti_elf_open(struct ft_elf **out, int fd);

/* Open a regular file for reading, and nothing else: the descriptor, -ENOEXEC or -errno. */
int fti_elf_open_file(const char *path);

/* Memory it takes. */
size_t fti_elf_bytes(const struct ft_elf *elf);

/*
 * Can a file of this name (no '/') be what people mean by name: "libc", "c", "libc.so" and
 * "libc.so.6" are libc.so.6, the first two libc-2.17.so as well.
 */
bool fti_library_match(const char *name, const char *file);

/*
 * Call fn for each library of an ld.so.cache, in its order, until fn returns non-zero; returns that,
 * or 0.  The text is read as if hostile: what does not fit is left out.  hwcap: only for some CPUs.
 */
int fti_ldcache_each(const void *data, size_t len,
		     int (*fn)(void *arg, const char *name, const char *path, bool hwcap),
		     void *arg);

#endif
