/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notes and arguments of built-in probes, in files made here. */
#include <errno.h>

#include "elf-image.h"
#include "ftrace/session.h"
#include "unit.h"
#include "usdt-internal.h"

#define LEN(a)	 (sizeof(a) / sizeof((a)[0]))
#define AT(into) (IMAGE_ADDR + (into))
#define DATA	 0x800	/* of the writable segment, in file and memory */
#define DATA_ADDR 0x600800
#define DATA_SIZE 0x100
#define OBJECT	 ELF64_ST_INFO(STB_LOCAL, STT_OBJECT)

/* -- helpers ---------------------------------------------------------------------------------- */

struct note {
	uint64_t    addr, base, semaphore;
	const char *provider, *name, *args;
};

static size_t put_words(unsigned char *to, bool wide, const uint64_t word[3])
{
	for (int i = 0; i < 3; i++) {
		const uint32_t narrow = word[i];

		if (wide)
			memcpy(to + 8 * i, &word[i], 8);
		else
			memcpy(to + 4 * i, &narrow, 4);
	}
	return wide ? 24 : 12;
}

static size_t put_note(unsigned char *to, bool wide, const struct note *n)
{
	static const char owner[] = "stapsdt";
	const uint64_t word[3] = { n->addr, n->base, n->semaphore };
	unsigned char *desc = to + sizeof(Elf64_Nhdr) + sizeof(owner);
	size_t len = put_words(desc, wide, word);
	Elf64_Nhdr h = { .n_namesz = sizeof(owner), .n_type = 3 };

	len += sprintf((char *)desc + len, "%s", n->provider) + 1;
	len += sprintf((char *)desc + len, "%s", n->name) + 1;
	len += sprintf((char *)desc + len, "%s", n->args) + 1;
	h.n_descsz = len;
	memcpy(to, &h, sizeof(h));
	memcpy(to + sizeof(h), owner, sizeof(owner));
	return sizeof(h) + sizeof(owner) + (len + 3) / 4 * 4;
}

/* The text, a writable segment, these notes, and .stapsdt.base at an address if not 0. */
static void begin_image(struct image *im, bool wide, const struct note *notes, size_t count,
			uint64_t base)
{
	static const char names[] = "\0.stapsdt.base";
	unsigned char raw[2048] = { 0 }, data[DATA_SIZE] = { 0 };
	size_t len = 0;

	image_begin(im, wide);
	im->header.e_machine = wide ? EM_X86_64 : EM_386;
	im->header.e_phnum = 2;
	im->more[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = DATA,
				    .p_vaddr = DATA_ADDR, .p_filesz = DATA_SIZE };
	image_put(im, DATA, data, sizeof(data));
	for (size_t i = 0; i < count; i++)
		len += put_note(raw + len, wide, &notes[i]);
	image_section(im, IMAGE_NOTES, SHT_NOTE, 0, raw, len);
	image_section(im, IMAGE_NAMES, SHT_STRTAB, 0, names, sizeof(names));
	im->header.e_shstrndx = IMAGE_NAMES;
	if (base)
		im->section[IMAGE_BASE] = (Elf64_Shdr){ .sh_name = 1, .sh_type = SHT_PROGBITS,
							.sh_flags = SHF_ALLOC, .sh_addr = base };
}

static struct ft_usdt *open_bytes(const void *bytes, size_t len, int want)
{
	struct ft_usdt *u = (struct ft_usdt *)1;
	char path[64];
	int fd = image_file(bytes, len, path);

	CU_ASSERT_EQUAL(ft_usdt_open(&u, path), want);
	CU_ASSERT_EQUAL(!u, want != 0);
	close(fd);
	return u;
}

static struct ft_usdt *open_image(struct image *im)
{
	struct ft_usdt *u;

	image_end(im);
	u = open_bytes(im->bytes, im->len, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(u);
	return u;
}

static struct ft_usdt *open_notes(bool wide, const struct note *notes, size_t count, uint64_t base)
{
	struct image im;

