/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * graph: function_graph records to the kernel's own text.
 *
 * The one rule: fed with every record of every CPU in stream order, it gives, line for line, what
 * the kernel's trace file shows for them (kernel/trace/trace_functions_graph.c).  What moved
 * between kernels (marks, tails, columns) is told by struct ft_graph_config and the format files.
 */
#ifndef FTRACE_GRAPH_H
#define FTRACE_GRAPH_H

#include "ftrace/event.h"
#include "ftrace/session.h"
#include "ftrace/symbol.h"
#include "ftrace/task.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Does this kernel record return values?  Since 6.5, where built (CONFIG_FUNCTION_GRAPH_RETVAL): then
 * the field is there, and always filled. */
bool ft_graph_has_retval(const struct ft_session *s);

struct ft_graph_config {
	/* trace options funcgraph-* */
	bool cpu, proc, abstime, duration, overhead, irqs, tail;
	bool latency;		/* trace option latency-format: a column of flags */
	bool retval, retval_hex;/* funcgraph-retval (6.5+) */
	bool old_marks;		/* only + and !: kernels without the funcgraph-tail option */
	bool thresh;		/* tracing_thresh is set: only returns are recorded, and kernels */
	uint64_t max_depth;	/* up to 4.4 then ignore max_graph_depth (0: none): done here */
	int ncpus;		/* possible CPUs: the width of their numbers; 0: as on this host */
	/* --wall: trace clock to ns since 1970, or NULL; the abstime column then is ISO 8601 */
	uint64_t (*wall)(void *arg, uint64_t ts);
	void *wall_arg;
};

/* One call or return as data: what JSON and CSV rows are made of. */
enum ft_graph_kind { FT_GRAPH_ENTRY, FT_GRAPH_LEAF, FT_GRAPH_RETURN };

struct ft_graph_row {
	enum ft_graph_kind kind;
	uint64_t ts;		/* trace clock, of the record */
	uint64_t func;		/* address */
	uint64_t duration_ns;	/* LEAF and RETURN */
	int64_t  retval;
	bool	 has_retval;
	bool	 has_duration;	/* false: an ENTRY, or a clock that ran backwards, or a format
				 * without times and the entry not at hand */
	int	 depth, cpu, tid;
	unsigned long overrun;
};

struct ft_graph;

/* evs (system "ftrace"), syms and comms must outlive it; without syms (NULL) functions are
 * hexadecimal addresses and interrupts go unmarked.  -ENOENT: no funcgraph events in evs. */
int ft_graph_new(struct ft_graph **out, const struct ft_events *evs, const struct ft_symbols *syms,
		 struct ft_comms *comms, const struct ft_graph_config *config);
void ft_graph_free(struct ft_graph *g);

/*
 * Take one record; next is the record that follows it on the same CPU, or NULL when it is not
 * known yet (the function is still running) or when records were lost between the two.  What came
 * out is asked for below.  Returns 1 when the record gave a row, 0 when it gave none (it closed a
 * leaf already shown, is left out by the config, or is no graph record), -ENOMEM, or -EINVAL for a
 * CPU number that cannot be.
 */
int ft_graph_event(struct ft_graph *g, const struct ft_event *e, const struct ft_event *next);

/* The row of the last ft_graph_event() that returned 1. */
const struct ft_graph_row *ft_graph_row(const struct ft_graph *g);

/* Its text: one or more lines (task switches and interrupt marks included), each ended by a
 * newline, foreign control characters escaped as ft_out_escape() does.  Owned by g, valid until the
 * next call. */
const char *ft_graph_text(const struct ft_graph *g, size_t *len);

/* Note that records of cpu were lost: open calls of that CPU are forgotten, their returns are shown
 * with their names, no return pairs with an entry from before. */
void ft_graph_lost(struct ft_graph *g, int cpu);

/* The heading lines the kernel prints above such a graph, from "# tracer:" on, as ft_graph_text();
 * of latency-format only the columns, not the description of the longest latency. */
const char *ft_graph_header(struct ft_graph *g, size_t *len);

/*
 * Calls that nobody asked for.  A task that calls a function of set_graph_function while the tracer is
 * set but tracing_on is 0, or is in such a call when a trace ends, keeps the kernel's mark to record
 * what comes (4.20 to 6.12 at least): its next outermost call is recorded whatever it is.
 */
struct ft_graph_roots;

/* names: what set_graph_function reads.  evs and syms must outlive it.  -ENOENT: no funcgraph events. */
int ft_graph_roots_new(struct ft_graph_roots **out, const struct ft_events *evs,
		       const struct ft_symbols *syms, const char *names);
void ft_graph_roots_free(struct ft_graph_roots *r);

/*
 * Look at an event before ft_graph_event() does.  false: part of a call not asked for, drop it.  A call
 * that was asked for within one that was not is lifted to depth 0: e then points to a copy, valid
 * until the next call.  r may be NULL: everything is asked for.
 */
bool ft_graph_roots_event(struct ft_graph_roots *r, struct ft_event *e);

/* Note that records were lost: what is open is forgotten. */
void ft_graph_roots_lost(struct ft_graph_roots *r);

#ifdef __cplusplus
}
#endif
#endif
