// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <archive.h>
#include <nettle/sha2.h>
#include <stdbool.h>

/* "sha256:" and 64 hexadecimal digits, as image formats write it. */
enum { DIGEST_SIZE = 7 + 2 * SHA256_DIGEST_SIZE + 1 };

/* Whether @text is a digest in that form: nothing else ever becomes part of a path. */
bool digest_valid(const char *text);

/* End the hash and write its digest in that form. */
void digest_write(struct sha256_ctx *context, char text[static DIGEST_SIZE]);

/* Where the bytes of an archive come from: a file, or an entry of another archive. */
struct source {
	/* The next bytes: their number, 0 at the end, -1 where @error says why not. */
	ssize_t (*next)(struct source *source, const void **ret_data);
	int fd;
	struct archive *outer;
	const char *error;
	void *buffer;
};

void source_of_file(struct source *source, int fd);
void source_of_entry(struct source *source, struct archive *outer);
void source_done(struct source *source);

/*
 * A tar archive, compressed or not, whose bytes are hashed on both sides of the decompression as
 * they pass.
 */
struct stream {
	struct source *source;
	struct archive *plain; /* takes the compression away */
	struct archive *tar;
	struct sha256_ctx packed, unpacked;
};

/* Begin to read; the archive is @ret->tar. To be closed in all cases. */
int stream_open(struct stream *ret, struct source *source, struct error *e);

/* Read on to the end of everything, and give the digests of the bytes as they came and as they were
 * in the tar archive. */
int stream_finish(struct stream *stream, char packed[static DIGEST_SIZE],
		  char unpacked[static DIGEST_SIZE], struct error *e);

void stream_close(struct stream *stream);
