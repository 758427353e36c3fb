/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "ftrace/follow.h"
#include "internal.h"

#define EVENT_IDS  65536
#define CPUS_MAX   8192
#define STACK_SIZE (8 * 64 + 24)	/* of deeper ones the outer end is cut */
#define OPEN_MAX   65536
#define STACKS_MAX 16384

/* What is kept of an entry until the return. */
struct entry_data {
	uint64_t args[FT_CALL_ARGS_MAX];
	uint32_t stack_size;
	uint16_t stack_type;
	unsigned char stack[STACK_SIZE];	/* only with config.stack */
};

/* The call whose stack may be the next record of a CPU. */
struct last_entry {
	struct ft_pair *pair;
	uint64_t	began;
	int		tid;
};

struct ft_calls {
	struct fti_calls_probes probes;
	struct ft_pairs	  *pairs;
	uint16_t	  *by_id;	/* event id to 1 + 2 * function, + 1 for its return, or 0 */
	struct last_entry *last;	/* by CPU */
	int		   kernel_stack, user_stack;
	uint64_t	   now;
	struct ft_call	   call;
	const char	  *systems[4];
};

int ft_calls_open(struct ft_calls **out, struct ft_session *s, const struct ft_calls_config *config)
{
	struct ft_calls *c = calloc(1, sizeof(*c));
	int err = -ENOMEM;

	*out = NULL;
	if (!c)
		goto fail;
	c->probes.session = s;
	c->probes.config = *config;
	if (config->args > FT_CALL_ARGS_MAX) {
		err = -EINVAL;
		goto fail;
	}
	c->kernel_stack = c->user_stack = -1;
	err = ft_probes_open(&c->probes.probes, s);
	if (!err)
		err = ft_pairs_new(&c->pairs, config->stack ? STACKS_MAX : OPEN_MAX, config->stack ?
				   sizeof(struct entry_data) : offsetof(struct entry_data, stack));
	c->by_id = calloc(EVENT_IDS, sizeof(*c->by_id));
	c->last = calloc(CPUS_MAX, sizeof(*c->last));
	if (err || !c->by_id || !c->last) {
		err = err ? err : -ENOMEM;
		goto fail;
	}
	c->systems[0] = ft_probes_group(c->probes.probes);
	c->systems[1] = FT_FOLLOW_SYSTEM;
	c->systems[2] = "ftrace";
	*out = c;
	return 0;
fail:
	ft_calls_close(c);
	return ft_fail(s, err, "cannot trace calls: %s", strerror(-err));
}

void ft_calls_close(struct ft_calls *c)
{
	if (!c)
		return;
	fti_calls_probes_free(&c->probes);
	ft_pairs_free(c->pairs);
	free(c->by_id);
	free(c->last);
	free(c);
}

int ft_calls_add(struct ft_calls *c, const struct ft_target *target)
{
	return fti_calls_probes_add(&c->probes, target);
}

size_t ft_calls_count(const struct ft_calls *c)
{
	return c->probes.count;
}

int ft_calls_enable(struct ft_calls *c)
{
	return fti_calls_probes_enable(&c->probes);
}

const char *const *ft_calls_systems(const struct ft_calls *c)
{
	return c->systems;
}

/* -- events ------------------------------------------------------------------------------------ */

/* The id of a probe's event, noted as the function's entry or return. */
static int find_event(struct ft_calls *c, const struct ft_events *evs, size_t i, bool is_return)
{
	const struct fti_calls_function *f = &c->probes.function[i];
	const char *event = ft_probes_event(c->probes.probes, is_return ? f->returns : f->entry);
	int id = ft_event_id(evs, c->systems[0], event);

	if (id < 0 || id >= EVENT_IDS)
		return ft_fail(c->probes.session, -ENOENT, "cannot read the format of '%s:%s'",
			       c->systems[0], event);
	c->by_id[id] = (uint16_t)(1 + 2 * i + is_return);
	return 0;
}

static int find_field(const struct ft_calls *c, const struct ft_events *evs, int probe,
		      const char *name, struct ft_field *out)
{
	const char *event = ft_probes_event(c->probes.probes, probe);
	int err = ft_field_find(evs, c->systems[0], event, name, out);

	return err ? ft_fail(c->probes.session, err, "the event '%s:%s' has no field '%s'",
			     c->systems[0], event, name) : 0;
}

int ft_calls_ready(struct ft_calls *c, const struct ft_events *evs)
{
	char name[16];
	int err = 0;

	for (size_t i = 0; i < c->probes.count && !err; i++) {
		struct fti_calls_function *f = &c->probes.function[i];

		err = find_event(c, evs, i, false);
		if (!err)
			err = find_event(c, evs, i, true);
		for (unsigned int a = 0; a < c->probes.config.args && !err; a++) {
			snprintf(name, sizeof(name), "a%u", a + 1);
			err = find_field(c, evs, f->entry, name, &f->arg[a]);
		}
		if (!err && c->probes.config.retval)
			err = find_field(c, evs, f->returns, "rv", &f->retval);
	}
	c->kernel_stack = ft_event_id(evs, "ftrace", "kernel_stack");
	c->user_stack = ft_event_id(evs, "ftrace", "user_stack");
	return err;
}

