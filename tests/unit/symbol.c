/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ftrace/symbol.h"
#include "unit.h"

static const char kernel_text[] =
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T _text\n"
	"ffffffff81000100 t vfs_read\n"
	"ffffffff81000100 T ksys_read_alias\n"
	"ffffffff81000200 W vfs_write\n"
	"ffffffff81000300 T __irqentry_text_start\n"
	"ffffffff81000300 T asm_exc_page_fault\n"
	"ffffffff81000340 T __irqentry_text_end\n"
	"ffffffff81001000 T _etext\n"
	"ffffffff81200000 D __start_rodata\n"
	"ffffffff81200010 d vfs_data\n"
	"ffffffff81400000 T _sinittext\n"
	"ffffffff81400010 t early_thing\n"
	"ffffffff81400800 T _einittext\n"
	"ffffffffc0000000 t ext4_sync_file\t[ext4]\n"
	"ffffffffc0000080 d ext4_data\t[ext4]\n"
	"ffffffffc0000040 t ext4_open\t[ext4]\n"
	"ffffffffc0100000 t last_of_xfs\t[xfs]\n"
	"ffffffffc0300000 t bpf_prog_6deef7357e7b4530_sd_devices\t[bpf]\n"
	"ffffffffc0400000 t ftrace_trampoline\t[__builtin__ftrace]\n";

static struct ft_symbols *open_text(const char *text, size_t len, int *err)
{
	struct ft_symbols *syms = NULL;
	char path[64];
	int fd;

	fd = memfd_create("kallsyms", MFD_CLOEXEC);
	CU_ASSERT_FATAL(fd >= 0);
	while (len) {
		ssize_t n = write(fd, text, len);

		CU_ASSERT_FATAL(n > 0);
		text += n;
		len -= n;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*err = ft_symbols_open(&syms, path, NULL);
	close(fd);
	return syms;
}

static struct ft_symbols *open_kernel(void)
{
	struct ft_symbols *syms;
	int err;

	syms = open_text(kernel_text, strlen(kernel_text), &err);
	CU_ASSERT_EQUAL_FATAL(err, 0);
	return syms;
}

static void expect(const struct ft_symbols *syms, uint64_t addr, bool offset, const char *want)
{
	char buf[128];
	size_t len = ft_symbol_format(syms, addr, offset, buf, sizeof(buf));

	if (strcmp(buf, want) != 0)
		printf("# %" PRIx64 " is '%s', not '%s'\n", addr, buf, want);
	CU_ASSERT_STRING_EQUAL(buf, want);
	CU_ASSERT_EQUAL(len, strlen(want));
}

static void test_symbol_format_is_the_kernels_text(void)
{
	struct ft_symbols *s = open_kernel();

	expect(s, 0xffffffff81000200, false, "vfs_write");
	expect(s, 0xffffffff810002ff, false, "vfs_write");
	expect(s, 0xffffffff81000210, true, "vfs_write+0x10/0x100");
	expect(s, 0xffffffff81000200, true, "vfs_write+0x0/0x100");
	expect(s, 0xffffffffc0000000, false, "ext4_sync_file [ext4]");
	expect(s, 0xffffffffc0000044, true, "ext4_open+0x4/0x40 [ext4]");
	expect(s, 0x1000, false, "0x1000");
	expect(s, 0, true, "0x0");
	ft_symbols_close(s);
}

static void test_symbol_aliases_give_the_first_of_the_table(void)
{
	struct ft_symbols *s = open_kernel();

	expect(s, 0xffffffff81000000, false, "_stext");
	expect(s, 0xffffffff81000150, false, "vfs_read");
	expect(s, 0xffffffff81000300, false, "__irqentry_text_start");
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "ksys_read_alias", NULL), 0xffffffff81000100);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "__irqentry_text_end", NULL), 0xffffffff81000340);
	ft_symbols_close(s);
}

