/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tcp-internal.h"

#define CALLS_MAX 1024
#define SYN_RECV  3		/* include/net/tcp_states.h */

struct ft_tcp {
	struct ft_session    *session;
	struct ft_tcp_config  config;
	struct ft_probes     *probes;
	struct fti_tcp_table *table;
	struct ft_pairs	     *calls;	/* their data are struct ft_tcp_record */
	const char	     *systems[4];
	struct fti_tcp_place  place[FTI_TCP_FUNCTIONS];
	int		      event_id, synack_id;	/* tracepoints */
	struct fti_tcp_fields event, synack;
	struct ft_tcp_record  last;
	struct ft_tcp_stats   stats;
};

/* -- beginning --------------------------------------------------------------------------------- */

/* Probes on what there is no tracepoint for. */
static int add_probes(struct ft_tcp *t)
{
	struct fti_tcp_offsets offsets;
	const bool known = t->config.method != FT_TCP_PROC && !fti_tcp_offsets(&offsets);
	const bool all = t->config.method != FT_TCP_EVENTS;
	int err = 0, synacks;

	if (!ft_session_has_global(t->session, "kprobe_events"))
		return ft_fail(t->session, -EOPNOTSUPP, "this kernel has no kprobes "
			       "(CONFIG_KPROBE_EVENTS)%s", all ? "" :
			       ", which tail loss probes (-l) need");
	if (t->config.method == FT_TCP_PROBES && !known)
		return ft_fail(t->session, -EOPNOTSUPP, "this kernel does not tell where sockets have "
			       "their addresses (CONFIG_DEBUG_INFO_BTF)");
	if (all)
		err = fti_tcp_probe(t->probes, t->session, FTI_TCP_RETRANSMIT,
				    known ? &offsets : NULL, &t->place[FTI_TCP_RETRANSMIT]);
	if (all && !err) {
		synacks = fti_tcp_probe(t->probes, t->session, FTI_TCP_SYNACK,
					known ? &offsets : NULL, &t->place[FTI_TCP_SYNACK]);
		if (synacks)
			ft_session_say(t->session, "no function for SYN-ACKs: they are not shown");
	}
	if (!err && t->config.probes)
		err = fti_tcp_probe(t->probes, t->session, FTI_TCP_PROBE, known ? &offsets : NULL,
				    &t->place[FTI_TCP_PROBE]);
	if (err)
		return ft_fail(t->session, -EOPNOTSUPP, "cannot probe '%s': %s", t->place[0].entry < 0 &&
			       all ? "tcp_retransmit_skb" : "tcp_send_loss_probe", strerror(-err));
	t->systems[1] = ft_probes_group(t->probes);
	return ft_probes_enable(t->probes);
}

static int choose(struct ft_tcp *t)
{
	const bool events = ft_session_has_global(t->session, "events/tcp/tcp_retransmit_skb");
	struct fti_tcp_offsets offsets;

	if (t->config.method == FT_TCP_EVENTS && !events)
		return ft_fail(t->session, -EOPNOTSUPP, "this kernel has no event "
			       "'tcp:tcp_retransmit_skb'");
	if (t->config.method == FT_TCP_AUTO)
		t->config.method = events ? FT_TCP_EVENTS :
				   !fti_tcp_offsets(&offsets) ? FT_TCP_PROBES : FT_TCP_PROC;
	ft_session_say(t->session, "method '%s'", ft_tcp_method(t));
	return 0;
}

static int record(struct ft_tcp *t)
{
	int err = choose(t);

	t->systems[0] = "tcp";
	if (!err && t->config.method == FT_TCP_EVENTS)
		err = ft_session_enable_event(t->session, "tcp", "tcp_retransmit_skb", NULL);
	if (!err && t->config.method == FT_TCP_EVENTS &&
	    ft_session_has_global(t->session, "events/tcp/tcp_retransmit_synack"))
		err = ft_session_enable_event(t->session, "tcp", "tcp_retransmit_synack", NULL);
	if (!err && (t->config.method != FT_TCP_EVENTS || t->config.probes))
		err = add_probes(t);
	return err;
}

int ft_tcp_open(struct ft_tcp **out, struct ft_session *s, const struct ft_tcp_config *config)
{
	struct ft_tcp *t = calloc(1, sizeof(*t));
	int err;

	*out = t;
	if (!t)
		return -ENOMEM;
	t->session = s;
	t->config = *config;
	for (int i = 0; i < FTI_TCP_FUNCTIONS; i++)
		t->place[i].entry = t->place[i].exit = t->place[i].entry_id = t->place[i].exit_id = -1;
	err = ft_pairs_new(&t->calls, CALLS_MAX, sizeof(struct ft_tcp_record));
	if (!err)
		err = fti_tcp_table_new(&t->table);
	if (err)
		return ft_fail(s, err, "cannot keep track of connections: %s", strerror(-err));
	err = ft_probes_open(&t->probes, s);
	return err ? err : record(t);
}

