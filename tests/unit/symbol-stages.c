/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ftrace/symbol.h"
#include "unit.h"

/* The kernel's own in order, then modules in no order and even below the kernel, as on arm64; with
 * names at the place of _etext on both sides of it, and one name three times. */
static const char layout[] =
	"0000000000000000 A fixed_percpu_data\n"
	"0000000000001000 A cpu_tss_rw\n"
	"ffff800080000000 T _stext\n"
	"ffff800080000000 T _text\n"
	"ffff800080000100 t vfs_read\n"
	"ffff800080000180 r table_in_text\n"
	"ffff800080000180 T after_table\n"
	"ffff800080000200 t twice\n"
	"ffff800080000300 W vfs_write\n"
	"ffff800080001000 T end_of_thunks\n"
	"ffff800080001000 T _etext\n"
	"ffff800080001000 T also_the_end\n"
	"ffff800080200000 D __start_rodata\n"
	"ffff800080200010 d vfs_data\n"
	"ffff800080400000 T _sinittext\n"
	"ffff800080400010 t early_thing\n"
	"ffff800080400800 T _einittext\n"
	"ffff800080500000 B bss\n"
	"ffff80007a000000 t ext4_sync_file\t[ext4]\n"
	"ffff80007a000080 d ext4_data\t[ext4]\n"
	"ffff80007a000060 d more_data\t[ext4]\n"
	"ffff80007a000040 t twice\t[ext4]\n"
	"ffff80007fffff00 t just_below\t[low]\n"
	"ffff8000f0000000 t twice\t[far]\n"
	"fffffffff0000000 t bpf_prog_6deef7357e7b4530_sd_devices\t[bpf]\n";

static int text_file(const char *text, size_t len)
{
	int fd = memfd_create("kallsyms", MFD_CLOEXEC);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL_FATAL(write(fd, text, len), (ssize_t)len);
	return fd;
}

static int open_fd(struct ft_symbols **out, int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return ft_symbols_open(out, path, NULL);
}

static int open_text(struct ft_symbols **out, const char *text)
{
	int fd = text_file(text, strlen(text)), err;

	err = open_fd(out, fd);
	close(fd);
	return err;
}

static struct ft_symbols *open_layout(void)
{
	struct ft_symbols *s;

	CU_ASSERT_EQUAL_FATAL(open_text(&s, layout), 0);
	return s;
}

static void expect(const struct ft_symbols *s, uint64_t addr, const char *want)
{
	char buf[128];

	ft_symbol_format(s, addr, true, buf, sizeof(buf));
	if (strcmp(buf, want) != 0)
		printf("# %" PRIx64 " is '%s', not '%s'\n", addr, buf, want);
	CU_ASSERT_STRING_EQUAL(buf, want);
}

/* The list with its last line, a module's, in front: no kernel's order, and so read at once. */
static struct ft_symbols *open_whole(const char *text, size_t len)
{
	struct ft_symbols *s = NULL;
	size_t last = len - 1, bytes;
	char *copy = malloc(len);
	int fd;

	while (text[last - 1] != '\n')
		last--;
	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, text + last, len - last);
	memcpy(copy + len - last, text, last);
	fd = text_file(copy, len);
	free(copy);
	CU_ASSERT_EQUAL_FATAL(open_fd(&s, fd), 0);
	close(fd);
	bytes = ft_symbols_bytes(s);
	CU_ASSERT_TRUE(ft_symbols_count(s) > 0);
	CU_ASSERT_EQUAL(ft_symbols_bytes(s), bytes);
	return s;
}

static void expect_same(const struct ft_symbols *s, const struct ft_symbols *whole, uint64_t addr)
{
	struct ft_symbol x = { .addr = 0 }, y = { .addr = 0 };
	char want[700];

	ft_symbol_format(whole, addr, true, want, sizeof(want));
	expect(s, addr, want);
	CU_ASSERT_EQUAL(ft_symbol_lookup(s, addr, &x), ft_symbol_lookup(whole, addr, &y));
	CU_ASSERT_EQUAL(x.addr, y.addr);
	CU_ASSERT_EQUAL(!x.module, !y.module);
}

