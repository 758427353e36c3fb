#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs in a test VM with two CPUs (started by tests/vm/capture): makes the captures of tests/data.
#
# Each capture is a few shell lines, kept beside it in the file "setup". When they have run,
# tracing is stopped, the kernel's own text of the events is read first, then the raw pages.
. /t/lib.sh

out=/tmp/out
cd $T || exit
mkdir -p $out/tracing/events /tmp/options /tmp/cap
for f in options/*; do
	cat "$f" >"/tmp/$f"
done

# Everything back to what it was at boot.
reset()
{
	echo 0 >tracing_on
	echo >set_event
	for system in sched timer irq kmem raw_syscalls syscalls; do
		echo 0 >events/$system/filter
	done
	grep -v '^#' events/sched/sched_wakeup/trigger | while read -r line; do
		echo "!${line% \[*}" >events/sched/sched_wakeup/trigger
	done
	echo nop >current_tracer
	echo >set_ftrace_filter
	echo >set_graph_function
	echo >set_ftrace_pid
	echo 0 >tracing_thresh
	echo 0 >max_graph_depth
	for f in options/*; do
		read -r now <"$f"
		read -r old <"/tmp/$f"
		[ "$now" = "$old" ] || echo "$old" >"$f"
	done
	echo >kprobe_events
	echo local >trace_clock
	[ ! -e buffer_subbuf_size_kb ] || echo 4 >buffer_subbuf_size_kb
	echo 1408 >buffer_size_kb
	echo >trace
	echo 1 >tracing_on
}

# Add what is in the buffers now to the capture.
collect()
{
	echo 0 >tracing_on
	cat trace >>"$dir/trace.txt"
	size=4096
	[ ! -e buffer_subbuf_size_kb ] || size=$(($(cat buffer_subbuf_size_kb) * 1024))
	for cpu in 0 1; do
		cat per_cpu/cpu$cpu/stats >"$dir/cpu$cpu.stats"
		pages per_cpu/cpu$cpu/trace_pipe_raw $size >>"$dir/cpu$cpu.pages"
	done
}

# capture NAME [NEEDED-FILE]: the lines on stdin make it; not made where the file does not exist
capture()
{
	dir=$out/$1
	# shellcheck disable=SC2254
	case $1 in ${only:-*}) ;; *) cat >/dev/null; return ;; esac
	echo "# $1 $(cut -d ' ' -f 1 /proc/uptime)"
	if [ -n "$2" ] && [ ! -e "$2" ]; then
		cat >/dev/null
		echo "# $1: no $2 here"
		return
	fi
	mkdir -p "$dir"
	cat >"$dir/setup"
	reset
	. "$dir/setup" >/tmp/cap/log 2>&1 || echo "# $1: $(tail -n 1 /tmp/cap/log)"
	[ ! -s /tmp/cap/log ] || sed "s/^/# $1: /" /tmp/cap/log
	collect
	cat saved_cmdlines >"$dir/saved_cmdlines"
	cat events/header_page >"$dir/header_page"
	tr ':' '/' <set_event | while read -r event; do
		mkdir -p "$out/tracing/events/$event"
		cat "events/$event/format" >"$out/tracing/events/$event/format"
	done
	reset
	[ -s "$dir/cpu0.pages" ] || rm -f "$dir/cpu0.pages" "$dir/cpu0.stats"
	[ -s "$dir/cpu1.pages" ] || rm -f "$dir/cpu1.pages" "$dir/cpu1.stats"
	echo "# $1: $(wc -l <"$dir/trace.txt") lines"
}

for f in README trace_options available_tracers trace_clock buffer_size_kb; do
	cat $f >"$out/tracing/$f"
done
cat events/header_page >"$out/tracing/events/header_page"
cat events/header_event >"$out/tracing/events/header_event"
for f in events/ftrace/*/format; do
	mkdir -p "$out/tracing/${f%/format}"
	cat "$f" >"$out/tracing/$f"
done
uname -a >"$out/uname"

# --- function_graph

capture function_graph <<'E'
echo do_sys_openat2 ksys_read > set_graph_function
echo function_graph > current_tracer
echo > trace
taskset 1 workload openfile /t/lib.sh /nonexistent &
taskset 2 workload read /t/lib.sh 3000 2
wait $!
echo 0 > tracing_on
E

