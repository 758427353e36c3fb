/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf-internal.h"
#include "usdt-internal.h"

/* -- probes ---------------------------------------------------------------------------------- */

static int by_label(const void *a, const void *b)
{
	const struct ft_usdt_probe *x = &((const struct fti_usdt_entry *)a)->probe;
	const struct ft_usdt_probe *y = &((const struct fti_usdt_entry *)b)->probe;
	int d = strcmp(x->provider, y->provider);

	if (!d)
		d = strcmp(x->name, y->name);
	if (d || x->offset == y->offset)
		return d ? d : strcmp(x->args, y->args);
	return x->offset < y->offset ? -1 : 1;
}

/* A note can stand in a file twice. */
static void drop_doubles(struct ft_usdt *u)
{
	size_t kept = 0;

	for (size_t i = 0; i < u->count; i++) {
		const struct fti_usdt_entry *last = kept ? &u->entry[kept - 1] : NULL;

		if (last && last->probe.offset == u->entry[i].probe.offset &&
		    !strcmp(last->probe.label, u->entry[i].probe.label))
			free(u->entry[i].strings);
		else
			u->entry[kept++] = u->entry[i];
	}
	u->count = kept;
}

/* -- variables ------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	const struct fti_usdt_variable *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int add_variable(struct ft_usdt *u, const char *name)
{
	struct fti_usdt_variable *more;

	/* Room is made a power of two at a time. */
	if (!(u->variable_count & (u->variable_count - 1))) {
		more = realloc(u->variable,
			       (u->variable_count ? u->variable_count * 2 : 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		u->variable = more;
	}
	more = &u->variable[u->variable_count];
	*more = (struct fti_usdt_variable){ .name = strdup(name) };
	if (!more->name)
		return -ENOMEM;
	u->variable_count++;
	return 0;
}

static int collect_of(struct ft_usdt *u, const char *args)
{
	struct fti_usdt_word w;
	struct fti_operand op;
	int err = 0;

	for (int i = 0; !err && i < FT_USDT_ARGS_MAX && fti_usdt_next_word(&args, &w); i++) {
		fti_operand_parse(&op, u->machine, w.text + w.skip, w.len - w.skip);
		if (op.kind == FTI_OPERAND_VARIABLE)
			err = add_variable(u, op.symbol);
	}
	return err;
}

/* The names that arguments have, each once. */
static int collect(struct ft_usdt *u)
{
	size_t kept = 0;
	int err = 0;

	for (size_t i = 0; !err && i < u->count; i++)
		err = collect_of(u, u->entry[i].probe.args);
	if (err || !u->variable_count)
		return err;
	qsort(u->variable, u->variable_count, sizeof(*u->variable), by_name);
	for (size_t i = 0; i < u->variable_count; i++) {
		if (kept && !strcmp(u->variable[kept - 1].name, u->variable[i].name))
			free(u->variable[i].name);
		else
			u->variable[kept++] = u->variable[i];
	}
	u->variable_count = kept;
	return 0;
}

static int on_symbol(void *arg, const Elf64_Sym *symbol, char *name, bool old)
{
	const unsigned int type = ELF64_ST_TYPE(symbol->st_info);
	struct ft_usdt *u = arg;
	struct fti_usdt_variable *v, key = { .name = name };
	char *version;

	(void)old;
	if ((type != STT_OBJECT && type != STT_NOTYPE) || symbol->st_shndx == SHN_UNDEF ||
	    symbol->st_shndx == SHN_ABS)
		return 0;
	version = strchr(name, '@');
	if (version)
		*version = 0;
	v = bsearch(&key, u->variable, u->variable_count, sizeof(*v), by_name);
	if (!v)
		return 0;
	/* Which of two static ones is meant is not told; both tables may have a global one. */
	if (v->state != FTI_VARIABLE_UNKNOWN && v->addr != symbol->st_value)
		v->state = FTI_VARIABLE_SEVERAL;
	else if (v->state == FTI_VARIABLE_UNKNOWN)
		v->state = FTI_VARIABLE_KNOWN;
	v->addr = symbol->st_value;
	return 0;
}

static int find_variables(struct ft_usdt *u, const struct fti_elf_file *f)
{
	struct fti_elf_strings strings;
	int err = collect(u);

	if (err || !u->variable_count)
		return err;
	err = fti_elf_file_symbols(f, &strings, on_symbol, u);
	fti_elf_strings_free(&strings);
	return err;
}

const struct fti_usdt_variable *fti_usdt_variable(const struct ft_usdt *u, const char *name)
{
	size_t low = 0, high = u->variable_count;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;
		const int d = strcmp(u->variable[mid].name, name);

		if (!d)
			return &u->variable[mid];
		if (d < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* -- the file -------------------------------------------------------------------------------- */

static int read_all(struct ft_usdt *u, const struct fti_elf_file *f)
{
	int err = fti_usdt_read_notes(u, f);

	u->machine = f->header.e_machine;
	u->wide = f->wide;
	if (err || !u->count)
		return err;
	qsort(u->entry, u->count, sizeof(*u->entry), by_label);
	drop_doubles(u);
	return find_variables(u, f);
}

int fti_usdt_open(struct ft_usdt **out, int fd)
{
	struct ft_usdt *u;
	struct fti_elf_file f;
	int err = fti_elf_file_open(&f, fd);

	*out = NULL;
	if (err)
		return err;
	u = calloc(1, sizeof(*u));
	err = u ? read_all(u, &f) : -ENOMEM;
	fti_elf_file_close(&f);
	if (err) {
		ft_usdt_close(u);
		return err;
	}
	*out = u;
	return 0;
}

int ft_usdt_open(struct ft_usdt **out, const char *path)
{
	int fd = fti_elf_open_file(path), err;

	*out = NULL;
	if (fd < 0)
		return fd;
	err = fti_usdt_open(out, fd);
	close(fd);
	return err;
}

void ft_usdt_close(struct ft_usdt *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->count; i++)
		free(u->entry[i].strings);
	for (size_t i = 0; i < u->variable_count; i++)
		free(u->variable[i].name);
	free(u->entry);
	free(u->variable);
	free(u);
}

size_t ft_usdt_count(const struct ft_usdt *u)
{
	return u->count;
}

int ft_usdt_probes(const struct ft_usdt *u,
		   int (*fn)(void *arg, const struct ft_usdt_probe *probe), void *arg)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < u->count; i++)
		ret = fn(arg, &u->entry[i].probe);
	return ret;
}
