/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * show: any event's record as the kernel's text, as JSON, and its fields by name.
 *
 * The one rule: text and JSON belong to the ft_show and are valid until its next call; neither
 * holds a byte that can break a line or the format.  A record shorter than its format, or whose
 * offsets lead out of it, reads as if zeros followed it.
 */
#ifndef FTRACE_SHOW_H
#define FTRACE_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ftrace/event.h"
#include "ftrace/symbol.h"

#ifdef __cplusplus
extern "C" {
#endif

enum ft_show_kind {
	FT_SHOW_INT,		/* a number, as ft_field.is_signed says */
	FT_SHOW_POINTER,	/* an address: "0x..." in JSON */
	FT_SHOW_STRING,
	FT_SHOW_ARRAY,		/* of numbers */
	FT_SHOW_BITMASK,	/* one number of any width: "0x..." in JSON */
};

struct ft_show_field {
	const char	 *name;
	const char	 *type;	/* as the kernel declares it: "char prev_comm[16]" is "char[16]" */
	enum ft_show_kind kind;
	struct ft_field	  at;
};

/* What is known of an event; owned by the ft_show. */
struct ft_show_event {
	const char *system, *name;
	/* Its own, not the common ones; at their end name is NULL. */
	const struct ft_show_field *fields;
	size_t field_count;
};

struct ft_show;

/* evs (the systems that are to be shown, and "ftrace") and syms (NULL: addresses stay numbers) must
 * outlive it.  At most one for an evs: libtraceevent's handle is told where symbols are. */
int ft_show_new(struct ft_show **out, const struct ft_events *evs, const struct ft_symbols *syms);
void ft_show_free(struct ft_show *sh);

/* The event of a record's type; NULL: none whose format could be read. */
const struct ft_show_event *ft_show_event(struct ft_show *sh, uint16_t type);

/* Does its text name functions of the kernel, by their addresses? */
bool ft_show_wants_symbols(const struct ft_show_event *ev);

/* A field of it; NULL: it has none of that name.  The common ones have no place here. */
const struct ft_show_field *ft_show_field(const struct ft_show_event *ev, const char *name);

/*
 * What the kernel's trace file has behind the time stamp: "sched_switch: prev_comm=bash ...",
 * "sys_openat(dfd: ffffff9c, ...)"; of a stack, several lines.  No newline at the end.  Control
 * characters and the like, which the kernel shows as they are, as ft_out_escape() has them.
 */
const char *ft_show_text(struct ft_show *sh, const struct ft_event *e, size_t *len);

/* {"prev_comm":"bash","prev_pid":1,...}: its own fields.  What does not fit FT_SHOW_JSON_MAX bytes
 * is
 * cut: strings and arrays end early, fields at the end are left out. */
#define FT_SHOW_JSON_MAX 16384
const char *ft_show_json(struct ft_show *sh, const struct ft_event *e, size_t *len);

/* The bytes of a string field up to its NUL, in the record; NULL: the record does not hold it. */
const char *ft_show_string(const struct ft_show_field *f, const struct ft_event *e, size_t *len);

#ifdef __cplusplus
}
#endif
#endif
