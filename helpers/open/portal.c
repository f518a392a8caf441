// SPDX-License-Identifier: GPL-2.0-or-later
#include "portal.h"

#include "base/string.h"

#include <errno.h>

enum { PATIENCE_OF_USER = 10 * 60 * 1000 /* ms for who is asked */ };

/* Wait for the answer to the request @handle: what it says is 0 where it was opened. */
static int wait_for_answer(struct client *client, const char *handle, struct error *e)
{
	struct wire_message message;
	int r;

	client_wait_longer(client, PATIENCE_OF_USER);
	do {
		r = client_next(client, &message, e);
		if (r < 0)
			return r;
	} while (message.type != WIRE_SIGNAL || !streq(message.path, handle) ||
		 !streq(message.member, "Response"));
	return wire_in_u32(&message.body) == 0 && !message.body.wrong
		       ? 0
		       : error_set(e, ECANCELED, "it was not opened");
}

int portal_open(struct client *client, const struct opening *what, struct error *e)
{
	struct wire_call call = {
		.destination = "org.freedesktop.portal.Desktop",
		.path = "/org/freedesktop/portal/desktop",
		.interface = "org.freedesktop.portal.OpenURI",
		.member = what->url         ? "OpenURI"
			  : what->directory ? "OpenDirectory"
					    : "OpenFile",
		.signature = what->url ? "ssa{sv}" : "sha{sv}",
		.descriptors = what->url ? 0 : 1,
	};
	_cleanup_free_ char *handle = NULL;
	struct wire_message answer;
	struct wire_out body = {0};
	size_t array;
	int r;

	wire_string(&body, ""); /* of no window */
	if (what->url)
		wire_string(&body, what->url);
	else
		wire_u32(&body, 0);
	array = wire_array(&body, 8);
	if (what->asked)
		wire_entry_bool(&body, "ask", true);
	wire_array_end(&body, array, 8);
	call.body = &body;
	r = client_call(client, &call, what->url ? -1 : what->fd, &answer, e);
	wire_free(&body);
	if (r < 0)
		return r;
	handle = xstrdup(streq(answer.signature, "o") ? wire_in_string(&answer.body) : "");
	return wait_for_answer(client, handle, e);
}
