# SPDX-License-Identifier: GPL-2.0-or-later
#
# What tests in the VM share: TAP output, polling, tools in the background, and the comparison of
# the tracing state. A test sources it, runs checks and ends with done_testing:
#
#	. /t/lib.sh
#	is "$(cat $T/current_tracer)" nop 'no tracer at rest'
#	done_testing
#
# Nothing here waits for a time and then judges: what may take a while is polled (wait_for).
# shellcheck shell=sh

T=/sys/kernel/tracing
tests_run=0 tests_failed=0 bg_pid=''

# --- TAP

diag() { printf '%s\n' "$*" | sed 's/^/# /'; }

pass() { tests_run=$((tests_run + 1)); echo "ok $tests_run - $*"; }

fail()
{
	tests_run=$((tests_run + 1)) tests_failed=$((tests_failed + 1))
	echo "not ok $tests_run - $*"
	return 1
}

# ok STATUS NAME: "ok $? 'it works'"
ok() { if [ "$1" -eq 0 ]; then shift; pass "$*"; else shift; fail "$*"; fi; }

# is GOT WANTED NAME
is()
{
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3"
		diag "     got: $1"
		diag "expected: $2"
		return 1
	fi
}

# like TEXT ERE NAME, unlike TEXT ERE NAME: a line of the text matches, none does
like()
{
	if printf '%s\n' "$1" | grep -qE -e "$2"; then
		pass "$3"
	else
		fail "$3"
		diag "no line matches /$2/ in:"
		diag "$1"
		return 1
	fi
}

unlike()
{
	if printf '%s\n' "$1" | grep -qE -e "$2"; then
		fail "$3"
		diag "a line matches /$2/ in:"
		diag "$1"
		return 1
	fi
	pass "$3"
}

# cmp_num A OP B NAME: numbers, OP as test(1) has it (-ge, -lt, ...)
cmp_num()
{
	if test "$1" "$2" "$3" 2>/dev/null; then
		pass "$4"
	else
		fail "$4"
		diag "not so: '$1' $2 '$3'"
		return 1
	fi
}

# skip REASON NAME: one test that cannot be run here; skip_all REASON: the whole file
skip() { tests_run=$((tests_run + 1)); echo "ok $tests_run - $2 # SKIP $1"; }
skip_all() { echo "1..0 # SKIP $*"; exit 0; }

done_testing()
{
	[ -z "$bg_pid" ] || stop KILL
	echo "1..$tests_run"
	[ $tests_failed -eq 0 ]
	exit
}

# --- waiting and running

# wait_for COMMAND...: until it succeeds, at most about 20 seconds; fails after that
wait_for()
{
	wait_tries=0
	until "$@" >/dev/null 2>&1; do
		wait_tries=$((wait_tries + 1))
		[ $wait_tries -le 400 ] || return 1
		usleep 50000
	done
}

# has FILE ERE, for wait_for; lines FILE N: it has at least so many lines
has() { grep -qE -e "$2" "$1"; }
lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
gone() { ! kill -0 "$1" 2>/dev/null; }

# load MODULE [PARAMETER=VALUE...]: with what it depends on; it stays loaded
load()
{
	load_last=$1
	shift
	[ -e "/modules/$load_last.order" ] || [ -d "/sys/module/$load_last" ] || return 1
	while read -r load_dep; do
		[ -d "/sys/module/$load_dep" ] && continue
		if [ "$load_dep" = "$load_last" ]; then
			insmod "/modules/$load_dep.ko" "$@" || return 1
		else
			insmod "/modules/$load_dep.ko" || return 1
		fi
	done <"/modules/$load_last.order"
}

# run COMMAND...: leaves $status, and the output in $out and $err (files out and err in $PWD)
run()
{
	"$@" >out 2>err </dev/null
	status=$?
	# shellcheck disable=SC2034
	out=$(cat out) err=$(cat err)
	return 0
}

# bounded COMMAND...: end it with KILL (status 137) after a minute. Its process that watches the
# time is there for up to a second more.
bounded() { timeout -s KILL 60 "$@"; }

# bad STATUS ERE ARG...: $tool refuses these arguments with this status, in one line, and shows
# nothing
bad()
{
	bad_status=$1 bad_why=$2
	shift 2
	# shellcheck disable=SC2154
	run bounded "$tool" "$@"
	is "$status" "$bad_status" "refused '$*': exit status"
	like "$err" "^$tool: $bad_why" "refused '$*': message"
	is "$(wc -l <err) $out" '1 ' "refused '$*': one line"
}

