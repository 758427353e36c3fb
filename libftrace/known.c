/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "known.h"
#include "lines.h"
#include "symbol.h"

#define FIRST_SIZE 65536
#define SEVERAL	   1ULL		/* in a slot: the name was seen again */
#define FACTOR	   0x9e3779b97f4a7c15ULL
/* In place of modules: any, and the kernel itself from _etext on. */
#define ANY	   ""
#define BEHIND	   " "

/* What _etext was read to. */
#define STOP 1

struct fti_known {
	uint64_t	*slot;		/* hashes, SEVERAL taken by the mark; 0: free */
	size_t		 size, count;	/* size: a power of two */
	const struct ft_symbols *symbols;	/* NULL: from the file */
	int		 fd;
	struct fti_lines lines;
	int		 rest;		/* STOP: from _etext on; 0: nothing; -errno of reading */
};

/* Eight bytes at a time, for it is done for each line. */
static uint64_t mix(uint64_t h, const char *p, size_t len)
{
	uint64_t v = len;

	for (; len >= sizeof(v); p += sizeof(v), len -= sizeof(v)) {
		h = (h ^ v) * FACTOR;
		h ^= h >> 32;
		memcpy(&v, p, sizeof(v));
	}
	h = (h ^ v) * FACTOR;
	h ^= h >> 32;
	v = 0;
	memcpy(&v, p, len);
	h = (h ^ v) * FACTOR;
	return h ^ h >> 32;
}

/* Of a name, and of one in a module. */
static uint64_t hash(const char *name, size_t len, const char *module, size_t mlen)
{
	uint64_t h = mix(FACTOR, name, len);

	if (module)
		h = mix(h, module, mlen);
	return (h | 2) & ~SEVERAL;
}

/* Where the hash is, or would be. */
static size_t find(const struct fti_known *k, uint64_t h)
{
	size_t i = (h >> 2) & (k->size - 1);

	while (k->slot[i] && (k->slot[i] & ~SEVERAL) != h)
		i = (i + 1) & (k->size - 1);
	return i;
}

static int grow(struct fti_known *k)
{
	struct fti_known bigger = *k;

	bigger.size = k->size ? k->size * 2 : FIRST_SIZE;
	bigger.slot = calloc(bigger.size, sizeof(*bigger.slot));
	if (!bigger.slot)
		return -ENOMEM;
	for (size_t i = 0; i < k->size; i++)
		if (k->slot[i])
			bigger.slot[find(&bigger, k->slot[i] & ~SEVERAL)] = k->slot[i];
	free(k->slot);
	*k = bigger;
	return 0;
}

static int add(struct fti_known *k, uint64_t h)
{
	size_t i;

	if (k->count >= k->size / 4 * 3 && grow(k))
		return -ENOMEM;
	i = find(k, h);
	if (k->slot[i]) {
		k->slot[i] |= SEVERAL;
		return 0;
	}
	k->slot[i] = h;
	k->count++;
	return 0;
}

/* Behind _etext names are kept apart: no answer depends on what was asked before. */
static int add_own(struct fti_known *k, const char *name, const char *end)
{
	int err = add(k, hash(name, (size_t)(end - name), k->rest ? BEHIND : NULL, 1));

	return !err && end - name == 6 && !memcmp(name, "_etext", 6) ? STOP : err;
}

static int add_of_module(struct fti_known *k, const char *name, size_t len, const char *module,
			 size_t mlen)
{
	int err = add(k, hash(name, len, module, mlen));

	return err ? err : add(k, hash(name, len, ANY, 0));
}

/* "ADDR TYPE NAME" or "ADDR TYPE NAME\t[MODULE]". */
static int on_line(void *arg, const char *p, const char *end)
{
	const char *name, *tab, *module;

	p = memchr(p, ' ', end - p);
	if (!p || end - p < 4 || p[2] != ' ')
		return 0;
	name = p + 3;
	tab = memchr(name, '\t', end - name);
	if (!tab)
		return add_own(arg, name, end);
	module = tab + 1;
	if (end - module < 3 || *module != '[' || end[-1] != ']')
		return 0;
	return add_of_module(arg, name, (size_t)(tab - name), module + 1,
			     (size_t)(end - module - 2));
}

