// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* A policy's text and where it came from. */
struct policy_text {
	char *name;      /* as messages name it: the path, or "default.policy (built in)" */
	char *directory; /* of the file; NULL for a built-in text */
	char *text;      /* NUL-terminated */
	size_t length;
	bool builtin;
};

void policy_text_free(struct policy_text *text);

#define _cleanup_policy_text_ __attribute__((cleanup(policy_text_free)))

/* No policy is longer; a larger file is something else. */
#define POLICY_SIZE_LIMIT (1024 * 1024)

/*
 * Find the policy @name: with a slash it is a path, relative to @base (NULL: the working
 * directory); without one it is NAME.policy in $XDG_CONFIG_HOME/hutch/seccomp, or else a shipped
 * one.
 *
 * Return: 0, or -ENOENT and what reading the file may give.
 */
int policy_find(const char *name, const char *base, struct policy_text *ret, struct error *e);

/* The shipped policy @name, whatever the user has; -ENOENT. */
int policy_find_shipped(const char *name, struct policy_text *ret, struct error *e);

/* Read the file @path; -ENOENT and so on. */
int policy_read(const char *path, struct policy_text *ret, struct error *e);

/* Path of the user's own file for policy @name; NULL where there is no home. The caller frees it.
 */
char *policy_user_path(const char *name);