# start COMMAND...: in the background, output in the files out and err, its pid in $bg_pid
start()
{
	# what is there from before must not be taken for its output
	rm -f out err
	# "&" alone would let it ignore SIGINT
	workload run "$@" >out 2>err </dev/null &
	bg_pid=$!
}

# stop [SIGNAL]: signal (INT unless told) what start started and wait for its end: $status, $out,
# $err. "stop -" only waits.
stop()
{
	wait_for test -e out
	[ "${1:-INT}" = - ] || kill -"${1:-INT}" "$bg_pid" 2>/dev/null
	wait "$bg_pid" 2>/dev/null
	status=$?
	bg_pid=''
	# shellcheck disable=SC2034
	out=$(cat out) err=$(cat err)
	return 0
}

# start_workload ARG...: $workload (unless set, workload), held until release; its pid in $work_pid
start_workload()
{
	rm -f work.in work.out
	mkfifo work.in
	"${workload:-workload}" -p -w "$@" <work.in >work.out 2>&1 &
	work_job=$!
	exec 8>work.in
	wait_for lines work.out 1
	work_pid=$(head -n 1 work.out)
}

# release [nowait]: let the workload run, wait for its end
release()
{
	echo >&8
	exec 8>&-
	[ "${1:-}" = nowait ] || wait "$work_job"
}

# hot_sleeps: make too many calls of nanosleep() for "--max-rate 200", until cooled. They are few
# enough to leave this machine idle most of the time: emulating it is what tests cost.
hot_sleeps() { workload nanosleep 100000000 400 & hot_pid=$!; }
cooled()
{
	kill -KILL "$hot_pid"
	wait "$hot_pid" 2>/dev/null
}

# reads_of_others: short processes that read a file all the time, until reads_end.  Not cat: it has
# the kernel send the file, without a read.
reads_of_others()
{
	echo something >read.me
	sh -c 'while usleep 5000; do dd if=read.me bs=4; done' >/dev/null 2>&1 &
	reads_pid=$!
}
reads_end()
{
	kill "$reads_pid"
	wait "$reads_pid" 2>/dev/null
}

# recording: a tool is recording; only tools set this clock, after switching the buffer off
recording()
{
	for buffer in $T $T/instances/ftrace-tools-*; do
		case $(cat "$buffer/trace_clock" "$buffer/tracing_on" 2>/dev/null) in
		*'[mono]'*'
1')			return 0 ;;
		esac
	done
	return 1
}

