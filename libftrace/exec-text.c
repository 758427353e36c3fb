/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arguments of a program as people and shells read them. */
#include <string.h>

#include "ftrace/exec.h"
#include "ftrace/out.h"
#include "text.h"

struct text {
	char  *p;
	size_t size, len;	/* room without the NUL, what is there */
};

/* All of it, or nothing. */
static bool put(struct text *t, const char *s, size_t len)
{
	if (len > t->size - t->len)
		return false;
	memcpy(t->p + t->len, s, len);
	t->len += len;
	return true;
}

static bool is_plain(const char *s, size_t len)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_@%+=:,./-";

	for (size_t i = 0; i < len; i++)
		if (!s[i] || !strchr(plain, s[i]))
			return false;
	return len > 0;
}

/* Nothing in it is a control character or no character at all. */
static bool is_text(const char *s, size_t len)
{
	size_t backslashes = 0;

	for (size_t i = 0; i < len; i++)
		backslashes += s[i] == '\\';
	return ft_out_escape(NULL, 0, s, len) == len + backslashes;
}

static bool put_quoted(struct text *t, const char *s, size_t len)
{
	bool ok = put(t, "'", 1);

	for (size_t i = 0; i < len && ok; i++)
		ok = s[i] == '\'' ? put(t, "'\\''", 4) : put(t, s + i, 1);
	return ok && put(t, "'", 1);
}

/* $'...' of bash, zsh, ksh and POSIX of 2024. */
static bool put_escaped(struct text *t, const char *s, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	bool ok = put(t, "$'", 2);

	for (size_t i = 0; i < len && ok; i++) {
		const unsigned char c = (unsigned char)s[i];
		/* Octal: the digits after \x have no end in some shells. */
		const char octal[] = { '\\', hex[c >> 6], hex[c >> 3 & 7], hex[c & 7] };

		if (c == '\'' || c == '\\')
			ok = put(t, (char[]){ '\\', (char)c }, 2);
		else
			ok = c < ' ' || c >= 0x7f ? put(t, octal, 4) : put(t, s + i, 1);
	}
	return ok && put(t, "'", 1);
}

static bool put_arg(struct text *t, const char *s, size_t len, bool quote)
{
	const size_t before = t->len;
	bool ok;

	if (!quote || is_plain(s, len))
		ok = put(t, s, len);
	else if (is_text(s, len))
		ok = put_quoted(t, s, len);
	else
		ok = put_escaped(t, s, len);
	if (!ok)
		t->len = before;
	return ok;
}

size_t ft_exec_text(char *buf, size_t size, const char *args, size_t len, size_t max, bool cut,
		    bool quote)
{
	static const char more[] = " ...";
	struct text t = { .p = buf };
	size_t at = 0, n;

	if (size <= sizeof(more)) {
		if (size)
			*buf = 0;
		return 0;
	}
	t.size = size - sizeof(more);
	for (; at < len && max; max--) {
		const size_t before = t.len;

		n = strnlen(args + at, len - at);
		if ((at && !put(&t, " ", 1)) || !put_arg(&t, args + at, n, quote)) {
			t.len = before;
			break;
		}
		at += n + 1;
	}
	t.size = size - 1;
	if (cut || at < len)
		put(&t, more + !t.len, sizeof(more) - 1 - !t.len);
	buf[t.len] = 0;
	return t.len;
}

size_t ft_exec_json(char *buf, size_t size, const char *args, size_t len, size_t max)
{
	size_t n = 0, taken, used;

	if (size < 8)
		return 0;
	buf[n++] = '[';
	for (size_t at = 0; at < len && max; at += used + 1, max--) {
		used = strnlen(args + at, len - at);
		if (size - n < 8)
			return 0;
		if (at)
			buf[n++] = ',';
		buf[n++] = '"';
		n += fti_escape(buf + n, size - n - 4, args + at, used, FTI_ESCAPE_JSON, &taken);
		if (taken < used)
			return 0;
		buf[n++] = '"';
	}
	buf[n++] = ']';
	return n;
}
