/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ftrace/kernel.h"
#include "known.h"
#include "probe.h"
#include "session-internal.h"

#define LINE_LEN 4094	/* the kernel takes a page less the newline and a NUL */
#define ARGS_MAX 32	/* far below the kernel's 128, near which it came to an oops */

static bool is_user(enum ft_probe_kind kind)
{
	return kind == FT_PROBE_USER || kind == FT_PROBE_USER_RETURN;
}

static bool is_return(enum ft_probe_kind kind)
{
	return kind == FT_PROBE_KERNEL_RETURN || kind == FT_PROBE_USER_RETURN;
}

const char *fti_probe_list(bool user)
{
	return user ? "uprobe_events" : "kprobe_events";
}

/* -- what may be asked ------------------------------------------------------------------------- */

static bool is_event_name(const char *name)
{
	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '_')
			return false;
	return strlen(name) <= FTI_PROBE_NAME_MAX;
}

/* The kernel cuts a line at '#' and a place at blanks, and has no way to quote either. */
static bool is_word(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f || *s == '#')
			return false;
	return true;
}

static bool are_args(const char *args)
{
	size_t words = 0, len;

	for (; *args; args += len) {
		args += strspn(args, " ");
		len = strcspn(args, " ");
		words += len != 0;
		for (size_t i = 0; i < len; i++)
			if ((unsigned char)args[i] < ' ' || args[i] == '#')
				return false;
	}
	return words <= ARGS_MAX;
}

static int check_name(const struct ft_probes *ps, const char *event)
{
	if (!is_event_name(event))
		return ft_fail(ps->s, -EINVAL, "'%.80s' is not a name for a probe", event);
	for (size_t i = 0; i < ps->count; i++)
		if (!strcmp(ps->probes[i].event, event))
			return ft_fail(ps->s, -EINVAL, "two probes are named '%s'", event);
	return 0;
}

static int check_spec(const struct ft_probes *ps, const struct ft_probe_spec *spec)
{
	const bool user = is_user(spec->kind);
	struct stat st;

	if (ps->count >= FT_PROBES_MAX)
		return ft_fail(ps->s, -E2BIG, "more than %d probes", FT_PROBES_MAX);
	if (!is_word(spec->place))
		return ft_fail(ps->s, -EINVAL, "cannot probe '%.200s': %s", spec->place, user ?
			       "the kernel takes no path with blanks or '#'" : "not a function");
	if (spec->args && !are_args(spec->args))
		return ft_fail(ps->s, -EINVAL, "cannot probe '%.200s': not arguments, or more than "
			       "%d: '%.200s'", spec->place, ARGS_MAX, spec->args);
	if (!user)
		return 0;
	/* The kernel looks relative paths up from where it is written. */
	if (spec->place[0] != '/')
		return ft_fail(ps->s, -EINVAL, "cannot probe '%.200s': not an absolute path",
			       spec->place);
	if (stat(spec->place, &st))
		return ft_fail(ps->s, errno == ENOENT ? -EINVAL : -errno,
			       "cannot probe '%.200s': %s", spec->place, strerror(errno));
	return S_ISREG(st.st_mode) ? 0 : ft_fail(ps->s, -EINVAL, "cannot probe '%.200s': not a "
						 "regular file", spec->place);
}

/* -ENOENT and -EADDRNOTAVAIL before the kernel is asked: it takes the first of several functions,
 * takes what its module does not have (to wait for it), or (6.12) says -EINVAL to all.  0 where
 * the list cannot be read, too. */
static int check_function(struct ft_probes *ps, const char *place)
{
	const struct ft_symbols *symbols;
	char name[512], *colon;
	int count;

	if (isdigit((unsigned char)*place) ||
	    snprintf(name, sizeof(name), "%s", place) >= (int)sizeof(name))
		return 0;
	if (!ps->asked && (fti_session_symbols(ps->s, &symbols) ||
			   fti_known_of(&ps->known, symbols) == -ENODATA))
		fti_known_open(&ps->known, NULL);
	ps->asked = true;
	if (!ps->known)
		return 0;
	name[strcspn(name, "+")] = 0;
	colon = strchr(name, ':');
	if (colon)
		*colon = 0;
	count = fti_known_count(ps->known, colon ? colon + 1 : name, colon ? name : NULL);
	if (count < 0)
		return 0;
	return count == 1 ? 0 : count ? -EADDRNOTAVAIL : -ENOENT;
}

/* 6.12 says that of a function it does not have, too. */
static int why_invalid(struct ft_probes *ps, const char *place)
{
	int err = check_function(ps, place);

	return err ? err : -EINVAL;
}

/* -- making ------------------------------------------------------------------------------------ */

/* For people: where a user probe is takes its offset, too. */
static char *make_place(const struct ft_probe_spec *spec)
{
	char semaphore[24] = "", *place;

	if (!is_user(spec->kind))
		return strdup(spec->place);
	if (spec->semaphore)
		snprintf(semaphore, sizeof(semaphore), "(0x%" PRIx64 ")", spec->semaphore);
	return asprintf(&place, "%s:0x%" PRIx64 "%s", spec->place, spec->offset, semaphore) < 0 ?
	       NULL : place;
}

static char *make_line(const struct ft_probes *ps, const struct ft_probe_spec *spec,
		       const char *event, const char *place)
{
	char max[16] = "", *line;

	/* 3.10 takes the number, and drops the name then. */
	if (spec->kind == FT_PROBE_KERNEL_RETURN && spec->max_active && ps->has_max_active)
		snprintf(max, sizeof(max), "%u", spec->max_active);
	if (asprintf(&line, "%c%s:%s/%s %s%s%s", is_return(spec->kind) ? 'r' : 'p', max, ps->group,
		     event, place, spec->args ? " " : "", spec->args ? spec->args : "") < 0)
		return NULL;
	return line;
}

