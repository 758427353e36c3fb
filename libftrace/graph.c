/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/graph.h"
#include "graph-text.h"

#define CPUS_MAX 8192	/* NR_CPUS of the largest configurations */
#define OPEN_MAX 50	/* FTRACE_RETFUNC_DEPTH: deeper calls are not remembered by the kernel */

struct open_call {
	uint64_t func;		/* 0: none */
	uint64_t ts;
	int	 tid;
};

/* What the kernel's reader keeps for a CPU (struct fgraph_cpu_data). */
struct cpu {
	int		 last_tid;	/* -1: none yet */
	int		 irq_depth;	/* of the interrupt that is left out; -1: none */
	bool		 leaf;		/* the return at leaf_ts was shown with its entry */
	uint64_t	 leaf_ts;
	struct open_call open[OPEN_MAX];
};

struct entry_format {
	int		id;
	struct ft_field func, depth, retaddr;
};

struct exit_format {
	int		id;
	struct ft_field func, depth, calltime, rettime, overrun, retval;
};

struct ft_graph {
	struct entry_format   entry[2];	/* without and with the return address */
	struct exit_format    exit;
	struct cpu	    **cpus;
	int		      cpus_room;
	struct ft_graph_row   row;
	struct fti_graph_text text;
};

struct call {
	uint64_t func;
	int	 depth;
};

static bool load_call(const struct ft_field *func, const struct ft_field *depth,
		      const struct ft_event *e, struct call *call)
{
	int64_t d;

	if ((uint32_t)func->offset + func->size > e->size ||
	    (uint32_t)depth->offset + depth->size > e->size)
		return false;
	call->func = ft_field_u64(func, e);
	/* int, unsigned int from 6.15, unsigned long from 6.19: never near their limits */
	d = ft_field_s64(depth, e);
	call->depth = d < 0 ? 0 : d > FTI_GRAPH_DEPTH_MAX ? FTI_GRAPH_DEPTH_MAX : (int)d;
	return true;
}

static void begin_row(struct ft_graph *g, enum ft_graph_kind kind, const struct ft_event *e,
		      const struct call *call)
{
	g->row = (struct ft_graph_row){
		.kind = kind,
		.ts = e->ts,
		.func = call->func,
		.depth = call->depth,
		.cpu = e->cpu,
		.tid = e->tid,
	};
}

/* What the return tells; began: when the call did by its entry, 0 if that is not at hand. */
static void load_return(struct ft_graph *g, const struct ft_event *e, uint64_t began)
{
	const struct exit_format *x = &g->exit;
	uint64_t ended = e->ts;

	if (ft_field_ok(&x->calltime) && ft_field_ok(&x->rettime)) {
		began = ft_field_u64(&x->calltime, e);
		ended = ft_field_u64(&x->rettime, e);
	}
	if (began && ended >= began) {
		g->row.duration_ns = ended - began;
		g->row.has_duration = true;
	}
	g->row.overrun = (unsigned long)ft_field_u64(&x->overrun, e);
	g->row.has_retval = ft_field_ok(&x->retval);
	g->row.retval = ft_field_s64(&x->retval, e);
}

/* A return at once after its entry; as in get_return_for_leaf() the depth is not compared. */
static bool is_leaf(const struct ft_graph *g, const struct ft_event *e, const struct call *call,
		    const struct ft_event *next)
{
	struct call ret;

	return next && next->type == g->exit.id && next->tid == e->tid && next->cpu == e->cpu &&
	       load_call(&g->exit.func, &g->exit.depth, next, &ret) && ret.func == call->func;
}

static void show(struct ft_graph *g, struct cpu *c, struct fti_graph_line *line)
{
	line->last_tid = c->last_tid;
	c->last_tid = line->e->tid;
	fti_graph_text_row(&g->text, &g->row, line);
}

/* An interrupt that is left out begins. */
static bool enters_hidden_irq(const struct ft_graph *g, struct cpu *c, const struct call *call)
{
	if (g->text.config.irqs)
		return false;
	if (c->irq_depth < 0 && fti_graph_is_irq(&g->text, call->func))
		c->irq_depth = call->depth;
	return c->irq_depth >= 0;
}

