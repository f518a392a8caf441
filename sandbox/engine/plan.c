// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/plan.h"

#include "base/fd.h"

const char *const mount_kind_names[MOUNT_KINDS] = {
	[MOUNT_BIND] = "bind",           [MOUNT_SCRATCH] = "scratch", [MOUNT_TMPFS] = "tmpfs",
	[MOUNT_PROC] = "proc",           [MOUNT_DEVPTS] = "devpts",   [MOUNT_OVERLAY] = "overlay",
	[MOUNT_DIRECTORY] = "directory", [MOUNT_FILE] = "file",       [MOUNT_SYMLINK] = "symlink",
	[MOUNT_MASK] = "mask",           [MOUNT_AGAIN] = "again",     [MOUNT_DATA] = "data",
	[MOUNT_MQUEUE] = "mqueue",       [MOUNT_REMOUNT] = "remount", [MOUNT_CHMOD] = "chmod",
};

const char *const plan_bus_names[BUS_COUNT] = {
	[BUS_SESSION] = "session",
	[BUS_SYSTEM] = "system",
	[BUS_ACCESSIBILITY] = "accessibility",
};

static void sound_free(struct plan_sound *sound)
{
	free(sound->server);
	free(sound->own);
	free(sound->helper);
	free(sound->origin);
}

static void wayland_free(struct plan_wayland *wayland)
{
	free(wayland->host);
	free(wayland->inside);
	free(wayland->own);
	free(wayland->app);
	free(wayland->instance);
	free(wayland->origin);
}

static void dbus_free(struct plan_dbus *dbus)
{
	for (size_t i = 0; i < BUS_COUNT; i++) {
		free(dbus->buses[i].address);
		free(dbus->buses[i].inside);
		strv_free(&dbus->buses[i].rules);
	}
	free(dbus->proxy);
	free(dbus->helper);
	free(dbus->runtime);
	free(dbus->instance);
	free(dbus->directory);
	free(dbus->app);
	free(dbus->info);
	strv_free(&dbus->notes);
}

static void exact_free(struct plan_exact *exact)
{
	if (!exact)
		return;
	vector_each (filter, &exact->filters)
		filter_free(filter);
	vector_free(&exact->filters);
	strv_free(&exact->locks);
	strv_free(&exact->directories);
	free(exact);
}

void plan_free(struct plan *plan)
{
	vector_each (mount, &plan->mounts) {
		free(mount->source);
		free(mount->destination);
		free(mount->aside);
		free(mount->data);
		free(mount->origin);
		free(mount->failure);
		vector_each (layer, &mount->layers)
			free(layer->path);
		vector_free(&mount->layers);
	}
	vector_free(&plan->mounts);
	vector_each (guard, &plan->guards) {
		free(guard->path);
		free(guard->tree);
		free(guard->origin);
	}
	vector_free(&plan->guards);
	vector_each (rule, &plan->landlock)
		free(rule->path);
	vector_free(&plan->landlock);
	vector_each (limit, &plan->rlimits)
		free(limit->name);
	vector_free(&plan->rlimits);
	vector_free(&plan->descriptors);
	vector_each (fd, &plan->held)
		fd_close(*fd);
	vector_free(&plan->held);
	vector_each (control, &plan->controls) {
		free(control->value);
		free(control->origin);
	}
	vector_free(&plan->controls);
	free(plan->box_parent);
	strv_free(&plan->unlimited);
	strv_free(&plan->arguments);
	strv_free(&plan->environment);
	strv_free(&plan->environment_origins);
	free(plan->profile);
	free(plan->name);
	free(plan->home);
	free(plan->newuidmap);
	free(plan->newgidmap);
	free(plan->hostname);
	free(plan->root);
	free(plan->root_origin);
	free(plan->program);
	free(plan->directory);
	filter_free(&plan->filter);
	filter_free(&plan->asking);
	filter_free(&plan->stand_ins[0]);
	filter_free(&plan->stand_ins[1]);
	free(plan->network.helper);
	free(plan->network.pcap);
	strv_free(&plan->network.arguments);
	strv_free(&plan->network.notes);
	dbus_free(&plan->dbus);
	free(plan->display.server);
	free(plan->display.directory);
	free(plan->display.cookie);
	wayland_free(&plan->wayland);
	sound_free(&plan->sound);
	free(plan->links.helper);
	free(plan->links.own);
	free(plan->links.bus);
	strv_free(&plan->missing);
	strv_free(&plan->lacking);
	strv_free(&plan->remarks);
	free(plan->report);
	exact_free(plan->exact);
	*plan = (struct plan){0};
}
