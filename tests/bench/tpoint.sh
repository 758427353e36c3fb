# SPDX-License-Identifier: GPL-2.0-or-later
# tpoint against the kernel's own text, perf-tools' tpoint, perf trace, perf record and bpftrace
# peers: bash-static=bash-static tpoint-perf=perf-tools-unstable
# installed: perf=linux-perf bpftrace=bpftrace
# shellcheck shell=sh
ln -sf /t/bin/bash-static /bin/bash
ln -sf /t/bin/tpoint-perf /bin/peer
ln -sf ftrace-tools /t/bin/tpoint
mkdir -p /var/tmp
mount -t debugfs debugfs /sys/kernel/debug
cat >/tmp/bench.bash <<'END_OF_BENCH'
T=/sys/kernel/tracing
I=$T/instances/bench
calls=50000
event=raw_syscalls:sys_enter
filter='id == 110'	# getppid, which nobody else calls often
TIMEFORMAT='%R %U %S'

work() { workload syscall getppid $calls; }

# times COMMAND...: $real of it, milliseconds
times()
{
	read -r real rest < <({ time "$@" >/dev/null; } 2>&1 | tr -d .)
	real=$((10#$real))
}

# on_cpu PID...: microseconds that they and their threads have run
on_cpu()
{
	cat $(printf '/proc/%s/task/*/schedstat ' "$@") | awk '{ n += $1 } END { printf "%d\n", n / 1000 }'
}

ratio() { echo "$1 $2" | awk '{ printf "%.2f", $2 ? $1 / $2 : 0 }'; }

# still FILE: until it does not grow any more
still()
{
	size=-1
	while now=$(stat -c %s "$1") && [ $now -ne $size ]; do
		size=$now
		usleep 600000
	done
}

# figures NAME LINES MICROSECONDS
figures()
{
	echo "$1: workload $real ms ($(ratio $real $untraced)x, $(ratio $((1000 * (real - untraced))) $calls)" \
		"us an event); tool: $(ratio $3 $2) us a row; $2 of $calls shown"
}

recording()
{
	grep -qF '[mono]' $T/instances/ftrace-tools-*/trace_clock
} 2>/dev/null

# ours NAME ARG...
ours()
{
	name=$1
	shift
	tpoint "$@" -o /tmp/ours $event "$filter" 2>/tmp/err &
	tool=$!
	until recording; do usleep 50000; done
	usleep 500000
	began=$(on_cpu $tool)
	times work
	still /tmp/ours
	own=$(($(on_cpu $tool) - began))
	kill $tool
	wait $tool
	shown=$(grep -cE "NR 110 |.id.:110" /tmp/ours)
	summed=$(sed -nE "s/^(workload +)?110 +([0-9]+)$/\\2/p; s/^ +64 -> 127 +: ([0-9]+).*/\\1/p" /tmp/ours)
	figures "$name" "${summed:-$shown}" $own
	rm -f /tmp/ours
}

# theirs NAME READER OUTPUT: what is already running
theirs()
{
	began=$(on_cpu $2)
	times work
	still $3
	own=$(($(on_cpu $2) - began))
}

times work
untraced=$real
echo "untraced: workload $real ms for $calls calls"

mkdir $I
echo "$filter" >$I/events/raw_syscalls/sys_enter/filter
echo 1 >$I/events/raw_syscalls/sys_enter/enable
times work
figures 'recorded, nobody reads' $calls 0
cat $I/trace_pipe >/tmp/pipe &
reader=$!
theirs 'cat trace_pipe' $reader /tmp/pipe
figures 'cat trace_pipe' "$(grep -c 'NR 110 ' /tmp/pipe)" $own
kill $reader
wait $reader
echo 0 >$I/tracing_on
echo 0 >$I/events/raw_syscalls/sys_enter/enable
rmdir $I
rm /tmp/pipe

ours 'tpoint'
ours 'tpoint --json' --json
ours 'tpoint --count id (hist trigger)' --count id
ours 'tpoint --count comm,id (records)' --count comm,id
ours 'tpoint --hist id (records)' --hist id

peer $event "$filter" >/tmp/theirs 2>/dev/null &
tool=$!
usleep 3000000
reader=$(pidof cat)
theirs "perf-tools' tpoint" $reader /tmp/theirs
kill $reader
wait $tool
figures "perf-tools' tpoint" "$(grep -c 'NR 110 ' /tmp/theirs)" $own
rm /tmp/theirs

perf trace -a --no-syscalls -e $event --filter "$filter" >/tmp/theirs 2>&1 &
tool=$!
usleep 6000000
theirs 'perf trace' $tool /tmp/theirs
kill -INT $tool
wait $tool
figures 'perf trace -e' "$(grep -c 'sys_enter' /tmp/theirs)" $own
rm /tmp/theirs

perf record -q -a -e $event --filter "$filter" -o /tmp/theirs &
tool=$!
usleep 6000000
theirs 'perf record' $tool /tmp/theirs
kill -INT $tool
wait $tool
recorded=$own
read -r script rest < <({ time perf script -i /tmp/theirs >/tmp/text 2>/dev/null; } 2>&1 | tr -d .)
figures 'perf record, then perf script' "$(grep -c 'NR 110 ' /tmp/text)" $((recorded + 10#$script * 1000))
rm /tmp/theirs /tmp/text

# bpftraced NAME ACTION: of the calls that the filter means
bpftraced()
{
	bpftrace -e "tracepoint:raw_syscalls:sys_enter /args->id == 110/ { $2 }" >/tmp/theirs \
		2>/dev/null &
	tool=$!
	while kill -0 $tool && ! grep -qs Attaching /tmp/theirs; do usleep 50000; done
	usleep 4000000
	theirs "bpftrace, $1" $tool /tmp/theirs
	kill -INT $tool
	wait $tool
	summed=$(sed -nE 's/^@.*: ([0-9]+)$/\1/p' /tmp/theirs)
	figures "bpftrace, $1" "${summed:-$(grep -c '^work' /tmp/theirs)}" $own
	rm /tmp/theirs
}
bpftraced 'a line each' 'printf("work %s %d %d\n", comm, tid, args->id);'
bpftraced 'count() by id' '@[args->id] = count();'
END_OF_BENCH
bash /tmp/bench.bash
umount /sys/kernel/debug
