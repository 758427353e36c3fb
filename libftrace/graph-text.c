/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "graph-text.h"
#include "internal.h"
#include "latency.h"

#define PUT(t, literal) put(t, literal, sizeof(literal) - 1)

static void put(struct fti_graph_text *t, const char *s, size_t len)
{
	if (len > sizeof(t->buf) - t->len)
		len = sizeof(t->buf) - t->len;
	memcpy(t->buf + t->len, s, len);
	t->len += len;
}

static void put_string(struct fti_graph_text *t, const char *s)
{
	put(t, s, strlen(s));
}

static void put_spaces(struct fti_graph_text *t, unsigned int n)
{
	static const char spaces[] = "                                ";

	for (; n >= sizeof(spaces) - 1; n -= sizeof(spaces) - 1)
		PUT(t, spaces);
	put(t, spaces, n);
}

/* At least width columns, filled up with fill. */
static void put_uint(struct fti_graph_text *t, uint64_t v, unsigned int width, char fill)
{
	char digits[FTI_PUT_MAX];
	unsigned int n = (unsigned int)(fti_put_uint(digits, v) - digits);

	for (; n < width; width--)
		put(t, &fill, 1);
	put(t, digits, n);
}

/* %ps, or %pS with offset. */
static void put_symbol(struct fti_graph_text *t, uint64_t addr, bool offset)
{
	size_t len;
	const char *name = fti_names_get(t->names, addr, offset, &len);

	put(t, name, len);
}

/* -- columns before the function -------------------------------------------------------------- */

static void put_abstime(struct fti_graph_text *t, uint64_t ts)
{
	if (t->config.wall) {
		char time[FTI_PUT_MAX];

		ts = t->config.wall(t->config.wall_arg, ts);
		put(t, time, (size_t)(fti_put_iso(time, &t->day, ts) - time));
	} else {
		put_uint(t, ts / 1000000000, 5, ' ');
		PUT(t, ".");
		put_uint(t, ts % 1000000000 / 1000, 6, '0');
	}
	PUT(t, " |  ");
}

static void put_cpu(struct fti_graph_text *t, int cpu)
{
	PUT(t, " ");
	put_uint(t, (uint64_t)cpu, t->cpu_width, ' ');
	PUT(t, ") ");
}

/* comm-pid in the middle of 14 columns; the kernel takes 7 bytes of the comm. */
static void put_proc(struct fti_graph_text *t, int tid)
{
	enum { WIDTH = 14, COMM = 7 };
	const char *comm = t->comms ? ft_comms_get(t->comms, tid) : "<...>";
	char text[4 * COMM + 1 + FTI_PUT_MAX], *p = text;
	unsigned int len, spaces;
	size_t taken;

	p += fti_escape(text, 4 * COMM, comm, strnlen(comm, COMM), FTI_ESCAPE_TEXT, &taken);
	*p++ = '-';
	len = (unsigned int)(fti_put_int(p, tid) - text);
	spaces = len < WIDTH ? WIDTH - len : 0;
	put_spaces(t, spaces / 2);
	put(t, text, len);
	put_spaces(t, spaces - spaces / 2);
}

/* Preemption's depth and, from 5.15, of migrate_disable() in the upper half. */
static void put_counts(struct fti_graph_text *t, unsigned int v)
{
	static const char digits[] = "0123456789abcdef";
	const char low = digits[v & 15], high = digits[v >> 4 & 15];

	if (t->migrate_column) {
		put(t, v & 15 ? &low : ".", 1);
		put(t, v >> 4 ? &high : ".", 1);
		return;
	}
	if (v > 15)
		put(t, &high, 1);
	put(t, v ? &low : ".", 1);
}

/* trace_print_lat_fmt() */
static void put_latency(struct fti_graph_text *t, const struct ft_event *e)
{
	const unsigned int flags = (unsigned int)ft_field_u64(&t->flags, e);
	const bool old = t->config.old_marks;
	const char text[4] = { ' ', fti_latency_irqs(flags), fti_latency_resched(flags, old),
			       fti_latency_context(flags) };

	put(t, text, sizeof(text));
	put_counts(t, (unsigned int)ft_field_u64(&t->preempt_count, e) & 0xff);
	if (!old)
		PUT(t, " | ");
}

