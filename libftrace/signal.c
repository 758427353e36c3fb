/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "ftrace/signal.h"

/* Of the kernel's 32 to 64 the C libraries keep the first few for themselves: glibc two. */
#define RT_FIRST 34
#define RT_LAST	 64

const char *ft_signal_name(int sig, char name[FT_SIGNAL_NAME_SIZE])
{
	const char *abbreviation = sigabbrev_np(sig);

	if (abbreviation)
		snprintf(name, FT_SIGNAL_NAME_SIZE, "SIG%s", abbreviation);
	else if (sig == RT_FIRST)
		snprintf(name, FT_SIGNAL_NAME_SIZE, "SIGRTMIN");
	else if (sig > RT_FIRST && sig <= RT_LAST)
		snprintf(name, FT_SIGNAL_NAME_SIZE, "SIGRTMIN+%d", sig - RT_FIRST);
	else
		snprintf(name, FT_SIGNAL_NAME_SIZE, "%d", sig);
	return name;
}

const char *ft_signal_result(int result)
{
	static const char *const names[] = {
		"delivered", "ignored", "pending", "overflow", "no info",
	};
	const int count = sizeof(names) / sizeof(names[0]);

	return result >= 0 && result < count ? names[result] : "?";
}