	begin_image(&im, wide, notes, count, base);
	return open_image(&im);
}

/* "label offset semaphore args" of each, a line each. */
static int list(void *arg, const struct ft_usdt_probe *p)
{
	char *text = arg;

	sprintf(text + strlen(text), "%s 0x%x%s 0x%x %s\n", p->label, (unsigned int)p->offset,
		p->guarded ? " guarded" : "", (unsigned int)p->semaphore, p->args);
	CU_ASSERT_EQUAL(strncmp(p->label, p->provider, strlen(p->provider)), 0);
	CU_ASSERT_STRING_EQUAL(strchr(p->label, ':') + 1, p->name);
	return 0;
}

static void expect_list(struct ft_usdt *u, const char *want)
{
	char text[4096] = "";

	CU_ASSERT_EQUAL(ft_usdt_probes(u, list, text), 0);
	if (strcmp(text, want) != 0)
		printf("# probes:\n# %s\n", text);
	CU_ASSERT_STRING_EQUAL(text, want);
	ft_usdt_close(u);
}

/* -- notes ------------------------------------------------------------------------------------ */

static void test_usdt_lists_probes_in_order_and_once(void)
{
	static const struct note notes[] = {
		{ AT(32), 0, 0, "lib", "two", "8@%rdi" },
		{ AT(16), 0, 0, "lib", "one", "" },
		{ AT(8), 0, 0, "lib", "two", "-4@$5 8@%rax" },
		{ AT(16), 0, 0, "lib", "one", "" },
		{ AT(16), 0, 0, "an-other.x", "one__x", "4@%eax" },
	};

	for (int wide = 0; wide < 2; wide++)
		expect_list(open_notes(wide, notes, LEN(notes), 0),
			    "an-other.x:one__x 0x210 0x0 4@%eax\n"
			    "lib:one 0x210 0x0 \n"
			    "lib:two 0x208 0x0 -4@$5 8@%rax\n"
			    "lib:two 0x220 0x0 8@%rdi\n");
}

static void test_usdt_places_semaphores_in_the_file(void)
{
	static const struct note notes[] = {
		{ AT(0), 0, DATA_ADDR, "p", "first", "" },
		{ AT(0), 0, DATA_ADDR + DATA_SIZE - 2, "p", "last", "" },
		{ AT(0), 0, DATA_ADDR + DATA_SIZE - 1, "p", "beyond", "" },
		{ AT(0), 0, AT(0), "p", "readonly", "" },
	};

	for (int wide = 0; wide < 2; wide++)
		expect_list(open_notes(wide, notes, LEN(notes), 0),
			    "p:beyond 0x200 guarded 0x0 \n"
			    "p:first 0x200 guarded 0x800 \n"
			    "p:last 0x200 guarded 0x8fe \n"
			    "p:readonly 0x200 guarded 0x0 \n");
}

/* The notes know where .stapsdt.base was when the file was linked. */
static void test_usdt_adds_what_addresses_have_moved(void)
{
	static const struct note notes[] = {
		{ AT(16) - 0x1000, 0x9000, DATA_ADDR + 2 - 0x1000, "p", "moved_up", "" },
		{ AT(16) + 0x2000, 0xc000, 0, "p", "moved_down", "" },
		{ AT(16), 0xa000, 0, "p", "not_moved", "" },
		{ AT(16), 0, 0, "p", "without_base", "" },
	};

	for (int wide = 0; wide < 2; wide++)
		expect_list(open_notes(wide, notes, LEN(notes), 0xa000),
			    "p:moved_down 0x210 0x0 \n"
			    "p:moved_up 0x210 guarded 0x802 \n"
			    "p:not_moved 0x210 0x0 \n"
			    "p:without_base 0x210 0x0 \n");
}

static void test_usdt_leaves_out_what_is_no_probe(void)
{
	char longest[128], too_long[129];
	const struct note notes[] = {
		{ AT(0), 0, 0, "good", "one", "" },
		{ AT(-1), 0, 0, "p", "below", "" },
		{ AT(IMAGE_TEXT_SIZE), 0, 0, "p", "beyond", "" },
		{ DATA_ADDR, 0, 0, "p", "data", "" },
		{ UINT64_MAX, 0, 0, "p", "nowhere", "" },
		{ AT(0), 0, 0, "", "n", "" },
		{ AT(0), 0, 0, "p", "", "" },
		{ AT(0), 0, 0, "with blank", "n", "" },
		{ AT(0), 0, 0, "p", "line\nbreak", "" },
		{ AT(0), 0, 0, "a:b", "n", "" },
		{ AT(0), 0, 0, "p", "umlaut\xc3\xa4", "" },
		{ AT(0), 0, 0, "p", too_long, "" },
		{ AT(IMAGE_TEXT_SIZE - 1), 0, 0, longest, "n", "" },
	};
	char want[256];

	memset(longest, 'l', sizeof(longest));
	memset(too_long, 't', sizeof(too_long));
	longest[127] = too_long[128] = 0;
	snprintf(want, sizeof(want), "good:one 0x200 0x0 \n%s:n 0x2ff 0x0 \n", longest);
	for (int wide = 0; wide < 2; wide++)
		expect_list(open_notes(wide, notes, LEN(notes), 0), want);
}

static void test_usdt_leaves_out_other_notes(void)
{
	static const struct note note = { AT(0), 0, 0, "p", "n", "" };
	struct image im;

	begin_image(&im, true, &note, 1, 0);
	im.bytes[im.section[IMAGE_NOTES].sh_offset + offsetof(Elf64_Nhdr, n_type)] = 4;
	expect_list(open_image(&im), "");
	begin_image(&im, true, &note, 1, 0);
	im.bytes[im.section[IMAGE_NOTES].sh_offset + sizeof(Elf64_Nhdr)] = 'S';
	expect_list(open_image(&im), "");
	begin_image(&im, true, &note, 1, 0);
	im.section[IMAGE_NOTES].sh_flags = SHF_COMPRESSED;
	expect_list(open_image(&im), "");
	begin_image(&im, true, &note, 1, 0);
	im.section[IMAGE_NOTES].sh_type = SHT_PROGBITS;
	expect_list(open_image(&im), "");
	image_begin(&im, true);
	expect_list(open_image(&im), "");
}

static void test_usdt_refuses_what_is_no_program(void)
{
	struct ft_usdt *u = (struct ft_usdt *)1;

	open_bytes("", 0, -ENOEXEC);
	open_bytes("#!/bin/sh\n", 10, -ENOEXEC);
	CU_ASSERT_EQUAL(ft_usdt_open(&u, "/nonexistent"), -ENOENT);
	CU_ASSERT_PTR_NULL(u);
	CU_ASSERT_EQUAL(ft_usdt_open(&u, "/tmp"), -ENOEXEC);
	CU_ASSERT_EQUAL(ft_usdt_open(&u, "/dev/null"), -ENOEXEC);
	ft_usdt_close(NULL);
}

/* -- files that are not as they should be ------------------------------------------------------ */

static const struct ft_usdt_kernel all = { true, true, true };

static int read_args(void *arg, const struct ft_usdt_probe *p)
{
	struct ft_usdt_arg args[FT_USDT_ARGS_MAX];
	const int count = ft_usdt_args(arg, p, &all, args);

	for (int i = 0; i < count; i++)
		CU_ASSERT(!args[i].why == !!*args[i].fetch && !args[i].why == !!args[i].type);
	return 0;
}

/* Read to the end, whatever came of it. */
static void use(const void *bytes, size_t len)
{
	struct ft_usdt *u = NULL;
	char path[64];
	int fd = image_file(bytes, len, path);

	if (!ft_usdt_open(&u, path))
		ft_usdt_probes(u, read_args, u);
	ft_usdt_close(u);
	close(fd);
}

static void make_full(struct image *im, bool wide)
{
	static const struct note notes[] = {
		{ AT(0), 0x9000, DATA_ADDR, "p", "n", "8@%rdi -4@v(%rip)" },
		{ AT(8), 0x9000, 0, "p", "n", "4@%eax" },
	};
	static const struct image_symbol syms[] = {
		{ "v@@V1", DATA_ADDR, 8, OBJECT, IMAGE_DOT_TEXT, 0 },
	};

	begin_image(im, wide, notes, LEN(notes), 0x9000);
	image_table(im, IMAGE_SYMTAB, SHT_SYMTAB, syms, LEN(syms));
	image_end(im);
}

static void test_usdt_survives_files_cut_and_changed_anywhere(void)
{
	static const unsigned char values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	struct image im;

	for (int wide = 0; wide < 2; wide++) {
		make_full(&im, wide);
		for (size_t len = 0; len < im.len; len += 3)
			use(im.bytes, len);
		for (size_t at = 0; at < im.len; at++) {
			unsigned char was = im.bytes[at];

			if (at >= IMAGE_TEXT && at < DATA + DATA_SIZE)
				continue;
			for (size_t i = 0; i < LEN(values); i++) {
				im.bytes[at] = values[i];
				use(im.bytes, im.len);
			}
			im.bytes[at] = was;
		}
	}
}

/* Strings and notes that end with the section, and those that would end after it. */
static void test_usdt_reads_nothing_beyond_the_notes(void)
{
	static const struct note note = { AT(0), 0, 0, "p", "n", "4@%eax" };
	struct image im;
	size_t len;

	begin_image(&im, true, &note, 1, 0);
	len = im.section[IMAGE_NOTES].sh_size;
	for (size_t cut = 0; cut <= len; cut++) {
		/* the words, and three strings without what fills up the last */
		const size_t whole = sizeof(Elf64_Nhdr) + 8 + 24 + 4 + sizeof("4@%eax");

		begin_image(&im, true, &note, 1, 0);
		im.section[IMAGE_NOTES].sh_size = len - cut;
		expect_list(open_image(&im), len - cut < whole ? "" : "p:n 0x200 0x0 4@%eax\n");
	}
}

static void test_usdt_bounds_what_it_holds(void)
{
	struct image im;
	char path[64];
	struct ft_usdt *u = NULL;
	int fd;

	make_full(&im, true);
	im.section[IMAGE_NOTES].sh_size = 65u << 20;
	image_put(&im, im.header.e_shoff, im.section, sizeof(im.section));
	fd = image_file(im.bytes, im.len, path);
	CU_ASSERT_EQUAL(ftruncate(fd, 1u << 30), 0);
	CU_ASSERT_EQUAL(ft_usdt_open(&u, path), -E2BIG);
	CU_ASSERT_PTR_NULL(u);
	close(fd);
}

/* -- arguments -------------------------------------------------------------------------------- */

struct wanted {
	const char *args, *want;	/* "fetch:type" or "!reason" of each, a blank between */
};

struct check {
	const struct ft_usdt	    *usdt;
	const struct ft_usdt_kernel *kernel;
	const char		    *want;
};

static int check_args(void *arg, const struct ft_usdt_probe *p)
{
	const struct check *c = arg;
	struct ft_usdt_arg args[FT_USDT_ARGS_MAX];
	const int count = ft_usdt_args(c->usdt, p, c->kernel, args);
	char got[1024] = "";

	for (int i = 0; i < count; i++) {
		const struct ft_usdt_arg *a = &args[i];

		sprintf(got + strlen(got), "%s%s%s%s", i ? " " : "", a->why ? "!" : a->fetch,
			a->why ? "" : ":", a->why ? a->why : a->type);
		CU_ASSERT(a->text >= p->args);
		CU_ASSERT(a->text + a->text_len <= p->args + strlen(p->args));
	}
	if (args[0].why ? !strstr(got, c->want) : strcmp(got, c->want) != 0) {
		printf("# '%s' is '%s', not '%s'\n", p->args, got, c->want);
		CU_FAIL("an argument is another");
	}
	return 1;
}

static void expect_args(uint16_t machine, const struct ft_usdt_kernel *kernel,
			const struct wanted *w, size_t count)
{
	static const struct image_symbol syms[] = {
		{ "var@@V1", DATA_ADDR + 16, 8, OBJECT, IMAGE_DOT_TEXT, 0 },
		{ "low", 0x1000, 8, OBJECT, IMAGE_DOT_TEXT, 0 },
		{ "twice", DATA_ADDR, 8, OBJECT, IMAGE_DOT_TEXT, 0 },
		{ "twice", DATA_ADDR + 8, 8, OBJECT, IMAGE_DOT_TEXT, 0 },
		{ "again", DATA_ADDR, 8, OBJECT, IMAGE_DOT_TEXT, 0 },
		{ "again", DATA_ADDR, 8, OBJECT, IMAGE_DOT_TEXT, 0 },
		{ "elsewhere", 0, 0, OBJECT, SHN_UNDEF, 0 },
		{ "function", AT(0), 8, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), IMAGE_DOT_TEXT, 0 },
	};

