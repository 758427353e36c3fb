/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/kernel.h"
#include "usdt-internal.h"

/* -- words ----------------------------------------------------------------------------------- */

/* "8@", "-4@", "4f@": how long it is; 0: there is none. */
static size_t read_size(struct fti_usdt_word *w, const char *p)
{
	size_t len = *p == '-';

	w->is_signed = *p == '-';
	if (!isdigit((unsigned char)p[len]))
		return 0;
	for (; isdigit((unsigned char)p[len]); len++)
		if (w->bytes < 1000)
			w->bytes = w->bytes * 10 + (p[len] - '0');
	w->is_float = p[len] == 'f';
	len += w->is_float;
	return p[len] == '@' ? len + 1 : 0;
}

bool fti_usdt_next_word(const char **rest, struct fti_usdt_word *w)
{
	const char *p = *rest + strspn(*rest, " ");
	int depth = 0;

	*w = (struct fti_usdt_word){ .text = p };
	if (!*p)
		return false;
	w->skip = read_size(w, p);
	if (!w->skip)
		*w = (struct fti_usdt_word){ .text = p };
	/* Blanks within brackets do not part arguments: "8@[sp, 8]". */
	for (; *p && (depth > 0 || *p != ' '); p++)
		depth += (*p == '[' || *p == '(') - (*p == ']' || *p == ')');
	w->len = p - w->text;
	*rest = p;
	return true;
}

/* -- fetching -------------------------------------------------------------------------------- */

static const char *type_of(unsigned int bytes, bool is_signed)
{
	switch (bytes) {
	case 1:
		return is_signed ? "s8" : "u8";
	case 2:
		return is_signed ? "s16" : "u16";
	case 4:
		return is_signed ? "s32" : "u32";
	case 8:
		return is_signed ? "s64" : "u64";
	default:
		return NULL;
	}
}

static const char *why_not(const struct fti_usdt_word *w, const struct fti_operand *op,
			   const struct ft_usdt_kernel *k)
{
	if (op->kind == FTI_OPERAND_NONE)
		return op->why;
	if (w->is_float)
		return "it is a floating-point number";
	if (w->bytes && !type_of(w->bytes, false))
		return "the kernel fetches nothing of its size";
	if ((op->kind == FTI_OPERAND_MEMORY || op->kind == FTI_OPERAND_VARIABLE) && !k->memory)
		return "it is in memory, and this kernel's user probes fetch registers only";
	if (op->kind == FTI_OPERAND_CONSTANT && !k->immediate)
		return "it is a constant, which this kernel does not fetch";
	return NULL;
}

/* By its distance from the probe, where the instruction pointer is then.  The kernel's "@+OFFSET" is
 * for this too, but 5.10 and 6.1 add the offset twice. */
static const char *fetch_variable(const struct ft_usdt *u, const struct ft_usdt_probe *probe,
				  const struct fti_operand *op, char *buf, size_t size)
{
	const struct fti_usdt_variable *v = fti_usdt_variable(u, op->symbol);

	if (!v || v->state == FTI_VARIABLE_UNKNOWN)
		return "the file does not tell where its variable is";
	if (v->state == FTI_VARIABLE_SEVERAL)
		return "several variables have its name";
	snprintf(buf, size, "%+" PRId64 "(%%ip)",
		 (int64_t)(v->addr + (uint64_t)op->number - probe->addr));
	return NULL;
}

static const char *fetch(const struct ft_usdt *u, const struct ft_usdt_probe *probe,
			 const struct fti_operand *op, char *buf, size_t size)
{
	switch (op->kind) {
	case FTI_OPERAND_REGISTER:
		snprintf(buf, size, "%%%s", op->reg);
		return NULL;
	case FTI_OPERAND_MEMORY:
		snprintf(buf, size, "%+" PRId64 "(%%%s)", op->number, op->reg);
		return NULL;
	case FTI_OPERAND_VARIABLE:
		return fetch_variable(u, probe, op, buf, size);
	default:
		snprintf(buf, size, op->negative ? "\\%" PRId64 : "\\%" PRIu64, op->number);
		return NULL;
	}
}

static unsigned int bytes_of(const struct ft_usdt *u, const struct fti_usdt_word *w,
			     const struct fti_operand *op)
{
	/* Only the named part of a register is the argument's. */
	if (op->kind == FTI_OPERAND_REGISTER && (!w->bytes || w->bytes > op->bytes))
		return op->bytes;
	if (w->bytes)
		return w->bytes;
	return u->wide ? 8 : 4;
}

int ft_usdt_args(const struct ft_usdt *u, const struct ft_usdt_probe *probe,
		 const struct ft_usdt_kernel *k, struct ft_usdt_arg args[FT_USDT_ARGS_MAX])
{
	const char *rest = probe->args;
	struct fti_usdt_word w;
	struct fti_operand op;
	int count = 0;

	while (count < FT_USDT_ARGS_MAX && fti_usdt_next_word(&rest, &w)) {
		struct ft_usdt_arg *a = &args[count++];

		*a = (struct ft_usdt_arg){ .text = w.text, .text_len = w.len };
		fti_operand_parse(&op, u->machine, w.text + w.skip, w.len - w.skip);
		a->why = why_not(&w, &op, k);
		if (!a->why)
			a->why = fetch(u, probe, &op, a->fetch, sizeof(a->fetch));
		if (!a->why)
			a->type = type_of(bytes_of(u, &w, &op), w.is_signed || op.negative);
	}
	return count;
}

void ft_usdt_fetch(const struct ft_usdt_arg *args, int count, char buf[FT_USDT_FETCH_SIZE])
{
	size_t len = 0;

	*buf = 0;
	for (int i = 0; i < count && i < FT_USDT_ARGS_MAX; i++)
		if (!args[i].why)
			len += snprintf(buf + len, FT_USDT_FETCH_SIZE - len, "%sarg%d=%s:%s",
					len ? " " : "", i + 1, args[i].fetch, args[i].type);
}

/* -- kernels --------------------------------------------------------------------------------- */

void ft_usdt_kernel(const struct ft_session *s, struct ft_usdt_kernel *k)
{
	const char *dir = ft_session_tracefs(s);

	/* User probes fetch from memory since 3.14, which nothing tells; they have been enabled in
	 * instances, where this session then is, since about then, and set_event_pid is of 4.4. */
	k->memory = ft_session_in_instance(s) || ft_session_has_global(s, "set_event_pid");
	k->immediate = ft_kernel_readme_has(dir, "\\imm-value");
	k->semaphore = ft_kernel_readme_has(dir, "ref_ctr_offset");
}

int ft_usdt_check(struct ft_session *s, const struct ft_usdt_kernel *k,
		  const struct ft_usdt_probe *probe)
{
	if (!probe->guarded)
		return 0;
	if (!probe->semaphore)
		return ft_fail(s, -EOPNOTSUPP, "cannot trace '%s': the program skips it until a "
			       "semaphore is counted up, which is not in its file", probe->label);
	if (k->semaphore)
		return 0;
	return ft_fail(s, -EOPNOTSUPP, "cannot trace '%s': the program skips it until its semaphore "
		       "is counted up, which this kernel's user probes cannot do (before 4.20)",
		       probe->label);
}
