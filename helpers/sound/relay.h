// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdbool.h>

/* Who connects at @listener is connected to the server at @server (an absolute path), through the filter of pulse.h. Does
 * not return. @record: microphones are granted as well. */
void relay_serve(int listener, const char *server, bool record);
