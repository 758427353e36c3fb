/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tool: the life of a tracing tool, written once.
 *
 * The one rule: a tool is a descriptor of tables and callbacks; ft_tool_main() parses the command
 * line, opens the session, calls setup(), starts the stream and the traced command, delivers events
 * until the end, reports losses, puts everything back and returns the exit status.
 */
#ifndef FTRACE_TOOL_H
#define FTRACE_TOOL_H

#include "ftrace/event.h"
#include "ftrace/opt.h"
#include "ftrace/out.h"
#include "ftrace/session.h"
#include "ftrace/stream.h"
#include "ftrace/symbol.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_probing;
struct ft_watch;

/* What a tool's callbacks get; owned by ft_tool_main(). */
struct ft_run {
	const struct ft_tool *tool;
	struct ft_opt_common  opt;
	struct ft_session    *session;
	struct ft_events     *events;	/* formats of tool->systems; from ready() on */
	struct ft_stream     *stream;	/* from on_event() on */
	struct ft_out	     *out;
	int		      command_pid;	/* of "-- COMMAND", held until recording; 0: none */
	/* Of tools that have one, whose descriptors name the callbacks of ftrace/watch.h and
	 * ftrace/probing.h; NULL until it is made. */
	struct ft_watch	     *watch;
	struct ft_probing    *probing;

	/* How to record; begins as the descriptor says, false elsewhere. */
	const char	     *tracer;	/* plan() may change these: */
	bool		      top;	/* struct ft_session_config */
	bool		      uprobes;
	const char *const    *systems;	/* until setup() is done: add the group of probes made there */
	bool		      unordered;	/* until ready() is done: struct ft_stream_config */
	bool		      with_self;
	bool		      no_recording;
	bool		      snapshot;
	bool		      totals;	/* rows are sums: what was lost is not shown at its place */
	int		      (*run)(struct ft_run *r);	/* begins as tool->run; check() may set it */

	uint64_t	      rows;	/* counted by the tool: 0 at the end is worth a word */
	char		      what[256];/* set by ready(): "Tracing WHAT..." on stderr, but not with
					 * --json or --csv */
};

struct ft_tool {
	struct ft_opt_spec	 spec;
	const char		*alias;		/* a second name to call it by; NULL: none */
	const char		*tracer;	/* NULL: events only, or none */
	const char *const	*systems;	/* event systems whose formats are read; ends with NULL */
	const struct ft_column	*columns;
	const bool		*header;	/* the tool's -H; NULL: always headings */
	const uint64_t		*interval_ns;	/* the tool's -i; NULL, or 0: no on_interval() */

	int (*check)(struct ft_run *r);		/* may call ft_opt_error(); nothing is open */
	int (*plan)(struct ft_run *r);		/* as ft_session_plan; may be NULL */
	int (*setup)(struct ft_run *r);		/* what is recorded, as session calls */
	int (*ready)(struct ft_run *r);		/* formats are read, recording not yet started */
	int (*on_event)(struct ft_run *r, const struct ft_event *e);
	int (*on_loss)(struct ft_run *r, int cpu);	/* forget what is open on cpu; may be NULL */
	int (*on_interval)(struct ft_run *r);
	int (*finish)(struct ft_run *r);	/* all events seen, tracing stopped, not yet put back */
	void (*release)(struct ft_run *r);	/* free the tool's memory; always called */

	/* Instead of setup() and all after it: tools that record nothing.  Returns ft_status. */
	int (*run)(struct ft_run *r);
};

int ft_tool_main(const struct ft_tool *tool, int argc, char **argv);

/* One line "tool: ..." on stderr, in one write. */
void ft_tool_note(const struct ft_run *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* -- what several tools do in setup() and finish() ---------------------------------------------- */

/* ft_symbols_open() of this kernel, once for the session, which owns them; with the sentence set where
 * its symbols are hidden.  It takes long once tracing slows it down: before the tracer is set. */
int ft_tool_symbols(struct ft_run *r, const struct ft_symbols **out);

/* ft_session_set_option(); one this kernel does not know is an error only if the user asked for it. */
int ft_tool_option(struct ft_run *r, const char *option, bool on, bool asked);

/*
 * A POSIX extended regular expression of the command line, in check(); exits as ft_opt_error() for one
 * that is none.  text may be NULL: it matches everything.  malloc()ed.
 */
struct ft_regex;
struct ft_regex *ft_tool_regex(const struct ft_run *r, const char *text);
bool ft_regex_matches(const struct ft_regex *re, const char *s);
void ft_regex_free(struct ft_regex *re);

/* If no row was shown: note that the operands were not called (by the tasks asked for). */
void ft_tool_nothing(const struct ft_run *r, bool of_tasks);

/* For struct ft_graph_config and the like: the wall clock of a time stamp if --wall, arg the run. */
uint64_t ft_tool_wall(void *run, uint64_t ts);

#ifdef __cplusplus
}
#endif
#endif
