/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Return values, and the error numbers that they are. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errno-name.h"
#include "ftrace/call.h"
#include "probing-internal.h"

#define ERRNO_MAX 4095	/* the kernel's MAX_ERRNO */

int fti_probing_errno(int64_t value)
{
	/* An int leaves the upper half of the register as it was. */
	int64_t code = (uint64_t)value >> 32 ? value : (int32_t)value;

	return code < 0 && code >= -ERRNO_MAX ? (int)-code : 0;
}

void fti_probing_retval(int64_t value, bool errnos, char text[FTI_RETVAL_MAX])
{
	const char *name = errnos ? fti_errno_name(fti_probing_errno(value)) : NULL;

	if (name)
		snprintf(text, FTI_RETVAL_MAX, "-%s", name);
	else
		ft_call_retval(&(struct ft_call){ .retval = value }, text, FTI_RETVAL_MAX);
}

/* Of several the first; strings may hold anything, so it is looked for from the side where none is.
 */
void fti_probing_retval_find(struct ft_probing *p, struct fti_probing_one *one, const char *event)
{
	struct ft_definition_arg arg = { .name = "ret" };
	bool strings = false, found = p->opt->ret;

	for (size_t i = 0; !found && ft_definition_arg(one->d, i, &arg); i++) {
		found = arg.retval && !arg.string;
		strings |= arg.string;
	}
	if (!found ||
	    ft_field_find(p->r->events, ft_probes_group(p->probes), event, arg.name, &one->retval))
		return;
	memcpy(one->name, arg.name, sizeof(one->name));
	one->from_end = strings;
}

/* The probe whose record has an error number; NULL: none. */
static const struct fti_probing_one *failed(const struct ft_probing *p, const struct ft_event *e)
{
	const unsigned int known = p->by_id[e->type];
	const struct fti_probing_one *one = known ? &p->one[(known - 1) / 2] : NULL;

	return one && ft_field_ok(&one->retval) && one->retval.count == 1 &&
	       fti_errno_name(fti_probing_errno(ft_field_s64(&one->retval, e))) ? one : NULL;
}

void fti_probing_row(void *arg, const struct ft_event *e)
{
	const struct ft_probing *p = arg;
	const struct fti_probing_one *one = p->opt->errnos ? failed(p, e) : NULL;

	if (one)
		ft_out_str(p->r->out, FT_PROBING_ERRNO,
			   fti_errno_name(fti_probing_errno(ft_field_s64(&one->retval, e))));
}

static const char *find_value(const struct fti_probing_one *one, const char *text, size_t len)
{
	const char *end = text + len, *at = memchr(text, ')', len), *found = NULL;
	char key[48];
	const size_t n = (size_t)snprintf(key, sizeof(key), " %s=", one->name);

	while (at && (at = memmem(at, (size_t)(end - at), key, n))) {
		at += n;
		found = at;
		if (!one->from_end)
			break;
	}
	return found;
}

const char *fti_probing_text(void *arg, const struct ft_event *e, size_t *len)
{
	struct ft_probing *p = arg;
	const char *text = ft_show_text(ft_watch_show(p->r->watch), e, len), *value;
	const struct fti_probing_one *one = failed(p, e);
	char *more, *to;
	size_t rest;

	value = one ? find_value(one, text, *len) : NULL;
	if (!value)
		return text;
	if (p->text_room < *len + FTI_RETVAL_MAX) {
		more = realloc(p->text, *len + FTI_RETVAL_MAX);
		if (!more)
			return text;
		p->text = more;
		p->text_room = *len + FTI_RETVAL_MAX;
	}
	to = mempcpy(p->text, text, (size_t)(value - text));
	fti_probing_retval(ft_field_s64(&one->retval, e), true, to);
	to += strlen(to);
	while (value < text + *len && *value != ' ')
		value++;
	rest = (size_t)(text + *len - value);
	to = mempcpy(to, value, rest);
	*len = (size_t)(to - p->text);
	return p->text;
}
