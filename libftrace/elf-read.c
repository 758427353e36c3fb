/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf-internal.h"

/* Bounds on what a file can make us hold.  The largest programs (browsers, with all symbols) have
 * about a million functions and 200 MB of names. */
#define SYMBOLS_MAX  (2u << 20)
#define STRINGS_MAX  (256u << 20)
#define HEADERS_MAX  (16u << 20)
#define SEGMENTS_MAX 32
#define CHUNK	     65536

/* Longer names are left out: a file could make of one string millions that take long to compare. */
#define NAME_SIZE    2048

/* In SHT_GNU_versym: not the version that programs are linked with. */
#define VERSION_HIDDEN 0x8000

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE ELFDATA2LSB
#else
#define NATIVE ELFDATA2MSB
#endif

struct section {
	uint32_t type, link;
	uint64_t offset, size;
};

/* An executable part. */
struct segment {
	uint64_t offset, addr, size;
};

/* A file while it is read. */
struct image {
	int	       fd;
	uint64_t       size;
	bool	       wide;	/* 64-bit */
	Elf64_Ehdr     header;
	char	      *sections;
	size_t	       section_count;
	struct segment segment[SEGMENTS_MAX];
	size_t	       segment_count;
};

/* -- headers -------------------------------------------------------------------------------- */

