// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The helper is started before the child is, so that it has loaded its libraries by the time that
 * there is a network namespace. The child sends the descriptor of that as soon as its ids are
 * mapped, and goes on with the mounts. This process asks the kernel for the user namespace that owns
 * it, and hands both to the helper, so that the two set up side by side. The program's process waits
 * just before it would load the seccomp policy; it is told to go on when the helper is ready and
 * pid 1 has said that all else stands (not before, since pid 1 itself waits for its terminal on the
 * same socket).
 *
 * The helper gets a session of its own (^C is for the program), an empty environment, /dev/null,
 * and no descriptor but those named on its command line. It asks to die with the launcher before it
 * is executed, and it ends when its end of the control socket sees that the other is gone.
 *
 * What it says is JSON, one object a packet. It reads what hostile networks send, so its words are
 * not trusted either: what is kept has a limit, and all of it is shown escaped (base/log.c).
 *
 * Where it fails before the program runs, nothing runs. Where it ends later, the sandbox has lost
 * its network and goes on: there is no other way out that would fall open. How TCP leaves may be
 * "pending" when the program starts (helpers/net/setup.c): until it is told of, connections wait.
 */
#include "engine/network.h"

#include "base/fd.h"
#include "base/json.h"
#include "base/log.h"
#include "engine/channel.h"
#include "engine/spawn.h"
#include "kernel/rights.h"
#include "kernel/sys.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

enum {
	PATIENCE = 20,       /* seconds until it must be ready */
	LAST_WORD = 500,     /* ms until it must have ended, once told to */
	PACKET = 65536,      /* longest message */
	DEEPEST = 8,         /* levels of one */
	PACKETS_A_TURN = 64, /* so that others get theirs */
	NOTES_KEPT = 32      /* of what it says; it may be in the hands of whom it talked to */
};

