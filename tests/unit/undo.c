/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting back: undo, the guard, and the repair of dead journals, on a directory of plain files
 * that stands for tracefs, with journals where tools have them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "internal.h"
#include "private.h"
#include "unit.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))
#define TURNS  1000	/* of 10 ms: a bound, not an expectation */
#define TURN_NS 10000000

/* -- what is reported -------------------------------------------------------------------------- */

struct seen {
	int  count, errs[32];
	char paths[32][64], values[32][64];
	int  founds;
	struct fti_dead dead;
};

static void report(void *arg, int err, const char *path, const char *value)
{
	struct seen *s = arg;

	if (s->count == 32)
		return;
	s->errs[s->count] = err;
	snprintf(s->paths[s->count], sizeof(s->paths[0]), "%s", path);
	snprintf(s->values[s->count++], sizeof(s->values[0]), "%s", value);
}

static void found(void *arg, const struct fti_dead *dead)
{
	struct seen *s = arg;

	s->founds++;
	s->dead = *dead;
}

static void check_seen(const struct seen *s, int i, int err, const char *path)
{
	CU_ASSERT(i < s->count);
	CU_ASSERT_EQUAL(s->errs[i], err);
	CU_ASSERT_STRING_EQUAL(s->paths[i], path);
}

static void make_tree(struct tree *t)
{
	tree_make(t);
	tree_put(t, "tracing_on", "1\n");
	tree_put(t, "current_tracer", "nop\n");
	tree_put(t, "tracing_thresh", "0\n");
	tree_put(t, "max_graph_depth", "5\n");
	tree_put(t, "set_ftrace_filter",
		 "vfs_read\next4_sync_file [ext4]\nvfs_write:traceoff:count=1\n");
	tree_put(t, "set_ftrace_pid", "no pid\n");
	if (mkdirat(t->fd, "instances", 0700) || mkdirat(t->fd, "events", 0700) ||
	    mkdirat(t->fd, "events/sched", 0700) ||
	    mkdirat(t->fd, "events/sched/sched_switch", 0700))
		abort();
}

static struct fti_undo *open_undo(const struct tree *t)
{
	struct fti_undo *u = NULL;
	bool persistent = false;

	CU_ASSERT_EQUAL_FATAL(fti_undo_open(&u, t->fd, t->path, "a-tool", &persistent), 0);
	CU_ASSERT_TRUE(persistent);
	return u;
}

/* Record, change, note: what a session does. */
static void change(struct fti_undo *u, const struct tree *t, const char *path, const char *value)
{
	CU_ASSERT_EQUAL(fti_undo_file(u, path), 0);
	tree_put(t, path, value);
	fti_undo_changed(u, path);
}

static int count_journals(void)
{
	int n = 0, dir = fti_journal_dir(false);
	struct dirent *e;
	DIR *d;

	d = dir < 0 ? NULL : fdopendir(dir);
	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

/* -- files ------------------------------------------------------------------------------------- */

static void test_file_write_ends_the_value_with_a_newline(void)
{
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	CU_ASSERT_EQUAL(fti_file_write(t.fd, "tracing_on", "0", FTI_TRUNCATE), 0);
	CU_ASSERT_TRUE(tree_has(&t, "tracing_on", "0\n"));
	CU_ASSERT_EQUAL(fti_file_write(t.fd, "set_ftrace_pid", "", FTI_TRUNCATE), 0);
	CU_ASSERT_TRUE(tree_has(&t, "set_ftrace_pid", ""));
	CU_ASSERT_EQUAL(fti_file_write(t.fd, "set_ftrace_pid", "1", FTI_APPEND), 0);
	CU_ASSERT_EQUAL(fti_file_write(t.fd, "set_ftrace_pid", "2", FTI_APPEND), 0);
	CU_ASSERT_TRUE(tree_has(&t, "set_ftrace_pid", "1\n2\n"));
	CU_ASSERT_EQUAL(fti_file_write_list(t.fd, "set_ftrace_pid", "3\n\n4\n5", FTI_TRUNCATE), 0);
	CU_ASSERT_TRUE(tree_has(&t, "set_ftrace_pid", "3\n4\n5\n"));
	CU_ASSERT_EQUAL(fti_file_write_list(t.fd, "set_ftrace_pid", "", FTI_TRUNCATE), 0);
	CU_ASSERT_TRUE(tree_has(&t, "set_ftrace_pid", ""));
	close(t.fd);
}

static void test_file_never_follows_a_link_and_makes_nothing(void)
{
	char *text = NULL;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	tree_put(&t, "victim", "1\n");
	CU_ASSERT_EQUAL(symlinkat("victim", t.fd, "buffer_percent"), 0);
	CU_ASSERT_EQUAL(fti_file_write(t.fd, "buffer_percent", "0", FTI_TRUNCATE), -ELOOP);
	CU_ASSERT_EQUAL(fti_file_write(t.fd, "buffer_percent", "0", FTI_APPEND), -ELOOP);
	CU_ASSERT_EQUAL(fti_file_write_list(t.fd, "buffer_percent", "0", FTI_TRUNCATE), -ELOOP);
	CU_ASSERT_EQUAL(fti_file_read(t.fd, "buffer_percent", &text, NULL), -ELOOP);
	CU_ASSERT_TRUE(tree_has(&t, "victim", "1\n"));
	CU_ASSERT_EQUAL(fti_file_write(t.fd, "trace_clock", "mono", FTI_TRUNCATE), -ENOENT);
	CU_ASSERT_EQUAL(fti_file_write_list(t.fd, "trace_clock", "mono", FTI_TRUNCATE), -ENOENT);
	CU_ASSERT_EQUAL(fti_file_read(t.fd, "trace_clock", &text, NULL), -ENOENT);
	CU_ASSERT_FALSE(fti_file_exists(t.fd, "trace_clock"));
	close(t.fd);
}

static void test_file_is_read_whole(void)
{
	const size_t sizes[] = { 0, 1, 4094, 4095, 4096, 8191, 100000 };
	char *big = malloc(100001), *text;
	struct tree t;
	size_t len;

	if (!big)
		abort();
	memset(big, 'x', 100000);
	if (private_namespace()) {
		unit_skip(private_namespace());
		free(big);
		return;
	}
	make_tree(&t);
	for (size_t i = 0; i < LEN(sizes); i++) {
		big[sizes[i]] = 0;
		tree_put(&t, "big", big);
		big[sizes[i]] = 'x';
		CU_ASSERT_EQUAL_FATAL(fti_file_read(t.fd, "big", &text, &len), 0);
		CU_ASSERT(len == sizes[i] && !text[len] && !memcmp(text, big, len));
		free(text);
	}
	free(big);
	close(t.fd);
}

/* -- undo -------------------------------------------------------------------------------------- */

static void test_undo_puts_values_back_newest_first(void)
{
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	change(u, &t, "tracing_on", "0\n");
	change(u, &t, "max_graph_depth", "1\n");
	change(u, &t, "current_tracer", "function_graph\n");
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 0);
	CU_ASSERT_EQUAL(s.count, 3);
	check_seen(&s, 0, 0, "current_tracer");
	check_seen(&s, 1, 0, "max_graph_depth");
	check_seen(&s, 2, 0, "tracing_on");
	CU_ASSERT_STRING_EQUAL(s.values[1], "5");
	CU_ASSERT_TRUE(tree_has(&t, "current_tracer", "nop\n"));
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "5\n"));
	CU_ASSERT_TRUE(tree_has(&t, "tracing_on", "1\n"));
	fti_undo_close(u);
	CU_ASSERT_EQUAL(count_journals(), 0);
	close(t.fd);
}

