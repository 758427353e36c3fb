#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tpoint, against workloads whose events are known exactly: what it shows and counts, of which
# tasks, what it refuses and what it leaves behind.
# requires: file=events/raw_syscalls/sys_enter file=events/syscalls/sys_enter_nanosleep
. /t/lib.sh
. /t/endings.sh

applet tpoint

# point ARG...: run it; $status, $out, $err
point() { run bounded tpoint "$@"; }

# rows ERE: rows of JSON that match
rows() { grep '"event":' out | grep -cE -e "$1"; }

# ascending: numbers on stdin do not fall
ascending() { awk '$1 < last { exit 1 } { last = $1 } END { exit !NR }'; }

enter=raw_syscalls:sys_enter
nap=syscalls:sys_enter_nanosleep
ask=syscalls:sys_enter_getppid
snapshots() { [ -e $T/snapshot ] && [ -e $T/error_log ]; }
sleepers() { workload nanosleep 1000000 3000 & sleepers_pid=$!; }
no_sleepers() { kill -KILL $sleepers_pid; wait $sleepers_pid 2>/dev/null; }

state_save tpoint -q
sleepers

# --- events as data

point --json $enter 'id == 110' -- workload syscall getppid 50
is "$status" 0 'JSON: exit status'
is "$err" '' 'JSON: nothing on stderr'
is "$(rows '"event":"raw_syscalls:sys_enter","fields":\{"id":110,"args":\[([0-9]+,){5}[0-9]+\]\}\}$')" 50 \
	'JSON: every event, every field'
is "$(json comm | sort -u)" workload 'JSON: of the command, with its name'
is "$(json tid | sort -u | wc -l)" 1 'JSON: of one thread'
ok "$(json time_s | ascending; echo $?)" 'JSON: in order of time'
is "$(json_end lost)" 0 'JSON: nothing is lost'

point --json sched:sched_process_exec 'filename ~ "*/workload" && pid > 1' -- \
	sh -c 'workload exit 0; workload exit 0; true'
is "$(rows '"fields":\{"filename":"/t/bin/workload","pid":[0-9]+,"old_pid":[0-9]+\}')" 2 \
	'a filter of a pattern and a number, a dynamic string'
is "$(json_end events)" 2 'and nothing else is recorded'

point --json 'syscalls:sys_e*_getppid' -- workload syscall getppid 7
is "$(rows '"syscalls:sys_enter_getppid"') $(rows '"syscalls:sys_exit_getppid"')" '7 7' 'a pattern'
is "$(grep sys_exit out | json ret - | sort -u | wc -l)" 1 'values as the workload knows them'

point --csv --wall $enter 'id == 110' -- workload syscall getppid 2
is "$(head -n 1 out)" TIME,COMM,TID,CPU,FLAGS,EVENT,FIELDS '--csv: headings'
is "$(grep -cE '^20[0-9T:.-]*Z,workload,[0-9]+,0,[^,]*,raw_syscalls:sys_enter,"sys_enter: NR 110 ' out)" 2 \
	'--csv: rows, with the text; --wall: date and time'

if load null_blk; then
	dev=$(($(cut -d : -f 1 /sys/block/nullb0/dev) << 20))
	point --json block:block_rq_issue "dev == $dev" -- \
		dd if=/dev/zero of=/dev/nullb0 bs=64k count=8 conv=fsync
	is "$(json bytes | awk '{ n += $1 } END { print n + 0 }')" 524288 'block: every byte is in a request'
	is "$(json dev | sort -u)" $dev 'block: of that device alone'
	is "$(json rwbs | cut -c 1 | sort -u)" W 'block: written'
	rmmod null_blk
else
	skip 'no null_blk' 'block'
fi

# --- as text

point $enter 'id == 110' -- workload syscall getppid 5
is "$err" "Tracing $enter until 'workload' ends..." 'text: what is traced, on stderr'
like_line="^ +workload-[0-9]+ +\\[000\\] [^ ]+ +[0-9]+\\.[0-9]{6}: sys_enter: NR 110 \\(([0-9a-f]+, ){5}[0-9a-f]+\\)\$"
is "$(grep -cE "$like_line" out) $(wc -l <out)" '5 5' 'text: every line in the layout of the kernel'
point -H $nap -- workload nanosleep 2 1000
like "$(head -n 1 out)" '^# tracer: nop$' '-H: headings'
is "$(grep -cE ': sys_nanosleep\(rqtp: [0-9a-f]+, rmtp: [0-9a-f]+\)$' out)" 2 'text: a system call'

