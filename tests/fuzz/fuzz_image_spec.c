// SPDX-License-Identifier: GPL-2.0-or-later
/* What --root may say, and what is remembered of it: the words are taken apart, a tag and a path come out. */
#include "fuzz.h"

#include "place.h"

#include "../../sandbox/plan/image.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xmemdup(data, size), *state = NULL, *id = NULL;
	_cleanup_reference_ struct reference reference = {0};
	char path[64], key[SHA256_SIZE * 2 + 1];
	int place = place_of_fuzzing(path);
	const struct host host = {.directory = path, .home = path};
	struct error e = {0};

	if (parse(text, &host, &reference, &e) < 0 && !e.text[0] && !reference.path)
		abort();
	if (reference.path[0] != '/' || (reference.tag && strchr(reference.tag, '/')))
		abort();
	key_of(&reference, key);
	if (strspn(key, "0123456789abcdef") != sizeof(key) - 1)
		abort();
	mkdirat(place, "sources", 0700);
	place_write(place, "sources/key", data, size);
	id = remembered(path, "key", "state");
	if (id && strchr(id, '/'))
		abort();
	return 0;
}
