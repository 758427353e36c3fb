# SPDX-License-Identifier: GPL-2.0-or-later
# ftrace-tools without a tool, with a wrong one, and through symbolic links.

sources()
{
	for source in tools/*.c; do
		[ "$source" = tools/main.c ] || basename "$source" .c
	done | sort
}

check 'every file of tools/ is a tool' test "$(sources)" = "$tools"
expect 0 "$tools" '' --list
expect 0 "ftrace-tools $version" '' --version
expect 0 "ftrace-tools $version" '' -V

lists_tools()
{
	[ "$status" = 0 ] && [ ! -s "$T/err" ] || return 1
	head -n 1 "$T/out" | grep '^USAGE: ftrace-tools ' || return 1
	for tool in $tools; do
		grep "^  $tool  *[a-z]" "$T/out" || return 1
	done
}

call
check 'without arguments it lists the tools' lists_tools
call --help
check '--help lists the tools' lists_tools
call -h
check '-h lists the tools' lists_tools

expect 2 '' "ftrace-tools: no tool 'fungraph', did you mean 'funcgraph'? (see 'ftrace-tools')" \
	fungraph
expect 2 '' "ftrace-tools: no tool 'xyzzy' (see 'ftrace-tools')" xyzzy
expect 2 '' "ftrace-tools: no tool '--xyzzy' (see 'ftrace-tools')" --xyzzy
expect 2 '' "ftrace-tools: no tool '' (see 'ftrace-tools')" ''

one_line_without_escapes()
{
	[ "$status" = 2 ] && [ "$(wc -l <"$T/err")" = 1 ] && ! grep -q "$(printf '\033')" "$T/err"
}

call "$(printf 'a\n\033[31m')"
check 'a wrong name cannot break the line or the terminal' one_line_without_escapes

for arg in '' --list --help --version; do
	called="ftrace-tools $arg >/dev/full"
	"$program" $arg >/dev/full 2>"$T/err"
	status=$?
	check "$called: exits with 1" test "$status" = 1
done

through_link()
{
	ln -s "$program" "$T/$1" && "$T/$1" -V >"$T/out" 2>"$T/err"
	status=$?
	rm -f "$T/$1"
	came 0 "$2" ''
}

for tool in $tools; do
	check "$tool: runs through a symbolic link" \
		through_link "$tool" "$tool (ftrace-tools) $version"
done
check 'a link of another name is ftrace-tools' through_link other "ftrace-tools $version"
