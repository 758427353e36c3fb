/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ftrace/kernel.h"
#include "ftrace/task.h"
#include "internal.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define REFUSED	 "Operation not permitted (lockdown or a security policy)"

struct facts {
	const char *dir;
	int	    dirfd;
	int	    functions;	/* 0, or why function tracing is refused */
	char	   *instance;	/* available_tracers of an instance that is there, or NULL */
	void	  (*fn)(void *arg, const struct ft_fact *fact);
	void	   *arg;
};

/* What is there when a file is. */
struct feature {
	const char *name, *key, *file;
	const char *missing;	/* what it lacks: an option without CONFIG_, or "since ..." */
	const char *use;
	bool	    closed;	/* only look whether it exists: opening may change something */
};

#define AN_EVENT "events/sched/sched_switch/"

static const struct feature features[] = {
	{ "kprobe events", "kprobe_events", "kprobe_events", "KPROBE_EVENTS", "", false },
	{ "uprobe events", "uprobe_events", "uprobe_events", "UPROBE_EVENTS", "", false },
	{ "system call events", "syscall_events", "events/syscalls/enable", "FTRACE_SYSCALLS", "",
	  false },
	{ "function profiler", "function_profiler", "function_profile_enabled", "FUNCTION_PROFILER",
	  "", false },
	{ "event triggers", "event_triggers", AN_EVENT "trigger", "since Linux 3.14", "", true },
	{ "hist triggers", "hist_triggers", AN_EVENT "hist", "HIST_TRIGGERS", "", true },
	{ "synthetic events", "synthetic_events", "synthetic_events", "SYNTH_EVENTS", "", false },
	{ "snapshots", "snapshot", "snapshot", "TRACER_SNAPSHOT", "", true },
	{ "dynamic_events", "dynamic_events", "dynamic_events", "since Linux 5.0", "", false },
	{ "error_log", "error_log", "error_log", "since Linux 5.2",
	  "the kernel's reason for what it refuses", false },
	{ "set_event_pid", "set_event_pid", "set_event_pid", "since Linux 4.4",
	  "events of chosen threads", false },
	{ "set_event_notrace_pid", "set_event_notrace_pid", "set_event_notrace_pid",
	  "since Linux 5.8", "a tool's own events are left out by the kernel", false },
	{ "set_ftrace_pid", "set_ftrace_pid", "set_ftrace_pid", "FUNCTION_TRACER",
	  "functions of chosen threads", false },
	{ "set_ftrace_notrace_pid", "set_ftrace_notrace_pid", "set_ftrace_notrace_pid",
	  "since Linux 5.8", "a tool's own functions are left out by the kernel", false },
	{ "option event-fork", "event_fork", "options/event-fork", "since Linux 4.7",
	  "set_event_pid follows new threads", false },
	{ "option function-fork", "function_fork", "options/function-fork", "since Linux 4.12",
	  "set_ftrace_pid follows new threads", false },
	{ "option funcgraph-retval", "funcgraph_retval", "options/funcgraph-retval",
	  "FUNCTION_GRAPH_RETVAL", "", false },
	{ "option funcgraph-tail", "funcgraph_tail", "options/funcgraph-tail",
	  "since Linux 3.17, or only while function_graph is the tracer", "", false },
	{ "buffer_percent", "buffer_percent", "buffer_percent", "since Linux 5.0",
	  "readers sleep until there is enough to read", false },
	{ "sub-buffer size", "subbuf_size", "buffer_subbuf_size_kb", "since Linux 6.8", "", false },
};

/* -- giving facts --------------------------------------------------------------------------- */

__attribute__((format(printf, 5, 6)))
static void fact(const struct facts *f, const char *name, const char *key, const char *state,
		 const char *fmt, ...)
{
	struct ft_fact v;
	va_list ap;

	snprintf(v.name, sizeof(v.name), "%s", name);
	snprintf(v.key, sizeof(v.key), "%s", key);
	snprintf(v.state, sizeof(v.state), "%s", state);
	va_start(ap, fmt);
	vsnprintf(v.detail, sizeof(v.detail), fmt, ap);
	va_end(ap);
	f->fn(f->arg, &v);
}

