/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a table of the kernel's function profiler (trace_stat/functionN).
 *
 * Aborts when a row has a name that is none, or hits get lost between the table and the counts.
 *
 * With -DFUZZ_MAIN it needs no libFuzzer: `profile ROUNDS FILE...` runs the files and then ROUNDS
 * mutations of them, the same ones every time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct table {
	const char *text;
	size_t size;
	struct ft_counter c;
	uint64_t hits;
};

static int take_row(void *arg, const char *name, size_t len, uint64_t hits)
{
	struct table *t = arg;

	if (!len || name < t->text || name + len > t->text + t->size ||
	    strcspn(name, " \t\n") != len)
		abort();
	t->hits += hits;
	if (fti_profile_count(&t->c, name, len, hits))
		abort();
	return t->c.source_count > 200;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_counter *c;
	struct table *t = calloc(1, sizeof(*t));
	char *text = malloc(size + 1);
	uint64_t sum = 0;

	if (!t || !text)
		abort();
	memcpy(text, data, size);
	text[size] = 0;
	t->text = text;
	t->size = size;
	c = &t->c;
	fti_profile_parse(text, take_row, t);
	for (size_t i = 0; i < c->source_count; i++) {
		sum += c->sources[i].count;
		free(c->sources[i].name);
	}
	if (sum != t->hits)
		abort();
	free(c->sources);
	free(t);
	free(text);
	return 0;
}

#ifdef FUZZ_MAIN
#define MAX_INPUT 4096

#include "seeds.h"

static void run_mutation(const struct seed *seeds, size_t count, uint64_t *rnd)
{
	static const char special[] = " \t\n\0009-x\377";
	static uint8_t buf[MAX_INPUT];
	const struct seed *s = &seeds[next_random(rnd) % count];
	size_t from = next_random(rnd) % s->len;
	size_t len = s->len - from < MAX_INPUT ? s->len - from : MAX_INPUT;

	memcpy(buf, s->data + from, len);
	for (uint64_t i = next_random(rnd) % 16; i; i--) {
		const uint64_t r = next_random(rnd);

		buf[(r >> 32) % len] = r & 1 ? (uint8_t)special[(r >> 8) % sizeof(special)] :
					       (uint8_t)(r >> 8);
	}
	LLVMFuzzerTestOneInput(buf, len - next_random(rnd) % len);
}

int main(int argc, char **argv)
{
	return run_seeds(argc, argv);
}
#endif
