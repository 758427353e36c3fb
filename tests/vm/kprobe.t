#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kprobe, against workloads whose calls are known exactly: names, arguments, return values, of which
# tasks, what it refuses.
# requires: function=do_sys_openat2
. /t/lib.sh
. /t/endings.sh

applet kprobe

# probe ARG...: run it; $status, $out, $err
probe() { run bounded kprobe "$@"; }

# opened NAME...: open them, nothing else; its output would be among the rows
opened() { workload openfile "$@" >/dev/null; }

# rows ERE: rows of JSON that match
rows() { grep '"event":' out | grep -cE -e "$1"; }

# text ERE: lines whose text (behind the time) is that
text() { grep -cE "^ +workload-[0-9]+ +\\[000\\] [^ ]+ +[0-9]+\\.[0-9]{6}: ($1)\$" out; }

place='\(do_sys_openat2\+0x0/0x[0-9a-f]+\)'
from='\([a-z0-9_.]+\+0x[0-9a-f]+/0x[0-9a-f]+ <- do_sys_openat2\)'
opens() { set -- "$@" -- workload openfile /etc/passwd /nonesuch; probe "$@"; }

touch /etc/passwd
# somebody's own probes, which stay
echo 'p:somebody/opens do_sys_openat2' >>$T/kprobe_events
echo 'r:somebody/reads vfs_read ret=$retval' >>$T/kprobe_events
echo 1 >$T/events/somebody/opens/enable
cp $T/kprobe_events events
state_save probe -q

# --- definitions as perf-tools has them

opens -o rows p:do_sys_openat2
is "$status" 0 'p:function: exit status'
is "$err" "Tracing do_sys_openat2 until 'workload' ends..." 'p:function: what is traced'
mv rows out
is "$(text "do_sys_openat2: $place") $(wc -l <out)" '2 2' 'p:function: every call, in the layout of the kernel'
opens -o rows 'r:do_sys_openat2 $retval' 'p:myopen do_sys_openat2 name=+0(%si):string flags=+0(%dx):x32'
mv rows out
is "$(text "do_sys_openat2: $from arg1=-?(0x)?[0-9a-f]+") $(text "do_sys_openat2: $from arg1=(-2|0xf+e)")" \
	'2 1' 'r:function $retval: what was returned'
is "$(text "myopen: $place name=\"/etc/passwd\" flags=0x[0-9a-f]+")" 1 'a name, and arguments of registers and memory'
opens -o rows 'do_sys_openat2 name=$arg2:ustring fd=$arg1:s32' 'name ~ "*nonesuch"'
mv rows out
is "$(text "do_sys_openat2: $place name=\"/nonesuch\" fd=-100") $(wc -l <out)" '1 1' \
	'a function alone, $argN, ustring, and a filter'
opens -o rows p:do_sys_openat2+0 -f 'common_pid == 1'
is "$(cat rows)" '' '-f: a filter'
like "$err" "^kprobe: nothing recorded: 'do_sys_openat2' did not happen in the tasks asked for, or never as" \
	'nothing recorded: says so'

# --- as data

opens --json --errno -o rows 'p:do_sys_openat2 name=$arg2:string' 'r:do_sys_openat2 ret=$retval:s32' \
	'r:plain do_sys_openat2 ret=$retval'
mv rows out
is "$(rows '"event":"do_sys_openat2","fields":\{"__probe_ip":[0-9]+,"name":"/etc/passwd"\}') $(rows .)" '1 6' \
	'JSON: every event, every field'
is "$(grep '"ret":' out | json event - | sort -u | xargs) $(rows '_return".*"ret":-2\}')" \
	'do_sys_openat2_return plain 1' \
	'JSON: entry and return of one function have names of their own'
is "$(json errno | xargs) $(rows '"plain".*"errno":"ENOENT"')" 'ENOENT ENOENT 1' '--errno: in JSON'
opens --errno -o rows 'r:do_sys_openat2 name=+0($stack1):string ret=$retval %ax'
mv rows out
is "$(text "do_sys_openat2: $from name=.* ret=-ENOENT arg3=.*") $(grep -c 'ret=-E' out)" '1 1' \
	'--errno: as text, of what is an error'
