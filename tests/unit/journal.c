/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal: what the undo record writes is what is read again, and nothing else is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "private.h"
#include "unit.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))
#define BOOT   "0f0e0d0c-0b0a-4908-8706-050403020100"
#define HEADER "ftrace-tools-journal 1\nowner funcgraph 1234 " BOOT \
	       "\ntracefs /sys/kernel/tracing\n"

/* From memory of just its length, so that a sanitizer sees every step outside. */
static int parse_bytes(struct fti_journal *j, const char *text, size_t len)
{
	char *exact = malloc(len + !len);
	int err;

	if (!exact)
		abort();
	memcpy(exact, text, len);
	memset(j, 0xa5, sizeof(*j));
	err = fti_journal_parse(j, exact, len);
	free(exact);
	if (err)
		CU_ASSERT(!j->was && !j->tracefs && !j->count);
	return err;
}

static int parse(struct fti_journal *j, const char *text)
{
	return parse_bytes(j, text, strlen(text));
}

/* The header and one more line. */
static int parse_line(struct fti_journal *j, const char *line)
{
	char *text;
	int err;

	if (asprintf(&text, HEADER "%s\n", line) < 0)
		abort();
	err = parse(j, text);
	free(text);
	return err;
}

static void check_was(const struct fti_journal *j, size_t i, enum fti_kind kind, const char *path,
		      const char *value)
{
	CU_ASSERT(i < j->count);
	if (i >= j->count)
		return;
	CU_ASSERT_EQUAL(j->was[i].kind, kind);
	CU_ASSERT_STRING_EQUAL(j->was[i].path, path);
	CU_ASSERT_STRING_EQUAL(j->was[i].value, value);
}

/* -- what is there ----------------------------------------------------------------------------- */

static void test_journal_header_tells_the_owner(void)
{
	struct fti_journal j;

	CU_ASSERT_EQUAL(parse(&j, HEADER), 0);
	CU_ASSERT_STRING_EQUAL(j.tool, "funcgraph");
	CU_ASSERT_EQUAL(j.pid, 1234);
	CU_ASSERT_STRING_EQUAL(j.boot, BOOT);
	CU_ASSERT_STRING_EQUAL(j.tracefs, "/sys/kernel/tracing");
	CU_ASSERT_EQUAL(j.count, 0);
	fti_journal_free(&j);
	CU_ASSERT_PTR_NULL(j.tracefs);
}

static void test_journal_holds_records_of_every_kind_in_order(void)
{
	struct fti_journal j;

	CU_ASSERT_EQUAL(parse(&j, HEADER "was 2 instances/ftrace-tools-x-1 =\n"
					 "was 0 tracing_on =1\n"
					 "was 1 set_ftrace_filter =vfs_read%0avfs_write\n"
					 "was 3 kprobe_events =ftt_1_2/p_0\n"
					 "was 4 events/a/b/trigger =traceoff:count=1%20if%20x\n"
					 "was 0 events/a/b/filter =x%20==%201\n"), 0);
	CU_ASSERT_EQUAL(j.count, 6);
	check_was(&j, 0, FTI_INSTANCE, "instances/ftrace-tools-x-1", "");
	check_was(&j, 1, FTI_VALUE, "tracing_on", "1");
	check_was(&j, 2, FTI_LIST, "set_ftrace_filter", "vfs_read\nvfs_write");
	check_was(&j, 3, FTI_PROBE, "kprobe_events", "ftt_1_2/p_0");
	check_was(&j, 4, FTI_TRIGGER, "events/a/b/trigger", "traceoff:count=1 if x");
	check_was(&j, 5, FTI_VALUE, "events/a/b/filter", "x == 1");
	for (size_t i = 0; i < j.count; i++)
		CU_ASSERT_FALSE(j.was[i].has_now);
	fti_journal_free(&j);
}

