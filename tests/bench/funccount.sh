# SPDX-License-Identifier: GPL-2.0-or-later
# funccount by hits and by trace, against a histogram in the kernel and perf-tools' functrace
# peers: bash-static=bash-static functrace-perf=perf-tools-unstable
# shellcheck shell=sh
ln -sf /t/bin/bash-static /bin/bash
mkdir -p /var/tmp
mount -t debugfs debugfs /sys/kernel/debug
mkdir -p /tmp/bench
cat >/tmp/bench/bench.bash <<'END_OF_BENCH'
T=/sys/kernel/tracing
turns=100000	# a read and a write each
calls=200000	# of a function of a program

now() { echo "${EPOCHREALTIME/./}"; }
reads() { dd if=/dev/zero of=/dev/null bs=1 count=$turns 2>/dev/null; }
usercalls() { workload call $calls; }

# on_cpu PID: microseconds
on_cpu()
{
	read -r ns rest </proc/$1/schedstat
	echo $((ns / 1000))
}

# took COMMAND...: its microseconds in $us
took()
{
	began=$(now)
	"$@"
	us=$(($(now) - began))
}

ratio() { echo "$1 $2" | awk '{ printf "%.2f", $2 ? $1 / $2 : 0 }'; }

# says NAME EVENTS [TOOL-MICROSECONDS]
says()
{
	line="$1: $((us / 1000)) ms, $(ratio $us $untouched)x untouched"
	[ "$2" -eq 0 ] || line="$line, $(ratio $((us - untouched)) $2) us a call"
	[ -z "$3" ] || line="$line; tool: $(ratio $3 $2) us of CPU a call, $(($3 / 1000)) ms in all"
	echo "$line"
}

# with WORK CALLS ARG...: the work while funccount counts; its own cost from the first call on
with()
{
	work=$1 made=$2
	shift 2
	rm -f err
	ftrace-tools funccount "$@" >out 2>err &
	tool=$!
	for ((i = 0; i < 200; i++)); do
		grep -qs ^Tracing err && break
		usleep 50000
	done
	cpu=$(on_cpu $tool)
	took $work
	usleep 300000
	cpu=$(($(on_cpu $tool) - cpu))
	kill -INT $tool
	wait $tool
	says "  funccount $*" "$made" $cpu
	sed 1,2d out | tail -n 2
	grep -i lost err
}

echo "dd bs=1, $turns reads and writes:"
took reads
untouched=$us
says '  untouched' 0
with reads $turns --method hits write_null
with reads $((2 * turns)) --method hits vfs_read vfs_write
with reads $turns --method trace write_null
with reads $((2 * turns)) --method trace vfs_read vfs_write
with reads $((2 * turns)) --method trace --by-pid vfs_read vfs_write
with reads $((2 * turns)) 'vfs_*'
with reads $turns --method hits vfs_fsync
with reads $turns -p 1 write_null
with reads $((2 * turns)) t:raw_syscalls:sys_enter

mkdir $T/instances/bench
echo write_null >$T/instances/bench/set_ftrace_filter
echo function >$T/instances/bench/current_tracer
took reads
says '  function tracer on write_null, nobody reads' $turns
echo nop >$T/instances/bench/current_tracer
rmdir $T/instances/bench

echo 'p:bench/write write_null' >>$T/kprobe_events
if echo 'hist:keys=common_type' >$T/events/bench/write/trigger; then
	took reads
	says '  histogram of a kprobe on write_null' $turns
	echo '!hist:keys=common_type' >$T/events/bench/write/trigger
fi
echo '-:bench/write' >>$T/kprobe_events

# Of vfs_read or vfs_write it would show its own for ever.
functrace-perf write_null >pipe 2>/dev/null &
tool=$!
usleep 2000000
reader=$(pidof cat)
cpu=$(on_cpu $reader)
took reads
usleep 3000000
says "  perf-tools' functrace of write_null into a file" $turns $(($(on_cpu $reader) - cpu))
# in the background a shell has it ignore INT
kill $reader
wait $tool
echo "  $(grep -c ' <-' pipe) of $turns calls are in the file"
rm -f pipe

echo "$calls calls of a function of a program:"
took usercalls
untouched=$us
says '  untouched' 0
with usercalls $calls --method hits workload:workload_called
with usercalls $calls --method trace workload:workload_called

echo 'from start to end with nothing to count:'
for n in 1 10 25 50; do
	functions=$(grep -E '^ext4_[a-z_]*$' $T/available_filter_functions | sort | uniq -u | head -n $n)
	for method in hits trace; do
		# shellcheck disable=SC2086
		took ftrace-tools funccount --method $method -d 1ms $functions >out 2>&1
		echo "  $n functions, --method $method: $((us / 1000)) ms"
	done
done
took ftrace-tools funccount -d 1ms '*' >out 2>&1
echo "  all functions: $((us / 1000)) ms"
END_OF_BENCH
cd /tmp/bench || exit
bash bench.bash
cd /
umount /sys/kernel/debug
