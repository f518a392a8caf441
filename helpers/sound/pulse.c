// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * A server has one protocol for all: who may connect may play, record, listen to what others play, stop them, and
 * name modules to be loaded into it, with libraries of the client's own among their arguments. So what a client says is
 * read here, and only what is on the list goes on, with what it names looked at:
 *
 *	commands	those below; of streams that play, a client can look at and change its own
 *	properties	those that describe. PulseAudio loads what "filter.want" names, PipeWire what
 *			"audioconvert.filter-graph" describes; "media.class" makes something else of a stream
 *	memory		is not shared: the connection says that it can't, so all sound goes over the socket
 *
 * A command is read to its end, and one that has anything unknown in it is none: the connection ends.
 *
 * Which streams are the client's own, the answers to its commands say; those are told apart by tags of the client's choosing.
 * So a tag stands for one command until that is answered: else the answer to another one, in which the client may have chosen
 * the numbers (the sizes of a buffer), would make a stream of somebody else's its own.
 */
#include "pulse.h"

enum command {
	ERROR = 0,
	REPLY = 2,
	CREATE_PLAYBACK_STREAM = 3,
	DELETE_PLAYBACK_STREAM = 4,
	CREATE_RECORD_STREAM = 5,
	DELETE_RECORD_STREAM = 6,
	AUTH = 8,
	SET_CLIENT_NAME = 9,
	LOOKUP_SINK = 10,
	LOOKUP_SOURCE = 11,
	DRAIN_PLAYBACK_STREAM = 12,
	STAT = 13,
	GET_PLAYBACK_LATENCY = 14,
	GET_SERVER_INFO = 20,
	GET_SINK_INFO = 21,
	GET_SINK_INFO_LIST = 22,
	GET_SOURCE_INFO = 23,
	GET_SOURCE_INFO_LIST = 24,
	GET_SINK_INPUT_INFO = 29,
	SUBSCRIBE = 35,
	SET_SINK_INPUT_VOLUME = 37,
	CORK_PLAYBACK_STREAM = 41,
	FLUSH_PLAYBACK_STREAM = 42,
	TRIGGER_PLAYBACK_STREAM = 43,
	SET_PLAYBACK_STREAM_NAME = 46,
	SET_RECORD_STREAM_NAME = 47,
	KILL_SINK_INPUT = 49,
	GET_RECORD_LATENCY = 57,
	CORK_RECORD_STREAM = 58,
	FLUSH_RECORD_STREAM = 59,
	PREBUF_PLAYBACK_STREAM = 60,
	PLAYBACK_STREAM_KILLED = 64,
	SET_SINK_INPUT_MUTE = 69,
	SET_PLAYBACK_STREAM_BUFFER_ATTR = 72,
	SET_RECORD_STREAM_BUFFER_ATTR = 73,
	UPDATE_PLAYBACK_STREAM_SAMPLE_RATE = 74,
	UPDATE_RECORD_STREAM_SAMPLE_RATE = 75,
	UPDATE_RECORD_STREAM_PROPLIST = 80,
	UPDATE_PLAYBACK_STREAM_PROPLIST = 81,
	UPDATE_CLIENT_PROPLIST = 82,
	REMOVE_RECORD_STREAM_PROPLIST = 83,
	REMOVE_PLAYBACK_STREAM_PROPLIST = 84,
	REMOVE_CLIENT_PROPLIST = 85,
};

/* Who may say it. */
enum who { NOBODY, ALL, RECORDER, OWNER /* of the stream that it begins with */ };

