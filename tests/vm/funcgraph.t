#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# funcgraph, against workloads whose calls are known exactly: what it shows, of which tasks, and
# what it leaves behind.
# requires: tracer=function_graph function=do_nanosleep
. /t/lib.sh
. /t/endings.sh

applet funcgraph

# graph ARG...: run it; $status, $out, $err
graph() { run bounded funcgraph "$@"; }

# rows KIND DEPTH FUNCTION: so many rows of JSON, each an ERE
rows() { grep -cE "\"kind\":\"($1)\",\"depth\":($2),\"function\":\"($3)\"" out; }

# durations KIND DEPTH: in whole microseconds, the shortest first
durations()
{
	grep -E "\"kind\":\"($1)\",\"depth\":$2," out | json duration_us - |
		sed 's/\..*//' | sort -n
}

# nested: each return belongs to the innermost open call, depths fit, nothing is left open. Not so
# for an interrupt: the depth it begins with is off by one if it comes while the tracer itself runs.
nested()
{
	awk -F '"' '
	!/"kind"/ { next }
	{ depth = substr($17, 2) + 0 }
	irq { irq = !($14 == "return" && depth == irq_depth); next }
	$20 ~ /^(irq_enter_rcu|irq_exit_rcu|__sysvec_.*|__common_interrupt)$/ {
		irq = $14 == "entry"
		irq_depth = depth
		next
	}
	{ n++ }
	$14 == "return" && (!open || depth != open - 1 || stack[--open] != $20) { bad = 1; exit }
	$14 != "return" && depth != open { bad = 1; exit }
	$14 == "entry" { stack[open++] = $20 }
	END { if (bad || open || !n) { print "line " NR ": " $0; exit 1 } }' out
}

# accounted: the records of the rows are all that were seen
accounted()
{
	awk -F '"' '$14 == "leaf" { n += 2 } $14 == "entry" || $14 == "return" { n++ }
		END { print n + 0 }' out
}

# ascending: numbers on stdin do not fall
ascending() { awk '$1 < last { exit 1 } { last = $1 } END { exit !NR }'; }

# in the background: sleeps which belong to nobody asked for
sleepers() { workload nanosleep 1000000 3000 & sleepers_pid=$!; }
no_sleepers() { kill -KILL $sleepers_pid; wait $sleepers_pid 2>/dev/null; }

state_save funcgraph -q
sleepers

# --- the graph as data

graph --json do_nanosleep -- workload nanosleep 5 2000
is "$status" 0 'JSON: exit status'
is "$err" '' 'JSON: nothing on stderr'
is "$(rows entry 0 do_nanosleep)" 5 'JSON: five calls'
is "$(rows return 0 do_nanosleep)" 5 'JSON: five returns'
is "$(rows 'entry|leaf' 0 '.*')" 5 'JSON: and no other outermost call'
cmp_num "$(durations return 0 | head -n 1)" -ge 2000 'JSON: each as long as it slept'
is "$(json tid | sort -u | wc -l)" 1 'JSON: of one thread'
is "$(json comm | sort -u)" workload 'JSON: with its name'
is "$(rows 'entry|leaf' 1 hrtimer_start_range_ns)" 5 'JSON: with what it calls'
ok "$(nested >nested; echo $?)" 'JSON: calls are nested'
[ ! -s nested ] || diag "$(cat nested)"
ok "$(json time_s | ascending; echo $?)" 'JSON: in order of time'
is "$(json_end events)" "$(accounted)" 'JSON: every record is a row'
is "$(json_end lost)" 0 'JSON: nothing is lost'

graph --json -m 2 --exclude 'hrtimer_*' do_nanosleep -- workload nanosleep 3 1000
is "$(rows entry 0 do_nanosleep)" 3 '--exclude: the calls asked for'
is "$(rows '.*' '.*' 'hrtimer_.*')" 0 '--exclude: never one that is excluded'
cmp_num "$(rows 'entry|leaf' 1 schedule)" -ge 3 '--exclude: others are shown'
is "$(rows '.*' '[2-9].*' '.*')" 0 '-m 2: nothing deeper'
ok "$(nested >nested; echo $?)" '-m 2: calls are nested'

