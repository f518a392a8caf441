// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "base/string.h"

#include <stdint.h>

/*
 * The store of unpacked images as its readers see it; helpers/image/store.h has its form, and
 * hutch-image alone writes to it.
 */

/* An image and how it wants to be run (the "config" of the OCI image specification). */
struct image {
	char *id;   /* "sha256:…" */
	char *root; /* directory of its root file system, absolute */
	uint64_t bytes;
	struct strv layers, environment, entrypoint, command;
	char *user, *directory; /* NULL: the image does not say */
};

void image_free(struct image *image);

/* $XDG_DATA_HOME/hutch/images, @home standing for the home directory; to be freed by the caller. */
char *images_path(const char *home);

/*
 * Read what the store at @store says of the image @id and hold a shared lock on it, in @ret_lock,
 * so that it is not removed meanwhile. ENOENT: it is not there.
 */
int image_read(const char *store, const char *id, struct image *ret, int *ret_lock,
	       struct error *e);

/* The ids of all images there are. Nothing there is an empty list. */
int images_list(const char *store, struct strv *ret, struct error *e);

/*
 * Run hutch-image with @arguments (its head says which; the program's name comes in front here).
 * @ret_answer is what it says, to be put by the caller; NULL: not wanted. Its own message where it
 * fails.
 */
int image_helper(const struct strv *arguments, struct json_object **ret_answer, struct error *e);
