// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Ethernet frames of the tap: what is in one, and the answers that say no.
 *
 * Everything is read from bytes that the program inside may have written itself (a packet socket),
 * so nothing is believed: lengths are checked against the frame, and what is odd is FRAME_BAD.
 */

/* The largest frame: an IP packet of 65535 bytes and the Ethernet header. */
#define FRAME_LIMIT (65535 + 14)

/* An answer of frame_reset() or frame_unreachable() is never longer. */
#define FRAME_ANSWER_LIMIT 640

enum frame_kind {
	FRAME_BAD,      /* not well-formed */
	FRAME_NEIGHBOR, /* ARP, and neighbour discovery of IPv6 */
	FRAME_TCP,
	FRAME_UDP,
	FRAME_ECHO,     /* ICMP echo request */
	FRAME_FRAGMENT, /* a piece of a packet */
	FRAME_OTHER,    /* well-formed, and nothing that is served */
};

enum {
	FRAME_FIN = 0x01,
	FRAME_SYN = 0x02,
	FRAME_RST = 0x04,
	FRAME_ACK = 0x10,
};

struct frame {
	const uint8_t *data;
	size_t length;    /* of the packet with its Ethernet header, without what is behind it */
	size_t transport; /* where the header behind IP's begins */
	struct address source, destination;
	uint16_t source_port, destination_port;
	uint8_t flags; /* of TCP */
	uint32_t sequence;
};

/* Read the frame @data of @length bytes; @ret refers to @data. */
enum frame_kind frame_parse(const uint8_t *data, size_t length, struct frame *ret);

/* Why a packet comes back. */
enum frame_reason {
	FRAME_NO_NETWORK,
	FRAME_NO_HOST,
	FRAME_NO_PORT,
	FRAME_PROHIBITED,
};

/*
 * The RST that answers the SYN @frame, as if its destination had sent it, or the ICMP message that
 * tells its sender why it was not delivered, from the router @gateway. Written to @ret; the length.
 */
size_t frame_reset(const struct frame *frame, uint8_t ret[static FRAME_ANSWER_LIMIT]);
size_t frame_unreachable(const struct frame *frame, const struct address *gateway,
			 enum frame_reason reason, uint8_t ret[static FRAME_ANSWER_LIMIT]);

/*
 * The ICMPv6 message @icmp of @length bytes (its checksum is made here) as a packet from @from to
 * @to behind the header @ethernet. Written to @ret, which has room for FRAME_LIMIT bytes; the length.
 */
size_t frame_icmp6(const uint8_t ethernet[static 14], const struct address *from,
		   const struct address *to, const uint8_t *icmp, size_t length, uint8_t *ret);

/* Turn the copy @data of a frame round: as if the other side of the wire had sent it. */
void frame_turn(uint8_t *data);

/*
 * Write @address instead of the frame's destination or source, and correct the checksums of IP, TCP
 * and UDP. @data is the frame that was parsed as @frame; @address is of the same family.
 */
void frame_rewrite(uint8_t *data, const struct frame *frame, bool source,
		   const struct address *address);
