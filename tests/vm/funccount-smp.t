#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# funccount with two CPUs that call at the same time: every call is counted once, or told lost.
# requires: smp=2 tracer=function file=kprobe_events
. /t/lib.sh
. /t/endings.sh

applet funccount
of() { awk -v f="$1" 'NF > 1 && $(NF - 1) ~ f { n += $NF } END { print n + 0 }' "${2:-out}"; }

state_save smp -q

both()
{
	taskset 1 workload syscall getppid 20000 &
	cpu0=$!
	taskset 2 workload syscall getppid 30000 &
	wait $! $cpu0
}

for method in hits trace; do
	start funccount --method $method '*sys_getppid'
	wait_for has err '^Tracing '
	both
	stop
	lost=$(echo "$err" | sed -n 's/^funccount: lost \([0-9]*\) events: .*/\1/p')
	is $(($(of getppid) + ${lost:-0})) 50000 "$method: every call of both CPUs"
done

cat >two <<'EOF'
taskset 1 workload threads 2 30 500 &
taskset 2 workload fork 10 500 &
wait
EOF
run bounded funccount --json --by-pid t:syscalls:sys_enter_nanosleep -- sh two
is "$(json count | xargs)" '1 1 1 1 1 1 1 1 1 1 60' '--by-pid: threads together, child processes each'
is "$(json pid | sort -u | wc -l)" 11 '--by-pid: all known'

is "$(state_diff smp -q)" '' 'the tracing state is as before'
done_testing
