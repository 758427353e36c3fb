# SPDX-License-Identifier: GPL-2.0-or-later
# kprobe's own options and operands.

operands='missing operand: kprobe_definition... [filter]'
refuse "$operands (see 'kprobe -h')" kprobe
refuse "$operands (see 'kprobe -h')" kprobe -- true

# Definitions are read before anything is opened.
h="(see 'kprobe -h')"
refuse "'p:': a function is written function, function+0x10 or module:function $h" kprobe p:
refuse "'p:vfs_*': 'vfs_*' is not a function: patterns are for functrace, funccount and funcslower $h" \
	kprobe 'p:vfs_*'
refuse "'p:vfs_read;id': 'vfs_read;id' is not a function: a function is written function, function+0x10 \
or module:function $h" kprobe 'p:vfs_read;id'
refuse "'p:vfs_read\\np:other': control characters are in it $h" kprobe 'p:vfs_read
p:other'
refuse "'p:vfs_read \$retval': '\$retval': there is a return value only at a return (r:)" \
	kprobe 'p:vfs_read $retval'
refuse "'p:vfs_read a=%di a=%si': 'a=%si': two arguments are named 'a' $h" kprobe 'p:vfs_read a=%di a=%si'
refuse "'p:vfs_read a=%di>x': 'a=%di>x': '>x' is not understood $h" kprobe 'p:vfs_read a=%di>x'
refuse "'p:vfs_read %di:u7': '%di:u7': 'u7' is not a type (u8 to u64, s8, x8, string, ustring, symbol, b4@0/8)" \
	kprobe 'p:vfs_read %di:u7'
refuse "'a == 1': there is a filter already $h" kprobe -f 'b == 1' p:vfs_read 'a == 1'

refuse "'r:vfs_read': with --ret define the entry (p:), the return comes with it $h" kprobe --ret r:vfs_read
refuse "'p:vfs_read+4': with --ret it must be a function, not a place in one $h" kprobe --ret p:vfs_read+4
refuse "options '--ret' and '--count' exclude each other" kprobe --ret --count x p:vfs_read
refuse "options '--ret' and '-s' exclude each other" kprobe --ret -s p:vfs_read
refuse "options '--ret' and '--folded' exclude each other" kprobe --ret --folded p:vfs_read
refuse "option '-v' traces nothing, and shows text only $h" kprobe -v --json p:vfs_read
refuse "option '-v' traces nothing, and shows text only $h" kprobe -v p:vfs_read -- true
refuse "-p '0': out of range (1 to 4194304)" kprobe -p 0 p:vfs_read
refuse "options '-p' and '-L' exclude each other" kprobe -p 1 -L 1 p:vfs_read
refuse "option '-i' needs --count, --hist or --stats $h" kprobe -i 1 p:vfs_read

call kprobe -o "$T/never" p:
check 'kprobe: a wrong command line makes no output file' test ! -e "$T/never"
call kprobe --tracefs "$T/none" p:vfs_read -- touch "$T/never"
check 'kprobe: a command does not run when tracing fails' test ! -e "$T/never"
for definition in p:do_sys_open 'r:do_sys_open $retval' 'p:myopen do_sys_open mode=%cx:u16' \
		  'p:do_sys_open filename=+0(%si):string' ext4:ext4_sync_file p:vfs_read+0x10 \
		  'p:vfs_read n=$arg3' 'r10:vfs_read $retval:s64' 'p:vfs_read file->f_inode'; do
	expect 3 '' "kprobe: cannot use '$T/none': No such file or directory" \
		kprobe -FHs -d 500ms --tracefs "$T/none" "$definition" 'x ~ "*stat"'
done
expect 3 '' "kprobe: cannot use '$T/none': No such file or directory" kprobe -v --tracefs "$T/none" p:vfs_read
