// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ethernet, IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293), UDP, ICMP (RFC 792), ICMPv6 (RFC
 * 4443): just enough of each to know what a frame is about, and to refuse it as a router or the
 * destination would.
 *
 * IPv6 extension headers make FRAME_OTHER: nobody needs them here, and skipping over them is how
 * filters have been passed. So do IPv4 options.
 */
#include "frame.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#define ETHER 14

static uint16_t load16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t load32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void store16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void store32(uint8_t *p, uint32_t value)
{
	store16(p, (uint16_t)(value >> 16));
	store16(p + 2, (uint16_t)value);
}

/* TCP and UDP headers. */
static enum frame_kind parse_transport(struct frame *frame, uint8_t protocol)
{
	const uint8_t *p = frame->data + frame->transport;
	size_t left = frame->length - frame->transport;

	switch (protocol) {
	case IPPROTO_TCP:
		if (left < 20 || (size_t)(p[12] >> 4) * 4 < 20 || (size_t)(p[12] >> 4) * 4 > left)
			return FRAME_BAD;
		frame->flags = p[13];
		frame->sequence = load32(p + 4);
		break;
	case IPPROTO_UDP:
		if (left < 8 || load16(p + 4) < 8 || load16(p + 4) > left)
			return FRAME_BAD;
		break;
	default:
		return FRAME_OTHER;
	}
	frame->source_port = load16(p);
	frame->destination_port = load16(p + 2);
	return protocol == IPPROTO_TCP ? FRAME_TCP : FRAME_UDP;
}

static enum frame_kind parse_ipv4(struct frame *frame)
{
	const uint8_t *ip = frame->data + ETHER;
	size_t length;

	if (frame->length < ETHER + 20 || ip[0] >> 4 != 4 || (ip[0] & 15) < 5)
		return FRAME_BAD;
	length = load16(ip + 2);
	if (length < 20 || ETHER + length > frame->length)
		return FRAME_BAD;
	frame->length = ETHER + length;
	frame->transport = ETHER + 20;
	frame->source.family = frame->destination.family = AF_INET;
	memcpy(&frame->source.v4, ip + 12, 4);
	memcpy(&frame->destination.v4, ip + 16, 4);
	if ((ip[0] & 15) > 5)
		return FRAME_OTHER;
	if (load16(ip + 6) & (IP_MF | IP_OFFMASK))
		return FRAME_FRAGMENT;
	if (ip[9] == IPPROTO_ICMP) {
		if (length < 28)
			return FRAME_BAD;
		return ip[20] == ICMP_ECHO ? FRAME_ECHO : FRAME_OTHER;
	}
	return parse_transport(frame, ip[9]);
}

static enum frame_kind parse_ipv6(struct frame *frame)
{
	const uint8_t *ip = frame->data + ETHER;
	size_t length;
	uint8_t type;

	if (frame->length < ETHER + 40 || ip[0] >> 4 != 6)
		return FRAME_BAD;
	length = 40U + load16(ip + 4);
	if (ETHER + length > frame->length)
		return FRAME_BAD;
	frame->length = ETHER + length;
	frame->transport = ETHER + 40;
	frame->source.family = frame->destination.family = AF_INET6;
	memcpy(&frame->source.v6, ip + 8, 16);
	memcpy(&frame->destination.v6, ip + 24, 16);
	if (ip[6] == IPPROTO_FRAGMENT)
		return FRAME_FRAGMENT;
	if (ip[6] != IPPROTO_ICMPV6)
		return parse_transport(frame, ip[6]);
	if (length < 48)
		return FRAME_BAD;
	type = ip[40];
	/* What a router would say is known inside: nobody solicits one, or plays one. */
	if (type == ND_NEIGHBOR_SOLICIT || type == ND_NEIGHBOR_ADVERT)
		return ip[7] == 255 ? FRAME_NEIGHBOR : FRAME_BAD;
	return type == ICMP6_ECHO_REQUEST ? FRAME_ECHO : FRAME_OTHER;
}

