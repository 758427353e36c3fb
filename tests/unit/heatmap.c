/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Heat maps: what is counted where, and that the pictures say so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heatmap.h"
#include "unit.h"

static struct ft_heatmap *new_heatmap(unsigned int columns, bool whole, uint64_t unit, bool linear)
{
	struct ft_heatmap *h;

	CU_ASSERT_EQUAL_FATAL(ft_heatmap_new(&h, &(struct ft_heatmap_config){
		.scale = { .unit = unit, .linear = linear }, .column_ns = 1000, .columns = columns,
		.whole = whole }), 0);
	return h;
}

static uint64_t total(const struct ft_heatmap *h)
{
	struct fti_heatmap_part part;
	uint64_t n = 0;

	fti_heatmap_part(h, FT_HEATMAP_COLUMNS, 0, &part);
	for (unsigned int c = 0; c < part.columns; c++)
		for (unsigned int r = 0; r < part.rows; r++)
			n += fti_heatmap_count(&part, c, r);
	return n;
}

static void test_heatmap_refuses_what_is_none(void)
{
	static const struct ft_heatmap_config bad[] = {
		{ .scale.unit = 0, .column_ns = 1, .columns = 10 },
		{ .scale.unit = 1, .column_ns = 0, .columns = 10 },
		{ .scale.unit = 1, .column_ns = 1, .columns = 1 },
		{ .scale.unit = 1, .column_ns = 1, .columns = FT_HEATMAP_COLUMNS + 1 },
	};
	struct ft_heatmap *h;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(ft_heatmap_new(&h, &bad[i]), -22);
	ft_heatmap_free(NULL);
}

static void test_heatmap_counts_by_time_and_range(void)
{
	struct ft_heatmap *h = new_heatmap(10, false, 1, false);
	struct fti_heatmap_part part;
	uint64_t low, high;

	ft_heatmap_add(h, 5000, 4, 2);
	ft_heatmap_add(h, 5999, 7, 1);
	ft_heatmap_add(h, 6000, 1, 5);
	ft_heatmap_add(h, 100, 1, 1);	/* older than the first */
	ft_heatmap_advance(h, 8000);
	CU_ASSERT_EQUAL(ft_heatmap_columns(h), 4);
	fti_heatmap_part(h, 100, 0, &part);
	CU_ASSERT_EQUAL(part.columns, 4);
	CU_ASSERT_EQUAL(part.rows, 3);
	CU_ASSERT_EQUAL(part.most, 5);
	fti_heatmap_range(&part, 0, &low, &high);
	CU_ASSERT_EQUAL(low, 1);
	CU_ASSERT_EQUAL(high, 2);
	fti_heatmap_range(&part, 2, &low, &high);
	CU_ASSERT_EQUAL(low, 4);
	CU_ASSERT_EQUAL(high, 8);
	CU_ASSERT_EQUAL(fti_heatmap_count(&part, 0, 2), 3);
	CU_ASSERT_EQUAL(fti_heatmap_count(&part, 0, 0), 1);
	CU_ASSERT_EQUAL(fti_heatmap_count(&part, 1, 0), 5);
	CU_ASSERT_EQUAL(fti_heatmap_count(&part, 3, 0), 0);
	CU_ASSERT_EQUAL(fti_heatmap_begin(&part, 3), 8000);
	ft_heatmap_free(h);
}

static void test_heatmap_forgets_the_oldest(void)
{
	struct ft_heatmap *h = new_heatmap(4, false, 1, false);
	struct fti_heatmap_part part;

	for (uint64_t c = 0; c < 11; c++)
		ft_heatmap_add(h, 1000 + c * 1000, 1, c + 1);
	fti_heatmap_part(h, 100, 0, &part);
	CU_ASSERT_EQUAL(part.columns, 4);
	for (unsigned int c = 0; c < 4; c++)
		CU_ASSERT_EQUAL(fti_heatmap_count(&part, c, 0), 8 + c);
	CU_ASSERT_EQUAL(fti_heatmap_begin(&part, 0), 8000);
	fti_heatmap_part(h, 2, 0, &part);
	CU_ASSERT_EQUAL(part.columns, 2);
	CU_ASSERT_EQUAL(fti_heatmap_count(&part, 0, 0), 10);
	/* A pause longer than all that is kept. */
	ft_heatmap_advance(h, 1000000);
	CU_ASSERT_EQUAL(total(h), 0);
	ft_heatmap_add(h, 1000000, 1, 3);
	CU_ASSERT_EQUAL(total(h), 3);
	fti_heatmap_part(h, 100, 0, &part);
	CU_ASSERT_EQUAL(fti_heatmap_begin(&part, part.columns - 1), 1000000);
	ft_heatmap_free(h);
}

