# SPDX-License-Identifier: GPL-2.0-or-later
# functrace on one CPU, what it traces on another: medians of rounds by turns, of real time
# kind: --smp 2 --parallel --timeout 600
# peers: bash-static=bash-static
# shellcheck shell=sh
cat >/tmp/bench.bash <<'E'
T=/sys/kernel/tracing
I=$T/instances/bench
turns=100000	# a read and a write each
TIMEFORMAT=%R

# work: $real, milliseconds, of the workload on CPU 1
work()
{
	read -r real < <({ time taskset 2 dd if=/dev/zero of=/dev/null bs=1 count=$turns \
				2>/dev/null; } 2>&1 | tr -d .)
	real=$((10#$real))
}

untraced()
{
	work
	echo $real >>/tmp/untraced
}

recorded()
{
	mkdir $I
	echo vfs_read >$I/set_ftrace_filter
	echo vfs_write >>$I/set_ftrace_filter
	echo mono >$I/trace_clock
	echo function >$I/current_tracer
	work
	echo $real >>/tmp/recorded
	echo 0 >$I/tracing_on
	echo nop >$I/current_tracer
	rmdir $I
}

traced()
{
	taskset 1 ftrace-tools functrace -o /tmp/rows vfs_read vfs_write 2>/tmp/err &
	tool=$!
	until grep -qF '[mono]' $T/instances/ftrace-tools-*/trace_clock &&
	      grep -q 1 $T/instances/ftrace-tools-*/tracing_on; do
		usleep 50000
	done 2>/dev/null
	work
	echo $real >>/tmp/traced
	kill -INT $tool
	wait $tool
	calls=$((calls + $(grep -c ' dd-' /tmp/rows)))
	lost=$((lost + $(sed -n 's/.*: lost \([0-9]*\) events:.*/\1/p' /tmp/err) + 0))
	rm /tmp/rows
}

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
ratio() { echo "$1 $2" | awk '{ printf "%.2f", $2 ? $1 / $2 : 0 }'; }

# The first of all reads files that later ones find in memory.
work
# Few: where CPUs are emulated in parallel, a switch of tracers may hang.
for round in 1 2 3; do
	untraced
	recorded
	traced
done
for way in untraced recorded traced; do
	echo "$way: $(xargs </tmp/$way) ms, median $(median /tmp/$way)"
done
u=$(median /tmp/untraced) r=$(median /tmp/recorded) t=$(median /tmp/traced)
echo "recorded without a reader: $(ratio $r $u)x of untraced"
echo "functrace: $(ratio $t $u)x of untraced, $(ratio $t $r)x of recorded;" \
	"$calls lines of $((3 * 2 * turns)) calls and more, $lost lost"
E
bash-static /tmp/bench.bash
