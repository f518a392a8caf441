// SPDX-License-Identifier: GPL-2.0-or-later
#include "orders.h"

#include "control.h"
#include "net.h"
#include "relay.h"

#include "base/string.h"

#include <errno.h>

static void tighten(struct net *net, const char *rule)
{
	struct error e = {0};
	struct json_object *answer = json_object_new_object();
	int r = rule ? policy_add(&net->policy, POLICY_DENY, rule, &e)
		     : error_set(&e, EINVAL, "deny without a rule");

	json_object_object_add(answer, "type", json_object_new_string("denied"));
	if (r < 0)
		json_object_object_add(answer, "error", json_object_new_string(e.text));
	else
		relay_decide_again(net);
	control_send(net, answer);
}

void orders_take(struct net *net, const char *packet)
{
	struct json_object *object = json_tokener_parse(packet), *value;
	const char *type = NULL, *rule = NULL;

	if (json_object_object_get_ex(object, "type", &value))
		type = json_object_get_string(value);
	if (json_object_object_get_ex(object, "rule", &value))
		rule = json_object_get_string(value);
	if (!type)
		type = "";
	if (streq(type, "counters?"))
		control_counters(net);
	else if (streq(type, "deny"))
		tighten(net, rule);
	else if (streq(type, "close"))
		loop_stop(net->loop, 0);
	json_object_put(object);
}
