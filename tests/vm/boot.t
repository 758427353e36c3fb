#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The VM itself: what every other test takes for granted, and that a changed state is noticed.
. /t/lib.sh

like "$(mount)" "^tracefs on $T " 'tracefs is mounted'
unlike "$(mount)" '^debugfs ' 'debugfs is not mounted'
like "$(cat $T/available_tracers)" '\bfunction_graph\b' 'function_graph is there'
ok "$(test -w $T/kprobe_events; echo $?)" 'kprobe events are there'
like "$(mount)" '^/dev/vda on /mnt type ext4' 'the disk is mounted'
like "$(ip addr show lo)" '<LOOPBACK,UP' 'the loopback interface is up'
unlike "$(cat $T/buffer_size_kb)" expanded 'the ring buffer is expanded'

state_save self
old=$(cat $T/tracing_thresh)
echo 7 >$T/tracing_thresh
echo 'prev_pid == 1' >$T/events/sched/sched_switch/filter
mkdir $T/instances/self
like "$(state_diff self -q)" '^\+tracing_thresh: 7$' 'a changed top-level file is noticed by the quick state'
changed=$(state_diff self)
like "$changed" '^\+tracing_thresh: 7$' 'and by the whole state'
like "$changed" '^\+events/sched/sched_switch/filter: prev_pid == 1$' 'a changed event filter is noticed'
like "$changed" '^\+instances/self: \(instance\)$' 'a new instance is noticed'
like "$changed" '^\+instances/self/tracing_on: 1$' 'with what is in it'
rmdir $T/instances/self
echo 0 >$T/events/sched/sched_switch/filter
echo "$old" >$T/tracing_thresh
is "$(state_diff self)" '' 'and it is as before again, nothing changes by itself'

start_workload nanosleep 3 1000
ok "$(kill -0 "$work_pid"; echo $?)" 'a workload waits for its release'
release
ok "$(gone "$work_pid"; echo $?)" 'and ends then'

for module in null_blk loop dm_delay zram veth sch_netem; do
	ok "$(test -e /modules/$module.order; echo $?)" "module $module is there"
done

done_testing
