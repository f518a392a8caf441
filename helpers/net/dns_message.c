// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Everything read here may be written by an attacker: the queries by the program inside, the
 * responses by any server on the way. Offsets are checked before each access; a compression pointer
 * must lead to before the name that uses it, and the next one further back, so that a chain ends;
 * names are rebuilt as text in which no byte can be taken for a dot or an end that it isn't.
 */
#include "dns_message.h"

#include "base/string.h"

#include <arpa/inet.h>
#include <stdio.h>

#define CLASS_INTERNET  1
#define PAYLOAD_DEFAULT 512
#define PAYLOAD_OWN     1232 /* what fits a packet everywhere */
#define ALIAS_LIMIT     16
#define OPTION_EXTENDED 15

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static uint8_t *put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, value >> 16), value & 0xffff);
}

static size_t put_text(char *text, size_t at, uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		c = (uint8_t)(c - 'A' + 'a');
	if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
		text[at] = (char)c;
		return at + 1;
	}
	text[at] = '\\';
	text[at + 1] = (char)('0' + c / 100);
	text[at + 2] = (char)('0' + c / 10 % 10);
	text[at + 3] = (char)('0' + c % 10);
	return at + 4;
}

size_t dns_read_name(const uint8_t *message, size_t length, size_t at,
		     char ret[static DNS_TEXT_LIMIT])
{
	size_t end = 0, written = 0, wire = 1, limit = at;

	while (at < length && message[at]) {
		size_t label = message[at];

		if (label >= 0xc0) {
			size_t to;

			if (at + 2 > length)
				return 0;
			to = get16(message + at) & 0x3fff;
			if (!end)
				end = at + 2;
			/* Only backwards, before all that was read of this name. */
			if (to < DNS_HEADER || to >= limit)
				return 0;
			at = limit = to;
			continue;
		}
		wire += label + 1;
		if (label > 63 || at + 1 + label > length || wire > 255)
			return 0;
		if (written)
			ret[written++] = '.';
		for (size_t i = 1; i <= label; i++)
			written = put_text(ret, written, message[at + i]);
		at += 1 + label;
	}
	if (at >= length)
		return 0;
	if (!written)
		ret[written++] = '.';
	ret[written] = '\0';
	return end ? end : at + 1;
}

/* Header and question; the offset behind them, or 0. */
static size_t read_question(const uint8_t *message, size_t length, struct dns_question *ret)
{
	size_t at;

	*ret = (struct dns_question){.payload = PAYLOAD_DEFAULT};
	if (length < DNS_HEADER)
		return 0;
	ret->id = get16(message);
	ret->flags = get16(message + 2);
	if (get16(message + 4) != 1)
		return 0;
	at = dns_read_name(message, length, DNS_HEADER, ret->text);
	if (!at || at + 4 > length)
		return 0;
	ret->name_length = at - DNS_HEADER;
	ret->type = get16(message + at);
	ret->class = get16(message + at + 2);
	if (!policy_parse_name(ret->text, strlen(ret->text), ret->name))
		ret->name[0] = '\0';
	return at + 4;
}

static struct dns_cursor records(const uint8_t *message, size_t length, size_t at)
{
	struct dns_cursor cursor = {.message = message, .length = length, .at = at, .section = 1};

	for (unsigned int i = 1; i <= 3; i++)
		cursor.left[i] = get16(message + 4 + 2 * i);
	return cursor;
}

int dns_next_record(struct dns_cursor *cursor, struct dns_record *ret)
{
	size_t at;

	while (cursor->section <= 3 && !cursor->left[cursor->section])
		cursor->section++;
	if (cursor->section > 3)
		return 0;
	cursor->left[cursor->section]--;
	at = dns_read_name(cursor->message, cursor->length, cursor->at, ret->owner);
	if (!at || at + 10 > cursor->length)
		return -1;
	ret->section = cursor->section;
	ret->type = get16(cursor->message + at);
	ret->class = get16(cursor->message + at + 2);
	ret->ttl = get32(cursor->message + at + 4);
	ret->length = get16(cursor->message + at + 8);
	ret->data = at + 10;
	if (ret->data + ret->length > cursor->length)
		return -1;
	cursor->at = ret->data + ret->length;
	return 1;
}

