// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/*
 * The directory of what comes with hutch (default.profile, apps/, words/, seccomp/).
 *
 * Found from where the running program is: BINDIR/../share/hutch, as installed, or BINDIR/profiles,
 * in a build tree. No environment variable names it: whoever may choose it chooses what a profile's
 * name grants. The text is static; NULL where there is none.
 */
const char *data_directory(void);
