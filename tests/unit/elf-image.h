/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elf-image: small ELF files made in memory, for what no compiler at hand makes.
 *
 * One executable segment: 0x100 bytes at file offset 0x200, address 0x400200 (its section, .text, is
 * all but the last 0x40 of them); then the tables.
 */
#ifndef ELF_IMAGE_H
#define ELF_IMAGE_H

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define IMAGE_TEXT	0x200
#define IMAGE_TEXT_SIZE 0x100
#define IMAGE_ADDR	0x400200
#define IMAGE_SIZE	8192

enum { IMAGE_NULL, IMAGE_DOT_TEXT, IMAGE_SYMTAB, IMAGE_STRTAB, IMAGE_DYNSYM, IMAGE_DYNSTR,
       IMAGE_VERSYM, IMAGE_NOTES, IMAGE_BASE, IMAGE_NAMES, IMAGE_SECTIONS };

struct image_symbol {
	const char   *name;
	uint64_t      value, size;
	unsigned char info;	/* ELF64_ST_INFO() */
	uint16_t      section;
	uint16_t      version;	/* of the dynamic table */
};

struct image {
	bool	      wide;
	unsigned char bytes[IMAGE_SIZE];
	size_t	      len;
	Elf64_Ehdr    header;
	Elf64_Shdr    section[IMAGE_SECTIONS];
	Elf64_Phdr    segment;
	Elf64_Phdr    more[3];	/* the header's e_phnum says how many */
};

static inline void image_put(struct image *im, size_t at, const void *data, size_t len)
{
	if (at + len > IMAGE_SIZE)
		abort();
	memcpy(im->bytes + at, data, len);
	if (at + len > im->len)
		im->len = at + len;
}

static inline size_t image_add(struct image *im, const void *data, size_t len)
{
	size_t at = (im->len + 7) / 8 * 8;

	image_put(im, at, data, len);
	return at;
}

static inline void image_section(struct image *im, int i, uint32_t type, uint32_t link,
				 const void *data, size_t len)
{
	im->section[i] = (Elf64_Shdr){ .sh_type = type, .sh_link = link, .sh_size = len,
				       .sh_offset = image_add(im, data, len) };
}

static inline void image_table(struct image *im, int table, uint32_t type,
			       const struct image_symbol *syms, size_t count)
{
	unsigned char raw[4096] = { 0 };
	char strings[2048] = "";
	size_t len = 1, each = im->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	uint16_t versions[64] = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct image_symbol *s = &syms[i];
		Elf64_Sym w = { .st_name = len, .st_value = s->value, .st_size = s->size,
				.st_info = s->info, .st_shndx = s->section };
		Elf32_Sym n = { .st_name = len, .st_value = s->value, .st_size = s->size,
				.st_info = s->info, .st_shndx = s->section };

		if (im->wide)
			memcpy(raw + i * sizeof(w), &w, sizeof(w));
		else
			memcpy(raw + i * sizeof(n), &n, sizeof(n));
		len += sprintf(strings + len, "%s", s->name) + 1;
		versions[i] = s->version;
	}
	image_section(im, table, type, table + 1, raw, count * each);
	image_section(im, table + 1, SHT_STRTAB, 0, strings, len);
	if (type == SHT_DYNSYM)
		image_section(im, IMAGE_VERSYM, SHT_GNU_versym, table, versions, count * 2);
}

static inline void image_begin(struct image *im, bool wide)
{
	static const unsigned char text[IMAGE_TEXT_SIZE];

	memset(im, 0, sizeof(*im));
	im->wide = wide;
	memcpy(im->header.e_ident, ELFMAG, SELFMAG);
	im->header.e_ident[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
	im->header.e_ident[EI_DATA] =
		__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
	im->header.e_type = ET_DYN;
	im->header.e_shnum = IMAGE_SECTIONS;
	im->header.e_phnum = 1;
	im->segment = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X,
				    .p_offset = IMAGE_TEXT, .p_vaddr = IMAGE_ADDR,
				    .p_filesz = IMAGE_TEXT_SIZE };
	im->section[IMAGE_DOT_TEXT] = (Elf64_Shdr){ .sh_type = SHT_PROGBITS,
						    .sh_offset = IMAGE_TEXT,
						    .sh_size = IMAGE_TEXT_SIZE - 0x40 };
	image_put(im, IMAGE_TEXT, text, sizeof(text));
}

/* Lay down the headers, as they stand in the image by now. */
static inline void image_end(struct image *im)
{
	Elf64_Ehdr *h = &im->header;

	for (int i = 0; i < IMAGE_SECTIONS; i++) {
		const Elf64_Shdr *s = &im->section[i];
		Elf32_Shdr n = { .sh_name = s->sh_name, .sh_type = s->sh_type,
				 .sh_flags = s->sh_flags, .sh_addr = s->sh_addr,
				 .sh_link = s->sh_link, .sh_info = s->sh_info,
				 .sh_offset = s->sh_offset, .sh_size = s->sh_size };
		size_t at = im->wide ? image_add(im, s, sizeof(*s)) : image_add(im, &n, sizeof(n));

		if (!i)
			h->e_shoff = at;
	}
	h->e_shentsize = im->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	h->e_phentsize = im->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	h->e_phoff = im->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	if (im->wide) {
		image_put(im, 0, h, sizeof(*h));
	} else {
		Elf32_Ehdr n = { .e_type = h->e_type, .e_machine = h->e_machine,
				 .e_phoff = h->e_phoff, .e_phentsize = h->e_phentsize,
				 .e_phnum = h->e_phnum, .e_shoff = h->e_shoff,
				 .e_shentsize = h->e_shentsize, .e_shnum = h->e_shnum,
				 .e_shstrndx = h->e_shstrndx };

		memcpy(n.e_ident, h->e_ident, EI_NIDENT);
		image_put(im, 0, &n, sizeof(n));
	}
	for (int i = 0; i < h->e_phnum; i++) {
		const Elf64_Phdr *p = i ? &im->more[i - 1] : &im->segment;
		Elf32_Phdr n = { .p_type = p->p_type, .p_flags = p->p_flags,
				 .p_offset = p->p_offset, .p_vaddr = p->p_vaddr,
				 .p_filesz = p->p_filesz };
		size_t at = h->e_phoff + (size_t)i * h->e_phentsize;

		if (im->wide)
			image_put(im, at, p, sizeof(*p));
		else
			image_put(im, at, &n, sizeof(n));
	}
}

/* The bytes as a file: its descriptor, and a path to open it by. */
static inline int image_file(const void *bytes, size_t len, char path[64])
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

#endif
