/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "ftrace/tool.h"
#include "internal.h"

#define LOSS_LINE "[lost %" PRIu64 " events on CPU %d]"
#define GAP_LINE  "[lost an unknown number of events on CPU %d]"

void ft_tool_note(const struct ft_run *r, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n, m;

	n = snprintf(line, sizeof(line), "%s: ", r->tool->spec.tool);
	va_start(ap, fmt);
	m = vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	n = m < (int)sizeof(line) - n - 1 ? n + m : (int)sizeof(line) - 2;
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}

/* As perf-tools do: "Tracing WHAT... Ctrl-C to end."  It comes when recording has begun. */
static void banner(const struct ft_run *r)
{
	char line[1024], text[64];

	if (r->opt.json || r->opt.csv || !r->what[0])
		return;
	if (r->opt.duration_ns)
		snprintf(text, sizeof(text), "for %g seconds...", r->opt.duration_ns / 1e9);
	else if (r->command_pid)
		snprintf(text, sizeof(text), "until '%.40s' ends...", r->opt.command[0]);
	else
		snprintf(text, sizeof(text), "Ctrl-C to end.");
	snprintf(line, sizeof(line), "Tracing %s%s %s\n", r->what, r->command_pid || r->opt.duration_ns ?
		 "" : "...", text);
	if (write(STDERR_FILENO, line, strlen(line)) < 0)
		return;
}

uint64_t ft_tool_wall(void *run, uint64_t ts)
{
	const struct ft_run *r = run;

	return r->stream ? ft_stream_wall_ns(r->stream, ts) : 0;
}

/* -- the stream's callbacks -------------------------------------------------------------------- */

static int on_event(void *arg, struct ft_stream *st, const struct ft_event *e)
{
	struct ft_run *r = arg;

	r->stream = st;
	return r->tool->on_event(r, e);
}

/* Loss is shown at its place, in every format but CSV, which has no place for it. */
static int on_loss(void *arg, int cpu, uint64_t count, uint64_t ts)
{
	static const char *const keys[] = { "cpu", "events", "ts_ns", NULL };
	struct ft_run *r = arg;
	char line[96];
	int err, n;

	if (r->totals)
		return r->tool->on_loss ? r->tool->on_loss(r, cpu) : 0;
	n = count ? snprintf(line, sizeof(line), LOSS_LINE, count, cpu) :
		    snprintf(line, sizeof(line), GAP_LINE, cpu);
	err = ft_out_line(r->out, line, n);
	if (!err)
		err = ft_out_record(r->out, "lost", keys, (uint64_t[]){ cpu, count, ts });
	if (!err && r->tool->on_loss)
		err = r->tool->on_loss(r, cpu);
	return err;
}

static int on_interval(void *arg)
{
	struct ft_run *r = arg;

	return r->tool->on_interval ? r->tool->on_interval(r) : 0;
}

static int on_idle(void *arg)
{
	struct ft_run *r = arg;

	return ft_out_flush(r->out);
}

static const struct ft_stream_ops stream_ops = { on_event, on_loss, on_interval, on_idle };

/* -- the end ----------------------------------------------------------------------------------- */

static void report_child(const struct ft_run *r, int status)
{
	if (WIFSIGNALED(status))
		ft_tool_note(r, "'%s' was killed by signal %d", r->opt.command[0], WTERMSIG(status));
	else if (WEXITSTATUS(status))
		ft_tool_note(r, "'%s' exited with status %d", r->opt.command[0], WEXITSTATUS(status));
}

