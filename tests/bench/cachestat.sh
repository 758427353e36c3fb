# SPDX-License-Identifier: GPL-2.0-or-later
# cachestat by each way of the kernel: what reading from the cache takes, in CPU time of the reader
# shellcheck shell=sh
. /t/lib.sh
mkdir -p /tmp/bench
cd /tmp/bench || exit
ln -sf ftrace-tools /t/bin/cachestat
file=/mnt/bench pages=4096 passes=16
dd if=/dev/zero of=$file bs=1M count=$((pages / 256)) 2>/dev/null
sync
mkfifo in out

# on_cpu PID: microseconds
on_cpu() { awk '{ printf "%d\n", $1 / 1000 }' "/proc/$1/schedstat"; }

# read_passes N: of the reader
read_passes()
{
	n=$1
	while [ "$n" -gt 0 ]; do
		echo >&8
		read -r _ <&9
		n=$((n - 1))
	done
}

# hot SIZE: $took, microseconds to read the file from the cache by so many bytes
hot()
{
	workload readfile $file "$1" $((passes + 2)) <in >out &
	reader=$!
	exec 8>in 9<out
	read_passes 1
	began=$(on_cpu $reader)
	read_passes $passes
	took=$(($(on_cpu $reader) - began))
	read_passes 1
	exec 8>&- 9<&-
	wait $reader
}

# measure NAME PID
measure()
{
	cpu=$(on_cpu "$2")
	hot 4096
	own=$(($(on_cpu "$2") - cpu))
	echo "$1: by 4 kB $((took / 1000)) ms, $(awk -v a="$took" -v b="$hot4" \
		-v n=$((pages * passes)) 'BEGIN { printf "%.2fx, %.2f us a page", a / b, (a - b) / n }')," \
		"itself $((own / 1000)) ms"
	cpu=$(on_cpu "$2")
	hot 131072
	own=$(($(on_cpu "$2") - cpu))
	echo "$1: by 128 kB $((took / 1000)) ms, $(awk -v a="$took" -v b="$hot128" \
		-v n=$((pages * passes)) 'BEGIN { printf "%.2fx, %.2f us a page", a / b, (a - b) / n }')," \
		"itself $((own / 1000)) ms"
}

hot 131072
hot 4096
hot4=$took
hot 131072
hot128=$took
echo "alone: $((pages * passes)) pages by 4 kB $((hot4 / 1000)) ms, by 128 kB $((hot128 / 1000)) ms"

for method in reads folios pages tracepoints; do
	rm -f err
	cachestat --method $method -o rows 2>err &
	tool=$!
	wait_for grep -q . err
	usleep 500000
	if grep -q ^Tracing err; then
		measure "$method" $tool
		kill $tool
	else
		echo "$method: $(cat err)"
	fi
	wait $tool
done
