/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal's text:
 *
 *	ftrace-tools-journal 1
 *	owner TOOL PID BOOT_ID
 *	tracefs DIR
 *	was KIND PATH =VALUE
 *	now PATH HASH
 *
 * Blanks, control characters and % are %XX.  Each line is one write(2), made before its change.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define PROBE_MAX 200	/* two names of 63 bytes are the kernel's limit */

/* Undo what "%XX" stands for, in place; false when it is malformed or hides a NUL. */
static bool unescape(char *s)
{
	char *out = s;

	for (; *s; s++) {
		char hex[3] = { 0 };

		if (*s != '%') {
			*out++ = *s;
			continue;
		}
		if (!isxdigit((unsigned char)s[1]) || !isxdigit((unsigned char)s[2]))
			return false;
		memcpy(hex, s + 1, 2);
		*out = (char)strtoul(hex, NULL, 16);
		if (!*out++)
			return false;
		s += 2;
	}
	*out = 0;
	return true;
}

/* The next blank-separated word of *line, or NULL. */
static char *word(char **line)
{
	char *w = *line;

	if (!w)
		return NULL;
	*line = strchr(w, ' ');
	if (*line)
		*(*line)++ = 0;
	return *w ? w : NULL;
}

static bool is_name(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-_.", *s))
			return false;
	return true;
}

bool fti_tool_ok(const char *tool)
{
	return is_name(tool) && strlen(tool) < sizeof(((struct fti_journal *)NULL)->tool);
}

/* A probe's value is GROUP/EVENT, the group one of ours. */
static bool probe_ok(const char *value)
{
	const char *slash = strchr(value, '/');

	if (strncmp(value, FTI_PROBE_PREFIX, strlen(FTI_PROBE_PREFIX)) || !slash ||
	    strchr(slash + 1, '/') || !slash[1] || strlen(value) > PROBE_MAX)
		return false;
	for (; *value; value++)
		if (!isalnum((unsigned char)*value) && *value != '_' && *value != '/')
			return false;
	return true;
}

/* A synthetic event's is its name, one of ours. */
static bool synthetic_ok(const char *value)
{
	if (strncmp(value, FTI_PROBE_PREFIX, strlen(FTI_PROBE_PREFIX)) || strlen(value) > PROBE_MAX)
		return false;
	for (; *value; value++)
		if (!isalnum((unsigned char)*value) && *value != '_')
			return false;
	return true;
}

bool fti_was_ok(const struct fti_was *w)
{
	if (fti_rule_kind(w->path) != (int)w->kind)
		return false;
	switch (w->kind) {
	case FTI_VALUE:
		return !strchr(w->value, '\n');
	case FTI_INSTANCE:
		return is_name(w->path + strlen("instances/"));
	case FTI_PROBE:
		return probe_ok(w->value);
	case FTI_SYNTHETIC:
		return synthetic_ok(w->value);
	default:
		return true;
	}
}

static int parse_was(struct fti_journal *j, char *line)
{
	char *kind = word(&line), *path = word(&line), *value = word(&line);
	struct fti_was *more, *w;

	if (!kind || !path || !value || line || *value != '=')
		return -EBADMSG;
	if (kind[0] < '0' || kind[0] >= '0' + FTI_KINDS || kind[1] || !unescape(path) ||
	    !unescape(++value))
		return -EBADMSG;
	if (!(j->count & (j->count - 1))) {
		more = realloc(j->was, (j->count ? j->count * 2 : 1) * sizeof(*j->was));
		if (!more)
			return -ENOMEM;
		j->was = more;
	}
	w = &j->was[j->count];
	*w = (struct fti_was){ .kind = (enum fti_kind)(kind[0] - '0'), .path = strdup(path),
			       .value = strdup(value) };
	j->count++;
	if (!w->path || !w->value)
		return -ENOMEM;
	return fti_was_ok(w) ? 0 : -EBADMSG;
}

static int parse_now(struct fti_journal *j, char *line)
{
	char *path = word(&line), *hash = word(&line);

	if (!path || !hash || line || !unescape(path) || strlen(hash) != 16 ||
	    strspn(hash, "0123456789abcdef") != 16)
		return -EBADMSG;
	for (size_t i = j->count; i-- > 0;) {
		if (strcmp(j->was[i].path, path))
			continue;
		j->was[i].now = strtoull(hash, NULL, 16);
		j->was[i].has_now = true;
		return 0;
	}
	return -EBADMSG;
}

static int parse_owner(struct fti_journal *j, char *line)
{
	char *tool = word(&line), *pid = word(&line), *boot = word(&line), *end;
	long v;

	if (!tool || !pid || !boot || line || !fti_tool_ok(tool) || !is_name(boot) ||
	    strlen(boot) >= sizeof(j->boot) || !isdigit((unsigned char)*pid))
		return -EBADMSG;
	v = strtol(pid, &end, 10);
	if (*end || v < 1 || v > 4194304)
		return -EBADMSG;
	strcpy(j->tool, tool);
	strcpy(j->boot, boot);
	j->pid = (int)v;
	return 0;
}

static int parse_line(struct fti_journal *j, size_t number, char *line)
{
	char *what;

	if (number == 0)
		return strcmp(line, "ftrace-tools-journal 1") ? -EBADMSG : 0;
	what = word(&line);
	if (!what || !line)
		return -EBADMSG;
	if (number == 1)
		return strcmp(what, "owner") ? -EBADMSG : parse_owner(j, line);
	if (number == 2) {
		if (strcmp(what, "tracefs") || !unescape(line))
			return -EBADMSG;
		j->tracefs = strdup(line);
		return j->tracefs ? 0 : -ENOMEM;
	}
	if (!strcmp(what, "was"))
		return parse_was(j, line);
	return strcmp(what, "now") ? -EBADMSG : parse_now(j, line);
}

int fti_journal_parse(struct fti_journal *j, const char *text, size_t len)
{
	char *copy, *line, *end;
	size_t number = 0;
	int err = 0;

	memset(j, 0, sizeof(*j));
	if (memchr(text, 0, len))
		return -EBADMSG;
	copy = malloc(len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, len);
	copy[len] = 0;
	for (line = copy; !err && (end = strchr(line, '\n')); line = end + 1) {
		*end = 0;
		err = parse_line(j, number++, line);
	}
	free(copy);
	if (!err && number < 3)
		err = -EBADMSG;
	if (err)
		fti_journal_free(j);
	return err;
}

void fti_journal_free(struct fti_journal *j)
{
	for (size_t i = 0; i < j->count; i++) {
		free(j->was[i].path);
		free(j->was[i].value);
	}
	free(j->was);
	free(j->tracefs);
	memset(j, 0, sizeof(*j));
}
