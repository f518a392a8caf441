// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules of nftables inside the sandbox: the SYN of a connection leaves by the tap, and comes back
 * to the transparent listener. In the words of nft(8), with a tap:
 *
 *	table inet hutch {
 *		chain leave {
 *			type route hook output priority mangle;
 *			tcp flags & (fin|syn|rst|ack) == syn meta mark set SETUP_MARK_SYN
 *		}
 *		chain enter {
 *			type filter hook prerouting priority mangle;
 *			iifname tap0 tcp flags & (fin|syn|rst|ack) == syn meta nfproto ipv4
 *				tproxy ip to GATEWAY:SETUP_PORT accept
 *			(and the same for IPv6)
 *		}
 *	}
 *
 * They are sent as one transaction in the kernel's own form (linux/netfilter/nf_tables.h), with
 * libnl's messages: loading libnftables and its parser took longer than all the rest of the set-up,
 * and the program waits for this. `nft --debug=netlink` shows the expressions that nft(8) makes of
 * the above; they are these.
 */
#include "setup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>

#define TABLE "hutch"

/* Priority "mangle" of nft(8). */
#define MANGLE (-150)

/* Flags of TCP: those looked at, and what a SYN alone has of them. */
#define FLAGS 0x17
#define SYN   0x02

struct batch {
	uint8_t bytes[8192];
	size_t length;
	struct nl_msg *message; /* being made */
	struct nlattr *expressions;
	bool failed; /* there was no room */
};

/* --- a message --- */

static void begin(struct batch *batch, int type, int flags, uint8_t family, uint16_t resource)
{
	const struct nfgenmsg header = {
		.nfgen_family = family,
		.version = NFNETLINK_V0,
		.res_id = htons(resource),
	};

	batch->message = nlmsg_alloc();
	if (!batch->message || !nlmsg_put(batch->message, 0, 0, type, 0, NLM_F_REQUEST | flags) ||
	    nlmsg_append(batch->message, (void *)&header, sizeof(header), NLMSG_ALIGNTO) < 0)
		batch->failed = true;
}

static void finish(struct batch *batch)
{
	const struct nlmsghdr *header;

	if (batch->message && !batch->failed) {
		header = nlmsg_hdr(batch->message);
		if (NLMSG_ALIGN(header->nlmsg_len) > sizeof(batch->bytes) - batch->length) {
			batch->failed = true;
		} else {
			memcpy(batch->bytes + batch->length, header, header->nlmsg_len);
			batch->length += NLMSG_ALIGN(header->nlmsg_len);
		}
	}
	nlmsg_free(batch->message);
	batch->message = NULL;
}

static void put(struct batch *batch, int type, const void *data, size_t length)
{
	if (!batch->failed && nla_put(batch->message, type, (int)length, data) < 0)
		batch->failed = true;
}

static void put_text(struct batch *batch, int type, const char *text)
{
	put(batch, type, text, strlen(text) + 1);
}

static void put_number(struct batch *batch, int type, uint32_t number)
{
	number = htonl(number);
	put(batch, type, &number, sizeof(number));
}

static struct nlattr *nest(struct batch *batch, int type)
{
	struct nlattr *new = batch->failed ? NULL : nla_nest_start(batch->message, type);

	if (!new)
		batch->failed = true;
	return new;
}

static void end_nest(struct batch *batch, struct nlattr *nested)
{
	if (!batch->failed)
		nla_nest_end(batch->message, nested);
}

static void put_value(struct batch *batch, int type, const void *value, size_t length)
{
	struct nlattr *data = nest(batch, type);

	put(batch, NFTA_DATA_VALUE, value, length);
	end_nest(batch, data);
}

/* --- expressions --- */

struct expression {
	struct nlattr *element, *data;
};

static struct expression begin_expression(struct batch *batch, const char *name)
{
	struct expression expression = {.element = nest(batch, NFTA_LIST_ELEM)};

	put_text(batch, NFTA_EXPR_NAME, name);
	expression.data = nest(batch, NFTA_EXPR_DATA);
	return expression;
}

static void end_expression(struct batch *batch, struct expression expression)
{
	end_nest(batch, expression.data);
	end_nest(batch, expression.element);
}

static void compare(struct batch *batch, enum nft_cmp_ops how, const void *value, size_t length)
{
	struct expression cmp = begin_expression(batch, "cmp");

	put_number(batch, NFTA_CMP_SREG, NFT_REG_1);
	put_number(batch, NFTA_CMP_OP, how);
	put_value(batch, NFTA_CMP_DATA, value, length);
	end_expression(batch, cmp);
}

/* Go on where what the kernel knows about the packet is @value. */
static void match_meta(struct batch *batch, enum nft_meta_keys key, const void *value,
		       size_t length)
{
	struct expression meta = begin_expression(batch, "meta");

	put_number(batch, NFTA_META_DREG, NFT_REG_1);
	put_number(batch, NFTA_META_KEY, key);
	end_expression(batch, meta);
	compare(batch, NFT_CMP_EQ, value, length);
}

