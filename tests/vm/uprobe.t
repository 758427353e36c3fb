#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# uprobe, against calls that are known exactly: workload_called(i, 2, 3), which returns 2 i,
# workload_slept(us), and libc's getppid() and open().
# requires: file=uprobe_events
. /t/lib.sh
. /t/endings.sh

applet uprobe

probe() { run bounded uprobe "$@"; }
rows() { grep '"event":' out | grep -cE -e "$1"; }
calls() { grep '^{"calls":' out | json "$1" - | tr -d '}'; }
text() { grep -cE "^ +workload(-dynami)?-[0-9]+ +\\[000\\] [^ ]+ +[0-9]+\\.[0-9]{6}: ($1)\$" out; }

touch /etc/passwd
entry=$(ftrace-tools uprobe -l workload --json workload_called | json offset -)
echo "p:somebody/calls /t/bin/workload:$entry" >>$T/uprobe_events
echo 1 >$T/events/somebody/calls/enable
cp $T/uprobe_events events
state_save uprobe -q

# --- definitions

probe p:workload:workload_called -- workload call 5
is "$status $err" "0 Tracing workload_called until 'workload' ends..." 'p:program:function: exit status'
is "$(text 'workload_called: \(0x[0-9a-f]+\)') $(wc -l <out)" '5 5' 'p:program:function: every call'
probe 'p:mine /t/bin/workload:workload_called i=%di two=$arg2:u8 $arg3:s32' -- workload call 3
is "$(text 'mine: \(0x[0-9a-f]+\) i=0x[012] two=(2|0x2) arg3=3')" 3 'a path, a name, arguments'
probe 'r:workload:workload_called ret=$retval:s64' 'ret >= 4' -- workload call 5
is "$(text 'workload_called: \(0x[0-9a-f]+ <- 0x[0-9a-f]+\) ret=[468]') $(wc -l <out)" '3 3' \
	'r:, a return value, a filter'
probe "p:workload:$entry" "p:at workload:workload_called" -- workload call 2
is "$(text "workload_$entry: .*") $(text 'at: .*')" '2 2' 'by its place in the file'
probe p:libc:getppid -- workload-dynamic getppid 7
is "$(text 'getppid: \(0x[0-9a-f]+\)')" 7 'a function of a library'
probe --json 'p:libc:open name=$arg1:string' -- workload-dynamic openfile /etc/passwd '/a "b"'
is "$(rows '"name":"/etc/passwd"\}')" 1 'strings'
is "$(rows '"name":"/a \\"b\\""\}')" 1 'strings: escaped'

probe --json --ret 'workload:workload_called i=$arg1' -- workload call 5
is "$(rows '"fields":\{"__probe_ip":[0-9]+,"i":4\},"latency_us":[0-9.]+,"retval":8\}') $(calls paired)" '1 5' \
	'--ret: argument and return value'
is "$(grep '"event"' out | sed 's/.*"i":\([0-9]*\)}.*"retval":\([0-9]*\)}/\1 \2/' |
	awk '$2 != 2 * $1 { print }')" '' '--ret: never of two different calls'
probe --ret 'workload:workload_slept us=$arg1:u64' -- workload slowcall 2 20000
is "$(text 'workload_slept: \(0x[0-9a-f]+\) us=(20000|0x4e20) ret=0x4e20 latency_us=2[0-9]{4}\.[0-9]{3}')" 2 \
	'--ret: as text'

probe --count i 'p:workload:workload_called i=$arg1:s32' -- workload call 5
is "$(sed 1d out | awk '{ n += $2 } END { print NR, n }')" '5 5' '--count'
probe --stats i 'p:workload:workload_called i=$arg1:s32' -- workload call 101
is "$(sed -n 2p out | xargs)" '101 0 50.000 100 29.155 50 90 99 100' '--stats'

start_workload slowcall 3 200000
start uprobe -s -p "$work_pid" p:workload:workload_slept
wait_for recording
release
stop
is "$(grep -c '<user stack trace>' out) $(grep -c '^ => workload_slept \[workload\]$' out)" '3 3' \
	'-s: the stack of the program'