void ft_tcp_close(struct ft_tcp *t)
{
	if (!t)
		return;
	fti_tcp_table_free(t->table);
	ft_pairs_free(t->calls);
	ft_probes_close(t->probes);
	free(t);
}

const char *ft_tcp_method(const struct ft_tcp *t)
{
	static const char *const names[] = { "", "events", "probes", "proc" };

	return names[t->config.method];
}

const char *const *ft_tcp_systems(const struct ft_tcp *t)
{
	return t->systems;
}

static int find_event(const struct ft_events *evs, const char *event, struct fti_tcp_fields *f)
{
	int id = ft_event_id(evs, "tcp", event);

	ft_field_find(evs, "tcp", event, "skaddr", &f->socket);
	ft_field_find(evs, "tcp", event, "family", &f->family);
	ft_field_find(evs, "tcp", event, "state", &f->state);
	ft_field_find(evs, "tcp", event, "sport", &f->local_port);
	ft_field_find(evs, "tcp", event, "dport", &f->remote_port);
	ft_field_find(evs, "tcp", event, "saddr", &f->local4);
	ft_field_find(evs, "tcp", event, "daddr", &f->remote4);
	ft_field_find(evs, "tcp", event, "saddr_v6", &f->local6);
	ft_field_find(evs, "tcp", event, "daddr_v6", &f->remote6);
	ft_field_find(evs, "tcp", event, "err", &f->err);
	return id;
}

int ft_tcp_ready(struct ft_tcp *t, const struct ft_events *evs)
{
	t->event_id = t->synack_id = -1;
	if (t->config.method == FT_TCP_EVENTS) {
		t->event_id = find_event(evs, "tcp_retransmit_skb", &t->event);
		t->synack_id = find_event(evs, "tcp_retransmit_synack", &t->synack);
	}
	for (int i = 0; i < FTI_TCP_FUNCTIONS; i++)
		fti_tcp_find(t->probes, evs, &t->place[i]);
	if (t->config.method == FT_TCP_EVENTS && (t->event_id < 0 || !ft_field_ok(&t->event.local4)))
		return ft_fail(t->session, -EOPNOTSUPP, "cannot decode this kernel's "
			       "'tcp:tcp_retransmit_skb'");
	return 0;
}

/* -- records ----------------------------------------------------------------------------------- */

static void load_address(const struct ft_field *f, const struct ft_event *e, unsigned char *out,
			 size_t size)
{
	if (ft_field_ok(f) && (size_t)f->offset + size <= e->size)
		memcpy(out, e->data + f->offset, size);
}

void fti_tcp_load(const struct fti_tcp_fields *f, const struct ft_event *e, struct ft_tcp_record *rec)
{
	uint64_t family = ft_field_u64(&f->family, e);
	const bool wide = ft_field_ok(&f->local6) && ft_field_ok(&f->remote6);

	*rec = (struct ft_tcp_record){ .ts = e->ts, .tid = e->tid, .cpu = e->cpu };
	rec->socket = ft_field_u64(&f->socket, e);
	if (!ft_field_ok(&f->local4))
		return;
	/* The tracepoints have a family since 5.6; before, IPv4 is in the wide addresses, too. */
	if (!ft_field_ok(&f->family))
		family = wide ? AF_INET6 : AF_INET;
	rec->family = family == AF_INET6 ? 6 : family == AF_INET ? 4 : 0;
	if (rec->family == 6) {
		load_address(&f->local6, e, rec->local, 16);
		load_address(&f->remote6, e, rec->remote, 16);
	} else {
		load_address(&f->local4, e, rec->local, 4);
		load_address(&f->remote4, e, rec->remote, 4);
	}
	rec->local_port = (uint16_t)ft_field_u64(&f->local_port, e);
	rec->remote_port = (uint16_t)ft_field_u64(&f->remote_port, e);
	if (f->network_port)
		rec->remote_port = ntohs(rec->remote_port);
	rec->state = (int)ft_field_s64(&f->state, e);
	rec->err = (int)ft_field_s64(&f->err, e);
}

/* Idle tasks have one number, each its CPU: here they are told apart. */
static int task_of(const struct ft_event *e)
{
	return e->tid ? e->tid : -1 - e->cpu;
}

