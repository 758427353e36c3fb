/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/show.h"
#include "show-internal.h"
#include "text.h"

#define TEXT_MAX 65536

/* Offsets and lengths of dynamic fields have 16 bits each, and libtraceevent follows them. */
#define COPY_MAX (3 * 65536)

#define TYPES 65536

static struct fti_shown none;

/* -- opening ----------------------------------------------------------------------------------- */

static char *resolve(void *arg, unsigned long long *addr, char **module)
{
	struct ft_show *sh = arg;
	struct ft_symbol symbol;
	size_t len;

	if (!sh->syms || !ft_symbol_lookup(sh->syms, *addr, &symbol))
		return NULL;
	len = strnlen(symbol.name, sizeof(sh->symbol) - 1);
	memcpy(sh->symbol, symbol.name, len);
	sh->symbol[len] = 0;
	*addr = symbol.addr;
	*module = (char *)symbol.module;
	return sh->symbol;
}

int ft_show_new(struct ft_show **out, const struct ft_events *evs, const struct ft_symbols *syms)
{
	struct ft_show *sh = calloc(1, sizeof(*sh));
	int err;

	*out = NULL;
	if (!sh)
		return -ENOMEM;
	sh->evs = evs;
	sh->syms = syms;
	trace_seq_init(&sh->seq);
	/* A format that it does not understand is shown otherwise, and need not be told. */
	tep_set_loglevel(TEP_LOG_NONE);
	sh->tep = ft_events_tep(evs);
	sh->shown = calloc(TYPES, sizeof(*sh->shown));
	sh->copy = calloc(1, COPY_MAX);
	sh->text = malloc(TEXT_MAX);
	sh->printed = malloc(TEXT_MAX);
	err = sh->tep && sh->shown && sh->copy && sh->text && sh->printed ? 0 : -ENOMEM;
	if (!err)
		err = fti_names_new(&sh->names, syms);
	if (!err && ft_stacks_new(&sh->stacks, evs, syms) == -ENOMEM)
		err = -ENOMEM;
	if (!err)
		err = tep_set_function_resolver(sh->tep, resolve, sh) ? -ENOMEM : 0;
	if (err) {
		ft_show_free(sh);
		return err;
	}
	*out = sh;
	return 0;
}

void ft_show_free(struct ft_show *sh)
{
	if (!sh)
		return;
	if (sh->tep)
		tep_reset_function_resolver(sh->tep);
	for (size_t i = 0; sh->shown && i < TYPES; i++)
		if (sh->shown[i] != &none)
			fti_shown_free(sh->shown[i]);
	free(sh->shown);
	trace_seq_destroy(&sh->seq);
	ft_stacks_free(sh->stacks);
	fti_names_free(sh->names);
	free(sh->copy);
	free(sh->text);
	free(sh->printed);
	free(sh);
}

bool ft_show_wants_symbols(const struct ft_show_event *ev)
{
	const struct fti_shown *s = (const struct fti_shown *)ev;
	const char *p = s->tep->print_fmt.format;

	if (s->how == FTI_SHOW_PROBE)
		return true;
	for (; p && (p = strstr(p, "%p")); p += 2)
		if (p[2] && strchr("SsFfB", p[2]))
			return true;
	return false;
}

static struct fti_shown *shown(struct ft_show *sh, uint16_t type)
{
	struct fti_shown *s = sh->shown[type];

	if (!s) {
		s = fti_shown_new(sh, type);
		sh->shown[type] = s ? s : &none;
	}
	return s == &none ? NULL : s;
}

const struct ft_show_event *ft_show_event(struct ft_show *sh, uint16_t type)
{
	const struct fti_shown *s = shown(sh, type);

	return s ? &s->ev : NULL;
}

