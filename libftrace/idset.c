/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "idset.h"

static size_t home(const struct fti_idset *s, int id)
{
	return ((uint32_t)id * 2654435761u) & (s->size - 1);
}

static size_t find(const struct fti_idset *s, int id)
{
	size_t i = home(s, id);

	while (s->slot[i] && s->slot[i] != id)
		i = (i + 1) & (s->size - 1);
	return i;
}

bool fti_idset_has(const struct fti_idset *s, int id)
{
	return s->size && s->slot[find(s, id)];
}

static int grow(struct fti_idset *s)
{
	struct fti_idset bigger = { .size = s->size ? s->size * 2 : 64 };

	bigger.slot = calloc(bigger.size, sizeof(*bigger.slot));
	if (!bigger.slot)
		return -ENOMEM;
	for (size_t i = 0; i < s->size; i++)
		if (s->slot[i])
			bigger.slot[find(&bigger, s->slot[i])] = s->slot[i];
	bigger.count = s->count;
	free(s->slot);
	*s = bigger;
	return 0;
}

int fti_idset_add(struct fti_idset *s, int id)
{
	size_t i;

	if (id <= 0 || fti_idset_has(s, id))
		return 0;
	if (s->count * 2 >= s->size && grow(s))
		return -ENOMEM;
	i = find(s, id);
	s->slot[i] = id;
	s->count++;
	return 0;
}

/* Close the gap, so that what lies behind is still found. */
void fti_idset_remove(struct fti_idset *s, int id)
{
	size_t gap, i;

	if (!fti_idset_has(s, id))
		return;
	gap = find(s, id);
	s->slot[gap] = 0;
	s->count--;
	for (i = (gap + 1) & (s->size - 1); s->slot[i]; i = (i + 1) & (s->size - 1)) {
		int moved = s->slot[i];

		s->slot[i] = 0;
		s->slot[find(s, moved)] = moved;
	}
}

void fti_idset_free(struct fti_idset *s)
{
	free(s->slot);
	*s = (struct fti_idset){ .slot = NULL };
}
