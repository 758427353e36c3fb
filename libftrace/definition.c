/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "definition.h"
#include "ftrace/opt.h"

#define HOW_USER   "a function of a program is written file:function"
#define HOW_KERNEL "a function is written function, function+0x10 or module:function"
#define HOW_USDT   "a built-in probe is written u:provider:name"
#define NO_PATTERN "patterns are for functrace, funccount and funcslower"

int fti_definition_why(char *why, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, FT_DEFINITION_WHY, fmt, ap);
	va_end(ap);
	return err;
}

static const char *how(const struct ft_definition *d)
{
	return d->user ? HOW_USER : HOW_KERNEL;
}

/* -- words ------------------------------------------------------------------------------------- */

size_t fti_word(const char **p)
{
	*p += strspn(*p, " ");
	return strcspn(*p, " ");
}

size_t fti_identifier(const char *p)
{
	size_t n = 0;

	if (isdigit((unsigned char)*p))
		return 0;
	while (isalnum((unsigned char)p[n]) || p[n] == '_')
		n++;
	return n;
}

/* EVENT or GROUP/EVENT; the group is not used: ours has its own. */
static size_t event_at(const char *p, size_t len)
{
	size_t group = fti_identifier(p);

	if (group && group < len && p[group] == '/')
		return group + 1 + fti_identifier(p + group + 1) == len ? group + 1 : len;
	return group == len ? 0 : len;
}

static bool is_event(const char *p, size_t len)
{
	return event_at(p, len) < len;
}

/* Is the second word a place, the first one being a name then?  A function has no '=' and begins as
 * no argument does; the file of a user's has a ':' behind it. */
static bool is_place(const char *p, size_t len, bool user)
{
	size_t n = 0;

	if (!len || memchr(p, '=', len) || strchr("%$+-@\\", *p))
		return false;
	if (user)
		return memchr(p, ':', len);
	while (n < len && (isalnum((unsigned char)p[n]) || strchr("_.:+%$-", p[n])))
		n++;
	return n == len && !memmem(p, len, "->", 2);
}

/* -- the place --------------------------------------------------------------------------------- */

static bool cut_return(char *place)
{
	static const char suffix[] = "%return";
	size_t len = strlen(place);

	if (len < sizeof(suffix) || strcmp(place + len - (sizeof(suffix) - 1), suffix) != 0)
		return false;
	place[len - (sizeof(suffix) - 1)] = 0;
	return true;
}

int fti_parse_offset(const char *text, uint64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
		return ft_parse_u64(text, 0, INT64_MAX, out);
	if (!isxdigit((unsigned char)text[2]))
		return -EINVAL;
	errno = 0;
	*out = strtoull(text + 2, &end, 16);
	return errno || *end ? -EINVAL : 0;
}

/* What kallsyms and symbol tables have; a '+' begins an offset. */
static bool is_function(const char *p)
{
	if (!*p || isdigit((unsigned char)*p))
		return false;
	for (; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_.$@", *p))
			return false;
	return true;
}

static bool is_module(const char *p)
{
	for (; isalnum((unsigned char)*p) || *p == '_' || *p == '-'; p++)
		;
	return !*p;
}

/* "function+0x10" or "0x1234". */
static int parse_function(struct ft_definition *d, char *text, char *why)
{
	char *plus;

	if (isdigit((unsigned char)*text)) {
		if (fti_parse_offset(text, &d->offset))
			return fti_definition_why(why, -EINVAL, "'%.80s' is not an address", text);
		return 0;
	}
	plus = strchr(text, '+');
	if (plus) {
		*plus = 0;
		if (fti_parse_offset(plus + 1, &d->offset))
			return fti_definition_why(why, -EINVAL, "'+%.80s' is not an offset",
						  plus + 1);
	}
	if (!is_function(text))
		return fti_definition_why(why, -EINVAL, "'%.80s' is not a function: %s", text,
					  strpbrk(text, "*?[") ? NO_PATTERN : how(d));
	d->function = strdup(text);
	return d->function ? 0 : -ENOMEM;
}

static int parse_file(struct ft_definition *d, char *place, char *why)
{
	/* A path may have colons, a function has none. */
	char *colon = d->user ? strrchr(place, ':') : strchr(place, ':');
	int err;

	if ((d->user && !colon) || colon == place || (colon && !colon[1]))
		return fti_definition_why(why, -EINVAL, "%s", how(d));
	if (!colon)
		return parse_function(d, place, why);
	*colon = 0;
	if (d->user ? strchr(place, '#') != NULL : !is_module(place))
		return fti_definition_why(why, -EINVAL, "'%.80s' is not a %s", place, d->user ?
					  "file: the kernel takes no path with a '#'" : "module");
	d->file = strdup(place);
	if (!d->file)
		return -ENOMEM;
	err = parse_function(d, colon + 1, why);
	if (!err && !d->user && !d->function)
		return fti_definition_why(why, -EINVAL, "an address is not of a module");
	return err;
}

static int parse_place(struct ft_definition *d, const char *word, size_t len, char *why)
{
	char *place = strndup(word, len);
	int err;

	if (!place)
		return -ENOMEM;
	if (d->usdt) {
		d->function = place;
		return strchr(place, ':') ? 0 : fti_definition_why(why, -EINVAL, HOW_USDT);
	}
	if (cut_return(place))
		d->kind = d->user ? FT_PROBE_USER_RETURN : FT_PROBE_KERNEL_RETURN;
	err = parse_file(d, place, why);
	free(place);
	if (!err && fti_is_return(d) && (d->offset || !d->function))
		return fti_definition_why(why, -EINVAL,
					  "a return is a function's, not an address's");
	return err;
}

/* -- the whole --------------------------------------------------------------------------------- */

/* "p:", "r10:", "u:", or with a blank for the colon: what is behind it.  Without it: an entry. */
static const char *parse_kind(struct ft_definition *d, const char *text)
{
	const char *p = text + 1;
	uint64_t max = 0;

	d->kind = d->user ? FT_PROBE_USER : FT_PROBE_KERNEL;
	if (*text == 'r')
		for (; isdigit((unsigned char)*p) && max < 10000; p++)
			max = max * 10 + (unsigned int)(*p - '0');
	if (!*text || !strchr("pru", *text) || (*p != ':' && *p != ' ') ||
	    (*text == 'u' && !d->user))
		return text;
	if (*text == 'r')
		d->kind = d->user ? FT_PROBE_USER_RETURN : FT_PROBE_KERNEL_RETURN;
	d->usdt = *text == 'u';
	d->max_active = (unsigned int)max;
	return p + 1;
}

static int check_bytes(const char *text, char *why)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return fti_definition_why(why, -EINVAL, "control characters are in it");
	return 0;
}

