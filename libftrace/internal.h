/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * internal: what the library's own files share: tracefs files, the undo journal, the guard.
 */
#ifndef FTI_INTERNAL_H
#define FTI_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* -- files: one tracefs file at a time, below a directory descriptor ---------------------------- */

enum fti_write_mode { FTI_TRUNCATE, FTI_APPEND };

/* `value` and a newline in one write(2), so that the kernel reports an error there and not at close.
 * An empty value after truncating writes nothing: opening has done it.  0 or -errno. */
int fti_file_write(int dirfd, const char *path, const char *value, enum fti_write_mode mode);

/*
 * Replace a list file's lines, or add to them: one write(2) a line, all in one open, since a function
 * filter takes effect when it is closed and must not be empty ("all functions") meanwhile.  Goes on
 * past lines that are refused: 0, or -errno of the first.
 */
int fti_file_write_list(int dirfd, const char *path, const char *lines, enum fti_write_mode mode);

/* All of a file, malloc()ed and NUL-terminated; *len may be NULL.  0 or -errno; -EFBIG above 64 MB. */
int fti_file_read(int dirfd, const char *path, char **out, size_t *len);

bool fti_file_exists(int dirfd, const char *path);

/* Remove trailing newlines (the NULs of tracing_cpumask, 5121 bytes on 3.10, end the string). */
void fti_trim(char *s);

/* CLOCK_MONOTONIC in ns. */
uint64_t fti_now_ns(void);
void fti_sleep_ns(uint64_t ns);

/* -- undo rules: how a file's value is kept and written back ------------------------------------ */

enum fti_kind {
	FTI_VALUE,	/* one value, written after truncating */
	FTI_LIST,	/* lines: truncate, then append each */
	FTI_INSTANCE,	/* a directory below instances/ to remove */
	FTI_PROBE,	/* "group/event" to delete from kprobe_events or uprobe_events */
	FTI_TRIGGER,	/* lines; those that were not there before are removed by "!line" */
	FTI_SYNTHETIC,	/* the name of an event to delete from synthetic_events */
	FTI_KINDS,
};

/* The kind of a file by its path relative to the tracing directory; -ENOTSUP: no rule. */
int fti_rule_kind(const char *path);

/*
 * Turn what the file reads into what must be written to have it again: brackets of trace_clock,
 * "7 (expanded: 1408)", "no pid", "#### all ... ####", "name [module]", "none" of a filter,
 * functions' commands (which truncating does not remove).  In place; -ENOTSUP for "X" and the like.
 */
int fti_rule_normalize(const char *path, char *value);

/* Do two normalized values mean the same?  Buffer sizes are rounded up when they are set. */
bool fti_rule_same(const char *path, const char *wanted, const char *now);

/* -- undo: what was there before, recorded in a journal file ------------------------------------ */

/* Names by which the toolkit knows its own things, live or left behind. */
#define FTI_INSTANCE_PREFIX "ftrace-tools-"
#define FTI_PROBE_PREFIX    "ftt_"
#define FTI_JOURNAL_DIR	    "/run/ftrace-tools"

struct fti_undo;

/* Called for each thing that was put back (err 0), could not be (err < 0), or was left alone since
 * somebody changed it meanwhile (err > 0). */
typedef void fti_undo_report(void *arg, int err, const char *path, const char *value);

/*
 * Start a journal for this process: a new file in FTI_JOURNAL_DIR (made 0700 if missing), held by
 * flock; where that directory cannot be used, an anonymous file, and *persistent is false.
 * dirfd: the tracing directory; it stays the caller's.
 */
int fti_undo_open(struct fti_undo **out, int dirfd, const char *tracefs, const char *tool,
		  bool *persistent);

/* Record a thing before it is changed; repeated calls for one file do nothing. -ENOTSUP: no rule
 * tells how to put this file, or what it holds, back; -EINVAL: not a name of ours. */
int fti_undo_file(struct fti_undo *u, const char *path);
int fti_undo_instance(struct fti_undo *u, const char *name);
int fti_undo_probe(struct fti_undo *u, const char *file, const char *group, const char *event);
int fti_undo_synthetic(struct fti_undo *u, const char *file, const char *event);

/* Note what the file reads after our change: a dead journal is only put back where it still does. */
void fti_undo_changed(struct fti_undo *u, const char *path);

/* Put everything back, instances and what is in them first, then newest first, going on past
 * failures; returns their number. */
int fti_undo_run(struct fti_undo *u, fti_undo_report *report, void *arg);

/* Leave the journal where it is when closing. */
void fti_undo_keep(struct fti_undo *u);

/* Remove the journal and free; the kernel is not touched. */
void fti_undo_close(struct fti_undo *u);

