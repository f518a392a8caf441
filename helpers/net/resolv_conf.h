// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"

/*
 * The host's name servers, as its resolv.conf(5) has them.
 */

#define NAME_SERVERS 8

struct name_server {
	struct address address;
	uint16_t port;
	uint32_t scope; /* the interface of a link-local address, or 0 */
};

/*
 * The name servers in @text. Where it names none, 127.0.0.1, as for the C library. Lines that
 * aren't understood are passed over. Returns how many there are, at least 1.
 */
size_t resolv_conf_parse(const char *text, struct name_server ret[static NAME_SERVERS]);

/* "ADDRESS", "ADDRESS:PORT" or "[ADDRESS]:PORT"; port 53 unless said. */
bool name_server_parse(const char *text, struct name_server *ret);

/*
 * Read @path now and whenever it changes, in a child that ends when this process does: the helper
 * confines itself so that it can open no file any more.
 *
 * From the socket @ret_fd (non-blocking, SOCK_SEQPACKET), each message is a whole file, NUL excluded,
 * the first one at once; sending a byte asks for it again. Call it with one thread, before anything
 * from outside was read.
 */
int resolv_conf_follow(const char *path, int *ret_fd, struct error *e);

/* The longest file that is read. */
#define RESOLV_CONF_LIMIT 8192
