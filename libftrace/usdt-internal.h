/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * usdt: what reading the notes, finding probes and decoding arguments share.
 */
#ifndef FTI_USDT_H
#define FTI_USDT_H

#include "elf-file.h"
#include "ftrace/usdt.h"
#include "kernel.h"

/* A variable that an argument is found by. */
struct fti_usdt_variable {
	char	*name;
	uint64_t addr;
	enum { FTI_VARIABLE_UNKNOWN, FTI_VARIABLE_KNOWN, FTI_VARIABLE_SEVERAL } state;
};

struct fti_usdt_entry {
	struct ft_usdt_probe probe;
	char		    *strings;	/* all of the probe's */
};

struct ft_usdt {
	struct fti_usdt_entry	 *entry;
	size_t			  count, room;
	struct fti_usdt_variable *variable;	/* by name */
	size_t			  variable_count;
	uint16_t		  machine;	/* EM_X86_64 ... */
	bool			  wide;
};

/* Read the probes of a file into an empty *u, in the order of the file; what was read before a
 * failure stays in it. */
int fti_usdt_read_notes(struct ft_usdt *u, const struct fti_elf_file *f);

/* As ft_usdt_open(), of an open file, which stays the caller's. */
int fti_usdt_open(struct ft_usdt **out, int fd);

/* NULL: not among u's. */
const struct fti_usdt_variable *fti_usdt_variable(const struct ft_usdt *u, const char *name);

/* -- one argument ---------------------------------------------------------------------------- */

enum fti_operand_kind {
	FTI_OPERAND_REGISTER,	/* reg, bytes */
	FTI_OPERAND_MEMORY,	/* number(reg) */
	FTI_OPERAND_VARIABLE,	/* symbol + number */
	FTI_OPERAND_CONSTANT,	/* number, negative */
	FTI_OPERAND_NONE,	/* why */
};

#define FTI_OPERAND_SIZE 1024

struct fti_operand {
	enum fti_operand_kind kind;
	char	     reg[8];	/* as the kernel has it: "di", "x0" */
	unsigned int bytes;	/* of the register that the operand is */
	int64_t	     number;
	bool	     negative;	/* else a constant's number has no sign */
	char	     symbol[FTI_OPERAND_SIZE];
	const char  *why;	/* as in struct ft_usdt_arg */
};

/* "-20(%rbp)", "[sp, 8]", "$5": what follows "N@", in the assembler's syntax of the machine. */
void fti_operand_parse(struct fti_operand *op, uint16_t machine, const char *text, size_t len);

/* The next of the arguments and its parts: "8@%rdi" is of size 8.  false: no more. */
struct fti_usdt_word {
	const char *text;	/* all of it */
	size_t	    len;
	size_t	    skip;	/* where the operand begins */
	unsigned int bytes;	/* 0: not told */
	bool	    is_signed, is_float;
};
bool fti_usdt_next_word(const char **rest, struct fti_usdt_word *w);

/* -- finding --------------------------------------------------------------------------------- */

/* As ft_usdt_find(): what fn returned (the sentence is empty then), 0, or -errno with the
 * sentence. */
int fti_usdt_find(const char *text, int pid,
		  int (*fn)(void *arg, const char *path, const struct ft_usdt *u,
			    const struct ft_usdt_probe *probe),
		  void *arg, char sentence[FTI_SENTENCE_SIZE]);

#endif
