/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lines: long lists of the kernel (kallsyms, available_filter_functions), a line at a time, without
 * holding the list.
 */
#ifndef FTI_LINES_H
#define FTI_LINES_H

/* Longer lines are passed over. */
#define FTI_LINE_MAX 65535

/*
 * Call fn with each line of fd, its newline not included, until fn returns non-zero.  Returns that,
 * 0, or -errno of reading.  A last line without its newline counts.
 */
int fti_each_line(int fd, int (*fn)(void *arg, const char *line, const char *end), void *arg);

#endif
