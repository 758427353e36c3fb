/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf-file.h"

#define HEADERS_MAX (16u << 20)

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE ELFDATA2LSB
#else
#define NATIVE ELFDATA2MSB
#endif

int fti_elf_file_read(const struct fti_elf_file *f, uint64_t offset, void *buf, size_t len)
{
	size_t have = 0;

	if (offset > f->size || len > f->size - offset)
		return -ENOEXEC;
	while (have < len) {
		ssize_t n = pread(f->fd, (char *)buf + have, len - have, offset + have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENOEXEC;
		have += n;
	}
	return 0;
}

int fti_elf_file_load(const struct fti_elf_file *f, uint64_t offset, uint64_t len, size_t max,
		      char **out)
{
	char *buf;
	int err;

	if (len > max || offset > f->size || len > f->size - offset)
		return -ENOEXEC;
	buf = malloc(len + 1);
	err = buf ? fti_elf_file_read(f, offset, buf, len) : -ENOMEM;
	if (err) {
		free(buf);
		return err;
	}
	buf[len] = 0;
	*out = buf;
	return 0;
}

static int read_header(struct fti_elf_file *f)
{
	unsigned char ident[EI_NIDENT];
	Elf64_Ehdr *h = &f->header;
	Elf32_Ehdr narrow;
	int err;

	err = fti_elf_file_read(f, 0, ident, sizeof(ident));
	if (err)
		return err;
	if (memcmp(ident, ELFMAG, SELFMAG) != 0 || ident[EI_DATA] != NATIVE ||
	    (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64))
		return -ENOEXEC;
	f->wide = ident[EI_CLASS] == ELFCLASS64;
	if (f->wide) {
		err = fti_elf_file_read(f, 0, h, sizeof(*h));
	} else {
		err = fti_elf_file_read(f, 0, &narrow, sizeof(narrow));
		*h = (Elf64_Ehdr){
			.e_type = narrow.e_type, .e_machine = narrow.e_machine,
			.e_phoff = narrow.e_phoff, .e_phentsize = narrow.e_phentsize,
			.e_phnum = narrow.e_phnum, .e_shoff = narrow.e_shoff,
			.e_shentsize = narrow.e_shentsize, .e_shnum = narrow.e_shnum,
			.e_shstrndx = narrow.e_shstrndx };
	}
	if (err)
		return err;
	return h->e_type == ET_EXEC || h->e_type == ET_DYN ? 0 : -ENOEXEC;
}

/* -- sections ------------------------------------------------------------------------------- */

static Elf64_Shdr widen_section(const struct fti_elf_file *f, const void *at)
{
	Elf64_Shdr s;
	Elf32_Shdr n;

	if (f->wide) {
		memcpy(&s, at, sizeof(s));
		return s;
	}
	memcpy(&n, at, sizeof(n));
	return (Elf64_Shdr){ .sh_name = n.sh_name, .sh_type = n.sh_type, .sh_flags = n.sh_flags,
			     .sh_addr = n.sh_addr, .sh_link = n.sh_link, .sh_offset = n.sh_offset,
			     .sh_size = n.sh_size };
}

/* Files without section headers are fine, as are those whose headers do not fit: they have none. */
static int read_sections(struct fti_elf_file *f)
{
	const size_t least = f->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	const Elf64_Ehdr *h = &f->header;
	unsigned char raw[sizeof(Elf64_Shdr)];
	uint64_t count = h->e_shnum;
	int err;

	if (!h->e_shoff || h->e_shentsize < least || fti_elf_file_read(f, h->e_shoff, raw, least))
		return 0;
	/* A count too large for the header is in the first section's. */
	if (!count)
		count = widen_section(f, raw).sh_size;
	if (count > HEADERS_MAX / h->e_shentsize)
		return 0;
	err = fti_elf_file_load(f, h->e_shoff, count * h->e_shentsize, HEADERS_MAX, &f->sections);
	if (!err)
		f->section_count = count;
	return err == -ENOEXEC ? 0 : err;
}

bool fti_elf_file_section(const struct fti_elf_file *f, size_t i, Elf64_Shdr *out)
{
	if (i >= f->section_count)
		return false;
	*out = widen_section(f, f->sections + i * f->header.e_shentsize);
	return true;
}

/* -- segments ------------------------------------------------------------------------------- */

static Elf64_Phdr widen_segment(const struct fti_elf_file *f, const void *at)
{
	Elf64_Phdr p;
	Elf32_Phdr n;

	if (f->wide) {
		memcpy(&p, at, sizeof(p));
		return p;
	}
	memcpy(&n, at, sizeof(n));
	return (Elf64_Phdr){ .p_type = n.p_type, .p_flags = n.p_flags, .p_offset = n.p_offset,
			     .p_vaddr = n.p_vaddr, .p_filesz = n.p_filesz };
}

static void add_segment(struct fti_elf_file *f, const Elf64_Phdr *p)
{
	const uint64_t rest = p->p_offset < f->size ? f->size - p->p_offset : 0;
	const uint64_t size = p->p_filesz < rest ? p->p_filesz : rest;

	if (p->p_type == PT_LOAD && size && f->segment_count < FTI_ELF_SEGMENTS_MAX)
		f->segment[f->segment_count++] = (struct fti_elf_segment){
			p->p_offset, p->p_vaddr, size, p->p_flags };
	if (p->p_type == PT_DYNAMIC && !f->dynamic_size) {
		f->dynamic = p->p_offset;
		f->dynamic_size = size;
	}
}

static int read_segments(struct fti_elf_file *f)
{
	const size_t least = f->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	const Elf64_Ehdr *h = &f->header;
	char *raw;
	int err;

	err = h->e_phentsize < least ? -ENOEXEC :
	      fti_elf_file_load(f, h->e_phoff, (uint64_t)h->e_phnum * h->e_phentsize, HEADERS_MAX,
				&raw);
	if (err)
		return err == -ENOEXEC ? 0 : err;
	for (size_t i = 0; i < h->e_phnum; i++) {
		const Elf64_Phdr p = widen_segment(f, raw + i * h->e_phentsize);

		add_segment(f, &p);
	}
	free(raw);
	return 0;
}

const struct fti_elf_segment *fti_elf_file_segment(const struct fti_elf_file *f, uint64_t addr,
						   uint32_t flags)
{
	for (size_t i = 0; i < f->segment_count; i++) {
		const struct fti_elf_segment *g = &f->segment[i];

		if ((g->flags & flags) == flags && addr >= g->addr && addr - g->addr < g->size)
			return g;
	}
	return NULL;
}

/* -- the file ------------------------------------------------------------------------------- */

int fti_elf_file_open(struct fti_elf_file *f, int fd)
{
	struct stat st;
	int err;

	*f = (struct fti_elf_file){ .fd = fd };
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOEXEC;
	f->size = st.st_size;
	err = read_header(f);
	if (!err)
		err = read_sections(f);
	if (!err)
		err = read_segments(f);
	if (err)
		fti_elf_file_close(f);
	return err;
}

void fti_elf_file_close(struct fti_elf_file *f)
{
	free(f->sections);
	f->sections = NULL;
	f->section_count = 0;
}
