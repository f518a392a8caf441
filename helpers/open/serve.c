// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Links that the user is asked about. What a program inside says to the portal can't be made to ask by a filter on the bus,
 * which does not look into messages. So it does not reach the portal; it names the address here, and this process, which
 * runs outside, has the portal ask. The address is written, and the writing side closed; the answer is a byte, the status.
 */
#include "serve.h"

#include "links_filters.h"
#include "portal.h"

#include "base/fd.h"
#include "base/string.h"
#include "kernel/capability.h"
#include "kernel/landlock.h"
#include "kernel/seccomp.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	LONGEST = 4096,       /* of an address: the user is to read it */
	PATIENCE = 10 * 1000, /* ms for who names one, and for the bus */
};

/* An address, of letters that can be seen; none of a file, which would be one outside. */
static bool is_url(const char *text)
{
	size_t scheme = 0;

	while (isalnum((unsigned char)text[scheme]) ||
	       (text[scheme] && strchr("+.-", text[scheme])))
		scheme++;
	if (!isalpha((unsigned char)text[0]) || text[scheme] != ':' || !text[scheme + 1] ||
	    strncasecmp(text, "file:", 5) == 0)
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* What is written up to the end; false where it is too long, or too slow. */
static bool hear(int fd, char text[LONGEST])
{
	size_t have = 0;

	for (;;) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		ssize_t length;

		if (poll(&wait, 1, PATIENCE) <= 0)
			return false;
		length = read(fd, text + have, LONGEST - have);
		if (length < 0)
			return false;
		have += (size_t)length;
		if (have == LONGEST)
			return false;
		if (length == 0) {
			text[have] = '\0';
			return strlen(text) == have;
		}
	}
}

static enum status open_asked(const char *url, const char *address)
{
	_cleanup_client_ struct client client = CLIENT_NONE;
	struct error e = {0};

	if (client_connect(&client, address, PATIENCE, &e) < 0)
		return NO_TOOL;
	return portal_open(&client, &(struct opening){.url = url, .asked = true}, &e) < 0 ? FAILED
											  : OPENED;
}

static bool confine(const char *address)
{
	const struct filter filter = {.instructions = links_filter, .count = links_filter_count};
	int abi = landlock_abi(), ruleset;

	if (capability_drop_own() < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return false;
	if (startswith(address, "abstract:"))
		abi = landlock_abi_unscoped(abi);
	if (abi > 0) {
		ruleset = landlock_create(abi, true);
		if (ruleset < 0 || landlock_enforce(ruleset) < 0)
			return false;
		close(ruleset);
	}
	return seccomp_apply(&filter, 0) == 0;
}

int serve_links(int listener, const char *address)
{
	struct pollfd wait = {.fd = listener, .events = POLLIN};
	char url[LONGEST];

	if (!confine(address))
		return EXIT_HUTCH_FAILED;
	for (;;) {
		_cleanup_fd_ int client = -1;
		unsigned char status = FAILED;

		if (poll(&wait, 1, -1) < 0)
			continue;
		client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (client < 0 || !hear(client, url))
			continue;
		status = (unsigned char)(is_url(url) ? open_asked(url, address) : NO_FILE);
		if (send(client, &status, 1, MSG_NOSIGNAL) < 0)
			continue;
	}
}

int serve_ask(const char *url)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = LINKS};
	size_t length = strlen(url);
	unsigned char status;

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -ENOENT;
	if (length >= LONGEST || send(fd, url, length, MSG_NOSIGNAL) != (ssize_t)length ||
	    shutdown(fd, SHUT_WR) < 0 || read(fd, &status, 1) != 1)
		return FAILED;
	return status;
}
