// SPDX-License-Identifier: GPL-2.0-or-later
/* A message of the DNS of any bytes is read within its bounds, and what is answered to it is good. */
#include "fuzz.h"

#include "dns_message.h"

#include "base/string.h"

static void check_query(const uint8_t *data, size_t size)
{
	static uint8_t answer[DNS_MESSAGE_LIMIT + DNS_ANSWER_LIMIT];
	const struct address address = {.family = AF_INET6, .bytes = {0xfd}};
	struct dns_question question, said;
	struct dns_cursor cursor;
	struct dns_record record;
	struct address found[2];
	uint32_t ttl;
	size_t length;
	int r;

	if (size > DNS_MESSAGE_LIMIT || dns_read_query(data, size, &question) < 0)
		return;
	memcpy(answer, data, size);
	length = dns_write_answer(answer, &question,
				  &(struct dns_answer){.extended = DNS_EXTENDED_BLOCKED,
						       .ttl = 1,
						       .address = &address});
	if (length > size + DNS_ANSWER_LIMIT ||
	    !dns_read_response(answer, length, &said, &cursor) ||
	    !streq(said.text, question.text) || said.id != question.id)
		abort();
	while ((r = dns_next_record(&cursor, &record)) > 0)
		;
	if (r < 0 || cursor.at != length)
		abort();
	if (dns_find_addresses(answer, length, question.text, DNS_AAAA, found, 2, &ttl) != 1)
		abort();
	length = dns_truncate(answer, &question);
	if (!dns_read_response(answer, length, &said, &cursor))
		abort();
}

static void check_response(const uint8_t *data, size_t size)
{
	struct dns_question question;
	struct dns_cursor cursor;
	struct dns_record record;
	struct address found[8], address;
	char name[DNS_TEXT_LIMIT];
	uint32_t ttl;

	if (!dns_read_response(data, size, &question, &cursor))
		return;
	if (strlen(question.text) >= sizeof(question.text))
		abort();
	if (dns_find_addresses(data, size, question.text, DNS_A, found, 8, &ttl) > 8)
		abort();
	while (dns_next_record(&cursor, &record) > 0) {
		if (record.data + record.length > size)
			abort();
		dns_read_name(data, size, record.data, name);
		dns_record_address(&cursor, &record, &address);
		dns_reverse_address(record.owner, &address);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly as long as it is, so that a byte too far is seen. */
	_cleanup_free_ uint8_t *copy = malloc(size + !size);

	memcpy(copy, data, size);
	check_query(copy, size);
	check_response(copy, size);
	return 0;
}
