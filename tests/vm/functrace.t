#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# functrace, against workloads whose calls are known exactly: what it shows, of which tasks, with
# which stacks, and what it leaves behind.
# requires: tracer=function function=do_nanosleep
. /t/lib.sh
. /t/endings.sh

applet functrace

# trace ARG...: run it; $status, $out, $err
trace() { run bounded functrace "$@"; }

# rows FUNCTION: so many rows of JSON, an ERE
rows() { grep -cE "\"function\":\"($1)\"" out; }

# of COMM FUNCTION: of one name
of() { grep -cE "\"comm\":\"$1\".*\"function\":\"($2)\"" out; }

# calls COMM FUNCTION CALLER: so many lines of text, each an ERE
calls() { grep -cE "^ +$1-[0-9]+ +\[000\] .{4,5} +[0-9]+\.[0-9]{6}: $2 <-$3\$" out; }

# ascending: numbers on stdin do not fall
ascending() { awk '$1 < last { exit 1 } { last = $1 } END { exit !NR }'; }

# in the background: sleeps which belong to nobody asked for
sleepers() { workload nanosleep 1000000 3000 & sleepers_pid=$!; }
no_sleepers() { kill -KILL $sleepers_pid; wait $sleepers_pid 2>/dev/null; }

state_save functrace -q

# --- the kernel's own text of the same calls, recorded beside

oracle=$T/instances/oracle
mkdir $oracle
echo do_nanosleep >$oracle/set_ftrace_filter
echo mono >$oracle/trace_clock
echo function >$oracle/current_tracer
echo 1 >$oracle/options/func_stack_trace
cat $oracle/trace >headings
trace -H --stack do_nanosleep -- workload nanosleep 5 1000
echo 0 >$oracle/tracing_on
is "$status" 0 'text: exit status'
is "$err" "Tracing do_nanosleep until 'workload' ends..." 'text: what is traced, on stderr'
is "$(grep '^#' out)" "$(cat headings)" '-H: the headings of the kernel'
# The times differ. Others sleep, too.
of_workload()
{
	awk '/^ *[^ ].*-[0-9]+ +\[/ { mine = /^ +workload-/ } mine' "$1" | sed 's/[0-9]*\.[0-9]*:/TIME:/'
}
of_workload out >ours
of_workload $oracle/trace >theirs
is "$(cat ours)" "$(cat theirs)" '--stack: the text of the kernel'
is "$(grep -c 'do_nanosleep <-hrtimer_nanosleep$' ours)" 5 '--stack: five calls'
is "$(grep -c '<stack trace>$' ours)" 5 '--stack: five stacks'
echo 0 >$oracle/options/func_stack_trace
echo nop >$oracle/current_tracer
rmdir $oracle

sleepers

# --- as text

trace do_nanosleep -- workload nanosleep 5 1000
is "$(calls workload do_nanosleep hrtimer_nanosleep)" 5 'text: five calls'
is "$(wc -l <out)" 5 'text: and nothing else'
ok "$(sed 's/.* \([0-9.]*\): .*/\1/' out | ascending; echo $?)" 'text: in order of time'
unlike "$out" '^#' 'text: no headings without -H'

iso='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z'
from=$(date -u +%Y-%m-%dT%H:%M:%S)
trace --wall do_nanosleep -- workload nanosleep 2 1000
to=$(date -u +%Y-%m-%dT%H:%M:%S.999999Z)
is "$(grep -cE "^ +workload-[0-9]+ +\[000\] .{4,5} $iso: do_nanosleep <-hrtimer_nanosleep\$" out)" 2 \
	'--wall: date and time'
ok "$( (echo "$from"; sed -E "s/.* ($iso): .*/\\1/" out; echo "$to") | sort -c; echo $?)" \
	'--wall: of now'

trace -p $sleepers_pid -d 300ms do_nanosleep
is "$status" 0 '-d: exit status'
cmp_num "$(calls workload do_nanosleep hrtimer_nanosleep)" -ge 10 '-d: what came meanwhile'
is "$err" 'Tracing do_nanosleep for 0.3 seconds...' '-d: told'

