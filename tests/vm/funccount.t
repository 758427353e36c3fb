#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# funccount of kernel functions and tracepoints, against workloads whose calls are known exactly, by
# each way to count that this kernel has, and what it leaves behind.
# requires: tracer=function function=do_nanosleep file=kprobe_events
. /t/lib.sh
. /t/endings.sh

applet funccount

# count ARG...: run it; $status, $out, $err
count() { run bounded funccount "$@"; }

# of FUNC [FILE]: its count in text, over all summaries
of() { awk -v f="$1" 'NF > 1 && $(NF - 1) ~ f { n += $NF } END { print n + 0 }' "${2:-out}"; }

# watch ARG...: in the background, until it counts
watch()
{
	start funccount "$@"
	wait_for has err '^Tracing '
}

# total: of all rows of JSON
total() { json count | awk '{ n += $1 } END { print n + 0 }'; }

state_save funccount -q

# --- counts are right, on each rung

calls=100000
count -v '*sys_getppid' -- workload syscall getppid $calls
is "$status" 0 'trace: exit status'
is "$(of getppid)" $calls 'trace: every call is counted'
like "$err" "^funccount: counting by 'trace': " 'trace: -v names the way'
like "$err" "^funccount: not counting by 'profiler': this kernel has no function profiler" \
	'trace: and why not by the profiler'
like "$err" "^funccount: not counting by 'hits': the hits of a probe do not tell which process" \
	'trace: and why not by hits'
unlike "$err" 'lost|missed' 'trace: nothing is lost'

watch -v '*sys_getppid'
workload syscall getppid $calls
stop
is "$status" 0 'hits: exit status'
is "$(of getppid)" $calls 'hits: every call is counted'
like "$err" "^funccount: counting by 'hits': " 'hits: -v names the way'
unlike "$err" 'lost|missed' 'hits: nothing is missed'

watch --method trace '*sys_getppid'
workload syscall getppid $calls
stop
is "$(of getppid)" $calls 'trace, all processes: every call is counted'

count t:syscalls:sys_enter_getppid -- workload syscall getppid $calls
is "$(of '^syscalls:sys_enter_getppid$')" $calls 'tracepoint: every call is counted'

# what enters the kernel, by a tracepoint, and what runs there: nothing is between the two
count --json t:raw_syscalls:sys_enter 't:syscalls:sys_e*_getppid' '*sys_getppid' -- \
	workload syscall getppid 300
is "$(grep -c '"count":300}$' out)" 3 'functions and tracepoints together: three rows of 300'
cmp_num "$(grep raw_syscalls:sys_enter out | json count -)" -ge 300 'and all system calls'

watch '*sys_gettid' '*sys_getppid'
workload syscall gettid 7
workload syscall getppid 20
workload syscall gettid 4
stop
is "$(of gettid) $(of getppid)" '11 20' 'several functions'

# the same probes for two at a time
watch '*sys_getppid'
other=$bg_pid
mv err err.other
mv out out.other
watch '*sys_getppid'
workload syscall getppid 500
stop
is "$(of getppid)" 500 'two at a time: the second'
kill -INT "$other"
wait "$other"
is "$(of getppid out.other)" 500 'two at a time: the first'

# --- functions that a way cannot count

echo '*' >$T/set_ftrace_filter
twin=$(cut -d ' ' -f 1 $T/set_ftrace_filter | sort | uniq -d | grep -v '\.' | head -n 1)
echo >$T/set_ftrace_filter
count -v -d 100ms "$twin" do_nanosleep
is "$status" 0 'a name of several functions: exit status'
like "$err" "^funccount: not counting by 'hits': no kprobe on '$twin': several functions have" \
	'a name of several functions: no kprobe'
like "$err" "^funccount: counting by 'trace'" 'a name of several functions: the next way'
count --method hits -d 100ms "$twin" do_nanosleep
is "$status" 0 'a name of several functions, hits asked for: exit status'
like "$err" "^funccount: not counted: '$twin' \(1 of 2 functions\): several functions have this name$" \
	'a name of several functions, hits asked for: told'
count --method hits "$twin"
is "$status" 3 'nothing else, hits asked for: exit status'
like "$err" "^funccount: cannot count '$twin' by kprobes: several functions have this name$" \
	'nothing else, hits asked for: told'

# --- summaries

workload nanosleep 1000000 2000 &
sleeper=$!

for method in hits trace; do
	count --method $method -T -i 300ms -d 1.2 do_nanosleep
	is "$(grep -cE '^FUNC {30}COUNT$' out)" 4 "-i, $method: a summary each interval, no more"
	is "$(grep -cE '^$' out)" 4 "-i, $method: with an empty line before each"
	is "$(grep -cE '^[A-Z][a-z]{2} [A-Z][a-z]{2} [ 1-3][0-9] [0-9:]{8} UTC 20[0-9]{2}$' out)" 4 \
		"-T, $method: and the date"
	is "$(grep -cE '^do_nanosleep {12,}[1-9][0-9]*$' out)" 4 "-i, $method: each with its own counts"
