// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hutch-sound LISTENER SERVER play|record: stands between a sandbox and the sound server (pulse.c says why). LISTENER is
 * the number of a socket that listens, SERVER the path of the server's. It reads what the program inside sends, so it keeps
 * those two and a handful of system calls.
 */
#include "relay.h"
#include "sound_filters.h"

#include "base/string.h"
#include "kernel/capability.h"
#include "kernel/landlock.h"
#include "kernel/seccomp.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

/* No file can be opened; the server's socket is connected to by its path, which Landlock does not keep from. */
static bool confine(void)
{
	const struct filter filter = {.instructions = sound_filter, .count = sound_filter_count};
	int abi = landlock_abi(), ruleset;

	if (capability_drop_own() < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return false;
	if (abi > 0) {
		ruleset = landlock_create(abi, true);
		if (ruleset < 0 || landlock_enforce(ruleset) < 0)
			return false;
		close(ruleset);
	}
	return seccomp_apply(&filter, 0) == 0;
}

int main(int argc, char **argv)
{
	char *end;
	long listener = argc == 4 ? strtol(argv[1], &end, 10) : -1;

	if (listener < 0 || *end || argv[2][0] != '/') {
		fprintf(stderr, "hutch-sound is run by hutch\n");
		return EXIT_HUTCH_FAILED;
	}
	if (confine())
		relay_serve((int)listener, argv[2], streq(argv[3], "record"));
	return EXIT_HUTCH_FAILED;
}
