/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The layout is that of the kernel's Documentation/bpf/btf.rst: a header, types one after the other
 * (the first is number 1), strings.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/btf.h"
#include "internal.h"

#define MAGIC	   0xeb9f
#define DEPTH_MAX  8		/* of unnamed structures within each other */
#define NOT_FOUND  (-ENOENT)

enum { INT = 1, ARRAY = 3, STRUCT = 4, UNION = 5, ENUM = 6, FUNC_PROTO = 13, VAR = 14, DATASEC = 15,
       DECL_TAG = 17, ENUM64 = 19, KINDS };

struct header {
	uint16_t magic;
	uint8_t	 version, flags;
	uint32_t header_len;
	uint32_t type_offset, type_len;		/* from the end of the header */
	uint32_t string_offset, string_len;
};

struct type {
	uint32_t name;
	uint32_t info;		/* bits 0-15 members, 24-28 kind, 31: offsets hold bit field sizes */
	uint32_t size_or_type;
};

struct member {
	uint32_t name, type, offset;
};

struct ft_btf {
	char	      *data;
	const char    *types, *types_end;
	const char    *strings;
	size_t	       strings_len;
	const char   **index;		/* of types by number, from 1 */
	size_t	       count;
};

/* -- reading ----------------------------------------------------------------------------------- */

static unsigned int kind_of(const struct type *t)
{
	return t->info >> 24 & 0x1f;
}

static unsigned int members_of(const struct type *t)
{
	return t->info & 0xffff;
}

/* What follows a type, in bytes; SIZE_MAX: not a type. */
static size_t tail_of(const struct type *t)
{
	switch (kind_of(t)) {
	case INT:
	case VAR:
	case DECL_TAG:
		return 4;
	case ARRAY:
		return 12;
	case STRUCT:
	case UNION:
	case DATASEC:
	case ENUM64:
		return (size_t)members_of(t) * 12;
	case ENUM:
	case FUNC_PROTO:
		return (size_t)members_of(t) * 8;
	case 0:
		return SIZE_MAX;
	default:
		return kind_of(t) < KINDS ? 0 : SIZE_MAX;
	}
}

/* The type at p, and where the next one is; NULL: there is none. */
static const char *read_type(const struct ft_btf *b, const char *p, struct type *t)
{
	size_t tail;

	if ((size_t)(b->types_end - p) < sizeof(*t))
		return NULL;
	memcpy(t, p, sizeof(*t));
	tail = tail_of(t);
	p += sizeof(*t);
	return tail <= (size_t)(b->types_end - p) ? p + tail : NULL;
}

static size_t count_types(const struct ft_btf *b)
{
	size_t count = 0;
	struct type t;

	for (const char *p = b->types; (p = read_type(b, p, &t)); )
		count++;
	return count;
}

/* Kinds that are newer than this program end the list: what comes before can be used. */
static int make_index(struct ft_btf *b)
{
	const char *p = b->types;
	struct type t;

	b->count = count_types(b);
	b->index = b->count ? calloc(b->count + 1, sizeof(*b->index)) : NULL;
	if (!b->index)
		return b->count ? -ENOMEM : -EBADMSG;
	for (size_t i = 1; i <= b->count; i++) {
		b->index[i] = p;
		p = read_type(b, p, &t);
	}
	return 0;
}

static bool within(size_t len, size_t at, size_t size)
{
	return at <= len && size <= len - at;
}

static int parse(struct ft_btf *b, size_t len)
{
	struct header h;

	if (len < sizeof(h))
		return -EBADMSG;
	memcpy(&h, b->data, sizeof(h));
	if (h.magic != MAGIC || h.version != 1 || h.header_len < sizeof(h) || h.header_len > len)
		return -EBADMSG;
	len -= h.header_len;
	if (!within(len, h.type_offset, h.type_len) || !within(len, h.string_offset, h.string_len))
		return -EBADMSG;
	b->types = b->data + h.header_len + h.type_offset;
	b->types_end = b->types + h.type_len;
	b->strings = b->data + h.header_len + h.string_offset;
	b->strings_len = h.string_len;
	if (!b->strings_len || b->strings[b->strings_len - 1])
		return -EBADMSG;
	return make_index(b);
}

int ft_btf_open(struct ft_btf **out, const char *path)
{
	struct ft_btf *b = calloc(1, sizeof(*b));
	size_t len;
	int err;

	*out = NULL;
	if (!b)
		return -ENOMEM;
	err = fti_file_read(AT_FDCWD, path ? path : "/sys/kernel/btf/vmlinux", &b->data, &len);
	if (!err)
		err = parse(b, len);
	if (err) {
		ft_btf_close(b);
		return err;
	}
	*out = b;
	return 0;
}

void ft_btf_close(struct ft_btf *btf)
{
	if (!btf)
		return;
	free(btf->index);
	free(btf->data);
	free(btf);
}

/* -- members ----------------------------------------------------------------------------------- */

static const char *string_at(const struct ft_btf *b, uint32_t offset)
{
	return offset < b->strings_len ? b->strings + offset : "";
}

static bool is_composite(const struct type *t)
{
	return kind_of(t) == STRUCT || kind_of(t) == UNION;
}

/* Offset in bits of a member of the type at p; -ENOENT, -EINVAL. */
static int64_t find_member(const struct ft_btf *b, const char *p, const char *name, int depth)
{
	struct member m;
	struct type t, inner;
	int64_t found;

	memcpy(&t, p, sizeof(t));
	for (unsigned int i = 0; i < members_of(&t); i++) {
		const bool sized = t.info >> 31;
		uint32_t bits;

		memcpy(&m, p + sizeof(t) + i * sizeof(m), sizeof(m));
		bits = sized ? m.offset & 0xffffff : m.offset;
		if (!strcmp(string_at(b, m.name), name))
			return (sized && m.offset >> 24) || bits % 8 ? -EINVAL : (int64_t)bits;
		if (*string_at(b, m.name) || !m.type || m.type > b->count || depth >= DEPTH_MAX)
			continue;
		memcpy(&inner, b->index[m.type], sizeof(inner));
		if (!is_composite(&inner))
			continue;
		found = find_member(b, b->index[m.type], name, depth + 1);
		if (found != NOT_FOUND)
			return found < 0 ? found : found + bits;
	}
	return NOT_FOUND;
}

int ft_btf_offset(const struct ft_btf *btf, const char *structure, const char *member)
{
	struct type t;
	int64_t bits;

	if (!*member)
		return -ENOENT;
	for (size_t i = 1; i <= btf->count; i++) {
		memcpy(&t, btf->index[i], sizeof(t));
		if (kind_of(&t) != STRUCT || strcmp(string_at(btf, t.name), structure) != 0)
			continue;
		bits = find_member(btf, btf->index[i], member, 0);
		if (bits != NOT_FOUND)
			return bits < 0 ? (int)bits : bits / 8 > INT_MAX ? -EINVAL : (int)(bits / 8);
	}
	return -ENOENT;
}