const struct ft_show_field *ft_show_field(const struct ft_show_event *ev, const char *name)
{
	for (const struct ft_show_field *f = ev->fields; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

const char *ft_show_string(const struct ft_show_field *f, const struct ft_event *e, size_t *len)
{
	const char *s = ft_field_bytes(&f->at, e, len);

	if (s)
		*len = strnlen(s, *len);
	return s;
}

/* -- text -------------------------------------------------------------------------------------- */

static struct tep_record copy_record(struct ft_show *sh, const struct ft_event *e)
{
	const uint32_t size = e->size < COPY_MAX / 3 ? e->size : COPY_MAX / 3;

	memcpy(sh->copy, e->data, size);
	if (size < sh->copied)
		memset(sh->copy + size, 0, sh->copied - size);
	sh->copied = size;
	return (struct tep_record){ .ts = e->ts, .size = (int)size, .record_size = (int)size,
				    .data = sh->copy, .cpu = e->cpu };
}

/* Strings of events may hold anything, NUL too. */
static void put_bytes(struct ft_show *sh, const char *s, size_t len)
{
	trace_seq_printf(&sh->seq, "%.*s", (int)len, s);
}

static void put_format(struct ft_show *sh, const struct fti_shown *s, const struct ft_event *e)
{
	struct tep_record record;
	char *end;

	if (s->print) {
		end = fti_print_put(s->print, e, sh->names, sh->printed, sh->printed + TEXT_MAX);
		put_bytes(sh, sh->printed, (size_t)(end - sh->printed));
		return;
	}
	record = copy_record(sh, e);
	tep_print_event(sh->tep, &sh->seq, &record, "%s", TEP_PRINT_INFO);
}

/* Without its 0x. */
static char *put_hex(char *p, uint64_t v)
{
	char hex[FTI_PUT_MAX];

	return mempcpy(p, hex + 2, (size_t)(fti_put_hex(hex, v) - hex) - 2);
}

static bool is_number(const char *name)
{
	return !strcmp(name, "nr") || !strcmp(name, "__syscall_nr");
}

/* As fields were given to the system call, without what the kernel has added to them. */
static char *put_enter(const struct fti_shown *s, const struct ft_event *e, char *p,
		       const char *end)
{
	bool first = true;

	p = mempcpy(p, "sys_", 4);
	p = stpcpy(p, s->ev.name + strlen("sys_enter_"));
	*p++ = '(';
	for (const struct ft_show_field *f = s->ev.fields; f->name; f++) {
		if (f == s->ev.fields && is_number(f->name))
			continue;
		if (f->kind != FT_SHOW_INT && f->kind != FT_SHOW_POINTER)
			continue;
		if ((size_t)(end - p) < strlen(f->name) + 2 * FTI_PUT_MAX)
			break;
		if (!first)
			p = mempcpy(p, ", ", 2);
		p = stpcpy(p, f->name);
		p = mempcpy(p, ": ", 2);
		p = put_hex(p, ft_field_u64(&f->at, e));
		first = false;
	}
	*p++ = ')';
	return p;
}

static char *put_exit(const struct fti_shown *s, const struct ft_event *e, char *p)
{
	p = mempcpy(p, "sys_", 4);
	p = stpcpy(p, s->ev.name + strlen("sys_exit_"));
	p = mempcpy(p, " -> ", 4);
	return fti_put_hex(p, ft_field_u64(&s->ip, e));
}

static void put_address(struct ft_show *sh, uint64_t addr, bool offset)
{
	const char *name;
	size_t len;

	/* A user probe's is one of its program. */
	if (addr < (uint64_t)1 << 63) {
		trace_seq_printf(&sh->seq, "0x%llx", (unsigned long long)addr);
		return;
	}
	name = offset ? fti_names_get(sh->names, addr, true, &len) :
			fti_names_plain(sh->names, addr, &len);
	trace_seq_printf(&sh->seq, "%.*s", (int)len, name);
}

/* The addresses in front have names in the kernel's text; what follows is as the format says. */
static void put_probe(struct ft_show *sh, const struct fti_shown *s, const struct ft_event *e)
{
	const char *rest;
	size_t from, len;

	put_format(sh, s, e);
	trace_seq_terminate(&sh->seq);
	rest = sh->seq.len ? memchr(sh->seq.buffer, ')', sh->seq.len) : NULL;
	from = rest ? (size_t)(rest - sh->seq.buffer) : sh->seq.len;
	len = sh->seq.len - from < TEXT_MAX ? sh->seq.len - from : TEXT_MAX;
	memcpy(sh->text, sh->seq.buffer + from, len);
	trace_seq_reset(&sh->seq);
	trace_seq_printf(&sh->seq, "%s: (", s->ev.name);
	put_address(sh, ft_field_u64(&s->ip, e), true);
	if (ft_field_ok(&s->return_ip)) {
		trace_seq_puts(&sh->seq, " <- ");
		put_address(sh, ft_field_u64(&s->return_ip, e), false);
	}
	trace_seq_printf(&sh->seq, "%.*s", (int)len, sh->text);
}

static void put_marker(struct ft_show *sh, const struct fti_shown *s, const struct ft_event *e)
{
	const char *name, *text;
	size_t len;

	name = fti_names_plain(sh->names, ft_field_u64(&s->ip, e), &len);
	trace_seq_printf(&sh->seq, "%.*s: ", (int)len, name);
	text = ft_field_bytes(&s->text, e, &len);
	if (text)
		trace_seq_printf(&sh->seq, "%.*s", (int)len, text);
}

static bool is_plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || (unsigned char)s[i] >= 127 || s[i] == '\\')
			return false;
	return true;
}