/* What was lost, missed or doubtful, on stderr and as the last JSON record. */
static int report(const struct ft_run *r)
{
	static const char *const keys[] = { "events", "lost", "gaps", "time_backwards", "bad_pages",
					    "overload", NULL };
	const struct ft_stream_stats *st = ft_stream_stats(r->stream);

	if (st->lost)
		ft_tool_note(r, "lost %" PRIu64 " events: the reader was too slow for a buffer of this "
			     "size (--buffer-size)", st->lost);
	else if (st->lost_unknown)
		ft_tool_note(r, "lost events in %" PRIu64 " places, the kernel does not tell how many: the "
			     "reader was too slow for a buffer of this size (--buffer-size)",
			     st->lost_unknown);
	if (st->backwards)
		ft_tool_note(r, "time ran backwards %" PRIu64 " times on a CPU", st->backwards);
	if (st->bad_pages)
		ft_tool_note(r, "%" PRIu64 " sub-buffers could not be decoded", st->bad_pages);
	if (st->cut)
		ft_tool_note(r, "interrupted again: the events still in the buffer are not shown");
	if (st->child_ended)
		report_child(r, st->child_status);
	if (st->overload)
		ft_tool_note(r, "stopped: more than %" PRIu64 " events a second, or loss without end "
			     "(--max-rate, narrower arguments)", r->opt.max_rate);
	return ft_out_record(r->out, "end", keys,
			     (uint64_t[]){ st->events, st->lost, st->lost_unknown, st->backwards,
					   st->bad_pages, st->overload });
}

/* A reader that has gone is a normal end; a write that failed is not. */
static int output_status(struct ft_run *r, int err)
{
	if (!err || err == -EPIPE)
		return FT_OK;
	if (err == -EINTR) {
		ft_tool_note(r, "interrupted while the reader did not read: the rest is not shown");
		return FT_OK;
	}
	ft_fail(r->session, err, "cannot write to %s: %s", r->opt.output ? r->opt.output : "stdout",
		strerror(-err));
	return FT_FAILED;
}

/* What ended the recording: the output, whose first error stays, or something else. */
static int record_status(struct ft_run *r, int err)
{
	if (!err && ft_stream_stats(r->stream)->overload)
		return FT_OVERLOAD;
	if (!err || err == ft_out_flush(r->out))
		return output_status(r, err);
	ft_fail(r->session, err, "cannot go on: %s", strerror(-err));
	return FT_FAILED;
}

/* -- the beginning ----------------------------------------------------------------------------- */

/* A reader that does not read holds us up in write(2), where no signalfd is looked at. */
static bool output_stopped(void *arg)
{
	const struct ft_run *r = arg;
	sigset_t set;

	if (r->stream && ft_stream_stats(r->stream)->signalled)
		return true;
	return !sigpending(&set) && (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM) ||
				     sigismember(&set, SIGHUP) || sigismember(&set, SIGQUIT));
}

static int open_out(struct ft_run *r)
{
	struct ft_out_config config = {
		.columns  = r->tool->columns,
		.format	  = r->opt.json ? FT_OUT_JSON : r->opt.csv ? FT_OUT_CSV : FT_OUT_TEXT,
		.path	  = r->opt.output,
		.header	  = !r->tool->header || *r->tool->header,
		.wall	  = r->opt.wall ? ft_tool_wall : NULL,
		.wall_arg = r,
		.stop	  = output_stopped,
		.stop_arg = r,
	};

	return ft_out_open(&r->out, &config);
}

/* From here to the end no signal can stop us from putting back. */
static void block_signals(sigset_t *old)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, old);
	signal(SIGPIPE, SIG_IGN);
}

static int set_buffer_size(struct ft_run *r)
{
	char kb[32];

	if (!r->opt.buffer_kb)
		return 0;
	snprintf(kb, sizeof(kb), "%" PRIu64, r->opt.buffer_kb);
	return ft_session_set(r->session, "buffer_size_kb", kb);
}

/* Only a pipe can lose its reader. */
static int output_pipe(const struct ft_run *r)
{
	struct stat st;

	return !r->opt.output && !fstat(STDOUT_FILENO, &st) && S_ISFIFO(st.st_mode) ? STDOUT_FILENO : -1;
}

