// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/learn_network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/un.h>

enum reach_of { OWN, NEAR, FAR, NOWHERE };

enum { DNS = 53 };

static enum reach_of reach_of_ipv4(uint32_t address)
{
	static const struct {
		uint32_t network;
		int bits;
		enum reach_of reach;
	} table[] = {
		{0x00000000, 8, NOWHERE}, {0x7f000000, 8, OWN},   {0x0a000000, 8, NEAR},
		{0xac100000, 12, NEAR},   {0xc0a80000, 16, NEAR}, {0xa9fe0000, 16, NEAR},
		{0x64400000, 10, NEAR},   {0xe0000000, 4, NEAR},  {0xf0000000, 4, NEAR},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((address ^ table[i].network) >> (32 - table[i].bits) == 0)
			return table[i].reach;
	return FAR;
}

static enum reach_of reach_of_ipv6(const struct in6_addr *address)
{
	const uint8_t *byte = address->s6_addr;

	if (IN6_IS_ADDR_V4MAPPED(address))
		return reach_of_ipv4((uint32_t)byte[12] << 24 | byte[13] << 16 | byte[14] << 8 |
				     byte[15]);
	if (IN6_IS_ADDR_LOOPBACK(address))
		return OWN;
	if (IN6_IS_ADDR_UNSPECIFIED(address))
		return NOWHERE;
	if ((byte[0] & 0xfe) == 0xfc || IN6_IS_ADDR_LINKLOCAL(address) ||
	    IN6_IS_ADDR_MULTICAST(address))
		return NEAR;
	return FAR;
}

static const struct sockaddr_in *ipv4(const struct contacted *contact)
{
	return contact->address.ss_family == AF_INET &&
			       contact->length >= sizeof(struct sockaddr_in)
		       ? (const struct sockaddr_in *)&contact->address
		       : NULL;
}

static const struct sockaddr_in6 *ipv6(const struct contacted *contact)
{
	/* Without the scope, as old programs have it. */
	size_t least = offsetof(struct sockaddr_in6, sin6_scope_id);

	return contact->address.ss_family == AF_INET6 && contact->length >= least
		       ? (const struct sockaddr_in6 *)&contact->address
		       : NULL;
}

static unsigned port_of(const struct contacted *contact)
{
	if (ipv4(contact))
		return ntohs(ipv4(contact)->sin_port);
	return ipv6(contact) ? ntohs(ipv6(contact)->sin6_port) : 0;
}

static enum reach_of reach_of(const struct contacted *contact)
{
	if (ipv4(contact))
		return reach_of_ipv4(ntohl(ipv4(contact)->sin_addr.s_addr));
	return ipv6(contact) ? reach_of_ipv6(&ipv6(contact)->sin6_addr) : NOWHERE;
}

static char *contact_text(const struct contacted *contact)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (ipv4(contact)) {
		inet_ntop(AF_INET, &ipv4(contact)->sin_addr, text, sizeof(text));
		return xasprintf("%s:%u", text, port_of(contact));
	}
	inet_ntop(AF_INET6, &ipv6(contact)->sin6_addr, text, sizeof(text));
	return xasprintf("[%s]:%u", text, port_of(contact));
}

static char *evidence_of(const char *what, const struct contacted *contact)
{
	_cleanup_free_ char *address = contact_text(contact), *by = string_escape(contact->by);

	return xasprintf("%s%s%s, %llu times, by %s", what, address,
			 contact->kind == SOCK_DGRAM ? "/udp" : "",
			 (unsigned long long)contact->times, by);
}

/* Whether one of the program's processes took that port for itself. Which one it got that asked for
 * any is not seen; that it is one of those that are given out. */
static bool is_own_port(const struct recording *recording, unsigned port)
{
	enum { GIVEN_OUT = 32768 };

	vector_each (contact, &recording->contacted) {
		unsigned bound = contact->bound ? port_of(contact) : port + 1;

		if (bound == port || (!bound && port >= GIVEN_OUT))
			return true;
	}
	return false;
}

static void add_once(struct strv *list, const char *text)
{
	if (!strv_has(list, text))
		strv_add(list, text);
}

static void need(struct learnt_network *network, enum net mode, char *evidence)
{
	/* Enough to judge by. */
	enum { EVIDENCE = 12 };

	if (mode > network->mode)
		network->mode = mode;
	if (network->evidence.count < EVIDENCE)
		strv_take(&network->evidence, evidence);
	else
		free(evidence);
}

static void take_local(const struct contacted *contact, struct learnt_network *network)
{
	const struct sockaddr_un *local = (const struct sockaddr_un *)&contact->address;
	size_t head = offsetof(struct sockaddr_un, sun_path) + 1;
	_cleanup_free_ char *name = NULL, *shown = NULL, *by = string_escape(contact->by);

	if (contact->bound || contact->length <= head)
		return;
	name = xstrndup(local->sun_path + 1, contact->length - head);
	shown = string_escape(name);
	strv_take(
		&network->remarks,
		xasprintf("the abstract socket @%s, %llu times, by %s: a sandbox reaches only its "
			  "own",
			  shown, (unsigned long long)contact->times, by));
}

static void take_bound(const struct contacted *contact, struct learnt_network *network)
{
	unsigned port = port_of(contact);
	_cleanup_free_ char *text = NULL;

	/* Port 0 is any that is free, as clients take; its own loopback the program has. */
	if (!port || reach_of(contact) == OWN)
		return;
	text = xasprintf("%u%s", port, contact->kind == SOCK_DGRAM ? "/udp" : "");
	add_once(&network->publish, text);
}

static void take_out(const struct recording *recording, const struct contacted *contact,
		     struct learnt_network *network)
{
	enum reach_of reach = reach_of(contact);
	unsigned port = port_of(contact);
	_cleanup_free_ char *text = NULL;

	if (reach == NOWHERE || !port)
		return;
	if (port == DNS && reach != FAR) {
		need(network, NET_INTERNET, evidence_of("looked names up at ", contact));
	} else if (reach == FAR) {
		need(network, NET_INTERNET, evidence_of("the public address ", contact));
	} else if (reach == NEAR) {
		need(network, NET_LAN, evidence_of("the private address ", contact));
	} else if (!is_own_port(recording, port)) {
		need(network, NET_INTERNET, evidence_of("a service of this machine, ", contact));
		text = xasprintf("%u", port);
		add_once(&network->ports, text);
	}
}

void learn_network(const struct recording *recording, struct learnt_network *ret)
{
	ret->mode = NET_NONE;
	vector_each (contact, &recording->contacted) {
		if (contact->address.ss_family == AF_UNIX)
			take_local(contact, ret);
		else if (contact->bound)
			take_bound(contact, ret);
		else
			take_out(recording, contact, ret);
	}
}

void learnt_network_free(struct learnt_network *network)
{
	strv_free(&network->evidence);
	strv_free(&network->ports);
	strv_free(&network->publish);
	strv_free(&network->remarks);
}
