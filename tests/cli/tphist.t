# SPDX-License-Identifier: GPL-2.0-or-later
# tphist, and perf-stat-hist, which is the same: what their command line refuses.

refuse "missing operand: tracepoint variable [seconds] (see 'tphist -h')" tphist
refuse "missing operand: tracepoint variable [seconds] (see 'tphist -h')" tphist a:b
refuse "missing operand: tracepoint variable [seconds] (see 'perf-stat-hist -h')" perf-stat-hist a:b
refuse "'a': a tracepoint is written system:event (see 'tphist -h')" tphist a b
refuse "'a:*': a tracepoint is written system:event (see 'tphist -h')" tphist 'a:*' b
refuse "'c' is not a number of seconds (see 'tphist -h')" tphist a:b x c
refuse "'1': there is a duration already (see 'tphist -h')" tphist --duration 1 a:b x 1
refuse "--hist 'x,y': at most 1 field (see 'tphist -h')" tphist a:b x,y
refuse "options '-b' and '-P' exclude each other" tphist -b 1 -P 2 a:b x
refuse "-P '1': out of range (2 to 9223372036854775807)" tphist -P 1 a:b x
refuse "-m '0': out of range (1 to 9223372036854775807)" tphist -m 0 a:b x
refuse "option '-b': the numbers must increase (see 'tphist -h')" tphist -b '10 5' a:b x
refuse "option '-b': 'x' is not a whole number (see 'tphist -h')" tphist -b '10 x' a:b x
refuse "option '--children' needs -p or -L (see 'tphist -h')" tphist --children a:b x

expect 0 "perf-stat-hist (ftrace-tools) $version" '' perf-stat-hist -V
expect 3 '' "perf-stat-hist: cannot use '$T/none': No such file or directory" \
	perf-stat-hist -P 10 -m 100 -f 'x == 1' --tracefs "$T/none" a:b x 5
