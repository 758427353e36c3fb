#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# execsnoop, against programs that are started with known arguments, by known parents, and live for
# less than a millisecond.
. /t/lib.sh
. /t/endings.sh

# shellcheck disable=SC2034
tool=execsnoop
applet execsnoop

# snoop ARG...: run it; $status, $out, $err
snoop() { run bounded execsnoop "$@"; }

# argv: the JSON arrays of the rows
argv() { sed -n 's/^{.*"argv":\(\[.*\]\),"cut":.*$/\1/p' out; }

# rest KEY: a number of the last record but one
rest() { grep '^{"execs":' out | sed -n "s/^.*[{,]\"$1\":\([0-9]*\)[,}].*\$/\1/p"; }

newline='
'
state_save execsnoop -q

# --- arguments: what no quoting may change, by each method

odd() { snoop "$@" -- workload exec 1 /t/bin/workload exit 0 '' 'two  words' "a'b" '\n' '"$x"' "new${newline}line" é; }
wanted='["/t/bin/workload","exit","0","","two  words","a'"'"'b","\\n","\"$x\"","new\nline","é"]'
for method in stack thread; do
	odd --json --method $method
	is "$status $err" '0 ' "$method: exit status"
	is "$(argv | tail -n 1)" "$wanted" "$method: arguments"
	is "$(grep -c '"pid":' out)" 2 "$method: two programs"
	is "$(json ppid | tail -n 1)" "$(json pid | head -n 1)" "$method: the parent"
	is "$(json parent | xargs)" 'execsnoop workload' "$method: its name"
	is "$(grep '"pid":' out | json cut - | sort -u)" false "$method: nothing is cut"
	is "$(json file | xargs)" '/t/bin/workload /t/bin/workload' "$method: the files"
	is "$(rest execs) $(rest looked_up) $(rest unknown)" '2 0 0' "$method: all recorded"
done

odd -q -o rows
# shellcheck disable=SC2046
eval set -- "$(tail -n 1 rows | sed 's/^ *[0-9]* *[0-9]* //; s/\$.new.*line./NL/')"
is "$#|$4|$5|$6|$7|$8|$9|${10}" "10||two  words|a'b|\\n|\"\$x\"|NL|é" '-q: a shell reads the same'
is "$(grep -cF "\$'new\\012line' 'é'" rows)" 2 '-q: control characters escaped'
is "$(head -n 1 rows)" '   PID   PPID ARGS' 'text: headings'

snoop -t --parent --uid -a 4 -- workload exec 1 /t/bin/workload exit 0 "bell$(printf '\007')" more
is "$(sed -n 1p out | xargs)" 'TIMEs PARENT UID PID PPID ARGS' '-t --parent --uid: headings'
is "$(grep -cE '^[0-9]+\.[0-9]{6} workload +0 +[0-9]+ +[0-9]+ /t/bin/workload exit 0 bell\\x07 \.\.\.$' out)" 1 \
	'-a: four arguments, and that there are more; no control character comes through'

# --- however many, however short

# Emulating so many takes long: once is enough.
many=1000
case $(uname -r) in 6.1.*) many=10000 ;; esac
start execsnoop -o rows --json
wait_for recording
workload exec $many /t/bin/workload exit 0 right
stop
is "$status" 0 'many: exit status'
mv rows out
ppid=$(grep -F "[\"workload\",\"exec\",\"$many\"," out | sed 's/.*"pid":\([0-9]*\).*/\1/')
wanted='"ret":0,"args":"/t/bin/workload exit 0 right","argv":["/t/bin/workload","exit","0","right"],"cut":false,'
is "$(grep -cF "\"ppid\":$ppid,$wanted" out)" $many 'many: all, with their arguments, of one parent'
is "$(grep -cF '"parent":"workload","uid":0,"pid":' out)" $many 'many: all of one user'
is "$(json_end lost)" 0 'many: nothing lost'

# what is shown is right, or is said not to be known
snoop --json --buffer-size 8 -- workload exec 400 /t/bin/workload exit 0 right
cmp_num "$(json_end lost)" -gt 0 'loss: there is some'
like "$err" "^execsnoop: lost $(json_end lost) events" 'loss: is told'
is "$(argv | grep -vcxF -e '["/t/bin/workload","exit","0","right"]' -e \
	'["workload","exec","400","/t/bin/workload","exit","0","right"]')" 0 'loss: no arguments but the right ones'
is "$(grep -c '"argv":' out)" "$(($(rest execs) - $(rest unknown)))" 'loss: each without is counted'

# --- long arguments

long=$(head -c 3000 /dev/zero | tr '\0' a)
start execsnoop --json
wait_for recording
workload exec 1 /t/bin/workload nanosleep 1 2000000 "$long" end
stop
is "$(argv | grep -cF "\"$long\",\"end\"]")" 2 'long: all while it lives, from /proc'
is "$(rest looked_up) $(rest cut)" '2 0' 'long: counted'
snoop --json -- workload exec 1 /t/bin/workload exit 0 "$long" end
is "$(rest cut)" 2 'long and dead: cut'
is "$(grep '"pid":' out | json cut - | sort -u)" true 'long and dead: each row says so'
like "$out" '"args":"/t/bin/workload exit 0 a{1850,1920} \.\.\.","argv"' 'long and dead: what fits, and "..."'

# --- which

