// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "plan/rules.h"

/* Add what every sandbox has and no profile asks for: /dev, /proc with its covers, and the covers
 * of /sys. */
int system_add(struct rules *rules, struct error *e);