static void compare(const char *text, size_t len, size_t step)
{
	struct ft_symbols *s, *whole = open_whole(text, len);
	int fd = text_file(text, len);
	const char *line = text;
	uint64_t addr;

	CU_ASSERT_EQUAL_FATAL(open_fd(&s, fd), 0);
	close(fd);
	for (size_t i = 0; line; i++) {
		if (i % step == 0) {
			addr = strtoull(line, NULL, 16);
			for (int d = -1; d < 2; d++)
				expect_same(s, whole, addr + d);
			expect_same(s, whole, addr + 70000);
		}
		line = memchr(line, '\n', text + len - line);
		line = line && line + 1 < text + len ? line + 1 : NULL;
	}
	CU_ASSERT_EQUAL(ft_symbols_count(s), ft_symbols_count(whole));
	ft_symbols_close(s);
	ft_symbols_close(whole);
}

static void test_symbol_stages_agree_with_the_whole(void)
{
	compare(layout, sizeof(layout) - 1, 1);
}

/* Though most data is passed over. */
static void test_symbol_data_of_modules_ends_their_text(void)
{
	struct ft_symbols *s = open_layout();

	expect(s, 0xffff80007a00003f, "ext4_sync_file+0x3f/0x40 [ext4]");
	expect(s, 0xffff80007a00005f, "twice+0x1f/0x20 [ext4]");
	expect(s, 0xffff80007a000060, "0xffff80007a000060");
	ft_symbols_close(s);
}

static void test_symbol_stages_agree_on_this_kernel(void)
{
	static const char module[] = "ffffffffffff0000 t last\t[unit]\n";
	size_t len = 0, room = 64u << 20;
	char *text = malloc(room), *etext;
	int fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	while (fd >= 0 && (n = read(fd, text + len, room - sizeof(module) - len)) > 0)
		len += n;
	close(fd);
	text[len] = 0;
	etext = strstr(text, " T _etext\n");
	if (etext && etext - text >= 16 && strncmp(etext - 16, "0000000000000000", 16) != 0)
		compare(text, len + sprintf(text + len, "%s", module), 97);
	else
		unit_skip("/proc/kallsyms hides its addresses");
	free(text);
}

/* A long text, then one line that may change. */
static int big_file(off_t *last)
{
	size_t len = 0, room = 10000 * 48;
	char *text = malloc(room);
	int fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	for (int i = 0; i < 9000; i++)
		len += snprintf(text + len, room - len, "%llx t function_%d\n",
				0xffffffff81000000 + i * 16ull, i);
	len += snprintf(text + len, room - len, "ffffffff81100000 T _etext\n");
	for (int i = 0; i < 3000; i++)
		len += snprintf(text + len, room - len, "ffffffff82%06x d some_data_%d\n", i, i);
	*last = len;
	len += snprintf(text + len, room - len, "ffffffffc0000000 t old_name\t[m]\n");
	fd = text_file(text, len);
	free(text);
	return fd;
}

static void test_symbol_rest_is_read_when_asked_for(void)
{
	static const char line[] = "ffffffffc0000000 t new_name\t[m]\n";
	struct ft_symbol first, module;
	struct ft_symbols *s;
	size_t bytes;
	off_t last;
	int fd = big_file(&last);

	CU_ASSERT_EQUAL_FATAL(open_fd(&s, fd), 0);
	CU_ASSERT_TRUE_FATAL(ft_symbol_lookup(s, 0xffffffff81000015, &first));
	CU_ASSERT_STRING_EQUAL(first.name, "function_1");
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "function_8999", NULL), 0xffffffff81000000 + 8999 * 16);
	expect(s, 0xffffffff810fffff, "function_8999+0xdcd8f/0xdcd90");
	bytes = ft_symbols_bytes(s);
	CU_ASSERT_EQUAL_FATAL(pwrite(fd, line, sizeof(line) - 1, last), sizeof(line) - 1);
	CU_ASSERT_TRUE_FATAL(ft_symbol_lookup(s, 0xffffffffc0000000, &module));
	CU_ASSERT_STRING_EQUAL(module.name, "new_name");
	CU_ASSERT_NOT_EQUAL(ft_symbols_bytes(s), bytes);
	/* what was told before is still there */
	CU_ASSERT_STRING_EQUAL(first.name, "function_1");
	CU_ASSERT_EQUAL(ft_symbols_count(s), 9002);
	ft_symbols_close(s);
	close(fd);
}

