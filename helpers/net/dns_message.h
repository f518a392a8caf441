// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"
#include "policy.h"

/*
 * Messages of the DNS (RFC 1035, RFC 6891): reading what strangers wrote, writing short answers.
 */

#define DNS_MESSAGE_LIMIT 65535
#define DNS_HEADER        12
/* A name of 255 bytes on the wire, as text with each byte written \DDD. */
#define DNS_TEXT_LIMIT 1024

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_AAAA = 28,
	DNS_OPT = 41,
	DNS_HTTPS = 65,
};

enum dns_code {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
};

/* Extended errors (RFC 8914): why an answer is what it is. */
enum dns_extended {
	DNS_EXTENDED_NONE = -1,
	DNS_EXTENDED_BLOCKED = 15,
	DNS_EXTENDED_NETWORK = 23,
};

/* Flags in the third and fourth byte of a message. */
#define DNS_FLAG_RESPONSE  0x8000
#define DNS_FLAG_OPCODE    0x7800
#define DNS_FLAG_TRUNCATED 0x0200
#define DNS_FLAG_RECURSE   0x0100
#define DNS_FLAG_AVAILABLE 0x0080

/* The one question of a message. */
struct dns_question {
	uint16_t id, flags;
	size_t name_length;           /* of the name on the wire, which begins at DNS_HEADER */
	char text[DNS_TEXT_LIMIT];    /* lower case, without the dot at its end; "." for the root */
	char name[POLICY_NAME_LIMIT]; /* as policy_parse_name() gives it; "" for other names */
	uint16_t type, class;
	bool extended;    /* the client speaks EDNS */
	uint16_t payload; /* the longest answer that it takes by UDP: 512 without EDNS */
};

struct dns_record {
	char owner[DNS_TEXT_LIMIT];
	uint16_t type, class;
	uint32_t ttl;
	unsigned int section; /* 1 answer, 2 authority, 3 additional */
	size_t data;          /* offset of its data in the message */
	size_t length;
};

/* Goes over the records of a message, in its order. */
struct dns_cursor {
	const uint8_t *message;
	size_t length, at;
	unsigned int section, left[4];
};

/*
 * Read a query: one question, nothing but EDNS and signatures beside it. Returns the code to answer
 * with: DNS_NOERROR where it is a good one, DNS_NOTIMP for other operations, DNS_FORMERR for what
 * is malformed; or -1 where nothing can be answered (too short, or a response itself).
 */
int dns_read_query(const uint8_t *message, size_t length, struct dns_question *ret);

/* Read the header and the question of a response; false where it isn't a well-formed one. */
bool dns_read_response(const uint8_t *message, size_t length, struct dns_question *ret,
		       struct dns_cursor *ret_records);

/* The next record: 1, 0 at the end, -1 where the message is malformed. */
int dns_next_record(struct dns_cursor *cursor, struct dns_record *ret);

/*
 * The name at @at, through compression pointers, as lower-case text in which all but letters,
 * digits, '-' and '_' is written \DDD. Returns the offset behind it, or 0 where it is malformed.
 */
size_t dns_read_name(const uint8_t *message, size_t length, size_t at,
		     char ret[static DNS_TEXT_LIMIT]);

/* The address in a record of type A or AAAA. */
bool dns_record_address(const struct dns_cursor *cursor, const struct dns_record *record,
			struct address *ret);

/*
 * The addresses of @name in a response, through its aliases: only records that belong to the chain
 * that begins at @name count. Returns how many were written to @ret, at most @limit; the least TTL
 * on the way goes to @ret_ttl.
 */
size_t dns_find_addresses(const uint8_t *message, size_t length, const char *name, uint16_t type,
			  struct address *ret, size_t limit, uint32_t *ret_ttl);

/* Write a query for @name (as policy_parse_name() gives it) with EDNS; returns its length. */
size_t dns_write_query(uint8_t *message, uint16_t id, const char *name, uint16_t type);

/* An answer to @query that names one address, one name (PTR), or none of both. */
struct dns_answer {
	enum dns_code code;
	enum dns_extended extended;
	uint32_t ttl;
	const struct address *address;
	const char *pointer;
};

/*
 * Write an answer to the question @query was read from; @message begins with the bytes of the query
 * up to the end of the question and has room for DNS_ANSWER_LIMIT. Returns its length.
 */
#define DNS_ANSWER_LIMIT 1024
size_t dns_write_answer(uint8_t *message, const struct dns_question *query,
			const struct dns_answer *answer);

/* Cut a response down to its question, with the mark that it is truncated; returns its length. */
size_t dns_truncate(uint8_t *message, const struct dns_question *question);

/* The address whose reverse name @text is (4.3.2.1.in-addr.arpa, ….ip6.arpa). */
bool dns_reverse_address(const char *text, struct address *ret);
