// SPDX-License-Identifier: GPL-2.0-or-later
#include "event.h"

#include "control.h"
#include "net.h"

#include "base/string.h"

#include <stdio.h>

/* Kinds of refusal told apart at a time, and for how long they are counted together. */
#define KINDS 64
#define DELAY 1000

struct kind {
	char protocol[8], destination[POLICY_NAME_LIMIT + 8], name[POLICY_NAME_LIMIT], rule[384],
		option[384];
	unsigned int count; /* not told yet */
};

static struct {
	struct kind kinds[KINDS];
	size_t count, lost;
	struct timer timer;
	struct net *net;
} pending;

static void tell(struct net *net, const struct kind *kind, unsigned count)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "type", json_object_new_string("refused"));
	json_object_object_add(object, "protocol", json_object_new_string(kind->protocol));
	json_object_object_add(object, "destination", json_object_new_string(kind->destination));
	if (kind->name[0])
		json_object_object_add(object, "name", json_object_new_string(kind->name));
	json_object_object_add(object, "rule", json_object_new_string(kind->rule));
	if (kind->option[0])
		json_object_object_add(object, "option", json_object_new_string(kind->option));
	json_object_object_add(object, "count", json_object_new_int64(count));
	control_send(net, object);
}

void event_flush(struct net *net)
{
	for (size_t i = 0; i < pending.count; i++)
		if (pending.kinds[i].count)
			tell(net, &pending.kinds[i], pending.kinds[i].count);
	if (pending.lost) {
		struct kind others = {.protocol = "any", .destination = "others"};

		snprintf(others.rule, sizeof(others.rule), "too many at once to name each");
		tell(net, &others, (unsigned)pending.lost);
	}
	pending.count = pending.lost = 0;
	timer_clear(net->loop, &pending.timer);
}

static void expired(struct timer *timer)
{
	event_flush(pending.net);
}

static struct kind *find(const char *protocol, const char *destination, const char *rule)
{
	for (size_t i = 0; i < pending.count; i++) {
		struct kind *kind = &pending.kinds[i];

		if (streq(kind->protocol, protocol) && streq(kind->destination, destination) &&
		    streq(kind->rule, rule))
			return kind;
	}
	return NULL;
}

void event_refused(struct net *net, const char *protocol, const char *destination, const char *name,
		   const char *rule, const char *option)
{
	struct kind *kind = find(protocol, destination, rule);

	net->counters.total.refused++;
	counters_line(&net->counters, name ? name : destination)->refused++;
	if (!net->control)
		return;
	if (kind) {
		kind->count++;
		return;
	}
	pending.net = net;
	pending.timer.expired = expired;
	if (!pending.timer.slot)
		timer_set(net->loop, &pending.timer, DELAY);
	if (pending.count == KINDS) {
		pending.lost++;
		return;
	}
	kind = &pending.kinds[pending.count++];
	kind->count = 0;
	snprintf(kind->protocol, sizeof(kind->protocol), "%s", protocol);
	snprintf(kind->destination, sizeof(kind->destination), "%s", destination);
	snprintf(kind->name, sizeof(kind->name), "%s", name ? name : "");
	snprintf(kind->rule, sizeof(kind->rule), "%s", rule);
	snprintf(kind->option, sizeof(kind->option), "%s", option);
	tell(net, kind, 1);
}

void event_gate_refused(struct net *net, const struct relay_terms *terms, const struct gate *gate)
{
	char destination[POLICY_NAME_LIMIT + 8], option[POLICY_NAME_LIMIT + 32], *said;
	_cleanup_free_ char *rule = NULL;

	snprintf(destination, sizeof(destination), "%s:%u", gate->name, gate->port);
	snprintf(option, sizeof(option), "--allow %s:%u+tls=any", gate->name, gate->port);
	said = string_escape(gate->said);
	rule = xasprintf("%s%s%s", gate->reason, *said ? ": " : "", said);
	free(said);
	event_refused(net, "tcp", destination, gate->name, rule, option);
}
