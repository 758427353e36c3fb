/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "show-expr.h"
#include "text.h"

enum kind { CONSTANT, FIELD, CAST, UNARY, BINARY, CHOICE, TEXT, STRING, SYMBOLS, FLAGS };

/* Binary operators; the last is none. */
enum operator {
	ADD, SUB, MUL, DIV, MOD, SHL, SHR, AND, OR, XOR, EQ, NE, LE, GE, LT, GT, LAND, LOR
};

static const char *const operators[] = {
	"+", "-", "*", "/", "%", "<<", ">>", "&", "|", "^", "==", "!=", "<=", ">=", "<", ">",
	"&&", "||",
};

struct named {
	uint64_t    value;
	const char *text;	/* libtraceevent's */
};

struct fti_expr {
	enum kind	kind;
	unsigned int	op;		/* of BINARY; UNARY: its character */
	struct fti_expr *a, *b, *c;
	int64_t		value;		/* CONSTANT; CAST: size, negative if signed */
	struct ft_field field;
	const char     *text;		/* TEXT; FLAGS: what separates them */
	struct named   *named;
	size_t		named_count;
};

void fti_expr_free(struct fti_expr *x)
{
	if (!x)
		return;
	fti_expr_free(x->a);
	fti_expr_free(x->b);
	fti_expr_free(x->c);
	free(x->named);
	free(x);
}

/* -- compiling --------------------------------------------------------------------------------- */

struct compiler {
	const struct ft_events *evs;
	const struct tep_event *event;
};

static bool whole_number(const char *s, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(s, &end, 0);
	if (errno || end == s)
		return false;
	end += strspn(end, "uUlL");
	return !*end;
}

static bool compile_field(const struct compiler *c, struct fti_expr *x, const char *name)
{
	return !ft_field_find(c->evs, c->event->system, c->event->name, name, &x->field);
}

static bool is_scalar(const struct ft_field *f)
{
	return !f->dynamic && f->count == 1 &&
	       (f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8);
}

static bool compile_cast(struct fti_expr *x, const char *type)
{
	static const struct {
		const char *name;
		int size;
	} types[] = {
		{ "int", -4 }, { "unsigned int", 4 }, { "unsigned", 4 }, { "long", -8 },
		{ "unsigned long", 8 }, { "long long", -8 }, { "unsigned long long", 8 },
		{ "short", -2 }, { "unsigned short", 2 }, { "char", -1 }, { "unsigned char", 1 },
		{ "u8", 1 }, { "u16", 2 }, { "u32", 4 }, { "u64", 8 }, { "s8", -1 }, { "s16", -2 },
		{ "s32", -4 }, { "s64", -8 }, { "__u8", 1 }, { "__u16", 2 }, { "__u32", 4 },
		{ "__u64", 8 }, { "__s32", -4 }, { "__s64", -8 }, { "size_t", 8 }, { "pid_t", -4 },
	};

	if (strchr(type, '*')) {
		x->value = sizeof(long);
		return true;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!strcmp(type, types[i].name)) {
			x->value = types[i].size;
			return sizeof(long) == 8 || !strstr(type, "long");
		}
	}
	return false;
}

static struct fti_expr *compile(const struct compiler *c, const struct tep_print_arg *arg,
				bool string);

/* REC->args[2]: an element of an array within the record. */
static bool compile_element(const struct compiler *c, struct fti_expr *x,
			    const struct tep_print_arg *arg)
{
	const struct tep_print_arg *array = arg->op.left, *index = arg->op.right;
	uint64_t n;

	if (!array || array->type != TEP_PRINT_FIELD || !index || index->type != TEP_PRINT_ATOM ||
	    !whole_number(index->atom.atom, &n) || !compile_field(c, x, array->field.name) ||
	    x->field.dynamic || n >= x->field.count)
		return false;
	x->kind = FIELD;
	x->field.offset = (uint16_t)(x->field.offset + n * x->field.size);
	x->field.count = 1;
	return is_scalar(&x->field);
}

static bool is_null(const struct tep_print_arg *arg)
{
	return !arg || arg->type == TEP_PRINT_NULL;
}

static bool compile_choice(const struct compiler *c, struct fti_expr *x,
			   const struct tep_print_arg *arg,
			   bool string)
{
	const struct tep_print_arg *two = arg->op.right;

	if (!two || two->type != TEP_PRINT_OP || strcmp(two->op.op, ":"))
		return false;
	x->kind = CHOICE;
	x->a = compile(c, arg->op.left, false);
	x->b = compile(c, two->op.left, string);
	x->c = compile(c, two->op.right, string);
	return x->a && x->b && x->c;
}

