/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "ftrace/stack.h"

#define BYTES_MAX (64u << 20)

struct fti_folds {
	const struct ft_symbols *syms;
	struct fti_fold	       **slot;	/* open addressing */
	size_t			 size;	/* a power of two, or 0 */
	size_t			 count, bytes;
	struct fti_fold		 other;
};

int fti_folds_new(struct fti_folds **out, const struct ft_symbols *syms)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->syms = syms;
	(*out)->other.other = true;
	return 0;
}

static void forget(struct fti_folds *f)
{
	for (size_t i = 0; i < f->size; i++)
		free(f->slot[i]);
	free(f->slot);
	f->slot = NULL;
	f->size = f->count = f->bytes = 0;
	f->other.count = 0;
}

void fti_folds_free(struct fti_folds *f)
{
	if (!f)
		return;
	forget(f);
	free(f);
}

/* -- adding ------------------------------------------------------------------------------------ */

static uint64_t hash_of(const char comm[FT_COMM_SIZE], const uint64_t *frames, size_t length)
{
	uint64_t h = length, c[FT_COMM_SIZE / sizeof(uint64_t)];

	memcpy(c, comm, sizeof(c));
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++)
		h = (h ^ c[i]) * 0x9e3779b97f4a7c15ULL;
	for (size_t i = 0; i < length; i++) {
		h = (h ^ frames[i]) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 32;
	}
	return h;
}

static bool is_same(const struct fti_fold *a, const char *comm, const uint64_t *frames,
		    size_t length)
{
	return a->length == length && !memcmp(a->comm, comm, FT_COMM_SIZE) &&
	       !memcmp(a->frames, frames, length * sizeof(*frames));
}

/* Where it is, or belongs. */
static size_t find(const struct fti_folds *f, uint64_t hash, const char *comm,
		   const uint64_t *frames, size_t length)
{
	size_t i = hash & (f->size - 1);

	while (f->slot[i] && (f->slot[i]->hash != hash ||
			      !is_same(f->slot[i], comm, frames, length)))
		i = (i + 1) & (f->size - 1);
	return i;
}

static int grow(struct fti_folds *f)
{
	struct fti_folds bigger = *f;

	bigger.size = f->size ? f->size * 2 : 1024;
	bigger.slot = calloc(bigger.size, sizeof(struct fti_fold *));
	if (!bigger.slot)
		return -ENOMEM;
	for (size_t i = 0; i < f->size; i++) {
		struct fti_fold *old = f->slot[i];

		if (old)
			bigger.slot[find(&bigger, old->hash, old->comm, old->frames,
					 old->length)] = old;
	}
	free(f->slot);
	*f = bigger;
	return 0;
}

int fti_folds_add(struct fti_folds *f, const char *name, const uint64_t *frames, size_t length)
{
	const size_t bytes = sizeof(struct fti_fold) + length * sizeof(*frames);
	char comm[FT_COMM_SIZE] = "";
	struct fti_fold *new;
	uint64_t hash;
	size_t i;

	memcpy(comm, name, strnlen(name, sizeof(comm) - 1));
	hash = hash_of(comm, frames, length);
	if (2 * f->count >= f->size && grow(f))
		return -ENOMEM;
	i = find(f, hash, comm, frames, length);
	if (f->slot[i]) {
		f->slot[i]->count++;
		return 0;
	}
	if (f->count == FT_STACKS_MAX || bytes > BYTES_MAX - f->bytes) {
		f->other.count++;
		return 0;
	}
	new = malloc(bytes);
	if (!new)
		return -ENOMEM;
	*new = (struct fti_fold){ .hash = hash, .count = 1, .length = length };
	memcpy(new->comm, comm, sizeof(comm));
	memcpy(new->frames, frames, length * sizeof(*frames));
	f->slot[i] = new;
	f->count++;
	f->bytes += bytes;
	return 0;
}

/* -- all of them ------------------------------------------------------------------------------- */

static int by_stack(const void *pa, const void *pb)
{
	const struct fti_fold *a = *(struct fti_fold *const *)pa, *b = *(struct fti_fold *const *)pb;
	int n = memcmp(a->comm, b->comm, sizeof(a->comm));

	if (n)
		return n;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return memcmp(a->frames, b->frames, a->length * sizeof(a->frames[0]));
}

static int by_count(const void *pa, const void *pb)
{
	const struct fti_fold *a = *(struct fti_fold *const *)pa, *b = *(struct fti_fold *const *)pb;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return by_stack(pa, pb);
}

/* Return addresses to the functions they lie in. */
static void name_frames(const struct fti_folds *f, struct fti_fold *fold)
{
	struct ft_symbol symbol;

	for (size_t i = 0; f->syms && i < fold->length; i++)
		if (ft_symbol_lookup(f->syms, fold->frames[i], &symbol))
			fold->frames[i] = symbol.addr;
}

/* The table becomes a list at its begin, sorted, without doubles.  Returns the length. */
static size_t gather(struct fti_folds *f)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < f->size; i++) {
		struct fti_fold *fold = f->slot[i];

		f->slot[i] = NULL;
		if (fold) {
			name_frames(f, fold);
			f->slot[n++] = fold;
		}
	}
	if (!n)
		return 0;
	qsort(f->slot, n, sizeof(struct fti_fold *), by_stack);
	for (size_t i = 1; i < n; i++) {
		struct fti_fold *fold = f->slot[i];

		f->slot[i] = NULL;
		if (by_stack(&f->slot[kept], &fold)) {
			f->slot[++kept] = fold;
		} else {
			f->slot[kept]->count += fold->count;
			free(fold);
		}
	}
	qsort(f->slot, kept + 1, sizeof(struct fti_fold *), by_count);
	return kept + 1;
}

int fti_folds_each(struct fti_folds *f, int (*fn)(void *arg, const struct fti_fold *fold),
		   void *arg)
{
	const size_t n = gather(f);
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = fn(arg, f->slot[i]);
	if (!err && f->other.count)
		err = fn(arg, &f->other);
	forget(f);
	return err;
}
