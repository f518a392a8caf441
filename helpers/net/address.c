// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Classes of addresses.
 *
 * The table follows IANA's special-purpose registries (RFC 6890 and later), with these decisions:
 * the documentation ranges count as public, for nothing answers there; shared address space (CGNAT)
 * counts as private, for providers put their own machines there; the metadata services that clouds
 * put on link-local, shared or even public addresses have a class of their own, as whoever reaches
 * them holds the machine's credentials; the ranges from which names.c hands out addresses are
 * reserved, so that no real answer can be mistaken for one of those.
 */
#include "address.h"

#include "base/string.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>

static const struct {
	enum address_class class;
	const char *network;
} special[] = {
	/* The first that matches counts. */
	{ADDRESS_METADATA, "169.254.169.254/32"},
	{ADDRESS_METADATA, "169.254.169.253/32"},
	{ADDRESS_METADATA, "169.254.170.2/32"},
	{ADDRESS_METADATA, "169.254.170.23/32"},
	{ADDRESS_METADATA, "100.100.100.200/32"},
	{ADDRESS_METADATA, "168.63.129.16/32"},
	{ADDRESS_METADATA, "192.0.0.192/32"},
	{ADDRESS_METADATA, "fd00:ec2::/32"},
	{ADDRESS_METADATA, "fd20:ce::254/128"},
	{ADDRESS_UNSPECIFIED, "0.0.0.0/8"},
	{ADDRESS_UNSPECIFIED, "::/128"},
	{ADDRESS_LOOPBACK, "127.0.0.0/8"},
	{ADDRESS_LOOPBACK, "::1/128"},
	{ADDRESS_LINK_LOCAL, "169.254.0.0/16"},
	{ADDRESS_LINK_LOCAL, "fe80::/10"},
	{ADDRESS_BROADCAST, "255.255.255.255/32"},
	{ADDRESS_MULTICAST, "224.0.0.0/4"},
	{ADDRESS_MULTICAST, "ff00::/8"},
	{ADDRESS_RESERVED, "fd00:6875:7463:6800::/64"},
	{ADDRESS_PRIVATE, "10.0.0.0/8"},
	{ADDRESS_PRIVATE, "172.16.0.0/12"},
	{ADDRESS_PRIVATE, "192.168.0.0/16"},
	{ADDRESS_PRIVATE, "100.64.0.0/10"},
	{ADDRESS_PRIVATE, "fc00::/7"},
	{ADDRESS_PRIVATE, "fec0::/10"},
	{ADDRESS_RESERVED, "192.0.0.0/24"},
	{ADDRESS_RESERVED, "192.88.99.0/24"},
	{ADDRESS_RESERVED, "198.18.0.0/15"},
	{ADDRESS_RESERVED, "240.0.0.0/4"},
	{ADDRESS_RESERVED, "64:ff9b:1::/48"},
	{ADDRESS_RESERVED, "100::/64"},
	{ADDRESS_RESERVED, "2001:2::/48"},
	{ADDRESS_RESERVED, "5f00::/16"},
};

#define SPECIAL_COUNT (sizeof(special) / sizeof(special[0]))

/* The networks of the table, read once: a decision is made for each packet of some protocols. */
static const struct network *special_networks(void)
{
	static struct network networks[SPECIAL_COUNT];
	static bool read;

	for (size_t i = 0; !read && i < SPECIAL_COUNT; i++)
		if (network_parse(special[i].network, &networks[i], NULL) < 0)
			abort();
	read = true;
	return networks;
}

static unsigned int address_bits(const struct address *address)
{
	return address->family == AF_INET ? 32 : 128;
}

static size_t address_size(const struct address *address)
{
	return address_bits(address) / 8;
}

bool address_parse(const char *text, struct address *ret)
{
	struct address address = {.family = AF_INET};

	if (inet_pton(AF_INET, text, &address.v4) != 1) {
		address = (struct address){.family = AF_INET6};
		if (inet_pton(AF_INET6, text, &address.v6) != 1)
			return false;
	}
	*ret = address;
	return true;
}

