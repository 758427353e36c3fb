/* SPDX-License-Identifier: GPL-2.0-or-later */
/* I/O put together from the block layer's events: each case by itself, records of every kernel's
 * format, and captures against the kernel's own text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "block-internal.h"
#include "capture.h"
#include "unit.h"

#define DEV 0x800010
#define MAX 64

/* -- I/Os as they are given -------------------------------------------------------------------- */

struct given {
	struct ft_block_io io[MAX];
	size_t count;
	int    answer;
};

static struct given given;
static uint64_t now;

static int on_io(void *arg, const struct ft_block_io *io)
{
	struct given *g = arg;

	if (g->count < MAX)
		g->io[g->count] = *io;
	g->count++;
	return g->answer;
}

static struct ft_block *new_block(enum ft_block_what what, bool queue)
{
	const struct ft_block_config config = {
		.what = what, .queue = queue, .on_io = on_io, .arg = &given,
	};
	struct ft_block *b;

	given = (struct given){ .count = 0 };
	now = 1000;
	CU_ASSERT_EQUAL_FATAL(fti_block_new(&b, &config), 0);
	b->has_merges = true;
	return b;
}

static struct ft_block_stats stats(const struct ft_block *b)
{
	struct ft_block_stats s;

	ft_block_stats(b, &s);
	return s;
}

/* An event, 10 ns after the last one, of thread 7 unless it is to be another's. */
static int tid = 7;

static int does(struct ft_block *b, fti_block_handler *handler, uint64_t sector, uint32_t sectors,
		const char *rwbs, int error)
{
	struct ft_event e = { .ts = now += 10, .tid = tid };
	struct fti_block_record r = {
		.e = &e, .sector = sector, .dev = DEV, .sectors = sectors,
		.bytes = (uint64_t)sectors * 512, .error = error,
	};

	strcpy(r.rwbs, rwbs);
	snprintf(r.comm, sizeof(r.comm), "thread%d", tid);
	return handler(b, &r);
}

/* One was given since the last time, which this is. */
static const struct ft_block_io *gives(uint64_t sector, uint64_t bytes, uint64_t start_ns)
{
	const struct ft_block_io *io = &given.io[0];

	CU_ASSERT_EQUAL_FATAL(given.count, 1);
	given.count = 0;
	CU_ASSERT_EQUAL(io->dev, DEV);
	CU_ASSERT_EQUAL(io->sector, sector);
	CU_ASSERT_EQUAL(io->bytes, bytes);
	CU_ASSERT_EQUAL(io->start_ns, start_ns);
	CU_ASSERT_EQUAL(io->end_ns, now);
	return io;
}

/* -- requests ---------------------------------------------------------------------------------- */

static void test_block_io_is_from_issue_to_completion(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, false);
	const struct ft_block_io *io;

	does(b, fti_block_issue, 800, 8, "WS", 0);
	CU_ASSERT_EQUAL(stats(b).open, 1);
	tid = 0;
	does(b, fti_block_complete, 800, 8, "WS", 0);
	tid = 7;
	io = gives(800, 4096, 1010);
	CU_ASSERT_EQUAL(io->issue_ns, 1010);
	CU_ASSERT_EQUAL(io->insert_ns, 0);
	CU_ASSERT_EQUAL(io->tid, 7);
	CU_ASSERT_STRING_EQUAL(io->comm, "thread7");
	CU_ASSERT_STRING_EQUAL(io->rwbs, "WS");
	CU_ASSERT_EQUAL(io->error, 0);
	CU_ASSERT_FALSE(io->sequential);
	CU_ASSERT_EQUAL(stats(b).ios, 1);
	CU_ASSERT_EQUAL(stats(b).open, 0);
	ft_block_free(b);
}

static void test_block_queue_is_from_insertion_and_its_task(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, true);
	const struct ft_block_io *io;

	does(b, fti_block_insert, 800, 8, "R", 0);
	tid = 9;
	does(b, fti_block_issue, 800, 8, "R", 0);
	does(b, fti_block_complete, 800, 8, "R", 0);
	tid = 7;
	io = gives(800, 4096, 1010);
	CU_ASSERT_EQUAL(io->insert_ns, 1010);
	CU_ASSERT_EQUAL(io->issue_ns, 1020);
	CU_ASSERT_EQUAL(io->tid, 7);
	CU_ASSERT_STRING_EQUAL(io->comm, "thread7");
	CU_ASSERT_EQUAL(stats(b).direct, 0);

	does(b, fti_block_issue, 900, 8, "R", 0);
	does(b, fti_block_complete, 900, 8, "R", 0);
	CU_ASSERT_EQUAL(gives(900, 4096, 1040)->insert_ns, 0);
	CU_ASSERT_EQUAL(stats(b).direct, 1);
	ft_block_free(b);
}

