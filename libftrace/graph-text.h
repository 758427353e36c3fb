/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * graph-text: one row of the function graph as the kernel's lines.
 *
 * The one rule: the text of a row depends on the row, its record, and the few things told here; no
 * call changes what a later one writes.  Its length is bounded, so nothing is allocated.
 */
#ifndef FTI_GRAPH_TEXT_H
#define FTI_GRAPH_TEXT_H

#include "ftrace/graph.h"
#include "names.h"
#include "text.h"

/* Above what a return stack of one page holds: bounds the indentation. */
#define FTI_GRAPH_DEPTH_MAX 200

/* Three names, a task switch, two interrupt marks and the deepest indentation fit twice. */
#define FTI_GRAPH_TEXT_SIZE 8192

struct fti_graph_text {
	struct ft_graph_config	 config;
	const struct ft_symbols *syms;
	struct ft_comms		*comms;
	struct ft_field		 flags, preempt_count;	/* common fields */
	bool			 migrate_column;	/* of the latency flags, 5.15+ */
	bool			 retval_word;		/* "ret=", 6.13+; before it "= " */
	uint64_t		 irq_start, irq_end;	/* text of interrupt entries */
	unsigned int		 cpu_width;
	struct fti_day		 day;
	struct fti_names	*names;
	size_t			 len;
	char			 buf[FTI_GRAPH_TEXT_SIZE];
};

/* What the row does not hold. */
struct fti_graph_line {
	const struct ft_event *e;	/* its time and flags are shown */
	int	 last_tid;		/* shown before on this CPU; -1: none */
	bool	 named;			/* a return that does not match the entry of its depth */
	bool	 has_retaddr;
	uint64_t retaddr;		/* where an entry was called from */
};

/* The other members are filled before. 0 or -ENOMEM. */
int fti_graph_text_init(struct fti_graph_text *t);
void fti_graph_text_free(struct fti_graph_text *t);

/* Replaces what is in buf. */
void fti_graph_text_row(struct fti_graph_text *t, const struct ft_graph_row *row,
			const struct fti_graph_line *line);
void fti_graph_text_header(struct fti_graph_text *t);

static inline bool fti_graph_is_irq(const struct fti_graph_text *t, uint64_t func)
{
	return func >= t->irq_start && func < t->irq_end;
}

#endif
