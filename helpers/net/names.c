// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A table of names. The place of a name in it is the end of its two addresses. Names are found by a
 * hash with a key that the program inside can't know, since it chooses the names where a wildcard
 * allows many. A full table gives up the name that was unused for longest, if that is long enough
 * for the program to have forgotten its address; else there is no address for a new one.
 *
 * What was found for a name is kept for its TTL, within limits: a page of many connections asks
 * once, and a name that moves is followed. Each connection is held against the policy anew.
 */
#include "names.h"

#include "dns_message.h"

#include "base/string.h"

#include <errno.h>
#include <sys/random.h>

#define BUCKETS       4096
#define FIRST         16 /* the first addresses look like a network's own */
#define TTL_LEAST     5
#define TTL_MOST      300
#define TTL_NEGATIVE  5
#define STAND_IN_V4   0xc6120000u /* 198.18.0.0 */
#define STAND_IN_MASK 0xfffe0000u
#define MILLISECONDS  1000

static const uint8_t stand_in_v6[8] = {0xfd, 0x00, 0x68, 0x75, 0x74, 0x63, 0x68, 0x00};

struct found {
	struct address addresses[NAMES_ADDRESSES];
	size_t count;
	unsigned int code;
	int64_t until; /* 0: nothing was found yet */
};

struct entry {
	char *name;
	struct entry *next; /* in its bucket */
	int64_t used;
	struct found *found[2]; /* IPv4, IPv6; allocated when asked for */
};

struct names {
	struct loop *loop;
	struct resolver *resolver;
	struct entry *entries; /* NAMES_LIMIT of them, the first `count` in use */
	size_t count;
	struct entry *buckets[BUCKETS];
	uint64_t key;
};

struct names_lookup {
	struct names *names;
	char *name;
	sa_family_t family;
	struct resolver_query *query;
	struct timer timer; /* for what is known already */
	names_done *done;
	void *data;
};

struct names *names_new(struct loop *loop, struct resolver *resolver)
{
	struct names *names = xcalloc(1, sizeof(*names));

	names->loop = loop;
	names->resolver = resolver;
	if (getrandom(&names->key, sizeof(names->key), 0) != sizeof(names->key))
		names->key = (uint64_t)(uintptr_t)names;
	return names;
}

static void forget(struct entry *entry)
{
	free(entry->name);
	free(entry->found[0]);
	free(entry->found[1]);
	*entry = (struct entry){0};
}

void names_free(struct names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->count; i++)
		forget(&names->entries[i]);
	free(names->entries);
	free(names);
}

static size_t bucket_of(const struct names *names, const char *name)
{
	uint64_t hash = names->key ^ 0xcbf29ce484222325u;

	for (const char *c = name; *c; c++) {
		hash = (hash ^ (uint8_t)*c) * 0x100000001b3u;
		hash ^= hash >> 29;
	}
	return (size_t)((hash ^ hash >> 32) % BUCKETS);
}

static struct entry *find_entry(struct names *names, const char *name)
{
	struct entry *entry = names->buckets[bucket_of(names, name)];

	while (entry && !streq(entry->name, name))
		entry = entry->next;
	return entry;
}

/* The place of a name that was unused for long, taken out of the table; NULL if there is none. */
static struct entry *oldest_entry(struct names *names)
{
	struct entry *oldest = &names->entries[0], **link;

	for (size_t i = 1; i < names->count; i++)
		if (names->entries[i].used < oldest->used)
			oldest = &names->entries[i];
	if (oldest->used + NAMES_KEPT_SECONDS * MILLISECONDS > loop_now(names->loop))
		return NULL;
	for (link = &names->buckets[bucket_of(names, oldest->name)]; *link != oldest;
	     link = &(*link)->next)
		;
	*link = oldest->next;
	forget(oldest);
	return oldest;
}

static struct entry *get_entry(struct names *names, const char *name)
{
	struct entry *entry = find_entry(names, name), **bucket;

	if (!entry) {
		/* Mapped as a whole, touched only as far as it is used. */
		if (!names->entries)
			names->entries = xcalloc(NAMES_LIMIT, sizeof(*names->entries));
		entry = names->count < NAMES_LIMIT ? &names->entries[names->count++]
						   : oldest_entry(names);
		if (!entry)
			return NULL;
		bucket = &names->buckets[bucket_of(names, name)];
		entry->name = xstrdup(name);
		entry->next = *bucket;
		*bucket = entry;
	}
	entry->used = loop_now(names->loop);
	return entry;
}

bool names_is_stand_in(const struct address *address)
{
	if (address->family == AF_INET)
		return (ntohl(address->v4.s_addr) & STAND_IN_MASK) == STAND_IN_V4;
	return memcmp(address->bytes, stand_in_v6, sizeof(stand_in_v6)) == 0;
}

