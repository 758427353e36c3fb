#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# syscount, against workloads whose system calls are known exactly: how many, by whom, how long, how
# they fail, and what it leaves behind.
# requires: file=events/raw_syscalls/sys_enter
. /t/lib.sh
. /t/endings.sh

applet syscount

# count ARG...: run it; $status, $out, $err
count() { run bounded syscount "$@"; }

# of KEY VALUE [KEY VALUE] WANTED: in the JSON rows with these, the values of a key
of()
{
	rows=$(cat out)
	while [ $# -gt 1 ]; do
		rows=$(printf '%s\n' "$rows" | grep -E "[{,]\"$1\":\"?$2[\",}]")
		shift 2
	done
	printf '%s\n' "$rows" | json "$1" -
}

sum() { awk '{ n += $1 } END { print n + 0 }'; }

hist=$(grep -c 'hist:keys=' $T/README)
state_save syscount -q

# --- as text

count -c -t 1 -- workload syscall getppid 3000
is "$status" 0 '-c: exit status'
is "$err" "Tracing system calls (top 1) until 'workload' ends..." '-c: what is traced, on stderr'
is "$out" 'SYSCALL              COUNT
getppid               3000' '-c -t: the most frequent call, with headings'

count workload syscall getppid 500
like "$out" '^COMM                COUNT$' 'by name: headings'
like "$(tail -n 1 out)" '^workload +5[0-9][0-9]$' 'by name: a command without --'
is "$(wc -l <out)" 2 'by name: and nobody else, before it ran either'

count -v -- workload exec 30 /bin/true
is "$(grep -cE '^[0-9]+ +true +[0-9]+$' out)" 30 '-v: processes that live shortly, each by itself'
like "$out" '^[0-9]+ +workload +[0-9]+$' '-v: and the one that made them'

# --- as data

count --json -c -- workload syscall getppid 3000
is "$(of syscall getppid count)" 3000 'JSON: all calls'
is "$(of syscall getppid number) $(of syscall getppid abi)" '110 x86-64' 'JSON: number and ABI'
is "$(json_end lost)" 0 'JSON: none lost'
is "$(json syscall | grep -c '^\[')" 0 'JSON: all have names'
all=$(json_end events)
json count >exact
json syscall | paste - exact | sort >by_trace

count --csv -cv -- sh -c 'workload syscall getppid 10; workload syscall getuid 20; true'
is "$(head -n 1 out)" "TIME,PID,TID,COMM,SYSCALL,ABI,NUMBER,ERROR,COUNT,FAILED,TOTAL(ms),MIN(us),\
MEAN(us),MAX(us),STDDEV(us),P99(us),HISTOGRAM" '--csv: headings'
is "$(grep -E ',workload,(getppid|getuid),x86-64,[0-9]+,,[0-9]+,,,,,,,,$' out | cut -d , -f 5,9)" \
	'getppid,10
getuid,20' '-cv: by process and call'
is "$(grep -E ',workload,get(ppid|uid),' out | cut -d , -f 2 | sort -u | wc -l)" 2 \
	'-cv: two processes'

count --json -c --by-tid -- workload threads 3 4 1000
is "$(of syscall nanosleep count | xargs)" '4 4 4' '--by-tid: of each thread'
is "$(of syscall nanosleep tid | sort -u | wc -l)" 3 '--by-tid: with its ID'

# --- which tasks

team() { team_of syscount --json -c "$@"; }

team -p FIRST
is "$(of syscall nanosleep count)" 7 '-p: old and new threads, no child process, nobody else'
team -p FIRST --children
is "$(of syscall nanosleep count)" 15 '--children: the child process, too'
team --tid OLD
is "$(of syscall nanosleep count)" 2 '--tid: a thread alone'

# --- the kernel's histogram

if [ "$hist" -gt 0 ]; then
	count --json -c --method hist -- workload syscall getppid 3000
	is "$status" 0 '--method hist: exit status'
	json count >exact
	json syscall | paste - exact | sort >by_hist
	is "$(cat by_hist)" "$(cat by_trace)" '--method hist: the same as of records'
	count --json -v --method hist -- workload syscall getppid 700
	cp out by_hist
	count --json -v --method trace -- workload syscall getppid 700
	is "$(json comm by_hist; json count by_hist)" "$(json comm; json count)" \
		'--method hist: by process, too'
	count --json -c -i 200ms --method hist -- sh -c \
		'workload syscall sched_yield 100; sleep 1; workload syscall sched_yield 200; true'
	# An interval can end amid those of one time.
	is "$(of syscall sched_yield count | awk '{ n += $1; if (n == 100) first = 1 } END { print first, n }')" \
		'1 300' '--method hist: what came since the last'
else
	count -c --method hist -- true
	is "$status" 3 '--method hist: exit status without it'
	is "$err" 'syscount: this kernel has no hist triggers (CONFIG_HIST_TRIGGERS)' \
		'--method hist: says so'
fi

# --- latencies

count --json -c --hist -- workload nanosleep 5 20000
is "$(of syscall nanosleep count)" 5 '-L: calls'
is "$(of syscall nanosleep failed)" 0 '-L: none failed'
ok "$(of syscall nanosleep min_us | awk '{ exit !($1 >= 20000) }'; echo $?)" '-L: none is shorter'
ok "$(of syscall nanosleep total_ms | awk '{ exit !($1 >= 100) }'; echo $?)" '-L: all together'
is "$(grep '"syscall":"nanosleep"' out | awk -F '[:,}]' '{
	for (i = 1; i < NF; i++) v[$i] = $(i + 1)
	print v["\"min_us\""] <= v["\"mean_us\""], v["\"mean_us\""] <= v["\"max_us\""],
		v["\"p99_us\""] == v["\"max_us\""] }')" '1 1 1' '-L: least, mean, greatest, 99th'
