// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interfaces, addresses, routes and rules inside the sandbox, through libnl (rtnetlink(7)).
 *
 * The rule of SETUP_PRIORITY_TCP sends all TCP that is not for a local address to a table in which
 * every address is local (AnyIP): a connection is routed once, to the loopback interface, and keeps
 * that route with its large packets. Only its SYN, which nftables marks, is routed anew, to the
 * tap. So nothing but one packet a connection passes through user space.
 */
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

/* The addresses that libslirp's gateway has on the wire: 52:55 and its IPv4 address, or 52:56 and
 * the end of its IPv6 address. */
static const uint8_t gateway_mac6[6] = {0x52, 0x56, 0, 0, 0, 2};

static int nl_error(struct error *e, int r, const char *what)
{
	/* libnl has numbers of its own; those that matter here are told apart by the callers. */
	switch (-r) {
	case NLE_OPNOTSUPP:
	case NLE_AF_NOSUPPORT:
	case NLE_PROTO_MISMATCH:
		return error_set(e, EOPNOTSUPP, "%s: %s", what, nl_geterror(r));
	case NLE_PERM:
	case NLE_NOACCESS:
		return error_set(e, EPERM, "%s: %s", what, nl_geterror(r));
	default:
		return error_set(e, EIO, "%s: %s", what, nl_geterror(r));
	}
}

static int nl_begin(struct nl_sock **ret, struct error *e)
{
	struct nl_sock *socket = nl_socket_alloc();
	int r = socket ? nl_connect(socket, NETLINK_ROUTE) : -NLE_NOMEM;

	if (r < 0) {
		nl_socket_free(socket);
		return nl_error(e, r, "netlink");
	}
	*ret = socket;
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

static int change_link(struct nl_sock *socket, int index, unsigned mtu, bool tap)
{
	struct rtnl_link *from = rtnl_link_alloc(), *to = rtnl_link_alloc();
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
		r = rtnl_link_change(socket, from, to, 0);
	}
	rtnl_link_put(from);
	rtnl_link_put(to);
	return r;
}

/* The stricter of the device's value and this one holds, and a host may have set it for all new
 * namespaces. */
static void no_reverse_path_filter(void)
{
	_cleanup_fd_ int fd = open("/proc/sys/net/ipv4/conf/all/rp_filter", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, "0", 1) < 0)
		return; /* a SYN that doesn't come back shows it; nothing else to do here */
}

static int add_address(struct nl_sock *socket, int index, const struct network *network)
{
	struct rtnl_addr *new = rtnl_addr_alloc();
	struct nl_addr *address = nl_address(&network->address, network->bits);
	int r = -NLE_NOMEM;

	if (new &&address) {
		rtnl_addr_set_ifindex(new, index);
		r = rtnl_addr_set_local(new, address);
		/* Nobody else is on this wire, and waiting for an answer takes a second. */
		if (network->address.family == AF_INET6)
			rtnl_addr_set_flags(new, IFA_F_NODAD);
		if (r >= 0)
			r = rtnl_addr_add(socket, new, 0);
	}
	nl_addr_put(address);
	rtnl_addr_put(new);
	return r;
}

static int add_neighbor(struct nl_sock *socket, int index, const struct address *address,
			const uint8_t mac[6])
{
	struct rtnl_neigh *new = rtnl_neigh_alloc();
	struct nl_addr *to = nl_host(address), *at = nl_addr_build(AF_LLC, mac, 6);
	int r = -NLE_NOMEM;

	if (new &&to && at) {
		rtnl_neigh_set_ifindex(new, index);
		rtnl_neigh_set_dst(new, to);
		rtnl_neigh_set_lladdr(new, at);
		rtnl_neigh_set_state(new, NUD_PERMANENT);
		r = rtnl_neigh_add(socket, new, NLM_F_CREATE | NLM_F_REPLACE);
	}
	nl_addr_put(to);
	nl_addr_put(at);
	rtnl_neigh_put(new);
	return r;
}

struct route {
	uint8_t type;
	uint32_t table;
	const struct address *to; /* NULL for every address */
	sa_family_t family;
	int index;
	const struct address *gateway, *source; /* NULL for none */
};

static int add_route(struct nl_sock *socket, const struct route *route)
{
	static const uint8_t zero[16];
	struct rtnl_route *new = rtnl_route_alloc();
	struct rtnl_nexthop *hop = rtnl_route_nh_alloc();
	struct nl_addr *to =
		route->to ? nl_host(route->to)
			  : nl_addr_build(route->family, zero, route->family == AF_INET ? 4 : 16);
	struct nl_addr *gateway = route->gateway ? nl_host(route->gateway) : NULL;
	struct nl_addr *source = route->source ? nl_host(route->source) : NULL;
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
		r = rtnl_route_add(socket, new, 0);
	}
	nl_addr_put(to);
	nl_addr_put(gateway);
	nl_addr_put(source);
	if (hop)
		rtnl_route_nh_free(hop);
	rtnl_route_put(new);
	return r;
}

static int add_rule(struct nl_sock *socket, sa_family_t family, uint32_t priority, uint32_t mark,
		    uint8_t protocol, uint32_t table)
{
	struct rtnl_rule *new = rtnl_rule_alloc();
	int r = -NLE_NOMEM;

	if (new) {
		rtnl_rule_set_family(new, family);
		rtnl_rule_set_prio(new, priority);
		if (mark)
			rtnl_rule_set_mark(new, mark);
		if (protocol)
			rtnl_rule_set_ipproto(new, protocol);
		rtnl_rule_set_table(new, table);
		rtnl_rule_set_action(new, FR_ACT_TO_TBL);
		r = rtnl_rule_add(socket, new, 0);
	}
	rtnl_rule_put(new);
	return r;
}

