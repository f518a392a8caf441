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

struct name_servers {
	size_t count;
	struct name_server items[NAME_SERVERS];
};

/* "ADDRESS", "ADDRESS:PORT" or "[ADDRESS]:PORT"; port 53 unless said. */
bool name_server_parse(const char *text, struct name_server *ret);

/*
 * The name servers in @text. Where it names none, 127.0.0.1, as for the C library. Lines that
 * aren't understood are passed over.
 */
void resolv_conf_parse(const char *text, struct name_servers *ret);

/* The same for a file; one that can't be read names none. */
void resolv_conf_read(const char *path, struct name_servers *ret);

/*
 * Follow the changes of @path in a child that ends when this process does: the helper confines itself
 * so that it can open no file any more.
 *
 * From the non-blocking socket @ret_fd (SOCK_SEQPACKET), each message is a struct name_servers;
 * sending a byte asks for one, and the first byte makes the child begin. Call it with one thread,
 * before anything from outside was read.
 */
int resolv_conf_follow(const char *path, int *ret_fd, struct error *e);
