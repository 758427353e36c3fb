/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * latency: the flags that every record has, as the letters of the kernel's text.
 *
 * The one rule: the bits of common_flags have kept their places since 3.10, new ones came; only that
 * of NEED_RESCHED changed its letter, when 3.13 began to tell more (old).
 */
#ifndef FTI_LATENCY_H
#define FTI_LATENCY_H

#include <stdbool.h>

enum fti_latency {
	FTI_IRQS_OFF = 1,
	FTI_RESCHED_LAZY = 2,
	FTI_RESCHED = 4,
	FTI_HARDIRQ = 8,
	FTI_SOFTIRQ = 16,
	FTI_PREEMPT_RESCHED = 32,
	FTI_NMI = 64,
	FTI_BH_OFF = 128,
};

static inline char fti_latency_irqs(unsigned int flags)
{
	if (flags & FTI_BH_OFF)
		return flags & FTI_IRQS_OFF ? 'D' : 'b';
	return flags & FTI_IRQS_OFF ? 'd' : '.';
}

static inline char fti_latency_resched(unsigned int flags, bool old)
{
	if (old)
		return flags & FTI_RESCHED ? 'N' : '.';
	/* by RESCHED 4, PREEMPT_RESCHED 2, LAZY 1 */
	return ".lpLnbNB"[(flags & FTI_RESCHED) | (flags & FTI_PREEMPT_RESCHED) >> 4 |
			  (flags & FTI_RESCHED_LAZY) >> 1];
}

static inline char fti_latency_context(unsigned int flags)
{
	if (flags & FTI_NMI)
		return flags & FTI_HARDIRQ ? 'Z' : 'z';
	if (flags & FTI_HARDIRQ)
		return flags & FTI_SOFTIRQ ? 'H' : 'h';
	return flags & FTI_SOFTIRQ ? 's' : '.';
}

/* Four bits of a count, nothing as a point. */
static inline char fti_latency_count(unsigned int count)
{
	return ".123456789abcdef"[count & 15];
}

#endif
