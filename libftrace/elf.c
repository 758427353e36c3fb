/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf-internal.h"

/* How many functions that begin before an offset are asked whether they reach it. */
#define NESTED_MAX 64
#define ALIAS_MAX  16

/* -- the table ------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
	const struct fti_elf_symbol *x = a, *y = b;
	int d;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	d = strcmp(x->name, y->name);
	/* A name of two versions is the newer's. */
	return d ? d : x->old != y->old ? x->old - y->old : x->rank - y->rank;
}

static int by_rank(const void *a, const void *b)
{
	const struct fti_elf_symbol *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->rank != y->rank ? x->rank - y->rank : strcmp(x->name, y->name);
}

/* Both tables name most of what the dynamic one has. */
static void drop_doubles(struct ft_elf *e)
{
	size_t kept = 0;

	for (size_t i = 0; i < e->count; i++) {
		const struct fti_elf_symbol *last = kept ? &e->symbol[kept - 1] : NULL;

		if (!last || last->offset != e->symbol[i].offset ||
		    strcmp(last->name, e->symbol[i].name) != 0)
			e->symbol[kept++] = e->symbol[i];
	}
	e->count = kept;
}

static void finish(struct ft_elf *e)
{
	uint64_t next = UINT64_MAX;
	struct fti_elf_symbol *fit;

	if (!e->count)
		return;
	qsort(e->symbol, e->count, sizeof(*e->symbol), by_name);
	drop_doubles(e);
	qsort(e->symbol, e->count, sizeof(*e->symbol), by_rank);
	for (size_t i = e->count; i--; ) {
		struct fti_elf_symbol *s = &e->symbol[i];

		if (i + 1 < e->count && s[1].offset != s->offset)
			next = s[1].offset;
		if (!s->size && s->end > next)
			s->end = next;
	}
	fit = realloc(e->symbol, e->count * sizeof(*fit));
	if (fit) {
		e->symbol = fit;
		e->room = e->count;
	}
}

/* -- the file ------------------------------------------------------------------------------- */

int fti_elf_open(struct ft_elf **out, int fd)
{
	struct ft_elf *e = calloc(1, sizeof(*e));
	int err;

	*out = NULL;
	err = e ? fti_elf_read_symbols(e, fd) : -ENOMEM;
	if (err) {
		ft_elf_close(e);
		return err;
	}
	finish(e);
	*out = e;
	return 0;
}

int fti_elf_open_file(const char *path)
{
	struct stat st;
	int fd;

	/* Looked at first, since opening a device can do something; and a FIFO must not hold us. */
	if (stat(path, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOEXEC;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int ft_elf_open(struct ft_elf **out, const char *path)
{
	int fd = fti_elf_open_file(path), err;

	*out = NULL;
	if (fd < 0)
		return fd;
	err = fti_elf_open(out, fd);
	close(fd);
	return err;
}

void ft_elf_close(struct ft_elf *elf)
{
	if (!elf)
		return;
	free(elf->symbol);
	fti_elf_strings_free(&elf->strings);
	free(elf);
}

size_t fti_elf_bytes(const struct ft_elf *elf)
{
	return sizeof(*elf) + elf->room * sizeof(*elf->symbol) + elf->strings.len;
}

/* -- questions ------------------------------------------------------------------------------ */

static struct ft_elf_symbol public(const struct fti_elf_symbol *s)
{
	return (struct ft_elf_symbol){ .name = s->name, .addr = s->addr, .offset = s->offset,
				       .size = s->size, .indirect = s->indirect, .old = s->old };
}

int ft_elf_functions(const struct ft_elf *elf,
		     int (*fn)(void *arg, const struct ft_elf_symbol *symbol), void *arg)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < elf->count; i++) {
		struct ft_elf_symbol s = public(&elf->symbol[i]);

		ret = fn(arg, &s);
	}
	return ret;
}

size_t ft_elf_count(const struct ft_elf *elf)
{
	return elf->count;
}

/* The first symbol of [0, high) whose offset is at least `offset`. */
static size_t lower_bound(const struct ft_elf *e, size_t high, uint64_t offset)
{
	size_t low = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (e->symbol[mid].offset < offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool ft_elf_lookup(const struct ft_elf *elf, uint64_t offset, struct ft_elf_symbol *out)
{
	size_t end = elf->count, first;

	if (offset < UINT64_MAX)
		end = lower_bound(elf, elf->count, offset + 1);
	/* A function can hold others; what is behind those is its own again. */
	for (int nested = 0; end && nested < NESTED_MAX; nested++, end = first) {
		first = lower_bound(elf, end, elf->symbol[end - 1].offset);
		for (size_t i = first; i < end && i - first < ALIAS_MAX; i++) {
			if (offset >= elf->symbol[i].end)
				continue;
			*out = public(&elf->symbol[i]);
			return true;
		}
	}
	return false;
}
