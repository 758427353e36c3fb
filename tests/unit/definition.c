/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "definition.h"
#include "unit.h"

#define LEN(a)	(sizeof(a) / sizeof((a)[0]))

/* -- words of people --------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

struct wanted {
	const char *text;
	enum ft_probe_kind kind;
	const char *event, *file, *function;
	uint64_t offset;
	const char *args;
};

static void check_parsed(const struct wanted *t, bool user)
{
	struct ft_definition d;
	char why[FT_DEFINITION_WHY];
	int err = ft_definition_parse(&d, t->text, user, why);

	CU_ASSERT_EQUAL(err, 0);
	if (err) {
		printf("# %s: %s\n", t->text, why);
		return;
	}
	CU_ASSERT_EQUAL(d.kind, t->kind);
	CU_ASSERT_EQUAL(d.user, user);
	CU_ASSERT_EQUAL(d.offset, t->offset);
	if (!same(d.event, t->event) || !same(d.file, t->file) || !same(d.function, t->function) ||
	    !same(d.args, t->args)) {
		printf("# %s: event %s file %s function %s args %s\n", t->text, d.event, d.file,
		       d.function, d.args);
		CU_FAIL("parsed otherwise");
	}
	ft_definition_free(&d);
}

#define K FT_PROBE_KERNEL
#define R FT_PROBE_KERNEL_RETURN

/* perf-tools' kprobe, its page and examples, and the kernel's own kprobetrace.rst */
static void test_definitions_of_the_kernel(void)
{
	static const struct wanted t[] = {
		{"p:do_sys_open", K, NULL, NULL, "do_sys_open", 0, NULL},
		{"r:do_sys_open", R, NULL, NULL, "do_sys_open", 0, NULL},
		{"r:do_sys_open $retval", R, NULL, NULL, "do_sys_open", 0, "$retval"},
		{"r:do_sys_open $retval %ax", R, NULL, NULL, "do_sys_open", 0, "$retval %ax"},
		{"r:my_sys_open do_sys_open", R, "my_sys_open", NULL, "do_sys_open", 0, NULL},
		{"r:my_sys_open do_sys_open rval=$retval %ax", R, "my_sys_open", NULL,
		 "do_sys_open", 0, "rval=$retval %ax"},
		{"p:myopen do_sys_open mode=%cx:u16", K, "myopen", NULL, "do_sys_open", 0,
		 "mode=%cx:u16"},
		{"p:do_sys_open file=+0(%si):string", K, NULL, NULL, "do_sys_open", 0,
		 "file=+0(%si):string"},
		{"p:do_sys_open %di", K, NULL, NULL, "do_sys_open", 0, "%di"},
		{"p:ext4:ext4_sync_file", K, NULL, "ext4", "ext4_sync_file", 0, NULL},
		{"p:ext4:ext4_sync_file %di", K, NULL, "ext4", "ext4_sync_file", 0, "%di"},
		{"p:sync ext4:ext4_sync_file %di", K, "sync", "ext4", "ext4_sync_file", 0, "%di"},
		{"p:vfs_read+0x10", K, NULL, NULL, "vfs_read", 16, NULL},
		{"p:mine vfs_read+16 %ax", K, "mine", NULL, "vfs_read", 16, "%ax"},
		{"p:0xffffffff81234560", K, NULL, NULL, NULL, 0xffffffff81234560, NULL},
		{"p:mine 0xffffffff81234560", K, "mine", NULL, NULL, 0xffffffff81234560, NULL},
		{"p:grp/mine vfs_read", K, "mine", NULL, "vfs_read", 0, NULL},
		{"r10:mine vfs_read $retval", R, "mine", NULL, "vfs_read", 0, "$retval"},
		{"p vfs_read", K, NULL, NULL, "vfs_read", 0, NULL},
		{"r vfs_read $retval", R, NULL, NULL, "vfs_read", 0, "$retval"},
		{"vfs_read", K, NULL, NULL, "vfs_read", 0, NULL},
		{"vfs_read $arg1  $arg2 ", K, NULL, NULL, "vfs_read", 0, "$arg1  $arg2 "},
		{"ext4:ext4_sync_file", K, NULL, "ext4", "ext4_sync_file", 0, NULL},
		{"p:foo.isra.0", K, NULL, NULL, "foo.isra.0", 0, NULL},
		{"p:vfs_read%return $retval", R, NULL, NULL, "vfs_read", 0, "$retval"},
		{"mine vfs_read", K, "mine", NULL, "vfs_read", 0, NULL},
		{"p:vfs_read count=count", K, NULL, NULL, "vfs_read", 0, "count=count"},
		{"p:vfs_read file->f_inode", K, NULL, NULL, "vfs_read", 0, "file->f_inode"},
		{"  vfs_read", K, NULL, NULL, "vfs_read", 0, NULL},
		{"p_read", K, NULL, NULL, "p_read", 0, NULL},
	};

	for (size_t i = 0; i < LEN(t); i++)
		check_parsed(&t[i], false);
}

