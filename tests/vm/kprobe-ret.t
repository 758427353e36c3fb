#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kprobe --ret: entry and return as one row; hits that the kernel missed, loss, overload, all ends.
# requires: function=do_sys_openat2 function=hrtimer_nanosleep
. /t/lib.sh
. /t/endings.sh

applet kprobe

probe() { run bounded kprobe "$@"; }
rows() { grep '"event":' out | grep -cE -e "$1"; }
calls() { grep '^{"calls":' out | json "$1" - | tr -d '}'; }

touch /etc/passwd
echo 'p:somebody/opens do_sys_openat2' >>$T/kprobe_events
echo 1 >$T/events/somebody/opens/enable
cp $T/kprobe_events events
state_save ret -q

probe --ret -o rows 'do_sys_openat2 name=$arg2:ustring' -- workload openfile /etc/passwd /nonesuch
is "$status" 0 '--ret: exit status'
line='^ +workload-[0-9]+ +\[000\] [^ ]+ +[0-9.]+: do_sys_openat2: \(do_sys_openat2\+0x0/0x[0-9a-f]+\)'
is "$(grep -cE "$line name=\"/etc/passwd\" ret=0x[0-9a-f]+ latency_us=[0-9]+\.[0-9]{3}\$" rows)" 1 \
	'--ret: one line'
is "$(grep -cE "$line name=\"/nonesuch\" ret=-2 latency_us=[0-9]+\.[0-9]{3}\$" rows) $(wc -l <rows)" '1 2' \
	'--ret: an error in decimal'
probe --ret --errno -o rows 'do_sys_openat2 name=$arg2:ustring' 'name ~ "/n*"' -- \
	workload openfile /etc/passwd /nonesuch
is "$(grep -cE "$line name=\"/nonesuch\" ret=-ENOENT latency" rows) $(wc -l <rows)" '1 1' \
	'--errno: an error by its name; and a filter'
is "$(echo "$err" | wc -l)" 1 'a filter: what it leaves out is no call without its beginning'

cat >mixed <<'END'
workload nanosleep 5 2000
workload nanosleep 5 20000
true
END
probe --json --ret -o rows do_nanosleep 'hrtimer_nanosleep' -- sh mixed
mv rows out
is "$(rows '"event":"do_nanosleep","fields":\{"__probe_ip":[0-9]+\},"latency_us":[0-9.]+,"retval":0\}')" 10 \
	'JSON: every call'
is "$(rows '"event":"hrtimer_nanosleep"')" 10 'JSON: of another function at the same time'
is "$(grep do_nano out | json latency_us - | awk '$1 >= 20000 { slow++ } $1 >= 2000 { n++ } END { print n, slow }')" \
	'10 5' 'JSON: as long as they slept'
is "$(calls paired) $(calls unbegun) $(calls open) $(calls unended) $(calls missed)" '20 0 0 0 0' 'JSON: the totals'

# more at once than the kernel's own choice of return instances
probe --json --ret -o rows hrtimer_nanosleep -- workload threads 100 2 20000
mv rows out
is "$(rows hrtimer_nanosleep) $(calls paired) $(calls missed)" '200 200 0' 'many at once: all are there'
probe --json -o rows r2:hrtimer_nanosleep -- workload threads 20 1 50000
mv rows out
if grep -q '"missed":' out; then
	like "$err" "^kprobe: the kernel missed [0-9]+ hits of 'hrtimer_nanosleep' \(of any process\)$" \
		'missed hits: are told'
	# of other processes, too
	cmp_num $(($(rows hrtimer_nanosleep) + $(grep '^{"missed":' out | json hrtimer_nanosleep - | tr -d '}'))) -ge 20 \
		'missed hits: their number'
else
	skip 'before 5.15 the kernel does not count them' 'missed hits'
fi

# one that sleeps on when the trace ends
start_workload nanosleep 1 20000000
start kprobe --json --ret -p "$work_pid" hrtimer_nanosleep
wait_for recording
release nowait
wait_for grep -q '^35 ' "/proc/$work_pid/syscall"
stop
like "$err" '^kprobe: calls not shown: 1 still running at the end$' 'still running: is told'
kill "$work_pid"
wait "$work_job" 2>/dev/null

getppid=$(grep -m 1 -E ' [tT] (__x64_)?sys_getppid$' /proc/kallsyms | cut -c 20-)
probe --json --ret --buffer-size 8 -o rows "$getppid" -- workload syscall getppid 20000
mv rows out
lost=$(json_end lost)
cmp_num "$lost" -gt 0 'loss: there is some'
is $(($(json_end events) + lost)) 40000 'loss: nothing is unaccounted for'
is "$(rows getppid)" "$(calls paired)" 'loss: what is certain is shown'

hot_sleeps
probe --max-rate 200 -o rows p:hrtimer_nanosleep
is "$status" 4 'overload: exit status'
like "$err" '^kprobe: stopped: more than 200 events a second' 'overload: says so'
cooled

is "$(cat $T/kprobe_events)" "$(cat events)" 'the probes of others are there'
is "$(state_diff ret -q)" '' 'the tracing state is as before'
echo 0 >$T/events/somebody/opens/enable
echo >$T/trace

endings_load='workload nanosleep 1000000 5000'
endings kprobe kprobe --ret hrtimer_nanosleep
is "$(cat $T/kprobe_events)" "$(cat events)" 'after all ends the probes of others are there'
echo '-:somebody/opens' >>$T/kprobe_events
done_testing
