/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of calls put together. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ftrace/task.h"
#include "syscalls-internal.h"

#define RUNNING_MAX 8192	/* threads within a call at once; only those take memory */
#define FAULT	    "(fault)"	/* what some kernels record of a string that is not there */
#define CUT	    "..."	/* and what ends one of which the call's event has but a part */
#define CUT_MIN	    16

enum text { TEXT_NONE, TEXT_CUT, TEXT_AT_ENTRY, TEXT_COPIED };

/* What is kept of a call while it runs; the caller's bytes are behind it. */
struct running {
	const struct ft_syscalls_spec *spec;
	uint64_t args[FT_SYSCALLS_ARGS_MAX];
	enum text from;
	bool	  words;	/* args[4] and args[5] are there */
	char	  text[];	/* FT_SYSCALLS_TEXT_MAX if there are any; then a struct fti_list */
};

static size_t text_room(const struct ft_syscalls *sc)
{
	for (const struct ft_syscalls_spec *spec = sc->config.calls; spec->name; spec++)
		if (spec->text)
			return FT_SYSCALLS_TEXT_MAX;
	return 0;
}

static size_t list_offset(const struct ft_syscalls *sc)
{
	return (sizeof(struct running) + text_room(sc) + 15) / 16 * 16;
}

static size_t data_offset(const struct ft_syscalls *sc)
{
	return list_offset(sc) + (sc->lists ? (sizeof(struct fti_list) + 15) / 16 * 16 : 0);
}

static struct fti_list *list_of(const struct ft_syscalls *sc, struct running *c)
{
	return (void *)((char *)c + list_offset(sc));
}

int fti_calls_new(struct ft_syscalls *sc)
{
	bool lists = false;

	for (const struct ft_syscalls_spec *spec = sc->config.calls; spec->name; spec++)
		lists |= spec->list != 0;
	if (lists)
		sc->lists = calloc(FTI_LISTS_MAX, sizeof(*sc->lists));
	if (lists && !sc->lists)
		return -ENOMEM;
	return ft_pairs_new(&sc->pairs, RUNNING_MAX, data_offset(sc) + sc->config.data_size);
}

/* -- a beginning ------------------------------------------------------------------------------- */

/* A string of no bytes, not even a NUL, is one that the kernel could not read. */
const char *fti_syscalls_text(const struct ft_field *f, const struct ft_event *e, size_t *len)
{
	const char *text = ft_field_bytes(f, e, len);

	if (!text || !*len)
		return NULL;
	*len = strnlen(text, *len);
	return *len == strlen(FAULT) && !memcmp(text, FAULT, *len) ? NULL : text;
}

static bool copy_text(struct running *c, const struct ft_field *f, const struct ft_event *e)
{
	size_t len;
	const char *text = fti_syscalls_text(f, e, &len);

	if (!text)
		return false;
	if (len >= FT_SYSCALLS_TEXT_MAX)
		len = FT_SYSCALLS_TEXT_MAX - 1;
	memcpy(c->text, text, len);
	c->text[len] = 0;
	return true;
}

static struct fti_list *waiting_list(const struct ft_syscalls *sc, int tid)
{
	return &sc->lists[(unsigned int)tid % FTI_LISTS_MAX];
}

/* Of several probes of one place, which records first is the kernel's choice. */
static bool take_list(struct ft_syscalls *sc, const struct fti_place *p, const struct ft_event *e)
{
	struct ft_pair *pair;
	unsigned int i = 0;

	while (i < FTI_LIST_PARTS && p->lists[i].id != e->type)
		i++;
	if (i == FTI_LIST_PARTS)
		return false;
	pair = ft_pairs_innermost(sc->pairs, e->tid, e->cpu);
	fti_list_take(pair ? list_of(sc, pair->data) : waiting_list(sc, e->tid), &p->lists[i], i,
		      e);
	return true;
}

static void join_list(struct ft_syscalls *sc, struct running *c, int tid)
{
	struct fti_list *l = waiting_list(sc, tid);

	if (l->tid != tid)
		return;
	*list_of(sc, c) = *l;
	l->tid = 0;
}

