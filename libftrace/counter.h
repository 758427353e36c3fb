/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * counter: what the ways to count share.
 */
#ifndef FTI_COUNTER_H
#define FTI_COUNTER_H

#include "ftrace/count.h"
#include "ftrace/counter.h"
#include "ftrace/probe.h"
#include "ftrace/symbol.h"

/* Where nothing is recorded: formats all the same, for how pages are laid out. */
extern const char *const fti_no_systems[];

#define FTI_WHY_SIZE	 160
#define FTI_NEXT_RUNG	 1	/* of setup(): this way cannot count all, take the next */
#define FTI_PROFILE_NAME 30	/* trace_stat cuts names */

/* Making, enabling, disabling and removing a probe takes the kernel 50 ms in the test VM: 2.5
 * seconds for so many. */
#define FTI_HITS_MAX 50

/* A thing to be counted: all of them, but with `trace` kernel functions are told by address. */
struct fti_source {
	enum ft_target_kind kind;
	char	*name;		/* TRACEPOINT: "system:event" */
	char	*module;	/* KERNEL, or NULL */
	char	*file;		/* USER: its path */
	uint64_t offset;	/* USER */
	bool	 twins;		/* KERNEL: several functions of this name */
	int	 probe;		/* its number, or -1 */
	uint64_t count, last;	/* as the kernel counts; the same at the last rows() */
};

struct fti_rung {
	const char *name, *way;
	bool (*fits)(const struct ft_counter *c, const struct ft_run *r, char *why);
	void (*plan)(struct ft_run *r, const struct ft_counter *c);
	int (*setup)(struct ft_counter *c, struct ft_run *r);
	int (*ready)(struct ft_counter *c, struct ft_run *r);
	int (*rows)(struct ft_counter *c, struct ft_run *r);
};

struct fti_counter_trace;

struct ft_counter {
	struct ft_counter_config config;
	const struct fti_rung *rung;
	int  task;			/* a process or thread that it is limited to; 0: none */
	bool has[3];			/* by enum ft_target_kind */
	const char **kernel, **kernel_not;	/* patterns of kernel functions */
	size_t kernel_patterns, kernel_nots;
	uint8_t *excludes;		/* by config.exclude: 1 << the kinds of what it excludes */

	struct fti_source *sources;	/* kernel functions by name, then user ones, then events */
	size_t source_count, kernel_count;
	bool   unlisted;		/* there are more kernel functions than those */
	bool   names_only;		/* the kernel lists none: those given, for kprobes */

	struct ft_probes     *probes;
	struct ft_probe_hits *hits;
	struct fti_counter_trace *trace;

	struct ft_counter_row *rows;
	size_t	 row_count, row_room;
	uint64_t missed, missed_last;
};

extern const struct fti_rung fti_rung_profiler, fti_rung_hits, fti_rung_trace;

/* Fill sources with what the targets mean. */
int fti_counter_list(struct ft_counter *c, struct ft_session *s);
int fti_source_add(struct ft_counter *c, const struct fti_source *source);
/* Sort kernel functions by name, one source for each. */
void fti_sources_by_name(struct ft_counter *c);

/* A row more; count 0 is none.  0 or -ENOMEM. */
int fti_counter_row(struct ft_counter *c, const struct ft_counter_row *row);
/* A row each of what source->count went up since source->last. */
int fti_counter_source_rows(struct ft_counter *c);

/* set_ftrace_filter and set_ftrace_notrace. */
int fti_counter_filter(struct ft_counter *c, struct ft_session *s);
int fti_counter_user_probe(struct ft_counter *c, struct ft_run *r, struct fti_source *source);
void fti_counter_trace_event(struct fti_counter_trace *t, const struct ft_event *e);
void fti_counter_trace_free(struct fti_counter_trace *t);

/* The rows of a trace_stat/functionN file; name is not terminated.  Returns what fn returns if not
 * 0. */
int fti_profile_parse(const char *text,
		      int (*fn)(void *arg, const char *name, size_t len, uint64_t hits), void *arg);

/* Count hits for the source of a name that was cut, added if it is not listed.  0 or -ENOMEM. */
int fti_profile_count(struct ft_counter *c, const char *name, size_t len, uint64_t hits);
/* One of the names that are the same as far as the kernel shows them; NULL: none are. */
const char *fti_profile_alike(const struct ft_counter *c);

#endif
