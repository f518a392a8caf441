// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "loop.h"
#include "resolv_conf.h"

/*
 * Asking the host's name servers.
 */

/* Questions that wait for an answer at the same time, at most. */
#define RESOLVER_LIMIT 512
/* The longest question that is asked. */
#define RESOLVER_QUESTION_LIMIT 4096

struct resolver;
struct resolver_query;

/*
 * What came back: the whole response, or NULL where no server gave one. It is only valid during the
 * call. The question may be asked for again from here.
 */
typedef void resolver_done(void *data, uint8_t *response, size_t length);

struct resolver *resolver_new(struct loop *loop);
void resolver_free(struct resolver *resolver);

/* Ask these from now on, in this order; at least one. Questions under way go on with them. */
void resolver_set_servers(struct resolver *resolver, const struct name_servers *servers);

/* @unreachable is called when no server answered a question; NULL for none. */
void resolver_on_failure(struct resolver *resolver, void (*unreachable)(void *), void *data);

/*
 * Send the query @message of @length bytes, which dns_read_query() understood or dns_write_query()
 * wrote. With @whole, a truncated answer is asked for again by TCP. @done is called once, not before
 * this returns; NULL is returned, and it is never called, when there are too many questions.
 */
struct resolver_query *resolver_ask(struct resolver *resolver, const uint8_t *message,
				    size_t length, bool whole, resolver_done *done, void *data);

/* Forget a question whose answer didn't come yet. */
void resolver_cancel(struct resolver_query *query);
