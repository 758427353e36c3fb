/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ftrace/disk.h"
#include "ftrace/opt.h"

#define SYSFS	  "/sys"
#define MAJOR_MAX 4095
#define MINOR_MAX 0xfffff
#define SLOTS	  1024	/* of names; what finds no room is looked up again */
#define WAYS	  8

char *ft_disk_number(uint32_t dev, char buf[FT_DISK_NUMBER])
{
	snprintf(buf, FT_DISK_NUMBER, "%u,%u", ft_disk_major(dev), ft_disk_minor(dev));
	return buf;
}

/* -- sysfs ------------------------------------------------------------------------------------- */

/* Does class/block/NAME/FILE exist? */
static bool has(const char *sysfs, const char *name, const char *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/class/block/%s/%s", sysfs, name, file);
	return !access(path, F_OK);
}

/* The first line of a file there. */
static bool read_line(const char *sysfs, const char *name, const char *file, char *buf, int size)
{
	char path[PATH_MAX], *got;
	FILE *f;

	snprintf(path, sizeof(path), "%s/class/block/%s/%s", sysfs, name, file);
	f = fopen(path, "re");
	if (!f)
		return false;
	got = fgets(buf, size, f);
	fclose(f);
	if (got)
		buf[strcspn(buf, "\n")] = 0;
	return got;
}

/* "8,0" or "8:0" and nothing else. */
static bool parse_number(const char *text, uint32_t *dev)
{
	const char *separator = strpbrk(text, ",:");
	uint64_t major, minor;
	char head[16];

	if (!separator || separator - text >= (int)sizeof(head))
		return false;
	memcpy(head, text, (size_t)(separator - text));
	head[separator - text] = 0;
	if (ft_parse_u64(head, 0, MAJOR_MAX, &major) ||
	    ft_parse_u64(separator + 1, 0, MINOR_MAX, &minor))
		return false;
	*dev = ft_disk_dev((uint32_t)major, (uint32_t)minor);
	return true;
}

static bool read_dev(const char *sysfs, const char *name, uint32_t *dev)
{
	char text[32];

	return read_line(sysfs, name, "dev", text, sizeof(text)) && parse_number(text, dev);
}

/* Names of one path component; a slash in a device's name is '!' in sysfs (cciss!c0d0). */
static bool is_name(const char *name)
{
	return *name && strlen(name) < FT_DISK_NAME && !strchr(name, '/') && strcmp(name, ".") &&
	       strcmp(name, "..");
}

/*
 * No queue of requests: blk-mq shows its hardware queues; the queues before it (up to 4.20) have an
 * I/O scheduler.
 */
static bool is_bio_only(const char *sysfs, const char *name)
{
	char scheduler[64];

	if (has(sysfs, name, "mq"))
		return false;
	return !read_line(sysfs, name, "queue/scheduler", scheduler, sizeof(scheduler)) ||
	       !strcmp(scheduler, "none");
}

/*
 * The names at the end of a link of sysfs, ".../block/sda/sda1": the device and what it is in.
 * false: no such link.
 */
static bool read_link(const char *path, char name[FT_DISK_NAME], char parent[FT_DISK_NAME])
{
	char target[PATH_MAX], *slash;
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n <= 0)
		return false;
	target[n] = 0;
	slash = strrchr(target, '/');
	if (!is_name(slash ? slash + 1 : target))
		return false;
	strcpy(name, slash ? slash + 1 : target);
	*parent = 0;
	if (!slash)
		return true;
	*slash = 0;
	slash = strrchr(target, '/');
	if (slash && is_name(slash + 1))
		strcpy(parent, slash + 1);
	return true;
}

/* All about a device of this name; false: there is none. */
static bool fill(struct ft_disk *out, const char *sysfs, const char *wanted)
{
	char path[PATH_MAX], name[FT_DISK_NAME], parent[FT_DISK_NAME];

	snprintf(path, sizeof(path), "%s/class/block/%s", sysfs, wanted);
	if (!is_name(wanted) || !read_link(path, name, parent))
		return false;
	*out = (struct ft_disk){ .partition = has(sysfs, wanted, "partition") };
	strcpy(out->name, out->partition ? parent : wanted);
	if (!is_name(out->name) || !read_dev(sysfs, out->name, &out->dev))
		return false;
	out->bio_only = is_bio_only(sysfs, out->name);
	return true;
}

static void fill_number(struct ft_disk *out, const char *sysfs, uint32_t dev)
{
	char path[PATH_MAX], name[FT_DISK_NAME], parent[FT_DISK_NAME];

	snprintf(path, sizeof(path), "%s/dev/block/%u:%u", sysfs, ft_disk_major(dev),
		 ft_disk_minor(dev));
	if (read_link(path, name, parent) && fill(out, sysfs, name))
		return;
	*out = (struct ft_disk){ .dev = dev };
	ft_disk_number(dev, out->name);
}

/* -- as people name it ------------------------------------------------------------------------- */