/* A probe cannot be removed while it is enabled in an instance, made before it. */
static void test_undo_removes_instances_first(void)
{
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	CU_ASSERT_EQUAL(fti_undo_instance(u, "ftrace-tools-x-1"), 0);
	CU_ASSERT_EQUAL(mkdirat(t.fd, "instances/ftrace-tools-x-1", 0700), 0);
	CU_ASSERT_EQUAL(fti_undo_probe(u, "uprobe_events", "ftt_1_2", "p"), 0);
	change(u, &t, "tracing_on", "0\n");
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 0);
	CU_ASSERT_EQUAL(s.count, 3);
	check_seen(&s, 0, 0, "instances/ftrace-tools-x-1");
	check_seen(&s, 1, 0, "tracing_on");
	check_seen(&s, 2, 0, "uprobe_events");
	CU_ASSERT_FALSE(fti_file_exists(t.fd, "instances/ftrace-tools-x-1"));
	/* Again, as the guard of a tool that was killed while it did. */
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 0);
	fti_undo_close(u);
	close(t.fd);
}

/* A tracer's options are the same in all instances: they are put back while this one is there. */
static void test_undo_puts_back_in_an_instance_before_it_goes(void)
{
	static const char option[] = "instances/ftrace-tools-x-1/options/sleep-time";
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	CU_ASSERT_EQUAL(fti_undo_instance(u, "ftrace-tools-x-1"), 0);
	if (mkdirat(t.fd, "instances/ftrace-tools-x-1", 0700) ||
	    mkdirat(t.fd, "instances/ftrace-tools-x-1/options", 0700))
		abort();
	tree_put(&t, option, "1\n");
	change(u, &t, option, "0\n");
	change(u, &t, "tracing_on", "0\n");
	/* Other than in tracefs, the directory cannot go as long as there is something in it. */
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 1);
	CU_ASSERT_EQUAL(s.count, 3);
	check_seen(&s, 0, 0, option);
	check_seen(&s, 1, -ENOTEMPTY, "instances/ftrace-tools-x-1");
	check_seen(&s, 2, 0, "tracing_on");
	CU_ASSERT_TRUE(tree_has(&t, option, "1\n"));
	unlinkat(t.fd, option, 0);
	unlinkat(t.fd, "instances/ftrace-tools-x-1/options", AT_REMOVEDIR);
	unlinkat(t.fd, "instances/ftrace-tools-x-1", AT_REMOVEDIR);
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 0);
	fti_undo_close(u);
	close(t.fd);
}

static void test_undo_records_a_file_once(void)
{
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	change(u, &t, "max_graph_depth", "1\n");
	change(u, &t, "max_graph_depth", "2\n");
	change(u, &t, "max_graph_depth", "3\n");
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 0);
	CU_ASSERT_EQUAL(s.count, 1);
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "5\n"));
	fti_undo_close(u);
	close(t.fd);
}

static void test_undo_without_changes_does_nothing(void)
{
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 0);
	CU_ASSERT_EQUAL(s.count, 0);
	fti_undo_close(u);
	close(t.fd);
}

static void test_undo_refuses_what_it_could_not_put_back(void)
{
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	tree_put(&t, "buffer_size_kb", "X\n");
	tree_put(&t, "trace", "# tracer: nop\n");
	CU_ASSERT_EQUAL(fti_undo_file(u, "buffer_size_kb"), -ENOTSUP);
	CU_ASSERT_EQUAL(fti_undo_file(u, "trace"), -ENOTSUP);
	CU_ASSERT_EQUAL(fti_undo_file(u, "events/../tracing_on"), -ENOTSUP);
	fti_undo_close(u);
	close(t.fd);
}

