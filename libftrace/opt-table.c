/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <string.h>

#include "opt-parse.h"

#define EXCLUDES_FORMAT (1u << 31)

const struct ft_opt *fti_opt_letter(const struct fti_opt_table *t, char letter)
{
	for (size_t i = 0; letter && i < t->count; i++) {
		if (t->opts[i].letter == letter)
			return &t->opts[i];
	}
	return NULL;
}

const struct ft_opt *fti_opt_name(const struct fti_opt_table *t, const char *name, size_t len)
{
	for (size_t i = 0; i < t->count; i++) {
		const char *own = t->opts[i].name;

		if (own && strlen(own) == len && !memcmp(own, name, len))
			return &t->opts[i];
	}
	return NULL;
}

/* The tool's own options come first: their letters are taken, their names hide common options. */
static void add_common(struct fti_opt_table *t, const struct ft_opt *o)
{
	bool taken;

	if (fti_opt_name(t, o->name, strlen(o->name)))
		return;
	if (t->count == FTI_OPT_MAX) {
		t->full = true;
		return;
	}
	taken = fti_opt_letter(t, o->letter) != NULL;
	t->opts[t->count] = *o;
	if (taken)
		t->opts[t->count].letter = 0;
	t->count++;
}

static void add_commons(struct fti_opt_table *t, const struct ft_opt *o)
{
	for (; o->type != FT_OPT_END; o++)
		add_common(t, o);
}

void fti_opt_table(struct fti_opt_table *t, const struct ft_opt_spec *spec,
		   struct ft_opt_common *c)
{
	const struct ft_opt trace[] = {
		{ .letter = spec->duration_letter, .name = "duration", .type = FT_OPT_SECONDS,
		  .value = &c->duration_ns, .arg = "TIME",
		  .help = "stop after this time: 1.5 (seconds), 500ms, 2m, 1h" },
		{ .name = "wall", .type = FT_OPT_FLAG, .value = &c->wall,
		  .help = "show times as date and time (ISO 8601, UTC)" },
		{ .name = "buffer-size", .type = FT_OPT_SIZE_KB, .value = &c->buffer_kb,
		  .arg = "KB", .help = "ring buffer of each CPU: 1408 (kB), 512k, 4m" },
		{ .name = "max-rate", .type = FT_OPT_UINT, .value = &c->max_rate, .arg = "N",
		  .help = t->max_rate_help },
		{ .type = FT_OPT_END },
	};
	const struct ft_opt all[] = {
		{ .name = "json", .type = FT_OPT_FLAG, .value = &c->json,
		  .help = "print JSON, one object a line", .excludes = EXCLUDES_FORMAT },
		{ .name = "csv", .type = FT_OPT_FLAG, .value = &c->csv,
		  .help = "print comma-separated values", .excludes = EXCLUDES_FORMAT },
		{ .letter = 'o', .name = "output", .type = FT_OPT_STRING, .value = &c->output,
		  .arg = "FILE", .help = "write to FILE" },
		{ .name = "tracefs", .type = FT_OPT_STRING, .value = &c->tracefs, .arg = "DIR",
		  .help = "use the tracing directory DIR" },
		{ .letter = 'v', .name = "verbose", .type = FT_OPT_FLAG, .value = &c->verbose,
		  .help = "say what is done" },
		{ .letter = 'h', .name = "help", .type = FT_OPT_FLAG, .value = &t->help,
		  .help = "show this help" },
		{ .letter = 'V', .name = "version", .type = FT_OPT_FLAG, .value = &t->version,
		  .help = "show the version" },
		{ .type = FT_OPT_END },
	};

	memset(t, 0, sizeof(*t));
	snprintf(t->max_rate_help, sizeof(t->max_rate_help),
		 "stop when more events a second come (default %" PRIu64 ", 0: no limit)",
		 spec->max_rate ? spec->max_rate : (uint64_t)FT_MAX_RATE_DEFAULT);
	for (const struct ft_opt *o = spec->options; o && o->type != FT_OPT_END; o++) {
		t->full = t->full || t->count == FTI_OPT_MAX;
		if (!t->full)
			t->opts[t->count++] = *o;
	}
	t->own = t->count;
	if (spec->trace)
		add_commons(t, trace);
	add_commons(t, all);
}
