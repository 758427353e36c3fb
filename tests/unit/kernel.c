/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ftrace/kernel.h"
#include "kernel.h"
#include "unit.h"

/* -- patterns ------------------------------------------------------------------------------- */

static void test_kernel_glob_matches_as_the_kernel(void)
{
	static const struct {
		const char *pattern, *name;
		bool match;
	} t[] = {
		{ "vfs_read", "vfs_read", true },	{ "vfs_read", "vfs_readv", false },
		{ "vfs_read", "vfs_rea", false },	{ "", "", true },
		{ "", "a", false },			{ "*", "", true },
		{ "*", "anything", true },		{ "vfs_*", "vfs_", true },
		{ "vfs_*", "vfs_read", true },		{ "vfs_*", "avfs_read", false },
		{ "*read", "vfs_read", true },		{ "*read", "vfs_readv", false },
		{ "*re*", "vfs_read", true },		{ "vfs*ad", "vfs_read", true },
		{ "v*s*d", "vfs_read", true },		{ "v*x*d", "vfs_read", false },
		{ "*a*a*b", "aaaaaaaaab", true },	{ "*a*a*b", "aaaaaaaaaa", false },
		{ "vfs_rea?", "vfs_read", true },	{ "vfs_read?", "vfs_read", false },
		{ "?", "", false },			{ "vfs_**d", "vfs_read", true },
		{ "[v]fs", "vfs", true },		{ "[a-z]fs", "vfs", true },
		{ "[!v]fs", "vfs", false },		{ "[!a-c]fs", "vfs", true },
		{ "[^v]fs", "^fs", true },		{ "[^v]fs", "xfs", false },
		{ "[]]x", "]x", true },			{ "[!]]x", "]x", false },
		{ "[a-]x", "-x", true },		{ "[vfs", "[vfs", true },
		{ "[vfs", "vfs", false },		{ "[a-", "[a-", true },
		{ "[", "[", true },			{ "[!", "[!", true },
		{ "a\\*b", "a*b", true },		{ "a\\*b", "axb", false },
		{ "a\\[b", "a[b", true },		{ "*.isra.[0-9]", "foo.isra.3", true },
		{ "\xff?", "\xff\xfe", true },		{ "[\x80-\xff]", "\xc3", true },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (ft_glob_match(t[i].pattern, t[i].name) != t[i].match)
			printf("# '%s' against '%s'\n", t[i].pattern, t[i].name);
		CU_ASSERT_EQUAL(ft_glob_match(t[i].pattern, t[i].name), t[i].match);
	}
}

