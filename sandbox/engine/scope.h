// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/string.h"

/*
 * Go into the scope that systemd's user manager delegated to hutch, which is made where there is
 * none yet (helpers/scope). Its directory goes to @ret; this process is in sup/ below. 0 or -errno.
 */
int scope_join(char *ret, size_t size, struct strv *notes, struct error *e);
