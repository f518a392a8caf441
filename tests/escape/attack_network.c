// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attempts on the network: services of the host on its loopback and by abstract names, raw packets,
 * odd protocols.
 */
#include "attack.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static socklen_t abstract(struct sockaddr_un *a, const char *name)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	snprintf(a->sun_path + 1, sizeof(a->sun_path) - 1, "%s", name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
}

static int e61_abstract_connect(void)
{
	struct sockaddr_un a;
	socklen_t len = abstract(&a, canary("abstract"));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	return refusal(connect(fd, (struct sockaddr *)&a, len));
}

static int e61_abstract_send(void)
{
	struct sockaddr_un a;
	socklen_t len = abstract(&a, canary("abstractdgram"));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	return refusal(sendto(fd, "x", 1, 0, (struct sockaddr *)&a, len));
}

static int connect_tcp(int family)
{
	struct sockaddr_in a4 = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)canary_number("tcp")),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 a6 = {.sin6_family = AF_INET6,
				  .sin6_port = htons((uint16_t)canary_number("tcp")),
				  .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	if (family == AF_INET)
		return refusal(connect(fd, (struct sockaddr *)&a4, sizeof(a4)));
	return refusal(connect(fd, (struct sockaddr *)&a6, sizeof(a6)));
}

static int e62_tcp(void)
{
	return connect_tcp(AF_INET);
}

static int e62_tcp6(void)
{
	return connect_tcp(AF_INET6);
}

static int e62_udp(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)canary_number("udp")),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct pollfd p = {.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), .events = POLLIN};

	if (p.fd < 0 || connect(p.fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    send(p.fd, "x", 1, 0) < 0)
		return errno;
	/* Where nobody listens, an ICMP comes at once; where somebody does, nothing comes */
	if (poll(&p, 1, 100) == 0)
		return 0;
	return refusal(recv(p.fd, &(char){0}, 1, 0));
}

/* Whatever might lead to the host's loopback: its other notations, and what stands for the host in
 * networks made by others. All are asked at once, as some never answer */
static int e63_host_by_other_names(void)
{
	static const char *const names[] = {
		"::ffff:127.0.0.1", "::ffff:0.0.0.0", "::",           "::ffff:10.0.2.2",
		"::ffff:10.0.2.3",  "fec0::2",        "fd00::2",      "::ffff:169.254.169.254",
		"64:ff9b::7f00:1",  "::127.0.0.1",    "2002:7f00:1::"};
	struct sockaddr_in6 a = {.sin6_family = AF_INET6,
				 .sin6_port = htons((uint16_t)canary_number("tcp"))};
	struct pollfd p[sizeof(names) / sizeof(*names)];
	struct tally t = {0};
	int err;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		inet_pton(AF_INET6, names[i], &a.sin6_addr);
		p[i] = (struct pollfd){
			socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), POLLOUT,
			0};
		err = p[i].fd < 0 ? errno
				  : refusal(connect(p[i].fd, (struct sockaddr *)&a, sizeof(a)));
		if (err == EINPROGRESS)
			continue;
		tally_add(&t, err, names[i]);
		p[i].fd = -1;
	}
	poll(NULL, 0, 150);
	poll(p, sizeof(p) / sizeof(*p), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (p[i].fd < 0)
			continue;
		err = ETIMEDOUT;
		if (p[i].revents)
			getsockopt(p[i].fd, SOL_SOCKET, SO_ERROR, &err, &(socklen_t){sizeof(err)});
		tally_add(&t, err, names[i]);
	}
	return tally_result(&t, 0);
}

static int e62_interfaces(void)
{
	struct if_nameindex *list = if_nameindex();
	struct tally t = {0};

	if (!list)
		return errno;
	for (struct if_nameindex *i = list; i->if_index; i++)
		if (strcmp(i->if_name, "lo"))
			tally_add(&t, 0, i->if_name);
	return tally_result(&t, ENOENT);
}

static int try_socket(struct tally *t, int family, int type, int protocol, const char *what)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	tally_add(t, refusal(fd), what);
	if (fd >= 0)
		close(fd);
	return 0;
}

static int e64_raw(void)
{
	struct tally t = {0};

	try_socket(&t, AF_PACKET, SOCK_RAW, 0x300, "packet, raw");
	try_socket(&t, AF_PACKET, SOCK_DGRAM, 0x300, "packet, datagrams");
	try_socket(&t, AF_INET, SOCK_RAW, IPPROTO_ICMP, "ICMP");
	try_socket(&t, AF_INET, SOCK_RAW, IPPROTO_RAW, "IP");
	try_socket(&t, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6, "ICMPv6");
	return tally_result(&t, 0);
}

