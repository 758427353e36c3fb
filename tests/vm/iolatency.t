#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# iolatency, on disks that take exactly so long: what it counts where, the pictures, and that the kernel
# counts the same.
# requires: file=events/block/block_rq_issue module=null_blk
. /t/lib.sh
. /t/endings.sh

applet iolatency iosnoop

state_save iolatency -q

# 3 ms for each request, whatever it is
load null_blk nr_devices=2 gb=1 irqmode=2 completion_nsec=3000000
null=$(cat /sys/block/nullb0/dev)
reads='workload io /dev/nullb0 read 0 8 8'	# and how many
writes='workload io /dev/nullb1 write 0 64 64'

trace() { run bounded iolatency "$@"; }

state_save with_disks -q

# --- histograms

trace -d nullb0 100 -- $reads 20
is "$status" 0 'text: exit status'
is "$err" "Tracing block I/O of nullb0 until 'workload' ends..." 'text: what is traced, on stderr'
is "$out" "
  >=(ms) .. <(ms)   : I/O      |Distribution                          |
       0 -> 1       : 0        |                                      |
       1 -> 2       : 0        |                                      |
       2 -> 4       : 20       |######################################|" 'text: the picture of perf-tools'

trace -u -T --percentiles -d "$(echo "$null" | tr : ,)" 100 -- $reads 20
like "$(sed -n 2p out)" '^[0-9]{2}:[0-9]{2}:[0-9]{2}$' '-T: the time'
is "$(sed -n '3,4p' out)" '  >=(us) .. <(us)   : I/O      |Distribution                          |
    2048 -> 4096    : 20       |######################################|' '-u: microseconds'
like "$(sed -n 5p out)" '^  p50 3[0-9]{3}  p95 3[0-9]{3}  p99 3[0-9]{3}  p99.9 3[0-9]{3}  max 3[0-9]{3} us$' \
	'--percentiles: as long as the disk takes'
trace -n -d nullb0 100 -- $reads 5
is "$(sed -n 3p out)" ' 2097152 -> 4194304 : 5        |######################################|' \
	'-n: nanoseconds'
trace --linear 3 -d nullb0 100 -- $reads 7
is "$(sed -n 3p out)" '       3 -> 6       : 7        |######################################|' \
	'--linear: steps'

trace -d nullb0 -i '*W*' 100 -- $reads 5
is "$(sed -n '3,$p' out)" '       0 -> 1       : 0        |                                      |' \
	'-i: none of that type'
is "$(tail -n 1 err)" 'iolatency: no I/O completed' 'nothing seen: says so'

# --- as data

trace --json -i '*R*' -d nullb0 100 -- sh -c "$reads 10; workload io /dev/nullb0 write 0 8 8 4"
is "$(json count)" 10 '-i: the reads alone'
like "$out" '"p50_us":3[0-9]{3}\.000,"p95_us":3[0-9.]*,"p99_us":3[0-9.]*,"p99_9_us":3[0-9.]*,"max_us":3[0-9]{3}\.000,"buckets_us":\[\[2000,4000,10\]\]\}$' \
	'JSON: percentiles and buckets'
is "$(json_end lost)" 0 'JSON: nothing is lost'

trace --json --by dev,type,comm 100 -- sh -c "$reads 10; $writes 6; sync"
keys='s/^.*"dev":"\(nullb.\)","type":"\([A-Z]*\)","comm":"\([a-z]*\)","count":\([0-9]*\),.*$/\1 \2 \3 \4/p'
is "$(sed -n "$keys" out)" 'nullb0 R workload 10
nullb1 WS workload 6' '--by: each apart, the most first'
trace --csv --by dev,type 100 -- sh -c "$reads 10; $writes 6"
is "$(head -n 1 out)" TIME,DEV,TYPE,COMM,COUNT,MEANus,P50us,P95us,P99us,P99.9us,MAXus,BUCKETSus \
	'--csv: headings'
