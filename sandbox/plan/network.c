// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A network of the sandbox's own is carried by a helper, hutch-net, which looks at names, rules and
 * packets. What is decided here is whether that can work at all: the helper is there, ports to be
 * published are free, the file for packets can be written. What this host lacks, with what that
 * takes away, becomes a note of the plan.
 *
 * A profile may list what it would reach; with --net none or host that says nothing. On the command
 * line it is a mistake, which would be taken for a restriction.
 */
#include "plan/network.h"

#include "base/fd.h"
#include "base/helper.h"
#include "kernel/mount.h"
#include "plan/network_text.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the helper answers to, inside (slirp's numbers, which people know). */
#define RESOLVER "10.0.2.3"

/* A list of the request and how the helper is told an item of it. */
static const struct {
	enum setting_id id;
	const char *option;
} told[] = {
	{SETTING_NET_ALLOW, "--allow"}, {SETTING_NET_DENY, "--deny"},
	{SETTING_PUBLISH, "--publish"}, {SETTING_HOST_PORT, "--host-port"},
	{SETTING_DNS, "--dns"},
};

static const enum setting_id single[] = {SETTING_LIMIT_UP, SETTING_LIMIT_DOWN, SETTING_PCAP};

static int refuse_option(const struct request *request, enum setting_id id, int mode,
			 struct error *e)
{
	request_each(setting, request, id)
	{
		_cleanup_free_ char *origin = NULL;

		if (setting->origin.layer != LAYER_COMMAND_LINE || setting->origin.file)
			continue;
		origin = setting_origin(setting);
		error_set(e, EINVAL, "%s: %s", origin,
			  mode == NET_HOST ? "the host's network is shared as it is"
					   : "there is no network");
		return error_remedy(e, "say --net internet (public addresses) or --net lan "
				       "(private ones too) as well");
	}
	return 0;
}

static int refuse_options(const struct request *request, int mode, struct error *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(told) / sizeof(told[0]); i++)
		r = refuse_option(request, told[i].id, mode, e);
	for (size_t i = 0; r == 0 && i < sizeof(single) / sizeof(single[0]); i++)
		r = refuse_option(request, single[i], mode, e);
	return r;
}