static void test_block_request_grows_by_merges_while_it_waits(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, true);

	does(b, fti_block_insert, 1008, 8, "W", 0);
	does(b, fti_block_frontmerge, 1000, 8, "W", 0);
	does(b, fti_block_insert, 1016, 8, "W", 0);
	does(b, fti_block_merge, 1016, 8, "W", 0);
	does(b, fti_block_issue, 1000, 24, "W", 0);
	does(b, fti_block_complete, 1000, 24, "W", 0);
	gives(1000, 24 * 512, 1010);
	CU_ASSERT_EQUAL(stats(b).merged, 1);
	CU_ASSERT_EQUAL(stats(b).open, 0);
	ft_block_free(b);
}

/* 3.10 does not tell of merged requests: the one inserted last is the one that is issued. */
static void test_block_insertion_replaces_where_merges_are_not_told(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, true);

	b->has_merges = false;
	does(b, fti_block_insert, 1016, 8, "W", 0);
	does(b, fti_block_insert, 1016, 16, "W", 0);
	does(b, fti_block_issue, 1016, 16, "W", 0);
	does(b, fti_block_complete, 1016, 16, "W", 0);
	gives(1016, 16 * 512, 1020);
	CU_ASSERT_EQUAL(stats(b).merged, 1);
	CU_ASSERT_EQUAL(stats(b).open, 0);
	ft_block_free(b);
}

static void test_block_requeued_request_keeps_its_start(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, false);
	const struct ft_block_io *io;

	does(b, fti_block_issue, 800, 8, "R", 0);
	does(b, fti_block_requeue, 800, 8, "R", 0);
	does(b, fti_block_complete, 800, 8, "R", 0);
	CU_ASSERT_EQUAL(given.count, 0);
	CU_ASSERT_EQUAL(stats(b).unmatched, 1);
	tid = 9;
	does(b, fti_block_issue, 800, 8, "R", 0);
	tid = 7;
	does(b, fti_block_complete, 800, 8, "R", 0);
	io = gives(800, 4096, 1010);
	CU_ASSERT_EQUAL(io->issue_ns, 1040);
	CU_ASSERT_EQUAL(io->requeues, 1);
	CU_ASSERT_EQUAL(io->tid, 7);
	CU_ASSERT_EQUAL(stats(b).requeued, 1);
	ft_block_free(b);

	b = new_block(FT_BLOCK_REQUESTS, true);
	does(b, fti_block_insert, 800, 8, "R", 0);
	does(b, fti_block_issue, 800, 8, "R", 0);
	does(b, fti_block_requeue, 800, 8, "R", 0);
	does(b, fti_block_insert, 800, 8, "R", 0);
	does(b, fti_block_frontmerge, 792, 8, "R", 0);
	does(b, fti_block_issue, 792, 16, "R", 0);
	does(b, fti_block_complete, 792, 16, "R", 0);
	gives(792, 8192, 1010);
	CU_ASSERT_EQUAL(stats(b).open, 0);
	ft_block_free(b);
}

static void test_block_parts_are_one_io(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, false);

	does(b, fti_block_issue, 800, 24, "R", 0);
	does(b, fti_block_complete, 800, 8, "R", 0);
	does(b, fti_block_complete, 808, 8, "R", -EIO);
	CU_ASSERT_EQUAL(given.count, 0);
	does(b, fti_block_requeue, 816, 8, "R", 0);
	does(b, fti_block_issue, 816, 8, "R", 0);
	does(b, fti_block_complete, 816, 8, "R", 0);
	CU_ASSERT_EQUAL(gives(800, 24 * 512, 1010)->error, -EIO);
	CU_ASSERT_EQUAL(stats(b).partial, 2);
	CU_ASSERT_EQUAL(stats(b).unmatched, 0);
	ft_block_free(b);
}

