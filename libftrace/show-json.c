/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <string.h>

#include "ftrace/show.h"
#include "show-internal.h"
#include "text.h"

/* Room that is kept to close what is open: "...", quote, bracket, brace. */
#define CLOSE 8

struct writer {
	char *p, *end;
};

static bool has_room(const struct writer *w, size_t n)
{
	return (size_t)(w->end - w->p) >= n + CLOSE;
}

static void put(struct writer *w, const char *s, size_t len)
{
	w->p = mempcpy(w->p, s, len);
}

/* Without the closing quote's room nothing is begun: the caller has looked. */
static void put_string(struct writer *w, const char *s, size_t len)
{
	size_t taken;

	*w->p++ = '"';
	w->p += fti_escape(w->p, (size_t)(w->end - w->p) - CLOSE, s, len, FTI_ESCAPE_JSON, &taken);
	if (taken < len)
		put(w, "...", 3);
	*w->p++ = '"';
}

static uint64_t load(const unsigned char *p, size_t size, bool is_signed)
{
	const bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	uint64_t v = 0;

	for (size_t i = 0; i < size && i < 8; i++)
		v |= (uint64_t)p[big ? size - 1 - i : i] << 8 * i;
	if (is_signed && size < 8 && v >> (8 * size - 1))
		v |= ~(uint64_t)0 << 8 * size;
	return v;
}

static void put_number(struct writer *w, uint64_t v, bool is_signed)
{
	w->p = is_signed ? fti_put_int(w->p, (int64_t)v) : fti_put_uint(w->p, v);
}

static void put_array(struct writer *w, const struct ft_show_field *f, const unsigned char *p,
		      size_t len)
{
	const size_t size = f->at.size;

	*w->p++ = '[';
	for (size_t i = 0; i + size <= len && has_room(w, FTI_PUT_MAX + 1); i += size) {
		if (i)
			*w->p++ = ',';
		put_number(w, load(p + i, size, f->at.is_signed), f->at.is_signed);
	}
	*w->p++ = ']';
}

/* The words of the mask are the machine's: the last byte of the last word is the highest. */
static void put_bitmask(struct writer *w, const unsigned char *p, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	bool begun = false;

	put(w, "\"0x", 3);
	for (size_t i = len; i-- > 0 && has_room(w, 2);) {
		const size_t at = big ? (i & ~(size_t)7) + 7 - (i & 7) : i;
		const unsigned int byte = at < len ? p[at] : 0;

		if (begun || byte >> 4)
			*w->p++ = digits[byte >> 4];
		begun |= byte >> 4;
		if (begun || byte & 15 || !i)
			*w->p++ = digits[byte & 15];
		begun |= byte & 15;
	}
	if (!len)
		*w->p++ = '0';
	*w->p++ = '"';
}

static void put_value(struct writer *w, const struct ft_show_field *f, const struct ft_event *e)
{
	const unsigned char *p;
	size_t len;

	switch (f->kind) {
	case FT_SHOW_INT:
		put_number(w, f->at.is_signed ? (uint64_t)ft_field_s64(&f->at, e) :
			   ft_field_u64(&f->at, e), f->at.is_signed);
		return;
	case FT_SHOW_POINTER:
		*w->p++ = '"';
		w->p = fti_put_hex(w->p, ft_field_u64(&f->at, e));
		*w->p++ = '"';
		return;
	case FT_SHOW_STRING:
		p = (const unsigned char *)ft_show_string(f, e, &len);
		put_string(w, (const char *)p, p ? len : 0);
		return;
	default:
		p = ft_field_bytes(&f->at, e, &len);
		if (f->kind == FT_SHOW_BITMASK)
			put_bitmask(w, p, p ? len : 0);
		else
			put_array(w, f, p, p ? len : 0);
	}
}

const char *ft_show_json(struct ft_show *sh, const struct ft_event *e, size_t *len)
{
	const struct ft_show_event *ev = ft_show_event(sh, e->type);
	struct writer w = { sh->text, sh->text + FT_SHOW_JSON_MAX };

	*w.p++ = '{';
	for (const struct ft_show_field *f = ev ? ev->fields : NULL; f && f->name; f++) {
		const size_t name = strlen(f->name);

		/* The rest would be shown without what may matter in it. */
		if (!has_room(&w, 6 * name + FTI_PUT_MAX + 16))
			break;
		if (f != ev->fields)
			*w.p++ = ',';
		put_string(&w, f->name, name);
		*w.p++ = ':';
		put_value(&w, f, e);
	}
	*w.p++ = '}';
	*len = (size_t)(w.p - sh->text);
	return sh->text;
}