/* What a dead journal said of its owner. */
struct fti_dead {
	char tool[32];
	int  pid;
	int  restored, failed, left;
};

/*
 * Put back what dead journals of FTI_JOURNAL_DIR tell for the tracing directory dirfd, newest
 * first, and remove them (with drop even those that could not be put back whole); found() is called
 * once for each.  The caller holds the top-level lock.
 * Returns the number of journals, or -errno when the directory cannot be trusted.
 */
int fti_undo_repair(int dirfd, bool drop, void (*found)(void *arg, const struct fti_dead *dead),
		    fti_undo_report *report, void *arg);

/* The fd that must stay open for the journal to count as alive. */
int fti_undo_fd(const struct fti_undo *u);
int fti_undo_dir(const struct fti_undo *u);	/* -1: anonymous */

/* A record of a journal, parsed. */
struct fti_was {
	enum fti_kind kind;
	char	     *path, *value;
	uint64_t      now;	/* hash of what our change made of it */
	bool	      has_now;
};

struct fti_journal {
	char		tool[32];
	int		pid;
	char		boot[40];
	char	       *tracefs;
	struct fti_was *was;
	size_t		count;
};

/* Is this a record that a journal may hold?  What is written is checked as well as what is read:
 * one bad line would make all the others worthless. */
bool fti_was_ok(const struct fti_was *w);
/* Can it name a tool: letters, digits, "-_.". */
bool fti_tool_ok(const char *tool);

/* Parse a journal's text as if hostile: every path must have a rule, every value fit it.  A last line
 * without its newline is left out (its change was not made).  0, -EBADMSG or -ENOMEM. */
int fti_journal_parse(struct fti_journal *j, const char *text, size_t len);
void fti_journal_free(struct fti_journal *j);

/* What is busy is tried again for a moment: one moment for all of a kind, as a thousand probes that
 * somebody has enabled must not take half an hour.  Begins zeroed. */
struct fti_patience {
	int spent[FTI_KINDS];
};

/* Put one record back.  0 or -errno. */
int fti_undo_one(int dirfd, const struct fti_was *w, struct fti_patience *patience);
/* Call fn for each record in the order in which they are put back. */
void fti_undo_each(const struct fti_journal *j, void (*fn)(void *arg, const struct fti_was *w),
		   void *arg);
/* What the path reads now, normalized, as a hash. */
int fti_undo_hash(int dirfd, const char *path, enum fti_kind kind, uint64_t *hash);
uint64_t fti_hash(const char *s);

/* The journal directory, checked to be ours alone: its descriptor or -errno. */
int fti_journal_dir(bool make);
void fti_boot_id(char *buf, size_t size);

/* -- guard: a child process that undoes when the tool cannot ------------------------------------ */

struct fti_guard;

/* dirfd: the tracing directory.  The guard keeps it, and so the top-level lock that is held through
 * it, until all is put back. */
int fti_guard_start(struct fti_guard **out, struct fti_undo *u, int dirfd);
pid_t fti_guard_pid(const struct fti_guard *g);

/* Let the guard switch off `tracing_on` of the session's directory at a time of CLOCK_MONOTONIC, for a
 * tool that is held up by its reader; UINT64_MAX: never. */
void fti_guard_deadline(struct fti_guard *g, const char *path, uint64_t at_ns);

/* The tool has put back everything itself: the guard ends. */
void fti_guard_end(struct fti_guard *g);

/* -- session, for the stream -------------------------------------------------------------------- */

struct ft_session;
int fti_session_dirfd(const struct ft_session *s);
/*
 * The top-level lock is the tracing directory's own flock: the same inode in every mount and mount
 * namespace, and gone with its holder.  wait: for a moment, as a guard that is putting back needs.
 * 0, -EWOULDBLOCK: held by another, or -errno.
 */
int fti_lock_top(int fd, bool wait);
/* Who holds it, as a sentence. */
void fti_lock_sentence(int dirfd, char *out, size_t size);
/* As ft_session_append() or _global(), but a refusal is no failure of the session. */
int fti_session_try_append(struct ft_session *s, const char *file, bool global, const char *value);
/* Many lines in one open; a refusal is a failure. */
int fti_session_append_list(struct ft_session *s, const char *file, bool global, const char *lines);
void fti_session_deadline(struct ft_session *s, uint64_t at_ns);
/* As ft_fail(), with lines to be shown below the sentence as they are, each after its newline: free of
 * foreign control characters. */
#define FTI_LINES_SIZE 400
int fti_fail_lines(struct ft_session *s, int err, const char *sentence, const char *lines);
/* This process and its guard. */
void fti_session_own_tids(const struct ft_session *s, int own[2]);

#endif
