/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * format: is this text a format file that libtraceevent can be given?
 *
 * The one rule: libtraceevent trusts the kernel, and on text cut short or spoilt it has followed
 * null pointers (1.7.1).  What passes here has whole field lines; its print format is known to be
 * balanced, no more, and is not to be parsed unless it will be used.
 */
#ifndef FTI_FORMAT_H
#define FTI_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

/* The print format, behind "print fmt: "; NULL: no format file.  text[len] is NUL. */
char *fti_format_print(char *text, size_t len);

/* Do brackets pair and quotes close, without nesting or operators in a row without end? */
bool fti_format_balanced(const char *s, const char *end);

#endif
