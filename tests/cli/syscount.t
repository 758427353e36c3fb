# SPDX-License-Identifier: GPL-2.0-or-later
# syscount's own options.

refuse "'--' needs a COMMAND (see 'syscount -h')" syscount -c --
refuse "-i '0': out of range (1ns to 292 years)" syscount -i 0
refuse "a summary every 10ms is the most (option '-i')" syscount -i 9ms
refuse "-t '0': out of range (1 to 18446744073709551615)" syscount -t 0
refuse "-p '0': out of range (1 to 4194304)" syscount -p 0
refuse "options '-p' and '--tid' exclude each other" syscount -p 1 --tid 1
refuse "options '-v' and '--by-tid' exclude each other" syscount -v --by-tid
refuse "option '--children' needs -p or --tid (see 'syscount -h')" syscount --children
refuse "a command cannot be traced together with -p or --tid (see 'syscount -h')" \
	syscount -p 1 -- true
refuse "a command cannot be traced together with -p or --tid (see 'syscount -h')" \
	syscount --tid 1 true
refuse "--method 'tracer': not trace or hist (see 'syscount -h')" syscount --method tracer
refuse "-e 'ENOENTT': not an error (ENOENT, or 1 to 4095)" syscount -e ENOENTT
refuse "-e '0': not an error (ENOENT, or 1 to 4095)" syscount -e 0
refuse "-e '4096': not an error (ENOENT, or 1 to 4095)" syscount -e 4096
refuse "-e '': empty" syscount -e ''
refuse "unknown option '--by-pids' (did you mean '--by-pid'?)" syscount --by-pids

# The rate limit is its own, and told.
call syscount -h
check "syscount -h tells its rate limit" grep -q 'default 10000000, 0' "$T/out"

# A wrong command line opens nothing.
call syscount -o "$T/never" -e ENOENTT
check 'syscount: a wrong command line makes no output file' test ! -e "$T/never"

# What follows a command is the command's, with -- and without.
for dashes in -- ''; do
	call syscount --tracefs "$T/none" -c $dashes touch -c "$T/never" --no-such-option
	check "syscount: a command's options are its own (dashes: '$dashes')" \
		grep -q "cannot use '$T/none': No such file" "$T/err"
	check "syscount: a command does not run when tracing fails (dashes: '$dashes')" \
		test ! -e "$T/never"
done
expect 3 '' "syscount: cannot use '$T/none': No such file or directory" \
	syscount -cvL --hist -x -e ENOENT -t5 -i 1 -d 500ms --tracefs "$T/none"
expect 1 '' "syscount: cannot open '$T/none/file': No such file or directory" \
	syscount -o "$T/none/file"
