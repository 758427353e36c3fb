#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# funccount of functions of programs and libraries, alone and with others, and the same ends.
# requires: file=uprobe_events file=kprobe_events function=do_nanosleep
. /t/lib.sh
. /t/endings.sh

applet funccount
count() { run bounded funccount "$@"; }
of() { awk -v f="$1" 'NF > 1 && $(NF - 1) ~ f { n += $NF } END { print n + 0 }' "${2:-out}"; }
watch()
{
	start funccount "$@"
	wait_for has err '^Tracing '
}

state_save user -q

calls=100000
count -v workload:workload_called -- workload call $calls
is "$(of '^workload:workload_called$')" $calls 'trace: every call is counted'
like "$err" "^funccount: counting by 'trace'" 'trace: is what counts for a command'

watch -v workload:workload_called
workload call $calls
stop
is "$(of '^workload:workload_called$')" $calls 'hits: every call is counted'
like "$err" "^funccount: counting by 'hits'" 'hits: is what counts for all'

count --json 'workload:workload_*' -- sh -c 'workload call 30; workload slowcall 4 100; true'
is "$(grep -E '"function":"workload_(called|slept)","file":"/t/bin/workload","count"' out |
	sed 's/.*"function":"workload_\([a-z]*\)".*:\([0-9]*\)}/\1 \2/' | xargs)" 'slept 4 called 30' \
	'a pattern: each function, with its file'

count libc:malloc libc:free -- workload-dynamic malloc 2000
is "$(of '^libc.so.6:malloc$')" 2000 'a library by its name: malloc'
is "$(of '^libc.so.6:free$')" 2000 'a library by its name: free'

start_workload call 70
start funccount -p "$work_pid" workload:workload_called
wait_for recording
workload call 500
release
stop
is "$(of workload_called)" 70 '-p: this process alone'

count --by-pid workload:workload_called -- sh -c 'workload call 3; workload call 4; true'
is "$(grep -cE '^ +[0-9]+ workload +workload:workload_called +[34]$' out)" 2 '--by-pid: each process'

# all kinds at once, none of which may take from another
count --json do_nanosleep workload:workload_slept t:syscalls:sys_enter_nanosleep -- workload slowcall 40 100
is "$(json count | xargs)" '40 40 40' 'functions of kernel and program, and a tracepoint: all'
watch '*sys_getppid' workload:workload_called
workload syscall getppid 50
workload call 40
stop
is "$(of getppid) $(of '^workload:workload_called$')" '50 40' 'by hits: functions of both'

# a kernel function that no kprobe can be had for makes all go by trace, with probes left from before
echo '*' >$T/set_ftrace_filter
twin=$(cut -d ' ' -f 1 $T/set_ftrace_filter | sort | uniq -d | grep -v '\.' | head -n 1)
echo >$T/set_ftrace_filter
watch -v '*sys_getppid' "$twin" workload:workload_called
workload syscall getppid 30
workload call 20
stop
like "$err" "^funccount: counting by 'trace'" 'from hits to trace'
is "$(of getppid) $(of '^workload:workload_called$')" '30 20' 'from hits to trace: counts of both'

tool=funccount
bad 2 "cannot trace 'workload:workload_caled': no such function in .*'workload_called'" \
	workload:workload_caled
bad 2 '.*nonesuch' /t/bin/nonesuch:main
bad 3 "cannot count by 'profiler': " --method profiler workload:workload_called
is "$(state_diff user -q)" '' 'refusals change nothing'

endings_other_way=yes
endings_load='workload slowcall 1000000 5000'
endings 'funccount, user functions' funccount -i 200ms workload:workload_slept do_nanosleep

is "$(state_diff user -q)" '' 'the tracing state is as before'
done_testing
