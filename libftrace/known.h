/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * known: how often a name stands in /proc/kallsyms.
 *
 * A kprobe on a name that several functions have goes to the first of them, or is refused, as
 * the kernel likes; one on a function that its module does not have is taken and never hit.  Only
 * hashes are kept, so that the answer for a thousand functions costs one reading of the list, and
 * only up to _etext as long as all are found there: half of the list is behind it, and of what has
 * the same name there (data, functions for booting) the kernel takes none, for it is not the first.
 */
#ifndef FTI_KNOWN_H
#define FTI_KNOWN_H

#include <stddef.h>
#include <stdint.h>

#include "ftrace/symbol.h"

struct fti_known;

/* path: NULL for /proc/kallsyms.  0 or -errno; *out is NULL then. */
int fti_known_open(struct fti_known **out, const char *path);
void fti_known_close(struct fti_known *k);

/* The same from symbols that have been read, which are to live as long.  0, -ENOMEM, or -ENODATA: they
 * are not all (addresses are hidden). */
int fti_known_of(struct fti_known **out, const struct ft_symbols *symbols);

/* 0, 1, 2 for more than one, or -errno of reading on.  Without a module (NULL) the kernel's own
 * goes before those of modules, as the kernel looks it up. */
int fti_known_count(struct fti_known *k, const char *name, const char *module);

/*
 * The addresses of a name, in a module (NULL: of the kernel itself), from kallsyms (path as above):
 * the first `room` of them, 0 each where they are hidden; how many there are in all, or -errno.
 */
int fti_known_addresses(const char *path, const char *name, const char *module, uint64_t *addr,
			size_t room);

#endif
