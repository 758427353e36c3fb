/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf-image.h"
#include "target.h"
#include "unit.h"

#define LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define DIR_61	UNIT_DATA "/6.1/tracing"
#define FUNC	ELF64_ST_INFO(STB_GLOBAL, STT_FUNC)
#define IFUNC	ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC)

/* -- what people write ---------------------------------------------------------------------- */

static void test_target_parse_tells_the_kinds_apart(void)
{
	static const struct {
		const char *text;
		enum ft_target_kind kind;
		const char *file, *pattern;
	} t[] = {
		{ "vfs_read", FT_TARGET_KERNEL, NULL, "vfs_read" },
		{ "vfs_*", FT_TARGET_KERNEL, NULL, "vfs_*" },
		{ "t", FT_TARGET_KERNEL, NULL, "t" },
		{ "ext4_*:mod:ext4", FT_TARGET_KERNEL, NULL, "ext4_*:mod:ext4" },
		{ "*:mod:ext4", FT_TARGET_KERNEL, NULL, "*:mod:ext4" },
		{ "libc:malloc", FT_TARGET_USER, "libc", "malloc" },
		{ "/usr/bin/bash:read*", FT_TARGET_USER, "/usr/bin/bash", "read*" },
		{ "/tmp/a:b/prog:main", FT_TARGET_USER, "/tmp/a:b/prog", "main" },
		{ "./prog:*", FT_TARGET_USER, "./prog", "*" },
		{ "libmod:mod", FT_TARGET_USER, "libmod", "mod" },
		{ "t:sched:sched_switch", FT_TARGET_TRACEPOINT, "sched", "sched_switch" },
		{ "t:sched:sched_*", FT_TARGET_TRACEPOINT, "sched", "sched_*" },
		{ "t:*:*", FT_TARGET_TRACEPOINT, "*", "*" },
	};

	for (size_t i = 0; i < LEN(t); i++) {
		struct ft_target target;
		char why[FT_TARGET_WHY];

		CU_ASSERT_EQUAL_FATAL(ft_target_parse(&target, t[i].text, why), 0);
		CU_ASSERT_EQUAL(target.kind, t[i].kind);
		CU_ASSERT_PTR_EQUAL(target.text, t[i].text);
		CU_ASSERT_STRING_EQUAL(target.pattern, t[i].pattern);
		CU_ASSERT_EQUAL(!target.file, !t[i].file);
		if (target.file && t[i].file)
			CU_ASSERT_STRING_EQUAL(target.file, t[i].file);
		ft_target_free(&target);
		CU_ASSERT_PTR_NULL(target.pattern);
		ft_target_free(&target);
	}
}

static void test_target_parse_says_how_it_is_written(void)
{
	static const char tracepoint[] = "a tracepoint is written t:system:event",
			  user[] = "a function of a program is written file:function";
	static const struct { const char *text, *why; } t[] = {
		{ "t:", tracepoint },		{ "t:sched", tracepoint },
		{ "t::x", tracepoint },		{ "t:sched:", tracepoint },
		{ "t:a:b:c", tracepoint },	{ "t:../x:y", tracepoint },
		{ "t:sched:a b", tracepoint },	{ "libc:", user },
		{ ":malloc", user },		{ ":", user },
		{ "/usr/bin/bash", user },	{ "./prog", user },
		{ "", "a function has a name" },
	};

	for (size_t i = 0; i < LEN(t); i++) {
		struct ft_target target;
		char why[FT_TARGET_WHY] = "";

		CU_ASSERT_EQUAL(ft_target_parse(&target, t[i].text, why), -EINVAL);
		CU_ASSERT_STRING_EQUAL(why, t[i].why);
		CU_ASSERT_PTR_NULL(target.file);
		CU_ASSERT_PTR_NULL(target.pattern);
	}
}

/* -- functions ------------------------------------------------------------------------------ */

struct got {
	char path[4096];
	char names[4096];
	int  count, stop_at;
};

static int add_function(void *arg, const char *path, const struct ft_elf_symbol *s)
{
	struct got *g = arg;
	size_t len = strlen(g->names);

	snprintf(g->path, sizeof(g->path), "%s", path);
	snprintf(g->names + len, sizeof(g->names) - len, "%s ", s->name);
	return ++g->count == g->stop_at ? 7 : 0;
}