/* As in the captures: a flush has no sector, and what was written with it completes once more. */
static void test_block_flush_has_no_sector(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, false);

	does(b, fti_block_issue, 0, 0, "FF", 0);
	does(b, fti_block_issue, 0, 8, "R", 0);
	does(b, fti_block_complete, UINT64_MAX, 0, "FF", 0);
	gives(FT_BLOCK_NO_SECTOR, 0, 1010);
	does(b, fti_block_complete, 0, 8, "R", 0);
	gives(0, 4096, 1020);
	does(b, fti_block_issue, 32788, 2, "WSM", 0);
	does(b, fti_block_complete, 32788, 2, "WSM", 0);
	gives(32788, 1024, 1050);
	does(b, fti_block_issue, UINT64_MAX, 0, "FF", 0);
	does(b, fti_block_complete, UINT64_MAX, 0, "FF", 0);
	gives(FT_BLOCK_NO_SECTOR, 0, 1070);
	does(b, fti_block_complete, 32788, 0, "WSM", 0);
	does(b, fti_block_complete, 0, 0, "WS", 0);
	CU_ASSERT_EQUAL(given.count, 0);
	CU_ASSERT_EQUAL(stats(b).unmatched, 0);
	CU_ASSERT_EQUAL(stats(b).open, 0);
	ft_block_free(b);
}

/* While one that completed before is being written again, its flush ends. */
static void test_block_end_of_a_flush_ends_no_other_write(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, false);

	does(b, fti_block_issue, 32788, 2, "WSM", 0);
	does(b, fti_block_complete, 32788, 0, "WSM", 0);
	CU_ASSERT_EQUAL(given.count, 0);
	does(b, fti_block_complete, 32788, 2, "WSM", 0);
	gives(32788, 1024, 1010);
	ft_block_free(b);
}

static void test_block_commands_and_zones_have_no_sectors(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, false);

	does(b, fti_block_issue, 0, 0, "N", 0);
	does(b, fti_block_issue, 0, 0, "R", 0);
	does(b, fti_block_complete, UINT64_MAX, 1, "R", 0);
	gives(FT_BLOCK_NO_SECTOR, 0, 1020);
	does(b, fti_block_complete, UINT64_MAX, 0, "N", 0);
	gives(FT_BLOCK_NO_SECTOR, 0, 1010);
	does(b, fti_block_issue, 524288, 0, "N", 0);
	does(b, fti_block_complete, 524288, 0, "N", 0);
	gives(524288, 0, 1050);
	ft_block_free(b);
}

static void test_block_same_place_twice_ends_in_order(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, false);

	does(b, fti_block_issue, 800, 8, "R", 0);
	does(b, fti_block_issue, 800, 8, "R", 0);
	does(b, fti_block_issue, 800, 16, "R", 0);
	CU_ASSERT_EQUAL(stats(b).duplicate, 2);
	does(b, fti_block_complete, 800, 16, "R", 0);
	gives(800, 8192, 1030);
	does(b, fti_block_complete, 800, 8, "R", 0);
	gives(800, 4096, 1010);
	does(b, fti_block_complete, 800, 8, "R", 0);
	gives(800, 4096, 1020);
	ft_block_free(b);
}

static void test_block_loss_drops_what_is_under_way(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, false);

	does(b, fti_block_issue, 800, 8, "R", 0);
	does(b, fti_block_issue, 900, 8, "R", 0);
	does(b, fti_block_issue, 1000, 8, "R", 0);
	ft_block_loss(b, 3);
	CU_ASSERT_EQUAL(stats(b).dropped, 3);
	CU_ASSERT_EQUAL(stats(b).open, 0);
	does(b, fti_block_complete, 800, 8, "R", 0);
	CU_ASSERT_EQUAL(given.count, 0);
	CU_ASSERT_EQUAL(stats(b).unmatched, 0);
	does(b, fti_block_issue, 900, 8, "R", 0);
	does(b, fti_block_complete, 900, 8, "R", 0);
	gives(900, 4096, 1050);
	does(b, fti_block_complete, 900, 8, "R", 0);
	CU_ASSERT_EQUAL(given.count, 0);
	CU_ASSERT_EQUAL(stats(b).unmatched, 1);
	CU_ASSERT_EQUAL(stats(b).dropped, 3);
	ft_block_free(b);
}

