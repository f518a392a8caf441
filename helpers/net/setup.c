// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation. What needs privileges in the sandbox's network is made there by two children
 * that enter its user and network namespaces and end; the program itself never enters, so that nothing
 * inside can ever be its own.
 *
 *	hutch-net                          inside
 *	  namespaces (launcher, --target)
 *	  setup_make()  ────────────────►  tap, addresses, routes, resolver, ports, listeners
 *	  ready, and the launcher's word that the program starts
 *	  redirection_begin()  ─────────►  libnftables, its rules, the routes for TCP (redirection.c)
 *	  libslirp, own confinement
 *	  loop                 ◄─────────  how TCP leaves
 *
 * The first child borrows the memory and descriptors of its parent, which stands still meanwhile, as with
 * vfork(2): a copy of both, and the faults that follow from it, would take as long as what is done here.
 *
 * The redirection takes longer than all the rest, and the program can do without it for a while: only
 * when the kernel inside is to complete a connection is it needed. So what stands when the program starts
 * is all that it could see, bind or be in the way of (addresses, the resolver, the ports, the
 * listeners), and what brings its packets here. A packet sent before the redirection stands:
 *
 *	SYN, IPv4 or IPv6    leaves by the default route, thus by the tap, and is held there (tap.c);
 *	                     nothing is decided yet, and connect(2) waits as for any destination. Then
 *	                     it goes the way of all, to the policy first.
 *	TCP without SYN      belongs to no connection, since none can be made, and is dropped.
 *	UDP, ICMP            are asked about here (datagram.c) and carried by libslirp, as ever.
 *	to the sandbox       itself, its resolver or a host port: by the local table, before any rule.
 *	from --publish       to a local address, and its answers too, likewise.
 *
 * None gets past the policy, since there is no way out but the tap, and whatever comes by it is decided
 * upon in this program, by the same code at whatever time. Nor does any frame reach it before it has
 * confined itself: until then they wait in the tap.
 *
 * The routes that keep TCP inside are set when nftables has the rules that bring its SYN out, and not
 * before: they would lead every connection into nothing. A socket that sent its SYN by the tap follows
 * them as soon as that is answered, since the kernel then looks up its route anew.
 *
 * The second child begins once the program sends something, or has had the time to be loaded: with two
 * processors, libnftables and libslirp being loaded beside it took half as long again as all its set-up.
 *
 * What can't be redirected goes through libslirp, the held SYN included. If the child is lost on the
 * way, nobody knows which rules there are, and TCP is refused from then on. Where rules are about names,
 * they are worth nothing without the redirection, and the start is refused where it can't be had; and
 * without a tap it is the only way out. In both cases the program starts when it stands.
 *
 * The second child runs beside the program, with CAP_NET_ADMIN in the user namespace that owns the
 * sandbox's network. It stays in the host's PID namespace, so that nothing in a sandbox of hutch's can
 * name it; it is not dumpable, and its memory belongs to the user namespace that it was executed in,
 * so that nobody traces it who has not CAP_SYS_PTRACE there; and all that it reads is the kernel's answers.
 *
 * Where a piece is missing, the next way is taken and a note says what that costs. With --publish,
 * the first child leaves one more behind: see maker.h.
 */
#include "setup.h"

#include "maker.h"
#include "setup_link.h"

#include "base/fd.h"
#include "base/string.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

const char *const tcp_way_names[] = {
	[TCP_TPROXY] = "tproxy", [TCP_ACCEPT_FIRST] = "accept-first",
	[TCP_SLIRP] = "slirp",   [TCP_PENDING] = "pending",
	[TCP_NONE] = "none",
};

/* What the first child is given, and where it leaves what it made. */
struct making {
	const struct layout *layout;
	const struct namespaces *namespaces;
	struct attachment *made;
	struct error *error;
	int result;
};

void setup_note(struct attachment *attachment, const char *format, ...)
{
	char *notes = attachment->notes;
	size_t used = strlen(notes), size = sizeof(attachment->notes);
	va_list arguments;

	if (used + 2 >= size)
		return;
	if (used)
		notes[used++] = '\n';
	va_start(arguments, format);
	vsnprintf(notes + used, size - used, format, arguments);
	va_end(arguments);
}

