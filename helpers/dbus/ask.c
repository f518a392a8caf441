// SPDX-License-Identifier: GPL-2.0-or-later
#include "ask.h"

#include "client.h"

#include "base/bus_address.h"
#include "base/string.h"

#include <errno.h>

enum { PATIENCE = 3000 /* ms */ };

void ask_documents(const char *address)
{
	_cleanup_client_ struct client client = CLIENT_NONE;
	struct wire_message answer = {0};

	if (client_connect(&client, address, PATIENCE, NULL) == 0)
		client_call(&client,
			    &(struct wire_call){.destination = "org.freedesktop.portal.Documents",
						.path = "/org/freedesktop/portal/documents",
						.interface = "org.freedesktop.portal.Documents",
						.member = "GetMountPoint"},
			    -1, &answer, NULL);
}

int ask_accessibility(const char *address, char **ret, struct error *e)
{
	_cleanup_client_ struct client client = CLIENT_NONE;
	struct wire_message answer = {0};
	const char *text;
	int r = client_connect(&client, address, PATIENCE, e);

	if (r == 0)
		r = client_call(&client,
				&(struct wire_call){.destination = "org.a11y.Bus",
						    .path = "/org/a11y/bus",
						    .interface = "org.a11y.Bus",
						    .member = "GetAddress"},
				-1, &answer, e);
	if (r < 0)
		return r;
	text = streq(answer.signature, "s") ? wire_in_string(&answer.body) : "";
	*ret = bus_address(text);
	return *ret ? 0 : error_set(e, EINVAL, "%.200s: an address that is not known", text);
}