static int parse(struct ft_definition *d, const char *text, char *why)
{
	char args[FT_DEFINITION_ARGS_MAX];
	const char *p = parse_kind(d, text), *second;
	size_t len = fti_word(&p), next;
	int err;

	second = p + len;
	next = fti_word(&second);
	if (is_event(p, len) && (is_place(second, next, d->user) || memchr(p, '/', len))) {
		d->event = strndup(p + event_at(p, len), len - event_at(p, len));
		if (!d->event)
			return -ENOMEM;
		if (strlen(d->event) >= FTI_DEFINITION_NAME)
			return fti_definition_why(why, -EINVAL, "'%.80s' is too long a name",
						  d->event);
		p = second;
		len = next;
	}
	if (!len)
		return fti_definition_why(why, -EINVAL, "%s", how(d));
	if (d->max_active > 4096 || (d->max_active && !fti_is_return(d)))
		return fti_definition_why(why, -EINVAL, "at most r4096");
	err = parse_place(d, p, len, why);
	p += len;
	if (err || !fti_word(&p))
		return err;
	d->args = strdup(p);
	return d->args ? ft_definition_args(d, NULL, args, why) : -ENOMEM;
}

int ft_definition_parse(struct ft_definition *d, const char *text, bool user, char *why)
{
	int err;

	*d = (struct ft_definition){ .user = user };
	*why = 0;
	err = check_bytes(text, why);
	if (!err)
		err = parse(d, text, why);
	if (err == -ENOMEM)
		fti_definition_why(why, err, "%s", strerror(ENOMEM));
	if (err)
		ft_definition_free(d);
	return err;
}

void ft_definition_free(struct ft_definition *d)
{
	free(d->event);
	free(d->file);
	free(d->function);
	free(d->args);
	d->event = d->file = d->function = d->args = NULL;
}

bool ft_definition_is_filter(const char *text)
{
	struct ft_definition d = { .user = true };

	if (parse_kind(&d, text) != text)
		return false;
	for (const char *p = text; *p; p++)
		if (strchr("!<~&|", *p) || (*p == '>' && (p == text || p[-1] != '-')) ||
		    (*p == '=' && p[1] == '='))
			return true;
	return false;
}

void fti_definition_name(const struct ft_definition *d, const char *from,
			 char name[FTI_DEFINITION_NAME])
{
	const char *slash = d->file ? strrchr(d->file, '/') : NULL, *file = d->file;
	char made[2 * FTI_DEFINITION_NAME];

	if (d->event) {
		snprintf(name, FTI_DEFINITION_NAME, "%s", d->event);
		return;
	}
	if (!from)
		from = d->function;
	file = slash ? slash + 1 : file ? file : "p";
	if (!from)
		snprintf(made, sizeof(made), "%.26s_0x%llx", file, (unsigned long long)d->offset);
	else if (d->offset)
		snprintf(made, sizeof(made), "%.26s_0x%llx", from, (unsigned long long)d->offset);
	else
		snprintf(made, sizeof(made), "%.45s", from);
	if (isdigit((unsigned char)*made))
		*made = '_';
	for (char *p = made; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_')
			*p = '_';
	snprintf(name, FTI_DEFINITION_NAME, "%.45s", made);
}
