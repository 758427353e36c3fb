/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf-internal.h"
#include "ftrace/task.h"
#include "ftrace/usym.h"
#include "internal.h"
#include "maps.h"

/* When one of these is reached all is forgotten, and read again as it is asked for. */
#define PROCESSES_MAX 512
#define FILES_MAX     4096
#define BYTES_MAX     (256u << 20)

/* Executable ones; code made at run time can be in very many. */
#define MAPS_MAX      1024

/*
 * Wild addresses, which stacks of code without frame pointers are full of, must not make us read maps
 * again and again: after RETRY_NS, and each time that did not help twice as long, up to LOOK_NS.  So
 * often is also looked whether a process has run another program.
 */
#define RETRY_NS      1000000ull
#define LOOK_NS	      1000000000ull

struct file {
	dev_t		 dev;
	ino_t		 ino;
	struct timespec	 mtime;
	struct ft_elf	*elf;	/* NULL: cannot be read */
};

struct map {
	uint64_t start, end, offset;
	char	*path;
	bool	 deleted, opened;
	int	 file;		/* -1: none */
};

struct process {
	int	    pid;	/* 0: free */
	uint64_t    looked_ns, retry_ns;
	dev_t	    exe_dev;
	ino_t	    exe_ino;
	char	    root[FTI_ROOT_SIZE];
	struct map *map;
	size_t	    count, room;
};

struct ft_usyms {
	bool	       foreign;	/* /proc shows other PIDs than the ring buffer */
	struct process process[PROCESSES_MAX];
	struct file   *file;
	size_t	       files, room;
	size_t	       bytes;
};

int ft_usyms_open(struct ft_usyms **out)
{
	struct ft_usyms *u = calloc(1, sizeof(*u));

	*out = u;
	if (!u)
		return -ENOMEM;
	u->foreign = !ft_task_initial_namespace();
	return 0;
}

/* -- forgetting ----------------------------------------------------------------------------- */

static void clear_process(struct process *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->map[i].path);
	free(p->map);
	*p = (struct process){ .pid = 0 };
}

static void clear(struct ft_usyms *u)
{
	for (size_t i = 0; i < PROCESSES_MAX; i++)
		clear_process(&u->process[i]);
	for (size_t i = 0; i < u->files; i++)
		ft_elf_close(u->file[i].elf);
	free(u->file);
	u->file = NULL;
	u->files = u->room = u->bytes = 0;
}

void ft_usyms_close(struct ft_usyms *u)
{
	if (!u)
		return;
	clear(u);
	free(u);
}

/* -- processes ------------------------------------------------------------------------------ */

static int add_map(void *arg, const struct fti_map *m)
{
	struct process *p = arg;
	char *path;

	if (p->count == MAPS_MAX)
		return 1;
	if (p->count == p->room) {
		size_t room = p->room + p->room / 2 + 16;
		struct map *more = realloc(p->map, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->map = more;
		p->room = room;
	}
	path = strdup(m->path);
	if (!path)
		return -ENOMEM;
	p->map[p->count++] = (struct map){ .start = m->start, .end = m->end, .offset = m->offset,
					   .path = path, .deleted = m->deleted, .file = -1 };
	return 0;
}

/* What a process runs now; false: it has ended. */
static bool look_at_exe(int pid, struct stat *st)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return !stat(path, st);
}

/* With what was known before where the process has ended: events of its last moments are still to
 * come. */
static void read_maps(struct process *p)
{
	struct process now = { .pid = p->pid };
	struct stat st;

	p->looked_ns = fti_now_ns();
	if (!look_at_exe(p->pid, &st))
		return;
	now.exe_dev = st.st_dev;
	now.exe_ino = st.st_ino;
	now.looked_ns = p->looked_ns;
	now.retry_ns = p->retry_ns;
	fti_maps_root(p->pid, now.root);
	fti_maps_each(p->pid, add_map, &now);
	if (!now.count && p->count && now.exe_dev == p->exe_dev && now.exe_ino == p->exe_ino) {
		/* on its way out */
		clear_process(&now);
		return;
	}
	clear_process(p);
	*p = now;
}

static struct process *find_process(struct ft_usyms *u, int pid)
{
	const size_t start = (uint32_t)pid * 2654435761u % PROCESSES_MAX;
	struct process *p = NULL;

	for (size_t i = 0; i < PROCESSES_MAX; i++) {
		p = &u->process[(start + i) % PROCESSES_MAX];
		if (p->pid == pid)
			return p;
		if (!p->pid)
			break;
	}
	if (p->pid) {
		clear(u);
		p = &u->process[start];
	}
	p->pid = pid;
	p->retry_ns = RETRY_NS;
	read_maps(p);
	return p;
}