/* Take the port for a moment: somebody else may have it. */
static int try_port(const struct setting *setting, const char *origin, struct error *e)
{
	struct published published;
	_cleanup_fd_ int fd = -1;
	const int yes = 1;
	int r;

	r = network_publish_parse(setting->text, &published, e);
	if (r < 0)
		return error_wrap(e, "%s", origin);
	fd = socket(published.address.ss_family,
		    (published.udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(e, errno, "%s: a socket", origin);
	if (!published.udp)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (published.address.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&published.address, published.length) == 0 &&
	    (published.udp || listen(fd, 1) == 0))
		return 0;
	r = error_errno(e, errno, "%s", origin);
	if (r == -EADDRINUSE) {
		error_set(e, EADDRINUSE, "%s: the port is taken on the host", origin);
		error_remedy(e, "choose another one: --publish PORT:%u%s", published.inside,
			     published.udp ? "/udp" : "");
	} else if (r == -EACCES) {
		error_remedy(e, "choose a port above 1023: --publish PORT:%u%s", published.inside,
			     published.udp ? "/udp" : "");
	} else if (r == -EADDRNOTAVAIL) {
		error_remedy(e, "the address must be one of this machine's");
	}
	return r;
}

static bool can_open_tun(void)
{
	_cleanup_fd_ int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	return fd >= 0;
}

static bool is_udp(const char *text)
{
	const char *slash = strrchr(text, '/');

	return slash && streq(slash, "/udp");
}

/* Ports that lead in, each to be free, and no two of them the same. */
static int plan_ports(const struct request *request, bool tun, struct error *e)
{
	request_each(setting, request, SETTING_PUBLISH)
	{
		_cleanup_free_ char *origin = setting_origin(setting);
		struct published mine, other;
		int r;

		if (!tun && is_udp(setting->text)) {
			error_set(e, EOPNOTSUPP,
				  "%s: UDP needs /dev/net/tun, which can't be opened", origin);
			return error_remedy(e, "`hutch doctor` tells how to allow it");
		}
		r = try_port(setting, origin, e);
		if (r < 0)
			return r;
		network_publish_parse(setting->text, &mine, NULL);
		vector_each (before, &request->settings) {
			if (before == setting)
				break;
			if (before->id != SETTING_PUBLISH ||
			    network_publish_parse(before->text, &other, NULL) < 0)
				continue;
			if (mine.udp == other.udp && mine.length == other.length &&
			    memcmp(&mine.address, &other.address, mine.length) == 0)
				return error_set(e, EINVAL, "%s: the port is published twice",
						 origin);
		}
	}
	return 0;
}

static int plan_pcap(const struct request *request, const struct host *host, struct plan *plan,
		     struct error *e)
{
	const struct setting *setting = request_last(request, SETTING_PCAP);
	_cleanup_free_ char *origin = NULL, *path = NULL, *directory = NULL;
	struct stat status;

	if (!setting)
		return 0;
	origin = setting_origin(setting);
	path = path_absolute(host->directory ? host->directory : "/", setting->text);
	directory = xstrndup(path, (size_t)(strrchr(path, '/') - path) + 1);
	if (stat(path, &status) == 0 ? access(path, W_OK) < 0 : access(directory, W_OK | X_OK) < 0)
		return error_errno(e, errno, "%s", origin);
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return error_set(e, EINVAL, "%s: not a regular file", origin);
	plan->network.pcap = TAKE_PTR(path);
	return 0;
}

static void tell(struct plan *plan, const char *option, const char *value)
{
	strv_add(&plan->network.arguments, option);
	strv_add(&plan->network.arguments, value);
}

static void tell_rate(const struct request *request, enum setting_id id, const char *option,
		      struct plan *plan)
{
	const struct setting *setting = request_last(request, id);
	_cleanup_free_ char *text = NULL;

	if (!setting || !setting->number)
		return;
	text = xasprintf("%llu", (unsigned long long)setting->number);
	tell(plan, option, text);
}

static void tell_all(const struct request *request, struct plan *plan)
{
	tell(plan, "--net", plan->network.mode);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		request_each(setting, request, told[i].id)
			tell(plan, told[i].option, setting->text);
	tell_rate(request, SETTING_LIMIT_UP, "--limit-up", plan);
	tell_rate(request, SETTING_LIMIT_DOWN, "--limit-down", plan);
}

/* A file of the sandbox's own over what the host has there. */
static void add_file(struct rules *rules, const char *path, char *text)
{
	struct rule *rule =
		rules_add(rules, MOUNT_DATA, path, RANK_SYSTEM, "built in: the sandbox's network");

	rule->mount.data = text;
	rule->mount.length = strlen(text);
	rule->mount.mode = 0444;
	rule->mount.set = MOUNT_SAFE | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
	rule->mount.link = true;
	rule->system = true;
	rule->directory = false;
}

/* The host's nsswitch.conf with another line for hosts: what else it names (resolved, mDNS) is not
 * there inside. */
static char *name_switch(const struct rules *rules)
{
	static const char *const path = "/etc/nsswitch.conf", *const line = "hosts: files dns\n";
	_cleanup_free_ char *host = rule_host_path(rules_find(rules, path), path), *data = NULL;
	_cleanup_fd_ int fd = host ? open(host, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	struct strbuf text = {0};
	char *rest, *next;
	size_t length;

	if (fd < 0 || fd_read_all(fd, path, 65536, &data, &length, NULL) < 0)
		data = xstrdup("passwd: files\ngroup: files\n");
	rest = data;
	while ((next = strsep(&rest, "\n")))
		if (*next && !startswith(next + strspn(next, " \t"), "hosts:"))
			strbuf_printf(&text, "%s\n", next);
	strbuf_append(&text, line, strlen(line));
	return text.text;
}

static void add_files(struct rules *rules, struct plan *plan)
{
	static const char *const path = "/etc/resolv.conf";
	const struct rule *above = rules_find(rules, path);
	_cleanup_free_ char *host = rule_host_path(above, path);
	char *names = name_switch(rules);
	struct stat status;

	if (host && (above->mount.set & MOUNT_ATTR_RDONLY) && lstat(host, &status) < 0)
		strv_add(&plan->network.notes,
			 "names: there is no /etc/resolv.conf on the host that one of the "
			 "sandbox's own could cover; make an empty one");
	add_file(rules, path, xstrdup("# The network of this sandbox\nnameserver " RESOLVER "\n"));
	add_file(rules, "/etc/hosts",
		 xasprintf("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
			   "127.0.1.1\t%s\n",
			   plan->hostname));
	add_file(rules, "/etc/nsswitch.conf", names);
}

int network_plan(const struct request *request, const struct host *host, struct rules *rules,
		 struct plan *plan, struct error *e)
{
	int mode = request_choice(request, SETTING_NET, NET_NONE), r;
	_cleanup_free_ char *origin = NULL, *helper = NULL;
	bool tun;

	if (mode == NET_NONE || mode == NET_HOST)
		return refuse_options(request, mode, e);
	origin = setting_origin(request_last(request, SETTING_NET));
	plan->network.mode = mode == NET_LAN ? "lan" : "internet";
	helper = helper_path("hutch-net");
	if (!helper) {
		error_set(e, ENOENT, "%s: the program that carries it, hutch-net, is not installed",
			  origin);
		return error_remedy(e, "install hutch whole (`hutch doctor` tells what it needs), "
				       "or choose --net none or --net host");
	}
	tun = can_open_tun();
	if (!tun)
		strv_add(&plan->network.notes, "no UDP but DNS, and no ICMP: /dev/net/tun can't be "
					       "opened (see `hutch doctor`)");
	r = plan_ports(request, tun, e);
	if (r == 0)
		r = plan_pcap(request, host, plan, e);
	if (r < 0)
		return r;
	tell_all(request, plan);
	add_files(rules, plan);
	plan->network.helper = TAKE_PTR(helper);
	return 0;
}
