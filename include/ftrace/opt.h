/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * opt: the command line of a tool, from one table.
 *
 * The one rule: the table is the help.  A tool lists its own options; -h, -V and the options common
 * to all tools (ftrace-tools(7)) are added here.  Only ft_opt_parse() exits: with 0 for -h and -V,
 * 2 for a wrong command line, before anything is opened.
 */
#ifndef FTRACE_OPT_H
#define FTRACE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ft_opt_type {
	FT_OPT_END = 0,
	FT_OPT_FLAG,		/* bool *: set to true */
	FT_OPT_UINT,		/* uint64_t *: whole number, base 10, within min..max */
	FT_OPT_PID,		/* int *: 1..4194304 (the kernel's PID_MAX_LIMIT) */
	FT_OPT_SECONDS,		/* uint64_t * of ns: ft_parse_seconds() */
	FT_OPT_SIZE_KB,		/* uint64_t * of kB: ft_parse_size_kb() */
	FT_OPT_STRING,		/* const char **: points into argv, not empty */
	FT_OPT_LIST,		/* struct ft_opt_list * of such strings: may be given again */
};

/* Options that share a bit of `excludes` exclude each other; bit 31 is that of --json and --csv. */
struct ft_opt {
	char		 letter;	/* 0: none */
	const char	*name;		/* long name without dashes, or NULL */
	enum ft_opt_type type;
	void		*value;
	const char	*arg;		/* name of the argument in the help: "PID" */
	const char	*help;		/* one line, no full stop */
	uint64_t	 min, max;	/* FT_OPT_UINT; max 0: UINT64_MAX */
	uint32_t	 excludes;
};

/* Rows of a table: a flag; an option with an argument, further fields (.max = 200) at the end. */
#define FT_FLAG(letter_, name_, value_, help_)						\
	{ .letter = letter_, .name = name_, .type = FT_OPT_FLAG, .value = value_, .help = help_ }
#define FT_ARG(letter_, name_, type_, value_, arg_, help_, ...)				\
	{ .letter = letter_, .name = name_, .type = type_, .value = value_, .arg = arg_,	\
	  .help = help_, __VA_ARGS__ }

#define FT_OPT_LIST_MAX 64

struct ft_opt_list {
	const char *item[FT_OPT_LIST_MAX];
	size_t	    count;
};

/* What all tools share; filled by ft_opt_parse(). */
struct ft_opt_common {
	uint64_t    duration_ns;	/* 0: none given */
	bool	    verbose, json, csv, wall;
	const char *output;		/* -o FILE */
	uint64_t    buffer_kb;		/* per CPU; 0: not given */
	uint64_t    max_rate;		/* events/s; 0: no limit */
	const char *tracefs;
	char	  **command;		/* after "--"; NULL: none */
	char	  **operands;
	int	    operand_count;
};

#define FT_MAX_RATE_DEFAULT 1000000

/*
 * A common option (-h --help, -V --version, -v --verbose, -o --output, --json, --csv, --tracefs;
 * with trace: --duration, --wall, --buffer-size, --max-rate) gets its letter only where the tool's
 * own table leaves it free, and gives way to a tool's own option of the same long name.
 */
struct ft_opt_spec {
	const char	    *tool;
	const char	    *summary;		/* "trace what a kernel function calls" */
	const char	    *operands;		/* usage: "FUNCTION..." ; NULL: none allowed */
	int		     min_operands;
	int		     max_operands;	/* 0 with operands: any number */
	bool		     command;		/* takes "-- COMMAND", beside its operands */
	bool		     bare_command;	/* no operands: the first one begins the command, too */
	bool		     trace;		/* has duration, buffer and rate options */
	char		     duration_letter;	/* 'd' where perf-tools has it, else 0 */
	uint64_t	     max_rate;		/* default of --max-rate; 0: FT_MAX_RATE_DEFAULT */
	const struct ft_opt *options;		/* ends with FT_OPT_END */
	const char *const   *examples;		/* "command line", "what it does", ..., NULL */
};

/*
 * Parse; exits on -h, -V and errors.  Options may follow operands, "--" ends them; an option given
 * again overrides.  c->operands and c->command point into argv, whose order changes; both end with
 * NULL.
 */
void ft_opt_parse(struct ft_opt_common *c, const struct ft_opt_spec *spec, int argc, char **argv);

/* One line "tool: ... (see 'tool -h')" on stderr, then exit 2: for checks the table cannot express.
 * A sentence that ends in a parenthesis of its own gets no second.  Only before a session is
 * opened. */
void ft_opt_error(const struct ft_opt_spec *spec, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/*
 * The parsers alone: the whole string, base 10, no sign, no blanks.  0, -EINVAL (not such a thing)
 * or -ERANGE; *out untouched on failure.
 *
 * Seconds: a number with an optional fraction and unit, "1.5" (seconds), "500ms", "10us", "100ns",
 * "2m", "1h"; exact, nothing finer than 1 ns; 1 ns to INT64_MAX ns.  Size: "1408" (kB), "512k",
 * "4m", "1g"; at least 1 kB, in bytes below 2^64.
 */
int ft_parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out);
int ft_parse_seconds(const char *s, uint64_t *ns);
int ft_parse_size_kb(const char *s, uint64_t *kb);

/* The candidate nearest to word by edit distance, the first of equals; NULL when none is near (the
 * distance is more than a third of the word's length).  candidates ends with NULL. */
const char *ft_nearest(const char *word, const char *const *candidates);

/* For lists too long for an array: *best = NULL and *distance = SIZE_MAX first, then once for each
 * candidate; *best is the candidate pointer itself. */
void ft_nearest_step(const char *word, const char *candidate, const char **best, size_t *distance);

/* Insertions, deletions, replacements and swaps of neighbours that make b of a; SIZE_MAX when more
 * than limit, or when they differ over more than 127 characters. */
size_t ft_edit_distance(const char *a, const char *b, size_t limit);

#ifdef __cplusplus
}
#endif
#endif
