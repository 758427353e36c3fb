/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syscalls: the places where calls begin and end, by probes or by the kernel's events.
 */
#ifndef FTI_SYSCALLS_INTERNAL_H
#define FTI_SYSCALLS_INTERNAL_H

#include "ftrace/follow.h"
#include "ftrace/pair.h"
#include "ftrace/probe.h"
#include "ftrace/syscall.h"
#include "ftrace/syscalls.h"
#include "processes.h"

/* Where a call begins; with its functions for each ABI there can be several for one. */
#define FTI_PLACES_MAX (3 * FT_SYSCALLS_MAX)

struct fti_place {
	const struct ft_syscalls_spec *spec;
	int	 entry, exit;		/* probes; -1: the event of the call, raw_syscalls */
	int	 entry_id, exit_id;	/* events; -1: none */
	unsigned int number;		/* what ft_pairs knows it by */
	struct ft_field arg[FT_SYSCALLS_ARGS_MAX], text, ret;
};

/* Numbers of raw_syscalls that are recorded, by ABI. */
struct fti_number {
	const struct ft_syscalls_spec *spec;
	enum ft_abi abi;
	int	    number;
	bool	    by_event;		/* the event of the call tells its beginning */
};

struct ft_syscalls {
	struct ft_run		 *run;
	struct ft_syscalls_config config;
	bool			  by_events;
	struct ft_probes	 *probes;
	struct fti_place	  places[FTI_PLACES_MAX];
	size_t			  place_count;
	int			  path_probe, path_id;	/* the kernel's copy of a name; -1: none */
	struct ft_field		  path;
	struct fti_number	  numbers[2 * FT_SYSCALLS_MAX];
	size_t			  number_count;
	int			  raw_enter, raw_exit;	/* -1: not used */
	struct ft_field		  raw_nr, raw_args, raw_exit_nr, raw_ret;
	struct ft_abis		 *abis;
	struct ft_pairs		 *pairs;
	struct fti_processes	 *processes;
	struct ft_follow	 *follow;
	struct ft_syscalls_call	  call;
	uint64_t		  unread;	/* strings that could not be read */
	const char		 *systems[6];
};

/* By kprobes: -EOPNOTSUPP without a sentence when there is no place for one of the calls. */
int fti_syscalls_add_probes(struct ft_syscalls *sc);

/* By raw_syscalls, and by the events of the calls where these have strings. */
int fti_syscalls_add_events(struct ft_syscalls *sc);
int fti_syscalls_find_event(struct ft_syscalls *sc, struct fti_place *p);

/* Resolve all events in sc->run->events.  0, -ENOENT, -EBADMSG or -ENOMEM. */
int fti_syscalls_find(struct ft_syscalls *sc, const char *tracefs);

/* Room for the calls that run. */
int fti_calls_new(struct ft_syscalls *sc);

#endif