static int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void test_symbol_file_is_closed_with_the_table(void)
{
	const int before = open_files();
	struct ft_symbols *s = open_layout();

	CU_ASSERT_EQUAL(open_files(), before + 1);
	expect(s, 0xffff800080000101, "vfs_read+0x1/0x80");
	CU_ASSERT_EQUAL(open_files(), before + 1);
	ft_symbols_close(s);
	CU_ASSERT_EQUAL(open_files(), before);
	s = open_layout();
	CU_ASSERT_EQUAL(ft_symbols_count(s), 17);
	CU_ASSERT_EQUAL(open_files(), before);
	ft_symbols_close(s);
	CU_ASSERT_EQUAL(open_text(&s, "ffffffff81000000 d x\n"), -ENODATA);
	CU_ASSERT_EQUAL(open_files(), before);
}

static void test_symbol_names_of_the_kernel_go_first(void)
{
	struct ft_symbols *s = open_layout();

	CU_ASSERT_EQUAL(ft_symbol_addr(s, "twice", NULL), 0xffff800080000200);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "twice", "ext4"), 0xffff80007a000040);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "twice", "far"), 0xffff8000f0000000);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "_etext", NULL), 0xffff800080001000);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "early_thing", NULL), 0xffff800080400010);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "vfs_rea", NULL), 0);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "vfs_read_", NULL), 0);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "", NULL), 0);
	ft_symbols_close(s);
	/* and so in a table without stages */
	s = open_whole(layout, sizeof(layout) - 1);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "twice", NULL), 0xffff800080000200);
	ft_symbols_close(s);
}

static void test_symbol_hidden_text_hides_all(void)
{
	struct ft_symbols *s;

	CU_ASSERT_EQUAL(open_text(&s, "0000000000000000 A percpu\n0000000000000000 T _text\n"
				      "0000000000000000 T _etext\nffffffffc0000000 t f\t[m]\n"),
			-EACCES);
	CU_ASSERT_PTR_NULL(s);
	/* a beginning of zeros proves nothing */
	CU_ASSERT_EQUAL_FATAL(open_text(&s, "0000000000000000 T zero\n0000000000000000 T null\n"
					    "ffffffff81000000 T _text\nffffffff81000100 T _etext\n"
					    "ffffffffc0000000 t f\t[m]\n"), 0);
	expect(s, 0xffffffff81000010, "_text+0x10/0x100");
	expect(s, 0xffffffffc0000000, "f+0x0/0x10000 [m]");
	ft_symbols_close(s);
}

/* Then nothing is known about what follows. */
static void test_symbol_other_orders_are_read_whole(void)
{
	static const char *const texts[] = {
		"ffffffff81000200 T b\nffffffff81000100 T a\nffffffff81001000 T _etext\n"
		"ffffffff81000300 T c\n",
		"ffffffff81001000 T _etext\nffffffff81000100 T a\nffffffff81000200 T b\n"
		"ffffffff81000300 T c\n",
		"ffffffffc0000000 t m\t[m]\nffffffff81000100 T a\nffffffff81000200 T b\n"
		"ffffffff81001000 T _etext\nffffffff81000300 T c\n",
		"ffffffff81000100 T a\nffffffff81000200 T b\nffffffff81001000 T _etext\t[m]\n"
		"ffffffff81000300 T c\nffffffff81001000 T _etext\n",
	};
	struct ft_symbols *s;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CU_ASSERT_EQUAL_FATAL(open_text(&s, texts[i]), 0);
		expect(s, 0xffffffff81000101, "a+0x1/0x100");
		expect(s, 0xffffffff81000201, "b+0x1/0x100");
		expect(s, 0xffffffff81000301, "c+0x1/0xd00");
		ft_symbols_close(s);
	}
	CU_ASSERT_EQUAL_FATAL(open_text(&s, "ffffffff81000100 T a\nffffffff81000200 t f\t[m]\n"
					    "ffffffff81001000 T _etext\n"), 0);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "f", "m"), 0xffffffff81000200);
	ft_symbols_close(s);
}

