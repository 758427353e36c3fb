/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "ftrace/kernel.h"
#include "ftrace/out.h"
#include "internal.h"
#include "lines.h"

#define MOUNT_TRACEFS "'mount -t tracefs nodev /sys/kernel/tracing'"
#define MOUNT_DEBUGFS "'mount -t debugfs nodev /sys/kernel/debug'"

/* -- settings of the kernel ----------------------------------------------------------------- */

/* The word of a blank-separated list that stands in brackets, or with `word` that word, in brackets
 * or not; NULL: none. */
static const char *list_find(const char *text, const char *word, size_t *len)
{
	for (const char *p = text; *p; p += *len) {
		bool chosen;

		p += strspn(p, " \t\n");
		chosen = *p == '[';
		p += chosen;
		*len = strcspn(p, " \t\n]");
		if (word ? *len == strlen(word) && !strncmp(p, word, *len) : chosen)
			return p;
		if (p[*len] == ']')
			p++;
	}
	return NULL;
}

const char *ft_kernel_lockdown(void)
{
	static const char *const levels[] = { "none", "integrity", "confidentiality" };
	const char *level = NULL, *word;
	size_t len;
	char *text;

	if (fti_file_read(AT_FDCWD, "/sys/kernel/security/lockdown", &text, NULL))
		return NULL;
	word = list_find(text, NULL, &len);
	for (size_t i = 0; word && i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (len == strlen(levels[i]) && !strncmp(word, levels[i], len))
			level = levels[i];
	}
	free(text);
	return level;
}

int ft_kernel_kptr_restrict(void)
{
	char *text;
	int err, v;

	err = fti_file_read(AT_FDCWD, "/proc/sys/kernel/kptr_restrict", &text, NULL);
	if (err)
		return err;
	v = isdigit((unsigned char)*text) ? atoi(text) : -EBADMSG;
	free(text);
	return v;
}

struct config_search {
	const char *name;
	size_t	    len;
	const char *value;
};

/* "CONFIG_X=v"; what is not set stands in a comment or nowhere. */
static int config_line(void *arg, const char *p, const char *end)
{
	struct config_search *c = arg;

	if ((size_t)(end - p) < 7 + c->len + 2 || strncmp(p, "CONFIG_", 7) != 0 ||
	    strncmp(p + 7, c->name, c->len) != 0 || p[7 + c->len] != '=')
		return 0;
	c->value = p[8 + c->len] == 'm' && end == p + 9 + c->len ? "m" :
		   p[8 + c->len] == 'n' && end == p + 9 + c->len ? "n" : "y";
	return 1;
}

const char *ft_kernel_config(const char *name)
{
	static const char *const paths[] = { "/boot/config-%s", "/lib/modules/%s/config" };
	struct config_search c = { .name = name, .len = strlen(name), .value = "n" };
	struct utsname u;
	char path[256];
	int fd, err;

	if (uname(&u))
		return NULL;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		snprintf(path, sizeof(path), paths[i], u.release);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		err = fti_each_line(fd, config_line, &c);
		close(fd);
		if (err >= 0)
			return c.value;
	}
	return NULL;
}

/* -- words of the tracing directory's lists ------------------------------------------------- */

static bool list_has(const char *dir, const char *file, const char *word)
{
	char path[512], *text;
	bool found;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (fti_file_read(AT_FDCWD, path, &text, NULL))
		return false;
	found = *word && list_find(text, word, &len);
	free(text);
	return found;
}

bool ft_kernel_has_tracer(const char *dir, const char *tracer)
{
	return list_has(dir, "available_tracers", tracer);
}

bool ft_kernel_has_clock(const char *dir, const char *clock)
{
	return list_has(dir, "trace_clock", clock);
}

bool ft_kernel_readme_has(const char *dir, const char *phrase)
{
	char path[512], *text;
	bool found;

	snprintf(path, sizeof(path), "%s/README", dir);
	if (fti_file_read(AT_FDCWD, path, &text, NULL))
		return false;
	found = strstr(text, phrase) != NULL;
	free(text);
	return found;
}

/* -- the tracing directory ------------------------------------------------------------------ */

__attribute__((format(printf, 3, 4)))
static int because(char *reason, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, FT_REASON_SIZE, fmt, ap);
	va_end(ap);
	return err;
}

static bool kernel_has_filesystem(const char *type)
{
	char *text, *p;
	bool found = false;
	size_t len = strlen(type);

	if (fti_file_read(AT_FDCWD, "/proc/filesystems", &text, NULL))
		return false;
	for (p = text; !found && (p = strstr(p, type)); p += len)
		found = p > text && p[-1] == '\t' && p[len] == '\n';
	free(text);
	return found;
}

static bool is_empty(int fd)
{
	struct dirent *d;
	bool empty = true;
	DIR *dir;
	int copy;

	copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (copy < 0)
		return false;
	dir = fdopendir(copy);
	if (!dir) {
		close(copy);
		return false;
	}
	while (empty && (d = readdir(dir)))
		empty = !strcmp(d->d_name, ".") || !strcmp(d->d_name, "..");
	closedir(dir);
	return empty;
}

/* Why a file of a tracing directory cannot be opened, or a directory of it is empty. */
static int refused(char *reason, int err, const char *path, bool debugfs)
{
	const char *level = ft_kernel_lockdown();

	if (err == -EACCES)
		return because(reason, err, "cannot use '%s': permission denied (root is needed)",
			       path);
	if (level && strcmp(level, "none") != 0)
		return because(reason, -EPERM, "cannot use '%s': the kernel is locked down (%s)%s",
			       path, level, debugfs && !strcmp(level, "integrity") &&
			       kernel_has_filesystem("tracefs") ?
			       ", which leaves tracefs: " MOUNT_TRACEFS : "");
	return because(reason, -EPERM, "cannot use '%s': the kernel refuses it (lockdown or a "
		       "security policy)", path);
}