static int functions(const char *text, int pid, struct got *g, char *sentence)
{
	struct ft_target t;
	char why[FT_TARGET_WHY];
	int ret;

	CU_ASSERT_EQUAL_FATAL(ft_target_parse(&t, text, why), 0);
	ret = fti_target_functions(&t, pid, add_function, g, sentence);
	ft_target_free(&t);
	return ret;
}

static void expect_functions(const char *text, const char *names)
{
	struct got g = { .count = 0 };
	char sentence[FTI_SENTENCE_SIZE];

	CU_ASSERT_EQUAL(functions(text, 0, &g, sentence), 0);
	CU_ASSERT_STRING_EQUAL(g.names, names);
	CU_ASSERT_STRING_EQUAL(sentence, "");
}

static void expect_refusal(const char *text, int pid, int want, const char *part)
{
	struct got g = { .count = 0 };
	char sentence[FTI_SENTENCE_SIZE];

	CU_ASSERT_EQUAL(functions(text, pid, &g, sentence), want);
	if (!strstr(sentence, part))
		printf("# %s\n", sentence);
	CU_ASSERT_PTR_NOT_NULL(strstr(sentence, part));
	CU_ASSERT_EQUAL(strncmp(sentence, "cannot trace '", 14), 0);
	CU_ASSERT_EQUAL(g.count, 0);
}

static void put_image(const struct image *im, char path[32])
{
	int fd;

	strcpy(path, "/tmp/target-XXXXXX");
	fd = mkstemp(path);
	CU_ASSERT_EQUAL_FATAL(write(fd, im->bytes, im->len), (ssize_t)im->len);
	close(fd);
}

/* A library with what libc has of each kind, by its path. */
static void make_library(char path[32])
{
	static const struct image_symbol syms[] = {
		{ "malloc", IMAGE_ADDR, 8, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "__libc_malloc", IMAGE_ADDR, 8, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "calloc", IMAGE_ADDR + 8, 8, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "memcpy@@GLIBC_2.14", IMAGE_ADDR + 16, 8, IFUNC, IMAGE_DOT_TEXT, 0 },
		{ "memcpy@GLIBC_2.2.5", IMAGE_ADDR + 24, 8, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "realpath@@GLIBC_2.3", IMAGE_ADDR + 32, 8, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "realpath@GLIBC_2.2.5", IMAGE_ADDR + 40, 8, FUNC, IMAGE_DOT_TEXT, 0 },
		{ "strlen", IMAGE_ADDR + 48, 8, IFUNC, IMAGE_DOT_TEXT, 0 },
	};
	struct image im;

	image_begin(&im, true);
	image_table(&im, IMAGE_SYMTAB, SHT_SYMTAB, syms, LEN(syms));
	image_end(&im);
	put_image(&im, path);
}

static const char *of(const char *path, const char *pattern)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s:%s", path, pattern);
	return text;
}

static void test_target_functions_match_each_place_once(void)
{
	struct got g = { .stop_at = 2 };
	char path[32], sentence[FTI_SENTENCE_SIZE];

	make_library(path);
	expect_functions(of(path, "malloc"), "malloc ");
	expect_functions(of(path, "__libc_malloc"), "__libc_malloc ");
	expect_functions(of(path, "*alloc"), "malloc calloc ");
	expect_functions(of(path, "[!a-z]*"), "__libc_malloc ");
	/* both versions are called by somebody, what is indirect cannot be traced */
	expect_functions(of(path, "realpath"), "realpath realpath ");
	expect_functions(of(path, "*"), "malloc calloc memcpy realpath realpath ");
	CU_ASSERT_EQUAL(functions(of(path, "*"), 0, &g, sentence), 7);
	CU_ASSERT_EQUAL(g.count, 2);
	CU_ASSERT_STRING_EQUAL(g.path, path);
	CU_ASSERT_STRING_EQUAL(sentence, "");
	unlink(path);
}

