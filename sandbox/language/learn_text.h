// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/string.h"

/*
 * A path as a profile says it: with ~ or ${XDG_CONFIG_HOME} and the like in front where it is below
 * one of these, and a backslash before what has a meaning there. Reading it gives the path again.
 *
 * These directories are looked up once for a home.
 *
 * NULL where a profile can't say it: control characters, bytes that are no UTF-8, a blank at the
 * end. The caller frees it.
 */
char *learn_path(const char *path);

/* The same without what goes before it: @rest has only its backslashes. */
char *learn_escape(const char *rest);