static void test_heatmap_keeps_all_in_longer_columns(void)
{
	struct ft_heatmap *h = new_heatmap(8, true, 1, false);
	struct fti_heatmap_part part;

	for (uint64_t c = 0; c < 1000; c++)
		ft_heatmap_add(h, 1000 + c * 1000, 1 + c % 3, 1);
	CU_ASSERT_EQUAL(total(h), 1000);
	fti_heatmap_part(h, 100, 0, &part);
	CU_ASSERT_EQUAL(part.columns, 8);
	CU_ASSERT_EQUAL(h->column_ns, 128000);
	CU_ASSERT_EQUAL(fti_heatmap_begin(&part, 1), 129000);
	for (unsigned int c = 0; c < 7; c++)
		CU_ASSERT_EQUAL(fti_heatmap_count(&part, c, 0) +
				fti_heatmap_count(&part, c, 1), 128);
	/* Ages later, and the last time there is. */
	ft_heatmap_add(h, 1000000000000, 1, 1);
	CU_ASSERT_EQUAL(total(h), 1001);
	ft_heatmap_add(h, UINT64_MAX, 1, 1);
	CU_ASSERT_EQUAL(total(h), 1002);
	CU_ASSERT(ft_heatmap_columns(h) <= 8);
	ft_heatmap_free(h);
}

static void test_heatmap_halves_odd_numbers_of_columns(void)
{
	struct ft_heatmap *h = new_heatmap(5, true, 1, false);
	struct fti_heatmap_part part;

	for (uint64_t c = 0; c < 5; c++)
		ft_heatmap_add(h, 1000 + c * 1000, 1, c + 1);
	ft_heatmap_advance(h, 6000);
	fti_heatmap_part(h, 100, 0, &part);
	CU_ASSERT_EQUAL(part.columns, 3);
	CU_ASSERT_EQUAL(fti_heatmap_count(&part, 0, 0), 3);
	CU_ASSERT_EQUAL(fti_heatmap_count(&part, 1, 0), 7);
	CU_ASSERT_EQUAL(fti_heatmap_count(&part, 2, 0), 5);
	ft_heatmap_free(h);
}

static void test_heatmap_puts_rows_together_for_a_low_picture(void)
{
	struct ft_heatmap *h = new_heatmap(4, false, 10, true);
	struct fti_heatmap_part part;
	uint64_t low, high;

	for (uint64_t v = 100; v < 1100; v += 10)
		ft_heatmap_add(h, 1000, v, 1);
	ft_heatmap_add(h, 1000, UINT64_MAX, 1);
	fti_heatmap_part(h, 4, 20, &part);
	CU_ASSERT(part.rows <= 20);
	CU_ASSERT_EQUAL(total(h), 101);
	fti_heatmap_range(&part, 0, &low, &high);
	CU_ASSERT_EQUAL(low, 100);
	fti_heatmap_range(&part, part.rows - 1, &low, &high);
	CU_ASSERT_EQUAL(high, UINT64_MAX);
	CU_ASSERT_EQUAL(fti_heatmap_count(&part, 0, part.rows - 1), 1);
	ft_heatmap_free(h);
}

static void test_heatmap_shades_grow_with_counts(void)
{
	static const uint64_t mosts[] = { 1, 2, 3, 9, 10, 1000, 123456789, UINT64_MAX };

	for (size_t i = 0; i < sizeof(mosts) / sizeof(mosts[0]); i++) {
		const uint64_t most = mosts[i];
		unsigned int before = 0;

		CU_ASSERT_EQUAL(fti_heatmap_shade(0, most, 9), 0);
		CU_ASSERT_EQUAL(fti_heatmap_shade(most, most, 9), 9);
		for (uint64_t n = 1; n && n <= most && n < UINT64_MAX / 3; n = n * 3 / 2 + 1) {
			const unsigned int shade = fti_heatmap_shade(n, most, 9);

			CU_ASSERT(shade >= before && shade >= 1 && shade <= 9);
			before = shade;
		}
		for (unsigned int s = 1; s <= 9; s++) {
			const uint64_t least = fti_heatmap_least(s, most, 9);

			if (!least)
				continue;
			CU_ASSERT_EQUAL(fti_heatmap_shade(least, most, 9), s);
			CU_ASSERT(fti_heatmap_shade(least - 1, most, 9) < s);
		}
	}
	CU_ASSERT_EQUAL(fti_heatmap_least(1, 0, 9), 0);
}

