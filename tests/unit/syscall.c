/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers and names of system calls, against the headers of this machine's kernel; the ABI of
 * tasks, of a 32-bit one that is made here, too.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ftrace/syscall.h"
#include "ftrace/task.h"
#include "unit.h"

#define HEADERS "/usr/include/x86_64-linux-gnu/asm/"
#define NOBODY	4194303	/* beyond what any machine's pid_max lets be */
#define OUT	100	/* a file descriptor */

static const enum ft_abi all[] = {
	FT_ABI_X86_64, FT_ABI_X32, FT_ABI_I386, FT_ABI_ARM64, FT_ABI_ARM,
};

#define ALL (sizeof(all) / sizeof(all[0]))

static void test_syscall_names_of_each_abi(void)
{
	static const struct {
		enum ft_abi abi;
		int number;
		const char *name;
	} known[] = {
		{ FT_ABI_X86_64, 0, "read" },		{ FT_ABI_X86_64, 257, "openat" },
		{ FT_ABI_X86_64, 334, "rseq" },		{ FT_ABI_X86_64, 335, "uretprobe" },
		{ FT_ABI_X86_64, 437, "openat2" },	{ FT_ABI_X86_64, 462, "mseal" },
		{ FT_ABI_I386, 3, "read" },		{ FT_ABI_I386, 5, "open" },
		{ FT_ABI_I386, 295, "openat" },		{ FT_ABI_I386, 403, "clock_gettime64" },
		{ FT_ABI_I386, 437, "openat2" },	{ FT_ABI_ARM64, 63, "read" },
		{ FT_ABI_ARM64, 56, "openat" },		{ FT_ABI_ARM64, 79, "newfstatat" },
		{ FT_ABI_ARM64, 293, "rseq" },		{ FT_ABI_ARM64, 424, "pidfd_send_signal" },
		{ FT_ABI_ARM, 322, "openat" },		{ FT_ABI_ARM, 0xf0002, "cacheflush" },
		{ FT_ABI_ARM, 407, "clock_nanosleep_time64" },
		{ FT_ABI_X32, FT_SYSCALL_X32_BIT | 1, "write" },
		{ FT_ABI_X32, FT_SYSCALL_X32_BIT | 520, "execve" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(ft_syscall_name(known[i].abi, known[i].number));
		CU_ASSERT_STRING_EQUAL(ft_syscall_name(known[i].abi, known[i].number),
				       known[i].name);
		CU_ASSERT_EQUAL(ft_syscall_number(known[i].abi, known[i].name), known[i].number);
	}
	/* the bit tells x32, whatever the task looks like */
	CU_ASSERT_STRING_EQUAL(ft_syscall_name(FT_ABI_X86_64, FT_SYSCALL_X32_BIT | 513),
			       "rt_sigreturn");
	CU_ASSERT_STRING_EQUAL(ft_syscall_name(FT_ABI_I386, FT_SYSCALL_X32_BIT | 1), "write");
}

static void test_syscall_of_no_name_is_null(void)
{
	static const int64_t none[] = { -1, INT64_MIN, INT64_MAX, 100000, 0x7fffffff, 0x80000000 };

	for (size_t a = 0; a < ALL; a++) {
		for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
			CU_ASSERT_PTR_NULL(ft_syscall_name(all[a], none[i]));
		CU_ASSERT_EQUAL(ft_syscall_number(all[a], "no_such_call"), -ENOENT);
		CU_ASSERT_EQUAL(ft_syscall_number(all[a], ""), -ENOENT);
	}
	CU_ASSERT_PTR_NULL(ft_syscall_name(FT_ABI_UNKNOWN, 0));
	CU_ASSERT_EQUAL(ft_syscall_number(FT_ABI_UNKNOWN, "read"), -ENOENT);
	CU_ASSERT_PTR_NULL(ft_syscall_name(FT_ABI_X86_64, 400));
	CU_ASSERT_PTR_NULL(ft_syscall_name(FT_ABI_ARM64, 403));
	CU_ASSERT_PTR_NULL(ft_syscall_name(FT_ABI_I386, 415));
}

static void test_syscall_numbers_and_names_agree(void)
{
	for (size_t a = 0; a < ALL; a++) {
		const int bit = all[a] == FT_ABI_X32 ? FT_SYSCALL_X32_BIT : 0;
		int names = 0;

		for (int n = 0; n < 600; n++) {
			const char *name = ft_syscall_name(all[a], n | bit);
			int again;

			if (!name)
				continue;
			names++;
			again = ft_syscall_number(all[a], name);
			/* x32 has numbers of its own for some of x86-64's */
			if (again != (n | bit))
				CU_ASSERT(bit && n < 512 && again >= (512 | bit));
		}
		CU_ASSERT(names > 300);
	}
}

/* Each "#define PREFIXname NUMBER" of a header has its name here. */
static void header_is_known(const char *path, enum ft_abi abi, int bit)
{
	char name[64], line[256];
	int number, count = 0;
	FILE *f = fopen(path, "re");

	if (!f) {
		unit_skip("no headers of the kernel");
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		const char *is;

		if (sscanf(line, "#define __NR_%63s (__X32_SYSCALL_BIT + %d)", name,
			   &number) != 2 &&
		    sscanf(line, "#define __NR_%63s %d", name, &number) != 2)
			continue;
		/* a count; what only other architectures have */
		if (!strcmp(name, "syscalls") || !strcmp(name, "arch_specific_syscall") ||
		    (abi == FT_ABI_ARM64 && ((number >= 403 && number < 424) ||
					     !strcmp(name, "sync_file_range2"))))
			continue;
		is = ft_syscall_name(abi, number | bit);
		if (!is || strcmp(is, name))
			fprintf(stderr, "# %s: %d is %s, here %s\n", path, number, name,
				is ? is : "unknown");
		CU_ASSERT(is && !strcmp(is, name));
		count++;
	}
	fclose(f);
	CU_ASSERT(count > 200);
}

static void test_syscall_names_are_those_of_x86_headers(void)
{
	header_is_known(HEADERS "unistd_64.h", FT_ABI_X86_64, 0);
	header_is_known(HEADERS "unistd_32.h", FT_ABI_I386, 0);
	header_is_known(HEADERS "unistd_x32.h", FT_ABI_X32, FT_SYSCALL_X32_BIT);
}

static void test_syscall_names_are_those_of_generic_headers(void)
{
	header_is_known("/usr/include/asm-generic/unistd.h", FT_ABI_ARM64, 0);
}

static void test_syscall_errors_have_names(void)
{
	CU_ASSERT_STRING_EQUAL(ft_errno_name(2), "ENOENT");
	CU_ASSERT_STRING_EQUAL(ft_errno_name(512), "ERESTARTSYS");
	CU_ASSERT_EQUAL(ft_errno_number("ENOENT"), 2);
	CU_ASSERT_EQUAL(ft_errno_number("ERESTARTSYS"), 512);
	CU_ASSERT_EQUAL(ft_errno_number("ENOTHING"), -ENOENT);
	CU_ASSERT_EQUAL(ft_errno_number(""), -ENOENT);
	CU_ASSERT_PTR_NULL(ft_errno_name(0));
	CU_ASSERT_PTR_NULL(ft_errno_name(-2));
	CU_ASSERT_PTR_NULL(ft_errno_name(FT_ERRNO_MAX + 1));
}

/* -- ABIs of tasks ----------------------------------------------------------------------------- */

static const uint64_t narrow[6] = { 1, 0x7fffffff, 3, 0, UINT32_MAX, 6 };
static const uint64_t wide[6] = { 1, 2, 3, 4, 5, 0x7ffc00001000 };

static void test_abis_of_native_tasks(void)
{
	const enum ft_abi native = ft_abi_native();
	struct ft_abis *a;

	CU_ASSERT_EQUAL_FATAL(ft_abis_new(&a), 0);
	CU_ASSERT_EQUAL(ft_abis_get(a, getpid(), NULL, 0), native);
	/* what its program is goes before its arguments */
	CU_ASSERT_EQUAL(ft_abis_get(a, getpid(), narrow, sizeof(narrow)), native);
	/* with no 32-bit program in sight nobody is taken for one */
	CU_ASSERT_EQUAL(ft_abis_get(a, NOBODY, narrow, sizeof(narrow)), native);
	CU_ASSERT_EQUAL(ft_abis_get(a, NOBODY, NULL, 0), native);
	CU_ASSERT_EQUAL(ft_abis_get(a, 0, narrow, sizeof(narrow)), native);
	CU_ASSERT_EQUAL(ft_abis_get(a, -1, narrow, sizeof(narrow)), native);
	CU_ASSERT_EQUAL(ft_abis_get(a, INT32_MAX, narrow, sizeof(narrow)), native);
	ft_abis_fork(a, -1, INT32_MAX);
	ft_abis_fork(a, INT32_MAX, 1);
	ft_abis_exec(a, INT32_MAX, "x");
	ft_abis_free(a);
	ft_abis_free(NULL);
}

/* A program of i386 that tells when it runs, then does nothing for ever: write(OUT, its own first
 * byte, 1), and pause(), again and again. */
static int run_i386(void)
{
	static const unsigned char code[] = {
		0xb8, 4, 0, 0, 0, 0xbb, OUT, 0, 0, 0, 0xb9, 0, 0, 0x40, 0, 0xba, 1, 0, 0, 0,
		0xcd, 0x80,
		0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7,
	};
	struct {
		Elf32_Ehdr head;
		Elf32_Phdr segment;
		unsigned char code[32];
	} image = {
		.head = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = EM_386, .e_version = EV_CURRENT,
			.e_entry = 0x400000 + sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr),
			.e_phoff = sizeof(Elf32_Ehdr), .e_ehsize = sizeof(Elf32_Ehdr),
			.e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 1,
		},
		.segment = {
			.p_type = PT_LOAD, .p_vaddr = 0x400000, .p_filesz = sizeof(image),
			.p_memsz = sizeof(image), .p_flags = PF_R | PF_X, .p_align = 0x1000,
		},
	};
	int fd = memfd_create("i386", MFD_CLOEXEC), pid, out[2];
	char byte = 0;

	memcpy(image.code, code, sizeof(code));
	if (fd < 0 || write(fd, &image, sizeof(image)) != sizeof(image) || pipe2(out, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		dup2(out[1], OUT);
		fexecve(fd, (char *[]){ "i386", NULL }, (char *[]){ NULL });
		if (write(out[1], "", 1) < 0)
			_exit(1);
		_exit(127);
	}
	close(fd);
	close(out[1]);
	if (pid > 0 && (read(out[0], &byte, 1) != 1 || byte != ELFMAG0)) {
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	close(out[0]);
	return pid;
}

static void test_abis_of_32_bit_tasks(void)
{
	char path[32], program[32] = "";
	struct ft_abis *a;
	FILE *f;
	int pid;

	if (ft_abi_native() != FT_ABI_X86_64 || !ft_task_initial_namespace()) {
		unit_skip("not on x86-64, or in a PID namespace");
		return;
	}
	pid = run_i386();
	if (pid < 0) {
		unit_skip("this kernel runs no 32-bit programs");
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(fscanf(f, "%31s", program), 1);
	fclose(f);
	CU_ASSERT_EQUAL_FATAL(ft_abis_new(&a), 0);
	CU_ASSERT_EQUAL(ft_abis_get(a, pid, NULL, 0), FT_ABI_I386);
	CU_ASSERT_EQUAL(ft_abis_get(a, pid, narrow, sizeof(narrow)), FT_ABI_I386);
	/* no 32-bit call has such arguments */
	CU_ASSERT_EQUAL(ft_abis_get(a, pid, wide, sizeof(wide)), FT_ABI_X86_64);
	CU_ASSERT_EQUAL(ft_abis_get(a, getpid(), NULL, 0), FT_ABI_X86_64);
	/* its child, before anybody looked, is of the same */
	ft_abis_fork(a, pid, NOBODY);
	CU_ASSERT_EQUAL(ft_abis_get(a, NOBODY, NULL, 0), FT_ABI_I386);
	/* another program: what it is called by now is what counts */
	ft_abis_exec(a, pid, "i386_before");
	CU_ASSERT_EQUAL(ft_abis_get(a, pid, NULL, 0), FT_ABI_X86_64);
	ft_abis_exec(a, pid, program);
	CU_ASSERT_EQUAL(ft_abis_get(a, pid, NULL, 0), FT_ABI_I386);
	ft_abis_exec(a, NOBODY, "gone");
	CU_ASSERT_EQUAL(ft_abis_get(a, NOBODY, NULL, 0), FT_ABI_X86_64);
	/* gone: its arguments tell, and one with a high half for good */
	CU_ASSERT_EQUAL(ft_abis_get(a, NOBODY, narrow, sizeof(narrow)), FT_ABI_I386);
	CU_ASSERT_EQUAL(ft_abis_get(a, NOBODY, wide, sizeof(wide)), FT_ABI_X86_64);
	CU_ASSERT_EQUAL(ft_abis_get(a, NOBODY, narrow, sizeof(narrow)), FT_ABI_X86_64);
	ft_abis_free(a);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

UNIT_SUITE("syscall",
	UNIT_TEST(test_syscall_names_of_each_abi),
	UNIT_TEST(test_syscall_of_no_name_is_null),
	UNIT_TEST(test_syscall_numbers_and_names_agree),
	UNIT_TEST(test_syscall_names_are_those_of_x86_headers),
	UNIT_TEST(test_syscall_names_are_those_of_generic_headers),
	UNIT_TEST(test_syscall_errors_have_names),
	UNIT_TEST(test_abis_of_native_tasks),
	UNIT_TEST(test_abis_of_32_bit_tasks));
