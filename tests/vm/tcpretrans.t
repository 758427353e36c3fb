#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tcpretrans, against what the kernel itself counts: a veth that loses packets between two network
# namespaces.
# requires: module=veth module=sch_netem
. /t/lib.sh
. /t/endings.sh

# shellcheck disable=SC2034
tool=tcpretrans
applet tcpretrans
load veth
load sch_netem

# lose ARG...: run it while packets are lost; $status, $out, $err, and what the kernel counted: $counted
lose()
{
	start tcpretrans "$@"
	wait_for recording
	lossy 15 50000 >counts 2>&1
	stop
	counted=$(sed -n 's/^retransmits //p' counts)
	is "$status $(sed -n 's/^connections //p' counts)" '0 3' "$*: exit status, three connections"
	cmp_num "${counted:-0}" -gt 5 "$*: the kernel counts some"
}

# rest KEY: a number of the last record but one
rest() { grep '^{"tcp":' out | sed -n "s/^.*[{,]\"$1\":\([0-9]*\)[,}].*\$/\1/p"; }

# row TYPE STATE LADDR LPORT RADDR RPORT: so many rows, each an ERE
row()
{
	grep -cE "\"state\":\"$2\",\"type\":\"$1\",\"laddr\":\"$3\",\"lport\":$4,\"raddr\":\"$5\",\"rport\":$6,"  out
}

state_save tcpretrans -q

# --- every one that the kernel counts, by each method

for method in events probes proc; do
	if [ $method = proc ]; then
		# without it the kernel shows nobody where sockets are
		echo 1 >/proc/sys/kernel/kptr_restrict
	fi
	lose --json -l --method $method
	is "$(grep -c '"retransmitted":true' out)" "$counted" "$method: all that the kernel counts"
	is "$(rest doubtful) $(rest missed) $(json_end lost)" '0 0 0' "$method: no doubt, no loss"
	is "$(grep -c '"type":"tlp"' out)" "$(rest tlps)" "$method: tail loss probes"
	is "$(grep '"retransmitted":false' out | grep -vc '"type":"tlp"')" 0 "$method: only these may send new data"
	cmp_num "$(grep -c '"type":"synack"' out)" -ge 1 "$method: SYN-ACKs"
	cmp_num "$(row retransmit SYN_SENT 10.9.0.1 '[0-9]+' 10.9.0.2 81)" -ge 1 "$method: SYNs"
	unlike "$out" ffff "$method: no IPv4 within IPv6"
	if [ $method = proc ]; then
		# of the other namespace
		cmp_num "$(rest unknown)" -ge 1 'proc: what is not known'
		like "$err" "^tcpretrans: connections of $(rest unknown) are not known" 'proc: is told'
	else
		is "$(rest unknown)" 0 "$method: all connections are known"
		cmp_num "$(row '(retransmit|tlp)' '[A-Z_0-9]+' 'fd09::[12]' '[0-9]+' 'fd09::[12]' '[0-9]+')" -ge 1 \
			"$method: IPv6"
		cmp_num "$(row synack SYN_RECV 10.9.0.2 81 10.9.0.1 '[0-9]+')" -ge 1 "$method: SYN-ACKs of whom"
	fi
done
echo 0 >/proc/sys/kernel/kptr_restrict

# --- as text, with stacks

lose -s
is "$(head -n 1 out | xargs)" 'TIME PID LADDR:LPORT -- RADDR:RPORT STATE ERR' 'text: headings'
is "$(grep -cE '^[0-9]+\.[0-9]{6} +[0-9]+ +[^ ]+ +R> [^ ]+ +[A-Z_0-9]+$' out)" "$counted" 'text: all'
cmp_num "$(grep -cE ' 10\.9\.0\.1:[0-9]+ +R> 10\.9\.0\.2:81 +SYN_SENT$' out)" -ge 1 'text: IPv4'
cmp_num "$(grep -cE ' \[fd09::[12]\]:[0-9]+ +R> \[fd09::[12]\]:[0-9]+ +ESTABLISHED$' out)" -ge 1 'text: IPv6'
is "$(grep -cE '^ => (tcp_retransmit_timer|tcp_xmit_retransmit_queue(\.part\.0)?|tcp_rtx_synack|inet_rtx_syn_ack|tcp_send_loss_probe|tcp_simple_retransmit|tcp_enter_loss|tcp_fastretrans_alert)$' out | awk -v n="$counted" '{ print ($1 >= n) }')" 1 \
	'-s: from where each was sent'
is "$(grep -A 1 -E ' R> ' out | grep -c '^ => ')" "$counted" '-s: each has a stack'

# --- what is refused, what others have set

bad 2 ".*'bpf' is none of events, probes, proc" --method bpf
bad 2 '' something
others_set 'options/stacktrace 1 0'
state_save user -q
lose
is "$(state_diff user -q)" '' 'settings of others: are there afterwards'
is "$(grep -c ' R> ' out)" "$counted" 'settings of others: do not change what is shown'
unlike "$out" '^ => ' 'settings of others: no stacks without -s'
others_unset
is "$(state_diff tcpretrans -q)" '' 'settings of others: nothing of them remains'

# shellcheck disable=SC2034
endings_load='lossy 25 1000000000' endings_second=works
endings tcpretrans tcpretrans
# shellcheck disable=SC2034
endings_other_way=yes
endings 'tcpretrans -l by probes' tcpretrans -l --method probes

is "$(state_diff tcpretrans -q)" '' 'the tracing state is as before'
done_testing
