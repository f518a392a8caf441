// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"
#include "engine/recording.h"
#include "plan/request.h"

/* What was said on the message buses, and the rules of a profile that let it be said. */

/* Whether the rules of @request let that call be made, or that name be owned. */
bool learn_bus_grants(const struct request *request, const struct messaged *message);

/*
 * Say lines that grant @messages: own for a name, call for an interface, each with its evidence
 * above it. Those by which a program can do outside what it can't do itself stand there as comments
 * with a warning.
 */
void learn_bus_say(struct strbuf *out, const struct messaged *const *messages, size_t count);
