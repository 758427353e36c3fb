/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes: the kernel's lists of them as text, names in kallsyms, and uprobes on this program with
 * the running kernel's tracefs, mounted in a mount namespace of the test's own.
 */
#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "ftrace/event.h"
#include "ftrace/probe.h"
#include "ftrace/stream.h"
#include "known.h"
#include "private.h"
#include "probe.h"
#include "session-internal.h"
#include "task-internal.h"
#include "unit.h"

#define LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define CALLS	1000

/* -- lists ------------------------------------------------------------------------------------- */

static int rows_of(const char *events, const char *profile, bool user, struct fti_probe_row *rows,
		   size_t room)
{
	/* Kept for the names in the rows. */
	static char *e, *p;
	struct fti_probe_row *all = NULL;
	size_t count = 0;
	int err;

	free(e);
	free(p);
	e = strdup(events);
	p = strdup(profile);
	err = fti_probe_rows(e, p, user, &all, &count);
	if (err)
		return err;
	for (size_t i = 0; i < count && i < room; i++)
		rows[i] = all[i];
	free(all);
	return count;
}

static void check_row(const struct fti_probe_row *row, const char *group, const char *event,
		      uint64_t hits, uint64_t missed)
{
	CU_ASSERT_STRING_EQUAL(row->group, group);
	CU_ASSERT_STRING_EQUAL(row->event, event);
	CU_ASSERT_EQUAL(row->hits, hits);
	CU_ASSERT_EQUAL(row->missed, missed);
}

/* As 3.10 and 6.1 print them. */
static void test_rows_join_a_list_and_its_profile(void)
{
	static const char events[] =
		"p:ft/myopen do_sys_open name=+0(%si):string flags=%dx:s32\n"
		"r10:ft/myread vfs_read ret=$retval:s64\n"
		"p:ftt_x_1/myread virtio_blk:virtblk_probe\n";
	static const char profile[] =
		"  myopen                                                    69               0\n"
		"  myread                                                   143               7\n"
		"  myread                                  18446744073709551615               0\n";
	struct fti_probe_row row[3];

	CU_ASSERT_EQUAL_FATAL(rows_of(events, profile, false, row, 3), 3);
	check_row(&row[0], "ft", "myopen", 69, 0);
	check_row(&row[1], "ft", "myread", 143, 7);
	check_row(&row[2], "ftt_x_1", "myread", UINT64_MAX, 0);
	CU_ASSERT_EQUAL(rows_of("", "", false, row, 3), 0);
}

/* The captures: the list and the profile of the same four probes, two on 3.10. */
static void test_rows_join_what_kernels_print(void)
{
	static const char *const kernels[] = { "el7", "5.10", "6.1", "6.12" };
	struct fti_probe_row row[4];
	char path[128], *events, *profile;

	for (size_t i = 0; i < LEN(kernels); i++) {
		snprintf(path, sizeof(path), UNIT_DATA "/%s/kprobes/kprobe_events", kernels[i]);
		events = unit_read(path, NULL);
		snprintf(path, sizeof(path), UNIT_DATA "/%s/kprobes/kprobe_profile", kernels[i]);
		profile = unit_read(path, NULL);
		CU_ASSERT_EQUAL(rows_of(events, profile, false, row, 4), i ? 4 : 2);
		check_row(&row[0], "ft", "myopen", i ? 7 : 69, 0);
		check_row(&row[1], "ft", i ? "myopenret" : "myread", i ? 7 : 143, 0);
		free(profile);
		free(events);
	}
}

static void test_rows_of_user_probes_have_paths(void)
{
	static const char events[] = "p:ftt_x_1/u1 /t/bin/workload:0x0000000000005000\n"
				     "r:mine/u5 /tmp/a:b:0x0000000000005000 a=%di\n";
	static const char profile[] =
		"  /t/bin/workload u1                                                        12\n"
		"  /tmp/a:b u5                                                                0\n";
	struct fti_probe_row row[2];

	CU_ASSERT_EQUAL_FATAL(rows_of(events, profile, true, row, 2), 2);
	check_row(&row[0], "ftt_x_1", "u1", 12, 0);
	check_row(&row[1], "mine", "u5", 0, 0);
}

