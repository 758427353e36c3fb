/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the kernel's lists of probes with their profiles, and kallsyms as names.
 *
 * An input is a list of probes, an empty line, and a profile, read both as those of kernel and of
 * user probes; and the whole is read for kallsyms.  Aborts when a row's name is not in both lists,
 * when there are more rows than either has lines, or when a name that stands in kallsyms is not
 * known.
 *
 * With -DFUZZ_MAIN it needs no libFuzzer: `probe ROUNDS FILE...` runs the files and then ROUNDS
 * mutations of them, the same ones every time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "known.h"
#include "probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static size_t lines_of(const char *text)
{
	size_t n = 0;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		n++;
	return n;
}

static void check_row(const struct fti_probe_row *row, const char *events, const char *profile)
{
	char name[4200];

	check(row->group[0] && row->event[0]);
	check(!strchr(row->event, ' ') && !strchr(row->group, '/'));
	if (snprintf(name, sizeof(name), ":%s/%s", row->group, row->event) < (int)sizeof(name))
		check(strstr(events, name) != NULL);
	check(strstr(profile, row->event) != NULL);
}

static void try_rows(const char *events, const char *profile, bool user)
{
	char *e = strdup(events), *p = strdup(profile);
	struct fti_probe_row *rows = NULL;
	size_t count = 0;

	check(e && p);
	if (!fti_probe_rows(e, p, user, &rows, &count)) {
		check(count <= lines_of(events) && count <= lines_of(profile));
		for (size_t i = 0; i < count; i++)
			check_row(&rows[i], events, profile);
	}
	free(rows);
	free(p);
	free(e);
}

/* "ADDR TYPE NAME\n", a short one of the kernel's own. */
static bool first_name(const char *text, char *name, size_t size)
{
	const char *blank = strchr(text, ' ');
	size_t len;

	if (!blank || strcspn(text, "\n") < strlen(text) - strlen(blank) + 4 || blank[2] != ' ')
		return false;
	len = strcspn(blank + 3, "\n");
	if (!len || len >= size || memchr(blank + 3, '\t', len))
		return false;
	memcpy(name, blank + 3, len);
	name[len] = 0;
	return true;
}

static void try_known(const char *text)
{
	int fd = memfd_create("kallsyms", MFD_CLOEXEC);
	struct fti_known *k = NULL;
	char path[64], name[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	check(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	check(!fti_known_open(&k, path));
	if (first_name(text, name, sizeof(name)))
		check(fti_known_count(k, name, NULL) > 0);
	check(!fti_known_count(k, "no name at all", NULL));
	fti_known_close(k);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *profile;

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = 0;
	try_known(text);
	profile = strstr(text, "\n\n");
	if (profile)
		profile[1] = 0;
	profile = profile ? profile + 2 : text;
	try_rows(text, profile, false);
	try_rows(text, profile, true);
	free(text);
	return 0;
}

#ifdef FUZZ_MAIN
#define MAX_INPUT    16384
#define TEXT_BYTES   " \n:/0 9-\t[]x"
#define TEXT_CHANGES 6

#include "text-mutations.h"

int main(int argc, char **argv)
{
	return run_seeds(argc, argv);
}
#endif
