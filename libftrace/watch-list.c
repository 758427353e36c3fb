/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tracepoints listed, with their fields; nothing is traced. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/kernel.h"
#include "watch-internal.h"

struct listing {
	struct ft_run *r;
	const char    *dir;	/* the tracing directory */
	bool	       search, fields;
};

/* Of the system that is being listed. */
struct formats {
	struct ft_events *evs;
	struct ft_show	 *show;
};

/* Parts of names and patterns are searched for; else a whole name or pattern is meant. */
static bool is_meant(const struct listing *l, const char *text, const char *name)
{
	if (!l->search)
		return ft_glob_match(text, name);
	if (!strpbrk(text, "*?["))
		return strstr(name, text);
	return ft_glob_match(text, strchr(text, ':') ? name : strchr(name, ':') + 1);
}

static bool is_listed(const struct listing *l, const char *name)
{
	const struct ft_opt_common *opt = &l->r->opt;

	for (int i = 0; i < opt->operand_count; i++)
		if (is_meant(l, opt->operands[i], name))
			return true;
	return !opt->operand_count;
}

static int print_format(const struct listing *l, const char *system, const char *event)
{
	char path[PATH_MAX], text[65536];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/events/%s/%s/format", l->dir, system, event);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	return n ? ft_out_line(l->r->out, text, text[n - 1] == '\n' ? n - 1 : n) : 0;
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

static int open_formats(const struct listing *l, const char *system, struct formats *f)
{
	const char *const systems[] = { system, NULL };
	int err;

	if (!l->fields || f->show)
		return 0;
	err = ft_events_open(&f->evs, l->dir, systems);
	return err ? err : ft_show_new(&f->show, f->evs, NULL);
}

static int print_event(const struct listing *l, const char *system, const char *event,
		       const char *name, struct formats *f)
{
	struct ft_run *r = l->r;
	int err, id;

	r->rows++;
	if (l->fields && !l->search && ft_out_is_text(r->out))
		return print_format(l, system, event);
	err = open_formats(l, system, f);
	if (err)
		return err;
	err = ft_out_line(r->out, name, strlen(name));
	ft_out_str(r->out, FT_WATCH_EVENT, name);
	if (!err && f->show) {
		id = ft_event_id(f->evs, system, event);
		err = print_fields(r, id < 0 ? NULL : ft_show_event(f->show, (uint16_t)id));
	}
	return err || ft_out_is_text(r->out) ? err : ft_out_end(r->out);
}

static int no_dots(const struct dirent *d)
{
	return *d->d_name != '.';
}

/* One that cannot be enabled is a record of the tracers'. */
static bool is_event(const struct listing *l, const char *system, const char *event)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/events/%s/%s/enable", l->dir, system, event);
	return !access(path, F_OK);
}

static int list_system(const struct listing *l, const char *system)
{
	struct formats f = { .evs = NULL };
	char path[PATH_MAX], name[2 * NAME_MAX + 2];
	struct dirent **list;
	int n, err = 0;

	snprintf(path, sizeof(path), "%s/events/%s", l->dir, system);
	n = scandir(path, &list, no_dots, alphasort);
	for (int i = 0; i < n; i++) {
		const char *event = list[i]->d_name;

		snprintf(name, sizeof(name), "%s:%s", system, event);
		if (!err && is_listed(l, name) && is_event(l, system, event))
			err = print_event(l, system, event, name, &f);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	ft_show_free(f.show);
	ft_events_close(f.evs);
	return err;
}

static int list_all(const struct listing *l)
{
	struct dirent **list;
	char path[PATH_MAX];
	int n, err = 0;

	snprintf(path, sizeof(path), "%s/events", l->dir);
	n = scandir(path, &list, no_dots, alphasort);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		if (!err)
			err = list_system(l, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return err;
}

int ft_watch_list(struct ft_run *r, bool search, bool fields)
{
	struct listing l = { .r = r, .search = search, .fields = fields };
	char *dir, reason[FT_REASON_SIZE];
	int err = ft_kernel_find_tracefs(r->opt.tracefs, &dir, reason);

	if (err) {
		ft_tool_note(r, "%s", reason);
		return FT_UNSUPPORTED;
	}
	l.dir = dir;
	err = list_all(&l);
	free(dir);
	if (err && err != -EPIPE) {
		ft_tool_note(r, "cannot list tracepoints: %s", strerror(-err));
		return FT_FAILED;
	}
	if (!err && !r->rows) {
		ft_tool_note(r, "no tracepoint %s '%s'", search ? "matches" : "is named",
			     r->opt.operand_count ? r->opt.operands[0] : "*");
		return FT_USAGE;
	}
	return FT_OK;
}
