/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * signal: names of signals, and of what became of one, as the kernel's signal events tell it.
 */
#ifndef FTRACE_SIGNAL_H
#define FTRACE_SIGNAL_H

#ifdef __cplusplus
extern "C" {
#endif

/* "SIGTERM", "SIGRTMIN+1" (as the C library counts them); what has no name is its number.  Returns
 * name. */
#define FT_SIGNAL_NAME_SIZE 24
const char *ft_signal_name(int sig, char name[FT_SIGNAL_NAME_SIZE]);

/* The field `result` of signal:signal_generate: "delivered", "ignored", "pending" (it was already),
 * "overflow", "no info" (queued without its siginfo).  Static. */
const char *ft_signal_result(int result);

#ifdef __cplusplus
}
#endif
#endif