static void test_block_oldest_makes_room(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, false);

	for (uint64_t i = 0; i < 65536 + 3; i++)
		does(b, fti_block_issue, 8 + 8 * i, 8, "R", 0);
	CU_ASSERT_EQUAL(stats(b).evicted, 3);
	CU_ASSERT_EQUAL(stats(b).open, 65536);
	does(b, fti_block_complete, 8, 8, "R", 0);
	CU_ASSERT_EQUAL(given.count, 0);
	does(b, fti_block_complete, 8 + 8 * 3, 8, "R", 0);
	gives(8 + 8 * 3, 4096, 1040);
	ft_block_free(b);
}

static void test_block_time_that_ran_backwards(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, false);

	does(b, fti_block_issue, 800, 8, "R", 0);
	now = 500;
	does(b, fti_block_complete, 800, 8, "R", 0);
	CU_ASSERT_EQUAL(given.count, 1);
	CU_ASSERT_EQUAL(given.io[0].end_ns, 1010);
	CU_ASSERT_EQUAL(stats(b).backwards, 1);
	ft_block_free(b);
}

static void test_block_sequential_begins_where_the_last_one_ended(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, false);

	does(b, fti_block_issue, 800, 8, "R", 0);
	does(b, fti_block_issue, 808, 16, "W", 0);
	does(b, fti_block_issue, 0, 0, "FF", 0);
	does(b, fti_block_issue, 824, 8, "R", 0);
	does(b, fti_block_issue, 824, 8, "R", 0);
	does(b, fti_block_complete, 808, 16, "W", 0);
	does(b, fti_block_complete, 824, 8, "R", 0);
	does(b, fti_block_complete, 824, 8, "R", 0);
	does(b, fti_block_complete, 800, 8, "R", 0);
	CU_ASSERT_EQUAL_FATAL(given.count, 4);
	CU_ASSERT_TRUE(given.io[0].sequential);
	CU_ASSERT_TRUE(given.io[1].sequential);
	CU_ASSERT_FALSE(given.io[2].sequential);
	CU_ASSERT_FALSE(given.io[3].sequential);
	ft_block_free(b);
}

static void test_block_answer_of_the_tool_is_returned(void)
{
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, false);

	given.answer = -EPIPE;
	CU_ASSERT_EQUAL(does(b, fti_block_issue, 800, 8, "R", 0), 0);
	CU_ASSERT_EQUAL(does(b, fti_block_complete, 800, 8, "R", 0), -EPIPE);
	CU_ASSERT_EQUAL(stats(b).open, 0);
	ft_block_free(b);
}

static void test_block_issues_alone(void)
{
	struct ft_block *b = new_block(FT_BLOCK_ISSUES, true);

	does(b, fti_block_issue, 800, 8, "R", 0);
	CU_ASSERT_EQUAL(given.count, 1);
	CU_ASSERT_EQUAL(given.io[0].bytes, 4096);
	CU_ASSERT_EQUAL(given.io[0].end_ns, 0);
	does(b, fti_block_requeue, 800, 8, "R", 0);
	does(b, fti_block_issue, 800, 8, "R", 0);
	CU_ASSERT_EQUAL(given.count, 1);
	does(b, fti_block_issue, 800, 8, "R", 0);
	CU_ASSERT_EQUAL(given.count, 2);
	CU_ASSERT_EQUAL(stats(b).ios, 2);
	CU_ASSERT_EQUAL(stats(b).open, 0);
	ft_block_free(b);
}

static void test_block_what_was_not_asked_for_is_not_given(void)
{
	const struct ft_block_opt reads = { .type = "*R*" };
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, false);

	b->config.opt = &reads;
	does(b, fti_block_issue, 800, 8, "WS", 0);
	does(b, fti_block_complete, 800, 8, "WS", 0);
	CU_ASSERT_EQUAL(given.count, 0);
	does(b, fti_block_issue, 800, 8, "RA", 0);
	does(b, fti_block_complete, 800, 8, "RA", 0);
	CU_ASSERT_EQUAL(given.count, 1);
	b->config.comm = "read8";
	does(b, fti_block_issue, 800, 8, "R", 0);
	does(b, fti_block_complete, 800, 8, "R", 0);
	b->config.comm = "read7";
	does(b, fti_block_issue, 800, 8, "R", 0);
	does(b, fti_block_complete, 800, 8, "R", 0);
	b->config.comm = "read*";
	does(b, fti_block_issue, 800, 8, "R", 0);
	does(b, fti_block_complete, 800, 8, "R", 0);
	CU_ASSERT_EQUAL(given.count, 2);
	CU_ASSERT_EQUAL(stats(b).ios, 5);
	ft_block_free(b);
}