/* Backtracking into every star would take for ever. */
static void test_kernel_glob_takes_no_exponential_time(void)
{
	char name[512];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	CU_ASSERT_FALSE(ft_glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
}

static void test_kernel_glob_simple_is_what_3_10_understands(void)
{
	CU_ASSERT_TRUE(ft_glob_simple("vfs_read"));
	CU_ASSERT_TRUE(ft_glob_simple("vfs_*"));
	CU_ASSERT_TRUE(ft_glob_simple("*_read"));
	CU_ASSERT_TRUE(ft_glob_simple("*fs_re*"));
	CU_ASSERT_TRUE(ft_glob_simple("*"));
	CU_ASSERT_FALSE(ft_glob_simple("vfs*read"));
	CU_ASSERT_FALSE(ft_glob_simple("*vfs*read"));
	CU_ASSERT_FALSE(ft_glob_simple("vfs_rea?"));
	CU_ASSERT_FALSE(ft_glob_simple("[v]fs_read"));
	CU_ASSERT_FALSE(ft_glob_simple("vfs\\_read"));
}

static void test_kernel_glob_valid_refuses_what_is_no_pattern(void)
{
	static const char *const good[] = {
		"vfs_read", "*", "foo.isra.0", "__x64_sys_*", "[!a-c]*", "ext4_*:mod:ext4",
		"*:mod:nf_*", "a\\*b", ".E_read_words", "$x", NULL,
	};
	static const char *const bad[] = {
		"", "!vfs_read", "vfs read", "vfs_read\nvfs_write", "vfs_read\t", "#vfs_read",
		"vfs_read:traceoff", "vfs_read:mod:", "vfs_read:mod:a:traceoff",
		"vfs_read:mod:!ext4", ":mod:ext4", "vfs_read;x", "vfs_read>x", "1", "12*",
		"vfs_read\\", "vfs\xc3\xa9", NULL,
	};
	char longest[700];

	for (size_t i = 0; good[i]; i++)
		CU_ASSERT_TRUE(ft_glob_valid(good[i]));
	for (size_t i = 0; bad[i]; i++) {
		if (ft_glob_valid(bad[i]))
			printf("# '%s' is not valid\n", bad[i]);
		CU_ASSERT_FALSE(ft_glob_valid(bad[i]));
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	CU_ASSERT_FALSE(ft_glob_valid(longest));
}

/* -- functions ------------------------------------------------------------------------------ */

static char top[] = "/tmp/unit-kernel-XXXXXX";

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	f = fopen(path, "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void make_dir(void)
{
	strcpy(strrchr(top, '-') + 1, "XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(top));
}

static void remove_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", top, name);
	if (unlink(path) && errno == EISDIR)
		rmdir(path);
}

static const char functions[] =
	"vfs_read\nvfs_readv\nvfs_write\nvfs_write\nkernel_read\ndo_sys_open.isra.0\n"
	"do_sys_open.part.1\n__x64_sys_nanosleep\n__ia32_sys_nanosleep\n"
	"__ftrace_invalid_address___12\next4_sync_file [ext4]\next4_open\t[ext4]\n"
	"xfs_open [xfs]\n\nlast_one";

static void make_list(void)
{
	make_dir();
	put("available_filter_functions", functions);
}

static void remove_list(void)
{
	remove_file("available_filter_functions");
	rmdir(top);
}

struct seen {
	size_t count, modules;
	char   last[128];
};

static int see(void *arg, const char *name, const char *module)
{
	struct seen *s = arg;

	s->count++;
	s->modules += module != NULL;
	if (module)
		CU_ASSERT(!strcmp(module, "ext4") || !strcmp(module, "xfs"));
	snprintf(s->last, sizeof(s->last), "%s", name);
	return strcmp(name, "stop") ? 0 : 42;
}

static void test_kernel_functions_gives_names_and_modules(void)
{
	struct seen s = { 0 };

	make_list();
	CU_ASSERT_EQUAL(ft_kernel_functions(top, see, &s), 0);
	CU_ASSERT_EQUAL(s.count, 13);
	CU_ASSERT_EQUAL(s.modules, 3);
	CU_ASSERT_STRING_EQUAL(s.last, "last_one");
	put("available_filter_functions", "a\nstop\nb\n");
	CU_ASSERT_EQUAL(ft_kernel_functions(top, see, &s), 42);
	CU_ASSERT_STRING_EQUAL(s.last, "stop");
	remove_list();
	CU_ASSERT_EQUAL(ft_kernel_functions(top, see, &s), -ENOENT);
}

static struct ft_function_match match(const char *pattern)
{
	struct ft_function_match m;

	memset(&m, 0x55, sizeof(m));
	CU_ASSERT_EQUAL_FATAL(ft_kernel_match_functions(top, pattern, &m), 0);
	return m;
}

static void test_kernel_match_counts_functions(void)
{
	struct ft_function_match m;

	make_list();
	m = match("vfs_write");
	CU_ASSERT_EQUAL(m.count, 1);
	CU_ASSERT_STRING_EQUAL(m.first, "vfs_write");
	CU_ASSERT_STRING_EQUAL(m.nearest[0], "");
	m = match("vfs_*");
	CU_ASSERT_EQUAL(m.count, 4);
	CU_ASSERT_STRING_EQUAL(m.first, "vfs_read");
	CU_ASSERT_EQUAL(match("vfs_[w]rite").count, 2);
	CU_ASSERT_EQUAL(match("*_open").count, 2);
	CU_ASSERT_EQUAL(match("*_open:mod:ext4").count, 1);
	CU_ASSERT_EQUAL(match("*:mod:*").count, 3);
	CU_ASSERT_EQUAL(match("vfs_*:mod:ext4").count, 0);
	CU_ASSERT_EQUAL(match("last_one").count, 1);
	CU_ASSERT_EQUAL(ft_kernel_match_functions(top, "a b", &m), -EINVAL);
	remove_list();
}

static void test_kernel_match_names_the_nearest(void)
{
	struct ft_function_match m;

	make_list();
	m = match("vfs_raed");
	CU_ASSERT_EQUAL(m.count, 0);
	CU_ASSERT_FALSE(m.in_kallsyms);
	CU_ASSERT_STRING_EQUAL(m.nearest[0], "vfs_read");
	CU_ASSERT_STRING_EQUAL(m.nearest[1], "");
	m = match("zzzzzzzzzz");
	CU_ASSERT_STRING_EQUAL(m.nearest[0], "");
	remove_list();
}

/* What the compiler or the system-call wrappers (4.17+) made of a name is nearer than a typo. */
static void test_kernel_match_names_what_a_function_became(void)
{
	struct ft_function_match m;

	make_dir();
	put("available_filter_functions",
	    "my_helpers\nmy_helper.isra.0\nmy_helper.part.1\n__x64_sys_zzzip\n__ia32_sys_zzzip\n"
	    "sys_zzip\n");
	m = match("my_helper");
	CU_ASSERT_STRING_EQUAL(m.nearest[0], "my_helper.isra.0");
	CU_ASSERT_STRING_EQUAL(m.nearest[1], "my_helper.part.1");
	CU_ASSERT_STRING_EQUAL(m.nearest[2], "");
	m = match("sys_zzzip");
	CU_ASSERT_STRING_EQUAL(m.nearest[0], "__x64_sys_zzzip");
	CU_ASSERT_STRING_EQUAL(m.nearest[1], "__ia32_sys_zzzip");
	remove_list();
}

static void expect(const char *pattern, int want_err, const char *want)
{
	char sentence[FTI_SENTENCE_SIZE] = "";
	int err = fti_check_functions(top, &pattern, 1, sentence);

	if (strcmp(sentence, want) != 0)
		printf("# %s\n", sentence);
	CU_ASSERT_EQUAL(err, want_err);
	CU_ASSERT_STRING_EQUAL(sentence, want);
}

static void test_kernel_check_says_what_is_wrong(void)
{
	make_list();
	expect("vfs_read", 0, "");
	expect("vfs_raed", -EINVAL,
	       "cannot trace 'vfs_raed': no such function (did you mean 'vfs_read'?)");
	expect("zzz_helper", -EINVAL, "cannot trace 'zzz_helper': no such function");
	expect("zzz*", -EINVAL, "cannot trace 'zzz*': no function matches");
	expect("vfs_read\nb", -EINVAL,
	       "cannot trace 'vfs_read\\nb': not a function name or pattern");
	put("available_filter_functions", "zz_top.isra.0\nzz_top.part.1\n");
	expect("zz_top", -EINVAL, "cannot trace 'zz_top': no such function (did you mean "
	       "'zz_top.isra.0' or 'zz_top.part.1'?)");
	remove_list();
	expect("vfs_read", -EOPNOTSUPP, "cannot choose functions: this kernel has no "
	       "'available_filter_functions' (CONFIG_DYNAMIC_FTRACE)");
}

/* The names in /proc/kallsyms are shown to everybody, only the addresses may be hidden. */
static void test_kernel_check_knows_functions_that_cannot_be_traced(void)
{
	if (access("/proc/kallsyms", R_OK)) {
		unit_skip("no /proc/kallsyms");
		return;
	}
	make_list();
	expect("_stext", -EINVAL, "cannot trace '_stext': it exists but the kernel does not allow "
	       "tracing it (notrace, inlined or in a section ftrace leaves out)");
	remove_list();
}

static void test_kernel_check_takes_the_first_of_several(void)
{
	static const char *const patterns[] = { "vfs_read", "vfs_wriet", "zzz", NULL };
	char sentence[FTI_SENTENCE_SIZE];

	make_list();
	CU_ASSERT_EQUAL(fti_check_functions(top, patterns, 3, sentence), -EINVAL);
	CU_ASSERT_STRING_EQUAL(sentence, "cannot trace 'vfs_wriet': no such function (did you mean "
			       "'vfs_write'?)");
	CU_ASSERT_EQUAL(fti_check_functions(top, patterns, 1, sentence), 0);
	CU_ASSERT_EQUAL(fti_check_functions(top, patterns, 0, sentence), 0);
	remove_list();
}

/* -- lists and settings --------------------------------------------------------------------- */

static void test_kernel_lists_have_whole_words(void)
{
	static const char el7[] = UNIT_DATA "/el7/tracing", deb[] = UNIT_DATA "/6.12/tracing";

	CU_ASSERT_TRUE(ft_kernel_has_tracer(el7, "function_graph"));
	CU_ASSERT_TRUE(ft_kernel_has_tracer(el7, "function"));
	CU_ASSERT_TRUE(ft_kernel_has_tracer(el7, "nop"));
	CU_ASSERT_FALSE(ft_kernel_has_tracer(el7, "graph"));
	CU_ASSERT_FALSE(ft_kernel_has_tracer(el7, "func"));
	CU_ASSERT_FALSE(ft_kernel_has_tracer(el7, ""));
	CU_ASSERT_TRUE(ft_kernel_has_clock(el7, "local"));
	CU_ASSERT_TRUE(ft_kernel_has_clock(el7, "x86-tsc"));
	CU_ASSERT_FALSE(ft_kernel_has_clock(el7, "mono"));
	CU_ASSERT_TRUE(ft_kernel_has_clock(deb, "mono"));
	CU_ASSERT_FALSE(ft_kernel_has_clock(deb, "mon"));
	CU_ASSERT_TRUE(ft_kernel_readme_has(deb, "glob-matching-pattern"));
	CU_ASSERT_FALSE(ft_kernel_readme_has(el7, "glob-matching-pattern"));
	CU_ASSERT_FALSE(ft_kernel_has_tracer("/nonexistent", "nop"));
	CU_ASSERT_FALSE(ft_kernel_readme_has("/nonexistent", ""));
}

static void test_kernel_settings_are_what_proc_says(void)
{
	FILE *f = fopen("/proc/sys/kernel/kptr_restrict", "re");
	const char *level = ft_kernel_lockdown(), *config = ft_kernel_config("X86_64");
	int v = -1;

	CU_ASSERT(!level || !strcmp(level, "none") || !strcmp(level, "integrity") ||
		  !strcmp(level, "confidentiality"));
	CU_ASSERT(!config || !strcmp(config, "y") || !strcmp(config, "n"));
	CU_ASSERT(!config || !strcmp(ft_kernel_config("NO_SUCH_OPTION"), "n"));
	if (!f || fscanf(f, "%d", &v) != 1) {
		unit_skip("no kptr_restrict");
	} else {
		CU_ASSERT_EQUAL(ft_kernel_kptr_restrict(), v);
	}
	if (f)
		fclose(f);
}

/* -- the tracing directory ------------------------------------------------------------------ */

static void refuse(const char *wanted, int want, const char *part)
{
	char reason[FT_REASON_SIZE] = "";
	char *dir = (char *)1;
	int err = ft_kernel_find_tracefs(wanted, &dir, reason);

	if (err != want || !strstr(reason, part))
		printf("# %s: %d '%s'\n", wanted, err, reason);
	CU_ASSERT_EQUAL(err, want);
	CU_ASSERT_PTR_NULL(dir);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, part));
	CU_ASSERT_PTR_NULL(strchr(reason, '\n'));
}

/* A directory that only looks the part would be written to as root. */
static void test_kernel_find_refuses_what_is_not_tracefs(void)
{
	char path[128];

	make_dir();
	refuse(top, -ENOTDIR, "nothing is mounted there");
	put("current_tracer", "nop\n");
	put("trace_clock", "[local]\n");
	snprintf(path, sizeof(path), "%s/events", top);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/instances", top);
	mkdir(path, 0700);
	refuse(top, -ENOTDIR, "neither on tracefs nor on debugfs");
	snprintf(path, sizeof(path), "%s/current_tracer", top);
	refuse(path, -ENOTDIR, "Not a directory");
	refuse("/nonexistent/a\nb", -ENOENT, "'/nonexistent/a\\nb'");
	refuse("/proc", -ENOTDIR, "neither on tracefs nor on debugfs");
	remove_file("events");
	remove_file("instances");
	remove_file("current_tracer");
	remove_file("trace_clock");
	rmdir(top);
}

/* In a mount namespace of its own: what fn returns, or 77 where there can be none. */
static int in_namespace(int (*fn)(const char *dir))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			_exit(77);
		_exit(fn(top));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void unmount_all(const char *type)
{
	char line[1024], path[512], fs[64];
	FILE *f = fopen("/proc/self/mounts", "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %511s %63s", path, fs) == 2 && !strcmp(fs, type))
			umount2(path, MNT_DETACH);
	}
	if (f)
		fclose(f);
}

