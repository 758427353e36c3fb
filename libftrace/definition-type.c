/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As what it is shown: types, arrays, bits. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "definition-args.h"

static const struct type {
	const char *name, *readme;	/* readme NULL: since 3.10 */
	const char *instead;		/* where it is not known; NULL: nothing */
	const char *since;
} types[] = {
	{ "u8", NULL, NULL, NULL },	{ "u16", NULL, NULL, NULL },
	{ "u32", NULL, NULL, NULL },	{ "u64", NULL, NULL, NULL },
	{ "s8", NULL, NULL, NULL },	{ "s16", NULL, NULL, NULL },
	{ "s32", NULL, NULL, NULL },	{ "s64", NULL, NULL, NULL },
	{ "string", NULL, NULL, NULL },
	/* Unsigned numbers were hexadecimal before there were these. */
	{ "x8", "x8/16/32/64", "u8", NULL },	{ "x16", "x8/16/32/64", "u16", NULL },
	{ "x32", "x8/16/32/64", "u32", NULL },	{ "x64", "x8/16/32/64", "u64", NULL },
	{ "ustring", "ustring", "string", NULL },
	{ "symbol", "string, symbol", NULL, "4.20" },
	{ "symstr", "symstr", "symbol", "6.4" },
	{ "char", "char, string", NULL, "6.2" },
	{ "%pd", "%pd/%pD", NULL, "6.9" },
	{ "%pD", "%pd/%pD", NULL, "6.9" },
};

static const struct type *find_type(const char *p, size_t len)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (fti_is_word(p, len, types[i].name))
			return &types[i];
	return NULL;
}

static bool is_string(const char *name)
{
	return !strcmp(name, "string") || !strcmp(name, "ustring");
}

/* "b4@0/32": 4 bits from bit 0 of 32. */
static int put_bits(struct fti_args *a, const char **p)
{
	uint64_t width, from, of;

	++*p;
	if (fti_args_number(a, p, &width) || *(*p)++ != '@' || fti_args_number(a, p, &from) ||
	    *(*p)++ != '/' || fti_args_number(a, p, &of) || !width ||
	    (of != 8 && of != 16 && of != 32 && of != 64) || width > of || from > of - width)
		return fti_args_bad(a, "bits are written b<width>@<first bit>/<8, 16, 32 or 64>");
	return fti_args_putf(a, ":b%" PRIu64 "@%" PRIu64 "/%" PRIu64,
					     width, from, of);
}

static int put_array(struct fti_args *a, const char **p)
{
	uint64_t n;

	if (!fti_args_know(a, "<type>\\[<array-size>\\]"))
		return fti_args_unknown(a, "arrays", "4.20");
	++*p;
	if (fti_args_number(a, p, &n) || *(*p)++ != ']' || n < 1 || n > 64)
		return fti_args_bad(a, "an array is written TYPE[N], N from 1 to 64");
	return fti_args_putf(a, "[%" PRIu64 "]", n);
}

/* Memory, where the value is but its address: "$arg2:string". */
static int point(struct fti_args *a)
{
	char inner[FTI_ARGS_WORD + 1];

	memcpy(inner, a->out, a->len + 1);
	a->len = 0;
	a->bare = a->retval = false;
	return fti_args_putf(a, "+0(%s)", inner);
}

int fti_args_type(struct fti_args *a, const char **p)
{
	const size_t len = strcspn(*p, "[ ");
	const struct type *t;
	const char *name;
	int err;

	if (**p == 'b' && isdigit((unsigned char)(*p)[1]))
		return put_bits(a, p);
	t = find_type(*p, len);
	if (!t)
		return fti_args_bad(
			a,
			"'%.*s' is not a type (u8 to u64, s8, x8, string, ustring, symbol, b4@0/8)",
			(int)(len < 20 ? len : 20), *p);
	name = t->name;
	while (t->readme && !fti_args_know(a, t->readme)) {
		if (!t->instead)
			return fti_args_unknown(a, t->name, t->since);
		name = t->instead;
		t = find_type(name, strlen(name));
	}
	err = is_string(name) && a->bare ? point(a) : 0;
	if (!err)
		err = fti_args_putf(a, ":%s", name);
	*p += len;
	return err || **p != '[' ? err : put_array(a, p);
}
