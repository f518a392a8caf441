// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch-image: unpacks root file systems into the store of images, and takes them out again. hutch
 * runs it when an image is not there yet and for `hutch image`; its answer is one JSON object on
 * standard output:
 *
 *   hutch-image import STORE LIMIT KEY IDENTITY tar|docker-archive|oci PATH [TAG]   {"id": …}
 *   hutch-image remove STORE ID                                                      {}
 *   hutch-image prune STORE                                                          {"bytes": …}
 *
 * LIMIT is in bytes. KEY names the file in sources/ that will say that what IDENTITY describes was
 * unpacked to that image. On failure {"error": …, "remedy": …} and status 1.
 */
#include "confine.h"
#include "import.h"

#include "base/string.h"
#include "kernel/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRIES = 4 * 1000 * 1000 };

static const char *const kinds[] = {
	[IMPORT_TAR] = "tar",
	[IMPORT_DOCKER] = "docker-archive",
	[IMPORT_OCI] = "oci",
};

static int import(int argc, char **argv, struct store *store, struct json_object *answer,
		  struct error *e)
{
	struct allowance allowed = {.entries = ENTRIES};
	_cleanup_free_ char *source = NULL, *text = NULL;
	char id[DIGEST_SIZE];
	int kind = -1, r;

	if (argc < 8 || argc > 9)
		return error_set(e, EINVAL, "import: wrong arguments");
	for (int i = 0; i < (int)(sizeof(kinds) / sizeof(kinds[0])); i++)
		if (streq(argv[6], kinds[i]))
			kind = i;
	if (kind < 0 || strchr(argv[4], '/'))
		return error_set(e, EINVAL, "import: wrong arguments");
	allowed.bytes = strtoull(argv[3], NULL, 10);
	r = import_image(store, (enum import_kind)kind, argv[7], argc > 8 ? argv[8] : NULL,
			 &allowed, id, e);
	if (r < 0)
		return r;
	source = xasprintf("sources/%s", argv[4]);
	text = xasprintf("%s\n%s\n%s\n", argv[5], id, argv[7]);
	r = store_write(store->fd, source, text, e);
	json_object_object_add(answer, "id", json_object_new_string(id));
	return r;
}

static int act(int argc, char **argv, struct json_object *answer, struct error *e)
{
	struct store store;
	uint64_t bytes = 0;
	int r;

	if (argc < 3)
		return error_set(e, EINVAL, "this program is run by hutch: see hutch-image(1)");
	r = store_open(argv[2], &store, e);
	if (r < 0)
		return r;
	r = confine_helper(store.fd, streq(argv[1], "import") && argc > 7 ? argv[7] : argv[2], e);
	if (r < 0) {
		store_close(&store);
		return r;
	}
	if (streq(argv[1], "import")) {
		r = import(argc, argv, &store, answer, e);
	} else if (streq(argv[1], "remove") && argc == 4 && digest_valid(argv[3])) {
		r = store_remove(&store, argv[3], e);
	} else if (streq(argv[1], "prune")) {
		r = store_prune(&store, &bytes, e);
		json_object_object_add(answer, "bytes", json_object_new_uint64(bytes));
	} else {
		r = error_set(e, EINVAL, "%s: wrong arguments", argv[1]);
	}
	store_close(&store);
	return r;
}

/* Trees may be deep, and each directory in work is a descriptor. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int main(int argc, char **argv)
{
	struct json_object *answer = json_object_new_object();
	struct error e = {0};
	int r = process_fill_standard_descriptors();

	if (r < 0)
		return 1;
	umask(077);
	raise_descriptor_limit();
	r = act(argc, argv, answer, &e);
	if (r < 0) {
		json_object_object_add(answer, "error", json_object_new_string(e.text));
		json_object_object_add(answer, "remedy", json_object_new_string(e.remedy));
	}
	puts(json_object_to_json_string(answer));
	json_object_put(answer);
	return fflush(stdout) == 0 && r == 0 ? 0 : 1;
}