static const uint8_t commands[] = {
	[CREATE_PLAYBACK_STREAM] = ALL,
	[DELETE_PLAYBACK_STREAM] = ALL,
	[CREATE_RECORD_STREAM] = RECORDER,
	[DELETE_RECORD_STREAM] = RECORDER,
	[AUTH] = ALL,
	[SET_CLIENT_NAME] = ALL,
	[LOOKUP_SINK] = ALL,
	[LOOKUP_SOURCE] = RECORDER,
	[DRAIN_PLAYBACK_STREAM] = ALL,
	[STAT] = ALL,
	[GET_PLAYBACK_LATENCY] = ALL,
	[GET_SERVER_INFO] = ALL,
	[GET_SINK_INFO] = ALL,
	[GET_SINK_INFO_LIST] = ALL,
	[GET_SOURCE_INFO] = RECORDER,
	[GET_SOURCE_INFO_LIST] = RECORDER,
	[GET_SINK_INPUT_INFO] = OWNER,
	[SUBSCRIBE] = ALL,
	[SET_SINK_INPUT_VOLUME] = OWNER,
	[CORK_PLAYBACK_STREAM] = ALL,
	[FLUSH_PLAYBACK_STREAM] = ALL,
	[TRIGGER_PLAYBACK_STREAM] = ALL,
	[SET_PLAYBACK_STREAM_NAME] = ALL,
	[SET_RECORD_STREAM_NAME] = RECORDER,
	[KILL_SINK_INPUT] = OWNER,
	[GET_RECORD_LATENCY] = RECORDER,
	[CORK_RECORD_STREAM] = RECORDER,
	[FLUSH_RECORD_STREAM] = RECORDER,
	[PREBUF_PLAYBACK_STREAM] = ALL,
	[SET_SINK_INPUT_MUTE] = OWNER,
	[SET_PLAYBACK_STREAM_BUFFER_ATTR] = ALL,
	[SET_RECORD_STREAM_BUFFER_ATTR] = RECORDER,
	[UPDATE_PLAYBACK_STREAM_SAMPLE_RATE] = ALL,
	[UPDATE_RECORD_STREAM_SAMPLE_RATE] = RECORDER,
	[UPDATE_RECORD_STREAM_PROPLIST] = RECORDER,
	[UPDATE_PLAYBACK_STREAM_PROPLIST] = ALL,
	[UPDATE_CLIENT_PROPLIST] = ALL,
	[REMOVE_RECORD_STREAM_PROPLIST] = RECORDER,
	[REMOVE_PLAYBACK_STREAM_PROPLIST] = ALL,
	[REMOVE_CLIENT_PROPLIST] = ALL,
};

/* A name that ends in a dot stands for all that begin so. */
static const char *const properties[] = {
	"application.",   "event.",         "format.",         "media.artist",   "media.copyright",
	"media.filename", "media.icon",     "media.icon_name", "media.language", "media.name",
	"media.role",     "media.software", "media.title",     "window.",
};

/* What a value of the protocol begins with. */
enum tag {
	TAG_STRING = 't',
	TAG_STRING_NULL = 'N',
	TAG_U32 = 'L',
	TAG_U8 = 'B',
	TAG_U64 = 'R',
	TAG_S64 = 'r',
	TAG_SAMPLE_SPEC = 'a',
	TAG_ARBITRARY = 'x',
	TAG_TRUE = '1',
	TAG_FALSE = '0',
	TAG_TIMEVAL = 'T',
	TAG_USEC = 'U',
	TAG_CHANNEL_MAP = 'm',
	TAG_CVOLUME = 'v',
	TAG_PROPLIST = 'P',
	TAG_VOLUME = 'V',
	TAG_FORMAT_INFO = 'f',
};

struct reader {
	const uint8_t *data;
	size_t length, at;
	bool wrong;
};

/* The next @length bytes; NULL where there are fewer. */
static const uint8_t *take(struct reader *in, size_t length)
{
	const uint8_t *data = in->data + in->at;

	if (in->wrong || length > in->length - in->at) {
		in->wrong = true;
		return NULL;
	}
	in->at += length;
	return data;
}

static uint8_t take_byte(struct reader *in)
{
	const uint8_t *data = take(in, 1);

	return data ? *data : 0;
}