static void test_symbol_end_of_text_covers_nothing(void)
{
	struct ft_symbols *s = open_kernel();
	struct ft_symbol sym;

	expect(s, 0xffffffff81000fff, false, "__irqentry_text_end");
	expect(s, 0xffffffff81001000, false, "0xffffffff81001000");
	expect(s, 0xffffffff81200010, false, "0xffffffff81200010");
	expect(s, 0xffffffff81400000, false, "_sinittext");
	expect(s, 0xffffffff81400900, false, "0xffffffff81400900");
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "_etext", NULL), 0xffffffff81001000);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "vfs_data", NULL), 0);
	/* a module's data ends its text; the next module is far away */
	expect(s, 0xffffffffc0000080, false, "0xffffffffc0000080");
	expect(s, 0xffffffffc0100008, false, "last_of_xfs [xfs]");
	expect(s, 0xffffffffc02fffff, false, "0xffffffffc02fffff");
	CU_ASSERT_FALSE(ft_symbol_lookup(s, 0xffffffff80ffffff, &sym));
	CU_ASSERT_FALSE(ft_symbol_lookup(s, UINT64_MAX, &sym));
	ft_symbols_close(s);
}

static void test_symbol_lookup_tells_start_and_module(void)
{
	struct ft_symbols *s = open_kernel();
	struct ft_symbol sym;

	CU_ASSERT_TRUE_FATAL(ft_symbol_lookup(s, 0xffffffffc0000050, &sym));
	CU_ASSERT_EQUAL(sym.addr, 0xffffffffc0000040);
	CU_ASSERT_STRING_EQUAL(sym.name, "ext4_open");
	CU_ASSERT_STRING_EQUAL(sym.module, "ext4");
	CU_ASSERT_TRUE_FATAL(ft_symbol_lookup(s, 0xffffffff81400010, &sym));
	CU_ASSERT_STRING_EQUAL(sym.name, "early_thing");
	CU_ASSERT_PTR_NULL(sym.module);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "ext4_open", "ext4"), 0xffffffffc0000040);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "ext4_open", "xfs"), 0);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "no_such", NULL), 0);
	ft_symbols_close(s);
}

/* The kernel prints programs of BPF without a module, and does not know its own trampolines. */
static void test_symbol_generated_code_is_as_the_kernel_prints_it(void)
{
	struct ft_symbols *s = open_kernel();

	expect(s, 0xffffffffc0300010, false, "bpf_prog_6deef7357e7b4530_sd_devices");
	expect(s, 0xffffffffc0400000, false, "0xffffffffc0400000");
	ft_symbols_close(s);
}

static void test_symbol_format_fits_any_buffer(void)
{
	struct ft_symbols *s = open_kernel();
	char buf[8];

	memset(buf, 'x', sizeof(buf));
	CU_ASSERT_EQUAL(ft_symbol_format(s, 0xffffffffc0000000, true, buf, 5), 4);
	CU_ASSERT_STRING_EQUAL(buf, "ext4");
	CU_ASSERT_EQUAL(buf[5], 'x');
	CU_ASSERT_EQUAL(ft_symbol_format(s, 0xffffffffc0000000, true, buf, 1), 0);
	CU_ASSERT_EQUAL(buf[0], 0);
	buf[0] = 'x';
	CU_ASSERT_EQUAL(ft_symbol_format(s, 0xffffffffc0000000, true, buf, 0), 0);
	CU_ASSERT_EQUAL(buf[0], 'x');
	ft_symbols_close(s);
}

static void test_symbol_hostile_lines_are_passed_over(void)
{
	static const char head[] = "\n\nzz\n12345678123456789 T toolong\nffffffff81000000\n"
				   "ffffffff81000000 T\nffffffff81000000 TT two\n"
				   "ffffffff81000000 T name module\nffffffff81000000 T name [\n"
				   "ffffffff81000000 T name []\n-1 T minus\n0x10 T prefix\n"
				   "ffffffff81000000 A absolute\nffffffff81000008 t $x.12\n"
				   "ffffffff81000008 t $d\nffffffff81000008 t .Ltmp0\n";
	size_t len = sizeof(head) - 1, size = len + 300000;
	struct ft_symbols *s;
	char *text, buf[64];
	int err;

	text = malloc(size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	memcpy(text, head, len);
	/* a line longer than any buffer, whose tail looks like a good one */
	memset(text + len, 'a', 3 * 65536);
	len += 3 * 65536;
	len += sprintf(text + len, "ffffffff81000008 T evil\n");
	/* a name longer than the kernel's */
	len += sprintf(text + len, "ffffffff81000000 T ");
	memset(text + len, 'b', 600);
	len += 600;
	len += sprintf(text + len, "\nffffffff81000010 T good\nffffffff81000020 T cut");
	s = open_text(text, len, &err);
	CU_ASSERT_EQUAL_FATAL(err, 0);
	CU_ASSERT_EQUAL(ft_symbols_count(s), 2);
	ft_symbol_format(s, 0xffffffff81000010, false, buf, sizeof(buf));
	CU_ASSERT_STRING_EQUAL(buf, "good");
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "cut", NULL), 0xffffffff81000020);
	ft_symbols_close(s);
	free(text);
}

