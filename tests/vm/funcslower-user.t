#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# funcslower on functions of programs and libraries: workload_called(i, 2, 3), which returns 2 i,
# workload_slept(us), and libc's getppid().
# requires: file=uprobe_events
. /t/lib.sh
. /t/endings.sh

applet funcslower

# slower ARG...: run it; $status, $out, $err
slower() { run bounded funcslower "$@"; }

# rows FUNCTION: so many rows of JSON, an ERE
rows() { grep -cE "\"function\":\"($1)\"" out; }

# list KEY: the values of a key that holds a list, one a line
list() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" out; }

# calls KEY: a number of the record of calls
calls() { grep '^{"calls":' out | json "$1" - | tr -d '}'; }

shortest() { json duration_us | sed 's/\..*//' | sort -n | head -n 1; }

cat >mixed <<'EOF'
workload slowcall 5 2000
workload slowcall 5 20000
true
EOF

state_save user -q
workload slowcall 1000000 12000 &
sleepers_pid=$!

# --- programs

slower --json workload:workload_slept 10ms -- sh mixed
is "$status" 0 'program: exit status'
is "$err" '' 'program: nothing on stderr'
is "$(rows workload_slept) $(rows '.*')" '5 5' 'program: the five slow calls, and no others'
cmp_num "$(shortest)" -ge 20000 'program: each as long as it slept'
is "$(json comm | sort -u) $(json file | sort -u)" 'workload /t/bin/workload' \
	'program: its name and file'
is "$(json_end events) $(calls paired)" '20 10' 'program: all calls were recorded'

slower --json --args 3 --retval /t/bin/workload:workload_called 1 -- workload call 5
is "$(list args | xargs)" '0x0,0x2,0x3 0x1,0x2,0x3 0x2,0x2,0x3 0x3,0x2,0x3 0x4,0x2,0x3' \
	'path: arguments'
is "$(json retval | xargs)" '0 2 4 6 8' 'path: return values'

slower --json --args 1 --retval 'workload:workload_*' 1 -- \
	sh -c 'workload call 3; workload slowcall 2 2000; true'
is "$(rows workload_called) $(rows workload_slept)" '3 2' 'pattern: both functions'
slower --json --exclude '*_called' 'workload:workload_*' 1 -- \
	sh -c 'workload call 3; workload slowcall 2 2000; true'
is "$(rows '.*') $(rows workload_slept)" '2 2' '--exclude: never one that is excluded'

slower -a --args 2 --retval workload:workload_slept 10ms -- workload slowcall 2 20000
is "$(head -n 1 out | xargs)" 'TIME CPU TASK-TID DURATION_US FUNCTION ARGS RETVAL' 'text: headings'
row=' 0 workload-[0-9]+ +2[0-9]{4}\.[0-9]{3} workload_slept \[workload\] +0x4e20,0x[0-9a-f]+ +0x4e20$'
is "$(grep -cE "$row" out)" 2 'text: rows'
is "$err" "Tracing workload:workload_slept slower than 10ms until 'workload' ends..." \
	'text: what is traced'

slower --json --args 1 workload:workload_slept do_nanosleep 10ms -- sh mixed
is "$(rows workload_slept) $(rows do_nanosleep)" '5 5' "beside the kernel's functions"

# a process that lives for a while: its program is looked at meanwhile
start_workload slowcall 3 200000
start funcslower --json --stack -p "$work_pid" workload:workload_slept 10ms
wait_for recording
release
stop
is "$status $(list stack | grep -cE '^workload_slept(;|$)')" '0 3' \
	'--stack: begins with the function'
start_workload slowcall 1 200000
start funcslower --stack -p "$work_pid" workload:workload_slept 10ms
wait_for recording
release
stop
is "$(sed -n 2p out)" ' => workload_slept [workload]' '--stack: below the call, as text'

# --- libraries

for libc in libc c libc.so.6; do
	slower --json --retval "$libc:getppid" 1 -- workload-dynamic getppid 7
	is "$(rows getppid) $(json retval | sort -u | wc -l)" '7 1' "library $libc: its calls"
	like "$(json file | sort -u)" '^/.*/libc[-.0-9]*\.so[.0-9]*$' "library $libc: its file"
done
slower --json libc:getppid 1 -- workload getppid 7
is "$status $(rows getppid)" '0 0' 'library: not the same name elsewhere'

# --- which tasks

slower -d 300ms --json workload:workload_slept 10ms
cmp_num "$(rows workload_slept)" -ge 1 'without -p: of whom it may be'
start_workload slowcall 4 20000
start funcslower --json -p "$work_pid" workload:workload_slept 10ms
wait_for recording
release
stop
is "$status $(rows workload_slept) $(json tid | sort -u)" "0 4 $work_pid" \
	'-p: of that process alone'
start_workload slowcall 4 20000
start funcslower --json -L "$work_pid" workload:workload_slept 10ms
wait_for recording
release
stop
is "$status $(rows workload_slept)" '0 4' '-L: of that thread alone'
workload=workload-dynamic start_workload getppid 5
start funcslower --json -p "$work_pid" libc:getppid 1
wait_for recording
release
stop
is "$status $(rows getppid)" '0 5' '-p: the library that the process uses'
kill -KILL $sleepers_pid
wait $sleepers_pid 2>/dev/null

# --- what is refused

tool=funcslower
bad 2 "cannot trace 'workload:workload_caled': no such function in '/t/bin/workload' \(did you mean\
 'workload_called'\?\)$" workload:workload_caled 1
bad 2 "cannot trace 'nonesuch:f': " nonesuch:f 1
bad 2 "nothing is left to trace" --exclude '*' workload:workload_called 1
is "$(state_diff user -q)" '' 'refusals change nothing'

# --- loss: what is shown is paired rightly

slower --json --buffer-size 8 --args 1 --retval workload:workload_called 1 -- workload call 20000
is "$status" 0 'loss: exit status'
lost=$(json_end lost)
cmp_num "$lost" -gt 0 'loss: there is some'
is $(($(json_end events) + lost)) 40000 'loss: nothing is unaccounted for'
is "$(rows '.*')" "$(calls paired)" 'loss: what is left is shown'
sed -n 's/.*"args":"\(0x[0-9a-f]*\)","retval":\([0-9]*\).*/\1 \2/p' out >pairs
is "$(wc -l <pairs)" "$(calls paired)" 'loss: with argument and return value'
while read -r arg value; do
	[ $((arg * 2)) -eq "$value" ] || echo "$arg $value"
done <pairs >wrong
is "$(cat wrong)" '' 'loss: never of two different calls'

endings_other_way=yes
endings_load='workload slowcall 1000000 5000'
endings funcslower funcslower workload:workload_slept 2ms

is "$(state_diff user -q)" '' 'the tracing state is as before'
done_testing