done
count --json -i 300ms -d 900ms do_nanosleep
is "$(json time_s | sort -u | wc -l)" 3 '-i --json: a time for each summary'
is "$(json time_s | sort -c -n; echo $?)" 0 '-i --json: in order'
before=$(cut -d ' ' -f 1 /proc/uptime)
is "$(json time_s | awk -v now="$before" '$1 < now - 30 || $1 > now { n++ } END { print n + 0 }')" 0 \
	'-i --json: of the trace clock'
from=$(date -u +%Y-%m-%dT%H:%M:%S)
count --csv --wall -d 300ms do_nanosleep
is "$(head -n 1 out)" TIME,PID,COMM,FUNCTION,MODULE,FILE,COUNT '--csv: headings'
is "$(sed 1d out | grep -cE '^[-0-9]{10}T[0-9:]{8}\.[0-9]{6}Z,,,do_nanosleep,,,[0-9]+$')" 1 '--csv: a row'
ok "$( (echo "$from"; sed '1d; s/,.*//' out; date -u +%Y-%m-%dT%H:%M:%S.999999Z) | sort -c; echo $?)" \
	'--wall: of now'
kill -KILL $sleeper
wait $sleeper 2>/dev/null

cat >mixed <<'EOF'
workload nanosleep 3 500
workload syscall getppid 2000
workload syscall gettid 40
workload syscall sched_yield 40
EOF
set -- 't:syscalls:sys_enter_getppid' t:syscalls:sys_enter_gettid t:syscalls:sys_enter_sched_yield \
	t:syscalls:sys_enter_nanosleep
count "$@" -- sh -c '. ./mixed; true'
is "$(sed 's/.*sys_enter_//; s/  */ /' out | tail -n 4 | sed '4s/200[0-9]/2000/' | xargs)" \
	'nanosleep 3 gettid 40 sched_yield 40 getppid 2000' 'the most frequent comes last, equals by name'
count -t 2 "$@" -- sh -c '. ./mixed; true'
is "$(sed 1,2d out | wc -l)" 2 '-t: so many rows'
like "$(tail -n 1 out)" ':sys_enter_getppid ' '-t: the most frequent'
like "$err" '^Tracing t:syscalls:sys_enter_getppid and others \(top 2\) until .sh. ends\.\.\.$' \
	'-t: told'

count -d 300ms --exclude do_nanosleep '*_nanosleep' -- workload nanosleep 3 500
is "$(of '^do_nanosleep$')" 0 '--exclude: not what is excluded'
cmp_num "$(of _nanosleep)" -ge 3 '--exclude: others are counted'

count '*_no_nanosleep_' do_nanosleep -- true
is "$status" 2 'one pattern without a match: exit status'
count do_nanosleep -- true
is "$status" 0 'nothing called: exit status'
is "$out" '
FUNC                              COUNT' 'nothing called: headings alone'
like "$err" "^funccount: nothing counted by .*: 'do_nanosleep' was not called by the tasks asked for$" \
	'nothing called: says why'
count -d 100ms --json tcp_v4_connect
is "$(grep -c '"count"' out) $status" '0 0' 'nothing called, by hits: no row'
like "$err" "^funccount: nothing counted by .*: 'tcp_v4_connect' was not called$" \
	'nothing called, by hits: says why'

# --- which tasks

workload nanosleep 1000000 3000 &
other=$!
start_workload team 500
echo >&8
start funccount --json -p "$work_pid" do_nanosleep t:syscalls:sys_enter_nanosleep
wait_for recording
release
stop
is "$(json count | sort -u)" 7 '-p: its threads, no child process, nobody else; by function and event'
start_workload team 500
echo >&8
start funccount --json -p "$work_pid" --children do_nanosleep t:syscalls:sys_enter_nanosleep
wait_for recording
release
stop
is "$(json count | sort -u)" 15 '--children: the child process, too'
kill -KILL $other
wait $other 2>/dev/null

count t:task:task_newtask -- workload fork 5 100
is "$(of task_newtask)" 5 'forks, which are how tasks are followed, count like others'

count --json --by-pid do_nanosleep t:syscalls:sys_enter_nanosleep -- \
	sh -c 'workload nanosleep 5 100; workload threads 4 2 100; workload fork 3 100; true'
row='^\{"time_s":[0-9.]+,"pid":[0-9]+,"comm":"workload","function":"do_nanosleep","count"'
is "$(grep -E "$row" out | json count - | xargs)" '1 1 1 5 8' '--by-pid: each process, with its threads'
is "$(grep -E "$row" out | json pid - | sort -u | wc -l)" 5 '--by-pid: five processes'
is "$(total)" 32 '--by-pid: and tracepoints likewise'
start_workload nanosleep 6 100
start funccount --by-pid do_nanosleep
wait_for recording
release
stop
like "$out" '^    PID COMM             FUNC {30}COUNT$' '--by-pid: headings'
like "$out" "^ +$work_pid workload +do_nanosleep +6$" '--by-pid: a process from before, gone since'

