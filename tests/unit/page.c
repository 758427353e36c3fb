/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page walk, on pages made by hand and, against libtraceevent's kbuffer, on captured ones. */
#include <dirent.h>
#include <kbuffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "page.h"
#include "unit.h"

#define PADDING 29
#define EXTEND	30
#define STAMP	31
#define LEN(a)	(sizeof(a) / sizeof((a)[0]))

#define PAGE_TS 1000000000000ULL

static const char header_64[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				"\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				"\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";

static const char header_32[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				"\tfield: local_t commit;\toffset:8;\tsize:4;\tsigned:1;\n"
				"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				"\tfield: char data;\toffset:12;\tsize:4084;\tsigned:0;\n";

static const struct fti_page_format format_64 = { 4096, 8, 8, 16 };
static const struct fti_page_format format_32 = { 4096, 8, 4, 12 };

/* -- pages made by hand -------------------------------------------------------------------- */

/* A page in memory of just its length, so that a sanitizer sees every step outside. */
struct made {
	unsigned char *mem;
	size_t len;
	const struct fti_page_format *f;
};

static uint32_t head(uint32_t type, uint32_t delta)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return type << 27 | delta;
#else
	return delta << 5 | type;
#endif
}

static struct made make(const struct fti_page_format *f, const uint32_t *words, size_t count,
			uint64_t ts, uint64_t commit)
{
	struct made m = { .len = f->data_offset + count * 4, .f = f };
	const uint32_t commit4 = (uint32_t)commit;

	m.mem = malloc(m.len);
	if (!m.mem)
		abort();
	memcpy(m.mem, &ts, 8);
	memcpy(m.mem + f->commit_offset, f->commit_size == 8 ? (void *)&commit : (void *)&commit4,
	       f->commit_size);
	if (count)
		memcpy(m.mem + f->data_offset, words, count * 4);
	return m;
}

static int begin(struct fti_page *p, const struct made *m)
{
	return fti_page_begin(p, m->f, m->mem, m->len);
}

static struct made make_begin(struct fti_page *p, const uint32_t *words, size_t count)
{
	struct made m = make(&format_64, words, count, PAGE_TS, count * 4);

	CU_ASSERT_EQUAL(begin(p, &m), 0);
	return m;
}

/* The next record is at word `index` of the data, of `size` bytes, `ts` after the page's stamp. */
#define ASSERT_RECORD(m, p, index, bytes, after)                                                   \
	do {                                                                                       \
		struct fti_record got_ = { NULL, 0, 0 };                                           \
		CU_ASSERT_EQUAL(fti_page_next((p), &got_), 1);                                     \
		CU_ASSERT_PTR_EQUAL(got_.data, (m).mem + (m).f->data_offset + (index) * 4);        \
		CU_ASSERT_EQUAL(got_.size, (bytes));                                               \
		CU_ASSERT_EQUAL(got_.ts, PAGE_TS + (uint64_t)(after));                             \
		CU_ASSERT_EQUAL((p)->ts, got_.ts);                                                 \
	} while (0)

/* The walk is over with err, and stays so. */
#define ASSERT_ENDS(p, err)                                                                        \
	do {                                                                                       \
		struct fti_record got_ = { NULL, 0, 0 };                                           \
		for (int i_ = 0; i_ < 3; i_++)                                                     \
			CU_ASSERT_EQUAL(fti_page_next((p), &got_), (err));                         \
		CU_ASSERT_PTR_NULL(got_.data);                                                     \
		CU_ASSERT((err) || (p)->next == (p)->end);                                         \
	} while (0)

static void test_page_small_records_have_four_bytes_a_unit(void)
{
	uint32_t words[28 * 29 / 2 + 28] = { 0 };
	struct fti_page p;
	struct made m;
	size_t at = 0;

	for (uint32_t type = 1; type <= 28; type++) {
		words[at] = head(type, type);
		at += 1 + type;
	}
	m = make_begin(&p, words, at);
	at = 0;
	for (uint32_t type = 1, after = 0; type <= 28; type++) {
		after += type;
		ASSERT_RECORD(m, &p, at + 1, type * 4, after);
		at += 1 + type;
	}
	ASSERT_ENDS(&p, 0);
	free(m.mem);
}

static void test_page_big_record_counts_its_length_word(void)
{
	uint32_t words[60] = { head(0, 7), 8, 0x11, head(0, 7), 56 * 4 };
	struct fti_page p;
	struct made m = make_begin(&p, words, LEN(words));

	ASSERT_RECORD(m, &p, 2, 4, 7);
	ASSERT_RECORD(m, &p, 5, 55 * 4, 14);
	ASSERT_ENDS(&p, 0);
	free(m.mem);
}

static void test_page_delta_has_27_bits_and_may_be_zero(void)
{
	const uint32_t words[] = { head(1, 0x7ffffff), 0, head(1, 0), 0, head(1, 0), 0 };
	struct fti_page p;
	struct made m = make_begin(&p, words, LEN(words));

	ASSERT_RECORD(m, &p, 1, 4, 0x7ffffff);
	ASSERT_RECORD(m, &p, 3, 4, 0x7ffffff);
	ASSERT_RECORD(m, &p, 5, 4, 0x7ffffff);
	ASSERT_ENDS(&p, 0);
	free(m.mem);
}

static void test_page_null_padding_ends_the_page(void)
{
	const uint32_t words[] = { head(1, 5), 0, head(PADDING, 0), 0xffffffff, head(1, 5), 0 };
	const uint32_t last_word[] = { head(1, 5), 0, head(PADDING, 0) };
	struct fti_page p;
	struct made m = make_begin(&p, words, LEN(words));

	ASSERT_RECORD(m, &p, 1, 4, 5);
	ASSERT_ENDS(&p, 0);
	free(m.mem);
	m = make_begin(&p, last_word, LEN(last_word));
	ASSERT_RECORD(m, &p, 1, 4, 5);
	ASSERT_ENDS(&p, 0);
	free(m.mem);
}

static void test_page_discarded_record_is_skipped_and_its_delta_counts(void)
{
	const uint32_t words[] = { head(PADDING, 40), 12, 0, 0,
				   head(1, 5), 0, head(PADDING, 2), 4 };
	struct fti_page p;
	struct made m = make_begin(&p, words, LEN(words));

	ASSERT_RECORD(m, &p, 5, 4, 45);
	ASSERT_ENDS(&p, 0);
	free(m.mem);
}

static void test_page_discarded_record_with_delta_1_took_no_time(void)
{
	const uint32_t words[] = { head(1, 5), 0, head(PADDING, 1), 4, head(1, 5), 0 };
	struct fti_page p;
	struct made m = make_begin(&p, words, LEN(words));

	ASSERT_RECORD(m, &p, 1, 4, 5);
	ASSERT_RECORD(m, &p, 5, 4, 10);
	ASSERT_ENDS(&p, 0);
	free(m.mem);
}

static void test_page_time_extend_adds_59_bits(void)
{
	const uint32_t words[] = { head(EXTEND, 3), 0xffffffff, head(1, 0), 0, head(EXTEND, 1), 1,
				   head(EXTEND, 2), 0, head(2, 4), 0, 0 };
	const uint64_t extend = (0xffffffffULL << 27) + 3;
	struct fti_page p;
	struct made m = make_begin(&p, words, LEN(words));

	ASSERT_RECORD(m, &p, 3, 4, extend);
	ASSERT_RECORD(m, &p, 9, 8, extend + (1 << 27) + 1 + 2 + 4);
	ASSERT_ENDS(&p, 0);
	free(m.mem);
}

static void test_page_time_extend_without_a_record_is_the_end(void)
{
	uint32_t words[1020];
	struct fti_page p;
	struct made m;

	for (size_t i = 0; i < LEN(words); i += 2) {
		words[i] = head(EXTEND, 0x7ffffff);
		words[i + 1] = 0xffffffff;
	}
	m = make_begin(&p, words, LEN(words));
	ASSERT_ENDS(&p, 0);
	free(m.mem);
}

static void put_stamp(uint32_t *words, uint64_t ts)
{
	words[0] = head(STAMP, ts & 0x7ffffff);
	words[1] = (uint32_t)(ts >> 27);
}

static void test_page_absolute_stamp_replaces_the_time(void)
{
	uint32_t words[] = { head(1, 50), 0, 0, 0, head(1, 0), 0, 0, 0, head(1, 2), 0 };
	struct fti_page p;
	struct made m;

	put_stamp(words + 2, PAGE_TS + 777);
	put_stamp(words + 6, PAGE_TS - 1000);
	m = make_begin(&p, words, LEN(words));
	ASSERT_RECORD(m, &p, 1, 4, 50);
	ASSERT_RECORD(m, &p, 5, 4, 777);
	ASSERT_RECORD(m, &p, 9, 4, -998);
	ASSERT_ENDS(&p, 0);
	free(m.mem);
}

static void test_page_absolute_stamp_keeps_the_pages_top_bits(void)
{
	const uint64_t top = 0x15ULL << 59, next = 0x16ULL << 59;
	uint32_t words[12] = { 0, 0, head(1, 0), 0, 0, 0, head(1, 0), 0, 0, 0, head(1, 1), 0 };
	struct fti_record r;
	struct fti_page p;
	struct made m;

	put_stamp(words, 5000);
	put_stamp(words + 4, 4500);
	put_stamp(words + 8, 20);
	m = make(&format_64, words, LEN(words), top | 4000, sizeof(words));
	CU_ASSERT_EQUAL(begin(&p, &m), 0);
	CU_ASSERT_EQUAL(fti_page_next(&p, &r), 1);
	CU_ASSERT_EQUAL(r.ts, top | 5000);
	CU_ASSERT_EQUAL(fti_page_next(&p, &r), 1);
	CU_ASSERT_EQUAL(r.ts, top | 4500);
	/* Before the page's own stamp: the 59 bits have run over meanwhile. */
	CU_ASSERT_EQUAL(fti_page_next(&p, &r), 1);
	CU_ASSERT_EQUAL(r.ts, next | 21);
	ASSERT_ENDS(&p, 0);
	free(m.mem);
}

static void test_page_copy_of_the_walk_peeks(void)
{
	const uint32_t words[] = { head(1, 1), 0, head(1, 1), 0, head(1, 1), 0 };
	struct fti_page p, copy;
	struct made m = make_begin(&p, words, LEN(words));

	ASSERT_RECORD(m, &p, 1, 4, 1);
	copy = p;
	ASSERT_RECORD(m, &copy, 3, 4, 2);
	ASSERT_RECORD(m, &copy, 5, 4, 3);
	ASSERT_RECORD(m, &p, 3, 4, 2);
	free(m.mem);
}

static void test_page_empty_page_has_no_records(void)
{
	struct fti_page p;
	struct made m = make_begin(&p, NULL, 0);

	CU_ASSERT_FALSE(p.has_lost);
	CU_ASSERT_EQUAL(p.ts, PAGE_TS);
	ASSERT_ENDS(&p, 0);
	free(m.mem);
}

static void test_page_of_32_bit_kernel_has_short_commit(void)
{
	const uint32_t words[] = { head(1, 9), 0, 1234, 0xffffffff };
	struct made m = make(&format_32, words, LEN(words), PAGE_TS, 8 | 3U << 30);
	struct fti_page p;

	CU_ASSERT_EQUAL(begin(&p, &m), 0);
	CU_ASSERT_TRUE(p.has_lost);
	CU_ASSERT_TRUE(p.lost_known);
	CU_ASSERT_EQUAL(p.lost, 1234);
	ASSERT_RECORD(m, &p, 1, 4, 9);
	ASSERT_ENDS(&p, 0);
	free(m.mem);
}

static void check_lost(uint64_t flags, uint64_t stored, size_t room, bool has, uint64_t lost)
{
	uint32_t words[4] = { head(1, 9), 0 };
	struct fti_page p;
	struct made m;

	memcpy(words + 2, &stored, 8);
	m = make(&format_64, words, 2 + room / 4, PAGE_TS, 8 + flags);
	CU_ASSERT_EQUAL(begin(&p, &m), 0);
	CU_ASSERT_EQUAL(p.has_lost, has);
	CU_ASSERT_EQUAL(p.lost_known, lost != 0);
	CU_ASSERT_EQUAL(p.lost, lost);
	ASSERT_RECORD(m, &p, 1, 4, 9);
	ASSERT_ENDS(&p, 0);
	free(m.mem);
}

static void test_page_lost_records_are_counted_when_stored(void)
{
	const uint64_t events = 1ULL << 31, stored = 1ULL << 30, above = 0xffffffffULL << 32;

	check_lost(0, 77, 8, false, 0);
	check_lost(stored, 77, 8, false, 0);
	check_lost(events, 77, 8, true, 0);
	check_lost(events + stored, 77, 8, true, 77);
	check_lost(events + above, 77, 8, true, 0);
	check_lost(events + stored + above, 1ULL << 40, 8, true, 1ULL << 40);
	/* No number of lost records, and no room for one. */
	check_lost(events + stored, 0, 8, true, 0);
	check_lost(events + stored, UINT64_MAX, 8, true, 0);
	check_lost(events + stored, 77, 4, true, 0);
	check_lost(events + stored, 77, 0, true, 0);
}

/* -- damage ---------------------------------------------------------------------------------- */

static void test_page_begin_refuses_a_damaged_header(void)
{
	static const struct {
		size_t len;
		uint64_t commit;
		int err;
	} cases[] = {
		{ 0, 0, -EBADMSG },		{ 8, 0, -EBADMSG },
		{ 15, 0, -EBADMSG },		{ 16, 0, 0 },
		{ 16, 4, -EBADMSG },		{ 4096, 4080, 0 },
		{ 4096, 4084, -EBADMSG },	{ 4095, 4080, -EBADMSG },
		{ 8192, 4084, -EBADMSG },	{ 4096, 0x3fffffff, -EBADMSG },
		{ 4096, 1 << 27, -EBADMSG },	{ 4096, 3, -EBADMSG },
		{ 4096, 10, -EBADMSG },		{ 4096, 0xffffffffULL << 32, 0 },
	};
	struct fti_page p;

	for (size_t i = 0; i < LEN(cases); i++) {
		unsigned char page[8192] = { 0 }, *exact = malloc(cases[i].len + 1);

		memcpy(page + 8, &cases[i].commit, 8);
		memcpy(exact, page, cases[i].len);
		CU_ASSERT_EQUAL(fti_page_begin(&p, &format_64, exact, cases[i].len), cases[i].err);
		if (cases[i].err)
			ASSERT_ENDS(&p, 0);
		free(exact);
	}
}

static void test_page_size_can_be_overridden(void)
{
	static unsigned char page[65536];
	struct fti_page_format f = format_64;
	const uint64_t commit = 65520;
	struct fti_page p;

	memcpy(page + 8, &commit, 8);
	CU_ASSERT_EQUAL(fti_page_begin(&p, &f, page, sizeof(page)), -EBADMSG);
	f.size = 65536;
	CU_ASSERT_EQUAL(fti_page_begin(&p, &f, page, sizeof(page)), 0);
	CU_ASSERT_PTR_EQUAL(p.end, page + sizeof(page));
	f.size = 8;
	CU_ASSERT_EQUAL(fti_page_begin(&p, &f, page, sizeof(page)), -EBADMSG);
}

static void test_page_damage_ends_the_walk_for_good(void)
{
	const struct {
		uint32_t words[4];
		size_t count;
	} cases[] = {
		{ { head(1, 3) }, 1 },				/* nothing behind the head */
		{ { head(2, 3), 0 }, 2 },			/* half of it */
		{ { head(28, 3), 0, 0, 0 }, 4 },
		{ { head(0, 3) }, 1 },				/* no length */
		{ { head(0, 3), 0, 0, 0 }, 4 },			/* lengths that do not go on */
		{ { head(0, 3), 3, 0, 0 }, 4 },
		{ { head(0, 3), 4, 0, 0 }, 4 },			/* a record of nothing */
		{ { head(0, 3), 6, 0, 0 }, 4 },			/* between two words */
		{ { head(0, 3), 11, 0, 0 }, 4 },
		{ { head(0, 3), 16, 0, 0 }, 4 },		/* past the end, just and far */
		{ { head(0, 3), 0xfffffffc, 0, 0 }, 4 },
		{ { head(0, 3), 0x80000000, 0, 0 }, 4 },
		{ { head(PADDING, 3) }, 1 },
		{ { head(PADDING, 3), 0, 0, 0 }, 4 },
		{ { head(PADDING, 3), 2, 0, 0 }, 4 },
		{ { head(PADDING, 3), 5, 0, 0 }, 4 },
		{ { head(PADDING, 3), 16, 0, 0 }, 4 },
		{ { head(PADDING, 1), 0xfffffffc, 0, 0 }, 4 },
		{ { head(EXTEND, 3) }, 1 },
		{ { head(STAMP, 3) }, 1 },
		{ { head(EXTEND, 3), 0, head(1, 0) }, 3 },	/* good, then bad */
		{ { head(STAMP, 3), 0, head(EXTEND, 0) }, 3 },
		{ { head(PADDING, 3), 4, head(2, 0), 0 }, 4 },
	};

	for (size_t i = 0; i < LEN(cases); i++) {
		uint32_t words[6] = { head(1, 5), 0 };
		struct fti_page p, before;
		struct made m;

		memcpy(words + 2, cases[i].words, sizeof(cases[i].words));
		m = make_begin(&p, words, 2 + cases[i].count);
		ASSERT_RECORD(m, &p, 1, 4, 5);
		before = p;
		ASSERT_ENDS(&p, -EBADMSG);
		CU_ASSERT_PTR_EQUAL(p.next, before.next);
		CU_ASSERT_EQUAL(p.ts, before.ts);
		free(m.mem);
	}
}

/* -- events/header_page ---------------------------------------------------------------------- */

static void assert_format(const char *text, size_t len, const struct fti_page_format *want)
{
	static const struct fti_page_format other = { 1, 2, 3, 4 };
	struct fti_page_format f = other;
	char *exact = malloc(len + !len);	/* without its NUL, for sanitizers */

	if (!exact)
		abort();
	memcpy(exact, text, len);
	CU_ASSERT_EQUAL(fti_page_format_parse(&f, exact, len), want ? 0 : -EBADMSG);
	if (!want)
		want = &other;
	CU_ASSERT_EQUAL(f.size, want->size);
	CU_ASSERT_EQUAL(f.commit_offset, want->commit_offset);
	CU_ASSERT_EQUAL(f.commit_size, want->commit_size);
	CU_ASSERT_EQUAL(f.data_offset, want->data_offset);
	free(exact);
}

static void test_page_format_tells_64_and_32_bit_kernels(void)
{
	const char *unknown = "\tfield: u32 x[4];\toffset:99;\tsize:4;\tsigned:0;\n";
	char more[sizeof(header_64) + 64];

	assert_format(header_64, strlen(header_64), &format_64);
	assert_format(header_32, strlen(header_32), &format_32);
	snprintf(more, sizeof(more), "%s%s", unknown, header_64);
	assert_format(more, strlen(more), &format_64);
}

static void test_page_format_refuses_every_cut(void)
{
	const size_t len = strlen(header_64);

	assert_format(header_64, len - 1, &format_64);
	for (size_t cut = 0; cut < len - 1; cut++)
		assert_format(header_64, cut, NULL);
}

/* header_64 with its first `from` replaced by `to` is refused */
static void assert_refused(const char *from, const char *to)
{
	const char *at = strstr(header_64, from);
	char text[1024];

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - header_64), header_64, to,
		 at + strlen(from));
	assert_format(text, strlen(text), NULL);
}