static void test_definitions_of_programs(void)
{
	static const struct wanted t[] = {
		{"p:bash:readline", FT_PROBE_USER, NULL, "bash", "readline", 0, NULL},
		{"bash:readline", FT_PROBE_USER, NULL, "bash", "readline", 0, NULL},
		{"p:my bash:readline %si", FT_PROBE_USER, "my", "bash", "readline", 0, "%si"},
		{"r:bash:readline +0($retval):string", FT_PROBE_USER_RETURN, NULL, "bash",
		 "readline", 0, "+0($retval):string"},
		{"r:libc:fopen file=$retval", FT_PROBE_USER_RETURN, NULL, "libc", "fopen", 0,
		 "file=$retval"},
		{"p:/bin/x:0x1234", FT_PROBE_USER, NULL, "/bin/x", NULL, 0x1234, NULL},
		{"p:libc:0xbf130", FT_PROBE_USER, NULL, "libc", NULL, 0xbf130, NULL},
		{"p:/tmp/a:b:main+8", FT_PROBE_USER, NULL, "/tmp/a:b", "main", 8, NULL},
		{"p:myname /bin/x:func arg=$arg1", FT_PROBE_USER, "myname", "/bin/x", "func", 0,
		 "arg=$arg1"},
		{"./prog:main", FT_PROBE_USER, NULL, "./prog", "main", 0, NULL},
		{"p:libstdc++:_ZSt4moveIRiE", FT_PROBE_USER, NULL, "libstdc++", "_ZSt4moveIRiE", 0,
		 NULL},
		{"u:libc:setjmp", FT_PROBE_USER, NULL, NULL, "libc:setjmp", 0, NULL},
		{"u:mine /bin/x:prov:name $arg2", FT_PROBE_USER, "mine", NULL, "/bin/x:prov:name",
		 0, "$arg2"},
		{"p:u:func", FT_PROBE_USER, NULL, "u", "func", 0, NULL},
		{"python3:main", FT_PROBE_USER, NULL, "python3", "main", 0, NULL},
	};

	for (size_t i = 0; i < LEN(t); i++)
		check_parsed(&t[i], true);
}

static void check_refused(const char *text, bool user, const char *part)
{
	struct ft_definition d;
	char why[FT_DEFINITION_WHY];
	int err = ft_definition_parse(&d, text, user, why);

	CU_ASSERT_EQUAL(err, -EINVAL);
	if (!err || !strstr(why, part)) {
		printf("# %s: %s\n", text, err ? why : "taken");
		CU_FAIL("refused otherwise");
	}
	CU_ASSERT_PTR_NULL(d.function);
	ft_definition_free(&d);
}

