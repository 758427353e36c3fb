/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * maps: what files a process has mapped, and how to reach them from here.
 */
#ifndef FTI_MAPS_H
#define FTI_MAPS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* An executable mapping. */
struct fti_map {
	uint64_t    start, end;
	uint64_t    offset;	/* in the file, of start */
	const char *path;	/* as the process sees it, without " (deleted)"; "[vdso]"; "" */
	bool	    deleted;	/* the path now is another file, or none */
};

/* Calls fn with each executable mapping, ascending, until fn returns non-zero.  Returns that, 0, or
 * -ESRCH, -EACCES ... */
int fti_maps_each(int pid, int (*fn)(void *arg, const struct fti_map *map), void *arg);

/* What stands before a path of the process to have it from here: "" or "/proc/PID/root". */
#define FTI_ROOT_SIZE 32
void fti_maps_root(int pid, char root[FTI_ROOT_SIZE]);

/* The mapped file: its path behind root, or in /proc/PID/map_files where that is not, or may not
 * be, it.  false: it is too long. */
bool fti_map_file(int pid, const char *root, const struct fti_map *map, char path[PATH_MAX]);

#endif
