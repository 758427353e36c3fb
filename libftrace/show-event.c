/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of an event, found out when its first record comes. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/show.h"
#include "show-internal.h"

/*
 * Names of numbers that programs see, so that they never change, and that print formats use without
 * telling the numbers: 6.12's block events, and 6.18's of TCP.
 */
static const struct {
	const char *name, *value;
} constants[] = {
	{ "IOPRIO_CLASS_NONE", "0" }, { "IOPRIO_CLASS_RT", "1" }, { "IOPRIO_CLASS_BE", "2" },
	{ "IOPRIO_CLASS_IDLE", "3" }, { "IOPRIO_CLASS_INVALID", "7" },
	{ "TCP_ESTABLISHED", "1" }, { "TCP_SYN_SENT", "2" }, { "TCP_SYN_RECV", "3" },
	{ "TCP_FIN_WAIT1", "4" }, { "TCP_FIN_WAIT2", "5" }, { "TCP_TIME_WAIT", "6" },
	{ "TCP_CLOSE", "7" }, { "TCP_CLOSE_WAIT", "8" }, { "TCP_LAST_ACK", "9" },
	{ "TCP_LISTEN", "10" }, { "TCP_CLOSING", "11" }, { "TCP_NEW_SYN_RECV", "12" },
};

static int name_constants(struct tep_print_flag_sym *sym)
{
	const size_t count = sizeof(constants) / sizeof(constants[0]);

	for (; sym; sym = sym->next) {
		for (size_t i = 0; sym->value && i < count; i++) {
			char *value;

			if (strcmp(sym->value, constants[i].name))
				continue;
			value = strdup(constants[i].value);
			if (!value)
				return -ENOMEM;
			free(sym->value);
			sym->value = value;
		}
	}
	return 0;
}

/* The depth is bounded by ft_events_tep(), which takes no format nested without end. */
static int mend_constants(struct tep_print_arg *arg)
{
	int err = 0;

	for (; arg && !err; arg = arg->next) {
		switch (arg->type) {
		case TEP_PRINT_FLAGS:
			err = name_constants(arg->flags.flags);
			break;
		case TEP_PRINT_SYMBOL:
			err = name_constants(arg->symbol.symbols);
			break;
		case TEP_PRINT_TYPE:
			err = mend_constants(arg->typecast.item);
			break;
		case TEP_PRINT_OP:
			err = mend_constants(arg->op.left);
			if (!err)
				err = mend_constants(arg->op.right);
			break;
		default:
			break;
		}
	}
	return err;
}

/* -- fields ------------------------------------------------------------------------------------ */

static bool is_bitmask(const struct tep_format_field *f)
{
	return (f->flags & TEP_FIELD_IS_DYNAMIC) &&
	       (strstr(f->type, "cpumask_t") || strstr(f->type, "unsigned long[]"));
}

static enum ft_show_kind kind_of(const struct tep_format_field *f, const struct ft_field *at)
{
	if (f->flags & TEP_FIELD_IS_STRING)
		return FT_SHOW_STRING;
	if (is_bitmask(f))
		return FT_SHOW_BITMASK;
	if ((f->flags & TEP_FIELD_IS_ARRAY) || at->dynamic || at->count != 1)
		return FT_SHOW_ARRAY;
	/* System calls declare what they take: "int dfd" in eight bytes. */
	return f->flags & TEP_FIELD_IS_POINTER ? FT_SHOW_POINTER : FT_SHOW_INT;
}

/* "char[16]", "__data_loc char[]", "unsigned long". */
static char *type_of(const struct tep_format_field *f, const struct ft_field *at)
{
	char *type;
	int n;

	if (strchr(f->type, '[') || at->dynamic || !(f->flags & TEP_FIELD_IS_ARRAY))
		n = asprintf(&type, "%s", f->type);
	else if (at->count)
		n = asprintf(&type, "%s[%u]", f->type, at->count);
	else
		n = asprintf(&type, "%s[]", f->type);
	return n < 0 ? NULL : type;
}

/* A structure, or an array of them. */
static void as_bytes(struct ft_field *at)
{
	at->count = (uint16_t)(at->size * at->count);
	at->size = 1;
	at->is_signed = 0;
}

