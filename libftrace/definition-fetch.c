/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is fetched: registers, variables, memory, constants. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "definition-args.h"
#include "ftrace/opt.h"

#define DEPTH_MAX 8

static int fetch_register(struct fti_args *a, const char **p)
{
	size_t n = 1;

	while (isalnum((unsigned char)(*p)[n]))
		n++;
	if (n == 1)
		return fti_args_bad(a, "a register has a name, like %%di");
	*p += n;
	return fti_args_put(a, *p - n, n);
}

/* "->field.field", where the kernel knows its types. */
static int fetch_fields(struct fti_args *a, const char **p)
{
	while (!strncmp(*p, "->", 2) || **p == '.') {
		const size_t sign = **p == '.' ? 1 : 2, n = fti_identifier(*p + sign);
		int err;

		if (!n)
			return fti_args_bad(a, "a field has a name");
		err = fti_args_put(a, *p, sign + n);
		if (err)
			return err;
		*p += sign + n;
	}
	return 0;
}

/* An argument of the function by its name. */
static int fetch_name(struct fti_args *a, const char **p)
{
	const size_t n = fti_identifier(*p);
	int err;

	if (a->d->user)
		return fti_args_bad(
			a,
			"no such register or variable: functions of programs have $arg1 to $arg6");
	if (!fti_args_know(a, "<argname>"))
		return fti_args_unknown(
			a, "arguments by their names; by numbers they are $arg1, $arg2",
			"6.5, with BTF,");
	err = fti_args_put(a, *p, n);
	*p += n;
	a->bare = false;
	return err ? err : fetch_fields(a, p);
}

/* Of a built-in probe: what it tells, read as wide as it is unless a type says otherwise. */
static int fetch_usdt(struct fti_args *a, uint64_t n)
{
	const struct ft_usdt_arg *arg;

	if (!a->d->usdt_args)
		return fti_args_putf(a, "$arg%" PRIu64, n);
	if (n > (uint64_t)a->d->usdt_count)
		return fti_args_bad(a, "the probe has but %d arguments", a->d->usdt_count);
	arg = &a->d->usdt_args[n - 1];
	a->type = arg->type;
	return *arg->fetch ? fti_args_putf(a, "%s", arg->fetch) : fti_args_bad(a, "%s", arg->why);
}

static int fetch_arg(struct fti_args *a, uint64_t n)
{
	const struct ft_definition *d = a->d;
	const char *fetch_as;

	if (n < 1 || n > 128)
		return fti_args_bad(a, "arguments are $arg1, $arg2, ...");
	if (d->usdt)
		return fetch_usdt(a, n);
	if (fti_is_return(d) && (d->user || !fti_args_know(a, "$retval, $arg<N>")))
		return fti_args_bad(a, "at a return the arguments are gone: record them at the "
				       "entry (p:), or use --ret");
	if (!a->readme || (!d->user && fti_args_know(a, "$arg<N>")))
		return fti_args_putf(a, "$arg%" PRIu64, n);
	if (d->offset)
		return fti_args_bad(a, "arguments are in registers only where the function begins");
	/* Those of the calling convention, which need no session. */
	fetch_as =
		n > FT_PROBE_ARGS_MAX ? NULL : ft_probe_arg(NULL, FT_PROBE_USER, (unsigned int)n);
	return fetch_as ? fti_args_putf(a, "%s", fetch_as)
			: fti_args_bad(a, "on this machine only $arg1 to $arg%d are in registers",
				       FT_PROBE_ARGS_MAX);
}

static int fetch_stack(struct fti_args *a, const char *number, size_t len)
{
	char text[16];
	uint64_t n;

	if (!len)
		return fti_args_putf(a, "$stack");
	if (len >= sizeof(text))
		return fti_args_bad(a, "no such place on the stack");
	memcpy(text, number, len);
	text[len] = 0;
	if (ft_parse_u64(text, 0, 4095, &n))
		return fti_args_bad(a, "places on the stack are $stack0 to $stack4095");
	return fti_args_putf(a, "$stack%" PRIu64, n);
}

static int fetch_retval(struct fti_args *a, const char **p)
{
	int err;

	if (!fti_is_return(a->d))
		return fti_args_bad(a, "there is a return value only at a return (r:)");
	a->retval = a->depth == 0;
	err = fti_args_putf(a, "$retval");
	if (err || (strncmp(*p, "->", 2) && **p != '.'))
		return err;
	if (!fti_args_know(a, "<argname>"))
		return fti_args_unknown(a, "fields of return values", "6.5, with BTF,");
	a->retval = a->bare = false;
	return fetch_fields(a, p);
}

static int fetch_comm(struct fti_args *a)
{
	if (!fti_args_know(a, "$comm"))
		return fti_args_unknown(a, "$comm, which each line begins with", "4.10");
	a->bare = false;
	return fti_args_putf(a, "$comm");
}

