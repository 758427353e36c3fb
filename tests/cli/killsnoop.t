# SPDX-License-Identifier: GPL-2.0-or-later
# killsnoop's own options.

refuse "unexpected operand 'a' (see 'killsnoop -h')" killsnoop a
refuse "-p '0': out of range (1 to 4194304)" killsnoop -p 0
refuse "--target 'init': not a number" killsnoop --target init
refuse "options '-p' and '-L' exclude each other" killsnoop -p 1 -L 1
refuse "option '--children' needs -p or -L (see 'killsnoop -h')" killsnoop --children
refuse "--method 'perf': not probes or events (see 'killsnoop -h')" killsnoop --method perf
refuse "unknown option '--targets' (did you mean '--target'?)" killsnoop --targets 1
expect 3 '' "killsnoop: cannot use '$T/none': No such file or directory" \
	killsnoop -stp1 -n 'a|b' --all --deliver --target 1 --tracefs "$T/none"
