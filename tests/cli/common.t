# SPDX-License-Identifier: GPL-2.0-or-later
# What every tool has in common: -h, -V, the common options, and what is said about wrong ones.

# Usage, a summary, rows that are aligned and have a text, the page's name; all on stdout.
is_help()
{
	[ "$status" = 0 ] && [ ! -s "$T/err" ] || return 1
	[ "$(tail -n 1 "$T/out")" = "See the man page ($1(8))." ] || return 1
	awk -v tool="$1" '
		NR == 1 && index($0, "USAGE: " tool " [-") != 1 { print "usage: " $0; bad = 1 }
		length($0) > 100 { print "too long: " $0; bad = 1 }
		/^  (-[A-Za-z]|    )(, | )?(--)?/ && !/^      [^-]/ {
			rows++
			# the text, here or, below a long option, on the next line
			if ($0 !~ /[^ ]  +[A-Za-z0-9]/ && length($0) < 30) {
				print "no help: " $0
				bad = 1
			}
		}
		END { exit bad || rows < 5 }' "$T/out"
}

for tool in $tools; do
	call "$tool" -h
	check "$tool -h: is the help" is_help "$tool"
	cp "$T/out" "$T/help"
	expect 0 "$(cat "$T/help")" '' "$tool" --help
	expect 0 "$(cat "$T/help")" '' "$tool" -h --xyzzy
	summary=$("$program" | sed -n "s/^  $tool  *//p")
	check "$tool -h: has the summary of the list" grep -Fx "$summary" "$T/help"

	expect 0 "$tool (ftrace-tools) $version" '' "$tool" -V
	expect 0 "$tool (ftrace-tools) $version" '' "$tool" --version
	for arg in -h -V; do
		called="ftrace-tools $tool $arg >/dev/full"
		: >"$T/out"
		"$program" "$tool" $arg >/dev/full 2>"$T/err"
		status=$?
		check "$called: is a failure" \
			came 1 '' "$tool: cannot write: No space left on device"
	done

	for arg in --json --csv --output --tracefs --verbose --help --version; do
		check "$tool -h: has $arg" grep -q -e "^  .*$arg " "$T/help"
	done

	refuse "unknown option '--versoin' (did you mean '--version'?)" "$tool" --versoin
	refuse "unknown option '--xyzzy' (see '$tool -h')" "$tool" --xyzzy
	refuse "unknown option '--xyzzy' (see '$tool -h')" "$tool" --xyzzy -h
	refuse "unknown option '--\\x1b[31m' (see '$tool -h')" "$tool" "--$(printf '\033')[31m"
	refuse "unknown option '-%' (see '$tool -h')" "$tool" -%
	refuse "options '--json' and '--csv' exclude each other" "$tool" --json --csv
	refuse "option '--json' takes no argument" "$tool" --json=yes
	refuse "option '--output' needs a FILE" "$tool" --output
	refuse "--output '': empty" "$tool" --output=
	refuse "option '--tracefs' needs a DIR" "$tool" --tracefs

	if ! grep -q -e ' --max-rate ' "$T/help"; then
		for arg in --duration --wall --buffer-size --max-rate; do
			refuse "unknown option '$arg' (see '$tool -h')" "$tool" "$arg"
		done
		continue
	fi
	for arg in --duration --wall --buffer-size; do
		check "$tool -h: has $arg" grep -q -e "^  .*$arg " "$T/help"
	done
	refuse "option '--max-rate' needs an N" "$tool" --max-rate
	refuse "--max-rate '-1': not a number" "$tool" --max-rate -1
	refuse "--max-rate '18446744073709551616': out of range (0 to 18446744073709551615)" \
		"$tool" --max-rate=18446744073709551616
	refuse "option '--duration' needs a TIME" "$tool" --duration
	refuse "--duration '5 s': not a time (like 1.5, 500ms, 2m, 1h)" "$tool" --duration '5 s'
	refuse "--duration '0': out of range (1ns to 292 years)" "$tool" --duration 0
	refuse "option '--buffer-size' needs a KB" "$tool" --buffer-size
	refuse "--buffer-size 'big': not a size (like 1408, 512k, 4m)" "$tool" --buffer-size big
	refuse "--buffer-size '0': out of range (1 kB to 16 EB)" "$tool" --buffer-size 0
done

# The examples of -h: right as command lines, up to a tracing directory that is not there.
run_example()
{
	eval "set -- $1"
	tool=$1
	shift
	call "$tool" --tracefs "$T/none" "$@"
	[ "$status" = 3 ]
}

for tool in $tools; do
	"$program" "$tool" -h | sed -n '/^Examples:/,/^$/s/^  \([^ ]\)/\1/p' >"$T/examples"
	check "$tool -h: has examples" test -s "$T/examples"
	while read -r example; do
		check "example: $example" run_example "$example"
	done <"$T/examples"
done