int dns_read_query(const uint8_t *message, size_t length, struct dns_question *ret)
{
	struct dns_cursor cursor;
	struct dns_record record;
	size_t at;
	int r;

	if (length < DNS_HEADER || get16(message + 2) & DNS_FLAG_RESPONSE)
		return -1;
	at = read_question(message, length, ret);
	if (get16(message + 2) & DNS_FLAG_OPCODE)
		return at ? DNS_NOTIMP : -1;
	if (!at)
		return -1;
	/* Nothing that is answered stands beside a question; it would carry data past the policy.
	 */
	if (get16(message + 6) || get16(message + 8) || ret->class != CLASS_INTERNET)
		return ret->class == CLASS_INTERNET ? DNS_FORMERR : DNS_NOTIMP;
	cursor = records(message, length, at);
	while ((r = dns_next_record(&cursor, &record)) > 0) {
		if (record.type != DNS_OPT)
			continue;
		if (ret->extended || !streq(record.owner, "."))
			return DNS_FORMERR;
		ret->extended = true;
		if (record.class > PAYLOAD_DEFAULT)
			ret->payload = record.class;
	}
	return r < 0 || cursor.at != length ? DNS_FORMERR : DNS_NOERROR;
}

bool dns_read_response(const uint8_t *message, size_t length, struct dns_question *ret,
		       struct dns_cursor *ret_records)
{
	size_t at = read_question(message, length, ret);

	if (!at || !(ret->flags & DNS_FLAG_RESPONSE))
		return false;
	*ret_records = records(message, length, at);
	return true;
}

bool dns_record_address(const struct dns_cursor *cursor, const struct dns_record *record,
			struct address *ret)
{
	struct address address = {.family = record->type == DNS_A ? AF_INET : AF_INET6};
	size_t size = record->type == DNS_A ? 4 : 16;

	if ((record->type != DNS_A && record->type != DNS_AAAA) ||
	    record->class != CLASS_INTERNET || record->length != size)
		return false;
	memcpy(address.bytes, cursor->message + record->data, size);
	*ret = address;
	return true;
}

/* The alias of @name, if it has one: 1, 0, or -1 where the message is malformed. */
static int find_alias(struct dns_cursor cursor, char name[static DNS_TEXT_LIMIT], uint32_t *ttl)
{
	struct dns_record record;
	int r;

	while ((r = dns_next_record(&cursor, &record)) > 0) {
		if (record.section != 1 || record.type != DNS_CNAME ||
		    record.class != CLASS_INTERNET || !streq(record.owner, name))
			continue;
		if (dns_read_name(cursor.message, cursor.length, record.data, name) !=
		    record.data + record.length)
			return -1;
		if (record.ttl < *ttl)
			*ttl = record.ttl;
		return 1;
	}
	return r;
}

size_t dns_find_addresses(const uint8_t *message, size_t length, const char *name, uint16_t type,
			  struct address *ret, size_t limit, uint32_t *ret_ttl)
{
	struct dns_question question;
	struct dns_cursor start, cursor;
	struct dns_record record;
	uint32_t ttl = INT32_MAX;
	size_t count = 0;
	int r = 1;

	*ret_ttl = 0;
	if (!dns_read_response(message, length, &question, &start) || !streq(question.text, name))
		return 0;
	for (unsigned int i = 0; r > 0 && i <= ALIAS_LIMIT; i++)
		r = find_alias(start, question.text, &ttl);
	if (r)
		return 0; /* malformed, or aliases in a circle */
	cursor = start;
	while (count < limit && (r = dns_next_record(&cursor, &record)) > 0) {
		if (record.section != 1 || record.type != type ||
		    !streq(record.owner, question.text) ||
		    !dns_record_address(&cursor, &record, &ret[count]))
			continue;
		count++;
		if (record.ttl < ttl)
			ttl = record.ttl;
	}
	*ret_ttl = ttl;
	return r < 0 ? 0 : count;
}

/* A name in LDH, in labels; it is known to be a good one. */
static uint8_t *put_name(uint8_t *at, const char *name)
{
	while (*name) {
		size_t label = strcspn(name, ".");

		*at++ = (uint8_t)label;
		memcpy(at, name, label);
		at += label;
		name += label + (name[label] == '.');
	}
	*at++ = 0;
	return at;
}

