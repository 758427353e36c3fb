/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* System calls by the kernel's events. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "syscall-internal.h"
#include "syscalls-internal.h"

#define FILTER_SIZE 512

static void add_number(struct ft_syscalls *sc, const struct ft_syscalls_spec *spec, enum ft_abi abi)
{
	int number = ft_syscall_number(abi, spec->name);

	if (number >= 0)
		sc->numbers[sc->number_count++] = (struct fti_number){ spec, abi, number, false };
}

/* From 6.19 on the events of some calls have the strings with them, which the kernel has made
 * present before; raw_syscalls:sys_enter never. */
static bool tells_text(const struct ft_session *s, const struct ft_syscalls_spec *spec)
{
	char file[96], field[64], *format;
	bool tells;

	snprintf(file, sizeof(file), "events/syscalls/sys_enter_%s/format", spec->name);
	snprintf(field, sizeof(field), " __%s_val;", spec->args[spec->text - 1]);
	format = ft_session_read_global(s, file);
	tells = format && strstr(format, field);
	free(format);
	return tells;
}

static int add_event(struct ft_syscalls *sc, struct fti_number *n)
{
	char name[64];

	if (!n->spec->text || n->abi != ft_abi_native() || !tells_text(sc->run->session, n->spec))
		return 0;
	n->by_event = true;
	sc->places[sc->place_count++] = (struct fti_place){
		.spec = n->spec, .entry = -1, .exit = -1, .number = (unsigned int)n->number };
	snprintf(name, sizeof(name), "sys_enter_%s", n->spec->name);
	return ft_session_enable_event(sc->run->session, "syscalls", name, NULL);
}

/* Empty: nothing passes. */
static void filter(const struct ft_syscalls *sc, bool enter, char *text)
{
	size_t len = 0;

	text[0] = 0;
	for (size_t i = 0; i < sc->number_count; i++)
		if (!enter || !sc->numbers[i].by_event)
			len += (size_t)snprintf(text + len, FILTER_SIZE - len, "%sid == %d",
						len ? " || " : "", sc->numbers[i].number);
}

static int enable(struct ft_syscalls *sc)
{
	char text[FILTER_SIZE];
	int err = 0;

	filter(sc, true, text);
	if (*text)
		err = ft_session_enable_event(sc->run->session, "raw_syscalls", "sys_enter", text);
	filter(sc, false, text);
	if (!err)
		err = ft_session_enable_event(sc->run->session, "raw_syscalls", "sys_exit", text);
	return err;
}

int fti_syscalls_add_events(struct ft_syscalls *sc)
{
	struct ft_session *s = sc->run->session;
	const enum ft_abi native = ft_abi_native(), compat = fti_abi_compat(native);
	bool texts = false;
	int err = 0;

	if (!ft_session_has_global(s, "events/raw_syscalls/sys_enter"))
		return ft_fail(s, -EOPNOTSUPP, "this kernel has neither kprobe events nor system "
			       "call events (CONFIG_KPROBE_EVENTS, CONFIG_FTRACE_SYSCALLS)");
	for (const struct ft_syscalls_spec *spec = sc->config.calls; spec->name; spec++) {
		add_number(sc, spec, native);
		if (compat != FT_ABI_UNKNOWN)
			add_number(sc, spec, compat);
		texts |= spec->text != 0;
	}
	if (!sc->number_count)
		return ft_fail(s, -EOPNOTSUPP, "the system calls of this machine are not known");
	for (size_t i = 0; i < sc->number_count && !err; i++)
		err = add_event(sc, &sc->numbers[i]);
	ft_session_say(s, "by raw_syscalls:sys_enter and sys_exit%s", !texts ? "" :
		       sc->place_count ? ", names by the events of the calls" :
		       ", names from the memory of processes when calls have returned");
	return err ? err : enable(sc);
}

int fti_syscalls_find_event(struct ft_syscalls *sc, struct fti_place *p)
{
	const struct ft_events *evs = sc->run->events;
	char event[64], text[64];

	snprintf(event, sizeof(event), "sys_enter_%s", p->spec->name);
	snprintf(text, sizeof(text), "__%s_val", p->spec->args[p->spec->text - 1]);
	p->entry_id = ft_event_id(evs, "syscalls", event);
	p->exit_id = -1;
	for (unsigned int i = 0; i < FT_SYSCALLS_ARGS_MAX && p->spec->args[i]; i++)
		ft_field_find(evs, "syscalls", event, p->spec->args[i], &p->arg[i]);
	return p->entry_id < 0 ? -ENOENT : ft_field_find(evs, "syscalls", event, text, &p->text);
}
