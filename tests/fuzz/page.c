/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: events/header_page and the page walk.
 *
 * An input is walked as pages of a 64-bit and of a 32-bit kernel; its start, up to a NUL, is taken
 * for header_page text too, which then tells how to walk what follows the NUL.  Aborts when a
 * record is not what it should be: outside the page, out of order, of a bad length, or with a time
 * that libtraceevent's view of the same words does not give.
 *
 * With -DFUZZ_MAIN it needs no libFuzzer: `page ROUNDS FILE...` runs the files (captured pages,
 * header_page) and then ROUNDS mutations of them, the same ones every time.
 */
#include <kbuffer.h>
#include <stdio.h>
#include <stdlib.h>

#include "page.h"

#define TOP_BITS (0x1fULL << 59)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* libtraceevent's reading of the words, up to where the walk has been; it checks no length. */
struct oracle {
	struct kbuffer *k;	/* NULL: kbuffer does not know this format */
	unsigned char *page;
	struct kbuffer_raw_info raw;
	uint64_t ts, page_ts;
};

static void oracle_begin(struct oracle *o, const struct fti_page_format *f, unsigned char *page)
{
	const size_t start = f->commit_size == 8 ? 16 : 12;

	memset(o, 0, sizeof(*o));
	memcpy(&o->page_ts, page, 8);
	o->ts = o->page_ts;
	o->page = page;
	o->raw.next = page + f->data_offset;
	if (f->commit_offset == 8 && f->data_offset == start)
		o->k = kbuffer_alloc(f->commit_size == 8 ? KBUFFER_LSIZE_8 : KBUFFER_LSIZE_4,
				     KBUFFER_ENDIAN_SAME_AS_HOST);
}

/* Go to the next record of data; false when there is none. */
static bool oracle_next(struct oracle *o)
{
	while (kbuffer_raw_get(o->k, o->page, &o->raw)) {
		const uint64_t delta = o->raw.delta;

		switch (o->raw.type) {
		case KBUFFER_TYPE_PADDING:
			if (!delta)
				return false;
			o->ts += delta == 1 ? 0 : delta;
			break;
		case KBUFFER_TYPE_TIME_STAMP:
			o->ts = delta | (o->page_ts & TOP_BITS);
			if (o->page_ts & TOP_BITS && o->ts < o->page_ts)
				o->ts += 1ULL << 59;
			break;
		case KBUFFER_TYPE_TIME_EXTEND:
			o->ts += delta;
			break;
		default:
			o->ts += delta;
			return true;
		}
	}
	return false;
}

static void check_record(struct oracle *o, const struct fti_page *p, const struct fti_record *r,
			 const unsigned char *before)
{
	check(r->data >= before + 4 && r->size >= 4 && r->size % 4 == 0);
	check(r->data <= p->end && r->size <= (size_t)(p->end - r->data));
	check(p->next == r->data + r->size && p->ts == r->ts);
	if (!o->k)
		return;
	check(oracle_next(o));
	check(o->raw.next == p->next && o->raw.length == (int)r->size && o->ts == r->ts);
}

/* Reads the record as a tool would, for the sanitizers to see. */
static void use(const struct fti_record *r)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < r->size; i++)
		sum += r->data[i];
	__asm__ volatile("" : : "r"(sum));
}

