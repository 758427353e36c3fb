/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the notes of built-in probes in a program or library, and the descriptions of their
 * arguments.
 *
 * An input is read as a file, and as arguments of probes of each kind of processor.  Aborts when
 * probes are out of order, come twice or lie outside of the file; and when what is made for the
 * kernel of an argument is anything but one of its fetch arguments.
 *
 * With -DFUZZ_MAIN it needs no libFuzzer: `usdt ROUNDS FILE...` runs the files and then ROUNDS
 * mutations of them, the same ones every time.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "usdt-internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct last {
	const struct ft_usdt *usdt;
	uint64_t	      offset;
	char		      label[260];
	size_t		      size, count;
};

static void check(bool ok)
{
	if (!ok)
		abort();
}

static size_t number(const char *p)
{
	size_t len = *p == '-' || *p == '+';
	const size_t digits = strspn(p + len, "0123456789");

	return digits ? len + digits : 0;
}

static size_t reg(const char *p)
{
	size_t len = *p == '%';

	while (len && (islower((unsigned char)p[len]) || isdigit((unsigned char)p[len])))
		len++;
	return len > 2 ? len : 0;
}

/* "%di", "+8(%bp)", "\5": all of it. */
static bool is_fetch(const char *p)
{
	size_t len;

	if (*p == '%')
		return reg(p) == strlen(p);
	if (*p == '\\')
		return p[1] != '+' && number(p + 1) && number(p + 1) == strlen(p + 1);
	if (*p != '+' && *p != '-')
		return false;
	len = number(p);
	if (!len || p[len] != '(')
		return false;
	p += len + 1;
	len = reg(p);
	return len && !strcmp(p + len, ")");
}

static void check_args(const struct ft_usdt *u, const struct ft_usdt_probe *p)
{
	static const struct ft_usdt_kernel kernels[2] = { { true, true, true } };
	struct ft_usdt_arg args[FT_USDT_ARGS_MAX];
	char buf[FT_USDT_FETCH_SIZE];

	for (size_t k = 0; k < 2; k++) {
		const int count = ft_usdt_args(u, p, &kernels[k], args);

		check(count >= 0 && count <= FT_USDT_ARGS_MAX);
		for (int i = 0; i < count; i++) {
			const struct ft_usdt_arg *a = &args[i];

			check(a->text >= p->args && a->text_len);
			check(a->text + a->text_len <= p->args + strlen(p->args));
			check(a->why ? !*a->fetch && !a->type : is_fetch(a->fetch) && a->type);
			check(k || !a->why || strlen(a->why) > 0);
			check(!k || a->why || *a->fetch == '%');
		}
		ft_usdt_fetch(args, count, buf);
		check(strlen(buf) < sizeof(buf) - 1 && !strpbrk(buf, "\n#;'\""));
	}
}

static int on_probe(void *arg, const struct ft_usdt_probe *p)
{
	struct last *last = arg;
	const size_t len = strlen(p->label);

	check(len < sizeof(last->label) && len == strlen(p->provider) + strlen(p->name) + 1);
	for (size_t i = 0; i < len; i++)
		check(isgraph((unsigned char)p->label[i]));
	check(p->offset < last->size && p->semaphore < last->size);
	check(p->guarded || !p->semaphore);
	if (!strcmp(p->label, last->label))
		check(p->offset > last->offset);
	last->offset = p->offset;
	memcpy(last->label, p->label, len + 1);
	last->count++;
	check_args(last->usdt, p);
	return 0;
}

static void run_file(const uint8_t *data, size_t size)
{
	struct last last = { .size = size };
	struct ft_usdt *u;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	if (!fti_usdt_open(&u, fd)) {
		last.usdt = u;
		ft_usdt_probes(u, on_probe, &last);
		check(last.count == ft_usdt_count(u));
		ft_usdt_close(u);
	}
	close(fd);
}

static void run_args(const uint8_t *data, size_t size)
{
	static const uint16_t machines[] = { EM_X86_64, EM_386, EM_AARCH64, EM_ARM };
	struct fti_usdt_variable v = { .name = "v", .addr = 0x4000, .state = FTI_VARIABLE_KNOWN };
	char *text = malloc(size + 1);
	const struct ft_usdt_probe p = { .label = "p:n", .provider = "p", .name = "n",
					 .args = text, .addr = 0x1200, .offset = 0x200 };

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = 0;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		const struct ft_usdt u = { .variable = &v, .variable_count = 1,
					   .machine = machines[i], .wide = !(i % 2) };

		check_args(&u, &p);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run_file(data, size);
	run_args(data, size);
	return 0;
}

#ifdef FUZZ_MAIN
#include "seeds.h"

#define MAX_INPUT 65536

static void mutate(uint8_t *buf, size_t *len, uint64_t *rnd)
{
	static const char bytes[] = "@%$()[], -+0189rxsp:\n#v";
	static const uint64_t values[] = { 0, 1, 4, 7, 0xff, 0x8000, UINT32_MAX, INT64_MAX,
					   UINT64_MAX - 3 };
	const uint64_t r = next_random(rnd), value = values[(r >> 8) % 9];
	/* half of them at the end, where notes and section headers are */
	const size_t area = r & 16 && *len > 4096 ? 4096 : *len, at = *len - 1 - (r >> 32) % area;

	switch (r % 4) {
	case 0:
		buf[at] = (uint8_t)(r >> 8);
		break;
	case 1:
		buf[at] = (uint8_t)bytes[(r >> 8) % (sizeof(bytes) - 1)];
		break;
	case 2:
		if (at + 8 <= *len)
			memcpy(buf + at / 4 * 4, &value, 4u << (r >> 5) % 2);
		break;
	default:
		if (!((r >> 12) % 8))
			*len = at + 1;
		break;
	}
}

static void run_mutation(const struct seed *seeds, size_t count, uint64_t *rnd)
{
	static uint8_t buf[MAX_INPUT];
	const struct seed *s = &seeds[next_random(rnd) % count];
	size_t len = s->len < MAX_INPUT ? s->len : MAX_INPUT;

	memcpy(buf, s->data, len);
	for (uint64_t i = next_random(rnd) % 8; i; i--)
		mutate(buf, &len, rnd);
	LLVMFuzzerTestOneInput(buf, len);
}

int main(int argc, char **argv)
{
	return run_seeds(argc, argv);
}
#endif