static void test_definitions_that_are_none(void)
{
	static const struct { const char *text, *why;
	} kernel[] = {
		{"", "a function is written"},
		{"p:", "a function is written"},
		{"p:  ", "a function is written"},
		{"p:grp/mine", "a function is written"},
		{"p:ext4:", "a function is written"},
		{"p::f", "a function is written"},
		{"p:vfs_*", "patterns are for functrace"},
		{"p:a b:c:d", "is not a function"},
		{"p:vfs_read+x", "'+x' is not an offset"},
		{"p:vfs_read+", "is not an offset"},
		{"p:vfs_read+0x10000000000000000", "is not an offset"},
		{"p:0x", "is not an address"},
		{"p:12ab", "is not an address"},
		{"p:ext4:0x10", "not of a module"},
		{"r:vfs_read+4", "a return is a function's"},
		{"r:0xffffffff81000000", "a return is a function's"},
		{"r5000:vfs_read", "at most r4096"},
		{"p:vfs_read;id", "is not a function"},
		{"p:vfs_read #x", "an argument is written"},
		{"p:vfs_read\np:other", "control characters"},
		{"p:vfs_read\t%di", "control characters"},
		{"p:vfs_read a=\"x\"", "an argument is written"},
		{"p:vfs_read $retval", "only at a return"},
		{"/bin/x:main", "is not a module"},
		{"u:libc:setjmp", "is not a function"},
		{"p:aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee vfs_read",
		 "too long a name"},
	};
	static const struct { const char *text, *why;
	} user[] = {
		{"p:readline", "is written file:function"},
		{"readline", "is written file:function"},
		{"p::readline", "is written file:function"},
		{"p:bash:", "is written file:function"},
		{"p:/tmp/a#b:main", "no path with a '#'"},
		{"u:setjmp", "u:provider:name"},
		{"p:libc:str*", "patterns are for"},
		{"p:libc:f $comm2", "no such register"},
		{"p:libc:f @symbol", "no symbols of programs"},
		{"p:libc:f name", "no such register"},
		{"r:libc:f+4", "a return is a function's"},
		{"p:libc:f \x7f", "control characters"},
	};

	for (size_t i = 0; i < LEN(kernel); i++)
		check_refused(kernel[i].text, false, kernel[i].why);
	for (size_t i = 0; i < LEN(user); i++)
		check_refused(user[i].text, true, user[i].why);
}

static void test_filters_are_told_from_definitions(void)
{
	static const char *const filters[] =
		{
			"fd < 0", "file == 0", "fn ~ \"*stat\"", "name != \"x\"",
			"a & 1",  "!(a == 1)", "count > 5",	 "a == 1 || b == 2",
		},
				 *const definitions[] = {
					 "p:do_sys_open",      "vfs_read",
					 "r:vfs_read $retval", "p:x vfs_read a=%di",
					 "vfs_read a=%di",     "vfs_read file->f_inode",
					 "p:vfs_read a==1",    "bash:readline",
					 "u:libc:setjmp",      "",
				 };

	for (size_t i = 0; i < LEN(filters); i++)
		CU_ASSERT_TRUE(ft_definition_is_filter(filters[i]));
	for (size_t i = 0; i < LEN(definitions); i++)
		CU_ASSERT_FALSE(ft_definition_is_filter(definitions[i]));
}

static void test_events_have_names_that_every_kernel_takes(void)
{
	static const struct { const char *text, *name; bool user;
	} t[] = {
		{"p:vfs_read", "vfs_read", false},
		{"p:mine vfs_read", "mine", false},
		{"p:foo.isra.0", "foo_isra_0", false},
		{"p:vfs_read+0x10", "vfs_read_0x10", false},
		{"p:0xffffffff81000000", "p_0xffffffff81000000", false},
		{"p:ext4:ext4_sync_file", "ext4_sync_file", false},
		{"p:/usr/bin/7z:0x10", "_z_0x10", true},
		{"p:libc:malloc", "malloc", true},
		{"p:x:_ZNSt6vectorIiSaIiEE17_M_realloc_insertIJiEEEvN9__gnu_cxx17__normal_iterator",
		 "_ZNSt6vectorIiSaIiEE17_M_realloc_insertIJiEE", true},
	};

	for (size_t i = 0; i < LEN(t); i++) {
		struct ft_definition d;
		char why[FT_DEFINITION_WHY], name[FTI_DEFINITION_NAME];

		CU_ASSERT_EQUAL_FATAL(ft_definition_parse(&d, t[i].text, t[i].user, why), 0);
		fti_definition_name(&d, NULL, name);
		CU_ASSERT_EQUAL(strncmp(name, t[i].name, strlen(t[i].name)), 0);
		CU_ASSERT_TRUE(strlen(name) < FTI_DEFINITION_NAME);
		CU_ASSERT_EQUAL(fti_identifier(name), strlen(name));
		ft_definition_free(&d);
	}
}