static void test_page_format_refuses_what_no_kernel_says(void)
{
	const char *overwrite = "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n";
	const char *again = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n";
	char nul[sizeof(header_64)];

	assert_refused("timestamp", "when");
	assert_refused("commit", "data");
	assert_refused("overwrite", "commit");
	assert_refused("offset:0", "offset:8");
	assert_refused("size:8", "size:4");
	assert_refused("offset:8;\tsize:8", "offset:4;\tsize:8");
	assert_refused("offset:8;\tsize:8", "offset:8;\tsize:2");
	assert_refused("offset:8;\tsize:8", "offset:8;\tsize:16");
	assert_refused("offset:8;\tsize:8", "offset:12;\tsize:8");
	assert_refused("size:4080", "size:0");
	assert_refused("size:4080", "size:4081");
	assert_refused("size:4080", "size:-4080");
	assert_refused("size:4080", "size:16777220");
	assert_refused("size:4080", "size:4294967376");
	assert_refused("size:4080", "size:99999999999999999999999999");
	assert_refused("size:4080", "size:");
	assert_refused("size:4080", "size:0x10");
	assert_refused("offset:16", "offset:18");
	assert_refused("offset:16", "offset:4100");
	assert_refused("signed:1", "signed:2");
	assert_refused("signed:0;", "signed:0; x");
	assert_refused("\n", "");
	assert_refused(" timestamp", "timestamp");
	assert_refused("u64 ", "u64\n ");
	assert_refused("u64 ", "u64\t ");
	assert_refused("u64 ", "u64\177 ");
	assert_refused("u64 ", "u64\200 ");
	assert_refused("field", "feild");
	assert_refused("overwrite", "overwrite ");
	assert_refused("signed:1", "signed:");
	assert_refused(overwrite, again);
	memcpy(nul, header_64, sizeof(nul));
	nul[strlen("\tfield: u6")] = 0;
	assert_format(nul, sizeof(nul) - 1, NULL);
}

