/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <sys/stat.h>

#include "elf-image.h"
#include "elf-internal.h"
#include "unit.h"

#define LEN(a)	 (sizeof(a) / sizeof((a)[0]))
#define FUNC	 ELF64_ST_INFO(STB_GLOBAL, STT_FUNC)
#define WEAK	 ELF64_ST_INFO(STB_WEAK, STT_FUNC)
#define LOCAL	 ELF64_ST_INFO(STB_LOCAL, STT_FUNC)
#define IFUNC	 ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC)
#define OBJECT	 ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT)
#define AT(into) (IMAGE_ADDR + (into))

/* -- helpers -------------------------------------------------------------------------------- */

/* "name offset" of each function, one a line; offsets from the image's text. */
struct listing {
	char   text[2048];
	size_t len;
};

static int list(void *arg, const struct ft_elf_symbol *s)
{
	struct listing *l = arg;

	l->len += snprintf(l->text + l->len, sizeof(l->text) - l->len, "%s %d%s%s\n", s->name,
			   (int)(s->offset - IMAGE_TEXT), s->indirect ? " indirect" : "",
			   s->old ? " old" : "");
	return 0;
}

static struct ft_elf *open_bytes(const void *bytes, size_t len, int want)
{
	struct ft_elf *elf = NULL;
	char path[64];
	int fd = image_file(bytes, len, path);

	CU_ASSERT_EQUAL(ft_elf_open(&elf, path), want);
	CU_ASSERT_EQUAL(!elf, want != 0);
	close(fd);
	return elf;
}

static struct ft_elf *open_image(const struct image *im)
{
	struct ft_elf *elf = open_bytes(im->bytes, im->len, 0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(elf);
	return elf;
}

static struct ft_elf *open_symbols(bool wide, const struct image_symbol *syms, size_t count)
{
	struct image im;

