/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * page: the records of one ring-buffer sub-buffer (kernel/trace/ring_buffer.c).
 *
 * The one rule: a page is foreign input.  fti_page_begin() takes its header apart and bounds it;
 * fti_page_next() never reads outside, never loops, and ends a page that does not decode with
 * -EBADMSG.  The walk is inline: it is the hot path of every tool.
 *
 * Pages are of this machine's byte order: the running kernel's, or captures from one like it.
 */
#ifndef FTI_PAGE_H
#define FTI_PAGE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* 128 pages (buffer_subbuf_size_kb's limit, 6.8+) of 64 kB, and as much again. */
#define FTI_PAGE_MAX_SIZE (16U << 20)

/*
 * From events/header_page: where the header's fields are; the time stamp is always first.  That
 * file tells the top-level buffer's sub-buffer size: set `size` by hand where another applies
 * (buffer_subbuf_size_kb of an instance).
 */
struct fti_page_format {
	uint32_t size;		/* of a sub-buffer, header included */
	uint16_t commit_offset;
	uint16_t commit_size;	/* 8 or 4 */
	uint16_t data_offset;
};

/*
 * A walk.  Small and free to copy: to peek, copy it and go on with the copy.  It points into the
 * page, which must stay as it is meanwhile.
 */
struct fti_page {
	const unsigned char *next, *end;
	uint64_t ts;		/* of the record before next; of the page at the beginning */
	uint64_t page_ts;
	uint64_t lost;		/* records lost before this page; 0 if not known */
	bool	 has_lost;	/* records were lost before this page */
	bool	 lost_known;	/* `lost` holds their number */
};

struct fti_record {
	const unsigned char *data;	/* in the page, aligned to 4 as it is */
	uint32_t size;			/* at least 4, a multiple of 4: the end may be filling */
	uint64_t ts;
};

/* Parse the text of events/header_page.  0, or -EBADMSG and *f as it was. */
int fti_page_format_parse(struct fti_page_format *f, const char *text, size_t len);

/*
 * Begin to walk the sub-buffer of len bytes at page; what lies behind f->size is not looked at.  f
 * is from fti_page_format_parse().  0, or -EBADMSG: no header in len, or more committed than is
 * there; then fti_page_next() finds nothing.
 */
int fti_page_begin(struct fti_page *p, const struct fti_page_format *f, const void *page,
		   size_t len);

/* The bit fields of struct ring_buffer_event's first word. */
static inline uint32_t fti_page_type(uint32_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return word >> 27;
#else
	return word & 31;
#endif
}

static inline uint32_t fti_page_delta(uint32_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return word & 0x7ffffff;
#else
	return word >> 5;
#endif
}

static inline uint32_t fti_page_word(const unsigned char *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* An absolute stamp has 59 bits; the rest comes from the page's, as in kernels from 5.19. */
static inline uint64_t fti_page_absolute(uint64_t low, uint64_t page_ts)
{
	const uint64_t top = page_ts & (0x1fULL << 59);
	uint64_t ts = low | top;

	return top && ts < page_ts ? ts + (1ULL << 59) : ts;
}

/*
 * The next record: 1 and *r; 0 at the end; -EBADMSG where the page does not decode.  Both ends are
 * for good: every further call says the same, and neither p nor *r changes.
 *
 * Deltas cannot run backwards (but for wrapping at 2^64), absolute stamps can: that is left to the
 * caller to notice.
 */
static inline int fti_page_next(struct fti_page *p, struct fti_record *r)
{
	enum { SMALL_MAX = 28, PADDING = 29, EXTEND = 30, STAMP = 31, HEAD = 4 };
	const unsigned char *at = p->next, *const end = p->end;
	uint64_t ts = p->ts;

	/* Lengths are multiples of 4, so there is a whole word wherever the end is not reached. */
	while (at != end) {
		const uint32_t word = fti_page_word(at);
		const uint32_t type = fti_page_type(word), delta = fti_page_delta(word);
		const size_t left = (size_t)(end - at) - HEAD;
		uint32_t skip = HEAD, size = type * 4;

		if (__builtin_expect(type - 1 >= SMALL_MAX, 0)) {
			uint32_t second;

			if (type == PADDING && !delta)
				break;
			if (left < sizeof(second))
				return -EBADMSG;
			second = fti_page_word(at + HEAD);
			if (type >= EXTEND) {
				const uint64_t time = ((uint64_t)second << 27) + delta;

				ts = type == EXTEND ? ts + time :
						      fti_page_absolute(time, p->page_ts);
				at += HEAD + sizeof(second);
				continue;
			}
			if (second > left || second < sizeof(second) || second % 4)
				return -EBADMSG;
			if (type == PADDING) {
				/*
				 * The writer's clock went on by the delta (the kernel's own text
				 * leaves it out and is early), but rb_event_discard() writes 1
				 * for 0, which would end the page.
				 */
				ts += delta == 1 ? 0 : delta;
				at += HEAD + second;
				continue;
			}
			skip = HEAD + sizeof(second);
			size = second - sizeof(second);
			if (!size)
				return -EBADMSG;
		} else if (size > left) {
			return -EBADMSG;
		}
		r->data = at + skip;
		r->size = size;
		r->ts = p->ts = ts + delta;
		p->next = at + skip + size;
		return 1;
	}
	p->next = end;
	return 0;
}

#endif
