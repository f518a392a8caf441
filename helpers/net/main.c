// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch-net: a network of its own for one network namespace, in user mode, without privileges.
 *
 *	options ─► ports of the host ─► setup (inside) ─► ready ─► libslirp, confine ─► loop
 *	                                                    └────► redirection (a child, inside) ─┘
 *
 * Everything that needs the file system or a namespace happens in a child or before the program
 * confines itself; after that it only moves packets, and before that it looks at none. It ends with the
 * launcher, with the namespace, or on SIGTERM.
 */
#include "attempt.h"
#include "confine.h"
#include "control.h"
#include "datagram.h"
#include "event.h"
#include "listener.h"
#include "namespaces.h"
#include "naming.h"
#include "net.h"
#include "orders.h"
#include "pcap.h"
#include "pipes.h"
#include "publish.h"
#include "redirection.h"
#include "relay.h"
#include "shortage.h"
#include "slirp.h"
#include "tap.h"

#include "base/fd.h"
#include "base/log.h"
#include "kernel/process.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Descriptors beside those of connections and pipes: listeners, resolvers, libslirp's flows. */
#define RESERVE 2048
#define PIPES   256

/* Connections, however many descriptors there may be: what they may cost is bounded. */
#define CONNECTIONS 65536

/* Milliseconds that a small program takes until it is loaded. */
#define LOADING 10

/* The end of whom the namespace was attached to, or a signal. */
struct ending {
	struct watch watch;
	struct net *net;
};

static void ending_ready(struct watch *watch, uint32_t events)
{
	loop_stop(container_of(watch, struct ending, watch)->net->loop, 0);
}

static int end_with(struct net *net, struct ending *ending, int fd)
{
	*ending = (struct ending){.watch = {.fd = fd, .ready = ending_ready}, .net = net};
	return fd < 0 ? -errno : loop_add(net->loop, &ending->watch, EPOLLIN);
}

/* As many descriptors as there may be; how many connections that makes; @ret_own: more
 * descriptors would not make more. */
static size_t raise_limit(bool *ret_own)
{
	struct rlimit limit;
	size_t left;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 256;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	*ret_own = limit.rlim_cur > 4 * CONNECTIONS;
	if (*ret_own)
		return CONNECTIONS;
	left = (size_t)limit.rlim_cur;
	left = left > 2 * RESERVE ? left - RESERVE : left / 2;
	pipes_begin(left / 16 < PIPES ? left / 16 : PIPES);
	return (left - left / 8) / 2;
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool may_echo(void)
{
	_cleanup_fd_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);

	return fd >= 0;
}

/* All but what takes long, and what can be wrong with what was asked for. */
static int prepare(struct net *net, const struct options *options, struct ending endings[2],
		   struct error *e)
{
	int r = loop_new(&net->loop, e);

	if (r < 0)
		return r;
	pipes_begin(PIPES);
	net->pcap = pcap_new(options->pcap);
	net->relay_limit = raise_limit(&net->relay_limit_own);
	net->echo = may_echo();
	shortage_begin(net);
	limit_begin(&net->up, net->loop, options->up);
	limit_begin(&net->down, net->loop, options->down);
	if (end_with(net, &endings[0], open_signals()) < 0 ||
	    (endings[1].watch.fd >= 0 && end_with(net, &endings[1], endings[1].watch.fd) < 0))
		return error_errno(e, EIO, "watching for the end");
	r = control_begin(net, options->control, orders_take, e);
	return r < 0 ? r : publish_begin(net, e);
}

/* The namespaces of --target, or those that the launcher hands over. */
static int begin_setup(struct net *net, const struct options *options, struct ending endings[2],
		       struct namespaces *namespaces, struct error *e)
{
	int r = options->target
			? namespaces_of(options->target, namespaces, &endings[1].watch.fd, e)
			: 0;

	if (r >= 0)
		r = prepare(net, options, endings, e);
	if (r >= 0 && !options->target)
		r = namespaces_receive(options->control, namespaces, e);
	return r < 0 ? r : setup_make(&options->layout, namespaces, &net->attachment, e);
}

/* What needs the file system and can wait until the program runs. */
static int load(struct net *net, struct options *options, struct error *e)
{
	int r = own_addresses_read(&options->policy.own, e);

	if (r < 0)
		return r;
	net->policy = options->policy;
	r = naming_begin(net, e);
	return r < 0 || net->attachment.tap < 0 ? r : slirp_begin(net, datagram_return, e);
}