/* Somebody adds a probe between the two readings: at the end. */
static void test_rows_leave_out_what_only_one_list_has_at_its_end(void)
{
	struct fti_probe_row row[3];

	CU_ASSERT_EQUAL(rows_of("p:a/x f\n", "  x 1 0\n  y 2 0\n", false, row, 3), 1);
	check_row(&row[0], "a", "x", 1, 0);
	CU_ASSERT_EQUAL(rows_of("p:a/x f\np:a/y f\n", "  x 1 0\n", false, row, 3), 1);
}

/* Or removes one, or the text is not what a kernel writes. */
static void test_rows_that_do_not_fit_are_refused(void)
{
	static const char *const bad[][2] = {
		{ "p:a/x f\np:a/y f\n", "  y 1 0\n" },
		{ "p:a/x f\n", "  x 1\n" },
		{ "p:a/x f\n", "  x 1 0 0\n" },
		{ "p:a/x f\n", "  x -1 0\n" },
		{ "p:a/x f\n", "  x 1 18446744073709551616\n" },
		{ "p:a/x f\n", "\n" },
		{ "p:a/x f\n", "        \n" },
		{ "p:a f\n", "  a 1 0\n" },
		{ "p a/x\n", "  x 1 0\n" },
		{ "p:/x f\n", "  x 1 0\n" },
		{ "p:a/ f\n", "   1 0\n" },
		{ "p f:a/x\n", "  x 1 0\n" },
		{ "\np:a/x f\n", "\n  x 1 0\n" },
	};
	struct fti_probe_row row[2];

	for (size_t i = 0; i < LEN(bad); i++)
		CU_ASSERT_EQUAL(rows_of(bad[i][0], bad[i][1], false, row, 2), -EAGAIN);
	CU_ASSERT_EQUAL(rows_of("p:a/x /b:0\n", "  x 1\n", true, row, 2), 1);
	CU_ASSERT_EQUAL(rows_of("p:a/x /b:0\n", "  /b 1\n", true, row, 2), -EAGAIN);
}

/* -- names ------------------------------------------------------------------------------------- */

/* From the list, or from symbols that were read from it. */
struct names {
	struct fti_known  *k;
	struct ft_symbols *symbols;
};

static struct fti_known *names_of(struct names *n, const char *text, bool by_symbols)
{
	int fd = memfd_create("kallsyms", 0);
	char path[64];

	*n = (struct names){ .k = NULL };
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	if (by_symbols) {
		CU_ASSERT_EQUAL_FATAL(ft_symbols_open(&n->symbols, path, NULL), 0);
		CU_ASSERT_EQUAL_FATAL(fti_known_of(&n->k, n->symbols), 0);
	} else {
		CU_ASSERT_EQUAL_FATAL(fti_known_open(&n->k, path), 0);
	}
	close(fd);
	return n->k;
}

static void names_close(struct names *n)
{
	fti_known_close(n->k);
	ft_symbols_close(n->symbols);
}

/* Names count where addresses are hidden, too. */
#define NAMES(last)					\
	"ffffffff81000000 T vfs_read\n"			\
	"ffffffff81000010 t twice\n"			\
	"ffffffff81000020 t twice\n"			\
	"ffffffff81000030 t thrice\n"			\
	"ffffffff81000040 d thrice\n"			\
	"ffffffff81000050 t thrice\n"			\
	"ffffffff81000060 T shared\n"			\
	"ffffffffc0000000 t shared\t[one]\n"		\
	"ffffffffc0000010 t init_module\t[one]\n"	\
	"ffffffffc0000020 t own.isra.0\t[one]\n"	\
	"ffffffffc0000030 t init_module\t[two]\n"	\
	last " t last"