/* A device that is always full stands for a file that refuses. */
static void test_undo_continues_after_a_failed_write(void)
{
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	change(u, &t, "tracing_on", "0\n");
	change(u, &t, "max_graph_depth", "1\n");
	change(u, &t, "tracing_thresh", "9\n");
	change(u, &t, "current_tracer", "function\n");
	unlinkat(t.fd, "max_graph_depth", 0);
	CU_ASSERT_EQUAL_FATAL(mknodat(t.fd, "max_graph_depth", S_IFCHR | 0600, makedev(1, 7)), 0);
	unlinkat(t.fd, "tracing_thresh", 0);
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 2);
	CU_ASSERT_EQUAL(s.count, 4);
	check_seen(&s, 0, 0, "current_tracer");
	check_seen(&s, 1, -ENOENT, "tracing_thresh");
	check_seen(&s, 2, -ENOSPC, "max_graph_depth");
	check_seen(&s, 3, 0, "tracing_on");
	CU_ASSERT_TRUE(tree_has(&t, "current_tracer", "nop\n"));
	CU_ASSERT_TRUE(tree_has(&t, "tracing_on", "1\n"));
	fti_undo_close(u);
	close(t.fd);
}

/* The null device takes everything and keeps nothing. */
static void test_undo_reports_a_value_that_did_not_stay(void)
{
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	change(u, &t, "max_graph_depth", "1\n");
	unlinkat(t.fd, "max_graph_depth", 0);
	CU_ASSERT_EQUAL_FATAL(mknodat(t.fd, "max_graph_depth", S_IFCHR | 0600, makedev(1, 3)), 0);
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 1);
	check_seen(&s, 0, -EIO, "max_graph_depth");
	fti_undo_close(u);
	close(t.fd);
}

static void test_undo_writes_a_list_line_by_line(void)
{
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	change(u, &t, "set_ftrace_filter", "tcp_sendmsg\n");
	change(u, &t, "set_ftrace_pid", "1\n2\n");
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 0);
	CU_ASSERT_TRUE(tree_has(&t, "set_ftrace_filter", "vfs_read\next4_sync_file\n"));
	CU_ASSERT_TRUE(tree_has(&t, "set_ftrace_pid", ""));
	fti_undo_close(u);
	close(t.fd);
}

static void test_undo_removes_only_the_triggers_that_came(void)
{
	static const char path[] = "events/sched/sched_switch/trigger";
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	tree_put(&t, path, "# Available triggers:\nsnapshot:unlimited\n");
	u = open_undo(&t);
	change(u, &t, path, "snapshot:unlimited\nstacktrace:count=1\nsnapshot\n");
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 0);
	CU_ASSERT_TRUE(tree_has(&t, path, "snapshot:unlimited\nstacktrace:count=1\nsnapshot\n"
				"!stacktrace:count=1\n!snapshot\n"));
	fti_undo_close(u);
	close(t.fd);
}

static void test_undo_disables_and_deletes_its_probes(void)
{
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	tree_put(&t, "uprobe_events", "p:other/x /bin/sh:0x1\n");
	if (mkdirat(t.fd, "events/ftt_1_2", 0700) || mkdirat(t.fd, "events/ftt_1_2/p_0", 0700))
		abort();
	tree_put(&t, "events/ftt_1_2/p_0/enable", "1\n");
	u = open_undo(&t);
	CU_ASSERT_EQUAL(fti_undo_probe(u, "uprobe_events", "ftt_1_2", "p_0"), 0);
	CU_ASSERT_EQUAL(fti_undo_probe(u, "uprobe_events", "ftt_1_2", "p_1"), 0);
	CU_ASSERT_EQUAL(fti_undo_file(u, "uprobe_events"), 0);
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 0);
	CU_ASSERT_EQUAL(s.count, 2);
	CU_ASSERT_TRUE(tree_has(&t, "events/ftt_1_2/p_0/enable", "0\n"));
	CU_ASSERT_TRUE(tree_has(&t, "uprobe_events", "p:other/x /bin/sh:0x1\n-:ftt_1_2/p_0\n"));
	fti_undo_close(u);
	close(t.fd);
}

/* One that another uses, in an instance, goes before that, the instance before the event. */
static void test_undo_deletes_its_synthetic_events(void)
{
	static const char trigger[] = "instances/ftrace-tools-x-1/events/block/a/trigger";
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	tree_put(&t, "synthetic_events", "other\tu64 lat\n");
	u = open_undo(&t);
	CU_ASSERT_EQUAL(fti_undo_instance(u, "ftrace-tools-x-1"), 0);
	if (mkdirat(t.fd, "instances/ftrace-tools-x-1", 0700) ||
	    mkdirat(t.fd, "instances/ftrace-tools-x-1/events", 0700) ||
	    mkdirat(t.fd, "instances/ftrace-tools-x-1/events/block", 0700) ||
	    mkdirat(t.fd, "instances/ftrace-tools-x-1/events/block/a", 0700))
		abort();
	tree_put(&t, trigger, "# Available triggers:\n");
	CU_ASSERT_EQUAL(fti_undo_synthetic(u, "synthetic_events", "ftt_x_1_2"), 0);
	CU_ASSERT_EQUAL(fti_undo_file(u, trigger), 0);
	tree_put(&t, trigger, "hist:keys=dev:vals=hitcount:size=128 [active]\n");
	CU_ASSERT_EQUAL(fti_undo_synthetic(u, "synthetic_events", "other"), -EINVAL);
	CU_ASSERT_EQUAL(fti_undo_synthetic(u, "synthetic_events", "ftt_x y"), -EINVAL);
	CU_ASSERT_EQUAL(fti_undo_file(u, "synthetic_events"), 0);
	fti_undo_run(u, report, &s);
	CU_ASSERT_EQUAL(s.count, 3);
	check_seen(&s, 0, 0, trigger);
	check_seen(&s, 1, s.errs[1], "instances/ftrace-tools-x-1");
	check_seen(&s, 2, 0, "synthetic_events");
	CU_ASSERT_TRUE(tree_has(&t, trigger, "hist:keys=dev:vals=hitcount:size=128 [active]\n"
				"!hist:keys=dev:vals=hitcount:size=128\n"));
	CU_ASSERT_TRUE(tree_has(&t, "synthetic_events", "other\tu64 lat\n!ftt_x_1_2\n"));
	fti_undo_close(u);
	close(t.fd);
}

