// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The socket listens from the beginning, so nobody has to wait for the filter: who connects early is served when it is
 * there. It is killed when the launcher dies (spawn.h).
 */
#include "engine/sound.h"

#include "base/fd.h"
#include "base/log.h"
#include "engine/spawn.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

int sound_start(struct sound *sound, const struct plan *plan, struct late_sockets *sockets,
		struct error *e)
{
	_cleanup_fd_ int listener = late_socket_make(sockets, plan->sound.own, e);
	_cleanup_strv_ struct strv argv = {0};
	int r;

	if (listener < 0)
		return listener;
	strv_add(&argv, "hutch-sound");
	strv_take(&argv, xasprintf("%d", listener));
	strv_add(&argv, plan->sound.server);
	strv_add(&argv, plan->sound.record ? "record" : "play");
	r = spawn_helper(&(struct spawn){.path = plan->sound.helper,
					 .argv = argv.items,
					 .descriptors = &listener,
					 .count = 1,
					 .output = -1},
			 &sound->process, e);
	if (r == 0)
		log_step("sound: the filter is process %d", sound->process);
	return r;
}

void sound_stop(struct sound *sound)
{
	if (!sound->process)
		return;
	kill(sound->process, SIGKILL);
	while (waitpid(sound->process, NULL, 0) < 0 && errno == EINTR)
		;
	sound->process = 0;
}
