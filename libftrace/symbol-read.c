/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/symbol.h"
#include "lines.h"
#include "symbol.h"

#define NAME_SIZE   512		/* KSYM_NAME_LEN since 6.1, 128 before */
#define SYMBOLS_MAX (8u << 20)
#define POOL_MAX    (512u << 20)

/* While reading: one for each symbol.  Names only grow, so they also tell the order of the file. */
struct raw {
	uint64_t addr;
	uint32_t name;
	uint16_t module;
};

struct reader {
	struct ft_symbols *syms;
	struct raw	  *raw;
	size_t		   count, room;
	size_t		   hidden;	/* text symbols whose address is shown as zero */
	uint16_t	   last_module;
	bool		   addrs;	/* available_filter_functions_addrs: no types */
};

/* -- reading -------------------------------------------------------------------------------- */

static int pool_add(struct ft_symbols *s, const char *text, size_t len, uint32_t *at)
{
	if (s->pool_len + len + 1 > s->pool_room) {
		size_t room = s->pool_room + s->pool_room / 2 + 4096;
		char *more;

		if (room > POOL_MAX)
			return -E2BIG;
		more = realloc(s->pool, room);
		if (!more)
			return -ENOMEM;
		s->pool = more;
		s->pool_room = room;
	}
	*at = s->pool_len;
	memcpy(s->pool + s->pool_len, text, len);
	s->pool[s->pool_len + len] = 0;
	s->pool_len += len + 1;
	return 0;
}

static bool pool_is(const struct ft_symbols *s, uint32_t at, const char *text, size_t len)
{
	return strncmp(s->pool + at, text, len) == 0 && !s->pool[at + len];
}

static int module_index(struct reader *r, const char *name, size_t len, uint16_t *index)
{
	struct ft_symbols *s = r->syms;
	int err;

	if (!len) {
		*index = 0;
		return 0;
	}
	if (r->last_module && pool_is(s, s->modules[r->last_module], name, len)) {
		*index = r->last_module;
		return 0;
	}
	for (size_t i = 1; i < s->nmodules; i++) {
		if (pool_is(s, s->modules[i], name, len)) {
			*index = r->last_module = i;
			return 0;
		}
	}
	if (s->nmodules == FTI_MODULES_MAX)
		return -E2BIG;
	err = pool_add(s, name, len, &s->modules[s->nmodules]);
	if (err)
		return err;
	*index = r->last_module = s->nmodules++;
	return 0;
}

static int raw_add(struct reader *r, uint64_t addr, uint32_t name, uint16_t module)
{
	if (r->count == r->room) {
		size_t room = r->room + r->room / 2 + 1024;
		struct raw *more;

		if (room > SYMBOLS_MAX)
			return -E2BIG;
		more = realloc(r->raw, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		r->raw = more;
		r->room = room;
	}
	r->raw[r->count++] = (struct raw){ addr, name, module };
	return 0;
}

/* Names that the kernel's own lookup passes over: mapping symbols of arm and riscv, and what ftrace
 * shows for records whose function is gone (5.19+). */
static bool is_noise(const char *name, size_t len)
{
	if (len >= 2 && name[0] == '$')
		return len == 2 || name[2] == '.';
	if (len >= 2 && (!memcmp(name, ".L", 2) || !memcmp(name, "L0", 2)))
		return true;
	return len > 17 && !memcmp(name, "__ftrace_invalid_", 17);
}

/* The next word of a line, or length 0. */
static const char *word(const char **p, const char *end, size_t *len)
{
	const char *start;

	while (*p < end && (**p == ' ' || **p == '\t'))
		(*p)++;
	start = *p;
	while (*p < end && (unsigned char)**p > ' ' && **p != 0x7f)
		(*p)++;
	*len = *p - start;
	return start;
}

static bool parse_hex(const char *s, size_t len, uint64_t *out)
{
	uint64_t v = 0;

	if (!len || len > 16)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isxdigit((unsigned char)s[i]))
			return false;
		v = v << 4 | (s[i] <= '9' ? s[i] - '0' : (s[i] | 0x20) - 'a' + 10);
	}
	*out = v;
	return true;
}

/* A symbol that is not text ends the text before it.  Runs of them need one entry only, but for
 * modules, whose symbols come in no order. */
static int add_end(struct reader *r, uint64_t addr, bool in_module)
{
	if (!addr || (!in_module && (!r->count || r->raw[r->count - 1].module == FTI_SYMBOL_END)))
		return 0;
	return raw_add(r, addr, 0, FTI_SYMBOL_END);
}

static int add_text(struct reader *r, uint64_t addr, const char *name, size_t len,
		    const char *module, size_t mlen)
{
	uint16_t index;
	uint32_t at;
	int err;

	if (!addr) {
		r->hidden++;
		return 0;
	}
	/* Trampolines and instruction pages are listed, but %ps does not know them. */
	if (mlen >= 11 && !memcmp(module, "__builtin__", 11))
		return 0;
	err = module_index(r, module, mlen, &index);
	if (!err)
		err = pool_add(r->syms, name, len, &at);
	if (err)
		return err;
	if (!index && !r->addrs &&
	    (pool_is(r->syms, at, "_etext", 6) || pool_is(r->syms, at, "_einittext", 10)))
		index = FTI_SYMBOL_END;
	return raw_add(r, addr, at, index);
}

