/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probing-internal.h"

#define EVENT_IDS 65536

/* -- the command line -------------------------------------------------------------------------- */

static void wrong(const struct ft_run *r, const char *text, const char *why)
{
	ft_opt_error(&r->tool->spec, "'%s': %s", text, why);
}

static void check_ret(const struct ft_probing *p, const struct ft_definition *d, const char *text)
{
	if (d->usdt)
		wrong(p->r, text, "with --ret: a built-in probe does not return");
	if (d->kind == FT_PROBE_KERNEL_RETURN || d->kind == FT_PROBE_USER_RETURN)
		wrong(p->r, text, "with --ret define the entry (p:), the return comes with it");
	if (d->offset || !d->function)
		wrong(p->r, text, "with --ret it must be a function, not a place in one");
}

static void parse_operands(struct ft_probing *p)
{
	struct ft_run *r = p->r;
	const int count = r->opt.operand_count;
	char why[FT_DEFINITION_WHY];

	for (int i = 0; i < count; i++) {
		const char *text = r->opt.operands[i];

		if (i && i == count - 1 && ft_definition_is_filter(text)) {
			if (p->opt->watch.filter)
				wrong(r, text, "there is a filter already");
			p->opt->watch.filter = text;
			return;
		}
		if (ft_definition_parse(&p->definition[i], text, p->opt->user, why))
			wrong(r, text, why);
		p->definitions++;
		if (p->opt->ret)
			check_ret(p, &p->definition[i], text);
	}
}

static void fill_columns(const struct ft_run *r, struct ft_probing_opt *opt,
			 struct ft_column *columns)
{
	ft_watch_check(r, &opt->watch, columns);
	columns[FT_PROBING_LATENCY] = (struct ft_column)FT_HIDDEN(
		"LATENCY_US", opt->ret ? "latency_us" : NULL, FT_COL_US);
	columns[FT_PROBING_RET] = (struct ft_column)FT_HIDDEN("RETVAL", opt->ret ? "retval" : NULL,
							      FT_COL_INT);
	columns[FT_PROBING_ERRNO] =
		(struct ft_column)FT_HIDDEN("ERRNO", opt->errnos ? "errno" : NULL, FT_COL_STR);
	columns[FT_PROBING_COLUMNS] = (struct ft_column){ 0 };
}

void ft_probing_check(struct ft_run *r, struct ft_probing_opt *opt, struct ft_column *columns)
{
	struct ft_probing *p = calloc(1, sizeof(*p));

	r->probing = p;
	if (p)
		p->definition = calloc((size_t)r->opt.operand_count + 1, sizeof(*p->definition));
	if (!p || !p->definition)
		ft_opt_error(&r->tool->spec, "%s", strerror(ENOMEM));
	p->r = r;
	p->opt = opt;
	opt->watch.probes = true;
	opt->watch.of_programs = opt->user;
	parse_operands(p);
	fill_columns(r, opt, columns);
	if (opt->view && (r->opt.json || r->opt.csv || r->opt.command))
		ft_opt_error(&r->tool->spec, "option '-v' traces nothing, and shows text only");
	if (opt->view)
		r->run = fti_probing_view;
}

void ft_probing_free(struct ft_run *r)
{
	struct ft_probing *p = r->probing;

	if (!p)
		return;
	r->probing = NULL;
	for (size_t i = 0; i < p->count; i++) {
		free((char *)p->one[i].spec.event);
		free((char *)p->one[i].spec.place);
		free((char *)p->one[i].spec.args);
	}
	for (size_t i = 0; i < p->definitions; i++)
		ft_definition_free(&p->definition[i]);
	ft_probes_close(p->probes);
	ft_watch_free(r);
	ft_pairs_free(p->pairs);
	ft_comms_close(p->comms);
	free(p->definition);
	free(p->one);
	free(p->by_id);
	free(p->text);
	free(p);
}

/* -- what is to be made ------------------------------------------------------------------------ */

struct adding {
	struct ft_probing	   *p;
	const struct ft_definition *d;
};

static bool is_taken(const struct ft_probing *p, const char *event)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->one[i].spec.event, event))
			return true;
	return false;
}