	image_begin(&im, wide);
	image_table(&im, IMAGE_SYMTAB, SHT_SYMTAB, syms, count);
	image_end(&im);
	return open_image(&im);
}

static void expect_list(struct ft_elf *elf, const char *want)
{
	struct listing l = { .len = 0 };

	CU_ASSERT_EQUAL(ft_elf_functions(elf, list, &l), 0);
	if (strcmp(l.text, want) != 0)
		printf("# functions:\n# %s\n", l.text);
	CU_ASSERT_STRING_EQUAL(l.text, want);
}

static void expect_at(const struct ft_elf *elf, uint64_t into, const char *want)
{
	struct ft_elf_symbol s = { .name = "none" };
	bool found = ft_elf_lookup(elf, IMAGE_TEXT + into, &s);

	if (strcmp(s.name, want) != 0)
		printf("# at 0x%x is '%s', not '%s'\n", (unsigned int)into, s.name, want);
	CU_ASSERT_STRING_EQUAL(s.name, want);
	CU_ASSERT_EQUAL(found, strcmp(want, "none") != 0);
}

/* -- files of this machine ------------------------------------------------------------------ */

struct wanted {
	const char	    *name;
	struct ft_elf_symbol found;
	int		     times;
};

static int note(void *arg, const struct ft_elf_symbol *s)
{
	struct wanted *w = arg;

	if (!strcmp(s->name, w->name)) {
		w->found = *s;
		w->times++;
	}
	return 0;
}

static int find_base(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct { const char *part; uintptr_t base; char path[4096]; } *b = arg;

	(void)size;
	if (*b->part ? !strstr(info->dlpi_name, b->part) : *info->dlpi_name)
		return 0;
	b->base = info->dlpi_addr;
	snprintf(b->path, sizeof(b->path), "%s", info->dlpi_name);
	return 1;
}

/* A function's code is in memory what it is in the file at the offset told. */
static void expect_code(const char *path, const struct ft_elf_symbol *s, const void *code)
{
	unsigned char bytes[8] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	CU_ASSERT_EQUAL(pread(fd, bytes, sizeof(bytes), s->offset), sizeof(bytes));
	CU_ASSERT_EQUAL(memcmp(bytes, code, sizeof(bytes)), 0);
	close(fd);
}

static void test_elf_finds_the_functions_of_this_program(void)
{
	struct { const char *part; uintptr_t base; char path[4096]; } self = { .part = "" };
	struct wanted w = { .name = "unit_read" };
	struct ft_elf_symbol s;
	struct ft_elf *elf;

	dl_iterate_phdr(find_base, &self);
	CU_ASSERT_EQUAL_FATAL(ft_elf_open(&elf, "/proc/self/exe"), 0);
	ft_elf_functions(elf, note, &w);
	CU_ASSERT_EQUAL(w.times, 1);
	CU_ASSERT_EQUAL(w.found.addr + self.base, (uintptr_t)unit_read);
	CU_ASSERT_TRUE(w.found.size > 8);
	expect_code("/proc/self/exe", &w.found, (const void *)unit_read);
	CU_ASSERT_TRUE_FATAL(ft_elf_lookup(elf, w.found.offset + 8, &s));
	CU_ASSERT_STRING_EQUAL(s.name, "unit_read");
	ft_elf_close(elf);
}

static void test_elf_finds_the_functions_of_libc(void)
{
	struct { const char *part; uintptr_t base; char path[4096]; } libc = { .part = "/libc.so" };
	struct wanted w = { .name = "getppid" };
	struct ft_elf *elf;
	void *handle;

	dl_iterate_phdr(find_base, &libc);
	handle = dlopen(libc.path, RTLD_NOW | RTLD_NOLOAD);
	if (!handle) {
		unit_skip("libc is not a shared library here");
		return;
	}
	CU_ASSERT_EQUAL_FATAL(ft_elf_open(&elf, libc.path), 0);
	CU_ASSERT_TRUE(ft_elf_count(elf) > 1000);
	ft_elf_functions(elf, note, &w);
	CU_ASSERT_EQUAL(w.times, 1);
	CU_ASSERT_EQUAL(w.found.addr + libc.base, (uintptr_t)dlsym(handle, "getppid"));
	expect_code(libc.path, &w.found, dlsym(handle, "getppid"));
	ft_elf_close(elf);
	dlclose(handle);
}

struct order {
	uint64_t offset;
	char	 name[2048];
	bool	 wrong;
};

static int check_order(void *arg, const struct ft_elf_symbol *s)
{
	struct order *o = arg;

	o->wrong |= s->offset < o->offset;
	o->wrong |= s->offset == o->offset && !strcmp(s->name, o->name);
	o->wrong |= !*s->name || strchr(s->name, '@');
	o->offset = s->offset;
	snprintf(o->name, sizeof(o->name), "%s", s->name);
	return 0;
}

static void test_elf_gives_functions_in_order_and_once(void)
{
	static const char *const names[] = { "/proc/self/exe", "libc", "libstdc++", "bash" };

	for (size_t i = 0; i < LEN(names); i++) {
		struct order o = { .offset = 0 };
		struct ft_elf *elf;
		char *path;

		if (ft_elf_find(names[i], 0, &path))
			continue;
		CU_ASSERT_EQUAL_FATAL(ft_elf_open(&elf, path), 0);
		CU_ASSERT_TRUE(ft_elf_count(elf) > 0);
		ft_elf_functions(elf, check_order, &o);
		CU_ASSERT_FALSE(o.wrong);
		CU_ASSERT_TRUE(fti_elf_bytes(elf) > ft_elf_count(elf) * sizeof(void *));
		ft_elf_close(elf);
		free(path);
	}
}

/* -- what is a function --------------------------------------------------------------------- */

static void test_elf_leaves_out_what_is_no_function_of_the_file(void)
{
	static const struct image_symbol syms[] = {
		{ "", 0, 0, 0, 0, 0 },
		{ "first", AT(0), 16, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "undefined", 0, 0, FUNC, SHN_UNDEF, 0 },
		{ "absolute", AT(8), 16, FUNC, SHN_ABS, 0 },
		{ "data", AT(8), 16, OBJECT, IMAGE_DOT_TEXT, 0 },
		{ "below", AT(-1), 16, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "last", AT(IMAGE_TEXT_SIZE - 1), 16, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "beyond", AT(IMAGE_TEXT_SIZE), 16, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "nowhere", UINT64_MAX, UINT64_MAX, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "", AT(4), 16, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "@V1", AT(4), 16, FUNC, IMAGE_DOT_TEXT, 0 },
	};
	struct ft_elf *elf;

	for (int wide = 0; wide < 2; wide++) {
		elf = open_symbols(wide, syms, LEN(syms));
		expect_list(elf, "first 0\nlast 255\n");
		expect_at(elf, IMAGE_TEXT_SIZE - 1, "last");
		expect_at(elf, IMAGE_TEXT_SIZE, "none");
		ft_elf_close(elf);
	}
}

static void test_elf_wants_an_executable_segment(void)
{
	static const struct image_symbol syms[] = { { "f", AT(0), 16, FUNC, IMAGE_DOT_TEXT, 0 } };
	struct ft_elf *elf;
	struct image im;

	image_begin(&im, true);
	image_table(&im, IMAGE_SYMTAB, SHT_SYMTAB, syms, LEN(syms));
	im.segment.p_flags = PF_R | PF_W;
	image_end(&im);
	elf = open_image(&im);
	CU_ASSERT_EQUAL(ft_elf_count(elf), 0);
	ft_elf_close(elf);
}

/* By how well people know them. */
static void test_elf_orders_the_names_of_one_function(void)
{
	static const struct image_symbol syms[] = {
		{ "a_local", AT(0), 8, LOCAL, IMAGE_DOT_TEXT, 0 },
		{ "__getpid", AT(0), 8, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "weak_name", AT(0), 8, WEAK, IMAGE_DOT_TEXT, 0 },
		{ "strong_name", AT(0), 8, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "_one", AT(0), 8, WEAK, IMAGE_DOT_TEXT, 0 },
		{ "weak_name", AT(0), 8, LOCAL, IMAGE_DOT_TEXT, 0 },
		{ "a_weak_name", AT(0), 8, WEAK, IMAGE_DOT_TEXT, 0 },
	};
	struct ft_elf *elf = open_symbols(true, syms, LEN(syms));

	expect_list(elf, "strong_name 0\na_weak_name 0\nweak_name 0\n_one 0\n__getpid 0\n"
		    "a_local 0\n");
	expect_at(elf, 7, "strong_name");
	ft_elf_close(elf);
}

static void test_elf_tells_versions_and_indirect_functions(void)
{
	static const struct image_symbol syms[] = {
		{ "memcpy@@GLIBC_2.14", AT(0), 8, IFUNC, IMAGE_DOT_TEXT, 0 },
		{ "memcpy@GLIBC_2.2.5", AT(16), 8, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "GLIBC_2.14", AT(32), 8, FUNC, IMAGE_DOT_TEXT, 0 },
	};
	static const struct image_symbol dynamic[] = {
		{ "memcpy", AT(0), 8, IFUNC, IMAGE_DOT_TEXT, 3 },
		{ "memcpy", AT(16), 8, FUNC, IMAGE_DOT_TEXT, 2 | 0x8000 },
		{ "realpath", AT(48), 8, FUNC, IMAGE_DOT_TEXT, 3 },
		{ "realpath", AT(64), 8, FUNC, IMAGE_DOT_TEXT, 2 | 0x8000 },
	};
	struct ft_elf *elf;
	struct image im;

	for (int wide = 0; wide < 2; wide++) {
		image_begin(&im, wide);
		image_table(&im, IMAGE_SYMTAB, SHT_SYMTAB, syms, LEN(syms));
		image_table(&im, IMAGE_DYNSYM, SHT_DYNSYM, dynamic, LEN(dynamic));
		image_end(&im);
		elf = open_image(&im);
		expect_list(elf, "memcpy 0 indirect\nmemcpy 16 old\nGLIBC_2.14 32\nrealpath 48\n"
			    "realpath 64 old\n");
		ft_elf_close(elf);
	}
}

static void test_elf_reads_stripped_files(void)
{
	static const struct image_symbol dynamic[] = { { "f", AT(0), 8, FUNC, IMAGE_DOT_TEXT, 0 } };
	struct ft_elf *elf;
	struct image im;

	image_begin(&im, true);
	image_table(&im, IMAGE_DYNSYM, SHT_DYNSYM, dynamic, 1);
	image_end(&im);
	elf = open_image(&im);
	expect_list(elf, "f 0\n");
	ft_elf_close(elf);
	im.header.e_shoff = 0;
	image_put(&im, 0, &im.header, sizeof(im.header));
	elf = open_image(&im);
	expect_list(elf, "");
	expect_at(elf, 0, "none");
	ft_elf_close(elf);
}

static void test_elf_lookup_tells_what_covers(void)
{
	static const struct image_symbol syms[] = {
		{ "outer", AT(0), 64, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "inner", AT(16), 8, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "unsized", AT(80), 0, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "unsized_alias", AT(80), 0, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "sized", AT(112), 16, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "too_long", AT(160), UINT64_MAX, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "tail", AT(176), 0, FUNC, IMAGE_DOT_TEXT, 0 },
	};
	struct ft_elf *elf;

	for (int wide = 0; wide < 2; wide++) {
		elf = open_symbols(wide, syms, LEN(syms));
		expect_at(elf, 0, "outer");
		expect_at(elf, 16, "inner");
		expect_at(elf, 23, "inner");
		expect_at(elf, 24, "outer");
		expect_at(elf, 63, "outer");
		expect_at(elf, 64, "none");
		expect_at(elf, 111, "unsized");
		expect_at(elf, 112, "sized");
		expect_at(elf, 128, "none");
		expect_at(elf, 191, "tail");
		/* what is behind the section is not the tail's, but within the other's size */
		expect_at(elf, 192, "too_long");
		expect_at(elf, 255, "too_long");
		expect_at(elf, 256, "none");
		expect_at(elf, -(uint64_t)IMAGE_TEXT - 1, "none");
		ft_elf_close(elf);
	}
}

static int stop(void *arg, const struct ft_elf_symbol *s)
{
	(void)s;
	return ++*(int *)arg == 2 ? 7 : 0;
}

static void test_elf_functions_stops_when_told(void)
{
	struct ft_elf *elf;
	int count = 0;

	CU_ASSERT_EQUAL_FATAL(ft_elf_open(&elf, "/proc/self/exe"), 0);
	CU_ASSERT_EQUAL(ft_elf_functions(elf, stop, &count), 7);
	CU_ASSERT_EQUAL(count, 2);
	ft_elf_close(elf);
}

/* -- without section headers ------------------------------------------------------------------ */

#define FILE_ADDR 0x10000	/* where all of an image's file is mapped, too */

enum { HASH_OLD = 1, HASH_GNU = 2 };

static void add_dyn(unsigned char *raw, size_t *len, bool wide, int64_t tag, uint64_t value)
{
	const Elf64_Dyn w = { .d_tag = tag, .d_un.d_val = value };
	const Elf32_Dyn n = { .d_tag = tag, .d_un.d_val = value };

	memcpy(raw + *len, wide ? (const void *)&w : &n, wide ? sizeof(w) : sizeof(n));
	*len += wide ? sizeof(w) : sizeof(n);
}

/* Of symbols from 1 on, all in one chain. */
static size_t add_gnu_hash(struct image *im, uint32_t count)
{
	/* buckets, first symbol, words of the filter, shift */
	uint32_t words[64] = { 1, 1, 1, 6 };
	size_t at = im->wide ? 6 : 5;

	words[at++] = 1;
	for (uint32_t i = 1; i < count; i++)
		words[at++] = 0x1000 + 2 * i + (i == count - 1);
	return image_add(im, words, at * 4);
}

/* What the dynamic linker needs, and nothing else. */
static void make_dynamic(struct image *im, bool wide, const struct image_symbol *syms,
			 uint32_t count, int hashes)
{
	const uint32_t hash[] = { 1, count };
	unsigned char raw[256];
	size_t len = 0, at;

	image_begin(im, wide);
	image_table(im, IMAGE_DYNSYM, SHT_DYNSYM, syms, count);
	add_dyn(raw, &len, wide, DT_SYMTAB, FILE_ADDR + im->section[IMAGE_DYNSYM].sh_offset);
	add_dyn(raw, &len, wide, DT_SYMENT, wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym));
	add_dyn(raw, &len, wide, DT_STRTAB, FILE_ADDR + im->section[IMAGE_DYNSTR].sh_offset);
	add_dyn(raw, &len, wide, DT_STRSZ, im->section[IMAGE_DYNSTR].sh_size);
	add_dyn(raw, &len, wide, DT_VERSYM, FILE_ADDR + im->section[IMAGE_VERSYM].sh_offset);
	if (hashes & HASH_OLD)
		add_dyn(raw, &len, wide, DT_HASH, FILE_ADDR + image_add(im, hash, sizeof(hash)));
	if (hashes & HASH_GNU)
		add_dyn(raw, &len, wide, DT_GNU_HASH, FILE_ADDR + add_gnu_hash(im, count));
	add_dyn(raw, &len, wide, DT_NULL, 0);
	at = image_add(im, raw, len);
	im->header.e_phnum = 3;
	im->more[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R, .p_vaddr = FILE_ADDR,
				    .p_filesz = IMAGE_SIZE };
	im->more[1] = (Elf64_Phdr){ .p_type = PT_DYNAMIC, .p_offset = at, .p_filesz = len };
	image_end(im);
	memset(im->bytes + im->header.e_shoff, 0, im->len - im->header.e_shoff);
	if (wide)
		memset(im->bytes + offsetof(Elf64_Ehdr, e_shoff), 0, 8);
	else
		memset(im->bytes + offsetof(Elf32_Ehdr, e_shoff), 0, 4);
}

