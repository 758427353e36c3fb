/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* blockhist inside: what the kernel's hist file says. */
#ifndef FTI_BLOCKHIST_H
#define FTI_BLOCKHIST_H

#include "ftrace/blockhist.h"

/* "{ dev:  265289728, rwbs: RS      , lat: ~ 204000-204999 } hitcount:        100", where dev and
 * rwbs may be missing.  false: it is no such line. */
bool fti_blockhist_parse(const char *line, struct ft_blockhist_row *row);

#endif
