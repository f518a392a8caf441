// SPDX-License-Identifier: GPL-2.0-or-later
/* An archive of any bytes is unpacked or refused; nothing is made, changed or linked beside the tree. */
#include "fuzz.h"

#include "place.h"

#include "extract.h"
#include "stream.h"
#include "tree.h"

#include "base/fd.h"

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

/* The directory has "tree" and "victim", and that is as it was. */
static void check_place(const char *path, int place)
{
	DIR *list = opendir(path);
	const struct dirent *entry;
	struct stat status;
	int names = 0;

	while ((entry = readdir(list)))
		names++;
	closedir(list);
	if (names != 4 || fstatat(place, "victim", &status, AT_SYMLINK_NOFOLLOW) < 0 ||
	    status.st_size != 1 || status.st_nlink != 1 || (status.st_mode & 07777) != 0600)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory memory = {
		.source = {.next = next_of_memory, .fd = -1}, .data = data, .left = size};
	struct allowance left = {.bytes = 1 << 20, .entries = 64};
	char path[64], packed[DIGEST_SIZE] = "", unpacked[DIGEST_SIZE] = "";
	int place = place_of_fuzzing(path), root;
	struct stream stream;
	struct error e = {0};
	bool whiteouts = false;
	int r;

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
