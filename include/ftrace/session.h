/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * session: one tool's use of the kernel's tracing, from open to close.
 *
 * The one rule: every change to tracefs goes through the calls below.  Each records what was there
 * before it changes it, and ft_session_close(), or the guard process when the tool cannot (SIGKILL,
 * crash), puts everything back, newest first.  All calls return 0 (or a count) or a negative errno;
 * a failure also leaves one sentence in the session, which ft_session_close() prints.
 */
#ifndef FTRACE_SESSION_H
#define FTRACE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tracefs_instance;

/* Exit statuses of every tool; ftrace-tools(7). */
enum ft_status {
	FT_OK		= 0,	/* the trace ran and ended */
	FT_FAILED	= 1,	/* something failed, restoring or writing included */
	FT_USAGE	= 2,	/* what was asked for is wrong */
	FT_UNSUPPORTED	= 3,	/* this kernel, or this caller's rights, cannot do it */
	FT_OVERLOAD	= 4,	/* stopped because the trace was too hot */
};

struct ft_session;
struct ft_session_config;

/*
 * Choose what the session needs, now that the tracing directory is known: the calls below that read,
 * the _global ones, and ft_kernel_*() work, and nothing has been changed.  0, or a negative errno and
 * a sentence (ft_fail()).
 */
typedef int ft_session_plan(void *arg, struct ft_session *s, struct ft_session_config *config);

struct ft_session_config {
	const char *tool;	/* name in messages, instance and journal; [a-z-], required */
	const char *tracefs;	/* tracing directory, or NULL: look for it */
	const char *tracer;	/* tracer that will be set ("function_graph"), or NULL: events only */
	bool	    top;	/* use the top-level buffer even where an instance would do */
	bool	    uprobes;	/* user probes will be made: an instance only where it takes them */
	bool	    verbose;	/* say on stderr what is done */
	ft_session_plan *plan;	/* may change tracer, top and uprobes; NULL: they are right */
	void	   *plan_arg;
};

/*
 * Find the tracing directory, take the top-level lock where the tracer needs it, start the guard
 * and make the private instance.  *out is set even on failure (when memory allows), so that
 * ft_session_close() can print why; nothing in the kernel has been changed then.
 */
int ft_session_open(struct ft_session **out, const struct ft_session_config *config);

/*
 * Stop tracing, put back every value, end the guard, print the pending sentence ("tool: ...") on
 * stderr, free the session.  Returns the exit status: that of the first failure, else `status`;
 * FT_FAILED when something could not be put back.  NULL is allowed.
 */
int ft_session_close(struct ft_session *s, int status);

/*
 * Keep the sentence for ft_session_close() and return err.  The first failure wins.  err also says
 * the exit status: -EINVAL and -ESRCH are FT_USAGE, -EOPNOTSUPP is FT_UNSUPPORTED, -EOVERFLOW
 * FT_OVERLOAD, anything else FT_FAILED.
 */
int ft_fail(struct ft_session *s, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* One line "tool: ..." on stderr if --verbose. */
void ft_session_say(const struct ft_session *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The tracing directory (no trailing slash), and the directory of this session's buffer (an
 * instance's, or the former).  Owned by the session. */
const char *ft_session_tracefs(const struct ft_session *s);
const char *ft_session_dir(const struct ft_session *s);
bool ft_session_in_instance(const struct ft_session *s);
/* libtracefs' handle of the private instance; NULL at top level.  Owned by the session. */
struct tracefs_instance *ft_session_instance(const struct ft_session *s);

/*
 * Set, append to, or read a file of the session's directory; `file` is relative ("events/sched/
 * enable").  The _global forms use the tracing directory itself: tracing_thresh,
 * set_graph_function and others are global even where the tracer runs in an instance.
 * ft_session_set() writes `value` and a newline in one write(2) after truncating; append adds a
 * line to a list file.  What the kernel refuses is an error whose sentence holds the kernel's
 * error_log line where there is one.
 */
int ft_session_set(struct ft_session *s, const char *file, const char *value);
int ft_session_set_global(struct ft_session *s, const char *file, const char *value);
int ft_session_append(struct ft_session *s, const char *file, const char *value);
int ft_session_append_global(struct ft_session *s, const char *file, const char *value);

/*
 * Add the functions that match a pattern (ft_glob_match()) to a function filter file.  Patterns that
 * some kernels do not understand ("vfs_*_at" is a prefix match before 4.10) are expanded here.
 */
int ft_session_add_functions(struct ft_session *s, const char *file, bool global,
			     const char *pattern);

/* Make them all that is in it; count 0: empty it ("all functions"). */
int ft_session_set_functions(struct ft_session *s, const char *file, bool global,
			     const char *const *patterns, size_t count);

/*
 * Set tracing_thresh, in microseconds (0: none).  It is one for all buffers and tracers (in 7.1, too),
 * so a change is refused with -EBUSY while a tracer other than function is active anywhere; the
 * session's own is set after it.
 */
int ft_session_set_thresh(struct ft_session *s, uint64_t us);

/* Empty a list file (a filter, PIDs) if there is something in it. */
int ft_session_clear(struct ft_session *s, const char *file);
int ft_session_clear_global(struct ft_session *s, const char *file);

/* Set a trace option by its name ("sleep-time"): options/NAME where it exists, trace_options
 * elsewhere (3.10 instances).  -ENOENT without a sentence when the kernel does not know it. */
int ft_session_set_option(struct ft_session *s, const char *option, bool on);

/*
 * The same for a tracer's option that is looked at only when it is set and when a tracer starts
 * (func_stack_trace).  Such a flag is one for all instances (up to 6.12 at least): given back at once,
 * it neither meets that of another tool nor changes what somebody starts meanwhile.
 */
int ft_session_latch_option(struct ft_session *s, const char *option, bool on);

/* Enable an event in the session's buffer; filter may be NULL. */
int ft_session_enable_event(struct ft_session *s, const char *system, const char *event,
			    const char *filter);

/* Whole content of a file, NUL-terminated, malloc()ed, the final newline removed; NULL and errno
 * when it cannot be read. */
char *ft_session_read(const struct ft_session *s, const char *file);
char *ft_session_read_global(const struct ft_session *s, const char *file);
bool ft_session_has(const struct ft_session *s, const char *file);
bool ft_session_has_global(const struct ft_session *s, const char *file);

/* Keep this process and the guard out of the trace by the best means the kernel has; part of
 * starting a stream.  Returns the means for --verbose (static string). */
const char *ft_session_exclude_self(struct ft_session *s);

/* tracing_on of the session's buffer.  Written directly: close puts back what was there at open. */
int ft_session_start(struct ft_session *s);
int ft_session_stop(struct ft_session *s);

#ifdef __cplusplus
}
#endif
#endif