/* The resolver's address is a local one that is on no interface: programs that look at their
 * addresses see the one they know from elsewhere. */
static int add_resolver(struct nl_sock *socket, const struct address *resolver,
			const struct address *source)
{
	return add_route(socket, &(struct route){
					 .type = RTN_LOCAL,
					 .table = RT_TABLE_LOCAL,
					 .family = resolver->family,
					 .to = resolver,
					 .index = 1,
					 .source = source,
				 });
}

static int setup_tap(struct nl_sock *socket, const struct layout *layout, bool *ipv6,
		     struct error *e)
{
	const uint8_t mac4[6] = {
		0x52,
		0x55,
		layout->gateway4.bytes[0],
		layout->gateway4.bytes[1],
		layout->gateway4.bytes[2],
		layout->gateway4.bytes[3],
	};
	int index = (int)if_nametoindex(SETUP_TAP), r;

	r = change_link(socket, index, layout->mtu, true);
	if (r < 0)
		return nl_error(e, r, "bringing up " SETUP_TAP);
	no_reverse_path_filter();
	r = add_address(socket, index, &layout->guest4);
	if (r >= 0)
		r = add_neighbor(socket, index, &layout->gateway4, mac4);
	if (r >= 0)
		r = add_route(socket, &(struct route){
					      .type = RTN_UNICAST,
					      .table = RT_TABLE_MAIN,
					      .family = AF_INET,
					      .index = index,
					      .gateway = &layout->gateway4,
					      .source = &layout->guest4.address,
				      });
	if (r < 0)
		return nl_error(e, r, "the addresses of " SETUP_TAP);
	if (!*ipv6)
		return 0;
	r = add_address(socket, index, &layout->guest6);
	if (r < 0) {
		*ipv6 = false; /* switched off on this interface or in this kernel */
		return 0;
	}
	r = add_neighbor(socket, index, &layout->gateway6, gateway_mac6);
	if (r >= 0)
		r = add_route(socket, &(struct route){
					      .type = RTN_UNICAST,
					      .table = RT_TABLE_MAIN,
					      .family = AF_INET6,
					      .index = index,
					      .gateway = &layout->gateway6,
					      .source = &layout->guest6.address,
				      });
	return r < 0 ? nl_error(e, r, "the IPv6 addresses of " SETUP_TAP) : 0;
}

/* Without a tap the sandbox's address is on the loopback interface. */
static int setup_loopback_address(struct nl_sock *socket, const struct layout *layout, bool *ipv6,
				  struct error *e)
{
	struct network guest4 = layout->guest4, guest6 = layout->guest6;
	int r;

	guest4.bits = 32;
	guest6.bits = 128;
	r = add_address(socket, 1, &guest4);
	if (r < 0)
		return nl_error(e, r, "the address of lo");
	if (*ipv6 && add_address(socket, 1, &guest6) < 0)
		*ipv6 = false;
	return 0;
}

int setup_link(const struct layout *layout, int tap, bool *ret_ipv6, struct error *e)
{
	bool ipv6 = access("/proc/sys/net/ipv6", F_OK) == 0;
	struct nl_sock *socket = NULL;
	int r = nl_begin(&socket, e);

	if (r < 0)
		return r;
	r = change_link(socket, 1, 0, false);
	if (r < 0)
		r = nl_error(e, r, "bringing up lo");
	else if (tap >= 0)
		r = setup_tap(socket, layout, &ipv6, e);
	else
		r = setup_loopback_address(socket, layout, &ipv6, e);
	if (r >= 0) {
		r = add_resolver(socket, &layout->dns4, &layout->guest4.address);
		if (r >= 0 && ipv6)
			r = add_resolver(socket, &layout->dns6, &layout->guest6.address);
		if (r < 0)
			r = nl_error(e, r, "the resolver's address");
	}
	nl_socket_free(socket);
	if (r < 0)
		return r;
	*ret_ipv6 = ipv6;
	return 0;
}

static int add_routes(struct nl_sock *socket, sa_family_t family, const struct address *source)
{
	int r = add_route(socket, &(struct route){
					  .type = RTN_LOCAL,
					  .table = SETUP_TABLE,
					  .family = family,
					  .index = 1,
					  .source = source,
				  });

	if (r >= 0)
		r = add_rule(socket, family, SETUP_PRIORITY_SYN, SETUP_MARK_SYN, 0, RT_TABLE_MAIN);
	if (r >= 0)
		r = add_rule(socket, family, SETUP_PRIORITY_TCP, 0, IPPROTO_TCP, SETUP_TABLE);
	return r;
}

int setup_routes(const struct layout *layout, bool ipv6, struct error *e)
{
	struct nl_sock *socket = NULL;
	int r = nl_begin(&socket, e);

	if (r < 0)
		return r;
	r = add_routes(socket, AF_INET, &layout->guest4.address);
	if (r >= 0 && ipv6)
		r = add_routes(socket, AF_INET6, &layout->guest6.address);
	nl_socket_free(socket);
	return r < 0 ? nl_error(e, r, "policy routing") : 0;
}
