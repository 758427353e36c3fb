# SPDX-License-Identifier: GPL-2.0-or-later
# opensnoop and killsnoop against bpftrace (perf-tools' opensnoop needs another awk than there is)
# peers: bash-static=bash-static
# installed: bpftrace=bpftrace
# shellcheck shell=sh
ln -sf /t/bin/bash-static /bin/bash
ln -sf ftrace-tools /t/bin/opensnoop
ln -sf ftrace-tools /t/bin/killsnoop
mount -t debugfs debugfs /sys/kernel/debug
echo something >/tmp/there
cat >/tmp/bench.bash <<'END_OF_BENCH'
T=/sys/kernel/tracing
TIMEFORMAT='%R %U %S'

opens() { workload openloop 1 10000 /tmp/there /tmp/missing 0; }
others() { workload syscall getppid 100000; }

# times COMMAND...: $real of it, milliseconds
times()
{
	read -r real rest < <({ time "$@" >/dev/null; } 2>&1 | tr -d .)
	real=$((10#$real))
}

# on_cpu PID...: microseconds that they have run
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

recording()
{
	grep -qF '[mono]' $T/instances/ftrace-tools-*/trace_clock &&
		grep -q 1 $T/instances/ftrace-tools-*/tracing_on
} 2>/dev/null

# measure NAME FILE PID...: of what runs and writes there
measure()
{
	name=$1 file=$2
	shift 2
	times others
	other=$real
	before=$(on_cpu "$@")
	times opens
	still $file
	used=$(($(on_cpu "$@") - before)) rows=$(grep -c workload $file)
	named=$(grep -c -e /tmp/there -e /tmp/missing $file)
	echo "$name: 20000 opens $real ms ($(ratio $real $untraced)x, $(ratio $((1000 * (real -" \
		"untraced))) 20000) us each); 100000 getppid() $other ms ($(ratio $other $idle)x);" \
		"tool: $(ratio $used $rows) us a row; $rows of 20000 shown, $named by name"
}

# ours NAME TOOL ARG...
ours()
{
	name=$1
	shift
	"$@" -o /tmp/rows 2>/tmp/err &
	tool=$!
	until recording; do usleep 50000; done
	usleep 500000
	measure "$name" /tmp/rows $tool
	kill -INT $tool
	wait $tool
	grep -v '^Tracing' /tmp/err
}

times others
idle=$real
times opens
untraced=$real
echo "untraced: 20000 opens $untraced ms; 100000 getppid() $idle ms"
ours 'opensnoop' opensnoop
ours 'opensnoop --json' opensnoop --json
ours 'opensnoop -x' opensnoop -x
ours 'opensnoop -p 1' opensnoop -p 1
ours 'opensnoop --method events' opensnoop --method events
ours 'killsnoop' killsnoop
ours 'killsnoop --method events' killsnoop --method events

bpftrace -e 'tracepoint:syscalls:sys_enter_openat { @f[tid] = args->filename; }
	tracepoint:syscalls:sys_exit_openat /@f[tid]/ {
		printf("%-16s %-6d %4d %s\n", comm, pid, args->ret, str(@f[tid])); delete(@f[tid]); }' \
	>/tmp/rows 2>/tmp/err &
tool=$!
until grep -q Attach /tmp/rows /tmp/err; do usleep 100000; done
usleep 3000000
measure "bpftrace, openat()" /tmp/rows $tool
kill -INT $tool
wait $tool
END_OF_BENCH
bash /tmp/bench.bash