static void put_prologue(struct fti_graph_text *t, const struct ft_event *e, bool latency)
{
	if (t->config.abstime)
		put_abstime(t, e->ts);
	if (t->config.cpu)
		put_cpu(t, e->cpu);
	if (t->config.proc) {
		put_proc(t, e->tid);
		PUT(t, " | ");
	}
	if (latency)
		put_latency(t, e);
}

static void put_mark(struct fti_graph_text *t, uint64_t ns)
{
	static const char marks[] = " +!#*@$";
	const unsigned int last = t->config.old_marks ? 2 : sizeof(marks) - 2;
	unsigned int i = 0;

	if (t->config.overhead)
		for (uint64_t limit = 10000; i < last && ns > limit; limit *= 10)
			i++;
	put(t, &marks[i], 1);
	PUT(t, " ");
}

/* Microseconds in at most 7 digits, as many of them decimals as have room. */
static void put_duration(struct fti_graph_text *t, const struct ft_graph_row *row)
{
	const uint64_t ns = row->duration_ns;
	unsigned int len, width;
	char us[FTI_PUT_MAX];

	if (!t->config.duration)
		return;
	if (!row->has_duration) {
		PUT(t, "              |  ");
		return;
	}
	put_mark(t, ns);
	len = (unsigned int)(fti_put_uint(us, ns / 1000) - us);
	put(t, us, len);
	/* 3.10 forgets the point's column where there is none. */
	width = t->config.old_marks && len == 7 ? 7 : 8;
	if (len < 7) {
		const unsigned int decimals = 7 - len < 3 ? 7 - len : 3;
		char fraction[FTI_PUT_MAX];

		fti_put_uint(fraction, 1000 + ns % 1000);
		PUT(t, ".");
		put(t, fraction + 1, decimals);
		len += 1 + decimals;
	}
	PUT(t, " us ");
	put_spaces(t, len < width ? width - len : 0);
	PUT(t, "|  ");
}

/* -- lines ------------------------------------------------------------------------------------ */

static void put_task_switch(struct fti_graph_text *t, const struct fti_graph_line *l)
{
	if (l->last_tid == l->e->tid || l->last_tid == -1)
		return;
	PUT(t, " ------------------------------------------\n");
	put_cpu(t, l->e->cpu);
	put_proc(t, l->last_tid);
	PUT(t, " => ");
	put_proc(t, l->e->tid);
	PUT(t, "\n ------------------------------------------\n\n");
}

static void put_irq(struct fti_graph_text *t, const struct ft_event *e, uint64_t func, bool entry)
{
	if (!fti_graph_is_irq(t, func))
		return;
	put_prologue(t, e, t->config.latency && !t->config.old_marks);
	if (t->config.duration)
		PUT(t, "  ");
	put_string(t, entry ? "==========>" : "<==========");
	if (t->config.duration)
		PUT(t, " |");
	PUT(t, "\n");
}

/* In decimal only what looks like an error number. */
static void put_retval(struct fti_graph_text *t, uint64_t v)
{
	/* A negative int in an unsigned long. */
	const int64_t code = v >> 31 == 1 ? (int32_t)v : (int64_t)v;
	char text[FTI_PUT_MAX], *end;

	put_string(t, t->retval_word ? " ret=" : " = ");
	end = t->config.retval_hex || code >= 0 || code < -4095 ? fti_put_hex(text, v) :
								  fti_put_int(text, code);
	put(t, text, (size_t)(end - text));
}

static void put_retaddr(struct fti_graph_text *t, uint64_t addr)
{
	PUT(t, " <-");
	if (addr)
		put_symbol(t, addr, true);
	else
		PUT(t, "0");
}

/* What follows the braces in a comment. */
static void put_tail(struct fti_graph_text *t, const struct ft_graph_row *row,
		     const struct fti_graph_line *l)
{
	const bool retval = t->config.retval && row->has_retval;
	const bool name = row->kind == FT_GRAPH_RETURN && (retval || l->named || t->config.tail);

	if (!name && !retval && !l->has_retaddr)
		return;
	PUT(t, " /*");
	if (name) {
		PUT(t, " ");
		put_symbol(t, row->func, false);
	}
	if (l->has_retaddr)
		put_retaddr(t, l->retaddr);
	if (retval)
		put_retval(t, (uint64_t)row->retval);
	PUT(t, " */");
}

