// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "extract.h"
#include "store.h"

#include "base/json.h"

enum import_kind { IMPORT_TAR, IMPORT_DOCKER, IMPORT_OCI };

/*
 * Unpack the image at @path (a file; for OCI a directory) into @store, layers that are there
 * already excepted.
 *
 * @tag:      which of several images; NULL: the only one
 * @allowed:  what it may unpack to
 * @ret_id:   the image's digest
 *
 * Return: 0 or -errno.
 */
int import_image(struct store *store, enum import_kind kind, const char *path, const char *tag,
		 struct allowance *allowed, char ret_id[static DIGEST_SIZE], struct error *e);
