/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "errno-name.h"
#include "ftrace/syscall.h"
#include "syscall-internal.h"

#define TIME64_FIRST 403
#define RECENT_FIRST 424
#define TABLES_MAX   4

static const char *const time64[] = {
	[403 - TIME64_FIRST] = "clock_gettime64", "clock_settime64", "clock_adjtime64",
	[406 - TIME64_FIRST] = "clock_getres_time64", "clock_nanosleep_time64", "timer_gettime64",
	[409 - TIME64_FIRST] = "timer_settime64", "timerfd_gettime64", "timerfd_settime64",
	[412 - TIME64_FIRST] = "utimensat_time64", "pselect6_time64", "ppoll_time64",
	[416 - TIME64_FIRST] = "io_pgetevents_time64", "recvmmsg_time64", "mq_timedsend_time64",
	[419 - TIME64_FIRST] = "mq_timedreceive_time64", "semtimedop_time64",
	[421 - TIME64_FIRST] = "rt_sigtimedwait_time64", "futex_time64",
	[423 - TIME64_FIRST] = "sched_rr_get_interval_time64",
};

static const char *const recent[] = {
	[424 - RECENT_FIRST] = "pidfd_send_signal", "io_uring_setup", "io_uring_enter",
	[427 - RECENT_FIRST] = "io_uring_register", "open_tree", "move_mount", "fsopen",
	[431 - RECENT_FIRST] = "fsconfig", "fsmount", "fspick", "pidfd_open", "clone3",
	[436 - RECENT_FIRST] = "close_range", "openat2", "pidfd_getfd", "faccessat2",
	[440 - RECENT_FIRST] = "process_madvise", "epoll_pwait2", "mount_setattr", "quotactl_fd",
	[444 - RECENT_FIRST] = "landlock_create_ruleset", "landlock_add_rule",
	[446 - RECENT_FIRST] = "landlock_restrict_self", "memfd_secret", "process_mrelease",
	[449 - RECENT_FIRST] = "futex_waitv", "set_mempolicy_home_node", "cachestat", "fchmodat2",
	[453 - RECENT_FIRST] = "map_shadow_stack", "futex_wake", "futex_wait", "futex_requeue",
	[457 - RECENT_FIRST] = "statmount", "listmount", "lsm_get_self_attr", "lsm_set_self_attr",
	[461 - RECENT_FIRST] = "lsm_list_modules", "mseal", "setxattrat", "getxattrat",
	[465 - RECENT_FIRST] = "listxattrat", "removexattrat", "open_tree_attr", "file_getattr",
	[469 - RECENT_FIRST] = "file_setattr", "listns", "rseq_slice_yield",
};

static const struct fti_syscall_names times = FTI_SYSCALL_NAMES(TIME64_FIRST, time64);
static const struct fti_syscall_names shared = FTI_SYSCALL_NAMES(RECENT_FIRST, recent);

static const struct {
	const char *name;
	const struct fti_syscall_names *tables[TABLES_MAX];
} abis[] = {
	[FT_ABI_UNKNOWN] = { "", { NULL } },
	[FT_ABI_X86_64]	 = { "x86-64", { &fti_syscalls_x86_64, &shared, NULL } },
	[FT_ABI_X32]	 = { "x32", { &fti_syscalls_x32, &fti_syscalls_x86_64, &shared, NULL } },
	[FT_ABI_I386]	 = { "i386", { &fti_syscalls_i386, &times, &shared, NULL } },
	[FT_ABI_ARM64]	 = { "arm64", { &fti_syscalls_arm64, &shared, NULL } },
	[FT_ABI_ARM]	 = { "arm", { &fti_syscalls_arm, &times, &shared,
				      &fti_syscalls_arm_private } },
};

enum ft_abi ft_abi_native(void)
{
#if defined(__x86_64__)
	return FT_ABI_X86_64;
#elif defined(__aarch64__)
	return FT_ABI_ARM64;
#else
	static const struct {
		const char *machine;
		enum ft_abi abi;
	} machines[] = {
		{ "x86_64", FT_ABI_X86_64 }, { "aarch64", FT_ABI_ARM64 },
		{ "i386", FT_ABI_I386 }, { "i486", FT_ABI_I386 }, { "i586", FT_ABI_I386 },
		{ "i686", FT_ABI_I386 }, { "armv6l", FT_ABI_ARM }, { "armv7l", FT_ABI_ARM },
		{ "armv8l", FT_ABI_ARM },
	};
	struct utsname u;

	if (uname(&u))
		return FT_ABI_UNKNOWN;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (!strcmp(u.machine, machines[i].machine))
			return machines[i].abi;
	return FT_ABI_UNKNOWN;
#endif
}

enum ft_abi ft_abi_compat(enum ft_abi native)
{
	switch (native) {
	case FT_ABI_X86_64:
		return FT_ABI_I386;
	case FT_ABI_ARM64:
		return FT_ABI_ARM;
	default:
		return FT_ABI_UNKNOWN;
	}
}

const char *ft_abi_name(enum ft_abi abi)
{
	return abis[abi].name;
}

static const char *name_in(const struct fti_syscall_names *t, int64_t number)
{
	if (number < t->first || number - t->first >= t->count)
		return NULL;
	return t->name[number - t->first];
}

/* The bit is told by the number alone: by its words an x32 program looks like one of i386. */
const char *ft_syscall_name(enum ft_abi abi, int64_t number)
{
	const char *name = NULL;

	if ((abi == FT_ABI_X86_64 || abi == FT_ABI_I386) && number > 0 &&
	    number & FT_SYSCALL_X32_BIT)
		abi = FT_ABI_X32;
	if (abi == FT_ABI_X32)
		number &= ~(int64_t)FT_SYSCALL_X32_BIT;
	for (int i = 0; i < TABLES_MAX && abis[abi].tables[i] && !name; i++)
		name = name_in(abis[abi].tables[i], number);
	return name;
}

static int number_in(const struct fti_syscall_names *t, const char *name)
{
	for (int i = 0; i < t->count; i++)
		if (t->name[i] && !strcmp(t->name[i], name))
			return t->first + i;
	return -ENOENT;
}

int ft_syscall_number(enum ft_abi abi, const char *name)
{
	int n = -ENOENT;

	for (int i = 0; i < TABLES_MAX && abis[abi].tables[i] && n < 0; i++)
		n = number_in(abis[abi].tables[i], name);
	return n >= 0 && abi == FT_ABI_X32 ? n | FT_SYSCALL_X32_BIT : n;
}

const char *ft_errno_name(int err)
{
	return err <= FT_ERRNO_MAX ? fti_errno_name(err) : NULL;
}

int ft_errno_number(const char *name)
{
	for (int err = 1; err <= FT_ERRNO_MAX; err++) {
		const char *is = fti_errno_name(err);

		if (is && !strcmp(is, name))
			return err;
	}
	return -ENOENT;
}
