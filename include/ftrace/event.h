/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * event: what a record of the ring buffer means, by the kernel's own format files.
 *
 * The one rule: resolve a field once with ft_field_find(), then load it from each event with
 * ft_field_u64()/s64()/str().  A load checks the record's length and never reads past it, so a
 * record shorter than its format gives 0 or "".
 */
#ifndef FTRACE_EVENT_H
#define FTRACE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tep_handle;
struct tep_event;

/* One record.  Everything is valid during the callback that gets it, no longer. */
struct ft_event {
	uint64_t	     ts;	/* trace clock: ns, or counts for counter/uptime/x86-tsc */
	const unsigned char *data;	/* the record, common fields first */
	uint32_t	     size;	/* bytes at data */
	int		     cpu;
	int		     tid;	/* common_pid: the thread, 0 for an idle task */
	uint16_t	     type;	/* common_type: id of the event */
};

/* A resolved field; plain data, copy it freely. */
struct ft_field {
	uint16_t offset;
	uint16_t size;		/* bytes; of the element for an array */
	uint16_t count;		/* elements of an array, 1 for a scalar; 0: up to the record's
				 * end, or as the record says where dynamic */
	uint8_t  is_signed;
	uint8_t  dynamic;	/* 1 __data_loc, 2 __rel_loc: for ft_field_bytes() and _str() */
};

struct ft_events;	/* the formats in use */

/*
 * Read header_page and the formats of the named systems ("sched") and events ("sched:sched_switch";
 * one of a large system is read much sooner than all: syscalls has 700) below DIR/events (a tracing
 * directory, or captured data laid out like one).  systems ends with NULL; only those are loaded,
 * and those that are not there are left out, as is an event whose format cannot be parsed.
 * -ENOENT: DIR has no events; -EBADMSG: header_page is not one.
 */
int ft_events_open(struct ft_events **out, const char *dir, const char *const *systems);
void ft_events_close(struct ft_events *evs);

/*
 * libtraceevent's handle, for pretty printing; owned by evs.  Made at the first call; NULL: no
 * memory.  Only this gives libtraceevent the print formats: it parses those of kernels, but can
 * crash on files that no kernel has written.
 */
struct tep_handle *ft_events_tep(const struct ft_events *evs);

/* The id of an event, or -ENOENT. */
int ft_event_id(const struct ft_events *evs, const char *system, const char *event);

/* Resolve a field (a common_ one too).  -ENOENT: no such event or field; -EBADMSG: its format
 * places it where no record has room.  *out then is zeroed, and loads from it give 0 and "". */
int ft_field_find(const struct ft_events *evs, const char *system, const char *event,
		  const char *field, struct ft_field *out);

/* true when ft_field_find() found it */
static inline bool ft_field_ok(const struct ft_field *f)
{
	return f->size != 0;
}

static inline uint64_t ft_field_u64(const struct ft_field *f, const struct ft_event *e)
{
	const unsigned char *p = e->data + f->offset;
	uint64_t v8;
	uint32_t v4;
	uint16_t v2;

	if ((uint32_t)f->offset + f->size > e->size)
		return 0;
	switch (f->size) {
	case 8:
		memcpy(&v8, p, 8);
		return v8;
	case 4:
		memcpy(&v4, p, 4);
		return v4;
	case 2:
		memcpy(&v2, p, 2);
		return v2;
	case 1:
		return *p;
	default:
		return 0;
	}
}

static inline int64_t ft_field_s64(const struct ft_field *f, const struct ft_event *e)
{
	uint64_t v = ft_field_u64(f, e);

	switch (f->size) {
	case 4:
		return (int32_t)v;
	case 2:
		return (int16_t)v;
	case 1:
		return (int8_t)v;
	default:
		return (int64_t)v;
	}
}

/*
 * The bytes of an array or string field, inside the record; *len gets their number.  NULL when the
 * record does not hold them.
 */
const void *ft_field_bytes(const struct ft_field *f, const struct ft_event *e, size_t *len);

/* Copy a string field to buf (always terminated), control characters kept.  Returns its length. */
size_t ft_field_str(const struct ft_field *f, const struct ft_event *e, char *buf, size_t size);

#ifdef __cplusplus
}
#endif
#endif
