// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "namespaces.h"

struct net;

/*
 * How TCP leaves the sandbox: attachment.tcp, which is pending until a child inside has set the rules
 * that lead it to the listeners, or has found that it can't. Then the notes are about that.
 */

/* Have the child begin. */
int redirection_begin(struct net *net, const struct namespaces *namespaces, struct error *e);

/* Wait for it. Without a tap, there must be a redirection. */
int redirection_wait(struct net *net, struct error *e);

/* Or go on meanwhile: when it is known, the launcher is told, and the tap lets go what it held. */
int redirection_follow(struct net *net, struct error *e);

void redirection_end(struct net *net);
