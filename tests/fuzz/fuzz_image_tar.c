// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An archive of any bytes is unpacked or refused; nothing is made, changed or linked beside the tree.
 *
 * An input that begins with "#\n" is no archive but what is in one, so that a change of a byte is a change of a name or a
 * kind and not of a checksum. An entry a line: its kind as in ustar, a byte of which the permissions are made, its name, and
 * behind a tab where it links to, or its data (of "x" and "g" one "key=value").
 */
#include "fuzz.h"

#include "place.h"

#include "extract.h"
#include "stream.h"
#include "tree.h"

#include "base/fd.h"
#include "base/string.h"

#include <dirent.h>

struct memory {
	struct source source;
	const uint8_t *data;
	size_t left;
};

static ssize_t next_of_memory(struct source *source, const void **ret_data)
{
	struct memory *memory = (struct memory *)source;
	size_t length = memory->left;

	*ret_data = memory->data;
	memory->left = 0;
	return (ssize_t)length;
}

static void add_header(struct strbuf *out, char kind, unsigned mode, const char *name,
		       const char *link, size_t size)
{
	char block[512] = "", number[32];
	unsigned sum = 0;

	block[156] = kind;
	strncpy(block, name, 100);
	strncpy(block + 157, link, 100);
	/* The checksum counts itself as blanks. */
	memcpy(block + 148, "        ", 8);
	memcpy(block + 257,
	       "ustar\0"
	       "00",
	       8);
	memcpy(block + 100, number, (size_t)snprintf(number, sizeof(number), "%07o", mode & 07777));
	memcpy(block + 124, number, (size_t)snprintf(number, sizeof(number), "%011zo", size));
	for (size_t i = 0; i < sizeof(block); i++)
		sum += (unsigned char)block[i];
	memcpy(block + 148, number, (size_t)snprintf(number, sizeof(number), "%06o", sum) + 1);
	strbuf_append(out, block, sizeof(block));
}

/* A record of a pax header says how long it is, that number included. */
static char *pax_record(const char *text)
{
	size_t length = strlen(text) + 2, digits = 1;

	for (size_t n = 10; length + digits >= n; n *= 10)
		digits++;
	return xasprintf("%zu %s\n", length + digits, text);
}

static void add_entry(struct strbuf *out, char *line)
{
	static const char zeros[512];
	char *name = strsep(&line, "\t");
	const char *rest = line ? line : "";
	_cleanup_free_ char *record = *name == 'x' || *name == 'g' ? pax_record(rest) : NULL;
	bool links = *name == '1' || *name == '2';
	size_t size;

	if (!name[0] || !name[1])
		return;
	if (record)
		rest = record;
	size = links ? 0 : strlen(rest);
	add_header(out, name[0], (unsigned char)name[1] * 021u, name + 2, links ? rest : "", size);
	strbuf_append(out, rest, size);
	strbuf_append(out, zeros, -size % sizeof(zeros));
}

/* The archive that the input describes or is; the caller frees it. */
static char *archive_of(const uint8_t *data, size_t size, size_t *ret_size)
{
	_cleanup_free_ char *text = xmemdup(data, size);
	struct strbuf out = {0};
	char *rest = text + 2, *line;

	*ret_size = size;
	if (size < 2 || memcmp(text, "#\n", 2) != 0)
		return TAKE_PTR(text);
	strbuf_append(&out, "", 0);
	while ((line = strsep(&rest, "\n")))
		add_entry(&out, line);
	*ret_size = out.length;
	return out.text;
}

/* The directory has "tree" and "victim", and that is as it was: any change of it is a change of its ctime. */
static void check_place(const char *path, int place)
{
	static struct stat made;
	DIR *list = opendir(path);
	const struct dirent *entry;
	struct stat status;
	int names = 0;

	while ((entry = readdir(list)))
		names++;
	closedir(list);
	if (names != 4 || fstatat(place, "victim", &status, AT_SYMLINK_NOFOLLOW) < 0)
		abort();
	if (!made.st_ino)
		made = status;
	if (status.st_ino != made.st_ino || status.st_size != 1 || status.st_nlink != 1 ||
	    (status.st_mode & 07777) != 0600 ||
	    memcmp(&status.st_ctim, &made.st_ctim, sizeof(made.st_ctim)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *archive = archive_of(data, size, &size);
	struct memory memory = {.source = {.next = next_of_memory, .fd = -1},
				.data = (uint8_t *)archive,
				.left = size};
	struct allowance left = {.bytes = 1 << 20, .entries = 64};
	char path[64], packed[DIGEST_SIZE] = "", unpacked[DIGEST_SIZE] = "";
	int place = place_of_fuzzing(path), root;
	struct stream stream;
	struct error e = {0};
	bool whiteouts = false;
	int r;

	if (faccessat(place, "victim", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		place_write(place, "victim", (const uint8_t *)"v", 1);
	if (mkdirat(place, "tree", 0700) < 0 ||
	    (root = openat(place, "tree", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		abort();
	r = stream_open(&stream, &memory.source, &e);
	if (r == 0)
		r = extract_tree(stream.tar, root, &left, &whiteouts, &e);
	if (r == 0)
		r = stream_finish(&stream, packed, unpacked, &e);
	if (r < 0 ? !e.text[0] : !digest_valid(packed) || !digest_valid(unpacked))
		abort();
	stream_close(&stream);
	close(root);
	check_place(path, place);
	if (left.bytes > 1 << 20 || left.entries > 64 || tree_remove(place, "tree", NULL) < 0)
		abort();
	return 0;
}