	for (size_t i = 0; i < count; i++) {
		const struct note note = { AT(32), 0, 0, "p", "n", w[i].args };
		struct check c = { .kernel = kernel, .want = w[i].want };
		struct ft_usdt *u;
		struct image im;

		begin_image(&im, machine != EM_386, &note, 1, 0);
		im.header.e_machine = machine;
		image_table(&im, IMAGE_SYMTAB, SHT_SYMTAB, syms, LEN(syms));
		c.usdt = u = open_image(&im);
		CU_ASSERT_EQUAL(ft_usdt_probes(u, check_args, &c), 1);
		ft_usdt_close(u);
	}
}

static void test_usdt_arguments_of_x86(void)
{
	/* The probe is at 0x400220. */
	static const struct wanted w[] = {
		{ "8@%rdi", "%di:u64" },
		{ "-4@%esi 2@%dx -1@%cl", "%si:s32 %dx:u16 %cx:s8" },
		{ "-8@%r8 4@%r9d 2@%r10w -1@%r15b", "%r8:s64 %r9:u32 %r10:u16 %r15:s8" },
		{ "1@%sil 1@%bpl 4@%esp", "%si:u8 %bp:u8 %sp:u32" },
		{ "-4@%rax", "%ax:s32" },
		{ "8@%eax -8@%al", "%ax:u32 %ax:s8" },
		{ "%rdi %eax", "%di:u64 %ax:u32" },
		{ "  8@%rdi   4@%eax ", "%di:u64 %ax:u32" },
		{ "-4@-20(%rbp)", "-20(%bp):s32" },
		{ "8@(%rax) 8@0x10(%r12) 2@8+4(%rsp)", "+0(%ax):u64 +16(%r12):u64 +12(%sp):u16" },
		{ "(%rax)", "+0(%ax):u64" },
		{ "-4@$-5 4@$5 8@$0x10 1@$-1", "\\-5:s32 \\5:u32 \\16:u64 \\-1:s8" },
		{ "8@$18446744073709551615 -8@$-9223372036854775807",
		  "\\18446744073709551615:u64 \\-9223372036854775807:s64" },
		{ "$7", "\\7:u64" },
		{ "8@var(%rip)", "+2098672(%ip):u64" },
		{ "-4@var+4(%rip) 4@4+var(%rip) 4@-4+var(%rip)",
		  "+2098676(%ip):s32 +2098676(%ip):u32 +2098668(%ip):u32" },
		{ "8@var 8@again(%rip)", "+2098672(%ip):u64 +2098656(%ip):u64" },
		{ "8@low(%rip)", "-4190752(%ip):u64" },
	};

	expect_args(EM_X86_64, &all, w, LEN(w));
}

