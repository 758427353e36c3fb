/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/out.h"
#include "heatmap.h"

/* Pixels. */
#define LEFT	90
#define TOP	50
#define RIGHT	30
#define BOTTOM	80
#define ROW	18
#define WIDTH	1000	/* of the cells, about */
#define SHADES	9

static const char *const colours[SHADES] = {
	"#fff7bc", "#fee391", "#fec44f", "#fe9929", "#f57a1c",
	"#ec5b14", "#cc4c02", "#993404", "#662506",
};

/* Foreign bytes as text of XML: control characters, which it cannot hold, as ft_out_escape() has
 * them. */
static void put_text(FILE *f, const char *s)
{
	char buf[1024];

	ft_out_escape(buf, sizeof(buf), s, strlen(s));
	for (const char *p = buf; *p; p++) {
		switch (*p) {
		case '&':
			fputs("&amp;", f);
			break;
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		default:
			fputc(*p, f);
		}
	}
}

struct drawing {
	FILE *f;
	const struct fti_heatmap_part *part;
	const struct ft_heatmap_view *view;
	unsigned int column, width, height;	/* pixels of a column, of all cells */
};

static void put_head(const struct drawing *d)
{
	const unsigned int width = LEFT + d->width + RIGHT, height = TOP + d->height + BOTTOM;

	fprintf(d->f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%u\" "
		"height=\"%u\" viewBox=\"0 0 %u %u\">\n", width, height, width, height);
	fputs("<style>text{font:12px sans-serif;fill:#222}.t{font-size:16px}.e{text-anchor:end}"
	      ".m{text-anchor:middle}.a{stroke:#222;stroke-width:1}rect:hover{stroke:#222}", d->f);
	for (unsigned int s = 0; s < SHADES; s++)
		fprintf(d->f, ".c%u{fill:%s}", s + 1, colours[s]);
	fprintf(d->f, "</style>\n<rect width=\"%u\" height=\"%u\" "
		"style=\"fill:#fff;stroke:none\"/>\n<text class=\"t m\" x=\"%u\" y=\"30\">",
		width, height, LEFT + d->width / 2);
	put_text(d->f, d->view->title);
	fputs("</text>\n", d->f);
}

static void put_range(const struct drawing *d, unsigned int row)
{
	uint64_t low, high;

	fti_heatmap_range(d->part, row, &low, &high);
	fprintf(d->f, "%" PRIu64, low / d->view->per_unit);
	if (high == UINT64_MAX)
		fputs(" and more ", d->f);
	else
		fprintf(d->f, " -&gt; %" PRIu64 " ", high / d->view->per_unit);
	put_text(d->f, d->view->unit);
}

static void put_cell(const struct drawing *d, unsigned int column, unsigned int row, uint64_t count)
{
	char clock[16];

	fti_heatmap_clock(d->part, d->view, column, clock);
	fprintf(d->f, "<rect class=\"c%u\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"%d\"><title>",
		fti_heatmap_shade(count, d->part->most, SHADES), LEFT + column * d->column,
		TOP + (d->part->rows - 1 - row) * ROW, d->column, ROW);
	put_text(d->f, clock);
	fputs(", ", d->f);
	put_range(d, row);
	fprintf(d->f, ": %" PRIu64 " ", count);
	put_text(d->f, d->view->what);
	fputs("</title></rect>\n", d->f);
}

static void put_cells(const struct drawing *d)
{
	for (unsigned int c = 0; c < d->part->columns; c++) {
		for (unsigned int r = 0; r < d->part->rows; r++) {
			const uint64_t count = fti_heatmap_count(d->part, c, r);

			if (count)
				put_cell(d, c, r, count);
		}
	}
}

static void put_axes(const struct drawing *d)
{
	const unsigned int bottom = TOP + d->height, step = (80 + d->column - 1) / d->column;
	char clock[16];

	fprintf(d->f, "<path class=\"a\" fill=\"none\" d=\"M%d %dV%uH%u\"/>\n<text class=\"e\" "
		"x=\"%d\" y=\"%d\">&gt;=(", LEFT, TOP, bottom, LEFT + d->width, LEFT - 8, TOP - 6);
	put_text(d->f, d->view->unit);
	fputs(")</text>\n", d->f);
	for (unsigned int r = 0; r < d->part->rows; r++) {
		uint64_t low, high;

		fti_heatmap_range(d->part, r, &low, &high);
		fprintf(d->f, "<text class=\"e\" x=\"%d\" y=\"%u\">%" PRIu64 "</text>\n", LEFT - 8,
			bottom - r * ROW - 4, low / d->view->per_unit);
	}
	for (unsigned int c = 0; c < d->part->columns; c += step) {
		fti_heatmap_clock(d->part, d->view, c, clock);
		fprintf(d->f, "<path class=\"a\" d=\"M%u %uv6\"/><text x=\"%u\" y=\"%u\">",
			LEFT + c * d->column, bottom, LEFT + c * d->column, bottom + 20);
		put_text(d->f, clock);
		fputs("</text>\n", d->f);
	}
}

static void put_legend(const struct drawing *d)
{
	const unsigned int y = TOP + d->height + 40;
	unsigned int x = LEFT;

	for (unsigned int s = 1; s <= SHADES; s++) {
		const uint64_t least = fti_heatmap_least(s, d->part->most, SHADES);

		if (!least)
			continue;
		fprintf(d->f, "<rect class=\"c%u\" x=\"%u\" y=\"%u\" width=\"14\" height=\"14\"/>"
			"<text x=\"%u\" y=\"%u\">%" PRIu64 "</text>\n", s, x, y, x + 18, y + 12,
			least);
		x += 90;
	}
	fprintf(d->f, "<text x=\"%u\" y=\"%u\">", x, y + 12);
	put_text(d->f, d->part->most ? d->view->what : "nothing was counted");
	fputs("</text>\n</svg>\n", d->f);
}

char *ft_heatmap_svg(const struct ft_heatmap *h, const struct ft_heatmap_view *view, size_t *len)
{
	struct fti_heatmap_part part;
	struct drawing d = { .part = &part, .view = view };
	char *text = NULL;

	d.f = open_memstream(&text, len);
	if (!d.f)
		return NULL;
	fti_heatmap_part(h, FT_HEATMAP_COLUMNS, view->height, &part);
	d.column = part.columns && WIDTH / part.columns > 2 ? WIDTH / part.columns : 2;
	/* A few columns are not drawn as broad bands. */
	d.column = d.column > 40 ? 40 : d.column;
	d.width = part.columns * d.column > 9 * 90 ? part.columns * d.column : 9 * 90 + 60;
	d.height = part.rows * ROW;
	put_head(&d);
	put_cells(&d);
	put_axes(&d);
	put_legend(&d);
	if (fclose(d.f)) {
		free(text);
		return NULL;
	}
	return text;
}
