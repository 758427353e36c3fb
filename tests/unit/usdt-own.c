/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Built-in probes of this program: found in its file and process, and on the running kernel's
 * tracefs (mounted in a mount namespace of the test's own) hit with just their arguments.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "ftrace/elf.h"
#include "ftrace/event.h"
#include "ftrace/kernel.h"
#include "ftrace/probe.h"
#include "ftrace/stream.h"
#include "internal.h"
#include "private.h"
#include "unit.h"
#include "usdt-internal.h"

#define CALLS	100
#define VALUES	5

/* What sys/sdt.h makes: an instruction that does nothing, and a note of where it is. */
#define PROBE(name, semaphore, args)						\
	"990:	nop\n"								\
	"	.pushsection .note.stapsdt, \"\", %%note\n"			\
	"	.balign 4\n"							\
	"	.4byte 992f - 991f, 994f - 993f, 3\n"				\
	"991:	.asciz \"stapsdt\"\n"						\
	"992:	.balign 4\n"							\
	"993:	.8byte 990b, unit_stapsdt_base, " semaphore "\n"		\
	"	.asciz \"unit\"\n"						\
	"	.asciz \"" name "\"\n"						\
	"	.asciz \"" args "\"\n"						\
	"994:	.balign 4\n"							\
	"	.popsection\n"

__asm__(".pushsection .stapsdt.base, \"a\", %progbits\n"
	"	.hidden unit_stapsdt_base\n"
	"	.globl unit_stapsdt_base\n"
	"unit_stapsdt_base: .space 1\n"
	"	.popsection\n");

/* Looked at by the code before it hits the guarded probe. */
unsigned short unit_usdt_semaphore __attribute__((section(".probes"), visibility("hidden"), used));
/* Each once, so that each probe is at one place. */
#define ONCE __attribute__((noinline))
ONCE void usdt_registers(long a, int b, short c, signed char d);
ONCE void usdt_memory(const int *p, long a);
ONCE void usdt_constants(void);
ONCE void usdt_variables(long a);
ONCE void usdt_guarded(long a);

#if defined(__x86_64__)
#define HAVE_PROBES 1

/* In .bss: at no place of the file. */
static volatile long usdt_far;
static volatile int usdt_near[2] = { 1, 2 };

void usdt_registers(long a, int b, short c, signed char d)
{
	__asm__ volatile(PROBE("registers", "0", "8@%%rdi -4@%%esi 2@%%dx -1@%%cl 4@%%r9d")
			 : : "D"(a), "S"(b), "d"(c), "c"(d));
}

void usdt_memory(const int *p, long a)
{
	volatile long local = a;

	__asm__ volatile(PROBE("memory", "0", "-4@4(%%rdi) 4@(%%rdi) 8@%[local]")
			 : : "D"(p), [local] "m"(local), "m"(p[0]), "m"(p[1]));
}

void usdt_constants(void)
{
	__asm__ volatile(PROBE("constants", "0",
			       "-4@$-7 8@$4294967296 8@(%%rax,%%rcx,8) 1@$200") : : );
}

void usdt_variables(long a)
{
	usdt_far = a;
	usdt_near[1] = -(int)a;
	__asm__ volatile(PROBE("variables", "0", "8@%[far] -4@%[near]")
			 : : [far] "m"(usdt_far), [near] "m"(usdt_near[1]));
}

void usdt_guarded(long a)
{
	if (*(volatile unsigned short *)&unit_usdt_semaphore)
		__asm__ volatile(PROBE("guarded", "unit_usdt_semaphore", "-8@%[a]") : : [a] "r"(a));
}

#define FAR INT64_C(1234567890123)

static void act_variables(void)
{
	usdt_variables(FAR);
}

#elif defined(__aarch64__)
#define HAVE_PROBES 1

void usdt_registers(long a, int b, short c, signed char d)
{
	register long x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
		      x3 __asm__("x3") = d;

	__asm__ volatile(PROBE("registers", "0", "8@x0 -4@w1 2@w2 -1@w3 4@w9")
			 : : "r"(x0), "r"(x1), "r"(x2), "r"(x3));
}

void usdt_memory(const int *p, long a)
{
	register const int *x0 __asm__("x0") = p;
	volatile long local = a;

	__asm__ volatile(PROBE("memory", "0", "-4@[x0, 4] 4@[x0] 8@%[local]")
			 : : "r"(x0), [local] "m"(local), "m"(p[0]), "m"(p[1]));
}

void usdt_constants(void)
{
	__asm__ volatile(PROBE("constants", "0", "-4@-7 8@4294967296 8@[x0, x1] 1@200") : : );
}

void usdt_guarded(long a)
{
	if (*(volatile unsigned short *)&unit_usdt_semaphore)
		__asm__ volatile(PROBE("guarded", "unit_usdt_semaphore", "-8@%x[a]")
				 : : [a] "r"(a));
}
#endif

#ifdef HAVE_PROBES

/* -- finding ---------------------------------------------------------------------------------- */

struct found {
	char labels[1024];	/* a blank behind each */
	char path[512];
	struct ft_usdt_probe last;
	int  stop;
};

static int on_probe(void *arg, const char *path, const struct ft_usdt *u,
		    const struct ft_usdt_probe *p)
{
	struct found *f = arg;

	CU_ASSERT(ft_usdt_count(u) > 0);
	snprintf(f->path, sizeof(f->path), "%s", path);
	snprintf(f->labels + strlen(f->labels), sizeof(f->labels) - strlen(f->labels), "%s ",
		 p->label);
	f->last = *p;
	return f->stop;
}

static int find(const char *text, int pid, struct found *f, char *sentence)
{
	*f = (struct found){ .stop = f->stop };
	return fti_usdt_find(text, pid, on_probe, f, sentence);
}

#ifdef __x86_64__
#define ALL "unit:constants unit:guarded unit:memory unit:registers unit:variables "
#define OWN 5
#else
#define ALL "unit:constants unit:guarded unit:memory unit:registers "
#define OWN 4
#endif

static void expect_found(const char *text, int pid, const char *labels)
{
	struct found f = { .stop = 0 };
	char sentence[FTI_SENTENCE_SIZE];

	CU_ASSERT_EQUAL(find(text, pid, &f, sentence), 0);
	if (*sentence || strcmp(f.labels, labels) != 0)
		printf("# %s: '%s' %s\n", text, f.labels, sentence);
	CU_ASSERT_STRING_EQUAL(f.labels, labels);
	CU_ASSERT_STRING_EQUAL(sentence, "");
	CU_ASSERT(f.path[0] == '/');
}

static void test_usdt_finds_probes_by_file_and_name(void)
{
	expect_found("/proc/self/exe:unit:registers", 0, "unit:registers ");
	expect_found("/proc/self/exe:unit:*", 0, ALL);
	expect_found("/proc/self/exe:u*t:r*", 0, "unit:registers ");
	/* the colon in front of the name parts it from a path */
	expect_found("/proc/self/exe:*", 0, ALL);
	expect_found("/proc/self/exe:guarded", 0, "unit:guarded ");
}

static void test_usdt_finds_probes_of_a_process(void)
{
	expect_found("unit:registers", getpid(), "unit:registers ");
	expect_found("unit:*", getpid(), ALL);
	expect_found("usdt-own:unit:memory", getpid(), "unit:memory ");
}

static void test_usdt_find_stops_when_told(void)
{
	struct found f = { .stop = 7 };
	char sentence[FTI_SENTENCE_SIZE];

	CU_ASSERT_EQUAL(find("/proc/self/exe:unit:*", 0, &f, sentence), 7);
	CU_ASSERT_STRING_EQUAL(f.labels, "unit:constants ");
	CU_ASSERT_EQUAL(find("unit:*", getpid(), &f, sentence), 7);
	CU_ASSERT_STRING_EQUAL(f.labels, "unit:constants ");
	f.stop = -EINTR;
	CU_ASSERT_EQUAL(find("/proc/self/exe:unit:*", 0, &f, sentence), -EINTR);
	CU_ASSERT_STRING_EQUAL(sentence, "");
}

static void expect_refusal(const char *text, int pid, const char *part)
{
	struct found f = { .stop = 0 };
	char sentence[FTI_SENTENCE_SIZE];

	CU_ASSERT_EQUAL(find(text, pid, &f, sentence), -EINVAL);
	if (!strstr(sentence, part))
		printf("# %s: %s\n", text, sentence);
	CU_ASSERT_PTR_NOT_NULL(strstr(sentence, part));
	CU_ASSERT_EQUAL(strncmp(sentence, "cannot trace '", 14), 0);
	CU_ASSERT_STRING_EQUAL(f.labels, "");
}

static void test_usdt_find_says_why_there_is_none(void)
{
	static const char how[] = "is written provider:name or file:provider:name";

	expect_refusal("", 0, how);
	expect_refusal("name", 0, how);
	expect_refusal(":name", 0, how);
	expect_refusal("provider:", 0, how);
	expect_refusal("libc::name", 0, how);
	expect_refusal(":provider:name", 0, how);
	expect_refusal("/proc/self/exe:unit:registres", 0, "': no such probe in '");
	expect_refusal("/proc/self/exe:unit:registres", 0, "(did you mean 'unit:registers'?)");
	expect_refusal("/proc/self/exe:registres", 0, "(did you mean 'unit:registers'?)");
	expect_refusal("/proc/self/exe:uint:memory", 0, "(did you mean 'unit:memory'?)");
	expect_refusal("/proc/self/exe:unit:zzz*", 0, "no probe matches in '");
	expect_refusal("unit:registres", getpid(), "(did you mean 'unit:registers'?)");
	expect_refusal("unit:registers", 0, "no program or library has the name of this provider: "
		       "write file:unit:registers, or give a process");
	expect_refusal("*:registers", 0, "no program or library has the name");
	expect_refusal("/bin/sh:x:y", 0, "has no probes built in");
	expect_refusal("/etc/passwd:x:y", 0, "'/etc/passwd' is not a program or library");
	expect_refusal("libnosuchthing:x:y", 0, "no such program or library");
	expect_refusal("libnosuchthing:x:y", getpid(), "in the process or elsewhere");
	expect_refusal("unit:x", 4194304, "no such process: 4194304");
	expect_refusal("a\nb:x", 0, "cannot trace 'a\\nb:x'");
}

/* The name of a provider is no reason to look into a script. */
static void test_usdt_find_wants_programs(void)
{
	char dir[] = "/tmp/usdt-XXXXXX", path[64], *was = getenv("PATH");
	int fd;

	was = strdup(was ? was : "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/unitscript", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	CU_ASSERT_EQUAL(write(fd, "#!/bin/sh\n", 10), 10);
	close(fd);
	setenv("PATH", dir, 1);
	expect_refusal("unitscript:x", 0, "write file:unitscript:x, or give a process");
	expect_refusal("unitscript:p:x", 0, "/unitscript' is not a program or library");
	setenv("PATH", was, 1);
	free(was);
	unlink(path);
	rmdir(dir);
}

/* "    Provider: unit", "    Location: 0x1, Base: 0x2, Semaphore: 0x3" */
static const char *value(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? at + strlen(key) : NULL;
}

static void test_usdt_lists_what_readelf_lists(void)
{
	char command[64], line[512], label[256] = "", text[300];
	struct found f = { .stop = 0 };
	char sentence[FTI_SENTENCE_SIZE];
	int seen = 0;
	FILE *p;

	snprintf(command, sizeof(command), "readelf -nW /proc/%d/exe 2>/dev/null", getpid());
	p = popen(command, "re");
	while (p && fgets(line, sizeof(line), p)) {
		const char *v;

		line[strcspn(line, "\n")] = 0;
		if ((v = value(line, "Provider: ")))
			snprintf(label, sizeof(label), "%s", v);
		else if ((v = value(line, "Name: ")))
			snprintf(label + strlen(label), sizeof(label) - strlen(label), ":%s", v);
		else if ((v = value(line, "Location: "))) {
			snprintf(text, sizeof(text), "/proc/self/exe:%s", label);
			CU_ASSERT_EQUAL(find(text, 0, &f, sentence), 0);
			CU_ASSERT_EQUAL(f.last.addr, strtoull(v, NULL, 16));
			v = value(line, "Semaphore: ");
			CU_ASSERT_EQUAL(f.last.guarded, v && strtoull(v, NULL, 16));
			seen++;
		}
	}
	if (p)
		pclose(p);
	if (!seen)
		unit_skip("no readelf here, or one that does not list probes");
	else
		CU_ASSERT_EQUAL(seen, OWN);
}

/* -- on this kernel --------------------------------------------------------------------------- */

struct use {
	struct ft_session    *s;
	struct ft_probes     *ps;
	struct ft_usdt_kernel kernel;
	bool		      without_semaphore;
	struct ft_events     *evs;
	struct ft_field	      field[VALUES];
	int64_t		      value[VALUES];	/* of the last event */
	int		      events;
};

static int probe_it(void *arg, const char *path, const struct ft_usdt *u,
		    const struct ft_usdt_probe *p)
{
	struct use *use = arg;
	struct ft_usdt_arg args[FT_USDT_ARGS_MAX];
	char fetch[FT_USDT_FETCH_SIZE];
	const struct ft_probe_spec spec = {
		.kind = FT_PROBE_USER, .event = "probe", .place = path, .offset = p->offset,
		.semaphore = use->without_semaphore ? 0 : p->semaphore, .args = fetch,
	};

	ft_usdt_fetch(args, ft_usdt_args(u, p, &use->kernel, args), fetch);
	CU_ASSERT_EQUAL_FATAL(ft_probes_add(use->ps, &spec), 0);
	return 0;
}

static void begin(struct use *use, const char *text)
{
	const char *systems[2] = { NULL, NULL };
	char name[16];

	CU_ASSERT_EQUAL_FATAL(ft_session_open(&use->s, &(struct ft_session_config){
		.tool = "unit-usdt", .tracefs = TRACEFS, .uprobes = true }), 0);
	ft_usdt_kernel(use->s, &use->kernel);
	CU_ASSERT_TRUE(use->kernel.memory);
	CU_ASSERT_EQUAL_FATAL(ft_probes_open(&use->ps, use->s), 0);
	CU_ASSERT_EQUAL_FATAL(ft_usdt_find(use->s, text, getpid(), probe_it, use), 0);
	systems[0] = ft_probes_group(use->ps);
	CU_ASSERT_EQUAL_FATAL(ft_events_open(&use->evs, TRACEFS, systems), 0);
	for (int i = 0; i < VALUES; i++) {
		snprintf(name, sizeof(name), "arg%d", i + 1);
		ft_field_find(use->evs, systems[0], "probe", name, &use->field[i]);
	}
	CU_ASSERT_EQUAL_FATAL(ft_probes_enable(use->ps), 0);
}

static int on_event(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	struct use *use = arg;

	(void)st;
	for (int i = 0; i < VALUES; i++)
		use->value[i] = use->field[i].is_signed ? ft_field_s64(&use->field[i], e) :
				(int64_t)ft_field_u64(&use->field[i], e);
	use->events++;
	return 0;
}

/* What a child that does it is seen to do. */
static void record(struct use *use, void (*act)(void))
{
	const struct ft_stream_config config = { .duration_ns = 1, .output_fd = -1 };
	const struct ft_stream_ops ops = { .on_event = on_event };
	struct ft_stream *st;
	pid_t child;

	CU_ASSERT_EQUAL_FATAL(ft_stream_open(&st, use->s, use->evs, &config), 0);
	child = fork();
	if (!child) {
		act();
		_exit(0);
	}
	waitpid(child, NULL, 0);
	CU_ASSERT_EQUAL(ft_stream_run(st, &ops, use), 0);
	ft_stream_close(st);
}

static void end(struct use *use)
{
	ft_events_close(use->evs);
	ft_probes_close(use->ps);
	CU_ASSERT_EQUAL(ft_session_close(use->s, FT_OK), FT_OK);
}

static void expect_value(const struct use *use, int i, int64_t want)
{
	if (use->value[i] != want)
		printf("# argument %d is %" PRId64 ", not %" PRId64 "\n", i + 1, use->value[i],
		       want);
	CU_ASSERT_EQUAL(use->value[i], want);
}

static void act_registers(void)
{
	usdt_registers(INT64_C(0x1122334455667788), -5, (short)65535, -128);
}

static void test_usdt_probes_fetch_registers(void)
{
	struct use use = { .events = 0 };

	NEED_UPROBES();
	begin(&use, "unit:registers");
	record(&use, act_registers);
	CU_ASSERT_EQUAL(use.events, 1);
	expect_value(&use, 0, INT64_C(0x1122334455667788));
	expect_value(&use, 1, -5);
	expect_value(&use, 2, 65535);
	expect_value(&use, 3, -128);
	CU_ASSERT(use.field[4].size == 4 && !use.field[4].is_signed);
	end(&use);
}

static void act_memory(void)
{
	static const int pair[2] = { -1, -70000 };

	usdt_memory(pair, INT64_C(0x8877665544332211));
}

static void test_usdt_probes_fetch_memory(void)
{
	struct use use = { .events = 0 };

	NEED_UPROBES();
	begin(&use, "unit:memory");
	record(&use, act_memory);
	CU_ASSERT_EQUAL(use.events, 1);
	expect_value(&use, 0, -70000);
	expect_value(&use, 1, UINT32_MAX);
	expect_value(&use, 2, INT64_C(0x8877665544332211));
	end(&use);
}

static void test_usdt_probes_fetch_constants(void)
{
	struct use use = { .events = 0 };

	NEED_UPROBES();
	if (!ft_kernel_readme_has(TRACEFS, "\\imm-value")) {
		unit_skip("this kernel fetches no constants");
		return;
	}
	begin(&use, "unit:constants");
	record(&use, usdt_constants);
	CU_ASSERT_EQUAL(use.events, 1);
	expect_value(&use, 0, -7);
	expect_value(&use, 1, INT64_C(4294967296));
	/* the third is at what two registers make */
	CU_ASSERT_FALSE(ft_field_ok(&use.field[2]));
	expect_value(&use, 3, 200);
	end(&use);
}

/* By the distance of their addresses from the probe's. */
static void test_usdt_probes_fetch_variables(void)
{
#ifdef __x86_64__
	struct use use = { .events = 0 };

	NEED_UPROBES();
	begin(&use, "unit:variables");
	record(&use, act_variables);
	CU_ASSERT_EQUAL(use.events, 1);
	expect_value(&use, 0, FAR);
	expect_value(&use, 1, -(int)FAR);
	end(&use);
#else
	unit_skip("no operand of this processor is a variable");
#endif
}

static void act_guarded(void)
{
	for (int i = 1; i <= CALLS; i++)
		usdt_guarded(-i);
}

static unsigned short semaphore(void)
{
	return *(volatile unsigned short *)&unit_usdt_semaphore;
}

static void test_usdt_probes_count_their_semaphore_up(void)
{
	struct use use = { .events = 0 };

	NEED_UPROBES();
	if (!ft_kernel_readme_has(TRACEFS, "ref_ctr_offset")) {
		unit_skip("this kernel does not count semaphores up");
		return;
	}
	CU_ASSERT_EQUAL(semaphore(), 0);
	begin(&use, "unit:guarded");
	/* in each process that runs the program: in this one, too */
	CU_ASSERT_EQUAL(semaphore(), 1);
	record(&use, act_guarded);
	CU_ASSERT_EQUAL(use.events, CALLS);
	expect_value(&use, 0, -CALLS);
	end(&use);
	CU_ASSERT_EQUAL(semaphore(), 0);
}

static void test_usdt_probes_are_skipped_without_their_semaphore(void)
{
	struct use use = { .without_semaphore = true };

	NEED_UPROBES();
	begin(&use, "unit:guarded");
	CU_ASSERT_EQUAL(semaphore(), 0);
	record(&use, act_guarded);
	CU_ASSERT_EQUAL(use.events, 0);
	end(&use);
}

/* Ends a session that failed, which must have left this on stderr. */
static void end_and_hear(struct ft_session *s, int status, const char *wanted)
{
	int fd = memfd_create("stderr", MFD_CLOEXEC), old = dup(STDERR_FILENO);
	char said[1200] = "";

	if (fd < 0 || old < 0 || dup2(fd, STDERR_FILENO) < 0)
		abort();
	CU_ASSERT_EQUAL(ft_session_close(s, FT_OK), status);
	dup2(old, STDERR_FILENO);
	if (pread(fd, said, sizeof(said) - 1, 0) < 0)
		abort();
	close(fd);
	close(old);
	if (!strstr(said, wanted))
		printf("# said: %s", said);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, wanted));
}