static int find_none(const char *dir)
{
	char reason[FT_REASON_SIZE], *found;

	(void)dir;
	unmount_all("tracefs");
	unmount_all("debugfs");
	unmount_all("tracefs");
	if (ft_kernel_find_tracefs(NULL, &found, reason) != -ENOENT || found)
		return 1;
	return strstr(reason, "mount -t ") ? 0 : 2;
}

static void test_kernel_find_without_a_mount_says_how(void)
{
	int status;

	make_dir();
	status = in_namespace(find_none);
	rmdir(top);
	if (status == 77)
		unit_skip("cannot make a mount namespace");
	else
		CU_ASSERT_EQUAL(status, 0);
}

static int find_odd_mount(const char *dir)
{
	char reason[FT_REASON_SIZE], path[256], sub[300], *found;
	int err;

	unmount_all("tracefs");
	unmount_all("debugfs");
	unmount_all("tracefs");
	snprintf(path, sizeof(path), "%s/a b\n\\c", dir);
	if (mkdir(path, 0700) || mount("nodev", path, "tracefs", 0, NULL)) {
		rmdir(path);
		return 77;
	}
	err = ft_kernel_find_tracefs(NULL, &found, reason);
	/* locked down, or not for this user */
	if (err == -EPERM || err == -EACCES)
		return 77;
	if (err || strcmp(found, path) != 0)
		return 2;
	snprintf(sub, sizeof(sub), "%s/instances", path);
	if (ft_kernel_find_tracefs(sub, &found, reason) != -ENOTDIR)
		return 3;
	snprintf(sub, sizeof(sub), "%s/events", path);
	if (ft_kernel_find_tracefs(sub, &found, reason) != -ENOTDIR)
		return 4;
	return ft_kernel_find_tracefs(path, &found, reason) || strcmp(found, path) != 0 ? 5 : 0;
}

