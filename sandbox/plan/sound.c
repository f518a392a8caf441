// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PulseAudio and PipeWire make no difference between who plays and who records, and load what a client names. So the
 * program gets a socket of its own, and a filter stands between that and the server's (helpers/sound/pulse.c).
 */
#include "plan/sound.h"

#include "base/helper.h"
#include "base/user.h"
#include "kernel/path.h"
#include "plan/environment.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/stat.h>

static int add_socket(struct rules *rules, struct plan *plan, struct error *e)
{
	struct plan_sound *sound = &plan->sound;
	_cleanup_free_ char *runtime = runtime_directory(), *variable = NULL;
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return error_errno(e, errno, "a random number");
	if (!runtime) {
		error_set(e, ENOENT, "%s: there is no runtime directory of yours alone",
			  sound->origin);
		return error_remedy(e, "log in in a way that sets XDG_RUNTIME_DIR");
	}
	sound->own = xasprintf("%s/hutch-sound-%08x", runtime, number);
	rules_add_late(rules, sound->own, sound->server, S_IFSOCK, sound->origin);
	variable = xasprintf("unix:%s", sound->server);
	environment_set(plan, "PULSE_SERVER", variable, sound->origin);
	return 0;
}

int sound_plan(const struct request *request, struct rules *rules, struct plan *plan,
	       struct error *e)
{
	const struct setting *record = request_last(request, SETTING_SOUND_RECORD);
	const struct setting *setting = record ? record : request_last(request, SETTING_SOUND_PLAY);
	struct plan_sound *sound = &plan->sound;
	struct stat status;

	if (!setting)
		return 0;
	sound->origin = setting_origin(setting);
	sound->server = path_absolute("/", setting->path.path);
	sound->record = record != NULL;
	if (stat(sound->server, &status) < 0 || !S_ISSOCK(status.st_mode)) {
		if (setting->path.optional) {
			free(TAKE_PTR(sound->server));
			return 0;
		}
		error_set(e, ENOENT, "%s: no sound server listens there", sound->origin);
		return error_remedy(e, "PULSE_SERVER or XDG_RUNTIME_DIR leads to its socket");
	}
	sound->helper = helper_path("hutch-sound");
	if (!sound->helper) {
		error_set(e, ENOENT, "%s: the program hutch-sound is not installed", sound->origin);
		return error_remedy(e, "install hutch whole");
	}
	return add_socket(rules, plan, e);
}