cat >script <<'E2'
workload exec 2 /t/bin/workload exit 0 first
sh -c 'exec workload run /t/bin/workload exit 0 last'
E2
snoop -- sh script
is "$(grep -c ' first$' out)" 3 'without -r: new processes'
is "$(grep -c ' last$' out)" 1 'without -r: what they start first'
like "$err" '^execsnoop: 2 programs more were started by processes shown before \(-r\)$' 'without -r: says so'
snoop -r '^w.*d$' -- sh script
is "$(grep -c ' last$' out)" 2 '-r: what they start then, too'
is "$(sed 1d out | grep -vc ' workload \| /t/bin/workload ')" 0 'name: no others'
is "$(grep -c ' first$' out)" 3 'name: all of that name'
snoop --method proc 'x+y' -- sh script
is "$status $out" '0 ' 'name: none'

# --- failures, and users

echo text >plain
count14='1 2 3 4 5 6 7 8 9 10 11 12 13 14'
cat >script <<E2
workload exec 2 /nonesuch/program '' 'b  c' é
workload exec 1 /tmp/execsnoop.t/plain one
workload exec 1 /nonesuch/fits $count14
workload exec 1 /nonesuch/more $count14 15
workload exec 1 /nonesuch/long $long end
workload exec 1 /nonesuch/longer $long$long end
su user -c '/t/bin/workload exec 1 /t/bin/workload exit 7'
E2
echo 'user:x:1000:1000::/:/bin/sh' >>/etc/passwd
snoop -x --json -- sh script
sed -i '$d' /etc/passwd
is "$status" 0 '-x: exit status'
failed() { grep "^{.*\"ret\":$1,\"error\":\"$2\",.*\"file\":\"$3\"" out | sed 's/.*"argv"://; s/,"file":.*//'; }
wanted='["/nonesuch/program","","b  c","é"],"cut":false'
is "$(failed -2 ENOENT /nonesuch/program)" "$wanted
$wanted" '-x: no such file, and its arguments'
is "$(failed -13 EACCES /tmp/execsnoop.t/plain)" '["/tmp/execsnoop.t/plain","one"],"cut":false' \
	'-x: not executable'
all="[\"/nonesuch/NAME\",$(echo "$count14" | sed 's/[0-9]*/"&"/g; s/ /,/g')]"
is "$(failed -2 ENOENT /nonesuch/fits)" "$(echo "$all" | sed s/NAME/fits/),\"cut\":false" \
	'-x: as many as are recorded'
is "$(failed -2 ENOENT /nonesuch/more)" "$(echo "$all" | sed s/NAME/more/),\"cut\":true" \
	'-x: one more is told'
is "$(failed -2 ENOENT /nonesuch/long)" "[\"/nonesuch/long\",\"$long\",\"end\"],\"cut\":false" \
	'-x: long arguments'
is "$(grep -c '"ret":-2,"error":"ENOENT","file":"/nonesuch/longer"' out) $(rest failed_unknown)" '1 1' \
	'-x: too long to be recorded: counted'
like "$err" '^execsnoop: arguments of 1 failed calls are not known \(\[\?\]\)' '-x: and told'
is "$(grep -c '"ret":0,.*"argv":\["/t/bin/workload","exit","7"\]' out)" 1 '-x: and what succeeded'
is "$(grep '"exit","7"\]' out | json uid - | sort -u)" 1000 'the user of a process that has ended'

# --- by /proc alone

start execsnoop --json --method proc
wait_for recording
workload exec 1 /t/bin/workload nanosleep 1 1000000 'a b'
stop
is "$(argv | grep -cxF '["/t/bin/workload","nanosleep","1","1000000","a b"]')" 1 'proc: arguments of what lives'
cat >script <<'E2'
workload exec 1 /nonesuch/program a
workload exec 1 /t/bin/workload exit 0
E2
snoop -x --method proc -- sh script
like "$(head -n 1 out)" '^   PID   PPID RET ERROR   ARGS$' 'proc, -x: headings'
like "$out" '^ +[0-9]+ +[0-9]+ +-2 ENOENT  (/nonesuch/program )?\[\?\]$' 'proc, -x: a failure'
like "$(tail -n 1 out)" '^ +[0-9]+ +[0-9]+ +0 +/t/bin/workload \[\?\]$' 'proc: a program that has ended'
like "$err" '^execsnoop: arguments of [1-4] programs are not known' 'proc: says so'

# --- which tasks

start_workload exec 2 /t/bin/workload exit 0
start execsnoop --json -p "$work_pid" --children
wait_for recording
workload exec 3 /t/bin/workload exit 0 stranger
release
stop
is "$(argv)" '["/t/bin/workload","exit","0"]
["/t/bin/workload","exit","0"]' '-p --children: child processes, nobody else'

# --- what is refused, what others have set

bad 2 ".*'bpf' is none of stack, thread, proc" --method bpf
bad 2 "'a\\(': .*" 'a('
bad 2 '' a b
bad 2 '.*command.*together' -p 1 -- true
is "$(state_diff execsnoop -q)" '' 'refusals change nothing'

others_set 'events/sched/sched_process_exec/enable 1 0'
state_save user -q
snoop -- workload exec 1 /t/bin/workload exit 0
is "$(state_diff user -q)" '' 'settings of others: are there afterwards'
is "$(grep -c '/t/bin/workload exit 0$' out)" 2 'settings of others: do not change what is shown'
others_unset
is "$(state_diff execsnoop -q)" '' 'settings of others: nothing of them remains'

# shellcheck disable=SC2034
endings_load='workload reexec 20000' endings_second=works
endings execsnoop execsnoop -r

is "$(state_diff execsnoop -q)" '' 'the tracing state is as before'
done_testing
