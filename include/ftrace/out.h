/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * out: rows of declared columns, as text, JSON lines or CSV.
 *
 * The one rule: a tool declares its columns once and fills a row by column number; which format
 * comes out is not its business.  A row is written only by ft_out_end(); a column that was not set
 * is empty (text), left out (JSON) or empty (CSV).  What comes from outside (comms, paths, strings
 * of events) is escaped so that no byte of it can break a line, a terminal or the format.
 *
 * CSV has a line of headings and is quoted as RFC 4180 says, but lines end in a bare newline, as
 * Unix tools want them.
 */
#ifndef FTRACE_OUT_H
#define FTRACE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Numbers are JSON numbers with all their digits; in text they are right-aligned.  CSV has the
 * digits of JSON.
 */
enum ft_column_type {
	FT_COL_INT,	/* int64_t */
	FT_COL_UINT,	/* uint64_t */
	FT_COL_HEX,	/* uint64_t, 0x...; in JSON the string "0x..." */
	FT_COL_US,	/* nanoseconds given, microseconds with three decimals shown */
	FT_COL_MS,	/* nanoseconds given, milliseconds with three decimals shown (rounded) */
	/* ns of the trace clock as seconds: six decimals, rounded as in the kernel's trace file; in
	 * JSON and CSV all nine.  With wall: "2026-01-02T03:04:05.123456Z", a string in JSON. */
	/* With --wall the "_s" of its JSON key is dropped: "time_s" is "time" then. */
	FT_COL_TIME,
	/* As FT_COL_STR, free of foreign control characters already: text shows it as it is, backslashes
	 * too. */
	FT_COL_READY,
	FT_COL_STR,	/* left-aligned text; more than FT_OUT_STR_MAX bytes are cut, "..." added */
	FT_COL_BOOL,	/* yes, no; JSON and CSV: true, false.  Left-aligned */
	FT_COL_ANY,	/* a number (ft_out_int, ft_out_uint) or a string, as it is set; left-aligned */
};

#define FT_OUT_STR_MAX 4096

struct ft_column {
	const char	   *name;	/* heading in text and CSV */
	const char	   *key;	/* JSON key, with unit: "latency_us"; NULL: text only */
	int		    width;	/* at least (the heading's too), in text; negative:
					 * left-aligned */
	enum ft_column_type type;
	bool		    hidden;	/* not in text: for programs only */
};

/* Rows of a table: shown everywhere; for programs only.  It ends with { 0 }. */
#define FT_COLUMN(name_, key_, width_, type_)	\
	{ .name = name_, .key = key_, .width = width_, .type = type_ }
#define FT_HIDDEN(name_, key_, type_)		\
	{ .name = name_, .key = key_, .type = type_, .hidden = true }

enum ft_out_format { FT_OUT_TEXT, FT_OUT_JSON, FT_OUT_CSV };

struct ft_out_config {
	const struct ft_column *columns;	/* ends with a NULL name */
	enum ft_out_format	format;
	const char	       *path;		/* -o FILE; NULL: stdout */
	bool			header;		/* text: headings before the first row */
	/* --wall: trace clock to ns since 1970, or NULL; 0: cannot, the seconds are shown */
	uint64_t	      (*wall)(void *arg, uint64_t ts);
	void		       *wall_arg;
	/* Shall the tool end?  Asked while a reader does not read: one more second, then -EINTR.
	 * NULL: wait for the reader for ever. */
	bool		      (*stop)(void *arg);
	void		       *stop_arg;
};

struct ft_out;

/*
 * Opens path: created mode 0600 & ~umask, truncated.  Never through a symbolic link (the path's
 * last part) that is neither root's nor the caller's: -ELOOP; in a sticky directory that all can
 * write to, never into a file of yet another user: -EACCES.  columns must outlive *out.  Nothing is
 * written before the first flush.
 */
int ft_out_open(struct ft_out **out, const struct ft_out_config *config);

/*
 * Columns by their number in the table, in any order; set again: the last counts.  Out-of-range
 * numbers are ignored.  A string in a column of numbers ("-") is for people only: JSON and CSV
 * leave it empty, so that a key has one type.
 */
void ft_out_int(struct ft_out *o, int column, int64_t v);	/* INT, negative US MS TIME */
void ft_out_uint(struct ft_out *o, int column, uint64_t v);	/* UINT HEX US MS TIME BOOL */
void ft_out_str(struct ft_out *o, int column, const char *v);
void ft_out_strn(struct ft_out *o, int column, const char *v, size_t len);

/* A value that is JSON already, an object or an array of what is known at run time only; at most
 * FT_OUT_JSON_MAX bytes, or the column stays empty.  JSON only, elsewhere nothing. */
#define FT_OUT_JSON_MAX 16384
void ft_out_json(struct ft_out *o, int column, const char *json, size_t len);

/* Write the row, and before the first one the headings (text: if asked for; CSV: always).  0, or
 * -EPIPE when the reader has gone (SIGPIPE must not end the process), or another -errno; sticky. */
int ft_out_end(struct ft_out *o);

/* Text mode only, elsewhere nothing: a line laid out by the caller (len bytes, newline added),
 * already free of foreign control characters.  Several lines may be given at once. */
int ft_out_line(struct ft_out *o, const char *line, size_t len);
bool ft_out_is_text(const struct ft_out *o);

/*
 * The same without a copy, for tools that print a million lines a second: room for `size` bytes (at
 * most FT_OUT_ROOM_MAX) of whole lines, newlines included, or NULL in the other formats and after an
 * error; then the end of what was written there, NULL for nothing.  The latter returns as
 * ft_out_line().
 */
#define FT_OUT_ROOM_MAX 32768
char *ft_out_room(struct ft_out *o, size_t size);
int ft_out_commit(struct ft_out *o, const char *end);

/* A record of its own beside the rows, JSON only: {"TYPE":{"KEY":N,...}}; keys ends with NULL.
 * -E2BIG (not sticky) when it does not fit 64 kB. */
int ft_out_record(struct ft_out *o, const char *type, const char *const *keys,
		  const uint64_t *values);

/*
 * s the way ft_out writes it in text and CSV: newline, tab and backslash as \n, \t, \\; each byte
 * of other control characters (C1, line separators and text direction marks too) and of invalid
 * UTF-8 as \xNN.  JSON has \uNNNN for control characters, and U+FFFD for an invalid byte.  Whole
 * characters to buf, terminated (size 0: nothing is written); returns the length it would have
 * taken.
 */
size_t ft_out_escape(char *buf, size_t size, const char *s, size_t len);

/* Hand what is buffered to the kernel (64 kB are, else); CSV headings even before the first row. */
int ft_out_flush(struct ft_out *o);

/* Flush, close, free.  The first error of the whole life (-EPIPE included), else 0; NULL: 0. */
int ft_out_close(struct ft_out *o);

#ifdef __cplusplus
}
#endif
#endif
