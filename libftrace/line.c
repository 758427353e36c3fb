/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/kernel.h"
#include "ftrace/line.h"
#include "internal.h"
#include "latency.h"
#include "task-internal.h"
#include "text.h"

#define S_US	      1000000ULL
#define HEADINGS_MAX  4096
#define COMM_WIDTH    16
#define PID_WIDTH_MAX 16
#define FRONTS	      256

/* "            comm-tid    [000] d.h1.", which a task repeats again and again. */
struct front {
	uint64_t key;		/* all it is made of but the name */
	uint32_t changes;	/* fti_comms_changes() then */
	uint8_t	 len;		/* 0: free */
	char	 text[115];
};

struct ft_line {
	struct ft_line_config config;
	struct ft_comms	     *comms;
	char		     *headings;
	struct ft_field	      flags, preempt_count;
	size_t		      pid_width, flags_len;
	bool		      wide_depth;	/* a depth above 15 takes a second digit */
	/* Bytes of the flags column, by common_flags and by common_preempt_count: both make it. */
	uint64_t	      by_flags[256], by_count[256];
	const uint32_t	     *changes;
	struct front	      fronts[FRONTS];
	uint64_t	      second_us;	/* begin of the one in second_text, " 12345." */
	size_t		      second_len;
	char		      second_text[FTI_PUT_MAX];
	struct fti_day	      day;
};

/* Linux 6.1's. */
static const char default_headings[] =
	"#                                _-----=> irqs-off/BH-disabled\n"
	"#                               / _----=> need-resched\n"
	"#                              | / _---=> hardirq/softirq\n"
	"#                              || / _--=> preempt-depth\n"
	"#                              ||| / _-=> migrate-disable\n"
	"#                              |||| /     delay\n"
	"#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
	"#              | |         |   |||||     |         |\n";

/* -- the layout, from the headings ------------------------------------------------------------- */

/* One column of the flags, named by the kernel: all its values into the tables. */
static void add_column(struct ft_line *l, const char *name)
{
	const unsigned int shift = 8 * (unsigned int)l->flags_len++;
	const bool irqs = !strncmp(name, "irqs-off", 8);
	const bool resched = !strncmp(name, "need-resched\n", 13);
	const bool context = !strncmp(name, "hardirq/softirq", 15);
	const bool depth = !strncmp(name, "preempt-depth", 13);
	const bool migrate = !strncmp(name, "migrate-disable", 15);

	for (unsigned int i = 0; i < 256; i++) {
		/* Real-time kernels before 5.15 have columns that nothing is known about. */
		char c = '?';

		if (irqs || context)
			c = irqs ? fti_latency_irqs(i) : fti_latency_context(i);
		else if (resched)
			c = fti_latency_resched(i, l->config.old_resched);
		else if (depth || migrate)
			c = fti_latency_count(migrate ? i >> 4 : i);
		*(depth || migrate ? &l->by_count[i] : &l->by_flags[i]) |=
			(uint64_t)(unsigned char)c << shift;
	}
	l->wide_depth = depth;
}

/* Before migrate-disable came (5.15) the depth is the last column, a number of all eight bits. */
static void widen_depth(struct ft_line *l)
{
	const unsigned int shift = 8 * (unsigned int)(l->flags_len - 1);

	for (unsigned int i = 16; l->wide_depth && i < 256; i++) {
		const uint64_t text = (unsigned char)fti_latency_count(i >> 4) |
				      (uint64_t)(unsigned char)"0123456789abcdef"[i & 15] << 8;

		l->by_count[i] = (l->by_count[i] & ~(0xffULL << shift)) | text << shift;
	}
}

/* "  TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION": the kernel prints comm-tid so that the tid has
 * a number of columns up to the CPU, 5 before 5.10 and 7 since. */
static bool take_columns(struct ft_line *l, const char *line, const char *end)
{
	const char *task = memmem(line, end - line, "TASK-PID", 8);
	const char *cpu = memmem(line, end - line, "CPU#", 4);
	const char *time = memmem(line, end - line, "TIMESTAMP", 9);
	size_t bars = 0;

	if (!task || !cpu || !time || cpu < task + 8 || time < cpu ||
	    cpu > task + 6 + PID_WIDTH_MAX || memmem(line, end - line, "TGID", 4))
		return false;
	for (const char *p = cpu; p < time; p++)
		bars += *p == '|';
	l->pid_width = (size_t)(cpu - task) - 6;
	return bars == l->flags_len;
}

