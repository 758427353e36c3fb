# SPDX-License-Identifier: GPL-2.0-or-later
# uprobe's own options and operands; lists, which need no tracing.

h="(see 'uprobe -h')"
refuse "missing operand: uprobe_definition... [filter] $h" uprobe
refuse "'readline': a function of a program is written file:function $h" uprobe readline
refuse "'p:readline': a function of a program is written file:function $h" uprobe p:readline
refuse "'p:/tmp/a#b:main': '/tmp/a#b' is not a file: the kernel takes no path with a '#' $h" uprobe 'p:/tmp/a#b:main'
refuse "'u:setjmp': a built-in probe is written u:provider:name $h" uprobe u:setjmp
refuse "'p:libc:open @symbol': '@symbol': the kernel knows no symbols of programs: '@' takes an address $h" \
	uprobe 'p:libc:open @symbol'
refuse "option '--usdt' needs -l; a built-in probe is traced by u:provider:name $h" uprobe --usdt p:libc:open
refuse "options '--ret' and '--folded' exclude each other" uprobe --ret --folded p:libc:open
refuse "option '-l' takes one pattern $h" uprobe -l libc a b
refuse "option '-l' takes one pattern $h" uprobe -l libc -- true
refuse "'u:libc:setjmp': with --ret: a built-in probe does not return $h" uprobe --ret u:libc:setjmp

expect 2 '' "uprobe: cannot list '$T/none': no such program or library" uprobe -l "$T/none"
echo text >"$T/file"
expect 2 '' "uprobe: cannot list '$T/file': not a program or library (ELF) for this machine" uprobe -l "$T/file"
call uprobe -l "$program" fti_definition
check 'uprobe -l: lists what matches' grep -qx fti_definition_name "$T/out"
check 'uprobe -l: and nothing else' sh -c "! grep -v fti_definition '$T/out'"
check 'uprobe -l: in alphabetical order, each once' sort -cu "$T/out"
call uprobe -l "$program" --json fti_definition_name
check 'uprobe -l --json: where it is' \
	grep -qxE '\{"name":"fti_definition_name","offset":"0x[0-9a-f]+","size_bytes":[0-9]+\}' "$T/out"
expect 2 '' "uprobe: '$program' tells of no functions that match" uprobe -l "$program" no_such_function
expect 2 '' "uprobe: '$program' tells of no built-in probes" uprobe -l "$program" --usdt

for definition in p:bash:readline 'r:bash:readline +0($retval):string' p:libc:0xbf130 'r:libc:fopen file=$retval' \
		  'p:my /bin/x:func arg=$arg1' u:libc:setjmp; do
	expect 3 '' "uprobe: cannot use '$T/none': No such file or directory" \
		uprobe -FHs -d 500ms --tracefs "$T/none" "$definition" 'x == 0'
done
