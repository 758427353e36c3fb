/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of the kernel's structures: of a structure made here, of this machine's kernel, and of what
 * is no BTF. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/btf.h"
#include "unit.h"

#define STRUCT 4
#define UNION  5
#define SIZED  0x80000000u

/*
 * struct box { int first; union { int a; struct { int b, c; }; }; int bits : 3; char name; };
 * the names are offsets into the strings below.
 */
static const char strings[] = "\0int\0box\0first\0a\0b\0c\0bits\0name";
enum { S_INT = 1, S_BOX = 5, S_FIRST = 9, S_A = 15, S_B = 17, S_C = 19, S_BITS = 21, S_NAME = 26 };

static const uint32_t types[] = {
	S_INT, 1 << 24, 4, 32,					/* 1: int */
	0, STRUCT << 24 | 2, 8, S_B, 1, 0, S_C, 1, 32,		/* 2 */
	0, UNION << 24 | 2, 8, S_A, 1, 0, 0, 2, 0,		/* 3 */
	S_BOX, SIZED | STRUCT << 24 | 4, 20,			/* 4 */
	S_FIRST, 1, 0, 0, 3, 32, S_BITS, 1, 3 << 24 | 96, S_NAME, 1, 128,
};

struct image {
	uint16_t magic;
	uint8_t  version, flags;
	uint32_t header_len, type_offset, type_len, string_offset, string_len;
	unsigned char rest[sizeof(types) + sizeof(strings)];
};

static struct image make_image(void)
{
	struct image i = { .magic = 0xeb9f, .version = 1, .header_len = 24,
			   .type_len = sizeof(types), .string_offset = sizeof(types),
			   .string_len = sizeof(strings) };

	memcpy(i.rest, types, sizeof(types));
	memcpy(i.rest + sizeof(types), strings, sizeof(strings));
	return i;
}

static int open_bytes(struct ft_btf **out, const void *bytes, size_t len)
{
	char path[] = "/tmp/btfXXXXXX";
	int fd = mkstemp(path), err;

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, bytes, len), (ssize_t)len);
	close(fd);
	err = ft_btf_open(out, path);
	unlink(path);
	return err;
}

static void test_btf_finds_members(void)
{
	struct image i = make_image();
	struct ft_btf *b;

	CU_ASSERT_EQUAL_FATAL(open_bytes(&b, &i, sizeof(i)), 0);
	CU_ASSERT_EQUAL(ft_btf_offset(b, "box", "first"), 0);
	CU_ASSERT_EQUAL(ft_btf_offset(b, "box", "name"), 16);
	CU_ASSERT_EQUAL(ft_btf_offset(b, "box", "nothing"), -ENOENT);
	CU_ASSERT_EQUAL(ft_btf_offset(b, "box", ""), -ENOENT);
	CU_ASSERT_EQUAL(ft_btf_offset(b, "nothing", "first"), -ENOENT);
	ft_btf_close(b);
}

static void test_btf_finds_members_of_unnamed_structures(void)
{
	struct image i = make_image();
	struct ft_btf *b;

	CU_ASSERT_EQUAL_FATAL(open_bytes(&b, &i, sizeof(i)), 0);
	CU_ASSERT_EQUAL(ft_btf_offset(b, "box", "a"), 4);
	CU_ASSERT_EQUAL(ft_btf_offset(b, "box", "b"), 4);
	CU_ASSERT_EQUAL(ft_btf_offset(b, "box", "c"), 8);
	ft_btf_close(b);
}

static void test_btf_refuses_bit_fields(void)
{
	struct image i = make_image();
	struct ft_btf *b;

	CU_ASSERT_EQUAL_FATAL(open_bytes(&b, &i, sizeof(i)), 0);
	CU_ASSERT_EQUAL(ft_btf_offset(b, "box", "bits"), -EINVAL);
	ft_btf_close(b);
}

static void test_btf_refuses_what_is_none(void)
{
	struct ft_btf *b;
	struct image i = make_image();

	CU_ASSERT_EQUAL(ft_btf_open(&b, "/nonesuch"), -ENOENT);
	CU_ASSERT_PTR_NULL(b);
	CU_ASSERT_EQUAL(open_bytes(&b, "text", 4), -EBADMSG);
	i.magic = 0x9feb;
	CU_ASSERT_EQUAL(open_bytes(&b, &i, sizeof(i)), -EBADMSG);
	i = make_image();
	i.string_len += 100;
	CU_ASSERT_EQUAL(open_bytes(&b, &i, sizeof(i)), -EBADMSG);
	i = make_image();
	i.rest[sizeof(i.rest) - 1] = 'x';
	CU_ASSERT_EQUAL(open_bytes(&b, &i, sizeof(i)), -EBADMSG);
}

/* A type that contains itself, members beyond the end, names beyond the strings. */
static void test_btf_bears_any_byte(void)
{
	uint64_t rnd = 88172645463325252ULL;
	int opened = 0;

	for (int n = 0; n < 3000; n++) {
		struct image i = make_image();
		struct ft_btf *b;

		for (int k = 0; k < 3; k++) {
			rnd ^= rnd << 13;
			rnd ^= rnd >> 7;
			rnd ^= rnd << 17;
			((unsigned char *)&i)[rnd % sizeof(i)] = (unsigned char)(rnd >> 32);
		}
		if (open_bytes(&b, &i, sizeof(i)))
			continue;
		opened++;
		for (const char *name = strings + 1; name < strings + sizeof(strings);
		     name += strlen(name) + 1)
			CU_ASSERT(ft_btf_offset(b, "box", name) >= -EINVAL);
		ft_btf_close(b);
	}
	CU_ASSERT(opened > 100);
}

/* The same member by two ways: the first is where it always was. */
static void test_btf_of_this_kernel(void)
{
	struct ft_btf *b;

	if (ft_btf_open(&b, NULL))
		unit_skip("this kernel has no BTF");
	CU_ASSERT_EQUAL(ft_btf_offset(b, "sock_common", "skc_daddr"), 0);
	CU_ASSERT_EQUAL(ft_btf_offset(b, "sock_common", "skc_rcv_saddr"), 4);
	CU_ASSERT_EQUAL(ft_btf_offset(b, "sock_common", "skc_reuse"), -EINVAL);
	CU_ASSERT(ft_btf_offset(b, "linux_binprm", "p") > 0);
	ft_btf_close(b);
}

UNIT_SUITE("btf",
	UNIT_TEST(test_btf_finds_members),
	UNIT_TEST(test_btf_finds_members_of_unnamed_structures),
	UNIT_TEST(test_btf_refuses_bit_fields),
	UNIT_TEST(test_btf_refuses_what_is_none),
	UNIT_TEST(test_btf_bears_any_byte),
	UNIT_TEST(test_btf_of_this_kernel));
