# SPDX-License-Identifier: GPL-2.0-or-later
# iosnoop's own options and operands.

refuse "unexpected operand '2' (see 'iosnoop -h')" iosnoop 1 2
refuse "'1x' is not a number of seconds (see 'iosnoop -h')" iosnoop 1x
refuse "the duration is given twice (see 'iosnoop -h')" iosnoop --duration 2 1
refuse "option '--slower': 'fast' is not a number of milliseconds (see 'iosnoop -h')" \
	iosnoop --slower fast
refuse "option '--slower': '0' is not a number of milliseconds (see 'iosnoop -h')" \
	iosnoop --slower 0
refuse "options '-p' and '-n' exclude each other" iosnoop -p 1 -n x
refuse "options '-p' and '-L' exclude each other" iosnoop -p 1 -L 1
refuse "options '-Q' and '--bio' exclude each other" iosnoop -Q --bio
refuse "options '--split' and '--bio' exclude each other (see 'iosnoop -h')" iosnoop --split --bio
refuse "options '--split' and '--totals' exclude each other (see 'iosnoop -h')" \
	iosnoop --split --totals
refuse "options '-s' and '--interval' exclude each other (see 'iosnoop -h')" \
	iosnoop -s --interval 1
refuse "option '--children' needs -p or -L (see 'iosnoop -h')" iosnoop --children
refuse "a command cannot be traced together with -n (see 'iosnoop -h')" iosnoop -n x -- true
refuse "a command cannot be traced together with -p or -L (see 'iosnoop -h')" iosnoop -p 1 -- true

expect 3 '' "iosnoop: cannot use '$T/none': No such file or directory" \
	iosnoop -Qst -d 8,0 -i '*R*' --slower 1.5 --split --pattern --names --tracefs "$T/none" 500ms