/* A mount point is busy, too. */
static void test_undo_is_patient_once_for_all_of_a_kind(void)
{
	static char one[] = "instances/ftrace-tools-x-1", two[] = "instances/ftrace-tools-x-2",
		    none[] = "";
	const struct fti_was first = { .kind = FTI_INSTANCE, .path = one, .value = none },
			     second = { .kind = FTI_INSTANCE, .path = two, .value = none };
	struct fti_patience patience = { .spent = { 0 } };
	char path[128];
	struct tree t;
	int spent;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(mkdirat(t.fd, i ? two : one, 0700), 0);
		snprintf(path, sizeof(path), "%s/%s", t.path, i ? two : one);
		CU_ASSERT_EQUAL(mount("tmpfs", path, "tmpfs", 0, NULL), 0);
	}
	CU_ASSERT_EQUAL(fti_undo_one(t.fd, &first, &patience), -EBUSY);
	spent = patience.spent[FTI_INSTANCE];
	CU_ASSERT(spent > 10);
	CU_ASSERT_EQUAL(fti_undo_one(t.fd, &second, &patience), -EBUSY);
	CU_ASSERT_EQUAL(patience.spent[FTI_INSTANCE], spent + 1);
	CU_ASSERT_EQUAL(patience.spent[FTI_PROBE], 0);
	snprintf(path, sizeof(path), "%s/%s", t.path, two);
	CU_ASSERT_EQUAL(umount(path), 0);
	CU_ASSERT_EQUAL(fti_undo_one(t.fd, &second, &patience), 0);
	snprintf(path, sizeof(path), "%s/%s", t.path, one);
	umount(path);
	close(t.fd);
}

/* -- the journal's file ------------------------------------------------------------------------ */

static void test_undo_journal_is_private_and_held(void)
{
	struct fti_undo *u;
	struct stat st;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	CU_ASSERT_EQUAL(stat(FTI_JOURNAL_DIR, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0700);
	CU_ASSERT_EQUAL(fstat(fti_undo_fd(u), &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	CU_ASSERT_EQUAL(st.st_nlink, 1);
	CU_ASSERT_EQUAL(count_journals(), 1);
	CU_ASSERT_EQUAL(fcntl(fti_undo_fd(u), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	fti_undo_close(u);
	CU_ASSERT_EQUAL(count_journals(), 0);
	u = open_undo(&t);
	fti_undo_keep(u);
	fti_undo_close(u);
	CU_ASSERT_EQUAL(count_journals(), 1);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &(struct seen){ 0 }), 1);
	CU_ASSERT_EQUAL(count_journals(), 0);
	close(t.fd);
}

/* Is the undo record usable where its directory is not? */
static void check_anonymous(const struct tree *t)
{
	struct fti_undo *u = NULL;
	struct seen s = { 0 };
	bool persistent = true;

	CU_ASSERT_EQUAL_FATAL(fti_undo_open(&u, t->fd, t->path, "a-tool", &persistent), 0);
	CU_ASSERT_FALSE(persistent);
	CU_ASSERT_EQUAL(fti_undo_dir(u), -1);
	change(u, t, "tracing_on", "0\n");
	change(u, t, "max_graph_depth", "1\n");
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 0);
	CU_ASSERT_EQUAL(s.count, 2);
	CU_ASSERT_TRUE(tree_has(t, "tracing_on", "1\n"));
	fti_undo_close(u);
}

static void test_undo_works_where_the_journals_directory_is_not_ours(void)
{
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	rmdir(FTI_JOURNAL_DIR);
	CU_ASSERT_EQUAL(symlink(t.path, FTI_JOURNAL_DIR), 0);
	check_anonymous(&t);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &(struct seen){ 0 }), -ENOTDIR);
	unlink(FTI_JOURNAL_DIR);
	CU_ASSERT_EQUAL(mkdir(FTI_JOURNAL_DIR, 0700), 0);
	CU_ASSERT_EQUAL(chmod(FTI_JOURNAL_DIR, 0750), 0);
	check_anonymous(&t);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &(struct seen){ 0 }), -EPERM);
	CU_ASSERT_EQUAL(chmod(FTI_JOURNAL_DIR, 0700), 0);
	CU_ASSERT_EQUAL(chown(FTI_JOURNAL_DIR, 1, 0), 0);
	check_anonymous(&t);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &(struct seen){ 0 }), -EPERM);
	rmdir(FTI_JOURNAL_DIR);
	close(t.fd);
}

/* A line that did not fit must not spoil the journal for those before and after it. */
static void test_undo_survives_a_full_disk(void)
{
	char *big = malloc(65537);
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	if (!big)
		abort();
	memset(big, 'f', 65536);
	big[65536] = 0;
	if (private_namespace()) {
		unit_skip(private_namespace());
		free(big);
		return;
	}
	make_tree(&t);
	mkdir(FTI_JOURNAL_DIR, 0700);
	CU_ASSERT_EQUAL_FATAL(mount("tmpfs", FTI_JOURNAL_DIR, "tmpfs", 0, "size=8k,mode=0700"), 0);
	u = open_undo(&t);
	change(u, &t, "tracing_on", "0\n");
	tree_put(&t, "set_ftrace_filter", big);
	CU_ASSERT_EQUAL(fti_undo_file(u, "set_ftrace_filter"), -ENOSPC);
	change(u, &t, "max_graph_depth", "1\n");
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 0);
	CU_ASSERT_EQUAL(s.count, 2);
	CU_ASSERT_TRUE(tree_has(&t, "tracing_on", "1\n"));
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "5\n"));
	fti_undo_close(u);
	CU_ASSERT_EQUAL(umount(FTI_JOURNAL_DIR), 0);
	close(t.fd);
	free(big);
}

/* -- the guard --------------------------------------------------------------------------------- */

struct tool {			/* a process that stands for a tool */
	pid_t pid, guard;
};