static void put_text(struct ft_show *sh, const struct fti_shown *s, const struct ft_event *e)
{
	switch (s->how) {
	case FTI_SHOW_PROBE:
		put_probe(sh, s, e);
		break;
	case FTI_SHOW_MARKER:
		put_marker(sh, s, e);
		break;
	case FTI_SHOW_NOT:
		trace_seq_printf(&sh->seq, "%s: [its format makes no sense]", s->ev.name);
		break;
	default:
		trace_seq_puts(&sh->seq, s->ev.name);
		trace_seq_puts(&sh->seq, ": ");
		put_format(sh, s, e);
	}
}

/* Those that come in millions, without stdio.  Their names are as long as a file's at most. */
static char *put_quickly(struct ft_show *sh, const struct fti_shown *s, const struct ft_event *e)
{
	char *p = sh->printed;

	if (s->how == FTI_SHOW_ENTER)
		return put_enter(s, e, p, sh->printed + TEXT_MAX);
	if (s->how == FTI_SHOW_EXIT)
		return put_exit(s, e, p);
	if (s->how != FTI_SHOW_FORMAT || !s->print)
		return NULL;
	p = stpcpy(p, s->ev.name);
	p = mempcpy(p, ": ", 2);
	return fti_print_put(s->print, e, sh->names, p, sh->printed + TEXT_MAX);
}

static const char *show_stack(struct ft_show *sh, const struct ft_event *e, size_t *len)
{
	static const char title[] = "<stack trace>\n";
	const char *text = ft_stacks_text(sh->stacks, e, len);
	char *p = mempcpy(sh->text, title, sizeof(title) - 1);

	if (*len > TEXT_MAX - sizeof(title))
		*len = TEXT_MAX - sizeof(title);
	p = mempcpy(p, text, *len);
	*len = (size_t)(p - sh->text) - 1;
	return sh->text;
}

static const char *put_slowly(struct ft_show *sh, const struct fti_shown *s,
			      const struct ft_event *e, size_t *len)
{
	trace_seq_reset(&sh->seq);
	if (s)
		put_text(sh, s, e);
	else
		trace_seq_printf(&sh->seq, "Unknown type %u", e->type);
	trace_seq_terminate(&sh->seq);
	*len = sh->seq.len;
	return sh->seq.buffer;
}

const char *ft_show_text(struct ft_show *sh, const struct ft_event *e, size_t *len)
{
	const struct fti_shown *s = shown(sh, e->type);
	const char *text = sh->printed, *end;
	size_t taken, n;

	if (s && s->how == FTI_SHOW_STACK)
		return show_stack(sh, e, len);
	end = s ? put_quickly(sh, s, e) : NULL;
	if (end)
		n = (size_t)(end - text);
	else
		text = put_slowly(sh, s, e, &n);
	/* The kernel ends a line once, whatever the text ends in. */
	if (n && text[n - 1] == '\n')
		n--;
	if (n > TEXT_MAX / 4)
		n = TEXT_MAX / 4;
	*len = n;
	if (is_plain(text, n))
		return text;
	*len = fti_escape(sh->text, TEXT_MAX, text, n, FTI_ESCAPE_TEXT, &taken);
	return sh->text;
}
