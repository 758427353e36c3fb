#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# funcgraph with two CPUs: one order over both, each with its calls, and the same ends.
# requires: smp=2 tracer=function_graph function=do_nanosleep
. /t/lib.sh
. /t/endings.sh

applet funcgraph

# on_cpus COMMAND...: one on each CPU
on_cpus()
{
	taskset 1 "$@" &
	cpu0=$!
	taskset 2 "$@" &
	cpu1=$!
}

state_save smp -q

# sleeps on both CPUs, all within one trace
cat >both <<'EOF'
taskset 1 workload nanosleep 40 1000 &
taskset 2 workload nanosleep 40 1000 &
wait
EOF
run bounded funcgraph --json -m 1 do_nanosleep -- sh both
is "$status" 0 'JSON: exit status'
is "$err" '' 'JSON: nothing on stderr'
is "$(grep -c '"comm":"workload".*"leaf","depth":0,"function":"do_nanosleep"' out)" 80 \
	'JSON: all calls of both'
is "$(json tid | sort -u | wc -l)" 2 'JSON: of two threads'
is "$(json cpu | sort | uniq -c | awk '{ print $2 ":" ($1 >= 40) }' | xargs)" '0:1 1:1' \
	'JSON: 40 on each CPU'
ok "$(json time_s | awk '$1 < last { exit 1 } { last = $1 } END { exit !NR }'; echo $?)" \
	'JSON: in one order of time'
cmp_num "$(json cpu | uniq | wc -l)" -gt 4 'JSON: of both CPUs by turns'
is "$(json_end lost) $(json_end gaps) $(json_end time_backwards)" '0 0 0' \
	'JSON: nothing lost or doubtful'

run bounded funcgraph -t -m 1 do_nanosleep -- sh both
is "$(grep -c 'do_nanosleep();$' out)" 80 'text: all calls of both'
ok "$(awk '/do_nanosleep/ { if ($1 < last) exit 1; last = $1 } END { exit !NR }' out; echo $?)" \
	'text: time stamps ascend'
like "$out" '\|   0\) ' 'text: lines of one CPU'
like "$out" '\|   1\) ' 'text: and of the other'
unlike "$out$err" 'lost' 'text: nothing is lost'

# children of calls do not mix: each CPU's lines alone are a graph
run bounded funcgraph --json do_nanosleep -- sh both
for cpu in 0 1; do
	grep "\"cpu\":$cpu," out >rows
	is "$(grep -c '"kind":"entry","depth":0,"function":"do_nanosleep"' rows)" 40 \
		"graph: 40 calls on CPU $cpu"
	is "$(grep -c '"kind":"return","depth":0,"function":"do_nanosleep"' rows)" 40 \
		"graph: and their returns"
done
is "$(json_end lost) $(json_end gaps)" '0 0' 'graph: nothing lost'

# a thread that changes over: the kernel's text shows the switch of tasks
on_cpus workload nanosleep 1000000 2000
run bounded funcgraph -P --max-calls 20 -m 1 do_nanosleep
is "$status" 0 'two workloads: exit status'
cmp_num "$(grep -c "workloa-\\($cpu0\\|$cpu1\\)" out)" -ge 20 'two workloads: calls of both'
kill $cpu0 $cpu1
wait $cpu0 $cpu1 2>/dev/null
is "$(state_diff smp -q)" '' 'the tracing state is as before'

endings_other_way=yes
endings_load='workload nanosleep 1000000 5000'
endings smp funcgraph -m 1 do_nanosleep
done_testing