/* Every beginning has one end, whatever comes. */
static void test_block_every_io_is_counted_once(void)
{
	static fti_block_handler *const handlers[] = {
		fti_block_insert, fti_block_issue, fti_block_complete, fti_block_complete,
		fti_block_requeue, fti_block_merge, fti_block_frontmerge,
	};
	struct ft_block *b = new_block(FT_BLOCK_REQUESTS, true);
	struct ft_block_stats s, before = { .ios = 0 };
	uint64_t begun = 0;

	srand(1);
	for (int i = 0; i < 300000; i++) {
		fti_block_handler *handler = handlers[rand() % 7];

		does(b, handler, rand() % 50 ? (uint64_t)(rand() % 64) * 8 : UINT64_MAX,
		     (uint32_t)(rand() % 4) * 8, rand() % 2 ? "R" : "FF", 0);
		if (rand() % 1000 == 0)
			ft_block_loss(b, 0);
		s = stats(b);
		/* Only an insertion that meets a requeued one, and an issue of one that is known,
		 * begin nothing. */
		begun += s.ios + s.open + s.dropped + s.evicted + s.merged >
			 before.ios + before.open + before.dropped + before.evicted + before.merged;
		CU_ASSERT_EQUAL_FATAL(s.ios + s.open + s.dropped + s.evicted + s.merged, begun);
		before = s;
	}
	CU_ASSERT(s.ios && s.dropped && s.merged && s.partial && s.requeued && s.unmatched);
	ft_block_free(b);
}

/* -- bios -------------------------------------------------------------------------------------- */

static void test_block_bio_ends_with_its_last_piece(void)
{
	struct ft_block *b = new_block(FT_BLOCK_BIOS, true);

	does(b, fti_block_bio_queue, 800, 24, "R", 0);
	does(b, fti_block_bio_complete, 800, 24, "R", 0);
	gives(800, 24 * 512, 1010);
	/* device-mapper of 6.1: cut in front */
	does(b, fti_block_bio_queue, 800, 24, "R", 0);
	does(b, fti_block_bio_complete, 816, 8, "R", 0);
	gives(800, 24 * 512, 1030);
	/* pieces in any order */
	does(b, fti_block_bio_queue, 800, 24, "R", 0);
	does(b, fti_block_bio_complete, 808, 8, "R", -EIO);
	does(b, fti_block_bio_complete, 800, 8, "R", 0);
	CU_ASSERT_EQUAL(given.count, 0);
	does(b, fti_block_bio_complete, 816, 8, "R", 0);
	CU_ASSERT_EQUAL(gives(800, 24 * 512, 1050)->error, -EIO);
	/* nothing left but the end */
	does(b, fti_block_bio_queue, 800, 24, "R", 0);
	does(b, fti_block_bio_complete, 824, 0, "R", 0);
	gives(800, 24 * 512, 1090);
	CU_ASSERT_EQUAL(stats(b).partial, 2);
	does(b, fti_block_bio_complete, 808, 8, "R", 0);
	CU_ASSERT_EQUAL(stats(b).unmatched, 1);
	ft_block_free(b);
}

static void test_block_bio_of_a_flush(void)
{
	struct ft_block *b = new_block(FT_BLOCK_BIOS, false);

	does(b, fti_block_bio_queue, 0, 0, "FWS", 0);
	does(b, fti_block_bio_queue, 800, 8, "FWFS", 0);
	does(b, fti_block_bio_complete, 800, 8, "WFS", 0);
	CU_ASSERT_STRING_EQUAL(gives(800, 4096, 1020)->rwbs, "FWFS");
	does(b, fti_block_bio_complete, 0, 0, "FWS", 0);
	gives(FT_BLOCK_NO_SECTOR, 0, 1010);
	does(b, fti_block_bio_queue, 900, 8, "R", 0);
	ft_block_loss(b, 0);
	does(b, fti_block_bio_complete, 900, 8, "R", 0);
	CU_ASSERT_EQUAL(given.count, 0);
	CU_ASSERT_EQUAL(stats(b).dropped, 1);
	CU_ASSERT_EQUAL(stats(b).unmatched, 0);
	ft_block_free(b);
}

/* -- filters ----------------------------------------------------------------------------------- */