/* Another one where it is taken, as for several places of one name. */
static int name_event(const struct ft_probing *p, const struct ft_probe_spec *spec, char **out)
{
	const bool returns =
		spec->kind == FT_PROBE_KERNEL_RETURN || spec->kind == FT_PROBE_USER_RETURN;
	char name[80];

	snprintf(name, sizeof(name), "%.45s", spec->event);
	if (is_taken(p, name))
		snprintf(name, sizeof(name), "%.40s_%s", spec->event, returns ? "return" : "entry");
	for (unsigned int n = 2; is_taken(p, name); n++)
		snprintf(name, sizeof(name), "%.40s_%u", spec->event, n);
	*out = strdup(name);
	return *out ? 0 : -ENOMEM;
}

static int add_probe(void *arg, const struct ft_probe_spec *spec)
{
	const struct adding *a = arg;
	struct ft_probing *p = a->p;
	struct fti_probing_one *more, *one;
	char *event;

	if (p->count >= FT_PROBES_MAX / 2)
		return ft_fail(p->r->session, -EINVAL, "more than %d probes", FT_PROBES_MAX / 2);
	if (name_event(p, spec, &event))
		return -ENOMEM;
	more = realloc(p->one, (p->count + 1) * sizeof(*more));
	if (!more) {
		free(event);
		return -ENOMEM;
	}
	p->one = more;
	one = &p->one[p->count++];
	*one = (struct fti_probing_one){ .d = a->d, .spec = *spec };
	one->spec.event = event;
	one->spec.place = strdup(spec->place);
	one->spec.args = spec->args ? strdup(spec->args) : NULL;
	return one->spec.place && (one->spec.args || !spec->args) ? 0 : -ENOMEM;
}

static int check_kernel(const struct ft_probing *p)
{
	struct ft_session *s = p->r->session;
	int err = ft_probes_check(s, p->opt->user ? FT_PROBE_USER : FT_PROBE_KERNEL);

	if (!err && p->opt->watch.trigger && p->opt->user &&
	    !ft_session_has_global(s, "events/sched/sched_process_exit/trigger"))
		err = ft_fail(s, -EOPNOTSUPP, "this kernel has no event triggers (3.14 and later)");
	return err;
}

int ft_probing_plan(struct ft_run *r)
{
	struct ft_probing *p = r->probing;
	const struct ft_follow_opt *tasks = &p->opt->watch.tasks;
	struct adding a = { .p = p };
	int err;

	r->uprobes = p->opt->user;
	/* Triggers act on the top-level buffer alone, up to 5.17, wherever they are set. */
	r->top = p->opt->watch.trigger;
	err = check_kernel(p);
	for (size_t i = 0; i < p->definitions && !err; i++) {
		a.d = &p->definition[i];
		err = ft_definition_probes(a.d, r->session, tasks->pid ? tasks->pid : tasks->tid,
					   p->opt->force, add_probe, &a);
	}
	return err == -ENOMEM
		       ? ft_fail(r->session, err, "cannot make probes: %s", strerror(ENOMEM))
		       : err;
}

/* -- making it --------------------------------------------------------------------------------- */

/* The kernel's own choice, twice the number of CPUs, is for functions that do not sleep; beyond
 * 4096 it refuses. */
static unsigned int max_active(const struct ft_probing *p)
{
	return p->count <= 2 ? 4096 : p->count >= 128 ? 64 : (unsigned int)(8192 / p->count);
}

static int make_return(struct ft_probing *p, const struct fti_probing_one *one, char name[64])
{
	struct ft_probe_spec spec = one->spec;

	snprintf(name, 64, "%.50s__return", one->spec.event);
	spec.kind = p->opt->user ? FT_PROBE_USER_RETURN : FT_PROBE_KERNEL_RETURN;
	spec.event = name;
	spec.args = "ret=$retval:s64";
	spec.max_active = max_active(p);
	return ft_probes_add(p->probes, &spec);
}

/* The return first: a call must not begin between the two and end unseen. */
int fti_probing_make(struct ft_probing *p)
{
	char name[64];
	int err = ft_probes_open(&p->probes, p->r->session);

	for (size_t i = 0; i < p->count && !err; i++) {
		int n = p->opt->ret ? make_return(p, &p->one[i], name) : 0;

		if (!p->one[i].spec.max_active)
			p->one[i].spec.max_active = max_active(p);
		if (n >= 0)
			n = ft_probes_add(p->probes, &p->one[i].spec);
		err = n < 0 ? n : 0;
	}
	return err;
}

