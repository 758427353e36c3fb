/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP by kprobes: which functions, and where a socket has its addresses. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ftrace/btf.h"
#include "ftrace/kernel.h"
#include "tcp-internal.h"

/* Calls of one function that may run at once: one a CPU. */
#define ACTIVE 256

/*
 * The names of what sends again, the one that counts first.  __tcp_retransmit_skb() is called by
 * tcp_retransmit_skb() and by tail loss probes; compilers have split it so that these call a part of
 * it (6.1).  The argument is a socket, of SYN-ACKs the request, which begins in the same way.
 */
static const struct {
	const char *event, *names[4];
	unsigned int argument;
} functions[FTI_TCP_FUNCTIONS] = {
	[FTI_TCP_RETRANSMIT] = { "retransmit", { "__tcp_retransmit_skb.part.0",
		"__tcp_retransmit_skb", "tcp_retransmit_skb" }, 1 },
	[FTI_TCP_SYNACK] = { "synack", { "tcp_rtx_synack", "tcp_v4_rtx_synack" }, 2 },
	[FTI_TCP_PROBE] = { "probe", { "tcp_send_loss_probe" }, 1 },
};

int fti_tcp_offsets(struct fti_tcp_offsets *o)
{
	const struct {
		const char *name;
		int	   *offset;
	} members[] = {
		{ "skc_family", &o->family },	  { "skc_state", &o->state },
		{ "skc_num", &o->local_port },	  { "skc_dport", &o->remote_port },
		{ "skc_rcv_saddr", &o->local4 },  { "skc_daddr", &o->remote4 },
		{ "skc_v6_rcv_saddr", &o->local6 }, { "skc_v6_daddr", &o->remote6 },
	};
	struct ft_btf *btf;
	int err = ft_btf_open(&btf, NULL);

	if (err)
		return err;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) && !err; i++) {
		*members[i].offset = ft_btf_offset(btf, "sock_common", members[i].name);
		/* A kernel without IPv6 has no such addresses. */
		if (*members[i].offset < 0 && !strstr(members[i].name, "_v6_"))
			err = *members[i].offset;
	}
	ft_btf_close(btf);
	return err;
}

static void put_fields(char *buf, size_t size, const char *arg, const struct fti_tcp_offsets *o)
{
	size_t n = (size_t)snprintf(buf, size, "socket=%s:u64", arg);

	if (!o)
		return;
	n += (size_t)snprintf(buf + n, size - n, " family=+%d(%s):u16 state=+%d(%s):u8 "
			      "lport=+%d(%s):u16 rport=+%d(%s):u16 l4=+%d(%s):u32 r4=+%d(%s):u32",
			      o->family, arg, o->state, arg, o->local_port, arg, o->remote_port, arg,
			      o->local4, arg, o->remote4, arg);
	if (o->local6 < 0 || o->remote6 < 0)
		return;
	snprintf(buf + n, size - n, " l6=+%d(%s):u64 l6b=+%d(%s):u64 r6=+%d(%s):u64 r6b=+%d(%s):u64",
		 o->local6, arg, o->local6 + 8, arg, o->remote6, arg, o->remote6 + 8, arg);
}

/* Kernels from 6.5 on refuse $retval of a function that returns nothing. */
static int add_exit(struct ft_probes *ps, const char *event, const char *function, const char *args)
{
	char name[32];

	snprintf(name, sizeof(name), "%s_end", event);
	return ft_probes_try(ps, &(struct ft_probe_spec){
		.kind = FT_PROBE_KERNEL_RETURN, .event = name, .place = function, .args = args,
		.max_active = ACTIVE, .sole = true });
}

int fti_tcp_probe(struct ft_probes *ps, struct ft_session *s, enum fti_tcp_function function,
		  const struct fti_tcp_offsets *offsets, struct fti_tcp_place *place)
{
	const char *arg = ft_probe_arg(s, FT_PROBE_KERNEL, functions[function].argument);
	const char *event = functions[function].event;
	char args[512];
	int err = -ENOENT;

	if (!arg)
		return -EOPNOTSUPP;
	put_fields(args, sizeof(args), arg, offsets);
	for (int i = 0; functions[function].names[i] && err < 0; i++) {
		const char *name = functions[function].names[i];

		err = ft_probes_try(ps, &(struct ft_probe_spec){ .kind = FT_PROBE_KERNEL,
			.event = event, .place = name, .args = args, .sole = true });
		if (err < 0)
			continue;
		place->entry = err;
		err = add_exit(ps, event, name, function == FTI_TCP_PROBE ? NULL : "ret=$retval:s32");
		if (err < 0)
			return err;
		place->exit = err;
		ft_session_say(s, "probes on '%s'", name);
	}
	return err < 0 ? err : 0;
}

/* The second half of an address is beside the first. */
static void find_wide(const struct ft_events *evs, const char *group, const char *event,
		      const char *name, const char *second, struct ft_field *out)
{
	struct ft_field b;

	if (ft_field_find(evs, group, event, name, out) ||
	    ft_field_find(evs, group, event, second, &b) || b.offset != out->offset + 8)
		memset(out, 0, sizeof(*out));
	else
		out->size = 16;
}

void fti_tcp_find(const struct ft_probes *ps, const struct ft_events *evs,
		  struct fti_tcp_place *place)
{
	const char *group = ft_probes_group(ps), *event;
	struct fti_tcp_fields *f = &place->fields;

	if (place->entry < 0)
		return;
	event = ft_probes_event(ps, (size_t)place->entry);
	place->entry_id = ft_event_id(evs, group, event);
	ft_field_find(evs, group, event, "socket", &f->socket);
	ft_field_find(evs, group, event, "family", &f->family);
	ft_field_find(evs, group, event, "state", &f->state);
	ft_field_find(evs, group, event, "lport", &f->local_port);
	ft_field_find(evs, group, event, "rport", &f->remote_port);
	ft_field_find(evs, group, event, "l4", &f->local4);
	ft_field_find(evs, group, event, "r4", &f->remote4);
	find_wide(evs, group, event, "l6", "l6b", &f->local6);
	find_wide(evs, group, event, "r6", "r6b", &f->remote6);
	f->network_port = true;
	event = ft_probes_event(ps, (size_t)place->exit);
	place->exit_id = ft_event_id(evs, group, event);
	ft_field_find(evs, group, event, "ret", &place->ret);
}
