// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation. A child enters the sandbox's user and network namespaces, makes there what
 * needs privileges there, and sends each descriptor back, followed by how it went. Then it ends;
 * the program itself never enters, so that nothing inside can ever be its own.
 *
 *	parent                         child
 *	  fork ──────────────────────►  libraries
 *	  namespaces  ───────────────►  setns(user), setns(net)
 *	                                tap, addresses, routes, rules, nftables
 *	  descriptors  ◄──────────────  listeners, resolver's sockets
 *	  notes, or error  ◄──────────  exit
 *
 * Where a piece is missing, the next way is taken and a note says what that costs. With --publish,
 * the child forks once more: see maker.h.
 */
#include "setup.h"

#include "handover.h"
#include "maker.h"

#include "base/fd.h"
#include "base/string.h"
#include "kernel/rights.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const tcp_way_names[] = {
	[TCP_TPROXY] = "tproxy",
	[TCP_ACCEPT_FIRST] = "accept-first",
	[TCP_SLIRP] = "slirp",
	[TCP_NONE] = "none",
};

/* What a message carries. */
enum item {
	ITEM_TAP,
	ITEM_LISTENER,
	ITEM_DNS_UDP,
	ITEM_DNS_TCP,
	ITEM_HOST_PORT,
	ITEM_MAKER,
	ITEM_DONE,
	ITEM_FAILED,
};

struct message {
	enum item item;
	unsigned int index; /* of the port */
	bool v6;
	struct {
		enum tcp_way tcp;
		bool ipv6;
		char notes[512];
	} done;
	struct error error;
};

struct child {
	int socket;
	const struct layout *layout;
	struct message report;
};

