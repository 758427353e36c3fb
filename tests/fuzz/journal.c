/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a journal.
 *
 * Aborts when one is taken that could do harm: a record without the rule of its path, a path that
 * leaves the tracing directory, a probe or instance that is not this toolkit's, an owner whose
 * parts do not fit; or when cutting the text gives records that the whole does not have.
 *
 * With -DFUZZ_MAIN it needs no libFuzzer: `journal ROUNDS FILE...` runs the files and then ROUNDS
 * mutations of them, the same ones every time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* From memory of just its length. */
static int parse(struct fti_journal *j, const uint8_t *data, size_t size)
{
	char *text = malloc(size + !size);
	int err;

	if (!text)
		abort();
	memcpy(text, data, size);
	err = fti_journal_parse(j, text, size);
	free(text);
	return err;
}

static void check_was(const struct fti_was *w)
{
	check(w->path && w->value && w->kind < FTI_KINDS);
	check(fti_rule_kind(w->path) == (int)w->kind);
	check(w->path[0] && w->path[0] != '/');
	for (const char *p = w->path; *p; p += strcspn(p, "/"), p += *p == '/')
		check(*p != '/' && strncmp(p, "../", 3) && strcmp(p, "..") && strcmp(p, "."));
	switch (w->kind) {
	case FTI_VALUE:
		check(!strchr(w->value, '\n'));
		break;
	case FTI_PROBE:
		check(!strncmp(w->value, FTI_PROBE_PREFIX, strlen(FTI_PROBE_PREFIX)));
		check(!strpbrk(w->value, " \n.;") && strlen(w->value) < 256);
		break;
	case FTI_INSTANCE:
		check(!strncmp(w->path, "instances/" FTI_INSTANCE_PREFIX,
			       strlen("instances/" FTI_INSTANCE_PREFIX)));
		break;
	default:
		break;
	}
}

static void check_cut(const struct fti_journal *whole, const uint8_t *data, size_t size)
{
	struct fti_journal j;

	if (parse(&j, data, size))
		return;
	check(j.count <= whole->count);
	for (size_t i = 0; i < j.count; i++)
		check(j.was[i].kind == whole->was[i].kind &&
		      !strcmp(j.was[i].path, whole->was[i].path) &&
		      !strcmp(j.was[i].value, whole->was[i].value));
	fti_journal_free(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fti_journal j;

	if (parse(&j, data, size)) {
		check(!j.was && !j.tracefs && !j.count);
		return 0;
	}
	check(strnlen(j.tool, sizeof(j.tool)) < sizeof(j.tool) && j.tool[0]);
	check(strnlen(j.boot, sizeof(j.boot)) < sizeof(j.boot) && j.pid > 0 && j.tracefs);
	for (size_t i = 0; i < j.count; i++)
		check_was(&j.was[i]);
	check_cut(&j, data, size / 2);
	check_cut(&j, data, size - 1);
	fti_journal_free(&j);
	return 0;
}

#ifdef FUZZ_MAIN
#define MAX_INPUT 16384

#include "seeds.h"

/* Put a word that means something into the text, over what is there or between. */
static void put_word(uint8_t *buf, size_t *len, size_t at, uint64_t r)
{
	static const char *const words[] = {
		"%", "%00", "%0a", "%2f", "/..", "../", "=", " ", "\n", "was ", "now ", "4294967296",
		"-1", "ftt_", "X", "was 0 tracing_on =1\n", "instances/ftrace-tools-",
	};
	const char *word = words[r % (sizeof(words) / sizeof(words[0]))];
	const size_t n = strlen(word);

	if (*len + n > MAX_INPUT)
		return;
	if (r >> 16 & 1) {
		memmove(buf + at + n, buf + at, *len - at);
		*len += n;
	} else if (at + n > *len) {
		*len = at + n;
	}
	memcpy(buf + at, word, n);
}

static void mutate(uint8_t *buf, size_t *len, uint64_t *rnd)
{
	const uint64_t r = next_random(rnd);
	const size_t at = (r >> 32) % *len;
	size_t n;

	switch (r % 6) {
	case 0:
		buf[at] ^= (uint8_t)(1U << (r >> 8 & 7));
		break;
	case 1:
		buf[at] = (uint8_t)(r >> 8);
		break;
	case 2:
		*len = (r >> 8 & 7) ? *len : at + 1;
		break;
	case 3:		/* without some bytes, or a line */
		n = (r >> 8) % 24 + 1;
		n = n < *len - at ? n : *len - at - 1;
		memmove(buf + at, buf + at + n, *len - at - n);
		*len -= n;
		break;
	default:
		put_word(buf, len, at, r >> 8);
		break;
	}
}

static void run_mutation(const struct seed *seeds, size_t count, uint64_t *rnd)
{
	static uint8_t buf[MAX_INPUT];
	const struct seed *s = &seeds[next_random(rnd) % count];
	size_t len = s->len < MAX_INPUT / 2 ? s->len : MAX_INPUT / 2;

	memcpy(buf, s->data, len);
	for (uint64_t i = next_random(rnd) % 4; i; i--)
		mutate(buf, &len, rnd);
	LLVMFuzzerTestOneInput(buf, len);
}

int main(int argc, char **argv)
{
	return run_seeds(argc, argv);
}
#endif
