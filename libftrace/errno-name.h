/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * errno-name: error numbers as the kernel's source has them, those that never leave it included.
 */
#ifndef FTI_ERRNO_NAME_H
#define FTI_ERRNO_NAME_H

/* "ENOENT" of 2, "ERESTARTSYS" of 512; NULL: no such error.  Static. */
const char *fti_errno_name(int err);

#endif
