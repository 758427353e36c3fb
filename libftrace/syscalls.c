/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errno-name.h"
#include "syscalls-internal.h"

/* -- opening ----------------------------------------------------------------------------------- */

enum ft_syscalls_method ft_syscalls_method(const struct ft_run *r, const char *text)
{
	if (!text)
		return FT_SYSCALLS_AUTO;
	if (!strcmp(text, "probes"))
		return FT_SYSCALLS_PROBES;
	if (strcmp(text, "events"))
		ft_opt_error(&r->tool->spec, "--method '%s': not probes or events", text);
	return FT_SYSCALLS_EVENTS;
}

int ft_syscalls_plan(struct ft_syscalls **out, struct ft_run *r,
		     const struct ft_syscalls_config *config)
{
	struct ft_syscalls *sc = calloc(1, sizeof(*sc));
	size_t count = 0;

	*out = sc;
	if (!sc)
		return ft_fail(r->session, -ENOMEM, "cannot record calls: %s", strerror(ENOMEM));
	sc->run = r;
	sc->config = *config;
	sc->path_probe = sc->path_id = sc->raw_enter = sc->raw_exit = -1;
	while (config->calls[count].name)
		count++;
	if (count > FT_SYSCALLS_MAX)
		return ft_fail(r->session, -E2BIG, "more than %d system calls", FT_SYSCALLS_MAX);
	switch (config->method) {
	case FT_SYSCALLS_EVENTS:
		sc->by_events = true;
		return 0;
	case FT_SYSCALLS_PROBES:
		return ft_probes_check(r->session, FT_PROBE_KERNEL_RETURN);
	default:
		sc->by_events = !ft_session_has_global(r->session, "kprobe_events");
		return sc->by_events ? 0 : ft_probes_check(r->session, FT_PROBE_KERNEL_RETURN);
	}
}

void ft_syscalls_free(struct ft_syscalls *sc)
{
	if (!sc)
		return;
	ft_probes_close(sc->probes);
	ft_follow_close(sc->follow);
	ft_abis_free(sc->abis);
	ft_pairs_free(sc->pairs);
	free(sc->lists);
	fti_processes_close(sc->processes);
	free(sc);
}

/* Where the functions are not to be probed the events tell, unless probes were asked for. */
static int add_places(struct ft_syscalls *sc)
{
	int err = sc->by_events ? -EOPNOTSUPP : fti_syscalls_add_probes(sc);

	if (err && !sc->by_events && sc->config.method == FT_SYSCALLS_PROBES)
		return ft_fail(sc->run->session, -EOPNOTSUPP, "this kernel has no function that "
			       "can be probed for '%s'", sc->config.calls[0].name);
	if (!err)
		return 0;
	sc->by_events = true;
	sc->place_count = 0;
	return fti_syscalls_add_events(sc);
}

int ft_syscalls_setup(struct ft_syscalls *sc)
{
	struct ft_session *s = sc->run->session;
	const char **system = sc->systems;
	int err;

	err = ft_follow_set(&sc->follow, s, FT_FOLLOW_EVENTS, sc->config.tasks,
			    sc->run->command_pid);
	if (!err)
		err = fti_processes_record(s);
	if (!err)
		err = ft_probes_open(&sc->probes, s);
	if (!err)
		err = add_places(sc);
	if (!err)
		err = ft_probes_enable(sc->probes);
	if (err)
		return err;
	*system++ = FTI_PROCESSES_SYSTEM;
	*system++ = ft_probes_group(sc->probes);
	if (sc->by_events)
		*system++ = "raw_syscalls";
	if (sc->by_events && sc->place_count)
		*system++ = "syscalls";
	if (sc->config.system)
		*system++ = sc->config.system;
	sc->run->systems = sc->systems;
	return 0;
}

/* -- what their events are --------------------------------------------------------------------- */

static int find_place(struct ft_syscalls *sc, struct fti_place *p)
{
	const struct ft_events *evs = sc->run->events;
	const char *group = ft_probes_group(sc->probes);
	const char *entry = ft_probes_event(sc->probes, (size_t)p->entry);
	const char *end = ft_probes_event(sc->probes, (size_t)p->exit);
	char name[16];
	int err;

	p->entry_id = ft_event_id(evs, group, entry);
	p->exit_id = ft_event_id(evs, group, end);
	for (unsigned int i = 0; i < FT_SYSCALLS_ARGS_MAX; i++) {
		snprintf(name, sizeof(name), "a%u", i + 1);
		ft_field_find(evs, group, entry, name, &p->arg[i]);
	}
	snprintf(name, sizeof(name), "text%u", p->spec->text);
	ft_field_find(evs, group, entry, name, &p->text);
	err = p->entry_id < 0 || p->exit_id < 0 ? -ENOENT :
	      ft_field_find(evs, group, end, "ret", &p->ret);
	for (unsigned int i = 0; i < FTI_LIST_PARTS && !err && p->spec->list; i++) {
		struct fti_list_probe *l = &p->lists[i];

		if (l->probe >= 0)
			err = fti_list_find(evs, group,
					    ft_probes_event(sc->probes, (size_t)l->probe), l, i);
	}
	return err;
}

