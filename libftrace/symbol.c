/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/symbol.h"
#include "symbol.h"

/* How far the last symbol of a module is taken to reach where nothing tells its end. */
#define TAIL 65536

static int open_file(struct ft_symbols **out, int dirfd, const char *path, bool addrs)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = fti_symbols_read(out, fd, addrs);
	close(fd);
	return err;
}

int ft_symbols_open(struct ft_symbols **out, const char *kallsyms, const char *tracefs)
{
	int err, dir;

	*out = NULL;
	err = open_file(out, AT_FDCWD, kallsyms ? kallsyms : "/proc/kallsyms", false);
	if (!err || err == -ENOMEM || !tracefs)
		return err;
	dir = open(tracefs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err;
	if (!open_file(out, dir, "available_filter_functions_addrs", true))
		err = 0;
	close(dir);
	return err;
}

void ft_symbols_close(struct ft_symbols *syms)
{
	if (!syms)
		return;
	free(syms->offset);
	free(syms->name);
	free(syms->module);
	free(syms->segment);
	free(syms->pool);
	free(syms->modules);
	free(syms);
}

/* -- lookup --------------------------------------------------------------------------------- */

static size_t segment_end(const struct ft_symbols *s, size_t seg)
{
	return seg + 1 < s->segments ? s->segment[seg + 1].first : s->count;
}

static size_t segment_of(const struct ft_symbols *s, size_t i)
{
	size_t seg = s->segments - 1;

	while (s->segment[seg].first > i)
		seg--;
	return seg;
}

static uint64_t address(const struct ft_symbols *s, size_t i)
{
	return s->segment[segment_of(s, i)].base + s->offset[i];
}

/* The first of [low, high) whose offset is at least `offset`. */
static size_t lower_bound(const struct ft_symbols *s, size_t low, size_t high, uint64_t offset)
{
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->offset[mid] < offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Whether entry i says where the one before it, of a module, ends. */
static bool tells_end(const struct ft_symbols *s, size_t i, uint16_t module)
{
	return i < s->count && (s->module[i] == module || s->module[i] == FTI_SYMBOL_END);
}

/* Index of the entry that covers addr, its start and end; -1: none. */
static ssize_t find(const struct ft_symbols *s, uint64_t addr, uint64_t *start, uint64_t *end)
{
	size_t seg = s->segments, i, next;
	uint64_t offset;

	while (seg && s->segment[seg - 1].base > addr)
		seg--;
	if (!seg--)
		return -1;
	offset = addr - s->segment[seg].base;
	next = lower_bound(s, s->segment[seg].first, segment_end(s, seg), offset + 1);
	i = lower_bound(s, s->segment[seg].first, next, s->offset[next - 1]);
	if (s->module[i] == FTI_SYMBOL_END)
		return -1;
	*start = s->segment[seg].base + s->offset[i];
	*end = next < s->count ? address(s, next) : UINT64_MAX;
	if (*end - *start > TAIL && !tells_end(s, next, s->module[i]))
		*end = *start + TAIL;
	if (s->starts_only)
		*end = *start + 1;
	return addr - *start < *end - *start ? (ssize_t)i : -1;
}

bool ft_symbol_lookup(const struct ft_symbols *syms, uint64_t addr, struct ft_symbol *out)
{
	uint64_t start, end;
	ssize_t i = find(syms, addr, &start, &end);

	if (i < 0)
		return false;
	out->addr = start;
	out->name = syms->pool + syms->name[i];
	out->module = syms->module[i] ? syms->pool + syms->modules[syms->module[i]] : NULL;
	return true;
}

uint64_t ft_symbol_addr(const struct ft_symbols *syms, const char *name, const char *module)
{
	for (size_t i = 0; i < syms->count; i++) {
		uint16_t m = syms->module[i] == FTI_SYMBOL_END ? 0 : syms->module[i];

		if (!syms->name[i] || strcmp(syms->pool + syms->name[i], name))
			continue;
		if (!module || (m && !strcmp(syms->pool + syms->modules[m], module)))
			return address(syms, i);
	}
	return 0;
}

size_t ft_symbol_format(const struct ft_symbols *syms, uint64_t addr, bool offset, char *buf,
			size_t size)
{
	uint64_t start, end;
	const char *module;
	char extent[48] = "";
	ssize_t i;
	int n;

	if (!size)
		return 0;
	i = find(syms, addr, &start, &end);
	if (i < 0) {
		n = snprintf(buf, size, "0x%" PRIx64, addr);
	} else {
		module = syms->pool + syms->modules[syms->module[i]];
		/* BPF programs are printed without a module, though kallsyms lists one. */
		if (!strcmp(module, "bpf"))
			module = "";
		if (offset && !syms->starts_only)
			snprintf(extent, sizeof(extent), "+0x%" PRIx64 "/0x%" PRIx64, addr - start,
				 end - start);
		n = snprintf(buf, size, "%s%s%s%s%s", syms->pool + syms->name[i], extent,
			     *module ? " [" : "", module, *module ? "]" : "");
	}
	if (n < 0)
		n = 0;
	return (size_t)n < size ? (size_t)n : size - 1;
}

size_t ft_symbols_count(const struct ft_symbols *syms)
{
	return syms->named;
}

size_t ft_symbols_bytes(const struct ft_symbols *syms)
{
	return sizeof(*syms) + syms->pool_room + FTI_MODULES_MAX * sizeof(*syms->modules) +
	       syms->segments * sizeof(*syms->segment) +
	       syms->count * (sizeof(*syms->offset) + sizeof(*syms->name) + sizeof(*syms->module));
}
