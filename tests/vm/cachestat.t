#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cachestat against reads and writes of a file of a known size, from disk and from the cache, by each way
# to count that this kernel has, and what it leaves behind.
# requires: file=kprobe_events file=events/filemap/mm_filemap_add_to_page_cache
. /t/lib.sh
. /t/endings.sh

applet cachestat

pages=1024
file=/mnt/cachestat small=/mnt/cachestat.small written=/mnt/cachestat.written

# Within 2 %.
near()
{
	if [ "$1" -gt "$2" ]; then
		cmp_num "$1" -le $(($2 + $2 / 50)) "$3"
	else
		cmp_num "$1" -ge $(($2 - $2 / 50)) "$3"
	fi
}

# while_counting COMMAND... -- ARG...: "cachestat ARG..." for as long as the command takes; the row is left
# in the file out. Only builtins of the shell run meanwhile: a process that ends has used mapped files.
while_counting()
{
	during=$1
	shift
	wait_for no_guard
	rm -f banner
	mkfifo banner
	cachestat -D "$@" 1000 >out 2>banner </dev/null &
	tool=$!
	exec 7<banner
	read -r line <&7
	$during
	kill -INT $tool
	wait $tool
	status=$? why=''
	read -r why <&7
	exec 7<&-
	# shellcheck disable=SC2034
	read -r hits misses dirties rest <<-EOF
	$(sed 1d out)
	EOF
}

# The guard of the tool before ends after it.
no_guard() { ! pidof ftrace-guard; }

# A reader that is there before, and after if it has more to read; its two descriptors are the shell's 8 and 9.
start_reader()
{
	rm -f reader.in reader.out
	mkfifo reader.in reader.out
	workload -p readfile "$@" <reader.in >reader.out &
	reader=$!
	exec 8>reader.in 9<reader.out
	read -r reader_pid <&9
}
# shellcheck disable=SC2034
read_file() { echo >&8; read -r line <&9; }
end_reader() { exec 8>&- 9<&-; wait $reader; }

drop_caches() { sync; echo 1 >/proc/sys/vm/drop_caches; }

# raw NAME: a counter of -D, in text or JSON
raw() { sed -n "s/.*[(, {\"]$1\"\{0,1\}[ :]\([0-9]*\).*/\1/p" out; }

dd if=/dev/urandom of=$file bs=4096 count=$pages 2>/dev/null
dd if=/dev/urandom of=$small bs=5000 count=1 2>/dev/null
state_save cachestat -q

# --- the ways, and which is the first

methods=pages
if grep -qw folio_mark_accessed $T/available_filter_functions; then
	methods=folios
fi
first=$methods
[ ! -e $T/events/filemap/mm_filemap_get_pages ] || methods="$methods tracepoints"
if grep -qF '<argname>[->field' $T/README; then
	methods="reads $methods" first=reads
fi

# --- what was read and written is told, by each

for method in $methods; do
	exact=''
	case $method in
	reads|tracepoints)	exact=yes ;;
	esac
	start_reader $file 131072 3
	drop_caches
	while_counting read_file --method "$method"
	is "$status" 0 "$method: exit status"
	near "$misses" $pages "$method: read from disk, each page is a miss"
	cmp_num "$hits" -le $((pages / 50)) "$method: and there are no hits"
	near "$(raw mm_filemap_add_to_page_cache)" $pages "$method: -D: pages added"

	while_counting read_file --method "$method"
	near "$hits" $pages "$method: read again, each page is a hit"
	is "$misses" 0 "$method: and there are no misses"
	is "$(raw "for writes")" 0 "$method: nor writes"

	write_and_read()
	{
		workload write $written $((4096 * pages))
		[ -z "$exact" ] || read_file
	}
	while_counting write_and_read --method "$method"
	near "$dirties" $pages "$method: written, each page is dirtied"
	near "$(raw "for writes")" $pages "$method: and is no miss"
	cmp_num "$misses" -le $((pages / 50)) "$method: so there are no misses"
	# The writer's program is mapped.
	[ -z "$exact" ] || near $((hits - $(raw mm_filemap_map_pages))) $pages \
		"$method: and hits are those of reading"
	[ -n "$exact" ] || read_file
	end_reader
	rm -f $written
done

# --- a small file with a large buffer

if [ $first = reads ]; then
	start_reader $small 131072 2
	drop_caches
	while_counting read_file
	is "$hits $misses" '0 2' 'a small file from disk: its pages, not those of the buffer'
	while_counting read_file
	is "$hits $misses" '2 0' 'and again'
	end_reader
fi

# --- of one process; output
drop_caches
start_reader $file 131072 2
while_counting read_file -p "$reader_pid"
near "$misses" $pages '-p: its misses'
cmp_num "$hits" -le $((pages / 50)) '-p: its hits'
end_reader
start_reader $file 131072 2
while_counting read_file -p 1 
is "$misses $hits" '0 0' '-p: of another process, nothing'
end_reader

