# SPDX-License-Identifier: GPL-2.0-or-later
# funcgraph's own options and operands.

operand=$("$program" funcgraph -h | sed -n 's/.*\[OPTION\.\.\.\] *\([^ ]*\).*/\1/p')
refuse "missing operand: $operand (see 'funcgraph -h')" funcgraph
refuse "missing operand: $operand (see 'funcgraph -h')" funcgraph -aHPt
refuse "missing operand: $operand (see 'funcgraph -h')" funcgraph -- true
refuse "'--' needs a COMMAND (see 'funcgraph -h')" funcgraph vfs_read --

for letter in -p -L; do
	id=${letter#-}
	id=${id#L}
	refuse "$letter '0': out of range (1 to 4194304)" funcgraph $letter 0 vfs_read
	refuse "$letter '4194305': out of range (1 to 4194304)" funcgraph $letter 4194305 vfs_read
	refuse "$letter '1x': not a number" funcgraph $letter 1x vfs_read
	refuse "$letter '': not a number" funcgraph $letter '' vfs_read
done
refuse "option '-p' needs a PID" funcgraph vfs_read -p
refuse "option '-L' needs a TID" funcgraph vfs_read -L
refuse "option '--pid' needs a PID" funcgraph vfs_read --pid
refuse "options '-p' and '-L' exclude each other" funcgraph -p 1 -L 1 vfs_read
refuse "options '--tid' and '--pid' exclude each other" funcgraph --tid=1 vfs_read --pid=1
refuse "-m '201': out of range (0 to 200)" funcgraph -m 201 vfs_read
refuse "-m '-1': not a number" funcgraph -m -1 vfs_read
refuse "--max-calls '0': out of range (1 to 18446744073709551615)" funcgraph --max-calls 0 vfs_read
refuse "-d '1.5.1': not a time (like 1.5, 500ms, 2m, 1h)" funcgraph -d 1.5.1 vfs_read
refuse "--exclude '': empty" funcgraph --exclude '' vfs_read
refuse "unknown option '--excude' (did you mean '--exclude'?)" funcgraph --excude x vfs_read
refuse "unknown option '-json' (did you mean '--json'?)" funcgraph -json vfs_read
refuse "option '--max' is ambiguous ('--max-depth' or '--max-calls')" funcgraph --max 1 vfs_read
refuse "option '--children' needs -p or -L (see 'funcgraph -h')" funcgraph --children vfs_read
refuse "a command cannot be traced together with -p or -L (see 'funcgraph -h')" \
	funcgraph -p 1 vfs_read -- true

# A wrong command line opens nothing.
call funcgraph -o "$T/never" -p 0 vfs_read
check 'funcgraph: a wrong command line makes no output file' test ! -e "$T/never"
call funcgraph --tracefs "$T/none" vfs_read -- touch "$T/never"
check 'funcgraph: a command does not run when tracing fails' test ! -e "$T/never"

# Options after operands, clusters, and long options cut short.
expect 3 '' "funcgraph: cannot use '$T/none': No such file or directory" \
	funcgraph vfs_read -aCDHPtT -m3 --exc 'x*' --tracefs "$T/none" -d 500ms --max-rate 0
expect 3 '' "funcgraph: '$T' is not a tracing directory: it is neither on tracefs nor on debugfs" \
	funcgraph --tracefs "$T" vfs_read
expect 1 '' "funcgraph: cannot open '$T/none/file': No such file or directory" \
	funcgraph -o "$T/none/file" vfs_read
expect 1 '' "funcgraph: cannot open '$T': Is a directory" funcgraph -o "$T" vfs_read