/* -- captures -------------------------------------------------------------------------------- */

struct totals {
	uint64_t records, lost;
	bool unknown;	/* records were lost whose number is not known */
};

/* Discarded records of delta 1 before `stop`, which kbuffer takes for time that passed. */
static uint64_t count_ones(struct kbuffer *k, unsigned char *page, size_t data_offset,
			   const void *stop)
{
	struct kbuffer_raw_info info = { .next = page + data_offset };
	uint64_t ones = 0;

	while (info.next != stop && kbuffer_raw_get(k, page, &info)) {
		if (info.type == STAMP)
			ones = 0;
		ones += info.type == PADDING && info.delta == 1;
	}
	return ones;
}

static void compare_lost(struct kbuffer *k, const struct fti_page *p)
{
	const int missed = kbuffer_missed_events(k);

	/* kbuffer has the number for a record at the very start only, not behind a time extend. */
	if (kbuffer_curr_index(k) != 0)
		return;
	CU_ASSERT_EQUAL(p->has_lost, missed != 0);
	CU_ASSERT_EQUAL(p->lost_known, missed > 0);
	if (missed > 0)
		CU_ASSERT_EQUAL(p->lost, (uint64_t)missed);
}

static void compare_page(struct totals *t, struct kbuffer *k, const struct fti_page_format *f,
			 unsigned char *page)
{
	const uint64_t before = t->records;
	unsigned long long ts;
	struct fti_record r;
	struct fti_page p;
	void *data;

	CU_ASSERT_EQUAL(fti_page_begin(&p, f, page, f->size), 0);
	CU_ASSERT_EQUAL(kbuffer_load_subbuffer(k, page), 0);
	t->lost += p.lost;
	t->unknown |= p.has_lost && !p.lost_known;
	for (; (data = kbuffer_read_event(k, &ts)); kbuffer_next_event(k, NULL)) {
		if (t->records++ == before)
			compare_lost(k, &p);
		CU_ASSERT_EQUAL(fti_page_next(&p, &r), 1);
		CU_ASSERT_PTR_EQUAL(r.data, data);
		CU_ASSERT_EQUAL(r.size, (uint32_t)kbuffer_event_size(k));
		CU_ASSERT_EQUAL(r.ts, ts - count_ones(k, page, f->data_offset,
						      page + kbuffer_curr_offset(k)));
		if (r.data != data || r.size != (uint32_t)kbuffer_event_size(k))
			return;
	}
	CU_ASSERT_EQUAL(fti_page_next(&p, &r), 0);
}