static int no_function(struct ft_session *s, const char *place)
{
	struct ft_function_match m = { .count = 0 };
	const bool name = !strpbrk(place, ":+*?[\\");
	int err = name ? ft_kernel_match_functions(s->tracefs, place, &m) : -EINVAL;
	const bool near = !err && !m.count && m.nearest[0][0];

	if (strchr(place, ':'))
		return ft_fail(s, -EINVAL, "cannot probe '%.200s': no such function, or its "
			       "module is not loaded", place);
	return ft_fail(s, -EINVAL, "cannot probe '%.200s': no such function%s%s%s", place,
		       near ? " (did you mean '" : "", near ? m.nearest[0] : "", near ? "'?)" : "");
}

/* Which it is, an address tells. */
static int several(struct ft_session *s, const char *place)
{
	char name[512], list[4 * 24] = "", *colon;
	uint64_t addr[4];
	size_t len = 0;
	int count;

	snprintf(name, sizeof(name), "%s", place);
	name[strcspn(name, "+")] = 0;
	colon = strchr(name, ':');
	if (colon)
		*colon = 0;
	count = fti_known_addresses(NULL, colon ? colon + 1 : name, colon ? name : NULL, addr, 4);
	for (int i = 0; i < count && i < 4 && addr[i]; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s0x%" PRIx64, i ? ", " : "",
					addr[i]);
	return ft_fail(s, -EINVAL, "cannot probe '%.200s': several functions have this name%s%s%s", place,
		       len ? ", at " : "", list, !len ? "" : count > 4 ? ", ..." :
		       ": name one by its address");
}

/* Why the kernel, or we for it, refused: a sentence for people, and the error it counts as. */
static int refused(struct ft_probes *ps, bool user, const char *place, const char *line, int err)
{
	const char *level = ft_kernel_lockdown();
	const bool locked = level && strcmp(level, "none");
	char why[256] = "";

	switch (err) {
	case -ENOENT:
		/* Of an argument's name (6.5 and later), too. */
		if (!user && *line)
			fti_session_reason(ps->s, true, line, why, sizeof(why));
		if (!user && !*why)
			return no_function(ps->s, place);
		break;
	case -EADDRNOTAVAIL:
		return several(ps->s, place);
	case -EPERM:
	case -EACCES:
		return ft_fail(ps->s, -EOPNOTSUPP, "the kernel refuses probes: %s%s",
			       locked ? "the kernel is locked down: " : "a security policy",
			       locked ? level : "");
	}
	fti_session_reason(ps->s, true, line, why, sizeof(why));
	/* -EILSEQ: within an instruction. */
	return ft_fail(ps->s, err == -ENOENT || err == -EILSEQ ? -EINVAL : err,
		       "cannot probe '%.200s': the kernel refuses it (%s)", place,
		       why[0] ? why : strerror(-err));
}

/* Its number, or -ENOMEM; *p is copied. */
static int append(struct ft_probes *ps, const struct fti_probe *p)
{
	struct fti_probe *more;

	/* Room is made a power of two at a time. */
	if (!(ps->count & (ps->count - 1))) {
		more = realloc(ps->probes, (ps->count ? ps->count * 2 : 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		ps->probes = more;
	}
	ps->probes[ps->count] = *p;
	return ps->count++;
}

/* Record, then make. */
static int make(struct ft_probes *ps, const struct fti_probe *p, const char *line)
{
	int err = fti_undo_probe(ps->s->undo, fti_probe_list(p->user), ps->group, p->event);

	if (err)
		return ft_fail(ps->s, err, "cannot record a probe: %s", strerror(-err));
	err = fti_file_write(ps->s->top_fd, fti_probe_list(p->user), line, FTI_APPEND);
	return err && !p->optional ? refused(ps, p->user, p->place, line, err) : err;
}

static int add_probe(struct ft_probes *ps, const struct ft_probe_spec *spec, struct fti_probe *p)
{
	char *line;
	int err;

	p->place = make_place(spec);
	if (spec->event)
		p->event = strdup(spec->event);
	else if (asprintf(&p->event, "p%d_%zu", getpid(), ps->count) < 0)
		p->event = NULL;
	if (!p->place || !p->event)
		return -ENOMEM;
	err = check_name(ps, p->event);
	if (err)
		return err;
	err = p->user || spec->sole ? 0 : check_function(ps, spec->place);
	if (err)
		return p->optional ? err : refused(ps, false, p->place, "", err);
	line = make_line(ps, spec, p->event, p->place);
	if (!line)
		return -ENOMEM;
	if (strlen(line) > LINE_LEN)
		err = ft_fail(ps->s, -EINVAL, "cannot probe '%.200s': too long a line", p->place);
	else
		err = make(ps, p, line);
	free(line);
	if (err == -EINVAL && spec->sole)
		err = why_invalid(ps, spec->place);
	return err ? err : append(ps, p);
}

static int add(struct ft_probes *ps, const struct ft_probe_spec *spec, bool optional)
{
	struct fti_probe p = { .user = is_user(spec->kind), .optional = optional };
	int err = check_spec(ps, spec);

	if (!err)
		err = add_probe(ps, spec, &p);
	if (err < 0) {
		free(p.event);
		free(p.place);
	}
	if (err == -ENOMEM)
		ft_fail(ps->s, err, "cannot make probes: %s", strerror(ENOMEM));
	return err;
}

int ft_probes_add(struct ft_probes *ps, const struct ft_probe_spec *spec)
{
	return add(ps, spec, false);
}

int ft_probes_try(struct ft_probes *ps, const struct ft_probe_spec *spec)
{
	return add(ps, spec, true);
}