static void test_target_functions_say_why_there_are_none(void)
{
	char path[32];

	make_library(path);
	expect_refusal(of(path, "mallocc"), 0, -EINVAL, "': no such function in '/tmp/target-");
	expect_refusal(of(path, "mallocc"), 0, -EINVAL, "(did you mean 'malloc'?)");
	expect_refusal(of(path, "zzz"), 0, -EINVAL, path);
	expect_refusal(of(path, "zzz*"), 0, -EINVAL, "no function matches in '");
	expect_refusal(of(path, "memcpy"), 0, -EINVAL, "it is an indirect function");
	expect_refusal(of(path, "strlen"), 0, -EINVAL, "it is an indirect function");
	expect_refusal(of(path, "str*"), 0, -EINVAL, "it is an indirect function");
	unlink(path);
	expect_refusal(of(path, "malloc"), 0, -EINVAL, "no such program or library");
	expect_refusal("libnosuchthing:f", 0, -EINVAL, "no such program or library");
	expect_refusal("libnosuchthing:f", getpid(), -EINVAL, "in the process or elsewhere");
	expect_refusal("libc:malloc", 4194304, -EINVAL, "no such process: 4194304");
	expect_refusal("/etc/passwd:root", 0, -EINVAL, "'/etc/passwd' is not a program or library");
	expect_refusal("/tmp:x", 0, -EINVAL, "'/tmp' is not a program or library");
	expect_refusal("a\nb:x", 0, -EINVAL, "cannot trace 'a\\nb:x'");
}

static void test_target_functions_of_stripped_programs(void)
{
	struct image im;
	char path[32];

	image_begin(&im, true);
	image_end(&im);
	put_image(&im, path);
	expect_refusal(of(path, "main"), 0, -EINVAL, "tells no functions (it is stripped)");
	unlink(path);
}

static void test_target_functions_of_this_process(void)
{
	struct got g = { .count = 0 };
	char sentence[FTI_SENTENCE_SIZE];

	CU_ASSERT_EQUAL(functions("/proc/self/exe:unit_*", 0, &g, sentence), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(g.names, "unit_skip "));
	CU_ASSERT_PTR_NOT_NULL(strstr(g.names, "unit_read "));
	CU_ASSERT_EQUAL(g.path[0], '/');
	g = (struct got){ .count = 0 };
	CU_ASSERT_EQUAL(functions("target:unit_skip", getpid(), &g, sentence), 0);
	CU_ASSERT_STRING_EQUAL(g.names, "unit_skip ");
}

/* -- tracepoints ---------------------------------------------------------------------------- */

struct seen {
	char text[65536];
	int  count, stop_at;
};

static int add_event(void *arg, const char *system, const char *event)
{
	struct seen *s = arg;
	size_t len = strlen(s->text);

	snprintf(s->text + len, sizeof(s->text) - len, "%s:%s ", system, event);
	return ++s->count == s->stop_at ? -EINTR : 0;
}

static int tracepoints(const char *dir, const char *text, struct seen *s, char *sentence)
{
	struct ft_target t;
	char why[FT_TARGET_WHY];
	int ret;

	CU_ASSERT_EQUAL_FATAL(ft_target_parse(&t, text, why), 0);
	ret = fti_target_tracepoints(dir, &t, add_event, s, sentence);
	ft_target_free(&t);
	return ret;
}

static void expect_events(const char *dir, const char *text, const char *want)
{
	struct seen *s = calloc(1, sizeof(*s));
	char sentence[FTI_SENTENCE_SIZE];

	CU_ASSERT_EQUAL(tracepoints(dir, text, s, sentence), 0);
	CU_ASSERT_STRING_EQUAL(s->text, want);
	CU_ASSERT_STRING_EQUAL(sentence, "");
	free(s);
}

static void expect_no_events(const char *dir, const char *text, int err, const char *want)
{
	struct seen *s = calloc(1, sizeof(*s));
	char sentence[FTI_SENTENCE_SIZE];

	CU_ASSERT_EQUAL(tracepoints(dir, text, s, sentence), err);
	if (strcmp(sentence, want) != 0)
		printf("# %s\n", sentence);
	CU_ASSERT_STRING_EQUAL(sentence, want);
	CU_ASSERT_EQUAL(s->count, 0);
	free(s);
}