static uint64_t stat_value(const char *stats, const char *key)
{
	const char *at = strstr(stats, key);

	CU_ASSERT_PTR_NOT_NULL(at);
	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* What the kernel counted, in cpuN.stats as it was before or after the pages were read. */
static void compare_stats(const struct totals *t, const char *pages, size_t len)
{
	char *path = strdup(pages), *stats;
	uint64_t records;

	if (!path)
		abort();
	memcpy(path + strlen(path) - 6, ".stats", 6);
	stats = unit_read(path, NULL);
	free(path);
	if (!stats)
		return;
	records = stat_value(stats, "entries: ") + stat_value(stats, "read events: ");
	/* Of a long capture only the first pages are kept. */
	if (t->records < records && stat_value(stats, "\nbytes: ") > len)
		records = t->records;
	CU_ASSERT_EQUAL(t->records, records);
	if (t->unknown)
		CU_ASSERT(t->lost < stat_value(stats, "\noverrun: "));
	if (!t->unknown)
		CU_ASSERT_EQUAL(t->lost, stat_value(stats, "\noverrun: "));
	free(stats);
}

static void compare_capture(const struct fti_page_format *f, const char *path)
{
	struct kbuffer *k = kbuffer_alloc(f->commit_size == 8 ? KBUFFER_LSIZE_8 : KBUFFER_LSIZE_4,
					  KBUFFER_ENDIAN_SAME_AS_HOST);
	struct totals t = { 0, 0, false };
	size_t len = 0;
	char *pages = unit_read(path, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(k);
	CU_ASSERT(len > 0 && len % f->size == 0);
	for (size_t at = 0; at + f->size <= len; at += f->size)
		compare_page(&t, k, f, (unsigned char *)pages + at);
	CU_ASSERT(t.records > 0);
	compare_stats(&t, path, len);
	free(pages);
	kbuffer_free(k);
}

static char *join(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		abort();
	return path;
}

static int read_format(struct fti_page_format *f, const char *dir, const char *name)
{
	char *path = join(dir, name), *text;
	size_t len = 0;
	int err;

	text = unit_read(path, &len);
	err = text ? fti_page_format_parse(f, text, len) : -ENOENT;
	CU_ASSERT_EQUAL(err, 0);
	free(text);
	free(path);
	return err;
}

/*
 * The cpuN.pages of one capture, with its own header_page where it has one: sub-buffers differ in
 * size.  Returns their number.
 */
static size_t compare_directory(const struct fti_page_format *series, const char *dir)
{
	DIR *d = opendir(dir);
	struct fti_page_format f = *series;
	char *own = join(dir, "header_page");
	const struct dirent *e;
	size_t captures = 0;

	if (!access(own, F_OK))
		read_format(&f, dir, "header_page");
	free(own);
	while (d && (e = readdir(d))) {
		const size_t len = strlen(e->d_name);
		char *path;

		if (strncmp(e->d_name, "cpu", 3) || len < 6 ||
		    strcmp(e->d_name + len - 6, ".pages"))
			continue;
		path = join(dir, e->d_name);
		compare_capture(&f, path);
		free(path);
		captures++;
	}
	if (d)
		closedir(d);
	return captures;
}

static void compare_series(const char *series)
{
	char *dir = join(UNIT_DATA, series);
	struct fti_page_format f;
	const int err = read_format(&f, dir, "tracing/events/header_page");
	const struct dirent *e;
	size_t captures = 0;
	DIR *d = opendir(dir);

	while (!err && d && (e = readdir(d))) {
		char *capture = join(dir, e->d_name);

		captures += e->d_name[0] == '.' ? 0 : compare_directory(&f, capture);
		free(capture);
	}
	CU_ASSERT(captures > 0);
	if (d)
		closedir(d);
	free(dir);
}

static void test_page_reads_el7_captures_as_kbuffer_does(void)
{
	compare_series("el7");
}

static void test_page_reads_5_10_captures_as_kbuffer_does(void)
{
	compare_series("5.10");
}

static void test_page_reads_6_1_captures_as_kbuffer_does(void)
{
	compare_series("6.1");
}

static void test_page_reads_6_12_captures_as_kbuffer_does(void)
{
	compare_series("6.12");
}

UNIT_SUITE("page",
	UNIT_TEST(test_page_small_records_have_four_bytes_a_unit),
	UNIT_TEST(test_page_big_record_counts_its_length_word),
	UNIT_TEST(test_page_delta_has_27_bits_and_may_be_zero),
	UNIT_TEST(test_page_null_padding_ends_the_page),
	UNIT_TEST(test_page_discarded_record_is_skipped_and_its_delta_counts),
	UNIT_TEST(test_page_discarded_record_with_delta_1_took_no_time),
	UNIT_TEST(test_page_time_extend_adds_59_bits),
	UNIT_TEST(test_page_time_extend_without_a_record_is_the_end),
	UNIT_TEST(test_page_absolute_stamp_replaces_the_time),
	UNIT_TEST(test_page_absolute_stamp_keeps_the_pages_top_bits),
	UNIT_TEST(test_page_copy_of_the_walk_peeks),
	UNIT_TEST(test_page_empty_page_has_no_records),
	UNIT_TEST(test_page_of_32_bit_kernel_has_short_commit),
	UNIT_TEST(test_page_lost_records_are_counted_when_stored),
	UNIT_TEST(test_page_begin_refuses_a_damaged_header),
	UNIT_TEST(test_page_size_can_be_overridden),
	UNIT_TEST(test_page_damage_ends_the_walk_for_good),
	UNIT_TEST(test_page_format_tells_64_and_32_bit_kernels),
	UNIT_TEST(test_page_format_refuses_every_cut),
	UNIT_TEST(test_page_format_refuses_what_no_kernel_says),
	UNIT_TEST(test_page_reads_el7_captures_as_kbuffer_does),
	UNIT_TEST(test_page_reads_5_10_captures_as_kbuffer_does),
	UNIT_TEST(test_page_reads_6_1_captures_as_kbuffer_does),
	UNIT_TEST(test_page_reads_6_12_captures_as_kbuffer_does));
