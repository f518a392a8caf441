// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interfaces, addresses, routes and rules inside the sandbox, through libnl (rtnetlink(7)): all in
 * one message to the kernel, which goes through the requests in it one by one and answers for those
 * that it refused, and for the last.
 *
 * The rule of SETUP_PRIORITY_TCP sends all TCP that is not for a local address to a table in which
 * every address is local (AnyIP): a connection is routed once, to the loopback interface, and keeps
 * that route with its large packets. Only its SYN, which nftables marks, is routed anew, to the
 * tap. So nothing but one packet a connection passes through user space.
 */
#include "setup_link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

/* Requests at most. */
#define REQUESTS 20

/* The addresses that libslirp's gateway has on the wire: 52:55 and its IPv4 address, or 52:56 and
 * the end of its IPv6 address. */
static const uint8_t gateway_mac6[6] = {0x52, 0x56, 0, 0, 0, 2};

/* What a request is for. */
enum part {
	PART_ADDRESS6, /* without it the sandbox has no IPv6 */
	PART_IPV6,
	PART_NEEDED,
};

/* Requests on their way. */
struct batch {
	struct nl_sock *socket;
	struct {
		enum part part;
		const char *what;
		uint32_t number;
	} requests[REQUESTS];
	size_t count, length;
	uint8_t data[REQUESTS * 128] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static int batch_begin(struct batch *batch, struct error *e)
{
	int r;

	*batch = (struct batch){.socket = nl_socket_alloc()};
	r = batch->socket ? nl_connect(batch->socket, NETLINK_ROUTE) : -NLE_NOMEM;
	return r < 0 ? error_set(e, EIO, "netlink: %s", nl_geterror(r)) : 0;
}

/* Add @message, which is freed; @r is how making it went. */
static int batch_add(struct batch *batch, enum part part, const char *what, struct nl_msg *message,
		     int r, struct error *e)
{
	struct nlmsghdr *header = r < 0 ? NULL : nlmsg_hdr(message);

	if (r >= 0) {
		nl_complete_msg(batch->socket, message);
		header->nlmsg_flags &= (uint16_t)~NLM_F_ACK;
		if (batch->count == REQUESTS ||
		    batch->length + NLMSG_ALIGN(header->nlmsg_len) > sizeof(batch->data))
			r = -NLE_NOMEM;
	}
	if (r < 0) {
		nlmsg_free(message);
		return error_set(e, EIO, "%s: %s", what, nl_geterror(r));
	}
	batch->requests[batch->count].part = part;
	batch->requests[batch->count].what = what;
	batch->requests[batch->count].number = header->nlmsg_seq;
	batch->count++;
	memcpy(batch->data + batch->length, header, header->nlmsg_len);
	batch->length += NLMSG_ALIGN(header->nlmsg_len);
	nlmsg_free(message);
	return 0;
}

/* The number of the request in @batch that is answered. */
static size_t find(const struct batch *batch, const struct nlmsghdr *answer)
{
	size_t i = 0;

	while (i < batch->count && batch->requests[i].number != answer->nlmsg_seq)
		i++;
	return i;
}

/* Send all; @ret_codes gets an errno for each. */
static int batch_send(struct batch *batch, int ret_codes[REQUESTS], struct error *e)
{
	struct nlmsghdr *last = (struct nlmsghdr *)batch->data;
	uint8_t answers[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	int left = (int)batch->length, fd = nl_socket_get_fd(batch->socket);
	size_t answered = 0;

	memset(ret_codes, 0, REQUESTS * sizeof(int));
	while (left > (int)NLMSG_ALIGN(last->nlmsg_len))
		last = NLMSG_NEXT(last, left);
	last->nlmsg_flags |= NLM_F_ACK;
	if (nl_sendto(batch->socket, batch->data, batch->length) < 0)
		return error_errno(e, errno, "netlink");
	while (answered + 1 < batch->count) {
		ssize_t got = recv(fd, answers, sizeof(answers), 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return error_errno(e, got ? errno : EIO, "netlink");
		left = (int)got;
		for (struct nlmsghdr *answer = (struct nlmsghdr *)answers; NLMSG_OK(answer, left);
		     answer = NLMSG_NEXT(answer, left)) {
			const struct nlmsgerr *error = NLMSG_DATA(answer);
			size_t i = find(batch, answer);

			if (answer->nlmsg_type != NLMSG_ERROR || i == batch->count)
				continue;
			ret_codes[i] = -error->error;
			answered = i;
		}
	}
	return 0;
}

static struct nl_addr *nl_address(const struct address *address, unsigned bits)
{
	struct nl_addr *new =
		nl_addr_build(address->family, address->bytes, address->family == AF_INET ? 4 : 16);

	if (new)
		nl_addr_set_prefixlen(new, (int)bits);
	return new;
}

static struct nl_addr *nl_host(const struct address *address)
{
	return nl_address(address, address->family == AF_INET ? 32 : 128);
}

static int change_link(struct batch *batch, int index, unsigned mtu, bool tap, struct error *e)
{
	struct rtnl_link *from = rtnl_link_alloc(), *to = rtnl_link_alloc();
	struct nl_msg *message = NULL;
	int r = -NLE_NOMEM;

	if (from && to) {
		rtnl_link_set_ifindex(from, index);
		rtnl_link_set_flags(to, IFF_UP);
		if (mtu)
			rtnl_link_set_mtu(to, mtu);
		if (tap) {
			/* The SYN comes back with the sandbox's own address as its source. */
			rtnl_link_inet_set_conf(to, IPV4_DEVCONF_ACCEPT_LOCAL, 1);
			rtnl_link_inet_set_conf(to, IPV4_DEVCONF_RP_FILTER, 0);
		}
		r = rtnl_link_build_change_request(from, to, 0, &message);
	}
	rtnl_link_put(from);
	rtnl_link_put(to);
	return batch_add(batch, PART_NEEDED, tap ? "bringing up " SETUP_TAP : "bringing up lo",
			 message, r, e);
}

/* The stricter of the device's value and this one holds, and a host may have set it for all new
 * namespaces. */
static void no_reverse_path_filter(void)
{
	_cleanup_fd_ int fd = open("/proc/sys/net/ipv4/conf/all/rp_filter", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "0", 1) < 0)
		return; /* a SYN that doesn't come back shows it; nothing else to do here */
}

static int add_address(struct batch *batch, int index, const struct network *network,
		       struct error *e)
{
	bool v6 = network->address.family == AF_INET6;
	struct rtnl_addr *new = rtnl_addr_alloc();
	struct nl_addr *address = nl_address(&network->address, network->bits);
	struct nl_msg *message = NULL;
	int r = -NLE_NOMEM;

	if (new &&address) {
		rtnl_addr_set_ifindex(new, index);
		r = rtnl_addr_set_local(new, address);
		/* Nobody else is on this wire, and waiting for an answer takes a second. */
		if (v6)
			rtnl_addr_set_flags(new, IFA_F_NODAD);
		if (r >= 0)
			r = rtnl_addr_build_add_request(new, 0, &message);
	}
	nl_addr_put(address);
	rtnl_addr_put(new);
	return batch_add(batch, v6 ? PART_ADDRESS6 : PART_NEEDED, "the sandbox's address", message,
			 r, e);
}

static int add_neighbor(struct batch *batch, int index, const struct address *address,
			const uint8_t mac[6], struct error *e)
{
	struct rtnl_neigh *new = rtnl_neigh_alloc();
	struct nl_addr *to = nl_host(address), *at = nl_addr_build(AF_LLC, mac, 6);
	struct nl_msg *message = NULL;
	int r = -NLE_NOMEM;

	if (new &&to && at) {
		rtnl_neigh_set_ifindex(new, index);
		rtnl_neigh_set_dst(new, to);
		rtnl_neigh_set_lladdr(new, at);
		rtnl_neigh_set_state(new, NUD_PERMANENT);
		r = rtnl_neigh_build_add_request(new, NLM_F_CREATE | NLM_F_REPLACE, &message);
	}
	nl_addr_put(to);
	nl_addr_put(at);
	rtnl_neigh_put(new);
	return batch_add(batch, address->family == AF_INET6 ? PART_IPV6 : PART_NEEDED,
			 "the gateway's neighbour entry", message, r, e);
}

struct route {
	enum part part;
	const char *what;
	uint8_t type;
	uint32_t table;
	const struct address *to; /* NULL for every address */
	sa_family_t family;
	int index;
	const struct address *gateway, *source; /* NULL for none */
	const char *congestion;                 /* the control of what goes this way, or NULL */
	bool replace;                           /* the one that is there */
};

/* libnl has only metrics that are numbers. */
static int put_congestion(struct nl_msg *message, const char *name)
{
	struct nlattr *metrics = nla_nest_start(message, RTA_METRICS);

	if (!metrics || nla_put_string(message, RTAX_CC_ALGO, name) < 0)
		return -NLE_NOMEM;
	return nla_nest_end(message, metrics);
}

static int add_route(struct batch *batch, const struct route *route, struct error *e)
{
	static const uint8_t zero[16];
	struct rtnl_route *new = rtnl_route_alloc();
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
	struct nl_addr *to =
		route->to ? nl_host(route->to)
			  : nl_addr_build(route->family, zero, route->family == AF_INET ? 4 : 16);
	struct nl_addr *gateway = route->gateway ? nl_host(route->gateway) : NULL;
	struct nl_addr *source = route->source ? nl_host(route->source) : NULL;
	struct nl_msg *message = NULL;
	int r = -NLE_NOMEM;

	if (new &&hop && to) {
		if (!route->to)
			nl_addr_set_prefixlen(to, 0);
		rtnl_route_set_family(new, (uint8_t)route->family);
		rtnl_route_set_type(new, route->type);
		rtnl_route_set_table(new, route->table);
		rtnl_route_set_scope(new,
				     route->type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE);
		rtnl_route_set_dst(new, to);
		if (source)
			rtnl_route_set_pref_src(new, source);
		rtnl_route_nh_set_ifindex(hop, route->index);
		if (gateway)
			rtnl_route_nh_set_gateway(hop, gateway);
		rtnl_route_add_nexthop(new, hop);
		hop = NULL; /* is the route's now */
		r = rtnl_route_build_add_request(new, route->replace ? NLM_F_REPLACE : 0, &message);
		if (r >= 0 && route->congestion)
			r = put_congestion(message, route->congestion);
	}
	nl_addr_put(to);
	nl_addr_put(gateway);
	nl_addr_put(source);
	if (hop)
		rtnl_route_nh_free(hop);
	rtnl_route_put(new);
	return batch_add(batch, route->part, route->what, message, r, e);
}

struct rule {
	sa_family_t family;
	uint32_t priority;
	uint32_t mark;    /* 0 for every one */
	uint8_t protocol; /* likewise */
	uint32_t table;
};

static int add_rule(struct batch *batch, const struct rule *rule, bool remove, struct error *e)
{
	struct rtnl_rule *new = rtnl_rule_alloc();
	struct nl_msg *message = NULL;
	int r = -NLE_NOMEM;

	if (new) {
		rtnl_rule_set_family(new, rule->family);
		rtnl_rule_set_prio(new, rule->priority);
		if (rule->mark)
			rtnl_rule_set_mark(new, rule->mark);
		if (rule->protocol)
			rtnl_rule_set_ipproto(new, rule->protocol);
		rtnl_rule_set_table(new, rule->table);
		rtnl_rule_set_action(new, FR_ACT_TO_TBL);
		r = remove ? rtnl_rule_build_delete_request(new, 0, &message)
			   : rtnl_rule_build_add_request(new, 0, &message);
	}
	rtnl_rule_put(new);
	return batch_add(batch, PART_NEEDED, "policy routing", message, r, e);
}

/* The resolver's address is a local one that is on no interface: programs that look at their
 * addresses see the one they know from elsewhere. */
static int add_resolver(struct batch *batch, const struct address *resolver,
			const struct address *source, struct error *e)
{
	return add_route(batch,
			 &(struct route){
				 .part = resolver->family == AF_INET6 ? PART_IPV6 : PART_NEEDED,
				 .what = "the resolver's address",
				 .type = RTN_LOCAL,
				 .table = RT_TABLE_LOCAL,
				 .family = resolver->family,
				 .to = resolver,
				 .index = 1,
				 .source = source,
			 },
			 e);
}

static int add_default_route(struct batch *batch, int index, const struct network *guest,
			     const struct address *gateway, bool replace, struct error *e)
{
	return add_route(batch,
			 &(struct route){
				 .part = gateway->family == AF_INET6 ? PART_IPV6 : PART_NEEDED,
				 .what = "the default route",
				 .type = RTN_UNICAST,
				 .table = RT_TABLE_MAIN,
				 .family = gateway->family,
				 .index = index,
				 .gateway = gateway,
				 .source = &guest->address,
				 .replace = replace,
			 },
			 e);
}

/* One family's part of the tap. */
static int add_to_tap(struct batch *batch, int index, const struct network *guest,
		      const struct address *gateway, const uint8_t mac[6], struct error *e)
{
	int r = add_address(batch, index, guest, e);

	if (r >= 0)
		r = add_neighbor(batch, index, gateway, mac, e);
	return r < 0 ? r : add_default_route(batch, index, guest, gateway, false, e);
}

static int add_tap(struct batch *batch, const struct layout *layout, bool ipv6, struct error *e)
{
	const uint8_t mac4[6] = {
		0x52,
		0x55,
		layout->gateway4.bytes[0],
		layout->gateway4.bytes[1],
		layout->gateway4.bytes[2],
		layout->gateway4.bytes[3],
	};
	int index = (int)if_nametoindex(SETUP_TAP);
	int r = change_link(batch, index, layout->mtu, true, e);

	if (r >= 0)
		r = add_to_tap(batch, index, &layout->guest4, &layout->gateway4, mac4, e);
	if (r >= 0 && ipv6)
		r = add_to_tap(batch, index, &layout->guest6, &layout->gateway6, gateway_mac6, e);
	return r;
}

/* Without a tap the sandbox's address is on the loopback interface. */
static int add_to_loopback(struct batch *batch, const struct layout *layout, bool ipv6,
			   struct error *e)
{
	struct network guest4 = layout->guest4, guest6 = layout->guest6;
	int r;

	guest4.bits = 32;
	guest6.bits = 128;
	r = add_address(batch, 1, &guest4, e);
	return r < 0 || !ipv6 ? r : add_address(batch, 1, &guest6, e);
}

static int add_syn_rule(struct batch *batch, sa_family_t family, struct error *e)
{
	return add_rule(batch,
			&(struct rule){
				.family = family,
				.priority = SETUP_PRIORITY_SYN,
				.mark = SETUP_MARK_SYN,
				.table = RT_TABLE_MAIN,
			},
			false, e);
}

static int add_tcp_rule(struct batch *batch, sa_family_t family, bool remove, struct error *e)
{
	return add_rule(batch,
			&(struct rule){
				.family = family,
				.priority = SETUP_PRIORITY_TCP,
				.protocol = IPPROTO_TCP,
				.table = SETUP_TABLE,
			},
			remove, e);
}

/* What keeps TCP inside. */
static int add_routing(struct batch *batch, sa_family_t family, const struct address *source,
		       struct error *e)
{
	int r = add_route(batch,
			  &(struct route){
				  .part = PART_NEEDED,
				  .what = "policy routing",
				  .type = RTN_LOCAL,
				  .table = SETUP_TABLE,
				  .family = family,
				  .index = 1,
				  .source = source,
				  .congestion = SETUP_CONGESTION,
			  },
			  e);

	if (r >= 0)
		r = add_syn_rule(batch, family, e);
	return r < 0 ? r : add_tcp_rule(batch, family, false, e);
}

static int add_links(struct batch *batch, const struct layout *layout, int tap, bool ipv6,
		     struct error *e)
{
	int r = change_link(batch, 1, 0, false, e);

	if (r >= 0)
		r = tap >= 0 ? add_tap(batch, layout, ipv6, e)
			     : add_to_loopback(batch, layout, ipv6, e);
	if (r >= 0)
		r = add_resolver(batch, &layout->dns4, &layout->guest4.address, e);
	if (r >= 0 && ipv6)
		r = add_resolver(batch, &layout->dns6, &layout->guest6.address, e);
	return r;
}

/* What follows from the kernel's answers. */
static int judge(const struct batch *batch, const int codes[REQUESTS], bool *ipv6, struct error *e)
{
	for (size_t i = 0; i < batch->count; i++)
		if (codes[i] && batch->requests[i].part == PART_ADDRESS6)
			*ipv6 = false; /* switched off on this interface or in this kernel */
	for (size_t i = 0; i < batch->count; i++) {
		enum part part = batch->requests[i].part;

		if (codes[i] && part != PART_ADDRESS6 && (part != PART_IPV6 || *ipv6))
			return error_errno(e, codes[i], "%s", batch->requests[i].what);
	}
	return 0;
}

int setup_link(const struct layout *layout, int tap, bool *ipv6, struct error *e)
{
	struct batch batch;
	int codes[REQUESTS];
	int r = batch_begin(&batch, e);

	if (tap >= 0)
		no_reverse_path_filter();
	if (r >= 0)
		r = add_links(&batch, layout, tap, *ipv6, e);
	if (r >= 0)
		r = batch_send(&batch, codes, e);
	if (r >= 0)
		r = judge(&batch, codes, ipv6, e);
	nl_socket_free(batch.socket);
	return r;
}

/* One family's TCP must not stay inside when the other's can't. */
static int remove_routing(struct error *e)
{
	struct batch batch;
	int codes[REQUESTS];
	int r = batch_begin(&batch, e);

	if (r >= 0)
		r = add_tcp_rule(&batch, AF_INET, true, e);
	if (r >= 0)
		r = add_tcp_rule(&batch, AF_INET6, true, e);
	if (r >= 0)
		r = batch_send(&batch, codes, e);
	nl_socket_free(batch.socket);
	return r;
}

/*
 * A socket that sent its SYN by the tap looks up its route anew once rules of IPv4 have changed; for
 * those of IPv6 that is so since Linux 6.9 and some older ones (fib6_rule_flush_cache()), so that there the
 * route that it has is replaced.
 */
static int refresh_routes6(struct batch *batch, const struct layout *layout, struct error *e)
{
	int index = (int)if_nametoindex(SETUP_TAP);

	return index ? add_default_route(batch, index, &layout->guest6, &layout->gateway6, true, e)
		     : 0;
}

int setup_routing(const struct layout *layout, bool ipv6, struct error *missing, struct error *e)
{
	struct batch batch;
	int codes[REQUESTS];
	int r = batch_begin(&batch, e);

	if (r >= 0)
		r = add_routing(&batch, AF_INET, &layout->guest4.address, e);
	if (r >= 0 && ipv6)
		r = add_routing(&batch, AF_INET6, &layout->guest6.address, e);
	if (r >= 0 && ipv6)
		r = refresh_routes6(&batch, layout, e);
	if (r >= 0)
		r = batch_send(&batch, codes, e);
	for (size_t i = 0; r >= 0 && i < batch.count && !missing->code; i++)
		if (codes[i] && batch.requests[i].part == PART_NEEDED)
			error_errno(missing, codes[i], "%s", batch.requests[i].what);
	nl_socket_free(batch.socket);
	return r < 0 || !missing->code ? r : remove_routing(e);
}
