/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The function_graph text, against the kernel's own text of the same captured records; and what no
 * capture has (formats of other kernels, losses, nonsense), on records made by hand.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ftrace/graph.h"
#include "ftrace/stream.h"
#include "unit.h"

#define CPUS   2
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static const char rule[] = " ------------------------------------------";

struct text {
	char *s;
	size_t len;
};

static void append(struct text *t, const char *s, size_t len)
{
	char *more = realloc(t->s, t->len + len + 1);

	if (!more)
		abort();
	memcpy(more + t->len, s, len);
	t->s = more;
	t->len += len;
	t->s[t->len] = 0;
}

static bool next_line(const char **at, const char *end, struct text *line)
{
	const char *stop = memchr(*at, '\n', (size_t)(end - *at));

	if (*at == end)
		return false;
	line->s = (char *)*at;
	line->len = (size_t)((stop ? stop : end) - *at);
	*at = stop ? stop + 1 : end;
	return true;
}

static bool begins(const struct text *line, const char *with)
{
	return line->len >= strlen(with) && !memcmp(line->s, with, strlen(with));
}

/* -- captures ------------------------------------------------------------------------------- */

/* A capture, being rendered. */
struct capture {
	char		       dir[512], series[512];
	struct ft_graph_config config;
	bool		       events;	/* others than functions were recorded */
	struct ft_events      *evs;
	struct ft_symbols     *syms;
	struct ft_comms	      *comms;
	struct ft_graph	      *graph;
	int		       known[1024], knowns;	/* threads whose names the kernel knew */
	struct text	       ours;
	bool		       lose;	/* tell of a loss before each record */
	int		       rows;
	void (*check)(struct capture *c, const struct ft_graph_row *row, const char *line);
};

static bool exists(const char *dir, const char *name)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return !access(path, R_OK);
}

static char *read_in(const char *dir, const char *name, size_t *len)
{
	char path[1024], *text;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	text = unit_read(path, len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	return text;
}

/* One line of a setup script: the options that the text depends on. */
static void take_setup_line(struct capture *c, const char *line)
{
	const struct {
		const char *option;
		bool *value;
	} options[] = {
		{ "funcgraph-cpu", &c->config.cpu },
		{ "funcgraph-proc", &c->config.proc },
		{ "funcgraph-abstime", &c->config.abstime },
		{ "funcgraph-duration", &c->config.duration },
		{ "funcgraph-overhead", &c->config.overhead },
		{ "funcgraph-irqs", &c->config.irqs },
		{ "funcgraph-tail", &c->config.tail },
		{ "funcgraph-retval", &c->config.retval },
		{ "funcgraph-retval-hex", &c->config.retval_hex },
		{ "latency-format", &c->config.latency },
	};
	unsigned int value;
	char name[64];

	if (sscanf(line, "echo %u > options/%63s", &value, name) == 2)
		for (size_t i = 0; i < LEN(options); i++)
			if (!strcmp(name, options[i].option))
				*options[i].value = value;
	if (sscanf(line, "echo %u > %63s", &value, name) == 2) {
		if (!strcmp(name, "max_graph_depth"))
			c->config.max_depth = value;
		if (!strcmp(name, "tracing_thresh"))
			c->config.thresh = value;
		if (!strncmp(name, "events/", 7))
			c->events = true;
	}
}

static void take_setup(struct capture *c)
{
	char *text, *line, *save = NULL;

	c->config = (struct ft_graph_config){
		.cpu = true,
		.duration = true,
		.overhead = true,
		.irqs = true,
		.old_marks = strstr(c->series, "/el7") != NULL,
		.ncpus = CPUS,
	};
	if (!exists(c->dir, "setup"))
		return;
	text = read_in(c->dir, "setup", NULL);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take_setup_line(c, line);
	free(text);
}

/* Names as the kernel had them when it wrote the text: "pid comm" lines. */
static void take_comms(struct capture *c)
{
	char *text, *line, *save = NULL, *comm;

	CU_ASSERT_EQUAL_FATAL(ft_comms_open(&c->comms, NULL), 0);
	text = exists(c->dir, "saved_cmdlines") ? read_in(c->dir, "saved_cmdlines", NULL) :
						  strdup("1731 sleep\n1732 sleep\n");
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		long tid = strtol(line, &comm, 10);

		if (*comm != ' ' || c->knowns == LEN(c->known))
			continue;
		ft_comms_set(c->comms, (int)tid, comm + 1);
		c->known[c->knowns++] = (int)tid;
	}
	free(text);
}

/* A thread of the captured machine must not get the name of one that runs here. */
static void hide_thread(struct capture *c, int tid)
{
	for (int i = 0; i < c->knowns; i++)
		if (c->known[i] == tid)
			return;
	if (tid)
		ft_comms_set(c->comms, tid, "<...>");
}

static void check_row(struct capture *c, const char *text, size_t len)
{
	const char *last = text + len - 1;

	CU_ASSERT_EQUAL_FATAL(*last, '\n');
	while (last > text && last[-1] != '\n')
		last--;
	c->check(c, ft_graph_row(c->graph), last);
}

static int take_event(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	struct capture *c = arg;
	struct ft_event next;
	const bool has_next = ft_stream_peek(st, e->cpu, &next);
	const char *text;
	size_t len;
	int got;

	hide_thread(c, e->tid);
	if (c->lose)
		ft_graph_lost(c->graph, e->cpu);
	got = ft_graph_event(c->graph, e, has_next && !c->lose ? &next : NULL);
	CU_ASSERT(got == 0 || got == 1);
	text = ft_graph_text(c->graph, &len);
	CU_ASSERT_EQUAL(len != 0, got == 1);
	if (got != 1)
		return 0;
	c->rows++;
	append(&c->ours, text, len);
	if (c->check)
		check_row(c, text, len);
	return 0;
}