# --- as data

trace --json do_nanosleep -- workload nanosleep 5 2000
is "$status" 0 'JSON: exit status'
is "$err" '' 'JSON: nothing on stderr'
is "$(rows do_nanosleep)" 5 'JSON: five calls'
is "$(json_end events) $(json_end lost)" '5 0' 'JSON: all that were recorded'
is "$(json tid | sort -u | wc -l)" 1 'JSON: of one thread'
is "$(json comm | sort -u)" workload 'JSON: with its name'
is "$(json caller | sort -u)" hrtimer_nanosleep 'JSON: with the caller'
is "$(json flags | grep -vcE '^[.a-zA-Z0-9]{4,5}$')" 0 'JSON: with the flags'
ok "$(json time_s | awk 'last && $1 - last < 0.002 { exit 1 } { last = $1 } END { exit !NR }'; echo $?)" \
	'JSON: as far apart as it slept'
unlike "$out" '"stack"' 'JSON: no stack without --stack'

trace --csv do_nanosleep -- workload nanosleep 2 1000
is "$(head -n 1 out)" TIME,COMM,TID,CPU,FLAGS,FUNCTION,MODULE,CALLER,CALLER_MODULE,STACK,COUNT \
	'--csv: headings'
is "$(grep -cE '^[0-9]+\.[0-9]{9},workload,[0-9]+,0,.{4,5},do_nanosleep,,hrtimer_nanosleep,,,$' out)" 2 \
	'--csv: rows'

start functrace --json 'virtio_queue_rq*'
wait_for recording
echo something >/mnt/file
sync
stop
cmp_num "$(json module | grep -cx virtio_blk)" -ge 1 'JSON: the module of a function'

trace --json --exclude '*timer_nanosleep' 'do_nano*eep' hrtimer_nanosleep '*sys_getppid' -- \
	sh -c 'workload nanosleep 3 500; workload syscall getppid 7; true'
is "$(rows hrtimer_nanosleep)" 0 '--exclude: none that is excluded'
is "$(rows do_nanosleep)" 3 'several patterns: a * in the middle'
is "$(of workload '.*sys_getppid')" 7 'several patterns: a * in front'

# --- stacks

outer='__x64_sys_nanosleep;(x64_sys_call;)?do_syscall_64;entry_SYSCALL_64_after_hwframe'
way="do_nanosleep;hrtimer_nanosleep;$outer"
back='entry_SYSCALL_64_after_hwframe;do_syscall_64;(x64_sys_call;)?__x64_sys_nanosleep'
back="$back;hrtimer_nanosleep;do_nanosleep"
trace --json --stack do_nanosleep -- workload nanosleep 4 1000
is "$(grep -cE "\"caller\":\"hrtimer_nanosleep\",\"stack\":\"$way\"" out)" 4 \
	'--stack: in JSON without what belongs to the tracer'
is "$(json_end events)" 8 '--stack: each call has one'
ok "$(json time_s | ascending; echo $?)" '--stack: in order of time'

trace --folded do_nanosleep '*sys_getppid' -- \
	sh -c 'workload nanosleep 20 500; workload syscall getppid 3000; true'
is "$status" 0 '--folded: exit status'
first=$(sed -n 1p out)
like "$first" '^workload;entry_SYSCALL_64_after_hwframe;do_syscall_64;.*sys_getppid 3000$' \
	'--folded: the most frequent first, all counted'
is "$(sed -n 2p out | grep -cE "^workload;$back 20\$")" 1 '--folded: the other, too'
is "$(grep -c '^workload;' out)" 2 '--folded: and nothing else'

trace --folded --json do_nanosleep -- workload nanosleep 20 500
is "$(grep -cE "^\{\"comm\":\"workload\",\"stack\":\"$way\",\"count\":20\}\$" out)" 1 '--folded: in JSON'
is "$(wc -l <out)" 2 '--folded: a row, and the end'

