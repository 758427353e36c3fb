/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows to real files, pipes and sockets, read back. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ftrace/out.h"

#include "json.h"
#include "text.h"
#include "unit.h"

enum { TIME, COMM, PID, LAT, SIZE, ADDR, OK };

static const struct ft_column columns[] = {
	[TIME] = { "TIMEs", "time_s", 12, FT_COL_TIME, false },
	[COMM] = { "COMM", "comm", 8, FT_COL_STR, false },
	[PID] = { "PID", "pid", 6, FT_COL_INT, false },
	[LAT] = { "LATms", "latency_ms", 9, FT_COL_MS, false },
	[SIZE] = { "BYTES", "size_bytes", -8, FT_COL_UINT, false },
	[ADDR] = { "ADDR", "addr", 0, FT_COL_HEX, true },
	[OK] = { "OK", "ok", 0, FT_COL_BOOL, false },
	{ .name = NULL },
};

static char path[] = "/tmp/ftrace-out-XXXXXX";

/* A file of the test's own, and an output to it. */
static struct ft_out *open_columns(const struct ft_column *table, enum ft_out_format format,
				   bool header)
{
	struct ft_out_config config = { .columns = table, .format = format, .path = path,
					.header = header };
	struct ft_out *o = NULL;
	int fd;

	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	fd = mkstemp(path);
	CU_ASSERT_FATAL(fd >= 0);
	close(fd);
	CU_ASSERT_EQUAL(ft_out_open(&o, &config), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	return o;
}

static struct ft_out *open_out(enum ft_out_format format, bool header)
{
	return open_columns(columns, format, header);
}

/* Close it, and what it wrote. */
static char *close_out(struct ft_out *o, size_t *len)
{
	char *text;

	CU_ASSERT_EQUAL(ft_out_close(o), 0);
	text = unit_read(path, len);
	unlink(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	return text;
}

static void expect(struct ft_out *o, const char *want)
{
	char *text = close_out(o, NULL);

	CU_ASSERT_STRING_EQUAL(text, want);
	if (strcmp(text, want))
		printf("# got:  %s# want: %s", text, want);
	free(text);
}

static void set_row(struct ft_out *o)
{
	ft_out_uint(o, OK, 1);
	ft_out_uint(o, TIME, 12345678901234);
	ft_out_str(o, COMM, "dd");
	ft_out_int(o, PID, 42);
	ft_out_uint(o, LAT, 1234567);
	ft_out_uint(o, SIZE, 4096);
	ft_out_uint(o, ADDR, 0xffffffff81000000);
}

/* -- escaping ---------------------------------------------------------------------------------- */

static void expect_escaped(const char *s, size_t len, const char *want)
{
	char buf[256];

	CU_ASSERT_EQUAL(ft_out_escape(buf, sizeof(buf), s, len), strlen(want));
	CU_ASSERT_STRING_EQUAL(buf, want);
}

static void test_escape_keeps_what_is_harmless(void)
{
	static const char *const words[] = {
		"", "dd", "a b", "kworker/0:1H", "\"'`$%&{}~", "caf\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x90\xa7", "\xef\xbf\xbd",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		expect_escaped(words[i], strlen(words[i]), words[i]);
}

static void test_escape_shows_control_characters(void)
{
	expect_escaped("a\nb\tc", 5, "a\\nb\\tc");
	expect_escaped("\x1b[2J", 4, "\\x1b[2J");
	expect_escaped("\r\x7f", 2, "\\x0d\\x7f");
	expect_escaped("a\0b", 3, "a\\x00b");
	expect_escaped("\\n", 2, "\\\\n");
}

static void test_escape_shows_what_a_terminal_takes_for_control(void)
{
	expect_escaped("\xc2\x9b" "2J", 4, "\\xc2\\x9b2J");		/* CSI in one character */
	expect_escaped("\xe2\x80\xae", 3, "\\xe2\\x80\\xae");		/* right-to-left override */
	expect_escaped("\xe2\x80\xa8", 3, "\\xe2\\x80\\xa8");		/* line separator */
	expect_escaped("\xe2\x81\xa6", 3, "\\xe2\\x81\\xa6");		/* isolate */
}

static void test_escape_shows_invalid_utf8(void)
{
	expect_escaped("\xff", 1, "\\xff");
	expect_escaped("a\xc3", 2, "a\\xc3");			/* cut */
	expect_escaped("\xc3(", 2, "\\xc3(");
	expect_escaped("\xc0\xaf", 2, "\\xc0\\xaf");		/* overlong */
	expect_escaped("\xe0\x80\xaf", 3, "\\xe0\\x80\\xaf");
	expect_escaped("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");	/* surrogate */
	expect_escaped("\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80");	/* beyond U+10FFFF */
}

static void test_escape_ends_within_its_buffer_and_tells_the_length(void)
{
	static const char text[] = "ab\n\xc3\xa9\x1b!";
	static const char *const want[] = {
		"", "", "a", "ab", "ab", "ab\\n", "ab\\n", "ab\\n\xc3\xa9", "ab\\n\xc3\xa9",
		"ab\\n\xc3\xa9", "ab\\n\xc3\xa9", "ab\\n\xc3\xa9\\x1b", "ab\\n\xc3\xa9\\x1b!",
	};

	for (size_t size = 1; size < sizeof(want) / sizeof(want[0]); size++) {
		char buf[32];

		memset(buf, '#', sizeof(buf));
		CU_ASSERT_EQUAL(ft_out_escape(buf, size, text, sizeof(text) - 1), 11);
		CU_ASSERT_STRING_EQUAL(buf, want[size]);
		CU_ASSERT_EQUAL(buf[size], '#');
	}
	CU_ASSERT_EQUAL(ft_out_escape(NULL, 0, text, sizeof(text) - 1), 11);
}

static void test_escape_counts_more_than_its_own_buffers(void)
{
	char text[3000], buf[10];

	memset(text, 1, sizeof(text));
	CU_ASSERT_EQUAL(ft_out_escape(buf, sizeof(buf), text, sizeof(text)), 4 * sizeof(text));
	CU_ASSERT_STRING_EQUAL(buf, "\\x01\\x01");
}

/* -- text -------------------------------------------------------------------------------------- */

static void test_text_aligns_columns_under_headings(void)
{
	struct ft_out *o = open_out(FT_OUT_TEXT, true);

	set_row(o);
	CU_ASSERT_EQUAL(ft_out_end(o), 0);
	ft_out_str(o, COMM, "a-long-name");
	ft_out_int(o, PID, -1);
	CU_ASSERT_EQUAL(ft_out_end(o), 0);
	expect(o, "       TIMEs COMM        PID     LATms BYTES    OK\n"
		  "12345.678901 dd           42     1.235 4096     yes\n"
		  "             a-long-name     -1\n");
}

static void test_text_prints_no_headings_unless_asked(void)
{
	struct ft_out *o = open_out(FT_OUT_TEXT, false);

	ft_out_int(o, PID, 1);
	ft_out_end(o);
	expect(o, "                           1\n");
	o = open_out(FT_OUT_TEXT, true);
	ft_out_flush(o);
	expect(o, "");
}

static void test_text_counts_characters_not_bytes(void)
{
	struct ft_out *o = open_out(FT_OUT_TEXT, false);

	ft_out_str(o, COMM, "caf\xc3\xa9");
	ft_out_int(o, PID, 7);
	ft_out_end(o);
	expect(o, "             caf\xc3\xa9          7\n");
}

static void test_text_shows_a_string_in_a_column_of_numbers(void)
{
	struct ft_out *o = open_out(FT_OUT_TEXT, false);

	ft_out_str(o, PID, "-");
	ft_out_end(o);
	expect(o, "                           -\n");
}

static void test_text_escapes_what_comes_from_outside(void)
{
	struct ft_out *o = open_out(FT_OUT_TEXT, false);

	ft_out_str(o, COMM, "x\n\x1b[31m");
	ft_out_end(o);
	expect(o, "             x\\n\\x1b[31m\n");
}

static void test_text_takes_what_is_ready_as_it_is(void)
{
	static const struct ft_column table[] = {
		{ .name = "ARGS", .key = "args", .type = FT_COL_READY },
		{ .name = NULL },
	};
	struct ft_out *o = open_columns(table, FT_OUT_TEXT, false);

	ft_out_str(o, 0, "'back\\slash' caf\303\251");
	ft_out_end(o);
	expect(o, "'back\\slash' caf\303\251\n");
	o = open_columns(table, FT_OUT_JSON, false);
	ft_out_str(o, 0, "back\\slash\n");
	ft_out_end(o);
	expect(o, "{\"args\":\"back\\\\slash\\n\"}\n");
}

static void test_text_takes_lines_of_the_caller(void)
{
	struct ft_out *o = open_out(FT_OUT_TEXT, false);
	char *big = malloc(200000), *text;
	size_t len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(big);
	memset(big, 'x', 200000);
	CU_ASSERT_TRUE(ft_out_is_text(o));
	CU_ASSERT_EQUAL(ft_out_line(o, " 0)   1.5 us  |  f();", 21), 0);
	CU_ASSERT_EQUAL(ft_out_line(o, big, 200000), 0);
	CU_ASSERT_EQUAL(ft_out_line(o, "", 0), 0);
	text = close_out(o, &len);
	CU_ASSERT_EQUAL(len, 22 + 200001 + 1);
	CU_ASSERT_EQUAL(strncmp(text, " 0)   1.5 us  |  f();\nxxx", 25), 0);
	CU_ASSERT_STRING_EQUAL(text + len - 3, "x\n\n");
	free(big);
	free(text);
	o = open_out(FT_OUT_JSON, false);
	CU_ASSERT_FALSE(ft_out_is_text(o));
	CU_ASSERT_EQUAL(ft_out_line(o, "x", 1), 0);
	expect(o, "");
}

/* -- numbers ----------------------------------------------------------------------------------- */

struct number {
	enum ft_column_type type;
	bool is_signed;
	uint64_t v;
	const char *text, *json;
};

static const struct number numbers[] = {
	{ FT_COL_INT, true, 0, "0", "0" },
	{ FT_COL_INT, true, (uint64_t)INT64_MIN, "-9223372036854775808", "-9223372036854775808" },
	{ FT_COL_INT, true, INT64_MAX, "9223372036854775807", "9223372036854775807" },
	{ FT_COL_UINT, false, UINT64_MAX, "18446744073709551615", "18446744073709551615" },
	{ FT_COL_UINT, true, (uint64_t)-5, "-5", "-5" },
	{ FT_COL_HEX, false, 0, "0x0", "\"0x0\"" },
	{ FT_COL_HEX, false, 0x10, "0x10", "\"0x10\"" },
	{ FT_COL_HEX, true, UINT64_MAX, "0xffffffffffffffff", "\"0xffffffffffffffff\"" },
	{ FT_COL_US, false, 5, "0.005", "0.005" },
	{ FT_COL_US, false, 1500, "1.500", "1.500" },
	{ FT_COL_US, true, (uint64_t)-1500, "-1.500", "-1.500" },
	{ FT_COL_US, false, UINT64_MAX, "18446744073709551.615", "18446744073709551.615" },
	{ FT_COL_MS, false, 1499, "0.001", "0.001" },
	{ FT_COL_MS, false, 1500, "0.002", "0.002" },
	{ FT_COL_MS, false, 999999500, "1000.000", "1000.000" },
	{ FT_COL_MS, false, UINT64_MAX, "18446744073709.552", "18446744073709.552" },
	{ FT_COL_TIME, false, 1, "0.000000", "0.000000001" },
	{ FT_COL_TIME, false, 1999999500, "2.000000", "1.999999500" },
	{ FT_COL_TIME, true, (uint64_t)-1000000000, "-1.000000", "-1.000000000" },
	{ FT_COL_TIME, false, UINT64_MAX, "18446744073.709552", "18446744073.709551615" },
	{ FT_COL_BOOL, false, 0, "no", "false" },
	{ FT_COL_BOOL, false, 2, "yes", "true" },
	{ FT_COL_STR, false, 77, "77", "\"77\"" },
	{ FT_COL_ANY, false, 77, "77", "77" },
	{ FT_COL_ANY, true, (uint64_t)-7, "-7", "-7" },
};

static void expect_number(const struct number *n, enum ft_out_format format, const char *fmt)
{
	struct ft_column one[] = { { "N", "n", 0, n->type, false }, { .name = NULL } };
	struct ft_out *o = open_columns(one, format, false);
	char want[128];

	if (n->is_signed)
		ft_out_int(o, 0, n->v);
	else
		ft_out_uint(o, 0, n->v);
	ft_out_end(o);
	snprintf(want, sizeof(want), fmt, format == FT_OUT_TEXT ? n->text : n->json);
	if (format == FT_OUT_CSV && n->json[0] == '"')
		snprintf(want, sizeof(want), fmt, n->text);
	expect(o, want);
}

static void test_numbers_keep_their_digits_in_every_format(void)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		expect_number(&numbers[i], FT_OUT_TEXT, "%s\n");
		expect_number(&numbers[i], FT_OUT_JSON, "{\"n\":%s}\n");
		expect_number(&numbers[i], FT_OUT_CSV, "N\n%s\n");
	}
}

static uint64_t wall(void *arg, uint64_t ts)
{
	return ts ? ts + *(uint64_t *)arg : 0;
}

static void expect_wall(enum ft_out_format format, const char *want)
{
	static const struct ft_column one[] = { { "TIME", "time_s", 8, FT_COL_TIME, false },
						{ "N", "n", 3, FT_COL_INT, false },
						{ .name = NULL } };
	uint64_t base = 1767323045000000000;	/* 2026-01-02T03:04:05Z */
	struct ft_out_config config = { .columns = one, .format = format, .path = path,
					.header = true, .wall = wall, .wall_arg = &base };
	struct ft_out *o;

	unlink(path);
	CU_ASSERT_EQUAL_FATAL(ft_out_open(&o, &config), 0);
	ft_out_uint(o, 0, 123456789);
	ft_out_int(o, 1, 1);
	ft_out_end(o);
	ft_out_uint(o, 0, 0);
	ft_out_end(o);
	expect(o, want);
}

static void test_wall_clock_is_iso_8601(void)
{
	expect_wall(FT_OUT_TEXT, "                       TIME   N\n"
				 "2026-01-02T03:04:05.123456Z   1\n"
				 "                   0.000000\n");
	expect_wall(FT_OUT_JSON, "{\"time\":\"2026-01-02T03:04:05.123456Z\",\"n\":1}\n"
				 "{\"time\":0.000000000}\n");
	expect_wall(FT_OUT_CSV, "TIME,N\n2026-01-02T03:04:05.123456Z,1\n0.000000000,\n");
}

/* libc's calendar is the oracle, over the whole range and at the ends of years. */
static void test_wall_clock_agrees_with_the_calendar(void)
{
	struct fti_day day = { .start_s = 0 };
	uint64_t last = UINT64_MAX / 1000000000;

	for (uint64_t s = 0; s < last; s += s % 5 ? 86399 : 5 * 86400 * 7 + 1) {
		char want[64], got[FTI_PUT_MAX + 1];
		time_t t = s;
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.999999Z", &tm);
		*fti_put_iso(got, &day, s * 1000000000 + 999999999) = 0;
		if (strcmp(got, want)) {
			printf("# got %s, want %s\n", got, want);
			CU_FAIL("calendar");
			break;
		}
	}
}

/* -- JSON and CSV ------------------------------------------------------------------------------ */

static void test_json_has_typed_values(void)
{
	struct ft_out *o = open_out(FT_OUT_JSON, true);

	set_row(o);
	ft_out_end(o);
	expect(o, "{\"time_s\":12345.678901234,\"comm\":\"dd\",\"pid\":42,\"latency_ms\":1.235,"
		  "\"size_bytes\":4096,\"addr\":\"0xffffffff81000000\",\"ok\":true}\n");
}

static void test_json_leaves_out_what_was_not_set(void)
{
	struct ft_out *o = open_out(FT_OUT_JSON, true);

	set_row(o);
	ft_out_end(o);
	ft_out_int(o, PID, 1);
	ft_out_end(o);
	ft_out_str(o, PID, "-");
	ft_out_end(o);
	ft_out_str(o, COMM, NULL);
	ft_out_end(o);
	expect(o, "{\"time_s\":12345.678901234,\"comm\":\"dd\",\"pid\":42,\"latency_ms\":1.235,"
		  "\"size_bytes\":4096,\"addr\":\"0xffffffff81000000\",\"ok\":true}\n"
		  "{\"pid\":1}\n{}\n{}\n");
}

static void test_json_strings_are_escaped(void)
{
	struct ft_out *o = open_out(FT_OUT_JSON, false);

	ft_out_strn(o, COMM, "a\"\\\n\t\0\x1b\x7f\xc3\xa9\xff\xe2\x80\xa8", 14);
	ft_out_end(o);
	expect(o,
	       "{\"comm\":\"a\\\"\\\\\\n\\t\\u0000\\u001b\\u007f\xc3\xa9\xef\xbf\xbd\\u2028\"}\n");
}

static void test_json_is_valid_whatever_the_bytes(void)
{
	struct ft_out *o = open_out(FT_OUT_JSON, false);
	char *text, *line, *end;
	unsigned int x = 1, rows = 0;

	for (int i = 0; i < 2000; i++) {
		char junk[64];

		for (size_t j = 0; j < sizeof(junk); j++) {
			x = x * 1664525 + 1013904223;
			junk[j] = i < 256 && !j ? i : (int)(x >> 24);
		}
		ft_out_strn(o, COMM, junk, i < 256 ? 1 : sizeof(junk));
		ft_out_uint(o, SIZE, x);
		ft_out_end(o);
	}
	text = close_out(o, NULL);
	for (line = text; (end = strchr(line, '\n')); line = end + 1, rows++)
		CU_ASSERT_TRUE(json_is_object(line, end - line));
	CU_ASSERT_EQUAL(rows, 2000);
	CU_ASSERT_EQUAL(*line, 0);
	free(text);
}

static void test_json_checker_refuses_what_is_not_json(void)
{
	static const char *const bad[] = {
		"", "{", "{\"a\":01}", "{\"a\":1,}", "{a:1}", "{\"a\":\"\n\"}", "{\"a\":\"\\x41\"}",
		"{\"a\":\"\xff\"}", "{\"a\":1}}", "[1]", "{\"a\":1.}", "{\"a\":\"\xed\xa0\x80\"}",
		"{\"a\":-}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_FALSE(json_is_object(bad[i], strlen(bad[i])));
	CU_ASSERT_TRUE(json_is_object("{\"a\":[-1.5e3,true,null,{\"b\":\"\\u00e9\"}]}", 39));
}

static void test_csv_quotes_as_rfc_4180(void)
{
	static const struct ft_column some[] = { { "NAME", "name", 8, FT_COL_STR, false },
						 { "A \"B\", C", "abc", 8, FT_COL_STR, false },
						 { "TEXT", NULL, 8, FT_COL_STR, false },
						 { "N", "n", 3, FT_COL_INT, true },
						 { .name = NULL } };
	struct ft_out *o = open_columns(some, FT_OUT_CSV, false);

	ft_out_str(o, 0, "plain");
	ft_out_str(o, 1, "a,b");
	ft_out_str(o, 2, "for people");
	ft_out_int(o, 3, 1);
	ft_out_end(o);
	ft_out_str(o, 0, "say \"hi\"\n");
	ft_out_end(o);
	ft_out_str(o, 3, "-");
	ft_out_end(o);
	expect(o, "NAME,\"A \"\"B\"\", C\",N\nplain,\"a,b\",1\n\"say \"\"hi\"\"\\n\",,\n,,\n");
}

static void test_csv_headings_come_with_the_first_flush(void)
{
	struct ft_out *o = open_out(FT_OUT_CSV, false);

	ft_out_flush(o);
	ft_out_flush(o);
	expect(o, "TIMEs,COMM,PID,LATms,BYTES,ADDR,OK\n");
}

static void test_records_stand_beside_rows_in_json_only(void)
{
	static const char *const keys[] = { "events", "l\"st", NULL };
	static const char *const none[] = { NULL };
	static const uint64_t values[] = { 10, UINT64_MAX };
	struct ft_out *o = open_out(FT_OUT_JSON, false);

	CU_ASSERT_EQUAL(ft_out_record(o, "summary", keys, values), 0);
	CU_ASSERT_EQUAL(ft_out_record(o, "empty", none, NULL), 0);
	expect(o,
	       "{\"summary\":{\"events\":10,\"l\\\"st\":18446744073709551615}}\n{\"empty\":{}}\n");
	o = open_out(FT_OUT_TEXT, false);
	CU_ASSERT_EQUAL(ft_out_record(o, "summary", keys, values), 0);
	expect(o, "");
}

static void test_columns_out_of_range_are_ignored(void)
{
	struct ft_out *o = open_out(FT_OUT_JSON, false);

	ft_out_int(o, -1, 1);
	ft_out_int(o, 7, 1);
	ft_out_uint(o, 1000000, 1);
	ft_out_str(o, -5, "x");
	ft_out_strn(o, 99, "x", 1);
	ft_out_end(o);
	expect(o, "{}\n");
}

/* -- bounds ------------------------------------------------------------------------------------ */

static void test_long_strings_are_cut_and_say_so(void)
{
	static const struct ft_column one[] = { { "S", "s", 0, FT_COL_STR, false },
						{ .name = NULL } };
	static char s[FT_OUT_STR_MAX + 10];
	struct ft_out *o = open_columns(one, FT_OUT_TEXT, false);
	char *text;
	size_t len;

	memset(s, 'x', sizeof(s) - 1);
	ft_out_str(o, 0, s);
	ft_out_end(o);
	ft_out_strn(o, 0, s, FT_OUT_STR_MAX);
	ft_out_end(o);
	memcpy(s + FT_OUT_STR_MAX - 1, "\xc3\xa9", 2);	/* a character across the bound */
	ft_out_str(o, 0, s);
	ft_out_end(o);
	text = close_out(o, &len);
	CU_ASSERT_EQUAL(len, 3 * FT_OUT_STR_MAX + 3 + 2 + 3);
	CU_ASSERT_EQUAL(strncmp(text + FT_OUT_STR_MAX - 1, "x...\nx", 6), 0);
	CU_ASSERT_STRING_EQUAL(text + len - 6, "xx...\n");
	free(text);
}

static void test_rows_are_bounded_and_still_valid(void)
{
	static struct ft_column many[41];
	static char s[FT_OUT_STR_MAX];

	for (int i = 0; i < 40; i++)
		many[i] = (struct ft_column){ .name = "C", .key = "c", .width = 2000000000,
					      .type = i % 2 ? FT_COL_STR : FT_COL_TIME };
	memset(s, 1, sizeof(s));
	for (int format = FT_OUT_TEXT; format <= FT_OUT_CSV; format++) {
		struct ft_out *o = open_columns(many, format, true);
		char *text;
		size_t len;

		for (int i = 0; i < 40; i++) {
			ft_out_uint(o, i, UINT64_MAX);
			ft_out_strn(o, i, s, sizeof(s));
		}
		CU_ASSERT_EQUAL(ft_out_end(o), 0);
		text = close_out(o, &len);
		CU_ASSERT_TRUE(len > 6000 && len < 200000);
		if (format == FT_OUT_JSON)
			CU_ASSERT_TRUE(json_is_object(text, len - 1));
		free(text);
	}
}

static void test_each_row_has_room_for_its_strings(void)
{
	static char s[3000];
	struct ft_out *o = open_out(FT_OUT_JSON, false);
	char *text;
	size_t len;

	memset(s, 'x', sizeof(s));
	for (int i = 0; i < 100; i++) {
		ft_out_strn(o, COMM, s, sizeof(s));
		ft_out_end(o);
	}
	text = close_out(o, &len);
	CU_ASSERT_EQUAL(len, 100 * (sizeof(s) + strlen("{\"comm\":\"\"}\n")));
	free(text);
}

static void test_setting_again_overrides(void)
{
	struct ft_out *o = open_out(FT_OUT_JSON, false);

	ft_out_str(o, COMM, "first");
	ft_out_str(o, COMM, "second");
	ft_out_int(o, PID, 1);
	ft_out_int(o, PID, 2);
	ft_out_end(o);
	expect(o, "{\"comm\":\"second\",\"pid\":2}\n");
}

/* -- where it goes ----------------------------------------------------------------------------- */

static int saved_stdout = -1;

/* Until stdout_back(), stdout is fd, which is closed. */
static void stdout_to(int fd)
{
	fflush(stdout);
	saved_stdout = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	dup2(fd, STDOUT_FILENO);
	close(fd);
}

static void stdout_back(void)
{
	dup2(saved_stdout, STDOUT_FILENO);
	close(saved_stdout);
}

static struct ft_out *open_stdout(bool (*stop)(void *), void *arg)
{
	struct ft_out_config config = { .columns = columns, .format = FT_OUT_TEXT, .stop = stop,
					.stop_arg = arg };
	struct ft_out *o = NULL;

	CU_ASSERT_EQUAL(ft_out_open(&o, &config), 0);
	return o;
}

static void test_one_write_carries_many_rows(void)
{
	int ends[2], writes = 0, lines = 0;
	static char buf[1 << 17];
	struct ft_out *o;
	ssize_t n;

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	stdout_to(ends[1]);
	o = open_stdout(NULL, NULL);
	for (int i = 0; i < 2000; i++) {
		ft_out_int(o, PID, i);
		ft_out_end(o);
	}
	for (int i = 0; i < 10; i++)
		ft_out_line(o, "line", 4);
	CU_ASSERT_EQUAL(ft_out_close(o), 0);
	stdout_back();
	while ((n = read(ends[0], buf, sizeof(buf))) > 0) {
		writes++;
		CU_ASSERT_EQUAL(buf[n - 1], '\n');	/* lines are not split */
		for (ssize_t i = 0; i < n; i++)
			lines += buf[i] == '\n';
	}
	CU_ASSERT_EQUAL(lines, 2010);
	CU_ASSERT_EQUAL(writes, 1);
	close(ends[0]);
}

static void test_nothing_is_written_before_a_flush(void)
{
	struct ft_out *o = open_out(FT_OUT_TEXT, false);
	struct stat st;

	ft_out_int(o, PID, 1);
	ft_out_end(o);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_size, 0);
	CU_ASSERT_EQUAL(ft_out_flush(o), 0);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_NOT_EQUAL(st.st_size, 0);
	CU_ASSERT_EQUAL(ft_out_flush(o), 0);
	free(close_out(o, NULL));
}

static void test_stdout_stays_open_after_close(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	stdout_to(fd);
	CU_ASSERT_EQUAL(ft_out_close(open_stdout(NULL, NULL)), 0);
	CU_ASSERT_EQUAL(write(STDOUT_FILENO, "x", 1), 1);
	stdout_back();
	CU_ASSERT_EQUAL(ft_out_close(NULL), 0);
}

static void test_full_disk_is_an_error_that_stays(void)
{
	struct ft_out_config config = { .columns = columns, .path = "/dev/full" };
	struct ft_out *o;

	CU_ASSERT_EQUAL_FATAL(ft_out_open(&o, &config), 0);
	ft_out_int(o, PID, 1);
	CU_ASSERT_EQUAL(ft_out_end(o), 0);
	CU_ASSERT_EQUAL(ft_out_flush(o), -ENOSPC);
	CU_ASSERT_EQUAL(ft_out_flush(o), -ENOSPC);
	CU_ASSERT_EQUAL(ft_out_end(o), -ENOSPC);
	CU_ASSERT_EQUAL(ft_out_line(o, "x", 1), -ENOSPC);
	CU_ASSERT_EQUAL(ft_out_close(o), -ENOSPC);
	CU_ASSERT_EQUAL_FATAL(ft_out_open(&o, &config), 0);
	ft_out_end(o);
	CU_ASSERT_EQUAL(ft_out_close(o), -ENOSPC);
	CU_ASSERT_EQUAL_FATAL(ft_out_open(&o, &config), 0);
	for (int i = 0; i < 100000; i++)
		ft_out_end(o);
	CU_ASSERT_EQUAL(ft_out_end(o), -ENOSPC);	/* the full buffer told it */
	CU_ASSERT_EQUAL(ft_out_close(o), -ENOSPC);
}

static void test_gone_reader_is_epipe(void)
{
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	struct ft_out *o;
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	stdout_to(ends[1]);
	o = open_stdout(NULL, NULL);
	ft_out_line(o, "x", 1);
	CU_ASSERT_EQUAL(ft_out_flush(o), -EPIPE);
	CU_ASSERT_EQUAL(ft_out_end(o), -EPIPE);
	CU_ASSERT_EQUAL(ft_out_close(o), -EPIPE);
	stdout_back();
	signal(SIGPIPE, old);
}

/* A child that reads late, slowly, in odd pieces, and exits 0 if it was `lines` numbered lines. */
static pid_t slow_reader(int in, int other, int lines)
{
	static char got[1 << 20];
	size_t len = 0, at = 0;
	pid_t pid = fork();
	char want[32];
	ssize_t n;

	if (pid)
		return pid;
	close(other);
	usleep(300000);
	while (len + 4096 < sizeof(got) && (n = read(in, got + len, 1777)) > 0) {
		len += n;
		usleep(200);
	}
	for (int i = 0; i < lines; i++) {
		int m = snprintf(want, sizeof(want), "line %d\n", i);

		if (at + m > len || memcmp(got + at, want, m))
			_exit(1);
		at += m;
	}
	_exit(at != len);
}

static void write_lines(struct ft_out *o, int lines)
{
	char line[32];

	for (int i = 0; i < lines; i++) {
		int len = snprintf(line, sizeof(line), "line %d", i);

		CU_ASSERT_EQUAL(ft_out_line(o, line, len), 0);
	}
	CU_ASSERT_EQUAL(ft_out_close(o), 0);
}

static void expect_all_read(int flags, bool (*stop)(void *), void *arg)
{
	int ends[2], status = -1;
	pid_t pid;

	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	pid = slow_reader(ends[0], ends[1], 30000);
	close(ends[0]);
	fcntl(ends[1], F_SETFL, flags);
	stdout_to(ends[1]);
	write_lines(open_stdout(stop, arg), 30000);
	stdout_back();
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	CU_ASSERT_EQUAL(status, 0);
}

static void test_nonblocking_stdout_loses_nothing(void)
{
	expect_all_read(O_NONBLOCK, NULL, NULL);
}

static void on_signal(int sig)
{
	(void)sig;
}

static bool flag_is_set(void *arg)
{
	return *(bool *)arg;
}

static void test_signals_while_writing_lose_nothing(void)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { { 0, 0 }, { 0, 0 } };
	struct sigaction sa = { .sa_handler = on_signal }, old;
	bool stop = false;

	sigaction(SIGALRM, &sa, &old);
	setitimer(ITIMER_REAL, &often, NULL);
	expect_all_read(0, NULL, NULL);
	expect_all_read(0, flag_is_set, &stop);
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &old, NULL);
}

