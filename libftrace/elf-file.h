/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * elf-file: an ELF file's headers, parts of it, and its tables of symbols.
 *
 * The one rule: nothing that the file says is believed before it fits the file's size.  Headers of
 * 32-bit files are given as those of 64-bit ones.
 */
#ifndef FTI_ELF_FILE_H
#define FTI_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FTI_ELF_SEGMENTS_MAX 32

/* A loaded part: of the file, what is in it. */
struct fti_elf_segment {
	uint64_t offset, addr, size;
	uint32_t flags;		/* PF_X ... */
};

struct fti_elf_file {
	int			fd;
	uint64_t		size;
	bool			wide;	/* 64-bit */
	Elf64_Ehdr		header;
	char		       *sections;
	size_t			section_count;
	struct fti_elf_segment	segment[FTI_ELF_SEGMENTS_MAX];
	size_t			segment_count;
	uint64_t		dynamic, dynamic_size;	/* where in the file; size 0: none */
};

/* Of an open file, which stays the caller's.  0, -ENOEXEC as ft_elf_open(), -ENOMEM or -errno. */
int fti_elf_file_open(struct fti_elf_file *f, int fd);
void fti_elf_file_close(struct fti_elf_file *f);

/* Whole, or -ENOEXEC where the file ends before, as one does that is cut while it is read. */
int fti_elf_file_read(const struct fti_elf_file *f, uint64_t offset, void *buf, size_t len);

/* A part, malloc()ed, with a NUL after its end; -ENOEXEC also when longer than max. */
int fti_elf_file_load(const struct fti_elf_file *f, uint64_t offset, uint64_t len, size_t max,
		      char **out);

/* false: there are not so many. */
bool fti_elf_file_section(const struct fti_elf_file *f, size_t i, Elf64_Shdr *out);

/* The segment that has this address in its part of the file, with all of these flags (0: any); or
 * NULL. */
const struct fti_elf_segment *fti_elf_file_segment(const struct fti_elf_file *f, uint64_t addr,
						   uint32_t flags);

/* Both tables of symbols' names, for as long as their symbols are in use. */
struct fti_elf_strings {
	char  *table[2];
	size_t len;		/* of both */
};
void fti_elf_strings_free(struct fti_elf_strings *strings);

/* name: of the symbol, in strings, to be cut if need be; old: not the version that programs are
 * linked with.  Anything but 0 ends the walk. */
typedef int fti_elf_on_symbol(void *arg, const Elf64_Sym *symbol, char *name, bool old);

/*
 * Each symbol of .symtab and .dynsym that has a name, in the order of the file; where there are no
 * sections those of the dynamic segment.  Returns what fn returned if not 0, 0, -E2BIG (more than
 * 256 MB of names), -ENOMEM or -errno.
 */
int fti_elf_file_symbols(const struct fti_elf_file *f, struct fti_elf_strings *strings,
			 fti_elf_on_symbol *fn, void *arg);

#endif
