/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/symbol.h"
#include "lines.h"
#include "symbol.h"

#define NAME_SIZE 512		/* KSYM_NAME_LEN since 6.1, 128 before */

/* The kernel's text has been passed. */
#define STOP 1

struct reader {
	struct fti_symtab_draft draft;
	size_t			hidden;	/* text symbols whose address is shown as zero */
	bool			addrs;	/* available_filter_functions_addrs: no types */
	bool			stops;	/* at _etext */
};

/* One that is worth a look. */
struct line {
	uint64_t    addr;
	char	    type;
	const char *name, *module;	/* not terminated */
	size_t	    len, mlen;
};

/* -- a line --------------------------------------------------------------------------------- */

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

static bool is_text(char type)
{
	return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

static bool in_word(char c)
{
	return (unsigned char)c > ' ' && c != 0x7f;
}

/* The next word of a line, or length 0. */
static const char *word(const char **p, const char *end, size_t *len)
{
	const char *start;

	while (*p < end && (**p == ' ' || **p == '\t'))
		(*p)++;
	start = *p;
	while (*p < end && in_word(**p))
		(*p)++;
	*len = *p - start;
	return start;
}

/* Whether eight characters all belong into a word: none below '!' and none is DEL.  Each line is
 * looked at so, thus without a branch for each character. */
static bool word8(const char *p)
{
	const uint64_t ones = UINT64_MAX / 255, high = ones << 7;
	uint64_t v, del;

	memcpy(&v, p, sizeof(v));
	del = v ^ ones * 0x7f;
	return !((((v - ones * '!') & ~v) | ((del - ones) & ~del)) & high);
}

/* Whether all of [p, end) is one word. */
static bool all_word(const char *p, const char *end)
{
	if (end - p >= 8) {
		for (; end - p > 8; p += 8) {
			if (!word8(p))
				return false;
		}
		return word8(end - 8);
	}
	while (p < end && in_word(*p))
		p++;
	return p == end;
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

/* Eight digits of the kernel's, which prints small letters; all at once, as word8(). */
static bool hex8(const char *p, uint32_t *out)
{
	const uint64_t ones = UINT64_MAX / 255;
	uint64_t text, v, letters;

	memcpy(&text, p, sizeof(text));
	text = be64toh(text);
	v = ((text & ones * 15) + (text >> 6 & ones) * 9) & ones * 15;
	letters = (v + ones * 6) >> 4 & ones;
	if (v + ones * '0' + letters * ('a' - '0' - 10) != text)
		return false;
	v = (v | v >> 4) & 0x00ff00ff00ff00ff;
	v = (v | v >> 8) & 0x0000ffff0000ffff;
	*out = (uint32_t)(v | v >> 16);
	return true;
}

/* A symbol that is not text matters only as the end of the text before it.  Runs of them need one
 * entry only, but for modules, whose symbols come in no order. */
static bool ends_nothing(const struct reader *r, bool in_module)
{
	const struct fti_symtab_draft *d = &r->draft;

	return !in_module && (!d->count || d->raw[d->count - 1].module == FTI_SYMBOL_END);
}

/* "ADDR TYPE NAME[\t[MODULE]]", or without the type. */
static bool split(const struct reader *r, const char *p, const char *end, struct line *l)
{
	size_t hexlen, typelen = 1;
	const char *hex, *type;

	hex = word(&p, end, &hexlen);
	if (!parse_hex(hex, hexlen, &l->addr))
		return false;
	type = r->addrs ? "t" : word(&p, end, &typelen);
	l->name = word(&p, end, &l->len);
	if (typelen != 1)
		return false;
	l->type = *type;
	l->module = word(&p, end, &l->mlen);
	if (!l->mlen)
		return true;
	if (l->mlen < 3 || l->mlen > NAME_SIZE || *l->module != '[' ||
	    l->module[l->mlen - 1] != ']')
		return false;
	l->module++;
	l->mlen -= 2;
	return true;
}

/* The kernel's own symbols of a 64-bit kernel: 16 digits, a blank, the type, a blank, the name. */
static bool split_plain(const char *p, const char *end, struct line *l)
{
	uint32_t high, low;

	if (end - p < 20 || p[16] != ' ' || !in_word(p[17]) || p[18] != ' ' ||
	    !all_word(p + 19, end) || !hex8(p, &high) || !hex8(p + 8, &low))
		return false;
	l->addr = (uint64_t)high << 32 | low;
	l->type = p[17];
	l->name = p + 19;
	l->len = end - l->name;
	l->mlen = 0;
	return true;
}

static bool is_end(const struct line *l)
{
	return (l->len == 6 && !memcmp(l->name, "_etext", 6)) ||
	       (l->len == 10 && !memcmp(l->name, "_einittext", 10));
}

/* Whether what was read is the text of the kernel, as it is laid out before _etext. */
static bool is_core(const struct fti_symtab_draft *d)
{
	return !d->disorder && d->table.nmodules == 1 && d->raw[0].module == 0 &&
	       d->raw[0].addr < d->raw[d->count - 1].addr;
}

static int add_text(struct reader *r, const struct line *l)
{
	bool ends = !l->mlen && !r->addrs && is_end(l);
	bool stop = ends && r->stops && l->len == 6;
	uint16_t index = FTI_SYMBOL_END;
	int err;

	if (!l->addr) {
		r->hidden++;
		/* Nothing before it, and it is nowhere: the kernel shows no address to this reader,
		 * be it one of a module. */
		return stop && !r->draft.count ? STOP : 0;
	}
	/* Trampolines and instruction pages are listed, but %ps does not know them. */
	if (l->mlen >= 11 && !memcmp(l->module, "__builtin__", 11))
		return fti_symtab_add(&r->draft, l->addr, NULL, 0, FTI_SYMBOL_END);
	err = ends ? 0 : fti_symtab_module(&r->draft, l->module, l->mlen, &index);
	if (!err)
		err = fti_symtab_add(&r->draft, l->addr, l->name, l->len, index);
	return err || !stop || !is_core(&r->draft) ? err : STOP;
}

/* What is no symbol is passed over. */
static int parse_line(void *arg, const char *p, const char *end)
{
	struct reader *r = arg;
	struct line l;

	/* Half of the list is data (CONFIG_KALLSYMS_ALL): no need to look closer. */
	if (!r->addrs && end - p > 19 && p[16] == ' ' && p[18] == ' ' && in_word(p[17]) &&
	    !is_text(p[17]) && ends_nothing(r, false) && !memchr(p, '[', end - p))
		return 0;
	if ((r->addrs || !split_plain(p, end, &l)) && !split(r, p, end, &l))
		return 0;
	if (!l.len || l.len >= NAME_SIZE || is_noise(l.name, l.len))
		return 0;
	if (is_text(l.type))
		return add_text(r, &l);
	/* Absolute symbols are numbers, no places. */
	if (l.type == 'a' || l.type == 'A' || !l.addr || ends_nothing(r, l.mlen != 0))
		return 0;
	return fti_symtab_add(&r->draft, l.addr, NULL, 0, FTI_SYMBOL_END);
}

/* -- the list ------------------------------------------------------------------------------- */

static void end_reading(struct fti_symbols_later *later)
{
	fti_lines_free(&later->lines);
	close(later->fd);
	later->fd = -1;
}

static int read_first(struct ft_symbols *s, struct reader *r)
{
	const struct fti_symtab_draft *d = &r->draft;
	int err, stopped;

	err = fti_lines_init(&s->later->lines, s->later->fd);
	if (err)
		return err;
	stopped = fti_lines_each(&s->later->lines, parse_line, r);
	if (stopped < 0)
		return stopped;
	if (!d->count)
		return r->hidden ? -EACCES : -ENODATA;
	s->low = d->raw[0].addr;
	s->high = d->raw[d->count - 1].addr;
	err = fti_symtab_finish(&r->draft, &s->first);
	if (!err && !s->first.named)
		err = -ENODATA;
	return err ? err : stopped;
}

int fti_symbols_read(struct ft_symbols **out, int fd, bool addrs)
{
	struct reader r = { .addrs = addrs, .stops = !addrs };
	struct ft_symbols *s = calloc(1, sizeof(*s));
	int err = -ENOMEM;

	if (s)
		s->later = calloc(1, sizeof(*s->later));
	if (!s || !s->later) {
		close(fd);
		ft_symbols_close(s);
		return err;
	}
	s->starts_only = addrs;
	s->later->fd = fd;
	err = fti_symtab_begin(&r.draft);
	if (!err)
		err = read_first(s, &r);
	fti_symtab_drop(&r.draft);
	if (err < 0) {
		ft_symbols_close(s);
		return err;
	}
	if (err != STOP) {
		end_reading(s->later);
		free(s->later);
		s->later = NULL;
	}
	*out = s;
	return 0;
}

/*
 * What of the first table bears on the second: its begin, which does not end a module below it as
 * the module's own symbols would, and what is at its end, which can cover what follows.
 */
static int add_borders(const struct ft_symbols *s, struct fti_symtab_draft *d, size_t *named)
{
	const struct fti_symtab *t = &s->first;
	size_t i = t->count;
	int err;

	while (i && t->segment[t->segments - 1].base + t->offset[i - 1] == s->high)
		i--;
	*named = t->count - i;
	err = fti_symtab_add(d, s->low, NULL, 0, 0);
	for (; !err && i < t->count; i++) {
		const char *name = t->pool + t->name[i];

		err = fti_symtab_add(d, s->high, name, strlen(name), t->module[i]);
	}
	return err;
}

const struct fti_symtab *fti_symbols_later(const struct ft_symbols *s)
{
	struct fti_symbols_later *later = s->later;
	struct reader r = { .addrs = false };
	size_t named;

	if (later->fd < 0)
		return &later->table;
	if (!fti_symtab_begin(&r.draft)) {
		if (!add_borders(s, &r.draft, &named) &&
		    !fti_lines_each(&later->lines, parse_line, &r) &&
		    !fti_symtab_finish(&r.draft, &later->table))
			later->table.named -= named;
		fti_symtab_drop(&r.draft);
	}
	end_reading(later);
	return &later->table;
}
