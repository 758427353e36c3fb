/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a defined probe is: functions of the kernel looked at, those of programs found. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "definition.h"
#include "ftrace/kernel.h"
#include "ftrace/target.h"
#include "lines.h"

#define BLACKLIST "/sys/kernel/debug/kprobes/blacklist"

static int give(struct fti_making *m, const char *place, uint64_t offset)
{
	m->spec.place = place;
	m->spec.offset = offset;
	return m->fn(m->arg, &m->spec);
}

/* -- the kernel's ------------------------------------------------------------------------------ */

static bool is_text(const char *p, const char *end, const char *text)
{
	return (size_t)(end - p) == strlen(text) && !memcmp(p, text, (size_t)(end - p));
}

/* "0xADDR-0xADDR\tNAME" */
static int on_blacklisted(void *arg, const char *p, const char *end)
{
	const char *tab = memrchr(p, '\t', (size_t)(end - p));

	return tab && is_text(tab + 1, end, arg);
}

static bool is_blacklisted(const char *function)
{
	int fd = open(BLACKLIST, O_RDONLY | O_CLOEXEC), found = 0;

	if (fd < 0)
		return false;
	found = fti_each_line(fd, on_blacklisted, (void *)function);
	close(fd);
	return found > 0;
}

/* What the compiler has made of a function goes by another name. */
static int no_function(const struct fti_making *m, const struct ft_function_match *match)
{
	const struct ft_definition *d = m->d;
	const size_t len = strlen(d->function);
	char near[3 * (sizeof(match->nearest[0]) + 8)] = "";
	size_t n = 0;

	for (size_t i = 0; i < 3 && *match->nearest[i]; i++)
		n += (size_t)snprintf(near + n, sizeof(near) - n, "%s'%s'", i ? " or " : "",
				      match->nearest[i]);
	if (n && !strncmp(match->nearest[0], d->function, len) && match->nearest[0][len] == '.')
		return ft_fail(m->s, -EINVAL,
			       "cannot probe '%s': no such function; the compiler has made %s "
			       "of it, which may take other arguments",
			       d->function, near);
	return ft_fail(m->s, -EINVAL, "cannot probe '%s%s%s': no such function%s%s%s%s",
		       d->file ? d->file : "", d->file ? ":" : "", d->function,
		       d->file ? ", or its module is not loaded" : "", n ? " (did you mean " : "",
		       near, n ? "?)" : "");
}

#define ALIASES 8

/* The names at one address, but for the function's own; the kernel lists its symbols by address. */
struct aliases {
	const char *function;
	bool	    found;		/* it is at this address */
	char	    addr[20], name[ALIASES][512];
	size_t	    count;
};

static int on_symbol(void *arg, const char *p, const char *end)
{
	const char *name = memchr(p, ' ', (size_t)(end - p));
	struct aliases *a = arg;

	if (!name || end - name < 4 || (size_t)(name - p) >= sizeof(a->addr))
		return 0;
	if (!is_text(p, name, a->addr)) {
		if (a->found)
			return 1;
		memcpy(a->addr, p, (size_t)(name - p));
		a->addr[name - p] = 0;
		a->count = 0;
	}
	name += 3;
	if (is_text(name, end, a->function)) {
		a->found = true;
	} else if (a->count < ALIASES && (size_t)(end - name) < sizeof(a->name[0]) &&
		   !memchr(name, '\t', (size_t)(end - name))) {
		memcpy(a->name[a->count], name, (size_t)(end - name));
		a->name[a->count++][end - name] = 0;
	}
	return 0;
}

static int on_traceable(void *arg, const char *name, const char *module)
{
	const struct aliases *a = arg;

	for (size_t i = 0; i < a->count && !module; i++)
		if (!strcmp(name, a->name[i]))
			return 1;
	return 0;
}

/* Of several names of one function ("__x64_sys_getppid", "__ia32_sys_getppid") the list of those
 * that may be traced has one. */
static bool is_alias(const struct fti_making *m)
{
	struct aliases a = { .function = m->d->function };
	int fd = m->d->file ? -1 : open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	fti_each_line(fd, on_symbol, &a);
	close(fd);
	/* Hidden addresses are all zero. */
	return a.found && a.count && strspn(a.addr, "0") < strlen(a.addr) &&
	       ft_kernel_functions(ft_session_tracefs(m->s), on_traceable, &a) > 0;
}

static int check_function(const struct fti_making *m)
{
	const struct ft_definition *d = m->d;
	struct ft_function_match match;
	char pattern[768];
	int err;

	if (is_blacklisted(d->function))
		return ft_fail(m->s, -EINVAL,
			       "cannot probe '%s': it is on the kernel's list of functions that "
			       "kprobes themselves need (" BLACKLIST ")",
			       d->function);
	if (snprintf(pattern, sizeof(pattern), "%s%s%s", d->function, d->file ? ":mod:" : "",
		     d->file ? d->file : "") >= (int)sizeof(pattern))
		return ft_fail(m->s, -EINVAL, "cannot probe '%.80s...': no such function",
			       d->function);
	err = ft_kernel_match_functions(ft_session_tracefs(m->s), pattern, &match);
	if (err)
		ft_session_say(m->s, "cannot tell whether '%s' may be traced: %s", d->function,
			       strerror(-err));
	if (err || match.count)
		return 0;
	if (!match.in_kallsyms)
		return no_function(m, &match);
	return m->force || is_alias(m) ? 0
				       : ft_fail(m->s, -EINVAL,
						 "cannot probe '%s': the kernel marks it as not to "
						 "be traced (notrace), "
						 "so a probe may do harm; -F tries it nevertheless",
						 d->function);
}

