/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * target: the parts of ft_target_functions() and _tracepoints() that need no session.
 */
#ifndef FTI_TARGET_H
#define FTI_TARGET_H

#include "ftrace/target.h"
#include "kernel.h"

/* What fn returned (the sentence is empty then), 0, or -errno with the sentence. */
int fti_target_functions(const struct ft_target *t, int pid,
			 int (*fn)(void *arg, const char *path, const struct ft_elf_symbol *symbol),
			 void *arg, char sentence[FTI_SENTENCE_SIZE]);
int fti_target_tracepoints(const char *dir, const struct ft_target *t,
			   int (*fn)(void *arg, const char *system, const char *event), void *arg,
			   char sentence[FTI_SENTENCE_SIZE]);

/* "cannot trace 'TEXT': ..." to the sentence; returns err. */
int fti_target_fail(char *sentence, const struct ft_target *t, int err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