# The same events, recorded twice: our text, and the kernel's.
mkdir $T/instances/other
echo mono >$T/instances/other/trace_clock
for e in sched/sched_process_fork sched/sched_process_exec sched/sched_process_exit signal/signal_generate; do
	echo 1 >$T/instances/other/events/$e/enable
done
point sched:sched_process_fork sched:sched_process_exec sched:sched_process_exit signal:signal_generate \
	'common_pid != 0' -- sh -c 'workload fork 3 1000; workload exit 1; true'
echo 0 >$T/instances/other/tracing_on
grep -v '^#' $T/instances/other/trace | sed 's/[^]]*\] [^ ]* *[0-9.]*: //' >theirs
sed 's/[^]]*\] [^ ]* *[0-9.]*: //' out >ours
rmdir $T/instances/other
cmp_num "$(wc -l <ours)" -ge 10 'text: many events'
is "$(grep -vxF -f theirs ours)" '' 'text: each is a line of the kernel'

# --- stacks

point --json -s $nap -- workload nanosleep 3 1000
is "$(rows '"stack":"([^"]*;)?(__x64_sys_nanosleep|syscall_trace_enter[^"]*);')" 3 '-s: each with its stack'
unlike "$out" '"stack":"(trace_event|__traceiter|ftrace_)' '-s: without what belongs to the tracer'
point -s $nap -- workload nanosleep 3 1000
is "$(grep -c ': <stack trace>$' out)" 3 '-s: as the kernel shows them'
like "$out" '^ => do_syscall_64$' '-s: with names'
point --folded $nap -- workload nanosleep 3 1000
like "$out" '^workload;entry_SYSCALL_64_after_hwframe;do_syscall_64;.* 3$' '--folded: counted'
is "$(wc -l <out)" 1 '--folded: and nothing else'

# --- sums

point --json --count id $enter -- workload syscall getppid 3000
is "$(grep -c '"id":110,"count":3000}$' out)" 1 '--count: exact'
point --json --count comm,id $enter 'id == 110' -- workload syscall getppid 3000
is "$(sed -n 's/^{"time_s":[0-9.]*,//p' out)" '"comm":"workload","id":110,"count":3000}' \
	'--count: two fields, one of them a string'
point --count event 'syscalls:sys_e*_getppid' -- workload syscall getppid 40
is "$(echo $(sed 1d out | sort))" 'sys_enter_getppid 40 sys_exit_getppid 40' '--count event'
point --count id --top 1 $enter -- workload syscall getppid 300
is "$(echo $out)" 'id COUNT 110 300' '--top'

# the same of a command, which the kernel counts where it can, and of a process, which it cannot
point --verbose --count id $enter 'id == 110' -- workload syscall getppid 500
cp out by_command
way=$(grep -o 'counting .*' err)
start_workload syscall getppid 500
start tpoint --verbose --count id -p "$work_pid" $enter 'id == 110'
wait_for recording
release
stop
is "$out" "$(cat by_command)" '--count: the same either way'
is "$(echo $(cat by_command))" 'id COUNT 110 500' '--count: exact'
is "$(grep -o 'counting .*' err)" 'counting the records of the ring buffer' '--verbose: tells the way'
if grep -q 'hist:keys=' $T/README; then
	is "$way" 'counting in the kernel, by hist triggers' '--verbose: tells the other way'
else
	is "$way" 'counting the records of the ring buffer' '--verbose: there is no other here'
fi

start_workload nanosleep 400 5000
start tpoint --json --count id -i 500ms -p "$work_pid" $enter 'id == 35'
wait_for recording
release
stop
is "$(grep '"id":35' out | json count - | awk '{ n += $1 } END { print n + 0 }')" 400 \
	'-i: the intervals together are the whole'
cmp_num "$(grep -c '"id":35' out)" -ge 2 '-i: there are several'
start_workload nanosleep 400 5000
start tpoint --json --count id -i 500ms -p "$work_pid" --children $enter 'id == 35'
wait_for recording
release
stop
is "$(grep '"id":35' out | json count - | awk '{ n += $1 } END { print n + 0 }')" 400 \
	'-i: also where the kernel counts'

point --json --hist count syscalls:sys_enter_pread64 'count >= 3000' -- workload read /dev/zero 3000 20
is "$(sed -n 's/^{"time_s":[0-9.]*,//p' out)" '"low":2048,"high":4095,"count":20}' '--hist: exact'
point --hist count syscalls:sys_enter_pread64 'count >= 3000' -- \
	sh -c 'workload read /dev/zero 3000 20; workload read /dev/zero 9000 10'
is "$(sed 1d out)" "                2048 -> 4095                 : 20         |****************************************|
                4096 -> 8191                 : 0          |                                        |
                8192 -> 16383                : 10         |********************                    |" \
	'--hist: as text'