static int find_raw(struct ft_syscalls *sc)
{
	const struct ft_events *evs = sc->run->events;
	int err;

	sc->raw_enter = ft_event_id(evs, "raw_syscalls", "sys_enter");
	sc->raw_exit = ft_event_id(evs, "raw_syscalls", "sys_exit");
	err = ft_field_find(evs, "raw_syscalls", "sys_enter", "id", &sc->raw_nr);
	if (!err)
		err = ft_field_find(evs, "raw_syscalls", "sys_enter", "args", &sc->raw_args);
	if (!err)
		err = ft_field_find(evs, "raw_syscalls", "sys_exit", "id", &sc->raw_exit_nr);
	if (!err)
		err = ft_field_find(evs, "raw_syscalls", "sys_exit", "ret", &sc->raw_ret);
	return err ? err : ft_abis_new(&sc->abis);
}

int fti_syscalls_find(struct ft_syscalls *sc, const char *tracefs)
{
	const struct ft_events *evs = sc->run->events;
	int err;

	err = fti_processes_open(&sc->processes, evs, tracefs);
	if (!err)
		err = fti_calls_new(sc);
	if (!err && sc->by_events)
		err = find_raw(sc);
	for (size_t i = 0; i < sc->place_count && !err; i++)
		err = sc->places[i].entry < 0 ? fti_syscalls_find_event(sc, &sc->places[i]) :
		      find_place(sc, &sc->places[i]);
	if (!err && sc->path_probe >= 0) {
		sc->path_id = ft_event_id(evs, ft_probes_group(sc->probes), "path");
		err = ft_field_find(evs, ft_probes_group(sc->probes), "path", "path", &sc->path);
	}
	return err;
}

int ft_syscalls_ready(struct ft_syscalls *sc)
{
	int err = fti_syscalls_find(sc, ft_session_tracefs(sc->run->session));

	if (err)
		return ft_fail(sc->run->session, err, "cannot decode this kernel's records of "
			       "calls: %s", strerror(-err));
	return ft_follow_ready(sc->follow, sc->run->events);
}

/* -- tasks ------------------------------------------------------------------------------------- */

const char *ft_syscalls_comm(struct ft_syscalls *sc, int tid)
{
	return ft_comms_get(fti_processes_comms(sc->processes), tid);
}

int ft_syscalls_pid(struct ft_syscalls *sc, int tid)
{
	const uint32_t pid = fti_processes_of(sc->processes, tid);

	return pid && pid != FTI_NO_PROCESS ? (int)pid : tid;
}

const char *ft_syscalls_error(int64_t ret)
{
	return ret < 0 && ret >= -4095 ? fti_errno_name((int)-ret) : NULL;
}

/* -- the end ----------------------------------------------------------------------------------- */

/* Ends that the kernel missed, of any task. */
static int count_missed(const struct ft_syscalls *sc, uint64_t *missed)
{
	struct ft_probe_hits *hits;
	int err;

	*missed = 0;
	if (sc->by_events)
		return 0;
	hits = calloc(ft_probes_count(sc->probes) + 1, sizeof(*hits));
	err = hits ? ft_probes_hits(sc->probes, hits) : -ENOMEM;
	for (size_t i = 0; i < sc->place_count && !err; i++)
		*missed += hits[sc->places[i].exit].missed;
	free(hits);
	return err;
}

int ft_syscalls_report(const struct ft_syscalls *sc, const char *noun)
{
	static const char *const keys[] = { "returned", "running", "end_unknown",
					    "begin_unknown", "doubtful", "text_unknown", "missed",
					    NULL };
	struct ft_run *r = sc->run;
	struct ft_pair_stats p;
	uint64_t missed;
	int err = count_missed(sc, &missed);

	if (err)
		return err;
	ft_pairs_stats(sc->pairs, &p);
	if (p.doubtful)
		ft_tool_note(r, "%" PRIu64 " %s are not shown: records were lost while they ran",
			     p.doubtful, noun);
	if (p.unended + p.evicted)
		ft_tool_note(r, "%" PRIu64 " %s are not shown: how they ended was not recorded",
			     p.unended + p.evicted, noun);
	if (p.open)
		ft_tool_note(r, "%" PRIu64 " %s had not returned at the end", p.open, noun);
	return ft_out_record(r->out, "calls", keys,
			     (uint64_t[]){ p.paired, p.open, p.unended + p.evicted, p.unbegun,
					   p.doubtful, sc->unread, missed });
}