static void test_symbol_no_symbols_is_an_error(void)
{
	int err;

	CU_ASSERT_PTR_NULL(open_text("", 0, &err));
	CU_ASSERT_EQUAL(err, -ENODATA);
	CU_ASSERT_PTR_NULL(open_text("ffffffff81000000 d x\n", 21, &err));
	CU_ASSERT_EQUAL(err, -ENODATA);
	CU_ASSERT_PTR_NULL(open_text("\0\0\0\n\0", 5, &err));
	CU_ASSERT_EQUAL(err, -ENODATA);
}

static void test_symbol_missing_file_is_an_error(void)
{
	struct ft_symbols *s = (void *)1;

	CU_ASSERT_EQUAL(ft_symbols_open(&s, "/nonexistent/kallsyms", NULL), -ENOENT);
	CU_ASSERT_PTR_NULL(s);
	ft_symbols_close(NULL);
}

static const char hidden[] = "0000000000000000 T vfs_read\n0000000000000000 t vfs_write\n";

static void test_symbol_hidden_addresses_are_refused(void)
{
	int err;

	CU_ASSERT_PTR_NULL(open_text(hidden, strlen(hidden), &err));
	CU_ASSERT_EQUAL(err, -EACCES);
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void test_symbol_hidden_addresses_fall_back_to_ftrace(void)
{
	char dir[] = "/tmp/unit-symbol-XXXXXX", kallsyms[64], path[128];
	static const char addrs[] = "available_filter_functions_addrs";
	struct ft_symbols *s;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	put(dir, "kallsyms", hidden);
	snprintf(kallsyms, sizeof(kallsyms), "%s/kallsyms", dir);
	CU_ASSERT_EQUAL(ft_symbols_open(&s, kallsyms, dir), -EACCES);
	put(dir, addrs,
	    "ffffffff81000104 vfs_read\nffffffff81000204 __ftrace_invalid_address___4\n"
	    "ffffffffc0000004 ext4_open [ext4]\n");
	CU_ASSERT_EQUAL_FATAL(ft_symbols_open(&s, kallsyms, dir), 0);
	CU_ASSERT_EQUAL(ft_symbols_count(s), 2);
	expect(s, 0xffffffff81000104, false, "vfs_read");
	expect(s, 0xffffffffc0000004, true, "ext4_open [ext4]");
	/* between two functions may be one that ftrace does not know */
	expect(s, 0xffffffff81000150, false, "0xffffffff81000150");
	ft_symbols_close(s);
	snprintf(path, sizeof(path), "%s/%s", dir, addrs);
	unlink(path);
	unlink(kallsyms);
	rmdir(dir);
}

/* Addresses of modules may be further than 32 bits from the kernel's (arm64, powerpc). */
static void test_symbol_addresses_anywhere(void)
{
	static const char text[] = "c000000000001000 T one\nc000000000002000 T two\n"
				   "c008000000001000 t far [m]\nc008000100000fff t edge [m]\n"
				   "c008000100001000 t over [m]\nffffffffffffffff t top [n]\n"
				   "0000000000000001 T low\n";
	struct ft_symbols *s;
	int err;

	s = open_text(text, strlen(text), &err);
	CU_ASSERT_EQUAL_FATAL(err, 0);
	expect(s, 0xc000000000001fff, true, "one+0xfff/0x1000");
	expect(s, 0xc008000000001000, false, "far [m]");
	expect(s, 0xc0080000ffffffff, false, "far [m]");
	expect(s, 0xc008000100000fff, true, "edge+0x0/0x1 [m]");
	expect(s, 0xc008000100001000, false, "over [m]");
	expect(s, 1, false, "low");
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "over", "m"), 0xc008000100001000);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "top", "n"), UINT64_MAX);
	ft_symbols_close(s);
}

