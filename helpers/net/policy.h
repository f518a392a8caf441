// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"

#include "base/vector.h"

/*
 * What the program inside may reach: rules, and the decision on one destination.
 *
 *	RULE     = [PROTOCOL ":"] TARGET [":" PORTS] ["+tls=" ("ech" | "any")]
 *	PROTOCOL = "tcp" | "udp" | "icmp"
 *	TARGET   = NAME | "*." NAME | "*" | ADDRESS | ADDRESS "/" BITS, IPv6 in brackets before
 *ports PORTS    = PORT | PORT "-" PORT
 *
 * An allowed target without a protocol is meant for TCP; a denied one for everything. "*.NAME" is
 * every name below NAME, not NAME itself; "*" is every name.
 *
 * The order of the rules does not matter. A destination is refused when one --deny matches. Else,
 * once a list was given (even an empty one), it must be on it; without a list the mode decides. The
 * address that is really dialed must always be one that the mode or a rule grants: `internet`
 *grants public ones, `lan` private ones too. A rule for a network grants addresses of a special
 *range only when it lies within that range, so that 0.0.0.0/0 stands for the public ones; one of
 *the host's own addresses must be written as such, and loopback, unspecified, multicast and
 *broadcast ones are never granted.
 */

#define POLICY_NAME_LIMIT 254 /* 253 bytes and NUL: the longest name of the DNS as text */

enum policy_mode {
	POLICY_NONE,
	POLICY_INTERNET,
	POLICY_LAN,
};

enum policy_protocol {
	POLICY_TCP = 1 << 0,
	POLICY_UDP = 1 << 1,
	POLICY_ICMP = 1 << 2,
};

/* How a connection by name that turns out to be TLS or HTTP is looked at. */
enum policy_tls {
	POLICY_TLS_STRICT, /* server name and Host are the allowed name, no encrypted hello */
	POLICY_TLS_ECH,    /* the same, but the extension of an encrypted hello may be there */
	POLICY_TLS_ANY,    /* nothing is looked at */
};

enum policy_verb {
	POLICY_ALLOW,
	POLICY_DENY,
};

struct policy_rule {
	enum policy_verb verb;
	unsigned int protocols; /* enum policy_protocol, or'ed */
	bool named;             /* else `network` counts */
	bool wildcard;          /* every name below `name`, or every name where that is "" */
	char name[POLICY_NAME_LIMIT];
	struct network network;
	uint16_t port_first, port_last; /* 0-65535 where none was given */
	enum policy_tls tls;
	char *text;    /* as written, with its option: "--allow example.org:443" */
	uint64_t hits; /* decisions that it made */
};

struct policy {
	enum policy_mode mode;
	bool listed; /* a list was given: what is not on it is refused */
	VECTOR(struct policy_rule) rules;
	struct own_addresses own;
	unsigned int generation; /* counts the changes, for flows that were decided before */
};

/* A destination. For a connection by name, `name` is set and `address` is what is dialed. */
struct policy_question {
	enum policy_protocol protocol;
	const char *name; /* lower case, or NULL */
	const struct address *address;
	uint16_t port; /* 0 for ICMP */
};

struct policy_decision {
	bool allowed;
	enum policy_tls tls; /* for connections by name */
	int rule;            /* index of the rule that decided, or -1 */
	char reason[384];    /* "not on the list", "--deny 10.0.0.0/8", "loopback address" */
	char option[384];    /* what would allow it, "--allow example.org:443"; "" if nothing */
};

/*
 * Add a rule written as above. -EINVAL with the offending text and, where it is known, the right
 * notation as the remedy. An allowing rule also makes the policy a list.
 */
int policy_add(struct policy *policy, enum policy_verb verb, const char *text, struct error *e);

void policy_free(struct policy *policy);

/*
 * Read a host name: letters, digits and hyphens in labels of at most 63 bytes, 253 in all, one dot
 * at the end ignored. Written to @ret in lower case. Names that programs take for addresses
 * ("127.1", "0x7f000001", "10.0.0.1") are no names.
 */
bool policy_parse_name(const char *text, size_t length, char ret[static POLICY_NAME_LIMIT]);

/*
 * May @name be looked up at all? With a list, where one rule allows it for some port; else, where
 * no rule denies all of it.
 */
bool policy_may_resolve(struct policy *policy, const char *name, struct policy_decision *ret);

/* May this destination be reached? With a name and no address yet, the name and port alone. */
bool policy_decide(struct policy *policy, const struct policy_question *question,
		   struct policy_decision *ret);

/*
 * May an answer of the DNS name this address? As policy_decide() for any protocol and port; counts
 * nothing. In an answer for @name, or for an address as such where that is NULL.
 */
bool policy_may_answer(struct policy *policy, const char *name, const struct address *address,
		       struct policy_decision *ret);

/* Is there a rule by which connections must be told by name? */
bool policy_names_connections(const struct policy *policy);