static int add_table(struct fti_known *k, const struct fti_symtab *t)
{
	int err = 0;

	for (size_t i = 0; i < t->count && !err; i++) {
		const char *name = t->pool + t->name[i], *module;
		const size_t len = strlen(name);

		if (!t->name[i] || t->module[i] == FTI_SYMBOL_END)
			continue;
		module = t->pool + t->modules[t->module[i]];
		err = *module ? add_of_module(k, name, len, module, strlen(module)) :
		      add(k, hash(name, len, k->rest ? BEHIND : NULL, 1));
	}
	return err;
}

/* -- reading ------------------------------------------------------------------------------------ */

int fti_known_of(struct fti_known **out, const struct ft_symbols *symbols)
{
	struct fti_known *k;
	int err;

	*out = NULL;
	if (symbols->starts_only)
		return -ENODATA;
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->fd = -1;
	k->symbols = symbols;
	err = grow(k);
	if (!err)
		err = add_table(k, &symbols->first);
	if (err) {
		fti_known_close(k);
		return err;
	}
	k->rest = symbols->later ? STOP : 0;
	*out = k;
	return 0;
}

static int read_on(struct fti_known *k)
{
	return k->symbols ? add_table(k, fti_symbols_later(k->symbols)) :
	       fti_lines_each(&k->lines, on_line, k);
}

int fti_known_open(struct fti_known **out, const char *path)
{
	struct fti_known *k = calloc(1, sizeof(*k));
	int err;

	*out = NULL;
	if (!k)
		return -ENOMEM;
	k->fd = open(path ? path : "/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	err = k->fd < 0 ? -errno : fti_lines_init(&k->lines, k->fd);
	if (!err)
		err = grow(k);
	if (!err)
		err = k->rest = fti_lines_each(&k->lines, on_line, k);
	if (err < 0)
		fti_known_close(k);
	else
		*out = k;
	return err < 0 ? err : 0;
}

void fti_known_close(struct fti_known *k)
{
	if (!k)
		return;
	if (k->fd >= 0)
		close(k->fd);
	fti_lines_free(&k->lines);
	free(k->slot);
	free(k);
}

static int count_of(const struct fti_known *k, const char *name, const char *module)
{
	const uint64_t h = hash(name, strlen(name), module, module ? strlen(module) : 0);
	const uint64_t found = k->slot[find(k, h)];

	return found ? 1 + (int)(found & SEVERAL) : 0;
}

int fti_known_count(struct fti_known *k, const char *name, const char *module)
{
	int count = module ? 0 : count_of(k, name, NULL);

	if (count)
		return count;
	while (k->rest > 0)
		k->rest = read_on(k);
	if (!module)
		count = count_of(k, name, BEHIND);
	if (!count)
		count = count_of(k, name, module ? module : ANY);
	return count ? count : k->rest;
}

/* -- addresses --------------------------------------------------------------------------------- */

struct addresses {
	const char *name, *module;
	uint64_t   *addr;
	size_t	    room, count;
};

static bool is_text(const char *p, const char *end, const char *text)
{
	return (size_t)(end - p) == strlen(text) && !memcmp(p, text, (size_t)(end - p));
}

static int note_address(void *arg, const char *p, const char *end)
{
	struct addresses *a = arg;
	const char *name = memchr(p, ' ', (size_t)(end - p)), *tab;

	if (!name || end - name < 4)
		return 0;
	name += 3;
	tab = memchr(name, '\t', (size_t)(end - name));
	if (!is_text(name, tab ? tab : end, a->name) || !tab != !a->module)
		return 0;
	if (tab && (end - tab < 3 || !is_text(tab + 2, end - 1, a->module)))
		return 0;
	if (a->count < a->room)
		a->addr[a->count] = strtoull(p, NULL, 16);
	a->count++;
	return 0;
}

int fti_known_addresses(const char *path, const char *name, const char *module, uint64_t *addr,
			size_t room)
{
	struct addresses a = { .name = name, .module = module, .addr = addr, .room = room };
	int fd = open(path ? path : "/proc/kallsyms", O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = fti_each_line(fd, note_address, &a);
	close(fd);
	return err ? err : (int)a.count;
}
