/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/opt.h"
#include "sum-internal.h"

#define TYPES 65536

/* -- what is asked for ------------------------------------------------------------------------- */

int fti_sum_parse(struct fti_sum_spec *spec, enum fti_sum_what what, const char *text, char *why)
{
	const size_t most = what == FTI_SUM_COUNT ? FTI_SUM_KEYS : 1;

	spec->what = what;
	spec->keys = 0;
	for (const char *at = text, *end;; at = end + 1) {
		end = strchrnul(at, ',');
		if (end == at || (size_t)(end - at) >= FTI_SUM_NAME || spec->keys == most) {
			snprintf(why, 128, spec->keys == most ? "at most %zu field%s" :
				 "not a field's name",
				 most, most > 1 ? "s" : "");
			return -EINVAL;
		}
		memcpy(spec->name[spec->keys], at, (size_t)(end - at));
		spec->name[spec->keys++][end - at] = 0;
		if (!*end)
			return 0;
	}
}

/* An event's own field goes first, as in the kernel's filters; but one named "event" would be
 * found in a
 * few of the events of a pattern only. */
static int find_source(const struct ft_show_event *ev, const char *name,
		       const struct ft_show_field **field)
{
	static const struct {
		const char *name;
		enum fti_sum_source from;
	} generic[] = {
		{ "comm", FTI_SUM_COMM }, { "COMM", FTI_SUM_COMM }, { "common_pid", FTI_SUM_TID },
		{ "cpu", FTI_SUM_CPU }, { "CPU", FTI_SUM_CPU }, { "event", FTI_SUM_EVENT },
	};

	*field = strcmp(name, "event") ? ft_show_field(ev, name) : NULL;
	if (*field)
		return FTI_SUM_FIELD;
	for (size_t i = 0; i < sizeof(generic) / sizeof(generic[0]); i++)
		if (!strcmp(name, generic[i].name))
			return generic[i].from;
	return -ENOENT;
}

static int no_field(const struct ft_show_event *ev, const char *name, struct ft_filter_error *error)
{
	const char *best = NULL;
	size_t distance = SIZE_MAX;

	for (const struct ft_show_field *f = ev->fields; f->name; f++)
		ft_nearest_step(name, f->name, &best, &distance);
	error->field = true;
	snprintf(error->reason, sizeof(error->reason), "no such field '%s'%s%.64s%s", name,
		 best ? " (did you mean '" : "", best ? best : "", best ? "'?)" : "");
	return -EINVAL;
}

int fti_sum_check(const struct fti_sum_spec *spec, const struct ft_show_event *ev,
		  struct ft_filter_error *error)
{
	memset(error, 0, sizeof(*error));
	for (size_t i = 0; i < spec->keys; i++) {
		const char *name = spec->name[i];
		const struct ft_show_field *f;
		int from = find_source(ev, name, &f);

		if (from < 0)
			return no_field(ev, name, error);
		if (spec->what != FTI_SUM_COUNT && (from != FTI_SUM_FIELD ||
						    f->kind != FT_SHOW_INT)) {
			snprintf(error->reason, sizeof(error->reason), "'%s' is not a number",
				 name);
			return -EINVAL;
		}
		if (from == FTI_SUM_FIELD && (f->kind == FT_SHOW_ARRAY ||
					      f->kind == FT_SHOW_BITMASK)) {
			snprintf(error->reason, sizeof(error->reason),
				 "'%s' is neither a number nor a string",
				 name);
			return -EINVAL;
		}
	}
	return 0;
}

/* -- making ------------------------------------------------------------------------------------ */

int fti_sum_new(struct fti_sum **out, const struct fti_sum_spec *spec, struct ft_comms *comms)
{
	struct fti_sum *s = calloc(1, sizeof(*s));
	int err;

	*out = NULL;
	if (!s)
		return -ENOMEM;
	s->spec = *spec;
	s->comms = comms;
	s->by_type = calloc(TYPES, sizeof(*s->by_type));
	err = s->by_type ? 0 : -ENOMEM;
	if (!err && spec->what == FTI_SUM_COUNT)
		err = ft_count_new(&s->count, FTI_SUM_MAX);
	if (!err && spec->what == FTI_SUM_COUNT)
		err = fti_strings_new(&s->strings, FTI_SUM_MAX);
	if (!err && spec->what != FTI_SUM_COUNT)
		err = ft_histogram_new(&s->histogram);
	if (err) {
		fti_sum_free(s);
		return err;
	}
	*out = s;
	return 0;
}

void fti_sum_free(struct fti_sum *s)
{
	if (!s)
		return;
	ft_count_free(s->count);
	fti_strings_free(s->strings);
	ft_histogram_free(s->histogram);
	free(s->sources);
	free(s->by_type);
	free(s);
}

