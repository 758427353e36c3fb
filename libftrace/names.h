/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * names: addresses as text, remembered, for output that names the same functions again and again.
 *
 * The one rule: fixed memory (256 kB, touched as needed) and no allocation after new(), whatever
 * addresses come; foreign bytes in names are escaped as text.h says.
 */
#ifndef FTI_NAMES_H
#define FTI_NAMES_H

#include "ftrace/symbol.h"

struct fti_names;

/* syms must outlive it; NULL: every name is its address. 0 or -ENOMEM. */
int fti_names_new(struct fti_names **out, const struct ft_symbols *syms);
void fti_names_free(struct fti_names *n);

/* As ft_symbol_format(); not terminated, *len bytes.  Valid until the next call. */
const char *fti_names_get(struct fti_names *n, uint64_t addr, bool offset, size_t *len);

/* As functions and stacks are named in the kernel's trace file: without the module. */
const char *fti_names_plain(struct fti_names *n, uint64_t addr, size_t *len);

#endif
