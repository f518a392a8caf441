// SPDX-License-Identifier: GPL-2.0-or-later
#include "language/foreign.h"

#include "base/string.h"

#define BWRAP   "bubblewrap"
#define JAIL    "firejail"
#define FLATPAK "flatpak"
#define PODMAN  "podman"

const struct foreign_option foreign_options[] = {
	{"bind", BWRAP, "--rw PATH[:DEST]", false},
	{"bind-try", BWRAP, "--rw PATH?", false},
	{"cap-drop", BWRAP, "no capability is left", true},
	{"clearenv", BWRAP, "only what --keep-env and --env name is passed on", true},
	{"dev-bind", BWRAP, "--dev PATH", false},
	{"die-with-parent", BWRAP, "what is started inside ends with hutch", true},
	{"new-session", BWRAP, "--tty own", false},
	{"proc", BWRAP, "there is one of the sandbox's own processes", true},
	{"ro-bind", BWRAP, "--ro PATH[:DEST]", false},
	{"ro-bind-try", BWRAP, "--ro PATH?", false},
	{"setenv", BWRAP, "--env NAME=VALUE", false},
	{"share-net", BWRAP, "--net host", false},
	{"tmp-overlay", BWRAP, "--overlay PATH[:DEST]", false},
	{"unsetenv", BWRAP, "only what --keep-env and --env name is passed on", true},
	{"unshare-all", BWRAP, "all namespaces are the sandbox's own", true},
	{"unshare-net", BWRAP, "there is no network unless --net says so", true},
	{"unshare-pid", BWRAP, "all namespaces are the sandbox's own", true},
	{"unshare-user", BWRAP, "all namespaces are the sandbox's own", true},

	{"blacklist", JAIL, "--hide PATH", false},
	{"caps.drop", JAIL, "no capability is left", true},
	{"dbus-user", JAIL, "--dbus-session none|filter", false},
	{"dbus-user.own", JAIL, "--dbus-own NAME", false},
	{"dbus-user.talk", JAIL, "--dbus-talk NAME", false},
	{"nodbus", JAIL, "--dbus-session none", false},
	{"nonewprivs", JAIL, "no program can gain privileges", true},
	{"noprofile", JAIL, "--profile default", false},
	{"noroot", JAIL, "there is no root inside unless --uid says so", true},
	{"nosound", JAIL, "there is no sound unless --use audio-playback says so", true},
	{"overlay-tmpfs", JAIL, "--home overlay", false},
	{"private", JAIL, "--home private", false},
	{"private-cwd", JAIL, "--chdir DIR", false},
	{"private-dev", JAIL, "/dev is the sandbox's own", true},
	{"private-tmp", JAIL, "/tmp is the sandbox's own", true},
	{"read-only", JAIL, "--ro PATH", false},
	{"read-write", JAIL, "--rw PATH", false},
	{"rlimit-as", JAIL, "--rlimit as=N", false},
	{"rlimit-nofile", JAIL, "--rlimit nofile=N", false},
	{"timeout", JAIL, "--wall TIME", false},
	{"whitelist", JAIL, "--rw PATH", false},
	{"x11", JAIL, "--use x11-isolated", false},

	{"filesystem", FLATPAK, "--rw PATH", false},
	{"nofilesystem", FLATPAK, "--hide PATH", false},
	{"own-name", FLATPAK, "--dbus-own NAME", false},
	{"persist", FLATPAK, "--home NAME", false},
	{"share", FLATPAK, "--net internet", false},
	{"socket", FLATPAK, "--use wayland, x11, audio-playback, ssh-agent …", false},
	{"talk-name", FLATPAK, "--dbus-talk NAME", false},

	{"cap-add", PODMAN, "--uid range", false},
	{"cpu-shares", PODMAN, "--cpu-weight 1-10000", false},
	{"device", PODMAN, "--dev PATH", false},
	{"image", PODMAN, "--root docker-archive:FILE", false},
	{"interactive", PODMAN, "the program has your standard input", true},
	{"memory-swap", PODMAN, "--swap SIZE", false},
	{"mount", PODMAN, "--rw PATH[:DEST]", false},
	{"network", PODMAN, "--net none|internet|lan|host", false},
	{"pids-limit", PODMAN, "--pids N", false},
	{"rm", PODMAN, "what is private is gone at the end", true},
	{"security-opt", PODMAN, "--seccomp NAME|FILE", false},
	{"shm-size", PODMAN, "--tmpfs /dev/shm:SIZE", false},
	{"ulimit", PODMAN, "--rlimit NAME=SOFT[:HARD]", false},
	{"user", PODMAN, "--uid ID", false},
	{"userns", PODMAN, "--uid range", false},
	{"volume", PODMAN, "--rw PATH[:DEST]", false},
	{"workdir", PODMAN, "--chdir DIR", false},
};

const size_t foreign_option_count = sizeof(foreign_options) / sizeof(foreign_options[0]);

const struct foreign_option *foreign_option(const char *name, enum verb verb)
{
	for (size_t i = 0; i < foreign_option_count; i++) {
		const struct foreign_option *row = &foreign_options[i];

		if (!streq(row->name, name))
			continue;
		if (row->always)
			return verb & (VERB_RUN | VERB_SHELL | VERB_LEARN) ? row : NULL;
		return option_by_name(row->here + 2, strcspn(row->here + 2, " "), verb) ? row
											: NULL;
	}
	return NULL;
}
