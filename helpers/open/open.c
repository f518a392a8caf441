// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xdg-open inside a sandbox: a link or a file is opened outside, by the program that the user has
 * for it, through the portal, which may ask. Nothing is executed here.
 *
 * Files are handed over as descriptors: what the sandbox can't open, the portal is not asked for. Where links are asked for
 * (serve.c), the portal is out of reach; the same program stands outside then, as "--serve LISTENER ADDRESS".
 */
#include "portal.h"
#include "serve.h"

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

enum { PATIENCE = 30 * 1000 /* ms for the portal to take the request */ };

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
	int asked;

	if (argc == 4 && streq(argv[1], "--serve"))
		return serve_links((int)strtol(argv[2], NULL, 10), argv[3]);
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
	asked = path ? -ENOENT : serve_ask(what);
	if (asked > OPENED)
		error_set(&e, ECANCELED, "%s: it was not opened", what);
	if (asked >= 0)
		return asked ? fail((enum status)asked, &e) : OPENED;
	if (!address) {
		error_set(&e, ENOENT, "there is no message bus in this sandbox");
		return fail(NO_TOOL, &e);
	}
	if (client_connect(&client, address, PATIENCE, &e) < 0)
		return fail(NO_TOOL, &e);
	if (portal_open(&client,
			&(struct opening){.url = path ? NULL : what,
					  .fd = fd,
					  .directory = S_ISDIR(status.st_mode)},
			&e) < 0)
		return fail(FAILED, &e);
	return OPENED;
}
