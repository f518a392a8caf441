// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch-net: a network of its own for one network namespace, in user mode, without privileges.
 *
 *	options ─► setup (a child, inside) ─► sockets of the host ─► confine ─► loop
 *
 * Everything that needs the file system or a namespace happens before the program confines itself;
 * after that it only moves packets. It ends with the launcher, with the namespace, or on SIGTERM.
 */
#include "attempt.h"
#include "confine.h"
#include "control.h"
#include "datagram.h"
#include "naming.h"
#include "net.h"
#include "pcap.h"
#include "pipes.h"
#include "publish.h"
#include "relay.h"
#include "slirp.h"
#include "tap.h"

#include "base/fd.h"
#include "base/log.h"
#include "kernel/process.h"
#include "kernel/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* Descriptors beside those of connections and pipes: listeners, resolvers, libslirp's flows. */
#define RESERVE 2048
#define PIPES   256

/* Connections, however many descriptors there may be: what they may cost is bounded. */
#define CONNECTIONS 65536

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

/* The namespaces of --target: its network, and the user namespace that owns that. */
static int open_target(struct options *options, int *ret_pidfd, struct error *e)
{
	char path[64];
	_cleanup_fd_ int netns = -1, userns = -1, pidfd = sys_pidfd_open(options->target, 0);

	if (pidfd < 0)
		return error_errno(e, errno, "--target %d", options->target);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", options->target);
	netns = open(path, O_RDONLY | O_CLOEXEC);
	if (netns < 0)
		return error_errno(e, errno, "--target %d: %s", options->target, path);
	userns = ioctl(netns, NS_GET_USERNS);
	if (userns < 0) {
		error_errno(e, errno, "--target %d: the owner of its network namespace",
			    options->target);
		return error_remedy(e, "a process whose user namespace was made by you, as with "
				       "unshare -Urn");
	}
	options->netns = TAKE_FD(netns);
	options->userns = TAKE_FD(userns);
	*ret_pidfd = TAKE_FD(pidfd);
	return 0;
}

static bool same_file(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

/* One's own namespace can't be entered, and needn't be; the network namespace must be another. */
static int check_namespaces(struct options *options, struct error *e)
{
	if (same_file(options->netns, "/proc/self/ns/net"))
		return error_set(e, EINVAL, "that is the network that hutch-net itself is in");
	if (options->userns >= 0 && same_file(options->userns, "/proc/self/ns/user"))
		options->userns = fd_close(options->userns);
	return 0;
}

/* As many descriptors as there may be; how many connections that makes. */
static size_t raise_limit(void)
{
	struct rlimit limit;
	size_t left;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 256;
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur > 4 * CONNECTIONS)
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

static int begin(struct net *net, struct options *options, struct ending endings[2],
		 struct error *e)
{
	int pidfd = -1, r = 0;
	size_t limit;

	pipes_begin(PIPES);
	limit = raise_limit();
	if (options->target)
		r = open_target(options, &pidfd, e);
	if (r >= 0)
		r = check_namespaces(options, e);
	if (r >= 0)
		r = own_addresses_read(&options->policy.own, e);
	if (r < 0)
		return r;
	net->policy = options->policy;
	net->relay_limit = limit;
	r = setup_run(options->userns, options->netns, &options->layout, &net->attachment, e);
	options->userns = fd_close(options->userns);
	options->netns = fd_close(options->netns);
	if (r < 0)
		return r;
	net->echo = may_echo();
	net->pcap = pcap_new(options->pcap);
	r = loop_new(&net->loop, e);
	if (r < 0)
		return r;
	limit_begin(&net->up, net->loop, options->up);
	limit_begin(&net->down, net->loop, options->down);
	if (end_with(net, &endings[0], open_signals()) < 0 ||
	    (pidfd >= 0 && end_with(net, &endings[1], pidfd) < 0))
		return error_errno(e, EIO, "watching for the end");
	r = tap_begin(net, e);
	if (r >= 0)
		r = slirp_begin(net, e);
	if (r >= 0)
		r = attempts_begin(net, limit, e);
	if (r >= 0)
		r = publish_begin(net, e);
	if (r >= 0)
		r = naming_begin(net, e);
	if (r >= 0)
		r = control_begin(net, options->control, e);
	return r;
}

static void finish(struct net *net)
{
	control_end(net);
	publish_end(net);
	attempts_end(net);
	datagram_end(net);
	naming_end(net);
	relay_end_all(net);
	slirp_end(net);
	tap_end(net);
	pcap_delete(net->pcap);
	pipes_end();
	loop_delete(net->loop);
	counters_free(&net->counters);
	policy_free(&net->policy);
}

static void tell_ready(struct net *net, const struct options *options)
{
	control_ready(net);
	if (options->ready < 0)
		return;
	fd_write_all(options->ready, "1", 1);
	fd_close(options->ready);
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct net net;
	struct ending endings[2] = {{.watch.fd = -1}, {.watch.fd = -1}};
	struct error e = {0};
	int r;

	log_name = "hutch-net";
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
	if (r >= 0)
		r = confine_helper(&e);
	if (r < 0) {
		control_fail(options.control, &e);
		/* The launcher prints what it is told; on its own this is who prints. */
		return options.control >= 0 ? EXIT_HUTCH_FAILED : log_error(&e);
	}
	tell_ready(&net, &options);
	r = loop_run(net.loop);
	if (net.loop) {
		loop_close(net.loop, &endings[0].watch);
		loop_close(net.loop, &endings[1].watch);
	}
	finish(&net);
	return r < 0 ? EXIT_HUTCH_FAILED : r;
}
