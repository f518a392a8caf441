// SPDX-License-Identifier: GPL-2.0-or-later
#include "shortage.h"

#include "event.h"
#include "net.h"

#include "base/fd.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Nothing turned away for so long: the next time is another shortage. */
#define QUIET 10000

#define REMEDY "a higher hard limit of open files (ulimit -Hn)"

static struct {
	int reserve;
	bool told;
	int64_t last; /* when a connection was turned away */
} shortage = {.reserve = -1};

void shortage_over(void)
{
	/* The filter allows sockets of the internet and nothing else that is as cheap. */
	if (shortage.reserve < 0)
		shortage.reserve = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

void shortage_begin(struct net *net)
{
	shortage_over();
	shortage.told = false;
	shortage.last = loop_now(net->loop);
}

void shortage_end(void)
{
	shortage.reserve = fd_close(shortage.reserve);
}

bool is_shortage(int code)
{
	return code == EMFILE || code == ENFILE;
}

void shortage_tell(struct net *net, const struct address *destination, uint16_t port, int code)
{
	const int64_t now = loop_now(net->loop);
	const bool again = shortage.told && now - shortage.last < QUIET;
	const char *remedy = REMEDY;
	char text[ADDRESS_TEXT], to[ADDRESS_TEXT + 16], rule[160];

	net->counters.dropped++;
	shortage.told = true;
	shortage.last = now;
	if (again)
		return;
	address_format(destination, text);
	snprintf(to, sizeof(to), strchr(text, ':') ? "[%s]:%u" : "%s:%u", text, port);
	if (code == ENFILE) {
		snprintf(rule, sizeof(rule), "the system has no file descriptors left");
		remedy = "a higher limit of the system (fs.file-max)";
	} else if (code) {
		snprintf(rule, sizeof(rule), "no file descriptors left for connections");
	} else if (net->relay_limit_own) {
		snprintf(rule, sizeof(rule), "%zu connections at once are the most there may be",
			 net->relay_limit);
		remedy = "";
	} else {
		snprintf(rule, sizeof(rule),
			 "no file descriptors left for more than %zu connections at once",
			 net->relay_limit);
	}
	event_refused(net, "tcp", to, NULL, rule, remedy);
}

int shortage_accept(int listener, struct sockaddr_storage *ret_peer)
{
	socklen_t length = sizeof(*ret_peer);
	int fd;

	shortage.reserve = fd_close(shortage.reserve);
	fd = accept4(listener, (struct sockaddr *)ret_peer, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
	return fd < 0 ? -errno : fd;
}