/* Clear the bits behind the prefix; whether any was set. */
static bool mask(struct network *network)
{
	bool any = false;

	for (unsigned int i = network->bits; i < address_bits(&network->address); i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		any |= network->address.bytes[i / 8] & bit;
		network->address.bytes[i / 8] &= (uint8_t)~bit;
	}
	return any;
}

int network_parse(const char *text, struct network *ret, struct error *e)
{
	const char *slash = strchr(text, '/');
	char address[ADDRESS_TEXT], masked[ADDRESS_TEXT];
	struct network network;
	size_t length = slash ? (size_t)(slash - text) : strlen(text);

	if (length >= sizeof(address))
		return error_set(e, EINVAL, "no address");
	memcpy(address, text, length);
	address[length] = '\0';
	if (!address_parse(address, &network.address))
		return error_set(e, EINVAL, "no address in standard notation");
	network.bits = address_bits(&network.address);
	if (slash) {
		size_t digits = strspn(slash + 1, "0123456789");
		unsigned long bits = strtoul(slash + 1, NULL, 10);

		if (!digits || digits > 3 || slash[1 + digits] || bits > network.bits)
			return error_set(e, EINVAL, "the prefix length is 0 to %u", network.bits);
		network.bits = (unsigned int)bits;
	}
	if (mask(&network)) {
		network_format(&network, masked);
		error_set(e, EINVAL, "bits are set behind the prefix");
		error_remedy(e, "write %s for the network, or %s for one address", masked, address);
		return -EINVAL;
	}
	*ret = network;
	return 0;
}

void address_format(const struct address *address, char text[static ADDRESS_TEXT])
{
	inet_ntop(address->family, address->bytes, text, ADDRESS_TEXT);
}

void network_format(const struct network *network, char text[static ADDRESS_TEXT])
{
	size_t length;

	address_format(&network->address, text);
	length = strlen(text);
	if (network->bits < address_bits(&network->address))
		snprintf(text + length, ADDRESS_TEXT - length, "/%u", network->bits);
}

bool address_from_sockaddr(const struct sockaddr *from, struct address *ret, uint16_t *ret_port)
{
	struct address address = {.family = from->sa_family};
	in_port_t port;

	if (from->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, from, sizeof(in));
		address.v4 = in.sin_addr;
		port = in.sin_port;
	} else if (from->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, from, sizeof(in6));
		address.v6 = in6.sin6_addr;
		port = in6.sin6_port;
	} else {
		return false;
	}
	*ret = address;
	if (ret_port)
		*ret_port = ntohs(port);
	return true;
}

socklen_t address_to_sockaddr(const struct address *address, uint16_t port,
			      struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (address->family == AF_INET) {
		struct sockaddr_in in = {
			.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = address->v4};

		memcpy(ret, &in, sizeof(in));
		return sizeof(in);
	}
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = address->v6};

	memcpy(ret, &in6, sizeof(in6));
	return sizeof(in6);
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, address_size(a)) == 0;
}

