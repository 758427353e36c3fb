# SPDX-License-Identifier: GPL-2.0-or-later
# execsnoop against perf-tools and the event alone: what starting programs costs, and how many are right
# peers: bash-static=bash-static execsnoop-perf=perf-tools-unstable
# shellcheck shell=sh
ln -sf /t/bin/bash-static /bin/bash
ln -sf /t/bin/execsnoop-perf /bin/peer
mkdir -p /var/tmp
mount -t debugfs debugfs /sys/kernel/debug
cat >/tmp/bench.bash <<'E2'
T=/sys/kernel/tracing
I=$T/instances/bench
count=1000
TIMEFORMAT='%R'

work() { workload exec $count /t/bin/workload exit 0 right; }

times()
{
	real=$({ time work; } 2>&1 | tr -d .)
	real=$((10#$real))
}
ratio() { echo "$1 $2" | awk '{ printf "%.2f", $2 ? $1 / $2 : 0 }'; }
figures() { echo "$1: $count programs took $real ms ($(ratio $real $untraced)x), $2 of them right"; }

times
times
untraced=$real
figures untraced -

mkdir $I
echo 1 >$I/events/sched/sched_process_exec/enable
times
figures 'sched:sched_process_exec, nobody reads' -
echo 0 >$I/events/enable
rmdir $I

for method in stack thread proc; do
	ftrace-tools execsnoop --method $method -o /tmp/ours 2>/tmp/err &
	tool=$!
	until grep -q 1 $T/instances/ftrace-tools-*/tracing_on; do usleep 50000; done 2>/dev/null
	usleep 200000
	began=$(awk '{ print $1 }' /proc/$tool/schedstat)
	times
	usleep 1000000
	own=$(($(awk '{ print $1 }' /proc/$tool/schedstat) - began))
	kill $tool
	wait $tool
	figures "execsnoop --method $method" $(grep -cE '^ *[0-9]+ +[0-9]+ /t/bin/workload exit 0 right$' /tmp/ours)
	echo "    itself $((own / 1000000)) ms, $((own / count / 1000)) us a program"
done

peer >/tmp/theirs 2>/dev/null &
tool=$!
usleep 2000000
times
usleep 2000000
kill -INT $tool
kill $(pidof cat) 2>/dev/null
wait $tool
figures "perf-tools' execsnoop" $(grep -cE '^ *[0-9]+ +[0-9]+ /t/bin/workload exit 0 right' /tmp/theirs)
E2
bash /tmp/bench.bash
umount /sys/kernel/debug
