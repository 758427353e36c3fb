# SPDX-License-Identifier: GPL-2.0-or-later
# tcpretrans: how long the kernel takes to send a segment again, without it and with it
# shellcheck shell=sh
. /t/lib.sh
load veth
load sch_netem
mkdir -p /tmp/bench
cd /tmp/bench || exit 1

# median FILE: of durations in microseconds, and how many
median()
{
	json duration_us "$1" | sort -n |
		awk '{ v[NR] = $1 } END { printf "%.2f us, median of %d", v[int((NR + 1) / 2)], NR }'
}

# figures ARG...: beside tcpretrans ARG..., or alone
figures()
{
	tool=''
	if [ $# -gt 0 ]; then
		workload run ftrace-tools tcpretrans "$@" -o rows 2>notes &
		tool=$!
		wait_for recording
	fi
	workload run ftrace-tools funcslower --json tcp_retransmit_skb 1 >slow 2>notes.slow &
	slow=$!
	wait_for grep -q function_graph "$T/current_tracer"
	usleep 500000
	lossy 15 150000 >counts
	kill -INT $slow
	wait $slow
	if [ -n "$tool" ]; then
		kill -INT $tool
		wait $tool
	fi
	echo "${*:-untraced}: tcp_retransmit_skb() $(median slow)"
}

figures
figures --method events
figures --method events -s
figures --method probes
figures
