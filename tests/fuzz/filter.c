/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: event filters, and what kernels say of them.
 *
 * Aborts when a filter that is taken holds what could end its line, or parentheses that do not
 * pair;
 * when the place of a mistake is outside of the filter; or when what is shown could break a line.
 *
 * With -DFUZZ_MAIN it needs no libFuzzer: `filter ROUNDS FILE...` runs the files and then ROUNDS
 * mutations of them, the same ones every time.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static const struct ft_show_event *sched_switch(void)
{
	static const char *const systems[] = { "sched", NULL };
	static struct ft_events *evs;
	static struct ft_show *show;

	if (!show)
		check(!ft_events_open(&evs, "tests/data/6.1/tracing", systems) &&
		      !ft_show_new(&show, evs, NULL));
	return ft_show_event(show, (uint16_t)ft_event_id(evs, "sched", "sched_switch"));
}

static void check_taken(const char *filter)
{
	int depth = 0;
	char quote = 0;

	for (const char *c = filter; *c; c++) {
		check((unsigned char)*c >= ' ' || *c == '\t');
		if (quote)
			quote = *c == quote ? 0 : quote;
		else if (*c == '"' || *c == '\'')
			quote = *c;
		else
			depth += (*c == '(') - (*c == ')');
		check(depth >= 0);
	}
	check(!depth && !quote);
}

static void check_shown(const char *filter, const struct ft_filter_error *error)
{
	char caret[FT_FILTER_CARET_MAX];

	check(error->at <= strlen(filter) && *error->reason);
	check(!strpbrk(error->reason, "\n\033"));
	ft_filter_caret(filter, error->at, caret);
	/* Two lines at most, each behind a newline and two blanks. */
	for (char *c = strchr(caret, '\n'); c; c = strchr(c + 1, '\n'))
		check(!strncmp(c, "\n  ", 3));
	check(!strchr(caret, '\033'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct ft_filter_error error;
	size_t first;

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = 0;
	if (!ft_filter_check(text, sched_switch(), &error))
		check_taken(text);
	else
		check_shown(text, &error);
	check(!ft_filter_is_event(text) || !strpbrk(text, " \t\n&|()\"'<>="));
	if (ft_filter_kernel_error(text, "prev_pid == 1", &error))
		check_shown("prev_pid == 1", &error);
	first = strcspn(text, "\n");
	text[first] = 0;
	if (!ft_filter_check(text, sched_switch(), &error))
		check_taken(text);
	free(text);
	return 0;
}

#ifdef FUZZ_MAIN
#define MAX_INPUT 4096

#include "seeds.h"

static void run_mutation(const struct seed *seeds, size_t count, uint64_t *rnd)
{
	static const char special[] = "()!&|=<>~\"' \t\n.x0-{}";
	static uint8_t buf[MAX_INPUT];
	const struct seed *s = &seeds[next_random(rnd) % count];
	size_t from = next_random(rnd) % s->len;
	size_t len = s->len - from < MAX_INPUT ? s->len - from : MAX_INPUT;

	/* From the begin of a line, most often. */
	while (from && s->data[from - 1] != '\n' && next_random(rnd) % 16)
		from--, len += len < MAX_INPUT;
	memcpy(buf, s->data + from, len);
	for (uint64_t i = next_random(rnd) % 8; i; i--) {
		const uint64_t r = next_random(rnd);

		buf[(r >> 32) % len] = r & 1 ? (uint8_t)special[(r >> 8) % sizeof(special)] :
					       (uint8_t)(r >> 8);
	}
	LLVMFuzzerTestOneInput(buf, len - next_random(rnd) % len);
}

int main(int argc, char **argv)
{
	return run_seeds(argc, argv);
}
#endif