static enum fti_sum_kind kind_of(enum fti_sum_source from, const struct ft_show_field *f)
{
	if (from == FTI_SUM_COMM || from == FTI_SUM_EVENT)
		return FTI_SUM_STRING;
	if (from != FTI_SUM_FIELD)
		return FTI_SUM_UNSIGNED;
	if (f->kind == FT_SHOW_STRING || f->kind == FT_SHOW_POINTER)
		return f->kind == FT_SHOW_STRING ? FTI_SUM_STRING : FTI_SUM_HEX;
	return f->at.is_signed ? FTI_SUM_SIGNED : FTI_SUM_UNSIGNED;
}

int fti_sum_type(struct fti_sum *s, uint16_t type, const struct ft_show_event *ev)
{
	struct fti_sum_from *more, *src;

	if (s->source_count == UINT16_MAX)
		return -E2BIG;
	more = realloc(s->sources, (s->source_count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->sources = more;
	src = &more[s->source_count];
	*src = (struct fti_sum_from){ .event = ev->name };
	for (size_t i = 0; i < s->spec.keys; i++) {
		const struct ft_show_field *f;
		int from = find_source(ev, s->spec.name[i], &f);
		enum fti_sum_kind kind;

		if (from < 0)
			return -EINVAL;
		src->from[i] = (enum fti_sum_source)from;
		if (f)
			src->field[i] = *f;
		kind = kind_of(src->from[i], f);
		if ((s->kind[i] == FTI_SUM_STRING) != (kind == FTI_SUM_STRING) &&
		    s->kind[i] != FTI_SUM_UNSET)
			return -EINVAL;
		/* Of different numbers the sign is shown if one may have one. */
		if (s->kind[i] == FTI_SUM_UNSET || kind == FTI_SUM_SIGNED)
			s->kind[i] = kind;
	}
	s->by_type[type] = (uint16_t)++s->source_count;
	return 0;
}

/* -- adding ------------------------------------------------------------------------------------ */

static uint64_t number(const struct ft_show_field *f, const struct ft_event *e)
{
	return f->at.is_signed ? (uint64_t)ft_field_s64(&f->at, e) : ft_field_u64(&f->at, e);
}

/* A string's number; -ENOSPC: there are too many. */
static int string_key(struct fti_sum *s, const char *text, size_t len, uint64_t *key)
{
	ssize_t n = fti_strings_number(s->strings, text, len);

	*key = (uint64_t)n;
	return n < 0 ? (int)n : 0;
}

static int load_key(struct fti_sum *s, const struct fti_sum_from *src, size_t i,
		    const struct ft_event *e, uint64_t *key)
{
	const struct ft_show_field *f = &src->field[i];
	const char *text;
	size_t len;

	switch (src->from[i]) {
	case FTI_SUM_TID:
		*key = (uint64_t)e->tid;
		return 0;
	case FTI_SUM_CPU:
		*key = (uint64_t)e->cpu;
		return 0;
	case FTI_SUM_COMM:
		text = ft_comms_get(s->comms, e->tid);
		return string_key(s, text, strlen(text), key);
	case FTI_SUM_EVENT:
		return string_key(s, src->event, strlen(src->event), key);
	default:
		break;
	}
	if (f->kind == FT_SHOW_STRING) {
		text = ft_show_string(f, e, &len);
		return string_key(s, text ? text : "", text ? len : 0, key);
	}
	*key = number(f, e);
	return 0;
}

int fti_sum_add(struct fti_sum *s, const struct ft_event *e)
{
	const unsigned int n = s->by_type[e->type];
	const struct fti_sum_from *src = n ? &s->sources[n - 1] : NULL;
	uint64_t key[FTI_SUM_KEYS] = { 0 };

	if (!src)
		return 0;
	if (s->histogram) {
		key[0] = number(&src->field[0], e);
		if (!src->field[0].at.is_signed && key[0] > INT64_MAX)
			key[0] = INT64_MAX;
		ft_histogram_add(s->histogram, (int64_t)key[0]);
		return 0;
	}
	for (size_t i = 0; i < s->spec.keys; i++) {
		int err = load_key(s, src, i, e, &key[i]);

		if (err == -ENOSPC) {
			s->other++;
			return 0;
		}
		if (err)
			return err;
	}
	ft_count_add(s->count, key[0], key[1], 1);
	return 0;
}

void fti_sum_add_keys(struct fti_sum *s, const uint64_t key[FTI_SUM_KEYS], uint64_t n)
{
	ft_count_add(s->count, key[0], key[1], n);
}