static void test_journal_last_now_of_a_path_counts(void)
{
	struct fti_journal j;

	CU_ASSERT_EQUAL(parse(&j, HEADER "was 0 tracing_on =1\nnow tracing_on 00000000000000aa\n"
					 "was 0 trace_clock =local\n"
					 "now tracing_on fedcba9876543210\n"), 0);
	CU_ASSERT_EQUAL(j.count, 2);
	CU_ASSERT_TRUE(j.was[0].has_now);
	CU_ASSERT_EQUAL(j.was[0].now, 0xfedcba9876543210ULL);
	CU_ASSERT_FALSE(j.was[1].has_now);
	fti_journal_free(&j);
}

static void test_journal_takes_a_value_of_a_megabyte(void)
{
	const size_t size = 1 << 20;
	char *text = malloc(sizeof(HEADER) + size + 64), *at;
	struct fti_journal j;

	if (!text)
		abort();
	at = text + sprintf(text, HEADER "was 1 set_ftrace_filter =");
	memset(at, 'f', size);
	strcpy(at + size, "\n");
	CU_ASSERT_EQUAL(parse(&j, text), 0);
	CU_ASSERT_EQUAL(j.count, 1);
	CU_ASSERT_EQUAL(j.count ? strlen(j.was[0].value) : 0, size);
	fti_journal_free(&j);
	free(text);
}

static void test_journal_escapes_stand_for_any_byte_but_nul(void)
{
	char line[128], value[2] = { 0 };
	struct fti_journal j;

	for (int c = 1; c < 256; c++) {
		snprintf(line, sizeof(line), c % 2 ? "was 1 set_ftrace_pid =%%%02x" :
			 "was 1 set_ftrace_pid =%%%02X", c);
		value[0] = (char)c;
		CU_ASSERT_EQUAL(parse_line(&j, line), 0);
		check_was(&j, 0, FTI_LIST, "set_ftrace_pid", value);
		fti_journal_free(&j);
	}
}

/* -- a journal that was cut -------------------------------------------------------------------- */

static void test_journal_leaves_a_line_without_its_end_out(void)
{
	struct fti_journal j;

	CU_ASSERT_EQUAL(parse(&j, HEADER "was 0 tracing_on =1\nwas 0 trace_clock =loc"), 0);
	CU_ASSERT_EQUAL(j.count, 1);
	fti_journal_free(&j);
	CU_ASSERT_EQUAL(parse(&j, HEADER "nonsense"), 0);
	CU_ASSERT_EQUAL(j.count, 0);
	fti_journal_free(&j);
}

static void test_journal_cut_anywhere_is_whole_up_to_there(void)
{
	static const char text[] = HEADER "was 0 tracing_on =1\nwas 1 set_ftrace_pid =1%0a2\n"
				   "now tracing_on 00000000000000aa\n";
	const size_t header = strlen(HEADER);

	for (size_t len = 0; len < sizeof(text); len++) {
		size_t lines = 0;
		struct fti_journal j;
		int err = parse_bytes(&j, text, len);

		for (size_t i = header; i < len; i++)
			lines += text[i] == '\n';
		CU_ASSERT_EQUAL(err, len < header ? -EBADMSG : 0);
		if (err)
			continue;
		CU_ASSERT_EQUAL(j.count, lines < 2 ? lines : 2);
		if (j.count)
			CU_ASSERT_EQUAL(j.was[0].has_now, lines == 3);
		fti_journal_free(&j);
	}
}

static void test_journal_with_a_nul_is_refused(void)
{
	static const char good[] = HEADER "was 0 tracing_on =1\n";
	char text[sizeof(good)];
	struct fti_journal j;

	for (size_t at = 0; at < sizeof(good) - 1; at++) {
		memcpy(text, good, sizeof(good));
		text[at] = 0;
		CU_ASSERT_EQUAL(parse_bytes(&j, text, sizeof(good) - 1), -EBADMSG);
	}
	CU_ASSERT_EQUAL(parse_bytes(&j, good, sizeof(good)), -EBADMSG);
}

/* -- malformed lines --------------------------------------------------------------------------- */

