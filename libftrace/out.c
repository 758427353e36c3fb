/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "out-row.h"

#define BUFFER_SIZE 65536
#define WIDTH_MAX   1024

/* -- opening ----------------------------------------------------------------------------------- */

static bool is_number(enum ft_column_type type)
{
	return type != FT_COL_STR && type != FT_COL_BOOL && type != FT_COL_ANY;
}

static int text_width(const struct ft_out *o, const struct ft_column *c)
{
	int width = c->width < -WIDTH_MAX || c->width > WIDTH_MAX ? WIDTH_MAX : abs(c->width);
	int heading = fti_width(c->name, strlen(c->name));

	if (c->type == FT_COL_TIME && o->config.wall && width < FTI_ISO_WIDTH)
		width = FTI_ISO_WIDTH;
	return width > heading ? width : heading;
}

/* Lays out column i; its JSON key goes to keys.  Returns where the next one goes. */
static char *set_field(struct ft_out *o, int i, char *keys)
{
	const struct ft_column *c = &o->config.columns[i];
	struct fti_field *f = &o->fields[i];
	size_t taken;

	f->type = c->type == FT_COL_READY ? FT_COL_STR : c->type;
	f->name = c->name;
	f->ready = c->type == FT_COL_READY && o->config.format == FT_OUT_TEXT;
	f->shown = o->config.format == FT_OUT_TEXT ? !c->hidden : c->key != NULL;
	f->left = c->width < 0 || !is_number(f->type);
	f->width = text_width(o, c);
	f->key = keys;
	if (c->key) {
		size_t len = strlen(c->key);

		/* Not seconds any more, and not a number. */
		if (c->type == FT_COL_TIME && o->config.wall && len > 2 && !strcmp(c->key + len - 2, "_s"))
			len -= 2;
		*keys++ = '"';
		keys += fti_escape(keys, 6 * strlen(c->key), c->key, len,
				   FTI_ESCAPE_JSON, &taken);
		*keys++ = '"';
		*keys++ = ':';
	}
	f->key_len = keys - f->key;
	o->row_fixed += f->width + strlen(f->name) * 2 + f->key_len + FTI_PUT_MAX + 8;
	return keys;
}

static int set_fields(struct ft_out *o)
{
	const struct ft_column *c = o->config.columns;
	size_t keys_size = 1;
	char *keys;

	for (; c && c[o->columns].name; o->columns++)
		keys_size += c[o->columns].key ? 6 * strlen(c[o->columns].key) + 3 : 0;
	o->fields = calloc(o->columns + 1, sizeof(*o->fields));
	o->cells = calloc(o->columns + 1, sizeof(*o->cells));
	o->keys = malloc(keys_size);
	if (!o->fields || !o->cells || !o->keys)
		return -ENOMEM;
	keys = o->keys;
	o->row_fixed = 8;
	for (int i = 0; i < o->columns; i++)
		keys = set_field(o, i, keys);
	return 0;
}

/* The most a row takes whose strings have that many bytes: CSV doubles quotes. */
static size_t row_size(const struct ft_out *o, size_t strings)
{
	return o->row_fixed + 2 * strings;
}

static void free_out(struct ft_out *o)
{
	free(o->fields);
	free(o->cells);
	free(o->keys);
	free(o);
}

int ft_out_open(struct ft_out **out, const struct ft_out_config *config)
{
	struct ft_out *o = calloc(1, sizeof(*o));
	size_t row_max;
	int err;

	*out = NULL;
	if (!o)
		return -ENOMEM;
	o->config = *config;
	o->headed = config->format == FT_OUT_JSON ||
		    (config->format == FT_OUT_TEXT && !config->header);
	err = set_fields(o);
	row_max = row_size(o, FTI_ROW_STRINGS);
	if (!err)
		err = fti_sink_open(&o->sink, config->path,
				    row_max > BUFFER_SIZE ? row_max : BUFFER_SIZE);
	if (err) {
		free_out(o);
		return err;
	}
	o->sink.stop = config->stop;
	o->sink.stop_arg = config->stop_arg;
	*out = o;
	return 0;
}

/* -- rows -------------------------------------------------------------------------------------- */

static struct fti_cell *shown_cell(struct ft_out *o, int column)
{
	if (column < 0 || column >= o->columns || !o->fields[column].shown)
		return NULL;
	return &o->cells[column];
}

void ft_out_int(struct ft_out *o, int column, int64_t v)
{
	struct fti_cell *c = shown_cell(o, column);

	if (c)
		*c = (struct fti_cell){ .kind = FTI_INT, .number = v };
}

void ft_out_uint(struct ft_out *o, int column, uint64_t v)
{
	struct fti_cell *c = shown_cell(o, column);

	if (c)
		*c = (struct fti_cell){ .kind = FTI_UINT, .number = v };
}

/* The bytes of v that are taken: all, or up to the last character that ends within the bound. */
static size_t bounded_len(const char *v, size_t len)
{
	size_t n = FT_OUT_STR_MAX;

	if (len <= n)
		return len;
	while (n > FT_OUT_STR_MAX - 3 && (v[n] & 0xc0) == 0x80)
		n--;
	return n;
}

