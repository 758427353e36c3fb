/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <string.h>

#include "text.h"

static char *put_digits(char *p, uint64_t v, unsigned int digits)
{
	for (unsigned int i = digits; i-- > 0; v /= 10)
		p[i] = '0' + v % 10;
	return p + digits;
}

char *fti_put_uint(char *p, uint64_t v)
{
	unsigned int digits = 1;

	for (uint64_t rest = v; rest >= 10; rest /= 10)
		digits++;
	return put_digits(p, v, digits);
}

char *fti_put_int(char *p, int64_t v)
{
	if (v >= 0)
		return fti_put_uint(p, v);
	*p++ = '-';
	return fti_put_uint(p, -(uint64_t)v);
}

char *fti_put_hex(char *p, uint64_t v)
{
	int shift = 0;

	*p++ = '0';
	*p++ = 'x';
	while (shift < 60 && v >> (shift + 4))
		shift += 4;
	for (; shift >= 0; shift -= 4)
		*p++ = "0123456789abcdef"[v >> shift & 15];
	return p;
}

char *fti_put_fixed(char *p, uint64_t v, unsigned int decimals)
{
	uint64_t one = 1;

	for (unsigned int i = 0; i < decimals; i++)
		one *= 10;
	p = fti_put_uint(p, v / one);
	*p++ = '.';
	return put_digits(p, v % one, decimals);
}

/* The proleptic Gregorian calendar, years beginning in March so that the leap day comes last. */
static void put_date(char *p, uint64_t days)
{
	uint64_t z = days + 719468;	/* since 0000-03-01 */
	uint64_t era = z / 146097, of_era = z % 146097;
	uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint64_t month = (5 * of_year + 2) / 153;
	uint64_t day = of_year - (153 * month + 2) / 5 + 1;

	month = month < 10 ? month + 3 : month - 9;
	year += era * 400 + (month <= 2);
	p = put_digits(p, year, 4);
	*p++ = '-';
	p = put_digits(p, month, 2);
	*p++ = '-';
	p = put_digits(p, day, 2);
	*p = 'T';
}

char *fti_put_iso(char *p, struct fti_day *day, uint64_t ns)
{
	uint64_t s = ns / 1000000000, of_day = s % 86400;

	if (!day->text[0] || day->start_s != s - of_day) {
		day->start_s = s - of_day;
		put_date(day->text, s / 86400);
	}
	memcpy(p, day->text, sizeof(day->text));
	p = put_digits(p + sizeof(day->text), of_day / 3600, 2);
	*p++ = ':';
	p = put_digits(p, of_day / 60 % 60, 2);
	*p++ = ':';
	p = put_digits(p, of_day % 60, 2);
	*p++ = '.';
	p = put_digits(p, ns % 1000000000 / 1000, 6);
	*p++ = 'Z';
	return p;
}

size_t fti_utf8(const char *str, size_t len, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)str;
	size_t n;

	if (!len)
		return 0;
	if (s[0] < 0x80) {
		*c = s[0];
		return 1;
	}
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || len < n)
		return 0;
	*c = s[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return n;
}

size_t fti_width(const char *s, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += (s[i] & 0xc0) != 0x80;
	return width;
}

/* Controls (C1 too: U+009B starts a terminal sequence as ESC [ does), line separators, and the
 * marks that reorder what follows them on the line. */
static bool is_harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static char *put_hex_digits(char *p, uint32_t v, int digits)
{
	while (digits-- > 0)
		*p++ = "0123456789abcdef"[v >> (4 * digits) & 15];
	return p;
}

/* One character (or invalid byte) of n bytes; at most 12 bytes at p. */
static char *put_text(char *p, const char *s, size_t n, bool harmful)
{
	if (*s == '\\' || *s == '\n' || *s == '\t') {
		*p++ = '\\';
		*p++ = *s == '\n' ? 'n' : *s == '\t' ? 't' : '\\';
		return p;
	}
	if (!harmful) {
		memcpy(p, s, n);
		return p + n;
	}
	for (size_t i = 0; i < n; i++) {
		*p++ = '\\';
		*p++ = 'x';
		p = put_hex_digits(p, (unsigned char)s[i], 2);
	}
	return p;
}

static char *put_json(char *p, const char *s, size_t n, uint32_t c, bool valid, bool harmful)
{
	if (!valid) {
		memcpy(p, "\xef\xbf\xbd", 3);
		return p + 3;
	}
	if (*s == '\\' || *s == '"' || *s == '\n' || *s == '\t') {
		*p++ = '\\';
		*p++ = *s == '\n' ? 'n' : *s == '\t' ? 't' : *s;
		return p;
	}
	if (harmful) {
		*p++ = '\\';
		*p++ = 'u';
		return put_hex_digits(p, c, 4);
	}
	memcpy(p, s, n);
	return p + n;
}

size_t fti_escape(char *buf, size_t size, const char *s, size_t len, enum fti_escape how,
		  size_t *taken)
{
	size_t used = 0, i = 0;

	while (i < len) {
		unsigned char b = s[i];
		uint32_t c = 0;
		size_t n, m;
		bool valid, harmful;
		char one[16];

		if (b >= 0x20 && b < 0x7f && b != '\\' && b != '"') {
			if (used == size)
				break;
			buf[used++] = b;
			i++;
			continue;
		}
		n = fti_utf8(s + i, len - i, &c);
		valid = n != 0;
		n = valid ? n : 1;
		harmful = !valid || is_harmful(c);
		m = (how == FTI_ESCAPE_JSON ? put_json(one, s + i, n, c, valid, harmful) :
					      put_text(one, s + i, n, harmful)) - one;
		if (m > size - used)
			break;
		memcpy(buf + used, one, m);
		used += m;
		i += n;
	}
	*taken = i;
	return used;
}
