# SPDX-License-Identifier: GPL-2.0-or-later
# -h and the man pages name the same options.

# Options in the rows of a help text, one a line: "-p", "--pid".
help_options()
{
	awk '
	/^Common options:/ { common = 1; next }
	/^Examples:/ { exit }
	/^  (-[A-Za-z]|    --)/ && (part == "all" || (part == "own") == !common) {
		for (i = 1; i <= 2; i++) {
			sub(/,$/, "", $i)
			if ($i ~ /^(-[A-Za-z]|--[a-z][-a-z0-9]*)$/)
				print $i
		}
	}' part="$1" "$2" | sort -u
}

# Options that a page describes: what follows Fl in its .It lines.
page_options()
{
	awk '
	/^\.It / {
		flag = 0
		for (i = 2; i <= NF; i++) {
			if ($i == "Fl")
				flag = 1
			else if ($i ~ /^[A-Z][a-z]$/)
				flag = 0
			else if (flag && $i !~ /^[,|()]$/)
				print "-" $i
		}
	}' "$1" | sort -u
}

# Lines of $1 that are not in $2; passes when there are none.
none_missing()
{
	comm -23 "$1" "$2" >"$T/missing"
	[ ! -s "$T/missing" ] && return 0
	sed "s/^/$3: /" "$T/missing"
	return 1
}

called=''
common=$man/ftrace-tools.7
check "$common is there" test -s "$common"
page_options "$common" >"$T/common.page" 2>/dev/null
: >"$T/common.all"
for tool in $tools; do
	page=$man/$tool.8
	call "$tool" -h
	called=''
	check "$page is there" test -s "$page"
	page_options "$page" >"$T/page" 2>/dev/null
	help_options own "$T/out" >"$T/own"
	help_options common "$T/out" >"$T/common"
	help_options all "$T/out" >"$T/all"
	check "$tool -h: has options" test -s "$T/all"
	check "$page: describes the options of $tool -h" \
		none_missing "$T/own" "$T/page" 'not described'
	check "$page: describes no others" none_missing "$T/page" "$T/all" 'not an option'
	sort -u "$T/page" "$T/common.page" >"$T/both"
	check "$common or $page: describes the common options of $tool" \
		none_missing "$T/common" "$T/both" 'not described'
	sort -u "$T/common" "$T/common.all" >"$T/sum"
	mv "$T/sum" "$T/common.all"
done

call --help
called=''
tr -s '[:space:]' '\n' <"$T/out" | grep '^--*[a-z]' | sort -u "$T/common.all" - >"$T/sum"
check "$common: describes no options that no tool has" \
	none_missing "$T/common.page" "$T/sum" 'not an option'
