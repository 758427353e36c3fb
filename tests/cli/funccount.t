# SPDX-License-Identifier: GPL-2.0-or-later
# funccount's own options and operands.

operand=$("$program" funccount -h | sed -n 's/.*\[OPTION\.\.\.\] *\([^ ]*\).*/\1/p')
refuse "missing operand: $operand (see 'funccount -h')" funccount
refuse "missing operand: $operand (see 'funccount -h')" funccount -T -i 1
refuse "missing operand: $operand (see 'funccount -h')" funccount -- true
refuse "'--' needs a COMMAND (see 'funccount -h')" funccount vfs_read --

refuse "-i '0': out of range (1ns to 292 years)" funccount -i 0 vfs_read
refuse "-i '1x': not a time (like 1.5, 500ms, 2m, 1h)" funccount -i 1x vfs_read
refuse "a summary every 10ms is the most (option '-i')" funccount -i 9ms vfs_read
refuse "-t '0': out of range (1 to 18446744073709551615)" funccount -t 0 vfs_read
refuse "-t '1x': not a number" funccount -t 1x vfs_read
refuse "-p '0': out of range (1 to 4194304)" funccount -p 0 vfs_read
refuse "options '-p' and '-L' exclude each other" funccount -p 1 -L 1 vfs_read
refuse "option '--children' needs -p or -L (see 'funccount -h')" funccount --children vfs_read
refuse "a command cannot be traced together with -p or -L (see 'funccount -h')" \
	funccount -p 1 vfs_read -- true
refuse "--method 'hit': not profiler, hits or trace (see 'funccount -h')" funccount --method hit vfs_read
refuse "--method '': empty" funccount --method '' vfs_read
refuse "--exclude '': empty" funccount --exclude '' vfs_read
refuse "unknown option '--by-pids' (did you mean '--by-pid'?)" funccount --by-pids vfs_read

tracepoint='a tracepoint is written t:system:event'
for target in t:sched t::x t:sched:; do
	refuse "cannot count '$target': $tracepoint (see 'funccount -h')" funccount vfs_read "$target"
done
for target in :malloc libc:; do
	refuse "cannot count '$target': a function of a program is written file:function (see 'funccount -h')" \
		funccount "$target"
done

# A wrong command line opens nothing.
call funccount -o "$T/never" t:sched
check 'funccount: a wrong command line makes no output file' test ! -e "$T/never"
call funccount --tracefs "$T/none" vfs_read -- touch "$T/never"
check 'funccount: a command does not run when tracing fails' test ! -e "$T/never"

# Options after operands, clusters, and long options cut short.
expect 3 '' "funccount: cannot use '$T/none': No such file or directory" \
	funccount vfs_read -Tt2 --by --exc 'x*' --tracefs "$T/none" -d 500ms -i 1
expect 3 '' "funccount: '$T' is not a tracing directory: it is neither on tracefs nor on debugfs" \
	funccount --tracefs "$T" 'vfs_*' libc:malloc t:sched:sched_switch
expect 1 '' "funccount: cannot open '$T/none/file': No such file or directory" \
	funccount -o "$T/none/file" vfs_read