static void test_journal_refuses_a_header_that_is_not_one(void)
{
	static const char *const texts[] = {
		"", "\n", "\n\n\n", "ftrace-tools-journal 2\nowner x 1 b\ntracefs /t\n",
		"ftrace-tools-journal 1 \nowner x 1 b\ntracefs /t\n",
		"owner x 1 b\nftrace-tools-journal 1\ntracefs /t\n",
		"ftrace-tools-journal 1\ntracefs /t\nowner x 1 b\n",
		"ftrace-tools-journal 1\nowner x 1 b\n",
		"ftrace-tools-journal 1\nowner x 1 b\ntracefs\n",
		"ftrace-tools-journal 1\nowner x 1 b\ntracefs /%\n",
		"ftrace-tools-journal 1\nowner x 1 b\ntracefs /%00\n",
		"ftrace-tools-journal 1\nowner x 1 b\nwas 0 tracing_on =1\n",
		"ftrace-tools-journal 1\r\nowner x 1 b\r\ntracefs /t\r\n",
	};
	struct fti_journal j;

	for (size_t i = 0; i < LEN(texts); i++)
		CU_ASSERT_EQUAL(parse(&j, texts[i]), -EBADMSG);
}

static int parse_owner(struct fti_journal *j, const char *owner)
{
	char text[256];

	snprintf(text, sizeof(text), "ftrace-tools-journal 1\nowner %s\ntracefs /t\n", owner);
	return parse(j, text);
}

static void test_journal_refuses_an_owner_that_cannot_be(void)
{
	static const char *const owners[] = {
		"", "x", "x 1", "x 1 ", "x  b", " 1 b", "x 1 b c", "x 0 b", "x -1 b", "x +1 b",
		"x 1x b", "x x b", "x 0x1 b", "x 4194305 b", "x 99999999999999999999999 b",
		"x/y 1 b", "x%20 1 b", "x 1 b/c", "x 1 b%41", "x\t1\tb",
		/* 32 and 40 bytes */
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 1 b",
		"x 1 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
	};
	static const char *const good[] = {
		"x 1 b", "x 4194304 b", "a-b_c.9 1 b", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 1 b",
		"x 1 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
	};
	struct fti_journal j;

	for (size_t i = 0; i < LEN(owners); i++)
		CU_ASSERT_EQUAL(parse_owner(&j, owners[i]), -EBADMSG);
	for (size_t i = 0; i < LEN(good); i++) {
		CU_ASSERT_EQUAL(parse_owner(&j, good[i]), 0);
		fti_journal_free(&j);
	}
}

static void test_journal_refuses_malformed_lines(void)
{
	static const char *const lines[] = {
		"", " ", "x", "was", "was ", "was 0", "was 0 tracing_on", "was 0 tracing_on ",
		"was 0 tracing_on 1", "was 0 tracing_on =1 ", "was 0 tracing_on =1 2",
		"was  0 tracing_on =1", "was 0  tracing_on =1", "was 0 tracing_on  =1",
		" was 0 tracing_on =1", "Was 0 tracing_on =1", "was x tracing_on =1",
		"was 00 tracing_on =1", "was +0 tracing_on =1", "was -0 tracing_on =1",
		"was 5 tracing_on =1", "was 9 tracing_on =1", "was / tracing_on =1",
		"was 18446744073709551616 tracing_on =1", "was 0 tracing_on =%",
		"was 0 tracing_on =%4", "was 0 tracing_on =%4g", "was 0 tracing_on =%00",
		"was 0 tracing_on =1%", "was 0 tracing_%6 =1", "was 0 %00tracing_on =1",
		"owner x 1 b", "tracefs /t", "ftrace-tools-journal 1",
	};
	struct fti_journal j;

	for (size_t i = 0; i < LEN(lines); i++) {
		const int err = parse_line(&j, lines[i]);

		if (err != -EBADMSG)
			printf("# taken: '%s'\n", lines[i]);
		CU_ASSERT_EQUAL(err, -EBADMSG);
	}
}

