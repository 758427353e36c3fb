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

/* Strings of a list: each takes two arguments of a probe, which may have 32. */
#define FTI_LIST_MAX   15
#define FTI_LIST_PARTS 2
#define FTI_LIST_BYTES 4096		/* more than a record of most kernels */
#define FTI_LISTS_MAX  64

struct fti_list_probe {
	int	 probe;			/* -1: none */
	int	 id;			/* event */
	struct ft_field at, item[FTI_LIST_MAX + 1], string[FTI_LIST_MAX];
};

struct fti_list {
	int	 tid;			/* 0: none */
	uint64_t at;			/* its address in the process */
	struct fti_list_part {
		bool   there, ended;	/* ended: the list is not longer */
		size_t len, count;
		char   text[FTI_LIST_BYTES];
	} parts[FTI_LIST_PARTS];
};

struct fti_place {
	const struct ft_syscalls_spec *spec;
	int	 entry, exit;		/* probes; -1: the event of the call, raw_syscalls */
	int	 entry_id, exit_id;	/* events; -1: none */
	unsigned int number;		/* what ft_pairs knows it by */
	struct ft_field arg[FT_SYSCALLS_ARGS_MAX], text, ret;
	struct fti_list_probe lists[FTI_LIST_PARTS];
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
	struct fti_list		 *lists;	/* recorded before the beginnings of their calls */
	char			  list[FTI_LIST_PARTS * FTI_LIST_BYTES];	/* of the call */
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

/* A string of a record, and its length; NULL: the kernel could not read it. */
const char *fti_syscalls_text(const struct ft_field *f, const struct ft_event *e, size_t *len);

/* -- lists ------------------------------------------------------------------------------------- */

/* The first string of each part, and how many there can be. */
extern const unsigned int fti_list_first[FTI_LIST_PARTS + 1];

/* Resolve the event of a part.  0 or -ENOENT. */
int fti_list_find(const struct ft_events *evs, const char *group, const char *event,
		  struct fti_list_probe *p, unsigned int part);

/* Its record into *l. */
void fti_list_take(struct fti_list *l, const struct fti_list_probe *p, unsigned int part,
		   const struct ft_event *e);

/* What is known of it: list, list_len, list_count and list_cut of *call, which are zero; text has
 * room for all parts. */
void fti_list_join(const struct fti_list *l, char *text, struct ft_syscalls_call *call);

#endif
