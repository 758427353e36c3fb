/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcpretrans: TCP segments that are sent again: between whom, in which state, and with -s from where.
 *
 * Takes the kernel's events of retransmits, and where there are none, kprobes; with -l tail loss
 * probes by kprobes.  Costs nothing until something is sent again.  After perf-tools' tcpretrans by
 * Brendan Gregg.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ftrace/stack.h"
#include "ftrace/syscalls.h"
#include "ftrace/tcp.h"
#include "ftrace/tool.h"

/* Records that wait for their stack, which is the next record of their CPU. */
#define HELD_MAX 64

static struct {
	struct ft_tcp_config config;
	const char	    *method_name;

	struct ft_tcp	    *tcp;
	const struct ft_symbols *symbols;
	struct ft_stacks    *stacks;
	const char	    *systems[6];
	struct ft_tcp_record held[HELD_MAX];	/* cpu -1: none */
} o;

static const struct ft_opt options[] = {
	FT_FLAG('l', "tlp", &o.config.probes, "tail loss probes, too"),
	FT_FLAG('s', "stacks", &o.config.stack, "show kernel stacks"),
	FT_ARG(0, "method", FT_OPT_STRING, &o.method_name, "events|probes|proc",
	       "how to record, and where to read addresses"),
	{ 0 }
};

enum {
	TIME, PID, LOCAL, TYPE, REMOTE, STATE, ERROR, KIND, LADDR, LPORT, RADDR, RPORT, SENT, CPU, STACK
};

static const struct ft_column columns[] = {
	[TIME]	 = FT_COLUMN("TIME", "time_s", 0, FT_COL_TIME),
	[PID]	 = FT_COLUMN("PID", "pid", 6, FT_COL_INT),
	[LOCAL]	 = FT_COLUMN("LADDR:LPORT", NULL, -20, FT_COL_STR),
	[TYPE]	 = FT_COLUMN("--", NULL, 2, FT_COL_STR),
	[REMOTE] = FT_COLUMN("RADDR:RPORT", NULL, -20, FT_COL_STR),
	[STATE]	 = FT_COLUMN("STATE", "state", -12, FT_COL_STR),
	[ERROR]	 = FT_COLUMN("ERR", "err", 0, FT_COL_STR),
	[KIND]	 = FT_HIDDEN("TYPE", "type", FT_COL_STR),
	[LADDR]	 = FT_HIDDEN("LADDR", "laddr", FT_COL_STR),
	[LPORT]	 = FT_HIDDEN("LPORT", "lport", FT_COL_UINT),
	[RADDR]	 = FT_HIDDEN("RADDR", "raddr", FT_COL_STR),
	[RPORT]	 = FT_HIDDEN("RPORT", "rport", FT_COL_UINT),
	[SENT]	 = FT_HIDDEN("RETRANSMITTED", "retransmitted", FT_COL_BOOL),
	[CPU]	 = FT_HIDDEN("CPU", "cpu", FT_COL_INT),
	[STACK]	 = FT_HIDDEN("STACK", "stack", FT_COL_STR),
	{ 0 }
};

static const char *const examples[] = {
	"tcpretrans", "TCP segments that are sent again",
	"tcpretrans -l", "with tail loss probes",
	"tcpretrans -s -d 10", "for ten seconds, with the kernel's way there",
	"tcpretrans --json --wall", "for a log",
	NULL
};

static int check(struct ft_run *r)
{
	static const char *const names[] = { "", "events", "probes", "proc", NULL };
	int i = 0;

	for (int n = 0; n < HELD_MAX; n++)
		o.held[n].cpu = -1;
	if (!o.method_name)
		return 0;
	while (names[i] && strcmp(names[i], o.method_name) != 0)
		i++;
	if (!names[i])
		ft_opt_error(&r->tool->spec, "option '--method': '%s' is none of events, probes, proc",
			     o.method_name);
	o.config.method = (enum ft_tcp_method)i;
	return 0;
}

/* -- setup: what is recorded ------------------------------------------------------------------- */

static int setup(struct ft_run *r)
{
	const char *const *more;
	int err = 0, n = 0;

	if (o.config.stack) {
		o.systems[n++] = "ftrace";
		err = ft_tool_symbols(r, &o.symbols);
	}
	if (!err)
		err = ft_tool_option(r, "stacktrace", o.config.stack, o.config.stack);
	if (!err)
		err = ft_tcp_open(&o.tcp, r->session, &o.config);
	if (err)
		return err;
	for (more = ft_tcp_systems(o.tcp); *more; more++)
		o.systems[n++] = *more;
	r->systems = o.systems;
	return 0;
}

static int ready(struct ft_run *r)
{
	int err = o.config.stack ? ft_stacks_new(&o.stacks, r->events, o.symbols) : 0;

	if (err)
		return ft_fail(r->session, err, "cannot decode this kernel's stacks: %s",
			       strerror(-err));
	/* A timer sends in the name of whom it interrupts, this process included. */
	r->with_self = true;
	snprintf(r->what, sizeof(r->what), "TCP retransmits%s",
		 o.config.probes ? " and tail loss probes" : "");
	return ft_tcp_ready(o.tcp, r->events);
}

/* -- events to rows ---------------------------------------------------------------------------- */

static int print_stack(struct ft_run *r, const struct ft_tcp_record *rec)
{
	char line[256] = " => ";
	int err = 0;

	for (size_t i = 0; i < rec->frames && !err; i++) {
		size_t n = ft_symbol_format(o.symbols, rec->frame[i], false, line + 4,
					    sizeof(line) - 4);

		err = ft_out_line(r->out, line, n + 4);
	}
	return err;
}

