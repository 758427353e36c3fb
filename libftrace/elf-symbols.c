/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "elf-file.h"

/* The largest programs (browsers, with all symbols) have 200 MB of names, two million symbols. */
#define STRINGS_MAX  (256u << 20)
#define SYMBOLS_MAX  (16u << 20)
#define DYNAMIC_MAX  (64u << 10)
#define CHUNK	     65536
#define WORDS	     256

/* In SHT_GNU_versym: not the version that programs are linked with. */
#define VERSION_HIDDEN 0x8000

/* One of the two tables: where in the file its parts are. */
struct table {
	uint64_t offset, count;			/* of symbols; 0: none */
	uint64_t version, version_count;	/* count 0: none */
	uint64_t names, names_size;
};

static size_t symbol_size(const struct fti_elf_file *f)
{
	return f->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
}

/* -- by sections ---------------------------------------------------------------------------- */

static bool find_section(const struct fti_elf_file *f, uint32_t type, Elf64_Shdr *out)
{
	for (size_t i = 0; fti_elf_file_section(f, i, out); i++)
		if (out->sh_type == type)
			return true;
	return false;
}

static struct table table_of_section(const struct fti_elf_file *f, uint32_t type)
{
	Elf64_Shdr symbols, names, version;
	struct table t = { 0 };

	if (!find_section(f, type, &symbols) ||
	    !fti_elf_file_section(f, symbols.sh_link, &names) || names.sh_type != SHT_STRTAB)
		return t;
	t = (struct table){ .offset = symbols.sh_offset,
			    .count = symbols.sh_size / symbol_size(f),
			    .names = names.sh_offset, .names_size = names.sh_size };
	if (type == SHT_DYNSYM && find_section(f, SHT_GNU_versym, &version)) {
		t.version = version.sh_offset;
		t.version_count = version.sh_size / sizeof(uint16_t);
	}
	return t;
}

/* -- by the dynamic segment ------------------------------------------------------------------ */

/* What the dynamic linker uses, all addresses but the two sizes; 0: not there. */
struct dynamic {
	uint64_t symbols, symbol_size, names, names_size, hash, gnu_hash, version;
};

static void take(struct dynamic *d, int64_t tag, uint64_t value)
{
	switch (tag) {
	case DT_SYMTAB:
		d->symbols = value;
		break;
	case DT_SYMENT:
		d->symbol_size = value;
		break;
	case DT_STRTAB:
		d->names = value;
		break;
	case DT_STRSZ:
		d->names_size = value;
		break;
	case DT_HASH:
		d->hash = value;
		break;
	case DT_GNU_HASH:
		d->gnu_hash = value;
		break;
	case DT_VERSYM:
		d->version = value;
		break;
	}
}

static int read_dynamic(const struct fti_elf_file *f, struct dynamic *d)
{
	const size_t each = f->wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
	const uint64_t len = f->dynamic_size < DYNAMIC_MAX ? f->dynamic_size : DYNAMIC_MAX;
	char *raw;
	int err = fti_elf_file_load(f, f->dynamic, len, DYNAMIC_MAX, &raw);

	*d = (struct dynamic){ 0 };
	if (err)
		return err;
	for (size_t i = 0; i < len / each; i++) {
		Elf64_Dyn wide;
		Elf32_Dyn narrow;

		memcpy(&wide, raw + i * each, f->wide ? sizeof(wide) : 0);
		memcpy(&narrow, raw + i * each, f->wide ? 0 : sizeof(narrow));
		if (f->wide ? !wide.d_tag : !narrow.d_tag)
			break;
		take(d, f->wide ? wide.d_tag : narrow.d_tag,
		     f->wide ? wide.d_un.d_val : narrow.d_un.d_val);
	}
	free(raw);
	return 0;
}

/* Where in the file an address is; 0: it is not. */
static uint64_t offset_of(const struct fti_elf_file *f, uint64_t addr)
{
	const struct fti_elf_segment *g = addr ? fti_elf_file_segment(f, addr, 0) : NULL;

	return g ? g->offset + (addr - g->addr) : 0;
}

static bool read_words(const struct fti_elf_file *f, uint64_t offset, uint32_t *words, size_t count)
{
	return offset && !fti_elf_file_read(f, offset, words, count * sizeof(*words));
}

/* The highest of the buckets' words: where the last chain begins. */
static uint32_t last_bucket(const struct fti_elf_file *f, uint64_t buckets, uint32_t count)
{
	uint32_t words[WORDS], last = 0, n;

	for (uint32_t i = 0; i < count; i += n) {
		n = count - i < WORDS ? count - i : WORDS;
		if (!read_words(f, buckets + (uint64_t)i * sizeof(uint32_t), words, n))
			return 0;
		for (uint32_t k = 0; k < n; k++)
			last = words[k] > last ? words[k] : last;
	}
	return last;
}

/* Words to an odd one, which ends a chain, that included; 0: there is none. */
static uint64_t chain_length(const struct fti_elf_file *f, uint64_t offset)
{
	uint32_t words[WORDS];
	uint64_t len = 0;

	while (len < SYMBOLS_MAX && offset < f->size) {
		const uint64_t rest = (f->size - offset) / sizeof(*words);
		const size_t n = rest < WORDS ? rest : WORDS;

		if (!n || !read_words(f, offset, words, n))
			return 0;
		for (size_t i = 0; i < n; i++, len++)
			if (words[i] & 1)
				return len + 1;
		offset += n * sizeof(*words);
	}
	return 0;
}