static int watch_probes(struct ft_probing *p)
{
	const char *group = ft_probes_group(p->probes);
	const struct ft_watch_hooks hooks = {
		.event = p->opt->ret ? fti_probing_pair_event : NULL,
		.row = fti_probing_row,
		.text = p->opt->errnos ? fti_probing_text : NULL,
		.arg = p,
	};
	char name[64];
	int err = ft_watch_new(p->r, &p->opt->watch);

	if (!err)
		ft_watch_hook(p->r->watch, &hooks);
	for (size_t i = 0; i < p->count && !err; i++) {
		err = ft_watch_add(p->r->watch, group, p->one[i].spec.event, true);
		snprintf(name, sizeof(name), "%.50s__return", p->one[i].spec.event);
		if (!err && p->opt->ret)
			err = ft_watch_add_unfiltered(p->r->watch, group, name);
	}
	return err ? err : ft_watch_plan(p->r);
}

int ft_probing_setup(struct ft_run *r)
{
	struct ft_probing *p = r->probing;
	int err = fti_probing_make(p);

	if (!err)
		err = watch_probes(p);
	/* Told by name which cannot be, before their filters are set: nothing is recorded yet. */
	if (!err)
		err = ft_probes_enable(p->probes);
	return err ? err : ft_watch_setup(r);
}

/* -- events ------------------------------------------------------------------------------------ */

static int find_event(struct ft_probing *p, const char *event, size_t i, bool is_return)
{
	int id = ft_event_id(p->r->events, ft_probes_group(p->probes), event);

	if (id < 0 || id >= EVENT_IDS)
		return -ENOENT;
	p->by_id[id] = (uint16_t)(1 + 2 * i + is_return);
	return 0;
}

static int find_events(struct ft_probing *p)
{
	char name[64];
	int err = 0;

	p->by_id = calloc(EVENT_IDS, sizeof(*p->by_id));
	if (!p->by_id)
		return -ENOMEM;
	for (size_t i = 0; i < p->count && !err; i++) {
		struct fti_probing_one *one = &p->one[i];

		snprintf(name, sizeof(name), "%.50s__return", one->spec.event);
		err = find_event(p, one->spec.event, i, false);
		if (!err && p->opt->ret)
			err = find_event(p, name, i, true);
		if (!err)
			fti_probing_retval_find(p, one, p->opt->ret ? name : one->spec.event);
	}
	return err;
}

int ft_probing_ready(struct ft_run *r)
{
	struct ft_probing *p = r->probing;
	int err = find_events(p);

	if (!err && p->opt->ret)
		err = fti_probing_pair_open(p);
	if (err)
		return ft_fail(r->session, err, "cannot decode this kernel's probes: %s",
			       strerror(-err));
	snprintf(r->what, sizeof(r->what), "%.60s%s", p->one[0].spec.event,
		 p->count > 1 ? " and others" : "");
	return ft_watch_ready(r);
}

int ft_probing_loss(struct ft_run *r, int cpu)
{
	if (r->probing->pairs)
		ft_pairs_lost(r->probing->pairs, cpu);
	return ft_watch_loss(r, cpu);
}

/* -- the end ----------------------------------------------------------------------------------- */

/* Hits that the kernel could not record are told, each probe's. */
static int report_missed(struct ft_probing *p, uint64_t *sum)
{
	const size_t count = ft_probes_count(p->probes);
	struct ft_probe_hits *hits = calloc(count + 1, sizeof(*hits));
	const char **keys = calloc(count + 1, sizeof(*keys));
	uint64_t *missed = calloc(count + 1, sizeof(*missed));
	int err = hits && keys && missed ? ft_probes_hits(p->probes, hits) : -ENOMEM;
	size_t n = 0;

	*sum = 0;
	for (size_t i = 0; i < count && !err; i++) {
		if (!hits[i].missed)
			continue;
		ft_tool_note(p->r, "the kernel missed %" PRIu64 " hits of '%s' (of any process)",
			     hits[i].missed, ft_probes_event(p->probes, i));
		keys[n] = ft_probes_event(p->probes, i);
		missed[n++] = hits[i].missed;
		*sum += hits[i].missed;
	}
	if (!err && n) {
		keys[n] = NULL;
		err = ft_out_record(p->r->out, "missed", keys, missed);
	}
	free(missed);
	free(keys);
	free(hits);
	return err;
}

int ft_probing_finish(struct ft_run *r)
{
	struct ft_probing *p = r->probing;
	uint64_t missed;
	int err = report_missed(p, &missed);

	if (!err && p->opt->ret)
		err = fti_probing_pair_report(p, missed);
	return err ? err : ft_watch_finish(r);
}
