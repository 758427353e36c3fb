# SPDX-License-Identifier: GPL-2.0-or-later
# syscount by records and by histogram, against bpftrace, bcc's syscount, perf trace and strace
# peers: bash-static=bash-static syscount=libbpf-tools
# installed: bpftrace=bpftrace perf=linux-perf strace=strace
# shellcheck shell=sh
ln -sf /t/bin/bash-static /bin/bash
mv /t/bin/syscount /t/bin/bcc-syscount
ln -sf ftrace-tools /t/bin/syscount
mkdir -p /var/tmp
mount -t debugfs debugfs /sys/kernel/debug
cat >/tmp/bench.bash <<'END_OF_BENCH'
T=/sys/kernel/tracing
I=$T/instances/bench
turns=50000	# a read and a write each
calls=$((2 * turns))
TIMEFORMAT='%R %U %S'

work() { dd if=/dev/zero of=/dev/null bs=1 count=$turns 2>/dev/null; }

# times COMMAND...: $real of it and the $cpu time it took itself, milliseconds
times()
{
	read -r real user sys < <({ time "$@" >/dev/null 2>&1; } 2>&1 | tr -d .)
	real=$((10#$real)) cpu=$((10#$user + 10#$sys))
}

# on_cpu PID: microseconds that it and its threads have run
on_cpu() { cat /proc/$1/task/*/schedstat | awk '{ n += $1 } END { printf "%d\n", n / 1000 }'; }

ratio() { echo "$1 $2" | awk '{ printf "%.2f", $2 ? $1 / $2 : 0 }'; }

# says NAME [MICROSECONDS [LOST]]: the latter of the tool
says()
{
	line="$1: dd $real ms ($(ratio $real $untouched)x)"
	if [ -n "$2" ]; then
		line="$line; tool $(($2 / 1000)) ms of CPU, $(ratio $2 $calls) us a call"
		line="$line, $(awk '/VmHWM/ { print $2 }' /tmp/status) kB"
	fi
	echo "$line${3:+, $3}"
}

# beside PID: dd beside a tool that runs
beside()
{
	began=$(on_cpu $1)
	times work
	usleep 500000
	own=$(($(on_cpu $1) - began))
	cat /proc/$1/status >/tmp/status
}

# counted: reads and writes of dd, as the tool shows them
counted() { awk '$1 == "read" || $1 == "write" { n += $2 } END { print n + 0 }' /tmp/shown; }

# ours ARG...
ours()
{
	rm -f /tmp/err
	syscount "$@" >/tmp/shown 2>/tmp/err &
	tool=$!
	for ((i = 0; i < 200; i++)); do grep -qs ^Tracing /tmp/err && break; usleep 50000; done
	usleep 200000
	beside $tool
	kill $tool
	wait $tool
	says "syscount $*" $own "$(grep -o 'lost [0-9]* events' /tmp/err)"
}

# theirs NAME PATIENCE COMMAND...: the tool is ready after so many milliseconds
theirs()
{
	name=$1 patience=$2
	shift 2
	workload run "$@" >/tmp/shown 2>/tmp/err &
	tool=$!
	usleep ${patience}000
	beside $tool
	kill -INT $tool
	wait $tool
	says "$name" $own
}

times work
untouched=$real
echo "untouched: dd $real ms for $calls calls"

mkdir $I
echo 1 >$I/events/raw_syscalls/sys_enter/enable
times work
says 'sys_enter recorded, nobody reads'
echo 1 >$I/events/raw_syscalls/sys_exit/enable
times work
says 'sys_enter and sys_exit recorded, nobody reads'
echo 0 >$I/events/raw_syscalls/enable
if echo 'hist:keys=id' 2>/dev/null >$I/events/raw_syscalls/sys_enter/trigger; then
	times work
	says 'a kernel histogram by id'
	echo '!hist:keys=id' >$I/events/raw_syscalls/sys_enter/trigger
fi
rmdir $I

ours -c
echo "  dd's reads and writes counted: $(counted) of $calls"
ours -c --method hist
echo "  dd's reads and writes counted: $(counted) of $calls"
ours
ours --method hist
ours -cv
ours -cL
ours -cx
ours -c -p 1

theirs 'bpftrace by id' 4000 bpftrace -e 'tracepoint:raw_syscalls:sys_enter { @[args->id] = count(); }'
theirs "bcc's syscount" 1500 bcc-syscount
theirs "bcc's syscount -L" 1500 bcc-syscount -L
theirs 'perf trace -s -a' 4000 perf trace -s -a
times strace -c -f -o /tmp/strace dd if=/dev/zero of=/dev/null bs=1 count=$((turns / 10))
real=$((real * 10))
says 'strace -c -f (a tenth of it, times ten)'
END_OF_BENCH
bash /tmp/bench.bash
umount /sys/kernel/debug
