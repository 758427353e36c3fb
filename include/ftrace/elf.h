/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * elf: the functions of a program or library, and where uprobes find them.
 *
 * The one rule: the file is read as if hostile; what does not fit its own headers is left out, and
 * nothing is read past its end.  32- and 64-bit files of this machine's byte order.
 */
#ifndef FTRACE_ELF_H
#define FTRACE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ft_elf;

struct ft_elf_symbol {
	const char *name;	/* without its version ("@GLIBC_2.2.5"); owned by the file */
	uint64_t    addr;	/* as in the symbol table */
	uint64_t    offset;	/* in the file: what uprobe_events wants */
	uint64_t    size;	/* bytes; 0: not told */
	bool	    indirect;	/* STT_GNU_IFUNC: the function at offset only chooses another */
	bool	    old;	/* a version kept for old programs; those linked now call another */
};

/*
 * -ENOENT, -EACCES ...: cannot be opened; -ENOEXEC: not an ELF program or library of this machine's
 * byte order in a regular file; -E2BIG: more than two million functions, or 256 MB of names;
 * -ENOMEM.
 */
int ft_elf_open(struct ft_elf **out, const char *path);
void ft_elf_close(struct ft_elf *elf);

/*
 * Every function defined in .symtab and .dynsym, each name at an offset once, in order of offset,
 * until fn returns non-zero; returns that, or 0.  Those outside the executable segments are left out,
 * as are names longer than 2047 bytes.  The order of names at one offset is by how well people know
 * them: local ones last, those with fewer leading underscores first ("malloc", "__libc_malloc"),
 * global before weak, then alphabetical.
 */
int ft_elf_functions(const struct ft_elf *elf,
		     int (*fn)(void *arg, const struct ft_elf_symbol *symbol), void *arg);
size_t ft_elf_count(const struct ft_elf *elf);

/* The function that covers a file offset (the first in the above order); false: none does. */
bool ft_elf_lookup(const struct ft_elf *elf, uint64_t offset, struct ft_elf_symbol *out);

/*
 * The file that a name means.  With a pid other than 0 the file of that name which the process has
 * mapped goes first: by its path, or by its last part as below.  Else a path if there is a '/' in the
 * name; else a program in PATH; else a library ("libc", "c", "libc.so.6", "ssl") as the dynamic linker
 * would find it (ld.so.cache, the standard directories) for programs of this machine.
 *
 * *path is malloc()ed, absolute and without links; of a process that lives in another mount
 * namespace it begins with /proc/PID/root (and a bare name is what it has mapped, nothing else), of a
 * mapped file that has been deleted or replaced since it is in /proc/PID/map_files.  Those paths end
 * with the process.  -ENOENT: none; -ESRCH: no such process; -EACCES, -ENOMEM ...
 */
int ft_elf_find(const char *name, int pid, char **path);

#ifdef __cplusplus
}
#endif
#endif