/* Opens the undo record and a guard, changes two files, and then only waits. */
static void run_tool(const struct tree *t, int out)
{
	struct fti_guard *g = NULL;
	struct fti_undo *u = NULL;
	bool persistent;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fti_undo_open(&u, t->fd, t->path, "a-tool", &persistent) ||
	    fti_guard_start(&g, u, t->fd) || fti_undo_file(u, "tracing_on") ||
	    fti_undo_file(u, "max_graph_depth"))
		_exit(1);
	tree_put(t, "tracing_on", "0\n");
	fti_undo_changed(u, "tracing_on");
	tree_put(t, "max_graph_depth", "1\n");
	fti_undo_changed(u, "max_graph_depth");
	pid = fti_guard_pid(g);
	if (write(out, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	for (;;)
		pause();
}

static void start_tool(struct tool *tool, const struct tree *t)
{
	int out[2];

	if (pipe2(out, O_CLOEXEC))
		abort();
	tool->pid = fork();
	if (!tool->pid) {
		close(out[0]);
		run_tool(t, out[1]);
	}
	close(out[1]);
	tool->guard = 0;
	CU_ASSERT_EQUAL(read(out[0], &tool->guard, sizeof(pid_t)), sizeof(pid_t));
	CU_ASSERT(tool->pid > 0 && tool->guard > 0);
	close(out[0]);
}

static void kill_and_reap(pid_t pid)
{
	if (pid > 0 && !kill(pid, SIGKILL))
		waitpid(pid, NULL, 0);
}

/* Not our child: gone, or waiting for whoever adopted it. */
static bool is_gone(pid_t pid)
{
	char path[64], *stat;
	bool gone;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (fti_file_read(AT_FDCWD, path, &stat, NULL))
		return true;
	gone = strstr(stat, ") Z") || strstr(stat, ") X");
	free(stat);
	return gone;
}

static bool wait_gone(pid_t pid)
{
	for (int i = 0; i < TURNS && !is_gone(pid); i++)
		fti_sleep_ns(TURN_NS);
	return is_gone(pid);
}

static bool wait_for(const struct tree *t, const char *name, const char *text)
{
	for (int i = 0; i < TURNS && !tree_has(t, name, text); i++)
		fti_sleep_ns(TURN_NS);
	return tree_has(t, name, text);
}

static void test_guard_restores_when_the_tool_is_killed(void)
{
	struct tool tool;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	start_tool(&tool, &t);
	CU_ASSERT_TRUE(tree_has(&t, "tracing_on", "0\n"));
	kill_and_reap(tool.pid);
	CU_ASSERT_TRUE(wait_for(&t, "tracing_on", "1\n"));
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "5\n"));
	CU_ASSERT_TRUE(wait_gone(tool.guard));
	CU_ASSERT_EQUAL(count_journals(), 0);
	close(t.fd);
}

static void test_guard_is_not_ended_by_signals(void)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1 };
	struct tool tool;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	start_tool(&tool, &t);
	for (size_t i = 0; i < LEN(signals); i++)
		CU_ASSERT_EQUAL(kill(tool.guard, signals[i]), 0);
	kill_and_reap(tool.pid);
	CU_ASSERT_TRUE(wait_for(&t, "tracing_on", "1\n"));
	CU_ASSERT_TRUE(wait_gone(tool.guard));
	close(t.fd);
}

/* What cannot be put back stays in the journal, for a later repair. */
static void test_guard_keeps_the_journal_when_it_fails(void)
{
	struct seen s = { 0 };
	struct tool tool;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	start_tool(&tool, &t);
	unlinkat(t.fd, "max_graph_depth", 0);
	kill_and_reap(tool.pid);
	CU_ASSERT_TRUE(wait_gone(tool.guard));
	CU_ASSERT_TRUE(tree_has(&t, "tracing_on", "1\n"));
	CU_ASSERT_EQUAL(count_journals(), 1);
	tree_put(&t, "max_graph_depth", "1\n");
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &s), 1);
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "5\n"));
	CU_ASSERT_EQUAL(count_journals(), 0);
	close(t.fd);
}

static void test_guard_does_nothing_after_a_normal_end(void)
{
	struct fti_guard *g = NULL;
	struct fti_undo *u;
	struct tree t;
	pid_t pid;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	CU_ASSERT_EQUAL_FATAL(fti_guard_start(&g, u, t.fd), 0);
	pid = fti_guard_pid(g);
	CU_ASSERT_EQUAL(kill(pid, 0), 0);
	change(u, &t, "tracing_on", "0\n");
	fti_guard_end(g);
	CU_ASSERT(kill(pid, 0) && errno == ESRCH);
	CU_ASSERT_TRUE(tree_has(&t, "tracing_on", "0\n"));
	CU_ASSERT_EQUAL(count_journals(), 1);
	fti_undo_close(u);
	close(t.fd);
}

static void test_guard_end_takes_a_guard_that_was_killed(void)
{
	struct fti_guard *g = NULL;
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	CU_ASSERT_EQUAL_FATAL(fti_guard_start(&g, u, t.fd), 0);
	kill(fti_guard_pid(g), SIGKILL);
	CU_ASSERT_TRUE(wait_gone(fti_guard_pid(g)));
	fti_guard_deadline(g, "tracing_on", fti_now_ns());
	fti_guard_end(g);
	fti_guard_end(NULL);
	fti_undo_close(u);
	close(t.fd);
}

static void test_guard_leaves_the_tools_session_and_files(void)
{
	struct fti_guard *g = NULL;
	struct pollfd p = { .events = POLLIN };
	struct fti_undo *u;
	int ends[2];
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
	CU_ASSERT_EQUAL_FATAL(fti_guard_start(&g, u, t.fd), 0);
	close(ends[1]);
	p.fd = ends[0];
	/* The end of the pipe: the guard does not hold its other end. */
	CU_ASSERT_EQUAL(poll(&p, 1, TURNS * 10), 1);
	CU_ASSERT_EQUAL(p.revents, POLLHUP);
	for (int i = 0; i < TURNS && getsid(fti_guard_pid(g)) == getsid(0); i++)
		fti_sleep_ns(TURN_NS);
	CU_ASSERT_EQUAL(getsid(fti_guard_pid(g)), fti_guard_pid(g));
	close(ends[0]);
	fti_guard_end(g);
	fti_undo_close(u);
	close(t.fd);
}

