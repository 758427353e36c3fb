/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "watch-internal.h"

#define CPUS_MAX 8192

/* -- text -------------------------------------------------------------------------------------- */

static const char *text_of(struct ft_watch *w, const struct ft_event *e, size_t *len)
{
	return w->hooks.text ? w->hooks.text(w->hooks.arg, e, len) : ft_show_text(w->show, e, len);
}

static int print_line(struct ft_watch *w, const struct ft_event *e, const char *text, size_t len)
{
	char *p;

	/* A stack has hundreds of lines, but room for thousands. */
	if (len > FT_OUT_ROOM_MAX - FT_LINE_MAX - 1)
		len = FT_OUT_ROOM_MAX - FT_LINE_MAX - 1;
	p = ft_out_room(w->r->out, FT_LINE_MAX + len + 1);
	if (p) {
		p = ft_line_put(w->line, e, p);
		p = mempcpy(p, text, len);
		*p++ = '\n';
	}
	return ft_out_commit(w->r->out, p);
}

/* -- data -------------------------------------------------------------------------------------- */

static int print_data(struct ft_watch *w, const struct ft_event *e, const char *stack)
{
	const struct ft_show_event *ev = ft_show_event(w->show, e->type);
	struct ft_out *out = w->r->out;
	char flags[FT_LINE_FLAGS_MAX], name[256];
	const char *text;
	size_t len;

	ft_out_uint(out, FT_WATCH_TIME, e->ts);
	ft_out_str(out, FT_WATCH_COMM, ft_comms_get(w->comms, e->tid));
	ft_out_int(out, FT_WATCH_TID, e->tid);
	ft_out_int(out, FT_WATCH_CPU, e->cpu);
	len = ft_line_flags(w->line, e, flags);
	ft_out_strn(out, FT_WATCH_FLAGS, flags, len);
	len = (size_t)snprintf(name, sizeof(name), "%s%s%s", w->opt->probes ? "" : ev->system,
			       w->opt->probes ? "" : ":", ev->name);
	ft_out_strn(out, FT_WATCH_EVENT, name, len < sizeof(name) ? len : sizeof(name) - 1);
	if (w->r->opt.json) {
		text = ft_show_json(w->show, e, &len);
		ft_out_json(out, FT_WATCH_FIELDS, text, len);
	} else {
		text = text_of(w, e, &len);
		ft_out_strn(out, FT_WATCH_FIELDS, text, len);
	}
	if (stack)
		ft_out_str(out, FT_WATCH_STACK, stack);
	if (w->hooks.row)
		w->hooks.row(w->hooks.arg, e);
	return ft_out_end(out);
}

static int end_event(struct ft_watch *w, const struct ft_event *e, const uint64_t *frames,
		     size_t count)
{
	if (!w->opt->folded)
		return print_data(w, e, count ? ft_stacks_list(w->stacks, frames, count) : NULL);
	if (w->ustacks)
		return ft_ustacks_fold(w->ustacks, ft_comms_get(w->comms, e->tid), NULL);
	return ft_stacks_fold(w->stacks, ft_comms_get(w->comms, e->tid), frames, count);
}

/* -- with stacks ------------------------------------------------------------------------------- */

static struct fti_held *held_of(struct ft_watch *w, int cpu)
{
	struct fti_held *more;

	if (cpu < 0 || cpu >= CPUS_MAX)
		return NULL;
	if (cpu >= w->held_room) {
		more = realloc(w->held, (size_t)(cpu + 1) * sizeof(*more));
		if (!more)
			return NULL;
		memset(more + w->held_room, 0, (size_t)(cpu + 1 - w->held_room) * sizeof(*more));
		w->held = more;
		w->held_room = cpu + 1;
	}
	return &w->held[cpu];
}

static int end_held(struct ft_watch *w, struct fti_held *h, const uint64_t *frames, size_t count)
{
	if (!h->held)
		return 0;
	h->held = false;
	return end_event(w, &h->e, frames, count);
}

static int hold(struct fti_held *h, const struct ft_event *e)
{
	if (h->room < e->size) {
		unsigned char *more = realloc(h->data, e->size);

		if (!more)
			return -ENOMEM;
		h->data = more;
		h->room = e->size;
	}
	h->e = *e;
	if (e->size)
		memcpy(h->data, e->data, e->size);
	h->e.data = h->data;
	h->held = true;
	return 0;
}