static void test_journal_refuses_paths_without_the_rule(void)
{
	static const char *const lines[] = {
		"was 0 ../tracing_on =1", "was 0 /etc/passwd =1", "was 0 %2fetc%2fpasswd =1",
		"was 0 options/%2e./x =1", "was 0 events/../../x/enable =1",
		"was 0 trace_pipe =1", "was 0 instances/x/tracing_on =1", "was 1 tracing_on =1",
		"was 2 tracing_on =1", "was 3 tracing_on =1", "was 4 tracing_on =1",
		"was 0 set_ftrace_filter =1", "was 0 kprobe_events =1",
		"was 0 events/a/b/trigger =1", "was 2 instances/trace-cmd =",
		"was 2 instances/ftrace-tools-x/.. =", "was 2 instances/ftrace-tools-x%20y =",
		"was 2 instances/ftrace-tools-x%2fy =", "was 0 tracing_on%0a =1",
	};
	struct fti_journal j;

	for (size_t i = 0; i < LEN(lines); i++)
		CU_ASSERT_EQUAL(parse_line(&j, lines[i]), -EBADMSG);
}

static void test_journal_refuses_values_that_do_not_fit(void)
{
	static const char *const lines[] = {
		"was 0 tracing_on =1%0a0", "was 0 events/a/b/filter =0%0a",
		"was 3 kprobe_events =", "was 3 kprobe_events =ftt_x",
		"was 3 kprobe_events =ftt_x/", "was 3 kprobe_events =kprobes/p",
		"was 3 kprobe_events =../ftt_/p", "was 3 kprobe_events =ftt_x/y/z",
		"was 3 kprobe_events =ftt_x/..", "was 3 kprobe_events =ftt_x/a%20b",
		"was 3 kprobe_events =ftt_x/a%0a-:b", "was 3 uprobe_events =xftt_/p",
	};
	char line[512];
	struct fti_journal j;

	for (size_t i = 0; i < LEN(lines); i++)
		CU_ASSERT_EQUAL(parse_line(&j, lines[i]), -EBADMSG);
	snprintf(line, sizeof(line), "was 3 kprobe_events =ftt_x/%0194d", 0);
	CU_ASSERT_EQUAL(parse_line(&j, line), 0);
	fti_journal_free(&j);
	snprintf(line, sizeof(line), "was 3 kprobe_events =ftt_x/%0195d", 0);
	CU_ASSERT_EQUAL(parse_line(&j, line), -EBADMSG);
}

static void test_journal_refuses_a_now_that_belongs_to_nothing(void)
{
	static const char *const lines[] = {
		"now", "now tracing_on", "now tracing_on ", "now tracing_on x",
		"now tracing_on 1", "now tracing_on 00000000000000aa ",
		"now tracing_on 00000000000000aa b", "now tracing_on -0000000000000aa",
		"now tracing_on 0x000000000000aa", "now tracing_on 00000000000000AA",
		"now tracing_on 000000000000000aa", "now tracing_% 00000000000000aa",
		"now trace_clock 00000000000000aa", "now ../x 00000000000000aa",
	};
	char line[128];
	struct fti_journal j;

	CU_ASSERT_EQUAL(parse_line(&j, "now tracing_on 00000000000000aa"), -EBADMSG);
	for (size_t i = 0; i < LEN(lines); i++) {
		snprintf(line, sizeof(line), "was 0 tracing_on =1\n%s", lines[i]);
		CU_ASSERT_EQUAL(parse_line(&j, line), -EBADMSG);
	}
}

static void test_journal_refuses_one_bad_line_among_good_ones(void)
{
	struct fti_journal j;

	CU_ASSERT_EQUAL(parse(&j, HEADER "was 0 tracing_on =1\nwas 0 ../x =1\n"
					 "was 0 trace_clock =local\n"), -EBADMSG);
	CU_ASSERT_EQUAL(parse(&j, HEADER "was 0 tracing_on =1\n\n"
					 "was 0 trace_clock =local\n"), -EBADMSG);
}

