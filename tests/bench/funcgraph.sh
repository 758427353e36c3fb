# SPDX-License-Identifier: GPL-2.0-or-later
# funcgraph against perf-tools' funcgraph
# peers: bash-static=bash-static funcgraph-perf=perf-tools-unstable
# shellcheck shell=sh
ln -sf /t/bin/bash-static /bin/bash
ln -sf /t/bin/funcgraph-perf /bin/peer
mkdir -p /var/tmp
mount -t debugfs debugfs /sys/kernel/debug
cat >/tmp/bench.bash <<'E'
# A sleep of 10 ms, again and again: about a hundred traced calls a second.
workload nanosleep 100000 10000 >/dev/null 2>&1 &
load=$!
TIMEFORMAT='%U %S'
rounds=5

ours() { ftrace-tools funcgraph -d 1 "$@" do_nanosleep; }
theirs() { peer -d 1 "$@" do_nanosleep; }

# What the kernel takes to patch its functions for the tracer and back, whoever asks for it.
switch()
{
	cd /sys/kernel/tracing
	echo do_nanosleep >set_graph_function
	echo function_graph >current_tracer
	echo nop >current_tracer
	echo >set_graph_function
	cd /
}

# cpu NAME: user and system milliseconds of the tool and its children, median of the rounds
cpu()
{
	for ((i = 0; i < rounds; i++)); do
		{ time "$1" >/tmp/out.$1 2>/dev/null; } 2>&1
	done | tr -d . | while read -r user sys; do
		echo $((10#$user + 10#$sys))
	done | sort -n | sed -n "$((rounds / 2 + 1))p"
}

# now: microseconds of the wall clock; local_offset: wall clock minus trace clock "local"
now() { echo "${EPOCHREALTIME/./}"; }
local_offset()
{
	ts=$(sed -n 's/now ts: *//p' /sys/kernel/tracing/per_cpu/cpu0/stats)
	echo $(($(now) - 10#${ts/./}))
}

# first and last time of the rows, microseconds of the wall clock
ours_times()
{
	ftrace-tools funcgraph -d 1 --json --wall do_nanosleep 2>/dev/null >/tmp/rows
	ended=$(now)
	grep '"kind"' /tmp/rows | sed -n '1p;$p' |
		sed 's/.*"\([0-9-]*\)T\([0-9:]*\)\.\([0-9]*\)Z".*/\1 \2 \3/' | while read -r day clock us; do
		echo $(($(date -u -d "$day $clock" +%s) * 1000000 + 10#$us))
	done
}
theirs_times()
{
	offset=$(local_offset)
	peer -t -d 1 do_nanosleep 2>/dev/null >/tmp/rows
	ended=$(now)
	grep '^ *[0-9]*\.[0-9]* |' /tmp/rows | sed -n '1p;$p' | while read -r t rest; do
		echo $((10#${t/./} + offset))
	done
}

# latency NAME: microseconds from start to the first row, and from the last row to the prompt
latency()
{
	for ((i = 0; i < rounds; i++)); do
		began=$(now)
		"$1_times" >/tmp/times	# sets ended
		{ read -r first; read -r last; } </tmp/times
		echo "$((first - began)) $((ended - last))"
	done >/tmp/latencies
	for column in 1 2; do
		cut -d ' ' -f $column /tmp/latencies | sort -n | sed -n "$((rounds / 2 + 1))p"
	done
}

ratio() { echo "$1 $2" | awk '{ printf "%.2f", $2 ? $1 / $2 : 0 }'; }

ours_cpu=$(cpu ours)
theirs_cpu=$(cpu theirs)
echo "lines shown: ours $(wc -l </tmp/out.ours), perf-tools $(wc -l </tmp/out.theirs)"
switch_cpu=$(cpu switch)
echo "CPU, ms: ours $ours_cpu, perf-tools $theirs_cpu, ratio $(ratio "$ours_cpu" "$theirs_cpu")"
echo "of it the kernel's switching of the tracer: $switch_cpu; without that: ours" \
	"$((ours_cpu - switch_cpu)), perf-tools $((theirs_cpu - switch_cpu)), ratio" \
	"$(ratio $((ours_cpu - switch_cpu)) $((theirs_cpu - switch_cpu)))"
{ read -r os; read -r oe; } < <(latency ours)
{ read -r ts; read -r te; } < <(latency theirs)
echo "start to first row, us: ours $os, perf-tools $ts, ratio $(ratio "$os" "$ts")"
echo "last row to prompt, us: ours $oe, perf-tools $te, ratio $(ratio "$oe" "$te")"
ftrace-tools funcgraph do_nanosleep >/tmp/rows 2>/dev/null &
tool=$!
until [ -s /tmp/rows ]; do usleep 100000; done
usleep 500000
sed -n 's/VmHWM:[\t ]*/peak memory of ours, symbols loaded: /p' /proc/$tool/status
kill $tool
wait $tool
kill "$load"
E
bash /tmp/bench.bash
umount /sys/kernel/debug
