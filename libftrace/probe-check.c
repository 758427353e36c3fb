/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What probes need, and what arguments are called. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ftrace/kernel.h"
#include "ftrace/probe.h"
#include "session-internal.h"

#define KPROBES_SWITCH "/sys/kernel/debug/kprobes/enabled"

static bool reads_0(const char *path)
{
	char *now;
	bool is;

	if (fti_file_read(AT_FDCWD, path, &now, NULL))
		return false;
	is = now[0] == '0';
	free(now);
	return is;
}

/* Made and enabled they would be all the same, and never fire. */
static int check_switches(struct ft_session *s)
{
	/* A probe at a function's entry uses the function tracer's hook there. */
	if (reads_0("/proc/sys/kernel/ftrace_enabled"))
		return ft_fail(s, -EOPNOTSUPP, "kprobes do not fire while function tracing is "
			       "switched off: 'sysctl kernel.ftrace_enabled=1' would allow it");
	if (reads_0(KPROBES_SWITCH))
		return ft_fail(s, -EOPNOTSUPP, "kprobes are switched off: 'echo 1 > " KPROBES_SWITCH
			       "' would allow them");
	return 0;
}

int ft_probes_check(struct ft_session *s, enum ft_probe_kind kind)
{
	const bool user = kind == FT_PROBE_USER || kind == FT_PROBE_USER_RETURN;
	const char *file = user ? "uprobe_events" : "kprobe_events", *level = ft_kernel_lockdown();
	int fd;

	if (!fti_file_exists(s->top_fd, file))
		return ft_fail(s, -EOPNOTSUPP, "this kernel has no %s (CONFIG_%s_EVENTS)",
			       user ? "user probes" : "kprobes", user ? "UPROBE" : "KPROBE");
	/* To append: opening to truncate would remove everybody's. */
	fd = openat(s->top_fd, file, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return ft_fail(s, -EOPNOTSUPP, "cannot open '%s': %s%s%s%s", file, strerror(errno),
			       level ? " (lockdown: " : "", level ? level : "", level ? ")" : "");
	close(fd);
	return user ? 0 : check_switches(s);
}

/* By the calling conventions of C. */
static const struct {
	const char *machine, *registers[FT_PROBE_ARGS_MAX];
} machines[] = {
	{ "x86_64",  { "%di", "%si", "%dx", "%cx", "%r8", "%r9" } },
	{ "aarch64", { "%x0", "%x1", "%x2", "%x3", "%x4", "%x5" } },
};

const char *ft_probe_arg(const struct ft_session *s, enum ft_probe_kind kind, unsigned int n)
{
	static const char *const args[FT_PROBE_ARGS_MAX] = {
		"$arg1", "$arg2", "$arg3", "$arg4", "$arg5", "$arg6",
	};
	struct utsname u;

	if (n < 1 || n > FT_PROBE_ARGS_MAX ||
	    (kind != FT_PROBE_KERNEL && kind != FT_PROBE_USER) || uname(&u))
		return NULL;
	if (kind == FT_PROBE_KERNEL && ft_kernel_readme_has(s->tracefs, "$arg<N>"))
		return args[n - 1];
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (!strcmp(machines[i].machine, u.machine))
			return machines[i].registers[n - 1];
	return NULL;
}
