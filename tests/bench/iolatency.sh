# SPDX-License-Identifier: GPL-2.0-or-later
# iolatency against perf-tools', and the kernel's own histograms, one CPU for them and the I/O
# peers: bash-static=bash-static iolatency-perf=perf-tools-unstable
# shellcheck shell=sh
. /t/lib.sh
ln -sf /t/bin/bash-static /bin/bash
mkdir -p /var/tmp
mount -t debugfs debugfs /sys/kernel/debug
load null_blk nr_devices=1 gb=1 irqmode=0
cat >/tmp/bench.bash <<'E2'
T=/sys/kernel/tracing
n=20000		# reads of 4 kB; the disk takes no time

# busy: $spent, of all there is, microseconds
busy()
{
	read -r _ user nice sys _ _ irq softirq _ </proc/stat
	spent=$(((user + nice + sys + irq + softirq) * 10000))
}

# on_cpu PID: $own, microseconds
on_cpu()
{
	read -r ns _ </proc/$1/schedstat
	own=$((ns / 1000))
}

ratio() { echo "$1 $2" | awk '{ printf "%.2f", $2 ? $1 / $2 : 0 }'; }

# work: $real of the reads, microseconds
work()
{
	local from to
	read -r from rest </proc/uptime
	/t/bin/workload io /dev/nullb0 read 0 8 8 $n
	read -r to rest </proc/uptime
	real=$(( (10#${to/./} - 10#${from/./}) * 10000 ))
}

work
busy
before=$spent
work
busy
untraced=$real alone=$((spent - before))
echo "untraced: $n reads took $((real / 1000)) ms"

# figures NAME COUNTED MORE: what it all took, from $before on
figures()
{
	busy
	echo "$1: the reads took $((real / 1000)) ms ($(ratio $real $untraced)x); with all that was" \
		"done for it, $(ratio $((spent - before - alone)) $n) us an I/O; counted $2$3"
}

# ours NAME ARG...: one summary at the end; what it takes for nothing is left out
ours()
{
	name=$1
	shift
	busy
	before=$spent
	ftrace-tools iolatency -d nullb0 "$@" 1000 >/dev/null 2>&1 &
	tool=$!
	usleep 3000000
	kill $tool
	wait $tool
	busy
	nothing=$((spent - before))
	busy
	before=$((spent + nothing))
	ftrace-tools iolatency -d nullb0 "$@" 1000 >/tmp/ours 2>/tmp/err &
	tool=$!
	usleep 3000000
	on_cpu $tool
	began=$own
	work
	usleep 500000
	on_cpu $tool
	kill $tool
	wait $tool
	figures "$name" "$(awk '/->/ { n += $5 } END { print n }' /tmp/ours)" \
		"; the tool $(ratio $((own - began)) $n) us; $(grep -E 'lost|not counted' /tmp/err)"
}
ours iolatency
ours 'iolatency --by dev,type' --by dev,type
ours 'iolatency --by dev,type,comm' --by dev,type,comm
ours 'iolatency --method kernel' --method kernel
ours 'iolatency --method kernel --by dev,type' --method kernel --by dev,type

# perf-tools' prints its records through awk when the interval is over.
busy
before=$spent
/t/bin/iolatency-perf -d "$(tr : , </sys/block/nullb0/dev)" 5 1 >/tmp/theirs 2>&1 &
tool=$!
usleep 3000000
work
wait $tool
figures "perf-tools' iolatency" "$(awk '/->/ { n += $5 } END { print n }' /tmp/theirs)"
E2
bash /tmp/bench.bash
umount /sys/kernel/debug