/*
 * Keep from us what the kernel inside sends of its own accord and nobody here answers: reports of
 * multicast groups (RFC 3810), solicitations of routers and those that look for a double of an address
 * (RFC 4861, 4862). They would end the wait for the program's first packet, and an idle program's
 * sleep; that is all they do where there is no such filter.
 */
static void filter_tap(int fd)
{
	enum { TYPE = 12, NEXT = 20, SOURCE = 22, ICMP = 54 }; /* offsets in the frame */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, TYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 9),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NEXT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_HOPOPTS, 6, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 6),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ICMP),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_ROUTER_SOLICIT, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_SOLICIT, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SOURCE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, ~0U),
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	ioctl(fd, TUNATTACHFILTER, &program);
}

static int open_tap(struct error *e)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI, .ifr_name = SETUP_TAP};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return error_errno(e, errno, "/dev/net/tun");
	if (ioctl(fd, TUNSETIFF, &request) < 0) {
		int code = errno;

		fd_close(fd);
		return error_errno(e, code, "/dev/net/tun: making " SETUP_TAP);
	}
	filter_tap(fd);
	return fd;
}

/* A socket of the namespace, bound to @address and, for TCP, listening. */
static int open_socket(const struct address *address, uint16_t port, int type, bool transparent,
		       struct error *e)
{
	struct sockaddr_storage to;
	socklen_t length = address_to_sockaddr(address, port, &to);
	bool v6 = address->family == AF_INET6;
	_cleanup_fd_ int fd = socket(address->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int yes = 1;
	char text[ADDRESS_TEXT];

	if (fd < 0)
		return error_errno(e, errno, "socket");
	if (v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	/* For what is accepted, as it sends by the loopback interface. */
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, SETUP_CONGESTION,
			   sizeof(SETUP_CONGESTION));
	/* Addresses that are routed here and on no interface. */
	setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_FREEBIND : IP_FREEBIND, &yes,
		   sizeof(yes));
	if (transparent &&
	    setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TRANSPARENT : IP_TRANSPARENT,
		       &yes, sizeof(yes)) < 0)
		return error_errno(e, errno, "making a socket transparent");
	if (bind(fd, (struct sockaddr *)&to, length) < 0 ||
	    (type == SOCK_STREAM && listen(fd, SOMAXCONN) < 0)) {
		int code = errno;

		address_format(address, text);
		return error_errno(e, code, "port %u of %s inside", port, text);
	}
	return TAKE_FD(fd);
}

static int make_resolver(struct attachment *made, const struct address *address, struct error *e)
{
	bool v6 = address->family == AF_INET6;
	int r = made->dns_udp[v6] = open_socket(address, 53, SOCK_DGRAM, false, e);

	if (r >= 0)
		r = made->dns_tcp[v6] = open_socket(address, 53, SOCK_STREAM, false, e);
	return r;
}

/* The program's localhost:PORT is a listener of ours. */
static int make_host_ports(const struct layout *layout, struct attachment *made, struct error *e)
{
	const struct address loopback[2] = {
		{.family = AF_INET, .v4.s_addr = htonl(INADDR_LOOPBACK)},
		{.family = AF_INET6, .v6 = IN6ADDR_LOOPBACK_INIT},
	};

	for (unsigned i = 0; i < layout->host_port_count; i++) {
		uint16_t port = layout->host_ports[i];

		for (int v6 = 0; v6 <= (int)made->ipv6; v6++) {
			int fd = open_socket(&loopback[v6], port, SOCK_STREAM, false, e);

			if (fd < 0)
				return error_wrap(e, "--host-port %u", port);
			made->host_port[i][v6] = fd;
		}
	}
	return 0;
}

static int make_maker(struct attachment *made, struct error *e)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(e, errno, "socketpair");
	pid = fork();
	if (pid == 0) {
		fd_close(pair[0]);
		maker_serve(pair[1]);
	}
	fd_close(pair[1]);
	if (pid < 0) {
		error_errno(e, errno, "fork");
		fd_close(pair[0]);
		return -e->code;
	}
	made->maker = pair[0];
	return 0;
}

/* The transparent listeners, before the program could have their port. */
static int make_listeners(const struct layout *layout, struct attachment *made, struct error *e)
{
	const struct address *at[2] = {&layout->gateway4, &layout->gateway6};
	int r = 0;

	for (int v6 = 0; v6 <= (int)made->ipv6 && r >= 0; v6++)
		r = made->listener[v6] = open_socket(at[v6], SETUP_PORT, SOCK_STREAM, true, e);
	return r;
}