/* A reader that reads gets everything, however late the end was asked for. */
static void test_stopping_loses_nothing_while_the_reader_reads(void)
{
	bool stop = true;

	expect_all_read(0, flag_is_set, &stop);
}

static void test_stopping_gives_up_on_a_reader_that_does_not_read(void)
{
	bool stop = true;
	struct ft_out *o;
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	stdout_to(ends[1]);
	o = open_stdout(flag_is_set, &stop);
	for (int i = 0; i < 100000; i++)
		ft_out_line(o, "0123456789", 10);
	CU_ASSERT_EQUAL(ft_out_close(o), -EINTR);
	stdout_back();
	close(ends[0]);
}

/* -- files ------------------------------------------------------------------------------------- */

static int try_open(const char *file)
{
	struct ft_out_config config = { .columns = columns, .path = file };
	struct ft_out *o = NULL;
	int err = ft_out_open(&o, &config);

	CU_ASSERT_EQUAL(o == NULL, err != 0);
	ft_out_close(o);
	return err;
}

static void test_file_is_private_and_truncated(void)
{
	mode_t old = umask(022);
	struct ft_out *o;
	struct stat st;

	o = open_out(FT_OUT_TEXT, false);
	ft_out_line(o, "something long", 14);
	CU_ASSERT_EQUAL(ft_out_close(o), 0);
	CU_ASSERT_EQUAL(try_open(path), 0);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_size, 0);
	unlink(path);
	CU_ASSERT_EQUAL(try_open(path), 0);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	unlink(path);
	umask(old);
}