static int take_headings(struct ft_line *l, const char *text)
{
	const char *at = text, *end;
	bool found = false;

	memset(l->by_flags, 0, sizeof(l->by_flags));
	memset(l->by_count, 0, sizeof(l->by_count));
	l->flags_len = 0;
	for (; *at == '#' && (end = strchr(at, '\n')); at = end + 1) {
		const char *name = memmem(at, end - at, "=> ", 3);

		if (name && !found && l->flags_len < FT_LINE_FLAGS_MAX - 1)
			add_column(l, name + 3);
		else if (take_columns(l, at, end))
			found = true;
	}
	if (!found || !l->flags_len)
		return -EBADMSG;
	widen_depth(l);
	l->headings = strndup(text, (size_t)(at - text));
	return l->headings ? 0 : -ENOMEM;
}

static int take_layout(struct ft_line *l)
{
	int err = l->config.headings ? take_headings(l, l->config.headings) : -EBADMSG;

	return err == -EBADMSG ? take_headings(l, default_headings) : err;
}

/* -- making ------------------------------------------------------------------------------------ */

/* Every event has the common fields; the function tracer's is always there. */
static int find_fields(struct ft_line *l, const struct ft_events *evs)
{
	int err = ft_field_find(evs, "ftrace", "function", "common_flags", &l->flags);

	if (!err)
		err = ft_field_find(evs, "ftrace", "function", "common_preempt_count",
				    &l->preempt_count);
	return err || l->flags.size != 1 || l->preempt_count.size != 1 ? -EBADMSG : 0;
}

int ft_line_new(struct ft_line **out, const struct ft_events *evs, struct ft_comms *comms,
		const struct ft_line_config *config)
{
	struct ft_line *l = calloc(1, sizeof(*l));
	int err;

	*out = NULL;
	if (!l)
		return -ENOMEM;
	l->config = *config;
	l->comms = comms;
	l->changes = fti_comms_changes(comms);
	l->second_us = UINT64_MAX / 2;	/* beyond every time in microseconds */
	err = find_fields(l, evs);
	if (!err)
		err = take_layout(l);
	if (err) {
		ft_line_free(l);
		return err;
	}
	*out = l;
	return 0;
}

void ft_line_free(struct ft_line *l)
{
	if (!l)
		return;
	free(l->headings);
	free(l);
}

