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

/* A batch of messages for nftables, written by hand: the helper has a library for it, this program
 * has no need of one but here. */
struct batch {
	uint8_t data[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	size_t length;
	struct nlmsghdr *message; /* the last one */
};

static void add_message(struct batch *batch, uint16_t type, uint16_t flags, uint32_t number,
			uint8_t family, uint16_t resource)
{
	struct nfgenmsg *general;

	batch->message = (struct nlmsghdr *)(batch->data + batch->length);
	general = NLMSG_DATA(batch->message);
	*batch->message = (struct nlmsghdr){
		.nlmsg_len = NLMSG_LENGTH(sizeof(*general)),
		.nlmsg_type = type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
		.nlmsg_seq = number,
	};
	general->nfgen_family = family;
	general->version = NFNETLINK_V0;
	general->res_id = htons(resource);
	batch->length += batch->message->nlmsg_len;
}

/* An attribute; those in it, which follow, are counted in by end_attribute(). */
static struct nlattr *add_attribute(struct batch *batch, uint16_t type, const void *data,
				    size_t length)
{
	struct nlattr *attribute = (struct nlattr *)(batch->data + batch->length);

	attribute->nla_type = type;
	attribute->nla_len = (uint16_t)(NLA_HDRLEN + length);
	if (length)
		memcpy(batch->data + batch->length + NLA_HDRLEN, data, length);
	batch->length += (size_t)NLA_ALIGN(attribute->nla_len);
	batch->message->nlmsg_len =
		(uint32_t)(batch->data + batch->length - (uint8_t *)batch->message);
	return attribute;
}

static void add_text(struct batch *batch, uint16_t type, const char *text)
{
	add_attribute(batch, type, text, strlen(text) + 1);
}

static void end_attribute(const struct batch *batch, struct nlattr *attribute)
{
	attribute->nla_type |= NLA_F_NESTED;
	attribute->nla_len = (uint16_t)(batch->data + batch->length - (uint8_t *)attribute);
}

/* A table, a chain, and a rule that says "tproxy" and not where to: what the kernel does not know it
 * does not find (ENOENT), and what it knows it finds wanting (EINVAL). */
enum { TABLE = 1, CHAIN, RULE };

static void add_rule(struct batch *batch)
{
	const uint32_t family = htonl(NFPROTO_IPV4);
	struct nlattr *list, *element, *data;

	add_message(batch, (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWRULE,
		    NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, RULE, NFPROTO_INET, 0);
	add_text(batch, NFTA_RULE_TABLE, "hutch");
	add_text(batch, NFTA_RULE_CHAIN, "hutch");
	list = add_attribute(batch, NFTA_RULE_EXPRESSIONS, NULL, 0);
	element = add_attribute(batch, NFTA_LIST_ELEM, NULL, 0);
	add_text(batch, NFTA_EXPR_NAME, "tproxy");
	data = add_attribute(batch, NFTA_EXPR_DATA, NULL, 0);
	add_attribute(batch, NFTA_TPROXY_FAMILY, &family, sizeof(family));
	end_attribute(batch, data);
	end_attribute(batch, element);
	end_attribute(batch, list);
}

/* The kernel's answer for each message; 0 once that for the rule is there. */
static int receive_codes(int fd, int codes[RULE + 1])
{
	uint8_t answer[4096] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool answered = false;

	while (!answered) {
		ssize_t got = recv(fd, answer, sizeof(answer), 0);

		if (got <= 0)
			return got ? -errno : -ENODATA;
		for (struct nlmsghdr *h = (struct nlmsghdr *)answer; NLMSG_OK(h, (size_t)got);
		     h = NLMSG_NEXT(h, got)) {
			if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_seq > RULE)
				continue;
			codes[h->nlmsg_seq] = ((struct nlmsgerr *)NLMSG_DATA(h))->error;
			answered |= h->nlmsg_seq == RULE || codes[h->nlmsg_seq] != 0;
		}
	}
	return 0;
}

static int try_nftables(void *data, const char **step)
{
	struct batch batch = {0};
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct timeval patience = {.tv_sec = 2};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	int codes[RULE + 1] = {0}, r;

	if (fd < 0)
		return failed("a netlink socket", step);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	add_message(&batch, NFNL_MSG_BATCH_BEGIN, 0, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	add_message(&batch, (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWTABLE,
		    NLM_F_CREATE | NLM_F_ACK, TABLE, NFPROTO_INET, 0);
	add_text(&batch, NFTA_TABLE_NAME, "hutch");
	add_message(&batch, (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWCHAIN,
		    NLM_F_CREATE | NLM_F_ACK, CHAIN, NFPROTO_INET, 0);
	add_text(&batch, NFTA_CHAIN_TABLE, "hutch");
	add_text(&batch, NFTA_CHAIN_NAME, "hutch");
	add_rule(&batch);
	add_message(&batch, NFNL_MSG_BATCH_END, 0, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	*step = "making a table";
	if (sendto(fd, batch.data, batch.length, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	r = receive_codes(fd, codes);
	if (r < 0 || codes[0] || codes[TABLE] || codes[CHAIN])
		return r < 0 ? r : codes[0] ? codes[0] : codes[TABLE] ? codes[TABLE] : codes[CHAIN];
	*step = "a rule with tproxy";
	return codes[RULE] == -EINVAL ? 0 : codes[RULE] ? codes[RULE] : -ENODATA;
}

void features_probe_redirection(struct probe *ret)
{
	probe_try_in(ret, CLONE_NEWUSER | CLONE_NEWNET, try_nftables, NULL);
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
	features_probe_redirection(&f->nftables);
}