bool network_holds(const struct network *network, const struct address *address)
{
	size_t whole = network->bits / 8;
	unsigned int rest = network->bits % 8;

	if (network->address.family != address->family ||
	    memcmp(network->address.bytes, address->bytes, whole) != 0)
		return false;
	return !rest || (network->address.bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}

static struct address inside(const struct address *address, size_t at, uint8_t flip)
{
	struct address v4 = {.family = AF_INET};

	for (size_t i = 0; i < 4; i++)
		v4.bytes[i] = address->bytes[at + i] ^ flip;
	return v4;
}

size_t address_embedded(const struct address *address, struct address ret[static 2], bool *ret_same)
{
	static const uint8_t zero[12];
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	static const uint8_t translated[12] = {[8] = 0xff, [9] = 0xff};
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	static const uint8_t teredo[4] = {0x20, 0x01};
	const uint8_t *b = address->bytes;

	*ret_same = false;
	if (address->family != AF_INET6)
		return 0;
	if (memcmp(b, mapped, 12) == 0 || memcmp(b, translated, 12) == 0 ||
	    memcmp(b, nat64, 12) == 0) {
		*ret_same = memcmp(b, mapped, 12) == 0;
		ret[0] = inside(address, 12, 0);
		return 1;
	}
	/* Not :: and ::1, which are addresses of their own. */
	if (memcmp(b, zero, 12) == 0 && (b[12] || b[13] || b[14] || b[15] > 1)) {
		ret[0] = inside(address, 12, 0);
		return 1;
	}
	if (b[0] == 0x20 && b[1] == 0x02) {
		ret[0] = inside(address, 2, 0);
		return 1;
	}
	if (memcmp(b, teredo, 4) == 0) {
		ret[0] = inside(address, 4, 0);
		ret[1] = inside(address, 12, 0xff);
		return 2;
	}
	/* ISATAP; the first byte tells whether the IPv4 address is a public one. */
	if ((b[8] & 0xfd) == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe) {
		ret[0] = inside(address, 12, 0);
		return 1;
	}
	return 0;
}

static enum address_class class_of_one(const struct address *address,
				       const struct own_addresses *own)
{
	const struct network *networks = special_networks();
	enum address_class class = ADDRESS_PUBLIC;

	for (size_t i = 0; i < SPECIAL_COUNT; i++)
		if (network_holds(&networks[i], address)) {
			class = special[i].class;
			break;
		}
	/* An address of the host that is nowhere else reachable keeps the stricter class. */
	if (!own || (class != ADDRESS_PUBLIC && class != ADDRESS_PRIVATE))
		return class;
	for (size_t i = 0; i < own->count; i++)
		if (address_equal(&own->items[i], address))
			return own->broadcast[i] ? ADDRESS_BROADCAST : ADDRESS_OWN;
	return class;
}

enum address_class address_class(const struct address *address, const struct own_addresses *own)
{
	enum address_class class;
	struct address embedded[2];
	bool same;
	size_t count = address_embedded(address, embedded, &same);

	class = class_of_one(address, own);
	for (size_t i = 0; i < count && class == ADDRESS_PUBLIC; i++)
		class = class_of_one(&embedded[i], own);
	return class;
}

const char *address_class_name(enum address_class class)
{
	static const char *const names[] = {
		[ADDRESS_PUBLIC] = "public",           [ADDRESS_PRIVATE] = "private",
		[ADDRESS_LINK_LOCAL] = "link-local",   [ADDRESS_METADATA] = "cloud metadata",
		[ADDRESS_OWN] = "host's own",          [ADDRESS_LOOPBACK] = "loopback",
		[ADDRESS_UNSPECIFIED] = "unspecified", [ADDRESS_MULTICAST] = "multicast",
		[ADDRESS_BROADCAST] = "broadcast",     [ADDRESS_RESERVED] = "reserved",
	};

	return names[class];
}

bool address_class_holds(enum address_class class, const struct network *network)
{
	const struct network *ranges = special_networks();

	for (size_t i = 0; i < SPECIAL_COUNT; i++)
		if (special[i].class == class && ranges[i].bits <= network->bits &&
		    network_holds(&ranges[i], &network->address))
			return true;
	return false;
}

static void own_add(struct own_addresses *own, const struct sockaddr *address, bool broadcast)
{
	struct address parsed;

	if (!address || !address_from_sockaddr(address, &parsed, NULL))
		return;
	own->items = xreallocarray(own->items, own->count + 1, sizeof(*own->items));
	own->broadcast = xreallocarray(own->broadcast, own->count + 1, sizeof(*own->broadcast));
	own->items[own->count] = parsed;
	own->broadcast[own->count++] = broadcast;
}

int own_addresses_read(struct own_addresses *ret, struct error *e)
{
	struct own_addresses own = {0};
	struct ifaddrs *list;

	if (getifaddrs(&list) < 0)
		return error_errno(e, errno, "reading this host's addresses");
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		own_add(&own, i->ifa_addr, false);
		if (i->ifa_flags & IFF_BROADCAST)
			own_add(&own, i->ifa_broadaddr, true);
	}
	freeifaddrs(list);
	*ret = own;
	return 0;
}

void own_addresses_free(struct own_addresses *own)
{
	free(own->items);
	free(own->broadcast);
	*own = (struct own_addresses){0};
}
