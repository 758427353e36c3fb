/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"

static void child(int go, int failure, char *const *argv, const sigset_t *old)
{
	char byte;
	int err;

	/* The tool has died, or changed its mind. */
	if (read(go, &byte, 1) != 1)
		_exit(1);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, old, NULL);
	execvp(argv[0], argv);
	err = errno;
	if (write(failure, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

int fti_command_start(struct fti_command *c, char *const *argv, const sigset_t *old)
{
	int go[2], failure[2], err;

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(failure, O_CLOEXEC)) {
		err = -errno;
		close(go[0]);
		close(go[1]);
		return err;
	}
	c->pid = fork();
	if (!c->pid) {
		close(go[1]);
		child(go[0], failure[1], argv, old);
	}
	err = c->pid < 0 ? -errno : 0;
	close(go[0]);
	close(failure[1]);
	c->go = go[1];
	c->failure = failure[0];
	if (err) {
		c->pid = 0;
		close(c->go);
		close(c->failure);
	}
	return err;
}

int fti_command_run(struct fti_command *c)
{
	int err = 0;
	ssize_t n;

	if (write(c->go, "", 1) != 1)
		return -errno;
	do {
		n = read(c->failure, &err, sizeof(err));
	} while (n < 0 && errno == EINTR);
	close(c->go);
	c->go = -1;
	return n == (ssize_t)sizeof(err) ? -err : 0;
}

void fti_command_close(struct fti_command *c)
{
	if (!c->pid)
		return;
	if (c->go >= 0) {
		close(c->go);
		waitpid(c->pid, NULL, 0);
	}
	close(c->failure);
	c->pid = 0;
}
