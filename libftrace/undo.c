/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* The kernel refuses with EBUSY as long as a reader of the buffer is open; a killed tool's files are
 * closed one after the other, perhaps after the guard has woken. */
#define BUSY_TRIES   200
#define BUSY_WAIT_NS 10000000
#define CREATE_TRIES 10

struct fti_undo {
	int	dirfd;		/* tracing directory; the caller's */
	int	fd;		/* journal */
	int	journal_dir;	/* -1: the journal is anonymous */
	char	name[64];	/* in journal_dir */
	bool	keep;
	char  **paths;		/* recorded so far */
	size_t	count;
};

uint64_t fti_hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325;	/* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	return h;
}

/* -- putting back ------------------------------------------------------------------------------ */

static bool has_line(const char *text, const char *line, size_t len)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (strcspn(text, "\n") == len && !memcmp(text, line, len))
			return true;
	return false;
}

/* A trigger is removed by writing it with "!" before it; those that were there stay untouched. */
static int put_trigger(int dirfd, const struct fti_was *w)
{
	char *now, *line, *next, *remove;
	int err = fti_file_read(dirfd, w->path, &now, NULL);

	if (err)
		return err;
	fti_rule_normalize(w->path, now);
	for (line = now; *line; line = next) {
		size_t len = strcspn(line, "\n");

		next = line + len + (line[len] == '\n');
		if (has_line(w->value, line, len))
			continue;
		if (asprintf(&remove, "!%.*s", (int)len, line) < 0)
			err = -ENOMEM;
		else {
			int e = fti_file_write(dirfd, w->path, remove, FTI_APPEND);

			if (!err)
				err = e;
			free(remove);
		}
	}
	free(now);
	return err;
}

static int put_probe(int dirfd, const struct fti_was *w)
{
	char path[256], line[256];
	int err;

	snprintf(path, sizeof(path), "events/%s/enable", w->value);
	err = fti_file_write(dirfd, path, "0", FTI_TRUNCATE);
	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	snprintf(line, sizeof(line), "-:%s", w->value);
	return fti_file_write(dirfd, w->path, line, FTI_APPEND);
}

/* The list of events has no other way; "-:" of dynamic_events is as new as 5.0. */
static int put_synthetic(int dirfd, const struct fti_was *w)
{
	char line[256];
	int err;

	snprintf(line, sizeof(line), "!%s", w->value);
	err = fti_file_write(dirfd, w->path, line, FTI_APPEND);
	return err == -ENOENT ? 0 : err;
}

/* What was accepted may still not be what is there: read it back. */
static int put_value(int dirfd, const struct fti_was *w)
{
	int err = fti_file_write(dirfd, w->path, w->value, FTI_TRUNCATE);
	char *now;

	if (err)
		return err;
	err = fti_file_read(dirfd, w->path, &now, NULL);
	if (err)
		return err;
	if (fti_rule_normalize(w->path, now) || !fti_rule_same(w->path, w->value, now))
		err = -EIO;
	free(now);
	return err;
}

static int put_once(int dirfd, const struct fti_was *w)
{
	switch (w->kind) {
	case FTI_VALUE:
		return put_value(dirfd, w);
	case FTI_LIST:
		return fti_file_write_list(dirfd, w->path, w->value, FTI_TRUNCATE);
	case FTI_TRIGGER:
		return put_trigger(dirfd, w);
	case FTI_PROBE:
		return put_probe(dirfd, w);
	case FTI_SYNTHETIC:
		return put_synthetic(dirfd, w);
	case FTI_INSTANCE:
		return unlinkat(dirfd, w->path, AT_REMOVEDIR) ? -errno : 0;
	case FTI_KINDS:
		break;
	}
	return -EINVAL;
}

static bool in_instance(const struct fti_was *w)
{
	return !strncmp(w->path, "instances/", strlen("instances/"));
}

int fti_undo_one(int dirfd, const struct fti_was *w, struct fti_patience *patience)
{
	int err = put_once(dirfd, w);

	while (err == -EBUSY && patience->spent[w->kind]++ < BUSY_TRIES) {
		fti_sleep_ns(BUSY_WAIT_NS);
		err = put_once(dirfd, w);
	}
	/* An instance that is gone was removed by an undo before, after what was put back in it. */
	return err == -ENOENT && in_instance(w) ? 0 : err;
}

/* What is put back through an instance; then that: what is enabled in it cannot be removed before;
 * then the rest.  Each newest first. */
void fti_undo_each(const struct fti_journal *j, void (*fn)(void *arg, const struct fti_was *w),
		   void *arg)
{
	for (int turn = 0; turn < 3; turn++) {
		for (size_t i = j->count; i-- > 0;) {
			const struct fti_was *w = &j->was[i];

			if (turn == (w->kind == FTI_INSTANCE ? 1 : in_instance(w) ? 0 : 2))
				fn(arg, w);
		}
	}
}

