/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hist.h"

#define KEYS_MAX 2
#define DROPPED	 "    Dropped: "

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

int fti_hist_text(struct ft_session *s, const char *system, const char *event, char **text,
		  uint64_t *dropped)
{
	char path[256];

	snprintf(path, sizeof(path), "events/%s/%s/hist", system, event);
	*text = ft_session_read(s, path);
	if (!*text)
		return ft_fail(s, -errno, "cannot read '%s': %s", path, strerror(errno));
	/* The file has a histogram for each trigger. */
	for (const char *p = strstr(*text, DROPPED); p; p = strstr(p, DROPPED)) {
		p += strlen(DROPPED);
		*dropped += strtoull(p, NULL, 10);
	}
	return 0;
}

int fti_hist_read(struct ft_session *s, const char *system, const char *event, size_t keys,
		  struct ft_count *now, uint64_t *dropped)
{
	uint64_t key[KEYS_MAX], count;
	char *text, *save = NULL;
	int err = fti_hist_text(s, system, event, &text, dropped);

	if (err)
		return err;
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		if (parse_line(l, keys, key, &count))
			ft_count_add(now, key[0], key[1], count);
	free(text);
	return 0;
}

int fti_hist_since(struct ft_count **before, struct ft_count *now,
		   int (*fn)(void *arg, const uint64_t key[2], uint64_t count), void *arg)
{
	struct ft_count_entry *entry = NULL;
	ssize_t n = ft_count_top(now, SIZE_MAX, &entry);
	int err = n < 0 ? (int)n : 0;

	for (ssize_t i = 0; i < n && !err; i++) {
		const uint64_t old = *before ? ft_count_get(*before, entry[i].key[0],
							    entry[i].key[1]) : 0;

		if (entry[i].sum > old)
			err = fn(arg, entry[i].key, entry[i].sum - old);
	}
	if (n >= 0)
		free(entry);
	ft_count_free(err ? now : *before);
	if (!err)
		*before = now;
	return err;
}
