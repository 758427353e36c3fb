/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ftrace/out.h"
#include "ftrace/session.h"

#include "opt-parse.h"
#include "sink.h"

#define LINE_SIZE 1024

/* "tool: sentence" in one write; a line that does not fit is cut, not split. */
static void say(const struct ft_opt_spec *spec, const char *sentence)
{
	char line[LINE_SIZE];
	int len = snprintf(line, sizeof(line) - 1, "%s: %s", spec->tool, sentence);

	if (len < 0)
		return;
	if (len > (int)sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len] = '\n';
	while (write(STDERR_FILENO, line, len + 1) < 0 && errno == EINTR)
		;
}

static int print_stdout(const char *text, size_t len)
{
	struct fti_sink out;
	int err = fti_sink_open(&out, NULL, len + 1);

	if (err)
		return err;
	fti_sink_line(&out, text, len);
	return fti_sink_close(&out);
}

/* Help and version to stdout; a reader that has gone is no failure, a full disk is. */
static int print(const struct ft_opt_spec *spec, int what)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int err = -ENOMEM;

	if (!f)
		return err;
	if (what == FTI_OPT_HELP)
		fti_opt_print_help(f, spec);
	else
		fprintf(f, "%s (ftrace-tools) %s", spec->tool, FT_VERSION);
	if (!fclose(f))
		err = print_stdout(text, len);
	free(text);
	return err == -EPIPE ? 0 : err;
}

static void __attribute__((noreturn)) print_and_exit(const struct ft_opt_spec *spec, int what)
{
	int err = print(spec, what);
	char reason[128];

	if (!err)
		exit(FT_OK);
	snprintf(reason, sizeof(reason), "cannot write: %s", strerror(-err));
	say(spec, reason);
	exit(FT_FAILED);
}

void ft_opt_parse(struct ft_opt_common *c, const struct ft_opt_spec *spec, int argc, char **argv)
{
	char err[LINE_SIZE];
	int what = fti_opt_parse(c, spec, argc, argv, err, sizeof(err));

	if (what == FTI_OPT_HELP || what == FTI_OPT_VERSION)
		print_and_exit(spec, what);
	if (what < 0) {
		say(spec, err);
		exit(FT_USAGE);
	}
}

void ft_opt_error(const struct ft_opt_spec *spec, const char *fmt, ...)
{
	char raw[LINE_SIZE], sentence[LINE_SIZE];
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(raw, sizeof(raw), fmt, ap);
	va_end(ap);
	ft_out_escape(sentence, sizeof(sentence), raw, strlen(raw));
	len = strlen(sentence);
	if (!len || sentence[len - 1] != ')')
		snprintf(sentence + len, sizeof(sentence) - len, " (see '%s -h')", spec->tool);
	say(spec, sentence);
	exit(FT_USAGE);
}