static const struct image_symbol dynamic_syms[] = {
	{ "", 0, 0, 0, 0, 0 },
	{ "realpath", AT(48), 8, FUNC, IMAGE_DOT_TEXT, 3 },
	{ "realpath", AT(64), 8, FUNC, IMAGE_DOT_TEXT, 2 | 0x8000 },
	{ "data", FILE_ADDR + 8, 8, FUNC, IMAGE_DOT_TEXT, 2 },
	{ "last", AT(80), 0, FUNC, IMAGE_DOT_TEXT, 2 },
};

static void test_elf_reads_files_without_section_headers(void)
{
	static const int hashes[] = { HASH_OLD, HASH_GNU, HASH_OLD | HASH_GNU };
	struct ft_elf *elf;
	struct image im;

	for (int wide = 0; wide < 2; wide++) {
		for (size_t i = 0; i < LEN(hashes); i++) {
			make_dynamic(&im, wide, dynamic_syms, LEN(dynamic_syms), hashes[i]);
			elf = open_image(&im);
			expect_list(elf, "realpath 48\nrealpath 64 old\nlast 80\n");
			expect_at(elf, 255, "last");
			ft_elf_close(elf);
		}
		/* nothing tells their number */
		make_dynamic(&im, wide, dynamic_syms, LEN(dynamic_syms), 0);
		elf = open_image(&im);
		expect_list(elf, "");
		ft_elf_close(elf);
	}
}

