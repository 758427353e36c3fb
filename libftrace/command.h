/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * command: the traced command of "-- COMMAND", forked early and held until recording has begun.
 */
#ifndef FTI_COMMAND_H
#define FTI_COMMAND_H

#include <signal.h>

struct fti_command {
	int pid;	/* 0: none */
	int go;		/* a byte lets it run; closing it ends it */
	int failure;	/* tells the errno of exec */
};

/* old: the signal mask the command gets.  0 or -errno. */
int fti_command_start(struct fti_command *c, char *const *argv, const sigset_t *old);

/* Let it run: 0 when it does, or the -errno of exec. */
int fti_command_run(struct fti_command *c);

/* Forget it; one that never ran is ended and reaped. */
void fti_command_close(struct fti_command *c);

#endif
