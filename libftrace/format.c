/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <string.h>

#include "format.h"

/* Kernels' longest format has some 20 kB, nesting up to 20. */
#define FORMAT_MAX    ((size_t)256 << 10)
#define NESTING_MAX   100
#define OPERATORS_MAX 8

bool fti_format_balanced(const char *s, const char *end)
{
	char open[NESTING_MAX];
	unsigned int depth = 0, run = 0;
	bool quoted = false;

	for (; s < end; s++) {
		if ((unsigned char)*s < ' ' || (unsigned char)*s >= 0x7f)
			return false;
		if (quoted && *s == '\\' && s + 1 < end) {
			s++;
			continue;
		}
		if (*s == '"')
			quoted = !quoted;
		if (quoted || *s == ' ')
			continue;
		run = strchr("!~-+*&<>=|?:", *s) ? run + 1 : 0;
		if (run > OPERATORS_MAX)
			return false;
		if (strchr("([{", *s)) {
			if (depth == NESTING_MAX)
				return false;
			open[depth++] = *s == '(' ? ')' : *s == '[' ? ']' : '}';
		} else if (strchr(")]}", *s) && (!depth || open[--depth] != *s)) {
			return false;
		}
	}
	return !quoted && !depth;
}

/* "<key><number>;" with blanks before it. */
static bool take_number(const char **at, const char *end, const char *key)
{
	const size_t len = strlen(key);
	const char *s = *at, *first;

	while (s < end && *s == '\t')
		s++;
	if ((size_t)(end - s) < len || memcmp(s, key, len))
		return false;
	s += len;
	for (first = s; s < end && *s >= '0' && *s <= '9'; s++)
		;
	if (s == first || s - first > 5 || s == end || *s != ';')
		return false;
	*at = s + 1;
	return true;
}

/* "\tfield:<words> <name>;\toffset:N;\tsize:N;\tsigned:N;" */
static bool is_field(const char *s, const char *end)
{
	static const char key[] = "\tfield:";
	const char *semicolon = memchr(s, ';', (size_t)(end - s)), *name;

	if (!semicolon || strncmp(s, key, sizeof(key) - 1))
		return false;
	s += sizeof(key) - 1;
	name = semicolon;
	while (name > s && name[-1] != ' ')
		name--;
	if (!isalpha((unsigned char)*s) && *s != '_')
		return false;
	if (name == s || (!isalpha((unsigned char)*name) && *name != '_'))
		return false;
	if (memchr(s, '"', (size_t)(semicolon - s)) || !fti_format_balanced(s, semicolon))
		return false;
	s = semicolon + 1;
	return take_number(&s, end, "offset:") && take_number(&s, end, "size:") &&
	       (s == end || take_number(&s, end, "signed:")) && s == end;
}

char *fti_format_print(char *text, size_t len)
{
	static const char key[] = "print fmt: ";
	char *line = text, *end, *const last = text + len;

	if (len > FORMAT_MAX || memchr(text, 0, len))
		return NULL;
	for (; (end = memchr(line, '\n', (size_t)(last - line))); line = end + 1) {
		if (!strncmp(line, key, sizeof(key) - 1))
			return line + sizeof(key) - 1;
		if (*line == '\t' && !is_field(line, end))
			return NULL;
	}
	return NULL;
}