/* -- the writer -------------------------------------------------------------------------------- */

static void make_tree(struct tree *t)
{
	tree_make(t);
	tree_put(t, "tracing_on", "1\n");
	tree_put(t, "trace_clock", "[local] global mono\n");
	tree_put(t, "set_ftrace_filter", "vfs_read\n100%_[x]\nj\xc3\xb6rg\t[m]\n");
	tree_put(t, "set_event_pid", "");
}

static void read_journal(struct fti_journal *j, const struct fti_undo *u)
{
	char text[4096];
	ssize_t n = pread(fti_undo_fd(u), text, sizeof(text), 0);

	CU_ASSERT(n > 0 && n < (ssize_t)sizeof(text));
	CU_ASSERT_EQUAL_FATAL(parse_bytes(j, text, n > 0 ? (size_t)n : 0), 0);
}

static void test_journal_reads_what_undo_writes(void)
{
	bool persistent = false;
	struct fti_undo *u = NULL;
	struct fti_journal j;
	struct tree t;
	char boot[40];

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	CU_ASSERT_EQUAL_FATAL(fti_undo_open(&u, t.fd, t.path, "some-tool", &persistent), 0);
	CU_ASSERT_TRUE(persistent);
	CU_ASSERT_EQUAL(fti_undo_instance(u, FTI_INSTANCE_PREFIX "x-7"), 0);
	CU_ASSERT_EQUAL(fti_undo_file(u, "tracing_on"), 0);
	CU_ASSERT_EQUAL(fti_undo_file(u, "trace_clock"), 0);
	CU_ASSERT_EQUAL(fti_undo_file(u, "set_ftrace_filter"), 0);
	CU_ASSERT_EQUAL(fti_undo_file(u, "set_event_pid"), 0);
	CU_ASSERT_EQUAL(fti_undo_probe(u, "uprobe_events", "ftt_1_2", "p_1"), 0);
	tree_put(&t, "tracing_on", "0\n");
	fti_undo_changed(u, "tracing_on");
	read_journal(&j, u);
	fti_boot_id(boot, sizeof(boot));
	CU_ASSERT_STRING_EQUAL(j.tool, "some-tool");
	CU_ASSERT_EQUAL(j.pid, getpid());
	CU_ASSERT_STRING_EQUAL(j.boot, boot);
	CU_ASSERT_EQUAL(strlen(boot), 36);
	CU_ASSERT_STRING_EQUAL(j.tracefs, t.path);
	CU_ASSERT_EQUAL(j.count, 6);
	check_was(&j, 0, FTI_INSTANCE, "instances/" FTI_INSTANCE_PREFIX "x-7", "");
	check_was(&j, 1, FTI_VALUE, "tracing_on", "1");
	check_was(&j, 2, FTI_VALUE, "trace_clock", "local");
	check_was(&j, 3, FTI_LIST, "set_ftrace_filter", "vfs_read\n100%_[x]\nj\xc3\xb6rg");
	check_was(&j, 4, FTI_LIST, "set_event_pid", "");
	check_was(&j, 5, FTI_PROBE, "uprobe_events", "ftt_1_2/p_1");
	CU_ASSERT_TRUE(j.was[1].has_now && j.was[1].now == fti_hash("0"));
	CU_ASSERT_FALSE(j.was[2].has_now);
	fti_journal_free(&j);
	fti_undo_close(u);
	close(t.fd);
}

