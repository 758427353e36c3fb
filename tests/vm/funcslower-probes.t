#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# funcslower by probes: entry and return of kernel functions, put together, with arguments, return
# values and stacks.
# requires: file=kprobe_events function=do_nanosleep
. /t/lib.sh
. /t/endings.sh

applet funcslower

# slower ARG...: run it; $status, $out, $err
slower() { run bounded funcslower "$@"; }

# rows FUNCTION: so many rows of JSON, an ERE
rows() { grep -cE "\"function\":\"($1)\"" out; }

# list KEY: the values of a key that holds a list, one a line
list() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" out; }

# calls KEY: a number of the record of calls
calls() { grep '^{"calls":' out | json "$1" - | tr -d '}'; }

shortest() { json duration_us | sed 's/\..*//' | sort -n | head -n 1; }

# 5 calls of 2 ms, 5 of 20 ms; true, so that the shell stays
cat >mixed <<'EOF'
workload nanosleep 5 2000
workload nanosleep 5 20000
true
EOF

state_save probes -q
workload nanosleep 1000000 12000 &
sleepers_pid=$!

# --- as data

slower --json --args 2 do_nanosleep 10ms -- sh mixed
is "$status" 0 'JSON: exit status'
is "$err" '' 'JSON: nothing on stderr'
is "$(rows do_nanosleep) $(rows '.*')" '5 5' 'JSON: the five slow calls, and no others'
cmp_num "$(shortest)" -ge 20000 'JSON: each as long as it slept'
is "$(json comm | sort -u) $(json tid | sort -u | wc -l)" 'workload 1' 'JSON: of one thread'
# do_nanosleep(struct hrtimer_sleeper *, enum hrtimer_mode): relative is 1
is "$(list args | grep -cE '^0xf[0-9a-f]{15},0x1$')" 5 'JSON: two arguments'
is "$(json_end events) $(calls paired) $(calls open)" '20 10 0' 'JSON: all calls were recorded'
is "$(calls unbegun) $(calls unended) $(calls missed) $(calls doubtful) $(calls evicted)" \
	'0 0 0 0 0' 'JSON: each with its return'
unlike "$out" '"retval"|"stack"|"module"|"file"' 'JSON: nothing that was not asked for'

slower --json --retval --args 1 '*sys_getppid' do_sys_openat2 1 -- \
	sh -c 'workload syscall getppid 7; workload openfile /nonesuch /none; true'
grep '"comm":"workload".*getppid"' out >getppid
grep '"comm":"workload".*"do_sys_openat2"' out >out.opens
mv out.opens out
is "$(json retval getppid | sort | uniq -c | awk '{ print $1 }')" 7 \
	'--retval: of a system call, always its parent, the same each time'
# fails with an error number each time; AT_FDCWD is -100, an int
is "$(json retval | xargs)" '-2 -2' '--retval: error numbers'
is "$(list args | sort -u | sed 's/^0x\(ffffffff\)\{0,1\}//')" ffffff9c '--args 1: one alone'
slower -P --args 1 --retval do_sys_openat2 1 -- workload openfile /nonesuch
is "$(grep -cE ' workload-[0-9]+ .* -2$' out)" 1 '--retval: as text, in decimal'

slower --json --args 1 hrtimer_nanosleep 'do_nano*eep' 10ms -- sh mixed
is "$(rows do_nanosleep) $(rows hrtimer_nanosleep) $(rows '.*')" '5 5 10' \
	'several functions, one in the other: each by itself'
slower --json --stack 'hrtimer_nano*' do_nanosleep --exclude 'hrtimer_*' 10ms -- sh mixed
is "$(rows '.*') $(rows do_nanosleep)" '5 5' '--exclude, --stack: the slow calls, never one that is excluded'
frames='do_nanosleep;hrtimer_nanosleep;(.*;)*do_syscall_64;entry_SYSCALL_64'
is "$(list stack | grep -cE "^$frames")" \
	5 '--stack: from the function to the system call'