bool fti_watch_is_stack(const struct ft_watch *w, const struct ft_event *e)
{
	return (w->stacks && ft_stacks_is(w->stacks, e)) || (w->ustacks && ft_ustacks_is(w->ustacks,
											 e));
}

/* Names at once: the process may have ended by the time of the next look. */
static int print_user_stack(struct ft_watch *w, const struct ft_event *e)
{
	static const char what[] = "<user stack trace>";
	size_t len;
	const char *text = ft_ustacks_text(w->ustacks, e, &len);
	int err = print_line(w, e, what, sizeof(what) - 1);

	return err || !len ? err : ft_out_line(w->r->out, text, len - 1);
}

static int end_with_user_stack(struct ft_watch *w, struct fti_held *h, const struct ft_event *e)
{
	const uint64_t *frames;
	size_t count;
	int pid;

	h->held = false;
	if (w->opt->folded)
		return ft_ustacks_fold(w->ustacks, ft_comms_get(w->comms, e->tid), e);
	count = ft_ustacks_frames(w->ustacks, e, &pid, &frames);
	return print_data(w, &h->e, count ? ft_ustacks_list(w->ustacks, pid, frames, count) : NULL);
}

int fti_watch_stack(struct ft_watch *w, const struct ft_event *e)
{
	struct fti_held *h;
	const uint64_t *frames;
	const char *text;
	size_t count;

	if (w->text && w->ustacks && !w->opt->folded)
		return print_user_stack(w, e);
	if (w->text && !w->opt->folded) {
		text = ft_show_text(w->show, e, &count);
		return print_line(w, e, text, count);
	}
	h = held_of(w, e->cpu);
	if (!h || !h->held || h->e.tid != e->tid)
		return h ? 0 : -ENOMEM;
	if (w->ustacks)
		return end_with_user_stack(w, h, e);
	count = ft_stacks_frames(w->stacks, e, 0, &frames);
	return end_held(w, h, frames, count);
}

/* A stack that has been read already is taken at once, so that rows stay in the order of time. */
static int take_with_stack(struct ft_watch *w, const struct ft_event *e)
{
	struct fti_held *h = held_of(w, e->cpu);
	struct ft_event next;
	int err;

	if (!h)
		return -ENOMEM;
	err = end_held(w, h, NULL, 0);
	if (!err)
		err = hold(h, e);
	if (err || !ft_stream_peek(w->r->stream, e->cpu, &next))
		return err;
	return fti_watch_is_stack(w, &next) ? fti_watch_stack(w, &next) : end_held(w, h, NULL, 0);
}

int fti_watch_row(struct ft_watch *w, const struct ft_event *e)
{
	const char *text;
	size_t len;

	if (w->text && !w->opt->folded) {
		text = text_of(w, e, &len);
		return print_line(w, e, text, len);
	}
	return w->stacks || w->ustacks ? take_with_stack(w, e) : print_data(w, e, NULL);
}

/* A stack behind a loss may be another event's. */
int fti_watch_rows_lost(struct ft_watch *w, int cpu)
{
	return cpu >= 0 && cpu < w->held_room ? end_held(w, &w->held[cpu], NULL, 0) : 0;
}

int fti_watch_rows_end(struct ft_watch *w)
{
	int err = 0;

	for (int cpu = 0; cpu < w->held_room && !err; cpu++)
		err = fti_watch_rows_lost(w, cpu);
	if (err || !w->opt->folded)
		return err;
	if (w->ustacks)
		return ft_ustacks_print(w->ustacks, w->r->out, FT_WATCH_COMM, FT_WATCH_STACK,
					FT_WATCH_COUNT);
	return ft_stacks_print(w->stacks, w->r->out, FT_WATCH_COMM, FT_WATCH_STACK, FT_WATCH_COUNT);
}

void fti_watch_rows_free(struct ft_watch *w)
{
	for (int cpu = 0; cpu < w->held_room; cpu++)
		free(w->held[cpu].data);
	free(w->held);
}
