/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "ftrace/opt.h"

/* Leading digits of *s, which may be none; *s moves behind them.  false: more than 64 bits. */
static bool take_digits(const char **s, uint64_t *v)
{
	bool fits = true;

	for (*v = 0; **s >= '0' && **s <= '9'; (*s)++) {
		fits = fits && !__builtin_mul_overflow(*v, 10, v) &&
		       !__builtin_add_overflow(*v, (uint64_t)(**s - '0'), v);
	}
	return fits;
}

int ft_parse_u64(const char *s, uint64_t min, uint64_t max, uint64_t *out)
{
	const char *p = s;
	uint64_t v;
	bool fits = take_digits(&p, &v);

	if (p == s || *p)
		return -EINVAL;
	if (!fits || v < min || v > max)
		return -ERANGE;
	*out = v;
	return 0;
}

struct unit {
	const char *name;
	uint64_t    size;
};

static uint64_t unit_size(const struct unit *units, const char *name)
{
	for (; units->name; units++) {
		if (!strcmp(units->name, name))
			return units->size;
	}
	return 0;
}

/* The digits after a point as a part of unit, exactly.  -EINVAL: none, or finer than 1. */
static int take_fraction(const char **s, const char *end, uint64_t unit, uint64_t *v)
{
	if (*s == end)
		return -EINVAL;
	for (*v = 0; *s < end; (*s)++) {
		uint64_t digit = **s - '0';

		if (unit % 10 && digit)
			return -EINVAL;
		unit /= 10;
		*v += digit * unit;
	}
	return 0;
}

int ft_parse_seconds(const char *s, uint64_t *ns)
{
	static const struct unit units[] = {
		{ "", 1000000000 },	  { "s", 1000000000 },	   { "ms", 1000000 },
		{ "us", 1000 },		  { "ns", 1 },		   { "m", 60 * 1000000000ull },
		{ "h", 3600 * 1000000000ull }, { NULL, 0 },
	};
	const char *p = s, *fraction = NULL;
	uint64_t whole, part = 0, unit;
	bool fits = take_digits(&p, &whole);

	if (*p == '.') {
		fraction = p + 1;
		p += 1 + strspn(p + 1, "0123456789");
	}
	unit = unit_size(units, p);
	if (!unit || p == s || (fraction && take_fraction(&fraction, p, unit, &part)))
		return -EINVAL;
	if (!fits || __builtin_mul_overflow(whole, unit, &whole) ||
	    __builtin_add_overflow(whole, part, &whole) || !whole || whole > INT64_MAX)
		return -ERANGE;
	*ns = whole;
	return 0;
}

int ft_parse_size_kb(const char *s, uint64_t *kb)
{
	static const struct unit units[] = {
		{ "", 1 },	 { "k", 1 },	  { "K", 1 },	       { "m", 1 << 10 },
		{ "M", 1 << 10 }, { "g", 1 << 20 }, { "G", 1 << 20 }, { NULL, 0 },
	};
	const char *p = s;
	uint64_t v, unit;
	bool fits = take_digits(&p, &v);

	unit = unit_size(units, p);
	if (!unit || p == s)
		return -EINVAL;
	if (!fits || __builtin_mul_overflow(v, unit, &v) || !v || v > UINT64_MAX / 1024)
		return -ERANGE;
	*kb = v;
	return 0;
}
