/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/function.h"
#include "names.h"

#define PAIRS 512

/* "vfs_read <-ksys_read", two cache lines; longer ones are put together each time. */
struct pair {
	uint64_t ip, parent;
	uint8_t	 len;		/* 0: free */
	char	 text[111];
};

struct ft_functions {
	int		  id;
	struct ft_field	  ip, parent;
	struct fti_names *names;
	struct pair	  pairs[PAIRS];
};

int ft_functions_new(struct ft_functions **out, const struct ft_events *evs,
		     const struct ft_symbols *syms)
{
	struct ft_functions *f = calloc(1, sizeof(*f));
	int err;

	*out = NULL;
	if (!f)
		return -ENOMEM;
	f->id = ft_event_id(evs, "ftrace", "function");
	err = f->id < 0 ? f->id : ft_field_find(evs, "ftrace", "function", "ip", &f->ip);
	if (!err)
		err = ft_field_find(evs, "ftrace", "function", "parent_ip", &f->parent);
	if (!err)
		err = fti_names_new(&f->names, syms);
	if (err) {
		ft_functions_free(f);
		return err;
	}
	*out = f;
	return 0;
}

void ft_functions_free(struct ft_functions *f)
{
	if (!f)
		return;
	fti_names_free(f->names);
	free(f);
}

bool ft_functions_is(const struct ft_functions *f, const struct ft_event *e)
{
	return e->type == f->id;
}

/* Not through ft_functions_ip(): a shared library's own calls of it cannot be inlined. */
static inline uint64_t load(const struct ft_field *f, const struct ft_event *e)
{
	uint64_t v;

	if (f->size != sizeof(v) || f->offset + sizeof(v) > e->size)
		return ft_field_u64(f, e);
	memcpy(&v, e->data + f->offset, sizeof(v));
	return v;
}

uint64_t ft_functions_ip(const struct ft_functions *f, const struct ft_event *e)
{
	return ft_field_u64(&f->ip, e);
}

uint64_t ft_functions_parent(const struct ft_functions *f, const struct ft_event *e)
{
	return ft_field_u64(&f->parent, e);
}

static char *put_name(struct ft_functions *f, uint64_t addr, char *p)
{
	size_t len;
	const char *name = fti_names_plain(f->names, addr, &len);

	return mempcpy(p, name, len);
}

static char *put_new(struct ft_functions *f, uint64_t ip, uint64_t parent, char *p)
{
	if (ip)
		p = put_name(f, ip, p);
	else
		*p++ = '0';
	if (!parent)
		return p;
	p = mempcpy(p, " <-", 3);
	return put_name(f, parent, p);
}

/* Not inlined: it would make its caller keep more registers, for every record. */
static __attribute__((noinline)) char *fill_pair(struct ft_functions *f, struct pair *pair,
						 uint64_t ip, uint64_t parent, char *p)
{
	char *end = put_new(f, ip, parent, p);

	if ((size_t)(end - p) > sizeof(pair->text))
		return end;
	pair->ip = ip;
	pair->parent = parent;
	pair->len = (uint8_t)(end - p);
	memcpy(pair->text, p, pair->len);
	return end;
}

char *ft_functions_put(struct ft_functions *f, const struct ft_event *e, char *p)
{
	enum { USUAL = 48 };
	const uint64_t ip = load(&f->ip, e), parent = load(&f->parent, e);
	const uint64_t hash = (ip ^ parent << 16 ^ parent >> 48) * 0x9e3779b97f4a7c15ULL;
	struct pair *pair = &f->pairs[hash >> 55];

	if (pair->ip != ip || pair->parent != parent || !pair->len)
		return fill_pair(f, pair, ip, parent, p);
	/* A copy of a length that the compiler knows is cheaper than a call. */
	memcpy(p, pair->text, USUAL);
	if (__builtin_expect(pair->len > USUAL, 0))
		memcpy(p + USUAL, pair->text + USUAL, sizeof(pair->text) - USUAL);
	return p + pair->len;
}

void ft_functions_name(struct ft_functions *f, uint64_t addr, struct ft_function_name *out)
{
	size_t len;
	const char *text = fti_names_get(f->names, addr, false, &len);
	const char *blank = memchr(text, ' ', len);

	/* "name [module]" */
	*out = (struct ft_function_name){ .name = text, .len = blank ? (size_t)(blank - text) :
								       len };
	if (blank && len - out->len > 3) {
		out->module = blank + 2;
		out->module_len = len - out->len - 3;
	}
}
