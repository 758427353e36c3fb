/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: records of events, as text and as JSON.
 *
 * The first two bytes choose the event among those of the captured formats.  Aborts when the text
 * has a newline or an escape in it, or when the JSON is none or too long.
 *
 * With -DFUZZ_MAIN it needs no libFuzzer: `show ROUNDS FILE...` runs the files and then ROUNDS
 * mutations of them, the same ones every time.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/json.h"
#include "ftrace/show.h"

#define RECORD_MAX 4096
#define TYPES	   4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ft_show *show;
static uint16_t types[TYPES];
static size_t type_count;

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void open_show(void)
{
	static const char *const systems[] = { "ftrace", "sched", "syscalls", "block", "signal",
					       "kmem", "irq",
					       "timer", "raw_syscalls", "ft", NULL };
	static struct ft_events *evs;

	check(!ft_events_open(&evs, "tests/data/6.12/tracing", systems) && !ft_show_new(&show, evs,
											NULL));
	for (unsigned int type = 0; type < TYPES; type++)
		if (ft_show_event(show, (uint16_t)type))
			types[type_count++] = (uint16_t)type;
	check(type_count > 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char record[RECORD_MAX];
	struct ft_event e = { .data = record };
	const struct ft_show_event *ev;
	const char *text;
	size_t len;

	if (!show)
		open_show();
	if (size < 2)
		return 0;
	size = size < sizeof(record) ? size : sizeof(record);
	memcpy(record, data, size);
	e.type = types[(data[0] | data[1] << 8) % type_count];
	e.size = (uint32_t)size;
	memcpy(record, &e.type, sizeof(e.type));
	ev = ft_show_event(show, e.type);
	text = ft_show_text(show, &e, &len);
	check(!memchr(text, '\033', len));
	check(!memchr(text, '\n', len) || !strcmp(ev->name, "kernel_stack"));
	text = ft_show_json(show, &e, &len);
	check(len <= FT_SHOW_JSON_MAX && json_is_object(text, len));
	return 0;
}

#ifdef FUZZ_MAIN
#include "seeds.h"

static void run_mutation(const struct seed *seeds, size_t count, uint64_t *rnd)
{
	static uint8_t buf[RECORD_MAX];
	const struct seed *s = &seeds[next_random(rnd) % count];
	size_t from = next_random(rnd) % s->len;
	size_t len = s->len - from < RECORD_MAX ? s->len - from : RECORD_MAX;

	len = 1 + next_random(rnd) % (next_random(rnd) % 4 ? (len < 128 ? len : 128) : len);
	memcpy(buf, s->data + from, len);
	for (uint64_t i = next_random(rnd) % 8; i; i--) {
		const uint64_t r = next_random(rnd);

		buf[(r >> 32) % len] = r & 1 ? 0xff : (uint8_t)(r >> 8);
	}
	LLVMFuzzerTestOneInput(buf, len);
}

int main(int argc, char **argv)
{
	return run_seeds(argc, argv);
}
#endif