int fti_undo_hash(int dirfd, const char *path, enum fti_kind kind, uint64_t *hash)
{
	char *value;
	int err;

	if (kind != FTI_VALUE && kind != FTI_LIST && kind != FTI_TRIGGER)
		return -ENOTSUP;
	err = fti_file_read(dirfd, path, &value, NULL);
	if (err)
		return err;
	err = fti_rule_normalize(path, value);
	if (!err)
		*hash = fti_hash(value);
	free(value);
	return err;
}

/* -- recording --------------------------------------------------------------------------------- */

/* Half a line would spoil the next one. */
static int write_line(struct fti_undo *u, const char *line)
{
	off_t end = lseek(u->fd, 0, SEEK_END);
	size_t len = strlen(line);
	ssize_t n = end < 0 ? -1 : write(u->fd, line, len);

	if (n < 0)
		return -errno;
	if ((size_t)n == len)
		return 0;
	return ftruncate(u->fd, end) ? -errno : -ENOSPC;
}

/* Append s to the stream, what would break a line or a word as %XX. */
static void put_escaped(FILE *f, const char *s)
{
	for (; *s; s++) {
		unsigned char c = *s;

		if (c <= ' ' || c == '%' || c >= 0x7f)
			fprintf(f, "%%%02x", c);
		else
			fputc(c, f);
	}
}

static int record(struct fti_undo *u, enum fti_kind kind, const char *path, const char *value)
{
	char *line = NULL, **more, *copy;
	size_t len;
	FILE *f;
	int err;

	if (!fti_was_ok(&(struct fti_was){ .kind = kind, .path = (char *)path,
					   .value = (char *)value }))
		return -EINVAL;
	f = open_memstream(&line, &len);
	if (!f)
		return -ENOMEM;
	fprintf(f, "was %d ", kind);
	put_escaped(f, path);
	fputs(" =", f);
	put_escaped(f, value);
	fputc('\n', f);
	if (fclose(f)) {
		free(line);
		return -ENOMEM;
	}
	more = realloc(u->paths, (u->count + 1) * sizeof(*more));
	copy = strdup(path);
	if (more)
		u->paths = more;
	if (!more || !copy) {
		free(copy);
		free(line);
		return -ENOMEM;
	}
	err = write_line(u, line);
	free(line);
	if (err)
		free(copy);
	else
		u->paths[u->count++] = copy;
	return err;
}

static bool recorded(const struct fti_undo *u, const char *path)
{
	for (size_t i = 0; i < u->count; i++)
		if (!strcmp(u->paths[i], path))
			return true;
	return false;
}

int fti_undo_file(struct fti_undo *u, const char *path)
{
	int kind = fti_rule_kind(path), err;
	char *value;

	if (recorded(u, path))
		return 0;
	/* Probes, events and instances are recorded one by one. */
	if (kind < 0 || kind == FTI_PROBE || kind == FTI_SYNTHETIC || kind == FTI_INSTANCE)
		return -ENOTSUP;
	err = fti_file_read(u->dirfd, path, &value, NULL);
	if (err)
		return err;
	err = fti_rule_normalize(path, value);
	if (!err)
		err = record(u, kind, path, value);
	free(value);
	return err;
}