static void walk(const struct fti_page_format *f, const uint8_t *data, size_t len)
{
	unsigned char *page = malloc(len + !len);	/* of just this length */
	const unsigned char *before;
	struct fti_record r = { NULL, 0, 0 };
	struct fti_page p, peek;
	struct oracle o;
	int ret;

	if (!page)
		abort();
	memcpy(page, data, len);
	if (fti_page_begin(&p, f, page, len)) {
		check(fti_page_next(&p, &r) == 0 && !p.has_lost);
		free(page);
		return;
	}
	check(p.next == page + f->data_offset && p.end >= p.next);
	check(p.end <= page + (len < f->size ? len : f->size));
	check(p.lost_known == (p.lost != 0) && (p.has_lost || !p.lost_known));
	oracle_begin(&o, f, page);
	for (before = p.next; (ret = fti_page_next(&p, &r)) > 0; before = p.next) {
		check_record(&o, &p, &r, before);
		use(&r);
	}
	check(ret == 0 || ret == -EBADMSG);
	check(ret || (p.next == p.end && !(o.k && oracle_next(&o))));
	peek = p;
	check(fti_page_next(&p, &r) == ret && p.next == peek.next && p.ts == peek.ts);
	kbuffer_free(o.k);
	free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fti_page_format known[] = {
		{ 4096, 8, 8, 16 }, { 4096, 8, 4, 12 }, { 65536, 8, 8, 16 },
	};
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	const size_t text = nul ? (size_t)(nul - data) : size;
	struct fti_page_format f;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		for (size_t at = 0; at < size; at += known[i].size)
			walk(&known[i], data + at,
			     size - at < known[i].size ? size - at : known[i].size);
	if (fti_page_format_parse(&f, (const char *)data, text))
		return 0;
	check(f.commit_size == 8 || f.commit_size == 4);
	check(f.data_offset >= f.commit_offset + f.commit_size && f.commit_offset >= 8);
	check(f.size > f.data_offset && f.size <= FTI_PAGE_MAX_SIZE + 4096);
	if (nul)
		walk(&f, nul + 1, size - text - 1);
	return 0;
}

#ifdef FUZZ_MAIN
#define MAX_INPUT 16384

#include "seeds.h"

/* One page of a seed, or all of a short one. */
static size_t pick(uint8_t *out, const struct seed *s, uint64_t *rnd)
{
	const size_t at = next_random(rnd) % ((s->len + 4095) / 4096) * 4096;
	const size_t len = s->len - at < 4096 ? s->len - at : 4096;

	memcpy(out, s->data + at, len);
	return len;
}

/* A record head of a special type at the word, and a length behind it that may well be good. */
static void put_special(uint8_t *at, uint64_t r)
{
	static const uint8_t types[] = { 0, 29, 30, 31 };
	const uint32_t words[] = { (uint32_t)((r & 3) << 5 | types[r >> 2 & 3]),
				   (uint32_t)(r >> 4 & 15) * 4 };

	memcpy(at, words, sizeof(words));
}

static void mutate(uint8_t *buf, size_t *len, uint64_t *rnd)
{
	static const uint32_t lengths[] = { 0, 1, 3, 4, 5, 8, 4076, 4080, 0x7ffffffc, 0x80000000,
					    0xc0000ff0, 0xfffffffc, 0xffffffff };
	const uint64_t r = next_random(rnd);
	const size_t at = (r >> 32) % *len, word = at & ~(size_t)3;

	switch (r % 6) {
	case 0:
		buf[at] ^= (uint8_t)(1U << (r >> 8 & 7));
		break;
	case 1:
		buf[at] = (uint8_t)(r >> 8);
		break;
	case 2:
		*len = (r >> 8 & 7) ? *len : at + 1;
		break;
	case 3:		/* another type, the delta kept */
		buf[word] = (uint8_t)((buf[word] & ~31) | (r >> 8 & 31));
		break;
	case 4:
		if (word + 8 <= *len)
			put_special(buf + word, r >> 8);
		break;
	default:
		if (word + 4 <= *len)
			memcpy(buf + word, &lengths[(r >> 8) % (sizeof(lengths) / 4)], 4);
		break;
	}
}

static void run_mutation(const struct seed *seeds, size_t count, uint64_t *rnd)
{
	static uint8_t buf[MAX_INPUT];
	size_t len = pick(buf, &seeds[next_random(rnd) % count], rnd);

	if (next_random(rnd) % 4 == 0) {
		buf[len++] = 0;
		len += pick(buf + len, &seeds[next_random(rnd) % count], rnd);
	}
	for (uint64_t i = next_random(rnd) % 8; i; i--)
		mutate(buf, &len, rnd);
	LLVMFuzzerTestOneInput(buf, len);
}

int main(int argc, char **argv)
{
	return run_seeds(argc, argv);
}
#endif
