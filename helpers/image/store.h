// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "stream.h"

#include "base/error.h"
#include "base/json.h"

#include <stdint.h>

/*
 * Where unpacked images are ($XDG_DATA_HOME/hutch/images), named by what they contain:
 *
 *   layers/sha256-HEX/      one layer as its archive has it, HEX the digest of the tar archive
 *   roots/sha256-HEX/       an image: image.json, lock, and root/ where it is made of several layers
 *   sources/KEY             which image a file or directory of the user's was unpacked to
 *   staging/NAME/           what is being unpacked
 *
 * Everything appears by rename(2), whole. image.json says where the root is ("root", relative to
 * the store), of which layers it is made, and how it wants to be run ("config"). A running sandbox
 * holds a shared lock on `lock`, whoever unpacks one on the store.
 */
struct store {
	int fd;
	int staging; /* the directory of this process's own, once made */
	char staging_name[32];
};

/* Open the store at @path, making it 0700. It must be the caller's and nobody else's to write. */
int store_open(const char *path, struct store *ret, struct error *e);
void store_close(struct store *store);

/* The descriptor of a fresh directory for what is being unpacked; removed by store_close(). */
int store_stage(struct store *store, struct error *e);

/* Whether there is such a layer or image. */
bool store_has(const struct store *store, const char *kind, const char *digest);

/* Move @name of the staging directory to its place as a layer or image. One that is there already
 * stays. */
int store_add(struct store *store, const char *name, const char *kind, const char *digest,
	      struct error *e);

/* Open the root of a layer: O_PATH, or -errno. */
int store_open_layer(const struct store *store, const char *digest);

/* Write the small file @path below @directory at once. */
int store_write(int directory, const char *path, const char *text, struct error *e);

/* Remove the image of that digest; EBUSY while a sandbox runs in it. */
int store_remove(struct store *store, const char *digest, struct error *e);

/* Remove what nothing refers to: images without a source, layers without an image, what crashed
 * imports left. @ret_bytes: what that freed. */
int store_prune(struct store *store, uint64_t *ret_bytes, struct error *e);
