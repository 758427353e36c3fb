/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "ftrace/out.h"

#include "opt-parse.h"

#define PID_MAX	   4194304	/* the kernel's PID_MAX_LIMIT */
#define LONG_BASE  256		/* getopt_long()'s value of a long option: this and its number */
#define QUOTE_SIZE 160

struct parse {
	const struct ft_opt_spec *spec;
	struct fti_opt_table	 *table;
	bool given[FTI_OPT_MAX];
	char spelled[FTI_OPT_MAX][48];	/* "-p" or "--pid", as it was given */
	char  *err;
	size_t size;
};

static int __attribute__((format(printf, 2, 3)))
complain(struct parse *ps, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ps->err, ps->size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* A word of the command line for a message: bounded, and no line or terminal broken by it. */
static const char *quote(char buf[QUOTE_SIZE], const char *s, size_t len)
{
	if (ft_out_escape(buf, QUOTE_SIZE - 3, s, len) >= QUOTE_SIZE - 3)
		strcat(buf, "...");
	return buf;
}

/* -- values ------------------------------------------------------------------------------------ */

static int set_number(struct parse *ps, const struct ft_opt *o, const char *name, const char *arg)
{
	uint64_t min = o->type == FT_OPT_PID ? 1 : o->min;
	uint64_t max = o->type == FT_OPT_PID ? PID_MAX : o->max ? o->max : UINT64_MAX;
	char word[QUOTE_SIZE];
	uint64_t v;
	int err = ft_parse_u64(arg, min, max, &v);

	quote(word, arg, strlen(arg));
	if (err == -EINVAL)
		return complain(ps, "%s '%s': not a number", name, word);
	if (err)
		return complain(ps, "%s '%s': out of range (%" PRIu64 " to %" PRIu64 ")", name,
				word, min, max);
	if (o->type == FT_OPT_PID)
		*(int *)o->value = v;
	else
		*(uint64_t *)o->value = v;
	return 0;
}

static int set_quantity(struct parse *ps, const struct ft_opt *o, const char *name, const char *arg)
{
	bool time = o->type == FT_OPT_SECONDS;
	char word[QUOTE_SIZE];
	int err = time ? ft_parse_seconds(arg, o->value) : ft_parse_size_kb(arg, o->value);

	if (!err)
		return 0;
	quote(word, arg, strlen(arg));
	if (err == -ERANGE)
		return complain(ps, "%s '%s': out of range (%s)", name, word,
				time ? "1ns to 292 years" : "1 kB to 16 EB");
	if (time)
		return complain(ps, "%s '%s': not a time (like 1.5, 500ms, 2m, 1h)", name, word);
	return complain(ps, "%s '%s': not a size (like 1408, 512k, 4m)", name, word);
}

static int set_string(struct parse *ps, const struct ft_opt *o, const char *name, const char *arg)
{
	struct ft_opt_list *list = o->value;

	if (!*arg)
		return complain(ps, "%s '': empty", name);
	if (o->type == FT_OPT_STRING) {
		*(const char **)o->value = arg;
		return 0;
	}
	if (list->count >= FT_OPT_LIST_MAX)
		return complain(ps, "%s given more than %d times", name, FT_OPT_LIST_MAX);
	list->item[list->count++] = arg;
	return 0;
}

static int set_value(struct parse *ps, const struct ft_opt *o, const char *name, const char *arg)
{
	switch (o->type) {
	case FT_OPT_FLAG:
		*(bool *)o->value = true;
		return 0;
	case FT_OPT_UINT:
	case FT_OPT_PID:
		return set_number(ps, o, name, arg);
	case FT_OPT_SECONDS:
	case FT_OPT_SIZE_KB:
		return set_quantity(ps, o, name, arg);
	default:
		return set_string(ps, o, name, arg);
	}
}

/* -- options ----------------------------------------------------------------------------------- */

static int check_exclusions(struct parse *ps, size_t given)
{
	const struct ft_opt *opts = ps->table->opts;

	for (size_t i = 0; i < ps->table->count; i++) {
		if (i != given && ps->given[i] && opts[i].excludes & opts[given].excludes)
			return complain(ps, "options '%s' and '%s' exclude each other",
					ps->spelled[i], ps->spelled[given]);
	}
	return 0;
}

static const struct ft_opt *option_of(const struct fti_opt_table *t, int code)
{
	return code >= LONG_BASE ? &t->opts[code - LONG_BASE] : fti_opt_letter(t, code);
}

static void spell(char *buf, size_t size, const struct ft_opt *o, int code)
{
	if (code >= LONG_BASE)
		snprintf(buf, size, "--%s", o->name);
	else
		snprintf(buf, size, "-%c", code);
}

static int take_option(struct parse *ps, int code)
{
	const struct ft_opt *o = option_of(ps->table, code);
	size_t i = o - ps->table->opts;
	int err;

	spell(ps->spelled[i], sizeof(ps->spelled[i]), o, code);
	err = set_value(ps, o, ps->spelled[i], optarg);
	if (err)
		return err;
	ps->given[i] = true;
	return check_exclusions(ps, i);
}

static const char *nearest_name(const struct fti_opt_table *t, const char *word)
{
	const char *best = NULL;
	size_t distance = SIZE_MAX;

	for (size_t i = 0; i < t->count; i++) {
		if (t->opts[i].name)
			ft_nearest_step(word, t->opts[i].name, &best, &distance);
	}
	return best;
}

/* "--name" or "--name=value" that is no option, or the beginning of several. */
static int complain_long(struct parse *ps, const char *name)
{
	const struct fti_opt_table *t = ps->table;
	size_t len = strcspn(name, "=");
	const char *found[2] = { NULL, NULL };
	char quoted[QUOTE_SIZE], word[64];

	for (size_t i = 0; i < t->count && !found[1]; i++) {
		if (t->opts[i].name && !strncmp(t->opts[i].name, name, len))
			found[found[0] != NULL] = t->opts[i].name;
	}
	quote(quoted, name, len);
	if (found[1])
		return complain(ps, "option '--%s' is ambiguous ('--%s' or '--%s')", quoted,
				found[0], found[1]);
	snprintf(word, sizeof(word), "%.*s", (int)(len < sizeof(word) ? len : sizeof(word)), name);
	found[0] = nearest_name(t, word);
	if (found[0])
		return complain(ps, "unknown option '--%s' (did you mean '--%s'?)", quoted,
				found[0]);
	return complain(ps, "unknown option '--%s' (see '%s -h')", quoted, ps->spec->tool);
}

/* word: what was being read, "-xyz"; letter: what is none of ours in it. */
static int complain_letter(struct parse *ps, const char *word, char letter)
{
	const char *tool = ps->spec->tool;
	char quoted[QUOTE_SIZE];

	if (word[1] && word[2] && fti_opt_name(ps->table, word + 1, strlen(word + 1)))
		return complain(ps, "unknown option '%s' (did you mean '-%s'?)", word, word);
	return complain(ps, "unknown option '-%s' (see '%s -h')", quote(quoted, &letter, 1), tool);
}

/* getopt_long() refused what it read in word. */
static int complain_option(struct parse *ps, int code, const char *word)
{
	const struct ft_opt *o = optopt ? option_of(ps->table, optopt) : NULL;
	const char *an;
	char name[48];

	if (!o)
		return !strncmp(word, "--", 2) ? complain_long(ps, word + 2) :
						 complain_letter(ps, word, optopt);
	spell(name, sizeof(name), o, optopt);
	if (code != ':')
		return complain(ps, "option '%s' takes no argument", name);
	an = strchr("AEIOU", o->arg[0]) || !strcmp(o->arg, "N") ? "an" : "a";
	return complain(ps, "option '%s' needs %s %s", name, an, o->arg);
}

/* -- operands ---------------------------------------------------------------------------------- */

static int check_operands(struct parse *ps, const struct ft_opt_common *c)
{
	const struct ft_opt_spec *spec = ps->spec;
	int max = spec->operands ? spec->max_operands : 0;
	char word[QUOTE_SIZE];

	if (c->operand_count < spec->min_operands)
		return complain(ps, "missing operand: %s (see '%s -h')",
				spec->operands ? spec->operands : "", spec->tool);
	if (c->operand_count > max && (max || !spec->operands))
		return complain(ps, "unexpected operand '%s' (see '%s -h')",
				quote(word, c->operands[max], strlen(c->operands[max])),
				spec->tool);
	return 0;
}

/* What follows "--": the command, or more operands. */
static int take_rest(struct parse *ps, struct ft_opt_common *c, int argc, char **argv)
{
	if (ps->spec->command) {
		if (optind == argc)
			return complain(ps, "'--' needs a COMMAND (see '%s -h')", ps->spec->tool);
		c->command = argv + optind;
		return 0;
	}
	while (optind < argc)
		c->operands[c->operand_count++] = argv[optind++];
	return 0;
}

/*
 * "-" makes getopt_long() hand out operands in their place, whatever POSIXLY_CORRECT says.  They
 * are gathered at the front of argv, over what has been read.
 */
static int parse_all(struct parse *ps, struct ft_opt_common *c, int argc, char **argv,
		     const char *letters, const struct option *names)
{
	int code, word = 1, err = 0;

	optind = 0;	/* start anew */
	opterr = 0;
	c->operands = argc ? argv + 1 : argv;
	while (!err && (code = getopt_long(argc, argv, letters, names, NULL)) != -1) {
		if (code == 1 && ps->spec->bare_command) {
			c->command = argv + optind - 1;
			c->operands = argv + argc;
			return 0;
		}
		if (code == 1)
			c->operands[c->operand_count++] = optarg;
		else if (code == '?' || code == ':')
			err = complain_option(ps, code, argv[word]);
		else
			err = take_option(ps, code);
		if (ps->table->help || ps->table->version)
			return 0;
		word = optind;
	}
	if (!err && optind > word)
		err = take_rest(ps, c, argc, argv);
	if (err)
		return err;
	if (argc)
		c->operands[c->operand_count] = NULL;
	return check_operands(ps, c);
}

static void getopt_tables(const struct fti_opt_table *t, char *letters, struct option *names)
{
	*letters++ = '-';
	*letters++ = ':';
	for (size_t i = 0; i < t->count; i++) {
		const struct ft_opt *o = &t->opts[i];
		bool arg = o->type != FT_OPT_FLAG;

		if (o->letter)
			*letters++ = o->letter;
		if (o->letter && arg)
			*letters++ = ':';
		if (o->name)
			*names++ = (struct option){ .name = o->name, .val = LONG_BASE + (int)i,
						    .has_arg = arg };
	}
	*letters = 0;
	*names = (struct option){ .name = NULL };
}

int fti_opt_parse(struct ft_opt_common *c, const struct ft_opt_spec *spec, int argc, char **argv,
		  char *err, size_t size)
{
	struct fti_opt_table table;
	struct parse ps = { .spec = spec, .table = &table, .err = err, .size = size };
	struct option names[FTI_OPT_MAX + 1];
	char letters[2 * FTI_OPT_MAX + 3];
	int failed;

	*c = (struct ft_opt_common){
		.max_rate = spec->max_rate ? spec->max_rate : FT_MAX_RATE_DEFAULT,
	};
	if (size)
		*err = 0;
	fti_opt_table(&table, spec, c);
	if (table.full)
		return complain(&ps, "has more than %d options", FTI_OPT_MAX);
	getopt_tables(&table, letters, names);
	failed = parse_all(&ps, c, argc, argv, letters, names);
	if (failed)
		return failed;
	return table.help ? FTI_OPT_HELP : table.version ? FTI_OPT_VERSION : FTI_OPT_RUN;
}