static int print(struct ft_run *r, const struct ft_tcp_record *rec)
{
	static const char *const kinds[] = { "retransmit", "synack", "tlp" };
	char local[FT_TCP_ADDRESS_MAX], remote[FT_TCP_ADDRESS_MAX], error[16];
	int err;

	r->rows++;
	ft_out_uint(r->out, TIME, rec->ts);
	ft_out_int(r->out, PID, rec->tid);
	ft_tcp_address(local, rec->family, rec->local, rec->local_port);
	ft_tcp_address(remote, rec->family, rec->remote, rec->remote_port);
	ft_out_str(r->out, LOCAL, local);
	ft_out_str(r->out, TYPE, rec->kind == FT_TCP_PROBE ? "L>" : "R>");
	ft_out_str(r->out, REMOTE, remote);
	if (rec->state || ft_out_is_text(r->out))
		ft_out_str(r->out, STATE, ft_tcp_state(rec->state));
	snprintf(error, sizeof(error), "%d", rec->err);
	if (rec->err)
		ft_out_str(r->out, ERROR, ft_syscalls_error(rec->err) ?
			   ft_syscalls_error(rec->err) : error);
	ft_out_str(r->out, KIND, kinds[rec->kind]);
	if (rec->family) {
		ft_tcp_address(local, rec->family, rec->local, -1);
		ft_tcp_address(remote, rec->family, rec->remote, -1);
		ft_out_str(r->out, LADDR, local);
		ft_out_uint(r->out, LPORT, rec->local_port);
		ft_out_str(r->out, RADDR, remote);
		ft_out_uint(r->out, RPORT, rec->remote_port);
	}
	ft_out_uint(r->out, SENT, rec->retransmitted);
	ft_out_int(r->out, CPU, rec->cpu);
	if (rec->frames)
		ft_out_str(r->out, STACK, ft_stacks_list(o.stacks, rec->frame, rec->frames));
	err = ft_out_end(r->out);
	return err || !rec->frames ? err : print_stack(r, rec);
}

static struct ft_tcp_record *held_of(int cpu)
{
	for (int i = 0; i < HELD_MAX; i++)
		if (o.held[i].cpu == cpu)
			return &o.held[i];
	return NULL;
}

static int release_held(struct ft_run *r, int cpu)
{
	struct ft_tcp_record *held = held_of(cpu);
	int err = held ? print(r, held) : 0;

	if (held)
		held->cpu = -1;
	return err;
}

static int take_stack(struct ft_run *r, const struct ft_event *e)
{
	struct ft_tcp_record *held = held_of(e->cpu);
	const uint64_t *frames;
	size_t count = ft_stacks_frames(o.stacks, e, 0, &frames);

	if (!held) {
		ft_tcp_stack(o.tcp, e, frames, count);
		return 0;
	}
	if (held->tid == e->tid) {
		held->frames = count < FT_TCP_FRAMES_MAX ? count : FT_TCP_FRAMES_MAX;
		memcpy(held->frame, frames, held->frames * sizeof(*frames));
	}
	return release_held(r, e->cpu);
}

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	struct ft_tcp_record *held;
	int err;

	if (o.config.stack && ft_stacks_is(o.stacks, e))
		return take_stack(r, e);
	err = o.config.stack ? release_held(r, e->cpu) : 0;
	if (err || !ft_tcp_event(o.tcp, e))
		return err;
	held = o.config.stack && !ft_tcp_last(o.tcp)->frames ? held_of(-1) : NULL;
	if (!held)
		return print(r, ft_tcp_last(o.tcp));
	*held = *ft_tcp_last(o.tcp);
	return 0;
}

/* A stack behind a loss may be another record's. */
static int on_loss(struct ft_run *r, int cpu)
{
	ft_tcp_lost(o.tcp, cpu);
	return release_held(r, cpu);
}

/* -- the end ----------------------------------------------------------------------------------- */

static int finish(struct ft_run *r)
{
	static const char *const keys[] = { "retransmits", "synacks", "tlps", "unknown", "doubtful",
					    "unended", "missed", NULL };
	struct ft_tcp_stats st;
	int err = 0;

	for (int i = 0; i < HELD_MAX && !err; i++)
		err = o.held[i].cpu >= 0 ? release_held(r, o.held[i].cpu) : 0;
	if (!err)
		err = ft_tcp_stats(o.tcp, &st);
	if (err)
		return err;
	if (st.unknown)
		ft_tool_note(r, "connections of %" PRIu64 " are not known (-): their sockets were "
			     "closed, are in another network namespace, or the kernel hides their "
			     "addresses (kernel.kptr_restrict)", st.unknown);
	if (st.calls.doubtful || st.missed)
		ft_tool_note(r, "%" PRIu64 " could not be told for certain, %" PRIu64 " were "
			     "missed by the kernel's probes", st.calls.doubtful, st.missed);
	return ft_out_record(r->out, "tcp", keys, (uint64_t[]){ st.retransmits, st.synacks, st.probes,
			     st.unknown, st.calls.doubtful, st.calls.unended, st.missed });
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_tcp_close(o.tcp);
	ft_stacks_free(o.stacks);
}

const struct ft_tool tool_tcpretrans = {
	.spec = {
		.tool = "tcpretrans",
		.summary = "show TCP segments that are sent again",
		.trace = true,
		.duration_letter = 'd',
		.options = options,
		.examples = examples,
	},
	.columns  = columns,
	.check	  = check,
	.setup	  = setup,
	.ready	  = ready,
	.on_event = on_event,
	.on_loss  = on_loss,
	.finish	  = finish,
	.release  = release,
};