# Two at once, the first ends first: stacks are a flag that instances share.
start functrace --stack -o first do_nanosleep
wait_for lines first 10
workload run functrace --stack -o second do_nanosleep 2>/dev/null </dev/null &
second=$!
wait_for lines second 10
stop
run bounded functrace -o third -d 100ms do_nanosleep
kill -INT $second
wait $second
is $? 0 'two with stacks at once: exit status'
unlike "$(cat third)" '^ =>' 'two with stacks at once: a third without has none'
is "$(state_diff functrace -q)" '' 'two with stacks at once: nothing of them remains'

# --- nothing to show

trace --json --folded do_nanosleep -- true
is "$status" 0 'nothing seen: exit status'
is "$err" "functrace: nothing recorded: the probe was in place, but 'do_nanosleep' was not called \
by the tasks asked for" 'nothing seen: says why, in one line'

# --- which tasks

team() { team_of functrace --json "$@" do_nanosleep; }

team --stack -p FIRST
is "$status" 0 '-p: exit status'
is "$(rows do_nanosleep)" 7 '-p: old and new threads, no child process, nobody else'
is "$(json tid | sort -u | wc -l)" 3 '-p: three threads'
is "$(json stack | grep -cE "^$way\$")" 7 '-p: with stacks'
team -p FIRST --children
is "$(rows do_nanosleep)" 15 '--children: the child process, too'
team -L FIRST
is "$(rows do_nanosleep)" 1 '-L: the first thread alone'
team -L OLD
is "$(rows do_nanosleep)" 2 '-L: another thread alone'
is "$(json tid | sort -u)" "$old" '-L: with its ID'

# --- how it ends by itself

rm -f pipe
mkfifo pipe
: <pipe &
bounded functrace -p $$ do_nanosleep >pipe 2>err </dev/null
is $? 0 'a reader that goes before anything is shown ends it'

trace --json do_nanosleep -- workload exit 3
is "$status" 0 'a command that fails: exit status'
is "$(tail -n 1 err)" "functrace: 'workload' exited with status 3" 'a command that fails: is told'
no_sleepers

# --- what is refused

tool=functrace
bad 2 "cannot trace 'do_nanosleeep': no such function \(did you mean 'do_nanosleep'\?\)$" \
	do_nanosleeep
bad 2 "cannot trace 'no_such_\*_function': no function matches$" 'no_such_*_function'
bad 2 "cannot trace 'do_nanosleeep': no such function" --exclude do_nanosleeep do_nanosleep
bad 2 'no process or thread with ID 4194303$' -p 4194303 do_nanosleep
bad 2 '.*-L' -p 1 -L 1 do_nanosleep
bad 2 '.*command.*together' -p 1 do_nanosleep -- true
bad 2 '.*--folded' -H --folded do_nanosleep
bad 2 '' --stack
is "$(state_diff functrace -q)" '' 'refusals change nothing'

echo 2 >/proc/sys/kernel/kptr_restrict
if [ -e $T/available_filter_functions_addrs ]; then
	trace --json do_nanosleep -- workload nanosleep 2 1000
	is "$status" 0 'hidden addresses: exit status'
	is "$(rows do_nanosleep)" 2 'hidden addresses: names all the same'
else
	bad 3 "the kernel's symbols are hidden \(kernel.kptr_restrict\)" --json do_nanosleep
fi
echo 0 >/proc/sys/kernel/kptr_restrict

# --- settings of others

others_set \
	'options/irq-info 0 1' \
	'options/latency-format 1 0'
state_save user -q
like "$(state_diff functrace -q)" '^\+set_ftrace_filter: vfs_read$' 'settings: are there'
trace --stack do_nanosleep -- workload nanosleep 2 2000
is "$(state_diff user -q)" '' 'settings: are there afterwards, all'
is "$(calls workload do_nanosleep hrtimer_nanosleep)" 2 'settings: do not change what is shown'
is "$(grep -c '^ => do_nanosleep$' out)" 2 'settings: nor the stacks'
others_unset
is "$(state_diff functrace -q)" '' 'settings: nothing of them remains'

