#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# opensnoop, against opens that are known exactly: each way to open a file, by 64-bit and 32-bit
# programs, with the names as the kernel has them; of which tasks; loss; what it leaves behind.
# requires: function=do_filp_open
. /t/lib.sh
. /t/endings.sh

applet opensnoop
echo something >/tmp/there
file=/tmp/there
missing=/tmp/not-there

trace() { run bounded opensnoop "$@"; }

# rows ERE: so many rows of JSON
rows() { grep -cE -e "$1" out; }

# columns N...: of the rows of the workload, blanks squeezed
columns() { sed -n 's/ *$//; /^workload/p' out | tr -s ' ' | cut -d ' ' -f "$1"; }

state_save opensnoop -q

# --- each way to open, and how it ended

expected="4 O_RDONLY|O_DIRECTORY /
5 O_RDONLY|O_NOFOLLOW $file
6 O_WRONLY|O_APPEND $file
7 O_RDONLY ${file#/}
8 O_RDWR|O_CLOEXEC $file
9 O_WRONLY|O_CREAT|O_TRUNC 0640 $file.new
ENOENT O_RDONLY $missing
EEXIST O_RDWR|O_CREAT|O_EXCL 0600 $file.new
EISDIR O_WRONLY /
EINVAL O_RDONLY $file"

trace -v --flags -- workload opens $file $missing
is "$status" 0 'text: exit status'
like "$err" "^opensnoop: by a kprobe on 'do_sys_openat2'\$" 'text: -v tells the way'
like "$err" "^opensnoop: names by a kprobe on 'do_filp_open'\$" 'text: -v tells where names come from'
like "$err" "^Tracing open\(\)s until 'workload' ends...\$" 'text: what is traced, on stderr'
like "$out" '^COMM             PID         FD FLAGS                        MODE  FILE$' 'text: headings'
is "$(columns 3- | head -n 10)" "$expected" 'text: each open with its result, flags, mode and name'
is "$(columns 3-5 | sed -n '11p')" 'ENOENT O_RDONLY (?)' 'text: a name of no bytes'
is "$(columns 3- | wc -l) $(wc -l <out)" '11 23' 'text: and nothing else'

trace -v --method events --flags -- workload opens $file $missing
like "$err" '^opensnoop: by raw_syscalls:sys_enter and sys_exit, names from the memory of processes' \
	'events: -v tells the way'
is "$(columns 3- | sed 's/ (?)$//' | head -n 10)" "$expected" 'events: the same'
is "$(grep '^workload' out | grep -vc ' (?)$')" 0 'events: each name is marked, as it was read later'

trace --json --method events -- workload opens $file $missing
is "$(rows '"file":"'$file'","file_sure":false')" 4 'events: JSON tells that names were read later'

trace --json -- workload opens $file $missing
is "$(json fd | head -n 6 | xargs)" '4 5 6 7 8 9' 'JSON: descriptors'
is "$(json error | xargs)" 'ENOENT EEXIST EISDIR EINVAL ENOENT' 'JSON: errors'
is "$(rows '"fd":.*"error":')" 0 'JSON: one or the other'
is "$(rows '"file":"'$file'","file_sure":true')" 4 'JSON: names that are certain'
is "$(json pid | sort -u | wc -l) $(json comm | sort -u)" '1 workload' 'JSON: whose'
is "$(json duration_us | grep -cE '^[0-9]+\.[0-9]{3}$')" 11 'JSON: durations'
is "$(json_end lost)" 0 'JSON: nothing lost'
is "$(json returned) $(json doubtful) $(json end_unknown)" '11 0 0' 'JSON: all came together'

trace --csv --wall "^$missing\$" -- workload opens $file $missing
is "$(grep "^TIMEs" out)" \
	TIMEs,COMM,PID,TID,FD,ERROR,DURATION,FLAGS,MODE,FILE,FILE_SURE,PATH,PATH_SURE 'CSV: headings'
iso='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z'
is "$(grep -cE "^$iso,workload,[0-9]+,[0-9]+,,ENOENT,[0-9.]+,,,$missing,true,,\$" out)" 1 \
	'CSV: a row, with date and time'

# --- names whose page no process has touched, and no descriptor left

trace --json "^$file\$" -- workload openabsent $file /tmp/book 5
is "$(rows '"fd":5,.*"file_sure":true')" 5 'first touch: the names are right'
is "$(rows '"error":"EMFILE",.*"file":"'$file'"')" 1 'no descriptor left: has its name, too'
is "$(json file | sort -u)" $file 'first touch: nothing else matches'
trace --json --method events "^$file\$" -- workload openabsent $file /tmp/book 5
is "$(rows '"fd":5,.*"file_sure":false')" 5 'first touch, events: the names are right'

# --- 32-bit programs

for method in probes events; do
	trace --json --method $method -- workload run32 /tmp/program32 $file
	is "$(rows '"comm":"program32",.*"fd":4,.*"file":"'$file'"')" 1 "32 bits, $method: seen"
	is "$(rows '"comm":"workload",.*"fd":4,')" 1 "32 bits, $method: and what it was before"
done

# --- many, from several threads; another thread in between

workload openloop 2 1000000 $file /tmp/other 2000 & other=$!
trace -o all --json -- workload openloop 4 500 $file $missing 0
cp all out
is "$(rows '"fd":[0-9]+,.*"file":"'$file'"')" 2000 'threads: each open that works'
is "$(rows '"error":"ENOENT",.*"file":"'$missing'"')" 2000 'threads: each that does not'
is "$(grep -c '"fd"\|"error"' out)" 4000 'threads: and nothing else'
is "$(json tid | sort -u | wc -l) $(json pid | sort -u | wc -l)" '4 1' 'threads: four of one process'

trace --json -x -d 200ms -p $other
cmp_num "$(rows '"error":"ENOENT","duration_us":[0-9.]*,"file":"/tmp/other"')" -ge 10 '-x -p: failed ones'
is "$(rows '"fd"') $(json pid | sort -u)" "0 $other" '-x -p: and no others'
trace -t -n '^work.*d$' -d 200ms 'th[aeiou]re$'
cmp_num "$(grep -cE '^[0-9]+\.[0-9]{6} +workload +'$other' +[0-9]+ /tmp/there$' out)" -ge 10 \
	'-t -n FILENAME: what matches'
is "$(sed 1d out | grep -vc ' /tmp/there$')" 0 '-t -n FILENAME: and nothing else'
trace -d 100ms -n nobody
is "$status" 0 'nothing to show: exit status'
like "$err" '^opensnoop: nothing to show: no file was opened that would be shown$' 'nothing to show: says so'

# --- loss: what is told is right

kill $other
wait $other 2>/dev/null
trace --json --buffer-size 8 -o all -- workload openloop 2 3000 $file /tmp/other 0
cp all out
cmp_num "$(json_end lost)" -gt 0 "loss: there is some"
is "$(grep '"file"' out | grep -vcE '"fd":[0-9]+,.*"file":"/tmp/there"|"error":"ENOENT",.*"file":"/tmp/other"')" 0 \
	'loss: no result belongs to another name'
like "$err" '^opensnoop: [0-9]+ opens are not shown: records were lost while they ran$' 'loss: told'

# --- whole names

cd /tmp || exit
trace --json --full -- workload opens ../tmp/there nowhere
is "$(rows '"file":"../tmp/there",.*"path":"/tmp/../tmp/there","path_sure":false')" 4 \
	'--full: from the working directory, not certain'
is "$(rows '"file":"nowhere",.*"path":"/tmp/nowhere","path_sure":false')" 1 '--full: of a failed one'
trace --full there -- workload opens there nowhere
like "$out" '^workload +[0-9]+ +5 /tmp/there$' '--full: certain where the kernel tells the same'
trace --json --full there -- workload opens $file nowhere
is "$(rows '"file":"tmp/there",.*"path":"/tmp/there","path_sure":true')" 1 '--full: from a descriptor'
is "$(rows '"file":"/tmp/there",.*"path":"/tmp/there","path_sure":true')" 4 '--full: whole already'
cd - >/dev/null || exit

# --- what is refused

tool=opensnoop

bad 2 "'a\[' is not a regular expression: " 'a['
bad 2 "'\*' is not a regular expression: " -n '*'
bad 2 "--method 'some': not probes or events" --method some
bad 2 'no process or thread with ID 4194303$' -p 4194303
bad 2 '.*-L' -p 1 -L 1
echo 0 >/proc/sys/kernel/ftrace_enabled
bad 3 'kprobes do not fire while function tracing is switched off' ''
echo 1 >/proc/sys/kernel/ftrace_enabled
is "$(state_diff opensnoop -q)" '' 'refusals change nothing'

endings_second=works
endings_load="workload openloop 1 1000000 $file $missing 5000"
endings opensnoop opensnoop there
endings_other_way=yes
endings opensnoop opensnoop --method events there

is "$(state_diff opensnoop -q)" '' 'the tracing state is as before'
done_testing