static void check_names(bool by_symbols)
{
	struct names n;
	struct fti_known *k = names_of(&n, by_symbols ? NAMES("ffffffffc0000040") :
				       NAMES("0000000000000000"), by_symbols);

	CU_ASSERT_EQUAL(fti_known_count(k, "vfs_read", NULL), 1);
	CU_ASSERT_EQUAL(fti_known_count(k, "vfs_rea", NULL), 0);
	CU_ASSERT_EQUAL(fti_known_count(k, "twice", NULL), 2);
	CU_ASSERT_EQUAL(fti_known_count(k, "thrice", NULL), 2);
	CU_ASSERT_EQUAL(fti_known_count(k, "shared", NULL), 1);
	CU_ASSERT_EQUAL(fti_known_count(k, "shared", "one"), 1);
	CU_ASSERT_EQUAL(fti_known_count(k, "shared", "two"), 0);
	CU_ASSERT_EQUAL(fti_known_count(k, "init_module", NULL), 2);
	CU_ASSERT_EQUAL(fti_known_count(k, "init_module", "two"), 1);
	CU_ASSERT_EQUAL(fti_known_count(k, "own.isra.0", NULL), 1);
	CU_ASSERT_EQUAL(fti_known_count(k, "vfs_read", "one"), 0);
	CU_ASSERT_EQUAL(fti_known_count(k, "last", NULL), 1);
	names_close(&n);
}

static void test_known_counts_names(void)
{
	check_names(false);
	check_names(true);
}

/* Whatever was asked before. */
static void check_names_behind_the_text(bool by_symbols)
{
	struct names n;
	struct fti_known *k = names_of(&n,
		"ffffffff81000000 T vfs_read\n"
		"ffffffff81000010 t twice\n"
		"ffffffff81000020 t twice\n"
		"ffffffff81800000 T _etext\n"
		"ffffffff82000000 d vfs_read\n"
		"ffffffff82000010 d data\n"
		"ffffffff83000000 t setup\n"
		"ffffffff83000010 t setup\n"
		"ffffffff83000020 T _etext\n"
		"ffffffffc0000000 t vfs_read\t[one]\n"
		"ffffffffc0000010 t data\t[one]\n"
		"ffffffffc0000020 t last\t[one]\n", by_symbols);

	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(fti_known_count(k, "vfs_read", NULL), 1);
		CU_ASSERT_EQUAL(fti_known_count(k, "twice", NULL), 2);
		CU_ASSERT_EQUAL(fti_known_count(k, "setup", NULL), 2);
		CU_ASSERT_EQUAL(fti_known_count(k, "data", NULL), 1);
		CU_ASSERT_EQUAL(fti_known_count(k, "vfs_read", "one"), 1);
		CU_ASSERT_EQUAL(fti_known_count(k, "last", NULL), 1);
		CU_ASSERT_EQUAL(fti_known_count(k, "nonesuch", NULL), 0);
	}
	names_close(&n);
}

static void test_known_takes_the_first_of_names_behind_the_text(void)
{
	check_names_behind_the_text(false);
	check_names_behind_the_text(true);
}

static void test_known_takes_any_text(void)
{
	struct names n;
	struct fti_known *k = names_of(&n, "\n \nx\nffff T\nffff T \nffff TT f\nffff T g\t\n"
				       "ffff T h\t[]\nffff T i\t[m\nffff T j [m]\n", false);

	CU_ASSERT_EQUAL(fti_known_count(k, "f", NULL), 0);
	CU_ASSERT_EQUAL(fti_known_count(k, "g", NULL), 0);
	CU_ASSERT_EQUAL(fti_known_count(k, "h", NULL), 0);
	CU_ASSERT_EQUAL(fti_known_count(k, "i", NULL), 0);
	CU_ASSERT_EQUAL(fti_known_count(k, "j", "m"), 0);
	names_close(&n);
	CU_ASSERT_EQUAL(fti_known_open(&k, "/nonexistent"), -ENOENT);
	CU_ASSERT_PTR_NULL(k);
}

