/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: what comes from outside on its way to the terminal, and the command line.
 *
 * An input is escaped (and must come back when the escapes are read), printed as a row of each
 * format (one line, no control characters, JSON that is JSON, CSV whose fields are balanced), taken
 * for a number, for two words whose distance is measured, and, cut at its NULs, for a command line
 * (every refusal is one printable line).  Aborts when one of these does not hold.
 *
 * With -DFUZZ_MAIN it needs no libFuzzer: `out ROUNDS [FILE...]` runs its own samples and the
 * files, and then ROUNDS mutations of them, the same ones every time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/json.h"

#include "opt-parse.h"
#include "out-row.h"

#define ESCAPED_MAX (16 * 4096)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* -- escaping ---------------------------------------------------------------------------------- */

static void check_printable(const char *s, size_t len)
{
	struct json_text t = { (const unsigned char *)s, (const unsigned char *)s + len, 0 };

	while (t.p < t.end) {
		if (*t.p < 0x80) {
			check(*t.p >= 0x20 && *t.p != 0x7f);
			t.p++;
			continue;
		}
		check(t.p[0] != 0xc2 || t.p[1] >= 0xa0);	/* C1 */
		check(json_utf8(&t));
	}
}

static unsigned int hex_value(const char *s)
{
	const char digits[] = { s[0], s[1], 0 };

	return strtoul(digits, NULL, 16);
}

/* The escapes read back must be the very bytes. */
static void check_escape(const char *s, size_t len)
{
	static char buf[ESCAPED_MAX], part[64];
	size_t n = ft_out_escape(buf, sizeof(buf), s, len), at = 0;

	check(n < sizeof(buf) && buf[n] == 0);
	check_printable(buf, n);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = buf[at++];

		if (c == '\\') {
			c = buf[at++];
			if (c == 'x') {
				c = hex_value(buf + at);
				at += 2;
			} else {
				c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
			}
		}
		check(c == (unsigned char)s[i]);
	}
	check(at == n);
	for (size_t size = 0; size < sizeof(part); size++) {
		memset(part, '#', sizeof(part));
		check(ft_out_escape(part, size, s, len) == n && part[size] == '#');
		check(!size || (strlen(part) < size && !memcmp(part, buf, strlen(part))));
	}
}

/* -- rows -------------------------------------------------------------------------------------- */

/* Fields of a CSV line: balanced quotes, each doubled inside. */
static int csv_fields(const char *s, size_t len)
{
	int fields = 1;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"')
			quoted = !quoted;
		else if (s[i] == ',' && !quoted)
			fields++;
	}
	return quoted ? -1 : fields;
}

static void check_row(enum ft_out_format format, const char *s, size_t len, uint64_t v)
{
	static const struct ft_column columns[] = {
		{ "S", "s", 5, FT_COL_STR, false },   { "N", "n", 5, FT_COL_INT, false },
		{ "US", "us", 5, FT_COL_US, false },  { "T", "t", 5, FT_COL_TIME, false },
		{ "X", "x", -5, FT_COL_HEX, false }, { "S2", "s2", 0, FT_COL_STR, false },
		{ .name = NULL },
	};
	struct ft_out_config config = { .columns = columns, .format = format, .path = "/dev/null" };
	struct ft_out *o;
	size_t n;

	check(ft_out_open(&o, &config) == 0);
	o->headed = true;
	ft_out_strn(o, 0, s, len);
	ft_out_int(o, 1, v);
	ft_out_int(o, 2, v);
	ft_out_uint(o, 3, v);
	ft_out_uint(o, 4, v);
	ft_out_strn(o, 5, s, len);
	check(ft_out_end(o) == 0);
	n = o->sink.used;
	check(n && n <= o->row_fixed + 2 * FTI_ROW_STRINGS && o->sink.buf[n - 1] == '\n');
	check_printable(o->sink.buf, n - 1);
	if (format == FT_OUT_JSON)
		check(json_is_object(o->sink.buf, n - 1));
	if (format == FT_OUT_CSV)
		check(csv_fields(o->sink.buf, n - 1) == 6);
	check(ft_out_close(o) == 0);
}

/* -- words ------------------------------------------------------------------------------------- */

