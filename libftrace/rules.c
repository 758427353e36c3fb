/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How each kind of tracefs file is kept and written back.  The table is also the list of what a
 * journal may name: a path without a rule is never written to.
 */
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define ROUNDING_KB 64	/* the largest page */

struct rule {
	const char *pattern;
	enum fti_kind kind;
	int (*normalize)(char *value);
};

static int keep(char *value)
{
	(void)value;
	return 0;
}

/* "local [mono] global": the word in brackets. */
static int bracketed(char *value)
{
	char *from = strchr(value, '['), *to = from ? strchr(from, ']') : NULL;

	if (!to)
		return -ENOTSUP;
	*to = 0;
	memmove(value, from + 1, strlen(from + 1) + 1);
	return 0;
}

/* "1408" or, until tracing was first used, "7 (expanded: 1408)": what it will be is what counts.
 * "X" (CPUs differ) cannot be put back as one value: the per-CPU files can. */
static int buffer_size(char *value)
{
	const char *expanded = strstr(value, "(expanded: ");
	char *end;

	if (expanded)
		memmove(value, expanded + 11, strlen(expanded + 11) + 1);
	for (end = value; isdigit((unsigned char)*end); end++)
		;
	if (end == value)
		return -ENOTSUP;
	*end = 0;
	return 0;
}

/* "0", "1", with "*" while a trigger holds the event in its soft mode. */
static int event_enable(char *value)
{
	if ((value[0] != '0' && value[0] != '1') || (value[1] && strcmp(value + 1, "*")))
		return -ENOTSUP;
	value[1] = 0;
	return 0;
}

/* "none" is written as "0"; an empty subsystem filter reads as a four-line comment, and one that
 * was refused, which filters nothing, as its text and what is wrong with it. */
static int event_filter(char *value)
{
	if (!strcmp(value, "none") || value[0] == '#' || strstr(value, "\nparse_error:"))
		strcpy(value, "0");
	return strchr(value, '\n') ? -ENOTSUP : 0;
}

/* Keep the lines for which edit() says so. */
static int each_line(char *value, bool (*edit)(char *line))
{
	char *out = value, *line = value, *next;

	for (; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (!*line || !edit(line))
			continue;
		if (out != value)
			*out++ = '\n';
		memmove(out, line, strlen(line) + 1);
		out += strlen(out);
	}
	*out = 0;
	return 0;
}

/* "vfs_read:traceoff:count=2" is a command: truncating the file does not remove it.  "*:mod:ext4",
 * of a module not yet loaded (4.13+), it does.  "f [mod]" is found again by its name alone. */
static bool function_line(char *line)
{
	const char *colon = strchr(line, ':');

	if (line[0] == '#' || (colon && strncmp(colon, ":mod:", 5)))
		return false;
	line[strcspn(line, " \t")] = 0;
	return *line;
}

static int functions(char *value)
{
	return each_line(value, function_line);
}

/* set_ftrace_pid up to 4.7 calls 0 by a name. */
static bool pid_line(char *line)
{
	if (!strcmp(line, "swapper tasks"))
		strcpy(line, "0");
	return strcmp(line, "no pid") != 0 && line[0] != '#';
}

static int pids(char *value)
{
	return each_line(value, pid_line);
}

/* A histogram says how it is, which it does not understand when it is removed by the same line. */
static bool trigger_line(char *line)
{
	char *state = strrchr(line, ' ');

	if (state && (!strcmp(state, " [active]") || !strcmp(state, " [paused]")))
		*state = 0;
	return line[0] != '#';
}

static int triggers(char *value)
{
	return each_line(value, trigger_line);
}

static const struct rule rules[] = {
	{ "current_tracer",		FTI_VALUE,	keep },
	{ "tracing_on",			FTI_VALUE,	keep },
	{ "tracing_thresh",		FTI_VALUE,	keep },
	{ "tracing_cpumask",		FTI_VALUE,	keep },
	{ "max_graph_depth",		FTI_VALUE,	keep },
	{ "buffer_percent",		FTI_VALUE,	keep },
	{ "buffer_size_kb",		FTI_VALUE,	buffer_size },
	{ "per_cpu/cpu*/buffer_size_kb", FTI_VALUE,	buffer_size },
	{ "buffer_subbuf_size_kb",	FTI_VALUE,	keep },
	{ "saved_cmdlines_size",	FTI_VALUE,	keep },
	{ "trace_clock",		FTI_VALUE,	bracketed },
	{ "function_profile_enabled",	FTI_VALUE,	keep },
	{ "options/*",			FTI_VALUE,	keep },
	{ "instances/" FTI_INSTANCE_PREFIX "*/options/*", FTI_VALUE, keep },
	{ "events/enable",		FTI_VALUE,	event_enable },
	{ "events/*/enable",		FTI_VALUE,	event_enable },
	{ "events/*/*/enable",		FTI_VALUE,	event_enable },
	{ "events/*/filter",		FTI_VALUE,	event_filter },
	{ "events/*/*/filter",		FTI_VALUE,	event_filter },
	{ "events/*/*/trigger",		FTI_TRIGGER,	triggers },
	{ "instances/" FTI_INSTANCE_PREFIX "*/events/*/*/trigger", FTI_TRIGGER, triggers },
	{ "set_ftrace_filter",		FTI_LIST,	functions },
	{ "set_ftrace_notrace",		FTI_LIST,	functions },
	{ "set_graph_function",		FTI_LIST,	functions },
	{ "set_graph_notrace",		FTI_LIST,	functions },
	{ "set_ftrace_pid",		FTI_LIST,	pids },
	{ "set_ftrace_notrace_pid",	FTI_LIST,	pids },
	{ "set_event_pid",		FTI_LIST,	pids },
	{ "set_event_notrace_pid",	FTI_LIST,	pids },
	{ "instances/" FTI_INSTANCE_PREFIX "*", FTI_INSTANCE, keep },
	{ "kprobe_events",		FTI_PROBE,	keep },
	{ "uprobe_events",		FTI_PROBE,	keep },
	{ "synthetic_events",		FTI_SYNTHETIC,	keep },
};

static const struct rule *find_rule(const char *path)
{
	size_t len = strlen(path);

	/* ".." and empty or dot components never occur in a path of ours. */
	if (!len || path[0] == '/' || path[0] == '.' || path[len - 1] == '/' ||
	    strstr(path, "/.") || strstr(path, "//"))
		return NULL;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!fnmatch(rules[i].pattern, path, FNM_PATHNAME | FNM_NOESCAPE))
			return &rules[i];
	return NULL;
}

int fti_rule_kind(const char *path)
{
	const struct rule *r = find_rule(path);

	return r ? (int)r->kind : -ENOTSUP;
}

int fti_rule_normalize(const char *path, char *value)
{
	const struct rule *r = find_rule(path);

	if (!r)
		return -ENOTSUP;
	fti_trim(value);
	return r->normalize(value);
}

bool fti_rule_same(const char *path, const char *wanted, const char *now)
{
	const struct rule *r = find_rule(path);
	unsigned long a, b;

	if (!strcmp(wanted, now))
		return true;
	if (!r || r->normalize != buffer_size)
		return false;
	/* To whole sub-buffers: "expanded: 1408" becomes 1410. */
	a = strtoul(wanted, NULL, 10);
	b = strtoul(now, NULL, 10);
	return b > a && b - a < ROUNDING_KB;
}
