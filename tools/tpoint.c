/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tpoint: trace tracepoints: a line for each event, with all that the kernel tells of it.
 *
 * Enables the named events in a private instance and shows their records as the kernel would, as
 * JSON, or summed up by a field.  Costs a microsecond or two an event, with stacks several.  After
 * perf-tools' tpoint by Brendan Gregg.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/filter.h"
#include "ftrace/kernel.h"
#include "ftrace/target.h"
#include "ftrace/watch.h"

static struct {
	struct ft_watch_opt watch;
	bool list, view;
	int  points;		/* of the operands; one more may be the filter */

	struct ft_watch *w;
	bool named;		/* the target that is being added is no pattern */
	struct ft_column columns[FT_WATCH_COLUMNS + 1];
} o;

static const struct ft_opt options[] = {
	FT_FLAG('l', "list", &o.list, "list tracepoints, with -v their fields; do not trace"),
	FT_FLAG('v', "view", &o.view, "show the tracepoints' format files; do not trace"),
	FT_WATCH_OPTIONS(o.watch),
	{ 0 }
};

static const char *const examples[] = {
	"tpoint -l 'block:*'", "list tracepoints",
	"tpoint -v sched:sched_switch", "fields that filters can use",
	"tpoint block:block_rq_issue 'bytes > 65536'", "large requests",
	"tpoint -s -d 1 --json block:block_rq_issue", "with the kernel's stack, as JSON",
	"tpoint --count id -d 5 raw_syscalls:sys_enter", "system calls by their number",
	"tpoint --hist bytes -i 1 block:block_rq_issue", "sizes of requests, each second",
	"tpoint 'signal:*' -- sh -c 'kill $$'", "what one command does",
	NULL
};

static void check_operands(struct ft_run *r)
{
	const int count = r->opt.operand_count;
	int n = 0;

	while (n < count && ft_filter_is_event(r->opt.operands[n]))
		n++;
	o.points = n;
	if (n == count)
		return;
	if (n < count - 1 || !n)
		ft_opt_error(&r->tool->spec, "'%s': a tracepoint is written system:event",
			     r->opt.operands[n]);
	if (o.watch.filter)
		ft_opt_error(&r->tool->spec, "'%s': there is a filter already", r->opt.operands[n]);
	o.watch.filter = r->opt.operands[n];
}

/* -- listing: nothing is traced ---------------------------------------------------------------- */

static bool is_listed(const char *pattern, const char *system, const char *event)
{
	char name[2 * NAME_MAX + 2];

	if (!pattern)
		return true;
	snprintf(name, sizeof(name), "%s:%s", system, event);
	if (!strpbrk(pattern, "*?["))
		return strstr(name, pattern);
	return ft_glob_match(pattern, strchr(pattern, ':') ? name : event);
}

static int print_format(struct ft_run *r, const char *dir, const char *system, const char *event)
{
	char path[PATH_MAX], text[65536];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/events/%s/%s/format", dir, system, event);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	return n ? ft_out_line(r->out, text, text[n - 1] == '\n' ? n - 1 : n) : 0;
}

static int print_fields(struct ft_run *r, const struct ft_show_event *ev)
{
	char line[512], json[FT_OUT_JSON_MAX];
	size_t n = 1;
	int err = 0;

	json[0] = '{';
	for (const struct ft_show_field *f = ev ? ev->fields : NULL; f && f->name && !err; f++) {
		int len = snprintf(line, sizeof(line), "    %s %s", f->type, f->name);

		if (len >= (int)sizeof(line) || n + 2 * (size_t)len > sizeof(json) - 8)
			continue;
		err = ft_out_line(r->out, line, (size_t)len);
		n += (size_t)sprintf(json + n, "%s\"%s\":\"%s\"", n > 1 ? "," : "", f->name,
				     f->type);
	}
	json[n++] = '}';
	ft_out_json(r->out, FT_WATCH_FIELDS, json, n);
	return err;
}

static int print_event(struct ft_run *r, const char *dir, const char *system, const char *event,
		       struct ft_show *show, const struct ft_events *evs)
{
	char name[2 * NAME_MAX + 2];
	int n = snprintf(name, sizeof(name), "%s:%s", system, event), err, id;

	r->rows++;
	if (o.view && !o.list && ft_out_is_text(r->out))
		return print_format(r, dir, system, event);
	err = ft_out_line(r->out, name, (size_t)n);
	ft_out_str(r->out, FT_WATCH_EVENT, name);
	if (!err && show) {
		id = ft_event_id(evs, system, event);
		err = print_fields(r, id < 0 ? NULL : ft_show_event(show, (uint16_t)id));
	}
	return err || ft_out_is_text(r->out) ? err : ft_out_end(r->out);
}

static int no_dots(const struct dirent *d)
{
	return *d->d_name != '.';
}

/* One that cannot be enabled is a record of the tracers'. */
static bool is_event(const char *dir, const char *system, const char *event)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/events/%s/%s/enable", dir, system, event);
	return !access(path, F_OK);
}