/* No call can be within another: one that is still open has lost its end. */
static struct running *begin(struct ft_syscalls *sc, const struct ft_event *e,
			     const struct ft_syscalls_spec *spec, unsigned int number)
{
	struct running *c;

	ft_pairs_forget(sc->pairs, e->tid, e->cpu);
	c = ft_pairs_entry(sc->pairs, number, e->tid, e->cpu, e->ts)->data;
	c->spec = spec;
	return c;
}

static void take_entry(struct ft_syscalls *sc, const struct fti_place *p, const struct ft_event *e)
{
	struct running *c = begin(sc, e, p->spec, p->number);
	size_t len;

	for (unsigned int i = 0; i < FT_SYSCALLS_ARGS_MAX; i++)
		c->args[i] = ft_field_u64(&p->arg[i], e);
	c->words = p->spec->words && p->entry >= 0;
	if (sc->lists)
		join_list(sc, c, e->tid);
	if (!p->spec->text || !copy_text(c, &p->text, e))
		return;
	len = strlen(c->text);
	c->from = p->entry < 0 && len >= CUT_MIN && !strcmp(c->text + len - strlen(CUT), CUT) ?
		  TEXT_CUT : TEXT_AT_ENTRY;
}

/* The first of a call is its own; the kernel may open files itself for it. */
static void take_path(struct ft_syscalls *sc, const struct ft_event *e)
{
	struct ft_pair *pair = ft_pairs_innermost(sc->pairs, e->tid, e->cpu);
	struct running *c = pair ? pair->data : NULL;

	if (c && c->spec->text && c->from != TEXT_COPIED && copy_text(c, &sc->path, e))
		c->from = TEXT_COPIED;
}

static void take_raw_entry(struct ft_syscalls *sc, const struct ft_event *e)
{
	const int64_t nr = ft_field_s64(&sc->raw_nr, e);
	enum ft_abi abi = FT_ABI_UNKNOWN;
	struct running *c;
	const void *args;
	size_t len;

	args = ft_field_bytes(&sc->raw_args, e, &len);
	for (size_t i = 0; i < sc->number_count; i++) {
		const struct fti_number *n = &sc->numbers[i];

		if (n->number != nr || n->by_event)
			continue;
		if (abi == FT_ABI_UNKNOWN)
			abi = ft_abis_get(sc->abis, e->tid, args, len);
		if (n->abi != abi)
			continue;
		c = begin(sc, e, n->spec, (unsigned int)nr);
		if (args)
			memcpy(c->args, args, len < sizeof(c->args) ? len : sizeof(c->args));
		return;
	}
}

/* -- an end ------------------------------------------------------------------------------------ */

/* From the memory of the process as it is now; what is on the next page may not be there.  The
 * thread may have ended, or the first one of the process. */
static size_t read_memory(const int tid[2], uint64_t addr, void *buf, size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), first = page - addr % page;
	struct iovec local = { buf, size }, remote[2] = {
		{ (void *)(uintptr_t)addr, first < size ? first : size },
		{ (void *)(uintptr_t)(addr + first), first < size ? size - first : 0 },
	};
	ssize_t n = 0;

	if (!addr || addr > UINTPTR_MAX - size)
		return 0;
	for (int i = 0; i < 2 && n <= 0; i++)
		n = process_vm_readv(tid[i], &local, 1, remote, remote[1].iov_len ? 2 : 1, 0);
	return n > 0 ? (size_t)n : 0;
}

static void read_late(struct ft_syscalls *sc, struct running *c, const int tid[2])
{
	const struct ft_syscalls_spec *spec = c->spec;
	char text[FT_SYSCALLS_TEXT_MAX];
	uint64_t words[2];
	size_t n;

	if (!ft_task_initial_namespace())
		return;
	if (spec->words && !c->words &&
	    read_memory(tid, c->args[spec->words - 1], words, sizeof(words)) == sizeof(words))
		memcpy(&c->args[4], words, sizeof(words));
	if (!spec->text || c->from > TEXT_CUT)
		return;
	n = read_memory(tid, c->args[spec->text - 1], text, sizeof(text));
	if (!memchr(text, 0, n))
		return;
	strcpy(c->text, text);
	sc->call.text = c->text;
}

static void set_list(struct ft_syscalls *sc, struct running *c)
{
	const struct fti_list *l = list_of(sc, c);

	if (l->tid && l->at == c->args[c->spec->list - 1])
		fti_list_join(l, sc->list, &sc->call);
}

