/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/kernel.h"

/*
 * One element of a pattern against one character.  *next gets what follows the element.  As in the
 * kernel a class is negated by '!' alone, may begin with ']' or end with '-', takes a backslash as
 * itself, and is no class but a bracket when it is not closed.
 */
static bool match_one(const char *p, unsigned char c, const char **next)
{
	const char *q = p + 1;
	bool inverted, found = false;
	unsigned char low, high;

	*next = q;
	if (*p == '?')
		return true;
	if (*p == '\\' && *q) {
		*next = q + 1;
		return (unsigned char)*q == c;
	}
	if (*p != '[')
		return (unsigned char)*p == c;
	inverted = *q == '!';
	q += inverted;
	do {
		low = high = *q++;
		if (!low)
			return c == '[';
		if (q[0] == '-' && q[1] != ']') {
			high = q[1];
			if (!high)
				return c == '[';
			q += 2;
		}
		found |= low <= c && c <= high;
	} while (*q != ']');
	*next = q + 1;
	return found != inverted;
}

bool ft_glob_match(const char *pattern, const char *name)
{
	const char *star = NULL, *from = NULL, *next;

	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			from = name;
		} else if (*pattern && match_one(pattern, *name, &next)) {
			pattern = next;
			name++;
		} else if (star) {
			/* The last star takes one more; earlier ones need no second try. */
			pattern = star;
			name = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool ft_glob_simple(const char *pattern)
{
	size_t len = strlen(pattern);

	if (strpbrk(pattern, "?[\\"))
		return false;
	for (size_t i = 1; i + 1 < len; i++) {
		if (pattern[i] == '*')
			return false;
	}
	return true;
}

bool ft_glob_valid(const char *pattern)
{
	const char *mod = strchr(pattern, ':');
	size_t len = mod ? (size_t)(mod - pattern) : strlen(pattern);

	/* From 5.1 on a number is the place of a function in the list. */
	if (!len || len > 511 || *pattern == '!' || isdigit((unsigned char)*pattern))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)pattern[i]) && !strchr("_.$-*?[]!^\\", pattern[i]))
			return false;
	}
	/* A backslash at the end would escape what follows the pattern. */
	if (pattern[len - 1] == '\\')
		return false;
	if (!mod)
		return true;
	if (strncmp(mod, ":mod:", 5) != 0 || !mod[5] || strlen(mod + 5) > 63)
		return false;
	for (mod += 5; *mod; mod++) {
		if (!isalnum((unsigned char)*mod) && !strchr("_-*?", *mod))
			return false;
	}
	return true;
}