/* The begin of the trace file; more of it than the headings there is only at top level. */
static void read_headings(const struct ft_session *s, char text[HEADINGS_MAX])
{
	int fd = openat(fti_session_dirfd(s), "trace", O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n = 1;

	while (fd >= 0 && n > 0 && used < HEADINGS_MAX - 1) {
		n = read(fd, text + used, HEADINGS_MAX - 1 - used);
		if (n > 0)
			used += (size_t)n;
	}
	text[used] = 0;
	if (fd >= 0)
		close(fd);
}

static bool clock_counts(const struct ft_session *s)
{
	char *clock = ft_session_read(s, "trace_clock");
	bool counts = clock && (strstr(clock, "[counter]") || strstr(clock, "[uptime]") ||
				strstr(clock, "[x86-tsc]"));

	free(clock);
	return counts;
}

int ft_line_open(struct ft_line **out, const struct ft_session *s, const struct ft_events *evs,
		 struct ft_comms *comms, const struct ft_line_config *config)
{
	struct ft_line_config found = *config;
	char headings[HEADINGS_MAX];

	read_headings(s, headings);
	found.headings = headings;
	found.counts = clock_counts(s);
	/* Event triggers came with 3.14, and their paragraph. */
	found.old_resched = !ft_kernel_readme_has(ft_session_tracefs(s),
						  "a command to perform when event is hit");
	return ft_line_new(out, evs, comms, &found);
}

const char *ft_line_headings(const struct ft_line *l, size_t *len)
{
	*len = strlen(l->headings);
	return l->headings;
}

/* -- a line ------------------------------------------------------------------------------------ */

/* Fields of one byte, as find_fields() has checked. */
static inline unsigned int load_flags(const struct ft_line *l, const struct ft_event *e)
{
	return l->flags.offset < e->size ? e->data[l->flags.offset] : 0;
}

static inline unsigned int load_count(const struct ft_line *l, const struct ft_event *e)
{
	return l->preempt_count.offset < e->size ? e->data[l->preempt_count.offset] : 0;
}

static char *put_flags(const struct ft_line *l, unsigned int flags, unsigned int count, char *p)
{
	const uint64_t text = htole64(l->by_flags[flags] | l->by_count[count]);

	memcpy(p, &text, sizeof(text));
	return p + l->flags_len + (l->wide_depth && count > 15);
}

size_t ft_line_flags(const struct ft_line *l, const struct ft_event *e,
		     char flags[FT_LINE_FLAGS_MAX])
{
	return (size_t)(put_flags(l, load_flags(l, e), load_count(l, e), flags) - flags);
}

static char *put_padded(char *p, uint64_t v, size_t width, char fill)
{
	char digits[FTI_PUT_MAX];
	size_t n = (size_t)(fti_put_uint(digits, v) - digits);

	for (; width > n; width--)
		*p++ = fill;
	return mempcpy(p, digits, n);
}

static char *put_task(const struct ft_line *l, int tid, const char *comm, char *p)
{
	char name[4 * FT_COMM_SIZE];
	size_t len, taken;
	char *pid;

	len = fti_escape(name, sizeof(name), comm, strnlen(comm, FT_COMM_SIZE - 1),
			 FTI_ESCAPE_TEXT, &taken);
	for (size_t i = len; i < COMM_WIDTH; i++)
		*p++ = ' ';
	p = mempcpy(p, name, len);
	*p++ = '-';
	pid = p;
	for (p = fti_put_int(p, tid); p < pid + l->pid_width;)
		*p++ = ' ';
	return p;
}

/* A name that is not known is asked for again and again: it may be by then.  Not inlined, as the
 * other rare ways: they would make ft_line_put() keep more registers. */
static __attribute__((noinline)) void fill_front(struct ft_line *l, struct front *f,
						 const struct ft_event *e)
{
	const char *comm = ft_comms_get(l->comms, e->tid);
	char *p = put_task(l, e->tid, comm, f->text);

	f->changes = strcmp(comm, "<...>") ? *l->changes : *l->changes - 1;
	*p++ = ' ';
	*p++ = '[';
	p = put_padded(p, (unsigned int)e->cpu, 3, '0');
	*p++ = ']';
	*p++ = ' ';
	p = put_flags(l, load_flags(l, e), load_count(l, e), p);
	f->len = (uint8_t)(p - f->text);
}

/* Copies of a length the compiler knows, more than is needed, are cheaper than calls. */
static inline char *put_front(struct ft_line *l, const struct ft_event *e, char *p)
{
	enum { USUAL = 48 };
	const uint64_t key = (uint64_t)(uint32_t)e->tid << 32 | (uint64_t)(e->cpu & 0xffff) << 16 |
			     load_flags(l, e) << 8 | load_count(l, e);
	struct front *f = &l->fronts[key * 0x9e3779b97f4a7c15ULL >> 56];

	if (f->key != key || f->changes != *l->changes || !f->len) {
		f->key = key;
		fill_front(l, f, e);
	}
	memcpy(p, f->text, USUAL);
	if (__builtin_expect(f->len > USUAL, 0))
		memcpy(p + USUAL, f->text + USUAL, sizeof(f->text) - USUAL);
	return p + f->len;
}

static inline char *put_pair(char *p, uint32_t v)
{
	static const char pairs[] =
		"00010203040506070809101112131415161718192021222324252627282930313233343536373839"
		"40414243444546474849505152535455565758596061626364656667686970717273747576777879"
		"8081828384858687888990919293949596979899";

	memcpy(p, pairs + 2 * v, 2);
	return p + 2;
}

static __attribute__((noinline)) void begin_second(struct ft_line *l, uint64_t us)
{
	char *p = l->second_text;

	*p++ = ' ';
	p = put_padded(p, us / S_US, 5, ' ');
	*p++ = '.';
	l->second_us = us - us % S_US;
	l->second_len = (size_t)(p - l->second_text);
}

/* Microseconds, rounded as the kernel does; the text of the second is made once a second. */
static inline char *put_seconds(struct ft_line *l, uint64_t ts, char *p)
{
	const uint64_t us = (ts + 500) / 1000;
	uint32_t part;

	if (us - l->second_us >= S_US)
		begin_second(l, us);
	part = (uint32_t)(us - l->second_us);
	memcpy(p, l->second_text, sizeof(l->second_text));
	p = put_pair(p + l->second_len, part / 10000);
	p = put_pair(p, part / 100 % 100);
	return put_pair(p, part % 100);
}

static __attribute__((noinline)) char *put_other_time(struct ft_line *l, uint64_t ts, char *p)
{
	const uint64_t wall = l->config.wall ? l->config.wall(l->config.wall_arg, ts) : 0;

	if (!wall && !l->config.counts)
		return put_seconds(l, ts, p);
	*p++ = ' ';
	return wall ? fti_put_iso(p, &l->day, wall) : put_padded(p, ts, 12, ' ');
}

char *ft_line_put(struct ft_line *l, const struct ft_event *e, char *p)
{
	p = put_front(l, e, p);
	if (l->config.wall || l->config.counts)
		p = put_other_time(l, e->ts, p);
	else
		p = put_seconds(l, e->ts, p);
	memcpy(p, ": ", 2);
	return p + 2;
}
