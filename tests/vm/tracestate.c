// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tracestate [-q] DIR: print the whole writable state of a tracing directory.
 *
 * One sorted line "path: value" for each file that can be written and read back: top-level
 * files, options, events, instances and what is in them. Control characters are escaped. Two runs
 * are compared with diff to see that a tool has left nothing behind. Files whose reading changes,
 * blocks or empties something are never opened. -q leaves out the files of single events.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct {
	bool quick;
	char **lines;
	size_t n_lines;
	size_t room;
} o;

/*
 * Never read: reading frees, consumes, takes a snapshot or waits (free_buffer, snapshot, trace*),
 * or the value moves by itself (the rest).
 */
static const char * const skipped[] = {
	"free_buffer", "snapshot*", "trace", "trace_pipe*", "trace_marker*", "per_cpu", "trace_stat",
	"*_profile", "saved_cmdlines", "saved_tgids", "available_*", "enabled_functions",
	"touched_functions", "printk_formats", "error_log", "stats", "stack_trace",
	"stack_max_size", "README", "dyn_ftrace_total_info", "user_events_*",
	"buffer_total_size_kb", "timestamp_mode", "hist", "hist_debug", "inject", "format", "id",
	"header_*", "last_boot_info",
};

/* Writable whatever their mode says. */
static const char * const always[] = { "set_graph_function", "set_graph_notrace" };

static void die(const char *what)
{
	fprintf(stderr, "tracestate: cannot read '%s': %s\n", what, strerror(errno));
	exit(1);
}

static bool listed(const char *name, const char * const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fnmatch(list[i], name, 0) == 0)
			return true;
	}
	return false;
}

static void add_line(char *line)
{
	if (o.n_lines == o.room) {
		o.room = o.room ? 2 * o.room : 4096;
		o.lines = realloc(o.lines, o.room * sizeof(*o.lines));
		if (!o.lines)
			die("memory");
	}
	o.lines[o.n_lines++] = line;
}

/* Escape what would break the line; the newline at the end of a value is not part of it. */
static void add_value(const char *path, const char *value, size_t len)
{
	char *line = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&line, &size);

	if (!f)
		die(path);
	while (len && (value[len - 1] == '\n' || value[len - 1] == '\0'))
		len--;
	fprintf(f, "%s: ", path);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = value[i];

		if (c == '\n')
			fputs("\\n", f);
		else if (c == '\\')
			fputs("\\\\", f);
		else if (isprint(c))
			fputc(c, f);
		else
			fprintf(f, "\\x%02x", c);
	}
	if (fclose(f))
		die(path);
	add_line(line);
}

static void add_file(int dir, const char *name, const char *path)
{
	static char buf[1 << 20];
	size_t len = 0;
	ssize_t n = 0;
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0) {
		do {
			n = read(fd, buf + len, sizeof(buf) - len);
			if (n > 0)
				len += n;
		} while (n > 0 && len < sizeof(buf));
	}
	if (fd < 0 || n < 0) {
		char error[64];
		int e = errno;

		/* gone between readdir and open: somebody else's instance or probe */
		if (e != ENOENT) {
			snprintf(error, sizeof(error), "(unreadable: %s)", strerror(e));
			add_value(path, error, strlen(error));
		}
	} else {
		add_value(path, buf, len);
	}
	if (fd >= 0)
		close(fd);
}

static bool enter(const char *path)
{
	const char *events = strstr(path, "events/");

	/* events/SYSTEM and below; events/enable remains */
	return !(o.quick && events && (events == path || events[-1] == '/'));
}

static void add_dir(int parent, const char *name, const char *path)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (!d)
		die(*path ? path : name);
	while ((e = readdir(d))) {
		char sub[4096];
		struct stat st;

		if (e->d_name[0] == '.' || listed(e->d_name, skipped, ARRAY_SIZE(skipped)))
			continue;
		snprintf(sub, sizeof(sub), "%s%s%s", path, *path ? "/" : "", e->d_name);
		if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (S_ISDIR(st.st_mode)) {
			if (strcmp(path, "instances") == 0)
				add_value(sub, "(instance)", 10);
			if (enter(sub))
				add_dir(fd, e->d_name, sub);
		} else if (S_ISREG(st.st_mode) &&
			   ((st.st_mode & 0222 && st.st_mode & 0444) ||
			    listed(e->d_name, always, ARRAY_SIZE(always)))) {
			add_file(fd, e->d_name, sub);
		}
	}
	closedir(d);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char * const *)a, *(char * const *)b);
}

int main(int argc, char **argv)
{
	int i = 1;

	if (i < argc && strcmp(argv[i], "-q") == 0) {
		o.quick = true;
		i++;
	}
	if (i != argc - 1) {
		fprintf(stderr, "usage: tracestate [-q] DIR\n");
		return 2;
	}
	add_dir(AT_FDCWD, argv[i], "");
	qsort(o.lines, o.n_lines, sizeof(*o.lines), by_text);
	for (size_t n = 0; n < o.n_lines; n++)
		puts(o.lines[n]);
	return fflush(stdout) ? 1 : 0;
}
