// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two archives of libarchive in a row: the first knows the compressions and no format, the second
 * only tar. So the bytes between them can be hashed, which is what an image's configuration calls
 * diff_id. The compressions are those of the formats; none that runs another program.
 */
#include "stream.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024 };

bool digest_valid(const char *text)
{
	return strncmp(text, "sha256:", 7) == 0 && strspn(text + 7, "0123456789abcdef") == 64 &&
	       text[7 + 64] == '\0';
}

void digest_write(struct sha256_ctx *context, char text[static DIGEST_SIZE])
{
	uint8_t bytes[SHA256_DIGEST_SIZE];

	sha256_digest(context, sizeof(bytes), bytes);
	memcpy(text, "sha256:", 8);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(text + 7 + 2 * i, 3, "%02x", bytes[i]);
}

static ssize_t next_of_file(struct source *source, const void **ret_data)
{
	ssize_t n;

	do
		n = read(source->fd, source->buffer, BUFFER);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		source->error = strerror(errno);
	*ret_data = source->buffer;
	return n;
}

static ssize_t next_of_entry(struct source *source, const void **ret_data)
{
	size_t size = 0;
	int64_t offset;
	int r;

	/* Some formats give empty blocks. */
	do
		r = archive_read_data_block(source->outer, ret_data, &size, &offset);
	while (r == ARCHIVE_OK && size == 0);
	if (r == ARCHIVE_EOF)
		return 0;
	if (r == ARCHIVE_OK)
		return (ssize_t)size;
	source->error = archive_error_string(source->outer);
	return -1;
}

void source_of_file(struct source *source, int fd)
{
	*source = (struct source){.next = next_of_file, .fd = fd, .buffer = xcalloc(1, BUFFER)};
}

void source_of_entry(struct source *source, struct archive *outer)
{
	*source = (struct source){.next = next_of_entry, .fd = -1, .outer = outer};
}

void source_done(struct source *source)
{
	free(source->buffer);
	source->buffer = NULL;
}

static la_ssize_t read_packed(struct archive *archive, void *data, const void **ret_data)
{
	struct stream *stream = data;
	ssize_t n = stream->source->next(stream->source, ret_data);

	if (n < 0)
		archive_set_error(archive, EIO, "%s",
				  stream->source->error ? stream->source->error : "cannot be read");
	else
		sha256_update(&stream->packed, (size_t)n, *ret_data);
	return n;
}

static la_ssize_t read_unpacked(struct archive *archive, void *data, const void **ret_data)
{
	struct stream *stream = data;
	size_t size = 0;
	int64_t offset;
	int r;

	do
		r = archive_read_data_block(stream->plain, ret_data, &size, &offset);
	while (r == ARCHIVE_OK && size == 0);
	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK) {
		archive_set_error(archive, EBADMSG, "%s", archive_error_string(stream->plain));
		return -1;
	}
	sha256_update(&stream->unpacked, size, *ret_data);
	return (la_ssize_t)size;
}

static int failed(struct archive *archive, struct error *e)
{
	const char *text = archive_error_string(archive);

	return error_set(e, EBADMSG, "%s", text ? text : "no archive that hutch knows");
}

int stream_open(struct stream *ret, struct source *source, struct error *e)
{
	struct archive_entry *entry;

	*ret = (struct stream){.source = source};
	sha256_init(&ret->packed);
	sha256_init(&ret->unpacked);
	ret->plain = archive_read_new();
	ret->tar = archive_read_new();
	if (!ret->plain || !ret->tar)
		return error_errno(e, ENOMEM, "reading the archive");
	archive_read_support_filter_gzip(ret->plain);
	archive_read_support_filter_xz(ret->plain);
	archive_read_support_filter_zstd(ret->plain);
	archive_read_support_filter_bzip2(ret->plain);
	archive_read_support_format_raw(ret->plain);
	if (archive_read_open(ret->plain, ret, NULL, read_packed, NULL) != ARCHIVE_OK)
		return failed(ret->plain, e);
	if (archive_read_next_header(ret->plain, &entry) != ARCHIVE_OK)
		return failed(ret->plain, e);
	archive_read_support_format_tar(ret->tar);
	if (archive_read_open(ret->tar, ret, NULL, read_unpacked, NULL) != ARCHIVE_OK)
		return failed(ret->tar, e);
	return 0;
}

/* What stands behind the end mark of the tar archive belongs to the digests as well. */
int stream_finish(struct stream *stream, char packed[static DIGEST_SIZE],
		  char unpacked[static DIGEST_SIZE], struct error *e)
{
	const void *data;
	la_ssize_t n;

	while ((n = read_unpacked(stream->tar, stream, &data)) > 0)
		;
	if (n < 0)
		return failed(stream->tar, e);
	while ((n = read_packed(stream->plain, stream, &data)) > 0)
		;
	if (n < 0)
		return failed(stream->plain, e);
	digest_write(&stream->packed, packed);
	digest_write(&stream->unpacked, unpacked);
	return 0;
}

void stream_close(struct stream *stream)
{
	if (stream->tar)
		archive_read_free(stream->tar);
	if (stream->plain)
		archive_read_free(stream->plain);
	*stream = (struct stream){0};
}
