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
fail() { workload exec $count /nonesuch/program exit 0 right; }

times()
{
	real=$({ time "$@" >/dev/null 2>&1; } 2>&1 | tr -d .)
	real=$((10#$real))
}
ratio() { echo "$1 $2" | awk '{ printf "%.2f", $2 ? $1 / $2 : 0 }'; }
figures() { echo "$1: $count programs took $real ms ($(ratio $real $untraced)x), $2 of them right"; }

times fail
echo "untraced: $count programs that do not exist took $real ms"
failing=$real
times work
times work
untraced=$real
figures untraced -

mkdir $I
echo 1 >$I/events/sched/sched_process_exec/enable
times work
figures 'sched:sched_process_exec, nobody reads' -
echo 0 >$I/events/enable
rmdir $I

for options in '--method stack' '--method thread' '--method proc' -x; do
	ftrace-tools execsnoop $options -o /tmp/ours 2>/tmp/err &
	tool=$!
	until grep -q 1 $T/instances/ftrace-tools-*/tracing_on; do usleep 50000; done 2>/dev/null
	usleep 200000
	began=$(awk '{ print $1 }' /proc/$tool/schedstat)
	times work
	usleep 1000000
	own=$(($(awk '{ print $1 }' /proc/$tool/schedstat) - began))
	times=$real
	times fail
	echo "execsnoop $options: $count programs that do not exist took $real ms ($(ratio $real $failing)x)"
	real=$times
	kill $tool
	wait $tool
	figures "execsnoop $options" $(grep -cE '^ *[0-9]+ +[0-9]+ ( *0 +)?/t/bin/workload exit 0 right$' /tmp/ours)
	echo "    itself $((own / 1000000)) ms, $((own / count / 1000)) us a program"
done

peer >/tmp/theirs 2>/dev/null &
tool=$!
usleep 2000000
times work
usleep 2000000
kill -INT $tool
kill $(pidof cat) 2>/dev/null
wait $tool
figures "perf-tools' execsnoop" $(grep -cE '^ *[0-9]+ +[0-9]+ /t/bin/workload exit 0 right' /tmp/theirs)
E2
bash /tmp/bench.bash
umount /sys/kernel/debug