# --- refusals

tool=funccount
bad 2 "cannot trace 'do_nanosleeep': no such function \(did you mean 'do_nanosleep'\?\)$" do_nanosleeep
bad 2 "--exclude 'nonesuch' matches nothing that would be counted$" --exclude nonesuch do_nanosleep
bad 2 "--exclude 'nonesuch' matches nothing that would be counted$" --exclude nonesuch -p 1 'vfs_*'
bad 2 'nothing to count: all that match are excluded$' --exclude 'do_*' do_nanosleep
bad 3 "cannot count by 'profiler': this kernel has no function profiler \(CONFIG_FUNCTION_PROFILER\)$" \
	--method profiler do_nanosleep
bad 3 "cannot count by 'hits': the hits of a probe do not tell which process made them$" \
	--method hits --by-pid do_nanosleep
bad 3 "cannot count by 'hits': tracepoints do not count their hits$" --method hits t:sched:sched_switch
bad 3 "cannot count by 'hits': more than [0-9]+ kernel functions match" --method hits 'vfs_*' 'ext4_*'
bad 2 '.*sched_swich' t:sched:sched_swich
is "$(state_diff funccount -q)" '' 'refusals change nothing'

echo 2 >/proc/sys/kernel/kptr_restrict
count '*sys_getppid' -- workload syscall getppid 50
if [ -e $T/available_filter_functions_addrs ]; then
	is "$(of getppid)" 50 'hidden addresses: names all the same'
else
	is "$status" 3 'hidden addresses: exit status'
	like "$err" "the kernel's symbols are hidden" 'hidden addresses: message'
fi
watch '*sys_getppid'
workload syscall getppid 50
stop
is "$(of getppid)" 50 'hidden addresses: no matter for hits'
echo 0 >/proc/sys/kernel/kptr_restrict

# --- settings of others

echo do_nanosleep >$T/set_ftrace_filter
echo function >$T/current_tracer
for option in func_stack_trace func-no-repeats; do
	[ ! -e $T/options/$option ] || echo 1 >$T/options/$option
done
echo 1 >$T/set_event_pid
echo 1 >$T/set_ftrace_pid
state_save user -q
count '*sys_getppid' t:syscalls:sys_enter_getppid -- workload syscall getppid 3000
is "$(sed 1,2d out | sed 's/.* //' | xargs)" '3000 3000' 'settings of others: do not change what is counted'
watch '*sys_getppid'
workload syscall getppid 3000
stop
is "$(of getppid)" 3000 'settings of others: nor by hits'
is "$(state_diff user -q)" '' 'settings of others: are there afterwards'
for option in func_stack_trace func-no-repeats; do
	[ ! -e $T/options/$option ] || echo 0 >$T/options/$option
done
echo nop >$T/current_tracer
echo >$T/set_ftrace_pid
echo >$T/set_event_pid
echo >$T/set_ftrace_filter
is "$(state_diff funccount -q)" '' 'settings of others: nothing of them remains'

# --- itself, overload, loss

reads_of_others
start funccount --json --by-pid -d 1 -o rows 'vfs_*'
own=$bg_pid
wait_for recording
own="$own $(guard_of "$own")"
stop -
reads_end
cp rows out
cmp_num "$(grep '"comm":"dd"' out | grep -c '"vfs_read"')" -ge 1 'many functions: of others' ||
	diag "$(cat err; grep vfs_read out; tail -n 5 out)"
is "$(json pid | grep -cxF "$(echo "$own" | tr ' ' '\n')")" 0 'many functions: none of its own'

hot_sleeps
count --method trace --max-rate 200 do_nanosleep
is "$status" 4 'overload: exit status'
like "$err" '^funccount: stopped: more than 200 events a second' 'overload: says so'
cmp_num "$(of '^do_nanosleep$')" -ge 200 'overload: what was counted is shown'
cooled

count --buffer-size 8 '*sys_getppid' -- workload syscall getppid 20000
shown=$(of getppid)
lost=$(echo "$err" | sed -n 's/^funccount: lost \([0-9]*\) events: .*/\1/p')
cmp_num "$lost" -gt 0 'loss: there is some, and it is told'
is $((shown + lost)) 20000 'loss: nothing is unaccounted for'
is "$(tail -n 1 out)" "[lost $lost events]" 'loss: told with the counts'
count --json --buffer-size 8 '*sys_getppid' -- workload syscall getppid 20000
is $(($(total) + $(json_end lost))) 20000 'loss: in JSON, too'
is "$(grep -cv '"count"' out)" 1 'loss: in the last record alone'

endings_load='workload nanosleep 1000000 5000'
endings 'funccount, hits' funccount -i 200ms do_nanosleep
endings_other_way=yes
endings 'funccount, trace' funccount -i 200ms --method trace do_nanosleep t:sched:sched_switch

is "$(state_diff funccount -q)" '' 'the tracing state is as before'
done_testing