static uint32_t take_number(struct reader *in)
{
	const uint8_t *data = take(in, 4);

	return data ? (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 |
			       data[3]
		    : 0;
}

static uint32_t take_u32(struct reader *in)
{
	if (take_byte(in) != TAG_U32)
		in->wrong = true;
	return take_number(in);
}

/* A text behind its tag; NULL where it has no end. */
static const char *take_text(struct reader *in)
{
	const uint8_t *text = in->data + in->at;
	const uint8_t *end = in->wrong ? NULL : memchr(text, 0, in->length - in->at);

	if (!end) {
		in->wrong = true;
		return NULL;
	}
	in->at += (size_t)(end - text) + 1;
	return (const char *)text;
}

static bool describes(const char *name)
{
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		const char *rest = startswith(name, properties[i]);

		if (rest && (!*rest || properties[i][strlen(properties[i]) - 1] == '.'))
			return true;
	}
	return false;
}

/* Names and values up to the end of the list, of which those that describe are copied. */
static void copy_properties(struct reader *in, struct strbuf *out)
{
	while (!in->wrong) {
		size_t begin = in->at;
		uint8_t tag = take_byte(in);
		const char *name;
		uint32_t length;

		if (tag == TAG_STRING_NULL) {
			strbuf_append(out, (const char *)in->data + begin, 1);
			return;
		}
		name = tag == TAG_STRING ? take_text(in) : NULL;
		length = take_u32(in);
		if (!name || take_byte(in) != TAG_ARBITRARY || take_number(in) != length ||
		    !take(in, length))
			in->wrong = true;
		else if (describes(name))
			strbuf_append(out, (const char *)in->data + begin, in->at - begin);
	}
}

/* How many bytes a value has behind its tag, where all of its kind have as many; else -1. */
static int size_of(uint8_t tag)
{
	switch (tag) {
	case TAG_STRING_NULL:
	case TAG_TRUE:
	case TAG_FALSE:
		return 0;
	case TAG_U8:
		return 1;
	case TAG_U32:
	case TAG_VOLUME:
		return 4;
	case TAG_SAMPLE_SPEC:
		return 6;
	case TAG_U64:
	case TAG_S64:
	case TAG_TIMEVAL:
	case TAG_USEC:
		return 8;
	default:
		return -1;
	}
}

static void copy_value(struct reader *in, struct strbuf *out)
{
	size_t begin = in->at;
	uint8_t tag = take_byte(in);
	int size = size_of(tag);
	bool list = tag == TAG_PROPLIST;

	if (size >= 0)
		take(in, (size_t)size);
	else if (tag == TAG_STRING)
		take_text(in);
	else if (tag == TAG_ARBITRARY)
		take(in, take_number(in));
	else if (tag == TAG_CHANNEL_MAP)
		take(in, take_byte(in));
	else if (tag == TAG_CVOLUME)
		take(in, (size_t)take_byte(in) * 4);
	else if (tag == TAG_FORMAT_INFO)
		list = take_byte(in) == TAG_U8 && take(in, 1) && take_byte(in) == TAG_PROPLIST;
	if (size < 0 && !list && tag != TAG_STRING && tag != TAG_ARBITRARY &&
	    tag != TAG_CHANNEL_MAP && tag != TAG_CVOLUME)
		in->wrong = true;
	if (in->wrong)
		return;
	strbuf_append(out, (const char *)in->data + begin, in->at - begin);
	if (list)
		copy_properties(in, out);
}

static bool owns(const struct pulse *pulse, uint32_t index)
{
	for (size_t i = 0; i < pulse->stream_count; i++)
		if (pulse->streams[i].index == index)
			return true;
	return false;
}

static void forget(struct pulse *pulse, uint32_t channel)
{
	for (size_t i = 0; i < pulse->stream_count; i++)
		if (pulse->streams[i].channel == channel) {
			pulse->streams[i] = pulse->streams[--pulse->stream_count];
			return;
		}
}

/* Where the command with @tag is among those that wait; their number where it is not. */
static size_t find_asked(const struct pulse *pulse, uint32_t tag)
{
	size_t i = 0;

	while (i < pulse->asked_count && pulse->asked[i].tag != tag)
		i++;
	return i;
}