static void check_numbers(const char *word)
{
	char *longer = NULL;
	uint64_t v = 7, again = 7;
	int ret = ft_parse_u64(word, 0, UINT64_MAX, &v);

	check(ret == 0 || ret == -EINVAL || ret == -ERANGE);
	if (ret == -EINVAL)
		check(!*word || word[strspn(word, "0123456789")]);
	else
		check(!word[strspn(word, "0123456789")]);
	check(ret ? v == 7 : v == strtoull(word, NULL, 10));

	/* One more leading zero changes nothing, one more letter makes it nonsense. */
	for (int i = 0; i < 2; i++) {
		int (*parser)(const char *, uint64_t *) = i ? ft_parse_seconds : ft_parse_size_kb;

		ret = parser(word, &v);
		check(ret || (v && v <= INT64_MAX));
		check(asprintf(&longer, "0%s", word) >= 0);
		check(ret == -EINVAL || (parser(longer, &again) == ret && (ret || again == v)));
		free(longer);
		check(asprintf(&longer, "%sx", word) >= 0);
		check(parser(longer, &again) == -EINVAL);
		free(longer);
	}
}

static void check_distance(const char *a, const char *b)
{
	size_t d = ft_edit_distance(a, b, SIZE_MAX);

	check(d == ft_edit_distance(b, a, SIZE_MAX) && ft_edit_distance(a, a, 0) == 0);
	if (d == SIZE_MAX)
		return;
	check((d == 0) == !strcmp(a, b) && ft_edit_distance(a, b, d) == d);
	check(!d || ft_edit_distance(a, b, d - 1) == SIZE_MAX);
}

