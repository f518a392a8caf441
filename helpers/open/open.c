// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xdg-open inside a sandbox: a link or a file is opened outside, by the program that the user has
 * for it, through the portal, which may ask. Nothing is executed here.
 *
 * The portal drops a request whose sender has gone, so the answer is waited for. Files are handed
 * over as descriptors: what the sandbox can't open, the portal is not asked for.
 */
#include "client.h"

#include "base/bus_address.h"
#include "base/fd.h"
#include "base/string.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* As xdg-open(1) has them. */
enum status { OPENED, USAGE, NO_FILE, NO_TOOL, FAILED };

enum {
	PATIENCE = 30 * 1000,             /* ms for the portal to take the request */
	PATIENCE_OF_USER = 10 * 60 * 1000 /* ms for who is asked */
};

static const char usage[] = "usage: xdg-open { FILE | URL }\n"
			    "Opens it outside of the sandbox, by way of the desktop's portal.\n";

/* What is behind "scheme:"; NULL where there is none. */
static const char *after_scheme(const char *text)
{
	const char *at = text;

	if (!isalpha((unsigned char)*at))
		return NULL;
	while (isalnum((unsigned char)*at) || (*at && strchr("+.-", *at)))
		at++;
	return *at == ':' ? at + 1 : NULL;
}

/* The path of a URL "file:…", to be freed; NULL where it has none here. */
static char *path_of_url(const char *rest)
{
	const char *path = startswith(rest, "//localhost/") ? rest + strlen("//localhost")
			   : startswith(rest, "///")        ? rest + 2
							    : rest;
	char *decoded, *end;

	if (path[0] != '/' || path[1] == '/')
		return NULL;
	end = decoded = xcalloc(strlen(path) + 1, 1);
	for (; *path && *path != '?' && *path != '#'; path++) {
		char digits[3] = {path[0] == '%' ? path[1] : '\0'};

		digits[1] = digits[0] ? path[2] : '\0';
		if (isxdigit((unsigned char)digits[0]) && isxdigit((unsigned char)digits[1])) {
			*end++ = (char)strtoul(digits, NULL, 16);
			path += 2;
		} else {
			*end++ = *path;
		}
	}
	return decoded;
}

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

/* @url, or the file or directory @fd. */
static int ask(struct client *client, const char *url, int fd, bool directory, struct error *e)
{
	struct wire_call call = {
		.destination = "org.freedesktop.portal.Desktop",
		.path = "/org/freedesktop/portal/desktop",
		.interface = "org.freedesktop.portal.OpenURI",
		.member = url         ? "OpenURI"
			  : directory ? "OpenDirectory"
				      : "OpenFile",
		.signature = url ? "ssa{sv}" : "sha{sv}",
		.descriptors = url ? 0 : 1,
	};
	_cleanup_free_ char *handle = NULL;
	struct wire_message answer;
	struct wire_out body = {0};
	size_t array;
	int r;

	wire_string(&body, ""); /* of no window */
	if (url)
		wire_string(&body, url);
	else
		wire_u32(&body, 0);
	array = wire_array(&body, 8);
	wire_array_end(&body, array, 8);
	call.body = &body;
	r = client_call(client, &call, fd, &answer, e);
	wire_free(&body);
	if (r < 0)
		return r;
	handle = xstrdup(streq(answer.signature, "o") ? wire_in_string(&answer.body) : "");
	return wait_for_answer(client, handle, e);
}

static int fail(enum status status, const struct error *e)
{
	fprintf(stderr, "xdg-open: %s\n", e->text);
	return status;
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : NULL, *rest = what ? after_scheme(what) : NULL;
	const char *bus = getenv("DBUS_SESSION_BUS_ADDRESS");
	_cleanup_free_ char *address = bus ? bus_address(bus) : NULL, *path = NULL;
	_cleanup_client_ struct client client = CLIENT_NONE;
	_cleanup_fd_ int fd = -1;
	struct stat status = {0};
	struct error e = {0};

	if (!what || what[0] == '-') {
		bool help = what && streq(what, "--help");

		fputs(usage, help ? stdout : stderr);
		return help ? OPENED : USAGE;
	}
	if (!rest)
		path = xstrdup(what);
	else if (strncasecmp(what, "file:", 5) == 0)
		path = path_of_url(rest);
	if (rest && strncasecmp(what, "file:", 5) == 0 && !path) {
		error_set(&e, EINVAL, "%s: no file of this machine", what);
		return fail(NO_FILE, &e);
	}
	if (path) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd < 0 || fstat(fd, &status) < 0) {
			error_errno(&e, errno, "%s", path);
			return fail(NO_FILE, &e);
		}
	}
	if (!address) {
		error_set(&e, ENOENT, "there is no message bus in this sandbox");
		return fail(NO_TOOL, &e);
	}
	if (client_connect(&client, address, PATIENCE, &e) < 0)
		return fail(NO_TOOL, &e);
	if (ask(&client, path ? NULL : what, fd, S_ISDIR(status.st_mode), &e) < 0)
		return fail(FAILED, &e);
	return OPENED;
}
