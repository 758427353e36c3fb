/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "text.h"

#define SIZE 640	/* KSYM_NAME_LEN, MODULE_NAME_LEN and an offset */
#define SETS 1024
#define WAYS 4

/* One cache line; a longer name is looked up each time. */
struct name {
	uint64_t addr;
	bool	 offset;
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

static size_t format(struct fti_names *n, uint64_t addr, bool offset)
{
	char raw[SIZE];
	size_t len, taken;

	if (!n->syms)
		return (size_t)(fti_put_hex(n->last, addr) - n->last);
	len = ft_symbol_format(n->syms, addr, offset, raw, sizeof(raw));
	if (len >= sizeof(raw))
		len = sizeof(raw) - 1;
	return fti_escape(n->last, sizeof(n->last), raw, len, FTI_ESCAPE_TEXT, &taken);
}

const char *fti_names_get(struct fti_names *n, uint64_t addr, bool offset, size_t *len)
{
	const uint64_t hash = (addr ^ offset) * 0x9e3779b97f4a7c15ULL;
	struct name *set = n->sets[(hash >> 32) % SETS], *name;

	for (name = set; name < set + WAYS; name++) {
		if (name->addr == addr && name->len && name->offset == offset) {
			*len = name->len;
			return name->text;
		}
	}
	*len = format(n, addr, offset);
	if (*len > sizeof(name->text))
		return n->last;
	name = &set[n->victim++ % WAYS];
	name->addr = addr;
	name->offset = offset;
	name->len = (uint8_t)*len;
	memcpy(name->text, n->last, *len);
	return name->text;
}