/* -- arguments --------------------------------------------------------------------------------- */

static char *readme_of(const char *kernel)
{
	char path[128];

	snprintf(path, sizeof(path), UNIT_DATA "/%s/tracing/README", kernel);
	return unit_read(path, NULL);
}

/* want NULL: the kernel does not know it; what begins with '!': no kernel does */
static void check_args(const char *kernel, const char *readme, const char *text, bool user,
		       const char *want)
{
	struct ft_definition d;
	char why[FT_DEFINITION_WHY] = "", args[FT_DEFINITION_ARGS_MAX];
	int err = ft_definition_parse(&d, text, user, why);

	if (!err)
		err = ft_definition_args(&d, readme, args, why);
	if (err != (!want ? -EOPNOTSUPP : *want == '!' ? -EINVAL : 0) ||
	    (!err && strcmp(args, want) != 0) || (want && *want == '!' && !strstr(why, want + 1))) {
		printf("# %s, %s: %d '%s' %s\n", kernel, text, err, err ? "" : args, why);
		CU_FAIL("translated otherwise");
	}
	ft_definition_free(&d);
}

struct translated {
	const char *text, *el7, *k510, *k61, *k612;
};

static void check_translated(const struct translated *t, bool user)
{
	static const char *const kernels[] = { "el7", "5.10", "6.1", "6.12" };
	const char *const want[] = { t->el7, t->k510, t->k61, t->k612 };

	for (size_t i = 0; i < LEN(kernels); i++) {
		char *readme = readme_of(kernels[i]);

		check_args(kernels[i], readme, t->text, user, want[i]);
		free(readme);
	}
}

#ifdef __x86_64__
#define ARG1 "%di"
#define ARG2 "%si"
#else
#define ARG1 "%x0"
#define ARG2 "%x1"
#endif
#define ALL(as) as, as, as, as

static void test_arguments_are_said_as_each_kernel_knows_them(void)
{
	static const struct translated t[] = {
		{"p:f $arg1", ARG1, "$arg1", "$arg1", "$arg1"},
		{"p:f a=$arg2:u32", "a=" ARG2 ":u32", "a=$arg2:u32", "a=$arg2:u32", "a=$arg2:u32"},
		{"p:f n=$arg2:ustring", "n=+0(" ARG2 "):string", "n=+0($arg2):ustring",
		 "n=+0($arg2):ustring", "n=+0($arg2):ustring"},
		{"p:f n=+0(%si):string", ALL("n=+0(%si):string")},
		{"p:f n=+u0(%si):ustring", "n=+0(%si):string", "n=+u0(%si):ustring",
		 "n=+u0(%si):ustring", "n=+u0(%si):ustring"},
		{"p:f %si:string", ALL("+0(%si):string")},
		{"p:f +8(-0x10(+0(%di))):s16", ALL("+8(-16(+0(%di))):s16")},
		{"p:f $stack $stack3 @0x1000 @jiffies @jiffies+8:u8",
		 ALL("$stack $stack3 @4096 @jiffies @jiffies+8:u8")},
		{"p:f a=%di:x64", "a=%di:u64", "a=%di:x64", "a=%di:x64", "a=%di:x64"},
		{"p:f a=%di:b4@8/32", ALL("a=%di:b4@8/32")},
		{"p:f a=+0(%di):u8[4]", NULL, "a=+0(%di):u8[4]", "a=+0(%di):u8[4]",
		 "a=+0(%di):u8[4]"},
		{"p:f %di:symbol", NULL, "%di:symbol", "%di:symbol", "%di:symbol"},
		{"p:f %di:symstr", NULL, "%di:symbol", "%di:symstr", "%di:symstr"},
		{"p:f %di:char", NULL, NULL, NULL, "%di:char"},
		{"p:f $comm", NULL, "$comm", "$comm", "$comm"},
		{"p:f c=$comm:string", NULL, "c=$comm:string", "c=$comm:string", "c=$comm:string"},
		{"p:f \\1 \\-5:s32 \\\"hm\":string", NULL, "\\1 \\-5:s32 \\\"hm\":string",
		 "\\1 \\-5:s32 \\\"hm\":string", "\\1 \\-5:s32 \\\"hm\":string"},
		{"p:f c=$count", NULL, NULL, NULL, "c=count"},
		{"p:f i=file->f_inode.i_ino:u64", NULL, NULL, NULL, "i=file->f_inode.i_ino:u64"},
		{"p:f $arg*", NULL, NULL, NULL, "$arg*"},
		{"p:f a=$arg7", "!$arg1 to $arg6", "a=$arg7", "a=$arg7", "a=$arg7"},
		{"p:f+4 a=$arg1", "!only where the function begins", "a=$arg1", "a=$arg1",
		 "a=$arg1"},
		{"r:f $retval r=$retval:s32", ALL("$retval r=$retval:s32")},
		{"r:f +0($retval):string", ALL("+0($retval):string")},
		{"r:f $retval:string", ALL("+0($retval):string")},
		{"r:f $arg1", "!the arguments are gone", "!the arguments are gone",
		 "!the arguments are gone", "$arg1"},
	};

	for (size_t i = 0; i < LEN(t); i++)
		check_translated(&t[i], false);
}