static void open_capture(struct capture *c, const char *series, const char *name)
{
	static const char *const systems[] = { "ftrace", NULL };
	char path[1024];

	snprintf(c->series, sizeof(c->series), "%s/%s", UNIT_DATA, series);
	snprintf(c->dir, sizeof(c->dir), "%s/%s/%s", UNIT_DATA, series, name);
	take_setup(c);
	take_comms(c);
	snprintf(path, sizeof(path), "%s/tracing", c->series);
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&c->evs, path, systems), 0);
	snprintf(path, sizeof(path), "%s/kallsyms", c->series);
	CU_ASSERT_EQUAL_FATAL(ft_symbols_open(&c->syms, path, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(ft_graph_new(&c->graph, c->evs, c->syms, c->comms, &c->config), 0);
}

static void render(struct capture *c)
{
	static const struct ft_stream_ops ops = { .on_event = take_event };
	const void *data[CPUS] = { NULL };
	size_t len[CPUS] = { 0 };
	struct ft_stream *st;

	for (int cpu = 0; cpu < CPUS; cpu++) {
		char name[32];

		snprintf(name, sizeof(name), "cpu%d.pages", cpu);
		if (exists(c->dir, name))
			data[cpu] = read_in(c->dir, name, &len[cpu]);
	}
	CU_ASSERT_EQUAL_FATAL(ft_stream_open_memory(&st, c->evs, data, len, CPUS), 0);
	CU_ASSERT_EQUAL(ft_stream_run(st, &ops, c), 0);
	CU_ASSERT_EQUAL(ft_stream_stats(st)->bad_pages, 0);
	ft_stream_close(st);
	for (int cpu = 0; cpu < CPUS; cpu++)
		free((void *)data[cpu]);
}

static void close_capture(struct capture *c)
{
	ft_graph_free(c->graph);
	ft_symbols_close(c->syms);
	ft_events_close(c->evs);
	ft_comms_close(c->comms);
	free(c->ours.s);
}

/* -- the kernel's text, without what the library leaves out --------------------------------- */

/* latency-format describes the longest latency above the columns. */
static void drop_latency_description(struct text *t)
{
	static const char first[] = "# function_graph latency trace", bar[] = "#    -----";
	const char *at = t->s, *const end = t->s + t->len;
	struct text kept = { NULL, 0 }, line;
	int inside = 0, bars = 0;

	while (next_line(&at, end, &line)) {
		if (begins(&line, first))
			inside++;
		if (!inside || bars == 3)
			append(&kept, line.s, (size_t)(at - line.s));
		else if (begins(&line, bar))
			bars++;
		else if (bars == 2)
			bars++;	/* the "#" after the second bar is the last */
	}
	CU_ASSERT_EQUAL(inside, 1);
	CU_ASSERT_EQUAL(bars, 3);
	free(t->s);
	*t = kept;
}

/* Events that are no function show as comments; what they tell of task switches goes with them. */
struct comments {
	struct text kept;
	struct {
		char shown[32], now[32];	/* task of the last function, of the last line */
	} cpu[CPUS];
	int dropped;
};

static int line_cpu(const struct text *line)
{
	int cpu = line->len > 2 && line->s[2] == ')' ? line->s[1] - '0' : -1;

	CU_ASSERT_FATAL(cpu >= 0 && cpu < CPUS);
	return cpu;
}

/* " 1)     sh-101     =>    <idle>-0   ": from and to are 14 wide or a little more. */
static void take_switch(struct comments *c, const struct text *line)
{
	const int cpu = line_cpu(line);
	char from[32], to[32];
	char *arrow = strstr(line->s, " => ");

	CU_ASSERT_FATAL(arrow && arrow < line->s + line->len);
	snprintf(from, sizeof(from), "%.*s", (int)(arrow - line->s - 4), line->s + 4);
	snprintf(to, sizeof(to), "%.*s", (int)(line->s + line->len - arrow - 4), arrow + 4);
	if (!strcmp(c->cpu[cpu].shown, "?"))
		strcpy(c->cpu[cpu].shown, from);
	strcpy(c->cpu[cpu].now, to);
}

static void take_function(struct comments *c, const struct text *line)
{
	const int cpu = line_cpu(line);

	if (!c->cpu[cpu].now[0])
		strcpy(c->cpu[cpu].now, "?");
	if (c->cpu[cpu].shown[0] && strcmp(c->cpu[cpu].shown, c->cpu[cpu].now)) {
		char block[256];
		int n = snprintf(block, sizeof(block), "%s\n %d) %s => %s\n%s\n\n", rule, cpu,
			     c->cpu[cpu].shown, c->cpu[cpu].now, rule);
		append(&c->kept, block, (size_t)n);
	}
	strcpy(c->cpu[cpu].shown, c->cpu[cpu].now);
	append(&c->kept, line->s, line->len + 1);
}

static void drop_comments(struct text *t)
{
	const char *at = t->s, *const end = t->s + t->len;
	struct comments c = { .dropped = 0 };
	struct text line;

	while (next_line(&at, end, &line)) {
		const char *bar = memchr(line.s, '|', line.len);

		if (line.s[0] == '#')
			append(&c.kept, line.s, line.len + 1);
		else if (!line.len || begins(&line, rule))
			continue;
		else if (!bar)
			take_switch(&c, &line);
		else if (!strncmp(bar + 1 + strspn(bar + 1, " "), "/* ", 3))
			c.dropped++;
		else
			take_function(&c, &line);
	}
	CU_ASSERT(c.dropped > 0);
	free(t->s);
	*t = c.kept;
}

/* -- the oracle ----------------------------------------------------------------------------- */

static bool same_text(const char *what, const struct text *ours, const struct text *theirs)
{
	const char *a = ours->s, *b = theirs->s;
	const char *const a_end = a + ours->len, *const b_end = b + theirs->len;

	for (int number = 1;; number++) {
		struct text x = { "(end)", 5 }, y = { "(end)", 5 };
		const bool more_a = next_line(&a, a_end, &x), more_b = next_line(&b, b_end, &y);

		if (!more_a && !more_b)
			return true;
		if (more_a == more_b && x.len == y.len && !memcmp(x.s, y.s, x.len))
			continue;
		printf("# %s: line %d\n# ours:   |%.*s|\n# kernel: |%.*s|\n", what, number,
		       (int)x.len, x.s, (int)y.len, y.s);
		return false;
	}
}

static void compare_capture(const char *series, const char *name)
{
	struct capture c = { .rows = 0 };
	struct text theirs = { NULL, 0 };
	const char *text;
	size_t len;

	open_capture(&c, series, name);
	text = ft_graph_header(c.graph, &len);
	append(&c.ours, text, len);
	render(&c);
	theirs.s = read_in(c.dir, "trace.txt", &theirs.len);
	if (c.config.latency)
		drop_latency_description(&theirs);
	if (c.events)
		drop_comments(&theirs);
	CU_ASSERT(c.rows > 0);
	CU_ASSERT(same_text(c.dir, &c.ours, &theirs));
	free(theirs.s);
	close_capture(&c);
}

static bool is_graph(const char *series, const char *name)
{
	static const char heading[] = "# tracer: function_graph\n";
	char path[1024], first[sizeof(heading)] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s/trace.txt", UNIT_DATA, series, name);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fread(first, 1, sizeof(heading) - 1, f))
		first[0] = 0;
	fclose(f);
	return !strcmp(first, heading);
}

/* Calls fn for each graph capture of a series; their number. */
static int each_capture(const char *series, void (*fn)(const char *series, const char *name))
{
	char path[1024];
	struct dirent **names;
	int count, found = 0;

	snprintf(path, sizeof(path), "%s/%s", UNIT_DATA, series);
	count = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.' && is_graph(series, names[i]->d_name)) {
			fn(series, names[i]->d_name);
			found++;
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return found;
}

/* Every series of tests/data has graph captures, and all of them come out as the kernel's. */
static void test_graph_text_is_the_kernels(void)
{
	struct dirent **names;
	const int count = scandir(UNIT_DATA, &names, NULL, alphasort);
	int series = 0;

	for (int i = 0; i < count; i++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s", UNIT_DATA, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && exists(path, "tracing/events")) {
			const int found = each_capture(names[i]->d_name, compare_capture);

			printf("# %s: %d captures\n", names[i]->d_name, found);
			CU_ASSERT(found > 0);
			series++;
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	CU_ASSERT(series >= 4);
}

/* -- rows as data --------------------------------------------------------------------------- */

/* " 1) + 76.244 us   |    vfs_open();" */
static void check_row_against_line(struct capture *c, const struct ft_graph_row *row,
				   const char *line)
{
	const char *call = strchr(line, '|') + 3, *end = strchr(line, '\n');
	unsigned long long whole = 0, fraction = 0;
	char name[256], want[300], decimals[8] = "";
	unsigned long long ns;

	CU_ASSERT_EQUAL(line[1] - '0', row->cpu);
	CU_ASSERT_EQUAL(strspn(call, " "), (size_t)row->depth * 2);
	call += strspn(call, " ");
	ft_symbol_format(c->syms, row->func, false, name, sizeof(name));
	if (row->kind == FT_GRAPH_RETURN) {
		CU_ASSERT_EQUAL(*call, '}');
		snprintf(want, sizeof(want), "} /* %s */", name);
	} else {
		snprintf(want, sizeof(want), "%s%s", name,
			 row->kind == FT_GRAPH_LEAF ? "();" : "() {");
	}
	if (call[1] != '\n' && strlen(want) == (size_t)(end - call))
		CU_ASSERT_NSTRING_EQUAL(call, want, strlen(want));
	CU_ASSERT_EQUAL(row->has_duration, row->kind != FT_GRAPH_ENTRY);
	CU_ASSERT_FALSE(row->has_retval);
	if (!row->has_duration)
		return;
	CU_ASSERT_EQUAL(sscanf(line + 6, "%llu.%7[0-9]", &whole, decimals), 2);
	for (int i = 0; i < 3; i++)
		fraction = fraction * 10 + (decimals[i] ? decimals[i] - '0' : 0);
	ns = row->duration_ns;
	CU_ASSERT_EQUAL(ns / 1000, whole);
	CU_ASSERT(ns % 1000 >= fraction && ns % 1000 - fraction < 100);
}

static void check_series_rows(const char *series)
{
	struct capture c = { .check = check_row_against_line };

	open_capture(&c, series, "function_graph");
	render(&c);
	CU_ASSERT(c.rows > 50);
	close_capture(&c);
}

static void test_graph_rows_say_what_the_text_says(void)
{
	check_series_rows("el7");
	check_series_rows("5.10");
	check_series_rows("6.1");
	check_series_rows("6.12");
}

static void check_lost_row(struct capture *c, const struct ft_graph_row *row, const char *line)
{
	char name[256];

	CU_ASSERT(row->kind != FT_GRAPH_LEAF);
	if (row->kind != FT_GRAPH_RETURN)
		return;
	/* The duration is the return's own. */
	CU_ASSERT(row->has_duration);
	ft_symbol_format(c->syms, row->func, false, name, sizeof(name));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, " /* "));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, name));
}