slower --csv --stack --args 1 --retval do_nanosleep 10ms -- sh mixed
is "$(head -n 1 out)" \
	TIME,CPU,COMM,TID,DURATION_US,FUNCTION,MODULE,FILE,ARGS,RETVAL,STACK '--csv: headings'
row='^[0-9.]*,0,workload,[0-9]+,[0-9.]+,do_nanosleep,,,0xf[0-9a-f]+,0,do_nano.*;.*$'
is "$(grep -cE "$row" out)" 5 '--csv: rows'

# --- as text

slower --args 1 do_nanosleep 10ms -- sh mixed
is "$err" "Tracing do_nanosleep slower than 10ms until 'sh' ends..." 'text: what is traced'
is "$(grep -cE '^ +0 +2[0-9]{4}\.[0-9]{3} do_nanosleep +0xf[0-9a-f]+$' out) $(wc -l <out)" '5 5' \
	'text: the slow calls, and nothing else'
slower -a --args 1 --retval do_nanosleep 10ms -- sh mixed
is "$(head -n 1 out | xargs)" 'TIME CPU TASK-TID DURATION_US FUNCTION ARGS RETVAL' '-H: headings'
row='^ +[0-9]+\.[0-9]{6} +0 workload-[0-9]+ +2[0-9]+\.[0-9]{3} do_nanosleep +0x[0-9a-f]+ +0x0$'
is "$(grep -cE "$row" out)" 5 '-t -P: time and thread in each line'
slower --stack do_nanosleep 10ms -- workload nanosleep 1 20000
is "$(sed -n '2p; 3p' out)" ' => do_nanosleep
 => hrtimer_nanosleep' 'text: the stack below the call'
is "$(grep -vcE '^ => [a-zA-Z_0-9.]+$' out)" 1 'text: a name in each line of it'

slower --args 1 do_nanosleep 10s -- sh mixed
is "$status" 0 'nothing slow: exit status'
is "$out$(echo "$err" | sed 1d)" 'funcslower: nothing to show: none of 10 calls took 10s' \
	'nothing slow: says so, in one line'
slower -v --args 1 do_nanosleep 1 -- true
is "$(echo "$err" | tail -n 1)" "funcslower: nothing to show: 'do_nanosleep' was not called by the \
tasks asked for" 'not called: says so'
like "$err" '^funcslower: taking entry and return probes, .* \(--args\)$' \
	'-v: names the way'
if ! grep -q ' retval;' $T/events/ftrace/funcgraph_exit/format; then
	slower -v --json --retval do_nanosleep 10ms -- sh mixed
	like "$err" 'taking entry and return probes, .*records no return values' \
		'--retval: the way without the tracer'
	is "$(json retval | sort -u) $(rows do_nanosleep)" '0 5' '--retval: the values returned'
	slower -C --retval do_nanosleep 1
	is "$status" 3 '-C --retval: exit status'
	like "$err" 'cannot leave out the time asleep: .* records no return values' \
		'-C --retval: says why not'
fi

# --- which tasks

team() { team_of funcslower --json --args 1 "$@" do_nanosleep 400; }

team -p FIRST
is "$status" 0 '-p: exit status'
is "$(rows do_nanosleep)" 7 '-p: old and new threads, no child process, nobody else'
team -p FIRST --children
is "$(rows do_nanosleep)" 15 '--children: the child process, too'
team -L FIRST
is "$(rows do_nanosleep)" 1 '-L: the first thread alone'
team -L OLD
is "$(rows do_nanosleep)" 2 '-L: another thread alone'
is "$(json tid | sort -u)" "$old" '-L: with its ID'

# --- calls that are not shown

kill -KILL $sleepers_pid
wait $sleepers_pid 2>/dev/null

# one that sleeps on when the trace ends, and slow already
start_workload nanosleep 1 20000000
start funcslower --json --args 1 -p "$work_pid" do_nanosleep 1ms
wait_for recording
release nowait
# 35 is nanosleep on x86-64
wait_for grep -q '^35 ' "/proc/$work_pid/syscall"
stop
is "$err" "funcslower: calls not shown: 1 still running at the end, 1 of these slow already
funcslower: nothing to show: no call has returned" 'still running: is told'
is "$(calls open) $(calls open_slow) $(calls paired)" '1 1 0' 'still running: in the data, too'
kill "$work_pid"
wait "$work_job" 2>/dev/null

