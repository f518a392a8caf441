// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/bus_wire.h"

#include <stdint.h>

/* A connection to a message bus that makes one call at a time. */
struct client {
	int fd;          /* -1: not connected */
	uint32_t serial; /* of the last call */
	int64_t end;     /* when patience ends, in milliseconds of the monotonic clock */
	uint8_t *data;   /* the last message that came */
};

#define CLIENT_NONE ((struct client){.fd = -1})

/*
 * Connect to the bus at @address ("path:/run/…" or "abstract:NAME"), say who we are, and begin. All
 * that is done with it may take @patience milliseconds together.
 */
int client_connect(struct client *client, const char *address, int patience, struct error *e);

/* Wait at most @milliseconds more from now on. */
void client_wait_longer(struct client *client, int64_t milliseconds);

/*
 * Make a call, with @descriptor unless that is -1, and take the answer, which is good until the next
 * one is made. An error that is answered is -EREMOTEIO with its name and text.
 */
int client_call(struct client *client, const struct wire_call *call, int descriptor,
		struct wire_message *ret, struct error *e);

/* The next message that comes; 0, -ETIMEDOUT, or another -errno. */
int client_next(struct client *client, struct wire_message *ret, struct error *e);

void client_close(struct client *client);

#define _cleanup_client_ __attribute__((cleanup(client_close)))