static void test_kernel_find_takes_tracefs_anywhere(void)
{
	char path[256];
	int status;

	make_dir();
	status = in_namespace(find_odd_mount);
	snprintf(path, sizeof(path), "%s/a b\n\\c", top);
	rmdir(path);
	rmdir(top);
	if (status == 77)
		unit_skip("cannot mount tracefs");
	else
		CU_ASSERT_EQUAL(status, 0);
}

/* -- facts ---------------------------------------------------------------------------------- */

struct facts {
	struct ft_fact f[128];
	size_t	       count;
};

static void on_fact(void *arg, const struct ft_fact *fact)
{
	struct facts *all = arg;

	CU_ASSERT_FATAL(all->count < 128);
	all->f[all->count++] = *fact;
}

static const struct ft_fact *find(const struct facts *all, const char *key)
{
	static const struct ft_fact none;

	for (size_t i = 0; i < all->count; i++) {
		if (!strcmp(all->f[i].key, key))
			return &all->f[i];
	}
	return &none;
}

static void state(const struct facts *all, const char *key, const char *want)
{
	const struct ft_fact *f = find(all, key);

	if (strcmp(f->state, want) != 0)
		printf("# %s is '%s', not '%s'\n", key, f->state, want);
	CU_ASSERT_STRING_EQUAL(f->state, want);
}

