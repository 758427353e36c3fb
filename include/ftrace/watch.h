/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * watch: what tools do that show events by name: lines in the kernel's layout, JSON with every
 * field, stacks, counts by field, histograms, triggers.
 *
 * The one rule: a tool has FT_WATCH_OPTIONS in its table and fills FT_WATCH_COLUMNS columns through
 * ft_watch_check(); what its events are, it tells with ft_watch_add() before ft_watch_plan().  The
 * calls that take a run alone are callbacks for its descriptor.
 */
#ifndef FTRACE_WATCH_H
#define FTRACE_WATCH_H

#include "ftrace/follow.h"
#include "ftrace/opt.h"
#include "ftrace/show.h"
#include "ftrace/tool.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_watch;

struct ft_watch_opt {
	bool header, stack, folded;
	struct ft_follow_opt tasks;
	uint64_t interval_ns, top;
	const char *filter, *count, *hist, *stats, *trigger;
	/* Set by the tool: */
	bool probes;		/* events are its own probes, named without their group */
	bool of_programs;	/* events are of programs: their addresses, and the stacks */
	bool snapshots;		/* the trigger "snapshot" is known: the event added first has it */
};

/* Their rows in a tool's table; opt_ is a struct ft_watch_opt.  They take bits 0 to 3 of
 * `excludes`. */
#define FT_WATCH_OPTIONS(opt_)									\
	FT_FLAG('H', "header", &(opt_).header, "show column headings"),				\
	FT_ARG('f', "filter", FT_OPT_STRING, &(opt_).filter, "FILTER",				\
	       "only events for which this holds",),						\
	FT_FOLLOW_OPTIONS((opt_).tasks),							\
	{ .letter = 's', .name = "stack", .type = FT_OPT_FLAG, .value = &(opt_).stack,		\
	  .help = "show the stack of each event", .excludes = 4 },			\
	{ .name = "folded", .type = FT_OPT_FLAG, .value = &(opt_).folded,			\
	  .help = "count stacks, and print them at the end for flame graphs", .excludes = 2 },	\
	FT_ARG(0, "count", FT_OPT_STRING, &(opt_).count, "FIELD[,FIELD]",			\
	       "count events by their fields", .excludes = 14),					\
	FT_ARG(0, "hist", FT_OPT_STRING, &(opt_).hist, "FIELD",					\
	       "show how a field is distributed, in powers of two", .excludes = 14),		\
	FT_ARG(0, "stats", FT_OPT_STRING, &(opt_).stats, "FIELD",				\
	       "show a field's mean, deviation and percentiles", .excludes = 14),		\
	FT_ARG('i', "interval", FT_OPT_SECONDS, &(opt_).interval_ns, "TIME",			\
	       "with the three above: a summary each time that passes",),			\
	FT_ARG(0, "top", FT_OPT_UINT, &(opt_).top, "N", "with --count: only the N most frequent", \
	       .min = 1),									\
	FT_ARG(0, "trigger", FT_OPT_STRING, &(opt_).trigger, "TRIGGER",				\
	       "what the kernel does when an event comes: traceoff, stacktrace, ...",	\
	       .excludes = 8)

enum {
	FT_WATCH_TIME, FT_WATCH_COMM, FT_WATCH_TID, FT_WATCH_CPU, FT_WATCH_FLAGS, FT_WATCH_EVENT,
	FT_WATCH_FIELDS, FT_WATCH_STACK, FT_WATCH_KEY, FT_WATCH_KEY2, FT_WATCH_LOW, FT_WATCH_HIGH,
	FT_WATCH_COUNT, FT_WATCH_MIN, FT_WATCH_MEAN, FT_WATCH_MAX, FT_WATCH_STDDEV, FT_WATCH_P50,
	FT_WATCH_P90, FT_WATCH_P99, FT_WATCH_P999, FT_WATCH_COLUMNS
};

/*
 * Do the options go together?  Exits as ft_opt_error() when not.  columns[FT_WATCH_COLUMNS + 1] are
 * filled with what these options show; the tool may change them, or have more behind.
 */
void ft_watch_check(const struct ft_run *r, struct ft_watch_opt *opt, struct ft_column *columns);

/* Makes r->watch; opt must outlive it.  r->snapshot tells that the trigger is one. */
int ft_watch_new(struct ft_run *r, const struct ft_watch_opt *opt);
void ft_watch_free(struct ft_run *r);

/* An event of the kernel.  named: it was asked for by its name, and must have the fields that the
 * options use; else it is left out when it has not. */
int ft_watch_add(struct ft_watch *w, const char *system, const char *event, bool named);

/* The tracepoints that "system:event" or a pattern means; -EINVAL with the sentence: none. */
int ft_watch_add_tracepoints(struct ft_run *r, const char *text);

/* One that neither filter nor trigger applies to, for hooks.event: no row of its own, no sum. */
int ft_watch_add_unfiltered(struct ft_watch *w, const char *system, const char *event);

/* What a tool does beside; each may be NULL. */
struct ft_watch_hooks {
	/* An event of a task that belongs: 0 it is done, negative an error; NULL: it becomes a
	 * row. */
	int (*event)(void *arg, const struct ft_event *e);
	/* Its row as data is about to end: columns of the tool's own may be set. */
	void (*row)(void *arg, const struct ft_event *e);
	/* Instead of ft_show_text(), in lines and CSV. */
	const char *(*text)(void *arg, const struct ft_event *e, size_t *len);
	void *arg;
};

void ft_watch_hook(struct ft_watch *w, const struct ft_watch_hooks *hooks);	/* copied */

/*
 * All were added, and are there: check filter and fields against their formats and choose the way.
 * From the tool's plan(), or if it makes its events first, from setup().  Nothing is changed yet.
 */
int ft_watch_plan(struct ft_run *r);

/* Set filters and tasks, then enable. */
int ft_watch_setup(struct ft_run *r);
int ft_watch_ready(struct ft_run *r);

int ft_watch_event(struct ft_run *r, const struct ft_event *e);
int ft_watch_loss(struct ft_run *r, int cpu);
int ft_watch_interval(struct ft_run *r);
int ft_watch_finish(struct ft_run *r);

/* For a tool with rows of its own: a line with the time of day, above a sum of an interval; at the
 * end, if no row was shown, the note why; the parts of a line and of a row that all have. */
int ft_watch_clock(struct ft_run *r);
void ft_watch_nothing(const struct ft_run *r);
char *ft_watch_put_line(struct ft_watch *w, const struct ft_event *e, char *p);	/* FT_LINE_MAX */
struct ft_show *ft_watch_show(struct ft_watch *w);

/*
 * Instead of tracing: the tracepoints that the operands mean (none: all), one a row, with their
 * fields if asked for; returns ft_status.  search: operands are parts of names, or patterns; else
 * they are whole names or patterns of those, and with `fields` the text is the kernel's format files.
 */
int ft_watch_list(struct ft_run *r, bool search, bool fields);

#ifdef __cplusplus
}
#endif
#endif
