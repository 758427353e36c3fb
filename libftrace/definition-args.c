/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a probe records: "[NAME=]FETCH[:TYPE]", checked, and said as the kernel that runs knows it.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "definition-args.h"
#include "ftrace/opt.h"

#define ARGS_MAX  32	/* ft_probes_add()'s */
#define NAME_MAX_ 31	/* the kernel's MAX_ARG_NAME_LEN, less a NUL */

int fti_args_bad(struct fti_args *a, const char *fmt, ...)
{
	char reason[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	return fti_definition_why(a->why, -EINVAL, "'%.*s': %s",
				  a->word_len < 80 ? a->word_len : 80, a->word, reason);
}

int fti_args_unknown(struct fti_args *a, const char *what, const char *since)
{
	return fti_definition_why(a->why, -EOPNOTSUPP,
				  "'%.*s': this kernel does not know %s (%s and later)",
				  a->word_len < 80 ? a->word_len : 80, a->word, what, since);
}

bool fti_args_know(const struct fti_args *a, const char *word)
{
	return !a->readme || strstr(a->readme, word);
}

int fti_args_put(struct fti_args *a, const char *text, size_t len)
{
	if (a->len + len > FTI_ARGS_WORD)
		return fti_args_bad(a, "longer than the kernel takes (%d characters)",
				    FTI_ARGS_WORD);
	memcpy(a->out + a->len, text, len);
	a->len += len;
	a->out[a->len] = 0;
	return 0;
}

int fti_args_putf(struct fti_args *a, const char *fmt, ...)
{
	char text[FTI_ARGS_WORD + 2];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return fti_args_put(a, text, (size_t)n);
}

static size_t digits(const char *p)
{
	size_t n = 0;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		for (n = 2; isxdigit((unsigned char)p[n]); n++)
			;
		return n > 2 ? n : 0;
	}
	while (isdigit((unsigned char)p[n]))
		n++;
	return n;
}

int fti_args_number(struct fti_args *a, const char **p, uint64_t *v)
{
	size_t n = digits(*p);
	char text[32];

	if (!n || n >= sizeof(text))
		return fti_args_bad(a, "a number is missing");
	memcpy(text, *p, n);
	text[n] = 0;
	if (fti_parse_offset(text, v))
		return fti_args_bad(a, "'%s' is out of range", text);
	*p += n;
	return 0;
}

bool fti_is_word(const char *p, size_t len, const char *word)
{
	return strlen(word) == len && !strncmp(p, word, len);
}

/* -- arguments --------------------------------------------------------------------------------- */

static int take_word(struct fti_args *a, const char *p, size_t len)
{
	const char *end = p + len;
	int err;

	a->len = a->depth = 0;
	a->out[0] = 0;
	a->bare = true;
	a->retval = false;
	a->type = NULL;
	err = fti_args_fetch(a, &p);
	if (!err && *p == ':' && p < end) {
		p++;
		err = fti_args_type(a, &p);
	} else if (!err && a->type && a->bare) {
		err = fti_args_putf(a, ":%s", a->type);
	}
	return err || p == end ? err
			       : fti_args_bad(a, "'%.*s' is not understood",
					      (int)(end - p < 40 ? end - p : 40), p);
}

static int take_name(struct fti_args *a, const char **p, size_t *len, size_t number,
		     char name[NAME_MAX_ + 1])
{
	const size_t n = fti_identifier(*p);

	if (!n || n >= *len || (*p)[n] != '=') {
		snprintf(name, NAME_MAX_ + 1, "arg%zu", number);
		return 0;
	}
	if (n > NAME_MAX_)
		return fti_args_bad(a, "the name is longer than %d characters", NAME_MAX_);
	memcpy(name, *p, n);
	name[n] = 0;
	if (!strncmp(name, "common_", 7) || !strncmp(name, "__probe_", 8))
		return fti_args_bad(a, "the kernel has a field '%s' of its own", name);
	*p += n + 1;
	*len -= n + 1;
	return *len ? 0 : fti_args_bad(a, "nothing is named");
}

static bool is_named_before(char names[][NAME_MAX_ + 1], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], names[count]))
			return true;
	return false;
}

int ft_definition_args(const struct ft_definition *d, const char *readme, char *args, char *why)
{
	char names[ARGS_MAX][NAME_MAX_ + 1];
	struct fti_args a = { .d = d, .readme = readme, .why = why };
	const char *p = d->args ? d->args : "";
	size_t count = 0, at = 0, len;
	bool named;
	int err = 0;

	*args = 0;
	for (; (len = fti_word(&p)) && !err; p += len) {
		a.word = p;
		a.word_len = (int)len;
		if (count == ARGS_MAX)
			return fti_args_bad(&a, "more than %d arguments", ARGS_MAX);
		err = take_name(&a, &p, &len, count + 1, names[count]);
		named = p != a.word;
		if (!err && is_named_before(names, count))
			err = fti_args_bad(&a, "two arguments are named '%s'", names[count]);
		if (!err)
			err = take_word(&a, p, len);
		if (!err)
			at += (size_t)snprintf(args + at, FT_DEFINITION_ARGS_MAX - at, "%s%s%s%s",
					       count ? " " : "", named ? names[count] : "",
					       named ? "=" : "", a.out);
		count++;
	}
	return err;
}

bool ft_definition_arg(const struct ft_definition *d, size_t n, struct ft_definition_arg *out)
{
	char why[FT_DEFINITION_WHY], name[NAME_MAX_ + 1];
	struct fti_args a = { .d = d, .why = why };
	const char *p = d->args ? d->args : "";
	size_t len;

	for (size_t i = 0; (len = fti_word(&p)); i++, p += len) {
		a.word = p;
		a.word_len = (int)len;
		if (take_name(&a, &p, &len, i + 1, name) || take_word(&a, p, len))
			return false;
		if (i < n)
			continue;
		strcpy(out->name, name);
		out->retval = a.retval;
		out->string = strstr(a.out, "string") || strstr(a.out, "symstr") ||
			      strstr(a.out, "$comm");
		return true;
	}
	return false;
}
