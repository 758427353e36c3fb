# SPDX-License-Identifier: GPL-2.0-or-later
# functrace's own options and operands.

operand=$("$program" functrace -h | sed -n 's/^ *\(funcstring[^ ]*\).*/\1/p')
refuse "missing operand: $operand (see 'functrace -h')" functrace
refuse "missing operand: $operand (see 'functrace -h')" functrace -H
refuse "missing operand: $operand (see 'functrace -h')" functrace -- true
refuse "'--' needs a COMMAND (see 'functrace -h')" functrace vfs_read --

refuse "-p '0': out of range (1 to 4194304)" functrace -p 0 vfs_read
refuse "-L '1x': not a number" functrace -L 1x vfs_read
refuse "option '--tid' needs a TID" functrace vfs_read --tid
refuse "options '-p' and '-L' exclude each other" functrace -p 1 -L 1 vfs_read
refuse "options '-H' and '--folded' exclude each other" functrace -H --folded vfs_read
refuse "options '--folded' and '--wall' exclude each other (see 'functrace -h')" \
	functrace --wall --folded vfs_read
refuse "-d '0': out of range (1ns to 292 years)" functrace -d 0 vfs_read
refuse "--exclude '': empty" functrace --exclude '' vfs_read
refuse "unknown option '--stacks' (did you mean '--stack'?)" functrace --stacks vfs_read
refuse "option '--children' needs -p or -L (see 'functrace -h')" functrace --children vfs_read
refuse "a command cannot be traced together with -p or -L (see 'functrace -h')" \
	functrace -L 1 vfs_read -- true

# A wrong command line opens nothing.
call functrace -o "$T/never" -p 0 vfs_read
check 'functrace: a wrong command line makes no output file' test ! -e "$T/never"
call functrace --tracefs "$T/none" vfs_read -- touch "$T/never"
check 'functrace: a command does not run when tracing fails' test ! -e "$T/never"

# Options after operands, clusters, and long options cut short.
expect 3 '' "functrace: cannot use '$T/none': No such file or directory" \
	functrace vfs_read -Hp1 --exc 'x*' --sta --chi --tracefs "$T/none" -d 500ms --max-rate 0
expect 3 '' "functrace: cannot use '$T/none': No such file or directory" \
	functrace vfs_read --fold --json --tracefs "$T/none"
expect 1 '' "functrace: cannot open '$T/none/file': No such file or directory" \
	functrace -o "$T/none/file" vfs_read
