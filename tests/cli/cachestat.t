# SPDX-License-Identifier: GPL-2.0-or-later
# cachestat's own options and operand.

time="not a time (like 1.5, 500ms, 2m, 1h)"
refuse "interval '1x': $time" cachestat 1x
refuse "interval '9ms': 10ms is the shortest (see 'cachestat -h')" cachestat 9ms
refuse "--method 'read': not reads, folios, pages or tracepoints (see 'cachestat -h')" cachestat --method read
refuse "options '-D' and '--by-file' exclude each other (see 'cachestat -h')" cachestat -D --by-file
refuse "options '-p' and '-L' exclude each other" cachestat -p 1 -L 1
refuse "option '--children' needs -p or -L (see 'cachestat -h')" cachestat --children
refuse "--top '0': out of range (1 to 65536)" cachestat --by-file --top 0
expect 3 '' "cachestat: cannot use '$T/none': No such file or directory" \
	cachestat -Dt --tracefs "$T/none" 500ms
expect 3 '' "cachestat: '$T' is not a tracing directory: it is neither on tracefs nor on debugfs" \
	cachestat --by-file --tracefs "$T"
