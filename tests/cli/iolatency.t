# SPDX-License-Identifier: GPL-2.0-or-later
# iolatency's own options and operands.

refuse "interval '0': not a time (see 'iolatency -h')" iolatency 0
refuse "interval 'x': not a time (see 'iolatency -h')" iolatency x 2
refuse "a summary every 10ms is the most (see 'iolatency -h')" iolatency 1ms
refuse "count '0': not a number from 1 on (see 'iolatency -h')" iolatency 1 0
refuse "count '1x': not a number from 1 on (see 'iolatency -h')" iolatency 1 1x
refuse "--by 'dev,disk': not dev, type, comm (see 'iolatency -h')" iolatency --by dev,disk
refuse "--by 'dev,': not dev, type, comm (see 'iolatency -h')" iolatency --by dev,
refuse "--method 'bpf': not user or kernel (see 'iolatency -h')" iolatency --method bpf
refuse "options '-m' and '-u' exclude each other" iolatency -m -u
refuse "options '-u' and '-n' exclude each other" iolatency -un
refuse "options '--heatmap' and '--json' exclude each other" iolatency --heatmap --json
refuse "options '--heatmap' and '--by' exclude each other (see 'iolatency -h')" \
	iolatency --heatmap --by dev
refuse "--linear '0': out of range (1 to 1000000000)" iolatency --linear 0
refuse "--svg '': empty" iolatency --svg ''
refuse "option '--children' needs -p or -L (see 'iolatency -h')" iolatency --children
for option in -Q -n --bio '-p 1' '-L 1' '--by comm'; do
	# shellcheck disable=SC2086
	refuse "--method kernel cannot do ${option% 1} (see 'iolatency -h')" \
		iolatency --method kernel $option
done
refuse "--method kernel cannot do a COMMAND (see 'iolatency -h')" iolatency --method kernel -- true

# A wrong command line opens nothing.
call iolatency --svg "$T/never.svg" -o "$T/never" --linear x
check 'iolatency: a wrong command line makes no file' test ! -e "$T/never" -a ! -e "$T/never.svg"
expect 3 '' "iolatency: cannot use '$T/none': No such file or directory" \
	iolatency -QT -u --perc --lin 5 --by type,dev --svg "$T/never.svg" --tracefs "$T/none" 0.5 3
check 'iolatency: nor does one where tracing fails' test ! -e "$T/never.svg"
