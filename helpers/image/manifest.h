// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "stream.h"

#include "base/error.h"
#include "base/json.h"
#include "base/vector.h"

/*
 * What an image's descriptions say (OCI image specification: index, manifest, configuration; the
 * manifest.json of `docker save`). All texts are an attacker's: of what they name only digests in
 * their one form and plain names come through.
 */

struct image_layer {
	char *name;               /* in the archive, or the digest of the blob */
	char packed[DIGEST_SIZE]; /* "" where the format does not say */
	char unpacked[DIGEST_SIZE];
};

struct image {
	char *config_name;                 /* in the archive, or the digest of the blob */
	VECTOR(struct image_layer) layers; /* lowest first */
	struct json_object *config;        /* Env, Entrypoint, Cmd, User, WorkingDir */
	char id[DIGEST_SIZE];              /* digest of the configuration */
};

void image_free(struct image *image);

/* Read the manifest.json of a docker archive: configuration and layers by name; @tag chooses among
 * several images, NULL takes the only one. */
int manifest_docker(const char *text, const char *tag, struct image *ret, struct error *e);

/*
 * Read an OCI index: the digest of the manifest for @tag (NULL: the only one, or "latest") and this
 * machine's architecture; @ret_index where it is an index again.
 */
int manifest_index(const char *text, const char *tag, char ret[static DIGEST_SIZE], bool *ret_index,
		   struct error *e);

/* Read an OCI manifest: configuration and layers by digest. */
int manifest_oci(const char *text, struct image *ret, struct error *e);

/* Read the configuration: the diff_id of each layer, and how to run the image. */
int manifest_config(const char *text, struct image *image, struct error *e);

/* The digest of @length bytes. */
void manifest_digest(const void *data, size_t length, char ret[static DIGEST_SIZE]);