static void test_graph_return_after_a_loss_pairs_with_no_entry(void)
{
	struct capture c = { .lose = true, .check = check_lost_row };

	open_capture(&c, "6.12", "function_graph");
	render(&c);
	CU_ASSERT(c.rows > 50);
	close_capture(&c);
}

/* -- records made by hand ------------------------------------------------------------------- */

#define COMMON                                                                                     \
	"format:\n"                                                                                \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"                     \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"                     \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"             \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define FUNC  "\tfield:unsigned long func;\toffset:8;\tsize:8;\tsigned:0;\n"
#define PRINT "\nprint fmt: \"%d\", REC->depth\n"

#define ENTRY_ID   11
#define EXIT_ID	   10
#define RETADDR_ID 17

static const char entry_3_10[] = "name: funcgraph_entry\nID: 11\n" COMMON FUNC
	"\tfield:int depth;\toffset:16;\tsize:4;\tsigned:1;\n" PRINT;
static const char exit_3_10[] = "name: funcgraph_exit\nID: 10\n" COMMON FUNC
	"\tfield:unsigned long long calltime;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned long long rettime;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned long overrun;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\tfield:int depth;\toffset:40;\tsize:4;\tsigned:1;\n" PRINT;
static const char exit_6_5[] = "name: funcgraph_exit\nID: 10\n" COMMON FUNC
	"\tfield:unsigned long retval;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:int depth;\toffset:24;\tsize:4;\tsigned:1;\n"
	"\tfield:unsigned int overrun;\toffset:28;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned long long calltime;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned long long rettime;\toffset:40;\tsize:8;\tsigned:0;\n" PRINT;
