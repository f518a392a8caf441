// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation. A child enters the sandbox's user and network namespaces, makes there what
 * needs privileges there, and sends each descriptor back, followed by how it went. Then it ends;
 * the program itself never enters, so that nothing inside can ever be its own.
 *
 *	parent                         child
 *	  fork ──────────────────────►  libnftables, and memory for it
 *	  libslirp, resolv.conf,        namespaces (of the launcher, or of --target)
 *	  its own confinement           setns(user), setns(net)
 *	                                tap, addresses, routes, rules, nftables, listeners
 *	  descriptors, notes  ◄───────  exit
 *
 * Whoever starts the program waits for both, so neither waits for the other before the end: the
 * launcher's message with the namespaces is read by the child itself, and what comes out comes in
 * one message, or a few where there are many ports. Nor is the child's own end waited for, which
 * takes the kernel as long as much of the above.
 *
 * Where a piece is missing, the next way is taken and a note says what that costs. With --publish,
 * the child forks once more: see maker.h.
 */
#include "setup.h"

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
#include <unistd.h>

const char *const tcp_way_names[] = {
	[TCP_TPROXY] = "tproxy",
	[TCP_ACCEPT_FIRST] = "accept-first",
	[TCP_SLIRP] = "slirp",
	[TCP_NONE] = "none",
};

/* What a descriptor is. */
enum item {
	ITEM_TAP,
	ITEM_LISTENER,
	ITEM_DNS_UDP,
	ITEM_DNS_TCP,
	ITEM_HOST_PORT,
	ITEM_MAKER,
};

enum outcome {
	MORE, /* another message follows */
	DONE,
	FAILED,
};

struct message {
	enum outcome outcome;
	size_t count; /* of the descriptors that came with it */
	struct {
		enum item item;
		bool v6;
		unsigned int index; /* of the port */
	} items[RIGHTS_MAX];
	struct {
		enum tcp_way tcp;
		bool ipv6;
		char notes[512];
	} done;
	struct error error;
};

struct child {
	int socket, control;
	struct namespaces namespaces; /* or none, and they come by the control socket */
	const struct layout *layout;
	struct error no_redirection; /* why not, or code 0 */
	struct message report;
	int fds[RIGHTS_MAX]; /* of the report; they are closed when it is sent */
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

static int send_report(struct child *child, enum outcome outcome)
{
	struct message *report = &child->report;
	int r;

	report->outcome = outcome;
	r = rights_send(child->socket, report, sizeof(*report), child->fds, report->count, 0);
	while (report->count)
		fd_close(child->fds[--report->count]);
	return r;
}

/* Takes @fd, which goes out with the next message. */
static int give(struct child *child, enum item item, bool v6, unsigned index, int fd,
		struct error *e)
{
	struct message *report = &child->report;
	int r = report->count < RIGHTS_MAX ? 0 : send_report(child, MORE);

	child->fds[report->count] = fd;
	report->items[report->count].item = item;
	report->items[report->count].v6 = v6;
	report->items[report->count].index = index;
	report->count++;
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

static int give_socket(struct child *child, enum item item, unsigned index,
		       const struct address *address, uint16_t port, int type, bool transparent,
		       struct error *e)
{
	int fd = open_socket(address, port, type, transparent, e);