/* It ends with the return to its depth, or above if that one was lost. */
static bool leaves_hidden_irq(const struct ft_graph *g, struct cpu *c, const struct call *call)
{
	if (g->text.config.irqs || c->irq_depth < 0)
		return false;
	if (c->irq_depth >= call->depth)
		c->irq_depth = -1;
	return true;
}

static int take_entry(struct ft_graph *g, struct cpu *c, const struct entry_format *f,
		      const struct ft_event *e, const struct ft_event *next)
{
	struct fti_graph_line line = { .e = e, .has_retaddr = ft_field_ok(&f->retaddr) };
	struct call call;

	if (!load_call(&f->func, &f->depth, e, &call))
		return 0;
	c->leaf = false;
	if (enters_hidden_irq(g, c, &call))
		return 0;
	c->leaf = is_leaf(g, e, &call, next);
	begin_row(g, c->leaf ? FT_GRAPH_LEAF : FT_GRAPH_ENTRY, e, &call);
	if (c->leaf) {
		c->leaf_ts = next->ts;
		load_return(g, next, e->ts);
	}
	if (call.depth < OPEN_MAX)
		c->open[call.depth] = (struct open_call){ c->leaf ? 0 : call.func, e->ts, e->tid };
	line.retaddr = ft_field_u64(&f->retaddr, e);
	show(g, c, &line);
	return 1;
}

/* The entry of the same depth on this CPU, if it is this call's; when that began. */
static bool match_entry(struct cpu *c, const struct ft_event *e, const struct call *call,
			uint64_t *began)
{
	struct open_call *open;
	bool matches;

	*began = 0;
	if (call->depth >= OPEN_MAX)
		return true;
	open = &c->open[call->depth];
	matches = open->func == call->func;
	if (matches && open->tid == e->tid)
		*began = open->ts;
	open->func = 0;
	return matches;
}

static int take_return(struct ft_graph *g, struct cpu *c, const struct ft_event *e)
{
	const struct ft_graph_config *config = &g->text.config;
	struct fti_graph_line line = { .e = e };
	uint64_t began;
	struct call call;
	bool shown;

	if (!load_call(&g->exit.func, &g->exit.depth, e, &call))
		return 0;
	shown = c->leaf && c->leaf_ts == e->ts;
	c->leaf = false;
	if (shown)
		return 0;
	if (config->thresh && config->max_depth && (uint64_t)call.depth >= config->max_depth)
		return 0;
	if (leaves_hidden_irq(g, c, &call))
		return 0;
	line.named = !match_entry(c, e, &call, &began);
	begin_row(g, FT_GRAPH_RETURN, e, &call);
	load_return(g, e, began);
	show(g, c, &line);
	return 1;
}

static struct cpu *find_cpu(struct ft_graph *g, int cpu)
{
	if (cpu >= g->cpus_room) {
		const int room = cpu + 8;
		struct cpu **more = realloc(g->cpus, (size_t)room * sizeof(*more));

		if (!more)
			return NULL;
		memset(more + g->cpus_room, 0, (size_t)(room - g->cpus_room) * sizeof(*more));
		g->cpus = more;
		g->cpus_room = room;
	}
	if (!g->cpus[cpu]) {
		struct cpu *c = calloc(1, sizeof(*c));

		if (!c)
			return NULL;
		c->last_tid = -1;
		c->irq_depth = -1;
		g->cpus[cpu] = c;
	}
	return g->cpus[cpu];
}

int ft_graph_event(struct ft_graph *g, const struct ft_event *e, const struct ft_event *next)
{
	const struct entry_format *entry = NULL;
	struct cpu *c;

	g->text.len = 0;
	for (size_t i = 0; i < 2; i++)
		if (e->type == g->entry[i].id)
			entry = &g->entry[i];
	if (!entry && e->type != g->exit.id)
		return 0;
	if (e->cpu < 0 || e->cpu >= CPUS_MAX)
		return -EINVAL;
	c = find_cpu(g, e->cpu);
	if (!c)
		return -ENOMEM;
	return entry ? take_entry(g, c, entry, e, next) : take_return(g, c, e);
}