/* More than there is room for at first. */
static void test_known_grows(void)
{
	const size_t lines = 100000;
	char *text = malloc(lines * 32), *p = text, name[32];
	struct fti_known *k;
	struct names n;
	size_t found = 0;

	if (!text)
		abort();
	for (size_t i = 0; i < lines; i++)
		p += sprintf(p, "ffff t function_%zu\n", i);
	k = names_of(&n, text, false);
	free(text);
	for (size_t i = 0; i < lines; i++) {
		sprintf(name, "function_%zu", i);
		found += fti_known_count(k, name, NULL) == 1;
	}
	CU_ASSERT_EQUAL(found, lines);
	CU_ASSERT_EQUAL(fti_known_count(k, "function_100000", NULL), 0);
	names_close(&n);
}

/* -- arguments --------------------------------------------------------------------------------- */

static void test_arguments_have_names_where_the_kernel_knows_them(void)
{
	const struct ft_session now = { .tracefs = UNIT_DATA "/6.1/tracing" },
				old = { .tracefs = UNIT_DATA "/el7/tracing" };

	CU_ASSERT_STRING_EQUAL(ft_probe_arg(&now, FT_PROBE_KERNEL, 1), "$arg1");
	CU_ASSERT_STRING_EQUAL(ft_probe_arg(&now, FT_PROBE_KERNEL, 6), "$arg6");
	CU_ASSERT_PTR_NULL(ft_probe_arg(&now, FT_PROBE_KERNEL, 0));
	CU_ASSERT_PTR_NULL(ft_probe_arg(&now, FT_PROBE_KERNEL, 7));
	CU_ASSERT_PTR_NULL(ft_probe_arg(&now, FT_PROBE_KERNEL_RETURN, 1));
	CU_ASSERT_PTR_NULL(ft_probe_arg(&now, FT_PROBE_USER_RETURN, 1));
#if defined(__x86_64__)
	CU_ASSERT_STRING_EQUAL(ft_probe_arg(&now, FT_PROBE_USER, 2), "%si");
	CU_ASSERT_STRING_EQUAL(ft_probe_arg(&old, FT_PROBE_KERNEL, 1), "%di");
	CU_ASSERT_STRING_EQUAL(ft_probe_arg(&old, FT_PROBE_KERNEL, 4), "%cx");
	CU_ASSERT_STRING_EQUAL(ft_probe_arg(&old, FT_PROBE_USER, 6), "%r9");
#elif defined(__aarch64__)
	CU_ASSERT_STRING_EQUAL(ft_probe_arg(&now, FT_PROBE_USER, 2), "%x1");
	CU_ASSERT_STRING_EQUAL(ft_probe_arg(&old, FT_PROBE_KERNEL, 1), "%x0");
#endif
}

/* -- on this kernel ---------------------------------------------------------------------------- */

/* What is probed, called in a way that no compiler can see through. */
static long probed(long a, long b)
{
	return a * 2 + b;
}

static long (*volatile call)(long, long) = probed;

/* This program's file, and where in it probed() is. */
static const char *self_path(void)
{
	static char path[512];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[n > 0 ? n : 0] = 0;
	return path;
}

static uint64_t offset_of_probed(void)
{
	const uint64_t addr = (uintptr_t)probed;
	uint64_t from, to, offset, found = 0;
	FILE *f = fopen("/proc/self/maps", "re");
	char line[1024];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &from, &to, &offset) == 3 &&
		    addr >= from && addr < to)
			found = addr - from + offset;
	if (f)
		fclose(f);
	return found;
}

static struct ft_probe_spec spec_of(enum ft_probe_kind kind, const char *event)
{
	return (struct ft_probe_spec){ .kind = kind, .event = event, .place = self_path(),
				       .offset = offset_of_probed() };
}

struct use {
	struct ft_session *s;
	struct ft_probes  *ps;
};

static void begin(struct use *u)
{
	CU_ASSERT_EQUAL_FATAL(ft_session_open(&u->s, &(struct ft_session_config){
		.tool = "unit-probe", .tracefs = TRACEFS, .uprobes = true }), 0);
	CU_ASSERT_EQUAL_FATAL(ft_probes_open(&u->ps, u->s), 0);
}

