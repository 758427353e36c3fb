#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# iosnoop on disks whose speed is known, under I/O that is known exactly: what was issued is what it
# shows, and what it leaves behind.
# requires: file=events/block/block_rq_issue module=null_blk module=dm_delay module=loop
. /t/lib.sh
. /t/endings.sh

applet iosnoop
disk=/dev/nullb0

# a disk of its own: MILLISECONDS for each I/O, DEPTH at once
make_disk()
{
	[ ! -d /sys/module/null_blk ] || rmmod null_blk
	load null_blk nr_devices=1 gb=1 bs=512 irqmode=2 completion_nsec="${1}000000" \
		hw_queue_depth="$2"
	wait_for test -b $disk
}

# trace ARG...: run it; $status, $out, $err
trace() { run bounded iosnoop "$@"; }

# ios: "TYPE SECTOR BYTES" of each row of JSON
ios() { sed -n 's/.*"type":"\([A-Z]*\)".*"sector":\([0-9]*\),"bytes":\([0-9]*\),.*/\1 \2 \3/p' out; }

# at_least MS: each row took so long
at_least() { json latency_ms | awk -v ms="$1" '$1 < ms { exit 1 } END { exit !NR }'; }

# below MS
below() { json latency_ms | awk -v ms="$1" '$1 >= ms { exit 1 } END { exit !NR }'; }

# a number of the disk's statistics: 1 reads, 3 sectors read, 5 writes, 7 sectors written
stat() { awk -v n="$1" '{ print $n }' /sys/block/nullb0/stat; }

# block KEY: a number of the record about what was put together
block() { grep '^{"block":' out | sed -n "s/^.*[{,]\"$1\":\([0-9]*\).*\$/\1/p"; }

state_save iosnoop -q
make_disk 2 64

# --- every I/O as it was issued

all='
	workload io /dev/nullb0 read 1000 8 8 5
	workload io /dev/nullb0 write 50000 16 100 3
	workload io /dev/nullb0 read 7 1 1 1
	workload io /dev/nullb0 read 8000 8 8 8 4
	workload io /dev/nullb0 read 9000 8 -8 4 4
'
reads=$(stat 1) read=$(stat 3) writes=$(stat 5) written=$(stat 7)
start iosnoop --json --pattern -d nullb0
wait_for recording
sh -c "$all"
wait_for lines out 10
stop
is "$status" 0 'I/O: exit status'
is "$err" '' 'I/O: nothing to complain'
expected='R 1000 4096
R 1008 4096
R 1016 4096
R 1024 4096
R 1032 4096
WS 50000 8192
WS 50100 8192
WS 50200 8192
R 7 512'
is "$(ios | head -n 9)" "$expected" 'I/O: type, sector and size of what was issued'
is "$(ios | awk 'NR > 9 { n += $3 } END { print n }')" $((12 * 4096)) 'merged I/O: all of it'
is "$(ios | awk 'NR > 9 { print $2 }' | tr '\n' ' ')" '8000 8032 8976 ' \
	'merged I/O: each where it begins, in front too'
at_least 2
ok $? 'I/O: none is faster than the disk'
below 4
ok $? 'I/O: none is slower than it can be'
is "$(json pattern | tr '\n' ' ')" \
	'random seq seq seq seq random random random random random seq random ' \
	'--pattern: sequential what begins where the last one ended'
is "$(json comm | sort -u)" workload 'I/O: by whom'
is "$(json disk | sort -u)" nullb0 'I/O: of which disk'
is "$(ios | awk '/^R/ { n++; s += $3 } /^W/ { m++; t += $3 }
	END { print n, s / 512, m, t / 512 }')" \
	"$(($(stat 1) - reads)) $(($(stat 3) - read)) $(($(stat 5) - writes)) $(($(stat 7) - written))" \
	'I/O: as many and as much as the kernel counts'
is "$(json_end events) $(json_end lost)" '24 0' 'I/O: two events each, none lost'
is "$(block ios) $(block open) $(block unmatched)" '12 0 0' 'I/O: all put together'
ok "$(json start_s | sort -c -n; echo $?)" 'I/O: in order of time'

reads=$(stat 1) read=$(stat 3)
trace --totals --json -d nullb0 -- workload io $disk read 0 2048 2048 3
is "$(sed -n 's/^{"type":"\([a-z]*\)".*"bytes":\([0-9]*\),.*"ios":\([0-9]*\),"errors":\([0-9]*\),.*/\1 \2 \3 \4/p' out)" \
	"read $((($(stat 3) - read) * 512)) $(($(stat 1) - reads)) 0" \
	'--totals: of split I/O, as the kernel counts'
is "$(json bytes)" $((3 * 1048576)) '--totals: all of it'
cmp_num "$(json max_ms | cut -d . -f 1)" -ge 2 '--totals: the slowest'

trace --totals --interval 50ms --pattern -d nullb0 -- workload io $disk write 0 8 8 60
is "$(head -n 1 out)" \
	'ENDs            TYPE     DEV               BYTES      I/Os  ERRORS       SEQ     AVGms     MAXms' \
	'--interval: headings'