static void test_arguments_of_programs(void)
{
	static const struct translated t[] = {
		{ "p:x:f $arg1 b=$arg2:string", ALL(ARG1 " b=+0(" ARG2 "):string") },
		{ "p:x:f n=$arg1:ustring", "n=+0(" ARG1 "):string", "n=+0(" ARG1 "):ustring",
		  "n=+0(" ARG1 "):ustring", "n=+0(" ARG1 "):ustring" },
		{ "p:x:f $stack2 @+0x4010:u32", ALL("$stack2 @+16400:u32") },
		{ "p:x:f $arg7", ALL("!$arg1 to $arg6") },
		{ "r:x:f $retval", ALL("$retval") },
		{ "r:x:f $arg1", ALL("!the arguments are gone") },
	};

	for (size_t i = 0; i < LEN(t); i++)
		check_translated(&t[i], true);
}

static void test_arguments_that_no_kernel_takes(void)
{
	static const struct { const char *args, *why; } t[] = {
		{ "a=%di a=%si", "two arguments are named 'a'" },
		{ "%di arg1=%si", "named 'arg1'" },
		{ "common_pid=%di", "a field 'common_pid' of its own" },
		{ "__probe_ip=%di", "of its own" },
		{ "a=", "nothing is named" },		{ "=%di", "an argument is written" },
		{ "a=%", "a register has a name" },	{ "a=$", "a variable has a name" },
		{ "+0(%di", "a ')' is missing" },	{ "+0%di", "memory is written" },
		{ "+(%di)", "a number is missing" },	{ "+0()", "an argument is written" },
		{ "+0(%di))", "')' is not understood" }, { "%di:u7", "'u7' is not a type" },
		{ "%di:", "is not a type" },		{ "%di:u8[0]", "from 1 to 64" },
		{ "%di:u8[65]", "from 1 to 64" },	{ "%di:u8[4", "TYPE[N]" },
		{ "%di:b9@0/8", "bits are written" },	{ "%di:b1@8/8", "bits are written" },
		{ "%di:b1@0/7", "bits are written" },	{ "%di:b1/8", "bits are written" },
		{ "$arg0", "arguments are $arg1" },	{ "$arg129", "arguments are $arg1" },
		{ "$stack4096", "$stack0 to $stack4095" },
		{ "$stack99999999999999999999", "on the stack" },
		{ "@", "takes an address or a symbol" }, { "@+8", "in a program's file" },
		{ "\\", "a number is missing" },	{ "\\\"a;b\"", "letters, digits" },
		{ "file->", "a field has a name" },
		{ "+0x8000000000000000(%di)", "out of range" },
		{ "a12345678901234567890123456789012=%di", "longer than 31" },
		{ "+1000000000(+1000000000(+1000000000(+1000000000(+1000000000(%di)))))", "longer than the kernel" },
		{ "+0(+0(+0(+0(+0(+0(+0(+0(+0(%di)))))))))", "levels of memory" },
		{ "a=%di;b", "';b' is not understood" },
		{ "a=%di>x", "'>x' is not understood" },
		{ "%di,%si", "is not understood" },
	};

	for (size_t i = 0; i < LEN(t); i++) {
		char text[256];

		snprintf(text, sizeof(text), "p:f %s", t[i].args);
		check_refused(text, false, t[i].why);
	}
}

