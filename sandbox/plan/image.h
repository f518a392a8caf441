// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/host.h"
#include "plan/request.h"

/*
 * Where --root names an image and no directory, unpack it, unless it is there already, and put what
 * it says into @request: its root file system, variables, working directory and user, and where no
 * program was given, its own. Settings of the named profile and the command line outrank those of
 * the image.
 *
 * @ret_lock: held while the image is in use, or left as it is
 *
 * Return: 0, or -errno.
 */
int image_apply(struct request *request, const struct host *host, int *ret_lock, struct error *e);

/*
 * Unpack what @text names (FILE.tar…, docker-archive:FILE[:TAG], oci:DIR[:TAG], image:ID) unless it
 * is there already; the image's id, to be freed by the caller. EISDIR: it is a directory, and no
 * image.
 *
 * @limit: bytes that it may unpack to
 */
int image_unpack(const char *text, const struct host *host, uint64_t limit, char **ret_id,
		 struct error *e);

/* Bytes that an image may unpack to where nothing else is said. */
#define IMAGE_LIMIT (16ULL << 30)