cmp_num "$(grep -cE "^[0-9.]+ +write +[0-9]+,0 +[0-9]+ +[0-9]+ +0 +[0-9]+ +2\.[0-9]+ +2\.[0-9]+\$" out)" -ge 2 \
	'--interval: running sums'
is "$(tail -n 1 out | awk '{ print $4, $5, $7 }')" "$((60 * 4096)) 60 59" '--interval: all in the last'

# --- as text

dev=$(sed 's/:/,/' /sys/block/nullb0/dev)
start iosnoop
wait_for recording
workload io $disk read 2000 8 8 3
wait_for lines out 4
stop
is "$err" 'Tracing block I/O... Ctrl-C to end.' 'text: what is traced, on stderr'
is "$(head -n 1 out)" 'COMM         PID    TYPE DEV      BLOCK        BYTES     LATms' \
	'text: the headings of perf-tools'
is "$(grep -cE "^workload     [0-9]+ +R    $dev +20(00|08|16) +4096 +2\.[0-9]{3}\$" out)" 3 'text: rows'

trace -ts --names -d "$dev" -- workload io $disk read 2000 8 8 3
is "$err" "Tracing block I/O until 'workload' ends..." 'COMMAND: told'
is "$(head -n 1 out)" \
	'STARTs          ENDs            COMM         PID    TYPE DEV      BLOCK        BYTES     LATms' \
	'-ts: headings'
is "$(grep -cE '^[0-9]+\.[0-9]{6} +[0-9]+\.[0-9]{6} +workload .* nullb0 ' out)" 3 '-ts --names: rows'
is "$(wc -l <out)" 4 'COMMAND: and nothing else'

trace --wall --csv -- workload io $disk read 2000 8 8 1
is "$(sed -n 1p out)" STARTs,ENDs,COMM,PID,TYPE,DEV,BLOCK,BYTES,LATms,ERROR,DISK,REQUEUES 'CSV: headings'
like "$(sed -n 2p out)" \
	"^20[0-9-]+T[0-9:.]+Z,20[0-9-]+T[0-9:.]+Z,workload,[0-9]+,R,\"$dev\",2000,4096,2\.[0-9]{3},,nullb0,0\$" \
	'CSV: a row, with --wall'

# --- what is chosen

workload io $disk read 0 8 8 100000 &
other=$!
trace --json -i '*W*' -d nullb0 -- workload io $disk write 2000 8 8 2
is "$(ios)" 'WS 2000 4096
WS 2008 4096' '-i: of this type'
trace --json -i 'R[AS]' 0.1
is "$(ios)" '' '-i: a pattern that only we understand'
start_workload io $disk read 70000 8 8 3
start iosnoop -p "$work_pid"
wait_for recording
release
wait_for lines out 4
stop
is "$err" "Tracing block I/O issued by PID $work_pid... Ctrl-C to end." '-p: told'
is "$(awk 'NR > 1 { print $1, $2, $5 }' out | tr '\n' ' ')" \
	"workload $work_pid 70000 workload $work_pid 70008 workload $work_pid 70016 " '-p: its I/O'
trace -n nobody -d nullb0 0.1
is "$(wc -l <out)" 0 '-n: of this name'
like "$err" '^iosnoop: no I/O of this device$' '-n: says that there was none'
trace -n 'w*d' --slower 1 -d nullb0 0.1
cmp_num "$(grep -c "^workload .* 4096 *2\." out)" -ge 10 '-n: a pattern; --slower: what is'
trace --slower 3.5ms -d nullb0 0.1
is "$(wc -l <out)" 0 '--slower: not what is faster'
kill -KILL $other
wait $other 2>/dev/null

# --- waiting in a queue: one I/O at a time, the next one has left the scheduler to wait for that; the
# last is put before the third, which is still there

make_disk 200 1
load mq_deadline	# a module from 6.12 on
echo mq-deadline >/sys/block/nullb0/queue/scheduler
echo 16 >/sys/block/nullb0/queue/nr_requests
start iosnoop --json --split -d nullb0
wait_for recording
begun=$(stat 1)
workload io $disk read 90000 8 8 1 &
first=$!
usleep 30000
workload io $disk read 95000 8 8 1 &
second=$!
usleep 30000
workload io $disk read 1008 8 8 1 &
third=$!
usleep 30000
workload io $disk read 1000 8 8 1
wait $first $second $third
wait_for lines out 3
stop
is "$(ios)" 'R 90000 4096
R 95000 4096
R 1000 8192' '-Q: a request grows in front while it waits'
is "$(($(stat 1) - begun))" 3 '-Q: as many as the kernel counts'
ok "$(json device_ms | awk '$1 < 200 || $1 > 202 { exit 1 } END { exit NR != 3 }'; echo $?)" \
	'--split: the time of the device'
ok "$(json queue_ms | awk 'NR == 1 && $1 > 2 { exit 1 } NR == 2 && ($1 < 20 || $1 > 200) { exit 1 }
	NR == 3 && ($1 < 220 || $1 > 400) { exit 1 }'; echo $?)" \
	'--split: and that in the queue'
