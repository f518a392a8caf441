// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "kernel/seccomp.h"

#include <stdbool.h>

/*
 * From the name of a seccomp policy to a filter that can be loaded.
 *
 * @name:   a name (NAME.policy in the user's configuration, or else a shipped policy) or, with a
 *          slash in it, the path of a file
 * @base:   directory that a relative path begins at; NULL for the working directory
 * @nested: the sandbox may make namespaces of its own: rules with [nested=yes] count, those with
 *          [nested=no] don't
 * @ret:    the filter, to be freed with filter_free()
 *
 * A shipped policy is part of the program, already compiled. A file is compiled once and then comes
 * from the cache (policy_cache.h). Called before any namespace exists; never between clone and
 * exec.
 *
 * Return: 0; -ENOENT for no such policy or file; -EINVAL for a policy with errors, the message
 * being the first one with file, line and column.
 */
int policy_load(const char *name, const char *base, bool nested, struct filter *ret,
		struct error *e);