static int prepare(struct network *network, const struct plan *plan, struct report *report,
		   struct supervision *supervision, struct error *e)
{
	*network = NETWORK_NONE;
	network->plan = plan;
	network->report = report;
	network->supervision = supervision;
	for (size_t i = 0; i < plan->network.notes.count; i++)
		strv_add(&report->network.notes, plan->network.notes.items[i]);
	if (!plan->network.pcap)
		return 0;
	network->pcap =
		open(plan->network.pcap,
		     O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	if (network->pcap < 0)
		return error_errno(e, errno, "--pcap %s", plan->network.pcap);
	return 0;
}

/* The command line; numbers of descriptors are written into @numbers. */
static char **make_argv(const struct network *network, const int descriptors[2],
			char numbers[2][16])
{
	static const char *const names[] = {"--control-fd", "--pcap-fd"};
	const struct strv *more = &network->plan->network.arguments;
	char **argv = xcalloc(1 + 4 + more->count + 1, sizeof(char *));
	size_t count = 0;

	argv[count++] = (char *)"hutch-net";
	for (int i = 0; i < 2; i++) {
		if (descriptors[i] < 0)
			continue;
		snprintf(numbers[i], 16, "%d", descriptors[i]);
		argv[count++] = (char *)names[i];
		argv[count++] = numbers[i];
	}
	for (size_t i = 0; i < more->count; i++)
		argv[count++] = more->items[i];
	return argv;
}

static int spawn(struct network *network, const int descriptors[2], struct error *e)
{
	_cleanup_free_ char **argv = NULL;
	char numbers[2][16];

	argv = make_argv(network, descriptors, numbers);
	return spawn_helper(&(struct spawn){.path = network->plan->network.helper,
					    .argv = argv,
					    .descriptors = descriptors,
					    .count = descriptors[1] < 0 ? 1 : 2,
					    .output = -1},
			    &network->helper, e);
}

/* Everything needed is there: the program's turn, and the helper's, which may have left for later what
 * the program can start without. */
static int let_go(struct network *network, struct error *e)
{
	static const char start[] = "{\"type\":\"start\"}";
	int r;

	if (!network->ready || !network->stands)
		return 0;
	r = channel_send(network->channel, &(struct message){.kind = MESSAGE_GO}, -1);
	send(network->control, start, sizeof(start) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	/* A child that is gone has its own way of saying so. */
	return r < 0 && r != -EPIPE ? error_errno(e, -r, "talking to the sandbox") : 0;
}

int network_child_stands(struct network *network, struct error *e)
{
	network->stands = true;
	return let_go(network, e);
}

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value = json_object_object_get(object, key);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static void keep(char **to, struct json_object *object, const char *key)
{
	free(*to);
	*to = xstrndup(text_of(object, key), 400);
}

/* How TCP leaves, and what is missing. */
static void keep_way(struct network *network, struct json_object *object)
{
	struct report_network *report = &network->report->network;
	struct json_object *notes = json_object_object_get(object, "notes");

	keep(&report->tcp, object, "tcp");
	for (size_t i = 0; json_object_is_type(notes, json_type_array) &&
			   i < json_object_array_length(notes) && report->notes.count < NOTES_KEPT;
	     i++) {
		struct json_object *note = json_object_array_get_idx(notes, i);

		if (json_object_is_type(note, json_type_string))
			strv_take(&report->notes, xstrndup(json_object_get_string(note), 400));
	}
}

static int heard_ready(struct network *network, struct json_object *object, struct error *e)
{
	struct report_network *report = &network->report->network;

	if (network->ready)
		return 0;
	network->ready = report->carried = true;
	keep_way(network, object);
	keep(&report->udp, object, "udp");
	keep(&report->icmp, object, "icmp");
	report->ipv6 = json_object_get_boolean(json_object_object_get(object, "ipv6"));
	log_step("network ready: TCP %s, UDP %s, ICMP %s, IPv6 %s", report->tcp, report->udp,
		 report->icmp, report->ipv6 ? "yes" : "no");
	return let_go(network, e);
}

/* How TCP leaves was not known yet when the program could start. */
static void heard_tcp(struct network *network, struct json_object *object)
{
	struct report_network *report = &network->report->network;
	size_t known = report->notes.count;

	if (!network->ready || !streq(report->tcp, "pending"))
		return;
	keep_way(network, object);
	log_step("network: TCP %s", report->tcp);
	for (size_t i = known; i < report->notes.count; i++)
		if (streq(report->tcp, "none"))
			log_line("network: %s", report->notes.items[i]);
		else
			log_step("network: %s", report->notes.items[i]);
}

static int heard_error(struct network *network, struct json_object *object, struct error *e)
{
	const char *remedy = text_of(object, "remedy");

	if (network->ready) {
		if (network->report->notes.count >= NOTES_KEPT)
			return 0;
		strv_take(&network->report->notes,
			  xasprintf("network: %.400s", text_of(object, "message")));
		log_line("network: %.400s", text_of(object, "message"));
		return 0;
	}
	error_set(e, ENETUNREACH, "--net %s: %s", network->plan->network.mode,
		  text_of(object, "message"));
	return *remedy ? error_remedy(e, "%s", remedy) : -ENETUNREACH;
}

static bool same(const struct refusal *a, const struct refusal *b)
{
	return streq(a->protocol, b->protocol) && streq(a->destination, b->destination) &&
	       streq(a->name, b->name) && streq(a->rule, b->rule);
}

/* What was refused again only adds to its count; what is beyond the limit, to one count for all. */
static void heard_refused(struct network *network, struct json_object *object)
{
	struct report_network *report = &network->report->network;
	int64_t count = json_object_get_int64(json_object_object_get(object, "count"));
	struct refusal refusal = {.count = count > 0 ? (uint64_t)count : 1};
	bool listed = false;

	keep(&refusal.protocol, object, "protocol");
	keep(&refusal.destination, object, "destination");
	keep(&refusal.name, object, "name");
	keep(&refusal.rule, object, "rule");
	keep(&refusal.option, object, "option");
	report->refused += refusal.count;
	if (network->report->refused)
		network->report->refused(network->plan, &refusal);
	vector_each (known, &report->refusals)
		if (!listed && same(known, &refusal)) {
			known->count += refusal.count;
			listed = true;
		}
	if (!listed && report->refusals.count < REFUSALS_KEPT)
		*vector_add(&report->refusals) = refusal;
	else
		refusal_free(&refusal);
}

static void heard_counters(struct network *network, struct json_object *object)
{
	struct report_network *report = &network->report->network;

	json_object_object_del(object, "type");
	free(report->counters);
	report->counters = xstrdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
}

static int heard(struct network *network, const char *packet, size_t length, struct error *e)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEEPEST);
	struct json_object *object = json_tokener_parse_ex(tokener, packet, (int)length);
	const char *type;
	int r = 0;

	json_tokener_free(tokener);
	type = json_object_is_type(object, json_type_object) ? text_of(object, "type") : "";
	if (streq(type, "ready"))
		r = heard_ready(network, object, e);
	else if (streq(type, "tcp"))
		heard_tcp(network, object);
	else if (streq(type, "error"))
		r = heard_error(network, object, e);
	else if (streq(type, "refused"))
		heard_refused(network, object);
	else if (streq(type, "counters"))
		heard_counters(network, object);
	else
		log_step("the network helper said what is not understood");
	json_object_put(object);
	return r;
}

/*
 * It ends as it was told to. The kernel takes tens of milliseconds to undo the tap, which nobody has
 * to wait for: what is left of the helper has no more to say, and is killed when this process ends.
 */
static void dismiss(struct network *network)
{
	network->control = fd_close(network->control);
	waitpid(network->helper, NULL, WNOHANG);
	network->helper = 0;
}

