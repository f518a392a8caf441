// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stdbool.h>

/*
 * Rules of what a program may do on a message bus, as xdg-dbus-proxy knows them, checked where they
 * are read: the proxy itself takes many a slip of the pen for a rule that grants nothing.
 */

/* What is granted; each of the first three includes the ones before it. */
enum bus_verb { BUS_SEE, BUS_TALK, BUS_OWN, BUS_CALL, BUS_BROADCAST, BUS_VERBS };

/* "see", "talk", … */
extern const char *const bus_verb_names[BUS_VERBS];

/*
 * Whether @rule is one of @verb. For see, talk and own it is NAME or NAME.*, where NAME is a
 * well-known name of the D-Bus specification; for call and broadcast it is NAME=RULE, where RULE is
 * [METHOD][@PATH], METHOD is *, INTERFACE.* or INTERFACE.MEMBER, and PATH an object's or one with
 * an asterisk behind it, for all below. 0, or -EINVAL with what is wrong.
 */
int bus_rule_check(enum bus_verb verb, const char *rule, struct error *e);

/* Whether the name of @rule is @name or one of several that @name is among. */
bool bus_rule_covers(const char *rule, const char *name);

/* Whether the name of @rule is @prefix, is below it, or is a wildcard above it. */
bool bus_rule_touches(const char *rule, const char *prefix);

/* Whether @rule, one of call, lets a method of @interface be called. */
bool bus_rule_calls(const char *rule, const char *interface);
