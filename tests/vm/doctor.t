#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# doctor: tells what is here, as it is, and changes nothing.
. /t/lib.sh
. /t/endings.sh

applet doctor funcgraph
state_save doctor -q

# fact KEY: its state, from --json
fact() { sed -n "s/^{.*\"key\":\"$1\",\"state\":\"\\([^\"]*\\)\".*/\\1/p" out; }

# yes_if COMMAND...: "yes" when it succeeds, else "no"
yes_if() { if "$@" >/dev/null 2>&1; then echo yes; else echo no; fi; }

# lines that are not JSON objects of strings
not_json() { grep -vE '^\{("[a-z_]+":"([^"\\]|\\["\\/bfnrtu])*"[,}])+$' out; }

run doctor
is "$status" 0 'exit status'
is "$err" '' 'nothing on stderr'
like "$out" '^WHAT +STATE +DETAIL$' 'headings'
like "$out" '^tracer function_graph +yes' 'function_graph is here'
like "$out" '^kprobe events +yes' 'kprobes are here'
like "$out" '^funcgraph +yes ' 'funcgraph works here'
unlike "$out" '[^[:print:]]' 'no control characters'

run doctor --json
is "$status" 0 '--json: exit status'
is "$(not_json)" '' '--json: every line is an object'
is "$(json key | sort | uniq -d)" '' '--json: no key twice'
for tracer in function function_graph blk; do
	is "$(fact $tracer)" "$(yes_if grep -qw $tracer $T/available_tracers)" "fact $tracer"
done
for file in kprobe_events uprobe_events error_log set_event_notrace_pid set_ftrace_notrace_pid \
	buffer_percent dynamic_events synthetic_events; do
	is "$(fact $file)" "$(yes_if test -e $T/$file)" "fact $file"
done
is "$(fact function_addresses)" "$(yes_if test -e $T/available_filter_functions_addrs)" \
	'fact function_addresses'
is "$(fact hist_triggers)" "$(yes_if test -e $T/events/sched/sched_switch/hist)" \
	'fact hist_triggers'
is "$(fact function_graph_instance)" "$(yes_if sh -c "mkdir $T/instances/t &&
	grep -qw function_graph $T/instances/t/available_tracers")" 'fact function_graph_instance'
rmdir $T/instances/t
is "$(fact kptr_restrict)" "$(cat /proc/sys/kernel/kptr_restrict)" 'fact kptr_restrict'
is "$(fact top_level)" free 'fact top_level'
is "$(fact funcgraph)" yes 'tool funcgraph'
is "$(state_diff doctor -q)" '' 'it changes nothing'

echo do_nanosleep >$T/set_ftrace_filter
echo function >$T/current_tracer
run doctor --json
is "$(fact top_level)" 'in use' 'another tracer: the top level is in use'
[ "$(fact function_graph_instance)" = yes ] && want=yes || want=busy
is "$(fact funcgraph)" $want 'another tracer: whether funcgraph can run now'
is "$(cat $T/current_tracer)" function 'another tracer: goes on'
echo nop >$T/current_tracer
echo >$T/set_ftrace_filter

umount $T
mount_it="'mount -t tracefs nodev /sys/kernel/tracing'"
run doctor
is "$status" 3 'no tracefs: exit status'
like "$err" "^doctor: .*$mount_it" 'no tracefs: names the command'
like "$out" '^tracing directory +no ' 'no tracefs: a fact'
like "$out" '^funcgraph +no ' 'no tracefs: what does not work'
run doctor --json
is "$status" 3 'no tracefs, --json: exit status'
is "$(not_json)" '' 'no tracefs, --json: every line is an object'
run funcgraph do_nanosleep
is "$status" 3 'no tracefs: exit status of a tool'
like "$err" "^funcgraph: .*$mount_it" 'no tracefs: a tool names the command, too'
is "$(wc -l <err)" 1 'no tracefs: in one line'
unlike "$(mount)" ' type (tracefs|debugfs) ' 'no tracefs: nobody has mounted it'
mount -t tracefs tracefs $T
is "$(state_diff doctor -q)" '' 'the tracing state is as before'
done_testing