/* "ADDR TYPE NAME[\t[MODULE]]", or without the type; anything else is passed over. */
static int parse_line(void *arg, const char *p, const char *end)
{
	const char *hex, *type, *name, *module;
	size_t hexlen, typelen = 1, len, mlen;
	struct reader *r = arg;
	uint64_t addr;

	hex = word(&p, end, &hexlen);
	if (!parse_hex(hex, hexlen, &addr))
		return 0;
	type = r->addrs ? "t" : word(&p, end, &typelen);
	name = word(&p, end, &len);
	if (typelen != 1 || !len || len >= NAME_SIZE || is_noise(name, len))
		return 0;
	module = word(&p, end, &mlen);
	if (mlen && (mlen < 3 || mlen > NAME_SIZE || module[0] != '[' || module[mlen - 1] != ']'))
		return 0;
	if (mlen) {
		module++;
		mlen -= 2;
	}
	if (strchr("tTwW", *type))
		return add_text(r, addr, name, len, module, mlen);
	/* Absolute symbols are numbers, no places. */
	return strchr("aA", *type) ? 0 : add_end(r, addr, mlen != 0);
}

/* -- the table ------------------------------------------------------------------------------ */

/* By address, what covers before what only ends, else in the order of the file: the kernel names
 * the first of the symbols at one address. */
static int compare(const void *a, const void *b)
{
	const struct raw *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if ((x->module == FTI_SYMBOL_END) != (y->module == FTI_SYMBOL_END))
		return x->module == FTI_SYMBOL_END ? 1 : -1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static void sort(struct reader *r)
{
	for (size_t i = 1; i < r->count; i++) {
		if (compare(&r->raw[i - 1], &r->raw[i]) > 0) {
			qsort(r->raw, r->count, sizeof(*r->raw), compare);
			return;
		}
	}
}

/* Drop ends that end nothing, in place. */
static void drop_ends(struct reader *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct raw *last = kept ? &r->raw[kept - 1] : NULL;
		const struct raw *w = &r->raw[i];

		if (!w->name && (!last || last->module == FTI_SYMBOL_END || last->addr == w->addr))
			continue;
		r->raw[kept++] = *w;
	}
	r->count = kept;
}

static size_t count_segments(const struct reader *r)
{
	uint64_t base = 0;
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++) {
		if (!n || r->raw[i].addr - base > UINT32_MAX) {
			base = r->raw[i].addr;
			n++;
		}
	}
	return n;
}

static int build(struct reader *r)
{
	struct ft_symbols *s = r->syms;
	size_t n = 0;
	char *fit;

	sort(r);
	drop_ends(r);
	s->segments = count_segments(r);
	s->segment = calloc(s->segments, sizeof(*s->segment));
	s->offset = malloc(r->count * sizeof(*s->offset));
	s->name = malloc(r->count * sizeof(*s->name));
	s->module = malloc(r->count * sizeof(*s->module));
	if (!s->segment || !s->offset || !s->name || !s->module)
		return -ENOMEM;
	for (size_t i = 0; i < r->count; i++) {
		const struct raw *w = &r->raw[i];

		if (!n || w->addr - s->segment[n - 1].base > UINT32_MAX)
			s->segment[n++] = (struct fti_segment){ w->addr, i };
		s->offset[i] = w->addr - s->segment[n - 1].base;
		s->name[i] = w->name;
		s->module[i] = w->module;
		s->named += w->name != 0;
	}
	s->count = r->count;
	fit = realloc(s->pool, s->pool_len);
	if (fit) {
		s->pool = fit;
		s->pool_room = s->pool_len;
	}
	return 0;
}

int fti_symbols_read(struct ft_symbols **out, int fd, bool addrs)
{
	struct reader r = { .addrs = addrs };
	uint32_t at;
	int err;

	r.syms = calloc(1, sizeof(*r.syms));
	if (!r.syms)
		return -ENOMEM;
	r.syms->starts_only = addrs;
	r.syms->nmodules = 1;
	r.syms->modules = calloc(FTI_MODULES_MAX, sizeof(*r.syms->modules));
	err = r.syms->modules ? pool_add(r.syms, "", 0, &at) : -ENOMEM;
	if (!err)
		err = fti_each_line(fd, parse_line, &r);
	if (!err && !r.count)
		err = r.hidden ? -EACCES : -ENODATA;
	if (!err)
		err = build(&r);
	free(r.raw);
	if (!err && !r.syms->named)
		err = -ENODATA;
	if (err) {
		ft_symbols_close(r.syms);
		return err;
	}
	*out = r.syms;
	return 0;
}