static const char retaddr_6_13[] = "name: fgraph_retaddr_entry\nID: 17\n" COMMON FUNC
	"\tfield:int depth;\toffset:16;\tsize:4;\tsigned:1;\n"
	"\tfield:unsigned long retaddr;\toffset:20;\tsize:8;\tsigned:0;\n" PRINT;
static const char entry_6_15[] = "name: funcgraph_entry\nID: 11\n" COMMON FUNC
	"\tfield:unsigned int depth;\toffset:16;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned long args[];\toffset:24;\tsize:0;\tsigned:0;\n" PRINT;
static const char entry_6_19[] = "name: funcgraph_entry\nID: 11\n" COMMON FUNC
	"\tfield:unsigned long depth;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned long args[];\toffset:24;\tsize:0;\tsigned:0;\n" PRINT;
static const char exit_no_times[] = "name: funcgraph_exit\nID: 10\n" COMMON FUNC
	"\tfield:unsigned int depth;\toffset:16;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned int overrun;\toffset:20;\tsize:4;\tsigned:0;\n" PRINT;

static const char kallsyms[] = "ffffffff81000000 T foo\n"
			       "ffffffff81000100 T bar\n"
			       "ffffffff81000200 T __irqentry_text_start\n"
			       "ffffffff81000220 T do_irq\n"
			       "ffffffff81000300 T __irqentry_text_end\n"
			       "ffffffff81000300 T last\n"
			       "ffffffff81000400 T _etext\n"
			       "ffffffffa0000000 t mod_init\t[mymod]\n"
			       "ffffffffa0000100 t mod_exit\t[mymod]\n";

enum { FOO = 0, BAR = 0x100, IRQ = 0x220 };	/* from the text's start on */
#define ADDR(a) (0xffffffff81000000ULL + (a))

/* A graph over formats of no capture. */
struct bench {
	char		       dir[64];
	struct ft_graph_config config;
	struct ft_events      *evs;
	struct ft_symbols     *syms;
	struct ft_comms	      *comms;
	struct ft_graph	      *graph;
};

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	for (char *slash = path + strlen(dir); (slash = strchr(slash + 1, '/'));) {
		*slash = 0;
		mkdir(path, 0700);
		*slash = '/';
	}
	f = fopen(path, "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT(fputs(text, f) >= 0);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

static void remove_dir(const char *dir)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	CU_ASSERT_EQUAL(system(command), 0);
}

