/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kernel: the part of ft_kernel_check_functions() that needs no session.
 */
#ifndef FTI_KERNEL_H
#define FTI_KERNEL_H

#include <stddef.h>

#define FTI_SENTENCE_SIZE 640

/* 0, or -errno with the sentence that says which pattern is wrong and why. */
int fti_check_functions(const char *dir, const char *const *patterns, size_t count,
			char sentence[FTI_SENTENCE_SIZE]);

#endif
