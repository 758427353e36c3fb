#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# funcslower by function_graph: the kernel shows the slow calls of its functions. Sleeps of known
# lengths make them slow or not.
# requires: tracer=function_graph function=do_nanosleep
. /t/lib.sh
. /t/endings.sh

applet funcslower

# slower ARG...: run it; $status, $out, $err
slower() { run bounded funcslower "$@"; }

# rows FUNCTION: so many rows of JSON, an ERE
rows() { grep -cE "\"function\":\"($1)\"" out; }

# shortest: the least duration, in whole microseconds
shortest() { json duration_us | sed 's/\..*//' | sort -n | head -n 1; }

# in the background: sleeps which belong to nobody asked for, slow ones
sleepers() { workload nanosleep 1000000 12000 & sleepers_pid=$!; }
no_sleepers() { kill -KILL $sleepers_pid; wait $sleepers_pid 2>/dev/null; }

# 5 calls of 2 ms, 5 of 20 ms; true, so that the shell stays
cat >mixed <<'EOS'
workload nanosleep 5 2000
workload nanosleep 5 20000
true
EOS

state_save funcslower -q
sleepers

# --- as data

slower --json do_nanosleep 10000 -- sh mixed
is "$status" 0 'JSON: exit status'
is "$err" '' 'JSON: nothing on stderr'
is "$(rows do_nanosleep)" 5 'JSON: the five slow calls'
is "$(rows '.*')" 5 'JSON: and no others'
cmp_num "$(shortest)" -ge 20000 'JSON: each as long as it slept'
is "$(json comm | sort -u) $(json tid | sort -u | wc -l)" 'workload 1' 'JSON: of one thread'
is "$(json_end events) $(json_end lost)" '5 0' 'JSON: the kernel leaves out the others'

for latency in '-u 10000' '-m 10' 10ms 0.01s 10000.0us; do
	# shellcheck disable=SC2086
	slower --json do_nanosleep $latency -- sh mixed
	is "$(rows do_nanosleep)" 5 "a latency of $latency: the slow calls"
done
slower --json -m do_nanosleep 1 -- sh mixed
is "$(rows do_nanosleep)" 10 '-m 1: all calls'

slower --json -C do_nanosleep 1500us -- sh mixed
is "$(rows do_nanosleep)" 0 '-C: none that only slept'
slower --json -C do_nanosleep 1us -- sh mixed
is "$(rows do_nanosleep)" 10 '-C: all that ran so long'
cmp_num "$(json duration_us | sed 's/\..*//' | sort -n | tail -n 1)" -lt 2000 \
	'-C: without the time asleep'

slower --json hrtimer_nanosleep 'do_nano*eep' 10ms -- sh mixed
is "$(rows do_nanosleep) $(rows hrtimer_nanosleep)" '5 5' \
	'several functions, one in the other: each by itself'
slower --json 'hrtimer_nano*' do_nanosleep --exclude 'hrtimer_*' 10ms -- sh mixed
is "$(rows '.*') $(rows do_nanosleep)" '5 5' '--exclude: never one that is excluded'

from=$(date -u +%Y-%m-%dT%H:%M:%S)
slower --csv --wall do_nanosleep 10ms -- sh mixed
to=$(date -u +%Y-%m-%dT%H:%M:%S.999999Z)
is "$(head -n 1 out)" \
	TIME,CPU,COMM,TID,DURATION_US,FUNCTION,MODULE,FILE,ARGS,RETVAL,STACK '--csv: headings'
is "$(grep -cE '^[^,]*,0,workload,[0-9]+,[0-9]+\.[0-9]{3},do_nanosleep,,,,,$' out)" 5 '--csv: rows'
iso='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z'
is "$(sed 1d out | grep -cE "^$iso,")" 5 '--wall: date and time'
ok "$( (echo "$from"; sed '1d; s/,.*//' out; echo "$to") | sort -c; echo $?)" '--wall: of now'

# --- as text

slower do_nanosleep 10ms -- sh mixed
is "$err" "Tracing do_nanosleep slower than 10ms until 'sh' ends..." 'text: what is traced'
is "$(grep -cE '^ 0\) [*@] [0-9]{5}\.[0-9]{2} us \|  \} /\* do_nanosleep \*/$' out)" 5 \
	'text: the slow calls, in the layout of the kernel'
is "$(wc -l <out)" 5 'text: and nothing else'

slower -a do_nanosleep 10ms -- sh mixed
like "$(head -n 1 out)" '^# tracer: function_graph$' '-H: headings'
row='^#|^ +[0-9]+\.[0-9]{6} \|   0\) +workloa-[0-9]+ +\| [*@] .* us \|  \} /\* do_nanos'
is "$(grep -vcE "$row" out)" 0 '-t -P: time and thread in each line'
ok "$(grep -v '^#' out | awk '$1 < last { exit 1 } { last = $1 } END { exit !NR }'; echo $?)" \
	'-t: time stamps ascend'
sed 's/[0-9]/9/g; s/ *-9*/ -9/g' out >all
slower -HPt do_nanosleep 10ms -- sh mixed
is "$(sed 's/[0-9]/9/g; s/ *-9*/ -9/g' out)" "$(cat all)" '-a: the same as -HPt'

