#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tphist and perf-stat-hist, against reads whose sizes and results are known.
# requires: file=events/syscalls/sys_enter_pread64
. /t/lib.sh
. /t/endings.sh

applet tphist perf-stat-hist

hist() { run bounded tphist "$@"; }
read_enter=syscalls:sys_enter_pread64 read_exit=syscalls:sys_exit_pread64
# reads: 3000 bytes of /dev/zero 20 times, 70 bytes 5 times, 1 byte of what is empty 3 times
cat >reads <<'E2'
workload read /dev/zero 3000 20
workload read /dev/zero 70 5
workload read /dev/null 1 3
E2

state_save tphist -q

hist $read_exit ret -f 'common_pid > 1' -- sh reads
is "$status" 0 'powers: exit status'
is "$err" "Tracing $read_exit (Filter: common_pid > 1), power-of-4, max 1048576, until 'sh' ends..." \
	'powers: what is traced'
sed -n 's/^ *\([^:]*[^: ]\) *: \([1-9][0-9]*\) .*/\1 = \2/p' out >rows
is "$(cat rows)" '0 -> 0 = 3
64 -> 255 = 5
1024 -> 4095 = 20' 'powers: each read in its range'
is "$(sed -n '2p; s/^ *-> -1 .*/&/p; s/^ *1048576 ->.*/&/p' out)" \
	'            Range          : Count    Distribution
              -> -1        : 0        |                                      |
      1048576 ->           : 0        |                                      |' 'powers: the ends are open'
is "$(sed -n '2p; /4095/p; /255/p' out)" \
	'            Range          : Count    Distribution
           64 -> 255       : 5        |##########                            |
         1024 -> 4095      : 20       |######################################|' 'powers: the picture of perf-tools'

run bounded perf-stat-hist -b '0 70,3000' $read_enter count -- sh reads
is "$err" "Tracing $read_enter, specified buckets, until 'sh' ends..." 'perf-stat-hist -b: what is traced'
is "$(tail -n 4 out)" '              -> -1        : 0        |                                      |
            0 -> 69        : 3        |######                                |
           70 -> 2999      : 5        |##########                            |
         3000 ->           : 20       |######################################|' 'perf-stat-hist -b: ranges given'

hist --json -P 10 -m 100 $read_exit ret -- sh reads
is "$(sed -n 's/^{"time_s":[0-9.]*,//p' out | xargs)" 'high:-1,count:0} low:0,high:0,count:3} low:1,high:9,count:0} low:10,high:99,count:5} low:100,count:20}' \
	'--json: every range'
is "$(json_end events) $(json_end lost)" '28 0' '--json: nothing is lost'
hist --csv -b 70 $read_exit ret 'ret' -- sh reads
is "$status" 2 'seconds that are none: exit status'
is "$err" "tphist: 'ret' is not a number of seconds (see 'tphist -h')" 'seconds that are none: says so'
hist --csv -b 70 $read_exit ret -- sh reads
is "$(sed 's/^[0-9.]*,/T,/' out | xargs)" 'TIME,LOW,HIGH,COUNT T,,69,3 T,70,,25' '--csv'

start_workload nanosleep 200 5000
start tphist -i 300ms -b 0 -p "$work_pid" syscalls:sys_exit_nanosleep ret
wait_for recording
release
stop
is "$(awk '/-> -1 / { low += $4 } /0 -> / { high += $4 } END { print low + 0, high }' out)" '0 200' \
	'-i: the intervals together are the whole; -p: of that process'
cmp_num "$(grep -c Range out)" -ge 2 '-i: there are several'

hist --json --buffer-size 8 -b 0 raw_syscalls:sys_exit ret -- workload syscall getppid 20000
lost=$(json_end lost)
cmp_num "$lost" -gt 0 'loss: there is some'
is "$(json count | awk '{ n += $1 } END { print n }')" "$(json_end events)" 'loss: what is left is counted'
like "$err" "^tphist: lost $lost events" 'loss: says so'

hist $read_exit ret 300ms -f 'ret == 12345'
is "$status" 0 'nothing: exit status'
like "$err" "^tphist: nothing recorded: '$read_exit' did not happen, or never as the filter wants it\$" \
	'nothing: says so'

# bad STATUS ERE ARG...: no output, and nothing changed
bad()
{
	want_status=$1 why=$2
	shift 2
	hist "$@"
	is "$status $out" "$want_status " "refused '$*': exit status, no output"
	like "$err" "^tphist: $why" "refused '$*': message"
}
bad 2 "cannot sum up '$read_exit': no such field 'rett' \(did you mean 'ret'\?\)$" $read_exit rett
bad 2 "cannot sum up 'sched:sched_switch': 'prev_comm' is not a number$" sched:sched_switch prev_comm
bad 2 "cannot trace 'sched:sched_swich': no such tracepoint \(did you mean 'sched:sched_switch'\?\)$" \
	sched:sched_swich prev_pid
bad 2 "cannot filter '$read_exit': no such field 'x'" -f 'x == 1' $read_exit ret
is "$(state_diff tphist -q)" '' 'refusals change nothing'

endings_load='workload nanosleep 1000000 5000'
endings tphist tphist -i 200ms syscalls:sys_exit_nanosleep ret
is "$(state_diff tphist -q)" '' 'the tracing state is as before'
done_testing
