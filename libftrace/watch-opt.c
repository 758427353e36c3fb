/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of its options go together, and which columns they show. */
#include <string.h>

#include "watch-internal.h"

#define LOOK_NS 250000000

static const struct ft_column all_columns[FT_WATCH_COLUMNS] = {
	[FT_WATCH_TIME]	  = FT_HIDDEN("TIME", "time_s", FT_COL_TIME),
	[FT_WATCH_COMM]	  = FT_COLUMN("COMM", "comm", 0, FT_COL_STR),
	[FT_WATCH_TID]	  = FT_COLUMN("TID", "tid", 0, FT_COL_INT),
	[FT_WATCH_CPU]	  = FT_COLUMN("CPU", "cpu", 0, FT_COL_INT),
	[FT_WATCH_FLAGS]  = FT_COLUMN("FLAGS", "flags", 0, FT_COL_STR),
	[FT_WATCH_EVENT]  = FT_COLUMN("EVENT", "event", 0, FT_COL_STR),
	[FT_WATCH_FIELDS] = FT_COLUMN("FIELDS", "fields", 0, FT_COL_STR),
	[FT_WATCH_STACK]  = FT_COLUMN("STACK", "stack", 0, FT_COL_STR),
	[FT_WATCH_KEY]	  = FT_COLUMN("KEY", "key", 16, FT_COL_ANY),
	[FT_WATCH_KEY2]	  = FT_COLUMN("KEY2", "key2", 16, FT_COL_ANY),
	[FT_WATCH_LOW]	  = FT_COLUMN("LOW", "low", 0, FT_COL_INT),
	[FT_WATCH_HIGH]	  = FT_COLUMN("HIGH", "high", 0, FT_COL_INT),
	[FT_WATCH_COUNT]  = FT_COLUMN("COUNT", "count", 8, FT_COL_UINT),
	[FT_WATCH_MIN]	  = FT_COLUMN("MIN", "min", 10, FT_COL_INT),
	[FT_WATCH_MEAN]	  = FT_COLUMN("MEAN", "mean", 12, FT_COL_US),
	[FT_WATCH_MAX]	  = FT_COLUMN("MAX", "max", 10, FT_COL_INT),
	[FT_WATCH_STDDEV] = FT_COLUMN("STDDEV", "stddev", 12, FT_COL_US),
	[FT_WATCH_P50]	  = FT_COLUMN("P50", "p50", 10, FT_COL_INT),
	[FT_WATCH_P90]	  = FT_COLUMN("P90", "p90", 10, FT_COL_INT),
	[FT_WATCH_P99]	  = FT_COLUMN("P99", "p99", 10, FT_COL_INT),
	[FT_WATCH_P999]	  = FT_COLUMN("P99.9", "p99_9", 10, FT_COL_INT),
};

/* Columns that each kind of output has, by bit. */
#define BIT(column) (1U << FT_WATCH_##column)
#define ROWS	(BIT(TIME) | BIT(COMM) | BIT(TID) | BIT(CPU) | BIT(FLAGS) | BIT(EVENT) | \
		 BIT(FIELDS))
#define FOLDED	(BIT(COMM) | BIT(STACK) | BIT(COUNT))
#define HIST	(BIT(TIME) | BIT(LOW) | BIT(HIGH) | BIT(COUNT))
#define STATS	(BIT(TIME) | BIT(COUNT) | BIT(MIN) | BIT(MEAN) | BIT(MAX) | BIT(STDDEV) | \
		 BIT(P50) | BIT(P90) | BIT(P99) | BIT(P999))

static const char *sum_fields(const struct ft_watch_opt *opt)
{
	return opt->count ? opt->count : opt->hist ? opt->hist : opt->stats;
}

int fti_watch_sum(struct fti_sum_spec *spec, const struct ft_watch_opt *opt, char why[128])
{
	enum fti_sum_what what = opt->count ? FTI_SUM_COUNT :
				 opt->hist ? FTI_SUM_HIST : FTI_SUM_STATS;

	spec->top = opt->top;
	return fti_sum_parse(spec, what, sum_fields(opt), why);
}

bool fti_watch_sums(const struct ft_watch_opt *opt)
{
	return opt->count || opt->hist || opt->stats;
}

