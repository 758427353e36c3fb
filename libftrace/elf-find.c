/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf-internal.h"
#include "internal.h"
#include "maps.h"

#define CACHE	     "/etc/ld.so.cache"
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* How well a file fits, best last. */
enum fit {
	FIT_NOT,	/* no ELF file */
	FIT_FOREIGN,	/* for other programs than this machine's usual ones: 32-bit libraries */
	FIT_HWCAP,	/* only for some CPUs, which the dynamic linker would have to tell */
	FIT_BEST,
};

struct search {
	const char *name;
	int	    pid;
	char	    root[FTI_ROOT_SIZE];
	char	    path[PATH_MAX];	/* the best so far */
	enum fit    fit;
};

/* Class and machine: both are at the same place in 32- and 64-bit files. */
static bool read_kind(const char *path, unsigned char kind[3])
{
	unsigned char head[offsetof(Elf64_Ehdr, e_machine) + 2];
	int fd = fti_elf_open_file(path);
	ssize_t n;

	if (fd < 0)
		return false;
	n = pread(fd, head, sizeof(head), 0);
	close(fd);
	if (n != sizeof(head) || memcmp(head, ELFMAG, SELFMAG) != 0)
		return false;
	kind[0] = head[EI_CLASS];
	memcpy(kind + 1, head + offsetof(Elf64_Ehdr, e_machine), 2);
	return true;
}

static void consider(struct search *s, const char *path, bool hwcap)
{
	unsigned char own[3], kind[3];
	enum fit fit = hwcap ? FIT_HWCAP : FIT_BEST;

	if (strlen(path) >= sizeof(s->path) || !read_kind(path, kind))
		return;
	if (read_kind("/proc/self/exe", own) && memcmp(own, kind, sizeof(own)) != 0)
		fit = FIT_FOREIGN;
	if (fit > s->fit) {
		s->fit = fit;
		strcpy(s->path, path);
	}
}

/* -- a process ------------------------------------------------------------------------------ */

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Do root, the first dir_len bytes of dir and name lead to the file? */
static bool leads_to(const char *root, const char *dir, int dir_len, const char *name,
		     const char *file)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s%.*s%s", root, dir_len, dir, name);

	return n < (int)sizeof(path) && same_file(path, file);
}

static bool is_meant(const struct search *s, const struct fti_map *map, const char *file)
{
	const char *base = strrchr(map->path, '/') + 1;

	if (!strcmp(s->name, map->path) || !strcmp(s->name, base))
		return true;
	if (!strchr(s->name, '/') && fti_library_match(s->name, base))
		return true;
	if (map->deleted)
		return false;
	if (strchr(s->name, '/'))
		return same_file(s->name, file) || leads_to(s->root, "", 0, s->name, file);
	/* The link that is known as "libc.so.6" stands beside libc-2.17.so. */
	return strstr(s->name, ".so") &&
	       leads_to(s->root, map->path, base - map->path, s->name, file);
}

static int on_map(void *arg, const struct fti_map *map)
{
	struct search *s = arg;

	if (*map->path != '/' || !fti_map_file(s->pid, s->root, map, s->path) ||
	    !is_meant(s, map, s->path))
		return 0;
	return !access(s->path, F_OK);
}

/* -- programs and libraries ----------------------------------------------------------------- */

static bool find_program(struct search *s)
{
	const char *dirs = getenv("PATH");
	char path[PATH_MAX];
	struct stat st;

	for (const char *p = dirs ? dirs : DEFAULT_PATH, *end; *p; p = end + (*end == ':')) {
		int n;

		end = strchrnul(p, ':');
		n = snprintf(path, sizeof(path), "%.*s/%s", (int)(end - p), p, s->name);
		/* Nobody is to choose what root traces by where root stands. */
		if (*p != '/' || n >= (int)sizeof(path) || stat(path, &st) ||
		    !S_ISREG(st.st_mode) || access(path, X_OK))
			continue;
		strcpy(s->path, path);
		return true;
	}
	return false;
}

static int on_cached(void *arg, const char *name, const char *path, bool hwcap)
{
	struct search *s = arg;

	if (fti_library_match(s->name, name))
		consider(s, path, hwcap);
	return s->fit == FIT_BEST;
}

static void search_cache(struct search *s)
{
	char *data;
	size_t len;

	if (fti_file_read(AT_FDCWD, CACHE, &data, &len))
		return;
	fti_ldcache_each(data, len, on_cached, s);
	free(data);
}

/* Of several versions in a directory the newest, as ld.so.cache has it; "libc.so" can be a text for the
 * linker. */
static void search_dir(struct search *s, const char *dir)
{
	char path[PATH_MAX], newest[NAME_MAX + 1] = "";
	unsigned char kind[3];
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (fti_library_match(s->name, e->d_name) &&
		    (!*newest || strverscmp(e->d_name, newest) > 0) && read_kind(path, kind))
			strcpy(newest, e->d_name);
	}
	if (d)
		closedir(d);
	snprintf(path, sizeof(path), "%s/%s", dir, newest);
	if (*newest)
		consider(s, path, false);
}

/* "/lib" has directories of its own for each kind of program on Debian: "/lib/x86_64-linux-gnu". */
static void search_below(struct search *s, const char *top)
{
	char path[PATH_MAX];
	DIR *d = opendir(top);
	struct dirent *e;

	while (d && s->fit != FIT_BEST && (e = readdir(d))) {
		if (!strstr(e->d_name, "-linux-"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", top, e->d_name);
		search_dir(s, path);
	}
	if (d)
		closedir(d);
}

static void find_library(struct search *s)
{
	static const char *const dirs[] = { "/lib64", "/usr/lib64", "/lib", "/usr/lib" };

	search_cache(s);
	for (size_t i = 0; s->fit != FIT_BEST && i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		search_below(s, dirs[i]);
		if (s->fit != FIT_BEST)
			search_dir(s, dirs[i]);
	}
}

static int find_name(struct search *s)
{
	char script[PATH_MAX] = "";
	unsigned char kind[3];

	if (find_program(s)) {
		if (read_kind(s->path, kind))
			return 0;
		/* A script of that name cannot be traced, a library can. */
		strcpy(script, s->path);
	}
	find_library(s);
	if (s->fit == FIT_NOT)
		strcpy(s->path, script);
	return *s->path ? 0 : -ENOENT;
}

/* Without links, but those that lead where no path does: /proc/PID/root, /proc/PID/exe. */
static int absolute(const char *name, char **path)
{
	char *real = realpath(name, NULL);

	*path = real && same_file(real, name) ? real : NULL;
	if (*path)
		return 0;
	free(real);
	if (access(name, F_OK))
		return -errno;
	if (*name != '/')
		return -ENOENT;
	*path = strdup(name);
	return *path ? 0 : -ENOMEM;
}

int ft_elf_find(const char *name, int pid, char **path)
{
	struct search s = { .name = name, .pid = pid };
	int ret;

	*path = NULL;
	if (pid) {
		fti_maps_root(pid, s.root);
		ret = fti_maps_each(pid, on_map, &s);
		if (ret > 0) {
			*path = strdup(s.path);
			return *path ? 0 : -ENOMEM;
		}
		if (ret < 0)
			return ret;
		*s.path = 0;
	}
	if (!strchr(name, '/')) {
		/* Our own libraries are not those of a process that lives among others. */
		ret = *s.root ? -ENOENT : find_name(&s);
		if (ret)
			return ret;
		name = s.path;
	}
	return absolute(name, path);
}
