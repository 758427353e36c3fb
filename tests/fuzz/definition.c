/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: definitions of probes as they come from the command line.
 *
 * An input is a definition, of the kernel and of a program, said as three kernels know it.  Aborts
 * when what would be written to the kernel could be more than one word of arguments each: holds a
 * byte that ends a line or a comment's begin, another count of words than the definition has
 * arguments, or a word that is longer than the kernel takes; and when a name is none.
 *
 * With -DFUZZ_MAIN it needs no libFuzzer: `definition ROUNDS FILE...` runs the files and then
 * ROUNDS mutations of them, the same ones every time.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "definition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static size_t words(const char *text, size_t longest)
{
	size_t n = 0, len;

	for (; *text; text += len) {
		text += strspn(text, " ");
		len = strcspn(text, " ");
		check(len <= longest);
		n += len != 0;
	}
	return n;
}

static void check_args(const char *args, const struct ft_definition *d)
{
	static const char allowed[] = "_%$@+-()=:\\\"[]/.,*>";

	for (const char *p = args; *p; p++)
		check(isalnum((unsigned char)*p) || *p == ' ' || strchr(allowed, *p));
	check(words(args, 31 + 1 + 63) == words(d->args ? d->args : "", SIZE_MAX));
}

static void check_definition(const struct ft_definition *d)
{
	/* In the order of their age; each knows what those before it do. */
	static const char *const readmes[] = {
		"",
		"$arg<N> $comm x8/16/32/64 string, symbol ustring [u]<offset> \\imm-value "
		"<type>\\[<array-size>\\]",
		"$arg<N> $comm x8/16/32/64 char, string, symbol ustring symstr %pd/%pD [u]<offset> "
		"\\imm-value "
		"<type>\\[<array-size>\\] <argname> $retval, $arg<N>",
	};
	char args[FT_DEFINITION_ARGS_MAX], why[FT_DEFINITION_WHY], name[FTI_DEFINITION_NAME];
	struct ft_definition_arg arg;
	size_t n = 0;

	fti_definition_name(d, NULL, name);
	check(*name && fti_identifier(name) == strlen(name));
	for (size_t i = 0; i < sizeof(readmes) / sizeof(readmes[0]); i++)
		if (!ft_definition_args(d, readmes[i], args, why))
			check_args(args, d);
		else
			check(*why && memchr(why, 0, sizeof(why)));
	while (ft_definition_arg(d, n, &arg))
		check(fti_identifier(arg.name) == strlen(arg.name) && n++ < 32);
	check(n == words(d->args ? d->args : "", SIZE_MAX));
	for (const char *p = d->function; p && *p; p++)
		check((unsigned char)*p > ' ' && (d->usdt || !strchr("#;'\"+:", *p)));
	for (const char *p = d->file; p && *p; p++)
		check((unsigned char)*p > ' ' && *p != '#');
}

static void try_text(const char *text, bool user)
{
	struct ft_definition d;
	char why[FT_DEFINITION_WHY];

	ft_definition_is_filter(text);
	if (ft_definition_parse(&d, text, user, why)) {
		check(*why && !d.function && !d.file && !d.args && !d.event);
		return;
	}
	check_definition(&d);
	ft_definition_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = 0;
	/* A last newline is the file's. */
	if (size && text[size - 1] == '\n')
		text[size - 1] = 0;
	try_text(text, false);
	try_text(text, true);
	free(text);
	return 0;
}

#ifdef FUZZ_MAIN
#define MAX_INPUT    2048
#define TEXT_BYTES   "pru: %$@+-()=\\\"[]/.0x19a#;\n>*"
#define TEXT_CHANGES 8

#include "text-mutations.h"

int main(int argc, char **argv)
{
	return run_seeds(argc, argv);
}
#endif