static bool may(const struct pulse *pulse, uint32_t command, uint32_t tag, struct reader first)
{
	if (pulse->asked_count == PULSE_ASKED || find_asked(pulse, tag) < pulse->asked_count)
		return false;
	switch (command < sizeof(commands) ? commands[command] : NOBODY) {
	case ALL:
		return command != CREATE_PLAYBACK_STREAM ||
		       (pulse->pending_count < PULSE_PENDING &&
			pulse->stream_count + pulse->pending_count < PULSE_STREAMS);
	case RECORDER:
		return pulse->record;
	case OWNER:
		return owns(pulse, take_u32(&first)) && !first.wrong;
	default:
		return false;
	}
}

/* The version that the client speaks, without the bits that offer memory to be shared. */
static void copy_version(struct reader *in, struct strbuf *out)
{
	uint32_t version = take_u32(in) & 0xffff;
	const uint8_t value[] = {TAG_U32, 0, 0, (uint8_t)(version >> 8), (uint8_t)version};

	strbuf_append(out, (const char *)value, sizeof(value));
}

enum pulse_verdict pulse_command(struct pulse *pulse, const uint8_t *data, size_t length,
				 struct strbuf *out, uint32_t *ret_tag)
{
	struct reader in = {data, length, 0, false};
	uint32_t command = take_u32(&in), tag = take_u32(&in);

	if (in.wrong)
		return PULSE_BROKEN;
	*ret_tag = tag;
	if (!may(pulse, command, tag, in))
		return PULSE_REFUSE;
	strbuf_append(out, (const char *)data, in.at);
	if (command == DELETE_PLAYBACK_STREAM) {
		struct reader copy = in;

		forget(pulse, take_u32(&copy));
	}
	if (command == AUTH)
		copy_version(&in, out);
	while (!in.wrong && in.at < in.length)
		copy_value(&in, out);
	if (in.wrong)
		return PULSE_BROKEN;
	pulse->asked[pulse->asked_count++] =
		(struct pulse_asked){tag, command == CREATE_PLAYBACK_STREAM};
	pulse->pending_count += command == CREATE_PLAYBACK_STREAM;
	return PULSE_FORWARD;
}

/* Whether the answer with @tag is to a stream that was asked for. The tag is free again. */
static bool settle(struct pulse *pulse, uint32_t tag)
{
	size_t i = find_asked(pulse, tag);
	bool creates = i < pulse->asked_count && pulse->asked[i].creates;

	if (i < pulse->asked_count)
		pulse->asked[i] = pulse->asked[--pulse->asked_count];
	pulse->pending_count -= creates;
	return creates;
}

void pulse_answer(struct pulse *pulse, const uint8_t *data, size_t length)
{
	struct reader in = {data, length, 0, false};
	uint32_t command = take_u32(&in), tag = take_u32(&in);
	struct pulse_stream stream;

	if (in.wrong)
		return;
	if (command == PLAYBACK_STREAM_KILLED) {
		forget(pulse, take_u32(&in));
	} else if ((command == REPLY || command == ERROR) && settle(pulse, tag) &&
		   command == REPLY) {
		stream.channel = take_u32(&in);
		stream.index = take_u32(&in);
		if (!in.wrong && pulse->stream_count < PULSE_STREAMS)
			pulse->streams[pulse->stream_count++] = stream;
	}
}

void pulse_refusal(uint32_t tag, uint8_t data[PULSE_REFUSAL])
{
	enum { ACCESS = 1 /* PA_ERR_ACCESS */ };
	const uint8_t answer[PULSE_REFUSAL] = {TAG_U32,
					       0,
					       0,
					       0,
					       ERROR,
					       TAG_U32,
					       (uint8_t)(tag >> 24),
					       (uint8_t)(tag >> 16),
					       (uint8_t)(tag >> 8),
					       (uint8_t)tag,
					       TAG_U32,
					       0,
					       0,
					       0,
					       ACCESS};

	memcpy(data, answer, sizeof(answer));
}
