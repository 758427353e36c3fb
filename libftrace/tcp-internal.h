/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tcp-internal: the parts of ftrace/tcp.h: probes and the fields of sockets they fetch, /proc/net.
 */
#ifndef FTI_TCP_INTERNAL_H
#define FTI_TCP_INTERNAL_H

#include "ftrace/probe.h"
#include "ftrace/tcp.h"

/* The fields of a socket as a record of a probe or a tracepoint has them; those that are not there
 * are zeroed.  Ports: the remote one of probes is in network order. */
struct fti_tcp_fields {
	struct ft_field socket, family, state, local_port, remote_port;
	struct ft_field local4, remote4, local6, remote6, err;
	bool network_port;
};

/* Functions that are probed. */
enum fti_tcp_function { FTI_TCP_RETRANSMIT, FTI_TCP_SYNACK, FTI_TCP_PROBE, FTI_TCP_FUNCTIONS };

struct fti_tcp_place {
	int entry, exit;		/* numbers of probes; -1: not probed */
	int entry_id, exit_id;		/* events */
	struct fti_tcp_fields fields;
	struct ft_field ret;
};

/*
 * Probes on the entry and return of a function, by the first of its names that the kernel has.
 * offsets: fetch the fields of its socket, too.  0, -ENOENT: there is none; -EOPNOTSUPP.
 */
struct fti_tcp_offsets {
	int family, state, local_port, remote_port, local4, remote4, local6, remote6;
};

int fti_tcp_offsets(struct fti_tcp_offsets *o);
int fti_tcp_probe(struct ft_probes *ps, struct ft_session *s, enum fti_tcp_function function,
		  const struct fti_tcp_offsets *offsets, struct fti_tcp_place *place);
void fti_tcp_find(const struct ft_probes *ps, const struct ft_events *evs,
		  struct fti_tcp_place *place);

/* What the fields tell, to a record. */
void fti_tcp_load(const struct fti_tcp_fields *f, const struct ft_event *e,
		  struct ft_tcp_record *rec);

/* -- /proc/net/tcp and tcp6 -------------------------------------------------------------------- */

struct fti_tcp_table;

int fti_tcp_table_new(struct fti_tcp_table **out);
void fti_tcp_table_free(struct fti_tcp_table *t);

/* Fill in the connection of rec->socket.  The files are read for it, but not more often than ten times a
 * second. */
void fti_tcp_table_find(struct fti_tcp_table *t, struct ft_tcp_record *rec);

/* A line of either file.  false: it is none. */
bool fti_tcp_table_line(const char *line, struct ft_tcp_record *rec);

#endif