static int find_node(struct ft_disk *out, const char *sysfs, const char *path, char *why)
{
	struct stat st;

	if (stat(path, &st)) {
		snprintf(why, FT_DISK_WHY, "%s", strerror(errno));
		return -ENODEV;
	}
	if (!S_ISBLK(st.st_mode)) {
		snprintf(why, FT_DISK_WHY, "not a block device");
		return -EINVAL;
	}
	fill_number(out, sysfs, ft_disk_dev(major(st.st_rdev), minor(st.st_rdev)));
	return 0;
}

/*
 * What device-mapper calls a device: "home" of dm-0.  name: the device, 0 returned, or that of the
 * name which is nearest, "" if none is near, and -ENODEV.
 */
static int find_mapped(const char *sysfs, const char *text, char name[FT_DISK_NAME])
{
	char path[PATH_MAX], mapped[128];
	size_t distance = SIZE_MAX, before;
	const char *best = NULL;
	struct dirent *d;
	bool found = false;
	DIR *dir;

	*name = 0;
	snprintf(path, sizeof(path), "%s/class/block", sysfs);
	dir = opendir(path);
	while (dir && !found && (d = readdir(dir))) {
		before = distance;
		if (*d->d_name == '.' || !is_name(d->d_name))
			continue;
		found = read_line(sysfs, d->d_name, "dm/name", mapped, sizeof(mapped)) &&
			!strcmp(mapped, text);
		ft_nearest_step(text, d->d_name, &best, &distance);
		if (found || distance < before)
			strcpy(name, d->d_name);
	}
	if (dir)
		closedir(dir);
	return found ? 0 : -ENODEV;
}

static int find_name(struct ft_disk *out, const char *sysfs, const char *text, char *why)
{
	char name[FT_DISK_NAME];

	if (strlen(text) < sizeof(name)) {
		strcpy(name, text);
		for (char *p = name; *p; p++)
			if (*p == '/')
				*p = '!';
		if (fill(out, sysfs, name))
			return 0;
	}
	if (!find_mapped(sysfs, text, name) && fill(out, sysfs, name))
		return 0;
	if (!strcmp(name, text))
		snprintf(why, FT_DISK_WHY, "it has no device number");
	else if (*name)
		snprintf(why, FT_DISK_WHY, "no such block device (did you mean '%s'?)", name);
	else
		snprintf(why, FT_DISK_WHY, "no such block device");
	return -ENODEV;
}

int ft_disk_find(struct ft_disk *out, const char *sysfs, const char *text, char *why)
{
	uint32_t dev;

	if (!sysfs)
		sysfs = SYSFS;
	if (*text == '/')
		return find_node(out, sysfs, text, why);
	if (parse_number(text, &dev)) {
		fill_number(out, sysfs, dev);
		return 0;
	}
	if (!*text || isdigit((unsigned char)*text) || strpbrk(text, ",:")) {
		snprintf(why, FT_DISK_WHY, "not a device's name or MAJOR,MINOR");
		return -EINVAL;
	}
	return find_name(out, sysfs, text, why);
}

int ft_disk_each(const char *sysfs, int (*fn)(void *arg, const struct ft_disk *disk), void *arg)
{
	char path[PATH_MAX];
	struct ft_disk disk;
	struct dirent *d;
	int err = 0;
	DIR *dir;

	if (!sysfs)
		sysfs = SYSFS;
	snprintf(path, sizeof(path), "%s/class/block", sysfs);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!err && (d = readdir(dir)))
		if (*d->d_name != '.' && fill(&disk, sysfs, d->d_name) && !disk.partition)
			err = fn(arg, &disk);
	closedir(dir);
	return err;
}

/* -- names by number --------------------------------------------------------------------------- */

struct name {
	bool	 known;
	uint32_t dev;
	char	 text[FT_DISK_NAME];
};

struct ft_disks {
	char	   *sysfs;
	size_t	    last;
	struct name names[SLOTS];
};

int ft_disks_new(struct ft_disks **out, const char *sysfs)
{
	struct ft_disks *d = calloc(1, sizeof(*d));

	*out = d;
	if (!d)
		return -ENOMEM;
	d->sysfs = strdup(sysfs ? sysfs : SYSFS);
	if (!d->sysfs) {
		ft_disks_free(d);
		*out = NULL;
		return -ENOMEM;
	}
	return 0;
}

void ft_disks_free(struct ft_disks *d)
{
	if (!d)
		return;
	free(d->sysfs);
	free(d);
}

const char *ft_disks_name(struct ft_disks *d, uint32_t dev)
{
	const size_t first = (dev * 2654435761u) >> 22;
	struct name *n = &d->names[d->last];
	char path[PATH_MAX], parent[FT_DISK_NAME];

	if (n->known && n->dev == dev)
		return n->text;
	for (size_t i = 0; i < WAYS; i++) {
		d->last = (first + i) % SLOTS;
		n = &d->names[d->last];
		if (n->known && n->dev == dev)
			return n->text;
		if (!n->known)
			break;
	}
	snprintf(path, sizeof(path), "%s/dev/block/%u:%u", d->sysfs, ft_disk_major(dev),
		 ft_disk_minor(dev));
	if (!read_link(path, n->text, parent))
		ft_disk_number(dev, n->text);
	n->known = true;
	n->dev = dev;
	return n->text;
}
