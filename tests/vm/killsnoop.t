#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# killsnoop, against signals that are known exactly: each way to send one, by 64-bit and 32-bit
# programs; the kernel's own and their delivery; what it leaves behind.
# requires: file=kprobe_events
. /t/lib.sh
. /t/endings.sh

applet killsnoop

trace() { run bounded killsnoop "$@"; }

# rows ERE: so many rows of JSON
rows() { grep -cE -e "$1" out; }

# One that ignores what is sent to it.
sh -c 'trap "" USR2 35; exec sleep 1000' &
victim=$!
wait_for has /proc/$victim/comm sleep

state_save killsnoop -q

# --- each way to send, and how it ended

for method in probes events; do
	trace -v -s --method $method -- workload kills $victim
	is "$status" 0 "$method: exit status"
	case $method in
	probes)	like "$err" '^killsnoop: by kprobes on [0-9]+ functions of system calls$' "$method: -v" ;;
	events)	like "$err" '^killsnoop: by raw_syscalls:sys_enter and sys_exit$' "$method: -v" ;;
	esac
	is "$(grep '^workload' out | sed 's/ *$//' | tr -s ' ' | cut -d ' ' -f 3-)" "\
$victim SIGUSR2 0 kill sleep
$victim SIGUSR2 0 tkill sleep
$victim SIGUSR2 0 tgkill sleep
$victim SIGUSR2 0 rt_sigqueueinfo sleep
$victim SIGUSR2 0 rt_tgsigqueueinfo sleep
$victim SIGUSR2 0 pidfd_send_signal sleep
$victim 0 0 kill
$victim SIGRTMIN+1 0 kill sleep
4194303 SIGTERM ESRCH kill
$victim 65 EINVAL tgkill" "$method: each with its target, signal, result and way"
	# the workload's own output is there, too
	is "$(grep -vcE '^(workload|COMM|[a-z_]+ -?[0-9])' out)" 0 "$method: and nothing else"

	trace --json --method $method -- workload run32 /tmp/program32 /tmp/there
	is "$(rows '"comm":"program32",.*"signal":0,.*"result":"0","call":"kill"')" 1 \
		"32 bits, $method: seen"
done
trace --json -- workload kills $victim
is "$(json signal | xargs)" '12 12 12 12 12 12 0 35 15 65' 'JSON: signals by number'
is "$(json target | sort -n | uniq -c | tr -s ' ' | xargs)" "9 $victim 1 4194303" 'JSON: targets'
is "$(rows '"call":"tkill"') $(rows '"target_tid":'$victim)" '1 4' 'JSON: threads where threads are meant'
is "$(json_end lost)" 0 'JSON: nothing lost'
is "$(json target_comm | sort | uniq -c | tr -s ' ')" ' 7 sleep' 'JSON: names of those that were reached'

trace -t -- workload kills $victim
is "$(grep -cE '^[0-9]+\.[0-9]{6} +workload +[0-9]+ +'$victim' +12 +0 ' out)" 6 \
	'text: -t shows the time, and without -s there are numbers'

# --- whose, and to whom

workload killloop 1000000 $$ 3000 &
other=$!
start killsnoop --json -p $$
tool=$bg_pid
wait_for recording
kill -0 $victim
kill -0 $$
kill -USR2 $victim
stop
is "$(json target | xargs)" "$victim $$ $victim $tool" '-p: what that process sends, and no others'
start killsnoop --json --target $victim
wait_for recording
kill -0 $$
kill -USR2 $victim
stop
is "$(json target | xargs) $(json signal | xargs)" "$victim 12" '--target: what is sent to it alone'
trace -n '^nobody$' -d 100ms
is "$(grep -c . out)" 0 '-n: of others nothing'
like "$err" '^killsnoop: nothing to show: no signal was sent that would be shown$' '-n: says so'
kill $other
wait $other 2>/dev/null

# --- the kernel's own, and delivery

trace --all --json -- sh -c 'workload exit 0; true'
is "$(rows '"signal_name":"SIGCHLD","result":"[a-z ]*","call":"signal_generate"')" 2 \
	'--all: of two processes that end'
is "$(rows '"call":"kill"')" 0 '--all: none was sent'
trace --all --deliver --json -- sh -c 'trap : USR1; kill -USR1 $$; true'
is "$(rows '"signal_name":"SIGUSR1","result":"0","call":"kill"')" 1 '--deliver: sent'
is "$(rows '"signal_name":"SIGUSR1","result":"handler","call":"signal_deliver"')" 1 '--deliver: handled'
is "$(rows '"signal_name":"SIGUSR1",.*"call":"signal_generate"')" 0 '--all: what is sent is told once'
trace --deliver --json -- sh -c 'kill -TERM $$'
is "$(rows '"signal_name":"SIG(TERM|KILL)","result":"default","call":"signal_deliver"')" 1 \
	'--deliver: not handled'
trace --all -s -- sh -c 'yes | head -n 1 >/dev/null'
like "$out" '^yes +[0-9]+ +[0-9]+ +SIGPIPE +delivered +signal_generate +yes$' '--all: SIGPIPE'

# --- what is refused

tool=killsnoop

bad 2 "'\(' is not a regular expression: " -n '('
bad 2 "--method 'some': not probes or events" --method some
bad 2 'no process or thread with ID 4194303$' -p 4194303
bad 2 "unexpected operand 'somebody'" somebody
is "$(state_diff killsnoop -q)" '' 'refusals change nothing'

endings_second=works
endings_load="workload killloop 1000000 $victim 5000"
endings killsnoop killsnoop --method events
endings_other_way=yes
endings killsnoop killsnoop

is "$(state_diff killsnoop -q)" '' 'the tracing state is as before'
kill -KILL $victim
wait $victim 2>/dev/null
done_testing
