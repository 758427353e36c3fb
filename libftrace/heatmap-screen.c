/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "heatmap.h"

#define WIDTH	80	/* where there is no terminal */
#define AROUND	6	/* lines: headings, axis, times, legend, and the cursor's */

bool ft_heatmap_terminal(const char *path)
{
	const char *term = getenv("TERM");

	return !path && term && *term && strcmp(term, "dumb") && isatty(STDOUT_FILENO);
}

int ft_heatmap_screen_open(struct ft_heatmap_screen *screen)
{
	return ft_heatmap_new(&screen->map, &screen->config);
}

void ft_heatmap_screen_close(struct ft_heatmap_screen *screen)
{
	ft_heatmap_free(screen->map);
	screen->map = NULL;
}

static struct ft_heatmap_view sized(const struct ft_heatmap_screen *screen)
{
	struct ft_heatmap_view v = screen->view;
	struct winsize size;

	v.width = WIDTH;
	v.height = 0;
	v.colour = screen->terminal;
	if (screen->terminal && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col) {
		v.width = size.ws_col;
		v.height = size.ws_row > AROUND + 2 ? size.ws_row - AROUND : 2;
	}
	return v;
}

static unsigned int lines_in(const char *text, size_t len)
{
	unsigned int n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

static int draw(struct ft_heatmap_screen *screen, struct ft_out *out)
{
	const struct ft_heatmap_view view = sized(screen);
	char *text, *whole, place[32] = "";
	size_t len;
	int err, n;

	text = ft_heatmap_text(screen->map, &view, &len);
	if (!text)
		return -ENOMEM;
	if (!screen->terminal)
		strcpy(place, "\n");
	else if (screen->drawn)
		snprintf(place, sizeof(place), "\033[%uA\033[J", screen->drawn);
	n = asprintf(&whole, "%s%s", place, text);
	screen->drawn = lines_in(text, len);
	free(text);
	if (n < 0)
		return -ENOMEM;
	err = ft_out_line(out, whole, (size_t)n - 1);
	free(whole);
	return err;
}

int ft_heatmap_screen_draw(struct ft_heatmap_screen *screen, struct ft_out *out, uint64_t ts_ns,
			   bool end)
{
	int err;

	/* The column that ends then, not one that begins. */
	if (ts_ns)
		ft_heatmap_advance(screen->map, ts_ns - 1);
	if (!screen->terminal && !end && ft_heatmap_columns(screen->map) < ft_heatmap_fit(WIDTH))
		return 0;
	err = draw(screen, out);
	if (err || screen->terminal)
		return err;
	ft_heatmap_screen_close(screen);
	return ft_heatmap_screen_open(screen);
}
