# SPDX-License-Identifier: GPL-2.0-or-later
# functrace against cat trace_pipe, perf-tools, trace-cmd and perf, one CPU for them and the workload
# peers: bash-static=bash-static functrace-perf=perf-tools-unstable
# installed: trace-cmd=trace-cmd perf=linux-perf
# shellcheck shell=sh
ln -sf /t/bin/bash-static /bin/bash
ln -sf /t/bin/functrace-perf /bin/peer
mkdir -p /var/tmp
mount -t debugfs debugfs /sys/kernel/debug
cat >/tmp/bench.bash <<'E'
T=/sys/kernel/tracing
I=$T/instances/bench
turns=100000	# a read and a write each
TIMEFORMAT='%R %U %S'

work() { dd if=/dev/zero of=/dev/null bs=1 count=$turns 2>/dev/null; }

# times COMMAND...: $real and $cpu of it, milliseconds
times()
{
	read -r real user sys < <({ time "$@" >/dev/null; } 2>&1 | tr -d .)
	real=$((10#$real)) cpu=$((10#$user + 10#$sys))
}

# on_cpu PID: microseconds
on_cpu()
{
	read -r ns rest </proc/$1/schedstat
	echo $((ns / 1000))
}

ratio() { echo "$1 $2" | awk '{ printf "%.2f", $2 ? $1 / $2 : 0 }'; }

# still FILE: until it grows by no more than what this shell itself does
still()
{
	size=-100000
	while now=$(stat -c %s "$1") && [ $((now - size)) -gt 20000 ]; do
		size=$now
		usleep 600000
	done
}

instance()
{
	mkdir $I
	echo vfs_read >$I/set_ftrace_filter
	echo vfs_write >>$I/set_ftrace_filter
	echo mono >$I/trace_clock
	echo function >$I/current_tracer
}
no_instance()
{
	echo 0 >$I/tracing_on
	echo nop >$I/current_tracer
	rmdir $I
}

# figures NAME LINES MICROSECONDS LOST
figures()
{
	echo "$1: dd took $real ms ($(ratio $real $untraced)x), itself $cpu ms; tool:" \
		"$(($3 / 1000)) ms for $2 lines, $(ratio $3 $2) us a line; lost $4"
}

times work
untraced=$real
echo "untraced: dd took $real ms, itself $cpu ms"

instance
times work
recording=$real
echo "recorded, nobody reads: dd took $real ms ($(ratio $real $untraced)x), itself $cpu ms"
no_instance

# Its own reads and writes are kept out, as functrace keeps its out.
instance
cat $I/trace_pipe >/tmp/pipe &
reader=$!
echo $reader >$I/set_ftrace_notrace_pid
began=$(on_cpu $reader)
times work
still /tmp/pipe
pipe=$(($(on_cpu $reader) - began))
kill $reader
wait $reader
pipe_lines=$(grep -c ' <-' /tmp/pipe)
figures 'cat trace_pipe' $pipe_lines $pipe "$(awk '/LOST/ { n += $3 } END { print n + 0 }' /tmp/pipe)"
rm /tmp/pipe
no_instance

# ours NAME ARG...
ours()
{
	name=$1
	shift
	ftrace-tools functrace "$@" -o /tmp/ours vfs_read vfs_write 2>/tmp/err &
	tool=$!
	until grep -qF '[mono]' $T/instances/ftrace-tools-*/trace_clock &&
	      grep -q 1 $T/instances/ftrace-tools-*/tracing_on; do
		usleep 50000
	done 2>/dev/null
	usleep 200000
	before=$(wc -l </tmp/ours)
	began=$(on_cpu $tool)
	times work
	still /tmp/ours
	own=$(($(on_cpu $tool) - began))
	kill $tool
	wait $tool
	lines=$(($(wc -l </tmp/ours) - before))
	lost=$(sed -n 's/.*: lost \([0-9]*\) events:.*/\1/p' /tmp/err)
	figures "$name" $lines $own "${lost:-0}"
	rm /tmp/ours
}
ours functrace
echo "CPU a line, of cat trace_pipe's: $(ratio $pipe $pipe_lines) / $(ratio $own $lines) us =" \
	"$(ratio $((pipe * 1000 / pipe_lines)) $((own * 1000 / lines)))x"
echo "dd, of recording without a reader: $(ratio $real $recording)x"
ours 'functrace --json' --json

# Of vfs_read and vfs_write it would show its own for ever.
peer write_null >/tmp/theirs 2>/dev/null &
tool=$!
usleep 2000000
reader=$(pidof cat)
began=$(on_cpu $reader)
times work
still /tmp/theirs
theirs=$(($(on_cpu $reader) - began))
kill $reader
wait $tool
figures "perf-tools' functrace write_null" "$(grep -c ' <-' /tmp/theirs)" $theirs \
	"$(awk '/LOST/ { n += $3 } END { print n + 0 }' /tmp/theirs)"

# What each takes for a command of its own, less what it takes for one that does nothing.
# timed FILE COMMAND...: $real and $cpu, output into the file
timed()
{
	file=$1
	shift
	read -r real user sys < <({ time "$@" >$file 2>/tmp/err </dev/null; } 2>&1 | tr -d .)
	real=$((10#$real)) cpu=$((10#$user + 10#$sys))
}
# commanded NAME COMMAND...
commanded()
{
	name=$1
	shift
	timed /tmp/nothing "$@" true
	idle=$cpu idle_real=$real
	timed /tmp/rows "$@" dd if=/dev/zero of=/dev/null bs=1 count=$turns
	lines=$(grep -cE 'vfs_(read|write)' /tmp/rows)
	lost=$(cat /tmp/rows /tmp/err | grep -oiE '(lost [0-9]+ events|[0-9]+ events lost)' |
		grep -oE '[0-9]+' | awk '{ n += $1 } END { print n + 0 }')
	real=$((real - idle_real))
	figures "$name -- dd" $lines $(((cpu - idle - alone) * 1000)) "$lost of $((2 * turns))"
	rm -f /tmp/rows
}
instance
times work
alone=$cpu	# of dd, traced
no_instance
commanded functrace ftrace-tools functrace vfs_read vfs_write --
commanded 'trace-cmd stream' trace-cmd stream -p function -l vfs_read -l vfs_write -F
commanded 'perf ftrace' perf ftrace -T vfs_read -T vfs_write
E
bash /tmp/bench.bash
umount /sys/kernel/debug
