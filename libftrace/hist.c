/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hist.h"

#define KEYS_MAX 2

/* "{ prev_pid:        103, prev_prio:  120 } hitcount:          5"; what is below 0 is printed as
 * the number of 64 bits without a sign. */
static bool parse_line(const char *line, size_t keys, uint64_t key[KEYS_MAX], uint64_t *count)
{
	const char *p = strchr(line, '{');
	char *end;

	key[0] = key[1] = 0;
	for (size_t i = 0; p && i < keys; i++) {
		p = strchr(p, ':');
		if (!p)
			return false;
		key[i] = strtoull(p + 1, &end, 10);
		if (end == p + 1)
			return false;
		p = end;
	}
	p = p ? strstr(p, "} hitcount:") : NULL;
	if (!p)
		return false;
	*count = strtoull(p + strlen("} hitcount:"), &end, 10);
	return *count != 0;
}

int fti_hist_read(struct ft_session *s, const char *system, const char *event, size_t keys,
		  struct ft_count *now, uint64_t *dropped)
{
	char path[256], *text, *save = NULL, *at;
	uint64_t key[KEYS_MAX], count;

	snprintf(path, sizeof(path), "events/%s/%s/hist", system, event);
	text = ft_session_read(s, path);
	if (!text)
		return ft_fail(s, -errno, "cannot read '%s': %s", path, strerror(errno));
	at = strstr(text, "    Dropped: ");
	if (at)
		*dropped += strtoull(at + strlen("    Dropped: "), NULL, 10);
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		if (parse_line(l, keys, key, &count))
			ft_count_add(now, key[0], key[1], count);
	free(text);
	return 0;
}