static int add(struct use *u, enum ft_probe_kind kind, const char *event)
{
	const struct ft_probe_spec spec = spec_of(kind, event);

	return ft_probes_add(u->ps, &spec);
}

static int end(struct use *u)
{
	ft_probes_close(u->ps);
	return ft_session_close(u->s, FT_OK);
}

/* Ends a use that failed, which must have left this on stderr. */
static void end_and_hear(struct use *u, int status, const char *wanted)
{
	int fd = memfd_create("stderr", MFD_CLOEXEC), old = dup(STDERR_FILENO);
	char said[1200] = "";

	if (fd < 0 || old < 0 || dup2(fd, STDERR_FILENO) < 0)
		abort();
	ft_probes_close(u->ps);
	CU_ASSERT_EQUAL(ft_session_close(u->s, FT_OK), status);
	dup2(old, STDERR_FILENO);
	if (pread(fd, said, sizeof(said) - 1, 0) < 0)
		abort();
	close(fd);
	close(old);
	if (!strstr(said, wanted))
		printf("# said: %s", said);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, wanted));
}

static void call_probed(int calls)
{
	for (int i = 0; i < calls; i++)
		if (call(i, 1) != i * 2 + 1)
			CU_FAIL("probed() went wrong");
}

static char *uprobe_events(void)
{
	char *text = NULL;

	CU_ASSERT_EQUAL_FATAL(fti_file_read(AT_FDCWD, TRACEFS "/uprobe_events", &text, NULL), 0);
	return text;
}

static void write_probe(const char *line)
{
	CU_ASSERT_EQUAL(fti_file_write(AT_FDCWD, TRACEFS "/uprobe_events", line, FTI_APPEND), 0);
}

static void own_group(char group[64])
{
	uint64_t start = 0;

	CU_ASSERT_EQUAL(fti_task_start(getpid(), &start), 0);
	snprintf(group, 64, "ftt_unit_probe_%d_%" PRIu64, getpid(), start);
}

static void test_probes_count_each_call_and_are_gone_after(void)
{
	char *before = NULL, *after, group[64];
	struct ft_probe_hits hits[2];
	struct use u;

	NEED_UPROBES();
	before = uprobe_events();
	begin(&u);
	CU_ASSERT_TRUE(ft_session_in_instance(u.s));
	own_group(group);
	CU_ASSERT_STRING_EQUAL(ft_probes_group(u.ps), group);
	CU_ASSERT_EQUAL(ft_probes_check(u.s, FT_PROBE_USER), 0);
	CU_ASSERT_EQUAL(add(&u, FT_PROBE_USER, NULL), 0);
	CU_ASSERT_EQUAL(add(&u, FT_PROBE_USER_RETURN, "back"), 1);
	CU_ASSERT_EQUAL(ft_probes_count(u.ps), 2);
	CU_ASSERT_STRING_EQUAL(ft_probes_event(u.ps, 1), "back");
	CU_ASSERT_PTR_NULL(ft_probes_event(u.ps, 2));
	call_probed(5);
	CU_ASSERT_FALSE(ft_probes_enabled(u.ps, 0));
	CU_ASSERT_EQUAL(ft_probes_enable(u.ps), 0);
	CU_ASSERT_TRUE(ft_probes_enabled(u.ps, 0) && ft_probes_enabled(u.ps, 1));
	call_probed(CALLS);
	CU_ASSERT_EQUAL(ft_probes_hits(u.ps, hits), 0);
	CU_ASSERT(hits[0].hits == CALLS && hits[1].hits == CALLS);
	CU_ASSERT(!hits[0].missed && !hits[1].missed);
	CU_ASSERT_EQUAL(end(&u), FT_OK);
	after = uprobe_events();
	CU_ASSERT_STRING_EQUAL(before, after);
	free(before);
	free(after);
}