#define MANY 200000

static void test_symbol_200000_in_10_megabytes(void)
{
	size_t len = 0, size = MANY * 80;
	struct ft_symbols *s;
	char *text, want[64];
	int err;

	text = malloc(size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	for (int i = 0; i < MANY / 2; i++)
		len += snprintf(text + len, size - len, "%llx t subsys_function_name_%d\n",
				0xffffffff81000000 + i * 64ull, i);
	for (int i = MANY / 2; i < MANY; i++)
		len += snprintf(text + len, size - len,
				"%llx t subsys_function_name_%d\t[module%d]\n",
				0xffffffffc0000000 + i * 64ull, i, i / 1000);
	s = open_text(text, len, &err);
	free(text);
	CU_ASSERT_EQUAL_FATAL(err, 0);
	CU_ASSERT_EQUAL(ft_symbols_count(s), MANY);
	printf("# %d symbols: %zu bytes\n", MANY, ft_symbols_bytes(s));
	CU_ASSERT_TRUE(ft_symbols_bytes(s) < 10000000);
	/* no less than the names alone */
	CU_ASSERT_TRUE(ft_symbols_bytes(s) > MANY * 22);
	for (int i = 0; i < MANY / 2 - 1; i += 9973) {
		snprintf(want, sizeof(want), "subsys_function_name_%d+0x3f/0x40", i);
		expect(s, 0xffffffff81000000 + i * 64ull + 63, true, want);
	}
	for (int i = MANY / 2; i < MANY; i += 9973) {
		snprintf(want, sizeof(want), "subsys_function_name_%d [module%d]", i, i / 1000);
		expect(s, 0xffffffffc0000000 + i * 64ull, false, want);
	}
	ft_symbols_close(s);
}

static void test_symbol_this_kernel(void)
{
	struct ft_symbols *s;
	struct ft_symbol sym;
	uint64_t addr;
	int err;

	err = ft_symbols_open(&s, NULL, NULL);
	if (err) {
		CU_ASSERT(err == -EACCES || err == -ENOENT || err == -EPERM);
		unit_skip("/proc/kallsyms hides its addresses");
		return;
	}
	CU_ASSERT_TRUE(ft_symbols_count(s) > 10000);
	addr = ft_symbol_addr(s, "vfs_read", NULL);
	CU_ASSERT_TRUE_FATAL(addr != 0);
	CU_ASSERT_TRUE(ft_symbol_lookup(s, addr + 1, &sym));
	CU_ASSERT_EQUAL(sym.addr, addr);
	ft_symbols_close(s);
}

UNIT_SUITE("symbol",
	UNIT_TEST(test_symbol_format_is_the_kernels_text),
	UNIT_TEST(test_symbol_aliases_give_the_first_of_the_table),
	UNIT_TEST(test_symbol_end_of_text_covers_nothing),
	UNIT_TEST(test_symbol_lookup_tells_start_and_module),
	UNIT_TEST(test_symbol_generated_code_is_as_the_kernel_prints_it),
	UNIT_TEST(test_symbol_format_fits_any_buffer),
	UNIT_TEST(test_symbol_hostile_lines_are_passed_over),
	UNIT_TEST(test_symbol_no_symbols_is_an_error),
	UNIT_TEST(test_symbol_missing_file_is_an_error),
	UNIT_TEST(test_symbol_hidden_addresses_are_refused),
	UNIT_TEST(test_symbol_hidden_addresses_fall_back_to_ftrace),
	UNIT_TEST(test_symbol_addresses_anywhere),
	UNIT_TEST(test_symbol_200000_in_10_megabytes),
	UNIT_TEST(test_symbol_this_kernel));
