/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls for people: their texts, and what is told at the end. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ftrace/call.h"
#include "ftrace/tool.h"

void ft_call_name(const struct ft_call *call, char *buf, size_t size)
{
	const struct ft_called *f = call->function;
	const char *where = f->module, *slash = f->file ? strrchr(f->file, '/') : NULL;

	if (f->file)
		where = slash ? slash + 1 : f->file;
	if (where)
		snprintf(buf, size, "%s [%s]", f->name, where);
	else
		snprintf(buf, size, "%s", f->name);
}

void ft_call_args(const struct ft_call *call, char *buf, size_t size)
{
	size_t len = 0;

	if (size)
		buf[0] = 0;
	for (unsigned int i = 0; i < call->arg_count && len < size; i++)
		len += snprintf(buf + len, size - len, "%s0x%" PRIx64, i ? "," : "", call->args[i]);
}

void ft_call_retval(const struct ft_call *call, char *buf, size_t size)
{
	uint64_t value = (uint64_t)call->retval;
	int64_t code = value >> 32 ? call->retval : (int32_t)value;

	if (code < 0 && code >= -4095)
		snprintf(buf, size, "%" PRId64, code);
	else
		snprintf(buf, size, "0x%" PRIx64, value);
}

struct note {
	uint64_t    count;
	const char *key, *what;		/* what NULL: nothing amiss */
};

int ft_calls_report(const struct ft_calls_totals *t, struct ft_run *r)
{
	const struct note notes[] = {
		{ t->pairs.paired, "paired", NULL },
		{ t->pairs.unbegun, "unbegun", "whose beginning was not recorded" },
		{ t->pairs.open, "open", "still running at the end" },
		{ t->slow_open, "open_slow", "of these slow already" },
		{ t->pairs.unended, "unended", "whose return was not recorded" },
		{ t->missed, "missed", "missed by the kernel (of all processes)" },
		{ t->pairs.doubtful, "doubtful", "uncertain since events were lost" },
		{ t->pairs.evicted, "evicted", "forgotten since too many were open" },
		{ t->pairs.backwards, "backwards", "that ended before they began" },
	};
	enum { COUNT = sizeof(notes) / sizeof(notes[0]) };
	const char *keys[COUNT + 1] = { NULL };
	uint64_t values[COUNT];
	char line[768];
	size_t len = 0;

	for (size_t i = 0; i < COUNT; i++) {
		keys[i] = notes[i].key;
		values[i] = notes[i].count;
		if (!notes[i].what || !notes[i].count)
			continue;
		len += snprintf(line + len, sizeof(line) - len, "%s%" PRIu64 " %s", len ? ", " : "",
				notes[i].count, notes[i].what);
	}
	if (len)
		ft_tool_note(r, "calls not shown: %s", line);
	return ft_out_record(r->out, "calls", keys, values);
}