static void note(struct child *child, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note(struct child *child, const char *format, ...)
{
	char *notes = child->report.done.notes;
	size_t used = strlen(notes), size = sizeof(child->report.done.notes);
	va_list arguments;

	if (used + 2 >= size)
		return;
	if (used)
		notes[used++] = '\n';
	va_start(arguments, format);
	vsnprintf(notes + used, size - used, format, arguments);
	va_end(arguments);
}

static int send_item(const struct child *child, enum item item, bool v6, unsigned index, int fd,
		     struct error *e)
{
	struct message message = {.item = item, .v6 = v6, .index = index};
	int r = handover_send(child->socket, &message, sizeof(message), fd);

	return r < 0 ? error_errno(e, -r, "handing over a descriptor") : 0;
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
	if (type == SOCK_STREAM) /* for what is accepted: see relay_begin() */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
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

static int give_socket(const struct child *child, enum item item, unsigned index,
		       const struct address *address, uint16_t port, int type, bool transparent,
		       struct error *e)
{
	_cleanup_fd_ int fd = open_socket(address, port, type, transparent, e);

	if (fd < 0)
		return fd;
	return send_item(child, item, address->family == AF_INET6, index, fd, e);
}

static int give_resolver(const struct child *child, const struct address *address, struct error *e)
{
	int r = give_socket(child, ITEM_DNS_UDP, 0, address, 53, SOCK_DGRAM, false, e);

	if (r >= 0)
		r = give_socket(child, ITEM_DNS_TCP, 0, address, 53, SOCK_STREAM, false, e);
	return r;
}

/* The program's localhost:PORT is a listener of ours. */
static int give_host_ports(const struct child *child, bool ipv6, struct error *e)
{
	const struct address loopback4 = {.family = AF_INET, .v4.s_addr = htonl(INADDR_LOOPBACK)};
	const struct address loopback6 = {.family = AF_INET6, .v6 = IN6ADDR_LOOPBACK_INIT};
	int r = 0;

	for (unsigned i = 0; r >= 0 && i < child->layout->host_port_count; i++) {
		uint16_t port = child->layout->host_ports[i];

		r = give_socket(child, ITEM_HOST_PORT, i, &loopback4, port, SOCK_STREAM, false, e);
		if (r >= 0 && ipv6)
			r = give_socket(child, ITEM_HOST_PORT, i, &loopback6, port, SOCK_STREAM,
					false, e);
		if (r < 0)
			return error_wrap(e, "--host-port %u", port);
	}
	return r;
}

static int give_maker(const struct child *child, struct error *e)
{
	int pair[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(e, errno, "socketpair");
	pid = fork();
	if (pid == 0) {
		fd_close(pair[0]);
		fd_close(child->socket);
		maker_serve(pair[1]);
	}
	fd_close(pair[1]);
	r = pid < 0 ? error_errno(e, errno, "fork")
		    : send_item(child, ITEM_MAKER, false, 0, pair[0], e);
	fd_close(pair[0]);
	return r;
}

/* Routes, rules and listeners; what is missing of it leaves TCP to libslirp. */
static int redirect(struct child *child, bool tap, bool ipv6, struct error *e)
{
	const struct layout *layout = child->layout;
	int r;

	if (!layout->want_redirection)
		return error_set(e, EOPNOTSUPP, "switched off");
	/* nftables first: routes without it would lead every connection into nothing. */
	r = setup_redirection(layout, tap, ipv6, e);
	if (r < 0)
		return r;
	r = setup_routes(layout, ipv6, e);
	if (r < 0)
		return r;
	r = give_socket(child, ITEM_LISTENER, 0, &layout->gateway4, SETUP_PORT, SOCK_STREAM, true,
			e);
	if (r >= 0 && ipv6)
		r = give_socket(child, ITEM_LISTENER, 0, &layout->gateway6, SETUP_PORT, SOCK_STREAM,
				true, e);
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

static int set_up(struct child *child, struct error *e)
{
	const struct layout *layout = child->layout;
	struct error why = {0};
	_cleanup_fd_ int tap = -1;
	bool ipv6 = false;
	int r;

	tap = layout->want_tap ? open_tap(&why) : error_set(&why, ENODEV, "tap: switched off");
	if (tap < 0)
		note(child,
		     "%s; UDP and ICMP are refused, and connections are accepted before their "
		     "destination answers",
		     why.text);
	r = setup_link(layout, tap, &ipv6, e);
	if (r >= 0 && tap >= 0)
		r = send_item(child, ITEM_TAP, false, 0, tap, e);
	if (r < 0)
		return r;
	let_ping();
	if (!ipv6)
		note(child, "this kernel has no IPv6, so the sandbox has none");
	child->report.done.ipv6 = ipv6;
	child->report.done.tcp = tap >= 0 ? TCP_TPROXY : TCP_ACCEPT_FIRST;
	if (redirect(child, tap >= 0, ipv6, &why) < 0) {
		if (tap < 0)
			return error_set(e, why.code, "neither a tap nor a redirection: %s",
					 why.text);
		note(child, "%s; TCP goes through libslirp, which is slower", why.text);
		child->report.done.tcp = TCP_SLIRP;
	}
	r = give_resolver(child, &layout->dns4, e);
	if (r >= 0 && ipv6)
		r = give_resolver(child, &layout->dns6, e);
	if (r >= 0)
		r = give_host_ports(child, ipv6, e);
	if (r >= 0 && layout->publishes)
		r = give_maker(child, e);
	return r;
}

static int enter(const struct namespaces *namespaces, struct error *e)
{
	if (namespaces->user >= 0 && setns(namespaces->user, CLONE_NEWUSER) < 0)
		return error_errno(e, errno, "entering the user namespace");
	if (setns(namespaces->net, CLONE_NEWNET) < 0)
		return error_errno(e, errno, "entering the network namespace");
	return 0;
}

static _Noreturn void run_child(struct child *child)
{
	struct message *report = &child->report;
	int fds[2], r;
	char nothing;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (child->layout->want_redirection)
		setup_redirection_load();
	if (rights_receive(child->socket, &nothing, 1, fds, 2, 0) != 1)
		_exit(1); /* nobody wants it any more */
	r = enter(&(struct namespaces){.net = fds[0], .user = fds[1]}, &report->error);
	if (r >= 0)
		r = set_up(child, &report->error);
	report->item = r < 0 ? ITEM_FAILED : ITEM_DONE;
	_exit(handover_send(child->socket, report, sizeof(*report), -1) < 0);
}

static void put(int *slot, int fd)
{
	fd_close(*slot);
	*slot = fd;
}

/* Receive descriptors until the child is done. */
static int receive(int socket, struct attachment *to, struct error *e)
{
	struct message message = {0};
	int fd = -1;

	for (;;) {
		int r = handover_receive(socket, &message, sizeof(message), &fd);

		if (r < 0)
			return error_errno(e, -r, "the process that sets up the network");
		switch (message.item) {
		case ITEM_TAP:
			put(&to->tap, fd);
			break;
		case ITEM_LISTENER:
			put(&to->listener[message.v6], fd);
			break;
		case ITEM_DNS_UDP:
			put(&to->dns_udp[message.v6], fd);
			break;
		case ITEM_DNS_TCP:
			put(&to->dns_tcp[message.v6], fd);
			break;
		case ITEM_HOST_PORT:
			put(&to->host_port[message.index][message.v6], fd);
			break;
		case ITEM_MAKER:
			put(&to->maker, fd);
			break;
		case ITEM_DONE:
			to->tcp = message.done.tcp;
			to->ipv6 = message.done.ipv6;
			memcpy(to->notes, message.done.notes, sizeof(to->notes));
			return 0;
		case ITEM_FAILED:
			*e = message.error;
			return -e->code;
		}
	}
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

int setup_begin(struct setup *setup, const struct layout *layout, struct error *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(e, errno, "socketpair");
	setup->pid = fork();
	if (setup->pid == 0) {
		struct child child = {.socket = pair[1], .layout = layout};

		fd_close(pair[0]);
		run_child(&child);
	}
	fd_close(pair[1]);
	setup->socket = pair[0];
	return setup->pid < 0 ? error_errno(e, errno, "fork") : 0;
}

int setup_attach(struct setup *setup, const struct namespaces *namespaces, struct error *e)
{
	const int fds[2] = {namespaces->net, namespaces->user};
	int r = rights_send(setup->socket, "", 1, fds, namespaces->user < 0 ? 1 : 2, 0);

	return r < 0 ? error_errno(e, -r, "the process that sets up the network") : 0;
}

int setup_collect(struct setup *setup, struct attachment *ret, struct error *e)
{
	struct attachment made;
	struct error ignored;
	int r;

	memset(&made, 0xff, sizeof(made)); /* every descriptor is -1 */
	r = receive(setup->socket, &made, e ? e : &ignored);
	if (r < 0)
		attachment_close(&made);
	else
		*ret = made;
	return r;
}

void setup_end(struct setup *setup)
{
	setup->socket = fd_close(setup->socket);
	while (setup->pid > 0 && waitpid(setup->pid, NULL, 0) < 0 && errno == EINTR)
		;
	setup->pid = 0;
}