# more at once than the kernel's own choice of kretprobe instances
slower --json --args 1 do_nanosleep 1 -- workload threads 100 2 20000
is "$(rows do_nanosleep)" 200 'many at once: all are there'
is "$(calls paired) $(calls missed) $(calls unended)" '200 0 0' 'many at once: none is missed'

# --- what is refused

tool=funcslower
bad 2 "cannot trace 'do_nanosleeep': no such function \(did you mean 'do_nanosleep'\?\)$" \
	--args 1 do_nanosleeep 1
bad 2 "cannot trace 'no_such_\*_function': no function matches$" --args 1 'no_such_*_function' 1
bad 2 "nothing is left to trace" --args 1 --exclude 'do_*' do_nanosleep 1
bad 2 "'\*' and the others are more than 500 functions" --args 1 '*' 1
bad 2 '.*no process or thread with ID 4194303' --args 1 -p 4194303 do_nanosleep 1
is "$(state_diff probes -q)" '' 'refusals change nothing'

# --- settings of others

others_set
echo 'p:somebody/opens do_sys_openat2' >>$T/kprobe_events
echo 1 >$T/events/somebody/opens/enable
state_save user -q
cp $T/kprobe_events events
slower --json --args 1 --retval do_nanosleep do_sys_openat2 10ms -- sh mixed
is "$(state_diff user -q)" '' 'settings: are there afterwards, all'
is "$(cat $T/kprobe_events)" "$(cat events)" 'settings: the probes of others are'
is "$(rows do_nanosleep)" 5 'settings: do not change which calls are seen'
echo 0 >$T/events/somebody/opens/enable
echo '-:somebody/opens' >>$T/kprobe_events
others_unset
echo >$T/trace
is "$(state_diff probes -q)" '' 'settings: nothing of them remains'

# beside function_graph, whose threshold it leaves alone
echo 123456 >$T/tracing_thresh
echo do_nanosleep >$T/set_ftrace_filter
echo function_graph >$T/current_tracer
slower --json --args 1 do_nanosleep 10ms -- sh mixed
is "$status $(rows do_nanosleep) $(cat $T/tracing_thresh)" '0 5 123456' \
	'works beside function_graph'
echo nop >$T/current_tracer
echo 0 >$T/tracing_thresh
echo >$T/set_ftrace_filter

# --- loss, overload

slower --json --buffer-size 8 --args 1 '*sys_getppid' 1 -- workload syscall getppid 20000
is "$status" 0 'loss: exit status'
lost=$(json_end lost)
cmp_num "$lost" -gt 0 'loss: there is some'
is $(($(json_end events) + lost)) 40000 'loss: nothing is unaccounted for'
is "$(rows '.*')" "$(calls paired)" 'loss: what is left is shown'
counted=$(($(calls paired) * 2 + $(calls unbegun) + $(calls unended) + $(calls open)))
uncertain=$(calls doubtful)
# an uncertain call is an entry, or an entry and a return
cmp_num $((counted + uncertain)) -le "$(json_end events)" 'loss: what is not shown is counted once'
cmp_num $((counted + 2 * uncertain)) -ge "$(json_end events)" 'loss: and all of it'
like "$err" "^funcslower: lost $lost events: .*--buffer-size" 'loss: told with its number'

hot_sleeps
slower --max-rate 200 --args 1 -o rows do_nanosleep 1
is "$status" 4 'overload: exit status'
like "$err" '^funcslower: stopped: more than 200 events a second' 'overload: says so'
cooled

endings_other_way=yes
endings_load='workload nanosleep 1000000 5000'
endings funcslower funcslower --args 1 do_nanosleep 2ms

is "$(state_diff probes -q)" '' 'the tracing state is as before'
done_testing
