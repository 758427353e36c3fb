/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * btf: where members are in the kernel's structures, as the running kernel itself tells (BTF).
 *
 * The one rule: ask, and close; it holds some megabytes while it is open.  Kernels before 5.2, and
 * those built without CONFIG_DEBUG_INFO_BTF, do not tell.
 */
#ifndef FTRACE_BTF_H
#define FTRACE_BTF_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ft_btf;

/* path: NULL for /sys/kernel/btf/vmlinux.  0, -ENOENT: there is none; -EBADMSG: it is not BTF, or
 * of another byte order; or -errno. */
int ft_btf_open(struct ft_btf **out, const char *path);
void ft_btf_close(struct ft_btf *btf);

/*
 * Offset in bytes of a member of a structure ("sock_common", "skc_state"), those of unnamed structures
 * and unions in it included.  -ENOENT: no such structure or member; -EINVAL: a bit field, which
 * has none.
 */
int ft_btf_offset(const struct ft_btf *btf, const char *structure, const char *member);

#ifdef __cplusplus
}
#endif
#endif
