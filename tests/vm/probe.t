#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The library's probes: made, counted and removed exactly, beside those of others, however it ends.
# requires: file=kprobe_events file=uprobe_events
. /t/lib.sh
. /t/endings.sh

applet reset-ftrace
# its other names are at the same address
getppid=$(grep -m 1 -E ' T (__x64_)?[sS]y[sS]_getppid$' /proc/kallsyms | cut -c 20-)
endings_load='sleep 1000'
ending='killed:'
endings_begin

# opened ARG...: probes, ready; hits: what it tells; closed: it ends
opened()
{
	rm -f probes.in out err
	mkfifo probes.in
	probes "$@" <probes.in >out 2>err &
	probes_pid=$!
	exec 8>probes.in
	wait_for has out '^ready' || diag "not ready: $(cat out err)"
	group=$(sed -n 's/^ready //p' out)
}

hits()
{
	echo >&8
	wait_for has out '^end$'
	sed -n '/^ready/d; /^end$/q; p' out
}

closed()
{
	exec 8>&-
	wait "$probes_pid"
	status=$?
}

# --- kernel functions, beside probes of others

echo 'p:mine/before vfs_write a=%di' >>$T/kprobe_events
opened "p $getppid" "r100 $getppid r=\$retval" 'p:same vfs_fsync'
{
	echo 'p:mine/after vfs_write'
	echo "r:mine/same $getppid"
} | while read -r probe; do echo "$probe" >>$T/kprobe_events; done
echo 1 >$T/events/mine/same/enable
is "$group" "ftt_probes_${probes_pid}_$(cut -d ' ' -f 22 "/proc/$probes_pid/stat")" \
	'the group tells tool, process and when that began'
is "$(grep -c "$group/" $T/kprobe_events)" 3 'three probes are in it'
like "$(cat $T/kprobe_events)" "^r100:$group/p${probes_pid}_1 " 'the number of instances is given'
workload syscall getppid 1000
is "$(hits)" "p${probes_pid}_0 1000 0
p${probes_pid}_1 1000 0
same 0 0" 'each call is counted, once; the probe of the same name is not taken for ours'
is "$(cat $T/instances/ftrace-tools-probes-*/trace | grep -vc '^#')" 0 'nothing is recorded'
closed
is "$status $(cat err)" '0 ' 'it ends well'
is "$(cat $T/kprobe_events)" "p:mine/before vfs_write a=%di
p:mine/after vfs_write
$(grep mine/same $T/kprobe_events)" 'the probes of others stay, as they were'
is "$(cat $T/events/mine/same/enable)" 1 'and enabled'
echo 0 >$T/events/mine/same/enable
for event in before after same; do echo "-:mine/$event" >>$T/kprobe_events; done
at_rest 'kernel functions'

opened -t "p $getppid" 'p vfs_fsync'
workload syscall getppid 10
is "$(hits)" "p${probes_pid}_0 10 0
p${probes_pid}_1 0 0" 'at top level: each call is counted'
closed
at_rest 'at top level'

functions=$(grep -E '^(__x64_)?[sS]y[sS]_[a-z]+$' $T/available_filter_functions | sort -u |
	grep -v getppid | head -n 99)
set -- -q "p $getppid"
for function in $functions; do set -- "$@" "p $function"; done
opened "$@"
workload syscall getppid 100
hits >many
is "$(wc -l <many)" 100 'a hundred: all are there'
is "$(head -n 1 many)" "p${probes_pid}_0 100 0" 'a hundred: counted'
is "$(grep -c ' disabled' many)" 0 'a hundred: all enabled'
closed
is "$status" 0 'a hundred: exit status'
at_rest 'a hundred'

# --- programs: the entry point is reached once by each run

program=/t/bin/workload-dynamic
entry=$(hexdump -s 24 -n 4 -e '1/4 "%u"' $program)
echo "p:mine/user $program:$entry" >>$T/uprobe_events
opened -q "p $program@$entry a=%sp" "p $getppid" "p:beyond $program@0x50000000"
mine=$(grep mine/ $T/uprobe_events)
for i in 1 2 3; do $program getppid 5; done
is "$(hits)" "p${probes_pid}_0 3 0
p${probes_pid}_1 15 0
beyond 0 0 disabled" 'programs: each run is counted, and what cannot be enabled is told'
closed
is "$status $(cat err)" '0 ' 'programs: exit status'
is "$(cat $T/uprobe_events)" "$mine" 'programs: the probe of others stays'
echo '-:mine/user' >>$T/uprobe_events
at_rest 'programs'

