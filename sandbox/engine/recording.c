// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/recording.h"

#include "base/string.h"

#include <string.h>

/* Bounds for programs that go through everything there is. */
enum {
	TOUCHED_LIMIT = 200000,
	CONTACTED_LIMIT = 4096,
	QUESTIONED_LIMIT = 512,
	MESSAGED_LIMIT = 4096,
};

/* FNV-1a */
static uint64_t hash(const char *text)
{
	uint64_t value = 0xcbf29ce484222325u;

	for (; *text; text++)
		value = (value ^ (unsigned char)*text) * 0x100000001b3u;
	return value ^ (value >> 32);
}

/* The place in the table where @path is or would be. */
static size_t *place_of(const struct recording *recording, const char *path)
{
	size_t mask = recording->index_size - 1, at = hash(path) & mask;

	while (recording->index[at] &&
	       !streq(recording->touched.items[recording->index[at] - 1].path, path))
		at = (at + 1) & mask;
	return &recording->index[at];
}

static void grow(struct recording *recording)
{
	free(recording->index);
	recording->index_size = recording->index_size ? recording->index_size * 2 : 1024;
	recording->index = xcalloc(recording->index_size, sizeof(size_t));
	for (size_t i = 0; i < recording->touched.count; i++)
		*place_of(recording, recording->touched.items[i].path) = i + 1;
}

struct touched *recording_find(const struct recording *recording, const char *path)
{
	size_t number = recording->index_size ? *place_of(recording, path) : 0;

	return number ? &recording->touched.items[number - 1] : NULL;
}

struct touched *recording_touch(struct recording *recording, const char *path, unsigned access,
				bool existed, mode_t type, const char *by)
{
	struct touched *touched = recording_find(recording, path);

	if (!touched && recording->touched.count >= TOUCHED_LIMIT) {
		recording->left_out++;
		return NULL;
	}
	if (!touched) {
		if (recording->touched.count * 2 >= recording->index_size)
			grow(recording);
		/* xreallocarray() never returns NULL. NOLINTNEXTLINE(clang-analyzer-unix.cstring.NullArg) */
		touched = vector_add(&recording->touched);
		touched->path = xstrdup(path);
		touched->existed = existed;
		touched->type = type;
		touched->by = xstrdup(by);
		*place_of(recording, path) = recording->touched.count;
	}
	touched->access |= access;
	touched->times++;
	return touched;
}

void recording_message(struct recording *recording, const struct messaged *message)
{
	vector_each (known, &recording->messaged) {
		if (known->system == message->system && known->own == message->own &&
		    streq(known->name, message->name) && streq(known->method, message->method)) {
			known->times++;
			return;
		}
	}
	if (recording->messaged.count >= MESSAGED_LIMIT) {
		recording->left_out++;
		return;
	}
	*vector_add(&recording->messaged) = (struct messaged){
		.system = message->system,
		.own = message->own,
		.name = xstrdup(message->name),
		.method = xstrdup(message->method),
		.path = xstrdup(message->path),
		.times = 1,
		.by = xstrdup(message->by),
	};
}

void recording_contact(struct recording *recording, const struct contacted *contact)
{
	vector_each (known, &recording->contacted) {
		if (known->bound == contact->bound && known->length == contact->length &&
		    known->kind == contact->kind &&
		    memcmp(&known->address, &contact->address, contact->length) == 0) {
			known->times++;
			return;
		}
	}
	if (recording->contacted.count >= CONTACTED_LIMIT) {
		recording->left_out++;
		return;
	}
	*vector_add(&recording->contacted) = *contact;
	recording->contacted.items[recording->contacted.count - 1].times = 1;
	recording->contacted.items[recording->contacted.count - 1].by = xstrdup(contact->by);
}

void recording_question(struct recording *recording, const struct seccomp_data *call,
			const char *by)
{
	struct questioned *questioned;

	vector_each (known, &recording->questioned) {
		/* Policies look at the first arguments only, where those are no addresses. */
		if (known->call.arch == call->arch && known->call.nr == call->nr &&
		    memcmp(known->call.args, call->args, 3 * sizeof(call->args[0])) == 0) {
			known->times++;
			return;
		}
	}
	if (recording->questioned.count >= QUESTIONED_LIMIT) {
		recording->left_out++;
		return;
	}
	questioned = vector_add(&recording->questioned);
	questioned->call = *call;
	questioned->times = 1;
	questioned->by = xstrdup(by);
}

void recording_free(struct recording *recording)
{
	vector_each (touched, &recording->touched) {
		free(touched->path);
		free(touched->by);
	}
	vector_each (contacted, &recording->contacted)
		free(contacted->by);
	vector_each (questioned, &recording->questioned)
		free(questioned->by);
	vector_each (messaged, &recording->messaged) {
		free(messaged->name);
		free(messaged->method);
		free(messaged->path);
		free(messaged->by);
	}
	vector_free(&recording->messaged);
	vector_free(&recording->touched);
	vector_free(&recording->contacted);
	vector_free(&recording->questioned);
	free(recording->index);
	*recording = (struct recording){0};
}
