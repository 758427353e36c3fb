/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lines: long lists of the kernel (kallsyms, available_filter_functions), a line at a time, without
 * holding the list.
 */
#ifndef FTI_LINES_H
#define FTI_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* Longer lines are passed over. */
#define FTI_LINE_MAX 65535

typedef int fti_line_fn(void *arg, const char *line, const char *end);

/* A list that can be left in the middle and gone on with. */
struct fti_lines {
	int    fd;		/* not owned */
	char  *buf;
	size_t at, have;	/* in buf: the next line, the end of what was read */
	bool   skip;		/* the next newline ends a line that was too long */
};

/* From where fd stands; 0 or -ENOMEM. */
int fti_lines_init(struct fti_lines *l, int fd);
void fti_lines_free(struct fti_lines *l);

/*
 * Call fn with each line, its newline not included, until fn returns non-zero; the next call goes
 * on with the line after that one.  Returns fn's, 0 at the end, or -errno of reading.  A last line
 * without its newline counts.
 */
int fti_lines_each(struct fti_lines *l, fti_line_fn *fn, void *arg);

/* The same of a whole list. */
int fti_each_line(int fd, fti_line_fn *fn, void *arg);

#endif
