// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"
#include "policy.h"
#include "resolver.h"

/*
 * Addresses that stand for allowed names, and where the names really are.
 *
 * With a list, the program inside gets for each allowed name an address of 198.18.0.0/15 and one of
 * fd00:6875:7463:6800::/64, which are used nowhere. So a connection tells which name it is for.
 */

/* Names that have an address at the same time, at most. */
#define NAMES_LIMIT 8192
/* Addresses of a name that are tried, at most. */
#define NAMES_ADDRESSES 8

/* A name keeps its addresses at least this long after it was last looked up or connected to. */
#define NAMES_KEPT_SECONDS 600

struct names;
struct names_lookup;

/* How a lookup ended; @addresses are as the DNS has them, not yet held against the policy. */
struct names_result {
	unsigned int code; /* enum dns_code; DNS_SERVFAIL where no server answered */
	const struct address *addresses;
	size_t count; /* 0 with DNS_NOERROR: the name has no address of this family */
};

typedef void names_done(void *data, const struct names_result *result);

struct names *names_new(struct loop *loop, struct resolver *resolver);
void names_free(struct names *names);

/* Whether an address is of one of the ranges. */
bool names_is_stand_in(const struct address *address);

/* The address of @family that stands for @name. false when too many names are in use. */
bool names_assign(struct names *names, const char *name, sa_family_t family, struct address *ret);

/* The name that @address stands for, or NULL. It stays as long as it is in use; copy it. */
const char *names_find(struct names *names, const struct address *address);

/*
 * Find the addresses of @name in @family (AF_INET or AF_INET6): those that were found before, for
 * as long as their TTL allows, else by asking. @done is called once, not before this returns. NULL
 * where too much is being asked already; then it is never called.
 */
struct names_lookup *names_look_up(struct names *names, const char *name, sa_family_t family,
				   names_done *done, void *data);

/* Forget a lookup that didn't end yet. */
void names_cancel(struct names_lookup *lookup);
