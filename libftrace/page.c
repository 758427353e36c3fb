/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "page.h"

/* The flags that the kernel adds to a page's committed size on its way to the reader. */
#define MISSED_EVENTS (1U << 31)
#define MISSED_STORED (1U << 30)
#define MISSED_MASK   (MISSED_EVENTS | MISSED_STORED)

struct cursor {
	const char *at, *end;
};

struct header_field {
	const char *name;
	size_t name_len;
	uint32_t offset, size;
};

static bool take(struct cursor *c, const char *literal)
{
	const size_t len = strlen(literal);

	if ((size_t)(c->end - c->at) < len || memcmp(c->at, literal, len))
		return false;
	c->at += len;
	return true;
}

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t'))
		c->at++;
}

/* "<key><number>;" up to FTI_PAGE_MAX_SIZE, blanks before it. */
static bool take_number(struct cursor *c, const char *key, uint32_t *value)
{
	const char *first;
	uint32_t v = 0;

	skip_blanks(c);
	if (!take(c, key))
		return false;
	for (first = c->at; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
		v = v * 10 + (uint32_t)(*c->at - '0');
		if (v > FTI_PAGE_MAX_SIZE)
			return false;
	}
	*value = v;
	return c->at != first && take(c, ";");
}

/* The last word of the declaration before ';', which has at least two: "u64 timestamp;" */
static bool take_name(struct cursor *c, struct header_field *field)
{
	skip_blanks(c);
	field->name = NULL;
	for (; c->at < c->end && *c->at != ';'; c->at++) {
		if (*c->at < ' ' || *c->at > '~')
			return false;
		if (*c->at == ' ')
			field->name = c->at + 1;
	}
	if (!field->name || field->name == c->at)
		return false;
	field->name_len = (size_t)(c->at - field->name);
	return take(c, ";");
}

static bool take_field(struct cursor *c, struct header_field *field)
{
	uint32_t is_signed;

	skip_blanks(c);
	if (!take(c, "field:") || !take_name(c, field) ||
	    !take_number(c, "offset:", &field->offset) ||
	    !take_number(c, "size:", &field->size) ||
	    !take_number(c, "signed:", &is_signed) || is_signed > 1)
		return false;
	skip_blanks(c);
	return c->at == c->end || take(c, "\n");
}

static bool is_named(const struct header_field *field, const char *name)
{
	return field->name_len == strlen(name) && !memcmp(field->name, name, field->name_len);
}

static bool header_ok(const struct header_field *stamp, const struct header_field *commit,
		      const struct header_field *data)
{
	if (!stamp->name || !commit->name || !data->name)
		return false;
	if (stamp->offset != 0 || stamp->size != 8)
		return false;
	if (commit->offset < 8 || (commit->size != 4 && commit->size != 8))
		return false;
	if (data->offset < commit->offset + commit->size || data->offset > 4096)
		return false;
	return data->size && data->offset % 4 == 0 && data->size % 4 == 0;
}

int fti_page_format_parse(struct fti_page_format *f, const char *text, size_t len)
{
	struct header_field stamp = { 0 }, commit = { 0 }, data = { 0 };
	struct cursor c = { text, text + len };

	while (c.at < c.end) {
		struct header_field field, *known = NULL;

		if (!take_field(&c, &field))
			return -EBADMSG;
		if (is_named(&field, "timestamp"))
			known = &stamp;
		else if (is_named(&field, "commit"))
			known = &commit;
		else if (is_named(&field, "data"))
			known = &data;
		if (!known)
			continue;
		if (known->name)
			return -EBADMSG;
		*known = field;
	}
	if (!header_ok(&stamp, &commit, &data))
		return -EBADMSG;
	f->size = data.offset + data.size;
	f->commit_offset = (uint16_t)commit.offset;
	f->commit_size = (uint16_t)commit.size;
	f->data_offset = (uint16_t)data.offset;
	return 0;
}

/* A long of the kernel, 4 or 8 bytes. */
static uint64_t load_long(const unsigned char *at, uint16_t size)
{
	uint64_t v8;
	uint32_t v4;

	if (size == 8) {
		memcpy(&v8, at, sizeof(v8));
		return v8;
	}
	memcpy(&v4, at, sizeof(v4));
	return v4;
}

/* The number of lost records, stored behind the committed ones where there was room. */
static void begin_lost(struct fti_page *p, uint32_t flags, size_t room, uint16_t size)
{
	const uint64_t max = size == 8 ? INT64_MAX : INT32_MAX;
	uint64_t lost;

	p->has_lost = flags & MISSED_EVENTS;
	if (!p->has_lost || !(flags & MISSED_STORED) || room < size)
		return;
	lost = load_long(p->end, size);
	if (!lost || lost > max)
		return;
	p->lost = lost;
	p->lost_known = true;
}

int fti_page_begin(struct fti_page *p, const struct fti_page_format *f, const void *page,
		   size_t len)
{
	const unsigned char *const head = page;
	uint32_t commit, size;

	memset(p, 0, sizeof(*p));
	if (len > f->size)
		len = f->size;
	if (len < f->data_offset)
		return -EBADMSG;
	/* Where a long has 8 bytes, adding 1 << 31, an int, sets all bits above it too. */
	commit = (uint32_t)load_long(head + f->commit_offset, f->commit_size);
	size = commit & ~MISSED_MASK;
	if (size > len - f->data_offset || size % 4)
		return -EBADMSG;
	memcpy(&p->ts, head, sizeof(p->ts));
	p->page_ts = p->ts;
	p->next = head + f->data_offset;
	p->end = p->next + size;
	begin_lost(p, commit, len - f->data_offset - size, f->commit_size);
	return 0;
}