/* A line that cannot be read again would make the whole journal worthless: it is not written. */
static void test_journal_never_gets_what_could_not_be_read(void)
{
	bool persistent = false;
	struct fti_undo *u = NULL;
	struct fti_journal j;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	tree_put(&t, "current_tracer", "nop\nfunction\n");
	tree_put(&t, "kprobe_events", "p:kprobes/x y\n");
	CU_ASSERT_EQUAL(fti_undo_open(&u, t.fd, t.path, "a tool", &persistent), -EINVAL);
	CU_ASSERT_EQUAL(fti_undo_open(&u, t.fd, t.path, "", &persistent), -EINVAL);
	CU_ASSERT_EQUAL(fti_undo_open(&u, t.fd, t.path, "x\nwas 0 tracing_on =0", &persistent),
			-EINVAL);
	CU_ASSERT_EQUAL_FATAL(fti_undo_open(&u, t.fd, t.path, "tool", &persistent), 0);
	CU_ASSERT_EQUAL(fti_undo_instance(u, "trace-cmd"), -EINVAL);
	CU_ASSERT_EQUAL(fti_undo_instance(u, FTI_INSTANCE_PREFIX "a b"), -EINVAL);
	CU_ASSERT_EQUAL(fti_undo_instance(u, FTI_INSTANCE_PREFIX "../../x"), -EINVAL);
	CU_ASSERT_EQUAL(fti_undo_probe(u, "kprobe_events", "kprobes", "x"), -EINVAL);
	CU_ASSERT_EQUAL(fti_undo_probe(u, "kprobe_events", "ftt_1", "x y"), -EINVAL);
	CU_ASSERT_EQUAL(fti_undo_probe(u, "kprobe_events", "ftt_1", "../x"), -EINVAL);
	CU_ASSERT_EQUAL(fti_undo_probe(u, "tracing_on", "ftt_1", "x"), -EINVAL);
	CU_ASSERT_EQUAL(fti_undo_file(u, "current_tracer"), -EINVAL);
	CU_ASSERT_EQUAL(fti_undo_file(u, "kprobe_events"), -ENOTSUP);
	CU_ASSERT_EQUAL(fti_undo_file(u, "../x"), -ENOTSUP);
	CU_ASSERT_EQUAL(fti_undo_file(u, "trace_pipe"), -ENOTSUP);
	CU_ASSERT_EQUAL(fti_undo_file(u, "max_graph_depth"), -ENOENT);
	CU_ASSERT_EQUAL(fti_undo_file(u, "tracing_on"), 0);
	read_journal(&j, u);
	CU_ASSERT_EQUAL(j.count, 1);
	check_was(&j, 0, FTI_VALUE, "tracing_on", "1");
	fti_journal_free(&j);
	fti_undo_close(u);
	close(t.fd);
}

static void test_journal_sample_is_good(void)
{
	size_t len = 0;
	char *text = unit_read(UNIT_DATA "/journal/funcgraph", &len);
	struct fti_journal j;

	if (!text)
		return;
	CU_ASSERT_EQUAL(parse_bytes(&j, text, len), 0);
	CU_ASSERT(j.count > 4);
	fti_journal_free(&j);
	free(text);
}

UNIT_SUITE("journal",
	UNIT_TEST(test_journal_header_tells_the_owner),
	UNIT_TEST(test_journal_holds_records_of_every_kind_in_order),
	UNIT_TEST(test_journal_last_now_of_a_path_counts),
	UNIT_TEST(test_journal_takes_a_value_of_a_megabyte),
	UNIT_TEST(test_journal_escapes_stand_for_any_byte_but_nul),
	UNIT_TEST(test_journal_leaves_a_line_without_its_end_out),
	UNIT_TEST(test_journal_cut_anywhere_is_whole_up_to_there),
	UNIT_TEST(test_journal_with_a_nul_is_refused),
	UNIT_TEST(test_journal_refuses_a_header_that_is_not_one),
	UNIT_TEST(test_journal_refuses_an_owner_that_cannot_be),
	UNIT_TEST(test_journal_refuses_malformed_lines),
	UNIT_TEST(test_journal_refuses_paths_without_the_rule),
	UNIT_TEST(test_journal_refuses_values_that_do_not_fit),
	UNIT_TEST(test_journal_refuses_a_now_that_belongs_to_nothing),
	UNIT_TEST(test_journal_refuses_one_bad_line_among_good_ones),
	UNIT_TEST(test_journal_reads_what_undo_writes),
	UNIT_TEST(test_journal_never_gets_what_could_not_be_read),
	UNIT_TEST(test_journal_sample_is_good));
