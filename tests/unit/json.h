/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json: is this text JSON (RFC 8259)?  A checker of its own, so that what the library writes is not
 * judged by the library.
 *
 * The one rule: json_is_object() says yes only to one object, valid UTF-8 throughout.
 */
#ifndef TEST_JSON_H
#define TEST_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct json_text {
	const unsigned char *p, *end;
	int depth;
};

static bool json_value(struct json_text *t);

static inline bool json_byte(struct json_text *t, char c)
{
	if (t->p == t->end || *t->p != (unsigned char)c)
		return false;
	t->p++;
	return true;
}

static inline bool json_hex4(struct json_text *t)
{
	for (int i = 0; i < 4; i++, t->p++) {
		if (t->p == t->end || !*t->p || !strchr("0123456789abcdefABCDEF", *t->p))
			return false;
	}
	return true;
}

/* The table of RFC 3629, written out. */
static inline bool json_utf8(struct json_text *t)
{
	static const unsigned char forms[][5] = {
		/* first byte from, to; second byte from, to; bytes after the first */
		{ 0xc2, 0xdf, 0x80, 0xbf, 1 }, { 0xe0, 0xe0, 0xa0, 0xbf, 2 },
		{ 0xe1, 0xec, 0x80, 0xbf, 2 }, { 0xed, 0xed, 0x80, 0x9f, 2 },
		{ 0xee, 0xef, 0x80, 0xbf, 2 }, { 0xf0, 0xf0, 0x90, 0xbf, 3 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 3 }, { 0xf4, 0xf4, 0x80, 0x8f, 3 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const unsigned char *f = forms[i];

		if (t->p[0] < f[0] || t->p[0] > f[1])
			continue;
		if (t->end - t->p <= f[4] || t->p[1] < f[2] || t->p[1] > f[3])
			return false;
		for (int j = 2; j <= f[4]; j++) {
			if (t->p[j] < 0x80 || t->p[j] > 0xbf)
				return false;
		}
		t->p += 1 + f[4];
		return true;
	}
	return false;
}

static inline bool json_string(struct json_text *t)
{
	if (!json_byte(t, '"'))
		return false;
	while (t->p < t->end && *t->p != '"') {
		if (*t->p < 0x20) {
			return false;
		} else if (*t->p >= 0x80) {
			if (!json_utf8(t))
				return false;
		} else if (*t->p++ == '\\') {
			if (t->p == t->end || !*t->p || !strchr("\"\\/bfnrtu", *t->p))
				return false;
			if (*t->p++ == 'u' && !json_hex4(t))
				return false;
		}
	}
	return json_byte(t, '"');
}

static inline bool json_digits(struct json_text *t)
{
	const unsigned char *start = t->p;

	while (t->p < t->end && *t->p >= '0' && *t->p <= '9')
		t->p++;
	return t->p > start;
}

static inline bool json_number(struct json_text *t)
{
	json_byte(t, '-');
	if (!json_byte(t, '0') && !json_digits(t))
		return false;
	if (json_byte(t, '.') && !json_digits(t))
		return false;
	if (json_byte(t, 'e') || json_byte(t, 'E')) {
		if (!json_byte(t, '-'))
			json_byte(t, '+');
		return json_digits(t);
	}
	return true;
}

static inline bool json_word(struct json_text *t, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(t->end - t->p) < len || memcmp(t->p, word, len))
		return false;
	t->p += len;
	return true;
}

static inline bool json_members(struct json_text *t, char close, bool keys)
{
	if (json_byte(t, close))
		return true;
	do {
		if (keys && (!json_string(t) || !json_byte(t, ':')))
			return false;
		if (!json_value(t))
			return false;
	} while (json_byte(t, ','));
	return json_byte(t, close);
}

static inline bool json_value(struct json_text *t)
{
	bool good;

	if (t->p == t->end || t->depth > 16)
		return false;
	t->depth++;
	if (*t->p == '{' || *t->p == '[') {
		bool object = *t->p++ == '{';

		good = json_members(t, object ? '}' : ']', object);
	} else if (*t->p == '"') {
		good = json_string(t);
	} else if (*t->p == '-' || (*t->p >= '0' && *t->p <= '9')) {
		good = json_number(t);
	} else {
		good = json_word(t, "true") || json_word(t, "false") || json_word(t, "null");
	}
	t->depth--;
	return good;
}

/* One object without blanks between its parts, and nothing after it. */
static inline bool json_is_object(const char *text, size_t len)
{
	struct json_text t = { (const unsigned char *)text, (const unsigned char *)text + len, 0 };

	return len && *text == '{' && json_value(&t) && t.p == t.end;
}

#endif