ok "$(sed 's/.*"latency_ms":\([0-9.]*\),"queue_ms":\([0-9.]*\),"device_ms":\([0-9.]*\),.*/\1 \2 \3/
	/^{/d' out | awk '{ d = $1 - $2 - $3 } d < -0.002 || d > 0.002 { exit 1 } END { exit NR != 3 }'; echo $?)" \
	'--split: which are all'
is "$(json comm | sort -u)" workload '-Q: by whom it was queued'
is "$(block direct) $(block open)" '0 0' '-Q: all were inserted'

# --- bios

load dm_delay
node=$(workload dm slow 2000000 delay "$disk 0 30")
wait_for test -b "$node"
start iosnoop --bio --json
wait_for recording
workload io "$node" read 1000 8 8 2
workload io "$node" read 0 5000 8 1
wait_for lines out 3
stop
is "$(ios | head -n 2)" 'R 1000 4096
R 1008 4096' '--bio: as it was issued'
is "$(ios | awk 'NR > 2 { n += $3 } END { print n }')" 2560000 '--bio: all of a large one, which is split'
at_least 30
ok $? '--bio: none is faster than the delay'
is "$(json disk | sort -u)" "${node##*/}" '--bio: of this device alone'
is "$(block open) $(block unmatched)" '0 0' '--bio: all put together'
trace --bio -d slow -- workload io "$node" read 8 8 8 2
is "$(grep -c '^workload .* 4096 ' out)" 2 '--bio -d: by the name of device-mapper'
bad=$(workload dm bad 2000000 error '')
trace --bio --json -d "${bad##*/}" -- workload io "$bad" read 64 8 8 2
is "$(json error | tr '\n' ' ')" 'EIO EIO ' '--bio: the error of what failed'
trace --bio -d nullb0 1
is "$status $err" "2 iosnoop: cannot trace bios of 'nullb0': it has requests (leave out --bio)" \
	'--bio: refused where there are requests'
workload dm bad
workload dm slow

# --- what fails: a disk that is a file without room

mkdir -p room
mount -t tmpfs -o size=64k tmpfs room
truncate -s 1M room/file
load loop max_loop=1
losetup /dev/loop0 room/file
trace -d loop0 -- sh -c 'workload io /dev/loop0 write 512 64 64 4 >failed'
is "$(head -n 1 out)" 'COMM         PID    TYPE DEV      BLOCK        BYTES     LATms' \
	'errors: the same headings'
# The number that the workload saw, which differs between kernels
is "$(sed 's/-5$/EIO/; s/-28$/ENOSPC/' failed | grep -cE '^(640|704) E')" 2 'errors: two'
is "$(awk 'NR > 1 && $8 { print $5, $8 }' out)" "$(sed 's/-5$/EIO/; s/-28$/ENOSPC/' failed)" \
	'errors: behind the row of what failed'
is "$(wc -l <out)" 5 'errors: and no other'
losetup -d /dev/loop0
umount room

# --- flushes

start iosnoop -d vda --json
wait_for recording
workload write /mnt/flushed 10000
wait_for has out '"type":"FF"'
stop
like "$out" '"type":"FF","dev":"[0-9,]*","bytes":0,' 'flush: no sector'
is "$(block unmatched) $(block open)" '0 0' 'flush: all put together'

# --- lost events: nothing is put together across them

make_disk 2 64
start iosnoop --json --buffer-size 4 --max-rate 0 -d nullb0
wait_for recording
workload io $disk read 0 8 0 20
kill -STOP "$bg_pid"
workload io $disk read 0 8 0 400
kill -CONT "$bg_pid"
workload io $disk read 0 8 0 20
stop
is "$status" 0 'loss: exit status'
like "$err" 'lost [0-9]+ events' 'loss: told'
like "$out" '^\{"lost":' 'loss: shown at its place'
below 4
ok $? 'loss: nothing is put together that does not belong together'
is "$(json latency_ms | wc -l)" "$(block ios)" 'loss: what is shown is counted'
is "$(($(block ios) * 2 + $(block unmatched) + $(block dropped) + $(json_end lost)))" 880 \
	'loss: and with what is not, all there was'

# --- what cannot be

trace -d nullb1
is "$status $err" "2 iosnoop: cannot trace 'nullb1': no such block device (did you mean 'nullb0'?)" \
	'no such disk'
trace -i read
is "$status" 2 'no such type: exit status'
like "$err" '^iosnoop: cannot choose the I/O: not a pattern of types' 'no such type'
trace -d nullb0 0.1
is "$status" 0 'no I/O: exit status'
is "$err" 'Tracing block I/O for 0.1 seconds...
iosnoop: no I/O of this device' 'no I/O: says so'

is "$(state_diff iosnoop -q)" '' 'the tracing state is as before'

endings_load='workload io /dev/nullb0 read 0 8 0 1000000'
endings iosnoop iosnoop -d nullb0
rmmod null_blk
rmmod dm_delay
rmmod loop
[ ! -e /modules/mq_deadline.order ] || rmmod mq_deadline
done_testing