static struct facts *facts_of(const char *dir)
{
	struct facts *all = calloc(1, sizeof(*all));

	CU_ASSERT_PTR_NOT_NULL_FATAL(all);
	CU_ASSERT_EQUAL(ft_kernel_facts(dir, on_fact, all), 0);
	for (size_t i = 0; i < all->count; i++) {
		CU_ASSERT_TRUE(*all->f[i].name && *all->f[i].key && *all->f[i].state);
		CU_ASSERT_PTR_EQUAL(find(all, all->f[i].key), &all->f[i]);
		CU_ASSERT_PTR_NULL(strchr(all->f[i].detail, '\n'));
	}
	return all;
}

static void test_kernel_facts_of_centos_7(void)
{
	struct facts *all = facts_of(UNIT_DATA "/el7/tracing");

	state(all, "tracefs", "yes");
	state(all, "function", "yes");
	state(all, "function_graph", "yes");
	state(all, "function_instance", "no");
	state(all, "function_graph_instance", "no");
	state(all, "event_triggers", "no");
	state(all, "hist_triggers", "no");
	state(all, "function_globs", "no");
	state(all, "set_event_pid", "no");
	state(all, "error_log", "no");
	state(all, "trace_clock", "global");
	state(all, "buffer_mmap", "no");
	free(all);
}