static int plan(void *arg, struct ft_session *s, struct ft_session_config *config)
{
	struct ft_run *r = arg;
	int err;

	r->session = s;
	err = r->tool->plan ? r->tool->plan(r) : 0;
	config->tracer = r->tracer;
	config->top = r->top;
	config->uprobes = r->uprobes;
	return err;
}

static int prepare(struct ft_run *r)
{
	const struct ft_tool *t = r->tool;
	int err;

	r->tracer = t->tracer;
	r->systems = t->systems;
	err = ft_session_open(&r->session, &(struct ft_session_config){
		.tool = t->spec.tool, .tracefs = r->opt.tracefs, .verbose = r->opt.verbose,
		.plan = plan, .plan_arg = r });
	if (!err)
		err = set_buffer_size(r);
	if (!err)
		err = t->setup(r);
	if (err)
		return err;
	err = ft_events_open(&r->events, ft_session_tracefs(r->session), r->systems);
	if (err)
		return ft_fail(r->session, err, "cannot read the event formats: %s", strerror(-err));
	return t->ready ? t->ready(r) : 0;
}

static int record(struct ft_run *r, struct fti_command *command)
{
	struct ft_stream_config config = {
		.duration_ns = r->opt.duration_ns,
		.interval_ns = r->tool->interval_ns ? *r->tool->interval_ns : 0,
		.max_rate    = r->opt.max_rate,
		.child	     = command->pid,
		.output_fd   = output_pipe(r),
		.unordered   = r->unordered,
		.with_self   = r->with_self,
		.no_recording = r->no_recording,
		.snapshot    = r->snapshot,
	};
	int err;

	err = ft_stream_open(&r->stream, r->session, r->events, &config);
	if (!err)
		banner(r);
	if (!err && command->pid) {
		err = fti_command_run(command);
		if (err)
			return ft_fail(r->session, err, "cannot run '%s': %s", r->opt.command[0],
				       strerror(-err));
	}
	if (err)
		return err;
	err = ft_stream_run(r->stream, &stream_ops, r);
	if (!err && r->tool->finish)
		err = r->tool->finish(r);
	if (!err)
		err = report(r);
	return err;
}

/* The order of the ends: what reads the buffer, what was changed, what the tool holds. */
static int trace(struct ft_run *r, const sigset_t *old)
{
	struct fti_command command = { .pid = 0 };
	int status = FT_FAILED, err = 0, e;

	if (r->opt.command)
		err = fti_command_start(&command, r->opt.command, old);
	if (err)
		ft_tool_note(r, "cannot start '%s': %s", r->opt.command[0], strerror(-err));
	r->command_pid = command.pid;
	if (!err)
		err = prepare(r);
	if (!err) {
		err = record(r, &command);
		status = record_status(r, err);
	}
	e = ft_out_close(r->out);
	if (status == FT_OK)
		status = output_status(r, e);
	ft_stream_close(r->stream);
	fti_command_close(&command);
	status = ft_session_close(r->session, status);
	if (r->tool->release)
		r->tool->release(r);
	ft_events_close(r->events);
	return status;
}

int ft_tool_main(const struct ft_tool *tool, int argc, char **argv)
{
	struct ft_run r = { .tool = tool };
	sigset_t old;
	int err;

	ft_opt_parse(&r.opt, &tool->spec, argc, argv);
	r.run = tool->run;
	if (tool->check) {
		err = tool->check(&r);
		if (err)
			return err;
	}
	err = open_out(&r);
	if (err) {
		ft_tool_note(&r, "cannot open '%s': %s", r.opt.output ? r.opt.output : "stdout",
			     strerror(-err));
		return FT_FAILED;
	}
	block_signals(&old);
	/* ps, and whoever finds the lock taken, shall see which tool it is. */
	prctl(PR_SET_NAME, tool->spec.tool);
	if (!r.run)
		return trace(&r, &old);
	err = r.run(&r);
	if (ft_out_close(r.out) && err == FT_OK)
		err = FT_FAILED;
	if (tool->release)
		tool->release(&r);
	return err;
}