static void test_usdt_arguments_of_x86_that_cannot_be_fetched(void)
{
	static const struct wanted w[] = {
		{ "8@(%rax,%rcx,8)", "!its address is made of two registers" },
		{ "8@8(,%rcx,8)", "!its address is made of two registers" },
		{ "8f@%xmm0", "!it is in a floating-point or vector register" },
		{ "16@%ymm15", "!it is in a floating-point" },
		{ "8@%st(1)", "!it is in a floating-point" },
		{ "8f@-8(%rbp)", "!it is a floating-point number" },
		{ "1@%ah", "!it is in the upper part of a register" },
		{ "8@%fs:0x28", "!it is thread-local" },
		{ "8@$var", "!it is the address of a symbol" },
		{ "16@8(%rsp)", "!the kernel fetches nothing of its size" },
		{ "3@%eax", "!the kernel fetches nothing of its size" },
		{ "99999999999999999999@%eax", "!the kernel fetches nothing of its size" },
		{ "8@twice(%rip)", "!several variables have its name" },
		{ "8@missing(%rip)", "!the file does not tell where its variable is" },
		{ "8@elsewhere(%rip)", "!the file does not tell where its variable is" },
		{ "8@function(%rip)", "!the file does not tell where its variable is" },
		{ "8@var(%rax)", "!its address is made of a symbol and a register" },
		{ "8@var@GOTPCREL(%rip)", "!its description is not understood" },
		{ "8@8(%rip)", "!its description is not understood" },
		{ "8@(%eax)", "!its description is not understood" },
		{ "8@%nosuch", "!its description is not understood" },
		{ "8@%r16", "!its description is not understood" },
		{ "8@%r8x", "!its description is not understood" },
		{ "8@", "!its description is not understood" },
		{ "8@%", "!its description is not understood" },
		{ "8@1234", "!its description is not understood" },
		{ "8@99999999999999999999(%rax)", "!its description is not understood" },
		{ "8@9223372036854775807+1(%rax)", "!its description is not understood" },
		{ "8@$5x", "!its description is not understood" },
		{ "8@$-", "!its description is not understood" },
		{ "8@(%rax", "!its description is not understood" },
		{ "8@(%rax)x", "!its description is not understood" },
		{ "8@var+again(%rip)", "!its description is not understood" },
		{ "\x01\xff", "!its description is not understood" },
		{ "8@%rdi\n-:x/y", "!its description is not understood" },
		{ "@@@", "!its description is not understood" },
	};

	expect_args(EM_X86_64, &all, w, LEN(w));
}