static void clock_of(void *arg, uint64_t ts, char buf[16])
{
	(void)arg;
	snprintf(buf, 16, "t%u", (unsigned int)(ts / 1000 % 1000000));
}

static void test_heatmap_text_is_the_picture(void)
{
	static const char want[] =
		"    >=(us) |                   |\n"
		"         8 |@                  |\n"
		"         4 |                   |\n"
		"         2 |..                 |\n"
		"           ++---------+--------+\n"
		"            t5        \n"
		"            . 1  + 2  # 3  @ 4  I/O\n";
	const struct ft_heatmap_view view = {
		.what = "I/O", .unit = "us", .per_unit = 1, .width = 32, .clock = clock_of,
	};
	struct ft_heatmap *h = new_heatmap(30, false, 1, false);
	size_t len;
	char *text;

	ft_heatmap_add(h, 5000, 9, 4);
	ft_heatmap_add(h, 5000, 3, 1);
	ft_heatmap_add(h, 6000, 2, 1);
	text = ft_heatmap_text(h, &view, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_STRING_EQUAL(text, want);
	CU_ASSERT_EQUAL(len, strlen(want));
	free(text);
	ft_heatmap_free(h);
}

/* All lines are as wide as was asked for, whatever is in them, escapes of colours apart. */
static void check_width(const char *text, unsigned int width)
{
	unsigned int n = 0, lines = 0;

	for (const char *p = text; *p; p++) {
		if (*p == '\033')
			p += strcspn(p, "m");
		else if (*p != '\n')
			n++;
		else if (*(p - 1) != '|' && *(p - 1) != '+')
			n = 0;
		else {
			CU_ASSERT_EQUAL(n, width);
			lines++;
			n = 0;
		}
	}
	CU_ASSERT(lines >= 3);
}

static void test_heatmap_text_in_colours(void)
{
	struct ft_heatmap_view view = {
		.what = "I/O", .unit = "ms", .per_unit = 1000, .colour = true,
	};
	struct ft_heatmap *h = new_heatmap(200, false, 1000, false);
	size_t len;

	for (uint64_t i = 0; i < 150; i++)
		ft_heatmap_add(h, i * 1000, 1000 << i % 9, 1 + i * i);
	for (view.width = FT_HEATMAP_WIDTH_MIN; view.width < 200; view.width += 7) {
		char *text = ft_heatmap_text(h, &view, &len);

		CU_ASSERT_PTR_NOT_NULL_FATAL(text);
		check_width(text, view.width);
		CU_ASSERT_PTR_NOT_NULL(strstr(text, "\033[48;5;226m"));
		/* No colour is left on: each one is followed by the end of colours. */
		CU_ASSERT(strrchr(text, '\033') && !strncmp(strrchr(text, '\033'), "\033[0m", 4));
		free(text);
	}
	ft_heatmap_free(h);
}

static void test_heatmap_text_of_nothing(void)
{
	const struct ft_heatmap_view view = {
		.what = "I/O", .unit = "ms", .per_unit = 1, .width = 1,
	};
	struct ft_heatmap *h = new_heatmap(20, false, 1, false);
	size_t len;
	char *text = ft_heatmap_text(h, &view, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "nothing\n"));
	check_width(text, FT_HEATMAP_WIDTH_MIN);
	free(text);
	ft_heatmap_free(h);
}

/* -- SVG --------------------------------------------------------------------------------------- */

static size_t occurrences(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *p = strstr(text, what); p; p = strstr(p + 1, what))
		n++;
	return n;
}

/* Elements are closed in order, attributes quoted, and there is nothing raw between. */
static bool well_formed(const char *p)
{
	const char *stack[64];
	size_t lengths[64], depth = 0;

	while (*p) {
		const char *end;
		size_t n;

		if (*p != '<') {
			if (*p == '&' && strncmp(p, "&amp;", 5) && strncmp(p, "&lt;", 4) &&
			    strncmp(p, "&gt;", 4) && strncmp(p, "&quot;", 6))
				return false;
			if ((unsigned char)*p < ' ' && *p != '\n')
				return false;
			p++;
			continue;
		}
		end = strchr(p, '>');
		if (!end)
			return false;
		if (p[1] != '?' && p[1] != '/') {
			n = strcspn(p + 1, " />");
			if (depth == 64 || !n)
				return false;
			if (end[-1] != '/') {
				stack[depth] = p + 1;
				lengths[depth++] = n;
			}
		} else if (p[1] == '/') {
			n = (size_t)(end - p) - 2;
			if (!depth || lengths[depth - 1] != n || memcmp(stack[depth - 1], p + 2, n))
				return false;
			depth--;
		}
		p = end + 1;
	}
	return !depth;
}

