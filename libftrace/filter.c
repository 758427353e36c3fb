/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/filter.h"
#include "ftrace/opt.h"
#include "ftrace/out.h"

#define DEPTH_MAX  32		/* far more than anybody writes */
#define LENGTH_MAX 4000		/* the kernel takes less than a page */

struct parser {
	const char *text, *p;
	const struct ft_show_event *ev;
	struct ft_filter_error *error;
	int depth;
};

/* Fields of every event; COMM and CPU are the running task's even where an event has its own. */
static const char *const generic[] = {
	"common_pid", "common_type", "common_flags", "common_preempt_count",
	"comm", "COMM", "cpu", "CPU", "stacktrace", "STACKTRACE",
};

#define GENERICS (sizeof(generic) / sizeof(generic[0]))

static int mistake(struct parser *ps, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int mistake(struct parser *ps, const char *at, const char *fmt, ...)
{
	va_list ap;

	ps->error->at = (size_t)(at - ps->text);
	va_start(ap, fmt);
	vsnprintf(ps->error->reason, sizeof(ps->error->reason), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static void skip_blanks(struct parser *ps)
{
	while (*ps->p == ' ' || *ps->p == '\t')
		ps->p++;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* -- fields ------------------------------------------------------------------------------------ */

static int no_field(struct parser *ps, const char *at, const char *name)
{
	const char *best = NULL;
	size_t distance = SIZE_MAX;

	for (const struct ft_show_field *f = ps->ev->fields; f->name; f++)
		ft_nearest_step(name, f->name, &best, &distance);
	for (size_t i = 0; i < GENERICS; i++)
		ft_nearest_step(name, generic[i], &best, &distance);
	ps->error->field = true;
	return mistake(ps, at, "no such field '%s'%s%.40s%s", name, best ? " (did you mean '" : "",
		       best ? best : "", best ? "'?)" : "");
}

/* Some kernels have common fields of their own. */
static bool is_generic(const char *name)
{
	for (size_t i = 0; i < GENERICS; i++)
		if (!strcmp(name, generic[i]))
			return true;
	return !strncmp(name, "common_", 7);
}

/* What of a value is known beforehand; ANY is left to the kernel. */
enum value { NUMBER, STRING, ANY };

static int parse_field(struct parser *ps, enum value *value)
{
	const struct ft_show_field *f;
	const char *at = ps->p;
	char name[64];
	size_t len = 0;

	while (is_word(at[len]))
		len++;
	if (!len)
		return mistake(ps, at, "%s", *at ? "a field's name is expected here" :
			       "it ends too early");
	if (len >= sizeof(name))
		return mistake(ps, at, "no field has such a long name");
	memcpy(name, at, len);
	name[len] = 0;
	ps->p += len;
	f = ft_show_field(ps->ev, name);
	if (!f && !is_generic(name))
		return no_field(ps, at, name);
	*value = ANY;
	if (*ps->p == '.') {
		/* ".ustring", ".function": of newer kernels */
		for (ps->p++; is_word(*ps->p); ps->p++)
			;
		return 0;
	}
	if (f && f->kind == FT_SHOW_STRING)
		*value = STRING;
	else if (f ? f->kind == FT_SHOW_INT : !strcmp(name, "common_pid"))
		*value = NUMBER;
	else if (!f && !strcasecmp(name, "comm"))
		*value = STRING;
	return 0;
}

/* -- operators and values ---------------------------------------------------------------------- */

static int parse_operator(struct parser *ps, enum value value)
{
	static const char *const operators[] = { "==", "!=", "<=", ">=", "<", ">", "~", "&" };
	const char *at = ps->p, *found = NULL;

	for (size_t i = 0; !found && i < sizeof(operators) / sizeof(operators[0]); i++)
		if (!strncmp(at, operators[i], strlen(operators[i])))
			found = operators[i];
	if (!strncmp(at, "&&", 2))
		found = NULL;
	if (!found && *at == '=')
		return mistake(ps, at, "no operator '=' (did you mean '=='?)");
	if (!found)
		return mistake(ps, at, "an operator (== != < <= > >= & ~) is expected here");
	ps->p += strlen(found);
	if (value == STRING && !strchr("=!~", *found))
		return mistake(ps, at, "a string is compared by ==, != or ~");
	if (value == NUMBER && *found == '~')
		return mistake(ps, at,
			       "only strings have patterns: numbers are compared by ==, !=, <, ...");
	return 0;
}

static int parse_string(struct parser *ps)
{
	const char *at = ps->p, *end = strchr(at + 1, *at);

	if (!end)
		return mistake(ps, at, "a quote is not closed");
	ps->p = end + 1;
	return 0;
}

static int parse_number(struct parser *ps)
{
	const char *at = ps->p;
	char *end;

	/* Base 0, as the kernel reads it. */
	errno = 0;
	strtoull(at + (*at == '-'), &end, 0);
	if (!isdigit((unsigned char)at[*at == '-']) || is_word(*end) || *end == '.')
		return mistake(ps, at, "not a number");
	if (errno)
		return mistake(ps, at, "a number beyond 64 bits");
	ps->p = end;
	return 0;
}

/* CPUS{0-3}, a function's or a constant's name: which kernels take them is their word. */
static int parse_other(struct parser *ps)
{
	const char *at = ps->p;

	while (*ps->p && !strchr(" \t()&|!\"'", *ps->p))
		ps->p++;
	return ps->p == at ? mistake(ps, at, "a value is expected here") : 0;
}

static int parse_value(struct parser *ps, enum value value)
{
	const char c = *ps->p;

	if (!c)
		return mistake(ps, ps->p, "a value is expected here");
	if (c == '"' || c == '\'') {
		if (value == NUMBER)
			return mistake(ps, ps->p, "the field is a number, not a string");
		return parse_string(ps);
	}
	if (value == STRING && !strchr("()&|!", c))
		return mistake(ps, ps->p, "a string needs quotes: \"...\"");
	if (value == NUMBER && (isdigit((unsigned char)c) || c == '-'))
		return parse_number(ps);
	return parse_other(ps);
}

static int parse_predicate(struct parser *ps)
{
	enum value value = ANY;
	int err = parse_field(ps, &value);

	skip_blanks(ps);
	if (!err)
		err = parse_operator(ps, value);
	skip_blanks(ps);
	return err ? err : parse_value(ps, value);
}

static int parse_or(struct parser *ps);

static int parse_unary(struct parser *ps)
{
	const char *at;
	int err;

	skip_blanks(ps);
	while (*ps->p == '!') {
		ps->p++;
		skip_blanks(ps);
	}
	at = ps->p;
	if (*at != '(')
		return parse_predicate(ps);
	if (++ps->depth > DEPTH_MAX)
		return mistake(ps, at, "too many parentheses");
	ps->p++;
	err = parse_or(ps);
	if (!err && *ps->p != ')')
		err = *ps->p ? mistake(ps, ps->p, "&&, || or ) is expected here") :
			       mistake(ps, at, "a parenthesis is not closed");
	ps->p += !err;
	ps->depth--;
	return err;
}

static int parse_chain(struct parser *ps, const char *operator, int (*parse)(struct parser *))
{
	int err = parse(ps);

	for (skip_blanks(ps); !err && !strncmp(ps->p, operator, 2); skip_blanks(ps)) {
		ps->p += 2;
		err = parse(ps);
	}
	return err;
}

static int parse_and(struct parser *ps)
{
	return parse_chain(ps, "&&", parse_unary);
}

static int parse_or(struct parser *ps)
{
	return parse_chain(ps, "||", parse_and);
}

int ft_filter_check(const char *filter, const struct ft_show_event *ev,
		    struct ft_filter_error *error)
{
	struct parser ps = { .text = filter, .p = filter, .ev = ev, .error = error };
	int err;

	memset(error, 0, sizeof(*error));
	for (const char *c = filter; *c; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 127)
			return mistake(&ps, c, "a control character");
	if (strlen(filter) > LENGTH_MAX)
		return mistake(&ps, filter, "longer than %d bytes", LENGTH_MAX);
	err = parse_or(&ps);
	if (!err && *ps.p)
		err = mistake(&ps, ps.p, *ps.p == ')' ? "a parenthesis too many" :
			      "&& or || is expected here");
	return err;
}

bool ft_filter_is_event(const char *text)
{
	const char *colon = strchr(text, ':');

	if (!colon || colon == text || !colon[1])
		return false;
	for (const char *c = text; *c; c++)
		if (!is_word(*c) && !strchr("*?[]-!:.\\", *c))
			return false;
	return true;
}

/* -- mistakes, shown --------------------------------------------------------------------------- */

#define SHOWN 100
#define BEFORE 60

void ft_filter_caret(const char *filter, size_t at, char out[FT_FILTER_CARET_MAX])
{
	const size_t len = strlen(filter), from = at > BEFORE && len > SHOWN ? at - BEFORE : 0;
	char part[SHOWN + 1], shown[3 * SHOWN];
	size_t n = strnlen(filter + from, SHOWN), column;

	memcpy(part, filter + from, n);
	part[n] = 0;
	/* A quarter of it may be escapes of four bytes. */
	column = ft_out_escape(shown, sizeof(shown), part, n);
	if (column == n && at - from <= n)
		snprintf(out, FT_FILTER_CARET_MAX, "\n  %s\n  %*s^", shown, (int)(at - from), "");
	else
		snprintf(out, FT_FILTER_CARET_MAX, "\n  %s", shown);
}

/* Behind "Command: ", or at the begin of the line, a caret points below. */
static size_t caret_column(const char *line, size_t indent)
{
	const char *caret = strchr(line, '^'), *end = strchr(line, '\n');

	if (!caret || (end && caret > end) || (size_t)(caret - line) < indent)
		return 0;
	return (size_t)(caret - line) - indent;
}

static bool take_reason(struct ft_filter_error *error, const char *reason, size_t at,
			const char *filter)
{
	const size_t len = strcspn(reason, "\n");

	memset(error, 0, sizeof(*error));
	error->at = at < strlen(filter) ? at : strlen(filter);
	ft_out_escape(error->reason, sizeof(error->reason), reason, len);
	return len != 0;
}

bool ft_filter_kernel_error(const char *text, const char *filter, struct ft_filter_error *error)
{
	static const char label[] = "  Command: ";
	const size_t len = strlen(filter);
	const char *found = NULL, *reason, *p;

	/* "[  5.1] event filter parse error: error: Field not found", the command, the caret */
	for (p = text; (p = strstr(p, label)); p++)
		if (!strncmp(p + strlen(label), filter, len) && p[strlen(label) + len] == '\n')
			found = p;
	if (found) {
		for (reason = found; reason > text + 1 && reason[-2] != '\n'; reason--)
			;
		reason = strstr(reason > text + 1 ? reason - 1 : text, "error: error: ");
		p = found + strlen(label) + len + 1;
		if (reason && reason < found)
			return take_reason(error, reason + 14, caret_column(p, strlen(label)),
					   filter);
	}
	/* the filter, the caret, "parse_error: Field not found" */
	reason = strstr(text, "\nparse_error: ");
	if (!reason || strncmp(text, filter, len) || text[len] != '\n')
		return false;
	return take_reason(error, reason + 14, caret_column(text + len + 1, 0), filter);
}