point --json --stats count syscalls:sys_enter_pread64 'count >= 3000' -- \
	sh -c 'workload read /dev/zero 3000 10; workload read /dev/zero 5000 10'
is "$(sed -n 's/^{"time_s":[0-9.]*,//p' out)" "\"count\":20,\"min\":3000,\"mean\":4000.000,\"max\":5000,\
\"stddev\":1000.000,\"p50\":3007,\"p90\":5000,\"p99\":5000,\"p99_9\":5000}" '--stats'
is "$(state_diff tpoint -q)" '' 'sums change nothing'

# --- which tasks

team() { team_of tpoint --json "$@" $nap; }

team -p FIRST
is "$(rows nanosleep)" 7 '-p: old and new threads, no child process, nobody else'
team -p FIRST --children
is "$(rows nanosleep)" 15 '--children: the child process, too'
team -L FIRST
is "$(rows nanosleep)" 1 '-L: the first thread alone'
team -L FIRST --children
is "$(rows nanosleep)" 13 '-L --children: the thread and what it makes, not its sister'
team -L OLD
is "$(rows nanosleep)" 2 '-L: another thread alone'

# --- how it ends by itself

point --json -d 300ms $nap
is "$status" 0 '-d: exit status'
cmp_num "$(rows nanosleep)" -ge 1 '-d: what came meanwhile'
point --json $enter 'id == 110' -- true
is "$status" 0 'nothing seen: exit status'
is "$err" "tpoint: nothing recorded: '$enter' did not happen in the tasks asked for, or never as the \
filter wants it" 'nothing seen: says why, in one line'

if [ -e $T/events/sched/sched_switch/trigger ]; then
	point --json --trigger traceoff:1 $nap -p $sleepers_pid
	is "$status" 0 '--trigger traceoff: ends by itself'
	is "$(rows nanosleep)" 1 '--trigger traceoff: with what triggered it'
	point --trigger 'stacktrace:2 if common_pid > 1' $nap 'rqtp != 0' -- workload nanosleep 5 1000
	is "$(grep -c sys_nanosleep out) $(grep -c '<stack trace>' out)" '5 2' '--trigger stacktrace:N'
	is "$(state_diff tpoint -q)" '' '--trigger: nothing of it remains'
fi
if snapshots; then
	point --json --trigger snapshot $nap $ask -L $sleepers_pid
	is "$status $err" '0 ' '--trigger snapshot: ends by itself'
	like "$(grep '"event":' out | tail -n 1)" "\"event\":\"$nap\"" \
		'--trigger snapshot: with what triggered it'
fi
no_sleepers
if snapshots; then
	point --json --trigger 'snapshot if rmtp == 0' $nap $ask -- \
		sh -c 'workload syscall getppid 3; workload nanosleep 2 1000; workload syscall getppid 5; :'
	is "$status $err" '0 ' '--trigger snapshot: exit status, nothing to complain'
	is "$(echo $(json event | tail -n 4 | uniq -c))" "3 $ask 1 $nap" \
		'--trigger snapshot: all before the match, and that, and no more'
	ok "$(json time_s | ascending; echo $?)" '--trigger snapshot: in order of time'
	point --json --buffer-size 8 --trigger snapshot $nap $ask -- \
		sh -c 'workload syscall getppid 3000; workload nanosleep 1 1000; :'
	is "$err" 'tpoint: older events were overwritten: the buffer holds no more (--buffer-size)' \
		'--trigger snapshot: tells that there was more'
	cmp_num "$(rows getppid)" -ge 50 '--trigger snapshot: the last of many'
	is "$(json event | tail -n 1) $(json_end lost)" "$nap 0" '--trigger snapshot: up to the match'
	point --json --trigger 'snapshot if rmtp == 1' $nap $ask -- workload nanosleep 3 1000
	is "$status $(rows event)" '0 0' '--trigger snapshot: nothing matched'
	is "$err" "tpoint: no snapshot was taken: '$nap' did not happen in the tasks asked for, or never \
as the filter wants it" '--trigger snapshot: nothing matched, says so'
	is "$(state_diff tpoint -q)" '' '--trigger snapshot: nothing of it remains'
fi

# --- listing