static void test_symbol_rest_that_fails_covers_nothing(void)
{
	size_t len, room = 6000 * 48;
	struct ft_symbols *s;
	char *text = malloc(room);
	int fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	len = sprintf(text, "ffffffff81000000 T _text\nffffffff81000100 T _etext\n");
	for (int i = 0; i < 5000; i++)		/* more modules than there is room for */
		len += snprintf(text + len, room - len, "ffffffffc0%06x t f\t[m%d]\n", i * 16, i);
	fd = text_file(text, len);
	free(text);
	CU_ASSERT_EQUAL_FATAL(open_fd(&s, fd), 0);
	close(fd);
	expect(s, 0xffffffffc0000000, "0xffffffffc0000000");
	expect(s, 0xffffffff81000001, "_text+0x1/0x100");
	CU_ASSERT_EQUAL(ft_symbols_count(s), 2);
	CU_ASSERT_EQUAL(ft_symbol_addr(s, "f", NULL), 0);
	ft_symbols_close(s);
}

/* A line as the kernel prints it is taken apart in another way than others; with the same end. */
static void test_symbol_odd_lines_read_as_plain_ones(void)
{
	static const char name[] = "abcdefghijklmnopqrstuvw";
	static const char *const bad[] = {
		"ffffffff8100000o", "ffffffff8100000/", "fffffff:81000000", "ffffffff8100000G",
		"`fffffff81000000", "ffffffff\3461000000",
	};
	char text[200], want[64];
	struct ft_symbols *s;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "%s T f\n", bad[i]);
		CU_ASSERT_EQUAL(open_text(&s, text), -ENODATA);
	}
	for (size_t i = 1; i < sizeof(name) - 1; i++) {
		const char *const cuts[] = { "\x01", "\x7f", " ", "\t", "\r" };

		for (size_t c = 0; c < sizeof(cuts) / sizeof(cuts[0]); c++) {
			snprintf(text, sizeof(text), "FFFFFFFF89abcdef T  %.*s%s\n"
				 "fffffffffedcba98 t %.*s\xc3\xff%s", (int)i, name, cuts[c],
				 (int)i, name, cuts[c]);
			CU_ASSERT_EQUAL_FATAL(open_text(&s, text), 0);
			snprintf(want, sizeof(want), "%.*s", (int)i, name);
			CU_ASSERT_EQUAL(ft_symbol_addr(s, want, NULL), 0xffffffff89abcdef);
			snprintf(want, sizeof(want), "%.*s\xc3\xff", (int)i, name);
			CU_ASSERT_EQUAL(ft_symbol_addr(s, want, NULL), 0xfffffffffedcba98);
			ft_symbols_close(s);
		}
	}
}

UNIT_SUITE("symbol-stages",
	UNIT_TEST(test_symbol_stages_agree_with_the_whole),
	UNIT_TEST(test_symbol_data_of_modules_ends_their_text),
	UNIT_TEST(test_symbol_stages_agree_on_this_kernel),
	UNIT_TEST(test_symbol_rest_is_read_when_asked_for),
	UNIT_TEST(test_symbol_file_is_closed_with_the_table),
	UNIT_TEST(test_symbol_names_of_the_kernel_go_first),
	UNIT_TEST(test_symbol_hidden_text_hides_all),
	UNIT_TEST(test_symbol_other_orders_are_read_whole),
	UNIT_TEST(test_symbol_rest_that_fails_covers_nothing),
	UNIT_TEST(test_symbol_odd_lines_read_as_plain_ones));
