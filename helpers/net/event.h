// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "gate.h"
#include "terms.h"

struct net;

/*
 * What the launcher is told while it happens: refusals, each naming what would allow it.
 *
 * The first of a kind is told at once; those like it are counted and told together a second later,
 * so that a program that tries again and again does not flood its user.
 */

/*
 * @protocol ("tcp", "udp", "icmp", "dns") to @destination ("203.0.113.10:80") was refused. @name:
 * the name it was asked for, or NULL; @rule: what refused it; @option: what would allow it, or "".
 */
void event_refused(struct net *net, const char *protocol, const char *destination, const char *name,
		   const char *rule, const char *option);

/* The client said something else than the name it had asked for. */
void event_gate_refused(struct net *net, const struct relay_terms *terms, const struct gate *gate);

/* Send what is still counted. */
void event_flush(struct net *net);
