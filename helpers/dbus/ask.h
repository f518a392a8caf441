// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

/* What is asked of the session's bus before the proxy stands between. Addresses are as in
 * client_connect(). */

/* Have the document portal mount its files, where it does not yet; it may be missing. */
void ask_documents(const char *address);

/* The address of the bus of screen readers, to be freed. */
int ask_accessibility(const char *address, char **ret, struct error *e);