	return fd < 0 ? fd : give(child, item, address->family == AF_INET6, index, fd, e);
}

static int give_resolver(struct child *child, const struct address *address, struct error *e)
{
	int r = give_socket(child, ITEM_DNS_UDP, 0, address, 53, SOCK_DGRAM, false, e);

	if (r >= 0)
		r = give_socket(child, ITEM_DNS_TCP, 0, address, 53, SOCK_STREAM, false, e);
	return r;
}

/* The program's localhost:PORT is a listener of ours. */
static int give_host_ports(struct child *child, bool ipv6, struct error *e)
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

static int give_maker(struct child *child, struct error *e)
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
	return give(child, ITEM_MAKER, false, 0, pair[0], e);
}

/* The transparent listeners. */
static int give_listeners(struct child *child, bool ipv6, struct error *e)
{
	const struct layout *layout = child->layout;
	int r = give_socket(child, ITEM_LISTENER, 0, &layout->gateway4, SETUP_PORT, SOCK_STREAM,
			    true, e);

	return r < 0 || !ipv6 ? r
			      : give_socket(child, ITEM_LISTENER, 0, &layout->gateway6, SETUP_PORT,
					    SOCK_STREAM, true, e);
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
	struct error why = {0}, missing = child->no_redirection;
	bool ipv6 = access("/proc/sys/net/ipv6", F_OK) == 0;
	int tap, r;

	tap = layout->want_tap ? open_tap(&why) : error_set(&why, ENODEV, "tap: switched off");
	if (tap < 0)
		note(child,
		     "%s; UDP and ICMP are refused, and connections are accepted before their "
		     "destination answers",
		     why.text);
	r = tap < 0 ? 0 : give(child, ITEM_TAP, false, 0, tap, e);
	if (r < 0)
		return r;
	/* Before the routes, which without it would lead every connection into nothing. */
	if (!missing.code)
		setup_redirection(layout, tap >= 0, ipv6, &missing);
	r = setup_link(layout, tap, &ipv6, &missing, e);
	if (r < 0)
		return r;
	let_ping();
	if (!ipv6)
		note(child, "this kernel has no IPv6, so the sandbox has none");
	child->report.done.ipv6 = ipv6;
	child->report.done.tcp = tap >= 0 ? TCP_TPROXY : TCP_ACCEPT_FIRST;
	if (missing.code || give_listeners(child, ipv6, &missing) < 0) {
		if (tap < 0)
			return error_set(e, missing.code, "neither a tap nor a redirection: %s",
					 missing.text);
		note(child, "%s; TCP goes through libslirp, which is slower", missing.text);
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

static int enter(const struct child *child, struct error *e)
{
	struct namespaces namespaces = child->namespaces;
	int r = namespaces.net < 0 ? namespaces_receive(child->control, &namespaces, e) : 0;

	if (r < 0)
		return r;
	if (namespaces.user >= 0 && setns(namespaces.user, CLONE_NEWUSER) < 0)
		return error_errno(e, errno, "entering the user namespace");
	if (setns(namespaces.net, CLONE_NEWNET) < 0)
		return error_errno(e, errno, "entering the network namespace");
	return 0;
}

static _Noreturn void run_child(struct child *child)
{
	struct message *report = &child->report;
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!child->layout->want_redirection)
		error_set(&child->no_redirection, EOPNOTSUPP, "switched off");
	else
		setup_redirection_load(&child->no_redirection);
	r = enter(child, &report->error);
	if (r >= 0)
		r = set_up(child, &report->error);
	_exit(send_report(child, r < 0 ? FAILED : DONE) < 0);
}

static void put(int *slot, int fd)
{
	fd_close(*slot);
	*slot = fd;
}

/* Where in @to a descriptor belongs. */
static int *place(struct attachment *to, const struct message *message, size_t i)
{
	bool v6 = message->items[i].v6;

	switch (message->items[i].item) {
	case ITEM_TAP:
		return &to->tap;
	case ITEM_LISTENER:
		return &to->listener[v6];
	case ITEM_DNS_UDP:
		return &to->dns_udp[v6];
	case ITEM_DNS_TCP:
		return &to->dns_tcp[v6];
	case ITEM_HOST_PORT:
		return &to->host_port[message->items[i].index][v6];
	case ITEM_MAKER:
		return &to->maker;
	}
	return NULL;
}

/* Receive descriptors until the child is done. */
static int receive(int socket, struct attachment *to, struct error *e)
{
	struct message message = {.outcome = MORE};

	while (message.outcome == MORE) {
		int fds[RIGHTS_MAX];
		ssize_t got = rights_receive(socket, &message, sizeof(message), fds, RIGHTS_MAX, 0);

		if (got < 0)
			return error_errno(e, (int)-got, "the process that sets up the network");
		if (got != sizeof(message))
			return error_set(e, EPIPE, "the process that sets up the network is gone");
		for (size_t i = 0; i < message.count; i++)
			put(place(to, &message, i), fds[i]);
	}
	if (message.outcome == FAILED) {
		*e = message.error;
		return -e->code;
	}
	to->tcp = message.done.tcp;
	to->ipv6 = message.done.ipv6;
	memcpy(to->notes, message.done.notes, sizeof(to->notes));
	return 0;
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

int setup_begin(struct setup *setup, const struct layout *layout,
		const struct namespaces *namespaces, int control, struct error *e)
{
	int pair[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(e, errno, "socketpair");
	/* Nobody waits for it: it leaves no zombie. */
	signal(SIGCHLD, SIG_IGN);
	child = fork();
	if (child == 0) {
		struct child own = {
			.socket = pair[1],
			.control = control,
			.namespaces = *namespaces,
			.layout = layout,
		};

		fd_close(pair[0]);
		run_child(&own);
	}
	fd_close(pair[1]);
	setup->socket = pair[0];
	return child < 0 ? error_errno(e, errno, "fork") : 0;
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
	setup->socket = fd_close(setup->socket);
	return r;
}