# --- itself, overload, loss

reads_of_others
start functrace -v --json -d 1 -o rows 'vfs_*'
wait_for recording
own="$bg_pid $(guard_of "$bg_pid")"
# shellcheck disable=SC2154
is "$(sort -n "$buffer/set_ftrace_notrace_pid" | xargs)" "$own" \
	'its own processes are kept out by the kernel'
stop -
reads_end
is "$status" 0 'many functions: ends in time'
cp rows out
cmp_num "$(grep '"comm":"dd"' out | grep -c '"vfs_read"')" -ge 1 \
	'many functions: those of others are shown'
is "$(json tid | grep -cxF "$(echo "$own" | tr ' ' '\n')")" 0 'many functions: none of its own'

hot_sleeps
trace --max-rate 200 -o rows do_nanosleep
is "$status" 4 'overload: exit status'
like "$err" '^functrace: stopped: more than 200 events a second' 'overload: says so'
cmp_num "$(wc -l <rows)" -ge 200 'overload: what was seen is shown'
trace --max-rate 200 --folded do_nanosleep
is "$status" 4 'overload: of stacks'
like "$out" "^workload;$back [0-9]+\$" 'overload: what was counted is shown'
trace --max-rate 0 -d 2500ms -o rows do_nanosleep
is "$status" 0 '--max-rate 0: goes on'
cmp_num "$(wc -l <rows)" -ge 1000 '--max-rate 0: with more than that'
cooled

# lossy NAME ARG...: of 20000 calls nothing is unaccounted for
lossy()
{
	lossy=$1
	shift
	trace --json --buffer-size 8 "$@" '*sys_getppid' -- workload syscall getppid 20000
	is "$status" 0 "$lossy: exit status"
	lost=$(json_end lost)
	cmp_num "$lost" -gt 0 "$lost lost of $lossy: there is some"
	is "$(rows '.*sys_getppid')" "$(json_end events)" "$lossy: what is left is shown"
	is $(($(json_end events) + lost)) 20000 "$lossy: nothing is unaccounted for"
	like "$err" "^functrace: lost $lost events: .*--buffer-size" "$lossy: told with its number"
}
lossy loss
echo 0 >$T/options/overwrite
lossy 'loss of what is newest'
echo 1 >$T/options/overwrite
trace --buffer-size 8 '*sys_getppid' -- workload syscall getppid 20000
cmp_num "$(grep -cE '^\[lost ([0-9]+|an unknown number of) events on CPU 0\]$' out)" -ge 1 \
	'loss: shown at its place'
# Calls and stacks are lost one by one, and no call gets another's stack.
trace --json --stack --buffer-size 8 '*sys_getppid' 'do_nanosleep' -- \
	sh -c 'workload syscall getppid 5000; workload nanosleep 50 100; workload syscall getppid 5000'
cmp_num "$(json_end lost)" -gt 0 'loss of stacks: there is some'
is "$(json stack | grep -vcE '^(__[a-z0-9]*_sys_getppid;|do_nanosleep;hrtimer_nanosleep;)')" 0 \
	'loss of stacks: each begins where a call was'
is "$(grep '"function":"do_nanosleep"' out | json stack - | grep -vcE "^$way\$")" 0 \
	'loss of stacks: no call has that of another'

endings_second=works
endings_load='workload nanosleep 1000000 5000'
endings functrace functrace do_nanosleep

endings_begin
for tracer in function function_graph; do
	echo do_nanosleep >$T/set_ftrace_filter
	echo $tracer >$T/current_tracer
	works_beside "the tracer $tracer" INT functrace do_nanosleep
	echo nop >$T/current_tracer
	echo >$T/set_ftrace_filter
	at_rest "$ending beside the tracer $tracer"
done
endings_end

is "$(state_diff functrace -q)" '' 'the tracing state is as before'
done_testing