start_workload slowcall 3 200000
start uprobe --json -s -p "$work_pid" p:workload:workload_slept
wait_for recording
release
stop
is "$(rows '"stack":"workload_slept[;"]')" 3 '-s: in JSON'

# names are looked up while the process lives
start_workload slowcall 3 200000
start uprobe --folded -p "$work_pid" p:workload:workload_slept
wait_for recording
release
stop
is "$(grep -cE '^workload;([^ ;]+;)*workload_slept 3$' out) $(wc -l <out)" '1 1' '--folded'
start_workload slowcall 3 200000
start uprobe --json --folded -p "$work_pid" p:workload:workload_slept
wait_for recording
release
stop
is "$(grep -cE '"comm":"workload","stack":"workload_slept(;[^"]+)*","count":3\}$' out)" 1 \
	'--folded: in JSON'

# --- probes that a program has built in

for program in workload workload-dynamic; do
	probe -l $program --usdt workload
	is "$out" 'workload:fired
workload:guarded' "$program: -l --usdt"
	before=${workload:-workload}
	workload=$program
	start_workload usdt 5
	start uprobe --json -o rows "u:/t/bin/$program:workload:guarded" \
		"u:/t/bin/$program:workload:fired i=\$arg1 text=+0(\$arg2):string"
	wait_for recording
	echo >&8
	wait_for lines work.out 2
	stop
	release
	workload=$before
	mv rows out
	is "$(grep -o '"i":.*' out | xargs)" "$(for i in 0 1 2 3 4; do echo "i:$i,text:text $i}}"; done |
		xargs)" "$program: u:, with the arguments asked for"
	is "$(grep -o '"arg1":.*' out | xargs)" 'arg1:0}} arg1:2}} arg1:4}} arg1:6}} arg1:8}}' \
		"$program: u:, with all that the probe tells"
	is "$(sed 1d work.out | xargs)" 'semaphore 1 semaphore 0' \
		"$program: its semaphore is counted up while it is traced, then down"
done
probe 'u:workload:fired $arg1' -- workload usdt 2
is "$(text 'fired: \(0x[0-9a-f]+\) arg1=[01]')" 2 'u:provider:name'

# --- which tasks

workload slowcall 1000000 12000 &
sleepers_pid=$!
start_workload slowcall 4 20000
start uprobe -p "$work_pid" -o rows p:workload:workload_slept
wait_for recording
release
stop
is "$(wc -l <rows) $(grep -c " workload-$work_pid " rows)" '4 4' '-p: of that process alone'
kill -KILL $sleepers_pid
wait $sleepers_pid 2>/dev/null

# --- lists, formats

probe -l workload 'workload_*'
is "$status $out" '0 workload_called
workload_slept' '-l: functions that match'
probe -l libc getppid
is "$(grep -x getppid out)" getppid '-l: of a library'
probe -v 'p:workload:workload_called i=$arg1:s32'
is "$status $(sed -n 's/^name: //p' out)" '0 workload_called' '-v: the format'
like "$out" '	field:s32 i;	offset:16;	size:4;	signed:1;' '-v: the fields'

# --- what is refused

tool=uprobe

bad 2 "cannot trace 'workload:workload_caled': no such function in '/t/bin/workload' \(did you mean\
 'workload_called'\?\)$" p:workload:workload_caled
bad 2 "cannot probe 'workload_called\+0x1': a probe in the middle of an instruction breaks" \
	p:workload:workload_called+1
bad 2 "cannot probe '/t/bin/workload:0x1': it tells of no function that begins there" p:workload:0x1
bad 2 "cannot list 'nonesuch': no such program or library$" -l nonesuch
bad 2 "cannot probe 'nonesuch': no such program or library$" p:nonesuch:0x10
bad 2 '.*no such process: 4194303' -p 4194303 p:workload:workload_called
probe p:workload:workload_called 'j == 1'
is "$status $(echo "$err" | head -n 1)" "2 uprobe: cannot filter 'workload_called': no such field 'j'" \
	'a filter that is none'

is "$(cat $T/uprobe_events)" "$(cat events)" 'the probes of others are there'
is "$(state_diff uprobe -q)" '' 'the tracing state is as before'

# --- loss

probe --json --ret --buffer-size 8 -o rows 'workload:workload_called i=$arg1' -- workload call 20000
mv rows out
lost=$(json_end lost)
cmp_num "$lost" -gt 0 'loss: there is some'
is $(($(json_end events) + lost)) 40000 'loss: nothing is unaccounted for'
is "$(rows .)" "$(calls paired)" 'loss: what is certain is shown'
is "$(grep '"event"' out | sed 's/.*"i":\([0-9]*\)}.*"retval":\([0-9]*\)}/\1 \2/' |
	awk '$2 != 2 * $1 { print }')" '' 'loss: never of two different calls'

echo 0 >$T/events/somebody/calls/enable
echo >$T/trace
if grep -q 'traceoff' $T/events/sched/sched_switch/trigger; then
	probe --json --trigger traceoff:1 p:workload:workload_called -- workload call 5
	is "$status $(rows .)" '0 1' '--trigger traceoff: ends with what triggered it'
fi

endings_load='workload slowcall 1000000 5000'
endings uprobe uprobe p:workload:workload_slept
is "$(cat $T/uprobe_events)" "$(cat events)" 'after all ends the probes of others are there'
echo '-:somebody/calls' >>$T/uprobe_events
done_testing
