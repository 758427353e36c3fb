/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seeds: main() of a fuzz target without libFuzzer: `TARGET ROUNDS FILE...` runs the files and then
 * ROUNDS mutations of them, the same ones every time.
 *
 * Included under FUZZ_MAIN by a target that defines run_mutation() and calls run_seeds() from main().
 */
#ifndef SEEDS_H
#define SEEDS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seed {
	uint8_t *data;
	size_t len;
};

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static int read_seed(struct seed *s, const char *path)
{
	FILE *f = fopen(path, "re");
	uint8_t *more;

	while (f && (more = realloc(s->data, s->len + 65536))) {
		const size_t n = fread(more + s->len, 1, 65536, f);

		s->data = more;
		s->len += n;
		if (n != 65536)
			break;
	}
	if (f)
		fclose(f);
	if (!s->len)
		fprintf(stderr, "cannot read '%s'\n", path);
	return s->len ? 0 : -1;
}

/* One mutation of some of the seeds, run. */
static void run_mutation(const struct seed *seeds, size_t count, uint64_t *rnd);

static int run_seeds(int argc, char **argv)
{
	const long rounds = argc > 2 ? strtol(argv[1], NULL, 10) : -1;
	const size_t count = argc > 2 ? (size_t)argc - 2 : 0;
	struct seed *seeds = calloc(count + 1, sizeof(*seeds));
	uint64_t rnd = 0x9e3779b97f4a7c15ULL;
	int status = 1;

	if (!seeds || rounds < 0) {
		fprintf(stderr, "usage: %s ROUNDS FILE...\n", argv[0]);
		free(seeds);
		return 2;
	}
	for (size_t i = 0; i < count; i++) {
		if (read_seed(&seeds[i], argv[i + 2]))
			goto out;
		LLVMFuzzerTestOneInput(seeds[i].data, seeds[i].len);
	}
	for (long i = 0; i < rounds; i++)
		run_mutation(seeds, count, &rnd);
	printf("%zu files, %ld mutations\n", count, rounds);
	status = 0;
out:
	for (size_t i = 0; i < count; i++)
		free(seeds[i].data);
	free(seeds);
	return status;
}

#endif