/* Events of one name in two groups look the same in the profile. */
static void test_probes_hits_are_ours_beside_others_of_the_same_name(void)
{
	struct ft_probe_hits hits[2];
	char *text, line[600];
	struct use u;

	NEED_UPROBES();
	snprintf(line, sizeof(line), "p:ftunit/p1 %s:0x%" PRIx64, self_path(), offset_of_probed());
	write_probe(line);
	begin(&u);
	CU_ASSERT_EQUAL(add(&u, FT_PROBE_USER, "p1"), 0);
	snprintf(line, sizeof(line), "p:ftunit/p2 %s:0x%" PRIx64, self_path(), offset_of_probed());
	write_probe(line);
	CU_ASSERT_EQUAL(add(&u, FT_PROBE_USER, "p2"), 1);
	CU_ASSERT_EQUAL(ft_probes_enable(u.ps), 0);
	call_probed(7);
	CU_ASSERT_EQUAL(ft_probes_hits(u.ps, hits), 0);
	CU_ASSERT(hits[0].hits == 7 && hits[1].hits == 7);
	/* Of all the others. */
	write_probe("-:ftunit/p1");
	CU_ASSERT_EQUAL(ft_probes_hits(u.ps, hits), 0);
	CU_ASSERT(hits[0].hits == 7 && hits[1].hits == 7);
	CU_ASSERT_EQUAL(end(&u), FT_OK);
	text = uprobe_events();
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "p:ftunit/p2 "));
	CU_ASSERT_PTR_NULL(strstr(text, "ftt_unit"));
	free(text);
	write_probe("-:ftunit/p2");
}

static int count_event(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	uint64_t *sum = arg;
	struct ft_field a = { .offset = 16, .size = 8, .count = 1 };

	(void)st;
	*sum += e->type ? ft_field_u64(&a, e) : 0;
	return 0;
}

/* Recorded like any event, its arguments too, by a process that is not ours. */
static void test_probes_are_events(void)
{
	const struct ft_stream_config config = { .duration_ns = 1, .output_fd = -1 };
	const struct ft_stream_ops ops = { .on_event = count_event };
	const char *systems[2] = { NULL, NULL };
	struct ft_probe_spec spec;
	struct ft_events *evs = NULL;
	struct ft_stream *st = NULL;
	struct ft_field a;
	uint64_t sum = 0;
	char args[16];
	struct use u;
	pid_t child;

	NEED_UPROBES();
	begin(&u);
	spec = spec_of(FT_PROBE_USER, "entry");
	snprintf(args, sizeof(args), "a=%s", ft_probe_arg(u.s, FT_PROBE_USER, 1));
	spec.args = args;
	CU_ASSERT_EQUAL(ft_probes_add(u.ps, &spec), 0);
	systems[0] = ft_probes_group(u.ps);
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&evs, TRACEFS, systems), 0);
	CU_ASSERT(ft_event_id(evs, systems[0], "entry") > 0);
	CU_ASSERT_EQUAL(ft_field_find(evs, systems[0], "entry", "a", &a), 0);
	CU_ASSERT(a.offset == 16 && a.size == 8);
	CU_ASSERT_EQUAL(ft_probes_enable(u.ps), 0);
	CU_ASSERT_EQUAL_FATAL(ft_stream_open(&st, u.s, evs, &config), 0);
	child = fork();
	if (!child) {
		for (int i = 1; i <= 100; i++)
			call(i, 1);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	CU_ASSERT_EQUAL(ft_stream_run(st, &ops, &sum), 0);
	CU_ASSERT_EQUAL(ft_stream_stats(st)->events, 100);
	CU_ASSERT_EQUAL(sum, 5050);
	ft_stream_close(st);
	ft_events_close(evs);
	CU_ASSERT_EQUAL(end(&u), FT_OK);
}

static void test_probes_of_two_sessions_are_in_two_groups(void)
{
	struct ft_probe_hits hits;
	struct use a, b;

	NEED_UPROBES();
	begin(&a);
	begin(&b);
	CU_ASSERT(strcmp(ft_probes_group(a.ps), ft_probes_group(b.ps)) != 0);
	CU_ASSERT_EQUAL(add(&a, FT_PROBE_USER, "same"), 0);
	CU_ASSERT_EQUAL(add(&b, FT_PROBE_USER, "same"), 0);
	CU_ASSERT_EQUAL(ft_probes_enable(a.ps), 0);
	CU_ASSERT_EQUAL(ft_probes_enable(b.ps), 0);
	call_probed(3);
	CU_ASSERT_EQUAL(end(&a), FT_OK);
	call_probed(4);
	CU_ASSERT_EQUAL(ft_probes_hits(b.ps, &hits), 0);
	CU_ASSERT_EQUAL(hits.hits, 7);
	CU_ASSERT_EQUAL(end(&b), FT_OK);
}