enum frame_kind frame_parse(const uint8_t *data, size_t length, struct frame *ret)
{
	*ret = (struct frame){.data = data, .length = length};
	if (length < ETHER || length > FRAME_LIMIT)
		return FRAME_BAD;
	switch (load16(data + 12)) {
	case ETH_P_ARP:
		return length >= ETHER + 28 ? FRAME_NEIGHBOR : FRAME_BAD;
	case ETH_P_IP:
		return parse_ipv4(ret);
	case ETH_P_IPV6:
		return parse_ipv6(ret);
	default:
		return FRAME_OTHER;
	}
}

/* --- checksums (RFC 1071) --- */

static uint32_t sum(const uint8_t *data, size_t length, uint32_t start)
{
	size_t i = 0;

	for (; i + 1 < length; i += 2)
		start += load16(data + i);
	if (i < length)
		start += (uint32_t)data[i] << 8;
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

static uint16_t finish(uint32_t value)
{
	while (value >> 16)
		value = (value & 0xffff) + (value >> 16);
	return (uint16_t)~value;
}

/* The checksum of what is behind the IP header, with the pseudo header that @frame's answer has. */
static uint16_t transport_checksum(const uint8_t *ip, const uint8_t *data, size_t length,
				   uint8_t protocol)
{
	bool v6 = ip[0] >> 4 == 6;
	uint32_t value = sum(ip + (v6 ? 8 : 12), v6 ? 32 : 8, (uint32_t)length + protocol);

	return finish(sum(data, length, value));
}

/* --- answers --- */

void frame_turn(uint8_t *data)
{
	uint8_t address[6];

	memcpy(address, data, 6);
	memcpy(data, data + 6, 6);
	memcpy(data + 6, address, 6);
}

/* Ethernet and IP headers of an answer with @length bytes behind them; returns where these begin.
 */
static size_t begin_answer(const struct frame *frame, const struct address *from, uint8_t protocol,
			   size_t length, uint8_t *ret)
{
	uint8_t *ip = ret + ETHER;

	memcpy(ret, frame->data, ETHER);
	frame_turn(ret);
	if (from->family == AF_INET) {
		memset(ip, 0, 20);
		ip[0] = 0x45;
		store16(ip + 2, (uint16_t)(20 + length));
		store16(ip + 6, IP_DF);
		ip[8] = 64;
		ip[9] = protocol;
		memcpy(ip + 12, &from->v4, 4);
		memcpy(ip + 16, &frame->source.v4, 4);
		store16(ip + 10, finish(sum(ip, 20, 0)));
		return ETHER + 20;
	}
	memset(ip, 0, 8);
	ip[0] = 0x60;
	store16(ip + 4, (uint16_t)length);
	ip[6] = protocol;
	ip[7] = 64;
	memcpy(ip + 8, &from->v6, 16);
	memcpy(ip + 24, &frame->source.v6, 16);
	return ETHER + 40;
}

size_t frame_reset(const struct frame *frame, uint8_t ret[static FRAME_ANSWER_LIMIT])
{
	size_t at = begin_answer(frame, &frame->destination, IPPROTO_TCP, 20, ret);
	const uint8_t *from = frame->data + frame->transport;
	uint32_t size = (uint32_t)(frame->length - frame->transport - (size_t)(from[12] >> 4) * 4);
	uint8_t *tcp = ret + at;

	memset(tcp, 0, 20);
	store16(tcp, frame->destination_port);
	store16(tcp + 2, frame->source_port);
	store32(tcp + 8, frame->sequence + size + !!(frame->flags & FRAME_SYN) +
				 !!(frame->flags & FRAME_FIN));
	tcp[12] = 5 << 4;
	tcp[13] = FRAME_RST | FRAME_ACK;
	store16(tcp + 16, transport_checksum(ret + ETHER, tcp, 20, IPPROTO_TCP));
	return at + 20;
}

size_t frame_unreachable(const struct frame *frame, const struct address *gateway,
			 enum frame_reason reason, uint8_t ret[static FRAME_ANSWER_LIMIT])
{
	static const uint8_t codes4[] = {
		[FRAME_NO_NETWORK] = ICMP_NET_UNREACH,
		[FRAME_NO_HOST] = ICMP_HOST_UNREACH,
		[FRAME_NO_PORT] = ICMP_PORT_UNREACH,
		[FRAME_PROHIBITED] = ICMP_PKT_FILTERED,
	};
	static const uint8_t codes6[] = {
		[FRAME_NO_NETWORK] = ICMP6_DST_UNREACH_NOROUTE,
		[FRAME_NO_HOST] = ICMP6_DST_UNREACH_ADDR,
		[FRAME_NO_PORT] = ICMP6_DST_UNREACH_NOPORT,
		[FRAME_PROHIBITED] = ICMP6_DST_UNREACH_ADMIN,
	};
	bool v6 = frame->source.family == AF_INET6;
	size_t quoted = frame->length - ETHER, at;
	uint8_t *icmp;

	/* As much of the packet as a message of 576 bytes holds. */
	if (quoted > 512)
		quoted = 512;
	at = begin_answer(frame, gateway, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 8 + quoted, ret);
	icmp = ret + at;
	memset(icmp, 0, 8);
	icmp[0] = v6 ? ICMP6_DST_UNREACH : ICMP_DEST_UNREACH;
	icmp[1] = v6 ? codes6[reason] : codes4[reason];
	memcpy(icmp + 8, frame->data + ETHER, quoted);
	store16(icmp + 2, v6 ? transport_checksum(ret + ETHER, icmp, 8 + quoted, IPPROTO_ICMPV6)
			     : finish(sum(icmp, 8 + quoted, 0)));
	return at + 8 + quoted;
}

size_t frame_icmp6(const uint8_t ethernet[static 14], const struct address *from,
		   const struct address *to, const uint8_t *icmp, size_t length, uint8_t *ret)
{
	uint8_t *ip = ret + ETHER, *out = ip + 40;

	memcpy(ret, ethernet, ETHER);
	memset(ip, 0, 8);
	ip[0] = 0x60;
	store16(ip + 4, (uint16_t)length);
	ip[6] = IPPROTO_ICMPV6;
	ip[7] = 64;
	memcpy(ip + 8, &from->v6, 16);
	memcpy(ip + 24, &to->v6, 16);
	memcpy(out, icmp, length);
	store16(out + 2, 0);
	store16(out + 2, transport_checksum(ip, out, length, IPPROTO_ICMPV6));
	return ETHER + 40 + length;
}

/* Replace @length bytes at @field in a checksum at @checksum (RFC 1624). */
static void replace(uint8_t *checksum, const uint8_t *field, const uint8_t *new, size_t length)
{
	uint32_t value = (uint16_t)~load16(checksum);

	for (size_t i = 0; i < length; i += 2) {
		value += (uint16_t)~load16(field + i);
		value += load16(new + i);
	}
	store16(checksum, finish(value));
}

void frame_rewrite(uint8_t *data, const struct frame *frame, bool source,
		   const struct address *address)
{
	bool v6 = address->family == AF_INET6;
	uint8_t *ip = data + ETHER, *transport = data + frame->transport;
	size_t length = v6 ? 16 : 4;
	uint8_t *field = ip + (v6 ? 8 : 12) + (source ? 0 : length);
	uint8_t protocol = v6 ? ip[6] : ip[9];

	if (!v6)
		replace(ip + 10, field, address->bytes, length);
	if (protocol == IPPROTO_TCP)
		replace(transport + 16, field, address->bytes, length);
	/* A UDP checksum of zero is none. */
	if (protocol == IPPROTO_UDP && load16(transport + 6)) {
		replace(transport + 6, field, address->bytes, length);
		if (!load16(transport + 6))
			store16(transport + 6, 0xffff);
	}
	if (protocol == IPPROTO_ICMPV6)
		replace(transport + 2, field, address->bytes, length);
	memcpy(field, address->bytes, length);
}