/* Whole, or -ENOEXEC where the file ends before, as one does that is cut while it is read. */
static int read_at(const struct image *im, uint64_t offset, void *buf, size_t len)
{
	size_t have = 0;

	if (offset > im->size || len > im->size - offset)
		return -ENOEXEC;
	while (have < len) {
		ssize_t n = pread(im->fd, (char *)buf + have, len - have, offset + have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENOEXEC;
		have += n;
	}
	return 0;
}

/* A part of the file, malloc()ed, with a NUL after its end. */
static int load(const struct image *im, uint64_t offset, uint64_t len, size_t max, char **out)
{
	char *buf;
	int err;

	if (len > max || offset > im->size || len > im->size - offset)
		return -ENOEXEC;
	buf = malloc(len + 1);
	err = buf ? read_at(im, offset, buf, len) : -ENOMEM;
	if (err) {
		free(buf);
		return err;
	}
	buf[len] = 0;
	*out = buf;
	return 0;
}

static int read_header(struct image *im)
{
	unsigned char ident[EI_NIDENT];
	Elf64_Ehdr *h = &im->header;
	Elf32_Ehdr narrow;
	int err;

	err = read_at(im, 0, ident, sizeof(ident));
	if (err)
		return err;
	if (memcmp(ident, ELFMAG, SELFMAG) != 0 || ident[EI_DATA] != NATIVE ||
	    (ident[EI_CLASS] != ELFCLASS32 && ident[EI_CLASS] != ELFCLASS64))
		return -ENOEXEC;
	im->wide = ident[EI_CLASS] == ELFCLASS64;
	if (im->wide) {
		err = read_at(im, 0, h, sizeof(*h));
	} else {
		err = read_at(im, 0, &narrow, sizeof(narrow));
		*h = (Elf64_Ehdr){
			.e_type = narrow.e_type, .e_phoff = narrow.e_phoff,
			.e_phentsize = narrow.e_phentsize, .e_phnum = narrow.e_phnum,
			.e_shoff = narrow.e_shoff, .e_shentsize = narrow.e_shentsize,
			.e_shnum = narrow.e_shnum };
	}
	if (err)
		return err;
	return h->e_type == ET_EXEC || h->e_type == ET_DYN ? 0 : -ENOEXEC;
}

static Elf64_Shdr widen_section(const struct image *im, const void *at)
{
	Elf64_Shdr s;
	Elf32_Shdr n;

	if (im->wide) {
		memcpy(&s, at, sizeof(s));
		return s;
	}
	memcpy(&n, at, sizeof(n));
	return (Elf64_Shdr){ .sh_type = n.sh_type, .sh_link = n.sh_link,
			     .sh_offset = n.sh_offset, .sh_size = n.sh_size };
}

/* Files without section headers are fine, as are those whose headers do not fit: they tell no
 * symbols. */
static int read_sections(struct image *im)
{
	const size_t least = im->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	const Elf64_Ehdr *h = &im->header;
	unsigned char raw[sizeof(Elf64_Shdr)];
	uint64_t count = h->e_shnum;
	int err;

	if (!h->e_shoff || h->e_shentsize < least || read_at(im, h->e_shoff, raw, least))
		return 0;
	/* A count too large for the header is in the first section's. */
	if (!count)
		count = widen_section(im, raw).sh_size;
	if (count > HEADERS_MAX / h->e_shentsize)
		return 0;
	err = load(im, h->e_shoff, count * h->e_shentsize, HEADERS_MAX, &im->sections);
	if (!err)
		im->section_count = count;
	return err == -ENOEXEC ? 0 : err;
}

static bool section_at(const struct image *im, uint32_t i, struct section *out)
{
	Elf64_Shdr s;

	if (i >= im->section_count)
		return false;
	s = widen_section(im, im->sections + (size_t)i * im->header.e_shentsize);
	*out = (struct section){ s.sh_type, s.sh_link, s.sh_offset, s.sh_size };
	return true;
}

static Elf64_Phdr widen_segment(const struct image *im, const void *at)
{
	Elf64_Phdr p;
	Elf32_Phdr n;

	if (im->wide) {
		memcpy(&p, at, sizeof(p));
		return p;
	}
	memcpy(&n, at, sizeof(n));
	return (Elf64_Phdr){ .p_type = n.p_type, .p_flags = n.p_flags, .p_offset = n.p_offset,
			     .p_vaddr = n.p_vaddr, .p_filesz = n.p_filesz };
}

static int read_segments(struct image *im)
{
	const size_t least = im->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	const Elf64_Ehdr *h = &im->header;
	char *raw;
	int err;

	err = h->e_phentsize < least ? -ENOEXEC :
	      load(im, h->e_phoff, (uint64_t)h->e_phnum * h->e_phentsize, HEADERS_MAX, &raw);
	if (err)
		return err == -ENOEXEC ? 0 : err;
	for (size_t i = 0; i < h->e_phnum && im->segment_count < SEGMENTS_MAX; i++) {
		Elf64_Phdr p = widen_segment(im, raw + i * h->e_phentsize);

		if (p.p_type != PT_LOAD || !(p.p_flags & PF_X) || p.p_offset > im->size)
			continue;
		if (p.p_filesz > im->size - p.p_offset)
			p.p_filesz = im->size - p.p_offset;
		im->segment[im->segment_count++] =
			(struct segment){ p.p_offset, p.p_vaddr, p.p_filesz };
	}
	free(raw);
	return 0;
}

/* -- symbols -------------------------------------------------------------------------------- */

static Elf64_Sym widen_symbol(const struct image *im, const void *at)
{
	Elf64_Sym s;
	Elf32_Sym n;

	if (im->wide) {
		memcpy(&s, at, sizeof(s));
		return s;
	}
	memcpy(&n, at, sizeof(n));
	return (Elf64_Sym){ .st_name = n.st_name, .st_info = n.st_info, .st_shndx = n.st_shndx,
			    .st_value = n.st_value, .st_size = n.st_size };
}

/* Names people know go first: of one function getpid before __getpid, malloc before __libc_malloc,
 * and what others can call before what is local. */
static uint8_t rank(const char *name, unsigned int binding)
{
	size_t underscores = strspn(name, "_");

	return (binding == STB_LOCAL ? 64 : 0) + (underscores < 7 ? underscores : 7) * 4 +
	       (binding == STB_WEAK);
}

/* Where in the file the symbol is, and where it ends as far as its section and segment tell. */
static bool place(const struct image *im, const Elf64_Sym *raw, struct fti_elf_symbol *out)
{
	struct section section;
	uint64_t into;

	for (size_t i = 0; i < im->segment_count; i++) {
		const struct segment *g = &im->segment[i];

		if (raw->st_value < g->addr || raw->st_value - g->addr >= g->size)
			continue;
		into = raw->st_value - g->addr;
		out->offset = g->offset + into;
		out->end = g->offset + g->size;
		if (raw->st_size && raw->st_size < g->size - into)
			out->end = out->offset + raw->st_size;
		/* Else a last function without a size would reach into the next section, which may
		 * be the procedure linkage table and has no names. */
		if (!raw->st_size && section_at(im, raw->st_shndx, &section) &&
		    out->offset - section.offset < section.size &&
		    section.size < out->end - section.offset)
			out->end = section.offset + section.size;
		return true;
	}
	return false;
}

/* One of the two tables of symbols. */
struct table {
	struct section section, version;	/* version.size 0: none */
	char	      *strings;
	size_t	       strings_len;
};

static int add(struct ft_elf *e, const struct image *im, const Elf64_Sym *raw,
	       const struct table *t, bool old)
{
	const unsigned int type = ELF64_ST_TYPE(raw->st_info);
	struct fti_elf_symbol s = { .addr = raw->st_value, .size = raw->st_size, .old = old,
				    .indirect = type == STT_GNU_IFUNC };
	char *version;

	if ((type != STT_FUNC && type != STT_GNU_IFUNC) || raw->st_shndx == SHN_UNDEF ||
	    raw->st_shndx == SHN_ABS || raw->st_name >= t->strings_len || !place(im, raw, &s))
		return 0;
	s.name = t->strings + raw->st_name;
	if (strnlen(s.name, NAME_SIZE) == NAME_SIZE)
		return 0;
	/* The version is cut off in our copy; names that share their ends do so too.  "@@GLIBC_2.14" is
	 * the version that programs are linked with now, "@GLIBC_2.2.5" an old one. */
	version = strchr(s.name, '@');
	if (version) {
		s.old |= version[1] != '@' && version[1];
		*version = 0;
	}
	if (!*s.name)
		return 0;
	s.rank = rank(s.name, ELF64_ST_BIND(raw->st_info));
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
	e->symbol[e->count++] = s;
	return 0;
}

static int read_strings(const struct image *im, struct table *t)
{
	struct section s;
	int err;

	if (!section_at(im, t->section.link, &s) || s.type != SHT_STRTAB)
		return 0;
	err = s.size > STRINGS_MAX && s.size <= im->size ? -E2BIG :
	      load(im, s.offset, s.size, STRINGS_MAX, &t->strings);
	if (!err)
		t->strings_len = s.size;
	return err == -ENOEXEC ? 0 : err;
}

static int read_table(struct ft_elf *e, const struct image *im, const struct table *t)
{
	const size_t each = im->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym), step = CHUNK / each;
	uint64_t count = t->section.size / each;
	uint16_t version[CHUNK / sizeof(Elf32_Sym)];
	unsigned char chunk[CHUNK];
	int err = 0;

	for (uint64_t at = 0; !err && t->strings_len && at < count; at += step) {
		size_t n = count - at < step ? count - at : step;

		err = read_at(im, t->section.offset + at * each, chunk, n * each);
		if (!t->version.size || read_at(im, t->version.offset + at * 2, version, n * 2))
			memset(version, 0, sizeof(version));
		for (size_t i = 0; !err && i < n; i++) {
			Elf64_Sym raw = widen_symbol(im, chunk + i * each);

			err = add(e, im, &raw, t, version[i] & VERSION_HIDDEN);
		}
	}
	return err == -ENOEXEC ? 0 : err;
}

static bool find_section(const struct image *im, uint32_t type, struct section *out)
{
	for (size_t i = 0; section_at(im, i, out); i++)
		if (out->type == type)
			return true;
	*out = (struct section){ 0 };
	return false;
}

static int read_tables(struct ft_elf *e, const struct image *im)
{
	static const uint32_t types[2] = { SHT_SYMTAB, SHT_DYNSYM };
	int err = 0;

	for (size_t i = 0; !err && i < 2; i++) {
		struct table t = { 0 };

		if (!find_section(im, types[i], &t.section))
			continue;
		if (types[i] == SHT_DYNSYM)
			find_section(im, SHT_GNU_versym, &t.version);
		err = read_strings(im, &t);
		e->strings[i] = t.strings;
		e->strings_len += t.strings_len;
		if (!err)
			err = read_table(e, im, &t);
	}
	return err;
}

int fti_elf_read_symbols(struct ft_elf *elf, int fd)
{
	struct image im = { .fd = fd };
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOEXEC;
	im.size = st.st_size;
	err = read_header(&im);
	if (!err)
		err = read_sections(&im);
	if (!err)
		err = read_segments(&im);
	if (!err)
		err = read_tables(elf, &im);
	free(im.sections);
	return err;
}
