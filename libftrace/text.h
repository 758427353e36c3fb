/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * text: numbers, times and foreign bytes as text, without stdio and without allocation.
 *
 * The one rule: the fti_put_ calls write at p, which has room for FTI_PUT_MAX bytes, add no NUL,
 * and return the end of what they wrote.
 */
#ifndef FTI_TEXT_H
#define FTI_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define FTI_PUT_MAX 32

char *fti_put_uint(char *p, uint64_t v);
char *fti_put_int(char *p, int64_t v);
char *fti_put_hex(char *p, uint64_t v);		/* with 0x */

/* v / 10^decimals, all decimals shown; decimals 1 to 18 */
char *fti_put_fixed(char *p, uint64_t v, unsigned int decimals);

/* ns since 1970 as 2026-01-02T03:04:05.123456Z, cut (not rounded) to microseconds.  The date of the
 * last call is kept in *day, zeroed at first. */
#define FTI_ISO_WIDTH 27

struct fti_day {
	uint64_t start_s;	/* of the day in text, seconds since 1970 */
	char	 text[11];	/* "2026-01-02T"; text[0] 0: none yet */
};

char *fti_put_iso(char *p, struct fti_day *day, uint64_t ns);

/*
 * What a foreign byte becomes.  TEXT: as ft_out_escape() says.  JSON: the inside of a JSON string,
 * always valid UTF-8; an invalid byte is U+FFFD.
 */
enum fti_escape { FTI_ESCAPE_TEXT, FTI_ESCAPE_JSON };

/*
 * Escape s to buf, whole characters only, no NUL, until either ends.  Returns the bytes written;
 * *taken gets the bytes of s they stand for.
 */
size_t fti_escape(char *buf, size_t size, const char *s, size_t len, enum fti_escape how,
		  size_t *taken);

/* Length of the valid UTF-8 character at s, its code point in *c; 0: not one. */
size_t fti_utf8(const char *s, size_t len, uint32_t *c);

/* Characters of valid UTF-8, each one column wide. */
size_t fti_width(const char *s, size_t len);

#endif
