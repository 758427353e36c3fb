/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operands as the assemblers of x86 (AT&T's syntax) and arm64 write them. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "usdt-internal.h"

#define NOT_UNDERSTOOD	 "its description is not understood"
#define IN_FLOAT	 "it is in a floating-point or vector register"
#define TWO_REGISTERS	 "its address is made of two registers, the kernel's syntax has one"
#define PART_OF_REGISTER "it is in the upper part of a register"

static void refuse(struct fti_operand *op, const char *why)
{
	op->kind = FTI_OPERAND_NONE;
	op->why = why;
}

/* -- numbers and symbols --------------------------------------------------------------------- */

/* A whole number, to be added to *sum, at *p: moves behind it.  false: none, or too large. */
static bool add_number(const char **p, bool minus, int64_t *sum)
{
	unsigned long long value;
	int64_t number;
	char *end;

	if (!isdigit((unsigned char)**p))
		return false;
	errno = 0;
	value = strtoull(*p, &end, 0);
	if (errno || value > INT64_MAX)
		return false;
	*p = end;
	number = minus ? -(int64_t)value : (int64_t)value;
	return !__builtin_add_overflow(*sum, number, sum);
}

static bool is_symbol_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$';
}

/* "-20", "counter", "table+16", "16+table": numbers and at most one symbol, to the end or a '('. */
static bool read_sum(const char **p, int64_t *sum, char symbol[FTI_OPERAND_SIZE])
{
	*sum = 0;
	*symbol = 0;
	for (bool first = true; **p && **p != '('; first = false) {
		const bool minus = **p == '-';
		size_t len = 0;

		if (minus || **p == '+')
			(*p)++;
		else if (!first)
			return false;
		if (isdigit((unsigned char)**p)) {
			if (!add_number(p, minus, sum))
				return false;
			continue;
		}
		while (is_symbol_char((*p)[len]))
			len++;
		if (!len || minus || *symbol)
			return false;
		memcpy(symbol, *p, len);
		symbol[len] = 0;
		*p += len;
	}
	return true;
}

/* "5", "-5": all of it. */
static bool read_constant(struct fti_operand *op, const char *p)
{
	unsigned long long value;
	char *end;

	op->negative = *p == '-';
	if (!isdigit((unsigned char)p[op->negative]))
		return false;
	errno = 0;
	value = strtoull(p + op->negative, &end, 0);
	if (errno || *end || (op->negative && value > INT64_MAX))
		return false;
	op->number = op->negative ? -(int64_t)value : (int64_t)value;
	op->kind = FTI_OPERAND_CONSTANT;
	return true;
}

/* -- x86 ------------------------------------------------------------------------------------- */

/* Of 8, 4, 2 and 1 bytes; the third is the kernel's name. */
static const char *const x86_old[][4] = {
	{ "rax", "eax", "ax", "al" },	 { "rbx", "ebx", "bx", "bl" },
	{ "rcx", "ecx", "cx", "cl" },	 { "rdx", "edx", "dx", "dl" },
	{ "rsi", "esi", "si", "sil" },	 { "rdi", "edi", "di", "dil" },
	{ "rbp", "ebp", "bp", "bpl" },	 { "rsp", "esp", "sp", "spl" },
};

/* "r8", "r12d", "r15w", "r9b". */
static bool x86_new(struct fti_operand *op, const char *name)
{
	static const char suffixes[] = "bwd";
	char *end;
	const unsigned long n = *name == 'r' && isdigit((unsigned char)name[1]) ?
				strtoul(name + 1, &end, 10) : 0;
	const char *suffix;

	if (n < 8 || n > 15)
		return false;
	suffix = *end ? strchr(suffixes, *end) : suffixes + 3;
	if (!suffix || (*end && end[1]))
		return false;
	op->bytes = 1u << (suffix - suffixes);
	snprintf(op->reg, sizeof(op->reg), "r%lu", n);
	return true;
}

static bool x86_register(struct fti_operand *op, const char *name)
{
	for (size_t i = 0; i < sizeof(x86_old) / sizeof(x86_old[0]); i++)
		for (unsigned int k = 0; k < 4; k++)
			if (!strcmp(name, x86_old[i][k])) {
				op->bytes = 8u >> k;
				strcpy(op->reg, x86_old[i][2]);
				return true;
			}
	return x86_new(op, name);
}

static const char *x86_other_register(const char *name)
{
	if (strlen(name) == 2 && strchr("abcd", name[0]) && name[1] == 'h')
		return PART_OF_REGISTER;
	if (strlen(name) > 2 && (!strncmp(name, "fs:", 3) || !strncmp(name, "gs:", 3)))
		return "it is thread-local";
	if (!strncmp(name + strspn(name, "xyz"), "mm", 2) || !strncmp(name, "st", 2))
		return IN_FLOAT;
	return NOT_UNDERSTOOD;
}

