# SPDX-License-Identifier: GPL-2.0-or-later
# tphist against perf-tools' perf-stat-hist, which counts with perf, and bpftrace
# peers: bash-static=bash-static perf-stat-hist-perf=perf-tools-unstable
# installed: perf=linux-perf bpftrace=bpftrace
# shellcheck shell=sh
ln -sf /t/bin/bash-static /bin/bash
ln -sf ftrace-tools /t/bin/tphist
mount -t debugfs debugfs /sys/kernel/debug
cat >/tmp/bench.bash <<'END_OF_BENCH'
T=/sys/kernel/tracing
calls=50000
event=raw_syscalls:sys_exit
TIMEFORMAT='%R %U %S'

work() { workload syscall getppid $calls; }

# times COMMAND...: $real of it, milliseconds
times()
{
	read -r real rest < <({ time "$@" >/dev/null; } 2>&1 | tr -d .)
	real=$((10#$real))
}

ratio() { echo "$1 $2" | awk '{ printf "%.2f", $2 ? $1 / $2 : 0 }'; }

# figures NAME: of what has been timed, and the events in the file theirs or ours
figures()
{
	echo "$1: workload $real ms ($(ratio $real $untraced)x, $(ratio $((1000 * (real - untraced))) $calls)" \
		"us an event); $2 events counted"
}

recording()
{
	grep -qF '[mono]' $T/instances/ftrace-tools-*/trace_clock &&
		grep -q 1 $T/instances/ftrace-tools-*/tracing_on
} 2>/dev/null

# ours NAME ARG...
ours()
{
	name=$1
	shift
	tphist --csv "$@" $event id -o /tmp/ours 2>/tmp/err &
	tool=$!
	until recording; do usleep 50000; done
	usleep 500000
	times work
	kill $tool
	wait $tool
	figures "$name" "$(awk -F , '$2 == 64 { n = $4 } END { print n }' /tmp/ours)"
}

times work
untraced=$real
echo "untraced: workload $real ms for $calls calls"
ours 'tphist -P 2 (23 ranges)' -P 2
ours 'tphist (13 ranges)'

for power in 2 4; do
	perf-stat-hist-perf -P $power $event id >/tmp/theirs 2>&1 &
	tool=$!
	while kill -0 $tool && ! pidof perf >/dev/null; do usleep 100000; done
	usleep 6000000
	times work
	kill -INT $(pidof perf)
	wait $tool
	figures "perf-tools' perf-stat-hist -P $power" \
		"$(sed -nE 's/^ +64 -> [0-9]+ +: ([0-9]+) .*/\1/p' /tmp/theirs)"
done

bpftrace -e 'tracepoint:raw_syscalls:sys_exit { @ = hist(args->id); }' >/tmp/theirs 2>/dev/null &
tool=$!
while kill -0 $tool && ! grep -qs Attaching /tmp/theirs; do usleep 50000; done
usleep 4000000
times work
kill -INT $tool
wait $tool
figures 'bpftrace hist()' "$(sed -nE 's/^\[64, 128\) +([0-9]+) .*/\1/p' /tmp/theirs)"
END_OF_BENCH
bash /tmp/bench.bash
umount /sys/kernel/debug