static void test_arguments_are_bounded(void)
{
	char text[1024] = "p:f";

	for (int i = 0; i < 32; i++)
		strcat(text, " %di");
	check_parsed(&(struct wanted){ text, K, NULL, NULL, "f", 0, text + 4 }, false);
	strcat(text, " %di");
	check_refused(text, false, "more than 32 arguments");
}

static void test_return_values_are_found(void)
{
	static const struct { const char *name; bool retval, string;
	} want[] = {
		{"arg1", true, false},
		{"s", false, true},
		{"r", true, false},
		{"p", false, false},
	};
	struct ft_definition d;
	struct ft_definition_arg arg;
	char why[FT_DEFINITION_WHY];

	CU_ASSERT_EQUAL_FATAL(
		ft_definition_parse(&d, "r:f $retval s=$retval:string r=$retval:s32 p=+0($retval)",
				    false, why),
		0);
	for (size_t i = 0; i < LEN(want); i++) {
		CU_ASSERT_TRUE_FATAL(ft_definition_arg(&d, i, &arg));
		CU_ASSERT_STRING_EQUAL(arg.name, want[i].name);
		CU_ASSERT_EQUAL(arg.retval, want[i].retval);
		CU_ASSERT_EQUAL(arg.string, want[i].string);
	}
	CU_ASSERT_FALSE(ft_definition_arg(&d, LEN(want), &arg));
	ft_definition_free(&d);
}

/* What a built-in probe tells, by its numbers, with the type it has unless another is given. */
static void test_arguments_of_built_in_probes(void)
{
	static const struct ft_usdt_arg found[] = {
		{ .fetch = "%di", .type = "u64" }, { .fetch = "-20(%bp)", .type = "s32" },
		{ .fetch = "", .type = "u64", .why = "it is in a floating-point register" },
	};
	static const struct { const char *args, *want;
	} t[] = {
		{"$arg1", "%di:u64"},
		{"n=$arg2", "n=-20(%bp):s32"},
		{"s=$arg2:string", "s=+0(-20(%bp)):string"},
		{"+0($arg1):string", "+0(%di):string"},
		{"%ax $arg1:u8", "%ax %di:u8"},
		{"$arg3", "!floating-point"},
		{"$arg4", "!has but 3 arguments"},
	};

	for (size_t i = 0; i < LEN(t); i++) {
		struct ft_definition d;
		char text[128], why[FT_DEFINITION_WHY], args[FT_DEFINITION_ARGS_MAX];
		int err;

		snprintf(text, sizeof(text), "u:x:y %s", t[i].args);
		CU_ASSERT_EQUAL_FATAL(ft_definition_parse(&d, text, true, why), 0);
		d.usdt_args = found;
		d.usdt_count = LEN(found);
		err = ft_definition_args(&d, "", args, why);
		if (*t[i].want == '!') {
			CU_ASSERT_EQUAL(err, -EINVAL);
			CU_ASSERT_PTR_NOT_NULL(strstr(why, t[i].want + 1));
		} else {
			CU_ASSERT_EQUAL(err, 0);
			CU_ASSERT_STRING_EQUAL(args, t[i].want);
		}
		ft_definition_free(&d);
	}
}

UNIT_SUITE("definition",
	   UNIT_TEST(test_definitions_of_the_kernel),
	   UNIT_TEST(test_definitions_of_programs),
	   UNIT_TEST(test_definitions_that_are_none),
	   UNIT_TEST(test_filters_are_told_from_definitions),
	   UNIT_TEST(test_events_have_names_that_every_kernel_takes),
	   UNIT_TEST(test_arguments_are_said_as_each_kernel_knows_them),
	   UNIT_TEST(test_arguments_of_programs),
	   UNIT_TEST(test_arguments_that_no_kernel_takes),
	   UNIT_TEST(test_arguments_are_bounded),
	   UNIT_TEST(test_return_values_are_found),
	   UNIT_TEST(test_arguments_of_built_in_probes));
