// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/supervision.h"

#include <assert.h>

void supervise_watch(struct supervision *supervision, const struct watch *watch)
{
	assert(supervision->watch_count < WATCHES);
	supervision->watches[supervision->watch_count++] = *watch;
}
