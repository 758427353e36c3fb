/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The set of thread numbers, against a plain array of flags. */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "idset.h"
#include "unit.h"

#define IDS 4096

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void test_idset_is_empty_at_first(void)
{
	struct fti_idset s = { .slot = NULL };

	CU_ASSERT_FALSE(fti_idset_has(&s, 1));
	CU_ASSERT_FALSE(fti_idset_has(&s, 0));
	fti_idset_remove(&s, 1);
	CU_ASSERT_EQUAL(s.count, 0);
	fti_idset_free(&s);
}

static void test_idset_has_what_was_added_and_not_removed(void)
{
	struct fti_idset s = { .slot = NULL };
	static bool is[IDS];
	uint64_t rnd = 88172645463325252ULL;
	size_t count = 0, wrong = 0;

	memset(is, 0, sizeof(is));
	for (int i = 0; i < 40000; i++) {
		const uint64_t r = next_random(&rnd);
		/* First it grows, then it shrinks; neighbours collide. */
		const int id = (int)(r >> 8) & (IDS - 1), add = (r & 3) < (i < 20000 ? 3 : 1);

		if (!id)
			continue;
		if (add) {
			CU_ASSERT_EQUAL(fti_idset_add(&s, id), 0);
			count += !is[id];
		} else {
			fti_idset_remove(&s, id);
			count -= is[id];
		}
		is[id] = add;
		wrong += s.count != count || fti_idset_has(&s, id) != add;
		if (i % 4000)
			continue;
		for (int k = 1; k < IDS; k++)
			wrong += fti_idset_has(&s, k) != is[k];
	}
	for (int k = 1; k < IDS; k++)
		wrong += fti_idset_has(&s, k) != is[k];
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(count > 100);
	fti_idset_free(&s);
}

/* Numbers that share a home slot, removed in every order. */
static void test_idset_closes_the_gap_of_a_removed_id(void)
{
	int ids[5], n = 0;

	for (int id = 1; n < 5; id++)
		if ((((uint32_t)id * 2654435761u) & 63) == 63)
			ids[n++] = id;
	for (int first = 0; first < 5; first++) {
		struct fti_idset s = { .slot = NULL };

		for (int i = 0; i < 5; i++)
			fti_idset_add(&s, ids[i]);
		CU_ASSERT_EQUAL(s.size, 64);
		for (int k = 0; k < 5; k++) {
			const int gone = (first + k * 2) % 5;

			fti_idset_remove(&s, ids[gone]);
			CU_ASSERT_FALSE(fti_idset_has(&s, ids[gone]));
			CU_ASSERT_EQUAL(s.count, (size_t)(4 - k));
			for (int later = k + 1; later < 5; later++)
				CU_ASSERT_TRUE(fti_idset_has(&s, ids[(first + later * 2) % 5]));
		}
		fti_idset_free(&s);
	}
}

static void test_idset_holds_positive_ids_only(void)
{
	static const int none[] = { 0, -1, INT_MIN };
	struct fti_idset s = { .slot = NULL };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		CU_ASSERT_EQUAL(fti_idset_add(&s, none[i]), 0);
		CU_ASSERT_FALSE(fti_idset_has(&s, none[i]));
	}
	CU_ASSERT_EQUAL(fti_idset_add(&s, INT_MAX), 0);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		CU_ASSERT_FALSE(fti_idset_has(&s, none[i]));
		fti_idset_remove(&s, none[i]);
	}
	CU_ASSERT_TRUE(fti_idset_has(&s, INT_MAX));
	CU_ASSERT_EQUAL(s.count, 1);
	fti_idset_free(&s);
}

static void test_idset_is_reusable_after_free(void)
{
	struct fti_idset s = { .slot = NULL };

	for (int id = 1; id < 1000; id++)
		CU_ASSERT_EQUAL(fti_idset_add(&s, id), 0);
	fti_idset_free(&s);
	CU_ASSERT(!s.slot && !s.size && !s.count);
	CU_ASSERT_FALSE(fti_idset_has(&s, 5));
	CU_ASSERT_EQUAL(fti_idset_add(&s, 5), 0);
	CU_ASSERT_EQUAL(fti_idset_add(&s, 5), 0);
	CU_ASSERT_TRUE(fti_idset_has(&s, 5));
	CU_ASSERT_EQUAL(s.count, 1);
	fti_idset_free(&s);
}

UNIT_SUITE("idset",
	UNIT_TEST(test_idset_is_empty_at_first),
	UNIT_TEST(test_idset_has_what_was_added_and_not_removed),
	UNIT_TEST(test_idset_closes_the_gap_of_a_removed_id),
	UNIT_TEST(test_idset_holds_positive_ids_only),
	UNIT_TEST(test_idset_is_reusable_after_free));