static void test_guard_switches_tracing_off_at_the_deadline(void)
{
	struct fti_guard *g = NULL;
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	CU_ASSERT_EQUAL_FATAL(fti_guard_start(&g, u, t.fd), 0);
	/* The last one told counts, and none ends the guard but fti_guard_end(). */
	fti_guard_deadline(g, "max_graph_depth", fti_now_ns() + 3600 * 1000000000ULL);
	fti_guard_deadline(g, "max_graph_depth", UINT64_MAX);
	fti_guard_deadline(g, "tracing_on", 0);
	fti_guard_deadline(g, "tracing_on", fti_now_ns());
	CU_ASSERT_TRUE(wait_for(&t, "tracing_on", "0\n"));
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "5\n"));
	tree_put(&t, "tracing_on", "1\n");
	fti_guard_deadline(g, "tracing_on", fti_now_ns() + 1);
	CU_ASSERT_TRUE(wait_for(&t, "tracing_on", "0\n"));
	CU_ASSERT_EQUAL(kill(fti_guard_pid(g), 0), 0);
	fti_guard_end(g);
	fti_undo_close(u);
	close(t.fd);
}

/* Otherwise a repair would take the guard's own change for somebody else's. */
static void test_guard_notes_what_it_switched_off(void)
{
	struct fti_guard *g = NULL;
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	CU_ASSERT_EQUAL_FATAL(fti_guard_start(&g, u, t.fd), 0);
	CU_ASSERT_EQUAL(fti_undo_file(u, "tracing_on"), 0);
	fti_undo_changed(u, "tracing_on");
	fti_guard_deadline(g, "tracing_on", 1);
	CU_ASSERT_TRUE(wait_for(&t, "tracing_on", "0\n"));
	fti_guard_end(g);
	fti_undo_keep(u);
	fti_undo_close(u);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &s), 1);
	CU_ASSERT_EQUAL(s.dead.restored, 1);
	CU_ASSERT_TRUE(tree_has(&t, "tracing_on", "1\n"));
	close(t.fd);
}

/* -- repair ------------------------------------------------------------------------------------ */

static void test_repair_puts_back_when_tool_and_guard_were_killed(void)
{
	struct seen s = { 0 };
	struct tool tool;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	start_tool(&tool, &t);
	/* As long as one of them lives there is nothing to repair. */
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, true, found, report, &s), 0);
	kill(tool.guard, SIGKILL);
	CU_ASSERT_TRUE(wait_gone(tool.guard));
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, true, found, report, &s), 0);
	CU_ASSERT(s.count == 0 && s.founds == 0);
	CU_ASSERT_TRUE(tree_has(&t, "tracing_on", "0\n"));
	kill_and_reap(tool.pid);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &s), 1);
	CU_ASSERT_EQUAL(s.founds, 1);
	CU_ASSERT_STRING_EQUAL(s.dead.tool, "a-tool");
	CU_ASSERT_EQUAL(s.dead.pid, tool.pid);
	CU_ASSERT(s.dead.restored == 2 && s.dead.left == 0 && s.dead.failed == 0);
	CU_ASSERT_TRUE(tree_has(&t, "tracing_on", "1\n"));
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "5\n"));
	CU_ASSERT_EQUAL(count_journals(), 0);
	close(t.fd);
}

/* Leave the journal of a change as a process that has died would. */
static struct fti_undo *begin_dead(const struct tree *t)
{
	struct fti_undo *u = open_undo(t);

	fti_undo_keep(u);
	return u;
}

static void test_repair_leaves_what_others_have_changed(void)
{
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = begin_dead(&t);
	change(u, &t, "tracing_on", "0\n");
	change(u, &t, "max_graph_depth", "1\n");
	change(u, &t, "set_ftrace_filter", "tcp_sendmsg\n");
	fti_undo_close(u);
	tree_put(&t, "max_graph_depth", "7\n");
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &s), 1);
	CU_ASSERT_EQUAL(s.count, 3);
	check_seen(&s, 0, 0, "set_ftrace_filter");
	check_seen(&s, 1, 1, "max_graph_depth");
	check_seen(&s, 2, 0, "tracing_on");
	CU_ASSERT(s.dead.restored == 2 && s.dead.left == 1 && s.dead.failed == 0);
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "7\n"));
	CU_ASSERT_TRUE(tree_has(&t, "set_ftrace_filter", "vfs_read\next4_sync_file\n"));
	CU_ASSERT_TRUE(tree_has(&t, "tracing_on", "1\n"));
	CU_ASSERT_EQUAL(count_journals(), 0);
	close(t.fd);
}

static void test_repair_takes_what_is_back_for_back(void)
{
	struct seen s = { 0 };
	struct fti_undo *u;
	struct stat before, after;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = begin_dead(&t);
	change(u, &t, "max_graph_depth", "1\n");
	fti_undo_close(u);
	tree_put(&t, "max_graph_depth", "5\n");
	fstatat(t.fd, "max_graph_depth", &before, 0);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &s), 1);
	fstatat(t.fd, "max_graph_depth", &after, 0);
	CU_ASSERT_EQUAL(s.dead.restored, 1);
	CU_ASSERT_EQUAL(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	close(t.fd);
}

/* Killed between the change and the note of it. */
static void test_repair_puts_back_what_was_not_noted(void)
{
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = begin_dead(&t);
	CU_ASSERT_EQUAL(fti_undo_file(u, "max_graph_depth"), 0);
	tree_put(&t, "max_graph_depth", "1\n");
	fti_undo_close(u);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &s), 1);
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "5\n"));
	close(t.fd);
}

