// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/json.h"

struct net;
struct control;

/*
 * The talk with the launcher: one JSON object a packet, over a SOCK_SEQPACKET socket.
 *
 *	→ {"type":"ready", …} or {"type":"error","message":…,"remedy":…}, once
 *	→ {"type":"tcp","tcp":…,"notes":…}, once, where that was "pending" in "ready"
 *	→ {"type":"refused", …}, {"type":"counters", …}
 *	← {"type":"start"}, once, when the program starts
 *	← {"type":"deny","rule":…}, {"type":"counters?"}, {"type":"close"}
 *
 * Its end is the end of the program. Without a control socket nothing is said or heard.
 */
typedef void control_heard_t(struct net *net, const char *packet);

int control_begin(struct net *net, int fd, control_heard_t *heard, struct error *e);

/* The last word: all counters. */
void control_end(struct net *net);

/* Send @object and free it; one that the other side has no room for is dropped. */
void control_send(struct net *net, struct json_object *object);

/* The set-up failed: say so on @fd, where there is one. */
void control_fail(int fd, const struct error *e);

/* Tell the launcher that the program may start. */
int control_ready(struct net *net);

/* Wait until the launcher has something to say, or has not for too long; @fd is -1 without one. */
void control_wait(int fd);

/* Tell it how TCP leaves, which was pending. */
void control_concluded(struct net *net);

/* Send all counters. */
void control_counters(struct net *net);
