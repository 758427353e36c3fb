/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blockhist.h"
#include "ftrace/count.h"
#include "ftrace/event.h"
#include "ftrace/kernel.h"
#include "ftrace/synthetic.h"
#include "hist.h"

#define LATENCIES 16384	/* different ones that the kernel can tell apart */
#define TYPES	  128	/* of I/O; the kernel takes no smaller number of places */

struct ft_blockhist {
	struct ft_session *s;
	struct ft_blockhist_config config;
	char	 event[FT_SYNTHETIC_NAME];
	uint16_t rwbs_size;
	char	 types[TYPES][FT_BLOCK_RWBS];
	size_t	 type_count;
	struct ft_count *before;	/* as of the last reading */
	uint64_t dropped;		/* latencies */
	uint64_t told;			/* I/Os, in all */
};

int ft_blockhist_check(struct ft_session *s)
{
	int err = ft_synthetic_check(s);

	if (err)
		return err;
	if (!ft_kernel_readme_has(ft_session_tracefs(s), ".buckets=size") ||
	    !ft_kernel_readme_has(ft_session_tracefs(s), "onmatch(matching.event)"))
		return ft_fail(s, -EOPNOTSUPP, "this kernel cannot count latencies itself: its "
			       "hist triggers have no '.buckets' (Linux 5.15)");
	return 0;
}

/* -- setup ------------------------------------------------------------------------------------- */

/* The types of a synthetic event's fields must have the sizes of those they are made of. */
static int find_rwbs(struct ft_blockhist *h)
{
	static const char *const systems[] = { "block:block_rq_complete", NULL };
	struct ft_events *evs;
	struct ft_field f = { 0 };
	int err = ft_events_open(&evs, ft_session_tracefs(h->s), systems);

	if (!err) {
		err = ft_field_find(evs, "block", "block_rq_complete", "rwbs", &f);
		ft_events_close(evs);
	}
	h->rwbs_size = f.size > 1 ? f.size : f.count;
	return err ? ft_fail(h->s, -EOPNOTSUPP, "this kernel has no event "
			     "'block:block_rq_complete'") : 0;
}

static int add_event(struct ft_blockhist *h)
{
	char fields[96], rwbs[32] = "";

	if (h->config.by_type)
		snprintf(rwbs, sizeof(rwbs), "; char rwbs[%u]", h->rwbs_size);
	snprintf(fields, sizeof(fields), "u64 lat%s%s", h->config.by_dev ? "; u32 dev" : "", rwbs);
	return ft_synthetic_add(h->s, fields, h->event);
}

static int set_trigger(struct ft_blockhist *h, const char *event, bool flushes, const char *trigger)
{
	const char *f = h->config.filter;
	char *line;
	int err;

	if (asprintf(&line, "%s if nr_sector %s 0%s%s%s", trigger, flushes ? "==" : ">",
		     f ? " && (" : "", f ? f : "", f ? ")" : "") < 0)
		return ft_fail(h->s, -ENOMEM, "cannot set a trigger: %s", strerror(ENOMEM));
	err = ft_synthetic_trigger(h->s, "block", event, line);
	free(line);
	return err;
}

/* The clock is that of the stream: "global" would be set else. */
static int set_pair(struct ft_blockhist *h, const char *keys, const char *start, bool flushes)
{
	char line[512];
	int err;

	snprintf(line, sizeof(line), "hist:keys=%s:%s=common_timestamp:clock=mono:size=%d", keys,
		 start, flushes ? TYPES : FT_BLOCKHIST_PLACES);
	err = set_trigger(h, "block_rq_issue", flushes, line);
	if (err)
		return err;
	snprintf(line, sizeof(line), "hist:keys=%s:lat_%s=common_timestamp-$%s:"
		 "onmatch(block.block_rq_issue).trace(%s,$lat_%s%s%s):clock=mono:size=%d", keys,
		 start, start, h->event, start, h->config.by_dev ? ",dev" : "",
		 h->config.by_type ? ",rwbs" : "", flushes ? TYPES : FT_BLOCKHIST_PLACES);
	return set_trigger(h, "block_rq_complete", flushes, line);
}

/*
 * In the order in which each needs the one before; a time stamp is right only while the buffer is
 * on, although nothing is recorded there.  A flush has no sector: 0 when it is issued, the largest
 * number when it has completed.
 */