static void filter_is(enum ft_block_what what, const char *disk, const char *type, int wanted_err,
		      const char *wanted)
{
	const struct ft_block_opt opt = { .type = type };
	struct ft_block *b = new_block(what, false);
	char why[FT_DISK_WHY] = "";

	b->config.opt = &opt;
	b->disk.dev = DEV;
	strcpy(b->disk.name, disk);
	CU_ASSERT_EQUAL(fti_block_filter(b, "/nonexistent", why), wanted_err);
	CU_ASSERT_EQUAL(*why != 0, wanted_err != 0);
	if (wanted)
		CU_ASSERT_STRING_EQUAL(ft_block_filter(b), wanted);
	if (!wanted)
		CU_ASSERT_PTR_NULL(ft_block_filter(b));
	ft_block_free(b);
}

static void test_block_filter_is_the_kernels_where_it_can(void)
{
	filter_is(FT_BLOCK_REQUESTS, "", NULL, 0, NULL);
	filter_is(FT_BLOCK_REQUESTS, "sdb", NULL, 0, "dev == 8388624");
	filter_is(FT_BLOCK_REQUESTS, "", "*R*", 0, "rwbs ~ \"*R*\"");
	filter_is(FT_BLOCK_REQUESTS, "sdb", "W*", 0, "dev == 8388624 && rwbs ~ \"W*\"");
	/* 3.10 takes it as "R*" */
	filter_is(FT_BLOCK_REQUESTS, "", "R*M", 0, NULL);
	filter_is(FT_BLOCK_REQUESTS, "", "[RW]", 0, NULL);
	filter_is(FT_BLOCK_BIOS, "dm-0", "*R*", 0, "dev == 8388624");
	filter_is(FT_BLOCK_BIOS, "", NULL, -ENOENT, NULL);
	filter_is(FT_BLOCK_REQUESTS, "", "R\" || 1 == 1", -EINVAL, NULL);
	filter_is(FT_BLOCK_REQUESTS, "", "read", -EINVAL, NULL);
}

static void test_block_error_has_a_name(void)
{
	struct ft_block_io io = { .error = 0 };
	char buf[FT_BLOCK_ERROR];

	CU_ASSERT_STRING_EQUAL(ft_block_error(&io, buf), "");
	io.error = -EIO;
	CU_ASSERT_STRING_EQUAL(ft_block_error(&io, buf), "EIO");
	io.error = -4000;
	CU_ASSERT_STRING_EQUAL(ft_block_error(&io, buf), "error -4000");
	io.error = 134217730;
	CU_ASSERT_STRING_EQUAL(ft_block_error(&io, buf), "driver error 134217730");
	io.error = INT32_MIN;
	CU_ASSERT_STRING_EQUAL(ft_block_error(&io, buf), "error -2147483648");
}

/* -- records ----------------------------------------------------------------------------------- */

static struct ft_events *open_events(const char *series)
{
	static const char *const systems[] = { "ftrace", "block", NULL };
	struct ft_events *evs;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s/tracing", UNIT_DATA, series);
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&evs, path, systems), 0);
	return evs;
}

struct record {
	unsigned char	data[128];
	struct ft_event e;
};

static void put(struct record *r, const struct ft_events *evs, const char *event, const char *field,
		const void *value, size_t size)
{
	struct ft_field f;

	if (ft_field_find(evs, "block", event, field, &f))
		return;
	CU_ASSERT_FATAL(f.offset + size <= sizeof(r->data));
	memcpy(r->data + f.offset, value, size);
}

static void make(struct record *r, const struct ft_events *evs, const char *event, uint64_t ts,
		 uint64_t sector, int error)
{
	const uint32_t dev = DEV, sectors = 8, bytes = 4096;

	memset(r->data, 0, sizeof(r->data));
	r->e = (struct ft_event){
		.ts = ts, .data = r->data, .size = sizeof(r->data), .tid = 42, .cpu = 1,
		.type = (uint16_t)ft_event_id(evs, "block", event),
	};
	put(r, evs, event, "dev", &dev, 4);
	put(r, evs, event, "sector", &sector, 8);
	put(r, evs, event, "nr_sector", &sectors, 4);
	put(r, evs, event, "bytes", &bytes, 4);
	put(r, evs, event, "error", &error, 4);
	put(r, evs, event, "errors", &error, 4);
	put(r, evs, event, "rwbs", "WFSM", 5);
	put(r, evs, event, "comm", "sixteen bytes of", 16);
}