static void load(struct batch *batch, enum nft_payload_bases base, unsigned offset, size_t length)
{
	struct expression payload = begin_expression(batch, "payload");

	put_number(batch, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put_number(batch, NFTA_PAYLOAD_BASE, base);
	put_number(batch, NFTA_PAYLOAD_OFFSET, offset);
	put_number(batch, NFTA_PAYLOAD_LEN, (uint32_t)length);
	end_expression(batch, payload);
}

static void mask(struct batch *batch, const void *bits, size_t length)
{
	static const uint8_t zero[16];
	struct expression bitwise = begin_expression(batch, "bitwise");

	put_number(batch, NFTA_BITWISE_SREG, NFT_REG_1);
	put_number(batch, NFTA_BITWISE_DREG, NFT_REG_1);
	put_number(batch, NFTA_BITWISE_LEN, (uint32_t)length);
	put_value(batch, NFTA_BITWISE_MASK, bits, length);
	put_value(batch, NFTA_BITWISE_XOR, zero, length);
	end_expression(batch, bitwise);
}

static void match_syn(struct batch *batch)
{
	const uint8_t tcp = IPPROTO_TCP, flags = FLAGS, syn = SYN;

	match_meta(batch, NFT_META_L4PROTO, &tcp, 1);
	load(batch, NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1);
	mask(batch, &flags, 1);
	compare(batch, NFT_CMP_EQ, &syn, 1);
}

static void match_interface(struct batch *batch, const char *name)
{
	char padded[16] = "";

	memcpy(padded, name, strlen(name));
	match_meta(batch, NFT_META_IIFNAME, padded, sizeof(padded));
}

static void set_register(struct batch *batch, enum nft_registers number, const void *value,
			 size_t length)
{
	struct expression immediate = begin_expression(batch, "immediate");

	put_number(batch, NFTA_IMMEDIATE_DREG, number);
	put_value(batch, NFTA_IMMEDIATE_DATA, value, length);
	end_expression(batch, immediate);
}

static void set_mark(struct batch *batch, uint32_t value)
{
	struct expression meta;

	set_register(batch, NFT_REG_1, &value, sizeof(value));
	meta = begin_expression(batch, "meta");
	put_number(batch, NFTA_META_KEY, NFT_META_MARK);
	put_number(batch, NFTA_META_SREG, NFT_REG_1);
	end_expression(batch, meta);
}

static size_t address_bytes(bool v6)
{
	return v6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
}

/* Go on where the packet isn't for this machine: its loopback, the sandbox, the resolver. */
static void match_elsewhere(struct batch *batch, const struct layout *layout, bool v6)
{
	static const struct in6_addr loopback6 = IN6ADDR_LOOPBACK_INIT;
	const uint8_t first_byte[4] = {0xff}, loopback4[4] = {127};
	size_t length = address_bytes(v6);

	load(batch, NFT_PAYLOAD_NETWORK_HEADER, v6 ? 24 : 16, length);
	compare(batch, NFT_CMP_NEQ,
		v6 ? layout->guest6.address.bytes : layout->guest4.address.bytes, length);
	compare(batch, NFT_CMP_NEQ, v6 ? layout->dns6.bytes : layout->dns4.bytes, length);
	if (!v6)
		mask(batch, first_byte, length);
	compare(batch, NFT_CMP_NEQ, v6 ? loopback6.s6_addr : loopback4, length);
}

static void accept_by_proxy(struct batch *batch, const struct layout *layout, bool v6)
{
	const uint16_t port = htons(SETUP_PORT);
	struct nlattr *data, *verdict;
	struct expression expression;

	set_register(batch, NFT_REG_1, v6 ? layout->gateway6.bytes : layout->gateway4.bytes,
		     address_bytes(v6));
	set_register(batch, NFT_REG_2, &port, sizeof(port));
	expression = begin_expression(batch, "tproxy");
	put_number(batch, NFTA_TPROXY_FAMILY, v6 ? NFPROTO_IPV6 : NFPROTO_IPV4);
	put_number(batch, NFTA_TPROXY_REG_ADDR, NFT_REG_1);
	put_number(batch, NFTA_TPROXY_REG_PORT, NFT_REG_2);
	end_expression(batch, expression);
	expression = begin_expression(batch, "immediate");
	put_number(batch, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nest(batch, NFTA_IMMEDIATE_DATA);
	verdict = nest(batch, NFTA_DATA_VERDICT);
	put_number(batch, NFTA_VERDICT_CODE, NF_ACCEPT);
	end_nest(batch, verdict);
	end_nest(batch, data);
	end_expression(batch, expression);
}

/* --- table, chains, rules --- */

static int type_of(enum nf_tables_msg_types message)
{
	return NFNL_SUBSYS_NFTABLES << 8 | message;
}

static void add_table(struct batch *batch)
{
	begin(batch, type_of(NFT_MSG_NEWTABLE), NLM_F_CREATE, NFPROTO_INET, 0);
	put_text(batch, NFTA_TABLE_NAME, TABLE);
	finish(batch);
}

static void add_chain(struct batch *batch, const char *name, const char *type, uint32_t number)
{
	struct nlattr *hook;

	begin(batch, type_of(NFT_MSG_NEWCHAIN), NLM_F_CREATE, NFPROTO_INET, 0);
	put_text(batch, NFTA_CHAIN_TABLE, TABLE);
	put_text(batch, NFTA_CHAIN_NAME, name);
	put_text(batch, NFTA_CHAIN_TYPE, type);
	hook = nest(batch, NFTA_CHAIN_HOOK);
	put_number(batch, NFTA_HOOK_HOOKNUM, number);
	put_number(batch, NFTA_HOOK_PRIORITY, (uint32_t)MANGLE);
	end_nest(batch, hook);
	finish(batch);
}

static void begin_rule(struct batch *batch, const char *chain, int flags)
{
	begin(batch, type_of(NFT_MSG_NEWRULE), NLM_F_CREATE | NLM_F_APPEND | flags, NFPROTO_INET,
	      0);
	put_text(batch, NFTA_RULE_TABLE, TABLE);
	put_text(batch, NFTA_RULE_CHAIN, chain);
	batch->expressions = nest(batch, NFTA_RULE_EXPRESSIONS);
}

static void end_rule(struct batch *batch)
{
	end_nest(batch, batch->expressions);
	finish(batch);
}

static void add_leave(struct batch *batch)
{
	begin_rule(batch, "leave", 0);
	match_syn(batch);
	set_mark(batch, SETUP_MARK_SYN);
	end_rule(batch);
}

static void add_enter(struct batch *batch, const struct layout *layout, bool tap, bool v6,
		      int flags)
{
	const uint8_t protocol = v6 ? NFPROTO_IPV6 : NFPROTO_IPV4;

	begin_rule(batch, "enter", flags);
	match_interface(batch, tap ? SETUP_TAP : "lo");
	match_syn(batch);
	match_meta(batch, NFT_META_NFPROTO, &protocol, 1);
	/* On the loopback interface the sandbox's connections to itself come by as well. */
	if (!tap)
		match_elsewhere(batch, layout, v6);
	accept_by_proxy(batch, layout, v6);
	end_rule(batch);
}

static void make_rules(struct batch *batch, const struct layout *layout, bool tap, bool ipv6)
{
	begin(batch, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	finish(batch);
	add_table(batch);
	add_chain(batch, "leave", "route", NF_INET_LOCAL_OUT);
	add_chain(batch, "enter", "filter", NF_INET_PRE_ROUTING);
	if (tap)
		add_leave(batch);
	/* The last rule is what the kernel answers for; what failed before, or all of it together, is
	 * told first. (That of the end of a batch is not answered by every kernel.) */
	for (int v6 = 0; v6 <= (int)ipv6; v6++)
		add_enter(batch, layout, tap, v6, v6 == (int)ipv6 ? NLM_F_ACK : 0);
	begin(batch, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	finish(batch);
}

/* 0 where the kernel says so, or -errno. */
static int heard(struct nl_sock *socket)
{
	struct sockaddr_nl from;
	unsigned char *answer = NULL;
	const struct nlmsghdr *header;
	int length = nl_recv(socket, &from, &answer, NULL), r = -EBADMSG;

	header = (const struct nlmsghdr *)(void *)answer;
	if (length >= NLMSG_LENGTH((int)sizeof(struct nlmsgerr)) &&
	    header->nlmsg_type == NLMSG_ERROR)
		r = ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
	free(answer);
	return r;
}

int setup_redirection(const struct layout *layout, bool tap, bool ipv6, struct error *e)
{
	struct batch batch = {0};
	struct nl_sock *socket;
	int r;

	make_rules(&batch, layout, tap, ipv6);
	if (batch.failed)
		return error_set(e, ENOBUFS, "nftables: no room for the rules");
	socket = nl_socket_alloc();
	r = socket ? nl_connect(socket, NETLINK_NETFILTER) : -NLE_NOMEM;
	if (r < 0)
		error_set(e, EOPNOTSUPP, "nftables: %s", nl_geterror(r));
	else if (nl_sendto(socket, batch.bytes, batch.length) < 0)
		r = error_set(e, EOPNOTSUPP, "nftables: the rules can't be sent");
	else if ((r = heard(socket)) < 0)
		r = error_set(e, EOPNOTSUPP, "nftables: %s", strerror(-r));
	nl_socket_free(socket);
	return r < 0 ? -EOPNOTSUPP : 0;
}
