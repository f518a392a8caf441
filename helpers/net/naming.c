// SPDX-License-Identifier: GPL-2.0-or-later
#include "naming.h"

#include "dns.h"
#include "event.h"
#include "net.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#define RESOLV_CONF "/etc/resolv.conf"

/* Milliseconds until changes of resolv.conf are followed: the program's start comes first. */
#define FOLLOW_DELAY 300

struct naming {
	struct net *net;
	struct watch watch; /* who follows resolv.conf */
	struct timer timer;
};

static void servers_changed(struct watch *watch, uint32_t events)
{
	struct naming *naming = container_of(watch, struct naming, watch);
	struct name_servers servers;
	ssize_t n;

	while ((n = recv(watch->fd, &servers, sizeof(servers), MSG_DONTWAIT)) > 0)
		if (n == sizeof(servers) && servers.count)
			resolver_set_servers(naming->net->resolver, &servers);
	/* Without it we go on with what we know. */
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		loop_close(naming->net->loop, watch);
}

static void ask(const struct naming *naming)
{
	if (naming->watch.fd >= 0)
		send(naming->watch.fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void nobody_answered(void *data)
{
	ask(data);
}

static void begin_following(struct timer *timer)
{
	ask(container_of(timer, struct naming, timer));
}

static void name_refused(void *data, const char *name, const struct policy_decision *decision)
{
	event_refused(data, "dns", name, name, decision->reason, decision->option);
}

/* The servers of --dns, or the host's, now and as they change. */
static int find_servers(struct net *net, struct naming *naming, struct error *e)
{
	struct name_servers servers = net->options->resolvers;
	int r;

	if (!servers.count) {
		resolv_conf_read(RESOLV_CONF, &servers);
		r = resolv_conf_follow(RESOLV_CONF, &naming->watch.fd, e);
		if (r < 0)
			return r;
		naming->watch.ready = servers_changed;
		r = loop_add(net->loop, &naming->watch, EPOLLIN);
		if (r < 0)
			return error_errno(e, -r, "watching who follows %s", RESOLV_CONF);
		resolver_on_failure(net->resolver, nobody_answered, naming);
	}
	resolver_set_servers(net->resolver, &servers);
	return 0;
}

int naming_begin(struct net *net, struct error *e)
{
	struct naming *naming = xcalloc(1, sizeof(*naming));

	naming->net = net;
	naming->watch.fd = -1;
	net->naming = naming;
	net->resolver = resolver_new(net->loop);
	net->names = names_new(net->loop, net->resolver);
	return net->policy.mode == POLICY_NONE ? 0 : find_servers(net, naming, e);
}

int naming_serve(struct net *net, struct error *e)
{
	struct attachment *at = &net->attachment;
	int r = 0;

	if (at->tcp == TCP_SLIRP && policy_names_connections(&net->policy)) {
		error_set(e, EOPNOTSUPP,
			  "rules by name need nftables (tproxy) and policy routing in the kernel");
		return error_remedy(e, "allow addresses instead of names, or `hutch doctor`");
	}
	net->dns = dns_new(&(struct dns_setup){
		.loop = net->loop,
		.policy = &net->policy,
		.resolver = net->resolver,
		.names = net->names,
		.ipv6 = at->ipv6,
		.refused = name_refused,
		.data = net,
	});
	for (int v6 = 0; v6 < 2 && r >= 0; v6++)
		r = dns_serve(net->dns, at->dns_udp[v6], at->dns_tcp[v6], e);
	net->naming->timer.expired = begin_following;
	timer_set(net->loop, &net->naming->timer, FOLLOW_DELAY);
	return r;
}

void naming_end(struct net *net)
{
	if (!net->naming)
		return;
	dns_free(net->dns);
	names_free(net->names);
	resolver_free(net->resolver);
	timer_clear(net->loop, &net->naming->timer);
	if (net->naming->watch.fd >= 0)
		loop_close(net->loop, &net->naming->watch);
	free(net->naming);
	net->naming = NULL;
	net->dns = NULL;
	net->names = NULL;
	net->resolver = NULL;
}