# two tasks on one CPU taking turns inside traced functions
capture graph_switches <<'E'
echo do_nanosleep pipe_read pipe_write > set_graph_function
echo function_graph > current_tracer
taskset 1 workload threads 2 2 2000
echo data | taskset 1 cat > /dev/null
echo 0 > tracing_on
E

# functions that were running already when the trace began: returns without entries
capture graph_tails <<'E'
echo do_nanosleep hrtimer_nanosleep __x64_sys_nanosleep > set_ftrace_filter
echo function_graph > current_tracer
workload nanosleep 2 300000 &
usleep 100000
echo > trace
wait $!
echo 0 > tracing_on
E

# timer interrupts inside a long system call
capture graph_irqs <<'E'
echo 'vfs_read *timer* tick_* *softirq* irq_* rcu_sched* *_tick' > set_ftrace_filter
echo vfs_read > set_graph_function
echo function_graph > current_tracer
echo > trace
taskset 1 workload read /dev/zero 20000000 1
echo 0 > tracing_on
E

capture graph_magnitudes <<'E'
echo do_nanosleep > set_ftrace_filter
echo vfs_open >> set_ftrace_filter
echo function_graph > current_tracer
echo > trace
workload openfile /t/lib.sh
for us in 1 100 1000 20000 200000 1200000; do workload nanosleep 2 $us; done
echo 0 > tracing_on
E

capture graph_opts <<'E'
echo __x64_sys_nanosleep > set_graph_function
echo function_graph > current_tracer
echo 1 > options/funcgraph-proc
echo 1 > options/funcgraph-abstime
echo 1 > options/funcgraph-tail
echo > trace
taskset 1 workload nanosleep 2 20000 &
taskset 2 workload nanosleep 2 20000
wait $!
echo 0 > tracing_on
E

capture graph_noduration <<'E'
echo __x64_sys_nanosleep > set_graph_function
echo function_graph > current_tracer
echo 0 > options/funcgraph-duration
echo 0 > options/funcgraph-overhead
echo 0 > options/funcgraph-cpu
echo > trace
taskset 2 workload nanosleep 2 20000
echo 0 > tracing_on
E

capture graph_latency <<'E'
echo __x64_sys_nanosleep > set_graph_function
echo function_graph > current_tracer
echo 1 > options/latency-format
echo 1 > options/funcgraph-abstime
echo 0 > options/sleep-time
echo > trace
taskset 2 workload nanosleep 2 20000
echo 0 > tracing_on
E

capture graph_noirqs <<'E'
echo vfs_read > set_graph_function
echo function_graph > current_tracer
echo 0 > options/funcgraph-irqs
echo > trace
taskset 1 workload read /t/lib.sh 3000 2
echo 0 > tracing_on
E

capture graph_retval options/funcgraph-retval <<'E'
echo do_sys_openat2 > set_graph_function
echo 5 > max_graph_depth
echo function_graph > current_tracer
echo 1 > options/funcgraph-retval
echo > trace
taskset 1 workload openfile /t/lib.sh /nonexistent
echo 0 > tracing_on
E

capture graph_retval_hex options/funcgraph-retval <<'E'
echo do_sys_openat2 > set_graph_function
echo 5 > max_graph_depth
echo function_graph > current_tracer
echo 1 > options/funcgraph-retval
echo 1 > options/funcgraph-retval-hex
echo > trace
taskset 1 workload openfile /t/lib.sh /nonexistent
echo 0 > tracing_on
E

capture graph_thresh <<'E'
echo 10000 > tracing_thresh
echo do_nanosleep > set_ftrace_filter
echo function_graph > current_tracer
echo > trace
for us in 1000 20000 200000 1200000; do workload nanosleep 2 $us; done
echo 0 > tracing_on
E

capture graph_depth1 <<'E'
echo 1 > max_graph_depth
echo 'vfs_*' > set_ftrace_filter
echo function_graph > current_tracer
echo > trace
taskset 1 workload openfile /t/lib.sh /nonexistent
echo 0 > tracing_on
E

capture graph_depth3 <<'E'
echo 3 > max_graph_depth
echo do_sys_openat2 > set_graph_function
echo function_graph > current_tracer
echo > trace
taskset 2 workload openfile /t/lib.sh /nonexistent
echo 0 > tracing_on
E

# interrupts' events and a trace_marker line among the functions
capture graph_events <<'E'
echo __x64_sys_nanosleep > set_graph_function
echo 1 > events/sched/sched_switch/enable
echo 1 > events/timer/hrtimer_expire_entry/enable
echo function_graph > current_tracer
echo > trace
taskset 2 workload nanosleep 2 2000
echo "a marker" > trace_marker
echo 0 > tracing_on
E