/* The tail loss probe in which the task of an event is, and its connection; NULL: none. */
static struct ft_tcp_record *probe_of(const struct ft_tcp *t, const struct ft_event *e, uint64_t sock)
{
	struct ft_pair *p = ft_pairs_innermost(t->calls, task_of(e), e->cpu);
	struct ft_tcp_record *rec = p && p->function == FTI_TCP_PROBE ? p->data : NULL;

	return rec && rec->socket == sock ? rec : NULL;
}

/* All is known but what /proc tells, and whether it belongs to a probe. */
static int complete(struct ft_tcp *t, const struct ft_event *e)
{
	struct ft_tcp_record *rec = &t->last, *probe;

	probe = rec->kind == FT_TCP_RETRANSMIT ? probe_of(t, e, rec->socket) : NULL;
	if (probe) {
		rec->kind = FT_TCP_PROBE;
		probe->retransmitted = true;
	}
	if (!rec->family)
		fti_tcp_table_find(t->table, rec);
	t->stats.unknown += !rec->family;
	t->stats.retransmits += rec->kind == FT_TCP_RETRANSMIT;
	t->stats.synacks += rec->kind == FT_TCP_SYNACK;
	t->stats.probes += rec->kind == FT_TCP_PROBE;
	return 1;
}

static int take_event(struct ft_tcp *t, const struct ft_event *e)
{
	const bool synack = e->type == t->synack_id;

	fti_tcp_load(synack ? &t->synack : &t->event, e, &t->last);
	t->last.kind = synack ? FT_TCP_SYNACK : FT_TCP_RETRANSMIT;
	t->last.retransmitted = true;
	if (synack)
		t->last.state = SYN_RECV;
	return complete(t, e);
}

static void take_entry(struct ft_tcp *t, const struct ft_event *e, enum fti_tcp_function function)
{
	struct ft_pair *p = ft_pairs_entry(t->calls, function, task_of(e), e->cpu, e->ts);

	fti_tcp_load(&t->place[function].fields, e, p->data);
}

/* -EBUSY and the like are told before anything is counted. */
static int take_exit(struct ft_tcp *t, const struct ft_event *e, enum fti_tcp_function function)
{
	const struct ft_pair *p = ft_pairs_return(t->calls, function, task_of(e), e->cpu, e->ts);

	if (!p)
		return 0;
	t->last = *(const struct ft_tcp_record *)p->data;
	if (function == FTI_TCP_PROBE) {
		if (t->last.retransmitted)
			return 0;
		t->last.kind = FT_TCP_PROBE;
		return complete(t, e);
	}
	t->last.err = (int)ft_field_s64(&t->place[function].ret, e);
	if (t->last.err)
		return 0;
	t->last.retransmitted = true;
	t->last.kind = function == FTI_TCP_SYNACK ? FT_TCP_SYNACK : FT_TCP_RETRANSMIT;
	if (function == FTI_TCP_SYNACK)
		t->last.state = SYN_RECV;
	return complete(t, e);
}

int ft_tcp_event(struct ft_tcp *t, const struct ft_event *e)
{
	if (e->type == t->event_id || e->type == t->synack_id)
		return take_event(t, e);
	for (int i = 0; i < FTI_TCP_FUNCTIONS; i++) {
		if (e->type == t->place[i].exit_id)
			return take_exit(t, e, (enum fti_tcp_function)i);
		if (e->type == t->place[i].entry_id)
			take_entry(t, e, (enum fti_tcp_function)i);
	}
	return 0;
}

void ft_tcp_stack(struct ft_tcp *t, const struct ft_event *e, const uint64_t *frames, size_t count)
{
	struct ft_pair *p = ft_pairs_innermost(t->calls, task_of(e), e->cpu);
	struct ft_tcp_record *rec = p ? p->data : NULL;

	/* That of an entry follows it; that of a return, or of what was within, comes too late. */
	if (!rec || rec->frames)
		return;
	rec->frames = count < FT_TCP_FRAMES_MAX ? count : FT_TCP_FRAMES_MAX;
	memcpy(rec->frame, frames, rec->frames * sizeof(*frames));
}

struct ft_tcp_record *ft_tcp_last(struct ft_tcp *t)
{
	return &t->last;
}

void ft_tcp_lost(struct ft_tcp *t, int cpu)
{
	ft_pairs_lost(t->calls, cpu);
}

int ft_tcp_stats(const struct ft_tcp *t, struct ft_tcp_stats *out)
{
	struct ft_probe_hits hits[2 * FTI_TCP_FUNCTIONS];
	int err = 0;

	*out = t->stats;
	ft_pairs_stats(t->calls, &out->calls);
	if (ft_probes_count(t->probes))
		err = ft_probes_hits(t->probes, hits);
	for (size_t i = 0; i < ft_probes_count(t->probes) && !err; i++)
		out->missed += hits[i].missed;
	return err;
}