static bool compile_operator(const struct compiler *c, struct fti_expr *x,
			     const struct tep_print_arg *arg, bool string)
{
	const char *op = arg->op.op;

	if (!strcmp(op, "?"))
		return compile_choice(c, x, arg, string);
	if (string)
		return false;
	if (!strcmp(op, "["))
		return compile_element(c, x, arg);
	if (is_null(arg->op.left)) {
		x->kind = UNARY;
		x->op = (unsigned char)*op;
		x->a = compile(c, arg->op.right, false);
		return x->a && !op[1] && strchr("!~-+", *op);
	}
	x->kind = BINARY;
	while (x->op < sizeof(operators) / sizeof(operators[0]) && strcmp(op, operators[x->op]))
		x->op++;
	if (x->op == sizeof(operators) / sizeof(operators[0]))
		return false;
	x->a = compile(c, arg->op.left, false);
	x->b = compile(c, arg->op.right, false);
	return x->a && x->b;
}

static bool compile_named(const struct compiler *c, struct fti_expr *x,
			  const struct tep_print_arg *value,
			  const struct tep_print_flag_sym *sym)
{
	size_t count = 0;

	for (const struct tep_print_flag_sym *s = sym; s; s = s->next)
		count++;
	x->named = calloc(count + 1, sizeof(*x->named));
	for (; x->named && sym; sym = sym->next) {
		struct named *n = &x->named[x->named_count++];

		/* A name that nobody has explained counts as 0 there. */
		if (!sym->value || !sym->str || !whole_number(sym->value, &n->value))
			return false;
		n->text = sym->str;
	}
	x->a = compile(c, value, false);
	return x->named && x->a;
}

static bool compile_string(const struct compiler *c, struct fti_expr *x,
			   const struct tep_print_arg *arg)
{
	switch (arg->type) {
	case TEP_PRINT_ATOM:
		x->kind = TEXT;
		x->text = arg->atom.atom;
		return !strchr(x->text, '\\');
	case TEP_PRINT_FIELD:
		x->kind = STRING;
		return compile_field(c, x, arg->field.name) && x->field.size == 1 &&
		       !x->field.dynamic && x->field.count > 1;
	case TEP_PRINT_STRING:
		x->kind = STRING;
		return compile_field(c, x, arg->string.string) && x->field.size == 1 &&
			x->field.dynamic;
	case TEP_PRINT_SYMBOL:
		x->kind = SYMBOLS;
		return compile_named(c, x, arg->symbol.field, arg->symbol.symbols);
	case TEP_PRINT_FLAGS:
		x->kind = FLAGS;
		x->text = arg->flags.delim ? arg->flags.delim : "";
		return compile_named(c, x, arg->flags.field, arg->flags.flags);
	case TEP_PRINT_OP:
		return compile_operator(c, x, arg, true);
	default:
		return false;
	}
}

static bool compile_number(const struct compiler *c, struct fti_expr *x,
			   const struct tep_print_arg *arg)
{
	uint64_t v;

	switch (arg->type) {
	case TEP_PRINT_ATOM:
		x->kind = CONSTANT;
		if (!whole_number(arg->atom.atom, &v))
			return false;
		x->value = (int64_t)v;
		return true;
	case TEP_PRINT_FIELD:
		x->kind = FIELD;
		return compile_field(c, x, arg->field.name) && is_scalar(&x->field);
	case TEP_PRINT_TYPE:
		x->kind = CAST;
		x->a = compile(c, arg->typecast.item, false);
		return x->a && compile_cast(x, arg->typecast.type);
	case TEP_PRINT_OP:
		return compile_operator(c, x, arg, false);
	default:
		return false;
	}
}

static struct fti_expr *compile(const struct compiler *c, const struct tep_print_arg *arg,
				bool string)
{
	struct fti_expr *x = arg ? calloc(1, sizeof(*x)) : NULL;

	if (x && !(string ? compile_string(c, x, arg) : compile_number(c, x, arg))) {
		fti_expr_free(x);
		x = NULL;
	}
	return x;
}

struct fti_expr *fti_expr_new(const struct ft_events *evs, const struct tep_event *event,
			      const struct tep_print_arg *arg, bool string)
{
	return compile(&(struct compiler){ evs, event }, arg, string);
}

/* -- running ----------------------------------------------------------------------------------- */

static int64_t cast(int64_t v, int64_t size)
{
	switch (size) {
	case -1: return (int8_t)v;
	case 1:	 return (uint8_t)v;
	case -2: return (int16_t)v;
	case 2:	 return (uint16_t)v;
	case -4: return (int32_t)v;
	case 4:	 return (uint32_t)v;
	default: return v;
	}
}