/* The second found what the first had made of it. */
static void test_repair_begins_with_the_newest_journal(void)
{
	struct fti_undo *first, *second;
	struct seen s = { 0 };
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	first = begin_dead(&t);
	change(first, &t, "max_graph_depth", "1\n");
	second = begin_dead(&t);
	change(second, &t, "max_graph_depth", "2\n");
	fti_undo_close(second);
	fti_undo_close(first);
	CU_ASSERT_EQUAL(count_journals(), 2);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &s), 2);
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "5\n"));
	CU_ASSERT_EQUAL(count_journals(), 0);
	close(t.fd);
}

static void test_repair_keeps_a_journal_that_failed_until_dropped(void)
{
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = begin_dead(&t);
	change(u, &t, "tracing_on", "0\n");
	change(u, &t, "max_graph_depth", "1\n");
	fti_undo_close(u);
	unlinkat(t.fd, "max_graph_depth", 0);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &s), 1);
	check_seen(&s, 0, -ENOENT, "max_graph_depth");
	check_seen(&s, 1, 0, "tracing_on");
	CU_ASSERT(s.dead.failed == 1 && s.dead.restored == 1);
	CU_ASSERT_EQUAL(count_journals(), 1);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, true, found, report, &s), 1);
	CU_ASSERT_EQUAL(count_journals(), 0);
	close(t.fd);
}

/* -- journals that are not to be trusted ------------------------------------------------------- */

/* A journal by hand, under a name that tools give. */
static void put_journal(const char *boot, const char *tracefs, const char *more)
{
	char text[1024], escaped[256] = "", *to = escaped, id[40];
	struct tree dir = { .path = FTI_JOURNAL_DIR };

	mkdir(FTI_JOURNAL_DIR, 0700);
	dir.fd = open(FTI_JOURNAL_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fti_boot_id(id, sizeof(id));
	for (; *tracefs; tracefs++)
		to += sprintf(to, *tracefs == ' ' || *tracefs == '%' ? "%%%02x" : "%c", *tracefs);
	snprintf(text, sizeof(text), "ftrace-tools-journal 1\nowner a-tool 77 %s\ntracefs %s\n%s",
		 boot ? boot : id, escaped, more);
	tree_put(&dir, "0000000000000001-77.journal", text);
	if (fchmodat(dir.fd, "0000000000000001-77.journal", 0600, 0))
		abort();
	close(dir.fd);
}

#define MADE	FTI_JOURNAL_DIR "/0000000000000001-77.journal"
#define OTHER	FTI_JOURNAL_DIR "/other"
#define DEPTH_9 "was 0 max_graph_depth =9\n"

/* The journal is refused with err, stays, and nothing is put back. */
static void check_refused(const struct tree *t, int err)
{
	struct seen s = { 0 };

	CU_ASSERT_EQUAL(fti_undo_repair(t->fd, false, found, report, &s), 0);
	CU_ASSERT(s.founds == 0 && s.count == 1);
	CU_ASSERT_EQUAL(s.errs[0], err);
	CU_ASSERT_STRING_EQUAL(s.paths[0], FTI_JOURNAL_DIR);
	CU_ASSERT_STRING_EQUAL(s.values[0], "0000000000000001-77.journal");
	CU_ASSERT_TRUE(tree_has(t, "max_graph_depth", "5\n"));
	CU_ASSERT_EQUAL(access(MADE, F_OK), 0);
}

static void test_repair_takes_a_good_journal_made_by_hand(void)
{
	struct seen s = { 0 };
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	put_journal(NULL, t.path, DEPTH_9);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &s), 1);
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "9\n"));
	CU_ASSERT_EQUAL(count_journals(), 0);
	close(t.fd);
}

static void test_repair_refuses_a_journal_others_could_write(void)
{
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	put_journal(NULL, t.path, DEPTH_9);
	CU_ASSERT_EQUAL(chmod(MADE, 0640), 0);
	check_refused(&t, -EPERM);
	CU_ASSERT_EQUAL(chmod(MADE, 0602), 0);
	check_refused(&t, -EPERM);
	CU_ASSERT_EQUAL(chmod(MADE, 0600), 0);
	CU_ASSERT_EQUAL(chown(MADE, 1, 0), 0);
	check_refused(&t, -EPERM);
	CU_ASSERT_EQUAL(chown(MADE, 0, 0), 0);
	CU_ASSERT_EQUAL(link(MADE, OTHER), 0);
	check_refused(&t, -EPERM);
	unlink(OTHER);
	unlink(MADE);
	close(t.fd);
}

static void test_repair_refuses_what_is_no_plain_file(void)
{
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	put_journal(NULL, t.path, DEPTH_9);
	CU_ASSERT_EQUAL(rename(MADE, OTHER), 0);
	CU_ASSERT_EQUAL(symlink("other", MADE), 0);
	check_refused(&t, -ELOOP);
	unlink(MADE);
	CU_ASSERT_EQUAL(mkfifo(MADE, 0600), 0);
	check_refused(&t, -EPERM);
	unlink(MADE);
	CU_ASSERT_EQUAL(mkdir(MADE, 0700), 0);
	check_refused(&t, -EISDIR);
	rmdir(MADE);
	unlink(OTHER);
	close(t.fd);
}

static void test_repair_keeps_a_malformed_journal_until_dropped(void)
{
	struct seen s = { 0 };
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	put_journal(NULL, t.path, DEPTH_9 "was 0 ../../etc/passwd =x\n");
	check_refused(&t, -EBADMSG);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, true, found, report, &s), 0);
	CU_ASSERT_EQUAL(count_journals(), 0);
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "5\n"));
	close(t.fd);
}

static void test_repair_removes_a_journal_without_a_line(void)
{
	struct seen s = { 0 };
	struct tree t;
	int fd;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	mkdir(FTI_JOURNAL_DIR, 0700);
	fd = open(MADE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CU_ASSERT_EQUAL(write(fd, "ftrace-to", 9), 9);
	close(fd);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &s), 0);
	CU_ASSERT(s.founds == 0 && s.count == 0);
	CU_ASSERT_EQUAL(count_journals(), 0);
	close(t.fd);
}

