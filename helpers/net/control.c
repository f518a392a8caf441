// SPDX-License-Identifier: GPL-2.0-or-later
#include "control.h"

#include "net.h"

#include "base/alloc.h"
#include "base/fd.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Milliseconds between the network's being ready and the program's start, as a rule far less. */
#define START_TIME 1000

/* The longest packet that is sent or understood. */
#define PACKET 65536

struct control {
	struct net *net;
	struct watch watch;
	control_heard_t *heard;
};

static void add(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

static void add_count(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_int64((int64_t)value));
}

static struct json_object *message(const char *type)
{
	struct json_object *object = json_object_new_object();

	add(object, "type", type);
	return object;
}

static int send_object(int fd, struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	/* A launcher that doesn't listen must not stop the traffic. */
	int r = send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;

	json_object_put(object);
	return r;
}

void control_send(struct net *net, struct json_object *object)
{
	if (net->control)
		send_object(net->control->watch.fd, object);
	else
		json_object_put(object);
}

void control_fail(int fd, const struct error *e)
{
	struct json_object *object;

	if (fd < 0)
		return;
	object = message("error");
	add(object, "message", e->text);
	if (e->remedy[0])
		add(object, "remedy", e->remedy);
	send_object(fd, object);
}

/* How TCP leaves, and what is missing. */
static void add_way(struct json_object *object, const struct attachment *at)
{
	struct json_object *notes = json_object_new_array();
	char *text = xstrdup(at->notes), *rest = text, *line;

	add(object, "tcp", tcp_way_names[at->tcp]);
	while ((line = strsep(&rest, "\n")))
		if (*line)
			json_object_array_add(notes, json_object_new_string(line));
	json_object_object_add(object, "notes", notes);
	free(text);
}

int control_ready(struct net *net)
{
	struct json_object *object = message("ready");
	bool tap = net->attachment.tap >= 0;

	add_way(object, &net->attachment);
	add(object, "udp", tap ? "slirp" : "none");
	add(object, "icmp", tap && net->echo ? "echo" : "none");
	json_object_object_add(object, "ipv6", json_object_new_boolean(net->attachment.ipv6));
	if (net->control)
		return send_object(net->control->watch.fd, object);
	json_object_put(object);
	return 0;
}

void control_wait(int fd)
{
	struct pollfd control = {.fd = fd, .events = POLLIN};

	if (fd >= 0)
		poll(&control, 1, START_TIME);
}

void control_concluded(struct net *net)
{
	struct json_object *object = message("tcp");

	add_way(object, &net->attachment);
	control_send(net, object);
}

static struct json_object *tally_object(const struct tally *tally)
{
	struct json_object *object = json_object_new_object();

	if (tally->name)
		add(object, "name", tally->name);
	add_count(object, "connections", tally->connections);
	add_count(object, "up", tally->up);
	add_count(object, "down", tally->down);
	add_count(object, "refused", tally->refused);
	return object;
}

void control_counters(struct net *net)
{
	const struct counters *c = &net->counters;
	struct json_object *object = message("counters"), *rules = json_object_new_array(),
			   *lines = json_object_new_array();

	add_count(object, "bytes_up", c->total.up);
	add_count(object, "bytes_down", c->total.down);
	add_count(object, "connections", c->total.connections);
	add_count(object, "connections_now", c->now);
	add_count(object, "failed", c->failed);
	add_count(object, "datagrams_up", c->datagrams_up);
	add_count(object, "datagrams_down", c->datagrams_down);
	add_count(object, "dropped", c->dropped);
	add_count(object, "refused", c->total.refused);
	vector_each (rule, &net->policy.rules) {
		struct json_object *one;

		if (!rule->hits)
			continue;
		one = json_object_new_object();
		add(one, "rule", rule->text);
		add_count(one, "hits", rule->hits);
		json_object_array_add(rules, one);
	}
	json_object_object_add(object, "rules", rules);
	/* As many as a packet holds; a line is at most a name and some numbers. */
	for (size_t i = 0; i < c->line_count && i < PACKET / 512; i++)
		json_object_array_add(lines, tally_object(&c->lines[i]));
	json_object_object_add(object, "destinations", lines);
	control_send(net, object);
}

static void ready(struct watch *watch, uint32_t events)
{
	struct control *control = container_of(watch, struct control, watch);
	static char text[PACKET];
	ssize_t n;

	for (;;) {
		n = recv(watch->fd, text, sizeof(text) - 1, MSG_DONTWAIT);
		if (n <= 0)
			break;
		text[n] = '\0';
		control->heard(control->net, text);
	}
	/* The launcher is gone, and nobody is left to work for. */
	if (n == 0 || errno != EAGAIN)
		loop_stop(control->net->loop, 0);
}

int control_begin(struct net *net, int fd, control_heard_t *heard, struct error *e)
{
	struct control *control;
	int r;

	if (fd < 0)
		return 0;
	control = xcalloc(1, sizeof(*control));
	control->net = net;
	control->heard = heard;
	control->watch = (struct watch){.fd = fd, .ready = ready};
	r = loop_add(net->loop, &control->watch, EPOLLIN | EPOLLRDHUP);
	if (r < 0) {
		free(control);
		return error_errno(e, -r, "watching the control socket");
	}
	net->control = control;
	return 0;
}

void control_end(struct net *net)
{
	if (!net->control)
		return;
	control_counters(net);
	loop_close(net->loop, &net->control->watch);
	free(net->control);
	net->control = NULL;
}
