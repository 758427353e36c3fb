/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP: addresses and states as text, and lines of /proc/net/tcp. */
#include <arpa/inet.h>
#include <string.h>

#include "tcp-internal.h"
#include "unit.h"

static void test_tcp_address_is_as_people_write_it(void)
{
	static const unsigned char v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	static const unsigned char mapped[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
	static const unsigned char longest[16] = "\xff\xff\xff\xff\xff\xff\xff\xff"
						 "\xff\xff\xff\xff\xff\xff\xff\xff";
	char buf[FT_TCP_ADDRESS_MAX];

	ft_tcp_address(buf, 4, (const unsigned char[]){ 192, 0, 2, 1 }, 80);
	CU_ASSERT_STRING_EQUAL(buf, "192.0.2.1:80");
	ft_tcp_address(buf, 6, v6, 80);
	CU_ASSERT_STRING_EQUAL(buf, "[2001:db8::1]:80");
	ft_tcp_address(buf, 6, v6, -1);
	CU_ASSERT_STRING_EQUAL(buf, "2001:db8::1");
	ft_tcp_address(buf, 6, mapped, 80);
	CU_ASSERT_STRING_EQUAL(buf, "192.0.2.1:80");
	ft_tcp_address(buf, 0, v6, 80);
	CU_ASSERT_STRING_EQUAL(buf, "-");
	ft_tcp_address(buf, 6, longest, 65535);
	CU_ASSERT_STRING_EQUAL(buf, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}

static void test_tcp_state_has_a_name(void)
{
	CU_ASSERT_STRING_EQUAL(ft_tcp_state(1), "ESTABLISHED");
	CU_ASSERT_STRING_EQUAL(ft_tcp_state(11), "CLOSING");
	CU_ASSERT_STRING_EQUAL(ft_tcp_state(12), "SYN_RECV");
	CU_ASSERT_STRING_EQUAL(ft_tcp_state(0), "-");
	CU_ASSERT_STRING_EQUAL(ft_tcp_state(13), "-");
	CU_ASSERT_STRING_EQUAL(ft_tcp_state(-1), "-");
}

static void test_tcp_table_reads_lines(void)
{
	static const char v4[] = "   1: 0100007F:1F90 0200007F:C350 06 00000000:00000000 03:00001770 "
				 "00000000     0        0 0 3 ffff888003a0c000";
	static const char v6[] = "   0: 00000000000000000000000001000000:0050 "
				 "B80D0120000000000000000001000000:D431 01 00000000:00000000 02:000A8F 00000000  "
				 "1000        0 21514 2 ffff8880dead0000 20 4 30 10 -1";
	struct ft_tcp_record rec;
	unsigned char want[16];

	CU_ASSERT_FATAL(fti_tcp_table_line(v4, &rec));
	CU_ASSERT_EQUAL(rec.family, 4);
	CU_ASSERT_EQUAL(rec.socket, 0xffff888003a0c000);
	CU_ASSERT_EQUAL(rec.local_port, 8080);
	CU_ASSERT_EQUAL(rec.remote_port, 50000);
	CU_ASSERT_EQUAL(rec.state, 6);
	if (htonl(1) != 1) {
		CU_ASSERT(!memcmp(rec.local, "\x7f\0\0\1", 4));
		CU_ASSERT(!memcmp(rec.remote, "\x7f\0\0\2", 4));
	}
	CU_ASSERT_FATAL(fti_tcp_table_line(v6, &rec));
	CU_ASSERT_EQUAL(rec.family, 6);
	CU_ASSERT_EQUAL(rec.socket, 0xffff8880dead0000);
	CU_ASSERT_EQUAL(rec.local_port, 80);
	inet_pton(AF_INET6, "2001:db8::1", want);
	CU_ASSERT(htonl(1) == 1 || !memcmp(rec.remote, want, 16));
}

static void test_tcp_table_refuses_other_lines(void)
{
	static const char *const lines[] = {
		"", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt",
		"   1: 0100007F:1F90", "   1: 0100007:1F90 0200007F:C350 06 0:0 3:1 0 0 0 0 3 ffff",
		"   1: 0100007F:1F90 00000000000000000000000001000000:C350 06 0:0 3:1 0 0 0 0 3 ffff",
		"   1: 0100007G:1F90 0200007F:C350 06 0:0 3:1 0 0 0 0 3 ffff",
		"   1: 0100007F 0200007F:C350 06 0:0 3:1 0 0 0 0 3 ffff",
	};
	struct ft_tcp_record rec;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		CU_ASSERT_FALSE(fti_tcp_table_line(lines[i], &rec));
}

UNIT_SUITE("tcp",
	UNIT_TEST(test_tcp_address_is_as_people_write_it),
	UNIT_TEST(test_tcp_state_has_a_name),
	UNIT_TEST(test_tcp_table_reads_lines),
	UNIT_TEST(test_tcp_table_refuses_other_lines));