static void test_repair_drops_journals_of_another_boot(void)
{
	struct seen s = { 0 };
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	put_journal("00000000-0000-0000-0000-000000000000", t.path, DEPTH_9);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &s), 0);
	CU_ASSERT(s.founds == 0 && s.count == 0);
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "5\n"));
	CU_ASSERT_EQUAL(count_journals(), 0);
	close(t.fd);
}

static void test_repair_leaves_journals_of_another_tracing_directory(void)
{
	struct seen s = { 0 };
	struct tree t, other;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	make_tree(&other);
	put_journal(NULL, other.path, DEPTH_9);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, false, found, report, &s), 0);
	CU_ASSERT(s.founds == 0 && s.count == 0);
	CU_ASSERT_EQUAL(count_journals(), 1);
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "5\n"));
	CU_ASSERT_TRUE(tree_has(&other, "max_graph_depth", "5\n"));
	/* The same one by another way is the same. */
	CU_ASSERT_EQUAL(symlink(other.path, "/run/way"), 0);
	put_journal(NULL, "/run/way", DEPTH_9);
	CU_ASSERT_EQUAL(fti_undo_repair(other.fd, false, found, report, &s), 1);
	CU_ASSERT_TRUE(tree_has(&other, "max_graph_depth", "9\n"));
	unlink("/run/way");
	close(other.fd);
	close(t.fd);
}

static void test_repair_does_not_touch_a_live_journal(void)
{
	struct seen s = { 0 };
	struct fti_undo *u;
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	u = open_undo(&t);
	change(u, &t, "max_graph_depth", "1\n");
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, true, found, report, &s), 0);
	CU_ASSERT(s.founds == 0 && s.count == 0);
	CU_ASSERT_TRUE(tree_has(&t, "max_graph_depth", "1\n"));
	CU_ASSERT_EQUAL(count_journals(), 1);
	CU_ASSERT_EQUAL(fti_undo_run(u, report, &s), 0);
	fti_undo_close(u);
	close(t.fd);
}

static void test_repair_without_journals_finds_none(void)
{
	struct seen s = { 0 };
	struct tree t;

	NEED_PRIVATE_NAMESPACE();
	make_tree(&t);
	rmdir(FTI_JOURNAL_DIR);
	CU_ASSERT_EQUAL(fti_undo_repair(t.fd, true, found, report, &s), 0);
	CU_ASSERT_EQUAL(access(FTI_JOURNAL_DIR, F_OK), -1);
	close(t.fd);
}

UNIT_SUITE("undo",
	UNIT_TEST(test_file_write_ends_the_value_with_a_newline),
	UNIT_TEST(test_file_never_follows_a_link_and_makes_nothing),
	UNIT_TEST(test_file_is_read_whole),
	UNIT_TEST(test_undo_puts_values_back_newest_first),
	UNIT_TEST(test_undo_removes_instances_first),
	UNIT_TEST(test_undo_puts_back_in_an_instance_before_it_goes),
	UNIT_TEST(test_undo_records_a_file_once),
	UNIT_TEST(test_undo_without_changes_does_nothing),
	UNIT_TEST(test_undo_refuses_what_it_could_not_put_back),
	UNIT_TEST(test_undo_continues_after_a_failed_write),
	UNIT_TEST(test_undo_reports_a_value_that_did_not_stay),
	UNIT_TEST(test_undo_writes_a_list_line_by_line),
	UNIT_TEST(test_undo_removes_only_the_triggers_that_came),
	UNIT_TEST(test_undo_disables_and_deletes_its_probes),
	UNIT_TEST(test_undo_deletes_its_synthetic_events),
	UNIT_TEST(test_undo_is_patient_once_for_all_of_a_kind),
	UNIT_TEST(test_undo_journal_is_private_and_held),
	UNIT_TEST(test_undo_works_where_the_journals_directory_is_not_ours),
	UNIT_TEST(test_undo_survives_a_full_disk),
	UNIT_TEST(test_guard_restores_when_the_tool_is_killed),
	UNIT_TEST(test_guard_is_not_ended_by_signals),
	UNIT_TEST(test_guard_keeps_the_journal_when_it_fails),
	UNIT_TEST(test_guard_does_nothing_after_a_normal_end),
	UNIT_TEST(test_guard_end_takes_a_guard_that_was_killed),
	UNIT_TEST(test_guard_leaves_the_tools_session_and_files),
	UNIT_TEST(test_guard_switches_tracing_off_at_the_deadline),
	UNIT_TEST(test_guard_notes_what_it_switched_off),
	UNIT_TEST(test_repair_puts_back_when_tool_and_guard_were_killed),
	UNIT_TEST(test_repair_leaves_what_others_have_changed),
	UNIT_TEST(test_repair_takes_what_is_back_for_back),
	UNIT_TEST(test_repair_puts_back_what_was_not_noted),
	UNIT_TEST(test_repair_begins_with_the_newest_journal),
	UNIT_TEST(test_repair_keeps_a_journal_that_failed_until_dropped),
	UNIT_TEST(test_repair_takes_a_good_journal_made_by_hand),
	UNIT_TEST(test_repair_refuses_a_journal_others_could_write),
	UNIT_TEST(test_repair_refuses_what_is_no_plain_file),
	UNIT_TEST(test_repair_keeps_a_malformed_journal_until_dropped),
	UNIT_TEST(test_repair_removes_a_journal_without_a_line),
	UNIT_TEST(test_repair_drops_journals_of_another_boot),
	UNIT_TEST(test_repair_leaves_journals_of_another_tracing_directory),
	UNIT_TEST(test_repair_does_not_touch_a_live_journal),
	UNIT_TEST(test_repair_without_journals_finds_none));
