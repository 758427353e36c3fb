# SPDX-License-Identifier: GPL-2.0-or-later
# bitesize: what an I/O to null_blk costs, beside what perf-tools' bitesize runs, perf with a filter a range
# installed: perf=linux-perf
# shellcheck shell=sh
. /t/lib.sh
mkdir -p /tmp/bench
cd /tmp/bench || exit
ln -sf ftrace-tools /t/bin/bitesize
load null_blk nr_devices=1 irqmode=0 queue_mode=2 || exit
ios=100000

# ms: since boot, in steps of 10
ms() { awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime; }

work()
{
	began=$(ms)
	workload io /dev/nullb0 read 0 8 16 $ios 16
	took=$(($(ms) - began))
}

# on_cpu PID: microseconds
on_cpu() { awk '{ printf "%d\n", $1 / 1000 }' "/proc/$1/schedstat"; }

# measure NAME PID
measure()
{
	cpu=$(on_cpu "$2")
	work
	echo "$1: $took ms, $(awk -v a="$took" -v b="$alone" 'BEGIN { printf "%.2f", a / b }')x," \
		"$(awk -v a="$took" -v b="$alone" -v n=$ios \
		'BEGIN { printf "%.2f", (a - b) * 1000 / n }') us an I/O;" \
		"itself $((($(on_cpu "$2") - cpu) / 1000)) ms"
}

work
work
alone=$took
echo "alone: $alone ms for $ios I/Os"

# ours NAME ARG...
ours()
{
	name=$1
	shift
	rm -f err
	"$@" >rows 2>err &
	tool=$!
	wait_for grep -q ^Tracing err
	measure "$name" $tool
	kill $tool
	wait $tool
	cat rows
}
ours bitesize bitesize
ours 'bitesize --by comm,type' bitesize --by comm,type

e=block:block_rq_issue
perf stat -a -e $e --filter 'nr_sector < 2' -e $e --filter 'nr_sector >= 2 && nr_sector < 16' \
	-e $e --filter 'nr_sector >= 16 && nr_sector < 128' \
	-e $e --filter 'nr_sector >= 128 && nr_sector < 256' -e $e --filter 'nr_sector >= 256' \
	sleep 1000 >perf 2>&1 &
tool=$!
usleep 4000000
measure 'perf stat, five filters' $tool
kill -INT $tool
wait $tool
cat perf