graph --json -m 1 -C do_nanosleep -- workload nanosleep 3 2000
is "$(rows leaf 0 do_nanosleep)" 3 '-m 1: the calls alone'
cmp_num "$(durations leaf 0 | tail -n 1)" -lt 2000 '-C: without the time asleep'

graph --json -m 1 'do_nano*eep' '*sys_getppid' -- \
	sh -c 'workload nanosleep 3 500; workload syscall getppid 7; true'
is "$(grep -c '"comm":"workload".*"leaf".*"do_nanosleep"' out)" 3 'a pattern with * in the middle'
is "$(grep -c '"comm":"workload".*"leaf".*sys_getppid"' out)" 7 'several patterns, * in front'
is "$(rows '.*' 0 do_nanosleep)" 3 'a command: its child processes, and nobody else'

from=$(date -u +%Y-%m-%dT%H:%M:%S)
graph --csv --wall -m 1 do_nanosleep -- workload nanosleep 2 1000
to=$(date -u +%Y-%m-%dT%H:%M:%S.999999Z)
is "$(head -n 1 out)" TIME,CPU,COMM,TID,KIND,DEPTH,FUNCTION,MODULE,DURATION,RETVAL '--csv: headings'
is "$(grep -cE '^[^,]*,0,workload,[0-9]+,leaf,0,do_nanosleep,,[0-9]+\.[0-9]{3},$' out)" 2 \
	'--csv: rows'
iso='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z'
is "$(sed 1d out | grep -cE "^$iso,")" 2 '--wall: date and time'
ok "$( (echo "$from"; sed '1d; s/,.*//' out; echo "$to") | sort -c; echo $?)" '--wall: of now'

# --- the graph as text

graph --max-calls 2 -p $sleepers_pid do_nanosleep
is "$status" 0 '--max-calls: exit status'
ok "$(gone $sleepers_pid; [ $? -ne 0 ]; echo $?)" '--max-calls: ends while the workload goes on'
is "$err" 'Tracing do_nanosleep... Ctrl-C to end.' 'text: what is traced, on stderr'
is "$(grep -cE '^ 0\) {15}\|  do_nanosleep\(\) \{$' out)" 2 'text: two calls'
is "$(grep -cE '^ 0\) [#*] +[0-9]+\.[0-9]{3} us +\|  \}$' out)" 2 \
	'text: and their returns with durations'
name='[a-z_][A-Za-z0-9_.]*\(\)'
cmp_num "$(grep -cE "^ 0\) ..[ 0-9.]{4,} us    \|    ( {2})*$name;\$" out)" -ge 2 \
	'text: what they call, indented'