/* The control socket is at its end. */
static int gone(struct network *network, struct error *e)
{
	struct pollfd process = {.events = POLLIN};
	char how[64], text[200];

	if (network->ending) {
		dismiss(network);
		return 0;
	}
	process.fd = sys_pidfd_open(network->helper, 0);
	if (process.fd >= 0)
		poll(&process, 1, LAST_WORD);
	fd_close(process.fd);
	spawn_describe(spawn_end(&network->helper), how, sizeof(how));
	network->control = fd_close(network->control);
	if (!network->ready) {
		error_set(e, ECHILD, "--net %s: the network helper %s before it was ready",
			  network->plan->network.mode, how);
		return error_remedy(e, "`hutch doctor` tells what this machine allows");
	}
	snprintf(text, sizeof(text),
		 "network: the helper %s; the program goes on without a network", how);
	log_line("%s", text);
	strv_add(&network->report->notes, text);
	network->report->network.lost = true;
	return 0;
}

/* 1 where there may be more, 0 at the end or where there is none now, -errno to end the sandbox. */
static int receive(struct network *network, struct error *e)
{
	char packet[PACKET];
	ssize_t length = rights_receive(network->control, packet, sizeof(packet), NULL, 0,
					MSG_DONTWAIT | MSG_TRUNC);
	int r;

	if (length == -EAGAIN)
		return 0;
	if (length <= 0)
		return gone(network, e);
	r = length > (ssize_t)sizeof(packet) ? 0 : heard(network, packet, (size_t)length, e);
	return r < 0 ? r : 1;
}

static int control_ready(struct watch *watch, short revents, struct error *e)
{
	struct network *network = watch->data;
	int r = 1;

	for (int i = 0; r > 0 && i < PACKETS_A_TURN && network->control >= 0; i++)
		r = receive(network, e);
	watch->fd = network->control;
	return r < 0 ? r : 0;
}

static int clock_ready(struct watch *watch, short revents, struct error *e)
{
	struct network *network = watch->data;

	watch->fd = network->clock = fd_close(network->clock);
	if (network->ready || network->control < 0)
		return 0;
	error_set(e, ETIMEDOUT, "--net %s: the network helper was not ready within %d seconds",
		  network->plan->network.mode, PATIENCE);
	return error_remedy(e, "`hutch doctor` tells what this machine allows");
}

int network_start(struct network *network, const struct plan *plan, struct report *report,
		  struct supervision *supervision, struct error *e)
{
	_cleanup_fd_ int theirs = -1;
	int pair[2], r = prepare(network, plan, report, supervision, e);

	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(e, errno, "making a socket pair");
	network->control = pair[0];
	theirs = pair[1];
	r = spawn(network, (const int[2]){theirs, network->pcap}, e);
	if (r < 0)
		return r;
	network->pcap = fd_close(network->pcap);
	log_step("network helper started: process %d", network->helper);
	return 0;
}

void network_forget(struct network *network)
{
	network->control = fd_close(network->control);
}

int network_attach(struct network *network, int netns, struct error *e)
{
	const struct itimerspec patience = {.it_value.tv_sec = PATIENCE};
	_cleanup_fd_ int userns = ioctl(netns, NS_GET_USERNS);
	int r;

	if (userns < 0)
		return error_errno(e, errno, "the user namespace of the sandbox's network");
	r = rights_send(network->control, "", 1, (const int[2]){userns, netns}, 2, 0);
	/* Why a helper is gone is what is read next. */
	if (r < 0 && r != -EPIPE)
		return error_errno(e, -r, "handing the sandbox's network to its helper");
	network->clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (network->clock < 0 || timerfd_settime(network->clock, 0, &patience, NULL) < 0)
		return error_errno(e, errno, "a timer");
	supervise_watch(network->supervision,
			&(struct watch){network->control, POLLIN, control_ready, network});
	supervise_watch(network->supervision,
			&(struct watch){network->clock, POLLIN, clock_ready, network});
	return 0;
}

static int64_t milliseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int network_deny(const struct network *network, const char *rule)
{
	struct json_object *object;
	const char *text;
	ssize_t sent;

	if (network->control < 0)
		return -ENETUNREACH;
	object = json_object_new_object();
	json_object_object_add(object, "type", json_object_new_string("deny"));
	json_object_object_add(object, "rule", json_object_new_string(rule));
	text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
	sent = send(network->control, text, strlen(text), MSG_NOSIGNAL);
	json_object_put(object);
	return sent < 0 ? -errno : 0;
}

void network_stop(struct network *network)
{
	int64_t end = milliseconds() + LAST_WORD, left;

	network->ending = true;
	if (network->control >= 0)
		shutdown(network->control, SHUT_WR);
	while (network->control >= 0 && network->ready && (left = end - milliseconds()) > 0) {
		struct pollfd control = {.fd = network->control, .events = POLLIN};

		if (poll(&control, 1, (int)left) > 0 && receive(network, NULL) < 0)
			break;
	}
	spawn_end(&network->helper);
	network->control = fd_close(network->control);
	network->clock = fd_close(network->clock);
	network->pcap = fd_close(network->pcap);
}