/* Everybody inside may send echo requests, as on most hosts; in a new namespace nobody may. */
static void let_ping(void)
{
	_cleanup_fd_ int fd = open("/proc/sys/net/ipv4/ping_group_range", O_WRONLY | O_CLOEXEC);
	char text[32];
	int length;

	/* Only groups that the user namespace has can be named. */
	if (fd < 0 || write(fd, "0 65534", 7) == 7)
		return;
	length = snprintf(text, sizeof(text), "%u %u", getegid(), getegid());
	if (write(fd, text, (size_t)length) < 0)
		return; /* ping(8) says so itself */
}

static int make_tap(const struct layout *layout, struct attachment *made)
{
	struct error why = {0};
	int tap = layout->want_tap ? open_tap(&why) : error_set(&why, ENODEV, "tap: switched off");

	if (tap < 0)
		setup_note(made,
			   "%s; UDP and ICMP are refused, and connections are accepted before "
			   "their destination answers",
			   why.text);
	return tap < 0 ? -1 : tap;
}

static int make_all(const struct layout *layout, struct attachment *made, struct error *e)
{
	int r;

	made->tcp = TCP_PENDING;
	made->ipv6 = access("/proc/sys/net/ipv6", F_OK) == 0;
	made->tap = make_tap(layout, made);
	r = setup_link(layout, made->tap, &made->ipv6, e);
	if (r < 0)
		return r;
	let_ping();
	if (!made->ipv6)
		setup_note(made, "this kernel has no IPv6, so the sandbox has none");
	if (layout->want_redirection)
		make_listeners(layout, made, &made->no_redirection);
	else
		error_set(&made->no_redirection, EOPNOTSUPP, "switched off");
	r = make_resolver(made, &layout->dns4, e);
	if (r >= 0 && made->ipv6)
		r = make_resolver(made, &layout->dns6, e);
	if (r >= 0)
		r = make_host_ports(layout, made, e);
	return r < 0 || !layout->publishes ? r : make_maker(made, e);
}

int setup_enter(const struct namespaces *namespaces, struct error *e)
{
	prctl(PR_SET_NAME, "hutch-net-setup", 0, 0, 0);
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		return error_errno(e, errno, "prctl");
	if (namespaces->user >= 0 && setns(namespaces->user, CLONE_NEWUSER) < 0)
		return error_errno(e, errno, "entering the user namespace");
	if (setns(namespaces->net, CLONE_NEWNET) < 0)
		return error_errno(e, errno, "entering the network namespace");
	/* Other credentials may take this away (prctl(2)). */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_errno(e, errno, "prctl");
	return 0;
}

static int run_child(void *data)
{
	struct making *making = data;
	int r = setup_enter(making->namespaces, making->error);

	making->result = r < 0 ? r : make_all(making->layout, making->made, making->error);
	return 0; /* which ends the child */
}

static void attachment_close(struct attachment *attachment)
{
	fd_close(attachment->tap);
	fd_close(attachment->maker);
	for (int v6 = 0; v6 < 2; v6++) {
		fd_close(attachment->listener[v6]);
		fd_close(attachment->dns_udp[v6]);
		fd_close(attachment->dns_tcp[v6]);
		for (unsigned i = 0; i < SETUP_PORTS; i++)
			fd_close(attachment->host_port[i][v6]);
	}
}

int setup_make(const struct layout *layout, const struct namespaces *namespaces,
	       struct attachment *ret, struct error *e)
{
	/* Pages of it that are not used cost nothing. */
	static uint8_t stack[256 * 1024] __attribute__((aligned(16)));
	struct attachment made;
	struct making making = {
		.layout = layout,
		.namespaces = namespaces,
		.made = &made,
		.error = e,
		.result = 1,
	};

	memset(&made, 0xff, sizeof(made)); /* every descriptor is -1 */
	made.notes[0] = '\0';
	made.no_redirection = (struct error){0};
	/* Nobody waits for it: it leaves no zombie. */
	signal(SIGCHLD, SIG_IGN);
	if (clone(run_child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD,
		  &making) < 0)
		return error_errno(e, errno, "clone");
	if (making.result == 1)
		return error_set(e, EPIPE, "the process that sets up the network is gone");
	if (making.result < 0)
		attachment_close(&made);
	else
		*ret = made;
	return making.result;
}