void ft_out_strn(struct ft_out *o, int column, const char *v, size_t len)
{
	enum ft_out_format format = o->config.format;
	size_t room = FTI_ROW_STRINGS - o->strings_used, n, taken;
	struct fti_cell *c = shown_cell(o, column);
	char *p = o->strings + o->strings_used;

	if (!c)
		return;
	*c = (struct fti_cell){ .kind = FTI_EMPTY };
	if ((format != FT_OUT_TEXT && o->fields[column].type != FT_COL_STR &&
	     o->fields[column].type != FT_COL_ANY) || room < 3)
		return;
	n = bounded_len(v, len);
	taken = n < room - 3 ? n : room - 3;
	if (o->fields[column].ready)
		n = (size_t)((char *)mempcpy(p, v, taken) - p);
	else
		n = fti_escape(p, room - 3, v, n, format == FT_OUT_JSON ? FTI_ESCAPE_JSON :
			       FTI_ESCAPE_TEXT, &taken);
	if (taken < len) {
		memcpy(p + n, "...", 3);
		n += 3;
	}
	o->strings_used += n;
	*c = (struct fti_cell){ .kind = FTI_STRING, .len = n, .string = p };
}

void ft_out_str(struct ft_out *o, int column, const char *v)
{
	/* One byte more than is taken, so that what is cut is known to be. */
	if (v)
		ft_out_strn(o, column, v, strnlen(v, FT_OUT_STR_MAX + 1));
}

void ft_out_json(struct ft_out *o, int column, const char *json, size_t len)
{
	struct fti_cell *c = shown_cell(o, column);
	char *p = o->strings + o->strings_used;

	if (!c || o->config.format != FT_OUT_JSON)
		return;
	*c = (struct fti_cell){ .kind = FTI_EMPTY };
	if (len > FT_OUT_JSON_MAX || len > FTI_ROW_STRINGS - o->strings_used)
		return;
	memcpy(p, json, len);
	o->strings_used += len;
	*c = (struct fti_cell){ .kind = FTI_JSON, .len = len, .string = p };
}

static void print_headings(struct ft_out *o)
{
	char *p, *end;

	if (o->headed)
		return;
	o->headed = true;
	p = fti_sink_room(&o->sink, row_size(o, 0));
	if (!p)
		return;
	end = fti_row_headings(o, p);
	if (end == p)
		return;
	*end++ = '\n';
	fti_sink_used(&o->sink, end);
}

int ft_out_end(struct ft_out *o)
{
	char *p, *end;

	print_headings(o);
	p = fti_sink_room(&o->sink, row_size(o, o->strings_used));
	if (p) {
		end = fti_row_format(o, p);
		*end++ = '\n';
		fti_sink_used(&o->sink, end);
	}
	for (int i = 0; i < o->columns; i++)
		o->cells[i].kind = FTI_EMPTY;
	o->strings_used = 0;
	return o->sink.err;
}

int ft_out_line(struct ft_out *o, const char *line, size_t len)
{
	if (o->config.format != FT_OUT_TEXT)
		return o->sink.err;
	return fti_sink_line(&o->sink, line, len);
}

char *ft_out_room(struct ft_out *o, size_t size)
{
	if (o->config.format != FT_OUT_TEXT || size > FT_OUT_ROOM_MAX)
		return NULL;
	return fti_sink_room(&o->sink, size);
}

int ft_out_commit(struct ft_out *o, const char *end)
{
	if (end)
		fti_sink_used(&o->sink, end);
	return o->sink.err;
}

bool ft_out_is_text(const struct ft_out *o)
{
	return o->config.format == FT_OUT_TEXT;
}

static char *put_key(char *p, const char *key)
{
	size_t taken;

	*p++ = '"';
	p += fti_escape(p, 6 * strlen(key), key, strlen(key), FTI_ESCAPE_JSON, &taken);
	*p++ = '"';
	*p++ = ':';
	return p;
}

int ft_out_record(struct ft_out *o, const char *type, const char *const *keys,
		  const uint64_t *values)
{
	size_t need = 6 * strlen(type) + 16;
	char *p;

	if (o->config.format != FT_OUT_JSON)
		return o->sink.err;
	for (size_t i = 0; keys[i]; i++)
		need += 6 * strlen(keys[i]) + FTI_PUT_MAX + 4;
	if (need > BUFFER_SIZE)
		return -E2BIG;
	p = fti_sink_room(&o->sink, need);
	if (!p)
		return o->sink.err;
	*p++ = '{';
	p = put_key(p, type);
	*p++ = '{';
	for (size_t i = 0; keys[i]; i++) {
		if (i)
			*p++ = ',';
		p = put_key(p, keys[i]);
		p = fti_put_uint(p, values[i]);
	}
	p = mempcpy(p, "}}\n", 3);
	fti_sink_used(&o->sink, p);
	return o->sink.err;
}

/* -- ending ------------------------------------------------------------------------------------ */

size_t ft_out_escape(char *buf, size_t size, const char *s, size_t len)
{
	char rest[256];
	size_t total, done, taken;

	total = fti_escape(buf, size ? size - 1 : 0, s, len, FTI_ESCAPE_TEXT, &done);
	if (size)
		buf[total] = 0;
	for (; done < len; done += taken)
		total += fti_escape(rest, sizeof(rest), s + done, len - done, FTI_ESCAPE_TEXT,
				    &taken);
	return total;
}

int ft_out_flush(struct ft_out *o)
{
	if (o->config.format == FT_OUT_CSV)
		print_headings(o);
	return fti_sink_flush(&o->sink);
}

int ft_out_close(struct ft_out *o)
{
	int err;

	if (!o)
		return 0;
	err = fti_sink_close(&o->sink);
	free_out(o);
	return err;
}
