/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/opt.h"
#include "probe.h"

static char *next_line(char **rest)
{
	char *line = *rest, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	*rest = end ? end + 1 : NULL;
	if (end)
		*end = 0;
	return line;
}

/* Cut the last word off the line; NULL: there is none. */
static char *last_word(char *line)
{
	size_t len = strlen(line);

	while (len && line[len - 1] == ' ')
		line[--len] = 0;
	while (len && line[len - 1] != ' ')
		len--;
	if (!line[len])
		return NULL;
	if (len)
		line[len - 1] = 0;
	return line + len;
}

/* "p:GROUP/EVENT PLACE ...", "r10:GROUP/EVENT ...". */
static bool parse_event(char *line, struct fti_probe_row *row)
{
	char *colon, *slash;

	line[strcspn(line, " ")] = 0;
	colon = strchr(line, ':');
	slash = colon ? strchr(colon, '/') : NULL;
	if (!slash || slash == colon + 1 || !slash[1])
		return false;
	*slash = 0;
	row->group = colon + 1;
	row->event = slash + 1;
	return true;
}

/* "  EVENT HITS MISSED", of user probes "  PATH EVENT HITS". */
static bool parse_profile(char *line, bool user, struct fti_probe_row *row)
{
	const char *missed = user ? "0" : last_word(line), *hits = missed ? last_word(line) : NULL,
		   *event = hits ? last_word(line) : NULL;

	return event && !strcmp(event, row->event) &&
	       !ft_parse_u64(hits, 0, UINT64_MAX, &row->hits) &&
	       !ft_parse_u64(missed, 0, UINT64_MAX, &row->missed);
}

static size_t count_lines(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

int fti_probe_rows(char *events, char *profile, bool user, struct fti_probe_row **rows,
		   size_t *count)
{
	struct fti_probe_row *row = calloc(count_lines(events), sizeof(*row));
	char *event, *line;
	size_t n = 0;

	if (!row)
		return -ENOMEM;
	while ((event = next_line(&events)) && (line = next_line(&profile))) {
		if (!parse_event(event, &row[n]) || !parse_profile(line, user, &row[n])) {
			free(row);
			return -EAGAIN;
		}
		n++;
	}
	*rows = row;
	*count = n;
	return 0;
}
