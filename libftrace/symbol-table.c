/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbol.h"

#define SYMBOLS_MAX (8u << 20)
#define POOL_MAX    (512u << 20)

/* -- collecting ----------------------------------------------------------------------------- */

static int pool_add(struct fti_symtab *t, const char *text, size_t len, uint32_t *at)
{
	if (t->pool_len + len + 1 > t->pool_room) {
		size_t room = t->pool_room + t->pool_room / 2 + len + 4096;
		char *more;

		if (room > POOL_MAX)
			return -E2BIG;
		more = realloc(t->pool, room);
		if (!more)
			return -ENOMEM;
		t->pool = more;
		t->pool_room = room;
	}
	*at = t->pool_len;
	memcpy(t->pool + t->pool_len, text, len);
	t->pool[t->pool_len + len] = 0;
	t->pool_len += len + 1;
	return 0;
}

int fti_symtab_begin(struct fti_symtab_draft *d)
{
	uint32_t at;
	int err;

	*d = (struct fti_symtab_draft){ .table.nmodules = 1 };
	d->table.modules = calloc(FTI_MODULES_MAX, sizeof(*d->table.modules));
	err = d->table.modules ? pool_add(&d->table, "", 0, &at) : -ENOMEM;
	if (err)
		fti_symtab_drop(d);
	return err;
}

static bool pool_is(const struct fti_symtab *t, uint32_t at, const char *text, size_t len)
{
	return strncmp(t->pool + at, text, len) == 0 && !t->pool[at + len];
}

int fti_symtab_module(struct fti_symtab_draft *d, const char *name, size_t len, uint16_t *index)
{
	struct fti_symtab *t = &d->table;
	int err;

	if (!len) {
		*index = 0;
		return 0;
	}
	if (d->last_module && pool_is(t, t->modules[d->last_module], name, len)) {
		*index = d->last_module;
		return 0;
	}
	for (size_t i = 1; i < t->nmodules; i++) {
		if (pool_is(t, t->modules[i], name, len)) {
			*index = d->last_module = i;
			return 0;
		}
	}
	if (t->nmodules == FTI_MODULES_MAX)
		return -E2BIG;
	err = pool_add(t, name, len, &t->modules[t->nmodules]);
	if (err)
		return err;
	*index = d->last_module = t->nmodules++;
	return 0;
}

int fti_symtab_add(struct fti_symtab_draft *d, uint64_t addr, const char *name, size_t len,
		   uint16_t module)
{
	uint32_t at = 0;
	int err;

	if (d->count == d->room) {
		size_t room = d->room + d->room / 2 + 1024;
		struct fti_symtab_raw *more;

		if (room > SYMBOLS_MAX)
			return -E2BIG;
		more = realloc(d->raw, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		d->raw = more;
		d->room = room;
	}
	err = len ? pool_add(&d->table, name, len, &at) : 0;
	if (err)
		return err;
	if (d->count && addr < d->raw[d->count - 1].addr)
		d->disorder = true;
	d->raw[d->count++] = (struct fti_symtab_raw){ addr, at, module };
	return 0;
}

/* -- the table ------------------------------------------------------------------------------ */

/* By address, what covers before what only ends, else in the order of the file: the kernel names
 * the first of the symbols at one address. */
static int compare(const void *a, const void *b)
{
	const struct fti_symtab_raw *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if ((x->module == FTI_SYMBOL_END) != (y->module == FTI_SYMBOL_END))
		return x->module == FTI_SYMBOL_END ? 1 : -1;
	return x->name < y->name ? -1 : x->name > y->name;
}

/* Most runs of one address are short: where the addresses ascend, sort only those out of order. */
static void sort(struct fti_symtab_draft *d)
{
	struct fti_symtab_raw *raw = d->raw;
	size_t first = 0;

	if (d->disorder) {
		qsort(raw, d->count, sizeof(*raw), compare);
		return;
	}
	for (size_t i = 1; i < d->count; i++) {
		if (raw[i].addr != raw[first].addr) {
			first = i;
		} else if (compare(&raw[i - 1], &raw[i]) > 0) {
			while (i + 1 < d->count && raw[i + 1].addr == raw[first].addr)
				i++;
			qsort(raw + first, i + 1 - first, sizeof(*raw), compare);
		}
	}
}

/* Drop ends that end nothing, in place. */
static void drop_ends(struct fti_symtab_draft *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->count; i++) {
		const struct fti_symtab_raw *last = kept ? &d->raw[kept - 1] : NULL;
		const struct fti_symtab_raw *w = &d->raw[i];

		if (w->module == FTI_SYMBOL_END && !w->name &&
		    (!last || last->module == FTI_SYMBOL_END || last->addr == w->addr))
			continue;
		d->raw[kept++] = *w;
	}
	d->count = kept;
}

static size_t count_segments(const struct fti_symtab_draft *d)
{
	uint64_t base = 0;
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++) {
		if (!n || d->raw[i].addr - base > UINT32_MAX) {
			base = d->raw[i].addr;
			n++;
		}
	}
	return n;
}

static int build(struct fti_symtab *t, const struct fti_symtab_draft *d)
{
	size_t n = 0;
	char *fit;

	t->segments = count_segments(d);
	t->segment = calloc(t->segments, sizeof(*t->segment));
	t->offset = malloc(d->count * sizeof(*t->offset));
	t->name = malloc(d->count * sizeof(*t->name));
	t->module = malloc(d->count * sizeof(*t->module));
	if (!t->segment || !t->offset || !t->name || !t->module)
		return -ENOMEM;
	for (size_t i = 0; i < d->count; i++) {
		const struct fti_symtab_raw *w = &d->raw[i];

		if (!n || w->addr - t->segment[n - 1].base > UINT32_MAX)
			t->segment[n++] = (struct fti_segment){ w->addr, i };
		t->offset[i] = w->addr - t->segment[n - 1].base;
		t->name[i] = w->name;
		t->module[i] = w->module;
		t->named += w->name != 0;
	}
	t->count = d->count;
	fit = realloc(t->pool, t->pool_len);
	if (fit) {
		t->pool = fit;
		t->pool_room = t->pool_len;
	}
	return 0;
}

int fti_symtab_finish(struct fti_symtab_draft *d, struct fti_symtab *out)
{
	int err = 0;

	*out = (struct fti_symtab){ 0 };
	sort(d);
	drop_ends(d);
	if (d->count) {
		*out = d->table;
		d->table = (struct fti_symtab){ 0 };
		err = build(out, d);
		if (err)
			fti_symtab_free(out);
	}
	fti_symtab_drop(d);
	return err;
}

void fti_symtab_drop(struct fti_symtab_draft *d)
{
	fti_symtab_free(&d->table);
	free(d->raw);
	d->raw = NULL;
	d->count = d->room = 0;
}

void fti_symtab_free(struct fti_symtab *t)
{
	free(t->offset);
	free(t->name);
	free(t->module);
	free(t->segment);
	free(t->pool);
	free(t->modules);
	*t = (struct fti_symtab){ 0 };
}
