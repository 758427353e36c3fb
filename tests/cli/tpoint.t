# SPDX-License-Identifier: GPL-2.0-or-later
# tpoint's own options and operands.

refuse "missing operand: tracepoint... [filter] (see 'tpoint -h')" tpoint
refuse "missing operand: tracepoint... [filter] (see 'tpoint -h')" tpoint -H
refuse "missing operand: tracepoint... [filter] (see 'tpoint -h')" tpoint -- true
refuse "'--' needs a COMMAND (see 'tpoint -h')" tpoint a:b --

refuse "'open': a tracepoint is written system:event (see 'tpoint -h')" tpoint open
refuse "'x == 1': a tracepoint is written system:event (see 'tpoint -h')" tpoint 'x == 1'
refuse "'x == 1': a tracepoint is written system:event (see 'tpoint -h')" tpoint a:b 'x == 1' c:d
refuse "'y == 1': there is a filter already (see 'tpoint -h')" tpoint -f 'x == 1' a:b 'y == 1'
refuse "-f '': empty" tpoint -f '' a:b

refuse "-p '0': out of range (1 to 4194304)" tpoint -p 0 a:b
refuse "options '-p' and '-L' exclude each other" tpoint -p 1 -L 1 a:b
refuse "option '--children' needs -p or -L (see 'tpoint -h')" tpoint --children a:b
refuse "a command cannot be traced together with -p or -L (see 'tpoint -h')" tpoint -p 1 a:b -- true
refuse "options '--count' and '--hist' exclude each other" tpoint --count a --hist b a:b
refuse "options '--folded' and '--stats' exclude each other" tpoint --folded --stats b a:b
refuse "options '-s' and '--count' exclude each other" tpoint -s --count b a:b
refuse "options '--trigger' and '--count' exclude each other" tpoint --trigger traceoff --count b a:b
refuse "options '--folded' and '--wall' exclude each other (see 'tpoint -h')" tpoint --folded --wall a:b
refuse "option '-i' needs --count, --hist or --stats (see 'tpoint -h')" tpoint -i 1 a:b
refuse "option '--top' needs --count (see 'tpoint -h')" tpoint --top 1 --hist x a:b
refuse "--top '0': out of range (1 to 18446744073709551615)" tpoint --top 0 --count x a:b
refuse "--count 'a,b,c': at most 2 fields (see 'tpoint -h')" tpoint --count a,b,c a:b
refuse "--count 'a,': not a field's name (see 'tpoint -h')" tpoint --count a, a:b
refuse "--hist 'a,b': at most 1 field (see 'tpoint -h')" tpoint --hist a,b a:b
for trigger in enable_event:a:b hist:keys=a traceoff: traceoff:x 'traceoff if ' 'stacktrace x' traceofff \
	snapshot:1 snapshots 'snapshot if '; do
	refuse "--trigger '$trigger': not traceoff or stacktrace, with [:N] [if FILTER], or snapshot \
[if FILTER] (see 'tpoint -h')" tpoint --trigger "$trigger" a:b
done
refuse "--trigger 'snapshot': not traceoff or stacktrace, with [:N] [if FILTER] (see 'kprobe -h')" \
	kprobe --trigger snapshot p:vfs_read
refuse "--trigger 'snapshot if x': the first tracepoint takes it, and 'a:*' is a pattern (see 'tpoint -h')" \
	tpoint --trigger 'snapshot if x' 'a:*' a:b

# A wrong command line opens nothing.
call tpoint -o "$T/never" -p 0 a:b
check 'tpoint: a wrong command line makes no output file' test ! -e "$T/never"
call tpoint --tracefs "$T/none" a:b -- touch "$T/never"
check 'tpoint: a command does not run when tracing fails' test ! -e "$T/never"

expect 3 '' "tpoint: cannot use '$T/none': No such file or directory" \
	tpoint a:b 'x == 1' -Hsp1 --chi --tracefs "$T/none" -d 500ms --max-rate 0
expect 3 '' "tpoint: cannot use '$T/none': No such file or directory" tpoint -l --tracefs "$T/none"
expect 3 '' "tpoint: cannot use '$T/none': No such file or directory" tpoint -v --tracefs "$T/none" a:b
