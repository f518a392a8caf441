// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Internet addresses: what kind of place one leads to, and whether a network holds it.
 */

/* An address without a port; `family` is AF_INET or AF_INET6. */
struct address {
	sa_family_t family;
	union {
		struct in_addr v4;
		struct in6_addr v6;
		uint8_t bytes[16]; /* network order; 4 or 16 of them count */
	};
};

struct network {
	struct address address; /* bits behind `bits` are zero */
	unsigned int bits;
};

/* Where an address leads to. */
enum address_class {
	ADDRESS_PUBLIC,      /* routed, or nothing special is known of it */
	ADDRESS_PRIVATE,     /* RFC 1918, unique local, shared (CGNAT), site-local */
	ADDRESS_LINK_LOCAL,  /* 169.254.0.0/16, fe80::/10 */
	ADDRESS_METADATA,    /* where clouds hand out credentials: 169.254.169.254 and others */
	ADDRESS_OWN,         /* an address of this host */
	ADDRESS_LOOPBACK,    /* 127.0.0.0/8, ::1 */
	ADDRESS_UNSPECIFIED, /* 0.0.0.0/8, ::; connecting there reaches this host */
	ADDRESS_MULTICAST,   /* 224.0.0.0/4, ff00::/8 */
	ADDRESS_BROADCAST,   /* 255.255.255.255 and those of the host's own networks */
	ADDRESS_RESERVED,    /* 240.0.0.0/4, 198.18.0.0/15 and other ranges without a public host */
};

/* The addresses and broadcast addresses of this host, read once. */
struct own_addresses {
	struct address *items;
	bool *broadcast;
	size_t count;
};

#define ADDRESS_TEXT (INET6_ADDRSTRLEN + 4) /* with "/128" */

/*
 * Read an address in its standard notation: four decimal numbers without leading zeros, or the
 * forms of RFC 4291 without a zone. No other notation ("127.1", "0x7f000001") is one.
 */
bool address_parse(const char *text, struct address *ret);

/* "ADDRESS" or "ADDRESS/BITS". Bits set behind the prefix are an error, since one of both was meant
 * otherwise. */
int network_parse(const char *text, struct network *ret, struct error *e);

void address_format(const struct address *address, char text[static ADDRESS_TEXT]);
void network_format(const struct network *network, char text[static ADDRESS_TEXT]);

/* From and to what the kernel speaks; other families give false. */
bool address_from_sockaddr(const struct sockaddr *from, struct address *ret, uint16_t *ret_port);
socklen_t address_to_sockaddr(const struct address *address, uint16_t port,
			      struct sockaddr_storage *ret);

bool address_equal(const struct address *a, const struct address *b);
bool network_holds(const struct network *network, const struct address *address);

/*
 * The IPv4 addresses inside an IPv6 one: mapped (::ffff:a.b.c.d), compatible, 6to4, Teredo's server
 * and client, NAT64, ISATAP. A packet sent to the outer address may arrive at them. Returns how
 * many there are, at most 2; a mapped one sets @ret_same, as the kernel treats it as IPv4 itself.
 */
size_t address_embedded(const struct address *address, struct address ret[static 2],
			bool *ret_same);

/*
 * The class of @address. An IPv6 address with IPv4 inside has the first class that isn't public,
 * of itself and of what is inside. @own may be NULL.
 */
enum address_class address_class(const struct address *address, const struct own_addresses *own);

/* "loopback", "private", … */
const char *address_class_name(enum address_class class);

/* Whether all of @network lies within ranges of @class (not for ADDRESS_PUBLIC and ADDRESS_OWN). */
bool address_class_holds(enum address_class class, const struct network *network);

/* Read the host's own addresses with getifaddrs(3). */
int own_addresses_read(struct own_addresses *ret, struct error *e);
void own_addresses_free(struct own_addresses *own);
