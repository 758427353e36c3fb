# SPDX-License-Identifier: GPL-2.0-or-later
# bitesize's own options and operand.

refuse "'10x': not a time (like 1.5, 500ms, 2m, 1h)" bitesize 10x
refuse "'5': there is a --duration already (see 'bitesize -h')" bitesize --duration 2 5
refuse "-b '8 4': the numbers must increase (see 'bitesize -h')" bitesize -b '8 4'
refuse "-b '8 x': 'x' is not a whole number (see 'bitesize -h')" bitesize -b '8 x'
refuse "-b ' ': there is no number in it (see 'bitesize -h')" bitesize -b ' '
refuse "-b '0 8': 0 is not a size in kB (see 'bitesize -h')" bitesize -b '0 8'
refuse "-b '-3 8': -3 is not a size in kB (see 'bitesize -h')" bitesize -b '-3 8'
refuse "-b '9007199254740992': 9007199254740992 is not a size in kB (see 'bitesize -h')" \
	bitesize -b 9007199254740992
refuse "--by 'pid': not dev, type, comm (see 'bitesize -h')" bitesize --by pid
refuse "--by 'comm,': not dev, type, comm (see 'bitesize -h')" bitesize --by comm,
refuse "a summary every 10ms is the most (option '--interval')" bitesize --interval 9ms
refuse "options '-p' and '-L' exclude each other" bitesize -p 1 -L 1
expect 3 '' "bitesize: cannot use '$T/none': No such file or directory" \
	bitesize -b '1 2,3' --by comm,dev,type --tracefs "$T/none" 5
