// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "engine/plan.h"
#include "engine/run_directory.h"

#include <sys/types.h>

/* The files of the host by which the sandbox's part of the message buses is found. */
struct dbus_instance {
	struct run_directory proxies; /* where they listen */
	int identity;                 /* where portals look; -1: it has none */
	int reference;                /* the file there that is locked */
};

#define DBUS_INSTANCE_NONE ((struct dbus_instance){RUN_DIRECTORY_NONE, -1, -1})

/* Make them for @plan, and remove a few that were left behind. */
int dbus_instance_make(struct dbus_instance *instance, const struct plan_dbus *plan,
		       struct error *e);

/* Tell portals that @pid is the first process of the sandbox. */
int dbus_instance_identify(const struct dbus_instance *instance, pid_t pid, struct error *e);

void dbus_instance_remove(struct dbus_instance *instance);