is "$(grep -vE "^ 0\) ([ +!#*][ 0-9.]+ us +| {14})\|  ( {2})*($name(;| \{)|\})\$" out)" '' \
	'text: every line in the layout of the kernel'

graph -aT -m 3 do_nanosleep -- workload nanosleep 2 1000
like "$(head -n 1 out)" '^# tracer: function_graph$' '-H: headings'
is "$(grep -cE '\} /\* do_nanosleep \*/$' out)" 2 '-T: names at the ends'
unlike "$out" '\}$' '-T: of all'
is "$(grep -vE '^#|^ +[0-9]+\.[0-9]{6} \|   0\)  workloa-[0-9]+ +\|' out)" '' \
	'-t -P: time, thread in each line'
ok "$(grep -v '^#' out | ascending; echo $?)" '-t: time stamps ascend'
like "$out" '\|      [a-z_]' '-m 3: three levels'
unlike "$out" '\|        [a-z_]' '-m 3: and no fourth'

graph -a -m 1 do_nanosleep -- workload nanosleep 3 1000
sed 's/[0-9]/9/g; s/ *-9*/ -9/g' out >all
graph -HPt -m 1 do_nanosleep -- workload nanosleep 3 1000
is "$(sed 's/[0-9]/9/g; s/ *-9*/ -9/g' out)" "$(cat all)" '-a: the same as -HPt'

graph -D -m 1 do_nanosleep -- workload threads 2 3 1000
is "$(grep -cE '^ 0\) do_nanosleep\(\)(;| \{)$' out)" 6 '-D: no durations'
like "$out" '^ 0\) +workloa-[0-9]+ +=> +workloa-[0-9]+ ' 'text: a change of tasks is shown'

# reads of 1 MB, long enough to be interrupted
irq='__sysvec_apic_timer_interrupt|hrtimer_interrupt'
graph --json -m 4 --buffer-size 8m vfs_read -- dd if=/dev/zero of=/dev/null bs=1M count=15
cmp_num "$(rows '.*' '[1-3]' "$irq")" -ge 1 'interrupts are shown'
graph --json -m 4 --buffer-size 8m --no-irqs vfs_read -- dd if=/dev/zero of=/dev/null bs=1M count=15
is "$(rows '.*' '[1-3]' "$irq")" 0 '--no-irqs: they are not'
cmp_num "$(rows entry 0 vfs_read)" -ge 15 '--no-irqs: what they interrupt is'

graph --json -m 1 do_nanosleep -- true
is "$status" 0 'nothing seen: exit status'
is "$err" "funcgraph: nothing recorded: the probe was in place, but 'do_nanosleep' was not called \
by the tasks asked for" 'nothing seen: says why, in one line'

# --- which tasks

team() { team_of funcgraph --json -m 1 "$@" do_nanosleep; }

team -p FIRST
is "$status" 0 '-p: exit status'
is "$(rows leaf 0 do_nanosleep)" 7 '-p: old and new threads, no child process, nobody else'
is "$(json tid | sort -u | wc -l)" 3 '-p: three threads'
team -p FIRST --children
is "$(rows leaf 0 do_nanosleep)" 15 '--children: the child process, too'
team -L FIRST --children
is "$(rows leaf 0 do_nanosleep)" 13 '-L --children: the thread and what it makes, not its sister'
team -L OLD
is "$(rows leaf 0 do_nanosleep)" 2 '-L: another thread alone'
is "$(json tid | sort -u)" "$old" '-L: with its ID'

# --- how it ends by itself

graph --json -m 1 -d 300ms do_nanosleep
is "$status" 0 '-d: exit status'
cmp_num "$(rows leaf 0 do_nanosleep)" -ge 1 '-d: what came meanwhile'
is "$err" '' '-d: nothing on stderr'

rm -f pipe
mkfifo pipe
: <pipe &
bounded funcgraph -m 1 -p $$ do_nanosleep >pipe 2>err </dev/null
is $? 0 'a reader that goes before anything is shown ends it'

graph --json -m 1 do_nanosleep -- workload exit 3
is "$status" 0 'a command that fails: exit status'
is "$(tail -n 1 err)" "funcgraph: 'workload' exited with status 3" 'a command that fails: is told'

graph --json -m 1 do_nanosleep -- /nonesuch
is "$status" 1 'no such command: exit status'
is "$err" "funcgraph: cannot run '/nonesuch': No such file or directory" 'no such command: one line'
no_sleepers

# --- what is refused

tool=funcgraph
grep ' t ' /proc/kallsyms | head -n 8 | cut -d ' ' -f 3 >names
grep -xF -f names $T/available_filter_functions >traceable
untraceable=$(while read -r name; do
	grep -qxF -e "$name" traceable || { echo "$name"; break; }
done <names)
bad 2 "cannot trace 'do_nanosleeep': no such function \(did you mean 'do_nanosleep'\?\)$" \
	do_nanosleeep
bad 2 "cannot trace '$untraceable': it exists but the kernel does not allow" \
	do_nanosleep "$untraceable"
bad 2 "cannot trace 'no_such_\*_function': no function matches$" 'no_such_*_function'
bad 2 "cannot trace 'do_nanosleeep': no such function" --exclude do_nanosleeep do_nanosleep
bad 2 'no process or thread with ID 4194303$' -p 4194303 do_nanosleep
bad 2 '.*-m.*201' -m 201 do_nanosleep
bad 2 '.*-m.*1x' -m 1x do_nanosleep
bad 2 '.*-p.*\b0\b' -p 0 do_nanosleep
bad 2 '.*-d.*\b0\b' -d 0 do_nanosleep
bad 2 '.*max-calls.*\b0\b' --max-calls 0 do_nanosleep
bad 2 '.*-L' -p 1 -L 1 do_nanosleep
bad 2 ".*'--children' needs -p" --children do_nanosleep
bad 2 '.*command.*together' -p 1 do_nanosleep -- true
bad 2 '' -m 1
is "$(state_diff funcgraph -q)" '' 'refusals change nothing'

if grep -q ' retval;' $T/events/ftrace/funcgraph_exit/format; then
	graph --json --retval -m 1 '*sys_getppid' -- workload syscall getppid 3
	is "$(json retval | sort -u)" $$ '--retval: the value returned'
else
	bad 3 'this kernel does not record return values \(6.5 and later' --retval -m 1 do_nanosleep
fi

echo 2 >/proc/sys/kernel/kptr_restrict
if [ -e $T/available_filter_functions_addrs ]; then
	graph --json -m 1 do_nanosleep -- workload nanosleep 2 1000
	is "$status" 0 'hidden addresses: exit status'
	is "$(rows leaf 0 do_nanosleep)" 2 'hidden addresses: names all the same'
else
	bad 3 "the kernel's symbols are hidden \(kernel.kptr_restrict\)" --json -m 1 do_nanosleep
fi
echo 0 >/proc/sys/kernel/kptr_restrict

# --- settings of others

others_set \
	'set_ftrace_notrace schedule' \
	'set_graph_function vfs_write' \
	'set_graph_notrace hrtimer_start_range_ns' \
	'max_graph_depth 1 0' \
	'tracing_thresh 7 0' \
	'options/sleep-time 0 1'
state_save user -q
like "$(state_diff funcgraph -q)" '^\+tracing_thresh: 7$' 'settings: are there'
graph --json do_nanosleep -- workload nanosleep 2 2000
is "$(state_diff user -q)" '' 'settings: are there afterwards, all'
is "$(rows entry 0 do_nanosleep)" 2 'settings: do not change which calls are seen'
is "$(rows 'entry|leaf' 1 hrtimer_start_range_ns)" 2 'settings: nor what they call'
cmp_num "$(rows '.*' 1 schedule)" -ge 2 'settings: nor what is left out'
cmp_num "$(durations return 0 | head -n 1)" -ge 2000 'settings: nor how long it takes'
others_unset
is "$(state_diff funcgraph -q)" '' 'settings: nothing of them remains'

# --- itself, overload, loss

reads_of_others
start funcgraph -v --json -m 1 -d 1 -o rows 'vfs_*'
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

# lossy NAME: of 20000 calls, each of an entry and a return, nothing is unaccounted for
lossy()
{
	graph --json -m 1 --buffer-size 8 '*sys_getppid' -- workload syscall getppid 20000
	is "$status" 0 "$1: exit status"
	lost=$(json_end lost)
	cmp_num "$lost" -gt 0 "$1: there is some"
	is $(($(json_end events) + lost)) 40000 "$1: nothing is unaccounted for"
	is "$(accounted)" "$(json_end events)" "$1: what is left is shown"
	like "$err" "^funcgraph: lost $lost events: .*--buffer-size" "$1: told with its number"
}
lossy loss
at_places=$(grep '^{"lost"' out | json events - | awk '{ n += $1 } END { print n + 0 }')
if [ "$(json_end gaps)" -eq 0 ]; then
	is "$at_places" "$lost" 'loss: the total is that of the places'
else
	cmp_num "$at_places" -le "$lost" 'loss: the total is not less than what is known of the places'
fi
echo 0 >$T/options/overwrite
lossy 'loss of what is newest'
echo 1 >$T/options/overwrite
graph -m 1 --buffer-size 8 '*sys_getppid' -- workload syscall getppid 20000
cmp_num "$(grep -cE '^\[lost ([0-9]+|an unknown number of) events on CPU 0\]$' out)" -ge 1 \
	'loss: shown at its place'

# After what is counted exactly: returns of sleeps that go on are seen by the next trace.
hot_sleeps
graph -m 1 --max-rate 200 -o rows do_nanosleep
is "$status" 4 'overload: exit status'
like "$err" '^funcgraph: stopped: more than 200 events a second' 'overload: says so'
cmp_num "$(wc -l <rows)" -ge 200 'overload: what was seen is shown'
graph -m 1 --max-rate 0 -d 2500ms -o rows do_nanosleep
is "$status" 0 '--max-rate 0: goes on'
cmp_num "$(wc -l <rows)" -ge 1000 '--max-rate 0: with more than that'
cooled

endings_tracer=function_graph
endings_second=refused
endings_load='workload nanosleep 1000000 5000'
endings funcgraph funcgraph -m 1 do_nanosleep

is "$(state_diff funcgraph -q)" '' 'the tracing state is as before'
done_testing
