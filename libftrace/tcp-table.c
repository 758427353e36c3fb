/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Connections by the addresses of their sockets.  The kernel tells these in full before 4.15, later
 * only to root and only with kernel.kptr_restrict=1; and only those of one network namespace, our own.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "lines.h"
#include "tcp-internal.h"

#define SOCKETS_MAX 65536
#define REREAD_NS   100000000u

struct fti_tcp_table {
	struct ft_tcp_record *rows;	/* by their sockets */
	size_t	 count, room;
	uint64_t read_ns;
};

int fti_tcp_table_new(struct fti_tcp_table **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void fti_tcp_table_free(struct fti_tcp_table *t)
{
	if (t)
		free(t->rows);
	free(t);
}

/* "0100007F", words of 32 bits as this machine has them in memory; 8 or 32 digits.  Returns the
 * family, 0: not an address. */
static int parse_address(const char *text, size_t len, unsigned char *out)
{
	char word[9] = "", *end;
	uint32_t v;

	if (len != 8 && len != 32)
		return 0;
	for (size_t i = 0; i < len; i += 8) {
		memcpy(word, text + i, 8);
		v = (uint32_t)strtoul(word, &end, 16);
		if (*end || *word == '-' || *word == '+' || *word == ' ')
			return 0;
		memcpy(out + i / 2, &v, 4);
	}
	return len == 8 ? 4 : 6;
}

static int parse_end(const char *text, unsigned char *address, uint16_t *port)
{
	unsigned int p;
	const char *colon = strchr(text, ':');

	if (!colon || sscanf(colon + 1, "%4X", &p) != 1)
		return 0;
	*port = (uint16_t)p;
	return parse_address(text, (size_t)(colon - text), address);
}

bool fti_tcp_table_line(const char *line, struct ft_tcp_record *rec)
{
	char local[48], remote[48];
	unsigned int state;
	uint64_t sock;

	memset(rec, 0, sizeof(*rec));
	if (sscanf(line, " %*d: %47s %47s %X %*s %*s %*s %*d %*d %*d %*d %" SCNx64, local, remote,
		   &state, &sock) != 4)
		return false;
	rec->socket = sock;
	rec->state = (int)(state & 0xff);
	rec->family = parse_end(local, rec->local, &rec->local_port);
	return rec->family && parse_end(remote, rec->remote, &rec->remote_port) == rec->family;
}

static int take_line(void *arg, const char *line, const char *end)
{
	struct fti_tcp_table *t = arg;
	struct ft_tcp_record *more;
	char text[256];

	if (t->count == t->room) {
		if (t->room >= SOCKETS_MAX)
			return 1;
		more = realloc(t->rows, (t->room ? t->room * 2 : 64) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		t->rows = more;
		t->room = t->room ? t->room * 2 : 64;
	}
	snprintf(text, sizeof(text), "%.*s", (int)(end - line < 255 ? end - line : 255), line);
	t->count += fti_tcp_table_line(text, &t->rows[t->count]);
	return 0;
}

static int by_socket(const void *a, const void *b)
{
	const uint64_t x = ((const struct ft_tcp_record *)a)->socket;
	const uint64_t y = ((const struct ft_tcp_record *)b)->socket;

	return x < y ? -1 : x > y;
}

static void read_again(struct fti_tcp_table *t)
{
	static const char *const files[] = { "/proc/net/tcp", "/proc/net/tcp6" };

	t->count = 0;
	for (int i = 0; i < 2; i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		fti_each_line(fd, take_line, t);
		close(fd);
	}
	if (t->count)
		qsort(t->rows, t->count, sizeof(*t->rows), by_socket);
	t->read_ns = fti_now_ns();
}

static const struct ft_tcp_record *find(const struct fti_tcp_table *t, uint64_t sock)
{
	const struct ft_tcp_record key = { .socket = sock };

	return t->count ? bsearch(&key, t->rows, t->count, sizeof(key), by_socket) : NULL;
}

void fti_tcp_table_find(struct fti_tcp_table *t, struct ft_tcp_record *rec)
{
	const struct ft_tcp_record *row = find(t, rec->socket);

	/* An old row may be of another connection at the same place. */
	if (fti_now_ns() - t->read_ns >= REREAD_NS) {
		read_again(t);
		row = find(t, rec->socket);
	}
	if (!row)
		return;
	rec->family = row->family;
	memcpy(rec->local, row->local, sizeof(rec->local));
	memcpy(rec->remote, row->remote, sizeof(rec->remote));
	rec->local_port = row->local_port;
	rec->remote_port = row->remote_port;
	rec->state = row->state;
}