# --- function

capture function <<'E'
echo 'vfs_*' > set_ftrace_filter
echo function > current_tracer
echo > trace
taskset 1 workload read /t/lib.sh 3000 20
taskset 2 workload openfile /t/lib.sh /nonexistent
echo 0 > tracing_on
E

capture function_stack <<'E'
echo do_nanosleep > set_ftrace_filter
echo function > current_tracer
echo 1 > options/func_stack_trace
echo > trace
taskset 1 workload nanosleep 4 1000
taskset 2 workload nanosleep 4 1000
echo 0 > tracing_on
E

# --- events

capture events <<'E'
for e in sched/sched_switch sched/sched_wakeup sched/sched_wakeup_new sched/sched_process_fork \
	sched/sched_process_exec sched/sched_process_exit syscalls/sys_enter_openat \
	syscalls/sys_exit_openat syscalls/sys_enter_execve syscalls/sys_enter_kill \
	syscalls/sys_exit_kill syscalls/sys_enter_openat2 syscalls/sys_exit_openat2 \
	signal/signal_generate signal/signal_deliver; do
	echo 1 > events/$e/enable
done
echo > trace
taskset 1 workload openfile /t/lib.sh /nonexistent
workload -w nanosleep 1 1000 < /dev/zero &
workload kill 10 $!
wait $!
taskset 2 workload exec 2 /t/bin/workload exit 3
workload fork 3 1000
echo 0 > tracing_on
E

capture block <<'E'
for e in block_rq_insert block_rq_issue block_rq_complete block_bio_queue block_bio_backmerge \
	block_bio_remap block_rq_requeue block_rq_merge block_plug block_unplug block_io_start \
	block_io_done; do
	[ ! -e events/block/$e ] || echo 1 > events/block/$e/enable
done
echo > trace
for n in 1 2 3; do taskset $((n % 2 + 1)) workload write /mnt/file$n ${n}0000; done
sync
echo 3 > /proc/sys/vm/drop_caches
taskset 1 cat /mnt/file2 > /dev/null
echo 0 > tracing_on
E

capture stacks <<'E'
echo 1 > events/block/block_rq_issue/enable
echo 1 > events/sched/sched_wakeup/enable
echo 'comm == "workload"' > events/sched/sched_wakeup/filter
echo 1 > options/stacktrace
echo > trace
taskset 1 workload write /mnt/file4 40000
taskset 2 workload nanosleep 5 1000
echo 0 > tracing_on
E

# --- ring buffer matters

capture overrun <<'E'
echo 8 > buffer_size_kb
echo 1 > events/raw_syscalls/enable
echo > trace
taskset 1 workload syscall getppid 2000
taskset 2 workload syscall getuid 3000
echo 0 > tracing_on
E

# several times: overrun, read all, go on; the text of each turn is added to trace.txt
capture overrun_live <<'E'
echo 8 > buffer_size_kb
echo 1 > events/raw_syscalls/sys_enter/enable
echo 'id == 110 || id == 102' > events/raw_syscalls/sys_enter/filter
echo > trace
for n in 10 210 5 220; do
	echo 1 > tracing_on
	taskset 1 workload syscall getppid $n
	taskset 2 workload syscall getuid $n
	collect
done
E

# the same with small and long text events: full pages have no room for the number of lost ones
capture overrun_markers <<'E'
echo 8 > buffer_size_kb
echo > trace
for n in 1 2 3; do
	echo 1 > tracing_on
	for i in $(seq 1 $((150 * n))); do
		printf "%.$((i % 90 + n))s" "$i aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhh" > trace_marker
	done
	collect
done
E

capture markers <<'E'
echo > trace
for n in 1 5 27 28 29 100 111 112 113 114 500 1000 2000 1000 3; do
	printf "%0${n}d\n" $n > trace_marker
done
echo 0 > tracing_on
E

# pauses longer than an event's 27 bits of nanoseconds
capture time_extend <<'E'
echo > trace
echo 1 > events/syscalls/sys_enter_nanosleep/enable
echo 1 > events/syscalls/sys_exit_nanosleep/enable
for us in 130000 134000 135000 200000 1000 1200000 1000; do taskset 1 workload nanosleep 1 $us; done
taskset 2 workload nanosleep 2 400000
echo 0 > tracing_on
E