struct text {
	char  *text;
	size_t len;
	FILE  *f;
};

static int print(void *arg, const struct ft_elf_symbol *s)
{
	const struct text *t = arg;

	fprintf(t->f, "%s %llx %llx %d%d\n", s->name, (unsigned long long)s->offset,
		(unsigned long long)s->size, s->indirect, s->old);
	return 0;
}

static char *text_of(const void *bytes, size_t len)
{
	struct ft_elf *elf = open_bytes(bytes, len, 0);
	struct text t = { .len = 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(elf);
	t.f = open_memstream(&t.text, &t.len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t.f);
	CU_ASSERT(ft_elf_count(elf) > 20);
	ft_elf_functions(elf, print, &t);
	fclose(t.f);
	ft_elf_close(elf);
	return t.text;
}

/* Make sections of a type something else. */
static void hide_sections(char *bytes, uint32_t type)
{
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)bytes;
	Elf64_Shdr *s = (Elf64_Shdr *)(bytes + h->e_shoff);

	for (size_t i = 0; i < h->e_shnum; i++)
		if (s[i].sh_type == type)
			s[i].sh_type = SHT_PROGBITS;
}

/* An entry of the dynamic segment; NULL: there is none. */
static Elf64_Dyn *find_tag(char *bytes, int64_t tag)
{
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)bytes;
	const Elf64_Phdr *p = (const Elf64_Phdr *)(bytes + h->e_phoff);

	for (size_t i = 0; i < h->e_phnum; i++) {
		Elf64_Dyn *d = (Elf64_Dyn *)(bytes + p[i].p_offset);

		for (; p[i].p_type == PT_DYNAMIC && d->d_tag; d++)
			if (d->d_tag == tag)
				return d;
	}
	return NULL;
}