static void feed(struct ft_block *b, const struct ft_events *evs, const char *event, uint64_t ts,
		 uint64_t sector, int error)
{
	struct record r;

	make(&r, evs, event, ts, sector, error);
	CU_ASSERT_EQUAL(ft_block_event(b, &r.e), 0);
}

static void test_block_records_of_every_kernel(void)
{
	for (size_t i = 0; i < CAPTURE_SERIES; i++) {
		struct ft_block *b = new_block(FT_BLOCK_REQUESTS, true);
		struct ft_events *evs = open_events(capture_series[i]);
		const struct ft_block_io *io = &given.io[0];
		const char *why;

		CU_ASSERT_EQUAL_FATAL(fti_block_fields(b, evs, &why), 0);
		feed(b, evs, "block_rq_insert", 100, 1ULL << 40, 0);
		feed(b, evs, "block_rq_issue", 200, 1ULL << 40, 0);
		feed(b, evs, "block_rq_complete", 300, 1ULL << 40, -EIO);
		CU_ASSERT_EQUAL_FATAL(given.count, 1);
		CU_ASSERT(io->start_ns == 100 && io->issue_ns == 200 && io->end_ns == 300);
		CU_ASSERT(io->dev == DEV && io->sector == 1ULL << 40 && io->bytes == 4096);
		CU_ASSERT(io->tid == 42 && io->cpu == 1 && io->error == -EIO);
		CU_ASSERT_STRING_EQUAL(io->rwbs, "WFSM");
		CU_ASSERT_STRING_EQUAL(io->comm, "sixteen bytes o");
		ft_block_free(b);
		ft_events_close(evs);
	}
}

static void test_block_short_records_are_harmless(void)
{
	static const char *const events[] = {
		"block_rq_insert", "block_rq_issue", "block_rq_complete"
	};

	for (size_t i = 0; i < CAPTURE_SERIES; i++) {
		struct ft_block *b = new_block(FT_BLOCK_REQUESTS, true);
		struct ft_events *evs = open_events(capture_series[i]);
		struct record r;
		const char *why;

		CU_ASSERT_EQUAL_FATAL(fti_block_fields(b, evs, &why), 0);
		for (size_t k = 0; k < 3; k++) {
			make(&r, evs, events[k], 100, 800, 0);
			for (uint32_t size = 0; size <= sizeof(r.data); size++) {
				unsigned char *copy = malloc(size + !size);
				struct ft_event e = r.e;

				memcpy(copy, r.data, size);
				e.data = copy;
				e.size = size;
				CU_ASSERT_EQUAL(ft_block_event(b, &e), 0);
				free(copy);
			}
		}
		ft_block_free(b);
		ft_events_close(evs);
	}
}

static void test_block_event_that_is_missing_is_named(void)
{
	struct ft_block *b = new_block(FT_BLOCK_BIOS, false);
	struct ft_events *evs = open_events("el7");
	const char *why = NULL;

	CU_ASSERT_EQUAL(fti_block_fields(b, evs, &why), -EOPNOTSUPP);
	CU_ASSERT_STRING_EQUAL(why, "block_bio_queue");
	ft_block_free(b);
	ft_events_close(evs);
}

/* -- captures ---------------------------------------------------------------------------------- */

static int to_block(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	(void)st;
	return ft_block_event(arg, e);
}

struct told {
	double	 at;
	uint64_t sector;
	unsigned int bytes;
	char	 rwbs[16], comm[32];
	bool	 open;
};

/* A completion in the kernel's text, and the issue before it that is of the same place. */
static void check_told(struct told *issued, size_t count, const char *line, double at, size_t *seen)
{
	struct told t;
	unsigned int sectors;
	const struct ft_block_io *io;
	size_t k = 0;

	CU_ASSERT_EQUAL_FATAL(sscanf(line, "block_rq_complete: 254,0 %15s () %lu + %u", t.rwbs,
				     &t.sector, &sectors), 3);
	if (!sectors && strcmp(t.rwbs, "FF"))
		return;
	if (!sectors)
		t.sector = 0;
	while (k < count && (!issued[k].open || issued[k].sector != t.sector ||
			     strcmp(issued[k].rwbs, t.rwbs)))
		k++;
	CU_ASSERT_FATAL(k < count);
	issued[k].open = false;
	io = &given.io[(*seen)++];
	CU_ASSERT_EQUAL(io->sector, sectors ? t.sector : FT_BLOCK_NO_SECTOR);
	CU_ASSERT_EQUAL(io->bytes, issued[k].bytes);
	CU_ASSERT_STRING_EQUAL(io->rwbs, t.rwbs);
	CU_ASSERT_STRING_EQUAL(io->comm, issued[k].comm);
	CU_ASSERT_DOUBLE_EQUAL(io->start_ns / 1e9, issued[k].at, 0.0000011);
	CU_ASSERT_DOUBLE_EQUAL(io->end_ns / 1e9, at, 0.0000011);
}