/* "(%rbp)" behind the number and symbol. */
static void x86_base(struct fti_operand *op, bool wide, char *p)
{
	char *end = strchr(p, ')');

	if (!end || end[1])
		return refuse(op, NOT_UNDERSTOOD);
	if (memchr(p, ',', end - p))
		return refuse(op, TWO_REGISTERS);
	*end = 0;
	if (!strcmp(p, "(%rip") && *op->symbol)
		return;
	if (*op->symbol)
		return refuse(op, "its address is made of a symbol and a register");
	/* Half a register would have to be cut before it is an address. */
	if (strncmp(p, "(%", 2) != 0 || !x86_register(op, p + 2) || op->bytes != (wide ? 8u : 4u))
		return refuse(op, NOT_UNDERSTOOD);
	op->kind = FTI_OPERAND_MEMORY;
}

static void x86_parse(struct fti_operand *op, bool wide, char *text)
{
	const char *p = text;

	if (*p == '%') {
		op->kind = FTI_OPERAND_REGISTER;
		if (!x86_register(op, p + 1))
			refuse(op, x86_other_register(p + 1));
		return;
	}
	if (*p == '$') {
		if (!read_constant(op, p + 1))
			refuse(op, isdigit((unsigned char)p[1]) || p[1] == '-' ? NOT_UNDERSTOOD :
			       "it is the address of a symbol");
		return;
	}
	if (!read_sum(&p, &op->number, op->symbol))
		return refuse(op, NOT_UNDERSTOOD);
	op->kind = FTI_OPERAND_VARIABLE;
	if (*p)
		x86_base(op, wide, text + (p - text));
	else if (!*op->symbol)
		refuse(op, NOT_UNDERSTOOD);
}

/* -- arm64 ----------------------------------------------------------------------------------- */

static bool arm64_register(struct fti_operand *op, const char *name)
{
	static const char *const names[][2] = {
		{ "sp", "sp" }, { "wsp", "sp" }, { "fp", "x29" }, { "lr", "x30" },
	};
	unsigned long n;
	char *end;

	op->bytes = *name == 'w' ? 4 : 8;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i][0])) {
			strcpy(op->reg, names[i][1]);
			return true;
		}
	if ((*name != 'x' && *name != 'w') || !isdigit((unsigned char)name[1]))
		return false;
	n = strtoul(name + 1, &end, 10);
	if (*end || n > 30)
		return false;
	snprintf(op->reg, sizeof(op->reg), "x%lu", n);
	return true;
}

/* "[sp, 8]", the blank gone. */
static void arm64_memory(struct fti_operand *op, char *p)
{
	char *end = strchr(p, ']'), *comma;
	const char *number;

	if (!end || end[1])
		return refuse(op, NOT_UNDERSTOOD);
	*end = 0;
	comma = strchr(p, ',');
	if (comma)
		*comma++ = 0;
	if (!arm64_register(op, p) || op->bytes != 8)
		return refuse(op, NOT_UNDERSTOOD);
	op->kind = FTI_OPERAND_MEMORY;
	if (!comma)
		return;
	number = comma + (*comma == '#');
	if (*number == 'x' || *number == 'w')
		return refuse(op, TWO_REGISTERS);
	if (!read_sum(&number, &op->number, op->symbol) || *number || *op->symbol)
		refuse(op, NOT_UNDERSTOOD);
}

static void arm64_parse(struct fti_operand *op, char *text)
{
	if (*text == '[')
		return arm64_memory(op, text + 1);
	if (!strcmp(text, "xzr") || !strcmp(text, "wzr"))
		text = strcpy(text, "0");
	op->kind = FTI_OPERAND_REGISTER;
	if (arm64_register(op, text) || read_constant(op, text + (*text == '#')))
		return;
	refuse(op, *text && strchr("vqdshb", *text) && isdigit((unsigned char)text[1]) ? IN_FLOAT :
	       NOT_UNDERSTOOD);
}

/* -- any ------------------------------------------------------------------------------------- */

void fti_operand_parse(struct fti_operand *op, uint16_t machine, const char *text, size_t len)
{
	char copy[FTI_OPERAND_SIZE];
	size_t n = 0;

	*op = (struct fti_operand){ .kind = FTI_OPERAND_NONE };
	if (!len || len >= sizeof(copy) || memchr(text, 0, len))
		return refuse(op, NOT_UNDERSTOOD);
	for (size_t i = 0; i < len; i++)
		if (text[i] != ' ')
			copy[n++] = text[i];
	copy[n] = 0;
	switch (machine) {
	case EM_X86_64:
	case EM_386:
		return x86_parse(op, machine == EM_X86_64, copy);
	case EM_AARCH64:
		return arm64_parse(op, copy);
	default:
		return refuse(op, "arguments of this kind of processor are not known here");
	}
}
