// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * probes [-t] [-q] [-w] SPEC...: make probes through the library, as a tool would, and tell their hits.
 *
 * A SPEC is "p[:EVENT] PLACE [ARGS]", "r[MAX][:EVENT] PLACE [ARGS]", or with a PLACE of PATH@OFFSET
 * a user probe.  -t uses the top-level buffer; -q leaves out (printing the error) what cannot be
 * probed.  When all are enabled it prints "ready GROUP"; then for each line on stdin the hits, as
 * "EVENT HITS MISSED" lines and "end", until stdin ends; with -w it waits for SIGINT instead.
 * Nothing is recorded.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ftrace/probe.h"
#include "ftrace/session.h"

static struct {
	bool top, quiet, wait;
	struct ft_session *session;
	struct ft_probes *probes;
} o;

/* Cuts the text, which the spec then points into. */
static void parse(struct ft_probe_spec *spec, char *text)
{
	char *kind = strtok(text, " "), *at;
	const bool is_return = kind && kind[0] == 'r';

	*spec = (struct ft_probe_spec){ .kind = is_return ? FT_PROBE_KERNEL_RETURN : FT_PROBE_KERNEL };
	if (!kind)
		return;
	spec->event = strchr(kind, ':');
	if (spec->event)
		spec->event++;
	spec->max_active = strtoul(kind + 1, NULL, 10);
	spec->place = strtok(NULL, " ");
	spec->args = strtok(NULL, "");
	at = spec->place ? strchr(spec->place, '@') : NULL;
	if (!at)
		return;
	*at = 0;
	spec->offset = strtoul(at + 1, NULL, 0);
	spec->kind = is_return ? FT_PROBE_USER_RETURN : FT_PROBE_USER;
}

static int add(char *text)
{
	struct ft_probe_spec spec;
	int err;

	parse(&spec, text);
	if (!spec.place)
		return ft_fail(o.session, -EINVAL, "not a probe");
	err = ft_probes_check(o.session, spec.kind);
	if (err)
		return err;
	err = o.quiet ? ft_probes_try(o.probes, &spec) : ft_probes_add(o.probes, &spec);
	if (err < 0 && o.quiet) {
		printf("not %s: %s\n", spec.place, strerror(-err));
		return 0;
	}
	return err < 0 ? err : 0;
}

static int print_hits(void)
{
	static struct ft_probe_hits hits[FT_PROBES_MAX];
	int err = ft_probes_hits(o.probes, hits);

	if (err)
		return err;
	for (size_t i = 0; i < ft_probes_count(o.probes); i++)
		printf("%s %llu %llu%s\n", ft_probes_event(o.probes, i),
		       (unsigned long long)hits[i].hits, (unsigned long long)hits[i].missed,
		       ft_probes_enabled(o.probes, i) ? "" : " disabled");
	puts("end");
	return 0;
}

static int wait_for_signal(void)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	return -sigwait(&set, &sig);
}

static int run(char **specs, int count)
{
	char line[16];
	int err = ft_session_open(&o.session, &(struct ft_session_config){
		.tool = "probes", .top = o.top, .uprobes = true });

	if (!err)
		err = ft_probes_open(&o.probes, o.session);
	for (int i = 0; !err && i < count; i++)
		err = add(specs[i]);
	if (!err)
		err = ft_probes_enable(o.probes);
	if (!err)
		printf("ready %s\n", ft_probes_group(o.probes));
	if (!err && o.wait)
		err = wait_for_signal();
	while (!err && !o.wait && fgets(line, sizeof(line), stdin))
		err = print_hits();
	ft_probes_close(o.probes);
	return ft_session_close(o.session, err ? FT_FAILED : FT_OK);
}

int main(int argc, char **argv)
{
	int first = 1;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (; first < argc && argv[first][0] == '-'; first++) {
		o.top |= !strcmp(argv[first], "-t");
		o.quiet |= !strcmp(argv[first], "-q");
		o.wait |= !strcmp(argv[first], "-w");
	}
	return run(argv + first, argc - first);
}
