/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls by kprobes on the functions that do them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "ftrace/kernel.h"
#include "syscalls-internal.h"

/* Calls that may be in a function at once: an open can wait for long, as for a FIFO's other end. */
#define ACTIVE_PATHS 2048
#define ACTIVE	     128

/*
 * What the functions are called, and where the arguments are: since 4.17 (x86-64) and 4.19 (arm64)
 * in a struct pt_regs that the first argument points to, the registers of the caller.  A later row
 * of the same ABI is not needed where an earlier one is there.
 */
static const struct variant {
	const char *machine, *prefix;
	enum ft_abi abi;
	int	    at[FT_SYSCALLS_ARGS_MAX];	/* in struct pt_regs; -1: arguments of C */
} variants[] = {
	{ "x86_64", "__x64_sys_", FT_ABI_X86_64, { 112, 104, 96, 56, 72, 64 } },
	{ "x86_64", "__x32_compat_sys_", FT_ABI_X32, { 112, 104, 96, 56, 72, 64 } },
	{ "x86_64", "__ia32_compat_sys_", FT_ABI_I386, { 40, 88, 96, 104, 112, 32 } },
	{ "x86_64", "__ia32_sys_", FT_ABI_I386, { 40, 88, 96, 104, 112, 32 } },
	{ "aarch64", "__arm64_sys_", FT_ABI_ARM64, { 0, 8, 16, 24, 32, 40 } },
	{ "aarch64", "__arm64_compat_sys_", FT_ABI_ARM, { 0, 8, 16, 24, 32, 40 } },
	{ NULL, "sys_", FT_ABI_X86_64, { -1 } },
	{ NULL, "compat_sys_", FT_ABI_I386, { -1 } },
};

struct fetching {
	struct ft_session *session;
	const struct variant *variant;	/* NULL: a function of the kernel with arguments of C */
	bool users;			/* the kernel tells user memory from its own (5.3+) */
	char text[2048];
	size_t len;
};

/* The n-th (1...) argument itself; "" where it is in no register known on this machine. */
static const char *argument(const struct fetching *f, unsigned int n, char *buf, size_t size)
{
	const bool regs = f->variant && f->variant->at[0] >= 0;
	const char *c = ft_probe_arg(f->session, FT_PROBE_KERNEL, regs ? 1 : n);

	if (!c)
		buf[0] = 0;
	else if (regs)
		snprintf(buf, size, "+%d(%s)", f->variant->at[n - 1], c);
	else
		snprintf(buf, size, "%s", c);
	return buf;
}

static void put(struct fetching *f, const char *name, unsigned int n, const char *before,
		const char *arg, const char *type)
{
	size_t room = sizeof(f->text) - f->len;
	int len = snprintf(f->text + f->len, room, "%s%s%u=%s%s%s:%s", f->len ? " " : "", name, n,
			   before, arg, *before ? ")" : "", type);

	f->len += (size_t)len < room ? (size_t)len : room - 1;
}

/* "a1=%di:u64 a2=%si:u64 text2=+0(%si):ustring" */
static bool fetch(struct fetching *f, const struct ft_syscalls_spec *spec)
{
	const char *user = f->variant && f->users ? "+u" : "+";
	char arg[48], before[16];

	f->len = 0;
	for (unsigned int n = 1; n <= FT_SYSCALLS_ARGS_MAX && spec->args[n - 1]; n++) {
		if (!*argument(f, n, arg, sizeof(arg)))
			return false;
		put(f, "a", n, "", arg, "u64");
		if (n == spec->text)
			put(f, "text", n, "+0(", arg, f->users ? "ustring" : "string");
		for (unsigned int i = 0; n == spec->words && i < 2; i++) {
			snprintf(before, sizeof(before), "%s%u(", user, 8 * i);
			put(f, "a", 5 + i, before, arg, "u64");
		}
	}
	return true;
}

/*
 * "at0=%si:u64 item0=+u0(%si):u64 ... string0=+0(+u0(%si)):ustring ..."
 *
 * The kernel follows pointers of its own size only.
 */
static bool fetch_list(struct fetching *f, const struct ft_syscalls_spec *spec, unsigned int part)
{
	const unsigned int first = fti_list_first[part], count = fti_list_first[part + 1] - first;
	const char *user = f->users ? "+u" : "+";
	char arg[48], item[64];

	if (!spec->list || !f->variant ||
	    (f->variant->abi != FT_ABI_X86_64 && f->variant->abi != FT_ABI_ARM64))
		return false;
	argument(f, spec->list, arg, sizeof(arg));
	f->len = 0;
	put(f, "at", 0, "", arg, "u64");
	for (unsigned int i = 0; i <= count; i++) {
		snprintf(item, sizeof(item), "%s%u(", user, 8 * (first + i));
		put(f, "item", i, item, arg, "u64");
	}
	for (unsigned int i = 0; i < count; i++) {
		snprintf(item, sizeof(item), "%s%u(%s)", user, 8 * (first + i), arg);
		put(f, "string", i, "+0(", item, f->users ? "ustring" : "string");
	}
	return true;
}