drop_caches
run cachestat --by-file -- sh -c "cat $file $small >/dev/null"
is "$status" 0 '--by-file: exit status'
like "$err" "^Tracing the page cache by '$first' until 'sh' ends\.\.\.$" 'the way is told'
grep -aE '^ +([0-9]+|-) ' out >rows
grep -aE '^ +HITS +MISSES +RATIO DEV +INODE FILE$' out >headings
is "$(wc -l <headings)" 1 '--by-file: headings'
inode=$(stat -c %i $file)
is "$(awk -v f=$file '$NF == f { print $4, $5 }' rows)" "254,0 $inode" '--by-file: device, inode and path'
near "$(awk -v f=$file '$NF == f { print $2 }' rows)" $pages '--by-file: its misses'
is "$(awk -v f=$small '$NF == f { print $2 }' rows)" 2 '--by-file: those of another'
is "$(head -n 1 rows | awk '{ print $NF }')" $file '--by-file: the most come first'

run cachestat -t -v -D 200ms --duration 700ms
is "$status" 0 'intervals: exit status'
is "$(head -n 1 out)" \
	'TIME         HITS   MISSES  DIRTIES    RATIO   BUFFERS_MB   CACHE_MB  DEBUG' 'intervals: headings'
is "$(grep -cE '^[0-9]{2}:[0-9]{2}:[0-9]{2} +[0-9]+ +[0-9]+ +[0-9]+ +([0-9.]+%|-) +[0-9]+ +[0-9]+  \([a-z]' out)" \
	4 'intervals: a row for each, and for the rest'
unlike "$out" '[ (]-[0-9]' 'intervals: nothing negative'
like "$err" "^cachestat: counting by '$first': " '-v: the way'
run cachestat --csv --wall --duration 100ms
is "$(head -n 1 out)" TIME,HITS,MISSES,DIRTIES,RATIO,BUFFERS_KB,CACHE_KB,NOTE '--csv: headings'
is "$(sed 1d out | grep -cE '^[-0-9]{10}T[0-9:]{8}\.[0-9]{6}Z,[0-9]+,[0-9]+,[0-9]+,[0-9.]*,[0-9]+,[0-9]+,$')" 1 \
	'--csv: a row'

# --- what was read ahead and not used

marks=pages
[ -n "${methods##*folios*}" ] || marks=folios
ahead=$(cat /sys/block/vda/queue/read_ahead_kb)
echo 4096 >/sys/block/vda/queue/read_ahead_kb
for method in $first $marks; do
	start_reader $file 262144 2 1
	drop_caches
	while_counting read_file --method "$method" -p "$reader_pid"
	if [ "$method" = reads ]; then
		is "$hits $misses" '0 64' "$method: what was read ahead is no miss"
	else
		is "$hits $misses" '- -' "$method: more read ahead than used: no hits and misses"
		like "$why" '^cachestat: no hits and misses where .-. is shown: more pages were read ' \
			"$method: says why"
	fi
	cmp_num "$(raw mm_filemap_add_to_page_cache)" -ge 128 "$method: but what was counted"
	end_reader
	[ "$first" != "$marks" ] || break
done
echo "$ahead" >/sys/block/vda/queue/read_ahead_kb

head -c 16000000 /dev/zero >$written
drop_caches
run cachestat --json --buffer-size 8 -D -- dd if=$written of=/dev/null bs=131072
if [ "$(json_end lost)" -gt 0 ]; then
	grep '"note":"events were lost"' out >rows
	is "$(json hits rows)$(json misses rows)" '' 'loss: no hits and misses'
	cmp_num "$(wc -l <rows)" -ge 1 'loss: why'
	like "$err" '^cachestat: lost [0-9]+ events' 'loss: how many'
else
	fail 'loss: there is some'
fi
rm -f $written

# --- refusals

tool=cachestat

[ $first = pages ] || bad 3 "cannot count by 'pages': this kernel marks folios instead" --method pages
[ $first = reads ] ||
	bad 3 "cannot count by 'reads': probes of this kernel do not know fields by name" --method reads
[ $first != pages ] || bad 3 "cannot count by 'folios': no probe on 'folio_mark_accessed': this kernel has no" \
	--method folios
[ "$methods" != "${methods%tracepoints}" ] ||
	bad 3 "cannot count by 'tracepoints': this kernel has no tracepoint of reads" --method tracepoints
bad 2 'no process or thread with ID 4194304' -p 4194304
echo 0 >/proc/sys/kernel/ftrace_enabled
bad 3 'kprobes do not fire while function tracing is switched off' --method $first
echo 1 >/proc/sys/kernel/ftrace_enabled
is "$(state_diff cachestat -q)" '' 'refusals change nothing'

endings 'cachestat' cachestat 200ms

rm -f $file $small
is "$(state_diff cachestat -q)" '' 'the tracing state is as before'
done_testing
