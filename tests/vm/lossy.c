// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lossy PERCENT BYTES: TCP between this network namespace and another over a veth that loses so many
 * packets each way (netem), both ways so many bytes in each of three connections: IPv4, IPv6, and IPv4
 * to a socket of IPv6.  First all packets of the server are lost for a while, so that SYN and SYN-ACK
 * are sent again.
 *
 * Prints "retransmits N", the sum of both namespaces' RetransSegs, and "connections N" when done.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONNECTIONS 3
#define ALL 100

static void die(const char *what)
{
	fprintf(stderr, "lossy: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* -- rtnetlink: one request, one answer -------------------------------------------------------- */

struct request {
	struct nlmsghdr head;
	char body[1024];
};

static void *put(struct request *q, const void *data, size_t len)
{
	char *p = (char *)q + NLMSG_ALIGN(q->head.nlmsg_len);

	memcpy(p, data, len);
	q->head.nlmsg_len = NLMSG_ALIGN(q->head.nlmsg_len) + len;
	return p;
}

static struct rtattr *put_attr(struct request *q, int type, const void *data, size_t len)
{
	struct rtattr a = { .rta_type = type, .rta_len = RTA_LENGTH(len) };
	struct rtattr *p = put(q, &a, sizeof(a));

	if (len)
		put(q, data, len);
	return p;
}

static void end_nest(struct request *q, struct rtattr *nest)
{
	nest->rta_len = (char *)q + q->head.nlmsg_len - (char *)nest;
}

static void ask(struct request *q, const char *what)
{
	struct { struct nlmsghdr head; struct nlmsgerr err; char rest[1024]; } answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || send(fd, q, q->head.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
		die(what);
	close(fd);
	errno = -answer.err.error;
	if (answer.head.nlmsg_type != NLMSG_ERROR || answer.err.error)
		die(what);
}

static void begin(struct request *q, int type, int flags)
{
	memset(q, 0, sizeof(*q));
	q->head.nlmsg_len = sizeof(q->head);
	q->head.nlmsg_type = type;
	q->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
}

/* Segments are not gathered, so that each that is sent again is counted once.  TCP does so of itself,
 * whatever the device can. */
static void put_device(struct request *q, const char *name, unsigned char last)
{
	const unsigned char mac[6] = { 2, 0, 0, 0, 0, last };
	const uint32_t one = 1;

	put_attr(q, IFLA_IFNAME, name, strlen(name));
	put_attr(q, IFLA_ADDRESS, mac, sizeof(mac));
	put_attr(q, IFLA_GSO_MAX_SEGS, &one, sizeof(one));
}

/* That of one before that was killed: its connections can keep the other namespace for minutes. */
static void remove_old(void)
{
	struct ifinfomsg m = { .ifi_index = if_nametoindex("near") };
	struct request q;

	if (!m.ifi_index)
		return;
	begin(&q, RTM_DELLINK, 0);
	put(&q, &m, sizeof(m));
	ask(&q, "delete");
}

/* "near" here and "far" in the namespace of a process */
static void make_pair(pid_t pid)
{
	struct ifinfomsg none = { .ifi_family = AF_UNSPEC };
	struct rtattr *info, *data, *peer;
	struct request q;

	begin(&q, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	put(&q, &none, sizeof(none));
	put_device(&q, "near", 1);
	info = put_attr(&q, IFLA_LINKINFO, "", 0);
	put_attr(&q, IFLA_INFO_KIND, "veth", 4);
	data = put_attr(&q, IFLA_INFO_DATA, "", 0);
	peer = put_attr(&q, VETH_INFO_PEER, &none, sizeof(none));
	put_device(&q, "far", 2);
	put_attr(&q, IFLA_NET_NS_PID, &pid, sizeof(pid));
	end_nest(&q, peer);
	end_nest(&q, data);
	end_nest(&q, info);
	ask(&q, "veth");
}

static void add_address(int index, int family, const char *text, int prefix)
{
	struct ifaddrmsg m = { .ifa_family = family, .ifa_prefixlen = prefix, .ifa_index = index,
			       .ifa_flags = IFA_F_NODAD };
	unsigned char address[16];
	struct request q;

	inet_pton(family, text, address);
	begin(&q, RTM_NEWADDR, NLM_F_CREATE);
	put(&q, &m, sizeof(m));
	put_attr(&q, IFA_LOCAL, address, family == AF_INET ? 4 : 16);
	put_attr(&q, IFA_ADDRESS, address, family == AF_INET ? 4 : 16);
	ask(&q, text);
}

static void set_up(int index)
{
	struct ifinfomsg m = { .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct request q;

	begin(&q, RTM_NEWLINK, 0);
	put(&q, &m, sizeof(m));
	ask(&q, "up");
}

static void set_loss(const char *name, unsigned int percent)
{
	struct tcmsg m = { .tcm_ifindex = if_nametoindex(name), .tcm_parent = TC_H_ROOT,
			   .tcm_handle = 0x10000 };
	struct tc_netem_qopt opt = { .limit = 1000 };
	struct request q;

	opt.loss = percent >= ALL ? UINT32_MAX : UINT32_MAX / ALL * percent;
	begin(&q, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE);
	put(&q, &m, sizeof(m));
	put_attr(&q, TCA_KIND, "netem", 6);
	put_attr(&q, TCA_OPTIONS, &opt, sizeof(opt));
	ask(&q, "netem");
}

/* What asks for it could be lost. */
static void add_neighbour(int index, int family, const char *text, unsigned char last)
{
	struct ndmsg m = { .ndm_family = family, .ndm_ifindex = index, .ndm_state = NUD_PERMANENT };
	const unsigned char mac[6] = { 2, 0, 0, 0, 0, last };
	unsigned char address[16];
	struct request q;

	inet_pton(family, text, address);
	begin(&q, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
	put(&q, &m, sizeof(m));
	put_attr(&q, NDA_DST, address, family == AF_INET ? 4 : 16);
	put_attr(&q, NDA_LLADDR, mac, sizeof(mac));
	ask(&q, "neighbour");
}

/* Number 1 or 2, and the other is its neighbour. */
static void set_interface(const char *name, const char *v4, const char *v6, const char *other4,
			  const char *other6, unsigned char other)
{
	int index = if_nametoindex(name), lo = if_nametoindex("lo");

	if (!index)
		die(name);
	set_up(lo);
	set_up(index);
	add_address(index, AF_INET, v4, 24);
	add_address(index, AF_INET6, v6, 64);
	add_neighbour(index, AF_INET, other4, other);
	add_neighbour(index, AF_INET6, other6, other);
}

/* -- connections ------------------------------------------------------------------------------- */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t address_of(union address *a, int family, const char *text, int port)
{
	memset(a, 0, sizeof(*a));
	a->any.sa_family = family;
	if (family == AF_INET) {
		a->v4.sin_port = htons(port);
		inet_pton(family, text, &a->v4.sin_addr);
		return sizeof(a->v4);
	}
	a->v6.sin6_port = htons(port);
	inet_pton(family, text, &a->v6.sin6_addr);
	return sizeof(a->v6);
}

static int listen_on(int family, const char *text, int port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), off = 0;
	union address a;
	socklen_t len = address_of(&a, family, text, port);

	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (fd < 0 || bind(fd, &a.any, len) || listen(fd, 8))
		die("listen");
	return fd;
}

static int connect_to(int family, const char *text, int port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	union address a;
	socklen_t len = address_of(&a, family, text, port);

	if (fd < 0 || connect(fd, &a.any, len))
		die(text);
	return fd;
}

/* So many bytes out, and so many in.  Time-outs that double could take minutes. */
static void exchange(int fd, long bytes)
{
	long out = bytes, in = bytes, n;
	char buf[4096] = "";
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, &on, sizeof(on));

	while (out || in) {
		struct pollfd p = { .fd = fd, .events = (in ? POLLIN : 0) | (out ? POLLOUT : 0) };

		if (poll(&p, 1, -1) != 1)
			die("poll");
		n = p.revents & ~POLLOUT ? recv(fd, buf, sizeof(buf), MSG_DONTWAIT) : 0;
		if (n < 0 || (p.revents & ~POLLOUT && !n))
			die("receive");
		in -= n;
		n = p.revents & POLLOUT ? send(fd, buf, out < (long)sizeof(buf) ? out :
					       (long)sizeof(buf), MSG_DONTWAIT) : 0;
		if (n < 0)
			die("send");
		out -= n;
	}
}

static long retransmits(void)
{
	char head[1024], values[1024], *h, *v, *hs, *vs;
	FILE *f = fopen("/proc/thread-self/net/snmp", "re");
	long n = -1;

	while (f && fgets(head, sizeof(head), f) && fgets(values, sizeof(values), f)) {
		if (strncmp(head, "Tcp:", 4) != 0)
			continue;
		h = strtok_r(head, " \n", &hs);
		v = strtok_r(values, " \n", &vs);
		for (; h && v; h = strtok_r(NULL, " \n", &hs), v = strtok_r(NULL, " \n", &vs))
			if (!strcmp(h, "RetransSegs"))
				n = atol(v);
	}
	if (f)
		fclose(f);
	if (n < 0)
		die("RetransSegs");
	return n;
}

/* -- the two sides, in step by a byte each way ------------------------------------------------- */

static void tell(int fd)
{
	if (write(fd, "", 1) != 1)
		die("pipe");
}

static void hear(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		exit(1);
}

static int serve(int in, int out, unsigned int loss, long bytes)
{
	int any, v4, fd[CONNECTIONS];
	long n;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || unshare(CLONE_NEWNET))
		die("unshare");
	tell(out);
	hear(in);
	set_interface("far", "10.9.0.2", "fd09::2", "10.9.0.1", "fd09::1", 1);
	any = listen_on(AF_INET6, "::", 80);
	v4 = listen_on(AF_INET, "10.9.0.2", 81);
	set_loss("far", ALL);
	tell(out);
	usleep(1500000);
	set_loss("far", loss);
	for (int i = 0; i < CONNECTIONS; i++) {
		fd[i] = accept(i ? any : v4, NULL, NULL);
		if (fd[i] < 0)
			die("accept");
		exchange(fd[i], bytes);
		tell(out);
	}
	hear(in);
	set_loss("far", 0);
	for (int i = 0; i < CONNECTIONS; i++)
		close(fd[i]);
	hear(in);
	n = retransmits();
	return write(out, &n, sizeof(n)) == sizeof(n) ? 0 : 1;
}

static int ask_for(int in, int out, pid_t server, unsigned int loss, long bytes)
{
	static const struct { int family; const char *address; int port; } to[CONNECTIONS] = {
		{ AF_INET, "10.9.0.2", 81 }, { AF_INET6, "fd09::2", 80 }, { AF_INET, "10.9.0.2", 80 },
	};
	int fd[CONNECTIONS], status;
	long n, before = retransmits();

	hear(in);
	remove_old();
	make_pair(server);
	set_interface("near", "10.9.0.1", "fd09::1", "10.9.0.2", "fd09::2", 2);
	tell(out);
	hear(in);
	for (int i = 0; i < CONNECTIONS; i++) {
		fd[i] = connect_to(to[i].family, to[i].address, to[i].port);
		/* The first SYN has arrived, so that there was a SYN-ACK to be lost. */
		if (!i)
			set_loss("near", loss);
		exchange(fd[i], bytes);
		hear(in);
	}
	/* What is still on its way is sent again until it comes; the ends are not lost. */
	usleep(3000000);
	set_loss("near", 0);
	tell(out);
	usleep(1000000);
	for (int i = 0; i < CONNECTIONS; i++)
		close(fd[i]);
	usleep(1000000);
	tell(out);
	if (read(in, &n, sizeof(n)) != sizeof(n) || waitpid(server, &status, 0) < 0 || status)
		die("the server");
	printf("retransmits %ld\nconnections %d\n", n + retransmits() - before, CONNECTIONS);
	return 0;
}

int main(int argc, char **argv)
{
	int to[2], from[2];
	unsigned int loss;
	long bytes;
	pid_t pid;

	if (argc != 3) {
		fprintf(stderr, "usage: lossy PERCENT BYTES\n");
		return 2;
	}
	loss = (unsigned int)atol(argv[1]);
	bytes = atol(argv[2]);
	if (pipe(to) || pipe(from))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	return pid ? ask_for(from[0], to[1], pid, loss, bytes) : serve(to[0], from[1], loss, bytes);
}
