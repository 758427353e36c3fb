/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz line: any bytes as the headings of the trace file, up to a NUL, and behind it as records of
 * functions and stacks; each text must end within the room it was promised, and within one line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/function.h"
#include "ftrace/line.h"
#include "ftrace/stack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct ft_events    *evs;
	struct ft_comms	    *comms;
	struct ft_symbols   *syms;
	struct ft_functions *functions;
	struct ft_stacks    *stacks;
} o;

static void open_all(void)
{
	static const char *const systems[] = { "ftrace", NULL };

	if (o.stacks)
		return;
	if (ft_events_open(&o.evs, "tests/data/6.1/tracing", systems) ||
	    ft_comms_open(&o.comms, NULL) ||
	    ft_symbols_open(&o.syms, "tests/data/6.1/kallsyms", NULL) ||
	    ft_functions_new(&o.functions, o.evs, o.syms) || ft_stacks_new(&o.stacks, o.evs, o.syms))
		abort();
	ft_comms_set(o.comms, 0x41414141 & 0xffff, "\1\n\x9b;");
}

static void check_text(const char *begin, const char *end, size_t room)
{
	if (end < begin || (size_t)(end - begin) > room)
		abort();
	for (; begin < end; begin++)
		if ((unsigned char)*begin < ' ' || *begin == 0x7f)
			abort();
}

static void check_stack(const struct ft_event *e, uint64_t function)
{
	const uint64_t *frames;
	size_t len, count;
	const char *text = ft_stacks_text(o.stacks, e, &len);

	if (len && text[len - 1] != '\n')
		abort();
	count = ft_stacks_frames(o.stacks, e, function, &frames);
	if (count > e->size / sizeof(*frames) || ft_stacks_fold(o.stacks, "x", frames, count))
		abort();
	text = ft_stacks_list(o.stacks, frames, count);
	check_text(text, text + strlen(text), 65536);
}

static void check_record(struct ft_line *l, const uint8_t *data, size_t size)
{
	char text[FT_FUNCTIONS_MAX], flags[FT_LINE_FLAGS_MAX];
	/* of its own, so that what reads beyond its end is seen */
	unsigned char *copy = malloc(size);
	struct ft_event e = { .data = copy, .size = (uint32_t)size };

	memcpy(copy, data, size);
	if (size >= 16) {
		memcpy(&e.ts, copy, sizeof(e.ts));
		memcpy(&e.tid, copy + 8, sizeof(e.tid));
		memcpy(&e.cpu, copy + 12, sizeof(e.cpu));
		e.cpu &= 0xffff;
	}
	check_text(text, ft_line_put(l, &e, text), FT_LINE_MAX);
	if (ft_line_flags(l, &e, flags) > sizeof(flags))
		abort();
	check_text(text, ft_functions_put(o.functions, &e, text), FT_FUNCTIONS_MAX);
	check_stack(&e, 0);
	check_stack(&e, ft_functions_ip(o.functions, &e));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, 0, size), *at;
	struct ft_line_config config = { .headings = NULL };
	char *headings = strndup((const char *)data, size);
	struct ft_line *l;
	size_t len;

	open_all();
	config.headings = headings;
	if (ft_line_new(&l, o.evs, o.comms, &config) || !ft_line_headings(l, &len) || len < 8)
		abort();
	for (at = end ? end + 1 : data; at < data + size; at += len) {
		len = 1 + *at % 96;
		if (len > (size_t)(data + size - at))
			len = (size_t)(data + size - at);
		check_record(l, at, len);
	}
	ft_line_free(l);
	free(headings);
	return 0;
}

#ifdef FUZZ_MAIN
#include "seeds.h"

#define INPUT_MAX 4096

/* The begin of one file, with some bytes and lines of it elsewhere, and noise behind it. */
static void run_mutation(const struct seed *seeds, size_t count, uint64_t *rnd)
{
	static uint8_t input[INPUT_MAX];
	const struct seed *s = &seeds[next_random(rnd) % count];
	size_t len = s->len < INPUT_MAX / 2 ? s->len : INPUT_MAX / 2, more;

	memcpy(input, s->data, len);
	for (uint64_t n = next_random(rnd) % 16; n; n--) {
		const size_t at = next_random(rnd) % len, from = next_random(rnd) % len;
		const size_t most = len - (at > from ? at : from);

		if (next_random(rnd) % 2)
			input[at] = (uint8_t)next_random(rnd);
		else
			memmove(input + at, input + from, next_random(rnd) % (most + 1));
	}
	input[len++] = 0;
	for (more = next_random(rnd) % 512; more; more--)
		input[len++] = (uint8_t)(next_random(rnd) >> (next_random(rnd) % 8));
	LLVMFuzzerTestOneInput(input, len);
}

int main(int argc, char **argv)
{
	return run_seeds(argc, argv);
}
#endif