/* Somebody's, as nothing forbids. */
static void test_probes_leave_a_group_of_their_name_alone(void)
{
	char line[600], group[64], *text;
	struct use u;

	NEED_UPROBES();
	own_group(group);
	snprintf(line, sizeof(line), "p:%s/left %s:0x%" PRIx64, group, self_path(), offset_of_probed());
	write_probe(line);
	begin(&u);
	CU_ASSERT_EQUAL(add(&u, FT_PROBE_USER, "left"), 0);
	CU_ASSERT_EQUAL(end(&u), FT_OK);
	snprintf(line, sizeof(line), "%s/left", group);
	text = uprobe_events();
	CU_ASSERT_PTR_NOT_NULL(strstr(text, line));
	free(text);
	snprintf(line, sizeof(line), "-:%s/left", group);
	write_probe(line);
}

static void check_refused(struct ft_probe_spec spec, int err, const char *sentence)
{
	struct use u;

	begin(&u);
	CU_ASSERT_EQUAL(ft_probes_add(u.ps, &spec), err);
	CU_ASSERT_EQUAL(ft_probes_count(u.ps), 0);
	end_and_hear(&u, err == -EINVAL ? FT_USAGE : FT_FAILED, sentence);
}

static void test_probes_say_what_cannot_be_probed(void)
{
	struct ft_probe_spec spec;
	char many[33 * 6 + 1] = "";

	NEED_UPROBES();
	for (size_t i = 0; i < 33; i++)
		strcat(many, "a=%ip ");
	spec = spec_of(FT_PROBE_USER, "9lives");
	check_refused(spec, -EINVAL, "'9lives' is not a name for a probe");
	spec.event = "";
	check_refused(spec, -EINVAL, "is not a name for a probe");
	spec = spec_of(FT_PROBE_USER, NULL);
	spec.args = "a=%di\n-:foo/bar";
	check_refused(spec, -EINVAL, "not arguments");
	spec.args = "a=%di # b";
	check_refused(spec, -EINVAL, "not arguments");
	spec.args = many;
	check_refused(spec, -EINVAL, "more than 32");
	spec.args = "a=%nosuch";
	check_refused(spec, -EINVAL, ": the kernel refuses it (");
	spec = spec_of(FT_PROBE_USER, NULL);
	spec.place = "/run/with blank";
	check_refused(spec, -EINVAL, "cannot probe '/run/with blank': the kernel takes no path with");
	spec.place = "/run/a#b";
	check_refused(spec, -EINVAL, "takes no path with");
	spec.place = "bin/true";
	check_refused(spec, -EINVAL, "not an absolute path");
	spec.place = "/run";
	check_refused(spec, -EINVAL, "cannot probe '/run': not a regular file");
	spec.place = "/nonexistent";
	check_refused(spec, -EINVAL, "cannot probe '/nonexistent': No such file");
}

static void test_probes_of_one_name_are_refused(void)
{
	struct use u;

	NEED_UPROBES();
	begin(&u);
	CU_ASSERT_EQUAL(add(&u, FT_PROBE_USER, "once"), 0);
	CU_ASSERT_EQUAL(add(&u, FT_PROBE_USER_RETURN, "once"), -EINVAL);
	end_and_hear(&u, FT_USAGE, "two probes are named 'once'");
}

