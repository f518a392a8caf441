// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"

/*
 * What a client may say to a sound server that speaks PulseAudio's native protocol (PipeWire does as well): play, and where
 * that is granted, record. The numbers are those of pulsecore/native-common.h and pulsecore/tagstruct.h.
 */

enum {
	PULSE_PENDING = 32,  /* streams that were asked for and not answered yet */
	PULSE_ASKED = 1024,  /* commands that were not answered yet */
	PULSE_STREAMS = 256, /* that play at once */
};

/* A stream that plays: what the client and what the server calls it. */
struct pulse_stream {
	uint32_t channel, index;
};

/* A command that waits for its answer. */
struct pulse_asked {
	uint32_t tag;
	bool creates; /* a stream that plays */
};

/* One connection. */
struct pulse {
	bool record;
	struct pulse_asked asked[PULSE_ASKED];
	size_t asked_count, pending_count; /* of those, how many create */
	struct pulse_stream streams[PULSE_STREAMS];
	size_t stream_count;
};

enum pulse_verdict {
	PULSE_FORWARD, /* what is to be said instead was appended */
	PULSE_REFUSE,  /* nothing is said; the client gets an error for its tag */
	PULSE_BROKEN,  /* no message of the protocol: the connection ends */
};

/*
 * A command of the client's. Of properties, @out gets those that describe; others have servers load filters, or give the
 * stream another place. *ret_tag is what an answer is for.
 */
enum pulse_verdict pulse_command(struct pulse *pulse, const uint8_t *data, size_t length,
				 struct strbuf *out, uint32_t *ret_tag);

/* What the server says of the client's own streams is remembered: those alone can be changed. */
void pulse_answer(struct pulse *pulse, const uint8_t *data, size_t length);

/* The answer to a command that was refused. */
enum { PULSE_REFUSAL = 15 };
void pulse_refusal(uint32_t tag, uint8_t data[PULSE_REFUSAL]);