static struct ft_session *open_session(void)
{
	struct ft_session *s = NULL;

	CU_ASSERT_EQUAL_FATAL(ft_session_open(&s, &(struct ft_session_config){
		.tool = "unit-usdt", .tracefs = TRACEFS, .uprobes = true }), 0);
	return s;
}

static void test_usdt_check_refuses_what_could_never_fire(void)
{
	const struct ft_usdt_kernel now = { true, true, true }, old = { true, false, false };
	struct ft_usdt_probe p = { .label = "a:b", .guarded = true };
	struct ft_session *s;

	NEED_UPROBES();
	s = open_session();
	CU_ASSERT_EQUAL(ft_usdt_check(s, &now, &p), -EOPNOTSUPP);
	end_and_hear(s, FT_UNSUPPORTED, "cannot trace 'a:b': the program skips it until a "
		     "semaphore is counted up, which is not in its file");
	s = open_session();
	p.semaphore = 0x1000;
	CU_ASSERT_EQUAL(ft_usdt_check(s, &now, &p), 0);
	CU_ASSERT_EQUAL(ft_usdt_check(s, &old, &p), -EOPNOTSUPP);
	end_and_hear(s, FT_UNSUPPORTED, "which this kernel's user probes cannot do (before 4.20)");
	s = open_session();
	p.guarded = false;
	CU_ASSERT_EQUAL(ft_usdt_check(s, &old, &p), 0);
	CU_ASSERT_EQUAL(ft_session_close(s, FT_OK), FT_OK);
}

UNIT_SUITE("usdt-own",
	   UNIT_TEST(test_usdt_finds_probes_by_file_and_name),
	   UNIT_TEST(test_usdt_finds_probes_of_a_process),
	   UNIT_TEST(test_usdt_find_stops_when_told),
	   UNIT_TEST(test_usdt_find_says_why_there_is_none),
	   UNIT_TEST(test_usdt_find_wants_programs),
	   UNIT_TEST(test_usdt_lists_what_readelf_lists),
	   UNIT_TEST(test_usdt_probes_fetch_registers),
	   UNIT_TEST(test_usdt_probes_fetch_memory),
	   UNIT_TEST(test_usdt_probes_fetch_constants),
	   UNIT_TEST(test_usdt_probes_fetch_variables),
	   UNIT_TEST(test_usdt_probes_count_their_semaphore_up),
	   UNIT_TEST(test_usdt_probes_are_skipped_without_their_semaphore),
	   UNIT_TEST(test_usdt_check_refuses_what_could_never_fire));

#else

static void test_usdt_has_no_probes_here(void)
{
	unit_skip("no probes are made for this processor");
}

UNIT_SUITE("usdt-own", UNIT_TEST(test_usdt_has_no_probes_here));
#endif