static void test_usdt_arguments_of_i386(void)
{
	static const struct wanted w[] = {
		{ "-4@%eax 1@%dl", "%ax:s32 %dx:u8" },
		{ "-4@-20(%ebp) (%esp)", "-20(%bp):s32 +0(%sp):u32" },
		{ "4@var", "+2098672(%ip):u32" },
		{ "8@(%rax)", "!its description is not understood" },
		{ "4@var@GOTOFF(%ebx)", "!its description is not understood" },
	};

	expect_args(EM_386, &all, w, LEN(w));
}

static void test_usdt_arguments_of_arm64(void)
{
	static const struct wanted w[] = {
		{ "8@x0 -4@w30 -8@sp 8@w1", "%x0:u64 %x30:s32 %sp:s64 %x1:u32" },
		{ "8@fp 8@lr", "%x29:u64 %x30:u64" },
		{ "8@[sp, 8] -4@[x19]", "+8(%sp):u64 +0(%x19):s32" },
		{ "8@[x0, #-16] 2@[x29,24]", "-16(%x0):u64 +24(%x29):u16" },
		{ "-4@-7 4@5 1@#3 8@xzr", "\\-7:s32 \\5:u32 \\3:u8 \\0:u64" },
		{ "8@[x0, x1]", "!its address is made of two registers" },
		{ "8@[x0, w1, sxtw 3]", "!its address is made of two registers" },
		{ "8@d0", "!it is in a floating-point or vector register" },
		{ "8@[x0, #:lo12:var]", "!its description is not understood" },
		{ "8@[x0], 8", "!its description is not understood" },
		{ "8@[x0, 8]!", "!its description is not understood" },
		{ "8@[w0]", "!its description is not understood" },
		{ "8@[sp, 8", "!its description is not understood" },
		{ "8@x31", "!its description is not understood" },
		{ "8@%rdi", "!its description is not understood" },
		{ "8@", "!its description is not understood" },
	};

	expect_args(EM_AARCH64, &all, w, LEN(w));
}