bool names_assign(struct names *names, const char *name, sa_family_t family, struct address *ret)
{
	struct entry *entry = get_entry(names, name);
	struct address address = {.family = family};
	uint32_t place;

	if (!entry)
		return false;
	place = FIRST + (uint32_t)(entry - names->entries);
	if (family == AF_INET) {
		address.v4.s_addr = htonl(STAND_IN_V4 + place);
	} else {
		memcpy(address.bytes, stand_in_v6, sizeof(stand_in_v6));
		address.v6.s6_addr32[3] = htonl(place);
	}
	*ret = address;
	return true;
}

const char *names_find(struct names *names, const struct address *address)
{
	uint32_t place;

	if (!names_is_stand_in(address))
		return NULL;
	if (address->family == AF_INET) {
		place = ntohl(address->v4.s_addr) - STAND_IN_V4;
	} else {
		if (address->v6.s6_addr32[2])
			return NULL;
		place = ntohl(address->v6.s6_addr32[3]);
	}
	if (place < FIRST || place - FIRST >= names->count)
		return NULL;
	names->entries[place - FIRST].used = loop_now(names->loop);
	return names->entries[place - FIRST].name;
}

static struct found **found_slot(struct names *names, const char *name, sa_family_t family)
{
	struct entry *entry = find_entry(names, name);

	return entry ? &entry->found[family == AF_INET6] : NULL;
}

static void end_lookup(struct names_lookup *lookup, const struct names_result *result)
{
	names_done *done = lookup->done;
	void *data = lookup->data;

	lookup->query = NULL;
	names_cancel(lookup);
	done(data, result);
}

static void known(struct timer *timer)
{
	struct names_lookup *lookup = container_of(timer, struct names_lookup, timer);
	struct found **slot = found_slot(lookup->names, lookup->name, lookup->family);
	struct names_result result = {.code = DNS_SERVFAIL};
	struct found found;

	if (slot && *slot) {
		found = **slot; /* the table may change in the callback */
		result = (struct names_result){found.code, found.addresses, found.count};
	}
	end_lookup(lookup, &result);
}

static void answered(void *data, uint8_t *response, size_t length)
{
	struct names_lookup *lookup = data;
	struct names *names = lookup->names;
	struct found **slot, found = {0};
	struct names_result result;
	uint32_t ttl = TTL_NEGATIVE;

	found.code = response ? response[3] & 0x0f : DNS_SERVFAIL;
	if (found.code == DNS_NOERROR)
		found.count = dns_find_addresses(response, length, lookup->name,
						 lookup->family == AF_INET ? DNS_A : DNS_AAAA,
						 found.addresses, NAMES_ADDRESSES, &ttl);
	else if (found.code != DNS_NXDOMAIN)
		found.code = DNS_SERVFAIL;
	if (!found.count)
		ttl = TTL_NEGATIVE;
	ttl = ttl < TTL_LEAST ? TTL_LEAST : ttl > TTL_MOST ? TTL_MOST : ttl;
	found.until = loop_now(names->loop) + (int64_t)ttl * MILLISECONDS;
	/* Names that don't exist get no place; that nobody answered is not worth knowing. */
	if (found.count)
		get_entry(names, lookup->name);
	slot = found_slot(names, lookup->name, lookup->family);
	if (slot && found.code != DNS_SERVFAIL) {
		if (!*slot)
			*slot = xcalloc(1, sizeof(**slot));
		**slot = found;
	}
	result = (struct names_result){found.code, found.addresses, found.count};
	end_lookup(lookup, &result);
}

struct names_lookup *names_look_up(struct names *names, const char *name, sa_family_t family,
				   names_done *done, void *data)
{
	struct found **slot = found_slot(names, name, family);
	struct names_lookup *lookup = xcalloc(1, sizeof(*lookup));
	uint8_t message[DNS_HEADER + POLICY_NAME_LIMIT + 32];
	size_t length;

	*lookup =
		(struct names_lookup){.names = names, .family = family, .done = done, .data = data};
	lookup->name = xstrdup(name);
	if (slot && *slot && (*slot)->until > loop_now(names->loop)) {
		lookup->timer.expired = known;
		timer_set(names->loop, &lookup->timer, 0);
		return lookup;
	}
	length = dns_write_query(message, 0, name, family == AF_INET ? DNS_A : DNS_AAAA);
	lookup->query = resolver_ask(names->resolver, message, length, true, answered, lookup);
	if (!lookup->query) {
		names_cancel(lookup);
		return NULL;
	}
	return lookup;
}

void names_cancel(struct names_lookup *lookup)
{
	if (lookup->query)
		resolver_cancel(lookup->query);
	timer_clear(lookup->names->loop, &lookup->timer);
	free(lookup->name);
	loop_free(lookup->names->loop, lookup);
}