static int set_triggers(struct ft_blockhist *h)
{
	char line[256];
	int err;

	snprintf(line, sizeof(line), "hist:keys=%s%slat.buckets=1000:size=%d",
		 h->config.by_dev ? "dev," : "", h->config.by_type ? "rwbs," : "", LATENCIES);
	err = ft_synthetic_trigger(h->s, "synthetic", h->event, line);
	if (!err)
		err = ft_session_start(h->s);
	if (!err)
		err = set_pair(h, "dev,sector", "start", false);
	return err ? err : set_pair(h, "dev,rwbs", "flush", true);
}

int ft_blockhist_open(struct ft_blockhist **out, struct ft_session *s,
		      const struct ft_blockhist_config *config)
{
	struct ft_blockhist *h = calloc(1, sizeof(*h));
	int err;

	*out = h;
	if (!h)
		return ft_fail(s, -ENOMEM, "cannot count latencies: %s", strerror(ENOMEM));
	h->s = s;
	h->config = *config;
	err = find_rwbs(h);
	if (!err)
		err = add_event(h);
	return err ? err : set_triggers(h);
}

void ft_blockhist_close(struct ft_blockhist *h)
{
	if (!h)
		return;
	ft_count_free(h->before);
	free(h);
}

/* -- reading ----------------------------------------------------------------------------------- */

/* The number behind a name. */
static bool number(const char *line, const char *name, uint64_t *out)
{
	const char *p = strstr(line, name);
	char *end;

	if (!p)
		return false;
	p += strlen(name);
	*out = strtoull(p, &end, 10);
	return end != p;
}

bool fti_blockhist_parse(const char *line, struct ft_blockhist_row *row)
{
	const char *type = strstr(line, " rwbs: ");
	uint64_t dev = 0, lat;

	*row = (struct ft_blockhist_row){ 0 };
	if (strncmp(line, "{ ", 2) || !number(line, " lat: ~ ", &lat) ||
	    !number(line, "} hitcount:", &row->count) || !row->count)
		return false;
	number(line, " dev:", &dev);
	row->dev = (uint32_t)dev;
	row->us = lat / 1000;
	if (type)
		snprintf(row->rwbs, sizeof(row->rwbs), "%.*s", (int)strcspn(type + 7, " ,"),
			 type + 7);
	return true;
}

/* A type's number; the last one is shared by what finds no room. */
static uint64_t type_number(struct ft_blockhist *h, const char *rwbs)
{
	size_t i;

	for (i = 0; i < h->type_count; i++)
		if (!strcmp(h->types[i], rwbs))
			return i;
	if (i == TYPES)
		return TYPES - 1;
	snprintf(h->types[i], sizeof(h->types[i]), "%s", rwbs);
	return h->type_count++;
}

struct reader {
	struct ft_blockhist *h;
	int (*fn)(void *arg, const struct ft_blockhist_row *row);
	void *arg;
};

static int tell(void *arg, const uint64_t key[2], uint64_t count)
{
	const struct reader *to = arg;
	struct ft_blockhist_row row = { .us = key[0], .dev = (uint32_t)key[1], .count = count };

	memcpy(row.rwbs, to->h->types[key[1] >> 32], sizeof(row.rwbs));
	to->h->told += count;
	return to->fn(to->arg, &row);
}

int ft_blockhist_read(struct ft_blockhist *h,
		      int (*fn)(void *arg, const struct ft_blockhist_row *row), void *arg)
{
	struct reader to = { .h = h, .fn = fn, .arg = arg };
	struct ft_blockhist_row row;
	char *text, *save = NULL;
	struct ft_count *now;
	int err = ft_count_new(&now, LATENCIES);

	if (err)
		return err;
	h->dropped = 0;
	err = fti_hist_text(h->s, "synthetic", h->event, &text, &h->dropped);
	if (err) {
		ft_count_free(now);
		return err;
	}
	for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
		if (fti_blockhist_parse(l, &row))
			ft_count_add(now, row.us, row.dev | type_number(h, row.rwbs) << 32,
				     row.count);
	}
	free(text);
	return fti_hist_since(&h->before, now, tell, &to);
}

int ft_blockhist_dropped(struct ft_blockhist *h, uint64_t *dropped)
{
	static const char *const events[] = { "block_rq_issue", "block_rq_complete" };
	uint64_t most = 0;

	*dropped = h->dropped;
	/* So few have left room, and to print all places takes the kernel seconds. */
	if (h->told < FT_BLOCKHIST_PLACES / 2)
		return 0;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		uint64_t n = 0;
		char *text;
		int err = fti_hist_text(h->s, "block", events[i], &text, &n);

		if (err)
			return err;
		most = n > most ? n : most;
		free(text);
	}
	*dropped += most;
	return 0;
}
