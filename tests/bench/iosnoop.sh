# SPDX-License-Identifier: GPL-2.0-or-later
# iosnoop against perf-tools, blktrace and bcc's biosnoop, one CPU for them and an all but endless disk
# peers: bash-static=bash-static iosnoop-perf=perf-tools-unstable biosnoop=libbpf-tools
# installed: blktrace=blktrace blkparse=blktrace
# shellcheck shell=sh
. /t/lib.sh
ln -sf /t/bin/bash-static /bin/bash
ln -sf /t/bin/iosnoop-perf /bin/peer
mkdir -p /var/tmp /tmp/blk
mount -t debugfs debugfs /sys/kernel/debug
load null_blk nr_devices=1 gb=1 bs=512 irqmode=1 hw_queue_depth=128
cat >/tmp/bench.bash <<'E'
T=/sys/kernel/tracing
I=$T/instances/bench
ios=50000
TIMEFORMAT='%R %U %S'

work() { workload io /dev/nullb0 read 0 1 8 $ios 64; }

# times COMMAND...: $real of it, milliseconds
times()
{
	read -r real user sys < <({ time "$@" >/dev/null; } 2>&1 | tr -d .)
	real=$((10#$real))
}

# on_cpu PID...: microseconds
on_cpu()
{
	sum=0
	for pid; do
		read -r ns rest </proc/$pid/schedstat && sum=$((sum + ns / 1000))
	done
	echo $sum
}

ratio() { echo "$1 $2" | awk '{ printf "%.2f", $2 ? $1 / $2 : 0 }'; }

# still FILE: until it grows no more
still()
{
	size=-1
	while now=$(cat $1 | wc -c) && [ $now -ne $size ]; do
		size=$now
		usleep 600000
	done
}

# figures NAME ROWS MICROSECONDS LOST
figures()
{
	echo "$1: the I/O took $real ms ($(ratio $real $untraced)x); tool: $(($3 / 1000)) ms for" \
		"$ios I/Os, $(ratio $3 $ios) us each; shown $2; lost $4"
}

times work
untraced=$real
echo "untraced: $ios I/Os took $real ms"

mkdir $I
for event in issue complete; do
	echo 1 >$I/events/block/block_rq_$event/enable
done
echo mono >$I/trace_clock
times work
recording=$real
echo "recorded, nobody reads: the I/O took $real ms ($(ratio $real $untraced)x)"
rmdir $I

# ours NAME ARG...
ours()
{
	name=$1
	shift
	ftrace-tools iosnoop "$@" -o /tmp/ours 2>/tmp/err &
	tool=$!
	until grep -qF '[mono]' $T/instances/ftrace-tools-*/trace_clock &&
	      grep -q 1 $T/instances/ftrace-tools-*/tracing_on; do
		usleep 50000
	done 2>/dev/null
	usleep 200000
	began=$(on_cpu $tool)
	times work
	still /tmp/ours
	own=$(($(on_cpu $tool) - began))
	kill $tool
	wait $tool
	lost=$(sed -n 's/.*: lost \([0-9]*\) events:.*/\1/p' /tmp/err)
	figures "$name" $(grep -c workload /tmp/ours) $own "${lost:-0} events"
	rm /tmp/ours
}
ours iosnoop
ours 'iosnoop --json' --json
ours 'iosnoop -Q' -Q
ours 'iosnoop --totals' --totals
ours 'iosnoop -d vda, of another disk' -d vda

# of NAME FILE PROCESS...: what runs already, until FILE grows no more; its rows are of workload
of()
{
	name=$1 file=$2
	shift 2
	began=$(on_cpu "$@")
	times work
	still $file
	own=$(($(on_cpu "$@") - began))
}

peer >/tmp/theirs 2>/dev/null &
tool=$!
usleep 3000000
of perf-tools /tmp/theirs $(pidof cat) $(pidof awk)
kill $(pidof cat)
wait $tool
figures "perf-tools' iosnoop" $(grep -c ^workload /tmp/theirs) $own \
	"$(awk '/LOST/ { n += $4 } END { print n + 0 }' /tmp/theirs) events told"

cd /tmp/blk
blktrace -d /dev/nullb0 -a issue -a complete -o - 2>/tmp/err | blkparse -i - >/tmp/theirs &
usleep 3000000
of blktrace /tmp/theirs $(pidof blktrace) $(pidof blkparse)
kill -INT $(pidof blktrace)
wait
figures 'blktrace | blkparse' $(grep -cE ' C +R ' /tmp/theirs) $own \
	"$(sed -n 's/.*You have \([0-9]*\) .*/\1/p' /tmp/err | grep . || echo 0) events told"

biosnoop -d nullb0 >/tmp/theirs 2>/tmp/err &
tool=$!
usleep 5000000
of biosnoop /tmp/theirs $tool
if kill -INT $tool; then
	wait $tool
	figures "bcc's biosnoop" $(grep -c workload /tmp/theirs) $own "$(grep -ci lost /tmp/err) messages"
else
	echo "bcc's biosnoop does not run here: $(head -n 1 /tmp/err)"
fi
E
bash /tmp/bench.bash
umount /sys/kernel/debug
rmmod null_blk
