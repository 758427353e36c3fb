# SPDX-License-Identifier: GPL-2.0-or-later
# reset-ftrace: never run here but on a tracing directory that is not there.

refuse "unexpected operand 'x' (see 'reset-ftrace -h')" reset-ftrace x
refuse "unknown option '--forse' (did you mean '--force'?)" reset-ftrace --forse
refuse "option '--force' takes no argument" reset-ftrace --force=yes
expect 3 '' "reset-ftrace: cannot use '$T/none': No such file or directory" \
	reset-ftrace --tracefs "$T/none"
expect 3 '' "reset-ftrace: cannot use '$T/none': No such file or directory" \
	reset-ftrace -fq --tracefs "$T/none"
