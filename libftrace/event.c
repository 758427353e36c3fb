/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <event-parse.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event-internal.h"
#include "format.h"
#include "ftrace/event.h"
#include "internal.h"

/* A format file's text, NUL-terminated. */
struct format {
	struct format *next;
	char	      *system, *text;
	size_t	       len;
};

struct ft_events {
	struct tep_handle  *fields;
	struct tep_handle **printer;	/* with print formats; *printer NULL: not yet asked for */
	struct format	   *formats;
	char		   *header_page;
	size_t		    header_page_len;
};

static bool is_name(const char *name)
{
	return name[0] && name[0] != '.' && !strchr(name, '/');
}

/*
 * Fields alone are asked for by every tool, print formats by few: and libtraceevent's parser for
 * these does not survive what no kernel has written.
 */
static int parse_fields(struct tep_handle *tep, const struct format *f)
{
	static const char empty[] = "\"\"\n";
	char *print = fti_format_print(f->text, f->len), kept[sizeof(empty)];
	enum tep_errno err;

	if (!print || (size_t)(f->text + f->len - print) < sizeof(kept) - 1)
		return 0;
	memcpy(kept, print, sizeof(kept));
	memcpy(print, empty, sizeof(empty));
	err = tep_parse_event(tep, f->text, (size_t)(print - f->text) + sizeof(empty) - 1,
			      f->system);
	memcpy(print, kept, sizeof(kept));
	return err == TEP_ERRNO__MEM_ALLOC_FAILED ? -ENOMEM : 0;
}

static int parse_all(struct tep_handle *tep, const struct format *f)
{
	const char *print = fti_format_print(f->text, f->len);
	const char *end = print ? strchr(print, '\n') : NULL;

	if (!end || !fti_format_balanced(print, end))
		return parse_fields(tep, f);
	return tep_parse_event(tep, f->text, f->len, f->system) == TEP_ERRNO__MEM_ALLOC_FAILED ?
		-ENOMEM : 0;
}

static void free_format(struct format *f)
{
	if (!f)
		return;
	free(f->system);
	free(f->text);
	free(f);
}

/* A format that does not parse is left out: its event then is not there. */
static int load_event(struct ft_events *evs, int eventsfd, const char *system, const char *event)
{
	char path[2 * NAME_MAX + sizeof("//format")];
	struct format *f;
	int err;

	/* by its own name and with its system */
	if (tep_find_event_by_name(evs->fields, system, event))
		return 0;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s/%s/format", system, event);
	err = fti_file_read(eventsfd, path, &f->text, &f->len);
	if (err) {
		free_format(f);
		return err == -ENOMEM ? err : 0;
	}
	f->system = strdup(system);
	err = f->system ? parse_fields(evs->fields, f) : -ENOMEM;
	f->next = evs->formats;
	evs->formats = f;
	return err;
}