static int serve(struct net *net, struct error *e)
{
	int r = tap_begin(net, e);

	if (r >= 0)
		r = attempts_begin(net, net->relay_limit, e);
	if (r >= 0)
		r = listeners_begin(net, e);
	return r < 0 ? r : naming_serve(net, e);
}

/* Whoever waits for that must not wait for ever: where it can't be told, the end is what is seen. */
static int tell_ready(struct net *net, const struct options *options, struct error *e)
{
	int r = control_ready(net);

	if (r >= 0 && options->ready >= 0) {
		r = fd_write_all(options->ready, "1", 1);
		fd_close(options->ready);
	}
	return r < 0 ? error_errno(e, -r, "telling that the network is up") : 0;
}

/*
 * What the program can start without takes no processor's time from it, nor from what sets it up. A
 * program that sends at once is not made to wait: its SYN ends this. True where the launcher wants no
 * more, since the program is gone already.
 */
static bool let_program_start(const struct net *net)
{
	struct pollfd tap_and_control[] = {
		{.fd = net->attachment.tap, .events = POLLIN},
		{.fd = net->options->control, .events = POLLRDHUP},
	};

	control_wait(net->options->control);
	return poll(tap_and_control, 2, LOADING) > 0 && tap_and_control[1].revents;
}

/* Until there is something for the loop to do; 1 where there will be nothing. */
static int begin(struct net *net, struct options *options, struct ending endings[2],
		 struct error *e)
{
	struct namespaces namespaces = NAMESPACES_NONE;
	int r = begin_setup(net, options, endings, &namespaces, e);
	/* What is missing must be known before the program starts. */
	bool early = net->attachment.tap >= 0 && !policy_names_connections(&options->policy) &&
		     slirp_is_there();
	bool over;

	if (r >= 0 && early)
		r = tell_ready(net, options, e);
	over = r >= 0 && early && let_program_start(net);
	if (r >= 0 && !over)
		r = redirection_begin(net, &namespaces, e);
	namespaces_close(&namespaces);
	if (r < 0 || over)
		return r < 0 ? r : 1;
	r = load(net, options, e);
	if (r >= 0 && !early)
		r = redirection_wait(net, e);
	/* What is used from here on is open already. */
	if (r >= 0)
		r = confine_helper(e);
	if (r >= 0)
		r = serve(net, e);
	if (r < 0)
		return r;
	return early ? redirection_follow(net, e) : tell_ready(net, options, e);
}

static void finish(struct net *net)
{
	event_flush(net);
	redirection_end(net);
	control_end(net);
	publish_end(net);
	listeners_end(net);
	attempts_end(net);
	datagram_end(net);
	naming_end(net);
	relay_end_all(net);
	shortage_end();
	slirp_end(net);
	tap_end(net);
	pcap_delete(net->pcap);
	pipes_end();
	loop_delete(net->loop);
	counters_free(&net->counters);
	policy_free(&net->policy);
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct net net;
	struct ending endings[2] = {{.watch.fd = -1}, {.watch.fd = -1}};
	struct error e = {0};
	int r;

	log_name = "hutch-net";
	/* Large blocks come from the kernel as zeroes, and go back to it. */
	mallopt(M_MMAP_THRESHOLD, 32768);
	process_fill_standard_descriptors();
	signal(SIGPIPE, SIG_IGN); /* splice(2) has no MSG_NOSIGNAL */
	r = options_parse(argc, argv, &options, &e);
	if (r > 0)
		return 0;
	/* Whoever started it and did not wait is gone, and so is this. */
	if (r >= 0 && options.control >= 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	net.options = &options;
	if (r >= 0)
		r = begin(&net, &options, endings, &e);
	if (r < 0) {
		control_fail(options.control, &e);
		/* The launcher prints what it is told; on its own this is who prints. */
		return options.control >= 0 ? EXIT_HUTCH_FAILED : log_error(&e);
	}
	r = r > 0 ? 0 : loop_run(net.loop);
	loop_close(net.loop, &endings[0].watch);
	loop_close(net.loop, &endings[1].watch);
	finish(&net);
	return r < 0 ? EXIT_HUTCH_FAILED : r;
}
