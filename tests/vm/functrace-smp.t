#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# functrace with two CPUs: one order over both, nothing lost under dd bs=1, and the same ends.
# requires: smp=2 tracer=function function=do_nanosleep
. /t/lib.sh
. /t/endings.sh

applet functrace

# ascending: numbers on stdin do not fall
ascending() { awk '$1 < last { exit 1 } { last = $1 } END { exit !NR }'; }

state_save smp -q

# sleeps on both CPUs, all within one trace
cat >both <<'EOF'
taskset 1 workload nanosleep 40 1000 &
taskset 2 workload nanosleep 40 1000 &
wait
EOF
run bounded functrace --json do_nanosleep -- sh both
is "$status" 0 'JSON: exit status'
is "$err" '' 'JSON: nothing on stderr'
is "$(grep -c '"comm":"workload".*"function":"do_nanosleep"' out)" 80 'JSON: all calls of both'
is "$(json tid | sort -u | wc -l)" 2 'JSON: of two threads'
is "$(json cpu | sort | uniq -c | awk '{ print $2 ":" ($1 >= 40) }' | xargs)" '0:1 1:1' \
	'JSON: 40 on each CPU'
ok "$(json time_s | ascending; echo $?)" 'JSON: in one order of time'
cmp_num "$(json cpu | uniq | wc -l)" -gt 4 'JSON: of both CPUs by turns'
is "$(json_end lost) $(json_end gaps) $(json_end time_backwards)" '0 0 0' \
	'JSON: nothing lost or doubtful'

run bounded functrace do_nanosleep -- sh both
is "$(grep -c 'do_nanosleep <-hrtimer_nanosleep$' out)" 80 'text: all calls of both'
ok "$(sed 's/.* \([0-9.]*\): .*/\1/' out | ascending; echo $?)" 'text: time stamps ascend'
like "$out" ' \[000\] ' 'text: lines of one CPU'
like "$out" ' \[001\] ' 'text: and of the other'
unlike "$out$err" 'lost' 'text: nothing is lost'

run bounded functrace --json --stack do_nanosleep -- sh both
is "$(json stack | grep -c '^do_nanosleep;hrtimer_nanosleep;.*;entry_SYSCALL_64_after_hwframe$')" 80 \
	'--stack: of all calls of both'
run bounded functrace --folded do_nanosleep -- sh both
is "$(sed 's/.* //' out | awk '{ n += $1 } END { print n }')" 80 '--folded: all calls of both'

# The hardest there is: two calls a turn, nothing else to do; and the default buffer.
turns=30000
run functrace -o rows vfs_read vfs_write -- dd if=/dev/zero of=/dev/null bs=1 count=$turns
is "$status" 0 'dd bs=1: exit status'
cmp_num "$(grep -c ' dd-.*: vfs_read <-' rows)" -ge $turns \
	'dd bs=1: every read is there'
cmp_num "$(grep -c ' dd-.*: vfs_write <-' rows)" -ge $turns \
	'dd bs=1: every write is there'
unlike "$err$(grep lost rows)" lost 'dd bs=1: nothing is lost'
ok "$(sed 's/.* \([0-9.]*\): .*/\1/' rows | ascending; echo $?)" 'dd bs=1: time stamps ascend'
rm -f rows
is "$(state_diff smp -q)" '' 'the tracing state is as before'

endings_other_way=yes
endings_load='workload nanosleep 1000000 5000'
endings functrace functrace do_nanosleep
done_testing