static int make_kernel(struct fti_making *m)
{
	const struct ft_definition *d = m->d;
	char *place;
	int err = d->function ? check_function(m) : 0;

	if (err)
		return err;
	if (!d->function)
		err = asprintf(&place, "0x%" PRIx64, d->offset);
	else if (d->offset)
		err = asprintf(&place, "%s%s%s+0x%" PRIx64, d->file ? d->file : "",
			       d->file ? ":" : "", d->function, d->offset);
	else
		err = asprintf(&place, "%s%s%s", d->file ? d->file : "", d->file ? ":" : "",
			       d->function);
	if (err < 0)
		return -ENOMEM;
	err = give(m, place, 0);
	free(place);
	return err;
}

/* -- programs' --------------------------------------------------------------------------------- */

#define NO_BEGIN                                                                                   \
	"a probe in the middle of an instruction breaks every program that comes there; -F "       \
	"tries it nevertheless"

static int on_function(void *arg, const char *path, const struct ft_elf_symbol *symbol)
{
	struct fti_making *m = arg;
	const uint64_t offset = m->d->offset;

	if (offset && symbol->size && offset >= symbol->size)
		return ft_fail(m->s, -EINVAL,
			       "cannot probe '%s+0x%" PRIx64 "': the function has but 0x%" PRIx64
			       " bytes",
			       symbol->name, offset, symbol->size);
	if (offset && !m->force)
		return ft_fail(m->s, -EINVAL, "cannot probe '%s+0x%" PRIx64 "': " NO_BEGIN,
			       symbol->name, offset);
	return give(m, path, symbol->offset + offset);
}

static int make_function(struct fti_making *m, int pid)
{
	struct ft_target t = { .kind = FT_TARGET_USER };
	char *text;
	int err;

	if (asprintf(&text, "%s:%s", m->d->file, m->d->function) < 0)
		return -ENOMEM;
	t.text = text;
	t.file = m->d->file;
	t.pattern = m->d->function;
	err = ft_target_functions(m->s, &t, pid, on_function, m);
	free(text);
	return err;
}

static int make_address(struct fti_making *m, const char *path)
{
	const struct ft_definition *d = m->d;
	struct ft_elf_symbol symbol;
	struct ft_elf *elf;
	int err = ft_elf_open(&elf, path);
	bool begins;

	if (err)
		return ft_fail(m->s, err == -ENOEXEC ? -EINVAL : err, "cannot probe '%.200s': %s",
			       path,
			       err == -ENOEXEC ? "not a program or library (ELF) for this machine"
					       : strerror(-err));
	begins = ft_elf_lookup(elf, d->offset, &symbol) && symbol.offset == d->offset;
	ft_elf_close(elf);
	if (!begins && !m->force)
		return ft_fail(m->s, -EINVAL,
			       "cannot probe '%.200s:0x%" PRIx64 "': it tells of no function that "
			       "begins there, and " NO_BEGIN,
			       path, d->offset);
	return give(m, path, d->offset);
}

static int make_user(struct fti_making *m, int pid)
{
	char *path;
	int err;

	if (m->d->function)
		return make_function(m, pid);
	err = ft_elf_find(m->d->file, pid, &path);
	if (err)
		return ft_fail(m->s, err == -ENOENT ? -EINVAL : err, "cannot probe '%.200s': %s",
			       m->d->file,
			       err == -ENOENT ? "no such program or library" : strerror(-err));
	err = make_address(m, path);
	free(path);
	return err;
}

int ft_definition_probes(const struct ft_definition *d, struct ft_session *s, int pid, bool force,
			 int (*fn)(void *arg, const struct ft_probe_spec *spec), void *arg)
{
	char *readme = ft_session_read_global(s, "README"), name[FTI_DEFINITION_NAME];
	struct fti_making m = {.d = d,
			       .s = s,
			       .force = force,
			       .readme = readme ? readme : "",
			       .fn = fn,
			       .arg = arg};
	char args[FT_DEFINITION_ARGS_MAX], why[FT_DEFINITION_WHY];
	int err;

	fti_definition_name(d, NULL, name);
	m.spec =
		(struct ft_probe_spec){.kind = d->kind, .event = name, .max_active = d->max_active};
	if (d->usdt) {
		err = fti_make_usdt(&m, pid);
	} else {
		err = ft_definition_args(d, m.readme, args, why);
		m.spec.args = *args ? args : NULL;
		if (err)
			err = ft_fail(s, err, "cannot record %s", why);
		else
			err = d->user ? make_user(&m, pid) : make_kernel(&m);
	}
	free(readme);
	return err == -ENOMEM ? ft_fail(s, err, "cannot make probes: %s", strerror(ENOMEM)) : err;
}
