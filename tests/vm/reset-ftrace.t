#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# reset-ftrace: puts back what killed tools left, that and nothing else; --force also the rest.
# requires: tracer=function_graph function=do_nanosleep file=kprobe_events
. /t/lib.sh
. /t/endings.sh

applet funcgraph reset-ftrace
endings_load='workload nanosleep 1000000 5000'
ending='killed:'
endings_begin

run reset-ftrace
is "$status" 0 'nothing to do: exit status'
is "$out" '' 'nothing to do: no rows'
is "$err" 'reset-ftrace: nothing to put back' 'nothing to do: says so'
run reset-ftrace -q
is "$status $out$err" '0 ' 'nothing to do: -q says nothing'

# --- leavings without a journal: no process has this number, the kernel's limit is lower

cat /proc/sys/kernel/pid_max >pid_max
gone_pid=4194304
cmp_num "$gone_pid" -ge "$(cat pid_max)" 'nobody has this PID'
# this shell's number, but of a process that began before
began=$(cut -d ' ' -f 22 /proc/$$/stat)
mkdir $T/instances/ftrace-tools-x-$gone_pid $T/instances/ftrace-tools-x-$$ $T/instances/x-$gone_pid
{
	echo "p:ftt_x_${gone_pid}_7/gone do_nanosleep"
	echo "r:ftt_x_${gone_pid}_7/gone_too do_nanosleep"
	echo "p:ftt_x_$$_$((began - 1))/before do_nanosleep"
	echo "p:ftt_x_$$_$began/alive do_nanosleep"
	echo "p:x_${gone_pid}_7/foreign do_nanosleep"
} | while read -r probe; do
	echo "$probe" >>$T/kprobe_events
done
echo 1 >"$T/events/ftt_x_${gone_pid}_7/gone/enable"
run reset-ftrace
is "$status" 0 'leavings: exit status'
is "$(sed 's/  */ /g; s/ $//' out | grep -v '^ACTION' | sort)" "$(sort <<EOF
remove ftt_x_$$_$((began - 1))/before ok
remove ftt_x_${gone_pid}_7/gone ok
remove ftt_x_${gone_pid}_7/gone_too ok
remove instances/ftrace-tools-x-$gone_pid ok
EOF
)" 'leavings: each is told, and no more'
is "$(cd $T/instances && echo *)" "ftrace-tools-x-$$ x-$gone_pid" \
	'leavings: the instance is gone, others stay'
is "$(cut -d ' ' -f 1 $T/kprobe_events | sed 's/^[a-z0-9]*://' | sort | xargs)" \
	"ftt_x_$$_$began/alive x_${gone_pid}_7/foreign" 'leavings: the probes are gone, others stay'
run reset-ftrace
is "$err" 'reset-ftrace: nothing to put back' 'leavings: once'
echo "-:ftt_x_$$_$began/alive" >>$T/kprobe_events
echo "-:x_${gone_pid}_7/foreign" >>$T/kprobe_events
rmdir $T/instances/*
at_rest 'leavings'

# --- journals

kill_both funcgraph -m 1 do_nanosleep
echo 5 >$T/max_graph_depth
run reset-ftrace --json
is "$status" 0 'a dead journal: exit status'
like "$out" '^\{.*"max_graph_depth","value":"0","result":"left alone: changed by others"\}$' \
	'a dead journal: what others have changed since is left alone, and told'
like "$out" '^\{"action":"restore","what":"set_graph_function","value":"","result":"ok"\}$' \
	'a dead journal: the rest is put back'
unlike "$out" '"what":"(set_graph_function|set_ftrace_filter|current_tracer)".*"result":"left' \
	'a dead journal: all of it'
is "$(cat $T/max_graph_depth)" 5 'a dead journal: the value of others stays'
echo 0 >$T/max_graph_depth
at_rest 'a dead journal'

# one that is not a journal: never replayed, dropped only if told
(umask 077; echo 'was 0 current_tracer =function' >$JOURNALS/0-1.journal)
run reset-ftrace
is "$status" 1 'a bad journal: exit status'
like "$out" "^restore +$JOURNALS +0-1.journal " 'a bad journal: is named'
is "$(state_diff endings -q)" '' 'a bad journal: is not followed'
ok "$(test -e $JOURNALS/0-1.journal; echo $?)" 'a bad journal: stays'
run reset-ftrace --force
ok "$(test ! -e $JOURNALS/0-1.journal; echo $?)" 'a bad journal: --force drops it'

# one of another boot
(umask 077; cat >$JOURNALS/0-2.journal) <<EOF
ftrace-tools-journal 1
owner funcgraph 1 01234567-89ab-cdef-0123-456789abcdef
tracefs $T
was 0 current_tracer =function
EOF
run reset-ftrace
is "$status" 0 'a journal of another boot: exit status'
at_rest 'a journal of another boot: of no effect, and gone'

chmod 777 $JOURNALS
run reset-ftrace
is "$status" 1 'a directory all can write to: exit status'
like "$err" "^reset-ftrace: cannot use '$JOURNALS': .*root alone" \
	'a directory all can write to: is not trusted'
chmod 700 $JOURNALS

# --- a living tool

started funcgraph -m 1 do_nanosleep
state_save tool -q
for option in -q --force; do
	bounded reset-ftrace $option >out2 2>err2 </dev/null
	is $? 1 "beside a tool, $option: exit status"
	like "$(cat err2)" "^reset-ftrace: .*'funcgraph' \(PID $bg_pid\)" \
		"beside a tool, $option: refused, naming it"
	is "$(state_diff tool -q)" '' "beside a tool, $option: nothing is changed"
done
stop INT
is "$status" 0 'beside a tool: which ends well'
at_rest 'beside a tool'

# --- --force

not_at_rest()
{
	echo do_nanosleep >$T/set_ftrace_filter
	echo hrtimer_nanosleep >$T/set_graph_function
	echo function >$T/current_tracer
	echo 1 >$T/events/sched/sched_process_exec/enable
	echo 1 >$T/set_ftrace_pid
	echo 3 >$T/max_graph_depth
	echo 7 >$T/tracing_thresh
	echo 0 >$T/tracing_on
}
not_at_rest
state_save foreign -q
run reset-ftrace
is "$err" 'reset-ftrace: nothing to put back' 'what others trace is none of its business'
is "$(state_diff foreign -q)" '' 'and goes on'
run reset-ftrace --force
is "$status" 0 '--force: exit status'
first_rest=$(grep -n '^rest ' out | head -n 1 | cut -d : -f 1)
last_found=$(grep -n '^found ' out | tail -n 1 | cut -d : -f 1)
cmp_num "$last_found" -lt "$first_rest" '--force: lists before it changes'
is "$(grep '^found ' out | sed 's/  */ /g; s/ $//')" 'found current_tracer function
found events/enable X
found set_ftrace_filter do_nanosleep
found set_graph_function hrtimer_nanosleep
found set_ftrace_pid 1
found max_graph_depth 3
found tracing_thresh 7
found tracing_on 0' '--force: lists what is not at rest, as it is'
is "$(grep -c '^rest .* ok$' out)" 8 '--force: and brings that to rest'
at_rest '--force'
not_at_rest
run reset-ftrace -q --force
is "$status $out$err" '0 ' '--force -q: says nothing'
at_rest '--force -q'
endings_end
done_testing