two_threads()
{
	set -- "/proc/$work_pid/task/"*
	[ $# -eq 2 ] || return 1
	old=${2##*/}
	[ "$old" != "$work_pid" ] || old=${1##*/}
}

# team_of COMMAND...: run it while 1, 2, 4 and 8 sleeps are made by a first thread, one that was there
# before, a later one, and a child process. FIRST and OLD in the arguments are the IDs of the former
# two.
team_of()
{
	start_workload team 500
	echo >&8
	wait_for two_threads
	for arg; do
		shift
		case $arg in
		FIRST)	arg=$work_pid ;;
		OLD)	arg=$old ;;
		esac
		set -- "$@" "$arg"
	done
	start "$@"
	wait_for recording
	release
	stop
}

# --- what tools print

# json KEY [FILE]: the values of a key, one a line ("out" unless told)
json()
{
	awk -F "[{,]\"$1\":" 'NF > 1 { sub(/^"/, "", $NF); sub(/[",}].*/, "", $NF); print $NF }' \
		"${2:-out}"
}

# json_end KEY [FILE]: a number of the last record
json_end() { grep '^{"end":' "${2:-out}" | json "$1" -; }

# --- tracing state

# state_save NAME [-q], state_diff NAME [-q]: print what differs from the saved state
state_save() { tracestate ${2:+"$2"} $T >"/run/state.$1"; }

state_diff()
{
	tracestate ${2:+"$2"} $T >"/run/state.$1.now"
	diff -U 0 "/run/state.$1" "/run/state.$1.now" | grep -v '^[-+@][-+@]'
	cmp -s "/run/state.$1" "/run/state.$1.now"
}

# others_set [LINE...]: change what others may have set at top level when a tool is started. A line
# is "FILE VALUE [WHAT IT IS AT REST]". others_unset puts all at rest again. Of the threads that are not
# traced the kernel's thread 2 cannot be one: those it makes meanwhile would be added (event-fork).
others_set()
{
	cat >others <<EOF
set_ftrace_filter vfs_read
set_ftrace_notrace do_nanosleep
set_ftrace_pid 1
set_ftrace_notrace_pid 3
set_event_pid 1
set_event_notrace_pid 3
trace_clock global local
buffer_size_kb 64 $(cat $T/buffer_size_kb)
options/function-fork 1 0
options/event-fork 1 0
EOF
	for other; do
		echo "$other"
	done >>others
	echo 'tracing_on 0 1' >>others
	while read -r file value rest; do
		echo "$value" >"$T/$file"
	done <others
}

others_unset()
{
	# the last first
	sed -n '1!G; h; $p' others | while read -r file value rest; do
		echo "$rest" >"$T/$file"
	done
}

# --- what init runs: every test of this VM

# Processes that are not kernel threads, as "pid name", into the file $1. No child of this
# shell may be listed, so it makes none.
list_processes()
{
	for proc in /proc/[0-9]*; do
		[ -e "$proc/exe" ] || continue
		read -r comm <"$proc/comm" && echo "${proc#/proc/} $comm"
	done >"$1" 2>/dev/null
}

no_new_processes()
{
	list_processes /run/processes.now
	! grep -vxF -f /run/processes /run/processes.now >/run/processes.new
}

# Why this VM cannot run the test (its "# requires:" lines); nothing when it can.
unmet()
{
	sed -n 's/^# requires: *//p' "$1" | tr ' ' '\n' | while read -r want; do
		arg=${want#*=}
		case $want in
		''|icount|smp=*) ;;
		file=*)		[ -e "$T/$arg" ] || echo "no $arg in tracefs" ;;
		tracer=*)	grep -qw -e "$arg" $T/available_tracers || echo "no $arg tracer" ;;
		option=*)	[ -e "$T/options/$arg" ] || echo "no trace option $arg" ;;
		word=*)		grep -qF -e "$arg" $T/README || echo "this kernel has no $arg" ;;
		module=*)	[ -e "/modules/$arg.order" ] || echo "no module $arg" ;;
		function=*)	grep -qwF -e "$arg" $T/available_filter_functions ||
					echo "no function $arg" ;;
		*)		echo "unknown requirement '$want'" ;;
		esac
	done
}

# busy: hundredths of a second that the CPUs have worked since boot. In a VM that counts instructions
# a second is 500 million of them, about as long on the host; else a busy host makes it longer.
busy()
{
	read -r up idle </proc/uptime
	echo $(((${up%.*} * 100 + 1${up#*.} - 100) * cpus - ${idle%.*} * 100 - 1${idle#*.} + 100))
}

vm_test()
{
	name=$1
	echo "# begin $name"
	why=$(unmet "/t/$name" | head -n 1)
	if [ -n "$why" ]; then
		echo "1..0 # SKIP $why"
		echo "# end $name 0"
		return
	fi
	mkdir -p "/tmp/$name"
	begun=$(busy)
	state_save test -q
	list_processes /run/processes
	(cd "/tmp/$name" && exec timeout -s KILL 300 sh "/t/$name" </dev/null)
	echo "# end $name $?"
	tests_run=0
	tries=0
	until no_new_processes || [ $((tries += 1)) -gt 100 ]; do
		usleep 50000
	done
	is "$(cat /run/processes.new)" '' "$name: leaves no process"
	while read -r pid comm; do
		kill -KILL "$pid"
	done </run/processes.new
	is "$(state_diff test -q)" '' "$name: leaves the tracing state as it was"
	rm -rf "/tmp/${name:?}"
	cost=$(($(busy) - begun))
	diag "$name: $((cost / 100)).$((cost / 10 % 10)) s of work"
}

vm_tests()
{
	cpus=$(grep -c ^processor /proc/cpuinfo)
	state_save vm
	cmp_num "$(wc -l </run/state.vm)" -gt 1000 'the tracing state is readable'
	for name; do
		vm_test "$name"
	done
	is "$(state_diff vm)" '' 'the whole tracing state is as it was at boot'
	echo '# vm end'
}