static void test_usdt_arguments_of_other_machines_are_refused(void)
{
	static const struct wanted w[] = {
		{ "8@3", "!arguments of this kind of processor are not known here" },
	};

	expect_args(EM_PPC64, &all, w, LEN(w));
}

static void test_usdt_arguments_that_old_kernels_do_not_fetch(void)
{
	static const struct ft_usdt_kernel first = { .memory = false }, middle = { .memory = true };
	static const struct wanted on_first[] = {
		{ "8@%rdi", "%di:u64" },
		{ "8@(%rdi)", "!it is in memory, and this kernel's user probes fetch registers" },
		{ "8@var(%rip)", "!it is in memory" },
		{ "4@$5", "!it is a constant, which this kernel does not fetch" },
	};
	static const struct wanted on_middle[] = {
		{ "8@(%rdi) 8@var(%rip)", "+0(%di):u64 +2098672(%ip):u64" },
		{ "4@$5", "!it is a constant" },
	};

	expect_args(EM_X86_64, &first, on_first, LEN(on_first));
	expect_args(EM_X86_64, &middle, on_middle, LEN(on_middle));
}

static int format_args(void *arg, const struct ft_usdt_probe *p)
{
	struct check *c = arg;
	struct ft_usdt_arg args[FT_USDT_ARGS_MAX];
	char buf[FT_USDT_FETCH_SIZE];

	ft_usdt_fetch(args, ft_usdt_args(c->usdt, p, c->kernel, args), buf);
	CU_ASSERT_STRING_EQUAL(buf, c->want);
	return 0;
}