/* The same functions by the sections, but .symtab, and by one of the hash tables. */
static void expect_same(const char *path, int64_t by, int64_t not_by)
{
	char *bytes, *want, *got;
	Elf64_Dyn *other;
	size_t len;

	bytes = unit_read(path, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	hide_sections(bytes, SHT_SYMTAB);
	want = text_of(bytes, len);
	((Elf64_Ehdr *)bytes)->e_shoff = 0;
	other = find_tag(bytes, not_by);
	if (other)
		other->d_tag = DT_DEBUG;
	if (find_tag(bytes, by)) {
		got = text_of(bytes, len);
		CU_ASSERT_EQUAL(strcmp(got, want), 0);
		free(got);
	}
	free(want);
	free(bytes);
}

static void test_elf_needs_no_sections_for_what_libraries_export(void)
{
	static const char *const names[] = { "libc", "libstdc++", "libcunit" };
	char *path;

	for (size_t i = 0; sizeof(void *) == 8 && i < LEN(names); i++) {
		if (ft_elf_find(names[i], 0, &path))
			continue;
		expect_same(path, DT_HASH, DT_GNU_HASH);
		expect_same(path, DT_GNU_HASH, DT_HASH);
		free(path);
	}
}

/* -- files that are not as they should be --------------------------------------------------- */

static void make_full(struct image *im, bool wide)
{
	static const struct image_symbol syms[] = {
		{ "one@@V2", AT(0), 8, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "two", AT(16), 0, WEAK, IMAGE_DOT_TEXT, 0x8001 },
	};

	image_begin(im, wide);
	image_table(im, IMAGE_SYMTAB, SHT_SYMTAB, syms, LEN(syms));
	image_table(im, IMAGE_DYNSYM, SHT_DYNSYM, syms, LEN(syms));
	image_end(im);
}

static void expect_error(const char *path, int want)
{
	struct ft_elf *elf = (struct ft_elf *)1;

	CU_ASSERT_EQUAL(ft_elf_open(&elf, path), want);
	CU_ASSERT_PTR_NULL(elf);
}

static void test_elf_refuses_what_is_no_program(void)
{
	char dir[] = "/tmp/elf-XXXXXX", fifo[64];
	struct image im;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	CU_ASSERT_EQUAL(mkfifo(fifo, 0600), 0);
	expect_error(dir, -ENOEXEC);
	expect_error(fifo, -ENOEXEC);
	expect_error("/dev/null", -ENOEXEC);
	expect_error("/proc/self/status", -ENOEXEC);
	expect_error("/nonexistent", -ENOENT);
	unlink(fifo);
	rmdir(dir);
	ft_elf_close(open_bytes("", 0, -ENOEXEC));
	ft_elf_close(open_bytes("#!/bin/sh\n", 10, -ENOEXEC));
	make_full(&im, true);
	im.bytes[EI_DATA] ^= ELFDATA2LSB ^ ELFDATA2MSB;
	ft_elf_close(open_bytes(im.bytes, im.len, -ENOEXEC));
	make_full(&im, true);
	im.bytes[EI_CLASS] = 3;
	ft_elf_close(open_bytes(im.bytes, im.len, -ENOEXEC));
	make_full(&im, true);
	im.bytes[offsetof(Elf64_Ehdr, e_type)] = ET_REL;
	ft_elf_close(open_bytes(im.bytes, im.len, -ENOEXEC));
}

/* Read to the end, whatever came of it. */
static void use(const void *bytes, size_t len)
{
	struct order o = { .offset = 0 };
	struct ft_elf *elf = NULL;
	struct ft_elf_symbol s;
	char path[64];
	int fd = image_file(bytes, len, path);

	if (!ft_elf_open(&elf, path)) {
		ft_elf_functions(elf, check_order, &o);
		CU_ASSERT_FALSE(o.wrong);
		for (uint64_t at = 0; at < len; at += 8)
			ft_elf_lookup(elf, at, &s);
	}
	ft_elf_close(elf);
	close(fd);
}

static void test_elf_survives_files_cut_and_changed_anywhere(void)
{
	static const unsigned char values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	struct image im;

	for (int turn = 0; turn < 6; turn++) {
		if (turn < 2)
			make_full(&im, turn);
		else
			make_dynamic(&im, turn % 2, dynamic_syms, LEN(dynamic_syms),
				     turn < 4 ? HASH_OLD : HASH_GNU);
		for (size_t len = 0; len < im.len; len += 3)
			use(im.bytes, len);
		for (size_t at = 0; at < im.len; at++) {
			unsigned char was = im.bytes[at];

			if (at >= IMAGE_TEXT && at < IMAGE_TEXT + IMAGE_TEXT_SIZE)
				continue;
			for (size_t i = 0; i < LEN(values); i++) {
				im.bytes[at] = values[i];
				use(im.bytes, im.len);
			}
			im.bytes[at] = was;
		}
	}
}

/* No bucket has a symbol: all are before the first that the chains hold. */
static void test_elf_reads_hash_tables_that_are_empty(void)
{
	struct ft_elf *elf;
	struct image im;
	size_t at;

	make_dynamic(&im, true, dynamic_syms, LEN(dynamic_syms), HASH_GNU);
	at = im.more[1].p_offset - 16;
	while (at && memcmp(im.bytes + at, &(uint32_t[4]){ 1, 1, 1, 6 }, 16) != 0)
		at--;
	CU_ASSERT_NOT_EQUAL_FATAL(at, 0);
	/* the first symbol, the bucket */
	memcpy(im.bytes + at + 4, &(uint32_t){ LEN(dynamic_syms) }, 4);
	memset(im.bytes + at + 24, 0, 4);
	elf = open_image(&im);
	expect_list(elf, "realpath 48\nrealpath 64 old\nlast 80\n");
	ft_elf_close(elf);
	/* a chain that does not end in the file */
	memcpy(im.bytes + at + 4, &(uint32_t){ 1 }, 4);
	memcpy(im.bytes + at + 24, &(uint32_t){ 1 }, 4);
	for (size_t i = at + 28; i + 4 <= im.len; i += 4)
		if (i < im.more[1].p_offset || i >= im.more[1].p_offset + im.more[1].p_filesz)
			im.bytes[i] &= 0xfe;
	use(im.bytes, im.more[1].p_offset + im.more[1].p_filesz);
}

/* Counts that do not fit the header are in the first section's. */
static void test_elf_reads_extended_counts(void)
{
	struct ft_elf *elf;
	struct image im;

	make_full(&im, true);
	im.header.e_shnum = 0;
	image_put(&im, 0, &im.header, sizeof(im.header));
	im.section[0].sh_size = IMAGE_SECTIONS;
	image_put(&im, im.header.e_shoff, &im.section[0], sizeof(im.section[0]));
	elf = open_image(&im);
	expect_list(elf, "one 0\ntwo 16\n");
	ft_elf_close(elf);
	im.section[0].sh_size = UINT64_MAX;
	image_put(&im, im.header.e_shoff, &im.section[0], sizeof(im.section[0]));
	use(im.bytes, im.len);
}

/* A table of names that would take all memory is not read; the file need not have it on disk. */
static void test_elf_bounds_what_it_holds(void)
{
	struct ft_elf *elf = NULL;
	struct image im;
	char path[64];
	int fd;

	make_full(&im, true);
	im.section[IMAGE_STRTAB].sh_size = 1ull << 32;
	image_put(&im, im.header.e_shoff, im.section, sizeof(im.section[0]) * IMAGE_SECTIONS);
	fd = image_file(im.bytes, im.len, path);
	CU_ASSERT_EQUAL(ftruncate(fd, 1ull << 33), 0);
	CU_ASSERT_EQUAL(ft_elf_open(&elf, path), -E2BIG);
	CU_ASSERT_PTR_NULL(elf);
	close(fd);
}

static void test_elf_leaves_out_endless_names(void)
{
	static char name[1500];
	const struct image_symbol syms[] = { { name, AT(0), 8, FUNC, IMAGE_DOT_TEXT, 0 },
					     { "f", AT(8), 8, FUNC, IMAGE_DOT_TEXT, 0 } };
	static char bytes[IMAGE_SIZE];
	struct ft_elf *elf;
	struct image im;

	memset(name, 'n', sizeof(name) - 1);
	elf = open_symbols(true, syms, LEN(syms));
	CU_ASSERT_EQUAL(ft_elf_count(elf), 2);
	ft_elf_close(elf);
	/* the names' table at the end of the file, all of it one name */
	image_begin(&im, true);
	image_table(&im, IMAGE_SYMTAB, SHT_SYMTAB, syms, LEN(syms));
	im.section[IMAGE_STRTAB].sh_offset = IMAGE_SIZE - 4000;
	im.section[IMAGE_STRTAB].sh_size = 4000;
	image_end(&im);
	memcpy(bytes, im.bytes, IMAGE_SIZE);
	memset(bytes + IMAGE_SIZE - 4000, 'n', 4000);
	elf = open_bytes(bytes, sizeof(bytes), 0);
	expect_list(elf, "");
	ft_elf_close(elf);
}

UNIT_SUITE("elf",
	   UNIT_TEST(test_elf_finds_the_functions_of_this_program),
	   UNIT_TEST(test_elf_finds_the_functions_of_libc),
	   UNIT_TEST(test_elf_gives_functions_in_order_and_once),
	   UNIT_TEST(test_elf_leaves_out_what_is_no_function_of_the_file),
	   UNIT_TEST(test_elf_wants_an_executable_segment),
	   UNIT_TEST(test_elf_orders_the_names_of_one_function),
	   UNIT_TEST(test_elf_tells_versions_and_indirect_functions),
	   UNIT_TEST(test_elf_reads_stripped_files),
	   UNIT_TEST(test_elf_lookup_tells_what_covers),
	   UNIT_TEST(test_elf_functions_stops_when_told),
	   UNIT_TEST(test_elf_refuses_what_is_no_program),
	   UNIT_TEST(test_elf_survives_files_cut_and_changed_anywhere),
	   UNIT_TEST(test_elf_reads_extended_counts),
	   UNIT_TEST(test_elf_bounds_what_it_holds),
	   UNIT_TEST(test_elf_leaves_out_endless_names),
	   UNIT_TEST(test_elf_reads_files_without_section_headers),
	   UNIT_TEST(test_elf_reads_hash_tables_that_are_empty),
	   UNIT_TEST(test_elf_needs_no_sections_for_what_libraries_export));