const struct ft_graph_row *ft_graph_row(const struct ft_graph *g)
{
	return &g->row;
}

const char *ft_graph_text(const struct ft_graph *g, size_t *len)
{
	*len = g->text.len;
	return g->text.buf;
}

const char *ft_graph_header(struct ft_graph *g, size_t *len)
{
	fti_graph_text_header(&g->text);
	return ft_graph_text(g, len);
}

void ft_graph_lost(struct ft_graph *g, int cpu)
{
	struct cpu *c = cpu >= 0 && cpu < g->cpus_room ? g->cpus[cpu] : NULL;

	if (!c)
		return;
	c->leaf = false;
	memset(c->open, 0, sizeof(c->open));
}

static bool find_entry(struct entry_format *f, const struct ft_events *evs, const char *event)
{
	f->id = ft_event_id(evs, "ftrace", event);
	ft_field_find(evs, "ftrace", event, "func", &f->func);
	ft_field_find(evs, "ftrace", event, "depth", &f->depth);
	ft_field_find(evs, "ftrace", event, "retaddr", &f->retaddr);
	if (f->id >= 0 && ft_field_ok(&f->func) && ft_field_ok(&f->depth))
		return true;
	f->id = -1;
	return false;
}

static bool find_exit(struct exit_format *x, const struct ft_events *evs)
{
	static const char event[] = "funcgraph_exit";

	x->id = ft_event_id(evs, "ftrace", event);
	ft_field_find(evs, "ftrace", event, "func", &x->func);
	ft_field_find(evs, "ftrace", event, "depth", &x->depth);
	ft_field_find(evs, "ftrace", event, "calltime", &x->calltime);
	ft_field_find(evs, "ftrace", event, "rettime", &x->rettime);
	ft_field_find(evs, "ftrace", event, "overrun", &x->overrun);
	ft_field_find(evs, "ftrace", event, "retval", &x->retval);
	return x->id >= 0 && ft_field_ok(&x->func) && ft_field_ok(&x->depth);
}

/* Some fields moved in the same versions in which the text changed: they tell of it. */
static bool find_formats(struct ft_graph *g, const struct ft_events *evs)
{
	const bool retaddr = find_entry(&g->entry[1], evs, "fgraph_retaddr_entry");
	struct ft_field args;

	if (!find_entry(&g->entry[0], evs, "funcgraph_entry") || !find_exit(&g->exit, evs))
		return false;
	ft_field_find(evs, "ftrace", "funcgraph_exit", "common_flags", &g->text.flags);
	ft_field_find(evs, "ftrace", "funcgraph_exit", "common_preempt_count",
		      &g->text.preempt_count);
	ft_field_find(evs, "ftrace", "funcgraph_entry", "args", &args);
	g->text.migrate_column = g->exit.overrun.size == sizeof(unsigned int);
	g->text.retval_word = retaddr || ft_field_ok(&args) || !g->entry[0].depth.is_signed;
	return true;
}

int ft_graph_new(struct ft_graph **out, const struct ft_events *evs, const struct ft_symbols *syms,
		 struct ft_comms *comms, const struct ft_graph_config *config)
{
	struct ft_graph *g = calloc(1, sizeof(*g));
	int err = -ENOMEM;

	*out = NULL;
	if (!g)
		return err;
	g->text.config = *config;
	g->text.syms = syms;
	g->text.comms = comms;
	err = find_formats(g, evs) ? fti_graph_text_init(&g->text) : -ENOENT;
	if (err) {
		ft_graph_free(g);
		return err;
	}
	*out = g;
	return 0;
}

bool ft_graph_has_retval(const struct ft_session *s)
{
	char *format = ft_session_read_global(s, "events/ftrace/funcgraph_exit/format");
	bool has = format && strstr(format, " retval;");

	free(format);
	return has;
}

void ft_graph_free(struct ft_graph *g)
{
	if (!g)
		return;
	for (int i = 0; i < g->cpus_room; i++)
		free(g->cpus[i]);
	free(g->cpus);
	fti_graph_text_free(&g->text);
	free(g);
}
