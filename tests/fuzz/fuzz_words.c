// SPDX-License-Identifier: GPL-2.0-or-later
/* Values as people write them: numbers, paths, rules and ports of the network, names. */
#include "fuzz.h"

#include "base/string.h"
#include "base/user.h"
#include "engine/registry.h"
#include "engine/session_store.h"
#include "language/expand.h"
#include "language/number.h"
#include "plan/network_text.h"

/* Whoever refuses says why. */
static int told(int r, struct error *e)
{
	if (r < 0 && !e->text[0])
		abort();
	*e = (struct error){0};
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xmemdup(data, size), *path = NULL, *expanded = NULL;
	_cleanup_free_ char *escaped = string_escape(text), *back = string_unescape(escaped);
	struct published published = {0};
	uint64_t number = 0;
	struct error e = {0};
	uint16_t port = 1;

	setenv("HOME", "/home/a b", 1);
	if (!streq(back, text) || strchr(escaped, '\n'))
		abort();
	if (told(number_id(text, &number, &e), &e) == 0 && number > UINT32_MAX - 1)
		abort();
	if (told(number_plain(text, 3, 77, &number, &e), &e) == 0 && (number < 3 || number > 77))
		abort();
	told(number_size(text, &number, &e), &e);
	told(number_thousandths(text, 10, &number, &e), &e);
	told(number_duration(text, &number, &e), &e);
	told(expand_path(text, &path, &e), &e);
	told(expand_variables(text, &expanded, &e), &e);
	told(network_rule_check(text, &e), &e);
	told(network_address_check(text, &e), &e);
	if (told(network_port_parse(text, &port, &e), &e) == 0 && !port)
		abort();
	if (told(network_publish_parse(text, &published, &e), &e) == 0 && !published.inside)
		abort();
	if ((registry_valid_name(text) || session_name_valid(text)) &&
	    (strchr(text, '/') || text[0] == '.' || text[0] == '-' || strlen(text) > 64))
		abort();
	return 0;
}