int fti_undo_instance(struct fti_undo *u, const char *name)
{
	char path[256];

	if (snprintf(path, sizeof(path), "instances/%s", name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return record(u, FTI_INSTANCE, path, "");
}

int fti_undo_probe(struct fti_undo *u, const char *file, const char *group, const char *event)
{
	char value[256];

	if (snprintf(value, sizeof(value), "%s/%s", group, event) >= (int)sizeof(value))
		return -ENAMETOOLONG;
	return record(u, FTI_PROBE, file, value);
}

int fti_undo_synthetic(struct fti_undo *u, const char *file, const char *event)
{
	return record(u, FTI_SYNTHETIC, file, event);
}

void fti_undo_changed(struct fti_undo *u, const char *path)
{
	char *line = NULL;
	uint64_t hash;
	size_t len;
	FILE *f;

	if (fti_undo_hash(u->dirfd, path, fti_rule_kind(path), &hash))
		return;
	f = open_memstream(&line, &len);
	if (!f)
		return;
	fputs("now ", f);
	put_escaped(f, path);
	fprintf(f, " %016llx\n", (unsigned long long)hash);
	if (!fclose(f))
		write_line(u, line);
	free(line);
}

/* -- the journal's life ------------------------------------------------------------------------ */

int fti_journal_dir(bool make)
{
	struct stat st;
	int fd;

	if (make && mkdir(FTI_JOURNAL_DIR, 0700) && errno != EEXIST)
		return -errno;
	fd = open(FTI_JOURNAL_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || st.st_uid != geteuid() || (st.st_mode & 077)) {
		close(fd);
		return -EPERM;
	}
	return fd;
}

/* The kernel's id of this boot: a journal of another boot tells of nothing that is still there. */
void fti_boot_id(char *buf, size_t size)
{
	char *id;

	snprintf(buf, size, "unknown");
	if (fti_file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &id, NULL))
		return;
	fti_trim(id);
	if (*id && strlen(id) < size)
		strcpy(buf, id);
	free(id);
}

/* Before memfd_create() (3.17). */
static int open_unnamed(struct fti_undo *u)
{
	FILE *f = tmpfile();

	if (!f)
		return -errno;
	u->fd = fcntl(fileno(f), F_DUPFD_CLOEXEC, 3);
	fclose(f);
	return u->fd < 0 ? -errno : 0;
}

/* By time, so that the names sort so.  A repair may find the file before it is locked, take it for
 * a dead one and remove it: then there is no name left, and another is made. */
static int create_journal(struct fti_undo *u)
{
	struct stat st;

	for (int i = 0; i < CREATE_TRIES; i++) {
		snprintf(u->name, sizeof(u->name), "%016llx-%d.journal",
			 (unsigned long long)fti_now_ns(), getpid());
		u->fd = openat(u->journal_dir, u->name,
			       O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (u->fd < 0)
			return -errno;
		if (!flock(u->fd, LOCK_EX) && !fstat(u->fd, &st) && st.st_nlink == 1)
			return 0;
		close(u->fd);
		u->fd = -1;
	}
	return -EAGAIN;
}

static int open_journal(struct fti_undo *u)
{
	u->journal_dir = fti_journal_dir(true);
	if (u->journal_dir >= 0) {
		if (!create_journal(u))
			return 0;
		close(u->journal_dir);
	}
	u->journal_dir = -1;
	u->fd = memfd_create("ftrace-tools-journal", MFD_CLOEXEC);
	return u->fd < 0 ? open_unnamed(u) : 0;
}

int fti_undo_open(struct fti_undo **out, int dirfd, const char *tracefs, const char *tool,
		  bool *persistent)
{
	struct fti_undo *u = calloc(1, sizeof(*u));
	char *line = NULL, boot[40];
	size_t len;
	FILE *f;
	int err;

	if (!u)
		return -ENOMEM;
	if (!fti_tool_ok(tool)) {
		free(u);
		return -EINVAL;
	}
	u->dirfd = dirfd;
	u->fd = -1;
	u->journal_dir = -1;
	err = open_journal(u);
	if (err)
		goto fail;
	fti_boot_id(boot, sizeof(boot));
	f = open_memstream(&line, &len);
	if (!f) {
		err = -ENOMEM;
		goto fail;
	}
	fprintf(f, "ftrace-tools-journal 1\nowner %s %d %s\ntracefs ", tool, getpid(), boot);
	put_escaped(f, tracefs);
	fputc('\n', f);
	err = fclose(f) ? -ENOMEM : write_line(u, line);
	free(line);
	if (err)
		goto fail;
	*persistent = u->journal_dir >= 0;
	*out = u;
	return 0;
fail:
	fti_undo_close(u);
	return err;
}

struct run {
	int dirfd, failed;
	struct fti_patience patience;
	fti_undo_report *report;
	void *arg;
};

static void run_one(void *arg, const struct fti_was *w)
{
	struct run *r = arg;
	int err = fti_undo_one(r->dirfd, w, &r->patience);

	r->report(r->arg, err, w->path, w->value);
	r->failed += err != 0;
}

int fti_undo_run(struct fti_undo *u, fti_undo_report *report, void *arg)
{
	struct run r = { .dirfd = u->dirfd, .report = report, .arg = arg };
	off_t size = lseek(u->fd, 0, SEEK_END);
	char *text = size > 0 ? malloc(size) : NULL;
	struct fti_journal j;

	if (!text || pread(u->fd, text, size, 0) != size || fti_journal_parse(&j, text, size)) {
		free(text);
		report(arg, -EBADMSG, "journal", u->name);
		return 1;
	}
	fti_undo_each(&j, run_one, &r);
	fti_journal_free(&j);
	free(text);
	return r.failed;
}

void fti_undo_keep(struct fti_undo *u)
{
	u->keep = true;
}

void fti_undo_close(struct fti_undo *u)
{
	if (!u)
		return;
	if (u->journal_dir >= 0) {
		if (u->fd >= 0 && !u->keep)
			unlinkat(u->journal_dir, u->name, 0);
		close(u->journal_dir);
	}
	if (u->fd >= 0)
		close(u->fd);
	for (size_t i = 0; i < u->count; i++)
		free(u->paths[i]);
	free(u->paths);
	free(u);
}

int fti_undo_fd(const struct fti_undo *u)
{
	return u->fd;
}

int fti_undo_dir(const struct fti_undo *u)
{
	return u->journal_dir;
}
