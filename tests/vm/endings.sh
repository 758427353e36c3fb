# SPDX-License-Identifier: GPL-2.0-or-later
#
# How a tool can end, the same list for each: signals, a reader that goes, a full disk, kill -9 of
# the tool and of its guard, and what else may already be tracing. A test sources it after lib.sh:
#
#	endings_tracer=function_graph	# the tool's tracer; empty: it uses none
#	endings_second=refused		# a second one at the same time: refused, or works
#	endings_load='workload nanosleep 1000000 5000'	# what gives it rows all the time
#	endings_other_way=yes		# of a tool that has the whole list for another way to record:
#					# only what that makes different (other things are to be undone)
#	endings NAME TOOL ARG...	# "TOOL ARG..." prints rows until it is ended
#
# After each end the tracing state must be what it was before, with no process, journal or
# instance left.
# shellcheck shell=sh

JOURNALS=/run/ftrace-tools
endings_tracer='' endings_second=works endings_load='sleep 1000' endings_other_way=''

# applet TOOL...: make the tools callable by their own names, as "make install" does
applet() { for applet_name; do ln -sf ftrace-tools "/t/bin/$applet_name"; done; }

# guard_of PID: the guard process of a tool
guard_of()
{
	for stat in /proc/[0-9]*/stat; do
		read -r stat_line <"$stat" || continue
		case $stat_line in
		*"(ftrace-guard) "?" $1 "*)	stat=${stat%/stat}; echo "${stat#/proc/}" ;;
		esac
	done 2>/dev/null
}

# leftovers: into the file left, processes that were not there before, journals and instances. It
# makes no child of this shell before it has listed them.
leftovers()
{
	list_processes processes.now
	grep -vxF -f processes.before processes.now | grep -v ' timeout$' >left
	ls $JOURNALS >>left 2>/dev/null
	for left in "$T"/instances/ftrace-tools-*; do
		[ ! -d "$left" ] || echo "$left" >>left
	done
}

# at_rest_now: for wait_for, where somebody else than the tool puts back
at_rest_now()
{
	leftovers
	[ ! -s left ] && state_diff endings -q
}

at_rest()
{
	is "$(state_diff endings -q)" '' "$1: the tracing state is as before"
	leftovers
	is "$(cat left)" '' "$1: no process, journal or instance is left"
}

# started COMMAND...: in the background, and it shows something
started()
{
	start "$@"
	wait_for lines out 1 || diag "shows nothing: $*: $(cat err)"
}

# signalled SIGNAL: what runs ends by it
signalled()
{
	stop "$1"
	is "$status" 0 "$ending SIG$1: exit status"
	unlike "$err" 'cannot|lost|stopped' "$ending SIG$1: nothing to complain"
}

ends_by_signal()
{
	signal=$1
	shift
	started "$@"
	signalled "$signal"
	at_rest "$ending SIG$signal"
}

ends_with_its_reader()
{
	rm -f pipe
	mkfifo pipe
	head -n 1 <pipe >first &
	bounded workload run "$@" >pipe 2>err </dev/null
	is $? 0 "$ending closed pipe: exit status"
	is "$(wc -l <first)" 1 "$ending closed pipe: the reader had its line"
	unlike "$(cat err)" 'cannot|lost|stopped' "$ending closed pipe: nothing to complain"
	at_rest "$ending closed pipe"
}

full_disk()
{
	bounded "$@" >/dev/full 2>err </dev/null
	is $? 1 "$ending full disk: exit status"
	like "$(cat err)" "^$1: cannot write to .*: No space left on device\$" "$ending full disk: says so"
}

ends_by_kill()
{
	started "$@"
	stop KILL
	wait_for at_rest_now
	ok $? "$ending SIGKILL: the guard puts back"
	at_rest "$ending SIGKILL"
}

# The tool and its guard: $bg_pid was the tool's
kill_both()
{
	started "$@"
	dead_pid=$bg_pid
	kill -KILL "$(guard_of "$bg_pid")"
	stop KILL
	leftovers
	like "$(cat left; state_diff endings -q)" . "$ending SIGKILL of both: the state is left changed"
	like "$(cat left)" "^(.*-)?$dead_pid(-.*)?\.journal\$" "$ending SIGKILL of both: and the journal"
}

ends_by_kill_of_both()
{
	kill_both "$@"
	run reset-ftrace
	is "$status" 0 "$ending reset-ftrace: exit status"
	like "$out" '^(restore|remove) .* ok$' "$ending reset-ftrace: tells what it puts back"
	unlike "$out" ' left alone' "$ending reset-ftrace: all of it"
	at_rest "$ending reset-ftrace"
}

next_tool_puts_back()
{
	kill_both "$@"
	started "$@"
	like "$(cat err)" "^$1: put back what '$1' \(PID $dead_pid\) left when it was killed: [0-9]+ values?\$" \
		"$ending next tool: says what it puts back"
}

# While the first, started by the test before, runs
second_is_refused()
{
	first=$bg_pid
	bounded "$@" >out2 2>err2
	is $? 1 "$ending second instance: exit status"
	like "$(cat err2)" "^$1: .* in use by '$1' \(PID $first\)" "$ending second instance: told by whom"
	is "$(wc -l <err2)" 1 "$ending second instance: in one line"
	had=$(wc -l <out)
	wait_for lines out $((had + 3))
	ok $? "$ending second instance: the first goes on"
}