static void test_target_tracepoints_match_in_order(void)
{
	static const char *const dirs[] = { UNIT_DATA "/el7/tracing", UNIT_DATA "/5.10/tracing",
					    DIR_61, UNIT_DATA "/6.12/tracing" };
	struct seen *s;
	char sentence[FTI_SENTENCE_SIZE];

	for (size_t i = 0; i < LEN(dirs); i++) {
		expect_events(dirs[i], "t:signal:signal_generate", "signal:signal_generate ");
		expect_events(dirs[i], "t:sch*:sched_process_*", "sched:sched_process_exec "
			      "sched:sched_process_exit sched:sched_process_fork ");
		s = calloc(1, sizeof(*s));
		CU_ASSERT_EQUAL(tracepoints(dirs[i], "t:*:*", s, sentence), 0);
		CU_ASSERT_TRUE(s->count > 5);
		/* what is there, but is none: not to be enabled */
		CU_ASSERT_PTR_NULL(strstr(s->text, "ftrace:"));
		CU_ASSERT_PTR_NULL(strstr(s->text, "header_page"));
		memset(s, 0, sizeof(*s));
		s->stop_at = 2;
		CU_ASSERT_EQUAL(tracepoints(dirs[i], "t:*:*", s, sentence), -EINTR);
		CU_ASSERT_EQUAL(s->count, 2);
		CU_ASSERT_STRING_EQUAL(sentence, "");
		free(s);
	}
}

static void test_target_tracepoints_say_why_there_are_none(void)
{
	expect_no_events(DIR_61, "t:signal:signal_delivr", -EINVAL, "cannot trace "
			 "'t:signal:signal_delivr': no such tracepoint (did you mean "
			 "'t:signal:signal_deliver'?)");
	expect_no_events(DIR_61, "t:signl:signal_deliver", -EINVAL, "cannot trace "
			 "'t:signl:signal_deliver': no such tracepoint (did you mean "
			 "'t:signal:signal_deliver'?)");
	expect_no_events(DIR_61, "t:qqqqqqq:zzzzzzz", -EINVAL,
			 "cannot trace 't:qqqqqqq:zzzzzzz': no such tracepoint");
	expect_no_events(DIR_61, "t:signal:zz*", -EINVAL,
			 "cannot trace 't:signal:zz*': no tracepoint matches");
	expect_no_events(DIR_61, "t:ftrace:function", -EINVAL,
			 "cannot trace 't:ftrace:function': no such tracepoint");
	expect_no_events(UNIT_DATA, "t:a:b", -EOPNOTSUPP,
			 "cannot trace 't:a:b': cannot read 'events': No such file or directory");
	expect_no_events("/nonexistent", "t:a:b", -ENOENT, "cannot trace 't:a:b': "
			 "cannot open '/nonexistent': No such file or directory");
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	for (char *p = path + strlen(dir) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = 0;
		mkdir(path, 0700);
	}
	f = fopen(path, "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

/* Another agent's probes are not tracepoints, and may go at any time. */
static void test_target_tracepoints_leave_out_probes(void)
{
	char dir[] = "/tmp/target-XXXXXX", command[64];

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	put(dir, "events/a/one/format", "");
	put(dir, "events/a/two/format", "");
	put(dir, "events/a/twofold/format", "");
	put(dir, "events/a/no_format/enable", "");
	put(dir, "events/kprobes/open/format", "");
	put(dir, "events/u/malloc/format", "");
	put(dir, "events/synthetic/latency/format", "");
	put(dir, "kprobe_events", "p:kprobes/open do_sys_open\nr4:a/two vfs_read ret=$retval\n");
	put(dir, "uprobe_events", "p:u/malloc /usr/lib/libc.so.6:0x1000");
	expect_events(dir, "t:*:*", "a:one a:twofold ");
	expect_events(dir, "t:a:two*", "a:twofold ");
	put(dir, "dynamic_events", "e:a/twofold sched.sched_switch\n");
	expect_events(dir, "t:*:*", "a:one ");
	snprintf(command, sizeof(command), "rm -r %s", dir);
	CU_ASSERT_EQUAL(system(command), 0);
}

UNIT_SUITE("target",
	   UNIT_TEST(test_target_parse_tells_the_kinds_apart),
	   UNIT_TEST(test_target_parse_says_how_it_is_written),
	   UNIT_TEST(test_target_functions_match_each_place_once),
	   UNIT_TEST(test_target_functions_say_why_there_are_none),
	   UNIT_TEST(test_target_functions_of_stripped_programs),
	   UNIT_TEST(test_target_functions_of_this_process),
	   UNIT_TEST(test_target_tracepoints_match_in_order),
	   UNIT_TEST(test_target_tracepoints_say_why_there_are_none),
	   UNIT_TEST(test_target_tracepoints_leave_out_probes));