point -l 'raw_*:*'
is "$(echo $out)" 'raw_syscalls:sys_enter raw_syscalls:sys_exit' '-l: by a pattern'
point -l sched_process_ex
is "$(echo $out)" 'sched:sched_process_exec sched:sched_process_exit' '-l: by a part of the name'
point -lv raw_syscalls:sys_enter
is "$(echo $out)" 'raw_syscalls:sys_enter long id unsigned long[6] args' '-lv: with the fields'
point -v raw_syscalls:sys_enter
is "$out" "$(cat $T/events/raw_syscalls/sys_enter/format)" '-v: the format as the kernel has it'
point -l
(cd $T/events && for e in */*/enable; do e=${e%/enable}; echo "${e%%/*}:${e##*/}"; done) | sort >all
is "$(sort out | diff - all)" '' '-l: all of them'
point -l nonesuch
is "$status $err" "2 tpoint: no tracepoint matches 'nonesuch'" '-l: none'

# --- what is refused

# bad STATUS ERE ARG...: no output, and nothing changed
bad()
{
	want_status=$1 why=$2
	shift 2
	point "$@"
	is "$status" "$want_status" "refused '$*': exit status"
	like "$err" "^tpoint: $why" "refused '$*': message"
	is "$out" '' "refused '$*': no output"
}

bad 2 "cannot trace 'sched:sched_swich': no such tracepoint \(did you mean 'sched:sched_switch'\?\)$" \
	sched:sched_swich
bad 2 "cannot trace 'nonesuch:\*': no tracepoint matches$" 'nonesuch:*'
bad 2 "cannot filter 'sched:sched_switch': no such field 'prev_pidd' \(did you mean 'prev_pid'\?\)$" \
	sched:sched_switch 'next_pid == 1 && prev_pidd == 1'
is "$(sed -n '2,$p' err)" '  next_pid == 1 && prev_pidd == 1
                   ^' 'the place of the mistake'
bad 2 "cannot filter 'sched:sched_switch': .*" sched:sched_switch 'prev_pid == foo'
is "$(sed -n 2p err)" '  prev_pid == foo' "the kernel's word on it"
like "$(sed -n 3p err)" '^ +\^$' 'with a place, too'
bad 2 "cannot filter 'sched:sched_switch': a string needs quotes" sched:sched_switch 'prev_comm == sh'
bad 2 "cannot sum up '$enter': no such field 'idd' \(did you mean 'id'\?\)$" --count idd $enter
bad 2 "cannot sum up '$enter': 'args' is neither a number nor a string$" --count args $enter
bad 2 "cannot sum up 'sched:sched_switch': 'prev_comm' is not a number$" --hist prev_comm sched:sched_switch
bad 2 'no process or thread with ID 4194303$' -p 4194303 $nap
if snapshots; then
	bad 2 "cannot filter '$nap': no such field 'id'$" --trigger 'snapshot if id == 1' $nap $enter
fi
is "$(state_diff tpoint -q)" '' 'refusals change nothing'

point --json 'sched:sched_process_*' "filename == \"/t/bin/workload\"" -- workload exit 0
like "$err" '^tpoint: [0-9]+ of [0-9]+ tracepoints are left out, which have no such fields$' \
	'a pattern: those without the field are left out, and told'
is "$(rows sched_process_exec)" 1 'a pattern: the others are traced'

# --- itself, overload, loss

start tpoint --json -d 1 -o rows $enter
wait_for recording
own="$bg_pid $(guard_of "$bg_pid")"
stop -
cp rows out
is "$(json tid | grep -cxF "$(echo "$own" | tr ' ' '\n')")" 0 'none of its own'

hot_sleeps
point --max-rate 200 -o rows $enter
is "$status" 4 'overload: exit status'
like "$err" '^tpoint: stopped: more than 200 events a second' 'overload: says so'
cooled

point --json --buffer-size 8 $enter 'id == 110' -- workload syscall getppid 20000
lost=$(json_end lost)
cmp_num "$lost" -gt 0 'loss: there is some'
is $(($(json_end events) + lost)) 20000 'loss: nothing is unaccounted for'
is "$(rows '"id":110')" "$(json_end events)" 'loss: what is left is shown'
point --json --buffer-size 8 --count comm $enter 'id == 110' -- workload syscall getppid 20000
is $(($(json count) + $(json_end lost))) 20000 'loss: counted what was not lost'

endings_tracer=''
endings_second=works
endings_load='workload nanosleep 1000000 5000'
endings tpoint tpoint $nap

# A snapshot shows nothing before it is taken, so the list is not for it.
if snapshots; then
	ending=snapshot:
	endings_begin
	for signal in INT KILL; do
		start tpoint --trigger 'snapshot if rmtp == 1' $nap
		wait_for recording
		stop $signal
		wait_for at_rest_now
		at_rest "$ending SIG$signal"
	done
	endings_end
fi

is "$(state_diff tpoint -q)" '' 'the tracing state is as before'
done_testing
