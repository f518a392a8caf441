// SPDX-License-Identifier: GPL-2.0-or-later
#include "resolv_conf.h"

#include "base/string.h"

#include <net/if.h>

#define DNS_PORT 53

static bool parse_address(const char *text, size_t length, struct name_server *ret)
{
	char copy[ADDRESS_TEXT + IF_NAMESIZE];
	char *scope;

	if (length >= sizeof(copy))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	scope = strchr(copy, '%');
	if (scope)
		*scope++ = '\0';
	*ret = (struct name_server){.port = DNS_PORT};
	if (!address_parse(copy, &ret->address))
		return false;
	if (!scope)
		return true;
	ret->scope = if_nametoindex(scope);
	return ret->scope && ret->address.family == AF_INET6;
}

bool name_server_parse(const char *text, struct name_server *ret)
{
	const char *colon = strrchr(text, ':'), *end = text + strlen(text);
	struct name_server server;
	unsigned long port = 0;

	if (text[0] == '[') {
		const char *bracket = strchr(text++, ']');

		if (!bracket || (bracket[1] && bracket[1] != ':'))
			return false;
		colon = bracket[1] ? bracket + 1 : NULL;
		end = bracket;
	} else if (colon && strchr(text, ':') == colon) {
		end = colon;
	} else {
		colon = NULL;
	}
	if (!parse_address(text, (size_t)(end - text), &server))
		return false;
	if (colon) {
		port = strtoul(colon + 1, NULL, 10);
		if (strspn(colon + 1, "0123456789") != strlen(colon + 1) || !port || port > 65535)
			return false;
		server.port = (uint16_t)port;
	}
	*ret = server;
	return true;
}

void resolv_conf_parse(const char *text, struct name_servers *ret)
{
	*ret = (struct name_servers){0};
	while (*text && ret->count < NAME_SERVERS) {
		size_t line = strcspn(text, "\n");
		const char *value = startswith(text, "nameserver");

		if (value && (*value == ' ' || *value == '\t')) {
			value += strspn(value, " \t");
			if (parse_address(value, strcspn(value, " \t\r\n#;"),
					  &ret->items[ret->count]))
				ret->count++;
		}
		text += line + (text[line] == '\n');
	}
	if (!ret->count && name_server_parse("127.0.0.1", &ret->items[0]))
		ret->count = 1;
}