static void check_text(char *text)
{
	struct told issued[MAX];
	size_t count = 0, seen = 0;
	char *save = NULL;

	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		char *event = strstr(l, ": block_rq_");
		struct told *t = &issued[count];

		if (!event || *l == '#')
			continue;
		*event = 0;
		t->at = strtod(strrchr(l, ' '), NULL);
		event += 2;
		if (sscanf(event, "block_rq_issue: 254,0 %15s %u () %lu", t->rwbs, &t->bytes,
			   &t->sector) == 3) {
			t->open = true;
			strcpy(t->comm, strrchr(event, '[') + 1);
			*strchr(t->comm, ']') = 0;
			CU_ASSERT_FATAL(++count < MAX);
		} else if (!strncmp(event, "block_rq_complete", 17)) {
			check_told(issued, count, event, t->at, &seen);
		}
	}
	CU_ASSERT(seen > 15);
	CU_ASSERT_EQUAL(seen, given.count);
}

static void test_block_captures_agree_with_the_kernels_text(void)
{
	for (size_t i = 1; i < CAPTURE_SERIES; i++) {
		struct ft_block *b = new_block(FT_BLOCK_REQUESTS, false);
		struct capture c = { .evs = open_events(capture_series[i]) };
		const char *why;
		char *text;

		snprintf(c.dir, sizeof(c.dir), "%s/%s/block", UNIT_DATA, capture_series[i]);
		CU_ASSERT_EQUAL_FATAL(fti_block_fields(b, c.evs, &why), 0);
		CU_ASSERT_TRUE(b->has_merges);
		capture_walk(&c, to_block, b);
		text = capture_read(&c, "trace.txt", NULL);
		check_text(text);
		CU_ASSERT_EQUAL(stats(b).open, 0);
		CU_ASSERT_EQUAL(stats(b).unmatched, 0);
		free(text);
		ft_block_free(b);
		ft_events_close(c.evs);
	}
}

UNIT_SUITE("block",
	   UNIT_TEST(test_block_io_is_from_issue_to_completion),
	   UNIT_TEST(test_block_queue_is_from_insertion_and_its_task),
	   UNIT_TEST(test_block_request_grows_by_merges_while_it_waits),
	   UNIT_TEST(test_block_insertion_replaces_where_merges_are_not_told),
	   UNIT_TEST(test_block_requeued_request_keeps_its_start),
	   UNIT_TEST(test_block_parts_are_one_io),
	   UNIT_TEST(test_block_flush_has_no_sector),
	   UNIT_TEST(test_block_end_of_a_flush_ends_no_other_write),
	   UNIT_TEST(test_block_commands_and_zones_have_no_sectors),
	   UNIT_TEST(test_block_same_place_twice_ends_in_order),
	   UNIT_TEST(test_block_loss_drops_what_is_under_way),
	   UNIT_TEST(test_block_oldest_makes_room),
	   UNIT_TEST(test_block_time_that_ran_backwards),
	   UNIT_TEST(test_block_sequential_begins_where_the_last_one_ended),
	   UNIT_TEST(test_block_answer_of_the_tool_is_returned),
	   UNIT_TEST(test_block_issues_alone),
	   UNIT_TEST(test_block_what_was_not_asked_for_is_not_given),
	   UNIT_TEST(test_block_every_io_is_counted_once),
	   UNIT_TEST(test_block_bio_ends_with_its_last_piece),
	   UNIT_TEST(test_block_bio_of_a_flush),
	   UNIT_TEST(test_block_filter_is_the_kernels_where_it_can),
	   UNIT_TEST(test_block_error_has_a_name),
	   UNIT_TEST(test_block_records_of_every_kernel),
	   UNIT_TEST(test_block_short_records_are_harmless),
	   UNIT_TEST(test_block_event_that_is_missing_is_named),
	   UNIT_TEST(test_block_captures_agree_with_the_kernels_text));
