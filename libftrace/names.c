/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "text.h"

#define SIZE 640	/* KSYM_NAME_LEN, MODULE_NAME_LEN and an offset */
#define SETS 1024
#define WAYS 4

/* One cache line; a longer name is looked up each time. */
enum style { SHORT, OFFSET, PLAIN };	/* %ps, %pS, without the module */

struct name {
	uint64_t addr;
	uint8_t	 style;
	uint8_t  len;		/* 0: free */
	char	 text[54];
};

struct fti_names {
	const struct ft_symbols *syms;
	unsigned int		 victim;
	char			 last[SIZE];
	struct name		 sets[SETS][WAYS];
};

int fti_names_new(struct fti_names **out, const struct ft_symbols *syms)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->syms = syms;
	return 0;
}

void fti_names_free(struct fti_names *n)
{
	free(n);
}

/* kretprobed(): what a return probe has put in place of the caller. */
static size_t format_plain(const struct fti_names *n, uint64_t addr, char raw[SIZE])
{
	static const char *const trampolines[] = {
		"kretprobe_trampoline", "__kretprobe_trampoline", "arch_rethook_trampoline",
	};
	struct ft_symbol symbol;
	int len;

	if (!n->syms || !ft_symbol_lookup(n->syms, addr, &symbol))
		return (size_t)snprintf(raw, SIZE, "0x%08" PRIx64, addr);
	for (size_t i = 0; i < sizeof(trampolines) / sizeof(trampolines[0]); i++)
		if (!strcmp(symbol.name, trampolines[i]))
			return (size_t)snprintf(raw, SIZE, "[unknown/kretprobe'd]");
	len = snprintf(raw, SIZE, "%s", symbol.name);
	return len < SIZE ? (size_t)len : SIZE - 1;
}

static size_t format(struct fti_names *n, uint64_t addr, enum style style)
{
	char raw[SIZE];
	size_t len, taken;

	if (style == PLAIN)
		len = format_plain(n, addr, raw);
	else if (n->syms)
		len = ft_symbol_format(n->syms, addr, style == OFFSET, raw, sizeof(raw));
	else
		return (size_t)(fti_put_hex(n->last, addr) - n->last);
	if (len >= sizeof(raw))
		len = sizeof(raw) - 1;
	return fti_escape(n->last, sizeof(n->last), raw, len, FTI_ESCAPE_TEXT, &taken);
}

static const char *get(struct fti_names *n, uint64_t addr, enum style style, size_t *len)
{
	const uint64_t hash = (addr ^ style) * 0x9e3779b97f4a7c15ULL;
	struct name *set = n->sets[(hash >> 32) % SETS], *name;

	for (name = set; name < set + WAYS; name++) {
		if (name->addr == addr && name->len && name->style == style) {
			*len = name->len;
			return name->text;
		}
	}
	*len = format(n, addr, style);
	if (*len > sizeof(name->text))
		return n->last;
	name = &set[n->victim++ % WAYS];
	name->addr = addr;
	name->style = style;
	name->len = (uint8_t)*len;
	memcpy(name->text, n->last, *len);
	return name->text;
}

const char *fti_names_get(struct fti_names *n, uint64_t addr, bool offset, size_t *len)
{
	return get(n, addr, offset ? OFFSET : SHORT, len);
}

const char *fti_names_plain(struct fti_names *n, uint64_t addr, size_t *len)
{
	return get(n, addr, PLAIN, len);
}
