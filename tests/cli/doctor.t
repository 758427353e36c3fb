# SPDX-License-Identifier: GPL-2.0-or-later
# doctor: where there is no tracing directory it still tells what it can.

refuse "unexpected operand 'x' (see 'doctor -h')" doctor x
refuse "unexpected operand 'x' (see 'doctor -h')" doctor -- x

named()
{
	[ "$status" = 3 ] &&
		holds "$T/err" "doctor: cannot use '$T/none': No such file or directory"
}

each_tool_in()
{
	for tool in $tools; do
		[ "$tool" = doctor ] || grep "$1$tool$2" "$T/out" || return 1
	done
}

no_other_lines()
{
	[ -s "$T/out" ] && ! grep -v "$1" "$T/out"
}

call doctor --tracefs "$T/none"
check 'doctor: names what is missing' named
check 'doctor: has a row for each tool' each_tool_in '^' ' '
call doctor --tracefs "$T/none" --json
check 'doctor --json: names what is missing' named
check 'doctor --json: has an object for each tool' each_tool_in '"key":"' '"'
check 'doctor --json: prints objects only' no_other_lines '^{".*}$'
call doctor --tracefs "$T/none" --csv
check 'doctor --csv: names what is missing' named
check 'doctor --csv: has a line for each tool' each_tool_in ',' ','
cp "$T/out" "$T/csv"
call doctor --tracefs "$T/none" --csv -o "$T/file"
check 'doctor -o: writes the same to a file' cmp "$T/csv" "$T/file"
check 'doctor -o: writes nothing to stdout' test ! -s "$T/out"
rm -f "$T/file"

called='ftrace-tools doctor >/dev/full'
: >"$T/out"
"$program" doctor --tracefs "$T/none" >/dev/full 2>"$T/err"
status=$?
check 'doctor: a full disk is a failure' test "$status" = 1
check 'doctor: a full disk is named' grep 'No space left on device' "$T/err"