static void test_file_that_cannot_be_opened_is_an_error(void)
{
	CU_ASSERT_EQUAL(try_open("/tmp"), -EISDIR);
	CU_ASSERT_EQUAL(try_open("/nonexistent/file"), -ENOENT);
}

static void test_symbolic_links_of_others_are_refused(void)
{
	char dir[] = "/tmp/ftrace-out-XXXXXX", target[64], link[64];

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(target, sizeof(target), "%s/target", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	CU_ASSERT_EQUAL(symlink(target, link), 0);
	CU_ASSERT_EQUAL(try_open(link), 0);	/* one's own */
	CU_ASSERT_EQUAL(access(target, F_OK), 0);
	unlink(target);
	if (lchown(link, 65534, 65534) == 0) {
		CU_ASSERT_EQUAL(try_open(link), -ELOOP);
		CU_ASSERT_NOT_EQUAL(access(target, F_OK), 0);
	} else {
		unit_skip("links of others can only be made by root");
	}
	unlink(link);
	rmdir(dir);
}

static void test_files_of_others_in_shared_directories_are_refused(void)
{
	char dir[] = "/tmp/ftrace-out-XXXXXX", file[64];
	int fd;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/file", dir);
	fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
	CU_ASSERT_EQUAL(write(fd, "keep", 4), 4);
	if (fchown(fd, 65534, 65534) == 0) {
		struct stat st;

		chmod(dir, 01777);
		CU_ASSERT_EQUAL(try_open(file), -EACCES);
		CU_ASSERT_EQUAL(stat(file, &st), 0);
		CU_ASSERT_EQUAL(st.st_size, 4);
		chmod(dir, 0755);
		CU_ASSERT_EQUAL(try_open(file), 0);
	} else {
		unit_skip("files of others can only be made by root");
	}
	close(fd);
	unlink(file);
	rmdir(dir);
}

/* -- lines laid out in place ------------------------------------------------------------------- */

static void test_room_is_written_in_its_place(void)
{
	struct ft_out *o = open_out(FT_OUT_TEXT, false);
	char *p;

	CU_ASSERT_EQUAL(ft_out_line(o, "first", 5), 0);
	p = ft_out_room(o, 100);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	/* less than there is room for, and nothing at all */
	memcpy(p, "second\nthird\n", 13);
	CU_ASSERT_EQUAL(ft_out_commit(o, p + 13), 0);
	p = ft_out_room(o, FT_OUT_ROOM_MAX);
	CU_ASSERT_PTR_NOT_NULL(p);
	CU_ASSERT_EQUAL(ft_out_commit(o, NULL), 0);
	CU_ASSERT_PTR_NULL(ft_out_room(o, FT_OUT_ROOM_MAX + 1));
	CU_ASSERT_EQUAL(ft_out_line(o, "last", 4), 0);
	expect(o, "first\nsecond\nthird\nlast\n");
}

/* Many times the buffer, each line whole and in its place. */
static void test_room_is_flushed_when_it_is_used_up(void)
{
	struct ft_out *o = open_out(FT_OUT_TEXT, false);
	const int lines = 20000;
	char *text, *at;

	for (int i = 0; i < lines; i++) {
		char *p = ft_out_room(o, i % 7 ? 64 : 2000);

		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_EQUAL(ft_out_commit(o, p + sprintf(p, "line %d\n", i)), 0);
	}
	at = text = close_out(o, NULL);
	for (int i = 0; i < lines; i++) {
		char *end;

		CU_ASSERT_FATAL(!strncmp(at, "line ", 5));
		CU_ASSERT_EQUAL_FATAL(strtol(at + 5, &end, 10), i);
		CU_ASSERT_EQUAL_FATAL(*end, '\n');
		at = end + 1;
	}
	CU_ASSERT_EQUAL(*at, 0);
	free(text);
}

static void test_room_is_of_text_alone(void)
{
	struct ft_out *o = open_out(FT_OUT_JSON, false);

	CU_ASSERT_PTR_NULL(ft_out_room(o, 10));
	CU_ASSERT_EQUAL(ft_out_commit(o, NULL), 0);
	expect(o, "");
}

static void test_room_ends_with_an_error(void)
{
	struct ft_out_config config = { .columns = columns, .path = "/dev/full" };
	struct ft_out *o;
	int err = 0, i;

	CU_ASSERT_EQUAL_FATAL(ft_out_open(&o, &config), 0);
	for (i = 0; i < 1000 && !err; i++) {
		char *p = ft_out_room(o, 1000);

		if (p)
			p = (char *)memset(p, '\n', 1000) + 1000;
		err = ft_out_commit(o, p);
	}
	CU_ASSERT_EQUAL(err, -ENOSPC);
	CU_ASSERT(i > 50 && i < 100);
	CU_ASSERT_PTR_NULL(ft_out_room(o, 1));
	CU_ASSERT_EQUAL(ft_out_commit(o, NULL), -ENOSPC);
	CU_ASSERT_EQUAL(ft_out_close(o), -ENOSPC);
}

/* -- values of a kind known at run time --------------------------------------------------------- */

static void expect_any(enum ft_out_format format, const char *want)
{
	static const struct ft_column two[] = { { "A", "a", 4, FT_COL_ANY, false },
						{ "F", "f", 0, FT_COL_STR, false }, { .name = NULL } };
	struct ft_out *o = open_columns(two, format, false);

	ft_out_str(o, 0, "x\"");
	ft_out_json(o, 1, "{\"k\":[1]}", 9);
	ft_out_end(o);
	ft_out_uint(o, 0, 5);
	ft_out_str(o, 1, "text");
	ft_out_json(o, 1, "[]", 2);
	ft_out_end(o);
	expect(o, want);
}

static void test_any_is_what_it_was_set_to(void)
{
	expect_any(FT_OUT_JSON, "{\"a\":\"x\\\"\",\"f\":{\"k\":[1]}}\n{\"a\":5,\"f\":[]}\n");
	expect_any(FT_OUT_CSV, "A,F\n\"x\"\"\",\n5,text\n");
	expect_any(FT_OUT_TEXT, "x\"\n5    text\n");
}

static void test_json_too_long_is_left_out(void)
{
	static const struct ft_column two[] = { { "A", "a", 0, FT_COL_STR, false },
						{ "B", "b", 0, FT_COL_STR, false }, { .name = NULL } };
	struct ft_out *o = open_columns(two, FT_OUT_JSON, false);
	static char json[FT_OUT_JSON_MAX + 1];
	size_t len;

	memset(json, '1', sizeof(json));
	ft_out_json(o, 0, json, sizeof(json));
	ft_out_end(o);
	/* one of the largest leaves no room for another */
	ft_out_json(o, 0, json, FT_OUT_JSON_MAX);
	ft_out_json(o, 1, json, FT_OUT_JSON_MAX);
	ft_out_end(o);
	free(close_out(o, &len));
	CU_ASSERT_EQUAL(len, 3 + 5 + FT_OUT_JSON_MAX + 2);
}

UNIT_SUITE("out",
	   UNIT_TEST(test_any_is_what_it_was_set_to),
	   UNIT_TEST(test_json_too_long_is_left_out),
	   UNIT_TEST(test_escape_keeps_what_is_harmless),
	   UNIT_TEST(test_escape_shows_control_characters),
	   UNIT_TEST(test_escape_shows_what_a_terminal_takes_for_control),
	   UNIT_TEST(test_escape_shows_invalid_utf8),
	   UNIT_TEST(test_escape_ends_within_its_buffer_and_tells_the_length),
	   UNIT_TEST(test_escape_counts_more_than_its_own_buffers),
	   UNIT_TEST(test_text_aligns_columns_under_headings),
	   UNIT_TEST(test_text_prints_no_headings_unless_asked),
	   UNIT_TEST(test_text_counts_characters_not_bytes),
	   UNIT_TEST(test_text_shows_a_string_in_a_column_of_numbers),
	   UNIT_TEST(test_text_escapes_what_comes_from_outside),
	   UNIT_TEST(test_text_takes_what_is_ready_as_it_is),
	   UNIT_TEST(test_text_takes_lines_of_the_caller),
	   UNIT_TEST(test_room_is_written_in_its_place),
	   UNIT_TEST(test_room_is_flushed_when_it_is_used_up),
	   UNIT_TEST(test_room_is_of_text_alone),
	   UNIT_TEST(test_room_ends_with_an_error),
	   UNIT_TEST(test_numbers_keep_their_digits_in_every_format),
	   UNIT_TEST(test_wall_clock_is_iso_8601),
	   UNIT_TEST(test_wall_clock_agrees_with_the_calendar),
	   UNIT_TEST(test_json_has_typed_values),
	   UNIT_TEST(test_json_leaves_out_what_was_not_set),
	   UNIT_TEST(test_json_strings_are_escaped),
	   UNIT_TEST(test_json_is_valid_whatever_the_bytes),
	   UNIT_TEST(test_json_checker_refuses_what_is_not_json),
	   UNIT_TEST(test_csv_quotes_as_rfc_4180),
	   UNIT_TEST(test_csv_headings_come_with_the_first_flush),
	   UNIT_TEST(test_records_stand_beside_rows_in_json_only),
	   UNIT_TEST(test_columns_out_of_range_are_ignored),
	   UNIT_TEST(test_long_strings_are_cut_and_say_so),
	   UNIT_TEST(test_rows_are_bounded_and_still_valid),
	   UNIT_TEST(test_each_row_has_room_for_its_strings),
	   UNIT_TEST(test_setting_again_overrides),
	   UNIT_TEST(test_one_write_carries_many_rows),
	   UNIT_TEST(test_nothing_is_written_before_a_flush),
	   UNIT_TEST(test_stdout_stays_open_after_close),
	   UNIT_TEST(test_full_disk_is_an_error_that_stays),
	   UNIT_TEST(test_gone_reader_is_epipe),
	   UNIT_TEST(test_nonblocking_stdout_loses_nothing),
	   UNIT_TEST(test_signals_while_writing_lose_nothing),
	   UNIT_TEST(test_stopping_loses_nothing_while_the_reader_reads),
	   UNIT_TEST(test_stopping_gives_up_on_a_reader_that_does_not_read),
	   UNIT_TEST(test_file_is_private_and_truncated),
	   UNIT_TEST(test_file_that_cannot_be_opened_is_an_error),
	   UNIT_TEST(test_symbolic_links_of_others_are_refused),
	   UNIT_TEST(test_files_of_others_in_shared_directories_are_refused));
