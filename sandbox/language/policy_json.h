// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"

/*
 * The policy that a seccomp profile in the JSON form of the OCI runtime specification means, as
 * containers, podman and Docker use it (Docker's includes, excludes and archMap too).
 *
 * @name: what messages call the text
 * @out:  the policy's text is appended
 *
 * Return: 0, or -EINVAL with what is wrong.
 */
int policy_import_json(const char *name, const char *text, size_t length, struct strbuf *out,
		       struct error *e);