static void test_kernel_facts_of_debian(void)
{
	struct facts *all = facts_of(UNIT_DATA "/6.12/tracing");

	state(all, "function_graph", "yes");
	state(all, "function_globs", "yes");
	state(all, "event_probes", "yes");
	state(all, "trace_clock", "mono");
	free(all);
	all = facts_of(UNIT_DATA "/5.10/tracing");
	state(all, "event_probes", "no");
	free(all);
}

static void test_kernel_facts_know_a_busy_top_level(void)
{
	struct facts *all;

	make_dir();
	put("current_tracer", "nop\n");
	put("set_event", "");
	put("available_tracers", "function nop\n");
	all = facts_of(top);
	state(all, "top_level", "free");
	state(all, "function_graph", "no");
	state(all, "function_list", "no");
	free(all);
	put("set_event", "sched:sched_switch\nblock:x\n");
	all = facts_of(top);
	state(all, "top_level", "in use");
	CU_ASSERT_PTR_NOT_NULL(strstr(find(all, "top_level")->detail, "'sched:sched_switch'"));
	free(all);
	put("current_tracer", "function\n");
	all = facts_of(top);
	CU_ASSERT_PTR_NOT_NULL(strstr(find(all, "top_level")->detail, "'function'"));
	free(all);
	remove_file("current_tracer");
	remove_file("set_event");
	remove_file("available_tracers");
	rmdir(top);
}

static void test_kernel_facts_of_an_instance_tell_its_tracers(void)
{
	struct facts *all;
	char path[128];

	make_dir();
	snprintf(path, sizeof(path), "%s/instances", top);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/instances/foo", top);
	mkdir(path, 0700);
	put("available_tracers", "function_graph function nop\n");
	put("instances/foo/available_tracers", "function nop\n");
	all = facts_of(top);
	state(all, "function_instance", "yes");
	state(all, "function_graph_instance", "no");
	free(all);
	put("instances/foo/available_tracers", "function_graph function nop\n");
	all = facts_of(top);
	state(all, "function_graph_instance", "yes");
	free(all);
	remove_file("instances/foo/available_tracers");
	remove_file("instances/foo");
	remove_file("instances");
	remove_file("available_tracers");
	rmdir(top);
}

static void test_kernel_facts_without_a_tracing_directory(void)
{
	struct facts *all = facts_of(NULL);

	state(all, "tracefs", "no");
	CU_ASSERT_TRUE(*find(all, "kernel")->detail);
	CU_ASSERT_TRUE(*find(all, "lockdown")->state);
	CU_ASSERT_FALSE(*find(all, "function")->state);
	CU_ASSERT_EQUAL(ft_kernel_facts("/nonexistent", on_fact, all), -ENOENT);
	free(all);
}

UNIT_SUITE("kernel",
	UNIT_TEST(test_kernel_glob_matches_as_the_kernel),
	UNIT_TEST(test_kernel_glob_takes_no_exponential_time),
	UNIT_TEST(test_kernel_glob_simple_is_what_3_10_understands),
	UNIT_TEST(test_kernel_glob_valid_refuses_what_is_no_pattern),
	UNIT_TEST(test_kernel_functions_gives_names_and_modules),
	UNIT_TEST(test_kernel_match_counts_functions),
	UNIT_TEST(test_kernel_match_names_the_nearest),
	UNIT_TEST(test_kernel_match_names_what_a_function_became),
	UNIT_TEST(test_kernel_check_says_what_is_wrong),
	UNIT_TEST(test_kernel_check_knows_functions_that_cannot_be_traced),
	UNIT_TEST(test_kernel_check_takes_the_first_of_several),
	UNIT_TEST(test_kernel_lists_have_whole_words),
	UNIT_TEST(test_kernel_settings_are_what_proc_says),
	UNIT_TEST(test_kernel_find_refuses_what_is_not_tracefs),
	UNIT_TEST(test_kernel_find_without_a_mount_says_how),
	UNIT_TEST(test_kernel_find_takes_tracefs_anywhere),
	UNIT_TEST(test_kernel_facts_of_centos_7),
	UNIT_TEST(test_kernel_facts_of_debian),
	UNIT_TEST(test_kernel_facts_know_a_busy_top_level),
	UNIT_TEST(test_kernel_facts_of_an_instance_tell_its_tracers),
	UNIT_TEST(test_kernel_facts_without_a_tracing_directory));