/* How to say that an option is missing. */
static const char *config_text(const char *option, char *buf, size_t size)
{
	const char *value = ft_kernel_config(option);

	if (value && *value == 'n')
		snprintf(buf, size, "CONFIG_%s is not set", option);
	else
		snprintf(buf, size, "needs CONFIG_%s", option);
	return buf;
}

static int try_open(const struct facts *f, const char *file)
{
	int fd = openat(f->dirfd, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static bool is_refusal(int err)
{
	return err == -EPERM || err == -EACCES;
}

static void give_feature(const struct facts *f, const struct feature *t)
{
	char text[96];
	int err;

	if (t->closed)
		err = fti_file_exists(f->dirfd, t->file) ? 0 : -ENOENT;
	else
		err = try_open(f, t->file);
	if (!err)
		fact(f, t->name, t->key, "yes", "%s", t->use);
	else if (err == -ENOENT)
		fact(f, t->name, t->key, "no", "%s", strncmp(t->missing, "since", 5) ?
		     config_text(t->missing, text, sizeof(text)) : t->missing);
	else
		fact(f, t->name, t->key, is_refusal(err) ? "refused" : "no", "%s: %s", t->file,
		     is_refusal(err) ? REFUSED : strerror(-err));
}

/* -- the machine ---------------------------------------------------------------------------- */

static void give_kernel(const struct facts *f)
{
	static const char *const kptr[] = {
		"kernel addresses are shown to root", "kernel addresses are shown to root",
		"kernel addresses are hidden, from root too",
	};
	const char *level = ft_kernel_lockdown();
	struct utsname u;
	char state[16];
	int v;

	if (!uname(&u))
		fact(f, "kernel", "kernel", u.machine, "%.120s %.120s", u.release, u.version);
	fact(f, "lockdown", "lockdown", level ? level : "unknown", "%s", !level ?
	     "no '/sys/kernel/security/lockdown': none, or securityfs is not mounted" :
	     !strcmp(level, "integrity") ? "refuses debugfs, but not tracefs" :
	     !strcmp(level, "confidentiality") ? "refuses tracefs, kprobes and BPF" : "");
	v = ft_kernel_kptr_restrict();
	snprintf(state, sizeof(state), v < 0 ? "unknown" : "%d", v);
	fact(f, "kptr_restrict", "kptr_restrict", state, "%s", v < 0 ? strerror(-v) :
	     v < (int)COUNT(kptr) ? kptr[v] : "");
	if (ft_task_initial_namespace())
		fact(f, "initial PID namespace", "initial_pid_namespace", "yes", "%s", "");
	else
		fact(f, "initial PID namespace", "initial_pid_namespace", "no",
		     "the PIDs of a trace are not those seen here");
}

/* No tool needs it: these are what the toolkit is for. */
static void give_bpf(const struct facts *f)
{
	const char *level = ft_kernel_lockdown();
	char *text = NULL;

	if (fti_file_read(AT_FDCWD, "/proc/sys/kernel/unprivileged_bpf_disabled", &text, NULL)) {
		fact(f, "BPF", "bpf", "no", "needs CONFIG_BPF_SYSCALL, or is older than Linux 4.4");
		return;
	}
	fti_trim(text);
	if (level && !strcmp(level, "confidentiality"))
		fact(f, "BPF", "bpf", "refused", "lockdown (%s)", level);
	else
		fact(f, "BPF", "bpf", "yes", "unprivileged_bpf_disabled is %.20s", text);
	free(text);
}

/* -- tracers -------------------------------------------------------------------------------- */

static void give_tracer(const struct facts *f, const char *tracer, const char *option)
{
	bool of_functions = !strncmp(tracer, "function", 8);
	char name[48], text[96];

	snprintf(name, sizeof(name), "tracer %s", tracer);
	if (!ft_kernel_has_tracer(f->dir, tracer))
		fact(f, name, tracer, "no", "%s", config_text(option, text, sizeof(text)));
	else if (of_functions && f->functions)
		fact(f, name, tracer, "refused", "set_ftrace_filter: %s", REFUSED);
	else
		fact(f, name, tracer, "yes", "%s", tracer[0] == 'b' ? "block I/O" : "");
}

/* No instance is made to find out: one that is there tells, else what came with the ability. */
static void give_in_instance(const struct facts *f, const char *tracer, const char *guess)
{
	char name[48], key[48];

	snprintf(name, sizeof(name), "%s in an instance", tracer);
	snprintf(key, sizeof(key), "%s_instance", tracer);
	if (!ft_kernel_has_tracer(f->dir, tracer))
		fact(f, name, key, "no", "there is no such tracer");
	else if (f->functions)
		fact(f, name, key, "refused", "set_ftrace_filter: %s", REFUSED);
	else if (f->instance)
		fact(f, name, key, ft_kernel_has_tracer(f->instance, tracer) ? "yes" : "no",
		     "as '%.180s' has it", f->instance);
	else
		fact(f, name, key, guess, "%s", strcmp(guess, "unknown") ? "" :
		     "not known until used (since Linux 6.11)");
}

/* The path of an instance that is there, malloc()ed, or NULL. */
static char *any_instance(const char *dir)
{
	struct dirent *d;
	char path[512], *found = NULL;
	DIR *list;

	snprintf(path, sizeof(path), "%s/instances", dir);
	list = opendir(path);
	while (list && !found && (d = readdir(list))) {
		if (*d->d_name == '.')
			continue;
		if (asprintf(&found, "%s/%s", path, d->d_name) < 0)
			found = NULL;
	}
	if (list)
		closedir(list);
	return found;
}

static void give_tracers(const struct facts *f)
{
	bool subbuf = fti_file_exists(f->dirfd, "buffer_subbuf_size_kb");
	bool recent = fti_file_exists(f->dirfd, "options/trace_printk_dest");

	give_tracer(f, "function", "FUNCTION_TRACER");
	/* (3.14, 3.16]; set_event_pid came with 4.4. */
	give_in_instance(f, "function", fti_file_exists(f->dirfd, "set_event_pid") ? "yes" : "no");
	give_tracer(f, "function_graph", "FUNCTION_GRAPH_TRACER");
	/* 6.11; sub-buffer sizes came with 6.8, trace_printk_dest with 6.12. */
	give_in_instance(f, "function_graph", recent ? "yes" : subbuf ? "unknown" : "no");
	give_tracer(f, "blk", "BLK_DEV_IO_TRACE");
}

/* -- the function list ---------------------------------------------------------------------- */

static int count_name(void *arg, const char *name, const char *module)
{
	size_t *count = arg;

	(void)name;
	(void)module;
	++*count;
	return 0;
}

/* What is refused is refused at open, of the list and of the filter alike. */
static void find_function_refusal(struct facts *f)
{
	int err = try_open(f, "set_ftrace_filter");

	if (!is_refusal(err))
		err = try_open(f, "available_filter_functions");
	f->functions = is_refusal(err) ? err : 0;
}

static void give_functions(const struct facts *f)
{
	static const struct feature filter = {
		"function filter", "function_filter", "set_ftrace_filter", "DYNAMIC_FTRACE",
		"chosen functions only", false
	};
	static const struct feature addrs = {
		"function addresses", "function_addresses", "available_filter_functions_addrs",
		"since Linux 6.5", "names of functions where kptr_restrict hides them", false
	};
	const char *name = "function list", *key = "function_list";
	size_t count = 0;
	int err;

	err = ft_kernel_functions(f->dir, count_name, &count);
	if (!err && count)
		fact(f, name, key, "yes", "%zu functions can be traced", count);
	else if (is_refusal(err))
		fact(f, name, key, "refused", "available_filter_functions: %s", REFUSED);
	else
		fact(f, name, key, "no", "%s", err ? strerror(-err) : "no function can be traced");
	give_feature(f, &filter);
	give_feature(f, &addrs);
}

/* -- the ring buffer and the events --------------------------------------------------------- */

static void give_events(const struct facts *f)
{
	size_t count = 0;
	char *text;
	int err;

	err = fti_file_read(f->dirfd, "available_events", &text, NULL);
	if (err) {
		fact(f, "tracepoints", "tracepoints", is_refusal(err) ? "refused" : "no",
		     "available_events: %s", is_refusal(err) ? REFUSED : strerror(-err));
		return;
	}
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		count++;
	free(text);
	fact(f, "tracepoints", "tracepoints", count ? "yes" : "no", "%zu events", count);
}

static void give_clock(const struct facts *f)
{
	char *text = NULL;

	if (fti_file_read(f->dirfd, "trace_clock", &text, NULL)) {
		fact(f, "trace clock", "trace_clock", "unknown", "trace_clock cannot be read");
		return;
	}
	fti_trim(text);
	fact(f, "trace clock", "trace_clock",
	     ft_kernel_has_clock(f->dir, "mono") ? "mono" : "global",
	     "used by the tools; there are: %.180s", text);
	free(text);
}

/* A top level that others use is left to them. */
static void give_top_level(const struct facts *f)
{
	char *tracer = NULL, *events = NULL;

	if (fti_file_read(f->dirfd, "current_tracer", &tracer, NULL) ||
	    fti_file_read(f->dirfd, "set_event", &events, NULL)) {
		fact(f, "top-level buffer", "top_level", "unknown", "cannot be read");
		free(tracer);
		return;
	}
	fti_trim(tracer);
	if (strcmp(tracer, "nop") != 0)
		fact(f, "top-level buffer", "top_level", "in use", "the tracer '%.60s' is active",
		     tracer);
	else if (*events)
		fact(f, "top-level buffer", "top_level", "in use",
		     "events are enabled ('%.100s' first)", strtok(events, "\n"));
	else
		fact(f, "top-level buffer", "top_level", "free", "nobody traces there");
	free(tracer);
	free(events);
}

static void give_mapping(const struct facts *f)
{
	/* 6.10, as above between 6.8 and 6.12. */
	bool maybe = fti_file_exists(f->dirfd, "buffer_subbuf_size_kb");
	bool surely = fti_file_exists(f->dirfd, "options/trace_printk_dest");

	fact(f, "ring buffer mapping", "buffer_mmap",
	     surely ? "yes" : maybe ? "unknown" : "no", "%s",
	     surely ? "" : maybe ? "not known until used (since Linux 6.10)" : "since Linux 6.10");
}

static void give_readme(const struct facts *f)
{
	/* 4.10; its README says so. */
	bool globs = ft_kernel_readme_has(f->dir, "glob-matching-pattern");
	bool probes = ft_kernel_readme_has(f->dir, "<attached-group>.<attached-event>");

	fact(f, "full wildcards", "function_globs", globs ? "yes" : "no", "%s",
	     globs ? "" : "since Linux 4.10; the tools expand them");
	fact(f, "event probes", "event_probes", probes ? "yes" : "no", "%s",
	     probes ? "" : "since Linux 5.15");
}

/* What is allowed can still be switched off, or be without names. */
static void give_switches(const struct facts *f)
{
	bool addrs = fti_file_exists(f->dirfd, "available_filter_functions_addrs");
	bool hidden = ft_kernel_kptr_restrict() >= 2;
	char *text = NULL;
	bool off = !fti_file_read(AT_FDCWD, "/proc/sys/kernel/ftrace_enabled", &text, NULL) &&
		   text[0] == '0';

	free(text);
	fact(f, "function tracing", "ftrace_enabled", off ? "no" : "yes", "%s",
	     off ? "switched off: 'sysctl kernel.ftrace_enabled=1' would allow it" : "");
	fact(f, "kernel symbols", "symbols", hidden && !addrs ? "no" : "yes", "%s", !hidden ? "" :
	     addrs ? "by available_filter_functions_addrs" :
	     "hidden by kernel.kptr_restrict, and there is no available_filter_functions_addrs");
}

/* -- all of it ------------------------------------------------------------------------------ */

static void give_tracing(struct facts *f)
{
	find_function_refusal(f);
	f->instance = any_instance(f->dir);
	give_top_level(f);
	give_events(f);
	give_tracers(f);
	give_functions(f);
	give_switches(f);
	for (size_t i = 0; i < COUNT(features); i++)
		give_feature(f, &features[i]);
	give_readme(f);
	give_clock(f);
	give_mapping(f);
	free(f->instance);
}

int ft_kernel_facts(const char *dir, void (*fn)(void *arg, const struct ft_fact *fact), void *arg)
{
	struct facts f = { .dir = dir, .dirfd = -1, .fn = fn, .arg = arg };

	if (dir) {
		f.dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (f.dirfd < 0)
			return -errno;
	}
	give_kernel(&f);
	give_bpf(&f);
	fact(&f, "tracing directory", "tracefs", dir ? "yes" : "no", "%s", dir ? dir : "");
	if (!dir)
		return 0;
	give_tracing(&f);
	close(f.dirfd);
	return 0;
}