# --- refusals

several=$(awk '$2 ~ /^[tT]$/ && $3 !~ /[^a-z0-9_]/ && seen[$3]++ { print $3; exit }' /proc/kallsyms)
refused_probe()
{
	run probes "$1"
	is "$status" 2 "'$1': exit status"
	is "$err" "probes: cannot probe $2" "'$1': says why"
	at_rest "'$1'"
}
refused_probe 'p nosuch_fn' "'nosuch_fn': no such function"
refused_probe 'p vfs_raed' "'vfs_raed': no such function (did you mean 'vfs_read'?)"
refused_probe 'p virtio_blk:nosuch' \
	"'virtio_blk:nosuch': no such function, or its module is not loaded"
addresses=$(grep -wF "$several" /proc/kallsyms | sed -n "s/^\([^ ]*\) [^ ]* $several\$/0x\1/p" | xargs |
	sed 's/ /, /g')
case $addresses in
*,*,*,*,*)	addresses="$(echo "$addresses" | cut -d , -f 1-4), ..." ;;
*)		addresses="$addresses: name one by its address" ;;
esac
refused_probe "p $several" "'$several': several functions have this name, at $addresses"
refused_probe 'p vfs_read+1' \
	"'vfs_read+1': the kernel refuses it (Probe point is not an instruction boundary)"
refused_probe 'p vfs_read a=%nosuch' "'vfs_read': the kernel refuses it (Invalid register name)"
refused_probe 'p notify_die' "'notify_die': the kernel refuses it (Failed to register probe event)"
refused_probe "p $program@0x50000000" \
	"'$program:0x50000000': no instruction that can be probed is there"
refused_probe 'p /nosuch@1' "'/nosuch': No such file or directory"
refused_probe 'p /t@1' "'/t': not a regular file"
refused_probe 'p /t/a#b@1' "'/t/a#b': the kernel takes no path with blanks or '#'"
run probes -q 'p nosuch_fn' "p $several" 'p notify_die' "p $getppid"
is "$status" 0 'one of many: exit status'
is "$(grep '^not ' out)" "not nosuch_fn: No such file or directory
not $several: Cannot assign requested address
not notify_die: Invalid argument" 'one of many: why not'
run probes 'p virtio_blk:virtblk_probe'
is "$status" 0 'a function of a module'

sysctl -q -w kernel.ftrace_enabled=0
run probes "p $getppid"
sysctl -q -w kernel.ftrace_enabled=1
is "$status" 3 'function tracing switched off: exit status'
like "$err" '^probes: kprobes do not fire .*ftrace_enabled=1' 'function tracing switched off: says so'
at_rest 'refusals'

# --- enabled by somebody else: cannot be removed

opened "p $getppid" 'p vfs_read' 'p vfs_write'
mkdir $T/instances/somebody
echo 1 >"$T/instances/somebody/events/$group/enable"
closed
is "$status" 1 'in use: exit status'
is "$(cat err)" "probes: cannot remove the probe '$group/p${probes_pid}_2': Device or resource busy (somebody has enabled it)
probes: and others, all to be removed later by 'reset-ftrace'" 'in use: says so'
is "$(grep -c "$group/" $T/kprobe_events)" 3 'in use: the probes stay'
rmdir $T/instances/somebody
run reset-ftrace
is "$(sed 's/  */ /g; s/ $//' out)" "ACTION WHAT VALUE RESULT
restore instances/ftrace-tools-probes-$probes_pid ok
restore kprobe_events $group/p${probes_pid}_2 ok
restore kprobe_events $group/p${probes_pid}_1 ok
restore kprobe_events $group/p${probes_pid}_0 ok" 'in use: reset-ftrace removes them, later'
at_rest 'in use'

# --- killed

for top in '' -t; do
	# shellcheck disable=SC2086
	set -- probes -w $top "p $getppid" 'r vfs_read' "p $program@$entry"
	ending="killed${top:+ at top level}:"
	ends_by_kill "$@"
	ends_by_kill_of_both "$@"
done
endings_end
done_testing
