# SPDX-License-Identifier: GPL-2.0-or-later
# funcslower's own options and operands.

operands='missing operand: funcstring... latency'
call funcslower -h
check 'funcslower -h: names the operands' grep -qF '[OPTION...] funcstring... latency' "$T/out"
refuse "$operands (see 'funcslower -h')" funcslower
refuse "$operands (see 'funcslower -h')" funcslower vfs_read
refuse "$operands (see 'funcslower -h')" funcslower -aHPt 1000
refuse "$operands (see 'funcslower -h')" funcslower vfs_read -- true
refuse "'--' needs a COMMAND (see 'funcslower -h')" funcslower vfs_read 1 --

# The last operand is the latency, with a unit or without.
for latency in vfs_write 1x 10msec 1.2.3 ' 1' '1 ms' ''; do
	refuse "latency '$latency': not a time (like 10000, 1.5ms, 2s)" \
		funcslower vfs_read "$latency"
done
for latency in 0 0ms 999ns 0.9 3000000h 99999999999999999999; do
	refuse "latency '$latency': out of range (1us to 290 years)" funcslower vfs_read "$latency"
done
refuse "latency '99999999999999': out of range (1us to 290 years)" \
	funcslower -m vfs_read 99999999999999
refuse "options '-u' and '-m' exclude each other" funcslower -u -m vfs_read 1
refuse "options '--us' and '--ms' exclude each other" funcslower --us --ms vfs_read 1

for letter in -p -L; do
	refuse "$letter '0': out of range (1 to 4194304)" funcslower $letter 0 vfs_read 1
	refuse "$letter '1x': not a number" funcslower $letter 1x vfs_read 1
done
refuse "options '-p' and '-L' exclude each other" funcslower -p 1 -L 1 vfs_read 1
refuse "--args '0': out of range (1 to 6)" funcslower --args 0 vfs_read 1
refuse "--args '7': out of range (1 to 6)" funcslower --args 7 vfs_read 1
refuse "--exclude '': empty" funcslower --exclude '' vfs_read 1
refuse "option '--children' needs -p or -L (see 'funcslower -h')" funcslower --children vfs_read 1
refuse "a command cannot be traced together with -p or -L (see 'funcslower -h')" \
	funcslower -p 1 vfs_read 1 -- true

# What has no duration, and what only the graph tracer can do.
refuse "cannot trace 't:sched:sched_switch': a tracepoint has no duration (see 'funcslower -h')" \
	funcslower t:sched:sched_switch 1
for option in '--args 1' --stack; do
	# shellcheck disable=SC2086
	refuse "option '-C' is for kernel functions without --args and --stack (see 'funcslower -h')" \
		funcslower -C $option vfs_read 1
done
refuse "option '-C' is for kernel functions without --args and --stack (see 'funcslower -h')" \
	funcslower -C libc:malloc 1

# A wrong command line opens nothing.
call funcslower -o "$T/never" vfs_read 0
check 'funcslower: a wrong command line makes no output file' test ! -e "$T/never"
call funcslower --tracefs "$T/none" vfs_read 1 -- touch "$T/never"
check 'funcslower: a command does not run when tracing fails' test ! -e "$T/never"

# Options after operands, clusters, all units.
for latency in 10 1.5 10us 1.5ms 0.1s 2m 1h; do
	expect 3 '' "funcslower: cannot use '$T/none': No such file or directory" \
		funcslower vfs_read 'ext4_*' "$latency" -aCHPt --exc 'x*' --tracefs "$T/none" -d 500ms
done
expect 1 '' "funcslower: cannot open '$T/none/file': No such file or directory" \
	funcslower -o "$T/none/file" vfs_read 1
refuse "option '--stack' is for kernel functions or those of programs, not both (see 'funcslower -h')" \
	funcslower --stack vfs_read libc:malloc 1