static int64_t unary(unsigned int op, int64_t v)
{
	if (op == '!')
		return !v;
	if (op == '~')
		return ~v;
	return op == '-' ? (int64_t)-(uint64_t)v : v;
}

/* Its highest bit is no sign. */
static bool is_u64(const struct fti_expr *x)
{
	return (x->kind == FIELD && x->field.size == 8 && !x->field.is_signed) ||
	       (x->kind == CAST && x->value == 8);
}

static int64_t compare(unsigned int op, int64_t a, int64_t b)
{
	switch (op) {
	case EQ: return a == b;
	case NE: return a != b;
	case LE: return a <= b;
	case GE: return a >= b;
	case LT: return a < b;
	case GT: return a > b;
	case LAND: return a && b;
	default: return a || b;
	}
}

static int64_t binary(unsigned int op, int64_t a, int64_t b)
{
	const uint64_t ua = (uint64_t)a, ub = (uint64_t)b;

	switch (op) {
	case ADD: return (int64_t)(ua + ub);
	case SUB: return (int64_t)(ua - ub);
	case MUL: return (int64_t)(ua * ub);
	case DIV: return !b || (a == INT64_MIN && b == -1) ? 0 : a / b;
	case MOD: return !b || (a == INT64_MIN && b == -1) ? 0 : a % b;
	case SHL: return (int64_t)(ua << (ub & 63));
	case SHR: return a >> (ub & 63);
	case AND: return a & b;
	case OR:  return a | b;
	case XOR: return a ^ b;
	default:  return compare(op, a, b);
	}
}

int64_t fti_expr_number(const struct fti_expr *x, const struct ft_event *e)
{
	switch (x->kind) {
	case CONSTANT:
		return x->value;
	case FIELD:
		return x->field.is_signed ? ft_field_s64(&x->field,
							 e) : (int64_t)ft_field_u64(&x->field, e);
	case CAST:
		return cast(fti_expr_number(x->a, e), x->value);
	case UNARY:
		return unary(x->op, fti_expr_number(x->a, e));
	case BINARY:
		if (x->op == SHR && is_u64(x->a))
			return (int64_t)((uint64_t)fti_expr_number(x->a, e) >>
					 (fti_expr_number(x->b, e) & 63));
		return binary(x->op, fti_expr_number(x->a, e), fti_expr_number(x->b, e));
	case CHOICE:
		return fti_expr_number(fti_expr_number(x->a, e) ? x->b : x->c, e);
	default:
		return 0;
	}
}

static char *put(char *p, const char *end, const char *s, size_t len)
{
	if (len > (size_t)(end - p))
		len = (size_t)(end - p);
	memcpy(p, s, len);
	return p + len;
}

static char *put_rest(char *p, const char *end, uint64_t v)
{
	char hex[FTI_PUT_MAX];
	const char *stop = fti_put_hex(hex, v);

	return put(p, end, hex, (size_t)(stop - hex));
}

static char *put_symbol(const struct fti_expr *x, uint64_t v, char *p, const char *end)
{
	for (size_t i = 0; i < x->named_count; i++)
		if (x->named[i].value == v)
			return put(p, end, x->named[i].text, strlen(x->named[i].text));
	return put_rest(p, end, v);
}

static char *put_flags(const struct fti_expr *x, uint64_t v, char *p, const char *end)
{
	const char *begin = p;

	for (size_t i = 0; i < x->named_count && v; i++) {
		const uint64_t bits = x->named[i].value;

		if (!bits || (v & bits) != bits)
			continue;
		if (p != begin)
			p = put(p, end, x->text, strlen(x->text));
		p = put(p, end, x->named[i].text, strlen(x->named[i].text));
		v &= ~bits;
	}
	if (v && p != begin)
		p = put(p, end, x->text, strlen(x->text));
	return v ? put_rest(p, end, v) : p;
}

char *fti_expr_string(const struct fti_expr *x, const struct ft_event *e, char *p, const char *end)
{
	const char *s;
	size_t len;

	switch (x->kind) {
	case TEXT:
		return put(p, end, x->text, strlen(x->text));
	case STRING:
		s = ft_field_bytes(&x->field, e, &len);
		return s ? put(p, end, s, strnlen(s, len)) : p;
	case SYMBOLS:
		return put_symbol(x, (uint64_t)fti_expr_number(x->a, e), p, end);
	case FLAGS:
		return put_flags(x, (uint64_t)fti_expr_number(x->a, e), p, end);
	case CHOICE:
		return fti_expr_string(fti_expr_number(x->a, e) ? x->b : x->c, e, p, end);
	default:
		return p;
	}
}
