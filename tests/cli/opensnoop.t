# SPDX-License-Identifier: GPL-2.0-or-later
# opensnoop's own options and operands.

refuse "unexpected operand 'b' (see 'opensnoop -h')" opensnoop a b
refuse "'--' needs a COMMAND (see 'opensnoop -h')" opensnoop conf --
refuse "-p '0': out of range (1 to 4194304)" opensnoop -p 0
refuse "options '-p' and '-L' exclude each other" opensnoop -p 1 -L 1
refuse "option '--children' needs -p or -L (see 'opensnoop -h')" opensnoop --children
refuse "a command cannot be traced together with -p or -L (see 'opensnoop -h')" \
	opensnoop -L 1 -- true
refuse "--method 'perf': not probes or events (see 'opensnoop -h')" opensnoop --method perf
refuse "unknown option '--fulll' (did you mean '--full'?)" opensnoop --fulll
refuse "option '-n' needs a REGEX" opensnoop -n

# The reason for it is the C library's.
for arg in 'a(' '[b'; do
	call opensnoop "$arg"
	check "opensnoop '$arg': refused" test "$status" = 2
	check "opensnoop '$arg': says so" \
		grep -F "opensnoop: '$arg' is not a regular expression: " "$T/err"
done

call opensnoop -o "$T/never" -n 'a('
check 'opensnoop: a wrong command line makes no output file' test ! -e "$T/never"
expect 3 '' "opensnoop: cannot use '$T/none': No such file or directory" \
	opensnoop 'conf$' -txp1 --chi --flags --full --tracefs "$T/none" -d 500ms