/* Families that no ordinary program needs, each a piece of kernel that somebody broke once */
static int e65_families(void)
{
	static const struct {
		int family, type, protocol;
		const char *name;
	} rows[] = {
		{AF_VSOCK, SOCK_STREAM, 0, "vsock"},
		{AF_ALG, SOCK_SEQPACKET, 0, "alg"},
		{AF_BLUETOOTH, SOCK_RAW, 1, "bluetooth"},
		{30, SOCK_SEQPACKET, 0, "tipc"},
		{44, SOCK_RAW, 0, "xdp"},
		{21, SOCK_SEQPACKET, 0, "rds"},
		{AF_CAN, SOCK_RAW, 1, "can"},
		{AF_KEY, SOCK_RAW, 2, "key"},
		{AF_X25, SOCK_SEQPACKET, 0, "x25"},
		{AF_AX25, SOCK_DGRAM, 0, "ax25"},
		{AF_NFC, SOCK_SEQPACKET, 0, "nfc"},
		{41, SOCK_STREAM, 0, "kcm"},
		{42, SOCK_STREAM, 0, "qipcrtr"},
		{43, SOCK_STREAM, 0, "smc"},
		{AF_PPPOX, SOCK_STREAM, 0, "pppox"},
		{AF_LLC, SOCK_STREAM, 0, "llc"},
		{AF_PHONET, SOCK_DGRAM, 0, "phonet"},
		{AF_DECnet, SOCK_STREAM, 0, "decnet"},
		{AF_NETLINK, SOCK_RAW, 2, "netlink usersock"},
		{AF_NETLINK, SOCK_RAW, 12, "netlink netfilter"},
		{AF_NETLINK, SOCK_RAW, 6, "netlink xfrm"},
		{AF_NETLINK, SOCK_RAW, 16, "netlink generic"},
	};
	struct tally t = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		try_socket(&t, rows[i].family, rows[i].type, rows[i].protocol, rows[i].name);
	return tally_result(&t, 0);
}

static int e66_low_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(80)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	return refusal(bind(fd, (struct sockaddr *)&a, sizeof(a)));
}

/* Taking lo down, and making a new interface */
static int ask_kernel(struct nlmsghdr *h)
{
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char rest[256];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || send(fd, h, h->nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
		return errno;
	close(fd);
	return answer.h.nlmsg_type == NLMSG_ERROR ? -answer.e.error : 0;
}

static int e67_links(void)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
	} down = {{sizeof(down), RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0},
		  {.ifi_index = 1, .ifi_change = IFF_UP}};
	struct {
		struct nlmsghdr h;
		struct ifaddrmsg a;
		struct rtattr attr;
		uint32_t addr;
	} address = {{sizeof(address), RTM_NEWADDR, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 2, 0},
		     {.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = 1},
		     {8, IFA_LOCAL},
		     htonl(0x0a090807)};
	struct tally t = {0};

	tally_add(&t, ask_kernel(&down.h), "taking lo down");
	tally_add(&t, ask_kernel(&address.h), "adding an address");
	return tally_result(&t, 0);
}

const struct attempt attempts_network[] = {
	{"e61-abstract-connect", e61_abstract_connect, "",
	 "connect to an abstract socket of the host", HARMLESS},
	{"e61-abstract-send", e61_abstract_send, "", "send to an abstract socket of the host",
	 HARMLESS},
	{"e62-tcp", e62_tcp, "", "connect to a service on the host's loopback",
	 HARMLESS | BY_HOST_NETWORK},
	{"e62-tcp6", e62_tcp6, "", "the same by IPv6", HARMLESS | BY_HOST_NETWORK},
	{"e62-udp", e62_udp, "", "send to a service on the host's loopback",
	 HARMLESS | BY_HOST_NETWORK},
	{"e62-interfaces", e62_interfaces, "", "find an interface but lo", HARMLESS | BY_NETWORK},
	{"e63-host-by-other-names", e63_host_by_other_names, "",
	 "reach the host's loopback by other names", HARMLESS | BY_HOST_NETWORK},
	{"e64-raw", e64_raw, "", "send raw packets", HARMLESS},
	{"e65-families", e65_families, "", "open sockets of odd families", HARMLESS},
	{"e66-low-port", e66_low_port, "", "serve on a port of the system's", HARMLESS},
	{"e67-links", e67_links, "", "change the host's interfaces", HARMLESS},
	{0},
};