slower do_nanosleep 1 -- workload threads 2 3 1000
like "$out" '^ 0\) +workloa-[0-9]+ +=> +workloa-[0-9]+ ' 'a change of threads is shown'
is "$(grep -c 'do_nanosleep' out)" 6 'a change of threads: beside the calls'
slower -P do_nanosleep 1 -- workload threads 2 3 1000
is "$(wc -l <out) $(grep -c '^ 0) \+workloa-' out)" '6 6' '-P: only calls, each with its thread'

slower do_nanosleep 10s -- sh mixed
is "$status" 0 'nothing slow: exit status'
is "$out$(echo "$err" | sed 1d)" "funcslower: nothing to show: 'do_nanosleep' was not called by \
the tasks asked for, or never slow" 'nothing slow: says so, in one line'

slower -v do_nanosleep 10ms -d 100ms
like "$err" '^funcslower: taking function_graph with tracing_thresh: ' '-v: names the way'

# --- which tasks

team() { team_of funcslower --json "$@" do_nanosleep 400; }

team -p FIRST
is "$status" 0 '-p: exit status'
is "$(rows do_nanosleep)" 7 '-p: old and new threads, no child process, nobody else'
team -p FIRST --children
is "$(rows do_nanosleep)" 15 '--children: the child process, too'
team -L FIRST
is "$(rows do_nanosleep)" 1 '-L: the first thread alone'
team -L OLD
is "$(rows do_nanosleep)" 2 '-L: another thread alone'
is "$(json tid | sort -u)" "$old" '-L: with its ID'

# --- how it ends by itself

slower --json -d 300ms do_nanosleep 10ms
is "$status" 0 '-d: exit status'
cmp_num "$(rows do_nanosleep)" -ge 1 '-d: what came meanwhile'
slower --json do_nanosleep 1 -- workload exit 3
is "$status" 0 'a command that fails: exit status'
is "$(tail -n 1 err)" "funcslower: 'workload' exited with status 3" 'a command that fails: is told'
no_sleepers

# --- what is refused

tool=funcslower
bad 2 "cannot trace 'do_nanosleeep': no such function \(did you mean 'do_nanosleep'\?\)$" \
	do_nanosleeep 1
bad 2 "cannot trace 'no_such_\*_function': no function matches$" 'no_such_*_function' 1
bad 2 "cannot trace 'do_nanosleeep': no such function" --exclude do_nanosleeep do_nanosleep 1
bad 2 '.*no process or thread with ID 4194303' -p 4194303 do_nanosleep 1
is "$(state_diff funcslower -q)" '' 'refusals change nothing'

echo blk >$T/current_tracer
state_save foreign -q
bad 1 "the tracer 'blk' is active" do_nanosleep 1
is "$(state_diff foreign -q)" '' 'beside another tracer: it goes on'
echo nop >$T/current_tracer

if grep -q ' retval;' $T/events/ftrace/funcgraph_exit/format; then
	slower --json -v --retval do_nanosleep 1ms -- workload nanosleep 3 2000
	like "$err" 'taking function_graph' '--retval: by the kernel'
	is "$(json retval | sort -u) $(rows do_nanosleep)" '0 3' '--retval: the values returned'
	slower --retval do_nanosleep 1ms -- workload nanosleep 3 2000
	is "$(grep -cE 'us \|  \} /\* do_nanosleep ( = |ret=)0x0 \*/$' out)" 3 '--retval: as text'
fi

echo 2 >/proc/sys/kernel/kptr_restrict
if [ -e $T/available_filter_functions_addrs ]; then
	slower --json do_nanosleep 1ms -- workload nanosleep 2 2000
	is "$status $(rows do_nanosleep)" '0 2' 'hidden addresses: names all the same'
else
	bad 3 "the kernel's symbols are hidden \(kernel.kptr_restrict\)" do_nanosleep 1
fi
echo 0 >/proc/sys/kernel/kptr_restrict

# --- settings of others

others_set \
	'set_graph_function vfs_write' \
	'set_graph_notrace do_nanosleep' \
	'max_graph_depth 1 0' \
	'tracing_thresh 70000 0' \
	'options/sleep-time 0 1'
state_save user -q
like "$(state_diff funcslower -q)" '^\+tracing_thresh: 70000$' 'settings: are there'
slower --json do_nanosleep 10ms -- sh mixed
is "$(state_diff user -q)" '' 'settings: are there afterwards, all'
is "$(rows do_nanosleep)" 5 'settings: do not change which calls are seen'
cmp_num "$(shortest)" -ge 20000 'settings: nor how long they take'
others_unset
is "$(state_diff funcslower -q)" '' 'settings: nothing of them remains'

# --- loss, overload

slower --json --buffer-size 8 vfs_read 1 -- workload read /dev/zero 16384 3000
is "$status" 0 'loss: exit status'
lost=$(json_end lost)
cmp_num "$lost" -gt 0 'loss: there is some'
is $(($(json_end events) + lost)) 3000 'loss: nothing is unaccounted for'
is "$(rows vfs_read)" "$(json_end events)" 'loss: what is left is shown'
like "$err" "^funcslower: lost $lost events: .*--buffer-size" 'loss: told with its number'

hot_sleeps
slower --max-rate 200 -o rows do_nanosleep 1
is "$status" 4 'overload: exit status'
like "$err" '^funcslower: stopped: more than 200 events a second' 'overload: says so'
cooled

endings_tracer=function_graph
endings_second=refused
endings_load='workload nanosleep 1000000 5000'
endings funcslower funcslower do_nanosleep 2ms

is "$(state_diff funcslower -q)" '' 'the tracing state is as before'
done_testing