static void set_call(struct ft_syscalls *sc, const struct ft_pair *pair)
{
	struct running *c = pair->data;

	sc->call = (struct ft_syscalls_call){
		.spec = c->spec, .began = pair->began, .ended = pair->ended, .tid = pair->tid,
		.pid = ft_syscalls_pid(sc, pair->tid), .cpu = pair->cpu,
		.text = c->from == TEXT_NONE ? NULL : c->text, .text_sure = c->from > TEXT_CUT,
		.data = (char *)c + data_offset(sc),
	};
	memcpy(sc->call.args, c->args, sizeof(c->args));
	if (c->spec->list)
		set_list(sc, c);
}

static int end(struct ft_syscalls *sc, unsigned int number, const struct ft_event *e, int64_t ret)
{
	const struct ft_pair *pair = ft_pairs_return(sc->pairs, number, e->tid, e->cpu, e->ts);
	struct running *c;

	if (sc->lists && waiting_list(sc, e->tid)->tid == e->tid)
		waiting_list(sc, e->tid)->tid = 0;
	if (!pair)
		return 0;
	c = pair->data;
	set_call(sc, pair);
	if ((c->spec->text && c->from <= TEXT_CUT) || (c->spec->words && !c->words)) {
		read_late(sc, c, (const int[]){ e->tid, sc->call.pid });
		memcpy(sc->call.args, c->args, sizeof(c->args));
		sc->unread += c->spec->text && !sc->call.text;
	}
	sc->call.cpu = e->cpu;
	sc->call.ret = ret;
	return 1;
}

/* The kernel filters by number alone, and the same number is another call of another ABI: its
 * beginning was not taken.  What is still open then has lost its end. */
static int take_raw_exit(struct ft_syscalls *sc, const struct ft_event *e)
{
	const unsigned int nr = (unsigned int)ft_field_s64(&sc->raw_exit_nr, e);
	const struct ft_pair *pair = ft_pairs_innermost(sc->pairs, e->tid, e->cpu);

	if (pair && pair->function == nr)
		return end(sc, nr, e, ft_field_s64(&sc->raw_ret, e));
	ft_pairs_forget(sc->pairs, e->tid, e->cpu);
	return 0;
}

/* -- events ------------------------------------------------------------------------------------ */

static int take(struct ft_syscalls *sc, const struct ft_event *e)
{
	if (e->type == sc->path_id) {
		take_path(sc, e);
		return 0;
	}
	if (e->type == sc->raw_exit)
		return take_raw_exit(sc, e);
	if (e->type == sc->raw_enter) {
		take_raw_entry(sc, e);
		return 0;
	}
	for (size_t i = 0; i < sc->place_count; i++) {
		const struct fti_place *p = &sc->places[i];

		if (e->type == p->exit_id)
			return end(sc, p->number, e, ft_field_s64(&p->ret, e));
		if (e->type == p->entry_id) {
			take_entry(sc, p, e);
			return 0;
		}
		if (p->spec->list && p->entry >= 0 && take_list(sc, p, e))
			return 0;
	}
	return -ENOENT;
}

int ft_syscalls_event(struct ft_syscalls *sc, const struct ft_event *e)
{
	int tid, parent;
	const bool news = fti_processes_event(sc->processes, e, &tid, &parent);

	if (news && sc->abis && parent)
		ft_abis_fork(sc->abis, parent, tid);
	else if (news && sc->abis)
		ft_abis_exec(sc->abis, tid,
			     ft_comms_get(fti_processes_comms(sc->processes), tid));
	/* A fork is news to both. */
	return !ft_follow_event(sc->follow, e) || news ? 0 : take(sc, e);
}

const struct ft_syscalls_call *ft_syscalls_last(const struct ft_syscalls *sc)
{
	return &sc->call;
}

const struct ft_syscalls_call *ft_syscalls_running(struct ft_syscalls *sc, const struct ft_event *e)
{
	struct ft_pair *pair = ft_pairs_innermost(sc->pairs, e->tid, e->cpu);

	if (!pair)
		return NULL;
	set_call(sc, pair);
	return &sc->call;
}

void ft_syscalls_lost(struct ft_syscalls *sc, int cpu)
{
	ft_pairs_lost(sc->pairs, cpu);
	for (size_t i = 0; sc->lists && i < FTI_LISTS_MAX; i++)
		sc->lists[i].tid = 0;
}
