/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --ret: the record of an entry is kept until its call returns, then both are one row. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "errno-name.h"
#include "ftrace/call.h"
#include "ftrace/line.h"
#include "probing-internal.h"

/* A record is never larger than a sub-buffer; of numbers alone it is far smaller. */
#define RECORD_STRINGS 4096
#define RECORD_NUMBERS 512
#define OPEN_BYTES     (32u << 20)

struct entry {
	uint32_t      size;
	uint16_t      type;
	unsigned char data[];
};

static bool has_strings(const struct ft_probing *p)
{
	struct ft_definition_arg arg;

	for (size_t i = 0; i < p->definitions; i++)
		for (size_t n = 0; ft_definition_arg(&p->definition[i], n, &arg); n++)
			if (arg.string)
				return true;
	return false;
}

int fti_probing_pair_open(struct ft_probing *p)
{
	int err;

	p->record_max = has_strings(p) ? RECORD_STRINGS : RECORD_NUMBERS;
	err = ft_comms_open(&p->comms, ft_session_tracefs(p->r->session));
	return err ? err : ft_pairs_new(&p->pairs, OPEN_BYTES / p->record_max,
					sizeof(struct entry) + p->record_max);
}

static void take_entry(struct ft_probing *p, unsigned int i, const struct ft_event *e)
{
	struct ft_pair *pair = ft_pairs_entry(p->pairs, i, e->tid, e->cpu, e->ts);
	struct entry *entry = pair->data;

	entry->size = e->size < p->record_max ? e->size : (uint32_t)p->record_max;
	entry->type = e->type;
	memcpy(entry->data, e->data, entry->size);
}

static int print_line(struct ft_probing *p, const struct ft_event *entry, const struct ft_event *e,
		      int64_t retval, uint64_t latency_ns)
{
	char value[FTI_RETVAL_MAX], tail[FTI_RETVAL_MAX + 64];
	const size_t most = FT_OUT_ROOM_MAX - FT_LINE_MAX - sizeof(tail) - 1;
	const char *text;
	size_t len, n;
	char *to;

	text = ft_show_text(ft_watch_show(p->r->watch), entry, &len);
	len = len < most ? len : most;
	fti_probing_retval(retval, p->opt->errnos, value);
	n = (size_t)snprintf(tail, sizeof(tail), " ret=%s latency_us=%" PRIu64 ".%03u\n", value,
			     latency_ns / 1000, (unsigned int)(latency_ns % 1000));
	to = ft_out_room(p->r->out, FT_LINE_MAX + len + n);
	if (to) {
		to = ft_watch_put_line(p->r->watch, e, to);
		to = mempcpy(to, text, len);
		to = mempcpy(to, tail, n);
	}
	return ft_out_commit(p->r->out, to);
}

static int print_data(struct ft_probing *p, unsigned int i, const struct ft_event *entry,
		      const struct ft_event *e, int64_t retval, uint64_t latency_ns)
{
	struct ft_out *out = p->r->out;
	struct ft_show *show = ft_watch_show(p->r->watch);
	const char *text, *name = fti_errno_name(fti_probing_errno(retval));
	size_t len;

	ft_out_uint(out, FT_WATCH_TIME, e->ts);
	ft_out_str(out, FT_WATCH_COMM, ft_comms_get(p->comms, e->tid));
	ft_out_int(out, FT_WATCH_TID, e->tid);
	ft_out_int(out, FT_WATCH_CPU, e->cpu);
	ft_out_str(out, FT_WATCH_EVENT, p->one[i].spec.event);
	if (p->r->opt.json) {
		text = ft_show_json(show, entry, &len);
		ft_out_json(out, FT_WATCH_FIELDS, text, len);
	} else {
		text = ft_show_text(show, entry, &len);
		ft_out_strn(out, FT_WATCH_FIELDS, text, len);
	}
	ft_out_uint(out, FT_PROBING_LATENCY, latency_ns);
	ft_out_int(out, FT_PROBING_RET, retval);
	if (p->opt->errnos && name)
		ft_out_str(out, FT_PROBING_ERRNO, name);
	return ft_out_end(out);
}

static int take_return(struct ft_probing *p, unsigned int i, const struct ft_event *e)
{
	const struct ft_pair *pair = ft_pairs_return(p->pairs, i, e->tid, e->cpu, e->ts);
	const struct entry *entry;
	struct ft_event begin;
	int64_t retval;

	if (!pair)
		return 0;
	entry = pair->data;
	begin = (struct ft_event){ .ts = pair->began, .data = entry->data, .size = entry->size,
				   .cpu = pair->cpu, .tid = e->tid, .type = entry->type };
	retval = ft_field_s64(&p->one[i].retval, e);
	p->r->rows++;
	if (ft_out_is_text(p->r->out))
		return print_line(p, &begin, e, retval, pair->ended - pair->began);
	return print_data(p, i, &begin, e, retval, pair->ended - pair->began);
}

int fti_probing_pair_event(void *arg, const struct ft_event *e)
{
	struct ft_probing *p = arg;
	const unsigned int known = p->by_id[e->type];

	if (known && (known - 1) % 2)
		return take_return(p, (known - 1) / 2, e);
	if (known)
		take_entry(p, (known - 1) / 2, e);
	return 0;
}

int fti_probing_pair_report(struct ft_probing *p, uint64_t missed)
{
	struct ft_calls_totals totals = { .missed = missed };

	ft_pairs_stats(p->pairs, &totals.pairs);
	/* Of what a filter has left out, the returns are there. */
	if (p->opt->watch.filter)
		totals.pairs.unbegun = 0;
	return ft_calls_report(&totals, p->r);
}