static void expect_format(const char *text, const char *want)
{
	const struct note note = { AT(32), 0, 0, "p", "n", text };
	struct ft_usdt *u = open_notes(true, &note, 1, 0);
	struct check c = { .usdt = u, .kernel = &all, .want = want };

	ft_usdt_probes(u, format_args, &c);
	ft_usdt_close(u);
}

static void test_usdt_arguments_keep_their_numbers(void)
{
	char text[16 * 32] = "", want[16 * 48] = "";

	expect_format("", "");
	expect_format("8f@%xmm0", "");
	expect_format("8@%rdi 8f@%xmm0 -4@$5", "arg1=%di:u64 arg3=\\5:s32");
	/* the longest that there are, and more than there can be */
	for (int i = 0; i < 13; i++) {
		strcat(text, "-8@-9223372036854775807(%r15) ");
		if (i < FT_USDT_ARGS_MAX)
			sprintf(want + strlen(want), "%sarg%d=-9223372036854775807(%%r15):s64",
				i ? " " : "", i + 1);
	}
	expect_format(text, want);
}

UNIT_SUITE("usdt",
	   UNIT_TEST(test_usdt_lists_probes_in_order_and_once),
	   UNIT_TEST(test_usdt_places_semaphores_in_the_file),
	   UNIT_TEST(test_usdt_adds_what_addresses_have_moved),
	   UNIT_TEST(test_usdt_leaves_out_what_is_no_probe),
	   UNIT_TEST(test_usdt_leaves_out_other_notes),
	   UNIT_TEST(test_usdt_refuses_what_is_no_program),
	   UNIT_TEST(test_usdt_survives_files_cut_and_changed_anywhere),
	   UNIT_TEST(test_usdt_reads_nothing_beyond_the_notes),
	   UNIT_TEST(test_usdt_bounds_what_it_holds),
	   UNIT_TEST(test_usdt_arguments_of_x86),
	   UNIT_TEST(test_usdt_arguments_of_x86_that_cannot_be_fetched),
	   UNIT_TEST(test_usdt_arguments_of_i386),
	   UNIT_TEST(test_usdt_arguments_of_arm64),
	   UNIT_TEST(test_usdt_arguments_of_other_machines_are_refused),
	   UNIT_TEST(test_usdt_arguments_that_old_kernels_do_not_fetch),
	   UNIT_TEST(test_usdt_arguments_keep_their_numbers));