static void take_entry(struct ft_calls *c, unsigned int i, const struct ft_event *e)
{
	const struct fti_calls_function *f = &c->probes.function[i];
	struct ft_pair *pair = ft_pairs_entry(c->pairs, i, e->tid, e->cpu, e->ts);
	struct entry_data *data = pair->data;

	for (unsigned int a = 0; a < c->probes.config.args; a++)
		data->args[a] = ft_field_u64(&f->arg[a], e);
	if (c->probes.config.stack && e->cpu >= 0 && e->cpu < CPUS_MAX)
		c->last[e->cpu] = (struct last_entry){ pair, e->ts, e->tid };
}

/* The stack of the entry that was the CPU's last, of the kind that fits the function. */
static void take_stack(struct ft_calls *c, const struct ft_event *e)
{
	struct last_entry *last;
	struct entry_data *data;
	bool user;

	if (!c->probes.config.stack || e->cpu < 0 || e->cpu >= CPUS_MAX)
		return;
	last = &c->last[e->cpu];
	if (!last->pair || last->tid != e->tid || last->pair->ended ||
	    last->pair->tid != last->tid || last->pair->began != last->began)
		return;
	user = c->probes.function[last->pair->function].called.file != NULL;
	if (e->type != (user ? c->user_stack : c->kernel_stack))
		return;
	data = last->pair->data;
	data->stack_type = e->type;
	data->stack_size = e->size < sizeof(data->stack) ? e->size : sizeof(data->stack);
	memcpy(data->stack, e->data, data->stack_size);
	last->pair = NULL;
}

static int take_return(struct ft_calls *c, unsigned int i, const struct ft_event *e)
{
	const struct fti_calls_function *f = &c->probes.function[i];
	const struct ft_pair *pair = ft_pairs_return(c->pairs, i, e->tid, e->cpu, e->ts);
	const struct entry_data *data;

	/* A stack now would be the return's. */
	if (e->cpu >= 0 && e->cpu < CPUS_MAX)
		c->last[e->cpu].pair = NULL;
	if (!pair)
		return 0;
	data = pair->data;
	c->call = (struct ft_call){
		.function = &f->called,
		.began = pair->began, .ended = pair->ended,
		.tid = e->tid, .cpu = e->cpu,
		.arg_count = c->probes.config.args,
		.retval = ft_field_s64(&f->retval, e),
	};
	memcpy(c->call.args, data->args, sizeof(data->args));
	if (data->stack_size)
		c->call.stack = (struct ft_event){
			.ts = pair->began, .data = data->stack, .size = data->stack_size,
			.cpu = pair->cpu, .tid = e->tid, .type = data->stack_type,
		};
	return 1;
}

int ft_calls_event(struct ft_calls *c, const struct ft_event *e)
{
	unsigned int known = c->by_id[e->type];

	if (e->ts > c->now)
		c->now = e->ts;
	if (known && (known - 1) % 2)
		return take_return(c, (known - 1) / 2, e);
	if (known)
		take_entry(c, (known - 1) / 2, e);
	else if (e->type == c->kernel_stack || e->type == c->user_stack)
		take_stack(c, e);
	return 0;
}

const struct ft_call *ft_calls_last(const struct ft_calls *c)
{
	return &c->call;
}

void ft_calls_lost(struct ft_calls *c, int cpu)
{
	ft_pairs_lost(c->pairs, cpu);
	if (cpu >= 0 && cpu < CPUS_MAX)
		c->last[cpu].pair = NULL;
}

/* -- totals ------------------------------------------------------------------------------------ */

struct counting {
	uint64_t now, min_ns, slow;
};

static int count_slow(void *arg, const struct ft_pair *pair)
{
	struct counting *n = arg;

	n->slow += n->now > pair->began && n->now - pair->began >= n->min_ns;
	return 0;
}

/* What still runs may have made no event for long.  Clocks other than mono are not ours to read. */
static uint64_t now_ns(const struct ft_calls *c)
{
	char *clock = ft_session_read(c->probes.session, "trace_clock");
	bool mono = clock && strstr(clock, "[mono]");

	free(clock);
	return mono ? fti_now_ns() : c->now;
}

int ft_calls_totals(const struct ft_calls *c, uint64_t min_ns, struct ft_calls_totals *out)
{
	struct counting n = { .now = now_ns(c), .min_ns = min_ns };

	*out = (struct ft_calls_totals){ .missed = 0 };
	ft_pairs_stats(c->pairs, &out->pairs);
	ft_pairs_open(c->pairs, count_slow, &n);
	out->slow_open = n.slow;
	return fti_calls_probes_missed(&c->probes, &out->missed);
}
