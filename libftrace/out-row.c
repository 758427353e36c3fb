/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "out-row.h"

static uint64_t rounded_us(uint64_t ns)
{
	return ns / 1000 + (ns % 1000 >= 500);
}

static char *put_seconds(const struct ft_out *o, char *p, uint64_t ns)
{
	if (o->config.format == FT_OUT_TEXT)
		return fti_put_fixed(p, rounded_us(ns), 6);
	return fti_put_fixed(p, ns, 9);
}

static char *put_time(struct ft_out *o, char *p, uint64_t ts)
{
	uint64_t ns = o->config.wall ? o->config.wall(o->config.wall_arg, ts) : 0;
	bool quote = o->config.format == FT_OUT_JSON;

	if (!ns)
		return put_seconds(o, p, ts);
	if (quote)
		*p++ = '"';
	p = fti_put_iso(p, &o->day, ns);
	if (quote)
		*p++ = '"';
	return p;
}

static char *put_bool(const struct ft_out *o, char *p, bool v)
{
	if (o->config.format == FT_OUT_TEXT)
		return stpcpy(p, v ? "yes" : "no");
	return stpcpy(p, v ? "true" : "false");
}

/* The number of a cell as its column and the format have it; at most FTI_PUT_MAX bytes. */
static char *put_number(struct ft_out *o, char *p, const struct fti_field *f,
			const struct fti_cell *c)
{
	bool negative = c->kind == FTI_INT && (int64_t)c->number < 0 && f->type != FT_COL_HEX;
	bool quote = o->config.format == FT_OUT_JSON &&
		     (f->type == FT_COL_HEX || f->type == FT_COL_STR);
	uint64_t v = negative ? -c->number : c->number;

	if (f->type == FT_COL_BOOL)
		return put_bool(o, p, v != 0);
	if (f->type == FT_COL_TIME && !negative)
		return put_time(o, p, v);
	if (quote)
		*p++ = '"';
	if (negative)
		*p++ = '-';
	switch (f->type) {
	case FT_COL_HEX:
		p = fti_put_hex(p, v);
		break;
	case FT_COL_US:
		p = fti_put_fixed(p, v, 3);
		break;
	case FT_COL_MS:
		p = fti_put_fixed(p, rounded_us(v), 3);
		break;
	case FT_COL_TIME:
		p = put_seconds(o, p, v);
		break;
	default:
		p = fti_put_uint(p, v);
	}
	if (quote)
		*p++ = '"';
	return p;
}

/* -- text -------------------------------------------------------------------------------------- */

static char *put_blanks(char *p, int n)
{
	if (n <= 0)
		return p;
	memset(p, ' ', n);
	return p + n;
}

/* A value, aligned; *end is where it ends without the blanks after it, unmoved if it is empty. */
static char *put_aligned(char *p, const struct fti_field *f, const char *s, size_t len, char **end)
{
	int pad = f->width - (int)fti_width(s, len);

	if (!f->left)
		p = put_blanks(p, pad);
	memcpy(p, s, len);
	p += len;
	if (len)
		*end = p;
	if (f->left)
		p = put_blanks(p, pad);
	*p++ = ' ';
	return p;
}

static char *text_headings(const struct ft_out *o, char *p)
{
	char *end = p;

	for (int i = 0; i < o->columns; i++) {
		const struct fti_field *f = &o->fields[i];

		if (f->shown)
			p = put_aligned(p, f, f->name, strlen(f->name), &end);
	}
	return end;
}

static char *text_row(struct ft_out *o, char *p)
{
	char *end = p, number[FTI_PUT_MAX];

	for (int i = 0; i < o->columns; i++) {
		const struct fti_cell *c = &o->cells[i];
		const char *s = number;
		size_t len = 0;

		if (!o->fields[i].shown)
			continue;
		if (c->kind == FTI_STRING) {
			s = c->string;
			len = c->len;
		} else if (c->kind != FTI_EMPTY) {
			len = put_number(o, number, &o->fields[i], c) - number;
		}
		p = put_aligned(p, &o->fields[i], s, len, &end);
	}
	return end;
}

/* -- CSV --------------------------------------------------------------------------------------- */

static char *put_csv(char *p, const char *s, size_t len)
{
	if (!memchr(s, '"', len) && !memchr(s, ',', len))
		return mempcpy(p, s, len);
	*p++ = '"';
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"')
			*p++ = '"';
		*p++ = s[i];
	}
	*p++ = '"';
	return p;
}

static char *csv_headings(const struct ft_out *o, char *p)
{
	char *start = p;

	for (int i = 0; i < o->columns; i++) {
		const struct fti_field *f = &o->fields[i];

		if (!f->shown)
			continue;
		if (p != start)
			*p++ = ',';
		p = put_csv(p, f->name, strlen(f->name));
	}
	return p;
}

static char *csv_row(struct ft_out *o, char *p)
{
	bool first = true;

	for (int i = 0; i < o->columns; i++) {
		const struct fti_cell *c = &o->cells[i];

		if (!o->fields[i].shown)
			continue;
		if (!first)
			*p++ = ',';
		first = false;
		if (c->kind == FTI_STRING)
			p = put_csv(p, c->string, c->len);
		else if (c->kind != FTI_EMPTY)
			p = put_number(o, p, &o->fields[i], c);
	}
	return p;
}

/* -- JSON -------------------------------------------------------------------------------------- */

static char *json_row(struct ft_out *o, char *p)
{
	char *start = p;

	*p++ = '{';
	for (int i = 0; i < o->columns; i++) {
		const struct fti_field *f = &o->fields[i];
		const struct fti_cell *c = &o->cells[i];

		if (c->kind == FTI_EMPTY)
			continue;
		if (p != start + 1)
			*p++ = ',';
		p = mempcpy(p, f->key, f->key_len);
		if (c->kind == FTI_JSON) {
			p = mempcpy(p, c->string, c->len);
			continue;
		}
		if (c->kind != FTI_STRING) {
			p = put_number(o, p, f, c);
			continue;
		}
		*p++ = '"';
		p = mempcpy(p, c->string, c->len);
		*p++ = '"';
	}
	*p++ = '}';
	return p;
}

char *fti_row_headings(struct ft_out *o, char *p)
{
	return o->config.format == FT_OUT_CSV ? csv_headings(o, p) : text_headings(o, p);
}

char *fti_row_format(struct ft_out *o, char *p)
{
	switch (o->config.format) {
	case FT_OUT_JSON:
		return json_row(o, p);
	case FT_OUT_CSV:
		return csv_row(o, p);
	default:
		return text_row(o, p);
	}
}
