/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "intern.h"

#define BYTES_MAX (16U << 20)
#define FIRST	  64

struct string {
	uint32_t at, len, hash;
};

struct fti_strings {
	size_t		max, count, room;
	struct string  *string;
	uint32_t       *slot;		/* number + 1; 0: free; at most half are taken */
	size_t		slots;
	char	       *bytes;
	size_t		used, size;
};

int fti_strings_new(struct fti_strings **out, size_t max)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->max = max;
	return 0;
}

void fti_strings_free(struct fti_strings *st)
{
	if (!st)
		return;
	free(st->string);
	free(st->slot);
	free(st->bytes);
	free(st);
}

void fti_strings_clear(struct fti_strings *st)
{
	st->count = st->used = 0;
	if (st->slot)
		memset(st->slot, 0, st->slots * sizeof(*st->slot));
}

static uint32_t hash_of(const char *s, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3ULL;
	return (uint32_t)(h ^ h >> 32);
}

static size_t find(const struct fti_strings *st, const char *s, size_t len, uint32_t hash)
{
	size_t i = hash & (st->slots - 1);

	for (; st->slot[i]; i = (i + 1) & (st->slots - 1)) {
		const struct string *have = &st->string[st->slot[i] - 1];

		if (have->hash == hash && have->len == len && !memcmp(st->bytes + have->at, s, len))
			break;
	}
	return i;
}

static int grow_strings(struct fti_strings *st)
{
	const size_t room = st->room ? 2 * st->room : FIRST, slots = 2 * room;
	struct string *string = realloc(st->string, room * sizeof(*string));
	uint32_t *slot;

	if (!string)
		return -ENOMEM;
	st->string = string;
	slot = calloc(slots, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	free(st->slot);
	st->slot = slot;
	st->slots = slots;
	st->room = room;
	for (size_t n = 0; n < st->count; n++) {
		size_t i = string[n].hash & (slots - 1);

		while (slot[i])
			i = (i + 1) & (slots - 1);
		slot[i] = (uint32_t)n + 1;
	}
	return 0;
}

static int grow_bytes(struct fti_strings *st, size_t len)
{
	size_t size = st->size ? st->size : 4096;
	char *bytes;

	while (size < st->used + len)
		size *= 2;
	if (size > BYTES_MAX)
		return -ENOSPC;
	bytes = realloc(st->bytes, size);
	if (!bytes)
		return -ENOMEM;
	st->bytes = bytes;
	st->size = size;
	return 0;
}

ssize_t fti_strings_number(struct fti_strings *st, const char *s, size_t len)
{
	const uint32_t hash = hash_of(s, len);
	size_t i;
	int err = 0;

	if (st->count == st->room && st->count < st->max)
		err = grow_strings(st);
	if (err)
		return err;
	i = find(st, s, len, hash);
	if (st->slot[i])
		return (ssize_t)st->slot[i] - 1;
	if (st->count >= st->max)
		return -ENOSPC;
	if (st->used + len > st->size || !st->bytes)
		err = grow_bytes(st, len);
	if (err)
		return err;
	memcpy(st->bytes + st->used, s, len);
	st->string[st->count] = (struct string){ (uint32_t)st->used, (uint32_t)len, hash };
	st->used += len;
	st->slot[i] = (uint32_t)++st->count;
	return (ssize_t)st->count - 1;
}

const char *fti_strings_get(const struct fti_strings *st, uint64_t number, size_t *len)
{
	if (number >= st->count) {
		*len = 0;
		return "";
	}
	*len = st->string[number].len;
	return st->bytes + st->string[number].at;
}
