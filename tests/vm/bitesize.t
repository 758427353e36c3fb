#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bitesize against direct I/O of known sizes on the VM's disk, and what it leaves behind.
# requires: file=events/block/block_rq_issue
. /t/lib.sh
. /t/endings.sh

applet bitesize

file=/mnt/bitesize

# rows: the counts of a picture, in the order of its ranges
counts() { awk -F '[:|]' '/ -> / { print $2 + 0 }' "${1:-out}" | xargs; }

# 3 reads of 512 bytes, 20 of 4 kB, 7 of 64 kB; 5 writes of 32 kB
some_io()
{
	workload io $file read 0 1 1 3
	workload io $file read 0 8 8 20
	workload io $file read 0 128 128 7
	workload io $file write 0 64 64 5
}

# watch ARG...: bitesize ARG... while that happens, and nothing else
watch()
{
	sync
	start bitesize "$@"
	wait_for recording
	some_io
	stop
}

dd if=/dev/zero of=$file bs=64k count=16 2>/dev/null
sync
# what opening it reads is read
workload io $file read 0 8 8 1
state_save bitesize -q

# --- sizes

watch -d vda -p $$ --children
is "$status" 0 'exit status'
is "$(head -n 1 err)" 'Tracing block I/O size of vda... Ctrl-C to end.' 'says what it traces'
is "$(counts)" '3 20 5 7 0' 'each I/O is in its range'
is "$(sed -n '1p;2p;3p;5p;7p' out)" '
            Kbytes         : I/O      Distribution
              -> 0.9       : 3        |######                                |
          8.0 -> 63.9      : 5        |##########                            |
        128.0 ->           : 0        |                                      |' 'the picture'
unlike "$err" 'cannot|lost|not shown' 'nothing is lost'

watch -b '4 5, 64' -i '*R*' -p $$ --children
is "$(counts)" '3 20 0 7' '-b: ranges begin at what is given'
is "$(sed -n '4p;6p' out | cut -c 1-28)" '          4.0 -> 4.9       :
         64.0 ->           :' '-b: the picture'

watch --by comm,type -p $$ --children
is "$(grep -E '^(dev|type|comm)=' out)" 'type=R comm=workload
type=WS comm=workload' '--by: those with the most first'
is "$(sed -n '/^type=WS/,$p' out >part; counts part)" '0 0 5 0 0' '--by: each with its own'
is "$(counts)" '3 20 5 7 0 3 20 0 7 0 0 0 5 0 0' '--by: all together first'

watch --json --by dev -b 8 -p $$ --children
is "$(sed -n '1p; 2p' out | sed 's/"time_s":[0-9.]*,//')" '{"count":35,"buckets_kb":[[0,8,23],[8,null,12]]}
{"dev":"vda","count":35,"buckets_kb":[[0,8,23],[8,null,12]]}' '--json: objects of the same'
is "$(json_end lost)" 0 '--json: the end'
watch --csv --wall --by type -b 8 -p $$ --children
is "$(head -n 1 out)" TIME,DEV,TYPE,COMM,COUNT,BUCKETSkb '--csv: headings'
is "$(sed 1d out | cut -d , -f 2-)" ',,,35,0-8:23 8-:12
,R,,30,0-8:23 8-:7
,WS,,5,0-8:0 8-:5' '--csv: rows'

run bitesize --interval 300ms -d vda 1
is "$(grep -c '^            Kbytes' out)" 4 '--interval: a picture each time, and of the rest'
run bitesize -- workload io $file read 0 128 128 9
is "$(counts)" '0 0 0 9 0' 'COMMAND: its I/O'
run bitesize 300ms -d vda
is "$status $(counts)" '0 0 0 0 0 0' 'seconds: it ends; no I/O, empty ranges'
like "$err" '^Tracing block I/O size of vda for 0.3 seconds\.\.\.$' 'seconds: told'
like "$err" '^bitesize: no I/O was issued$' 'no I/O: says so'

sync
start bitesize -d vda --by type
wait_for recording
workload write $file 4096
stop
like "$err" '^bitesize: not shown: [0-9]+ I/Os without data' 'a flush is no size'
unlike "$out" '^type=FF' 'nor a type of one'

# --- refusals

tool=bitesize

bad 2 "cannot trace 'vdz': no such block device" -d vdz
bad 2 "cannot choose the I/O: " -i r
bad 2 'no process or thread with ID 4194304' -p 4194304
is "$(state_diff bitesize -q)" '' 'refusals change nothing'

endings bitesize bitesize --interval 200ms

rm -f $file
is "$(state_diff bitesize -q)" '' 'the tracing state is as before'
done_testing