/* The fields' own names, unless that would be one key twice. */
static void name_keys(struct ft_column *columns, const struct fti_sum_spec *spec)
{
	static char names[FTI_SUM_KEYS][FTI_SUM_NAME];

	for (size_t i = 0; i < spec->keys; i++) {
		struct ft_column *c = &columns[FT_WATCH_KEY + i];

		strcpy(names[i], spec->name[i]);
		c->name = names[i];
		if (strcmp(names[i], "count") && strcmp(names[i], "time_s") &&
		    strcmp(names[i], "time") &&
		    (!i || strcmp(names[i], names[0])))
			c->key = names[i];
	}
}

static unsigned int shown_columns(const struct ft_run *r, const struct ft_watch_opt *opt,
				  struct fti_sum_spec *spec)
{
	char why[128];

	if (!fti_watch_sums(opt))
		return opt->folded ? FOLDED : ROWS | (opt->stack || opt->trigger ? BIT(STACK) : 0);
	if (fti_watch_sum(spec, opt, why))
		ft_opt_error(&r->tool->spec, "--%s '%s': %s",
			     opt->count ? "count" : opt->hist ? "hist" : "stats",
			     sum_fields(opt), why);
	if (opt->hist || opt->stats)
		return opt->hist ? HIST : STATS;
	return BIT(TIME) | BIT(KEY) | BIT(COUNT) | (spec->keys > 1 ? BIT(KEY2) : 0);
}

const char *fti_watch_trigger_filter(const char *text)
{
	const char *filter = strstr(text, " if ");

	return filter ? filter + 4 : NULL;
}

bool fti_watch_stack_trigger(const struct ft_watch_opt *opt)
{
	return opt->trigger && !strncmp(opt->trigger, "stacktrace", 10);
}

bool fti_watch_snapshot_trigger(const struct ft_watch_opt *opt)
{
	return opt->snapshots && opt->trigger && !strncmp(opt->trigger, "snapshot", 8);
}

bool fti_watch_trigger_ok(const struct ft_watch_opt *opt)
{
	static const char *const words[] = { "traceoff", "stacktrace" };
	const char *text = opt->trigger, *p = NULL;

	/* Another one would replace it. */
	if (fti_watch_snapshot_trigger(opt))
		p = text[8] == ':' ? NULL : text + 8;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(text, words[i], strlen(words[i])))
			p = text + strlen(words[i]);
	if (!p)
		return false;
	if (*p == ':') {
		if (!strspn(++p, "0123456789"))
			return false;
		p += strspn(p, "0123456789");
	}
	return !*p || (!strncmp(p, " if ", 4) && p[4]);
}

void ft_watch_check(const struct ft_run *r, struct ft_watch_opt *opt, struct ft_column *columns)
{
	const struct ft_opt_spec *tool = &r->tool->spec;
	struct fti_sum_spec spec = { .keys = 0 };
	unsigned int shown;

	ft_follow_check(tool, &r->opt, &opt->tasks);
	if (opt->interval_ns && !fti_watch_sums(opt))
		ft_opt_error(tool, "option '-i' needs --count, --hist or --stats");
	if (opt->top && !opt->count)
		ft_opt_error(tool, "option '--top' needs --count");
	if (opt->folded && r->opt.wall)
		ft_opt_error(tool, "options '--folded' and '--wall' exclude each other");
	if (opt->trigger && !fti_watch_trigger_ok(opt))
		ft_opt_error(tool, "--trigger '%s': not traceoff or stacktrace, with [:N] "
			     "[if FILTER]%s", opt->trigger,
			     opt->snapshots ? ", or snapshot [if FILTER]" : "");
	if (fti_watch_snapshot_trigger(opt) && r->opt.operand_count &&
	    strpbrk(r->opt.operands[0], "*?[\\"))
		ft_opt_error(tool, "--trigger '%s': the first tracepoint takes it, and '%s' is a "
			     "pattern", opt->trigger, r->opt.operands[0]);
	/* To notice that it has: then nothing more comes. */
	if (opt->trigger && !fti_watch_stack_trigger(opt))
		opt->interval_ns = LOOK_NS;
	shown = shown_columns(r, opt, &spec);
	memcpy(columns, all_columns, sizeof(all_columns));
	columns[FT_WATCH_COLUMNS] = (struct ft_column){ 0 };
	for (int i = 0; i < FT_WATCH_COLUMNS; i++) {
		if (shown & 1U << i)
			continue;
		columns[i].key = NULL;
		columns[i].hidden = true;
	}
	if (opt->count)
		name_keys(columns, &spec);
}
