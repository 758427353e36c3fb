/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * out-row: the insides of struct ft_out, and how a row of it becomes a line.
 *
 * The one rule: the fti_row_ calls write at p, which has room for row_fixed bytes and twice
 * strings_used, and return the end.
 */
#ifndef FTI_OUT_ROW_H
#define FTI_OUT_ROW_H

#include "ftrace/out.h"

#include "sink.h"
#include "text.h"

/* The strings of a row, escaped; one of FT_OUT_STR_MAX bytes fits whatever it holds. */
#define FTI_ROW_STRINGS (6 * FT_OUT_STR_MAX + 64)

enum fti_cell_kind { FTI_EMPTY, FTI_UINT, FTI_INT, FTI_STRING, FTI_JSON };

struct fti_cell {
	enum fti_cell_kind kind;
	uint32_t len;			/* FTI_STRING, FTI_JSON */
	union {
		uint64_t number;
		const char *string;	/* escaped, in ft_out.strings */
	};
};

/* A column as the format shows it. */
struct fti_field {
	enum ft_column_type type;
	bool shown, left, ready;
	int width;			/* text */
	const char *name;
	const char *key;		/* JSON: "key":  in ft_out.keys */
	size_t key_len;
};

struct ft_out {
	struct ft_out_config config;
	struct fti_sink sink;
	struct fti_day day;
	bool headed;			/* the headings were written, or none are wanted */
	int columns;
	size_t row_fixed;		/* most bytes of a row's line without its strings */
	struct fti_field *fields;
	struct fti_cell *cells;
	char *keys;
	size_t strings_used;
	char strings[FTI_ROW_STRINGS];
};

/* The headings (text and CSV), and the row in the cells. */
char *fti_row_headings(struct ft_out *o, char *p);
char *fti_row_format(struct ft_out *o, char *p);

#endif
