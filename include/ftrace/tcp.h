/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tcp: TCP segments that are sent again, with the addresses and the state of their connections.
 *
 * The one rule: what the kernel counts as RetransSegs comes out, a record each: segments of
 * established and opening connections, SYN-ACKs of half-open ones, and those of tail loss probes.  Each event of
 * the session's buffer goes to ft_tcp_event().
 */
#ifndef FTRACE_TCP_H
#define FTRACE_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ftrace/event.h"
#include "ftrace/pair.h"
#include "ftrace/session.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ft_tcp;

enum ft_tcp_method {
	FT_TCP_AUTO,	/* the first of these that the kernel has */
	FT_TCP_EVENTS,	/* tcp:tcp_retransmit_skb and tcp_retransmit_synack (4.15, 4.16) */
	FT_TCP_PROBES,	/* kprobes; the fields of sockets where BTF says that they are (5.2) */
	FT_TCP_PROC,	/* kprobes; sockets by their address in /proc/net/tcp and tcp6 */
};

struct ft_tcp_config {
	enum ft_tcp_method method;
	bool probes;		/* tail loss probes as such */
	bool stack;		/* keep where a function was called from */
};

enum ft_tcp_kind {
	FT_TCP_RETRANSMIT,
	FT_TCP_SYNACK,		/* of a connection that is being opened from outside */
	FT_TCP_PROBE,		/* a tail loss probe; retransmitted: an old segment, else new data,
				 * or nothing */
};

#define FT_TCP_FRAMES_MAX 64

struct ft_tcp_record {
	uint64_t ts;
	int	 tid;		/* that was running; 0: the idle task */
	int	 cpu;
	enum ft_tcp_kind kind;
	bool	 retransmitted;	/* it is counted in RetransSegs */
	uint64_t socket;	/* its address in the kernel */
	int	 family;	/* 4, 6; 0: the connection is not known */
	unsigned char local[16], remote[16];	/* the first 4 of IPv4, in network order */
	uint16_t local_port, remote_port;	/* host order */
	int	 state;		/* as ft_tcp_state() takes it; 0: not known */
	int	 err;		/* negative: it could not be sent; 0 where the kernel does not tell */
	size_t	 frames;	/* of frame, innermost first */
	uint64_t frame[FT_TCP_FRAMES_MAX];
};

struct ft_tcp_stats {
	uint64_t retransmits, synacks, probes;
	uint64_t unknown;	/* whose connection is not known */
	struct ft_pair_stats calls;	/* of functions that are probed */
	uint64_t missed;	/* calls that the probes missed, by the kernel's count */
};

/* Make probes and enable what is recorded.  -EOPNOTSUPP with the sentence. */
int ft_tcp_open(struct ft_tcp **out, struct ft_session *s, const struct ft_tcp_config *config);
void ft_tcp_close(struct ft_tcp *t);

const char *ft_tcp_method(const struct ft_tcp *t);	/* "events", "probes", "proc" */
const char *const *ft_tcp_systems(const struct ft_tcp *t);	/* as ft_execs_systems() */
int ft_tcp_ready(struct ft_tcp *t, const struct ft_events *evs);

/* The records' own stacks: those of kernel_stack records that follow, given here. */
void ft_tcp_stack(struct ft_tcp *t, const struct ft_event *e, const uint64_t *frames, size_t count);

/* 1: a record is complete, which ft_tcp_last() tells until the next event; 0. */
int ft_tcp_event(struct ft_tcp *t, const struct ft_event *e);
struct ft_tcp_record *ft_tcp_last(struct ft_tcp *t);
void ft_tcp_lost(struct ft_tcp *t, int cpu);

int ft_tcp_stats(const struct ft_tcp *t, struct ft_tcp_stats *out);

/* "ESTABLISHED" of 1; "-" of what is none.  Static. */
const char *ft_tcp_state(int state);

/* "192.0.2.1:80", "[2001:db8::1]:80"; without the port (-1): "192.0.2.1", "2001:db8::1".  An IPv4
 * address within IPv6 is shown as the former.  family 0: "-".  Always terminated. */
#define FT_TCP_ADDRESS_MAX 56
void ft_tcp_address(char buf[FT_TCP_ADDRESS_MAX], int family, const unsigned char *address, int port);

#ifdef __cplusplus
}
#endif
#endif