static int fetch_variable(struct fti_args *a, const char **p)
{
	const char *name = *p + 1;
	const size_t n = fti_identifier(name);
	const char *rest = name + n;
	uint64_t number;

	if (!n)
		return fti_args_bad(a, "a variable has a name, like $retval");
	if (fti_is_word(name, n, "arg") && *rest == '*') {
		*p = rest + 1;
		a->bare = false;
		return fti_args_know(a, "<argname>")
			       ? fti_args_putf(a, "$arg*")
			       : fti_args_unknown(a, "$arg*", "6.5, with BTF,");
	}
	if (!strncmp(name, "arg", 3) && 3 + strspn(name + 3, "0123456789") == n && n > 3) {
		*p = name + 3;
		return fti_args_number(a, p, &number) ? -EINVAL : fetch_arg(a, number);
	}
	*p = rest;
	if (fti_is_word(name, n, "retval"))
		return fetch_retval(a, p);
	if (fti_is_word(name, n, "comm"))
		return fetch_comm(a);
	if (!strncmp(name, "stack", 5) && 5 + strspn(name + 5, "0123456789") == n)
		return fetch_stack(a, name + 5, n - 5);
	*p = name;
	return fetch_name(a, p);
}

/* "@0xffff...", "@symbol+8", of a program's file "@+0x1234". */
static int fetch_memory(struct fti_args *a, const char **p)
{
	const char *from = ++*p;
	uint64_t v;
	size_t n;
	int err;

	if (*from == '+' || isdigit((unsigned char)*from)) {
		*p += *from == '+';
		if (*from == '+' && !a->d->user)
			return fti_args_bad(a, "'@+' is an offset in a program's file");
		err = fti_args_number(a, p, &v);
		return err ? err : fti_args_putf(a, "%s%" PRIu64, *from == '+' ? "@+" : "@", v);
	}
	for (n = 0; isalnum((unsigned char)from[n]) || (from[n] && strchr("_.$", from[n])); n++)
		;
	if (!n || a->d->user)
		return fti_args_bad(
			a, a->d->user
				   ? "the kernel knows no symbols of programs: '@' takes an address"
				   : "'@' takes an address or a symbol");
	*p += n;
	err = fti_args_putf(a, "@");
	if (!err)
		err = fti_args_put(a, from, n);
	if (err || (**p != '+' && **p != '-'))
		return err;
	n = **p == '-';
	++*p;
	err = fti_args_number(a, p, &v);
	return err ? err : fti_args_putf(a, "%s%" PRIu64, n ? "-" : "+", v);
}

/* "+8(...)", "-8(...)", "+u8(...)" of user memory. */
static int fetch_pointed(struct fti_args *a, const char **p)
{
	char sign[3] = { **p, 0, 0 };
	uint64_t offset;
	int err;

	++*p;
	if (**p == 'u') {
		++*p;
		/* Before 5.3 there was one way to read memory. */
		sign[1] = fti_args_know(a, "[u]<offset>") ? 'u' : 0;
	}
	err = fti_args_number(a, p, &offset);
	if (err)
		return err;
	if (offset > INT64_MAX)
		return fti_args_bad(a, "an offset is out of range");
	if (**p != '(')
		return fti_args_bad(a, "memory is written +8(%%di) or -8(%%di)");
	++*p;
	if (a->depth >= DEPTH_MAX)
		return fti_args_bad(a, "more than %d levels of memory", DEPTH_MAX);
	err = fti_args_putf(a, "%s%" PRIu64, sign, offset);
	if (!err)
		err = fti_args_putf(a, "(");
	a->depth++;
	if (!err)
		err = fti_args_fetch(a, p);
	a->depth--;
	if (!err && **p != ')')
		return fti_args_bad(a, "a ')' is missing");
	++*p;
	a->bare = false;
	return err ? err : fti_args_putf(a, ")");
}

static int fetch_immediate(struct fti_args *a, const char **p)
{
	const char *from = *p + 1;
	const char *sign = *from == '-' ? "\\-" : "\\";
	uint64_t v;
	size_t n;
	int err;

	if (!fti_args_know(a, "\\imm-value"))
		return fti_args_unknown(a, "constants", "5.4");
	a->bare = false;
	if (*from != '"') {
		*p = from + (*from == '-');
		err = fti_args_number(a, p, &v);
		return err ? err : fti_args_putf(a, "%s%" PRIu64, sign, v);
	}
	for (n = 1; isalnum((unsigned char)from[n]) || (from[n] && strchr("_.,:/+-", from[n])); n++)
		;
	if (from[n] != '"')
		return fti_args_bad(a, "a constant string is of letters, digits and _.,:/+-");
	*p = from + n + 1;
	err = fti_args_putf(a, "\\");
	return err ? err : fti_args_put(a, from, n + 1);
}

int fti_args_fetch(struct fti_args *a, const char **p)
{
	switch (**p) {
	case '%':
		return fetch_register(a, p);
	case '$':
		return fetch_variable(a, p);
	case '@':
		a->bare = false;
		return fetch_memory(a, p);
	case '+':
	case '-':
		return fetch_pointed(a, p);
	case '\\':
		return fetch_immediate(a, p);
	default:
		return fti_identifier(*p) ? fetch_name(a, p)
					  : fti_args_bad(a, "an argument is written %%register, "
							    "$arg1, $retval, +8(...), @symbol");
	}
}