static struct map *find_map(const struct process *p, uint64_t addr)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->map[mid].end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < p->count && p->map[low].start <= addr ? &p->map[low] : NULL;
}

/* A program run since (or another process of that number) has nothing to do with what we know. */
static bool is_current(const struct process *p)
{
	struct stat st;

	return !look_at_exe(p->pid, &st) || (st.st_dev == p->exe_dev && st.st_ino == p->exe_ino);
}

static struct map *cover(struct process *p, uint64_t addr)
{
	struct map *m = find_map(p, addr);
	uint64_t now = fti_now_ns();

	if (now - p->looked_ns < (m ? LOOK_NS : p->retry_ns))
		return m;
	if (m && is_current(p)) {
		p->looked_ns = now;
		return m;
	}
	read_maps(p);
	m = find_map(p, addr);
	p->retry_ns = m ? RETRY_NS : p->retry_ns * 2 < LOOK_NS ? p->retry_ns * 2 : LOOK_NS;
	return m;
}

/* -- files ---------------------------------------------------------------------------------- */

static int add_file(struct ft_usyms *u, const struct file *f)
{
	if (u->files == u->room) {
		size_t room = u->room + 64;
		struct file *more = realloc(u->file, room * sizeof(*more));

		if (!more)
			return -1;
		u->file = more;
		u->room = room;
	}
	u->file[u->files] = *f;
	return u->files++;
}

/* The file behind a descriptor, read unless another mapping has had it read. */
static int open_file(struct ft_usyms *u, int fd)
{
	struct file f = { .elf = NULL };
	struct stat st;
	int i;

	if (fstat(fd, &st))
		return -1;
	f.dev = st.st_dev;
	f.ino = st.st_ino;
	f.mtime = st.st_mtim;
	for (size_t j = 0; j < u->files; j++) {
		if (u->file[j].dev == f.dev && u->file[j].ino == f.ino &&
		    !memcmp(&u->file[j].mtime, &f.mtime, sizeof(f.mtime)))
			return j;
	}
	if (fti_elf_open(&f.elf, fd))
		f.elf = NULL;
	i = add_file(u, &f);
	if (i < 0)
		ft_elf_close(f.elf);
	else if (f.elf)
		u->bytes += fti_elf_bytes(f.elf);
	return i;
}

static const struct ft_elf *elf_of(struct ft_usyms *u, const struct process *p, struct map *m)
{
	struct fti_map mapped = { .start = m->start, .end = m->end, .path = m->path,
				  .deleted = m->deleted };
	char path[PATH_MAX];
	int fd;

	if (!m->opened) {
		m->opened = true;
		fd = *m->path == '/' && fti_map_file(p->pid, p->root, &mapped, path) ?
		     fti_elf_open_file(path) : -1;
		if (fd >= 0) {
			m->file = open_file(u, fd);
			close(fd);
		}
	}
	return m->file < 0 ? NULL : u->file[m->file].elf;
}

/* -- questions ------------------------------------------------------------------------------ */

bool ft_usyms_lookup(struct ft_usyms *u, int pid, uint64_t addr, struct ft_usym *out)
{
	const struct ft_elf *elf;
	struct ft_elf_symbol symbol;
	struct process *p;
	const char *slash;
	struct map *m;

	if (u->foreign || pid <= 0)
		return false;
	if (u->bytes > BYTES_MAX || u->files >= FILES_MAX)
		clear(u);
	p = find_process(u, pid);
	m = cover(p, addr);
	if (!m || !*m->path)
		return false;
	slash = strrchr(m->path, '/');
	*out = (struct ft_usym){ .path = m->path, .file = slash ? slash + 1 : m->path,
				 .offset = addr - m->start + m->offset, .start = m->start };
	elf = elf_of(u, p, m);
	if (elf && ft_elf_lookup(elf, out->offset, &symbol))
		out->name = symbol.name;
	return true;
}

size_t ft_usyms_format(struct ft_usyms *u, int pid, uint64_t addr, char *buf, size_t size)
{
	struct ft_usym s;
	int n;

	if (!size)
		return 0;
	if (!u || !ft_usyms_lookup(u, pid, addr, &s))
		n = snprintf(buf, size, "0x%" PRIx64, addr);
	else if (s.name)
		n = snprintf(buf, size, "%s [%s]", s.name, s.file);
	else if (*s.path == '[')
		n = snprintf(buf, size, "%s", s.path);
	else
		n = snprintf(buf, size, "[%s+0x%" PRIx64 "]", s.file, s.offset);
	if (n < 0)
		n = 0;
	return (size_t)n < size ? (size_t)n : size - 1;
}