second_works()
{
	workload run "$@" >out2 2>err2 </dev/null &
	second=$!
	wait_for lines out2 1
	ok $? "$ending second instance: it works, too"
	had=$(wc -l <out)
	wait_for lines out $((had + 3))
	ok $? "$ending second instance: the first goes on"
	kill -QUIT $second
	wait $second
	is $? 0 "$ending second instance: SIGQUIT: exit status"
	unlike "$(cat err2)" 'cannot|lost|stopped' "$ending second instance: SIGQUIT: nothing to complain"
	had=$(wc -l <out)
	wait_for lines out $((had + 3))
	ok $? "$ending second instance: the first goes on after its end"
}

# refused WHAT ERE COMMAND...: beside WHAT
refused()
{
	beside=$1 why=$2
	shift 2
	state_save foreign -q
	bounded "$@" >out 2>err </dev/null
	is $? 1 "$ending beside $beside: exit status"
	like "$(cat err)" "$why" "$ending beside $beside: refused, naming it"
	is "$(state_diff foreign -q)" '' "$ending beside $beside: which goes on"
}

# works_beside WHAT SIGNAL COMMAND...; the signal ends it
works_beside()
{
	beside=$1 signal=$2
	shift 2
	state_save foreign -q
	started "$@"
	signalled "$signal"
	cmp_num "$(wc -l <out)" -ge 1 "$ending beside $beside: it shows something"
	is "$(state_diff foreign -q)" '' "$ending beside $beside: which goes on"
}

beside_another_tracer()
{
	foreign=function
	[ -z "$private" ] || foreign=$endings_tracer
	echo do_nanosleep >$T/set_ftrace_filter
	echo $foreign >$T/current_tracer
	refused "the tracer $foreign" "^$1: the tracer '$foreign' is active .*current_tracer" "$@"
	echo nop >$T/current_tracer
	echo >$T/set_ftrace_filter
	at_rest "$ending beside the tracer $foreign"

	[ "$endings_tracer" = function_graph ] && [ -n "$private" ] || return 0
	mkdir $T/instances/somebody
	echo do_nanosleep >$T/instances/somebody/set_ftrace_filter
	echo function_graph >$T/instances/somebody/current_tracer
	refused 'function_graph in an instance' \
		"^$1: the tracer 'function_graph' is active .*/somebody/" "$@"
	echo nop >$T/instances/somebody/current_tracer
	rmdir $T/instances/somebody
	at_rest "$ending beside function_graph in an instance"
}

beside_events()
{
	echo 1 >$T/events/sched/sched_process_exec/enable
	if [ -z "$private" ]; then
		refused 'events of somebody' "^$1: events are enabled .*'sched:sched_process_exec'" "$@"
	else
		works_beside 'events of somebody' HUP "$@"
	fi
	echo 0 >$T/events/sched/sched_process_exec/enable
	at_rest "$ending beside events of somebody"
}

# A buffer that somebody has stopped, to look at what is in it
beside_a_stopped_trace()
{
	echo 'worth keeping' >$T/trace_marker
	echo 0 >$T/tracing_on
	if [ -z "$private" ]; then
		refused 'a stopped trace' "^$1: the top-level buffer holds a stopped trace of [0-9]+ entr" "$@"
	else
		state_save foreign -q
		full_disk "$@"
		is "$(state_diff foreign -q)" '' "$ending beside a stopped trace: which stays so"
	fi
	like "$(cat $T/trace)" 'worth keeping' "$ending beside a stopped trace: it is still there"
	echo >$T/trace
	echo 1 >$T/tracing_on
	at_rest "$ending beside a stopped trace"
}

# endings_begin, endings_end: around the list, or cases of it
endings_begin()
{
	$endings_load &
	load_pid=$!
	state_save endings -q
	list_processes processes.before
}

endings_end()
{
	kill -KILL $load_pid
	wait $load_pid 2>/dev/null
}

endings()
{
	ending="$1:"
	shift
	applet "$1" reset-ftrace
	endings_begin

	started "$@"
	private=$(cd $T/instances && echo "ftrace-tools-$1-"*)
	[ -d "$T/instances/$private" ] || private=''
	signalled TERM
	at_rest "$ending SIGTERM"

	ends_by_kill "$@"
	ends_by_kill_of_both "$@"
	if [ -n "$endings_other_way" ]; then
		endings_end
		return
	fi
	next_tool_puts_back "$@"
	case $endings_second in
	refused)	second_is_refused "$@" ;;
	*)		second_works "$@" ;;
	esac
	signalled INT
	at_rest "$ending SIGINT"
	ends_with_its_reader "$@"
	# Each start takes long: what runs beside others ends in the ways that are left.
	if [ -z "$private" ]; then
		full_disk "$@"
		at_rest "$ending full disk"
		ends_by_signal HUP "$@"
	fi
	[ "$endings_second" = works ] || ends_by_signal QUIT "$@"
	[ -z "$endings_tracer" ] || beside_another_tracer "$@"
	beside_events "$@"
	beside_a_stopped_trace "$@"
	endings_end
}
