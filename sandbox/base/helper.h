// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/*
 * Where a helper program of hutch is ("hutch-net"), to be freed by the caller; NULL where it is not
 * installed.
 *
 * Found from where the running program is, never by $PATH, as whoever may choose the helper chooses
 * what it confines: beside it or in BINDIR/../libexec/hutch, as installed, or in helpers/NAME of a
 * build tree.
 */
char *helper_path(const char *name);