/* A system this kernel does not have, or a tool may not read, is like one without events. */
static int load_system(struct ft_events *evs, int eventsfd, const char *system)
{
	struct dirent *d;
	int err = 0, fd;
	DIR *dir;

	if (!is_name(system))
		return -EINVAL;
	fd = openat(eventsfd, system, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	dir = fdopendir(fd);
	if (!dir) {
		err = -errno;
		close(fd);
		return err;
	}
	while (!err && (d = readdir(dir)))
		if (is_name(d->d_name) && d->d_type != DT_REG)
			err = load_event(evs, eventsfd, system, d->d_name);
	closedir(dir);
	return err;
}

/* "SYSTEM" or "SYSTEM:EVENT" */
static int load_named(struct ft_events *evs, int eventsfd, const char *name)
{
	char system[NAME_MAX + 1];
	const char *colon = strchr(name, ':');

	if (!colon)
		return load_system(evs, eventsfd, name);
	if ((size_t)snprintf(system, sizeof(system), "%.*s", (int)(colon - name), name) >=
	    sizeof(system) || strlen(colon + 1) > NAME_MAX)
		return -EINVAL;
	if (!is_name(system) || !is_name(colon + 1))
		return -EINVAL;
	return load_event(evs, eventsfd, system, colon + 1);
}

/*
 * libtracefs' own loader is not used: it would also load plugins, that is run shared objects from
 * the user's home and plugin directories as root.
 */
static struct tep_handle *new_tep(const struct ft_events *evs)
{
	struct tep_handle *tep = tep_alloc();

	if (!tep)
		return NULL;
	tep_parse_header_page(tep, evs->header_page, evs->header_page_len, sizeof(long));
	/* The commit field is a long of the kernel, which may be wider than ours. */
	tep_set_long_size(tep, tep_get_header_page_size(tep));
	return tep;
}

static int load(struct ft_events *evs, int eventsfd, const char *const *systems)
{
	struct fti_page_format page;
	int err;

	err = fti_file_read(eventsfd, "header_page", &evs->header_page, &evs->header_page_len);
	if (!err)
		err = fti_events_page_format(evs, &page);
	if (err)
		return err;
	evs->fields = new_tep(evs);
	evs->printer = calloc(1, sizeof(*evs->printer));
	if (!evs->fields || !evs->printer)
		return -ENOMEM;
	for (; !err && systems && *systems; systems++)
		err = load_named(evs, eventsfd, *systems);
	return err;
}

int ft_events_open(struct ft_events **out, const char *dir, const char *const *systems)
{
	struct ft_events *evs;
	int dirfd, fd, err;

	*out = NULL;
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return -errno;
	fd = openat(dirfd, "events", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = fd < 0 ? -errno : 0;
	close(dirfd);
	if (err)
		return err;
	evs = calloc(1, sizeof(*evs));
	err = evs ? load(evs, fd, systems) : -ENOMEM;
	close(fd);
	if (err) {
		ft_events_close(evs);
		return err;
	}
	*out = evs;
	return 0;
}

void ft_events_close(struct ft_events *evs)
{
	struct format *next;

	if (!evs)
		return;
	for (struct format *f = evs->formats; f; f = next) {
		next = f->next;
		free_format(f);
	}
	tep_free(evs->fields);
	if (evs->printer)
		tep_free(*evs->printer);
	free(evs->printer);
	free(evs->header_page);
	free(evs);
}

struct tep_handle *ft_events_tep(const struct ft_events *evs)
{
	struct tep_handle *tep = *evs->printer;

	if (tep)
		return tep;
	tep = new_tep(evs);
	for (const struct format *f = evs->formats; tep && f; f = f->next) {
		if (parse_all(tep, f)) {
			tep_free(tep);
			tep = NULL;
		}
	}
	*evs->printer = tep;
	return tep;
}

int fti_events_page_format(const struct ft_events *evs, struct fti_page_format *f)
{
	return fti_page_format_parse(f, evs->header_page, evs->header_page_len);
}

int ft_event_id(const struct ft_events *evs, const char *system, const char *event)
{
	const struct tep_event *ev = tep_find_event_by_name(evs->fields, system, event);

	/* common_type has 16 bits */
	return ev && ev->id >= 0 && ev->id <= UINT16_MAX ? ev->id : -ENOENT;
}

/* Bytes of one element; the kernel tells a "__dynamic_array" at the end by size 0 and its type. */
static unsigned int element_size(const struct ft_events *evs, const struct tep_format_field *field)
{
	if (field->size && !(field->flags & TEP_FIELD_IS_ARRAY))
		return (unsigned int)field->size;
	/* libtraceevent does not calculate: "char func[30+1]" is one element to it. */
	if (field->flags & TEP_FIELD_IS_STRING)
		return 1;
	if (field->elementsize)
		return field->elementsize;
	if (field->flags & (TEP_FIELD_IS_LONG | TEP_FIELD_IS_POINTER))
		return (unsigned int)tep_get_long_size(evs->fields);
	return 1;
}

/* The offsets and sizes are the kernel's word: take none that a record cannot have. */
static int resolve(struct ft_field *out, const struct ft_events *evs,
		   const struct tep_format_field *field)
{
	const unsigned int element = element_size(evs, field);
	struct ft_field f = { 0 };

	if (field->offset < 0 || field->size < 0 || field->offset > UINT16_MAX ||
	    field->size > UINT16_MAX - field->offset || !element || element > UINT16_MAX)
		return -EBADMSG;
	f.offset = (uint16_t)field->offset;
	f.size = (uint16_t)element;
	f.is_signed = !!(field->flags & TEP_FIELD_IS_SIGNED);
	if (field->flags & TEP_FIELD_IS_DYNAMIC) {
		if (field->size != sizeof(uint32_t))
			return -EBADMSG;
		f.dynamic = 1 + !!(field->flags & TEP_FIELD_IS_RELATIVE);
	} else {
		if (field->size && element > (unsigned int)field->size)
			return -EBADMSG;
		f.count = (uint16_t)((unsigned int)field->size / element);
	}
	*out = f;
	return 0;
}

int fti_events_tid_offset(const struct ft_events *evs)
{
	struct tep_event *ev = tep_get_first_event(evs->fields);
	struct tep_format_field *found = ev ? tep_find_common_field(ev, "common_pid") : NULL;
	struct ft_field f;

	if (!found || resolve(&f, evs, found) || f.size != sizeof(int32_t))
		return -ENOENT;
	return f.offset;
}

int ft_field_find(const struct ft_events *evs, const char *system, const char *event,
		  const char *field, struct ft_field *out)
{
	const struct tep_format_field *found = NULL;
	struct tep_event *ev;

	memset(out, 0, sizeof(*out));
	ev = tep_find_event_by_name(evs->fields, system, event);
	if (ev)
		found = tep_find_any_field(ev, field);
	return found ? resolve(out, evs, found) : -ENOENT;
}

const void *ft_field_bytes(const struct ft_field *f, const struct ft_event *e, size_t *len)
{
	uint32_t at = f->offset, size = (uint32_t)f->size * f->count, loc;

	*len = 0;
	if (!f->size)
		return NULL;
	if (f->dynamic) {
		if (at + sizeof(loc) > e->size)
			return NULL;
		memcpy(&loc, e->data + at, sizeof(loc));
		size = loc >> 16;
		at = (loc & 0xffff) + (f->dynamic == 2 ? at + (uint32_t)sizeof(loc) : 0);
	} else if (!f->count) {
		size = at < e->size ? e->size - at : 0;
	}
	if (at > e->size || size > e->size - at)
		return NULL;
	*len = size;
	return e->data + at;
}

size_t ft_field_str(const struct ft_field *f, const struct ft_event *e, char *buf, size_t size)
{
	size_t room, len = 0;
	const char *s = ft_field_bytes(f, e, &room);

	if (!size)
		return 0;
	if (s) {
		len = strnlen(s, room < size ? room : size - 1);
		memcpy(buf, s, len);
	}
	buf[len] = 0;
	return len;
}
