/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * call: the functions of struct ft_calls and their probes.
 */
#ifndef FTI_CALL_H
#define FTI_CALL_H

#include "ftrace/call.h"
#include "ftrace/probe.h"

struct fti_calls_function {
	struct ft_called called;	/* strings owned */
	char		*place;		/* as struct ft_probe_spec has it */
	uint64_t	 offset;
	bool		 named;		/* not by a pattern: it must be there */
	int		 entry, returns;/* its probes; negative: there is none */
	struct ft_field	 arg[FT_CALL_ARGS_MAX], retval;
};

struct fti_calls_probes {
	struct ft_session	  *session;
	struct ft_calls_config	   config;
	struct ft_probes	  *probes;
	struct fti_calls_function *function;
	size_t			   count;
	int			   err;		/* of what is called back */
	const struct ft_target	  *target;	/* being added */
};

int fti_calls_probes_add(struct fti_calls_probes *p, const struct ft_target *target);
int fti_calls_probes_enable(struct fti_calls_probes *p);
int fti_calls_probes_missed(const struct fti_calls_probes *p, uint64_t *missed);
void fti_calls_probes_free(struct fti_calls_probes *p);

#endif
