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

	return fd < 0 ? -errno : fti_symbols_read(out, fd, addrs);
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
	fti_symtab_free(&syms->first);
	if (syms->later) {
		if (syms->later->fd >= 0) {
			fti_lines_free(&syms->later->lines);
			close(syms->later->fd);
		}
		fti_symtab_free(&syms->later->table);
		free(syms->later);
	}
	free(syms);
}

/* -- lookup --------------------------------------------------------------------------------- */

static size_t segment_end(const struct fti_symtab *t, size_t seg)
{
	return seg + 1 < t->segments ? t->segment[seg + 1].first : t->count;
}

static size_t segment_of(const struct fti_symtab *t, size_t i)
{
	size_t seg = t->segments - 1;

	while (t->segment[seg].first > i)
		seg--;
	return seg;
}

static uint64_t address(const struct fti_symtab *t, size_t i)
{
	return t->segment[segment_of(t, i)].base + t->offset[i];
}

/* The first of [low, high) whose offset is at least `offset`. */
static size_t lower_bound(const struct fti_symtab *t, size_t low, size_t high, uint64_t offset)
{
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->offset[mid] < offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Whether entry i says where the one before it, of a module, ends. */
static bool tells_end(const struct fti_symtab *t, size_t i, uint16_t module)
{
	return i < t->count && (t->module[i] == module || t->module[i] == FTI_SYMBOL_END);
}

/* Index of the entry that covers addr, its start and end; -1: none. */
static ssize_t find(const struct fti_symtab *t, uint64_t addr, uint64_t *start, uint64_t *end)
{
	size_t seg = t->segments, i, next;
	uint64_t offset;

	while (seg && t->segment[seg - 1].base > addr)
		seg--;
	if (!seg--)
		return -1;
	offset = addr - t->segment[seg].base;
	next = lower_bound(t, t->segment[seg].first, segment_end(t, seg), offset + 1);
	i = lower_bound(t, t->segment[seg].first, next, t->offset[next - 1]);
	if (t->module[i] == FTI_SYMBOL_END)
		return -1;
	*start = t->segment[seg].base + t->offset[i];
	*end = next < t->count ? address(t, next) : UINT64_MAX;
	if (*end - *start > TAIL && !tells_end(t, next, t->module[i]))
		*end = *start + TAIL;
	return addr - *start < *end - *start ? (ssize_t)i : -1;
}

/* What covers an address. */
struct cover {
	uint64_t    start, end;
	const char *name, *module;	/* "": the kernel */
};

static bool lookup(const struct ft_symbols *s, uint64_t addr, struct cover *c)
{
	const struct fti_symtab *t = &s->first;
	ssize_t i;

	if (s->later && (addr < s->low || addr >= s->high))
		t = fti_symbols_later(s);
	i = find(t, addr, &c->start, &c->end);
	if (i < 0 || (s->starts_only && addr != c->start))
		return false;
	c->name = t->pool + t->name[i];
	c->module = t->pool + t->modules[t->module[i]];
	return true;
}

bool ft_symbol_lookup(const struct ft_symbols *syms, uint64_t addr, struct ft_symbol *out)
{
	struct cover c;

	if (!lookup(syms, addr, &c))
		return false;
	*out = (struct ft_symbol){ c.start, c.name, *c.module ? c.module : NULL };
	return true;
}

static uint64_t find_name(const struct fti_symtab *t, const char *name, const char *module)
{
	const size_t len = strlen(name);
	uint64_t found = 0;

	for (size_t i = 0; i < t->count; i++) {
		const uint16_t m = t->module[i] == FTI_SYMBOL_END ? 0 : t->module[i];
		const char *text = t->pool + t->name[i];

		/* Most differ in length: a look at where it should end spares the comparison. */
		if (!t->name[i] || len >= t->pool_len - t->name[i] || text[len] ||
		    memcmp(text, name, len) != 0)
			continue;
		if (module ? m && !strcmp(t->pool + t->modules[m], module) : !m)
			return address(t, i);
		if (!module && !found)
			found = address(t, i);
	}
	return found;
}

uint64_t ft_symbol_addr(const struct ft_symbols *syms, const char *name, const char *module)
{
	uint64_t addr = 0;

	/* With more to come, no module is among the first. */
	if (!syms->later || !module)
		addr = find_name(&syms->first, name, module);
	if (!addr && syms->later)
		addr = find_name(fti_symbols_later(syms), name, module);
	return addr;
}

size_t ft_symbol_format(const struct ft_symbols *syms, uint64_t addr, bool offset, char *buf,
			size_t size)
{
	char extent[48] = "";
	struct cover c;
	int n;

	if (!size)
		return 0;
	if (!lookup(syms, addr, &c)) {
		n = snprintf(buf, size, "0x%" PRIx64, addr);
	} else {
		/* BPF programs are printed without a module, though kallsyms lists one. */
		if (!strcmp(c.module, "bpf"))
			c.module = "";
		if (offset && !syms->starts_only)
			snprintf(extent, sizeof(extent), "+0x%" PRIx64 "/0x%" PRIx64,
				 addr - c.start, c.end - c.start);
		n = snprintf(buf, size, "%s%s%s%s%s", c.name, extent, *c.module ? " [" : "",
			     c.module, *c.module ? "]" : "");
	}
	if (n < 0)
		n = 0;
	return (size_t)n < size ? (size_t)n : size - 1;
}

size_t ft_symbols_count(const struct ft_symbols *syms)
{
	return syms->first.named + (syms->later ? fti_symbols_later(syms)->named : 0);
}

static size_t bytes(const struct fti_symtab *t)
{
	return t->pool_room + (t->modules ? FTI_MODULES_MAX * sizeof(*t->modules) : 0) +
	       t->segments * sizeof(*t->segment) +
	       t->count * (sizeof(*t->offset) + sizeof(*t->name) + sizeof(*t->module));
}

size_t ft_symbols_bytes(const struct ft_symbols *syms)
{
	const struct fti_symbols_later *later = syms->later;
	size_t sum = sizeof(*syms) + bytes(&syms->first);

	if (later)
		sum += sizeof(*later) + bytes(&later->table) +
		       (later->fd < 0 ? 0 : FTI_LINE_MAX + 1);
	return sum;
}
