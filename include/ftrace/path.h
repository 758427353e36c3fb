/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * path: names of files as tasks give them, made whole.
 *
 * The one rule: no file is looked up, which could mount or wait for a server that is gone; only
 * what the kernel tells of a task in /proc is read, as it is now, not as it was when the task gave
 * the name.
 */
#ifndef FTRACE_PATH_H
#define FTRACE_PATH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ft_path {
	FT_PATH_UNKNOWN,	/* it cannot be known where a relative name begins */
	FT_PATH_LIKELY,		/* if the task has not changed its directory meanwhile */
	FT_PATH_SURE,		/* absolute, or the kernel tells the same of the open file */
};

/*
 * The name of a file that a task opened, from the root of its mount namespace.  dirfd: where a
 * relative name begins, AT_FDCWD the working directory; fd: the file, negative if there is none.
 * Symbolic links and ".." stay as they are.  Always terminated; unknown, or too long for buf: the
 * name as given.
 */
enum ft_path ft_path_full(int tid, int dirfd, const char *name, int fd, char *buf, size_t size);

#ifdef __cplusplus
}
#endif
#endif