is "$(grep -cE '^[0-9.]+,nullb1,WS,,6,3[0-9.]+,3.*,2000-4000:6$' out)" 1 '--csv: rows'
trace --by dev,type 100 -- sh -c "$reads 10; $writes 6"
is "$(sed -n '2p;8p' out)" 'dev=nullb0 type=R
dev=nullb1 type=WS' '--by: a picture each'

# --- as iosnoop has it

start iolatency --json -d nullb0 100
wait_for recording
bounded iosnoop -d nullb0 -o snooped -- $reads 30 2>/dev/null
stop
is "$(json count)" "$(grep -c '^workload ' snooped)" 'beside iosnoop: as many'

# --- queues: inserted with a scheduler, issued when the one before has completed

if load mq-deadline 2>/dev/null || grep -q mq-deadline /sys/block/nullb0/queue/scheduler; then
	echo mq-deadline >/sys/block/nullb0/queue/scheduler
	trace --json -Q -d nullb0 100 -- $reads 12
	is "$(json count)" 12 '-Q: counts them all'
	echo none >/sys/block/nullb0/queue/scheduler
fi

# --- intervals

trace -d nullb0 0.1 3
is "$status" 0 'a count: exit status'
is "$(grep -c '>=(ms)' out)" 3 'a count: so many summaries'
start iolatency --json -d nullb0 0.2
wait_for recording
$reads 200
stop
is "$(json count | awk '{ n += $1 } END { print n }')" 200 'intervals: each I/O once'
cmp_num "$(json count | wc -l)" -ge 2 'intervals: over several'
trace --json --duration 0.2 100
is "$status" 0 '--duration: exit status'

# --- heat maps

trace --heatmap -d nullb0 0.02 -- $reads 100
is "$status" 0 '--heatmap: exit status'
is "$(sed -n 2p out)" '    >=(us) |                                                                   |' \
	'--heatmap: as wide as a line'
like "$(sed -n 3p out)" '^      2048 \|[=+*#%@]{5}' '--heatmap: one row, each column full'
like "$(tail -n 1 out)" ' I/O$' '--heatmap: the legend'
unlike "$out" "$(printf '\033')" '--heatmap: no colours into a file'
run bounded workload pty 60 20 iolatency --heatmap -d nullb0 0.05 6
is "$status" 0 '--heatmap on a terminal: exit status'
is "$(grep -c '>=(us) |                                               |' out)" 6 \
	'--heatmap on a terminal: drawn each time, as wide as that'
is "$(grep -c "$(printf '\033\\[[0-9]*A\033\\[J')" out)" 5 '--heatmap on a terminal: in its place'
$reads 100000000 &
busy=$!
run bounded workload pty 60 20 iolatency --heatmap -d nullb0 0.05 3
kill $busy
wait $busy 2>/dev/null
like "$out" "^      2048 \\|$(printf '\033')\\[48;5;[0-9]+m " '--heatmap on a terminal: in colours'

trace --svg map.svg -u -d nullb0 -i '*R*' 100 -- $reads 50
is "$status" 0 '--svg: exit status'
is "$(sed -n 3p out)" '    2048 -> 4096    : 50       |######################################|' \
	'--svg: beside the histogram'
is "$(sed -n 's/.*<title>.*2048 -&gt; 4096 us: \([0-9]*\) I.O<.title>.*/\1/p' map.svg |
	awk '{ n += $1 } END { print n }')" 50 '--svg: all are in its cells'
like "$(cat map.svg)" '>Latency of block I/O of nullb0, type \*R\*</text>$' '--svg: the title'
is "$(head -n 1 map.svg) $(tail -n 1 map.svg)" '<?xml version="1.0" encoding="UTF-8"?> </svg>' \
	'--svg: a whole file'
is "$(stat -c %a map.svg)" 600 '--svg: for root alone'
start iolatency --svg gone.svg 0.1
wait_for recording
stop INT
is "$(tail -n 1 gone.svg)" '</svg>' '--svg: whole after a signal, too'

# --- refused

tool=iolatency

bad 2 ".*'nullb9'.*no such" -d nullb9
bad 1 "cannot open '/nowhere/x.svg': No such file or directory" --svg /nowhere/x.svg
bad 1 "cannot write to '/dev/full': No space left on device" --svg /dev/full --json 0.1 1
is "$(state_diff with_disks -q)" '' 'refusals change nothing'

