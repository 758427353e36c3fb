/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "show-print.h"
#include "text.h"

#define STEPS_MAX 128
#define WIDTH_MAX 64

/* A piece of the format: text, and behind it a conversion, if x is not NULL. */
struct step {
	const char	*text;
	size_t		 len;
	struct fti_expr *x;
	char		 conversion;	/* d u x X s c p; S f: %pS and %ps */
	uint8_t		 size;		/* bytes of the number */
	uint8_t		 width;
	bool		 zero, left, prefix;
};

struct fti_print {
	size_t	    count;
	struct step step[STEPS_MAX];
};

void fti_print_free(struct fti_print *pr)
{
	if (!pr)
		return;
	for (size_t i = 0; i < pr->count; i++)
		fti_expr_free(pr->step[i].x);
	free(pr);
}

/* -- compiling --------------------------------------------------------------------------------- */

static const char *parse_length(const char *p, struct step *s)
{
	s->size = 4;
	if (*p == 'h') {
		s->size = p[1] == 'h' ? 1 : 2;
		return p + (s->size == 1 ? 2 : 1);
	}
	if (*p == 'l' || *p == 'z' || *p == 'L') {
		s->size = *p == 'l' && p[1] != 'l' ? sizeof(long) : 8;
		return p + (*p == 'l' && p[1] == 'l' ? 2 : 1);
	}
	return p;
}

/* Addresses: those with a letter behind are of functions, or something else (%pI4, %pU). */
static const char *parse_pointer(const char *p, struct step *s)
{
	if (s->width || s->zero || s->left)
		return NULL;
	s->size = sizeof(long);
	s->conversion = *p == 'S' || *p == 'F' ? 'S' : *p == 's' || *p == 'f' ? 'f' : 'p';
	if (s->conversion == 'p')
		return isalnum((unsigned char)*p) ? NULL : p;
	return p + 1;
}

/* Behind the '%'; NULL: not understood. */
static const char *parse_conversion(const char *p, struct step *s)
{
	for (; *p && strchr("0-#", *p); p++) {
		s->zero |= *p == '0';
		s->left |= *p == '-';
		s->prefix |= *p == '#';
	}
	for (; isdigit((unsigned char)*p); p++) {
		if (s->width > WIDTH_MAX / 10)
			return NULL;
		s->width = (uint8_t)(s->width * 10 + *p - '0');
	}
	p = parse_length(p, s);
	if (*p == 'p')
		return parse_pointer(p + 1, s);
	if (!*p || !strchr("diuxXsc", *p))
		return NULL;
	s->conversion = *p == 'i' ? 'd' : *p;
	if (s->conversion == 's' && (s->zero || s->prefix || s->size != 4))
		return NULL;
	if (s->conversion == 'c' && (s->width || s->prefix))
		return NULL;
	return p + 1;
}

static bool compile(struct fti_print *pr, const struct ft_events *evs,
		    const struct tep_event *event)
{
	const struct tep_print_arg *arg = event->print_fmt.args;
	const char *p = event->print_fmt.format;

	while (*p) {
		struct step *s = &pr->step[pr->count];

		if (pr->count == STEPS_MAX)
			return false;
		pr->count++;
		s->text = p;
		s->len = strcspn(p, "%\\");
		p += s->len;
		if (!*p)
			break;
		/* Probes have strings in quotes. */
		if (*p == '\\' && p[1] == '"') {
			p++;
			continue;
		}
		if (*p == '\\')
			return false;
		if (p[1] == '%') {
			s->len++;
			p += 2;
			continue;
		}
		p = parse_conversion(p + 1, s);
		if (!p || !arg)
			return false;
		s->x = fti_expr_new(evs, event, arg, s->conversion == 's');
		if (!s->x)
			return false;
		arg = arg->next;
	}
	return true;
}

struct fti_print *fti_print_new(const struct ft_events *evs, const struct tep_event *event)
{
	struct fti_print *pr;

