// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "layout.h"
#include "policy.h"
#include "resolv_conf.h"

#include "base/error.h"

#include <sys/socket.h>
#include <sys/types.h>

#define OPTIONS_PUBLISHED 64

/* --publish [IP:]PORT[:PORT][/udp] */
struct publication {
	struct address address;
	uint16_t host_port, port;
	bool udp;
	const char *text;
};

/* What the command line asks for. */
struct options {
	pid_t target;             /* 0, or whose namespaces */
	int control, ready, pcap; /* -1 where not given */
	struct policy policy;     /* the caller takes it */
	struct layout layout;
	struct publication publications[OPTIONS_PUBLISHED];
	size_t publication_count;
	struct name_servers resolvers; /* --dns */
	uint64_t up, down;             /* bytes a second; 0: no limit */
};

/* Read the command line; the texts in @ret are those of @argv. 0 or -EINVAL; 1 after --help or
 * --version, which were answered. */
int options_parse(int argc, char **argv, struct options *ret, struct error *e);
