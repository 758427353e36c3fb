/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "known.h"
#include "lines.h"

#define FIRST_SIZE 65536
#define SEVERAL	   1ULL		/* in a slot: the name was seen again */

struct fti_known {
	uint64_t *slot;		/* hashes, SEVERAL taken by the mark; 0: free */
	size_t	  size, count;	/* size: a power of two */
};

/* FNV-1a of "name" or "name[module". */
static uint64_t hash(const char *name, size_t len, const char *module, size_t mlen)
{
	uint64_t h = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)name[i]) * 0x100000001b3;
	if (module)
		h = (h ^ '[') * 0x100000001b3;
	for (size_t i = 0; i < mlen; i++)
		h = (h ^ (unsigned char)module[i]) * 0x100000001b3;
	h ^= h >> 32;
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
	struct fti_known bigger = { .size = k->size ? k->size * 2 : FIRST_SIZE, .count = k->count };

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

/* "ADDR TYPE NAME" or "ADDR TYPE NAME\t[MODULE]". */
static int on_line(void *arg, const char *p, const char *end)
{
	const char *name, *tab, *module;
	int err;

	p = memchr(p, ' ', end - p);
	if (!p || end - p < 4 || p[2] != ' ')
		return 0;
	name = p + 3;
	tab = memchr(name, '\t', end - name);
	if (!tab)
		return add(arg, hash(name, end - name, NULL, 0));
	module = tab + 1;
	if (end - module < 3 || *module != '[' || end[-1] != ']')
		return 0;
	err = add(arg, hash(name, tab - name, module + 1, end - module - 2));
	return err ? err : add(arg, hash(name, tab - name, "", 0));
}

int fti_known_open(struct fti_known **out, const char *path)
{
	struct fti_known *k = calloc(1, sizeof(*k));
	int fd = open(path ? path : "/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : 0;

	*out = NULL;
	if (!k)
		err = -ENOMEM;
	if (!err)
		err = grow(k);
	if (!err)
		err = fti_each_line(fd, on_line, k);
	if (fd >= 0)
		close(fd);
	if (err)
		fti_known_close(k);
	else
		*out = k;
	return err;
}

void fti_known_close(struct fti_known *k)
{
	if (k)
		free(k->slot);
	free(k);
}

static int count_of(const struct fti_known *k, uint64_t h)
{
	const uint64_t found = k->slot[find(k, h)];

	return found ? 1 + (int)(found & SEVERAL) : 0;
}

int fti_known_count(const struct fti_known *k, const char *name, const char *module)
{
	const size_t len = strlen(name);
	int count;

	if (module)
		return count_of(k, hash(name, len, module, strlen(module)));
	count = count_of(k, hash(name, len, NULL, 0));
	return count ? count : count_of(k, hash(name, len, "", 0));
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