static void check_command_line(int argc, char **argv)
{
	static struct ft_opt_list list;
	static uint64_t n, ns, kb;
	static const char *s;
	static bool flag;
	static int pid;
	const struct ft_opt options[] = {
		{ 'a', "all", FT_OPT_FLAG, &flag, NULL, "help", 0, 0, 1 },
		{ 'm', "max", FT_OPT_UINT, &n, "N", "help", 1, 10, 0 },
		{ 'p', NULL, FT_OPT_PID, &pid, "PID", "help", 0, 0, 1 },
		{ 's', "string", FT_OPT_STRING, &s, "STRING", "help", 0, 0, 0 },
		{ 't', "time", FT_OPT_SECONDS, &ns, "TIME", "help", 0, 0, 0 },
		{ 'k', "size", FT_OPT_SIZE_KB, &kb, "KB", "help", 0, 0, 0 },
		{ 'x', "list", FT_OPT_LIST, &list, "ITEM", "help", 0, 0, 0 },
		{ .type = FT_OPT_END },
	};
	const struct ft_opt_spec spec = { .tool = "fuzz", .summary = "fuzz", .operands = "WORD...",
					  .min_operands = 1, .max_operands = 4,
					  .command = argc % 2, .trace = true,
					  .duration_letter = 'd', .options = options };
	struct ft_opt_common c;
	char err[1024];
	int what;

	list.count = 0;
	what = fti_opt_parse(&c, &spec, argc, argv, err, sizeof(err));
	check(what >= FTI_OPT_RUN ? !*err : what == -EINVAL && *err);
	check_printable(err, strlen(err));
	check(list.count <= FT_OPT_LIST_MAX);
	if (what != FTI_OPT_RUN)
		return;
	check(c.operand_count >= 1 && c.operand_count <= 4 && !c.operands[c.operand_count]);
	for (int i = 0; i < c.operand_count; i++)
		check(c.operands[i] != NULL);
	check(!c.command || c.command[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy, *argv[64] = { "fuzz" };
	uint64_t v = 0;
	int argc = 1;

	if (size > 3 * 4096)
		size = 3 * 4096;
	copy = malloc(size + 1);
	check(copy != NULL);
	memcpy(copy, data, size);
	copy[size] = 0;
	memcpy(&v, data, size < sizeof(v) ? size : sizeof(v));
	check_escape(copy, size < 4096 ? size : 4096);
	for (int format = FT_OUT_TEXT; format <= FT_OUT_CSV; format++)
		check_row(format, copy, size, v);
	for (size_t at = 0; at < size && argc < 63; at += strlen(copy + at) + 1) {
		argv[argc++] = copy + at;
		check_numbers(copy + at);
		if (argc > 2)
			check_distance(argv[argc - 2], argv[argc - 1]);
	}
	check_command_line(argc, argv);
	free(copy);
	return 0;
}

#ifdef FUZZ_MAIN
#define SEED_MAX 12288

struct seed {
	size_t len;
	uint8_t data[SEED_MAX];
};

#define SAMPLE(s) { sizeof(s) - 1, s }

/* NULs part the words. */
static const struct {
	size_t len;
	const char *data;
} samples[] = {
	SAMPLE("vfs_read\0-p\0""42\0-m3\0--max=10\0--json\0--\0ls\0-l"),
	SAMPLE("--tiem=1.5\0--time=500ms\0-t\0""2m\0-k4m\0--size\0""1408\0f"),
	SAMPLE("-x\0a\0-x\0b\0--list=c\0f\0-a\0-d1h\0--csv"),
	SAMPLE("18446744073709551615\0""9223372036.854775807\0.5h\0""0.000000001\0""17g"),
	SAMPLE("kworker/0:1H\"a,b\"\\\n\t\x1b[31m\xc2\x9b\xc3\xa9\xe2\x80\xae\xf0\x9f\x90\xa7"
	       "\xff\xed\xa0\x80"),
	SAMPLE("kitten\0sitting\0kitchen\0""do_sys_open\0do_sysopen\0abcdef\0badcfe"),
};

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static int read_seed(struct seed *s, const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f) {
		fprintf(stderr, "out: cannot read '%s'\n", path);
		return -1;
	}
	s->len = fread(s->data, 1, SEED_MAX, f);
	fclose(f);
	return 0;
}

static void mutate(struct seed *s, uint64_t *rnd)
{
	static const char *const tokens[] = {
		"--", "-", "=", "\xe2\x80", "\xc2", "\xf4\x8f\xbf\xbf", "\\", "\"", ",", ".", "0",
		"9999999999", "ms", "h", "\x1b", "--max",
	};
	const uint64_t r = next_random(rnd);
	const size_t at = s->len ? (r >> 32) % s->len : 0;
	const char *token = tokens[(r >> 8) % (sizeof(tokens) / sizeof(tokens[0]))];
	const size_t len = strlen(token);

	switch (s->len ? r % 5 : 3) {
	case 0:
		s->data[at] ^= 1u << (r >> 8 & 7);
		break;
	case 1:
		s->data[at] = r >> 8;
		break;
	case 2:
		memmove(s->data + at, s->data + at + 1, --s->len - at);
		break;
	case 3:
		if (s->len + len <= SEED_MAX) {
			memmove(s->data + at + len, s->data + at, s->len - at);
			memcpy(s->data + at, token, len);
			s->len += len;
		}
		break;
	default:	/* doubled */
		if (s->len + (s->len - at) <= SEED_MAX) {
			memcpy(s->data + s->len, s->data + at, s->len - at);
			s->len += s->len - at;
		}
		break;
	}
}

static void run(struct seed *seeds, size_t count, long rounds)
{
	uint64_t rnd = 0x9e3779b97f4a7c15ULL;
	static struct seed s;

	for (size_t i = 0; i < count; i++)
		LLVMFuzzerTestOneInput(seeds[i].data, seeds[i].len);
	for (long i = 0; i < rounds; i++) {
		s = seeds[next_random(&rnd) % count];
		for (uint64_t n = 1 + next_random(&rnd) % 8; n; n--)
			mutate(&s, &rnd);
		LLVMFuzzerTestOneInput(s.data, s.len);
	}
}

int main(int argc, char **argv)
{
	const size_t own = sizeof(samples) / sizeof(samples[0]);
	const size_t count = own + (argc > 2 ? argc - 2 : 0);
	const long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : -1;
	struct seed *seeds = calloc(count, sizeof(*seeds));
	int status = 0;

	if (!seeds || rounds < 0) {
		fprintf(stderr, "usage: out ROUNDS [FILE...]\n");
		free(seeds);
		return 2;
	}
	for (size_t i = 0; i < own; i++) {
		seeds[i].len = samples[i].len;
		memcpy(seeds[i].data, samples[i].data, samples[i].len);
	}
	for (size_t i = own; i < count && !status; i++)
		status = read_seed(&seeds[i], argv[i - own + 2]) ? 1 : 0;
	if (!status) {
		run(seeds, count, rounds);
		printf("out: %zu inputs, %ld mutations\n", count, rounds);
	}
	free(seeds);
	return status;
}
#endif
