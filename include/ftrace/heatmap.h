/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * heatmap: how numbers are distributed, and how that changes: time goes to the right, numbers
 * go upwards, and the shade tells how many there are.
 *
 * The one rule: memory is fixed and adding never fails; what is drawn is a copy made when asked
 * for, so that numbers can go on coming.
 */
#ifndef FTRACE_HEATMAP_H
#define FTRACE_HEATMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ftrace/histogram.h"
#include "ftrace/out.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_heatmap;

struct ft_heatmap_config {
	struct ft_scale scale;		/* a row is a range of it */
	uint64_t column_ns;		/* a column is so much time, not 0 */
	unsigned int columns;		/* 2 to FT_HEATMAP_COLUMNS */
	/* When they are full: put two and two together, each for twice the time, so that all is
	 * kept; false: forget the oldest. */
	bool whole;
};

#define FT_HEATMAP_COLUMNS 4096

/* -EINVAL, -ENOMEM. */
int ft_heatmap_new(struct ft_heatmap **out, const struct ft_heatmap_config *config);
void ft_heatmap_free(struct ft_heatmap *h);

/* Count a number so many times, at a time.  Time begins with the first one told; what is older than
 * the oldest column counts to that. */
void ft_heatmap_add(struct ft_heatmap *h, uint64_t ts_ns, uint64_t v, uint64_t count);

/* Time has come so far, even if there were no numbers. */
void ft_heatmap_advance(struct ft_heatmap *h, uint64_t ts_ns);

/* Columns in use. */
unsigned int ft_heatmap_columns(const struct ft_heatmap *h);

/* How it is drawn; strings may hold any bytes. */
struct ft_heatmap_view {
	const char  *title;	/* SVG: above the picture */
	const char  *what;	/* what was counted: "I/O" */
	const char  *unit;	/* of what a number is a multiple: "ms" */
	uint64_t     per_unit;	/* numbers in one unit: 1000000 if they are nanoseconds */
	unsigned int width;	/* text: of a line, in characters; at least FT_HEATMAP_WIDTH_MIN */
	unsigned int height;	/* rows at most, neighbours put together for that; 0: any */
	bool	     colour;	/* text: for a terminal of 256 colours; else ASCII */
	/* The time of day or the like, at most 15 characters; NULL: seconds since it began. */
	void	   (*clock)(void *arg, uint64_t ts_ns, char buf[16]);
	void	    *clock_arg;
};

#define FT_HEATMAP_WIDTH_MIN 32

/* So many columns fit a line. */
unsigned int ft_heatmap_fit(unsigned int width);

/* Its last columns as lines, each with its newline; or all of it as a file of its own, SVG 1.1,
 * with axes and a text to each cell where the pointer is.  malloc()ed and terminated; NULL: no
 * memory. */
char *ft_heatmap_text(const struct ft_heatmap *h, const struct ft_heatmap_view *view, size_t *len);
char *ft_heatmap_svg(const struct ft_heatmap *h, const struct ft_heatmap_view *view, size_t *len);

/* -- live -------------------------------------------------------------------------------------- */

/*
 * A picture that is drawn again and again: on a terminal in its own place and of its size,
 * elsewhere one below the other, each when it is as wide as a line.
 */
struct ft_heatmap_screen {
	struct ft_heatmap_config config;
	struct ft_heatmap_view view;	/* width, height and colour are found out */
	bool terminal;			/* stdout is one that is written to */
	/* Its own; begin with zeros. */
	struct ft_heatmap *map;
	unsigned int drawn;
};

/* Does text go to a terminal that understands colours and cursor movements?  path: ft_out's. */
bool ft_heatmap_terminal(const char *path);

/* What is to be added to is screen->map, from the first call on another one at times. */
int ft_heatmap_screen_open(struct ft_heatmap_screen *screen);
void ft_heatmap_screen_close(struct ft_heatmap_screen *screen);
/* Time has come to ts_ns; end: nothing comes any more.  0 or -errno. */
int ft_heatmap_screen_draw(struct ft_heatmap_screen *screen, struct ft_out *out, uint64_t ts_ns,
			   bool end);

#ifdef __cplusplus
}
#endif
#endif
