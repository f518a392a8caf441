// SPDX-License-Identifier: GPL-2.0-or-later
/* The way into the sandbox, apart from the way out (tap.c), whose takers all answer. */
#include "wire.h"

#include "net.h"
#include "pcap.h"

#include <errno.h>
#include <unistd.h>

void wire_send(struct net *net, const uint8_t *data, size_t length)
{
	if (!net->tap)
		return;
	pcap_frame(net->pcap, data, length);
	if (write(net->attachment.tap, data, length) < 0)
		net->counters.dropped++;
}

void wire_unreachable(struct net *net, const struct frame *frame, enum frame_reason reason)
{
	const struct layout *layout = &net->options->layout;
	uint8_t data[FRAME_ANSWER_LIMIT];

	wire_send(net, data,
		  frame_unreachable(frame,
				    frame->source.family == AF_INET ? &layout->gateway4
								    : &layout->gateway6,
				    reason, data));
}

void wire_fail(struct net *net, const struct frame *syn, int code)
{
	uint8_t data[FRAME_ANSWER_LIMIT];

	switch (code) {
	case ECONNREFUSED:
	case ECONNRESET:
	case EMFILE: /* nobody said so, but a time-out would say less */
	case ENFILE:
		wire_send(net, data, frame_reset(syn, data));
		break;
	case ENETUNREACH:
	case EAFNOSUPPORT:
	case EINVAL:
		wire_unreachable(net, syn, FRAME_NO_NETWORK);
		break;
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case EADDRNOTAVAIL:
		wire_unreachable(net, syn, FRAME_NO_HOST);
		break;
	case EACCES:
	case EPERM:
		wire_unreachable(net, syn, FRAME_PROHIBITED);
		break;
	default:
		/* A time-out is silence; so is what will be better when the SYN comes again. */
		break;
	}
}
