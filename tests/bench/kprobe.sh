# SPDX-License-Identifier: GPL-2.0-or-later
# kprobe and uprobe against perf-tools' kprobe and uprobe, bpftrace and perf trace
# peers: bash-static=bash-static kprobe-perf=perf-tools-unstable uprobe-perf=perf-tools-unstable
# installed: bpftrace=bpftrace perf=linux-perf
# shellcheck shell=sh
ln -sf /t/bin/bash-static /bin/bash
ln -sf ftrace-tools /t/bin/kprobe
ln -sf ftrace-tools /t/bin/uprobe
# Looked for by perf-tools' uprobe, and not run for an offset.
for program in file ldconfig objdump; do
	printf '#!/bin/sh\nexit 1\n' >/bin/$program
	chmod +x /bin/$program
done
mkdir -p /var/tmp
mount -t debugfs debugfs /sys/kernel/debug
cat >/tmp/bench.bash <<'END_OF_BENCH'
T=/sys/kernel/tracing
calls=30000
TIMEFORMAT='%R %U %S'

work() { if [ $kind = kprobe ]; then workload syscall getppid $calls; else workload call $calls; fi; }

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

# figures NAME ROWS MICROSECONDS
figures()
{
	echo "$1: workload $real ms ($(ratio $real $untraced)x, $(ratio $((1000 * (real - untraced))) $calls)" \
		"us a call); tool: $(ratio $3 $2) us a row; $2 of $calls shown"
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
	$kind "$@" -o /tmp/ours 2>/tmp/err &
	tool=$!
	until recording; do usleep 50000; done
	usleep 500000
	[ ! -s /tmp/err ] || grep -v '^Tracing' /tmp/err
	began=$(on_cpu $tool)
	times work
	still /tmp/ours
	own=$(($(on_cpu $tool) - began))
	kill $tool
	wait $tool
	shown=$(grep -cE 'workload-.*(getppid|called): |"workload"' /tmp/ours)
	summed=$(sed -nE 's/^workload +([0-9]+)$/\1/p' /tmp/ours)
	figures "$kind $name" "${summed:-$shown}" $own
	rm -f /tmp/ours
}

# theirs ARG...
theirs()
{
	$kind-perf -F "$@" >/tmp/theirs 2>/dev/null &
	tool=$!
	usleep 4000000
	reader=$(pidof cat)
	began=$(on_cpu $reader)
	times work
	still /tmp/theirs
	own=$(($(on_cpu $reader) - began))
	kill $reader
	wait $tool
	figures "perf-tools' $kind $*" "$(grep -c ' workload-' /tmp/theirs)" $own
	rm -f /tmp/theirs
}

# bpftraced NAME PROGRAM: bpftrace with it, which prints "work" lines or a sum
bpftraced()
{
	bpftrace -e "$2" >/tmp/theirs 2>/dev/null &
	tool=$!
	while kill -0 $tool && ! grep -qs Attaching /tmp/theirs; do usleep 50000; done
	usleep 4000000
	began=$(on_cpu $tool)
	times work
	still /tmp/theirs
	own=$(($(on_cpu $tool) - began))
	kill -INT $tool
	wait $tool
	summed=$(sed -nE 's/^@.*: ([0-9]+)$/\1/p' /tmp/theirs)
	figures "bpftrace, $1" "${summed:-$(grep -c '^work' /tmp/theirs)}" $own
	rm -f /tmp/theirs
}

# perf_traced PROBE: made with perf-tools' hands, in the group bench
perf_traced()
{
	echo "$1" >>$T/${kind}_events
	perf trace -a --no-syscalls -e bench:bench >/tmp/theirs 2>&1 &
	tool=$!
	usleep 6000000
	began=$(on_cpu $tool)
	times work
	still /tmp/theirs
	own=$(($(on_cpu $tool) - began))
	kill -INT $tool
	wait $tool
	figures 'perf trace -e' "$(grep -c 'bench:bench' /tmp/theirs)" $own
	rm -f /tmp/theirs
	echo -:bench/bench >>$T/${kind}_events
}

kind=kprobe
times work
untraced=$real
echo "untraced: $real ms for $calls calls of getppid()"
f=__x64_sys_getppid
ours "p:$f" p:$f
ours "p:$f, dropped by a filter" p:$f 'common_pid == 1'
ours "p:$f %di +0(%di):u64" "p:$f %di +0(%di):u64"
ours "r:$f \$retval" "r:$f \$retval"
ours "--ret $f" --ret $f
ours "--json p:$f" --json p:$f
ours "--count comm p:$f" --count comm p:$f
ours "-s p:$f" -s p:$f
theirs p:$f
theirs "r:$f \$retval"
bpftraced 'a line each' "kprobe:$f { printf(\"work %s %d\\n\", comm, tid); }"
bpftraced 'count() by comm' "kprobe:$f { @[comm] = count(); }"
perf_traced "p:bench/bench $f"

kind=uprobe
times work
untraced=$real
echo "untraced: $real ms for $calls calls of workload_called()"
f=workload:workload_called
at=$(uprobe -l workload --json workload_called | sed 's/.*"offset":"\([^"]*\)".*/\1/')
ours "p:$f" p:$f
ours "p:$f i=\$arg1" "p:$f i=\$arg1"
ours "r:$f \$retval" "r:$f \$retval"
ours "--ret $f" --ret $f
ours "--count comm p:$f" --count comm p:$f
ours "-p 1 p:$f, of another process" -p 1 p:$f
theirs "p:/t/bin/workload:$at"
theirs "r:/t/bin/workload:$at \$retval"
bpftraced 'a line each' "uprobe:/t/bin/workload:workload_called { printf(\"work %s %d\\n\", comm, tid); }"
perf_traced "p:bench/bench /t/bin/workload:$at"
END_OF_BENCH
bash /tmp/bench.bash
umount /sys/kernel/debug
