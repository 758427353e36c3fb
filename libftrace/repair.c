/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dead journals: what tools left when they and their guards were killed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

#define JOURNAL_MAX ((off_t)64 << 20)

/*
 * Open a journal nobody holds any more.  Only a plain file of ours, with one name and no rights for
 * others, is looked into.  -EBUSY: its tool or guard lives, or has just ended.
 */
static int open_dead(int dir, const char *name, char **text, size_t *len)
{
	struct stat st;
	int fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), err = 0;

	if (fd < 0)
		return -errno;
	/* Its tool may be just ending: what it holds, or has removed, is not dead. */
	if (flock(fd, LOCK_EX | LOCK_NB) || fstat(fd, &st) || !st.st_nlink)
		err = -EBUSY;
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) ||
		 st.st_nlink != 1 || st.st_size > JOURNAL_MAX)
		err = -EPERM;
	*text = err ? NULL : malloc(st.st_size + 1);
	if (!err && !*text)
		err = -ENOMEM;
	if (!err && pread(fd, *text, st.st_size, 0) != st.st_size)
		err = -EIO;
	if (err) {
		close(fd);
		free(*text);
		return err;
	}
	*len = st.st_size;
	return fd;
}

/*
 * Put one record back if the kernel still shows what the dead tool made of it.  1: it was already
 * back, or somebody has changed it since.
 */
static int repair_one(int dirfd, const struct fti_was *w, struct fti_patience *patience)
{
	uint64_t hash;

	if (w->has_now && !fti_undo_hash(dirfd, w->path, w->kind, &hash) && hash != w->now)
		return hash == fti_hash(w->value) ? 0 : 1;
	return fti_undo_one(dirfd, w, patience);
}

/* Is the tracing directory the journal names the one we have?  It may be mounted in two places. */
static bool same_directory(int dirfd, const char *path)
{
	struct stat a, b;

	return !fstat(dirfd, &a) && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int journals_only(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return d->d_name[0] != '.' && len > 8 && !strcmp(d->d_name + len - 8, ".journal");
}

struct repair {
	int dirfd;		/* tracing directory */
	int journals;		/* their directory */
	char boot[40];
	struct fti_patience patience;
	bool drop;		/* remove a journal even where putting back failed */
	void (*found)(void *arg, const struct fti_dead *dead);
	fti_undo_report *report;
	void *arg;
	struct fti_dead dead;	/* of the journal in work */
};

static void repair_record(void *arg, const struct fti_was *w)
{
	struct repair *r = arg;
	int err = repair_one(r->dirfd, w, &r->patience);

	if (err < 0)
		r->dead.failed++;
	else if (err)
		r->dead.left++;
	else
		r->dead.restored++;
	r->report(r->arg, err, w->path, w->value);
}

/* 1: a dead journal was worked off, 0: it does not concern us. */
static int repair_file(struct repair *r, const char *name)
{
	bool done = false, ours = false;
	struct fti_journal j;
	char *text = NULL;
	size_t len = 0;
	int fd;

	fd = open_dead(r->journals, name, &text, &len);
	if (fd < 0) {
		if (fd != -EBUSY)
			r->report(r->arg, fd, FTI_JOURNAL_DIR, name);
		return 0;
	}
	if (fti_journal_parse(&j, text, len)) {
		/* Killed before its header was whole: nothing had been changed. */
		done = r->drop || !memchr(text, '\n', len);
		if (!done)
			r->report(r->arg, -EBADMSG, FTI_JOURNAL_DIR, name);
	} else if (strcmp(j.boot, r->boot)) {
		done = true;
		fti_journal_free(&j);
	} else {
		ours = same_directory(r->dirfd, j.tracefs);
		if (ours) {
			r->dead = (struct fti_dead){ .pid = j.pid };
			strcpy(r->dead.tool, j.tool);
			fti_undo_each(&j, repair_record, r);
			r->found(r->arg, &r->dead);
			done = !r->dead.failed || r->drop;
		}
		fti_journal_free(&j);
	}
	if (done)
		unlinkat(r->journals, name, 0);
	free(text);
	close(fd);
	return ours;
}

int fti_undo_repair(int dirfd, bool drop, void (*found)(void *arg, const struct fti_dead *dead),
		    fti_undo_report *report, void *arg)
{
	struct repair r = { .dirfd = dirfd, .drop = drop, .found = found, .report = report, .arg = arg };
	struct dirent **list;
	int count = 0, n;

	r.journals = fti_journal_dir(false);
	if (r.journals < 0)
		return r.journals == -ENOENT ? 0 : r.journals;
	fti_boot_id(r.boot, sizeof(r.boot));
	n = scandirat(r.journals, ".", &list, journals_only, alphasort);
	if (n < 0) {
		count = -errno;
	} else {
		/* Newest first: what it found was the work of those before. */
		for (; n-- > 0; free(list[n]))
			count += repair_file(&r, list[n]->d_name);
		free(list);
	}
	close(r.journals);
	return count;
}