	if ((event->flags & TEP_EVENT_FL_FAILED) || event->handler || !event->print_fmt.format)
		return NULL;
	pr = calloc(1, sizeof(*pr));
	if (pr && !compile(pr, evs, event)) {
		fti_print_free(pr);
		pr = NULL;
	}
	return pr;
}

/* -- printing ---------------------------------------------------------------------------------- */

static uint64_t magnitude(const struct step *s, int64_t v, bool *negative)
{
	const unsigned int unused = 64 - 8 * s->size;

	*negative = false;
	if (s->conversion != 'd')
		return (uint64_t)v << unused >> unused;
	v = (int64_t)((uint64_t)v << unused) >> unused;
	*negative = v < 0;
	return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

static char *put_digits(char *p, const struct step *s, uint64_t v)
{
	char hex[FTI_PUT_MAX];

	if (s->conversion == 'd' || s->conversion == 'u')
		return fti_put_uint(p, v);
	/* without its 0x */
	p = mempcpy(p, hex + 2, (size_t)(fti_put_hex(hex, v) - hex) - 2);
	return p;
}

static char *put_number(char *p, const struct step *s, int64_t value)
{
	char digits[FTI_PUT_MAX + 4], *d = digits, *sign;
	bool negative;
	const uint64_t v = magnitude(s, value, &negative);
	size_t len, pad;

	if (negative)
		*d++ = '-';
	if (s->prefix && v && (s->conversion == 'x' || s->conversion == 'X'))
		d = mempcpy(d, "0x", 2);
	sign = d;
	d = put_digits(d, s, v);
	for (char *c = digits; s->conversion == 'X' && c < d; c++)
		*c = (char)toupper((unsigned char)*c);
	len = (size_t)(d - digits);
	pad = len < s->width ? s->width - len : 0;
	if (s->zero && !s->left) {
		p = mempcpy(p, digits, (size_t)(sign - digits));
		memset(p, '0', pad);
		return mempcpy(p + pad, sign, (size_t)(d - sign));
	}
	memset(p, ' ', s->left ? 0 : pad);
	p = mempcpy(p + (s->left ? 0 : pad), digits, len);
	memset(p, ' ', s->left ? pad : 0);
	return p + (s->left ? pad : 0);
}

static char *put_string(char *p, const char *end, const struct step *s, const struct ft_event *e)
{
	char *begin = p;
	size_t len, pad;

	p = fti_expr_string(s->x, e, p, end);
	len = (size_t)(p - begin);
	pad = len < s->width ? s->width - len : 0;
	if (!pad || pad > (size_t)(end - p))
		return p;
	if (!s->left)
		memmove(begin + pad, begin, len);
	memset(s->left ? p : begin, ' ', pad);
	return p + pad;
}

static char *put_name(char *p, const char *end, struct fti_names *names, uint64_t addr, bool offset)
{
	size_t len;
	const char *name = fti_names_get(names, addr, offset, &len);

	if (len > (size_t)(end - p))
		len = (size_t)(end - p);
	return mempcpy(p, name, len);
}

static char *put_value(char *p, const char *end, const struct step *s, const struct ft_event *e,
		       struct fti_names *names)
{
	switch (s->conversion) {
	case 's':
		return put_string(p, end, s, e);
	case 'c':
		*p++ = (char)fti_expr_number(s->x, e);
		return p;
	case 'p':
		return fti_put_hex(p, (uint64_t)fti_expr_number(s->x, e));
	case 'S':
	case 'f':
		return put_name(p, end, names, (uint64_t)fti_expr_number(s->x, e),
				s->conversion == 'S');
	default:
		return put_number(p, s, fti_expr_number(s->x, e));
	}
}

char *fti_print_put(const struct fti_print *pr, const struct ft_event *e, struct fti_names *names,
		    char *p, const char *end)
{
	for (size_t i = 0; i < pr->count; i++) {
		const struct step *s = &pr->step[i];

		if ((size_t)(end - p) < s->len + WIDTH_MAX + FTI_PUT_MAX)
			break;
		p = mempcpy(p, s->text, s->len);
		if (s->x)
			p = put_value(p, end, s, e, names);
	}
	return p;
}
