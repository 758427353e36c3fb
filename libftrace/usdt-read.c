/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ELF notes: { sizes of owner and description, type }, owner, description, each filled up to 4. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "usdt-internal.h"

#define OWNER	   "stapsdt"
#define TYPE	   3
#define BASE	   ".stapsdt.base"
#define PROBES_MAX 65536
#define NOTES_MAX  (64u << 20)
#define NAMES_MAX  (16u << 20)
#define NAME_LEN   127

/* The program and its debug file are parted, or its libraries moved (prelink), and the notes not
 * changed: all addresses have then moved by as much as this section has. */
struct base {
	uint64_t addr;
	bool	 known;
};

struct reading {
	struct ft_usdt		  *usdt;
	const struct fti_elf_file *file;
	struct base		   base;
};

static bool name_is(const char *names, uint64_t len, uint32_t at, const char *name)
{
	return at < len && !strcmp(names + at, name);
}

static int find_base(const struct fti_elf_file *f, struct base *out)
{
	size_t index = f->header.e_shstrndx;
	Elf64_Shdr strings, s;
	char *names;
	int err;

	/* A number too large for the header is in the first section's. */
	if (index == SHN_XINDEX && fti_elf_file_section(f, 0, &s))
		index = s.sh_link;
	if (!fti_elf_file_section(f, index, &strings))
		return 0;
	err = fti_elf_file_load(f, strings.sh_offset, strings.sh_size, NAMES_MAX, &names);
	if (err)
		return err == -ENOEXEC ? 0 : err;
	for (size_t i = 0; !out->known && fti_elf_file_section(f, i, &s); i++)
		if ((s.sh_flags & SHF_ALLOC) && name_is(names, strings.sh_size, s.sh_name, BASE))
			*out = (struct base){ .addr = s.sh_addr, .known = true };
	free(names);
	return 0;
}

/* What can be a provider's or a probe's name, and be asked for. */
static bool is_name(const char *s)
{
	const size_t len = strlen(s);

	for (const char *p = s; *p; p++)
		if (*p <= ' ' || *p > '~' || *p == ':')
			return false;
	return len && len <= NAME_LEN;
}

static int append(struct ft_usdt *u, struct fti_usdt_entry *e)
{
	if (u->count == PROBES_MAX)
		return -E2BIG;
	if (u->count == u->room) {
		size_t room = u->room + u->room / 2 + 64;
		struct fti_usdt_entry *more = realloc(u->entry, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		u->entry = more;
		u->room = room;
	}
	u->entry[u->count++] = *e;
	return 0;
}

/* A copy of the three strings, and the label. */
static int set_strings(struct fti_usdt_entry *e, const char *provider, const char *name,
		       const char *args)
{
	const size_t p = strlen(provider) + 1, n = strlen(name) + 1, a = strlen(args) + 1;
	char *s = malloc(p + n + p + n + a);

	if (!s)
		return -ENOMEM;
	e->strings = s;
	e->probe.label = s;
	s += sprintf(s, "%s:%s", provider, name) + 1;
	e->probe.provider = memcpy(s, provider, p);
	e->probe.name = memcpy(s + p, name, n);
	e->probe.args = memcpy(s + p + n, args, a);
	return 0;
}

/* Where probe and counter are, as far as they are in the file's loaded parts. */
static bool place(const struct reading *r, const uint64_t word[3], struct ft_usdt_probe *probe)
{
	const uint64_t moved = r->base.known && word[1] ? r->base.addr - word[1] : 0;
	const uint64_t semaphore = word[2] + moved;
	const struct fti_elf_segment *g;

	probe->addr = word[0] + moved;
	g = fti_elf_file_segment(r->file, probe->addr, PF_X);
	if (!g)
		return false;
	probe->offset = g->offset + (probe->addr - g->addr);
	probe->guarded = word[2] != 0;
	g = fti_elf_file_segment(r->file, semaphore, PF_W);
	/* two bytes */
	if (probe->guarded && g && semaphore - g->addr + 2 <= g->size)
		probe->semaphore = g->offset + (semaphore - g->addr);
	return true;
}

/* A description: addresses of probe, base and semaphore, then provider, name and arguments. */
static int read_probe(const struct reading *r, const char *desc, size_t len)
{
	const size_t each = r->file->wide ? 8 : 4;
	struct fti_usdt_entry e = { .strings = NULL };
	const char *string[3], *p = desc + 3 * each, *end = desc + len;
	uint64_t word[3];
	uint32_t narrow;
	int err;

	if (len < 3 * each)
		return 0;
	for (size_t i = 0; i < 3; i++) {
		memcpy(&narrow, desc + i * each, sizeof(narrow));
		word[i] = narrow;
		if (r->file->wide)
			memcpy(&word[i], desc + i * each, sizeof(word[i]));
		string[i] = p;
		p = p < end ? memchr(p, 0, end - p) : NULL;
		if (!p)
			return 0;
		p++;
	}
	if (!is_name(string[0]) || !is_name(string[1]) || !place(r, word, &e.probe))
		return 0;
	err = set_strings(&e, string[0], string[1], string[2]);
	if (!err)
		err = append(r->usdt, &e);
	if (err)
		free(e.strings);
	return err;
}

/* To the end of the section, or to what is no note. */
static int read_notes(const struct reading *r, const char *notes, size_t len)
{
	Elf64_Nhdr h;
	int err = 0;

	for (size_t at = 0; !err && len - at >= sizeof(h); ) {
		const char *owner = notes + at + sizeof(h);
		uint64_t desc, next;

		memcpy(&h, notes + at, sizeof(h));
		desc = at + sizeof(h) + (((uint64_t)h.n_namesz + 3) & ~3ull);
		next = desc + (((uint64_t)h.n_descsz + 3) & ~3ull);
		/* The last need not be filled up. */
		if (desc + h.n_descsz > len)
			break;
		if (h.n_type == TYPE && h.n_namesz == sizeof(OWNER) &&
		    !memcmp(owner, OWNER, sizeof(OWNER)))
			err = read_probe(r, notes + desc, h.n_descsz);
		at = next < len ? next : len;
	}
	return err;
}

int fti_usdt_read_notes(struct ft_usdt *u, const struct fti_elf_file *f)
{
	struct reading r = { .usdt = u, .file = f };
	uint64_t total = 0;
	Elf64_Shdr s;
	char *notes;
	int err = find_base(f, &r.base);

	for (size_t i = 0; !err && fti_elf_file_section(f, i, &s); i++) {
		if (s.sh_type != SHT_NOTE || (s.sh_flags & SHF_COMPRESSED) ||
		    s.sh_size > f->size)
			continue;
		total += s.sh_size;
		if (total > NOTES_MAX)
			return -E2BIG;
		err = fti_elf_file_load(f, s.sh_offset, s.sh_size, NOTES_MAX, &notes);
		if (!err) {
			err = read_notes(&r, notes, s.sh_size);
			free(notes);
		} else if (err == -ENOEXEC) {
			err = 0;
		}
	}
	return err;
}