static void test_heatmap_svg_has_every_cell(void)
{
	const struct ft_heatmap_view view = {
		.title = "Latency", .what = "I/O", .unit = "ms", .per_unit = 1000,
		.clock = clock_of,
	};
	struct ft_heatmap *h = new_heatmap(100, true, 1000, false);
	size_t len;
	char *svg;

	ft_heatmap_add(h, 7000, 500, 4);
	ft_heatmap_add(h, 8000, 2500, 77);
	ft_heatmap_add(h, 9000, UINT64_MAX, 1);
	svg = ft_heatmap_svg(h, &view, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(svg);
	CU_ASSERT_EQUAL(len, strlen(svg));
	CU_ASSERT(well_formed(svg));
	CU_ASSERT_EQUAL(occurrences(svg, "<title>"), 3);
	CU_ASSERT_EQUAL(occurrences(svg, "<title>t7, 0 -&gt; 1 ms: 4 I/O</title>"), 1);
	CU_ASSERT_EQUAL(occurrences(svg, "<title>t8, 2 -&gt; 4 ms: 77 I/O</title>"), 1);
	CU_ASSERT_EQUAL(occurrences(svg, " and more ms: 1 I/O</title>"), 1);
	CU_ASSERT_EQUAL(occurrences(svg, "href"), 0);
	CU_ASSERT_EQUAL(occurrences(svg, "<script"), 0);
	CU_ASSERT_EQUAL(occurrences(svg, "://"), 1);	/* the name space */
	CU_ASSERT_EQUAL(strncmp(svg, "<?xml ", 6), 0);
	CU_ASSERT_STRING_EQUAL(svg + len - 7, "</svg>\n");
	free(svg);
	ft_heatmap_free(h);
}

static void test_heatmap_svg_escapes_foreign_bytes(void)
{
	const struct ft_heatmap_view view = {
		.title = "</text><script>alert(\"1\")</script>&\001\033\xff\n",
		.what = "<b>", .unit = "m&s", .per_unit = 1,
	};
	struct ft_heatmap *h = new_heatmap(100, true, 1, true);
	size_t len;
	char *svg;

	ft_heatmap_add(h, 1000, 3, 1);
	svg = ft_heatmap_svg(h, &view, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(svg);
	CU_ASSERT(well_formed(svg));
	CU_ASSERT_EQUAL(occurrences(svg, "<script"), 0);
	CU_ASSERT_EQUAL(occurrences(svg, "&lt;script&gt;alert(&quot;1&quot;)"), 1);
	CU_ASSERT_EQUAL(occurrences(svg, "&amp;\\x01\\x1b\\xff\\n</text>"), 1);
	CU_ASSERT_EQUAL(occurrences(svg, "m&amp;s"), 2);
	free(svg);
	ft_heatmap_free(h);
}

static void test_heatmap_svg_of_nothing_and_of_much(void)
{
	const struct ft_heatmap_view view = {
		.title = "", .what = "I/O", .unit = "us", .per_unit = 1, .height = 64,
	};
	struct ft_heatmap *h = new_heatmap(512, true, 1, true);
	size_t len;
	char *svg = ft_heatmap_svg(h, &view, &len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(svg);
	CU_ASSERT(well_formed(svg));
	free(svg);
	for (uint64_t i = 0; i < 400000; i++)
		ft_heatmap_add(h, i * 100, i * i % 397, 1);
	svg = ft_heatmap_svg(h, &view, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(svg);
	CU_ASSERT(well_formed(svg));
	CU_ASSERT(len < 8000000);
	free(svg);
	ft_heatmap_free(h);
}

UNIT_SUITE("heatmap",
	   UNIT_TEST(test_heatmap_refuses_what_is_none),
	   UNIT_TEST(test_heatmap_counts_by_time_and_range),
	   UNIT_TEST(test_heatmap_forgets_the_oldest),
	   UNIT_TEST(test_heatmap_keeps_all_in_longer_columns),
	   UNIT_TEST(test_heatmap_halves_odd_numbers_of_columns),
	   UNIT_TEST(test_heatmap_puts_rows_together_for_a_low_picture),
	   UNIT_TEST(test_heatmap_shades_grow_with_counts),
	   UNIT_TEST(test_heatmap_text_is_the_picture),
	   UNIT_TEST(test_heatmap_text_in_colours),
	   UNIT_TEST(test_heatmap_text_of_nothing),
	   UNIT_TEST(test_heatmap_svg_has_every_cell),
	   UNIT_TEST(test_heatmap_svg_escapes_foreign_bytes),
	   UNIT_TEST(test_heatmap_svg_of_nothing_and_of_much));