static bool is_mount_point(int fd)
{
	struct stat dir, up;

	return fstat(fd, &dir) == 0 && fstatat(fd, "..", &up, 0) == 0 && dir.st_dev != up.st_dev;
}

static int check_content(int fd, const char *path, bool debugfs, char *reason)
{
	int file;

	/* Locked down with "confidentiality" while booting, tracefs has no file in it. */
	if (is_empty(fd) && is_mount_point(fd))
		return refused(reason, -EPERM, path, debugfs);
	file = openat(fd, "current_tracer", O_RDONLY | O_CLOEXEC);
	if (file < 0 && errno != ENOENT)
		return refused(reason, -errno, path, debugfs);
	if (file >= 0)
		close(file);
	if (file < 0 || !fti_file_exists(fd, "events"))
		return because(reason, -ENOTDIR, "'%s' is not a tracing directory%s", path,
			       fti_file_exists(fd, "tracing") ? " (its 'tracing' is)" : "");
	if (!fti_file_exists(fd, "instances"))
		return because(reason, -ENOTDIR, "'%s' is an instance, not the tracing directory",
			       path);
	return 0;
}

/* Only what the kernel itself made is trusted: a directory elsewhere is never written to. */
static int check_dir(const char *raw, char *reason)
{
	char path[256];
	struct statfs fs;
	int fd, err;
	bool debugfs;

	ft_out_escape(path, sizeof(path), raw, strlen(raw));
	fd = open(raw, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		if (err == -EACCES || err == -EPERM)
			return refused(reason, err, path, false);
		return because(reason, err == -ENOENT ? err : -ENOTDIR, "cannot use '%s': %s", path,
			       strerror(-err));
	}
	if (fstatfs(fd, &fs)) {
		err = because(reason, -errno, "cannot use '%s': %s", path, strerror(errno));
	} else if (fs.f_type == TRACEFS_MAGIC || fs.f_type == DEBUGFS_MAGIC) {
		debugfs = fs.f_type == DEBUGFS_MAGIC;
		err = check_content(fd, path, debugfs, reason);
	} else {
		err = because(reason, -ENOTDIR, "'%s' is not a tracing directory: %s", path,
			      is_empty(fd) ?
			      "it is empty, nothing is mounted there (" MOUNT_TRACEFS ")" :
			      "it is neither on tracefs nor on debugfs");
	}
	close(fd);
	return err;
}

/* Undo the kernel's \ooo for blanks and backslashes, in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0');
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = 0;
}

/* The tracing directory of a line of /proc/self/mounts, malloc()ed: of rank 0 tracefs in its usual
 * place, 1 elsewhere, 2 below debugfs; NULL: none of that rank. */
static char *mount_dir(const char *line, int rank)
{
	static const char usual[] = "/sys/kernel/tracing";
	char *dir = NULL, *path = NULL, *type = NULL;

	if (sscanf(line, "%*s %ms %ms", &path, &type) == 2) {
		unescape(path);
		if (rank == 2 && !strcmp(type, "debugfs") && asprintf(&dir, "%s/tracing", path) < 0)
			dir = NULL;
		if (rank < 2 && !strcmp(type, "tracefs") && !strcmp(path, usual) == (rank == 0))
			dir = strdup(path);
	}
	free(path);
	free(type);
	return dir;
}

/* The first that can be used, best rank first; else the first reason. */
static int search_mounts(char *mounts, char **dir, char *reason)
{
	char why[FT_REASON_SIZE];
	int found = -ENOENT, err;
	char *path, *line, *nl;

	for (int rank = 0; rank < 3; rank++) {
		for (line = mounts; *line; line = nl + (*nl != 0)) {
			nl = strchrnul(line, '\n');
			path = mount_dir(line, rank);
			if (!path)
				continue;
			err = check_dir(path, why);
			if (!err) {
				*dir = path;
				return 0;
			}
			/* debugfs has no 'tracing' where tracefs is alone or tracing not built. */
			if (!*reason && !(rank == 2 && err == -ENOENT)) {
				memcpy(reason, why, sizeof(why));
				found = err;
			}
			free(path);
		}
	}
	return found;
}

static int search(char **dir, char *reason)
{
	char *mounts;
	int err;

	err = fti_file_read(AT_FDCWD, "/proc/self/mounts", &mounts, NULL);
	if (err)
		return because(reason, err, "cannot read '/proc/self/mounts': %s", strerror(-err));
	err = search_mounts(mounts, dir, reason);
	free(mounts);
	if (!err || *reason)
		return err;
	if (kernel_has_filesystem("tracefs"))
		return because(reason, -ENOENT, "tracefs is not mounted: " MOUNT_TRACEFS);
	if (kernel_has_filesystem("debugfs"))
		return because(reason, -ENOENT, "debugfs is not mounted: " MOUNT_DEBUGFS);
	return because(reason, -ENOENT,
		       "this kernel has neither tracefs nor debugfs (CONFIG_FTRACE)");
}

int ft_kernel_find_tracefs(const char *wanted, char **dir, char *reason)
{
	char *path = NULL;
	int err;

	*dir = NULL;
	*reason = 0;
	err = wanted ? check_dir(wanted, reason) : search(&path, reason);
	if (err)
		return err;
	*dir = realpath(wanted ? wanted : path, NULL);
	free(path);
	return *dir ? 0 : because(reason, -errno, "cannot use the tracing directory: %s",
				  strerror(errno));
}