static int list_system(struct ft_run *r, const char *dir, const char *system,
		       bool (*wanted)(struct ft_run *r, const char *system, const char *event))
{
	const char *const systems[] = { system, NULL };
	struct ft_events *evs = NULL;
	struct ft_show *show = NULL;
	struct dirent **list;
	char path[PATH_MAX];
	int n, err = 0;

	snprintf(path, sizeof(path), "%s/events/%s", dir, system);
	n = scandir(path, &list, no_dots, alphasort);
	for (int i = 0; i < n; i++) {
		const char *event = list[i]->d_name;

		if (!err && wanted(r, system, event) && is_event(dir, system, event)) {
			if (o.view && !show && !ft_events_open(&evs, dir, systems))
				err = ft_show_new(&show, evs, NULL);
			if (!err)
				err = print_event(r, dir, system, event, show, evs);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	ft_show_free(show);
	ft_events_close(evs);
	return err;
}

static bool wanted_by_pattern(struct ft_run *r, const char *system, const char *event)
{
	if (!r->opt.operand_count)
		return true;
	for (int i = 0; i < r->opt.operand_count; i++)
		if (is_listed(r->opt.operands[i], system, event))
			return true;
	return false;
}

static bool wanted_by_name(struct ft_run *r, const char *system, const char *event)
{
	char name[2 * NAME_MAX + 2];

	snprintf(name, sizeof(name), "%s:%s", system, event);
	for (int i = 0; i < r->opt.operand_count; i++)
		if (ft_glob_match(r->opt.operands[i], name))
			return true;
	return false;
}

static int run_list(struct ft_run *r)
{
	char *dir, reason[FT_REASON_SIZE], path[PATH_MAX];
	struct dirent **list;
	int n, err = ft_kernel_find_tracefs(r->opt.tracefs, &dir, reason);

	if (err) {
		ft_tool_note(r, "%s", reason);
		return FT_UNSUPPORTED;
	}
	snprintf(path, sizeof(path), "%s/events", dir);
	n = scandir(path, &list, no_dots, alphasort);
	for (int i = 0; i < n; i++) {
		if (!err)
			err = list_system(r, dir, list[i]->d_name, o.list ? wanted_by_pattern :
					  wanted_by_name);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	free(dir);
	if (!err && !r->rows) {
		ft_tool_note(r, "no tracepoint %s '%s'", o.list ? "matches" : "is named",
			     r->opt.operand_count ?
			     r->opt.operands[0] : "*");
		return FT_USAGE;
	}
	if (err && err != -EPIPE)
		ft_tool_note(r, "cannot write the list: %s", strerror(-err));
	return err && err != -EPIPE ? FT_FAILED : FT_OK;
}

static int check(struct ft_run *r)
{
	ft_watch_check(r, &o.watch, o.columns);
	if (o.list || (o.view && r->opt.operand_count)) {
		r->run = run_list;
		for (int i = 0; i < FT_WATCH_COLUMNS; i++)
			if (i != FT_WATCH_EVENT && (i != FT_WATCH_FIELDS || !o.view))
				o.columns[i].key = NULL;
		return 0;
	}
	if (!r->opt.operand_count)
		ft_opt_error(&r->tool->spec, "missing operand: %s", r->tool->spec.operands);
	check_operands(r);
	return 0;
}

/* -- tracing ----------------------------------------------------------------------------------- */

static int add(void *arg, const char *system, const char *event)
{
	(void)arg;
	return ft_watch_add(o.w, system, event, o.named);
}

static int add_target(struct ft_run *r, const char *text)
{
	struct ft_target t = { .kind = FT_TARGET_TRACEPOINT, .text = text };
	const char *colon = strchr(text, ':');
	int err;

	t.file = strndup(text, (size_t)(colon - text));
	t.pattern = strdup(colon + 1);
	o.named = !strpbrk(text, "*?[\\");
	err = t.file && t.pattern ? ft_target_tracepoints(r->session, &t, add, NULL) : -ENOMEM;
	ft_target_free(&t);
	return err;
}

static int plan(struct ft_run *r)
{
	int err = ft_watch_new(&o.w, r, &o.watch);

	for (int i = 0; i < o.points && !err; i++)
		err = add_target(r, r->opt.operands[i]);
	/* Triggers act on the top-level buffer alone, up to 5.17, wherever they are set. */
	r->top = o.watch.trigger;
	return err ? err : ft_watch_plan(o.w);
}

static int setup(struct ft_run *r)
{
	(void)r;
	return ft_watch_setup(o.w);
}

static int ready(struct ft_run *r)
{
	snprintf(r->what, sizeof(r->what), "%.180s%s", r->opt.operands[0],
		 o.points > 1 ? " and others" : "");
	return ft_watch_ready(o.w);
}

static int on_event(struct ft_run *r, const struct ft_event *e)
{
	(void)r;
	return ft_watch_event(o.w, e);
}

static int on_loss(struct ft_run *r, int cpu)
{
	(void)r;
	return ft_watch_loss(o.w, cpu);
}

static int on_interval(struct ft_run *r)
{
	(void)r;
	return ft_watch_interval(o.w);
}

static int finish(struct ft_run *r)
{
	(void)r;
	return ft_watch_finish(o.w);
}

static void release(struct ft_run *r)
{
	(void)r;
	ft_watch_free(o.w);
}

const struct ft_tool tool_tpoint = {
	.spec = {
		.tool = "tpoint",
		.summary = "trace tracepoints",
		.operands = "tracepoint... [filter]",
		.command = true,
		.trace = true,
		.duration_letter = 'd',
		.options = options,
		.examples = examples,
	},
	.columns     = o.columns,
	.interval_ns = &o.watch.interval_ns,
	.check	     = check,
	.plan	     = plan,
	.setup	     = setup,
	.ready	     = ready,
	.on_event    = on_event,
	.on_loss     = on_loss,
	.on_interval = on_interval,
	.finish	     = finish,
	.release     = release,
};
