// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "engine/late_socket.h"
#include "engine/plan.h"

#include <sys/types.h>

/* The filter between a sandbox and the sound server (helpers/sound). Plans without one have none of this. */
struct sound {
	pid_t process; /* 0: none */
};

/* Have it listen, before the sandbox is made. 0 or -errno. */
int sound_start(struct sound *sound, const struct plan *plan, struct late_sockets *sockets,
		struct error *e);

/* Have it end; fine where nothing was started. */
void sound_stop(struct sound *sound);