# --- loss: none of the rest is wrong

trace --json --buffer-size 8 -d nullb0 100 -- workload io /dev/nullb0 read 0 8 8 3000 128
is "$status" 0 'loss: exit status'
like "$out" '"buckets_us":(\[\]|\[\[2000,4000,[0-9]+\]\])' 'loss: no latency but that of the disk'

endings_load='workload io /dev/nullb0 read 0 8 0 1000000'
endings iolatency iolatency -u 0.1

# --- counted by the kernel

if ! grep -q 'buckets=size' $T/README || [ ! -e $T/synthetic_events ]; then
	bad 3 'this kernel (has no synthetic events|cannot count latencies)' --method kernel
	rmmod null_blk
	is "$(state_diff iolatency -q)" '' 'the tracing state is as before'
	done_testing
fi

# both ARG...: by both methods at once, the same I/O
both()
{
	start iolatency --json --by dev,type "$@" 100
	workload run iolatency --json --by dev,type --method kernel "$@" -o kernel 100 </dev/null &
	kernel=$!
	wait_for counting
	wait_for recording
	$reads 300
	$writes 100
	workload io /dev/nullb0 write 8 8 8 20 4
	workload io /dev/nullb0 flush 0 0 0 1
	workload io /dev/vda read 0 8 800 40
	workload write /mnt/both 100000
	sync
	kill -INT $kernel
	wait $kernel
	is $? 0 "both methods $*: the kernel: exit status"
	stop
	is "$status" 0 "both methods $*: user space: exit status"
	for method in kernel out; do
		grep '"dev"' $method | sed 's/"time_s":[^,]*,//' | sort >$method.rows
	done
}
# The last trigger is set, so all are.
counting() { grep -q '^hist:keys=dev,rwbs' $T/instances/*/events/block/block_rq_complete/trigger; }

# Time stamps of two buffers differ by some hundred nanoseconds.
rough() { sed -n 's/^.*"dev":"\([^"]*\)","type":"\([^"]*\)","count":\([0-9]*\),.*$/\1 \2 \3/p' "$1"; }
both
cmp_num "$(wc -l <out.rows)" -ge 3 'both methods: there is something to compare'
is "$(rough kernel.rows)" "$(rough out.rows)" 'both methods: the same devices, types, counts'
nulls() { grep nullb "$1" | sed 's/^.*"dev":"\([^"]*\)".*"buckets_us":/\1 /'; }
is "$(nulls kernel.rows)" "$(nulls out.rows)" 'both methods: the same histograms'
medians() { grep nullb "$1" | sed -n 's/^.*"p50_us":\([0-9]*\)\..*$/\1/p'; }
is "$(medians kernel.rows | wc -l)" "$(medians out.rows | wc -l)" 'both methods: as many medians'
(medians kernel.rows; medians out.rows) >medians
ok "$(awk '$1 < 3000 || $1 > 3900 { exit 1 } END { exit NR < 4 }' medians; echo $?)" \
	'both methods: medians as long as the disk takes'
both -d nullb1 -i '*W*'
is "$(rough kernel.rows)" 'nullb1 WS 100' 'both methods: of one device and type: the kernel'
is "$(rough out.rows)" 'nullb1 WS 100' 'both methods: of one device and type: user space'
is "$(state_diff with_disks -q)" '' 'the kernel: nothing of its triggers remains'

start iolatency --method kernel -d nullb0 -u 0.2
wait_for counting
event=$(grep -c '^ftt_iolatency_' $T/synthetic_events)
$reads 50
stop
is "$event" 1 'the kernel: an event of its own meanwhile'
is "$(awk '/2048 -> 4096/ { n += $5 } END { print n }' out)" 50 'the kernel: intervals: each I/O once'

endings_other_way=yes
endings iolatency iolatency --method kernel -u 0.1

rmmod null_blk
is "$(state_diff iolatency -q)" '' 'the tracing state is as before'
done_testing
