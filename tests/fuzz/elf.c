/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a program or library, and an ld.so.cache.
 *
 * Aborts when functions are out of order, come twice, lie outside of the file, have no name or are
 * not found again where they begin; or when the cache gives a library without a path.
 *
 * With -DFUZZ_MAIN it needs no libFuzzer: `elf ROUNDS FILE...` runs the files and then ROUNDS
 * mutations of them, the same ones every time.
 */
#include <elf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf-internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct last {
	const struct ft_elf *elf;
	uint64_t	     offset;
	char		     name[4096];
	size_t		     size, count;
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

static int on_function(void *arg, const struct ft_elf_symbol *s)
{
	struct last *last = arg;
	struct ft_elf_symbol again;
	size_t len = strlen(s->name);

	check(len && len < sizeof(last->name) && !strchr(s->name, '@'));
	check(s->offset < last->size && s->offset >= last->offset);
	check(s->offset != last->offset || strcmp(s->name, last->name) != 0);
	check(ft_elf_lookup(last->elf, s->offset, &again) && again.offset == s->offset);
	last->offset = s->offset;
	memcpy(last->name, s->name, len + 1);
	last->count++;
	return 0;
}

static void run_elf(const uint8_t *data, size_t size)
{
	struct last last = { .size = size };
	struct ft_elf_symbol s;
	struct ft_elf *elf;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	if (!fti_elf_open(&elf, fd)) {
		last.elf = elf;
		ft_elf_functions(elf, on_function, &last);
		check(last.count == ft_elf_count(elf) && fti_elf_bytes(elf) > last.count);
		for (uint64_t at = 0; at < size; at += size / 64 + 1)
			check(!ft_elf_lookup(elf, at, &s) || s.offset <= at);
		check(!ft_elf_lookup(elf, UINT64_MAX, &s));
		ft_elf_close(elf);
	}
	close(fd);
}

static int on_library(void *arg, const char *name, const char *path, bool hwcap)
{
	size_t *count = arg;

	(void)hwcap;
	check(path[0] == '/' && strlen(path));
	*count += fti_library_match(name, path + 1) + fti_library_match("c", name);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* of just its length, so that a step beyond it is seen */
	uint8_t *copy = malloc(size + !size);
	size_t count = 0;

	if (!copy)
		abort();
	memcpy(copy, data, size);
	check(!fti_ldcache_each(copy, size, on_library, &count));
	free(copy);
	run_elf(data, size);
	return 0;
}

#ifdef FUZZ_MAIN
#include "seeds.h"

/* Numbers of any width anywhere, most of them in the headers and tables. */
static void run_mutation(const struct seed *seeds, size_t count, uint64_t *rnd)
{
	static const uint64_t values[] = { 0, 1, 2, 16, 0x7f, 0xff, 0x8000, 0xffff, 0x7fffffff,
					   UINT32_MAX, INT64_MAX, UINT64_MAX - 1, UINT64_MAX };
	const struct seed *s = &seeds[next_random(rnd) % count];
	uint8_t *data = malloc(s->len);
	size_t len = s->len;

	if (!data)
		abort();
	memcpy(data, s->data, len);
	for (uint64_t n = next_random(rnd) % 8; n-- && len > 64; ) {
		const uint64_t r = next_random(rnd), value = values[(r >> 8) % 13];
		/* a third in the header, a third in the last parts: the section headers */
		const size_t area = len / (r % 3 ? 1 : 8);
		size_t at = r % 3 == 1 ? (r >> 16) % 64 : len - 8 - (r >> 16) % (area - 8);

		if (!((r >> 12) % 16))
			len = len / 2 + (r >> 20) % (len / 2);
		else if (at + 8 <= len)
			memcpy(data + at, &value, 1u << (r >> 4) % 4);
	}
	LLVMFuzzerTestOneInput(data, len);
	free(data);
}

int main(int argc, char **argv)
{
	return run_seeds(argc, argv);
}
#endif
