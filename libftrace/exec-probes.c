/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Probes that read the arguments of a new program where the kernel has just put them: the strings one
 * after the other, near the top of its stack.  The pages are there, for they were written a moment
 * ago.
 *
 * They are read as words: strings would have no bound together, and a record that does not fit a
 * sub-buffer is dropped by the kernel without a count; arrays are refused for user memory (6.12).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "exec-internal.h"
#include "ftrace/btf.h"
#include "ftrace/kernel.h"

struct place {
	const char *function;
	char	    argc[48];		/* how the number of arguments is fetched */
	char	    strings[48];	/* the address of the first */
	char	    uid[96]; /* how the user is, "": not at all */
	const char *user;	/* "u" where the kernel tells user memory from its own (5.3+) */
};

/* struct linux_binprm of the first argument: p is where the strings begin. */
static int stack_place(struct ft_session *s, struct place *p)
{
	const char *arg = ft_probe_arg(s, FT_PROBE_KERNEL, 1);
	struct ft_btf *btf;
	int err = arg ? ft_btf_open(&btf, NULL) : -EOPNOTSUPP, argc, at, file, cred, uid;

	if (err)
		return err;
	argc = ft_btf_offset(btf, "linux_binprm", "argc");
	at = ft_btf_offset(btf, "linux_binprm", "p");
	file = ft_btf_offset(btf, "linux_binprm", "file");
	cred = ft_btf_offset(btf, "file", "f_cred");
	uid = ft_btf_offset(btf, "cred", "uid");
	ft_btf_close(btf);
	if (argc < 0 || at < 0)
		return -ENOENT;
	/* Whoever opened the program; its own may have become another by a set-user-ID bit. */
	if (file >= 0 && cred >= 0 && uid >= 0)
		snprintf(p->uid, sizeof(p->uid), " uid=+%d(+%d(+%d(%s))):u32", uid, cred, file, arg);
	p->function = "setup_arg_pages";
	snprintf(p->argc, sizeof(p->argc), "+%d(%s):s32", argc, arg);
	snprintf(p->strings, sizeof(p->strings), "+%d(%s)", at, arg);
	return 0;
}

/* The third argument is the new stack pointer: argc is there, and behind it the pointers. */
static int thread_place(struct ft_session *s, struct place *p)
{
	const char *arg = ft_probe_arg(s, FT_PROBE_KERNEL, 3);
	struct utsname u;

	if (uname(&u) || strcmp(u.machine, "x86_64") != 0 || !arg)
		return -EOPNOTSUPP;
	p->function = "start_thread";
	snprintf(p->argc, sizeof(p->argc), "+%s0(%s):s32", p->user, arg);
	snprintf(p->strings, sizeof(p->strings), "+%s8(%s)", p->user, arg);
	return 0;
}

static int add_probe(struct ft_probes *ps, const struct place *p, int number)
{
	char args[FTI_EXEC_WORDS * 80], event[16];
	size_t n = (size_t)snprintf(args, sizeof(args), "argc=%s%s", p->argc, number ? "" : p->uid);

	for (int i = 0; i < FTI_EXEC_WORDS; i++)
		n += (size_t)snprintf(args + n, sizeof(args) - n, " w%d=+%s%d(%s):u64", i, p->user,
				      number * FTI_EXEC_CHUNK + i * 8, p->strings);
	snprintf(event, sizeof(event), "args%d", number);
	return ft_probes_try(ps, &(struct ft_probe_spec){ .kind = FT_PROBE_KERNEL, .event = event,
							  .place = p->function, .args = args,
							  .sole = true });
}

/* The new stack has its random place already when start_thread() is called: each word beyond its end is
 * a page fault, where before setup_arg_pages() it is beyond all user memory.  So fewer there. */
static int try_method(struct ft_probes *ps, struct ft_session *s, enum ft_exec_method method)
{
	const int probes = method == FT_EXEC_THREAD ? FTI_EXEC_PROBES / 2 : FTI_EXEC_PROBES;
	struct place p = { .user = "" };
	int err;

	if (ft_kernel_readme_has(ft_session_tracefs(s), "ustring"))
		p.user = "u";
	err = method == FT_EXEC_STACK ? stack_place(s, &p) : thread_place(s, &p);
	for (int i = 0; i < probes && err >= 0; i++)
		err = add_probe(ps, &p, i);
	return err < 0 ? err : 0;
}

int fti_exec_probes(struct ft_probes *ps, struct ft_session *s, enum ft_exec_method *method)
{
	static const char *const names[] = { "", "setup_arg_pages", "start_thread" };
	const enum ft_exec_method asked = *method;
	const bool probes = ft_session_has_global(s, "kprobe_events");
	int err = -EOPNOTSUPP;

	if (asked == FT_EXEC_PROC)
		return 0;
	for (*method = FT_EXEC_STACK; *method < FT_EXEC_PROC; ++*method) {
		if (!probes || (asked && asked != *method))
			continue;
		err = try_method(ps, s, *method);
		/* Probes of a method that failed half way would be recorded, too. */
		if (!err || ft_probes_count(ps))
			break;
	}
	if (!err)
		return 0;
	if (asked)
		return ft_fail(s, -EOPNOTSUPP, "cannot read arguments by a kprobe on '%s': %s",
			       names[asked], probes ? strerror(-err) : "this kernel has no kprobes");
	if (ft_probes_count(ps))
		return ft_fail(s, err, "cannot make probes: %s", strerror(-err));
	*method = FT_EXEC_PROC;
	return 0;
}