void fti_graph_text_row(struct fti_graph_text *t, const struct ft_graph_row *row,
			const struct fti_graph_line *l)
{
	const bool returns = row->kind == FT_GRAPH_RETURN;

	t->len = 0;
	put_task_switch(t, l);
	if (!returns)
		put_irq(t, l->e, row->func, true);
	put_prologue(t, l->e, t->config.latency);
	put_duration(t, row);
	put_spaces(t, 2 * (unsigned int)row->depth);
	if (!returns)
		put_symbol(t, row->func, false);
	put_string(t, returns ? "}" : row->kind == FT_GRAPH_LEAF ? "();" : "() {");
	put_tail(t, row, l);
	PUT(t, "\n");
	/* 3.10 marks the end of an interrupt only after a closing brace. */
	if (returns || (row->kind == FT_GRAPH_LEAF && !t->config.old_marks))
		put_irq(t, l->e, row->func, false);
}

/* -- headings --------------------------------------------------------------------------------- */

static void put_latency_heading(struct fti_graph_text *t)
{
	static const char *const lines[] = {
		"  _-----=> irqs-off        \n",
		" / _----=> need-resched    \n",
		"| / _---=> hardirq/softirq \n",
		"|| / _--=> preempt-depth   \n",
		"||| /                      \n",
	};
	const unsigned int width = (t->config.abstime ? 16 : 0) + (t->config.cpu ? 4 : 0) +
				   (t->config.proc ? 17 : 0);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		PUT(t, "#");
		put_spaces(t, width);
		put_string(t, lines[i]);
	}
}

void fti_graph_text_header(struct fti_graph_text *t)
{
	static const struct {
		const char *abstime, *cpu, *proc, *duration, *calls;
	} rows[] = {
		{ "     TIME       ", " CPU", "  TASK/PID       ", "  DURATION   ",
		  "               FUNCTION CALLS\n" },
		{ "      |         ", " |  ", "   |    |        ", "   |   |      ",
		  "               |   |   |   |\n" },
	};

	t->len = 0;
	PUT(t, "# tracer: function_graph\n#\n");
	if (t->config.latency)
		put_latency_heading(t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PUT(t, "#");
		if (t->config.abstime)
			put_string(t, rows[i].abstime);
		if (t->config.cpu)
			put_string(t, rows[i].cpu);
		if (t->config.proc)
			put_string(t, rows[i].proc);
		if (t->config.latency)
			put_string(t, t->config.old_marks ? "||||" : "||||   ");
		if (t->config.duration)
			put_string(t, rows[i].duration);
		put_string(t, rows[i].calls);
	}
}

/* -- init and free ---------------------------------------------------------------------------- */

/* nr_cpu_ids: one more than the last number of a list like "0-3,8-11". */
static uint64_t host_cpus(void)
{
	char *text, *last;
	uint64_t n;

	if (fti_file_read(AT_FDCWD, "/sys/devices/system/cpu/possible", &text, NULL))
		return 1;
	fti_trim(text);
	last = text + strlen(text);
	while (last > text && last[-1] >= '0' && last[-1] <= '9')
		last--;
	n = strtoul(last, NULL, 10) + 1;
	free(text);
	return n;
}

int fti_graph_text_init(struct fti_graph_text *t)
{
	const uint64_t cpus = t->config.ncpus > 0 ? (uint64_t)t->config.ncpus : host_cpus();
	char digits[FTI_PUT_MAX];

	t->cpu_width = (unsigned int)(fti_put_uint(digits, cpus - 1) - digits);
	if (t->syms) {
		t->irq_start = ft_symbol_addr(t->syms, "__irqentry_text_start", NULL);
		t->irq_end = ft_symbol_addr(t->syms, "__irqentry_text_end", NULL);
	}
	return fti_names_new(&t->names, t->syms);
}

void fti_graph_text_free(struct fti_graph_text *t)
{
	fti_names_free(t->names);
}
