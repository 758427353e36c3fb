/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz symbol: any bytes as /proc/kallsyms or available_filter_functions_addrs; what was read must
 * be consistent with itself.  With -DFUZZ_MAIN a program `prog ROUNDS FILE...` that feeds mutations
 * of the files from a fixed seed, for compilers without libFuzzer.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ftrace/symbol.h"
#include "symbol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ft_symbols *s, uint64_t addr)
{
	struct ft_symbol sym;
	char buf[700], small[16];
	size_t len;

	len = ft_symbol_format(s, addr, true, buf, sizeof(buf));
	if (len != strlen(buf) || ft_symbol_format(s, addr, false, small, sizeof(small)) > 15)
		abort();
	if (!ft_symbol_lookup(s, addr, &sym)) {
		if (strncmp(buf, "0x", 2) != 0)
			abort();
		return;
	}
	if (sym.addr > addr || !*sym.name || strncmp(buf, sym.name, strlen(sym.name)) != 0 ||
	    !ft_symbol_addr(s, sym.name, sym.module))
		abort();
}

static void check_table(const struct ft_symbols *s, const struct fti_symtab *t)
{
	for (size_t i = 0; t->count && i < 8; i++) {
		uint64_t addr = t->segment[(i * 7) % t->segments].base +
				t->offset[(i * 31) % t->count];

		check(s, addr - 1);
		check(s, addr);
		check(s, addr + 1);
		check(s, addr ^ 1ull << (i * 8 + 7));
	}
}

static void check_all(const struct ft_symbols *s)
{
	if (s->later && (s->low >= s->high || s->later->fd < 0))
		abort();
	check_table(s, &s->first);
	if (!ft_symbols_count(s) || ft_symbols_bytes(s) < ft_symbols_count(s))
		abort();
	if (s->later)
		check_table(s, &s->later->table);
	check(s, 0);
	check(s, UINT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ft_symbols *s;
	int fd;

	fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	for (int addrs = 0; addrs < 2; addrs++) {
		if (lseek(fd, 0, SEEK_SET) != 0)
			abort();
		if (fti_symbols_read(&s, dup(fd), addrs))
			continue;
		check_all(s);
		ft_symbols_close(s);
	}
	close(fd);
	return 0;
}

#ifdef FUZZ_MAIN
#define PIECE_MAX 8192

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint32_t pick(uint32_t below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % below;
}

/* Let the line after `at` end the kernel's text. */
static void end_text(uint8_t *p, size_t len, size_t at)
{
	static const char etext[] = " T _etext\n";
	const uint8_t *nl = memchr(p + at, '\n', len - at);
	size_t to = nl ? (size_t)(nl - p) + 17 : len;

	if (to + sizeof(etext) <= len)
		memcpy(p + to, etext, sizeof(etext) - 1);
}

static size_t mutate(uint8_t *p, size_t len)
{
	static const char special[] = "\n\t [](){}0fFgTtA-x\0\x7f\xff";

	for (uint32_t n = pick(12); n && len > 8; n--) {
		size_t at = pick(len - 4), count = pick(len - at);

		switch (pick(6)) {
		case 0:
			p[at] ^= 1u << pick(8);
			break;
		case 1:
			p[at] = special[pick(sizeof(special))];
			break;
		case 2:
			memmove(p + at, p + at + count, len - at - count);
			len -= count;
			break;
		case 3:
			memcpy(p + at, p + pick(len - 4), 4);
			break;
		case 4:
			end_text(p, len, at);
			break;
		default:
			memset(p + at, p[at], pick(count + 1));
			break;
		}
	}
	return len;
}

int main(int argc, char **argv)
{
	static uint8_t piece[PIECE_MAX];
	int rounds;

	if (argc < 3) {
		fprintf(stderr, "usage: %s ROUNDS FILE...\n", argv[0]);
		return 2;
	}
	rounds = atoi(argv[1]);
	for (int i = 2; i < argc; i++) {
		FILE *f = fopen(argv[i], "re");
		long size;

		if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) <= 0) {
			fprintf(stderr, "%s: cannot read %s\n", argv[0], argv[i]);
			return 1;
		}
		for (int r = 0; r < rounds; r++) {
			size_t len;

			fseek(f, pick(size), SEEK_SET);
			len = fread(piece, 1, 1 + pick(PIECE_MAX), f);
			LLVMFuzzerTestOneInput(piece, mutate(piece, len));
		}
		fclose(f);
	}
	return 0;
}
#endif
