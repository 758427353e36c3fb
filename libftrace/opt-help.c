/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "opt-parse.h"

#define COLUMNS	 80
#define LEFT_MAX 30	/* a longer option has its help on the next line */

/* The usage line, broken between words. */
struct usage {
	FILE *f;
	int   indent, column;
};

static void __attribute__((format(printf, 2, 3))) put_word(struct usage *u, const char *fmt, ...)
{
	char word[256];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(word, sizeof(word), fmt, ap);
	va_end(ap);
	if (u->column + 1 + len > COLUMNS && u->column > u->indent)
		u->column = fprintf(u->f, "\n%*s", u->indent, "") - 1;
	u->column += fprintf(u->f, " %s", word);
}

/* -a before -A before -b, as perf-tools has it. */
static bool letter_before(char a, char b)
{
	int la = tolower((unsigned char)a), lb = tolower((unsigned char)b);

	return la != lb ? la < lb : a > b;
}

static void put_flags(struct usage *u, const struct fti_opt_table *t)
{
	char letters[FTI_OPT_MAX + 1];
	size_t n = 0, at;

	for (size_t i = 0; i < t->count; i++) {
		char letter = t->opts[i].letter;

		if (!letter || t->opts[i].type != FT_OPT_FLAG)
			continue;
		for (at = n++; at && letter_before(letter, letters[at - 1]); at--)
			letters[at] = letters[at - 1];
		letters[at] = letter;
	}
	letters[n] = 0;
	put_word(u, "[-%s]", letters);
}

static void put_usage(FILE *f, const struct ft_opt_spec *spec, const struct fti_opt_table *t)
{
	struct usage u = { .f = f };

	u.indent = u.column = fprintf(f, "USAGE: %s", spec->tool);
	put_flags(&u, t);
	for (size_t i = 0; i < t->count; i++) {
		const struct ft_opt *o = &t->opts[i];
		const char *again = o->type == FT_OPT_LIST ? "..." : "";

		if (o->letter && o->type != FT_OPT_FLAG)
			put_word(&u, "[-%c %s]%s", o->letter, o->arg, again);
		else if (!o->letter && i < t->own && o->type != FT_OPT_FLAG)
			put_word(&u, "[--%s %s]%s", o->name, o->arg, again);
		else if (!o->letter && i < t->own)
			put_word(&u, "[--%s]", o->name);
	}
	put_word(&u, "[OPTION...]");
	if (spec->operands)
		put_word(&u, "%s", spec->operands);
	if (spec->command)
		put_word(&u, spec->bare_command ? "[[--] COMMAND...]" : "[-- COMMAND...]");
	fputc('\n', f);
}

/* "-p, --pid PID": the left side of a row.  Returns its length. */
static int row_left(char *buf, size_t size, const struct ft_opt *o)
{
	char letter[] = { '-', o->letter, 0 };
	bool arg = o->type != FT_OPT_FLAG;

	return snprintf(buf, size, "%s%s%s%s%s%s", o->letter ? letter : "    ",
			o->letter && o->name ? ", " : "", o->name ? "--" : "",
			o->name ? o->name : "", arg ? " " : "", arg ? o->arg : "");
}

static int left_width(const struct fti_opt_table *t)
{
	char left[128];
	int width = 0;

	for (size_t i = 0; i < t->count; i++) {
		int len = row_left(left, sizeof(left), &t->opts[i]);

		if (len > width && len <= LEFT_MAX)
			width = len;
	}
	return width;
}

static void put_rows(FILE *f, const struct fti_opt_table *t, size_t from, size_t to)
{
	int width = left_width(t);
	char left[128];

	for (size_t i = from; i < to; i++) {
		if (row_left(left, sizeof(left), &t->opts[i]) > width)
			fprintf(f, "  %s\n  %*s  %s\n", left, width, "", t->opts[i].help);
		else
			fprintf(f, "  %-*s  %s\n", width, left, t->opts[i].help);
	}
}

void fti_opt_print_help(FILE *f, const struct ft_opt_spec *spec)
{
	struct fti_opt_table t;
	struct ft_opt_common c;

	fti_opt_table(&t, spec, &c);
	put_usage(f, spec, &t);
	fprintf(f, "\n%s\n\n", spec->summary);
	put_rows(f, &t, 0, t.own);
	fprintf(f, "%sCommon options:\n", t.own ? "\n" : "");
	put_rows(f, &t, t.own, t.count);
	if (spec->examples && spec->examples[0])
		fputs("\nExamples:\n", f);
	for (const char *const *e = spec->examples; e && e[0] && e[1]; e += 2)
		fprintf(f, "  %s\n      %s\n", e[0], e[1]);
	fprintf(f, "\nSee the man page (%s(8)).", spec->tool);
}