/* The chains hold all symbols from `base` on, each in the place of its number. */
static uint64_t count_chained(const struct fti_elf_file *f, uint64_t buckets, uint32_t count,
			      uint32_t base)
{
	const uint64_t chains = buckets + (uint64_t)count * sizeof(uint32_t);
	const uint32_t last = count > SYMBOLS_MAX ? 0 : last_bucket(f, buckets, count);

	if (last < base)
		return base;
	return last + chain_length(f, chains + (uint64_t)(last - base) * sizeof(uint32_t));
}

/* Nothing says how many symbols there are but the hash tables. */
static uint64_t count_symbols(const struct fti_elf_file *f, const struct dynamic *d)
{
	const uint64_t gnu = offset_of(f, d->gnu_hash);
	uint32_t head[4];

	if (read_words(f, offset_of(f, d->hash), head, 2))
		return head[1];
	if (!read_words(f, gnu, head, 4))
		return 0;
	/* buckets, first symbol in the chains, words of the filter */
	return count_chained(f, gnu + sizeof(head) + (uint64_t)head[2] * (f->wide ? 8 : 4), head[0],
			     head[1]);
}

static int table_of_dynamic(const struct fti_elf_file *f, struct table *t)
{
	struct dynamic d;
	int err = read_dynamic(f, &d);

	*t = (struct table){ 0 };
	if (err || d.symbol_size != symbol_size(f))
		return err == -ENOEXEC ? 0 : err;
	*t = (struct table){ .offset = offset_of(f, d.symbols), .names = offset_of(f, d.names),
			     .names_size = d.names_size, .version = offset_of(f, d.version) };
	if (t->offset && t->names)
		t->count = count_symbols(f, &d);
	if (t->version)
		t->version_count = t->count;
	return 0;
}

/* -- symbols -------------------------------------------------------------------------------- */

static Elf64_Sym widen_symbol(const struct fti_elf_file *f, const void *at)
{
	Elf64_Sym s;
	Elf32_Sym n;

	if (f->wide) {
		memcpy(&s, at, sizeof(s));
		return s;
	}
	memcpy(&n, at, sizeof(n));
	return (Elf64_Sym){ .st_name = n.st_name, .st_info = n.st_info, .st_shndx = n.st_shndx,
			    .st_value = n.st_value, .st_size = n.st_size };
}

static int walk(const struct fti_elf_file *f, const struct table *t, char *names,
		fti_elf_on_symbol *fn, void *arg)
{
	const size_t each = symbol_size(f), step = CHUNK / each;
	uint16_t version[CHUNK / sizeof(Elf32_Sym)];
	unsigned char chunk[CHUNK];
	int ret = 0;

	for (uint64_t at = 0; !ret && at < t->count; at += step) {
		size_t n = t->count - at < step ? t->count - at : step;

		ret = fti_elf_file_read(f, t->offset + at * each, chunk, n * each);
		if (at + n > t->version_count ||
		    fti_elf_file_read(f, t->version + at * 2, version, n * 2))
			memset(version, 0, sizeof(version));
		for (size_t i = 0; !ret && i < n; i++) {
			const Elf64_Sym s = widen_symbol(f, chunk + i * each);

			if (s.st_name < t->names_size && names[s.st_name])
				ret = fn(arg, &s, names + s.st_name, version[i] & VERSION_HIDDEN);
		}
	}
	return ret == -ENOEXEC ? 0 : ret;
}

static int read_table(const struct fti_elf_file *f, struct table *t, char **names,
		      struct fti_elf_strings *strings, fti_elf_on_symbol *fn, void *arg)
{
	const uint64_t rest = t->offset < f->size ? f->size - t->offset : 0;
	int err;

	if (t->count > rest / symbol_size(f))
		t->count = rest / symbol_size(f);
	if (!t->count)
		return 0;
	err = t->count > SYMBOLS_MAX || (t->names_size > STRINGS_MAX && t->names_size <= f->size) ?
	      -E2BIG : fti_elf_file_load(f, t->names, t->names_size, STRINGS_MAX, names);
	if (err)
		return err == -ENOEXEC ? 0 : err;
	strings->len += t->names_size;
	return walk(f, t, *names, fn, arg);
}

int fti_elf_file_symbols(const struct fti_elf_file *f, struct fti_elf_strings *strings,
			 fti_elf_on_symbol *fn, void *arg)
{
	struct table all = table_of_section(f, SHT_SYMTAB);
	struct table dynamic = table_of_section(f, SHT_DYNSYM);
	int ret = 0;

	*strings = (struct fti_elf_strings){ .len = 0 };
	if (!all.count && !dynamic.count)
		ret = table_of_dynamic(f, &dynamic);
	if (!ret)
		ret = read_table(f, &all, &strings->table[0], strings, fn, arg);
	if (!ret)
		ret = read_table(f, &dynamic, &strings->table[1], strings, fn, arg);
	return ret;
}

void fti_elf_strings_free(struct fti_elf_strings *strings)
{
	free(strings->table[0]);
	free(strings->table[1]);
}