/* Without them the call is still told. */
static void add_list(struct ft_syscalls *sc, const char *function, struct fetching *f,
		     struct fti_place *p)
{
	char name[32];

	for (unsigned int i = 0; i < FTI_LIST_PARTS; i++) {
		p->lists[i] = (struct fti_list_probe){ .probe = -1, .id = -1 };
		if (!fetch_list(f, p->spec, i))
			continue;
		snprintf(name, sizeof(name), "list%zu", ft_probes_count(sc->probes));
		p->lists[i].probe = ft_probes_try(sc->probes, &(struct ft_probe_spec){
			.kind = FT_PROBE_KERNEL, .event = name, .place = function,
			.args = f->text, .sole = !f->variant });
	}
}

/* The end first, which can be refused where a beginning is not; one that is left alone does no
 * harm, but keeps its name.  0 or negative. */
static int add_place(struct ft_syscalls *sc, const char *function, struct fetching *f,
		     const struct ft_syscalls_spec *spec, unsigned int number)
{
	struct fti_place *p = &sc->places[sc->place_count];
	char name[32];

	if (sc->place_count == FTI_PLACES_MAX)
		return -E2BIG;
	*p = (struct fti_place){ .spec = spec, .number = number };
	snprintf(name, sizeof(name), "end%zu", ft_probes_count(sc->probes));
	p->exit = ft_probes_try(sc->probes, &(struct ft_probe_spec){
		.kind = FT_PROBE_KERNEL_RETURN, .event = name, .place = function,
		.args = "ret=$retval:s64",
		.max_active = sc->config.paths ? ACTIVE_PATHS : ACTIVE, .sole = !f->variant });
	if (p->exit < 0)
		return p->exit;
	snprintf(name, sizeof(name), "begin%zu", ft_probes_count(sc->probes));
	p->entry = ft_probes_try(sc->probes, &(struct ft_probe_spec){
		.kind = FT_PROBE_KERNEL, .event = name, .place = function, .args = f->text,
		.sole = !f->variant });
	if (p->entry < 0)
		return p->entry;
	add_list(sc, function, f, p);
	sc->place_count++;
	return 0;
}

static int add_function(struct ft_syscalls *sc, struct fetching *f)
{
	int err = -ENOENT;

	f->variant = NULL;
	for (unsigned int i = 0; err && sc->config.functions && sc->config.functions[i].name; i++) {
		const struct ft_syscalls_spec *spec = &sc->config.functions[i];

		if (fetch(f, spec))
			err = add_place(sc, spec->name, f, spec, 0);
		if (!err)
			ft_session_say(sc->run->session, "by a kprobe on '%s'", spec->name);
	}
	return err;
}

/* One call may have a function for each ABI; the kernel may be too old for the call. */
static void add_call(struct ft_syscalls *sc, struct fetching *f,
		     const struct ft_syscalls_spec *spec, const char *machine, unsigned int number)
{
	enum ft_abi done = FT_ABI_UNKNOWN;
	char name[96];

	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		const struct variant *v = &variants[i];

		if (v->abi == done || (v->machine && strcmp(v->machine, machine)))
			continue;
		f->variant = v;
		snprintf(name, sizeof(name), "%s%s", v->prefix, spec->name);
		if (fetch(f, spec) && !add_place(sc, name, f, spec, number))
			done = v->abi;
	}
}

static int add_calls(struct ft_syscalls *sc, struct fetching *f)
{
	struct utsname u;

	if (uname(&u))
		return -errno;
	for (unsigned int i = 0; sc->config.calls[i].name; i++)
		add_call(sc, f, &sc->config.calls[i], u.machine, i);
	if (sc->place_count)
		ft_session_say(sc->run->session, "by kprobes on %zu functions of system calls",
			       sc->place_count);
	return sc->place_count ? 0 : -EOPNOTSUPP;
}

/* do_filp_open() gets a struct filename, which begins with the pointer to the kernel's copy. */
static void add_path(struct ft_syscalls *sc, const struct fetching *f)
{
	const char *arg = ft_probe_arg(f->session, FT_PROBE_KERNEL, 2);
	char args[64];

	if (!arg)
		return;
	snprintf(args, sizeof(args), "path=+0(+0(%s)):string", arg);
	sc->path_probe = ft_probes_try(sc->probes, &(struct ft_probe_spec){
		.kind = FT_PROBE_KERNEL, .event = "path", .place = "do_filp_open", .args = args,
		.sole = true });
	ft_session_say(f->session, sc->path_probe < 0 ? "names as they are when a call begins" :
		       "names by a kprobe on 'do_filp_open'");
}

int fti_syscalls_add_probes(struct ft_syscalls *sc)
{
	struct fetching f = { .session = sc->run->session };
	int err;

	f.users = ft_kernel_readme_has(ft_session_tracefs(f.session), "ustring");
	err = add_function(sc, &f);
	if (err)
		err = add_calls(sc, &f);
	if (!err && sc->config.paths)
		add_path(sc, &f);
	return err;
}
