// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a user-mode network needs: a tap interface and nftables, both in a network namespace of
 * one's own. The table is made by hand over netlink, so that it is the kernel that is asked and not
 * whether a program is installed.
 */
#include "kernel/features.h"

#include "base/fd.h"
#include "base/helper.h"
#include "base/string.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int failed(const char *name, const char **step)
{
	*step = name;
	return -errno;
}

static int try_open_tun(void *data, const char **step)
{
	return open("/dev/net/tun", O_RDWR | O_CLOEXEC) < 0 ? failed("opening", step) : 0;
}

static int try_tap(void *data, const char **step)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return failed("opening", step);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "hutch0");
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		return failed("making a tap interface", step);
	return 0;
}

/* One message of a batch: header, nfgenmsg, and what follows. */
struct message {
	struct nlmsghdr header;
	struct nfgenmsg family;
};

static void fill(struct message *m, uint16_t type, uint16_t flags, uint32_t number, uint8_t family,
		 uint16_t resource, size_t more)
{
	m->header.nlmsg_len = (uint32_t)(sizeof(*m) + more);
	m->header.nlmsg_type = type;
	m->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	m->header.nlmsg_seq = number;
	m->family.nfgen_family = family;
	m->family.version = NFNETLINK_V0;
	m->family.res_id = htons(resource);
}

static int try_nftables(void *data, const char **step)
{
	struct {
		struct message begin, table;
		struct nlattr name;
		char text[8];
		struct message end;
	} batch = {.name = {.nla_len = sizeof(batch.name) + 6, .nla_type = NFTA_TABLE_NAME},
		   .text = "hutch"};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct timeval patience = {.tv_sec = 2};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	char answer[1024];
	ssize_t got;

	if (fd < 0)
		return failed("a netlink socket", step);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	fill(&batch.begin, NFNL_MSG_BATCH_BEGIN, 0, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, 0);
	fill(&batch.table, (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_ACK,
	     1, NFPROTO_INET, 0, sizeof(batch.name) + sizeof(batch.text));
	fill(&batch.end, NFNL_MSG_BATCH_END, 0, 2, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, 0);
	*step = "making a table";
	if (sendto(fd, &batch, sizeof(batch), 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	got = recv(fd, answer, sizeof(answer), 0);
	if (got < 0)
		return -errno;
	for (struct nlmsghdr *h = (struct nlmsghdr *)answer; NLMSG_OK(h, (size_t)got);
	     h = NLMSG_NEXT(h, got))
		if (h->nlmsg_type == NLMSG_ERROR)
			return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
	return -ENODATA;
}

void features_probe_network(struct features *f)
{
	_cleanup_free_ char *helper = helper_path("hutch-net");

	f->net_helper = helper != NULL;
	if (!probe_works(&f->user) || !probe_works(&f->namespace[NAMESPACE_NET])) {
		/* That it can be opened is worth knowing all the same. */
		probe_try(&f->tun, try_open_tun, NULL);
		if (probe_works(&f->tun))
			probe_skip(&f->tun, "needs user and network namespaces");
		probe_skip(&f->nftables, "needs user and network namespaces");
		return;
	}
	probe_try_in(&f->tun, CLONE_NEWUSER | CLONE_NEWNET, try_tap, NULL);
	probe_try_in(&f->nftables, CLONE_NEWUSER | CLONE_NEWNET, try_nftables, NULL);
}