/* retaddr may be NULL */
static void set_up(struct bench *b, const char *entry, const char *exit, const char *retaddr)
{
	static const char *const systems[] = { "ftrace", NULL };
	char *header = read_in(UNIT_DATA, "el7/tracing/events/header_page", NULL), path[128];

	memset(b, 0, sizeof(*b));
	strcpy(b->dir, "/tmp/unit-graph-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(b->dir));
	write_file(b->dir, "events/header_page", header);
	free(header);
	write_file(b->dir, "events/ftrace/funcgraph_entry/format", entry);
	write_file(b->dir, "events/ftrace/funcgraph_exit/format", exit);
	if (retaddr)
		write_file(b->dir, "events/ftrace/fgraph_retaddr_entry/format", retaddr);
	write_file(b->dir, "kallsyms", kallsyms);
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&b->evs, b->dir, systems), 0);
	snprintf(path, sizeof(path), "%s/kallsyms", b->dir);
	CU_ASSERT_EQUAL_FATAL(ft_symbols_open(&b->syms, path, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(ft_comms_open(&b->comms, NULL), 0);
	b->config = (struct ft_graph_config){
		.cpu = true, .duration = true, .overhead = true, .irqs = true, .ncpus = 1,
	};
}

static void start(struct bench *b)
{
	ft_graph_free(b->graph);
	b->graph = NULL;
	CU_ASSERT_EQUAL_FATAL(ft_graph_new(&b->graph, b->evs, b->syms, b->comms, &b->config), 0);
}

static void tear_down(struct bench *b)
{
	ft_graph_free(b->graph);
	ft_comms_close(b->comms);
	ft_symbols_close(b->syms);
	ft_events_close(b->evs);
	remove_dir(b->dir);
}

/* A record of CPU 0 and thread 7; its bytes are where the format says. */
struct record {
	unsigned char bytes[64];
	struct ft_event e;
};

static void set(const struct bench *b, struct record *r, const char *field, uint64_t value)
{
	const char *event = r->e.type == EXIT_ID ? "funcgraph_exit" :
			    r->e.type == ENTRY_ID ? "funcgraph_entry" : "fgraph_retaddr_entry";
	struct ft_field f;

	if (!ft_field_find(b->evs, "ftrace", event, field, &f) && f.offset + f.size <= 64)
		memcpy(r->bytes + f.offset, &value, f.size);
}

static void make(const struct bench *b, struct record *r, int id, uint64_t func, int depth,
		 uint64_t ts)
{
	memset(r, 0, sizeof(*r));
	r->e = (struct ft_event){
		.ts = ts, .data = r->bytes, .size = sizeof(r->bytes), .tid = 7,
		.type = (uint16_t)id,
	};
	set(b, r, "func", ADDR(func));
	set(b, r, "depth", (uint64_t)depth);
}

/* The return of a call that took ns. */
static void make_return(const struct bench *b, struct record *r, uint64_t func, int depth,
			uint64_t ts, uint64_t ns)
{
	make(b, r, EXIT_ID, func, depth, ts);
	set(b, r, "calltime", ts - ns);
	set(b, r, "rettime", ts);
}

static void feed(const struct bench *b, const struct record *r, const struct record *next,
		 const char *want)
{
	const int got = ft_graph_event(b->graph, &r->e, next ? &next->e : NULL);
	char have[8192];
	const char *text;
	size_t len;

	text = ft_graph_text(b->graph, &len);
	snprintf(have, sizeof(have), "%.*s", (int)len, text);
	CU_ASSERT_EQUAL(got, want ? 1 : 0);
	CU_ASSERT_STRING_EQUAL(have, want ? want : "");
	if (strcmp(have, want ? want : ""))
		printf("# have |%s|\n# want |%s|\n", have, want ? want : "");
}

/* A leaf that returns v, and a return of it without its entry. */
static void feed_retval(const struct bench *b, uint64_t v, const char *leaf, const char *back)
{
	struct record entry, ret;

	make(b, &entry, ENTRY_ID, FOO, 0, 1000);
	make_return(b, &ret, FOO, 0, 2000, 500);
	set(b, &ret, "retval", v);
	feed(b, &entry, &ret, leaf);
	CU_ASSERT(ft_graph_row(b->graph)->has_retval);
	CU_ASSERT_EQUAL(ft_graph_row(b->graph)->retval, (int64_t)v);
	feed(b, &ret, NULL, NULL);
	feed(b, &ret, NULL, back);
}

static void test_graph_return_value_is_shown_as_6_5_does(void)
{
	struct bench b;

	set_up(&b, entry_3_10, exit_6_5, NULL);
	b.config.retval = true;
	start(&b);
	feed_retval(&b, 0, " 0)   0.500 us    |  foo(); /* = 0x0 */\n",
		    " 0)   0.500 us    |  } /* foo = 0x0 */\n");
	feed_retval(&b, (uint64_t)-2, " 0)   0.500 us    |  foo(); /* = -2 */\n",
		    " 0)   0.500 us    |  } /* foo = -2 */\n");
	/* An int: its upper half was never set. */
	feed_retval(&b, 0xfffffffe, " 0)   0.500 us    |  foo(); /* = -2 */\n",
		    " 0)   0.500 us    |  } /* foo = -2 */\n");
	feed_retval(&b, (uint64_t)-4096, " 0)   0.500 us    |  foo(); /* = 0xfffffffffffff000 */\n",
		    " 0)   0.500 us    |  } /* foo = 0xfffffffffffff000 */\n");
	b.config.retval_hex = true;
	start(&b);
	feed_retval(&b, 0xfffffffe, " 0)   0.500 us    |  foo(); /* = 0xfffffffe */\n",
		    " 0)   0.500 us    |  } /* foo = 0xfffffffe */\n");
	b.config.retval = false;
	start(&b);
	feed_retval(&b, 1, " 0)   0.500 us    |  foo();\n", " 0)   0.500 us    |  } /* foo */\n");
	tear_down(&b);
}

static void test_graph_return_value_is_shown_as_6_13_does(void)
{
	struct bench b;

	set_up(&b, entry_3_10, exit_6_5, retaddr_6_13);
	b.config.retval = true;
	start(&b);
	feed_retval(&b, 0, " 0)   0.500 us    |  foo(); /* ret=0x0 */\n",
		    " 0)   0.500 us    |  } /* foo ret=0x0 */\n");
	tear_down(&b);
	set_up(&b, entry_6_15, exit_6_5, NULL);
	b.config.retval = true;
	start(&b);
	feed_retval(&b, (uint64_t)-22, " 0)   0.500 us    |  foo(); /* ret=-22 */\n",
		    " 0)   0.500 us    |  } /* foo ret=-22 */\n");
	tear_down(&b);
}

static void test_graph_return_address_is_shown_where_recorded(void)
{
	struct record entry, ret;
	struct bench b;

	set_up(&b, entry_3_10, exit_6_5, retaddr_6_13);
	start(&b);
	make(&b, &entry, RETADDR_ID, FOO, 1, 1000);
	set(&b, &entry, "retaddr", ADDR(BAR) + 0x10);
	make_return(&b, &ret, FOO, 1, 2000, 500);
	feed(&b, &entry, NULL, " 0)               |    foo() { /* <-bar+0x10/0x100 */\n");
	feed(&b, &ret, NULL, " 0)   0.500 us    |    }\n");
	feed(&b, &entry, &ret, " 0)   0.500 us    |    foo(); /* <-bar+0x10/0x100 */\n");
	b.config.retval = true;
	start(&b);
	feed(&b, &entry, &ret, " 0)   0.500 us    |    foo(); /* <-bar+0x10/0x100 ret=0x0 */\n");
	set(&b, &entry, "retaddr", 0);
	feed(&b, &entry, &ret, " 0)   0.500 us    |    foo(); /* <-0 ret=0x0 */\n");
	tear_down(&b);
}

static void test_graph_arguments_and_a_wide_depth_leave_the_text_alone(void)
{
	struct record entry, ret;
	struct bench b;

	set_up(&b, entry_6_19, exit_6_5, NULL);
	start(&b);
	make(&b, &entry, ENTRY_ID, BAR, 3, 1000);
	memset(entry.bytes + 24, 0x41, 40);
	make_return(&b, &ret, BAR, 3, 2000, 500);
	feed(&b, &entry, &ret, " 0)   0.500 us    |        bar();\n");
	tear_down(&b);
}

/* No kernel known leaves the times out; the entry's time stamp then has to do. */
static void test_graph_without_times_takes_those_of_the_records(void)
{
	struct record entry, ret;
	struct bench b;

	set_up(&b, entry_3_10, exit_no_times, NULL);
	start(&b);
	make(&b, &entry, ENTRY_ID, FOO, 0, 1000);
	make(&b, &ret, EXIT_ID, FOO, 0, 13500);
	feed(&b, &entry, &ret, " 0) + 12.500 us   |  foo();\n");
	feed(&b, &ret, NULL, NULL);
	feed(&b, &entry, NULL, " 0)               |  foo() {\n");
	feed(&b, &ret, NULL, " 0) + 12.500 us   |  }\n");
	CU_ASSERT_EQUAL(ft_graph_row(b.graph)->duration_ns, 12500);
	feed(&b, &ret, NULL, " 0)               |  } /* foo */\n");
	CU_ASSERT_FALSE(ft_graph_row(b.graph)->has_duration);
	/* another thread's entry, or one before a loss */
	feed(&b, &entry, NULL, " 0)               |  foo() {\n");
	ft_graph_lost(b.graph, 0);
	feed(&b, &ret, NULL, " 0)               |  } /* foo */\n");
	CU_ASSERT_FALSE(ft_graph_row(b.graph)->has_duration);
	tear_down(&b);
}

static void test_graph_clock_that_ran_backwards_gives_no_duration(void)
{
	struct record ret;
	struct bench b;

	set_up(&b, entry_3_10, exit_3_10, NULL);
	start(&b);
	make_return(&b, &ret, FOO, 0, 2000, (uint64_t)-500);
	feed(&b, &ret, NULL, " 0)               |  } /* foo */\n");
	CU_ASSERT_FALSE(ft_graph_row(b.graph)->has_duration);
	tear_down(&b);
}

static void feed_duration(const struct bench *b, uint64_t ns, const char *want)
{
	struct record entry, ret;

	make(b, &entry, ENTRY_ID, FOO, 0, 1000);
	make_return(b, &ret, FOO, 0, 1000000000000000, ns);
	feed(b, &entry, &ret, want);
}

static void test_graph_duration_keeps_its_column(void)
{
	struct bench b;

	set_up(&b, entry_3_10, exit_3_10, NULL);
	start(&b);
	feed_duration(&b, 0, " 0)   0.000 us    |  foo();\n");
	feed_duration(&b, 10000, " 0)   10.000 us   |  foo();\n");
	feed_duration(&b, 10001, " 0) + 10.001 us   |  foo();\n");
	feed_duration(&b, 100001, " 0) ! 100.001 us  |  foo();\n");
	feed_duration(&b, 1000001, " 0) # 1000.001 us |  foo();\n");
	feed_duration(&b, 12345678, " 0) * 12345.67 us |  foo();\n");
	feed_duration(&b, 123456789, " 0) @ 123456.7 us |  foo();\n");
	feed_duration(&b, 1234567890, " 0) $ 1234567 us  |  foo();\n");
	feed_duration(&b, 123456789012, " 0) $ 123456789 us |  foo();\n");
	b.config.old_marks = true;
	start(&b);
	feed_duration(&b, 10001, " 0) + 10.001 us   |  foo();\n");
	feed_duration(&b, 123456789, " 0) ! 123456.7 us |  foo();\n");
	feed_duration(&b, 1234567890, " 0) ! 1234567 us |  foo();\n");
	b.config.overhead = false;
	start(&b);
	feed_duration(&b, 123456789, " 0)   123456.7 us |  foo();\n");
	tear_down(&b);
}

static void test_graph_interrupts_are_marked(void)
{
	struct record entry, ret;
	struct bench b;

	set_up(&b, entry_3_10, exit_3_10, NULL);
	start(&b);
	make(&b, &entry, ENTRY_ID, IRQ, 1, 1000);
	make_return(&b, &ret, IRQ, 1, 2000, 500);
	feed(&b, &entry, NULL, " 0)   ==========> |\n 0)               |    do_irq() {\n");
	feed(&b, &ret, NULL, " 0)   0.500 us    |    }\n 0)   <========== |\n");
	feed(&b, &entry, &ret,
	     " 0)   ==========> |\n 0)   0.500 us    |    do_irq();\n 0)   <========== |\n");
	b.config.old_marks = true;
	start(&b);
	feed(&b, &entry, &ret, " 0)   ==========> |\n 0)   0.500 us    |    do_irq();\n");
	b.config.duration = false;
	start(&b);
	feed(&b, &entry, NULL, " 0) ==========>\n 0)   do_irq() {\n");
	tear_down(&b);
}

static void test_graph_interrupts_are_left_out_when_asked(void)
{
	struct record entry, inner, inner_ret, ret;
	struct bench b;

	set_up(&b, entry_3_10, exit_3_10, NULL);
	b.config.irqs = false;
	start(&b);
	make(&b, &entry, ENTRY_ID, IRQ, 1, 1000);
	make(&b, &inner, ENTRY_ID, FOO, 2, 1100);
	make_return(&b, &inner_ret, FOO, 2, 1200, 100);
	make_return(&b, &ret, IRQ, 1, 2000, 500);
	feed(&b, &entry, &inner, NULL);
	feed(&b, &inner, &inner_ret, NULL);
	feed(&b, &inner_ret, &ret, NULL);
	feed(&b, &ret, NULL, NULL);
	feed(&b, &inner, NULL, " 0)               |      foo() {\n");
	tear_down(&b);
}

static void test_graph_task_switch_is_marked_before_the_row(void)
{
	struct record a, z;
	struct bench b;

	set_up(&b, entry_3_10, exit_3_10, NULL);
	ft_comms_set(b.comms, 7, "sh");
	ft_comms_set(b.comms, 4194303, "migration/0");
	ft_comms_set(b.comms, 8, "\x1b[2J\\");
	b.config.proc = true;
	start(&b);
	make(&b, &a, ENTRY_ID, FOO, 0, 1000);
	z = a;
	z.e.tid = 4194303;
	feed(&b, &a, NULL, " 0)      sh-7      |               |  foo() {\n");
	feed(&b, &z, NULL,
	     " ------------------------------------------\n"
	     " 0)      sh-7      => migrati-4194303\n"
	     " ------------------------------------------\n\n"
	     " 0) migrati-4194303 |               |  foo() {\n");
	a.e.tid = 0;
	feed(&b, &a, NULL,
	     " ------------------------------------------\n"
	     " 0) migrati-4194303 =>    <idle>-0   \n"
	     " ------------------------------------------\n\n"
	     " 0)    <idle>-0    |               |  foo() {\n");
	/* A name is foreign: no byte of it may reach a terminal as it is. */
	a.e.tid = 8;
	start(&b);
	feed(&b, &a, NULL, " 0)  \\x1b[2J\\\\-8   |               |  foo() {\n");
	tear_down(&b);
}

static uint64_t to_wall(void *arg, uint64_t ts)
{
	return *(uint64_t *)arg + ts;
}

static void test_graph_wall_clock_is_iso_8601(void)
{
	uint64_t offset = 1767323045000000000;
	struct record entry;
	struct bench b;

	set_up(&b, entry_3_10, exit_3_10, NULL);
	b.config.abstime = true;
	b.config.wall = to_wall;
	b.config.wall_arg = &offset;
	start(&b);
	make(&b, &entry, ENTRY_ID, FOO, 0, 123456789);
	feed(&b, &entry, NULL,
	     "2026-01-02T03:04:05.123456Z |   0)               |  foo() {\n");
	b.config.wall = NULL;
	start(&b);
	feed(&b, &entry, NULL, "    0.123456 |   0)               |  foo() {\n");
	tear_down(&b);
}

static void test_graph_cpu_numbers_are_as_wide_as_the_highest(void)
{
	struct record entry;
	struct bench b;

	set_up(&b, entry_3_10, exit_3_10, NULL);
	b.config.ncpus = 100;
	start(&b);
	make(&b, &entry, ENTRY_ID, FOO, 0, 1000);
	feed(&b, &entry, NULL, "  0)               |  foo() {\n");
	b.config.ncpus = 101;
	start(&b);
	feed(&b, &entry, NULL, "   0)               |  foo() {\n");
	entry.e.cpu = 8191;
	feed(&b, &entry, NULL, " 8191)               |  foo() {\n");
	entry.e.cpu = 8192;
	CU_ASSERT_EQUAL(ft_graph_event(b.graph, &entry.e, NULL), -EINVAL);
	entry.e.cpu = -1;
	CU_ASSERT_EQUAL(ft_graph_event(b.graph, &entry.e, NULL), -EINVAL);
	ft_graph_lost(b.graph, -1);
	ft_graph_lost(b.graph, 8192);
	b.config.ncpus = 0;
	start(&b);
	entry.e.cpu = 0;
	CU_ASSERT_EQUAL(ft_graph_event(b.graph, &entry.e, NULL), 1);
	tear_down(&b);
}

static void test_graph_flags_of_latency_format_are_told(void)
{
	struct record entry;
	struct bench b;

	set_up(&b, entry_3_10, exit_3_10, NULL);
	b.config.latency = true;
	start(&b);
	make(&b, &entry, ENTRY_ID, FOO, 0, 1000);
	feed(&b, &entry, NULL, " 0)  .... |               |  foo() {\n");
	set(&b, &entry, "common_flags", 0x01 | 0x04 | 0x08 | 0x10);
	set(&b, &entry, "common_preempt_count", 0x1a);
	feed(&b, &entry, NULL, " 0)  dnH1a |               |  foo() {\n");
	set(&b, &entry, "common_flags", 0x80 | 0x20 | 0x40);
	feed(&b, &entry, NULL, " 0)  bpz1a |               |  foo() {\n");
	b.config.old_marks = true;
	start(&b);
	set(&b, &entry, "common_flags", 0x01 | 0x04 | 0x08);
	set(&b, &entry, "common_preempt_count", 0);
	feed(&b, &entry, NULL, " 0)  dNh.              |  foo() {\n");
	tear_down(&b);
	set_up(&b, entry_6_15, exit_6_5, NULL);
	b.config.latency = true;
	start(&b);
	make(&b, &entry, ENTRY_ID, FOO, 0, 1000);
	set(&b, &entry, "common_flags", 0x81 | 0x02 | 0x20 | 0x48);
	set(&b, &entry, "common_preempt_count", 0x20);
	feed(&b, &entry, NULL, " 0)  DLZ.2 |               |  foo() {\n");
	tear_down(&b);
}

/* Up to 4.4 the kernel itself does not keep max_graph_depth when there is a threshold. */
static void test_graph_threshold_keeps_the_depth(void)
{
	struct record ret;
	struct bench b;

	set_up(&b, entry_3_10, exit_3_10, NULL);
	b.config.thresh = true;
	b.config.max_depth = 2;
	start(&b);
	make_return(&b, &ret, FOO, 2, 2000, 500);
	feed(&b, &ret, NULL, NULL);
	make_return(&b, &ret, FOO, 1, 2000, 500);
	feed(&b, &ret, NULL, " 0)   0.500 us    |    } /* foo */\n");
	tear_down(&b);
}

/* A leaf closes with the very record that was looked at, by the same thread. */
static void test_graph_leaf_needs_the_same_thread_and_function(void)
{
	struct record entry, ret, other;
	struct bench b;

	set_up(&b, entry_3_10, exit_3_10, NULL);
	start(&b);
	make(&b, &entry, ENTRY_ID, FOO, 0, 1000);
	make_return(&b, &ret, FOO, 0, 2000, 500);
	other = ret;
	other.e.data = other.bytes;
	other.e.tid = 8;
	feed(&b, &entry, &other, " 0)               |  foo() {\n");
	set(&b, &other, "func", ADDR(BAR));
	other.e.tid = 7;
	feed(&b, &entry, &other, " 0)               |  foo() {\n");
	feed(&b, &entry, &entry, " 0)               |  foo() {\n");
	other = ret;
	other.e.data = other.bytes;
	other.e.size = 12;
	feed(&b, &entry, &other, " 0)               |  foo() {\n");
	feed(&b, &entry, &ret, " 0)   0.500 us    |  foo();\n");
	CU_ASSERT_EQUAL(ft_graph_row(b.graph)->kind, FT_GRAPH_LEAF);
	CU_ASSERT_EQUAL(ft_graph_row(b.graph)->ts, 1000);
	CU_ASSERT_EQUAL(ft_graph_row(b.graph)->duration_ns, 500);
	ret.e.ts = 3000;
	feed(&b, &ret, NULL, " 0)   0.500 us    |  } /* foo */\n");
	tear_down(&b);
}

static void test_graph_nonsense_is_bounded(void)
{
	static const int depths[] = { -1, -2147483647, 49, 50, 51, 200, 100000, 2147483647 };
	struct record r, ret;
	struct bench b;
	size_t len;

	set_up(&b, entry_3_10, exit_3_10, NULL);
	start(&b);
	for (size_t i = 0; i < LEN(depths); i++) {
		make(&b, &r, ENTRY_ID, FOO, depths[i], 1000);
		make_return(&b, &ret, FOO, depths[i], 2000, 500);
		CU_ASSERT_EQUAL(ft_graph_event(b.graph, &r.e, NULL), 1);
		ft_graph_text(b.graph, &len);
		CU_ASSERT(len < 500);
		CU_ASSERT_EQUAL(ft_graph_event(b.graph, &ret.e, NULL), 1);
		CU_ASSERT(ft_graph_row(b.graph)->depth >= 0);
		CU_ASSERT_STRING_EQUAL(strrchr(ft_graph_text(b.graph, &len), '\n') ? "" : "no", "");
	}
	/* shorter than the format says */
	make(&b, &r, ENTRY_ID, FOO, 0, 1000);
	make_return(&b, &ret, FOO, 0, 2000, 500);
	for (r.e.size = 0; r.e.size < 20; r.e.size++)
		CU_ASSERT_EQUAL(ft_graph_event(b.graph, &r.e, NULL), 0);
	for (ret.e.size = 0; ret.e.size < 44; ret.e.size++)
		CU_ASSERT_EQUAL(ft_graph_event(b.graph, &ret.e, NULL), 0);
	r.e.type = 12;
	r.e.size = 64;
	CU_ASSERT_EQUAL(ft_graph_event(b.graph, &r.e, NULL), 0);
	tear_down(&b);
}

static void test_graph_names_functions_of_modules_and_none(void)
{
	struct record r;
	struct bench b;

	set_up(&b, entry_3_10, exit_3_10, NULL);
	start(&b);
	make(&b, &r, ENTRY_ID, FOO, 0, 1000);
	set(&b, &r, "func", 0xffffffffa0000000ULL);
	feed(&b, &r, NULL, " 0)               |  mod_init [mymod]() {\n");
	set(&b, &r, "func", 0x1234);
	feed(&b, &r, NULL, " 0)               |  0x1234() {\n");
	ft_symbols_close(b.syms);
	b.syms = NULL;
	start(&b);
	set(&b, &r, "func", ADDR(FOO));
	feed(&b, &r, NULL, " 0)               |  0xffffffff81000000() {\n");
	tear_down(&b);
}

/* More functions than the cache has room for, twice. */
static void test_graph_cache_never_confuses_names(void)
{
	struct capture c = { .rows = 0 };
	struct record r;
	struct bench b;
	int wrong = 0;

	set_up(&b, entry_3_10, exit_3_10, NULL);
	open_capture(&c, "el7", "function_graph");
	ft_symbols_close(b.syms);
	b.syms = c.syms;
	start(&b);
	for (uint64_t i = 0; i < 40000; i++) {
		const uint64_t func = 0xffffffffb6600000ULL + (i % 20000) * 16;
		char name[256], want[300];
		size_t len;

		make(&b, &r, ENTRY_ID, FOO, 0, 1000);
		set(&b, &r, "func", func);
		ft_graph_event(b.graph, &r.e, NULL);
		ft_symbol_format(c.syms, func, false, name, sizeof(name));
		snprintf(want, sizeof(want), " 0)               |  %s() {\n", name);
		wrong += strncmp(ft_graph_text(b.graph, &len), want, strlen(want)) != 0 ||
			 len != strlen(want);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	b.syms = NULL;
	tear_down(&b);
	close_capture(&c);
}

static void test_graph_needs_its_formats(void)
{
	static const char *const systems[] = { "sched", NULL };
	struct ft_graph_config config = { .cpu = true };
	struct ft_graph *g = (void *)1;
	struct ft_events *evs;

	CU_ASSERT_EQUAL_FATAL(ft_events_open(&evs, UNIT_DATA "/el7/tracing", systems), 0);
	CU_ASSERT_EQUAL(ft_graph_new(&g, evs, NULL, NULL, &config), -ENOENT);
	CU_ASSERT_PTR_NULL(g);
	ft_events_close(evs);
	ft_graph_free(NULL);
}

UNIT_SUITE("graph",
	   UNIT_TEST(test_graph_text_is_the_kernels),
	   UNIT_TEST(test_graph_rows_say_what_the_text_says),
	   UNIT_TEST(test_graph_return_after_a_loss_pairs_with_no_entry),
	   UNIT_TEST(test_graph_return_value_is_shown_as_6_5_does),
	   UNIT_TEST(test_graph_return_value_is_shown_as_6_13_does),
	   UNIT_TEST(test_graph_return_address_is_shown_where_recorded),
	   UNIT_TEST(test_graph_arguments_and_a_wide_depth_leave_the_text_alone),
	   UNIT_TEST(test_graph_without_times_takes_those_of_the_records),
	   UNIT_TEST(test_graph_clock_that_ran_backwards_gives_no_duration),
	   UNIT_TEST(test_graph_duration_keeps_its_column),
	   UNIT_TEST(test_graph_interrupts_are_marked),
	   UNIT_TEST(test_graph_interrupts_are_left_out_when_asked),
	   UNIT_TEST(test_graph_task_switch_is_marked_before_the_row),
	   UNIT_TEST(test_graph_wall_clock_is_iso_8601),
	   UNIT_TEST(test_graph_cpu_numbers_are_as_wide_as_the_highest),
	   UNIT_TEST(test_graph_flags_of_latency_format_are_told),
	   UNIT_TEST(test_graph_threshold_keeps_the_depth),
	   UNIT_TEST(test_graph_leaf_needs_the_same_thread_and_function),
	   UNIT_TEST(test_graph_nonsense_is_bounded),
	   UNIT_TEST(test_graph_names_functions_of_modules_and_none),
	   UNIT_TEST(test_graph_cache_never_confuses_names),
	   UNIT_TEST(test_graph_needs_its_formats));