/* 0; -EBADMSG: a field is where no record has room. */
static int add_field(const struct ft_show *sh, struct fti_shown *s, struct ft_show_field *out,
		     const struct tep_format_field *f)
{
	int err = ft_field_find(sh->evs, s->tep->system, s->tep->name, f->name, &out->at);

	if (err)
		return err;
	if (out->at.size > 8 || (out->at.size & (out->at.size - 1)))
		as_bytes(&out->at);
	out->kind = kind_of(f, &out->at);
	out->name = f->name;
	out->type = type_of(f, &out->at);
	return out->type ? 0 : -ENOMEM;
}

static int add_fields(const struct ft_show *sh, struct fti_shown *s)
{
	const struct tep_format_field *f;
	struct ft_show_field *fields;
	size_t count = 0;
	int err = 0;

	for (f = s->tep->format.fields; f; f = f->next)
		count++;
	fields = calloc(count + 1, sizeof(*fields));
	if (!fields)
		return -ENOMEM;
	s->ev.fields = fields;
	for (f = s->tep->format.fields; f && err != -ENOMEM; f = f->next) {
		err = add_field(sh, s, &fields[s->ev.field_count], f);
		if (!err)
			s->ev.field_count++;
		else
			s->how = FTI_SHOW_NOT;
	}
	return err == -ENOMEM ? err : 0;
}

/* -- how it is printed ------------------------------------------------------------------------- */

static bool has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static bool find(const struct ft_show *sh, const struct fti_shown *s, const char *field,
		 struct ft_field *out)
{
	return !ft_field_find(sh->evs, s->tep->system, s->tep->name, field, out) && !out->dynamic;
}

static bool is_probe(const struct ft_show *sh, struct fti_shown *s)
{
	const struct tep_print_fmt *fmt = &s->tep->print_fmt;

	if (!fmt->format || !has_prefix(fmt->format, "(%lx"))
		return false;
	if (has_prefix(fmt->format, "(%lx <- %lx)"))
		return find(sh, s, "__probe_func", &s->return_ip) &&
		       find(sh, s, "__probe_ret_ip", &s->ip);
	return has_prefix(fmt->format, "(%lx)") && find(sh, s, "__probe_ip", &s->ip);
}

static enum fti_show_how how_of(const struct ft_show *sh, struct fti_shown *s)
{
	const char *system = s->tep->system, *name = s->tep->name;

	if (!strcmp(system, "syscalls") && has_prefix(name, "sys_enter_"))
		return FTI_SHOW_ENTER;
	if (!strcmp(system, "syscalls") && has_prefix(name, "sys_exit_") &&
	    find(sh, s, "ret", &s->ip))
		return FTI_SHOW_EXIT;
	if (!strcmp(system, "ftrace") && !strcmp(name, "print") && find(sh, s, "ip", &s->ip) &&
	    !ft_field_find(sh->evs, system, name, "buf", &s->text))
		return FTI_SHOW_MARKER;
	if (!strcmp(system, "ftrace") && !strcmp(name, "kernel_stack") && sh->stacks)
		return FTI_SHOW_STACK;
	return is_probe(sh, s) ? FTI_SHOW_PROBE : FTI_SHOW_FORMAT;
}

void fti_shown_free(struct fti_shown *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->ev.field_count; i++)
		free((char *)s->ev.fields[i].type);
	free((void *)s->ev.fields);
	fti_print_free(s->print);
	free(s);
}

struct fti_shown *fti_shown_new(const struct ft_show *sh, uint16_t type)
{
	struct tep_event *tep = tep_find_event(sh->tep, type);
	struct fti_shown *s = tep ? calloc(1, sizeof(*s)) : NULL;

	if (!s)
		return NULL;
	s->tep = tep;
	s->ev.system = tep->system;
	s->ev.name = tep->name;
	s->how = FTI_SHOW_FORMAT;
	if (strlen(tep->name) > NAME_MAX || add_fields(sh, s) ||
	    mend_constants(tep->print_fmt.args)) {
		fti_shown_free(s);
		return NULL;
	}
	if (s->how != FTI_SHOW_NOT)
		s->how = how_of(sh, s);
	if (s->how == FTI_SHOW_FORMAT || s->how == FTI_SHOW_PROBE)
		s->print = fti_print_new(sh->evs, tep);
	return s;
}
