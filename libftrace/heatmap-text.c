/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "heatmap.h"

#define LABEL	12	/* characters left of the first column, the bar among them */
#define TICK	10	/* columns between two times */
#define SHADES	9

static const char ascii[SHADES + 1] = " .:-=+*#%@";

/* Of the 256 colours of terminals, from dark red to light yellow. */
static const unsigned char colours[SHADES + 1] = { 0, 52, 88, 124, 160, 196, 202, 208, 214, 226 };

unsigned int ft_heatmap_fit(unsigned int width)
{
	return width < FT_HEATMAP_WIDTH_MIN ? FT_HEATMAP_WIDTH_MIN - LABEL - 1 : width - LABEL - 1;
}

/* A change of colour costs ten bytes, so runs of one shade share it. */
static void put_cell(FILE *f, bool colour, unsigned int shade, unsigned int *current)
{
	if (!colour) {
		fputc(ascii[shade], f);
		return;
	}
	if (shade != *current && shade)
		fprintf(f, "\033[48;5;%um", colours[shade]);
	else if (shade != *current)
		fputs("\033[0m", f);
	*current = shade;
	fputc(' ', f);
}

static void put_row(FILE *f, const struct fti_heatmap_part *part,
		    const struct ft_heatmap_view *view, unsigned int width, unsigned int row)
{
	unsigned int current = 0;
	uint64_t low, high;

	fti_heatmap_range(part, row, &low, &high);
	fprintf(f, "%*" PRIu64 " |", LABEL - 2, low / view->per_unit);
	for (unsigned int c = 0; c < part->columns; c++)
		put_cell(f, view->colour, fti_heatmap_shade(fti_heatmap_count(part, c, row),
							    part->most, SHADES), &current);
	if (current)
		fputs("\033[0m", f);
	fprintf(f, "%*s|\n", (int)(width - part->columns), "");
}

static void put_axis(FILE *f, const struct fti_heatmap_part *part,
		     const struct ft_heatmap_view *view, unsigned int width)
{
	char clock[16];

	fprintf(f, "%*s+", LABEL - 1, "");
	for (unsigned int c = 0; c < width; c++)
		fputc(c % TICK ? '-' : '+', f);
	fprintf(f, "+\n%*s", LABEL, "");
	for (unsigned int c = 0; c < part->columns && c + TICK <= width; c += TICK) {
		fti_heatmap_clock(part, view, c, clock);
		fprintf(f, "%-*.*s", TICK, TICK - 1, clock);
	}
	fputc('\n', f);
}

/* What the shades mean: the counts they begin with. */
static void put_legend(FILE *f, const struct fti_heatmap_part *part,
		       const struct ft_heatmap_view *view)
{
	unsigned int current = 0;

	fprintf(f, "%*s", LABEL, "");
	for (unsigned int s = 1; s <= SHADES; s++) {
		const uint64_t least = fti_heatmap_least(s, part->most, SHADES);

		if (!least)
			continue;
		put_cell(f, view->colour, s, &current);
		put_cell(f, view->colour, 0, &current);
		fprintf(f, "%" PRIu64 "  ", least);
	}
	fprintf(f, "%s\n", part->most ? view->what : "nothing");
}

char *ft_heatmap_text(const struct ft_heatmap *h, const struct ft_heatmap_view *view, size_t *len)
{
	const unsigned int width = ft_heatmap_fit(view->width);
	struct fti_heatmap_part part;
	char *text = NULL, head[32];
	FILE *f = open_memstream(&text, len);

	if (!f)
		return NULL;
	fti_heatmap_part(h, width, view->height, &part);
	snprintf(head, sizeof(head), ">=(%s)", view->unit);
	fprintf(f, "%*s |%*s|\n", LABEL - 2, head, (int)width, "");
	for (unsigned int r = part.rows; r-- > 0;)
		put_row(f, &part, view, width, r);
	put_axis(f, &part, view, width);
	put_legend(f, &part, view);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}
