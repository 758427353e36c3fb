/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * disk: block devices by name and number.
 *
 * The one rule: a device number here is the kernel's, as its events have it (20 bits of minor), not
 * that of stat(2); people write it MAJOR,MINOR.  Requests are those of whole disks, whatever
 * partition they go to.
 */
#ifndef FTRACE_DISK_H
#define FTRACE_DISK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline uint32_t ft_disk_dev(uint32_t major, uint32_t minor)
{
	return major << 20 | (minor & 0xfffff);
}

static inline uint32_t ft_disk_major(uint32_t dev)
{
	return dev >> 20;
}

static inline uint32_t ft_disk_minor(uint32_t dev)
{
	return dev & 0xfffff;
}

#define FT_DISK_NAME 48
#define FT_DISK_WHY  256

struct ft_disk {
	uint32_t dev;			/* of the whole disk */
	char	 name[FT_DISK_NAME];	/* its name, "8,0" when it has none */
	bool	 partition;		/* a partition of it was named */
	bool	 bio_only;		/* it has no requests, only bios: dm, md, zram, brd */
};

/*
 * The device that people mean by "sda", "sda1", "/dev/sda", "8,0" ("8:0"), or "home" of
 * device-mapper.  sysfs NULL: /sys.  0; -EINVAL: not a name or number; -ENODEV: there is none;
 * both with why[FT_DISK_WHY] as a sentence's end ("no such block device (did you mean 'sda'?)").
 * A number that no device has is taken as it is.
 */
int ft_disk_find(struct ft_disk *out, const char *sysfs, const char *text, char *why);

/* Calls fn for each whole disk, until it returns non-zero; returns that, 0, or -errno. */
int ft_disk_each(const char *sysfs, int (*fn)(void *arg, const struct ft_disk *disk), void *arg);

/* Names by number, each looked up once. */
struct ft_disks;
int ft_disks_new(struct ft_disks **out, const char *sysfs);	/* sysfs NULL: /sys; copied */
void ft_disks_free(struct ft_disks *d);

/* The name, "8,0" when it cannot be known.  Valid until the next call. */
const char *ft_disks_name(struct ft_disks *d, uint32_t dev);

/* "8,0" to buf, always whole. */
#define FT_DISK_NUMBER 24
char *ft_disk_number(uint32_t dev, char buf[FT_DISK_NUMBER]);

#ifdef __cplusplus
}
#endif
#endif
