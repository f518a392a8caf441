// SPDX-License-Identifier: GPL-2.0-or-later
/* What the network helper is told in words: resolv.conf, rules, addresses, host names. */
#include "fuzz.h"

#include "policy.h"
#include "resolv_conf.h"

#include "base/string.h"

static void check_address(const char *text)
{
	struct address address = {0}, back = {0}, inside[2];
	char written[ADDRESS_TEXT];
	struct network network = {0};
	struct error e = {0};
	bool same;

	if (address_parse(text, &address)) {
		address_format(&address, written);
		if (!address_parse(written, &back) || !address_equal(&address, &back) ||
		    !address_class_name(address_class(&address, NULL)) ||
		    address_embedded(&address, inside, &same) > 2)
			abort();
	}
	if (network_parse(text, &network, &e) < 0)
		return;
	network_format(&network, written);
	if (!network_holds(&network, &network.address) || network_parse(written, &network, &e) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xmemdup(data, size);
	char name[POLICY_NAME_LIMIT];
	struct name_servers servers;
	struct policy_decision decision;
	struct policy policy = {0};
	struct name_server server;
	struct error e = {0};

	resolv_conf_parse(text, &servers);
	if (servers.count > NAME_SERVERS || !servers.count)
		abort();
	name_server_parse(text, &server);
	check_address(text);
	if (policy_parse_name(text, size, name) &&
	    (strlen(name) >= sizeof(name) || strpbrk(name, " /\n:")))
		abort();
	if (policy_add(&policy, size % 2 ? POLICY_ALLOW : POLICY_DENY, text, &e) < 0 && !e.text[0])
		abort();
	policy_may_resolve(&policy, "example.org", &decision);
	policy_decide(&policy,
		      &(struct policy_question){.protocol = POLICY_TCP,
						.name = "a.example.org",
						.address = &servers.items[0].address,
						.port = 443},
		      &decision);
	policy_free(&policy);
	return 0;
}