static uint8_t *put_opt(uint8_t *at, enum dns_extended extended)
{
	*at++ = 0;
	at = put16(at, DNS_OPT);
	at = put16(at, PAYLOAD_OWN);
	at = put32(at, 0);
	if (extended == DNS_EXTENDED_NONE)
		return put16(at, 0);
	at = put16(at, 6);
	at = put16(at, OPTION_EXTENDED);
	at = put16(at, 2);
	return put16(at, (unsigned int)extended);
}

static void put_counts(uint8_t *message, unsigned int answers, unsigned int additional)
{
	put16(message + 4, 1);
	put16(message + 6, answers);
	put16(message + 8, 0);
	put16(message + 10, additional);
}

size_t dns_write_query(uint8_t *message, uint16_t id, const char *name, uint16_t type)
{
	uint8_t *at = message + DNS_HEADER;

	put16(message, id);
	put16(message + 2, DNS_FLAG_RECURSE);
	put_counts(message, 0, 1);
	at = put_name(at, name);
	at = put16(at, type);
	at = put16(at, CLASS_INTERNET);
	at = put_opt(at, DNS_EXTENDED_NONE);
	return (size_t)(at - message);
}

static uint8_t *put_record(uint8_t *at, unsigned int type, uint32_t ttl, unsigned int length)
{
	at = put16(at, 0xc000 | DNS_HEADER); /* the name of the question */
	at = put16(at, type);
	at = put16(at, CLASS_INTERNET);
	at = put32(at, ttl);
	return put16(at, length);
}

size_t dns_write_answer(uint8_t *message, const struct dns_question *query,
			const struct dns_answer *answer)
{
	uint8_t *at = message + DNS_HEADER + query->name_length + 4, *data;
	bool any = answer->address || answer->pointer;

	put16(message + 2, DNS_FLAG_RESPONSE | DNS_FLAG_AVAILABLE |
				   (query->flags & (DNS_FLAG_OPCODE | DNS_FLAG_RECURSE)) |
				   answer->code);
	put_counts(message, any, query->extended);
	if (answer->address) {
		bool v4 = answer->address->family == AF_INET;

		at = put_record(at, v4 ? DNS_A : DNS_AAAA, answer->ttl, v4 ? 4 : 16);
		memcpy(at, answer->address->bytes, v4 ? 4 : 16);
		at += v4 ? 4 : 16;
	} else if (answer->pointer) {
		data = put_record(at, DNS_PTR, answer->ttl, 0);
		at = put_name(data, answer->pointer);
		put16(data - 2, (unsigned int)(at - data));
	}
	if (query->extended)
		at = put_opt(at, answer->extended);
	return (size_t)(at - message);
}

size_t dns_truncate(uint8_t *message, const struct dns_question *question)
{
	put16(message + 2, get16(message + 2) | DNS_FLAG_TRUNCATED);
	put_counts(message, 0, 0);
	return DNS_HEADER + question->name_length + 4;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool dns_reverse_address(const char *text, struct address *ret)
{
	static const char v6_tail[] = "ip6.arpa";
	struct address address = {.family = AF_INET};
	unsigned int part[4];
	int end = 0;

	if (sscanf(text, "%3u.%3u.%3u.%3u.in-addr.arpa%n", &part[3], &part[2], &part[1], &part[0],
		   &end) == 4 &&
	    end && !text[end]) {
		for (size_t i = 0; i < 4; i++) {
			if (part[i] > 255)
				return false;
			address.bytes[i] = (uint8_t)part[i];
		}
		*ret = address;
		return true;
	}
	if (strlen(text) != 64 + sizeof(v6_tail) - 1 || !streq(text + 64, v6_tail))
		return false;
	address.family = AF_INET6;
	for (size_t i = 0; i < 32; i++) {
		int digit = hex_digit(text[2 * i]);

		if (digit < 0 || text[2 * i + 1] != '.')
			return false;
		address.bytes[15 - i / 2] |= (uint8_t)(digit << 4 * (i % 2));
	}
	*ret = address;
	return true;
}
