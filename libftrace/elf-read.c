/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "elf-internal.h"

/* The largest programs (browsers, with all symbols) have about a million functions. */
#define SYMBOLS_MAX (2u << 20)

/* Longer names are left out: a file could make of one string millions that take long to compare. */
#define NAME_SIZE 2048

struct reading {
	struct ft_elf		  *elf;
	const struct fti_elf_file *file;
};

/* Names people know go first: of one function getpid before __getpid, malloc before __libc_malloc,
 * and what others can call before what is local. */
static uint8_t rank(const char *name, unsigned int binding)
{
	size_t underscores = strspn(name, "_");

	return (binding == STB_LOCAL ? 64 : 0) + (underscores < 7 ? underscores : 7) * 4 +
	       (binding == STB_WEAK);
}

/* Where in the file the symbol is, and where it ends as far as its section and segment tell. */
static bool place(const struct fti_elf_file *f, const Elf64_Sym *raw, struct fti_elf_symbol *out)
{
	const struct fti_elf_segment *g = fti_elf_file_segment(f, raw->st_value, PF_X);
	Elf64_Shdr section;
	uint64_t into;

	if (!g)
		return false;
	into = raw->st_value - g->addr;
	out->offset = g->offset + into;
	out->end = g->offset + g->size;
	if (raw->st_size && raw->st_size < g->size - into)
		out->end = out->offset + raw->st_size;
	/* Else a last function without a size would reach into the next section, which may be the
	 * procedure linkage table and has no names. */
	if (!raw->st_size && fti_elf_file_section(f, raw->st_shndx, &section) &&
	    out->offset - section.sh_offset < section.sh_size &&
	    section.sh_size < out->end - section.sh_offset)
		out->end = section.sh_offset + section.sh_size;
	return true;
}

static int append(struct ft_elf *e, const struct fti_elf_symbol *s)
{
	if (e->count == e->room) {
		size_t room = e->room + e->room / 2 + 256;
		struct fti_elf_symbol *more;

		if (room > SYMBOLS_MAX)
			return -E2BIG;
		more = realloc(e->symbol, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		e->symbol = more;
		e->room = room;
	}
	e->symbol[e->count++] = *s;
	return 0;
}

static int on_symbol(void *arg, const Elf64_Sym *raw, char *name, bool old)
{
	const struct reading *r = arg;
	const unsigned int type = ELF64_ST_TYPE(raw->st_info);
	struct fti_elf_symbol s = { .addr = raw->st_value, .size = raw->st_size, .old = old,
				    .indirect = type == STT_GNU_IFUNC, .name = name };
	char *version;

	if ((type != STT_FUNC && type != STT_GNU_IFUNC) || raw->st_shndx == SHN_UNDEF ||
	    raw->st_shndx == SHN_ABS || !place(r->file, raw, &s) ||
	    strnlen(name, NAME_SIZE) == NAME_SIZE)
		return 0;
	/* The version is cut off in our copy; names that share their ends do so too.  Programs are
	 * linked with "@@GLIBC_2.14" now, "@GLIBC_2.2.5" is an old one. */
	version = strchr(name, '@');
	if (version) {
		s.old |= version[1] != '@' && version[1];
		*version = 0;
	}
	if (!*name)
		return 0;
	s.rank = rank(name, ELF64_ST_BIND(raw->st_info));
	return append(r->elf, &s);
}

int fti_elf_read_symbols(struct ft_elf *elf, int fd)
{
	struct fti_elf_file file;
	struct reading r = { elf, &file };
	int err = fti_elf_file_open(&file, fd);

	if (err)
		return err;
	err = fti_elf_file_symbols(&file, &elf->strings, on_symbol, &r);
	fti_elf_file_close(&file);
	return err;
}