is "$(grep '"syscall":"nanosleep"' out | sed 's/.*"histogram"//' | grep -o '"count":[0-9]*' |
	cut -d : -f 2 | sum)" 5 '--hist: the distribution has all'
is "$(of syscall exit_group count)" '' '-L: calls that do not return are not there'
is "$(sed -n 's/^{"calls":{"paired":\([0-9]*\),"open":0,.*"doubtful":0,.*/\1/p' out)" \
	"$(sed 's/,"histogram":.*//' out | json count - | sum)" '-L: all that returned are counted'

count --hist -- workload nanosleep 5 20000
like "$out" '^ +16777216 -> 33554431 +: 5 +\|\*+' '--hist: as a picture'
like "$out" '^ +ns +: count +distribution$' '--hist: its headings'

# --- failures

count --json -cx -- sh -c 'workload kill 0 4194303; workload kill 0 4194303; cat /none; true'
is "$(of syscall kill error ESRCH count)" 2 '-x: calls and their error'
is "$(of error ENOENT syscall 'open(at)?' count | sum)" 1 '-x: another'
is "$(json error | grep -c '^[^E]')" 0 '-x: errors have names'
count --json -cL -e ESRCH -- sh -c 'workload kill 0 4194303; workload kill 0 4194303; true'
is "$(of syscall kill count) $(json syscall | wc -l)" '2 1' '-e: this error alone'
ok "$(of syscall kill min_us | awk '{ exit !($1 > 0) }'; echo $?)" '-e -L: how long they took'
count -e EDOM -- true
is "$err" "Tracing failing system calls until 'true' ends...
syscount: nothing counted: no failing system calls were made by the tasks asked for" \
	'nothing failed: says so'

# --- intervals

count --json -c -i 100ms -- sh -c \
	'workload syscall sched_yield 1000; sleep 1; workload syscall sched_yield 2000; true'
is "$(of syscall sched_yield count | sum)" 3000 '-i: nothing is counted twice or left out'
cmp_num "$(of syscall sched_yield time_s | sort -u | wc -l)" -ge 2 '-i: in several summaries'

# --- 32-bit programs

if [ -e /proc/sys/abi/vsyscall32 ]; then
	count --json -c -- workload run32 ./program32 /tmp
	is "$(of abi i386 syscall | sort | xargs)" 'exit getpid kill nanosleep open' \
		'32-bit: its calls by their names'
	count -c -- workload run32 ./program32 /tmp
	is "$(grep -cE '^i386:open +1$' out)" 1 '32-bit: marked in text'
fi

# --- itself, overload, loss

dd if=/dev/zero of=/dev/null bs=1 count=1000000000 2>/dev/null &
hot=$!
count --json -d 500ms
is "$(json comm | grep -cE '^(syscount|ftrace-guard)$')" 0 'its own calls are not counted'
cmp_num "$(of comm dd count)" -gt 1000 'those of others are'
count -c --max-rate 200
is "$status" 4 'overload: exit status'
like "$err" '^syscount: stopped: more than 200 events a second' 'overload: says so'
like "$out" '^(read|write) +[0-9]+$' 'overload: what was counted is shown'
kill $hot
wait $hot 2>/dev/null

count --json -c --buffer-size 8 -- workload syscall getppid 3000
lost=$(json_end lost)
cmp_num "$lost" -gt 0 'loss: there is some'
is $(($(json_end events) + lost)) "$all" 'loss: nothing is unaccounted for'
like "$err" "^syscount: lost $lost events: .*--buffer-size" 'loss: told with its number'
count -c --buffer-size 8 -- workload syscall getppid 3000
like "$out" '^\[lost [0-9]+ events\]$' 'loss: told by the summary, too'
count --json -cL --buffer-size 8 -- workload syscall getppid 20000
cmp_num "$(of syscall getppid count)" -lt 20000 'loss: of latencies'
is "$(json count | sum)" "$(sed -n 's/^{"calls":{"paired":\([0-9]*\),.*/\1/p' out)" \
	'loss: of those that were paired all are there'

# --- what is refused

tool=syscount

bad 2 'no process or thread with ID 4194303$' -p 4194303
bad 2 "options '-p' and '--tid' exclude each other" -p 1 --tid 1
bad 2 'a command cannot be traced together with -p' -p 1 -- true
[ "$hist" -eq 0 ] || bad 3 "the method 'hist' only counts" -L --method hist
[ "$hist" -eq 0 ] || bad 3 "the method 'hist' cannot tell threads" -p 1 --method hist
is "$(state_diff syscount -q)" '' 'refusals change nothing'

endings_second=works
endings_load='workload nanosleep 1000000 5000'
endings syscount syscount -c -i 100ms
if [ "$hist" -gt 0 ]; then
	endings_other_way=yes
	endings syscount syscount -c -i 100ms --method hist
fi

is "$(state_diff syscount -q)" '' 'the tracing state is as before'
done_testing
