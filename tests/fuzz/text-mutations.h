/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text-mutations: run_mutation() for fuzz targets whose input is text: some bytes replaced, also by such
 * as mean something there, left out, or doubled.
 *
 * Included under FUZZ_MAIN after MAX_INPUT, TEXT_BYTES (a string of those) and TEXT_CHANGES (less than
 * so many) are defined.
 */
#ifndef TEXT_MUTATIONS_H
#define TEXT_MUTATIONS_H

#include "seeds.h"

static void mutate(uint8_t *buf, size_t *len, uint64_t *rnd)
{
	static const char bytes[] = TEXT_BYTES;
	const uint64_t r = next_random(rnd);
	const size_t at = (r >> 32) % *len;

	switch (r % 4) {
	case 0:
		buf[at] = (uint8_t)(r >> 8);
		break;
	case 1:
		buf[at] = (uint8_t)bytes[(r >> 8) % (sizeof(bytes) - 1)];
		break;
	case 2:		/* without a byte */
		if (*len > 1)
			memmove(buf + at, buf + at + 1, --*len - at);
		break;
	default:	/* a byte twice */
		if (*len < MAX_INPUT) {
			memmove(buf + at + 1, buf + at, *len - at);
			++*len;
		}
		break;
	}
}

static void run_mutation(const struct seed *seeds, size_t count, uint64_t *rnd)
{
	static uint8_t buf[MAX_INPUT];
	const struct seed *s = &seeds[next_random(rnd) % count];
	size_t len = s->len < MAX_INPUT ? s->len : MAX_INPUT;

	memcpy(buf, s->data, len);
	for (uint64_t i = next_random(rnd) % TEXT_CHANGES; i; i--)
		mutate(buf, &len, rnd);
	LLVMFuzzerTestOneInput(buf, len);
}

#endif
