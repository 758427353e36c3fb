/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>
#include <string.h>

#include "errno-name.h"

/* include/linux/errno.h of the kernel: from 512 on */
static const char *const internal[] = {
	"ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ENOIOCTLCMD",
	"ERESTART_RESTARTBLOCK", "EPROBE_DEFER", "EOPENSTALE", "ENOPARAM", NULL, "EBADHANDLE",
	"ENOTSYNC", "EBADCOOKIE", "ENOTSUPP", "ETOOSMALL", "ESERVERFAULT", "EBADTYPE", "EJUKEBOX",
	"EIOCBQUEUED", "ERECALLCONFLICT", "ENOGRACE",
};

const char *fti_errno_name(int err)
{
	if (err >= 512 && (size_t)(err - 512) < sizeof(internal) / sizeof(internal[0]))
		return internal[err - 512];
	return err > 0 ? strerrorname_np(err) : NULL;
}
