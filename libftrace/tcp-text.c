/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "ftrace/tcp.h"

const char *ft_tcp_state(int state)
{
	/* include/net/tcp_states.h; NEW_SYN_RECV is that of a request. */
	static const char *const names[] = {
		"-", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
		"CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "SYN_RECV",
	};

	return state > 0 && state < (int)(sizeof(names) / sizeof(names[0])) ? names[state] : "-";
}

void ft_tcp_address(char buf[FT_TCP_ADDRESS_MAX], int family, const unsigned char *address, int port)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN] = "-";

	if (family == 6 && !memcmp(address, mapped, sizeof(mapped))) {
		family = 4;
		address += sizeof(mapped);
	}
	if (family)
		inet_ntop(family == 6 ? AF_INET6 : AF_INET, address, text, sizeof(text));
	if (port < 0 || !family)
		snprintf(buf, FT_TCP_ADDRESS_MAX, "%s", text);
	else
		snprintf(buf, FT_TCP_ADDRESS_MAX, family == 6 ? "[%s]:%d" : "%s:%d", text, port);
}
