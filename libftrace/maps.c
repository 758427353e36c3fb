/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"
#include "maps.h"

#define DELETED	   " (deleted)"
#define FIELDS_MAX 128		/* characters before the path, blanks included */

struct walk {
	int (*fn)(void *arg, const struct fti_map *map);
	void *arg;
};

/* "START-END r-xp OFFSET MAJOR:MINOR INODE   PATH" */
static int map_line(void *arg, const char *p, const char *end)
{
	char fields[FIELDS_MAX], path[PATH_MAX], perms[5];
	const size_t suffix = strlen(DELETED);
	const struct walk *w = arg;
	struct fti_map map = { .path = path };
	size_t len = end - p;
	int at = 0;

	snprintf(fields, sizeof(fields), "%.*s", (int)(len < FIELDS_MAX ? len : FIELDS_MAX), p);
	if (sscanf(fields, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s%n", &map.start,
		   &map.end, perms, &map.offset, &at) != 4 || !at || !strchr(perms, 'x'))
		return 0;
	for (p += at; p < end && *p == ' '; p++)
		;
	len = end - p;
	if (len >= sizeof(path))
		return 0;
	memcpy(path, p, len);
	path[len] = 0;
	if (len > suffix && !strcmp(path + len - suffix, DELETED)) {
		path[len - suffix] = 0;
		map.deleted = true;
	}
	return w->fn(w->arg, &map);
}

int fti_maps_each(int pid, int (*fn)(void *arg, const struct fti_map *map), void *arg)
{
	struct walk w = { fn, arg };
	char path[32];
	int fd, ret;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	ret = fti_each_line(fd, map_line, &w);
	close(fd);
	return ret;
}

void fti_maps_root(int pid, char root[FTI_ROOT_SIZE])
{
	char path[32], own[64], its[64];
	ssize_t n, m;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	n = readlink("/proc/self/ns/mnt", own, sizeof(own));
	m = readlink(path, its, sizeof(its));
	/* Only of a process in our namespace maps shows paths as we see them, even after chroot(2). */
	if (n < 0 || m < 0 || (n == m && !memcmp(own, its, n)))
		*root = 0;
	else
		snprintf(root, FTI_ROOT_SIZE, "/proc/%d/root", pid);
}

bool fti_map_file(int pid, const char *root, const struct fti_map *map, char path[PATH_MAX])
{
	int n;

	/* A newline in the path is shown as \012. */
	if (map->deleted || strchr(map->path, '\\'))
		n = snprintf(path, PATH_MAX, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid,
			     map->start, map->end);
	else
		n = snprintf(path, PATH_MAX, "%s%s", root, map->path);
	return n < PATH_MAX;
}