opens --csv -o rows 'p:do_sys_openat2 name=$arg2:string'
mv rows out
is "$(head -n 1 out)" TIME,COMM,TID,CPU,FLAGS,EVENT,FIELDS '--csv: headings'
is "$(grep -cE '^[0-9.]+,workload,[0-9]+,0,[^,]+,do_sys_openat2,"do_sys_openat2: .* name=""/nonesuch"""$' out)" 1 \
	'--csv: rows, with the text'

# The same events, recorded twice: our text, and the kernel's.
mkdir $T/instances/other
echo mono >$T/instances/other/trace_clock
start kprobe -o rows 'p:theirs do_sys_openat2 name=$arg2:ustring how=+0(%dx):x64 fd=$arg1:s16' 'r:vfs_read'
wait_for recording
group=$(sed -n 's/^p:\(ftt_kprobe_[0-9_]*\)\/theirs .*/\1/p' $T/kprobe_events)
echo 1 >"$T/instances/other/events/$group/theirs/enable"
opened /t-one /t-nonesuch "/t-a b#c;d"
echo 0 >"$T/instances/other/events/$group/theirs/enable"
# before the probe is removed, which empties buffers that have its records
sed -n 's/.* \(theirs: .*name="\/t-.*\)/\1/p' $T/instances/other/trace >kernels
stop
sed -n 's/.* \(theirs: .*name="\/t-.*\)/\1/p' rows >ours
rmdir $T/instances/other
is "$(grep -c theirs: ours)" 3 'text: the calls'
is "$(cat ours)" "$(cat kernels)" 'text: as the kernel has it'

# --- summed up, with stacks

opens -s -o rows p:do_sys_openat2
is "$(grep -c '<stack trace>' rows) $(grep -cE '^ => do_sys_openat2$' rows)" '2 2' '-s: the stack of each'
opens --json -s -o rows p:do_sys_openat2
mv rows out
is "$(rows '"stack":"do_sys_openat2;([a-z0-9_]+;)*do_syscall_64;entry_SYSCALL_64')" 2 '-s: in JSON'
opens --folded -o rows p:do_sys_openat2
is "$(grep -cE '^workload;entry_SYSCALL_64[^ ]*;.*;do_sys_openat2 2$' rows)" 1 '--folded'
probe --count ret -o rows 'r:do_sys_openat2 ret=$retval:s32' -- workload openfile /none /none /nonesuch
is "$(grep -E '^-2 +[0-9]+$' rows | awk '{ print $2 }')" 3 '--count: by return value'
probe --stats fd -o rows 'p:do_sys_openat2 fd=$arg1:s32' -- workload openfile /none /none /nonesuch
is "$(sed -n 2p rows | xargs)" '3 -100 -100.000 -100 0.000 -100 -100 -100 -100' '--stats: of an argument'
probe --hist fd -o rows 'p:do_sys_openat2 fd=$arg1:s32' -- workload openfile /none /nonesuch
is "$(grep -cE '^ +-127 -> -64 +: 2 +\|\*+\|$' rows)" 1 '--hist: of an argument'

# --- which tasks

start_workload family 3 400
start kprobe -p "$work_pid" -o rows 'p:hrtimer_nanosleep'
wait_for recording
release
stop
is "$(wc -l <rows)" 3 '-p: threads of the process, no child process'
start_workload family 3 400
start kprobe -p "$work_pid" --children -o rows 'p:hrtimer_nanosleep'
wait_for recording
release
stop
is "$(wc -l <rows)" 6 '--children: the child process, too'

# --- a format file, nothing traced

probe -v 'p:mine vfs_read count=$arg3' 'r:vfs_read $retval:s64'
is "$status $err" '0 ' '-v: exit status'
is "$(sed -n 's/^name: //p' out | xargs)" 'mine vfs_read' '-v: of each probe'
like "$out" '	field:(u64|unsigned long) count;' '-v: the fields'

if grep -q ' __x64_sys_getppid$' /proc/kallsyms; then
	probe -o rows p:__x64_sys_getppid -- workload syscall getppid 3
	is "$(grep -c ' workload-.*getppid: ' rows)" 3 'a name of a function that the list has by another'
fi

# --- what is refused

# bad STATUS ERE ARG...: one line (a filter: three) and no output
bad()
{
	want_status=$1 why=$2
	shift 2
	probe "$@"
	is "$status" "$want_status" "refused '$*': exit status"
	like "$err" "^kprobe: $why" "refused '$*': message"
	is "$out" '' "refused '$*': no output"
}

bad 2 "cannot probe 'vfs_raed': no such function \(did you mean 'vfs_read'\?\)$" p:vfs_raed
bad 2 "cannot probe 'virtio_blk:nosuch': no such function, or its module is not loaded" p:virtio_blk:nosuch
bad 2 "cannot probe 'vfs_read\+0x1': the kernel refuses it \(Probe point is not an instruction boundary\)$" \
	p:vfs_read+1
bad 2 "cannot probe 'vfs_read': the kernel refuses it \(Invalid register name\)$" 'p:vfs_read %nosuch'
bad 2 "cannot filter 'mine': no such field 'nam' \(did you mean 'name'\?\)$" \
	'p:mine do_sys_openat2 name=$arg2:string' 'nam == "x"'
bad 2 "cannot sum up 'vfs_read': .*'nosuch'" --count nosuch p:vfs_read
awk '!/[.[]/ && seen[$1]++ == 1 { print $1; if (++n == 5) exit }' $T/available_filter_functions >made
several=$(grep -wF -f made /proc/kallsyms | cut -c 20- | grep -xF -f made | sort | uniq -d | head -n 1)
bad 2 "cannot probe '$several': several functions have this name, at 0x[0-9a-f]+, 0x[0-9a-f]+.*" "p:$several"
if grep -qwF irqentry_enter /proc/kallsyms; then
	bad 2 "cannot probe 'irqentry_enter': the kernel marks it as not to be traced" p:irqentry_enter
	probe -F p:irqentry_enter -d 100ms
	is "$status" 2 '-F: the kernel itself refuses'
	like "$err" "^kprobe: cannot probe 'irqentry_enter': the kernel refuses it" '-F: tries it nevertheless'
fi
mount -t debugfs debugfs /sys/kernel/debug
bad 2 "cannot probe 'notify_die': it is on the kernel's list of functions that kprobes themselves need" p:notify_die
umount /sys/kernel/debug
sed -n 's/^\([a-z_0-9]*\)\.\(isra\|constprop\|part\)\.0$/\1/p' $T/available_filter_functions | head -n 8 >made
cut -c 20- /proc/kallsyms | grep -xF -f made >real
suffix=$(while read -r name; do grep -qxF "$name" real || { echo "$name"; break; }; done <made)
if [ "$suffix" ]; then
	bad 2 "cannot probe '$suffix': no such function; the compiler has made '$suffix\.[^ ]*'.* of it" "p:$suffix"
fi
if ! grep -q '<argname>' $T/README; then
	bad 3 "cannot record 'name=\\\$filename': this kernel does not know arguments by their names" \
		'p:do_sys_openat2 name=$filename'
else
	opens -o rows 'p:do_sys_openat2 fd=$dfd name=$filename:string'
	mv rows out
	is "$(text "do_sys_openat2: $place fd=-100 name=\"/nonesuch\"")" 1 'arguments by their names'
	bad 2 "cannot probe 'vfs_read': the kernel refuses it \(" 'p:vfs_read $nosuch'
fi
bad 2 '.*no process or thread with ID 4194303' -p 4194303 p:vfs_read

is "$(cat $T/kprobe_events)" "$(cat events)" 'the probes of others are there'
is "$(state_diff probe -q)" '' 'the tracing state is as before'
echo 0 >$T/events/somebody/opens/enable
echo '-:somebody/opens' >>$T/kprobe_events
echo '-:somebody/reads' >>$T/kprobe_events
echo >$T/trace
done_testing