# a clock that starts near zero, and one that goes by whole ticks
capture clock_uptime <<'E'
echo uptime > trace_clock
echo 1 > events/syscalls/sys_enter_nanosleep/enable
echo 1 > events/syscalls/sys_exit_nanosleep/enable
workload nanosleep 4 20000
echo 0 > tracing_on
E

capture clock_counter <<'E'
echo counter > trace_clock
echo 1 > events/syscalls/sys_enter_nanosleep/enable
echo 1 > events/syscalls/sys_exit_nanosleep/enable
workload nanosleep 4 1000
echo 0 > tracing_on
E

capture clock_mono <<'E'
echo mono > trace_clock
echo 1 > events/syscalls/sys_enter_nanosleep/enable
echo 1 > events/syscalls/sys_exit_nanosleep/enable
workload nanosleep 4 20000
echo 0 > tracing_on
E

# Filtered events leave discarded entries and absolute time stamps behind: in interrupts,
# and everywhere where a histogram of time stamps makes the kernel filter in the ring buffer.
capture discarded <<'E'
[ ! -e events/sched/sched_wakeup/hist ] ||
	echo 'hist:keys=pid:ts0=common_timestamp.usecs' > events/sched/sched_wakeup/trigger
for e in timer/hrtimer_expire_entry timer/hrtimer_start timer/hrtimer_cancel irq/softirq_raise \
	sched/sched_wakeup sched/sched_switch raw_syscalls/sys_enter kmem/kfree; do
	echo 1 > events/$e/enable
done
echo 'prev_pid == 1 && next_pid == 1' > events/sched/sched_switch/filter
echo 'pid & 1' > events/sched/sched_wakeup/filter
echo 'vec == 1' > events/irq/softirq_raise/filter
echo 'function == 1' > events/timer/hrtimer_expire_entry/filter
echo 'hrtimer == 1' > events/timer/hrtimer_cancel/filter
echo 'hrtimer == 1' > events/timer/hrtimer_start/filter
echo 'ptr == 1' > events/kmem/kfree/filter
echo 'id == 35 || id == 110' > events/raw_syscalls/sys_enter/filter
echo > trace
taskset 1 workload spin 300
taskset 1 workload syscall getppid 300
taskset 2 workload nanosleep 20 1000
echo 0 > tracing_on
E

# A probe in the middle of filtering: its event comes after the one that is then thrown away,
# which stays as padding between others.
capture padding events/sched/sched_switch/hist <<'E'
echo 'hist:keys=pid:ts0=common_timestamp.usecs' > events/sched/sched_wakeup/trigger
echo 'p:ft/nested strncpy_from_user_nofault' > kprobe_events
echo 'filename.ustring ~ "/nobody*"' > events/syscalls/sys_enter_openat/filter
echo 1 > events/ft/nested/enable
echo 1 > events/syscalls/sys_enter_openat/enable
echo 1 > events/syscalls/sys_exit_openat/enable
echo > trace
taskset 1 workload openfile /t/lib.sh /nonexistent /t/lib.sh /t/lib.sh
taskset 2 workload openfile /t/lib.sh /nobody /t/lib.sh /t/lib.sh
echo 0 > tracing_on
E

capture subbuf buffer_subbuf_size_kb <<'E'
echo 8 > buffer_subbuf_size_kb
echo 1 > events/raw_syscalls/enable
echo > trace
taskset 1 workload syscall getppid 150
taskset 2 workload nanosleep 5 1000
echo 0 > tracing_on
E

capture kprobes <<'E'
echo 'p:ft/myopen do_sys_openat2 dfd=%di:s32 name=+0(%si):string flags=+0(%dx):x64' > kprobe_events
echo 'r:ft/myopenret do_sys_openat2 ret=$retval:s32' >> kprobe_events
echo 'p:ft/myread vfs_read file=%di:x64 count=%dx:u64' >> kprobe_events
echo 'r:ft/myreadret vfs_read ret=$retval:s64' >> kprobe_events
cat kprobe_events > $dir/kprobe_events
echo 1 > events/ft/enable
echo > trace
taskset 1 workload openfile /t/lib.sh /nonexistent
taskset 2 workload read /t/lib.sh 3000 10
echo 0 > tracing_on
cat kprobe_profile > $dir/kprobe_profile
E

cat /proc/kallsyms >$out/kallsyms
cat /proc/modules >$out/modules