/* The kernel looks at the instruction only when the probe is enabled. */
static void test_probes_that_cannot_be_enabled_are_told(void)
{
	struct ft_probe_spec beyond;
	struct ft_probe_hits hits[2];
	struct use u;

	NEED_UPROBES();
	beyond = spec_of(FT_PROBE_USER, "beyond");
	beyond.offset = 1ULL << 32;
	begin(&u);
	CU_ASSERT_EQUAL(ft_probes_try(u.ps, &beyond), 0);
	CU_ASSERT_EQUAL(add(&u, FT_PROBE_USER, "fine"), 1);
	CU_ASSERT_EQUAL(ft_probes_enable(u.ps), 0);
	CU_ASSERT_FALSE(ft_probes_enabled(u.ps, 0));
	CU_ASSERT_TRUE(ft_probes_enabled(u.ps, 1));
	call_probed(2);
	CU_ASSERT_EQUAL(ft_probes_hits(u.ps, hits), 0);
	CU_ASSERT(hits[0].hits == 0 && hits[1].hits == 2);
	CU_ASSERT_EQUAL(end(&u), FT_OK);

	begin(&u);
	CU_ASSERT_EQUAL(ft_probes_try(u.ps, &beyond), 0);
	CU_ASSERT_EQUAL(ft_probes_enable(u.ps), -EINVAL);
	end_and_hear(&u, FT_USAGE, ":0x100000000': no instruction that can be probed is there");

	begin(&u);
	CU_ASSERT_EQUAL(add(&u, FT_PROBE_USER, "fine"), 0);
	CU_ASSERT_EQUAL(ft_probes_add(u.ps, &beyond), 1);
	CU_ASSERT_EQUAL(ft_probes_enable(u.ps), -EINVAL);
	end_and_hear(&u, FT_USAGE, ":0x100000000': no instruction that can be probed is there");
}

static void test_probes_tell_which_kind_the_kernel_lacks(void)
{
	struct use u;

	NEED_UPROBES();
	if (!access(TRACEFS "/kprobe_events", F_OK)) {
		unit_skip("this kernel has kprobe events");
		return;
	}
	begin(&u);
	CU_ASSERT_EQUAL(ft_probes_check(u.s, FT_PROBE_KERNEL), -EOPNOTSUPP);
	end_and_hear(&u, FT_UNSUPPORTED, "this kernel has no kprobes (CONFIG_KPROBE_EVENTS)");
}

static void test_probes_without_any_are_enabled(void)
{
	struct use u;

	NEED_UPROBES();
	begin(&u);
	CU_ASSERT_EQUAL(ft_probes_enable(u.ps), 0);
	CU_ASSERT_EQUAL(ft_probes_hits(u.ps, NULL), 0);
	CU_ASSERT_EQUAL(end(&u), FT_OK);
	ft_probes_close(NULL);
}

UNIT_SUITE("probe",
	UNIT_TEST(test_rows_join_a_list_and_its_profile),
	UNIT_TEST(test_rows_join_what_kernels_print),
	UNIT_TEST(test_rows_of_user_probes_have_paths),
	UNIT_TEST(test_rows_leave_out_what_only_one_list_has_at_its_end),
	UNIT_TEST(test_rows_that_do_not_fit_are_refused),
	UNIT_TEST(test_known_counts_names),
	UNIT_TEST(test_known_takes_the_first_of_names_behind_the_text),
	UNIT_TEST(test_known_takes_any_text),
	UNIT_TEST(test_known_grows),
	UNIT_TEST(test_arguments_have_names_where_the_kernel_knows_them),
	UNIT_TEST(test_probes_count_each_call_and_are_gone_after),
	UNIT_TEST(test_probes_hits_are_ours_beside_others_of_the_same_name),
	UNIT_TEST(test_probes_are_events),
	UNIT_TEST(test_probes_of_two_sessions_are_in_two_groups),
	UNIT_TEST(test_probes_leave_a_group_of_their_name_alone),
	UNIT_TEST(test_probes_say_what_cannot_be_probed),
	UNIT_TEST(test_probes_of_one_name_are_refused),
	UNIT_TEST(test_probes_that_cannot_be_enabled_are_told),
	UNIT_TEST(test_probes_tell_which_kind_the_kernel_lacks),
	UNIT_TEST(test_probes_without_any_are_enabled));
